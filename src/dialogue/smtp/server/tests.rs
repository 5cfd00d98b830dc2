//! What the server answers, to the byte, to each command in each state and to bad input.

use super::*;
use crate::dialogue::Mechanism;
use crate::dialogue::testing::{Decisions, Ending, Transcript, drive};
use crate::limits::Limits;

const GREETING: &str = "220 mail.example ESMTP ready\r\n";
const EHLO: &str = "EHLO client.example\r\n";
const EHLO_ANSWER: &str = "250-mail.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n\
    250-ENHANCEDSTATUSCODES\r\n250 AUTH PLAIN LOGIN\r\n";
/// `\0tim\0secret`
const PLAIN: &str = "AHRpbQBzZWNyZXQ=";

fn settings() -> ServerSettings {
    ServerSettings { host_name: "mail.example".into(), ..ServerSettings::default() }
}

fn server(settings: ServerSettings) -> Server {
    Server::new(Arc::new(settings), Protection::for_test())
}

fn limited(limits: Limits) -> ServerSettings {
    ServerSettings { limits, ..settings() }
}

fn talk(settings: ServerSettings, input: impl AsRef<[u8]>, decisions: &[Decision]) -> Transcript {
    drive(server(settings), &[input.as_ref()], Decisions(decisions.to_vec()))
}

/// What is answered to `line`, after the greeting or after `EHLO`.
fn answer(extended: bool, line: &str) -> (String, Ending) {
    let start = if extended { EHLO } else { "" };
    let transcript = talk(settings(), format!("{start}{line}\r\n"), &[]);
    let before = format!("{GREETING}{}", if extended { EHLO_ANSWER } else { "" });
    let answer = transcript.output.strip_prefix(&before).expect("greeting and answer to EHLO");
    (answer.to_owned(), transcript.ending)
}

fn fault(transcript: &Transcript) -> ErrorCode {
    match &transcript.ending {
        Ending::Failed(fault) => fault.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn commands_that_do_the_same_in_every_state() {
    for extended in [false, true] {
        for (line, expected) in [
            ("NOOP", "250 2.0.0 OK\r\n"),
            ("noop and more", "250 2.0.0 OK\r\n"),
            ("RSET", "250 2.0.0 OK\r\n"),
            ("HELP", "214 2.0.0 EHLO HELO AUTH NOOP RSET HELP QUIT\r\n"),
            ("HELO c.example", "250 mail.example\r\n"),
            ("EHLO [IPv6:2001:db8::1]", EHLO_ANSWER),
            ("EHLO my_pc", EHLO_ANSWER),
            ("EHLO", "501 5.5.4 Your host name is missing\r\n"),
            ("EHLO a b", EHLO_ANSWER),
            ("HELO <x>", "250 mail.example\r\n"),
            ("AUTH", "501 5.5.4 Invalid arguments\r\n"),
            ("QUIT now", "501 5.5.4 Invalid arguments\r\n"),
            ("STARTTLS", "503 5.5.1 TLS is already active\r\n"),
            ("MAIL FROM:<a@b.example>", "530 5.7.0 Authentication required\r\n"),
            ("RCPT TO:<a@b.example>", "530 5.7.0 Authentication required\r\n"),
            ("DATA", "530 5.7.0 Authentication required\r\n"),
            ("BDAT 1 LAST", "530 5.7.0 Authentication required\r\n"),
            ("BURL imap://a LAST", "530 5.7.0 Authentication required\r\n"),
            ("VRFY a", "530 5.7.0 Authentication required\r\n"),
            ("EXPN a", "530 5.7.0 Authentication required\r\n"),
            ("ETRN a", "502 5.5.1 Command not implemented\r\n"),
            ("TURN", "502 5.5.1 Command not implemented\r\n"),
            ("XYZZY", "500 5.5.1 Unknown command\r\n"),
            ("", "500 5.5.1 Unknown command\r\n"),
            ("EHLO caf\u{e9}", EHLO_ANSWER),
            ("EHLO caf\u{8}", "500 5.5.2 A command holds no control characters\r\n"),
        ] {
            assert_eq!(answer(extended, line), (expected.into(), Ending::WaitsForPeer), "{line}");
        }
        let goodbye = "221 2.0.0 mail.example closing connection\r\n";
        assert_eq!(answer(extended, "QUIT\r\nNOOP"), (goodbye.into(), Ending::Ended));
    }
}

#[test]
fn auth_needs_a_name() {
    let refused = ("503 5.5.1 Send EHLO first\r\n".to_owned(), Ending::WaitsForPeer);
    assert_eq!(answer(false, &format!("AUTH PLAIN {PLAIN}")), refused);
    let after_helo = answer(false, &format!("HELO c.example\r\nAUTH PLAIN {PLAIN}"));
    assert_eq!(after_helo, ("250 mail.example\r\n".into(), Ending::WaitsForHost));
}

#[test]
fn faults_in_auth() {
    for (lines, expected) in [
        ("AUTH CRAM-MD5", "504 5.5.4 Unrecognized authentication type\r\n"),
        ("AUTH PLAIN !", "501 5.5.2 Cannot decode base64\r\n"),
        ("AUTH PLAIN AAA", "501 5.5.2 Cannot decode base64\r\n"),
        ("AUTH PLAIN =", "501 5.5.2 Malformed SASL response\r\n"),
        ("AUTH PLAIN AAAA", "501 5.5.2 Malformed SASL response\r\n"),
        ("AUTH PLAIN\r\n*", "334 \r\n501 5.0.0 Authentication cancelled\r\n"),
        ("AUTH PLAIN\r\n!", "334 \r\n501 5.5.2 Cannot decode base64\r\n"),
        ("AUTH PLAIN\r\n\u{e9}", "334 \r\n501 5.5.2 Cannot decode base64\r\n"),
        ("AUTH PLAIN\r\n", "334 \r\n501 5.5.2 Malformed SASL response\r\n"),
        ("AUTH PLAIN\r\nQUIT", "334 \r\n501 5.5.2 Malformed SASL response\r\n"),
        ("AUTH LOGIN\r\n*", "334 VXNlcm5hbWU6\r\n501 5.0.0 Authentication cancelled\r\n"),
        (
            "AUTH LOGIN\r\ndGlt\r\n*",
            "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n501 5.0.0 Authentication cancelled\r\n",
        ),
    ] {
        let ok = "250 2.0.0 OK\r\n";
        let all = answer(true, &format!("{lines}\r\nNOOP"));
        assert_eq!(all, (format!("{expected}{ok}"), Ending::WaitsForPeer), "{lines}");
    }
}

#[test]
fn only_what_is_offered_can_be_used() {
    let only_login = ServerSettings { sasl_mechanisms: vec![Mechanism::Login], ..settings() };
    let transcript = talk(only_login, format!("{EHLO}AUTH PLAIN {PLAIN}\r\n"), &[Decision::Accept]);
    assert!(transcript.output.contains("250 AUTH LOGIN\r\n504 5.5.4 "));
    assert_eq!(transcript.events.len(), 1);
}

#[test]
fn ehlo_tells_what_the_settings_say() {
    let size = |smtp_size| {
        let settings = ServerSettings {
            sasl_mechanisms: Vec::new(),
            smtp_size,
            smtp_keywords: vec!["SMTPUTF8".into(), "DELIVERBY 240".into()],
            ..settings()
        };
        talk(settings, EHLO, &[]).output
    };
    let told = |size: &str| {
        format!(
            "{GREETING}250-mail.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n\
             250-ENHANCEDSTATUSCODES\r\n{size}250-SMTPUTF8\r\n250 DELIVERBY 240\r\n"
        )
    };
    assert_eq!(size(None), told(""));
    assert_eq!(size(Some(0)), told("250-SIZE\r\n"));
    assert_eq!(size(Some(1000)), told("250-SIZE 1000\r\n"));
}

#[test]
fn the_client_name_is_told() {
    let transcript = talk(settings(), "HELO a.example\r\nEHLO [192.0.2.1]\r\nEHLO Tims\tPC\r\n", &[]);
    assert_eq!(
        transcript.events,
        [
            "ClientName { name: \"a.example\", extended: false }",
            "ClientName { name: \"[192.0.2.1]\", extended: true }",
            "ClientName { name: \"Tims PC\", extended: true }",
        ]
    );
}

#[test]
fn every_way_to_authenticate_leads_to_the_hand_off() {
    for (lines, challenges) in [
        (format!("AUTH PLAIN {PLAIN}\r\n"), ""),
        (format!("auth plain\r\n{PLAIN}\r\n"), "334 \r\n"),
        ("AUTH LOGIN\r\ndGlt\r\nc2VjcmV0\r\n".into(), "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n"),
        ("AUTH LOGIN dGlt\r\nc2VjcmV0\r\n".into(), "334 UGFzc3dvcmQ6\r\n"),
    ] {
        let input = format!("{EHLO}{lines}MAIL FROM:<a@b.example>\r\nRC");
        let waiting = talk(settings(), &input, &[]);
        assert_eq!(waiting.output, format!("{GREETING}{EHLO_ANSWER}{challenges}"));
        assert_eq!(waiting.ending, Ending::WaitsForHost);
        assert_eq!(waiting.events.len(), 2);
        assert!(waiting.events[1].contains("authentication_identity: \"tim\""));
        assert!(waiting.events[1].ends_with("password=\"secret\""));

        let accepted = talk(settings(), &input, &[Decision::Accept]);
        assert_eq!(accepted.output, format!("{}235 2.7.0 Authentication succeeded\r\n", waiting.output));
        assert_eq!(accepted.events[2], "Authenticated");
        assert_eq!(accepted.ending, Ending::HandedOff(b"MAIL FROM:<a@b.example>\r\nRC".to_vec()));
    }
}

#[test]
fn a_rejected_client_may_try_again() {
    let attempt = format!("AUTH PLAIN {PLAIN}\r\n");
    let decisions = [
        Decision::Reject(Rejection::InvalidCredentials),
        Decision::Reject(Rejection::NotAuthorized),
        Decision::Reject(Rejection::TemporaryFailure),
        Decision::Accept,
    ];
    let transcript = talk(settings(), format!("{EHLO}{}", attempt.repeat(4)), &decisions);
    assert_eq!(
        transcript.output,
        format!(
            "{GREETING}{EHLO_ANSWER}535 5.7.8 Authentication credentials invalid\r\n\
             535 5.7.8 Authentication credentials invalid\r\n454 4.7.0 Temporary authentication failure\r\n\
             235 2.7.0 Authentication succeeded\r\n"
        )
    );
    assert_eq!(transcript.ending, Ending::HandedOff(Vec::new()));
}

#[test]
fn a_decision_nobody_waits_for_changes_nothing() {
    let mut fx = Effects::default();
    let Step::More(server) = server(settings()).start(&mut fx) else { panic!() };
    let sent = fx.output.len();
    let Err((server, _)) = server.decide(Decision::Accept, &mut fx) else { panic!() };
    assert_eq!((fx.output.len(), fx.events.len(), server.waits_for_host()), (sent, 0, false));
}

#[test]
fn too_many_refusals_end_the_dialogue() {
    let settings = limited(Limits { authentication_failures: 2, ..Limits::default() });
    let input = format!("{EHLO}{}NOOP\r\n", format!("AUTH PLAIN {PLAIN}\r\n").repeat(3));
    let transcript = talk(settings, input, &vec![Decision::Reject(Rejection::default()); 3]);
    assert_eq!(fault(&transcript), ErrorCode::TooManyErrors);
    assert!(transcript.output.ends_with(
        "535 5.7.8 Authentication credentials invalid\r\n535 5.7.8 Authentication credentials invalid\r\n\
         421 4.7.0 mail.example Too many errors, closing connection\r\n"
    ));
}

#[test]
fn too_many_bad_commands_end_the_dialogue() {
    for bad in [
        "XYZZY\r\n",
        "MAIL FROM:<>\r\n",
        "AUTH PLAIN !\r\n",
        "AUTH X\r\n",
        "AUTH PLAIN\r\n*\r\n",
        "\u{e9}\r\n",
    ] {
        let settings = || limited(Limits { bad_commands: 3, ..Limits::default() });
        let almost = talk(settings(), format!("{EHLO}{}NOOP\r\n", bad.repeat(2)), &[]);
        assert_eq!(almost.ending, Ending::WaitsForPeer);
        let transcript = talk(settings(), format!("{EHLO}{}", bad.repeat(3)), &[]);
        assert_eq!(fault(&transcript), ErrorCode::TooManyErrors);
        let goodbye = "421 4.7.0 mail.example Too many errors, closing connection\r\n";
        assert!(transcript.output.ends_with(goodbye));
    }
}

#[test]
fn too_many_challenges_end_the_dialogue() {
    let settings = limited(Limits { sasl_rounds: 1, ..Limits::default() });
    let transcript = talk(settings, format!("{EHLO}AUTH LOGIN\r\ndGlt\r\n"), &[]);
    assert_eq!(fault(&transcript), ErrorCode::LimitExceeded);
    assert!(
        transcript.output.ends_with(
            "334 VXNlcm5hbWU6\r\n421 4.7.0 mail.example Too many challenges, closing connection\r\n"
        )
    );
}

#[test]
fn broken_lines_end_the_dialogue() {
    let goodbye = "421 4.7.0 mail.example Protocol error, closing connection\r\n";
    for state in ["", EHLO, "EHLO a\r\nAUTH PLAIN\r\n"] {
        for broken in ["NOOP\n", "NO\rOP\r\n", "NO\0OP\r\n", "\n", "x\0"] {
            let transcript = talk(settings(), format!("{state}{broken}QUIT\r\n"), &[]);
            assert_eq!(fault(&transcript), ErrorCode::Syntax, "{broken:?}");
            let expected = format!("500 5.5.2 Lines end with CR LF and hold no NUL\r\n{goodbye}");
            assert!(transcript.output.ends_with(&expected), "{}", transcript.output);
        }
        let transcript = talk(settings(), format!("{state}{}", "x".repeat(12288)), &[]);
        assert_eq!(fault(&transcript), ErrorCode::LimitExceeded);
        assert!(transcript.output.ends_with(&format!("500 5.5.6 Line too long\r\n{goodbye}")));
    }
}

#[test]
fn only_sasl_lines_may_be_long() {
    let limits = Limits { smtp_line: 40, sasl_line: 100, ..Limits::default() };
    let length = |line: String| {
        let transcript = talk(limited(limits.clone()), format!("EHLO a\r\n{line}"), &[]);
        matches!(transcript.ending, Ending::Failed(_))
    };
    assert!(!length(format!("NOOP {}\r\n", "x".repeat(33))));
    assert!(length(format!("NOOP {}\r\n", "x".repeat(34))));
    assert!(!length(format!("auth plain {}\r\n", "x".repeat(87))));
    assert!(length(format!("AUTH PLAIN {}\r\n", "x".repeat(88))));
    assert!(!length(format!("AUTH PLAIN\r\n{}\r\n", "x".repeat(98))));
    assert!(length(format!("AUTH PLAIN\r\n{}\r\n", "x".repeat(99))));
}

#[test]
fn other_protocols_are_recognised_before_their_first_line_ends() {
    for (bytes, name) in
        [(&b"GET "[..], "HTTP"), (b"POST /x", "HTTP"), (b"\x16\x03", "TLS"), (b"SSH-", "SSH")]
    {
        let transcript = talk(settings(), bytes, &[]);
        let reason = format!("the client speaks {name}");
        assert_eq!(transcript.ending, Ending::Failed(Fault::new(ErrorCode::ForeignProtocol, reason)));
        let goodbye = "421 4.7.0 mail.example This is SMTP, closing connection\r\n";
        assert_eq!(transcript.output, format!("{GREETING}{goodbye}"));
    }
    // Later it is just an unknown command.
    assert_eq!(answer(true, "GET / HTTP/1.1").0, "500 5.5.1 Unknown command\r\n");
}

#[test]
fn farewells() {
    let mut output = Buffer::default();
    server(settings()).farewell(Farewell::Deadline, &mut output);
    server(settings()).farewell(Farewell::Shutdown, &mut output);
    let expected = "421 4.4.2 mail.example Timeout, closing connection\r\n\
        421 4.3.2 mail.example Shutting down, closing connection\r\n";
    assert_eq!(output.as_slice(), expected.as_bytes());
}
