//! The client's machine: greeting, `CAPA`, authentication, `QUIT`; `STLS` is in `clear`.
//!
//! It must never know how the channel became confidential, nor what the host does with the
//! mailbox afterwards.

mod clear;
mod states;
#[cfg(test)]
mod tests;

use super::grammar::{
    AuthReply, Capability, Command, Greeting, InitialResponse, Listed, MechanismName, Password, Reply,
    Status, UserName,
};
use crate::buffer::Buffer;
use crate::dialogue;
use crate::dialogue::line::{self, LineFault};
use crate::dialogue::sasl::{self, ClientExchange};
use crate::dialogue::{
    Capabilities, ClientMachine, ClientSettings, Credentials, DialogueEvent, Effects, Farewell, Fault,
    HandOff, Machine, Step, Transition, foreign,
};
use crate::dialogue::{Particulars, Protection};
use crate::error::ErrorCode;
use crate::tls::policy::Confidential;
use std::sync::Arc;

/// Octets of a command line, line end included (RFC 2449 §4). It holds for `AUTH` with an
/// initial response too (RFC 5034 §4).
const COMMAND_LINE: usize = 255;

/// A client before authentication.
///
/// ```text
/// Greeting ─► Capa ─► CapaLines ─► Authorization ──► User ─► Pass ──► hand-off
///                 └──── -ERR ────────▲   │  │ └────► Exchange ───────────▲
///                                    │   │  └── refused ──┘ └─► Cancelled ─┐
///                                    │   └─► Quit ─► end                    │
///                                    └──────────────────────────────────────┘
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
}

enum State {
    /// Waits for the greeting.
    Greeting,
    /// Waits for the first line of the answer to `CAPA`.
    Capa,
    /// Waits for the next line of it.
    CapaLines(Vec<String>),
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
    /// Waits for the answer to `*`.
    Cancelled,
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
            State::Exchange { .. } => limits.sasl_line.max(limits.reply_line),
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
            |step: &Step<Self>| !matches!(step, Step::More(Self { state: State::CapaLines(_), .. }));
        let step = match core::mem::replace(&mut self.state, State::Authorization) {
            State::Greeting => self.greeting(&line, fx),
            State::Capa => self.capa(&line, fx),
            State::CapaLines(lines) => self.capa_line(lines, &line, fx),
            State::Stls => self.stls(&line, input, fx),
            // POP3 has no unasked replies; a -ERR is how servers are seen to take leave.
            State::Authorization => Err(match Reply::parse(&line) {
                Some(Reply { status: Status::Err, .. }) => refused(&line),
                _ => Fault::new(ErrorCode::Syntax, "a reply without a command"),
            }),
            State::User { pass } => self.user(&pass, &line, fx),
            State::Pass => Ok(self.outcome(&reply(&line)?, fx)),
            State::Exchange { exchange, rounds } => self.exchange(exchange, rounds, &line, fx),
            State::Cancelled => self.cancelled(&line, fx),
            State::Quit => reply(&line).map(|_| Step::End),
        }?;
        // The lines of one reply must not keep the command deadline from passing.
        fx.progress |= was_whole(&step);
        Ok(step)
    }

    fn greeting(self, line: &[u8], fx: &mut Effects) -> Transition<Self> {
        let Ok(greeting) = Greeting::parse(line) else {
            return Err(syntax("not a POP3 greeting", line));
        };
        let refusal = greeting.is_refusal();
        let confidential = matches!(self.protection, Protection::Confidential { .. });
        if confidential {
            fx.events.push(DialogueEvent::Greeting(dialogue::Greeting::Pop3(greeting)));
        }
        if refusal {
            return Err(refused(line));
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
                self.state = State::CapaLines(Vec::new());
                Ok(Step::More(self))
            }
            // A server older than RFC 2449.
            Status::Err => self.know(None, fx),
        }
    }

    fn capa_line(mut self, mut lines: Vec<String>, line: &[u8], fx: &mut Effects) -> Transition<Self> {
        match Listed::parse(line) {
            Listed::End => self.know(Some(Capabilities::new(lines)), fx),
            Listed::Line(_) if lines.len() >= self.settings.limits.reply_lines => {
                Err(Fault::new(ErrorCode::LimitExceeded, "too many capability lines"))
            }
            Listed::Line(text) => {
                let Some(capability) = Capability::parse(text) else {
                    return Err(syntax("not a capability", line));
                };
                lines.push(capability.0.to_owned());
                self.state = State::CapaLines(lines);
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
            return Ok(self.refused(&reply, fx));
        }
        fx.output.extend(pass.as_slice());
        self.state = State::Pass;
        Ok(Step::More(self))
    }

    /// The outcome of an authentication.
    fn outcome(self, reply: &Reply<'_>, fx: &mut Effects) -> Step<Self> {
        match reply.status {
            Status::Ok => {
                fx.events.push(DialogueEvent::Authenticated);
                Step::HandOff
            }
            Status::Err => self.refused(reply, fx),
        }
    }

    fn refused(self, reply: &Reply<'_>, fx: &mut Effects) -> Step<Self> {
        fx.events.push(DialogueEvent::Refused(reply.refusal()));
        self.wait_for_host()
    }

    /// A line of the server inside an exchange.
    fn exchange(
        mut self,
        mut exchange: ClientExchange,
        rounds: u32,
        line: &[u8],
        fx: &mut Effects,
    ) -> Transition<Self> {
        match AuthReply::parse(line) {
            None => Err(Fault::new(ErrorCode::Syntax, "neither a challenge nor a reply")),
            // Whoever says yes before having heard the credentials is not to be believed.
            Some(AuthReply::Done(Reply { status: Status::Ok, .. })) if exchange.respond().is_some() => {
                Err(Fault::new(ErrorCode::Syntax, "authenticated before the credentials were sent"))
            }
            Some(AuthReply::Done(reply)) => Ok(self.outcome(&reply, fx)),
            Some(AuthReply::Challenge(_)) if rounds >= self.settings.limits.sasl_rounds => {
                Err(Fault::new(ErrorCode::LimitExceeded, "too many SASL challenges"))
            }
            Some(AuthReply::Challenge(_)) => {
                match exchange.respond() {
                    Some(response) => {
                        fx.output.extend(sasl::encode(response.as_bytes()).as_bytes());
                        self.state = State::Exchange { exchange, rounds: rounds + 1 };
                    }
                    // RFC 5034 §4: `*` cancels, and the server answers with -ERR.
                    None => {
                        fx.output.extend(b"*");
                        self.state = State::Cancelled;
                    }
                }
                fx.output.extend(b"\r\n");
                Ok(Step::More(self))
            }
        }
    }

    /// The answer to `*`.
    fn cancelled(self, line: &[u8], fx: &mut Effects) -> Transition<Self> {
        let reply = reply(line)?;
        match reply.status {
            Status::Ok => Err(Fault::new(ErrorCode::Syntax, "+OK to a cancelled authentication")),
            Status::Err => Ok(self.refused(&reply, fx)),
        }
    }

    /// The command that starts the authentication, and the state in which its answer is awaited:
    /// nothing else writes credentials, and it wants the proof.
    fn first_command(
        &self,
        _proof: Confidential,
        credentials: Credentials,
    ) -> Result<(Buffer, State), &'static str> {
        match MechanismName::of(credentials.mechanism()) {
            None => self.user_command(&credentials),
            Some(mechanism) => self.auth_command(mechanism, credentials),
        }
    }

    fn user_command(&self, credentials: &Credentials) -> Result<(Buffer, State), &'static str> {
        // A server without CAPA has nothing else to offer.
        if !self.capabilities.as_ref().is_none_or(|c| c.has("USER")) {
            return Err("not offered by the server");
        }
        if !credentials.authorization_identity().is_empty() {
            return Err("USER and PASS have no authorization identity");
        }
        // 8-bit names need the UTF8 command (RFC 6856 §2), which is the host's to send.
        let name = UserName::new(credentials.authentication_identity())
            .filter(|name| name.as_str().is_ascii())
            .ok_or("the user name is empty or has other than printable ASCII characters")?;
        let password = Password::new(credentials.password().as_bytes())
            .ok_or("the password is empty or holds NUL or a line end")?;
        let (user, pass) = (written(Command::User(name)), written(Command::Pass(password)));
        if user.len() > COMMAND_LINE || pass.len() > COMMAND_LINE {
            return Err("the user name or password is too long for USER and PASS");
        }
        Ok((user, State::User { pass }))
    }

    fn auth_command(
        &self,
        mechanism: MechanismName<'_>,
        credentials: Credentials,
    ) -> Result<(Buffer, State), &'static str> {
        let offered = self.capabilities.as_ref().and_then(|c| c.parameters("SASL")).is_some_and(|list| {
            list.split(' ').any(|name| name.as_bytes().eq_ignore_ascii_case(mechanism.as_bytes()))
        });
        if !offered {
            return Err("not offered by the server");
        }
        let mut exchange = ClientExchange::new(credentials)?;
        if let Some(response) = exchange.initial_response() {
            let text = sasl::write_initial_response(&response);
            let initial_response = InitialResponse::new(text.as_bytes());
            let command = written(Command::Auth { mechanism, initial_response });
            // RFC 5034 §4: a longer one has to wait for the server's empty challenge.
            if command.len() <= COMMAND_LINE {
                exchange.initial_response_sent();
                return Ok((command, State::Exchange { exchange, rounds: 0 }));
            }
        }
        let command = written(Command::Auth { mechanism, initial_response: None });
        Ok((command, State::Exchange { exchange, rounds: 0 }))
    }
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
        matches!(self.state, State::Authorization)
    }

    fn farewell(&self, _why: Farewell, _output: &mut Buffer) {}
}

impl ClientMachine for Client {
    fn authenticate(
        mut self,
        credentials: Credentials,
        fx: &mut Effects,
    ) -> Result<Step<Self>, (Self, &'static str)> {
        let Protection::Confidential { proof, .. } = self.protection else {
            return Err((self, "not confidential"));
        };
        if !self.waits_for_host() {
            return Err((self, "the server has not answered yet"));
        }
        match self.first_command(proof, credentials) {
            Ok((command, state)) => {
                fx.output.extend(command.as_slice());
                self.state = state;
                Ok(Step::More(self))
            }
            Err(why) => Err((self, why)),
        }
    }

    fn log_out(mut self, fx: &mut Effects) -> Step<Self> {
        if !self.waits_for_host() {
            return Step::Wait(self);
        }
        Command::Quit.write(&mut fx.output);
        self.state = State::Quit;
        Step::More(self)
    }
}
