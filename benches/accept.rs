//! From the first byte of a client to its authentication: mailtls beside rustls alone.
//!
//! Only the server's calls are timed. Criterion shows each by itself; the table at the end
//! compares the two measured in turns, and is what to read ratios from.

mod common;

use common::turns::{compare, sum, table};
use common::{Setup, time_to_ready};
use criterion::{BenchmarkId, Criterion};
use mailtls::Service;
use std::time::Duration;

const SERVICES: [Service; 3] = [Service::Imaps, Service::Pop3s, Service::Submissions];
const ROUNDS: usize = 2000;

fn mailtls_time(setup: &Setup) -> Duration {
    time_to_ready(setup, || setup.mailtls_server())
}

fn rustls_time(setup: &Setup) -> Duration {
    time_to_ready(setup, || setup.rustls_server())
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("accept");
    let setups = SERVICES.map(Setup::new);
    for setup in &setups {
        let name = setup.service.name();
        group.bench_function(BenchmarkId::new("mailtls", name), |b| {
            b.iter_custom(|times| sum(times, || mailtls_time(setup)));
        });
        group.bench_function(BenchmarkId::new("rustls", name), |b| {
            b.iter_custom(|times| sum(times, || rustls_time(setup)));
        });
    }
    group.finish();
    criterion.final_summary();

    table("accept to ready", "rustls");
    for setup in &setups {
        compare(setup.service.name(), ROUNDS, || mailtls_time(setup), || rustls_time(setup));
    }
}
