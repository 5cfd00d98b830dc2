//! The greeting, as the host gets to see it.
//!
//! It must never know what comes after it.

use super::reply::{Reply, Status};
use super::{ResponseCode, is_vchar};
use crate::buffer::Buffer;
use crate::error::{Error, ErrorCode};
use crate::text::one_line;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::{map_res, recognize};
use nom::sequence::preceded;
use nom::{IResult, Parser};

/// A POP3 server's greeting (RFC 1939 §4, RFC 2449 §3).
///
/// Everything in it is the server's word and, as far as people are to read it, untrusted.
///
/// ```abnf
/// greeting  = "+OK" [resp-code] *gchar [timestamp] *gchar CRLF
/// timestamp = "<" *VCHAR ">"                       ; a msg-id
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    pub(super) status: Status,
    pub(super) response_code: Option<String>,
    pub(super) text: String,
    pub(super) timestamp: Option<String>,
}

impl Greeting {
    /// The greeting of a server that is ready; the time stamp has its angle brackets.
    pub(crate) fn ready(text: &str, timestamp: Option<&str>) -> Self {
        let timestamp = timestamp.map(str::to_owned);
        let text = timestamp.as_ref().map_or_else(|| text.to_owned(), |stamp| format!("{text} {stamp}"));
        Self { status: Status::Ok, response_code: None, text, timestamp }
    }

    /// Whether a text is a time stamp that a greeting may have, and nothing else.
    pub(crate) fn is_timestamp(text: &str) -> bool {
        matches!(timestamp(text.as_bytes()), Ok((b"", stamp)) if stamp == text)
    }

    /// Whether the server refuses to serve: `-ERR` in place of `+OK`.
    pub fn is_refusal(&self) -> bool {
        self.status == Status::Err
    }

    /// The response code without its brackets (RFC 2449 §8): `SYS/TEMP`.
    pub fn response_code(&self) -> Option<&str> {
        self.response_code.as_deref()
    }

    /// What the server says of itself: one line, the time stamp included. Unprintable and
    /// non-UTF-8 bytes are shown as `?`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The time stamp for `APOP` with its angle brackets (RFC 1939 §7):
    /// `<1896.697170952@dbc.mtview.ca.us>`.
    pub fn timestamp(&self) -> Option<&str> {
        self.timestamp.as_deref()
    }

    /// Reads a greeting line that is given without its CR LF (RFC 1939 §4).
    ///
    /// # Errors
    /// [`ErrorCode::Syntax`] when no POP3 server greets so.
    ///
    /// ```
    /// use mailtls::dialogue::pop3::Greeting;
    /// let greeting = Greeting::parse(b"+OK ready <1896.697170952@dbc.mtview.ca.us>")?;
    /// assert_eq!(greeting.timestamp(), Some("<1896.697170952@dbc.mtview.ca.us>"));
    /// assert!(Greeting::parse(b"-ERR [SYS/TEMP] too busy")?.is_refusal());
    /// assert!(Greeting::parse(b"220 mail.example ESMTP").is_err());
    /// # Ok::<(), mailtls::Error>(())
    /// ```
    pub fn parse(line: &[u8]) -> Result<Self, Error> {
        let reply = Reply::parse(line).ok_or_else(|| Error::new(ErrorCode::Syntax, "not a POP3 greeting"))?;
        let Reply { status, code, text } = reply;
        Ok(Self {
            status,
            response_code: code.map(|code| code.as_str().to_owned()),
            // The line limit bounds it; cutting it could cut a time stamp.
            text: one_line(text),
            timestamp: timestamp(text).ok().map(|(_, stamp)| stamp.to_owned()),
        })
    }

    /// Writes the greeting line, CR LF included.
    pub(crate) fn write(&self, out: &mut Buffer) {
        let code = self.response_code.as_deref().and_then(ResponseCode::new);
        Reply { status: self.status, code, text: self.text.as_bytes() }.write(out);
    }
}

/// The first msg-id in a text, `"<" 1*VCHAR "@" 1*VCHAR ">"`. The text before it has no `<`
/// (`gchar`, RFC 2449 §3).
fn timestamp(text: &[u8]) -> IResult<&[u8], &str> {
    let part = |input| take_while1(|b| is_vchar(b) && !matches!(b, b'<' | b'>' | b'@'))(input);
    let stamp = recognize((tag("<"), part, tag("@"), part, tag(">")));
    preceded(take_while(|b| b != b'<'), map_res(stamp, core::str::from_utf8)).parse(text)
}
