//! The other end of the network: an engine of its own, so that what it says inside TLS is really
//! inside TLS.

use super::symbol::Flight;
use crate::{Protocol, Role};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection};
use rustls::{DigitallySignedStruct, SignatureScheme};
use std::io::{Read, Write};
use std::sync::Arc;

pub(super) const NAME: &str = "mail.example";

/// A certificate with its key, in PEM for the connection under test, and as the peer wants it.
pub(super) struct Identity {
    pub(super) chain_pem: String,
    pub(super) key_pem: String,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// A certificate for [`NAME`] that signs itself.
    pub(super) fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(vec![NAME.into()]).expect("a certificate");
        Self {
            chain_pem: made.cert.pem(),
            key_pem: made.signing_key.serialize_pem(),
            certificate: made.cert.der().clone(),
            key: PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key"),
        }
    }
}

/// What peers of one role and protocol are made with.
pub(super) struct Peers {
    first: fn(&Self, Flight) -> rustls::Connection,
    clients: Vec<Arc<ClientConfig>>,
    servers: Vec<Arc<ServerConfig>>,
}

/// The first flights that differ, in the order of the configurations.
const FIRST: [Flight; 3] = [Flight::Next, Flight::Tls12, Flight::Untrusted];

fn nth(flight: Flight) -> usize {
    FIRST.iter().position(|&f| f == flight).unwrap_or(0)
}

impl Peers {
    /// Peers of connections in this role.
    pub(super) fn new(role: Role, protocol: Protocol, identity: &Identity, certified: bool) -> Self {
        let provider = Arc::new(CryptoProvider {
            kx_groups: vec![aws_lc_rs::kx_group::X25519],
            ..aws_lc_rs::default_provider()
        });
        let client = |flight| {
            let versions = if flight == Flight::Tls12 { [&TLS12] } else { [&TLS13] };
            let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
            let builder = builder.with_protocol_versions(&versions).expect("versions");
            let believes = Arc::new(Believes(Arc::clone(&provider)));
            let builder = builder.dangerous().with_custom_certificate_verifier(believes);
            let Identity { certificate, key, .. } = identity;
            let mut config = if certified {
                builder
                    .with_client_auth_cert(vec![certificate.clone()], key.clone_key())
                    .expect("an identity")
            } else {
                builder.with_no_client_auth()
            };
            let foreign = flight == Flight::Untrusted;
            config.alpn_protocols =
                vec![if foreign { b"http/1.1".to_vec() } else { protocol.alpn().to_vec() }];
            config.resumption = rustls::client::Resumption::disabled();
            Arc::new(config)
        };
        let server = |flight| {
            let versions = if flight == Flight::Tls12 { [&TLS12] } else { [&TLS13] };
            let stranger = Identity::new();
            let Identity { certificate, key, .. } =
                if flight == Flight::Untrusted { &stranger } else { identity };
            let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
            let builder = builder.with_protocol_versions(&versions).expect("versions").with_no_client_auth();
            let config = builder.with_single_cert(vec![certificate.clone()], key.clone_key());
            let mut config = config.expect("an identity");
            config.alpn_protocols = vec![protocol.alpn().to_vec()];
            config.send_tls13_tickets = 0;
            config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
            Arc::new(config)
        };
        match role {
            Role::Server => {
                Self { first: Self::client, clients: FIRST.map(client).to_vec(), servers: Vec::new() }
            }
            Role::Client => {
                Self { first: Self::server, clients: Vec::new(), servers: FIRST.map(server).to_vec() }
            }
        }
    }

    fn client(&self, flight: Flight) -> rustls::Connection {
        let name = ServerName::try_from(NAME).expect("a name");
        ClientConnection::new(Arc::clone(&self.clients[nth(flight)]), name).expect("a client").into()
    }

    fn server(&self, flight: Flight) -> rustls::Connection {
        ServerConnection::new(Arc::clone(&self.servers[nth(flight)])).expect("a server").into()
    }
}

/// A client that believes everything, to be faster: what it thinks of our certificate is not
/// what is tried here.
#[derive(Debug)]
struct Believes(Arc<CryptoProvider>);

impl ServerCertVerifier for Believes {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// One peer.
#[derive(Default)]
pub(super) struct Peer {
    tls: Option<rustls::Connection>,
    /// What has come of the other's handshake before there is `tls`.
    hello: Vec<u8>,
    /// The second half of a flight.
    rest: Option<Vec<u8>>,
    flights: usize,
}

impl Peer {
    /// Its engine, if it speaks inside TLS: all of its handshake has been sent.
    fn inside(&mut self) -> Option<&mut rustls::Connection> {
        self.tls.as_mut().filter(|tls| !tls.is_handshaking() && !tls.wants_write() && self.rest.is_none())
    }

    /// What goes over the network when it says this.
    pub(super) fn say(&mut self, words: &[u8]) -> Vec<u8> {
        let Some(tls) = self.inside() else { return words.to_vec() };
        tls.writer().write_all(words).expect("room");
        written(tls)
    }

    /// What came over the network, as it understands it. `handshaking` when the other end has
    /// begun a handshake, which is not for reading.
    pub(super) fn hear(&mut self, wire: &[u8], handshaking: bool) -> Vec<u8> {
        let Some(tls) = &mut self.tls else {
            if handshaking {
                self.hello.extend_from_slice(wire);
                return Vec::new();
            }
            return wire.to_vec();
        };
        read(tls, wire)
    }

    /// Whether half of a flight has been sent.
    pub(super) fn has_half(&self) -> bool {
        self.rest.is_some()
    }

    /// How far it is with the handshake.
    pub(super) fn flights(&self) -> usize {
        self.flights
    }

    /// The flight, if it can be sent now.
    pub(super) fn flight(&mut self, peers: &Peers, flight: Flight) -> Vec<u8> {
        if let Some(rest) = self.rest.take() {
            return rest;
        }
        let hello = core::mem::take(&mut self.hello);
        let tls = self.tls.get_or_insert_with(|| (peers.first)(peers, flight));
        read(tls, &hello);
        self.flights += 1;
        let mut bytes = written(tls);
        if flight == Flight::Half {
            self.rest = Some(bytes.split_off(bytes.len() / 2));
        }
        bytes
    }

    /// Its close_notify, if it is inside TLS.
    pub(super) fn close(&mut self) -> Option<Vec<u8>> {
        let tls = self.inside()?;
        tls.send_close_notify();
        Some(written(tls))
    }
}

fn written(tls: &mut rustls::Connection) -> Vec<u8> {
    let mut bytes = Vec::new();
    while tls.wants_write() {
        tls.write_tls(&mut bytes).expect("room");
    }
    bytes
}

/// What it makes of an error is its own affair: the connection under test is asked what it did.
fn read(tls: &mut rustls::Connection, mut wire: &[u8]) -> Vec<u8> {
    let mut plaintext = Vec::new();
    while !wire.is_empty() && tls.read_tls(&mut wire).is_ok_and(|n| n > 0) {
        if tls.process_new_packets().is_err() {
            break;
        }
        let _ = tls.reader().read_to_end(&mut plaintext);
    }
    plaintext
}
