//! Reasons that say what to do next: a peer that does not answer, closes, or speaks cleartext where TLS must
//! begin (or the other way round) is often right, and the port is wrong.

use super::timers::Wait;
use super::{Connection, Phase};
use crate::error::{Error, ErrorCode};
use crate::service::{Mode, Protocol, Role, Service};
use crate::tls::client_hello::LooksLike;

/// The service for the same protocol whose TLS begins the other way.
fn counterpart(service: Service) -> Service {
    match service {
        Service::Imaps => Service::Imap,
        Service::Pop3s => Service::Pop3,
        Service::Submissions => Service::Submission,
        Service::Imap => Service::Imaps,
        Service::Pop3 => Service::Pop3s,
        Service::Submission => Service::Submissions,
    }
}

/// The command that begins TLS.
pub(super) fn starttls(protocol: Protocol) -> &'static str {
    if protocol == Protocol::Pop3 { "STLS" } else { "STARTTLS" }
}

/// Which other service may have been meant.
fn other_port(role: Role, service: Service) -> String {
    let other = counterpart(service);
    let (name, port, command) = (other.name(), other.port(), starttls(service.protocol()));
    match (role, service.mode()) {
        (Role::Client, Mode::StartTls) => {
            format!("if it expects TLS from the first byte, use {name} (usually port {port})")
        }
        (Role::Client, Mode::ImplicitTls) => {
            format!("if it expects {command}, use {name} (usually port {port})")
        }
        (Role::Server, Mode::StartTls) => {
            format!("set the client to {command}, or to {name} (usually port {port})")
        }
        (Role::Server, Mode::ImplicitTls) => format!(
            "set the client to TLS from the first byte (often called SSL/TLS), or to {name} with {command} (usually \
             port {port})"
        ),
    }
}

impl Connection {
    fn peer(&self) -> &'static str {
        match self.role() {
            Role::Server => "client",
            Role::Client => "server",
        }
    }

    /// A reason, with the other service that may have been meant.
    fn or_other_port(&self, reason: String) -> String {
        format!("{reason}; {}", other_port(self.role(), self.service))
    }

    /// Whether the peer has said nothing at all, as far as is known here.
    fn is_silent(&self) -> bool {
        self.first.is_none() && !self.host_has_the_network()
    }

    /// Why a deadline has passed.
    pub(super) fn deadline_reason(&self, wait: Wait, limit: u64) -> String {
        let (peer, time) = (self.peer(), duration(limit));
        match wait {
            Wait::Handshake if self.is_silent() => {
                match self.role() {
                    Role::Client => self
                        .or_other_port(format!("the server did not answer the TLS handshake within {time}")),
                    Role::Server => self
                        .or_other_port(format!("the client did not begin the TLS handshake within {time}")),
                }
            }
            Wait::Handshake => format!("the TLS handshake with the {peer} was not complete within {time}"),
            Wait::Greeting if self.is_silent() && self.channel.is_clear() => {
                self.or_other_port(format!("the server sent no greeting within {time}"))
            }
            Wait::Greeting => format!("the server sent no greeting within {time}"),
            Wait::Command => match self.role() {
                Role::Client => format!("the server did not answer within {time}"),
                Role::Server => format!("the client sent no complete command within {time}"),
            },
            Wait::Close => format!("the {peer} sent no close_notify within {time}"),
            Wait::Authentication => format!("authentication was not complete within {time}"),
        }
    }

    /// Why the end of TCP comes too early.
    pub(super) fn end_of_input_reason(&self) -> String {
        let peer = self.peer();
        match self.phase {
            Phase::Handshake if self.is_silent() => match self.role() {
                Role::Client => self.or_other_port(
                    "the server closed the connection without answering the TLS handshake".into(),
                ),
                Role::Server => "the client closed the connection without beginning the TLS handshake".into(),
            },
            Phase::Handshake => {
                format!("the {peer} closed the connection in the TLS handshake; its log may say why")
            }
            Phase::Dialogue { .. }
                if self.role() == Role::Client && self.is_silent() && self.channel.is_clear() =>
            {
                self.or_other_port("the server closed the connection without a greeting".into())
            }
            Phase::Certificate(_) | Phase::Dialogue { .. } if self.channel.ends_with_tcp() => {
                format!("the {peer} closed the connection in the middle of the dialogue")
            }
            Phase::Certificate(_) | Phase::Dialogue { .. } => {
                format!("the {peer} closed TCP without close_notify in the middle of the dialogue")
            }
            _ => format!("the {peer} closed TCP without close_notify, so that data may be missing"),
        }
    }

    /// An error, with what to do where the peer has begun with something else than TLS, or with TLS
    /// where a mail protocol begins.
    pub(super) fn advised(&self, error: Error) -> Error {
        let advice = match error.code() {
            ErrorCode::NotTls if self.service.mode() == Mode::StartTls => {
                let (peer, command) = (self.peer(), starttls(self.service.protocol()));
                format!("the {peer} sent it after {command} and before TLS (injection? possible attack)")
            }
            ErrorCode::NotTls => match self.channel.spoken_instead() {
                Some(what) => self.instead_of_tls(what),
                None => return error,
            },
            // What begins a TLS record: an alert or a handshake.
            ErrorCode::ForeignProtocol
                if self.channel.is_clear() && matches!(self.first, Some(0x15 | 0x16)) =>
            {
                other_port(self.role(), self.service)
            }
            ErrorCode::StartTlsRefused if self.channel.is_clear() && self.role() == Role::Client => {
                let other = counterpart(self.service);
                format!(
                    "{} (usually port {}) does not need {}",
                    other.name(),
                    other.port(),
                    starttls(self.service.protocol())
                )
            }
            _ => return error,
        };
        if advice.is_empty() {
            error
        } else {
            Error::new(error.code(), format!("{}; {advice}", error.reason()))
        }
    }

    /// What to do about a peer that speaks this where TLS must begin; `""` where that is up to nobody here.
    fn instead_of_tls(&self, what: LooksLike) -> String {
        let role = self.role();
        match what {
            LooksLike::Text => other_port(role, self.service),
            LooksLike::Imap | LooksLike::Pop3 | LooksLike::Smtp if speaks(what, self.service.protocol()) => {
                other_port(role, self.service)
            }
            LooksLike::Proxy => {
                "take the PROXY header off before TLS, or switch it off where it is added".into()
            }
            LooksLike::Unknown => String::new(),
            _ if role == Role::Client => "check the host and the port".into(),
            _ => String::new(),
        }
    }
}

fn speaks(what: LooksLike, protocol: Protocol) -> bool {
    let spoken = match protocol {
        Protocol::Imap => LooksLike::Imap,
        Protocol::Pop3 => LooksLike::Pop3,
        Protocol::Smtp => LooksLike::Smtp,
    };
    what == spoken
}

fn duration(milliseconds: u64) -> String {
    if milliseconds % 1000 == 0 { format!("{} s", milliseconds / 1000) } else { format!("{milliseconds} ms") }
}
