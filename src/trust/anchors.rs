//! What the host trusts: authorities from PEM or from the system's store, and the certificates of a PEM text
//! themselves.

use super::certificate::parse;
use super::pem::{self, Given};
use crate::error::{Error, ErrorCode};

use rustls::pki_types::{CertificateDer, TrustAnchor};
use rustls::{DistinguishedName, RootCertStore};
use x509_parser::asn1_rs::{Any, FromDer};
use x509_parser::extensions::ParsedExtension;
use x509_parser::oid_registry::OID_X509_EXT_KEY_USAGE;
use x509_parser::prelude::{X509Certificate, X509Version};

/// Trust anchors (RFC 5280 §6.1.1 (d)).
#[derive(Clone)]
pub(crate) struct Anchors {
    /// Names and keys of authorities, for chains that lead to them.
    authorities: RootCertStore,
    /// The certificates that the host has supplied itself, authorities or not: a peer that shows exactly one
    /// of them is trusted without a chain.
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
            let Some(is_authority) = parse(&certificate).map(|certificate| may_issue(&certificate)) else {
                continue;
            };
            if is_authority {
                // Where webpki cannot read it, it can still be the peer's own.
                self.authorities.add(certificate.clone()).ok();
            }
            self.supplied.push(certificate);
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

/// Whether other certificates may be from this one (RFC 5280 §4.2.1.9, §4.2.1.3). Otherwise whoever has the
/// key of one host's certificate could make certificates for every host. Version 1 cannot say what it is for:
/// there a root is known by being its own issuer.
fn may_issue(certificate: &X509Certificate<'_>) -> bool {
    let signs_certificates = match certificate.get_extension_unique(&OID_X509_EXT_KEY_USAGE) {
        Ok(Some(usage)) => {
            matches!(usage.parsed_extension(), ParsedExtension::KeyUsage(usage) if usage.key_cert_sign())
        }
        Ok(None) => true,
        Err(_) => false,
    };
    let is_authority = match certificate.basic_constraints() {
        Ok(Some(constraints)) => constraints.value.ca,
        Ok(None) => {
            certificate.version() == X509Version::V1
                && certificate.subject().as_raw() == certificate.issuer().as_raw()
        }
        Err(_) => false,
    };
    is_authority && signs_certificates
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
        assert_eq!((anchors.authorities().len(), anchors.supplied().len()), (0, 1));
        let malformed = pem(b"0");
        for bad in ["", "x", &made.signing_key.serialize_pem(), &malformed, &malformed.repeat(2)] {
            assert_eq!(anchors.add_pem(bad.as_bytes().into()).unwrap_err().code(), ErrorCode::NoTrustAnchor);
            assert_eq!((anchors.authorities().len(), anchors.supplied().len()), (0, 1));
        }
    }

    /// A bundle is not lost for one certificate of it.
    #[test]
    fn what_cannot_be_read_is_passed_over() {
        let made = rcgen::generate_simple_self_signed(vec!["ca.example".into()]).unwrap();
        let bundle = [pem(b"0"), made.cert.pem(), pem(b"junk")].concat();
        let mut anchors = Anchors::none();
        anchors.add_pem(bundle.as_bytes().into()).unwrap();
        assert_eq!((anchors.authorities().len(), anchors.supplied().len()), (0, 1));
        assert!(anchors.has(made.cert.der()) && !anchors.has(&b"0"[..].into()));
    }

    /// What a certificate says decides whether others can be from it; whatever it says, it is trusted itself.
    #[test]
    fn only_an_authority_has_others_below_it() {
        use rcgen::{BasicConstraints, CustomExtension, IsCa, KeyUsagePurpose as Use};
        let unconstrained = || IsCa::Ca(BasicConstraints::Unconstrained);
        let made = |is_ca, usages: &[Use], extension: Option<CustomExtension>| {
            let mut params = rcgen::CertificateParams::new(vec!["ca.example".into()]).unwrap();
            (params.is_ca, params.key_usages) = (is_ca, usages.to_vec());
            params.custom_extensions.extend(extension);
            params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
        };
        // basicConstraints and keyUsage that are no such thing.
        let odd = |arc| Some(CustomExtension::from_oid_content(&[2, 5, 29, arc], vec![5, 0]));
        for (what, der, authorities) in [
            ("CA:TRUE", made(unconstrained(), &[], None), 1),
            (
                "CA:TRUE, keyCertSign",
                made(unconstrained(), &[Use::DigitalSignature, Use::KeyCertSign], None),
                1,
            ),
            ("CA:TRUE for signatures", made(unconstrained(), &[Use::DigitalSignature], None), 0),
            ("CA:TRUE, odd keyUsage", made(unconstrained(), &[], odd(15)), 0),
            ("CA:FALSE", made(IsCa::ExplicitNoCa, &[], None), 0),
            ("CA:FALSE, keyCertSign", made(IsCa::ExplicitNoCa, &[Use::KeyCertSign], None), 0),
            ("says nothing", made(IsCa::NoCa, &[], None), 0),
            ("keyCertSign alone", made(IsCa::NoCa, &[Use::KeyCertSign], None), 0),
            ("odd basicConstraints", made(IsCa::NoCa, &[], odd(19)), 0),
            ("twice", made(unconstrained(), &[], odd(19)), 0),
            (
                "version 1, its own issuer",
                include_bytes!("../../tests/data/certificates/version-1.der").to_vec(),
                1,
            ),
        ] {
            let mut anchors = Anchors::none();
            anchors.add_pem(pem(&der).as_bytes().into()).unwrap();
            assert_eq!((anchors.authorities().len(), anchors.supplied().len()), (authorities, 1), "{what}");
        }
    }
}
