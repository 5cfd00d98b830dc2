//! The text of a policy, and what is then negotiated under it.
//!
//! Must never know what the named policies hold, but that each is stricter than the one before it.

use mailtls::tls::facts::TlsFacts;
use mailtls::tls::policy::{Policy, PolicyName, Standing};
use mailtls::tls::registry::{CipherSuite, Group, SignatureScheme, Version};

/// The first line is the text; behind it come facts: version, cipher suite, group and signature scheme, two
/// octets each, and one for what is known of the rest.
pub fn policy_text(data: &[u8]) {
    let end = data.iter().position(|octet| *octet == b'\n').unwrap_or(data.len());
    let (text, rest) = data.split_at(end);
    let policy = String::from_utf8_lossy(text).parse::<Policy>();
    for facts in rest.get(1..).unwrap_or_default().chunks(9).take(100).map(facts_of) {
        check_named(&facts);
        if let Ok(policy) = &policy {
            check_verdict(policy, &facts);
        }
    }
    match policy {
        Ok(policy) => {
            let again = policy.to_string();
            assert_eq!(again.parse().as_ref(), Ok(&policy), "{again}");
            assert!(crate::is_line(again));
            assert!(Version::all().any(|version| policy.allows_version(version)), "nothing is left");
            assert!(Group::all().any(|group| policy.allows_group(group)), "nothing is left");
        }
        Err(error) => {
            assert!(!error.reason().is_empty() && crate::is_line(error.reason()), "{error}");
        }
    }
}

fn facts_of(octets: &[u8]) -> TlsFacts {
    let number = |at: usize| {
        let octet = |at| u16::from(octets.get(at).copied().unwrap_or_default());
        octet(at) << 8 | octet(at + 1)
    };
    let known = octets.get(8).copied().unwrap_or_default();
    let mut facts = TlsFacts::new(Version(number(0)), CipherSuite(number(2)));
    facts.group = (known & 1 != 0).then_some(Group(number(4)));
    facts.signature_scheme = (known & 2 != 0).then_some(SignatureScheme(number(6)));
    facts.extended_master_secret = (known & 4 != 0).then_some(known & 8 != 0);
    facts
}

/// A stricter policy accepts and tolerates nothing that a laxer one refuses.
fn check_named(facts: &TlsFacts) {
    let standing = |name| Policy::from(name).judge(facts).standing();
    for pair in PolicyName::ALL.windows(2) {
        let [laxer, stricter] = pair else { continue };
        let refused = standing(*laxer) == Standing::Refused;
        assert!(!refused || standing(*stricter) == Standing::Refused, "{stricter:?} has more than {laxer:?}");
    }
}

/// No policy is laxer than RFC 8314, and none lets pass what it says that it does not allow.
fn check_verdict(policy: &Policy, facts: &TlsFacts) {
    let verdict = policy.judge(facts);
    let refused = verdict.standing() == Standing::Refused;
    assert!(refused || Policy::rfc8314().judge(facts).standing() != Standing::Refused, "{policy}: {facts:?}");
    let parts = policy.allows_version(facts.version)
        && policy.allows_suite(facts.cipher_suite)
        && facts.group.is_none_or(|group| policy.allows_group(group))
        && facts.signature_scheme.is_none_or(|scheme| policy.allows_signature_scheme(scheme));
    assert!(parts || refused, "{policy}: {verdict:?}");
    assert_eq!(verdict.proof().is_err(), refused);
    assert_eq!(verdict.reasons().is_empty(), verdict.standing() == Standing::Accepted);
    for reason in verdict.reasons() {
        assert!(!reason.section().is_empty() && crate::is_line(reason.sentence()));
    }
}
