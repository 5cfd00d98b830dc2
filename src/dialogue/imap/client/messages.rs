//! What an IMAP server says to people: its status responses, told to the host as they come.
//!
//! Does not decide what the machine does about them.

use super::super::super::{Condition, DialogueEvent, Effects, Fault, Protection, ServerMessage};
use super::super::grammar::{Response, ResponseText, Status};
use super::Context;
use crate::error::ErrorCode;

impl Context {
    /// Tells the host. What is said in clear may be anybody's, and is not told; nor is a response without
    /// words.
    pub(super) fn tell(&self, condition: Condition, tagged: bool, text: &ResponseText, fx: &mut Effects) {
        let inside = matches!(self.protection, Protection::Confidential { .. });
        if inside && (text.code.is_some() || !text.text.octets().is_empty()) {
            fx.events.push(DialogueEvent::Message(message(condition, tagged, text)));
        }
    }

    /// Tells the host of a response whose words it has anyway, or that are about nothing, only if it is
    /// an alert: for those there is one place.
    pub(super) fn tell_alert(
        &self,
        condition: Condition,
        tagged: bool,
        text: &ResponseText,
        fx: &mut Effects,
    ) {
        if message(condition, tagged, text).is_alert() {
            self.tell(condition, tagged, text, fx);
        }
    }
}

fn message(condition: Condition, tagged: bool, text: &ResponseText) -> ServerMessage {
    let code = text.code.as_ref().map(|code| code.name().to_owned());
    let arguments = text.code.as_ref().and_then(|code| code.arguments());
    ServerMessage::new(condition, tagged, code, arguments.as_deref().map(str::as_bytes), text.text.octets())
}

/// The server refuses to serve by a greeting that is not one.
pub(super) fn refused_by_greeting(status: Status, text: &ResponseText) -> Fault {
    let mut words = message(status.into(), false, text).words();
    if words.is_empty() {
        words = status.as_str().into();
    }
    Fault::new(ErrorCode::RefusedByServer, format!("the server says: {words}"))
}

/// How a response that may be a greeting is meant, with its words.
pub(super) fn words_of_greeting(response: &Response) -> Option<(Condition, ResponseText)> {
    match response {
        Response::Status(Status::Ok, text) | Response::PreAuth(text) => Some((Condition::Ok, text.clone())),
        Response::Bye(text) => Some((Condition::Bye, text.clone())),
        _ => None,
    }
}

impl From<Status> for Condition {
    fn from(status: Status) -> Self {
        match status {
            Status::Ok => Self::Ok,
            Status::No => Self::No,
            Status::Bad => Self::Bad,
        }
    }
}
