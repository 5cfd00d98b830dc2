//! The states of the client's machine and what leads from one to the next.

use super::{Client, State as Inner};
#[cfg(test)]
use crate::dialogue::Capabilities;
use crate::dialogue::Protection;
use crate::dialogue::states::State::{self, Clear, Closed, Failed, HandedOff, Handshake, Tls};
#[cfg(test)]
use crate::dialogue::states::counted;
use crate::dialogue::states::{Chart, rule};

const GREETING: &str = "Greeting";
const CAPA: &str = "Capa";
const CAPA_LINES: &str = "CapaLines";
const STLS: &str = "Stls";
const AUTHORIZATION: &str = "Authorization";
const USER: &str = "User";
const PASS: &str = "Pass";
const EXCHANGE: &str = "Exchange";
const ASKING: &str = "Asking";
const CANCELLED: &str = "Cancelled";
const QUIT: &str = "Quit";

/// Every state.
const ALL: &[State] = &[
    Clear(GREETING),
    Clear(CAPA),
    Clear(CAPA_LINES),
    Clear(STLS),
    Clear(AUTHORIZATION),
    Clear(QUIT),
    Tls(GREETING),
    Tls(CAPA),
    Tls(CAPA_LINES),
    Tls(AUTHORIZATION),
    Tls(USER),
    Tls(PASS),
    Tls(EXCHANGE),
    Tls(ASKING),
    Tls(CANCELLED),
    Tls(QUIT),
];

/// Every state but that of a list, in which any line is one of its lines.
const ANSWERED: &[State] = &[
    Clear(GREETING),
    Clear(CAPA),
    Clear(STLS),
    Clear(AUTHORIZATION),
    Clear(QUIT),
    Tls(GREETING),
    Tls(CAPA),
    Tls(AUTHORIZATION),
    Tls(USER),
    Tls(PASS),
    Tls(EXCHANGE),
    Tls(ASKING),
    Tls(CANCELLED),
    Tls(QUIT),
];

impl Client {
    pub(crate) const CHART: Chart = Chart {
        in_clear: GREETING,
        implicit: GREETING,
        after_starttls: CAPA,
        preauth: false,
        rules: &[
            rule(&[Clear(GREETING)], "+OK", Clear(CAPA)),
            rule(&[Clear(CAPA)], "+OK", Clear(CAPA_LINES)),
            rule(&[Clear(CAPA)], "-ERR: it may have STLS all the same", Clear(STLS)),
            rule(&[Clear(CAPA_LINES)], "end of the list, with STLS", Clear(STLS)),
            rule(&[Clear(STLS)], "+OK", Handshake),
            rule(&[Clear(STLS)], "+OK with data behind it", Failed),
            rule(&[Clear(CAPA_LINES), Clear(STLS)], "no STLS, which is required", Failed),
            rule(&[Clear(CAPA_LINES), Clear(STLS)], "no STLS, which is not required", Clear(AUTHORIZATION)),
            rule(&[Clear(AUTHORIZATION)], "the host logs out", Clear(QUIT)),
            rule(&[Tls(GREETING)], "+OK", Tls(CAPA)),
            rule(&[Tls(GREETING)], "+OK, which is all the host wants", HandedOff),
            rule(&[Tls(CAPA)], "+OK", Tls(CAPA_LINES)),
            rule(&[Tls(CAPA)], "-ERR", Tls(AUTHORIZATION)),
            rule(&[Tls(CAPA_LINES)], "end of the list", Tls(AUTHORIZATION)),
            rule(&[Tls(AUTHORIZATION)], "the host authenticates by USER, PASS", Tls(USER)),
            rule(&[Tls(AUTHORIZATION)], "the host authenticates by APOP", Tls(PASS)),
            rule(&[Tls(AUTHORIZATION)], "the host authenticates by AUTH", Tls(EXCHANGE)),
            rule(&[Tls(AUTHORIZATION)], "the host logs out", Tls(QUIT)),
            rule(&[Tls(USER)], "+OK", Tls(PASS)),
            rule(&[Tls(EXCHANGE)], "challenge", Tls(EXCHANGE)),
            rule(&[Tls(EXCHANGE)], "challenge that has no answer", Tls(CANCELLED)),
            rule(&[Tls(EXCHANGE)], "challenge for the host", Tls(ASKING)),
            rule(&[Tls(EXCHANGE)], "challenge against SCRAM's rules", Failed),
            rule(&[Tls(ASKING)], "the host responds", Tls(EXCHANGE)),
            rule(&[Tls(ASKING)], "the host cancels", Tls(CANCELLED)),
            rule(&[Tls(EXCHANGE)], "too many challenges", Failed),
            rule(&[Tls(PASS), Tls(EXCHANGE)], "+OK", HandedOff),
            rule(
                &[Tls(USER), Tls(PASS), Tls(EXCHANGE), Tls(ASKING), Tls(CANCELLED)],
                "-ERR",
                Tls(AUTHORIZATION),
            ),
            rule(&[Tls(EXCHANGE), Tls(ASKING), Tls(CANCELLED)], "+OK, not to be believed", Failed),
            rule(&[Clear(QUIT), Tls(QUIT)], "+OK, -ERR", Closed),
            rule(
                &[Clear(GREETING), Tls(GREETING), Clear(AUTHORIZATION), Tls(AUTHORIZATION)],
                "-ERR: the server takes leave",
                Failed,
            ),
            rule(ANSWERED, "not an answer to what was asked", Failed),
            rule(ALL, "broken line", Failed),
            rule(&[Clear(CAPA_LINES), Tls(CAPA_LINES)], "list too long", Failed),
            rule(&[Clear(GREETING), Tls(GREETING)], "another protocol", Failed),
        ],
    };

    /// The state that the machine is in.
    pub(crate) fn state(&self) -> State {
        let name = match &self.state {
            Inner::Greeting => GREETING,
            Inner::Capa => CAPA,
            Inner::CapaLines { .. } => CAPA_LINES,
            Inner::Stls => STLS,
            Inner::Authorization => AUTHORIZATION,
            Inner::User { .. } => USER,
            Inner::Pass => PASS,
            Inner::Exchange { .. } => EXCHANGE,
            Inner::Asking { .. } => ASKING,
            Inner::Cancelled(_) => CANCELLED,
            Inner::Quit => QUIT,
        };
        match self.protection {
            Protection::Clear { .. } | Protection::Refused { .. } => Clear(name),
            Protection::Confidential { .. } => Tls(name),
        }
    }

    /// What decides its behaviour besides.
    #[cfg(test)]
    pub(crate) fn detail(&self) -> String {
        let inner = match &self.state {
            Inner::CapaLines { kept, lines } => {
                let count = counted(*lines, self.settings.limits.reply_lines);
                format!("{count} {}", offers(&Capabilities::new(kept.clone())))
            }
            Inner::Exchange { exchange, rounds } => format!("{} {rounds}", exchange.detail()),
            Inner::Asking { rounds, .. } => format!("{rounds}"),
            _ => String::new(),
        };
        let stamped = self.timestamp.is_some();
        format!("{:?} {stamped} {inner}", self.capabilities.as_ref().map(offers))
    }
}

/// Which of the capabilities that lead anywhere are there.
#[cfg(test)]
fn offers(capabilities: &Capabilities) -> String {
    ["STLS", "USER", "SASL"].into_iter().filter(|keyword| capabilities.has(keyword)).collect()
}
