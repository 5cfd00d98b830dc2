//! Commands of a client. It must never know which of them a server allows when.

use super::Host;
use crate::buffer::Buffer;
use crate::dialogue::Mechanism;
use core::fmt;
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, tag_no_case, take_while_m_n};
use nom::character::complete::alpha1;
use nom::combinator::{all_consuming, cut, eof, map, map_opt, opt, peek, rest, value};
use nom::error::Error;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

/// Commands of a mail transaction and such that tell about users (RFC 5321 §4.1.1, RFC 3030,
/// RFC 4468): for authenticated clients only, so that their parameters are not read here.
const FOR_AUTHENTICATED: &[&str] = &["MAIL", "RCPT", "DATA", "BDAT", "BURL", "VRFY", "EXPN"];

/// Commands that a submission server does not have (RFC 1985, RFC 2645, RFC 5321 §F).
const NOT_IMPLEMENTED: &[&str] = &["ETRN", "ATRN", "TURN", "SEND", "SOML", "SAML"];

/// A command line (RFC 5321 §4.1.1, RFC 4954 §4, RFC 3207 §4):
///
/// ```text
/// command = ehlo / helo / auth / starttls / noop / rset / help / quit / other
/// ehlo     = "EHLO" SP ( Domain / address-literal )
/// helo     = "HELO" SP Domain
/// auth     = "AUTH" SP sasl-mech [SP initial-response]
/// starttls = "STARTTLS"
/// noop     = "NOOP" [ SP String ]
/// rset     = "RSET"
/// help     = "HELP" [ SP String ]
/// quit     = "QUIT"
/// ```
///
/// Verbs are read in any case and written in upper case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command<'a> {
    Ehlo(Host<'a>),
    Helo(Host<'a>),
    Auth {
        mechanism: SaslMechanism<'a>,
        initial_response: Option<InitialResponse<'a>>,
    },
    StartTls,
    Noop,
    Rset,
    Help,
    Quit,
    /// One of [`FOR_AUTHENTICATED`].
    ForAuthenticated(&'static str),
    /// One of [`NOT_IMPLEMENTED`].
    NotImplemented(&'static str),
}

/// Why a line is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommandError {
    /// It holds other characters than printable ASCII.
    NotPrintable,
    /// It does not begin with a known verb.
    UnknownVerb,
    /// The verb is known, what follows it is wrong.
    Arguments,
}

impl<'a> Command<'a> {
    /// Reads a line without its CR LF. White space before the line end is tolerated
    /// (RFC 5321 §4.1.1).
    pub(crate) fn parse(line: &'a [u8]) -> Result<Self, CommandError> {
        let blank = |b: &u8| matches!(b, b' ' | b'\t');
        let end = line.iter().rposition(|b| !blank(b)).map_or(0, |last| last + 1);
        let line = line.get(..end).unwrap_or_default();
        if !line.iter().all(|b| matches!(b, b' '..=b'~')) {
            return Err(CommandError::NotPrintable);
        }
        match command(line) {
            Ok((_, command)) => Ok(command),
            Err(nom::Err::Failure(_)) => Err(CommandError::Arguments),
            Err(_) => Err(CommandError::UnknownVerb),
        }
    }

    /// Writes the line, with CR LF; the inverse of [`Command::parse`].
    pub(crate) fn write(&self, output: &mut Buffer) {
        let mut words = |words: &[&[u8]]| words.iter().for_each(|word| output.extend(word));
        match self {
            Self::Ehlo(host) => words(&[b"EHLO ", host.as_str().as_bytes()]),
            Self::Helo(host) => words(&[b"HELO ", host.as_str().as_bytes()]),
            Self::Auth { mechanism, initial_response } => {
                words(&[b"AUTH ", mechanism.0]);
                if let Some(response) = initial_response {
                    words(&[b" ", response.0]);
                }
            }
            Self::StartTls => words(&[b"STARTTLS"]),
            Self::Noop => words(&[b"NOOP"]),
            Self::Rset => words(&[b"RSET"]),
            Self::Help => words(&[b"HELP"]),
            Self::Quit => words(&[b"QUIT"]),
            Self::ForAuthenticated(verb) | Self::NotImplemented(verb) => words(&[verb.as_bytes()]),
        }
        output.extend(b"\r\n");
    }
}

/// The name of a SASL mechanism, in any case (RFC 4422 §3.1):
///
/// ```text
/// sasl-mech = 1*20mech-char
/// mech-char = UPPER-ALPHA / DIGIT / HYPHEN / UNDERSCORE
/// ```
#[derive(Clone, Copy, Debug)]
pub(crate) struct SaslMechanism<'a>(&'a [u8]);

impl<'a> SaslMechanism<'a> {
    /// Its name for a mechanism that is SASL.
    pub(crate) fn of(mechanism: &'a Mechanism) -> Option<Self> {
        mechanism.sasl_name().map(|name| Self(name.as_bytes()))
    }

    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    fn parse(input: &'a [u8]) -> IResult<&'a [u8], Self> {
        let mech_char = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        map(take_while_m_n(1, 20, mech_char), Self).parse(input)
    }
}

impl PartialEq for SaslMechanism<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for SaslMechanism<'_> {}

/// What a client says with `AUTH` at once (RFC 4954 §4), as sent; it may hold a password:
///
/// ```text
/// initial-response = base64 / "="
/// ```
///
/// Its base64 is not looked into here, because a fault in it has a reply of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct InitialResponse<'a>(&'a [u8]);

impl<'a> InitialResponse<'a> {
    /// For base64 or `=`, as `sasl::write_initial_response` gives it.
    pub(crate) fn of_base64(text: &'a str) -> Self {
        Self(text.as_bytes())
    }

    /// The base64 or `=`.
    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    fn parse(input: &'a [u8]) -> IResult<&'a [u8], Self> {
        map(is_not(" "), Self).parse(input)
    }
}

impl fmt::Debug for InitialResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InitialResponse(..)")
    }
}

/// A failure, not a mere error, says that the verb is right and its arguments are wrong.
fn command(input: &[u8]) -> IResult<&[u8], Command<'_>> {
    let host = || preceded(tag(" "), Host::parse);
    let text = || (peek(alt((tag(" "), eof))), rest);
    let auth = (preceded(tag(" "), SaslMechanism::parse), opt(preceded(tag(" "), InitialResponse::parse)));
    alt((
        verb("EHLO", map(host(), Command::Ehlo)),
        verb("HELO", map(host(), Command::Helo)),
        verb(
            "AUTH",
            map(auth, |(mechanism, initial_response)| Command::Auth { mechanism, initial_response }),
        ),
        verb("STARTTLS", value(Command::StartTls, eof)),
        verb("NOOP", value(Command::Noop, text())),
        verb("RSET", value(Command::Rset, eof)),
        verb("HELP", value(Command::Help, text())),
        verb("QUIT", value(Command::Quit, eof)),
        map(verb_among(FOR_AUTHENTICATED), Command::ForAuthenticated),
        map(verb_among(NOT_IMPLEMENTED), Command::NotImplemented),
    ))
    .parse(input)
}

fn verb<'a, O>(
    name: &'static str,
    arguments: impl Parser<&'a [u8], Output = O, Error = Error<&'a [u8]>>,
) -> impl Parser<&'a [u8], Output = O, Error = Error<&'a [u8]>> {
    let whole_verb = (tag_no_case(name), peek(alt((tag(" "), eof))));
    preceded(whole_verb, cut(all_consuming(arguments)))
}

fn verb_among<'a>(
    names: &'static [&'static str],
) -> impl Parser<&'a [u8], Output = &'static str, Error = Error<&'a [u8]>> {
    let word = terminated(alpha1, (peek(alt((tag(" "), eof))), rest));
    map_opt(word, |word: &[u8]| names.iter().find(|name| name.as_bytes().eq_ignore_ascii_case(word)).copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(command: &Command<'_>) -> Vec<u8> {
        let mut output = Buffer::default();
        command.write(&mut output);
        output.as_slice().to_vec()
    }

    fn line(bytes: &[u8]) -> &[u8] {
        bytes.strip_suffix(b"\r\n").expect("a line end")
    }

    fn auth<'a>(mechanism: &'a str, initial_response: Option<&'a str>) -> Command<'a> {
        Command::Auth {
            mechanism: SaslMechanism(mechanism.as_bytes()),
            initial_response: initial_response.map(InitialResponse::of_base64),
        }
    }

    #[test]
    fn known_answers() {
        let host = Host::of_settings("client.example");
        for (text, command) in [
            ("EHLO client.example", Command::Ehlo(host)),
            ("ehlo client.example \t", Command::Ehlo(host)),
            ("Helo client.example", Command::Helo(host)),
            ("AUTH PLAIN", auth("PLAIN", None)),
            ("auth plain =", auth("PLAIN", Some("="))),
            ("AUTH PLAIN AGEAYg==", auth("PLAIN", Some("AGEAYg=="))),
            ("AUTH X-Y_1 !", auth("x-y_1", Some("!"))),
            ("STARTTLS", Command::StartTls),
            ("NOOP", Command::Noop),
            ("noop \"a b\"", Command::Noop),
            ("RSET", Command::Rset),
            ("HELP", Command::Help),
            ("HELP MAIL", Command::Help),
            ("QUIT ", Command::Quit),
            ("MAIL FROM:<a@b>", Command::ForAuthenticated("MAIL")),
            ("data", Command::ForAuthenticated("DATA")),
            ("BDAT 5 LAST", Command::ForAuthenticated("BDAT")),
            ("ETRN x", Command::NotImplemented("ETRN")),
        ] {
            assert_eq!(Command::parse(text.as_bytes()), Ok(command), "{text}");
        }
    }

    #[test]
    fn known_faults() {
        for (text, error) in [
            (&b""[..], CommandError::UnknownVerb),
            (b"XYZZY", CommandError::UnknownVerb),
            (b" EHLO a", CommandError::UnknownVerb),
            (b"EHLOa", CommandError::UnknownVerb),
            (b"QUITE", CommandError::UnknownVerb),
            (b"MAILS", CommandError::UnknownVerb),
            (b"EHLO", CommandError::Arguments),
            (b"EHLO a b", CommandError::Arguments),
            (b"EHLO  a", CommandError::Arguments),
            (b"HELO <a>", CommandError::Arguments),
            (b"AUTH", CommandError::Arguments),
            (b"AUTH a.b", CommandError::Arguments),
            (b"AUTH ABCDEFGHIJKLMNOPQRSTU", CommandError::Arguments),
            (b"AUTH PLAIN = =", CommandError::Arguments),
            (b"QUIT now", CommandError::Arguments),
            (b"RSET x", CommandError::Arguments),
            (b"STARTTLS x", CommandError::Arguments),
            (b"NOOP \xe9", CommandError::NotPrintable),
            (b"EHLO\ta", CommandError::NotPrintable),
            (b"\x1b[A", CommandError::NotPrintable),
        ] {
            assert_eq!(Command::parse(text), Err(error), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        assert!(!format!("{:?}", Command::parse(b"AUTH PLAIN c2VjcmV0")).contains("c2Vj"));
    }

    /// The kinds of command, made from words that the productions allow.
    fn make<'a>(kind: usize, name: &'a str, word: &'a str) -> Command<'a> {
        match kind {
            0 => Command::Ehlo(Host::of_settings(name)),
            1 => Command::Helo(Host::of_settings(name)),
            2 => auth(name.get(..name.len().min(20)).unwrap_or(name), None),
            3 => auth("PLAIN", Some(word)),
            4 => Command::StartTls,
            5 => Command::Noop,
            6 => Command::Rset,
            7 => Command::Help,
            8 => Command::Quit,
            n if n % 2 == 0 => Command::ForAuthenticated(FOR_AUTHENTICATED[n % FOR_AUTHENTICATED.len()]),
            n => Command::NotImplemented(NOT_IMPLEMENTED[n % NOT_IMPLEMENTED.len()]),
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(kind in 0usize..60, name in "[A-Za-z0-9_-]{1,40}", word in "[A-Za-z0-9+/]{1,40}={0,2}") {
            let command = make(kind, &name, &word);
            let bytes = written(&command);
            prop_assert_eq!(Command::parse(line(&bytes)), Ok(command));
        }

        #[test]
        fn what_is_read_is_written_so_that_it_reads_the_same(bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..40),
            "(?i)(EHLO|HELO|AUTH|AUTH PLAIN|NOOP|QUIT|MAIL|HELP|TURN)[ -~]{0,12}[ \t]{0,2}".prop_map(String::into_bytes),
        ]) {
            if let Ok(command) = Command::parse(&bytes) {
                let again = written(&command);
                prop_assert_eq!(Command::parse(line(&again)), Ok(command));
            }
        }
    }
}
