//! Every mechanism over real TLS, on every service.

use super::pair::{Pair, configs, server_builder};
use crate::dialogue::{Credentials, HandOff, Means, Mechanism, MechanismFloor};
use crate::service::{Protocol, Service};
use crate::{ClientConfig, Connection, ErrorCode, ServerConfig};

const MECHANISMS: [Mechanism; 8] = [
    Mechanism::ScramSha256Plus,
    Mechanism::ScramSha256,
    Mechanism::ScramSha1Plus,
    Mechanism::ScramSha1,
    Mechanism::Plain,
    Mechanism::Login,
    Mechanism::OAuthBearer,
    Mechanism::XOAuth2,
];

/// A server that offers all of them and one of its own, and a client that trusts it.
fn all() -> (ServerConfig, ClientConfig) {
    all_with_floor(MechanismFloor::Any)
}

fn all_with_floor(floor: MechanismFloor) -> (ServerConfig, ClientConfig) {
    let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).expect("a certificate");
    let server = server_builder(&made)
        .settings(|s| {
            s.sasl_mechanisms = MECHANISMS.into();
            s.sasl_mechanisms.push(own());
        })
        .build()
        .expect("a server configuration");
    let mut client = ClientConfig::builder();
    client.ca_pem(made.cert.pem().as_bytes()).expect("an anchor").settings(|s| s.mechanism_floor = floor);
    (server, client.build().expect("a client configuration"))
}

fn own() -> Mechanism {
    Mechanism::raw("X-CAT").expect("a name")
}

fn pair((server, client): &(ServerConfig, ClientConfig), service: Service) -> Pair {
    Pair::of(
        Connection::server(server, service, 0).expect("a server"),
        Connection::client(client, service, "mail.example", 0).expect("a client"),
    )
}

#[test]
fn every_mechanism_on_every_service() {
    let configs = all();
    for service in Service::all() {
        for mechanism in MECHANISMS.into_iter().chain([own()]) {
            for size in [1, usize::MAX] {
                let mut pair = pair(&configs, service);
                pair.client.attempts = vec![mechanism];
                pair.run(|n| n.min(size));
                for end in [&pair.server, &pair.client] {
                    assert!(
                        end.told.ends_with(&["Authenticated".into(), "HandedOff".into()]),
                        "{service} {mechanism:?} {:?} {:?}",
                        end.told,
                        end.connection.error()
                    );
                }
                // Nobody sees the password, or the token, on the way.
                let password = super::pair::PASSWORD.as_bytes();
                let seen = |bytes: &[u8]| bytes.windows(password.len()).any(|w| w == password);
                assert!(!seen(&pair.to_server) && !seen(&pair.to_client));
            }
        }
    }
}

#[test]
fn a_wrong_password_is_refused_by_every_mechanism() {
    let configs = all();
    for service in Service::all() {
        for mechanism in MECHANISMS.into_iter().chain([own()]) {
            let mut pair = pair(&configs, service);
            pair.client.attempts = vec![mechanism];
            pair.client.password = "wrong";
            pair.run(|n| n);
            assert!(pair.client.told.iter().any(|t| t == "AuthenticationRefused"), "{service} {mechanism:?}");
            assert!(!pair.server.told.iter().any(|t| t == "Authenticated"), "{service} {mechanism:?}");
        }
    }
}

/// SCRAM bound to the channel where mailtls is on both ends; and never anything before TLS.
#[test]
fn the_best_is_chosen() {
    let configs = all();
    for service in Service::all() {
        let mut pair = pair(&configs, service);
        assert_eq!(pair.client.connection.best_mechanism(Means::Password), None);
        let mut best = None;
        // Stops where the capabilities are known: `attempts` is empty, so the client logs out then.
        while best.is_none() {
            let to_server = pair.client.connection.poll_transmit().to_vec();
            pair.client.connection.transmitted(to_server.len()).expect("so many");
            pair.server.hear(&to_server).expect("no fault");
            let to_client = pair.server.speak();
            pair.client.connection.handle_input(&to_client, 0).expect("no fault");
            best = pair.client.connection.best_mechanism(Means::Password);
        }
        assert_eq!(best, Some(Mechanism::ScramSha256Plus), "{service}");
        assert_eq!(pair.client.connection.best_mechanism(Means::Token), Some(Mechanism::OAuthBearer));
        assert_eq!(pair.client.connection.best_mechanism(Means::Certificate), None);
    }
}

/// A relay with a certificate that the client trusts, and that has taken all SCRAM mechanisms out of the
/// offer: without a floor the best of what is left shows the password, with one nothing is sent.
#[test]
fn scram_taken_away_is_noticed_with_a_floor_alone() {
    let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).expect("a certificate");
    let relay = server_builder(&made).build().expect("a server configuration");
    for floor in [MechanismFloor::Any, MechanismFloor::Scram, MechanismFloor::BoundScram] {
        let client = ClientConfig::builder()
            .ca_pem(made.cert.pem().as_bytes())
            .expect("an anchor")
            .settings(|s| s.mechanism_floor = floor)
            .build()
            .expect("a client configuration");
        for service in Service::all() {
            let mut pair = pair(&(relay.clone(), client.clone()), service);
            // Automatic choice, as soon as there is one to make.
            loop {
                let to_server = pair.client.connection.poll_transmit().to_vec();
                pair.client.connection.transmitted(to_server.len()).expect("so many");
                pair.server.hear(&to_server).expect("no fault");
                let to_client = pair.server.speak();
                pair.client.connection.handle_input(&to_client, 0).expect("no fault");
                match pair.client.connection.choose_mechanism(Means::Password) {
                    Err(error) if error.code() == ErrorCode::WrongState => {}
                    Ok(mechanism) => {
                        break assert_eq!((mechanism, floor), (Mechanism::Plain, MechanismFloor::Any));
                    }
                    Err(error) => {
                        assert_eq!(error.code(), ErrorCode::BelowMechanismFloor);
                        assert!(error.reason().contains("the server offers PLAIN, LOGIN"), "{error}");
                        assert_eq!(pair.client.connection.best_mechanism(Means::Password), None);
                        let named = Credentials::new(Mechanism::Plain, "tim", "secret".into());
                        let refused = pair.client.connection.authenticate(named, 0);
                        assert_eq!(refused.map_err(|e| e.code()), Err(ErrorCode::BelowMechanismFloor));
                        assert!(pair.client.connection.poll_transmit().is_empty());
                        pair.client.connection.log_out(0).expect("nothing has changed");
                        break;
                    }
                }
            }
        }
    }
}

#[test]
fn scram_is_above_the_floor() {
    for (floor, mechanism) in [
        (MechanismFloor::Scram, Mechanism::ScramSha1),
        (MechanismFloor::Scram, Mechanism::ScramSha256Plus),
        (MechanismFloor::BoundScram, Mechanism::ScramSha1Plus),
    ] {
        let configs = all_with_floor(floor);
        for service in Service::all() {
            let mut pair = pair(&configs, service);
            pair.client.attempts = vec![mechanism];
            pair.run(|n| n);
            assert!(pair.client.told.contains(&"Authenticated".into()), "{service} {:?}", pair.client.told);
        }
    }
}

#[test]
fn apop_with_a_time_stamp() {
    let (server, client) = configs(HandOff::AfterAuthentication);
    for (password, accepted) in [(super::pair::PASSWORD, true), ("wrong", false)] {
        let mut server = Connection::server(&server, Service::Pop3s, 0).expect("a server");
        server.set_apop_timestamp("<1.2@mail.example>").expect("before the greeting");
        let client = Connection::client(&client, Service::Pop3s, "mail.example", 0).expect("a client");
        let mut pair = Pair::of(server, client);
        pair.client.attempts = vec![Mechanism::Apop];
        pair.client.password = password;
        pair.run(|n| n);
        assert_eq!(pair.server.told.contains(&"Authenticated".into()), accepted, "{:?}", pair.server.told);
        let misuse = pair.server.connection.set_apop_timestamp("<1.2@mail.example>");
        assert!(misuse.is_err());
    }
    for service in Service::all() {
        let mut connection = Connection::server(&server, service, 0).expect("a server");
        assert_eq!(connection.set_apop_timestamp("<1@a>").is_ok(), service == Service::Pop3s, "{service}");
        for bad in ["", "1@a", "<1>", "<1@a> b", "<1@a>\r\n", "<1@\u{e4}>"] {
            assert!(connection.set_apop_timestamp(bad).is_err(), "{bad:?}");
        }
        assert_eq!(
            service.protocol() == Protocol::Pop3 && service == Service::Pop3s,
            connection.set_apop_timestamp("<1@a>").is_ok()
        );
    }
}
