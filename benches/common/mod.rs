//! What the benchmarks share: a certificate, two servers that say the same, and a client that
//! costs neither of them anything.
//!
//! The server to compare with is rustls's own buffered connection with the same provider,
//! certificate, versions, ALPN name and tickets. It knows beforehand what to answer: it sends the
//! bytes that mailtls sent in a rehearsal, and reads no command.
#![allow(dead_code)] // Each benchmark uses a part.

pub mod by_hand;
pub mod turns;

use mailtls::{Connection, Event, Protocol, Service};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConnection, RootCertStore, ServerConnection};
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub const NAME: &str = "mail.example";

/// What a client says until it is authenticated, a line at a time.
pub fn commands(service: Service) -> &'static [&'static [u8]] {
    match service.protocol() {
        Protocol::Imap => &[b"a1 LOGIN tim tanstaaftanstaaf\r\n"],
        Protocol::Pop3 => &[b"USER tim\r\n", b"PASS tanstaaftanstaaf\r\n"],
        Protocol::Smtp => &[b"EHLO client.example\r\n", b"AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n"],
    }
}

/// One certificate and the configurations that use it, for one service.
pub struct Setup {
    pub service: Service,
    pub mailtls: mailtls::ServerConfig,
    /// The same, whose connections know their channel bindings.
    pub bound: mailtls::ServerConfig,
    pub mailtls_client: mailtls::ClientConfig,
    pub rustls: Arc<rustls::ServerConfig>,
    pub rustls_client: Arc<rustls::ClientConfig>,
    /// The greeting and the answer to each command.
    answers: Vec<Vec<u8>>,
}

impl Setup {
    pub fn new(service: Service) -> Self {
        let made = rcgen::generate_simple_self_signed(vec![NAME.into()]).expect("a certificate");
        let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let alpn = vec![service.protocol().alpn().to_vec()];
        let versions = [&rustls::version::TLS13, &rustls::version::TLS12];
        let provider = Arc::new(aws_lc_rs::default_provider());

        let mut builder = mailtls::ServerConfig::builder();
        builder.certificate_pem(chain.as_bytes(), key.as_bytes()).expect("a usable certificate");
        let mailtls = builder.build().expect("a configuration");
        let bound = builder.channel_bindings(true).build().expect("a configuration");
        let mailtls_client = mailtls::ClientConfig::builder()
            .ca_pem(chain.as_bytes())
            .expect("a trust anchor")
            .build()
            .expect("a configuration");
        let mut rustls = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&versions)
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![made.cert.der().clone()],
                PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key"),
            )
            .expect("a usable certificate");
        rustls.alpn_protocols.clone_from(&alpn);
        rustls.ticketer = aws_lc_rs::Ticketer::new().expect("a ticket key");

        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).expect("a trust anchor");
        let mut client = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        client.alpn_protocols = alpn;
        // Every handshake is a full one.
        client.resumption = rustls::client::Resumption::disabled();

        let mut setup = Self {
            service,
            mailtls,
            bound,
            mailtls_client,
            rustls: Arc::new(rustls),
            rustls_client: Arc::new(client),
            answers: Vec::new(),
        };
        setup.answers = rehearse(&setup);
        setup
    }

    /// A server of mailtls for one connection.
    pub fn mailtls_server(&self) -> MailtlsServer {
        MailtlsServer(Connection::server(&self.mailtls, self.service, 0).expect("a connection"))
    }

    /// Likewise, with channel bindings.
    pub fn bound_server(&self) -> MailtlsServer {
        MailtlsServer(Connection::server(&self.bound, self.service, 0).expect("a connection"))
    }

    /// A server of rustls alone for one connection.
    pub fn rustls_server(&self) -> RustlsServer<'_> {
        let connection = ServerConnection::new(Arc::clone(&self.rustls)).expect("a connection");
        RustlsServer { connection, answers: self.answers.iter(), greeted: false }
    }

    pub fn client(&self) -> ClientConnection {
        let name = NAME.try_into().expect("a name");
        ClientConnection::new(Arc::clone(&self.rustls_client), name).expect("a connection")
    }
}

/// One side of the comparison. Both copy their output to where a socket would take it.
pub trait Server {
    /// Takes what has come, and appends what is to be sent.
    fn serve(&mut self, input: &[u8], output: &mut Vec<u8>);
    /// After the hand-off: takes ciphertext, and drops the plaintext into the buffer.
    fn open(&mut self, input: &[u8], plaintext: &mut [u8]) -> usize;
    /// After the hand-off: takes plaintext, and appends what is to be sent.
    fn seal(&mut self, plaintext: &[u8], output: &mut Vec<u8>);
}

pub struct MailtlsServer(pub Connection);

impl Server for MailtlsServer {
    fn serve(&mut self, input: &[u8], output: &mut Vec<u8>) {
        self.0.handle_input(input, 0).expect("input");
        loop {
            while let Some(event) = self.0.poll_event() {
                if matches!(event, Event::Credentials(_)) {
                    self.0.accept(0).expect("a decision");
                }
            }
            let sent = self.0.poll_transmit().len();
            if sent == 0 {
                break;
            }
            output.extend_from_slice(self.0.poll_transmit());
            self.0.transmitted(sent).expect("sent");
        }
    }

    fn open(&mut self, input: &[u8], plaintext: &mut [u8]) -> usize {
        self.0.handle_input(input, 0).expect("input");
        let mut total = 0;
        loop {
            match self.0.read(plaintext).expect("plaintext") {
                0 => return total,
                n => total += n,
            }
        }
    }

    fn seal(&mut self, mut plaintext: &[u8], output: &mut Vec<u8>) {
        while !plaintext.is_empty() {
            let taken = self.0.write(plaintext).expect("plaintext");
            plaintext = &plaintext[taken..];
            let sent = self.0.poll_transmit().len();
            output.extend_from_slice(self.0.poll_transmit());
            self.0.transmitted(sent).expect("sent");
        }
    }
}

pub struct RustlsServer<'a> {
    pub connection: ServerConnection,
    answers: core::slice::Iter<'a, Vec<u8>>,
    greeted: bool,
}

impl RustlsServer<'_> {
    fn flush(&mut self, output: &mut Vec<u8>) {
        while self.connection.wants_write() {
            self.connection.write_tls(output).expect("output");
        }
    }
}

impl Server for RustlsServer<'_> {
    fn serve(&mut self, mut input: &[u8], output: &mut Vec<u8>) {
        while !input.is_empty() {
            self.connection.read_tls(&mut input).expect("input");
            let state = self.connection.process_new_packets().expect("TLS");
            let mut line = [0; 512];
            let begins = !self.greeted && !self.connection.is_handshaking();
            if begins || (state.plaintext_bytes_to_read() > 0 && read(&mut self.connection, &mut line) > 0) {
                self.greeted = true;
                let answer = self.answers.next().expect("an answer");
                self.connection.writer().write_all(answer).expect("plaintext");
            }
        }
        self.flush(output);
    }

    fn open(&mut self, mut input: &[u8], plaintext: &mut [u8]) -> usize {
        let mut total = 0;
        while !input.is_empty() {
            self.connection.read_tls(&mut input).expect("input");
            self.connection.process_new_packets().expect("TLS");
            loop {
                match read(&mut self.connection, plaintext) {
                    0 => break,
                    n => total += n,
                }
            }
        }
        total
    }

    fn seal(&mut self, mut plaintext: &[u8], output: &mut Vec<u8>) {
        while !plaintext.is_empty() {
            let taken = self.connection.writer().write(plaintext).expect("plaintext");
            plaintext = &plaintext[taken..];
            self.flush(output);
        }
    }
}

fn read(connection: &mut ServerConnection, plaintext: &mut [u8]) -> usize {
    // An error is that there is nothing just now.
    connection.reader().read(plaintext).unwrap_or(0)
}

/// A client on the other end of a server.
pub struct Peer {
    client: ClientConnection,
    wire: Vec<u8>,
}

impl Peer {
    pub fn new(setup: &Setup) -> Self {
        // Room enough from the start, so that no measurement counts its growing.
        Self { client: setup.client(), wire: Vec::with_capacity(64 << 10) }
    }

    /// What the client has to send.
    pub fn sends(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.client.wants_write() {
            self.client.write_tls(&mut bytes).expect("output");
        }
        bytes
    }

    /// Gives the client what a server has sent; returns the plaintext in it.
    fn takes(&mut self) -> Vec<u8> {
        let mut wire = &self.wire[..];
        let mut plaintext = Vec::new();
        while !wire.is_empty() {
            self.client.read_tls(&mut wire).expect("input");
            self.client.process_new_packets().expect("TLS");
            // An error is that there is nothing just now; what came before it is kept.
            let _ = self.client.reader().read_to_end(&mut plaintext);
        }
        self.wire.clear();
        plaintext
    }

    /// Takes a server from the first byte to the authenticated state; `call` runs each call on
    /// the server. Returns what the server said, the greeting first.
    pub fn authenticate<S: Server>(
        &mut self,
        server: &mut S,
        service: Service,
        mut call: impl FnMut(&mut dyn FnMut()),
    ) -> Vec<Vec<u8>> {
        let (mut commands, mut answers, mut answer) = (commands(service).iter(), Vec::new(), Vec::new());
        loop {
            let input = self.sends();
            if !input.is_empty() {
                call(&mut || server.serve(&input, &mut self.wire));
            }
            answer.extend(self.takes());
            if !input.is_empty() || answer.is_empty() {
                continue;
            }
            answers.push(core::mem::take(&mut answer));
            let Some(command) = commands.next() else { return answers };
            self.client.writer().write_all(command).expect("plaintext");
        }
    }

    /// Encrypts plaintext for the server.
    pub fn seal(&mut self, mut plaintext: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        while !plaintext.is_empty() {
            let taken = self.client.writer().write(plaintext).expect("plaintext");
            plaintext = &plaintext[taken..];
            sealed.extend(self.sends());
        }
        sealed
    }

    /// Decrypts what a server has sent; returns how much it was.
    pub fn open(&mut self, sealed: &[u8]) -> usize {
        self.wire.extend_from_slice(sealed);
        self.takes().len()
    }
}

fn rehearse(setup: &Setup) -> Vec<Vec<u8>> {
    Peer::new(setup).authenticate(&mut setup.mailtls_server(), setup.service, |call| call())
}

/// The time that a server alone takes from the first byte to the authenticated state.
pub fn time_to_ready<S: Server>(setup: &Setup, new: impl FnOnce() -> S) -> Duration {
    let mut peer = Peer::new(setup);
    let start = Instant::now();
    let mut server = new();
    let mut spent = start.elapsed();
    let answers = peer.authenticate(&mut server, setup.service, |call| {
        let start = Instant::now();
        call();
        spent += start.elapsed();
    });
    assert!(setup.answers.is_empty() || answers == setup.answers);
    spent
}
