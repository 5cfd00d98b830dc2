//! The server before TLS, and on TLS that is refused: `CAPA`, `STLS`, `QUIT`, and a refusal for the rest.
//!
//! It must never know a credential: what could hold one is refused with its arguments unread.

#[cfg(test)]
mod tests;

use super::{Server, list, quit};
use crate::buffer::Buffer;
use crate::dialogue::pop3::grammar::{BadCommand, Command, Reply};
use crate::dialogue::{Effects, Fault, Protection, Step, Transition};

impl Server {
    /// A command where nobody can authenticate; `rest` is what has come behind it.
    pub(super) fn command_in_clear(self, line: &[u8], rest: &Buffer, fx: &mut Effects) -> Transition<Self> {
        // Without the code AUTH (RFC 3206 §4): no other password would help.
        let refusal: &str = &match self.protection {
            Protection::Refused { .. } => self.particulars.refusal.clone(),
            protection if protection.has_starttls() => "use STLS first".into(),
            _ => "not available without TLS".into(),
        };
        if Command::is_authentication(line) {
            fx.refused_in_clear += 1;
            return self.bad(refusal, fx);
        }
        match Command::parse(line) {
            Ok(Command::Capa) => {
                list("capability list follows", &capabilities(self.protection.has_starttls()), fx);
                Ok(Step::More(self))
            }
            Ok(Command::Stls) if self.protection.has_starttls() => stls(rest, fx),
            Ok(Command::Stls) if matches!(self.protection, Protection::Refused { .. }) => {
                self.bad("TLS is already active", fx)
            }
            Ok(Command::Stls) => self.bad("STLS is not offered", fx),
            Ok(Command::Quit) => Ok(quit(fx)),
            Ok(Command::Transaction(_)) => self.bad("not authenticated", fx),
            // `UTF8` too, which no STLS may follow (RFC 6856 §2). The others do not come so far.
            Ok(
                Command::Utf8
                | Command::User(_)
                | Command::Pass(_)
                | Command::Apop { .. }
                | Command::AuthList
                | Command::Auth { .. },
            ) => self.bad(refusal, fx),
            Err(BadCommand::Unknown) => self.bad("unknown command", fx),
            Err(BadCommand::Arguments(usage)) => self.bad(usage, fx),
        }
    }
}

/// `STLS` (RFC 2595 §4). What is behind it already was put there to be obeyed inside TLS.
fn stls(rest: &Buffer, fx: &mut Effects) -> Transition<Server> {
    if !rest.is_empty() {
        Reply::err("nothing may follow STLS, closing").write(&mut fx.output);
        return Err(Fault::command_injection("STLS"));
    }
    Reply::ok("begin TLS").write(&mut fx.output);
    Ok(Step::StartTls)
}

/// The capabilities before TLS, none of them the host's: a client asks again inside (RFC 2595 §4).
/// PIPELINING waits till then, because nothing may be pipelined behind `STLS`.
fn capabilities(starttls: bool) -> Vec<String> {
    let stls = starttls.then(|| "STLS".to_owned());
    stls.into_iter().chain(["RESP-CODES".to_owned()]).collect()
}
