//! Certificate revocation lists that the host gives (RFC 5280 §5).

use crate::error::{Error, ErrorCode};
use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::PemObject;
use webpki::{
    CertRevocationList, ExpirationPolicy, RevocationOptions, RevocationOptionsBuilder, UnknownStatusPolicy,
};

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
    lists: Vec<CertificateRevocationListDer<'static>>,
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
        let refuse = |why: String| Error::new(ErrorCode::InvalidArgument, format!("revocation list: {why}"));
        let is_der = bytes.first() == Some(&0x30);
        let added = if is_der {
            vec![CertificateRevocationListDer::from(bytes.to_vec())]
        } else {
            CertificateRevocationListDer::pem_slice_iter(bytes)
                .collect::<Result<Vec<_>, _>>()
                .map_err(|e| refuse(e.to_string()))?
        };
        if added.is_empty() {
            return Err(refuse("there is none in the PEM text".into()));
        }
        for list in &added {
            webpki::BorrowedCertRevocationList::from_der(list).map_err(|e| refuse(e.to_string()))?;
        }
        self.lists.extend(added);
        Ok(())
    }

    pub(crate) fn lists(&self) -> &[CertificateRevocationListDer<'static>] {
        &self.lists
    }

    pub(crate) fn read(&self) -> ReadLists {
        let read = |der: &CertificateRevocationListDer<'_>| {
            // Each was read when it was added.
            webpki::OwnedCertRevocationList::from_der(der).ok().map(CertRevocationList::from)
        };
        ReadLists { lists: self.lists.iter().filter_map(read).collect(), unknown: self.unknown }
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

    /// Whether nothing could pass: to refuse what is unknown takes a list.
    pub(super) fn refuses_all(&self) -> bool {
        self.lists.is_empty() && self.unknown == UnknownRevocation::Refuse
    }
}
