//! One hop of a message, as its Received field tells it: whoever wrote that, and however.

use super::date_time::DateTime;
use super::forms::{self, Said};
use super::pieces::Reading;
use super::protection::Protection;
use super::scan::{Parts, scan};
use crate::text::is_unprintable;
use core::net::IpAddr;

/// What is read of a field at most, in octets.
const LONGEST_FIELD: usize = 65_536;

/// What a Received field says, of the grammar or not, and how by its words the hop was protected.
///
/// What the client of the writer has chosen (its name, the sender, the recipient) becomes no protection, no
/// address and no server: where it could, the weakest of the possible readings counts. All of it is the
/// word of whoever wrote the field: in those that were in the message when it came to the reader's own
/// servers anything may stand. Control characters have become spaces; characters that turn the direction
/// of writing or are invisible have become `?`.
///
/// ```
/// use mailtls::trace::{Hop, Protection};
/// let hop = Hop::read(b"Received: from mail.example.com (mail.example.com. [192.0.2.7])\r\n \
///     by mx.example.net with ESMTPS id x1-20si.4.2026 for <ann@example.net>\r\n \
///     (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\r\n Thu, 26 Nov 2026 07:34:24 PST");
/// assert_eq!((hop.by(), hop.with()), (Some("mx.example.net"), Some("ESMTPS")));
/// assert_eq!(hop.client_address(), Some([192, 0, 2, 7].into()));
/// let Protection::Tls(tls) = hop.protection() else { panic!("no TLS?") };
/// assert_eq!(tls.cipher_suite().map(|suite| suite.to_string()).as_deref(), Some("TLS_AES_256_GCM_SHA384"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Hop {
    from: Option<String>,
    by: Option<String>,
    via: Option<String>,
    with: Option<String>,
    id: Option<String>,
    for_address: Option<String>,
    client_address: Option<IpAddr>,
    date: Option<DateTime>,
    protection: Protection,
}

impl Hop {
    /// Reads a field, with its name and line ends or without; whatever it is. Of more than 65,536 octets
    /// the rest is left out, and what is no UTF-8 becomes U+FFFD.
    pub fn read(field: &[u8]) -> Self {
        let field = field.get(..LONGEST_FIELD).unwrap_or(field);
        let visible: Vec<u8> = field.iter().map(|&c| if c.is_ascii_control() { b' ' } else { c }).collect();
        let mut one_line = String::from_utf8_lossy(&visible);
        if !one_line.is_ascii() {
            one_line = one_line.chars().map(shown).collect();
        }
        let body = match one_line.split_once(':') {
            Some((name, body)) if name.trim_end().eq_ignore_ascii_case("Received") => body,
            _ => &one_line,
        };
        let read = |reading| Self::of(&scan(body, reading));
        read(Reading::Quoted).weaker(read(Reading::Envelope)).weaker(read(Reading::Bare))
    }

    fn of(parts: &Parts<'_>) -> Self {
        let said = Said::of(parts);
        Self {
            protection: forms::read(&said),
            client_address: forms::client_address(&said),
            from: parts.value("from"),
            by: parts.only("by").and_then(|by| by.words().next()).map(str::to_owned),
            via: parts.value("via"),
            with: parts.value("with"),
            id: parts.value("id").map(|id| one_word(&id).to_owned()),
            for_address: parts.value("for"),
            date: parts.date.as_ref().and_then(|date| DateTime::read_obsolete(&date.value())),
        }
    }

    /// What is left where the field can be read in two ways, of which this is the likelier one: no more
    /// protection than either has, and no server and no address that one of them does not have.
    fn weaker(self, other: Self) -> Self {
        Self {
            protection: self.protection.weaker(other.protection),
            client_address: self.client_address.filter(|address| other.client_address == Some(*address)),
            by: self.by.filter(|by| other.by.as_ref() == Some(by)),
            ..self
        }
    }

    /// What the client calls itself, as it is written.
    pub fn from(&self) -> Option<&str> {
        self.from.as_deref()
    }

    /// The server: the host alone. `None` too where the client may have made it up.
    pub fn by(&self) -> Option<&str> {
        self.by.as_deref()
    }

    /// `Link`.
    pub fn via(&self) -> Option<&str> {
        self.via.as_deref()
    }

    /// The protocol, or what is said in its place.
    pub fn with(&self) -> Option<&str> {
        self.with.as_deref()
    }

    /// What the message was called there.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whom the message was for.
    pub fn for_address(&self) -> Option<&str> {
        self.for_address.as_deref()
    }

    /// The client's address, as the server says, and never what the client calls itself.
    pub fn client_address(&self) -> Option<IpAddr> {
        self.client_address
    }

    /// When the server took the message.
    pub fn date(&self) -> Option<DateTime> {
        self.date
    }

    /// How the hop was protected.
    pub fn protection(&self) -> &Protection {
        &self.protection
    }
}

fn shown(c: char) -> char {
    match c {
        c if c.is_control() || c.is_whitespace() => ' ',
        c if is_unprintable(c) => '?',
        c => c,
    }
}

/// What follows is of clauses that are not known, such as Haraka's «envelope-from». A quoted string has
/// spaces in it.
fn one_word(value: &str) -> &str {
    if value.contains('"') { value } else { value.split(' ').next().unwrap_or(value) }
}
