//! Received fields: as they come, and as a server puts them together for whatever a client says.
//!
//! Must never know how fields are read or written, but what must come of it.

use crate::received_writers::{Chosen, FIELDS, check};
use mailtls::trace::{
    AdditionalClause, ClauseString, Comment, DateTime, Domain, Hop, HopReport, OtherClause, Received,
    TlsClause, WithProtocol,
};
use std::net::IpAddr;

/// The input is a field, and a message.
pub fn received(data: &[u8]) {
    let hop = Hop::read(data);
    match Received::parse(data) {
        Ok(received) => {
            written(&received);
            agrees(&received, &hop, data);
        }
        Err(error) => {
            assert!(error.at() <= data.len(), "{error}");
            assert!(crate::is_line(error.to_string()));
        }
    }
    report(data);
}

/// What is written is one field, and says the same.
fn written(received: &Received) {
    let field = received.to_field();
    let lines = field.strip_suffix("\r\n").expect("a line end");
    for (number, line) in lines.split("\r\n").enumerate() {
        assert!(line.len() <= 998, "{field}");
        assert!(number == 0 || (line.starts_with('\t') && line.len() > 1), "{field}");
        assert!(!line.contains(['\r', '\n', '\0']), "{field}");
    }
    let read = Received::parse(field.as_bytes()).unwrap_or_else(|error| panic!("{error}: {field}"));
    assert_eq!(&read, received, "{field}");
    assert_eq!(read.to_field(), field);
}

/// Both readers say the same, where no value could be taken for the name of a clause, and where there is one
/// way only to read the field.
fn agrees(received: &Received, hop: &Hop, field: &[u8]) {
    let paths = field.iter().filter(|&&octet| octet == b'<').count();
    let in_for = received.for_clause().is_some_and(|address| address.value.to_string().starts_with('<'));
    let one_way = !field.contains(&b'"') && !field.contains(&b'\\') && paths == usize::from(in_for);
    if !one_way || hop.by().is_none() {
        return;
    }
    // Only the grammar knows that such parentheses are of an address.
    let hosts = [received.from(), received.by()];
    if hosts
        .iter()
        .filter_map(|host| host.value.tcp_info())
        .any(|tcp| tcp.literal.to_string().contains(['(', ')']))
    {
        return;
    }
    assert_eq!(hop.date(), Some(received.date().value));
    let says = |text: Option<String>| text.map(|text| text.to_ascii_uppercase());
    let names = ["from", "by", "via", "with", "id", "for", "tls", "group"];
    let additional = received.additional_clauses().iter().any(|clause| {
        matches!(&clause.value, AdditionalClause::Other(other)
            if names.iter().any(|name| other.value().as_str().eq_ignore_ascii_case(name))
                || other.value().as_str().contains([' ', '"', '\\']))
    });
    let address = received.for_clause().map(|address| address.value.to_string()).unwrap_or_default();
    if additional || !address.chars().all(|c| c.is_ascii_alphanumeric() || "@.<>-".contains(c)) {
        return;
    }
    let bare = |text: &str| {
        !text.contains(['(', ')', ';', '"']) && !text.contains(|c: char| c.is_control() || c.is_whitespace())
    };
    let with = received.with_clause().map(|with| with.value.to_string());
    let id = received.id_clause().map(|id| id.value.to_string());
    let plain = |text: &Option<String>| text.as_deref().is_none_or(bare);
    if plain(&with) && plain(&id) && received.via_clause().is_none_or(|via| bare(via.value.as_str())) {
        let first = |text: Option<&str>| text.and_then(|text| text.split(' ').next()).map(str::to_owned);
        assert_eq!(says(first(hop.with())), says(with), "with");
        assert_eq!(first(hop.id()), id, "id");
        assert_eq!(first(hop.by()), first(Some(&received.by().value.to_string())), "by");
        let suite = received.tls_clause().and_then(|tls| tls.cipher.suite());
        if let Some(suite) = suite.filter(|suite| suite.name().is_some()) {
            let claimed = hop.protection().tls().and_then(|tls| tls.cipher_suite());
            assert_eq!(claimed, Some(suite), "tls");
        }
    }
}

/// A field in front of a message is one more hop, and all else is as it was.
fn report(message: &[u8]) {
    let report = HopReport::of_message(message, 1);
    assert!(report.weakest().is_none_or(|hop| hop < report.hops().len()));
    assert!(report.silent().all(|hop| hop < report.hops().len()));
    if message.starts_with(b" ") || message.starts_with(b"\t") || report.hops().len() >= 1000 {
        return;
    }
    let mut more = b"Received: from a by b with LMTP; 26 Nov 2026 15:34:24 +0000\r\n".to_vec();
    more.extend(message);
    let more = HopReport::of_message(&more, 1);
    assert_eq!(more.hops().get(1..), Some(report.hops()));
    assert!(!more.is_claim(0) && more.is_claim(1));
}

/// Whatever a client says and a host gives in: one field with the clauses that were set. 0xFF parts the
/// input: what the client calls itself, its name in DNS, its address as text, seconds and the zone's minutes; then
/// the steps, each a letter and what it sets.
pub fn received_build(data: &[u8]) {
    let mut parts = data.split(|&octet| octet == 0xff).map(String::from_utf8_lossy);
    let mut part = || parts.next().unwrap_or_default();
    let (name, dns_name, address, moment) = (part(), part(), part(), part());
    let mut numbers = moment.split(' ');
    let seconds = numbers.next().and_then(|number| number.parse().ok()).unwrap_or(0);
    let zone = numbers.next().and_then(|number| number.parse().ok()).unwrap_or(0);
    let Some(date) = DateTime::from_unix_seconds(seconds, zone) else { return };
    let by: Domain = "mx.example.org".parse().expect("a domain");
    let from = |name: &str| {
        Received::from_client(name, address.parse::<IpAddr>().ok(), Some(&dns_name), by.clone(), date)
    };
    let mut received = from(&name);
    only_a_name(&received, &from("pc.example"));
    let mut clauses = 0;
    let mut set = String::new();
    for step in parts.take(30) {
        let before = received.clone();
        received = take(received, &step, &mut clauses);
        if received != before {
            set.extend(step.chars().next());
        }
    }
    let others = received.additional_clauses().iter();
    let others = others.filter(|clause| matches!(clause.value, AdditionalClause::Other(_)));
    assert_eq!(others.count(), clauses);
    let there = [
        ('v', received.via_clause().is_some()),
        ('w', received.with_clause().is_some()),
        ('i', received.id_clause().is_some()),
        ('f', received.for_clause().is_some()),
        ('t', received.tls_clause().is_some()),
    ];
    assert!(
        there.iter().all(|(letter, there)| *there == set.contains(*letter)),
        "{there:?}, but set were {set}"
    );
    assert_eq!(received.by().value.to_string().split(' ').next(), Some("mx.example.org"));
    written(&received);
}

/// What a client calls itself changes nothing that is read but the name it gives.
fn only_a_name(received: &Received, plain: &Received) {
    let [hop, plain] = [received, plain].map(|field| Hop::read(field.to_field().as_bytes()));
    assert_eq!(hop.protection(), plain.protection(), "{received:?}");
    assert_eq!(hop.client_address(), plain.client_address(), "{received:?}");
    assert_eq!((hop.by(), hop.with(), hop.date()), (plain.by(), plain.with(), plain.date()), "{received:?}");
    assert_eq!((hop.via(), hop.id(), hop.for_address()), (None, None, None), "{received:?}");
}

fn take(received: Received, step: &str, clauses: &mut usize) -> Received {
    let there = received.clone();
    let Some(letter) = step.chars().next() else { return there };
    let text = &step[letter.len_utf8()..];
    let (first, second) = text.split_once('=').unwrap_or((text, ""));
    match letter {
        'v' => text.parse().map_or(there, |link| received.via(link)),
        'w' => text.parse::<WithProtocol>().map_or(there, |protocol| received.with(protocol)),
        'i' => text.parse().map_or(there, |id| received.id(id)),
        'f' => text.parse().map_or(there, |address| received.for_address(address)),
        't' => first
            .parse()
            .map_or(there, |cipher| received.tls(TlsClause { cipher, group: second.parse().ok() })),
        'x' => {
            let clause = first.parse().ok().zip(ClauseString::saying(second));
            match clause.and_then(|(name, value)| OtherClause::new(name, value).ok()) {
                Some(clause) => {
                    *clauses += 1;
                    received.clause(clause)
                }
                None => there,
            }
        }
        'c' => received.comment(Comment::quoting(text)),
        'C' => text.parse().map_or(there, |comment| received.comment(comment)),
        'm' => received.comment_on_from(Comment::quoting(text)),
        'M' => text.parse().map_or(there, |comment| received.comment_on_from(comment)),
        _ => there,
    }
}

/// Whatever a client chooses, in a field of some server's: it becomes no protection, address or server. 0xFF
/// parts the input: the number of the field, what the client calls itself, its name in DNS, its ident, its user,
/// the address literal that it calls itself by, the sender, the recipient.
pub fn received_client(data: &[u8]) {
    let mut parts = data.split(|&octet| octet == 0xff).map(|part| String::from_utf8_lossy(part).into_owned());
    let mut part = || parts.next().unwrap_or_default();
    let number = part().bytes().fold(0usize, |number, octet| number.wrapping_mul(31) + usize::from(octet));
    let field = FIELDS[number % FIELDS.len()];
    let chosen = Chosen {
        helo: part(),
        dns_name: part(),
        ident: part(),
        user: part(),
        literal: part(),
        from: part(),
        to: part(),
    };
    check(field, &chosen);
}
