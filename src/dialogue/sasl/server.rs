//! The server's half of an exchange, for every mechanism.
//!
//! ```text
//!               ┌──── challenge ────┐
//!               ▼                   │
//! start ─► ServerExchange ── response ─► Pending ── decision ─► accepted, refused
//!               ▲                           │
//!               └──── challenge ────────────┘
//! ```
//!
//! It must never know whether credentials are right: [`Pending`] waits for who does.

use super::is_identity;
use super::oauth::{self, Bearer};
use super::scram::{self, Hash};
use crate::dialogue::{
    Credentials, Decision, DialogueEvent, Mechanism, Particulars, Rejection, ServerSettings,
};
use crate::secret::Secret;
use crate::tls::policy::Confidential;

/// What an exchange takes from the machine that carries it.
#[derive(Clone, Copy)]
pub(crate) struct ServerSide<'a> {
    pub(crate) proof: &'a Confidential,
    pub(crate) settings: &'a ServerSettings,
    pub(crate) particulars: &'a Particulars,
}

impl ServerSide<'_> {
    /// The mechanism of this name, in any case, if it is offered.
    pub(crate) fn offers(&self, name: &[u8]) -> Option<Mechanism> {
        offered(self.settings, self.particulars).into_iter().find(|mechanism| mechanism.is_named(name))
    }
}

/// The mechanisms to offer on a connection, best first.
///
/// EXTERNAL is offered exactly where the client's certificate has been accepted (RFC 8314 §4.2),
/// the PLUS mechanisms where there is something to bind to.
pub(crate) fn offered(settings: &ServerSettings, particulars: &Particulars) -> Vec<Mechanism> {
    let external = particulars.certificate.is_some();
    let named = settings.sasl_mechanisms.contains(&Mechanism::External);
    let first = (external && !named).then_some(Mechanism::External);
    let possible = |mechanism: &Mechanism| match mechanism {
        Mechanism::External => external,
        other if other.needs_channel_binding() => !particulars.channel_bindings.is_empty(),
        _ => true,
    };
    first.into_iter().chain(settings.sasl_mechanisms.iter().copied().filter(possible)).collect()
}

/// An exchange that waits for a response of the client.
#[derive(Debug)]
pub(crate) enum ServerExchange {
    /// For the first one.
    First(Mechanism),
    /// LOGIN: for the password.
    LoginPassword { name: String },
    /// SCRAM: for the proof.
    ScramProof(Box<scram::Waiting>),
    /// SCRAM: for the empty one behind the last message; the host has accepted.
    Accepted,
    /// OAUTHBEARER, XOAUTH2: for the empty one behind the refusal.
    Refused(Rejection),
    /// The host's own mechanism.
    Raw(Mechanism),
}

/// What follows in an exchange.
#[derive(Debug)]
pub(crate) enum ServerStep {
    /// Send this challenge (not yet in base64) and wait for the client.
    Challenge(ServerExchange, Secret),
    /// Tell the host this and wait for its decision.
    Ask(Pending, DialogueEvent),
    /// The client is authenticated.
    Accepted,
    /// The client is not.
    Refused(Rejection),
    /// The response breaks the mechanism's grammar.
    Malformed(&'static str),
    /// mailtls itself cannot go on.
    Failed(&'static str),
}

/// An exchange, or a password command, that waits for the host.
#[derive(Debug)]
pub(crate) enum Pending {
    /// For its verdict, with nothing to say to the client but that.
    Verdict,
    /// OAUTHBEARER, XOAUTH2: for its verdict; a refusal is told inside the exchange first.
    Token(Mechanism),
    /// SCRAM: for the stored secret.
    ScramSecret(Box<scram::ClientFirst>),
    /// SCRAM: for its verdict on who has proved to know the password.
    ScramProved { server_final: Secret },
    /// The host's own mechanism: for a challenge or its verdict.
    Raw(Mechanism),
}

impl ServerExchange {
    /// Starts an exchange by a mechanism that is [`offered`].
    pub(crate) fn start(
        mechanism: Mechanism,
        initial_response: Option<Secret>,
        side: ServerSide<'_>,
    ) -> ServerStep {
        let prompt = match (initial_response, mechanism) {
            (Some(response), _) => return Self::First(mechanism).respond(response, side),
            (None, Mechanism::Raw(_)) => return ask_raw(side.proof, mechanism, None),
            (None, Mechanism::Login) => Secret::from("Username:"),
            (None, _) => Secret::default(),
        };
        ServerStep::Challenge(Self::First(mechanism), prompt)
    }

    /// Goes on with a response of the client.
    pub(crate) fn respond(self, response: Secret, side: ServerSide<'_>) -> ServerStep {
        match self {
            Self::First(mechanism) => first(mechanism, response, side),
            Self::LoginPassword { name } => login_password(name, response, side.proof),
            Self::ScramProof(waiting) => match waiting.check(&response) {
                Ok(scram::Verified { user, server_final }) => {
                    let credentials = Credentials::received(
                        side.proof,
                        user.mechanism,
                        user.authorization_identity,
                        user.authentication_identity,
                        Secret::default(),
                    );
                    ServerStep::Ask(
                        Pending::ScramProved { server_final },
                        DialogueEvent::Credentials(credentials),
                    )
                }
                Err(denial) => denial.into(),
            },
            Self::Accepted if response.as_bytes().is_empty() => ServerStep::Accepted,
            Self::Accepted => ServerStep::Malformed("a response behind the last message"),
            Self::Refused(rejection) => ServerStep::Refused(rejection),
            Self::Raw(mechanism) => ask_raw(side.proof, mechanism, Some(response)),
        }
    }

    /// What decides its future.
    #[cfg(test)]
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::First(mechanism) => format!("First {mechanism:?}"),
            Self::LoginPassword { .. } => "LoginPassword".into(),
            Self::ScramProof(waiting) => format!("ScramProof {}", waiting.is_for_nobody()),
            Self::Accepted => "Accepted".into(),
            Self::Refused(_) => "Refused".into(),
            Self::Raw(_) => "Raw".into(),
        }
    }

    /// The client cancels.
    pub(crate) fn cancel(self) -> ServerStep {
        match self {
            // It has had its verdict, and that is not taken back.
            Self::Refused(rejection) => ServerStep::Refused(rejection),
            _ => ServerStep::Malformed("authentication cancelled"),
        }
    }
}

impl Pending {
    /// What decides its future.
    #[cfg(test)]
    pub(crate) fn detail(&self) -> &'static str {
        match self {
            Self::Verdict => "Verdict",
            Self::Token(_) => "Token",
            Self::ScramSecret(_) => "ScramSecret",
            Self::ScramProved { .. } => "ScramProved",
            Self::Raw(_) => "Raw",
        }
    }

    /// Carries out the host's decision. `Err` gives the exchange back when it is not one to this
    /// question: the host's misuse.
    pub(crate) fn decide(
        self,
        decision: Decision,
        side: ServerSide<'_>,
    ) -> Result<ServerStep, (Self, &'static str)> {
        Ok(match (self, decision) {
            (Self::ScramSecret(first), decision) => return scram_secret(first, decision, side),
            (Self::ScramProved { server_final }, Decision::Accept) => {
                ServerStep::Challenge(ServerExchange::Accepted, server_final)
            }
            (Self::Verdict | Self::Token(_) | Self::Raw(_), Decision::Accept) => ServerStep::Accepted,
            (Self::Token(_), Decision::Reject(Rejection::TemporaryFailure)) => {
                ServerStep::Refused(Rejection::TemporaryFailure)
            }
            (Self::Token(mechanism), Decision::Reject(rejection)) => {
                let (scope, configuration) =
                    (side.settings.oauth_scope.as_deref(), side.settings.oauth_configuration.as_deref());
                let refusal = match mechanism {
                    Mechanism::XOAuth2 => oauth::xoauth2_refusal(scope),
                    _ => oauth::oauthbearer_refusal(scope, configuration),
                };
                ServerStep::Challenge(ServerExchange::Refused(rejection), refusal)
            }
            (Self::Verdict | Self::ScramProved { .. } | Self::Raw(_), Decision::Reject(rejection)) => {
                ServerStep::Refused(rejection)
            }
            (Self::Raw(mechanism), Decision::Challenge(challenge)) => {
                ServerStep::Challenge(ServerExchange::Raw(mechanism), challenge)
            }
            (pending, Decision::Challenge(_)) => {
                return Err((pending, "the mechanism is not the host's own"));
            }
            (pending, Decision::ScramSecret(_) | Decision::ScramPassword(_)) => {
                return Err((pending, "no stored secret is wanted"));
            }
        })
    }
}

/// The host's answer to the question for the stored secret.
fn scram_secret(
    first: Box<scram::ClientFirst>,
    decision: Decision,
    side: ServerSide<'_>,
) -> Result<ServerStep, (Pending, &'static str)> {
    let ServerSettings { scram_salts, scram_iterations, .. } = side.settings;
    let secret = match decision {
        Decision::ScramSecret(secret) if !first.takes(&secret) => {
            return Err((Pending::ScramSecret(first), "the stored secret is not of the mechanism's hash"));
        }
        Decision::ScramSecret(secret) => Some(*secret),
        Decision::ScramPassword(password) => Some(first.derive(&password, scram_salts, *scram_iterations)),
        // The exchange goes on to its end, so that nobody learns who has an account.
        Decision::Reject(Rejection::InvalidCredentials) => None,
        Decision::Reject(rejection) => return Ok(ServerStep::Refused(rejection)),
        Decision::Accept | Decision::Challenge(_) => {
            return Err((Pending::ScramSecret(first), "the stored secret is wanted"));
        }
    };
    Ok(match first.answer(secret, scram_salts, *scram_iterations) {
        Ok((waiting, message)) => {
            ServerStep::Challenge(ServerExchange::ScramProof(Box::new(waiting)), message)
        }
        Err(denial) => denial.into(),
    })
}

impl From<scram::Denial> for ServerStep {
    fn from(denial: scram::Denial) -> Self {
        match denial {
            scram::Denial::Malformed(why) => Self::Malformed(why),
            scram::Denial::Wrong => Self::Refused(Rejection::InvalidCredentials),
            scram::Denial::Internal(why) => Self::Failed(why),
        }
    }
}

/// The client's first response.
fn first(mechanism: Mechanism, response: Secret, side: ServerSide<'_>) -> ServerStep {
    match mechanism {
        Mechanism::Plain => plain(&response, side.proof),
        Mechanism::Login => match core::str::from_utf8(response.as_bytes()) {
            Ok(name) if is_identity(name) => ServerStep::Challenge(
                ServerExchange::LoginPassword { name: name.into() },
                Secret::from("Password:"),
            ),
            _ => ServerStep::Malformed("malformed user name"),
        },
        Mechanism::External => external(&response, side),
        Mechanism::OAuthBearer | Mechanism::XOAuth2 => bearer(mechanism, &response, side.proof),
        Mechanism::ScramSha1
        | Mechanism::ScramSha1Plus
        | Mechanism::ScramSha256
        | Mechanism::ScramSha256Plus => scram_first(mechanism, &response, side),
        Mechanism::Raw(_) => ask_raw(side.proof, mechanism, Some(response)),
        // Not SASL, and so never offered.
        Mechanism::Password | Mechanism::Apop => ServerStep::Malformed("mechanism not offered"),
    }
}

fn verdict(credentials: Credentials) -> ServerStep {
    ServerStep::Ask(Pending::Verdict, DialogueEvent::Credentials(credentials))
}

/// `[authzid] NUL authcid NUL passwd` (RFC 4616 §2).
fn plain(message: &Secret, proof: &Confidential) -> ServerStep {
    let parse = || {
        let mut parts = message.as_bytes().split(|&b| b == 0);
        let (authorization, authentication, password) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || password.is_empty() {
            return None;
        }
        let authentication = core::str::from_utf8(authentication).ok().filter(|s| is_identity(s))?;
        Some((core::str::from_utf8(authorization).ok()?, authentication, Secret::from(password)))
    };
    let Some((authorization, authentication, password)) = parse() else {
        return ServerStep::Malformed("malformed PLAIN message");
    };
    verdict(Credentials::received(
        proof,
        Mechanism::Plain,
        authorization.into(),
        authentication.into(),
        password,
    ))
}

fn login_password(name: String, password: Secret, proof: &Confidential) -> ServerStep {
    if password.as_bytes().is_empty() || password.as_bytes().contains(&0) {
        return ServerStep::Malformed("malformed password");
    }
    verdict(Credentials::received(proof, Mechanism::Login, String::new(), name, password))
}

/// The authorization identity that is asked for, or nothing (RFC 4422 appendix A.2).
fn external(message: &Secret, side: ServerSide<'_>) -> ServerStep {
    let Some(certificate) = &side.particulars.certificate else {
        return ServerStep::Malformed("no certificate has been accepted");
    };
    match core::str::from_utf8(message.as_bytes()) {
        Ok(asked_for) if !asked_for.contains('\0') => verdict(Credentials::received(
            side.proof,
            Mechanism::External,
            asked_for.into(),
            certificate.identity.clone(),
            Secret::default(),
        )),
        _ => ServerStep::Malformed("malformed authorization identity"),
    }
}

fn bearer(mechanism: Mechanism, message: &Secret, proof: &Confidential) -> ServerStep {
    let bearer = match mechanism {
        Mechanism::XOAuth2 => Bearer::parse_xoauth2(message.as_bytes()),
        _ => Bearer::parse_oauthbearer(message.as_bytes()),
    };
    let Some(Bearer { user, token }) = bearer else {
        return ServerStep::Malformed("malformed OAuth message");
    };
    let credentials = Credentials::received(proof, mechanism, String::new(), user, token);
    ServerStep::Ask(Pending::Token(mechanism), DialogueEvent::Credentials(credentials))
}

fn scram_first(mechanism: Mechanism, message: &Secret, side: ServerSide<'_>) -> ServerStep {
    let bindings = &side.particulars.channel_bindings;
    let plus_offered = Hash::of(mechanism)
        .is_some_and(|hash| offered(side.settings, side.particulars).contains(&hash.plus()));
    match scram::ClientFirst::read(mechanism, message, bindings, plus_offered) {
        Ok(first) => {
            let user = first.user().clone();
            ServerStep::Ask(Pending::ScramSecret(Box::new(first)), DialogueEvent::SecretWanted(user))
        }
        Err(denial) => denial.into(),
    }
}

/// The host is shown what the client says: behind the proof, for it may be a password.
fn ask_raw(_proof: &Confidential, mechanism: Mechanism, response: Option<Secret>) -> ServerStep {
    ServerStep::Ask(Pending::Raw(mechanism), DialogueEvent::Response { mechanism, response })
}
