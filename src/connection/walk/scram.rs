//! The peer's half of SCRAM, so that proofs can be right.

use super::symbol::PASSWORD;
use crate::Role;
use crate::dialogue::Mechanism;
use crate::dialogue::sasl::{self, scram};
use crate::secret::Secret;
use crate::tls::channel_binding::ChannelBindings;

const SALTS: &str = "salts";

#[derive(Default)]
pub(super) struct Scram {
    /// The last word that the other end said: its message, if it said one.
    last: String,
    client: Option<scram::Client>,
    server: Option<scram::Waiting>,
    proved: bool,
}

impl Scram {
    pub(super) fn hear(&mut self, said: &[u8]) {
        if let Some(word) = String::from_utf8_lossy(said).split_whitespace().last() {
            self.last = word.to_owned();
        }
    }

    /// Whether the server's proof has been said.
    pub(super) fn has_proved(&self) -> bool {
        self.proved
    }

    /// Puts the messages in.
    pub(super) fn fill(&mut self, text: &str, under_test: Role) -> String {
        let mut text = text.to_owned();
        for (mark, first) in [("<scram-first>", true), ("<scram-final>", false)] {
            if text.contains(mark) {
                let message = match under_test {
                    Role::Server => self.client_message(first),
                    Role::Client => self.server_message(first),
                };
                let message = message.unwrap_or_else(|| "no message".into());
                text = text.replace(mark, &sasl::encode(message.as_bytes()));
            }
        }
        text
    }

    fn client_message(&mut self, first: bool) -> Option<Secret> {
        let hash = scram::Hash::of(Mechanism::ScramSha1)?;
        let (client, message) = if first {
            scram::Client::start(hash, "tim", "", &PASSWORD.into(), None, false).ok()?
        } else {
            let challenge = sasl::decode(self.last.as_bytes()).ok()?;
            self.client.take()?.respond(&challenge, 4096).ok()?
        };
        self.client = Some(client);
        Some(message)
    }

    fn server_message(&mut self, first: bool) -> Option<Secret> {
        let heard = sasl::decode(self.last.as_bytes()).ok()?;
        if !first {
            let server_final = self.server.take()?.check(&heard).ok()?.server_final;
            self.proved = true;
            return Some(server_final);
        }
        let (mechanism, none) = (Mechanism::ScramSha1, ChannelBindings::default());
        let message = scram::ClientFirst::read(mechanism, &heard, &none, false).ok()?;
        let secret = message.derive(&PASSWORD.into(), &SALTS.into(), 4096);
        let (waiting, message) = message.answer(Some(secret), &SALTS.into(), 4096).ok()?;
        self.server = Some(waiting);
        Some(message)
    }
}
