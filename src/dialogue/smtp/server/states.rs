//! The states of the server's machine and what leads from one to the next.

use super::{Server, State as Inner};
use crate::dialogue::Protection;
use crate::dialogue::states::State::{self, Clear, Closed, Failed, HandedOff, Handshake, Tls};
#[cfg(test)]
use crate::dialogue::states::counted;
use crate::dialogue::states::{Chart, rule};

const SILENT: &str = "Silent";
const BASIC: &str = "Basic";
const EXTENDED: &str = "Extended";
const EXCHANGE: &str = "Exchange";
const DECIDING: &str = "Deciding";

/// Where commands are read.
const COMMANDS: &[State] = &[Clear(SILENT), Clear(BASIC), Tls(SILENT), Tls(BASIC), Tls(EXTENDED)];

/// Where input is read.
const READING: &[State] =
    &[Clear(SILENT), Clear(BASIC), Tls(SILENT), Tls(BASIC), Tls(EXTENDED), Tls(EXCHANGE)];

impl Server {
    pub(crate) const CHART: Chart = Chart {
        in_clear: SILENT,
        implicit: SILENT,
        after_starttls: SILENT,
        preauth: false,
        rules: &[
            rule(&[Clear(SILENT), Clear(BASIC)], "STARTTLS", Handshake),
            rule(&[Clear(SILENT), Clear(BASIC)], "data behind STARTTLS", Failed),
            rule(&[Clear(SILENT), Clear(BASIC)], "EHLO, NOOP: answered", Clear(BASIC)),
            rule(&[Clear(SILENT), Clear(BASIC)], "AUTH: 538", Clear(BASIC)),
            rule(&[Clear(SILENT), Clear(BASIC)], "anything else: refused", Clear(BASIC)),
            rule(&[Tls(SILENT), Tls(BASIC), Tls(EXTENDED)], "EHLO", Tls(EXTENDED)),
            rule(&[Tls(SILENT), Tls(BASIC), Tls(EXTENDED)], "HELO", Tls(BASIC)),
            rule(&[Tls(SILENT), Tls(BASIC)], "NOOP, RSET, HELP: answered", Tls(BASIC)),
            rule(&[Tls(EXTENDED)], "NOOP, RSET, HELP: answered", Tls(EXTENDED)),
            rule(&[Tls(SILENT), Tls(BASIC)], "AUTH and anything else: refused", Tls(BASIC)),
            rule(&[Tls(EXTENDED)], "anything else: refused", Tls(EXTENDED)),
            rule(&[Tls(EXTENDED)], "AUTH, for the host to decide", Tls(DECIDING)),
            rule(&[Tls(EXTENDED)], "AUTH", Tls(EXCHANGE)),
            rule(&[Tls(EXCHANGE)], "response, with another challenge to come", Tls(EXCHANGE)),
            rule(&[Tls(EXCHANGE)], "response for the host to see", Tls(DECIDING)),
            rule(&[Tls(EXCHANGE)], "empty response, behind SCRAM's last word", HandedOff),
            rule(&[Tls(EXCHANGE)], "cancelled, malformed or refused", Tls(EXTENDED)),
            rule(&[Tls(EXCHANGE), Tls(DECIDING)], "too many challenges", Failed),
            rule(&[Tls(DECIDING)], "the host accepts", HandedOff),
            rule(&[Tls(DECIDING)], "the host accepts: SCRAM's last word", Tls(EXCHANGE)),
            rule(&[Tls(DECIDING)], "the host goes on: a challenge, a stored secret", Tls(EXCHANGE)),
            rule(&[Tls(DECIDING)], "the host rejects", Tls(EXTENDED)),
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
            Inner::Basic => BASIC,
            Inner::Extended => EXTENDED,
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
