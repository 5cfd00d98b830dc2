//! The client's way to STARTTLS: greeting, CAPABILITY where the greeting does not tell it, STARTTLS.
//!
//! ```text
//!   Greeting ───── tells STARTTLS ─────► StartTls ── OK, nothing behind it ──► TLS begins
//!      │                                    ▲  │
//!      └──► Capability ── tells STARTTLS ───┘  └─ NO, BAD ──► not to be had
//!               └── does not, NO, BAD ──► not to be had
//! ```
//!
//! Anybody on the way may have written what is read here. It decides only whether STARTTLS is
//! asked for: it must never become a greeting, a capability or any other event, nor lead on to
//! authentication (RFC 9051 §6.2.1).

use super::super::super::{DialogueEvent, Effects, Fault, StartTlsUse, Step, Transition};
use super::super::grammar::{Body, GreetingCondition, Response, ResponseCode, ResponseText, Status, Tag};
use super::{Client, Context, State, syntax};
use crate::buffer::Buffer;
use crate::error::ErrorCode;

/// How far the way to STARTTLS is gone.
pub(super) enum InClear {
    /// Nothing has been heard.
    Greeting,
    /// CAPABILITY was sent; whether STARTTLS has been told.
    Capability(Tag, bool),
    /// STARTTLS was sent.
    StartTls(Tag),
}

impl Context {
    /// Acts on a response in clear; `behind` is what has come after it.
    pub(super) fn respond_in_clear(
        self,
        state: InClear,
        response: Response,
        behind: &Buffer,
        fx: &mut Effects,
    ) -> Transition<Client> {
        match (state, response) {
            (InClear::Greeting, response) => self.greeted_in_clear(response, fx),
            (_, Response::Bye(_)) => Err(Fault::refused_before_tls("BYE")),
            (_, Response::PreAuth(_)) => Err(syntax("PREAUTH after the greeting")),
            (_, Response::Continue(_)) => Err(syntax("nothing to continue")),
            (InClear::Capability(tag, offered), Response::Capability(told)) => {
                let offered = offered || told.has("STARTTLS");
                Ok(Step::More(self.next(State::InClear(InClear::Capability(tag, offered)))))
            }
            (state, Response::Tagged(tag, status, text)) => {
                let (InClear::Capability(sent, _) | InClear::StartTls(sent)) = &state else {
                    return Err(syntax("an answer to no command"));
                };
                if *sent != tag {
                    return Err(syntax("an answer to another command"));
                }
                self.finished_in_clear(state, status, &text, behind, fx)
            }
            // Passed over: it may be anybody's.
            (state, Response::Status(..) | Response::Capability(_) | Response::Data(_)) => {
                Ok(Step::More(self.next(State::InClear(state))))
            }
        }
    }

    fn greeted_in_clear(mut self, response: Response, fx: &mut Effects) -> Transition<Client> {
        match response {
            Response::Status(Status::No, _) => return Err(Fault::refused_before_tls("NO")),
            Response::Status(Status::Bad, _) => return Err(Fault::refused_before_tls("BAD")),
            _ => {}
        }
        let Some(greeting) = response.into_greeting() else { return Err(syntax("not a greeting")) };
        match (greeting.condition, greeting.code) {
            (GreetingCondition::Bye, _) => Err(Fault::refused_before_tls("BYE")),
            // There STARTTLS is not allowed any more: whoever sends it wants none (the NO STARTTLS
            // study; RFC 9051 §7.1.4).
            (GreetingCondition::PreAuth, _) => Err(Fault::new(
                ErrorCode::StartTlsRefused,
                "the server claims PREAUTH before TLS, which rules out STARTTLS (possible attack)",
            )),
            (GreetingCondition::Ok, Some(ResponseCode::Capability(told))) if told.has("STARTTLS") => {
                Ok(self.ask_for_tls(fx))
            }
            (GreetingCondition::Ok, _) => {
                let (tag, _) = self.send(Body::Capability, fx);
                Ok(Step::More(self.next(State::InClear(InClear::Capability(tag, false)))))
            }
        }
    }

    fn ask_for_tls(mut self, fx: &mut Effects) -> Step<Client> {
        let (tag, _) = self.send(Body::StartTls, fx);
        Step::More(self.next(State::InClear(InClear::StartTls(tag))))
    }

    /// The end of a command.
    fn finished_in_clear(
        self,
        state: InClear,
        status: Status,
        text: &ResponseText,
        behind: &Buffer,
        fx: &mut Effects,
    ) -> Transition<Client> {
        let said = || text.text.printable();
        match (state, status) {
            // It would be taken for what the server says inside TLS (the NO STARTTLS study).
            (InClear::StartTls(_), Status::Ok) if !behind.is_empty() => {
                Err(Fault::response_injection("STARTTLS"))
            }
            (InClear::StartTls(_), Status::Ok) => Ok(Step::StartTls),
            (InClear::StartTls(_), _) => {
                self.without_tls(format!("the server refuses STARTTLS: {}", said()), fx)
            }
            (InClear::Capability(_, offered), Status::Ok) => {
                let told = matches!(&text.code, Some(ResponseCode::Capability(told)) if told.has("STARTTLS"));
                if offered || told {
                    return Ok(self.ask_for_tls(fx));
                }
                self.without_tls("the server does not offer STARTTLS".into(), fx)
            }
            (InClear::Capability(..), _) => {
                self.without_tls(format!("the server refuses CAPABILITY: {}", said()), fx)
            }
            (InClear::Greeting, _) => Err(syntax("an answer to no command")),
        }
    }

    /// The server has no STARTTLS: the end, or the host's to decide; never authentication.
    fn without_tls(self, reason: String, fx: &mut Effects) -> Transition<Client> {
        match self.settings.starttls {
            StartTlsUse::Required => Err(Fault::new(ErrorCode::StartTlsRefused, reason)),
            StartTlsUse::Opportunistic => {
                fx.events.push(DialogueEvent::NotConfidential(reason));
                Ok(Step::Wait(self.next(State::NotAuthenticated)))
            }
        }
    }
}

/// Where TLS is required, a response that cannot be read keeps the client from it.
pub(super) fn keeps_from_tls(fault: Fault) -> Fault {
    match fault.code {
        ErrorCode::Syntax => Fault::new(ErrorCode::StartTlsRefused, fault.reason),
        _ => fault,
    }
}
