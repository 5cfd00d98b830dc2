//! The client's half of SCRAM. Each step consumes the one before it.
//!
//! It must never know what the server is called, nor trust it before it has proved itself.

use super::super::gs2::{BindingFlag, Gs2Header};
use super::grammar::{ClientFinalMessage, ClientFirstMessage, ServerFinalMessage, ServerFirstMessage};
use super::keys::{Hash, Keys};
use super::prepare;
use super::server::{nonce, text, xor};
use crate::dialogue::Fault;
use crate::error::ErrorCode;
use crate::secret::Secret;
use crate::tls::channel_binding::ChannelBindings;
use subtle::ConstantTimeEq;

/// The fewest iterations that are accepted (RFC 7677 §4): with fewer the proof would give the
/// password away to whoever tries guesses on it.
const FEWEST_ITERATIONS: u32 = 4096;

/// The client's half, up to the message it has sent last.
#[derive(Debug)]
pub(crate) struct Client {
    hash: Hash,
    state: State,
}

#[derive(Debug)]
enum State {
    First {
        password: Secret,
        binding: Vec<u8>,
        bare: String,
        nonce: String,
    },
    Final {
        /// What the server must prove.
        verifier: Secret,
    },
    /// The server has proved that it knows the password.
    Proved,
    /// The server has refused, with this word.
    Refused(String),
}

/// What the client says next.
pub(crate) type Answer = Result<(Client, Secret), Fault>;

impl Client {
    /// The exchange and its first message. `plus` gives the binding to use; otherwise
    /// `plus_missing` says that the channel has one which the server does not offer to use.
    pub(crate) fn start(
        hash: Hash,
        user: &str,
        authorization_identity: &str,
        password: &Secret,
        plus: Option<&ChannelBindings>,
        plus_missing: bool,
    ) -> Result<(Self, Secret), &'static str> {
        let nonce = nonce().ok_or("no random octets are available")?;
        Self::with_nonce(hash, user, authorization_identity, password, plus, plus_missing, nonce)
    }

    pub(super) fn with_nonce(
        hash: Hash,
        user: &str,
        authorization_identity: &str,
        password: &Secret,
        plus: Option<&ChannelBindings>,
        plus_missing: bool,
        nonce: String,
    ) -> Result<(Self, Secret), &'static str> {
        // RFC 5802 §5.1, `n`.
        let user = prepare::user_name(user).ok_or("the user name has forbidden characters")?;
        let (flag, data) = match (plus, plus_missing) {
            (Some(bindings), _) => {
                let (name, data) = bindings.best().ok_or("the channel has no binding")?;
                (BindingFlag::Used(name.into()), data.as_bytes())
            }
            (None, true) => (BindingFlag::NotOffered, &[][..]),
            (None, false) => (BindingFlag::None, &[][..]),
        };
        let header = Gs2Header { binding: flag, authorization_identity: authorization_identity.to_owned() };
        let written = header.write();
        let first = ClientFirstMessage { header, user, nonce };
        let bare = first.write_bare();
        let message = Secret::from(format!("{written}{bare}").as_str());
        let state = State::First {
            password: password.clone(),
            binding: [written.as_bytes(), data].concat(),
            bare,
            nonce: first.nonce,
        };
        Ok((Self { hash, state }, message))
    }

    #[cfg(test)]
    pub(crate) fn detail(&self) -> &'static str {
        match self.state {
            State::First { .. } => "First",
            State::Final { .. } => "Final",
            State::Proved => "Proved",
            State::Refused(_) => "Refused",
        }
    }

    /// The word with which the server has refused (RFC 5802 §7, `server-error-value`); untrusted.
    pub(crate) fn refusal(&self) -> Option<&str> {
        match &self.state {
            State::Refused(word) => Some(word),
            _ => None,
        }
    }

    /// Whether the server has not said anything yet.
    pub(crate) fn is_unanswered(&self) -> bool {
        matches!(self.state, State::First { .. })
    }

    /// Whether the server has proved itself, so that its success may be believed.
    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.state, State::Proved)
    }

    /// Answers the server's next message. At most so many iterations are computed.
    pub(crate) fn respond(self, challenge: &Secret, most_iterations: u32) -> Answer {
        let syntax = || Fault::new(ErrorCode::Syntax, "the server breaks the rules of SCRAM");
        let message = text(challenge).map_err(|_| syntax())?;
        match self.state {
            // Servers are seen to send it here too, where the client's first message is to blame.
            State::First { .. } | State::Final { .. } if message.starts_with("e=") => {
                match ServerFinalMessage::parse(message) {
                    // The verdict follows; nothing more is said.
                    Some(ServerFinalMessage::Error(word)) => {
                        Ok((Self { state: State::Refused(word), ..self }, Secret::default()))
                    }
                    _ => Err(syntax()),
                }
            }
            State::First { password, binding, bare, nonce } => {
                let first = ServerFirstMessage::parse(message).ok_or_else(syntax)?;
                if !first.nonce.starts_with(&nonce) || first.nonce.len() == nonce.len() {
                    return Err(syntax());
                }
                if !(FEWEST_ITERATIONS..=most_iterations).contains(&first.iterations) {
                    let reason = format!("the server asks for {} iterations of SCRAM", first.iterations);
                    return Err(Fault::new(ErrorCode::LimitExceeded, reason));
                }
                let keys = Keys::new(self.hash, password.as_bytes(), &first.salt, first.iterations);
                let unproved =
                    ClientFinalMessage { binding, nonce: first.nonce.clone(), proof: Secret::default() };
                let auth_message = format!("{bare},{message},{}", unproved.write_without_proof());
                let signature = self.hash.hmac(&self.hash.h(keys.client.as_bytes()), auth_message.as_bytes());
                let proof = xor(keys.client.as_bytes(), &signature);
                let last = ClientFinalMessage { proof, ..unproved }.write();
                let verifier = self.hash.hmac(&keys.server, auth_message.as_bytes());
                Ok((Self { state: State::Final { verifier }, ..self }, last))
            }
            State::Final { verifier } => match ServerFinalMessage::parse(message).ok_or_else(syntax)? {
                ServerFinalMessage::Verifier(shown) if shown.ct_eq(verifier.as_bytes()).into() => {
                    Ok((Self { state: State::Proved, ..self }, Secret::default()))
                }
                ServerFinalMessage::Verifier(_) => Err(Fault::new(
                    ErrorCode::ServerNotProved,
                    "the server does not know the password: it is not the one it says it is",
                )),
                ServerFinalMessage::Error(_) => Err(syntax()),
            },
            State::Proved | State::Refused(_) => Err(syntax()),
        }
    }
}
