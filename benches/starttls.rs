//! A whole STARTTLS session, up to the first command answered inside TLS: mailtls beside rustls
//! with a dialogue by hand, and beside mailtls's own Implicit TLS.
//!
//! Only the calls of the end that is measured are timed; the other end is always the one by hand.
//! Criterion shows each by itself; the tables at the end compare two measured in turns, and are
//! what to read ratios from.

mod common;

use common::by_hand::{ByHandClient, ByHandServer, End, Words};
use common::turns::{compare, sum, table};
use common::{NAME, Setup};
use criterion::{BenchmarkId, Criterion};
use mailtls::{Connection, Event, Protocol, Service};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The two services of each protocol: with STARTTLS, with Implicit TLS.
const SERVICES: [(Service, Service); 2] =
    [(Service::Imap, Service::Imaps), (Service::Submission, Service::Submissions)];
const ROUNDS: usize = 2000;

/// mailtls, as either end.
struct Mailtls {
    connection: Connection,
    has_capabilities: bool,
}

impl Mailtls {
    fn server(setup: &Setup, service: Service) -> Self {
        let connection = Connection::server(&setup.mailtls, service, 0).expect("a connection");
        Self { connection, has_capabilities: false }
    }

    fn client(setup: &Setup, service: Service) -> Self {
        let connection = Connection::client(&setup.mailtls_client, service, NAME, 0).expect("a connection");
        Self { connection, has_capabilities: false }
    }
}

impl End for Mailtls {
    fn begin(&mut self, output: &mut Vec<u8>) {
        loop {
            while let Some(event) = self.connection.poll_event() {
                self.has_capabilities |= matches!(event, Event::Capabilities(_));
            }
            let sent = self.connection.poll_transmit().len();
            if sent == 0 {
                break;
            }
            output.extend_from_slice(self.connection.poll_transmit());
            self.connection.transmitted(sent).expect("sent");
        }
    }

    fn handle(&mut self, input: &[u8], output: &mut Vec<u8>) {
        self.connection.handle_input(input, 0).expect("input");
        self.begin(output);
    }

    fn done(&self) -> bool {
        self.has_capabilities
    }
}

/// Which end is measured.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Server,
    Client,
}

/// An end with the time that it has taken.
struct Clocked<E> {
    end: E,
    spent: Duration,
}

impl<E: End> Clocked<E> {
    /// Makes the end and lets it begin.
    fn begin(new: impl FnOnce() -> E, output: &mut Vec<u8>) -> Self {
        let start = Instant::now();
        let mut end = new();
        end.begin(output);
        Self { spent: start.elapsed(), end }
    }

    fn handle(&mut self, input: &mut Vec<u8>, output: &mut Vec<u8>) {
        if !input.is_empty() {
            let start = Instant::now();
            self.end.handle(input, output);
            self.spent += start.elapsed();
            input.clear();
        }
    }
}

/// A session from beginning to end; gives both ends.
fn session<S: End, C: End>(
    server: impl FnOnce() -> S,
    client: impl FnOnce() -> C,
) -> (Clocked<S>, Clocked<C>) {
    // Room enough from the start, so that no measurement counts its growing.
    let (mut to_server, mut to_client) = (Vec::with_capacity(16 << 10), Vec::with_capacity(16 << 10));
    let mut server = Clocked::begin(server, &mut to_client);
    let mut client = Clocked::begin(client, &mut to_server);
    while !client.end.done() {
        assert!(!to_server.is_empty() || !to_client.is_empty(), "both ends wait");
        client.handle(&mut to_client, &mut to_server);
        server.handle(&mut to_server, &mut to_client);
    }
    (server, client)
}

/// A service. A server by hand that is measured says what mailtls says. One that serves a measured
/// client has no tickets, so that every handshake is a full one, and greets without capabilities,
/// so that they have to be asked for.
struct Bench {
    setup: Setup,
    service: Service,
    words: Words,
    words_to_client: Words,
    without_tickets: Arc<rustls::ServerConfig>,
}

impl Bench {
    /// `implicit` is the service of the same protocol with Implicit TLS.
    fn new(service: Service, implicit: Service) -> Self {
        let setup = Setup::new(implicit);
        let mut without_tickets = (*setup.rustls).clone();
        without_tickets.send_tls13_tickets = 0;
        let (_, client) = session(|| Mailtls::server(&setup, service), || ByHandClient::new(&setup, service));
        let words = client.end.words;
        let mut words_to_client = words.clone();
        if service.protocol() == Protocol::Imap {
            words_to_client.greeting = b"* OK ready\r\n".to_vec();
        }
        let without_tickets = Arc::new(without_tickets);
        let bench = Self { setup, service, words, words_to_client, without_tickets };
        bench.rehearse();
        bench
    }

    /// Both servers say the same, and so do both clients.
    fn rehearse(&self) {
        let (_, client) = session(|| self.server_by_hand(), || self.client_by_hand());
        assert_eq!(client.end.words, self.words);
        let (ours, _) = session(|| self.server_for_client(), || self.client());
        let (by_hand, _) = session(|| self.server_for_client(), || self.client_by_hand());
        assert_eq!(ours.end.verbs, by_hand.end.verbs);
    }

    fn server(&self) -> Mailtls {
        Mailtls::server(&self.setup, self.service)
    }

    fn client(&self) -> Mailtls {
        Mailtls::client(&self.setup, self.service)
    }

    fn server_by_hand(&self) -> ByHandServer<'_> {
        ByHandServer::new(&self.setup.rustls, self.service, &self.words)
    }

    fn server_for_client(&self) -> ByHandServer<'_> {
        ByHandServer::new(&self.without_tickets, self.service, &self.words_to_client)
    }

    fn client_by_hand(&self) -> ByHandClient<'_> {
        ByHandClient::new(&self.setup, self.service)
    }

    /// The time that mailtls takes.
    fn mailtls_time(&self, side: Side) -> Duration {
        match side {
            Side::Server => session(|| self.server(), || self.client_by_hand()).0.spent,
            Side::Client => session(|| self.server_for_client(), || self.client()).1.spent,
        }
    }

    /// The time that rustls takes with a dialogue by hand.
    fn by_hand_time(&self, side: Side) -> Duration {
        match side {
            Side::Server => session(|| self.server_by_hand(), || self.client_by_hand()).0.spent,
            Side::Client => session(|| self.server_for_client(), || self.client_by_hand()).1.spent,
        }
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let benches =
        SERVICES.map(|(starttls, implicit)| (Bench::new(starttls, implicit), Bench::new(implicit, implicit)));
    let sides = [(Side::Server, "server"), (Side::Client, "client")];
    for (side, role) in sides {
        let mut group = criterion.benchmark_group(format!("starttls-{role}"));
        for (starttls, implicit) in &benches {
            for bench in [starttls, implicit] {
                let name = bench.service.name();
                group.bench_function(BenchmarkId::new("mailtls", name), |b| {
                    b.iter_custom(|times| sum(times, || bench.mailtls_time(side)));
                });
                group.bench_function(BenchmarkId::new("rustls-by-hand", name), |b| {
                    b.iter_custom(|times| sum(times, || bench.by_hand_time(side)));
                });
            }
        }
        group.finish();
    }
    criterion.final_summary();

    table("up to the first command answered inside TLS", "by hand");
    for (side, role) in sides {
        for bench in benches.iter().flat_map(|(starttls, implicit)| [starttls, implicit]) {
            let what = format!("{} {role}", bench.service.name());
            compare(&what, ROUNDS, || bench.mailtls_time(side), || bench.by_hand_time(side));
        }
    }
    table("the same, mailtls with STARTTLS beside Implicit TLS", "Implicit TLS");
    for (side, role) in sides {
        for (starttls, implicit) in &benches {
            let what = format!("{} {role}", starttls.service.name());
            compare(&what, ROUNDS, || starttls.mailtls_time(side), || implicit.mailtls_time(side));
        }
    }
}
