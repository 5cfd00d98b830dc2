//! A client and a server connected in memory, with a host behind each.

use crate::dialogue::{Credentials, HandOff, Mechanism, Rejection};
use crate::tls::client_hello::ClientHello;
use crate::{
    ClientConfig, Connection, Error, Event, ServerConfig, ServerConfigBuilder, ServerMessage, Service,
};

pub(super) const PASSWORD: &str = "tanstaaftanstaaf";

pub(super) const IMPLICIT: [Service; 3] = [Service::Imaps, Service::Pop3s, Service::Submissions];

/// Configurations that trust each other.
pub(super) fn configs(hand_off: HandOff) -> (ServerConfig, ClientConfig) {
    let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).expect("a certificate");
    let server = server_builder(&made).build().expect("a server configuration");
    let client = ClientConfig::builder()
        .ca_pem(made.cert.pem().as_bytes())
        .expect("a trust anchor")
        .settings(|s| s.hand_off = hand_off)
        .build()
        .expect("a client configuration");
    (server, client)
}

pub(super) fn server_builder(made: &rcgen::CertifiedKey<rcgen::KeyPair>) -> ServerConfigBuilder {
    let mut builder = ServerConfig::builder();
    builder
        .certificate_pem(made.cert.pem().as_bytes(), made.signing_key.serialize_pem().as_bytes())
        .expect("a usable certificate");
    builder
}

/// One end with its host: what it was told, what it decides.
pub(super) struct End {
    pub(super) connection: Connection,
    /// The name of each event; what matters of its content.
    pub(super) told: Vec<String>,
    /// Client: what the server has said to people, and before which event of `told`.
    pub(super) said: Vec<(usize, ServerMessage)>,
    /// Server: what the client offered, which is not in `told`.
    pub(super) hello: Option<Box<ClientHello>>,
    /// Plaintext read after the hand-off.
    pub(super) read: Vec<u8>,
    /// Client: with what to authenticate, in order; then it logs out.
    pub(super) attempts: Vec<Mechanism>,
    /// Client: the password.
    pub(super) password: &'static str,
    /// What to write at the hand-off.
    pub(super) says: &'static [u8],
    /// Whether to close at the peer's close.
    pub(super) closes_back: bool,
    /// Server: what to do about a client's certificate.
    pub(super) maps: Maps,
}

/// How a host answers a client's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maps {
    /// Not yet.
    NotYet,
    ToTim,
    ToNobody,
}

impl End {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            told: Vec::new(),
            said: Vec::new(),
            hello: None,
            read: Vec::new(),
            attempts: Vec::new(),
            password: PASSWORD,
            says: b"",
            closes_back: true,
            maps: Maps::NotYet,
        }
    }

    /// Takes bytes of the network and does what a host does.
    pub(super) fn hear(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let result = self.connection.handle_input(bytes, 0);
        self.serve();
        result
    }

    /// Handles events until there are none.
    pub(super) fn serve(&mut self) {
        while let Some(event) = self.connection.poll_event() {
            let event = match event {
                Event::ClientHello(hello) => {
                    assert!(self.hello.replace(hello).is_none(), "told twice");
                    assert!(!self.told.contains(&"TlsEstablished".into()), "told too late");
                    continue;
                }
                Event::ServerMessage(message) => {
                    self.said.push((self.told.len(), message));
                    continue;
                }
                event => event,
            };
            self.told.push(name(&event));
            match event {
                Event::Credentials(credentials) => self.decide(is_tim(&credentials)),
                Event::SecretWanted(user) if user.authentication_identity() == "tim" => {
                    self.connection.scram_password(PASSWORD.into(), 0).expect("a secret in its time");
                }
                Event::SecretWanted(_) => self.decide(false),
                // The mechanism of the test: the server asks once for the password.
                Event::Response { response: None, .. } => {
                    self.connection.challenge("password?".into(), 0).expect("a challenge in its time");
                }
                Event::Response { response: Some(response), .. } => self.decide(response == PASSWORD.into()),
                Event::Challenge(_) => {
                    self.connection.respond(self.password.into(), 0).expect("a response in its time");
                }
                Event::ClientCertificate => self.map(),
                Event::Capabilities(_) | Event::AuthenticationRefused(_) => self.act(),
                Event::HandedOff => {
                    let written = self.connection.write(self.says).expect("an open connection");
                    assert_eq!(written, self.says.len());
                }
                Event::PeerClosed if self.closes_back => {
                    self.read_all();
                    self.connection.close(0);
                }
                _ => {}
            }
        }
        self.read_all();
    }

    fn map(&mut self) {
        match self.maps {
            Maps::NotYet => Ok(()),
            Maps::ToTim => self.connection.accept_certificate("tim", false, 0),
            Maps::ToNobody => self.connection.refuse_certificate(0),
        }
        .expect("an answer in its time");
    }

    fn act(&mut self) {
        if self.attempts.is_empty() {
            self.connection.log_out(0).expect("time to log out");
            return;
        }
        let credentials = match self.attempts.remove(0) {
            Mechanism::External => Credentials::external(),
            raw @ Mechanism::Raw(_) => Credentials::raw(raw, None),
            mechanism => Credentials::new(mechanism, "tim", self.password.into()),
        };
        self.connection.authenticate(credentials, 0).expect("time to authenticate");
    }

    fn decide(&mut self, accept: bool) {
        let decided = if accept {
            self.connection.accept(0)
        } else {
            self.connection.reject(Rejection::InvalidCredentials, 0)
        };
        decided.expect("a decision in its time");
    }

    fn read_all(&mut self) {
        let mut buffer = [0; 100];
        while let Ok(n @ 1..) = self.connection.read(&mut buffer) {
            self.read.extend_from_slice(&buffer[..n]);
        }
    }

    /// Takes all that waits to be sent.
    pub(super) fn speak(&mut self) -> Vec<u8> {
        let bytes = self.connection.poll_transmit().to_vec();
        self.connection.transmitted(bytes.len()).expect("so many bytes");
        self.serve();
        bytes
    }
}

/// What a host knows of its one user.
fn is_tim(credentials: &Credentials) -> bool {
    let shown = match credentials.mechanism() {
        Mechanism::OAuthBearer | Mechanism::XOAuth2 => credentials.password() == &PASSWORD.into(),
        Mechanism::External => true,
        // Proved in the exchange.
        mechanism if mechanism.sasl_name().is_some_and(|name| name.starts_with("SCRAM-")) => true,
        _ => credentials.match_password(PASSWORD.as_bytes()),
    };
    shown && credentials.authentication_identity() == "tim"
}

fn name(event: &Event) -> String {
    match event {
        Event::Credentials(c) => format!("Credentials {:?} {}", c.mechanism(), c.authentication_identity()),
        Event::ClientName { name, extended } => format!("ClientName {name} {extended}"),
        Event::Greeting(greeting) => format!("Greeting {:?}", greeting.status()),
        Event::Capabilities(_) => "Capabilities".into(),
        Event::AuthenticationRefused(_) => "AuthenticationRefused".into(),
        Event::ClientCertificateInvalid(error) => format!("ClientCertificateInvalid {:?}", error.code()),
        other => format!("{other:?}"),
    }
}

/// Both ends.
pub(super) struct Pair {
    pub(super) server: End,
    pub(super) client: End,
    /// All that went over the network to the server.
    pub(super) to_server: Vec<u8>,
    /// All that went over the network to the client.
    pub(super) to_client: Vec<u8>,
}

impl Pair {
    pub(super) fn new(service: Service, hand_off: HandOff) -> Self {
        let (server, client) = configs(hand_off);
        Self::of(
            Connection::server(&server, service, 0).expect("a server"),
            Connection::client(&client, service, "mail.example", 0).expect("a client"),
        )
    }

    pub(super) fn of(server: Connection, client: Connection) -> Self {
        Self {
            server: End::new(server),
            client: End::new(client),
            to_server: Vec::new(),
            to_client: Vec::new(),
        }
    }

    /// Moves bytes until both ends are silent. `cut` says how the next bytes are divided: it
    /// gets how many there are and returns how many to give at once.
    pub(super) fn run(&mut self, mut cut: impl FnMut(usize) -> usize) {
        loop {
            let to_server = self.client.speak();
            give(&mut self.server, &to_server, &mut cut);
            let to_client = self.server.speak();
            give(&mut self.client, &to_client, &mut cut);
            self.to_server.extend_from_slice(&to_server);
            self.to_client.extend_from_slice(&to_client);
            if to_server.is_empty() && to_client.is_empty() {
                return;
            }
        }
    }
}

fn give(end: &mut End, mut bytes: &[u8], cut: &mut impl FnMut(usize) -> usize) {
    while !bytes.is_empty() && end.connection.wants_input() {
        let (now, later) = bytes.split_at(cut(bytes.len()).clamp(1, bytes.len()));
        // What a call says of a fault is told by the events, too; the tests look there.
        let _ = end.hear(now);
        bytes = later;
    }
}
