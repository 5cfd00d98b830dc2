//! The client's machine: greeting, `CAPA`, authentication, `QUIT`; `STLS` is in `clear`.
//!
//! It must never know how the channel became confidential, nor what the host does with the
//! mailbox afterwards.

mod clear;
mod states;
#[cfg(test)]
mod tests;

use super::grammar::{
    AuthReply, Capability, Challenge, Command, Digest, Greeting, InitialResponse, Listed, MechanismName,
    Password, Reply, Status, UserName,
};
use crate::buffer::Buffer;
use crate::dialogue;
use crate::dialogue::line::{self, LineFault};
use crate::dialogue::pop3::apop;
use crate::dialogue::sasl::{self, ClientExchange, ClientStep};
use crate::dialogue::{
    Capabilities, ClientMachine, ClientSettings, Credentials, DialogueEvent, Effects, Farewell, Fault,
    HandOff, Machine, Mechanism, Offer, Refusal, Step, Transition, foreign,
};
use crate::dialogue::{Particulars, Protection};
use crate::error::{Error, ErrorCode};
use crate::secret::Secret;
use crate::service::Protocol;
use crate::tls::policy::Confidential;
use std::sync::Arc;

/// Octets of a command line, line end included (RFC 2449 §4). It holds for `AUTH` with an
/// initial response too (RFC 5034 §4).
const COMMAND_LINE: usize = 255;

/// A client before authentication.
///
/// ```text
/// Greeting ─► Capa ─► CapaLines ─► Authorization ──► User ─► Pass ──► hand-off
///                 └──── -ERR ────────▲   │  │ └────► Exchange ───────────▲    (APOP: Pass at once)
///                                    │   │  │         │ ▲ └─► Cancelled ─┐
///                                    │   │  │         ▼ └── the host     │
///                                    │   │  │       Asking    responds   │
///                                    │   │  └── refused ──┘              │
///                                    │   └─► Quit ─► end                 │
///                                    └───────────────────────────────────┘
///
/// in clear, where nothing is an event but NotConfidential:
///              ┌────── -ERR ───────┐
///              │                   ▼
/// Greeting ─► Capa ─► CapaLines ─► Stls ── +OK ─► start of TLS; a new machine begins at Capa
///                         │         └───── -ERR ──┐
///                         └─ STLS is missing ─────┴─► fault, or Authorization ─► Quit ─► end
/// ```
pub(crate) struct Client {
    settings: Arc<ClientSettings>,
    /// Its proof is what lets credentials leave.
    protection: Protection,
    particulars: Particulars,
    state: State,
    /// What the server says it can do; `None` for a server without `CAPA`.
    capabilities: Option<Capabilities>,
    /// The time stamp of a greeting inside TLS, for `APOP`.
    timestamp: Option<String>,
    /// How the server has refused `CAPA`, until the host gives a command.
    refusal: Option<String>,
}

enum State {
    /// Waits for the greeting.
    Greeting,
    /// Waits for the first line of the answer to `CAPA`.
    Capa,
    /// Waits for the next line of it: those that could be read, and how many lines there were.
    CapaLines { kept: Vec<String>, lines: usize },
    /// In clear: waits for the answer to `STLS`.
    Stls,
    /// Waits for the host (RFC 1939 §4).
    Authorization,
    /// Waits for the answer to `USER`, with the `PASS` line that comes next.
    User { pass: Buffer },
    /// Waits for the answer to `PASS`.
    Pass,
    /// Waits for a challenge or the outcome of `AUTH`.
    Exchange { exchange: ClientExchange, rounds: u32 },
    /// Waits for the host, which answers a challenge of `AUTH`.
    Asking { exchange: ClientExchange, rounds: u32 },
    /// Waits for the answer to `*`, which was sent for this reason.
    Cancelled(&'static str),
    /// Waits for the answer to `QUIT`.
    Quit,
}

impl Client {
    pub(crate) fn new(settings: Arc<ClientSettings>, protection: Protection) -> Self {
        Self {
            settings,
            protection,
            particulars: Particulars::default(),
            state: State::Greeting,
            capabilities: None,
            timestamp: None,
            refusal: None,
        }
    }

    /// Reads one line.
    fn read(mut self, input: &mut Buffer, fx: &mut Effects) -> Transition<Self> {
        if matches!(self.state, State::Greeting) {
            if let Some(protocol) = foreign::recognise(input.as_slice()) {
                return Err(Fault::new(ErrorCode::ForeignProtocol, format!("the server speaks {protocol}")));
            }
        }
        let limits = &self.settings.limits;
        let limit = match self.state {
            State::Exchange { .. } | State::Asking { .. } => limits.sasl_line.max(limits.reply_line),
            _ => limits.reply_line,
        };
        let line = match line::take_line(input, limit) {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(Step::Wait(self)),
            Err(LineFault::TooLong) => {
                return Err(Fault::new(ErrorCode::LimitExceeded, LineFault::TooLong.reason()));
            }
            Err(fault) => return Err(Fault::new(ErrorCode::Syntax, fault.reason())),
        };
        let was_whole =
            |step: &Step<Self>| !matches!(step, Step::More(Self { state: State::CapaLines { .. }, .. }));
        let step = match core::mem::replace(&mut self.state, State::Authorization) {
            State::Greeting => self.greeting(&line, fx),
            State::Capa => self.capa(&line, fx),
            State::CapaLines { kept, lines } => self.capa_line(kept, lines, &line, fx),
            State::Stls => self.stls(&line, input, fx),
            // POP3 has no unasked replies; a -ERR is how servers are seen to take leave.
            State::Authorization => Err(match Reply::parse(&line) {
                Some(Reply { status: Status::Err, .. }) => self.refused_before(&line),
                _ => Fault::new(ErrorCode::Syntax, "a reply without a command"),
            }),
            State::User { pass } => self.user(&pass, &line, fx),
            State::Pass => Ok(self.outcome(&reply(&line)?, fx)),
            State::Exchange { exchange, rounds } => self.exchange(exchange, rounds, &line, fx),
            State::Asking { .. } => self.unanswered(&line, fx),
            State::Cancelled(why) => self.cancelled(why, &line, fx),
            State::Quit => reply(&line).map(|_| Step::End),
        }?;
        // The lines of one reply must not keep the command deadline from passing.
        fx.progress |= was_whole(&step);
        Ok(step)
    }

    fn greeting(mut self, line: &[u8], fx: &mut Effects) -> Transition<Self> {
        let Ok(greeting) = Greeting::parse(line) else {
            return Err(syntax("not a POP3 greeting", line));
        };
        let refusal = greeting.is_refusal();
        let confidential = matches!(self.protection, Protection::Confidential { .. });
        if confidential {
            self.timestamp = greeting.timestamp().map(str::to_owned);
            fx.events.push(DialogueEvent::Greeting(dialogue::Greeting::Pop3(greeting)));
        }
        if refusal {
            return Err(self.refuses_to_serve(line));
        }
        if confidential && self.settings.hand_off == HandOff::AfterGreeting {
            return Ok(Step::HandOff);
        }
        Ok(self.ask_capabilities(fx))
    }

    fn ask_capabilities(mut self, fx: &mut Effects) -> Step<Self> {
        Command::Capa.write(&mut fx.output);
        self.state = State::Capa;
        Step::More(self)
    }

    fn capa(mut self, line: &[u8], fx: &mut Effects) -> Transition<Self> {
        match reply(line)?.status {
            Status::Ok => {
                self.state = State::CapaLines { kept: Vec::new(), lines: 0 };
                Ok(Step::More(self))
            }
            // A server older than RFC 2449.
            Status::Err => {
                self.refusal = Some(line::printable(line));
                self.know(None, fx)
            }
        }
    }

    fn capa_line(
        mut self,
        mut kept: Vec<String>,
        lines: usize,
        line: &[u8],
        fx: &mut Effects,
    ) -> Transition<Self> {
        match Listed::parse(line) {
            Listed::End => self.know(Some(Capabilities::new(kept)), fx),
            Listed::Line(_) if lines >= self.settings.limits.reply_lines => {
                Err(Fault::new(ErrorCode::LimitExceeded, "too many capability lines"))
            }
            Listed::Line(text) => {
                kept.extend(Capability::parse(text).map(|capability| capability.0));
                self.state = State::CapaLines { kept, lines: lines + 1 };
                Ok(Step::More(self))
            }
        }
    }

    /// Goes on with what the server says it can do; `None` from a server without `CAPA`.
    fn know(mut self, capabilities: Option<Capabilities>, fx: &mut Effects) -> Transition<Self> {
        if let Protection::Clear { .. } = self.protection {
            return self.start_tls(capabilities.as_ref(), fx);
        }
        fx.events.push(DialogueEvent::Capabilities(capabilities.clone().unwrap_or_default()));
        self.capabilities = capabilities;
        Ok(self.wait_for_host())
    }

    fn wait_for_host(mut self) -> Step<Self> {
        self.state = State::Authorization;
        Step::Wait(self)
    }

    /// The answer to `USER`.
    fn user(mut self, pass: &Buffer, line: &[u8], fx: &mut Effects) -> Transition<Self> {
        let reply = reply(line)?;
        if reply.status == Status::Err {
            return Ok(self.refused(&reply, reply.refusal(), fx));
        }
        fx.output.extend(pass.as_slice());
        self.refusal = None;
        self.state = State::Pass;
        Ok(Step::More(self))
    }

    /// The server refuses to serve with `-ERR`, in the greeting or later.
    fn refuses_to_serve(&self, line: &[u8]) -> Fault {
        match self.protection {
            Protection::Confidential { .. } => refused(line),
            _ => Fault::refused_before_tls("-ERR"),
        }
    }

    /// The server takes leave with `-ERR`; what it has refused before is the first reason.
    fn refused_before(&self, line: &[u8]) -> Fault {
        match &self.refusal {
            Some(first) if matches!(self.protection, Protection::Confidential { .. }) => {
                let reason = format!("the server says: {first}; then: {}", line::printable(line));
                Fault::new(ErrorCode::RefusedByServer, reason)
            }
            _ => self.refuses_to_serve(line),
        }
    }

    /// The outcome of an authentication.
    fn outcome(self, reply: &Reply<'_>, fx: &mut Effects) -> Step<Self> {
        match reply.status {
            Status::Ok => {
                fx.events.extend(reply.message().map(DialogueEvent::Message));
                fx.events.push(DialogueEvent::Authenticated);
                Step::HandOff
            }
            Status::Err => self.refused(reply, reply.refusal(), fx),
        }
    }

    fn refused(mut self, reply: &Reply<'_>, refusal: Refusal, fx: &mut Effects) -> Step<Self> {
        self.refusal = None;
        fx.events.extend(reply.message().map(DialogueEvent::Message));
        fx.events.push(DialogueEvent::Refused(refusal));
        self.wait_for_host()
    }

    /// A line of the server inside an exchange.
    fn exchange(
        self,
        exchange: ClientExchange,
        rounds: u32,
        line: &[u8],
        fx: &mut Effects,
    ) -> Transition<Self> {
        match AuthReply::parse(line) {
            None => Err(Fault::new(ErrorCode::Syntax, "neither a challenge nor a reply")),
            // Whoever says yes before having heard the credentials is not to be believed.
            Some(AuthReply::Done(Reply { status: Status::Ok, .. })) if !exchange.is_complete() => {
                Err(Fault::new(ErrorCode::Syntax, "authenticated before the credentials were sent"))
            }
            Some(AuthReply::Done(reply)) if reply.status == Status::Ok => Ok(self.outcome(&reply, fx)),
            Some(AuthReply::Done(reply)) => {
                let details = exchange.details();
                Ok(self.refused(&reply, Refusal { details, ..reply.refusal() }, fx))
            }
            Some(AuthReply::Challenge(_)) if rounds >= self.settings.limits.sasl_rounds => {
                Err(Fault::new(ErrorCode::LimitExceeded, "too many SASL challenges"))
            }
            Some(AuthReply::Challenge(Challenge(challenge))) => {
                let (exchange, step) = exchange.respond(challenge)?;
                Ok(self.say(exchange, rounds + 1, step, fx))
            }
        }
    }

    /// Says what comes next in an exchange.
    fn say(
        mut self,
        exchange: ClientExchange,
        rounds: u32,
        step: ClientStep,
        fx: &mut Effects,
    ) -> Step<Self> {
        self.state = match step {
            ClientStep::Respond(response) => {
                fx.output.extend(sasl::encode(response.as_bytes()).as_bytes());
                State::Exchange { exchange, rounds }
            }
            // RFC 5034 §4: `*` cancels, and the server answers with -ERR.
            ClientStep::Cancel(why) => {
                fx.output.extend(b"*");
                State::Cancelled(why)
            }
            ClientStep::Ask(challenge) => {
                fx.events.push(DialogueEvent::Challenge(challenge));
                self.state = State::Asking { exchange, rounds };
                return Step::Wait(self);
            }
        };
        fx.output.extend(b"\r\n");
        Step::More(self)
    }

    /// A line of the server that did not wait for the host's response.
    fn unanswered(self, line: &[u8], fx: &mut Effects) -> Transition<Self> {
        let reply = reply(line)?;
        match reply.status {
            Status::Ok => Err(Fault::new(ErrorCode::Syntax, "authenticated before the response was sent")),
            Status::Err => Ok(self.refused(&reply, reply.refusal(), fx)),
        }
    }

    /// The answer to `*`.
    fn cancelled(self, why: &str, line: &[u8], fx: &mut Effects) -> Transition<Self> {
        let reply = reply(line)?;
        match reply.status {
            Status::Ok => Err(Fault::new(ErrorCode::Syntax, "+OK to a cancelled authentication")),
            Status::Err => Ok(self.refused(&reply, reply.refusal().of_cancelled(why), fx)),
        }
    }

    /// The command that starts the authentication, and the state in which its answer is awaited:
    /// nothing else writes credentials, and it wants the proof.
    fn first_command(
        &self,
        _proof: Confidential,
        credentials: &Credentials,
    ) -> Result<(Buffer, State), &'static str> {
        let mechanism = credentials.mechanism();
        match MechanismName::of(&mechanism) {
            Some(name) => self.auth_command(name, credentials),
            None if mechanism == Mechanism::Apop => self.apop_command(credentials),
            None => self.user_command(credentials),
        }
    }

    fn apop_command(&self, credentials: &Credentials) -> Result<(Buffer, State), &'static str> {
        let timestamp = self.timestamp.as_deref().ok_or("the server does not offer this mechanism")?;
        let name = user_name(credentials)?;
        if credentials.password().as_bytes().is_empty() {
            return Err("the password is empty or holds NUL or a line end");
        }
        let digest = apop::digest(timestamp, credentials.password().as_bytes());
        let digest = Digest::new(&digest).ok_or("the digest cannot be made")?;
        Ok((fitting(written(Command::Apop { name, digest }))?, State::Pass))
    }

    fn user_command(&self, credentials: &Credentials) -> Result<(Buffer, State), &'static str> {
        // A server without CAPA has nothing else to offer.
        if !self.capabilities.as_ref().is_none_or(|c| c.has("USER")) {
            return Err("the server does not offer this mechanism");
        }
        let name = user_name(credentials)?;
        let password = Password::new(credentials.password().as_bytes())
            .ok_or("the password is empty or holds NUL or a line end")?;
        let pass = fitting(written(Command::Pass(password)))?;
        Ok((fitting(written(Command::User(name)))?, State::User { pass }))
    }

    fn auth_command(
        &self,
        mechanism: MechanismName<'_>,
        credentials: &Credentials,
    ) -> Result<(Buffer, State), &'static str> {
        let is_named = |name: dialogue::MechanismName| {
            name.as_str().as_bytes().eq_ignore_ascii_case(mechanism.as_bytes())
        };
        let offered = self.capabilities.as_ref().filter(|c| c.sasl_mechanisms().any(is_named));
        let offered = offered.ok_or("the server does not offer this mechanism")?;
        let (bindings, most) = (&self.particulars.channel_bindings, self.settings.limits.scram_iterations);
        let exchange = ClientExchange::new(credentials, offered, bindings, most)?;
        if let Some(response) = exchange.initial_response() {
            let text = sasl::write_initial_response(response);
            let initial_response = InitialResponse::new(text.as_bytes());
            let command = written(Command::Auth { mechanism, initial_response });
            // RFC 5034 §4: a longer one has to wait for the server's empty challenge.
            if command.len() <= COMMAND_LINE {
                let exchange = exchange.initial_response_sent();
                return Ok((command, State::Exchange { exchange, rounds: 0 }));
            }
        }
        let command = written(Command::Auth { mechanism, initial_response: None });
        Ok((command, State::Exchange { exchange, rounds: 0 }))
    }
}

/// The user's name for the commands that have no authorization identity.
fn user_name(credentials: &Credentials) -> Result<UserName<'_>, &'static str> {
    if !credentials.authorization_identity().is_empty() {
        return Err("USER, PASS and APOP have no authorization identity");
    }
    // 8-bit names need the UTF8 command (RFC 6856 §2), which is the host's to send.
    UserName::new(credentials.authentication_identity())
        .filter(|name| name.as_str().is_ascii())
        .ok_or("the user name is empty, has a space, or has other than printable ASCII characters")
}

fn fitting(command: Buffer) -> Result<Buffer, &'static str> {
    let fits = command.len() <= COMMAND_LINE;
    if fits { Ok(command) } else { Err("the user name or password is too long for its command") }
}

fn written(command: Command<'_>) -> Buffer {
    let mut line = Buffer::default();
    command.write(&mut line);
    line
}

/// The line stays out of the reason: who echoes what it was sent must not get it into a log.
fn reply(line: &[u8]) -> Result<Reply<'_>, Fault> {
    Reply::parse(line).ok_or_else(|| Fault::new(ErrorCode::Syntax, "not a POP3 reply"))
}

fn syntax(what: &str, line: &[u8]) -> Fault {
    Fault::new(ErrorCode::Syntax, format!("{what}: {}", line::printable(line)))
}

fn refused(line: &[u8]) -> Fault {
    Fault::new(ErrorCode::RefusedByServer, format!("the server says: {}", line::printable(line)))
}

impl Machine for Client {
    fn told(mut self, particulars: Particulars) -> Self {
        self.particulars = particulars;
        self
    }

    fn start(self, fx: &mut Effects) -> Step<Self> {
        match self.protection {
            // After STLS there is no second greeting (RFC 2595 §4).
            Protection::Confidential { greeting: false, .. } => self.ask_capabilities(fx),
            _ => Step::More(self),
        }
    }

    fn receive(self, input: &mut Buffer, fx: &mut Effects) -> Transition<Self> {
        let needs_tls = self.needs_tls();
        self.read(input, fx).map_err(|fault| if needs_tls { clear::without_tls(fault) } else { fault })
    }

    fn waits_for_host(&self) -> bool {
        matches!(self.state, State::Authorization | State::Asking { .. })
    }

    fn last_refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    fn is_logging_out(&self) -> bool {
        matches!(self.state, State::Quit)
    }

    fn farewell(&self, _why: Farewell, _output: &mut Buffer) {}
}

impl ClientMachine for Client {
    fn offer(&self) -> Option<Offer<'_>> {
        let ready = self.may_command() && matches!(self.protection, Protection::Confidential { .. });
        ready.then(|| Offer {
            protocol: Protocol::Pop3,
            capabilities: self.capabilities.as_ref().unwrap_or(Capabilities::NONE),
            bound: !self.particulars.channel_bindings.is_empty(),
            floor: self.settings.mechanism_floor,
        })
    }

    fn authenticate(
        mut self,
        credentials: Credentials,
        fx: &mut Effects,
    ) -> Result<Step<Self>, (Self, Error)> {
        let Protection::Confidential { proof, .. } = self.protection else {
            return Err((self, Error::wrong_state("not confidential")));
        };
        let admitted = self
            .offer()
            .ok_or_else(|| Error::wrong_state("the server has not answered yet"))
            .and_then(|offer| offer.check(credentials.mechanism(), credentials.authentication_identity()));
        if let Err(why) = admitted {
            return Err((self, why));
        }
        match self.first_command(proof, &credentials) {
            Ok((command, state)) => {
                fx.output.extend(command.as_slice());
                self.refusal = None;
                self.state = state;
                Ok(Step::More(self))
            }
            Err(why) => Err((self, Error::invalid(why))),
        }
    }

    fn respond(self, response: Option<Secret>, fx: &mut Effects) -> Result<Transition<Self>, (Self, Error)> {
        let Self { state: State::Asking { exchange, rounds }, .. } = self else {
            return Err((self, Error::wrong_state("no challenge waits for a response")));
        };
        let step = response.map_or(ClientStep::Cancel(sasl::CANCELLED_BY_HOST), ClientStep::Respond);
        Ok(Ok(Self { state: State::Authorization, ..self }.say(exchange, rounds, step, fx)))
    }

    fn log_out(mut self, fx: &mut Effects) -> Result<Step<Self>, (Self, Error)> {
        if !self.may_command() {
            return Err((self, Error::wrong_state("the server has not answered yet")));
        }
        Command::Quit.write(&mut fx.output);
        self.state = State::Quit;
        Ok(Step::More(self))
    }
}

impl Client {
    /// Whether no command runs.
    fn may_command(&self) -> bool {
        matches!(self.state, State::Authorization)
    }
}
