//! What a TLS channel must be before a mail dialogue may trust it.
//!
//! The default is RFC 8314 as updated by RFC 8997; named policies are laxer or stricter, and a host
//! makes its own from them. The room judges what was negotiated, never what could have been, and
//! must never know who negotiated it.

mod certificate;
mod named;
mod openssl;
#[cfg(test)]
mod tests;
mod text;
mod verdict;
mod worth;

pub use named::PolicyName;
pub use openssl::expand_cipher_string;
pub use verdict::{Confidential, Part, Reason, Standing, Verdict};

use super::facts::TlsFacts;
use super::registry::{CipherSuite, Group, SignatureScheme, Version};
use crate::error::Error;
use std::collections::BTreeMap;

/// What a policy has a word about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item {
    Version(Version),
    CipherSuite(CipherSuite),
    Group(Group),
    SignatureScheme(SignatureScheme),
    Weakness(Weakness),
}

/// A weakness that a policy may bear with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weakness {
    /// A certificate that RFC 9325 §4.5 no longer takes.
    WeakCertificate,
    /// TLS 1.2 or older without the extended master secret (RFC 7627).
    NoExtendedMasterSecret,
    /// Nobody says which group the key came from.
    UnknownGroup,
}

/// What is accepted, what is tolerated and what is refused.
///
/// A named policy, and where the host wants it otherwise, changes to it. Whatever the changes: no
/// policy is laxer than [`Policy::rfc8314`]. Its text form is described at
/// [`Policy::from_str`](#impl-FromStr-for-Policy).
///
/// ```
/// use mailtls::tls::{facts::TlsFacts, policy::{Policy, Standing}, registry::{CipherSuite, Version}};
/// let facts = TlsFacts::new(Version::TLS_1_2, CipherSuite(0xc02f));
/// assert_eq!(Policy::default().judge(&facts).standing(), Standing::Accepted);
/// assert_eq!(Policy::modern().judge(&facts).standing(), Standing::Refused);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    base: PolicyName,
    /// Where it differs from the base, and only there.
    changes: BTreeMap<Item, Standing>,
}

/// RFC 8997, the one in force.
impl Default for Policy {
    fn default() -> Self {
        Self::rfc8997()
    }
}

impl From<PolicyName> for Policy {
    fn from(base: PolicyName) -> Self {
        Self { base, changes: BTreeMap::new() }
    }
}

impl Policy {
    /// RFC 8314 as it was written in 2018: TLS 1.1 and suites that RFC 9325 discourages are tolerated,
    /// for users of old programs that a host means to move on (RFC 8314 §4.1, §5.2). The engine has
    /// neither; a host's own TLS library may.
    pub fn rfc8314() -> Self {
        PolicyName::Rfc8314.into()
    }

    /// RFC 8314 as updated by RFC 8997: TLS 1.2 or later with suites that RFC 9325 recommends; other
    /// weaknesses are tolerated. The default.
    pub fn rfc8997() -> Self {
        PolicyName::Rfc8997.into()
    }

    /// BCP 195 (RFC 8996, RFC 9325 and, for new protocols, RFC 9852): the same, and no weakness is tolerated.
    pub fn bcp195() -> Self {
        PolicyName::Bcp195.into()
    }

    /// TLS 1.3 only.
    pub fn modern() -> Self {
        PolicyName::Modern.into()
    }

    /// TLS 1.3 with a post-quantum hybrid group, which has to be known.
    pub fn post_quantum() -> Self {
        PolicyName::PostQuantum.into()
    }

    /// The policy of this name: `rfc8314`, `rfc8997`, `bcp195`, `modern` or `post-quantum`.
    ///
    /// ```
    /// use mailtls::tls::policy::Policy;
    /// assert_eq!(Policy::named("bcp195"), Some(Policy::bcp195()));
    /// assert_eq!(Policy::named("lax"), None);
    /// ```
    pub fn named(name: &str) -> Option<Self> {
        PolicyName::from_name(name).map(Self::from)
    }

    /// Whether the policy refuses no channel for being of this version.
    pub fn allows_version(&self, version: Version) -> bool {
        self.allows(Item::Version(version))
    }

    /// Whether it refuses no channel for this cipher suite.
    pub fn allows_suite(&self, suite: CipherSuite) -> bool {
        self.allows(Item::CipherSuite(suite))
    }

    /// Whether it refuses no channel for this group.
    pub fn allows_group(&self, group: Group) -> bool {
        self.allows(Item::Group(group))
    }

    /// Whether it refuses no channel for this signature scheme.
    pub fn allows_signature_scheme(&self, scheme: SignatureScheme) -> bool {
        self.allows(Item::SignatureScheme(scheme))
    }

    /// Whether a channel of TLS 1.2 or older without the extended master secret is refused.
    pub fn requires_extended_master_secret(&self) -> bool {
        !self.allows(Item::Weakness(Weakness::NoExtendedMasterSecret))
    }

    /// Whether a channel is refused when nobody says which group its key came from.
    pub fn requires_known_group(&self) -> bool {
        !self.allows(Item::Weakness(Weakness::UnknownGroup))
    }

    /// Judges what was negotiated. What is not known counts against nobody, but for the group where
    /// the policy requires a certain one.
    pub fn judge(&self, facts: &TlsFacts) -> Verdict {
        verdict::judge(self, facts)
    }

    fn allows(&self, item: Item) -> bool {
        self.standing(item) != Standing::Refused
    }

    fn standing(&self, item: Item) -> Standing {
        self.changes.get(&item).copied().unwrap_or_else(|| self.base.standing(item))
    }

    /// Changes the standing of an item, to no better than RFC 8314's.
    fn set(&mut self, item: Item, standing: Standing) {
        let standing = standing.min(worth::ceiling(item));
        if standing == self.base.standing(item) {
            self.changes.remove(&item);
        } else {
            self.changes.insert(item, standing);
        }
    }
}

/// Judges the facts of a channel by the default policy (RFC 8314 §4.1, §5.2; RFC 8997 §3; RFC 9325 §4).
///
/// # Errors
/// [`ErrorCode::TlsPolicy`](crate::ErrorCode::TlsPolicy) with the reasons.
///
/// ```
/// use mailtls::tls::{facts::TlsFacts, policy, registry::{CipherSuite, Version}};
/// assert!(policy::judge(&TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301))).is_ok());
/// assert!(policy::judge(&TlsFacts::new(Version(0x0302), CipherSuite(0x002f))).is_err());
/// ```
pub fn judge(facts: &TlsFacts) -> Result<Confidential, Error> {
    Policy::default().judge(facts).proof()
}
