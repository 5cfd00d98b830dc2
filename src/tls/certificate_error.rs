//! Failures of certificates on their way through the engine, which has errors of its own for them.

use super::failure::{Check, Failure};
use crate::text::printable;
use rustls::pki_types::UnixTime;
use rustls::{CertificateError, OtherError};
use std::sync::Arc;
use x509_parser::time::ASN1Time;

impl Failure {
    /// What an error of the engine says of a certificate.
    pub(crate) fn of(error: &CertificateError) -> Self {
        if let CertificateError::Other(OtherError(other)) = error {
            if let Some(failure) = other.downcast_ref::<Self>() {
                return failure.clone();
            }
        }
        let (check, reason) = described(error);
        Self::new(check, printable(reason.as_bytes()))
    }

    /// The way through the engine, with the alert `certificate_unknown`.
    pub(crate) fn into_engine(self) -> CertificateError {
        CertificateError::Other(OtherError(Arc::new(self)))
    }
}

/// A time as the reasons write it.
fn date(time: UnixTime) -> String {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|seconds| ASN1Time::from_timestamp(seconds).ok())
        .map_or_else(|| "an impossible time".into(), |time| time.to_string())
}

fn described(error: &CertificateError) -> (Check, String) {
    use CertificateError as C;
    let (check, reason) = match error {
        C::ExpiredContext { not_after, .. } => {
            return (Check::Validity, format!("the certificate has expired, at {}", date(*not_after)));
        }
        C::NotValidYetContext { not_before, .. } => {
            return (Check::Validity, format!("the certificate is not valid before {}", date(*not_before)));
        }
        C::Expired => (Check::Validity, "the certificate has expired"),
        C::NotValidYet => (Check::Validity, "the certificate is not valid yet"),
        C::UnknownIssuer => (Check::Chain, "the certificate's issuer is not known here"),
        C::BadSignature => (
            Check::Chain,
            "a signature is wrong: the certificate is not of its issuer, or not of who shows it",
        ),
        C::Revoked => (Check::Revocation, "the certificate has been revoked"),
        C::UnknownRevocationStatus => {
            (Check::Revocation, "no revocation list tells whether the certificate has been revoked")
        }
        C::ExpiredRevocationListContext { next_update, .. } => {
            let reason = format!("the revocation list is out of date since {}", date(*next_update));
            return (Check::Revocation, reason);
        }
        C::BadEncoding => (Check::Form, "the certificate cannot be read"),
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => {
            (Check::Usage, "the certificate is not for this use")
        }
        C::UnhandledCriticalExtension => {
            (Check::Usage, "the certificate has a critical extension that is not known here")
        }
        other => return (Check::Usage, other.to_string()),
    };
    (check, reason.into())
}
