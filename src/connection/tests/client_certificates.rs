//! Clients' certificates, as the server sees them: asked for, judged, mapped by the host.

use super::pair::{End, IMPLICIT, Maps, Pair, server_builder};
use super::world::{ACCOUNT, Flaw, SERVICES, VERSIONS, Versions, World, connect};
use crate::dialogue::{HandOff, Mechanism};
use crate::tls::facts::{PeerValidation, TlsFacts};
use crate::tls::registry::{CipherSuite, Version};
use crate::{
    ClientConfig, Connection, Error, ErrorCode, Event, InvalidClientCertificate, ServerConfig, Service,
};
use rustls::pki_types::UnixTime;
use rustls::sign::CertifiedKey;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

const INVALID: [InvalidClientCertificate; 2] =
    [InvalidClientCertificate::Refuse, InvalidClientCertificate::Anonymous];

/// Moves bytes between a server of ours on an Implicit-TLS service and a client of rustls.
fn drive(server: &mut End, client: &Arc<rustls::ClientConfig>) {
    let name = "mail.example".try_into().expect("a name");
    let mut peer = rustls::ClientConnection::new(Arc::clone(client), name).expect("a client");
    loop {
        let mut bytes = Vec::new();
        while peer.wants_write() {
            peer.write_tls(&mut bytes).expect("output");
        }
        if !bytes.is_empty() && server.connection.wants_input() {
            let _ = server.hear(&bytes);
        }
        let heard = server.speak();
        let mut rest = &heard[..];
        while !rest.is_empty() && peer.read_tls(&mut rest).is_ok() && peer.process_new_packets().is_ok() {}
        if bytes.is_empty() && heard.is_empty() {
            return;
        }
    }
}

fn code(end: &End) -> Option<ErrorCode> {
    end.connection.error().map(Error::code)
}

fn tells(end: &End, what: &str) -> bool {
    end.told.iter().any(|told| told == what)
}

/// Counts how often a client is asked.
#[derive(Debug)]
struct Asked(AtomicUsize, Arc<CertifiedKey>);

impl rustls::client::ResolvesClientCert for Asked {
    fn resolve(&self, _: &[&[u8]], _: &[rustls::SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Some(Arc::clone(&self.1))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// CERT-01: no mapping, no CertificateRequest.
#[test]
fn without_a_mapping_none_is_ever_asked_for() {
    let world = World::new();
    for (versions, version) in VERSIONS {
        for asks in [false, true] {
            let config = if asks {
                world.server(InvalidClientCertificate::Refuse, versions)
            } else {
                world.server_without_mapping(versions)
            };
            let asked = Arc::new(Asked(AtomicUsize::new(0), world.rustls_key(Flaw::None)));
            let mut server = End::new(Connection::server(&config, Service::Imaps, 0).expect("a server"));
            server.maps = Maps::ToTim;
            drive(&mut server, &world.rustls_client(Arc::clone(&asked) as _));
            assert_eq!(asked.0.load(Ordering::Relaxed), usize::from(asks), "{version}");
            let facts = server.connection.tls_facts().expect("TLS stands");
            assert_eq!((facts.version, facts.peer_validation.is_validated()), (version, asks));
            assert_eq!(facts.peer_certificates.len(), usize::from(asks));
            assert_eq!(facts.client_certificate_sent, asks);
            assert_eq!(facts.client_certificate_requested, asks);
            assert_eq!(facts.client_certificate_in_clear(), asks && version == Version::TLS_1_2);
            assert_eq!(tells(&server, "ClientCertificate"), asks);
        }
    }
}

#[test]
fn a_server_that_has_no_certificate_cannot_ask_for_one() {
    let world = World::new();
    let mut builder = ServerConfig::builder();
    let code = |result: Result<(), Error>| result.map_err(|e| e.code());
    let added = |builder: &mut crate::ServerConfigBuilder, pem: &str| {
        code(builder.client_certificates(pem.as_bytes(), InvalidClientCertificate::Refuse).map(|_| ()))
    };
    assert_eq!(added(&mut builder, ""), Err(ErrorCode::NoTrustAnchor));
    assert_eq!(code(builder.build().map(|_| ())), Ok(()));
    assert_eq!(added(&mut builder, &world.authority.pem()), Ok(()));
    assert_eq!(code(builder.build().map(|_| ())), Err(ErrorCode::InvalidArgument));
}

/// IMAP-01, POP-01: the host is asked before a word is said, and the dialogue begins with its answer:
/// not authenticated, even with an accepted certificate.
#[test]
fn a_valid_certificate_is_mapped_before_anything_is_said() {
    let world = World::new();
    for (versions, version) in VERSIONS {
        for service in SERVICES {
            for invalid in INVALID {
                for answer in [Maps::ToTim, Maps::ToNobody] {
                    let mut pair = world.pair(service, &world.server(invalid, versions), Flaw::None);
                    pair.run(|n| n);
                    let shown = format!("{service} {version} {invalid:?} {answer:?}");
                    assert_eq!(pair.server.told, ["TlsEstablished", "ClientCertificate"], "{shown}");
                    assert_eq!(pair.client.told, ["TlsEstablished"], "{shown}");
                    let facts = pair.server.connection.tls_facts().expect("TLS stands");
                    assert!(facts.peer_validation.is_validated() && facts.client_certificate_sent, "{shown}");
                    assert_eq!((facts.version, facts.peer_certificates.len()), (version, 1), "{shown}");

                    pair.server.maps = answer;
                    pair.server.told.clear();
                    let connection = &mut pair.server.connection;
                    match answer {
                        Maps::ToTim => connection.accept_certificate("tim", false, 0),
                        _ => connection.refuse_certificate(0),
                    }
                    .expect("an answer in its time");
                    pair.run(|n| n);
                    assert!(tells(&pair.client, "Authenticated"), "{shown}: {:?}", pair.client.told);
                    assert!(tells(&pair.server, "Credentials Plain tim"), "{shown}");
                    assert_eq!((code(&pair.server), code(&pair.client)), (None, None), "{shown}");
                }
            }
        }
    }
}

/// CERT-02, IMAP-01: EXTERNAL is on offer to whom the host has mapped, and to nobody else; PREAUTH is
/// the greeting when the host says so.
#[test]
fn the_answer_decides_what_is_said() {
    for service in SERVICES {
        let asks: &[u8] = match service {
            Service::Imaps | Service::Imap => b"a CAPABILITY\r\n",
            Service::Pop3s | Service::Pop3 => b"CAPA\r\n",
            _ => b"EHLO me\r\n",
        };
        for mapped in [true, false] {
            let mut pair = waiting(service, HandOff::Transparent);
            let server = &mut pair.server.connection;
            let answer = if mapped {
                server.accept_certificate("tim", false, 0)
            } else {
                server.refuse_certificate(0)
            };
            answer.expect("an answer in its time");
            pair.client.connection.write(asks).expect("an open connection");
            pair.run(|n| n);
            let offered = String::from_utf8_lossy(&pair.client.read).contains("EXTERNAL");
            assert_eq!(offered, mapped, "{service}");
            assert!(!pair.client.read.starts_with(b"* PREAUTH"), "{service}");
        }
    }
    let mut pair = waiting(Service::Imaps, HandOff::Transparent);
    pair.server.connection.accept_certificate("tim", true, 0).expect("an answer in its time");
    pair.run(|n| n);
    assert!(pair.client.read.starts_with(b"* PREAUTH "), "{:?}", pair.client.read);
    assert_eq!(pair.server.told, ["TlsEstablished", "ClientCertificate", "Authenticated", "HandedOff"]);
}

/// Each flaw, by version, mode and what the configuration says to it.
#[test]
fn a_certificate_that_does_not_convince_is_refused_or_left_out() {
    let world = World::new();
    for (flaw, expected, alert) in [
        (Flaw::Untrusted, ErrorCode::CertificateUntrusted, "unknown_ca"),
        (Flaw::Expired, ErrorCode::CertificateExpired, "certificate_expired"),
        (Flaw::ForServersOnly, ErrorCode::CertificateUnfit, "unsupported_certificate"),
    ] {
        for (versions, version) in VERSIONS {
            for service in [Service::Imaps, Service::Submissions, Service::Imap, Service::Pop3] {
                let shown = format!("{flaw:?} {version} {service}");
                let refuse = world.server(InvalidClientCertificate::Refuse, versions);
                let mut pair = world.pair(service, &refuse, flaw);
                pair.run(|n| n);
                let server = &pair.server.connection;
                assert_eq!(code(&pair.server), Some(expected), "{shown}");
                assert_eq!(server.alert_sent().and_then(|a| a.name()), Some(alert), "{shown}");
                assert_eq!(pair.server.told, ["Closed"], "{shown}");
                let reason = server.error().map(Error::reason).unwrap_or_default();
                assert!(!reason.is_empty() && !reason.contains(['\r', '\n']), "{shown}: {reason}");
                assert_eq!(code(&pair.client), Some(ErrorCode::TlsAlertReceived), "{shown}");
                let heard = pair.client.connection.alert_received().and_then(|a| a.name());
                assert_eq!(heard, Some(alert), "{shown}");

                let anonymous = world.server(InvalidClientCertificate::Anonymous, versions);
                let mut pair = world.pair(service, &anonymous, flaw);
                pair.run(|n| n);
                let told = format!("ClientCertificateInvalid {expected:?}");
                assert_eq!(pair.server.told[..2], ["TlsEstablished".into(), told], "{shown}");
                assert!(tells(&pair.server, "Authenticated"), "{shown}");
                assert!(!tells(&pair.server, "ClientCertificate"), "{shown}");
                let facts = pair.server.connection.tls_facts().expect("TLS stands");
                assert!(!facts.peer_validation.is_validated() && facts.client_certificate_sent, "{shown}");
                assert_eq!(code(&pair.server), None, "{shown}");
            }
        }
    }
}

#[test]
fn who_shows_none_is_served() {
    let world = World::new();
    let client = ClientConfig::builder()
        .ca_pem(world.server.cert.pem().as_bytes())
        .and_then(|builder| builder.build())
        .expect("a client");
    for (versions, version) in VERSIONS {
        for service in SERVICES {
            for invalid in INVALID {
                let mut pair = connect(&world.server(invalid, versions), &client, service);
                pair.client.attempts = vec![Mechanism::Plain];
                pair.run(|n| n);
                assert!(tells(&pair.server, "Authenticated"), "{service} {version}: {:?}", pair.server.told);
                assert!(!pair.server.told.iter().any(|told| told.starts_with("ClientCertificate")));
                let facts = pair.server.connection.tls_facts().expect("TLS stands");
                assert!(!facts.peer_validation.is_validated() && !facts.client_certificate_sent);
                assert!(facts.client_certificate_requested, "{service} {version}");
            }
        }
    }
}

/// Whose key a client does not hold, that certificate is not the client's, whatever is configured.
#[test]
fn a_certificate_without_its_key_is_no_certificate() {
    let world = World::new();
    for (versions, version) in VERSIONS {
        for invalid in INVALID {
            let (right, wrong) = (world.rustls_key(Flaw::None), world.rustls_key(Flaw::None));
            let stolen = Arc::new(CertifiedKey::new(right.cert.clone(), Arc::clone(&wrong.key)));
            let config = world.server(invalid, versions);
            let mut server = End::new(Connection::server(&config, Service::Imaps, 0).expect("a server"));
            drive(&mut server, &world.rustls_client(Arc::new(Asked(AtomicUsize::new(0), stolen))));
            assert_eq!(code(&server), Some(ErrorCode::CertificateUntrusted), "{version} {invalid:?}");
            assert_eq!(server.told, ["Closed"], "{version} {invalid:?}");
            assert!(server.connection.alert_sent().is_some(), "{version} {invalid:?}");
        }
    }
}

/// A chain as long as a handshake message may be, most of it nonsense, and one that is longer.
#[test]
fn a_long_chain_is_only_long() {
    let world = World::new();
    for flaw in [Flaw::None, Flaw::Untrusted] {
        for size in [1, 30_000, 65_000, 70_000] {
            let right = world.rustls_key(flaw);
            let chain = vec![right.cert[0].clone(), vec![0x30; size].into()];
            let long = Arc::new(CertifiedKey::new(chain, Arc::clone(&right.key)));
            let config = world.server(InvalidClientCertificate::Anonymous, Versions::All);
            let mut server = End::new(Connection::server(&config, Service::Imaps, 0).expect("a server"));
            drive(&mut server, &world.rustls_client(Arc::new(Asked(AtomicUsize::new(0), long))));
            let told = match flaw {
                _ if size > 65_000 => &["Closed"][..],
                Flaw::None => &["TlsEstablished", "ClientCertificate"],
                _ => &["TlsEstablished", "ClientCertificateInvalid CertificateUnfit"],
            };
            assert_eq!(server.told, told, "{flaw:?} {size}");
            assert_eq!(code(&server), (size > 65_000).then_some(ErrorCode::TlsProtocol), "{flaw:?} {size}");
        }
    }
}

/// The time, in seconds.
#[derive(Debug)]
struct Clock(AtomicU64);

impl rustls::time_provider::TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(core::time::Duration::from_secs(self.0.load(Ordering::Relaxed))))
    }
}

/// In a resumed session the certificate of the first counts, as long as it is valid.
#[test]
fn a_resumed_session_is_judged_again() {
    const NEXT_CENTURY: u64 = 4_133_980_800;
    let world = World::new();
    for (versions, version) in VERSIONS {
        for invalid in INVALID {
            let shown = format!("{version} {invalid:?}");
            let clock = Arc::new(Clock(AtomicU64::new(UnixTime::now().as_secs())));
            let mut config = world.server(invalid, versions);
            let parts = Arc::get_mut(&mut config.0).expect("the only one");
            parts.engine.as_mut().expect("an engine").set_clock(&(Arc::clone(&clock) as _));
            let asked = Arc::new(Asked(AtomicUsize::new(0), world.rustls_key(Flaw::None)));
            let client = world.rustls_client(Arc::clone(&asked) as _);
            let serve = || {
                let mut server = End::new(Connection::server(&config, Service::Imaps, 0).expect("a server"));
                server.maps = Maps::ToTim;
                drive(&mut server, &client);
                server
            };
            for resumed in [false, true] {
                let server = serve();
                let facts = server.connection.tls_facts().expect("TLS stands");
                assert_eq!((facts.resumed, facts.peer_validation.is_validated()), (resumed, true), "{shown}");
                assert_eq!(facts.peer_certificates.len(), 1, "{shown}");
                // It crosses the network once.
                assert_eq!(facts.client_certificate_sent, !resumed, "{shown}");
                assert!(tells(&server, "ClientCertificate"), "{shown}");
            }
            clock.0.store(NEXT_CENTURY, Ordering::Relaxed);
            let server = serve();
            assert_eq!(asked.0.load(Ordering::Relaxed), 1, "{shown}: it is a resumption");
            if invalid == InvalidClientCertificate::Refuse {
                assert_eq!(server.told, ["Closed"], "{shown}");
                assert_eq!(code(&server), Some(ErrorCode::CertificateExpired), "{shown}");
                assert_eq!(server.connection.alert_sent().and_then(|a| a.name()), Some("close_notify"));
                assert!(server.connection.log_line().contains(" alert_sent=close_notify"));
            } else {
                let told = ["TlsEstablished", "ClientCertificateInvalid CertificateExpired"];
                assert_eq!(server.told, told, "{shown}");
                assert!(
                    server
                        .connection
                        .tls_facts()
                        .is_some_and(|f| f.resumed && !f.peer_validation.is_validated())
                );
            }
        }
    }
}

/// A connection whose host has been asked, and has not answered yet.
fn waiting(service: Service, hand_off: HandOff) -> Pair {
    let world = World::new();
    let server = world.server(InvalidClientCertificate::Refuse, Versions::All);
    let client = world.client(&world.certificate(Flaw::None), hand_off);
    let mut pair = connect(&server, &client, service);
    pair.run(|n| n);
    assert_eq!(pair.server.told, ["TlsEstablished", "ClientCertificate"]);
    pair
}

/// Only the whole pre-authentication is bounded while the host has the word; the peer is told.
#[test]
fn the_host_is_not_waited_for_without_end() {
    for service in IMPLICIT {
        let mut pair = waiting(service, HandOff::Transparent);
        assert_eq!(pair.server.connection.poll_timeout(), Some(180_000), "{service}");
        assert_eq!(pair.server.connection.handle_timeout(179_999), Ok(()));
        let late = pair.server.connection.accept_certificate("tim", false, 180_000).map_err(|e| e.code());
        assert_eq!(late, Err(ErrorCode::DeadlinePassed), "{service}");
        pair.run(|n| n);
        assert_eq!(pair.server.told.last().map(String::as_str), Some("Closed"), "{service}");
        assert!(pair.client.connection.peer_sent_close_notify(), "{service}");
        let words: &[u8] = match service {
            Service::Imaps => b"* BYE",
            // A POP3 server that times out says nothing (RFC 1939 §3).
            Service::Pop3s => b"",
            _ => b"421 ",
        };
        assert!(pair.client.read.starts_with(words), "{service}: {:?}", pair.client.read);
        // After the end there is nothing to answer.
        let late = pair.server.connection.refuse_certificate(180_001).map_err(|e| e.code());
        assert_eq!(late, Err(ErrorCode::WrongState), "{service}");
    }
}

#[test]
fn the_host_may_close_instead_of_answering() {
    for service in IMPLICIT {
        let mut pair = waiting(service, HandOff::Transparent);
        pair.server.connection.close(0);
        pair.run(|n| n);
        assert_eq!((code(&pair.server), pair.server.told.last().map(String::as_str)), (None, Some("Closed")));
        let words: &[u8] = match service {
            Service::Imaps => b"* BYE",
            Service::Pop3s => b"-ERR",
            _ => b"421 ",
        };
        assert!(pair.client.read.starts_with(words), "{service}: {:?}", pair.client.read);
    }
}

/// A peer that leaves while the host thinks: the question is withdrawn.
#[test]
fn a_client_that_leaves_is_not_mapped() {
    let mut pair = waiting(Service::Imaps, HandOff::Transparent);
    pair.client.connection.close(0);
    pair.run(|n| n);
    assert_eq!(code(&pair.server), Some(ErrorCode::ClosedEarly));

    let mut pair = waiting(Service::Imaps, HandOff::Transparent);
    let cut = pair.server.connection.handle_end_of_input(0).map_err(|e| e.code());
    assert_eq!(cut, Err(ErrorCode::Truncated));

    // The question is not even put when the client is gone before it is.
    let world = World::new();
    let server = world.server(InvalidClientCertificate::Refuse, Versions::All);
    let client = world.client(&world.certificate(Flaw::None), HandOff::Transparent);
    let mut server = Connection::server(&server, Service::Imaps, 0).expect("a server");
    let mut client = End::new(
        Connection::client_for_account(&client, Service::Imaps, "mail.example", ACCOUNT, 0)
            .expect("a client"),
    );
    for _ in 0..2 {
        server.handle_input(&client.speak(), 0).expect("good input");
        let bytes = server.poll_transmit().to_vec();
        server.transmitted(bytes.len()).expect("so many");
        let _ = client.hear(&bytes);
    }
    assert!(matches!(server.phase, super::super::Phase::Certificate(_)));
    assert!(server.handle_end_of_input(0).is_err());
    let told: Vec<_> = core::iter::from_fn(|| server.poll_event()).collect();
    assert!(matches!(told[..], [Event::ClientHello(_), Event::TlsEstablished, Event::Closed]), "{told:?}");
}

#[test]
fn misuse_changes_nothing() {
    let wrong_state = Err(ErrorCode::WrongState);
    let accept = |c: &mut Connection, who: &str, preauth: bool| {
        c.accept_certificate(who, preauth, 0).map_err(|e| e.code())
    };
    for service in SERVICES {
        let mut pair = waiting(service, HandOff::AfterAuthentication);
        pair.client.attempts = vec![Mechanism::Plain];
        let client = &mut pair.client.connection;
        assert_eq!(accept(client, "tim", false), wrong_state);
        assert_eq!(client.refuse_certificate(0).map_err(|e| e.code()), wrong_state);
        let server = &mut pair.server.connection;
        assert_eq!(server.accept(0).map_err(|e| e.code()), wrong_state);
        assert_eq!(server.write(b"x").map(|_| ()).map_err(|e| e.code()), wrong_state);
        assert_eq!(server.read(&mut [0]).map(|_| ()).map_err(|e| e.code()), wrong_state);
        assert_eq!(server.readable(), 0);
        for who in ["", "tim\0", "tim\r\nx", "\u{85}", &"x".repeat(513)] {
            assert_eq!(accept(server, who, false), Err(ErrorCode::InvalidArgument), "{who:?}");
        }
        if service != Service::Imaps {
            assert_eq!(accept(server, "tim", true), Err(ErrorCode::InvalidArgument), "{service}");
        }
        assert!(server.poll_transmit().is_empty() && server.error().is_none() && server.wants_input());

        assert_eq!(accept(server, &"x".repeat(512), false), Ok(()));
        assert_eq!(accept(server, "tim", false), wrong_state);
        assert_eq!(server.refuse_certificate(0).map_err(|e| e.code()), wrong_state);
        pair.run(|n| n);
        assert!(tells(&pair.server, "Authenticated"), "{service}");
    }
    let world = World::new();
    let config = world.server(InvalidClientCertificate::Refuse, Versions::All);
    let mut fresh = Connection::server(&config, Service::Imaps, 0).expect("a server");
    assert_eq!(accept(&mut fresh, "tim", false), wrong_state);
}

/// What the client says while the host thinks is kept, up to the limit, and heard afterwards.
#[test]
fn what_comes_meanwhile_is_kept_within_bounds() {
    let mut pair = waiting(Service::Imaps, HandOff::Transparent);
    pair.client.connection.write(b"a LOGIN tim tanstaaftanstaaf\r\n").expect("an open connection");
    pair.run(|n| n);
    assert_eq!(pair.server.told, ["TlsEstablished", "ClientCertificate"]);
    assert!(pair.client.read.is_empty());
    pair.server.connection.accept_certificate("tim", false, 0).expect("an answer in its time");
    pair.run(|n| n);
    assert!(tells(&pair.server, "Authenticated"));
    assert!(pair.client.read.starts_with(b"* OK "));

    let mut pair = waiting(Service::Imaps, HandOff::Transparent);
    let mut given = 0;
    while pair.server.connection.wants_input() {
        given += pair.client.connection.write(&[b'x'; 4000]).expect("an open connection");
        let bytes = pair.client.speak();
        pair.server.hear(&bytes).expect("room");
        assert!(given < 80_000);
    }
    let more = pair.server.connection.handle_input(b"x", 0).map_err(|e| e.code());
    assert_eq!(more, Err(ErrorCode::WouldBlock));
}

/// With its own TLS a host has validated the certificate itself; the question is the same.
#[test]
fn a_host_with_its_own_tls_is_asked_too() {
    let facts = |verified: bool| {
        let mut facts = TlsFacts::new(Version::TLS_1_2, CipherSuite(0xc02f));
        facts.peer_certificates = vec![b"certificate".to_vec()];
        facts.peer_validation = if verified { PeerValidation::Pkix } else { PeerValidation::None };
        facts
    };
    let config = ServerConfig::builder().build().expect("a server");
    for service in IMPLICIT {
        for (verified, told) in
            [(true, &["TlsEstablished", "ClientCertificate"][..]), (false, &["TlsEstablished"])]
        {
            let connection = Connection::server_on_host_tls(&config, service, facts(verified), 0);
            let mut end = End::new(connection.expect("a server"));
            end.serve();
            assert_eq!(end.told, told, "{service}");
            assert_eq!(end.speak().is_empty(), verified, "{service}");
            assert!(end.connection.tls_facts().is_some_and(TlsFacts::client_certificate_in_clear));
            assert_eq!(end.connection.accept_certificate("tim", false, 0).is_ok(), verified);
            assert_eq!(end.speak().is_empty(), !verified, "{service}");
        }
    }
    // Without a certificate there is nobody to map; and a client has the server's.
    let mut none = facts(true);
    none.peer_certificates.clear();
    let mut end =
        End::new(Connection::server_on_host_tls(&config, Service::Imaps, none, 0).expect("a server"));
    end.serve();
    assert_eq!(end.told, ["TlsEstablished"]);
    let config = ClientConfig::builder().build().expect("a client");
    let mut end =
        End::new(Connection::client_on_host_tls(&config, Service::Imaps, facts(true), 0).expect("a client"));
    end.serve();
    assert_eq!(end.told, ["TlsEstablished"]);
    assert!(!end.connection.tls_facts().is_some_and(|facts| facts.client_certificate_sent));
}

/// A host that takes the stream at once has the facts, and nothing to answer.
#[test]
fn a_host_that_takes_the_stream_at_once_is_not_asked() {
    let world = World::new();
    for (flaw, told) in [
        (Flaw::None, &["TlsEstablished", "HandedOff"][..]),
        (Flaw::Expired, &["TlsEstablished", "ClientCertificateInvalid CertificateExpired", "HandedOff"]),
    ] {
        let mut builder = server_builder(&world.server);
        let invalid = InvalidClientCertificate::Anonymous;
        builder.client_certificates(world.authority.pem().as_bytes(), invalid).expect("an authority");
        let server = builder.hand_off(HandOff::Transparent).build().expect("a server");
        let mut pair = world.pair(Service::Imaps, &server, flaw);
        pair.run(|n| n);
        assert_eq!(pair.server.told, told);
        let facts = pair.server.connection.tls_facts().expect("TLS stands");
        assert_eq!(facts.peer_validation.is_validated(), flaw == Flaw::None);
    }
}
