//! What the host trusts: authorities from PEM or from the system's store, and the certificates of a PEM text
//! themselves.

use super::certificate::parse;
use super::pem::{self, Given};
use crate::error::{Error, ErrorCode};

use rustls::pki_types::{CertificateDer, TrustAnchor};
use rustls::{DistinguishedName, RootCertStore};
use x509_parser::asn1_rs::{Any, FromDer};

/// Trust anchors (RFC 5280 §6.1.1 (d)).
#[derive(Clone)]
pub(crate) struct Anchors {
    /// Names and keys of authorities, for chains that lead to them.
    authorities: RootCertStore,
    /// The certificates that the host has supplied itself: a peer that shows exactly one of them is
    /// trusted without a chain.
    supplied: Vec<CertificateDer<'static>>,
}

impl Anchors {
    pub(crate) fn none() -> Self {
        Self { authorities: RootCertStore::empty(), supplied: Vec::new() }
    }

    /// Adds the certificates of a PEM text. Those that cannot be read are passed over, as long as one is
    /// usable. What is refused changes nothing.
    pub(crate) fn add_pem(&mut self, given: Given<'_>) -> Result<(), Error> {
        const WHAT: &str = "the text with trusted certificates";
        let refuse = |why: String| Error::new(ErrorCode::NoTrustAnchor, why);
        let certificates = pem::certificates(given, WHAT).map_err(refuse)?;
        let found = certificates.len();
        let before = self.supplied.len();
        for certificate in certificates {
            // One that makes no authority can still be the peer's own.
            let is_authority = self.authorities.add(certificate.clone()).is_ok();
            if is_authority || parse(&certificate).is_some() {
                self.supplied.push(certificate);
            }
        }
        if self.supplied.len() == before {
            let which = if found == 1 { "the certificate in it is" } else { "all certificates in it are" };
            let name = given.name(WHAT);
            return Err(refuse(format!("{name}: {which} damaged; get a new copy from where it comes from")));
        }
        Ok(())
    }

    /// Adds the system's store. Certificates in it that cannot be read are passed over, as every
    /// program does; a store without a single usable one is an error.
    pub(crate) fn add_system(&mut self) -> Result<(), Error> {
        let loaded = rustls_native_certs::load_native_certs();
        let (added, _) = self.authorities.add_parsable_certificates(loaded.certs);
        if added == 0 {
            let reason = "the system's store of trusted certificates is empty or cannot be read; install it (on \
                          Debian the package ca-certificates), set SSL_CERT_FILE, or name a file of authorities";
            return Err(Error::new(ErrorCode::NoTrustAnchor, reason));
        }
        Ok(())
    }

    /// The authorities.
    pub(super) fn authorities(&self) -> &[TrustAnchor<'static>] {
        &self.authorities.roots
    }

    /// Whether the host has supplied exactly this certificate.
    pub(super) fn has(&self, certificate: &CertificateDer<'_>) -> bool {
        self.supplied.iter().any(|own| own == certificate)
    }

    /// The names of those whose certificates are trusted, as a CertificateRequest lists them (RFC 9846 §4.3.4):
    /// the authorities, and the issuers of the certificates that are trusted themselves.
    pub(super) fn issuers(&self) -> Vec<DistinguishedName> {
        let mut names = self.authorities.subjects();
        for certificate in self.supplied.iter().filter_map(|der| parse(der)) {
            let Ok((_, issuer)) = Any::from_der(certificate.issuer().as_raw()) else { continue };
            let issuer = DistinguishedName::in_sequence(issuer.data);
            if !names.iter().any(|name| name.as_ref() == issuer.as_ref()) {
                names.push(issuer);
            }
        }
        names
    }

    /// The certificates that the host has supplied.
    pub(super) fn supplied(&self) -> &[CertificateDer<'static>] {
        &self.supplied
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    fn pem(der: &[u8]) -> String {
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    }

    #[test]
    fn an_anchor_is_a_certificate_and_nothing_else() {
        let made = rcgen::generate_simple_self_signed(vec!["ca.example".into()]).unwrap();
        let mut anchors = Anchors::none();
        assert!(anchors.add_pem(made.cert.pem().as_bytes().into()).is_ok());
        assert_eq!((anchors.authorities().len(), anchors.supplied().len()), (1, 1));
        let malformed = pem(b"0");
        for bad in ["", "x", &made.signing_key.serialize_pem(), &malformed, &malformed.repeat(2)] {
            assert_eq!(anchors.add_pem(bad.as_bytes().into()).unwrap_err().code(), ErrorCode::NoTrustAnchor);
            assert_eq!((anchors.authorities().len(), anchors.supplied().len()), (1, 1));
        }
    }

    /// A bundle is not lost for one certificate of it.
    #[test]
    fn what_cannot_be_read_is_passed_over() {
        let made = rcgen::generate_simple_self_signed(vec!["ca.example".into()]).unwrap();
        let bundle = [pem(b"0"), made.cert.pem(), pem(b"junk")].concat();
        let mut anchors = Anchors::none();
        anchors.add_pem(bundle.as_bytes().into()).unwrap();
        assert_eq!((anchors.authorities().len(), anchors.supplied().len()), (1, 1));
        assert!(anchors.has(made.cert.der()) && !anchors.has(&b"0"[..].into()));
    }
}
