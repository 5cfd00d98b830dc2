//! The server's machine: the AUTHORIZATION state (RFC 1939 §4), inside TLS and, in `clear`, before.
//!
//! It answers by itself all that may come before authentication and asks the host only about
//! credentials. It must never know a mailbox, nor how the channel became confidential.

mod clear;
mod states;
#[cfg(test)]
mod tests;

use super::grammar::{
    BadCommand, Capability, Challenge, Command, Digest, Greeting, InitialResponse, Listed, MechanismName,
    Password, Reply, ResponseCode, UserName,
};
use crate::buffer::Buffer;
use crate::dialogue::line::{self, CommandLimit, LineFault};
use crate::dialogue::sasl::{self, ClientLine, Pending, ServerExchange, ServerSide, ServerStep};
use crate::dialogue::{
    Credentials, Decision, DialogueEvent, Effects, Farewell, Fault, Machine, Mechanism, Rejection,
    ServerMachine, ServerSettings, Step, Transition, foreign,
};
use crate::dialogue::{Particulars, Protection};
use crate::error::{Error, ErrorCode};
use crate::secret::Secret;
use crate::tls::policy::Confidential;
use std::sync::Arc;

/// A server before authentication.
///
/// ```text
///                 ┌───────── refused, malformed, cancelled ─────────┐
///                 ▼                                                 │
/// greeting ─► Authorization ── AUTH ──► Exchange ── last response ─► Deciding ── accepted ─► hand-off
///              │   └─────────── USER, PASS, APOP ──────────────────────▲
///              └── QUIT ─► end
///
/// in clear:
/// greeting ─► Authorization ── STLS ─► start of TLS, after which a new machine begins without
///              │  ▲      │             a greeting
///              │  └──────┘ CAPA; USER, PASS, APOP, AUTH are refused
///              └── QUIT ─► end
/// ```
pub(crate) struct Server {
    settings: Arc<ServerSettings>,
    protection: Protection,
    particulars: Particulars,
    state: State,
    /// No line has been read yet: it may still show that this is no mail client at all.
    first_line: bool,
    /// Of the command that is coming.
    limit: CommandLimit,
    /// The client has said `UTF8` (RFC 6856 §2).
    utf8: bool,
    bad_commands: u32,
    authentication_failures: u32,
}

enum State {
    /// Waits for a command; the user of a `USER` just before it, for `PASS`.
    Authorization { user: Option<String> },
    /// Waits for the client's response to a challenge. Inside TLS only, as the proof shows.
    Exchange { exchange: ServerExchange, rounds: u32, proof: Confidential },
    /// Waits for the host.
    Deciding { pending: Pending, rounds: u32, proof: Confidential },
}

const READY: State = State::Authorization { user: None };

impl Server {
    pub(crate) fn new(settings: Arc<ServerSettings>, protection: Protection) -> Self {
        Self {
            settings,
            protection,
            particulars: Particulars::default(),
            state: READY,
            first_line: true,
            limit: CommandLimit::default(),
            utf8: false,
            bad_commands: 0,
            authentication_failures: 0,
        }
    }

    /// A command inside TLS.
    fn command(
        self,
        line: &[u8],
        user: Option<String>,
        proof: Confidential,
        fx: &mut Effects,
    ) -> Transition<Self> {
        let command = match Command::parse(line) {
            Ok(command) => command,
            Err(BadCommand::Unknown) => return self.bad("unknown command", fx),
            Err(BadCommand::Arguments(usage)) => return self.bad(usage, fx),
        };
        match command {
            Command::Capa => list("capability list follows", &self.capabilities(), fx),
            Command::AuthList => match self.mechanisms() {
                names if names.is_empty() => return self.bad("no mechanism is offered", fx),
                names => list("mechanisms follow", &names, fx),
            },
            Command::Auth { mechanism, initial_response } => {
                return self.auth(mechanism, initial_response, proof, fx);
            }
            Command::User(name) => return self.user(name, fx),
            Command::Pass(password) => return self.pass(user, password, proof, fx),
            Command::Utf8 => return self.utf8(fx),
            Command::Quit => return Ok(quit(fx)),
            Command::Apop { name, digest } => return self.apop(name, digest, proof, fx),
            // RFC 2595 §4: not inside TLS.
            Command::Stls => return self.bad("TLS is already active", fx),
            Command::Transaction(_) => return self.bad("not authenticated", fx),
        }
        Ok(Step::More(self))
    }

    /// `USER` is always welcome, so that it tells nobody which users exist (RFC 1939 §13).
    fn user(mut self, name: UserName<'_>, fx: &mut Effects) -> Transition<Self> {
        if !self.settings.password_commands {
            return self.bad("USER is not offered, use AUTH", fx);
        }
        if !self.utf8 && !name.as_str().is_ascii() {
            return self.bad("the user name is not ASCII", fx);
        }
        Reply::ok("send PASS").write(&mut fx.output);
        self.state = State::Authorization { user: Some(name.as_str().to_owned()) };
        Ok(Step::More(self))
    }

    /// `PASS` may only come immediately after a successful `USER` (RFC 1939 §7).
    fn pass(
        self,
        user: Option<String>,
        password: Password<'_>,
        proof: Confidential,
        fx: &mut Effects,
    ) -> Transition<Self> {
        let Some(user) = user else { return self.bad("USER must come just before PASS", fx) };
        if self.utf8 && core::str::from_utf8(password.as_bytes()).is_err() {
            return self.bad("the password is not UTF-8", fx);
        }
        let password = Secret::from(password.as_bytes());
        let credentials = Credentials::received(&proof, Mechanism::Password, String::new(), user, password);
        self.ask(credentials, proof, fx)
    }

    /// `APOP` goes with a time stamp in the greeting (RFC 1939 §7).
    fn apop(
        self,
        name: UserName<'_>,
        digest: Digest<'_>,
        proof: Confidential,
        fx: &mut Effects,
    ) -> Transition<Self> {
        let Some(timestamp) = &self.particulars.apop_timestamp else {
            return self.bad("APOP is not supported", fx);
        };
        if !self.utf8 && !name.as_str().is_ascii() {
            return self.bad("the user name is not ASCII", fx);
        }
        let credentials = Credentials::received_apop(
            &proof,
            name.as_str().to_owned(),
            Secret::from(digest.as_str()),
            timestamp,
        );
        self.ask(credentials, proof, fx)
    }

    fn side<'a>(&'a self, proof: &'a Confidential) -> ServerSide<'a> {
        ServerSide { proof, settings: &self.settings, particulars: &self.particulars }
    }

    fn auth(
        self,
        name: MechanismName<'_>,
        initial_response: Option<InitialResponse<'_>>,
        proof: Confidential,
        fx: &mut Effects,
    ) -> Transition<Self> {
        let Some(mechanism) = self.side(&proof).offers(name.as_bytes()) else {
            return self.bad("the mechanism is not offered", fx);
        };
        let response = match initial_response.map(|r| sasl::parse_initial_response(r.as_bytes())).transpose()
        {
            Ok(response) => response,
            Err(reason) => return self.bad(reason, fx),
        };
        let step = ServerExchange::start(mechanism, response, self.side(&proof));
        self.exchange(step, 0, proof, fx)
    }

    /// A line of the client inside an exchange.
    fn response(
        self,
        exchange: ServerExchange,
        line: &[u8],
        rounds: u32,
        proof: Confidential,
        fx: &mut Effects,
    ) -> Transition<Self> {
        let step = match sasl::parse_client_line(line) {
            // RFC 5034 §4: a cancelled exchange ends with -ERR.
            Ok(ClientLine::Cancel) => exchange.cancel(),
            Ok(ClientLine::Response(response)) => exchange.respond(response, self.side(&proof)),
            Err(reason) => ServerStep::Malformed(reason),
        };
        self.exchange(step, rounds, proof, fx)
    }

    /// Carries out what an exchange, or the host's decision, comes to.
    fn exchange(
        mut self,
        step: ServerStep,
        rounds: u32,
        proof: Confidential,
        fx: &mut Effects,
    ) -> Transition<Self> {
        match step {
            ServerStep::Challenge(..) if rounds >= self.settings.limits.sasl_rounds => Err(leave(
                Reply::err("too many challenges, closing"),
                ErrorCode::LimitExceeded,
                "too many SASL challenges",
                fx,
            )),
            ServerStep::Challenge(exchange, challenge) => {
                Challenge(sasl::encode(challenge.as_bytes()).as_bytes()).write(&mut fx.output);
                self.state = State::Exchange { exchange, rounds: rounds + 1, proof };
                Ok(Step::More(self))
            }
            ServerStep::Ask(pending, event) => {
                fx.events.push(event);
                self.state = State::Deciding { pending, rounds, proof };
                Ok(Step::Wait(self))
            }
            ServerStep::Accepted => {
                Reply::ok("authenticated").write(&mut fx.output);
                fx.events.push(DialogueEvent::Authenticated);
                Ok(Step::HandOff)
            }
            ServerStep::Refused(why) => self.refuse(why, fx),
            ServerStep::Malformed(reason) => self.bad(reason, fx),
            ServerStep::Failed(why) => {
                let reply = Reply::err("try again later").with_code(ResponseCode::SYS_TEMP);
                Err(leave(reply, ErrorCode::Internal, why, fx))
            }
        }
    }

    fn ask(self, credentials: Credentials, proof: Confidential, fx: &mut Effects) -> Transition<Self> {
        let ask = ServerStep::Ask(Pending::Verdict, DialogueEvent::Credentials(credentials));
        self.exchange(ask, 0, proof, fx)
    }

    /// Answers credentials that are not accepted, and counts them.
    fn refuse(mut self, why: Rejection, fx: &mut Effects) -> Transition<Self> {
        let reply = rejection(why);
        self.authentication_failures = self.authentication_failures.saturating_add(1);
        if self.authentication_failures >= self.settings.limits.authentication_failures {
            let reply = Reply { text: b"too many refused authentications, closing", ..reply };
            return Err(leave(reply, ErrorCode::TooManyErrors, "too many refused authentications", fx));
        }
        reply.write(&mut fx.output);
        self.state = READY;
        Ok(Step::More(self))
    }

    fn utf8(mut self, fx: &mut Effects) -> Transition<Self> {
        if !self.settings.pop3_utf8 {
            return self.bad("UTF8 is not offered", fx);
        }
        Reply::ok("UTF8 enabled").write(&mut fx.output);
        if !self.utf8 {
            fx.events.push(DialogueEvent::Utf8Mode);
        }
        self.utf8 = true;
        Ok(Step::More(self))
    }

    /// Answers a command that makes no sense here, and counts it.
    fn bad(mut self, reason: &str, fx: &mut Effects) -> Transition<Self> {
        self.bad_commands = self.bad_commands.saturating_add(1);
        if self.bad_commands >= self.settings.limits.bad_commands {
            let reply = Reply::err("too many bad commands, closing");
            let reason = format!("too many bad commands, the last: {reason}");
            return Err(leave(reply, ErrorCode::TooManyErrors, reason, fx));
        }
        Reply::err(reason).write(&mut fx.output);
        Ok(Step::More(self))
    }

    /// The capabilities in this state inside TLS (RFC 2449 §6, RFC 3206 §6, RFC 5034 §3, RFC 6856 §2).
    fn capabilities(&self) -> Vec<String> {
        let s = &*self.settings;
        let mechanisms = self.mechanisms();
        let mut lines = Vec::new();
        lines.extend(s.password_commands.then(|| "USER".to_owned()));
        lines.extend((!mechanisms.is_empty()).then(|| format!("SASL {}", mechanisms.join(" "))));
        lines.extend(["RESP-CODES", "AUTH-RESP-CODE", "PIPELINING"].map(str::to_owned));
        lines.extend(s.pop3_utf8.then(|| "UTF8 USER".to_owned()));
        lines.extend(s.pop3_implementation.as_ref().map(|text| format!("IMPLEMENTATION {text}")));
        lines.extend(s.pop3_capabilities.iter().cloned());
        lines
    }

    fn mechanisms(&self) -> Vec<String> {
        let offered = sasl::offered(&self.settings, &self.particulars);
        offered.iter().filter_map(|m| m.sasl_name().map(str::to_owned)).collect()
    }

    /// How long the line at the front of the input may be.
    fn line_limit(&mut self, input: &[u8]) -> usize {
        let limits = &self.settings.limits;
        match self.state {
            State::Authorization { .. } => self.limit.of(input, limits.pop3_line, limits.sasl_line),
            _ => limits.sasl_line.max(limits.pop3_line),
        }
    }
}

fn quit(fx: &mut Effects) -> Step<Server> {
    Reply::ok("bye").write(&mut fx.output);
    Step::End
}

fn list(text: &str, lines: &[String], fx: &mut Effects) {
    Reply::ok(text).write(&mut fx.output);
    for line in lines {
        Capability(line.clone()).write(&mut fx.output);
    }
    Listed::End.write(&mut fx.output);
}

/// The last reply, and the fault that goes with it.
fn leave(reply: Reply<'_>, code: ErrorCode, reason: impl Into<String>, fx: &mut Effects) -> Fault {
    reply.write(&mut fx.output);
    Fault::new(code, reason)
}

/// The answer to credentials that the host rejects (RFC 3206 §4).
fn rejection(why: Rejection) -> Reply<'static> {
    match why {
        Rejection::InvalidCredentials => {
            Reply::err("wrong user name or password").with_code(ResponseCode::AUTH)
        }
        Rejection::NotAuthorized => Reply::err("may not act as that user").with_code(ResponseCode::AUTH),
        Rejection::TemporaryFailure => Reply::err("try again later").with_code(ResponseCode::SYS_TEMP),
    }
}

impl Machine for Server {
    fn told(mut self, particulars: Particulars) -> Self {
        self.particulars = particulars;
        self
    }

    fn start(self, fx: &mut Effects) -> Step<Self> {
        // After STLS there is no second greeting (RFC 2595 §4).
        if self.protection.greets() {
            let timestamp = self.particulars.apop_timestamp.as_deref();
            Greeting::ready(&self.settings.greeting_text, timestamp).write(&mut fx.output);
        }
        Step::More(self)
    }

    fn receive(mut self, input: &mut Buffer, fx: &mut Effects) -> Transition<Self> {
        if self.waits_for_host() {
            return Ok(Step::Wait(self));
        }
        if self.first_line {
            if let Some(protocol) = foreign::recognise(input.as_slice()) {
                return Err(Fault::new(ErrorCode::ForeignProtocol, format!("the client speaks {protocol}")));
            }
        }
        let limit = self.line_limit(input.as_slice());
        let line = match line::take_line(input, limit) {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(Step::Wait(self)),
            Err(fault) => {
                let code =
                    if fault == LineFault::TooLong { ErrorCode::LimitExceeded } else { ErrorCode::Syntax };
                let text = format!("{}, closing", fault.reason());
                return Err(leave(Reply::err(&text), code, fault.reason(), fx));
            }
        };
        self.first_line = false;
        self.limit = CommandLimit::default();
        fx.progress = true;
        match core::mem::replace(&mut self.state, READY) {
            State::Authorization { user } => match self.protection {
                Protection::Confidential { proof, .. } => self.command(&line, user, proof, fx),
                _ => self.command_in_clear(&line, input, fx),
            },
            State::Exchange { exchange, rounds, proof } => self.response(exchange, &line, rounds, proof, fx),
            state @ State::Deciding { .. } => Ok(Step::Wait(Self { state, ..self })),
        }
    }

    fn waits_for_host(&self) -> bool {
        matches!(self.state, State::Deciding { .. })
    }

    /// POP3 has no word for an unasked leave-taking. Where a command waits for its reply, this is
    /// the reply. Otherwise a client that was idle for too long is left without a word, as RFC
    /// 1939 §3 has it, and one that is not finds the reason in place of its next reply.
    fn farewell(&self, why: Farewell, output: &mut Buffer) {
        let idle = matches!(self.state, State::Authorization { .. });
        let text = match why {
            Farewell::Deadline if idle => return,
            Farewell::Deadline => "took too long, closing",
            Farewell::Shutdown => "shutting down, closing",
        };
        Reply::err(text).with_code(ResponseCode::SYS_TEMP).write(output);
    }
}

impl ServerMachine for Server {
    fn decide(self, decision: Decision, fx: &mut Effects) -> Result<Transition<Self>, (Self, Error)> {
        let Self { state: State::Deciding { pending, rounds, proof }, .. } = self else {
            return Err((self, Error::wrong_state("nobody waits for a decision")));
        };
        let server = Self { state: READY, ..self };
        match pending.decide(decision, server.side(&proof)) {
            Ok(step) => Ok(server.exchange(step, rounds, proof, fx)),
            Err((pending, why)) => Err((
                Self { state: State::Deciding { pending, rounds, proof }, ..server },
                Error::wrong_state(why),
            )),
        }
    }
}
