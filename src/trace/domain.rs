//! Who took part in a hop: domains and what TCP says of them (RFC 5321 §4.1.2 and §4.4).

use super::cursor::{Cursor, Result};
use super::grammar_error::GrammarError;
use super::literal::AddressLiteral;
use super::token::from_str;
use core::fmt;

/// `Domain = sub-domain *("." sub-domain)`, with U-labels (RFC 6531 §3.3) by their shape: whether IDNA
/// allows them is not looked at.
///
/// ```
/// use mailtls::trace::Domain;
/// assert!("mail.example.org".parse::<Domain>().is_ok());
/// assert_eq!("mail_1.example.org".parse::<Domain>().unwrap_err().at(), 4);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Domain(String);

impl Domain {
    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self> {
        let start = from.at();
        sub_domain(from)?;
        while from.take_char('.') {
            sub_domain(from)?;
        }
        Ok(Self(from.since(start).to_owned()))
    }

    /// What a host is called of which nothing is known.
    pub(super) fn unknown() -> Self {
        Self("unknown".to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `sub-domain = Let-dig [Ldh-str]`
fn sub_domain(from: &mut Cursor<'_>) -> Result<()> {
    if from.peek() == Some('-') {
        return from.wanted("sub-domain");
    }
    let label = from.take_some(|c| c.is_ascii_alphanumeric() || c == '-' || !c.is_ascii(), "sub-domain")?;
    if label.ends_with('-') { from.wanted("Let-dig") } else { Ok(()) }
}

/// `TCP-info = address-literal / ( Domain FWS address-literal )`: what the server knows of the other
/// side by TCP, and by DNS.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TcpInfo {
    /// The name that belongs to the address, by DNS.
    pub domain: Option<Domain>,
    /// The address.
    pub literal: AddressLiteral,
}

impl TcpInfo {
    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self> {
        if from.peek() == Some('[') {
            return Ok(Self { domain: None, literal: AddressLiteral::read(from)? });
        }
        let domain = Domain::read(from)?;
        from.fws()?;
        Ok(Self { domain: Some(domain), literal: AddressLiteral::read(from)? })
    }

    /// `"(" TCP-info ")"`
    pub(super) fn read_enclosed(from: &mut Cursor<'_>) -> Result<Self> {
        from.expect_char('(', "TCP-info")?;
        let tcp_info = Self::read(from)?;
        from.expect_char(')', "TCP-info")?;
        Ok(tcp_info)
    }
}

/// `Extended-Domain`: what a host calls itself, and what TCP says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExtendedDomain {
    /// `Domain / ( Domain FWS "(" TCP-info ")" )`
    Domain(Domain, Option<TcpInfo>),
    /// `address-literal FWS "(" TCP-info ")"`
    Literal(AddressLiteral, TcpInfo),
}

impl ExtendedDomain {
    /// What follows a domain in parentheses is left: it may be a comment, and is looked at there.
    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self> {
        if from.peek() != Some('[') {
            return Ok(Self::Domain(Domain::read(from)?, None));
        }
        let literal = AddressLiteral::read(from)?;
        from.fws()?;
        Ok(Self::Literal(literal, TcpInfo::read_enclosed(from)?))
    }

    /// What TCP says.
    pub fn tcp_info(&self) -> Option<&TcpInfo> {
        match self {
            Self::Domain(_, tcp_info) => tcp_info.as_ref(),
            Self::Literal(_, tcp_info) => Some(tcp_info),
        }
    }
}

impl From<Domain> for ExtendedDomain {
    fn from(domain: Domain) -> Self {
        Self::Domain(domain, None)
    }
}

from_str!(Domain = "Domain" TcpInfo = "TCP-info");

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Without its parentheses.
impl fmt::Display for TcpInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.domain {
            Some(domain) => write!(f, "{domain} {}", self.literal),
            None => self.literal.fmt(f),
        }
    }
}

impl fmt::Display for ExtendedDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(domain, None) => domain.fmt(f),
            Self::Domain(domain, Some(tcp_info)) => write!(f, "{domain} ({tcp_info})"),
            Self::Literal(literal, tcp_info) => write!(f, "{literal} ({tcp_info})"),
        }
    }
}
