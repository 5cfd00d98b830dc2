//! Servers from SRV records (RFC 6186; RFC 8314 §5.1): the answers as the host's resolver gave them,
//! and what a client may make of them.
//!
//! Must never know how DNS is asked. RFC 8314 §5.1: unsigned answers are for setting an account up, not
//! for every connection; what changes afterwards is reported ([`drift`]), and not followed.

mod drift;
mod order;
#[cfg(feature = "dns")]
mod response;

use super::host::HostName;
use crate::error::{Error, ErrorCode};
use crate::service::Service;
use core::fmt;
use core::str::FromStr;
pub use drift::{DriftReport, drift};
pub use order::{
    Candidate, Confirmed, Discovery, Dismissal, Dismissed, Found, Origin, Rules, Security, Warning,
};
#[cfg(feature = "dns")]
pub use response::ResponseProblem;
use std::collections::BTreeSet;

/// Whether DNSSEC has proved an answer. It is the host's word: the AD bit of an answer says so only if
/// it comes from a validating resolver over a path that nobody else writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dnssec {
    /// The answer is proved, from the root down.
    Validated,
    /// Anybody on the path may have written it.
    Unsigned,
}

/// A service at a host and port: what an account is configured with. As text `imaps mail.example 993`.
///
/// ```
/// use mailtls::account::srv::Endpoint;
/// let endpoint: Endpoint = "imaps mail.example 993".parse()?;
/// assert_eq!(endpoint.service, mailtls::Service::Imaps);
/// assert_eq!(endpoint.to_string(), "imaps mail.example 993");
/// # Ok::<(), mailtls::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// The service.
    pub service: Service,
    /// Where it is.
    pub host: HostName,
    /// Its TCP port; never 0.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.service, self.host, self.port)
    }
}

impl FromStr for Endpoint {
    type Err = Error;

    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for anything but a service, a host and a port other than 0.
    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::invalid("an endpoint is a service, a host and a port");
        let mut fields = text.split(' ');
        let (Some(service), Some(host), Some(port), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(wrong());
        };
        let service = service.parse().map_err(|_| wrong())?;
        let digits = port.bytes().all(|c| c.is_ascii_digit());
        let port = port.parse().ok().filter(|port| digits && *port != 0).ok_or_else(wrong)?;
        Ok(Self { service, host: host.parse()?, port })
    }
}

/// One SRV record (RFC 2782) of a service that is offered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Record {
    /// The service asked for, and where it is said to be.
    pub endpoint: Endpoint,
    /// Lower ones are tried first.
    pub priority: u16,
    /// Among records of one priority, how often each is to come first, in proportion.
    pub weight: u16,
    /// Whether it is proved.
    pub dnssec: Dnssec,
}

/// What DNS has answered for a domain, for some of the six services.
///
/// ```
/// use mailtls::Service;
/// use mailtls::account::srv::{Answers, Dnssec};
/// let mut answers = Answers::new("example.org")?;
/// assert_eq!(answers.query(Service::Imaps), "_imaps._tcp.example.org");
/// answers.add(Service::Imaps, 0, 1, 993, "mail.example.org", Dnssec::Unsigned)?;
/// answers.add(Service::Pop3s, 0, 0, 0, ".", Dnssec::Unsigned)?;
/// assert_eq!(answers.not_offered().collect::<Vec<_>>(), [Service::Pop3s]);
/// # Ok::<(), mailtls::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    domain: HostName,
    /// In an order of their own: which one came first tells nothing.
    records: BTreeSet<Record>,
    /// The services that have been answered for, by their names: also those of which there is nothing.
    answered: Vec<Service>,
    /// Those with the target ".".
    refused: Vec<Service>,
}

impl Answers {
    /// How many records are held at most.
    pub const MOST: usize = 256;

    /// Begins with the domain of the user's mail address.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for what is no DNS name.
    pub fn new(domain: &str) -> Result<Self, Error> {
        let domain: HostName = domain.parse()?;
        if domain.is_address() {
            return Err(Error::invalid("an IP address has no SRV records"));
        }
        Ok(Self { domain, records: BTreeSet::new(), answered: Vec::new(), refused: Vec::new() })
    }

    /// The domain.
    pub fn domain(&self) -> &HostName {
        &self.domain
    }

    /// The name to ask SRV records of for a service (RFC 6186 §3).
    pub fn query(&self, service: Service) -> String {
        format!("_{service}._tcp.{}", self.domain)
    }

    /// Adds a record from its fields. The target "." says that the service is not offered (RFC 2782).
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for a target that is no DNS name, and for port 0;
    /// [`ErrorCode::LimitExceeded`] with more than [`Self::MOST`] records.
    pub fn add(
        &mut self,
        service: Service,
        priority: u16,
        weight: u16,
        port: u16,
        target: &str,
        dnssec: Dnssec,
    ) -> Result<(), Error> {
        if target == "." {
            self.add_nothing(service);
            if !self.refused.contains(&service) {
                self.refused.push(service);
            }
            return Ok(());
        }
        let host: HostName = target.parse()?;
        if host.is_address() {
            return Err(Error::invalid("the target of an SRV record is a name, not an address (RFC 2782)"));
        }
        if port == 0 {
            return Err(Error::invalid("an SRV record has port 0"));
        }
        let record = Record { endpoint: Endpoint { service, host, port }, priority, weight, dnssec };
        if self.records.len() >= Self::MOST && !self.records.contains(&record) {
            return Err(Error::new(ErrorCode::LimitExceeded, "too many SRV records"));
        }
        self.records.insert(record);
        self.add_nothing(service);
        Ok(())
    }

    /// Notes that a service has been asked for, and that there is no record.
    pub fn add_nothing(&mut self, service: Service) {
        if !self.answered.contains(&service) {
            self.answered.push(service);
        }
    }

    /// The records.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.iter()
    }

    /// Where the services are said to be: what to keep with an account, for a later [`drift`].
    pub fn endpoints(&self) -> Vec<Endpoint> {
        let mut endpoints: Vec<_> = self.records.iter().map(|record| record.endpoint.clone()).collect();
        endpoints.dedup();
        endpoints
    }

    /// Whether a service has been answered for.
    pub fn is_answered(&self, service: Service) -> bool {
        self.answered.contains(&service)
    }

    /// The services that the domain says it does not offer: their only target is ".".
    pub fn not_offered(&self) -> impl Iterator<Item = Service> {
        let refused = |service: &Service| self.refused.contains(service);
        let offered = |service: Service| self.records.iter().any(|r| r.endpoint.service == service);
        Service::all().filter(move |service| refused(service) && !offered(*service))
    }
}

#[cfg(test)]
mod tests;
