//! Servers whose certificates people have made themselves, in forms that our own server does not show: supplied,
//! pinned at set-up and afterwards, and shown by somebody who does not have the key.

use super::pair::configs;
use crate::account::{AccountSetup, Acknowledged, Minimum, Pin, PinStore};
use crate::dialogue::HandOff;
use crate::tls::facts::PeerValidation;
use crate::tls::failure::Check;
use crate::{ClientConfig, Connection, ErrorCode, Event, Service, Target};
use rustls::SupportedProtocolVersion;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, ServerConnection};
use rustls::sign::CertifiedKey;
use std::sync::Arc;

const VERSION_1: &[u8] = include_bytes!("../../../tests/data/certificates/version-1.der");
const VERSION_1_KEY: &str = include_str!("../../../tests/data/certificates/version-1.key");
const CA_TRUE: &str = include_str!("../../../tests/data/certificates/ca-true.pem");
const CA_TRUE_KEY: &str = include_str!("../../../tests/data/certificates/ca-true.key");

const VERSIONS: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS12, &rustls::version::TLS13];
const ACCOUNT: &str = "tim@mail.example";

fn told() -> Acknowledged {
    Acknowledged::that_passwords_and_messages_are_exposed()
}

/// Shows a certificate with any key, whatever rustls thinks of it.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// A client connected to a server of rustls itself, as far as TLS and what follows from it go.
fn connect(
    client: &ClientConfig,
    target: &Target,
    version: &'static SupportedProtocolVersion,
    (certificate, key): (&[u8], &str),
) -> Connection {
    let provider = crate::tls::config::provider();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
    let key = provider.key_provider.load_private_key(key).expect("a usable key");
    let shown = CertifiedKey::new(vec![CertificateDer::from(certificate.to_vec())], key);
    let server = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .expect("a version")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Shows(Arc::new(shown))));
    let mut server = ServerConnection::new(Arc::new(server)).expect("a server");
    let mut client = Connection::client_to(client, target, 0).expect("a client");
    for _ in 0..8 {
        let bytes = client.poll_transmit().to_vec();
        client.transmitted(bytes.len()).expect("so many bytes");
        let _ = server.read_tls(&mut &bytes[..]);
        let _ = server.process_new_packets();
        let mut flight = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut flight).expect("a vector takes all");
        }
        let _ = client.handle_input(&flight, 0);
    }
    client
}

fn target() -> Target {
    Target::new(Service::Imaps, "mail.example").and_then(|t| t.account(ACCOUNT)).expect("a target")
}

fn validation(connection: &Connection) -> Option<PeerValidation> {
    connection.tls_facts().map(|facts| facts.peer_validation)
}

fn code(connection: &Connection) -> Option<ErrorCode> {
    connection.error().map(|error| error.code())
}

fn trusting(pem: &str) -> ClientConfig {
    ClientConfig::builder().ca_pem(pem.as_bytes()).and_then(|b| b.build()).expect("a client")
}

#[test]
fn version_1_is_pinned_at_set_up_and_afterwards() {
    let (_, client) = configs(HandOff::AfterAuthentication);
    let shown = (VERSION_1, VERSION_1_KEY);
    for version in VERSIONS {
        let mut connection = connect(&client, &target().deferred(), version, shown);
        assert!(
            core::iter::from_fn(|| connection.poll_event()).any(|e| matches!(e, Event::ServerCertificate(_)))
        );
        let failure = connection.certificate_failure().expect("it does not convince");
        assert_eq!(failure.check(), Check::Form);
        assert!(failure.reason().contains("X.509 version 1"), "{failure}");
        let mut setup = AccountSetup::new(ACCOUNT).expect("a name");
        connection.pin_server_certificate(&mut setup, told(), 0).expect("the user may");
        assert_eq!(validation(&connection), Some(PeerValidation::Pin));
        let mut store = PinStore::default();
        setup.finish(&mut store).expect("an account");
        assert_eq!(store.pin_for(ACCOUNT, "mail.example"), Some(Pin::of_certificate(VERSION_1)));

        let pinned = target().minimum(Minimum::pinned(told())).pin(Pin::of_certificate(VERSION_1));
        let connection = connect(&client, &pinned, version, shown);
        assert_eq!((code(&connection), validation(&connection)), (None, Some(PeerValidation::Pin)));
        // Without a pin, or with another.
        let other = target().minimum(Minimum::pinned(told())).pin(Pin::of_certificate(b"another"));
        for target in [target(), other] {
            let connection = connect(&client, &target, version, shown);
            assert_eq!(code(&connection), Some(ErrorCode::CertificateUnfit));
            assert_eq!(connection.alert_sent().and_then(|a| a.name()), Some("bad_certificate"));
        }
    }
}

/// Whatever vouches for the certificate: nothing but the key proves that it is the server's own.
#[test]
fn no_certificate_is_taken_from_who_has_not_its_key() {
    let (_, client) = configs(HandOff::AfterAuthentication);
    let ca_true = CertificateDer::from_pem_slice(CA_TRUE.as_bytes()).expect("a certificate");
    let supplied = trusting(CA_TRUE);
    let pinned = |der: &[u8]| target().minimum(Minimum::pinned(told())).pin(Pin::of_certificate(der));
    for version in VERSIONS {
        for (client, target, shown) in [
            (&client, pinned(VERSION_1), (VERSION_1, CA_TRUE_KEY)),
            (&client, pinned(VERSION_1).deferred(), (VERSION_1, CA_TRUE_KEY)),
            (&client, target().deferred(), (VERSION_1, CA_TRUE_KEY)),
            (&client, pinned(&ca_true), (&ca_true, VERSION_1_KEY)),
            (&supplied, target(), (&ca_true, VERSION_1_KEY)),
            // No key can be found in it.
            (&client, pinned(&VERSION_1[..100]), (&VERSION_1[..100], VERSION_1_KEY)),
        ] {
            let mut connection = connect(client, &target, version, shown);
            let refused = [Some(ErrorCode::CertificateUntrusted), Some(ErrorCode::CertificateUnfit)];
            assert!(refused.contains(&code(&connection)), "{version:?} {:?}", connection.error());
            assert_eq!(validation(&connection), None, "{version:?}");
            assert!(matches!(connection.poll_event(), Some(Event::Closed)));
        }
    }
}

#[test]
fn what_the_host_has_supplied_is_as_good_as_any() {
    let ca_true = CertificateDer::from_pem_slice(CA_TRUE.as_bytes()).expect("a certificate");
    let (_, stranger) = configs(HandOff::AfterAuthentication);
    for version in VERSIONS {
        // By its name alone, and with a check of its own.
        for target in [Target::new(Service::Imaps, "mail.example").expect("a target"), target()] {
            let connection = connect(&trusting(CA_TRUE), &target, version, (&ca_true, CA_TRUE_KEY));
            assert_eq!((code(&connection), validation(&connection)), (None, Some(PeerValidation::Pkix)));
            let connection = connect(&stranger, &target, version, (&ca_true, CA_TRUE_KEY));
            assert_eq!(code(&connection), Some(ErrorCode::CertificateUntrusted));
            assert!(connection.error().is_some_and(|error| error.reason().contains("is self-signed")));
            assert_eq!(connection.alert_sent().and_then(|a| a.name()), Some("unknown_ca"));
        }
        let other = Target::new(Service::Imaps, "imap.example").expect("a target");
        let connection = connect(&trusting(CA_TRUE), &other, version, (&ca_true, CA_TRUE_KEY));
        assert_eq!(code(&connection), Some(ErrorCode::CertificateNameMismatch));
    }
}

/// Likewise for clients: one that was given among the authorities is accepted itself.
#[test]
fn a_clients_own_certificate_may_be_what_the_server_trusts() {
    use super::pair::{Maps, Pair, server_builder};
    let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).expect("a certificate");
    for invalid in [crate::InvalidClientCertificate::Refuse, crate::InvalidClientCertificate::Anonymous] {
        for (trusted, accepted) in [(CA_TRUE.to_owned(), true), (made.cert.pem(), false)] {
            let mut server = server_builder(&made);
            server.client_certificates(trusted.as_bytes(), invalid).expect("an authority");
            let mut client = ClientConfig::builder();
            client
                .ca_pem(made.cert.pem().as_bytes())
                .and_then(|b| b.client_certificate_pem(ACCOUNT, CA_TRUE.as_bytes(), CA_TRUE_KEY.as_bytes()))
                .expect("good certificates");
            let (server, client) = (server.build().expect("a server"), client.build().expect("a client"));
            let mut pair = Pair::of(
                Connection::server(&server, Service::Imaps, 0).expect("a server"),
                Connection::client_to(&client, &target(), 0).expect("a client"),
            );
            pair.server.maps = Maps::ToTim;
            pair.run(|n| n);
            assert_eq!(pair.server.told.contains(&"ClientCertificate".into()), accepted);
            if !accepted && invalid == crate::InvalidClientCertificate::Refuse {
                let error = pair.server.connection.error().expect("it is refused");
                assert_eq!(error.code(), ErrorCode::CertificateUntrusted);
                assert_eq!(
                    error.reason(),
                    "the certificate is self-signed and not among the trusted ones: if it is to be accepted, make it \
                     one of those trusted for clients"
                );
                assert_eq!(pair.server.connection.alert_sent().and_then(|a| a.name()), Some("unknown_ca"));
            }
        }
    }
}

/// Who has the key of a certificate that is trusted for one host, or one user, cannot make certificates for
/// others: that is for authorities.
#[test]
fn only_an_authority_among_what_is_trusted_vouches_for_others() {
    use super::pair::{Maps, Pair, server_builder};
    use crate::InvalidClientCertificate as Invalid;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    let params = |host: &str, is_ca| {
        let mut params = CertificateParams::new(vec![host.into()]).expect("a name");
        params.is_ca = is_ca;
        params
    };
    let key = || KeyPair::generate().expect("a key");
    let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).expect("a certificate");
    for (is_ca, vouches) in
        [(IsCa::NoCa, false), (IsCa::ExplicitNoCa, false), (IsCa::Ca(BasicConstraints::Unconstrained), true)]
    {
        let own =
            CertifiedIssuer::self_signed(params("mail.a.example", is_ca), key()).expect("a certificate");
        let other_key = key();
        let other =
            params("imap.bank.example", IsCa::NoCa).signed_by(&other_key, &own).expect("a certificate");
        let target_of =
            |host| Target::new(Service::Imaps, host).and_then(|t| t.account(ACCOUNT)).expect("a target");
        for version in VERSIONS {
            let shown = (&other.der()[..], &*other_key.serialize_pem());
            let bank = connect(&trusting(&own.pem()), &target_of("imap.bank.example"), version, shown);
            let (error, validated) = if vouches {
                (None, Some(PeerValidation::Pkix))
            } else {
                (Some(ErrorCode::CertificateUntrusted), None)
            };
            assert_eq!((code(&bank), validation(&bank)), (error, validated), "{version:?}");
        }
        for invalid in [Invalid::Refuse, Invalid::Anonymous] {
            let mut server = server_builder(&made);
            server.client_certificates(own.pem().as_bytes(), invalid).expect("a certificate");
            let mut client = ClientConfig::builder();
            let (chain, key) = (other.pem(), other_key.serialize_pem());
            client
                .ca_pem(made.cert.pem().as_bytes())
                .and_then(|b| b.client_certificate_pem(ACCOUNT, chain.as_bytes(), key.as_bytes()))
                .expect("good certificates");
            let (server, client) = (server.build().expect("a server"), client.build().expect("a client"));
            let mut pair = Pair::of(
                Connection::server(&server, Service::Imaps, 0).expect("a server"),
                Connection::client_to(&client, &target(), 0).expect("a client"),
            );
            pair.server.maps = Maps::ToTim;
            pair.run(|n| n);
            assert_eq!(pair.server.told.contains(&"ClientCertificate".into()), vouches, "{invalid:?}");
            let refused = !vouches && invalid == Invalid::Refuse;
            let expected = refused.then_some(ErrorCode::CertificateUntrusted);
            assert_eq!(code(&pair.server.connection), expected, "{invalid:?}");
        }
    }
}
