//! The registries beside the lists of OpenSSL, GnuTLS and rustls.

use super::*;
use std::collections::BTreeSet;

const OPENSSL: &str = include_str!("../../../tests/data/openssl-ciphers.txt");
const GNUTLS: &str = include_str!("../../../tests/data/gnutls-ciphers.txt");

fn lines(file: &str) -> impl Iterator<Item = Vec<&str>> {
    file.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_whitespace().collect())
}

fn hex(octet: &str) -> u16 {
    u16::from_str_radix(octet.trim_start_matches("0x").trim_end_matches(','), 16).unwrap()
}

#[test]
fn unknown_code_points_are_hex() {
    assert_eq!(CipherSuite(0x1301).to_string(), "TLS_AES_128_GCM_SHA256");
    assert_eq!(CipherSuite(0x0a0a).to_string(), "0x0A0A");
    assert_eq!(Group(4588).to_string(), "X25519MLKEM768");
    assert_eq!(SignatureScheme(0x0101).to_string(), "0x0101");
    assert_eq!(Version(0x0304).to_string(), "TLSv1.3");
    assert_eq!(Alert(48).to_string(), "unknown_ca");
    assert_eq!(Alert(99).to_string(), "99");
}

/// Names lead back to where they came from, the tables are sorted as the search needs them, and no
/// name is that of two things: a policy's text names them all.
#[test]
fn names_are_unique_and_lead_back() {
    macro_rules! check {
        ($type:ident, $seen:ident) => {
            let all: Vec<_> = $type::all().collect();
            assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
            for one in all {
                let name = one.name().unwrap();
                assert_eq!($type::from_name(&name.to_uppercase()), Some(one), "{name}");
                assert!($seen.insert(name.to_lowercase()), "{name} twice");
            }
            assert_eq!($type::from_name(""), None);
        };
    }
    let mut seen = BTreeSet::new();
    check!(Version, seen);
    check!(CipherSuite, seen);
    check!(Group, seen);
    check!(SignatureScheme, seen);
    check!(Alert, seen);
    for suite in CipherSuite::all() {
        let Some(name) = suite.openssl_name() else { continue };
        assert_eq!(CipherSuite::from_name(name), Some(suite), "{name}");
        assert!(suite.is_tls13() || seen.insert(name.to_lowercase()), "{name} twice");
    }
    for suite in CipherSuite::all() {
        let Some(name) = suite.gnutls_name() else { continue };
        assert_eq!(CipherSuite::from_gnutls_name(&name.to_lowercase()), Some(suite), "{name}");
        assert_eq!(CipherSuite::from_gnutls_name(name.trim_start_matches("TLS_")), Some(suite), "{name}");
    }
    assert_eq!(CipherSuite::from_gnutls_name("TLS_"), None);
    assert_eq!(Version::from_name("TLSv1.0"), Some(Version(0x0301)));
}

#[test]
fn suites_are_what_openssl_says() {
    let mut count = 0;
    for words in lines(OPENSSL) {
        let [value, _, iana, _, openssl, _, key_exchange, authentication, cipher, mac] = words[..] else {
            panic!("{words:?}")
        };
        let (high, low) = value.split_once(',').unwrap();
        let suite = CipherSuite(hex(high) << 8 | hex(low));
        assert_eq!(suite.openssl_name(), Some(openssl));
        assert_eq!(suite.name(), Some(iana));
        let exchange = match suite.key_exchange().unwrap() {
            KeyExchange::Any => "any",
            KeyExchange::Rsa => "RSA",
            KeyExchange::Dhe => "DH",
            KeyExchange::Ecdhe => "ECDH",
            KeyExchange::Psk => "PSK",
            KeyExchange::DhePsk => "DHEPSK",
            KeyExchange::RsaPsk => "RSAPSK",
            KeyExchange::EcdhePsk => "ECDHEPSK",
            KeyExchange::Srp => "SRP",
            other => panic!("{openssl}: {other}"),
        };
        assert_eq!(key_exchange, format!("Kx={exchange}"), "{openssl}");
        let shown = match suite.authentication().unwrap() {
            Authentication::Any => "any",
            Authentication::Anonymous => "None",
            Authentication::Rsa => "RSA",
            Authentication::Dss => "DSS",
            Authentication::Ecdsa => "ECDSA",
            Authentication::Psk => "PSK",
            Authentication::Srp => "SRP",
            other => panic!("{openssl}: {other}"),
        };
        assert_eq!(authentication, format!("Au={shown}"), "{openssl}");
        let mode = match suite.mode().unwrap() {
            Mode::Poly1305 => "/POLY1305",
            Mode::Cbc | Mode::None | Mode::Stream => "",
            Mode::Ccm8 => "CCM8",
            aead => aead.name(),
        };
        let algorithm = match suite.cipher().unwrap() {
            Algorithm::Null => "None",
            Algorithm::Camellia => "Camellia",
            other => other.name(),
        };
        let enc = match suite.bits().unwrap() {
            0 => "Enc=None".to_owned(),
            bits => format!("Enc={algorithm}{mode}({bits})"),
        };
        assert_eq!(cipher, enc, "{openssl}");
        let hash = match suite.hash().unwrap() {
            _ if suite.mode().unwrap().is_aead() => "AEAD",
            Hash::Sha1 => "SHA1",
            other => other.name(),
        };
        assert_eq!(mac, format!("Mac={hash}"), "{openssl}");
        count += 1;
    }
    assert!(count > 150);
}

#[test]
fn suites_are_called_as_gnutls_calls_them() {
    let mut count = 0;
    for words in lines(GNUTLS) {
        let suite = CipherSuite(hex(words[1]) << 8 | hex(words[2]));
        // A draft's number that never came to be registered.
        if suite == CipherSuite(0x0066) {
            continue;
        }
        assert_eq!(suite.gnutls_name(), Some(words[0]));
        count += 1;
    }
    assert_eq!(count, CipherSuite::all().filter(|suite| suite.gnutls_name().is_some()).count());
}

#[test]
fn hybrids_are_those_with_a_curve_beside_the_lattice() {
    let hybrids: Vec<_> = Group::all().filter(|group| group.is_post_quantum_hybrid()).collect();
    assert!(hybrids.contains(&Group(4587)) && hybrids.contains(&Group(4589)));
    for group in hybrids {
        let name = group.name().unwrap();
        assert!(name.contains("MLKEM") || name.contains("Kyber"), "{name}");
        assert!(group.bits().unwrap() >= 255, "{name}");
    }
    assert_eq!(Group::from_name("prime256v1"), Some(Group(23)));
}

#[test]
#[cfg(feature = "engine")]
fn everything_the_engine_negotiates_has_a_name() {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    for suite in &provider.cipher_suites {
        let ours = CipherSuite(u16::from(suite.suite()));
        let theirs = format!("{:?}", suite.suite()).replace("TLS13_", "TLS_");
        assert_eq!(ours.name(), Some(theirs.as_str()));
        assert_eq!(ours.recommended(), Some(Recommended::Yes));
        assert_eq!(ours.is_tls13(), suite.tls13().is_some());
    }
    for group in &provider.kx_groups {
        let ours = Group(u16::from(group.name()));
        assert_eq!(ours.name().map(str::to_lowercase), Some(format!("{:?}", group.name()).to_lowercase()));
    }
    for (scheme, _) in provider.signature_verification_algorithms.mapping {
        let ours = SignatureScheme(u16::from(*scheme));
        let theirs = format!("{scheme:?}").to_lowercase().replace("nistp", "secp").replace('_', "");
        let name = ours.name().unwrap();
        // rustls leaves out what is plain to it.
        let plain = name.replace('_', "");
        assert!(
            [&plain, &plain.replace("rsae", ""), &plain.replace("r1", "")].contains(&&theirs),
            "{name} {theirs}"
        );
    }
}
