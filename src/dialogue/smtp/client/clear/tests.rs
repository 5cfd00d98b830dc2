//! What the client says in clear, to the byte, and that no server there gets more out of it.

use crate::buffer::Buffer;
use crate::dialogue::smtp::Client;
use crate::dialogue::smtp::tests::{after_starttls, flavoured, split};
use crate::dialogue::testing::{Attempts, Ending, Host, Transcript, drive};
use crate::dialogue::{
    ClientMachine, ClientSettings, Credentials, Effects, Fault, HandOff, Machine, Mechanism, Protection,
    StartTlsUse, Step,
};
use crate::error::ErrorCode;
use crate::limits::Limits;
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::Arc;

const GREETING: &str = "220 mail.example ESMTP ready\r\n";
const EHLO: &str = "EHLO client.example\r\n";
const CAPABLE: &str = "250-mail.example\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n";
const INCAPABLE: &str = "250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n";
const USES: [StartTlsUse; 2] = [StartTlsUse::Required, StartTlsUse::Opportunistic];

fn client(starttls: StartTlsUse, protection: Protection) -> Client {
    let limits = Limits { reply_line: 60, reply_lines: 5, ..Limits::default() };
    let settings = ClientSettings {
        client_name: "client.example".into(),
        starttls,
        limits,
        ..ClientSettings::default()
    };
    Client::new(Arc::new(settings), protection)
}

/// Tries to authenticate whenever it may, which must never do anything, then logs out.
struct Eager;

impl<M: ClientMachine> Host<M> for Eager {
    fn act(&mut self, machine: M, fx: &mut Effects) -> Result<Result<Step<M>, Fault>, M> {
        let said = fx.output.len();
        let credentials = Credentials::new(Mechanism::Plain, "tim", "secret".into());
        match machine.authenticate(credentials, fx) {
            Err((machine, why)) => {
                assert_eq!(why, "not confidential");
                assert_eq!(fx.output.len(), said);
                machine.log_out(fx).map(Ok).map_err(|(machine, _)| machine)
            }
            Ok(_) => panic!("credentials in clear"),
        }
    }
}

fn hear_bytes(starttls: StartTlsUse, chunks: &[&[u8]], host: impl Host<Client>) -> Transcript {
    drive(client(starttls, Protection::Clear { starttls: true }), chunks, host)
}

/// Feeds what the server says, a turn at a time, to a client whose host stays silent.
fn hear(starttls: StartTlsUse, turns: &[&str]) -> Transcript {
    let turns: Vec<&[u8]> = turns.iter().map(|turn| turn.as_bytes()).collect();
    hear_bytes(starttls, &turns, Attempts(Vec::new(), false))
}

fn assert_fault(transcript: &Transcript, code: ErrorCode, reason: &str) {
    assert_eq!(transcript.ending, Ending::Failed(Fault::new(code, reason)), "{transcript:?}");
    assert_eq!(transcript.events, Vec::<String>::new());
}

#[test]
fn tls_is_asked_for() {
    for starttls in USES {
        for turns in [
            [GREETING, CAPABLE, "220 2.0.0 go\r\n"],
            [
                "220-mail.example\r\n220 hi\r\n",
                "250-m\r\n250-starttls\r\n250 SIZE\r\n",
                "220-now\r\n220 go\r\n",
            ],
        ] {
            let transcript = hear(starttls, &turns);
            assert_eq!(transcript.output, format!("{EHLO}STARTTLS\r\n"));
            assert_eq!((transcript.events.len(), transcript.ending), (0, Ending::StartsTls(Vec::new())));
        }
    }
}

#[test]
fn the_greeting_in_clear_hands_nothing_off() {
    let settings = ClientSettings { hand_off: HandOff::AfterGreeting, ..ClientSettings::default() };
    let client = Client::new(Arc::new(settings), Protection::Clear { starttls: true });
    let transcript = drive(client, &[GREETING.as_bytes()], Attempts(Vec::new(), false));
    assert_eq!((transcript.events.len(), transcript.ending), (0, Ending::WaitsForPeer));
}

/// What a server without STARTTLS says, how much the client has said until then, and why it
/// gives up.
const WITHOUT: &[(&[&str], &str, &str)] = &[
    (&[GREETING, INCAPABLE], "", "STARTTLS is not offered"),
    (&[GREETING, "250 mail.example\r\n"], "", "STARTTLS is not offered"),
    (&[GREETING, "250-STARTTLS\r\n250 XSTARTTLS\r\n"], "", "STARTTLS is not offered"),
    (&[GREETING, "502 5.5.1 what?\r\n"], "", "EHLO is refused: 502 what?"),
    (&[GREETING, CAPABLE, "454 4.7.0 later\r\n"], "STARTTLS\r\n", "STARTTLS is refused: 454 later"),
    (&[GREETING, CAPABLE, "502 what?\r\n"], "STARTTLS\r\n", "STARTTLS is refused: 502 what?"),
    (&[GREETING, CAPABLE, "501-no\r\n501 way\r\n"], "STARTTLS\r\n", "STARTTLS is refused: 501 no way"),
];

#[test]
fn required_tls_that_is_not_to_be_had_is_the_end() {
    for (turns, said, reason) in WITHOUT {
        let transcript = hear(StartTlsUse::Required, turns);
        assert_fault(&transcript, ErrorCode::StartTlsRefused, reason);
        assert_eq!(transcript.output, format!("{EHLO}{said}"));
    }
}

#[test]
fn opportunistic_tls_that_is_not_to_be_had_is_told() {
    for (turns, said, reason) in WITHOUT {
        let told = [format!("NotConfidential({reason:?})")];
        let waiting = hear(StartTlsUse::Opportunistic, turns);
        assert_eq!((&waiting.events[..], &waiting.ending), (&told[..], &Ending::WaitsForHost));
        assert_eq!(waiting.output, format!("{EHLO}{said}"));

        let turns: Vec<&[u8]> = turns.iter().chain(&["221 bye\r\n"]).map(|turn| turn.as_bytes()).collect();
        let over = hear_bytes(StartTlsUse::Opportunistic, &turns, Eager);
        assert_eq!((&over.events[..], &over.ending), (&told[..], &Ending::Ended));
        assert_eq!(over.output, format!("{EHLO}{said}QUIT\r\n"));

        let closing = [&turns[..turns.len() - 1], &[b"421 4.3.2 gone\r\n"]].concat();
        let refused = Ending::Failed(Fault::new(ErrorCode::RefusedByServer, refused_by(421)));
        assert_eq!(hear_bytes(StartTlsUse::Opportunistic, &closing, Eager).ending, Ending::Ended);
        let idle = Attempts(Vec::new(), false);
        assert_eq!(hear_bytes(StartTlsUse::Opportunistic, &closing, idle).ending, refused);
    }
}

/// The whole reason; words in clear may be anybody's.
fn refused_by(code: u16) -> String {
    format!(
        "the server refused the connection before TLS ({code}); its words are not shown, because anybody on \
         the way could have written them"
    )
}

#[test]
fn a_server_may_refuse_to_serve() {
    for starttls in USES {
        for (turns, code) in [
            (&["554 5.7.1 go away\r\n"][..], 554),
            (&["421 x\r\n"], 421),
            (&[GREETING, "421 4.3.2 later\r\n"], 421),
            (&[GREETING, "450 4.3.0 not now\r\n"], 450),
            (&[GREETING, CAPABLE, "421 4.3.2 later\r\n"], 421),
        ] {
            assert_fault(&hear(starttls, turns), ErrorCode::RefusedByServer, &refused_by(code));
        }
    }
}

/// STT-04: nonsense is no way around TLS, and is never taken for a server without STARTTLS.
#[test]
fn replies_out_of_place_and_broken_lines_are_the_end() {
    for (starttls, code) in
        [(StartTlsUse::Required, ErrorCode::StartTlsRefused), (StartTlsUse::Opportunistic, ErrorCode::Syntax)]
    {
        const DIFFER: &str = "the lines of a reply differ in the first digit of their code";
        for (turns, reason) in [
            (&["250 hi\r\n"][..], "unexpected reply: 250 hi"),
            (&["* OK hi\r\n"], "not a reply: * OK hi"),
            (&["220 hi\n"], "line ends with a bare LF"),
            (&[GREETING, "220 go\r\n"], "unexpected reply: 220 go"),
            (&[GREETING, "250-a\r\n550 STARTTLS\r\n"], DIFFER),
            (&[GREETING, CAPABLE, "250 go\r\n"], "unexpected reply: 250 go"),
            (&[GREETING, CAPABLE, "235 2.7.0 welcome\r\n"], "unexpected reply: 235 welcome"),
            (&[GREETING, CAPABLE, "334 \r\n"], "unexpected reply: 334 "),
            (&[GREETING, CAPABLE, "go\r\n"], "not a reply: go"),
            (&[GREETING, CAPABLE, "220 go\0\r\n"], "NUL byte in a line"),
        ] {
            assert_fault(&hear(starttls, turns), code, reason);
        }
        let long = format!("220 {}\r\n", "x".repeat(60));
        assert_fault(&hear(starttls, &[&long]), ErrorCode::LimitExceeded, "line too long");
        let many = "250-x\r\n".repeat(6);
        assert_fault(
            &hear(starttls, &[GREETING, &many]),
            ErrorCode::LimitExceeded,
            "too many lines in a reply",
        );
        assert_fault(&hear(starttls, &["SSH-2.0"]), ErrorCode::ForeignProtocol, "the server speaks SSH");
    }
    let unasked = hear(StartTlsUse::Opportunistic, &[GREETING, INCAPABLE, "235 2.7.0 welcome\r\n"]);
    let fault = Fault::new(ErrorCode::Syntax, "unexpected reply: 235 welcome");
    assert_eq!(unasked.ending, Ending::Failed(fault));
}

/// STT-02.
#[test]
fn nothing_may_follow_the_go_ahead() {
    let line = "250 AUTH PLAIN\r\n";
    for starttls in USES {
        for rest in ["\r", "2", "\x16\x03\x03", line, &line.repeat(2), &line.repeat(3)] {
            let transcript = hear(starttls, &[GREETING, CAPABLE, &format!("220 go\r\n{rest}")]);
            assert_fault(
                &transcript,
                ErrorCode::DataBeforeTls,
                "the server sent data after its response to STARTTLS and before TLS (injection? possible attack)",
            );
            assert_eq!(transcript.output, format!("{EHLO}STARTTLS\r\n"));
        }
    }
}

#[test]
fn after_starttls_everything_begins_anew() {
    let begun = || client(StartTlsUse::Required, after_starttls());
    assert_eq!(drive(begun(), &[], Attempts(Vec::new(), false)).output, EHLO);
    let transcript = drive(begun(), &[b"250-m\r\n250 AUTH PLAIN\r\n"], Attempts(Vec::new(), false));
    assert_eq!(transcript.events, ["Capabilities(Capabilities { items: [\"AUTH PLAIN\"] })"]);
    assert_eq!(transcript.ending, Ending::WaitsForHost);
    let greeted = drive(begun(), &[GREETING.as_bytes()], Attempts(Vec::new(), false));
    assert!(matches!(greeted.ending, Ending::Failed(fault) if fault.code == ErrorCode::Syntax));
}

#[test]
fn no_credentials_are_taken_at_any_time_in_clear() {
    let (mut input, mut fx) = (Buffer::default(), Effects::default());
    let Step::More(mut client) =
        client(StartTlsUse::Required, Protection::Clear { starttls: true }).start(&mut fx)
    else {
        panic!()
    };
    for turn in [GREETING, CAPABLE] {
        let credentials = Credentials::new(Mechanism::Plain, "tim", "secret".into());
        let Err((again, misuse)) = client.authenticate(credentials, &mut fx) else { panic!() };
        assert_eq!(misuse, "not confidential");
        input.extend(turn.as_bytes());
        let Ok(Step::More(next)) = again.receive(&mut input, &mut fx) else { panic!() };
        client = next;
    }
}

const WORDS: &[&[u8]] = &[
    b"220 a\r\n",
    b"220 a\r\n250-a\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n",
    b"250-a\r\n",
    b"250 a\r\n",
    b"250 STARTTLS\r\n",
    b"250 AUTH PLAIN\r\n",
    b"235 2.7.0 ok\r\n",
    b"454 4.7.0 no\r\n",
    b"502 what\r\n",
    b"421 closing\r\n",
    b"221 bye\r\n",
    b"\r\n",
];

proptest! {
    #[test]
    fn no_server_gets_more_in_clear(noise in flavoured(WORDS), required: bool, places in vec(any::<usize>(), 0..6)) {
        let starttls = USES[usize::from(!required)];
        let transcript = hear_bytes(starttls, &split(&noise, &places), Eager);
        prop_assert!(transcript.events.iter().all(|event| !required && event.starts_with("NotConfidential(")));
        let (asked, left) = (format!("{EHLO}STARTTLS\r\nQUIT\r\n"), format!("{EHLO}QUIT\r\n"));
        prop_assert!(asked.starts_with(&transcript.output) || left.starts_with(&transcript.output));
        prop_assert!(!required || !transcript.output.contains("QUIT"));
        prop_assert!(!matches!(transcript.ending, Ending::HandedOff(_)));
    }

    /// But for a boundary right behind the go-ahead: then what follows has not come along with
    /// it, and the connection meets it as bytes that are not TLS.
    #[test]
    fn any_chunking_changes_nothing(noise in flavoured(WORDS), required: bool, places in vec(any::<usize>(), 0..6)) {
        let hear = |chunks: &[&[u8]]| hear_bytes(USES[usize::from(!required)], chunks, Attempts(Vec::new(), false));
        let (parts, whole) = (hear(&split(&noise, &places)), hear(&[&noise]));
        match (&parts.ending, &whole.ending) {
            (Ending::StartsTls(rest), Ending::Failed(fault)) => {
                prop_assert!(!rest.is_empty());
                prop_assert_eq!(fault.code, ErrorCode::DataBeforeTls);
            }
            _ => prop_assert_eq!(parts, whole),
        }
    }
}
