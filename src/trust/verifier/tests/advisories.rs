//! What has been wrong in rustls-webpki (RUSTSEC-2026-0049, -0098, -0099 and -0104), by way of our own
//! verifier.

use super::*;
use rcgen::{CrlDistributionPoint, CrlIssuingDistributionPoint, SanType};

fn point(uri: &str) -> CrlDistributionPoint {
    CrlDistributionPoint { uris: vec![uri.into()] }
}

/// A list of the part that is published at `uri`, with the leaf's number or without.
fn list_of_part(issuer: &Authority, uri: &str, serials: &[u64]) -> Vec<u8> {
    let revoked = |serial: &u64| RevokedCertParams {
        serial_number: SerialNumber::from(*serial),
        revocation_time: date_time_ymd(2026, 2, 1),
        reason_code: None,
        invalidity_date: None,
    };
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 2, 1),
        next_update: date_time_ymd(2027, 3, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: Some(CrlIssuingDistributionPoint {
            distribution_point: point(uri),
            scope: None,
        }),
        revoked_certs: serials.iter().map(revoked).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(issuer).unwrap().der().to_vec()
}

/// RUSTSEC-2026-0049: of a certificate's distribution points only the first was compared with a list's, so
/// that a list for another one did not count, and what it revokes was accepted.
#[test]
fn a_list_counts_for_each_of_the_certificates_distribution_points() {
    const POINTS: [&str; 3] = ["http://a.example/1.crl", "http://b.example/2.crl", "http://c.example/3.crl"];
    let chain = Chain::of_leaf(|leaf| leaf.crl_distribution_points = POINTS.map(point).into());
    let check = |uri: &str, serials: &[u64]| {
        let mut lists = no_lists();
        lists.add(&list_of_part(&chain.middle, uri, serials)).unwrap();
        chain.check(&lists)
    };
    for uri in POINTS {
        assert_eq!(check(uri, &[77]), Err(Check::Revocation), "{uri}");
        assert_eq!(check(uri, &[1]), Ok(PeerValidation::Pkix), "{uri}");
    }
    assert_eq!(check("http://elsewhere.example/4.crl", &[77]), Ok(PeerValidation::Pkix));
}

/// One element of DER, shorter than 128 octets.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
}

/// RUSTSEC-2026-0098: constraints on names that are URIs were passed over.
#[test]
fn a_uri_does_not_pass_a_constraint_on_uris() {
    let subtree = der(0x30, &der(0x86, b"allowed.example"));
    for subtrees in [0xa0, 0xa1] {
        let constraints = der(0x30, &der(subtrees, &subtree));
        let chain = |uri: Option<&str>| {
            let extension = || {
                let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 30], constraints.clone());
                extension.set_criticality(true);
                extension
            };
            Chain::new(
                |middle| middle.custom_extensions.push(extension()),
                |leaf| {
                    let uri = uri.map(|uri| SanType::URI(uri.try_into().unwrap()));
                    leaf.subject_alt_names.extend(uri);
                },
            )
        };
        for uri in ["https://forbidden.example/", "https://allowed.example/"] {
            assert_eq!(chain(Some(uri)).check(&no_lists()), Err(Check::Usage), "{subtrees:x} {uri}");
        }
        assert_eq!(chain(None).check(&no_lists()), Ok(PeerValidation::Pkix), "no URI is constrained");
    }
}

/// RUSTSEC-2026-0099: `*.wild.example` was taken to lie within `accept.wild.example`.
#[test]
fn a_wildcard_is_not_within_one_of_the_names_it_matches() {
    let check = |permitted: &str, host: &str| {
        let constraints = NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName(permitted.into())],
            excluded_subtrees: vec![],
        };
        let chain = Chain::new(
            |middle| middle.name_constraints = Some(constraints),
            |leaf| {
                let names = CertificateParams::new(vec!["*.wild.example".into()]).unwrap();
                leaf.subject_alt_names = names.subject_alt_names;
            },
        );
        chain.check_as(&expected(host), &no_lists(), now())
    };
    for host in ["accept.wild.example", "reject.wild.example"] {
        assert_eq!(check("accept.wild.example", host), Err(Check::Usage), "{host}");
        assert_eq!(check("wild.example", host), Ok(PeerValidation::Pkix), "{host}");
    }
}

/// RUSTSEC-2026-0104: an empty BIT STRING for `onlySomeReasons` was a panic, before any signature was looked
/// at.
#[test]
fn a_list_for_no_reasons_is_refused_without_a_panic() {
    let chain = Chain::good();
    let mut list = list_of_part(&chain.middle, "http://a.example/123.crl", &[1]);
    // The URI gives three octets to [3] onlySomeReasons, so that no length around it changes.
    let name = b"http://a.example/123.crl";
    let uri = list.windows(name.len()).position(|part| part == name).unwrap();
    for length in [uri - 1, uri - 3, uri - 5] {
        list[length] -= 3;
    }
    list[uri + name.len() - 3..uri + name.len()].copy_from_slice(&[0x83, 1, 0]);
    for list in [&list, pem(&list).as_bytes()] {
        let error = no_lists().add(list).unwrap_err();
        assert!(error.reason().contains("covers only a part of the revoked certificates"), "{error}");
    }
}
