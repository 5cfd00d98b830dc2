//! Each answer to a client in clear, with exact bytes, and that none of them leads to a password.

use super::super::Client;
use crate::buffer::Buffer;
use crate::dialogue::testing::{Attempts, Ending, Transcript, drive};
use crate::dialogue::{
    ClientMachine, ClientSettings, Credentials, DialogueEvent, Effects, Fault, HandOff, Machine, Mechanism,
    Protection, StartTlsUse, Step,
};
use crate::error::ErrorCode;
use crate::tls::policy::Confidential;
use StartTlsUse::{Opportunistic, Required};
use proptest::prelude::*;
use std::sync::Arc;

const CAPA: &str = "+OK hi\r\n+OK\r\nSTLS\r\nUSER\r\nSASL PLAIN\r\n.\r\n";
const NO_STLS: &str = "+OK hi\r\n+OK\r\nUSER\r\nSASL PLAIN\r\nX STLS\r\n.\r\n";
const NO_CAPA: &str = "+OK hi\r\n-ERR what?\r\n";

fn client(starttls: StartTlsUse) -> Client {
    let settings = ClientSettings { starttls, ..ClientSettings::default() };
    Client::new(Arc::new(settings), Protection::Clear { starttls: true })
}

/// The input whole, then nothing, which lets a client that waits for its host read on.
fn run(starttls: StartTlsUse, input: impl AsRef<[u8]>, log_out: bool) -> Transcript {
    drive(client(starttls), &[input.as_ref(), b""], Attempts(vec![], log_out))
}

fn failed(code: ErrorCode, reason: &str) -> Ending {
    Ending::Failed(Fault::new(code, reason))
}

fn not_confidential(why: &str) -> Vec<String> {
    vec![format!("NotConfidential({why:?})")]
}

#[test]
fn stls() {
    for starttls in [Required, Opportunistic] {
        for before in [CAPA, NO_CAPA, "+OK\r\n+OK\r\nX\r\nstls\r\n.\r\n"] {
            let t = run(starttls, format!("{before}+OK go\r\n"), false);
            assert_eq!((t.output.as_str(), t.events.len()), ("CAPA\r\nSTLS\r\n", 0));
            assert_eq!(t.ending, Ending::StartsTls(vec![]));
        }
        assert_eq!(run(starttls, "", false).output, "");
        assert_eq!(run(starttls, "+OK\r\n", false).output, "CAPA\r\n");
        let t = run(starttls, CAPA, false);
        assert_eq!((t.events.len(), t.ending), (0, Ending::WaitsForPeer));
    }
}

#[test]
fn an_early_hand_off_is_none_in_clear() {
    let settings = ClientSettings { hand_off: HandOff::AfterGreeting, ..ClientSettings::default() };
    let client = Client::new(Arc::new(settings), Protection::Clear { starttls: true });
    let t = drive(client, &[format!("{CAPA}+OK\r\n").as_bytes()], Attempts(vec![], false));
    assert_eq!((t.events.len(), t.ending), (0, Ending::StartsTls(vec![])));
}

#[test]
fn nothing_may_follow_the_go_ahead() {
    let reason =
        "the server sent data after its response to STLS and before TLS (injection? possible attack)";
    let lines = [
        "\r\n",
        "+OK\r\n",
        "-ERR\r\n",
        "+OK maildrop has 1 message\r\n",
        "STLS\r\n",
        "+",
        "\0",
        "\x16\x03\x03",
    ];
    for starttls in [Required, Opportunistic] {
        for (a, b) in lines.iter().zip(lines.iter().rev()) {
            for rest in [a.to_string(), format!("{a}{b}"), format!("{a}{b}{a}")] {
                for before in [CAPA, NO_CAPA] {
                    let t = run(starttls, format!("{before}+OK\r\n{rest}"), false);
                    assert_eq!((t.output.as_str(), t.events.len()), ("CAPA\r\nSTLS\r\n", 0));
                    assert_eq!(t.ending, failed(ErrorCode::DataBeforeTls, reason));
                }
            }
        }
    }
}

#[test]
fn tls_that_is_not_to_be_had() {
    let (missing, refuses) = ("the server does not offer STLS", "the server refuses STLS");
    for (input, output, why) in [
        (NO_STLS.to_owned(), "CAPA\r\n", missing),
        ("+OK\r\n+OK\r\n.\r\n".to_owned(), "CAPA\r\n", missing),
        (format!("{CAPA}-ERR \x1b[31mno\r\n"), "CAPA\r\nSTLS\r\n", refuses),
        (format!("{CAPA}-ERR\r\n"), "CAPA\r\nSTLS\r\n", refuses),
        (format!("{NO_CAPA}-ERR [SYS/TEMP] what?\r\n"), "CAPA\r\nSTLS\r\n", refuses),
    ] {
        let t = run(Required, &input, true);
        assert_eq!((t.output.as_str(), t.events.len()), (output, 0));
        assert_eq!(t.ending, failed(ErrorCode::StartTlsRefused, why));

        let t = run(Opportunistic, &input, false);
        assert_eq!(
            (t.output.as_str(), t.events, t.ending),
            (output, not_confidential(why), Ending::WaitsForHost)
        );

        let t = run(Opportunistic, format!("{input}+OK bye\r\n"), true);
        assert_eq!((t.output, t.events), (format!("{output}QUIT\r\n"), not_confidential(why)));
        assert_eq!(t.ending, Ending::Ended);
    }
}

#[test]
fn a_password_is_never_sent_in_clear() {
    let inputs =
        ["", "+OK\r\n", CAPA, NO_STLS, NO_CAPA, &format!("{NO_CAPA}-ERR\r\n"), &format!("{CAPA}-ERR\r\n")];
    for (i, input) in inputs.into_iter().enumerate() {
        for mechanism in [Mechanism::Password, Mechanism::Plain, Mechanism::Login] {
            let (mut fx, mut buffer) = (Effects::default(), Buffer::default());
            buffer.extend(input.as_bytes());
            let mut step = client(Opportunistic).start(&mut fx);
            let machine = loop {
                match step {
                    Step::More(machine) => step = machine.receive(&mut buffer, &mut fx).unwrap(),
                    Step::Wait(machine) => break machine,
                    Step::HandOff | Step::StartTls | Step::End => panic!("over"),
                }
            };
            let waits = machine.waits_for_host();
            assert_eq!(waits, [3, 5, 6].contains(&i), "{input}");
            let said = fx.output.len();
            let credentials = Credentials::new(mechanism, "tim", "tanstaaf".into());
            let Err((machine, why)) = machine.authenticate(credentials, &mut fx) else { panic!("{input}") };
            assert_eq!(why, "not confidential");
            assert_eq!((fx.output.len(), machine.waits_for_host()), (said, waits));
        }
    }
}

/// Without the words, which in clear may be anybody's.
const REFUSED: &str = "the server refused the connection before TLS (-ERR); its words are not shown, because \
                       anybody on the way could have written them";

#[test]
fn a_server_that_does_not_want_to_serve() {
    for starttls in [Required, Opportunistic] {
        let t = run(starttls, "-ERR [SYS/TEMP] \x1b[2Jbusy\r\n", true);
        assert_eq!((t.output.as_str(), t.events.len()), ("", 0));
        assert_eq!(t.ending, failed(ErrorCode::RefusedByServer, REFUSED));
    }
    let t = drive(client(Opportunistic), &[NO_STLS.as_bytes(), b"-ERR idle\r\n"], Attempts(vec![], false));
    assert_eq!(t.ending, failed(ErrorCode::RefusedByServer, REFUSED));
    let t = drive(client(Opportunistic), &[NO_STLS.as_bytes(), b"+OK\r\n"], Attempts(vec![], false));
    assert_eq!(t.ending, failed(ErrorCode::Syntax, "a reply without a command"));
}

#[test]
fn a_server_that_cannot_be_understood() {
    for (input, reason) in [
        ("hello\r\n".to_owned(), "not a POP3 greeting: hello"),
        ("* PREAUTH\r\n".to_owned(), "not a POP3 greeting: * PREAUTH"),
        ("+OK\r\nSTLS\r\n".to_owned(), "not a POP3 reply"),
        (format!("{CAPA}begin\r\n"), "not a POP3 reply"),
        (format!("{CAPA}+ \r\n"), "not a POP3 reply"),
        (format!("{CAPA}+ok\r\n"), "not a POP3 reply"),
        (format!("{CAPA}+OK\n"), "line ends with a bare LF"),
        (format!("{CAPA}+OK\r+OK\r\n"), "CR without LF in a line"),
        (format!("{CAPA}\0"), "NUL byte in a line"),
    ] {
        for (starttls, code) in [(Required, ErrorCode::StartTlsRefused), (Opportunistic, ErrorCode::Syntax)] {
            let t = run(starttls, &input, true);
            assert_eq!((t.events.len(), t.ending), (0, failed(code, reason)), "{input:?}");
        }
    }
    for (input, code, reason) in [
        (format!("+OK {}", "x".repeat(3000)), ErrorCode::LimitExceeded, "line too long"),
        (
            format!("+OK\r\n+OK\r\n{}", "STLS\r\n".repeat(129)),
            ErrorCode::LimitExceeded,
            "too many capability lines",
        ),
        ("HTTP/1.1 400\r\n".into(), ErrorCode::ForeignProtocol, "the server speaks HTTP"),
        ("\x16\x03\x03".into(), ErrorCode::ForeignProtocol, "the server speaks TLS"),
    ] {
        for starttls in [Required, Opportunistic] {
            assert_eq!(run(starttls, &input, true).ending, failed(code, reason));
        }
    }
}

#[test]
fn inside_tls_the_capabilities_are_asked_for_anew() {
    let protection = Protection::Confidential { proof: Confidential::for_test(), greeting: false };
    let inside = || Client::new(Arc::new(ClientSettings::default()), protection);
    let attempts = || Attempts(vec![Credentials::new(Mechanism::Password, "tim", "pw".into())], false);
    assert_eq!(drive(inside(), &[], attempts()).output, "CAPA\r\n");
    let t = drive(inside(), &[b"+OK\r\nUSER\r\n.\r\n", b"+OK\r\n", b"+OK\r\n"], attempts());
    assert_eq!(t.output, "CAPA\r\nUSER tim\r\nPASS pw\r\n");
    assert_eq!(t.events, ["Capabilities(Capabilities { items: [\"USER\"] })", "Authenticated"]);
    assert_eq!(t.ending, Ending::HandedOff(vec![]));
}

#[test]
fn what_was_offered_in_clear_is_not_known_any_more() {
    let protection = Protection::Confidential { proof: Confidential::for_test(), greeting: false };
    let mut fx = Effects::default();
    let mut buffer = Buffer::default();
    buffer.extend(b"+OK\r\nX\r\n.\r\n");
    let mut step = Client::new(Arc::new(ClientSettings::default()), protection).start(&mut fx);
    while let Step::More(machine) = step {
        step = machine.receive(&mut buffer, &mut fx).unwrap();
    }
    let Step::Wait(machine) = step else { panic!() };
    assert!(matches!(&fx.events[..], [DialogueEvent::Capabilities(_)]));
    let credentials = Credentials::new(Mechanism::Plain, "tim", "pw".into());
    let Err((_, misuse)) = machine.authenticate(credentials, &mut fx) else { panic!("accepted") };
    assert_eq!(misuse, "the server does not offer this mechanism");
}

proptest! {
    /// However its lines come: together, or one by one.
    #[test]
    fn nothing_leads_out_of_clear_but_stls(
        lines in proptest::collection::vec(proptest::sample::select(vec![
            "+OK\r\n", "+OK hi <1.2@x>\r\n", "-ERR\r\n", "-ERR [AUTH] no\r\n", "+ \r\n", ".\r\n", "STLS\r\n",
            "USER\r\n", "SASL PLAIN LOGIN\r\n", CAPA, NO_STLS, NO_CAPA, "* PREAUTH\r\n", "\r\n",
        ]), 0..8),
        opportunistic: bool,
        together: bool,
    ) {
        let mut chunks: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
        let whole = chunks.concat();
        if together {
            chunks = vec![&whole];
        }
        let starttls = if opportunistic { Opportunistic } else { Required };
        let t = drive(client(starttls), &chunks, Attempts(vec![], true));
        prop_assert!(t.events.iter().all(|event| opportunistic && event.starts_with("NotConfidential")), "{:?}", t);
        prop_assert!(t.events.len() <= 1);
        let said = ["", "CAPA\r\n", "CAPA\r\nSTLS\r\n", "CAPA\r\nQUIT\r\n", "CAPA\r\nSTLS\r\nQUIT\r\n"];
        prop_assert!(said.contains(&t.output.as_str()), "{:?}", t);
        match &t.ending {
            Ending::StartsTls(rest) => {
                prop_assert!(t.output.ends_with("STLS\r\n"));
                prop_assert!(rest.is_empty() || !together);
            }
            Ending::HandedOff(_) => prop_assert!(false),
            Ending::WaitsForHost => prop_assert!(opportunistic),
            _ => {}
        }
    }
}
