//! Reading the Received fields of `tests/data/received`, beside mail-parser, which takes them apart too, and
//! mailparse, which knows a header field's text and dates, but nothing of what stands between.

#[path = "common/turns.rs"]
mod turns;

use criterion::{Criterion, Throughput};
use mail_parser::MessageParser;
use mailtls::tls::{facts::TlsFacts, registry::CipherSuite, registry::Group, registry::Version};
use mailtls::trace::{DateTime, Domain, Hop, Received, TlsClause, Transmission};
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

fn fields() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/received");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("the corpus").map(|file| file.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    let mut fields = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(path).expect("a text");
        for block in text.split("\n\n") {
            let lines = block.lines().filter(|line| !line.starts_with(['#', '=']));
            fields.push(lines.flat_map(|line| [line, "\r\n"]).collect::<String>().into_bytes());
        }
    }
    fields.retain(|field| !field.is_empty());
    fields
}

fn ours(fields: &[Vec<u8>]) {
    for field in fields {
        black_box(Hop::read(black_box(field)));
    }
}

fn strictly(fields: &[Vec<u8>]) {
    for field in fields {
        black_box(Received::parse(black_box(field)).is_ok());
    }
}

fn mail_parser(fields: &[Vec<u8>]) {
    let parser = MessageParser::default();
    for field in fields {
        let message = parser.parse_headers(black_box(field.as_slice())).expect("a field");
        assert!(black_box(message.received()).is_some());
    }
}

fn mailparse(fields: &[Vec<u8>]) {
    for field in fields {
        let (header, _) = mailparse::parse_header(black_box(field)).expect("a field");
        let value = header.get_value();
        let date = value.rsplit(';').next().and_then(|date| mailparse::dateparse(date).ok());
        black_box((value, date));
    }
}

/// A server's own field, for whatever the client says.
fn write() -> String {
    let mut facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
    facts.group = Some(Group(0x11ec));
    let by: Domain = "mx.example.org".parse().expect("a domain");
    let date = DateTime::from_unix_seconds(black_box(1_795_703_664), 60).expect("a date");
    let address = Some([192, 0, 2, 7].into());
    let received = Received::from_client(black_box("laptop.example.org"), address, None, by, date)
        .with(Transmission { tls: true, authenticated: true, ..Transmission::ESMTP })
        .id("4YxQ1k2Zz9".parse().expect("an atom"))
        .for_address("<ann@example.org>".parse().expect("a path"))
        .tls(TlsClause::from(&facts));
    received.to_field()
}

fn main() {
    let fields = fields();
    let strict: Vec<_> = fields.iter().filter(|field| Received::parse(field).is_ok()).cloned().collect();
    let octets: usize = fields.iter().map(Vec::len).sum();

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("received/corpus");
    group.throughput(Throughput::Bytes(octets as u64));
    group.bench_function("mailtls, as they are met", |b| b.iter(|| ours(&fields)));
    group.bench_function("mail-parser", |b| b.iter(|| mail_parser(&fields)));
    group.bench_function("mailparse, text and date only", |b| b.iter(|| mailparse(&fields)));
    group.bench_function("mailtls, to the letter", |b| b.iter(|| strictly(&fields)));
    group.finish();
    criterion.bench_function("received/write", |b| b.iter(write));
    criterion.final_summary();

    let timed = |read: fn(&[Vec<u8>]), fields: &[Vec<u8>]| {
        let start = Instant::now();
        read(fields);
        start.elapsed()
    };
    println!("\n{} fields of {octets} octets, {} of them of the grammar", fields.len(), strict.len());
    turns::table("The corpus, as it is met", "mail-parser");
    turns::compare("all it says, and of TLS", 300, || timed(ours, &fields), || timed(mail_parser, &fields));
    turns::compare(
        "those of the grammar, strict",
        300,
        || timed(strictly, &strict),
        || timed(mail_parser, &strict),
    );
    turns::table("The corpus, as it is met", "mailparse");
    turns::compare("against text and date only", 300, || timed(ours, &fields), || timed(mailparse, &fields));
}
