//! Whether a peer's certificate is trusted: a chain to an authority of the host's, by webpki, or exactly one that
//! the host has supplied.

mod reason;

use super::anchors::Anchors;
use super::certificate::parse;
use super::revocation::{ReadLists, RevocationLists};
use crate::tls::failure::{Check, Failure};
use reason::Judged;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, VerifiedPath};

/// A certificate, and what its peer has sent of its issuers.
#[derive(Clone, Copy)]
pub(super) struct Sent<'a> {
    pub(super) leaf: &'a CertificateDer<'a>,
    pub(super) issuers: &'a [CertificateDer<'a>],
}

/// Whose certificates are looked at (RFC 5280 §4.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Usage {
    Server,
    Client,
}

/// What is held against the certificate of any peer.
pub(super) struct Paths {
    anchors: Anchors,
    revocation: ReadLists,
    algorithms: WebPkiSupportedAlgorithms,
    usage: Usage,
}

/// Whether a chain that is valid is one of those that are wanted.
pub(super) type WillDo<'a> = dyn Fn(&VerifiedPath<'_>) -> Result<(), webpki::Error> + 'a;

impl Paths {
    pub(super) fn new(
        anchors: Anchors,
        revocation: &RevocationLists,
        algorithms: WebPkiSupportedAlgorithms,
        usage: Usage,
    ) -> Self {
        Self { anchors, revocation: revocation.read(), algorithms, usage }
    }

    /// What is trusted.
    pub(super) fn anchors(&self) -> &Anchors {
        &self.anchors
    }

    /// How signatures are verified.
    pub(super) fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        &self.algorithms
    }

    /// Whether there is a chain to one of the host's authorities, or the certificate is one that the host has
    /// supplied: what is trusted without a chain is a matter of policy (RFC 5280 §6.1). Names are not looked at.
    pub(super) fn check(&self, sent: Sent<'_>, now: UnixTime) -> Result<(), Failure> {
        match self.path(sent, self.anchors.authorities(), now, None) {
            Err(failure) if failure.check() != Check::Revocation && self.anchors.has(sent.leaf) => {
                self.supplied(sent, now)
            }
            found => found,
        }
    }

    /// A chain of signatures from the leaf to one of the anchors (RFC 5280 §6.1), and one that will do.
    pub(super) fn path(
        &self,
        sent: Sent<'_>,
        anchors: &[TrustAnchor<'_>],
        now: UnixTime,
        will_do: Option<&WillDo<'_>>,
    ) -> Result<(), Failure> {
        if self.revocation.refuses_all() {
            return Err(reason::unknown_revocation());
        }
        let found = EndEntityCert::try_from(sent.leaf).and_then(|end_entity| {
            self.revocation.with(|revocation| {
                let (algorithms, usage) = (self.algorithms.all, self.usage.of_webpki());
                end_entity
                    .verify_for_usage(algorithms, anchors, sent.issuers, now, usage, revocation, will_do)
                    .map(|_| ())
            })
        });
        found.map_err(|error| self.reason(sent, now, &error))
    }

    /// What webpki's finding means.
    pub(super) fn reason(&self, sent: Sent<'_>, now: UnixTime, error: &webpki::Error) -> Failure {
        self.judged(sent, now).failure(error)
    }

    /// The certificate is the anchor itself. What remains to be checked is what may change although the host
    /// trusts it, and what it says that it is for.
    fn supplied(&self, sent: Sent<'_>, now: UnixTime) -> Result<(), Failure> {
        let judged = self.judged(sent, now);
        let certificate = parse(sent.leaf).ok_or_else(|| judged.unreadable())?;
        judged.validity(&certificate)?;
        match certificate.extended_key_usage() {
            Ok(None) => {}
            Ok(Some(usage)) if usage.value.any || self.usage.is_among(usage.value) => {}
            _ => return Err(judged.other_usage()),
        }
        if self.is_listed(sent.leaf) {
            return Err(reason::revoked());
        }
        // No list can be proved to be its issuer's, for there is no issuer that is trusted.
        if self.revocation.wants_to_know() {
            return Err(reason::unknown_revocation());
        }
        Ok(())
    }

    /// Whether a list of the certificate's issuer, by its name, says that it has been revoked. Nothing can be
    /// proved by such a list, but that is no reason to pass over it.
    pub(super) fn is_listed(&self, leaf: &CertificateDer<'_>) -> bool {
        parse(leaf).is_some_and(|certificate| self.revocation.name(&certificate))
    }

    /// What is said of one that has been.
    pub(super) fn revoked() -> Failure {
        reason::revoked()
    }

    fn judged<'a>(&'a self, sent: Sent<'a>, now: UnixTime) -> Judged<'a> {
        Judged { paths: self, sent, now }
    }
}

impl Usage {
    fn of_webpki(self) -> webpki::KeyUsage {
        match self {
            Self::Server => webpki::KeyUsage::server_auth(),
            Self::Client => webpki::KeyUsage::client_auth(),
        }
    }

    fn is_among(self, purposes: &x509_parser::extensions::ExtendedKeyUsage<'_>) -> bool {
        match self {
            Self::Server => purposes.server_auth,
            Self::Client => purposes.client_auth,
        }
    }
}
