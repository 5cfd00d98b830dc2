//! Certificates of servers: who looks at them in the handshake, and what has come of it.

use super::identity::References;
use super::signature::{self, Handshake};
use super::verifier::{Expected, Verifier};
use crate::tls::facts::PeerValidation;
use crate::tls::failure::{Check, Failure};
use core::fmt;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use std::sync::{Arc, OnceLock};

/// The check of servers' certificates in the handshake.
pub(crate) struct ServerCertificates {
    verifier: Arc<Verifier>,
    expected: Whom,
}

enum Whom {
    /// Who goes by the name that the connection was made to. All such connections share one of
    /// these, and so the engine resumes their sessions.
    NameConnectedTo,
    /// The one server of one connection.
    This { expected: Box<Expected>, deferred: bool, seen: OnceLock<Seen> },
}

/// What was seen in the handshake.
#[derive(Clone)]
pub(crate) struct Seen {
    /// What stands behind the certificate, or why it does not convince.
    pub(crate) outcome: Result<PeerValidation, Failure>,
    /// The OCSP response that the server has stapled; empty when it has not.
    pub(crate) ocsp_response: Vec<u8>,
}

impl ServerCertificates {
    /// For connections to servers that are known by their name alone.
    pub(crate) fn of_name_connected_to(verifier: Arc<Verifier>) -> Self {
        Self { verifier, expected: Whom::NameConnectedTo }
    }

    /// For one connection. When `deferred`, any certificate passes whose key the server holds, and
    /// [`Self::seen`] tells what it is worth.
    pub(crate) fn of_this(verifier: Arc<Verifier>, expected: Expected, deferred: bool) -> Self {
        let expected = Whom::This { expected: Box::new(expected), deferred, seen: OnceLock::new() };
        Self { verifier, expected }
    }

    /// What was seen in the handshake of the one connection.
    pub(crate) fn seen(&self) -> Option<&Seen> {
        match &self.expected {
            Whom::NameConnectedTo => None,
            Whom::This { seen, .. } => seen.get(),
        }
    }

    /// Judges again what a resumed session brings along: it may have expired since.
    pub(crate) fn judge_again(
        &self,
        chain: &[Vec<u8>],
        host: &str,
        now: Option<UnixTime>,
    ) -> Result<PeerValidation, Failure> {
        let now = now.ok_or_else(Failure::no_clock)?;
        let chain: Vec<_> = chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let (leaf, issuers) = chain.split_first().ok_or_else(Failure::no_certificate)?;
        self.judge(leaf, issuers, host, now)
    }

    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        issuers: &[CertificateDer<'_>],
        host: &str,
        now: UnixTime,
    ) -> Result<PeerValidation, Failure> {
        match &self.expected {
            Whom::This { expected, .. } => self.verifier.check(leaf, issuers, expected, now),
            Whom::NameConnectedTo => {
                let references = References::of_host(host)
                    .map_err(|error| Failure::new(Check::Identity, error.reason()))?;
                let expected = Expected { references, tlsa: None, pin: None };
                self.verifier.check(leaf, issuers, &expected, now)
            }
        }
    }
}

impl ServerCertificates {
    /// Verifies the signature of a handshake, if it is of a kind that was offered.
    fn verify(
        &self,
        handshake: Handshake,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if !self.verifier.schemes().contains(&signature.scheme) {
            return Err(rustls::PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
        }
        signature::verify(
            handshake,
            message,
            certificate,
            signature,
            self.verifier.algorithms(),
            self.verifier.refusals(),
        )
    }
}

impl fmt::Debug for ServerCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerCertificates")
    }
}

impl ServerCertVerifier for ServerCertificates {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let outcome = self.judge(end_entity, intermediates, &server_name.to_str(), now);
        let mut passes = outcome.clone().map(|_| ServerCertVerified::assertion());
        if let Whom::This { deferred, seen, .. } = &self.expected {
            // A handshake has one Certificate message.
            let _ = seen.set(Seen { outcome, ocsp_response: ocsp_response.to_vec() });
            if *deferred {
                passes = Ok(ServerCertVerified::assertion());
            }
        }
        passes.map_err(|failure| self.verifier.refusals().refuse(failure))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verify(Handshake::Tls12, message, cert, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verify(Handshake::Tls13, message, cert, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.schemes().to_vec()
    }
}
