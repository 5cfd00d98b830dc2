//! SASL (RFC 4422): the base64 framing that the three protocols share, and the mechanisms.

use super::{Credentials, Mechanism};
use crate::secret::Secret;
use crate::tls::policy::Confidential;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// What a client's line inside an exchange says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ClientLine {
    /// `*`: the client cancels.
    Cancel,
    /// A response, decoded.
    Response(Secret),
}

/// Reads a client's line inside an exchange (RFC 9051 §6.2.2, RFC 5034 §4, RFC 4954 §4).
pub(crate) fn parse_client_line(line: &[u8]) -> Result<ClientLine, &'static str> {
    if line == b"*" {
        return Ok(ClientLine::Cancel);
    }
    decode(line).map(ClientLine::Response)
}

/// Reads an initial response: `=` stands for an empty one (RFC 4954 §4, RFC 4959 §3).
pub(crate) fn parse_initial_response(word: &[u8]) -> Result<Secret, &'static str> {
    if word == b"=" {
        return Ok(Secret::default());
    }
    if word.is_empty() {
        return Err("empty initial response must be written \"=\"");
    }
    decode(word)
}

/// Writes an initial response; the inverse of [`parse_initial_response`].
pub(crate) fn write_initial_response(response: &Secret) -> Zeroizing<String> {
    if response.as_bytes().is_empty() { Zeroizing::new("=".into()) } else { encode(response.as_bytes()) }
}

/// Base64 with padding, strict in both directions.
pub(crate) fn encode(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(bytes))
}

/// The inverse of [`encode`]. Padding is required, other characters are refused.
pub(crate) fn decode(text: &[u8]) -> Result<Secret, &'static str> {
    STANDARD.decode(text).map(Secret::new).map_err(|_| "invalid base64")
}

/// The server's half of an exchange that waits for a response of the client.
#[derive(Debug)]
pub(crate) enum ServerExchange {
    /// PLAIN: the one message.
    Plain,
    /// LOGIN: the user name.
    LoginName,
    /// LOGIN: the password.
    LoginPassword { name: String },
}

/// What follows in an exchange on the server's side.
#[derive(Debug)]
pub(crate) enum ServerStep {
    /// Send this challenge (not yet in base64) and wait.
    Challenge(ServerExchange, &'static [u8]),
    /// Enough is known for the host to decide.
    Complete(Credentials),
    /// The response breaks the mechanism's grammar.
    Malformed(&'static str),
}

impl ServerExchange {
    /// Starts an exchange. `None` for [`Mechanism::Password`], which is no SASL mechanism.
    pub(crate) fn start(
        mechanism: Mechanism,
        initial_response: Option<Secret>,
        proof: &Confidential,
    ) -> Option<ServerStep> {
        let (exchange, challenge): (_, &[u8]) = match mechanism {
            Mechanism::Plain => (Self::Plain, b""),
            Mechanism::Login => (Self::LoginName, b"Username:"),
            Mechanism::Password => return None,
        };
        Some(match initial_response {
            Some(response) => exchange.respond(&response, proof),
            None => ServerStep::Challenge(exchange, challenge),
        })
    }

    /// Goes on with a response of the client.
    pub(crate) fn respond(self, response: &Secret, proof: &Confidential) -> ServerStep {
        match self {
            Self::Plain => match parse_plain(response) {
                Some((authorization, authentication, password)) => {
                    ServerStep::Complete(Credentials::received(
                        proof,
                        Mechanism::Plain,
                        authorization.into(),
                        authentication.into(),
                        password,
                    ))
                }
                None => ServerStep::Malformed("malformed PLAIN message"),
            },
            Self::LoginName => match core::str::from_utf8(response.as_bytes()) {
                Ok(name) if is_identity(name) => {
                    ServerStep::Challenge(Self::LoginPassword { name: name.into() }, b"Password:")
                }
                _ => ServerStep::Malformed("malformed user name"),
            },
            Self::LoginPassword { name } => {
                if response.as_bytes().is_empty() || response.as_bytes().contains(&0) {
                    return ServerStep::Malformed("malformed password");
                }
                ServerStep::Complete(Credentials::received(
                    proof,
                    Mechanism::Login,
                    String::new(),
                    name,
                    response.clone(),
                ))
            }
        }
    }
}

/// A user name that can be handed on: not empty and without NUL.
pub(crate) fn is_identity(name: &str) -> bool {
    !name.is_empty() && !name.contains('\0')
}

/// `[authzid] NUL authcid NUL passwd` (RFC 4616 §2).
fn parse_plain(message: &Secret) -> Option<(&str, &str, Secret)> {
    let mut parts = message.as_bytes().split(|&b| b == 0);
    let (authorization, authentication, password) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || password.is_empty() {
        return None;
    }
    let authentication = core::str::from_utf8(authentication).ok().filter(|s| is_identity(s))?;
    Some((core::str::from_utf8(authorization).ok()?, authentication, Secret::from(password)))
}

/// The client's half of an exchange.
#[derive(Debug)]
pub(crate) struct ClientExchange {
    credentials: Credentials,
    challenges: u32,
}

impl ClientExchange {
    /// `Err` with a reason when the credentials do not fit their mechanism.
    pub(crate) fn new(credentials: Credentials) -> Result<Self, &'static str> {
        let fit = |s: &str| !s.contains('\0');
        if credentials.mechanism().sasl_name().is_none() {
            return Err("not a SASL mechanism");
        }
        if !is_identity(credentials.authentication_identity()) || !fit(credentials.authorization_identity()) {
            return Err("an identity is empty or holds NUL");
        }
        if credentials.password().as_bytes().is_empty() || credentials.password().as_bytes().contains(&0) {
            return Err("the password is empty or holds NUL");
        }
        if credentials.mechanism() == Mechanism::Login && !credentials.authorization_identity().is_empty() {
            return Err("LOGIN has no authorization identity");
        }
        Ok(Self { credentials, challenges: 0 })
    }

    pub(crate) fn mechanism(&self) -> Mechanism {
        self.credentials.mechanism()
    }

    /// The initial response, for a mechanism in which the client speaks first.
    ///
    /// The caller sends it with the command where the server takes it there, otherwise in
    /// answer to the empty challenge; [`ClientExchange::respond`] gives it then.
    pub(crate) fn initial_response(&self) -> Option<Secret> {
        (self.mechanism() == Mechanism::Plain).then(|| self.plain())
    }

    /// Notes that the initial response went with the command: the next challenge is not for it.
    pub(crate) fn initial_response_sent(&mut self) {
        self.challenges += 1;
    }

    /// The response to the next challenge; `None` when the mechanism has no more to say, and
    /// the client must cancel.
    pub(crate) fn respond(&mut self) -> Option<Secret> {
        self.challenges += 1;
        match (self.mechanism(), self.challenges) {
            (Mechanism::Plain, 1) => Some(self.plain()),
            (Mechanism::Login, 1) => Some(Secret::from(self.credentials.authentication_identity())),
            (Mechanism::Login, 2) => Some(self.credentials.password().clone()),
            _ => None,
        }
    }

    fn plain(&self) -> Secret {
        let c = &self.credentials;
        let (authorization, authentication) =
            (c.authorization_identity().as_bytes(), c.authentication_identity().as_bytes());
        let password = c.password().as_bytes();
        // Sized at once, so that no copy of the password is left behind by growing.
        let mut message = Vec::with_capacity(authorization.len() + authentication.len() + password.len() + 2);
        message.extend_from_slice(authorization);
        message.push(0);
        message.extend_from_slice(authentication);
        message.push(0);
        message.extend_from_slice(password);
        Secret::new(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn complete(step: ServerStep) -> Credentials {
        match step {
            ServerStep::Complete(credentials) => credentials,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn plain_of_rfc_4616() {
        let proof = Confidential::for_test();
        let message = decode(b"AHRpbQB0YW5zdGFhZnRhbnN0YWFm").unwrap();
        let c = complete(ServerExchange::start(Mechanism::Plain, Some(message), &proof).unwrap());
        assert_eq!(c.authentication_identity(), "tim");
        assert_eq!(c.authorization_identity(), "");
        assert_eq!(c.password().as_bytes(), b"tanstaaftanstaaf");
    }

    #[test]
    fn plain_refuses_what_the_grammar_does_not_have() {
        for bad in [&b""[..], b"\0a", b"a\0b", b"\0\0p", b"\0a\0", b"\0a\0p\0", b"\0\xff\0p", b"\xff\0a\0p"] {
            assert_eq!(parse_plain(&Secret::from(bad)), None, "{bad:?}");
        }
    }

    #[test]
    fn login_asks_twice() {
        let proof = Confidential::for_test();
        let Some(ServerStep::Challenge(e, b"Username:")) =
            ServerExchange::start(Mechanism::Login, None, &proof)
        else {
            panic!()
        };
        let ServerStep::Challenge(e, b"Password:") = e.respond(&"tim".into(), &proof) else { panic!() };
        let c = complete(e.respond(&"pw".into(), &proof));
        assert_eq!((c.authentication_identity(), c.password().as_bytes()), ("tim", &b"pw"[..]));
        assert_eq!(c.mechanism(), Mechanism::Login);
    }

    #[test]
    fn base64_is_strict() {
        assert!(decode(b"AA==").is_ok());
        for bad in [&b"AA"[..], b"AA=", b"A A=", b"AA==\n", b"AB==", b"!!!!", b"AA==AA=="] {
            assert!(decode(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn cancel_and_empty() {
        assert_eq!(parse_client_line(b"*"), Ok(ClientLine::Cancel));
        assert_eq!(parse_client_line(b""), Ok(ClientLine::Response(Secret::default())));
        assert_eq!(parse_initial_response(b"="), Ok(Secret::default()));
        assert!(parse_initial_response(b"").is_err());
    }

    proptest! {
        #[test]
        fn client_and_server_agree(login: bool, user in "[^\0]{1,20}", password in "[^\0]{1,20}", with_initial: bool) {
            let proof = Confidential::for_test();
            let mechanism = if login { Mechanism::Login } else { Mechanism::Plain };
            let credentials = Credentials::new(mechanism, user, password.as_str().into());
            let mut client = ClientExchange::new(credentials.clone()).unwrap();
            let initial = client.initial_response().filter(|_| with_initial);
            if initial.is_some() {
                client.initial_response_sent();
            }
            let initial = initial.map(|r| parse_initial_response(write_initial_response(&r).as_bytes()).unwrap());
            let mut step = ServerExchange::start(mechanism, initial, &proof).unwrap();
            let received = loop {
                match step {
                    ServerStep::Challenge(exchange, _) => {
                        let response = client.respond().expect("a response");
                        let line = encode(response.as_bytes());
                        let Ok(ClientLine::Response(response)) = parse_client_line(line.as_bytes()) else { panic!() };
                        step = exchange.respond(&response, &proof);
                    }
                    ServerStep::Complete(received) => break received,
                    ServerStep::Malformed(why) => panic!("{why}"),
                }
            };
            prop_assert_eq!(received, credentials);
            prop_assert!(client.respond().is_none());
        }
    }
}
