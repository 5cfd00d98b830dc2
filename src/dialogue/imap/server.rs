//! The server's machine: greeting, commands and literals, STARTTLS, AUTHENTICATE exchanges, the
//! decision.
//!
//! ```text
//!            command, in clear: not one that authenticates
//!   ┌──────► Command ────────────► STARTTLS, in clear and with nothing behind it
//!   └───────────┘                  (a new machine begins inside TLS, without a greeting)
//!
//!            command, inside TLS        AUTHENTICATE
//!   ┌──────► Command ──────────────────────► Sasl ◄─┐ challenge
//!   │           │ LOGIN, AUTHENTICATE       ▲ │ └───┘
//!   │ reject    ▼   with initial response   │ │ response
//!   └──────── Deciding ── challenge ────────┘ │
//!               │  ▲──────────────────────────┘
//!               ▼ accept
//!            hand-off, which a greeting with PREAUTH comes to at once
//! ```
//!
//! It must never know what a mailbox is, answer a credential by itself, nor look at one in clear.

mod command;
mod replies;
mod states;
#[cfg(test)]
mod tests;

use super::super::line::{Line, LineFault, take_line};
use super::super::sasl::{self, ClientLine, Pending, ServerExchange, ServerSide, ServerStep, is_identity};
use super::super::{
    Credentials, Decision, DialogueEvent, Effects, Farewell, Fault, Machine, Mechanism, Particulars,
    Protection, Rejection, ServerMachine, ServerSettings, Step, Transition,
};
use super::grammar::{AString, Atom, Body, Command, Response, Tag};
use crate::buffer::Buffer;
use crate::error::{Error, ErrorCode};
use crate::tls::policy::Confidential;
use command::Partial;
use replies::{bad, bye, no};
use std::sync::Arc;

/// The server's machine.
pub(crate) struct Server {
    context: Context,
    state: State,
}

/// What outlives a transition.
struct Context {
    settings: Arc<ServerSettings>,
    protection: Protection,
    particulars: Particulars,
    /// Nothing of the client has been taken yet: it may still turn out to speak HTTP.
    opening: bool,
    bad_commands: u32,
    failures: u32,
}

enum State {
    /// Reads a command.
    Command(Partial),
    /// Reads a response to a challenge of AUTHENTICATE, which begins only with the proof.
    Sasl { tag: Tag, exchange: ServerExchange, proof: Confidential, rounds: u32 },
    /// Waits for the host's decision on the command with this tag.
    Deciding { tag: Tag, pending: Pending, proof: Confidential, rounds: u32 },
}

impl Server {
    /// A machine that has not said anything yet.
    ///
    /// Credentials are raised only with the proof that `protection` holds inside TLS.
    pub(crate) fn new(settings: Arc<ServerSettings>, protection: Protection) -> Self {
        let context = Context {
            settings,
            protection,
            particulars: Particulars::default(),
            opening: true,
            bad_commands: 0,
            failures: 0,
        };
        Self { context, state: State::Command(Partial::default()) }
    }
}

impl Machine for Server {
    fn told(mut self, particulars: Particulars) -> Self {
        self.context.particulars = particulars;
        self
    }

    fn start(self, fx: &mut Effects) -> Step<Self> {
        let Context { settings, protection, particulars, .. } = &self.context;
        match protection {
            // After STARTTLS it is the client's turn (RFC 9051 §6.2.1).
            protection if !protection.greets() => Step::More(self),
            // RFC 8314 §4.2: the certificate has said who it is.
            Protection::Confidential { .. }
                if particulars.certificate.as_ref().is_some_and(|c| c.preauth) =>
            {
                replies::preauth(settings).write(&mut fx.output);
                fx.events.push(DialogueEvent::Authenticated);
                Step::HandOff
            }
            _ => {
                replies::greeting(settings, *protection, particulars).write(&mut fx.output);
                Step::More(self)
            }
        }
    }

    fn receive(self, input: &mut Buffer, fx: &mut Effects) -> Transition<Self> {
        match self.state {
            State::Command(partial) => self.context.read_command(partial, input, fx),
            State::Sasl { tag, exchange, proof, rounds } => {
                self.context.read_response(tag, exchange, proof, rounds, input, fx)
            }
            State::Deciding { .. } => Ok(Step::Wait(self)),
        }
    }

    fn waits_for_host(&self) -> bool {
        matches!(self.state, State::Deciding { .. })
    }

    fn farewell(&self, why: Farewell, output: &mut Buffer) {
        replies::farewell(why).write(output);
    }
}

impl ServerMachine for Server {
    fn decide(self, decision: Decision, fx: &mut Effects) -> Result<Transition<Self>, (Self, Error)> {
        let Self { context, state } = self;
        let (tag, pending, proof, rounds) = match state {
            State::Deciding { tag, pending, proof, rounds } => (tag, pending, proof, rounds),
            state => {
                return Err((Self { context, state }, Error::wrong_state("nobody waits for a decision")));
            }
        };
        match pending.decide(decision, context.side(&proof)) {
            Ok(step) => Ok(context.sasl_step(proof, tag, rounds, step, fx)),
            Err((pending, why)) => {
                let state = State::Deciding { tag, pending, proof, rounds };
                Err((Self { context, state }, Error::wrong_state(why)))
            }
        }
    }
}

impl Context {
    fn next(self, state: State) -> Server {
        Server { context: self, state }
    }

    fn side<'a>(&'a self, proof: &'a Confidential) -> ServerSide<'a> {
        ServerSide { proof, settings: &self.settings, particulars: &self.particulars }
    }

    /// Why nobody can log in where there is no proof.
    fn why_not_private(&self) -> &str {
        match self.protection {
            Protection::Refused { .. } => &self.particulars.refusal,
            _ => "not in clear, begin TLS first",
        }
    }

    fn next_command(self) -> Step<Server> {
        Step::More(self.next(State::Command(Partial::default())))
    }

    /// Carries out a command; `behind` is what has come after it.
    fn execute(
        self,
        Command { tag, body }: Command,
        behind: &Buffer,
        fx: &mut Effects,
    ) -> Transition<Server> {
        match (body, self.protection) {
            (Body::Capability, protection) => {
                let told = replies::capabilities(&self.settings, protection, &self.particulars);
                Response::Capability(told).write(&mut fx.output);
            }
            (Body::Noop, _) => {}
            (Body::Logout, _) => {
                fx.progress = true;
                bye(None, "logging out").write(&mut fx.output);
                replies::completed(tag).write(&mut fx.output);
                return Ok(Step::End);
            }
            (Body::Id(_), _) => replies::id(&self.settings).write(&mut fx.output),
            (Body::StartTls, Protection::Confidential { .. } | Protection::Refused { .. }) => {
                return self.refuse(bad(tag, "TLS is up already"), fx);
            }
            (Body::StartTls, Protection::Clear { starttls: false }) => {
                return self.refuse(no(tag, "CANNOT", "STARTTLS is not available here"), fx);
            }
            (Body::StartTls, Protection::Clear { starttls: true }) => {
                return start_tls(tag, behind, fx);
            }
            (Body::Login { userid, password }, Protection::Confidential { proof, .. }) => {
                return self.login(proof, tag, &userid, &password, fx);
            }
            (Body::Authenticate { mechanism, initial_response }, Protection::Confidential { proof, .. }) => {
                let initial_response = initial_response.as_ref().map(|r| r.as_bytes());
                return self.authenticate(proof, tag, &mechanism, initial_response, fx);
            }
            (Body::Login { .. } | Body::Authenticate { .. }, _) => {
                let refusal = replies::privacy_required(tag, self.why_not_private());
                return self.refuse(refusal, fx);
            }
        }
        fx.progress = true;
        replies::completed(tag).write(&mut fx.output);
        Ok(self.next_command())
    }

    fn login(
        self,
        proof: Confidential,
        tag: Tag,
        userid: &AString,
        password: &AString,
        fx: &mut Effects,
    ) -> Transition<Server> {
        let Ok(userid) = core::str::from_utf8(userid.value().as_bytes()) else {
            return self.refuse(bad(tag, "the user name is not UTF-8"), fx);
        };
        fx.progress = true;
        // Nobody has such a name or password, and no host need be asked.
        if !is_identity(userid) || password.value().as_bytes().is_empty() {
            return self.reject(tag, Rejection::InvalidCredentials, fx);
        }
        let credentials = Credentials::received(
            &proof,
            Mechanism::Password,
            String::new(),
            userid.into(),
            password.value().clone(),
        );
        let ask = ServerStep::Ask(Pending::Verdict, DialogueEvent::Credentials(credentials));
        self.sasl_step(proof, tag, 0, ask, fx)
    }

    fn authenticate(
        self,
        proof: Confidential,
        tag: Tag,
        mechanism: &Atom,
        initial_response: Option<&[u8]>,
        fx: &mut Effects,
    ) -> Transition<Server> {
        let Some(mechanism) = self.side(&proof).offers(mechanism.as_str().as_bytes()) else {
            return self.refuse(no(tag, "CANNOT", "mechanism not offered"), fx);
        };
        let initial_response = match initial_response.map(sasl::parse_initial_response).transpose() {
            Ok(response) => response,
            Err(why) => return self.refuse(bad(tag, why), fx),
        };
        let step = ServerExchange::start(mechanism, initial_response, self.side(&proof));
        self.sasl_step(proof, tag, 0, step, fx)
    }

    /// Consumes the client's answer to a challenge.
    fn read_response(
        self,
        tag: Tag,
        exchange: ServerExchange,
        proof: Confidential,
        rounds: u32,
        input: &mut Buffer,
        fx: &mut Effects,
    ) -> Transition<Server> {
        let line: Line = match take_line(input, self.settings.limits.sasl_line) {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(Step::Wait(self.next(State::Sasl { tag, exchange, proof, rounds }))),
            Err(fault) => return Err(leave_over(fault, |why| bad(tag, why), fx)),
        };
        let step = match sasl::parse_client_line(&line) {
            Ok(ClientLine::Response(response)) => exchange.respond(response, self.side(&proof)),
            Ok(ClientLine::Cancel) => exchange.cancel(),
            Err(why) => ServerStep::Malformed(why),
        };
        self.sasl_step(proof, tag, rounds, step, fx)
    }

    /// Carries out what an exchange, or the host's decision, comes to.
    fn sasl_step(
        self,
        proof: Confidential,
        tag: Tag,
        rounds: u32,
        step: ServerStep,
        fx: &mut Effects,
    ) -> Transition<Server> {
        match step {
            ServerStep::Challenge(..) if rounds >= self.settings.limits.sasl_rounds => {
                bad(tag, "too many challenges").write(&mut fx.output);
                bye(None, "too many challenges").write(&mut fx.output);
                Err(Fault::new(ErrorCode::LimitExceeded, "too many challenges in an authentication"))
            }
            ServerStep::Challenge(exchange, challenge) => {
                fx.progress = true;
                Response::Continue(sasl::encode(challenge.as_bytes()).as_str().into()).write(&mut fx.output);
                Ok(Step::More(self.next(State::Sasl { tag, exchange, proof, rounds: rounds + 1 })))
            }
            ServerStep::Ask(pending, event) => {
                fx.progress = true;
                fx.events.push(event);
                Ok(Step::Wait(self.next(State::Deciding { tag, pending, proof, rounds })))
            }
            ServerStep::Accepted => {
                fx.progress = true;
                replies::logged_in(tag, &self.settings).write(&mut fx.output);
                fx.events.push(DialogueEvent::Authenticated);
                Ok(Step::HandOff)
            }
            ServerStep::Refused(rejection) => self.reject(tag, rejection, fx),
            ServerStep::Malformed(why) => self.refuse(bad(tag, why), fx),
            ServerStep::Failed(why) => {
                bye(Some("UNAVAILABLE"), "try again later").write(&mut fx.output);
                Err(Fault::new(ErrorCode::Internal, why))
            }
        }
    }

    /// Answers a command that makes no sense, and counts it.
    fn refuse(mut self, refusal: Response, fx: &mut Effects) -> Transition<Server> {
        fx.progress = true;
        fx.refused_in_clear += u32::from(replies::requires_privacy(&refusal));
        refusal.write(&mut fx.output);
        self.bad_commands += 1;
        if self.bad_commands < self.settings.limits.bad_commands {
            return Ok(self.next_command());
        }
        bye(None, "too many bad commands").write(&mut fx.output);
        Err(Fault::new(ErrorCode::TooManyErrors, "too many bad commands"))
    }

    /// Answers credentials that are not accepted, and counts them.
    fn reject(mut self, tag: Tag, rejection: Rejection, fx: &mut Effects) -> Transition<Server> {
        fx.progress = true;
        replies::rejected(tag, rejection).write(&mut fx.output);
        self.failures += 1;
        if self.failures < self.settings.limits.authentication_failures {
            return Ok(self.next_command());
        }
        bye(None, "too many refused authentications").write(&mut fx.output);
        Err(Fault::new(ErrorCode::TooManyErrors, "too many refused authentications"))
    }
}

/// Agrees to begin TLS. What has come behind the command in clear would be obeyed inside TLS, if
/// anything between kept it (the command injection of 2011): then there is no go-ahead at all.
fn start_tls(tag: Tag, behind: &Buffer, fx: &mut Effects) -> Transition<Server> {
    fx.progress = true;
    if behind.is_empty() {
        replies::begin_tls(tag).write(&mut fx.output);
        return Ok(Step::StartTls);
    }
    bad(tag, "nothing may follow STARTTLS but TLS").write(&mut fx.output);
    bye(None, "closing the connection").write(&mut fx.output);
    Err(Fault::command_injection("STARTTLS"))
}

/// Answers a line that is none and takes leave: where the next one begins cannot be known.
fn leave_over(fault: LineFault, answer: impl FnOnce(&'static str) -> Response, fx: &mut Effects) -> Fault {
    answer(fault.reason()).write(&mut fx.output);
    bye(None, "closing the connection").write(&mut fx.output);
    let code = match fault {
        LineFault::TooLong => ErrorCode::LimitExceeded,
        LineFault::BareLf | LineFault::BareCr | LineFault::Nul => ErrorCode::Syntax,
    };
    Fault::new(code, fault.reason())
}
