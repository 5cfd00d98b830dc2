//! Replies: what a server says, one line at a time.
//!
//! It must never know to which command a reply belongs.

use super::{is_vchar, text};
use crate::buffer::Buffer;
use crate::dialogue::blank::{blanks, is_blank, trim};
use crate::dialogue::line::printable;
use crate::dialogue::{Capabilities, Condition, Refusal, ServerMessage};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::{all_consuming, eof, map, map_res, opt, recognize, value};
use nom::multi::separated_list1;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

/// `status = "+OK" / "-ERR"` (RFC 2449 §3), in upper case only (RFC 1939 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// `+OK`
    Ok,
    /// `-ERR`
    Err,
}

/// The response code in the brackets.
///
/// ```abnf
/// resp-code  = "[" resp-level *("/" resp-level) "]"     ; RFC 2449 §3
/// resp-level = 1*rchar
/// rchar      = %x21-2E / %x30-5C / %x5E-7F              ; not "/" nor "]"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ResponseCode<'a>(&'a str);

/// A reply of one line, or the first line of one of many.
///
/// ```abnf
/// single-line = status [SP text] CRLF                   ; RFC 2449 §3
/// text        = *schar / resp-code *CHAR
/// ```
///
/// The text is taken with any byte that does not break the line: it only goes to people. It may be
/// set apart by tabs, by more blanks than one, or by none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reply<'a> {
    pub(crate) status: Status,
    pub(crate) code: Option<ResponseCode<'a>>,
    pub(crate) text: &'a [u8],
}

/// A server's challenge: `"+" SP [base64] CRLF` (RFC 5034 §4), without blanks around it. Whether it
/// has to be base64 depends on the mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Challenge<'a>(pub(crate) &'a [u8]);

/// A line of a server inside an `AUTH` exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AuthReply<'a> {
    /// The exchange goes on.
    Challenge(Challenge<'a>),
    /// The exchange is over.
    Done(Reply<'a>),
}

/// A line of a reply of many lines, after its first (RFC 1939 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listed<'a> {
    /// `.` alone: the end.
    End,
    /// A line, without the dot stuffed before one of its own.
    Line(&'a [u8]),
}

/// A line of the answer to `CAPA`, or a mechanism in the answer to `AUTH`.
///
/// ```abnf
/// capability = capa-tag *(SP param) CRLF                ; RFC 2449 §3
/// ```
///
/// The parameters are kept as one text, with one space between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Capability(pub(crate) String);

impl<'a> ResponseCode<'a> {
    /// Something is wrong with the credentials (RFC 3206 §4).
    pub(crate) const AUTH: ResponseCode<'static> = ResponseCode("AUTH");
    /// A failure that may pass (RFC 3206 §4).
    pub(crate) const SYS_TEMP: ResponseCode<'static> = ResponseCode("SYS/TEMP");

    /// `None` when the text cannot stand in the brackets.
    pub(crate) fn new(text: &'a str) -> Option<Self> {
        all_consuming(levels).parse(text.as_bytes()).ok().map(|(_, code)| code)
    }

    pub(crate) fn as_str(self) -> &'a str {
        self.0
    }

    /// Whether the same command may work later: `SYS/TEMP` (RFC 3206), `IN-USE` and
    /// `LOGIN-DELAY` (RFC 2449 §8.1). Levels below the known ones do not matter (RFC 2449 §8).
    pub(crate) fn is_temporary(self) -> bool {
        let upper = self.0.to_ascii_uppercase();
        let mut levels = upper.split('/');
        matches!(
            (levels.next(), levels.next()),
            (Some("SYS"), Some("TEMP")) | (Some("IN-USE" | "LOGIN-DELAY"), _)
        )
    }
}

impl<'a> Reply<'a> {
    /// `+OK` with a text.
    pub(crate) fn ok(text: &'a str) -> Self {
        Self { status: Status::Ok, code: None, text: text.as_bytes() }
    }

    /// `-ERR` with a text.
    pub(crate) fn err(text: &'a str) -> Self {
        Self { status: Status::Err, code: None, text: text.as_bytes() }
    }

    /// The same with a response code.
    pub(crate) fn with_code(self, code: ResponseCode<'a>) -> Self {
        Self { code: Some(code), ..self }
    }

    /// Reads a reply line without its CR LF; `None` if it is none.
    pub(crate) fn parse(line: &'a [u8]) -> Option<Self> {
        all_consuming(reply).parse(line).ok().map(|(_, reply)| reply)
    }

    /// Writes the reply line, CR LF included.
    pub(crate) fn write(&self, out: &mut Buffer) {
        out.extend(match self.status {
            Status::Ok => b"+OK".as_slice(),
            Status::Err => b"-ERR",
        });
        if let Some(code) = self.code {
            out.extend(b" [");
            out.extend(code.0.as_bytes());
            out.extend(b"]");
        }
        if !self.text.is_empty() {
            out.extend(b" ");
            out.extend(self.text);
        }
        out.extend(b"\r\n");
    }

    /// What the reply to a log-in says to people; `None` if it says nothing.
    pub(crate) fn message(&self) -> Option<ServerMessage> {
        let condition = match self.status {
            Status::Ok => Condition::Ok,
            Status::Err => Condition::No,
        };
        let code = self.code.map(|code| code.0.to_owned());
        let says = code.is_some() || !self.text.is_empty();
        says.then(|| ServerMessage::new(condition, true, code, None, self.text))
    }

    /// What to tell the host of a `-ERR`.
    pub(crate) fn refusal(&self) -> Refusal {
        Refusal {
            details: None,
            code_arguments: None,
            code: self.code.map(|code| code.0.to_owned()),
            text: printable(self.text),
            temporary: self.code.is_some_and(ResponseCode::is_temporary),
        }
    }
}

impl Challenge<'_> {
    /// Writes the line, CR LF included.
    pub(crate) fn write(&self, out: &mut Buffer) {
        out.extend(b"+ ");
        out.extend(self.0);
        out.extend(b"\r\n");
    }
}

impl<'a> AuthReply<'a> {
    /// Reads a line inside an exchange; `None` if it is neither challenge nor reply. A `+` alone
    /// is taken for an empty challenge, since servers are seen to send it.
    pub(crate) fn parse(line: &'a [u8]) -> Option<Self> {
        all_consuming(alt((map(reply, Self::Done), map(challenge, Self::Challenge))))
            .parse(line)
            .ok()
            .map(|(_, reply)| reply)
    }
}

impl<'a> Listed<'a> {
    /// Reads a line without its CR LF.
    pub(crate) fn parse(line: &'a [u8]) -> Self {
        match line {
            b"." => Self::End,
            [b'.', unstuffed @ ..] => Self::Line(unstuffed),
            line => Self::Line(line),
        }
    }

    /// Writes the line, dot-stuffed, CR LF included.
    pub(crate) fn write(&self, out: &mut Buffer) {
        match self {
            Self::End => out.extend(b"."),
            Self::Line(line) => {
                if line.starts_with(b".") {
                    out.extend(b".");
                }
                out.extend(line);
            }
        }
        out.extend(b"\r\n");
    }
}

impl Capability {
    /// Reads a line, already without dot-stuffing. Words that are not printable ASCII are dropped;
    /// `None` if the first is such, or there is none.
    pub(crate) fn parse(line: &[u8]) -> Option<Self> {
        Capabilities::readable(line).map(Self)
    }

    /// Writes the line, CR LF included.
    pub(crate) fn write(&self, out: &mut Buffer) {
        Listed::Line(self.0.as_bytes()).write(out);
    }
}

fn status(input: &[u8]) -> IResult<&[u8], Status> {
    alt((value(Status::Ok, tag("+OK")), value(Status::Err, tag("-ERR")))).parse(input)
}

fn levels(input: &[u8]) -> IResult<&[u8], ResponseCode<'_>> {
    let level = take_while1(|b| is_vchar(b) && b != b'/' && b != b']');
    map_res(recognize(separated_list1(tag("/"), level)), |code| core::str::from_utf8(code).map(ResponseCode))
        .parse(input)
}

/// A response code and the blanks that set it apart from the text.
fn response_code(input: &[u8]) -> IResult<&[u8], ResponseCode<'_>> {
    terminated(delimited(tag("["), levels, tag("]")), take_while(is_blank)).parse(input)
}

fn reply(input: &[u8]) -> IResult<&[u8], Reply<'_>> {
    let parts = (terminated(status, take_while(is_blank)), opt(response_code), text);
    map(parts, |(status, code, text)| Reply { status, code, text }).parse(input)
}

fn challenge(input: &[u8]) -> IResult<&[u8], Challenge<'_>> {
    map(preceded(tag("+"), alt((preceded(blanks, text), eof))), |text| Challenge(trim(text))).parse(input)
}
