//! Plaintext after the hand-off, in both directions: mailtls beside rustls alone.
//!
//! Only the server's calls are timed; the client's ciphertext is made before. Criterion shows
//! each by itself; the table at the end compares the two measured in turns.

mod common;

use common::turns::{compare, sum, table};
use common::{Peer, Server, Setup};
use criterion::{BenchmarkId, Criterion, Throughput};
use mailtls::Service;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Plaintext of one measurement.
const TOTAL: usize = 1 << 20;
/// What is read from a socket, or given to `write`, at a time.
const CHUNKS: [usize; 2] = [16 << 10, 64 << 10];
const ROUNDS: usize = 400;

/// A server that has been handed off, and its client.
struct Session<S> {
    server: S,
    peer: Peer,
    plaintext: Vec<u8>,
    buffer: Vec<u8>,
}

impl<S: Server> Session<S> {
    fn new(setup: &Setup, mut server: S) -> Self {
        let mut peer = Peer::new(setup);
        peer.authenticate(&mut server, setup.service, |call| call());
        Self { server, peer, plaintext: vec![0x61; TOTAL], buffer: vec![0; 64 << 10] }
    }

    fn receive(&mut self, chunk: usize) -> Duration {
        let sealed = self.peer.seal(&self.plaintext);
        let start = Instant::now();
        let mut opened = 0;
        for piece in sealed.chunks(chunk) {
            opened += self.server.open(piece, &mut self.buffer);
        }
        let spent = start.elapsed();
        assert_eq!(opened, TOTAL);
        spent
    }

    fn send(&mut self, chunk: usize) -> Duration {
        let mut spent = Duration::ZERO;
        let mut output = Vec::with_capacity(chunk * 2);
        for piece in self.plaintext.chunks(chunk) {
            let start = Instant::now();
            self.server.seal(black_box(piece), &mut output);
            spent += start.elapsed();
            assert_eq!(self.peer.open(&output), piece.len());
            output.clear();
        }
        spent
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let setup = Setup::new(Service::Imaps);
    let mut ours = Session::new(&setup, setup.mailtls_server());
    let mut theirs = Session::new(&setup, setup.rustls_server());

    let mut group = criterion.benchmark_group("bulk");
    group.throughput(Throughput::Bytes(TOTAL as u64));
    for chunk in CHUNKS {
        let id = |direction: &str, who: &str| BenchmarkId::new(format!("{direction}/{who}"), chunk);
        group.bench_function(id("receive", "mailtls"), |b| b.iter_custom(|n| sum(n, || ours.receive(chunk))));
        group
            .bench_function(id("receive", "rustls"), |b| b.iter_custom(|n| sum(n, || theirs.receive(chunk))));
        group.bench_function(id("send", "mailtls"), |b| b.iter_custom(|n| sum(n, || ours.send(chunk))));
        group.bench_function(id("send", "rustls"), |b| b.iter_custom(|n| sum(n, || theirs.send(chunk))));
    }
    group.finish();
    criterion.final_summary();

    table("1 MiB after the hand-off, by octets at a time", "rustls");
    for chunk in CHUNKS {
        compare(&format!("receive {chunk}"), ROUNDS, || ours.receive(chunk), || theirs.receive(chunk));
        compare(&format!("send {chunk}"), ROUNDS, || ours.send(chunk), || theirs.send(chunk));
    }
}
