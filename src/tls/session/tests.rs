//! Sessions against rustls's own buffered connections.

use super::*;
use crate::Protocol;
use crate::tls::alpn::AlpnNames;
use crate::tls::config::{self, ClientEngine, ClientOptions, ServerEngine, ServerOptions};
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::cipher_suite::{
    TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256,
};
use rustls::{ClientConnection, RootCertStore, ServerConnection, SupportedCipherSuite};
use std::io::Write;

const NAME: &str = "mail.example";

fn name() -> ServerName<'static> {
    NAME.try_into().unwrap()
}

/// A server's connection, as far as a test changes its configuration, and the certificate.
fn server(change: impl FnOnce(&mut rustls::ServerConfig)) -> (ServerConnection, RootCertStore) {
    let made = rcgen::generate_simple_self_signed(vec![NAME.into()]).unwrap();
    let mut config = server_engine(&made, ServerOptions::default()).config(Protocol::Imap);
    change(&mut config);
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    (ServerConnection::new(Arc::new(config)).unwrap(), roots)
}

fn server_engine(made: &rcgen::CertifiedKey<rcgen::KeyPair>, options: ServerOptions) -> ServerEngine {
    let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let certificate =
        crate::trust::certified_key::read(chain.as_bytes().into(), key.as_bytes().into()).unwrap();
    config::server(crate::tls::own_certificates::OwnCertificates::new(vec![certificate]), options).unwrap()
}

fn client(roots: RootCertStore) -> Session {
    client_engine(roots, AlpnNames::default()).session(Protocol::Imap, &name(), None, None).unwrap()
}

fn client_engine(roots: RootCertStore, alpn: AlpnNames) -> ClientEngine {
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), config::provider());
    let options = ClientOptions {
        verifier: verifier.build().unwrap(),
        refusals: Arc::default(),
        alpn,
        certificates_tls13_only: false,
        negotiable: config::Negotiable::by(&crate::tls::policy::Policy::default()).unwrap(),
    };
    config::client(options).unwrap()
}

/// Gives the server what the client has to say, and returns what it answers.
fn answer(server: &mut ServerConnection, output: &mut Buffer) -> Vec<u8> {
    let mut bytes = output.as_slice();
    while !bytes.is_empty() {
        server.read_tls(&mut bytes).unwrap();
        let _ = server.process_new_packets();
    }
    output.clear();
    let mut sent = Vec::new();
    while server.wants_write() {
        server.write_tls(&mut sent).unwrap();
    }
    sent
}

/// The first TLS record, and the rest.
fn first_record(bytes: &[u8]) -> (&[u8], &[u8]) {
    bytes.split_at(5 + usize::from(u16::from_be_bytes([bytes[3], bytes[4]])))
}

/// The messages behind the one that is refused are still in the engine's hands when it is asked
/// for the alert.
#[test]
fn a_certificate_is_refused_in_the_middle_of_a_flight() {
    let (mut server, _) = server(|_| ());
    let mut roots = RootCertStore::empty();
    let other = rcgen::generate_simple_self_signed(vec!["other.example".into()]).unwrap();
    roots.add(other.cert.der().clone()).unwrap();
    let mut session = client(roots);
    let (mut plaintext, mut output) = (Buffer::default(), Buffer::default());
    session.receive(&[], &mut plaintext, &mut output).unwrap();
    let flight = answer(&mut server, &mut output);
    let error = session.receive(&flight, &mut plaintext, &mut output).unwrap_err();
    assert_eq!(error.code(), ErrorCode::CertificateUntrusted);
    assert!(session.alert_sent().is_some() && !output.is_empty());
    assert_eq!(session.incomplete(), 0);
}

/// Half a message of a peer must not stop us from sending, closing, or reading on.
#[test]
fn a_ticket_that_has_come_in_part() {
    let (mut server, roots) = server(|config| config.max_fragment_size = Some(64));
    let mut session = client(roots);
    let (mut plaintext, mut output) = (Buffer::default(), Buffer::default());
    session.receive(&[], &mut plaintext, &mut output).unwrap();
    let flight = answer(&mut server, &mut output);
    session.receive(&flight, &mut plaintext, &mut output).unwrap();
    let tickets = answer(&mut server, &mut output);
    assert!(!session.is_handshaking());

    let mut rest = &tickets[..];
    while !rest.is_empty() {
        let (record, behind) = first_record(rest);
        session.receive(record, &mut plaintext, &mut output).unwrap();
        session.send(b"x", &mut output).unwrap();
        rest = behind;
    }
    session.close(&mut output);
    assert_eq!(session.incomplete(), 0);
    server.writer().write_all(b"still there").unwrap();
    let more = answer(&mut server, &mut output);
    session.receive(&more, &mut plaintext, &mut output).unwrap();
    assert_eq!(plaintext.as_slice(), b"still there");
}

/// Completes the handshake of a session with a connection of rustls itself.
fn shake_hands(session: &mut Session, peer: &mut rustls::Connection) -> Result<(), Error> {
    let (mut plaintext, mut output) = (Buffer::default(), Buffer::default());
    let mut flight = Vec::new();
    loop {
        session.receive(&flight, &mut plaintext, &mut output)?;
        let mut bytes = output.as_slice();
        while !bytes.is_empty() {
            peer.read_tls(&mut bytes).unwrap();
            peer.process_new_packets().unwrap();
        }
        output.clear();
        flight.clear();
        while peer.wants_write() {
            peer.write_tls(&mut flight).unwrap();
        }
        if flight.is_empty() && !session.is_handshaking() {
            return Ok(());
        }
    }
}

fn only(suite: SupportedCipherSuite) -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider { cipher_suites: vec![suite], ..(*config::provider()).clone() })
}

/// A server of rustls itself, and what our client needs to trust it.
fn rustls_server(
    suite: SupportedCipherSuite,
    alpn: &[&[u8]],
) -> (rustls::Connection, RootCertStore, Vec<u8>) {
    let made = rcgen::generate_simple_self_signed(vec![NAME.into()]).unwrap();
    let mut config = rustls::ServerConfig::builder_with_provider(only(suite))
        .with_protocol_versions(&[suite.version()])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![made.cert.der().clone()],
            rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into(),
        )
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let server = ServerConnection::new(Arc::new(config)).unwrap();
    (server.into(), roots, made.cert.der().to_vec())
}

/// A client of rustls itself.
fn rustls_client(suite: SupportedCipherSuite, roots: RootCertStore) -> rustls::Connection {
    let config = rustls::ClientConfig::builder_with_provider(only(suite))
        .with_protocol_versions(&[suite.version()])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    ClientConnection::new(Arc::new(config), NAME.try_into().unwrap()).unwrap().into()
}

const TLS12: SupportedCipherSuite =
    rustls::crypto::aws_lc_rs::cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;

/// Checks the bindings of an end of ours against the exporter of rustls on the other end.
fn check_bindings(
    suite: SupportedCipherSuite,
    session: &mut Session,
    peer: &rustls::Connection,
    leaf: &[u8],
) {
    let facts = session.take_facts().unwrap();
    assert_eq!(facts.cipher_suite.0, u16::from(suite.suite()));
    let bindings = &facts.channel_bindings;
    let exported = bindings.tls_exporter.as_ref().map(crate::secret::Secret::as_bytes);
    if facts.version == Version::TLS_1_3 {
        for context in [None, Some(&b""[..])] {
            let theirs = peer.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", context).unwrap();
            assert_eq!(exported, Some(&theirs[..]));
        }
        assert_eq!(bindings.best().map(|(name, _)| name), Some(ChannelBindings::TLS_EXPORTER));
    } else {
        assert_eq!(exported, None);
        assert_eq!(bindings.best().map(|(name, _)| name), Some(ChannelBindings::TLS_SERVER_END_POINT));
    }
    assert_eq!(bindings.tls_server_end_point, end_point::binding(leaf));
    assert_eq!(bindings.tls_server_end_point.as_ref().map(|hash| hash.as_bytes().len()), Some(32));
    // What they are made of is gone.
    assert!(session.watch.is_none());
}

#[test]
fn both_ends_have_the_same_channel_bindings() {
    for suite in [TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256, TLS12] {
        let (mut peer, roots, leaf) = rustls_server(suite, &[b"imap"]);
        let mut session = client(roots);
        shake_hands(&mut session, &mut peer).unwrap();
        check_bindings(suite, &mut session, &peer, &leaf);

        let made = rcgen::generate_simple_self_signed(vec![NAME.into()]).unwrap();
        let options = ServerOptions { channel_bindings: true, ..ServerOptions::default() };
        let mut session = server_engine(&made, options).session(Protocol::Imap).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let mut peer = rustls_client(suite, roots);
        shake_hands(&mut session, &mut peer).unwrap();
        check_bindings(suite, &mut session, &peer, made.cert.der());
    }
}

/// Each connection has its own, also when it resumes the session of another.
#[test]
fn a_resumed_session_has_another_exporter() {
    let made = rcgen::generate_simple_self_signed(vec![NAME.into()]).unwrap();
    let options = ServerOptions { channel_bindings: true, ..ServerOptions::default() };
    let engine = server_engine(&made, options);
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let client = client_engine(roots, AlpnNames::default());
    let mut exporters = Vec::new();
    for resumed in [false, true] {
        let (mut ours, mut theirs) = (
            engine.session(Protocol::Imap).unwrap(),
            client.session(Protocol::Imap, &name(), None, None).unwrap(),
        );
        let (mut to_server, mut to_client) = (Buffer::default(), Buffer::default());
        let mut nothing = Buffer::default();
        theirs.receive(&[], &mut nothing, &mut to_server).unwrap();
        while !to_server.is_empty() || !to_client.is_empty() {
            ours.receive(to_server.as_slice(), &mut nothing, &mut to_client).unwrap();
            to_server.clear();
            theirs.receive(to_client.as_slice(), &mut nothing, &mut to_server).unwrap();
            to_client.clear();
        }
        let (ours, theirs) = (ours.take_facts().unwrap(), theirs.take_facts().unwrap());
        assert_eq!((ours.resumed, theirs.resumed), (resumed, resumed));
        assert_eq!(ours.channel_bindings, theirs.channel_bindings);
        exporters.push(ours.channel_bindings.tls_exporter.unwrap());
    }
    assert!(exporters[0] != exporters[1]);
}

/// Sessions of TLS 1.2 are resumed by tickets, which expire, and not by session ID: that would take a
/// memory of sessions on the server.
#[test]
fn a_server_keeps_no_sessions() {
    use rustls::client::{Resumption, Tls12Resumption};
    let made = rcgen::generate_simple_self_signed(vec![NAME.into()]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    for (tickets, by, suite, resumes) in [
        (2, Tls12Resumption::SessionIdOnly, TLS12, false),
        (2, Tls12Resumption::SessionIdOrTickets, TLS12, true),
        (0, Tls12Resumption::SessionIdOnly, TLS12, false),
        (0, Tls12Resumption::SessionIdOrTickets, TLS12, false),
        (2, Tls12Resumption::SessionIdOrTickets, TLS13_AES_128_GCM_SHA256, true),
        (0, Tls12Resumption::SessionIdOrTickets, TLS13_AES_128_GCM_SHA256, false),
    ] {
        let engine = server_engine(&made, ServerOptions { tickets, ..ServerOptions::default() });
        let storage = engine.config(Protocol::Imap).session_storage;
        assert!(!storage.can_cache() && !storage.put(vec![1], vec![2]));
        let mut client = rustls::ClientConfig::builder_with_provider(only(suite))
            .with_protocol_versions(&[suite.version()])
            .unwrap()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        client.resumption = Resumption::in_memory_sessions(8).tls12_resumption(by);
        let client = Arc::new(client);
        let resumed = [(); 2].map(|()| {
            let mut session = engine.session(Protocol::Imap).unwrap();
            let mut peer = ClientConnection::new(Arc::clone(&client), name()).unwrap().into();
            shake_hands(&mut session, &mut peer).unwrap();
            session.take_facts().unwrap().resumed
        });
        assert_eq!(resumed, [false, resumes], "{tickets} tickets, {by:?}, {:?}", suite.version().version);
    }
}

#[test]
fn a_server_that_does_not_want_bindings_has_none() {
    let made = rcgen::generate_simple_self_signed(vec![NAME.into()]).unwrap();
    let mut session = server_engine(&made, ServerOptions::default()).session(Protocol::Imap).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    shake_hands(&mut session, &mut rustls_client(TLS13_AES_128_GCM_SHA256, roots)).unwrap();
    assert!(session.take_facts().unwrap().channel_bindings.is_empty());
}

/// RFC 7301 §3.2: a server may choose among the names offered only. Under TLS 1.2 hellos are in
/// clear, so that a choice can be put into the server's on the way.
#[test]
fn a_server_that_chooses_an_alpn_name_unasked_is_refused() {
    let evil: &[&[u8]] = &[b"evil"];
    for (offered, chosen, expected) in [
        (&[&b"imap"[..]][..], &b"imap"[..], Ok(())),
        (&[b"imap"], b"evil", Err("the server chose an ALPN name that was not offered")),
        // The server has heard `evil`, which the client did not say.
        (&[], b"evil", Err("the server sent a TLS extension that was not asked for")),
    ] {
        let mut names = AlpnNames::default();
        names.replace(Protocol::Imap, offered).unwrap();
        let (mut peer, roots, _) = rustls_server(TLS12, &[b"imap", b"evil"]);
        let engine = client_engine(roots.clone(), names);
        let mut session = engine.session(Protocol::Imap, &name(), None, None).unwrap();
        let (mut plaintext, mut output) = (Buffer::default(), Buffer::default());
        session.receive(&[], &mut plaintext, &mut output).unwrap();
        assert_eq!(output.as_slice().windows(5).any(|w| w == b"\x04imap"), !offered.is_empty());
        if offered.is_empty() {
            // Only the server's hello is wanted of this conversation.
            let mut other = AlpnNames::default();
            other.replace(Protocol::Imap, evil).unwrap();
            output.clear();
            let mut other = client_engine(roots, other).session(Protocol::Imap, &name(), None, None).unwrap();
            other.receive(&[], &mut plaintext, &mut output).unwrap();
        }
        peer.read_tls(&mut output.as_slice()).unwrap();
        peer.process_new_packets().unwrap();
        let mut flight = Vec::new();
        peer.write_tls(&mut flight).unwrap();
        if let Some(at) = flight.windows(5).position(|w| w == b"\x04imap") {
            flight[at + 1..at + 5].copy_from_slice(chosen);
        }
        assert!(flight.windows(4).any(|w| w == chosen));
        output.clear();
        let result = session.receive(&flight, &mut plaintext, &mut output);
        assert_eq!(result.as_ref().copied().map_err(Error::reason), expected, "{offered:?}");
        assert_eq!(session.alert_sent().is_some(), expected.is_err());
    }
}
