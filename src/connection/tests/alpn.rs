//! The names of application protocols (RFC 7301): foreign ones are refused, against ALPACA.

use super::pair::{Pair, server_builder};
use crate::dialogue::Mechanism;
use crate::tls::facts::{PeerValidation, TlsFacts};
use crate::tls::registry::{CipherSuite, Version};
use crate::{ClientConfig, Connection, Error, ErrorCode, Protocol, ServerConfig, Service};

/// A session of an end that has `ours` and one that offers `theirs`; `None` is the usual name.
fn session(ours: Option<&[&[u8]]>, theirs: Option<&[&[u8]]>, service: Service) -> Pair {
    let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).expect("a certificate");
    let mut server = server_builder(&made);
    let mut client = ClientConfig::builder();
    client.ca_pem(made.cert.pem().as_bytes()).expect("an anchor");
    if let Some(names) = ours {
        server.alpn(service.protocol(), names).expect("good names");
    }
    if let Some(names) = theirs {
        client.alpn(service.protocol(), names).expect("good names");
    }
    let (server, client) = (server.build().expect("a server"), client.build().expect("a client"));
    let mut pair = Pair::of(
        Connection::server(&server, service, 0).expect("a server"),
        Connection::client(&client, service, "mail.example", 0).expect("a client"),
    );
    pair.client.attempts = vec![Mechanism::Plain];
    pair.run(|n| n);
    pair
}

#[test]
fn the_host_chooses_the_names() {
    let own: &[&[u8]] = &[b"house", b"imap-house"];
    for (ours, theirs, negotiated) in [
        (None, None, Ok(Some(&b"imap"[..]))),
        (Some(own), Some(own), Ok(Some(b"house"))),
        (Some(own), Some(&[b"imap", b"imap-house"]), Ok(Some(b"imap-house"))),
        // None offered: served.
        (None, Some(&[]), Ok(None)),
        (Some(own), Some(&[]), Ok(None)),
        // Foreign ones only.
        (None, Some(&[b"h2", b"http/1.1"]), Err(ErrorCode::NoApplicationProtocol)),
        (None, Some(&[b"pop3"]), Err(ErrorCode::NoApplicationProtocol)),
        (Some(own), None, Err(ErrorCode::NoApplicationProtocol)),
    ] {
        for service in [Service::Imaps, Service::Imap] {
            let pair = session(ours, theirs, service);
            let server = &pair.server.connection;
            match negotiated {
                Ok(name) => {
                    for end in [server, &pair.client.connection] {
                        assert_eq!(end.tls_facts().map(|facts| facts.alpn.as_deref()), Some(name));
                    }
                    assert!(pair.server.told.contains(&"Authenticated".to_owned()), "{:?}", pair.server.told);
                }
                Err(code) => {
                    assert_eq!(server.error().map(Error::code), Some(code));
                    let alert = server.alert_sent().and_then(|alert| alert.name());
                    assert_eq!(alert, Some("no_application_protocol"));
                    assert_eq!(pair.server.told, ["Closed"]);
                    let heard = pair.client.connection.alert_received().and_then(|alert| alert.name());
                    assert_eq!(heard, Some("no_application_protocol"));
                }
            }
        }
    }
}

/// The names of one protocol are not those of another.
#[test]
fn the_other_protocols_keep_theirs() {
    let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).expect("a certificate");
    let mut server = server_builder(&made);
    let server = server.alpn(Protocol::Imap, &[b"house"]).expect("a name").build().expect("a server");
    let facts = |name: &[u8]| {
        let mut facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
        facts.alpn = Some(name.to_vec());
        facts
    };
    for (service, name, code) in [
        (Service::Imaps, &b"house"[..], None),
        (Service::Imaps, b"imap", Some(ErrorCode::NoApplicationProtocol)),
        (Service::Pop3s, b"pop3", None),
        (Service::Pop3s, b"house", Some(ErrorCode::NoApplicationProtocol)),
        (Service::Submissions, b"smtp", None),
        (Service::Submissions, b"http/1.1", Some(ErrorCode::NoApplicationProtocol)),
    ] {
        let result = Connection::server_on_host_tls(&server, service, facts(name), 0);
        assert_eq!(result.err().map(|e| e.code()), code, "{service}");
    }
}

/// What was negotiated outside of the engine is looked at all the same.
#[test]
fn names_that_a_host_negotiated_are_checked() {
    let server = ServerConfig::builder().build().expect("a server");
    let client = ClientConfig::builder().build().expect("a client");
    for (alpn, code) in
        [(None, None), (Some("imap"), None), (Some("http/1.1\r\n"), Some(ErrorCode::NoApplicationProtocol))]
    {
        let mut facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
        facts.alpn = alpn.map(|name| name.as_bytes().to_vec());
        facts.peer_validation = PeerValidation::Pkix;
        for result in [
            Connection::server_on_host_tls(&server, Service::Imaps, facts.clone(), 0),
            Connection::client_on_host_tls(&client, Service::Imaps, facts, 0),
        ] {
            let error = result.err();
            assert_eq!(error.as_ref().map(Error::code), code);
            assert!(error.is_none_or(|error| !error.reason().contains(['\r', '\n'])));
        }
    }
}

#[test]
fn names_that_could_not_be_sent_are_refused() {
    let mut server = ServerConfig::builder();
    let mut client = ClientConfig::builder();
    for bad in [&[&b""[..]][..], &[&[b'x'; 256]]] {
        let code = server.alpn(Protocol::Imap, bad).err().map(|e| e.code());
        assert_eq!(code, Some(ErrorCode::InvalidArgument));
        let code = client.alpn(Protocol::Imap, bad).err().map(|e| e.code());
        assert_eq!(code, Some(ErrorCode::InvalidArgument));
    }
    // A server that looks at none would be open to every foreign protocol.
    assert_eq!(server.alpn(Protocol::Imap, &[]).err().map(|e| e.code()), Some(ErrorCode::InvalidArgument));
    assert!(client.alpn(Protocol::Imap, &[]).is_ok());
}
