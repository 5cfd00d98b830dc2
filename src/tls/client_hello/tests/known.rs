//! ClientHellos of real programs (`tests/data/client_hello/`), and what is in them.

use super::super::*;
use super::read;

struct Expected {
    bytes: &'static [u8],
    record_version: u16,
    legacy_version: u16,
    highest: &'static str,
    server_name: Option<&'static str>,
    alpn: &'static [&'static str],
    suites: usize,
    groups: &'static [u16],
    key_shares: &'static [u16],
    schemes: usize,
    fallback: bool,
}

macro_rules! data {
    ($name:literal) => {
        include_bytes!(concat!("../../../../tests/data/client_hello/", $name))
    };
}

/// What is expected was read off the bytes by a program of its own.
const KNOWN: &[Expected] = &[
    Expected {
        bytes: data!("curl_7.88"),
        record_version: 0x0301,
        legacy_version: 0x0303,
        highest: "TLSv1.3",
        server_name: Some("mail.example.org"),
        alpn: &["h2", "http/1.1"],
        suites: 30,
        groups: &[29, 23, 30, 25, 24, 256, 257, 258, 259, 260],
        key_shares: &[29],
        schemes: 20,
        fallback: false,
    },
    Expected {
        bytes: data!("curl_7.88_imaps"),
        record_version: 0x0301,
        legacy_version: 0x0303,
        highest: "TLSv1.3",
        server_name: Some("mail.example.org"),
        alpn: &[],
        suites: 30,
        groups: &[29, 23, 30, 25, 24, 256, 257, 258, 259, 260],
        key_shares: &[29],
        schemes: 20,
        fallback: false,
    },
    Expected {
        bytes: data!("gnutls_3.7"),
        record_version: 0x0301,
        legacy_version: 0x0303,
        highest: "TLSv1.3",
        server_name: Some("imap.example.org"),
        alpn: &["imap", "managesieve"],
        suites: 29,
        groups: &[23, 24, 25, 29, 30, 256, 257, 258, 259, 260],
        key_shares: &[23, 29],
        schemes: 16,
        fallback: false,
    },
    Expected {
        bytes: data!("gnutls_3.7_tls10"),
        record_version: 0x0301,
        legacy_version: 0x0301,
        highest: "TLSv1",
        server_name: None,
        alpn: &[],
        suites: 8,
        groups: &[23, 24, 25, 29, 30, 256, 257, 258, 259, 260],
        key_shares: &[],
        schemes: 0,
        fallback: false,
    },
    Expected {
        bytes: data!("java_17"),
        record_version: 0x0303,
        legacy_version: 0x0303,
        highest: "TLSv1.3",
        server_name: Some("imap.example.org"),
        alpn: &[],
        suites: 36,
        groups: &[29, 23, 24, 25, 30, 256, 257, 258, 259, 260],
        key_shares: &[29, 23],
        schemes: 21,
        fallback: false,
    },
    Expected {
        bytes: data!("node_20"),
        record_version: 0x0301,
        legacy_version: 0x0303,
        highest: "TLSv1.3",
        server_name: Some("imap.example.org"),
        alpn: &["imap"],
        suites: 58,
        groups: &[29, 23, 30, 25, 24, 256, 257, 258, 259, 260],
        key_shares: &[29],
        schemes: 20,
        fallback: false,
    },
    Expected {
        bytes: data!("openssl_3.0"),
        record_version: 0x0301,
        legacy_version: 0x0303,
        highest: "TLSv1.3",
        server_name: Some("imap.example.org"),
        alpn: &["imap"],
        suites: 30,
        groups: &[29, 23, 30, 25, 24, 256, 257, 258, 259, 260],
        key_shares: &[29],
        schemes: 20,
        fallback: false,
    },
    Expected {
        bytes: data!("openssl_3.0_fallback"),
        record_version: 0x0301,
        legacy_version: 0x0303,
        highest: "TLSv1.2",
        server_name: Some("imap.example.org"),
        alpn: &[],
        suites: 27,
        groups: &[29, 23, 30, 25, 24],
        key_shares: &[],
        schemes: 20,
        fallback: true,
    },
    Expected {
        bytes: data!("openssl_3.0_tls10"),
        record_version: 0x0301,
        legacy_version: 0x0301,
        highest: "TLSv1",
        server_name: None,
        alpn: &[],
        suites: 8,
        groups: &[29, 23, 30, 25, 24],
        key_shares: &[],
        schemes: 0,
        fallback: false,
    },
    Expected {
        bytes: data!("openssl_3.0_tls11"),
        record_version: 0x0301,
        legacy_version: 0x0302,
        highest: "TLSv1.1",
        server_name: Some("imap.example.org"),
        alpn: &[],
        suites: 8,
        groups: &[29, 23, 30, 25, 24],
        key_shares: &[],
        schemes: 0,
        fallback: false,
    },
    Expected {
        bytes: data!("openssl_3.0_tls12"),
        record_version: 0x0301,
        legacy_version: 0x0303,
        highest: "TLSv1.2",
        server_name: None,
        alpn: &[],
        suites: 27,
        groups: &[29, 23, 30, 25, 24],
        key_shares: &[],
        schemes: 20,
        fallback: false,
    },
    Expected {
        bytes: data!("python_3.11"),
        record_version: 0x0301,
        legacy_version: 0x0303,
        highest: "TLSv1.3",
        server_name: Some("imap.example.org"),
        alpn: &[],
        suites: 17,
        groups: &[29, 23, 30, 25, 24, 256, 257, 258, 259, 260],
        key_shares: &[29],
        schemes: 20,
        fallback: false,
    },
    Expected {
        bytes: data!("rustls_0.23"),
        record_version: 0x0301,
        legacy_version: 0x0303,
        highest: "TLSv1.3",
        server_name: Some("mail.example"),
        alpn: &["imap"],
        suites: 9,
        groups: &[4588, 29, 23, 24],
        key_shares: &[4588, 29],
        schemes: 13,
        fallback: false,
    },
];

#[test]
fn what_real_programs_offer() {
    for expected in KNOWN {
        let Progress::Hello(hello) = read(expected.bytes, &[11]) else { panic!("a ClientHello") };
        assert_eq!(hello.record_version().0, expected.record_version);
        assert_eq!(hello.legacy_version().0, expected.legacy_version);
        assert_eq!(hello.highest_version().and_then(Version::name), Some(expected.highest));
        assert_eq!(hello.server_name(), expected.server_name);
        let alpn: Vec<_> = expected.alpn.iter().map(|name| name.as_bytes()).collect();
        assert_eq!(hello.alpn(), alpn);
        assert_eq!(hello.real_cipher_suites().count(), expected.suites);
        assert_eq!(hello.groups().iter().map(|group| group.0).collect::<Vec<_>>(), expected.groups);
        assert_eq!(hello.key_shares().iter().map(|group| group.0).collect::<Vec<_>>(), expected.key_shares);
        assert_eq!(hello.signature_schemes().len(), expected.schemes);
        assert_eq!(hello.offers_fallback_scsv(), expected.fallback);
        assert!(hello.offers_secure_renegotiation() && !hello.has_grease());
        assert_eq!(hello.to_bytes(), expected.bytes);
    }
}
