//! What a certificate says, in words and numbers that a log or a user can read.

use super::identity::{PresentedIdentifier, PresentedIdentifiers};
use crate::error::{Error, ErrorCode};
use crate::text::one_line;
use core::net::IpAddr;
use sha2::{Digest, Sha256};
use x509_parser::asn1_rs::{Any, Class, Tag};
use x509_parser::extensions::GeneralName;
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::prelude::{AttributeTypeAndValue, FromDer, SubjectPublicKeyInfo, X509Certificate, X509Name};
use x509_parser::public_key::PublicKey;

/// The readable parts of a certificate (RFC 5280 §4).
///
/// All of it is the peer's word: only the verdict of the handshake says whether to believe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Distinguished name of the subject, as `CN=…, O=…`; one printable line, in which what a value
    /// holds cannot pass for another part of the name (RFC 4514 §2.4).
    pub subject: String,
    /// Distinguished name of the issuer.
    pub issuer: String,
    /// The DNS names among the subject alternative names, in the order they stand there.
    pub dns_names: Vec<String>,
    /// The services among them, as `_imaps.example.net` (RFC 4985).
    pub srv_names: Vec<String>,
    /// The IP addresses among them.
    pub ip_addresses: Vec<IpAddr>,
    /// The kind of the public key: `RSA`, `EC`, `Ed25519`, `Ed448`, or its object identifier.
    pub key_kind: String,
    /// Its size in bits, where it has one: of the modulus for RSA, of the field for EC.
    pub key_bits: Option<usize>,
    /// Start of the validity, in seconds since 1970-01-01 00:00 UTC.
    pub not_before: i64,
    /// End of the validity, likewise.
    pub not_after: i64,
    /// SHA-256 of the DER certificate.
    pub sha256: [u8; 32],
}

impl CertificateFacts {
    /// Reads a certificate in DER, of any version. Alternative names that are malformed are left out, for a
    /// user may want to look at such a certificate before pinning it.
    ///
    /// # Errors
    /// [`ErrorCode::CertificateUnfit`] when it is not one X.509 certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let unfit = || Error::new(ErrorCode::CertificateUnfit, "not an X.509 certificate");
        let certificate = parse(der).ok_or_else(unfit)?;
        let names = certificate.subject_alternative_name().ok().flatten();
        let dns_names = names.map_or_else(Vec::new, |names| {
            let dns = |name: &GeneralName<'_>| match name {
                GeneralName::DNSName(dns) => Some(one_line(dns.as_bytes())),
                _ => None,
            };
            names.value.general_names.iter().filter_map(dns).collect()
        });
        let presented = PresentedIdentifiers::from_der(der).unwrap_or_default();
        let srv = |name: &PresentedIdentifier| match name {
            PresentedIdentifier::Srv(..) => Some(name.to_string()),
            _ => None,
        };
        let ip = |name: &PresentedIdentifier| match name {
            PresentedIdentifier::Ip(address) => Some(*address),
            _ => None,
        };
        let (key_kind, key_bits) = key(certificate.public_key());
        Ok(Self {
            subject: distinguished_name(certificate.subject()),
            issuer: distinguished_name(certificate.issuer()),
            dns_names,
            srv_names: presented.iter().filter_map(srv).collect(),
            ip_addresses: presented.iter().filter_map(ip).collect(),
            key_kind,
            key_bits,
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
            sha256: Sha256::digest(der).into(),
        })
    }
}

/// The certificate, if it is one of any version and nothing follows it.
pub(super) fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    #[cfg(test)]
    PARSED.with(|parsed| parsed.set(parsed.get() + 1));
    let (rest, certificate) = X509Certificate::from_der(der).ok()?;
    rest.is_empty().then_some(certificate)
}

#[cfg(test)]
thread_local! {
    /// How many have been read in this thread: a test limits what a peer can make of it.
    pub(super) static PARSED: core::cell::Cell<usize> = const { core::cell::Cell::new(0) };
}

/// The SubjectPublicKeyInfo, as it stands in a certificate (RFC 5280 §4.1). Nothing else of the certificate need
/// make sense, nor be what any version of X.509 has, as long as it is DER and in its place.
pub(super) fn public_key(der: &[u8]) -> Option<&[u8]> {
    let certificate = only(der, Tag::Sequence)?;
    let (_, signed) = value(certificate, Tag::Sequence)?;
    // Version 1 does not say its version.
    let (rest, first) = Any::from_der(signed).ok()?;
    let explicit = (Class::ContextSpecific, Tag(0));
    let unversioned = if (first.class(), first.tag()) == explicit { rest } else { signed };
    let (rest, _serial_number) = value(unversioned, Tag::Integer)?;
    let (rest, _signature) = value(rest, Tag::Sequence)?;
    let (rest, _issuer) = value(rest, Tag::Sequence)?;
    let (rest, _validity) = value(rest, Tag::Sequence)?;
    let (key, _subject) = value(rest, Tag::Sequence)?;
    let (rest, _) = value(key, Tag::Sequence)?;
    key.get(..key.len() - rest.len())
}

/// The value of the only element of this kind.
fn only(bytes: &[u8], tag: Tag) -> Option<&[u8]> {
    value(bytes, tag).filter(|(rest, _)| rest.is_empty()).map(|(_, value)| value)
}

/// What follows the first element, which must be of this kind, and its value.
fn value(bytes: &[u8], tag: Tag) -> Option<(&[u8], &[u8])> {
    let (rest, element) = Any::from_der(bytes).ok()?;
    (element.class() == Class::Universal && element.tag() == tag).then_some((rest, element.data))
}

/// Kind and size of a key, as a user reads it: `RSA of 2048 bits`.
#[cfg(feature = "engine")]
pub(super) fn described_key(key: &[u8]) -> String {
    match SubjectPublicKeyInfo::from_der(key) {
        Ok((_, parsed)) => match self::key(&parsed) {
            (kind, Some(bits)) => format!("{kind} of {bits} bits"),
            (kind, None) => kind,
        },
        Err(_) => "malformed".into(),
    }
}

/// Kind and size of a key.
pub(super) fn key(key: &SubjectPublicKeyInfo<'_>) -> (String, Option<usize>) {
    let kind = match key.algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10" => "RSA".into(),
        "1.2.840.10045.2.1" => "EC".into(),
        "1.3.101.112" => "Ed25519".into(),
        "1.3.101.113" => "Ed448".into(),
        other => other.to_owned(),
    };
    let bits = match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => {
            let modulus: Vec<u8> = rsa.modulus.iter().copied().skip_while(|&octet| octet == 0).collect();
            modulus.first().map(|first| modulus.len() * 8 - first.leading_zeros() as usize)
        }
        Ok(PublicKey::EC(point)) => match point.key_size() {
            0 => None,
            // P-521 does not fill its octets.
            528 => Some(521),
            bits => Some(bits),
        },
        _ => None,
    };
    (kind, bits)
}

/// The name, in the order in which it stands in the certificate.
pub(super) fn distinguished_name(name: &X509Name<'_>) -> String {
    let part = |attributes: Vec<String>| attributes.join(" + ");
    let parts: Vec<_> = name.iter_rdn().map(|rdn| part(rdn.iter().map(attribute).collect())).collect();
    parts.join(", ")
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let oid = attribute.attr_type();
    let kind = oid2abbrev(oid, oid_registry()).map_or_else(|_| oid.to_id_string(), str::to_owned);
    let value = match attribute.as_str() {
        Ok(text) => escaped(&one_line(text.as_bytes())),
        Err(_) => attribute.as_slice().iter().fold("#".into(), |hex, octet| format!("{hex}{octet:02x}")),
    };
    format!("{kind}={value}")
}

/// RFC 4514 §2.4.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for (at, c) in value.char_indices() {
        let (first, last) = (at == 0, at + c.len_utf8() == value.len());
        if "\"+,;<>\\".contains(c) || (first && c == '#') || ((first || last) && c == ' ') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_was_put_in() {
        let mut params =
            rcgen::CertificateParams::new(vec!["mail.example".into(), "*.example".into()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "Mail\nServer");
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2027, 1, 1);
        let der = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec();
        let facts = CertificateFacts::from_der(&der).unwrap();
        assert!(facts.subject.contains("CN=Mail?Server"), "{}", facts.subject);
        assert_eq!(facts.dns_names, ["mail.example", "*.example"]);
        assert_eq!((facts.not_before, facts.not_after), (1_767_225_600, 1_798_761_600));
        assert_eq!(facts.sha256, <[u8; 32]>::from(Sha256::digest(&der)));
    }

    #[test]
    fn a_value_cannot_pass_for_another_part() {
        for (value, shown) in [
            ("x, CN=admin", "x\\, CN=admin"),
            ("a+b;c<d>e\\\"", "a\\+b\\;c\\<d\\>e\\\\\\\""),
            ("#1", "\\#1"),
            (" x ", "\\ x\\ "),
            ("plain ä", "plain ä"),
        ] {
            assert_eq!(escaped(value), shown);
        }
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::OrganizationName, "x, CN=admin");
        params.distinguished_name.push(rcgen::DnType::CommonName, "tim");
        let der = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec();
        assert_eq!(CertificateFacts::from_der(&der).unwrap().subject, "O=x\\, CN=admin, CN=tim");
    }

    #[test]
    fn services_addresses_and_keys_are_told() {
        use crate::trust::identity::testing::{San, certificate};
        let names = [San::Dns("mail.example"), San::Srv("_IMAPS.example"), San::Ip(vec![192, 0, 2, 1])];
        let facts = CertificateFacts::from_der(&certificate(&["mail.example"], &names)).unwrap();
        assert_eq!(facts.srv_names, ["_imaps.example"]);
        assert_eq!(facts.ip_addresses, [IpAddr::from([192, 0, 2, 1])]);
        for (algorithm, kind, bits) in [
            (&rcgen::PKCS_ECDSA_P256_SHA256, "EC", Some(256)),
            (&rcgen::PKCS_ECDSA_P384_SHA384, "EC", Some(384)),
            (&rcgen::PKCS_ECDSA_P521_SHA512, "EC", Some(521)),
            (&rcgen::PKCS_ED25519, "Ed25519", None),
            (&rcgen::PKCS_RSA_SHA256, "RSA", Some(2048)),
        ] {
            let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
            let der = rcgen::CertificateParams::default().self_signed(&key).unwrap().der().to_vec();
            let facts = CertificateFacts::from_der(&der).unwrap();
            assert_eq!((facts.key_kind.as_str(), facts.key_bits), (kind, bits));
        }
    }

    /// The key is found in whatever has the outline of a certificate, and where other readers find it.
    #[test]
    fn the_key_is_where_it_must_be() {
        let made = rcgen::generate_simple_self_signed(vec!["a.example".into()]).unwrap();
        let der = made.cert.der().to_vec();
        let key = parse(&der).unwrap().tbs_certificate.subject_pki.raw.to_vec();
        assert_eq!(public_key(&der), Some(&key[..]));
        for cut in 0..der.len() {
            assert_eq!(public_key(&der[..cut]), None);
        }
        assert_eq!(public_key(&[&der[..], b"x"].concat()), None);
        let v1 = include_bytes!("../../tests/data/certificates/version-1.der");
        assert_eq!(public_key(v1), Some(parse(v1).unwrap().tbs_certificate.subject_pki.raw));
        // No reader knows a validity without a time, nor needs it for the key.
        let mut odd = der;
        let at = odd.windows(2).position(|w| w == [0x17, 13] || w == [0x18, 15]).unwrap();
        odd[at] = 0x0c;
        assert_eq!(parse(&odd).map(|_| ()), None);
        assert_eq!(public_key(&odd), Some(&key[..]));
    }

    #[test]
    fn a_certificate_of_version_1_is_read() {
        let facts = CertificateFacts::from_der(include_bytes!("../../tests/data/certificates/version-1.der"));
        let facts = facts.unwrap();
        assert_eq!((facts.subject.as_str(), facts.issuer.as_str()), ("CN=mail.example", "CN=mail.example"));
        assert!(facts.dns_names.is_empty());
        assert_eq!((facts.key_kind.as_str(), facts.key_bits), ("RSA", Some(2048)));
    }

    #[test]
    fn refuses_everything_else() {
        let made = rcgen::generate_simple_self_signed(vec!["a.example".into()]).unwrap();
        let der = made.cert.der().to_vec();
        for cut in 0..der.len() {
            assert!(CertificateFacts::from_der(&der[..cut]).is_err());
        }
        let longer = [&der[..], b"x"].concat();
        assert_eq!(CertificateFacts::from_der(&longer).unwrap_err().code(), ErrorCode::CertificateUnfit);
    }
}
