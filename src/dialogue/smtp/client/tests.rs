//! What the client says, to the byte, to each reply in each state and to bad input.

use super::*;
use crate::dialogue::Mechanism;
use crate::dialogue::testing::{Attempts, Ending, Transcript, drive};
use crate::limits::Limits;

const GREETING: &str = "220 mail.example ESMTP ready\r\n";
const EHLO: &str = "EHLO client.example\r\n";
const CAPABLE: &str = "250-mail.example at your service\r\n250-SIZE 1000\r\n250 AUTH LOGIN PLAIN\r\n";
const ACCEPTED: &str = "235 2.7.0 ok\r\n";

fn settings() -> ClientSettings {
    ClientSettings { client_name: "client.example".into(), ..ClientSettings::default() }
}

fn limited(limits: Limits) -> ClientSettings {
    ClientSettings { limits, ..settings() }
}

fn client(settings: ClientSettings) -> Client {
    Client::new(Arc::new(settings), Protection::for_test())
}

fn credentials(mechanism: Mechanism) -> Credentials {
    Credentials::new(mechanism, "tim", "secret".into())
}

/// Feeds what the server says, a turn at a time.
fn hear(settings: ClientSettings, turns: &[&str], attempts: Attempts) -> Transcript {
    let turns: Vec<&[u8]> = turns.iter().map(|turn| turn.as_bytes()).collect();
    drive(client(settings), &turns, attempts)
}

fn attempt(mechanism: Mechanism, replies: &[&str]) -> Transcript {
    let turns = [&[GREETING, CAPABLE], replies].concat();
    hear(settings(), &turns, Attempts(vec![credentials(mechanism)], false))
}

fn idle() -> Attempts {
    Attempts(Vec::new(), false)
}

fn fault(transcript: &Transcript) -> (ErrorCode, &str) {
    match &transcript.ending {
        Ending::Failed(fault) => (fault.code, &fault.reason),
        other => panic!("{other:?}"),
    }
}

/// A client to whose `EHLO` this has been answered.
fn ready(capable: &str, fx: &mut Effects) -> Client {
    let mut input = Buffer::default();
    let mut client = client(settings());
    for turn in [GREETING, capable] {
        input.extend(turn.as_bytes());
        let Ok(Step::More(next)) = client.receive(&mut input, fx) else { panic!() };
        client = next;
    }
    client
}

#[test]
fn greeting_and_capabilities_are_told() {
    let transcript = hear(settings(), &[GREETING, CAPABLE], idle());
    assert_eq!(transcript.output, EHLO);
    assert_eq!(transcript.ending, Ending::WaitsForHost);
    assert!(transcript.events[0].starts_with("Greeting(Smtp("));
    let told = "Capabilities(Capabilities { items: [\"SIZE 1000\", \"AUTH LOGIN PLAIN\"] })";
    assert_eq!(transcript.events[1..], [told]);
}

#[test]
fn the_host_may_take_over_after_the_greeting() {
    let settings = ClientSettings { hand_off: HandOff::AfterGreeting, ..settings() };
    let transcript = hear(settings, &["220-mail.example\r\n220 hi\r\nrest"], idle());
    assert_eq!((transcript.output.as_str(), transcript.events.len()), ("", 1));
    assert_eq!(transcript.ending, Ending::HandedOff(b"rest".to_vec()));
}

#[test]
fn a_server_may_refuse_to_serve() {
    for hand_off in [HandOff::AfterAuthentication, HandOff::AfterGreeting] {
        for refusal in ["554 5.7.1 go away\r\n", "421 4.3.2 later\r\n", "521 no mail\r\n"] {
            let transcript = hear(ClientSettings { hand_off, ..settings() }, &[refusal], idle());
            assert_eq!(fault(&transcript).0, ErrorCode::RefusedByServer);
            assert!(transcript.events[0].starts_with("Greeting("));
            assert_eq!(transcript.output, "");
        }
    }
}

#[test]
fn ehlo_refused_is_helo() {
    let transcript = hear(settings(), &[GREETING, "502 5.5.1 what?\r\n", "250 mail.example\r\n"], idle());
    assert_eq!(transcript.output, format!("{EHLO}HELO client.example\r\n"));
    assert_eq!(transcript.events[1], "Capabilities(Capabilities { items: [] })");
    assert_eq!(transcript.ending, Ending::WaitsForHost);

    let refused = hear(settings(), &[GREETING, "502 what?\r\n", "550 no\r\n"], idle());
    assert_eq!(fault(&refused), (ErrorCode::RefusedByServer, "the server says: 502 what?; then: 550 no"));
    let refused = hear(settings(), &[GREETING, "450 4.3.0 not now\r\n"], idle());
    assert_eq!(fault(&refused), (ErrorCode::RefusedByServer, "the server says: 450 not now"));
}

/// The words of the first refusal are the reason if the server then says no more, or refuses again.
#[test]
fn the_first_refusal_stays_the_reason() {
    let mut fx = Effects::default();
    let mut input = Buffer::default();
    input.extend(format!("{GREETING}550 5.7.1 blocked\r\n").as_bytes());
    let mut client = client(settings());
    for refusal in [None, Some("550 blocked")] {
        let Ok(Step::More(next)) = client.receive(&mut input, &mut fx) else { panic!() };
        client = next;
        assert_eq!(client.last_refusal(), refusal);
    }
    input.extend(b"250 hi\r\n");
    let Ok(Step::More(client)) = client.receive(&mut input, &mut fx) else { panic!() };
    assert_eq!(client.last_refusal(), None);
    for (second, reason) in [
        ("421 4.3.2 bye\r\n", "the server says: 550 blocked; then: 421 bye"),
        ("571\r\n", "the server says: 550 blocked; then: 571"),
    ] {
        let refused = hear(settings(), &[GREETING, "550 5.7.1 blocked\r\n", second], idle());
        assert_eq!(fault(&refused), (ErrorCode::RefusedByServer, reason));
    }
}

#[test]
fn plain_goes_with_the_command() {
    let transcript = attempt(Mechanism::Plain, &["235-2.7.0 welcome\r\n235 2.7.0 tim\r\n250 rest"]);
    assert_eq!(transcript.output, format!("{EHLO}AUTH PLAIN AHRpbQBzZWNyZXQ=\r\n"));
    assert_eq!(transcript.events[2], "Authenticated");
    assert_eq!(transcript.ending, Ending::HandedOff(b"250 rest".to_vec()));
}

/// RFC 4954 §4: the command has at most 512 octets, whatever the limits of the settings are.
#[test]
fn an_initial_response_that_does_not_fit_waits_for_the_challenge() {
    // "\0tim\0" and the password make 372 or 375 octets, and so 496 or 500 of base64.
    for (password, fits) in [(367, true), (368, false), (9000, false)] {
        let credentials = Credentials::new(Mechanism::Plain, "tim", "x".repeat(password).as_str().into());
        let response = sasl::encode(format!("\0tim\0{}", "x".repeat(password)).as_bytes());
        let (expected, replies): (_, &[&str]) = if fits {
            let command = format!("AUTH PLAIN {}\r\n", *response);
            assert!((509..=512).contains(&command.len()));
            (command, &[GREETING, CAPABLE, ACCEPTED])
        } else {
            (format!("AUTH PLAIN\r\n{}\r\n", *response), &[GREETING, CAPABLE, "334 \r\n", ACCEPTED])
        };
        for sasl_line in [64, 12288] {
            let settings = limited(Limits { sasl_line, ..Limits::default() });
            let transcript = hear(settings, replies, Attempts(vec![credentials.clone()], false));
            assert_eq!(transcript.output, format!("{EHLO}{expected}"));
            assert_eq!(transcript.ending, Ending::HandedOff(Vec::new()));
        }
    }
}

/// RFC 4954 §4: inside the exchange lines have up to 12288 octets, in both directions.
#[test]
fn challenges_may_be_longer_than_other_replies() {
    let challenge = |octets: usize| format!("334 {}\r\n", "A".repeat(octets - 6));
    for (octets, code) in [(2049, None), (12288, None), (12289, Some(ErrorCode::LimitExceeded))] {
        let replies = [&challenge(octets), &challenge(octets), ACCEPTED];
        let transcript = attempt(Mechanism::Login, &replies);
        match code {
            None => assert_eq!(transcript.ending, Ending::HandedOff(Vec::new()), "{octets}"),
            Some(code) => assert_eq!(fault(&transcript).0, code),
        }
    }
    // Outside it they do not.
    let long = format!("{}\r\n", "250-x".repeat(1000));
    assert_eq!(fault(&hear(settings(), &[GREETING, &long], idle())).0, ErrorCode::LimitExceeded);
}

#[test]
fn login_answers_two_challenges() {
    let replies = ["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n", ACCEPTED];
    let transcript = attempt(Mechanism::Login, &replies);
    assert_eq!(transcript.output, format!("{EHLO}AUTH LOGIN\r\ndGlt\r\nc2VjcmV0\r\n"));
    assert_eq!(transcript.ending, Ending::HandedOff(Vec::new()));
}

#[test]
fn refused_credentials_may_be_followed_by_others() {
    let turns = [
        GREETING,
        CAPABLE,
        "535 5.7.8 wrong\r\n",
        "454-4.7.0 try\r\n454 4.7.0 later\r\n",
        "334 \r\n",
        "500 what\r\n",
        "221 bye\r\n",
    ];
    let attempts = [Mechanism::Plain, Mechanism::Plain, Mechanism::Login].map(credentials).to_vec();
    let transcript = hear(settings(), &turns, Attempts(attempts, true));
    let plain = "AUTH PLAIN AHRpbQBzZWNyZXQ=\r\n";
    assert_eq!(transcript.output, format!("{EHLO}{plain}{plain}AUTH LOGIN\r\ndGlt\r\nQUIT\r\n"));
    let refused = |code: &str, text: &str, temporary: bool| {
        format!("Refused(Refusal {{ code: Some({code:?}), text: {text:?}, temporary: {temporary} }})")
    };
    let expected = [
        refused("535 5.7.8", "wrong", false),
        refused("454 4.7.0", "try later", true),
        refused("500", "what", false),
    ];
    assert_eq!(transcript.events[2..], expected);
    assert_eq!(transcript.ending, Ending::Ended);
}

#[test]
fn a_challenge_too_many_is_answered_by_cancelling() {
    let transcript = attempt(Mechanism::Plain, &["334 eA==\r\n", "501 cancelled\r\n"]);
    assert_eq!(transcript.output, format!("{EHLO}AUTH PLAIN AHRpbQBzZWNyZXQ=\r\n*\r\n"));
    assert!(transcript.events[2].starts_with("Refused("));
    assert_eq!(transcript.ending, Ending::WaitsForHost);
    for wrong in [ACCEPTED, "334 \r\n", "250 ok\r\n"] {
        let transcript = attempt(Mechanism::Plain, &["334 eA==\r\n", wrong]);
        assert_eq!(fault(&transcript).0, ErrorCode::Syntax);
    }
}

#[test]
fn challenges_are_bounded() {
    let settings = limited(Limits { sasl_rounds: 1, ..Limits::default() });
    let turns = [GREETING, CAPABLE, "334 \r\n", "334 \r\n"];
    let transcript = hear(settings, &turns, Attempts(vec![credentials(Mechanism::Login)], false));
    assert_eq!(fault(&transcript).0, ErrorCode::LimitExceeded);
    assert!(!transcript.output.contains("c2VjcmV0"));
}

/// LOGIN's prompts say nothing that the client acts on.
#[test]
fn prompts_of_login_are_not_read() {
    for prompt in [
        &b"334\r\n"[..],
        b"334 \r\n",
        b"334\t\r\n",
        b"334  VXNlcm5hbWU6\r\n",
        b"334 VXNlcm5hbWU6 \r\n",
        b"334 Username:\r\n",
        b"334 ok\r\n",
        b"334 !\xe9\r\n",
        b"334 UGFzc3dvcmQA\r\n",
        b"334-VXNl\r\n334 cm5hbWU6\r\n",
    ] {
        let turns = [GREETING.as_bytes(), CAPABLE.as_bytes(), prompt, prompt, ACCEPTED.as_bytes()];
        let attempts = Attempts(vec![credentials(Mechanism::Login)], false);
        let transcript = drive(client(settings()), &turns, attempts);
        assert_eq!(transcript.output, format!("{EHLO}AUTH LOGIN\r\ndGlt\r\nc2VjcmV0\r\n"));
        assert_eq!(transcript.ending, Ending::HandedOff(Vec::new()), "{}", prompt.escape_ascii());
    }
}

/// What the text is made of, and the digits behind the first, decide nothing.
#[test]
fn the_first_digit_of_the_code_decides() {
    for code in ["571", "577", "590", "460", "499", "554", "526", "400", "500", "599"] {
        let (temporary, bare) = (code.starts_with('4'), format!("{code}\r\n"));
        for reply in [format!("{code} 5.7.1 no\r\n"), format!("{code}-no\r\n{code}\r\n"), bare] {
            assert_eq!(fault(&hear(settings(), &[&reply], idle())).0, ErrorCode::RefusedByServer);
            let refused = attempt(Mechanism::Plain, &[&reply]);
            assert!(refused.events[2].contains(&format!("temporary: {temporary}")), "{refused:?}");
            assert_eq!(refused.ending, Ending::WaitsForHost);
            let answered = hear(settings(), &[GREETING, &reply, "250\r\n"], idle());
            let helo = !temporary && matches!(answered.ending, Ending::WaitsForHost);
            assert!(helo || (temporary && fault(&answered).0 == ErrorCode::RefusedByServer), "{code}");
        }
    }
    // A completion that the RFCs do not have counts; one that they have for something else does not.
    for (greeting, ehlo, accepted) in [("220", "250", "235"), ("222", "255", "237"), ("299", "200", "231")] {
        let turns =
            [format!("{greeting}\r\n"), format!("{ehlo}-x\r\n250 AUTH PLAIN\r\n"), format!("{accepted}\r\n")];
        let turns: Vec<&str> = turns.iter().map(String::as_str).collect();
        let transcript = hear(settings(), &turns, Attempts(vec![credentials(Mechanism::Plain)], false));
        assert_eq!(transcript.ending, Ending::HandedOff(Vec::new()), "{greeting}");
    }
}

/// A server that writes GBK or ISO 8859-1 is understood, and shown without what cannot be.
#[test]
fn text_in_any_character_set() {
    let hear = |turns: &[&[u8]], attempts| drive(client(settings()), turns, attempts);
    let greeting = b"220-mail.example d\xe9di\xe9\r\n220\tpr\xeat\x1b\r\n";
    let capable = b"250-\xc4\xe3\xba\xc3\r\n250-\xe9\r\n250-\r\n250-XO d\xe9 x\r\n250-AUTH\tLOGIN \xe9\r\n250 AUTH=PLAIN X\r\n";
    let refusal = b"535 Error: \xc7\xeb\xff: http://help.example/1\r\n";
    let turns = [&greeting[..], capable, refusal];
    let transcript = hear(&turns, Attempts(vec![credentials(Mechanism::Plain)], false));
    let told = "Capabilities(Capabilities { items: [\"XO x\", \"AUTH LOGIN\", \"AUTH=PLAIN X\"] })";
    assert_eq!(transcript.events[1], told);
    assert!(transcript.events[2].contains("code: Some(\"535\"), text: \"Error: "), "{transcript:?}");
    assert!(transcript.events[2].contains(": http://help.example/1\""), "{transcript:?}");
    let refused = hear(&[b"554 \xc7\xeb\r\n"], idle());
    assert_eq!(fault(&refused), (ErrorCode::RefusedByServer, "the server says: 554 ??"));
}

#[test]
fn any_answer_to_quit_is_the_end() {
    for answer in ["221 bye\r\n", "221\r\n", "250 ok\r\n", "421 gone\r\n", "500 what?\r\n"] {
        let transcript = hear(settings(), &[GREETING, CAPABLE, answer], Attempts(Vec::new(), true));
        assert_eq!(transcript.ending, Ending::Ended, "{answer}");
    }
}

#[test]
fn replies_out_of_place_are_faults() {
    for wrong in ["250 ok\r\n", "354 go\r\n", "220 hi\r\n", "221 bye\r\n"] {
        let transcript = attempt(Mechanism::Login, &[wrong]);
        assert_eq!(fault(&transcript).0, ErrorCode::Syntax, "{wrong}");
        assert_eq!(transcript.output, format!("{EHLO}AUTH LOGIN\r\n"));
    }
    for turns in [
        &["250 hi\r\n"][..],
        &["354 hi\r\n"],
        &[GREETING, "235 hi\r\n"],
        &[GREETING, "220 hi\r\n"],
        &[GREETING, "334 \r\n"],
        &[GREETING, "500 no\r\n", "220 hi\r\n"],
        &[GREETING, "250 hi\r\n235 2.7.0 surprise\r\n"],
        &[GREETING, "250 hi\r\n", "550 unasked\r\n"],
    ] {
        let transcript = hear(settings(), turns, idle());
        assert_eq!(fault(&transcript).0, ErrorCode::Syntax, "{turns:?}");
    }
}

#[test]
fn success_before_the_password_is_not_believed() {
    for replies in [&["235 2.7.0 welcome\r\n"][..], &["334 VXNlcm5hbWU6\r\n", "235 2.7.0 welcome\r\n"]] {
        let transcript = attempt(Mechanism::Login, replies);
        let reason = "authenticated before the credentials were sent";
        assert_eq!(fault(&transcript), (ErrorCode::Syntax, reason));
    }
}

#[test]
fn the_server_may_close_at_any_time() {
    let closing = "421 4.3.2 shutting down\r\n";
    let expected = (ErrorCode::RefusedByServer, "the server says: 421 shutting down");
    for turns in [&[GREETING, closing][..], &[GREETING, CAPABLE, closing]] {
        assert_eq!(fault(&hear(settings(), turns, idle())), expected);
    }
    assert_eq!(fault(&attempt(Mechanism::Login, &[closing])), expected);
    assert_eq!(fault(&attempt(Mechanism::Login, &["334 \r\n", closing])), expected);
    assert_eq!(fault(&attempt(Mechanism::Plain, &["334 \r\n", closing])), expected);
}

#[test]
fn what_the_host_cannot_ask_for() {
    let mut fx = Effects::default();
    let mut refused = |client: Client, mechanism| {
        let sent = fx.output.len();
        let Err((client, why)) = client.authenticate(credentials(mechanism), &mut fx) else { panic!() };
        assert_eq!(fx.output.len(), sent);
        (client.waits_for_host(), why.reason().to_owned())
    };
    let mut quiet = Effects::default();
    let plain_only = || ready("250-mail.example\r\n250 AUTH PLAIN\r\n", &mut Effects::default());
    assert_eq!(refused(plain_only(), Mechanism::Password), (true, "SMTP has no password command".into()));
    assert_eq!(
        refused(plain_only(), Mechanism::Login),
        (true, "the server does not offer this mechanism".into())
    );
    let none = ready("250 mail.example\r\n", &mut quiet);
    assert_eq!(refused(none, Mechanism::Plain), (true, "the server does not offer this mechanism".into()));
    let early = client(settings());
    assert_eq!(refused(early, Mechanism::Plain), (false, "not in a state in which to authenticate".into()));
    let nobody = Credentials::new(Mechanism::Plain, "", "secret".into());
    assert!(plain_only().authenticate(nobody, &mut quiet).is_err());
    assert!(client(settings()).log_out(&mut quiet).is_err());
}

#[test]
fn broken_lines_are_faults() {
    let long = format!("220 {}\r\n", "x".repeat(2043));
    let many = "250-x\r\n".repeat(129);
    let just_enough = format!("{}250 x\r\n", "250-x\r\n".repeat(127));
    for (turns, code) in [
        (&["220 hi\n"][..], ErrorCode::Syntax),
        (&["220 h\ri\r\n"], ErrorCode::Syntax),
        (&["220 h\0i\r\n"], ErrorCode::Syntax),
        (&["220-a\r\n521 b\r\n"], ErrorCode::Syntax),
        (&["* OK hi\r\n"], ErrorCode::Syntax),
        (&["+OK hi\r\n"], ErrorCode::Syntax),
        (&["\r\n"], ErrorCode::Syntax),
        (&["220x\r\n"], ErrorCode::Syntax),
        (&[&long], ErrorCode::LimitExceeded),
        (&[GREETING, &many], ErrorCode::LimitExceeded),
    ] {
        assert_eq!(fault(&hear(settings(), turns, idle())).0, code, "{turns:?}");
    }
    assert_eq!(hear(settings(), &[GREETING, &just_enough], idle()).ending, Ending::WaitsForHost);
    let latin1 = drive(client(settings()), &[&b"120 \xe9\r\n"[..]], idle());
    assert_eq!(fault(&latin1), (ErrorCode::Syntax, "not a reply: 120 ?"));
}

#[test]
fn other_protocols_are_recognised_before_their_first_line_ends() {
    for (bytes, name) in [(&b"HTTP/"[..], "HTTP"), (b"\x15\x03\x01", "TLS"), (b"SSH-2.0", "SSH")] {
        let transcript = drive(client(settings()), &[bytes], idle());
        let reason = format!("the server speaks {name}");
        assert_eq!(transcript.ending, Ending::Failed(Fault::new(ErrorCode::ForeignProtocol, reason)));
    }
    let later = hear(settings(), &["220-hi\r\n", "SSH-2.0\r\n"], idle());
    assert_eq!(fault(&later).0, ErrorCode::Syntax);
}

#[test]
fn a_client_takes_leave_without_words() {
    let mut output = Buffer::default();
    client(settings()).farewell(Farewell::Shutdown, &mut output);
    assert!(output.is_empty());
}
