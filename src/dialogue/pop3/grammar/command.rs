//! Commands: what a client says in the AUTHORIZATION state.
//!
//! It must never know which of them a server offers.

use super::{is_text, is_vchar};
use crate::buffer::Buffer;
use crate::dialogue::Mechanism;
use crate::dialogue::blank::{blanks, first_word, is_blank, trim, trim_start};
use core::fmt;
use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_while_m_n, take_while1};
use nom::combinator::{all_consuming, map, map_opt, map_res, opt, recognize, success, value};
use nom::multi::many0_count;
use nom::sequence::preceded;
use nom::{IResult, Parser};

/// A command line.
///
/// ```abnf
/// command = keyword *(SP param) CRLF        ; RFC 2449 §3
/// keyword = 3*4VCHAR
/// param   = 1*VCHAR
/// ```
///
/// Where the grammar has SP, and at both ends of the line, spaces and tabs are read, however many: but for
/// `PASS`, where all that stands behind the one after the keyword is the password.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(test, derive(PartialEq, Eq))]
pub(crate) enum Command<'a> {
    /// `"CAPA"` (RFC 2449 §5).
    Capa,
    /// `"USER" SP name` (RFC 1939 §7).
    User(UserName<'a>),
    /// `"PASS" SP string` (RFC 1939 §7).
    Pass(Password<'a>),
    /// `"APOP" SP name SP digest` (RFC 1939 §7).
    Apop { name: UserName<'a>, digest: Digest<'a> },
    /// `"AUTH"` alone. In no RFC since 1734, yet clients ask it for the list of mechanisms.
    AuthList,
    /// `"AUTH" SP sasl-mech [SP initial-response]` (RFC 5034 §4).
    Auth { mechanism: MechanismName<'a>, initial_response: Option<InitialResponse<'a>> },
    /// `"UTF8"` (RFC 6856 §2).
    Utf8,
    /// `"STLS"` (RFC 2595 §4).
    Stls,
    /// `"QUIT"` (RFC 1939 §4).
    Quit,
    /// A command of the TRANSACTION state.
    Transaction(Transaction<'a>),
}

/// Why a line is not a [`Command`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadCommand {
    /// No such keyword.
    Unknown,
    /// The keyword is known; this is how it would be right.
    Arguments(&'static str),
}

/// `name` of `USER` and `APOP`: printable ASCII (RFC 1939 §3), or UTF-8 (RFC 6856 §2.2),
/// without spaces; what a client says with `USER` may have some between its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UserName<'a>(&'a str);

/// `string` of `PASS`. A space in it is part of the password (RFC 1939 §7); so is any 8-bit
/// byte, since passwords older than RFC 6856 have them. Never printed.
#[derive(Clone, Copy)]
#[cfg_attr(test, derive(PartialEq, Eq))]
pub(crate) struct Password<'a>(&'a [u8]);

/// `digest` of `APOP`: 16 octets in hexadecimal (RFC 1939 §7). Never printed.
#[derive(Clone, Copy)]
#[cfg_attr(test, derive(PartialEq, Eq))]
pub(crate) struct Digest<'a>(&'a str);

/// `sasl-mech = 1*20mech-char`, letters, digits, hyphen, underscore (RFC 4422 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MechanismName<'a>(&'a str);

/// `initial-response = base64 / "="` (RFC 5034 §4), not yet decoded. Never printed.
#[derive(Clone, Copy)]
#[cfg_attr(test, derive(PartialEq, Eq))]
pub(crate) struct InitialResponse<'a>(&'a [u8]);

/// A command of the TRANSACTION state (RFC 1939 §5 and §7), which belongs to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transaction<'a> {
    keyword: &'static str,
    /// `*(SP param)`, as sent.
    parameters: &'a [u8],
}

/// The keywords of the TRANSACTION state.
const TRANSACTION: [&str; 8] = ["STAT", "LIST", "RETR", "DELE", "NOOP", "RSET", "TOP", "UIDL"];

/// How each command would be right.
const USAGE: [(&str, &str); 8] = [
    ("CAPA", "CAPA takes no argument"),
    ("USER", "USER takes one user name"),
    ("PASS", "PASS takes a password"),
    ("APOP", "APOP takes a user name and a digest"),
    ("AUTH", "AUTH takes a mechanism and an initial response"),
    ("UTF8", "UTF8 takes no argument"),
    ("STLS", "STLS takes no argument"),
    ("QUIT", "QUIT takes no argument"),
];

impl<'a> Command<'a> {
    /// Reads a command line without its CR LF. Keywords are taken in any case (RFC 1939 §3).
    pub(crate) fn parse(line: &'a [u8]) -> Result<Self, BadCommand> {
        if let Some(password) = argument_of_pass(line) {
            let password = Password::new(password).map(Self::Pass);
            return password.ok_or_else(|| BadCommand::of(line));
        }
        let parsed = all_consuming(alt((
            value(Self::Capa, tag_no_case("CAPA")),
            value(Self::Utf8, tag_no_case("UTF8")),
            value(Self::Stls, tag_no_case("STLS")),
            value(Self::Quit, tag_no_case("QUIT")),
            map(preceded((tag_no_case("USER"), blanks), user_names), Self::User),
            map(
                preceded((tag_no_case("APOP"), blanks), (user_name, preceded(blanks, digest))),
                |(name, digest)| Self::Apop { name, digest },
            ),
            preceded(tag_no_case("AUTH"), alt((auth, success(Self::AuthList)))),
            map(transaction, Self::Transaction),
        )))
        .parse(trim(line));
        parsed.map(|(_, command)| command).map_err(|_| BadCommand::of(line))
    }

    /// Whether the line begins an authentication, right or wrong: `USER`, `PASS`, `APOP` or `AUTH`.
    /// What follows the keyword is not looked at.
    pub(crate) fn is_authentication(line: &[u8]) -> bool {
        let keyword = first_word(line);
        [&b"USER"[..], b"PASS", b"APOP", b"AUTH"].iter().any(|name| name.eq_ignore_ascii_case(keyword))
    }

    /// Writes the command line, CR LF included.
    pub(crate) fn write(&self, out: &mut Buffer) {
        let mut put = |parts: &[&[u8]]| parts.iter().for_each(|part| out.extend(part));
        match self {
            Self::Capa => put(&[b"CAPA"]),
            Self::User(name) => put(&[b"USER ", name.0.as_bytes()]),
            Self::Pass(password) => put(&[b"PASS ", password.0]),
            Self::Apop { name, digest } => {
                put(&[b"APOP ", name.0.as_bytes(), b" ", digest.0.as_bytes()]);
            }
            Self::AuthList => put(&[b"AUTH"]),
            Self::Auth { mechanism, initial_response } => {
                put(&[b"AUTH ", mechanism.0.as_bytes()]);
                if let Some(response) = initial_response {
                    put(&[b" ", response.0]);
                }
            }
            Self::Utf8 => put(&[b"UTF8"]),
            Self::Stls => put(&[b"STLS"]),
            Self::Quit => put(&[b"QUIT"]),
            Self::Transaction(t) => put(&[t.keyword.as_bytes(), t.parameters]),
        }
        out.extend(b"\r\n");
    }
}

impl BadCommand {
    fn of(line: &[u8]) -> Self {
        let keyword = first_word(line);
        let known = |name: &str| name.as_bytes().eq_ignore_ascii_case(keyword);
        if TRANSACTION.into_iter().any(known) {
            return Self::Arguments("wrong arguments");
        }
        USAGE.iter().find(|(name, _)| known(name)).map_or(Self::Unknown, |(_, usage)| Self::Arguments(usage))
    }
}

impl<'a> UserName<'a> {
    /// `None` when the name cannot stand in a command.
    pub(crate) fn new(name: &'a str) -> Option<Self> {
        all_consuming(user_name).parse(name.as_bytes()).ok().map(|(_, name)| name)
    }

    pub(crate) fn as_str(self) -> &'a str {
        self.0
    }
}

impl<'a> Password<'a> {
    /// `None` when the password cannot stand in a command.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        all_consuming(password).parse(bytes).ok().map(|(_, password)| password)
    }

    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

impl<'a> Digest<'a> {
    /// `None` when the text cannot stand in a command.
    pub(crate) fn new(text: &'a str) -> Option<Self> {
        all_consuming(digest).parse(text.as_bytes()).ok().map(|(_, digest)| digest)
    }

    pub(crate) fn as_str(self) -> &'a str {
        self.0
    }
}

impl<'a> MechanismName<'a> {
    /// `None` for what is not a SASL mechanism.
    pub(crate) fn of(mechanism: &'a Mechanism) -> Option<Self> {
        mechanism.sasl_name().map(MechanismName)
    }

    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0.as_bytes()
    }
}

impl<'a> InitialResponse<'a> {
    /// `None` when the text cannot stand in a command.
    pub(crate) fn new(text: &'a [u8]) -> Option<Self> {
        all_consuming(initial_response).parse(text).ok().map(|(_, response)| response)
    }

    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

macro_rules! redacted {
    ($($name:ident)+) => {$(
        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

redacted!(Password Digest InitialResponse);

/// What stands behind `PASS` and one blank, which is the password with all its spaces (RFC 1939 §7).
fn argument_of_pass(line: &[u8]) -> Option<&[u8]> {
    let (keyword, rest) = trim_start(line).split_at_checked(4)?;
    let argument = rest.strip_prefix(b" ").or_else(|| rest.strip_prefix(b"\t"))?;
    keyword.eq_ignore_ascii_case(b"PASS").then_some(argument)
}

/// To the end of the line: a name that holds spaces is no name, but the host may know better.
fn user_names(input: &[u8]) -> IResult<&[u8], UserName<'_>> {
    map_res(take_while1(|b| is_vchar(b) || b >= 0x80 || is_blank(b)), |name| {
        core::str::from_utf8(name).map(UserName)
    })
    .parse(input)
}

fn user_name(input: &[u8]) -> IResult<&[u8], UserName<'_>> {
    map_res(take_while1(|b| is_vchar(b) || b >= 0x80), |name| core::str::from_utf8(name).map(UserName))
        .parse(input)
}

fn password(input: &[u8]) -> IResult<&[u8], Password<'_>> {
    map(take_while1(is_text), Password).parse(input)
}

fn digest(input: &[u8]) -> IResult<&[u8], Digest<'_>> {
    map_res(take_while_m_n(32, 32, |b: u8| b.is_ascii_hexdigit()), |d| core::str::from_utf8(d).map(Digest))
        .parse(input)
}

fn mechanism_name(input: &[u8]) -> IResult<&[u8], MechanismName<'_>> {
    let mech_char = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    map_res(take_while_m_n(1, 20, mech_char), |name| core::str::from_utf8(name).map(MechanismName))
        .parse(input)
}

fn initial_response(input: &[u8]) -> IResult<&[u8], InitialResponse<'_>> {
    map(take_while1(is_vchar), InitialResponse).parse(input)
}

fn auth(input: &[u8]) -> IResult<&[u8], Command<'_>> {
    let parts = (preceded(blanks, mechanism_name), opt(preceded(blanks, initial_response)));
    map(parts, |(mechanism, initial_response)| Command::Auth { mechanism, initial_response }).parse(input)
}

fn transaction(input: &[u8]) -> IResult<&[u8], Transaction<'_>> {
    let keyword = map_opt(take_while1(is_vchar), |word: &[u8]| {
        TRANSACTION.into_iter().find(|keyword| keyword.as_bytes().eq_ignore_ascii_case(word))
    });
    let parameters = recognize(many0_count((blanks, take_while1(is_vchar))));
    map((keyword, parameters), |(keyword, parameters)| Transaction { keyword, parameters }).parse(input)
}
