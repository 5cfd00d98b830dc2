//! A host as it should be, driving one connection on its own TLS by the driving law, and checking
//! after every call what must always hold.
//!
//! Must never know which bytes are right.

mod checks;

use crate::plan::{Action, End, PASSWORD_MARK, Plan, Sizes, Verdict};
use crate::wire::{holds, shows};
use mailtls::tls::facts::TlsFacts;
use mailtls::tls::registry::{CipherSuite, Version};
use mailtls::{
    Connection, Error, ErrorCode, ErrorKind, Event, GreetingStatus, HandOff, Limits, Role, Service,
};

/// What the host writes once the stream is its own.
pub const HOST_SPEAKS: &[u8] = b"the host speaks";
/// When every connection begins.
const START: u64 = 1000;

/// How the host behaves, where the outcome must not depend on it.
#[derive(Clone, Copy)]
pub struct Manner {
    /// Decides on credentials at once, not only when nothing else goes on.
    pub prompt: bool,
    /// Takes output a few bytes at a time.
    pub lazy: bool,
    /// Never decides on credentials.
    pub undecided: bool,
}

/// All that can be seen of a connection from outside.
#[derive(Default, Debug, PartialEq)]
pub struct Trace {
    pub events: Vec<String>,
    pub output: Vec<u8>,
    pub read: Vec<u8>,
    pub error: Option<Error>,
}

/// The host and its connection.
pub struct Host<'a> {
    plan: &'a Plan,
    role: Role,
    manner: Manner,
    limits: Limits,
    connection: Connection,
    sizes: Sizes,
    now: u64,
    /// The peer has said the client's password itself: no use to look for it.
    password_known: bool,
    decisions: usize,
    /// Credentials wait for a decision, or a client's machine for a command.
    has_the_word: bool,
    accepted: bool,
    authenticate_called: bool,
    preauth: bool,
    established: bool,
    authenticated: bool,
    closed: bool,
    /// Input bytes given so far, and when the stream became the host's.
    fed: usize,
    pub fed_at_hand_off: Option<usize>,
    /// All output of the machine, from the hand-off on.
    machine_output: Option<usize>,
    pub trace: Trace,
}

impl<'a> Host<'a> {
    pub fn new(plan: &'a Plan, service: Service, role: Role, manner: Manner, input: &[u8]) -> Self {
        let facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
        let connection = match role {
            Role::Server => {
                let config = plan.server_config(service.protocol());
                Connection::server_on_host_tls(&config, service, facts, START)
            }
            Role::Client => Connection::client_on_host_tls(&plan.client_config(), service, facts, START),
        };
        let mut host = Self {
            plan,
            role,
            manner,
            limits: plan.limits(),
            connection: connection.expect("the facts are good"),
            sizes: Sizes::new(plan.seed()),
            now: START,
            password_known: shows(input, PASSWORD_MARK),
            decisions: 0,
            has_the_word: false,
            accepted: false,
            authenticate_called: false,
            preauth: false,
            established: false,
            authenticated: false,
            closed: false,
            fed: 0,
            fed_at_hand_off: None,
            machine_output: None,
            trace: Trace::default(),
        };
        host.drain();
        host.misuse_changes_nothing();
        host
    }

    fn handed_off(&self) -> bool {
        self.fed_at_hand_off.is_some()
    }

    /// Whether it is of no use to give it more bytes.
    pub fn is_over(&self) -> bool {
        self.closed || (self.manner.undecided && !self.connection.wants_input())
    }

    /// Gives the connection bytes of the peer.
    pub fn feed(&mut self, chunk: &[u8]) {
        if !self.connection.wants_input() && !self.closed {
            let before = self.snapshot();
            let refused = self.connection.handle_input(chunk, self.now).map_err(|e| e.code());
            assert_eq!(refused, Err(ErrorCode::WouldBlock), "wants_input was false");
            assert_eq!(self.snapshot(), before, "WouldBlock has changed something");
            self.relieve();
        }
        if self.is_over() {
            return;
        }
        self.fed += chunk.len();
        let result = self.connection.handle_input(chunk, self.now);
        self.check_result(&result);
        if let Err(error) = result {
            assert_ne!(error.kind(), ErrorKind::Misuse, "wants_input was true: {error}");
        }
        self.drain();
    }

    /// Lets the clock go on until a little before the deadline, or until it is reached.
    pub fn wait(&mut self, slack: u64) {
        let Some(deadline) = self.connection.poll_timeout() else { return };
        self.now = self.now.max(deadline.saturating_sub(slack));
        let result = self.connection.handle_timeout(self.now);
        self.check_result(&result);
        assert_eq!(result.is_err(), self.now >= deadline, "a deadline passes when it is reached");
        self.drain();
    }

    /// The peer pauses, so that everybody sees the same: the client's host acts.
    pub fn end_of_turn(&mut self) {
        if self.role == Role::Client && self.has_the_word {
            self.act();
        }
    }

    /// Does all that the connection could be waiting for.
    fn relieve(&mut self) {
        for _ in 0..100_000 {
            self.take_output(usize::MAX);
            self.poll_events();
            if self.has_the_word && self.role == Role::Server && !self.manner.undecided {
                self.act();
            } else if self.connection.poll_transmit().is_empty() {
                break;
            }
        }
        let may_block = self.closed || self.manner.undecided;
        assert!(self.connection.wants_input() || may_block, "nothing is left to do, but no input is wanted");
    }

    /// The driving law: events and output in turns until both have nothing.
    fn drain(&mut self) {
        loop {
            self.poll_events();
            self.check_bounds();
            if self.has_the_word && self.role == Role::Server && self.manner.prompt {
                self.act();
            }
            if self.connection.poll_transmit().is_empty() {
                break;
            }
            if self.manner.lazy {
                let n = self.sizes.next(40);
                self.take_output(n);
                break;
            }
            self.take_output(usize::MAX);
        }
        self.poll_events();
        self.check_timeout();
    }

    fn take_output(&mut self, most: usize) {
        let waiting = self.connection.poll_transmit();
        let n = waiting.len().min(most);
        self.trace.output.extend_from_slice(&waiting[..n]);
        self.connection.transmitted(n).expect("so many were there");
    }

    fn poll_events(&mut self) {
        while let Some(event) = self.connection.poll_event() {
            self.note(event);
        }
        self.read();
    }

    fn read(&mut self) {
        if !self.handed_off() {
            return;
        }
        let mut room = [0; 100];
        while let Ok(n @ 1..) = self.connection.read(&mut room) {
            self.trace.read.extend_from_slice(&room[..n]);
        }
    }

    /// Acts where the machine waits for the host.
    fn act(&mut self) {
        self.has_the_word = false;
        let n = self.decisions;
        self.decisions += 1;
        match self.role {
            Role::Server => {
                let result = match self.plan.verdict(n) {
                    Verdict::Accept => {
                        self.accepted = true;
                        self.connection.accept(self.now)
                    }
                    Verdict::Reject(rejection) => self.connection.reject(rejection, self.now),
                };
                self.check_result(&result);
                assert!(result.is_ok() || self.connection.error().is_some(), "credentials waited");
            }
            Role::Client => self.command(n),
        }
        self.drain();
    }

    /// Authenticates or logs out; where the server does not offer what is wanted, logs out.
    fn command(&mut self, n: usize) {
        if let Action::Authenticate(credentials) = self.plan.action(n) {
            let before = self.snapshot();
            let result = self.connection.authenticate(credentials, self.now);
            self.check_result(&result);
            match result {
                Err(error) if error.kind() == ErrorKind::Misuse => {
                    assert_eq!(error.code(), ErrorCode::InvalidArgument, "it was the time: {error}");
                    assert_eq!(self.snapshot(), before, "misuse has changed something");
                }
                _ => {
                    self.authenticate_called = true;
                    return;
                }
            }
        }
        let result = self.connection.log_out(self.now);
        self.check_result(&result);
        assert!(result.is_ok() || self.connection.error().is_some(), "it was the time to log out");
    }

    /// Checks an event against the order that events have.
    fn note(&mut self, event: Event) {
        assert!(!self.closed, "after Closed: {event:?}");
        assert_eq!(matches!(event, Event::TlsEstablished), !self.established, "out of order: {event:?}");
        let mut text = format!("{event:?}");
        assert!(!text.contains(['\r', '\n']), "an event of more than one line: {text}");
        assert!(self.password_known || !holds(text.as_bytes(), PASSWORD_MARK), "a password shows: {text}");
        match event {
            Event::TlsEstablished => self.established = true,
            Event::Credentials(credentials) => {
                assert_eq!(self.role, Role::Server);
                assert!(!self.has_the_word, "credentials before the last have been decided on");
                assert!(!self.handed_off() && !self.authenticated, "credentials after the dialogue");
                assert!(!credentials.authentication_identity().is_empty());
                self.has_the_word = true;
                text += &format!(" password {}", credentials.password().as_bytes().escape_ascii());
            }
            Event::Greeting(greeting) => {
                assert!(!greeting.text().contains(char::is_control));
                self.preauth = greeting.status() == GreetingStatus::Preauth;
            }
            Event::Capabilities(_) | Event::AuthenticationRefused(_) => {
                assert_eq!(self.role, Role::Client);
                assert!(!self.has_the_word, "the word is given twice");
                self.has_the_word = true;
            }
            Event::Authenticated => self.note_authenticated(),
            Event::HandedOff => {
                assert!(self.authenticated || self.plan.hand_off() == HandOff::AfterGreeting, "too early");
                assert!(!self.handed_off() && !self.has_the_word, "a hand-off while the host has the word");
                self.fed_at_hand_off = Some(self.fed);
                self.machine_output = Some(self.trace.output.len() + self.connection.poll_transmit().len());
            }
            Event::PeerClosed => assert!(self.handed_off()),
            Event::Closed => {
                self.closed = true;
                self.has_the_word = false;
            }
            Event::ClientName { name, .. } => assert!(!name.contains(char::is_control)),
            _ => {}
        }
        self.trace.events.push(text);
    }

    /// Brings the connection to its end, and looks once more at what is left of it.
    pub fn finish(&mut self, end: End) {
        self.relieve();
        if self.handed_off() && !self.closed {
            assert_eq!(self.connection.write(HOST_SPEAKS).ok(), Some(HOST_SPEAKS.len()));
        }
        let was_over = self.closed || self.handed_off();
        let result = match end {
            End::Tcp => self.connection.handle_end_of_input(self.now),
            End::Close => {
                self.connection.close(self.now);
                Ok(())
            }
            End::Deadlines => {
                self.now = self.connection.poll_timeout().unwrap_or(self.now);
                self.connection.handle_timeout(self.now)
            }
        };
        let code = result.as_ref().err().map(Error::code);
        match end {
            _ if was_over => assert_eq!(code, None),
            End::Tcp => assert_eq!(code, Some(ErrorCode::ClosedEarly)),
            End::Deadlines => assert_eq!(code, Some(ErrorCode::DeadlinePassed)),
            End::Close => {}
        }
        self.drain();
        assert!(self.closed || self.handed_off(), "a connection without end");
        self.connection.close(self.now);
        self.relieve_output();
        assert!(self.closed, "closed without Closed");
        self.trace.error = self.connection.error().cloned();
        if let Some(machine) = self.machine_output {
            let host = &self.trace.output[machine..];
            assert!(host.is_empty() || host == HOST_SPEAKS, "who said this: {}", host.escape_ascii());
        }
        self.the_end_is_the_end();
    }

    fn relieve_output(&mut self) {
        self.poll_events();
        self.take_output(usize::MAX);
        self.poll_events();
    }
}
