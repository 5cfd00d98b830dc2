//! Whom a certificate is for: reading its names and finding the right one, beside rustls-webpki, which
//! reads a certificate likewise but knows DNS names and addresses only.

#[path = "common/turns.rs"]
mod turns;

use criterion::{BenchmarkId, Criterion};
use mailtls::trust::identity::{PresentedIdentifiers, References};
use mailtls::trust::tlsa::{CertificateUsage, MatchingType, Selector, TlsaRecord};
use rustls::pki_types::{CertificateDer, ServerName};
use std::hint::black_box;
use std::time::{Duration, Instant};
use webpki::EndEntityCert;

const HOST: &str = "mail.example.net";

/// How many names there are, and the one that the host has among them.
const NAMES: [(&str, usize, &str); 3] =
    [("1 name", 1, HOST), ("10 names, wildcard", 10, "*.example.net"), ("100 names", 100, HOST)];

fn certificate(count: usize, last: &str) -> CertificateDer<'static> {
    let others = (1..count).map(|n| format!("host-{n}.other.example"));
    let names: Vec<String> = others.chain([last.to_owned()]).collect();
    rcgen::generate_simple_self_signed(names).expect("names are good").cert.der().clone()
}

fn ours(der: &CertificateDer<'_>, references: &References) {
    let presented = PresentedIdentifiers::from_der(black_box(der)).expect("a certificate");
    assert!(black_box(references.check(&presented)).is_ok());
}

fn theirs(der: &CertificateDer<'_>, host: &ServerName<'_>) {
    let certificate = EndEntityCert::try_from(black_box(der)).expect("a certificate");
    assert!(black_box(certificate.verify_is_valid_for_subject_name(host)).is_ok());
}

fn names(c: &mut Criterion) {
    let references = References::of_host(HOST).expect("a host");
    let host = ServerName::try_from(HOST).expect("a host");
    let mut group = c.benchmark_group("identity");
    for (what, count, last) in NAMES {
        let der = certificate(count, last);
        group.bench_with_input(BenchmarkId::new("mailtls", what), &der, |b, der| {
            b.iter(|| ours(der, &references));
        });
        group.bench_with_input(BenchmarkId::new("webpki", what), &der, |b, der| {
            b.iter(|| theirs(der, &host));
        });
    }
    group.finish();
}

fn others(c: &mut Criterion) {
    for host in [HOST, "bücher.example.net"] {
        c.bench_function(&format!("identity/reference/{host}"), |b| {
            b.iter(|| References::of_host(black_box(host)));
        });
    }
    let der = certificate(10, HOST);
    let (usage, selector) = (CertificateUsage::DANE_EE, Selector::SPKI);
    let record = TlsaRecord::of_certificate(usage, selector, MatchingType::SHA2_256, &der);
    let record = record.expect("a certificate");
    c.bench_function("tlsa/match", |b| b.iter(|| assert!(record.matches(black_box(&der)))));
}

fn thousand(mut one: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..1000 {
        one();
    }
    start.elapsed()
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    names(&mut criterion);
    others(&mut criterion);
    criterion.final_summary();

    let references = References::of_host(HOST).expect("a host");
    let host = ServerName::try_from(HOST).expect("a host");
    turns::table("1000 checks of a name", "webpki");
    for (what, count, last) in NAMES {
        let der = certificate(count, last);
        turns::compare(
            what,
            200,
            || thousand(|| ours(&der, &references)),
            || thousand(|| theirs(&der, &host)),
        );
    }
}
