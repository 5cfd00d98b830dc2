//! Certificates of clients: who looks at them, and what becomes of one that does not convince.

use super::anchors::Anchors;
use super::path::{Paths, Sent, Usage};
use super::pem::Given;
use super::revocation::RevocationLists;
use super::signature::{self, Handshake};
use crate::error::Error;
use crate::tls::config::provider;
use crate::tls::failure::Failure;
use crate::tls::refusals::Refusals;
use core::fmt;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, SignatureScheme};
use std::sync::Arc;

/// What a server does with a client whose certificate does not convince it: it leads to no trust
/// anchor, has expired, or is not for clients.
///
/// A client that shows none at all is always served, without a certificate's rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InvalidClientCertificate {
    /// The handshake is refused, with the alert and the error that say why.
    Refuse,
    /// It is served like a client without one, and the host is told why
    /// ([`crate::Event::ClientCertificateInvalid`]). A certificate that is none, or whose key it does
    /// not hold, is refused here as well.
    Anonymous,
}

/// Whose certificates of clients are valid, and what becomes of others.
#[derive(Clone)]
pub(crate) struct ClientAuthorities {
    anchors: Anchors,
    invalid: InvalidClientCertificate,
}

impl ClientAuthorities {
    /// Certificates of these authorities, in PEM, are valid, and these certificates themselves.
    pub(crate) fn new(ca_pem: Given<'_>, invalid: InvalidClientCertificate) -> Result<Self, Error> {
        let mut anchors = Anchors::none();
        anchors.add_pem(ca_pem)?;
        Ok(Self { anchors, invalid })
    }

    /// Unless these lists say that they have been revoked.
    pub(crate) fn verifier(&self, revocation: &RevocationLists) -> ClientCertificates {
        let algorithms = provider().signature_verification_algorithms;
        ClientCertificates(Arc::new(Verifier {
            hints: self.anchors.issuers(),
            paths: Paths::new(self.anchors.clone(), revocation, algorithms, Usage::Client),
            invalid: self.invalid,
            refusals: Arc::default(),
        }))
    }
}

/// The verifier of client certificates.
#[derive(Clone)]
pub(crate) struct ClientCertificates(Arc<Verifier>);

struct Verifier {
    paths: Paths,
    /// The names of those whose certificates are asked for.
    hints: Vec<DistinguishedName>,
    invalid: InvalidClientCertificate,
    refusals: Arc<Refusals>,
}

/// What a client's certificate is worth.
pub(crate) enum Verdict {
    Valid,
    /// The client is served as one without a certificate, for this reason.
    Anonymous(Error),
    Refused(Error),
}

impl ClientCertificates {
    /// The verifier for the handshake, and where the reasons of a refusal are then.
    pub(crate) fn in_handshake(&self) -> (Arc<dyn ClientCertVerifier>, Arc<Refusals>) {
        (Arc::clone(&self.0) as _, Arc::clone(&self.0.refusals))
    }

    /// Judges what a client has shown, leaf first, once the handshake is complete. The engine has
    /// made sure that it holds the key, and in a full handshake that may refuse also of the rest;
    /// what a resumed session brings along may have expired since.
    pub(crate) fn judge(&self, chain: &[Vec<u8>], resumed: bool, now: Option<UnixTime>) -> Verdict {
        let refuse = self.0.invalid == InvalidClientCertificate::Refuse;
        if refuse && !resumed {
            return Verdict::Valid;
        }
        match self.verify(chain, now) {
            Ok(()) => Verdict::Valid,
            Err(failure) if refuse => Verdict::Refused(failure.into()),
            Err(failure) => Verdict::Anonymous(failure.into()),
        }
    }

    fn verify(&self, chain: &[Vec<u8>], now: Option<UnixTime>) -> Result<(), Failure> {
        let now = now.ok_or_else(Failure::no_clock)?;
        let chain: Vec<_> = chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let (leaf, issuers) = chain.split_first().ok_or_else(Failure::no_certificate)?;
        self.0.paths.check(Sent { leaf, issuers }, now)
    }
}

impl Verifier {
    fn verify(
        &self,
        handshake: Handshake,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        signature::verify(handshake, message, certificate, signature, self.paths.algorithms(), &self.refusals)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCertificates")
    }
}

impl ClientCertVerifier for Verifier {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let verified = match self.invalid {
            InvalidClientCertificate::Refuse => {
                self.paths.check(Sent { leaf: end_entity, issuers: intermediates }, now)
            }
            // What it is worth is judged afterwards.
            InvalidClientCertificate::Anonymous => Ok(()),
        };
        match verified {
            Ok(()) => Ok(ClientCertVerified::assertion()),
            Err(failure) => Err(self.refusals.refuse(failure)),
        }
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
        self.paths.algorithms().supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;
    use core::time::Duration;

    fn at(seconds: u64) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }

    /// A certificate that is its own authority, valid in 2026.
    fn made() -> rcgen::Certificate {
        let mut params = rcgen::CertificateParams::new(vec!["tim.example".into()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2027, 1, 1);
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap()
    }

    #[test]
    fn what_was_verified_in_the_handshake_is_verified_again_where_it_must_be() {
        let certificate = made();
        let chain = [certificate.der().to_vec()];
        let (in_time, too_late) = (at(1_780_000_000), at(1_800_000_000));
        let judge = |invalid, resumed, now| {
            ClientAuthorities::new(certificate.pem().as_bytes().into(), invalid)
                .map(|authorities| authorities.verifier(&RevocationLists::default()))
                .unwrap()
                .judge(&chain, resumed, now)
        };
        for resumed in [false, true] {
            for invalid in [InvalidClientCertificate::Refuse, InvalidClientCertificate::Anonymous] {
                assert!(matches!(judge(invalid, resumed, in_time), Verdict::Valid));
            }
            let Verdict::Anonymous(error) = judge(InvalidClientCertificate::Anonymous, resumed, too_late)
            else {
                panic!("not anonymous");
            };
            assert_eq!(error.code(), ErrorCode::CertificateExpired);
        }
        assert!(matches!(judge(InvalidClientCertificate::Refuse, false, too_late), Verdict::Valid));
        let Verdict::Refused(error) = judge(InvalidClientCertificate::Refuse, true, too_late) else {
            panic!("not refused");
        };
        assert_eq!(error.code(), ErrorCode::CertificateExpired);
        assert!(matches!(judge(InvalidClientCertificate::Refuse, true, None), Verdict::Refused(_)));
    }

    #[test]
    fn what_is_no_certificate_convinces_nobody() {
        let anonymous = InvalidClientCertificate::Anonymous;
        let authorities = ClientAuthorities::new(made().pem().as_bytes().into(), anonymous).unwrap();
        let verifier = authorities.verifier(&RevocationLists::default());
        for chain in [&[][..], &[Vec::new()], &[b"x".to_vec()], &[made().der().to_vec()]] {
            assert!(matches!(verifier.judge(chain, false, at(1_780_000_000)), Verdict::Anonymous(_)));
        }
        let code = ClientAuthorities::new(b""[..].into(), anonymous).err().map(|e| e.code());
        assert_eq!(code, Some(ErrorCode::NoTrustAnchor));
    }
}
