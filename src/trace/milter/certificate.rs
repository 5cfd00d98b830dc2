//! The names in a certificate, as each of the two servers writes them.
//!
//! It must never know whether the certificate is to be believed. What is in it is the peer's word, and
//! hostile: nothing but what is written here comes out, and work is linear in the certificate's size.

use crate::text::is_unprintable;
use core::fmt::Write;
use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::der_parser::oid::Oid;
use x509_parser::oid_registry::{OID_X509_COMMON_NAME, OID_X509_ORGANIZATION_NAME};
use x509_parser::prelude::{AttributeTypeAndValue, FromDer, X509Certificate, X509Name};

/// No certificate in a TLS handshake of this crate is larger.
const MAX_CERTIFICATE: usize = 65_536;
/// What both servers have room for, in octets: they write into 256 with a NUL.
const MAX_NAME: usize = 255;
/// An object identifier that is longer is nobody's.
const MAX_OID: usize = 32;

/// The attributes that names are made of, as OpenSSL calls them (RFC 5280 §4.1.2.4, RFC 4519). All others
/// are written by number.
const ATTRIBUTES: [(&str, &str); 34] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.13", "description"),
    ("2.5.4.15", "businessCategory"),
    ("2.5.4.16", "postalAddress"),
    ("2.5.4.17", "postalCode"),
    ("2.5.4.18", "postOfficeBox"),
    ("2.5.4.20", "telephoneNumber"),
    ("2.5.4.41", "name"),
    ("2.5.4.42", "GN"),
    ("2.5.4.43", "initials"),
    ("2.5.4.44", "generationQualifier"),
    ("2.5.4.45", "x500UniqueIdentifier"),
    ("2.5.4.46", "dnQualifier"),
    ("2.5.4.65", "pseudonym"),
    ("2.5.4.72", "role"),
    ("2.5.4.97", "organizationIdentifier"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.3", "mail"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("1.2.840.113549.1.9.2", "unstructuredName"),
    ("1.2.840.113549.1.9.8", "unstructuredAddress"),
    ("1.3.6.1.4.1.311.60.2.1.1", "jurisdictionL"),
    ("1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST"),
    ("1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC"),
];

/// The names of a certificate in Sendmail's writing.
#[derive(Default)]
pub(super) struct Names {
    pub(super) subject: String,
    pub(super) issuer: String,
    pub(super) subject_common_name: String,
    pub(super) issuer_common_name: String,
}

impl Names {
    /// Of what is no certificate nothing is said but that.
    pub(super) fn sendmail(der: &[u8]) -> Self {
        match read(der) {
            Some(certificate) => Self {
                subject: xtext(one_line(certificate.subject()).as_bytes()),
                issuer: xtext(one_line(certificate.issuer()).as_bytes()),
                subject_common_name: raw_common_name(certificate.subject()),
                issuer_common_name: raw_common_name(certificate.issuer()),
            },
            None => Self {
                subject_common_name: UNKNOWN.into(),
                issuer_common_name: UNKNOWN.into(),
                ..Self::default()
            },
        }
    }
}

/// Subject and issuer in Postfix's writing: their common names, for an issuer without one its organization.
/// What Postfix would not pass on is empty.
pub(super) fn postfix(der: &[u8]) -> (String, String) {
    let Some(certificate) = read(der) else { return Default::default() };
    let issuer = certificate.issuer();
    let organization = || first(issuer, &OID_X509_ORGANIZATION_NAME).and_then(plain);
    (
        first(certificate.subject(), &OID_X509_COMMON_NAME).and_then(plain).unwrap_or_default(),
        first(issuer, &OID_X509_COMMON_NAME).and_then(plain).or_else(organization).unwrap_or_default(),
    )
}

fn read(der: &[u8]) -> Option<X509Certificate<'_>> {
    if der.len() > MAX_CERTIFICATE {
        return None;
    }
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate)
}

/// The first value of this kind: both servers take that one.
fn first<'a>(name: &'a X509Name<'_>, kind: &Oid<'_>) -> Option<&'a Any<'a>> {
    name.iter_attributes().find(|attribute| attribute.attr_type() == kind).map(|found| found.attr_value())
}

/// A value in UTF-8, if it is one that Postfix passes on: of at most 255 octets, without NUL, without
/// ASCII's control characters. Those beyond ASCII, and others that are not printable, are kept back here, too.
fn plain(value: &Any<'_>) -> Option<String> {
    let text = utf8(value)?;
    let text = text.trim_end_matches('\0');
    (text.len() <= MAX_NAME && !text.contains(is_unprintable)).then(|| text.to_owned())
}

/// What OpenSSL's `ASN1_STRING_to_UTF8` makes of a value.
fn utf8(value: &Any<'_>) -> Option<String> {
    let octets = value.data;
    match value.tag() {
        Tag::Utf8String => core::str::from_utf8(octets).ok().map(str::to_owned),
        Tag::NumericString
        | Tag::PrintableString
        | Tag::TeletexString
        | Tag::Ia5String
        | Tag::VisibleString => Some(octets.iter().map(|&octet| char::from(octet)).collect()),
        Tag::BmpString => wide(octets.chunks(2)),
        Tag::UniversalString => wide(octets.chunks(4)),
        _ => None,
    }
}

/// Text in characters of two or four octets; `None` when one of them is none.
fn wide<'a>(characters: impl Iterator<Item = &'a [u8]>) -> Option<String> {
    let character = |octets: &[u8]| match *octets {
        [a, b] => char::from_u32(u32::from_be_bytes([0, 0, a, b])),
        [a, b, c, d] => char::from_u32(u32::from_be_bytes([a, b, c, d])),
        _ => None,
    };
    characters.map(character).collect()
}

/// What OpenSSL's `X509_NAME_oneline` makes of a name: `/C=US/O=Example+OU=Mail/CN=tim`, with `\` before a
/// `/` or `+` of a value and `\x` before what is not printable ASCII. What would make it longer than 255
/// octets is left off, and all behind it.
fn one_line(name: &X509Name<'_>) -> String {
    let mut line = String::new();
    for part in name.iter_rdn() {
        for (at, attribute) in part.iter().enumerate() {
            let before = line.len();
            line.push(if at == 0 { '/' } else { '+' });
            put_attribute(&mut line, attribute);
            if line.len() > MAX_NAME {
                line.truncate(before);
                return line;
            }
        }
    }
    line
}

fn put_attribute(line: &mut String, attribute: &AttributeTypeAndValue<'_>) {
    let kind = attribute.attr_type();
    let number = if kind.as_bytes().len() > MAX_OID { "UNDEF".into() } else { kind.to_id_string() };
    let known = ATTRIBUTES.iter().find(|row| row.0 == number).map(|row| row.1);
    line.push_str(known.unwrap_or(&number));
    line.push('=');
    // More than there is room for need not be written.
    for &octet in attribute.as_slice().iter().take(MAX_NAME + 1) {
        match octet {
            b'/' | b'+' => line.extend(['\\', char::from(octet)]),
            b' '..=b'~' => line.push(char::from(octet)),
            // A String takes what is written into it.
            _ => _ = write!(line, "\\x{octet:02X}"),
        }
    }
}

/// What Sendmail says in the place of a common name that is not there.
const UNKNOWN: &str = "BadCertificateUnknown";

/// The octets of the common name, whatever their type, or what Sendmail says that is wrong with them.
fn raw_common_name(name: &X509Name<'_>) -> String {
    match first(name, &OID_X509_COMMON_NAME).map(|value| value.data) {
        None => UNKNOWN.into(),
        Some(octets) if octets.len() >= MAX_NAME => "BadCertificateTooLong".into(),
        Some(octets) if octets.contains(&0) => "BadCertificateContainsNUL".into(),
        Some(octets) => xtext(octets),
    }
}

/// Sendmail's xtext (RFC 3461 §4, and some more): `+` and two hexadecimal digits for what is not printable
/// ASCII, for a space, and for what would have a meaning in its rules or a comment.
fn xtext(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for &octet in octets {
        match octet {
            b'!'..=b'~' if !b"+\\()<>\"".contains(&octet) => text.push(char::from(octet)),
            // A String takes what is written into it.
            _ => _ = write!(text, "+{octet:02X}"),
        }
    }
    text
}
