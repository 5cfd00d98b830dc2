//! The `tls` clause (RFC 8314 §4.3).

use super::cursor::{Cursor, Result};
use super::grammar_error::GrammarError;
use super::token::from_str;
use crate::tls::facts::TlsFacts;
use crate::tls::registry::{CipherSuite, Group};
use core::fmt;

/// `tls-cipher [ CFWS "group" FWS dh-group ]`: what a TLS channel was protected by.
///
/// ```
/// use mailtls::tls::{facts::TlsFacts, registry::{CipherSuite, Group, Version}};
/// use mailtls::trace::TlsClause;
/// let mut facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
/// facts.group = Some(Group(0x001d));
/// let clause = TlsClause::from(&facts);
/// assert_eq!(clause.to_string(), "tls TLS_AES_128_GCM_SHA256 group x25519");
/// facts.cipher_suite = CipherSuite(0xfeed);
/// facts.group = None;
/// assert_eq!(TlsClause::from(&facts).to_string(), "tls 0xFEED");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TlsClause {
    /// The cipher suite.
    pub cipher: TlsCipher,
    /// The group of the key exchange, where it is said.
    pub group: Option<GroupName>,
}

/// `tls-cipher = tls-cipher-name / tls-cipher-hex`: a cipher suite.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TlsCipher {
    /// `tls-cipher-name`: by IANA's name.
    Name(CipherName),
    /// `tls-cipher-hex`: by its code point, where it has no name.
    Hex(u16),
}

/// `tls-cipher-name = ALPHA *(ALPHA / DIGIT / "_")`: a name of the registry, or of its form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CipherName(String);

/// `dh-group = ALPHA *(ALPHA / DIGIT / "_" / "-")`: a name of the registry, or of its form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupName(String);

impl CipherName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl GroupName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The group, if the name is registered.
    pub fn group(&self) -> Option<Group> {
        Group::from_name(&self.0)
    }

    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self> {
        name(from, |c| c == '-', "dh-group").map(Self)
    }
}

impl TlsCipher {
    /// The suite, if the name is registered.
    pub fn suite(&self) -> Option<CipherSuite> {
        match self {
            Self::Name(name) => CipherSuite::from_name(&name.0),
            Self::Hex(code) => Some(CipherSuite(*code)),
        }
    }

    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self> {
        if from.peek() != Some('0') {
            return name(from, |_| false, "tls-cipher").map(|name| Self::Name(CipherName(name)));
        }
        from.expect_word("0x", "tls-cipher-hex")?;
        let at = from.at();
        let digits = from.take_while(|c| c.is_ascii_hexdigit());
        match u16::from_str_radix(digits, 16) {
            Ok(code) if digits.len() == 4 => Ok(Self::Hex(code)),
            _ => Err(GrammarError::wanted(at, "4HEXDIG")),
        }
    }
}

/// A letter, then letters, digits, underscores and what else there may be.
fn name(from: &mut Cursor<'_>, besides: impl Fn(char) -> bool, production: &'static str) -> Result<String> {
    if !from.peek().is_some_and(|c| c.is_ascii_alphabetic()) {
        return from.wanted(production);
    }
    let name = from.take_while(|c| c.is_ascii_alphanumeric() || c == '_' || besides(c));
    Ok(name.to_owned())
}

impl From<CipherSuite> for TlsCipher {
    /// By its name where it is registered.
    fn from(suite: CipherSuite) -> Self {
        match suite.name() {
            Some(name) => Self::Name(CipherName(name.to_owned())),
            None => Self::Hex(suite.0),
        }
    }
}

impl From<&TlsFacts> for TlsClause {
    /// A group that is not registered has no name, and is left out.
    fn from(facts: &TlsFacts) -> Self {
        let group = facts.group.and_then(Group::name).map(|name| GroupName(name.to_owned()));
        Self { cipher: facts.cipher_suite.into(), group }
    }
}

from_str!(TlsCipher = "tls-cipher" GroupName = "dh-group");

impl fmt::Display for TlsCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(&name.0),
            Self::Hex(code) => write!(f, "0x{code:04X}"),
        }
    }
}

impl fmt::Display for TlsClause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tls {}", self.cipher)?;
        self.group.as_ref().map_or(Ok(()), |group| write!(f, " group {}", group.0))
    }
}
