//! The server's half of SCRAM. Each step consumes the one before it.
//!
//! It must never know where secrets are stored: it is given one, or none.

use super::super::gs2::BindingFlag;
use super::grammar::{ClientFinalMessage, ClientFirstMessage, ServerFinalMessage, ServerFirstMessage};
use super::keys::{Hash, ScramSecret};
use super::prepare;
use crate::dialogue::{Mechanism, ScramUser};
use crate::secret::Secret;
use crate::tls::channel_binding::ChannelBindings;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq;

/// Why an exchange ends on the server's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denial {
    /// The message breaks the grammar or the rules.
    Malformed(&'static str),
    /// The client does not know the password, or speaks on another channel.
    Wrong,
    /// There are no random octets to be had.
    Internal(&'static str),
}

/// The client's first message has been read: the stored secret is wanted.
#[derive(Debug)]
pub(crate) struct ClientFirst {
    user: ScramUser,
    hash: Hash,
    /// What the client must say in `c=`: the gs2-header, as it was sent, and the binding's data.
    binding: Vec<u8>,
    /// client-first-message-bare, as it was sent.
    bare: String,
    client_nonce: String,
}

/// The server's first message has been sent: the proof is awaited.
#[derive(Debug)]
pub(crate) struct Waiting {
    user: ScramUser,
    secret: ScramSecret,
    /// There is no such user, and no proof is right.
    made_up: bool,
    binding: Vec<u8>,
    nonce: String,
    /// client-first-message-bare "," server-first-message
    messages: String,
}

/// The client has proved that it knows the password.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) user: ScramUser,
    /// The server's own proof, to be sent when the host has accepted.
    pub(crate) server_final: Secret,
}

impl ClientFirst {
    /// Reads the client's first message. `plus_offered`: the mechanism that is bound to the channel
    /// has been offered too.
    pub(crate) fn read(
        mechanism: Mechanism,
        message: &Secret,
        bindings: &ChannelBindings,
        plus_offered: bool,
    ) -> Result<Self, Denial> {
        let hash = Hash::of(mechanism).ok_or(Denial::Malformed("not a SCRAM mechanism"))?;
        let text = text(message)?;
        let (first, bare) =
            ClientFirstMessage::parse(text).ok_or(Denial::Malformed("malformed SCRAM message"))?;
        let data = match (&first.header.binding, mechanism.needs_channel_binding()) {
            (BindingFlag::Used(name), true) => {
                let data = bindings.get(name);
                data.ok_or(Denial::Malformed("no such channel binding here"))?.as_bytes()
            }
            (BindingFlag::None | BindingFlag::NotOffered, true) => {
                return Err(Denial::Malformed("the mechanism is used without channel binding"));
            }
            (BindingFlag::Used(_), false) => {
                return Err(Denial::Malformed("the mechanism has no channel binding"));
            }
            // Somebody has taken it out of the offer (RFC 5802 §6).
            (BindingFlag::NotOffered, false) if plus_offered => {
                return Err(Denial::Malformed("channel binding was offered"));
            }
            (BindingFlag::NotOffered | BindingFlag::None, false) => &[],
        };
        let header = text.get(..text.len() - bare.len()).unwrap_or_default();
        // RFC 5802 §5.1, `n`.
        let user = prepare::user_name(&first.user)
            .ok_or(Denial::Malformed("the user name has forbidden characters"))?;
        Ok(Self {
            user: ScramUser {
                mechanism,
                authentication_identity: user,
                authorization_identity: first.header.authorization_identity,
            },
            hash,
            binding: [header.as_bytes(), data].concat(),
            bare: bare.to_owned(),
            client_nonce: first.nonce,
        })
    }

    pub(crate) fn user(&self) -> &ScramUser {
        &self.user
    }

    /// Whether a stored secret is one of this mechanism's hash.
    pub(crate) fn takes(&self, secret: &ScramSecret) -> bool {
        secret.hash == self.hash
    }

    /// The secret that a server has which keeps the password itself. Its salt is the same every
    /// time, as it would be if the secret were stored.
    pub(crate) fn derive(&self, password: &Secret, salts: &Secret, iterations: u32) -> ScramSecret {
        ScramSecret::derive(self.hash, password.as_bytes(), &self.salt(salts), iterations)
    }

    fn salt(&self, salts: &Secret) -> Vec<u8> {
        let user = self.user.authentication_identity.as_bytes();
        let mut salt = self.hash.hmac(salts, &[b"salt\0", user].concat()).as_bytes().to_vec();
        salt.truncate(16);
        salt
    }

    /// Answers with the server's first message.
    ///
    /// For a user that there is not, salt and iterations are made up, the same every time, so that
    /// nobody learns who has an account (RFC 5802 §9).
    pub(crate) fn answer(
        self,
        secret: Option<ScramSecret>,
        salts: &Secret,
        iterations: u32,
    ) -> Result<(Waiting, Secret), Denial> {
        let nonce = nonce().ok_or(Denial::Internal("no random octets are available"))?;
        Ok(self.answer_with_nonce(secret, salts, iterations, &nonce))
    }

    pub(super) fn answer_with_nonce(
        self,
        secret: Option<ScramSecret>,
        salts: &Secret,
        iterations: u32,
        own: &str,
    ) -> (Waiting, Secret) {
        let made_up = secret.is_none();
        let secret = secret.unwrap_or_else(|| {
            let key = |name: &[u8]| self.hash.hmac(salts, name);
            let (stored_key, server_key) = (key(b"nobody's key"), key(b"nobody's server key"));
            ScramSecret { hash: self.hash, salt: self.salt(salts), iterations, stored_key, server_key }
        });
        let nonce = self.client_nonce + own;
        let first = ServerFirstMessage {
            nonce: nonce.clone(),
            salt: secret.salt.clone(),
            iterations: secret.iterations,
        };
        let first = first.write();
        let messages = format!("{},{first}", self.bare);
        let waiting = Waiting { user: self.user, secret, made_up, binding: self.binding, nonce, messages };
        (waiting, Secret::from(first.as_str()))
    }
}

impl Waiting {
    #[cfg(test)]
    pub(crate) fn is_for_nobody(&self) -> bool {
        self.made_up
    }

    /// Checks the client's proof.
    pub(crate) fn check(self, message: &Secret) -> Result<Verified, Denial> {
        let (last, without_proof) =
            ClientFinalMessage::parse(text(message)?).ok_or(Denial::Malformed("malformed SCRAM message"))?;
        let hash = self.secret.hash;
        let auth_message = format!("{},{without_proof}", self.messages);
        let signature = hash.hmac(&self.secret.stored_key, auth_message.as_bytes());
        let client_key = xor(last.proof.as_bytes(), &signature);
        let proved = hash.h(client_key.as_bytes()).as_bytes().ct_eq(self.secret.stored_key.as_bytes());
        let same_channel = last.binding.ct_eq(&self.binding);
        let same_nonce = last.nonce.as_bytes().ct_eq(self.nonce.as_bytes());
        let of_size = last.proof.as_bytes().len() == hash.size();
        if !bool::from(proved & same_channel & same_nonce) || !of_size || self.made_up {
            return Err(Denial::Wrong);
        }
        let verifier = hash.hmac(&self.secret.server_key, auth_message.as_bytes()).as_bytes().to_vec();
        let server_final = Secret::from(ServerFinalMessage::Verifier(verifier).write().as_str());
        Ok(Verified { user: self.user, server_final })
    }
}

pub(super) fn text(message: &Secret) -> Result<&str, Denial> {
    core::str::from_utf8(message.as_bytes()).map_err(|_| Denial::Malformed("malformed SCRAM message"))
}

/// As long as the shorter of both.
pub(super) fn xor(a: &[u8], b: &Secret) -> Secret {
    Secret::new(a.iter().zip(b.as_bytes()).map(|(a, b)| a ^ b).collect())
}

/// 24 random octets, in letters that a nonce may have. `None` when there are none to be had.
pub(super) fn nonce() -> Option<String> {
    let mut octets = [0; 24];
    getrandom::fill(&mut octets).ok()?;
    Some(STANDARD_NO_PAD.encode(octets))
}
