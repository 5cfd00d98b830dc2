//! Channel bindings (RFC 5056): bytes that both ends of one TLS channel know and nobody else has.
//!
//! An authentication that includes them fails when somebody relays it over another channel.

use crate::secret::Secret;

/// The channel bindings of a TLS channel, as far as it has them.
///
/// ```
/// use mailtls::tls::channel_binding::ChannelBindings;
/// let mut bindings = ChannelBindings::default();
/// assert!(bindings.is_empty());
/// bindings.tls_server_end_point = Some(b"hash of the certificate".as_slice().into());
/// assert!(bindings.get("tls-server-end-point").is_some());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelBindings {
    /// `tls-exporter` (RFC 9266): 32 octets, unique to the channel. TLS 1.3 only.
    pub tls_exporter: Option<Secret>,
    /// `tls-server-end-point` (RFC 5929 §4): the hash of the server's certificate.
    pub tls_server_end_point: Option<Secret>,
}

impl ChannelBindings {
    /// The registered name of [`ChannelBindings::tls_exporter`].
    pub const TLS_EXPORTER: &'static str = "tls-exporter";
    /// The registered name of [`ChannelBindings::tls_server_end_point`].
    pub const TLS_SERVER_END_POINT: &'static str = "tls-server-end-point";

    /// The binding of this registered name.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        match name {
            Self::TLS_EXPORTER => self.tls_exporter.as_ref(),
            Self::TLS_SERVER_END_POINT => self.tls_server_end_point.as_ref(),
            _ => None,
        }
    }

    /// The best there is, with its registered name.
    pub fn best(&self) -> Option<(&'static str, &Secret)> {
        [Self::TLS_EXPORTER, Self::TLS_SERVER_END_POINT]
            .into_iter()
            .find_map(|name| self.get(name).map(|data| (name, data)))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.best().is_none()
    }
}
