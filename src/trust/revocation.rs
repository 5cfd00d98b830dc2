//! Certificate revocation lists that the host gives (RFC 5280 §5).

use super::pem::{self, Given};
use crate::error::{Error, ErrorCode};
use rustls::pki_types::CertificateRevocationListDer;
use webpki::{
    CertRevocationList, ExpirationPolicy, RevocationOptions, RevocationOptionsBuilder, UnknownStatusPolicy,
};
use x509_parser::asn1_rs::Any;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::{CertificateRevocationList, FromDer, X509Version};

/// What is done where no list tells whether a certificate has been revoked, or only one whose next
/// update is overdue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum UnknownRevocation {
    /// The certificate counts as not revoked: the lists say only what they say.
    #[default]
    Accept,
    /// It is refused. There must then be a current list of every issuer.
    Refuse,
}

/// The lists, and what they do not tell.
#[derive(Clone, Debug, Default)]
pub(crate) struct RevocationLists {
    pub(super) lists: Vec<CertificateRevocationListDer<'static>>,
    pub(crate) unknown: UnknownRevocation,
}

/// The same, read.
pub(crate) struct ReadLists {
    lists: Vec<CertRevocationList<'static>>,
    unknown: UnknownRevocation,
}

impl RevocationLists {
    /// Adds the lists of a PEM text, or one in DER.
    pub(crate) fn add(&mut self, bytes: &[u8]) -> Result<(), Error> {
        const WHAT: &str = "the revocation list";
        let given = Given::from(bytes);
        let refuse = |why: String| Error::new(ErrorCode::InvalidArgument, why);
        let added = pem::revocation_lists(given, WHAT).map_err(refuse)?;
        for list in &added {
            webpki::BorrowedCertRevocationList::from_der(list)
                .map_err(|e| refuse(format!("{} {}", given.name(WHAT), unusable(list, &e))))?;
        }
        self.lists.extend(added);
        Ok(())
    }

    pub(crate) fn read(&self) -> ReadLists {
        let read = |der: &CertificateRevocationListDer<'_>| {
            // Each was read when it was added.
            webpki::OwnedCertRevocationList::from_der(der).ok().map(CertRevocationList::from)
        };
        ReadLists { lists: self.lists.iter().filter_map(read).collect(), unknown: self.unknown }
    }
}

/// Why a list cannot be used, and what its owner can do; the name goes before it.
fn unusable(list: &[u8], error: &webpki::Error) -> &'static str {
    use webpki::Error as E;
    // Version 1 has no field for the version, which webpki takes for damage.
    let version = CertificateRevocationList::from_der(list).map(|(_, list)| list.tbs_cert_list.version);
    match error {
        _ if matches!(version, Ok(None | Some(X509Version::V1))) => {
            "is of version 1, and only version 2 can be used (RFC 5280 §5.1.2.1); with openssl ca, set \
             crl_extensions to a section with authorityKeyIdentifier"
        }
        E::UnsupportedDeltaCrl => "has only what has changed since another list; use the complete list",
        E::UnsupportedIndirectCrl => {
            "also has certificates of other authorities (an indirect list), which cannot be used; use the \
             list of each authority"
        }
        E::UnsupportedCrlIssuingDistributionPoint | E::UnsupportedRevocationReasonsPartitioning => {
            "covers only a part of the revoked certificates in a way that cannot be used; use the complete list"
        }
        E::UnsupportedCriticalExtension => {
            "has a critical extension that is not supported; use a list without it"
        }
        E::UnsupportedRevocationReason => "has a revocation reason that RFC 5280 §5.3.1 does not know",
        E::InvalidCrlNumber => {
            "has an invalid CRL number (RFC 5280 §5.2.3); ask its authority for a new list"
        }
        _ => "is damaged; fetch it from its authority again",
    }
}

impl ReadLists {
    /// Calls with what webpki is to know of revocation.
    pub(super) fn with<T>(&self, call: impl FnOnce(Option<RevocationOptions<'_>>) -> T) -> T {
        let lists: Vec<_> = self.lists.iter().collect();
        let (status, expiration) = match self.unknown {
            UnknownRevocation::Accept => (UnknownStatusPolicy::Allow, ExpirationPolicy::Ignore),
            UnknownRevocation::Refuse => (UnknownStatusPolicy::Deny, ExpirationPolicy::Enforce),
        };
        let options = RevocationOptionsBuilder::new(&lists).ok();
        call(options.map(|o| o.with_status_policy(status).with_expiration_policy(expiration).build()))
    }

    /// Whether one of them is of the certificate's issuer, by its name, and says that the certificate has
    /// been revoked.
    pub(super) fn name(&self, certificate: &X509Certificate<'_>) -> bool {
        let Ok((_, issuer)) = Any::from_der(certificate.issuer().as_raw()) else { return false };
        self.lists.iter().filter(|list| list.issuer() == issuer.data).any(|list| {
            // What cannot be read may say so.
            !matches!(list.find_serial(certificate.raw_serial()), Ok(None))
        })
    }

    /// Whether it must be known that a certificate has not been revoked.
    pub(super) fn wants_to_know(&self) -> bool {
        self.unknown == UnknownRevocation::Refuse
    }

    /// Whether nothing could pass: to refuse what is unknown takes a list.
    pub(super) fn refuses_all(&self) -> bool {
        self.lists.is_empty() && self.wants_to_know()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_list_has_its_sentence() {
        let read = |name: &str| {
            std::fs::read(format!("{}/tests/data/mistakes/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
        };
        for name in ["list.pem", "list.der", "list-expired.pem"] {
            assert_eq!(RevocationLists::default().add(&read(name)), Ok(()), "{name}");
        }
        for (name, reason) in [
            (
                "list-1.pem",
                "the revocation list is of version 1, and only version 2 can be used (RFC 5280 §5.1.2.1); with \
                 openssl ca, set crl_extensions to a section with authorityKeyIdentifier",
            ),
            (
                "server.pem",
                "the revocation list holds a certificate, where a certificate revocation list (CRL) is \
                 expected; use the list that the authority publishes",
            ),
            (
                "certificate.der",
                "the revocation list holds a certificate, where a certificate revocation list (CRL) is \
                 expected; use the list that the authority publishes",
            ),
            ("make.sh", "the revocation list is not PEM: it has no line -----BEGIN X509 CRL-----"),
        ] {
            let error = RevocationLists::default().add(&read(name)).unwrap_err();
            assert_eq!((error.code(), error.reason()), (ErrorCode::InvalidArgument, reason), "{name}");
        }
    }
}
