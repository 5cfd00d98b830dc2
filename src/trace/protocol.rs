//! What the `with` clause says: the protocol (RFC 5321 §4.4, RFC 3848, RFC 6531 §4.3).

use super::cursor::{Cursor, Result};
use super::grammar_error::GrammarError;
use super::token::{Atom, from_str};
use core::fmt;

/// `Protocol`: one of the registered mail transmission types, or another atom.
///
/// ```
/// use mailtls::trace::{Transmission, WithProtocol};
/// let with = WithProtocol::from(Transmission { tls: true, authenticated: true, ..Transmission::ESMTP });
/// assert_eq!(with.to_string(), "ESMTPSA");
/// assert_eq!("esmtpsa".parse(), Ok(with));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum WithProtocol {
    /// SMTP without extensions.
    Smtp,
    /// SMTP with extensions, or LMTP.
    Transmission(Transmission),
    /// Multimedia Messaging Service (RFC 4356).
    Mms,
    /// Something else.
    Other(OtherProtocol),
}

/// An atom that is none of the registered types.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OtherProtocol(Atom);

impl OtherProtocol {
    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// SMTP with extensions, or LMTP, and what came of them: `UTF8`, `ESMTP` or `LMTP`, `S`, `A`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::struct_excessive_bools)] // one for each part of the name
pub struct Transmission {
    /// SMTPUTF8 was used for this message (RFC 6531 §4.3).
    pub utf8: bool,
    /// It is LMTP (RFC 2033).
    pub lmtp: bool,
    /// TLS was up (RFC 3848).
    pub tls: bool,
    /// The client had authenticated (RFC 4954 §7).
    pub authenticated: bool,
}

impl Transmission {
    /// SMTP with extensions of which none was used.
    pub const ESMTP: Self = Self { utf8: false, lmtp: false, tls: false, authenticated: false };

    fn all() -> impl Iterator<Item = Self> {
        (0..16).map(|bits| Self {
            utf8: bits & 8 > 0,
            lmtp: bits & 4 > 0,
            tls: bits & 2 > 0,
            authenticated: bits & 1 > 0,
        })
    }

    /// The type as IANA's registry «Mail Transmission Types» has it.
    pub fn name(self) -> String {
        let protocol = match (self.utf8, self.lmtp) {
            (false, false) => "ESMTP",
            (false, true) => "LMTP",
            (true, false) => "UTF8SMTP",
            (true, true) => "UTF8LMTP",
        };
        let s = if self.tls { "S" } else { "" };
        let a = if self.authenticated { "A" } else { "" };
        format!("{protocol}{s}{a}")
    }
}

impl WithProtocol {
    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self> {
        let atom = Atom::read(from)?;
        Ok(Self::registered(atom.as_str()).unwrap_or(Self::Other(OtherProtocol(atom))))
    }

    /// The registered type of this name, in upper or lower case.
    pub fn registered(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("SMTP") {
            return Some(Self::Smtp);
        }
        if name.eq_ignore_ascii_case("MMS") {
            return Some(Self::Mms);
        }
        Transmission::all()
            .find(|transmission| transmission.name().eq_ignore_ascii_case(name))
            .map(Self::Transmission)
    }

    /// Whether by its type TLS was up: `None` where the type does not say (RFC 3848).
    pub fn says_tls(&self) -> Option<bool> {
        match self {
            Self::Transmission(transmission) => Some(transmission.tls),
            Self::Smtp => Some(false),
            Self::Mms | Self::Other(_) => None,
        }
    }
}

impl From<Transmission> for WithProtocol {
    fn from(transmission: Transmission) -> Self {
        Self::Transmission(transmission)
    }
}

from_str!(WithProtocol = "Protocol");

impl fmt::Display for WithProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Smtp => f.write_str("SMTP"),
            Self::Mms => f.write_str("MMS"),
            Self::Transmission(transmission) => f.write_str(&transmission.name()),
            Self::Other(other) => f.write_str(other.as_str()),
        }
    }
}
