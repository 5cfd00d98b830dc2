//! Responses: what the server writes and the client reads, among them the greeting.

use super::super::super::blank::{blanks, is_blank, trim, words};
use super::super::super::{Capabilities, arguments};
use super::{Atom, Tag, Text, is_text_char};
use crate::buffer::Buffer;
use crate::error::{Error, ErrorCode};
use crate::secret::Secret;
use crate::text::is_unprintable;
use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case, take_while};
use nom::combinator::{all_consuming, eof, map, map_opt, opt, peek, rest, value};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

/// `greeting = "*" SP (resp-cond-auth / resp-cond-bye) CRLF` (RFC 9051 §7.1).
///
/// An IMAP server's first words. All of it is the server's to choose and therefore untrusted;
/// the text holds no control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Greeting {
    /// In which state the connection begins.
    pub condition: GreetingCondition,
    /// The response code in brackets, where there is one.
    pub code: Option<ResponseCode>,
    /// The human-readable text: one line, at most 200 characters.
    pub text: String,
}

impl Greeting {
    /// Reads a greeting line that is given without its CR LF (RFC 9051 §7.1).
    ///
    /// # Errors
    /// [`ErrorCode::Syntax`] when no IMAP server greets so.
    ///
    /// ```
    /// use mailtls::dialogue::imap::{Greeting, GreetingCondition, ResponseCode};
    /// let greeting = Greeting::parse(b"* OK [CAPABILITY IMAP4rev2 AUTH=PLAIN] ready")?;
    /// assert_eq!(greeting.condition, GreetingCondition::Ok);
    /// assert!(matches!(greeting.code, Some(ResponseCode::Capability(list)) if list.has("IMAP4rev2")));
    /// assert!(Greeting::parse(b"+OK POP3 server ready").is_err());
    /// # Ok::<(), mailtls::Error>(())
    /// ```
    pub fn parse(line: &[u8]) -> Result<Self, Error> {
        Response::parse(line)
            .and_then(Response::into_greeting)
            .ok_or_else(|| Error::new(ErrorCode::Syntax, "not an IMAP greeting"))
    }
}

/// In which state an IMAP connection begins (RFC 9051 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GreetingCondition {
    /// `OK`: not authenticated yet.
    Ok,
    /// `PREAUTH`: authenticated already by other means, such as a client certificate.
    PreAuth,
    /// `BYE`: the server refuses the connection.
    Bye,
}

/// `resp-text-code` (RFC 9051 §7.1, RFC 5530, RFC 2221), as far as it matters before
/// authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseCode {
    /// `"ALERT"`: the text should be shown to the user.
    Alert,
    /// `capability-data`.
    Capability(Capabilities),
    /// `"REFERRAL" SP imapurl` (RFC 2221 §4.1): another server to go to. Printable.
    Referral(String),
    /// `"UNAVAILABLE"` (RFC 5530 §3): a subsystem does not work just now.
    Unavailable,
    /// `atom [SP 1*<any TEXT-CHAR except "]">]`: any other.
    Other {
        /// The code's name as sent.
        name: String,
        /// The octets that follow the name, as sent: not empty, but perhaps not UTF-8 nor printable.
        argument: Option<Vec<u8>>,
    },
}

impl ResponseCode {
    /// One of those without an argument that RFC 5530 names.
    pub(crate) fn named(name: &str) -> Self {
        Self::from_parts(name.into(), None)
    }

    /// The code's name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Alert => "ALERT",
            Self::Capability(_) => "CAPABILITY",
            Self::Referral(_) => "REFERRAL",
            Self::Unavailable => "UNAVAILABLE",
            Self::Other { name, .. } => name,
        }
    }

    /// What follows the name, if people can be shown what was sent, and all of it.
    pub(crate) fn arguments(&self) -> Option<String> {
        match self {
            Self::Capability(list) => arguments(list.iter().collect::<Vec<_>>().join(" ").as_bytes()),
            Self::Referral(url) => arguments(url.as_bytes()),
            Self::Other { argument: Some(argument), .. } => arguments(argument),
            Self::Alert | Self::Unavailable | Self::Other { argument: None, .. } => None,
        }
    }

    fn from_parts(name: String, argument: Option<&[u8]>) -> Self {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let known = match argument {
            // An argument that they should not have changes nothing.
            _ if is("ALERT") => Some(Self::Alert),
            _ if is("UNAVAILABLE") => Some(Self::Unavailable),
            Some(list) if is("CAPABILITY") => capabilities(list).map(Self::Capability),
            Some(url) if is("REFERRAL") => core::str::from_utf8(url)
                .ok()
                .filter(|url| !url.contains(is_unprintable))
                .map(|url| Self::Referral(url.into())),
            _ => None,
        };
        known.unwrap_or_else(|| Self::Other { name, argument: argument.map(Into::into) })
    }

    fn parse(input: &[u8]) -> IResult<&[u8], Self> {
        let argument = map(take_while(|b| is_text_char(b) && b != b']'), trim);
        let argument = map(opt(preceded(blanks, argument)), |argument| argument.filter(|a| !a.is_empty()));
        map(delimited(tag("["), (Atom::parse, argument), tag("]")), |(name, argument)| {
            Self::from_parts(name.as_str().into(), argument)
        })
        .parse(input)
    }

    fn write(&self, out: &mut Buffer) {
        out.extend(b"[");
        match self {
            Self::Capability(list) => write_capabilities(list, out),
            Self::Referral(url) => out.extend(format!("REFERRAL {url}").as_bytes()),
            Self::Other { name, argument: Some(argument) } => {
                out.extend(format!("{name} ").as_bytes());
                out.extend(argument);
            }
            Self::Alert | Self::Unavailable | Self::Other { .. } => out.extend(self.name().as_bytes()),
        }
        out.extend(b"]");
    }
}

/// `resp-text = ["[" resp-text-code "]" SP] [text]` (RFC 9051 §9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResponseText {
    pub(crate) code: Option<ResponseCode>,
    pub(crate) text: Text,
}

impl ResponseText {
    pub(crate) fn new(code: Option<ResponseCode>, text: &str) -> Self {
        Self { code, text: Text(text.into()) }
    }

    /// With the SP before it. The line may end early, with no text behind the code or the condition;
    /// there may be more blanks than one, or none around the code. What is not a code is text.
    fn parse(input: &[u8]) -> IResult<&[u8], Self> {
        let before = alt((blanks, peek(eof), peek(tag("["))));
        let code = opt(ResponseCode::parse);
        map((before, code, take_while(is_blank), Text::parse), |(_, code, _, text)| Self { code, text })
            .parse(input)
    }

    fn write(&self, out: &mut Buffer) {
        out.extend(b" ");
        if let Some(code) = &self.code {
            code.write(out);
            out.extend(b" ");
        }
        out.extend(&self.text.0);
    }
}

/// The condition of `resp-cond-state = ("OK" / "NO" / "BAD") SP resp-text` (RFC 9051 §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    No,
    Bad,
}

impl Status {
    fn parse(input: &[u8]) -> IResult<&[u8], Self> {
        alt((
            value(Self::Ok, tag_no_case("OK")),
            value(Self::No, tag_no_case("NO")),
            value(Self::Bad, tag_no_case("BAD")),
        ))
        .parse(input)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::No => "NO",
            Self::Bad => "BAD",
        }
    }
}

/// `response = continue-req / response-data / response-tagged`, one line of it (RFC 9051 §9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Response {
    /// `continue-req = "+" SP ([resp-text] / base64) CRLF`: what follows the SP. Which of both it is
    /// depends on what was asked.
    Continue(Secret),
    /// `"*" SP resp-cond-state`.
    Status(Status, ResponseText),
    /// `"*" SP "PREAUTH" SP resp-text`, in a greeting only.
    PreAuth(ResponseText),
    /// `resp-cond-bye = "BYE" SP resp-text`.
    Bye(ResponseText),
    /// `capability-data = "CAPABILITY" *(SP capability) SP "IMAP4rev2" *(SP capability)`; which
    /// names are among them is not looked at. A name that is not an atom is dropped. There are no
    /// literals in it, whatever its end looks like.
    Capability(Capabilities),
    /// `"*" SP` and any other data; it may end with the header of a literal, and go on behind it.
    Data(Vec<u8>),
    /// `response-tagged = tag SP resp-cond-state CRLF`.
    Tagged(Tag, Status, ResponseText),
}

impl Response {
    /// Reads a line that is given without its CRLF.
    pub(crate) fn parse(line: &[u8]) -> Option<Self> {
        let untagged = alt((
            map((Status::parse, ResponseText::parse), |(status, text)| Self::Status(status, text)),
            map(preceded(tag_no_case("PREAUTH"), ResponseText::parse), Self::PreAuth),
            map(preceded(tag_no_case("BYE"), ResponseText::parse), Self::Bye),
            map_opt(preceded((tag_no_case("CAPABILITY"), blanks), rest), |list: &[u8]| {
                capabilities(list).map(Self::Capability)
            }),
            map(take_while(is_text_char), |data: &[u8]| Self::Data(data.into())),
        ));
        // Some servers leave out the SP of an empty challenge.
        let challenge = preceded(alt((blanks, peek(eof))), take_while(is_text_char));
        let tagged = (Tag::parse, preceded(blanks, Status::parse), ResponseText::parse);
        all_consuming(alt((
            preceded((tag("*"), blanks), untagged),
            map(preceded(tag("+"), challenge), |rest: &[u8]| Self::Continue(rest.into())),
            map(tagged, |(tag, status, text)| Self::Tagged(tag, status, text)),
        )))
        .parse(line)
        .ok()
        .map(|(_, response)| response)
    }

    /// Writes the line with its CRLF.
    pub(crate) fn write(&self, out: &mut Buffer) {
        match self {
            Self::Continue(rest) => {
                out.extend(b"+ ");
                out.extend(rest.as_bytes());
            }
            Self::Status(status, text) => {
                out.extend(format!("* {}", status.as_str()).as_bytes());
                text.write(out);
            }
            Self::PreAuth(text) => {
                out.extend(b"* PREAUTH");
                text.write(out);
            }
            Self::Bye(text) => {
                out.extend(b"* BYE");
                text.write(out);
            }
            Self::Capability(list) => {
                out.extend(b"* ");
                write_capabilities(list, out);
            }
            Self::Data(data) => {
                out.extend(b"* ");
                out.extend(data);
            }
            Self::Tagged(tag, status, text) => {
                tag.write(out);
                out.extend(format!(" {}", status.as_str()).as_bytes());
                text.write(out);
            }
        }
        out.extend(b"\r\n");
    }

    /// The response as a greeting; `None` if no connection can begin with it.
    pub(crate) fn into_greeting(self) -> Option<Greeting> {
        let (condition, ResponseText { code, text }) = match self {
            Self::Status(Status::Ok, text) => (GreetingCondition::Ok, text),
            Self::PreAuth(text) => (GreetingCondition::PreAuth, text),
            Self::Bye(text) => (GreetingCondition::Bye, text),
            _ => return None,
        };
        Some(Greeting { condition, code, text: text.printable() })
    }
}

/// `capability *(SP capability)`, each an `atom` (RFC 9051 §9); others are dropped. `None` if none is
/// left.
fn capabilities(list: &[u8]) -> Option<Capabilities> {
    let atom = |word| all_consuming(Atom::parse).parse(word).ok().map(|(_, atom)| atom.as_str().to_owned());
    let names: Vec<String> = words(list).filter_map(atom).collect();
    (!names.is_empty()).then(|| Capabilities::new(names))
}

fn write_capabilities(list: &Capabilities, out: &mut Buffer) {
    out.extend(b"CAPABILITY");
    for capability in list.iter() {
        out.extend(b" ");
        out.extend(capability.as_bytes());
    }
}
