//! Servers from SRV records, from the octets of a DNS response to their order, beside hickory-proto that
//! reads the message alone; and looking up a pin.

#[path = "common/turns.rs"]
mod turns;

use criterion::{BenchmarkId, Criterion};
use hickory_proto::op::Message;
use mailtls::account::srv::{Answers, Dnssec, Rules};
use mailtls::account::{AccountSetup, Minimum, PinStore};
use mailtls::{Protocol, Service};
use std::hint::black_box;
use std::time::{Duration, Instant};

const SERVERS: [u16; 3] = [1, 4, 32];
const PINS: [usize; 3] = [1, 100, 10_000];

/// Servers of one priority and different weights, with names that are compressed.
fn response(servers: u16) -> Vec<u8> {
    let mut message = b"\x12\x34\x81\x80\0\x01".to_vec();
    message.extend_from_slice(&servers.to_be_bytes());
    message.extend_from_slice(b"\0\0\0\0\x06_imaps\x04_tcp\x07example\x03org\0\0\x21\0\x01");
    for server in 0..servers {
        message.extend_from_slice(b"\xc0\x0c\0\x21\0\x01\0\0\x0e\x10\0\x0d\0\x05");
        message.extend_from_slice(&server.to_be_bytes());
        message.extend_from_slice(b"\x03\xe1\x04");
        message.extend_from_slice(format!("ma{server:02}").as_bytes());
        message.extend_from_slice(b"\xc0\x18");
    }
    message
}

fn ours(response: &[u8], random: &[u32]) {
    let mut answers = Answers::new("example.org").expect("a domain");
    answers.add_response(Service::Imaps, black_box(response), Dnssec::Validated).expect("an answer");
    let found = Rules::new(&Minimum::default()).apply(&answers, Protocol::Imap, random);
    assert!(!black_box(found).candidates.is_empty());
}

fn theirs(response: &[u8]) {
    let message = Message::from_vec(black_box(response)).expect("a message");
    assert!(!black_box(message).answers().is_empty());
}

fn srv(c: &mut Criterion) {
    let random = [0x8000_0000; 32];
    let mut group = c.benchmark_group("account/srv");
    for servers in SERVERS {
        let response = response(servers);
        group.bench_with_input(BenchmarkId::new("mailtls", servers), &response, |b, response| {
            b.iter(|| ours(response, &random));
        });
        group.bench_with_input(BenchmarkId::new("hickory-proto", servers), &response, |b, response| {
            b.iter(|| theirs(response));
        });
    }
    group.finish();
}

fn store(pins: usize) -> PinStore {
    let mut store = PinStore::default();
    for i in 0..pins {
        let setup = AccountSetup::new(&format!("user{i}@mail.example")).expect("an account");
        let setup = setup.pin("imap.mail.example", &i.to_be_bytes()).expect("a pin");
        setup.finish(&mut store).expect("there is room");
    }
    store
}

fn pins(c: &mut Criterion) {
    let mut group = c.benchmark_group("account/pin");
    for pins in PINS {
        let store = store(pins);
        group.bench_with_input(BenchmarkId::new("look up", pins), &store, |b, store| {
            b.iter(|| black_box(store.pin_for(black_box("user0@mail.example"), "imap.mail.example")));
        });
        let text = store.to_string();
        group.bench_with_input(BenchmarkId::new("read", pins), &text, |b, text| {
            b.iter(|| black_box(text).parse::<PinStore>().expect("a store"));
        });
    }
    group.finish();
}

fn thousand(mut work: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..1000 {
        work();
    }
    start.elapsed()
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    srv(&mut criterion);
    pins(&mut criterion);
    criterion.final_summary();

    turns::table("1000 SRV responses", "hickory-proto");
    let random = [0x8000_0000; 32];
    for servers in SERVERS {
        let response = response(servers);
        let ours = || thousand(|| ours(&response, &random));
        let theirs = || thousand(|| theirs(&response));
        turns::compare(&format!("{servers} servers"), 50, ours, theirs);
    }
}
