//! Known answers, both round trips, and what is refused.

mod known;
mod refused;
mod strategy;

use super::*;
use proptest::prelude::*;
use strategy::{hello, sslv2_hello};

/// What a reader says of these bytes in pieces of these sizes, the last of which is repeated.
pub(super) fn read(bytes: &[u8], sizes: &[usize]) -> Progress {
    let mut reader = ClientHelloReader::new();
    let mut rest = bytes;
    let mut sizes = sizes.iter().copied().chain(core::iter::repeat(*sizes.last().unwrap_or(&1)));
    while !rest.is_empty() {
        let (now, later) = rest.split_at(sizes.next().unwrap().clamp(1, rest.len()));
        reader.read(now);
        rest = later;
    }
    reader.into_progress()
}

/// The message in records of this size.
pub(super) fn records(message: &[u8], size: usize) -> Vec<u8> {
    let record = |part: &[u8]| {
        let [high, low] = u16::try_from(part.len()).unwrap().to_be_bytes();
        [&[22, 3, 1, high, low][..], part].concat()
    };
    message.chunks(size).flat_map(record).collect()
}

/// First bytes of all kinds: hellos, hellos with some octets changed, text, anything.
fn first_bytes() -> impl Strategy<Value = Vec<u8>> {
    let changed = (hello(), proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4));
    let changed = changed.prop_map(|(hello, changes)| {
        let mut bytes = hello.to_bytes();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes
    });
    prop_oneof![
        4 => changed,
        1 => sslv2_hello().prop_map(|hello| hello.to_bytes()),
        1 => "[ -~]{0,70}\r\n".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..200),
        1 => proptest::collection::vec(any::<u8>(), 0..200).prop_map(|b| [&[22, 3, 1][..], &b].concat()),
    ]
}

proptest! {
    #[test]
    fn what_was_built_is_read(hello in hello(), size in 1usize..600) {
        let bytes = records(&hello.to_message(), size);
        prop_assert_eq!(read(&bytes, &[7]), Progress::Hello(Box::new(hello)));
    }

    #[test]
    fn what_was_read_is_written(bytes in first_bytes()) {
        match read(&bytes, &[1000]) {
            Progress::Hello(hello) => {
                let written = hello.to_bytes();
                prop_assert_eq!(&written, &bytes[..written.len()]);
                prop_assert_eq!(read(&written, &[1000]), Progress::Hello(hello));
            }
            Progress::Sslv2(hello) => prop_assert_eq!(&hello.to_bytes(), &bytes),
            _ => {}
        }
    }

    #[test]
    fn pieces_make_no_difference(
        bytes in first_bytes(),
        sizes in proptest::collection::vec(1usize..40, 1..20),
    ) {
        prop_assert_eq!(read(&bytes, &sizes), read(&bytes, &[usize::MAX]));
    }

    #[test]
    fn every_prefix_needs_more(hello in hello(), size in 1usize..600) {
        let bytes = records(&hello.to_message(), size);
        let mut reader = ClientHelloReader::new();
        for byte in &bytes[..bytes.len() - 1] {
            prop_assert_eq!(reader.read(&[*byte]), &Progress::NeedsMore);
        }
    }

    #[test]
    fn sslv2_both_ways(hello in sslv2_hello()) {
        let bytes = hello.to_bytes();
        for cut in 0..bytes.len() {
            prop_assert_eq!(read(&bytes[..cut], &[usize::MAX]), Progress::NeedsMore);
        }
        prop_assert_eq!(read(&bytes, &[3]), Progress::Sslv2(Box::new(hello)));
    }

    #[test]
    fn dns_names_of_any_kind(name in "[-_.a-cA-C0-9\u{e4}]{1,12}") {
        let hello = ClientHello::builder().server_name(&name).build().unwrap();
        if let Some(found) = hello.server_name() {
            let bare = name.strip_suffix('.').unwrap_or(&name);
            prop_assert_eq!(found, bare.to_ascii_lowercase());
            prop_assert!(name.is_ascii() && bare.parse::<std::net::Ipv4Addr>().is_err());
            prop_assert!(!found.ends_with('.') && !found.starts_with('.') && !name.contains(".."));
        }
    }
}

#[test]
fn what_follows_is_left_alone() {
    let hello = ClientHello::builder().build().unwrap();
    let bytes = [hello.to_bytes(), b"\x14\x03\x03\x00\x01\x01".to_vec()].concat();
    for size in [1, 9, 1000] {
        assert_eq!(read(&bytes, &[size]), Progress::Hello(Box::new(hello.clone())));
    }
}

#[test]
fn the_best_version() {
    let hello = |legacy, versions: &[u16]| {
        let versions: Vec<_> = versions.iter().map(|v| Version(*v)).collect();
        let builder = ClientHello::builder().legacy_version(Version(legacy));
        let builder = if versions.is_empty() {
            builder.without_extensions()
        } else {
            builder.supported_versions(&versions)
        };
        builder.build().unwrap().highest_version().map(|version| version.0)
    };
    assert_eq!(hello(0x0302, &[]), Some(0x0302));
    assert_eq!(hello(0x0303, &[]), Some(0x0303));
    // legacy_version never stands for TLS 1.3 or more, and for nothing beside supported_versions.
    assert_eq!(hello(0x0304, &[]), Some(0x0303));
    assert_eq!(hello(0x0303, &[0x0304, 0x0303]), Some(0x0304));
    assert_eq!(hello(0x0303, &[0x7a7a, 0x0304]), Some(0x0304));
    assert_eq!(hello(0x0303, &[0x0302]), Some(0x0302));
    assert_eq!(hello(0x0303, &[0x7f1c, 0x7a7a]), None);
}

#[test]
fn grease_and_signals() {
    let plain = ClientHello::builder().server_name("a.example").alpn(&[b"imap"]);
    assert!(!plain.clone().build().unwrap().has_grease());
    let greased = [
        plain.clone().cipher_suites(&[CipherSuite(0x0a0a), CipherSuite(0x1301)]),
        plain.clone().groups(&[Group(0xfafa)]),
        plain.clone().supported_versions(&[Version(0x1a1a)]),
        plain.clone().signature_schemes(&[SignatureScheme(0x2a2a)]),
        plain.clone().key_shares(&[(Group(0x3a3a), &[0])]),
        plain.clone().alpn(&[b"\x4a\x4a"]),
        plain.clone().extension(0x5a5a, &[]),
    ];
    for builder in greased {
        assert!(builder.clone().build().unwrap().has_grease(), "{builder:?}");
    }
    let suites = [0x0a0a, 0x1301, 0x00ff, 0x5600].map(CipherSuite);
    let hello = plain.clone().cipher_suites(&suites).build().unwrap();
    assert!(hello.offers_fallback_scsv() && hello.offers_secure_renegotiation());
    assert_eq!(hello.cipher_suites(), suites);
    assert_eq!(hello.real_cipher_suites().collect::<Vec<_>>(), [CipherSuite(0x1301)]);
    let hello = plain.extension(0xff01, &[0]).build().unwrap();
    assert!(!hello.offers_fallback_scsv() && hello.offers_secure_renegotiation());
}

#[test]
fn names_that_sni_must_not_have() {
    let long = "a".repeat(64);
    for name in
        ["192.0.2.1", "::1", "a.example..", ".example", "a..b", "-a.example", "a-.example", "a b", &long]
    {
        let hello = ClientHello::builder().server_name(name).build().unwrap();
        assert_eq!(hello.server_name(), None, "{name}");
        assert!(hello.extension(0).is_some());
    }
    for name in ["a", "xn--bcher-kva.example", "_x.a.example", "1.example", &long[1..]] {
        assert_eq!(ClientHello::builder().server_name(name).build().unwrap().server_name(), Some(name));
    }
    let hello = ClientHello::builder().server_name("A.Example.").build().unwrap();
    assert_eq!(hello.server_name(), Some("a.example"));
}
