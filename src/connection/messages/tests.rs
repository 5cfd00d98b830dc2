use super::*;
use crate::tls::facts::{PeerValidation, TlsFacts};
use crate::tls::registry::{CipherSuite, Version};
use crate::{ClientConfig, Connection, Credentials, Event, Mechanism, Mode, Protocol, Service};

fn message(condition: Condition, code: Option<&str>) -> ServerMessage {
    ServerMessage::new(condition, false, code.map(Into::into), None, b"words")
}

#[test]
fn there_is_room_for_so_many_of_each_kind() {
    let mut messages = Messages::default();
    let (other, alert) = (message(Condition::Ok, None), message(Condition::Ok, Some("ALERT")));
    for round in 1..3 {
        messages.begin_command();
        let told = |messages: &mut Messages, m| (0..20).filter(|_| messages.take(m)).count();
        assert_eq!((told(&mut messages, &other), told(&mut messages, &alert)), (16, 16));
        assert_eq!(messages.dropped(), 8 * round);
    }
}

#[test]
fn the_last_warning_explains_what_follows() {
    let mut messages = Messages::default();
    let explained =
        |messages: &Messages, code| messages.explain(Error::new(code, "it closed")).reason().to_owned();
    messages.take(&message(Condition::Ok, None));
    assert_eq!(explained(&messages, ErrorCode::Truncated), "it closed");
    messages.take(&message(Condition::No, Some("UNAVAILABLE")));
    messages.take(&message(Condition::Ok, None));
    messages.take(&message(Condition::Bye, Some("ALERT")));
    for code in [ErrorCode::Truncated, ErrorCode::ClosedEarly, ErrorCode::DeadlinePassed] {
        let expected = "it closed; the server's last words: [UNAVAILABLE] words";
        assert_eq!(explained(&messages, code), expected);
    }
    let refused = explained(&messages, ErrorCode::RefusedByServer);
    assert_eq!(refused, "it closed; before that it said: [UNAVAILABLE] words");
    assert_eq!(explained(&messages, ErrorCode::Syntax), "it closed");
    messages.forget();
    assert_eq!(explained(&messages, ErrorCode::Truncated), "it closed");
}

/// What is said in clear on the way to STARTTLS, and must never be told.
const IN_CLEAR: &str = "CLEARWORD";

/// A client on the host's TLS, and all that it has told.
struct Told {
    connection: Connection,
    /// Messages as `condition tagged [code arguments] text`, other events by their first word.
    events: Vec<String>,
}

impl Told {
    /// Up to where the host may authenticate; where TLS comes by STARTTLS, after all kinds of messages
    /// in clear.
    fn new(service: Service) -> Self {
        let config = ClientConfig::builder().build().expect("a client configuration");
        let facts = TlsFacts {
            peer_validation: PeerValidation::Pkix,
            ..TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301))
        };
        let protocol = service.protocol();
        if service.mode() == Mode::ImplicitTls {
            let connection = Connection::client_on_host_tls(&config, service, facts, 0).expect("a client");
            let mut told = Self { connection, events: Vec::new() };
            told.hear(match protocol {
                Protocol::Imap => "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n",
                Protocol::Pop3 => "+OK hi\r\n",
                Protocol::Smtp => "220 hi\r\n",
            });
            return told.with_capabilities(protocol);
        }
        let connection = Connection::client_before_host_tls(&config, service, 0);
        let mut told = Self { connection, events: Vec::new() };
        let words: &[&str] = match protocol {
            Protocol::Imap => &[
                "* OK [ALERT] CLEARWORD\r\n",
                "* NO [ALERT] CLEARWORD\r\n* BAD CLEARWORD\r\n* CAPABILITY STARTTLS CLEARWORD\r\n",
                "a1 OK [ALERT] CLEARWORD\r\n",
                "* NO [WEBALERT https://x/] CLEARWORD\r\na2 OK [ALERT] CLEARWORD\r\n",
            ],
            Protocol::Pop3 => {
                &["+OK CLEARWORD\r\n", "+OK [ALERT] CLEARWORD\r\nSTLS\r\n.\r\n", "+OK CLEARWORD\r\n"]
            }
            Protocol::Smtp => {
                &["220 CLEARWORD\r\n", "250-CLEARWORD\r\n250 STARTTLS\r\n", "220 CLEARWORD\r\n"]
            }
        };
        for words in words {
            told.hear(words);
        }
        assert_eq!(told.events, ["TlsWanted"]);
        told.events.clear();
        told.connection.tls_established(facts, 0).expect("it is wanted");
        told.drain();
        told.hear(if protocol == Protocol::Imap {
            "* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\na1 OK\r\n"
        } else {
            ""
        });
        told.with_capabilities(protocol)
    }

    fn with_capabilities(mut self, protocol: Protocol) -> Self {
        self.hear(match protocol {
            Protocol::Imap => "",
            Protocol::Pop3 => "+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n",
            Protocol::Smtp => "250-hi\r\n250 AUTH PLAIN\r\n",
        });
        assert_eq!(self.events.pop().as_deref(), Some("Capabilities"), "{:?}", self.events);
        self.events.clear();
        self
    }

    fn drain(&mut self) {
        loop {
            while let Some(event) = self.connection.poll_event() {
                assert!(!format!("{event:?}").contains(IN_CLEAR), "told of what came in clear: {event:?}");
                self.events.push(match event {
                    Event::ServerMessage(m) => {
                        let tagged = if m.tagged { " tagged" } else { "" };
                        let alert = if m.is_alert() { " alert" } else { "" };
                        format!("{:?}{tagged}{alert}: {}", m.condition, m.words())
                    }
                    Event::AuthenticatedCapabilities(told) => told.iter().collect::<Vec<_>>().join(" "),
                    event => format!("{event:?}").split([' ', '(']).next().unwrap_or_default().to_owned(),
                });
            }
            let n = self.connection.poll_transmit().len();
            if n == 0 {
                return;
            }
            self.connection.transmitted(n).expect("so many bytes");
        }
    }

    /// The server's words; `<tag>` is that of the client's last command.
    fn hear(&mut self, words: &str) {
        let tag = if self.connection.service().mode() == Mode::ImplicitTls { "a1" } else { "a2" };
        // What it says of a fault is an event, and the error of the connection.
        let _ = self.connection.handle_input(words.replace("<tag>", tag).as_bytes(), 0);
        self.drain();
    }

    fn log_in(&mut self, mechanism: Mechanism) {
        let credentials = Credentials::new(mechanism, "tim", "tanstaaf".into());
        self.connection.authenticate(credentials, 0).expect("it is the time");
        self.drain();
    }

    fn reason(&self) -> &str {
        self.connection.error().map_or("", |error| error.reason())
    }
}

fn services(protocol: Protocol) -> impl Iterator<Item = Service> {
    Service::all().filter(move |service| service.protocol() == protocol)
}

/// What a client is told that logs in and hears this.
fn told(service: Service, mechanism: Mechanism, words: &str) -> Vec<String> {
    let mut told = Told::new(service);
    told.log_in(mechanism);
    told.hear(words);
    told.events
}

/// RFC 9051 §7.1: the text of ALERT MUST be presented to the user.
#[test]
fn alerts_come_before_what_follows_from_them() {
    for service in services(Protocol::Imap) {
        for mechanism in [Mechanism::Plain, Mechanism::Password] {
            let told = |words| told(service, mechanism, words);
            assert_eq!(
                told("* OK [ALERT] over quota\r\n<tag> OK completed\r\n"),
                ["Ok alert: [ALERT] over quota", "Ok tagged: completed", "Authenticated", "HandedOff"]
            );
            assert_eq!(
                told("<tag> OK [ALERT] Please enable IMAP\r\n"),
                ["Ok tagged alert: [ALERT] Please enable IMAP", "Authenticated", "HandedOff"]
            );
            assert_eq!(
                told("* NO [WEBALERT https://mail.example/?a=b] log in there\r\n<tag> NO [ALERT] no\r\n"),
                [
                    "No alert: [WEBALERT https://mail.example/?a=b] log in there",
                    "No tagged alert: [ALERT] no",
                    "AuthenticationRefused"
                ]
            );
            assert_eq!(
                told("* BAD what\r\n* OK\r\n* BYE [REFERRAL imap://b.example/] go\r\n"),
                ["Bad: what", "Bye: [REFERRAL imap://b.example/] go", "Closed"]
            );
        }
    }
}

#[test]
fn pop3_and_smtp_say_something_to_a_log_in_too() {
    for service in services(Protocol::Pop3) {
        let told = |mechanism, words| told(service, mechanism, words);
        assert_eq!(
            told(Mechanism::Plain, "+OK 2 messages\r\n"),
            ["Ok tagged: 2 messages", "Authenticated", "HandedOff"]
        );
        assert_eq!(told(Mechanism::Plain, "+OK\r\n"), ["Authenticated", "HandedOff"]);
        assert_eq!(
            told(Mechanism::Password, "+OK go on\r\n-ERR [IN-USE] locked\r\n"),
            ["No tagged: [IN-USE] locked", "AuthenticationRefused"]
        );
    }
    for service in services(Protocol::Smtp) {
        let told = |words| told(service, Mechanism::Plain, words);
        assert_eq!(
            told("235-2.7.0 welcome\r\n235 2.7.0 back\r\n"),
            ["Ok tagged: 235 2.7.0 welcome back", "Authenticated", "HandedOff"]
        );
        assert_eq!(told("535 5.7.8 wrong\r\n"), ["No tagged: 535 5.7.8 wrong", "AuthenticationRefused"]);
        assert_eq!(told("421 4.3.2 later\r\n"), ["Bye: 421 4.3.2 later", "Closed"]);
    }
}

#[test]
fn capabilities_of_the_authenticated_state() {
    for service in services(Protocol::Imap) {
        for mechanism in [Mechanism::Plain, Mechanism::Password] {
            let told = |words| {
                let mut told = told(service, mechanism, words);
                told.retain(|event| !event.contains(": "));
                told
            };
            for words in [
                "* CAPABILITY IMAP4rev1 IDLE\r\n<tag> OK done\r\n",
                "* OK [CAPABILITY IMAP4rev1 IDLE] hm\r\n<tag> OK\r\n",
                "<tag> OK [CAPABILITY IMAP4rev1 IDLE] done\r\n",
                "* CAPABILITY X\r\n* CAPABILITY Y\r\n<tag> OK [CAPABILITY IMAP4rev1 IDLE] done\r\n",
            ] {
                assert_eq!(told(words), ["IMAP4rev1 IDLE", "Authenticated", "HandedOff"], "{words}");
            }
            assert_eq!(told("<tag> OK\r\n* CAPABILITY X\r\n"), ["Authenticated", "HandedOff"]);
            // Of a log-in that is refused they are not those that hold.
            let mut refused = Told::new(service);
            refused.log_in(mechanism);
            refused.hear("* CAPABILITY X\r\n<tag> NO\r\n");
            assert_eq!(refused.events, ["AuthenticationRefused"]);
            refused.log_in(mechanism);
            refused.hear(if service == Service::Imaps { "a2 OK\r\n" } else { "a3 OK\r\n" });
            assert_eq!(refused.events[1..], ["Authenticated", "HandedOff"]);
        }
    }
}

/// What the user needs to know when the server says no more.
#[test]
fn last_words() {
    for service in Service::all() {
        let (warning, refusal, words, bye, byes) = match service.protocol() {
            Protocol::Imap => (
                "* NO [UNAVAILABLE] disk full\r\n",
                "* OK hm\r\n",
                "[UNAVAILABLE] disk full",
                "* BYE so long\r\n",
                "so long",
            ),
            Protocol::Pop3 => (
                "",
                "-ERR [SYS/TEMP] disk full\r\n",
                "[SYS/TEMP] disk full",
                "-ERR so long\r\n",
                "-ERR so long",
            ),
            Protocol::Smtp => {
                ("", "454 4.3.0 disk full\r\n", "454 4.3.0 disk full", "421 so long\r\n", "421 so long")
            }
        };
        let silent = || {
            let mut told = Told::new(service);
            told.log_in(Mechanism::Plain);
            told.hear(warning);
            told.hear(refusal);
            told
        };
        let mut told = silent();
        let error = told.connection.handle_end_of_input(0).expect_err("too early");
        assert!(error.reason().ends_with(&format!("; the server's last words: {words}")), "{error}");
        let mut told = silent();
        let at = told.connection.poll_timeout().expect("a deadline");
        let error = told.connection.handle_timeout(at).expect_err("too late");
        assert!(error.reason().ends_with(&format!("; the server's last words: {words}")), "{error}");
        let mut told = silent();
        told.hear(bye);
        let expected = format!("the server says: {byes}; before that it said: {words}");
        assert_eq!(told.reason(), expected);
    }
    for service in Service::all() {
        let mut told = Told::new(service);
        told.log_in(Mechanism::Plain);
        let error = told.connection.handle_end_of_input(0).expect_err("too early");
        assert!(!error.reason().contains("last words"), "nothing was said: {error}");
    }
}

/// More than anybody reads is dropped and counted; alerts have room of their own.
#[test]
fn a_server_that_says_too_much() {
    for service in services(Protocol::Imap) {
        let mut told = Told::new(service);
        told.log_in(Mechanism::Plain);
        told.hear(&"* OK still working\r\n".repeat(40));
        told.hear(&"* OK [ALERT] over quota\r\n".repeat(20));
        assert_eq!((told.events.len(), told.connection.messages_dropped()), (32, 28));
        told.hear("<tag> NO\r\n");
        told.log_in(Mechanism::Plain);
        told.hear("* OK still working\r\n");
        assert_eq!(told.events.last().map(String::as_str), Some("Ok: still working"));
    }
}

/// Printable and bounded, whatever is sent.
#[test]
fn what_cannot_be_shown() {
    for service in services(Protocol::Imap) {
        let long = "u".repeat(1100);
        let words = format!(
            "* OK a\u{202e}b\u{1b}[31mc\r\n* NO [REFERRAL imap://{long}] long\r\n* NO {long}\r\n<tag> OK\r\n"
        );
        let told = told(service, Mechanism::Plain, &words);
        assert_eq!(told[..2], ["Ok: a?b?[31mc".to_owned(), "No: [REFERRAL] long".to_owned()]);
        assert_eq!(told[2].len(), "No: ".len() + 400);
    }
}

/// A client on the host's TLS that has heard nothing but this.
fn greeted(service: Service, words: &str) -> Told {
    let config = ClientConfig::builder().build().expect("a client configuration");
    let facts = TlsFacts {
        peer_validation: PeerValidation::Pkix,
        ..TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301))
    };
    let connection = Connection::client_on_host_tls(&config, service, facts, 0).expect("a client");
    let mut told = Told { connection, events: Vec::new() };
    told.hear(words);
    told
}

/// RFC 9051 §7.1: an alert in the greeting comes like any other, behind the greeting, and so does what
/// comes with BYE.
#[test]
fn what_a_greeting_says() {
    for (words, said) in [
        ("[ALERT] maintenance", "Bye alert: [ALERT] maintenance"),
        ("[REFERRAL imap://other/] moved", "Bye: [REFERRAL imap://other/] moved"),
        ("[UNAVAILABLE] later", "Bye: [UNAVAILABLE] later"),
    ] {
        let told = greeted(Service::Imaps, &format!("* BYE {words}\r\n"));
        assert_eq!(told.events, ["TlsEstablished", "Greeting", said, "Closed"]);
    }
}

/// A server that refuses by a word that is no greeting has refused all the same.
#[test]
fn no_or_bad_in_place_of_a_greeting() {
    for (line, said, reason) in [
        (
            "NO [ALERT] account locked, call +49",
            &["No alert: [ALERT] account locked, call +49"][..],
            "the server says: [ALERT] account locked, call +49",
        ),
        (
            "NO [REFERRAL imap://other/] moved",
            &["No: [REFERRAL imap://other/] moved"],
            "the server says: [REFERRAL imap://other/] moved",
        ),
        ("BAD out of memory", &["Bad: out of memory"], "the server says: out of memory"),
        ("NO", &[], "the server says: NO"),
    ] {
        let told = greeted(Service::Imaps, &format!("* {line}\r\n"));
        assert_eq!(told.events, [&["TlsEstablished"], said, &["Closed"]].concat());
        let error = told.connection.error().expect("a refusal");
        assert_eq!((error.code(), error.reason()), (ErrorCode::RefusedByServer, reason));
    }
}

/// In clear the words may be anybody's, and the sentence is whole without them.
#[test]
fn a_refusal_in_clear() {
    let config = ClientConfig::builder().build().expect("a client configuration");
    for (service, lines, by) in [
        (Service::Imap, &["* BYE too many\r\n"][..], "BYE"),
        (Service::Imap, &["* NO [ALERT] call: +49\r\n"], "NO"),
        (Service::Imap, &["* OK [CAPABILITY STARTTLS] hi\r\n", "* BYE so: long\r\n"], "BYE"),
        (Service::Pop3, &["-ERR too many\r\n"], "-ERR"),
        (Service::Submission, &["554 no\r\n"], "554"),
        (Service::Submission, &["421 x\r\n"], "421"),
        (Service::Submission, &["220 hi\r\n", "250-hi\r\n250 STARTTLS\r\n", "421 x: y\r\n"], "421"),
    ] {
        let connection = Connection::client_before_host_tls(&config, service, 0);
        let mut told = Told { connection, events: Vec::new() };
        for line in lines {
            told.hear(line);
        }
        assert_eq!(told.events, ["Closed"]);
        let reason = format!(
            "the server refused the connection before TLS ({by}); its words are not shown, because anybody on \
             the way could have written them"
        );
        assert_eq!(told.reason(), reason);
        assert_eq!(told.connection.error().map(Error::code), Some(ErrorCode::RefusedByServer));
    }
}

/// What was said to one command does not explain the end of the next; an alert still may.
#[test]
fn a_new_command_has_no_last_words_yet() {
    let message = |code: Option<&str>| ServerMessage {
        condition: Condition::No,
        tagged: true,
        code: code.map(str::to_owned),
        code_arguments: None,
        text: "wrong password".into(),
    };
    let late = Error::new(ErrorCode::DeadlinePassed, "nothing came");
    for (code, stays) in [(None, false), (Some("ALERT"), true)] {
        let mut messages = Messages::default();
        messages.take(&message(code));
        assert!(messages.explain(late.clone()).reason().contains("wrong password"));
        messages.begin_command();
        assert_eq!(messages.explain(late.clone()).reason().contains("wrong password"), stays);
    }
}
