//! What SCRAM and OAUTHBEARER begin with: the gs2-header (RFC 5801 §4, RFC 5802 §7), read and
//! written.
//!
//! It must never know the data of a channel binding.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, satisfy};
use nom::combinator::{map, opt, value};
use nom::multi::fold_many1;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

/// What a client says of channel binding:
///
/// ```abnf
/// gs2-cbind-flag = ("p=" cb-name) / "n" / "y"
/// cb-name        = 1*(ALPHA / DIGIT / "." / "-")
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BindingFlag {
    /// `p`: this one is used.
    Used(String),
    /// `n`: the client has none.
    None,
    /// `y`: the client has one and thinks that the server has none.
    NotOffered,
}

/// ```abnf
/// gs2-header = gs2-cbind-flag "," [ "a=" saslname ] ","
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gs2Header {
    pub(super) binding: BindingFlag,
    /// Empty for none.
    pub(super) authorization_identity: String,
}

impl Gs2Header {
    pub(super) fn parse(input: &str) -> IResult<&str, Self> {
        let cb_name = take_while1(|c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-');
        let flag = alt((
            map(preceded(tag("p="), cb_name), |name: &str| BindingFlag::Used(name.to_owned())),
            value(BindingFlag::None, char('n')),
            value(BindingFlag::NotOffered, char('y')),
        ));
        let identity = opt(preceded(tag("a="), saslname));
        map((terminated(flag, char(',')), terminated(identity, char(','))), |(binding, identity)| Self {
            binding,
            authorization_identity: identity.unwrap_or_default(),
        })
        .parse(input)
    }

    pub(super) fn write(&self) -> String {
        let flag = match &self.binding {
            BindingFlag::Used(name) => format!("p={name}"),
            BindingFlag::None => "n".into(),
            BindingFlag::NotOffered => "y".into(),
        };
        match self.authorization_identity.as_str() {
            "" => format!("{flag},,"),
            identity => format!("{flag},a={},", escaped(identity)),
        }
    }
}

/// Reads a name:
///
/// ```abnf
/// saslname        = 1*(value-safe-char / "=2C" / "=3D")
/// value-safe-char = UTF-8 except NUL, "=" and ","
/// ```
pub(super) fn saslname(input: &str) -> IResult<&str, String> {
    let part =
        alt((value(',', tag("=2C")), value('=', tag("=3D")), satisfy(|c| is_value_char(c) && c != '=')));
    fold_many1(part, String::new, |mut name, c| {
        name.push(c);
        name
    })
    .parse(input)
}

/// Writes a name; the inverse of [`saslname`].
pub(super) fn escaped(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

/// `value-char`: UTF-8 except NUL and ",".
pub(super) fn is_value_char(c: char) -> bool {
    c != '\0' && c != ','
}
