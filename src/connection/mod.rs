//! The connection: TLS, policy and dialogue composed into one type for both roles and all
//! protocols.
//!
//! [`Connection`] does no I/O. Time comes in by call. The engine reads the system's wall clock for
//! certificates, revocation lists and session tickets; without the engine mailtls reads no clock. Four
//! families of methods:
//!
//! - input: [`handle_input`](Connection::handle_input),
//!   [`handle_end_of_input`](Connection::handle_end_of_input),
//!   [`handle_timeout`](Connection::handle_timeout);
//! - output: [`poll_event`](Connection::poll_event), [`poll_transmit`](Connection::poll_transmit)
//!   with [`transmitted`](Connection::transmitted), [`poll_timeout`](Connection::poll_timeout);
//! - commands: [`tls_established`](Connection::tls_established),
//!   [`tls_failed`](Connection::tls_failed),
//!   [`accept_certificate`](Connection::accept_certificate),
//!   [`refuse_certificate`](Connection::refuse_certificate),
//!   [`accept_server_certificate`](Connection::accept_server_certificate),
//!   [`refuse_server_certificate`](Connection::refuse_server_certificate),
//!   [`accept`](Connection::accept), [`reject`](Connection::reject),
//!   [`scram_secret`](Connection::scram_secret), [`challenge`](Connection::challenge),
//!   [`authenticate`](Connection::authenticate), [`respond`](Connection::respond),
//!   [`log_out`](Connection::log_out),
//!   [`read`](Connection::read), [`write`](Connection::write), [`close`](Connection::close);
//! - getters, [`log_line`](Connection::log_line), and [`trace`](Connection::trace).

mod advice;
mod begin;
mod certificate;
mod channel;
mod commands;
mod config;
mod event;
mod host_tls;
mod log_line;
mod machine;
mod messages;
mod received;
mod server_certificate;
mod state;
mod steps;
mod target;
#[cfg(all(test, feature = "engine"))]
mod tests;
mod timers;
#[cfg(test)]
mod walk;

pub use config::{ClientConfig, ClientConfigBuilder, ServerConfig, ServerConfigBuilder};
pub use event::Event;
pub use target::Target;

use crate::buffer::Buffer;
use crate::error::{Error, ErrorCode};
use crate::limits::Deadlines;
use crate::service::{Role, Service};
use crate::tls::facts::TlsFacts;
use crate::tls::policy::{Confidential, Verdict};
use crate::tls::registry::Alert;
use channel::Channel;
use machine::AnyMachine;
use messages::Messages;
use server_certificate::Aim;
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
    /// Client: what it connects to.
    aim: Option<Box<Aim>>,
    /// For the greeting of a POP3 server.
    apop_timestamp: Option<String>,
    refused_in_clear: u32,
    /// What the peer began with: `None` while it has said nothing.
    first: Option<u8>,
    messages: Messages,
    /// The dialogue has come to the authenticated state.
    authenticated: bool,
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
    /// TLS stands, and the host is asked about the peer's certificate: a server's whom it stands for, a
    /// client's whether it is the right one.
    Certificate(Confidential),
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
    /// False while plaintext or output has piled up to the limit, once nothing more can come (after the
    /// peer's close_notify, or [`handle_end_of_input`](Self::handle_end_of_input)), and while the host's
    /// own library is to do its handshake ([`Event::TlsWanted`]).
    pub fn wants_input(&self) -> bool {
        let room = self.plaintext.len().max(self.output.len()) < self.limits().buffered;
        match self.phase {
            Phase::Handshake | Phase::Certificate(_) | Phase::Dialogue { .. } | Phase::Open => {
                room && !self.channel.peer_closed() && !self.host_has_the_network()
            }
            Phase::Closing => true,
            Phase::Closed => false,
        }
    }

    /// Takes bytes that came from the network: all of them, in any chunking.
    ///
    /// # Errors
    /// The peer's fault, which ends the connection and is also told by [`Event::Closed`].
    /// Misuse, and nothing has been taken: [`ErrorCode::WrongState`] after the peer has ended its side
    /// ([`Event::PeerClosed`]); otherwise [`ErrorCode::WouldBlock`] while
    /// [`wants_input`](Self::wants_input) is false. After the end, the error that ended it.
    pub fn handle_input(&mut self, bytes: &[u8], now: u64) -> Result<(), Error> {
        self.expire(now)?;
        if matches!(self.phase, Phase::Closed) {
            return Err(self.error.clone().unwrap_or_else(|| Error::wrong_state("the connection is closed")));
        }
        if self.host_has_the_network() && !bytes.is_empty() {
            return Err(self.refuse_data_past_host_tls());
        }
        if matches!(self.phase, Phase::Open) && self.channel.peer_closed() {
            return Err(Error::wrong_state("the peer has ended its side, nothing can follow"));
        }
        if !self.wants_input() {
            return Err(Error::new(ErrorCode::WouldBlock, "output must be sent, or plaintext read, first"));
        }
        self.first = self.first.or(bytes.first().copied());
        if matches!(self.phase, Phase::Handshake) {
            self.handshake_received = self.handshake_received.saturating_add(bytes.len());
        }
        let received = self.channel.receive(bytes, &mut self.plaintext, &mut self.output);
        if let Some(hello) = self.channel.take_client_hello() {
            self.events.push_back(Event::ClientHello(hello));
        }
        if matches!(self.phase, Phase::Closing) {
            self.while_closing(received);
            return Ok(());
        }
        let received = received.and_then(|()| self.bounded());
        if let Err(error) = received {
            let error = self.advised(error);
            // What came before the fault is still the host's, once handed off.
            return Err(self.fail(error));
        }
        self.go_on();
        self.outcome()
    }

    /// Notes that the peer ended its side of the TCP connection, or that it was reset. On a host's own
    /// TLS it is how the peer's close_notify is told, which [`Event::PeerClosed`] answers. Telling it
    /// again does nothing.
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
                if self.channel.note_peer_close() {
                    self.events.push_back(Event::PeerClosed);
                }
                Ok(())
            }
            Phase::Dialogue { ref machine, .. } if clean && machine.is_logging_out() => {
                self.begin_close();
                Ok(())
            }
            Phase::Certificate(_) | Phase::Dialogue { .. } if clean => {
                let reason = self.end_of_input_reason();
                Err(self.fail(Error::new(ErrorCode::ClosedEarly, reason)))
            }
            _ => {
                let reason = self.end_of_input_reason();
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
        let behind_output = matches!(self.events.front(), Some(Event::TlsEstablished | Event::TlsWanted));
        if behind_output && self.taken < self.flight_end {
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

    /// What the policy of the configuration says of what TLS negotiated, with its reasons; `None` before
    /// it stands. It is never a refusal, but where
    /// [`explains_refused_tls`](ServerConfigBuilder::explains_refused_tls) keeps the connection.
    pub fn verdict(&self) -> Option<Verdict> {
        self.facts.as_ref().map(|facts| self.policy().judge(facts))
    }

    /// Plaintext bytes that [`read`](Self::read) would give; 0 before the hand-off.
    pub fn readable(&self) -> usize {
        if self.before_hand_off() { 0 } else { self.plaintext.len() }
    }

    fn before_hand_off(&self) -> bool {
        matches!(self.phase, Phase::Handshake | Phase::Certificate(_) | Phase::Dialogue { .. })
    }

    /// Server: how many times the client wanted to authenticate in clear, before STARTTLS, or on TLS
    /// that the policy refuses ([`crate::ServerConfigBuilder::explains_refused_tls`]). That was
    /// refused, and what it said went to nobody; but it crossed the network, and whoever authenticates
    /// later on this connection can be told to change the password (RFC 8314 §4.1).
    pub fn authentications_refused_in_clear(&self) -> u32 {
        self.refused_in_clear
    }

    /// Client: how many messages of the server's were dropped ([`Event::ServerMessage`]).
    pub fn messages_dropped(&self) -> u32 {
        self.messages.dropped()
    }

    /// The error that ended the connection, if one did.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Whether the peer's close_notify has come; on a host's own TLS, whether the host has told of it
    /// ([`handle_end_of_input`](Self::handle_end_of_input)). After a close without error this tells a
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
