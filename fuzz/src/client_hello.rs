//! First bytes of a connection, read by mailtls and by rustls.
//!
//! Must never know a server.

use crate::plan::Sizes;
use mailtls::tls::client_hello::{ClientHello, ClientHelloReader, Flaw, Part, Progress};
use rustls::server::Acceptor;

const LONGEST: usize = 140_000;
/// How much input is given byte by byte.
const BYTEWISE: usize = 4096;

/// What a client sends from its first byte on. The first byte decides the chunks; the rest is input.
pub fn client_hello(data: &[u8]) {
    let [seed, input @ ..] = data else { return };
    if input.len() > LONGEST {
        return;
    }
    let whole = read(input, || usize::MAX);
    let mut sizes = Sizes::new(u64::from(*seed));
    assert_eq!(whole, read(input, || sizes.next(100)), "another outcome in chunks");
    if input.len() <= BYTEWISE {
        assert_eq!(whole, read(input, || 1), "another outcome byte by byte");
    }
    match &whole {
        Progress::Hello(hello) => check(hello),
        Progress::Sslv2(hello) => {
            assert!(input.starts_with(&hello.to_bytes()), "written otherwise than it was read");
        }
        Progress::Malformed(flaw) => assert!(crate::is_line(flaw.to_string())),
        _ => {}
    }
    compare(&whole, input);
}

fn read(input: &[u8], mut size: impl FnMut() -> usize) -> Progress {
    let mut reader = ClientHelloReader::new();
    let mut rest = input;
    let mut over = false;
    while !rest.is_empty() {
        let (now, next) = rest.split_at(size().clamp(1, rest.len()));
        let before = reader.progress().clone();
        let after = reader.read(now).clone();
        assert!(!over || before == after, "it had made up its mind");
        over = after != Progress::NeedsMore;
        rest = next;
    }
    reader.into_progress()
}

/// Reading, writing and reading give the same, and the facts do not contradict each other.
fn check(hello: &ClientHello) {
    let bytes = hello.to_bytes();
    let Progress::Hello(again) = read(&bytes, || usize::MAX) else { panic!("not read again") };
    assert_eq!(&*again, hello, "read otherwise than it was written");
    assert_eq!(read(&bytes[..bytes.len() - 1], || usize::MAX), Progress::NeedsMore);
    let best = hello.highest_version();
    assert!(best.is_none_or(|best| {
        hello.supported_versions().contains(&best) || hello.supported_versions().is_empty()
    }));
    let name = hello.server_name().unwrap_or("a");
    assert!(
        name.len() <= 253
            && name.bytes().all(|b| b.is_ascii_lowercase() || b"-_.".contains(&b) || b.is_ascii_digit())
    );
    assert!(hello.real_cipher_suites().count() <= hello.cipher_suites().len());
}

/// What rustls accepts is a ClientHello, and says the same.
fn compare(ours: &Progress, input: &[u8]) {
    let mut acceptor = Acceptor::default();
    let mut rest = input;
    let theirs = loop {
        if rest.is_empty() || acceptor.read_tls(&mut rest).is_err() {
            return;
        }
        match acceptor.accept() {
            Ok(None) => {}
            Ok(Some(accepted)) => break accepted,
            // It asks for more than the grammar does.
            Err(_) => return,
        }
    };
    let theirs = theirs.client_hello();
    let ours = match ours {
        Progress::Hello(hello) => hello,
        Progress::Malformed(flaw) if stricter(*flaw) => return,
        other => panic!("rustls takes it for a ClientHello: {other:?}"),
    };
    let suites: Vec<u16> = theirs.cipher_suites().iter().map(|suite| u16::from(*suite)).collect();
    assert_eq!(suites, ours.cipher_suites().iter().map(|suite| suite.0).collect::<Vec<_>>());
    let schemes: Vec<u16> = theirs.signature_schemes().iter().map(|scheme| u16::from(*scheme)).collect();
    assert_eq!(schemes, ours.signature_schemes().iter().map(|scheme| scheme.0).collect::<Vec<_>>());
    let alpn: Vec<&[u8]> = theirs.alpn().into_iter().flatten().collect();
    assert_eq!(alpn, ours.alpn());
    let name = theirs.server_name().map(str::to_ascii_lowercase);
    assert_eq!(name.as_deref(), ours.server_name());
}

/// Where we ask for more than rustls does.
fn stricter(flaw: Flaw) -> bool {
    matches!(flaw, Flaw::Behind | Flaw::BehindPreSharedKey | Flaw::Length(Part::Extension(_)))
}
