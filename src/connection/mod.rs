//! The connection: TLS, policy and dialogue composed into one type for both roles and all
//! protocols.
//!
//! [`Connection`] does no I/O and reads no clock. Four families of methods:
//!
//! - input: [`handle_input`](Connection::handle_input),
//!   [`handle_end_of_input`](Connection::handle_end_of_input),
//!   [`handle_timeout`](Connection::handle_timeout);
//! - output: [`poll_event`](Connection::poll_event), [`poll_transmit`](Connection::poll_transmit)
//!   with [`transmitted`](Connection::transmitted), [`poll_timeout`](Connection::poll_timeout);
//! - commands: [`accept_certificate`](Connection::accept_certificate),
//!   [`refuse_certificate`](Connection::refuse_certificate),
//!   [`accept`](Connection::accept), [`reject`](Connection::reject),
//!   [`scram_secret`](Connection::scram_secret), [`challenge`](Connection::challenge),
//!   [`authenticate`](Connection::authenticate), [`respond`](Connection::respond),
//!   [`log_out`](Connection::log_out),
//!   [`read`](Connection::read), [`write`](Connection::write), [`close`](Connection::close);
//! - getters.

mod begin;
mod certificate;
mod channel;
mod config;
mod event;
mod machine;
mod state;
mod steps;
#[cfg(all(test, feature = "engine"))]
mod tests;
mod timers;
#[cfg(test)]
mod walk;

pub use config::{ClientConfig, ClientConfigBuilder, ServerConfig, ServerConfigBuilder};
pub use event::Event;

use crate::buffer::Buffer;
use crate::dialogue::{
    Credentials, Decision, Effects, Farewell, Means, Mechanism, Rejection, ScramSecret, Transition, pop3,
};
use crate::error::{Error, ErrorCode};
use crate::limits::Deadlines;
use crate::secret::Secret;
use crate::service::{Role, Service};
use crate::tls::facts::TlsFacts;
use crate::tls::policy::Confidential;
use crate::tls::registry::Alert;
use channel::Channel;
use core::mem;
use machine::AnyMachine;
use std::collections::VecDeque;
use timers::Timers;

/// One mail connection, from its first byte to the hand-off and through to its end.
///
/// **After every call that changes the connection, drain [`poll_event`](Self::poll_event) and
/// [`poll_transmit`](Self::poll_transmit), in turns until both have nothing, before waiting on
/// the socket.**
///
/// Time is `now`, a count of milliseconds on a monotonic clock of the host's choice.
///
/// ```
/// # #[cfg(feature = "engine")] {
/// use mailtls::{ClientConfig, Connection, Event, Service};
/// # let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).unwrap();
/// # let ca_pem = made.cert.pem();
/// let config = ClientConfig::builder().ca_pem(ca_pem.as_bytes())?.build()?;
/// let mut connection = Connection::client(&config, Service::Imaps, "mail.example", 0)?;
/// // The ClientHello waits to be sent.
/// let sent = connection.poll_transmit().len();
/// connection.transmitted(sent)?;
/// // Somebody answers in clear: refused, with a reason.
/// let error = connection.handle_input(b"* OK ready\r\n", 20).unwrap_err();
/// assert_eq!(error.code(), mailtls::ErrorCode::NotTls);
/// assert!(matches!(connection.poll_event(), Some(Event::Closed)));
/// # }
/// # Ok::<(), mailtls::Error>(())
/// ```
pub struct Connection {
    service: Service,
    party: Party,
    channel: Channel,
    phase: Phase,
    timers: Timers,
    /// The latest time the host told.
    now: u64,
    /// Network bytes that came before the handshake was complete.
    handshake_received: usize,
    plaintext: Buffer,
    output: Buffer,
    /// Output bytes that the host has taken, ever.
    taken: u64,
    events: VecDeque<Event>,
    /// `Event::TlsEstablished` waits until so many output bytes have been taken.
    flight_end: u64,
    facts: Option<TlsFacts>,
    /// For the greeting of a POP3 server.
    apop_timestamp: Option<String>,
    error: Option<Error>,
}

/// Which side this is, with its configuration.
enum Party {
    Server(ServerConfig),
    Client(ClientConfig),
}

enum Phase {
    /// TLS is being established.
    Handshake,
    /// Server: TLS stands, and the host is asked whom the client's certificate stands for.
    Mapping(Confidential),
    /// The machine has the word. `stalled` when it stopped because too much output waits.
    Dialogue { machine: Box<AnyMachine>, stalled: bool },
    /// Handed off.
    Open,
    /// Our close_notify is on its way, the peer's is awaited.
    Closing,
    /// Nothing more comes or goes, but for output that still waits.
    Closed,
}

impl Connection {
    // ---- input ----

    /// Whether the host should read from the network now.
    ///
    /// False while plaintext or output has piled up to the limit, and once nothing more can come.
    pub fn wants_input(&self) -> bool {
        let room = self.plaintext.len().max(self.output.len()) < self.limits().buffered;
        match self.phase {
            Phase::Handshake | Phase::Mapping(_) | Phase::Dialogue { .. } | Phase::Open => {
                room && !self.channel.peer_closed()
            }
            Phase::Closing => true,
            Phase::Closed => false,
        }
    }

    /// Takes bytes that came from the network: all of them, in any chunking.
    ///
    /// # Errors
    /// The peer's fault, which ends the connection and is also told by [`Event::Closed`].
    /// Misuse: [`ErrorCode::WouldBlock`] while [`wants_input`](Self::wants_input) is false;
    /// nothing has been taken then. After the end, the error that ended it.
    pub fn handle_input(&mut self, bytes: &[u8], now: u64) -> Result<(), Error> {
        self.expire(now)?;
        if matches!(self.phase, Phase::Closed) {
            return Err(self.error.clone().unwrap_or_else(|| Error::wrong_state("the connection is closed")));
        }
        if !self.wants_input() {
            return Err(Error::new(ErrorCode::WouldBlock, "output must be sent, or plaintext read, first"));
        }
        if matches!(self.phase, Phase::Handshake) {
            self.handshake_received = self.handshake_received.saturating_add(bytes.len());
        }
        let received = self.channel.receive(bytes, &mut self.plaintext, &mut self.output);
        if matches!(self.phase, Phase::Closing) {
            self.while_closing(received);
            return Ok(());
        }
        let received = received.and_then(|()| self.bounded());
        if let Err(error) = received {
            // What came before the fault is still the host's, once handed off.
            return Err(self.fail(error));
        }
        self.go_on();
        self.outcome()
    }

    /// Notes that the peer ended its side of the TCP connection, or that it was reset.
    ///
    /// # Errors
    /// [`ErrorCode::Truncated`] when no close_notify came before; the connection is over then.
    pub fn handle_end_of_input(&mut self, now: u64) -> Result<(), Error> {
        self.now = self.now.max(now);
        let clean = self.channel.peer_closed() || self.channel.ends_with_tcp();
        match self.phase {
            Phase::Closed => Ok(()),
            Phase::Closing => {
                self.finish();
                Ok(())
            }
            Phase::Open if clean => {
                if !self.channel.peer_closed() {
                    self.events.push_back(Event::PeerClosed);
                }
                Ok(())
            }
            Phase::Mapping(_) | Phase::Dialogue { .. } if clean => {
                Err(self.fail(Error::new(ErrorCode::ClosedEarly, "closed in the middle of the dialogue")))
            }
            _ => {
                let reason = match self.phase {
                    Phase::Handshake => "TCP ended in the TLS handshake",
                    Phase::Mapping(_) | Phase::Dialogue { .. } => {
                        "TCP ended without close_notify in the middle of the dialogue"
                    }
                    _ => "TCP ended without close_notify",
                };
                Err(self.fail(Error::new(ErrorCode::Truncated, reason)))
            }
        }
    }

    /// Lets deadlines pass. Call it when the time of [`poll_timeout`](Self::poll_timeout) has
    /// come; calling it too early or too often does nothing.
    ///
    /// # Errors
    /// [`ErrorCode::DeadlinePassed`], which ends the connection.
    pub fn handle_timeout(&mut self, now: u64) -> Result<(), Error> {
        self.expire(now)
    }

    // ---- output ----

    /// The next event, if there is one.
    pub fn poll_event(&mut self) -> Option<Event> {
        if matches!(self.events.front(), Some(Event::TlsEstablished)) && self.taken < self.flight_end {
            return None;
        }
        let event = self.events.pop_front();
        if self.events.is_empty() {
            self.events = VecDeque::new();
        }
        event
    }

    /// The bytes that wait to be sent to the network; empty when there are none.
    pub fn poll_transmit(&self) -> &[u8] {
        self.output.as_slice()
    }

    /// Notes that the first `n` bytes of [`poll_transmit`](Self::poll_transmit) have been sent.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] when there were not so many.
    pub fn transmitted(&mut self, n: usize) -> Result<(), Error> {
        if n > self.output.len() {
            return Err(Error::invalid("more bytes than there were to send"));
        }
        if self.channel.encrypts() {
            self.output.skip(n);
        } else {
            self.output.consume(n);
        }
        self.taken += n as u64;
        if matches!(self.phase, Phase::Dialogue { stalled: true, .. }) {
            self.go_on();
        }
        Ok(())
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called; `None` for never.
    pub fn poll_timeout(&self) -> Option<u64> {
        self.timers.next()
    }

    // ---- commands ----

    /// Server, pop3s: offers `APOP`, with this time stamp in the greeting (RFC 1939 §7). It has its
    /// angle brackets, `<1896.697170952@dbc.mtview.ca.us>`, and must be another for each connection.
    /// [`Credentials::match_password`] compares the digest that comes.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] for another service, whose greeting has none or comes in clear, and
    /// once TLS stands; [`ErrorCode::InvalidArgument`] for what is not a time stamp.
    pub fn set_apop_timestamp(&mut self, timestamp: &str) -> Result<(), Error> {
        if self.role() != Role::Server || self.service != Service::Pop3s {
            return Err(Error::wrong_state("only a pop3s server greets with a time stamp"));
        }
        if !matches!(self.phase, Phase::Handshake) {
            return Err(Error::wrong_state("the greeting has been sent"));
        }
        if timestamp.len() > 128 || !pop3::Greeting::is_timestamp(timestamp) {
            return Err(Error::invalid("not a time stamp"));
        }
        self.apop_timestamp = Some(timestamp.to_owned());
        Ok(())
    }

    /// Server: accepts the credentials of [`Event::Credentials`], or who has proved itself by
    /// [`Event::Response`].
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when there are none to decide on.
    pub fn accept(&mut self, now: u64) -> Result<(), Error> {
        self.decide(Decision::Accept, now)
    }

    /// Server: rejects the credentials of [`Event::Credentials`] and its siblings.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when there are none to decide on; the peer's fault when these
    /// were too many refused attempts.
    pub fn reject(&mut self, rejection: Rejection, now: u64) -> Result<(), Error> {
        self.decide(Decision::Reject(rejection), now)
    }

    fn decide(&mut self, decision: Decision, now: u64) -> Result<(), Error> {
        self.expire(now)?;
        let machine = self.take_waiting_machine(Role::Server, "no credentials wait for a decision")?;
        let mut fx = Effects::default();
        let decided = machine.decide(decision, &mut fx);
        self.carry_out(decided, fx)
    }

    /// Server: gives the secret that [`Event::SecretWanted`] asks for.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when none is wanted, or it is not of the mechanism's hash.
    pub fn scram_secret(&mut self, secret: ScramSecret, now: u64) -> Result<(), Error> {
        self.decide(Decision::ScramSecret(Box::new(secret)), now)
    }

    /// Server: gives the password of the user of [`Event::SecretWanted`], where the host keeps
    /// passwords. The secret is made of it ([`crate::ServerSettings::scram_salts`]), which takes a
    /// while.
    ///
    /// It takes a while for those users alone that there are. A host that does not want this to be
    /// measured gives some random password for the others too, instead of rejecting them here.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when none is wanted.
    pub fn scram_password(&mut self, password: Secret, now: u64) -> Result<(), Error> {
        self.decide(Decision::ScramPassword(password), now)
    }

    /// Server: goes on in a mechanism that the host speaks itself, after [`Event::Response`].
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when no response waits; the peer's fault when there have been too
    /// many challenges.
    pub fn challenge(&mut self, challenge: Secret, now: u64) -> Result<(), Error> {
        self.decide(Decision::Challenge(challenge), now)
    }

    /// Client: authenticates, after [`Event::Capabilities`] or [`Event::AuthenticationRefused`].
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when it is not the time; [`ErrorCode::InvalidArgument`] when
    /// the server does not offer the mechanism or the credentials do not fit it.
    pub fn authenticate(&mut self, credentials: Credentials, now: u64) -> Result<(), Error> {
        self.expire(now)?;
        let machine =
            self.take_waiting_machine(Role::Client, "the server is not ready for authentication")?;
        let mut fx = Effects::default();
        let begun = machine.authenticate(credentials, &mut fx).map(Ok);
        self.carry_out(begun, fx)
    }

    /// Client: the best way to authenticate that the server offers and mailtls has, for what the
    /// host has to authenticate with; `None` when there is none, or it is not the time. It is never
    /// one that would show a password outside TLS that the policy has accepted.
    pub fn best_mechanism(&self, means: Means) -> Option<Mechanism> {
        match &self.phase {
            Phase::Dialogue { machine, .. } => machine.best_mechanism(means),
            _ => None,
        }
    }

    /// Client: answers [`Event::Challenge`].
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when no challenge waits.
    pub fn respond(&mut self, response: Secret, now: u64) -> Result<(), Error> {
        self.answer(Some(response), now)
    }

    /// Client: cancels the authentication instead of answering [`Event::Challenge`].
    /// [`Event::AuthenticationRefused`] follows when the server has agreed.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when no challenge waits.
    pub fn cancel(&mut self, now: u64) -> Result<(), Error> {
        self.answer(None, now)
    }

    fn answer(&mut self, response: Option<Secret>, now: u64) -> Result<(), Error> {
        self.expire(now)?;
        let machine = self.take_waiting_machine(Role::Client, "no challenge waits for a response")?;
        let mut fx = Effects::default();
        let answered = machine.respond(response, &mut fx);
        self.carry_out(answered, fx)
    }

    /// Goes on with what a command to the machine came to; misuse of it leaves all as it was.
    fn carry_out(
        &mut self,
        commanded: Result<Transition<AnyMachine>, (AnyMachine, Error)>,
        fx: Effects,
    ) -> Result<(), Error> {
        match commanded {
            Ok(transition) => {
                self.run(transition, fx);
                self.outcome()
            }
            Err((machine, misuse)) => {
                self.phase = Phase::Dialogue { machine: Box::new(machine), stalled: false };
                Err(misuse)
            }
        }
    }

    /// Client: says `LOGOUT` or `QUIT` instead of authenticating, then closes.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when it is not the time.
    pub fn log_out(&mut self, now: u64) -> Result<(), Error> {
        self.expire(now)?;
        let machine = self.take_waiting_machine(Role::Client, "the server is not ready for a command")?;
        let mut fx = Effects::default();
        let left = machine.log_out(&mut fx).map(Ok);
        self.carry_out(left, fx)
    }

    /// Moves plaintext of the peer to `out`; returns how much. 0 means nothing now, or nothing
    /// ever again after [`Event::PeerClosed`] or [`Event::Closed`].
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] before the hand-off.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        if self.before_hand_off() {
            return Err(Error::wrong_state("not handed off"));
        }
        Ok(self.plaintext.read_into(out))
    }

    /// Takes plaintext for the peer; returns how much of it. Less than all means that output
    /// must be sent first.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] before the hand-off and after the end.
    pub fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        if !matches!(self.phase, Phase::Open) {
            return Err(Error::wrong_state("not handed off, or closed"));
        }
        let taken = bytes.len().min(self.limits().buffered.saturating_sub(self.output.len()));
        if taken > 0 {
            if let Err(error) = self.channel.send(&bytes[..taken], &mut self.output) {
                return Err(self.fail(error));
            }
        }
        Ok(taken)
    }

    /// Closes: a server that has not handed off takes leave in its protocol, then close_notify
    /// goes out. [`Event::Closed`] follows when the peer has answered, or did not in time.
    /// Plaintext that was not read is dropped. Closing again does nothing.
    pub fn close(&mut self, now: u64) {
        self.now = self.now.max(now);
        match mem::replace(&mut self.phase, Phase::Closed) {
            Phase::Closed => {}
            Phase::Closing => self.phase = Phase::Closing,
            Phase::Handshake => self.finish(),
            Phase::Mapping(proof) => {
                self.take_leave_unheard(proof, Farewell::Shutdown);
                self.begin_close();
            }
            Phase::Dialogue { machine, .. } => {
                self.take_leave(&machine, Farewell::Shutdown);
                self.begin_close();
            }
            Phase::Open => self.begin_close(),
        }
    }

    // ---- getters ----

    /// The service this is a connection to.
    pub fn service(&self) -> Service {
        self.service
    }

    /// The side this is.
    pub fn role(&self) -> Role {
        match self.party {
            Party::Server(_) => Role::Server,
            Party::Client(_) => Role::Client,
        }
    }

    /// What TLS negotiated, what certificates the peer has shown, and the channel bindings; `None`
    /// before it stands.
    pub fn tls_facts(&self) -> Option<&TlsFacts> {
        self.facts.as_ref()
    }

    /// Plaintext bytes that [`read`](Self::read) would give; 0 before the hand-off.
    pub fn readable(&self) -> usize {
        if self.before_hand_off() { 0 } else { self.plaintext.len() }
    }

    fn before_hand_off(&self) -> bool {
        matches!(self.phase, Phase::Handshake | Phase::Mapping(_) | Phase::Dialogue { .. })
    }

    /// The error that ended the connection, if one did.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Whether the peer's close_notify has come. After a close without error this tells a
    /// peer that takes leave properly from one that just ends TCP.
    pub fn peer_sent_close_notify(&self) -> bool {
        self.channel.peer_closed()
    }

    /// The last TLS alert sent, close_notify included.
    pub fn alert_sent(&self) -> Option<Alert> {
        self.channel.alert_sent()
    }

    /// The last TLS alert received, close_notify included.
    pub fn alert_received(&self) -> Option<Alert> {
        self.channel.alert_received()
    }
}

impl Party {
    fn deadlines(&self) -> &Deadlines {
        match self {
            Self::Server(config) => &config.0.deadlines,
            Self::Client(config) => &config.0.deadlines,
        }
    }
}
