//! What the server answers in clear, to the byte, and that nothing there leads to credentials.

use crate::dialogue::smtp::Server;
use crate::dialogue::smtp::tests::{after_starttls, flavoured, split};
use crate::dialogue::testing::{Decisions, Ending, Transcript, drive};
use crate::dialogue::{Decision, Fault, Protection, ServerSettings};
use crate::error::ErrorCode;
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::Arc;

const GREETING: &str = "220 mail.example ESMTP ready\r\n";
const OFFERED: &str = "250-mail.example\r\n250-ENHANCEDSTATUSCODES\r\n250 STARTTLS\r\n";
const NOT_OFFERED: &str = "250-mail.example\r\n250 ENHANCEDSTATUSCODES\r\n";
const GO_AHEAD: &str = "220 2.0.0 Ready to start TLS\r\n";
const AUTH_REFUSED: &str = "538 5.7.11 Encryption required for requested authentication mechanism\r\n";

fn server(protection: Protection) -> Server {
    // What a host adds may be anything, and is not told in clear.
    let smtp_keywords = vec!["AUTH=LOGIN".into(), "SMTPUTF8".into()];
    let settings = ServerSettings {
        host_name: "mail.example".into(),
        smtp_keywords,
        smtp_size: Some(1),
        ..ServerSettings::default()
    };
    Server::new(Arc::new(settings), protection)
}

fn talk(starttls: bool, chunks: &[&[u8]]) -> Transcript {
    drive(server(Protection::Clear { starttls }), chunks, Decisions(vec![Decision::Accept; 3]))
}

/// What is answered to these lines after the greeting.
fn answer(starttls: bool, lines: impl AsRef<[u8]>) -> String {
    let transcript = talk(starttls, &[lines.as_ref()]);
    assert_eq!(transcript.events, Vec::<String>::new());
    transcript.output.strip_prefix(GREETING).expect("the greeting").to_owned()
}

#[test]
fn every_reply() {
    for (line, with, without) in [
        ("EHLO client.example", OFFERED, NOT_OFFERED),
        ("NOOP", "250 2.0.0 OK\r\n", "250 2.0.0 OK\r\n"),
        (
            "QUIT",
            "221 2.0.0 mail.example closing connection\r\n",
            "221 2.0.0 mail.example closing connection\r\n",
        ),
        ("STARTTLS", GO_AHEAD, "454 4.7.0 TLS not available\r\n"),
        ("starttls \t", GO_AHEAD, "454 4.7.0 TLS not available\r\n"),
        ("STARTTLS now", "501 5.5.4 Invalid arguments\r\n", "501 5.5.4 Invalid arguments\r\n"),
        ("EHLO", "501 5.5.4 Your host name is missing\r\n", "501 5.5.4 Your host name is missing\r\n"),
        ("HELO client.example", "250 mail.example\r\n", "250 mail.example\r\n"),
        ("XYZZY", "500 5.5.1 Unknown command\r\n", "500 5.5.1 Unknown command\r\n"),
        ("AUTHOR", "500 5.5.1 Unknown command\r\n", "500 5.5.1 Unknown command\r\n"),
        ("NOOP \u{e9}", "250 2.0.0 OK\r\n", "250 2.0.0 OK\r\n"),
    ] {
        assert_eq!(answer(true, format!("{line}\r\n")), with, "{line}");
        assert_eq!(answer(false, format!("{line}\r\n")), without, "{line}");
    }
    for line in [
        "HELP",
        "RSET",
        "MAIL FROM:<a@b.example>",
        "RCPT TO:<a@b.example>",
        "DATA",
        "BDAT 1 LAST",
        "VRFY a",
        "EXPN a",
        "ETRN a",
    ] {
        let refused = answer(true, format!("{line}\r\n"));
        assert_eq!(refused, "530 5.7.0 Must issue a STARTTLS command first\r\n", "{line}");
        assert_eq!(answer(false, format!("{line}\r\n")), "530 5.7.0 Not without TLS\r\n", "{line}");
    }
}

#[test]
fn starttls_begins_tls() {
    for lines in ["STARTTLS\r\n", "EHLO a\r\nNOOP\r\nSTARTTLS\r\n", "HELO a\r\nSTARTTLS\r\n"] {
        let transcript = talk(true, &[lines.as_bytes()]);
        assert!(transcript.output.ends_with(GO_AHEAD));
        assert_eq!((transcript.events.len(), transcript.ending), (0, Ending::StartsTls(Vec::new())));
    }
}

/// SRV-03: right, wrong and broken credentials are one and the same.
#[test]
fn no_credentials_are_looked_at() {
    for starttls in [true, false] {
        for auth in [
            &b"AUTH PLAIN AHRpbQBzZWNyZXQ="[..],
            b"AUTH PLAIN AHRpbQB3cm9uZw==",
            b"auth plain !",
            b"AUTH PLAIN =",
            b"AUTH PLAIN one two",
            b"AUTH PLAIN \xe9\x01",
            b"AUTH PLAIN",
            b"AUTH LOGIN dGlt",
            b"AUTH X-UNKNOWN",
            b"AUTH\tPLAIN",
            b"AUTH",
        ] {
            for before in ["", "EHLO a\r\n"] {
                let transcript = talk(starttls, &[before.as_bytes(), auth, b"\r\n"]);
                assert!(transcript.output.ends_with(AUTH_REFUSED), "{transcript:?}");
                assert_eq!((transcript.events.len(), &transcript.ending), (0, &Ending::WaitsForPeer));
                let hello = if before.is_empty() {
                    ""
                } else if starttls {
                    OFFERED
                } else {
                    NOT_OFFERED
                };
                assert_eq!(transcript.output, format!("{GREETING}{hello}{AUTH_REFUSED}"));
            }
        }
        // A password that follows unasked is a command like any other.
        let answers = answer(starttls, "AUTH LOGIN\r\ndGlt\r\nc2VjcmV0\r\n");
        assert_eq!(answers, format!("{AUTH_REFUSED}{}", "500 5.5.1 Unknown command\r\n".repeat(2)));
    }
}

#[test]
fn refusals_are_counted() {
    let goodbye = "421 4.7.0 mail.example Too many errors, closing connection\r\n";
    for line in ["AUTH PLAIN AHRpbQBzZWNyZXQ=\r\n", "MAIL FROM:<>\r\n", "HELP\r\n", "XYZZY\r\n"] {
        let transcript = talk(true, &[line.repeat(11).as_bytes()]);
        let fault = Fault::new(ErrorCode::TooManyErrors, "too many bad commands");
        assert_eq!(transcript.ending, Ending::Failed(fault));
        assert!(transcript.output.ends_with(goodbye));
    }
    let refused = talk(false, &["STARTTLS\r\n".repeat(11).as_bytes()]);
    assert!(matches!(refused.ending, Ending::Failed(fault) if fault.code == ErrorCode::TooManyErrors));
}

/// STT-01.
#[test]
fn nothing_may_follow_starttls() {
    let line = "AUTH PLAIN AHRpbQBzZWNyZXQ=\r\n";
    for rest in ["\r", "R", "RSET\r\n", "\x16\x03\x01", line, &line.repeat(2), &line.repeat(3)] {
        let transcript = talk(true, &[b"EHLO a\r\n", format!("STARTTLS\r\n{rest}").as_bytes()]);
        let expected = format!(
            "{GREETING}{OFFERED}503 5.5.1 Nothing may follow STARTTLS before TLS\r\n\
             421 4.7.0 mail.example Protocol error, closing connection\r\n"
        );
        assert_eq!((transcript.output, transcript.events.len()), (expected, 0));
        let fault = Fault::new(
            ErrorCode::DataBeforeTls,
            "the client sent data after STARTTLS and before TLS (injection? possible attack)",
        );
        assert_eq!(transcript.ending, Ending::Failed(fault));
    }
    // Where it is refused, what follows is just the next command.
    let refused = answer(false, "STARTTLS\r\nNOOP\r\n");
    assert_eq!(refused, "454 4.7.0 TLS not available\r\n250 2.0.0 OK\r\n");
}

#[test]
fn after_starttls_everything_begins_anew() {
    let inside = |lines: &str| drive(server(after_starttls()), &[lines.as_bytes()], Decisions(Vec::new()));
    assert_eq!(inside("").output, "");
    assert_eq!(inside("AUTH PLAIN AHRpbQBzZWNyZXQ=\r\n").output, "503 5.5.1 Send EHLO first\r\n");
    assert_eq!(inside("STARTTLS\r\n").output, "503 5.5.1 TLS is already active\r\n");
    let hello = inside("EHLO a\r\n").output;
    assert!(hello.contains("250-AUTH PLAIN LOGIN\r\n") && !hello.contains("STARTTLS"));
}

#[test]
fn broken_lines_and_other_protocols_end_the_dialogue() {
    for (broken, code) in [
        ("NOOP\n", ErrorCode::Syntax),
        ("AUTH PLAIN \0\r\n", ErrorCode::Syntax),
        ("STARTTLS\r \n", ErrorCode::Syntax),
        ("STARTTLS\n", ErrorCode::Syntax),
        ("GET / HTTP/1.1\r\n", ErrorCode::ForeignProtocol),
        ("\x16\x03\x01", ErrorCode::ForeignProtocol),
        (&"x".repeat(2048), ErrorCode::LimitExceeded),
        (&format!("AUTH PLAIN {}", "x".repeat(12288)), ErrorCode::LimitExceeded),
    ] {
        let transcript = talk(true, &[broken.as_bytes()]);
        assert!(matches!(transcript.ending, Ending::Failed(fault) if fault.code == code), "{broken:?}");
    }
}

const WORDS: &[&[u8]] = &[
    b"EHLO a\r\n",
    b"HELO a\r\n",
    b"AUTH PLAIN AHRpbQBzZWNyZXQ=\r\n",
    b"AUTH LOGIN\r\n",
    b"dGlt\r\n",
    b"*\r\n",
    b"AUTH ",
    b"NOOP\r\n",
    b"MAIL FROM:<>\r\n",
    b"STARTTLS\r\n",
    b"STARTTLS x\r\n",
    b"QUIT\r\n",
    b"\r\n",
];

proptest! {
    #[test]
    fn nothing_in_clear_leads_to_credentials(noise in flavoured(WORDS), starttls: bool, places in vec(any::<usize>(), 0..6)) {
        let transcript = talk(starttls, &split(&noise, &places));
        prop_assert_eq!(&transcript.events, &Vec::<String>::new());
        prop_assert!(!transcript.output.contains("AUTH"));
        prop_assert!(!transcript.output.contains("\r\n334") && !transcript.output.contains("\r\n235"));
        prop_assert!(!matches!(transcript.ending, Ending::WaitsForHost | Ending::HandedOff(_)));
        prop_assert!(starttls || !matches!(transcript.ending, Ending::StartsTls(_)));
    }

    /// But for a boundary right behind the STARTTLS line: then what follows has not come along
    /// with it, and the connection meets it as bytes that are not TLS.
    #[test]
    fn any_chunking_changes_nothing(noise in flavoured(WORDS), starttls: bool, places in vec(any::<usize>(), 0..6)) {
        let (parts, whole) = (talk(starttls, &split(&noise, &places)), talk(starttls, &[&noise]));
        match (&parts.ending, &whole.ending) {
            (Ending::StartsTls(rest), Ending::Failed(fault)) => {
                prop_assert!(!rest.is_empty());
                prop_assert_eq!(fault.code, ErrorCode::DataBeforeTls);
            }
            _ => prop_assert_eq!(parts, whole),
        }
    }
}
