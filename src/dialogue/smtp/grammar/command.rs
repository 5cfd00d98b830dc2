//! Commands of a client. It must never know which of them a server allows when.

use super::ClientName;
use crate::buffer::Buffer;
use crate::dialogue::Mechanism;
use crate::dialogue::blank::{blanks, is_blank, trim};
use core::fmt;
use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_while_m_n, take_while1};
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
/// ehlo     = "EHLO" SP client-name
/// helo     = "HELO" SP client-name
/// auth     = "AUTH" SP sasl-mech [SP initial-response]
/// starttls = "STARTTLS"
/// noop     = "NOOP" [ SP String ]
/// rset     = "RSET"
/// help     = "HELP" [ SP String ]
/// quit     = "QUIT"
/// ```
///
/// Verbs are read in any case and written in upper case. Where the grammar has SP, and at both ends of the
/// line, spaces and tabs are read, however many.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(PartialEq, Eq))]
pub(crate) enum Command<'a> {
    Ehlo(ClientName<'a>),
    Helo(ClientName<'a>),
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
    /// It holds control characters other than tabs.
    ControlCharacter,
    /// It does not begin with a known verb.
    UnknownVerb,
    /// `EHLO` or `HELO` alone.
    NameMissing,
    /// The verb is known, what follows it is wrong.
    Arguments,
}

impl<'a> Command<'a> {
    /// Reads a line without its CR LF.
    pub(crate) fn parse(line: &'a [u8]) -> Result<Self, CommandError> {
        let line = trim(line);
        if line.iter().any(|&b| b.is_ascii_control() && !is_blank(b)) {
            return Err(CommandError::ControlCharacter);
        }
        match command(line) {
            Ok((_, command)) => Ok(command),
            Err(nom::Err::Failure(_)) if is_naming(line) => Err(CommandError::NameMissing),
            Err(nom::Err::Failure(_)) => Err(CommandError::Arguments),
            Err(_) => Err(CommandError::UnknownVerb),
        }
    }

    /// Writes the line, with CR LF; the inverse of [`Command::parse`].
    pub(crate) fn write(&self, output: &mut Buffer) {
        let mut words = |words: &[&[u8]]| words.iter().for_each(|word| output.extend(word));
        match self {
            Self::Ehlo(name) => words(&[b"EHLO ", name.as_bytes()]),
            Self::Helo(name) => words(&[b"HELO ", name.as_bytes()]),
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
#[derive(Clone, Copy)]
#[cfg_attr(test, derive(PartialEq, Eq))]
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
        map(take_while1(|b| !is_blank(b)), Self).parse(input)
    }
}

impl fmt::Debug for InitialResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InitialResponse(..)")
    }
}

/// Whether the verb of a wrong line is `EHLO` or `HELO`: all that can be wrong is that there is no name.
fn is_naming(line: &[u8]) -> bool {
    [b"EHLO", b"HELO"].iter().any(|verb| line.eq_ignore_ascii_case(*verb))
}

/// A failure, not a mere error, says that the verb is right and its arguments are wrong.
fn command(input: &[u8]) -> IResult<&[u8], Command<'_>> {
    let name = || preceded(blanks, ClientName::parse);
    let auth = (preceded(blanks, SaslMechanism::parse), opt(preceded(blanks, InitialResponse::parse)));
    alt((
        verb("EHLO", map(name(), Command::Ehlo)),
        verb("HELO", map(name(), Command::Helo)),
        verb(
            "AUTH",
            map(auth, |(mechanism, initial_response)| Command::Auth { mechanism, initial_response }),
        ),
        verb("STARTTLS", value(Command::StartTls, eof)),
        verb("NOOP", value(Command::Noop, rest)),
        verb("RSET", value(Command::Rset, eof)),
        verb("HELP", value(Command::Help, rest)),
        verb("QUIT", value(Command::Quit, eof)),
        map(verb_among(FOR_AUTHENTICATED), Command::ForAuthenticated),
        map(verb_among(NOT_IMPLEMENTED), Command::NotImplemented),
    ))
    .parse(input)
}

/// The end of a word.
fn word_end(input: &[u8]) -> IResult<&[u8], &[u8]> {
    peek(alt((blanks, eof))).parse(input)
}

fn verb<'a, O>(
    name: &'static str,
    arguments: impl Parser<&'a [u8], Output = O, Error = Error<&'a [u8]>>,
) -> impl Parser<&'a [u8], Output = O, Error = Error<&'a [u8]>> {
    preceded((tag_no_case(name), word_end), cut(all_consuming(arguments)))
}

fn verb_among<'a>(
    names: &'static [&'static str],
) -> impl Parser<&'a [u8], Output = &'static str, Error = Error<&'a [u8]>> {
    let word = terminated(alpha1, (word_end, rest));
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
        let host = ClientName::of_settings("client.example");
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
            (" \tehlo\t  client.example\t ", Command::Ehlo(host)),
            ("HELO  client.example", Command::Helo(host)),
            ("EHLO Tims PC", Command::Ehlo(ClientName::of_settings("Tims PC"))),
            ("EHLO [2001:db8::1]", Command::Ehlo(ClientName::of_settings("[2001:db8::1]"))),
            ("HELO <a>", Command::Helo(ClientName::of_settings("<a>"))),
            ("EHLO B\u{fc}ro-PC", Command::Ehlo(ClientName::of_settings("B\u{fc}ro-PC"))),
            ("AUTH PLAIN ", auth("PLAIN", None)),
            ("AUTH\tPLAIN", auth("PLAIN", None)),
            ("AUTH PLAIN  AGEAYg==", auth("PLAIN", Some("AGEAYg=="))),
            ("\tAUTH \t PLAIN\t=\t", auth("PLAIN", Some("="))),
            ("STARTTLS ", Command::StartTls),
            ("RSET\t", Command::Rset),
            ("NOOP\tx\ty", Command::Noop),
            ("NOOP \u{e9}", Command::Noop),
            ("MAIL\tFROM:<a@b>", Command::ForAuthenticated("MAIL")),
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
            (b"EHLOa", CommandError::UnknownVerb),
            (b"QUITE", CommandError::UnknownVerb),
            (b"MAILS", CommandError::UnknownVerb),
            (b"EHLO", CommandError::NameMissing),
            (b"helo \t ", CommandError::NameMissing),
            (b"AUTH", CommandError::Arguments),
            (b"AUTH a.b", CommandError::Arguments),
            (b"AUTH ABCDEFGHIJKLMNOPQRSTU", CommandError::Arguments),
            (b"AUTH PLAIN = =", CommandError::Arguments),
            (b"QUIT now", CommandError::Arguments),
            (b"RSET x", CommandError::Arguments),
            (b"STARTTLS x", CommandError::Arguments),
            (b"\xe9", CommandError::UnknownVerb),
            (b"AUTH \xe9", CommandError::Arguments),
            (b"EHLO a\x08b", CommandError::ControlCharacter),
            (b"\x1b[A", CommandError::ControlCharacter),
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
            0 => Command::Ehlo(ClientName::of_settings(name)),
            1 => Command::Helo(ClientName::of_settings(name)),
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
            "[ \t]{0,2}(?i)(EHLO|HELO|AUTH|AUTH PLAIN|NOOP|QUIT|MAIL|HELP|TURN)[ -~\t]{0,12}[ \t]{0,2}".prop_map(String::into_bytes),
        ]) {
            if let Ok(command) = Command::parse(&bytes) {
                let again = written(&command);
                prop_assert_eq!(Command::parse(line(&again)), Ok(command));
            }
        }
    }
}
