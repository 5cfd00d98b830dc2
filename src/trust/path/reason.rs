//! Why a certificate is not trusted, for those who have to do something about it: what is wrong with which
//! certificate of the chain, and what to do next.

use super::{Paths, Sent, Usage};
use crate::tls::failure::{Check, Failure};
use crate::tls::registry::Alert;
use crate::trust::certificate::{distinguished_name, parse};
use crate::trust::signature::can_be_used;
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer, UnixTime};
use webpki::{Error, RawPublicKeyEntity};
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{X509Certificate, X509Name};
use x509_parser::time::ASN1Time;

/// How much is shown of a distinguished name.
const SHOWN: usize = 120;
/// How far a chain is followed from issuer to issuer; webpki gives up after six authorities.
const LONGEST: usize = 8;
/// Signature algorithms of certificates that the engine verifies (RFC 8017, RFC 5758, RFC 8410).
const VERIFIABLE: [&str; 8] = [
    "1.2.840.113549.1.1.11", // sha256WithRSAEncryption
    "1.2.840.113549.1.1.12", // sha384WithRSAEncryption
    "1.2.840.113549.1.1.13", // sha512WithRSAEncryption
    "1.2.840.113549.1.1.10", // RSASSA-PSS
    "1.2.840.10045.4.3.2",   // ecdsa-with-SHA256
    "1.2.840.10045.4.3.3",   // ecdsa-with-SHA384
    "1.2.840.10045.4.3.4",   // ecdsa-with-SHA512
    "1.3.101.112",           // Ed25519
];

/// A certificate of which there is something to be said.
pub(super) struct Judged<'a> {
    pub(super) paths: &'a Paths,
    pub(super) sent: Sent<'a>,
    pub(super) now: UnixTime,
}

pub(super) fn revoked() -> Failure {
    let reason = "the certificate, or the certificate of one of its issuers, has been revoked: do not continue; its \
                  owner must replace it";
    Failure::new(Check::Revocation, reason)
}

pub(super) fn unknown_revocation() -> Failure {
    let reason = "no revocation list tells whether the certificate has been revoked, and such certificates are to be \
                  refused: a current list of every issuer of the chain is needed";
    // As OpenSSL does; certificate_revoked would not be true.
    Failure::new(Check::Revocation, reason).with_alert(Alert::UNKNOWN_CA)
}

impl Judged<'_> {
    /// What webpki's finding means.
    pub(super) fn failure(&self, error: &Error) -> Failure {
        use Error as W;
        let (check, reason) = match error {
            W::CertExpired { not_after, .. } => return self.expired(*not_after),
            W::CertNotValidYet { not_before, .. } => return self.not_valid_yet(*not_before),
            W::InvalidCertValidity => return Self::never_valid(),
            W::UnknownIssuer => return self.unknown_issuer(),
            W::InvalidSignatureForPublicKey => return self.wrong_signature(),
            W::CertRevoked => return revoked(),
            W::UnknownRevocationStatus => return unknown_revocation(),
            W::CrlExpired { next_update, .. } => {
                let reason = format!(
                    "a newer revocation list was due on {}: fetch it and configure it",
                    date(*next_update)
                );
                return Failure::new(Check::Revocation, reason).with_alert(Alert::UNKNOWN_CA);
            }
            W::RequiredEkuNotFoundContext(_) | W::EmptyEkuExtension => return self.other_usage(),
            W::CaUsedAsEndEntity if self.is_self_signed() => return self.unknown_issuer(),
            W::CaUsedAsEndEntity => {
                let owner = self.owner();
                let reason = format!(
                    "the certificate is an authority's own and not a {owner}'s: the {owner} must show another"
                );
                return Failure::new(Check::Usage, reason);
            }
            W::UnsupportedCertVersion => return self.other_version(),
            W::UnsupportedCriticalExtension => return self.critical_extension(),
            W::UnsupportedSignatureAlgorithmContext(_)
            | W::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => (
                Check::Chain,
                "a signature in the chain is of a kind that is not accepted, as those with SHA-1 are not",
            ),
            W::IssuerNotCrlSigner
            | W::InvalidCrlSignatureForPublicKey
            | W::UnsupportedCrlSignatureAlgorithmContext(_)
            | W::UnsupportedCrlSignatureAlgorithmForPublicKeyContext(_) => {
                let reason = "the revocation list is not signed by the certificate's issuer: fetch it anew";
                return Failure::new(Check::Revocation, reason).with_alert(Alert::CERTIFICATE_UNKNOWN);
            }
            W::EndEntityUsedAsCa => (Check::Usage, "an issuer in the chain is no authority"),
            W::NameConstraintViolation => {
                (Check::Usage, "an authority in the chain may not issue certificates for this name")
            }
            W::PathLenConstraintViolated | W::MaximumPathDepthExceeded => {
                (Check::Usage, "the chain is longer than its authorities allow")
            }
            W::MaximumSignatureChecksExceeded
            | W::MaximumPathBuildCallsExceeded
            | W::MaximumNameConstraintComparisonsExceeded => {
                (Check::Chain, "the chain takes too much work to check (possible attack)")
            }
            _ => return self.unreadable(),
        };
        let reason = format!("{reason}: the {}'s administrator must install another chain", self.owner());
        Failure::new(check, reason)
    }

    /// The dates, as webpki would check them.
    pub(super) fn validity(&self, certificate: &X509Certificate<'_>) -> Result<(), Failure> {
        let time = |time: ASN1Time| {
            let seconds = u64::try_from(time.timestamp()).unwrap_or_default();
            UnixTime::since_unix_epoch(core::time::Duration::from_secs(seconds))
        };
        let (from, until) = (time(certificate.validity().not_before), time(certificate.validity().not_after));
        match () {
            () if from > until => Err(Self::never_valid()),
            () if self.now < from => Err(self.not_valid_yet(from)),
            () if self.now > until => Err(self.expired(until)),
            () => Ok(()),
        }
    }

    fn expired(&self, not_after: UnixTime) -> Failure {
        let which = self.which(|certificate| certificate.validity().not_after, not_after);
        let reason = format!(
            "{which} expired on {}: its owner must renew it, unless the clock is wrong here, which says {}",
            date(not_after),
            date(self.now)
        );
        Failure::new(Check::Validity, reason)
    }

    fn not_valid_yet(&self, not_before: UnixTime) -> Failure {
        let which = self.which(|certificate| certificate.validity().not_before, not_before);
        let reason = format!(
            "{which} is not valid before {}: check the clock here, which says {}",
            date(not_before),
            date(self.now)
        );
        Failure::new(Check::Validity, reason)
    }

    fn never_valid() -> Failure {
        let reason = "the certificate's validity ends before it begins: its owner must replace it";
        Failure::new(Check::Validity, reason)
    }

    /// The certificate with this date.
    fn which(&self, date: impl Fn(&X509Certificate<'_>) -> ASN1Time, time: UnixTime) -> String {
        let has = |der: &&CertificateDer<'_>| {
            let time = i64::try_from(time.as_secs()).ok();
            parse(der).is_some_and(|certificate| Some(date(&certificate).timestamp()) == time)
        };
        match self.sent.issuers.iter().find(has) {
            Some(issuer) if !has(&self.sent.leaf) => {
                format!("the certificate of the authority {}", subject(issuer))
            }
            _ => self.certificate().into(),
        }
    }

    /// There is no way from it to what is trusted.
    fn unknown_issuer(&self) -> Failure {
        let owner = self.owner();
        let advice = match self.paths.usage {
            Usage::Server => {
                "if it is the right one, make it trusted (as a CA file), or pin it when the account is set up"
            }
            Usage::Client => "if it is to be accepted, make it one of those trusted for clients",
        };
        if self.is_self_signed() {
            let other = if self.has_the_name_of_a_trusted_one() {
                "self-signed, and not the trusted certificate of the same name"
            } else {
                "self-signed and not among the trusted ones"
            };
            return Failure::new(Check::Chain, format!("the certificate is {other}: {advice}"));
        }
        let last = self.last_of_the_chain();
        let Some(certificate) = parse(last) else { return self.unreadable() };
        let issuer = short(certificate.issuer());
        let reason = if certificate.issuer().as_raw() == certificate.subject().as_raw() {
            format!(
                "the issuing authority is not among the trusted ones: {issuer}; if it is to be trusted, add its \
                 certificate to them"
            )
        } else if self.is_a_trusted_name(certificate.issuer()) {
            format!(
                "the issuer is among the trusted certificates, but no authority: {issuer}; it is trusted for itself \
                 alone, and the {owner} needs a certificate from an authority (possible attack)"
            )
        } else {
            format!(
                "the issuing authority is not among the trusted ones: {issuer}; if that is an intermediate \
                 authority, the {owner} must send its certificate as well, for the chain is incomplete; otherwise \
                 add its certificate to the trusted ones"
            )
        };
        Failure::new(Check::Chain, reason)
    }

    /// An authority of the issuer's name is known, and the signature is not by its key.
    fn wrong_signature(&self) -> Failure {
        if self.is_self_signed() {
            return self.unknown_issuer();
        }
        let issuer =
            parse(self.sent.leaf).map_or_else(String::new, |leaf| format!(" ({})", short(leaf.issuer())));
        let reason = format!(
            "a signature in the chain is wrong: the certificate is not from the authority that it names{issuer}, or \
             that has another key than the trusted one of this name (possible attack)"
        );
        Failure::new(Check::Chain, reason).with_alert(Alert::DECRYPT_ERROR)
    }

    pub(super) fn other_usage(&self) -> Failure {
        let owner = self.owner();
        let is_among = |certificate: &X509Certificate<'_>| match certificate.extended_key_usage() {
            Ok(Some(usage)) => self.paths.usage.is_among(usage.value),
            found => found.is_ok(),
        };
        let which = match parse(self.sent.leaf) {
            Some(leaf) if is_among(&leaf) => "an authority's certificate",
            _ => self.certificate(),
        };
        let reason = format!("{which} is not for {owner}s (extended key usage): the {owner} needs another");
        Failure::new(Check::Usage, reason)
    }

    fn other_version(&self) -> Failure {
        let version =
            parse(self.sent.leaf).map_or(0, |certificate| certificate.version().0.saturating_add(1));
        let reason = format!(
            "{} is of X.509 version {version}, and only version 3 can say what it is for: {}",
            self.certificate(),
            self.replace_or_pin()
        );
        Failure::new(Check::Form, reason)
    }

    fn critical_extension(&self) -> Failure {
        let unknown = parse(self.sent.leaf).and_then(|certificate| {
            let unsupported = |e: &&x509_parser::extensions::X509Extension<'_>| {
                e.critical && matches!(e.parsed_extension(), ParsedExtension::UnsupportedExtension { .. })
            };
            certificate.extensions().iter().find(unsupported).map(|e| format!(" ({})", e.oid))
        });
        let reason = format!(
            "{} has a critical extension that is not known here{}: {}",
            self.certificate(),
            unknown.unwrap_or_default(),
            self.replace_or_pin()
        );
        Failure::new(Check::Usage, reason).with_alert(Alert::BAD_CERTIFICATE)
    }

    pub(super) fn unreadable(&self) -> Failure {
        let reason = format!("a certificate of the chain is malformed: {}", self.replace_or_pin());
        Failure::new(Check::Form, reason)
    }

    fn replace_or_pin(&self) -> &'static str {
        match self.paths.usage {
            Usage::Server => "its owner must replace it, or you pin it when the account is set up",
            Usage::Client => "its owner must replace it",
        }
    }

    /// Whose certificate it is.
    fn owner(&self) -> &'static str {
        match self.paths.usage {
            Usage::Server => "server",
            Usage::Client => "client",
        }
    }

    fn certificate(&self) -> &'static str {
        if self.is_self_signed() { "the self-signed certificate" } else { "the certificate" }
    }

    /// Whether it is its own issuer: it says so, and its own key has signed it. Where the engine cannot verify
    /// that, the key identifiers tell (RFC 5280 §4.2.1.1).
    fn is_self_signed(&self) -> bool {
        let Some(certificate) = parse(self.sent.leaf) else { return false };
        let key = certificate.public_key().raw;
        if certificate.subject().as_raw() != certificate.issuer().as_raw() {
            return false;
        }
        let algorithm = certificate.signature_algorithm.algorithm.to_id_string();
        if !VERIFIABLE.contains(&algorithm.as_str()) || !can_be_used(key) {
            return key_identifiers_agree(&certificate);
        }
        let key = SubjectPublicKeyInfoDer::from(key);
        let Ok(key) = RawPublicKeyEntity::try_from(&key) else { return false };
        let (message, signature) = (certificate.tbs_certificate.as_ref(), &certificate.signature_value.data);
        let algorithms = self.paths.algorithms.all;
        algorithms.iter().any(|algorithm| key.verify_signature(*algorithm, message, signature).is_ok())
    }

    fn has_the_name_of_a_trusted_one(&self) -> bool {
        parse(self.sent.leaf).is_some_and(|leaf| self.is_a_trusted_name(leaf.subject()))
    }

    /// Whether this is the subject of a certificate that the host has supplied.
    fn is_a_trusted_name(&self, name: &X509Name<'_>) -> bool {
        let same =
            |own: &CertificateDer<'_>| parse(own).is_some_and(|own| own.subject().as_raw() == name.as_raw());
        self.paths.anchors.supplied().iter().any(same)
    }

    /// The last certificate on the way from the leaf through what the peer has sent. Each is read once, and the
    /// way is followed no further than webpki would: the peer decides how many there are.
    fn last_of_the_chain(&self) -> &CertificateDer<'_> {
        let Some(mut last) = with_der(self.sent.leaf) else { return self.sent.leaf };
        let mut issuers: Vec<_> = self.sent.issuers.iter().filter_map(with_der).collect();
        for _ in 0..LONGEST {
            let issuer = last.1.issuer().as_raw();
            if issuer == last.1.subject().as_raw() {
                break;
            }
            let is_next = |(_, other): &(_, X509Certificate<'_>)| other.subject().as_raw() == issuer;
            let Some(next) = issuers.iter().position(is_next) else { break };
            last = issuers.swap_remove(next);
        }
        last.0
    }
}

fn with_der<'a>(der: &'a CertificateDer<'a>) -> Option<(&'a CertificateDer<'a>, X509Certificate<'a>)> {
    parse(der).map(|certificate| (der, certificate))
}

fn key_identifiers_agree(certificate: &X509Certificate<'_>) -> bool {
    let own = certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(own) => Some(own),
        _ => None,
    });
    let issuers = certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(issuers) => issuers.key_identifier.as_ref(),
        _ => None,
    });
    issuers.is_none() || issuers == own
}

fn subject(der: &CertificateDer<'_>) -> String {
    parse(der).map_or_else(String::new, |certificate| short(certificate.subject()))
}

/// A name, cut.
fn short(name: &X509Name<'_>) -> String {
    let name = distinguished_name(name);
    match name.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    }
}

/// A time as the reasons write it: `2026-12-31 23:59:59 UTC`.
fn date(time: UnixTime) -> String {
    let time = i64::try_from(time.as_secs()).ok().and_then(|seconds| ASN1Time::from_timestamp(seconds).ok());
    let Some(time) = time else { return "an impossible time".into() };
    let time = time.to_datetime();
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}
