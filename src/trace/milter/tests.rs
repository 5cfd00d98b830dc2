//! Known answers are those of OpenSSL 3.0's `X509_NAME_oneline` and of the two servers' sources.

use super::*;
use crate::tls::registry::Version;
use proptest::prelude::*;

const UTF8: u8 = 0x0c;
const PRINTABLE: u8 = 0x13;
const TELETEX: u8 = 0x14;
const IA5: u8 = 0x16;
const UNIVERSAL: u8 = 0x1c;
const BMP: u8 = 0x1e;

const CN: &[u8] = &[0x55, 4, 3];
const C: &[u8] = &[0x55, 4, 6];
const O: &[u8] = &[0x55, 4, 10];
const OU: &[u8] = &[0x55, 4, 11];
const EMAIL: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
/// 1.2.3.4
const UNHEARD_OF: &[u8] = &[0x2a, 3, 4];

/// Attributes in their relative distinguished names, each with object identifier, tag, and octets.
type Rdns<'a> = &'a [&'a [(&'a [u8], u8, &'a [u8])]];

fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("a short value").to_be_bytes();
    [&[tag, 0x82], &length[..], value].concat()
}

/// In the shortest form of its length, which some parts must have.
fn short(tag: u8, value: &[u8]) -> Vec<u8> {
    match value.len() {
        length @ 0..=0x7f => [&[tag, u8::try_from(length).expect("short")], value].concat(),
        length @ 0x80..=0xff => [&[tag, 0x81, u8::try_from(length).expect("short")], value].concat(),
        _ => tlv(tag, value),
    }
}

fn name(rdns: Rdns) -> Vec<u8> {
    let attribute =
        |&(kind, tag, value): &(&[u8], u8, &[u8])| short(0x30, &[short(6, kind), short(tag, value)].concat());
    let rdn = |rdn: &&[_]| short(0x31, &rdn.iter().map(attribute).collect::<Vec<_>>().concat());
    short(0x30, &rdns.iter().map(rdn).collect::<Vec<_>>().concat())
}

/// A certificate that nobody has signed.
fn certificate(issuer: &[u8], subject: &[u8]) -> Vec<u8> {
    let ecdsa = short(0x30, &short(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]));
    let curve =
        [short(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]), short(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7])];
    let key = [short(0x30, &curve.concat()), short(3, &[0, 4, 1, 2])];
    let day = short(0x17, b"261126000000Z");
    let validity = short(0x30, &[day.clone(), day].concat());
    let signed = [&short(2, &[1]), &ecdsa, issuer, &validity, subject, &short(0x30, &key.concat())].concat();
    short(0x30, &[short(0x30, &signed), ecdsa, short(3, &[0, 1])].concat())
}

fn facts(validation: PeerValidation, certificates: Vec<Vec<u8>>) -> TlsFacts {
    TlsFacts {
        peer_certificates: certificates,
        peer_validation: validation,
        ..TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1302))
    }
}

/// The macros of a connection whose peer is called so, validated.
fn of(subject: Rdns, issuer: Rdns, dialect: Dialect) -> Macros {
    let der = certificate(&name(issuer), &name(subject));
    Macros::from_facts(&facts(PeerValidation::Pkix, vec![der]), dialect)
}

fn all(macros: &Macros) -> Vec<(&'static str, &str)> {
    macros.iter().collect()
}

const AUTHORITY: Rdns =
    &[&[(C, PRINTABLE, b"US")], &[(O, UTF8, b"Example Org")], &[(CN, UTF8, b"Example CA")]];

#[test]
fn a_validated_certificate_in_both_dialects() {
    let subject: Rdns =
        &[&[(O, UTF8, b"Example (Mail)")], &[(CN, UTF8, b"tim")], &[(EMAIL, IA5, b"tim@example.net")]];
    assert_eq!(
        all(&of(subject, AUTHORITY, Dialect::Postfix)),
        [
            ("{tls_version}", "TLSv1.3"),
            ("{cipher}", "TLS_AES_256_GCM_SHA384"),
            ("{cipher_bits}", "256"),
            ("{cert_subject}", "tim"),
            ("{cert_issuer}", "Example CA"),
        ]
    );
    let macros = of(subject, AUTHORITY, Dialect::Sendmail);
    assert_eq!(
        all(&macros)[..9],
        [
            ("{tls_version}", "TLSv1.3"),
            ("{cipher}", "TLS_AES_256_GCM_SHA384"),
            ("{cipher_bits}", "256"),
            ("{alg_bits}", "256"),
            ("{verify}", "OK"),
            ("{cert_subject}", "/O=Example+20+28Mail+29/CN=tim/emailAddress=tim@example.net"),
            ("{cert_issuer}", "/C=US/O=Example+20Org/CN=Example+20CA"),
            ("{cn_subject}", "tim"),
            ("{cn_issuer}", "Example+20CA"),
        ]
    );
    assert_eq!(macros.get("cipher"), None, "without its braces");
}

#[test]
fn fingerprints_are_those_of_openssl() {
    // printf certificate | openssl md5 -c, and sha256 -c, in upper case
    let facts = facts(PeerValidation::None, vec![b"certificate".to_vec()]);
    let macros = Macros::from_facts(&facts, Dialect::Sendmail);
    assert_eq!(macros.get("{cert_md5}"), Some("E0:D3:0C:EF:5C:61:39:27:5B:58:B5:25:00:1B:41:3C"));
    assert_eq!(
        macros.get("{cert_fp}"),
        Some(
            "03:D6:6D:D0:88:35:C1:CA:3F:12:8C:CE:AC:D1:F3:1A:\
             C9:41:63:09:6B:20:F4:45:AE:84:28:5B:C0:83:2D:72"
        )
    );
}

#[test]
fn what_has_come_of_the_certificate() {
    let der = certificate(&name(AUTHORITY), &name(&[&[(CN, UTF8, b"tim")]]));
    let verify = |validation, certificates: Vec<Vec<u8>>, requested| {
        let facts = TlsFacts { client_certificate_requested: requested, ..facts(validation, certificates) };
        let sendmail = Macros::from_facts(&facts, Dialect::Sendmail);
        let postfix = Macros::from_facts(&facts, Dialect::Postfix);
        (sendmail.get("{verify}").map(str::to_owned), postfix.get("{cert_subject}").map(str::to_owned))
    };
    let both = |verify: &str, subject: Option<&str>| (Some(verify.to_owned()), subject.map(str::to_owned));
    assert_eq!(verify(PeerValidation::Pkix, vec![der.clone()], true), both("OK", Some("tim")));
    assert_eq!(verify(PeerValidation::Dane, vec![der.clone()], true), both("TRUSTED", Some("tim")));
    assert_eq!(verify(PeerValidation::Pin, vec![der.clone()], true), both("FAIL", None));
    assert_eq!(verify(PeerValidation::None, vec![der], true), both("FAIL", None));
    assert_eq!(verify(PeerValidation::None, vec![], true), both("NO", None));
    assert_eq!(verify(PeerValidation::None, vec![], false), both("NOT", None));
}

#[test]
fn without_a_certificate_sendmail_has_the_macros_empty() {
    let macros = Macros::from_facts(&facts(PeerValidation::None, vec![]), Dialect::Sendmail);
    let empty = macros.iter().filter(|entry| entry.1.is_empty()).count();
    assert_eq!((macros.get("{cert_subject}"), macros.get("{cert_fp}"), empty), (Some(""), Some(""), 6));
    assert_eq!(all(&macros).len(), 11);
}

#[test]
fn what_cannot_be_read_is_no_name() {
    for der in [&b"certificate"[..], b"", &vec![0x30; 70_000]] {
        let facts = facts(PeerValidation::Pkix, vec![der.to_vec()]);
        let macros = Macros::from_facts(&facts, Dialect::Sendmail);
        assert_eq!(macros.get("{cert_subject}"), Some(""));
        assert_eq!(macros.get("{cn_subject}"), Some("BadCertificateUnknown"));
        assert_eq!(Macros::from_facts(&facts, Dialect::Postfix).get("{cert_subject}"), Some(""));
    }
}

#[test]
fn ciphers_and_their_bits() {
    let told = |suite| {
        let facts = TlsFacts::new(Version::TLS_1_2, CipherSuite(suite));
        let macros = Macros::from_facts(&facts, Dialect::Sendmail);
        let get = |name| macros.get(name).map(str::to_owned);
        (get("{cipher}"), get("{cipher_bits}"), get("{alg_bits}"))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(told(0xc02f), (some("ECDHE-RSA-AES128-GCM-SHA256"), some("128"), some("128")));
    assert_eq!(told(0xcca8), (some("ECDHE-RSA-CHACHA20-POLY1305"), some("256"), some("256")));
    assert_eq!(told(0x000a), (some("DES-CBC3-SHA"), some("112"), some("168")));
    assert_eq!(told(0x0001), (some("NULL-MD5"), some("0"), some("0")));
    assert_eq!(told(0xfedc), (some("0xFEDC"), None, None));
}

/// `{cert_subject}` and `{cn_subject}` of Sendmail, `{cert_subject}` of Postfix.
fn subject(rdns: Rdns) -> (String, String, String) {
    let get = |dialect, name| of(rdns, AUTHORITY, dialect).get(name).unwrap_or("?").to_owned();
    (
        get(Dialect::Sendmail, "{cert_subject}"),
        get(Dialect::Sendmail, "{cn_subject}"),
        get(Dialect::Postfix, "{cert_subject}"),
    )
}

fn check(rdns: Rdns, whole: &str, common_name: &str, postfix: &str) {
    assert_eq!(subject(rdns), (whole.into(), common_name.into(), postfix.into()));
}

#[test]
fn names_are_written_as_openssl_does() {
    // X509_NAME_oneline: /C=US/O=a\/b\+c=d, "e" <f> (g) \+OU=multi/CN=M\xC3\xBCller
    check(
        &[
            &[(C, PRINTABLE, b"US")],
            &[(O, UTF8, b"a/b+c=d, \"e\" <f> (g) \\"), (OU, UTF8, b"multi")],
            &[(CN, UTF8, "Müller".as_bytes())],
        ],
        "/C=US/O=a+5C/b+5C+2Bc=d,+20+22e+22+20+3Cf+3E+20+28g+29+20+5C+2BOU=multi/CN=M+5CxC3+5CxBCller",
        "M+C3+BCller",
        "Müller",
    );
    check(&[&[(UNHEARD_OF, UTF8, b"x")]], "/1.2.3.4=x", "BadCertificateUnknown", "");
    check(&[], "", "BadCertificateUnknown", "");
    let unheard_of = [0xff; 40];
    check(&[&[(&[&unheard_of[..], &[1]].concat(), UTF8, b"x")]], "/UNDEF=x", "BadCertificateUnknown", "");
    // The first one counts.
    check(&[&[(CN, UTF8, b"one")], &[(CN, UTF8, b"two")]], "/CN=one/CN=two", "one", "one");
}

#[test]
fn what_might_break_out_is_kept_in() {
    let nul = "BadCertificateContainsNUL";
    check(&[&[(CN, UTF8, b"a\0b")]], "/CN=a+5Cx00b", nul, "");
    check(&[&[(CN, UTF8, b"tim\0\0")]], "/CN=tim+5Cx00+5Cx00", nul, "tim");
    check(&[&[(CN, UTF8, b"a\r\nX: y")]], "/CN=a+5Cx0D+5Cx0AX:+20y", "a+0D+0AX:+20y", "");
    check(&[&[(CN, UTF8, "a\u{85}b".as_bytes())]], "/CN=a+5CxC2+5Cx85b", "a+C2+85b", "");
    check(&[&[(CN, UTF8, b"a\xffb")]], "/CN=a+5CxFFb", "a+FFb", "");
    check(&[&[(CN, UTF8, b"+2B/CN=root")]], "/CN=+5C+2B2B+5C/CN=root", "+2B2B/CN=root", "+2B/CN=root");
}

#[test]
fn texts_of_every_type() {
    check(&[&[(CN, TELETEX, b"M\xfcller")]], "/CN=M+5CxFCller", "M+FCller", "Müller");
    check(
        &[&[(CN, BMP, &[0, b'M', 1, 0x41])]],
        "/CN=+5Cx00M+5Cx01A",
        "BadCertificateContainsNUL",
        "M\u{141}",
    );
    check(
        &[&[(CN, UNIVERSAL, &[0, 1, 0xf4, 0xe7])]],
        "/CN=+5Cx00+5Cx01+5CxF4+5CxE7",
        "BadCertificateContainsNUL",
        "\u{1f4e7}",
    );
    // Half a character, a surrogate, and no text at all.
    check(&[&[(CN, BMP, &[0x41, b'M', 0x41])]], "/CN=AMA", "AMA", "");
    check(&[&[(CN, BMP, &[0xd8, b'x'])]], "/CN=+5CxD8x", "+D8x", "");
    check(&[&[(CN, 0x04, b"octets")]], "/CN=octets", "octets", "");
}

#[test]
fn what_is_too_long() {
    let long = |length| vec![b'x'; length];
    let (cn254, cn255, cn256) = (long(254), long(255), long(256));
    let text = |length| "x".repeat(length);
    check(&[&[(CN, UTF8, &cn254)]], "", &text(254), &text(254));
    check(&[&[(CN, UTF8, &cn255)]], "", "BadCertificateTooLong", &text(255));
    check(&[&[(CN, UTF8, &cn256)]], "", "BadCertificateTooLong", "");
    // 255 octets have room, and what comes then has not.
    let sixty = long(60);
    let four: Rdns =
        &[&[(O, UTF8, &sixty)], &[(OU, UTF8, &sixty)], &[(OU, UTF8, &sixty)], &[(OU, UTF8, &sixty)]];
    let whole = format!("/O={0}/OU={0}/OU={0}/OU={0}", text(60));
    assert_eq!(whole.len(), 255);
    check(four, &whole, "BadCertificateUnknown", "");
    check(&[four, &[&[(CN, UTF8, b"tim")]]].concat(), &whole, "tim", "tim");
}

#[test]
fn an_issuer_without_a_common_name_is_its_organization() {
    let issuer = |issuer| of(&[], issuer, Dialect::Postfix).get("{cert_issuer}").map(str::to_owned);
    let both: Rdns = &[&[(CN, UTF8, b"a\nb")], &[(O, UTF8, b"Example Org")]];
    assert_eq!(issuer(both).as_deref(), Some("Example Org"));
    assert_eq!(issuer(&[&[(O, UTF8, b"a\nb")]]).as_deref(), Some(""));
    let sendmail = of(&[], both, Dialect::Sendmail);
    assert_eq!(sendmail.get("{cn_issuer}"), Some("a+0Ab"));
}

/// The pairs of a packet, as a milter reads them.
fn read(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    let mut parts = bytes.strip_suffix(b"\0")?.split(|&octet| octet == 0);
    let mut pairs = Vec::new();
    while let Some(name) = parts.next() {
        let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).ok();
        pairs.push((text(name)?, text(parts.next()?)?));
    }
    Some(pairs)
}

fn hostile_octets() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300),
        any::<String>().prop_map(String::into_bytes),
        "[a-z\0\r\n/+=\\\\<>()\"{} ]{0,40}".prop_map(String::into_bytes),
    ]
}

fn hostile_name() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop_oneof![Just(CN), Just(O), Just(EMAIL), Just(UNHEARD_OF)];
    let tag = prop_oneof![Just(UTF8), Just(TELETEX), Just(BMP), Just(UNIVERSAL), Just(IA5), any::<u8>()];
    proptest::collection::vec((kind, tag, hostile_octets()), 0..6).prop_map(|attributes| {
        let single: Vec<_> =
            attributes.iter().map(|(kind, tag, value)| [(*kind, *tag, value.as_slice())]).collect();
        name(&single.iter().map(|one| one.as_slice()).collect::<Vec<_>>())
    })
}

proptest! {
    #[test]
    fn whatever_is_in_a_certificate_each_value_is_one(subject in hostile_name(), issuer in hostile_name()) {
        let facts = facts(PeerValidation::Pkix, vec![certificate(&issuer, &subject)]);
        for dialect in [Dialect::Sendmail, Dialect::Postfix] {
            let macros = Macros::from_facts(&facts, dialect);
            let names: Vec<_> = macros.iter().map(|entry| entry.0).collect();
            prop_assert_eq!(&names, &dialect.names().collect::<Vec<_>>());
            for (name, value) in macros.iter() {
                prop_assert!(!value.chars().any(char::is_control), "{name} {value:?}");
                prop_assert!(value.len() <= 1024, "{name} {value:?}");
                let xtext = value.bytes().all(|octet| octet.is_ascii_graphic() && !b"<>()\"\\".contains(&octet));
                prop_assert!(dialect == Dialect::Postfix || xtext, "{name} {value:?}");
            }
            let bytes = macros.to_bytes();
            prop_assert!(bytes.len() <= 4096);
            let pairs: Vec<_> = macros.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            prop_assert_eq!(read(&bytes), Some(pairs));
        }
    }

    #[test]
    fn no_octets_bring_a_panic(der in proptest::collection::vec(any::<u8>(), 0..200), at in any::<proptest::sample::Index>(), with in any::<u8>()) {
        let mut changed = certificate(&name(AUTHORITY), &name(&[&[(CN, UTF8, b"tim")]]));
        let at = at.index(changed.len());
        changed[at] = with;
        for der in [der, changed] {
            let macros = Macros::from_facts(&facts(PeerValidation::Pkix, vec![der]), Dialect::Sendmail);
            prop_assert_eq!(macros.iter().count(), 11);
        }
    }
}
