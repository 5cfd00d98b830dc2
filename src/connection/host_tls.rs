//! Connections that a host brings TLS to with its own library: the dialogue in clear is ours, the
//! handshake is the host's, and what follows is ours again.
//!
//! It must never know what library that is.

use super::channel::{Channel, Upgrade};
use super::server_certificate::Aim;
use super::{ClientConfig, Connection, Event, Party, Phase, ServerConfig, Target};
use crate::dialogue::{HandOff, Particulars, Protection};
use crate::error::{Error, ErrorCode, ErrorKind};
use crate::service::{Mode, Service};
use crate::text::one_line;
use crate::tls::facts::TlsFacts;

impl Connection {
    /// Accepts a connection to a service, to which the host will bring TLS with its own library.
    ///
    /// With Implicit TLS [`Event::TlsWanted`] comes at once. On a STARTTLS service the greeting goes
    /// out in clear, STARTTLS is offered, and the event comes when the client has asked for it and
    /// the answer has been taken for sending. Then the network is the library's: the host does the
    /// handshake and calls [`Connection::tls_established`]. From there on input and output are
    /// plaintext. The deadline for the handshake runs as always
    /// ([`Connection::poll_timeout`]). When the handshake fails, [`Connection::tls_failed`] ends it.
    ///
    /// **Whatever has been read from the network before [`Event::TlsWanted`] belongs to
    /// [`Connection::handle_input`], and to it alone.** The host must not have a buffer of its own
    /// between the network and mailtls, in which something could wait behind STARTTLS: it would be
    /// taken for what came through TLS, as in the command injection of 2011 (CVE-2011-0411). Given
    /// to `handle_input` it ends the connection, before STARTTLS has been answered or after.
    ///
    /// ```
    /// use mailtls::tls::{facts::TlsFacts, registry::{CipherSuite, Version}};
    /// use mailtls::{Connection, Event, ServerConfig, Service};
    ///
    /// let config = ServerConfig::builder().build()?;
    /// let mut connection = Connection::server_before_host_tls(&config, Service::Submission, 0);
    /// connection.handle_input(b"EHLO client.example\r\nSTARTTLS\r\n", 0)?;
    /// assert!(connection.poll_event().is_none(), "the answer is still to be sent");
    /// let sent = connection.poll_transmit().len();
    /// connection.transmitted(sent)?;
    /// assert!(matches!(connection.poll_event(), Some(Event::TlsWanted)));
    /// // Here the host's library does its handshake with the client; then:
    /// let facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
    /// connection.tls_established(facts, 120)?;
    /// assert!(matches!(connection.poll_event(), Some(Event::TlsEstablished)));
    /// connection.handle_input(b"EHLO client.example\r\n", 130)?;
    /// assert!(connection.poll_transmit().starts_with(b"250-"));
    /// # Ok::<(), mailtls::Error>(())
    /// ```
    pub fn server_before_host_tls(config: &ServerConfig, service: Service, now: u64) -> Self {
        Self::before_host_tls(service, Party::Server(config.clone()), now)
    }

    /// Begins a connection to a service, to which the host will bring TLS with its own library, which
    /// checks the server's certificate.
    ///
    /// The facts must meet the minimum of new accounts ([`crate::account::Minimum`]): the certificate has
    /// been validated.
    ///
    /// All is as with [`Connection::server_before_host_tls`]: in clear nothing is done but what
    /// STARTTLS needs, and nothing that the server says there becomes an event.
    pub fn client_before_host_tls(config: &ClientConfig, service: Service, now: u64) -> Self {
        Self::before_host_tls(service, Party::Client(config.clone()), now)
    }

    /// Like [`Connection::client_before_host_tls`], for an account: its minimum is that of the target
    /// ([`Target::minimum`]).
    pub fn client_to_before_host_tls(config: &ClientConfig, target: &Target, now: u64) -> Self {
        let mut connection = Self::before_host_tls(target.service, Party::Client(config.clone()), now);
        connection.aim = Some(Box::new(Aim::on_host_tls(target)));
        connection
    }

    fn before_host_tls(service: Service, party: Party, now: u64) -> Self {
        let mut connection = Self::new(service, party, Channel::Clear(Some(Upgrade::Host)), now);
        match service.mode() {
            Mode::ImplicitTls => connection.want_host_tls(),
            Mode::StartTls => connection.begin_dialogue(Protection::Clear { starttls: true }, None),
        }
        connection
    }

    /// Asks the host for TLS, as soon as all that was said in clear has been taken for sending.
    pub(super) fn want_host_tls(&mut self) {
        self.channel = Channel::HostHandshake;
        self.phase = Phase::Handshake;
        self.timers.handshake(self.party.deadlines(), self.now);
        self.flight_end = self.taken + self.output.len() as u64;
        self.events.push_back(Event::TlsWanted);
    }

    /// Tells that the host's library has established TLS, after [`Event::TlsWanted`]. The facts are
    /// judged before anything is said; [`Event::TlsEstablished`] follows, and input and output are
    /// plaintext from here on.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when no TLS is wanted, or [`Event::TlsWanted`] has not been taken
    /// yet. The peer's fault, which ends the connection: [`ErrorCode::TlsPolicy`] when the policy
    /// refuses the facts, unless the configuration has that explained to the client
    /// ([`crate::ServerConfigBuilder::explains_refused_tls`]), [`ErrorCode::CertificateUntrusted`] when a
    /// client's account asks for more ([`Target::minimum`]), [`ErrorCode::NoApplicationProtocol`] when the
    /// ALPN name negotiated is a foreign one, [`ErrorCode::DeadlinePassed`].
    pub fn tls_established(&mut self, facts: TlsFacts, now: u64) -> Result<(), Error> {
        self.expire(now)?;
        let asked = !self.events.iter().any(|event| matches!(event, Event::TlsWanted));
        if !self.host_has_the_network() || !asked {
            return Err(Error::wrong_state("no TLS of the host's is wanted"));
        }
        let established = self.check_alpn(&facts).and_then(|()| {
            self.channel = Channel::HostTls { peer_closed: false };
            self.established(facts)
        });
        established.map_err(|error| self.fail(error))?;
        self.outcome()
    }

    /// Tells that the host's library has failed, in the handshake or later, so that the connection ends
    /// with an error and a reason as it would with the engine. What has been read is kept; what came
    /// in after the hand-off can still be read.
    ///
    /// `code` is the nearest there is: [`ErrorCode::TlsProtocol`], [`ErrorCode::TlsAlertReceived`],
    /// one of the certificate's; and [`ErrorCode::Truncated`] where TCP ends without close_notify:
    /// what [`Connection::handle_end_of_input`] gets to know on a host's TLS is an orderly end.
    /// `reason` is one line for the log.
    ///
    /// ```
    /// use mailtls::{Connection, ErrorCode, ServerConfig, Service};
    ///
    /// let config = ServerConfig::builder().build()?;
    /// let mut connection = Connection::server_before_host_tls(&config, Service::Imaps, 0);
    /// connection.tls_failed(ErrorCode::TlsProtocol, "no shared cipher", 10)?;
    /// assert_eq!(connection.error().map(|error| error.reason()), Some("no shared cipher"));
    /// # Ok::<(), mailtls::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] while TLS is not the host's, and after the end;
    /// [`ErrorCode::InvalidArgument`] for a code that is not a fault of the peer's.
    pub fn tls_failed(&mut self, code: ErrorCode, reason: &str, now: u64) -> Result<(), Error> {
        if code.kind() != ErrorKind::Peer {
            return Err(Error::invalid("not a fault of the peer's"));
        }
        let hosts = matches!(self.channel, Channel::HostHandshake | Channel::HostTls { .. });
        if !hosts || matches!(self.phase, Phase::Closed) {
            return Err(Error::wrong_state("there is no TLS of the host's that could fail"));
        }
        self.now = self.now.max(now);
        self.fail(Error::new(code, one_line(reason.as_bytes())));
        Ok(())
    }

    /// Whether the host's library is doing its handshake, with no part in it for us.
    pub(super) fn host_has_the_network(&self) -> bool {
        matches!((&self.phase, &self.channel), (Phase::Handshake, Channel::HostHandshake))
    }

    /// What comes past the host's library comes past TLS: it is not obeyed, and not kept until
    /// it could be taken for something better.
    pub(super) fn refuse_data_past_host_tls(&mut self) -> Error {
        self.fail(Error::new(ErrorCode::DataBeforeTls, "data that did not come through the host's TLS"))
    }

    /// Whether a client on TLS that the policy refuses is to read why.
    pub(super) fn explains_refused_tls(&self) -> bool {
        let wanted = matches!(&self.party, Party::Server(config) if config.0.explains_refused_tls);
        wanted
            && matches!(self.channel, Channel::HostTls { .. })
            && self.hand_off() == HandOff::AfterAuthentication
    }

    /// Goes on without the proof that the channel is confidential: whoever wants to authenticate is
    /// told why not (RFC 8314 §4.1).
    pub(super) fn explain(&mut self, refusal: &Error, facts: TlsFacts) {
        self.facts = Some(facts);
        let reason = refusal.reason();
        self.events.push_back(Event::NotConfidential(one_line(reason.as_bytes())));
        let particulars = Particulars { refusal: for_the_peer(reason), ..Particulars::default() };
        self.begin_dialogue_with(Protection::Refused { greeting: self.greeting() }, particulars);
    }

    /// Refuses a foreign application protocol (ALPACA).
    pub(super) fn check_alpn(&self, facts: &TlsFacts) -> Result<(), Error> {
        let names = match &self.party {
            Party::Server(config) => &config.0.alpn,
            Party::Client(config) => &config.0.alpn,
        };
        names.check(self.service.protocol(), facts.alpn.as_deref())
    }
}

/// A reason as all three protocols can say it: ASCII, and with what goes before it no longer than a line
/// of POP3 or SMTP may be (RFC 2449 §4, RFC 5321 §4.5.3.1.5).
fn for_the_peer(reason: &str) -> String {
    let said = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
    reason.replace('§', "section ").chars().map(said).take(400).collect()
}

#[cfg(test)]
mod tests;
