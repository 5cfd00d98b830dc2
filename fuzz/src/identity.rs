//! The names of a certificate, and whom a client expects.
//!
//! Must never know how they are compared, but what may come of it.

use crate::certificate::{address, dns, srv, uri, with};
use mailtls::account::Pin;
use mailtls::trust::certificate::CertificateFacts;
use mailtls::trust::identity::{
    Matched, Origin, PresentedIdentifier, PresentedIdentifiers, ReferenceIdentifier, References,
};
use mailtls::trust::tlsa::{CertificateUsage, MatchingType, Selector, TlsaRecord};
use mailtls::{ErrorCode, Service};

/// The first line is a host, the second a mail domain, the third says what the rest is: `der`, a
/// certificate; `names`, the content of its alternative names in DER; otherwise every further line is
/// a name: `dns NAME`, `srv NAME`, `ip OCTETS`, `uri TEXT`, `cn NAME`.
pub fn identity(data: &[u8]) {
    let mut lines = data.splitn(4, |&octet| octet == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (host, domain, form, rest) = (line(), line(), line(), line());
    let der = match form {
        b"der" => rest.to_vec(),
        b"names" => with(&[b"mail.example"], rest),
        _ => of_lines(rest),
    };
    certificate(&der);
    let presented = PresentedIdentifiers::from_der(&der);
    if form != b"der" && form != b"names" && der.len() < 60_000 {
        assert!(presented.is_ok(), "a certificate that is right but for its names");
    }
    let Ok(presented) = presented else { return };
    let (host, domain) = (String::from_utf8_lossy(host), String::from_utf8_lossy(domain));
    let by_host = References::of_host(&host);
    let by_domain = References::for_mail_domain(Service::Imaps, &domain);
    let both = by_domain.clone().and_then(|references| references.host(&host));
    for references in [&by_host, &by_domain, &both] {
        match references {
            Ok(references) => judge(references, &presented),
            Err(error) => assert_eq!(error.code(), ErrorCode::InvalidArgument),
        }
    }
}

/// What is read of a certificate without a look at its names. The key is that by which a pinned certificate of any
/// form is proved, so that it must be found where a strict reader finds it, and whatever is shown is one line.
fn certificate(der: &[u8]) {
    let facts = CertificateFacts::from_der(der);
    let own =
        |selector| TlsaRecord::of_certificate(CertificateUsage::DANE_EE, selector, MatchingType::FULL, der);
    let (whole, key) = (own(Selector::CERT), own(Selector::SPKI));
    assert_eq!(whole.is_ok(), key.is_ok());
    assert!(key.is_ok() || facts.is_err(), "facts of a certificate without a key");
    for record in whole.iter().chain(&key) {
        assert!(record.matches(der), "a record that is not about its own certificate");
        assert!(der.windows(record.data().len()).any(|part| part == record.data()), "not a part of it");
    }
    if let (Ok(facts), Ok(key)) = (&facts, &key) {
        assert!(crate::is_line(&facts.subject) && crate::is_line(&facts.issuer));
        assert!(facts.dns_names.iter().all(crate::is_line));
        assert_eq!(Pin::from_sha256(facts.sha256), Pin::of_certificate(der));
        assert_eq!(key.data().first(), Some(&0x30), "a key is a SEQUENCE");
    }
}

fn of_lines(lines: &[u8]) -> Vec<u8> {
    let (mut common_names, mut alternative) = (Vec::new(), Vec::new());
    for line in lines.split(|&octet| octet == b'\n') {
        let at = line.iter().position(|&octet| octet == b' ').unwrap_or(line.len());
        let (kind, name) = (&line[..at], line.get(at + 1..).unwrap_or_default());
        match kind {
            b"dns" => alternative.extend(dns(name)),
            b"srv" => alternative.extend(srv(name)),
            b"ip" => alternative.extend(address(name)),
            b"uri" => alternative.extend(uri(name)),
            b"cn" if core::str::from_utf8(name).is_ok() => common_names.push(name),
            _ => {}
        }
    }
    with(&common_names, &alternative)
}

fn judge(references: &References, presented: &PresentedIdentifiers) {
    let strict = references.check(presented);
    let lax = references.clone().common_name_fallback(true).check(presented);
    match &strict {
        Ok(matched) => {
            assert!(!matches!(matched.presented, PresentedIdentifier::CommonName(_)), "a common name");
            assert!(lax.is_ok(), "less is expected, and not found");
        }
        Err(mismatch) => {
            let text = mismatch.to_string();
            assert!(crate::is_line(&text) && text.len() < 6000, "not a line: {text:?}");
            assert!(text.contains(&references.to_string()));
        }
    }
    for matched in [&strict, &lax].into_iter().flatten() {
        assert!(references.iter().any(|(own, _)| *own == matched.reference));
        assert!(presented.iter().any(|own| *own == matched.presented));
        assert!(is_right(matched), "{matched:?}");
    }
    for (reference, origin) in references.iter() {
        assert_eq!(origin, Origin::TypedByUser);
        // What was understood is understood again, as the same.
        let again = match reference {
            ReferenceIdentifier::Srv(service, name) => {
                References::for_mail_domain(*service, name.as_str()).expect("a name")
            }
            other => References::of_host(&other.to_string()).expect("a host"),
        };
        assert!(again.iter().any(|(own, _)| own == reference));
    }
}

/// By what is shown of both.
fn is_right(matched: &Matched) -> bool {
    let (reference, presented) = (matched.reference.to_string(), matched.presented.to_string());
    let presented = presented.strip_prefix("CN=").unwrap_or(&presented);
    let wildcard = || {
        let (_, reference_parent) = reference.split_once('.')?;
        let parent = presented.strip_prefix("*.")?;
        Some(parent == reference_parent && parent.contains('.'))
    };
    presented == reference || wildcard() == Some(true)
}
