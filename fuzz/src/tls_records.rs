//! A server in a TLS 1.3 session with a client that has the keys and sends any record it likes:
//! what a peer can do that has not been authenticated yet, but is inside TLS.
//!
//! Must never know what the server makes of it, but that it lives and ends.

use crate::plan::Plan;
use crate::throwaway;
use mailtls::tls::registry::Alert;
use mailtls::{Connection, Error, ErrorKind, Event, Mechanism, Rejection, Service};
use rustls::client::Resumption;
use rustls::crypto::cipher::{MessageEncrypter, OutboundChunks, OutboundPlainMessage};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::TLS13;
use rustls::{
    ClientConfig, ClientConnection, ConnectionTrafficSecrets, ContentType, ProtocolVersion, RootCertStore,
    SupportedCipherSuite,
};
use std::sync::{Arc, OnceLock};

/// The longest input: a handful of records is enough.
const LONGEST: usize = 2000;

/// Records of a client, and what the host does between them.
///
/// The first byte decides the protocol and the end: TCP ends, or +4 a deadline passes, or +8 the
/// host closes (and then TCP ends). Then, over and over: a byte that says what comes, a length,
/// and so many bytes.
///
/// | low three bits | what |
/// |---|---|
/// | 0-3 | application data |
/// | 4 | a handshake message or a part of one |
/// | 5 | an alert |
/// | 6 | change_cipher_spec, encrypted |
/// | 7 | the bytes as they are, without encryption |
///
/// +8: the host accepts the credentials that wait, or gives a stored secret; +16: it rejects them; +32: it closes; +64: it
/// writes, when it can.
pub fn tls_records(data: &[u8]) {
    let [first, rest @ ..] = data else { return };
    if rest.len() > LONGEST {
        return;
    }
    let service = [Service::Imaps, Service::Pop3s, Service::Submissions][usize::from(first % 4 % 3)];
    let (mut server, mut client) = handshake(service);
    let mut rest = rest;
    while let [what, length, next @ ..] = rest {
        let (payload, next) = next.split_at(usize::from(*length).min(next.len()));
        rest = next;
        let bytes = match what & 7 {
            4 => client.record(ContentType::Handshake, payload),
            5 => client.record(ContentType::Alert, payload),
            6 => client.record(ContentType::ChangeCipherSpec, payload),
            7 => payload.to_vec(),
            _ => client.record(ContentType::ApplicationData, payload),
        };
        server.hear(&bytes);
        server.act(*what);
    }
    server.end(*first);
}

struct Server {
    connection: Connection,
    now: u64,
    waiting: bool,
    /// What waits is the question for the secret of this mechanism.
    secret: Option<Mechanism>,
    closed: bool,
    /// Our close_notify is out: nothing may follow it (RFC 9846 §6.1).
    silent: bool,
}

impl Server {
    fn hear(&mut self, bytes: &[u8]) {
        if !self.connection.wants_input() {
            return;
        }
        let result = self.connection.handle_input(bytes, self.now);
        self.check(result);
    }

    fn act(&mut self, what: u8) {
        if self.waiting && what & 24 != 0 {
            self.waiting = false;
            let result = match (what & 8, self.secret) {
                (0, _) => self.connection.reject(Rejection::InvalidCredentials, self.now),
                (_, Some(mechanism)) => {
                    self.connection.scram_secret(Plan::stored_secret(mechanism), self.now)
                }
                (_, None) => self.connection.accept(self.now),
            };
            self.check(result);
        }
        if what & 32 != 0 {
            self.waiting = false;
            self.connection.close(self.now);
            self.check(Ok(()));
        }
        if what & 64 != 0 {
            let result = self.connection.write(b"the host speaks").map(|_| ());
            if let Err(error) = result {
                assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
            }
            self.check(Ok(()));
        }
    }

    fn end(&mut self, how: u8) {
        if how & 8 != 0 {
            self.connection.close(self.now);
            self.check(Ok(()));
        }
        let result = match self.connection.poll_timeout() {
            Some(at) if how & 4 != 0 => self.connection.handle_timeout(at),
            _ => self.connection.handle_end_of_input(self.now),
        };
        self.check(result);
        self.connection.close(self.now);
        let result = self.connection.handle_end_of_input(self.now);
        self.check(result);
        assert!(self.closed, "a connection without end");
    }

    /// After every call: the law, and that nothing failed that is mailtls's own.
    fn check(&mut self, result: Result<(), Error>) {
        if let Err(error) = result {
            assert_eq!(error.kind(), ErrorKind::Peer, "{error}");
            assert_eq!(self.connection.error(), Some(&error));
            assert!(crate::is_line(error.reason()), "not a line: {:?}", error.reason());
        }
        let n = self.connection.poll_transmit().len();
        assert!(n <= 100_000, "{n} bytes of output wait");
        assert!(n == 0 || !self.silent, "something follows close_notify");
        self.silent = self.connection.alert_sent() == Some(Alert::CLOSE_NOTIFY);
        self.connection.transmitted(n).expect("so many were there");
        while let Some(event) = self.connection.poll_event() {
            assert!(!self.closed, "after Closed: {event:?}");
            match event {
                Event::Credentials(_) | Event::SecretWanted(_) | Event::Response { .. } => {
                    assert!(!self.silent, "a question that nobody can answer");
                    assert!(!self.waiting, "a question before the last has been answered");
                    self.waiting = true;
                    self.secret = match event {
                        Event::SecretWanted(user) => Some(user.mechanism()),
                        _ => None,
                    };
                }
                Event::Closed => (self.closed, self.waiting) = (true, false),
                _ => {}
            }
        }
        while let Ok(1..) = self.connection.read(&mut [0; 64]) {}
    }
}

/// The client's half of the session, from the end of the handshake on.
struct Keys {
    encrypter: Box<dyn MessageEncrypter>,
    sequence: u64,
}

impl Keys {
    fn record(&mut self, typ: ContentType, payload: &[u8]) -> Vec<u8> {
        let payload = OutboundChunks::Single(payload);
        let plain = OutboundPlainMessage { typ, version: ProtocolVersion::TLSv1_2, payload };
        let sequence = self.sequence;
        self.sequence += 1;
        self.encrypter.encrypt(plain, sequence).expect("the payload is short").encode()
    }
}

fn handshake(service: Service) -> (Server, Keys) {
    let connection =
        Connection::server(throwaway::server_config(), service, 0).expect("there is a certificate");
    let mut server =
        Server { connection, now: 0, waiting: false, secret: None, closed: false, silent: false };
    let name = ServerName::try_from("mail.example").expect("a name");
    let mut client = ClientConnection::new(client_config(), name).expect("the configuration is good");
    while client.is_handshaking() || client.wants_write() {
        let mut to_server = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut to_server).expect("memory");
        }
        server.connection.handle_input(&to_server, 0).expect("a good client");
        let output = server.connection.poll_transmit();
        let mut to_client = output;
        while !to_client.is_empty() {
            client.read_tls(&mut to_client).expect("memory");
            client.process_new_packets().expect("a good server");
        }
        let n = output.len();
        server.connection.transmitted(n).expect("so many were there");
    }
    server.check(Ok(()));
    let Some(SupportedCipherSuite::Tls13(suite)) = client.negotiated_cipher_suite() else {
        panic!("only TLS 1.3 was offered");
    };
    let (sequence, secrets) = client.dangerous_extract_secrets().expect("it is allowed").tx;
    let (ConnectionTrafficSecrets::Aes128Gcm { key, iv }
    | ConnectionTrafficSecrets::Aes256Gcm { key, iv }
    | ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv }) = secrets
    else {
        panic!("no such suite was offered");
    };
    (server, Keys { encrypter: suite.aead_alg.encrypter(key, iv), sequence })
}

fn client_config() -> Arc<ClientConfig> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        let certificate =
            CertificateDer::from_pem_slice(throwaway::CERTIFICATE).expect("the certificate is good");
        roots.add(certificate).expect("the certificate is good");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider);
        let builder = builder.with_protocol_versions(&[&TLS13]).expect("the provider has it");
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.enable_secret_extraction = true;
        config.resumption = Resumption::disabled();
        Arc::new(config)
    });
    Arc::clone(config)
}
