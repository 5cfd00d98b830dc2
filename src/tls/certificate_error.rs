//! Failures of certificates on their way through the engine, which has errors of its own for them.

use super::failure::{Check, Failure};
use super::registry::Alert;
use rustls::{CertificateError, OtherError};
use std::sync::Arc;

impl Failure {
    /// What an error of the engine says of a certificate, where nothing more is known
    /// ([`super::refusals::Refusals`]).
    pub(super) fn of(error: &CertificateError) -> Self {
        use CertificateError as C;
        if let C::Other(OtherError(other)) = error {
            if let Some(failure) = other.downcast_ref::<Self>() {
                return failure.clone();
            }
        }
        let (check, reason) = match error {
            C::BadEncoding | C::UnhandledCriticalExtension => (Check::Form, "the certificate cannot be read"),
            C::Expired | C::ExpiredContext { .. } | C::NotValidYet | C::NotValidYetContext { .. } => {
                (Check::Validity, "the certificate is not valid at this time")
            }
            C::UnknownIssuer => (Check::Chain, "the certificate leads to no trusted authority"),
            C::BadSignature => (Check::Chain, "a signature is wrong"),
            C::Revoked => (Check::Revocation, "the certificate has been revoked"),
            C::NotValidForName | C::NotValidForNameContext { .. } => {
                (Check::Identity, "the certificate is for another name")
            }
            _ => (Check::Usage, "the certificate is not acceptable"),
        };
        Self::new(check, reason)
    }

    /// The error by which the engine sends the alert that belongs to it.
    pub(crate) fn into_engine(self) -> CertificateError {
        match self.alert() {
            Alert::BAD_CERTIFICATE => CertificateError::BadEncoding,
            Alert::UNSUPPORTED_CERTIFICATE => CertificateError::InvalidPurpose,
            Alert::CERTIFICATE_REVOKED => CertificateError::Revoked,
            Alert::CERTIFICATE_EXPIRED => CertificateError::Expired,
            Alert::UNKNOWN_CA => CertificateError::UnknownIssuer,
            Alert::DECRYPT_ERROR => CertificateError::BadSignature,
            _ => CertificateError::Other(OtherError(Arc::new(self))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::AlertDescription;

    #[test]
    fn every_failure_brings_its_alert_about() {
        for &check in Check::ALL {
            let failure = Failure::new(check, "why");
            for failure in [failure.clone(), failure.with_alert(Alert::DECRYPT_ERROR)] {
                let engine = failure.clone().into_engine();
                assert_eq!(u8::from(AlertDescription::from(engine.clone())), failure.alert().0, "{check:?}");
                assert!(!Failure::of(&engine).reason().is_empty());
            }
        }
    }
}
