//! What was negotiated on a TLS channel, whoever negotiated it.

use super::channel_binding::ChannelBindings;
use super::registry::{CipherSuite, Group, SignatureScheme, Version};

/// What stands behind the peer's certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PeerValidation {
    /// Nothing: it showed none, or one that has not been validated.
    #[default]
    None,
    /// A chain to a trust anchor of the host's, and a name it was to be for (RFC 5280, RFC 7817).
    Pkix,
    /// DNSSEC: a TLSA record vouches for it (RFC 6698).
    Dane,
    /// Nothing but that it is the certificate that the user has accepted for this account and host
    /// (RFC 8314 §5.4).
    Pin,
}

impl PeerValidation {
    /// Whether the certificate counts as validated. A pin alone does not (RFC 8314 §5.4).
    ///
    /// ```
    /// use mailtls::tls::facts::PeerValidation;
    /// assert!(PeerValidation::Dane.is_validated());
    /// assert!(!PeerValidation::Pin.is_validated());
    /// ```
    pub fn is_validated(self) -> bool {
        matches!(self, Self::Pkix | Self::Dane)
    }
}

/// The facts of an established TLS channel.
///
/// From the engine, or told by a host that has its own TLS library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFacts {
    /// The negotiated version.
    pub version: Version,
    /// The negotiated cipher suite.
    pub cipher_suite: CipherSuite,
    /// The key-exchange group, where the handshake had one and it is known.
    pub group: Option<Group>,
    /// What the server has signed the handshake with, where somebody tells; the engine does not.
    pub signature_scheme: Option<SignatureScheme>,
    /// Whether the extended master secret was negotiated (RFC 7627), where somebody tells. TLS 1.3
    /// needs none.
    pub extended_master_secret: Option<bool>,
    /// The negotiated ALPN protocol name.
    pub alpn: Option<Vec<u8>>,
    /// Whether an earlier session was resumed.
    pub resumed: bool,
    /// The peer's certificates in DER, leaf first; empty when it sent none.
    pub peer_certificates: Vec<Vec<u8>>,
    /// How the peer's certificate has been validated, if it has.
    pub peer_validation: PeerValidation,
    /// The OCSP response that the server has stapled to its certificate (RFC 6066 §8), as it came;
    /// empty when there is none. It is not evaluated, and a client sees it only on connections that
    /// have a check of their own ([`crate::Target`] with references, TLSA records, or deferred).
    pub ocsp_response: Vec<u8>,
    /// Whether the client's certificate went over this channel: the server asked for it and got it
    /// (RFC 8314 §4.2). In a resumed session it went over an earlier one.
    pub client_certificate_sent: bool,
    /// Server: whether it asks its clients for a certificate. Of those that show none it tells apart who
    /// had none from whom nobody has asked.
    pub client_certificate_requested: bool,
    /// What an authentication can be bound to: with the engine, a client always knows it, a server
    /// when its configuration wants it (`ServerConfigBuilder::channel_bindings`).
    pub channel_bindings: ChannelBindings,
}

impl TlsFacts {
    /// Facts with the two that every channel has.
    pub fn new(version: Version, cipher_suite: CipherSuite) -> Self {
        Self {
            version,
            cipher_suite,
            group: None,
            signature_scheme: None,
            extended_master_secret: None,
            alpn: None,
            resumed: false,
            peer_certificates: Vec::new(),
            peer_validation: PeerValidation::None,
            ocsp_response: Vec::new(),
            client_certificate_sent: false,
            client_certificate_requested: false,
            channel_bindings: ChannelBindings::default(),
        }
    }
    /// Whether the client's certificate, and with it who the user is, went over the network for
    /// anybody to see: under TLS 1.2 the handshake is in clear (RFC 5246 §7.4.6; RFC 8314 §4.2).
    ///
    /// ```
    /// use mailtls::tls::{facts::TlsFacts, registry::{CipherSuite, Version}};
    /// let mut facts = TlsFacts::new(Version::TLS_1_2, CipherSuite(0xc02f));
    /// assert!(!facts.client_certificate_in_clear());
    /// facts.client_certificate_sent = true;
    /// assert!(facts.client_certificate_in_clear());
    /// ```
    pub fn client_certificate_in_clear(&self) -> bool {
        self.client_certificate_sent && self.version < Version::TLS_1_3
    }
}
