//! The productions that commands and responses share: atoms, strings, literals, tags, texts.
//!
//! Parsers run over complete slices; only the octets of a literal may be missing, and then the
//! parser says `Incomplete`. It must never know a state: what is allowed when is not grammar.

mod command;
mod response;
#[cfg(test)]
mod tests;

pub(crate) use command::{Body, Command, CommandError, IdParameters, Name, leading_tag};
pub use response::{Greeting, GreetingCondition, ResponseCode};
pub(crate) use response::{Response, ResponseText, Status};

use super::super::line::printable;
use crate::buffer::Buffer;
use crate::secret::Secret;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n, take_while1};
use nom::bytes::streaming;
use nom::character::complete::digit1;
use nom::combinator::{all_consuming, map, map_opt, opt, recognize, verify};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Needed, Parser};
use std::collections::VecDeque;

/// `ATOM-CHAR = <any CHAR except atom-specials>` (RFC 9051 §9).
fn is_atom_char(b: u8) -> bool {
    b.is_ascii_graphic() && !b"(){%*\"\\]".contains(&b)
}

/// `ASTRING-CHAR = ATOM-CHAR / resp-specials` (RFC 9051 §9).
fn is_astring_char(b: u8) -> bool {
    is_atom_char(b) || b == b']'
}

/// `TEXT-CHAR = <any CHAR except CR and LF>`, and UTF-8 (RFC 9051 §9). Lines hold no NUL.
fn is_text_char(b: u8) -> bool {
    !matches!(b, 0 | b'\r' | b'\n')
}

/// ASCII bytes as a string; the parsers before it let nothing else through.
fn ascii(bytes: &[u8]) -> Option<String> {
    core::str::from_utf8(bytes).ok().map(str::to_owned)
}

/// `tag = 1*<any ASTRING-CHAR except "+">` (RFC 9051 §9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag(String);

impl Tag {
    /// The tag of a client's n-th command.
    pub(crate) fn numbered(n: u32) -> Self {
        Self(format!("a{n}"))
    }

    fn parse(input: &[u8]) -> IResult<&[u8], Self> {
        map(map_opt(take_while1(|b| is_astring_char(b) && b != b'+'), ascii), Self).parse(input)
    }

    fn write(&self, out: &mut Buffer) {
        out.extend(self.0.as_bytes());
    }
}

/// `atom = 1*ATOM-CHAR` (RFC 9051 §9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Atom(String);

impl Atom {
    /// For a name that the RFCs or checked settings give.
    pub(crate) fn new(name: &str) -> Option<Self> {
        all_consuming(Self::parse).parse(name.as_bytes()).ok().map(|(_, atom)| atom)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(input: &[u8]) -> IResult<&[u8], Self> {
        map(map_opt(take_while1(is_atom_char), ascii), Self).parse(input)
    }
}

/// `text = 1*(TEXT-CHAR / UTF8-2 / UTF8-3 / UTF8-4)` (RFC 9051 §9), or nothing.
///
/// Kept as sent, 8-bit and control characters too: servers send such. It is shown only by way
/// of [`Text::printable`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text(Vec<u8>);

impl Text {
    fn parse(input: &[u8]) -> IResult<&[u8], Self> {
        map(take_while(is_text_char), |text: &[u8]| Self(text.into())).parse(input)
    }

    /// As it was sent.
    pub(crate) fn octets(&self) -> &[u8] {
        &self.0
    }

    /// One line for logs and screens.
    pub(crate) fn printable(&self) -> String {
        printable(&self.0)
    }
}

/// `literal = "{" number64 ["+"] "}" CRLF *CHAR8` up to its CRLF (RFC 9051 §9, RFC 7888 §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LiteralHeader {
    /// Octets announced. A number that does not fit is the largest that does: it is too big in
    /// any case, and its octets must not be taken for a line.
    pub(crate) length: u64,
    /// Whether the sender waits to be invited, that is, there is no `+`.
    pub(crate) synchronising: bool,
}

impl LiteralHeader {
    fn parse(input: &[u8]) -> IResult<&[u8], Self> {
        let number = map(digit1, |digits: &[u8]| {
            digits.iter().fold(0u64, |n, d| n.saturating_mul(10).saturating_add(u64::from(d - b'0')))
        });
        map(delimited(tag("{"), (number, opt(tag("+"))), tag("}")), |(length, plus)| Self {
            length,
            synchronising: plus.is_none(),
        })
        .parse(input)
    }

    /// The header at the end of a line that is given without its CRLF.
    pub(crate) fn at_end_of(line: &[u8]) -> Option<Self> {
        let start = line.iter().rposition(|&b| b == b'{')?;
        all_consuming(Self::parse).parse(line.get(start..)?).ok().map(|(_, header)| header)
    }

    fn write(self, out: &mut Buffer) {
        let plus = if self.synchronising { "" } else { "+" };
        out.extend(format!("{{{}{plus}}}\r\n", self.length).as_bytes());
    }
}

/// `astring = 1*ASTRING-CHAR / string`, `string = quoted / literal` (RFC 9051 §9).
///
/// It may be a password: wiped when dropped, never printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AString {
    /// `1*ASTRING-CHAR`.
    Atom(Secret),
    /// `quoted = DQUOTE *QUOTED-CHAR DQUOTE`, where a QUOTED-CHAR may be UTF-8; the value,
    /// without escapes.
    Quoted(Secret),
    /// A literal, of any octets but NUL.
    Literal {
        /// Its octets.
        value: Secret,
        /// Whether the sender waits to be invited.
        synchronising: bool,
    },
}

impl AString {
    /// The form that every server reads: quoted where 7-bit text allows it, otherwise a
    /// synchronising literal (RFC 3501 has no 8-bit quoted). `None` if it holds NUL.
    pub(crate) fn fitting(value: &[u8]) -> Option<Self> {
        if value.contains(&0) {
            return None;
        }
        let value = Secret::from(value);
        Some(if value.as_bytes().iter().all(|&b| b.is_ascii() && is_text_char(b)) {
            Self::Quoted(value)
        } else {
            Self::Literal { value, synchronising: true }
        })
    }

    pub(crate) fn value(&self) -> &Secret {
        match self {
            Self::Atom(value) | Self::Quoted(value) | Self::Literal { value, .. } => value,
        }
    }

    fn parse(input: &[u8]) -> IResult<&[u8], Self> {
        alt((map(take_while1(is_astring_char), |atom: &[u8]| Self::Atom(atom.into())), Self::string))
            .parse(input)
    }

    /// `string = quoted / literal`.
    fn string(input: &[u8]) -> IResult<&[u8], Self> {
        alt((Self::quoted, Self::literal)).parse(input)
    }

    fn quoted(input: &[u8]) -> IResult<&[u8], Self> {
        let special = |b: u8| b == b'"' || b == b'\\';
        let raw = recognize(many0_count(alt((
            take_while1(move |b| is_text_char(b) && !special(b)),
            preceded(tag("\\"), take_while_m_n(1, 1, special)),
        ))));
        let utf8 = verify(raw, |raw: &[u8]| core::str::from_utf8(raw).is_ok());
        map(delimited(tag("\""), utf8, tag("\"")), |raw: &[u8]| Self::Quoted(unescape(raw))).parse(input)
    }

    fn literal(input: &[u8]) -> IResult<&[u8], Self> {
        let (rest, header) = terminated(LiteralHeader::parse, tag("\r\n")).parse(input)?;
        // Even an empty literal is not there before the line that goes on behind it.
        if rest.is_empty() {
            return Err(nom::Err::Incomplete(Needed::Unknown));
        }
        let octets = streaming::take(usize::try_from(header.length).unwrap_or(usize::MAX));
        map(verify(octets, |octets: &[u8]| !octets.contains(&0)), |octets: &[u8]| Self::Literal {
            value: octets.into(),
            synchronising: header.synchronising,
        })
        .parse(rest)
    }

    fn write(&self, out: &mut Fragments) {
        match self {
            Self::Atom(value) => out.last.extend(value.as_bytes()),
            Self::Quoted(value) => {
                out.last.extend(b"\"");
                for b in value.as_bytes() {
                    if matches!(b, b'"' | b'\\') {
                        out.last.extend(b"\\");
                    }
                    out.last.extend(&[*b]);
                }
                out.last.extend(b"\"");
            }
            Self::Literal { value, synchronising } => {
                let length = value.as_bytes().len() as u64;
                LiteralHeader { length, synchronising: *synchronising }.write(&mut out.last);
                if *synchronising {
                    out.cut();
                }
                out.last.extend(value.as_bytes());
            }
        }
    }
}

/// Takes the escapes out of the inside of a quoted string; sized at once, so that no copy of a
/// password is left behind by growing.
fn unescape(raw: &[u8]) -> Secret {
    let mut value = Vec::with_capacity(raw.len());
    let mut escaped = false;
    for &b in raw {
        escaped = b == b'\\' && !escaped;
        if !escaped {
            value.push(b);
        }
    }
    Secret::new(value)
}

/// A command as it is sent: after each fragment but the last the sender waits for the
/// invitation to send its literal.
#[derive(Default)]
struct Fragments {
    whole: VecDeque<Buffer>,
    last: Buffer,
}

impl Fragments {
    fn cut(&mut self) {
        self.whole.push_back(core::mem::take(&mut self.last));
    }
}
