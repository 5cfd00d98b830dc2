//! The client's machine alone: each reply in each state, each class of bad input.

mod clear;

use super::super::super::Mechanism;
use super::super::super::testing::{Attempts, Ending, Transcript, drive};
use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

const OFFERS: &str = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN] hi\r\n";
const NO_IR: &str = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN AUTH=XOAUTH2] hi\r\n";

fn client(change: impl FnOnce(&mut ClientSettings)) -> Client {
    let mut settings = ClientSettings::default();
    change(&mut settings);
    Client::new(Arc::new(settings), Protection::for_test())
}

fn tim(mechanism: Mechanism) -> Credentials {
    Credentials::new(mechanism, "tim", "tanstaaftanstaaf".into())
}

fn run(input: impl AsRef<[u8]>, attempts: Vec<Credentials>) -> Transcript {
    drive(client(|_| {}), &[input.as_ref()], Attempts(attempts, false))
}

fn code(transcript: &Transcript) -> Option<ErrorCode> {
    match &transcript.ending {
        Ending::Failed(fault) => Some(fault.code),
        _ => None,
    }
}

/// What is sent after `greeting` by one attempt that the server's `answers` then meet.
fn attempt(greeting: &str, answers: &str, credentials: Credentials) -> (String, Transcript) {
    let transcript = run(format!("{greeting}{answers}"), vec![credentials]);
    (transcript.output.clone(), transcript)
}

fn misuse(greeting: &str, credentials: Credentials) -> crate::Error {
    let (mut fx, mut input) = (Effects::default(), Buffer::default());
    input.extend(greeting.as_bytes());
    let Ok(Step::Wait(machine)) = client(|_| {}).receive(&mut input, &mut fx) else { panic!("no wait") };
    let Err((machine, why)) = machine.authenticate(credentials, &mut fx) else { panic!("accepted") };
    assert!(machine.waits_for_host());
    assert!(fx.output.is_empty());
    why
}

#[test]
fn greetings() {
    let transcript = run("* OK [ALERT] hi \u{e9}\x07\r\n", vec![]);
    assert_eq!(transcript.output, "a1 CAPABILITY\r\n");
    assert_eq!(
        transcript.events,
        ["Greeting(Imap(Greeting { condition: Ok, code: Some(Alert), text: \"hi \u{e9}?\" }))"]
    );
    assert_eq!(transcript.ending, Ending::WaitsForPeer);

    let transcript = run(OFFERS, vec![]);
    assert_eq!((&*transcript.output, transcript.events.len()), ("", 2));
    assert_eq!(
        transcript.events[1],
        "Capabilities(Capabilities { items: [\"IMAP4rev1\", \"SASL-IR\", \"AUTH=PLAIN\", \"AUTH=LOGIN\"] })"
    );
    assert_eq!(transcript.ending, Ending::WaitsForHost);

    let transcript = run("* BYE [REFERRAL imap://x/] go away\r\n", vec![]);
    assert_eq!((transcript.events.len(), transcript.said.len()), (1, 1));
    assert_eq!(code(&transcript), Some(ErrorCode::RefusedByServer));

    let early = |input: &str| {
        drive(client(|s| s.hand_off = HandOff::AfterGreeting), &[input.as_bytes()], Attempts(vec![], false))
    };
    assert_eq!(early("* OK hi\r\n* X").ending, Ending::HandedOff(b"* X".to_vec()));
    assert_eq!(code(&early("* BYE hi\r\n")), Some(ErrorCode::RefusedByServer));
}

/// IMAP-01: PREAUTH says that the server knows the client by its certificate. It cannot, where none
/// has been shown: a server that says so lets the client believe that it is somebody.
#[test]
fn preauth_is_believed_of_a_client_with_a_certificate() {
    const GREETED: &str = "Greeting(Imap(Greeting { condition: PreAuth, code: None, text: \"hi\" }))";
    let run = |hand_off, certificate_shown| {
        let machine = client(|s| s.hand_off = hand_off)
            .told(Particulars { certificate_shown, ..Particulars::default() });
        drive(machine, &[b"* PREAUTH hi\r\n* 1 EXISTS\r\n"], Attempts(vec![], false))
    };
    let handed_off = Ending::HandedOff(b"* 1 EXISTS\r\n".to_vec());
    for hand_off in [HandOff::AfterGreeting, HandOff::AfterAuthentication] {
        let transcript = run(hand_off, true);
        assert_eq!(transcript.events, [GREETED, "Authenticated"]);
        assert_eq!(transcript.ending, handed_off);
    }
    let transcript = run(HandOff::AfterGreeting, false);
    assert_eq!(transcript.events, [GREETED]);
    assert_eq!(transcript.ending, handed_off);

    let transcript = run(HandOff::AfterAuthentication, false);
    assert_eq!(transcript.events, [GREETED]);
    let reason = "PREAUTH for a client that has shown no certificate";
    assert_eq!(transcript.ending, Ending::Failed(Fault::new(ErrorCode::Syntax, reason)));
    assert_eq!(transcript.output, "");
}

/// With a floor only SCRAM shows that the server is the right one, whatever certificate it has had.
#[test]
fn preauth_is_below_every_floor() {
    for floor in [MechanismFloor::Scram, MechanismFloor::BoundScram] {
        let run = |hand_off| {
            let machine = client(|s| (s.hand_off, s.mechanism_floor) = (hand_off, floor))
                .told(Particulars { certificate_shown: true, ..Particulars::default() });
            drive(machine, &[b"* PREAUTH hi\r\n"], Attempts(vec![], false))
        };
        let transcript = run(HandOff::AfterAuthentication);
        assert_eq!(code(&transcript), Some(ErrorCode::ServerNotProved));
        assert_eq!((transcript.events.len(), transcript.output.as_str()), (1, ""));
        // What a greeting is worth the host decides here.
        let transcript = run(HandOff::AfterGreeting);
        assert_eq!((transcript.events.len(), transcript.ending), (1, Ending::HandedOff(vec![])));
    }
}

#[test]
fn what_is_no_greeting() {
    for bad in ["a1 OK x\r\n", "+ x\r\n", "* CAPABILITY A\r\n", "* 1 EXISTS\r\n", "220 hi\r\n", "\r\n"] {
        let transcript = run(bad, vec![]);
        assert_eq!(code(&transcript), Some(ErrorCode::Syntax), "{bad}");
        assert!(transcript.events.is_empty() && transcript.output.is_empty());
    }
    for other in [&b"HTTP/1.1 400 Bad Request\r\n"[..], b"\x15\x03\x01\x00\x02", b"SSH-"] {
        assert_eq!(code(&run(other, vec![])), Some(ErrorCode::ForeignProtocol));
    }
}

#[test]
fn capabilities_are_asked_for() {
    let told = "Capabilities(Capabilities { items: [\"IMAP4rev1\", \"X\"] })";
    for answer in [
        "* CAPABILITY IMAP4rev1 X\r\na1 OK done\r\n",
        "* OK [ALERT] x\r\n* 3 EXISTS\r\n* CAPABILITY IMAP4rev1 X\r\na1 OK done\r\n",
        "a1 OK [CAPABILITY IMAP4rev1 X] done\r\n",
    ] {
        let transcript = run(format!("* OK hi\r\n{answer}"), vec![]);
        assert_eq!(transcript.output, "a1 CAPABILITY\r\n");
        assert_eq!(transcript.events[1..], [told]);
        assert_eq!(transcript.ending, Ending::WaitsForHost);
    }
    for (answer, why) in [
        ("a1 OK done\r\n", ErrorCode::Syntax),
        ("a2 OK done\r\n", ErrorCode::Syntax),
        ("+ go on\r\n", ErrorCode::Syntax),
        ("* PREAUTH x\r\n", ErrorCode::Syntax),
        ("a1 NO never\r\n", ErrorCode::RefusedByServer),
        ("* BYE now\r\n", ErrorCode::RefusedByServer),
    ] {
        assert_eq!(code(&run(format!("* OK hi\r\n{answer}"), vec![])), Some(why), "{answer}");
    }
}

#[test]
fn login_in_every_form() {
    let sent = |user: &str, password: &[u8], answers: &str| {
        let credentials = Credentials::new(Mechanism::Password, user, password.into());
        let (output, transcript) = attempt(OFFERS, &format!("{answers}a1 OK done\r\nrest"), credentials);
        assert_eq!(transcript.events.last().map(String::as_str), Some("Authenticated"));
        assert_eq!(transcript.ending, Ending::HandedOff(b"rest".to_vec()));
        output
    };
    assert_eq!(sent("tim", b"a \"b\\", ""), "a1 LOGIN \"tim\" \"a \\\"b\\\\\"\r\n");
    assert_eq!(sent("tim", b"a\r\n", "+ \r\n"), "a1 LOGIN \"tim\" {3}\r\na\r\n\r\n");
    assert_eq!(
        sent("t\u{ef}m", "\u{e9}".as_bytes(), "+ ok\r\n* 1 EXISTS\r\n+\r\n"),
        "a1 LOGIN {4}\r\nt\u{ef}m {2}\r\n\u{e9}\r\n"
    );
}

#[test]
fn authenticate_in_every_form() {
    let sent = |greeting: &str, answers: &str, mechanism| {
        let (output, transcript) =
            attempt(greeting, &format!("{answers}a1 OK [CAPABILITY X] done\r\n"), tim(mechanism));
        assert_eq!(transcript.ending, Ending::HandedOff(vec![]));
        output
    };
    assert_eq!(sent(OFFERS, "", Mechanism::Plain), "a1 AUTHENTICATE PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n");
    assert_eq!(
        sent(NO_IR, "+ \r\n", Mechanism::Plain),
        "a1 AUTHENTICATE PLAIN\r\nAHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n"
    );
    assert_eq!(
        sent(OFFERS, "+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n", Mechanism::Login),
        "a1 AUTHENTICATE LOGIN\r\ndGlt\r\ndGFuc3RhYWZ0YW5zdGFhZg==\r\n"
    );
}

#[test]
fn refusals_leave_room_for_another_attempt() {
    let answers =
        "a1 NO [AUTHENTICATIONFAILED] no\r\na2 NO [UNAVAILABLE] later\r\na3 BAD what\r\na4 OK yes\r\n";
    let transcript = run(
        format!("{OFFERS}{answers}"),
        vec![tim(Mechanism::Password), tim(Mechanism::Plain), tim(Mechanism::Login), tim(Mechanism::Plain)],
    );
    assert_eq!(
        transcript.events[2..],
        [
            "Refused(Refusal { code: Some(\"AUTHENTICATIONFAILED\"), text: \"no\", temporary: false })",
            "Refused(Refusal { code: Some(\"UNAVAILABLE\"), text: \"later\", temporary: true })",
            "Refused(Refusal { code: None, text: \"what\", temporary: false })",
            "Authenticated",
        ]
    );
    assert_eq!(transcript.ending, Ending::HandedOff(vec![]));
}

#[test]
fn misuse_changes_nothing() {
    let disabled = "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n";
    let with = |user: &str, password: &str| Credentials::new(Mechanism::Password, user, password.into());
    for mechanism in [Mechanism::Password, Mechanism::Plain, Mechanism::Login] {
        assert_eq!(misuse(disabled, tim(mechanism)), "the server does not offer this mechanism");
    }
    assert_eq!(misuse(OFFERS, with("", "p")), "an identity is empty or holds NUL");
    assert_eq!(misuse(OFFERS, with("u", "a\0b")), "the password is empty or holds NUL");
    assert_eq!(misuse(OFFERS, with("u", "")), "the password is empty or holds NUL");
    assert_eq!(
        misuse(OFFERS, with("u", "p").with_authorization_identity("x")),
        "LOGIN has no authorization identity"
    );
    let (machine, why) =
        client(|_| {}).authenticate(tim(Mechanism::Plain), &mut Effects::default()).err().unwrap();
    assert_eq!(why, "not while another command runs");
    assert!(!machine.waits_for_host());
}

#[test]
fn exchanges_that_go_wrong() {
    // Not base64 where it matters, and a challenge too many: cancelled.
    for (challenges, mechanism) in
        [("+ \r\n+ !\r\n", Mechanism::XOAuth2), ("+ \r\n+ \r\n+ \r\n", Mechanism::Login)]
    {
        let (output, transcript) =
            attempt(NO_IR, &format!("{challenges}a1 BAD cancelled\r\n"), tim(mechanism));
        assert!(output.ends_with("\r\n*\r\n"), "{output}");
        assert!(transcript.events[2].starts_with("Refused("));
        assert_eq!(transcript.ending, Ending::WaitsForHost);
    }
    // Success too early or after a cancel, a challenge after it, literals not asked for.
    for (answers, mechanism) in [
        ("a1 OK done\r\n", Mechanism::Login),
        ("+ \r\na1 OK done\r\n", Mechanism::Login),
        ("+ \r\n+ !\r\na1 OK done\r\n", Mechanism::XOAuth2),
        ("+ \r\n+ !\r\n+ \r\n", Mechanism::XOAuth2),
        ("+ go on\r\n", Mechanism::Password),
    ] {
        let (_, transcript) = attempt(NO_IR, answers, tim(mechanism));
        assert_eq!(code(&transcript), Some(ErrorCode::Syntax), "{answers}");
        assert!(!transcript.events.iter().any(|e| e == "Authenticated"));
    }
    let unsent = Credentials::new(Mechanism::Password, "tim", "\u{e9}".into());
    assert_eq!(code(&attempt(OFFERS, "a1 OK done\r\n", unsent).1), Some(ErrorCode::Syntax));
    let transcript = drive(
        client(|s| s.limits.sasl_rounds = 1),
        &[format!("{NO_IR}+ \r\n+ \r\n").as_bytes()],
        Attempts(vec![tim(Mechanism::Login)], false),
    );
    assert_eq!(code(&transcript), Some(ErrorCode::LimitExceeded));
    let (_, transcript) = attempt(OFFERS, "* BYE bad luck\r\n", tim(Mechanism::Plain));
    assert_eq!(transcript.ending, Ending::Failed(refused_by_server("bad luck")));
}

#[test]
fn log_out() {
    for answer in ["* BYE bye\r\na1 OK done\r\n", "* 1 EXISTS\r\na1 OK done\r\n", "a1 BAD what\r\n"] {
        let input = format!("{OFFERS}{answer}");
        let transcript = drive(client(|_| {}), &[input.as_bytes()], Attempts(vec![], true));
        assert_eq!(transcript.output, "a1 LOGOUT\r\n");
        assert_eq!(transcript.ending, Ending::Ended);
    }
    let input = format!("{OFFERS}* BYE bye\r\n");
    let transcript = drive(client(|_| {}), &[input.as_bytes()], Attempts(vec![], true));
    assert_eq!(transcript.ending, Ending::WaitsForPeer);
}

#[test]
fn what_is_said_unasked() {
    let said =
        |words: &str| drive(client(|_| {}), &[OFFERS.as_bytes(), words.as_bytes()], Attempts(vec![], false));
    for fine in [
        "* OK still here\r\n",
        "* CAPABILITY X\r\n",
        "* 3 EXISTS\r\n",
        "* X {5}\r\n* BYE {0}\r\n z\r\n",
        "* X {3}\r\na",
    ] {
        let transcript = said(fine);
        assert_eq!(transcript.ending, Ending::WaitsForHost, "{fine}");
        assert_eq!(transcript.events.len(), 2);
    }
    assert_eq!(said("* BYE idle\r\n").ending, Ending::Failed(refused_by_server("idle")));
    for bad in ["a1 OK x\r\n", "+ x\r\n", "x\r\n", "* PREAUTH x\r\n"] {
        assert_eq!(code(&said(bad)), Some(ErrorCode::Syntax), "{bad}");
    }
    assert_eq!(code(&said("* X {4097}\r\n")), Some(ErrorCode::LimitExceeded));
    assert_eq!(code(&said("* X {99999999999999999999}\r\n")), Some(ErrorCode::LimitExceeded));
    assert_eq!(code(&said(&"* 1 EXISTS\r\n".repeat(128))), Some(ErrorCode::LimitExceeded));
    assert_eq!(code(&said(&"* X {1}\r\nx".repeat(128))), Some(ErrorCode::LimitExceeded));
}

#[test]
fn lines_that_are_none() {
    let long = format!("* OK {}\r\n", "x".repeat(8192));
    assert_eq!(code(&run(&long, vec![])), Some(ErrorCode::LimitExceeded));
    for bad in [&b"* OK hi\n"[..], b"* OK\rhi\r\n", b"* OK \0\r\n"] {
        assert_eq!(code(&run(bad, vec![])), Some(ErrorCode::Syntax));
        let later = [OFFERS.as_bytes(), bad].concat();
        assert_eq!(code(&run(later, vec![tim(Mechanism::Plain)])), Some(ErrorCode::Syntax));
    }
    let transcript = run(b"* OK h\xe9\r\n", vec![]);
    assert!(transcript.events[0].contains("text: \"h?\""));
}

#[test]
fn only_a_whole_response_is_progress() {
    let (mut fx, mut input) = (Effects::default(), Buffer::default());
    let mut machine = client(|_| {});
    input.extend(OFFERS.as_bytes());
    let script = [("", true), ("* X {1}", false), ("\r\n", false), ("x", false), (" y\r\n", true)];
    for (bytes, progress) in script {
        fx.progress = false;
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

/// The server's halves of sessions, with two attempts and a log-out.
const SESSIONS: [&str; 5] = [
    "* OK hi\r\n* X {3}\r\n\r\n\n z\r\n* CAPABILITY AUTH=PLAIN AUTH=LOGIN\r\na1 OK done\r\n+ \r\na2 NO [X y] no\r\n+ \r\n+ \r\na3 OK done\r\n* 1",
    "* OK [CAPABILITY SASL-IR AUTH=PLAIN AUTH=LOGIN] hi\r\na1 NO no\r\n+ \r\n* BYE x\r\na2",
    "* OK [CAPABILITY AUTH=PLAIN AUTH=LOGIN] hi\r\n+ \r\na1 NO no\r\n+ !\r\na2 BAD no\r\n* BYE bye\r\na3 OK done\r\n",
    "* PREAUTH hi\r\nrest",
    "HTTP/1.1 400 Bad\r\n",
];

fn chunked(session: &[u8], cuts: &[usize]) -> Transcript {
    let mut cuts: Vec<usize> = cuts.iter().map(|c| c % (session.len() + 1)).collect();
    cuts.extend([0, session.len()]);
    cuts.sort_unstable();
    let chunks: Vec<&[u8]> = cuts.windows(2).map(|w| &session[w[0]..w[1]]).collect();
    drive(client(|_| {}), &chunks, Attempts(vec![tim(Mechanism::Plain), tim(Mechanism::Login)], true))
}

#[test]
fn byte_at_a_time_and_cut_anywhere() {
    for session in SESSIONS.map(str::as_bytes) {
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
    fn chunks_make_no_difference(which in 0usize..5, cuts in vec(any::<usize>(), 0..12)) {
        let session = SESSIONS[which].as_bytes();
        prop_assert_eq!(chunked(session, &cuts), chunked(session, &[]));
    }

    /// Whatever comes: no panic, and the same in any chunking as long as the host always acts.
    #[test]
    fn any_bytes(words in vec(prop_oneof![
        12 => proptest::sample::select(vec![
            "* ", "OK ", "BYE ", "a1 OK\r\n", "a2 OK\r\n", "a1 NO x\r\n", "+ \r\n", "+ !\r\n", "\r\n", "{1}\r\n", "{9999}\r\n",
            "* OK [CAPABILITY AUTH=PLAIN AUTH=LOGIN] x\r\n", "* CAPABILITY AUTH=PLAIN AUTH=LOGIN\r\n", "* X {2}\r\n", "x", "[", "]",
        ]).prop_map(|w| w.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 1..4),
    ], 0..20), cuts in vec(any::<usize>(), 0..8)) {
        let bytes = [b"* OK [CAPABILITY AUTH=PLAIN AUTH=LOGIN] hi\r\n", &*words.concat()].concat();
        prop_assert_eq!(chunked(&bytes, &cuts), chunked(&bytes, &[]));
        let _ = run(words.concat(), vec![]);
    }
}
