//! Replies of a server. It must never know which command they answer.

use crate::buffer::Buffer;
use crate::dialogue::blank::{blanks, is_blank};
use crate::dialogue::line::printable;
use crate::dialogue::{Condition, ServerMessage};
use core::fmt;
use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_while_m_n};
use nom::combinator::{all_consuming, eof, map_opt, peek, rest, value, verify};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};
use zeroize::Zeroize;

/// A reply code (RFC 5321 §4.2):
///
/// ```text
/// Reply-code = %x32-35 %x30-35 %x30-39
/// ```
///
/// Second digits above 5 are read too: servers send 571 or 460, and a client that does not know a
/// code acts on its first digit alone (RFC 5321 §4.2.1, §4.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReplyCode(u16);

impl ReplyCode {
    pub(crate) const HELP: Self = Self(214);
    pub(crate) const SERVICE_READY: Self = Self(220);
    pub(crate) const SERVICE_CLOSING: Self = Self(221);
    pub(crate) const AUTHENTICATION_SUCCEEDED: Self = Self(235);
    pub(crate) const COMPLETED: Self = Self(250);
    pub(crate) const CHALLENGE: Self = Self(334);
    pub(crate) const SERVICE_NOT_AVAILABLE: Self = Self(421);
    pub(crate) const TEMPORARY_AUTHENTICATION_FAILURE: Self = Self(454);
    pub(crate) const TLS_NOT_AVAILABLE: Self = Self(454);
    pub(crate) const SYNTAX_ERROR: Self = Self(500);
    pub(crate) const SYNTAX_ERROR_IN_PARAMETERS: Self = Self(501);
    pub(crate) const NOT_IMPLEMENTED: Self = Self(502);
    pub(crate) const BAD_SEQUENCE: Self = Self(503);
    pub(crate) const PARAMETER_NOT_IMPLEMENTED: Self = Self(504);
    pub(crate) const AUTHENTICATION_REQUIRED: Self = Self(530);
    pub(crate) const STARTTLS_REQUIRED: Self = Self(530);
    pub(crate) const CREDENTIALS_INVALID: Self = Self(535);
    pub(crate) const ENCRYPTION_REQUIRED: Self = Self(538);

    /// The code with this number, if its first digit says what it means.
    pub(crate) fn new(number: u16) -> Option<Self> {
        matches!(number, 200..=599).then_some(Self(number))
    }

    /// The number.
    pub(crate) fn number(self) -> u16 {
        self.0
    }

    /// Whether it says that a command was carried out for which the RFCs have this code: the code
    /// itself, or a `2yz` that they do not have. 220 is a greeting and 235 a log-in wherever they come;
    /// they must not be taken for the answer to `EHLO`.
    pub(crate) fn is_success(self, expected: Self) -> bool {
        const OWN: [ReplyCode; 5] = [
            ReplyCode::HELP,
            ReplyCode::SERVICE_READY,
            ReplyCode::SERVICE_CLOSING,
            ReplyCode::AUTHENTICATION_SUCCEEDED,
            ReplyCode::COMPLETED,
        ];
        self == expected || (self.class() == 2 && !OWN.contains(&self))
    }

    /// `4yz`: the same command may work later.
    pub(crate) fn is_transient(self) -> bool {
        self.class() == 4
    }

    /// `5yz`: the same command will not work.
    pub(crate) fn is_permanent(self) -> bool {
        self.class() == 5
    }

    /// `4yz` or `5yz`.
    pub(crate) fn is_refusal(self) -> bool {
        self.is_transient() || self.is_permanent()
    }

    /// The first digit.
    pub(crate) fn class(self) -> u16 {
        self.0 / 100
    }

    fn parse(input: &[u8]) -> IResult<&[u8], Self> {
        map_opt(take(3usize), |digits| number(digits).and_then(Self::new)).parse(input)
    }
}

/// An enhanced status code (RFC 3463 §2, RFC 2034 §4), as `5.7.8`:
///
/// ```text
/// status-code = class "." subject "." detail
/// class       = "2" / "4" / "5"
/// subject     = 1*3DIGIT
/// detail      = 1*3DIGIT
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EnhancedCode {
    class: u16,
    subject: u16,
    detail: u16,
}

impl EnhancedCode {
    /// 2 for success, 4 for a transient and 5 for a permanent failure.
    pub fn class(self) -> u16 {
        self.class
    }

    /// What it is about: 7 for security, 5 for the protocol, and others of RFC 3463 §3.
    pub fn subject(self) -> u16 {
        self.subject
    }

    /// What it is exactly, within the subject.
    pub fn detail(self) -> u16 {
        self.detail
    }

    /// Reads it from the front of a reply's text, with the space behind it; what follows is
    /// the text proper.
    fn parse(input: &[u8]) -> IResult<&[u8], Self> {
        let digits = |most| map_opt(take_while_m_n(1, most, |b: u8| b.is_ascii_digit()), number);
        let dotted = (digits(1), preceded(tag("."), digits(3)), preceded(tag("."), digits(3)));
        let of =
            |(class, subject, detail)| matches!(class, 2 | 4 | 5).then_some(Self { class, subject, detail });
        terminated(map_opt(dotted, of), alt((blanks, eof))).parse(input)
    }
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// One line of a reply (RFC 5321 §4.2):
///
/// ```text
/// line       = Reply-code ( "-" [ textstring ] / [ SP textstring ] )
/// textstring = 1*(%d09 / %d32-126)
/// ```
///
/// The text is for people, in whatever character set the server has: any octets are read and kept as
/// sent. A tab is taken for the space behind the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReplyLine<'a> {
    pub(crate) code: ReplyCode,
    /// Whether no line follows it in the reply.
    pub(crate) last: bool,
    pub(crate) text: &'a [u8],
}

impl<'a> ReplyLine<'a> {
    /// Reads a line without its CR LF.
    pub(crate) fn parse(line: &'a [u8]) -> Option<Self> {
        // A code alone is tolerated (RFC 5321 §4.2).
        let space = verify(take(1usize), |mark: &[u8]| mark.iter().all(|&b| is_blank(b)));
        let mark = alt((value(false, tag("-")), value(true, space), value(true, peek(eof))));
        let (_, (code, last, text)) = all_consuming((ReplyCode::parse, mark, rest)).parse(line).ok()?;
        Some(Self { code, last, text })
    }

    /// Writes the line, with CR LF; the inverse of [`ReplyLine::parse`].
    pub(crate) fn write(&self, output: &mut Buffer) {
        let mark = if self.last { ' ' } else { '-' };
        output.extend(format!("{}{mark}", self.code.0).as_bytes());
        output.extend(self.text);
        output.extend(b"\r\n");
    }

    /// Whether both may be lines of one reply.
    ///
    /// The code is the same on every line (RFC 5321 §4.2.1). Servers that add a line of their own,
    /// with another code of the same class, are understood: the code of the last line counts, as it
    /// does for other clients. If the first digits differ, nobody can say what the reply means.
    pub(crate) fn goes_with(code: ReplyCode, other: ReplyCode) -> bool {
        code.class() == other.class()
    }
}

/// A reply: one code, one or more lines of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    code: ReplyCode,
    lines: Vec<Vec<u8>>,
}

impl Reply {
    pub(crate) fn new(code: ReplyCode, lines: Vec<String>) -> Self {
        Self::of_octets(code, lines.into_iter().map(String::into_bytes).collect())
    }

    /// From the text of each line as it was sent.
    pub(crate) fn of_octets(code: ReplyCode, lines: Vec<Vec<u8>>) -> Self {
        Self { code, lines }
    }

    /// Reads the lines of a whole reply, with CR LF between them. A client does not: it takes
    /// each line as it comes.
    pub(super) fn parse(lines: &[u8]) -> Option<Self> {
        let (mut code, mut texts, mut rest) = (None, Vec::new(), Some(lines));
        while let Some(lines) = rest {
            let end = lines.windows(2).position(|w| w == b"\r\n");
            let line = &lines[..end.unwrap_or(lines.len())];
            rest = end.map(|end| &lines[end + 2..]);
            if line.iter().any(|b| matches!(b, 0 | b'\r' | b'\n')) {
                return None;
            }
            let line = ReplyLine::parse(line)?;
            let fits = code.is_none_or(|code| ReplyLine::goes_with(code, line.code));
            if !fits || line.last != rest.is_none() {
                return None;
            }
            code = Some(line.code);
            texts.push(line.text.to_vec());
        }
        code.map(|code| Self::of_octets(code, texts))
    }

    pub(crate) fn code(&self) -> ReplyCode {
        self.code
    }

    /// The text of each line, an enhanced status code included, as it was sent.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.lines.iter().map(Vec::as_slice)
    }

    /// The enhanced status code of the first line, if its class is that of the reply
    /// (RFC 2034 §4).
    pub(crate) fn enhanced_code(&self) -> Option<EnhancedCode> {
        self.lines.first().and_then(|line| self.split(line).0)
    }

    /// The code, and the enhanced one where there is one: `535 5.7.8`.
    pub(crate) fn codes(&self) -> String {
        let number = self.code.number();
        self.enhanced_code().map_or(number.to_string(), |code| format!("{number} {code}"))
    }

    /// All text as one printable line, without enhanced status codes.
    pub(crate) fn text(&self) -> String {
        printable(&self.joined())
    }

    /// What it says to people.
    pub(crate) fn message(&self, condition: Condition, tagged: bool) -> ServerMessage {
        ServerMessage::new(condition, tagged, Some(self.codes()), None, &self.joined())
    }

    fn joined(&self) -> Vec<u8> {
        let texts: Vec<&[u8]> = self.lines.iter().map(|line| self.split(line).1).collect();
        texts.join(&b' ')
    }

    /// Writes all lines.
    pub(crate) fn write(&self, output: &mut Buffer) {
        for (i, text) in self.lines.iter().enumerate() {
            ReplyLine { code: self.code, last: i + 1 == self.lines.len(), text }.write(output);
        }
    }

    fn split<'a>(&self, line: &'a [u8]) -> (Option<EnhancedCode>, &'a [u8]) {
        match EnhancedCode::parse(line) {
            Ok((rest, code)) if code.class == self.code.class() => (Some(code), rest),
            _ => (None, line),
        }
    }
}

/// A line may be a challenge of a mechanism that has secrets in them.
impl Drop for Reply {
    fn drop(&mut self) {
        self.lines.zeroize();
    }
}

fn number(digits: &[u8]) -> Option<u16> {
    let only_digits = digits.iter().all(u8::is_ascii_digit);
    core::str::from_utf8(digits).ok().filter(|_| only_digits)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(line: ReplyLine<'_>) -> Vec<u8> {
        let mut output = Buffer::default();
        line.write(&mut output);
        output.as_slice().strip_suffix(b"\r\n").expect("a line end").to_vec()
    }

    #[test]
    fn known_lines() {
        for (bytes, number, last, text) in [
            (&b"250 ok"[..], 250, true, &b"ok"[..]),
            (b"250-SIZE 10", 250, false, b"SIZE 10"),
            (b"220-", 220, false, b""),
            (b"354 ", 354, true, b""),
            (b"250", 250, true, b""),
            (b"250\tok", 250, true, b"ok"),
            (b"334  VXNlcm5hbWU6", 334, true, b" VXNlcm5hbWU6"),
            (b"535 5.7.8 caf\xe9", 535, true, b"5.7.8 caf\xe9"),
            (b"250 - x\ty", 250, true, b"- x\ty"),
            (b"571 \xff\x1b[A\xc2\x85", 571, true, b"\xff\x1b[A\xc2\x85"),
            (b"260 ok", 260, true, b"ok"),
            (b"460", 460, true, b""),
            (b"599-x", 599, false, b"x"),
        ] {
            let line = ReplyLine { code: ReplyCode(number), last, text };
            assert_eq!(ReplyLine::parse(bytes), Some(line), "{}", bytes.escape_ascii());
        }
        for wrong in [
            &b""[..],
            b"25",
            b"2500",
            b"250_ok",
            b"150 ok",
            b"199 ok",
            b"600 ok",
            b"+50 ok",
            b"2 0 ok",
            b" 250 ok",
            b"* OK hi",
            b"+OK hi",
        ] {
            assert_eq!(ReplyLine::parse(wrong), None, "{}", String::from_utf8_lossy(wrong));
        }
    }

    #[test]
    fn known_enhanced_codes() {
        let reply = |number, lines: &[&str]| {
            Reply::new(ReplyCode(number), lines.iter().map(|&line| line.into()).collect())
        };
        let code = |reply: &Reply| reply.enhanced_code().map(|code| code.to_string());
        let refused = reply(535, &["5.7.8 wrong", "5.7.8 password"]);
        assert_eq!((code(&refused).as_deref(), refused.text().as_str()), (Some("5.7.8"), "wrong password"));
        let bare = reply(421, &["4.4.2"]);
        assert_eq!((code(&bare).as_deref(), bare.text().as_str()), (Some("4.4.2"), ""));
        for text in
            ["2.7.8 wrong class", "5.7 short", "5.7.8x", "5.7.1234 long", "3.0.0 class", "55.7.8 class", ""]
        {
            let other = reply(535, &[text]);
            assert_eq!((code(&other), other.text().as_str()), (None, text));
        }
        let gbk = Reply::of_octets(ReplyCode(535), vec![b"5.7.8\t\xfe\xff x".to_vec(), b"\x1b".to_vec()]);
        assert_eq!((code(&gbk).as_deref(), gbk.text().as_str()), (Some("5.7.8"), "?? x ?"));
    }

    /// Only the first digit has to be the same on every line, and the last line decides.
    #[test]
    fn codes_of_several_lines() {
        let number = |lines: &[u8]| Reply::parse(lines).map(|reply| reply.code().number());
        assert_eq!(number(b"250-a\r\n250 b"), Some(250));
        assert_eq!(number(b"535-a\r\n550-b\r\n571"), Some(571));
        for wrong in
            [&b"250-a\r\n550 b"[..], b"550-a\r\n250 b", b"450-a\r\n550 b", b"250 a\r\n250 b", b"250-a"]
        {
            assert_eq!(number(wrong), None, "{}", wrong.escape_ascii());
        }
    }

    /// What the text is made of never decides what a reply means.
    #[test]
    fn any_text_is_read() {
        for octet in (1..=255).filter(|octet| !b"\r\n".contains(octet)) {
            let line = [b"535 5.7.8 a".as_slice(), &[octet], b"b"].concat();
            let reply = Reply::parse(&line).expect("a reply");
            assert_eq!(reply.code(), ReplyCode::CREDENTIALS_INVALID);
            assert!(!reply.text().contains(char::is_control), "{octet}");
        }
    }

    #[test]
    fn a_reply_marks_its_last_line() {
        let mut output = Buffer::default();
        Reply::new(ReplyCode::COMPLETED, vec!["a".into(), String::new(), "c".into()]).write(&mut output);
        assert_eq!(output.as_slice(), b"250-a\r\n250-\r\n250 c\r\n");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(number in 200u16..600, last: bool, text in proptest::collection::vec(any::<u8>(), 0..30)) {
            let code = ReplyCode::new(number).expect("a code");
            let line = ReplyLine { code, last, text: &text };
            let again = written(line);
            prop_assert_eq!(ReplyLine::parse(&again), Some(line));
        }

        #[test]
        fn what_is_read_is_written_so_that_it_reads_the_same(bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..40),
            "[2-5][0-9][0-9][- \t]?[^\r\n]{0,20}".prop_map(String::into_bytes),
        ]) {
            if let Some(line) = ReplyLine::parse(&bytes) {
                let again = written(line);
                prop_assert_eq!(ReplyLine::parse(&again), Some(line));
            }
        }

        #[test]
        fn enhanced_codes_read_back(class in prop_oneof![Just(2u16), Just(4), Just(5)], subject in 0u16..1000, detail in 0u16..1000) {
            let code = EnhancedCode { class, subject, detail };
            let text = format!("{code} text");
            prop_assert_eq!(EnhancedCode::parse(text.as_bytes()), Ok((&b"text"[..], code)));
        }
    }
}
