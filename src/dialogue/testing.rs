//! Drives one machine in a test: bytes in, what it says and does out.

use super::{
    ClientMachine, Credentials, Decision, DialogueEvent, Effects, Fault, Machine, ServerMachine,
    ServerMessage, Step,
};
use crate::buffer::Buffer;

/// How a machine ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Still there, waiting for the peer.
    WaitsForPeer,
    /// Still there, waiting for the host.
    WaitsForHost,
    /// Authenticated; what was left of the input.
    HandedOff(Vec<u8>),
    /// TLS begins; what was left of the input.
    StartsTls(Vec<u8>),
    /// Ended in order.
    Ended,
    /// The peer's fault.
    Failed(Fault),
}

/// Everything a machine did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transcript {
    /// All it sent.
    pub(crate) output: String,
    /// The debug text of each event, credentials with the password shown; but for `said`.
    pub(crate) events: Vec<String>,
    /// What a server has said to people, and before which of the events.
    pub(crate) said: Vec<(usize, ServerMessage)>,
    /// Where it stands.
    pub(crate) ending: Ending,
}

/// What the host of the test does when the machine waits for it.
pub(crate) trait Host<M> {
    /// `None` to do nothing.
    fn act(&mut self, machine: M, fx: &mut Effects) -> Result<Result<Step<M>, Fault>, M>;
}

/// Decides on credentials, in this order; does nothing when they run out.
pub(crate) struct Decisions(pub(crate) Vec<Decision>);

impl<M: ServerMachine> Host<M> for Decisions {
    fn act(&mut self, machine: M, fx: &mut Effects) -> Result<Result<Step<M>, Fault>, M> {
        if self.0.is_empty() {
            return Err(machine);
        }
        match machine.decide(self.0.remove(0), fx) {
            Ok(transition) => Ok(transition),
            Err((_, misuse)) => panic!("misuse: {misuse}"),
        }
    }
}

/// Authenticates with these, in this order, then logs out if asked to.
pub(crate) struct Attempts(pub(crate) Vec<Credentials>, pub(crate) bool);

impl<M: ClientMachine> Host<M> for Attempts {
    fn act(&mut self, machine: M, fx: &mut Effects) -> Result<Result<Step<M>, Fault>, M> {
        if !self.0.is_empty() {
            return match machine.authenticate(self.0.remove(0), fx) {
                Ok(step) => Ok(Ok(step)),
                Err((_, why)) => panic!("misuse: {why}"),
            };
        }
        if !core::mem::take(&mut self.1) {
            return Err(machine);
        }
        match machine.log_out(fx) {
            Ok(step) => Ok(Ok(step)),
            Err((_, misuse)) => panic!("misuse: {misuse}"),
        }
    }
}

/// Feeds the chunks one after another and notes all that happens.
pub(crate) fn drive<M: Machine>(machine: M, chunks: &[&[u8]], mut host: impl Host<M>) -> Transcript {
    let mut fx = Effects::default();
    let mut input = Buffer::default();
    let mut step: Result<Step<M>, Fault> = Ok(machine.start(&mut fx));
    let mut chunks = chunks.iter();
    let ending = loop {
        step = match step {
            Ok(Step::More(machine)) => machine.receive(&mut input, &mut fx),
            Ok(Step::Wait(machine)) => {
                let machine = if machine.waits_for_host() {
                    match host.act(machine, &mut fx) {
                        Ok(next) => {
                            step = next;
                            continue;
                        }
                        Err(machine) => machine,
                    }
                } else {
                    machine
                };
                match chunks.next() {
                    Some(chunk) => {
                        input.extend(chunk);
                        Ok(Step::More(machine))
                    }
                    None if machine.waits_for_host() => break Ending::WaitsForHost,
                    None => break Ending::WaitsForPeer,
                }
            }
            Ok(Step::HandOff) => {
                chunks.for_each(|chunk| input.extend(chunk));
                break Ending::HandedOff(input.as_slice().to_vec());
            }
            Ok(Step::StartTls) => {
                chunks.for_each(|chunk| input.extend(chunk));
                break Ending::StartsTls(input.as_slice().to_vec());
            }
            Ok(Step::End) => break Ending::Ended,
            Err(fault) => break Ending::Failed(fault),
        };
    };
    let show = |event: &DialogueEvent| match event {
        DialogueEvent::Credentials(c) => format!(
            "Credentials {{ mechanism: {:?}, authorization_identity: {:?}, authentication_identity: {:?}, \
             password: {:?} }} password={:?}",
            c.mechanism(),
            c.authorization_identity(),
            c.authentication_identity(),
            c.password(),
            String::from_utf8_lossy(c.password().as_bytes())
        ),
        // Most refusals have none.
        DialogueEvent::Refused(_) => {
            format!("{event:?}").replace(", details: None", "").replace(", code_arguments: None", "")
        }
        other => format!("{other:?}"),
    };
    let (mut events, mut said) = (Vec::new(), Vec::new());
    for event in fx.events {
        match event {
            DialogueEvent::Message(message) => said.push((events.len(), message)),
            event => events.push(show(&event)),
        }
    }
    Transcript { output: String::from_utf8_lossy(fx.output.as_slice()).into_owned(), events, said, ending }
}
