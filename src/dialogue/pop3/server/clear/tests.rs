//! Each command in clear, with exact bytes, and that nothing said there leads anywhere but to TLS.

use super::super::Server;
use crate::buffer::Buffer;
use crate::dialogue::Protection;
use crate::dialogue::testing::{Decisions, Ending, Transcript, drive};
use crate::dialogue::{Effects, Farewell, Fault, Machine, ServerSettings};
use crate::error::ErrorCode;
use crate::tls::policy::Confidential;
use proptest::prelude::*;
use std::sync::Arc;

fn server(starttls: bool) -> Server {
    // All that could be told to a client in the wrong place.
    let settings = ServerSettings {
        pop3_utf8: true,
        pop3_implementation: Some("mailtls 1".into()),
        pop3_capabilities: vec!["TOP".into(), "SASL PLAIN".into(), "USER".into()],
        ..ServerSettings::default()
    };
    assert_eq!(settings.check(), Ok(()));
    Server::new(Arc::new(settings), Protection::Clear { starttls })
}

fn run_with(starttls: bool, input: impl AsRef<[u8]>) -> Transcript {
    let mut transcript = drive(server(starttls), &[input.as_ref()], Decisions(vec![]));
    transcript.output = transcript.output.strip_prefix("+OK ready\r\n").expect("a greeting").to_owned();
    assert!(transcript.events.is_empty(), "{transcript:?}");
    transcript
}

fn run(input: impl AsRef<[u8]>) -> Transcript {
    run_with(true, input)
}

fn failed(code: ErrorCode, reason: &str) -> Ending {
    Ending::Failed(Fault::new(code, reason))
}

#[test]
fn commands_in_clear() {
    for (line, offered, not_offered) in [
        (
            "CAPA",
            "+OK capability list follows\r\nSTLS\r\nRESP-CODES\r\n.",
            "+OK capability list follows\r\nRESP-CODES\r\n.",
        ),
        ("USER tim", "-ERR use STLS first", "-ERR not available without TLS"),
        ("PASS tanstaaf", "-ERR use STLS first", "-ERR not available without TLS"),
        ("AUTH", "-ERR use STLS first", "-ERR not available without TLS"),
        ("AUTH PLAIN", "-ERR use STLS first", "-ERR not available without TLS"),
        ("UTF8", "-ERR use STLS first", "-ERR not available without TLS"),
        ("STLS x", "-ERR STLS takes no argument", "-ERR STLS takes no argument"),
        ("CAPA x", "-ERR CAPA takes no argument", "-ERR CAPA takes no argument"),
        ("UTF8 x", "-ERR UTF8 takes no argument", "-ERR UTF8 takes no argument"),
        ("NOOP", "-ERR not authenticated", "-ERR not authenticated"),
        ("RETR 1", "-ERR not authenticated", "-ERR not authenticated"),
        ("LIST  1", "-ERR not authenticated", "-ERR not authenticated"),
        ("", "-ERR unknown command", "-ERR unknown command"),
        ("STARTTLS", "-ERR unknown command", "-ERR unknown command"),
        ("a1 LOGIN tim pw", "-ERR unknown command", "-ERR unknown command"),
        ("PASS\ttanstaaf", "-ERR use STLS first", "-ERR not available without TLS"),
    ] {
        for (starttls, reply) in [(true, offered), (false, not_offered)] {
            let t = run_with(starttls, format!("{line}\r\nquit\r\nCAPA\r\n"));
            assert_eq!(t.output, format!("{reply}\r\n+OK bye\r\n"), "{line}");
            assert_eq!(t.ending, Ending::Ended);
        }
    }
}

#[test]
fn stls() {
    for line in ["STLS", "stls", "CAPA\r\nSTLS", "XYZZY\r\nUSER tim\r\nPASS x\r\nSTLS"] {
        let t = run(format!("{line}\r\n"));
        assert!(t.output.ends_with("+OK begin TLS\r\n"), "{t:?}");
        assert_eq!(t.ending, Ending::StartsTls(vec![]));
    }
    assert_eq!(run("STLS\r\n").output, "+OK begin TLS\r\n");
}

#[test]
fn stls_that_would_fail_is_not_offered() {
    let t = run_with(false, "STLS\r\nCAPA\r\n");
    assert_eq!(t.output, "-ERR STLS is not offered\r\n+OK capability list follows\r\nRESP-CODES\r\n.\r\n");
    assert_eq!(t.ending, Ending::WaitsForPeer);
}

#[test]
fn nothing_may_follow_stls() {
    let lines =
        ["\r\n", "CAPA\r\n", "STLS\r\n", "USER tim\r\n", "QUIT\r\n", "C", "\r", "\n", "\0", "\x16\x03\x01"];
    let mut behind: Vec<String> = lines.map(str::to_owned).into();
    for (a, b) in lines.iter().zip(lines.iter().rev()) {
        behind.extend([format!("{a}{b}"), format!("{a}{b}{a}")]);
    }
    for rest in behind {
        let t = run(format!("CAPA\r\nSTLS\r\n{rest}"));
        assert!(t.output.ends_with("\r\n.\r\n-ERR nothing may follow STLS, closing\r\n"), "{rest:?} {t:?}");
        assert_eq!(
            t.ending,
            failed(
                ErrorCode::DataBeforeTls,
                "the client sent data after STLS and before TLS (injection? possible attack)"
            )
        );
        // What STLS does not begin, does not make what follows it an attack.
        let t = run_with(false, format!("STLS\r\n{rest}"));
        assert!(t.output.starts_with("-ERR STLS is not offered\r\n"));
    }
}

/// Right and wrong ones, well and badly formed.
const CREDENTIALS: [&str; 17] = [
    "USER tim",
    "USER nobody",
    "USER",
    "USER a b",
    "USER jos\u{e9}",
    "PASS tanstaaftanstaaf",
    "PASS x",
    "PASS",
    "PASS ",
    "APOP mrose c4c9334bac560ecc979e58001b3e22fb",
    "APOP mrose 1",
    "AUTH",
    "auth plain AHRpbQB0YW5zdGFhZnRhbnN0YWFm",
    "AUTH PLAIN =",
    "AUTH PLAIN !!!!",
    "AUTH LOGIN dGlt",
    "AUTH CRAM-MD5",
];

#[test]
fn all_credentials_get_the_same_answer() {
    for starttls in [true, false] {
        let refusal = run_with(starttls, "USER tim\r\n");
        for line in CREDENTIALS {
            assert_eq!(run_with(starttls, format!("{line}\r\n")), refusal, "{line}");
        }
        for line in [&b"PASS \xff\r\n"[..], b"USER \xff\r\n", b"AUTH PLAIN \xff\xfe\r\n"] {
            assert_eq!(run_with(starttls, line), refusal);
        }
    }
    // The lines of an exchange that never began are no commands, whatever is in them.
    let exchange = |a: &str, b: &str| run(format!("AUTH LOGIN\r\n{a}\r\n{b}\r\n"));
    assert_eq!(exchange("dGlt", "cHc="), exchange("bm9ib2R5", "eA=="));
    assert_eq!(
        exchange("dGlt", "cHc=").output,
        "-ERR use STLS first\r\n-ERR unknown command\r\n-ERR unknown command\r\n"
    );
}

#[test]
fn attempts_in_clear_are_bad_commands() {
    let reason = "too many bad commands, the last: use STLS first";
    for line in CREDENTIALS {
        let t = run(format!("{line}\r\n").repeat(12));
        assert_eq!(
            t.output,
            format!("{}-ERR too many bad commands, closing\r\n", "-ERR use STLS first\r\n".repeat(9))
        );
        assert_eq!(t.ending, failed(ErrorCode::TooManyErrors, reason));
    }
}

#[test]
fn lines_that_are_none() {
    let long = format!("PASS {}\r\n", "x".repeat(300));
    for (input, code, reason) in [
        (long.as_str(), ErrorCode::LimitExceeded, "line too long"),
        ("STLS\nSTLS\r\n", ErrorCode::Syntax, "line ends with a bare LF"),
        ("STLS\rSTLS\r\n", ErrorCode::Syntax, "CR without LF in a line"),
        ("PASS tanstaaf\0", ErrorCode::Syntax, "NUL byte in a line"),
    ] {
        let t = run(input);
        assert_eq!(t.output, format!("-ERR {reason}, closing\r\n"));
        assert_eq!(t.ending, failed(code, reason));
    }
    let t = run(format!("AUTH PLAIN {}", "A".repeat(ServerSettings::default().limits.sasl_line)));
    assert_eq!(t.ending, failed(ErrorCode::LimitExceeded, "line too long"));
    // TLS from the first byte belongs to another port.
    let t = run(b"\x16\x03\x01\x02\x00");
    assert_eq!(
        (t.output.as_str(), t.ending),
        ("", failed(ErrorCode::ForeignProtocol, "the client speaks TLS"))
    );
}

#[test]
fn farewells() {
    let (mut fx, mut output) = (Effects::default(), Buffer::default());
    let crate::dialogue::Step::More(machine) = server(true).start(&mut fx) else { panic!() };
    machine.farewell(Farewell::Deadline, &mut output);
    assert!(output.is_empty());
    machine.farewell(Farewell::Shutdown, &mut output);
    assert_eq!(output.as_slice(), b"-ERR [SYS/TEMP] shutting down, closing\r\n");
}

#[test]
fn inside_tls_there_is_no_second_greeting() {
    let protection = Protection::Confidential { proof: Confidential::for_test(), greeting: false };
    let inside = || Server::new(Arc::new(ServerSettings::default()), protection);
    let t = drive(inside(), &[], Decisions(vec![]));
    assert_eq!((t.output.as_str(), t.events.len(), t.ending), ("", 0, Ending::WaitsForPeer));
    let t = drive(inside(), &[b"STLS\r\nCAPA\r\nUSER tim\r\nPASS x\r\n"], Decisions(vec![]));
    assert_eq!(
        t.output,
        "-ERR TLS is already active\r\n+OK capability list follows\r\nUSER\r\nSASL PLAIN LOGIN\r\n\
         RESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n.\r\n+OK send PASS\r\n"
    );
    assert_eq!((t.events.len(), t.ending), (1, Ending::WaitsForHost));
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    let others = ["CAPA", "STLS", "stls", "STLS ", "UTF8", "QUIT", "NOOP", "*", "", "dGlt", "EHLO x"];
    let line =
        prop_oneof![proptest::sample::select(&CREDENTIALS[..]), proptest::sample::select(others.to_vec())];
    proptest::collection::vec(line.prop_map(|line| format!("{line}\r\n")), 0..14)
}

proptest! {
    /// However its lines come: together, or one by one.
    #[test]
    fn nothing_leads_out_of_clear_but_stls(lines in lines(), starttls: bool, together: bool) {
        let mut chunks: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
        let whole = chunks.concat();
        if together {
            chunks = vec![&whole];
        }
        let t = drive(server(starttls), &chunks, Decisions(vec![]));
        prop_assert!(t.events.is_empty(), "{:?}", t);
        let told = |word: &str| t.output.split("\r\n").any(|line| line.split(' ').next() == Some(word));
        prop_assert!(!told("USER") && !told("SASL") && !told("AUTH") && !told("+"), "{:?}", t);
        prop_assert!(starttls || !told("STLS"));
        let starts = matches!(t.ending, Ending::StartsTls(_));
        prop_assert_eq!(starts, t.output.ends_with("+OK begin TLS\r\n"));
        prop_assert!(starttls || !starts);
        if together {
            let behind = matches!(&t.ending, Ending::StartsTls(rest) if !rest.is_empty());
            prop_assert!(!behind);
        }
        prop_assert!(!matches!(t.ending, Ending::HandedOff(_) | Ending::WaitsForHost));
    }
}
