//! The named policies, from the laxest to the strictest: what each adds to the one before.

use super::worth;
use super::{Item, Standing, Weakness};

/// The policies that have a name, the laxest first: each accepts and tolerates nothing that the one
/// before it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyName {
    /// [`Policy::rfc8314`](super::Policy::rfc8314).
    Rfc8314,
    /// [`Policy::rfc8997`](super::Policy::rfc8997).
    Rfc8997,
    /// [`Policy::bcp195`](super::Policy::bcp195).
    Bcp195,
    /// [`Policy::modern`](super::Policy::modern).
    Modern,
    /// [`Policy::post_quantum`](super::Policy::post_quantum).
    PostQuantum,
}

impl PolicyName {
    /// All of them, the laxest first.
    pub const ALL: [Self; 5] = [Self::Rfc8314, Self::Rfc8997, Self::Bcp195, Self::Modern, Self::PostQuantum];

    /// The name in a policy's text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rfc8314 => "rfc8314",
            Self::Rfc8997 => "rfc8997",
            Self::Bcp195 => "bcp195",
            Self::Modern => "modern",
            Self::PostQuantum => "post-quantum",
        }
    }

    /// The policy with this name, in upper or lower case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.name().eq_ignore_ascii_case(name))
    }

    /// What the policy says of an item: what RFC 8314 said, as far as this one still tolerates it.
    pub(super) fn standing(self, item: Item) -> Standing {
        let standing = worth::ceiling(item);
        let refuses = match item {
            // RFC 8997 §3.
            Item::Version(_) if self < Self::Modern => {
                self >= Self::Rfc8997 && standing == Standing::Tolerated
            }
            Item::Version(version) => version != super::Version::TLS_1_3,
            Item::CipherSuite(suite) => {
                (self >= Self::Rfc8997 && standing == Standing::Tolerated)
                    || (self >= Self::Modern && !suite.is_tls13())
            }
            Item::Group(group) => {
                (self >= Self::Bcp195 && standing == Standing::Tolerated)
                    || (self == Self::PostQuantum && !group.is_post_quantum_hybrid())
            }
            Item::SignatureScheme(_)
            | Item::Weakness(Weakness::WeakCertificate | Weakness::NoExtendedMasterSecret) => {
                self >= Self::Bcp195 && standing == Standing::Tolerated
            }
            Item::Weakness(Weakness::UnknownGroup) => self == Self::PostQuantum,
        };
        if refuses { Standing::Refused } else { standing }
    }
}
