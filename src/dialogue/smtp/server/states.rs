//! The states of the server's machine and what leads from one to the next.

use super::{Server, State as Inner};
use crate::dialogue::Protection;
use crate::dialogue::states::State::{self, Clear, Closed, Failed, HandedOff, Handshake, Tls};
#[cfg(test)]
use crate::dialogue::states::counted;
use crate::dialogue::states::{Chart, rule};

const SILENT: &str = "Silent";
const NAMELESS: &str = "Nameless";
const NAMED: &str = "Named";
const EXCHANGE: &str = "Exchange";
const DECIDING: &str = "Deciding";

/// Where commands are read.
const COMMANDS: &[State] = &[Clear(SILENT), Clear(NAMELESS), Tls(SILENT), Tls(NAMELESS), Tls(NAMED)];

/// Where input is read.
const READING: &[State] =
    &[Clear(SILENT), Clear(NAMELESS), Tls(SILENT), Tls(NAMELESS), Tls(NAMED), Tls(EXCHANGE)];

impl Server {
    pub(crate) const CHART: Chart = Chart {
        in_clear: SILENT,
        implicit: SILENT,
        after_starttls: SILENT,
        preauth: false,
        rules: &[
            rule(&[Clear(SILENT), Clear(NAMELESS)], "STARTTLS", Handshake),
            rule(&[Clear(SILENT), Clear(NAMELESS)], "data behind STARTTLS", Failed),
            rule(&[Clear(SILENT), Clear(NAMELESS)], "EHLO, HELO, NOOP: answered", Clear(NAMELESS)),
            rule(&[Clear(SILENT), Clear(NAMELESS)], "AUTH: 538", Clear(NAMELESS)),
            rule(&[Clear(SILENT), Clear(NAMELESS)], "anything else: refused", Clear(NAMELESS)),
            rule(&[Tls(SILENT), Tls(NAMELESS), Tls(NAMED)], "EHLO, HELO", Tls(NAMED)),
            rule(&[Tls(SILENT), Tls(NAMELESS)], "NOOP, RSET, HELP: answered", Tls(NAMELESS)),
            rule(&[Tls(NAMED)], "NOOP, RSET, HELP: answered", Tls(NAMED)),
            rule(&[Tls(SILENT), Tls(NAMELESS)], "AUTH and anything else: refused", Tls(NAMELESS)),
            rule(&[Tls(NAMED)], "anything else: refused", Tls(NAMED)),
            rule(&[Tls(NAMED)], "AUTH, for the host to decide", Tls(DECIDING)),
            rule(&[Tls(NAMED)], "AUTH", Tls(EXCHANGE)),
            rule(&[Tls(EXCHANGE)], "response, with another challenge to come", Tls(EXCHANGE)),
            rule(&[Tls(EXCHANGE)], "response for the host to see", Tls(DECIDING)),
            rule(&[Tls(EXCHANGE)], "empty response, behind SCRAM's last word", HandedOff),
            rule(&[Tls(EXCHANGE)], "cancelled, malformed or refused", Tls(NAMED)),
            rule(&[Tls(EXCHANGE), Tls(DECIDING)], "too many challenges", Failed),
            rule(&[Tls(DECIDING)], "the host accepts", HandedOff),
            rule(&[Tls(DECIDING)], "the host accepts: SCRAM's last word", Tls(EXCHANGE)),
            rule(&[Tls(DECIDING)], "the host goes on: a challenge, a stored secret", Tls(EXCHANGE)),
            rule(&[Tls(DECIDING)], "the host rejects", Tls(NAMED)),
            rule(&[Tls(DECIDING)], "the host rejects: a token, or a user that there is not", Tls(EXCHANGE)),
            rule(&[Tls(DECIDING)], "rejected too often", Failed),
            rule(COMMANDS, "QUIT", Closed),
            rule(&[Clear(SILENT), Tls(SILENT)], "another protocol", Failed),
            rule(READING, "refused too often", Failed),
            rule(READING, "broken line", Failed),
        ],
    };

    /// The state that the machine is in.
    pub(crate) fn state(&self) -> State {
        let name = match &self.state {
            Inner::Silent => SILENT,
            Inner::Nameless => NAMELESS,
            Inner::Named => NAMED,
            Inner::Exchange { .. } => EXCHANGE,
            Inner::Deciding { .. } => DECIDING,
        };
        match self.protection {
            Protection::Clear { .. } => Clear(name),
            Protection::Confidential { .. } => Tls(name),
            Protection::Refused { .. } => State::Refused(name),
        }
    }

    /// What decides its behaviour besides.
    #[cfg(test)]
    pub(crate) fn detail(&self) -> String {
        let inner = match &self.state {
            Inner::Exchange { exchange, challenges } => format!("{} {challenges}", exchange.detail()),
            Inner::Deciding { pending, challenges, .. } => format!("{} {challenges}", pending.detail()),
            _ => String::new(),
        };
        let limits = &self.settings.limits;
        let bad = counted(self.bad_commands, limits.bad_commands);
        let refusals = counted(self.refusals, limits.authentication_failures);
        format!("{bad} {refusals} {inner}")
    }
}
