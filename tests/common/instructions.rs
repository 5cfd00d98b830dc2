//! Counts the processor's instructions, which are the same however busy the machine is.
//!
//! A test runs its own program again under valgrind's callgrind, and that run does each part by
//! [`counted_part`]. Where there is no valgrind nothing is counted, and the test says so.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// Does one part whose instructions count. Its name is what callgrind looks for.
#[inline(never)]
pub fn counted_part(name: &str, part: &mut dyn FnMut()) {
    println!("part: {name}");
    around(part);
}

/// What callgrind counts, without the line that is printed.
#[inline(never)]
fn around(part: &mut dyn FnMut()) {
    part();
}

/// Runs the ignored test `name` of this program under callgrind; gives the instructions of each part
/// by the name of the part. `None` where valgrind is missing.
pub fn count(name: &str) -> Option<BTreeMap<String, u64>> {
    let found = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        eprintln!("valgrind is not installed: instructions not counted");
        return None;
    }
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // What an earlier run left.
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).expect("a directory");
    let function = "*instructions::around";
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--separate-threads=no"])
        .arg(format!("--zero-before={function}"))
        .arg(format!("--dump-after={function}"))
        .arg(format!("--callgrind-out-file={}", directory.join("out").display()))
        .arg(std::env::current_exe().expect("the path of this program"))
        .args(["--ignored", "--exact", name, "--nocapture", "--test-threads=1"])
        .output()
        .expect("valgrind runs");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    let parts: Vec<_> = printed.lines().filter_map(|line| line.split("part: ").nth(1)).collect();
    assert!(!parts.is_empty(), "no part in: {printed}");
    let counts = parts.iter().zip(1..).map(|(part, number)| {
        let dump =
            std::fs::read_to_string(directory.join(format!("out.{number}"))).expect("a dump for each part");
        let total = dump.lines().find_map(|line| line.strip_prefix("totals: ")).expect("a total");
        ((*part).to_owned(), total.trim().parse().expect("a number"))
    });
    Some(counts.collect())
}
