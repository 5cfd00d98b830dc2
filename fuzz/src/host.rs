//! A host as it should be, driving one connection on its own TLS by the driving law, and checking
//! after every call what must always hold.
//!
//! Must never know which bytes are right.

mod checks;
mod decisions;

use crate::plan::{End, PASSWORD_MARK, Plan, Sizes};
use crate::wire::{holds, shows};
use decisions::Question;
use mailtls::dialogue::states::State;
use mailtls::{
    Connection, Error, ErrorCode, ErrorKind, Event, GreetingStatus, HandOff, Limits, Mechanism, Role, Service,
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
#[derive(Clone, Default, Debug, PartialEq)]
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
    /// What the machine waits for the host to answer.
    question: Option<Question>,
    /// Challenges of the host's own mechanism that have been said or answered in this attempt.
    challenges: usize,
    accepted: bool,
    /// The client's certificate stands for somebody.
    mapped: bool,
    /// How a client authenticates at present.
    mechanism: Option<Mechanism>,
    /// What a client has authenticated with last.
    pub password: Vec<u8>,
    /// A client may have shown its password.
    may_show: bool,
    /// The peer has proved in SCRAM to know the password: it is one that can.
    pub proved: bool,
    preauth: bool,
    /// Messages of the server's since the client's last command: alerts, and others.
    messages: [u32; 2],
    /// It has just been told of the capabilities of the authenticated state.
    knows_what_holds: bool,
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
        let connection = match role {
            Role::Server => {
                let config = plan.server_config(service.protocol());
                Connection::server_on_host_tls(&config, service, plan.server_facts(), START)
            }
            Role::Client => {
                Connection::client_on_host_tls(&plan.client_config(), service, plan.client_facts(), START)
            }
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
            question: None,
            challenges: 0,
            accepted: false,
            mapped: false,
            mechanism: None,
            password: Vec::new(),
            may_show: false,
            proved: false,
            preauth: false,
            messages: [0; 2],
            knows_what_holds: false,
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

    pub fn handed_off(&self) -> bool {
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
        if self.role == Role::Client && self.question.is_some() {
            self.act();
        }
    }

    /// Does all that the connection could be waiting for.
    pub fn relieve(&mut self) {
        for _ in 0..100_000 {
            self.take_output(usize::MAX);
            self.poll_events();
            if self.question.is_some() && self.role == Role::Server && !self.manner.undecided {
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
            if self.question.is_some() && self.role == Role::Server && self.manner.prompt {
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

    /// Checks an event against the order that events have.
    fn note(&mut self, event: Event) {
        assert!(!self.closed, "after Closed: {event:?}");
        assert_eq!(matches!(event, Event::TlsEstablished), !self.established, "out of order: {event:?}");
        let mut text = format!("{event:?}");
        assert!(!text.contains(['\r', '\n']), "an event of more than one line: {text}");
        assert!(self.password_known || !holds(text.as_bytes(), PASSWORD_MARK), "a password shows: {text}");
        let known = core::mem::take(&mut self.knows_what_holds);
        assert!(!known || matches!(event, Event::Authenticated), "between capabilities and success: {text}");
        match event {
            Event::TlsEstablished => self.established = true,
            Event::ClientCertificate => {
                assert!(self.plan.has_certificate() && self.trace.output.is_empty(), "out of order");
                self.ask(Question::Certificate);
            }
            Event::Credentials(credentials) => {
                self.ask(Question::Credentials(credentials.mechanism()));
                self.check_credentials(&credentials);
                text += &format!(" password {}", credentials.password().as_bytes().escape_ascii());
            }
            Event::SecretWanted(user) => {
                self.ask(Question::Secret(user.mechanism()));
                self.check_user(&user);
            }
            Event::Response { response, .. } => {
                self.ask(Question::Response);
                self.accepted = false;
                let response = response.as_ref().map(|r| r.as_bytes().escape_ascii().to_string());
                text += &format!(" {response:?}");
            }
            Event::Challenge(challenge) => {
                self.ask(Question::Challenge);
                text += &format!(" {}", challenge.as_bytes().escape_ascii());
            }
            Event::Greeting(greeting) => {
                assert!(crate::is_line(greeting.text()));
                self.preauth = greeting.status() == GreetingStatus::Preauth;
            }
            Event::Capabilities(capabilities) => {
                // A tab only separates.
                assert!(capabilities.iter().all(|item| crate::is_line(item.replace('\t', " "))));
                self.ask(Question::Command);
            }
            Event::AuthenticationRefused(refusal) => {
                let said = [Some(&refusal.text), refusal.code.as_ref(), refusal.details.as_ref()];
                assert!(said.iter().flatten().all(crate::is_line), "not lines: {said:?}");
                // The server need not wait for an answer to its challenge.
                self.forget_challenge();
                self.challenges = 0;
                self.ask(Question::Command);
            }
            Event::ServerMessage(message) => self.check_message(&message),
            Event::AuthenticatedCapabilities(_) => {
                assert!(!self.authenticated && self.question.is_none(), "too late, or too early");
                self.knows_what_holds = true;
            }
            Event::Authenticated => self.note_authenticated(),
            Event::HandedOff => {
                assert!(self.authenticated || self.plan.hand_off() == HandOff::AfterGreeting, "too early");
                assert!(
                    !self.handed_off() && self.question.is_none(),
                    "a hand-off while the host has the word"
                );
                self.fed_at_hand_off = Some(self.fed);
                self.machine_output = Some(self.trace.output.len() + self.connection.poll_transmit().len());
            }
            Event::PeerClosed => assert!(self.handed_off()),
            Event::Closed => {
                self.closed = true;
                self.forget_challenge();
                self.question = None;
            }
            Event::NotConfidential(reason) => assert!(crate::is_line(reason)),
            Event::ClientName { name, .. } => assert!(crate::is_line(name)),
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
        let logging_out = self.role == Role::Client
            && matches!(
                self.connection.state(),
                State::Clear("Logout" | "Quit") | State::Tls("Logout" | "Quit")
            );
        let result = match end {
            End::Tcp => self.end_of_input(),
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
            // Behind a refusal that nothing has followed, the refusal is the reason.
            End::Tcp if result.as_ref().is_err_and(is_refusal_before_the_end) => {
                assert_eq!((self.role, code), (Role::Client, Some(ErrorCode::RefusedByServer)));
            }
            // Behind a log-out it is what was asked for.
            End::Tcp if logging_out => assert_eq!(code, None),
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

    /// A poll loop tells the end as long as input is wanted. Once is enough, and more changes nothing.
    fn end_of_input(&mut self) -> Result<(), Error> {
        let was_closed = self.closed;
        let result = self.connection.handle_end_of_input(self.now);
        self.drain();
        self.relieve_output();
        let before = (self.snapshot(), self.trace.events.len());
        for _ in 0..3 {
            assert!(!self.connection.wants_input(), "input is wanted behind its end");
            assert_eq!(self.connection.handle_end_of_input(self.now), Ok(()));
            assert!(self.connection.handle_input(b"more", self.now).is_err(), "input behind its end");
            self.drain();
            assert_eq!((self.snapshot(), self.trace.events.len()), before, "the end is told again");
        }
        let told = self.trace.events.iter().filter(|event| *event == "PeerClosed").count();
        let open = self.handed_off() && !was_closed;
        assert_eq!(told, usize::from(open), "PeerClosed is told once, after the hand-off");
        result
    }

    fn relieve_output(&mut self) {
        self.poll_events();
        self.take_output(usize::MAX);
        self.poll_events();
    }
}

/// Whether a server has refused something, and then closed.
fn is_refusal_before_the_end(error: &Error) -> bool {
    error.reason().starts_with("the server says: ")
        && error.reason().ends_with("; then it closed the connection")
}
