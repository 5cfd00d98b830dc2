//! Two things measured in turns, and a table of their medians and ratio.
#![allow(dead_code)] // Each benchmark uses a part.

use std::time::Duration;

/// The sum of as many times as criterion asks for.
pub fn sum(times: u64, mut one: impl FnMut() -> Duration) -> Duration {
    (0..times).map(|_| one()).sum()
}

/// Measures two in turns, so that what the machine does besides hits both, and prints a line of
/// a table: medians and their ratio.
pub fn compare(
    what: &str,
    rounds: usize,
    mut mailtls: impl FnMut() -> Duration,
    mut other: impl FnMut() -> Duration,
) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // Neither always finds the caches as the other has left them.
        if round % 2 == 0 {
            ours.push(mailtls());
            theirs.push(other());
        } else {
            theirs.push(other());
            ours.push(mailtls());
        }
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("{what:<28} {:>12.1} {:>12.1} {ratio:>8.2}", micros(ours), micros(theirs));
}

/// The head of the table of [`compare`].
pub fn table(title: &str, other: &str) {
    println!("\n{title}; medians in microseconds");
    println!("{:<28} {:>12} {other:>12} {:>8}", "", "mailtls", "ratio");
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
