//! Each reply in each state, with exact bytes, and each kind of bad input.

use super::{COMMAND_LINE, Client};
use crate::buffer::Buffer;
use crate::dialogue::Protection;
use crate::dialogue::testing::{Attempts, Ending, Transcript, drive};
use crate::dialogue::{
    ClientMachine, ClientSettings, Credentials, Effects, Farewell, Fault, HandOff, Machine, Mechanism, Step,
};
use crate::error::ErrorCode;
use crate::limits::Limits;
use std::sync::Arc;

const CAPA: &str = "+OK\r\nUSER\r\nSASL PLAIN LOGIN\r\n.\r\n";

fn client_with(settings: ClientSettings) -> Client {
    assert_eq!(settings.check(), Ok(()));
    Client::new(Arc::new(settings), Protection::for_test())
}

fn client() -> Client {
    client_with(ClientSettings::default())
}

fn tim(mechanism: Mechanism) -> Credentials {
    Credentials::new(mechanism, "tim", "tanstaaftanstaaf".into())
}

fn run(input: impl AsRef<[u8]>, attempts: &[Credentials], log_out: bool) -> Transcript {
    drive(client(), &[input.as_ref()], Attempts(attempts.to_vec(), log_out))
}

/// The same after greeting and capabilities.
fn run_on(input: impl AsRef<[u8]>, attempts: &[Credentials], log_out: bool) -> Transcript {
    let before = format!("+OK hi\r\n{CAPA}").into_bytes();
    let mut t = run([&before, input.as_ref()].concat(), attempts, log_out);
    assert!(t.events.len() >= 2);
    t.events.drain(..2);
    t.output = t.output.strip_prefix("CAPA\r\n").expect("CAPA").to_owned();
    t
}

fn failed(code: ErrorCode, reason: &str) -> Ending {
    Ending::Failed(Fault::new(code, reason))
}

fn refused(code: Option<&str>, text: &str, temporary: bool) -> String {
    format!("Refused(Refusal {{ code: {code:?}, text: {text:?}, temporary: {temporary} }})")
}

/// A client that has read this and waits.
fn after(input: &[u8]) -> (Client, Effects) {
    let (mut fx, mut buffer) = (Effects::default(), Buffer::default());
    buffer.extend(input);
    let mut step = client().start(&mut fx);
    loop {
        match step {
            Step::More(machine) => step = machine.receive(&mut buffer, &mut fx).unwrap(),
            Step::Wait(machine) => return (machine, fx),
            Step::HandOff | Step::StartTls | Step::End => panic!("over"),
        }
    }
}

/// A client that waits for the host, of a server with these capabilities.
fn offered(capabilities: &str) -> Client {
    after(format!("+OK\r\n+OK\r\n{capabilities}.\r\n").as_bytes()).0
}

#[test]
fn greeting_and_capabilities() {
    let t = run(format!("+OK POP3 ready <1.2@x>\r\n{CAPA}"), &[], false);
    assert_eq!(t.output, "CAPA\r\n");
    assert_eq!(
        t.events,
        [
            "Greeting(Pop3(Greeting { status: Ok, response_code: None, text: \"POP3 ready <1.2@x>\", \
             timestamp: Some(\"<1.2@x>\") }))",
            "Capabilities(Capabilities { items: [\"USER\", \"SASL PLAIN LOGIN\"] })",
        ]
    );
    assert_eq!(t.ending, Ending::WaitsForHost);
}

#[test]
fn a_refusing_greeting() {
    let t = run("-ERR [SYS/TEMP] too busy\r\n", &[], false);
    assert_eq!((t.output.as_str(), t.events.len()), ("", 1));
    assert_eq!(t.ending, failed(ErrorCode::RefusedByServer, "the server says: -ERR [SYS/TEMP] too busy"));
}

#[test]
fn hand_off_after_the_greeting() {
    let settings = ClientSettings { hand_off: HandOff::AfterGreeting, ..ClientSettings::default() };
    let t = drive(client_with(settings.clone()), &[b"+OK hi\r\nrest"], Attempts(vec![], false));
    assert_eq!((t.output.as_str(), t.events.len()), ("", 1));
    assert_eq!(t.ending, Ending::HandedOff(b"rest".to_vec()));
    let t = drive(client_with(settings), &[b"-ERR no\r\n"], Attempts(vec![], false));
    assert_eq!(t.ending, failed(ErrorCode::RefusedByServer, "the server says: -ERR no"));
}

#[test]
fn a_server_without_capa_has_user_and_pass() {
    let t = run("+OK\r\n-ERR what?\r\n+OK\r\n+OK\r\n", &[tim(Mechanism::Password)], false);
    assert_eq!(t.output, "CAPA\r\nUSER tim\r\nPASS tanstaaftanstaaf\r\n");
    assert_eq!(t.events[1..], ["Capabilities(Capabilities { items: [] })", "Authenticated"]);
    assert_eq!(t.ending, Ending::HandedOff(vec![]));
}

#[test]
fn user_and_pass() {
    let password = [tim(Mechanism::Password)];
    let t = run_on("+OK\r\n+OK\r\nrest", &password, false);
    assert_eq!(t.output, "USER tim\r\nPASS tanstaaftanstaaf\r\n");
    assert_eq!((t.events, t.ending), (vec!["Authenticated".into()], Ending::HandedOff(b"rest".to_vec())));

    let t = run_on("-ERR [AUTH] who?\r\n", &password, false);
    assert_eq!(t.output, "USER tim\r\n");
    assert_eq!((t.events, t.ending), (vec![refused(Some("AUTH"), "who?", false)], Ending::WaitsForHost));

    let t = run_on("+OK\r\n-ERR [IN-USE] locked\r\n", &password, false);
    assert_eq!((t.events, t.ending), (vec![refused(Some("IN-USE"), "locked", true)], Ending::WaitsForHost));
}

#[test]
fn auth_plain() {
    let plain = [tim(Mechanism::Plain)];
    let t = run_on("+OK in\r\nrest", &plain, false);
    assert_eq!(t.output, "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n");
    assert_eq!((t.events, t.ending), (vec!["Authenticated".into()], Ending::HandedOff(b"rest".to_vec())));

    let t = run_on("-ERR no\r\n", &plain, false);
    assert_eq!((t.events, t.ending), (vec![refused(None, "no", false)], Ending::WaitsForHost));
}

#[test]
fn a_long_initial_response_waits_for_the_challenge() {
    // 255 octets of line: 253 of text, 242 of base64 after "AUTH PLAIN ", 180 octets of message.
    for (length, waits) in [(175, false), (176, true), (9000, true)] {
        let credentials = Credentials::new(Mechanism::Plain, "tim", "x".repeat(length).as_str().into());
        let t = run_on(if waits { "+ \r\n+OK\r\n" } else { "+OK\r\n" }, &[credentials], false);
        assert_eq!(t.events, ["Authenticated"]);
        assert_eq!(t.output.starts_with("AUTH PLAIN\r\nAHRpbQB4"), waits, "{length}");
        assert!(waits || t.output.len() <= COMMAND_LINE);
    }
}

#[test]
fn auth_login() {
    let login = [tim(Mechanism::Login)];
    let t = run_on("+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n+OK\r\n", &login, false);
    assert_eq!(t.output, "AUTH LOGIN\r\ndGlt\r\ndGFuc3RhYWZ0YW5zdGFhZg==\r\n");
    assert_eq!((t.events, t.ending), (vec!["Authenticated".into()], Ending::HandedOff(vec![])));
    for input in ["-ERR x\r\n", "+ \r\n-ERR x\r\n", "+ \r\n+\r\n-ERR x\r\n"] {
        let t = run_on(input, &login, false);
        assert_eq!((t.events, t.ending), (vec![refused(None, "x", false)], Ending::WaitsForHost));
    }
}

#[test]
fn another_attempt_after_a_refusal() {
    let attempts = [tim(Mechanism::Plain), tim(Mechanism::Login), tim(Mechanism::Password)];
    let t = run_on("-ERR a\r\n+ \r\n+ \r\n-ERR b\r\n+OK\r\n+OK\r\n", &attempts, false);
    assert_eq!(t.events, [refused(None, "a", false), refused(None, "b", false), "Authenticated".into()]);
    assert_eq!(t.ending, Ending::HandedOff(vec![]));
}

#[test]
fn one_challenge_too_many_is_cancelled() {
    let t = run_on("+ \r\n-ERR [SYS/TEMP] cancelled\r\n", &[tim(Mechanism::Plain)], true);
    assert!(t.output.ends_with("\r\n*\r\nQUIT\r\n"), "{t:?}");
    let text = "the client cancelled: the server sent a challenge after the last response; \
                the server answered: cancelled";
    assert_eq!(t.events, [refused(Some("SYS/TEMP"), text, true)]);

    for (answer, reason) in
        [("+OK", "+OK to a cancelled authentication"), ("+ ", "not a POP3 reply"), ("", "not a POP3 reply")]
    {
        let t = run_on(format!("+ \r\n{answer}\r\n"), &[tim(Mechanism::Plain)], false);
        assert_eq!(t.ending, failed(ErrorCode::Syntax, reason));
    }
}

#[test]
fn success_before_the_credentials_is_not_believed() {
    let long = Credentials::new(Mechanism::Plain, "tim", "x".repeat(300).as_str().into());
    for (input, credentials) in
        [("+OK\r\n", tim(Mechanism::Login)), ("+ \r\n+OK\r\n", tim(Mechanism::Login)), ("+OK\r\n", long)]
    {
        let t = run_on(input, &[credentials], false);
        assert_eq!(t.ending, failed(ErrorCode::Syntax, "authenticated before the credentials were sent"));
        assert!(t.events.is_empty());
    }
}

#[test]
fn replies_that_are_none() {
    for (input, reason) in [
        ("hello\r\n", "not a POP3 greeting: hello"),
        ("* OK IMAP4rev2\r\n", "not a POP3 greeting: * OK IMAP4rev2"),
        ("220 \x1b[2J\r\n", "not a POP3 greeting: 220 ?[2J"),
        ("\u{e9}\r\n", "not a POP3 greeting: \u{e9}"),
        ("+OK\r\nUSER\r\n", "not a POP3 reply"),
        ("+OK\r\n+OK\r\n.\r\n+OK\r\n", "a reply without a command"),
    ] {
        assert_eq!(run_twice(input).ending, failed(ErrorCode::Syntax, reason), "{input}");
    }
    let secret = "AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n";
    let t = run_on(secret, &[tim(Mechanism::Plain)], false);
    assert_eq!(t.ending, failed(ErrorCode::Syntax, "neither a challenge nor a reply"));
    for before in ["", "+OK\r\n"] {
        let t = run_on(format!("{before}tanstaaftanstaaf\r\n"), &[tim(Mechanism::Password)], false);
        assert_eq!(t.ending, failed(ErrorCode::Syntax, "not a POP3 reply"));
    }
}

/// Runs with one more chunk, so that a client that waits for its host gets to read the rest.
fn run_twice(input: &str) -> Transcript {
    let at = input.len() - usize::from(input.ends_with('\n'));
    let (first, second) = input.as_bytes().split_at(at);
    drive(client(), &[first, second], Attempts(vec![], false))
}

#[test]
fn a_server_that_takes_leave() {
    let t = drive(
        client(),
        &[format!("+OK\r\n{CAPA}").as_bytes(), b"-ERR idle for too long\r\n"],
        Attempts(vec![], false),
    );
    assert_eq!(t.ending, failed(ErrorCode::RefusedByServer, "the server says: -ERR idle for too long"));
}

#[test]
fn lines_that_are_none() {
    let limit = Limits::default().reply_line;
    let long = format!("+OK {}", "x".repeat(limit));
    for (line, code, reason) in [
        (long.as_str(), ErrorCode::LimitExceeded, "line too long"),
        ("+OK\n", ErrorCode::Syntax, "line ends with a bare LF"),
        ("+OK\rx", ErrorCode::Syntax, "CR without LF in a line"),
        ("+OK \0", ErrorCode::Syntax, "NUL byte in a line"),
    ] {
        for before in ["", "+OK\r\n", "+OK\r\n+OK\r\n"] {
            let t = run(format!("{before}{line}"), &[], false);
            assert_eq!(t.ending, failed(code, reason), "{before:?} {line:?}");
        }
        let t = run_on(format!("+OK\r\n{line}"), &[tim(Mechanism::Password)], false);
        assert_eq!(t.ending, failed(code, reason));
    }
    // Challenges may be longer, up to their own limit.
    let challenge = format!("+ {}", "A".repeat(limit * 2));
    let t = run_on(format!("{challenge}\r\n"), &[tim(Mechanism::Login)], false);
    assert_eq!(t.output, "AUTH LOGIN\r\ndGlt\r\n");
    let t = run_on(format!("+ {}", "A".repeat(Limits::default().sasl_line)), &[tim(Mechanism::Login)], false);
    assert_eq!(t.ending, failed(ErrorCode::LimitExceeded, "line too long"));
}

/// What cannot be read in a list is dropped, and the rest is kept.
#[test]
fn odd_capability_lines() {
    let list =
        b"+OK\r\n\r\nUSER\r\nIMPLEMENTATION d\xe9di\xe9\r\n\xe9\r\nSASL\tLOGIN\r\nSASL  PLAIN\r\n.\r\n";
    let t = drive(client(), &[&[b"+OK\r\n", &list[..]].concat()], Attempts(vec![], false));
    let told = "Capabilities(Capabilities { items: [\"USER\", \"IMPLEMENTATION\", \"SASL LOGIN\", \"SASL PLAIN\"] })";
    assert_eq!((t.events[1].as_str(), t.ending), (told, Ending::WaitsForHost));
    let input = [b"+OK\r\n", &list[..], b"+OK\r\n"].concat();
    let t = drive(client(), &[&input], Attempts(vec![tim(Mechanism::Plain)], false));
    assert_eq!(t.ending, Ending::HandedOff(vec![]));
}

#[test]
fn capability_lines_are_bounded() {
    let lines = |n: usize| format!("+OK\r\n+OK\r\n{}.\r\n", "X\r\n".repeat(n));
    assert_eq!(run(lines(128), &[], false).ending, Ending::WaitsForHost);
    let t = run(lines(128).replace('X', "\u{e9}"), &[], false);
    assert_eq!(t.ending, Ending::WaitsForHost);
    let t = run(lines(129).replace('X', "\u{e9}"), &[], false);
    assert_eq!(t.ending, failed(ErrorCode::LimitExceeded, "too many capability lines"));
    let t = run(lines(129), &[], false);
    assert_eq!(t.ending, failed(ErrorCode::LimitExceeded, "too many capability lines"));
}

#[test]
fn sasl_rounds_are_bounded() {
    let limits = Limits { sasl_rounds: 1, ..Limits::default() };
    let settings = ClientSettings { limits, ..ClientSettings::default() };
    let input = format!("+OK\r\n{CAPA}+ \r\n+ \r\n");
    let attempts = Attempts(vec![tim(Mechanism::Login)], false);
    let t = drive(client_with(settings), &[input.as_bytes()], attempts);
    assert_eq!(t.ending, failed(ErrorCode::LimitExceeded, "too many SASL challenges"));
    assert_eq!(t.output, "CAPA\r\nAUTH LOGIN\r\ndGlt\r\n");
}

#[test]
fn other_protocols() {
    for (input, name) in [(&b"HTTP/"[..], "HTTP"), (b"\x15\x03", "TLS"), (b"SSH-2.0-x\r\n", "SSH")] {
        let t = run(input, &[], false);
        assert_eq!((t.output.as_str(), t.events.len()), ("", 0));
        assert_eq!(t.ending, failed(ErrorCode::ForeignProtocol, &format!("the server speaks {name}")));
    }
}

#[test]
fn misuse_changes_nothing() {
    let with = |mechanism, user: &str, password: &str| Credentials::new(mechanism, user, password.into());
    let long = "x".repeat(249);
    for (capabilities, credentials, why) in [
        ("SASL LOGIN\r\n", tim(Mechanism::Plain), "the server does not offer this mechanism"),
        (
            "X SASL PLAIN\r\nXAUTH PLAIN\r\n",
            tim(Mechanism::Plain),
            "the server does not offer this mechanism",
        ),
        ("SASL PLAIN\r\n", tim(Mechanism::Login), "the server does not offer this mechanism"),
        ("SASL PLAIN\r\n", tim(Mechanism::Password), "the server does not offer this mechanism"),
        ("SASL PLAIN\r\n", with(Mechanism::Plain, "", "x"), "an identity is empty or holds NUL"),
        ("SASL PLAIN\r\n", with(Mechanism::Plain, "a", ""), "the password is empty or holds NUL"),
        (
            "USER\r\n",
            tim(Mechanism::Password).with_authorization_identity("root"),
            "USER, PASS and APOP have no authorization identity",
        ),
        ("USER\r\n", with(Mechanism::Password, "a b", "x"), USER_NAME),
        ("USER\r\n", with(Mechanism::Password, "a\r\nDELE 1", "x"), USER_NAME),
        ("USER\r\n", with(Mechanism::Password, "jos\u{e9}", "x"), USER_NAME),
        ("USER\r\n", with(Mechanism::Password, "a", ""), PASSWORD),
        ("USER\r\n", with(Mechanism::Password, "a", "b\r\nDELE 1"), PASSWORD),
        ("USER\r\n", with(Mechanism::Password, &long, "x"), TOO_LONG),
        ("USER\r\n", with(Mechanism::Password, "a", &long), TOO_LONG),
    ] {
        let mut fx = Effects::default();
        let Err((machine, found)) = offered(capabilities).authenticate(credentials, &mut fx) else {
            panic!("{why}")
        };
        assert_eq!(found, why);
        assert!(machine.waits_for_host() && fx.output.as_slice().is_empty());
    }
    let mut fx = Effects::default();
    let (early, _) = after(b"+OK\r\n");
    let Err((early, misuse)) = early.authenticate(tim(Mechanism::Plain), &mut fx) else { panic!() };
    assert_eq!(misuse, "the server has not answered yet");
    let Err((early, misuse)) = early.log_out(&mut fx) else { panic!() };
    assert_eq!(misuse, "the server has not answered yet");
    assert!(!early.waits_for_host() && fx.output.as_slice().is_empty());
}

const USER_NAME: &str = "the user name is empty, has a space, or has other than printable ASCII characters";
const PASSWORD: &str = "the password is empty or holds NUL or a line end";
const TOO_LONG: &str = "the user name or password is too long for its command";

#[test]
fn log_out() {
    for answer in ["+OK bye\r\n", "-ERR\r\n"] {
        let t = run_on(answer, &[], true);
        assert_eq!((t.output.as_str(), t.ending), ("QUIT\r\n", Ending::Ended));
    }
    let t = run_on("bye\r\n", &[], true);
    assert_eq!(t.ending, failed(ErrorCode::Syntax, "not a POP3 reply"));
    assert_eq!(run_on("", &[], true).ending, Ending::WaitsForPeer);
}

#[test]
fn progress_is_a_whole_reply() {
    let mut progress = Vec::new();
    let mut buffer = Buffer::default();
    let mut machine = client();
    for line in ["+OK", "\r\n", "+OK\r\n", "USER\r\n", ".\r\n"] {
        let mut fx = Effects::default();
        buffer.extend(line.as_bytes());
        let mut step = machine.receive(&mut buffer, &mut fx).unwrap();
        while let Step::More(again) = step {
            step = again.receive(&mut buffer, &mut fx).unwrap();
        }
        let Step::Wait(again) = step else { panic!() };
        machine = again;
        progress.push(fx.progress);
    }
    assert_eq!(progress, [false, true, false, false, true]);
}

#[test]
fn a_client_leaves_without_a_word() {
    let mut out = Buffer::default();
    for input in [&b""[..], b"+OK\r\n", b"+OK\r\n-ERR\r\n"] {
        after(input).0.farewell(Farewell::Deadline, &mut out);
        after(input).0.farewell(Farewell::Shutdown, &mut out);
    }
    assert!(out.as_slice().is_empty());
}
