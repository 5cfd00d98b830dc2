//! Reading a ClientHello: mailtls's reader beside rustls's `Acceptor`, from the same bytes to the same
//! facts.
//!
//! The acceptor also begins a transcript and keeps what the handshake goes on with, which the reader
//! has no use for. Input comes in one piece, as it does from most clients.

#[path = "common/turns.rs"]
mod turns;

use criterion::{BenchmarkId, Criterion};
use mailtls::tls::client_hello::{ClientHelloReader, Progress};
use rustls::server::Acceptor;
use std::hint::black_box;
use std::time::{Duration, Instant};

const HELLOS: [(&str, &[u8]); 4] = [
    ("openssl", include_bytes!("../tests/data/client_hello/openssl_3.0")),
    ("gnutls", include_bytes!("../tests/data/client_hello/gnutls_3.7")),
    ("python", include_bytes!("../tests/data/client_hello/python_3.11")),
    ("rustls, hybrid group", include_bytes!("../tests/data/client_hello/rustls_0.23")),
];

/// The name and how many suites, so that nothing can be left out.
fn ours(bytes: &[u8]) -> (bool, usize) {
    let mut reader = ClientHelloReader::new();
    let Progress::Hello(hello) = reader.read(bytes) else { panic!("a ClientHello") };
    (hello.server_name().is_some(), hello.cipher_suites().len())
}

fn theirs(mut bytes: &[u8]) -> (bool, usize) {
    let mut acceptor = Acceptor::default();
    acceptor.read_tls(&mut bytes).expect("memory");
    let Ok(Some(accepted)) = acceptor.accept() else { panic!("a ClientHello") };
    let hello = accepted.client_hello();
    (hello.server_name().is_some(), hello.cipher_suites().len())
}

fn thousand<T>(mut read: impl FnMut() -> T) -> Duration {
    let start = Instant::now();
    for _ in 0..1000 {
        black_box(read());
    }
    start.elapsed()
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("client_hello");
    for (name, bytes) in HELLOS {
        assert_eq!(ours(bytes), theirs(bytes), "{name}");
        group.bench_with_input(BenchmarkId::new("mailtls", name), bytes, |b, bytes| {
            b.iter(|| ours(black_box(bytes)));
        });
        group.bench_with_input(BenchmarkId::new("rustls", name), bytes, |b, bytes| {
            b.iter(|| theirs(black_box(bytes)));
        });
    }
    group.finish();
    criterion.final_summary();

    turns::table("1000 ClientHellos", "rustls");
    for (name, bytes) in HELLOS {
        turns::compare(
            name,
            500,
            || thousand(|| ours(black_box(bytes))),
            || thousand(|| theirs(black_box(bytes))),
        );
    }
}
