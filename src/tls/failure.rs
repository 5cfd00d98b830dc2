//! Why a certificate does not convince: which check it has not passed, and what it is about. The checks
//! themselves are in `trust`.

use super::registry::Alert;
use crate::error::{Error, ErrorCode};
use core::fmt;

/// The checks of a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Check {
    /// Whether there is one, whether it is a certificate that can be read (RFC 5280 §4), and whether its
    /// key is one that signatures can be verified with.
    Form,
    /// A chain of good signatures to a trust anchor (RFC 5280 §6.1), and the signature by which the peer
    /// proves that the certificate is its own.
    Chain,
    /// The time that each certificate of the chain is valid for (RFC 5280 §4.1.2.5).
    Validity,
    /// What a certificate may be used for: extended key usage, basic constraints, path length, name
    /// constraints, critical extensions (RFC 5280 §4.2).
    Usage,
    /// That none has been revoked (RFC 5280 §5).
    Revocation,
    /// That it is for one of the reference identifiers (RFC 7817 §3, RFC 9525 §6).
    Identity,
    /// That it is one of those that the TLSA records name (RFC 6698 §2.1).
    Dane,
}

impl Check {
    /// All checks, in the order of their declaration.
    pub const ALL: &[Self] =
        &[Self::Form, Self::Chain, Self::Validity, Self::Usage, Self::Revocation, Self::Identity, Self::Dane];

    /// One word for the log: `chain`, `identity` and so on.
    pub fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Chain => "chain",
            Self::Validity => "validity",
            Self::Usage => "usage",
            Self::Revocation => "revocation",
            Self::Identity => "identity",
            Self::Dane => "dane",
        }
    }
}

/// A check that a server's certificate has not passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    check: Check,
    reason: String,
    /// What the peer is told.
    alert: Alert,
}

#[cfg_attr(not(feature = "engine"), allow(dead_code))] // Who checks is the engine.
impl Failure {
    pub(crate) fn new(check: Check, reason: impl Into<String>) -> Self {
        let alert = match check {
            Check::Form => Alert::BAD_CERTIFICATE,
            Check::Chain => Alert::UNKNOWN_CA,
            Check::Validity => Alert::CERTIFICATE_EXPIRED,
            Check::Usage => Alert::UNSUPPORTED_CERTIFICATE,
            Check::Revocation => Alert::CERTIFICATE_REVOKED,
            Check::Identity | Check::Dane => Alert::CERTIFICATE_UNKNOWN,
        };
        Self { check, reason: reason.into(), alert }
    }

    /// Without a clock nothing is valid.
    pub(crate) fn no_clock() -> Self {
        Self::new(
            Check::Validity,
            "the system's clock does not tell the time, and without it no certificate is valid",
        )
    }

    /// There is nothing to be checked.
    pub(crate) fn no_certificate() -> Self {
        Self::new(Check::Form, "the peer has shown no certificate")
    }

    /// The same, of which the peer is told by another alert than usual.
    pub(crate) fn with_alert(self, alert: Alert) -> Self {
        Self { alert, ..self }
    }

    pub(crate) fn alert(&self) -> Alert {
        self.alert
    }
}

impl Failure {
    /// Which check it was. Those before it were passed, or were not needed.
    pub fn check(&self) -> Check {
        self.check
    }

    /// One line: what is wrong, for which name, and what the certificate offers instead.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The code of the error that ends a connection for it.
    pub fn code(&self) -> ErrorCode {
        match self.check {
            Check::Form | Check::Usage => ErrorCode::CertificateUnfit,
            Check::Chain | Check::Dane => ErrorCode::CertificateUntrusted,
            Check::Validity => ErrorCode::CertificateExpired,
            Check::Revocation => ErrorCode::CertificateRevoked,
            Check::Identity => ErrorCode::CertificateNameMismatch,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl core::error::Error for Failure {}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::new(failure.code(), failure.reason)
    }
}
