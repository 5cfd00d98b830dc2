//! How credentials become a command: LOGIN, or AUTHENTICATE with what the server offers.
//!
//! It must never know a channel; that this one is confidential its caller has to prove.

use super::super::super::sasl::{self, ClientExchange, is_identity};
use super::super::super::{Capabilities, Credentials, Mechanism};
use super::super::grammar::{AString, Atom, Body};
use super::Context;
use crate::secret::Secret;
use crate::tls::policy::Confidential;

/// Octets of a command line that a client sends at most (RFC 7162 §4). A longer initial response, such as
/// a large token, follows the server's empty challenge.
const COMMAND_LINE: usize = 8192;

/// The command to send, and for AUTHENTICATE the exchange that follows it.
///
/// The only place from which credentials are sent. `Err` says why they cannot be.
pub(super) fn command(
    _proof: &Confidential,
    context: &Context,
    credentials: &Credentials,
) -> Result<(Body, Option<ClientExchange>), &'static str> {
    match credentials.mechanism() {
        Mechanism::Password => login(&context.capabilities, credentials).map(|body| (body, None)),
        _ => authenticate(context, credentials).map(|(body, exchange)| (body, Some(exchange))),
    }
}

fn login(capabilities: &Capabilities, credentials: &Credentials) -> Result<Body, &'static str> {
    let (userid, password) = (credentials.authentication_identity(), credentials.password().as_bytes());
    if capabilities.has("LOGINDISABLED") {
        return Err("the server does not offer this mechanism");
    }
    if !credentials.authorization_identity().is_empty() {
        return Err("LOGIN has no authorization identity");
    }
    if !is_identity(userid) {
        return Err("an identity is empty or holds NUL");
    }
    match (AString::fitting(userid.as_bytes()), AString::fitting(password)) {
        (Some(userid), Some(password)) if !password.value().as_bytes().is_empty() => {
            Ok(Body::Login { userid, password })
        }
        _ => Err("the password is empty or holds NUL"),
    }
}

fn authenticate(
    context: &Context,
    credentials: &Credentials,
) -> Result<(Body, ClientExchange), &'static str> {
    let Context { capabilities, particulars, settings, .. } = context;
    let name = credentials.mechanism();
    let name = name.sasl_name().filter(|name| capabilities.has_sasl(name));
    let mechanism = name.and_then(Atom::new).ok_or("the server does not offer this mechanism")?;
    let bindings = &particulars.channel_bindings;
    let exchange =
        ClientExchange::new(credentials, capabilities, bindings, settings.limits.scram_iterations)?;
    let initial_response = exchange.initial_response().filter(|_| capabilities.has("SASL-IR"));
    let Some(response) = initial_response else {
        return Ok((Body::Authenticate { mechanism, initial_response: None }, exchange));
    };
    let response = Secret::from(sasl::write_initial_response(response).as_str());
    let length =
        "a4294967295 AUTHENTICATE  \r\n".len() + mechanism.as_str().len() + response.as_bytes().len();
    if length > COMMAND_LINE {
        return Ok((Body::Authenticate { mechanism, initial_response: None }, exchange));
    }
    let body = Body::Authenticate { mechanism, initial_response: Some(response) };
    Ok((body, exchange.initial_response_sent()))
}
