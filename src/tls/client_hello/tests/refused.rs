//! What is no ClientHello, and what else it is.

use super::super::*;
use super::{read, records};

/// A message with this session, suites, compression methods and what comes behind, lengths included.
fn message(session: &[u8], suites: &[u8], compression: &[u8], behind: &[u8]) -> Vec<u8> {
    let body = [&[3, 3][..], &[7; 32], session, suites, compression, behind].concat();
    let [_, a, b, c] = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[1, a, b, c][..], &body].concat()
}

fn with_extensions(list: &[u8]) -> Vec<u8> {
    let length = u16::try_from(list.len()).unwrap().to_be_bytes();
    message(&[0], &[0, 2, 0x13, 1], &[1, 0], &[&length[..], list].concat())
}

fn flaw(bytes: &[u8]) -> Flaw {
    match read(bytes, &[1]) {
        Progress::Malformed(flaw) => flaw,
        other => panic!("{other:?} of {bytes:?}"),
    }
}

#[test]
fn records_that_are_wrong() {
    assert_eq!(flaw(&[21, 3, 1, 0, 2, 2, 40]), Flaw::NotHandshake(21));
    assert_eq!(flaw(&[22, 3, 1, 0, 0]), Flaw::RecordLength(0));
    assert_eq!(flaw(&[22, 3, 1, 0x40, 1]), Flaw::RecordLength(16_385));
    assert_eq!(flaw(&[22, 3, 1, 0, 4, 2]), Flaw::NotClientHello(2));
    assert_eq!(flaw(&[22, 3, 1, 0, 4, 1, 1, 0, 0]), Flaw::TooLong(65_540));
    let hello = ClientHello::builder().build().unwrap().to_message();
    // Another message, or a part of one, in the same record.
    assert_eq!(flaw(&records(&[&hello[..], &[0]].concat(), 1000)), Flaw::Behind);
    let halves = records(&hello, 20);
    assert_eq!(flaw(&[&halves[..25], &[20, 3, 1, 0, 1, 1]].concat()), Flaw::NotHandshake(20));
}

/// A client that never comes to an end is given up when it says how long it will take.
#[test]
fn the_longest_there_may_be() {
    let build = |n: usize| ClientHello::builder().extension(21, &vec![0; n]).build();
    let room = MAX_MESSAGE - ClientHello::builder().extension(21, &[]).build().unwrap().to_message().len();
    let hello = build(room).unwrap();
    assert_eq!(hello.to_message().len(), MAX_MESSAGE);
    assert_eq!(read(&hello.to_bytes(), &[4096]), Progress::Hello(Box::new(hello)));
    assert_eq!(build(room + 1), Err(Flaw::TooLong(MAX_MESSAGE + 1)));
}

#[test]
fn lengths_that_are_wrong() {
    let suites = [0, 2, 0x13, 1];
    let cases: &[(Vec<u8>, Part)] = &[
        (vec![1, 0, 0, 2, 3, 3], Part::Fixed),
        (message(&[&[33][..], &[0; 33]].concat(), &suites, &[1, 0], &[]), Part::SessionId),
        (message(&[0], &[0, 0], &[1, 0], &[]), Part::CipherSuites),
        (message(&[0], &[0, 3, 1, 2, 3], &[1, 0], &[]), Part::CipherSuites),
        (message(&[0], &[0, 200, 1, 2], &[1, 0], &[]), Part::CipherSuites),
        (message(&[0], &suites, &[0], &[]), Part::CompressionMethods),
        (message(&[0], &suites, &[], &[]), Part::CompressionMethods),
        (message(&[0], &suites, &[1, 0], &[0]), Part::Extensions),
        (message(&[0], &suites, &[1, 0], &[0, 1]), Part::Extensions),
        (message(&[0], &suites, &[1, 0], &[0, 0, 0]), Part::Extensions),
        (with_extensions(&[0]), Part::Extensions),
        (with_extensions(&[0, 21, 0, 1]), Part::Extension(21)),
        // server_name: no list, no name, an empty name, two names, data behind.
        (with_extensions(&[0, 0, 0, 0]), Part::Extension(0)),
        (with_extensions(&[0, 0, 0, 2, 0, 0]), Part::Extension(0)),
        (with_extensions(&[0, 0, 0, 5, 0, 3, 0, 0, 0]), Part::Extension(0)),
        (with_extensions(&[0, 0, 0, 10, 0, 8, 0, 0, 1, b'a', 0, 0, 1, b'b']), Part::Extension(0)),
        (with_extensions(&[0, 0, 0, 7, 0, 4, 0, 0, 1, b'a', 9]), Part::Extension(0)),
        // ALPN: an empty list, an empty name.
        (with_extensions(&[0, 16, 0, 2, 0, 0]), Part::Extension(16)),
        (with_extensions(&[0, 16, 0, 3, 0, 1, 0]), Part::Extension(16)),
        // supported_versions, supported_groups, signature_algorithms: empty, odd.
        (with_extensions(&[0, 43, 0, 1, 0]), Part::Extension(43)),
        (with_extensions(&[0, 43, 0, 4, 3, 3, 4, 3]), Part::Extension(43)),
        (with_extensions(&[0, 10, 0, 2, 0, 0]), Part::Extension(10)),
        (with_extensions(&[0, 13, 0, 3, 0, 1, 4]), Part::Extension(13)),
        // key_share: an empty share.
        (with_extensions(&[0, 51, 0, 6, 0, 4, 0, 29, 0, 0]), Part::Extension(51)),
    ];
    for (message, part) in cases {
        assert_eq!(flaw(&records(message, 1000)), Flaw::Length(*part), "{message:?}");
    }
}

#[test]
fn extensions_that_must_not_be() {
    assert_eq!(flaw(&records(&with_extensions(&[0, 21, 0, 0, 0, 21, 0, 0]), 1000)), Flaw::Twice(21));
    let behind = with_extensions(&[0, 41, 0, 0, 0, 21, 0, 0]);
    assert_eq!(flaw(&records(&behind, 1000)), Flaw::BehindPreSharedKey);
    // An empty list of key shares asks for a HelloRetryRequest; an empty list of extensions is one.
    for good in [with_extensions(&[0, 51, 0, 2, 0, 0]), with_extensions(&[])] {
        assert!(matches!(read(&records(&good, 1000), &[1]), Progress::Hello(_)));
    }
}

#[test]
fn the_builder_does_not_build_what_is_wrong() {
    let builder = ClientHello::builder();
    let part = |builder: ClientHelloBuilder| builder.build().map(|_| ()).unwrap_err();
    assert_eq!(part(builder.clone().session_id(&[0; 300])), Flaw::Length(Part::SessionId));
    assert_eq!(part(builder.clone().cipher_suites(&[])), Flaw::Length(Part::CipherSuites));
    assert_eq!(part(builder.clone().compression_methods(&[0; 256])), Flaw::Length(Part::CompressionMethods));
    assert_eq!(part(builder.clone().alpn(&[&[b'a'; 256]])), Flaw::Length(Part::Extension(16)));
    assert_eq!(
        part(builder.clone().supported_versions(&[Version(1); 128])),
        Flaw::Length(Part::Extension(43))
    );
    assert_eq!(part(builder.server_name("")), Flaw::Length(Part::Extension(0)));
    assert!(matches!(Sslv2Hello::new(Version(2), &[], &[0; 16]), Err(Flaw::Length(Part::CipherSuites))));
    assert!(matches!(Sslv2Hello::new(Version(2), &[[0; 3]], &[0; 15]), Err(Flaw::Length(Part::Challenge))));
    assert!(matches!(Sslv2Hello::new(Version(2), &vec![[0; 3]; 11_000], &[0; 16]), Err(Flaw::TooLong(_))));
}

#[test]
fn what_it_looks_like_instead() {
    for (first, what) in [
        (&b"GET / HTTP/1.0\r\n\r\n"[..], LooksLike::Http),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", LooksLike::Http),
        (b"EHLO client.example\r\n", LooksLike::Smtp),
        (b"ehlo client.example\r\n", LooksLike::Smtp),
        (b"220 mail.example ESMTP\r\n", LooksLike::Smtp),
        (b"a001 LOGIN me secret\r\n", LooksLike::Imap),
        (b"1 capability\r\n", LooksLike::Imap),
        (b"* OK IMAP4rev1 ready\r\n", LooksLike::Imap),
        (b"USER me\r\n", LooksLike::Pop3),
        (b"CAPA\r\n", LooksLike::Pop3),
        (b"+OK ready\r\n", LooksLike::Pop3),
        (b"SSH-2.0-OpenSSH_9.2\r\n", LooksLike::Ssh),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 993\r\n", LooksLike::Proxy),
        (b"\r\n\r\n\0\r\nQUIT\n\x21\x11", LooksLike::Proxy),
        (b"hello?\r\n", LooksLike::Text),
        (b"\r\n\r\n", LooksLike::Text),
        (
            b"a line that is longer than anything that any protocol begins with, and has no end",
            LooksLike::Text,
        ),
        (b"\x03\0\0\x2f\x2a\xe0\0\0\0\0\0", LooksLike::Unknown),
        (b"\x16\x02\x01\0\x01", LooksLike::Unknown),
        (b"\x80\x2e\x04", LooksLike::Unknown),
        (b"\0", LooksLike::Unknown),
    ] {
        let text = String::from_utf8_lossy(first);
        if first == b"\r\n\r\n" {
            assert_eq!(read(first, &[1]), Progress::NeedsMore);
        } else {
            assert_eq!(read(first, &[1]), Progress::NotTls(what), "{text}");
        }
        assert_eq!(LooksLike::of(first), what, "{text}");
    }
    for prefix in ["", "G", "EHLO", "PROXY TCP", "* ", "a1 LOG"] {
        assert_eq!(read(prefix.as_bytes(), &[1]), Progress::NeedsMore, "{prefix}");
    }
    assert_eq!(LooksLike::Proxy.to_string(), "the PROXY protocol");
}

/// The hello of an OpenSSL 0.9.8 that may speak SSL 2.0 to TLS 1.0, in short.
#[test]
fn an_sslv2_hello() {
    let specs = [[0x01, 0, 0x80], [0, 0, 0x39], [0, 0, 0x35], [0, 0, 0xff]];
    let bytes = [&[0x80, 9 + 12 + 16, 1, 3, 1, 0, 12, 0, 0, 0, 16][..], &specs.concat(), &[5; 16]].concat();
    let Progress::Sslv2(hello) = read(&bytes, &[1]) else { panic!("an SSLv2 hello") };
    assert_eq!(hello.version(), Version(0x0301));
    assert_eq!(hello.cipher_specs(), specs);
    assert_eq!(hello.cipher_suites().collect::<Vec<_>>(), [0x39, 0x35, 0xff].map(CipherSuite));
    assert_eq!(hello.challenge(), [5; 16]);
    assert_eq!(hello.to_bytes(), bytes);
    let mut wrong = bytes.clone();
    wrong[6] = 11;
    assert_eq!(flaw(&wrong), Flaw::Length(Part::CipherSuites));
    wrong[6] = 9;
    assert_eq!(flaw(&wrong), Flaw::Length(Part::Challenge));
}

#[test]
fn flaws_are_one_line_each() {
    assert_eq!(Flaw::Length(Part::Extension(16)).to_string(), "the length of extension 16 is wrong");
    assert_eq!(Flaw::Twice(0).to_string(), "extension 0 comes twice");
    assert_eq!(Flaw::NotHandshake(21).to_string(), "a record of type 21 where a ClientHello must be");
}
