//! A client and a server in a real TLS session, with a network between them that the input
//! disturbs.
//!
//! Must never know what TLS is: that it holds is what is looked at.

use crate::plan::{MECHANISMS, PASSWORD, RAW, Sizes, shows_secret};
use crate::throwaway;
use mailtls::{Connection, Credentials, ErrorKind, Event, Mechanism, Rejection, ScramSecret, Service};
use std::sync::OnceLock;

/// The time stamp of every greeting that has one.
const TIMESTAMP: &str = "<1896.697170952@mail.example>";

/// What the network does to one direction, once.
enum Disturbance {
    Nothing,
    /// Changes bits of the byte.
    Flip(u8),
    /// Loses everything from the byte on, and ends.
    Cut,
    /// Adds bytes before the byte.
    Insert,
}

struct Script<'a> {
    service: Service,
    accept: bool,
    server_closes: bool,
    mechanism: Option<Mechanism>,
    /// The client shows a certificate, and it stands for somebody.
    certificate: Option<bool>,
    preauth: bool,
    disturbance: Disturbance,
    /// The direction that is disturbed: what the client sends, or what the server sends.
    of_client: bool,
    at: usize,
    payload: &'a [u8],
}

/// One end, with the part of the network that leads from it.
struct End {
    connection: Connection,
    /// Bytes on their way to the other end, after what the network did to them.
    wire: Vec<u8>,
    /// Bytes that the network took from this end, ever.
    sent: usize,
    cut: bool,
    end_told: bool,
    heard_hello: bool,
    established: bool,
    handed_off: bool,
    closed: bool,
    authenticated: bool,
    refused: bool,
    has_seen_certificate: bool,
    /// Challenges in the host's own mechanism.
    challenges: usize,
    peer_closed: bool,
    /// Events up to the hand-off.
    told: Vec<String>,
    written: usize,
    read: Vec<u8>,
}

/// A session from the first byte to both ends' close.
///
/// | byte | decides |
/// |---|---|
/// | 0 | protocol; +4 the server closes first; +8 the credentials are rejected; +64 STARTTLS |
/// | 1 | the chunks of the network |
/// | 2 | 0 nothing happens, 1 bits flip, 2 TCP is cut, 3 bytes are inserted; +4 to the server's output |
/// | 3-4 | where, in the direction's bytes |
/// | 5 | which bits flip |
/// | 6 | the mechanism: 0 PLAIN, 1 the protocol's own command, 2 APOP, then those of SASL by turns, 13 PREAUTH where there is a certificate; +64 the client has one; +128 it stands for nobody |
///
/// The rest is what both ends write after the hand-off, and what is inserted.
pub fn tls_session(data: &[u8]) {
    let [first, seed, what, high, low, mask, by, payload @ ..] = data else { return };
    if payload.len() > 4096 {
        return;
    }
    let services = match first & 64 {
        0 => [Service::Imaps, Service::Pop3s, Service::Submissions],
        _ => [Service::Imap, Service::Pop3, Service::Submission],
    };
    let script = Script {
        service: services[usize::from(first % 4 % 3)],
        accept: first & 8 == 0,
        server_closes: first & 4 != 0,
        mechanism: match usize::from(by % 16) {
            0 => Some(Mechanism::Plain),
            1 => Some(Mechanism::Password),
            2 => Some(Mechanism::Apop),
            13 => None,
            n => Mechanism::from_sasl_name(MECHANISMS[(n - 3) % MECHANISMS.len()].as_bytes()),
        },
        certificate: (by & 64 != 0).then_some(by & 128 == 0),
        preauth: by % 16 == 13 && first & 64 == 0 && services[usize::from(first % 4 % 3)] == Service::Imaps,
        disturbance: match what % 4 {
            1 if *mask != 0 => Disturbance::Flip(*mask),
            2 => Disturbance::Cut,
            3 if !payload.is_empty() => Disturbance::Insert,
            _ => Disturbance::Nothing,
        },
        of_client: what & 4 == 0,
        at: usize::from(*high) * 256 + usize::from(*low),
        payload,
    };
    let (client, server) = play(&script, &mut Sizes::new(u64::from(*seed)));
    for (end, other) in [(&client, &server), (&server, &client)] {
        assert!(end.closed, "a connection without end");
        assert!(payload.starts_with(&end.read), "what was read is not what was written");
        assert!(end.read.len() <= other.written);
        if let Some(error) = end.connection.error() {
            assert_eq!(error.kind(), ErrorKind::Peer, "{error}");
            assert!(crate::is_line(error.reason()));
        }
    }
    if matches!(script.disturbance, Disturbance::Nothing) {
        let success = script.accept || script.preauth && script.certificate == Some(true);
        for end in [&client, &server] {
            assert_eq!(end.connection.error(), None, "nothing has happened");
            assert_eq!(end.authenticated, success);
            assert!(!success || end.read == payload, "not all has arrived");
        }
        assert_ne!(client.refused, success);
        assert_eq!(server.has_seen_certificate, script.certificate.is_some());
    } else {
        // Whatever the network does, in clear too: both are told less, and never something else.
        let clean = Script { disturbance: Disturbance::Nothing, payload: b"", ..script };
        let (clean_client, clean_server) = play(&clean, &mut Sizes::new(u64::from(*seed)));
        assert!(clean_client.told.starts_with(&client.told), "the client is told {:?}", client.told);
        assert!(clean_server.told.starts_with(&server.told), "the server is told {:?}", server.told);
    }
}

fn play(script: &Script, sizes: &mut Sizes) -> (End, End) {
    let (config, name) = (throwaway::client_config(), "mail.example");
    let client = match script.certificate {
        Some(_) => Connection::client_for_account(config, script.service, name, throwaway::ACCOUNT, 0),
        None => Connection::client(config, script.service, name, 0),
    };
    let server = Connection::server(throwaway::server_config(), script.service, 0);
    let mut client = End::new(client.expect("the name is one"));
    let mut server = End::new(server.expect("there is a certificate"));
    let stamped = server.connection.set_apop_timestamp(TIMESTAMP).is_ok();
    assert_eq!(stamped, script.service == Service::Pop3s);
    for now in 0..1_000_000 {
        let moved = client.step(script, true, sizes, now) | server.step(script, false, sizes, now);
        let carried = client.carry(&mut server, sizes, now) | server.carry(&mut client, sizes, now);
        if client.closed && server.closed {
            break;
        }
        if !moved && !carried {
            // Nothing moves: whoever still waits for something waits until the deadline.
            for end in [&mut client, &mut server] {
                match end.connection.poll_timeout() {
                    Some(at) => drop(end.connection.handle_timeout(at)),
                    None => end.connection.close(now),
                }
            }
        }
    }
    (client, server)
}

impl End {
    fn new(connection: Connection) -> Self {
        Self {
            connection,
            wire: Vec::new(),
            sent: 0,
            cut: false,
            end_told: false,
            heard_hello: false,
            established: false,
            handed_off: false,
            closed: false,
            authenticated: false,
            refused: false,
            has_seen_certificate: false,
            challenges: 0,
            peer_closed: false,
            told: Vec::new(),
            written: 0,
            read: Vec::new(),
        }
    }

    /// Lets the host act and the network take output. Whether anything moved.
    fn step(&mut self, script: &Script, is_client: bool, sizes: &mut Sizes, now: u64) -> bool {
        let mut moved = false;
        while let Some(event) = self.connection.poll_event() {
            moved = true;
            self.on_event(event, script, now);
        }
        if self.handed_off && !self.closed {
            let mut room = [0; 64];
            while let Ok(n @ 1..) = self.connection.read(&mut room) {
                self.read.extend_from_slice(&room[..n]);
                moved = true;
            }
            let rest = &script.payload[self.written..];
            let part = &rest[..rest.len().min(sizes.next(200))];
            let written = self.connection.write(part).unwrap_or(0);
            self.written += written;
            moved |= written > 0;
            let done = self.written == script.payload.len() && self.read.len() == script.payload.len();
            if self.peer_closed || done && is_client != script.server_closes {
                self.connection.close(now);
            }
        }
        let n = self.connection.poll_transmit().len().min(sizes.next(1500));
        let output = self.connection.poll_transmit()[..n].to_vec();
        self.connection.transmitted(n).expect("so many were there");
        self.put_on_wire(&output, script, is_client == script.of_client);
        moved | (n > 0)
    }

    fn on_event(&mut self, event: Event, script: &Script, now: u64) {
        assert!(!self.closed, "after Closed: {event:?}");
        if matches!(event, Event::ClientHello(_)) {
            assert!(!self.established && !self.heard_hello, "out of order: {event:?}");
            self.heard_hello = true;
            return;
        }
        let first = matches!(event, Event::TlsEstablished);
        assert!(self.established != first || matches!(event, Event::Closed), "out of order: {event:?}");
        assert!(!format!("{event:?}").contains(PASSWORD), "a password shows");
        if !matches!(event, Event::PeerClosed | Event::Closed) {
            self.told.push(format!("{event:?}"));
        }
        let c = &mut self.connection;
        match event {
            Event::TlsEstablished => self.established = true,
            Event::Capabilities(_) => {
                let by = |mechanism| Credentials::new(mechanism, "tim", PASSWORD.into());
                let credentials = match script.mechanism {
                    Some(mechanism) => by(mechanism),
                    None => Credentials::raw(Mechanism::raw(RAW).expect("it is a name"), None),
                };
                // Where it is not offered, another.
                if c.authenticate(credentials, now).is_err_and(|e| e.kind() == ErrorKind::Misuse) {
                    let _ = c.authenticate(by(Mechanism::Plain), now);
                }
            }
            Event::AuthenticationRefused(_) => {
                self.refused = true;
                let _ = c.log_out(now);
            }
            Event::ClientCertificate => {
                self.has_seen_certificate = true;
                let _ = match script.certificate {
                    Some(true) => c.accept_certificate("tim", script.preauth, now),
                    _ => c.refuse_certificate(now),
                };
            }
            Event::Credentials(credentials) => {
                assert_eq!(credentials.authentication_identity(), "tim");
                match credentials.mechanism() {
                    Mechanism::Apop => assert!(credentials.match_password(PASSWORD.as_bytes())),
                    mechanism if shows_secret(mechanism) => {
                        assert_eq!(credentials.password().as_bytes(), PASSWORD.as_bytes());
                    }
                    _ => assert!(credentials.password().as_bytes().is_empty()),
                }
                let _ = if script.accept { c.accept(now) } else { c.reject(Rejection::NotAuthorized, now) };
            }
            Event::SecretWanted(user) => {
                assert_eq!(user.authentication_identity(), "tim");
                let _ = c.scram_secret(stored(user.mechanism()), now);
            }
            Event::Response { response, .. } => {
                self.challenges += 1;
                let _ = match self.challenges {
                    1 => c.challenge("a cat?".into(), now),
                    _ if !script.accept => c.reject(Rejection::InvalidCredentials, now),
                    _ => c.accept(now),
                };
                let said = response.as_ref().map(|r| r.as_bytes());
                assert_eq!(said, (self.challenges > 1).then_some(&b"purr"[..]));
            }
            Event::Challenge(challenge) => {
                assert_eq!(challenge.as_bytes(), b"a cat?");
                let _ = c.respond("purr".into(), now);
            }
            Event::Authenticated => self.authenticated = true,
            Event::HandedOff => {
                assert!(self.authenticated && !self.handed_off);
                self.handed_off = true;
            }
            Event::PeerClosed => self.peer_closed = true,
            Event::Closed => self.closed = true,
            _ => {}
        }
    }

    /// What the network does to bytes of this end.
    fn put_on_wire(&mut self, output: &[u8], script: &Script, disturbed: bool) {
        for &byte in output {
            let here = disturbed && self.sent == script.at;
            self.sent += 1;
            match script.disturbance {
                Disturbance::Flip(mask) if here => self.wire.push(byte ^ mask),
                Disturbance::Cut if here => self.cut = true,
                Disturbance::Insert if here => {
                    self.wire.extend_from_slice(script.payload);
                    self.wire.push(byte);
                }
                _ if self.cut => {}
                _ => self.wire.push(byte),
            }
        }
    }

    /// Brings bytes to the other end. Whether any were brought.
    fn carry(&mut self, to: &mut Self, sizes: &mut Sizes, now: u64) -> bool {
        if to.closed {
            self.wire.clear();
            return false;
        }
        if self.wire.is_empty() {
            let ended = self.cut || (self.closed && self.connection.poll_transmit().is_empty());
            if ended && !self.end_told {
                self.end_told = true;
                let _ = to.connection.handle_end_of_input(now);
                return true;
            }
            return false;
        }
        if !to.connection.wants_input() {
            return false;
        }
        let n = sizes.next(1500).min(self.wire.len());
        let chunk: Vec<u8> = self.wire.drain(..n).collect();
        let result = to.connection.handle_input(&chunk, now);
        if let Err(error) = result {
            assert_eq!(to.connection.error(), Some(&error));
        }
        true
    }
}

/// What the server has stored of the password.
fn stored(mechanism: Mechanism) -> ScramSecret {
    static STORED: OnceLock<[ScramSecret; 2]> = OnceLock::new();
    let make = |mechanism| {
        ScramSecret::from_password(mechanism, PASSWORD.as_bytes(), b"a stored salt", 4096)
            .expect("it is SCRAM")
    };
    let [sha_1, sha_256] = STORED.get_or_init(|| [make(Mechanism::ScramSha1), make(Mechanism::ScramSha256)]);
    match mechanism {
        Mechanism::ScramSha1 | Mechanism::ScramSha1Plus => sha_1.clone(),
        _ => sha_256.clone(),
    }
}
