//! Servers' certificates, for a client: a chain to a trust anchor by webpki, then the name; TLSA
//! records before them, where the host has some, and a pin in their stead, where the user has made one.

mod dane;

use self::dane::Sent;
use super::identity::{PresentedIdentifiers, References};
use super::pin::Pin;
use super::revocation::{ReadLists, RevocationLists};
use super::tlsa::TlsaRecords;
use crate::tls::facts::PeerValidation;
use crate::tls::failure::{Check, Failure};
use crate::tls::policy::Policy;
use crate::tls::registry;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use rustls::{CertificateError, RootCertStore, SignatureScheme};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath};

/// What a client holds against any server's certificate.
pub(crate) struct Verifier {
    anchors: RootCertStore,
    revocation: ReadLists,
    algorithms: WebPkiSupportedAlgorithms,
    /// How a server may sign its handshake.
    schemes: Vec<SignatureScheme>,
}

/// Whether a chain that is valid is one of those that are wanted.
type WillDo<'a> = dyn Fn(&VerifiedPath<'_>) -> Result<(), webpki::Error> + 'a;

/// What it holds against the certificate of this one.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    /// Whom it is to be for.
    pub(crate) references: References,
    /// What DNS says of it, if DNSSEC has proved that.
    pub(crate) tlsa: Option<TlsaRecords>,
    /// The leaf that the user has pinned for this account and host.
    pub(crate) pin: Option<Pin>,
}

impl Verifier {
    pub(crate) fn new(
        anchors: RootCertStore,
        revocation: &RevocationLists,
        algorithms: WebPkiSupportedAlgorithms,
        policy: &Policy,
    ) -> Self {
        let mut schemes = algorithms.supported_schemes();
        schemes.retain(|scheme| policy.allows_signature_scheme(registry::SignatureScheme((*scheme).into())));
        Self { anchors, revocation: revocation.read(), algorithms, schemes }
    }

    /// The signature schemes that a server may sign its handshake with.
    pub(super) fn schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    /// How signatures are verified.
    pub(super) fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        &self.algorithms
    }

    /// Checks a certificate, with what the server has sent of its issuers: what stands behind it, or
    /// what it has not passed. Where DNS says what it must be, that decides, whatever has been pinned.
    pub(crate) fn check(
        &self,
        leaf: &CertificateDer<'_>,
        issuers: &[CertificateDer<'_>],
        expected: &Expected,
        now: UnixTime,
    ) -> Result<PeerValidation, CertificateError> {
        if let Some(records) = expected.tlsa.as_ref().filter(|records| records.any_usable()) {
            return self.by_dns(Sent { leaf, issuers }, expected, records, now);
        }
        let checked = self.by_authorities(leaf, issuers, expected, now);
        let pinned = |pin: Pin| pin.matches(leaf);
        match checked {
            // It is no longer what the user has accepted.
            Err(CertificateError::Revoked) => Err(CertificateError::Revoked),
            Err(_) if expected.pin.is_some_and(pinned) => Ok(PeerValidation::Pin),
            other => other.map(|()| PeerValidation::Pkix),
        }
    }

    /// A chain to an anchor of the host's, then the name.
    fn by_authorities(
        &self,
        leaf: &CertificateDer<'_>,
        issuers: &[CertificateDer<'_>],
        expected: &Expected,
        now: UnixTime,
    ) -> Result<(), CertificateError> {
        self.path(leaf, issuers, &self.anchors.roots, now, None)?;
        identity(leaf, &expected.references)
    }

    /// A chain of signatures from the leaf to one of the anchors (RFC 5280 §6.1), and one that will do.
    fn path(
        &self,
        leaf: &CertificateDer<'_>,
        issuers: &[CertificateDer<'_>],
        anchors: &[TrustAnchor<'_>],
        now: UnixTime,
        will_do: Option<&WillDo<'_>>,
    ) -> Result<(), CertificateError> {
        if self.revocation.refuses_all() {
            return Err(CertificateError::UnknownRevocationStatus);
        }
        let end_entity = EndEntityCert::try_from(leaf).map_err(in_words_of_the_engine)?;
        self.revocation
            .with(|revocation| {
                let (algorithms, usage) = (self.algorithms.all, KeyUsage::server_auth());
                end_entity
                    .verify_for_usage(algorithms, anchors, issuers, now, usage, revocation, will_do)
                    .map(|_| ())
            })
            .map_err(in_words_of_the_engine)
    }
}

/// Whether the certificate is for one of the reference identifiers.
fn identity(leaf: &CertificateDer<'_>, references: &References) -> Result<(), CertificateError> {
    let presented = PresentedIdentifiers::from_der(leaf).map_err(|_| CertificateError::BadEncoding)?;
    references
        .check(&presented)
        .map(|_| ())
        .map_err(|mismatch| Failure::new(Check::Identity, mismatch.to_string()).into_engine())
}

/// Which of the engine's errors, and so which alert, an error of webpki is.
fn in_words_of_the_engine(error: webpki::Error) -> CertificateError {
    use CertificateError as C;
    use webpki::Error as W;
    let (check, reason) = match error {
        W::BadDer | W::BadDerTime | W::TrailingData(_) | W::UnsupportedCertVersion => return C::BadEncoding,
        W::CertExpired { time, not_after } => return C::ExpiredContext { time, not_after },
        W::CertNotValidYet { time, not_before } => return C::NotValidYetContext { time, not_before },
        W::InvalidCertValidity => return C::Expired,
        W::UnknownIssuer => return C::UnknownIssuer,
        W::InvalidSignatureForPublicKey => return C::BadSignature,
        W::CertRevoked => return C::Revoked,
        W::UnknownRevocationStatus => return C::UnknownRevocationStatus,
        W::CrlExpired { time, next_update } => {
            return C::ExpiredRevocationListContext { time, next_update };
        }
        W::RequiredEkuNotFoundContext(_) => return C::InvalidPurpose,
        W::UnsupportedCriticalExtension => return C::UnhandledCriticalExtension,
        W::UnsupportedSignatureAlgorithmContext(_)
        | W::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            (Check::Chain, "a signature in the chain is of a kind that is not accepted")
        }
        W::IssuerNotCrlSigner
        | W::InvalidCrlSignatureForPublicKey
        | W::UnsupportedCrlSignatureAlgorithmContext(_)
        | W::UnsupportedCrlSignatureAlgorithmForPublicKeyContext(_) => {
            (Check::Revocation, "the revocation list is not signed by the certificate's issuer")
        }
        W::CaUsedAsEndEntity => (Check::Usage, "the certificate is an authority's, not a server's"),
        W::EndEntityUsedAsCa => (Check::Usage, "an issuer in the chain is no authority"),
        W::NameConstraintViolation => (Check::Usage, "an authority in the chain may not issue for this name"),
        W::PathLenConstraintViolated | W::MaximumPathDepthExceeded => (Check::Usage, "the chain is too long"),
        W::MaximumSignatureChecksExceeded
        | W::MaximumPathBuildCallsExceeded
        | W::MaximumNameConstraintComparisonsExceeded => {
            (Check::Chain, "the chain takes too much work to check")
        }
        _ => (Check::Form, "a certificate in the chain is malformed"),
    };
    Failure::new(check, reason).into_engine()
}

#[cfg(test)]
mod tests;
