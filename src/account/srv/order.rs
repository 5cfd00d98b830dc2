//! In which order the servers of SRV records are tried, which are not tried at all, and why
//! (RFC 8314 §5.1, RFC 6186 §4, RFC 2782).

use super::super::host::HostName;
use super::super::minimum::{Minimum, SessionState, Shortfall};
use super::{Answers, Dnssec, Endpoint, Record};
use crate::error::Error;
use crate::service::{Mode, Protocol};
use crate::tls::facts::TlsFacts;
use crate::trust::identity::{self, References};
use core::fmt;

/// How a connection to a server is protected, the best one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Security {
    /// By TLS from the first byte.
    ImplicitTls,
    /// By STARTTLS.
    StartTls,
    /// By nothing.
    Cleartext,
}

/// Why the target of a record may be used (RFC 6186 §6, RFC 7817 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// It is within the domain that was asked for.
    WithinDomain,
    /// It is elsewhere, and DNSSEC has proved the record.
    Dnssec,
    /// It is elsewhere, and the user has confirmed it.
    ConfirmedByUser,
}

/// What the user should know of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Warning {
    /// Passwords and messages are exposed: there is no TLS.
    Cleartext,
    /// The record is not proved. The certificate has to be for the domain that was asked for, or the
    /// user has to know the server (RFC 6186 §6).
    Unsigned,
    /// The server is outside the domain that was asked for.
    OutsideDomain,
}

/// A server that may be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// The service, host and port.
    pub endpoint: Endpoint,
    /// How it is protected.
    pub security: Security,
    /// The priority of its record.
    pub priority: u16,
    /// The weight of its record.
    pub weight: u16,
    /// Why its host may be used.
    pub origin: Origin,
    /// Whether it may be taken without asking the user. A configuration without TLS may only where
    /// there is nothing else (RFC 8314 §5.1).
    pub automatic: bool,
    /// What the user should know of it.
    pub warnings: Vec<Warning>,
}

impl Candidate {
    /// Whom the certificate of this server must be for, when the answers were asked for of this mail
    /// domain: the domain and its service; and the server's own name, where DNSSEC has proved it or the
    /// user has confirmed it. That it is within the domain is not enough for that (RFC 7817 §3).
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] if it is not a valid DNS name.
    pub fn references(&self, mail_domain: &str) -> Result<References, Error> {
        let references = References::for_mail_domain(self.endpoint.service, mail_domain)?;
        let proved = !self.warnings.contains(&Warning::Unsigned);
        let origin = match self.origin {
            Origin::ConfirmedByUser => identity::Origin::ConfirmedByUser,
            Origin::Dnssec | Origin::WithinDomain if proved => identity::Origin::DnssecProven,
            Origin::Dnssec | Origin::WithinDomain => return Ok(references),
        };
        references.srv_target(&self.endpoint.host.to_string(), origin)
    }
}

/// Why a server is not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dismissal {
    /// It is below the minimum of the account: whatever its priority is, it is ignored.
    BelowMinimum(Shortfall),
    /// It is known to have no STARTTLS, and nothing else was asked for.
    NoStartTls,
    /// It is outside the domain that was asked for, not proved by DNSSEC and not confirmed by the user,
    /// who may be asked ([`Confirmed`]).
    OutsideDomain,
}

/// A server that is not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dismissed {
    /// The service, host and port.
    pub endpoint: Endpoint,
    /// How it would be protected.
    pub security: Security,
    /// Why not.
    pub why: Dismissal,
}

/// What has come of the answers for one protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// What may be tried, in this order.
    pub candidates: Vec<Candidate>,
    /// What may not.
    pub dismissed: Vec<Dismissed>,
}

/// The user's word that a server outside the domain is theirs: they have been shown its name and the
/// domain (RFC 6186 §6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed(HostName);

impl Confirmed {
    /// The user has confirmed this server.
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] if it is not a host.
    pub fn by_user(host: &str) -> Result<Self, Error> {
        host.parse().map(Self)
    }
}

/// What the host has already found at a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It does not offer STARTTLS.
    NoStartTls,
    /// This is what TLS with it is like.
    Tls(TlsFacts),
}

/// What to hold against the records.
///
/// ```
/// use mailtls::account::{Minimum, srv::{Answers, Confirmed, Dnssec, Rules, Security, Warning}};
/// use mailtls::{Protocol, Service};
/// let mut answers = Answers::new("example.org")?;
/// answers.add(Service::Imap, 0, 1, 143, "mail.example.org", Dnssec::Unsigned)?;
/// answers.add(Service::Imaps, 10, 1, 993, "imap.provider.example", Dnssec::Unsigned)?;
///
/// let minimum = Minimum::default();
/// let found = Rules::new(&minimum).apply(&answers, Protocol::Imap, &[]);
/// assert_eq!(found.candidates.len(), 1);
/// assert_eq!(found.dismissed.len(), 1); // to be confirmed
///
/// let confirmed = Confirmed::by_user("imap.provider.example")?;
/// let found = Rules::new(&minimum).confirmed(confirmed).apply(&answers, Protocol::Imap, &[]);
/// let first = &found.candidates[0];
/// assert_eq!(first.endpoint.to_string(), "imaps imap.provider.example 993");
/// assert_eq!(first.security, Security::ImplicitTls);
/// assert_eq!(first.warnings, [Warning::Unsigned, Warning::OutsideDomain]);
/// # Ok::<(), mailtls::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rules<'a> {
    minimum: &'a Minimum,
    cleartext: bool,
    confirmed: Vec<Confirmed>,
    found: Vec<(HostName, u16, Found)>,
}

impl<'a> Rules<'a> {
    /// Those of an account with this minimum.
    pub fn new(minimum: &'a Minimum) -> Self {
        Self { minimum, cleartext: false, confirmed: Vec::new(), found: Vec::new() }
    }

    /// Asks for candidates without TLS too. An account that has a minimum gets none all the same.
    #[must_use]
    pub fn cleartext_too(mut self) -> Self {
        self.cleartext = true;
        self
    }

    /// Lets a server outside the domain be used.
    #[must_use]
    pub fn confirmed(mut self, confirmed: Confirmed) -> Self {
        self.confirmed.push(confirmed);
        self
    }

    /// Takes account of what has been found at a server.
    #[must_use]
    pub fn found(mut self, host: &HostName, port: u16, found: Found) -> Self {
        self.found.push((host.clone(), port, found));
        self
    }

    /// The servers of a protocol in the order in which to try them: Implicit TLS before STARTTLS before
    /// cleartext, whatever the priorities are (RFC 8314 §5.1); then by priority; then by chance in
    /// proportion to the weights (RFC 2782).
    ///
    /// The chance is the host's: `random` are evenly spread numbers, one for each choice between several
    /// servers; as many as there are records are enough. Where they run out, 0 stands for them. The
    /// order is the same for the same records and numbers, in whichever order the records came.
    pub fn apply(&self, answers: &Answers, protocol: Protocol, random: &[u32]) -> Discovery {
        let mut discovery = Discovery::default();
        for record in answers.records().filter(|r| r.endpoint.service.protocol() == protocol) {
            for security in self.protections(record) {
                match self.judge(answers.domain(), record, security) {
                    Ok(candidate) => discovery.candidates.push(candidate),
                    Err(why) => {
                        discovery.dismissed.push(Dismissed {
                            endpoint: record.endpoint.clone(),
                            security,
                            why,
                        });
                    }
                }
            }
        }
        discovery.candidates = in_order(discovery.candidates, random);
        let any_tls = discovery.candidates.iter().any(|c| c.security != Security::Cleartext);
        for candidate in &mut discovery.candidates {
            candidate.automatic = candidate.security != Security::Cleartext || !any_tls;
        }
        discovery
    }

    /// How a server could be talked to.
    fn protections(&self, record: &Record) -> impl Iterator<Item = Security> + use<> {
        let (tls, clear) = match record.endpoint.service.mode() {
            Mode::ImplicitTls => (Security::ImplicitTls, None),
            Mode::StartTls => (Security::StartTls, self.cleartext.then_some(Security::Cleartext)),
        };
        [Some(tls), clear].into_iter().flatten()
    }

    /// Whether a server may be tried so, or why not.
    fn judge(&self, domain: &HostName, record: &Record, security: Security) -> Result<Candidate, Dismissal> {
        let endpoint = &record.endpoint;
        let origin = if endpoint.host.is_within(domain) {
            Origin::WithinDomain
        } else if record.dnssec == Dnssec::Validated {
            Origin::Dnssec
        } else if self.confirmed.iter().any(|confirmed| confirmed.0 == endpoint.host) {
            Origin::ConfirmedByUser
        } else {
            return Err(Dismissal::OutsideDomain);
        };
        if security == Security::Cleartext {
            let clear = SessionState::Clear { starttls_offered: false };
            self.minimum.permits(clear).map_err(Dismissal::BelowMinimum)?;
        } else {
            for found in self.found_at(endpoint) {
                match found {
                    Found::NoStartTls if security == Security::StartTls => return Err(Dismissal::NoStartTls),
                    Found::NoStartTls => (),
                    Found::Tls(facts) => {
                        self.minimum.permits(SessionState::Tls(facts)).map_err(Dismissal::BelowMinimum)?;
                    }
                }
            }
        }
        let warnings = [
            (security == Security::Cleartext).then_some(Warning::Cleartext),
            (record.dnssec == Dnssec::Unsigned).then_some(Warning::Unsigned),
            (origin != Origin::WithinDomain).then_some(Warning::OutsideDomain),
        ];
        Ok(Candidate {
            endpoint: endpoint.clone(),
            security,
            priority: record.priority,
            weight: record.weight,
            origin,
            automatic: false,
            warnings: warnings.into_iter().flatten().collect(),
        })
    }

    fn found_at(&self, endpoint: &Endpoint) -> impl Iterator<Item = &Found> {
        let here =
            move |(host, port, _): &&(HostName, u16, Found)| *host == endpoint.host && *port == endpoint.port;
        self.found.iter().filter(here).map(|(_, _, found)| found)
    }
}

/// By security, then priority, then by lot.
fn in_order(mut candidates: Vec<Candidate>, random: &[u32]) -> Vec<Candidate> {
    let mut random = random.iter().copied();
    // RFC 2782: those of weight 0 stand first, so that the others come before them nearly always.
    candidates.sort_by(|a, b| {
        let rank = |c: &Candidate| (c.security, c.priority, c.weight != 0);
        rank(a).cmp(&rank(b)).then_with(|| a.endpoint.cmp(&b.endpoint)).then(a.weight.cmp(&b.weight))
    });
    let mut ordered = Vec::with_capacity(candidates.len());
    while let Some(first) = candidates.first() {
        let (security, priority) = (first.security, first.priority);
        let group =
            candidates.iter().take_while(|c| c.security == security && c.priority == priority).count();
        let mut group: Vec<_> = candidates.drain(..group).collect();
        while group.len() > 1 {
            let next = drawn(&group, random.next().unwrap_or(0));
            ordered.push(group.remove(next));
        }
        ordered.append(&mut group);
    }
    ordered
}

/// Which of the group comes next (RFC 2782): the first whose running sum of weights is not below a
/// number between 0 and the sum of all.
fn drawn(group: &[Candidate], random: u32) -> usize {
    let sum: u64 = group.iter().map(|c| u64::from(c.weight)).sum();
    let number = (u64::from(random) * (sum + 1)) >> 32;
    let mut running = 0;
    let place = group.iter().position(|c| {
        running += u64::from(c.weight);
        running >= number
    });
    place.unwrap_or_default()
}

impl Warning {
    /// One sentence for the user.
    pub fn text(self) -> &'static str {
        match self {
            Self::Cleartext => "passwords and messages are exposed: there is no TLS",
            Self::Unsigned => "DNS has not proved where the server is",
            Self::OutsideDomain => "the server is outside the domain",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Display for Dismissal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BelowMinimum(shortfall) => write!(f, "below the minimum: {shortfall}"),
            Self::NoStartTls => f.write_str("there is no STARTTLS"),
            Self::OutsideDomain => {
                f.write_str("outside the domain, neither proved by DNSSEC nor confirmed by the user")
            }
        }
    }
}
