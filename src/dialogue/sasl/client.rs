//! The client's half of an exchange, for every mechanism.
//!
//! A challenge must be base64 only where the mechanism reads it: servers are seen to send words, or
//! nothing, where an empty challenge is due, and anything at all as the prompts of LOGIN.
//!
//! It must never know a channel: that it is confidential its caller has to prove.

use super::oauth::{self, Bearer};
use super::scram::{self, Hash};
use super::{decode, is_identity};
use crate::dialogue::blank::trim;
use crate::dialogue::line::printable;
use crate::dialogue::{Capabilities, Credentials, Fault, Mechanism};
use crate::secret::Secret;
use crate::tls::channel_binding::ChannelBindings;

/// The client's half of an exchange.
#[derive(Debug)]
pub(crate) struct ClientExchange {
    mechanism: Mechanism,
    most_iterations: u32,
    /// The type of the channel binding, for a mechanism that needs one (RFC 5929, RFC 9266).
    binding: Option<String>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The client speaks first and has not yet: this, and what it leads to.
    First(Secret, Box<State>),
    /// LOGIN.
    LoginName {
        name: Secret,
        password: Secret,
    },
    LoginPassword {
        password: Secret,
    },
    /// SCRAM.
    Scram(scram::Client),
    /// OAUTHBEARER, XOAUTH2: the token has been sent. A challenge would be a refusal, to be
    /// acknowledged with this.
    Token(&'static [u8]),
    /// The server has refused inside the exchange, in these words, and that has been acknowledged.
    Refused {
        details: String,
    },
    /// All has been said.
    Done,
    /// The host's own mechanism.
    Raw,
}

/// What a client does about a challenge.
#[derive(Debug)]
pub(crate) enum ClientStep {
    /// Sends this response (not yet in base64).
    Respond(Secret),
    /// Cancels, for this reason.
    Cancel(&'static str),
    /// Asks the host: it is its own mechanism.
    Ask(Secret),
}

impl ClientExchange {
    /// `Err` with a reason when the credentials do not fit their mechanism, or the channel.
    pub(crate) fn new(
        credentials: &Credentials,
        offered: &Capabilities,
        bindings: &ChannelBindings,
        most_iterations: u32,
    ) -> Result<Self, &'static str> {
        let mechanism = credentials.mechanism();
        let state = match mechanism {
            Mechanism::Password | Mechanism::Apop => return Err("not a SASL mechanism"),
            Mechanism::Plain => {
                check_password(credentials)?;
                State::First(plain(credentials), Box::new(State::Done))
            }
            Mechanism::Login => {
                check_password(credentials)?;
                if !credentials.authorization_identity().is_empty() {
                    return Err("LOGIN has no authorization identity");
                }
                State::LoginName {
                    name: credentials.authentication_identity().into(),
                    password: credentials.password().clone(),
                }
            }
            Mechanism::External => {
                check_authorization_identity(credentials)?;
                State::First(credentials.authorization_identity().into(), Box::new(State::Done))
            }
            Mechanism::OAuthBearer | Mechanism::XOAuth2 => token(credentials)?,
            Mechanism::ScramSha1
            | Mechanism::ScramSha1Plus
            | Mechanism::ScramSha256
            | Mechanism::ScramSha256Plus => scram(credentials, offered, bindings)?,
            Mechanism::Raw(_) => match credentials.initial_response() {
                Some(response) => State::First(response.clone(), Box::new(State::Raw)),
                None => State::Raw,
            },
        };
        let binding = bindings.best().filter(|_| mechanism.needs_channel_binding());
        let binding = binding.map(|(name, _)| name.to_owned());
        Ok(Self { mechanism, most_iterations, binding, state })
    }

    pub(crate) fn mechanism(&self) -> &Mechanism {
        &self.mechanism
    }

    /// The initial response, for a mechanism in which the client speaks first.
    ///
    /// The caller sends it with the command where the server takes it there, otherwise in
    /// answer to the empty challenge; [`ClientExchange::respond`] gives it then.
    pub(crate) fn initial_response(&self) -> Option<&Secret> {
        match &self.state {
            State::First(response, _) => Some(response),
            _ => None,
        }
    }

    /// Notes that the initial response went with the command: the next challenge is not for it.
    #[must_use]
    pub(crate) fn initial_response_sent(self) -> Self {
        match self.state {
            State::First(_, then) => Self { state: *then, ..self },
            _ => self,
        }
    }

    /// Whether success may be believed: the server has heard all, and proved what it must.
    pub(crate) fn is_complete(&self) -> bool {
        match &self.state {
            State::Done | State::Token(_) | State::Raw => true,
            State::Scram(scram) => scram.is_complete(),
            _ => false,
        }
    }

    /// What decides its future.
    #[cfg(test)]
    pub(crate) fn detail(&self) -> String {
        self.state.detail()
    }

    /// What is known of a refusal besides the server's answer: its words inside the exchange, or that
    /// the channel binding may be the reason. A server that has no such type of binding can refuse as soon
    /// as it has read the name of the type, before its first message. A later refusal is about the password.
    pub(crate) fn details(self) -> Option<String> {
        match (self.state, self.binding) {
            (State::Refused { details }, _) => Some(details).filter(|details| !details.is_empty()),
            (State::Scram(scram), Some(binding)) if scram.is_unanswered() => Some(format!(
                "the log-in was bound by channel-binding type {binding}, which the server may not support"
            )),
            _ => None,
        }
    }

    /// Acts on a challenge, which is given as it stands in the server's line. A fault is the
    /// server's.
    pub(crate) fn respond(self, text: &[u8]) -> Result<(Self, ClientStep), Fault> {
        let challenge = || decode(trim(text));
        let (state, step) = match self.state {
            // An empty challenge is due, or a prompt; whatever it is, it is not read.
            State::First(response, then) => (*then, ClientStep::Respond(response)),
            State::LoginName { name, password } => {
                (State::LoginPassword { password }, ClientStep::Respond(name))
            }
            State::LoginPassword { password } => (State::Done, ClientStep::Respond(password)),
            state @ (State::Scram(_) | State::Token(_) | State::Raw) => match (challenge(), state) {
                (Err(_), state) => (state, ClientStep::Cancel("the server's challenge is not base64")),
                (Ok(challenge), State::Scram(scram)) => {
                    let (scram, response) = scram.respond(&challenge, self.most_iterations)?;
                    let state = match scram.refusal() {
                        Some(word) => State::Refused { details: printable(word.as_bytes()) },
                        None => State::Scram(scram),
                    };
                    (state, ClientStep::Respond(response))
                }
                (Ok(challenge), State::Token(acknowledgement)) => (
                    State::Refused { details: oauth::details(&challenge) },
                    ClientStep::Respond(acknowledgement.into()),
                ),
                (Ok(challenge), state) => (state, ClientStep::Ask(challenge)),
            },
            state @ (State::Done | State::Refused { .. }) => {
                (state, ClientStep::Cancel("the server sent a challenge after the last response"))
            }
        };
        // Whoever has been cancelled has not had all.
        let state = match (state, &step) {
            (State::Done, ClientStep::Cancel(_)) => State::Refused { details: String::new() },
            (state, _) => state,
        };
        Ok((Self { state, ..self }, step))
    }
}

#[cfg(test)]
impl State {
    fn detail(&self) -> String {
        match self {
            Self::First(_, then) => format!("First {}", then.detail()),
            Self::LoginName { .. } => "LoginName".into(),
            Self::LoginPassword { .. } => "LoginPassword".into(),
            Self::Scram(scram) => format!("Scram {}", scram.detail()),
            Self::Token(_) => "Token".into(),
            Self::Refused { .. } => "Refused".into(),
            Self::Done => "Done".into(),
            Self::Raw => "Raw".into(),
        }
    }
}

fn check_authorization_identity(credentials: &Credentials) -> Result<(), &'static str> {
    if credentials.authorization_identity().contains('\0') {
        return Err("an identity is empty or holds NUL");
    }
    Ok(())
}

fn check_password(credentials: &Credentials) -> Result<(), &'static str> {
    if !is_identity(credentials.authentication_identity()) {
        return Err("an identity is empty or holds NUL");
    }
    check_authorization_identity(credentials)?;
    let password = credentials.password().as_bytes();
    if password.is_empty() || password.contains(&0) {
        return Err("the password is empty or holds NUL");
    }
    Ok(())
}

/// RFC 4616 §2.
fn plain(credentials: &Credentials) -> Secret {
    let (authorization, authentication) =
        (credentials.authorization_identity().as_bytes(), credentials.authentication_identity().as_bytes());
    let password = credentials.password().as_bytes();
    // Sized at once, so that no copy of the password is left behind by growing.
    let mut message = Vec::with_capacity(authorization.len() + authentication.len() + password.len() + 2);
    message.extend_from_slice(authorization);
    message.push(0);
    message.extend_from_slice(authentication);
    message.push(0);
    message.extend_from_slice(password);
    Secret::new(message)
}

fn token(credentials: &Credentials) -> Result<State, &'static str> {
    let user = credentials.authentication_identity().to_owned();
    let bearer = Bearer { user, token: credentials.password().clone() };
    if !bearer.is_writable() {
        return Err("the token is empty, or it or the user has forbidden characters");
    }
    if !credentials.authorization_identity().is_empty() {
        return Err("the mechanism has no authorization identity besides the user");
    }
    match credentials.mechanism() {
        Mechanism::XOAuth2 if bearer.user.is_empty() => Err("the user is empty"),
        Mechanism::XOAuth2 => Ok(State::First(bearer.write_xoauth2(), Box::new(State::Token(b"")))),
        // RFC 7628 §3.2.3.
        _ => Ok(State::First(bearer.write_oauthbearer(), Box::new(State::Token(b"\x01")))),
    }
}

fn scram(
    credentials: &Credentials,
    offered: &Capabilities,
    bindings: &ChannelBindings,
) -> Result<State, &'static str> {
    check_password(credentials)?;
    let mechanism = credentials.mechanism();
    let hash = Hash::of(mechanism).ok_or("not a SCRAM mechanism")?;
    let plus = mechanism.needs_channel_binding().then_some(bindings);
    // RFC 5802 §6: so that a server that offers it notices when somebody has taken that away.
    let plus_offered = [Hash::Sha1, Hash::Sha256]
        .iter()
        .any(|hash| hash.plus().sasl_name().is_some_and(|name| offered.has_sasl(name)));
    let plus_missing = !bindings.is_empty() && !plus_offered;
    let (scram, message) = scram::Client::start(
        hash,
        credentials.authentication_identity(),
        credentials.authorization_identity(),
        credentials.password(),
        plus,
        plus_missing,
    )?;
    Ok(State::First(message, Box::new(State::Scram(scram))))
}
