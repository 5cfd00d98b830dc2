//! What the server says: its greeting, capabilities, answers and farewells.
//!
//! It must never know the state in which they are said.

use super::super::super::sasl;
use super::super::super::{Capabilities, Farewell, Particulars, Protection, Rejection, ServerSettings};
use super::super::grammar::{IdParameters, Response, ResponseCode, ResponseText, Status, Tag};
use crate::buffer::Buffer;

/// RFC 5530 §3.
const PRIVACY_REQUIRED: &str = "PRIVACYREQUIRED";

/// What is told before authentication. In clear that is STARTTLS and that there is no logging
/// in (RFC 9051 §6.2.1, §6.2.3), and nothing that the host adds; inside TLS STARTTLS is never
/// among them (RFC 8314 §3).
pub(super) fn capabilities(
    settings: &ServerSettings,
    protection: Protection,
    particulars: &Particulars,
) -> Capabilities {
    match protection {
        Protection::Clear { .. } | Protection::Refused { .. } => {
            let own = ["IMAP4rev1", "IMAP4rev2", "LITERAL-", "ID"];
            let offer = protection.has_starttls().then_some("STARTTLS");
            Capabilities::new(
                own.into_iter().chain(offer).chain(["LOGINDISABLED"]).map(String::from).collect(),
            )
        }
        Protection::Confidential { .. } => confidential_capabilities(settings, particulars),
    }
}

fn confidential_capabilities(settings: &ServerSettings, particulars: &Particulars) -> Capabilities {
    let own = ["IMAP4rev1", "IMAP4rev2", "SASL-IR", "LITERAL-", "ID"].map(String::from);
    let mechanisms = sasl::offered(settings, particulars);
    let mechanisms = mechanisms.iter().filter_map(|m| m.sasl_name());
    let disabled = (!settings.password_commands).then(|| String::from("LOGINDISABLED"));
    Capabilities::new(
        own.into_iter()
            .chain(mechanisms.map(|name| format!("AUTH={name}")))
            .chain(disabled)
            .chain(settings.imap_capabilities.iter().cloned())
            .collect(),
    )
}

pub(super) fn greeting(
    settings: &ServerSettings,
    protection: Protection,
    particulars: &Particulars,
) -> Response {
    let code = ResponseCode::Capability(capabilities(settings, protection, particulars));
    Response::Status(Status::Ok, ResponseText::new(Some(code), &settings.greeting_text))
}

/// The greeting of a client that is authenticated already (RFC 9051 §7.1.4).
pub(super) fn preauth(settings: &ServerSettings) -> Response {
    Response::PreAuth(ResponseText::new(authenticated_capabilities(settings), &settings.greeting_text))
}

fn authenticated_capabilities(settings: &ServerSettings) -> Option<ResponseCode> {
    let list = &settings.imap_authenticated_capabilities;
    (!list.is_empty()).then(|| ResponseCode::Capability(Capabilities::new(list.clone())))
}

/// The answer to ID (RFC 2971 §3.2).
pub(super) fn id(settings: &ServerSettings) -> Response {
    let mut data = Buffer::default();
    data.extend(b"ID ");
    IdParameters::new(&settings.imap_id).write(&mut data);
    Response::Data(data.as_slice().to_vec())
}

pub(super) fn completed(tag: Tag) -> Response {
    Response::Tagged(tag, Status::Ok, ResponseText::new(None, "completed"))
}

/// The go-ahead (RFC 9051 §6.2.1): TLS begins behind its CRLF.
pub(super) fn begin_tls(tag: Tag) -> Response {
    Response::Tagged(tag, Status::Ok, ResponseText::new(None, "begin TLS negotiation now"))
}

/// The one answer to whoever wants to authenticate where that is not confidential (RFC 5530 §3,
/// RFC 8314 §4.1).
pub(super) fn privacy_required(tag: Tag, why: &str) -> Response {
    no(tag, PRIVACY_REQUIRED, why)
}

/// Whether it is that answer.
pub(super) fn requires_privacy(response: &Response) -> bool {
    let code = ResponseCode::named(PRIVACY_REQUIRED);
    matches!(response, Response::Tagged(_, Status::No, text) if text.code.as_ref() == Some(&code))
}

pub(super) fn logged_in(tag: Tag, settings: &ServerSettings) -> Response {
    Response::Tagged(tag, Status::Ok, ResponseText::new(authenticated_capabilities(settings), "logged in"))
}

/// The codes of RFC 5530 §3.
pub(super) fn rejected(tag: Tag, rejection: Rejection) -> Response {
    match rejection {
        Rejection::InvalidCredentials => no(tag, "AUTHENTICATIONFAILED", "wrong user name or password"),
        Rejection::NotAuthorized => no(tag, "AUTHORIZATIONFAILED", "not allowed to act as that user"),
        Rejection::TemporaryFailure => no(tag, "UNAVAILABLE", "try again later"),
    }
}

pub(super) fn no(tag: Tag, code: &str, text: &str) -> Response {
    Response::Tagged(tag, Status::No, ResponseText::new(Some(ResponseCode::named(code)), text))
}

pub(super) fn bad(tag: Tag, text: &str) -> Response {
    Response::Tagged(tag, Status::Bad, ResponseText::new(None, text))
}

/// A literal over the limit (RFC 7888 §4, the code of RFC 4469).
pub(super) fn too_big(tag: Tag) -> Response {
    let code = ResponseCode::named("TOOBIG");
    Response::Tagged(tag, Status::Bad, ResponseText::new(Some(code), "literal too big"))
}

pub(super) fn untagged_bad(text: &str) -> Response {
    Response::Status(Status::Bad, ResponseText::new(None, text))
}

pub(super) fn bye(code: Option<&str>, text: &str) -> Response {
    Response::Bye(ResponseText::new(code.map(ResponseCode::named), text))
}

pub(super) fn farewell(why: Farewell) -> Response {
    match why {
        Farewell::Deadline => bye(None, "Autologout; idle for too long"),
        Farewell::Shutdown => bye(Some("UNAVAILABLE"), "shutting down"),
    }
}
