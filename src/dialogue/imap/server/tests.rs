//! The server's machine alone: each command in each state, each class of bad input.

mod clear;

use super::super::super::testing::{Decisions, Ending, Transcript, drive};
use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

const GREETING: &str =
    "* OK [CAPABILITY IMAP4rev1 IMAP4rev2 SASL-IR LITERAL- ID AUTH=PLAIN AUTH=LOGIN] ready\r\n";

fn settings(change: impl FnOnce(&mut ServerSettings)) -> Arc<ServerSettings> {
    let mut settings = ServerSettings::default();
    change(&mut settings);
    assert_eq!(settings.check(), Ok(()));
    Arc::new(settings)
}

fn server(settings: Arc<ServerSettings>) -> Server {
    Server::new(settings, Protection::for_test())
}

fn run(settings: Arc<ServerSettings>, input: &[u8], decisions: Vec<Decision>) -> Transcript {
    drive(server(settings), &[input], Decisions(decisions))
}

/// What the server answers after its greeting, with default settings and a host that accepts.
fn answer(input: impl AsRef<[u8]>) -> (String, Transcript) {
    let transcript = run(settings(|_| {}), input.as_ref(), vec![Decision::Accept]);
    let answer = transcript.output.strip_prefix(GREETING).expect("the greeting").to_owned();
    (answer, transcript)
}

/// Asserts the answer, and that the dialogue goes on.
fn goes_on(input: impl AsRef<[u8]>, expected: &str) {
    let (output, transcript) = answer(input);
    assert_eq!(output, expected);
    assert_eq!(transcript.ending, Ending::WaitsForPeer);
    assert!(transcript.events.is_empty());
}

/// Asserts the answer, and that it was the last.
fn fails(input: impl AsRef<[u8]>, expected: &str, code: ErrorCode) {
    let (output, transcript) = answer(input);
    assert_eq!(output, expected);
    assert!(matches!(&transcript.ending, Ending::Failed(fault) if fault.code == code), "{transcript:?}");
    assert!(transcript.events.is_empty());
}

fn logs_in(input: impl AsRef<[u8]>, invitations: &str, event: &str) {
    let (output, transcript) = answer(input);
    assert_eq!(output, format!("{invitations}a OK logged in\r\n"));
    assert_eq!(transcript.events, [event, "Authenticated"]);
    assert_eq!(transcript.ending, Ending::HandedOff(vec![]));
}

fn credentials(mechanism: &str, authorization: &str, user: &str, password: &str) -> String {
    format!(
        "Credentials {{ mechanism: {mechanism}, authorization_identity: {authorization:?}, \
         authentication_identity: {user:?}, password: Secret(..) }} password={password:?}"
    )
}

#[test]
fn greeting_and_capabilities() {
    goes_on("", "");
    let all = settings(|s| {
        s.password_commands = false;
        s.sasl_mechanisms = vec![Mechanism::Plain];
        s.imap_capabilities = vec!["X".into()];
        s.greeting_text = "hello".into();
    });
    let list = "CAPABILITY IMAP4rev1 IMAP4rev2 SASL-IR LITERAL- ID AUTH=PLAIN LOGINDISABLED X";
    let transcript = run(all, b"a capability\r\n", vec![]);
    assert_eq!(transcript.output, format!("* OK [{list}] hello\r\n* {list}\r\na OK completed\r\n"));
}

#[test]
fn commands_of_any_state() {
    goes_on("a NOOP\r\n", "a OK completed\r\n");
    goes_on("a ID NIL\r\n", "* ID NIL\r\na OK completed\r\n");
    goes_on("a ID (\"name\" {3}\r\nfoo)\r\n", "+ go ahead\r\n* ID NIL\r\na OK completed\r\n");
    let (output, transcript) = answer("a LOGOUT\r\nb NOOP\r\n");
    assert_eq!(output, "* BYE logging out\r\na OK completed\r\n");
    assert_eq!(transcript.ending, Ending::Ended);
    let named = settings(|s| s.imap_id = vec![("name".into(), "a \"b\"".into())]);
    let transcript = run(named, b"a ID NIL\r\n", vec![]);
    assert!(transcript.output.ends_with("* ID (\"name\" \"a \\\"b\\\"\")\r\na OK completed\r\n"));
}

#[test]
fn commands_out_of_place() {
    goes_on("a STARTTLS\r\n", "a BAD TLS is up already\r\n");
    goes_on("a SELECT INBOX\r\n", "a BAD log in first\r\n");
    goes_on("a UID FETCH 1 BODY[]\r\n", "a BAD log in first\r\n");
    goes_on("a FROBNICATE\r\n", "a BAD unknown command\r\n");
    goes_on("a NOOP x\r\n", "a BAD invalid arguments\r\n");
    goes_on("a LOGIN x\r\n", "a BAD invalid arguments\r\n");
    for untagged in ["\r\n", "a\r\n", " NOOP\r\n", "* NOOP\r\n", "a+ NOOP\r\n", "\u{e9} NOOP\r\n"] {
        goes_on(untagged, "* BAD a command has a short tag and a name\r\n");
    }
}

#[test]
fn login_in_every_form() {
    let tim = credentials("Password", "", "tim", "pass word");
    logs_in("a LOGIN tim \"pass word\"\r\n", "", &tim);
    logs_in("a login \"tim\" {9}\r\npass word\r\n", "+ go ahead\r\n", &tim);
    logs_in("a LOGIN {3}\r\ntim {9}\r\npass word\r\n", "+ go ahead\r\n+ go ahead\r\n", &tim);
    logs_in("a LOGIN {3+}\r\ntim {9+}\r\npass word\r\n", "", &tim);
    logs_in(
        "a LOGIN \"t\\\"\\\\\u{e9}\" {4}\r\n\u{e9}\r\n\r\n",
        "+ go ahead\r\n",
        &credentials("Password", "", "t\"\\\u{e9}", "\u{e9}\r\n"),
    );
    goes_on(b"a LOGIN {1}\r\n\xe9 p\r\n", "+ go ahead\r\na BAD the user name is not UTF-8\r\n");
    goes_on(b"a LOGIN t {1}\r\n\0\r\n", "+ go ahead\r\na BAD invalid arguments\r\n");
    goes_on("a LOGIN t \"\"\r\n", "a NO [AUTHENTICATIONFAILED] wrong user name or password\r\n");
    goes_on("a LOGIN \"\" p\r\n", "a NO [AUTHENTICATIONFAILED] wrong user name or password\r\n");
}

#[test]
fn login_disabled_is_refused_before_it_is_read() {
    let refusal = "a NO [CANNOT] LOGIN is disabled here, use AUTHENTICATE\r\n";
    for input in
        ["a LOGIN tim x\r\n", "a LOGIN tim {3}\r\n", "a LOGIN {3+}\r\ntim {1+}\r\nx\r\n", "a LOGIN\r\n"]
    {
        let transcript = run(settings(|s| s.password_commands = false), input.as_bytes(), vec![]);
        assert!(transcript.output.ends_with(&format!("] ready\r\n{refusal}")), "{transcript:?}");
        assert_eq!(transcript.ending, Ending::WaitsForPeer);
        assert!(transcript.events.is_empty());
    }
}

#[test]
fn authenticate_in_every_form() {
    let plain = credentials("Plain", "", "tim", "tanstaaftanstaaf");
    logs_in("a AUTHENTICATE PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n", "", &plain);
    logs_in("a authenticate plain\r\nAHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n", "+ \r\n", &plain);
    logs_in(
        "a AUTHENTICATE LOGIN\r\ndGlt\r\ncHc=\r\n",
        "+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n",
        &credentials("Login", "", "tim", "pw"),
    );
    logs_in(
        "a AUTHENTICATE LOGIN dGlt\r\ncHc=\r\n",
        "+ UGFzc3dvcmQ6\r\n",
        &credentials("Login", "", "tim", "pw"),
    );
    goes_on("a AUTHENTICATE PLAIN =\r\n", "a BAD malformed PLAIN message\r\n");
    goes_on("a AUTHENTICATE PLAIN A\r\n", "a BAD invalid base64\r\n");
    goes_on("a AUTHENTICATE PLAIN !\r\n", "a BAD invalid arguments\r\n");
    goes_on("a AUTHENTICATE PLAIN\r\nA\r\n", "+ \r\na BAD invalid base64\r\n");
    goes_on("a AUTHENTICATE PLAIN\r\n*\r\n", "+ \r\na BAD authentication cancelled\r\n");
    goes_on("a AUTHENTICATE PLAIN\r\nb NOOP\r\n", "+ \r\na BAD invalid base64\r\n");
    goes_on("a AUTHENTICATE GSSAPI\r\n", "a NO [CANNOT] mechanism not offered\r\n");
    let transcript =
        run(settings(|s| s.sasl_mechanisms = vec![Mechanism::Plain]), b"a AUTHENTICATE LOGIN\r\n", vec![]);
    assert!(transcript.output.ends_with("a NO [CANNOT] mechanism not offered\r\n"));
}

#[test]
fn a_long_initial_response_is_allowed() {
    let line = |n: usize| format!("a AUTHENTICATE PLAIN {}\r\n", "A".repeat(n));
    goes_on(line(12000), "a BAD malformed PLAIN message\r\n");
    fails(line(12288), "* BAD line too long\r\n* BYE closing the connection\r\n", ErrorCode::LimitExceeded);
}

#[test]
fn decisions() {
    let login = b"a LOGIN u p\r\nb NOOP\r\n";
    for (rejection, code) in [
        (Rejection::InvalidCredentials, "AUTHENTICATIONFAILED"),
        (Rejection::NotAuthorized, "AUTHORIZATIONFAILED"),
        (Rejection::TemporaryFailure, "UNAVAILABLE"),
    ] {
        let transcript = run(settings(|_| {}), login, vec![Decision::Reject(rejection)]);
        assert!(transcript.output.contains(&format!("\r\na NO [{code}] ")), "{}", transcript.output);
        assert!(transcript.output.ends_with("b OK completed\r\n"));
        assert_eq!(transcript.events.len(), 1);
    }
    let told = settings(|s| s.imap_authenticated_capabilities = vec!["IMAP4rev2".into(), "IDLE".into()]);
    let transcript = run(told, login, vec![Decision::Accept]);
    assert!(transcript.output.ends_with("a OK [CAPABILITY IMAP4rev2 IDLE] logged in\r\n"));
    assert_eq!(transcript.ending, Ending::HandedOff(b"b NOOP\r\n".to_vec()));
    // While the host thinks, nothing is read.
    let transcript = run(settings(|_| {}), login, vec![]);
    assert_eq!((transcript.ending, &*transcript.output), (Ending::WaitsForHost, GREETING));
}

#[test]
fn literals_are_bounded() {
    let too_big = "a BAD [TOOBIG] literal too big\r\n";
    goes_on("a LOGIN {4097}\r\nb NOOP\r\n", &format!("{too_big}b OK completed\r\n"));
    goes_on("a LOGIN {99999999999999999999}\r\n", too_big);
    goes_on("a LOGIN {-1}\r\n", "a BAD invalid arguments\r\n");
    goes_on("a LOGIN {x}\r\n", "a BAD invalid arguments\r\n");
    for size in ["4097", "99999999999999999999"] {
        let input = format!("a LOGIN {{{size}+}}\r\nb NOOP\r\n");
        fails(input, "* BYE [TOOBIG] literal too big\r\n", ErrorCode::LimitExceeded);
    }
    // Large literals may be allowed, but not without invitation.
    let roomy = settings(|s| s.limits.literal = 10_000);
    let transcript = run(roomy.clone(), b"a LOGIN {9000}\r\n", vec![]);
    assert!(transcript.output.ends_with("+ go ahead\r\n"));
    let transcript = run(roomy, b"a LOGIN {9000+}\r\n", vec![]);
    assert!(transcript.output.ends_with("* BYE [TOOBIG] literal too big\r\n"));
    // The whole command is bounded, too.
    let mut many = String::from("a X {4096+}\r\n") + &"x".repeat(4096);
    let literal = format!("{{4096+}}\r\n{}", "x".repeat(4096));
    many += &literal.repeat(2);
    many += "{4096+}\r\n";
    fails(many, "* BYE [TOOBIG] literal too big\r\n", ErrorCode::LimitExceeded);
}

#[test]
fn literals_of_other_commands() {
    // Not invited.
    goes_on("a APPEND x {5}\r\nb NOOP\r\n", "a BAD log in first\r\nb OK completed\r\n");
    goes_on("a FOO {5}\r\n", "a BAD unknown command\r\n");
    goes_on("\u{e9} {5}\r\n", "* BAD a command has a short tag and a name\r\n");
    goes_on("a LOGIN \"x {5}\r\n", "a BAD invalid arguments\r\n");
    goes_on("a LOGIN u ~{5}\r\n", "a BAD invalid arguments\r\n");
    // Sent unasked: swallowed, and never taken for commands.
    goes_on("a FOO {8+}\r\nb NOOP\r\n\r\nc NOOP\r\n", "a BAD unknown command\r\nc OK completed\r\n");
    goes_on("a FOO {1+}\r\nx {1+}\r\ny {1}\r\nc NOOP\r\n", "a BAD unknown command\r\nc OK completed\r\n");
    goes_on(b"a FOO {1+}\r\n\0\r\n", "a BAD unknown command\r\n");
}

#[test]
fn lines_that_are_none() {
    let bye = "* BYE closing the connection\r\n";
    fails("a NOOP\n", &format!("* BAD line ends with a bare LF\r\n{bye}"), ErrorCode::Syntax);
    fails("a NO\rOP\r\n", &format!("* BAD CR without LF in a line\r\n{bye}"), ErrorCode::Syntax);
    fails("a NO\0OP\r\n", &format!("* BAD NUL byte in a line\r\n{bye}"), ErrorCode::Syntax);
    fails("x".repeat(8192), &format!("* BAD line too long\r\n{bye}"), ErrorCode::LimitExceeded);
    fails(
        "a AUTHENTICATE PLAIN\r\nAA\n",
        &format!("+ \r\na BAD line ends with a bare LF\r\n{bye}"),
        ErrorCode::Syntax,
    );
    fails(
        format!("a AUTHENTICATE PLAIN\r\n{}", "A".repeat(12288)),
        &format!("+ \r\na BAD line too long\r\n{bye}"),
        ErrorCode::LimitExceeded,
    );
    goes_on("a NOOP \u{e9}\r\n", "a BAD invalid arguments\r\n");
    goes_on("a N\u{e9}\r\n", "* BAD a command has a short tag and a name\r\n");
}

#[test]
fn other_protocols_are_not_answered() {
    for other in [&b"GET / HTTP/1.1\r\n"[..], b"POST ", b"\x16\x03\x01\x02\x00", b"SSH-2.0-x"] {
        fails(other, "", ErrorCode::ForeignProtocol);
    }
    // After the first line these are but bad commands.
    goes_on(
        "a NOOP\r\nGET / HTTP/1.1\r\n",
        "a OK completed\r\n* BAD a command has a short tag and a name\r\n",
    );
}

#[test]
fn errors_are_counted() {
    let (output, transcript) = answer("a X\r\n".repeat(11));
    assert_eq!(output, "a BAD unknown command\r\n".repeat(10) + "* BYE too many bad commands\r\n");
    assert!(matches!(transcript.ending, Ending::Failed(f) if f.code == ErrorCode::TooManyErrors));

    let reject = Decision::Reject(Rejection::InvalidCredentials);
    let transcript = run(settings(|_| {}), "a LOGIN u p\r\n".repeat(9).as_bytes(), vec![reject; 9]);
    assert_eq!(transcript.events.len(), 6);
    assert!(transcript.output.ends_with("* BYE too many refused authentications\r\n"));
    assert!(matches!(transcript.ending, Ending::Failed(f) if f.code == ErrorCode::TooManyErrors));

    let once = settings(|s| s.limits.sasl_rounds = 1);
    let transcript = run(once, b"a AUTHENTICATE LOGIN\r\ndGlt\r\n", vec![]);
    assert!(transcript.output.ends_with("a BAD too many challenges\r\n* BYE too many challenges\r\n"));
    assert!(matches!(transcript.ending, Ending::Failed(f) if f.code == ErrorCode::LimitExceeded));
}

#[test]
fn farewells() {
    for (why, words) in [
        (Farewell::Deadline, &b"* BYE Autologout; idle for too long\r\n"[..]),
        (Farewell::Shutdown, b"* BYE [UNAVAILABLE] shutting down\r\n"),
    ] {
        let mut out = Buffer::default();
        server(settings(|_| {})).farewell(why, &mut out);
        assert_eq!(out.as_slice(), words);
    }
}

#[test]
fn only_a_whole_command_is_progress() {
    let (mut fx, mut input) = (Effects::default(), Buffer::default());
    let mut machine = server(settings(|_| {}));
    for (bytes, progress) in [("a LOGIN u {1", false), ("}\r\n", false), ("p\r", false), ("\n", true)] {
        input.extend(bytes.as_bytes());
        let mut step = machine.receive(&mut input, &mut fx).ok().unwrap();
        machine = loop {
            step = match step {
                Step::More(machine) => machine.receive(&mut input, &mut fx).ok().unwrap(),
                Step::Wait(machine) => break machine,
                Step::HandOff | Step::StartTls | Step::End => panic!("no end"),
            };
        };
        assert_eq!(fx.progress, progress, "{bytes:?}");
    }
}

/// Sessions that between them reach every state.
const SESSIONS: [&[u8]; 6] = [
    b"a CAPABILITY\r\nb ID (\"x\" NIL)\r\nc LOGIN u x\r\nd LOGIN {3}\r\ntim {2+}\r\npw\r\ne NOOP\r\n",
    b"a AUTHENTICATE LOGIN\r\ndGlt\r\ncHc=\r\nb AUTHENTICATE PLAIN AHQAcA==\r\nrest\r\n",
    b"a AUTHENTICATE PLAIN\r\n*\r\nb FOO {4+}\r\nabcd {3}\r\nc LOGIN {5000}\r\nd LOGOUT\r\nx",
    b"GET / HTTP/1.1\r\n\r\n",
    b"a NOOP\r\nb LOGIN \"\\\"\\\\\" {0}\r\n\r\nc NOOP\nx",
    b"\r\n\r\na LOGIN {2+}\r\n\r\n \"x\"\r\nb {9999+}\r\n",
];

fn decisions_of_sessions() -> Vec<Decision> {
    vec![Decision::Reject(Rejection::InvalidCredentials), Decision::Accept]
}

fn chunked(session: &[u8], cuts: &[usize]) -> Transcript {
    let mut cuts: Vec<usize> = cuts.iter().map(|c| c % (session.len() + 1)).collect();
    cuts.extend([0, session.len()]);
    cuts.sort_unstable();
    let chunks: Vec<&[u8]> = cuts.windows(2).map(|w| &session[w[0]..w[1]]).collect();
    drive(server(settings(|_| {})), &chunks, Decisions(decisions_of_sessions()))
}

#[test]
fn byte_at_a_time_and_cut_anywhere() {
    for session in SESSIONS {
        let whole = chunked(session, &[]);
        assert_eq!(chunked(session, &(0..session.len()).collect::<Vec<_>>()), whole);
        for end in 0..session.len() {
            let part = chunked(&session[..end], &[]);
            assert!(whole.output.starts_with(&part.output));
            assert!(whole.events.starts_with(&part.events));
        }
    }
}

proptest! {
    #[test]
    fn chunks_make_no_difference(which in 0usize..6, cuts in vec(any::<usize>(), 0..12)) {
        prop_assert_eq!(chunked(SESSIONS[which], &cuts), chunked(SESSIONS[which], &[]));
    }

    /// Whatever comes: no panic, the same in any chunking, and one question at a time.
    #[test]
    fn any_bytes(words in vec(prop_oneof![
        12 => proptest::sample::select(vec![
            "a ", "LOGIN ", "u ", "p\r\n", "\r\n", "{1}\r\n", "{1+}\r\n", "{0}\r\n", "x", " ", "\"", "AUTHENTICATE ", "PLAIN",
            "LOGIN", "AHQAcA==", "=", "*", "ID ", "NIL", "(", ")", "NOOP\r\n", "{9999}\r\n", "{9999+}\r\n",
        ]).prop_map(|w| w.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 1..4),
    ], 0..30), cuts in vec(any::<usize>(), 0..8)) {
        let bytes = words.concat();
        let whole = chunked(&bytes, &[]);
        prop_assert_eq!(chunked(&bytes, &cuts), whole);
        let undecided = run(settings(|_| {}), &bytes, vec![]);
        prop_assert!(undecided.events.len() <= 1);
        prop_assert_eq!(undecided.ending == Ending::WaitsForHost, undecided.events.len() == 1);
    }
}
