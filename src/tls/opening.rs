//! A server's look at what a client begins with, before the engine sees any of it: so that a refusal
//! can name what was offered, and has the right alert.

use super::client_hello::{ClientHello, ClientHelloReader, LooksLike, Progress};
use super::fault;
use super::registry::{Alert, Version};
use crate::error::{Error, ErrorCode};

/// The first bytes of a client, until the engine may have them.
pub(super) struct Opening {
    reader: ClientHelloReader,
    versions: Versions,
    /// Cleartext is not waited upon until it says what it is.
    at_once: bool,
}

/// The least and the best version that the server negotiates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Versions {
    pub(crate) least: Version,
    pub(crate) best: Version,
}

impl Versions {
    /// What an older client is told about the least.
    fn required(self) -> String {
        let why = if self.least == Version::TLS_1_2 { "RFC 8997" } else { "the policy" };
        format!("{} is required ({why})", self.least)
    }
}

/// What is to be done with the bytes that have come.
pub(super) enum Look {
    /// Wait for more.
    Wait,
    /// They are for the engine, which has its own words for what is malformed.
    Go,
    /// Refuse the client with this alert: a client that does not speak
    /// TLS gets an alert as well, which tells it that TLS is expected.
    Refuse(Alert, Error),
}

impl Opening {
    pub(super) fn new(versions: Versions) -> Self {
        Self { reader: ClientHelloReader::new(), versions, at_once: false }
    }

    /// Behind STARTTLS cleartext is an attack or a mistake at its first byte.
    pub(super) fn at_once(&mut self) {
        self.at_once = true;
    }

    pub(super) fn look(&mut self, bytes: &[u8]) -> Look {
        let first = bytes.get(..1).unwrap_or_default();
        if self.at_once && matches!(first, [..0x14 | 0x19..0x80]) {
            return Look::Refuse(Alert::UNEXPECTED_MESSAGE, fault::not_tls(LooksLike::of(first)));
        }
        self.at_once &= first.is_empty();
        match self.reader.read(bytes) {
            Progress::NeedsMore => Look::Wait,
            Progress::Malformed(_) => Look::Go,
            Progress::NotTls(what) => Look::Refuse(Alert::UNEXPECTED_MESSAGE, fault::not_tls(*what)),
            Progress::Sslv2(hello) => {
                let (best, n) = (hello.version(), hello.cipher_suites().count());
                let required = self.versions.required();
                let reason = format!("an SSLv2 hello (RFC 6176): {best} at best, {}; {required}", suites(n));
                Look::Refuse(Alert::PROTOCOL_VERSION, Error::new(ErrorCode::TlsPolicy, reason))
            }
            Progress::Hello(hello) => refused(hello, self.versions).unwrap_or(Look::Go),
        }
    }

    /// What the client offers, in a few words.
    pub(super) fn offered(&self) -> Option<String> {
        let Progress::Hello(hello) = self.reader.progress() else { return None };
        let n = suites(hello.real_cipher_suites().count());
        Some(match hello.highest_version() {
            Some(best) => format!("the client offers {best} at best, {n}"),
            None => format!("the client offers no version that is known, {n}"),
        })
    }

    /// What the client began with instead of TLS.
    pub(super) fn spoken_instead(&self) -> Option<LooksLike> {
        match self.reader.progress() {
            Progress::NotTls(what) => Some(*what),
            _ => None,
        }
    }

    /// Whether all is known that there is to know.
    pub(super) fn is_over(&self) -> bool {
        *self.reader.progress() != Progress::NeedsMore
    }

    pub(super) fn into_hello(self) -> Option<Box<ClientHello>> {
        match self.reader.into_progress() {
            Progress::Hello(hello) => Some(hello),
            _ => None,
        }
    }
}

/// rustls asks for extensions of TLS 1.2 before it asks for the version, and so answers an older client
/// with the wrong alert (RFC 5246 appendix E.1 wants protocol_version); and it does not know RFC 7507.
fn refused(hello: &ClientHello, ours: Versions) -> Option<Look> {
    let best = hello.highest_version()?;
    let n = suites(hello.real_cipher_suites().count());
    let (alert, reason) = if best < ours.least {
        let required = ours.required();
        let reason = format!("the client offers nothing better than {best}, {n}; {required}");
        (Alert::PROTOCOL_VERSION, reason)
    } else if best < ours.best && hello.offers_fallback_scsv() {
        let reason = format!("the client fell back to {best}, {n}; {} is available (RFC 7507 §3)", ours.best);
        (Alert::INAPPROPRIATE_FALLBACK, reason)
    } else {
        return None;
    };
    Some(Look::Refuse(alert, Error::new(ErrorCode::TlsPolicy, reason)))
}

fn suites(n: usize) -> String {
    if n == 1 { "1 cipher suite".into() } else { format!("{n} cipher suites") }
}
