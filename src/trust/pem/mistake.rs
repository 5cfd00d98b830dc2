//! What a text or file is that is not what was wanted, and what its owner can do about it.

use crate::text::printable;
use crate::trust::der::{INTEGER, OCTET_STRING, OID, SEQUENCE, element};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::{CertificateRevocationList, FromDer, X509Certificate};

/// What is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Certificate,
    PrivateKey,
    RevocationList,
}

/// What is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Certificate,
    /// A certificate in OpenSSL's own form, with its trust settings.
    TrustedCertificate,
    Request,
    PrivateKey,
    EncryptedKey,
    OpenSshKey,
    PublicKey,
    RevocationList,
    Pkcs7,
    Pkcs12,
    JavaKeyStore,
    Parameters,
    /// Something else, with its PEM label.
    Other(String),
}

impl Content {
    pub(super) fn of_label(label: &[u8], encrypted: bool) -> Self {
        match label {
            b"CERTIFICATE" | b"X509 CERTIFICATE" => Self::Certificate,
            b"TRUSTED CERTIFICATE" => Self::TrustedCertificate,
            b"CERTIFICATE REQUEST" | b"NEW CERTIFICATE REQUEST" => Self::Request,
            b"ENCRYPTED PRIVATE KEY" => Self::EncryptedKey,
            b"PRIVATE KEY" | b"RSA PRIVATE KEY" | b"EC PRIVATE KEY" | b"DSA PRIVATE KEY" => {
                if encrypted {
                    Self::EncryptedKey
                } else {
                    Self::PrivateKey
                }
            }
            b"OPENSSH PRIVATE KEY" => Self::OpenSshKey,
            b"PUBLIC KEY" | b"RSA PUBLIC KEY" | b"EC PUBLIC KEY" => Self::PublicKey,
            b"X509 CRL" => Self::RevocationList,
            b"PKCS7" | b"CMS" => Self::Pkcs7,
            b"DH PARAMETERS" | b"EC PARAMETERS" | b"DSA PARAMETERS" => Self::Parameters,
            other => Self::Other(printable(other)),
        }
    }

    /// What bytes that are not text are, as far as it can be told.
    pub(super) fn of_der(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"\xfe\xed\xfe\xed") {
            return Some(Self::JavaKeyStore);
        }
        if bytes.first() != Some(&0x30) {
            return None;
        }
        if X509Certificate::from_der(bytes).is_ok() {
            return Some(Self::Certificate);
        }
        if CertificateRevocationList::from_der(bytes).is_ok() {
            return Some(Self::RevocationList);
        }
        if X509CertificationRequest::from_der(bytes).is_ok() {
            return Some(Self::Request);
        }
        by_first_elements(bytes)
    }

    fn name(&self) -> String {
        match self {
            Self::Certificate => "a certificate",
            Self::TrustedCertificate => "a certificate in OpenSSL's own form (TRUSTED CERTIFICATE)",
            Self::Request => "a certificate request (CSR)",
            Self::PrivateKey => "a private key",
            Self::EncryptedKey => "an encrypted private key",
            Self::OpenSshKey => "a key for OpenSSH",
            Self::PublicKey => "a public key",
            Self::RevocationList => "a certificate revocation list (CRL)",
            Self::Pkcs7 => "PKCS#7 (.p7b)",
            Self::Pkcs12 => "PKCS#12 (.p12, .pfx)",
            Self::JavaKeyStore => "a Java keystore",
            Self::Parameters => "parameters of an algorithm",
            Self::Other(label) => return format!("a section -----BEGIN {label}-----"),
        }
        .into()
    }
}

/// Tells by the first elements of a sequence what it is.
fn by_first_elements(der: &[u8]) -> Option<Content> {
    let (whole, _) = element(SEQUENCE, der)?;
    if let Some((oid, _)) = element(OID, whole) {
        // signedData (RFC 2315 §14)
        return (oid == b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02").then_some(Content::Pkcs7);
    }
    if let Some((version, rest)) = element(INTEGER, whole) {
        return match version {
            [3] if element(SEQUENCE, rest).is_some() => Some(Content::Pkcs12),
            [0 | 1] => Some(Content::PrivateKey),
            _ => None,
        };
    }
    let (algorithm, rest) = element(SEQUENCE, whole)?;
    element(OID, algorithm)?;
    if element(OCTET_STRING, rest).is_some() { Some(Content::EncryptedKey) } else { Some(Content::PublicKey) }
}

impl Wanted {
    pub(super) fn is(self, content: &Content) -> bool {
        matches!(
            (self, content),
            (Self::Certificate, Content::Certificate)
                | (Self::PrivateKey, Content::PrivateKey)
                | (Self::RevocationList, Content::RevocationList)
        )
    }

    fn label(self) -> &'static str {
        match self {
            Self::Certificate => "CERTIFICATE",
            Self::PrivateKey => "PRIVATE KEY",
            Self::RevocationList => "X509 CRL",
        }
    }

    fn name(self) -> String {
        match self {
            Self::Certificate => Content::Certificate,
            Self::PrivateKey => Content::PrivateKey,
            Self::RevocationList => Content::RevocationList,
        }
        .name()
    }

    /// Why there is none in the text called `name`, whose sections are `others`.
    pub(super) fn missing(self, bytes: &[u8], others: &[Content], name: &str) -> String {
        // Encrypted keys first, and keys before their parameters: that is what their owner means.
        let rank = |content: &&Content| match content {
            Content::EncryptedKey => 0,
            Content::Parameters | Content::Other(_) => 2,
            _ => 1,
        };
        if let Some(found) = others.iter().min_by_key(rank) {
            return self.instead(found, name);
        }
        if bytes.trim_ascii().is_empty() {
            return format!("{name} is empty; {} in PEM is expected", self.name());
        }
        match Content::of_der(bytes) {
            Some(found) if self.is(&found) => {
                let command = if self == Self::PrivateKey { "pkey" } else { "x509" };
                format!("{name} is DER; convert it to PEM: openssl {command} -inform der -in FILE -out NEW")
            }
            Some(found) => self.instead(&found, name),
            None if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") => {
                format!("{name} is UTF-16 text; save it as ASCII or UTF-8")
            }
            None if bytes.contains(&0) => format!("{name} is binary data, neither PEM nor DER"),
            None => format!("{name} is not PEM: it has no line -----BEGIN {}-----", self.label()),
        }
    }

    /// Why something else than what is wanted does not do.
    fn instead(self, found: &Content, name: &str) -> String {
        use Content as C;
        if self == Self::PrivateKey && *found == C::EncryptedKey {
            return format!(
                "{name} is encrypted, and there is no way to give its passphrase here; decrypt it: \
                 openssl pkey -in FILE -out NEW"
            );
        }
        let advice = match (self, found) {
            (_, C::Pkcs12) if self == Self::PrivateKey => {
                "extract the key: openssl pkcs12 -nocerts -nodes -in FILE -out NEW"
            }
            (_, C::Pkcs12) => "extract the certificates: openssl pkcs12 -nokeys -in FILE -out NEW",
            (Self::Certificate, C::Request) => "use the certificate that the authority made from it",
            (Self::Certificate, C::PrivateKey | C::EncryptedKey) | (Self::PrivateKey, C::Certificate) => {
                "certificate and key may have been exchanged"
            }
            (Self::Certificate, C::Pkcs7) => {
                "extract the certificates: openssl pkcs7 -print_certs -in FILE -out NEW"
            }
            (Self::Certificate, C::TrustedCertificate) => "convert it: openssl x509 -in FILE -out NEW",
            (Self::Certificate, C::RevocationList) => {
                "use the certificate of the authority that made the list"
            }
            (Self::PrivateKey, C::PublicKey) => "use the private key that belongs to it",
            (Self::PrivateKey, C::Request) => "use the private key that the request was made with",
            (Self::PrivateKey, C::OpenSshKey) => "convert it: ssh-keygen -p -m PKCS8 -f FILE",
            (Self::RevocationList, _) => "use the list that the authority publishes",
            _ => return format!("{name} holds {}, where {} is expected", found.name(), self.name()),
        };
        format!("{name} holds {}, where {} is expected; {advice}", found.name(), self.name())
    }
}
