//! DNS responses with SRV records, and what is made of them.
//!
//! Must never know how a message is read, but what must come of it.

use mailtls::account::srv::{
    Answers, Confirmed, Dnssec, Endpoint, Origin, ResponseProblem, Rules, Security, Warning, drift,
};
use mailtls::account::{Acknowledged, Minimum};
use mailtls::{Mode, Service};
use std::collections::BTreeSet;

const DOMAIN: &str = "example.org";

/// The first octet decides: modulo 6 the service that was asked for, +8 proved by DNSSEC, +16 cleartext is
/// wanted, +32 no minimum, +64 `a.example` is confirmed by the user. Four octets are a random number, used
/// over again; what follows is the response.
pub fn srv_response(data: &[u8]) {
    let [flags, r0, r1, r2, r3, response @ ..] = data else { return };
    let service = Service::all().nth(usize::from(flags & 7) % 6).expect("there are six");
    let dnssec = if flags & 8 == 0 { Dnssec::Unsigned } else { Dnssec::Validated };
    let mut answers = Answers::new(DOMAIN).expect("a domain");
    let before = answers.clone();
    match answers.add_response(service, response, dnssec) {
        Err(problem) => {
            assert_eq!(answers, before, "something is left of it");
            assert!(!problem.to_string().contains(char::is_control));
            let short = response.len() < 12;
            assert!(!short || problem == ResponseProblem::Malformed);
        }
        Ok(()) => {
            let slow = slowly(response, &answers.query(service)).expect("the slow reader finds no answer");
            let there = |e: Endpoint| (e.service == service).then_some((e.port, e.host.to_string()));
            let endpoints: BTreeSet<_> = answers.endpoints().into_iter().filter_map(there).collect();
            let servers = slow.iter().filter(|(_, target)| target != ".").cloned();
            assert_eq!(endpoints, servers.collect(), "other servers");
            let refused = answers.endpoints().is_empty() && slow.iter().any(|(_, target)| target == ".");
            assert_eq!(answers.not_offered().any(|s| s == service), refused);
            let once = answers.clone();
            assert_eq!(answers.add_response(service, response, dnssec), Ok(()));
            assert_eq!(answers, once, "a second time makes a difference");
            let random = [u32::from_be_bytes([*r0, *r1, *r2, *r3]); 256];
            order(&answers, service, *flags, &random);
        }
    }
}

/// What holds for every set of records.
fn order(answers: &Answers, service: Service, flags: u8, random: &[u32]) {
    let none = Minimum::none(Acknowledged::that_passwords_and_messages_are_exposed());
    let minimum = if flags & 32 == 0 { Minimum::default() } else { none };
    let mut rules = Rules::new(&minimum);
    if flags & 16 != 0 {
        rules = rules.cleartext_too();
    }
    let confirmed = flags & 64 != 0;
    if confirmed {
        rules = rules.confirmed(Confirmed::by_user("a.example").expect("a host"));
    }
    let found = rules.apply(answers, service.protocol(), random);
    assert_eq!(found, rules.apply(answers, service.protocol(), random), "not the same twice");
    let ways = if flags & 16 != 0 && service.mode() == Mode::StartTls { 2 } else { 1 };
    let all = answers.records().count() * ways;
    assert_eq!(found.candidates.len() + found.dismissed.len(), all, "some are lost");
    assert!(found.candidates.is_sorted_by_key(|c| (c.security, c.priority)));
    let any_tls = found.candidates.iter().any(|c| c.security != Security::Cleartext);
    for candidate in &found.candidates {
        let host = candidate.endpoint.host.as_str();
        let within = host == DOMAIN || host.ends_with(".example.org");
        assert!(within || flags & 8 != 0 || (confirmed && host == "a.example"), "{host} is not to be used");
        assert_eq!(candidate.origin == Origin::WithinDomain, within);
        assert_eq!(candidate.warnings.contains(&Warning::OutsideDomain), !within);
        let clear = candidate.security == Security::Cleartext;
        assert!(!clear || (flags & 48 == 48 && candidate.warnings.contains(&Warning::Cleartext)));
        assert_eq!(candidate.automatic, !clear || !any_tls);
    }
    let endpoints = answers.endpoints();
    assert!(drift(&endpoints, answers).is_empty());
    assert_eq!(drift(&[], answers).appeared, endpoints);
    for endpoint in endpoints {
        assert_eq!(endpoint.to_string().parse::<Endpoint>().as_ref(), Ok(&endpoint));
    }
}

/// A reader of what counts in a response (RFC 1035 §4), with no thought of speed: the port and target of
/// each record. `None` is for a response that it cannot follow.
fn slowly(message: &[u8], question: &str) -> Option<Vec<(u16, String)>> {
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
        if class == 1 && length > 0 {
            records.push((owner.to_ascii_lowercase(), kind, behind + 10));
        }
    }
    let mut owner = question.to_ascii_lowercase();
    for _ in 0..8 {
        let Some((.., data)) = records.iter().find(|(of, kind, _)| *of == owner && *kind == 5) else { break };
        owner = name(message, *data)?.0.to_ascii_lowercase();
    }
    let ours = records.iter().filter(|(of, kind, _)| *of == owner && *kind == 33);
    ours.map(|(.., data)| Some((number(data + 4)?, name(message, data + 6)?.0.to_ascii_lowercase())))
        .collect()
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
