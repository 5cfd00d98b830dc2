//! The signature of a peer's handshake, by the key in its certificate: proof that the certificate is its own.
//!
//! It is verified for every certificate that a handshake may go on with, also where nothing but a pin or a
//! TLSA record vouches for it, and the certificate is in no form that webpki reads.

use super::certificate::{described_key, public_key};
use crate::tls::failure::{Check, Failure};
use crate::tls::refusals::Refusals;
use crate::tls::registry::Alert;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use rustls::{CertificateError, DigitallySignedStruct, Error};
use webpki::{EndEntityCert, RawPublicKeyEntity};
use x509_parser::asn1_rs::{Oid, oid};
use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo};

/// The sizes of RSA keys that the engine takes.
const RSA_BITS: core::ops::RangeInclusive<usize> = 2048..=8192;
/// The curves that it knows: P-256, P-384 and P-521.
const CURVES: [Oid<'static>; 3] = [oid!(1.2.840.10045.3.1.7), oid!(1.3.132.0.34), oid!(1.3.132.0.35)];
/// id-dsa, which TLS has given up.
const DSA: &str = "1.2.840.10040.4.1";

/// The version whose handshake it is: each has rules of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handshake {
    Tls12,
    Tls13,
}

/// Verifies the signature of a handshake's messages. The reason why it is refused is noted.
pub(super) fn verify(
    handshake: Handshake,
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
    refusals: &Refusals,
) -> Result<HandshakeSignatureValid, Error> {
    let verified = if EndEntityCert::try_from(certificate).is_ok() {
        match handshake {
            Handshake::Tls12 => verify_tls12_signature(message, certificate, signature, algorithms),
            Handshake::Tls13 => verify_tls13_signature(message, certificate, signature, algorithms),
        }
    } else {
        by_key(handshake, message, certificate, signature, algorithms)
    };
    verified.map_err(|error| match error {
        Error::InvalidCertificate(_) => refusals.refuse(explained(certificate)),
        other => other,
    })
}

/// By the key alone, for a certificate that webpki does not read.
fn by_key(
    handshake: Handshake,
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let key = public_key(certificate).ok_or(CertificateError::BadEncoding)?;
    let key = SubjectPublicKeyInfoDer::from(key);
    match handshake {
        Handshake::Tls13 => verify_tls13_signature_with_raw_key(message, &key, signature, algorithms),
        Handshake::Tls12 => {
            let key = RawPublicKeyEntity::try_from(&key).map_err(|_| CertificateError::BadEncoding)?;
            let of_scheme = algorithms.mapping.iter().filter(|(scheme, _)| *scheme == signature.scheme);
            // Under TLS 1.2 a scheme does not say which curve it is for.
            of_scheme
                .flat_map(|(_, algorithms)| algorithms.iter())
                .find_map(|algorithm| key.verify_signature(*algorithm, message, signature.signature()).ok())
                .map(|()| HandshakeSignatureValid::assertion())
                .ok_or_else(|| CertificateError::BadSignature.into())
        }
    }
}

/// Why a signature was not verified: whether the engine could have done it at all.
fn explained(certificate: &CertificateDer<'_>) -> Failure {
    let Some(key) = public_key(certificate) else {
        let reason = "the certificate has no public key that can be found, so that nobody can prove that it is \
                      their own; its owner must replace it";
        return Failure::new(Check::Form, reason);
    };
    if can_be_used(key) {
        let reason = "the peer has not proved that the certificate is its own: its signature of the handshake is \
                      wrong (possible attack)";
        return Failure::new(Check::Chain, reason).with_alert(Alert::DECRYPT_ERROR);
    }
    let reason = format!(
        "the TLS engine cannot verify signatures by the certificate's key ({}): even a pinned certificate needs \
         this check; its owner must replace it by one with an RSA key of 2048 to 8192 bits or an EC key on P-256, \
         P-384 or P-521",
        described_key(key)
    );
    Failure::new(Check::Form, reason).with_alert(Alert::UNSUPPORTED_CERTIFICATE)
}

/// Whether the engine verifies signatures by such a key: `false` for kinds of which it is known that it does not.
pub(super) fn can_be_used(key: &[u8]) -> bool {
    let Ok((_, parsed)) = SubjectPublicKeyInfo::from_der(key) else { return false };
    match super::certificate::key(&parsed) {
        (kind, Some(bits)) if kind == "RSA" => RSA_BITS.contains(&bits),
        (kind, _) if kind == "EC" => {
            let curve = parsed.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
            curve.is_some_and(|curve| CURVES.contains(&curve))
        }
        (kind, _) => kind != "Ed448" && kind != DSA,
    }
}

#[cfg(test)]
mod tests;
