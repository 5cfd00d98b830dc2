//! Whole sessions: client against server, in any chunking, cut off anywhere, and noise.

use super::{Client, Server};
use crate::buffer::Buffer;
use crate::dialogue::Protection;
use crate::dialogue::testing::{Attempts, Decisions, Ending, Transcript, drive};
use crate::dialogue::{
    ClientMachine, ClientSettings, Credentials, Decision, DialogueEvent, Effects, Machine, Mechanism,
    Rejection, ServerMachine, ServerSettings, Step,
};
use crate::limits::Limits;
use crate::tls::policy::Confidential;
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::Arc;

/// TLS that STARTTLS has begun.
pub(super) fn after_starttls() -> Protection {
    Protection::Confidential { proof: Confidential::for_test(), greeting: false }
}

fn server() -> Server {
    let limits = Limits { smtp_line: 60, sasl_line: 80, bad_commands: 5, ..Limits::default() };
    Server::new(Arc::new(ServerSettings { limits, ..ServerSettings::default() }), Protection::for_test())
}

fn client() -> Client {
    let limits = Limits { reply_line: 60, reply_lines: 5, ..Limits::default() };
    Client::new(Arc::new(ClientSettings { limits, ..ClientSettings::default() }), Protection::for_test())
}

/// What clients say to [`server`].
const CLIENTS: &[&str] = &[
    "EHLO a\r\nAUTH PLAIN AHRpbQBzZWNyZXQ=\r\nMAIL FROM:<a@b>\r\n",
    "EHLO a\r\nAUTH LOGIN\r\ndGlt\r\nc2VjcmV0\r\nrest",
    "HELO a\r\nEHLO a\r\nAUTH PLAIN\r\nAHRpbQBzZWNyZXQ=\r\nAUTH LOGIN dGlt\r\nc2VjcmV0\r\nNOOP\r\n",
    "NOOP\r\nHELP\r\nRSET\r\nSTARTTLS\r\nMAIL FROM:<a@b>\r\nEHLO\r\nQUIT\r\nNOOP\r\n",
    "EHLO a\r\nAUTH PLAIN\r\n*\r\nAUTH PLAIN !\r\nAUTH X\r\nTURN\r\nXYZZY\r\nNOOP\r\n",
    "EHLO a\r\nNOOP\nQUIT\r\n",
    "EHLO a\r\nNO\0OP\r\n",
    "EHLO a\r\nauth plain xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
    "NOOP xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "\x16\x03\x01\x02\0\x01\0",
];

/// What servers say to [`client`], in turns: a server does not speak before it is spoken to.
const SERVERS: &[&[&str]] = &[
    &["220-a hi\r\n220 b\r\n", "250-a\r\n250-SIZE\r\n250 AUTH PLAIN LOGIN\r\n", "235 2.7.0 ok\r\n250 rest"],
    &[
        "220 a\r\n",
        "250-a\r\n250 AUTH PLAIN\r\n",
        "535-5.7.8 no\r\n535 5.7.8 no\r\n",
        "454 later\r\n",
        "221 bye\r\n",
    ],
    &["220 a\r\n", "502 what\r\n", "421-4.3.2 closing\r\n421 4.3.2 now\r\n"],
    &["220 a\r\n", "250-a\r\n250 AUTH PLAIN\r\n", "334 eA==\r\n", "501 cancelled\r\n", "334 !\r\n"],
    &["554-5.7.1 go\r\n554 5.7.1 away\r\n"],
    &["220 a\r\n", "250-a\r\n250-b\r\n250-c\r\n250-d\r\n250-e\r\n250 f\r\n"],
    &["220 a\r\n", "250-a\r\n251 b\r\n"],
    &["220 a\nb\r\n"],
    &["220 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"],
    &["HTTP/1.1 400 Bad Request\r\n"],
    &["\x15\x03\x01\0\x02\x02\x28"],
];

fn hear_client(chunks: &[&[u8]]) -> Transcript {
    let decisions = vec![Decision::Reject(Rejection::default()), Decision::Accept];
    drive(server(), chunks, Decisions(decisions))
}

/// A client that tries PLAIN as often as these turns let it, then logs out.
fn attempts(turns: &[&str]) -> Attempts {
    let credentials = Credentials::new(Mechanism::Plain, "tim", "secret".into());
    let offered = turns.concat().contains("AUTH PLAIN");
    Attempts(if offered { vec![credentials; 2] } else { Vec::new() }, true)
}

/// Splits at each of these places, counted round the length.
pub(super) fn split<'a>(bytes: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (bytes.len() + 1)).collect();
    places.push(0);
    places.push(bytes.len());
    places.sort_unstable();
    places.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect()
}

fn assert_begins(part: &Transcript, whole: &Transcript) {
    assert!(whole.output.starts_with(&part.output), "{part:?} {whole:?}");
    assert!(whole.events.starts_with(&part.events), "{part:?} {whole:?}");
}

#[test]
fn a_byte_at_a_time_changes_nothing() {
    for session in CLIENTS.iter().map(|session| session.as_bytes()) {
        let bytes: Vec<&[u8]> = session.chunks(1).collect();
        assert_eq!(hear_client(&bytes), hear_client(&[session]));
    }
    for turns in SERVERS {
        let whole: Vec<&[u8]> = turns.iter().map(|turn| turn.as_bytes()).collect();
        let bytes: Vec<&[u8]> = whole.iter().flat_map(|turn| turn.chunks(1)).collect();
        assert_eq!(drive(client(), &bytes, attempts(turns)), drive(client(), &whole, attempts(turns)));
    }
}

#[test]
fn a_session_cut_off_anywhere_is_the_beginning_of_the_whole() {
    for session in CLIENTS.iter().map(|session| session.as_bytes()) {
        let whole = hear_client(&[session]);
        for end in 0..session.len() {
            assert_begins(&hear_client(&[&session[..end]]), &whole);
        }
    }
    for turns in SERVERS {
        let bytes: Vec<&[u8]> = turns.iter().flat_map(|turn| turn.as_bytes().chunks(1)).collect();
        let whole = drive(client(), &bytes, attempts(turns));
        for end in 0..bytes.len() {
            assert_begins(&drive(client(), &bytes[..end], attempts(turns)), &whole);
        }
    }
}

#[test]
fn progress_is_a_whole_unit() {
    fn progress<M: Machine>(machine: M, bytes: &[u8]) -> bool {
        let (mut input, mut fx) = (Buffer::default(), Effects::default());
        input.extend(bytes);
        let Ok(Step::More(_) | Step::Wait(_)) = machine.receive(&mut input, &mut fx) else { panic!() };
        fx.progress
    }
    assert!(!progress(server(), b"NOOP\r"));
    assert!(progress(server(), b"NOOP\r\n"));
    assert!(!progress(client(), b"220-a\r\n220 b\r"));
    assert!(progress(client(), b"220-a\r\n220 b\r\n"));
}

/// The events of a client and a server that are connected until neither has more to say, and
/// where that leaves them.
fn converse_on(
    protection: Protection,
    attempts: Vec<Credentials>,
    decisions: Vec<Decision>,
) -> (Vec<DialogueEvent>, (Step<Client>, Step<Server>)) {
    let settings = ServerSettings { host_name: "mail.example".into(), ..ServerSettings::default() };
    let (mut attempts, mut decisions) = (attempts.into_iter(), decisions.into_iter());
    let (mut at_client, mut at_server) = (Effects::default(), Effects::default());
    let (mut to_client, mut to_server) = (Buffer::default(), Buffer::default());
    let mut events = Vec::new();
    let client = Client::new(Arc::new(ClientSettings::default()), protection);
    let server = Server::new(Arc::new(settings), protection);
    let (mut client, mut server) = (client.start(&mut at_client), server.start(&mut at_server));
    loop {
        let mut moved = false;
        server = match server {
            Step::Wait(machine) if machine.waits_for_host() => {
                let decided = machine.decide(decisions.next().expect("a decision"), &mut at_server);
                decided.map_err(|(_, misuse)| misuse).expect("its time").expect("no fault")
            }
            Step::Wait(machine) if to_server.is_empty() => Step::Wait(machine),
            Step::More(machine) | Step::Wait(machine) => {
                moved = true;
                machine.receive(&mut to_server, &mut at_server).expect("no fault")
            }
            done => done,
        };
        to_client.extend(at_server.output.as_slice());
        at_server.output.clear();
        events.append(&mut at_server.events);
        client = match client {
            Step::Wait(machine) if machine.waits_for_host() && to_client.is_empty() => {
                match attempts.next() {
                    Some(credentials) => {
                        moved = true;
                        let step = machine.authenticate(credentials, &mut at_client);
                        step.map_err(|(_, why)| why).expect("no misuse")
                    }
                    None => Step::Wait(machine),
                }
            }
            Step::Wait(machine) if to_client.is_empty() => Step::Wait(machine),
            Step::More(machine) | Step::Wait(machine) => {
                moved = true;
                machine.receive(&mut to_client, &mut at_client).expect("no fault")
            }
            done => done,
        };
        to_server.extend(at_client.output.as_slice());
        at_client.output.clear();
        events.append(&mut at_client.events);
        if !moved && to_client.is_empty() && to_server.is_empty() {
            return (events, (client, server));
        }
    }
}

/// The same inside TLS, and whether both have handed off.
fn converse(attempts: Vec<Credentials>, decisions: Vec<Decision>) -> (Vec<DialogueEvent>, bool) {
    let (events, ends) = converse_on(Protection::for_test(), attempts, decisions);
    (events, matches!(ends, (Step::HandOff, Step::HandOff)))
}

#[test]
fn client_and_server_agree_on_tls_and_begin_anew() {
    let (events, ends) = converse_on(Protection::Clear { starttls: true }, Vec::new(), Vec::new());
    assert!(matches!(ends, (Step::StartTls, Step::StartTls)));
    assert!(events.is_empty(), "{events:?}");

    let credentials = Credentials::new(Mechanism::Plain, "tim", "secret".into());
    let (events, ends) = converse_on(after_starttls(), vec![credentials], vec![Decision::Accept]);
    assert!(matches!(ends, (Step::HandOff, Step::HandOff)));
    let kinds: Vec<String> = events
        .iter()
        .map(|event| format!("{event:?}").split([' ', '(']).next().unwrap_or_default().to_owned())
        .collect();
    let expected = ["ClientName", "Capabilities", "Credentials", "Authenticated", "Message", "Authenticated"];
    assert_eq!(kinds, expected);
}

#[test]
fn client_and_server_understand_each_other() {
    for mechanism in [Mechanism::Plain, Mechanism::Login] {
        let credentials = Credentials::new(mechanism, "tim", "p\u{e4}ss".into());
        let reject = |rejection| Decision::Reject(rejection);
        let decisions = vec![
            reject(Rejection::InvalidCredentials),
            reject(Rejection::NotAuthorized),
            reject(Rejection::TemporaryFailure),
            Decision::Accept,
        ];
        let (events, handed_off) = converse(vec![credentials.clone(); 4], decisions);
        assert!(handed_off);
        let received =
            events.iter().filter(|e| matches!(e, DialogueEvent::Credentials(c) if *c == credentials));
        assert_eq!(received.count(), 4);
        let refused = events.iter().filter_map(|event| match event {
            DialogueEvent::Refused(refusal) => Some((refusal.code.as_deref(), refusal.temporary)),
            _ => None,
        });
        let refused: Vec<_> = refused.collect();
        assert_eq!(
            refused,
            [(Some("535 5.7.8"), false), (Some("535 5.7.8"), false), (Some("454 4.7.0"), true)]
        );
        assert_eq!(events.iter().filter(|e| matches!(e, DialogueEvent::Authenticated)).count(), 2);

        let (_, handed_off) = converse(vec![credentials], vec![Decision::Reject(Rejection::default())]);
        assert!(!handed_off);
    }
}

#[test]
fn the_greeting_is_typed() {
    let (events, _) = converse(Vec::new(), Vec::new());
    let greeting = events.iter().find_map(|event| match event {
        DialogueEvent::Greeting(crate::dialogue::Greeting::Smtp(greeting)) => Some(greeting),
        _ => None,
    });
    let greeting = greeting.expect("a greeting");
    assert_eq!((greeting.code(), greeting.domain()), (220, Some("mail.example")));
    assert_eq!(greeting.text(), "mail.example ESMTP ready");
}

/// Words of the protocol, most lines of it whole, and what does not belong there.
pub(super) fn flavoured(words: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        8 => proptest::sample::select(words).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..6),
    ];
    vec(word, 0..24).prop_map(|words| words.concat())
}

const CLIENT_WORDS: &[&[u8]] = &[
    b"EHLO a\r\n",
    b"AUTH PLAIN AHRpbQBzZWNyZXQ=\r\n",
    b"AUTH PLAIN\r\n",
    b"AUTH LOGIN\r\n",
    b"dGlt\r\n",
    b"*\r\n",
    b"AUTH ",
    b"=",
    b"NOOP\r\n",
    b"MAIL FROM:<>\r\n",
    b"\r\n",
    b" ",
];

const SERVER_WORDS: &[&[u8]] = &[
    b"220 a\r\n",
    b"250-a\r\n",
    b"250-AUTH PLAIN LOGIN\r\n",
    b"250 AUTH PLAIN\r\n",
    b"235 2.7.0 ok\r\n",
    b"334 \r\n",
    b"535 5.7.8 no\r\n",
    b"502 what\r\n",
    b"421 closing\r\n",
    b"221 bye\r\n",
    b"250",
    b"\r\n",
];

proptest! {
    #[test]
    fn any_chunking_changes_nothing(session in 0..CLIENTS.len(), turns in 0..SERVERS.len(), places in vec(any::<usize>(), 0..12)) {
        let session = CLIENTS[session].as_bytes();
        prop_assert_eq!(hear_client(&split(session, &places)), hear_client(&[session]));
        let turns = SERVERS[turns];
        let whole: Vec<&[u8]> = turns.iter().map(|turn| turn.as_bytes()).collect();
        let chunks: Vec<&[u8]> = whole.iter().flat_map(|turn| split(turn, &places)).collect();
        prop_assert_eq!(drive(client(), &chunks, attempts(turns)), drive(client(), &whole, attempts(turns)));
    }

    #[test]
    fn a_server_bears_anything(noise in flavoured(CLIENT_WORDS), places in vec(any::<usize>(), 0..8)) {
        let undecided = drive(server(), &split(&noise, &places), Decisions(Vec::new()));
        let raised = undecided.events.iter().filter(|event| event.contains("password=")).count();
        prop_assert_eq!(raised, usize::from(undecided.ending == Ending::WaitsForHost));
        prop_assert!(undecided.events.iter().all(|event| event != "Authenticated"));
        prop_assert_eq!(hear_client(&split(&noise, &places)), hear_client(&[&noise]));
    }

    /// The credentials of this host never reach a server that has not offered to take them.
    #[test]
    fn a_client_bears_anything(noise in flavoured(SERVER_WORDS), places in vec(any::<usize>(), 0..8)) {
        let idle = || Attempts(Vec::new(), false);
        let transcript = drive(client(), &split(&noise, &places), idle());
        prop_assert!(!transcript.output.contains("AUTH"));
        prop_assert_eq!(transcript, drive(client(), &[&noise], idle()));
    }

    /// The same with a client that authenticates as soon as it may.
    #[test]
    fn an_eager_client_bears_anything(noise in flavoured(SERVER_WORDS)) {
        let mut input = Buffer::default();
        let mut fx = Effects::default();
        let mut step = Ok(client().start(&mut fx));
        let mut lines = noise.split_inclusive(|&b| b == b'\n');
        loop {
            step = match step {
                Ok(Step::More(machine)) => machine.receive(&mut input, &mut fx),
                Ok(Step::Wait(machine)) if machine.waits_for_host() => {
                    let login = Credentials::new(Mechanism::Login, "tim", "secret".into());
                    match machine.authenticate(login, &mut fx) {
                        Ok(step) => Ok(step),
                        Err((machine, _)) => Ok(machine.log_out(&mut fx).map_err(|(_, e)| e).expect("its time")),
                    }
                }
                Ok(Step::Wait(machine)) => match lines.next() {
                    Some(line) => {
                        input.extend(line);
                        Ok(Step::More(machine))
                    }
                    None => break,
                },
                Ok(Step::HandOff) => {
                    let accepted = matches!(fx.events.last(), Some(DialogueEvent::Authenticated));
                    prop_assert!(accepted);
                    break;
                }
                Ok(Step::StartTls | Step::End) | Err(_) => break,
            };
        }
    }
}
