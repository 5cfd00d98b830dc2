//! Sessions that go well, in every chunking.

use super::pair::{End, IMPLICIT, Pair, server_builder};
use super::world::Versions;
use crate::dialogue::{HandOff, Mechanism};
use crate::tls::channel_binding::ChannelBindings;
use crate::tls::registry::Version;
use crate::trace::{DateTime, Domain, Received};
use crate::{Role, Service};
use proptest::prelude::*;

fn mechanisms(service: Service) -> &'static [Mechanism] {
    match service {
        Service::Submissions => &[Mechanism::Plain, Mechanism::Login],
        _ => &[Mechanism::Plain, Mechanism::Login, Mechanism::Password],
    }
}

/// A whole session: login, a word from each side, close by the client.
fn session(service: Service, mechanism: Mechanism, cut: impl FnMut(usize) -> usize) -> Pair {
    let mut pair = Pair::new(service, HandOff::AfterAuthentication);
    pair.client.attempts = vec![mechanism];
    pair.client.says = b"from the client";
    pair.server.says = b"from the server";
    let mut cut = cut;
    pair.run(&mut cut);
    pair.client.connection.close(0);
    pair.run(&mut cut);
    pair
}

/// What the Received field of a message says that came over this connection.
fn with_clause(end: &End, smtputf8: bool) -> Option<String> {
    let host: Domain = "example.org".parse().expect("a domain");
    let date = DateTime::from_unix_seconds(0, 0).expect("a date");
    let received = end.connection.trace(Received::new(host.clone(), host, date), smtputf8);
    assert_eq!(
        received.tls_clause().map(ToString::to_string).as_deref(),
        Some("tls TLS_AES_256_GCM_SHA384 group X25519MLKEM768")
    );
    received.with_clause().map(|with| with.value.to_string())
}

#[test]
fn a_message_is_traced_to_how_it_came() {
    let pair = session(Service::Submissions, Mechanism::Plain, |n| n);
    assert_eq!(with_clause(&pair.server, true).as_deref(), Some("UTF8SMTPSA"));
    let mut pair = Pair::new(Service::Submissions, HandOff::Transparent);
    pair.run(&mut |n| n);
    assert_eq!(with_clause(&pair.server, false).as_deref(), Some("ESMTPS"));
}

#[test]
fn every_service_and_mechanism_to_the_end() {
    for service in IMPLICIT {
        for &mechanism in mechanisms(service) {
            let pair = session(service, mechanism, |n| n);
            let credentials = format!("Credentials {mechanism:?} tim");
            let mut expected =
                vec!["TlsEstablished", &credentials, "Authenticated", "HandedOff", "PeerClosed", "Closed"];
            if service == Service::Submissions {
                expected.insert(1, "ClientName localhost true");
            }
            assert_eq!(pair.server.told, expected, "{service} {mechanism:?}");
            assert_eq!(
                pair.client.told,
                ["TlsEstablished", "Greeting Ready", "Capabilities", "Authenticated", "HandedOff", "Closed"],
                "{service} {mechanism:?}"
            );
            assert_eq!(pair.server.read, b"from the client");
            assert_eq!(pair.client.read, b"from the server");
            let with = (service == Service::Submissions).then_some("ESMTPSA");
            assert_eq!(with_clause(&pair.server, false).as_deref(), with);
            for end in [&pair.server, &pair.client] {
                assert_eq!(end.connection.error(), None);
                assert!(end.connection.peer_sent_close_notify());
                let facts = end.connection.tls_facts().expect("TLS stood");
                assert_eq!(facts.version, Version::TLS_1_3);
                assert_eq!(facts.group.and_then(|g| g.name()), Some("X25519MLKEM768"));
                assert_eq!(facts.alpn.as_deref(), Some(service.protocol().alpn()));
            }
            assert_eq!(pair.client.connection.role(), Role::Client);
            assert_eq!(pair.client.connection.tls_facts().map(|f| f.peer_certificates.len()), Some(1));
        }
    }
}

/// TLS-01: the first byte in each direction, and all that follow, are TLS records.
#[test]
fn no_protocol_byte_crosses_in_clear() {
    for service in IMPLICIT {
        let pair = session(service, Mechanism::Plain, |n| n);
        for mut stream in [&pair.to_server[..], &pair.to_client[..]] {
            while let [kind, 3, _, high, low, rest @ ..] = stream {
                assert!((20..=23).contains(kind), "{service}: record type {kind}");
                stream = &rest[usize::from(*high) << 8 | usize::from(*low)..];
            }
            assert!(stream.is_empty(), "{service}: bytes that are no record");
        }
        let clear = |stream: &[u8]| {
            stream.windows(4).any(|w| w == b"PLAI" || w == b"* OK" || w == b"+OK " || w == b"EHLO")
        };
        assert!(!clear(&pair.to_server) && !clear(&pair.to_client));
    }
}

#[test]
fn byte_at_a_time_is_the_same_session() {
    for service in IMPLICIT {
        let whole = session(service, Mechanism::Plain, |n| n);
        let bytes = session(service, Mechanism::Plain, |_| 1);
        assert_eq!(whole.server.told, bytes.server.told);
        assert_eq!(whole.client.told, bytes.client.told);
        assert_eq!((whole.server.read, whole.client.read), (bytes.server.read, bytes.client.read));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_chunking_is_the_same_session(which in 0usize..3, chunks in proptest::collection::vec(1usize..600, 1..20)) {
        let service = IMPLICIT[which];
        let whole = session(service, Mechanism::Login, |n| n);
        let mut sizes = chunks.iter().cycle();
        let cut = session(service, Mechanism::Login, |_| *sizes.next().unwrap_or(&1));
        prop_assert_eq!(whole.server.told, cut.server.told);
        prop_assert_eq!(whole.client.told, cut.client.told);
        prop_assert_eq!((whole.server.read, whole.client.read), (cut.server.read, cut.client.read));
    }
}

#[test]
fn refused_attempts_can_be_followed_by_another_or_by_log_out() {
    for service in IMPLICIT {
        let mut pair = Pair::new(service, HandOff::AfterAuthentication);
        pair.client.attempts = vec![Mechanism::Plain];
        pair.client.password = "wrong";
        pair.run(|n| n);
        assert!(pair.client.told.contains(&"AuthenticationRefused".to_owned()), "{service}");
        assert_eq!(pair.client.told.last().map(String::as_str), Some("Closed"));
        assert_eq!(pair.client.connection.error(), None, "{service}");
        assert!(!pair.server.told.contains(&"Authenticated".to_owned()));
        assert_eq!(pair.server.connection.error(), None, "{service}");
    }
}

#[test]
fn a_host_may_take_over_after_the_greeting() {
    for service in IMPLICIT {
        let mut pair = Pair::new(service, HandOff::AfterGreeting);
        pair.client.says = match service {
            Service::Imaps => b"a LOGIN tim tanstaaftanstaaf\r\n",
            Service::Pop3s => b"USER tim\r\nPASS tanstaaftanstaaf\r\n",
            _ => b"EHLO me\r\nAUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n",
        };
        pair.run(|n| n);
        assert_eq!(pair.client.told, ["TlsEstablished", "Greeting Ready", "HandedOff"], "{service}");
        assert!(pair.server.told.contains(&"HandedOff".to_owned()), "{service}");
        assert!(!pair.client.read.is_empty());
    }
}

#[test]
fn transparent_is_plain_tls() {
    let mut pair = Pair::new(Service::Imaps, HandOff::Transparent);
    pair.run(|n| n);
    assert_eq!(pair.client.told, ["TlsEstablished", "HandedOff"]);
    assert!(pair.client.read.starts_with(b"* OK [CAPABILITY IMAP4rev1 "));
}

/// What an authentication can be bound to is the same on both ends; a server has it when it wants it.
#[test]
fn both_ends_know_the_same_channel_bindings() {
    let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).expect("a certificate");
    let client = crate::ClientConfig::builder()
        .ca_pem(made.cert.pem().as_bytes())
        .and_then(|builder| builder.build())
        .expect("a client");
    for (versions, best) in [(Versions::All, "tls-exporter"), (Versions::Tls12, "tls-server-end-point")] {
        // Asked for, or needed by a mechanism, or neither.
        for (asked, mechanism) in
            [(true, Mechanism::Login), (false, Mechanism::ScramSha256Plus), (false, Mechanism::Login)]
        {
            let wanted = asked || mechanism == Mechanism::ScramSha256Plus;
            for service in [Service::Imaps, Service::Submission] {
                let mut builder = server_builder(&made);
                builder.policy(versions.policy()).channel_bindings(asked);
                builder.settings(|s| s.sasl_mechanisms = vec![mechanism, Mechanism::Plain]);
                let server = builder.build().expect("a server");
                let mut pair = Pair::of(
                    crate::Connection::server(&server, service, 0).expect("a server"),
                    crate::Connection::client(&client, service, "mail.example", 0).expect("a client"),
                );
                pair.client.attempts = vec![Mechanism::Plain];
                pair.run(|n| n);
                let bindings = |end: &End| end.connection.tls_facts().map(|f| f.channel_bindings.clone());
                let (ours, theirs) = (bindings(&pair.server), bindings(&pair.client).expect("TLS stands"));
                assert_eq!(theirs.best().map(|(name, _)| name), Some(best), "{service}");
                let expected = if wanted { theirs } else { ChannelBindings::default() };
                assert_eq!(ours, Some(expected), "{service}");
            }
        }
    }
}

/// A session that idles after the hand-off holds no buffer.
#[test]
fn buffers_are_given_back() {
    let mut pair = Pair::new(Service::Imaps, HandOff::AfterAuthentication);
    pair.client.attempts = vec![Mechanism::Plain];
    pair.run(|n| n);
    for connection in [&pair.client.connection, &pair.server.connection] {
        assert!(connection.tls_facts().is_some());
        assert_eq!(connection.plaintext.capacity() + connection.output.capacity(), 0);
        assert_eq!(connection.events.capacity(), 0);
    }
}

/// What a peer pipelines behind its authentication is the host's, untouched.
#[test]
fn pipelined_bytes_reach_the_host_first() {
    let mut pair = Pair::new(Service::Imaps, HandOff::AfterGreeting);
    pair.client.says = b"a LOGIN tim tanstaaftanstaaf\r\nb SELECT INBOX\r\nc NOOP\r\n";
    pair.run(|n| n);
    assert_eq!(pair.server.read, b"b SELECT INBOX\r\nc NOOP\r\n");
}

/// Bulk both ways: everything arrives, and back-pressure bounds what is held.
#[test]
fn bulk_is_bounded_and_whole() {
    let mut pair = Pair::new(Service::Imaps, HandOff::AfterAuthentication);
    pair.client.attempts = vec![Mechanism::Plain];
    pair.run(|n| n);
    let message: Vec<u8> = (0..1_000_000u32).map(|i| (i % 251) as u8).collect();
    let mut rest = &message[..];
    while !rest.is_empty() {
        let written = pair.client.connection.write(rest).expect("an open connection");
        rest = &rest[written..];
        assert!(pair.client.connection.poll_transmit().len() < 100_000);
        assert!(written > 0 || !pair.client.connection.poll_transmit().is_empty());
        pair.run(|n| n.min(16_384));
    }
    assert!(pair.server.read == message);
}

#[test]
fn tickets_resume() {
    let (server, client) = super::pair::configs(HandOff::AfterAuthentication);
    let mut resumed = Vec::new();
    for _ in 0..2 {
        let mut pair = Pair::of(
            crate::Connection::server(&server, Service::Imaps, 0).expect("a server"),
            crate::Connection::client(&client, Service::Imaps, "mail.example", 0).expect("a client"),
        );
        pair.client.attempts = vec![Mechanism::Plain];
        pair.run(|n| n);
        resumed.push(pair.server.connection.tls_facts().is_some_and(|f| f.resumed));
    }
    assert_eq!(resumed, [false, true]);
}
