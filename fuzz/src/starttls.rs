//! A STARTTLS service before TLS: what a peer says in clear, up to STARTTLS and behind it.
//!
//! Nobody gets through a handshake here, so that no event but the last is right. Must never know
//! what TLS is, but for the heads of its records.

use crate::plan::{MECHANISMS, PASSWORD, PASSWORD_MARK, RAW, Sizes};
use crate::wire;
use crate::{dialogue, throwaway};
use mailtls::{
    ClientConfig, Connection, Credentials, Error, ErrorCode, ErrorKind, Event, Means, Mechanism, Protocol,
    Role, Service,
};

const LONGEST: usize = 20_000;
/// How much input is given byte by byte.
const BYTEWISE: usize = 2048;

struct Script<'a> {
    service: Service,
    role: Role,
    /// The end is a deadline that passes; otherwise TCP ends.
    deadline: bool,
    opportunistic: bool,
    decision: u8,
    turns: Vec<&'a [u8]>,
}

/// All that can be seen from outside, but for random numbers.
#[derive(Debug, PartialEq)]
struct Outcome {
    /// What was said in clear, with a server's go-ahead.
    clear: Vec<u8>,
    /// Whether TLS was begun.
    began: bool,
    not_confidential: Option<String>,
    error: Option<Error>,
}

/// What a client says to a server, see [`run`].
pub fn starttls_server(data: &[u8]) {
    run(Role::Server, data);
}

/// What a server says to a client, see [`run`]. 0xFF cuts it into turns: the client's host acts
/// between them.
pub fn starttls_client(data: &[u8]) {
    run(Role::Client, data);
}

/// What a peer says from its first byte on.
///
/// | byte | decides |
/// |---|---|
/// | 0 | protocol; +4 a deadline passes at the end; +8 TLS is opportunistic |
/// | 1 | the chunks |
/// | 2 | what a client's host does without TLS: 0 logs out, 1 closes, 2 nothing |
///
/// The rest is input.
fn run(role: Role, data: &[u8]) {
    let [first, seed, decision, input @ ..] = data else { return };
    if input.len() > LONGEST {
        return;
    }
    let script = Script {
        service: [Service::Imap, Service::Pop3, Service::Submission][usize::from(first % 4 % 3)],
        role,
        deadline: first & 4 != 0,
        opportunistic: first & 8 != 0,
        decision: decision % 4 % 3,
        turns: input.split(|b| role == Role::Client && *b == 0xff).collect(),
    };
    let whole = play(&script, || usize::MAX);
    check(&script, &whole);
    let mut sizes = Sizes::new(u64::from(*seed));
    assert_same(&whole, &play(&script, || sizes.next(60)), "in chunks");
    if input.len() <= BYTEWISE {
        assert_same(&whole, &play(&script, || 1), "byte by byte");
    }
}

/// The same, except that a chunk may end right behind STARTTLS or the go-ahead: what follows is
/// then the beginning of TLS, and not data in clear behind it.
fn assert_same(whole: &Outcome, other: &Outcome, how: &str) {
    let injected = |o: &Outcome| o.error.as_ref().map(Error::code) == Some(ErrorCode::DataBeforeTls);
    match (injected(whole), injected(other)) {
        (true, false) => {
            assert!(other.began, "TLS, or data in clear before it: {how}");
            let before = wire::without_last_line(&other.clear);
            assert!(whole.clear.starts_with(before), "other output before TLS {how}: {other:?}");
        }
        (false, true) => panic!("less behind STARTTLS was taken for more {how}"),
        _ => {
            let (a, b) = (whole.clear.escape_ascii(), other.clear.escape_ascii());
            assert_eq!(a.to_string(), b.to_string(), "other output {how}");
            assert_eq!(whole, other, "another outcome {how}");
        }
    }
}

/// What must hold for all that was said in clear.
fn check(script: &Script, outcome: &Outcome) {
    let clear = &outcome.clear[..];
    let protocol = script.service.protocol();
    match script.role {
        Role::Server => {
            wire::check_server_lines(protocol, clear);
            wire::check_nothing_to_authenticate_with(protocol, clear);
            let said_again = dialogue::beyond_tags(protocol, clear);
            assert!(!wire::shows(&said_again, dialogue::MARK), "a password is said again");
            let reason = outcome.error.as_ref().map_or("", |error| error.reason());
            assert!(!wire::holds(reason.as_bytes(), dialogue::MARK), "a password in a reason: {reason}");
        }
        Role::Client => {
            wire::check_client_lines(clear, false);
            wire::check_way_to_tls(protocol, clear);
        }
    }
    if let Some(error) = &outcome.error {
        assert_eq!(error.kind(), ErrorKind::Peer, "{error}");
        assert!(crate::is_line(error.reason()), "not a line: {:?}", error.reason());
    }
    assert!(!outcome.began || outcome.error.is_some(), "TLS that nobody can complete");
}

fn begin(script: &Script) -> Connection {
    match script.role {
        Role::Server => Connection::server(throwaway::server_config(), script.service, 0),
        Role::Client => {
            let config: &ClientConfig = match script.opportunistic {
                true => throwaway::opportunistic_client_config(),
                false => throwaway::client_config(),
            };
            Connection::client(config, script.service, "mail.example", 0)
        }
    }
    .expect("the configuration is good")
}

fn play(script: &Script, mut size: impl FnMut() -> usize) -> Outcome {
    let mut end = Clear::new(begin(script), script.role);
    for turn in &script.turns {
        let mut rest = *turn;
        while !rest.is_empty() && !end.closed {
            let (chunk, next) = rest.split_at(size().min(rest.len()));
            end.feed(chunk);
            rest = next;
        }
        if end.has_the_word && !end.closed {
            end.decide(script.decision);
        }
    }
    end.finish(script.deadline)
}

/// One end of a connection before TLS, and the host behind it.
struct Clear {
    connection: Connection,
    role: Role,
    protocol: Protocol,
    clear: Vec<u8>,
    not_confidential: Option<String>,
    has_the_word: bool,
    closed: bool,
    heard_hello: bool,
    began: bool,
    /// Something has come since.
    behind: bool,
}

impl Clear {
    fn new(connection: Connection, role: Role) -> Self {
        let mut end = Self {
            role,
            protocol: connection.service().protocol(),
            connection,
            clear: Vec::new(),
            not_confidential: None,
            has_the_word: false,
            closed: false,
            heard_hello: false,
            began: false,
            behind: false,
        };
        end.drain();
        end
    }

    fn feed(&mut self, chunk: &[u8]) {
        assert!(self.connection.wants_input(), "everything has been taken, but no input is wanted");
        let result = self.connection.handle_input(chunk, 0);
        assert_eq!(result.as_ref().err(), self.connection.error());
        if self.began && !self.behind {
            self.behind = true;
            // What cannot be the head of a record is in clear, and is never waited upon.
            let record = matches!(chunk, [0x14..=0x18 | 0x80.., ..]);
            assert!(record || result.is_err(), "went on behind the go-ahead: {}", chunk.escape_ascii());
        }
        self.drain();
    }

    /// Events and output in turns until there is nothing of either.
    fn drain(&mut self) {
        loop {
            while let Some(event) = self.connection.poll_event() {
                self.note(event);
            }
            let output = self.connection.poll_transmit();
            if output.is_empty() {
                break;
            }
            assert!(output.len() <= 65_536, "{} bytes of output wait", output.len());
            let n = output.len();
            let records = if self.began { 0 } else { wire::end_of_clear(output) };
            self.clear.extend_from_slice(&output[..records]);
            wire::check_records(&output[records..]);
            self.began |= records < n
                || self.role == Role::Server && wire::ends_with_go_ahead(self.protocol, &self.clear);
            self.connection.transmitted(n).expect("so many were there");
        }
        let c = &mut self.connection;
        assert!(c.tls_facts().is_none() && c.readable() == 0);
        assert!(!matches!(c.read(&mut [0]), Ok(1..)) && c.write(b"x").is_err());
        assert_eq!(c.poll_timeout().is_none(), self.closed, "nothing bounds the wait");
    }

    fn note(&mut self, event: Event) {
        assert!(!self.closed, "after Closed: {event:?}");
        match event {
            Event::Closed => self.closed = true,
            Event::NotConfidential(reason) => {
                assert!(self.role == Role::Client && self.not_confidential.is_none() && !self.began);
                assert!(crate::is_line(&reason), "not a line: {reason:?}");
                self.not_confidential = Some(reason);
                self.has_the_word = true;
            }
            Event::ClientHello(_) => {
                assert!(self.role == Role::Server && self.began && !self.heard_hello);
                self.heard_hello = true;
            }
            event => panic!("before TLS: {event:?}"),
        }
    }

    /// Without TLS a host may leave, and nothing else.
    fn decide(&mut self, decision: u8) {
        self.has_the_word = false;
        let c = &mut self.connection;
        for mechanism in MECHANISMS.map(|name| Mechanism::from_sasl_name(name.as_bytes())) {
            let credentials = match mechanism {
                Some(mechanism) => Credentials::new(mechanism, "tim", PASSWORD.into()),
                None => Credentials::raw(Mechanism::raw(RAW).expect("it is a name"), Some(PASSWORD.into())),
            };
            let refused = c.authenticate(credentials, 0).map_err(|e| e.kind());
            assert_eq!(refused, Err(ErrorKind::Misuse), "authenticates in clear by {mechanism:?}");
        }
        for means in [Means::Password, Means::Token, Means::Certificate] {
            assert_eq!(c.best_mechanism(means), None, "in clear");
        }
        match decision {
            0 => self.connection.log_out(0).expect("it is the time"),
            1 => self.connection.close(0),
            _ => {}
        }
        self.drain();
    }

    fn finish(mut self, deadline: bool) -> Outcome {
        let at = self.connection.poll_timeout();
        let _ = match at {
            Some(at) if deadline => self.connection.handle_timeout(at),
            _ => self.connection.handle_end_of_input(0),
        };
        self.drain();
        assert!(self.closed, "a connection without end");
        let error = self.connection.error().cloned();
        let more = self.connection.handle_input(b"more", 1).expect_err("it is closed");
        assert!(error.is_none() || error.as_ref() == Some(&more));
        assert!(self.connection.poll_transmit().is_empty() && self.connection.poll_event().is_none());
        let shows = self.role == Role::Client && wire::shows(&self.clear, PASSWORD_MARK);
        assert!(!shows, "a password in clear");
        Outcome { clear: self.clear, began: self.began, not_confidential: self.not_confidential, error }
    }
}
