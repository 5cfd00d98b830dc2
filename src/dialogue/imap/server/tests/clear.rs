//! The server's machine before STARTTLS: nothing but TLS leads on, whoever says whatever.

use super::*;

const OFFER: &str = "* OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL- ID STARTTLS LOGINDISABLED] ready\r\n";
const GO_AHEAD: &str = "begin TLS negotiation now\r\n";
const PRIVACY: &str = "NO [PRIVACYREQUIRED] not in clear, begin TLS first\r\n";

fn clear(starttls: bool) -> Server {
    Server::new(settings(|_| {}), Protection::Clear { starttls })
}

/// What the server answers in clear after its greeting. No host is ever asked.
fn answer(input: impl AsRef<[u8]>) -> (String, Ending) {
    in_chunks(&[input.as_ref()])
}

fn in_chunks(chunks: &[&[u8]]) -> (String, Ending) {
    let transcript = drive(clear(true), chunks, Decisions(vec![Decision::Accept]));
    assert!(transcript.events.is_empty(), "{transcript:?}");
    (transcript.output.strip_prefix(OFFER).expect("the greeting").to_owned(), transcript.ending)
}

fn goes_on(input: impl AsRef<[u8]>, expected: &str) {
    assert_eq!(answer(input), (expected.to_owned(), Ending::WaitsForPeer));
}

fn data_before_tls() -> Ending {
    Ending::Failed(Fault::new(
        ErrorCode::DataBeforeTls,
        "the client sent data after STARTTLS and before TLS (injection? possible attack)",
    ))
}

#[test]
fn greeting_and_capabilities() {
    let list = "CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL- ID STARTTLS LOGINDISABLED";
    goes_on("a CAPABILITY\r\n", &format!("* {list}\r\na OK completed\r\n"));
    // What is offered inside TLS is not told in clear, and STARTTLS not where it would fail.
    let own = settings(|s| s.imap_capabilities = vec!["AUTH=X".into()]);
    for (starttls, list) in [(true, list.to_owned()), (false, list.replace(" STARTTLS", ""))] {
        let machine = Server::new(own.clone(), Protection::Clear { starttls });
        let transcript = drive(machine, &[b"a CAPABILITY\r\n"], Decisions(vec![]));
        assert_eq!(transcript.output, format!("* OK [{list}] ready\r\n* {list}\r\na OK completed\r\n"));
    }
}

#[test]
fn commands_of_any_state() {
    goes_on("a NOOP\r\n", "a OK completed\r\n");
    goes_on("a ID (\"name\" \"x\")\r\n", "* ID NIL\r\na OK completed\r\n");
    goes_on("a SELECT INBOX\r\n", "a BAD log in first\r\n");
    goes_on("a X\r\n", "a BAD unknown command\r\n");
    goes_on("a STARTTLS x\r\n", "a BAD invalid arguments\r\n");
    goes_on("a STARTTLS {3+}\r\nabc\r\n", "a BAD invalid arguments\r\n");
    assert_eq!(answer("a LOGOUT\r\nx"), ("* BYE logging out\r\na OK completed\r\n".into(), Ending::Ended));
}

#[test]
fn starttls_is_agreed_on() {
    for tls in ["a STARTTLS\r\n", "a starttls\r\n"] {
        assert_eq!(answer(tls), (format!("a OK {GO_AHEAD}"), Ending::StartsTls(vec![])));
    }
    let after_others = answer("a NOOP\r\nb LOGIN u p\r\nc STARTTLS\r\n");
    let expected = format!("a OK completed\r\nb {PRIVACY}c OK {GO_AHEAD}");
    assert_eq!(after_others, (expected, Ending::StartsTls(vec![])));
}

#[test]
fn starttls_is_refused_where_it_would_fail() {
    let transcript = drive(clear(false), &[b"a STARTTLS\r\nb NOOP\r\n"], Decisions(vec![]));
    assert!(transcript.output.ends_with(
        "LOGINDISABLED] ready\r\na NO [CANNOT] STARTTLS is not available here\r\nb OK completed\r\n"
    ));
    assert_eq!(transcript.ending, Ending::WaitsForPeer);
    let transcript = drive(clear(false), &[b"a LOGIN u p\r\n"], Decisions(vec![Decision::Accept]));
    assert!(transcript.output.ends_with(&format!("ready\r\na {PRIVACY}")) && transcript.events.is_empty());
}

/// The command injection of 2011.
#[test]
fn nothing_may_follow_starttls() {
    let refusal = "a BAD nothing may follow STARTTLS but TLS\r\n* BYE closing the connection\r\n";
    for behind in [
        "b",
        "\r\n",
        "\0",
        "\x16\x03\x01",
        "b NOOP\r\n",
        "b NOOP\r\nc LOGIN u p\r\n",
        "b NOOP\r\nc LOGIN u p\r\nd SELECT INBOX\r\n",
        "b STARTTLS\r\n",
    ] {
        assert_eq!(answer(format!("a STARTTLS\r\n{behind}")), (refusal.into(), data_before_tls()));
    }
}

#[test]
fn nobody_authenticates_in_clear() {
    for command in [
        "LOGIN u sesame",
        "login \"u\" \"sesame\"",
        "LOGIN u",
        "LOGIN",
        "LOGIN u {6+}\r\nsesame",
        "LOGIN {1+}\r\nu {6+}\r\nsesame",
        "LOGIN u {6}",
        "LOGIN {99999999999999999999}",
        "AUTHENTICATE PLAIN",
        "AUTHENTICATE PLAIN AHUAc2VzYW1l",
        "authenticate login dQ==",
        "AUTHENTICATE GSSAPI",
        "AUTHENTICATE",
    ] {
        goes_on(format!("a {command}\r\nb NOOP\r\n"), &format!("a {PRIVACY}b OK completed\r\n"));
    }
    // A response to a challenge that was not sent is not repeated as a tag.
    goes_on(
        "a AUTHENTICATE PLAIN\r\nAHUAc2VzYW1l\r\n",
        &format!("a {PRIVACY}* BAD a command has a short tag and a name\r\n"),
    );
}

#[test]
fn what_is_swallowed_in_clear_is_bounded() {
    for literal in ["{4097+}", "{99999999999999999999+}"] {
        let (output, ending) = answer(format!("a LOGIN {literal}\r\n"));
        assert_eq!(output, "* BYE [TOOBIG] literal too big\r\n");
        assert!(matches!(ending, Ending::Failed(fault) if fault.code == ErrorCode::LimitExceeded));
    }
    let literal = format!("{{4096+}}\r\n{}", "x".repeat(4096));
    let (output, ending) = answer(format!("a LOGIN {}", literal.repeat(4)));
    assert_eq!(output, "* BYE [TOOBIG] literal too big\r\n");
    assert!(matches!(ending, Ending::Failed(fault) if fault.code == ErrorCode::LimitExceeded));
    // What is swallowed is wiped at once: the machine keeps nothing of it.
    let (mut fx, mut input) = (Effects::default(), Buffer::default());
    input.extend(b"a LOGIN tim {6+}\r\nses");
    let mut step = clear(true).receive(&mut input, &mut fx);
    while let Ok(Step::More(machine)) = step {
        step = machine.receive(&mut input, &mut fx);
    }
    let Ok(Step::Wait(Server { state: State::Command(partial), .. })) = step else { panic!("no wait") };
    assert!(input.is_empty() && partial.is_forgotten());
}

#[test]
fn refusals_are_counted() {
    for command in ["a LOGIN u p\r\n", "a AUTHENTICATE PLAIN\r\n"] {
        let (output, ending) = answer(command.repeat(11));
        assert_eq!(output, format!("a {PRIVACY}").repeat(10) + "* BYE too many bad commands\r\n");
        assert!(matches!(ending, Ending::Failed(fault) if fault.code == ErrorCode::TooManyErrors));
    }
}

#[test]
fn inside_tls_the_client_begins() {
    let proof = Confidential::for_test();
    let machine = || Server::new(settings(|_| {}), Protection::Confidential { proof, greeting: false });
    let transcript = drive(machine(), &[], Decisions(vec![]));
    assert_eq!((&*transcript.output, transcript.ending), ("", Ending::WaitsForPeer));
    let input = b"a CAPABILITY\r\nb STARTTLS\r\nc NOOP\r\nd LOGIN u p\r\n";
    let transcript = drive(machine(), &[input], Decisions(vec![Decision::Accept]));
    let list = "IMAP4rev1 IMAP4rev2 SASL-IR LITERAL- ID AUTH=PLAIN AUTH=LOGIN";
    assert_eq!(
        transcript.output,
        format!(
            "* CAPABILITY {list}\r\na OK completed\r\nb BAD TLS is up already\r\nc OK completed\r\n\
             d OK logged in\r\n"
        )
    );
    assert_eq!(transcript.ending, Ending::HandedOff(vec![]));
}

#[test]
fn chunks_make_no_difference_before_starttls() {
    let session = b"a CAPABILITY\r\nb LOGIN u {6+}\r\nsesame\r\nc LOGIN {3}\r\nd AUTHENTICATE PLAIN AA==\r\n\
        e ID (\"x\" {1}\r\ny)\r\nf STARTTLS\r\n";
    let whole = in_chunks(&[session]);
    assert_eq!(whole.1, Ending::StartsTls(vec![]));
    assert_eq!(in_chunks(&session.chunks(1).collect::<Vec<_>>()), whole);
    // Only right behind STARTTLS does a boundary count: there the connection already begins TLS,
    // and meets what comes later as a record that is none. Nowhere is it obeyed.
    let behind = [session, &b"g LOGIN u p\r\n"[..]].concat();
    for cut in 0..=behind.len() {
        let (before, after) = behind.split_at(cut);
        let (output, ending) = in_chunks(&[before, after]);
        if cut == session.len() {
            assert_eq!((output, ending), (whole.0.clone(), Ending::StartsTls(after.to_vec())));
        } else {
            assert!(!output.contains(GO_AHEAD));
            assert_eq!(ending, data_before_tls());
        }
    }
}

fn any_line() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "a CAPABILITY\r\n",
        "a NOOP\r\n",
        "a ID NIL\r\n",
        "a LOGIN u p\r\n",
        "a LOGIN u {1}\r\n",
        "a LOGIN u {1+}\r\n",
        "p\r\n",
        "a AUTHENTICATE PLAIN AHUAcA==\r\n",
        "a AUTHENTICATE LOGIN\r\n",
        "AHUAcA==\r\n",
        "*\r\n",
        "a SELECT INBOX\r\n",
        "a STARTTLS\r\n",
        "\r\n",
    ])
}

proptest! {
    /// No credentials, no events, no AUTH, no invitation; and with anything behind STARTTLS no TLS.
    #[test]
    fn nothing_comes_of_anything(lines in vec(any_line(), 0..14), one_by_one: bool) {
        let all = lines.concat();
        let (output, ending) = if one_by_one {
            in_chunks(&lines.iter().map(|line| line.as_bytes()).collect::<Vec<_>>())
        } else {
            answer(&all)
        };
        prop_assert!(!output.contains("AUTH") && !output.contains("SASL") && !output.contains("\n+"));
        prop_assert!(!output.starts_with('+') && !matches!(ending, Ending::HandedOff(_) | Ending::WaitsForHost));
        if let (Ending::StartsTls(behind), false) = (ending, one_by_one) {
            prop_assert!(behind.is_empty() && all.ends_with("a STARTTLS\r\n"));
        }
    }

    /// Right or wrong, every password meets the same words, which hold nothing of it.
    #[test]
    fn credentials_make_no_difference(
        user in "[a-z]{1,9}", password in "[a-zA-Z0-9]{8}", form in 0usize..5, cut in any::<usize>(),
    ) {
        let plain = sasl::encode(format!("\0{user}\0{password}").as_bytes());
        let input = match form {
            0 => format!("a LOGIN {user} {password}\r\n"),
            1 => format!("a LOGIN \"{user}\" {{8+}}\r\n{password}\r\n"),
            2 => format!("a LOGIN {{{}+}}\r\n{user} \"{password}\"\r\n", user.len()),
            3 => format!("a AUTHENTICATE PLAIN {}\r\n", *plain),
            _ => format!("a AUTHENTICATE LOGIN {}\r\n", *sasl::encode(user.as_bytes())),
        };
        let (before, after) = input.as_bytes().split_at(cut % (input.len() + 1));
        prop_assert_eq!(in_chunks(&[before, after]), (format!("a {PRIVACY}"), Ending::WaitsForPeer));
    }
}
