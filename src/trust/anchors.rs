//! Trust anchors: from PEM, or from the system's store.

use super::pem::{self, Given};
use crate::error::{Error, ErrorCode};
use rustls::RootCertStore;

/// Adds the certificates of a PEM text. All of them must be usable, and there must be one.
pub(crate) fn add_pem(roots: &mut RootCertStore, given: Given<'_>) -> Result<(), Error> {
    const WHAT: &str = "the text with trusted certificates";
    let refuse = |why: String| Error::new(ErrorCode::NoTrustAnchor, why);
    for (index, certificate) in pem::certificates(given, WHAT).map_err(refuse)?.into_iter().enumerate() {
        roots.add(certificate).map_err(|_| {
            let (name, number) = (given.name(WHAT), index + 1);
            refuse(format!(
                "{name}: certificate {number} in it cannot be an authority: it is damaged, or not of version 3"
            ))
        })?;
    }
    Ok(())
}

/// Adds the system's store. Certificates in it that cannot be read are passed over, as every
/// program does; a store without a single usable one is an error.
pub(crate) fn add_system(roots: &mut RootCertStore) -> Result<(), Error> {
    let loaded = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(loaded.certs);
    if added == 0 {
        let reason = "the system's store of trusted certificates is empty or cannot be read; install it (on \
                      Debian the package ca-certificates), set SSL_CERT_FILE, or name a file of authorities";
        return Err(Error::new(ErrorCode::NoTrustAnchor, reason));
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
        assert!(add_pem(&mut roots, made.cert.pem().as_bytes().into()).is_ok());
        assert_eq!(roots.len(), 1);
        for bad in ["", "x", &made.signing_key.serialize_pem()] {
            assert_eq!(
                add_pem(&mut roots, bad.as_bytes().into()).unwrap_err().code(),
                ErrorCode::NoTrustAnchor
            );
        }
    }
}
