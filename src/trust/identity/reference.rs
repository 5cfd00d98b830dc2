//! Reference identifiers: whom a client expects, and how it came to know that.

use super::name::{DnsName, Host};
use crate::error::Error;
use crate::service::Service;
use core::fmt;
use core::net::IpAddr;

/// Where a name comes from (RFC 7817 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The user has typed it: a host, or the domain of the mail address.
    TypedByUser,
    /// DNS has answered it, and DNSSEC has proved the answer, all the way from a name that the user has
    /// typed.
    DnssecProven,
    /// The user has been shown it and has said that it is right (RFC 6186 §6).
    ConfirmedByUser,
    /// DNS has answered it, and nobody knows whether that is true. Whoever can forge the answer would
    /// choose whom to believe: this can be connected to, but it is no reference identifier.
    UnprovenSrv,
}

impl Origin {
    /// Every origin there is.
    pub const ALL: &[Self] =
        &[Self::TypedByUser, Self::DnssecProven, Self::ConfirmedByUser, Self::UnprovenSrv];

    /// Whether a name that comes from there may be a reference identifier.
    pub fn is_secure(self) -> bool {
        self != Self::UnprovenSrv
    }
}

/// One of the identifiers that a client expects (RFC 9525 §6.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReferenceIdentifier {
    /// A DNS-ID: the server of this name.
    Dns(DnsName),
    /// An SRV-ID: the server that serves a domain with this service, `_imaps.example.net` (RFC 4985).
    Srv(Service, DnsName),
    /// An IP-ID: the server at this address.
    Ip(IpAddr),
}

impl ReferenceIdentifier {
    fn of(host: Host) -> Self {
        match host {
            Host::Name(name) => Self::Dns(name),
            Host::Address(address) => Self::Ip(address),
        }
    }
}

impl fmt::Display for ReferenceIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => name.fmt(f),
            Self::Srv(service, name) => write!(f, "_{service}.{name}"),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

/// The reference identifiers of a connection: the certificate must be for one of them.
///
/// There is always one, and each comes from where RFC 7817 §3 lets it come from. The name that SNI tells
/// the server is not one of them as such: it is the host of the [`crate::Target`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct References {
    identifiers: Vec<(ReferenceIdentifier, Origin)>,
    common_name_fallback: bool,
}

impl References {
    /// The host itself, a DNS name or an IP address, which the user has typed.
    ///
    /// ```
    /// use mailtls::trust::identity::References;
    /// assert_eq!(References::of_host("Bücher.example.")?.to_string(), "xn--bcher-kva.example");
    /// # Ok::<(), mailtls::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] for what is neither.
    pub fn of_host(host: &str) -> Result<Self, Error> {
        Ok(Self::one(ReferenceIdentifier::of(host.parse()?)))
    }

    /// The domain of the mail address that the user has typed, for a service that was found by SRV
    /// records of it or that is to be found: its DNS-ID and its SRV-ID (RFC 7817 §3).
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] if it is not a valid DNS name.
    pub fn for_mail_domain(service: Service, domain: &str) -> Result<Self, Error> {
        let name: DnsName = domain.parse()?;
        let srv = ReferenceIdentifier::Srv(service, name.clone());
        Ok(Self::one(ReferenceIdentifier::Dns(name)).and(srv, Origin::TypedByUser))
    }

    /// And a host that the user has typed as well.
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] for what is neither a DNS name nor an IP address.
    pub fn host(self, host: &str) -> Result<Self, Error> {
        Ok(self.and(ReferenceIdentifier::of(host.parse()?), Origin::TypedByUser))
    }

    /// And the target of an SRV record.
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] for an origin that is not secure (RFC 7817 §3), and for
    /// what is no DNS name.
    pub fn srv_target(self, target: &str, origin: Origin) -> Result<Self, Error> {
        if !origin.is_secure() {
            return Err(Error::invalid(
                "RFC 7817 section 3: the target of an SRV record that is neither proved by DNSSEC nor \
                 confirmed by the user is no reference identifier",
            ));
        }
        Ok(self.and(ReferenceIdentifier::Dns(target.parse()?), origin))
    }

    /// Whether the common name of the subject counts, where the certificate has no name of a kind that
    /// is there for this (RFC 6125 §6.4.4; RFC 7817 §3 allows it, RFC 9525 no longer). Without it, it
    /// does not.
    #[must_use]
    pub fn common_name_fallback(mut self, allowed: bool) -> Self {
        self.common_name_fallback = allowed;
        self
    }

    /// The identifiers, each with its origin, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = (&ReferenceIdentifier, Origin)> {
        self.identifiers.iter().map(|(identifier, origin)| (identifier, *origin))
    }

    pub(super) fn may_fall_back(&self) -> bool {
        self.common_name_fallback
    }

    fn one(identifier: ReferenceIdentifier) -> Self {
        Self { identifiers: vec![(identifier, Origin::TypedByUser)], common_name_fallback: false }
    }

    /// Each stands there once, with the origin it was first given.
    fn and(mut self, identifier: ReferenceIdentifier, origin: Origin) -> Self {
        if !self.identifiers.iter().any(|(known, _)| *known == identifier) {
            self.identifiers.push((identifier, origin));
        }
        self
    }
}

/// `example.net, _imaps.example.net or mail.example.net`.
impl fmt::Display for References {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (identifier, _)) in self.identifiers.iter().enumerate() {
            let last = at + 1 == self.identifiers.len();
            let before = if at == 0 {
                ""
            } else if last {
                " or "
            } else {
                ", "
            };
            write!(f, "{before}{identifier}")?;
        }
        Ok(())
    }
}
