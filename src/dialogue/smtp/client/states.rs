//! The states of the client's machine and what leads from one to the next.

use super::{Client, State as Inner};
use crate::dialogue::Protection;
use crate::dialogue::states::State::{self, Clear, Closed, Failed, HandedOff, Handshake, Tls};
use crate::dialogue::states::{Chart, rule};

const CONNECTED: &str = "Connected";
const EHLO: &str = "Ehlo";
const HELO: &str = "Helo";
const START_TLS: &str = "StartTls";
const READY: &str = "Ready";
const EXCHANGE: &str = "Exchange";
const ASKING: &str = "Asking";
const CANCELLING: &str = "Cancelling";
const QUIT: &str = "Quit";

/// Every state.
const ALL: &[State] = &[
    Clear(CONNECTED),
    Clear(EHLO),
    Clear(START_TLS),
    Clear(READY),
    Clear(QUIT),
    Tls(CONNECTED),
    Tls(EHLO),
    Tls(HELO),
    Tls(READY),
    Tls(EXCHANGE),
    Tls(ASKING),
    Tls(CANCELLING),
    Tls(QUIT),
];

/// Every state but that behind `QUIT`, to which any reply is an answer.
const STAYING: &[State] = &[
    Clear(CONNECTED),
    Clear(EHLO),
    Clear(START_TLS),
    Clear(READY),
    Tls(CONNECTED),
    Tls(EHLO),
    Tls(HELO),
    Tls(READY),
    Tls(EXCHANGE),
    Tls(ASKING),
    Tls(CANCELLING),
];

/// Where the server may refuse to go on.
const REFUSABLE: &[State] = &[Clear(CONNECTED), Clear(EHLO), Tls(CONNECTED), Tls(EHLO), Tls(HELO)];

impl Client {
    pub(crate) const CHART: Chart = Chart {
        in_clear: CONNECTED,
        implicit: CONNECTED,
        after_starttls: EHLO,
        preauth: false,
        rules: &[
            rule(&[Clear(CONNECTED)], "220", Clear(EHLO)),
            rule(&[Clear(EHLO)], "250 with STARTTLS", Clear(START_TLS)),
            rule(&[Clear(START_TLS)], "220", Handshake),
            rule(&[Clear(START_TLS)], "220 with data behind it", Failed),
            rule(&[Clear(EHLO), Clear(START_TLS)], "no STARTTLS, which is required", Failed),
            rule(&[Clear(EHLO), Clear(START_TLS)], "no STARTTLS, which is not required", Clear(READY)),
            rule(&[Clear(READY)], "the host logs out", Clear(QUIT)),
            rule(&[Tls(CONNECTED)], "220", Tls(EHLO)),
            rule(&[Tls(CONNECTED)], "220, which is all the host wants", HandedOff),
            rule(&[Tls(EHLO), Tls(HELO)], "250", Tls(READY)),
            rule(&[Tls(EHLO)], "5yz", Tls(HELO)),
            rule(&[Tls(READY)], "the host authenticates", Tls(EXCHANGE)),
            rule(&[Tls(READY)], "the host logs out", Tls(QUIT)),
            rule(&[Tls(EXCHANGE)], "challenge", Tls(EXCHANGE)),
            rule(&[Tls(EXCHANGE)], "challenge that has no answer", Tls(CANCELLING)),
            rule(&[Tls(EXCHANGE)], "challenge for the host", Tls(ASKING)),
            rule(&[Tls(EXCHANGE)], "challenge against SCRAM's rules", Failed),
            rule(&[Tls(ASKING)], "the host responds", Tls(EXCHANGE)),
            rule(&[Tls(ASKING)], "the host cancels", Tls(CANCELLING)),
            rule(&[Tls(EXCHANGE)], "too many challenges", Failed),
            rule(&[Tls(EXCHANGE)], "235", HandedOff),
            rule(&[Tls(EXCHANGE), Tls(ASKING), Tls(CANCELLING)], "4yz, 5yz", Tls(READY)),
            rule(&[Tls(EXCHANGE), Tls(CANCELLING)], "235, not to be believed", Failed),
            rule(&[Clear(QUIT), Tls(QUIT)], "any reply", Closed),
            rule(STAYING, "421", Failed),
            rule(REFUSABLE, "4yz, 5yz: refused", Failed),
            rule(ALL, "not an answer to what was asked", Failed),
            rule(ALL, "broken line", Failed),
            rule(ALL, "answer too long", Failed),
            rule(&[Clear(CONNECTED), Tls(CONNECTED)], "another protocol", Failed),
        ],
    };

    /// The state that the machine is in.
    pub(crate) fn state(&self) -> State {
        let name = match &self.state {
            Inner::Connected => CONNECTED,
            Inner::Ehlo => EHLO,
            Inner::Helo(_) => HELO,
            Inner::StartTls => START_TLS,
            Inner::Ready => READY,
            Inner::Exchange { .. } => EXCHANGE,
            Inner::Asking { .. } => ASKING,
            Inner::Cancelling(_) => CANCELLING,
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
            Inner::Exchange { exchange, challenges } => format!("{} {challenges}", exchange.detail()),
            Inner::Asking { challenges, .. } => format!("{challenges}"),
            _ => String::new(),
        };
        let offered = self.capabilities.parameters("AUTH");
        format!("{offered:?} {} {inner}", self.reader.detail(&self.settings.limits))
    }
}
