//! What the Received field of a message says of the connection that it came over (RFC 8314 §4.3).

use super::Connection;
use crate::service::Protocol;
use crate::trace::{Received, TlsClause, Transmission};

impl Connection {
    /// Says in the field of a message how it came over this connection: `tls` with the cipher suite and
    /// the group, where there is TLS, and for submission `with` one of `ESMTP`, `ESMTPS`, `ESMTPA`,
    /// `ESMTPSA` (RFC 3848) or, with SMTPUTF8, of `UTF8SMTP` and so on (RFC 6531 §4.3).
    ///
    /// With [`crate::HandOff::Transparent`] it is the host that authenticates: it says so itself, by
    /// [`Received::with`].
    ///
    /// ```
    /// use mailtls::tls::{facts::TlsFacts, registry::{CipherSuite, Version}};
    /// use mailtls::trace::{DateTime, Domain, Received};
    /// use mailtls::{Connection, ServerConfig, Service};
    /// let facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
    /// let config = ServerConfig::builder().build()?;
    /// let connection = Connection::server_on_host_tls(&config, Service::Submissions, facts, 0)?;
    ///
    /// let (by, date) = ("mx.example".parse::<Domain>()?, DateTime::from_unix_seconds(0, 0).unwrap());
    /// let received = Received::from_client("laptop.example", None, None, by, date);
    /// let received = connection.trace(received, false);
    /// let expected = "Received: from laptop.example by mx.example with ESMTPS\r\n\
    ///     \ttls TLS_AES_128_GCM_SHA256; Thu, 1 Jan 1970 00:00:00 +0000\r\n";
    /// assert_eq!(received.to_field(), expected);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn trace(&self, received: Received, smtputf8: bool) -> Received {
        let received = match self.service.protocol() {
            Protocol::Smtp => received.with(Transmission {
                utf8: smtputf8,
                lmtp: false,
                tls: self.facts.is_some(),
                authenticated: self.authenticated,
            }),
            Protocol::Imap | Protocol::Pop3 => received,
        };
        match &self.facts {
            Some(facts) => received.tls(TlsClause::from(facts)),
            None => received,
        }
    }
}
