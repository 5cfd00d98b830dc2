//! Authentication, from nothing to the authenticated state: SCRAM-SHA-256 beside the crate rsasl,
//! and PLAIN and OAUTHBEARER by themselves.
//!
//! mailtls's server and client speak IMAP to each other, greeting, capabilities and base64
//! included, on the TLS of a host that has done it already. rsasl has no protocol: its two sides
//! hand each other bare messages. Both servers have the stored secret, so that the 4096 iterations
//! are the client's. A half is what one side's calls take while the exchange goes on.

#[path = "../tests/common/rsasl_peer.rs"]
mod rsasl_peer;
#[path = "common/turns.rs"]
mod turns;

use criterion::Criterion;
use mailtls::tls::facts::{PeerValidation, TlsFacts};
use mailtls::tls::registry::{CipherSuite, Version};
use mailtls::{ClientConfig, Connection, Credentials, Event, Mechanism, ScramSecret, ServerConfig, Service};
use rsasl::prelude::SASLConfig;
use std::sync::Arc;
use std::time::{Duration, Instant};
use turns::{compare, sum, table};

const USER: &str = "tim";
const PASSWORD: &str = "tanstaaftanstaaf";
const ROUNDS: usize = 300;

/// What the calls of each side take.
#[derive(Default)]
struct Halves {
    server: Duration,
    client: Duration,
}

impl Halves {
    fn whole(&self) -> Duration {
        self.server + self.client
    }
}

fn secret() -> ScramSecret {
    ScramSecret::from_password(Mechanism::ScramSha256, PASSWORD.as_bytes(), b"sixteen octets..", 4096)
        .expect("a secret")
}

/// Adds to `spent` what the call takes.
fn timed<T>(spent: &mut Duration, call: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let value = call();
    *spent += start.elapsed();
    value
}

/// mailtls on both sides.
struct Ours {
    mechanism: Mechanism,
    server: ServerConfig,
    client: ClientConfig,
    facts: TlsFacts,
    secret: ScramSecret,
}

impl Ours {
    fn new(mechanism: Mechanism) -> Self {
        Self {
            mechanism,
            server: ServerConfig::builder()
                .settings(|s| s.sasl_mechanisms = vec![mechanism])
                .build()
                .expect("a configuration"),
            client: ClientConfig::builder().build().expect("a configuration"),
            facts: TlsFacts {
                peer_validation: PeerValidation::Pkix,
                ..TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301))
            },
            secret: secret(),
        }
    }

    fn exchange(&self) -> Halves {
        let mut spent = Halves::default();
        let facts = || self.facts.clone();
        let mut server = timed(&mut spent.server, || {
            Connection::server_on_host_tls(&self.server, Service::Imaps, facts(), 0).expect("a connection")
        });
        let mut client = timed(&mut spent.client, || {
            Connection::client_on_host_tls(&self.client, Service::Imaps, facts(), 0).expect("a connection")
        });
        let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
        let mut authenticated = 0;
        while authenticated < 2 {
            authenticated += timed(&mut spent.server, || self.serve(&mut server, &to_server, &mut to_client));
            authenticated += timed(&mut spent.client, || self.call(&mut client, &to_client, &mut to_server));
        }
        spent
    }

    /// Whether the server is done.
    fn serve(&self, server: &mut Connection, input: &[u8], output: &mut Vec<u8>) -> u32 {
        server.handle_input(input, 0).expect("input");
        let mut done = 0;
        while let Some(event) = server.poll_event() {
            match event {
                Event::SecretWanted(_) => server.scram_secret(self.secret.clone(), 0).expect("a secret"),
                Event::Credentials(_) => server.accept(0).expect("a decision"),
                Event::Authenticated => done = 1,
                _ => {}
            }
        }
        take(server, output);
        done
    }

    fn call(&self, client: &mut Connection, input: &[u8], output: &mut Vec<u8>) -> u32 {
        client.handle_input(input, 0).expect("input");
        let mut done = 0;
        while let Some(event) = client.poll_event() {
            match event {
                Event::Capabilities(_) => {
                    let credentials = Credentials::new(self.mechanism, USER, PASSWORD.into());
                    client.authenticate(credentials, 0).expect("credentials");
                }
                Event::Authenticated => done = 1,
                _ => {}
            }
        }
        take(client, output);
        done
    }
}

fn take(connection: &mut Connection, output: &mut Vec<u8>) {
    output.clear();
    output.extend_from_slice(connection.poll_transmit());
    connection.transmitted(output.len()).expect("sent");
}

/// rsasl on both sides.
struct Theirs {
    server: Arc<SASLConfig>,
    client: Arc<SASLConfig>,
}

impl Theirs {
    fn new() -> Self {
        Self {
            server: rsasl_peer::server_config(USER, secret()),
            client: rsasl_peer::client_config(USER, None, PASSWORD),
        }
    }

    fn exchange(&self) -> Halves {
        let mut spent = Halves::default();
        let name = "SCRAM-SHA-256";
        let mut server = timed(&mut spent.server, || rsasl_peer::server(&self.server, name));
        let mut client = timed(&mut spent.client, || rsasl_peer::client(&self.client, name));
        let first = timed(&mut spent.client, || rsasl_peer::step(&mut client, None));
        let (mut said, mut running) = first.expect("a message");
        while running {
            let answer = timed(&mut spent.server, || rsasl_peer::step(&mut server, Some(&said)));
            said = answer.expect("a message").0;
            let next = timed(&mut spent.client, || rsasl_peer::step(&mut client, Some(&said)));
            (said, running) = next.expect("a message");
        }
        assert!(server.validation().is_some(), "authenticated");
        spent
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let scram = Ours::new(Mechanism::ScramSha256);
    let rsasl = Theirs::new();
    let mut group = criterion.benchmark_group("authenticate");
    group.sample_size(20);
    let (plain, oauthbearer) = (Ours::new(Mechanism::Plain), Ours::new(Mechanism::OAuthBearer));
    for (name, ours) in [("plain", &plain), ("oauthbearer", &oauthbearer), ("scram-sha-256", &scram)] {
        group.bench_function(format!("{name}/mailtls"), |b| {
            b.iter_custom(|times| sum(times, || ours.exchange().whole()));
        });
        group.bench_function(format!("{name}/mailtls server"), |b| {
            b.iter_custom(|times| sum(times, || ours.exchange().server));
        });
    }
    group.bench_function("scram-sha-256/rsasl", |b| {
        b.iter_custom(|times| sum(times, || rsasl.exchange().whole()));
    });
    group.finish();
    criterion.final_summary();

    table("SCRAM-SHA-256, 4096 iterations", "rsasl");
    let part = |name: &str, of: fn(&Halves) -> Duration| {
        compare(name, ROUNDS, || of(&scram.exchange()), || of(&rsasl.exchange()));
    };
    part("whole exchange", Halves::whole);
    part("client's half", |halves| halves.client);
    part("server's half", |halves| halves.server);
}
