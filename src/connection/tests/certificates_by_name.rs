//! A server's own certificates: which one a client is shown, and how they are replaced (ID-04).

use super::pair::{Pair, server_builder};
use crate::dialogue::{HandOff, Mechanism};
use crate::{ClientConfig, Connection, ServerConfig, Service};
use rcgen::{CertifiedKey, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256};

fn certificate(names: &[&str], algorithm: &'static rcgen::SignatureAlgorithm) -> CertifiedKey<KeyPair> {
    let signing_key = KeyPair::generate_for(algorithm).expect("a key");
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    let params = rcgen::CertificateParams::new(names).expect("names");
    CertifiedKey { cert: params.self_signed(&signing_key).expect("a certificate"), signing_key }
}

fn server(certificates: &[&CertifiedKey<KeyPair>]) -> ServerConfig {
    let [first, others @ ..] = certificates else { panic!("one at least") };
    let mut builder = server_builder(first);
    for other in others {
        let (chain, key) = (other.cert.pem(), other.signing_key.serialize_pem());
        builder.additional_certificate_pem(chain.as_bytes(), key.as_bytes()).expect("a certificate");
    }
    builder.settings(|s| s.sasl_mechanisms = vec![Mechanism::ScramSha256Plus]).build().expect("a server")
}

fn client(certificates: &[&CertifiedKey<KeyPair>]) -> ClientConfig {
    let mut builder = ClientConfig::builder();
    for certificate in certificates {
        builder.ca_pem(certificate.cert.pem().as_bytes()).expect("an anchor");
    }
    builder.settings(|s| s.hand_off = HandOff::AfterAuthentication).build().expect("a client")
}

/// What a client that connects to this name is shown; `None` when it does not accept that.
fn shown(server: &ServerConfig, client: &ClientConfig, name: &str) -> Option<Vec<u8>> {
    let mut pair = Pair::of(
        Connection::server(server, Service::Imaps, 0).expect("a server"),
        Connection::client(client, Service::Imaps, name, 0).expect("a client"),
    );
    // Its channel binding shows that both ends have the same certificate in mind.
    pair.client.attempts = vec![Mechanism::ScramSha256Plus];
    pair.run(|n| n);
    let facts = pair.client.connection.tls_facts()?;
    assert!(pair.client.told.ends_with(&["Authenticated".into(), "HandedOff".into()]), "{name}");
    facts.peer_certificates.first().cloned()
}

#[test]
fn each_name_gets_its_certificate() {
    let default = certificate(&["mail.example", "192.0.2.1"], &PKCS_ECDSA_P256_SHA256);
    let domain = certificate(&["Example.ORG", "imap.example.org"], &PKCS_ECDSA_P256_SHA256);
    let wildcard = certificate(&["*.example.net"], &PKCS_ECDSA_P256_SHA256);
    let all = [&default, &domain, &wildcard];
    let (server, client) = (server(&all), client(&all));
    for (name, expected) in [
        ("mail.example", Some(&default)),
        ("example.org", Some(&domain)),
        ("IMAP.example.org", Some(&domain)),
        ("mail.example.net", Some(&wildcard)),
        // No SNI.
        ("192.0.2.1", Some(&default)),
        // Nobody's name gets the first, and that is then the client's to refuse.
        ("a.mail.example.net", None),
        ("example.net", None),
        ("elsewhere.example", None),
    ] {
        let expected = expected.map(|certified| certified.cert.der().to_vec());
        assert_eq!(shown(&server, &client, name), expected, "{name}");
    }
}

/// What rustls's own client, with some of its suites, is shown.
fn shown_to(server: &ServerConfig, suites: &[rustls::CipherSuite], name: &str) -> Option<Vec<u8>> {
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    provider.cipher_suites.retain(|suite| suites.contains(&suite.suite()));
    let anchors = rustls::RootCertStore::empty();
    let config = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_protocol_versions(&[&rustls::version::TLS12])
        .ok()?
        .with_root_certificates(anchors)
        .with_no_client_auth();
    let name = rustls::pki_types::ServerName::try_from(name.to_owned()).ok()?;
    let mut client = rustls::ClientConnection::new(config.into(), name).ok()?;
    let mut connection = Connection::server(server, Service::Imaps, 0).ok()?;
    let mut hello = Vec::new();
    client.write_tls(&mut hello).ok()?;
    connection.handle_input(&hello, 0).ok()?;
    // Under TLS 1.2 the certificate crosses in clear.
    Some(connection.poll_transmit().to_vec())
}

#[test]
fn among_those_of_a_name_it_is_one_whose_signature_is_accepted() {
    use rustls::CipherSuite as Suite;
    let ecdsa = certificate(&["mail.example"], &PKCS_ECDSA_P256_SHA256);
    let rsa = certificate(&["mail.example"], &PKCS_RSA_SHA256);
    let server = server(&[&ecdsa, &rsa]);
    let for_ecdsa = [Suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256];
    let for_rsa = [Suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256];
    let both = [for_rsa, for_ecdsa].concat();
    for (suites, expected) in [(&for_ecdsa[..], &ecdsa), (&for_rsa, &rsa), (&both, &ecdsa)] {
        for name in ["mail.example", "other.example", "192.0.2.1"] {
            let bytes = shown_to(&server, suites, name).expect("an answer");
            let der = expected.cert.der();
            assert!(bytes.windows(der.len()).any(|w| w == &der[..]), "{suites:?} {name}");
        }
    }
}

#[test]
fn a_configuration_that_takes_the_place_of_another_can_resume_its_sessions() {
    let (old, new) = (
        certificate(&["mail.example"], &PKCS_ECDSA_P256_SHA256),
        certificate(&["mail.example"], &PKCS_ECDSA_P256_SHA256),
    );
    let client = client(&[&old, &new]);
    let first = server_builder(&old).build().expect("a server");
    let keeping = server_builder(&new).tickets_of(&first).build().expect("a server");
    let forgetting = server_builder(&new).build().expect("a server");
    let resumed = |server: &ServerConfig| {
        let mut pair = Pair::of(
            Connection::server(server, Service::Imaps, 0).expect("a server"),
            Connection::client(&client, Service::Imaps, "mail.example", 0).expect("a client"),
        );
        pair.client.attempts = vec![Mechanism::Plain];
        pair.run(|n| n);
        pair.server.connection.tls_facts().is_some_and(|facts| facts.resumed)
    };
    assert!(!resumed(&first));
    assert!(resumed(&first));
    assert!(resumed(&keeping));
    assert!(!resumed(&forgetting));
}

#[test]
fn additional_ones_alone_are_refused() {
    let made = certificate(&["mail.example"], &PKCS_ECDSA_P256_SHA256);
    let mut builder = ServerConfig::builder();
    builder
        .additional_certificate_pem(made.cert.pem().as_bytes(), made.signing_key.serialize_pem().as_bytes())
        .expect("a certificate");
    let error = builder.build().err().expect("none to begin with");
    assert_eq!(
        error.reason(),
        "there are additional certificates, but not the one for clients that ask for no name"
    );
}
