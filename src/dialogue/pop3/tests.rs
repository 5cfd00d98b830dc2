//! Both roles: against each other, in any chunking, cut anywhere, and fed with anything.

mod clear;

use super::{Client, Server};
use crate::buffer::Buffer;
use crate::dialogue::Protection;
use crate::dialogue::testing::{Attempts, Decisions, Ending, Host, Transcript, drive};
use crate::dialogue::{
    ClientMachine, ClientSettings, Credentials, Decision, DialogueEvent, Effects, Fault, Machine, Mechanism,
    Rejection, ServerMachine, ServerSettings, Step,
};
use proptest::prelude::*;
use std::sync::Arc;

const REJECT: Decision = Decision::Reject(Rejection::InvalidCredentials);

fn client(protection: Protection) -> Client {
    Client::new(Arc::new(ClientSettings::default()), protection)
}

fn server(protection: Protection) -> Server {
    let settings = ServerSettings {
        pop3_utf8: true,
        pop3_capabilities: vec!["TOP".into(), "UIDL".into()],
        ..ServerSettings::default()
    };
    Server::new(Arc::new(settings), protection)
}

/// Runs a machine until it waits; `None` when it is over.
fn settle<M: Machine>(mut step: Step<M>, input: &mut Buffer, fx: &mut Effects) -> Option<M> {
    loop {
        match step {
            Step::More(machine) => step = machine.receive(input, fx).expect("no fault"),
            Step::Wait(machine) => return Some(machine),
            Step::HandOff | Step::StartTls | Step::End => return None,
        }
    }
}

/// Lets both talk until both are over. Returns what the server was shown, and the client's
/// refusals.
fn converse_on(
    protection: Protection,
    mut attempts: Vec<Credentials>,
    mut decisions: Vec<Decision>,
) -> (Vec<Credentials>, usize) {
    let (mut to_server, mut to_client) = (Buffer::default(), Buffer::default());
    let (mut server_fx, mut client_fx) = (Effects::default(), Effects::default());
    let mut server = settle(server(protection).start(&mut server_fx), &mut to_server, &mut server_fx);
    let mut client = settle(client(protection).start(&mut client_fx), &mut to_client, &mut client_fx);
    while server.is_some() || client.is_some() {
        to_client.extend(core::mem::take(&mut server_fx.output).as_slice());
        client = client.and_then(|c| settle(Step::More(c), &mut to_client, &mut client_fx)).and_then(|c| {
            if !c.waits_for_host() {
                return Some(c);
            }
            let step = if attempts.is_empty() {
                c.log_out(&mut client_fx)
            } else {
                c.authenticate(attempts.remove(0), &mut client_fx)
            };
            settle(step.map_err(|e| e.1).expect("the time, and offered"), &mut to_client, &mut client_fx)
        });
        to_server.extend(core::mem::take(&mut client_fx.output).as_slice());
        server = server.and_then(|s| settle(Step::More(s), &mut to_server, &mut server_fx)).and_then(|s| {
            if !s.waits_for_host() {
                return Some(s);
            }
            let decided = s.decide(decisions.remove(0), &mut server_fx).map_err(|e| e.1);
            let step = decided.expect("a decision").expect("no fault");
            settle(step, &mut to_server, &mut server_fx)
        });
    }
    let accepted = |fx: &Effects| matches!(fx.events.last(), Some(DialogueEvent::Authenticated));
    assert_eq!(accepted(&server_fx), accepted(&client_fx));
    let shown = server_fx.events.into_iter().filter_map(|event| match event {
        DialogueEvent::Credentials(credentials) => Some(credentials),
        _ => None,
    });
    let refusals = client_fx.events.iter().filter(|e| matches!(e, DialogueEvent::Refused(_))).count();
    (shown.collect(), refusals)
}

fn converse(attempts: Vec<Credentials>, decisions: Vec<Decision>) -> (Vec<Credentials>, usize) {
    converse_on(Protection::for_test(), attempts, decisions)
}

const MECHANISMS: [Mechanism; 3] = [Mechanism::Password, Mechanism::Plain, Mechanism::Login];

#[test]
fn client_and_server_understand_each_other() {
    for mechanism in MECHANISMS {
        let right = Credentials::new(mechanism, "tim", "tanstaaftanstaaf".into());
        assert_eq!(converse(vec![right.clone()], vec![Decision::Accept]), (vec![right.clone()], 0));
        assert_eq!(converse(vec![right.clone()], vec![REJECT]), (vec![right.clone()], 1));
        let wrong = Credentials::new(mechanism, "tim", "x".into());
        let both = vec![wrong, right];
        assert_eq!(converse(both.clone(), vec![REJECT, Decision::Accept]), (both, 1));
    }
    assert_eq!(converse(vec![], vec![]), (vec![], 0));
    let root = Credentials::new(Mechanism::Plain, "tim", "x".into()).with_authorization_identity("root");
    assert_eq!(converse(vec![root.clone()], vec![Decision::Accept]), (vec![root], 0));
}

/// What clients say, and how the host decides.
fn server_sessions() -> Vec<(Vec<u8>, Vec<Decision>)> {
    let plain = "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n";
    [
        ("CAPA\r\nUSER tim\r\nPASS a b\r\nSTAT\r\nLIST\r\n".into(), vec![Decision::Accept]),
        (format!("CAPA\r\nXYZZY\r\nUTF8\r\n{plain}{plain}STAT\r\n"), vec![REJECT, Decision::Accept]),
        ("auth login\r\ndGlt\r\n*\r\nAUTH LOGIN\r\ndGlt\r\ncHc=\r\nNOOP\r\n".into(), vec![Decision::Accept]),
        (format!("AUTH\r\nAUTH PLAIN\r\n!\r\nUSER \u{e9}\r\n{plain}QUIT\r\nCAPA\r\n"), vec![REJECT]),
        (plain.repeat(8), vec![REJECT; 8]),
        ("XYZZY\r\n".repeat(12), vec![]),
        ("CAPA\r\nUSER tim\nPASS x\r\n".into(), vec![]),
        (format!("USER tim\r\nPASS {}\r\n", "x".repeat(300)), vec![]),
        ("AUTH PLAIN\r\nAA\0".into(), vec![]),
        ("AUTHX \r\nA\r\nAUTH \r\nQUIT\r\n".into(), vec![]),
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n".into(), vec![]),
        ("\x16\x03\x01\x02\x00\x01".into(), vec![]),
    ]
    .map(|(input, decisions): (String, _)| (input.into_bytes(), decisions))
    .into()
}

/// What servers say, and how the host authenticates.
fn client_sessions() -> Vec<(Vec<u8>, Vec<Mechanism>)> {
    let capa = "+OK hi <1.2@x>\r\n+OK\r\nUSER\r\n..X\r\nSASL PLAIN LOGIN\r\n.\r\n";
    [
        (format!("{capa}+OK\r\n+OK in\r\n+OK 1 message\r\n"), vec![Mechanism::Password]),
        (format!("{capa}-ERR [AUTH] no\r\n+OK in\r\nrest"), vec![Mechanism::Plain, Mechanism::Plain]),
        (format!("{capa}+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n+OK\r\nrest"), vec![Mechanism::Login]),
        (format!("{capa}+ \r\n-ERR\r\n+OK\r\n-ERR [IN-USE] x\r\n+OK bye\r\n"), MECHANISMS[..2].into()),
        (format!("{capa}-ERR\r\n+OK bye\r\n"), vec![Mechanism::Login]),
        (format!("{capa}+OK\r\n"), vec![Mechanism::Login]),
        ("+OK\r\n-ERR\r\n+OK\r\n+OK\r\n".into(), vec![Mechanism::Password]),
        ("-ERR busy\r\n".into(), vec![]),
        ("+OK\r\n+OK\r\nA\rB\r\n".into(), vec![]),
        (format!("+OK {}\r\n", "x".repeat(3000)), vec![]),
        ("HTTP/1.1 400 Bad Request\r\n".into(), vec![]),
        ("\x15\x03\x03\x00\x02".into(), vec![]),
    ]
    .map(|(input, mechanisms): (String, _)| (input.into_bytes(), mechanisms))
    .into()
}

/// Authenticates with what is offered, then logs out.
struct Offered(Attempts);

impl<M: ClientMachine> Host<M> for Offered {
    fn act(&mut self, machine: M, fx: &mut Effects) -> Result<Result<Step<M>, Fault>, M> {
        let Attempts(attempts, log_out) = &mut self.0;
        let mut machine = machine;
        while !attempts.is_empty() {
            match machine.authenticate(attempts.remove(0), fx) {
                Ok(step) => return Ok(Ok(step)),
                Err((same, _)) => machine = same,
            }
        }
        if core::mem::take(log_out) { machine.log_out(fx).map(Ok).map_err(|(m, _)| m) } else { Err(machine) }
    }
}

/// A host of a client and one of a server, driven with the chunks and an empty one, which lets
/// a client that waits for its host read what is left.
fn run_client(chunks: &[&[u8]], mechanisms: &[Mechanism]) -> Transcript {
    let attempts = mechanisms.iter().map(|&m| Credentials::new(m, "tim", "pw".into())).collect();
    drive(client(Protection::for_test()), &[chunks, &[b""]].concat(), Offered(Attempts(attempts, true)))
}

fn run_server(chunks: &[&[u8]], decisions: &[Decision]) -> Transcript {
    drive(server(Protection::for_test()), &[chunks, &[b""]].concat(), Decisions(decisions.to_vec()))
}

/// Splits at these places, counted from the last.
fn split<'a>(mut bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut chunks = Vec::new();
    for &size in sizes.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (chunk, rest) = bytes.split_at(size.min(bytes.len()));
        chunks.push(chunk);
        bytes = rest;
    }
    chunks
}

/// The same whole, in bytes, and in these sizes; cut anywhere, the beginning of the same.
fn any_chunking(
    input: &[u8],
    sizes: &[usize],
    run: impl Fn(&[&[u8]]) -> Transcript,
) -> Result<(), TestCaseError> {
    let whole = run(&[input]);
    prop_assert_eq!(&run(&split(input, &[1])), &whole);
    prop_assert_eq!(&run(&split(input, sizes)), &whole);
    Ok(())
}

fn any_cut(input: &[u8], run: impl Fn(&[&[u8]]) -> Transcript) {
    let whole = run(&[input]);
    for at in 0..input.len() {
        let cut = run(&[&input[..at]]);
        assert!(whole.output.starts_with(&cut.output), "{cut:?} {whole:?}");
        assert!(whole.events.starts_with(&cut.events), "{cut:?} {whole:?}");
        if let Ending::Failed(_) | Ending::Ended = cut.ending {
            assert_eq!(cut, whole);
        }
    }
}

#[test]
fn sessions_cut_anywhere() {
    for (input, decisions) in server_sessions() {
        any_cut(&input, |chunks| run_server(chunks, &decisions));
    }
    for (input, mechanisms) in client_sessions() {
        any_cut(&input, |chunks| run_client(chunks, &mechanisms));
    }
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(1usize..40, 1..20)
}

/// Bytes and lines such as they may come on a POP3 connection.
fn flavoured(words: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        8 => proptest::sample::select(words).prop_map(|word| word.as_bytes().to_vec()),
        4 => Just(b"\r\n".to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 1..4),
    ];
    proptest::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

const COMMANDS: &[&str] = &[
    "CAPA\r\n",
    "USER tim\r\n",
    "PASS pw\r\n",
    "AUTH",
    "AUTH PLAIN\r\n",
    "AUTH LOGIN\r\n",
    "AUTH PLAIN ",
    "AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n",
    "dGlt\r\n",
    "cHc=\r\n",
    "*\r\n",
    "=\r\n",
    "UTF8\r\n",
    "STLS\r\n",
    "NOOP\r\n",
    "QUIT",
    "USER \u{e9}\r\n",
    " ",
    "\r",
    "\n",
    "\0",
    "GET / HTTP/1.1\r\n",
    "\x16\x03",
];

const REPLIES: &[&str] = &[
    "+OK\r\n",
    "+OK hi\r\n",
    "-ERR\r\n",
    "-ERR [AUTH] no\r\n",
    "+ \r\n",
    "+ VXNlcm5hbWU6\r\n",
    "+\r\n",
    ".\r\n",
    "..\r\n",
    "USER\r\n",
    "SASL PLAIN LOGIN\r\n",
    "SASL LOGIN\r\n",
    "TOP\r\n",
    "+",
    " ",
    "[",
    "\r",
    "\n",
    "\0",
    "HTTP/1.1",
    "\u{e9}",
    "+OK\r\n+OK\r\nUSER\r\nSASL PLAIN LOGIN\r\n.\r\n",
];

proptest! {
    #[test]
    fn sessions_in_any_chunking(sizes in sizes()) {
        for (input, decisions) in server_sessions() {
            any_chunking(&input, &sizes, |chunks| run_server(chunks, &decisions))?;
        }
        for (input, mechanisms) in client_sessions() {
            any_chunking(&input, &sizes, |chunks| run_client(chunks, &mechanisms))?;
        }
    }

    #[test]
    fn anything_to_a_server(input in flavoured(COMMANDS), sizes in sizes(), accept: bool, rejected in 0usize..4) {
        let mut decisions = vec![REJECT; rejected];
        decisions.extend(accept.then_some(Decision::Accept));
        any_chunking(&input, &sizes, |chunks| run_server(chunks, &decisions))?;
        let t = run_server(&[&input], &decisions);
        let raised = t.events.iter().filter(|event| event.starts_with("Credentials")).count();
        prop_assert!(raised <= decisions.len() + usize::from(!accept));
        let authenticated = t.events.iter().any(|event| event == "Authenticated");
        prop_assert_eq!(authenticated, matches!(t.ending, Ending::HandedOff(_)));
        prop_assert!(accept || !authenticated);
    }

    #[test]
    fn anything_to_a_client(input in flavoured(REPLIES), sizes in sizes(), mechanisms in proptest::sample::subsequence(&MECHANISMS[..], 0..=3)) {
        any_chunking(&input, &sizes, |chunks| run_client(chunks, &mechanisms))?;
        let t = run_client(&[&input], &mechanisms);
        let authenticated = t.events.iter().any(|event| event == "Authenticated");
        prop_assert_eq!(authenticated, matches!(t.ending, Ending::HandedOff(_)));
        prop_assert!(!authenticated || !mechanisms.is_empty());
    }
}
