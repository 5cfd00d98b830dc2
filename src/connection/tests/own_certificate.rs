//! A client's own certificate: shown only where it is asked for and authorised (RFC 8314 §5.5).

use super::pair::{Maps, Pair};
use super::world::{ACCOUNT, Flaw, SERVICES, VERSIONS, Versions, World, connect};
use crate::dialogue::{HandOff, Mechanism};
use crate::tls::registry::Version;
use crate::{ClientConfig, Connection, Error, ErrorCode, InvalidClientCertificate, ServerConfig, Service};

const REFUSE: InvalidClientCertificate = InvalidClientCertificate::Refuse;

/// A session of a client for an account, or for none.
fn session(server: &ServerConfig, client: &ClientConfig, service: Service, account: Option<&str>) -> Pair {
    let client = match account {
        Some(account) => Connection::client_for_account(client, service, "mail.example", account, 0),
        None => Connection::client(client, service, "mail.example", 0),
    };
    let mut pair =
        Pair::of(Connection::server(server, service, 0).expect("a server"), client.expect("a client"));
    pair.server.maps = Maps::ToTim;
    pair.client.attempts = vec![Mechanism::Plain];
    pair.run(|n| n);
    pair
}

/// CERT-03, CERT-05: asked or not, authorised or not, by version.
#[test]
fn it_is_shown_only_where_asked_for_and_authorised() {
    let world = World::new();
    let client = world.client(&world.certificate(Flaw::None), HandOff::AfterAuthentication);
    for (versions, version) in VERSIONS {
        for asked in [false, true] {
            let server =
                if asked { world.server(REFUSE, versions) } else { world.server_without_mapping(versions) };
            for account in [None, Some(ACCOUNT), Some("tim@other.example"), Some("TIM@mail.example")] {
                for service in SERVICES {
                    let pair = session(&server, &client, service, account);
                    let shown = format!("{version} asked {asked} {account:?} {service}");
                    let sent = asked && account == Some(ACCOUNT);
                    let facts = pair.client.connection.tls_facts().expect("TLS stands");
                    assert_eq!(facts.version, version, "{shown}");
                    assert_eq!(facts.client_certificate_sent, sent, "{shown}");
                    let in_clear = sent && version == Version::TLS_1_2;
                    assert_eq!(facts.client_certificate_in_clear(), in_clear, "{shown}");
                    let server = pair.server.connection.tls_facts().expect("TLS stands");
                    assert_eq!(server.peer_certificates.is_empty(), !sent, "{shown}");
                    assert!(pair.client.told.contains(&"Authenticated".to_owned()), "{shown}");
                    // The user's name in the certificate, in clear under TLS 1.2 only.
                    let readable = pair.to_server.windows(ACCOUNT.len()).any(|w| w == ACCOUNT.as_bytes());
                    assert_eq!(readable, in_clear, "{shown}");
                }
            }
        }
    }
}

/// CERT-02, CERT-04: the certificate alone authenticates, on all three protocols.
#[test]
fn external_authenticates_by_it() {
    let world = World::new();
    let client = world.client(&world.certificate(Flaw::None), HandOff::AfterAuthentication);
    for service in SERVICES {
        let server = world.server(REFUSE, Versions::All);
        let client = Connection::client_for_account(&client, service, "mail.example", ACCOUNT, 0);
        let mut pair =
            Pair::of(Connection::server(&server, service, 0).expect("a server"), client.expect("a client"));
        pair.server.maps = Maps::ToTim;
        pair.client.attempts = vec![Mechanism::External];
        pair.run(|n| n);
        assert!(pair.server.told.contains(&"Credentials External tim".into()), "{:?}", pair.server.told);
        assert!(pair.client.told.ends_with(&["Authenticated".into(), "HandedOff".into()]), "{service}");
    }
}

/// Every account has its own.
#[test]
fn accounts_do_not_share_certificates() {
    let world = World::new();
    let (tim, tom) = (world.certificate(Flaw::None), world.certificate(Flaw::None));
    let mut builder = ClientConfig::builder();
    builder.ca_pem(world.server.cert.pem().as_bytes()).expect("an anchor");
    for (account, certified) in [("tim", &tim), ("tom", &tom)] {
        builder
            .client_certificate_pem(account, certified.chain.as_bytes(), certified.key.as_bytes())
            .expect("a certificate");
    }
    let client = builder.build().expect("a client");
    let server = world.server(REFUSE, Versions::All);
    let shown = |account| {
        let pair = session(&server, &client, Service::Imaps, Some(account));
        pair.server.connection.tls_facts().expect("TLS stands").peer_certificates.clone()
    };
    assert_eq!(shown("tim"), shown("tim"));
    assert!(shown("tim") != shown("tom"));
    assert!(shown("tam").is_empty());
}

/// No session of one account is resumed for another, nor for none; those for none are resumed.
#[test]
fn sessions_are_not_shared_either() {
    let world = World::new();
    for (versions, version) in VERSIONS {
        let client = world.client(&world.certificate(Flaw::None), HandOff::AfterAuthentication);
        let server = world.server(REFUSE, versions);
        let resumed: Vec<_> = [None, Some(ACCOUNT), Some(ACCOUNT), None, Some("another"), Some(ACCOUNT)]
            .into_iter()
            .map(|account| {
                let pair = session(&server, &client, Service::Imaps, account);
                let facts = pair.client.connection.tls_facts().expect("TLS stands");
                assert_eq!(facts.client_certificate_sent, account == Some(ACCOUNT), "{version}");
                facts.resumed
            })
            .collect();
        assert_eq!(resumed, [false, false, false, true, true, false], "{version}");
    }
}

/// CERT-05: who may show a certificate does so under TLS 1.3 or not at all.
#[test]
fn tls_1_3_only_is_for_those_that_may_show_one() {
    let world = World::new();
    let certified = world.certificate(Flaw::None);
    let client = ClientConfig::builder()
        .ca_pem(world.server.cert.pem().as_bytes())
        .and_then(|b| b.client_certificate_pem(ACCOUNT, certified.chain.as_bytes(), certified.key.as_bytes()))
        .and_then(|b| b.client_certificates_tls13_only(true).build())
        .expect("a client");
    for service in [Service::Imaps, Service::Imap] {
        let pair = session(&world.server(REFUSE, Versions::All), &client, service, Some(ACCOUNT));
        let facts = pair.client.connection.tls_facts().expect("TLS stands");
        assert!(facts.client_certificate_sent && !facts.client_certificate_in_clear());

        let old = world.server(REFUSE, Versions::Tls12);
        let pair = session(&old, &client, service, Some(ACCOUNT));
        assert_eq!(pair.client.connection.error().map(Error::code), Some(ErrorCode::TlsAlertReceived));
        let alert = pair.client.connection.alert_received().and_then(|alert| alert.name());
        assert_eq!(alert, Some("protocol_version"));
        for account in [None, Some("tim@other.example")] {
            let pair = session(&old, &client, service, account);
            assert!(pair.client.told.contains(&"Authenticated".to_owned()), "{service} {account:?}");
        }
    }
}

#[test]
fn a_key_that_does_not_fit_is_refused() {
    let world = World::new();
    let (one, other) = (world.certificate(Flaw::None), world.certificate(Flaw::None));
    let mut builder = ClientConfig::builder();
    let mut code = |account: &str, chain: &str, key: &str| {
        builder.client_certificate_pem(account, chain.as_bytes(), key.as_bytes()).err().map(|e| e.code())
    };
    assert_eq!(code(ACCOUNT, &one.chain, &one.key), None);
    assert_eq!(code(ACCOUNT, &one.chain, &other.key), Some(ErrorCode::NoPrivateKey));
    assert_eq!(code(ACCOUNT, &one.chain, ""), Some(ErrorCode::NoPrivateKey));
    assert_eq!(code(ACCOUNT, "", &one.key), Some(ErrorCode::NoCertificate));
    assert_eq!(code("", &one.chain, &one.key), Some(ErrorCode::InvalidArgument));

    let client = world.client(&one, HandOff::AfterAuthentication);
    let empty = Connection::client_for_account(&client, Service::Imaps, "mail.example", "", 0);
    assert_eq!(empty.err().map(|e| e.code()), Some(ErrorCode::InvalidArgument));
    // What was refused has not taken the place of what was there.
    let client = builder
        .ca_pem(world.server.cert.pem().as_bytes())
        .and_then(|builder| builder.build())
        .expect("a client");
    let mut pair = connect(&world.server(REFUSE, Versions::All), &client, Service::Imaps);
    pair.run(|n| n);
    assert!(pair.server.told.contains(&"ClientCertificate".to_owned()), "{:?}", pair.server.told);
}
