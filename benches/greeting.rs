//! Reading a greeting: mailtls's three grammars, and imap-codec's reading of the same IMAP lines.
//!
//! imap-codec borrows its texts from the line where mailtls makes printable copies of them, and
//! reads a line with its CR LF where mailtls has cut that off.

#[path = "common/turns.rs"]
mod turns;

use criterion::{BenchmarkId, Criterion};
use imap_codec::GreetingCodec;
use imap_codec::decode::Decoder;
use mailtls::dialogue::{imap, pop3, smtp};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// What servers say, and what is wrong in its last octet.
const IMAP: [(&str, &[u8]); 4] = [
    ("short", b"* OK ready\r\n"),
    ("capabilities", b"* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ AUTH=PLAIN AUTH=LOGIN] ready.\r\n"),
    ("bye", b"* BYE [UNAVAILABLE] too busy, try again in a minute\r\n"),
    ("wrong", b"* OK [CAPABILITY IMAP4rev1 SASL-IR] ready\n\r\n"),
];

fn without_line_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r\n").unwrap_or(line)
}

fn imap(c: &mut Criterion) {
    let mut group = c.benchmark_group("greeting/imap");
    for (name, line) in IMAP {
        let cut = without_line_end(line);
        group.bench_with_input(BenchmarkId::new("mailtls", name), cut, |b, line| {
            b.iter(|| imap::Greeting::parse(black_box(line)));
        });
        let codec = GreetingCodec::new();
        group.bench_with_input(BenchmarkId::new("imap-codec", name), line, |b, line| {
            b.iter(|| black_box(codec.decode(black_box(line)).is_ok()));
        });
    }
    group.finish();
}

fn pop3(c: &mut Criterion) {
    let line = b"+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>";
    c.bench_function("greeting/pop3/mailtls", |b| b.iter(|| pop3::Greeting::parse(black_box(line))));
}

fn smtp(c: &mut Criterion) {
    let lines = b"220-mail.example ESMTP\r\n220 no unsolicited mail";
    c.bench_function("greeting/smtp/mailtls", |b| b.iter(|| smtp::Greeting::parse(black_box(lines))));
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
    imap(&mut criterion);
    pop3(&mut criterion);
    smtp(&mut criterion);
    criterion.final_summary();

    turns::table("1000 IMAP greetings", "imap-codec");
    let codec = GreetingCodec::new();
    for (name, line) in IMAP {
        let cut = without_line_end(line);
        let ours = || thousand(|| imap::Greeting::parse(black_box(cut)));
        let theirs = || thousand(|| codec.decode(black_box(line)).is_ok());
        turns::compare(name, 1000, ours, theirs);
    }
}
