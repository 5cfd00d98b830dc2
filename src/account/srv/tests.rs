//! Which servers are tried, and in which order: known answers, and what holds for every set of records.

use super::*;
use crate::account::{Acknowledged, Minimum, Shortfall};
use crate::service::Protocol;
use crate::tls::facts::{PeerValidation, TlsFacts};
use crate::tls::registry::{CipherSuite, Version};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;

const DOMAIN: &str = "example.org";

/// Service, priority, weight, target.
fn answers(records: &[(Service, u16, u16, &str)]) -> Answers {
    let mut answers = Answers::new(DOMAIN).unwrap();
    for &(service, priority, weight, target) in records {
        answers.add(service, priority, weight, service.port(), target, Dnssec::Unsigned).unwrap();
    }
    answers
}

fn no_minimum() -> Minimum {
    Minimum::none(Acknowledged::that_passwords_and_messages_are_exposed())
}

fn shown(discovery: &Discovery) -> Vec<String> {
    let show = |c: &Candidate| format!("{} {:?}", c.endpoint.host, c.security);
    discovery.candidates.iter().map(show).collect()
}

#[test]
fn implicit_tls_before_starttls_before_cleartext_on_request() {
    use Service as S;
    let answers = answers(&[
        (S::Imap, 0, 9, "a.example.org"),
        (S::Imaps, 20, 0, "b.example.org"),
        (S::Imaps, 10, 0, "c.example.org"),
        (S::Pop3s, 0, 0, "d.example.org"),
    ]);
    let tls = ["c.example.org ImplicitTls", "b.example.org ImplicitTls", "a.example.org StartTls"];
    let (minimum, none) = (Minimum::default(), no_minimum());
    let apply = |rules: Rules<'_>| rules.apply(&answers, Protocol::Imap, &[]);
    assert_eq!(shown(&apply(Rules::new(&minimum))), tls);
    assert_eq!(shown(&apply(Rules::new(&none))), tls);
    let asked = apply(Rules::new(&none).cleartext_too());
    assert_eq!(shown(&asked), [&tls[..], &["a.example.org Cleartext"]].concat());
    let clear = asked.candidates.last().unwrap();
    assert_eq!((clear.automatic, clear.warnings[0]), (false, Warning::Cleartext));
    assert!(asked.candidates[..3].iter().all(|c| c.automatic && c.warnings == [Warning::Unsigned]));
    // An account with a minimum gets none, asked for or not.
    let refused = apply(Rules::new(&minimum).cleartext_too());
    assert_eq!(shown(&refused), tls);
    assert_eq!(refused.dismissed[0].why, Dismissal::BelowMinimum(Shortfall::Clear));
    assert_eq!(apply(Rules::new(&none)).dismissed, []);
}

#[test]
fn cleartext_is_automatic_only_where_nothing_else_is() {
    let answers = answers(&[(Service::Pop3, 0, 0, "a.example.org")]);
    let host = "a.example.org".parse().unwrap();
    let none = no_minimum();
    let rules = Rules::new(&none).found(&host, 110, Found::NoStartTls);
    let found = rules.apply(&answers, Protocol::Pop3, &[]);
    assert_eq!((found.candidates.len(), &found.dismissed[0].why), (0, &Dismissal::NoStartTls));
    let found = rules.cleartext_too().apply(&answers, Protocol::Pop3, &[]);
    assert_eq!(shown(&found), ["a.example.org Cleartext"]);
    assert!(found.candidates[0].automatic);
    assert_eq!(found.candidates[0].warnings, [Warning::Cleartext, Warning::Unsigned]);
}

#[test]
fn what_is_below_the_minimum_is_ignored_whatever_its_priority() {
    let answers =
        answers(&[(Service::Imaps, 0, 0, "weak.example.org"), (Service::Imap, 9, 0, "good.example.org")]);
    let weak = TlsFacts::new(Version(0x0301), CipherSuite(0x002f));
    let mut good = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
    good.peer_validation = PeerValidation::Pkix;
    let hosts = ["weak.example.org".parse().unwrap(), "good.example.org".parse().unwrap()];
    let minimum = Minimum::default();
    let rules =
        Rules::new(&minimum).found(&hosts[0], 993, Found::Tls(weak)).found(&hosts[1], 143, Found::Tls(good));
    let found = rules.apply(&answers, Protocol::Imap, &[]);
    assert_eq!(shown(&found), ["good.example.org StartTls"]);
    assert!(matches!(found.dismissed[0].why, Dismissal::BelowMinimum(Shortfall::Tls(_))));
    assert_eq!(found.dismissed[0].endpoint.host, hosts[0]);
}

#[test]
fn outside_the_domain_only_proved_or_confirmed() {
    let outside = "imap.provider.example";
    let minimum = Minimum::default();
    for (target, dnssec, confirmed, origin) in [
        ("example.org", Dnssec::Unsigned, None, Some(Origin::WithinDomain)),
        ("a.b.Example.Org.", Dnssec::Validated, None, Some(Origin::WithinDomain)),
        (outside, Dnssec::Unsigned, None, None),
        (outside, Dnssec::Unsigned, Some("smtp.provider.example"), None),
        (outside, Dnssec::Unsigned, Some("provider.example"), None),
        (outside, Dnssec::Unsigned, Some("IMAP.provider.example"), Some(Origin::ConfirmedByUser)),
        (outside, Dnssec::Validated, None, Some(Origin::Dnssec)),
        ("notexample.org", Dnssec::Unsigned, None, None),
        ("org", Dnssec::Unsigned, None, None),
    ] {
        let mut answers = Answers::new(DOMAIN).unwrap();
        answers.add(Service::Imaps, 0, 0, 993, target, dnssec).unwrap();
        let mut rules = Rules::new(&minimum);
        if let Some(host) = confirmed {
            rules = rules.confirmed(Confirmed::by_user(host).unwrap());
        }
        let found = rules.apply(&answers, Protocol::Imap, &[]);
        assert_eq!(found.candidates.first().map(|c| c.origin), origin, "{target} {confirmed:?}");
        assert_eq!(found.dismissed.len(), usize::from(origin.is_none()));
        assert!(found.dismissed.iter().all(|d| d.why == Dismissal::OutsideDomain));
        if let Some(candidate) = found.candidates.first() {
            let warned = |warning| candidate.warnings.contains(&warning);
            assert_eq!(warned(Warning::Unsigned), dnssec == Dnssec::Unsigned);
            assert_eq!(warned(Warning::OutsideDomain), origin != Some(Origin::WithinDomain));
            // RFC 7817 §3: what nobody has proved or confirmed is no reference identifier.
            let known = dnssec == Dnssec::Validated || confirmed.is_some();
            let own = candidate.endpoint.host.to_string();
            let expected = candidate.references("mail.test").unwrap().to_string();
            let domain = "mail.test, _imaps.mail.test or ".to_owned();
            let without = "mail.test or _imaps.mail.test".to_owned();
            assert_eq!(expected, if known { domain + &own } else { without });
        }
    }
    assert!(Confirmed::by_user("").is_err());
}

#[test]
fn a_single_dot_is_not_offered() {
    let mut answers = answers(&[(Service::Imaps, 0, 0, "."), (Service::Imap, 0, 0, ".")]);
    assert_eq!(answers.not_offered().collect::<Vec<_>>(), [Service::Imaps, Service::Imap]);
    assert_eq!(answers.records().count(), 0);
    // Beside another target it says nothing.
    answers.add(Service::Imaps, 0, 0, 993, "a.example.org", Dnssec::Unsigned).unwrap();
    assert_eq!(answers.not_offered().collect::<Vec<_>>(), [Service::Imap]);
    assert!(answers.is_answered(Service::Imap) && !answers.is_answered(Service::Pop3));
}

#[test]
fn a_record_that_no_server_can_be_found_by_is_put_by() {
    let mut answers = answers(&[]);
    for (port, target, line) in [
        (0, "a.example.org", "imaps \"a.example.org\" 0: the port is 0"),
        (993, "", "imaps \"\" 993: the target is not the name of a host"),
        (993, "a b", "imaps \"a b\" 993: the target is not the name of a host"),
        (993, "a\u{202e}\n", "imaps \"a??\" 993: the target is not the name of a host"),
        (993, "..", "imaps \".\" 993: the target is not the name of a host"),
        (993, "192.0.2.1", "imaps \"192.0.2.1\" 993: the target is an address, not a name"),
        (993, "::1", "imaps \"::1\" 993: the target is an address, not a name"),
    ] {
        answers.add(Service::Imaps, 0, 0, port, target, Dnssec::Validated).expect("not the caller's fault");
        assert!(answers.unusable().iter().any(|record| record.to_string() == line), "{line}");
    }
    assert!(answers.is_answered(Service::Imaps) && answers.not_offered().next().is_none());
    let unusable = answers.unusable();
    assert_eq!((unusable.len(), answers.records().count()), (7, 0));
    answers.add(Service::Imaps, 0, 0, 993, "a.example.org", Dnssec::Unsigned).unwrap();
    answers.add(Service::Imaps, 0, 0, 0, ".", Dnssec::Unsigned).unwrap();
    assert_eq!((answers.unusable().len(), answers.records().count()), (8, 1));
    for port in 1..1000 {
        answers.add(Service::Imaps, 0, 0, port, "192.0.2.1", Dnssec::Unsigned).unwrap();
    }
    assert_eq!(answers.unusable().len(), Answers::MOST + 1);
}

#[test]
fn not_too_many_records() {
    let mut answers = answers(&[]);
    assert_eq!(answers, Answers::new("EXAMPLE.org.").unwrap());
    assert!(Answers::new("192.0.2.1").is_err() && Answers::new("").is_err());
    for i in 0..Answers::MOST {
        answers.add(Service::Imaps, 0, 0, 993, &format!("h{i}.example.org"), Dnssec::Unsigned).unwrap();
    }
    let more = answers.add(Service::Imaps, 0, 0, 993, "more.example.org", Dnssec::Unsigned);
    assert_eq!(more.unwrap_err().code(), ErrorCode::LimitExceeded);
    answers.add(Service::Imaps, 0, 0, 993, "h0.example.org", Dnssec::Unsigned).unwrap();
}

/// Every number that the lot can draw, once: how often each comes first is as RFC 2782 has it.
#[test]
fn the_lot_is_drawn_by_weight() {
    let answers = answers(&[
        (Service::Imaps, 0, 0, "zero.example.org"),
        (Service::Imaps, 0, 1, "one.example.org"),
        (Service::Imaps, 0, 3, "three.example.org"),
    ]);
    let minimum = Minimum::default();
    let mut first = BTreeMap::new();
    for number in 0..5u64 {
        let random = u32::try_from((number << 32).div_ceil(5)).unwrap();
        let found = Rules::new(&minimum).apply(&answers, Protocol::Imap, &[random]);
        *first.entry(found.candidates[0].endpoint.host.to_string()).or_insert(0) += 1;
    }
    let times = [("one.example.org", 1), ("three.example.org", 3), ("zero.example.org", 1)];
    assert_eq!(first, times.map(|(host, times)| (host.to_owned(), times)).into());
}

#[test]
fn drift_is_reported() {
    use Service as S;
    let old =
        answers(&[(S::Imap, 0, 1, "a.example.org"), (S::Submissions, 0, 1, "a.example.org")]).endpoints();
    let text: Vec<String> = old.iter().map(Endpoint::to_string).collect();
    assert_eq!(text, ["submissions a.example.org 465", "imap a.example.org 143"]);
    // Another weight is no change, and neither is what was not asked.
    let same = answers(&[(S::Imap, 7, 8, "A.example.org")]);
    assert_eq!(drift(&old, &same), DriftReport::default());
    assert!(drift(&old, &same).is_empty());
    let new = answers(&[
        (S::Imap, 0, 1, "evil.example"),
        (S::Imaps, 0, 1, "a.example.org"),
        (S::Submissions, 0, 1, "b.example.org"),
        (S::Submissions, 0, 1, "."),
    ]);
    let report = drift(&old, &new);
    assert_eq!(
        report.to_string(),
        "-submissions a.example.org 465\n-imap a.example.org 143\n\
         +imaps a.example.org 993\n+submissions b.example.org 465\n+imap evil.example 143\n"
    );
    assert_eq!(report.upgrades, ["imaps a.example.org 993".parse().unwrap()]);
    let withdrawn = answers(&[(S::Imap, 0, 0, ".")]);
    assert_eq!(drift(&old, &withdrawn).to_string(), "-imap a.example.org 143\n");
}

#[test]
fn endpoints_are_read_as_they_are_written() {
    for text in ["imaps a.example 993", "submission ::1 1", "pop3 a.example 65535"] {
        assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "imaps a.example",
        "imaps a.example 0",
        "imaps a.example +1",
        "imaps a.example 65536",
        "imaps a.example 1 ",
        "imaps  a.example 1",
        "smtp a.example 25",
        "imaps * 1",
    ] {
        assert!(text.parse::<Endpoint>().is_err(), "{text}");
    }
}

fn records() -> impl Strategy<Value = Vec<(Service, u16, u16, u16, String, Dnssec)>> {
    let service = prop::sample::select(Service::all().collect::<Vec<_>>());
    let target = prop_oneof!["[a-d]\\.example\\.org", "[a-d]\\.example", Just(".".to_owned())];
    let dnssec = prop_oneof![Just(Dnssec::Validated), Just(Dnssec::Unsigned)];
    vec((service, 0..4u16, prop_oneof![0..3u16, any::<u16>()], 1..3u16, target, dnssec), 0..24)
}

fn gathered(records: &[(Service, u16, u16, u16, String, Dnssec)]) -> Answers {
    let mut answers = Answers::new(DOMAIN).unwrap();
    for (service, priority, weight, port, target, dnssec) in records {
        answers.add(*service, *priority, *weight, *port, target, *dnssec).unwrap();
    }
    answers
}

proptest! {
    /// Every record has its place or its reason, once; the places follow the rules; and neither the
    /// order in which records come nor a second run changes them.
    #[test]
    fn the_order_is_total_and_stable(
        (records, shuffled) in records().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle())),
        random in vec(any::<u32>(), 0..24),
        cleartext: bool,
    ) {
        let (answers, minimum) = (gathered(&records), no_minimum());
        for protocol in [Protocol::Imap, Protocol::Pop3, Protocol::Smtp] {
            let mut rules = Rules::new(&minimum);
            if cleartext {
                rules = rules.cleartext_too();
            }
            let found = rules.apply(&answers, protocol, &random);
            prop_assert_eq!(&found, &rules.apply(&gathered(&shuffled), protocol, &random));
            prop_assert!(found.candidates.is_sorted_by_key(|c| (c.security, c.priority)));
            let mut placed: Vec<_> = found
                .candidates
                .iter()
                .map(|c| (c.endpoint.clone(), c.security))
                .chain(found.dismissed.iter().map(|d| (d.endpoint.clone(), d.security)))
                .collect();
            let mut wanted: Vec<_> = answers
                .records()
                .filter(|r| r.endpoint.service.protocol() == protocol)
                .flat_map(|r| {
                    let implicit = r.endpoint.service.mode() == crate::Mode::ImplicitTls;
                    let tls = if implicit { Security::ImplicitTls } else { Security::StartTls };
                    let clear = (cleartext && !implicit).then_some(Security::Cleartext);
                    [Some(tls), clear].into_iter().flatten().map(|s| (r.endpoint.clone(), s))
                })
                .collect();
            placed.sort();
            wanted.sort();
            prop_assert_eq!(placed, wanted);
            for candidate in &found.candidates {
                let clear = candidate.security == Security::Cleartext;
                prop_assert_eq!(candidate.warnings.contains(&Warning::Cleartext), clear);
                prop_assert!(candidate.origin == Origin::WithinDomain || candidate.origin == Origin::Dnssec);
            }
        }
    }

    #[test]
    fn nothing_drifts_from_itself(records in records(), later in records()) {
        let (old, new) = (gathered(&records), gathered(&later));
        prop_assert!(drift(&old.endpoints(), &old).is_empty());
        let report = drift(&old.endpoints(), &new);
        for endpoint in &report.appeared {
            prop_assert!(!old.endpoints().contains(endpoint) && new.endpoints().contains(endpoint));
        }
        for endpoint in &report.gone {
            prop_assert!(old.endpoints().contains(endpoint) && !new.endpoints().contains(endpoint));
        }
        let lines: Vec<Endpoint> =
            report.to_string().lines().map(|line| line[1..].parse().unwrap()).collect();
        prop_assert_eq!(lines, [report.gone, report.appeared].concat());
    }
}
