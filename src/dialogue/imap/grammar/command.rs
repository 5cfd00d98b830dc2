//! Commands that may come before authentication: what the server reads and the client writes.

use super::{AString, Atom, Fragments, Tag};
use crate::buffer::Buffer;
use crate::dialogue::blank::{blanks, trim_start};
use crate::secret::Secret;
use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case, take_while, take_while1};
use nom::character::complete::alpha1;
use nom::combinator::{all_consuming, eof, map, opt, peek, value, verify};
use nom::multi::many_m_n;
use nom::sequence::{delimited, preceded, separated_pair, terminated};
use nom::{IResult, Parser};
use std::collections::VecDeque;

/// `command = tag SP (command-any / command-nonauth) CRLF` (RFC 9051 §9).
///
/// Where the grammar has SP, and at both ends of the line, spaces and tabs are read, however many. There are
/// none in and behind the header of a literal: what follows depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) tag: Tag,
    pub(crate) body: Body,
}

/// What follows the tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// `"CAPABILITY"` (RFC 9051 §6.1.1).
    Capability,
    /// `"NOOP"` (RFC 9051 §6.1.2).
    Noop,
    /// `"LOGOUT"` (RFC 9051 §6.1.3).
    Logout,
    /// `"STARTTLS"` (RFC 9051 §6.2.1).
    StartTls,
    /// `id = "ID" SP id-params-list` (RFC 2971 §4).
    Id(IdParameters),
    /// `login = "LOGIN" SP userid SP password`, both `astring` (RFC 9051 §6.2.3).
    Login { userid: AString, password: AString },
    /// `authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp]`,
    /// `initial-resp = (base64 / "=")` (RFC 9051 §6.2.2, RFC 4959 §7).
    Authenticate {
        mechanism: Atom,
        /// As sent; its base64 is for the SASL room to read.
        initial_response: Option<Secret>,
    },
}

/// Why bytes are no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommandError {
    /// They are right so far, and end with the header of a literal.
    LiteralMissing,
    /// They break the grammar.
    Malformed,
}

impl Command {
    /// Reads a command with its CRLF and all its literals in place.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, CommandError> {
        let body = alt((
            value(Body::Capability, tag_no_case("CAPABILITY")),
            value(Body::Noop, tag_no_case("NOOP")),
            value(Body::Logout, tag_no_case("LOGOUT")),
            value(Body::StartTls, tag_no_case("STARTTLS")),
            map(preceded((tag_no_case("ID"), blanks), IdParameters::parse), Body::Id),
            map(
                preceded(
                    (tag_no_case("LOGIN"), blanks),
                    separated_pair(AString::parse, blanks, AString::parse),
                ),
                |(userid, password)| Body::Login { userid, password },
            ),
            map(
                preceded(
                    (tag_no_case("AUTHENTICATE"), blanks),
                    (Atom::parse, opt(preceded(blanks, initial_response))),
                ),
                |(mechanism, initial_response)| Body::Authenticate { mechanism, initial_response },
            ),
        ));
        let end = (opt(blanks), tag("\r\n"));
        let command = terminated(separated_pair(Tag::parse, blanks, body), end);
        match all_consuming(command).parse(trim_start(bytes)) {
            Ok((_, (tag, body))) => Ok(Self { tag, body }),
            Err(nom::Err::Incomplete(_)) => Err(CommandError::LiteralMissing),
            Err(_) => Err(CommandError::Malformed),
        }
    }

    /// The command as it is sent, cut where the client must wait to be invited.
    pub(crate) fn fragments(&self) -> VecDeque<Buffer> {
        let mut out = Fragments::default();
        self.tag.write(&mut out.last);
        match &self.body {
            Body::Capability => out.last.extend(b" CAPABILITY"),
            Body::Noop => out.last.extend(b" NOOP"),
            Body::Logout => out.last.extend(b" LOGOUT"),
            Body::StartTls => out.last.extend(b" STARTTLS"),
            Body::Id(parameters) => {
                out.last.extend(b" ID ");
                parameters.write_fragments(&mut out);
            }
            Body::Login { userid, password } => {
                out.last.extend(b" LOGIN ");
                userid.write(&mut out);
                out.last.extend(b" ");
                password.write(&mut out);
            }
            Body::Authenticate { mechanism, initial_response } => {
                out.last.extend(b" AUTHENTICATE ");
                out.last.extend(mechanism.as_str().as_bytes());
                if let Some(response) = initial_response {
                    out.last.extend(b" ");
                    out.last.extend(response.as_bytes());
                }
            }
        }
        out.last.extend(b"\r\n");
        out.cut();
        out.whole
    }
}

/// `initial-resp = (base64 / "=")` (RFC 4959 §7), by its characters only.
fn initial_response(input: &[u8]) -> IResult<&[u8], Secret> {
    let base64 = |b: u8| b.is_ascii_alphanumeric() || b"+/=".contains(&b);
    map(take_while1(base64), |text: &[u8]| text.into()).parse(input)
}

/// A field of [`IdParameters`] and its value, `None` for `NIL`.
pub(crate) type IdPair = (AString, Option<AString>);

/// `id-params-list = "(" [string SP nstring *(SP string SP nstring)] ")" / nil` (RFC 2971 §4).
///
/// `None` is `NIL`. At most 30 pairs, 30 octets a field, 1024 octets a value (RFC 2971 §3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdParameters(pub(super) Option<Vec<IdPair>>);

impl IdParameters {
    /// From checked settings; `NIL` when there are none.
    pub(crate) fn new(pairs: &[(String, String)]) -> Self {
        let string = |s: &str| AString::Quoted(s.into());
        let pairs = pairs.iter().map(|(field, value)| (string(field), Some(string(value))));
        Self(Some(pairs.collect::<Vec<_>>()).filter(|pairs| !pairs.is_empty()))
    }

    fn parse(input: &[u8]) -> IResult<&[u8], Self> {
        let at_most = |n: usize| move |s: &AString| s.value().as_bytes().len() <= n;
        let nil = || tag_no_case("NIL");
        let pair = move |input| {
            separated_pair(
                verify(AString::string, at_most(30)),
                blanks,
                alt((value(None, nil()), map(verify(AString::string, at_most(1024)), Some))),
            )
            .parse(input)
        };
        let list = alt((
            value(Vec::new(), peek(tag(")"))),
            map((pair, many_m_n(0, 29, preceded(blanks, pair))), |(first, mut rest)| {
                rest.insert(0, first);
                rest
            }),
        ));
        let enclosed = delimited((tag("("), opt(blanks)), list, (opt(blanks), tag(")")));
        map(alt((value(None, nil()), map(enclosed, Some))), Self).parse(input)
    }

    /// Writes the list into a response, which knows no waiting.
    pub(crate) fn write(&self, out: &mut Buffer) {
        let mut fragments = Fragments::default();
        self.write_fragments(&mut fragments);
        fragments.cut();
        fragments.whole.iter().for_each(|fragment| out.extend(fragment.as_slice()));
    }

    fn write_fragments(&self, out: &mut Fragments) {
        let Some(pairs) = &self.0 else {
            out.last.extend(b"NIL");
            return;
        };
        out.last.extend(b"(");
        for (i, (field, value)) in pairs.iter().enumerate() {
            if i > 0 {
                out.last.extend(b" ");
            }
            field.write(out);
            out.last.extend(b" ");
            match value {
                Some(value) => value.write(out),
                None => out.last.extend(b"NIL"),
            }
        }
        out.last.extend(b")");
    }
}

/// A command's name, as far as the server tells them apart when it cannot read the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// `LOGIN`.
    Login,
    /// `AUTHENTICATE`.
    Authenticate,
    /// Another one that may come before authentication.
    NotAuthenticated,
    /// One of the authenticated or selected state (RFC 9051 §6.3, §6.4; RFC 3501 §6.3, §6.4).
    Later,
    /// None that is known, or none at all.
    Unknown,
}

impl Name {
    /// The name in the first bytes of a command, whether or not the rest is there.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        const NOT_AUTHENTICATED: [&str; 5] = ["CAPABILITY", "NOOP", "LOGOUT", "STARTTLS", "ID"];
        const LATER: [&str; 25] = [
            "ENABLE",
            "SELECT",
            "EXAMINE",
            "CREATE",
            "DELETE",
            "RENAME",
            "SUBSCRIBE",
            "UNSUBSCRIBE",
            "LIST",
            "LSUB",
            "NAMESPACE",
            "STATUS",
            "APPEND",
            "IDLE",
            "CLOSE",
            "UNSELECT",
            "EXPUNGE",
            "SEARCH",
            "FETCH",
            "STORE",
            "COPY",
            "MOVE",
            "UID",
            "CHECK",
            "COMPRESS",
        ];
        let parsed: IResult<_, _> = preceded((Tag::parse, blanks), Atom::parse).parse(trim_start(bytes));
        let Ok((_, name)) = parsed else { return Self::Unknown };
        let is = |other: &str| name.as_str().eq_ignore_ascii_case(other);
        if is("LOGIN") {
            Self::Login
        } else if is("AUTHENTICATE") {
            Self::Authenticate
        } else if NOT_AUTHENTICATED.into_iter().any(is) {
            Self::NotAuthenticated
        } else if LATER.into_iter().any(is) {
            Self::Later
        } else {
            Self::Unknown
        }
    }
}

/// Octets of a tag that is repeated, at most.
const TAG_OCTETS: usize = 64;

/// The tag of a line that begins like a command, whether or not it is one, so that it can be answered.
///
/// It is followed by the name of a command, known or not, and is short. Anything else may be a password, or
/// a response of SASL, whose sender has not understood that its command was refused: not a word of
/// that is repeated.
pub(crate) fn leading_tag(bytes: &[u8]) -> Option<Tag> {
    let short = verify(Tag::parse, |tag: &Tag| tag.0.len() <= TAG_OCTETS);
    let name = (alpha1, take_while(|b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b)));
    let end = peek(alt((blanks, tag("\r\n"), eof)));
    terminated(short, (blanks, name, end)).parse(trim_start(bytes)).ok().map(|(_, tag)| tag)
}
