//! A certificate chain and its private key, as a user gave them: that they are usable and belong together is
//! known from here on, or the reason says what is wrong with which of the two.

mod key_kind;

use super::certificate::CertificateFacts;
use super::pem::{self, Given, KeyForm, PrivateKey};
use crate::error::{Error, ErrorCode};
use key_kind::KeyKind;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
};
use rustls::sign::{CertifiedKey, SigningKey};
use std::sync::Arc;
use x509_parser::prelude::{FromDer, X509Certificate};

const CHAIN: &str = "the certificate chain";
const KEY: &str = "the private key";

/// Reads a certificate chain, leaf first, and the leaf's private key, both in PEM. Its authorities may be in
/// any order.
///
/// # Errors
/// [`ErrorCode::NoCertificate`] or [`ErrorCode::NoPrivateKey`].
pub(crate) fn read(chain: Given<'_>, key: Given<'_>) -> Result<Arc<CertifiedKey>, Error> {
    let no_certificate = |reason| Error::new(ErrorCode::NoCertificate, reason);
    let no_key = |reason| Error::new(ErrorCode::NoPrivateKey, reason);
    let mut certificates = pem::certificates(chain, CHAIN).map_err(no_certificate)?;
    for (index, certificate) in certificates.iter().enumerate() {
        if public_key(certificate).is_none() {
            let (name, number) = (chain.name(CHAIN), index + 1);
            let reason =
                format!("{name}: certificate {number} in it is damaged; copy it from its authority again");
            return Err(no_certificate(reason));
        }
    }
    let private = pem::private_key(key, KEY).map_err(no_key)?;
    let signing = signing_key(&private)
        .ok_or_else(|| no_key(KeyKind::of(private.form, &private.der).unusable(&key.name(KEY))))?;
    belongs(&certificates, &*signing)
        .map_err(|place| no_key(place.reason(&certificates, chain, key, private.of)))?;
    put_in_order(&mut certificates);
    Ok(Arc::new(CertifiedKey::new(certificates, signing)))
}

/// Puts each certificate behind the one that it certifies, as TLS 1.2 requires (RFC 5246 §7.4.2), from the leaf on
/// and as far as names tell. What comes after that keeps its order.
fn put_in_order(certificates: &mut [CertificateDer<'_>]) {
    for place in 1..certificates.len() {
        let (sent, rest) = certificates.split_at_mut(place);
        let Some((subject, issuer)) = sent.last().and_then(names) else { return };
        let is_issuer = |der: &CertificateDer<'_>| names(der).is_some_and(|(subject, _)| subject == issuer);
        match rest.iter().position(is_issuer) {
            // A self-signed certificate ends its chain.
            Some(found) if subject != issuer => rest[..=found].rotate_right(1),
            _ => return,
        }
    }
}

/// The names of subject and issuer in a certificate, encoded.
fn names<'a>(certificate: &'a CertificateDer<'_>) -> Option<(&'a [u8], &'a [u8])> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    Some((parsed.tbs_certificate.subject.as_raw(), parsed.tbs_certificate.issuer.as_raw()))
}

fn signing_key(private: &PrivateKey) -> Option<Arc<dyn SigningKey>> {
    let der = private.der.as_slice();
    let key = match private.form {
        KeyForm::Pkcs1 => PrivateKeyDer::from(PrivatePkcs1KeyDer::from(der)),
        KeyForm::Sec1 => PrivateKeyDer::from(PrivateSec1KeyDer::from(der)),
        KeyForm::Pkcs8 => PrivateKeyDer::from(PrivatePkcs8KeyDer::from(der)),
    };
    any_supported_type(&key).ok()
}

/// The SubjectPublicKeyInfo of a certificate.
fn public_key<'a>(certificate: &'a CertificateDer<'_>) -> Option<&'a [u8]> {
    let (rest, parsed) = X509Certificate::from_der(certificate).ok()?;
    rest.is_empty().then_some(parsed.tbs_certificate.subject_pki.raw)
}

/// Where the certificate of a key is, if not in the first place.
enum Place {
    Later(usize),
    Nowhere,
}

/// Whether a key is that of the first certificate.
fn belongs(certificates: &[CertificateDer<'_>], key: &dyn SigningKey) -> Result<(), Place> {
    // Every kind of key of this provider knows its public half.
    let Some(public) = key.public_key() else { return Ok(()) };
    match certificates.iter().position(|c| public_key(c) == Some(public.as_ref())) {
        Some(0) => Ok(()),
        Some(place) => Err(Place::Later(place)),
        None => Err(Place::Nowhere),
    }
}

impl Place {
    fn reason(
        &self,
        certificates: &[CertificateDer<'_>],
        chain: Given<'_>,
        key: Given<'_>,
        keys: usize,
    ) -> String {
        let subject = |place: usize| {
            let facts = certificates.get(place).and_then(|der| CertificateFacts::from_der(der).ok());
            facts.map_or_else(String::new, |facts| format!(" ({})", facts.subject))
        };
        let (chain, key) = (chain.name(CHAIN), key.name(KEY));
        match self {
            Self::Later(place) => format!(
                "{chain} is in the wrong order: the certificate of {key} is number {}{} and must be the \
                 first, before those of its authorities",
                place + 1,
                subject(*place),
            ),
            Self::Nowhere if keys > 1 => format!(
                "the first of the {keys} private keys in {key} does not belong to the certificate in \
                 {chain}{}; leave only the one that does",
                subject(0),
            ),
            Self::Nowhere => format!(
                "{key} does not belong to the certificate in {chain}{}; use the key that the certificate \
                 was requested with",
                subject(0),
            ),
        }
    }
}

#[cfg(test)]
mod tests;
