//! The client's side of a submission until it is authenticated.
//!
//! In clear, where nothing is told to the host but that there is no STARTTLS (`clear`):
//!
//! ```text
//! Connected ──greeting──► Ehlo ──250──► StartTls ──220──► TLS, and a new machine
//!                          │ not offered    │ refused
//!                          └───────┬────────┘
//!                          Ready or a fault ──log_out──► Quit
//! ```
//!
//! Inside TLS, after STARTTLS from Ehlo on:
//!
//! ```text
//! Connected ──greeting──► Ehlo ──250──► Ready ──authenticate──► Exchange ──235──► hand-off
//!                          │ 5yz         ▲  │                   │      │ no more to say
//!                          ▼             │  └──log_out──► Quit  │      ▼
//!                         Helo ──250─────┤             Asking ◄─┤  Cancelling
//!                                        └───────refused────────┴──────┘
//! ```
//!
//! It must never know whether the server is the right one. No credentials are looked at without
//! the proof that the channel to it is confidential.

use super::grammar::{ClientName, Command, Greeting, InitialResponse, Reply, ReplyCode, SaslMechanism};
use crate::buffer::Buffer;
use crate::dialogue::sasl::{self, ClientExchange, ClientStep};
use crate::dialogue::{
    self, Capabilities, ClientMachine, ClientSettings, Condition, Credentials, DialogueEvent, Effects,
    Farewell, Fault, HandOff, Machine, Offer, Refusal, Step, Transition, foreign,
};
use crate::dialogue::{Particulars, Protection};
use crate::error::{Error, ErrorCode};
use crate::secret::Secret;
use crate::service::Protocol;
use reading::ReplyReader;
use std::sync::Arc;
use zeroize::Zeroizing;

mod clear;
mod reading;
mod states;
#[cfg(test)]
mod tests;

/// Octets of a command line, line end included. `AUTH` with an initial response is no exception:
/// the 12288 octets of RFC 4954 §4 are for the later lines of the exchange.
const COMMAND_LINE: usize = 512;

/// A submission client, in clear or inside TLS.
pub(crate) struct Client {
    settings: Arc<ClientSettings>,
    protection: Protection,
    particulars: Particulars,
    reader: ReplyReader,
    capabilities: Capabilities,
    state: State,
}

/// Which reply is waited for, if any.
enum State {
    Connected,
    Ehlo,
    /// `EHLO` has been refused in these words, which may be the reason for all that follows.
    Helo(String),
    /// To `STARTTLS`.
    StartTls,
    /// None: the host's turn.
    Ready,
    /// To `AUTH` or the response to the last of so many challenges.
    Exchange {
        exchange: ClientExchange,
        challenges: u32,
    },
    /// None: the host answers a challenge of `AUTH`.
    Asking {
        exchange: ClientExchange,
        challenges: u32,
    },
    /// To `*`, which was sent for this reason.
    Cancelling(&'static str),
    Quit,
}

impl Client {
    pub(crate) fn new(settings: Arc<ClientSettings>, protection: Protection) -> Self {
        Self {
            settings,
            protection,
            particulars: Particulars::default(),
            reader: ReplyReader::default(),
            capabilities: Capabilities::default(),
            state: State::Connected,
        }
    }

    /// A reply of a server inside TLS.
    fn reply(self, reply: Reply, fx: &mut Effects) -> Transition<Self> {
        let code = reply.code();
        if matches!(self.state, State::Connected) {
            return self.greeting(reply, fx);
        }
        // Whatever it says, the server has answered.
        if matches!(self.state, State::Quit) {
            return Ok(Step::End);
        }
        // May come at any time (RFC 5321 §3.8).
        if code == ReplyCode::SERVICE_NOT_AVAILABLE {
            fx.events.push(DialogueEvent::Message(reply.message(Condition::Bye, false)));
        }
        if code == ReplyCode::SERVICE_NOT_AVAILABLE && !matches!(self.state, State::Helo(_)) {
            return Err(refused(&reply));
        }
        match self.state {
            State::Ehlo if code.is_success(ReplyCode::COMPLETED) => {
                let capabilities = Capabilities::of_lines(reply.lines().skip(1));
                Ok(self.ready(capabilities, fx))
            }
            // RFC 5321 §3.2: a server without extensions is asked the old way.
            State::Ehlo if code.is_permanent() => {
                let state = State::Helo(words(&reply));
                Command::Helo(ClientName::of_settings(&self.settings.client_name)).write(&mut fx.output);
                Ok(Step::More(Self { state, ..self }))
            }
            State::Helo(_) if code.is_success(ReplyCode::COMPLETED) => {
                Ok(self.ready(Capabilities::default(), fx))
            }
            State::Exchange { exchange, challenges } => {
                Self { state: State::Ready, ..self }.exchange(exchange, challenges, reply, fx)
            }
            // The server did not wait for the host's response.
            State::Asking { .. } if code.is_refusal() => {
                Ok(Self { state: State::Ready, ..self }.refused(&reply, refusal(&reply), fx))
            }
            State::Cancelling(why) if code.is_refusal() => Ok(Self { state: State::Ready, ..self }.refused(
                &reply,
                refusal(&reply).of_cancelled(why),
                fx,
            )),
            State::Helo(first) if code.is_refusal() => {
                let reason = format!("the server says: {first}; then: {}", words(&reply));
                Err(Fault::new(ErrorCode::RefusedByServer, reason))
            }
            State::Ehlo if code.is_refusal() => Err(refused(&reply)),
            _ => Err(unexpected(&reply)),
        }
    }

    fn greeting(self, reply: Reply, fx: &mut Effects) -> Transition<Self> {
        let Some(greeting) = Greeting::of_reply(reply.clone()) else {
            return Err(unexpected(&reply));
        };
        let refusing = greeting.is_refusal();
        fx.events.push(DialogueEvent::Greeting(dialogue::Greeting::Smtp(greeting)));
        if refusing {
            return Err(refused(&reply));
        }
        if self.settings.hand_off == HandOff::AfterGreeting {
            return Ok(Step::HandOff);
        }
        Ok(self.ehlo(fx))
    }

    fn ehlo(self, fx: &mut Effects) -> Step<Self> {
        Command::Ehlo(ClientName::of_settings(&self.settings.client_name)).write(&mut fx.output);
        Step::More(Self { state: State::Ehlo, ..self })
    }

    fn ready(self, capabilities: Capabilities, fx: &mut Effects) -> Step<Self> {
        fx.events.push(DialogueEvent::Capabilities(capabilities.clone()));
        Step::More(Self { capabilities, state: State::Ready, ..self })
    }

    fn exchange(
        self,
        exchange: ClientExchange,
        challenges: u32,
        reply: Reply,
        fx: &mut Effects,
    ) -> Transition<Self> {
        let success = reply.code().is_success(ReplyCode::AUTHENTICATION_SUCCEEDED);
        match reply.code() {
            // Whoever says yes before having heard the credentials is not to be believed.
            _ if success && !exchange.is_complete() => {
                Err(Fault::new(ErrorCode::Syntax, "authenticated before the credentials were sent"))
            }
            _ if success => {
                fx.events.push(DialogueEvent::Message(reply.message(Condition::Ok, true)));
                fx.events.push(DialogueEvent::Authenticated);
                Ok(Step::HandOff)
            }
            // No other 3yz: a password may be the response.
            ReplyCode::CHALLENGE => {
                if challenges >= self.settings.limits.sasl_rounds {
                    let reason = "too many challenges in a SASL exchange";
                    return Err(Fault::new(ErrorCode::LimitExceeded, reason));
                }
                // Only one line can be base64 (RFC 4954 §4).
                let text: Vec<&[u8]> = reply.lines().collect();
                let (exchange, step) = exchange.respond(&Zeroizing::new(text.join(&b' ')))?;
                Ok(self.say(exchange, challenges.saturating_add(1), step, fx))
            }
            code if code.is_refusal() => {
                let details = exchange.details();
                Ok(self.refused(&reply, Refusal { details, ..refusal(&reply) }, fx))
            }
            _ => Err(unexpected(&reply)),
        }
    }

    /// Says what comes next in an exchange.
    fn say(
        self,
        exchange: ClientExchange,
        challenges: u32,
        step: ClientStep,
        fx: &mut Effects,
    ) -> Step<Self> {
        let state = match step {
            ClientStep::Respond(response) => {
                fx.output.extend(sasl::encode(response.as_bytes()).as_bytes());
                State::Exchange { exchange, challenges }
            }
            ClientStep::Cancel(why) => {
                fx.output.extend(b"*");
                State::Cancelling(why)
            }
            ClientStep::Ask(challenge) => {
                fx.events.push(DialogueEvent::Challenge(challenge));
                return Step::Wait(Self { state: State::Asking { exchange, challenges }, ..self });
            }
        };
        fx.output.extend(b"\r\n");
        Step::More(Self { state, ..self })
    }

    fn refused(self, reply: &Reply, refusal: Refusal, fx: &mut Effects) -> Step<Self> {
        fx.events.push(DialogueEvent::Message(reply.message(Condition::No, true)));
        fx.events.push(DialogueEvent::Refused(refusal));
        Step::More(self)
    }

    /// The initial response in base64, if the mechanism has one and the line is not too long for
    /// it. If it is, the response follows the server's empty challenge (RFC 4954 §4).
    fn initial_response(exchange: &ClientExchange) -> Option<Zeroizing<String>> {
        let base64 = sasl::write_initial_response(exchange.initial_response()?);
        let name = exchange.mechanism().sasl_name()?;
        let length = "AUTH  \r\n".len() + name.len() + base64.len();
        (length <= COMMAND_LINE).then_some(base64)
    }
}

impl Machine for Client {
    fn told(mut self, particulars: Particulars) -> Self {
        self.particulars = particulars;
        self
    }

    fn start(self, fx: &mut Effects) -> Step<Self> {
        match self.protection {
            // RFC 3207 §4.2: no greeting follows STARTTLS, and what EHLO told before is void.
            Protection::Confidential { greeting: false, .. } => self.ehlo(fx),
            _ => Step::More(self),
        }
    }

    fn receive(mut self, input: &mut Buffer, fx: &mut Effects) -> Transition<Self> {
        let at_greeting = matches!(self.state, State::Connected) && self.reader.is_at_start();
        let foreign = at_greeting.then(|| foreign::recognise(input.as_slice())).flatten();
        if let Some(protocol) = foreign {
            return Err(Fault::new(ErrorCode::ForeignProtocol, format!("the server speaks {protocol}")));
        }
        if matches!(self.protection, Protection::Clear { .. }) {
            return self.receive_in_clear(input, fx);
        }
        let exchange = matches!(self.state, State::Exchange { .. } | State::Asking { .. });
        match self.reader.read(input, &self.settings.limits, exchange)? {
            Some(reply) => {
                fx.progress = true;
                self.reply(reply, fx)
            }
            None => Ok(Step::Wait(self)),
        }
    }

    fn waits_for_host(&self) -> bool {
        matches!(self.state, State::Ready | State::Asking { .. })
    }

    fn last_refusal(&self) -> Option<&str> {
        match &self.state {
            State::Helo(first) => Some(first),
            _ => None,
        }
    }

    fn is_logging_out(&self) -> bool {
        matches!(self.state, State::Quit)
    }

    /// Nothing: a client that does not say `QUIT` in its turn just closes.
    fn farewell(&self, _: Farewell, _: &mut Buffer) {}
}

impl ClientMachine for Client {
    fn offer(&self) -> Option<Offer<'_>> {
        let ready = self.may_command() && matches!(self.protection, Protection::Confidential { .. });
        ready.then(|| Offer {
            protocol: Protocol::Smtp,
            capabilities: &self.capabilities,
            bound: !self.particulars.channel_bindings.is_empty(),
            floor: self.settings.mechanism_floor,
        })
    }

    fn authenticate(self, credentials: Credentials, fx: &mut Effects) -> Result<Step<Self>, (Self, Error)> {
        if matches!(self.protection, Protection::Clear { .. }) {
            return Err((self, Error::wrong_state("not confidential")));
        }
        let admitted = self
            .offer()
            .ok_or_else(|| Error::wrong_state("not in a state in which to authenticate"))
            .and_then(|offer| offer.check(credentials.mechanism(), credentials.authentication_identity()));
        if let Err(why) = admitted {
            return Err((self, why));
        }
        let mechanism = credentials.mechanism();
        let (Some(name), Some(mechanism)) = (mechanism.sasl_name(), SaslMechanism::of(&mechanism)) else {
            return Err((self, Error::invalid("SMTP has no password command")));
        };
        if !self.capabilities.has_sasl(name) {
            return Err((self, Error::invalid("the server does not offer this mechanism")));
        }
        let (bindings, most) = (&self.particulars.channel_bindings, self.settings.limits.scram_iterations);
        let exchange = match ClientExchange::new(&credentials, &self.capabilities, bindings, most) {
            Ok(exchange) => exchange,
            Err(why) => return Err((self, Error::invalid(why))),
        };
        let base64 = Self::initial_response(&exchange);
        let exchange = if base64.is_some() { exchange.initial_response_sent() } else { exchange };
        let initial_response = base64.as_ref().map(|text| InitialResponse::of_base64(text));
        Command::Auth { mechanism, initial_response }.write(&mut fx.output);
        Ok(Step::More(Self { state: State::Exchange { exchange, challenges: 0 }, ..self }))
    }

    fn respond(self, response: Option<Secret>, fx: &mut Effects) -> Result<Transition<Self>, (Self, Error)> {
        let Self { state: State::Asking { exchange, challenges }, .. } = self else {
            return Err((self, Error::wrong_state("no challenge waits for a response")));
        };
        let step = response.map_or(ClientStep::Cancel(sasl::CANCELLED_BY_HOST), ClientStep::Respond);
        Ok(Ok(Self { state: State::Ready, ..self }.say(exchange, challenges, step, fx)))
    }

    fn log_out(self, fx: &mut Effects) -> Result<Step<Self>, (Self, Error)> {
        if !self.may_command() {
            return Err((self, Error::wrong_state("not in a state in which to take leave")));
        }
        Command::Quit.write(&mut fx.output);
        Ok(Step::More(Self { state: State::Quit, ..self }))
    }
}

impl Client {
    /// Whether no command runs.
    fn may_command(&self) -> bool {
        matches!(self.state, State::Ready)
    }
}

/// What to tell the host of refused credentials.
fn refusal(reply: &Reply) -> Refusal {
    Refusal {
        code: Some(reply.codes()),
        code_arguments: None,
        text: reply.text(),
        temporary: reply.code().is_transient(),
        details: None,
    }
}

/// Code and text, for a reason.
fn words(reply: &Reply) -> String {
    let words = format!("{} {}", reply.code().number(), reply.text());
    words.trim_end().to_owned()
}

fn refused(reply: &Reply) -> Fault {
    Fault::new(ErrorCode::RefusedByServer, format!("the server says: {}", words(reply)))
}

fn unexpected(reply: &Reply) -> Fault {
    let reason = format!("unexpected reply: {} {}", reply.code().number(), reply.text());
    Fault::new(ErrorCode::Syntax, reason)
}
