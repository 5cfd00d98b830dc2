//! A name server's answer, and the order in which its servers are tried.
//!
//! Must never know how messages are read, but what may come of them.

use mailtls::account::srv::{
    Answers, Candidate, Confirmed, Discovery, Dnssec, Found, Record, Rules, Security, Warning, drift,
};
use mailtls::account::{Acknowledged, Minimum};
use mailtls::tls::facts::TlsFacts;
use mailtls::tls::registry::{CipherSuite, Version};
use mailtls::{Mode, Service};
use std::collections::BTreeSet;

const ELSEWHERE: &str = "mail.provider.example";

/// The first octet says for which service, under which rules; the rest is the DNS message. The domain is
/// example.org.
pub fn srv_response(data: &[u8]) {
    let Some((flags, message)) = data.split_first() else { return };
    let service = Service::all().nth(usize::from(flags & 7) % 6).expect("there are six");
    let dnssec = if flags & 8 != 0 { Dnssec::Validated } else { Dnssec::Unsigned };
    let mut answers = Answers::new("example.org").expect("a domain");
    let empty = answers.clone();
    if let Err(problem) = answers.add_response(service, message, dnssec) {
        assert!(crate::is_line(problem.to_string()), "not a line: {problem}");
        assert_eq!(answers, empty, "half of it was taken");
        return;
    }
    let slow = slowly(message, &answers.query(service)).expect("the slow reader finds no answer");
    let there: BTreeSet<_> = answers.endpoints().into_iter().map(|e| (e.port, e.host.to_string())).collect();
    let servers: BTreeSet<_> =
        slow.iter().flatten().filter(|(port, target)| *port != 0 && is_host(target)).cloned().collect();
    assert_eq!(there, servers, "the slow reader finds other servers");
    let unusable = answers.unusable();
    assert!(unusable.iter().all(|record| crate::is_line(record.to_string())), "not lines: {unusable:?}");
    assert!(
        slow.is_empty()
            || !there.is_empty()
            || !unusable.is_empty()
            || answers.not_offered().any(|s| s == service)
    );
    let refused = there.is_empty() && slow.iter().flatten().any(|(_, target)| target == ".");
    assert_eq!(answers.not_offered().any(|s| s == service), refused);
    assert!(answers.is_answered(service) && answers.records().count() <= Answers::MOST);
    let (cleartext, confirmed, lowered) = (flags & 16 != 0, flags & 32 != 0, flags & 64 != 0);
    let minimum = match lowered {
        true => Minimum::none(Acknowledged::that_passwords_and_messages_are_exposed()),
        false => Minimum::default(),
    };
    let mut rules = Rules::new(&minimum);
    if cleartext {
        rules = rules.cleartext_too();
    }
    if confirmed {
        rules = rules.confirmed(Confirmed::by_user(ELSEWHERE).expect("a name"));
    }
    let random: Vec<u32> =
        message.chunks(4).map(|c| c.iter().fold(7, |n, o| n << 8 | u32::from(*o))).collect();
    let found = rules.apply(&answers, service.protocol(), &random);
    assert_eq!(found, rules.apply(&answers, service.protocol(), &random), "two orders");
    in_order(&found);
    with_the_other_mode(&answers, service, &rules, &random);
    if let Some(record) = answers.records().next() {
        with_what_was_found(&answers, record, &rules, lowered);
    }
    let any_tls = found.candidates.iter().any(|c| c.security != Security::Cleartext);
    for candidate in &found.candidates {
        assert_eq!(candidate.endpoint.service, service);
        assert_eq!(candidate.security == Security::ImplicitTls, service.mode() == Mode::ImplicitTls);
        let host = candidate.endpoint.host.as_str();
        let within = host == "example.org" || host.ends_with(".example.org");
        let proved = dnssec == Dnssec::Validated || (confirmed && host == ELSEWHERE);
        assert!(within || proved, "{host} is a stranger");
        assert_eq!(candidate.warnings.contains(&Warning::OutsideDomain), !within);
        assert_eq!(candidate.warnings.contains(&Warning::Unsigned), dnssec == Dnssec::Unsigned);
        if candidate.security == Security::Cleartext {
            assert!(cleartext && lowered, "cleartext that nobody asked for");
            assert!(candidate.warnings.contains(&Warning::Cleartext));
            assert_eq!(candidate.automatic, !any_tls);
        }
    }
    let ways = if cleartext && service.mode() == Mode::StartTls { 2 } else { 1 };
    assert_eq!(found.candidates.len() + found.dismissed.len(), ways * answers.records().count());
    assert!(drift(&answers.endpoints(), &answers).is_empty(), "nothing has changed");
}

/// Implicit TLS, STARTTLS, cleartext, whatever the priorities are; then by priority (RFC 8314 §5.1).
fn in_order(found: &Discovery) {
    let key = |c: &Candidate| (c.security, c.priority);
    assert!(found.candidates.windows(2).all(|pair| key(&pair[0]) <= key(&pair[1])), "not the order");
}

/// The same servers, unproved and with the priorities upside down, for the protocol's other service too:
/// the better protection still comes first, and which record came first tells nothing.
fn with_the_other_mode(answers: &Answers, service: Service, rules: &Rules<'_>, random: &[u32]) {
    let other = Service::all().find(|s| s.protocol() == service.protocol() && s.mode() != service.mode());
    let other = other.expect("each protocol has two services");
    let mut records: Vec<Record> = answers.records().take(Answers::MOST / 2).cloned().collect();
    records.extend(records.clone().into_iter().map(|mut record| {
        record.endpoint.service = other;
        record.priority = !record.priority;
        record.dnssec = Dnssec::Unsigned;
        record
    }));
    let forwards = rules.apply(&added(records.iter()), service.protocol(), random);
    let backwards = rules.apply(&added(records.iter().rev()), service.protocol(), random);
    assert_eq!(forwards, backwards, "the order of the records counts");
    in_order(&forwards);
    let any_tls = forwards.candidates.iter().any(|c| c.security != Security::Cleartext);
    let clear = |c: &&Candidate| c.security == Security::Cleartext;
    assert!(!forwards.candidates.iter().filter(clear).any(|c| c.automatic && any_tls));
}

fn added<'a>(records: impl Iterator<Item = &'a Record>) -> Answers {
    let mut answers = Answers::new("example.org").expect("a domain");
    for record in records {
        let (at, host) = (&record.endpoint, record.endpoint.host.as_str());
        let done = answers.add(at.service, record.priority, record.weight, at.port, host, record.dnssec);
        done.expect("what was read can be added");
    }
    answers
}

/// A server without STARTTLS is not tried by it, and one with TLS 1.0 only where there is no minimum.
fn with_what_was_found(answers: &Answers, record: &Record, rules: &Rules<'_>, lowered: bool) {
    let at = &record.endpoint;
    let tried = |found: Found, security: Security| {
        let rules = rules.clone().found(&at.host, at.port, found);
        let discovery = rules.apply(answers, at.service.protocol(), &[]);
        in_order(&discovery);
        let there = |c: &Candidate| c.endpoint.host == at.host && c.endpoint.port == at.port;
        discovery.candidates.iter().any(|c| there(c) && c.security == security)
    };
    assert!(!tried(Found::NoStartTls, Security::StartTls), "there is no STARTTLS");
    let old = || Found::Tls(TlsFacts::new(Version(0x0301), CipherSuite(0x002f)));
    for security in [Security::ImplicitTls, Security::StartTls] {
        assert!(lowered || !tried(old(), security), "below the minimum");
    }
}

/// Whether a host may be called so: letters, digits, hyphens and underscores, and no address.
fn is_host(target: &str) -> bool {
    let label = |label: &str| {
        let legal = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        !label.is_empty() && label.bytes().all(legal) && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_number = |label: &str| label.bytes().all(|c| c.is_ascii_digit());
    target.split('.').all(label) && !target.rsplit('.').next().is_some_and(is_number)
}

/// A reader of what counts in a response (RFC 1035 §4), with no thought of speed: the port and target of
/// each record, `None` where they cannot be read. No response is none for one that it cannot follow.
fn slowly(message: &[u8], question: &str) -> Option<Vec<Option<(u16, String)>>> {
    let number = |at: usize| Some(u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]));
    let (asked, mut at) = name(message, 12)?;
    assert_eq!(
        (number(4)?, asked.to_ascii_lowercase()),
        (1, question.to_ascii_lowercase()),
        "another question"
    );
    assert_eq!((number(at)?, number(at + 2)?), (33, 1), "another question");
    at += 4;
    let mut records = Vec::new();
    for _ in 0..number(6)? {
        let (owner, behind) = name(message, at)?;
        let length = usize::from(number(behind + 8)?);
        let (kind, class) = (number(behind)?, number(behind + 2)?);
        at = behind + 10 + length;
        message.get(..at)?;
        if class == 1 {
            records.push((owner.to_ascii_lowercase(), kind, behind + 10, at));
        }
    }
    let mut owner = question.to_ascii_lowercase();
    for _ in 0..8 {
        let Some((.., data, end)) = records.iter().find(|(of, kind, ..)| *of == owner && *kind == 5) else {
            break;
        };
        let Some((alias, _)) = name(&message[..*end], *data) else { break };
        owner = alias.to_ascii_lowercase();
    }
    let ours = records.iter().filter(|(of, kind, ..)| *of == owner && *kind == 33);
    let read = |data: usize, end: usize| {
        let (target, behind) = name(&message[..end], data + 6).filter(|_| data + 6 < end)?;
        (behind == end).then(|| Some((number(data + 4)?, target.to_ascii_lowercase())))?
    };
    Some(ours.map(|&(.., data, end)| read(data, end)).collect())
}

/// A name, compressed or not, and where it ends. Octets that no host has are shown in a form that no host
/// has either.
fn name(message: &[u8], start: usize) -> Option<(String, usize)> {
    let (mut at, mut end, mut labels) = (start, None, Vec::new());
    for _ in 0..300 {
        let length = *message.get(at)?;
        match length {
            0 => {
                let name = if labels.is_empty() { ".".to_owned() } else { labels.join(".") };
                return Some((name, end.unwrap_or(at + 1)));
            }
            1..=63 => {
                let label = message.get(at + 1..=at + usize::from(length))?;
                let shown = |&c: &u8| match c {
                    b'.' | b'\\' | 0x80.. => format!("\\{c:03}"),
                    _ => char::from(c).to_string(),
                };
                labels.push(label.iter().map(shown).collect::<String>());
                at += 1 + usize::from(length);
            }
            0xc0.. => {
                end = end.or(Some(at + 2));
                at = usize::from(length & 0x3f) << 8 | usize::from(*message.get(at + 1)?);
            }
            _ => return None,
        }
    }
    None
}
