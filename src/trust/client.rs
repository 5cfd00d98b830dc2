//! Certificates of clients: who looks at them, and what becomes of one that does not convince.

use super::anchors;
use super::pem::Given;
use super::revocation::{RevocationLists, UnknownRevocation};
use crate::error::{Error, ErrorCode};
use crate::tls::config::provider;
use crate::tls::fault::describe;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};
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
    roots: Arc<RootCertStore>,
    invalid: InvalidClientCertificate,
}

impl ClientAuthorities {
    /// Certificates of these authorities, in PEM, are valid.
    pub(crate) fn new(ca_pem: Given<'_>, invalid: InvalidClientCertificate) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        anchors::add_pem(&mut roots, ca_pem)?;
        Ok(Self { roots: Arc::new(roots), invalid })
    }

    /// Unless these lists say that they have been revoked.
    pub(crate) fn verifier(&self, revocation: &RevocationLists) -> Result<ClientCertificates, Error> {
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::clone(&self.roots), provider())
            .allow_unauthenticated();
        let builder = builder.with_crls(revocation.lists().iter().cloned());
        let builder = match revocation.unknown {
            UnknownRevocation::Accept => builder.allow_unknown_revocation_status(),
            UnknownRevocation::Refuse => builder.enforce_revocation_expiration(),
        };
        let pkix = builder.build().map_err(|_| {
            // There is an authority, and each list was read when it was given.
            let reason = "the authorities or revocation lists for clients' certificates cannot be used";
            Error::new(ErrorCode::NoTrustAnchor, reason)
        })?;
        Ok(ClientCertificates { pkix, invalid: self.invalid })
    }
}

/// The verifier of client certificates.
#[derive(Clone)]
pub(crate) struct ClientCertificates {
    pkix: Arc<dyn ClientCertVerifier>,
    invalid: InvalidClientCertificate,
}

/// What a client's certificate is worth.
pub(crate) enum Verdict {
    Valid,
    /// The client is served as one without a certificate, for this reason.
    Anonymous(Error),
    Refused(Error),
}

impl ClientCertificates {
    /// The verifier for the handshake.
    pub(crate) fn in_handshake(&self) -> Arc<dyn ClientCertVerifier> {
        match self.invalid {
            InvalidClientCertificate::Refuse => Arc::clone(&self.pkix),
            InvalidClientCertificate::Anonymous => Arc::new(PossessionOnly(Arc::clone(&self.pkix))),
        }
    }

    /// Judges what a client has shown, leaf first, once the handshake is complete. The engine has
    /// made sure that it holds the key, and in a full handshake that may refuse also of the rest;
    /// what a resumed session brings along may have expired since.
    pub(crate) fn judge(&self, chain: &[Vec<u8>], resumed: bool, now: Option<UnixTime>) -> Verdict {
        let refuse = self.invalid == InvalidClientCertificate::Refuse;
        if refuse && !resumed {
            return Verdict::Valid;
        }
        match self.verify(chain, now) {
            Ok(()) => Verdict::Valid,
            Err(error) if refuse => Verdict::Refused(error),
            Err(error) => Verdict::Anonymous(error),
        }
    }

    fn verify(&self, chain: &[Vec<u8>], now: Option<UnixTime>) -> Result<(), Error> {
        let now = now.ok_or_else(|| Error::new(ErrorCode::Internal, "the system's clock does not tell"))?;
        let chain: Vec<_> = chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let verified = match chain.split_first() {
            Some((leaf, intermediates)) => self.pkix.verify_client_cert(leaf, intermediates, now),
            None => Err(CertificateError::BadEncoding.into()),
        };
        verified.map(|_| ()).map_err(|error| describe(&error, None))
    }
}

/// Lets any certificate pass whose key the client holds: what it is worth is judged afterwards.
#[derive(Debug)]
struct PossessionOnly(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for PossessionOnly {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, cert, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, cert, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
                .and_then(|authorities| authorities.verifier(&RevocationLists::default()))
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
        let verifier = authorities.verifier(&RevocationLists::default()).unwrap();
        for chain in [&[][..], &[Vec::new()], &[b"x".to_vec()], &[made().der().to_vec()]] {
            assert!(matches!(verifier.judge(chain, false, at(1_780_000_000)), Verdict::Anonymous(_)));
        }
        let code = ClientAuthorities::new(b""[..].into(), anonymous).err().map(|e| e.code());
        assert_eq!(code, Some(ErrorCode::NoTrustAnchor));
    }
}
