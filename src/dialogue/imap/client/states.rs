//! The states of the client's machine and what leads from one to the next.

use super::{Client, InClear, State as Inner};
#[cfg(test)]
use super::{Context, Place};
use crate::dialogue::Protection;
use crate::dialogue::states::State::{self, Clear, Closed, Failed, HandedOff, Handshake, Tls};
#[cfg(test)]
use crate::dialogue::states::counted;
use crate::dialogue::states::{Chart, rule};

const GREETING: &str = "Greeting";
const CAPABILITY: &str = "Capability";
const START_TLS: &str = "StartTls";
const NOT_AUTHENTICATED: &str = "NotAuthenticated";
const LOGIN: &str = "Login";
const SASL: &str = "Sasl";
const ASKING: &str = "Asking";
const CANCELLING: &str = "Cancelling";
const LOGOUT: &str = "Logout";

/// What the host is told, and nothing else comes of.
const UNTAGGED: &str = "untagged OK, NO, BAD: told";

/// Every state.
const ALL: &[State] = &[
    Clear(GREETING),
    Clear(CAPABILITY),
    Clear(START_TLS),
    Clear(NOT_AUTHENTICATED),
    Clear(LOGOUT),
    Tls(GREETING),
    Tls(CAPABILITY),
    Tls(NOT_AUTHENTICATED),
    Tls(LOGIN),
    Tls(SASL),
    Tls(ASKING),
    Tls(CANCELLING),
    Tls(LOGOUT),
];

/// Every state in which lines are passed over, and counted.
const COUNTING: &[State] = &[
    Clear(CAPABILITY),
    Clear(START_TLS),
    Clear(NOT_AUTHENTICATED),
    Clear(LOGOUT),
    Tls(CAPABILITY),
    Tls(NOT_AUTHENTICATED),
    Tls(LOGIN),
    Tls(SASL),
    Tls(ASKING),
    Tls(CANCELLING),
    Tls(LOGOUT),
];

/// Every state in which the answer to an authentication may come.
const ANSWERED: &[State] = &[Tls(LOGIN), Tls(SASL), Tls(ASKING), Tls(CANCELLING)];

/// Every state in which BYE is not what was asked for.
const NOT_LEAVING: &[State] = &[
    Clear(GREETING),
    Clear(CAPABILITY),
    Clear(START_TLS),
    Clear(NOT_AUTHENTICATED),
    Tls(GREETING),
    Tls(CAPABILITY),
    Tls(NOT_AUTHENTICATED),
    Tls(LOGIN),
    Tls(SASL),
    Tls(ASKING),
    Tls(CANCELLING),
];

impl Client {
    pub(crate) const CHART: Chart = Chart {
        in_clear: GREETING,
        implicit: GREETING,
        after_starttls: CAPABILITY,
        preauth: false,
        rules: &[
            rule(&[Clear(GREETING)], "OK with STARTTLS", Clear(START_TLS)),
            rule(&[Clear(GREETING)], "OK", Clear(CAPABILITY)),
            rule(&[Clear(GREETING)], "PREAUTH", Failed),
            rule(&[Clear(CAPABILITY)], "OK, STARTTLS is offered", Clear(START_TLS)),
            rule(&[Clear(START_TLS)], "OK", Handshake),
            rule(&[Clear(START_TLS)], "OK with data behind it", Failed),
            rule(&[Clear(CAPABILITY), Clear(START_TLS)], "no STARTTLS, which is required", Failed),
            rule(
                &[Clear(CAPABILITY), Clear(START_TLS)],
                "no STARTTLS, which is not required",
                Clear(NOT_AUTHENTICATED),
            ),
            rule(&[Clear(NOT_AUTHENTICATED)], "the host logs out", Clear(LOGOUT)),
            rule(&[Tls(GREETING)], "OK with capabilities", Tls(NOT_AUTHENTICATED)),
            rule(&[Tls(GREETING)], "OK", Tls(CAPABILITY)),
            rule(&[Tls(GREETING)], "OK or PREAUTH, which is all the host wants", HandedOff),
            rule(&[Tls(GREETING)], "PREAUTH, by the client's certificate", HandedOff),
            rule(
                &[Tls(GREETING)],
                "PREAUTH, and no certificate has been shown, or there is a mechanism floor",
                Failed,
            ),
            rule(&[Tls(CAPABILITY)], "OK", Tls(NOT_AUTHENTICATED)),
            rule(&[Tls(CAPABILITY)], "NO, BAD, or none told", Failed),
            rule(&[Tls(NOT_AUTHENTICATED)], "the host authenticates by LOGIN", Tls(LOGIN)),
            rule(&[Tls(NOT_AUTHENTICATED)], "the host authenticates by SASL", Tls(SASL)),
            rule(&[Tls(NOT_AUTHENTICATED)], "the host logs out", Tls(LOGOUT)),
            rule(&[Tls(LOGIN)], "literal invited", Tls(LOGIN)),
            rule(&[Tls(SASL)], "challenge", Tls(SASL)),
            rule(&[Tls(SASL)], "challenge that has no answer", Tls(CANCELLING)),
            rule(&[Tls(SASL)], "challenge for the host", Tls(ASKING)),
            rule(&[Tls(SASL)], "challenge against SCRAM's rules", Failed),
            rule(&[Tls(ASKING)], "the host responds", Tls(SASL)),
            rule(&[Tls(ASKING)], "the host cancels", Tls(CANCELLING)),
            rule(&[Tls(LOGIN), Tls(SASL)], "OK", HandedOff),
            rule(ANSWERED, "NO, BAD", Tls(NOT_AUTHENTICATED)),
            rule(ANSWERED, "OK, not to be believed", Failed),
            rule(&[Tls(SASL), Tls(CANCELLING)], "too many challenges", Failed),
            rule(&[Clear(LOGOUT), Tls(LOGOUT)], "tagged answer", Closed),
            rule(&[Tls(CAPABILITY)], UNTAGGED, Tls(CAPABILITY)),
            rule(&[Tls(NOT_AUTHENTICATED)], UNTAGGED, Tls(NOT_AUTHENTICATED)),
            rule(&[Tls(LOGIN)], UNTAGGED, Tls(LOGIN)),
            rule(&[Tls(SASL)], UNTAGGED, Tls(SASL)),
            rule(&[Tls(ASKING)], UNTAGGED, Tls(ASKING)),
            rule(&[Tls(CANCELLING)], UNTAGGED, Tls(CANCELLING)),
            rule(&[Tls(LOGOUT)], UNTAGGED, Tls(LOGOUT)),
            rule(&[Tls(LOGOUT)], "BYE", Tls(LOGOUT)),
            rule(NOT_LEAVING, "BYE", Failed),
            rule(ALL, "not an answer to what was asked", Failed),
            rule(ALL, "broken line", Failed),
            rule(COUNTING, "answer too long", Failed),
            rule(&[Clear(GREETING), Tls(GREETING)], "another protocol", Failed),
        ],
    };

    /// The state that the machine is in.
    pub(crate) fn state(&self) -> State {
        let name = match &self.state {
            Inner::InClear(InClear::Greeting) | Inner::Greeting => GREETING,
            Inner::InClear(InClear::Capability(..)) | Inner::Capability(..) => CAPABILITY,
            Inner::InClear(InClear::StartTls(_)) => START_TLS,
            Inner::NotAuthenticated => NOT_AUTHENTICATED,
            Inner::Login(..) => LOGIN,
            Inner::Sasl(_, Ok(_), _) => SASL,
            Inner::Sasl(_, Err(_), _) => CANCELLING,
            Inner::Asking(..) => ASKING,
            Inner::Logout(_) => LOGOUT,
        };
        match self.context.protection {
            Protection::Clear { .. } | Protection::Refused { .. } => Clear(name),
            Protection::Confidential { .. } => Tls(name),
        }
    }

    /// What decides its behaviour besides.
    #[cfg(test)]
    pub(crate) fn detail(&self) -> String {
        let inner = match &self.state {
            Inner::InClear(InClear::Capability(_, offered)) => format!("{offered}"),
            Inner::Capability(_, told) => format!("{told:?}"),
            Inner::Login(_, unsent) => format!("{}", unsent.len()),
            Inner::Sasl(_, exchange, rounds) => {
                format!("{:?} {rounds}", exchange.as_ref().ok().map(|exchange| exchange.detail()))
            }
            Inner::Asking(_, _, rounds) => format!("{rounds}"),
            _ => String::new(),
        };
        let Context { capabilities, lines, place, settings, .. } = &self.context;
        let lines = counted(*lines, settings.limits.reply_lines);
        let place = match place {
            Place::Response => "",
            Place::Literal(_) => "literal",
        };
        format!("{capabilities:?} {lines} {place} {inner}")
    }
}
