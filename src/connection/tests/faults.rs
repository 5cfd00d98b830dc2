//! Sessions that go wrong: hostile peers, cut connections, deadlines.

use super::pair::{End, IMPLICIT, Pair, configs, server_builder};
use crate::connection::Phase;
use crate::dialogue::{HandOff, Mechanism};
use crate::tls::registry::Alert;
use crate::{ClientConfig, Connection, ErrorCode, ErrorKind, Event, Service};
use proptest::prelude::*;

fn server(service: Service) -> End {
    let (config, _) = configs(HandOff::AfterAuthentication);
    End::new(Connection::server(&config, service, 0).expect("a server"))
}

fn client(service: Service) -> End {
    let (_, config) = configs(HandOff::AfterAuthentication);
    End::new(Connection::client(&config, service, "mail.example", 0).expect("a client"))
}

fn code(end: &End) -> Option<ErrorCode> {
    end.connection.error().map(crate::Error::code)
}

#[test]
fn cleartext_on_a_tls_port_is_refused_with_a_reason() {
    for service in IMPLICIT {
        for words in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"EHLO a\r\n",
            b"a1 LOGIN u p\r\n",
            b"CAPA\r\n",
            b"\0\0\0\0\0",
            b"\x80\x2e\x04",
        ] {
            let mut end = server(service);
            let error = end.hear(words).expect_err("a refusal");
            assert_eq!((error.code(), error.kind()), (ErrorCode::NotTls, ErrorKind::Peer), "{words:?}");
            assert_eq!(end.told, ["Closed"]);
            assert!(!end.connection.wants_input());
            // The same error for ever.
            assert_eq!(end.connection.handle_input(b"x", 0), Err(error));
        }
        let mut end = client(service);
        let error = end.hear(b"* OK ready\r\n").expect_err("a refusal");
        assert_eq!(error.code(), ErrorCode::NotTls);
        assert!(end.speak().starts_with(&[0x16, 3]), "the ClientHello");
    }
}

/// What is no TLS in the middle of a handshake is a broken record, whatever the chunks.
#[test]
fn only_the_first_byte_tells_what_speaks_instead_of_tls() {
    for chunk in [1, usize::MAX] {
        let mut hello = client(Service::Imaps).speak();
        hello.extend(b"a1 LOGIN u p\r\n");
        let mut end = server(Service::Imaps);
        let result = hello.chunks(chunk.min(hello.len())).try_for_each(|bytes| end.hear(bytes));
        assert_eq!(result.map_err(|e| e.code()), Err(ErrorCode::TlsProtocol));
    }
}

#[test]
fn an_old_client_gets_protocol_version() {
    // The extensions signature_algorithms, supported_groups and ec_point_formats, or none: what a
    // client of TLS 1.1 sends depends on how new it is.
    let extensions = [0, 22, 0, 13, 0, 4, 0, 2, 4, 3, 0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0];
    for extensions in [&extensions[..], &[]] {
        let mut hello = vec![1, 0, 0, 0, 3, 2];
        hello.extend([7; 32]);
        hello.extend([0, 0, 2, 0xc0, 0x13, 1, 0]);
        hello.extend(extensions);
        hello[3] = u8::try_from(hello.len() - 4).expect("a short hello");
        let mut record = vec![0x16, 3, 1, 0, u8::try_from(hello.len()).expect("a short hello")];
        record.extend(hello);
        let mut end = server(Service::Imaps);
        let error = end.hear(&record).expect_err("a refusal");
        assert_eq!(error.code(), ErrorCode::TlsPolicy);
        let reason =
            "the client offers nothing better than TLSv1.1, 1 cipher suite; TLSv1.2 is required (RFC 8997)";
        assert_eq!(error.reason(), reason);
        assert_eq!(end.connection.alert_sent().and_then(Alert::name), Some("protocol_version"));
        assert_eq!(end.speak(), [0x15, 3, 1, 0, 2, 2, 70]);
    }
}

/// ALPN-01: a client that offers only foreign protocols is refused (ALPACA).
#[test]
fn foreign_alpn_is_refused() {
    let (server, client) = configs(HandOff::AfterAuthentication);
    let mut pair = Pair::of(
        Connection::server(&server, Service::Imaps, 0).expect("a server"),
        Connection::client(&client, Service::Pop3s, "mail.example", 0).expect("a client"),
    );
    pair.run(|n| n);
    assert_eq!(code(&pair.server), Some(ErrorCode::NoApplicationProtocol));
    assert_eq!(pair.server.connection.alert_sent().and_then(|a| a.name()), Some("no_application_protocol"));
    assert_eq!(code(&pair.client), Some(ErrorCode::TlsAlertReceived));
    assert_eq!(
        pair.client.connection.error().map(crate::Error::reason),
        Some("the peer sent the alert no_application_protocol: it accepts none of the ALPN names offered")
    );
}

#[test]
fn certificates_that_do_not_convince_get_the_right_alert() {
    let (server, client) = configs(HandOff::AfterAuthentication);
    let mut params = rcgen::CertificateParams::new(vec!["mail.example".into()]).expect("a name");
    params.distinguished_name.push(rcgen::DnType::CommonName, "Somebody Else");
    let key = rcgen::KeyPair::generate().expect("a key");
    let anchor = params.self_signed(&key).expect("a certificate").pem();
    let stranger =
        ClientConfig::builder().ca_pem(anchor.as_bytes()).expect("an anchor").build().expect("a client");
    for (config, name, expected, alert) in [
        (&client, "other.example", ErrorCode::CertificateNameMismatch, "certificate_unknown"),
        (&client, "192.0.2.1", ErrorCode::CertificateNameMismatch, "certificate_unknown"),
        (&stranger, "mail.example", ErrorCode::CertificateUntrusted, "unknown_ca"),
    ] {
        let mut pair = Pair::of(
            Connection::server(&server, Service::Imaps, 0).expect("a server"),
            Connection::client(config, Service::Imaps, name, 0).expect("a client"),
        );
        pair.client.attempts = vec![Mechanism::Plain];
        pair.run(|n| n);
        assert_eq!(code(&pair.client), Some(expected));
        if name == "other.example" {
            let reason = "the certificate is not for other.example; it is for mail.example: connect by a name that \
                          it is for, or have its owner add this one";
            assert_eq!(pair.client.connection.error().map(crate::Error::reason), Some(reason));
        }
        if name == "mail.example" {
            let reason = "the certificate is self-signed and not among the trusted ones: if it is the right one, make \
                          it trusted (as a CA file), or pin it when the account is set up";
            assert_eq!(pair.client.connection.error().map(crate::Error::reason), Some(reason));
        }
        assert_eq!(pair.client.connection.alert_sent().and_then(|a| a.name()), Some(alert));
        assert_eq!(pair.client.told, ["Closed"]);
        assert_eq!(code(&pair.server), Some(ErrorCode::TlsAlertReceived));
        assert!(pair.server.told.iter().all(|told| told == "Closed"), "{:?}", pair.server.told);
    }
}

#[test]
fn an_expired_certificate_is_told_apart() {
    let mut params = rcgen::CertificateParams::new(vec!["mail.example".into()]).expect("a name");
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let key = rcgen::KeyPair::generate().expect("a key");
    let made =
        rcgen::CertifiedKey { cert: params.self_signed(&key).expect("a certificate"), signing_key: key };
    let server = server_builder(&made).build().expect("a server configuration");
    let client = ClientConfig::builder()
        .ca_pem(made.cert.pem().as_bytes())
        .expect("an anchor")
        .build()
        .expect("a client");
    let mut pair = Pair::of(
        Connection::server(&server, Service::Imaps, 0).expect("a server"),
        Connection::client(&client, Service::Imaps, "mail.example", 0).expect("a client"),
    );
    pair.run(|n| n);
    assert_eq!(code(&pair.client), Some(ErrorCode::CertificateExpired));
}

/// The bytes of a whole session towards each end, and what that end was told.
fn recorded(service: Service) -> Pair {
    let mut pair = Pair::new(service, HandOff::AfterAuthentication);
    pair.client.attempts = vec![Mechanism::Login];
    pair.server.says = b"* welcome\r\n";
    pair.run(|n| n);
    pair
}

/// CLOSE-02: TCP that ends anywhere in a session is told from an orderly end, and nothing panics
/// or hangs. The server is cut at every position: it hears a live client up to there.
#[test]
fn tcp_may_end_at_every_byte() {
    for service in IMPLICIT {
        let (server, client) = configs(HandOff::AfterAuthentication);
        let whole = recorded(service);
        for position in 0..whole.to_server.len() + whole.to_client.len() {
            let mut pair = Pair::of(
                Connection::server(&server, service, 0).expect("a server"),
                Connection::client(&client, service, "mail.example", 0).expect("a client"),
            );
            pair.client.attempts = vec![Mechanism::Login];
            let mut left = position;
            let mut ended = false;
            while !ended {
                let to_server = pair.client.speak();
                let n = left.min(to_server.len());
                let _ = pair.server.hear(&to_server[..n]);
                left -= n;
                let to_client = pair.server.speak();
                let m = left.min(to_client.len());
                let _ = pair.client.hear(&to_client[..m]);
                left -= m;
                ended = left == 0 || (to_server.is_empty() && to_client.is_empty());
            }
            for end in [&mut pair.server, &mut pair.client] {
                let open = matches!(end.connection.phase, super::super::Phase::Open);
                let result = end.connection.handle_end_of_input(0);
                end.serve();
                assert_eq!(
                    result.map_err(|e| e.code()),
                    Err(ErrorCode::Truncated),
                    "{service} at {position}"
                );
                assert_eq!(end.told.last().map(String::as_str), Some("Closed"), "{service} at {position}");
                assert_eq!(end.told.iter().any(|t| t == "HandedOff"), open, "{service} at {position}");
                assert_eq!(end.connection.poll_timeout(), None);
            }
        }
    }
}

#[test]
fn a_clean_close_is_not_a_truncation() {
    let mut pair = recorded(Service::Imaps);
    pair.client.connection.close(0);
    pair.server.closes_back = false;
    let bytes = pair.client.speak();
    assert_eq!(pair.server.hear(&bytes), Ok(()));
    assert_eq!(pair.server.told.last().map(String::as_str), Some("PeerClosed"));
    for _ in 0..3 {
        assert!(!pair.server.connection.wants_input());
        assert_eq!(pair.server.connection.handle_end_of_input(0), Ok(()));
        let more = pair.server.connection.handle_input(b"more", 0).map_err(|e| e.code());
        assert_eq!(more, Err(ErrorCode::WrongState));
        assert!(pair.server.connection.poll_event().is_none(), "told once");
    }
    // It may still say something.
    assert_eq!(pair.server.connection.write(b"* BYE\r\n"), Ok(7));
    pair.server.connection.close(0);
    pair.server.serve();
    assert_eq!((code(&pair.server), pair.server.told.last().map(String::as_str)), (None, Some("Closed")));
    // A peer that never answers the close is let go, and it shows.
    assert_eq!(pair.client.connection.poll_timeout(), Some(5_000));
    assert_eq!(pair.client.connection.handle_timeout(5_000), Ok(()));
    pair.client.serve();
    assert_eq!((code(&pair.client), pair.client.told.last().map(String::as_str)), (None, Some("Closed")));
    assert!(!pair.client.connection.peer_sent_close_notify());
}

/// RFC 9846 §6.1: what the peer does wrong after our close_notify gets no answer.
#[test]
fn nothing_follows_our_close_notify() {
    for service in IMPLICIT {
        let mut pair = recorded(service);
        pair.server.connection.close(0);
        assert!(!pair.server.speak().is_empty(), "close_notify");
        let record = [&[0x17, 3, 3, 0, 32][..], &[b'x'; 32]].concat();
        assert_eq!(pair.server.hear(&record), Ok(()));
        assert_eq!(pair.server.speak(), b"");
        assert_eq!((code(&pair.server), pair.server.told.last().map(String::as_str)), (None, Some("Closed")));
        assert_eq!(pair.server.connection.alert_sent(), Some(Alert::CLOSE_NOTIFY));
    }
}

/// Two writes of close_notify (RFC 9846 §6.1): a client that leaves in the middle of the dialogue.
#[test]
fn leaving_early_is_reported_as_such() {
    for service in IMPLICIT {
        let mut pair = Pair::new(service, HandOff::Transparent);
        pair.run(|n| n);
        pair.client.connection.close(0);
        pair.run(|n| n);
        assert_eq!(code(&pair.server), Some(ErrorCode::ClosedEarly), "{service}");
        assert_eq!(code(&pair.client), None, "{service}");
    }
}

/// A session whose client has just said `LOGOUT` or `QUIT`.
fn logging_out(service: Service) -> Pair {
    let mut pair = Pair::new(service, HandOff::AfterAuthentication);
    for _ in 0..20 {
        let words = pair.client.speak();
        if matches!(&pair.client.connection.phase, Phase::Dialogue { machine, .. } if machine.is_logging_out())
        {
            return pair;
        }
        // Nothing is wrong with either.
        pair.server.hear(&words).expect("a client's words");
        let words = pair.server.speak();
        pair.client.hear(&words).expect("a server's words");
    }
    panic!("{service}: no log-out, but {:?}", pair.client.told);
}

/// What the client has asked for has been done, whether or not the server says so.
#[test]
fn a_server_may_close_at_the_log_out() {
    for service in IMPLICIT {
        let words: &[&[u8]] = if service == Service::Imaps {
            &[b"", b"* BYE so long\r\n", b"* BY"]
        } else {
            &[b"", b"2", b"+"]
        };
        for words in words {
            let mut pair = logging_out(service);
            let Connection { channel, output, .. } = &mut pair.server.connection;
            channel.send(words, output).expect("room");
            channel.close(output);
            let bytes = pair.server.speak();
            assert_eq!(pair.client.hear(&bytes), Ok(()), "{service}");
            assert_eq!(
                (code(&pair.client), pair.client.told.last().map(String::as_str)),
                (None, Some("Closed"))
            );
            assert_eq!(pair.client.connection.handle_end_of_input(0), Ok(()));
        }
        let mut cut = logging_out(service);
        let error = cut.client.connection.handle_end_of_input(0).expect_err("no close_notify");
        assert_eq!(error.code(), ErrorCode::Truncated, "{service}");
    }
}

/// What a hostile client says after the handshake, through a transparent client of ours.
fn says(service: Service, words: &'static [u8]) -> Pair {
    let mut pair = Pair::new(service, HandOff::Transparent);
    pair.client.says = words;
    pair.run(|n| n);
    pair
}

#[test]
fn bad_input_gets_a_reply_a_reason_and_the_end() {
    let long: &'static [u8] = Box::leak(vec![b'x'; 20_000].into_boxed_slice());
    for service in IMPLICIT {
        for (words, expected) in [
            (long, ErrorCode::LimitExceeded),
            (&b"NOOP\n"[..], ErrorCode::Syntax),
            (b"NO\0OP\r\n", ErrorCode::Syntax),
            (b"NO\rOP\r\n", ErrorCode::Syntax),
            (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", ErrorCode::ForeignProtocol),
            (b"\x16\x03\x01\x00\x05abcde", ErrorCode::ForeignProtocol),
            (b"X\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\nX\r\n", ErrorCode::TooManyErrors),
        ] {
            let pair = says(service, words);
            let shown = &words[..words.len().min(20)];
            assert_eq!(code(&pair.server), Some(expected), "{service} {shown:?}");
            let reason = pair.server.connection.error().map(|e| e.reason().to_owned()).unwrap_or_default();
            assert!(!reason.is_empty() && !reason.contains(['\r', '\n']), "{service} {shown:?}: {reason}");
            assert_eq!(pair.server.told.last().map(String::as_str), Some("Closed"));
            assert!(pair.client.told.contains(&"PeerClosed".to_owned()), "close_notify: {service} {shown:?}");
            assert!(pair.client.read.ends_with(b"\r\n"));
            assert_eq!(pair.server.connection.plaintext.capacity(), 0);
            if expected == ErrorCode::TooManyErrors {
                let last: &[u8] = match service {
                    Service::Imaps => b"* BYE",
                    Service::Pop3s => b"-ERR",
                    _ => b"421 4.7.0",
                };
                assert!(pair.client.read.windows(last.len()).any(|w| w == last), "{service}");
            }
        }
    }
}

#[test]
fn one_byte_a_minute_does_not_last() {
    for service in IMPLICIT {
        let mut pair = Pair::new(service, HandOff::Transparent);
        pair.run(|n| n);
        let mut now = 0;
        let error = loop {
            now += 59_000;
            pair.client.connection.write(b"N").expect("an open connection");
            let bytes = pair.client.speak();
            if let Err(error) = pair.server.connection.handle_input(&bytes, now) {
                break error;
            }
        };
        assert_eq!((error.code(), now), (ErrorCode::DeadlinePassed, 118_000), "{service}");
        // It takes leave, and properly.
        let bytes = pair.server.speak();
        let _ = pair.client.hear(&bytes);
        assert!(pair.client.told.contains(&"PeerClosed".to_owned()));
    }
}

#[test]
fn every_wait_has_a_deadline() {
    for service in IMPLICIT {
        let mut end = server(service);
        assert_eq!(end.connection.poll_timeout(), Some(30_000));
        assert_eq!(end.connection.handle_timeout(29_999), Ok(()));
        let error = end.connection.handle_timeout(30_000).expect_err("too late");
        assert_eq!(error.code(), ErrorCode::DeadlinePassed);

        // Busy with valid commands, but never authenticating.
        let mut pair = Pair::new(service, HandOff::Transparent);
        pair.run(|n| n);
        let words: &[u8] = if service == Service::Imaps { b"a NOOP\r\n" } else { b"CAPA\r\n" };
        let words = if service == Service::Submissions { b"NOOP\r\n" } else { words };
        let mut now = 0;
        while code(&pair.server).is_none() {
            now += 30_000;
            pair.client.connection.write(words).expect("an open connection");
            let bytes = pair.client.speak();
            let _ = pair.server.connection.handle_input(&bytes, now);
            pair.server.speak();
        }
        assert_eq!((code(&pair.server), now), (Some(ErrorCode::DeadlinePassed), 180_000), "{service}");
    }
}

/// A peer that never reads: nothing more is taken from it, and little is held for it.
#[test]
fn a_peer_that_never_reads_is_bounded() {
    for service in IMPLICIT {
        let mut pair = Pair::new(service, HandOff::Transparent);
        pair.run(|n| n);
        let words: &[u8] = if service == Service::Imaps { b"a CAPABILITY\r\n" } else { b"NOOP\r\n" };
        let words = if service == Service::Pop3s { b"CAPA\r\n" } else { words };
        let mut rounds = 0;
        while pair.server.connection.wants_input() {
            pair.client.connection.write(&words.repeat(100)).expect("an open connection");
            let bytes = pair.client.speak();
            let _ = pair.server.connection.handle_input(&bytes, 0);
            pair.server.serve();
            rounds += 1;
            assert!(rounds < 1000, "{service}");
        }
        assert!(pair.server.connection.poll_transmit().len() < 80_000, "{service}");
        assert_eq!(
            pair.server.connection.handle_input(b"x", 0).map_err(|e| e.code()),
            Err(ErrorCode::WouldBlock),
            "{service}"
        );
        assert_eq!(code(&pair.server), None);
        // Once it reads, the dialogue goes on where it stood.
        pair.run(|n| n);
        assert!(pair.server.connection.wants_input());
    }
}

/// A ClientHello of 60000 octets, one octet a record: held only up to the limit.
#[test]
fn an_endless_handshake_is_cut_off() {
    let mut end = server(Service::Imaps);
    let mut sent = 0;
    let error = loop {
        let octet = [1, 0, 0xea, 0x60].get(sent).copied().unwrap_or(0);
        sent += 1;
        if let Err(error) = end.hear(&[0x16, 3, 1, 0, 1, octet]) {
            break error;
        }
    };
    assert_eq!(error.code(), ErrorCode::LimitExceeded);
    assert_eq!(sent, 131_072 / 6 + 1);
}

#[test]
fn misuse_changes_nothing() {
    let mut end = server(Service::Imaps);
    let wrong = |result: Result<(), crate::Error>| result.map_err(|e| (e.code(), e.kind()));
    let expected = Err((ErrorCode::WrongState, ErrorKind::Misuse));
    assert_eq!(wrong(end.connection.accept(0)), expected);
    assert_eq!(wrong(end.connection.reject(crate::Rejection::default(), 0)), expected);
    assert_eq!(wrong(end.connection.log_out(0)), expected);
    assert_eq!(
        wrong(end.connection.authenticate(crate::Credentials::new(Mechanism::Plain, "a", "b".into()), 0)),
        expected
    );
    assert_eq!(wrong(end.connection.write(b"x").map(|_| ())), expected);
    assert_eq!(wrong(end.connection.read(&mut [0]).map(|_| ())), expected);
    assert_eq!(end.connection.transmitted(1).map_err(|e| e.code()), Err(ErrorCode::InvalidArgument));
    assert!(end.connection.poll_event().is_none());
    assert!(end.connection.wants_input());

    let (_, client) = configs(HandOff::AfterAuthentication);
    assert!(Connection::client(&client, Service::Imaps, "not a name", 0).is_err());
    let empty = ClientConfig::builder().build().expect("a configuration");
    let refused = Connection::client(&empty, Service::Imaps, "mail.example", 0).err().map(|e| e.code());
    assert_eq!(refused, Some(ErrorCode::NoTrustAnchor));
}

/// TlsEstablished is told only once our last flight has been taken for sending.
#[test]
fn established_waits_for_the_last_flight() {
    let mut pair = Pair::new(Service::Imaps, HandOff::AfterAuthentication);
    let hello = pair.client.speak();
    let _ = pair.server.hear(&hello);
    let flight = pair.server.speak();
    pair.client.connection.handle_input(&flight, 0).expect("a good flight");
    assert!(pair.client.connection.tls_facts().is_some());
    assert!(pair.client.connection.poll_event().is_none());
    let waiting = pair.client.connection.poll_transmit().len();
    pair.client.connection.transmitted(waiting - 1).expect("so many");
    assert!(pair.client.connection.poll_event().is_none());
    pair.client.connection.transmitted(1).expect("one more");
    assert!(matches!(pair.client.connection.poll_event(), Some(Event::TlsEstablished)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Any one byte changed anywhere in what a server hears: a fault or the same session, never
    /// something else.
    #[test]
    fn a_changed_byte_is_never_obeyed(which in 0usize..3, at in 0usize..4000, flip in 1u8..=255) {
        let service = IMPLICIT[which];
        let mut pair = Pair::new(service, HandOff::AfterAuthentication);
        pair.client.attempts = vec![Mechanism::Plain];
        let mut seen = 0;
        let mut changed = false;
        loop {
            let mut to_server = pair.client.speak();
            if (seen..seen + to_server.len()).contains(&at) {
                to_server[at - seen] ^= flip;
                changed = true;
            }
            seen += to_server.len();
            if pair.server.connection.wants_input() {
                let _ = pair.server.hear(&to_server);
            }
            let to_client = pair.server.speak();
            if pair.client.connection.wants_input() {
                let _ = pair.client.hear(&to_client);
            }
            if to_server.is_empty() && to_client.is_empty() {
                break;
            }
        }
        if !changed {
            prop_assert!(pair.server.told.iter().any(|t| t == "HandedOff"));
        }
        for told in &pair.server.told {
            prop_assert!(!told.starts_with("Credentials") || told == "Credentials Plain tim");
        }
    }

    #[test]
    fn any_bytes_into_either_end(which in 0usize..3, bytes in proptest::collection::vec(any::<u8>(), 0..400), record: bool) {
        let bytes = if record {
            let [high, low] = u16::try_from(bytes.len()).unwrap_or(0).to_be_bytes();
            let mut framed = vec![0x16, 3, 1, high, low];
            framed.extend(bytes);
            framed
        } else {
            bytes
        };
        for mut end in [server(IMPLICIT[which]), client(IMPLICIT[which])] {
            let _ = end.hear(&bytes);
            let _ = end.connection.handle_end_of_input(0);
            end.serve();
            prop_assert_eq!(end.told.last().map(String::as_str), Some("Closed"));
        }
    }
}

/// What a server refused before TCP is cut explains the cut, and does not make a refusal of it: a host
/// may try again after a cut. Its orderly end behind a refusal is the refusal.
#[test]
fn a_cut_after_a_refusal_is_a_cut() {
    let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).expect("a certificate");
    let server = server_builder(&made).hand_off(HandOff::Transparent).build().expect("a server");
    let mut client = ClientConfig::builder();
    client.ca_pem(made.cert.pem().as_bytes()).expect("a trust anchor");
    let client = client.build().expect("a client configuration");
    for (orderly, expected) in [(false, ErrorCode::Truncated), (true, ErrorCode::RefusedByServer)] {
        let mut pair = Pair::of(
            Connection::server(&server, Service::Submissions, 0).expect("a server"),
            Connection::client(&client, Service::Submissions, "mail.example", 0).expect("a client"),
        );
        pair.server.says = b"220 hi\r\n550 5.7.1 blocked\r\n";
        pair.run(|n| n);
        assert_eq!(pair.server.read, b"EHLO localhost\r\nHELO localhost\r\n");
        if orderly {
            pair.server.connection.close(0);
            pair.run(|n| n);
        } else {
            let error = pair.client.connection.handle_end_of_input(0).expect_err("no close_notify came");
            assert_eq!(error.code(), expected);
        }
        let error = pair.client.connection.error().expect("it ended too early");
        assert_eq!(error.code(), expected);
        assert!(error.reason().contains("550 blocked"), "{error}");
    }
}
