//! SASL exchanges as messages: what a peer says inside base64, so that none of an input is spent
//! on lines.
//!
//! Must never know what is right but for SCRAM, of which it can be a real peer.

mod client;
mod server;

use crate::dialogue::{assert_same, check_trace};
use crate::host::{Host, Manner};
use crate::plan::{Plan, Sizes};
use mailtls::{Role, Service};

pub use client::sasl_client;
pub use server::sasl_server;

/// What a longer input could show, a shorter one shows too.
const LONGEST: usize = 6000;

/// An input: the plan, a digit that says what is spoken, one more, and messages.
struct Script<'a> {
    plan: Plan,
    service: Service,
    /// The target's own flags.
    flags: u8,
    /// The other digit.
    which: u8,
    messages: Vec<&'a [u8]>,
    /// All of it, to be looked into for passwords.
    input: &'a [u8],
}

impl<'a> Script<'a> {
    fn decode(data: &'a [u8]) -> Option<Self> {
        let (plan, rest) = Plan::decode(data)?;
        let [what, which, input @ ..] = rest else { return None };
        (input.len() <= LONGEST).then(|| Self {
            plan,
            service: [Service::Imaps, Service::Pop3s, Service::Submissions][usize::from(what % 4 % 3)],
            flags: what & 12,
            which: which & 15,
            messages: input.split(|&b| b == 0xff).collect(),
            input,
        })
    }

    /// Plays the script in all the ways there are, and checks what must not depend on the way.
    fn run(&self, role: Role, play: impl Fn(&mut Feeding<'_>)) -> crate::host::Trace {
        let whole = self.play(role, &self.plan, &mut || usize::MAX, &play);
        check_trace(&self.plan, self.service.protocol(), role, &whole);
        let mut sizes = Sizes::new(self.plan.seed());
        let split = self.play(role, &self.plan, &mut || sizes.next(40), &play);
        assert_same(&whole, &split, "in chunks");
        whole
    }

    fn play(
        &self,
        role: Role,
        plan: &Plan,
        size: &mut dyn FnMut() -> usize,
        play: &dyn Fn(&mut Feeding<'_>),
    ) -> crate::host::Trace {
        let manner = Manner { prompt: true, lazy: plan.lazy(), undecided: false };
        let mut feeding = Feeding { host: Host::new(plan, self.service, role, manner, self.input), size };
        play(&mut feeding);
        feeding.host.finish(plan.end());
        feeding.host.trace
    }
}

/// A host and the chunks in which it gets what the peer says.
struct Feeding<'a> {
    host: Host<'a>,
    size: &'a mut dyn FnMut() -> usize,
}

impl Feeding<'_> {
    /// Says this, and waits for what comes of it.
    fn say(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.host.is_over() {
            let (chunk, rest) = bytes.split_at((self.size)().min(bytes.len()));
            self.host.feed(chunk);
            bytes = rest;
        }
        self.host.relieve();
        self.host.end_of_turn();
        self.host.relieve();
    }

    fn output(&self) -> &[u8] {
        &self.host.trace.output
    }

    fn is_over(&self) -> bool {
        self.host.is_over() || self.host.handed_off()
    }
}

/// The value of an attribute of a SCRAM message.
fn attribute(message: &[u8], name: u8) -> Option<&[u8]> {
    message.split(|&b| b == b',').find_map(|part| part.strip_prefix(&[name, b'=']))
}

/// `client-first-message-bare`: what follows the second comma.
fn bare(client_first: &[u8]) -> &[u8] {
    let mut commas = client_first.iter().enumerate().filter(|(_, b)| **b == b',');
    commas.nth(1).map_or(&[][..], |(at, _)| &client_first[at + 1..])
}

/// Replaces 0xFE and 0xFD in a message, each by what it stands for when it is reached.
fn expand(message: &[u8], mut stands_for: impl FnMut(u8, &[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut expanded = Vec::with_capacity(message.len() + 64);
    for &byte in message {
        match byte {
            0xfd | 0xfe => expanded.extend(stands_for(byte, &expanded)),
            byte => expanded.push(byte),
        }
    }
    expanded
}
