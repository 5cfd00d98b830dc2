//! Targets of a client: the account's minimum, pins at set-up and later, and what the policy leaves of
//! TLS.

use super::pair::{Pair, configs, server_builder};
use crate::account::{AccountSetup, Acknowledged, Minimum, Pin, PinStore};
use crate::dialogue::{HandOff, Mechanism};
use crate::tls::facts::{PeerValidation, TlsFacts};
use crate::tls::failure::Check;
use crate::tls::policy::{Policy, Standing};
use crate::tls::registry::{CipherSuite, Version};
use crate::{ClientConfig, Connection, ErrorCode, Event, ServerConfig, Service, Target};

const ACCOUNT: &str = "tim@mail.example";

fn told() -> Acknowledged {
    Acknowledged::that_passwords_and_messages_are_exposed()
}

/// A server whose certificate nobody has issued that the client trusts.
struct Stranger {
    server: ServerConfig,
    client: ClientConfig,
    certificate: Vec<u8>,
}

impl Stranger {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).expect("a certificate");
        let server = server_builder(&made).build().expect("a server");
        let (_, client) = configs(HandOff::AfterAuthentication);
        Self { server, client, certificate: made.cert.der().to_vec() }
    }

    fn pair(&self, target: &Target) -> Pair {
        let mut pair = Pair::of(
            Connection::server(&self.server, Service::Imaps, 0).expect("a server"),
            Connection::client_to(&self.client, target, 0).expect("a client"),
        );
        pair.client.attempts = vec![Mechanism::Plain];
        pair.run(|n| n);
        pair
    }
}

fn target() -> Target {
    Target::new(Service::Imaps, "mail.example").and_then(|t| t.account(ACCOUNT)).expect("a target")
}

fn is_authenticated(pair: &Pair) -> bool {
    pair.client.told.iter().any(|event| event == "Authenticated")
}

#[test]
fn a_pin_is_made_at_set_up_and_holds_until_it_is_removed() {
    let stranger = Stranger::new();
    let mut pair = stranger.pair(&target().deferred());
    assert!(!is_authenticated(&pair));
    let client = &mut pair.client.connection;
    assert_eq!(client.certificate_failure().map(|f| f.check()), Some(Check::Chain));
    let setup = AccountSetup::new(ACCOUNT).expect("a name");
    let setup = client.pin_server_certificate(setup, told(), 0).expect("a pin");
    pair.client.serve();
    pair.run(|n| n);
    assert!(is_authenticated(&pair));
    assert_eq!(pair.client.connection.tls_facts().map(|f| f.peer_validation), Some(PeerValidation::Pin));

    let mut store = PinStore::default();
    let account = setup.finish(&mut store).expect("an account");
    let pin = store.pin_for(ACCOUNT, "mail.example").expect("it is there");
    assert_eq!(pin, Pin::of_certificate(&stranger.certificate));
    let pinned = |pin| target().minimum(Minimum::pinned(told())).pin(pin);
    let pair = stranger.pair(&pinned(pin));
    assert!(is_authenticated(&pair));
    assert_eq!(pair.client.connection.tls_facts().map(|f| f.peer_validation), Some(PeerValidation::Pin));

    account.remove_pin(&mut store, "mail.example");
    assert_eq!(store.pin_for(ACCOUNT, "mail.example"), None);
    for refused in
        [target(), target().minimum(Minimum::pinned(told())), target().minimum(Minimum::none(told()))]
    {
        let pair = stranger.pair(&refused);
        assert_eq!(pair.client.connection.error().map(|e| e.code()), Some(ErrorCode::CertificateUntrusted));
    }
}

#[test]
fn a_pin_alone_does_not_meet_the_minimum() {
    let stranger = Stranger::new();
    let pin = Pin::of_certificate(&stranger.certificate);
    let pair = stranger.pair(&target().pin(pin));
    assert_eq!(pair.client.connection.error().map(|e| e.code()), Some(ErrorCode::CertificateUntrusted));
    assert!(!is_authenticated(&pair));
    let other = Pin::of_certificate(b"another");
    let pair = stranger.pair(&target().minimum(Minimum::none(told())).pin(other));
    assert_eq!(pair.client.connection.error().map(|e| e.code()), Some(ErrorCode::CertificateUntrusted));
}

#[test]
fn what_cannot_be_pinned() {
    let stranger = Stranger::new();
    let mut asked = stranger.pair(&target().deferred());
    let other = AccountSetup::new("somebody@else.example").expect("a name");
    let error =
        asked.client.connection.pin_server_certificate(other, told(), 0).expect_err("not this account");
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    // A certificate that is good.
    let (server, client) = configs(HandOff::AfterAuthentication);
    let mut pair = Pair::of(
        Connection::server(&server, Service::Imaps, 0).expect("a server"),
        Connection::client_to(&client, &target().deferred(), 0).expect("a client"),
    );
    pair.run(|n| n);
    let setup = AccountSetup::new(ACCOUNT).expect("a name");
    let error = pair.client.connection.pin_server_certificate(setup, told(), 0).expect_err("no need");
    assert_eq!(error.code(), ErrorCode::WrongState);
    // The wrong time.
    let setup = AccountSetup::new(ACCOUNT).expect("a name");
    let error = pair.server.connection.pin_server_certificate(setup, told(), 0).expect_err("a server");
    assert_eq!(error.code(), ErrorCode::WrongState);
}

/// A server and a client under two policies: what they negotiate, or how they fail.
fn negotiated(server: &str, client: &str) -> Result<TlsFacts, [Option<ErrorCode>; 2]> {
    let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).expect("a certificate");
    let policy = |text: &str| text.parse::<Policy>().expect("a policy");
    let server = server_builder(&made).policy(policy(server)).build().expect("a server");
    let client = ClientConfig::builder()
        .ca_pem(made.cert.pem().as_bytes())
        .map(|builder| builder.policy(policy(client)).build().expect("a client"));
    let mut pair = Pair::of(
        Connection::server(&server, Service::Imaps, 0).expect("a server"),
        Connection::client(&client.expect("an anchor"), Service::Imaps, "mail.example", 0).expect("a client"),
    );
    pair.client.attempts = vec![Mechanism::Plain];
    pair.run(|n| n);
    let code = |connection: &Connection| connection.error().map(|error| error.code());
    match pair.client.connection.tls_facts() {
        Some(facts) => {
            let verdict = pair.client.connection.verdict().expect("TLS stands");
            assert!(verdict.standing() >= Standing::Tolerated, "{verdict:?}");
            Ok(facts.clone())
        }
        None => Err([code(&pair.server.connection), code(&pair.client.connection)]),
    }
}

#[test]
fn the_engine_negotiates_what_the_policy_leaves() {
    let facts = negotiated("rfc8997", "rfc8997").expect("TLS");
    assert_eq!(facts.version, Version::TLS_1_3);
    assert!(facts.group.is_some_and(|group| group.is_post_quantum_hybrid()));
    let facts = negotiated("rfc8997 -TLSv1.3", "rfc8314").expect("TLS");
    assert_eq!(facts.version, Version::TLS_1_2);
    let one = "modern -TLS_AES_256_GCM_SHA384 -TLS_CHACHA20_POLY1305_SHA256 -X25519MLKEM768 -x25519";
    let facts = negotiated("rfc8997", one).expect("TLS");
    assert_eq!(facts.cipher_suite, CipherSuite(0x1301));
    assert!(facts.group.is_some_and(|group| group.name() != Some("x25519")));
    assert!(negotiated("bcp195", "post-quantum").expect("TLS").group.expect("one").is_post_quantum_hybrid());
}

#[test]
fn what_two_policies_do_not_share_is_refused_in_the_handshake() {
    for (server, client) in [
        ("modern", "rfc8997 -TLSv1.3"),
        ("rfc8997 -TLSv1.3", "modern"),
        ("post-quantum", "rfc8997 -X25519MLKEM768 -SecP256r1MLKEM768 -SecP384r1MLKEM1024"),
        ("modern -TLS_AES_128_GCM_SHA256", "modern -TLS_AES_256_GCM_SHA384 -TLS_CHACHA20_POLY1305_SHA256"),
        ("rfc8997", "rfc8997 -ecdsa_secp256r1_sha256"),
    ] {
        let codes = negotiated(server, client).expect_err("nothing in common");
        assert!(codes.contains(&Some(ErrorCode::TlsPolicy)), "{server} and {client}: {codes:?}");
    }
}

#[test]
fn a_policy_that_leaves_the_engine_nothing_is_refused() {
    let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).expect("a certificate");
    let only_ccm = "modern -TLS_AES_128_GCM_SHA256 -TLS_AES_256_GCM_SHA384 -TLS_CHACHA20_POLY1305_SHA256";
    let error = server_builder(&made).policy(only_ccm.parse().expect("a policy")).build().err();
    assert_eq!(error.map(|e| e.code()), Some(ErrorCode::InvalidArgument));
    let tls12 = "rfc8997 -TLSv1.3".parse().expect("a policy");
    let mut builder = ClientConfig::builder();
    builder.ca_pem(made.cert.pem().as_bytes()).expect("an anchor").policy(tls12);
    assert!(builder.build().is_ok());
    let error = builder.client_certificates_tls13_only(true).build().err();
    assert_eq!(error.map(|e| e.code()), Some(ErrorCode::InvalidArgument));
}

/// SRV-09: the listener's policy is the configuration's.
#[test]
fn each_listener_has_its_own_policy() {
    let old = TlsFacts::new(Version::TLS_1_1, CipherSuite(0xc013));
    let accept = |policy: &str| {
        let policy = policy.parse().expect("a policy");
        let config = ServerConfig::builder().policy(policy).build().expect("a server");
        Connection::server_on_host_tls(&config, Service::Imaps, old.clone(), 0)
    };
    let mut tolerated = accept("rfc8314").expect("tolerated");
    assert_eq!(tolerated.verdict().map(|v| v.standing()), Some(Standing::Tolerated));
    assert!(matches!(tolerated.poll_event(), Some(Event::TlsEstablished)));
    assert_eq!(accept("rfc8997").err().map(|e| e.code()), Some(ErrorCode::TlsPolicy));
}
