//! What reasons advise where a peer is silent, leaves, or speaks the other language: cleartext where TLS begins,
//! or TLS where a greeting or a command is due.

use super::pair::{End, configs};
use crate::dialogue::HandOff;
use crate::{Connection, ErrorCode, Service};

fn end(client: bool, service: Service) -> End {
    let (server_config, client_config) = configs(HandOff::AfterAuthentication);
    let mut end = End::new(if client {
        Connection::client(&client_config, service, "mail.example", 0).expect("a client")
    } else {
        Connection::server(&server_config, service, 0).expect("a server")
    });
    end.speak();
    end
}

/// What the peer does, and the reason that follows.
enum Peer {
    SaysNothing,
    Closes,
    Says(&'static [u8]),
}

fn reason(client: bool, service: Service, peer: &Peer) -> (ErrorCode, String) {
    let mut end = end(client, service);
    let result = match peer {
        Peer::SaysNothing => {
            let deadline = end.connection.poll_timeout().expect("a deadline");
            end.connection.handle_timeout(deadline)
        }
        Peer::Closes => end.connection.handle_end_of_input(0),
        Peer::Says(words) => words.chunks(1).try_for_each(|octet| end.hear(octet)),
    };
    let error = result.expect_err("the end");
    assert_eq!(end.connection.error(), Some(&error));
    (error.code(), error.reason().to_owned())
}

const SERVER: bool = false;
const CLIENT: bool = true;

use crate::ErrorCode::{ClosedEarly, DeadlinePassed, ForeignProtocol, NotTls, Truncated};
use Peer::{Closes, Says, SaysNothing};
use Service::{Imap, Imaps, Pop3, Pop3s, Submission, Submissions};

const HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01";

/// The side, the service, what the peer does, and the error.
type Row = (bool, Service, Peer, ErrorCode, &'static str);

const ROWS: &[Row] = &[
    (
        CLIENT,
        Imap,
        SaysNothing,
        DeadlinePassed,
        "the server sent no greeting within 60 s; if it expects TLS from the first byte, use imaps (usually port 993)",
    ),
    (
        CLIENT,
        Pop3,
        SaysNothing,
        DeadlinePassed,
        "the server sent no greeting within 60 s; if it expects TLS from the first byte, use pop3s (usually port 995)",
    ),
    (
        CLIENT,
        Submission,
        Closes,
        ClosedEarly,
        "the server closed the connection without a greeting; if it expects TLS from the first byte, use submissions (usually port 465)",
    ),
    (
        CLIENT,
        Submission,
        Says(b"\x15\x03\x01\x00\x02\x02\x46"),
        ForeignProtocol,
        "the server speaks TLS; if it expects TLS from the first byte, use submissions (usually port 465)",
    ),
    (
        CLIENT,
        Imaps,
        SaysNothing,
        DeadlinePassed,
        "the server did not answer the TLS handshake within 30 s; if it expects STARTTLS, use imap (usually port 143)",
    ),
    (
        CLIENT,
        Pop3s,
        Closes,
        Truncated,
        "the server closed the connection without answering the TLS handshake; if it expects STLS, use pop3 (usually port 110)",
    ),
    (
        CLIENT,
        Imaps,
        Says(b"* OK ready\r\n"),
        NotTls,
        "cleartext (IMAP) where TLS must begin with the first byte; if it expects STARTTLS, use imap (usually port 143)",
    ),
    (
        CLIENT,
        Pop3s,
        Says(b"+OK ready\r\n"),
        NotTls,
        "cleartext (POP3) where TLS must begin with the first byte; if it expects STLS, use pop3 (usually port 110)",
    ),
    (
        CLIENT,
        Submissions,
        Says(b"220 mail.example ESMTP\r\n"),
        NotTls,
        "cleartext (SMTP) where TLS must begin with the first byte; if it expects STARTTLS, use submission (usually port 587)",
    ),
    (
        CLIENT,
        Submissions,
        Says(b"* OK ready\r\n"),
        NotTls,
        "cleartext (IMAP) where TLS must begin with the first byte; check the host and the port",
    ),
    (
        CLIENT,
        Imaps,
        Says(b"HTTP/1.1 400 Bad Request\r\n"),
        NotTls,
        "cleartext (HTTP) where TLS must begin with the first byte; check the host and the port",
    ),
    (
        SERVER,
        Imaps,
        SaysNothing,
        DeadlinePassed,
        "the client did not begin the TLS handshake within 30 s; set the client to TLS from the first byte (often called SSL/TLS), or to imap with STARTTLS (usually port 143)",
    ),
    (
        SERVER,
        Pop3s,
        Says(b"CAPA\r\n"),
        NotTls,
        "cleartext (POP3) where TLS must begin with the first byte; set the client to TLS from the first byte (often called SSL/TLS), or to pop3 with STLS (usually port 110)",
    ),
    (SERVER, Pop3s, Says(b"EHLO a\r\n"), NotTls, "cleartext (SMTP) where TLS must begin with the first byte"),
    (
        SERVER,
        Imaps,
        Says(b"GET / HTTP/1.1\r\n"),
        NotTls,
        "cleartext (HTTP) where TLS must begin with the first byte",
    ),
    (
        SERVER,
        Imaps,
        Says(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"),
        NotTls,
        "cleartext (the PROXY protocol) where TLS must begin with the first byte; take the PROXY header off before TLS, or switch it off where it is added",
    ),
    (
        SERVER,
        Imaps,
        Closes,
        Truncated,
        "the client closed the connection without beginning the TLS handshake",
    ),
    (
        SERVER,
        Imap,
        Says(HELLO),
        ForeignProtocol,
        "the client speaks TLS; set the client to STARTTLS, or to imaps (usually port 993)",
    ),
    (
        SERVER,
        Pop3,
        Says(HELLO),
        ForeignProtocol,
        "the client speaks TLS; set the client to STLS, or to pop3s (usually port 995)",
    ),
    (
        SERVER,
        Submission,
        Says(HELLO),
        ForeignProtocol,
        "the client speaks TLS; set the client to STARTTLS, or to submissions (usually port 465)",
    ),
    (SERVER, Submission, Says(b"GET / HTTP/1.1\r\n"), ForeignProtocol, "the client speaks HTTP"),
];

#[test]
fn the_other_port_is_named() {
    for (side, service, peer, code, expected) in ROWS {
        assert_eq!(reason(*side, *service, peer), (*code, (*expected).to_owned()), "{service}");
    }
}

/// Once it has spoken, its silence has another reason.
#[test]
fn who_has_spoken_is_at_the_right_port() {
    let mut client = end(CLIENT, Service::Imap);
    client.hear(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n").expect("a greeting");
    let deadline = client.connection.poll_timeout().expect("a deadline");
    let error = client.connection.handle_timeout(deadline).expect_err("too late");
    assert_eq!(error.reason(), "the server did not answer within 60 s");
    let mut server = end(SERVER, Service::Imaps);
    server.hear(b"\x16").expect("the beginning of a record");
    let error = server.connection.handle_timeout(30_000).expect_err("too late");
    assert_eq!(error.reason(), "the TLS handshake with the client was not complete within 30 s");
}

/// Cleartext between STARTTLS and TLS, in a packet of its own.
#[test]
fn what_comes_after_starttls_and_is_not_tls_may_be_an_attack() {
    let mut client = end(CLIENT, Service::Imap);
    for line in [&b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"[..], b"a1 OK begin\r\n"] {
        let _ = client.hear(line);
        client.speak();
    }
    let error = client.hear(b"* OK more\r\n").expect_err("an attack");
    assert_eq!(
        (error.code(), error.reason()),
        (
            ErrorCode::NotTls,
            "cleartext (IMAP) where TLS must begin with the first byte; the server sent it after STARTTLS and before \
         TLS (injection? possible attack)"
        )
    );
    let mut server = end(SERVER, Service::Submission);
    server.hear(b"EHLO a\r\nSTARTTLS\r\n").expect("commands");
    let error = server.hear(b"RSET\r\n").expect_err("an attack");
    assert_eq!(
        (error.code(), error.reason()),
        (
            ErrorCode::NotTls,
            "cleartext where TLS must begin with the first byte; the client sent it after STARTTLS and before TLS \
         (injection? possible attack)"
        )
    );
}
