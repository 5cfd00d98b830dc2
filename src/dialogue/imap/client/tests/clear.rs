//! The client's machine before STARTTLS: whatever a server, or whoever stands between, says.

use super::*;
use crate::tls::policy::Confidential;

const OFFER: &str = "* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n";
const USES: [StartTlsUse; 2] = [StartTlsUse::Required, StartTlsUse::Opportunistic];

fn clear(starttls: StartTlsUse) -> Client {
    let settings = ClientSettings { starttls, ..ClientSettings::default() };
    Client::new(Arc::new(settings), Protection::Clear { starttls: true })
}

fn hear(starttls: StartTlsUse, said: impl AsRef<[u8]>) -> Transcript {
    drive(clear(starttls), &[said.as_ref()], Attempts(vec![], false))
}

/// Asserts what is sent and that it ends with this fault, without an event, in both uses.
fn fails(said: impl AsRef<[u8]>, sent: &str, code: ErrorCode, reason: &str) {
    for starttls in USES {
        let transcript = hear(starttls, said.as_ref());
        assert_eq!((&*transcript.output, transcript.events.len()), (sent, 0));
        assert_eq!(transcript.ending, Ending::Failed(Fault::new(code, reason)));
    }
}

#[test]
fn starttls_is_asked_for() {
    for (said, sent) in [
        (format!("{OFFER}a1 OK go\r\n"), "a1 STARTTLS\r\n"),
        (
            "* OK hi\r\n* CAPABILITY IMAP4rev1 starttls\r\na1 OK done\r\na2 OK [ALERT] go\r\n".into(),
            "a1 CAPABILITY\r\na2 STARTTLS\r\n",
        ),
        (
            "* OK [CAPABILITY IMAP4rev1] hi\r\na1 OK [CAPABILITY STARTTLS] done\r\na2 OK go\r\n".into(),
            "a1 CAPABILITY\r\na2 STARTTLS\r\n",
        ),
    ] {
        for starttls in USES {
            let transcript = hear(starttls, &said);
            assert_eq!((&*transcript.output, transcript.events.len()), (sent, 0));
            assert_eq!(transcript.ending, Ending::StartsTls(vec![]));
        }
    }
    for said in ["", "* OK hi\r\n", OFFER, "* OK hi\r\n* CAPABILITY STARTTLS\r\n"] {
        let transcript = hear(StartTlsUse::Opportunistic, said);
        assert_eq!((transcript.ending, transcript.events.len()), (Ending::WaitsForPeer, 0));
    }
}

/// The response injection of the NO STARTTLS study.
#[test]
fn nothing_may_follow_the_go_ahead() {
    let reason =
        "the server sent data after its response to STARTTLS and before TLS (injection? possible attack)";
    for behind in [
        "x",
        "\r\n",
        "\x16\x03\x03",
        "* CAPABILITY AUTH=PLAIN\r\n",
        "* CAPABILITY AUTH=PLAIN\r\na1 OK done\r\n",
        "* CAPABILITY AUTH=PLAIN\r\na1 OK done\r\n* OK [ALERT] x\r\n",
    ] {
        fails(format!("{OFFER}a1 OK go\r\n{behind}"), "a1 STARTTLS\r\n", ErrorCode::DataBeforeTls, reason);
    }
}

#[test]
fn where_starttls_is_not_to_be_had() {
    for (said, sent, reason) in [
        (
            "* OK [CAPABILITY AUTH=PLAIN] hi\r\n* CAPABILITY AUTH=PLAIN\r\na1 OK done\r\n",
            "a1 CAPABILITY\r\n",
            "the server does not offer STARTTLS",
        ),
        ("* OK hi\r\na1 OK done\r\n", "a1 CAPABILITY\r\n", "the server does not offer STARTTLS"),
        ("* OK hi\r\na1 BAD wh\x07t\r\n", "a1 CAPABILITY\r\n", "the server refuses CAPABILITY: wh?t"),
        (
            "* OK [CAPABILITY STARTTLS] hi\r\na1 NO [UNAVAILABLE] later\r\n",
            "a1 STARTTLS\r\n",
            "the server refuses STARTTLS: later",
        ),
        (
            "* OK [CAPABILITY STARTTLS] hi\r\na1 BAD what\r\n",
            "a1 STARTTLS\r\n",
            "the server refuses STARTTLS: what",
        ),
    ] {
        let transcript = hear(StartTlsUse::Required, said);
        assert_eq!((&*transcript.output, transcript.events.len()), (sent, 0));
        let fault = Fault::new(ErrorCode::StartTlsRefused, reason);
        assert_eq!(transcript.ending, Ending::Failed(fault));

        let transcript = hear(StartTlsUse::Opportunistic, said);
        assert_eq!(transcript.output, sent);
        assert_eq!(transcript.events, [format!("NotConfidential({reason:?})")]);
        assert_eq!(transcript.ending, Ending::WaitsForHost);
    }
}

#[test]
fn preauth_and_bye_end_it() {
    let reason = "the server claims PREAUTH before TLS, which rules out STARTTLS (possible attack)";
    fails("* PREAUTH hi\r\n* 1 EXISTS\r\n", "", ErrorCode::StartTlsRefused, reason);
    let refused_by = |word: &str| {
        format!(
            "the server refused the connection before TLS ({word}); its words are not shown, because anybody on \
             the way could have written them"
        )
    };
    fails("* NO [ALERT] call +49\r\n", "", ErrorCode::RefusedByServer, &refused_by("NO"));
    fails("* BAD what\r\n", "", ErrorCode::RefusedByServer, &refused_by("BAD"));
    fails("* BYE go \x1baway\r\n", "", ErrorCode::RefusedByServer, &refused_by("BYE"));
    fails("* OK hi\r\n* BYE now\r\n", "a1 CAPABILITY\r\n", ErrorCode::RefusedByServer, &refused_by("BYE"));
    let late = format!("{OFFER}* BYE now\r\na1 OK go\r\n");
    fails(late, "a1 STARTTLS\r\n", ErrorCode::RefusedByServer, &refused_by("BYE"));
    fails("HTTP/1.1 400 x\r\n", "", ErrorCode::ForeignProtocol, "the server speaks HTTP");
}

#[test]
fn what_cannot_be_read_ends_it() {
    for (said, reason) in [
        ("* CAPABILITY X\r\n", "not a greeting"),
        ("* 1 EXISTS\r\n", "not a greeting"),
        ("a1 OK hi\r\n", "not a greeting"),
        ("220 hi\r\n", "not a response: 220 hi"),
        ("* OK hi\n", "line ends with a bare LF"),
        ("* OK hi\r\na9 OK x\r\n", "an answer to another command"),
        ("* OK [CAPABILITY STARTTLS] hi\r\na2 OK x\r\n", "an answer to another command"),
        ("* OK [CAPABILITY STARTTLS] hi\r\n+ x\r\n", "nothing to continue"),
        ("* OK [CAPABILITY STARTTLS] hi\r\n* PREAUTH x\r\n", "PREAUTH after the greeting"),
        ("* OK [CAPABILITY STARTTLS] hi\r\na1 FINE\r\n", "not a response: a1 FINE"),
        ("* OK [CAPABILITY STARTTLS] hi\r\na1 OK\0\r\n", "NUL byte in a line"),
    ] {
        for (starttls, code) in USES.into_iter().zip([ErrorCode::StartTlsRefused, ErrorCode::Syntax]) {
            let transcript = hear(starttls, said);
            assert_eq!(transcript.ending, Ending::Failed(Fault::new(code, reason)), "{said}");
            assert!(transcript.events.is_empty());
        }
    }
}

#[test]
fn data_that_nobody_asked_for_is_passed_over() {
    let noise = "* OK [ALERT] pay here\r\n* NO [REFERRAL imap://x/] x\r\n* BAD x\r\n* CAPABILITY AUTH=PLAIN\r\n\
        * LIST () \"/\" {10}\r\na1 OK go\r\n y\r\n* 9 EXISTS\r\n";
    let transcript = hear(StartTlsUse::Required, format!("{OFFER}{noise}a1 OK go\r\n"));
    assert_eq!((transcript.ending, transcript.events.len()), (Ending::StartsTls(vec![]), 0));
    for flood in ["* 1 EXISTS\r\n".repeat(129), "* X {4097}\r\n".into(), "x".repeat(8192)] {
        let transcript = hear(StartTlsUse::Required, format!("{OFFER}{flood}"));
        assert_eq!(code(&transcript), Some(ErrorCode::LimitExceeded));
        assert!(transcript.events.is_empty());
    }
}

/// The host may log out, and no more than that.
#[test]
fn without_tls_there_is_only_log_out() {
    let none = "* OK hi\r\n* CAPABILITY AUTH=PLAIN AUTH=LOGIN\r\na1 OK done\r\n";
    for mechanism in [Mechanism::Plain, Mechanism::Login, Mechanism::Password] {
        let (mut fx, mut input) = (Effects::default(), Buffer::default());
        let refuse = |machine: Client, fx: &mut Effects| match machine.authenticate(tim(mechanism), fx) {
            Err((machine, misuse)) if misuse == "not confidential" => machine,
            _ => panic!("accepted"),
        };
        let machine = refuse(clear(StartTlsUse::Opportunistic), &mut fx);
        input.extend(none.as_bytes());
        let mut step = machine.receive(&mut input, &mut fx);
        while let Ok(Step::More(machine)) = step {
            step = machine.receive(&mut input, &mut fx);
        }
        let Ok(Step::Wait(machine)) = step else { panic!("no wait") };
        assert!(refuse(machine, &mut fx).waits_for_host());
        assert_eq!(fx.output.as_slice(), b"a1 CAPABILITY\r\n");
        assert_eq!(fx.events.len(), 1);
    }
    let input = format!("{none}* BYE bye\r\na2 OK done\r\n");
    let transcript = drive(clear(StartTlsUse::Opportunistic), &[input.as_bytes()], Attempts(vec![], true));
    assert_eq!(transcript.output, "a1 CAPABILITY\r\na2 LOGOUT\r\n");
    assert_eq!((transcript.ending, transcript.events.len()), (Ending::Ended, 1));
}

#[test]
fn inside_tls_the_client_begins() {
    let proof = Confidential::for_test();
    let inside = |said: &str| {
        let protection = Protection::Confidential { proof, greeting: false };
        let machine = Client::new(Arc::new(ClientSettings::default()), protection);
        drive(machine, &[said.as_bytes()], Attempts(vec![], false))
    };
    let transcript = inside("");
    assert_eq!((&*transcript.output, transcript.ending), ("a1 CAPABILITY\r\n", Ending::WaitsForPeer));
    let transcript = inside("* CAPABILITY X\r\na1 OK done\r\n");
    assert_eq!(transcript.events, ["Capabilities(Capabilities { items: [\"X\"] })"]);
    assert_eq!(transcript.ending, Ending::WaitsForHost);
    assert_eq!(code(&inside("* PREAUTH hi\r\n")), Some(ErrorCode::Syntax));
}

#[test]
fn chunks_make_no_difference_before_tls() {
    let session = b"* OK [ALERT] hi\r\n* X {3}\r\n\r\n\n y\r\n* CAPABILITY STARTTLS\r\na1 OK done\r\n* 1 EXISTS\r\na2 OK go\r\n";
    let hear = |chunks: &[&[u8]]| drive(clear(StartTlsUse::Required), chunks, Attempts(vec![], false));
    let whole = hear(&[session]);
    assert_eq!(whole.ending, Ending::StartsTls(vec![]));
    assert_eq!(hear(&session.chunks(1).collect::<Vec<_>>()), whole);
    // Only right behind the go-ahead does a boundary count: there the connection already begins
    // TLS, and meets what comes later as a record that is none. Nowhere is it read as a response.
    let behind = [session, &b"* CAPABILITY AUTH=PLAIN\r\n"[..]].concat();
    for cut in 0..=behind.len() {
        let (before, after) = behind.split_at(cut);
        let transcript = hear(&[before, after]);
        assert_eq!((&transcript.output, transcript.events.len()), (&whole.output, 0));
        if cut == session.len() {
            assert_eq!(transcript.ending, Ending::StartsTls(after.to_vec()));
        } else {
            assert_eq!(code(&transcript), Some(ErrorCode::DataBeforeTls));
        }
    }
}

fn any_line() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "* OK hi\r\n",
        "* OK [CAPABILITY STARTTLS AUTH=PLAIN] hi\r\n",
        "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n",
        "* CAPABILITY IMAP4rev1 STARTTLS\r\n",
        "* NO [ALERT] x\r\n",
        "* 3 EXISTS\r\n",
        "* X {2}\r\n",
        "a1 OK x\r\n",
        "a1 OK [CAPABILITY STARTTLS] x\r\n",
        "a1 NO x\r\n",
        "a2 OK x\r\n",
        "a2 BAD x\r\n",
        "* PREAUTH x\r\n",
        "* BYE x\r\n",
        "+ x\r\n",
        "\r\n",
    ])
}

proptest! {
    /// Nothing is told but, where TLS may be missing, that it is; nothing is sent but on the way to it.
    #[test]
    fn nothing_comes_of_anything(lines in vec(any_line(), 0..12), required: bool, one_by_one: bool) {
        let starttls = USES[usize::from(!required)];
        let said = [&["* OK hi\r\n"], &*lines].concat();
        let all = said.concat();
        let chunks: Vec<&[u8]> =
            if one_by_one { said.iter().map(|line| line.as_bytes()).collect() } else { vec![all.as_bytes()] };
        let transcript = drive(clear(starttls), &chunks, Attempts(vec![], false));
        prop_assert!(transcript.events.len() <= usize::from(!required));
        prop_assert!(transcript.events.iter().all(|event| event.starts_with("NotConfidential(")));
        prop_assert!("a1 CAPABILITY\r\na2 STARTTLS\r\n".starts_with(&transcript.output));
        match transcript.ending {
            Ending::HandedOff(_) | Ending::Ended => prop_assert!(false, "no way to be trusted"),
            Ending::StartsTls(behind) => prop_assert!(behind.is_empty() || one_by_one),
            Ending::WaitsForHost => prop_assert!(!required && transcript.events.len() == 1),
            Ending::WaitsForPeer | Ending::Failed(_) => {}
        }
    }
}
