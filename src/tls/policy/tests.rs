//! Policies: what each refuses, their order, their text.

use super::*;
use crate::error::ErrorCode;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Suites, groups and schemes that matter, and any others.
fn facts() -> impl Strategy<Value = TlsFacts> {
    let version = prop_oneof![8 => 0x0300..=0x0305u16, 1 => any::<u16>()].prop_map(Version);
    let registered: Vec<_> = CipherSuite::all().collect();
    let suite =
        prop_oneof![9 => proptest::sample::select(registered), 1 => any::<u16>().prop_map(CipherSuite)];
    let groups: Vec<_> = Group::all().collect();
    let group = prop_oneof![9 => proptest::sample::select(groups), 1 => any::<u16>().prop_map(Group)];
    let schemes: Vec<_> = SignatureScheme::all().collect();
    let scheme =
        prop_oneof![9 => proptest::sample::select(schemes), 1 => any::<u16>().prop_map(SignatureScheme)];
    let rest = (proptest::option::of(scheme), any::<Option<bool>>(), 0..7usize);
    (version, suite, proptest::option::of(group), rest).prop_map(|(version, suite, group, rest)| {
        let mut facts = TlsFacts::new(version, suite);
        facts.group = group;
        (facts.signature_scheme, facts.extended_master_secret) = (rest.0, rest.1);
        facts.peer_certificates = CERTIFICATES.get(rest.2).map(|one| one.0.to_vec()).into_iter().collect();
        facts
    })
}

fn items() -> impl Strategy<Value = Item> {
    let versions = Version::all().map(Item::Version);
    let suites = CipherSuite::all().map(Item::CipherSuite);
    let groups = Group::all().map(Item::Group);
    let schemes = SignatureScheme::all().map(Item::SignatureScheme);
    let weaknesses = [Weakness::WeakCertificate, Weakness::NoExtendedMasterSecret, Weakness::UnknownGroup];
    let all = versions.chain(suites).chain(groups).chain(schemes).chain(weaknesses.map(Item::Weakness));
    proptest::sample::select(all.collect::<Vec<_>>())
}

/// The texts of policies, of which most can be read.
fn texts() -> impl Strategy<Value = String> {
    let name = proptest::sample::select(PolicyName::ALL.map(PolicyName::name).to_vec());
    let change = prop_oneof![
        8 => (proptest::sample::select(vec!["+", "~", "-"]), items()).prop_map(|(sign, item)| format!("{sign}{item}")),
        1 => proptest::sample::select(vec![
            "min-version=TLSv1.3", "min-version=TLSv1.1", "ciphers=ECDHE+AESGCM", "ciphers=HIGH:!aNULL:!SHA1",
        ]).prop_map(str::to_owned),
    ];
    (name, proptest::collection::vec(change, 0..20))
        .prop_map(|(name, changes)| format!("{name} {}", changes.join(" ")))
}

proptest! {
    #[test]
    fn a_stricter_policy_never_takes_what_a_laxer_one_refuses(facts in facts()) {
        let standings = PolicyName::ALL.map(|name| Policy::from(name).judge(&facts).standing());
        prop_assert!(standings.windows(2).all(|pair| pair[0] >= pair[1]), "{standings:?}");
    }

    #[test]
    fn no_policy_is_laxer_than_rfc8314(text in texts(), facts in facts()) {
        if let Ok(policy) = text.parse::<Policy>() {
            let group_unknown = facts.group.is_none();
            let best = Policy::rfc8314().judge(&facts).standing();
            prop_assert!(policy.judge(&facts).standing() <= best || group_unknown);
        }
    }

    #[test]
    fn the_verdict_is_what_the_parts_allow(text in texts(), mut facts in facts()) {
        let Ok(policy) = text.parse::<Policy>() else { return Ok(()) };
        facts.peer_certificates.clear();
        let allowed = policy.allows_version(facts.version)
            && policy.allows_suite(facts.cipher_suite)
            && facts.group.map_or(!policy.requires_known_group(), |group| policy.allows_group(group))
            && facts.signature_scheme.is_none_or(|scheme| policy.allows_signature_scheme(scheme))
            && !(policy.requires_extended_master_secret()
                && facts.version < Version::TLS_1_3
                && facts.extended_master_secret == Some(false));
        let verdict = policy.judge(&facts);
        prop_assert_eq!(verdict.standing() != Standing::Refused, allowed);
        prop_assert_eq!(verdict.proof().is_ok(), allowed);
        prop_assert_eq!(verdict.standing() == Standing::Accepted, verdict.reasons().is_empty());
    }

    #[test]
    fn text_makes_the_same_policy_again(text in texts()) {
        if let Ok(policy) = text.parse::<Policy>() {
            let again: Policy = policy.to_string().parse().unwrap();
            prop_assert_eq!(again.to_string(), policy.to_string());
            prop_assert_eq!(again, policy);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), tail in "[-+~=:!@a-zA-Z0-9_. ]{0,60}") {
        let _ = text.parse::<Policy>();
        for head in ["", "rfc8314 ", "bcp195 ciphers=", "modern min-version="] {
            match format!("{head}{tail}").parse::<Policy>() {
                Ok(policy) => prop_assert_eq!(policy.to_string().parse::<Policy>().unwrap(), policy),
                Err(error) => {
                    prop_assert_eq!(error.code(), ErrorCode::InvalidArgument);
                    prop_assert!(!error.reason().is_empty());
                }
            }
        }
    }
}

/// The rule for versions and suites is the same for everyone that ever asks for the default.
#[test]
fn by_default_only_tls_1_2_and_later_with_recommended_suites() {
    let recommended = [0x1301, 0x1302, 0x1303, 0x1304, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9];
    for suite in 0..=u16::MAX {
        let right = recommended.contains(&suite);
        assert_eq!(Policy::default().allows_suite(CipherSuite(suite)), right, "{suite:04x}");
        assert_eq!(judge(&TlsFacts::new(Version::TLS_1_2, CipherSuite(suite))).is_ok(), right);
    }
    for version in 0..=u16::MAX {
        let right = matches!(version, 0x0303 | 0x0304);
        assert_eq!(judge(&TlsFacts::new(Version(version), CipherSuite(0x1301))).is_ok(), right);
    }
}

/// What is told beside version, suite and group.
type Change = fn(&mut TlsFacts);

#[test]
fn what_each_policy_says_of_what_is_met_in_the_field() {
    use Standing::{Accepted as A, Refused as R, Tolerated as T};
    let no_ems = |facts: &mut TlsFacts| facts.extended_master_secret = Some(false);
    let sha1 = |facts: &mut TlsFacts| facts.signature_scheme = SignatureScheme::from_name("rsa_pkcs1_sha1");
    let nothing = |_: &mut TlsFacts| {};
    let rows: [(&str, &str, &str, Change, [Standing; 5]); 16] = [
        ("TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519MLKEM768", nothing, [A, A, A, A, A]),
        ("TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519", nothing, [A, A, A, A, R]),
        ("TLSv1.3", "TLS_AES_128_GCM_SHA256", "", nothing, [A, A, A, A, R]),
        ("TLSv1.3", "TLS_AES_128_GCM_SHA256", "MLKEM768", nothing, [A, A, A, A, R]),
        ("TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519MLKEM768", no_ems, [A, A, A, A, A]),
        ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", "secp256r1", nothing, [A, A, A, R, R]),
        ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", "secp224r1", nothing, [T, T, R, R, R]),
        ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", "secp192r1", nothing, [R, R, R, R, R]),
        ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", "x25519", no_ems, [T, T, R, R, R]),
        ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", "x25519", sha1, [T, T, R, R, R]),
        ("TLSv1.2", "DHE-RSA-AES128-GCM-SHA256", "", nothing, [T, R, R, R, R]),
        ("TLSv1.2", "AES128-GCM-SHA256", "", nothing, [T, R, R, R, R]),
        ("TLSv1.1", "ECDHE-RSA-AES128-SHA", "secp256r1", nothing, [T, R, R, R, R]),
        ("TLSv1.1", "RC4-SHA", "", nothing, [R, R, R, R, R]),
        ("TLSv1.2", "ADH-AES128-GCM-SHA256", "", nothing, [R, R, R, R, R]),
        ("TLSv1", "ECDHE-RSA-AES128-SHA", "secp256r1", nothing, [R, R, R, R, R]),
    ];
    for (version, suite, group, change, expected) in rows {
        let version = Version::from_name(version).unwrap();
        let mut facts = TlsFacts::new(version, CipherSuite::from_name(suite).unwrap());
        facts.group = Group::from_name(group);
        change(&mut facts);
        let standings = PolicyName::ALL.map(|name| Policy::from(name).judge(&facts).standing());
        assert_eq!(standings, expected, "{version} {suite} {group}");
    }
}

#[test]
fn reasons_say_what_is_wrong_where_it_is_written_and_what_to_do() {
    let mut facts = TlsFacts::new(Version(0x0301), CipherSuite(0x0005));
    facts.group = Some(Group(19));
    facts.signature_scheme = Some(SignatureScheme(0x0201));
    facts.extended_master_secret = Some(false);
    facts.peer_certificates = vec![CERTIFICATES[1].0.to_vec()];
    let verdict = Policy::bcp195().judge(&facts);
    let parts: Vec<_> = verdict.reasons().iter().map(Reason::part).collect();
    assert_eq!(
        parts,
        [
            Part::Version,
            Part::CipherSuite,
            Part::Group,
            Part::SignatureScheme,
            Part::Certificate,
            Part::ExtendedMasterSecret
        ]
    );
    let texts: Vec<_> = verdict.reasons().iter().map(ToString::to_string).collect();
    assert_eq!(texts[0], "TLSv1 is broken; use TLSv1.2 or later (RFC 8314 §4.1)");
    assert_eq!(
        texts[1],
        "cipher suite TLS_RSA_WITH_RC4_128_SHA uses RC4; use TLSv1.3, or ECDHE with AES-GCM or \
         ChaCha20-Poly1305 (RFC 9325 §4.1)"
    );
    let error = verdict.proof().unwrap_err();
    assert_eq!(error.code(), ErrorCode::TlsPolicy);
    assert_eq!(error.reason(), texts.join("; "));
    assert_eq!(verdict.to_string(), format!("refused: {}", texts.join("; ")));
    facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
    assert_eq!(Policy::bcp195().judge(&facts).to_string(), "accepted");
    facts.group = Some(Group(29));
    let verdict = Policy::post_quantum().judge(&facts);
    assert_eq!(
        verdict.to_string(),
        "refused: group x25519 is no post-quantum hybrid; offer X25519MLKEM768 (RFC 10024)"
    );
}

/// RFC 10015 deprecates these key exchanges in TLS 1.2; what is wrong with a suite besides is said first.
#[test]
fn deprecated_key_exchanges_are_refused_by_rfc_10015() {
    for (suite, reason) in [
        ("TLS_RSA_WITH_AES_128_GCM_SHA256", "has no forward secrecy RFC 10015"),
        ("TLS_DH_RSA_WITH_AES_128_GCM_SHA256", "has no forward secrecy RFC 10015"),
        ("TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256", "has no forward secrecy RFC 10015"),
        ("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "uses finite-field Diffie-Hellman RFC 10015"),
        ("TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "uses finite-field Diffie-Hellman RFC 10015"),
        ("TLS_RSA_WITH_RC4_128_SHA", "uses RC4 RFC 9325 §4.1"),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", "offers less than 128 bits of security RFC 9325 §4.1"),
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "is no authenticated encryption RFC 9325 §4.1"),
    ] {
        let facts = TlsFacts::new(Version::TLS_1_2, CipherSuite::from_name(suite).unwrap());
        let standings = PolicyName::ALL.map(|name| Policy::from(name).judge(&facts).standing());
        assert!(
            standings[1..].iter().all(|standing| *standing == Standing::Refused),
            "{suite}: {standings:?}"
        );
        let verdict = Policy::rfc8997().judge(&facts);
        let [first, ..] = verdict.reasons() else { panic!("{suite}: a reason") };
        let said = format!("{} {}", first.sentence().split(';').next().unwrap(), first.section());
        assert_eq!(said, format!("cipher suite {suite} {reason}"));
    }
}

#[test]
fn a_refusal_in_text_names_the_part() {
    for (text, reason) in [
        ("", "no policy has this name; there are rfc8314, rfc8997, bcp195, modern, post-quantum"),
        (
            "strict",
            "`strict`: no policy has this name; there are rfc8314, rfc8997, bcp195, modern, post-quantum",
        ),
        ("modern TLSv1.2", "`TLSv1.2`: a change begins with +, ~ or -, or is min-version= or ciphers="),
        ("modern +X", "`+X`: no version, cipher suite, group, signature scheme or weakness has this name"),
        ("modern +é", "`+é`: no version, cipher suite, group, signature scheme or weakness has this name"),
        (
            "modern max-version=TLSv1.2",
            "`max-version=TLSv1.2`: not a change; there are min-version= and ciphers=",
        ),
        ("rfc8314 +TLSv1", "`+TLSv1`: no policy may allow what is broken"),
        ("rfc8314 min-version=SSLv3", "`min-version=SSLv3`: no policy may allow what is broken"),
        ("rfc8314 ~NULL-SHA", "`~NULL-SHA`: no policy may allow what does not encrypt"),
        ("modern -TLSv1.3", "`modern -TLSv1.3`: no version is left, or none with a cipher suite"),
        (
            "bcp195 ciphers=AES128-SHA",
            "`ciphers=AES128-SHA`: `AES128-SHA` is a suite that the policy refuses",
        ),
        ("bcp195 ciphers=kRSA", "`ciphers=kRSA`: leaves none of the policy's suites of TLS 1.2 or older"),
        (
            "bcp195 ciphers=HIGH:!aNUL",
            "`ciphers=HIGH:!aNUL`: `!aNUL` is no part of a cipher string that is known",
        ),
        (
            "bcp195 ciphers=HIGH:@SECLEVEL=4",
            "`ciphers=HIGH:@SECLEVEL=4`: `@SECLEVEL=4` asks for a strength that no policy knows",
        ),
    ] {
        assert_eq!(text.parse::<Policy>().unwrap_err().reason(), reason);
    }
    let long = format!("modern {}", " ".repeat(70_000));
    assert_eq!(long.parse::<Policy>().unwrap_err().reason(), "the text of the policy is too long");
}

#[test]
fn changes_do_what_they_say() {
    let read = |text: &str| text.parse::<Policy>().unwrap();
    assert_eq!(read("rfc8997 min-version=TLSv1.3").to_string(), "rfc8997 -TLSv1.2");
    assert_eq!(read("rfc8997 min-version=TLSv1.1").to_string(), "rfc8997 ~TLSv1.1");
    assert_eq!(read("RFC8314 -tlsv1.1 -x25519 +X25519\n"), read("rfc8314 -TLSv1.1"));
    // What is tolerated at most is no more than that.
    assert_eq!(read("bcp195 +AES128-SHA").to_string(), "bcp195 ~TLS_RSA_WITH_AES_128_CBC_SHA");
    assert_eq!(read("bcp195 +weak-certificate").to_string(), "bcp195 ~weak-certificate");
    assert_eq!(
        read("rfc8997 ciphers=ECDHE+AESGCM:!ECDSA").to_string(),
        "rfc8997 -TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 -TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 \
         -TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 -TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
    );
    assert!(read("modern -unknown-group").requires_known_group());
    assert!(read("rfc8997 -no-extended-master-secret").requires_extended_master_secret());
}

#[test]
fn cipher_strings_are_what_openssl_makes_of_them() {
    let file = include_str!("../../../tests/data/openssl-cipher-strings.txt");
    let codes = |line: &str| -> BTreeSet<CipherSuite> {
        line.split_whitespace().map(|code| CipherSuite(u16::from_str_radix(code, 16).unwrap())).collect()
    };
    let lines: Vec<_> = file
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once(" = ").unwrap())
        .collect();
    // What OpenSSL has built in: it leaves out RC4 and the like.
    let built_in: BTreeSet<_> = lines
        .iter()
        .filter(|line| ["ALL", "COMPLEMENTOFALL"].contains(&line.0))
        .flat_map(|line| codes(line.1))
        .collect();
    assert!(lines.len() > 60 && built_in.len() > 150);
    for (string, expected) in lines {
        let ours: BTreeSet<_> = expand_cipher_string(string).unwrap().into_iter().collect();
        let ours: BTreeSet<_> = ours.intersection(&built_in).copied().collect();
        let theirs = codes(expected);
        let show =
            |set: BTreeSet<CipherSuite>| set.iter().filter_map(|s| s.openssl_name()).collect::<Vec<_>>();
        assert_eq!(
            ours,
            theirs,
            "{string}: {:?}",
            show(ours.symmetric_difference(&theirs).copied().collect())
        );
    }
}

/// Certificates made by OpenSSL, and what each is worth to RFC 8997 and to BCP 195.
const CERTIFICATES: [(&[u8], Standing, Standing); 6] = {
    use Standing::{Accepted as A, Refused as R, Tolerated as T};
    [
        (include_bytes!("../../../tests/data/strength/rsa2048-sha256.der"), A, A),
        (include_bytes!("../../../tests/data/strength/rsa1024-sha256.der"), T, R),
        (include_bytes!("../../../tests/data/strength/rsa512-sha256.der"), R, R),
        (include_bytes!("../../../tests/data/strength/p256-sha1.der"), T, R),
        (include_bytes!("../../../tests/data/strength/rsa2048-md5.der"), R, R),
        (include_bytes!("../../../tests/data/strength/rsa2048-pss-sha1.der"), T, R),
    ]
};

#[test]
fn weak_certificates_are_tolerated_or_refused() {
    for (at, (der, rfc8997, bcp195)) in CERTIFICATES.iter().enumerate() {
        let mut facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
        facts.peer_certificates = vec![der.to_vec()];
        assert_eq!(Policy::rfc8997().judge(&facts).standing(), *rfc8997, "{at}");
        assert_eq!(Policy::bcp195().judge(&facts).standing(), *bcp195, "{at}");
        // Cut anywhere, it is not readable, and nothing is held against it.
        facts.peer_certificates = vec![der[..der.len() / 2].to_vec()];
        assert_eq!(Policy::bcp195().judge(&facts).standing(), Standing::Accepted);
    }
}

/// A signature that a certificate made for itself says nothing about it.
#[test]
fn what_signs_itself_is_not_judged_by_its_signature() {
    let own = include_bytes!("../../../tests/data/strength/rsa2048-own-sha1.der");
    let mut facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
    facts.peer_certificates = vec![own.to_vec()];
    assert_eq!(Policy::bcp195().judge(&facts).to_string(), "accepted");
}
