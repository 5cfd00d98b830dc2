//! Certificates that people make themselves: supplied by the host, pinned by the user, and what is said of
//! those that are neither.

use super::*;
use crate::trust::tlsa::{CertificateUsage, MatchingType, Selector, TlsaRecord};
use rcgen::DnType;
use rustls::pki_types::pem::PemObject;

/// Of every file of `tests/data/certificates`.
const VERSION_1: &[u8] = include_bytes!("../../../../tests/data/certificates/version-1.der");
const RSA_1024: &[u8] = include_bytes!("../../../../tests/data/certificates/rsa-1024.der");
const CA_TRUE: &str = include_str!("../../../../tests/data/certificates/ca-true.pem");

/// One that has signed itself, changed as a test wants it.
fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> CertificateDer<'static> {
    let mut params = leaf_params();
    change(&mut params);
    params.self_signed(&key()).unwrap().der().clone()
}

fn pem_of(certificates: &[&[u8]]) -> String {
    let mut text = String::new();
    for der in certificates {
        text += &super::pem(der).replace("X509 CRL", "CERTIFICATE");
    }
    text
}

/// How a client finds it that trusts these certificates.
fn find(
    trusted: &str,
    leaf: &[u8],
    change: impl FnOnce(&mut Expected),
    lists: &RevocationLists,
) -> Result<PeerValidation, Failure> {
    let mut expected = expected(HOST);
    change(&mut expected);
    verifier_of(trusted, lists).check(&leaf.to_vec().into(), &[], &expected, now())
}

/// What is trusted in these tests besides what they are about.
fn another() -> CertificateDer<'static> {
    self_signed(|_| ())
}

fn is_ca(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.extended_key_usages.clear();
}

fn check_of(found: Result<PeerValidation, Failure>) -> Result<PeerValidation, Check> {
    found.map_err(|failure| failure.check())
}

/// The three shapes that the certificate of a server's own has, each exactly as the host has supplied it.
#[test]
fn a_certificate_that_the_host_has_supplied_is_trusted() {
    let year = |year| date_time_ymd(year, 1, 1);
    let of_an_authority = |change: fn(&mut CertificateParams)| Chain::of_leaf(change).leaf;
    let named_otherwise = |l: &mut CertificateParams| {
        l.subject_alt_names = CertificateParams::new(vec!["other.example".into()]).unwrap().subject_alt_names;
    };
    let good = Ok(PeerValidation::Pkix);
    for (what, leaf, found) in [
        ("CA:TRUE", self_signed(is_ca), good),
        ("without CA:TRUE", self_signed(|_| ()), good),
        ("from an authority", of_an_authority(|_| ()), good),
        ("from an authority, and one itself", of_an_authority(is_ca), good),
        ("as openssl req -x509 makes it", CertificateDer::from_pem_slice(CA_TRUE.as_bytes()).unwrap(), good),
        (
            "for any use",
            of_an_authority(|l| l.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any]),
            good,
        ),
        ("with a critical extension", of_an_authority(critical), good),
        // What is still checked.
        (
            "expired",
            self_signed(|l| {
                is_ca(l);
                l.not_after = year(2026);
            }),
            Err(Check::Validity),
        ),
        (
            "not valid yet",
            of_an_authority(|l| l.not_before = date_time_ymd(2027, 1, 1)),
            Err(Check::Validity),
        ),
        (
            "for another name",
            self_signed(|l| {
                is_ca(l);
                named_otherwise(l);
            }),
            Err(Check::Identity),
        ),
        (
            "for clients",
            of_an_authority(|l| l.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
            Err(Check::Usage),
        ),
        (
            "for nothing",
            self_signed(|l| l.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning]),
            Err(Check::Usage),
        ),
        // Version 1 has no name that counts.
        ("version 1", VERSION_1.to_vec().into(), Err(Check::Identity)),
    ] {
        let bundle = pem_of(&[&another(), &leaf, &another()]);
        assert_eq!(check_of(find(&bundle, &leaf, |_| (), &no_lists())), found, "{what}");
        assert!(find(&pem_of(&[&another()]), &leaf, |_| (), &no_lists()).is_err(), "{what}, not supplied");
    }
    let by_common_name = |expected: &mut Expected| {
        expected.references = References::of_host(HOST).unwrap().common_name_fallback(true);
    };
    assert_eq!(check_of(find(&pem_of(&[VERSION_1]), VERSION_1, by_common_name, &no_lists())), good);
}

fn critical(params: &mut CertificateParams) {
    let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
    extension.set_criticality(true);
    params.custom_extensions = vec![extension];
}

/// Exactly that one: not another of the same key and name, and no other one octet away.
#[test]
fn nothing_but_the_very_certificate_is_trusted() {
    let key = key();
    let made = |serial: u64| {
        let mut params = leaf_params();
        is_ca(&mut params);
        params.serial_number = Some(SerialNumber::from(serial));
        params.self_signed(&key).unwrap().der().clone()
    };
    let (ours, renewed) = (made(1), made(2));
    let trusted = pem_of(&[&ours]);
    assert!(find(&trusted, &ours, |_| (), &no_lists()).is_ok());
    let failure = find(&trusted, &renewed, |_| (), &no_lists()).unwrap_err();
    assert_eq!(failure.check(), Check::Chain);
    assert!(failure.reason().contains("not the trusted certificate of the same name"), "{failure}");
    for at in 0..ours.len() {
        let mut other = ours.to_vec();
        other[at] ^= 1;
        assert!(find(&trusted, &other, |_| (), &no_lists()).is_err(), "octet {at}");
    }
}

/// A certificate that is no authority's is trusted itself, and nothing that its key has signed.
#[test]
fn a_supplied_certificate_that_is_no_authority_vouches_for_no_other() {
    const NO_AUTHORITY: &str = "the issuer is among the trusted certificates, but no authority: CN=Own; it is trusted \
                                for itself alone, and the server needs a certificate from an authority (possible attack)";
    let owned = |is_ca, usages: &[KeyUsagePurpose]| {
        let mut own = params("Own");
        own.subject_alt_names = leaf_params().subject_alt_names;
        (own.is_ca, own.key_usages) = (is_ca, usages.to_vec());
        Authority::self_signed(own, key()).unwrap()
    };
    let unconstrained = || IsCa::Ca(BasicConstraints::Unconstrained);
    for (what, own, vouches) in [
        ("CA:FALSE", owned(IsCa::ExplicitNoCa, &[]), false),
        ("CA:FALSE, keyCertSign", owned(IsCa::ExplicitNoCa, &[KeyUsagePurpose::KeyCertSign]), false),
        ("says nothing", owned(IsCa::NoCa, &[]), false),
        ("CA:TRUE for signatures", owned(unconstrained(), &[KeyUsagePurpose::DigitalSignature]), false),
        ("CA:TRUE", owned(unconstrained(), &[]), true),
    ] {
        let trusted = pem_of(&[own.der()]);
        assert!(find(&trusted, own.der(), |_| (), &no_lists()).is_ok(), "{what}, itself");
        let mut other = leaf_params();
        other.subject_alt_names =
            CertificateParams::new(vec!["imap.bank.example".into()]).unwrap().subject_alt_names;
        let other = other.signed_by(&key(), &own).unwrap().der().clone();
        let check = |issuers: &[CertificateDer<'_>]| {
            let verifier = verifier_of(&trusted, &no_lists());
            verifier.check(&other, issuers, &expected("imap.bank.example"), now())
        };
        let (alone, with_issuer) = (check(&[]), check(&[own.der().clone()]));
        if vouches {
            assert_eq!([check_of(alone), check_of(with_issuer)], [Ok(PeerValidation::Pkix); 2], "{what}");
        } else {
            let failure = alone.unwrap_err();
            assert_eq!((failure.check(), failure.reason()), (Check::Chain, NO_AUTHORITY), "{what}");
            assert!(matches!(check_of(with_issuer), Err(Check::Chain | Check::Usage)), "{what}, sent");
        }
    }
}

/// A list of the issuer's, by its name, counts also where its signature cannot be verified.
#[test]
fn a_list_counts_against_one_that_was_supplied_or_pinned() {
    let made = |change: fn(&mut CertificateParams)| {
        Authority::self_signed(
            {
                let mut p = leaf_params();
                change(&mut p);
                p
            },
            key(),
        )
        .unwrap()
    };
    let pin = |leaf: &CertificateDer<'_>| Some(Pin::of_certificate(leaf));
    for authority in [made(is_ca), made(|l| l.is_ca = IsCa::NoCa)] {
        let leaf = authority.der().clone();
        let trusted = pem_of(&[&leaf]);
        let stranger = pem_of(&[&another()]);
        for (serial, unknown, supplied, pinned) in [
            (1, UnknownRevocation::Accept, Ok(PeerValidation::Pkix), Ok(PeerValidation::Pin)),
            (77, UnknownRevocation::Accept, Err(Check::Revocation), Err(Check::Revocation)),
            (77, UnknownRevocation::Refuse, Err(Check::Revocation), Err(Check::Revocation)),
        ] {
            let mut lists = no_lists();
            lists.unknown = unknown;
            let mut signer = authority_params("leaf");
            signer.distinguished_name = leaf_params().distinguished_name;
            let signer = Authority::self_signed(signer, key()).unwrap();
            lists.add(&list(&signer, &[serial], 2027)).unwrap();
            let with_pin = |expected: &mut Expected| expected.pin = pin(&leaf);
            let found = find(&stranger, &leaf, with_pin, &lists);
            assert_eq!(check_of(found), pinned, "{serial} pinned");
            assert_eq!(check_of(find(&trusted, &leaf, |_| (), &lists)), supplied, "{serial} supplied");
        }
    }
    // The strict way takes no word but a list's.
    let leaf = self_signed(is_ca);
    let other = Chain::good();
    let mut strict = no_lists();
    strict.unknown = UnknownRevocation::Refuse;
    strict.add(&list(&other.root, &[1], 2027)).unwrap();
    assert_eq!(check_of(find(&pem_of(&[&leaf]), &leaf, |_| (), &strict)), Err(Check::Revocation));
    // A serial number whose first bit is set has a zero before it in DER.
    let ca_true = CertificateDer::from_pem_slice(CA_TRUE.as_bytes()).unwrap();
    let mut signer = params("");
    signer.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    signer.key_usages = vec![KeyUsagePurpose::CrlSign];
    signer.distinguished_name = rcgen::DistinguishedName::new();
    signer.distinguished_name.push(DnType::CommonName, HOST);
    let signer = Authority::self_signed(signer, key()).unwrap();
    let serial = x509_serial(&ca_true);
    let mut lists = no_lists();
    lists.add(&list(&signer, &[serial], 2027)).unwrap();
    let found = find(CA_TRUE, &ca_true, |_| (), &lists);
    assert_eq!(check_of(found), Err(Check::Revocation));
}

fn x509_serial(der: &[u8]) -> u64 {
    let certificate = crate::trust::certificate::parse(der).unwrap();
    certificate.raw_serial().iter().fold(0, |number, &octet| number << 8 | u64::from(octet))
}

/// A pin covers the octets. Nobody need be able to read them.
#[test]
fn a_pinned_certificate_may_have_any_form() {
    let mut cut = self_signed(|_| ()).to_vec();
    cut.truncate(100);
    for (what, leaf) in [
        ("version 1", VERSION_1.to_vec()),
        ("RSA of 1024 bits", RSA_1024.to_vec()),
        ("a critical extension", self_signed(critical).to_vec()),
        (
            "CA:TRUE, expired",
            self_signed(|l| {
                is_ca(l);
                l.not_after = date_time_ymd(2026, 1, 1);
            })
            .to_vec(),
        ),
        ("cut", cut),
        ("no certificate at all", b"x".to_vec()),
    ] {
        let trusted = pem_of(&[&another()]);
        let pinned = |expected: &mut Expected| expected.pin = Some(Pin::of_certificate(&leaf));
        assert_eq!(check_of(find(&trusted, &leaf, pinned, &no_lists())), Ok(PeerValidation::Pin), "{what}");
        let other = |expected: &mut Expected| expected.pin = Some(Pin::of_certificate(&another()));
        assert!(find(&trusted, &leaf, other, &no_lists()).is_err(), "{what}");
    }
}

/// Likewise for what DNS says of the server's own certificate (RFC 7671 §5.1).
#[test]
fn a_dane_ee_record_is_for_certificates_of_any_form() {
    let trusted = pem_of(&[&another()]);
    for leaf in [VERSION_1.to_vec(), RSA_1024.to_vec(), self_signed(critical).to_vec()] {
        for selector in [Selector::CERT, Selector::SPKI] {
            let (usage, matching) = (CertificateUsage::DANE_EE, MatchingType::SHA2_256);
            let record = TlsaRecord::of_certificate(usage, selector, matching, &leaf).unwrap();
            let with = |expected: &mut Expected| {
                expected.tlsa = Some(TlsaRecords::dnssec_validated(vec![record]));
            };
            assert_eq!(check_of(find(&trusted, &leaf, with, &no_lists())), Ok(PeerValidation::Dane));
        }
    }
}

/// What is said of a certificate by a client that trusts another one.
fn said(leaf: &[u8], issuers: &[&Authority]) -> (Check, String) {
    let issuers: Vec<_> = issuers.iter().map(|issuer| issuer.der().clone()).collect();
    let verifier = verifier_of(&pem_of(&[&another()]), &no_lists());
    let failure = verifier.check(&leaf.to_vec().into(), &issuers, &expected(HOST), now()).unwrap_err();
    (failure.check(), failure.reason().to_owned())
}

const SELF_SIGNED: &str = "the certificate is self-signed and not among the trusted ones: if it is the right one, make \
                           it trusted (as a CA file), or pin it when the account is set up";
const REPLACE: &str = "its owner must replace it, or you pin it when the account is set up";

#[test]
fn reasons_say_who_is_not_trusted_and_what_to_do() {
    let chain = Chain::good();
    let named = |l: &mut CertificateParams| l.distinguished_name.push(DnType::OrganizationName, "Own");
    let authority = self_signed(|l| {
        is_ca(l);
        named(l);
    });
    let incomplete = |issuer| {
        format!(
            "the issuing authority is not among the trusted ones: CN={issuer}; if that is an intermediate authority, \
             the server must send its certificate as well, for the chain is incomplete; otherwise add its \
             certificate to the trusted ones"
        )
    };
    let root = "the issuing authority is not among the trusted ones: CN=Root; if it is to be trusted, add its \
                certificate to them";
    for (what, found, reason) in [
        ("self-signed", said(&self_signed(named), &[]), SELF_SIGNED.into()),
        ("self-signed, CA:TRUE", said(&authority, &[]), SELF_SIGNED.into()),
        // The engine verifies no signature by its key; its names say that it is its own issuer.
        ("RSA of 1024 bits", said(RSA_1024, &[]), SELF_SIGNED.into()),
        ("issuer not sent", said(&chain.leaf, &[]), incomplete("Middle")),
        ("root not sent", said(&chain.leaf, &[&chain.middle]), incomplete("Root")),
        ("root sent", said(&chain.leaf, &[&chain.root, &chain.middle]), root.into()),
    ] {
        assert_eq!(found, (Check::Chain, reason), "{what}");
    }
}

#[test]
fn reasons_say_what_is_wrong_with_which_and_what_to_do() {
    let expired = |l: &mut CertificateParams| l.not_after = date_time_ymd(2026, 1, 1);
    for (what, found, check, reason) in [
        (
            "expired",
            said(&self_signed(expired), &[]),
            Check::Validity,
            "the self-signed certificate expired on 2026-01-01 00:00:00 UTC: its owner must renew it, unless the \
             clock is wrong here, which says 2026-05-28 20:26:40 UTC"
                .into(),
        ),
        (
            "not valid yet",
            said(&self_signed(|l| l.not_before = date_time_ymd(2027, 1, 1)), &[]),
            Check::Validity,
            "the self-signed certificate is not valid before 2027-01-01 00:00:00 UTC: check the clock here, which \
             says 2026-05-28 20:26:40 UTC"
                .into(),
        ),
        (
            "version 1",
            said(VERSION_1, &[]),
            Check::Form,
            format!(
                "the self-signed certificate is of X.509 version 1, and only version 3 can say what it is for: {REPLACE}"
            ),
        ),
        (
            "a critical extension",
            said(&self_signed(critical), &[]),
            Check::Usage,
            format!(
                "the self-signed certificate has a critical extension that is not known here \
                 (1.3.6.1.4.1.99999.1): {REPLACE}"
            ),
        ),
        (
            "cut",
            said(&VERSION_1[..100], &[]),
            Check::Form,
            format!("a certificate of the chain is malformed: {REPLACE}"),
        ),
    ] {
        assert_eq!(found, (check, reason), "{what}");
    }
    // Of the authority in between.
    let chain = Chain::of_middle(expired);
    let (_, reason) = said_of(&chain, HOST);
    assert!(
        reason.starts_with("the certificate of the authority CN=Middle expired on 2026-01-01"),
        "{reason}"
    );
    assert_eq!(
        said_of(&Chain::good(), "imap.example"),
        (
            Check::Identity,
            "the certificate is not for imap.example; it is for mail.example, *.wild.example: connect by a name \
             that it is for, or have its owner add this one"
                .into()
        )
    );
}

/// By a client that trusts its root.
fn said_of(chain: &Chain, host: &str) -> (Check, String) {
    let issuers = [chain.middle.der().clone()];
    let found = verifier(&chain.root, &no_lists()).check(&chain.leaf, &issuers, &expected(host), now());
    found.map(|_| ()).map_err(|failure| (failure.check(), failure.reason().to_owned())).unwrap_err()
}

/// The names say so, and the signature does not: it is another authority of the same name.
#[test]
fn self_signed_is_what_its_own_key_has_signed() {
    let mut params = authority_params("leaf");
    params.distinguished_name = leaf_params().distinguished_name;
    let namesake = Authority::self_signed(params, key()).unwrap();
    let leaf = leaf_params().signed_by(&key(), &namesake).unwrap().der().clone();
    let failure =
        find(&pem_of(&[&Chain::good().root.der().clone()]), &leaf, |_| (), &no_lists()).unwrap_err();
    assert_eq!(failure.check(), Check::Chain);
    assert!(!failure.reason().contains("self-signed"), "{failure}");
}

/// A peer can send many small certificates. Each is read a few times at most, in whatever order they are.
#[test]
fn the_reason_takes_work_in_proportion_to_what_was_sent() {
    use crate::trust::certificate::PARSED;
    const MANY: u32 = 120;
    let key = key();
    let name = |number: u32| format!("Authority {number}");
    let (mut issuers, mut issuer) = (Vec::new(), None);
    for number in (0..MANY).rev() {
        let params = authority_params(&name(number));
        let made = match &issuer {
            None => params.self_signed(&key),
            Some(issuer) => params.signed_by(&key, issuer),
        };
        issuers.push(made.unwrap().der().clone());
        issuer = Some(rcgen::Issuer::new(authority_params(&name(number)), &key));
    }
    let leaf = leaf_params().signed_by(&key, &issuer.unwrap()).unwrap().der().clone();
    let verifier = verifier_of(&pem_of(&[&another()]), &no_lists());
    for _ in 0..2 {
        let before = PARSED.get();
        let sent = Sent { leaf: &leaf, issuers: &issuers };
        let failure = verifier.paths.reason(sent, now(), &webpki::Error::UnknownIssuer);
        let parsed = PARSED.get() - before;
        assert!(parsed < issuers.len() + 16, "{parsed}");
        assert!(failure.reason().contains("not among the trusted ones: CN=Authority 8;"), "{failure}");
        issuers.reverse();
    }
}

/// Every failure is one line that no crate has written.
#[test]
fn no_reason_is_debug_output() {
    use webpki::Error as W;
    let chain = Chain::good();
    let verifier = verifier(&chain.root, &no_lists());
    let issuers = [chain.middle.der().clone()];
    for error in [
        W::BadDer,
        W::BadDerTime,
        W::CaUsedAsEndEntity,
        W::CertRevoked,
        W::CrlExpired { time: now(), next_update: now() },
        W::EndEntityUsedAsCa,
        W::EmptyEkuExtension,
        W::ExtensionValueInvalid,
        W::InvalidCertValidity,
        W::InvalidCrlNumber,
        W::InvalidCrlSignatureForPublicKey,
        W::InvalidNetworkMaskConstraint,
        W::InvalidSerialNumber,
        W::InvalidSignatureForPublicKey,
        W::IssuerNotCrlSigner,
        W::MalformedDnsIdentifier,
        W::MalformedExtensions,
        W::MalformedNameConstraint,
        W::MaximumNameConstraintComparisonsExceeded,
        W::MaximumPathBuildCallsExceeded,
        W::MaximumPathDepthExceeded,
        W::MaximumSignatureChecksExceeded,
        W::NameConstraintViolation,
        W::PathLenConstraintViolated,
        W::SignatureAlgorithmMismatch,
        W::UnknownIssuer,
        W::UnknownRevocationStatus,
        W::UnsupportedCertVersion,
        W::UnsupportedCriticalExtension,
        W::UnsupportedNameType,
    ] {
        let failure = verifier.paths.reason(Sent { leaf: &chain.leaf, issuers: &issuers }, now(), &error);
        let reason = failure.reason();
        assert!(reason.len() > 40 && !reason.contains(char::is_control), "{reason}");
        assert!(!reason.contains(&format!("{error:?}")) && !reason.contains(&error.to_string()), "{reason}");
        assert!(reason.contains(':'), "what to do: {reason}");
    }
}
