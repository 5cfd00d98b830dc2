//! Where a client connects to, as whom, and what it must find there.

use crate::account::{Minimum, Pin};
use crate::error::Error;
use crate::service::Service;
use crate::trust::identity::{Host, References};
use crate::trust::tlsa::TlsaRecords;
#[cfg(feature = "engine")]
use rustls::pki_types::ServerName;

/// A server that a client connects to, for an account or for none.
///
/// The host is the name that the connection is made to, and what SNI tells the server. Whom the
/// certificate must be for is another question (RFC 7817 §3): without [`Target::references`] it is the
/// host, which is right when the user has typed that name.
///
/// ```
/// use mailtls::{Service, Target};
/// let target = Target::new(Service::Imaps, "mail.example")?.account("tim@mail.example")?;
/// # Ok::<(), mailtls::Error>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "engine"), allow(dead_code))] // Some of it is for the engine alone.
pub struct Target {
    pub(super) service: Service,
    pub(super) host: String,
    pub(super) account: Option<String>,
    pub(super) references: Option<References>,
    pub(super) tlsa: Option<TlsaRecords>,
    pub(super) minimum: Minimum,
    pub(super) pin: Option<Pin>,
    pub(super) deferred: bool,
}

impl Target {
    /// The server of this DNS name or IP address. An international name is turned into A-labels.
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] for what is neither.
    pub fn new(service: Service, host: &str) -> Result<Self, Error> {
        let host: Host = host.parse().map_err(|_| impossible_name())?;
        Ok(Self {
            service,
            host: host.to_string(),
            account: None,
            references: None,
            tlsa: None,
            minimum: Minimum::default(),
            pin: None,
            deferred: false,
        })
    }

    /// The account that the connection is for, by the name that the host program has for it. To a
    /// server that asks for a certificate the one that has been authorised for exactly this account is
    /// sent (RFC 8314 §5.5; `ClientConfigBuilder::client_certificate_pem`); where there is none for it,
    /// none is sent.
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] when it is empty.
    pub fn account(mut self, account: &str) -> Result<Self, Error> {
        if account.is_empty() {
            return Err(Error::invalid("the account is empty"));
        }
        self.account = Some(account.into());
        Ok(self)
    }

    /// Whom the certificate must be for, in the place of the host (RFC 7817 §3).
    #[must_use]
    pub fn references(mut self, references: References) -> Self {
        self.references = Some(references);
        self
    }

    /// The TLSA records of the host and port, which DNSSEC has proved (RFC 6698): they decide, where
    /// one of them is usable.
    #[must_use]
    pub fn tlsa(mut self, records: TlsaRecords) -> Self {
        self.tlsa = Some(records);
        self
    }

    /// The minimum confidentiality level of the account (RFC 8314 §5): a connection that does not meet it
    /// ends before anything is said but what STARTTLS needs. Without this call it is that of new
    /// accounts, [`Minimum::default`].
    ///
    /// With no minimum at all the engine still does not accept a certificate that has not passed the
    /// checks, unless it is pinned.
    #[must_use]
    pub fn minimum(mut self, minimum: Minimum) -> Self {
        self.minimum = minimum;
        self
    }

    /// The certificate that the user has pinned for this account and host
    /// ([`crate::account::PinStore::pin_for`]): it is accepted although it has not passed the checks,
    /// where the minimum has been lowered so far ([`Minimum::pinned`]), and where it has not been revoked
    /// and TLSA records do not say otherwise.
    #[must_use]
    pub fn pin(mut self, pin: Pin) -> Self {
        self.pin = Some(pin);
        self
    }

    /// Has the host program asked about the server's certificate before a word is said
    /// ([`crate::Event::ServerCertificate`]), whether the checks were passed or not.
    ///
    /// That the user confirms a certificate that does not convince is possible at account set-up only
    /// (RFC 8314 §5.4).
    #[must_use]
    pub fn deferred(mut self) -> Self {
        self.deferred = true;
        self
    }

    /// Whether nothing but the host's name says whom the certificate must be for.
    #[cfg(feature = "engine")]
    pub(super) fn is_plain(&self) -> bool {
        self.references.is_none() && self.tlsa.is_none() && self.usable_pin().is_none() && !self.deferred
    }

    /// The pin, if the minimum lets it count.
    #[cfg(feature = "engine")]
    pub(super) fn usable_pin(&self) -> Option<Pin> {
        self.pin.filter(|_| self.minimum.permits_a_pin())
    }

    #[cfg(feature = "engine")]
    pub(super) fn references_or_host(&self) -> Result<References, Error> {
        match &self.references {
            Some(references) => Ok(references.clone()),
            None => References::of_host(&self.host).map_err(|_| impossible_name()),
        }
    }

    /// What SNI tells the server.
    #[cfg(feature = "engine")]
    pub(super) fn server_name(&self) -> Result<ServerName<'static>, Error> {
        ServerName::try_from(self.host.clone()).map_err(|_| impossible_name())
    }
}

fn impossible_name() -> Error {
    Error::invalid("the server name is neither a DNS name nor an IP address (without port, brackets or user)")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6066 §3: SNI has A-labels, and no dot at the end.
    #[test]
    fn the_host_is_in_the_form_that_sni_wants() {
        for (typed, host) in [
            ("Bücher.Example.", "xn--bcher-kva.example"),
            ("MAIL.example", "mail.example"),
            ("2001:DB8::1", "2001:db8::1"),
        ] {
            let target = Target::new(Service::Imaps, typed).unwrap();
            assert_eq!(target.host, host);
            #[cfg(feature = "engine")]
            assert_eq!(target.server_name().unwrap().to_str(), host);
        }
        for bad in ["", "no name", "*.example", "mail.example\0", "[::1]"] {
            assert!(Target::new(Service::Imaps, bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn references_are_another_thing_than_the_host() {
        let target = Target::new(Service::Imaps, "mail.provider.example").unwrap();
        assert!(!target.deferred && target.references.is_none());
        let references = References::for_mail_domain(Service::Imaps, "example.org").unwrap();
        let target = target.references(references.clone());
        assert_eq!((target.host.as_str(), target.references), ("mail.provider.example", Some(references)));
    }
}
