//! The server's side of a submission until the client is authenticated.
//!
//! In clear, where nothing but STARTTLS leads anywhere (`clear`):
//!
//! ```text
//! Silent ──line──► Nameless ──STARTTLS──► TLS, and a new machine that knows nothing of this one
//! ```
//!
//! Inside TLS:
//!
//! ```text
//! Silent ──line──► Nameless ──EHLO, HELO──► Named ──AUTH──► Exchange ──► Deciding ──► hand-off
//!                                             ▲  malformed, cancelled │        │
//!                                             └───────────────────────┴────────┘ rejected
//! ```
//!
//! It must never know whether credentials are right. The proof that the channel is confidential
//! is taken out of the protection for each line; without it no function here that takes part in
//! authentication can be called.

use super::grammar::{
    ClientName, Command, CommandError, InitialResponse, Reply, ReplyCode, ReplyLine, SaslMechanism,
};
use crate::buffer::Buffer;
use crate::dialogue::line::{CommandLimit, LineFault, take_line};
use crate::dialogue::sasl::{self, ClientLine, Pending, ServerExchange, ServerSide, ServerStep};
use crate::dialogue::{
    Decision, DialogueEvent, Effects, Farewell, Fault, Machine, Rejection, ServerMachine, ServerSettings,
    Step, Transition, foreign,
};
use crate::dialogue::{Particulars, Protection};
use crate::error::{Error, ErrorCode};
use crate::tls::policy::Confidential;
use std::sync::Arc;

mod clear;
mod states;
#[cfg(test)]
mod tests;

/// A submission server, in clear or inside TLS.
pub(crate) struct Server {
    settings: Arc<ServerSettings>,
    protection: Protection,
    particulars: Particulars,
    bad_commands: u32,
    refusals: u32,
    state: State,
    /// Of the command that is coming.
    limit: CommandLimit,
}

enum State {
    /// The client has not completed a line: it may yet turn out to speak another protocol.
    Silent,
    /// The client has not said its name.
    Nameless,
    /// `EHLO` or `HELO` has been answered: `AUTH` may come.
    Named,
    /// A challenge has been sent, the last of so many.
    Exchange { exchange: ServerExchange, challenges: u32 },
    /// The host has the word.
    Deciding { pending: Pending, challenges: u32, proof: Confidential },
}

impl Server {
    pub(crate) fn new(settings: Arc<ServerSettings>, protection: Protection) -> Self {
        Self {
            settings,
            protection,
            particulars: Particulars::default(),
            bad_commands: 0,
            refusals: 0,
            state: State::Silent,
            limit: CommandLimit::default(),
        }
    }

    /// The bound of the line that `input` begins with.
    fn line_limit(&mut self, input: &[u8]) -> usize {
        let limits = &self.settings.limits;
        match self.state {
            State::Exchange { .. } => limits.sasl_line,
            _ => self.limit.of(input, limits.smtp_line, limits.sasl_line),
        }
    }

    /// A line of a client inside TLS.
    fn line(self, line: &[u8], proof: Confidential, fx: &mut Effects) -> Transition<Self> {
        match self.state {
            // Whatever comes of the response, the exchange is over or has a new state.
            State::Exchange { exchange, challenges } => {
                Self { state: State::Named, ..self }.respond(exchange, challenges, line, proof, fx)
            }
            State::Silent => Self { state: State::Nameless, ..self }.command(line, proof, fx),
            State::Nameless | State::Named | State::Deciding { .. } => self.command(line, proof, fx),
        }
    }

    fn command(self, line: &[u8], proof: Confidential, fx: &mut Effects) -> Transition<Self> {
        match Command::parse(line) {
            Ok(Command::Ehlo(name)) => Ok(self.ehlo(name, fx)),
            Ok(Command::Helo(name)) => Ok(self.helo(name, fx)),
            Ok(Command::Auth { mechanism, initial_response }) => {
                self.auth(mechanism, initial_response, proof, fx)
            }
            Ok(Command::Noop | Command::Rset) => self.answer(ReplyCode::COMPLETED, "2.0.0 OK", fx),
            Ok(Command::Help) => self.answer(ReplyCode::HELP, "2.0.0 EHLO HELO AUTH NOOP RSET HELP QUIT", fx),
            Ok(Command::Quit) => Ok(self.quit(fx)),
            // RFC 3207 §4.2 has it neither offered nor accepted inside TLS.
            Ok(Command::StartTls) => self.bad(ReplyCode::BAD_SEQUENCE, "5.5.1 TLS is already active", fx),
            // RFC 4954 §6.
            Ok(Command::ForAuthenticated(_)) => {
                self.bad(ReplyCode::AUTHENTICATION_REQUIRED, "5.7.0 Authentication required", fx)
            }
            Ok(Command::NotImplemented(_)) => {
                self.bad(ReplyCode::NOT_IMPLEMENTED, "5.5.1 Command not implemented", fx)
            }
            Err(error) => self.no_command(error, fx),
        }
    }

    fn quit(self, fx: &mut Effects) -> Step<Self> {
        let text = format!("2.0.0 {} closing connection", self.settings.host_name);
        say(ReplyCode::SERVICE_CLOSING, &text, &mut fx.output);
        Step::End
    }

    fn no_command(self, error: CommandError, fx: &mut Effects) -> Transition<Self> {
        let (code, text) = match error {
            CommandError::Arguments => (ReplyCode::SYNTAX_ERROR_IN_PARAMETERS, "5.5.4 Invalid arguments"),
            // RFC 5321 §4.1.1.1 asks for it, and no other server takes a client without.
            CommandError::NameMissing => {
                (ReplyCode::SYNTAX_ERROR_IN_PARAMETERS, "5.5.4 Your host name is missing")
            }
            CommandError::ControlCharacter => {
                (ReplyCode::SYNTAX_ERROR, "5.5.2 A command holds no control characters")
            }
            CommandError::UnknownVerb => (ReplyCode::SYNTAX_ERROR, "5.5.1 Unknown command"),
        };
        self.bad(code, text, fx)
    }

    fn ehlo(self, name: ClientName<'_>, fx: &mut Effects) -> Step<Self> {
        let ServerSettings { host_name, smtp_size, smtp_keywords, .. } = &*self.settings;
        let mut lines = vec![host_name.clone()];
        lines.extend(["PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES"].map(String::from));
        let offered = sasl::offered(&self.settings, &self.particulars);
        let mechanisms: Vec<&str> = offered.iter().filter_map(|m| m.sasl_name()).collect();
        if !mechanisms.is_empty() {
            lines.push(format!("AUTH {}", mechanisms.join(" ")));
        }
        // RFC 1870 §4: no fixed limit is told by the keyword alone as well as by 0.
        lines.extend(smtp_size.map(|n| if n == 0 { "SIZE".into() } else { format!("SIZE {n}") }));
        lines.extend_from_slice(smtp_keywords);
        Reply::new(ReplyCode::COMPLETED, lines).write(&mut fx.output);
        self.named(name, true, fx)
    }

    fn helo(self, name: ClientName<'_>, fx: &mut Effects) -> Step<Self> {
        say(ReplyCode::COMPLETED, &self.settings.host_name, &mut fx.output);
        self.named(name, false, fx)
    }

    fn named(self, name: ClientName<'_>, extended: bool, fx: &mut Effects) -> Step<Self> {
        fx.events.push(DialogueEvent::ClientName { name: name.label(), extended });
        Step::More(Self { state: State::Named, ..self })
    }

    /// After `HELO` too, whose answer offers nothing: some devices are told by their users how to log in.
    fn auth(
        self,
        mechanism: SaslMechanism<'_>,
        initial_response: Option<InitialResponse<'_>>,
        proof: Confidential,
        fx: &mut Effects,
    ) -> Transition<Self> {
        if !matches!(self.state, State::Named) {
            return self.bad(ReplyCode::BAD_SEQUENCE, "5.5.1 Send EHLO first", fx);
        }
        let Some(mechanism) = self.side(&proof).offers(mechanism.as_bytes()) else {
            let text = "5.5.4 Unrecognized authentication type";
            return self.bad(ReplyCode::PARAMETER_NOT_IMPLEMENTED, text, fx);
        };
        let response = initial_response.map(|response| sasl::parse_initial_response(response.as_bytes()));
        let Ok(response) = response.transpose() else {
            return self.bad_base64(fx);
        };
        let step = ServerExchange::start(mechanism, response, self.side(&proof));
        self.exchange(step, 0, proof, fx)
    }

    fn side<'a>(&'a self, proof: &'a Confidential) -> ServerSide<'a> {
        ServerSide { proof, settings: &self.settings, particulars: &self.particulars }
    }

    /// A line inside an exchange, which is a response whatever it looks like.
    fn respond(
        self,
        exchange: ServerExchange,
        challenges: u32,
        line: &[u8],
        proof: Confidential,
        fx: &mut Effects,
    ) -> Transition<Self> {
        let step = match sasl::parse_client_line(line) {
            Ok(ClientLine::Response(response)) => exchange.respond(response, self.side(&proof)),
            Ok(ClientLine::Cancel) => match exchange.cancel() {
                ServerStep::Malformed(_) => {
                    let text = "5.0.0 Authentication cancelled";
                    return self.bad(ReplyCode::SYNTAX_ERROR_IN_PARAMETERS, text, fx);
                }
                step => step,
            },
            Err(_) => return self.bad_base64(fx),
        };
        self.exchange(step, challenges, proof, fx)
    }

    /// Carries out what an exchange, or the host's decision, comes to.
    fn exchange(
        self,
        step: ServerStep,
        challenges: u32,
        proof: Confidential,
        fx: &mut Effects,
    ) -> Transition<Self> {
        match step {
            ServerStep::Challenge(..) if challenges >= self.settings.limits.sasl_rounds => {
                let fault = Fault::new(ErrorCode::LimitExceeded, "too many challenges in a SASL exchange");
                Err(self.goodbye("4.7.0", "Too many challenges", fault, fx))
            }
            ServerStep::Challenge(exchange, challenge) => {
                let text = sasl::encode(challenge.as_bytes());
                ReplyLine { code: ReplyCode::CHALLENGE, last: true, text: text.as_bytes() }
                    .write(&mut fx.output);
                let state = State::Exchange { exchange, challenges: challenges.saturating_add(1) };
                Ok(Step::More(Self { state, ..self }))
            }
            ServerStep::Ask(pending, event) => {
                fx.events.push(event);
                Ok(Step::Wait(Self { state: State::Deciding { pending, challenges, proof }, ..self }))
            }
            ServerStep::Accepted => {
                let text = "2.7.0 Authentication succeeded";
                say(ReplyCode::AUTHENTICATION_SUCCEEDED, text, &mut fx.output);
                fx.events.push(DialogueEvent::Authenticated);
                Ok(Step::HandOff)
            }
            ServerStep::Refused(rejection) => self.refuse(rejection, fx),
            ServerStep::Failed(why) => {
                let fault = Fault::new(ErrorCode::Internal, why);
                Err(self.goodbye("4.3.0", "Try again later", fault, fx))
            }
            ServerStep::Malformed(_) => {
                self.bad(ReplyCode::SYNTAX_ERROR_IN_PARAMETERS, "5.5.2 Malformed SASL response", fx)
            }
        }
    }

    fn answer(self, code: ReplyCode, text: &str, fx: &mut Effects) -> Transition<Self> {
        say(code, text, &mut fx.output);
        Ok(Step::More(self))
    }

    /// Answers credentials that are not accepted, and counts them.
    fn refuse(mut self, rejection: Rejection, fx: &mut Effects) -> Transition<Self> {
        let (code, text) = match rejection {
            // One answer for both: which of the two it was would tell that the password is right.
            Rejection::InvalidCredentials | Rejection::NotAuthorized => {
                (ReplyCode::CREDENTIALS_INVALID, "5.7.8 Authentication credentials invalid")
            }
            Rejection::TemporaryFailure => {
                (ReplyCode::TEMPORARY_AUTHENTICATION_FAILURE, "4.7.0 Temporary authentication failure")
            }
        };
        say(code, text, &mut fx.output);
        self.refusals = self.refusals.saturating_add(1);
        if self.refusals >= self.settings.limits.authentication_failures {
            let fault = Fault::new(ErrorCode::TooManyErrors, "too many refused authentications");
            return Err(self.goodbye("4.7.0", "Too many errors", fault, fx));
        }
        Ok(Step::More(Self { state: State::Named, ..self }))
    }

    fn bad_base64(self, fx: &mut Effects) -> Transition<Self> {
        self.bad(ReplyCode::SYNTAX_ERROR_IN_PARAMETERS, "5.5.2 Cannot decode base64", fx)
    }

    /// Answers a command that cannot be carried out, and counts it.
    fn bad(mut self, code: ReplyCode, text: &str, fx: &mut Effects) -> Transition<Self> {
        say(code, text, &mut fx.output);
        self.bad_commands = self.bad_commands.saturating_add(1);
        if self.bad_commands >= self.settings.limits.bad_commands {
            let fault = Fault::new(ErrorCode::TooManyErrors, "too many bad commands");
            return Err(self.goodbye("4.7.0", "Too many errors", fault, fx));
        }
        Ok(Step::More(self))
    }

    fn line_fault(&self, line_fault: LineFault, fx: &mut Effects) -> Fault {
        let (code, text) = match line_fault {
            LineFault::TooLong => (ErrorCode::LimitExceeded, "5.5.6 Line too long"),
            LineFault::BareLf | LineFault::BareCr | LineFault::Nul => {
                (ErrorCode::Syntax, "5.5.2 Lines end with CR LF and hold no NUL")
            }
        };
        say(ReplyCode::SYNTAX_ERROR, text, &mut fx.output);
        self.goodbye("4.7.0", "Protocol error", Fault::new(code, line_fault.reason()), fx)
    }

    /// Takes leave because of a fault.
    fn goodbye(&self, enhanced: &str, why: &str, fault: Fault, fx: &mut Effects) -> Fault {
        self.not_available(enhanced, why, &mut fx.output);
        fault
    }

    fn not_available(&self, enhanced: &str, why: &str, output: &mut Buffer) {
        let text = format!("{enhanced} {} {why}, closing connection", self.settings.host_name);
        say(ReplyCode::SERVICE_NOT_AVAILABLE, &text, output);
    }
}

impl Machine for Server {
    fn told(mut self, particulars: Particulars) -> Self {
        self.particulars = particulars;
        self
    }

    fn start(self, fx: &mut Effects) -> Step<Self> {
        // RFC 3207 §4.2: after STARTTLS it is the client's turn.
        if !self.protection.greets() {
            return Step::More(self);
        }
        let text = format!("{} ESMTP {}", self.settings.host_name, self.settings.greeting_text);
        say(ReplyCode::SERVICE_READY, &text, &mut fx.output);
        Step::More(self)
    }

    fn receive(mut self, input: &mut Buffer, fx: &mut Effects) -> Transition<Self> {
        if self.waits_for_host() {
            return Ok(Step::Wait(self));
        }
        let silent = matches!(self.state, State::Silent);
        if let Some(protocol) = silent.then(|| foreign::recognise(input.as_slice())).flatten() {
            let fault = Fault::new(ErrorCode::ForeignProtocol, format!("the client speaks {protocol}"));
            return Err(self.goodbye("4.7.0", "This is SMTP", fault, fx));
        }
        let limit = self.line_limit(input.as_slice());
        let line = match take_line(input, limit) {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(Step::Wait(self)),
            Err(line_fault) => return Err(self.line_fault(line_fault, fx)),
        };
        self.limit = CommandLimit::default();
        fx.progress = true;
        match self.protection {
            Protection::Confidential { proof, .. } => self.line(&line, proof, fx),
            _ => self.line_in_clear(&line, input, fx),
        }
    }

    fn waits_for_host(&self) -> bool {
        matches!(self.state, State::Deciding { .. })
    }

    fn farewell(&self, why: Farewell, output: &mut Buffer) {
        match why {
            Farewell::Deadline => self.not_available("4.4.2", "Timeout", output),
            Farewell::Shutdown => self.not_available("4.3.2", "Shutting down", output),
        }
    }
}

impl ServerMachine for Server {
    fn decide(self, decision: Decision, fx: &mut Effects) -> Result<Transition<Self>, (Self, Error)> {
        let Self { state: State::Deciding { pending, challenges, proof }, .. } = self else {
            return Err((self, Error::wrong_state("nobody waits for a decision")));
        };
        // Whatever comes of it, the exchange is over or has a new state.
        let server = Self { state: State::Named, ..self };
        match pending.decide(decision, server.side(&proof)) {
            Ok(step) => Ok(server.exchange(step, challenges, proof, fx)),
            Err((pending, why)) => Err((
                Self { state: State::Deciding { pending, challenges, proof }, ..server },
                Error::wrong_state(why),
            )),
        }
    }
}

fn say(code: ReplyCode, text: &str, output: &mut Buffer) {
    Reply::new(code, vec![text.to_owned()]).write(output);
}
