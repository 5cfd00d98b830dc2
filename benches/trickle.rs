//! Reading one long line that arrives an octet at a time, as from a peer that types or that wants to
//! make work, beside the same line at once.
//!
//! Both are given to a server on the TLS of a host, so that no record and no handshake is in it. What
//! an octet costs must not depend on how many have come before it: the second table shows the time of
//! a line of 12,288 octets by that of one of 768.

#[path = "common/turns.rs"]
mod turns;

use criterion::{BenchmarkId, Criterion};
use mailtls::tls::facts::TlsFacts;
use mailtls::tls::registry::{CipherSuite, Version};
use mailtls::{Connection, Mechanism, ServerConfig, Service};
use std::hint::black_box;
use std::time::{Duration, Instant};

const SERVICES: [Service; 3] = [Service::Imaps, Service::Pop3s, Service::Submissions];
/// The longest line of a SASL exchange that RFC 4954 §4 asks for, and a short one.
const LONG: usize = 12_288;
const SHORT: usize = LONG / 16;

/// A server that waits for the response of PLAIN.
fn waiting(config: &ServerConfig, service: Service) -> Connection {
    let facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
    let mut connection = Connection::server_on_host_tls(config, service, facts, 0).expect("a connection");
    let before: &[u8] = match service {
        Service::Imaps => b"a1 AUTHENTICATE PLAIN\r\n",
        Service::Pop3s => b"AUTH PLAIN\r\n",
        _ => b"EHLO client.example\r\nAUTH PLAIN\r\n",
    };
    connection.handle_input(before, 0).expect("commands that are right");
    connection
}

/// What it takes to read a line of so many octets, so many at a time.
fn read(config: &ServerConfig, service: Service, octets: usize, at_a_time: usize) -> Duration {
    let mut connection = waiting(config, service);
    let mut line = vec![b'A'; octets - 2];
    line.extend_from_slice(b"\r\n");
    let start = Instant::now();
    for chunk in line.chunks(at_a_time) {
        connection.handle_input(black_box(chunk), 0).expect("a line within the limit");
    }
    start.elapsed()
}

fn main() {
    let config = ServerConfig::builder()
        .settings(|s| s.sasl_mechanisms = vec![Mechanism::Plain])
        .build()
        .expect("a configuration");
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("trickle");
    for service in SERVICES {
        for (name, at_a_time) in [("whole", LONG), ("an octet at a time", 1)] {
            group.bench_function(BenchmarkId::new(name, service), |b| {
                b.iter_custom(|times| turns::sum(times, || read(&config, service, LONG, at_a_time)));
            });
        }
    }
    group.finish();
    criterion.final_summary();

    println!("\nA line of {LONG} octets; the other is the same line at once");
    turns::table("an octet at a time", "at once");
    for service in SERVICES {
        let trickled = || read(&config, service, LONG, 1);
        turns::compare(&service.to_string(), 300, trickled, || read(&config, service, LONG, LONG));
    }
    println!(
        "\nAn octet at a time; the other is a line of {SHORT} octets: the ratio is best at {}",
        LONG / SHORT
    );
    turns::table("a line of 12288 octets", "of 768");
    for service in SERVICES {
        let long = || read(&config, service, LONG, 1);
        turns::compare(&service.to_string(), 300, long, || read(&config, service, SHORT, 1));
    }
}
