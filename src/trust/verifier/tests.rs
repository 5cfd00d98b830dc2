//! Every way in which a server's certificate can fail, each by its own chain.

mod own;

use super::*;
use crate::tls::config::provider;
use crate::tls::failure::Check;
use crate::trust::revocation::UnknownRevocation;
use core::time::Duration;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, CustomExtension,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, NameConstraints,
    RevokedCertParams, SerialNumber, date_time_ymd,
};

mod advisories;

pub(super) const HOST: &str = "mail.example";

/// In the middle of 2026, when all is valid that is not made otherwise.
pub(super) fn now() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(1_780_000_000))
}

pub(super) type Authority = CertifiedIssuer<'static, KeyPair>;

pub(super) fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params
}

pub(super) fn authority_params(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

pub(super) fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

pub(super) fn leaf_params() -> CertificateParams {
    let names = CertificateParams::new(vec![HOST.into(), "*.wild.example".into()]).unwrap();
    let mut params = params("leaf");
    params.subject_alt_names = names.subject_alt_names;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.serial_number = Some(SerialNumber::from(77));
    params
}

/// A root, an intermediate authority and a leaf, each changed as a test wants it.
pub(super) struct Chain {
    pub(super) root: Authority,
    pub(super) middle: Authority,
    pub(super) leaf: CertificateDer<'static>,
}

impl Chain {
    pub(super) fn new(
        change_middle: impl FnOnce(&mut CertificateParams),
        change_leaf: impl FnOnce(&mut CertificateParams),
    ) -> Self {
        let root = Authority::self_signed(authority_params("Root"), key()).unwrap();
        let mut middle = authority_params("Middle");
        middle.serial_number = Some(SerialNumber::from(66));
        change_middle(&mut middle);
        let middle = Authority::signed_by(middle, key(), &root).unwrap();
        let mut leaf = leaf_params();
        change_leaf(&mut leaf);
        let leaf = leaf.signed_by(&key(), &middle).unwrap().der().clone();
        Self { root, middle, leaf }
    }

    pub(super) fn good() -> Self {
        Self::new(|_| (), |_| ())
    }

    pub(super) fn of_leaf(change: impl FnOnce(&mut CertificateParams)) -> Self {
        Self::new(|_| (), change)
    }

    pub(super) fn of_middle(change: impl FnOnce(&mut CertificateParams)) -> Self {
        Self::new(change, |_| ())
    }

    /// How a client that trusts the root finds it.
    fn check(&self, lists: &RevocationLists) -> Result<PeerValidation, Check> {
        self.check_as(&expected(HOST), lists, now())
    }

    fn check_as(
        &self,
        expected: &Expected,
        lists: &RevocationLists,
        now: UnixTime,
    ) -> Result<PeerValidation, Check> {
        let verifier = verifier(&self.root, lists);
        let issuers = [self.middle.der().clone()];
        verifier.check(&self.leaf, &issuers, expected, now).map_err(|failure| failure.check())
    }
}

pub(super) fn verifier(root: &Authority, lists: &RevocationLists) -> Verifier {
    verifier_of(&root.pem(), lists)
}

/// Of a client that trusts these.
pub(super) fn verifier_of(pem: &str, lists: &RevocationLists) -> Verifier {
    let mut anchors = Anchors::none();
    anchors.add_pem(pem.as_bytes().into()).unwrap();
    Verifier::new(anchors, lists, provider().signature_verification_algorithms, &Policy::default())
}

pub(super) fn expected(host: &str) -> Expected {
    Expected { references: References::of_host(host).unwrap(), tlsa: None, pin: None }
}

pub(super) fn no_lists() -> RevocationLists {
    RevocationLists::default()
}

#[test]
fn a_good_chain_is_good() {
    assert_eq!(Chain::good().check(&no_lists()), Ok(PeerValidation::Pkix));
}

/// Each with what is wrong, and the check that finds it.
#[test]
fn every_failure_is_found_by_its_check() {
    let critical = || {
        let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
        extension.set_criticality(true);
        extension
    };
    let constrained = |permitted: &str| NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName(permitted.into())],
        excluded_subtrees: vec![],
    };
    let year = |year| date_time_ymd(year, 1, 1);
    for (what, chain, check) in [
        ("expired", Chain::of_leaf(|l| l.not_after = year(2026)), Check::Validity),
        ("not valid yet", Chain::of_leaf(|l| l.not_before = year(2027)), Check::Validity),
        ("its authority expired", Chain::of_middle(|m| m.not_after = year(2026)), Check::Validity),
        ("its authority not valid yet", Chain::of_middle(|m| m.not_before = year(2027)), Check::Validity),
        (
            "for clients",
            Chain::of_leaf(|l| l.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
            Check::Usage,
        ),
        (
            "an authority's own",
            Chain::of_leaf(|l| l.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
            Check::Usage,
        ),
        ("signed by no authority", Chain::of_middle(|m| m.is_ca = IsCa::ExplicitNoCa), Check::Usage),
        (
            "authority for clients",
            Chain::of_middle(|m| m.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
            Check::Usage,
        ),
        (
            "for another part of the name space",
            Chain::of_middle(|m| m.name_constraints = Some(constrained("other.example"))),
            Check::Usage,
        ),
        ("critical extension", Chain::of_leaf(|l| l.custom_extensions = vec![critical()]), Check::Usage),
        (
            "for another name",
            Chain::of_leaf(|l| {
                l.subject_alt_names =
                    CertificateParams::new(vec!["other.example".into()]).unwrap().subject_alt_names;
            }),
            Check::Identity,
        ),
        ("for no name", Chain::of_leaf(|l| l.subject_alt_names.clear()), Check::Identity),
    ] {
        assert_eq!(chain.check(&no_lists()), Err(check), "{what}");
    }
}

#[test]
fn a_chain_must_lead_to_the_anchor() {
    let (ours, theirs) = (Chain::good(), Chain::good());
    let find = |leaf: &CertificateDer<'_>, issuers: &[CertificateDer<'_>]| {
        let verifier = verifier(&ours.root, &no_lists());
        verifier.check(leaf, issuers, &expected(HOST), now()).map_err(|failure| failure.check())
    };
    let [our_middle, their_middle] = [&ours, &theirs].map(|chain| chain.middle.der().clone());
    assert_eq!(find(&ours.leaf, core::slice::from_ref(&our_middle)), Ok(PeerValidation::Pkix));
    // Others in between do not matter, nor does their order.
    assert_eq!(find(&ours.leaf, &[their_middle.clone(), our_middle.clone()]), Ok(PeerValidation::Pkix));
    assert_eq!(find(&ours.leaf, &[]), Err(Check::Chain), "an issuer is missing");
    assert_eq!(find(&theirs.leaf, core::slice::from_ref(&their_middle)), Err(Check::Chain), "another root");
    // The names of the two authorities are the same, their keys are not.
    assert_eq!(
        find(&theirs.leaf, core::slice::from_ref(&our_middle)),
        Err(Check::Chain),
        "a wrong signature"
    );
    let mut broken = ours.leaf.to_vec();
    *broken.last_mut().unwrap() ^= 1;
    assert_eq!(
        find(&broken.into(), core::slice::from_ref(&our_middle)),
        Err(Check::Chain),
        "a broken signature"
    );
    for cut in [0, 1, 4, 100, ours.leaf.len() - 1] {
        let cut = ours.leaf[..cut].to_vec().into();
        assert_eq!(find(&cut, core::slice::from_ref(&our_middle)), Err(Check::Form), "cut");
    }
}

#[test]
fn a_certificate_is_valid_from_the_first_second_to_the_last() {
    let chain = Chain::good();
    for (seconds, valid) in
        [(1_767_225_599, false), (1_767_225_600, true), (1_798_761_600, true), (1_798_761_601, false)]
    {
        let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let found = chain.check_as(&expected(HOST), &no_lists(), time);
        assert_eq!(found.is_ok(), valid, "{seconds}: {found:?}");
    }
}

/// A list of what an authority has revoked.
fn list(issuer: &Authority, serials: &[u64], next_update: i32) -> Vec<u8> {
    let revoked = |serial: &u64| RevokedCertParams {
        serial_number: SerialNumber::from(*serial),
        revocation_time: date_time_ymd(2026, 2, 1),
        reason_code: None,
        invalidity_date: None,
    };
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 2, 1),
        next_update: date_time_ymd(next_update, 3, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: serials.iter().map(revoked).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(issuer).unwrap().der().to_vec()
}

#[test]
fn what_has_been_revoked_is_refused() {
    let chain = Chain::good();
    let with = |lists: &[Vec<u8>], unknown| {
        let mut revocation = no_lists();
        revocation.unknown = unknown;
        for list in lists {
            revocation.add(list).unwrap();
        }
        chain.check(&revocation)
    };
    let (root, middle) = (&chain.root, &chain.middle);
    let stranger = Authority::self_signed(authority_params("Root"), key()).unwrap();
    let [accept, refuse] = [UnknownRevocation::Accept, UnknownRevocation::Refuse];
    let (good, bad) = (Ok(PeerValidation::Pkix), Err(Check::Revocation));
    for (what, lists, when_accepting, when_refusing) in [
        ("no list", vec![], good, bad),
        ("lists without it", vec![list(root, &[1], 2027), list(middle, &[2], 2027)], good, good),
        ("the leaf", vec![list(root, &[], 2027), list(middle, &[2, 77], 2027)], bad, bad),
        ("its issuer", vec![list(root, &[66], 2027), list(middle, &[], 2027)], bad, bad),
        (
            "the number of another issuer's",
            vec![list(root, &[77], 2027), list(middle, &[66], 2027)],
            good,
            good,
        ),
        ("a list too few", vec![list(middle, &[], 2027)], good, bad),
        ("overdue", vec![list(root, &[], 2027), list(middle, &[], 2026)], good, bad),
        ("overdue, but it names it", vec![list(middle, &[77], 2026)], bad, bad),
        ("a stranger's list", vec![list(&stranger, &[66], 2027), list(middle, &[], 2027)], bad, bad),
    ] {
        assert_eq!(with(&lists, accept), when_accepting, "{what}");
        assert_eq!(with(&lists, refuse), when_refusing, "{what}");
    }
}

/// The exact words for lists that were read when they were configured, and do not do at the connection.
#[test]
fn what_is_said_of_lists_that_do_not_do() {
    const UNKNOWN: &str = "no revocation list tells whether the certificate has been revoked, and such certificates are \
        to be refused: a current list of every issuer of the chain is needed";
    let chain = Chain::good();
    let (root, middle) = (list(&chain.root, &[], 2027), |serial, year| list(&chain.middle, &[serial], year));
    let other = Authority::self_signed(authority_params("Other"), key()).unwrap();
    let namesake = Authority::self_signed(authority_params("Middle"), key()).unwrap();
    for (what, lists, words) in [
        (
            "an expired list",
            vec![root.clone(), middle(1, 2026)],
            "a newer revocation list was due on 2026-03-01 00:00:00 UTC: fetch it and configure it",
        ),
        ("a list of another issuer", vec![root.clone(), list(&other, &[77], 2027)], UNKNOWN),
        ("no list of the issuer", vec![root.clone()], UNKNOWN),
        (
            "a list of another issuer of the same name",
            vec![root.clone(), list(&namesake, &[1], 2027)],
            "the revocation list is not signed by the certificate's issuer: fetch it anew",
        ),
    ] {
        let mut revocation = no_lists();
        revocation.unknown = UnknownRevocation::Refuse;
        for list in &lists {
            revocation.add(list).unwrap();
        }
        let issuers = [chain.middle.der().clone()];
        let found = verifier(&chain.root, &revocation).check(&chain.leaf, &issuers, &expected(HOST), now());
        let failure = found.unwrap_err();
        assert_eq!((failure.check(), failure.reason()), (Check::Revocation, words), "{what}");
    }
}

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN X509 CRL-----\n{text}\n-----END X509 CRL-----\n")
}

#[test]
fn a_list_is_a_list_and_nothing_else() {
    let chain = Chain::good();
    let der = list(&chain.root, &[1], 2027);
    let mut lists = RevocationLists::default();
    for bad in [&b""[..], b"x", b"-----BEGIN X509 CRL-----\n", &der[..der.len() - 1], &chain.leaf] {
        assert!(lists.add(bad).is_err());
    }
    assert_eq!(lists.lists.len(), 0);
    let pem = pem(&der);
    lists.add(pem.repeat(2).as_bytes()).unwrap();
    lists.add(&der).unwrap();
    assert_eq!(lists.lists.len(), 3);
}

/// RFC 8314 §5.4: the user has taken this very certificate for this account.
#[test]
fn a_pin_is_for_one_certificate_and_never_more_than_a_pin() {
    let (chain, other) = (Chain::of_leaf(|l| l.not_after = date_time_ymd(2026, 1, 1)), Chain::good());
    let pin = |der: &[u8]| Some(Pin::of_certificate(der));
    let check = |chain: &Chain, pin| chain.check_as(&Expected { pin, ..expected(HOST) }, &no_lists(), now());
    assert_eq!(check(&chain, None), Err(Check::Validity));
    assert_eq!(check(&chain, pin(&chain.leaf)), Ok(PeerValidation::Pin));
    assert_eq!(check(&chain, pin(&other.leaf)), Err(Check::Validity));
    // What is valid needs no pin, and is not taken for less because there is another.
    assert_eq!(check(&other, pin(&other.leaf)), Ok(PeerValidation::Pkix));
    assert_eq!(check(&other, pin(&chain.leaf)), Ok(PeerValidation::Pkix));
}
