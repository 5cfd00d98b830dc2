//! Raw bytes of the network into a server that expects TLS.
//!
//! Without the keys of a handshake nobody gets anywhere here. Must never know what TLS is.

use crate::plan::Sizes;
use crate::throwaway;
use mailtls::{Connection, Error, ErrorKind, Event, Service};

/// How much input is given byte by byte.
const BYTEWISE: usize = 2048;
const LONGEST: usize = 150_000;

/// All that can be seen from outside, but for random numbers.
#[derive(Debug, PartialEq)]
struct Outcome {
    hello: Option<Vec<u8>>,
    error: Option<Error>,
    alert_sent: Option<u8>,
    alert_received: Option<u8>,
}

/// What a client sends from its first byte on.
///
/// The first byte decides the protocol and the end (TCP ends, or with +4 a deadline passes), the
/// second the chunks; the rest is input.
pub fn server_bytes(data: &[u8]) {
    let [first, seed, input @ ..] = data else { return };
    if input.len() > LONGEST {
        return;
    }
    let service = [Service::Imaps, Service::Pop3s, Service::Submissions][usize::from(first % 4 % 3)];
    let deadline = first & 4 != 0;
    let whole = play(service, deadline, input, || usize::MAX);
    let mut sizes = Sizes::new(u64::from(*seed));
    assert_eq!(whole, play(service, deadline, input, || sizes.next(100)), "another outcome in chunks");
    if input.len() <= BYTEWISE {
        assert_eq!(whole, play(service, deadline, input, || 1), "another outcome byte by byte");
    }
}

fn play(service: Service, deadline: bool, input: &[u8], mut size: impl FnMut() -> usize) -> Outcome {
    let mut connection =
        Connection::server(throwaway::server_config(), service, 0).expect("there is a certificate");
    let mut rest = input;
    let mut result = Ok(());
    let mut hello = None;
    while !rest.is_empty() && result.is_ok() {
        assert!(connection.wants_input(), "nothing bounds but the limit of the handshake");
        let (chunk, next) = rest.split_at(size().min(rest.len()));
        result = connection.handle_input(chunk, 0);
        rest = next;
        drain(&mut connection, &mut hello);
    }
    if result.is_ok() {
        let at = connection.poll_timeout().expect("a handshake has a deadline");
        result = if deadline { connection.handle_timeout(at) } else { connection.handle_end_of_input(0) };
    }
    let error = result.expect_err("a handshake that cannot be completed");
    assert_eq!(error.kind(), ErrorKind::Peer, "{error}");
    assert!(crate::is_line(error.reason()), "not a line: {:?}", error.reason());
    assert_eq!(connection.error(), Some(&error));
    let output = connection.poll_transmit().len();
    connection.transmitted(output).expect("so many were there");
    let last = connection.poll_event();
    assert!(matches!(note(last, &mut hello, &mut connection), Some(Event::Closed)));
    assert!(connection.poll_event().is_none() && connection.poll_timeout().is_none());
    assert_eq!(connection.handle_input(b"more", 1), Err(error.clone()));
    assert!(connection.poll_transmit().is_empty() && connection.poll_event().is_none());
    Outcome {
        hello,
        error: Some(error),
        alert_sent: connection.alert_sent().map(|alert| alert.0),
        alert_received: connection.alert_received().map(|alert| alert.0),
    }
}

/// The event, or the one after it if it tells of the ClientHello, which comes once.
fn note(event: Option<Event>, hello: &mut Option<Vec<u8>>, connection: &mut Connection) -> Option<Event> {
    match event {
        Some(Event::ClientHello(told)) => {
            assert!(hello.replace(told.to_bytes()).is_none(), "told twice");
            connection.poll_event()
        }
        other => other,
    }
}

fn drain(connection: &mut Connection, hello: &mut Option<Vec<u8>>) {
    let output = connection.poll_transmit();
    assert!(output.len() <= 65_536, "{} bytes of output wait", output.len());
    // Records and nothing else: handshake, change_cipher_spec, alert, or what is encrypted.
    assert!(output.is_empty() || matches!(output, [0x14..=0x17, 3, _, ..]));
    let n = output.len();
    connection.transmitted(n).expect("so many were there");
    if connection.error().is_none() {
        let event = connection.poll_event();
        assert!(note(event, hello, connection).is_none(), "an event before the handshake is complete");
        assert!(connection.tls_facts().is_none() && connection.readable() == 0);
        assert!(connection.read(&mut [0]).is_err() && connection.write(b"x").is_err());
    }
}
