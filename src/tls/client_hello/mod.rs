//! The ClientHello: what a client offers, before anything is agreed on (RFC 9846 §4.2.2).
//!
//! Of the pure core: a host with its own TLS library looks at the first bytes of a connection, and
//! gives them to its library afterwards. It must never know what a server would choose.

mod build;
mod extensions;
mod flaw;
mod looks_like;
mod parse;
mod reader;
mod sslv2;
#[cfg(test)]
mod tests;
mod write;

pub use build::ClientHelloBuilder;
pub use flaw::{Flaw, Part};
pub use looks_like::LooksLike;
pub use reader::{ClientHelloReader, MAX_MESSAGE, Progress};
pub use sslv2::Sslv2Hello;

use super::registry::{CipherSuite, Group, SignatureScheme, Version};
use core::fmt;
use extensions::Facts;

/// A cipher suite that is none: the client can renegotiate securely (RFC 5746 §3.3).
pub const EMPTY_RENEGOTIATION_INFO_SCSV: CipherSuite = CipherSuite(0x00ff);
/// A cipher suite that is none: the client could do better, but has failed with it (RFC 7507).
pub const FALLBACK_SCSV: CipherSuite = CipherSuite(0x5600);

/// Whether a code point is one that clients only send to keep servers tolerant (RFC 8701 §2).
///
/// ```
/// assert!(mailtls::tls::client_hello::is_grease(0x7a7a));
/// assert!(!mailtls::tls::client_hello::is_grease(0x0a1a));
/// ```
pub fn is_grease(code: u16) -> bool {
    let [high, low] = code.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

/// An extension, as it was sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Extension {
    /// Its number in the registry of TLS ExtensionType Values.
    pub kind: u16,
    /// What it says; its length is not part of it.
    pub content: Vec<u8>,
}

/// Without the content, which may be a thousand octets of a key.
impl fmt::Debug for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} octets", self.kind, self.content.len())
    }
}

/// What a client offers, from [`ClientHelloReader`] or [`ClientHello::builder`].
///
/// Lists are as the client sent them, in its order of preference, GREASE (RFC 8701) and signalling
/// suites included, unless the getter says otherwise. All of it is a claim of the client's, and comes
/// in clear: good for logs and for choices, never for authorisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientHello {
    record_version: Version,
    legacy_version: Version,
    random: [u8; 32],
    session_id: Vec<u8>,
    cipher_suites: Vec<CipherSuite>,
    compression_methods: Vec<u8>,
    /// `None` when not even an empty list was sent, which older clients do.
    extensions: Option<Vec<Extension>>,
    facts: Facts,
}

impl ClientHello {
    /// The version in the header of the first record: of no meaning (RFC 9846 §5.1).
    pub fn record_version(&self) -> Version {
        self.record_version
    }

    /// `legacy_version`: the best version of a client up to TLS 1.2, and 1.2 of any newer one.
    pub fn legacy_version(&self) -> Version {
        self.legacy_version
    }

    /// The client's random.
    pub fn random(&self) -> &[u8; 32] {
        &self.random
    }

    /// `legacy_session_id`.
    pub fn session_id(&self) -> &[u8] {
        &self.session_id
    }

    /// The versions of supported_versions (RFC 9846 §4.3.1); empty without that extension.
    pub fn supported_versions(&self) -> &[Version] {
        &self.facts.versions
    }

    /// The best version that the client offers: of supported_versions where the client sent that,
    /// otherwise `legacy_version`, which never stands for more than TLS 1.2 (RFC 9846 §4.3.1).
    ///
    /// `None` when supported_versions has none that has ever been published.
    pub fn highest_version(&self) -> Option<Version> {
        if self.extension(extensions::SUPPORTED_VERSIONS).is_none() {
            return Some(self.legacy_version.min(Version::TLS_1_2));
        }
        self.facts.versions.iter().copied().filter(|version| version.name().is_some()).max()
    }

    /// The name that the client asks for (SNI, RFC 6066 §3), in lower case and without a final dot.
    ///
    /// `None` without one, and for a name that is no DNS name: an IP address, octets that no name has.
    pub fn server_name(&self) -> Option<&str> {
        self.facts.server_name.as_deref()
    }

    /// The names of application protocols (ALPN, RFC 7301).
    pub fn alpn(&self) -> &[Vec<u8>] {
        &self.facts.alpn
    }

    /// The cipher suites.
    pub fn cipher_suites(&self) -> &[CipherSuite] {
        &self.cipher_suites
    }

    /// The cipher suites without those that are none: GREASE and signals.
    pub fn real_cipher_suites(&self) -> impl Iterator<Item = CipherSuite> + '_ {
        let none =
            |s: &CipherSuite| is_grease(s.0) || *s == EMPTY_RENEGOTIATION_INFO_SCSV || *s == FALLBACK_SCSV;
        self.cipher_suites.iter().copied().filter(move |suite| !none(suite))
    }

    /// The compression methods; 0 is none (RFC 3749).
    pub fn compression_methods(&self) -> &[u8] {
        &self.compression_methods
    }

    /// The groups of supported_groups (RFC 9846 §4.3.7).
    pub fn groups(&self) -> &[Group] {
        &self.facts.groups
    }

    /// The groups for which the client has sent a key share (RFC 9846 §4.3.8).
    pub fn key_shares(&self) -> &[Group] {
        &self.facts.key_shares
    }

    /// The signature schemes (RFC 9846 §4.3.3).
    pub fn signature_schemes(&self) -> &[SignatureScheme] {
        &self.facts.signature_schemes
    }

    /// All extensions in order.
    pub fn extensions(&self) -> &[Extension] {
        self.extensions.as_deref().unwrap_or_default()
    }

    /// What the extension of this number says.
    pub fn extension(&self, kind: u16) -> Option<&[u8]> {
        self.extensions().iter().find(|e| e.kind == kind).map(|e| e.content.as_slice())
    }

    /// Whether the client says that it fell back from a better version (RFC 7507). A server that can do
    /// better than [`ClientHello::highest_version`] then refuses with inappropriate_fallback.
    pub fn offers_fallback_scsv(&self) -> bool {
        self.cipher_suites.contains(&FALLBACK_SCSV)
    }

    /// Whether the client can renegotiate securely, by suite or by extension (RFC 5746 §3.4).
    pub fn offers_secure_renegotiation(&self) -> bool {
        self.cipher_suites.contains(&EMPTY_RENEGOTIATION_INFO_SCSV)
            || self.extension(extensions::RENEGOTIATION_INFO).is_some()
    }

    /// Whether anything in it is GREASE (RFC 8701): browsers and what is built of their parts do that.
    pub fn has_grease(&self) -> bool {
        let facts = &self.facts;
        let alpn =
            |name: &Vec<u8>| matches!(**name, [high, low] if is_grease(u16::from_be_bytes([high, low])));
        self.cipher_suites.iter().any(|suite| is_grease(suite.0))
            || facts.versions.iter().any(|version| is_grease(version.0))
            || facts.groups.iter().chain(&facts.key_shares).any(|group| is_grease(group.0))
            || facts.signature_schemes.iter().any(|scheme| is_grease(scheme.0))
            || self.extensions().iter().any(|extension| is_grease(extension.kind))
            || facts.alpn.iter().any(alpn)
    }
}
