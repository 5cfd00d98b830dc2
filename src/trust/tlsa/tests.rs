//! Records: both forms, known answers, what counts, and what matches.

use super::*;
use proptest::prelude::*;
use sha2::{Digest, Sha256, Sha512};

fn certificate() -> Vec<u8> {
    rcgen::generate_simple_self_signed(vec!["a.example".into()]).unwrap().cert.der().to_vec()
}

fn record(usage: u8, selector: u8, matching_type: u8, data: &[u8]) -> TlsaRecord {
    let (usage, selector) = (CertificateUsage(usage), Selector(selector));
    TlsaRecord::new(usage, selector, MatchingType(matching_type), data).unwrap()
}

/// RFC 6698 §2.3.
#[test]
fn known_records() {
    let digest = "d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971";
    let split = format!("0 0 1 {} {}", &digest[..37].to_uppercase(), &digest[37..]);
    let record: TlsaRecord = split.parse().unwrap();
    assert_eq!(record.to_string(), format!("0 0 1 {digest}"));
    assert_eq!((record.usage(), record.selector()), (CertificateUsage::PKIX_TA, Selector::CERT));
    assert_eq!((record.usage().name(), record.matching_type().name()), (Some("PKIX-TA"), Some("SHA2-256")));
    assert_eq!(record.to_rdata()[..5], [0, 0, 1, 0xd2, 0xab]);
    assert!(record.is_usable());
}

#[test]
fn what_is_no_record_is_refused() {
    for bad in [
        "",
        "3",
        "3 1",
        "3 1 1",
        "3 1 1 ",
        "3 1 1 a",
        "3 1 1 abc",
        "3 1 1 xy",
        "256 1 1 ab",
        "-1 1 1 ab",
        "+3 1 1 ab",
        "3,1,1 ab",
        "DANE-EE 1 1 ab",
        "3 1 1 0xab",
        "3 1 1 ab\u{e4}",
    ] {
        assert!(bad.parse::<TlsaRecord>().is_err(), "{bad}");
    }
    for bad in [&[][..], &[3], &[3, 1, 1], &vec![1; 65_536]] {
        assert!(TlsaRecord::from_rdata(bad).is_err());
    }
    assert!(
        "3 1 1 "
            .to_owned()
            .chars()
            .chain("ab".repeat(65_533).chars())
            .collect::<String>()
            .parse::<TlsaRecord>()
            .is_err()
    );
}

#[test]
fn what_is_not_known_counts_for_nothing() {
    for (record, usable) in [
        (record(3, 1, 1, &[0; 32]), true),
        (record(0, 0, 2, &[0; 64]), true),
        (record(2, 0, 0, &[0]), true),
        (record(4, 1, 1, &[0; 32]), false),
        (record(255, 1, 1, &[0; 32]), false),
        (record(3, 2, 1, &[0; 32]), false),
        (record(3, 1, 3, &[0; 32]), false),
        (record(3, 1, 1, &[0; 31]), false),
        (record(3, 1, 1, &[0; 64]), false),
        (record(3, 1, 2, &[0; 32]), false),
    ] {
        assert_eq!(record.is_usable(), usable, "{record}");
        assert_eq!(TlsaRecords::dnssec_validated([record]).any_usable(), usable);
    }
    assert!(!TlsaRecords::dnssec_validated([]).any_usable());
}

/// RFC 7671 §9.
#[test]
fn the_stronger_digest_counts() {
    let (weak, strong) = (record(3, 1, 1, &[0; 32]), record(3, 1, 2, &[0; 64]));
    let others = [record(3, 0, 1, &[0; 32]), record(2, 1, 1, &[0; 32]), record(3, 1, 0, &[1])];
    let unusable = record(3, 0, 2, &[0; 3]);
    let all: Vec<_> = others.iter().chain([&weak, &strong, &unusable]).cloned().collect();
    let records = TlsaRecords::dnssec_validated(all);
    let usable: Vec<_> = records.usable().cloned().collect();
    assert_eq!(usable, [&others[..], &[strong]].concat());
    assert_eq!(records.iter().count(), 6);
}

#[test]
fn matches_what_it_is_about() {
    let (der, other) = (certificate(), rcgen::generate_simple_self_signed(vec!["b.example".into()]).unwrap());
    let other = other.cert.der().to_vec();
    for usage in 0..=3 {
        for selector in [Selector::CERT, Selector::SPKI] {
            for matching_type in [MatchingType::FULL, MatchingType::SHA2_256, MatchingType::SHA2_512] {
                let usage = CertificateUsage(usage);
                let own = TlsaRecord::of_certificate(usage, selector, matching_type, &der).unwrap();
                assert!(own.is_usable() && own.matches(&der), "{own}");
                assert!(!own.matches(&other) && !own.matches(b"") && !own.matches(&der[1..]));
                let mut wrong = own.data().to_vec();
                wrong[0] ^= 1;
                assert!(!TlsaRecord::new(usage, selector, matching_type, &wrong).unwrap().matches(&der));
            }
        }
    }
    assert_eq!(record(3, 0, 1, &Sha256::digest(&der)).to_string(), {
        let usage = CertificateUsage::DANE_EE;
        TlsaRecord::of_certificate(usage, Selector::CERT, MatchingType::SHA2_256, &der).unwrap().to_string()
    });
    assert!(record(3, 0, 2, &Sha512::digest(&der)).matches(&der));
    assert!(!record(3, 0, 1, &Sha256::digest(b"x")).matches(b"x"), "what is no certificate never matches");
    assert!(!record(9, 0, 1, &Sha256::digest(&der)).matches(&der), "unusable");
    let (usage, selector) = (CertificateUsage::DANE_EE, Selector(7));
    assert!(TlsaRecord::of_certificate(usage, selector, MatchingType::FULL, &der).is_err());
}

proptest! {
    #[test]
    fn both_forms_give_back_what_was_put_in(rdata in proptest::collection::vec(any::<u8>(), 0..100)) {
        let record = TlsaRecord::from_rdata(&rdata);
        prop_assert_eq!(record.is_ok(), rdata.len() >= 4);
        if let Ok(record) = record {
            prop_assert_eq!(record.to_rdata(), rdata);
            prop_assert_eq!(record.to_string().parse(), Ok(record));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[0-9]{1,3} [0-9]{1,3} [0-9]{1,3} [0-9a-fA-F \t]{0,20}|\\PC{0,20}") {
        if let Ok(record) = text.parse::<TlsaRecord>() {
            prop_assert_eq!(record.to_string().parse(), Ok(record.clone()));
            prop_assert_eq!(TlsaRecord::from_rdata(&record.to_rdata()), Ok(record));
        }
    }
}
