//! Presented identifiers: whom a certificate says that it is for.

use super::name::DnsName;
use crate::error::{Error, ErrorCode};
use core::fmt;
use core::net::IpAddr;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::OID_X509_COMMON_NAME;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

/// No certificate in a TLS handshake of this crate is larger.
const MAX_CERTIFICATE: usize = 65_536;
/// How much is shown of a name that is none.
const SHOWN: usize = 80;
/// id-on-dnsSRV (RFC 4985 §2).
const DNS_SRV: &str = "1.3.6.1.5.5.7.8.7";
/// A wildcard stands for the hosts of a domain, not for all domains of a registry.
const LABELS_AFTER_WILDCARD: usize = 2;

/// A DNS name as a certificate may have it: a name, or all names that are one label longer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DnsPattern {
    /// This name.
    Name(DnsName),
    /// `*.` and this name: the wildcard is the whole of the leftmost label and stands for exactly one
    /// (RFC 9525 §6.3).
    Wildcard(DnsName),
}

impl DnsPattern {
    fn new(text: &str) -> Option<Self> {
        let Some(parent) = text.strip_prefix("*.") else {
            return DnsName::from_certificate(text).map(Self::Name);
        };
        let parent = DnsName::from_certificate(parent)?;
        let fits = parent.as_str().split('.').count() >= LABELS_AFTER_WILDCARD;
        fits.then_some(Self::Wildcard(parent))
    }

    /// Whether the name is one of those that this stands for.
    pub fn covers(&self, name: &DnsName) -> bool {
        match self {
            Self::Name(own) => own == name,
            Self::Wildcard(parent) => name.split().1 == parent.as_str(),
        }
    }
}

impl fmt::Display for DnsPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Wildcard(parent) => write!(f, "*.{parent}"),
        }
    }
}

/// One of the names that a certificate is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PresentedIdentifier {
    /// dNSName (RFC 5280 §4.2.1.6).
    Dns(DnsPattern),
    /// SRVName (RFC 4985): the service without its underscore, in lower case, and the domain.
    Srv(String, DnsName),
    /// iPAddress.
    Ip(IpAddr),
    /// The common name of the subject: counts only where a client falls back on it.
    CommonName(DnsPattern),
    /// A name of a kind that no mail client compares (RFC 7817 §3 forbids URI-IDs), or of none: never
    /// the right one. As it is shown, with what cannot be shown escaped.
    Other(String),
}

impl fmt::Display for PresentedIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(pattern) => pattern.fmt(f),
            Self::Srv(service, name) => write!(f, "_{service}.{name}"),
            Self::Ip(address) => address.fmt(f),
            Self::CommonName(pattern) => write!(f, "CN={pattern}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// The names that a certificate is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresentedIdentifiers {
    alternative: Vec<PresentedIdentifier>,
    common_name: Option<PresentedIdentifier>,
    /// Whether a client that falls back on common names may do so here.
    pub(super) common_name_is_all: bool,
}

impl PresentedIdentifiers {
    /// Reads them from a certificate in DER.
    ///
    /// # Errors
    /// [`ErrorCode::CertificateUnfit`] when it is not one X.509 certificate with at most one extension
    /// of alternative names that can be read, or is larger than 64 KiB.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let unfit = |why: &'static str| Error::new(ErrorCode::CertificateUnfit, why);
        if der.len() > MAX_CERTIFICATE {
            return Err(unfit("the certificate is larger than 64 KiB"));
        }
        let (rest, certificate) =
            X509Certificate::from_der(der).map_err(|_| unfit("not an X.509 certificate"))?;
        if !rest.is_empty() {
            return Err(unfit("bytes after the certificate"));
        }
        let names = certificate.subject_alternative_name();
        let names = names.map_err(|_| unfit("malformed subject alternative name"))?;
        let names = names.map_or(&[][..], |extension| &extension.value.general_names);
        let for_servers = |name: &GeneralName<'_>| match name {
            // What cannot be read might have been one.
            GeneralName::DNSName(_)
            | GeneralName::IPAddress(_)
            | GeneralName::URI(_)
            | GeneralName::Invalid(..) => true,
            GeneralName::OtherName(kind, _) => kind.to_id_string() == DNS_SRV,
            _ => false,
        };
        Ok(Self {
            alternative: names.iter().map(alternative).collect(),
            common_name: common_name(certificate.subject()),
            common_name_is_all: !names.iter().any(for_servers),
        })
    }

    /// All of them, alternative names first.
    pub fn iter(&self) -> impl Iterator<Item = &PresentedIdentifier> {
        self.alternative.iter().chain(&self.common_name)
    }

    pub(super) fn alternative(&self) -> &[PresentedIdentifier] {
        &self.alternative
    }

    pub(super) fn common_name(&self) -> Option<&PresentedIdentifier> {
        self.common_name.as_ref()
    }
}

fn alternative(name: &GeneralName<'_>) -> PresentedIdentifier {
    let (known, shown) = match name {
        GeneralName::DNSName(text) => (DnsPattern::new(text).map(PresentedIdentifier::Dns), quoted(text)),
        GeneralName::IPAddress(octets) => (address(octets), "an IP address that is none".into()),
        GeneralName::OtherName(kind, value) if kind.to_id_string() == DNS_SRV => {
            (ia5_string(value).and_then(srv), "a service name that is none".into())
        }
        GeneralName::OtherName(kind, _) => (None, format!("a name of kind {}", kind.to_id_string())),
        GeneralName::URI(text) => (None, format!("the URI {}", quoted(text))),
        GeneralName::RFC822Name(text) => (None, format!("the mail address {}", quoted(text))),
        GeneralName::Invalid(_, octets) => (None, quoted(&String::from_utf8_lossy(octets))),
        _ => (None, "a name of another kind".into()),
    };
    known.unwrap_or(PresentedIdentifier::Other(shown))
}

fn address(octets: &[u8]) -> Option<PresentedIdentifier> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    let address = v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from));
    address.ok().map(PresentedIdentifier::Ip)
}

/// `_service.name`; RFC 7817 §3 has wildcards for DNS-IDs and CN-IDs only.
fn srv(text: &str) -> Option<PresentedIdentifier> {
    let (service, name) = text.strip_prefix('_')?.split_once('.')?;
    let legal = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
    if service.is_empty() || !service.bytes().all(legal) {
        return None;
    }
    Some(PresentedIdentifier::Srv(service.to_ascii_lowercase(), DnsName::from_certificate(name)?))
}

/// `[0] EXPLICIT IA5String`, which no name is long enough for to need more than one octet of length.
fn ia5_string(value: &[u8]) -> Option<&str> {
    let (outer, rest) = short_value(value, 0xa0)?;
    let (text, more) = short_value(outer, 0x16)?;
    let text = core::str::from_utf8(text).ok()?;
    (rest.is_empty() && more.is_empty() && text.is_ascii()).then_some(text)
}

/// The value of this tag, and what comes after it. Lengths are minimal (DER).
fn short_value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = der.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81 => match rest.split_first()? {
            (&length @ 0x80.., rest) => (usize::from(length), rest),
            _ => return None,
        },
        0x82 => match rest.split_first_chunk::<2>()? {
            (length, rest) if length[0] != 0 => (usize::from(u16::from_be_bytes(*length)), rest),
            _ => return None,
        },
        _ => return None,
    };
    (first == tag).then_some(())?;
    rest.split_at_checked(length)
}

/// A CN-ID is a relative distinguished name that holds a common name and nothing else (RFC 6125 §1.8);
/// the last one is the most specific.
fn common_name(subject: &X509Name<'_>) -> Option<PresentedIdentifier> {
    let mut found = None;
    for part in subject.iter_rdn() {
        let mut attributes = part.iter();
        if let (Some(only), None) = (attributes.next(), attributes.next()) {
            if *only.attr_type() == OID_X509_COMMON_NAME {
                found = Some(only);
            }
        }
    }
    let found = found?;
    let text = found.as_str().ok();
    let pattern = text.and_then(DnsPattern::new).map(PresentedIdentifier::CommonName);
    let shown = || format!("CN={}", text.map_or("…".into(), quoted));
    Some(pattern.unwrap_or_else(|| PresentedIdentifier::Other(shown())))
}

/// In quotation marks, so that it cannot pass for a name that is one, and short.
fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(SHOWN).flat_map(char::escape_default).collect();
    let more = if text.chars().nth(SHOWN).is_some() { "…" } else { "" };
    format!("\"{shown}{more}\"")
}
