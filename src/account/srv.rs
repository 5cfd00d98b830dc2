//! Servers from SRV records (RFC 6186; RFC 8314 §5.1): the answers as the host's resolver gave them,
//! and what a client may make of them.
//!
//! Must never know how DNS is asked. RFC 8314 §5.1: unsigned answers are for setting an account up, not
//! for every connection; what changes afterwards is reported ([`drift`]), and not followed.

mod drift;
mod order;
#[cfg(feature = "dns")]
mod response;
mod unusable;

use super::host::HostName;
use crate::error::{Error, ErrorCode};
use crate::service::Service;
use crate::text::printable;
use core::fmt;
use core::str::FromStr;
pub use drift::{DriftReport, drift};
pub use order::{
    Candidate, Confirmed, Discovery, Dismissal, Dismissed, Found, Origin, Rules, Security, Warning,
};
#[cfg(feature = "dns")]
pub use response::ResponseProblem;
use std::collections::BTreeSet;
pub use unusable::{RecordProblem, Unusable};

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
    /// The unusable records.
    unusable: BTreeSet<Unusable>,
}

impl Answers {
    /// How many records are held at most.
    pub const MOST: usize = 256;

    /// Begins with the domain of the user's mail address.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] if it is not a valid DNS name.
    pub fn new(domain: &str) -> Result<Self, Error> {
        let domain: HostName = domain.parse()?;
        if domain.is_address() {
            return Err(Error::invalid("an IP address has no SRV records"));
        }
        Ok(Self {
            domain,
            records: BTreeSet::new(),
            answered: Vec::new(),
            refused: Vec::new(),
            unusable: BTreeSet::new(),
        })
    }

    /// The domain.
    pub fn domain(&self) -> &HostName {
        &self.domain
    }

    /// The name to ask SRV records of for a service (RFC 6186 §3).
    pub fn query(&self, service: Service) -> String {
        format!("_{service}._tcp.{}", self.domain)
    }

    /// Adds a record from its fields. The target "." says that the service is not offered (RFC 2782). An
    /// unusable record, such as one with port 0, is set aside with its reason ([`Self::unusable`]). It is
    /// no error, because the record is not the caller's.
    ///
    /// # Errors
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
        self.add_nothing(service);
        if target == "." {
            if !self.refused.contains(&service) {
                self.refused.push(service);
            }
            return Ok(());
        }
        let target = target.strip_suffix('.').unwrap_or(target);
        let host = match RecordProblem::of(target, port) {
            Ok(host) => host,
            Err(why) => {
                self.add_unusable(Unusable { service, target: printable(target.as_bytes()), port, why });
                return Ok(());
            }
        };
        let record = Record { endpoint: Endpoint { service, host, port }, priority, weight, dnssec };
        if self.records.len() >= Self::MOST && !self.records.contains(&record) {
            return Err(Error::new(ErrorCode::LimitExceeded, "too many SRV records"));
        }
        self.records.insert(record);
        Ok(())
    }

    /// Of more than [`Self::MOST`] the rest is left out.
    fn add_unusable(&mut self, record: Unusable) {
        if self.unusable.len() < Self::MOST {
            self.unusable.insert(record);
        }
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

    /// The unusable records, each with its reason: what a user may be shown where nothing else is left.
    /// One with the target "." is among them where its service has other records too (RFC 2782).
    ///
    /// ```
    /// use mailtls::Service;
    /// use mailtls::account::srv::{Answers, Dnssec};
    /// let mut answers = Answers::new("example.org")?;
    /// answers.add(Service::Imaps, 0, 1, 993, "192.0.2.1", Dnssec::Unsigned)?;
    /// answers.add(Service::Imaps, 0, 1, 993, "mail.example.org", Dnssec::Unsigned)?;
    /// assert_eq!(answers.records().count(), 1);
    /// let unusable = answers.unusable();
    /// assert_eq!(unusable[0].to_string(), "imaps \"192.0.2.1\" 993: the target is an address, not a name");
    /// # Ok::<(), mailtls::Error>(())
    /// ```
    pub fn unusable(&self) -> Vec<Unusable> {
        let offered = |service: Service| self.records.iter().any(|record| record.endpoint.service == service);
        let refused = Service::all().filter(|service| self.refused.contains(service) && offered(*service));
        let refused = refused.map(|service| Unusable {
            service,
            target: ".".into(),
            port: 0,
            why: RecordProblem::NotAlone,
        });
        self.unusable.iter().cloned().chain(refused).collect()
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
