//! Trust anchors: from PEM, or from the system's store.

use crate::error::{Error, ErrorCode};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Adds the certificates of a PEM text. All of them must be usable, and there must be one.
pub(crate) fn add_pem(roots: &mut RootCertStore, pem: &[u8]) -> Result<(), Error> {
    let refuse = |why: String| Error::new(ErrorCode::NoTrustAnchor, why);
    let certificates = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| refuse(format!("trust anchors: {e}")))?;
    if certificates.is_empty() {
        return Err(refuse("trust anchors: no certificate in the PEM text".into()));
    }
    for certificate in certificates {
        roots.add(certificate).map_err(|e| refuse(format!("trust anchor: {e}")))?;
    }
    Ok(())
}

/// Adds the system's store. Certificates in it that cannot be read are passed over, as every
/// program does; a store without a single usable one is an error.
pub(crate) fn add_system(roots: &mut RootCertStore) -> Result<(), Error> {
    let loaded = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(loaded.certs);
    if added == 0 {
        let why = loaded.errors.first().map_or_else(|| "it is empty".into(), ToString::to_string);
        return Err(Error::new(ErrorCode::NoTrustAnchor, format!("system trust store: {why}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_a_certificate_and_nothing_else() {
        let made = rcgen::generate_simple_self_signed(vec!["ca.example".into()]).unwrap();
        let mut roots = RootCertStore::empty();
        assert!(add_pem(&mut roots, made.cert.pem().as_bytes()).is_ok());
        assert_eq!(roots.len(), 1);
        for bad in ["", "x", &made.signing_key.serialize_pem()] {
            assert_eq!(add_pem(&mut roots, bad.as_bytes()).unwrap_err().code(), ErrorCode::NoTrustAnchor);
        }
    }
}
