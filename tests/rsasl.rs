//! SCRAM between mailtls and the crate rsasl, each as client and as server, over IMAP.

#[path = "common/rsasl_peer.rs"]
mod rsasl_peer;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mailtls::tls::facts::{PeerValidation, TlsFacts};
use mailtls::tls::registry::{CipherSuite, Version};
use mailtls::{
    ClientConfig, Connection, Credentials, ErrorCode, Event, Mechanism, Rejection, ScramSecret, ServerConfig,
    Service,
};
use rsasl_peer::{client, client_config, server, server_config, step};

const MECHANISMS: [Mechanism; 2] = [Mechanism::ScramSha1, Mechanism::ScramSha256];
const USER: &str = "tim";
const PASSWORD: &str = "pencil";

fn facts() -> TlsFacts {
    TlsFacts { peer_validation: PeerValidation::Pkix, ..TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301)) }
}

fn secret(mechanism: Mechanism) -> ScramSecret {
    ScramSecret::from_password(mechanism, PASSWORD.as_bytes(), b"a salt of sixteen", 4096).unwrap()
}

fn name(mechanism: Mechanism) -> String {
    mechanism.sasl_name().unwrap().to_owned()
}

/// What a connection says, a line without its end.
fn said(connection: &mut Connection) -> String {
    let line = String::from_utf8(connection.poll_transmit().to_vec()).unwrap();
    connection.transmitted(line.len()).unwrap();
    line.trim_end_matches("\r\n").to_owned()
}

fn decoded(line: &str) -> Vec<u8> {
    STANDARD.decode(line.rsplit(' ').next().unwrap()).unwrap()
}

/// What comes of a client of mailtls that authenticates to a server of rsasl.
struct Called {
    events: Vec<Event>,
    /// Whom the server takes the client for, and whom it is to act as.
    who: Option<(String, Option<String>)>,
    error: Option<ErrorCode>,
}

fn call(mechanism: Mechanism, password: &str, other: &str) -> Called {
    let mut peer = server(&server_config(USER, secret(mechanism)), &name(mechanism));
    let config = ClientConfig::builder().build().unwrap();
    let mut connection = Connection::client_on_host_tls(&config, Service::Imaps, facts(), 0).unwrap();
    let greeting = format!("* OK [CAPABILITY IMAP4rev2 SASL-IR AUTH={}] hi\r\n", name(mechanism));
    connection.handle_input(greeting.as_bytes(), 0).unwrap();
    let credentials = Credentials::new(mechanism, USER, password.into()).with_authorization_identity(other);
    connection.authenticate(credentials, 0).unwrap();
    loop {
        let heard = decoded(&said(&mut connection));
        let Ok((challenge, running)) = step(&mut peer, Some(&heard)) else { break };
        let line = format!("+ {}\r\n", STANDARD.encode(&challenge));
        if connection.handle_input(line.as_bytes(), 0).is_err() || !running {
            break;
        }
    }
    let who = peer.validation();
    said(&mut connection);
    let verdict: &[u8] = if who.is_some() { b"a1 OK done\r\n" } else { b"a1 NO no\r\n" };
    let _ = connection.handle_input(verdict, 0);
    let events = core::iter::from_fn(|| connection.poll_event()).collect();
    Called { events, who, error: connection.error().map(|e| e.code()) }
}

#[test]
fn our_client_authenticates_to_their_server() {
    for mechanism in MECHANISMS {
        for other in ["", "fred"] {
            let Called { events, who, error } = call(mechanism, PASSWORD, other);
            let wanted = (!other.is_empty()).then(|| other.to_owned());
            assert_eq!(who, Some((USER.to_owned(), wanted)), "{mechanism:?}");
            assert_eq!(error, None);
            assert!(events.iter().any(|e| matches!(e, Event::Authenticated)), "{events:?}");
        }
    }
}

#[test]
fn their_server_refuses_our_client_without_the_password() {
    for mechanism in MECHANISMS {
        let Called { events, who, error } = call(mechanism, "crayon", "");
        assert_eq!((who, error), (None, None), "{mechanism:?}");
        assert!(matches!(events.last(), Some(Event::AuthenticationRefused(_))), "{events:?}");
    }
}

/// What comes of a client of rsasl that authenticates to a server of mailtls: the last line of the
/// server, and whom it takes the client for.
fn serve(mechanism: Mechanism, password: &str, other: Option<&str>) -> (String, Option<Credentials>) {
    let mut peer = client(&client_config(USER, other, password), &name(mechanism));
    let config = ServerConfig::builder().settings(|s| s.sasl_mechanisms = vec![mechanism]).build().unwrap();
    let mut connection = Connection::server_on_host_tls(&config, Service::Imaps, facts(), 0).unwrap();
    said(&mut connection);
    let (first, _) = step(&mut peer, None).unwrap();
    let mut line = format!("a1 AUTHENTICATE {} {}\r\n", name(mechanism), STANDARD.encode(first));
    let mut who = None;
    loop {
        connection.handle_input(line.as_bytes(), 0).unwrap();
        while let Some(event) = connection.poll_event() {
            match event {
                Event::SecretWanted(user) if user.authentication_identity() == USER => {
                    connection.scram_secret(secret(mechanism), 0).unwrap();
                }
                Event::SecretWanted(_) => connection.reject(Rejection::InvalidCredentials, 0).unwrap(),
                Event::Credentials(credentials) => {
                    who = Some(credentials);
                    connection.accept(0).unwrap();
                }
                _ => {}
            }
        }
        let answer = said(&mut connection);
        let Some(challenge) = answer.strip_prefix("+ ") else { return (answer, who) };
        let (response, _) = step(&mut peer, Some(&decoded(challenge))).unwrap();
        line = format!("{}\r\n", STANDARD.encode(response));
    }
}

#[test]
fn their_client_authenticates_to_our_server() {
    for mechanism in MECHANISMS {
        for other in [None, Some("fred")] {
            let (answer, who) = serve(mechanism, PASSWORD, other);
            assert_eq!(answer, "a1 OK logged in", "{mechanism:?}");
            let who = who.expect("credentials");
            assert_eq!((who.mechanism(), who.authentication_identity()), (mechanism, USER));
            assert_eq!(who.authorization_identity(), other.unwrap_or_default());
        }
    }
}

#[test]
fn our_server_refuses_their_client_without_the_password() {
    for mechanism in MECHANISMS {
        let (answer, who) = serve(mechanism, "crayon", None);
        assert_eq!(answer, "a1 NO [AUTHENTICATIONFAILED] wrong user name or password");
        assert!(who.is_none());
    }
}
