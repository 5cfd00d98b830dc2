//! The states of the server's machine and what leads from one to the next.

use super::{Server, State as Inner};
use crate::dialogue::Protection;
use crate::dialogue::states::State::{self, Clear, Closed, Failed, HandedOff, Handshake, Tls};
#[cfg(test)]
use crate::dialogue::states::counted;
use crate::dialogue::states::{Chart, rule};

const AUTHORIZATION: &str = "Authorization";
const USER: &str = "User";
const EXCHANGE: &str = "Exchange";
const DECIDING: &str = "Deciding";

/// Where commands are read.
const COMMANDS: &[State] = &[Clear(AUTHORIZATION), Tls(AUTHORIZATION), Tls(USER)];

/// Where input is read.
const READING: &[State] = &[Clear(AUTHORIZATION), Tls(AUTHORIZATION), Tls(USER), Tls(EXCHANGE)];

impl Server {
    pub(crate) const CHART: Chart = Chart {
        in_clear: AUTHORIZATION,
        implicit: AUTHORIZATION,
        after_starttls: AUTHORIZATION,
        preauth: false,
        rules: &[
            rule(&[Clear(AUTHORIZATION)], "STLS", Handshake),
            rule(&[Clear(AUTHORIZATION)], "data behind STLS", Failed),
            rule(&[Clear(AUTHORIZATION)], "CAPA: answered", Clear(AUTHORIZATION)),
            rule(&[Clear(AUTHORIZATION)], "USER, PASS, APOP, AUTH: refused", Clear(AUTHORIZATION)),
            rule(&[Clear(AUTHORIZATION)], "anything else: refused", Clear(AUTHORIZATION)),
            rule(&[Tls(AUTHORIZATION), Tls(USER)], "USER", Tls(USER)),
            rule(&[Tls(USER)], "PASS", Tls(DECIDING)),
            rule(&[Tls(AUTHORIZATION), Tls(USER)], "APOP", Tls(DECIDING)),
            rule(&[Tls(AUTHORIZATION), Tls(USER)], "AUTH, for the host to decide", Tls(DECIDING)),
            rule(&[Tls(AUTHORIZATION), Tls(USER)], "AUTH", Tls(EXCHANGE)),
            rule(&[Tls(AUTHORIZATION), Tls(USER)], "CAPA, UTF8: answered", Tls(AUTHORIZATION)),
            rule(&[Tls(AUTHORIZATION), Tls(USER)], "anything else: refused", Tls(AUTHORIZATION)),
            rule(&[Tls(EXCHANGE)], "response, with another challenge to come", Tls(EXCHANGE)),
            rule(&[Tls(EXCHANGE)], "response for the host to see", Tls(DECIDING)),
            rule(&[Tls(EXCHANGE)], "empty response, behind SCRAM's last word", HandedOff),
            rule(&[Tls(EXCHANGE)], "cancelled, malformed or refused", Tls(AUTHORIZATION)),
            rule(&[Tls(EXCHANGE), Tls(DECIDING)], "too many challenges", Failed),
            rule(&[Tls(DECIDING)], "the host accepts", HandedOff),
            rule(&[Tls(DECIDING)], "the host accepts: SCRAM's last word", Tls(EXCHANGE)),
            rule(&[Tls(DECIDING)], "the host goes on: a challenge, a stored secret", Tls(EXCHANGE)),
            rule(&[Tls(DECIDING)], "the host rejects", Tls(AUTHORIZATION)),
            rule(&[Tls(DECIDING)], "the host rejects: a token, or a user that there is not", Tls(EXCHANGE)),
            rule(&[Tls(DECIDING)], "rejected too often", Failed),
            rule(COMMANDS, "QUIT", Closed),
            rule(&[Clear(AUTHORIZATION), Tls(AUTHORIZATION)], "another protocol, to begin with", Failed),
            rule(READING, "refused too often", Failed),
            rule(READING, "broken line", Failed),
        ],
    };

    /// The state that the machine is in.
    pub(crate) fn state(&self) -> State {
        let name = match &self.state {
            Inner::Authorization { user: None } => AUTHORIZATION,
            Inner::Authorization { user: Some(_) } => USER,
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
            Inner::Exchange { exchange, rounds, .. } => format!("{} {rounds}", exchange.detail()),
            Inner::Deciding { pending, rounds, .. } => format!("{} {rounds}", pending.detail()),
            Inner::Authorization { .. } => String::new(),
        };
        let limits = &self.settings.limits;
        let bad = counted(self.bad_commands, limits.bad_commands);
        let failures = counted(self.authentication_failures, limits.authentication_failures);
        format!("{} {} {bad} {failures} {inner}", self.first_line, self.utf8)
    }
}
