//! What the client says before TLS: `EHLO` and `STARTTLS`, and to no avail `QUIT`.
//!
//! Nothing of what the server says here becomes an event, and nothing is kept: it only decides
//! whether to ask for TLS (RFC 3207 §4.2). It must never know credentials.

use super::{Client, State, unexpected, words};
use crate::buffer::Buffer;
use crate::dialogue::smtp::grammar::{Command, Greeting, Reply, ReplyCode};
use crate::dialogue::{Capabilities, DialogueEvent, Effects, Fault, StartTlsUse, Step, Transition};
use crate::error::ErrorCode;

#[cfg(test)]
mod tests;

impl Client {
    /// Reads a reply in clear and draws the consequence. Where TLS is required, a server that
    /// talks nonsense refuses it.
    pub(super) fn receive_in_clear(mut self, input: &mut Buffer, fx: &mut Effects) -> Transition<Self> {
        let required = self.settings.starttls == StartTlsUse::Required;
        let transition = match self.reader.read(input, &self.settings.limits, false) {
            Ok(Some(reply)) => {
                fx.progress = true;
                self.reply_in_clear(&reply, input, fx)
            }
            Ok(None) => Ok(Step::Wait(self)),
            Err(fault) => Err(fault),
        };
        transition.map_err(|fault| match fault.code {
            ErrorCode::Syntax if required => Fault { code: ErrorCode::StartTlsRefused, ..fault },
            _ => fault,
        })
    }

    /// `rest` is what came along behind the reply.
    fn reply_in_clear(self, reply: &Reply, rest: &Buffer, fx: &mut Effects) -> Transition<Self> {
        let code = reply.code();
        // Whatever it says, the server has answered.
        if matches!(self.state, State::Quit) {
            return Ok(Step::End);
        }
        // May come at any time (RFC 5321 §3.8).
        if code == ReplyCode::SERVICE_NOT_AVAILABLE {
            return Err(Fault::refused_before_tls(code.number()));
        }
        match self.state {
            State::Connected => match Greeting::of_reply(reply.clone()) {
                Some(greeting) if greeting.is_refusal() => Err(Fault::refused_before_tls(code.number())),
                Some(_) => Ok(self.ehlo(fx)),
                None => Err(unexpected(reply)),
            },
            State::Ehlo if code.is_success(ReplyCode::COMPLETED) => self.ask_for_tls(reply, fx),
            // A server without EHLO has no extension, STARTTLS among them.
            State::Ehlo if code.is_permanent() => self.without_tls(because("EHLO", reply), fx),
            State::StartTls if code.is_success(ReplyCode::SERVICE_READY) => begin_tls(rest),
            State::StartTls if code.is_refusal() => self.without_tls(because("STARTTLS", reply), fx),
            State::Ehlo if code.is_refusal() => Err(Fault::refused_before_tls(code.number())),
            _ => Err(unexpected(reply)),
        }
    }

    fn ask_for_tls(self, reply: &Reply, fx: &mut Effects) -> Transition<Self> {
        if !Capabilities::of_lines(reply.lines().skip(1)).has("STARTTLS") {
            return self.without_tls("STARTTLS is not offered".into(), fx);
        }
        Command::StartTls.write(&mut fx.output);
        Ok(Step::More(Self { state: State::StartTls, ..self }))
    }

    /// The host decides beforehand, by its settings, whether this is the end. In no case is
    /// there more to do in clear than to take leave.
    fn without_tls(self, reason: String, fx: &mut Effects) -> Transition<Self> {
        match self.settings.starttls {
            StartTlsUse::Required => Err(Fault::new(ErrorCode::StartTlsRefused, reason)),
            StartTlsUse::Opportunistic => {
                fx.events.push(DialogueEvent::NotConfidential(reason));
                Ok(Step::More(Self { state: State::Ready, ..self }))
            }
        }
    }
}

fn because(refused: &str, reply: &Reply) -> String {
    format!("{refused} is refused: {}", words(reply))
}

/// What a server says in clear behind its go-ahead must not be taken for a reply inside TLS
/// (the response injection of the NO STARTTLS study).
fn begin_tls(rest: &Buffer) -> Transition<Client> {
    if rest.is_empty() {
        return Ok(Step::StartTls);
    }
    Err(Fault::response_injection("STARTTLS"))
}
