//! Three things that show in the number of instructions (see `common/instructions.rs`): the work that
//! input makes grows with its octets, not with their square, when they arrive one at a time; so does
//! that of reading a Received field; and comparing secrets takes as many wherever they differ.

#[path = "common/instructions.rs"]
mod instructions;

use instructions::{count, counted_part};
use mailtls::tls::client_hello::{ClientHello, ClientHelloReader};
use mailtls::tls::facts::{PeerValidation, TlsFacts};
use mailtls::tls::registry::{CipherSuite, Version};
use mailtls::trace::Hop;
use mailtls::{
    ClientConfig, Connection, Credentials, Limits, Mechanism, ScramSecret, Secret, ServerConfig, Service,
};

/// Octets of the shorter input; the longer has twice as many.
const SHORT: usize = 1024;

/// Limits as a host may raise them.
fn raised(limits: &mut Limits) {
    *limits = Limits {
        imap_line: 1 << 20,
        pop3_line: 1 << 20,
        smtp_line: 1 << 20,
        reply_line: 1 << 20,
        sasl_line: 1 << 20,
        literal: 1 << 20,
        reply_lines: 1 << 20,
        handshake: 1 << 20,
        buffered: 1 << 24,
        ..Limits::default()
    };
}

fn facts() -> TlsFacts {
    TlsFacts { peer_validation: PeerValidation::Pkix, ..TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301)) }
}

fn server(service: Service) -> Connection {
    server_with(service, |_| ())
}

/// Commands without an initial response may have a few octets more than the shorter input.
fn short_commands(service: Service) -> Connection {
    server_with(service, |limits| {
        limits.pop3_line = SHORT + 16;
        limits.smtp_line = SHORT + 16;
    })
}

fn server_with(service: Service, change: fn(&mut Limits)) -> Connection {
    let config = ServerConfig::builder()
        .settings(|s| {
            s.sasl_mechanisms = vec![Mechanism::Plain];
            raised(&mut s.limits);
            change(&mut s.limits);
        })
        .build()
        .expect("a configuration");
    Connection::server_on_host_tls(&config, service, facts(), 0).expect("a connection")
}

fn client(service: Service) -> Connection {
    let config = ClientConfig::builder().settings(|s| raised(&mut s.limits)).build();
    Connection::client_on_host_tls(&config.expect("a configuration"), service, facts(), 0)
        .expect("a connection")
}

/// Takes what there is to take, so that nothing is still due.
fn drain(connection: &mut Connection) {
    while connection.poll_event().is_some() {}
    let sent = connection.poll_transmit().len();
    connection.transmitted(sent).expect("so many were there");
}

/// Gives the octets one at a time.
fn trickle(connection: &mut Connection, input: &[u8]) {
    for octet in input.chunks(1) {
        connection.handle_input(octet, 0).expect("input that is right");
        drain(connection);
    }
}

/// One way in which input can be long.
struct Way {
    name: &'static str,
    connection: fn() -> Connection,
    /// Given at once, uncounted.
    before: &'static str,
    /// Of about so many octets.
    input: fn(usize) -> String,
}

fn lines(line: &str, octets: usize) -> String {
    line.repeat(octets / line.len())
}

fn blanks_and_response(octets: usize) -> String {
    format!("{}AUTH PLAIN {}", " ".repeat(octets / 2), "A".repeat(octets / 2 - 11))
}

const WAYS: [Way; 23] = [
    Way {
        name: "imap server, initial response",
        connection: || server(Service::Imaps),
        before: "a1 AUTHENTICATE PLAIN ",
        input: |n| "A".repeat(n),
    },
    Way {
        name: "imap server, response",
        connection: || server(Service::Imaps),
        before: "a1 AUTHENTICATE PLAIN\r\n",
        input: |n| "A".repeat(n),
    },
    Way {
        name: "imap server, tag",
        connection: || server(Service::Imaps),
        before: "",
        input: |n| "a".repeat(n),
    },
    Way {
        name: "imap server, literal",
        connection: || server(Service::Imaps),
        before: "a1 LOGIN {1000000}\r\n",
        input: |n| "a".repeat(n),
    },
    Way {
        name: "imap server, commands",
        connection: || server(Service::Imaps),
        before: "",
        input: |n| lines("a NOOP\r\n", n),
    },
    Way {
        name: "pop3 server, initial response",
        connection: || server(Service::Pop3s),
        before: "AUTH PLAIN ",
        input: |n| "A".repeat(n),
    },
    Way {
        name: "pop3 server, response",
        connection: || server(Service::Pop3s),
        before: "AUTH PLAIN\r\n",
        input: |n| "A".repeat(n),
    },
    Way {
        name: "pop3 server, user",
        connection: || server(Service::Pop3s),
        before: "USER ",
        input: |n| "a".repeat(n),
    },
    Way {
        name: "smtp server, initial response",
        connection: || server(Service::Submissions),
        before: "EHLO client.example\r\nAUTH PLAIN ",
        input: |n| "A".repeat(n),
    },
    Way {
        name: "smtp server, response",
        connection: || server(Service::Submissions),
        before: "EHLO client.example\r\nAUTH PLAIN\r\n",
        input: |n| "A".repeat(n),
    },
    Way {
        name: "smtp server, name",
        connection: || server(Service::Submissions),
        before: "EHLO ",
        input: |n| "a".repeat(n),
    },
    Way {
        name: "imap server, blanks",
        connection: || server(Service::Imaps),
        before: "",
        input: |n| " ".repeat(n),
    },
    Way {
        name: "pop3 server, blanks",
        connection: || server(Service::Pop3s),
        before: "",
        input: |n| " ".repeat(n),
    },
    Way {
        name: "smtp server, blanks",
        connection: || server(Service::Submissions),
        before: "",
        input: |n| " ".repeat(n),
    },
    Way {
        name: "pop3 server, blanks and initial response",
        connection: || short_commands(Service::Pop3s),
        before: "",
        input: blanks_and_response,
    },
    Way {
        name: "smtp server, blanks and initial response",
        connection: || short_commands(Service::Submissions),
        before: "",
        input: blanks_and_response,
    },
    Way {
        name: "imap client, greeting",
        connection: || client(Service::Imaps),
        before: "* OK ",
        input: |n| "a".repeat(n),
    },
    Way {
        name: "imap client, literal",
        connection: || client(Service::Imaps),
        before: "* OK hello\r\n* ID (\"name\" {1000000}\r\n",
        input: |n| "a".repeat(n),
    },
    Way {
        name: "imap client, responses",
        connection: || client(Service::Imaps),
        before: "* OK hello\r\n",
        input: |n| lines("* 1 EXISTS\r\n", n),
    },
    Way {
        name: "pop3 client, greeting",
        connection: || client(Service::Pop3s),
        before: "+OK ",
        input: |n| "a".repeat(n),
    },
    Way {
        name: "pop3 client, capabilities",
        connection: || client(Service::Pop3s),
        before: "+OK hello\r\n+OK list follows\r\n",
        input: |n| lines("X-A B\r\n", n),
    },
    Way {
        name: "smtp client, greeting",
        connection: || client(Service::Submissions),
        before: "220 ",
        input: |n| "a".repeat(n),
    },
    Way {
        name: "smtp client, capabilities",
        connection: || client(Service::Submissions),
        before: "220 hello\r\n250-hello\r\n",
        input: |n| lines("250-X-A B\r\n", n),
    },
];

/// A ClientHello of about so many octets.
fn hello(octets: usize) -> Vec<u8> {
    ClientHello::builder().extension(0xfa00, &vec![0; octets]).build().expect("a ClientHello").to_bytes()
}

#[test]
#[ignore = "its instructions are counted by the test below"]
fn trickled_input() {
    for way in WAYS {
        for octets in [SHORT, 2 * SHORT] {
            let mut connection = (way.connection)();
            drain(&mut connection);
            connection.handle_input(way.before.as_bytes(), 0).expect("input that is right");
            drain(&mut connection);
            let input = (way.input)(octets);
            counted_part(&format!("{octets} {}", way.name), &mut || {
                trickle(&mut connection, input.as_bytes());
            });
        }
    }
    for octets in [SHORT, 2 * SHORT] {
        let bytes = hello(octets);
        let mut reader = ClientHelloReader::new();
        counted_part(&format!("{octets} ClientHello"), &mut || {
            for octet in bytes.chunks(1) {
                reader.read(octet);
            }
        });
    }
}

#[test]
fn work_grows_with_the_octets_that_trickle_in() {
    let Some(counts) = count("trickled_input") else { return };
    let names = WAYS.map(|way| way.name).into_iter().chain(["ClientHello"]);
    for name in names {
        let of = |octets: usize| counts[&format!("{octets} {name}")];
        let (short, long) = (of(SHORT), of(2 * SHORT));
        println!("{name}: {} and {} instructions an octet", short / SHORT as u64, long / SHORT as u64 / 2);
        // Twice as many would be 2, a square of them 4.
        assert!(
            long * 10 < short * 23,
            "{name}: {short} instructions for {SHORT} octets, {long} for twice as many"
        );
    }
}

/// Octets of the shorter Received field.
const SHORT_FIELD: usize = 2048;

/// Received fields of hostile clients: the beginning, what is repeated, the end.
const FIELDS: [(&str, &str, &str); 34] = [
    ("", "(", ""),
    ("from a ", "(", ""),
    ("from a ", "(", ")"),
    ("from a ", "(a ", ""),
    ("from a ", "a(", ""),
    ("from a ", "(a) ", ""),
    ("from a ", "((a) b) ", ""),
    ("from a ", "(", "(envelope-from <a>)"),
    ("from a ", "(envelope) ", ""),
    ("from a ", "a(envelope)", ""),
    ("from a ", "(envelope) ", "<a>)"),
    ("from a ", "[", ""),
    ("from a ", "[", "]"),
    ("from a ", "a[", "]"),
    ("from a ", "\"", ""),
    ("from a ", "\"\\", "\""),
    ("from a (", "\"\\", "\")"),
    ("from a ", "<", ""),
    ("from a ", "<", ">"),
    ("from a ", "<\"", ">"),
    ("from a (", "<", ">)"),
    ("from a ", "\\", ""),
    ("", "by ", ""),
    ("from a by b ", "by uid ", ""),
    ("", "from ", ""),
    ("from a by b ", "with ", ""),
    ("from a by b ", "with ESMTP/TLS/x ", ""),
    ("from a by b ", "with ESMTP with STARTTLS ", ""),
    ("from a by b ", ";", ""),
    ("from a by b ", "(using TLSv1.2) ", ""),
    ("from a by b ", "(using TLSv1.2", ""),
    ("from a by b ", "tls x_y ", ""),
    ("from ", "(a [192.0.2.1]) ", ""),
    ("from a ([192.0.2.1]) ", "[192.0.2.1]@", ""),
];

#[test]
#[ignore = "its instructions are counted by the test below"]
fn hostile_fields() {
    for (number, (begin, repeated, end)) in FIELDS.into_iter().enumerate() {
        for octets in [SHORT_FIELD, 2 * SHORT_FIELD] {
            let field = format!("Received: {begin}{}{end}", lines(repeated, octets));
            counted_part(&format!("{octets} {number}"), &mut || drop(Hop::read(field.as_bytes())));
        }
    }
}

#[test]
fn work_grows_with_the_octets_of_a_received_field() {
    let Some(counts) = count("hostile_fields") else { return };
    for (number, field) in FIELDS.iter().enumerate() {
        let of = |octets: usize| counts[&format!("{octets} {number}")];
        let (short, long) = (of(SHORT_FIELD), of(2 * SHORT_FIELD));
        println!(
            "{field:?}: {} and {} instructions an octet",
            short / SHORT_FIELD as u64,
            long / SHORT_FIELD as u64 / 2
        );
        assert!(
            long * 10 < short * 23,
            "{field:?}: {short} instructions for {SHORT_FIELD} octets, {long} for twice as many"
        );
    }
}

/// Octets of the secrets that are compared.
const LEN: usize = 100_000;

/// Where two secrets of [`LEN`] octets differ.
#[derive(Clone, Copy)]
enum Differ {
    Nowhere,
    First,
    Last,
}

const DIFFER: [(&str, Differ); 3] =
    [("nowhere", Differ::Nowhere), ("first", Differ::First), ("last", Differ::Last)];

fn octets(differ: Differ, len: usize) -> Vec<u8> {
    let mut octets = vec![7; len];
    match differ {
        Differ::Nowhere => {}
        Differ::First => octets[0] = 8,
        Differ::Last => octets[len - 1] = 8,
    }
    octets
}

fn password(differ: Differ) -> Secret {
    Secret::new(octets(differ, LEN))
}

/// What the server raises of PLAIN.
fn with_password(differ: Differ) -> Credentials {
    Credentials::new(Mechanism::Plain, "tim", password(differ))
}

fn with_initial_response(differ: Differ) -> Credentials {
    Credentials::raw(Mechanism::raw("X-OWN").expect("a name"), Some(password(differ)))
}

fn with_stored_key(differ: Differ) -> ScramSecret {
    ScramSecret::new(b"salt", 4096, &octets(differ, 32), &[7; 32]).expect("keys of a hash's length")
}

fn with_server_key(differ: Differ) -> ScramSecret {
    ScramSecret::new(b"salt", 4096, &[7; 32], &octets(differ, 32)).expect("keys of a hash's length")
}

/// Counts comparisons with the value that differs nowhere.
fn compared<T: PartialEq>(name: &str, value: fn(Differ) -> T) {
    let right = value(Differ::Nowhere);
    for (place, differ) in DIFFER {
        let other = value(differ);
        // Once before, so that all code is loaded.
        let mut equal = right == other;
        counted_part(&format!("{name} {place}"), &mut || equal = right == other);
        assert_eq!(equal, matches!(differ, Differ::Nowhere));
    }
}

#[test]
#[ignore = "its instructions are counted by the test below"]
fn comparisons() {
    compared("Secret", password);
    compared("Credentials, password", with_password);
    compared("Credentials, initial response", with_initial_response);
    compared("ScramSecret, stored key", with_stored_key);
    compared("ScramSecret, server key", with_server_key);
}

/// That it does not stop at the first octet that differs, nor between two secrets of a value.
#[test]
fn comparing_secrets_takes_the_same_wherever_they_differ() {
    let Some(counts) = count("comparisons") else { return };
    assert_eq!(counts.len(), 15);
    for (name, long) in [
        ("Secret", true),
        ("Credentials, password", true),
        ("Credentials, initial response", true),
        ("ScramSecret, stored key", false),
        ("ScramSecret, server key", false),
    ] {
        let [nowhere, first, last] = DIFFER.map(|(place, _)| counts[&format!("{name} {place}")]);
        println!("{name}: {nowhere} where they are equal, {first} and {last} instructions");
        assert!(!long || first > LEN as u64 / 64, "{name}: the secrets were not looked through");
        let (fewest, most) = (nowhere.min(first).min(last), nowhere.max(first).max(last));
        // Choosing the result may take an instruction more or less; to stop early would save hundreds.
        assert!(most - fewest <= 8, "{name}: {nowhere}, {first} and {last} instructions");
    }
}
