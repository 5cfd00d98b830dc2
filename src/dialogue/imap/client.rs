//! The client's machine: greeting, capabilities, LOGIN and AUTHENTICATE, LOGOUT.
//!
//! ```text
//!   Greeting ──► Capability ──► NotAuthenticated ──► Login / Sasl ──► hand-off  (Sasl ◄─► Asking,
//!       │  capabilities told ──►  │   ▲ │               │     for a mechanism of the host's own)
//!       ▼  PREAUTH, by the client's│  └─┼─── refused ───┘
//!    hand-off       certificate   │     └──► Logout ──► end
//!
//!   in clear:          InClear ──► STARTTLS; a new machine begins inside TLS, at Capability
//!   not to be had,        └──────► NotAuthenticated ──► Logout ──► end
//!   and not required
//! ```
//!
//! It must never know a mailbox, nor show the host a byte of the server's that is not printable.

mod authentication;
mod clear;
mod messages;
mod states;
#[cfg(test)]
mod tests;

use super::super::line::{LineFault, printable, take_line};
use super::super::sasl::{self, ClientExchange, ClientStep};
use super::super::{
    Capabilities, ClientMachine, ClientSettings, Condition, Credentials, DialogueEvent, Effects, Farewell,
    Fault, Greeting, HandOff, Machine, MechanismFloor, Offer, Particulars, Protection, Refusal, StartTlsUse,
    Step, Transition, foreign,
};
use super::grammar::{
    Body, Command, GreetingCondition, LiteralHeader, Response, ResponseCode, ResponseText, Status, Tag,
};
use crate::buffer::Buffer;
use crate::error::{Error, ErrorCode};
use crate::secret::Secret;
use crate::service::Protocol;
use clear::InClear;
use std::collections::VecDeque;
use std::sync::Arc;

/// The client's machine.
pub(crate) struct Client {
    context: Context,
    state: State,
}

/// What outlives a transition.
struct Context {
    settings: Arc<ClientSettings>,
    protection: Protection,
    particulars: Particulars,
    capabilities: Capabilities,
    /// What the server has told of its capabilities during a log-in: those that hold when it has succeeded.
    told: Option<Capabilities>,
    /// Commands sent, for their tags.
    commands: u32,
    /// Lines of the server since the last command.
    lines: usize,
    place: Place,
}

/// Where in the server's data the next byte is.
#[derive(Clone, Copy)]
enum Place {
    /// At the start of a response.
    Response,
    /// In a literal of data that nobody asked for, with so many octets to come.
    Literal(usize),
}

enum State {
    /// On the way to STARTTLS.
    InClear(InClear),
    Greeting,
    /// CAPABILITY was sent; what has been told.
    Capability(Tag, Option<Capabilities>),
    /// The host has the word.
    NotAuthenticated,
    /// LOGIN was sent, up to the first literal that must be invited.
    Login(Tag, VecDeque<Buffer>),
    /// AUTHENTICATE was sent; `Err` when it has been cancelled, with the reason.
    Sasl(Tag, Result<ClientExchange, &'static str>, u32),
    /// The host has the word: it answers a challenge of AUTHENTICATE.
    Asking(Tag, ClientExchange, u32),
    Logout(Tag),
}

impl State {
    /// Whether a log-in is under way.
    fn logs_in(&self) -> bool {
        matches!(self, Self::Login(..) | Self::Sasl(..) | Self::Asking(..))
    }
}

impl Client {
    /// A machine that has not heard anything yet.
    ///
    /// Credentials are sent only with the proof that `protection` holds inside TLS.
    pub(crate) fn new(settings: Arc<ClientSettings>, protection: Protection) -> Self {
        let state = match protection {
            Protection::Clear { .. } | Protection::Refused { .. } => State::InClear(InClear::Greeting),
            Protection::Confidential { .. } => State::Greeting,
        };
        let context = Context {
            settings,
            protection,
            particulars: Particulars::default(),
            capabilities: Capabilities::default(),
            told: None,
            commands: 0,
            lines: 0,
            place: Place::Response,
        };
        Self { context, state }
    }
}

impl Machine for Client {
    fn told(mut self, particulars: Particulars) -> Self {
        self.context.particulars = particulars;
        self
    }

    fn start(self, fx: &mut Effects) -> Step<Self> {
        // After STARTTLS the server says nothing first, and what it told in clear is forgotten
        // (RFC 9051 §6.2.1).
        if let Protection::Confidential { greeting: false, .. } = self.context.protection {
            return self.context.ask_capabilities(fx);
        }
        Step::More(self)
    }

    fn receive(self, input: &mut Buffer, fx: &mut Effects) -> Transition<Self> {
        let Self { context, state } = self;
        match (&state, context.settings.starttls) {
            (State::InClear(_), StartTlsUse::Required) => {
                context.read(state, input, fx).map_err(clear::keeps_from_tls)
            }
            _ => context.read(state, input, fx),
        }
    }

    fn waits_for_host(&self) -> bool {
        matches!(self.state, State::NotAuthenticated | State::Asking(..))
    }

    fn is_logging_out(&self) -> bool {
        matches!(self.state, State::Logout(_))
    }

    fn farewell(&self, _why: Farewell, _output: &mut Buffer) {}
}

impl ClientMachine for Client {
    fn offer(&self) -> Option<Offer<'_>> {
        let Context { capabilities, particulars, protection, settings, .. } = &self.context;
        let ready = self.may_command() && matches!(protection, Protection::Confidential { .. });
        ready.then(|| Offer {
            protocol: Protocol::Imap,
            capabilities,
            bound: !particulars.channel_bindings.is_empty(),
            floor: settings.mechanism_floor,
        })
    }

    fn authenticate(
        mut self,
        credentials: Credentials,
        fx: &mut Effects,
    ) -> Result<Step<Self>, (Self, Error)> {
        let prepared = match (self.context.protection, self.offer()) {
            (Protection::Clear { .. } | Protection::Refused { .. }, _) => {
                Err(Error::wrong_state("not confidential"))
            }
            (_, None) => Err(Error::wrong_state("not while another command runs")),
            (Protection::Confidential { proof, .. }, Some(offer)) => {
                offer.check(credentials.mechanism(), credentials.authentication_identity()).and_then(|()| {
                    authentication::command(&proof, &self.context, &credentials).map_err(Error::invalid)
                })
            }
        };
        let (body, exchange) = match prepared {
            Ok(prepared) => prepared,
            Err(why) => return Err((self, why)),
        };
        let (tag, unsent) = self.context.send(body, fx);
        Ok(Step::More(self.context.next(match exchange {
            None => State::Login(tag, unsent),
            Some(exchange) => State::Sasl(tag, Ok(exchange), 0),
        })))
    }

    fn respond(self, response: Option<Secret>, fx: &mut Effects) -> Result<Transition<Self>, (Self, Error)> {
        let Self { context, state } = self;
        match state {
            State::Asking(tag, exchange, rounds) => {
                let step = response.map_or(ClientStep::Cancel(sasl::CANCELLED_BY_HOST), ClientStep::Respond);
                Ok(Ok(context.say(tag, exchange, rounds, step, fx)))
            }
            state => Err((Self { context, state }, Error::wrong_state("no challenge waits for a response"))),
        }
    }

    fn log_out(mut self, fx: &mut Effects) -> Result<Step<Self>, (Self, Error)> {
        if !self.may_command() {
            return Err((self, Error::wrong_state("not while another command runs")));
        }
        let (tag, _) = self.context.send(Body::Logout, fx);
        Ok(Step::More(self.context.next(State::Logout(tag))))
    }
}

impl Client {
    /// Whether no command runs.
    fn may_command(&self) -> bool {
        matches!(self.state, State::NotAuthenticated)
    }
}

impl Context {
    /// Whether some mechanisms are below the floor.
    fn has_floor(&self) -> bool {
        self.settings.mechanism_floor > MechanismFloor::Any
    }

    fn next(self, state: State) -> Client {
        Client { context: self, state }
    }

    /// Sends a command up to its first synchronising literal; gives its tag and the rest.
    fn send(&mut self, body: Body, fx: &mut Effects) -> (Tag, VecDeque<Buffer>) {
        self.commands = self.commands.wrapping_add(1);
        self.lines = 0;
        self.told = None;
        let tag = Tag::numbered(self.commands);
        let mut fragments = Command { tag: tag.clone(), body }.fragments();
        if let Some(first) = fragments.pop_front() {
            fx.output.extend(first.as_slice());
        }
        (tag, fragments)
    }

    /// Consumes the rest of a literal and a line of the server's.
    fn read(mut self, state: State, input: &mut Buffer, fx: &mut Effects) -> Transition<Client> {
        let greeting = matches!(state, State::Greeting | State::InClear(InClear::Greeting));
        if let Some(protocol) = foreign::recognise(input.as_slice()).filter(|_| greeting) {
            return Err(Fault::new(ErrorCode::ForeignProtocol, format!("the server speaks {protocol}")));
        }
        let Place::Literal(left) = self.place else { return self.read_line(state, input, fx) };
        let n = left.min(input.len());
        input.consume(n);
        self.place = Place::Literal(left - n);
        if n < left || input.is_empty() {
            return Ok(Step::Wait(self.next(state)));
        }
        self.read_line(state, input, fx)
    }

    /// Consumes a line of the server's.
    fn read_line(mut self, state: State, input: &mut Buffer, fx: &mut Effects) -> Transition<Client> {
        let limits = &self.settings.limits;
        let limit = match state {
            State::Sasl(..) | State::Asking(..) => limits.imap_line.max(limits.sasl_line),
            _ => limits.imap_line,
        };
        let line = match take_line(input, limit) {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(Step::Wait(self.next(state))),
            Err(LineFault::TooLong) => {
                return Err(Fault::new(ErrorCode::LimitExceeded, "the server's line is too long"));
            }
            Err(fault) => return Err(syntax(fault.reason())),
        };
        self.lines += 1;
        if self.lines > limits.reply_lines {
            return Err(Fault::new(ErrorCode::LimitExceeded, "the server's answer has too many lines"));
        }
        if let Place::Literal(_) = self.place {
            return self.skip(state, &line, fx);
        }
        let Some(response) = Response::parse(&line) else {
            return Err(syntax(format!("not a response: {}", printable(&line))));
        };
        match response {
            Response::Data(data) if !matches!(state, State::Greeting | State::InClear(InClear::Greeting)) => {
                self.skip(state, &data, fx)
            }
            response => {
                fx.progress = true;
                match state {
                    State::InClear(state) => self.respond_in_clear(state, response, input, fx),
                    state => self.respond(state, response, fx),
                }
            }
        }
    }

    /// Passes over data that nobody asked for, which may end in a literal and go on behind it.
    fn skip(mut self, state: State, line: &[u8], fx: &mut Effects) -> Transition<Client> {
        self.place = match LiteralHeader::at_end_of(line).filter(|header| header.synchronising) {
            None => {
                fx.progress = true;
                Place::Response
            }
            Some(header) => match usize::try_from(header.length)
                .ok()
                .filter(|&n| n <= self.settings.limits.literal)
            {
                Some(length) => Place::Literal(length),
                None => return Err(Fault::new(ErrorCode::LimitExceeded, "the server's literal is too big")),
            },
        };
        Ok(Step::More(self.next(state)))
    }

    fn respond(mut self, state: State, response: Response, fx: &mut Effects) -> Transition<Client> {
        match (state, response) {
            (State::Greeting, response) => self.greeted(response, fx),
            (state, Response::Status(status, text)) => {
                self.tell(status.into(), false, &text, fx);
                if let (true, Some(ResponseCode::Capability(told))) = (state.logs_in(), text.code) {
                    self.told = Some(told);
                }
                Ok(Step::More(self.next(state)))
            }
            (state, Response::Tagged(tag, status, text)) => self.finished(state, tag, status, text, fx),
            (state, Response::Continue(rest)) => self.go_on(state, rest.as_bytes(), fx),
            (State::Capability(tag, _), Response::Capability(told)) => {
                Ok(Step::More(self.next(State::Capability(tag, Some(told)))))
            }
            (state, Response::Bye(text)) => {
                self.tell(Condition::Bye, false, &text, fx);
                match state {
                    State::Logout(_) => Ok(Step::More(self.next(state))),
                    _ => Err(refused_by_server(&text.text.printable())),
                }
            }
            (state, Response::Capability(told)) if state.logs_in() => {
                self.told = Some(told);
                Ok(Step::More(self.next(state)))
            }
            (_, Response::PreAuth(_)) => Err(syntax("PREAUTH after the greeting")),
            (state, Response::Capability(_) | Response::Data(_)) => Ok(Step::More(self.next(state))),
        }
    }

    fn greeted(self, response: Response, fx: &mut Effects) -> Transition<Client> {
        let words = messages::words_of_greeting(&response);
        // Not in the grammar of a greeting (RFC 9051 §9); servers are seen to refuse by it all the same.
        if let Response::Status(status @ (Status::No | Status::Bad), text) = &response {
            self.tell((*status).into(), false, text, fx);
            return Err(messages::refused_by_greeting(*status, text));
        }
        let Some(greeting) = response.into_greeting() else { return Err(syntax("not a greeting")) };
        let (condition, code) = (greeting.condition, greeting.code.clone());
        let refusal = refused_by_server(&greeting.text);
        fx.events.push(DialogueEvent::Greeting(Greeting::Imap(greeting)));
        match words {
            Some((Condition::Bye, text)) => self.tell(Condition::Bye, false, &text, fx),
            Some((condition, text)) => self.tell_alert(condition, false, &text, fx),
            None => {}
        }
        match condition {
            GreetingCondition::Bye => Err(refusal),
            GreetingCondition::PreAuth if self.particulars.certificate_shown && !self.has_floor() => {
                if let Some(ResponseCode::Capability(told)) = code {
                    fx.events.push(DialogueEvent::AuthenticatedCapabilities(told));
                }
                fx.events.push(DialogueEvent::Authenticated);
                Ok(Step::HandOff)
            }
            // The host reads the greeting itself, and may know of another reason to believe it.
            GreetingCondition::Ok | GreetingCondition::PreAuth
                if self.settings.hand_off == HandOff::AfterGreeting =>
            {
                Ok(Step::HandOff)
            }
            GreetingCondition::PreAuth if self.particulars.certificate_shown => Err(Fault::new(
                ErrorCode::ServerNotProved,
                format!(
                    "the server begins with PREAUTH, and has not proved that it knows the password, as \
                     the mechanism floor asks ({})",
                    self.settings.mechanism_floor
                ),
            )),
            GreetingCondition::PreAuth => Err(syntax("PREAUTH for a client that has shown no certificate")),
            GreetingCondition::Ok => match code {
                Some(ResponseCode::Capability(told)) => Ok(self.discovered(told, fx)),
                _ => Ok(self.ask_capabilities(fx)),
            },
        }
    }

    fn ask_capabilities(mut self, fx: &mut Effects) -> Step<Client> {
        let (tag, _) = self.send(Body::Capability, fx);
        Step::More(self.next(State::Capability(tag, None)))
    }

    fn discovered(mut self, told: Capabilities, fx: &mut Effects) -> Step<Client> {
        self.capabilities = told.clone();
        fx.events.push(DialogueEvent::Capabilities(told));
        Step::Wait(self.next(State::NotAuthenticated))
    }

    /// A tagged response: the end of a command.
    fn finished(
        self,
        state: State,
        tag: Tag,
        status: Status,
        text: ResponseText,
        fx: &mut Effects,
    ) -> Transition<Client> {
        let (State::Capability(sent, _)
        | State::Login(sent, _)
        | State::Sasl(sent, ..)
        | State::Asking(sent, ..)
        | State::Logout(sent)) = &state
        else {
            return Err(syntax("an answer to no command"));
        };
        if *sent != tag {
            return Err(syntax("an answer to another command"));
        }
        if state.logs_in() {
            self.tell(status.into(), true, &text, fx);
        } else {
            self.tell_alert(status.into(), true, &text, fx);
        }
        let complete = match (state, status) {
            // Whatever it says, the server has answered.
            (State::Logout(_), _) => return Ok(Step::End),
            (State::Capability(_, told), Status::Ok) => {
                return match (told, text.code) {
                    (Some(told), _) | (None, Some(ResponseCode::Capability(told))) => {
                        Ok(self.discovered(told, fx))
                    }
                    _ => Err(syntax("no capabilities told")),
                };
            }
            (State::Capability(..), _) => return Err(refused_by_server(&text.text.printable())),
            (state, Status::No | Status::Bad) => {
                let refusal = refusal(&text);
                let refusal = match state {
                    State::Sasl(_, Ok(exchange), _) => Refusal { details: exchange.details(), ..refusal },
                    State::Sasl(_, Err(why), _) => refusal.of_cancelled(why),
                    _ => refusal,
                };
                fx.events.push(DialogueEvent::Refused(refusal));
                return Ok(Step::Wait(self.next(State::NotAuthenticated)));
            }
            (State::Login(_, unsent), Status::Ok) => unsent.is_empty(),
            (State::Sasl(_, exchange, _), Status::Ok) => exchange.is_ok_and(|e| e.is_complete()),
            // While it is asked, the host's mechanism has not answered.
            (
                State::InClear(_) | State::Greeting | State::NotAuthenticated | State::Asking(..),
                Status::Ok,
            ) => false,
        };
        if !complete {
            return Err(syntax("success before the authentication was complete"));
        }
        let told = match text.code {
            Some(ResponseCode::Capability(told)) => Some(told),
            _ => self.told,
        };
        fx.events.extend(told.map(DialogueEvent::AuthenticatedCapabilities));
        fx.events.push(DialogueEvent::Authenticated);
        Ok(Step::HandOff)
    }

    /// A continuation request: the next literal of LOGIN, or the next response of AUTHENTICATE.
    fn go_on(self, state: State, challenge: &[u8], fx: &mut Effects) -> Transition<Client> {
        match state {
            State::Login(tag, mut unsent) => {
                let Some(fragment) = unsent.pop_front() else { return Err(syntax("nothing to continue")) };
                fx.output.extend(fragment.as_slice());
                Ok(Step::More(self.next(State::Login(tag, unsent))))
            }
            State::Sasl(_, _, rounds) if rounds >= self.settings.limits.sasl_rounds => {
                Err(Fault::new(ErrorCode::LimitExceeded, "too many challenges in an authentication"))
            }
            State::Sasl(tag, Ok(exchange), rounds) => {
                let (exchange, step) = exchange.respond(challenge)?;
                Ok(self.say(tag, exchange, rounds + 1, step, fx))
            }
            _ => Err(syntax("nothing to continue")),
        }
    }

    /// Says what comes next in AUTHENTICATE.
    fn say(
        self,
        tag: Tag,
        exchange: ClientExchange,
        rounds: u32,
        step: ClientStep,
        fx: &mut Effects,
    ) -> Step<Client> {
        let exchange = match step {
            ClientStep::Respond(response) => {
                fx.output.extend(sasl::encode(response.as_bytes()).as_bytes());
                Ok(exchange)
            }
            // RFC 9051 §6.2.2.
            ClientStep::Cancel(why) => {
                fx.output.extend(b"*");
                Err(why)
            }
            ClientStep::Ask(challenge) => {
                fx.events.push(DialogueEvent::Challenge(challenge));
                return Step::Wait(self.next(State::Asking(tag, exchange, rounds)));
            }
        };
        fx.output.extend(b"\r\n");
        Step::More(self.next(State::Sasl(tag, exchange, rounds)))
    }
}

fn refusal(text: &ResponseText) -> Refusal {
    let code = text.code.as_ref().map(|code| code.name().to_owned());
    // UNAVAILABLE and INUSE pass (RFC 5530 §3).
    let temporary = code.as_deref().is_some_and(|code| {
        ["UNAVAILABLE", "INUSE"].into_iter().any(|passing| code.eq_ignore_ascii_case(passing))
    });
    let code_arguments = text.code.as_ref().and_then(ResponseCode::arguments);
    Refusal { code, code_arguments, text: text.text.printable(), temporary, details: None }
}

fn syntax(reason: impl Into<String>) -> Fault {
    Fault::new(ErrorCode::Syntax, reason)
}

fn refused_by_server(text: &str) -> Fault {
    Fault::new(ErrorCode::RefusedByServer, format!("the server says: {text}"))
}
