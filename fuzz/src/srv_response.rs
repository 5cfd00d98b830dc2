//! A name server's answer, and the order in which its servers are tried.
//!
//! Must never know how messages are read, but what may come of them.

use mailtls::account::srv::{Answers, Candidate, Confirmed, Dnssec, Rules, Security, Warning, drift};
use mailtls::account::{Acknowledged, Minimum};
use mailtls::{Mode, Service};

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
        assert!(!problem.to_string().contains(char::is_control), "not a line: {problem}");
        assert_eq!(answers, empty, "half of it was taken");
        return;
    }
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
    let key = |c: &Candidate| (c.security, c.priority);
    assert!(found.candidates.windows(2).all(|pair| key(&pair[0]) <= key(&pair[1])), "not the order");
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
