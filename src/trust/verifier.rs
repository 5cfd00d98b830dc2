//! Servers' certificates, for a client: a trusted one, then the name; TLSA records before them, where the host has
//! some, and a pin in their stead, where the user has made one.

mod dane;

use super::anchors::Anchors;
use super::identity::{PresentedIdentifiers, References};
use super::path::{Paths, Sent, Usage};
use super::pin::Pin;
use super::revocation::RevocationLists;
use super::tlsa::TlsaRecords;
use crate::tls::facts::PeerValidation;
use crate::tls::failure::{Check, Failure};
use crate::tls::policy::Policy;
use crate::tls::refusals::Refusals;
use crate::tls::registry::{self, Alert};
use rustls::SignatureScheme;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, UnixTime};
use std::sync::Arc;

/// What a client holds against any server's certificate.
pub(crate) struct Verifier {
    paths: Paths,
    /// How a server may sign its handshake.
    schemes: Vec<SignatureScheme>,
    refusals: Arc<Refusals>,
}

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
        anchors: Anchors,
        revocation: &RevocationLists,
        algorithms: WebPkiSupportedAlgorithms,
        policy: &Policy,
    ) -> Self {
        let mut schemes = algorithms.supported_schemes();
        schemes.retain(|scheme| policy.allows_signature_scheme(registry::SignatureScheme((*scheme).into())));
        let paths = Paths::new(anchors, revocation, algorithms, Usage::Server);
        Self { paths, schemes, refusals: Arc::default() }
    }

    /// The signature schemes that a server may sign its handshake with.
    pub(super) fn schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    /// How signatures are verified.
    pub(super) fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        self.paths.algorithms()
    }

    /// Where the reasons of a refusal in the handshake are.
    pub(crate) fn refusals(&self) -> &Arc<Refusals> {
        &self.refusals
    }

    /// Checks a certificate, with what the server has sent of its issuers: what stands behind it, or
    /// what it has not passed. Where DNS says what it must be, that decides, whatever has been pinned.
    pub(crate) fn check(
        &self,
        leaf: &CertificateDer<'_>,
        issuers: &[CertificateDer<'_>],
        expected: &Expected,
        now: UnixTime,
    ) -> Result<PeerValidation, Failure> {
        let sent = Sent { leaf, issuers };
        if let Some(records) = expected.tlsa.as_ref().filter(|records| records.any_usable()) {
            return self.by_dns(sent, expected, records, now);
        }
        match self.trusted(sent, expected, now) {
            Ok(()) => Ok(PeerValidation::Pkix),
            // It is no longer what the user has accepted.
            Err(failure) if failure.alert() == Alert::CERTIFICATE_REVOKED => Err(failure),
            Err(_) if self.paths.is_listed(leaf) => Err(Paths::revoked()),
            // The pin is of these octets, whatever they say and whether or not they can be read.
            Err(_) if expected.pin.is_some_and(|pin| pin.matches(leaf)) => Ok(PeerValidation::Pin),
            Err(failure) => Err(failure),
        }
    }

    /// What the host trusts, then the name.
    fn trusted(&self, sent: Sent<'_>, expected: &Expected, now: UnixTime) -> Result<(), Failure> {
        self.paths.check(sent, now)?;
        identity(sent.leaf, &expected.references)
    }
}

/// Whether the certificate is for one of the reference identifiers.
fn identity(leaf: &CertificateDer<'_>, references: &References) -> Result<(), Failure> {
    let presented = PresentedIdentifiers::from_der(leaf).map_err(|error| {
        let reason =
            format!("the certificate's names cannot be read ({}): its owner must replace it", error.reason());
        Failure::new(Check::Form, reason)
    })?;
    match references.check(&presented) {
        Ok(_) => Ok(()),
        Err(mismatch) => {
            let advice = "connect by a name that it is for, or have its owner add this one";
            Err(Failure::new(Check::Identity, format!("{mismatch}: {advice}")))
        }
    }
}

#[cfg(test)]
mod tests;
