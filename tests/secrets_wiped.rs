//! No block of memory is freed with a secret in it: an allocator looks into each one that is, through
//! whole log-ins by every mechanism, on all three protocols, on both sides, and where they fail.
//!
//! TLS is a host's, because rustls frees its own copy of each record unwiped (SECURITY.md). What hashes
//! leave on the stack is not seen here.

use mailtls::tls::channel_binding::ChannelBindings;
use mailtls::tls::facts::{PeerValidation, TlsFacts};
use mailtls::tls::registry::{CipherSuite, Version};
use mailtls::{
    ClientConfig, Connection, Credentials, Event, Mechanism, Rejection, ScramSecret, Secret, ServerConfig,
    Service,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

const PASSWORD: &str = "tanstaaf-tanstaaf";
/// One that SASLprep changes: a non-ASCII space becomes a space.
const UNPREPARED: &str = "tanstaaf\u{a0}prepared";
const TOKEN: &str = "ya29-a-bearer-token";
const CHALLENGE: &str = "a-challenge-of-the-host";
const STAMP: &str = "<1896.697170952@mail.example>";
/// What `PASSWORD` and `STAMP` make.
const DIGEST: &str = "692f76b71c5780716b243c8e4d1724f3";

/// What no freed block may hold: the secrets, and how they look in base64, whatever comes before them
/// in their message.
static MARKERS: [&[u8]; 14] = [
    PASSWORD.as_bytes(),
    // base64 of PASSWORD at each of the three offsets, without the ends that depend on its neighbours.
    b"dGFuc3RhYWYtdGFuc3RhYW",
    b"RhbnN0YWFmLXRhbnN0YWFm",
    b"0YW5zdGFhZi10YW5zdGFhZ",
    b"tanstaaf prepared",
    TOKEN.as_bytes(),
    b"eWEyOS1hLWJlYXJlci10b2tlb",
    b"lhMjktYS1iZWFyZXItdG9rZW",
    b"5YTI5LWEtYmVhcmVyLXRva2Vu",
    CHALLENGE.as_bytes(),
    b"YS1jaGFsbGVuZ2Utb2YtdGhlLWhvc3",
    b"EtY2hhbGxlbmdlLW9mLXRoZS1ob3N0",
    b"hLWNoYWxsZW5nZS1vZi10aGUtaG9zd",
    DIGEST.as_bytes(),
];

/// Octets with which a marker begins.
static BEGINS_ONE: [bool; 256] = {
    let (mut begins, mut n) = ([false; 256], 0);
    while n < MARKERS.len() {
        begins[MARKERS[n][0] as usize] = true;
        n += 1;
    }
    begins
};

/// The system's allocator, which looks for the markers before it frees.
struct Looking;

static FREED: [AtomicUsize; MARKERS.len()] = [const { AtomicUsize::new(0) }; MARKERS.len()];

// SAFETY: all is the system allocator's; a block is only read before it is handed back to it.
unsafe impl GlobalAlloc for Looking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the rules of `GlobalAlloc::alloc`, which are those of the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is the caller's and still allocated, with so many octets. Some may never have
        // been written; they are read as they are, and nothing but a comparison depends on them.
        let octets = unsafe { std::slice::from_raw_parts(block, layout.size()) };
        for (at, octet) in octets.iter().enumerate() {
            if BEGINS_ONE[usize::from(*octet)] {
                for (marker, count) in MARKERS.iter().zip(&FREED) {
                    if octets[at..].starts_with(marker) {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        }
        // SAFETY: the caller keeps the rules of `GlobalAlloc::dealloc`, which are those of the system's.
        unsafe { System.dealloc(block, layout) }
    }
    // `realloc` is the default: a new block, a copy, and `dealloc` for the old one.
}

#[global_allocator]
static ALLOCATOR: Looking = Looking;

/// Fails when a marker has been found since the last call.
fn nothing_freed(what: &str) {
    for (marker, count) in MARKERS.iter().zip(&FREED) {
        let found = count.swap(0, Ordering::Relaxed);
        assert_eq!(found, 0, "{what}: freed with {:?} in it", String::from_utf8_lossy(marker));
    }
}

fn own() -> Mechanism {
    Mechanism::raw("X-OWN").expect("a name")
}

const MECHANISMS: [Mechanism; 9] = [
    Mechanism::Plain,
    Mechanism::Login,
    Mechanism::OAuthBearer,
    Mechanism::XOAuth2,
    Mechanism::ScramSha1,
    Mechanism::ScramSha256,
    Mechanism::ScramSha256Plus,
    Mechanism::Password,
    Mechanism::Apop,
];

fn credentials(mechanism: Mechanism) -> Credentials {
    match mechanism {
        Mechanism::OAuthBearer | Mechanism::XOAuth2 => Credentials::new(mechanism, "tim", TOKEN.into()),
        Mechanism::Raw(_) => Credentials::raw(mechanism, Some(PASSWORD.into())),
        _ => Credentials::new(mechanism, "tim", PASSWORD.into()),
    }
}

/// Both ends and the bytes between them, of which no copy is made.
struct Pair {
    server: Connection,
    client: Connection,
    /// Whether the server's host finds the attempt right.
    right: bool,
    /// Whether the server's host has sent its challenge.
    challenged: bool,
}

impl Pair {
    fn new(service: Service, right: bool) -> Self {
        let server = server_config();
        let client = ClientConfig::builder().build().expect("a configuration");
        let client = Connection::client_on_host_tls(&client, service, facts(), 0).expect("a client");
        Self { server: server_of(&server, service), client, right, challenged: false }
    }

    /// Lets both ends act until nothing happens. Gives whether the client got in.
    fn run(&mut self, mechanism: Mechanism, at_a_time: usize) -> bool {
        let mut authenticated = false;
        let mut attempt = Some(credentials(mechanism));
        loop {
            let mut idle = true;
            while let Some(event) = self.client.poll_event() {
                idle = false;
                match event {
                    Event::Capabilities(_) => {
                        let attempt = attempt.take().expect("one attempt");
                        self.client.authenticate(attempt, 0).expect("the mechanism is offered");
                    }
                    Event::Challenge(_) => {
                        self.client.respond(PASSWORD.into(), 0).expect("a challenge waits");
                    }
                    Event::Authenticated => authenticated = true,
                    _ => {}
                }
            }
            while let Some(event) = self.server.poll_event() {
                idle = false;
                self.decide(event, mechanism);
            }
            idle &= !carry(&mut self.client, &mut self.server, at_a_time);
            idle &= !carry(&mut self.server, &mut self.client, at_a_time);
            if idle {
                return authenticated;
            }
        }
    }

    fn decide(&mut self, event: Event, mechanism: Mechanism) {
        match event {
            Event::Credentials(credentials) if self.right => {
                let shown = match mechanism {
                    Mechanism::Apop => DIGEST,
                    Mechanism::OAuthBearer | Mechanism::XOAuth2 => TOKEN,
                    _ if credentials.password() == &Secret::default() => "",
                    _ => PASSWORD,
                };
                assert_eq!(credentials.password().as_bytes(), shown.as_bytes());
                assert_eq!(
                    credentials.match_password(PASSWORD.as_bytes()),
                    shown == PASSWORD || shown == DIGEST
                );
                self.server.accept(0)
            }
            Event::SecretWanted(_) => {
                self.server.scram_password(if self.right { PASSWORD } else { UNPREPARED }.into(), 0)
            }
            // The first response goes with the command, the second answers the challenge.
            Event::Response { .. } if !self.challenged => {
                self.challenged = true;
                self.server.challenge(CHALLENGE.into(), 0)
            }
            Event::Response { .. } if self.right => self.server.accept(0),
            Event::Credentials(_) | Event::Response { .. } => {
                self.server.reject(Rejection::InvalidCredentials, 0)
            }
            _ => Ok(()),
        }
        .expect("an answer to what was asked");
    }
}

/// Carries what waits to the other end; whether there was anything.
fn carry(from: &mut Connection, to: &mut Connection, at_a_time: usize) -> bool {
    let any = !from.poll_transmit().is_empty();
    while !from.poll_transmit().is_empty() {
        let sent = from.poll_transmit().len().min(at_a_time);
        to.handle_input(&from.poll_transmit()[..sent], 0).expect("nothing wrong with it");
        from.transmitted(sent).expect("so many were there");
    }
    any
}

fn facts() -> TlsFacts {
    TlsFacts {
        peer_validation: PeerValidation::Pkix,
        channel_bindings: ChannelBindings {
            tls_exporter: Some("bound to this".into()),
            ..ChannelBindings::default()
        },
        ..TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301))
    }
}

fn server_config() -> ServerConfig {
    ServerConfig::builder()
        .settings(|s| {
            s.sasl_mechanisms = MECHANISMS.into_iter().filter(|m| m.sasl_name().is_some()).collect();
            s.sasl_mechanisms.push(own());
        })
        .build()
        .expect("a configuration")
}

fn server_of(config: &ServerConfig, service: Service) -> Connection {
    let mut server = Connection::server_before_host_tls(config, service, 0);
    if service == Service::Pop3s {
        server.set_apop_timestamp(STAMP).expect("a time stamp");
    }
    assert!(matches!(server.poll_event(), Some(Event::TlsWanted)));
    server.tls_established(facts(), 0).expect("TLS that the policy accepts");
    server
}

/// The command of a protocol that shows the password, and APOP, are not of all protocols.
fn has(service: Service, mechanism: Mechanism) -> bool {
    match mechanism {
        Mechanism::Password => service != Service::Submissions,
        Mechanism::Apop => service == Service::Pop3s,
        _ => true,
    }
}

/// All is in one test: what another thread frees would count too.
#[test]
fn no_secret_is_freed() {
    // The allocator sees what it is to see.
    drop(PASSWORD.to_owned());
    assert_eq!(FREED[0].swap(0, Ordering::Relaxed), 1);

    for service in [Service::Imaps, Service::Pop3s, Service::Submissions] {
        for mechanism in MECHANISMS.into_iter().chain([own()]).filter(|m| has(service, *m)) {
            for right in [true, false] {
                for at_a_time in [usize::MAX, 1] {
                    let mut pair = Pair::new(service, right);
                    assert_eq!(pair.run(mechanism, at_a_time), right, "{service} {mechanism:?}");
                    drop(pair);
                    nothing_freed(&format!("{service} {mechanism:?} {right} {at_a_time}"));
                }
            }
        }
    }
    what_a_server_does_not_understand();
    values_of_the_host();
    #[cfg(feature = "engine")]
    a_damaged_private_key();
}

/// One that can be read for its first part.
#[cfg(feature = "engine")]
fn a_damaged_private_key() {
    const CERTIFICATE: &[u8] = include_bytes!("data/certificates/ca-true.pem");
    // Of `PASSWORD`, again and again, and a letter that base64 does not have.
    const KEY: &[u8] = b"-----BEGIN PRIVATE KEY-----\n\
        dGFuc3RhYWYtdGFuc3RhYWZ0YW5zdGFhZi10YW5zdGFhZnRhbnN0YWFmLXRhbnN0YWFm*GFu\n-----END PRIVATE KEY-----\n";
    assert!(ServerConfig::builder().certificate_pem(CERTIFICATE, KEY).is_err());
    nothing_freed("a damaged private key");
}

/// Secrets in lines that are refused, or never end.
fn what_a_server_does_not_understand() {
    const PLAIN: &str = "AHRpbQB0YW5zdGFhZi10YW5zdGFhZg==";
    let config = server_config();
    let lines = [
        (Service::Imaps, vec!["a1 LOGIN tim tanstaaf-tanstaaf"]),
        (Service::Imaps, vec!["a1 LOGIN tim tanstaaf-tanstaaf extra\r\n"]),
        (Service::Imaps, vec!["a1 LOGIN \"tim\" \"tanstaaf-tanstaaf\r\n"]),
        (Service::Imaps, vec!["a1 LOGIN tim {17}\r\n", "tanstaaf-tanstaaf", "\0\r\n"]),
        (Service::Imaps, vec!["a1 AUTHENTICATE PLAIN ", PLAIN, "!\r\n"]),
        (Service::Imaps, vec!["a1 AUTHENTICATE PLAIN ", PLAIN, "AAAA\r\n"]),
        (Service::Imaps, vec!["a1 AUTHENTICATE X-NONE ", PLAIN, "\r\n"]),
        (Service::Imaps, vec!["a1 AUTHENTICATE PLAIN\r\n", PLAIN, "!\r\n"]),
        (Service::Pop3s, vec!["USER tim\r\nPASS tanstaaf-tanstaaf"]),
        (Service::Pop3s, vec!["PASS tanstaaf-tanstaaf\r\n"]),
        (Service::Pop3s, vec!["USER tim\r\nPASS tanstaaf-tanstaaf\0\r\n"]),
        (Service::Pop3s, vec!["AUTH PLAIN ", PLAIN, "!\r\n"]),
        (Service::Pop3s, vec!["AUTH PLAIN\r\n", PLAIN, "!\r\n"]),
        (Service::Submissions, vec!["EHLO a\r\nAUTH PLAIN ", PLAIN, "!\r\n"]),
        (Service::Submissions, vec!["EHLO a\r\nAUTH X-NONE ", PLAIN, "\r\n"]),
        (Service::Submissions, vec!["EHLO a\r\nAUTH PLAIN\r\n", PLAIN, "!\r\n"]),
        (Service::Submissions, vec!["tanstaaf-tanstaaf\r\n"]),
        (Service::Submissions, vec!["tanstaaf-tanstaaf\n"]),
    ];
    for (number, (service, pieces)) in lines.into_iter().enumerate() {
        let mut server = server_of(&config, service);
        for piece in &pieces {
            for octet in piece.as_bytes().chunks(1) {
                // Some are faults that end the connection.
                let _ = server.handle_input(octet, 0);
                while server.poll_event().is_some() {}
            }
        }
        let _ = server.handle_timeout(1_000_000);
        drop(server);
        nothing_freed(&format!("line {number}"));
    }
}

/// What the host itself makes and compares.
fn values_of_the_host() {
    for password in [PASSWORD, UNPREPARED] {
        let made = ScramSecret::from_password(Mechanism::ScramSha256, password.as_bytes(), b"salt", 4096);
        assert_eq!(made.as_ref().ok(), made.as_ref().ok());
        drop(made);
        nothing_freed("a SCRAM secret");
    }
    for mechanism in MECHANISMS {
        let one = credentials(mechanism);
        assert_eq!(one.clone(), one);
        drop(one);
        nothing_freed("credentials");
    }
}
