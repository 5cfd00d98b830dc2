//! Address literals (RFC 5321 §4.1.3).

use super::cursor::{Cursor, Result};
use super::grammar_error::GrammarError;
use super::token::from_str;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// `address-literal`, with its brackets when written.
///
/// ```
/// use mailtls::trace::AddressLiteral;
/// let literal: AddressLiteral = "[IPv6:2001:DB8::1]".parse()?;
/// assert_eq!(literal.to_string(), "[IPv6:2001:db8::1]");
/// assert!("[192.0.2.256]".parse::<AddressLiteral>().is_err());
/// # Ok::<(), mailtls::trace::GrammarError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AddressLiteral {
    /// `IPv4-address-literal`
    V4(Ipv4Addr),
    /// `IPv6-address-literal`
    V6(Ipv6Addr),
    /// `General-address-literal`
    General(GeneralLiteral),
}

/// `General-address-literal = Standardized-tag ":" 1*dcontent`: an address of yet another kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GeneralLiteral(String);

impl GeneralLiteral {
    /// Tag and content, with the colon between them.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AddressLiteral {
    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self> {
        from.expect_char('[', "address-literal")?;
        let literal = if from.peek().is_some_and(|c| c.is_ascii_digit()) && !is_tagged(from.rest()) {
            Self::V4(v4(from)?)
        } else {
            let start = from.at();
            let tag = from.take_while(|c| c.is_ascii_alphanumeric() || c == '-');
            if tag.is_empty() || tag.ends_with('-') {
                return from.wanted("Standardized-tag");
            }
            from.expect_char(':', "address-literal")?;
            if tag.eq_ignore_ascii_case("IPv6") {
                Self::V6(v6(from)?)
            } else {
                from.take_some(|c| matches!(c, '!'..='Z' | '^'..='~'), "dcontent")?;
                Self::General(GeneralLiteral(from.since(start).to_owned()))
            }
        };
        from.expect_char(']', "address-literal")?;
        Ok(literal)
    }
}

/// Whether a literal that begins with a digit is a general one all the same.
fn is_tagged(text: &str) -> bool {
    text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-').starts_with(':')
}

/// `IPv4-address-literal = Snum 3("." Snum)`
fn v4(from: &mut Cursor<'_>) -> Result<Ipv4Addr> {
    let mut octets = [0; 4];
    for (i, octet) in octets.iter_mut().enumerate() {
        if i > 0 {
            from.expect_char('.', "IPv4-address-literal")?;
        }
        let at = from.at();
        *octet = u8::try_from(from.digits(1, 3, "Snum")?)
            .map_err(|_| GrammarError::because(at, "Snum", "more than 255"))?;
    }
    Ok(octets.into())
}

/// `IPv6-addr = IPv6-full / IPv6-comp / IPv6v4-full / IPv6v4-comp`: groups, of which `::` stands for at
/// least two.
fn v6(from: &mut Cursor<'_>) -> Result<Ipv6Addr> {
    let at = from.at();
    let before = groups(from)?;
    if from.rest().starts_with("::") {
        from.take_while(|c| c == ':');
        if from.at() != at + before.written + 2 {
            return Err(GrammarError::wanted(at + before.written + 2, "IPv6-comp"));
        }
        let after = groups(from)?;
        let count = before.values.len() + after.values.len();
        if before.ends_in_v4 {
            return Err(GrammarError::wanted(at + before.written, "IPv6v4-full"));
        }
        if count > 6 {
            return Err(GrammarError::because(at, "IPv6-comp", "`::` stands for no two groups"));
        }
        let zeros = core::iter::repeat_n(0, 8 - count);
        return Ok(address(before.values.into_iter().chain(zeros).chain(after.values)));
    }
    if before.values.len() != 8 {
        return from.wanted("IPv6-addr");
    }
    Ok(address(before.values.into_iter()))
}

fn address(groups: impl Iterator<Item = u16>) -> Ipv6Addr {
    let mut all = [0; 8];
    for (place, group) in all.iter_mut().zip(groups) {
        *place = group;
    }
    all.into()
}

/// Groups with a colon between two of them.
struct Groups {
    values: Vec<u16>,
    ends_in_v4: bool,
    /// In so many octets.
    written: usize,
}

/// Takes at most eight groups of four hexadecimal digits; an IPv4 address may be the last two.
fn groups(from: &mut Cursor<'_>) -> Result<Groups> {
    let start = from.at();
    let mut groups = Vec::new();
    let mut ends_in_v4 = false;
    while groups.len() < 8 {
        let mut ahead = from.clone();
        if !groups.is_empty() && (!ahead.take_char(':') || ahead.peek() == Some(':')) {
            break;
        }
        let begin = ahead.clone();
        let digits = ahead.take_while(|c| c.is_ascii_hexdigit());
        if ahead.peek() == Some('.') && groups.len() <= 6 {
            *from = begin;
            let [a, b, c, d] = v4(from)?.octets();
            groups.extend([u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]);
            ends_in_v4 = true;
            break;
        }
        if digits.is_empty() && groups.is_empty() {
            break;
        }
        if digits.is_empty() || digits.len() > 4 {
            return begin.wanted("IPv6-hex");
        }
        groups.push(u16::from_str_radix(digits, 16).unwrap_or_default());
        *from = ahead;
    }
    Ok(Groups { values: groups, ends_in_v4, written: from.at() - start })
}

from_str!(AddressLiteral = "address-literal");

impl From<IpAddr> for AddressLiteral {
    /// An IPv4 address that is written as one of IPv6 is of IPv4.
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::V4(v4),
            IpAddr::V6(v6) => Self::V6(v6),
        }
    }
}

impl fmt::Display for AddressLiteral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => write!(f, "[{address}]"),
            Self::V6(address) => write!(f, "[IPv6:{address}]"),
            Self::General(general) => write!(f, "[{}]", general.0),
        }
    }
}
