//! Sessions against rustls's own buffered connections.

use super::*;
use crate::tls::config;
use rustls::{RootCertStore, ServerConnection};
use std::io::Write;

const NAME: &str = "mail.example";

/// A server's connection, as far as a test changes its configuration, and the certificate.
fn server(change: impl FnOnce(&mut rustls::ServerConfig)) -> (ServerConnection, RootCertStore) {
    let made = rcgen::generate_simple_self_signed(vec![NAME.into()]).unwrap();
    let identity =
        config::server_identity(made.cert.pem().as_bytes(), made.signing_key.serialize_pem().as_bytes())
            .unwrap();
    let engine = config::server(identity, 2).unwrap();
    let mut config = (*engine.get(crate::Protocol::Imap)).clone();
    change(&mut config);
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    (ServerConnection::new(Arc::new(config)).unwrap(), roots)
}

fn client(roots: RootCertStore) -> Session {
    Session::client(config::client(roots).unwrap().get(crate::Protocol::Imap), NAME).unwrap()
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
