//! A server's certificates, and which of them a client is shown: by the name it asks for (SNI, RFC 6066
//! §3) and by the signatures it accepts. They are not judged here.

use super::end_point;
use crate::secret::Secret;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// One or more certificates with their keys.
#[derive(Debug)]
pub(crate) struct OwnCertificates {
    all: Vec<Arc<CertifiedKey>>,
    /// By each DNS name, in lower case, that certificates have; a wildcard stands there as it is.
    by_name: BTreeMap<String, Vec<usize>>,
}

impl OwnCertificates {
    /// The first is for clients that ask for no name, or for one that none has.
    pub(crate) fn new(all: Vec<Arc<CertifiedKey>>) -> Self {
        let mut by_name = BTreeMap::<_, Vec<_>>::new();
        for (index, certified) in all.iter().enumerate() {
            for name in certified.cert.first().map_or_else(Vec::new, |leaf| dns_names(leaf)) {
                by_name.entry(name).or_default().push(index);
            }
        }
        Self { all, by_name }
    }

    /// Those for this name, or else all.
    fn candidates(&self, name: Option<&str>) -> Vec<&Arc<CertifiedKey>> {
        let named = name.and_then(|name| {
            let name = name.to_ascii_lowercase();
            let wildcard = || name.split_once('.').map(|(_, parent)| format!("*.{parent}"));
            self.by_name.get(&name).or_else(|| self.by_name.get(&wildcard()?))
        });
        match named {
            Some(indices) => indices.iter().filter_map(|&index| self.all.get(index)).collect(),
            None => self.all.iter().collect(),
        }
    }

    /// The first of the candidates whose signatures the client accepts; or else the first, with which
    /// the engine will then say what it has to say.
    fn choose(&self, hello: &ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let candidates = self.candidates(hello.server_name());
        let fits = |own: &&&Arc<CertifiedKey>| own.key.choose_scheme(hello.signature_schemes()).is_some();
        candidates.iter().find(fits).or(candidates.first()).map(|own| Arc::clone(own))
    }
}

/// In lower case.
fn dns_names(certificate: &[u8]) -> Vec<String> {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return Vec::new() };
    let Ok(Some(names)) = parsed.subject_alternative_name() else { return Vec::new() };
    let dns = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(dns) => Some(dns.to_ascii_lowercase()),
        _ => None,
    };
    names.value.general_names.iter().filter_map(dns).collect()
}

impl ResolvesServerCert for OwnCertificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.choose(&hello)
    }
}

/// The certificates again, for one connection that is to know which was chosen.
#[derive(Debug)]
pub(super) struct NotedChoice {
    certificates: Arc<OwnCertificates>,
    chosen: OnceLock<Arc<CertifiedKey>>,
}

impl NotedChoice {
    pub(super) fn new(certificates: Arc<OwnCertificates>) -> Self {
        Self { certificates, chosen: OnceLock::new() }
    }

    /// The binding `tls-server-end-point` of the certificate that was shown, if there is one.
    pub(super) fn end_point(&self) -> Option<Secret> {
        end_point::binding(self.chosen.get()?.cert.first()?)
    }
}

impl ResolvesServerCert for NotedChoice {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let chosen = self.certificates.choose(&hello)?;
        // A second ClientHello, after HelloRetryRequest, asks for the same (RFC 9846 §4.2.2).
        let _ = self.chosen.set(Arc::clone(&chosen));
        Some(chosen)
    }
}
