//! What must be true of every transition, whatever it is.

use super::setting::Tls;
use super::symbol::{Act, CLEAR_WORD, Host, IN_BASE64, PASSWORD, Symbol};
use super::tried::{HOST_WORDS, Node, Seen, Tried};
use crate::connection::Event;
use crate::dialogue::MechanismFloor;
use crate::dialogue::states::State;
use crate::tls::policy;
use crate::{ErrorCode, ErrorKind, Protocol, Role};

/// Asserts it all of one transition.
pub(super) fn check(tried: &Tried, from: &Node, symbol: &Symbol, seen: &Seen, to: &Node) {
    misuse_changes_nothing(tried, from, symbol, seen, to);
    credentials_need_tls(tried, from, symbol, seen);
    nothing_below_the_floor(tried, symbol, seen);
    success_needs_credentials(tried, from, seen);
    no_go_ahead_with_data_behind(tried, seen);
    nothing_from_before_tls_is_told(tried, seen);
    tls_is_wanted_of_the_host_alone(tried, seen, to);
    what_is_said_in_clear(tried, from, seen);
    what_is_offered(tried, from, seen);
    a_client_hello_is_told_once(tried, from, seen);
    hand_off_is_clean(tried, from, symbol, seen, to);
    the_end_of_input_is_kept(tried, from, symbol, seen, to);
    deadlines_run(tried, to);
    if to.done {
        end_is_the_last_event(from, seen);
    }
}

/// No event, no byte.
fn nothing_came_of(seen: &Seen) -> bool {
    seen.events.is_empty() && seen.wire.is_empty() && seen.read.is_empty()
}

fn misuse_changes_nothing(tried: &Tried, from: &Node, symbol: &Symbol, seen: &Seen, to: &Node) {
    let misused = seen.result.as_ref().is_some_and(|error| error.kind() == ErrorKind::Misuse);
    if misused || symbol.act == Act::Nothing || from.done {
        assert!(from == to && nothing_came_of(seen), "changed something");
    }
    let internal = seen.result.as_ref().is_some_and(|error| error.kind() == ErrorKind::Internal);
    assert!(!internal, "{:?}", seen.result);
    // The other way about: what the host may not do now is refused.
    let Act::Host(host) = symbol.act else { return };
    let right = match host {
        Host::Accept | Host::Reject | Host::Challenge | Host::ScramPassword => {
            matches!(from.state, State::Tls("Deciding"))
        }
        Host::AcceptCertificate { .. } | Host::RefuseCertificate => from.state == State::Mapping,
        Host::TlsEstablished(_) => from.state == State::Handshake && tried.setting.tls != Tls::Engine,
        Host::TlsFailed => !matches!(from.state, State::Clear(_)) && tried.setting.tls != Tls::Engine,
        Host::AcceptServerCertificate => from.state == State::Judging && from.detail == "None",
        Host::RefuseServerCertificate => from.state == State::Judging,
        Host::Respond | Host::Cancel => matches!(from.state, State::Tls("Asking")),
        Host::Authenticate(..) => {
            matches!(from.state, State::Tls("NotAuthenticated" | "Authorization" | "Ready"))
        }
        Host::LogOut => matches!(
            from.state,
            State::Tls("NotAuthenticated" | "Authorization" | "Ready")
                | State::Clear("NotAuthenticated" | "Authorization" | "Ready")
        ),
        Host::Write => from.state == State::HandedOff,
        Host::AuthenticateUnfit => false,
        Host::Close => true,
    };
    assert!(right || misused || from.done, "the host could do that");
}

/// The one promise: the password goes to the host, and to the peer, inside TLS alone.
fn credentials_need_tls(tried: &Tried, from: &Node, symbol: &Symbol, seen: &Seen) {
    let connection = &tried.connection;
    let confidential = connection.tls_facts().is_some_and(|facts| policy::judge(facts).is_ok());
    for event in &seen.events {
        let asks = event.asks() && !matches!(event, Event::TlsWanted);
        if asks || matches!(event, Event::Authenticated | Event::HandedOff) {
            assert!(confidential, "{event:?} without TLS");
            let inside =
                matches!(from.state, State::Tls(_) | State::Handshake | State::Mapping | State::Judging);
            assert!(inside, "{event:?} in {}", from.state);
        }
        assert!(!holds_password(format!("{event:?}").as_bytes()), "the password is shown");
    }
    let reason = connection.error().map_or("", |error| error.reason());
    assert!(!holds_password(reason.as_bytes()), "the password is in the reason: {reason}");
    // What the host writes after the hand-off is its own affair.
    let encrypted = tried.setting.tls == Tls::Engine;
    assert!(!encrypted || !holds_password(&seen.wire), "the password crosses in clear");
    if holds_password(&seen.said) {
        let sends = connection.role() == Role::Client && matches!(from.state, State::Tls(_));
        assert!(sends, "the password is said by {:?} in {}", connection.role(), from.state);
        let asked = matches!(symbol.act, Act::Host(Host::Authenticate(..)));
        assert!(asked || !matches!(from.state, State::Tls("NotAuthenticated" | "Authorization" | "Ready")));
    }
}

/// With a floor a client begins SCRAM or nothing, and is not told that it is authenticated before the
/// server has proved itself.
fn nothing_below_the_floor(tried: &Tried, symbol: &Symbol, seen: &Seen) {
    let floor = tried.setting.floor;
    if floor == MechanismFloor::Any {
        return;
    }
    assert!(!holds_password(&seen.said), "the password, below the floor");
    let said = String::from_utf8_lossy(&seen.said).to_uppercase();
    let words = ["LOGIN", "USER", "PASS", "APOP", "PLAIN", "EXTERNAL", "OAUTHBEARER", "X-OWN"];
    let begun = said.split([' ', '\r', '\n']).find(|word| words.contains(word));
    assert_eq!(begun, None, "below the floor: {said}");
    if let Act::Host(Host::Authenticate(mechanism, _)) = symbol.act {
        let below = seen.result.as_ref().is_some_and(|e| e.code() == ErrorCode::BelowMechanismFloor);
        assert!(!below || !floor.admits(mechanism), "{mechanism:?} is not below");
        assert!(floor.admits(mechanism) || seen.result.is_some(), "{mechanism:?} below the floor");
        assert!(!below || nothing_came_of(seen), "below the floor, but something came of it");
    }
    if seen.events.iter().any(|event| matches!(event, Event::Authenticated)) {
        assert!(tried.has_scram_proof(), "authenticated below the floor");
    }
}

/// A client does not believe that it is authenticated before it has shown who it is, and with SCRAM
/// not before the server has proved itself; nor a server that somebody is before it has told the
/// host who, and the host has agreed.
fn success_needs_credentials(tried: &Tried, from: &Node, seen: &Seen) {
    if !seen.events.iter().any(|event| matches!(event, Event::Authenticated)) {
        return;
    }
    match tried.connection.role() {
        Role::Server => {
            let agreed = matches!(from.state, State::Mapping | State::Tls("Deciding"));
            assert!(agreed || from.detail.contains("Accepted"), "nobody has agreed");
        }
        // PREAUTH: the server knows the client by its certificate.
        Role::Client if from.state == State::Tls("Greeting") => {
            let facts = tried.connection.tls_facts();
            assert!(facts.is_some_and(|facts| facts.client_certificate_sent), "without a certificate");
        }
        Role::Client => assert!(tried.shown, "success without anything shown"),
    }
}

/// A server that was sent data behind STARTTLS does not say that TLS may begin.
fn no_go_ahead_with_data_behind(tried: &Tried, seen: &Seen) {
    if tried.connection.role() == Role::Server && seen.fault == Some(ErrorCode::DataBeforeTls) {
        let said = String::from_utf8_lossy(&seen.said);
        let go_ahead =
            |line: &str| line.contains(" OK ") || line.starts_with("+OK") || line.starts_with("220");
        assert!(!said.lines().any(go_ahead), "a go-ahead all the same: {said}");
    }
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

pub(super) fn holds_password(bytes: &[u8]) -> bool {
    holds(bytes, PASSWORD) || IN_BASE64.iter().any(|text| holds(bytes, text))
}

/// RFC 3207 §4.2: it is forgotten. In clear it is not even told, nor given as a reason.
fn nothing_from_before_tls_is_told(tried: &Tried, seen: &Seen) {
    let connection = &tried.connection;
    let reason = connection.error().map_or("", |error| error.reason());
    assert!(!reason.contains(CLEAR_WORD), "a reason quotes what was said in clear: {reason}");
    for event in &seen.events {
        assert!(!format!("{event:?}").contains(CLEAR_WORD), "{event:?} is from before TLS");
    }
    if connection.tls_facts().is_some() {
        assert!(!holds(&seen.said, CLEAR_WORD), "said inside TLS, known from before");
        assert!(!holds(&seen.read, CLEAR_WORD), "read after TLS, known from before");
    }
}

/// The host is asked for TLS where it is the host's, and only when the handshake is next.
fn tls_is_wanted_of_the_host_alone(tried: &Tried, seen: &Seen, to: &Node) {
    let wanted = seen.events.iter().filter(|event| matches!(event, Event::TlsWanted)).count();
    assert!(wanted == 0 || tried.setting.tls != Tls::Engine, "TLS wanted besides the engine's");
    assert!(wanted == 0 || (wanted == 1 && to.state == State::Handshake), "TLS wanted in {}", to.state);
}

/// Before TLS nothing is told, and a client says nothing but what leads to it, or takes leave.
fn what_is_said_in_clear(tried: &Tried, from: &Node, seen: &Seen) {
    if !matches!(from.state, State::Clear(_)) {
        return;
    }
    for event in &seen.events {
        let right = matches!(event, Event::NotConfidential(_) | Event::TlsWanted | Event::Closed);
        assert!(right, "{event:?} in clear");
    }
    if tried.connection.role() == Role::Server {
        return;
    }
    for line in String::from_utf8_lossy(&seen.said).lines() {
        let words: Vec<_> = line.split(' ').collect();
        let right = match (tried.setting.service.protocol(), words[..].as_ref()) {
            (Protocol::Imap, [_, word]) => ["CAPABILITY", "STARTTLS", "LOGOUT"].contains(word),
            (Protocol::Pop3, [word]) => ["CAPA", "STLS", "QUIT"].contains(word),
            (Protocol::Smtp, [word]) => ["STARTTLS", "QUIT"].contains(word),
            (Protocol::Smtp, [word, _name]) => *word == "EHLO",
            _ => false,
        };
        assert!(right, "a client says in clear: {line}");
    }
}

/// Of the server's handshake, and before anything that came of it.
fn a_client_hello_is_told_once(tried: &Tried, from: &Node, seen: &Seen) {
    let hello = |event: &Event| matches!(event, Event::ClientHello(_));
    if seen.events.iter().any(hello) {
        assert_eq!((tried.connection.role(), from.state), (Role::Server, State::Handshake));
        assert!(seen.events.first().is_some_and(hello), "{:?}", seen.events);
        assert_eq!(seen.events.iter().filter(|event| hello(event)).count(), 1);
    }
}

/// What a server offers, and must not, in clear and inside TLS.
fn what_is_offered(tried: &Tried, from: &Node, seen: &Seen) {
    if tried.connection.role() == Role::Client || matches!(from.state, State::HandedOff | State::Handshake) {
        return;
    }
    let protocol = tried.setting.service.protocol();
    for offered in capabilities(protocol, &String::from_utf8_lossy(&seen.said)) {
        let words: Vec<_> = offered.split([' ', '=']).collect();
        let has = |word: &str| words.contains(&word);
        let starttls = has("STARTTLS") || has("STLS");
        if matches!(from.state, State::Clear(_) | State::Refused(_)) {
            let ways = ["AUTH", "SASL", "SASL-IR", "USER", "APOP", "PLAIN", "LOGIN", "EXTERNAL"];
            assert!(!ways.iter().any(|way| has(way)), "offered in clear: {offered}");
            assert!(protocol != Protocol::Imap || has("LOGINDISABLED"), "in clear: {offered}");
            let possible = tried.setting.has_certificate() && matches!(from.state, State::Clear(_));
            assert!(!starttls || possible, "without a certificate, or inside TLS: {offered}");
        } else {
            assert!(!starttls, "offered inside TLS: {offered}");
        }
    }
}

/// Each list of capabilities, or each line of one.
fn capabilities(protocol: Protocol, said: &str) -> Vec<&str> {
    let lines = said.lines();
    match protocol {
        Protocol::Imap => lines.filter(|line| line.contains("CAPABILITY IMAP4rev1")).collect(),
        Protocol::Pop3 => lines.filter(|line| !line.starts_with(['+', '-'])).collect(),
        Protocol::Smtp => lines.filter(|line| line.starts_with("250")).filter_map(|l| l.get(4..)).collect(),
    }
}

/// From the hand-off on the plaintext is the host's, both ways, and nothing else is in it.
fn hand_off_is_clean(tried: &Tried, from: &Node, symbol: &Symbol, seen: &Seen, to: &Node) {
    if from.state == State::HandedOff {
        let told = |event: &Event| matches!(event, Event::PeerClosed | Event::Closed);
        assert!(seen.events.iter().all(told), "{:?} after the hand-off", seen.events);
        let wrote = symbol.act == Act::Host(Host::Write) && seen.result.is_none();
        let words: &[u8] = if wrote { HOST_WORDS } else { b"" };
        let alert = tried.setting.tls != Tls::Engine || to.state != State::Failed;
        assert!(!alert || seen.said == words, "said after the hand-off: {:?}", seen.said);
        let broken = to.state == State::Failed;
        assert!(broken || seen.read == seen.put, "not read as it came: {:?}", seen.read);
    } else if to.state == State::HandedOff {
        if matches!(symbol.act, Act::Host(_)) {
            let pending = !from.pending.is_empty();
            assert_eq!(pending, !seen.read.is_empty(), "what had come already is the host's");
        } else if !matches!(symbol.act, Act::Tls(_)) {
            let last_half = matches!(symbol.act, Act::Rest(_));
            assert!(last_half || seen.put.ends_with(&seen.read), "read: {:?}", seen.read);
        }
        assert_eq!(to.pending, "", "all of it can be read");
    } else {
        assert_eq!(seen.read, b"", "read without a hand-off");
    }
}

/// The peer ends once. Nothing more is wanted of it then, however often its end is told.
fn the_end_of_input_is_kept(tried: &Tried, from: &Node, symbol: &Symbol, seen: &Seen, to: &Node) {
    let told = seen.events.iter().filter(|event| matches!(event, Event::PeerClosed)).count();
    let new = !from.peer_closed && to.peer_closed && to.state == State::HandedOff;
    assert_eq!(told, usize::from(new), "PeerClosed in {}", to.state);
    if symbol.act == Act::EndOfInput {
        assert!(to.peer_closed || to.done, "the end of input is forgotten");
        assert!(!from.peer_closed || (from == to && nothing_came_of(seen)), "told again, and noted again");
    }
    if to.peer_closed || to.done {
        assert!(!tried.connection.wants_input(), "input is wanted that cannot come");
    }
}

/// Before the hand-off, and while closing, silence does not last for ever.
fn deadlines_run(tried: &Tried, to: &Node) {
    let runs = tried.connection.poll_timeout().is_some();
    assert_eq!(runs, !to.done && to.state != State::HandedOff, "a deadline in {}", to.state);
}

fn end_is_the_last_event(from: &Node, seen: &Seen) {
    if !from.done {
        assert!(matches!(seen.events.last(), Some(Event::Closed)), "{:?}", seen.events);
    }
    let told = seen.events.iter().filter(|event| matches!(event, Event::Closed)).count();
    assert_eq!(told, usize::from(!from.done), "told of the end");
}
