//! One hop of a message, as its Received field tells it: whoever wrote that, and however.

use super::date_time::DateTime;
use super::forms::{self, Said};
use super::protection::Protection;
use super::scan::{Parts, scan};
use crate::text::is_unprintable;
use core::net::IpAddr;

/// What is read of a field at most, in octets.
const LONGEST_FIELD: usize = 65_536;

/// What a Received field says, of the grammar or not, and how by its words the hop was protected.
///
/// All of it is the word of whoever wrote the field: in those that were in the message when it came to
/// the reader's own servers anything may stand. Control characters have become spaces; characters that turn
/// the direction of writing or are invisible have become `?`.
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
        Self::of(scan(body))
    }

    fn of(mut parts: Parts<'_>) -> Self {
        let comments = core::mem::take(&mut parts.comments);
        let said = Said {
            from: parts.clause("from"),
            by: parts.clause("by"),
            with: parts.clause("with"),
            tls: parts.clause("tls"),
            group: parts.clause("group"),
            comments,
            other: parts.others().collect(),
        };
        let owned = |name| parts.clause(name).filter(|value| !value.is_empty()).map(str::to_owned);
        Self {
            protection: forms::read(&said),
            client_address: forms::client_address(&said),
            from: owned("from"),
            by: owned("by"),
            via: owned("via"),
            with: owned("with"),
            id: parts.clause("id").map(one_word).map(str::to_owned),
            for_address: owned("for"),
            date: parts.date.as_deref().and_then(DateTime::read_obsolete),
        }
    }

    /// What the client calls itself, as it is written.
    pub fn from(&self) -> Option<&str> {
        self.from.as_deref()
    }

    /// The server.
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

    /// The client's address, where one is said: what the server says of it, and only otherwise what the
    /// client calls itself.
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
        c if c.is_control() => ' ',
        c if is_unprintable(c) => '?',
        c => c,
    }
}

/// What follows is of clauses that are not known, such as Haraka's «envelope-from». A quoted string has
/// spaces in it.
fn one_word(value: &str) -> &str {
    if value.contains('"') { value } else { value.split(' ').next().unwrap_or(value) }
}
