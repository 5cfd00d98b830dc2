//! Servers' certificates by what DNS says of them: TLSA records that DNSSEC has proved (RFC 6698 §2.1.1,
//! RFC 7671 §5).

use super::{Expected, Verifier, identity};
use crate::tls::facts::PeerValidation;
use crate::tls::failure::{Check, Failure};
use crate::trust::path::Sent;
use crate::trust::tlsa::{CertificateUsage, MatchingType, Selector, TlsaRecord, TlsaRecords};
use rustls::pki_types::{CertificateDer, Der, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, VerifiedPath, anchor_from_trusted_cert, spki_for_anchor};
use x509_parser::der_parser::asn1_rs::{FromDer, Sequence};

impl Verifier {
    /// One record suffices: during a roll-over there are two, and one of them is right (RFC 7671 §8).
    /// Where none does, the failure is that of a record which is about this chain, if there is one.
    pub(super) fn by_dns(
        &self,
        sent: Sent<'_>,
        expected: &Expected,
        records: &TlsaRecords,
        now: UnixTime,
    ) -> Result<PeerValidation, Failure> {
        let of = |usage| records.usable().filter(move |record| record.usage() == usage);
        // Neither names nor dates, and no chain (RFC 7671 §5.1).
        if of(CertificateUsage::DANE_EE).any(|record| record.matches(sent.leaf)) {
            return Ok(PeerValidation::Dane);
        }
        let mut failure = None;
        let anchors: Vec<_> =
            of(CertificateUsage::DANE_TA).flat_map(|record| anchors(record, sent)).collect();
        if !anchors.is_empty() {
            let path = self.paths.path(sent, &anchors, now, None);
            match path.and_then(|()| identity(sent.leaf, &expected.references)) {
                Ok(()) => return Ok(PeerValidation::Dane),
                Err(error) => failure = Some(error),
            }
        }
        // What the authorities say must be right as well: it is they who stand behind it.
        if of(CertificateUsage::PKIX_EE).any(|record| record.matches(sent.leaf)) {
            match self.trusted(sent, expected, now) {
                Ok(()) => return Ok(PeerValidation::Pkix),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        let authorities: Vec<_> = of(CertificateUsage::PKIX_TA).collect();
        if !authorities.is_empty() {
            match self.through(&authorities, sent, expected, now) {
                Ok(()) => return Ok(PeerValidation::Pkix),
                Err(error) => failure = failure.or(error),
            }
        }
        Err(failure.unwrap_or_else(|| none_is_for(sent.leaf, records)))
    }

    /// A chain to an anchor of the host's that goes through one of these authorities. No error is that
    /// there is a chain, but that none goes there.
    fn through(
        &self,
        authorities: &[&TlsaRecord],
        sent: Sent<'_>,
        expected: &Expected,
        now: UnixTime,
    ) -> Result<(), Option<Failure>> {
        let goes_there = |path: &VerifiedPath<'_>| {
            let found = authorities.iter().any(|record| is_in(record, path, sent.issuers));
            if found { Ok(()) } else { Err(webpki::Error::UnknownIssuer) }
        };
        self.trusted(sent, expected, now).map_err(Some)?;
        let authorities = self.paths.anchors().authorities();
        self.paths.path(sent, authorities, now, Some(&goes_there)).map_err(|_| None)
    }
}

/// Whether the record is about an authority of the path. Of an anchor no more is known than its name
/// and key, unless the server has sent its certificate.
fn is_in(record: &TlsaRecord, path: &VerifiedPath<'_>, issuers: &[CertificateDer<'_>]) -> bool {
    let anchor = path.anchor();
    let is_anchor = |der: &&CertificateDer<'_>| {
        let same = |own: TrustAnchor<'_>| {
            own.subject == anchor.subject && own.subject_public_key_info == anchor.subject_public_key_info
        };
        anchor_from_trusted_cert(der).is_ok_and(same)
    };
    path.intermediate_certificates().any(|authority| record.matches(&authority.der()))
        || record.is_about(None, &spki_for_anchor(anchor))
        || issuers.iter().filter(is_anchor).any(|der| record.matches(der))
}

/// What a DANE-TA record makes anchors of: the authorities in the chain that it is about, and what it
/// holds itself (RFC 7671 §5.2).
fn anchors(record: &TlsaRecord, sent: Sent<'_>) -> Vec<TrustAnchor<'static>> {
    let anchor = |der: &CertificateDer<'_>| Some(anchor_from_trusted_cert(der).ok()?.to_owned());
    let matching = sent.issuers.iter().filter(|der| record.matches(der));
    let mut anchors: Vec<_> = matching.filter_map(anchor).collect();
    match (record.matching_type(), record.selector()) {
        (MatchingType::FULL, Selector::CERT) => anchors.extend(anchor(&record.data().into())),
        (MatchingType::FULL, Selector::SPKI) => anchors.extend(bare_key(record, sent)),
        _ => {}
    }
    anchors
}

/// A bare key has no name: it is an anchor for whomever the certificates name as their issuer.
fn bare_key(record: &TlsaRecord, sent: Sent<'_>) -> Vec<TrustAnchor<'static>> {
    let Ok((&[], key)) = Sequence::from_der(record.data()) else { return Vec::new() };
    let anchor = |issuer: &[u8]| TrustAnchor {
        subject: Der::from(issuer.to_vec()),
        subject_public_key_info: Der::from(key.content.to_vec()),
        name_constraints: None,
    };
    let all = core::iter::once(sent.leaf).chain(sent.issuers);
    all.filter_map(|der| Some(anchor(EndEntityCert::try_from(der).ok()?.issuer()))).collect()
}

/// Shown is the record that would be: what the certificate offers instead.
fn none_is_for(leaf: &CertificateDer<'_>, records: &TlsaRecords) -> Failure {
    let (usage, selector) = (CertificateUsage::DANE_EE, Selector::SPKI);
    let own = TlsaRecord::of_certificate(usage, selector, MatchingType::SHA2_256, leaf);
    let Ok(own) = own else {
        return Failure::new(Check::Form, "the certificate is malformed: its owner must replace it");
    };
    let reason = match records.usable().count() {
        1 => format!("the TLSA record is for another certificate; this one's is {own}"),
        count => format!("none of the {count} TLSA records is for this certificate; its own is {own}"),
    };
    Failure::new(Check::Dane, reason)
}

#[cfg(test)]
mod tests;
