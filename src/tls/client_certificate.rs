//! A client's own certificate on one connection: shown to a server that asks for it, and known to
//! have been shown.

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The certificate that one connection may show. Whether it may is decided before there is one.
#[derive(Debug)]
pub(super) struct OwnCertificate {
    certified: Arc<CertifiedKey>,
    sent: AtomicBool,
}

impl OwnCertificate {
    pub(super) fn new(certified: Arc<CertifiedKey>) -> Self {
        Self { certified, sent: AtomicBool::new(false) }
    }

    /// Whether the server has asked for it and gets it.
    pub(super) fn was_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for OwnCertificate {
    /// Called when the server asks. The authorities that it names are hints (RFC 9846 §4.3.4): a
    /// certificate of another is refused with a reason, one that is kept back is not missed.
    fn resolve(&self, _authorities: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        // Without a scheme in common rustls would send none.
        self.certified.key.choose_scheme(schemes)?;
        self.sent.store(true, Ordering::Relaxed);
        Some(Arc::clone(&self.certified))
    }

    fn has_certs(&self) -> bool {
        true
    }
}
