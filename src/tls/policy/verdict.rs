//! The verdict on a channel: how it stands, why, and the proof that goes with it.

use super::super::facts::TlsFacts;
use super::super::registry::{CipherSuite, Group, SignatureScheme, Version};
use super::worth::{self, Worth};
use super::{Item, Policy, Weakness, certificate};
use crate::error::{Error, ErrorCode};
use core::fmt;

/// Proof that a policy has judged the channel and found it confidential.
///
/// Only [`Verdict::proof`] makes one, and without one no dialogue can raise credentials to the host or
/// send any: the type system holds RFC 8314's "no password in clear".
#[derive(Clone, Copy, Debug)]
pub struct Confidential(());

#[cfg(test)]
impl Confidential {
    /// For tests of rooms that need a proof and have no TLS.
    pub(crate) fn for_test() -> Self {
        Self(())
    }
}

/// How something stands before a policy; what is better is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It must not be used.
    Refused,
    /// It may be used, and ought to go.
    Tolerated,
    /// Nothing to be said against it.
    Accepted,
}

impl Standing {
    /// `refused`, `tolerated` or `accepted`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Tolerated => "tolerated",
            Self::Accepted => "accepted",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The part of a channel that a reason is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The version.
    Version,
    /// The cipher suite.
    CipherSuite,
    /// The group of the key exchange.
    Group,
    /// The scheme that the handshake was signed with.
    SignatureScheme,
    /// The peer's certificate.
    Certificate,
    /// The extended master secret.
    ExtendedMasterSecret,
}

impl Part {
    /// `version`, `cipher-suite`, `group`, `signature-scheme`, `certificate` or
    /// `extended-master-secret`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::CipherSuite => "cipher-suite",
            Self::Group => "group",
            Self::SignatureScheme => "signature-scheme",
            Self::Certificate => "certificate",
            Self::ExtendedMasterSecret => "extended-master-secret",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a channel is not simply accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    part: Part,
    standing: Standing,
    section: &'static str,
    sentence: String,
}

impl Reason {
    /// What it is about.
    pub fn part(&self) -> Part {
        self.part
    }

    /// Tolerated or refused.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Where that is written, as `RFC 9325 §4.1`.
    pub fn section(&self) -> &'static str {
        self.section
    }

    /// What is wrong and what to do about it, in one sentence without a final stop.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }
}

/// The sentence and the section in brackets.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.sentence, self.section)
    }
}

/// What a policy says of a channel.
///
/// ```
/// use mailtls::tls::{facts::TlsFacts, policy::{Policy, Standing}, registry::{CipherSuite, Version}};
/// let facts = TlsFacts::new(Version(0x0302), CipherSuite(0xc013));
/// let verdict = Policy::rfc8314().judge(&facts);
/// assert_eq!(verdict.standing(), Standing::Tolerated);
/// let reason = &verdict.reasons()[0];
/// assert_eq!(reason.section(), "RFC 8997 §3");
/// assert_eq!(reason.sentence(), "TLSv1.1 is deprecated; use TLSv1.2 or later");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    reasons: Vec<Reason>,
}

impl Verdict {
    /// The worst of its reasons; accepted when there is none.
    pub fn standing(&self) -> Standing {
        self.reasons.iter().map(|reason| reason.standing).min().unwrap_or(Standing::Accepted)
    }

    /// Everything that is tolerated or refused, in the order of [`Part`].
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Whether credentials may go over the channel: it is accepted, or tolerated.
    ///
    /// # Errors
    /// [`ErrorCode::TlsPolicy`] with every reason to refuse it.
    pub fn proof(&self) -> Result<Confidential, Error> {
        let refusals = self.reasons.iter().filter(|reason| reason.standing == Standing::Refused);
        let texts: Vec<_> = refusals.map(|reason| reason.to_string()).collect();
        if texts.is_empty() {
            Ok(Confidential(()))
        } else {
            Err(Error::new(ErrorCode::TlsPolicy, texts.join("; ")))
        }
    }
}

/// `accepted`, or the standing and the reasons in one line.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.standing())?;
        for (at, reason) in self.reasons.iter().enumerate() {
            write!(f, "{} {reason}", if at == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}

pub(super) fn judge(policy: &Policy, facts: &TlsFacts) -> Verdict {
    let mut judge = Judge { policy, reasons: Vec::new() };
    judge.version(facts.version);
    judge.cipher_suite(facts.cipher_suite);
    judge.group(facts.group);
    if let Some(scheme) = facts.signature_scheme {
        judge.signature_scheme(scheme);
    }
    if let Some(leaf) = facts.peer_certificates.first() {
        judge.certificate(leaf);
    }
    // TLS 1.3 binds its keys to the handshake anyway.
    if facts.version < Version::TLS_1_3 && facts.extended_master_secret == Some(false) {
        judge.no_extended_master_secret();
    }
    Verdict { reasons: judge.reasons }
}

struct Judge<'a> {
    policy: &'a Policy,
    reasons: Vec<Reason>,
}

impl Judge<'_> {
    fn reason(&mut self, part: Part, standing: Standing, section: &'static str, sentence: String) {
        if standing != Standing::Accepted {
            self.reasons.push(Reason { part, standing, section, sentence });
        }
    }

    fn version(&mut self, version: Version) {
        let standing = self.policy.standing(Item::Version(version));
        if standing == Standing::Accepted {
            return;
        }
        let accepted =
            |version: &Version| self.policy.standing(Item::Version(*version)) == Standing::Accepted;
        let advice = match Version::all().find(accepted) {
            Some(first) if first < Version::TLS_1_3 => format!("use {first} or later"),
            _ => "use TLSv1.3".to_owned(),
        };
        let (what, section) = match worth::version(version) {
            Worth::Good => ("is not enough for the policy", "RFC 9325 §3.1.1"),
            Worth::Discouraged(what) => (what, "RFC 8997 §3"),
            Worth::Bad(what) => (what, "RFC 8314 §4.1"),
        };
        self.reason(Part::Version, standing, section, format!("{version} {what}; {advice}"));
    }

    fn cipher_suite(&mut self, suite: CipherSuite) {
        let standing = self.policy.standing(Item::CipherSuite(suite));
        if standing == Standing::Accepted {
            return;
        }
        let (what, section) = match worth::cipher_suite(suite) {
            Worth::Good => ("is not enough for the policy", "RFC 9325 §4.2"),
            Worth::Discouraged(what @ (worth::NO_FORWARD_SECRECY | worth::FINITE_FIELD)) => {
                (what, "RFC 10015")
            }
            Worth::Discouraged(what) | Worth::Bad(what) => (what, "RFC 9325 §4.1"),
        };
        let advice = if self.policy.allows_version(Version::TLS_1_2) {
            "use TLSv1.3, or ECDHE with AES-GCM or ChaCha20-Poly1305"
        } else {
            "use a suite of TLSv1.3"
        };
        self.reason(Part::CipherSuite, standing, section, format!("cipher suite {suite} {what}; {advice}"));
    }

    fn group(&mut self, group: Option<Group>) {
        let item = group.map_or(Item::Weakness(Weakness::UnknownGroup), Item::Group);
        let standing = self.policy.standing(item);
        if standing == Standing::Accepted {
            return;
        }
        let hybrid =
            Group::all().any(|group| group.is_post_quantum_hybrid() && self.policy.allows_group(group));
        let curve =
            Group::all().any(|group| !group.is_post_quantum_hybrid() && self.policy.allows_group(group));
        let (name, what) = match (group, group.map(worth::group)) {
            (Some(group), Some(Worth::Discouraged(what) | Worth::Bad(what))) => {
                (format!("group {group}"), what)
            }
            (Some(group), _) if hybrid && !curve => (format!("group {group}"), "is no post-quantum hybrid"),
            (Some(group), _) => (format!("group {group}"), "is not enough for the policy"),
            (None, _) => ("the group of the key exchange".to_owned(), "is not known"),
        };
        let (advice, section) = match (group, curve) {
            (None, _) => ("make a full handshake, and tell its group", "RFC 10024"),
            (_, false) => ("offer X25519MLKEM768", "RFC 10024"),
            (_, true) => ("offer x25519 or secp256r1", "RFC 9325 §4.5"),
        };
        self.reason(Part::Group, standing, section, format!("{name} {what}; {advice}"));
    }

    fn signature_scheme(&mut self, scheme: SignatureScheme) {
        let standing = self.policy.standing(Item::SignatureScheme(scheme));
        let (what, section) = match worth::signature_scheme(scheme) {
            Worth::Good => ("is not enough for the policy", "RFC 9325 §4.5"),
            Worth::Discouraged(what) | Worth::Bad(what) => (what, "RFC 9155 §4"),
        };
        let sentence = format!("signature scheme {scheme} {what}; sign with SHA-256 or better");
        self.reason(Part::SignatureScheme, standing, section, sentence);
    }

    fn certificate(&mut self, leaf: &[u8]) {
        let tolerated = self.policy.standing(Item::Weakness(Weakness::WeakCertificate));
        for worth in certificate::worth(leaf) {
            let (standing, what) = match worth {
                Worth::Good => continue,
                Worth::Discouraged(what) => (tolerated, what),
                Worth::Bad(what) => (Standing::Refused, what),
            };
            let advice = "get one with an RSA key of 2048 bits or P-256, signed with SHA-256";
            self.reason(
                Part::Certificate,
                standing,
                "RFC 9325 §4.5",
                format!("the peer's certificate {what}; {advice}"),
            );
        }
    }

    fn no_extended_master_secret(&mut self) {
        let standing = self.policy.standing(Item::Weakness(Weakness::NoExtendedMasterSecret));
        let sentence =
            "the extended master secret was not negotiated; use TLSv1.3, or a TLS library that has it";
        self.reason(Part::ExtendedMasterSecret, standing, "RFC 9325 §3.5", sentence.to_owned());
    }
}
