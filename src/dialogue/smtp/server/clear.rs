//! What the server answers before TLS, and on TLS that is refused: enough for a client to find
//! STARTTLS, and refusals.
//!
//! Nothing that is said here is told to the host or remembered (RFC 3207 §4.2). It must never
//! know what stands behind `AUTH`.

use super::{Server, State, say};
use crate::buffer::Buffer;
use crate::dialogue::blank::first_word;
use crate::dialogue::smtp::grammar::{Command, Reply, ReplyCode};
use crate::dialogue::{Effects, Fault, Protection, Step, Transition};

#[cfg(test)]
mod tests;

/// RFC 4954 §6.
const ENCRYPTION_REQUIRED: &str = "Encryption required for requested authentication mechanism";

impl Server {
    /// A line of a client that cannot authenticate here; `rest` is what came along behind it.
    pub(super) fn line_in_clear(self, line: &[u8], rest: &Buffer, fx: &mut Effects) -> Transition<Self> {
        let starttls = self.protection.has_starttls();
        let refused = matches!(self.protection, Protection::Refused { .. });
        let server = Self { state: State::Nameless, ..self };
        // Before anything is parsed: the answer is the same whatever the credentials are.
        if is_auth(line) {
            fx.refused_in_clear += 1;
            let why = if refused { server.particulars.refusal.as_str() } else { ENCRYPTION_REQUIRED };
            let text = format!("5.7.11 {why}");
            return server.bad(ReplyCode::ENCRYPTION_REQUIRED, &text, fx);
        }
        match Command::parse(line) {
            Ok(Command::StartTls) if starttls => server.starttls(rest, fx),
            Ok(Command::StartTls) if refused => {
                server.bad(ReplyCode::BAD_SEQUENCE, "5.5.1 TLS is already active", fx)
            }
            Ok(Command::StartTls) => server.bad(ReplyCode::TLS_NOT_AVAILABLE, "4.7.0 TLS not available", fx),
            Ok(Command::Ehlo(_)) => Ok(server.ehlo_in_clear(starttls, fx)),
            // For clients that only ever say HELO, and begin TLS because their users have said so.
            Ok(Command::Helo(_)) => {
                let host_name = server.settings.host_name.clone();
                server.answer(ReplyCode::COMPLETED, &host_name, fx)
            }
            Ok(Command::Noop) => server.answer(ReplyCode::COMPLETED, "2.0.0 OK", fx),
            Ok(Command::Quit) => Ok(server.quit(fx)),
            // RFC 3207 §4: so to every command but these.
            Ok(_) if starttls => {
                server.bad(ReplyCode::STARTTLS_REQUIRED, "5.7.0 Must issue a STARTTLS command first", fx)
            }
            Ok(_) => {
                let why = if refused { server.particulars.refusal.as_str() } else { "Not without TLS" };
                let text = format!("5.7.0 {why}");
                server.bad(ReplyCode::STARTTLS_REQUIRED, &text, fx)
            }
            Err(error) => server.no_command(error, fx),
        }
    }

    /// The client forgets this answer (RFC 3207 §4.2), so it holds only what is of use in clear.
    fn ehlo_in_clear(self, starttls: bool, fx: &mut Effects) -> Step<Self> {
        let mut lines = vec![self.settings.host_name.clone(), "ENHANCEDSTATUSCODES".into()];
        lines.extend(starttls.then(|| "STARTTLS".into()));
        Reply::new(ReplyCode::COMPLETED, lines).write(&mut fx.output);
        Step::More(self)
    }

    /// The go-ahead, unless the client went ahead without it: what came in clear must not be
    /// taken for a command inside TLS (RFC 3207 §4.2).
    fn starttls(self, rest: &Buffer, fx: &mut Effects) -> Transition<Self> {
        if !rest.is_empty() {
            say(ReplyCode::BAD_SEQUENCE, "5.5.1 Nothing may follow STARTTLS before TLS", &mut fx.output);
            let fault = Fault::command_injection("STARTTLS");
            return Err(self.goodbye("4.7.0", "Protocol error", fault, fx));
        }
        say(ReplyCode::SERVICE_READY, "2.0.0 Ready to start TLS", &mut fx.output);
        Ok(Step::StartTls)
    }
}

/// Whether the verb is `AUTH`, with or without anything behind it.
fn is_auth(line: &[u8]) -> bool {
    first_word(line).eq_ignore_ascii_case(b"AUTH")
}
