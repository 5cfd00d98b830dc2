//! What a server's certificate is worth by TLSA records of every use, on chains good and bad.

use super::super::tests::{Authority, Chain, HOST, authority_params, expected, key, no_lists, now, verifier};
use super::*;
use crate::trust::identity::References;
use crate::trust::revocation::RevocationLists;
use rcgen::date_time_ymd;

const SELECTORS: [Selector; 2] = [Selector::CERT, Selector::SPKI];
const MATCHING_TYPES: [MatchingType; 3] =
    [MatchingType::FULL, MatchingType::SHA2_256, MatchingType::SHA2_512];

fn record(usage: CertificateUsage, selector: Selector, how: MatchingType, der: &[u8]) -> TlsaRecord {
    TlsaRecord::of_certificate(usage, selector, how, der).unwrap()
}

/// A record by the digest of the key.
fn by_key(usage: CertificateUsage, der: &[u8]) -> TlsaRecord {
    record(usage, Selector::SPKI, MatchingType::SHA2_256, der)
}

/// All six records of a certificate for one use.
fn all_of(usage: CertificateUsage, der: &[u8]) -> Vec<TlsaRecord> {
    let of = |selector| MATCHING_TYPES.map(|how| record(usage, selector, how, der));
    SELECTORS.map(of).concat()
}

fn with(records: &[TlsaRecord]) -> Expected {
    Expected { tlsa: Some(TlsaRecords::dnssec_validated(records.to_vec())), ..expected(HOST) }
}

/// Which check is not passed by a chain whose server sends these, at a client that trusts `root`.
fn check(
    root: &Authority,
    leaf: &CertificateDer<'_>,
    issuers: &[&CertificateDer<'static>],
    expected: &Expected,
) -> Result<PeerValidation, Check> {
    let issuers: Vec<_> = issuers.iter().copied().cloned().collect();
    verifier(root, &no_lists()).check(leaf, &issuers, expected, now()).map_err(|failure| failure.check())
}

fn stranger() -> Authority {
    Authority::self_signed(authority_params("Stranger"), key()).unwrap()
}

/// RFC 7671 §5.1: nothing else matters.
#[test]
fn the_servers_own_certificate_needs_no_more() {
    let root = stranger();
    for chain in [
        Chain::good(),
        Chain::of_leaf(|l| l.not_after = date_time_ymd(2026, 1, 1)),
        Chain::of_leaf(|l| l.not_before = date_time_ymd(2027, 1, 1)),
        Chain::of_leaf(|l| l.subject_alt_names.clear()),
    ] {
        for record in all_of(CertificateUsage::DANE_EE, &chain.leaf) {
            assert_eq!(check(&root, &chain.leaf, &[], &with(&[record])), Ok(PeerValidation::Dane));
        }
        let other = by_key(CertificateUsage::DANE_EE, chain.middle.der());
        let sent = [chain.middle.der()];
        assert_eq!(check(&chain.root, &chain.leaf, &sent, &with(&[other])), Err(Check::Dane));
    }
}

#[test]
fn an_authority_by_dns_is_an_anchor() {
    let root = stranger();
    let chain = Chain::good();
    let (middle, top) = (chain.middle.der(), chain.root.der());
    for authority in [middle, top] {
        for record in all_of(CertificateUsage::DANE_TA, authority) {
            let expected = with(core::slice::from_ref(&record));
            assert_eq!(
                check(&root, &chain.leaf, &[middle, top], &expected),
                Ok(PeerValidation::Dane),
                "{record}"
            );
            // What the record does not hold itself the server must send (RFC 7671 §5.2.2).
            let held = record.matching_type() == MatchingType::FULL;
            let sent: &[_] = if authority == middle { &[] } else { &[middle] };
            let without = check(&root, &chain.leaf, sent, &expected);
            assert_eq!(without, if held { Ok(PeerValidation::Dane) } else { Err(Check::Dane) }, "{record}");
        }
    }
    // The leaf is no authority, and an authority that has not signed is none of this leaf's.
    let records = all_of(CertificateUsage::DANE_TA, &chain.leaf);
    for record in &records {
        assert!(
            check(&root, &chain.leaf, &[middle], &with(core::slice::from_ref(record))).is_err(),
            "{record}"
        );
    }
    for record in all_of(CertificateUsage::DANE_TA, root.der()) {
        let sent = [middle, top, root.der()];
        assert_eq!(check(&root, &chain.leaf, &sent, &with(&[record])), Err(Check::Chain));
    }
}

/// RFC 7671 §5.2: unlike the server's own, an authority's certificate says nothing of names and dates.
#[test]
fn under_an_authority_names_and_dates_matter() {
    for (chain, failed) in [
        (Chain::of_leaf(|l| l.subject_alt_names.clear()), Check::Identity),
        (Chain::of_leaf(|l| l.not_after = date_time_ymd(2026, 1, 1)), Check::Validity),
        (Chain::of_leaf(|l| l.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained)), Check::Usage),
    ] {
        let expected = with(&[by_key(CertificateUsage::DANE_TA, chain.middle.der())]);
        let sent = [chain.middle.der()];
        assert_eq!(check(&chain.root, &chain.leaf, &sent, &expected), Err(failed));
    }
    let chain = Chain::good();
    let records = [by_key(CertificateUsage::DANE_TA, chain.middle.der())];
    let references = References::of_host("other.example").unwrap();
    let other = Expected { references, ..with(&records) };
    assert_eq!(check(&chain.root, &chain.leaf, &[chain.middle.der()], &other), Err(Check::Identity));
}

#[test]
fn pkix_records_narrow_what_the_authorities_say() {
    let (chain, other) = (Chain::good(), Chain::good());
    let (middle, top) = (chain.middle.der(), chain.root.der());
    let [ee, ta] = [CertificateUsage::PKIX_EE, CertificateUsage::PKIX_TA];
    let find = |record: &TlsaRecord, sent: &[&CertificateDer<'static>]| {
        check(&chain.root, &chain.leaf, sent, &with(core::slice::from_ref(record)))
    };
    for record in all_of(ee, &chain.leaf).iter().chain(&all_of(ta, middle)) {
        assert_eq!(find(record, &[middle]), Ok(PeerValidation::Pkix), "{record}");
        assert_eq!(find(record, &[]), Err(Check::Chain));
        // Without the host's anchor it is nothing.
        let found = check(&other.root, &chain.leaf, &[middle], &with(core::slice::from_ref(record)));
        assert_eq!(found, Err(Check::Chain), "{record}");
    }
    for record in all_of(ta, top) {
        assert_eq!(find(&record, &[middle, top]), Ok(PeerValidation::Pkix), "{record}");
        // Of an anchor that is not sent no more is known than its key.
        let known = record.selector() == Selector::SPKI;
        let found = find(&record, &[middle]);
        assert_eq!(found, if known { Ok(PeerValidation::Pkix) } else { Err(Check::Dane) }, "{record}");
    }
    for record in
        [by_key(ee, middle), by_key(ee, &other.leaf), by_key(ta, &chain.leaf), by_key(ta, other.root.der())]
    {
        assert_eq!(find(&record, &[middle, other.root.der()]), Err(Check::Dane), "{record}");
    }
    let expired = Chain::of_leaf(|l| l.not_after = date_time_ymd(2026, 1, 1));
    let expected = with(&[by_key(ee, &expired.leaf)]);
    assert_eq!(check(&expired.root, &expired.leaf, &[expired.middle.der()], &expected), Err(Check::Validity));
}

/// RFC 7671 §8: the record of the next certificate stands beside that of the present one.
#[test]
fn one_record_suffices() {
    let (old, new) = (Chain::good(), Chain::good());
    let (ee, ta) = (CertificateUsage::DANE_EE, CertificateUsage::DANE_TA);
    let both = with(&[by_key(ee, &old.leaf), by_key(ee, &new.leaf)]);
    let mixed = with(&[by_key(ee, &old.leaf), by_key(ta, new.middle.der())]);
    for chain in [&old, &new] {
        for expected in [&both, &mixed] {
            let found = check(&stranger(), &chain.leaf, &[chain.middle.der()], expected);
            assert_eq!(found, Ok(PeerValidation::Dane));
        }
    }
    let third = Chain::good();
    assert_eq!(check(&third.root, &third.leaf, &[third.middle.der()], &both), Err(Check::Dane));
}

/// RFC 6698 §4.1: where no record is usable it is as if there were none.
#[test]
fn without_a_usable_record_the_authorities_decide() {
    let chain = Chain::good();
    let unusable: Vec<TlsaRecord> =
        ["4 1 1 ab", "3 2 1 ab", "3 1 9 ab", "3 1 1 ab"].map(|text| text.parse().unwrap()).into();
    for records in [&[][..], &unusable] {
        let sent = [chain.middle.der()];
        assert_eq!(check(&chain.root, &chain.leaf, &sent, &with(records)), Ok(PeerValidation::Pkix));
        assert_eq!(check(&stranger(), &chain.leaf, &sent, &with(records)), Err(Check::Chain));
    }
    let one_usable = [&unusable[..], &[by_key(CertificateUsage::DANE_EE, chain.root.der())]].concat();
    assert_eq!(check(&chain.root, &chain.leaf, &[chain.middle.der()], &with(&one_usable)), Err(Check::Dane));
}

#[test]
fn no_pin_stands_against_dns() {
    let chain = Chain::good();
    let pin = Some(crate::account::Pin::of_certificate(&chain.leaf));
    let expected = Expected { pin, ..with(&[by_key(CertificateUsage::DANE_EE, chain.middle.der())]) };
    assert_eq!(check(&chain.root, &chain.leaf, &[chain.middle.der()], &expected), Err(Check::Dane));
}

#[test]
fn the_failure_names_the_record_that_would_be_right() {
    let chain = Chain::good();
    let wrong = by_key(CertificateUsage::DANE_EE, chain.middle.der());
    let right = by_key(CertificateUsage::DANE_EE, &chain.leaf);
    let lists = RevocationLists::default();
    let found = verifier(&chain.root, &lists).check(&chain.leaf, &[], &with(&[wrong]), now());
    let reason = found.unwrap_err().reason().to_owned();
    assert_eq!(reason, format!("the TLSA record is for another certificate; this one's is {right}"));
}
