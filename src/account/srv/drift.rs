//! What has changed in DNS since an account was set up: reported, not followed (RFC 8314 §5.1).

use super::{Answers, Endpoint};
use crate::service::Mode;
use core::fmt;

/// What has changed. It is for the user, who may set the account up anew; the account stays as it is.
///
/// As text it has a line for each change: `-imaps old.example 993`, `+imaps new.example 993`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DriftReport {
    /// What was there and is not any more.
    pub gone: Vec<Endpoint>,
    /// What was not there.
    pub appeared: Vec<Endpoint>,
    /// Those that have appeared with Implicit TLS, where the protocol had none: an upgrade has become
    /// possible (RFC 8314 §5.2).
    pub upgrades: Vec<Endpoint>,
}

impl DriftReport {
    /// Whether all is as it was.
    pub fn is_empty(&self) -> bool {
        self.gone.is_empty() && self.appeared.is_empty()
    }
}

/// Compares what DNS said at set-up ([`Answers::endpoints`]) with what it says now. Services that it has
/// not been asked for now are left out. Priorities and weights may change as they like.
///
/// ```
/// use mailtls::Service;
/// use mailtls::account::srv::{Answers, Dnssec, drift};
/// let old = ["imap mail.example.org 143".parse()?];
/// let mut now = Answers::new("example.org")?;
/// now.add(Service::Imap, 0, 1, 143, "mail.example.org", Dnssec::Unsigned)?;
/// assert!(drift(&old, &now).is_empty());
/// now.add(Service::Imaps, 0, 1, 993, "mail.evil.example", Dnssec::Unsigned)?;
/// assert_eq!(drift(&old, &now).to_string(), "+imaps mail.evil.example 993\n");
/// # Ok::<(), mailtls::Error>(())
/// ```
pub fn drift(old: &[Endpoint], now: &Answers) -> DriftReport {
    let new = now.endpoints();
    let mut gone: Vec<_> =
        old.iter().filter(|e| now.is_answered(e.service) && !new.contains(e)).cloned().collect();
    gone.sort();
    gone.dedup();
    let appeared: Vec<_> = new.into_iter().filter(|e| !old.contains(e)).collect();
    let implicit = |e: &Endpoint| e.service.mode() == Mode::ImplicitTls;
    let had = |e: &Endpoint| old.iter().any(|o| implicit(o) && o.service == e.service);
    let upgrades = appeared.iter().filter(|e| implicit(e) && !had(e)).cloned().collect();
    DriftReport { gone, appeared, upgrades }
}

impl fmt::Display for DriftReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.gone.iter().try_for_each(|endpoint| writeln!(f, "-{endpoint}"))?;
        self.appeared.iter().try_for_each(|endpoint| writeln!(f, "+{endpoint}"))
    }
}
