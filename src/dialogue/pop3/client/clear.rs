//! The client before TLS: it asks for `STLS`, and does without only where the host allows it.
//!
//! What the server says in clear becomes no event and is forgotten (RFC 2595 §4). It must never
//! know a credential.

#[cfg(test)]
mod tests;

use super::{Client, State, reply};
use crate::buffer::Buffer;
use crate::dialogue::pop3::grammar::{Command, Status};
use crate::dialogue::{
    Capabilities, DialogueEvent, Effects, Fault, Protection, StartTlsUse, Step, Transition,
};
use crate::error::ErrorCode;

impl Client {
    /// Whether the channel is clear and must not stay so.
    pub(super) fn needs_tls(&self) -> bool {
        matches!(self.protection, Protection::Clear { .. }) && self.settings.starttls == StartTlsUse::Required
    }

    /// Says `STLS` if it is offered. A server without `CAPA` offers nothing, and may have it.
    pub(super) fn start_tls(
        mut self,
        capabilities: Option<&Capabilities>,
        fx: &mut Effects,
    ) -> Transition<Self> {
        if capabilities.is_some_and(|capabilities| !capabilities.has("STLS")) {
            return self.not_confidential("the server does not offer STLS", fx);
        }
        Command::Stls.write(&mut fx.output);
        self.state = State::Stls;
        Ok(Step::More(self))
    }

    /// The answer to `STLS`; `rest` is what has come behind it. After a go-ahead it is the client
    /// that speaks (RFC 2595 §4): what is there already was put there to be read inside TLS.
    pub(super) fn stls(self, line: &[u8], rest: &Buffer, fx: &mut Effects) -> Transition<Self> {
        match reply(line)?.status {
            Status::Err => self.not_confidential("the server refuses STLS", fx),
            Status::Ok if rest.is_empty() => Ok(Step::StartTls),
            Status::Ok => Err(Fault::response_injection("STLS")),
        }
    }

    /// The server has no TLS.
    fn not_confidential(self, why: &'static str, fx: &mut Effects) -> Transition<Self> {
        match self.settings.starttls {
            StartTlsUse::Required => Err(Fault::new(ErrorCode::StartTlsRefused, why)),
            StartTlsUse::Opportunistic => {
                fx.events.push(DialogueEvent::NotConfidential(why.to_owned()));
                Ok(self.wait_for_host())
            }
        }
    }
}

/// What a fault in clear comes to where TLS is required: a server that cannot be understood has
/// no STLS.
pub(super) fn without_tls(fault: Fault) -> Fault {
    match fault.code {
        ErrorCode::Syntax => Fault { code: ErrorCode::StartTlsRefused, ..fault },
        _ => fault,
    }
}
