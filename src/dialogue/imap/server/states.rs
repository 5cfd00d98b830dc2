//! The states of the server's machine and what leads from one to the next.

use super::{Server, State as Inner};
use crate::dialogue::Protection;
use crate::dialogue::states::State::{self, Clear, Closed, Failed, HandedOff, Handshake, Tls};
#[cfg(test)]
use crate::dialogue::states::counted;
use crate::dialogue::states::{Chart, rule};

const COMMAND: &str = "Command";
const LITERAL: &str = "Literal";
const SASL: &str = "Sasl";
const DECIDING: &str = "Deciding";

/// Where input is read.
const READING: &[State] = &[Clear(COMMAND), Clear(LITERAL), Tls(COMMAND), Tls(LITERAL), Tls(SASL)];

impl Server {
    pub(crate) const CHART: Chart = Chart {
        in_clear: COMMAND,
        implicit: COMMAND,
        after_starttls: COMMAND,
        preauth: true,
        rules: &[
            rule(&[Clear(COMMAND)], "STARTTLS", Handshake),
            rule(&[Clear(COMMAND)], "data behind STARTTLS", Failed),
            rule(&[Clear(COMMAND)], "CAPABILITY, NOOP, ID: answered", Clear(COMMAND)),
            rule(&[Clear(COMMAND)], "LOGIN, AUTHENTICATE: PRIVACYREQUIRED", Clear(COMMAND)),
            rule(&[Clear(COMMAND)], "anything else: refused", Clear(COMMAND)),
            rule(&[Clear(COMMAND)], "a literal follows", Clear(LITERAL)),
            rule(&[Clear(LITERAL)], "its command: answered", Clear(COMMAND)),
            rule(&[Clear(LITERAL)], "its command: refused", Clear(COMMAND)),
            rule(&[Clear(LITERAL)], "another literal follows", Clear(LITERAL)),
            rule(&[Tls(COMMAND)], "LOGIN", Tls(DECIDING)),
            rule(&[Tls(COMMAND)], "AUTHENTICATE, for the host to decide", Tls(DECIDING)),
            rule(&[Tls(COMMAND)], "AUTHENTICATE", Tls(SASL)),
            rule(&[Tls(COMMAND)], "CAPABILITY, NOOP, ID: answered", Tls(COMMAND)),
            rule(&[Tls(COMMAND)], "no user name or no password: rejected", Tls(COMMAND)),
            rule(&[Tls(COMMAND)], "anything else: refused", Tls(COMMAND)),
            rule(&[Tls(COMMAND)], "a literal follows", Tls(LITERAL)),
            rule(&[Tls(LITERAL)], "its command: LOGIN", Tls(DECIDING)),
            rule(&[Tls(LITERAL)], "its command: answered", Tls(COMMAND)),
            rule(&[Tls(LITERAL)], "its command: refused", Tls(COMMAND)),
            rule(&[Tls(LITERAL)], "another literal follows", Tls(LITERAL)),
            rule(&[Tls(SASL)], "response, with another challenge to come", Tls(SASL)),
            rule(&[Tls(SASL)], "response for the host to see", Tls(DECIDING)),
            rule(&[Tls(SASL)], "empty response, behind SCRAM's last word", HandedOff),
            rule(&[Tls(SASL)], "cancelled, malformed or refused", Tls(COMMAND)),
            rule(&[Tls(SASL), Tls(DECIDING)], "too many challenges", Failed),
            rule(&[Tls(DECIDING)], "the host accepts", HandedOff),
            rule(&[Tls(DECIDING)], "the host accepts: SCRAM's last word", Tls(SASL)),
            rule(&[Tls(DECIDING)], "the host goes on: a challenge, a stored secret", Tls(SASL)),
            rule(&[Tls(DECIDING)], "the host rejects", Tls(COMMAND)),
            rule(&[Tls(DECIDING)], "the host rejects: a token, or a user that there is not", Tls(SASL)),
            rule(&[Tls(COMMAND), Tls(DECIDING)], "rejected too often", Failed),
            rule(&[Clear(COMMAND), Tls(COMMAND)], "LOGOUT", Closed),
            rule(&[Clear(COMMAND), Tls(COMMAND)], "another protocol, to begin with", Failed),
            rule(READING, "refused too often", Failed),
            rule(READING, "broken line", Failed),
            rule(
                &[Clear(COMMAND), Clear(LITERAL), Tls(COMMAND), Tls(LITERAL)],
                "literal too big, and on its way",
                Failed,
            ),
        ],
    };

    /// The state that the machine is in.
    pub(crate) fn state(&self) -> State {
        let name = match &self.state {
            Inner::Command(partial) if partial.has_begun() => LITERAL,
            Inner::Command(_) => COMMAND,
            Inner::Sasl { .. } => SASL,
            Inner::Deciding { .. } => DECIDING,
        };
        match self.context.protection {
            Protection::Clear { .. } => Clear(name),
            Protection::Confidential { .. } => Tls(name),
            Protection::Refused { .. } => State::Refused(name),
        }
    }

    /// What decides its behaviour besides.
    #[cfg(test)]
    pub(crate) fn detail(&self) -> String {
        let context = &self.context;
        let inner = match &self.state {
            Inner::Command(partial) => partial.detail(),
            Inner::Sasl { exchange, rounds, .. } => format!("{} {rounds}", exchange.detail()),
            Inner::Deciding { pending, rounds, .. } => format!("{} {rounds}", pending.detail()),
        };
        let limits = &context.settings.limits;
        let bad = counted(context.bad_commands, limits.bad_commands);
        let failures = counted(context.failures, limits.authentication_failures);
        format!("{} {bad} {failures} {inner}", context.opening)
    }
}
