//! Messages of a client to a server.

use super::{Feeding, Script, attribute, bare, expand};
use crate::dialogue::assert_same;
use crate::plan::{Knowledge, MECHANISMS, PASSWORD, Plan, binding_data, stored_keys};
use crate::scram::{self, Hash};
use crate::wire;
use mailtls::{Protocol, Role};

/// What a client says in exchanges, one after another.
///
/// Behind the ten digits of [`crate::plan`]:
///
/// | digit | decides |
/// |---|---|
/// | 10 | protocol; +4 a first message goes with the command |
/// | 11 | the mechanism of the first exchange; each exchange has the next one if +12 or more |
///
/// The rest is messages, cut by 0xFF. In them 0xFE stands for the nonce of SCRAM and 0xFD for the
/// right proof of what is before it. A message of 0xFC alone cancels.
pub fn sasl_server(data: &[u8]) {
    let Some(script) = Script::decode(data) else { return };
    let play = |feeding: &mut Feeding<'_>| Client::new(&script, feeding).talk();
    let whole = script.run(Role::Server, play);
    hides_who_there_is(&script, &whole);
}

/// Whether there is such a user must not show to somebody who does not know the password.
fn hides_who_there_is(script: &Script<'_>, whole: &crate::host::Trace) {
    if script.plan.knowledge() != Knowledge::Nobody || script.input.contains(&0xfd) {
        return;
    }
    let plan = script.plan.with_knowledge(Knowledge::Password);
    let known = script.play(Role::Server, &plan, &mut || usize::MAX, &|feeding| {
        Client { plan: &plan, ..Client::new(script, feeding) }.talk();
    });
    assert_same(whole, &known, "where there is such a user");
}

struct Client<'a, 'b> {
    script: &'a Script<'a>,
    plan: &'a Plan,
    feeding: &'a mut Feeding<'b>,
    exchanges: usize,
    mechanism: &'static str,
    /// client-first-message, as it was sent.
    first: Vec<u8>,
}

impl<'a, 'b> Client<'a, 'b> {
    fn new(script: &'a Script<'a>, feeding: &'a mut Feeding<'b>) -> Self {
        let plan = &script.plan;
        Self { script, plan, feeding, exchanges: 0, mechanism: "", first: Vec::new() }
    }

    fn talk(mut self) {
        if self.script.service.protocol() == Protocol::Smtp {
            self.feeding.say(b"EHLO client.example\r\n");
        }
        let mut messages = self.script.messages.iter().peekable();
        while messages.peek().is_some() && !self.feeding.is_over() {
            let challenge = wire::challenge(self.feeding.output());
            let in_command = challenge.is_none() && self.script.flags & 4 != 0;
            match challenge {
                None => self.begin(in_command.then(|| messages.next()).flatten()),
                Some(challenge) => self.respond(messages.next().unwrap_or(&&b""[..]), &challenge),
            }
            // Not to go on for ever where nothing is taken.
            if self.exchanges > self.script.messages.len() {
                break;
            }
        }
    }

    /// Begins an exchange.
    fn begin(&mut self, message: Option<&&[u8]>) {
        let which = usize::from(self.script.which);
        let next = if which >= 12 { self.exchanges } else { 0 };
        self.exchanges += 1;
        self.mechanism = MECHANISMS[(which + next) % MECHANISMS.len()];
        let tag = if self.script.service.protocol() == Protocol::Imap { "a1 AUTHENTICATE" } else { "AUTH" };
        let mut line = format!("{tag} {}", self.mechanism).into_bytes();
        self.first.clear();
        if let Some(message) = message {
            self.first = expand(message, |_, _| Vec::new());
            line.push(b' ');
            line.extend(
                match self.first.as_slice() {
                    b"" => "=".into(),
                    first => wire::base64(first),
                }
                .into_bytes(),
            );
        }
        line.extend(b"\r\n");
        self.say(&line, false);
    }

    /// Answers a challenge, as real as the message lets it be.
    fn respond(&mut self, message: &[u8], challenge: &[u8]) {
        if message == [0xfc] {
            return self.say(b"*\r\n", false);
        }
        let hash = Hash::of(self.mechanism);
        let nonce = attribute(challenge, b'r').unwrap_or_default();
        if !nonce.is_empty() {
            let own = attribute(bare(&self.first), b'r').unwrap_or_default();
            assert!(nonce.starts_with(own) && nonce.len() == own.len() + wire::NONCE);
        }
        let mut proof = String::new();
        let said = expand(message, |byte, before| {
            if byte == 0xfe {
                return nonce.to_vec();
            }
            let without_proof = before.strip_suffix(b",p=").unwrap_or(before);
            let auth_message = [bare(&self.first), challenge, without_proof].join(&b","[..]);
            proof = wire::base64(&scram::proof(hash, &self.client_key(challenge), &auth_message));
            proof.clone().into_bytes()
        });
        if nonce.is_empty() {
            self.first.clone_from(&said);
        }
        let final_begins = format!("c={},r=", wire::base64(&self.binding()));
        let final_begins = [final_begins.as_bytes(), nonce, b","].concat();
        let final_ends = format!(",p={proof}");
        let knows = matches!(self.plan.knowledge(), Knowledge::Password | Knowledge::Stored);
        let real = knows
            && !proof.is_empty()
            && !nonce.is_empty()
            && said.starts_with(&final_begins)
            && said.ends_with(final_ends.as_bytes());
        let mut line = wire::base64(&said).into_bytes();
        line.extend(b"\r\n");
        // Who says nothing else than what is right is believed.
        let plain = real && said.len() == final_begins.len() - 1 + final_ends.len();
        let fits = line.len() <= self.plan.limits().sasl_line;
        let before = self.feeding.host.trace.events.len();
        self.say(&line, real);
        let told = &self.feeding.host.trace.events[before..];
        let believed = told.iter().any(|event| event.starts_with("Credentials"));
        assert!(believed || !plain || !fits, "a right proof is not believed: {told:?}");
    }

    fn say(&mut self, line: &[u8], proved: bool) {
        self.feeding.host.proved = proved;
        self.feeding.say(line);
        self.feeding.host.proved = false;
    }

    /// What `c=` must be: the gs2-header as it was sent, and what the channel has.
    fn binding(&self) -> Vec<u8> {
        let header = &self.first[..self.first.len() - bare(&self.first).len()];
        let name = header.strip_prefix(b"p=").and_then(|rest| rest.split(|&b| b == b',').next());
        [header, binding_data(name.unwrap_or_default())].concat()
    }

    fn client_key(&self, server_first: &[u8]) -> Vec<u8> {
        let hash = Hash::of(self.mechanism);
        if self.plan.knowledge() == Knowledge::Stored {
            return stored_keys(hash).0;
        }
        let salt = attribute(server_first, b's').and_then(wire::decoded).unwrap_or_default();
        let iterations =
            attribute(server_first, b'i').and_then(|i| core::str::from_utf8(i).ok()?.parse().ok());
        scram::keys(hash, PASSWORD.as_bytes(), &salt, iterations.unwrap_or(1)).0
    }
}
