//! The macros by which a milter, a filter beside the mail server, is told of a connection's TLS.
//!
//! It must never know a connection, nor how packets get to the filter. The two servers that have milters
//! have the same names for other values, and not all of them: see [`Dialect`] and `docs/filters.md`.
//!
//! ```
//! use mailtls::tls::{facts::TlsFacts, registry::{CipherSuite, Version}};
//! use mailtls::trace::milter::{Dialect, Macros};
//! let facts = TlsFacts::new(Version::TLS_1_2, CipherSuite(0xc02f));
//! let macros = Macros::from_facts(&facts, Dialect::Postfix);
//! assert_eq!(macros.get("{cipher}"), Some("ECDHE-RSA-AES128-GCM-SHA256"));
//! assert_eq!(macros.get("{cert_subject}"), None);
//! let macros = Macros::from_facts(&facts, Dialect::Sendmail);
//! assert_eq!(macros.get("{verify}"), Some("NOT"));
//! ```

mod certificate;
#[cfg(test)]
mod tests;

use crate::tls::facts::{PeerValidation, TlsFacts};
use crate::tls::registry::{Algorithm, CipherSuite};
use certificate::Names;
use core::ffi::CStr;
use core::fmt::Write;
use md5::Md5;
use sha2::{Digest, Sha256};

const TLS_VERSION: &CStr = c"{tls_version}";
const CIPHER: &CStr = c"{cipher}";
const CIPHER_BITS: &CStr = c"{cipher_bits}";
const ALG_BITS: &CStr = c"{alg_bits}";
const VERIFY: &CStr = c"{verify}";
const CERT_SUBJECT: &CStr = c"{cert_subject}";
const CERT_ISSUER: &CStr = c"{cert_issuer}";
const CN_SUBJECT: &CStr = c"{cn_subject}";
const CN_ISSUER: &CStr = c"{cn_issuer}";
const CERT_MD5: &CStr = c"{cert_md5}";
const CERT_FP: &CStr = c"{cert_fp}";

/// Whose macros they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Sendmail's, as 8.17 has them on OpenSSL 3.0. `{cert_subject}` and `{cert_issuer}` are whole names,
    /// `/C=US/CN=tim`, of whatever certificate the peer has shown: `{verify}` says whether to believe it.
    Sendmail,
    /// Postfix's, as 3.7 has them. `{cert_subject}` and `{cert_issuer}` are common names, and only of a
    /// certificate that is validated; there is no `{verify}` and no other macro about it.
    Postfix,
}

impl Dialect {
    /// The macros that this dialect can have, in the order of [`Macros::iter`].
    ///
    /// ```
    /// use mailtls::trace::milter::Dialect;
    /// assert_eq!(Dialect::Postfix.names().last(), Some("{cert_issuer}"));
    /// assert!(Dialect::Sendmail.names().any(|name| name == "{verify}"));
    /// ```
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.c_names().iter().copied().map(text)
    }

    /// [`Dialect::names`] as C wants them.
    pub(crate) fn c_names(self) -> &'static [&'static CStr] {
        match self {
            Self::Sendmail => &[
                TLS_VERSION,
                CIPHER,
                CIPHER_BITS,
                ALG_BITS,
                VERIFY,
                CERT_SUBJECT,
                CERT_ISSUER,
                CN_SUBJECT,
                CN_ISSUER,
                CERT_MD5,
                CERT_FP,
            ],
            Self::Postfix => &[TLS_VERSION, CIPHER, CIPHER_BITS, CERT_SUBJECT, CERT_ISSUER],
        }
    }
}

/// The macros of one connection with their values. Without TLS there are none.
///
/// No value holds a control character, whatever the peer's certificate says: in Sendmail's dialect each is
/// printable ASCII without spaces, in Postfix's UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Macros(Vec<(&'static CStr, String)>);

impl Macros {
    /// The macros of a channel with these facts.
    ///
    /// Versions are named as `TLSv1.3`, cipher suites as OpenSSL does, or else as IANA does, or as `0x` and
    /// four hexadecimal digits. Of a suite that is not registered no bits are told.
    pub fn from_facts(facts: &TlsFacts, dialect: Dialect) -> Self {
        let suite = facts.cipher_suite;
        let cipher = suite.openssl_name().map_or_else(|| suite.to_string(), str::to_owned);
        let mut macros = Self(vec![(TLS_VERSION, facts.version.to_string()), (CIPHER, cipher)]);
        macros.put_some(CIPHER_BITS, strength(suite).map(|bits| bits.to_string()));
        match dialect {
            Dialect::Sendmail => macros.sendmail(facts),
            Dialect::Postfix => macros.postfix(facts),
        }
        macros
    }

    fn sendmail(&mut self, facts: &TlsFacts) {
        self.put_some(ALG_BITS, facts.cipher_suite.bits().map(|bits| bits.to_string()));
        self.put(VERIFY, verify(facts).into());
        let Some(leaf) = facts.peer_certificates.first() else {
            for name in [CERT_SUBJECT, CERT_ISSUER, CN_SUBJECT, CN_ISSUER, CERT_MD5, CERT_FP] {
                self.put(name, String::new());
            }
            return;
        };
        let names = Names::sendmail(leaf);
        self.put(CERT_SUBJECT, names.subject);
        self.put(CERT_ISSUER, names.issuer);
        self.put(CN_SUBJECT, names.subject_common_name);
        self.put(CN_ISSUER, names.issuer_common_name);
        self.put(CERT_MD5, fingerprint(&Md5::digest(leaf)));
        self.put(CERT_FP, fingerprint(&Sha256::digest(leaf)));
    }

    fn postfix(&mut self, facts: &TlsFacts) {
        if let Some(leaf) = facts.peer_certificates.first().filter(|_| facts.peer_validation.is_validated()) {
            let (subject, issuer) = certificate::postfix(leaf);
            self.put(CERT_SUBJECT, subject);
            self.put(CERT_ISSUER, issuer);
        }
    }

    fn put(&mut self, name: &'static CStr, value: String) {
        self.0.push((name, value));
    }

    fn put_some(&mut self, name: &'static CStr, value: Option<String>) {
        self.0.extend(value.map(|value| (name, value)));
    }

    /// The value of the macro with this name, in its braces; `None` when it is not there.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|entry| entry.0 == name).map(|entry| entry.1)
    }

    /// All of them, as name and value.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (text(name), value.as_str()))
    }

    /// Names and values as a packet `SMFIC_MACRO` of the milter protocol has them behind the letter of the
    /// command that they are for: each ends with a NUL.
    ///
    /// ```
    /// use mailtls::tls::{facts::TlsFacts, registry::{CipherSuite, Version}};
    /// use mailtls::trace::milter::{Dialect, Macros};
    /// let facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
    /// let macros = Macros::from_facts(&facts, Dialect::Postfix);
    /// // SMFIC_MACRO for SMFIC_HELO
    /// let packet = [b"DH", macros.to_bytes().as_slice()].concat();
    /// assert!(packet.starts_with(b"DH{tls_version}\0TLSv1.3\0{cipher}\0TLS_AES_128_GCM_SHA256\0"));
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, value) in &self.0 {
            bytes.extend_from_slice(name.to_bytes_with_nul());
            bytes.extend_from_slice(value.as_bytes());
            bytes.push(0);
        }
        bytes
    }
}

/// A name of the table, which is ASCII.
fn text(name: &'static CStr) -> &'static str {
    name.to_str().unwrap_or_default()
}

/// What OpenSSL's `SSL_CIPHER_get_bits` says: the key's bits, but of Triple DES, whose 168 are worth 112.
fn strength(suite: CipherSuite) -> Option<u16> {
    let bits = suite.bits()?;
    Some(if suite.cipher() == Some(Algorithm::TripleDes) { 112 } else { bits })
}

/// Sendmail's word for what has come of the peer's certificate.
fn verify(facts: &TlsFacts) -> &'static str {
    match (facts.peer_certificates.is_empty(), facts.peer_validation) {
        (true, _) if facts.client_certificate_requested => "NO",
        (true, _) => "NOT",
        (false, PeerValidation::Pkix) => "OK",
        (false, PeerValidation::Dane) => "TRUSTED",
        // The user's pin is not a validation (RFC 8314 §5.4).
        (false, PeerValidation::None | PeerValidation::Pin) => "FAIL",
    }
}

/// Hexadecimal octets, `:` between them.
fn fingerprint(digest: &[u8]) -> String {
    let mut text = String::with_capacity(digest.len() * 3);
    for octet in digest {
        let colon = if text.is_empty() { "" } else { ":" };
        // A String takes what is written into it.
        _ = write!(text, "{colon}{octet:02X}");
    }
    text
}
