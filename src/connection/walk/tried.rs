//! The connection under test between its peer and its host: one symbol is done to it, and all
//! that comes of it is taken down.

use super::checks::holds_password;
use super::peer::Peer;
use super::scram::Scram;
use super::setting::{Setting, TOO_LONG, Tls};
use super::symbol::{Act, CLEAR_WORD, Flight, Host, HostTls, PASSWORD, Symbol, own_mechanism};
use crate::connection::{Connection, Event, Phase};
use crate::dialogue::states::State;
use crate::dialogue::{Credentials, Mechanism, Rejection};
use crate::tls::failure::Failure;
use crate::{Error, ErrorCode, Role};

/// The words of the host after the hand-off.
pub(super) const HOST_WORDS: &[u8] = b"words of the host";

/// What came of a symbol.
#[derive(Default)]
pub(super) struct Seen {
    /// What the call returned.
    pub(super) result: Option<Error>,
    /// For what reason the connection is over, if it is.
    pub(super) fault: Option<ErrorCode>,
    pub(super) events: Vec<Event>,
    /// All that went to the network.
    pub(super) wire: Vec<u8>,
    /// What the peer understood of it.
    pub(super) said: Vec<u8>,
    /// What the peer said, where it did.
    pub(super) put: Vec<u8>,
    /// What the host could read.
    pub(super) read: Vec<u8>,
}

/// What decides the future of a connection, for all that is tried here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::struct_excessive_bools)] // What is so, of which one does not follow from another.
pub(super) struct Node {
    pub(super) state: State,
    /// The machine's own, counters included.
    pub(super) detail: String,
    /// What has been received and not been read; only its kind where nothing is read.
    pub(super) pending: String,
    /// How far the handshake is.
    flights: usize,
    /// Half a line, or half a flight, has come.
    pub(super) half: bool,
    /// A part of a TLS record has come.
    incomplete: bool,
    pub(super) peer_closed: bool,
    /// Nothing more comes or goes.
    pub(super) done: bool,
}

impl Node {
    /// Whether what the host does here leads to where the next line is read.
    fn goes_on_reading(&self, host: Host) -> bool {
        let inside_an_exchange = ["Scram", "Token"].iter().any(|pending| self.detail.contains(pending));
        match host {
            Host::Challenge
            | Host::ScramPassword
            | Host::RefuseCertificate
            | Host::AcceptServerCertificate => true,
            Host::AcceptCertificate { preauth } => !preauth,
            Host::Accept | Host::Reject => inside_an_exchange,
            _ => false,
        }
    }
}

/// A connection under test.
pub(super) struct Tried<'a> {
    pub(super) setting: &'a Setting,
    pub(super) connection: Connection,
    peer: Peer,
    now: u64,
    /// Client, IMAP: the tag of its last command.
    tag: String,
    /// The peer's half of SCRAM.
    scram: Scram,
    /// Client: whether it has shown who it is since it was told to authenticate.
    pub(super) shown: bool,
    /// What has happened.
    pub(super) history: Vec<usize>,
}

impl<'a> Tried<'a> {
    pub(super) fn new(setting: &'a Setting) -> (Self, Seen) {
        let mut tried = Self {
            setting,
            connection: setting.connection(),
            peer: Peer::default(),
            now: 0,
            tag: "a0".into(),
            scram: Scram::default(),
            shown: false,
            history: Vec::new(),
        };
        let mut seen = Seen::default();
        tried.drain(&mut seen);
        (tried, seen)
    }

    /// Does it.
    pub(super) fn suffer(&mut self, number: usize, symbol: &Symbol) -> Seen {
        self.history.push(number);
        let mut seen = Seen::default();
        let result = match symbol.act {
            Act::Say(text) | Act::Half(text) | Act::Rest(text) => {
                seen.put = self.fill(text);
                let wire = self.peer.say(&seen.put);
                self.connection.handle_input(&wire, self.now)
            }
            Act::Wire(bytes) => {
                seen.put = bytes.to_vec();
                self.connection.handle_input(bytes, self.now)
            }
            Act::Tls(flight) => {
                let wire = self.peer.flight(&self.setting.peers, flight);
                self.connection.handle_input(&wire, self.now)
            }
            Act::CloseNotify => match self.peer.close() {
                Some(wire) => self.connection.handle_input(&wire, self.now),
                None => Ok(()),
            },
            Act::EndOfInput => self.connection.handle_end_of_input(self.now),
            Act::Deadline => {
                self.now = self.connection.poll_timeout().unwrap_or(self.now + 1_000_000);
                self.connection.handle_timeout(self.now)
            }
            Act::Nothing => {
                let early = self.connection.handle_timeout(self.now);
                early.and_then(|()| self.connection.handle_input(b"", self.now))
            }
            Act::Host(host) => self.host(host),
        };
        seen.result = result.err();
        self.drain(&mut seen);
        seen.fault = self.connection.error().map(Error::code);
        self.note_proof(symbol, &seen);
        seen
    }

    /// What the peer says comes a byte at a time.
    pub(super) fn suffer_in_pieces(&mut self, number: usize, symbol: &Symbol) {
        self.history.push(number);
        let Act::Say(text) = symbol.act else { return };
        for byte in self.fill(text) {
            let wire = self.peer.say(&[byte]);
            // What it says of a fault is in the node that it comes to.
            let _ = self.connection.handle_input(&wire, self.now);
            let mut seen = Seen::default();
            self.drain(&mut seen);
            self.note_proof(symbol, &seen);
        }
    }

    fn host(&mut self, host: Host) -> Result<(), Error> {
        let connection = &mut self.connection;
        match host {
            Host::Accept => connection.accept(self.now),
            Host::Reject => connection.reject(Rejection::InvalidCredentials, self.now),
            Host::Challenge => connection.challenge("?".into(), self.now),
            Host::ScramPassword => connection.scram_password(PASSWORD.into(), self.now),
            Host::AcceptCertificate { preauth } => connection.accept_certificate("tim", preauth, self.now),
            Host::RefuseCertificate => connection.refuse_certificate(self.now),
            Host::TlsEstablished(tls) => connection.tls_established(tls.facts(), self.now),
            Host::TlsFailed => connection.tls_failed(ErrorCode::TlsProtocol, "a bad record", self.now),
            Host::AcceptServerCertificate => connection.accept_server_certificate(self.now),
            Host::RefuseServerCertificate => connection.refuse_server_certificate("not this one", self.now),
            Host::Respond => connection.respond("!".into(), self.now),
            Host::Cancel => connection.cancel(self.now),
            Host::Authenticate(Mechanism::External, _) => {
                connection.authenticate(Credentials::external(), self.now)
            }
            Host::Authenticate(own @ Mechanism::Raw(_), _) => {
                connection.authenticate(Credentials::raw(own, None), self.now)
            }
            Host::Authenticate(mechanism, umlaut) => {
                let password = if umlaut { format!("{PASSWORD}ü") } else { PASSWORD.into() };
                let credentials = Credentials::new(mechanism, "tim", password.as_str().into());
                connection.authenticate(credentials, self.now)
            }
            Host::AuthenticateUnfit => {
                connection.authenticate(Credentials::new(Mechanism::Plain, "", PASSWORD.into()), self.now)
            }
            Host::LogOut => connection.log_out(self.now),
            Host::Write => connection.write(HOST_WORDS).map(|n| assert_eq!(n, HOST_WORDS.len())),
            Host::Close => {
                connection.close(self.now);
                Ok(())
            }
        }
    }

    /// What the peer says, with the tag, the length and the mark put in.
    fn fill(&mut self, text: &str) -> Vec<u8> {
        let inside = self.connection.tls_facts().is_some();
        let text = self.scram.fill(text, self.setting.role());
        text.replace("<tag>", &self.tag)
            .replace("<long>", &"x".repeat(TOO_LONG))
            .replace("<word>", if inside { "inner" } else { CLEAR_WORD })
            .into_bytes()
    }

    /// Takes all that is to be had.
    fn drain(&mut self, seen: &mut Seen) {
        loop {
            let events = seen.events.len();
            while let Some(event) = self.connection.poll_event() {
                seen.events.push(event);
            }
            let wire = self.connection.poll_transmit().to_vec();
            self.connection.transmitted(wire.len()).expect("so many bytes");
            let handshaking = matches!(self.connection.phase, Phase::Handshake);
            let said = self.peer.hear(&wire, handshaking && self.setting.role() == Role::Client);
            self.note_tag(&said);
            self.scram.hear(&said);
            seen.said.extend(said);
            seen.wire.extend(&wire);
            if wire.is_empty() && seen.events.len() == events {
                break;
            }
        }
        let mut buffer = [0; 64];
        while let Ok(n @ 1..) = self.connection.read(&mut buffer) {
            seen.read.extend_from_slice(&buffer[..n]);
        }
    }

    /// Whether the server has proved in SCRAM that it knows the password.
    pub(super) fn has_scram_proof(&self) -> bool {
        self.scram.has_proved()
    }

    /// What the host says in its own mechanism is its own affair.
    fn note_proof(&mut self, symbol: &Symbol, seen: &Seen) {
        if let Act::Host(Host::Authenticate(mechanism, _)) = symbol.act {
            self.shown = mechanism == own_mechanism();
            self.scram = Scram::default();
            self.scram.hear(&seen.said);
        }
        let said = String::from_utf8_lossy(&seen.said);
        let named = ["EXTERNAL", "APOP "].iter().any(|word| said.contains(word));
        self.shown |= named || holds_password(&seen.said) || self.scram.has_proved();
    }

    fn note_tag(&mut self, said: &[u8]) {
        let said = String::from_utf8_lossy(said);
        let mut tags = said.lines().filter_map(|line| line.split_once(' ')).map(|(word, _)| word);
        let is_tag = |word: &&str| word.strip_prefix('a').is_some_and(|n| n.parse::<u32>().is_ok());
        if let Some(tag) = tags.rfind(is_tag) {
            self.tag = tag.into();
        }
    }

    /// Whether it may happen now: whether it has a meaning, and is told apart.
    pub(super) fn is_open_to(&self, node: &Node, symbol: &Symbol) -> bool {
        let speaks = !node.peer_closed;
        match symbol.act {
            _ if node.half && !symbol.fits_half() => false,
            // What waits behind would be read at once: that is two transitions.
            Act::Host(Host::TlsEstablished(HostTls::Certified)) if !self.setting.mapping => false,
            // A server's client need not have one.
            Act::Host(Host::TlsEstablished(HostTls::Unvalidated)) => self.setting.role() == Role::Client,
            Act::Host(host) if !node.pending.is_empty() && node.goes_on_reading(host) => false,
            Act::Rest(_) => node.half && !self.peer.has_half() && speaks,
            Act::Say(_) | Act::Half(_) => speaks && (node.pending.is_empty() || node.done),
            Act::Wire(_) => node.pending.is_empty() && speaks,
            Act::CloseNotify => speaks && self.connection.tls_facts().is_some(),
            Act::Tls(_) if self.setting.tls != Tls::Engine || node.state != State::Handshake => false,
            Act::Tls(Flight::Next) => !node.half || self.peer.has_half(),
            Act::Tls(Flight::Half) => true,
            Act::Tls(_) => node.flights == 0,
            _ => true,
        }
    }

    pub(super) fn node(&self) -> Node {
        let Connection { phase, plaintext, channel, .. } = &self.connection;
        let state = self.connection.state();
        let (mut detail, mut pending) =
            (String::new(), String::from_utf8_lossy(plaintext.as_slice()).into_owned());
        let mut half = self.peer.has_half();
        if matches!(phase, Phase::Certificate(_)) && !pending.is_empty() {
            half |= !pending.contains("\r\n");
            pending = if half { "half" } else { "a line" }.into();
        }
        if state == State::Judging {
            detail = format!("{:?}", self.connection.certificate_failure().map(Failure::check));
        }
        if let Phase::Dialogue { machine, stalled } = phase {
            assert!(!stalled, "all output has been taken");
            detail = machine.detail();
            half |= !pending.is_empty() && !pending.contains("\r\n");
            if machine.waits_for_host() && !pending.is_empty() {
                pending = if half { "half" } else { "a line" }.into();
            }
        }
        let done = matches!(phase, Phase::Closed);
        if done {
            pending.clear();
        }
        Node {
            state,
            detail,
            pending,
            flights: if state == State::Handshake { self.peer.flights() } else { 0 },
            half: half && !done,
            incomplete: channel.incomplete() > 0 && !done,
            peer_closed: channel.peer_closed() && !done,
            done,
        }
    }
}
