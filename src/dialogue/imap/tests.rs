//! Our client against our server, without anything between them.

use super::super::testing::Ending;
use super::super::{
    ClientMachine, ClientSettings, Credentials, Decision, DialogueEvent, Effects, Machine, Mechanism,
    Protection, Rejection, ServerMachine, ServerSettings, Step, Transition,
};
use super::{Client, Server};
use crate::buffer::Buffer;
use crate::tls::policy::Confidential;
use proptest::prelude::*;
use std::sync::Arc;

/// One end: its machine as long as it has one, and what has come for it.
struct End<M> {
    machine: Option<M>,
    input: Buffer,
    fx: Effects,
    ending: Option<Ending>,
    events: Vec<DialogueEvent>,
}

impl<M: Machine> End<M> {
    fn start(machine: M) -> Self {
        let mut fx = Effects::default();
        let step = machine.start(&mut fx);
        let mut end = Self { machine: None, input: Buffer::default(), fx, ending: None, events: vec![] };
        end.settle(Ok(step));
        end
    }

    /// Runs until the machine waits or ends.
    fn settle(&mut self, mut step: Transition<M>) {
        while let Ok(Step::More(machine)) = step {
            step = machine.receive(&mut self.input, &mut self.fx);
        }
        self.events.append(&mut self.fx.events);
        match step {
            Ok(Step::Wait(machine)) => self.machine = Some(machine),
            Ok(Step::HandOff) => self.ending = Some(Ending::HandedOff(self.input.as_slice().to_vec())),
            Ok(Step::StartTls) => self.ending = Some(Ending::StartsTls(self.input.as_slice().to_vec())),
            Ok(Step::End) => self.ending = Some(Ending::Ended),
            Ok(Step::More(_)) => unreachable!("settled"),
            Err(fault) => self.ending = Some(Ending::Failed(fault)),
        }
    }

    /// Lets the host act, if there is a machine left.
    fn act(&mut self, host: impl FnOnce(M, &mut Effects) -> Transition<M>) {
        if let Some(machine) = self.machine.take() {
            let step = host(machine, &mut self.fx);
            self.settle(step);
        }
    }

    /// Hears what the other end has said, `chunk` bytes at a time.
    fn hear(&mut self, said: &mut Buffer, chunk: usize) {
        while !said.is_empty() {
            let n = chunk.min(said.len());
            self.input.extend(&said.as_slice()[..n]);
            said.consume(n);
            if let Some(machine) = self.machine.take() {
                self.settle(Ok(Step::More(machine)));
            }
        }
    }
}

/// Both ends on a channel that is protected like this.
fn begin(settings: ServerSettings, protection: Protection) -> (End<Server>, End<Client>) {
    let server = End::start(Server::new(Arc::new(settings), protection));
    (server, End::start(Client::new(Arc::new(ClientSettings::default()), protection)))
}

fn after_starttls() -> Protection {
    Protection::Confidential { proof: Confidential::for_test(), greeting: false }
}

/// Runs a session; the credentials that the server raised, and how both ended.
fn converse(
    (mut server, mut client): (End<Server>, End<Client>),
    attempts: Vec<Credentials>,
    mut decisions: Vec<Decision>,
    chunk: usize,
) -> (Vec<Credentials>, Vec<String>, Ending, Ending) {
    let mut attempts = attempts.into_iter();
    while server.ending.is_none() || client.ending.is_none() {
        let mut said = core::mem::take(&mut server.fx.output);
        client.hear(&mut said, chunk);
        client.act(|machine, fx| {
            if !machine.waits_for_host() {
                return Ok(Step::Wait(machine));
            }
            let step = match attempts.next() {
                Some(credentials) => machine.authenticate(credentials, fx),
                None => machine.log_out(fx),
            };
            Ok(step.unwrap_or_else(|(_, why)| panic!("misuse: {why}")))
        });
        let mut said = core::mem::take(&mut client.fx.output);
        server.hear(&mut said, chunk);
        server.act(|machine, fx| {
            if machine.waits_for_host() {
                machine.decide(decisions.remove(0), fx).map_err(|(_, misuse)| misuse).expect("a decision")
            } else {
                Ok(Step::Wait(machine))
            }
        });
    }
    let raised = server.events.into_iter().filter_map(|event| match event {
        DialogueEvent::Credentials(credentials) => Some(credentials),
        _ => None,
    });
    let told = client.events.iter().map(|event| format!("{event:?}")).collect();
    (raised.collect(), told, server.ending.unwrap(), client.ending.unwrap())
}

fn implicit_tls() -> (End<Server>, End<Client>) {
    begin(ServerSettings::default(), Protection::for_test())
}

/// What both say in clear until TLS begins, of which nothing becomes an event; then the new ends.
fn upgraded(chunk: usize) -> (End<Server>, End<Client>) {
    let (mut server, mut client) = begin(ServerSettings::default(), Protection::Clear { starttls: true });
    let mut said = core::mem::take(&mut server.fx.output);
    client.hear(&mut said, chunk);
    assert_eq!(client.fx.output.as_slice(), b"a1 STARTTLS\r\n");
    server.hear(&mut client.fx.output, chunk);
    assert_eq!(server.fx.output.as_slice(), b"a1 OK begin TLS negotiation now\r\n");
    client.hear(&mut server.fx.output, chunk);
    assert!(server.events.is_empty() && client.events.is_empty());
    assert_eq!([server.ending, client.ending], [const { Some(Ending::StartsTls(vec![])) }; 2]);
    begin(ServerSettings::default(), after_starttls())
}

/// STARTTLS and every mechanism, at the end of which only what came inside TLS is known.
#[test]
fn every_mechanism_after_starttls() {
    for mechanism in MECHANISMS {
        let credentials = Credentials::new(mechanism, "tim", "tanstaaf".into());
        let (raised, told, server, client) =
            converse(upgraded(1000), vec![credentials.clone()], vec![Decision::Accept], 1000);
        assert_eq!(raised, [credentials]);
        let capabilities = "[\"IMAP4rev1\", \"IMAP4rev2\", \"SASL-IR\", \"LITERAL-\", \"ID\", \"AUTH=PLAIN\", \"AUTH=LOGIN\"]";
        assert_eq!(
            told,
            [
                &format!("Capabilities(Capabilities {{ items: {capabilities} }})"),
                "Message(ServerMessage { condition: Ok, tagged: true, code: None, code_arguments: None, text: \"logged in\" })",
                "Authenticated"
            ]
        );
        assert_eq!((server, client), (Ending::HandedOff(vec![]), Ending::HandedOff(vec![])));
    }
}

const MECHANISMS: [Mechanism; 3] = [Mechanism::Password, Mechanism::Plain, Mechanism::Login];

#[test]
fn every_mechanism_accepted() {
    for mechanism in MECHANISMS {
        let credentials = Credentials::new(mechanism, "tim", "tanstaaf \"\\".into());
        let (raised, told, server, client) =
            converse(implicit_tls(), vec![credentials.clone()], vec![Decision::Accept], 1);
        assert_eq!(raised, [credentials]);
        assert_eq!(told.last().map(String::as_str), Some("Authenticated"));
        assert_eq!((server, client), (Ending::HandedOff(vec![]), Ending::HandedOff(vec![])));
    }
}

#[test]
fn every_mechanism_rejected_then_log_out() {
    for (rejection, temporary) in [
        (Rejection::InvalidCredentials, false),
        (Rejection::NotAuthorized, false),
        (Rejection::TemporaryFailure, true),
    ] {
        let attempts: Vec<_> = MECHANISMS.map(|m| Credentials::new(m, "tim", "x".into())).into();
        let (raised, told, server, client) =
            converse(implicit_tls(), attempts.clone(), vec![Decision::Reject(rejection); 3], 1000);
        assert_eq!(raised, attempts);
        let refused: Vec<_> = told.iter().filter(|event| event.starts_with("Refused(")).collect();
        assert_eq!(refused.len(), 3);
        assert!(refused.iter().all(|event| event.contains(&format!("temporary: {temporary},"))));
        assert_eq!((server, client), (Ending::Ended, Ending::Ended));
    }
}

proptest! {
    /// What the user typed is what the server's host gets, by whatever road and in any chunks.
    #[test]
    fn credentials_arrive(
        which in 0usize..3,
        user in "[^\0]{1,20}",
        password in "[^\0]{1,20}",
        acts_as in "[a-z]{0,5}",
        reject: bool,
        starttls: bool,
        chunk in 1usize..50,
    ) {
        let mut credentials = Credentials::new(MECHANISMS[which], user, password.as_str().into());
        if MECHANISMS[which] == Mechanism::Plain {
            credentials = credentials.with_authorization_identity(acts_as);
        }
        let ends = if starttls { upgraded(chunk) } else { implicit_tls() };
        let first = if reject { Decision::Reject(Rejection::default()) } else { Decision::Accept };
        let attempts = vec![credentials.clone(); if reject { 2 } else { 1 }];
        let (raised, _, server, client) =
            converse(ends, attempts.clone(), vec![first, Decision::Accept], chunk);
        prop_assert_eq!(raised, attempts);
        prop_assert_eq!((server, client), (Ending::HandedOff(vec![]), Ending::HandedOff(vec![])));
    }
}
