//! Each command in each state, with exact bytes, and each kind of bad input.

use super::Server;
use crate::buffer::Buffer;
use crate::dialogue::Protection;
use crate::dialogue::testing::{Decisions, Ending, Transcript, drive};
use crate::dialogue::{
    Decision, DialogueEvent, Effects, Farewell, Fault, Machine, Rejection, ServerMachine, ServerSettings,
    Step,
};
use crate::error::ErrorCode;
use std::sync::Arc;

const ACCEPT: Decision = Decision::Accept;
const REJECT: Decision = Decision::Reject(Rejection::InvalidCredentials);

/// `\0tim\0tanstaaftanstaaf` (RFC 4616 §4).
const TIM: &str = "AHRpbQB0YW5zdGFhZnRhbnN0YWFm";

fn server(settings: ServerSettings) -> Server {
    assert_eq!(settings.check(), Ok(()));
    Server::new(Arc::new(settings), Protection::for_test())
}

fn utf8() -> ServerSettings {
    ServerSettings { pop3_utf8: true, ..ServerSettings::default() }
}

fn run_with(settings: ServerSettings, input: impl AsRef<[u8]>, decisions: &[Decision]) -> Transcript {
    let mut transcript = drive(server(settings), &[input.as_ref()], Decisions(decisions.to_vec()));
    transcript.output = transcript.output.strip_prefix("+OK ready\r\n").expect("a greeting").to_owned();
    transcript
}

fn run(input: impl AsRef<[u8]>, decisions: &[Decision]) -> Transcript {
    run_with(ServerSettings::default(), input, decisions)
}

fn failed(code: ErrorCode, reason: &str) -> Ending {
    Ending::Failed(Fault::new(code, reason))
}

fn credentials(mechanism: &str, authorization: &str, user: &str, password: &str) -> String {
    format!(
        "Credentials {{ mechanism: {mechanism}, authorization_identity: {authorization:?}, \
         authentication_identity: {user:?}, password: Secret(..) }} password={password:?}"
    )
}

#[test]
fn the_greeting_comes_unasked() {
    let transcript = drive(server(ServerSettings::default()), &[], Decisions(vec![]));
    assert_eq!(transcript.output, "+OK ready\r\n");
    assert_eq!(transcript.ending, Ending::WaitsForPeer);
}

#[test]
fn capabilities() {
    assert_eq!(
        run("CAPA\r\n", &[]).output,
        "+OK capability list follows\r\nUSER\r\nSASL PLAIN LOGIN\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n\
         PIPELINING\r\n.\r\n"
    );
    let all = ServerSettings {
        pop3_implementation: Some("mailtls 1".into()),
        pop3_capabilities: vec!["TOP".into(), "UIDL".into(), "EXPIRE NEVER".into(), ".X".into()],
        ..utf8()
    };
    assert_eq!(
        run_with(all, "capa\r\n", &[]).output,
        "+OK capability list follows\r\nUSER\r\nSASL PLAIN LOGIN\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n\
         PIPELINING\r\nUTF8 USER\r\nIMPLEMENTATION mailtls 1\r\nTOP\r\nUIDL\r\nEXPIRE NEVER\r\n..X\r\n.\r\n"
    );
    let sasl = ServerSettings { password_commands: false, ..ServerSettings::default() };
    assert!(run_with(sasl, "CAPA\r\n", &[]).output.starts_with("+OK capability list follows\r\nSASL PLAIN"));
    let password = ServerSettings { sasl_mechanisms: vec![], ..ServerSettings::default() };
    let output = run_with(password, "CAPA\r\n", &[]).output;
    assert!(output.starts_with("+OK capability list follows\r\nUSER\r\nRESP-CODES"), "{output}");
}

#[test]
fn user_and_pass() {
    let t = run("USER tim\r\nPASS a b \r\nSTAT\r\n", &[ACCEPT]);
    assert_eq!(t.output, "+OK send PASS\r\n+OK authenticated\r\n");
    assert_eq!(t.events, [credentials("Password", "", "tim", "a b "), "Authenticated".into()]);
    assert_eq!(t.ending, Ending::HandedOff(b"STAT\r\n".to_vec()));
}

#[test]
fn pass_only_right_after_user() {
    for input in ["PASS x\r\n", "USER tim\r\nCAPA\r\nPASS x\r\n", "USER tim\r\nUSER\r\nPASS x\r\n"] {
        let t = run(input, &[]);
        assert!(t.output.ends_with("-ERR USER must come just before PASS\r\n"), "{t:?}");
        assert!(t.events.is_empty());
    }
    // A refused PASS needs another USER too.
    let t = run("USER tim\r\nPASS x\r\nPASS y\r\n", &[REJECT]);
    assert_eq!(
        t.output,
        "+OK send PASS\r\n-ERR [AUTH] wrong user name or password\r\n-ERR USER must come just before PASS\r\n"
    );
    assert_eq!(t.events.len(), 1);
}

#[test]
fn password_commands_may_be_off() {
    let settings = ServerSettings { password_commands: false, ..ServerSettings::default() };
    let t = run_with(settings, "USER tim\r\nPASS x\r\n", &[]);
    assert_eq!(t.output, "-ERR USER is not offered, use AUTH\r\n-ERR USER must come just before PASS\r\n");
    assert!(t.events.is_empty());
}

#[test]
fn auth_plain() {
    let event = credentials("Plain", "", "tim", "tanstaaftanstaaf");
    let t = run(format!("AUTH PLAIN {TIM}\r\nLIST\r\n"), &[ACCEPT]);
    assert_eq!(t.output, "+OK authenticated\r\n");
    assert_eq!(t.events, [event.clone(), "Authenticated".into()]);
    assert_eq!(t.ending, Ending::HandedOff(b"LIST\r\n".to_vec()));

    let t = run(format!("auth plain\r\n{TIM}\r\n"), &[]);
    assert_eq!(t.output, "+ \r\n");
    assert_eq!(t.events, [event]);
    assert_eq!(t.ending, Ending::WaitsForHost);
}

#[test]
fn auth_login() {
    let t = run("AUTH LOGIN\r\ndGlt\r\ncHc=\r\n", &[ACCEPT]);
    assert_eq!(t.output, "+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n+OK authenticated\r\n");
    assert_eq!(t.events, [credentials("Login", "", "tim", "pw"), "Authenticated".into()]);
    // Clients are seen to send the user name as initial response.
    let t = run("AUTH LOGIN dGlt\r\ncHc=\r\n", &[ACCEPT]);
    assert_eq!(t.output, "+ UGFzc3dvcmQ6\r\n+OK authenticated\r\n");
}

#[test]
fn rejections() {
    for (why, reply) in [
        (Rejection::InvalidCredentials, "-ERR [AUTH] wrong user name or password\r\n"),
        (Rejection::NotAuthorized, "-ERR [AUTH] may not act as that user\r\n"),
        (Rejection::TemporaryFailure, "-ERR [SYS/TEMP] try again later\r\n"),
    ] {
        let t = run(format!("AUTH PLAIN {TIM}\r\nQUIT\r\n"), &[Decision::Reject(why)]);
        assert_eq!(t.output, format!("{reply}+OK bye\r\n"));
        assert_eq!((t.events.len(), t.ending), (1, Ending::Ended));
    }
}

#[test]
fn too_many_refusals() {
    let t = run(format!("AUTH PLAIN {TIM}\r\n").repeat(7), &[REJECT; 7]);
    let refusal = "-ERR [AUTH] wrong user name or password\r\n";
    assert_eq!(
        t.output,
        format!("{}-ERR [AUTH] too many refused authentications, closing\r\n", refusal.repeat(5))
    );
    assert_eq!(t.ending, failed(ErrorCode::TooManyErrors, "too many refused authentications"));
    assert_eq!(t.events.len(), 6);
}

#[test]
fn malformed_sasl_goes_on() {
    for (input, reply) in [
        ("AUTH PLAIN !!!!", "-ERR invalid base64"),
        ("AUTH PLAIN dGlt", "-ERR malformed PLAIN message"),
        ("AUTH PLAIN =", "-ERR malformed PLAIN message"),
        ("AUTH PLAIN\r\n!!!!", "+ \r\n-ERR invalid base64"),
        ("AUTH PLAIN\r\nAHRpbQB0\u{e9}", "+ \r\n-ERR invalid base64"),
        ("AUTH PLAIN\r\n*", "+ \r\n-ERR authentication cancelled"),
        ("AUTH PLAIN\r\n", "+ \r\n-ERR malformed PLAIN message"),
        ("AUTH LOGIN\r\n*", "+ VXNlcm5hbWU6\r\n-ERR authentication cancelled"),
        ("AUTH LOGIN\r\n", "+ VXNlcm5hbWU6\r\n-ERR malformed user name"),
        ("AUTH LOGIN\r\n/w==", "+ VXNlcm5hbWU6\r\n-ERR malformed user name"),
        ("AUTH LOGIN\r\ndGlt\r\n*", "+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n-ERR authentication cancelled"),
        ("AUTH LOGIN\r\ndGlt\r\n", "+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n-ERR malformed password"),
        ("AUTH CRAM-MD5", "-ERR the mechanism is not offered"),
    ] {
        let t = run(format!("{input}\r\nQUIT\r\n"), &[]);
        assert_eq!(t.output, format!("{reply}\r\n+OK bye\r\n"), "{input}");
        assert_eq!((t.events.len(), t.ending), (0, Ending::Ended));
    }
}

#[test]
fn mechanisms_not_offered() {
    let login = ServerSettings {
        sasl_mechanisms: vec![crate::dialogue::Mechanism::Login],
        ..ServerSettings::default()
    };
    let t = run_with(login, format!("AUTH PLAIN {TIM}\r\nAUTH\r\n"), &[]);
    assert_eq!(t.output, "-ERR the mechanism is not offered\r\n+OK mechanisms follow\r\nLOGIN\r\n.\r\n");
    let none = ServerSettings { sasl_mechanisms: vec![], ..ServerSettings::default() };
    assert_eq!(run_with(none, "AUTH\r\n", &[]).output, "-ERR no mechanism is offered\r\n");
}

#[test]
fn commands_that_have_no_place() {
    let apop = "APOP mrose c4c9334bac560ecc979e58001b3e22fb";
    for (line, reply) in [
        ("STLS", "-ERR TLS is already active"),
        (apop, "-ERR APOP is not supported"),
        ("UTF8", "-ERR UTF8 is not offered"),
        ("NOOP", "-ERR not authenticated"),
        ("STAT", "-ERR not authenticated"),
        ("LIST 1", "-ERR not authenticated"),
        ("RETR 1", "-ERR not authenticated"),
        ("DELE 1", "-ERR not authenticated"),
        ("RSET", "-ERR not authenticated"),
        ("TOP 1 0", "-ERR not authenticated"),
        ("UIDL", "-ERR not authenticated"),
        ("", "-ERR unknown command"),
        ("LANG *", "-ERR unknown command"),
        ("EHLO x", "-ERR unknown command"),
        ("a1 LOGIN tim pw", "-ERR unknown command"),
        ("CAPA x", "-ERR CAPA takes no argument"),
        ("PASS", "-ERR PASS takes a password"),
        ("USER \u{e9}", "-ERR the user name is not ASCII"),
        ("\u{e9}", "-ERR unknown command"),
    ] {
        let t = run(format!("{line}\r\nQUIT\r\n"), &[]);
        assert_eq!(t.output, format!("{reply}\r\n+OK bye\r\n"), "{line}");
    }
}

#[test]
fn eight_bit_passwords() {
    let t = run(b"USER tim\r\nPASS p\xe9\r\n", &[]);
    assert_eq!(t.events, [credentials("Password", "", "tim", "p\u{fffd}")]);
    let t = run_with(utf8(), b"UTF8\r\nUSER tim\r\nPASS p\xe9\r\n", &[]);
    assert_eq!(t.output, "+OK UTF8 enabled\r\n+OK send PASS\r\n-ERR the password is not UTF-8\r\n");
    assert_eq!(t.events, ["Utf8Mode"]);
}

#[test]
fn utf8_names() {
    let t = run_with(utf8(), "UTF8\r\nUTF8\r\nUSER jos\u{e9}\r\nPASS p\u{e9}\r\n", &[]);
    assert_eq!(t.output, "+OK UTF8 enabled\r\n+OK UTF8 enabled\r\n+OK send PASS\r\n");
    assert_eq!(t.events, ["Utf8Mode".into(), credentials("Password", "", "jos\u{e9}", "p\u{e9}")]);
    let t = run_with(utf8(), b"UTF8\r\nUSER jos\xe9\r\n", &[]);
    assert_eq!(t.output, "+OK UTF8 enabled\r\n-ERR USER takes one user name\r\n");
}

#[test]
fn too_many_bad_commands() {
    let t = run("XYZZY\r\n".repeat(20), &[]);
    assert_eq!(
        t.output,
        format!("{}-ERR too many bad commands, closing\r\n", "-ERR unknown command\r\n".repeat(9))
    );
    let reason = "too many bad commands, the last: unknown command";
    assert_eq!(t.ending, failed(ErrorCode::TooManyErrors, reason));
}

#[test]
fn lines_that_are_none() {
    use ErrorCode::{LimitExceeded, Syntax};
    let long = format!("PASS {}\r\n", "x".repeat(255 - 5 - 2 + 1));
    let cases: [(&[u8], ErrorCode, &str); 5] = [
        (long.as_bytes(), LimitExceeded, "line too long"),
        (&[b'x'; 255], LimitExceeded, "line too long"),
        (b"CAPA\nQUIT\r\n", Syntax, "line ends with a bare LF"),
        (b"CAPA\rQUIT\r\n", Syntax, "CR without LF in a line"),
        (b"PASS x\0y\r\n", Syntax, "NUL byte in a line"),
    ];
    for (input, code, reason) in cases {
        for before in ["", "USER tim\r\n"] {
            let t = run([before.as_bytes(), input].concat(), &[]);
            assert!(t.output.ends_with(&format!("-ERR {reason}, closing\r\n")), "{t:?}");
            assert_eq!((t.events.len(), t.ending), (0, failed(code, reason)));
        }
    }
    // The longest command that there may be.
    let t = run(format!("USER tim\r\nPASS {}\r\n", "x".repeat(248)), &[]);
    assert_eq!(t.ending, Ending::WaitsForHost);
}

#[test]
fn sasl_lines_may_be_longer() {
    let limit = ServerSettings::default().limits.sasl_line;
    let message = crate::dialogue::sasl::encode(&[b"\0tim\0".as_slice(), &[b'x'; 9000]].concat());
    for input in [format!("AUTH PLAIN {}\r\n", *message), format!("AUTH PLAIN\r\n{}\r\n", *message)] {
        assert!(input.len() > 12000);
        assert_eq!(run(input, &[]).ending, Ending::WaitsForHost);
    }
    for input in [format!("AUTH PLAIN {}", "A".repeat(limit)), format!("AUTH PLAIN\r\n{}", "A".repeat(limit))]
    {
        let t = run(input, &[]);
        assert!(t.output.ends_with("-ERR line too long, closing\r\n"));
        assert_eq!(t.ending, failed(ErrorCode::LimitExceeded, "line too long"));
    }
}

#[test]
fn sasl_rounds_are_bounded() {
    let mut settings = ServerSettings::default();
    settings.limits.sasl_rounds = 1;
    let t = run_with(settings, "AUTH LOGIN\r\ndGlt\r\n", &[]);
    assert_eq!(t.output, "+ VXNlcm5hbWU6\r\n-ERR too many challenges, closing\r\n");
    assert_eq!(t.ending, failed(ErrorCode::LimitExceeded, "too many SASL challenges"));
}

#[test]
fn other_protocols_get_no_answer() {
    for (input, name) in
        [(&b"GET "[..], "HTTP"), (b"POST / HTTP/1.1\r\n", "HTTP"), (b"\x16\x03", "TLS"), (b"SSH-", "SSH")]
    {
        let t = run(input, &[]);
        assert_eq!(t.output, "");
        assert_eq!(t.ending, failed(ErrorCode::ForeignProtocol, &format!("the client speaks {name}")));
    }
    // Only the first line is looked at.
    let t = run("CAPA\r\nGET / HTTP/1.1\r\nQUIT\r\n", &[]);
    assert!(t.output.ends_with(".\r\n-ERR unknown command\r\n+OK bye\r\n"), "{t:?}");
}

#[test]
fn the_input_waits_while_the_host_decides() {
    let t = run("USER a\r\nPASS b\r\nUSER c\r\nPASS d\r\n", &[]);
    assert_eq!((t.events.len(), t.ending), (1, Ending::WaitsForHost));
    let t = run("USER a\r\nPASS b\r\nUSER c\r\nPASS d\r\n", &[REJECT, ACCEPT]);
    assert_eq!(
        t.events,
        [
            credentials("Password", "", "a", "b"),
            credentials("Password", "", "c", "d"),
            "Authenticated".into()
        ]
    );
}

/// A server that has read this, with its effects.
fn after(input: &[u8]) -> (Server, Effects) {
    let (mut fx, mut buffer) = (Effects::default(), Buffer::default());
    buffer.extend(input);
    let mut step = server(ServerSettings::default()).start(&mut fx);
    loop {
        match step {
            Step::More(machine) => step = machine.receive(&mut buffer, &mut fx).unwrap(),
            Step::Wait(machine) => return (machine, fx),
            Step::HandOff | Step::StartTls | Step::End => panic!("over"),
        }
    }
}

#[test]
fn farewells() {
    let said = |input: &[u8], why| {
        let mut out = Buffer::default();
        after(input).0.farewell(why, &mut out);
        String::from_utf8(out.as_slice().to_vec()).unwrap()
    };
    assert_eq!(said(b"", Farewell::Deadline), "");
    assert_eq!(said(b"CAP", Farewell::Deadline), "");
    assert_eq!(said(b"", Farewell::Shutdown), "-ERR [SYS/TEMP] shutting down, closing\r\n");
    for input in [&b"AUTH PLAIN\r\n"[..], b"USER a\r\nPASS b\r\n"] {
        assert_eq!(said(input, Farewell::Deadline), "-ERR [SYS/TEMP] took too long, closing\r\n");
    }
}

#[test]
fn progress_is_a_whole_line() {
    for (input, progress) in [(&b""[..], false), (b"CAPA", false), (b"CAPA\r\n", true), (b"BAD\r\n", true)] {
        assert_eq!(after(input).1.progress, progress, "{input:?}");
    }
}

#[test]
fn a_decision_that_nobody_asked_for_changes_nothing() {
    let (machine, mut fx) = after(b"USER tim\r\n");
    let Err((machine, _)) = machine.decide(ACCEPT, &mut fx) else { panic!() };
    let mut buffer = Buffer::default();
    buffer.extend(b"PASS x\r\n");
    assert!(matches!(machine.receive(&mut buffer, &mut fx), Ok(Step::Wait(_))));
    assert!(matches!(fx.events[..], [DialogueEvent::Credentials(_)]));
}
