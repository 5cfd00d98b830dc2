//! What a certificate says, in words and numbers that a log or a user can read.

use crate::error::{Error, ErrorCode};
use crate::text::one_line;
use sha2::{Digest, Sha256};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The readable parts of a certificate (RFC 5280 §4).
///
/// All of it is the peer's word: only the verdict of the handshake says whether to believe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Distinguished name of the subject, as `CN=…, O=…`; one printable line.
    pub subject: String,
    /// Distinguished name of the issuer.
    pub issuer: String,
    /// The DNS names among the subject alternative names, in the order they stand there.
    pub dns_names: Vec<String>,
    /// Start of the validity, in seconds since 1970-01-01 00:00 UTC.
    pub not_before: i64,
    /// End of the validity, likewise.
    pub not_after: i64,
    /// SHA-256 of the DER certificate.
    pub sha256: [u8; 32],
}

impl CertificateFacts {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// [`ErrorCode::CertificateUnfit`] when it is not one X.509 certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let unfit = |why: String| Error::new(ErrorCode::CertificateUnfit, why);
        let (rest, certificate) =
            X509Certificate::from_der(der).map_err(|_| unfit("not an X.509 certificate".into()))?;
        if !rest.is_empty() {
            return Err(unfit("bytes after the certificate".into()));
        }
        let names = certificate
            .subject_alternative_name()
            .map_err(|_| unfit("malformed subject alternative name".into()))?;
        let dns_names = names.map_or_else(Vec::new, |names| {
            let dns = |name: &GeneralName<'_>| match name {
                GeneralName::DNSName(dns) => Some(one_line(dns.as_bytes())),
                _ => None,
            };
            names.value.general_names.iter().filter_map(dns).collect()
        });
        Ok(Self {
            subject: one_line(certificate.subject().to_string().as_bytes()),
            issuer: one_line(certificate.issuer().to_string().as_bytes()),
            dns_names,
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
            sha256: Sha256::digest(der).into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_was_put_in() {
        let mut params =
            rcgen::CertificateParams::new(vec!["mail.example".into(), "*.example".into()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "Mail\nServer");
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2027, 1, 1);
        let der = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec();
        let facts = CertificateFacts::from_der(&der).unwrap();
        assert!(facts.subject.contains("CN=Mail?Server"), "{}", facts.subject);
        assert_eq!(facts.dns_names, ["mail.example", "*.example"]);
        assert_eq!((facts.not_before, facts.not_after), (1_767_225_600, 1_798_761_600));
        assert_eq!(facts.sha256, <[u8; 32]>::from(Sha256::digest(&der)));
    }

    #[test]
    fn refuses_everything_else() {
        let made = rcgen::generate_simple_self_signed(vec!["a.example".into()]).unwrap();
        let der = made.cert.der().to_vec();
        for cut in 0..der.len() {
            assert!(CertificateFacts::from_der(&der[..cut]).is_err());
        }
        let longer = [&der[..], b"x"].concat();
        assert_eq!(CertificateFacts::from_der(&longer).unwrap_err().code(), ErrorCode::CertificateUnfit);
    }
}
