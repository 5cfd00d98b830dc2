//! What a host asks apart from connections: a policy and its verdict, the pins of a store, and the servers
//! of a name server's answer, beside hickory-proto, which does nothing but read it.

use criterion::Criterion;
use hickory_proto::op::Message;
use mailtls::account::srv::{Answers, Dnssec, Rules};
use mailtls::account::{AccountSetup, Minimum, PinStore};
use mailtls::tls::facts::TlsFacts;
use mailtls::tls::policy::{Policy, expand_cipher_string};
use mailtls::tls::registry::{CipherSuite, Version};
use mailtls::{Protocol, Service};
use std::hint::black_box;

const TEXT: &str = "bcp195 -secp521r1 ~weak-certificate ciphers=ECDHE+AESGCM";

fn policies(c: &mut Criterion) {
    let policy: Policy = TEXT.parse().expect("a policy");
    let good = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
    let bad = TlsFacts::new(Version::TLS_1_1, CipherSuite(0x002f));
    c.bench_function("policy/judge/accepted", |b| b.iter(|| policy.judge(black_box(&good))));
    c.bench_function("policy/judge/refused", |b| b.iter(|| policy.judge(black_box(&bad))));
    c.bench_function("policy/parse", |b| b.iter(|| black_box(TEXT).parse::<Policy>()));
    c.bench_function("policy/cipher string", |b| {
        b.iter(|| expand_cipher_string(black_box("HIGH:!aNULL:!3DES:!PSK")));
    });
}

fn pins(c: &mut Criterion) {
    let mut store = PinStore::default();
    for n in 0..1000 {
        let setup = AccountSetup::new(&format!("user{n}@mail.example")).expect("a name");
        let setup = setup.pin("mail.example", b"certificate").expect("a pin");
        setup.finish(&mut store).expect("room");
    }
    let text = store.to_string();
    c.bench_function("pins/look up, of 1000", |b| {
        b.iter(|| store.pin_for(black_box("user500@mail.example"), "mail.example"));
    });
    c.bench_function("pins/read 1000", |b| b.iter(|| black_box(&text).parse::<PinStore>()));
    c.bench_function("pins/write 1000", |b| b.iter(|| black_box(&store).to_string()));
}

fn name(name: &str) -> Vec<u8> {
    let label = |label: &str| [&[u8::try_from(label.len()).expect("a label")], label.as_bytes()].concat();
    name.split('.').flat_map(label).chain([0]).collect()
}

/// An answer with eight servers.
fn response() -> Vec<u8> {
    let mut message = vec![0x12, 0x34, 0x81, 0x80, 0, 1, 0, 8, 0, 0, 0, 0];
    message.extend(name("_imaps._tcp.example.org"));
    message.extend([0, 33, 0, 1]);
    for n in 0..8 {
        let target = name(&format!("mail{n}.example.org"));
        let length = u8::try_from(6 + target.len()).expect("a short name");
        message.extend([0xc0, 12, 0, 33, 0, 1, 0, 0, 1, 44, 0, length, 0, n % 2, 0, n, 3, 0xe1]);
        message.extend(target);
    }
    message
}

fn servers(c: &mut Criterion) {
    let (response, minimum) = (response(), Minimum::default());
    let mut group = c.benchmark_group("srv");
    group.bench_function("mailtls, read and put in order", |b| {
        b.iter(|| {
            let mut answers = Answers::new("example.org").expect("a domain");
            answers.add_response(Service::Imaps, black_box(&response), Dnssec::Unsigned).expect("an answer");
            let found = Rules::new(&minimum).apply(&answers, Protocol::Imap, &[1, 2, 3, 4, 5, 6, 7, 8]);
            assert_eq!(found.candidates.len(), 8);
        });
    });
    group.bench_function("hickory-proto, read", |b| b.iter(|| Message::from_vec(black_box(&response))));
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    policies(&mut criterion);
    pins(&mut criterion);
    servers(&mut criterion);
    criterion.final_summary();
}
