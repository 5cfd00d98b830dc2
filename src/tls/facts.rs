//! What was negotiated on a TLS channel, whoever negotiated it.

use super::channel_binding::ChannelBindings;
use super::registry::{CipherSuite, Group, Version};

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
    /// The negotiated ALPN protocol name.
    pub alpn: Option<Vec<u8>>,
    /// Whether an earlier session was resumed.
    pub resumed: bool,
    /// The peer's certificates in DER, leaf first; empty when it sent none.
    pub peer_certificates: Vec<Vec<u8>>,
    /// Whether the peer's certificate has been validated.
    pub peer_verified: bool,
    /// Whether the client's certificate went over this channel: the server asked for it and got it
    /// (RFC 8314 §4.2). In a resumed session it went over an earlier one.
    pub client_certificate_sent: bool,
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
            alpn: None,
            resumed: false,
            peer_certificates: Vec::new(),
            peer_verified: false,
            client_certificate_sent: false,
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
