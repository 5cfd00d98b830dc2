//! The names that TLS libraries have for versions, cipher suites and groups.
//!
//! It must never know where in a field a name stands.

use super::super::protection::TlsClaim;
use super::{is, strip};
use crate::tls::registry::{CipherSuite, Group, Version};

/// The longest name that is kept or looked up. The longest of GnuTLS's is below 70.
const LONGEST: usize = 80;

/// Puts down a cipher as written and what it means. The version has to be there before it.
pub(super) fn put_cipher(claim: &mut TlsClaim, name: &str) {
    claim.cipher = Some(shown(name));
    if name.len() > LONGEST {
        return;
    }
    let (suite, group) = suite(name, claim.version);
    claim.cipher_suite = suite;
    if let Some(group) = group.filter(|_| claim.group_name.is_none()) {
        put_group(claim, group);
    }
}

/// Puts down a group as written and what it means.
pub(super) fn put_group(claim: &mut TlsClaim, name: &str) {
    claim.group_name = Some(shown(name));
    claim.group = group(name);
}

/// A word as visible ASCII, and short.
fn shown(word: &str) -> String {
    word.chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }).take(LONGEST).collect()
}

/// `TLSv1.3` (OpenSSL), `TLS1.3` (GnuTLS), `TLS-1.3` (older GnuTLS, Go), `TLS1_3` (Gmail, Exchange),
/// `TLSv1_3` (rustls), and likewise for the older ones.
pub(super) fn version(word: &str) -> Option<Version> {
    let (number, is_ssl) = match strip(word, "TLS") {
        Some(number) => (number, false),
        None => (strip(word, "SSL")?, true),
    };
    match (number.trim_start_matches(['v', 'V', '-']), is_ssl) {
        ("2" | "2.0", true) => Some(Version(0x0002)),
        ("3" | "3.0", true) => Some(Version(0x0300)),
        ("1" | "1.0" | "1_0", false) => Some(Version(0x0301)),
        ("1.1" | "1_1", false) => Some(Version::TLS_1_1),
        ("1.2" | "1_2", false) => Some(Version::TLS_1_2),
        ("1.3" | "1_3", false) => Some(Version::TLS_1_3),
        _ => None,
    }
}

/// Whether it is a version or what stood for one: OpenSSL's `TLSv1/SSLv3`.
pub(super) fn is_version(word: &str) -> bool {
    version(word).is_some() || is(word, "TLSv1/SSLv3")
}

/// The suite of a name, and the group that some names have in them.
fn suite(name: &str, version: Option<Version>) -> (Option<CipherSuite>, Option<&str>) {
    let known = |name: &str| CipherSuite::from_name(name).or_else(|| CipherSuite::from_gnutls_name(name));
    if let Some(suite) = known(name).or_else(|| code_point(name)).or_else(|| renamed(name)) {
        return (Some(suite), None);
    }
    // Schannel: TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256_P256.
    if let Some((name, curve)) = name.rsplit_once('_') {
        let curve =
            [("P256", "P-256"), ("P384", "P-384"), ("P521", "P-521")].into_iter().find(|c| is(curve, c.0));
        if let (Some((_, curve)), Some(suite)) = (curve, known(name)) {
            return (Some(suite), Some(curve));
        }
    }
    described(name, version)
}

/// RFC 8314 §4.3: `0x` and four hexadecimal digits.
fn code_point(name: &str) -> Option<CipherSuite> {
    let digits = strip(name, "0x").filter(|d| d.len() == 4 && d.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok().map(CipherSuite)
}

/// Names that differ from a registered one in a letter or two.
fn renamed(name: &str) -> Option<CipherSuite> {
    // rustls: TLS13_AES_128_GCM_SHA256. OpenSSL before 1.1.0: EDH-RSA-DES-CBC3-SHA.
    let prefixes = [("TLS13_", "TLS_"), ("EDH-", "DHE-")];
    let renamed =
        prefixes.into_iter().find_map(|(old, new)| strip(name, old).map(|rest| format!("{new}{rest}")));
    // Go: TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305. GnuTLS 1.0: DHE_RSA_AES_256_CBC_SHA.
    renamed
        .and_then(|name| CipherSuite::from_name(&name))
        .or_else(|| CipherSuite::from_name(&format!("{name}_SHA256")))
        .or_else(|| CipherSuite::from_gnutls_name(&format!("{name}1")))
}

/// GnuTLS's description of a session, as Exim writes it: key exchange with group, signature, cipher and
/// sometimes MAC, with two underscores between. TLS 1.3 has a suite for each cipher; before that the
/// parts make the suite's name.
fn described(name: &str, version: Option<Version>) -> (Option<CipherSuite>, Option<&str>) {
    let Some((exchange, rest)) = name.split_once("__") else { return (None, None) };
    let (exchange, group) = match exchange.split_once('_') {
        Some((exchange, group)) => (exchange, Some(group)),
        None => (exchange, None),
    };
    let suite = if version == Some(Version::TLS_1_3) {
        rest.rsplit("__").next().and_then(tls13_suite)
    } else {
        let parts: Vec<&str> = rest.split("__").collect();
        let (authentication, cipher) = match parts.as_slice() {
            [cipher] => (None, vec![*cipher]),
            [signature, cipher @ ..] => (signature.split('_').next(), cipher.to_vec()),
            [] => (None, Vec::new()),
        };
        let words: Vec<&str> = [exchange].into_iter().chain(authentication).chain(cipher).collect();
        let name = words.join("_");
        let ends = ["", "_SHA256", "_SHA384"];
        ends.into_iter().find_map(|end| CipherSuite::from_gnutls_name(&format!("{name}{end}")))
    };
    (suite, group)
}

fn tls13_suite(cipher: &str) -> Option<CipherSuite> {
    let ends = ["_SHA256", "_SHA384"];
    let all = ends.into_iter().filter_map(|end| CipherSuite::from_name(&format!("TLS_{cipher}{end}")));
    all.into_iter().find(|suite| suite.is_tls13())
}

/// IANA's and OpenSSL's names, `X9_62_prime256v1` (older OpenSSL) and `X25519_MLKEM768` (GnuTLS).
fn group(name: &str) -> Option<Group> {
    let short = Some(name).filter(|name| name.len() <= LONGEST)?;
    let curve = strip(short, "X9_62_").unwrap_or(short);
    Group::from_name(curve).or_else(|| Group::from_name(&curve.replace('_', "")))
}
