//! What a milter is told of a certificate with these names.
//!
//! Must never know how values are written, but how they are read.

use crate::certificate::{Attribute, COMMON_NAME, named};
use mailtls::tls::facts::{PeerValidation, TlsFacts};
use mailtls::tls::registry::{CipherSuite, Version};
use mailtls::trace::milter::{Dialect, Macros};

const ORGANIZATION: &[u8] = &[0x55, 4, 10];
const MAIL_ADDRESS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
const OTHER: &[u8] = &[0x2a, 3, 4];
const UTF8: u8 = 0x0c;

/// The first line begins with how the certificate is validated (`p` for PKIX, `d` for DANE, `n` for a pin),
/// `r` when one was asked for, and two octets of the cipher suite. With `der` behind them all further lines
/// are a certificate. Otherwise each is an attribute: `s` or `i` for subject and issuer; `c`, `o`, `m` for
/// common name, organization, mail address; `u`, `t`, `b`, `w`, `p` for the type of its text, or a tag; and
/// the text.
pub fn milter_macros(data: &[u8]) {
    let mut lines = data.splitn(2, |&octet| octet == b'\n');
    let (first, rest) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let at = |index| first.get(index).copied().unwrap_or_default();
    let (subject, issuer) = (attributes(rest, b's'), attributes(rest, b'i'));
    let written = first.get(4..) != Some(b"der");
    let certificate = if written { named(&subject, &issuer) } else { rest.to_vec() };
    let mut facts = TlsFacts::new(Version::TLS_1_2, CipherSuite(u16::from_be_bytes([at(2), at(3)])));
    facts.client_certificate_requested = at(1) == b'r';
    facts.peer_validation = match at(0) {
        b'p' => PeerValidation::Pkix,
        b'd' => PeerValidation::Dane,
        b'n' => PeerValidation::Pin,
        _ => PeerValidation::None,
    };
    facts.peer_certificates.push(certificate);
    let sendmail = Macros::from_facts(&facts, Dialect::Sendmail);
    let postfix = Macros::from_facts(&facts, Dialect::Postfix);
    check(&sendmail, Dialect::Sendmail);
    check(&postfix, Dialect::Postfix);
    assert!(sendmail.iter().all(|(name, value)| is_xtext(value) || name == "{cipher}"));
    assert_eq!(sendmail.get("{verify}") == Some("OK"), facts.peer_validation == PeerValidation::Pkix);
    assert_eq!(postfix.get("{cert_subject}").is_some(), facts.peer_validation.is_validated());
    if written && facts.peer_certificates.iter().all(|der| der.len() < 60_000) {
        common_name(&subject, sendmail.get("{cn_subject}"), postfix.get("{cert_subject}"));
        common_name(&issuer, sendmail.get("{cn_issuer}"), None);
    }
}

fn attributes(lines: &[u8], whose: u8) -> Vec<Attribute<'_>> {
    let mine = |line: &&[u8]| line.first() == Some(&whose);
    lines.split(|&octet| octet == b'\n').filter(mine).filter_map(attribute).collect()
}

fn attribute(line: &[u8]) -> Option<Attribute<'_>> {
    let (&[_, kind, tag], value) = line.split_first_chunk::<3>()?;
    let kind = match kind {
        b'c' => COMMON_NAME,
        b'o' => ORGANIZATION,
        b'm' => MAIL_ADDRESS,
        _ => OTHER,
    };
    let tag = match tag {
        b'u' => UTF8,
        b't' => 0x14,
        b'b' => 0x1e,
        b'w' => 0x1c,
        b'p' => 0x13,
        // Of one octet.
        other => other & 0x0f,
    };
    Some((kind, tag, value))
}

/// Names in their order, values that are one line, and a packet out of which both are read again.
fn check(macros: &Macros, dialect: Dialect) {
    let mut left = dialect.names();
    for (name, value) in macros.iter() {
        assert!(left.any(|own| own == name), "{name} out of order");
        assert!(value.len() <= 1024 && crate::is_line(value), "{name}: {value:?}");
        assert_eq!(macros.get(name), Some(value));
    }
    let packet = macros.to_bytes();
    assert!(packet.len() <= 4096);
    let mut parts = packet.split(|&octet| octet == 0);
    for (name, value) in macros.iter() {
        assert_eq!(parts.next(), Some(name.as_bytes()));
        assert_eq!(parts.next(), Some(value.as_bytes()));
    }
    assert_eq!((parts.next(), parts.next()), (Some(&b""[..]), None));
}

fn is_xtext(value: &str) -> bool {
    value.bytes().all(|octet| octet.is_ascii_graphic() && !b"\\()<>\"".contains(&octet))
}

/// The octets of an xtext.
fn octets(xtext: &str) -> Option<Vec<u8>> {
    let mut left = xtext.bytes();
    let mut found = Vec::new();
    while let Some(octet) = left.next() {
        let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        found.push(if octet == b'+' { digit(left.next()?)? << 4 | digit(left.next()?)? } else { octet });
    }
    Some(found)
}

/// The first common name is what is told, or why it is not.
fn common_name(name: &[Attribute], sendmail: Option<&str>, postfix: Option<&str>) {
    let Some((_, tag, value)) = name.iter().find(|attribute| attribute.0 == COMMON_NAME) else {
        assert_eq!(sendmail, Some("BadCertificateUnknown"));
        assert!(postfix.is_none_or(str::is_empty));
        return;
    };
    match sendmail {
        // Somebody may be called so.
        Some(told) if told.as_bytes() == *value => {}
        Some("BadCertificateTooLong") => assert!(value.len() > 254),
        Some("BadCertificateContainsNUL") => assert!(value.contains(&0)),
        // As for a certificate that cannot be read: a tag or a text makes it so.
        Some("BadCertificateUnknown") => {}
        told => assert_eq!(told.and_then(octets).as_deref(), Some(*value)),
    }
    let Some(told) = postfix else { return };
    assert!(told.len() <= 255);
    if *tag == UTF8 && !told.is_empty() {
        let text = core::str::from_utf8(value).expect("what is not UTF-8 is not told");
        assert_eq!(text.trim_end_matches('\0'), told);
    }
}
