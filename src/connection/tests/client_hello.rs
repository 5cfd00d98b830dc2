//! What a client begins with: told before anything comes of it, and named where it is refused.

use super::pair::{End, Pair, configs, server_builder};
use crate::dialogue::HandOff;
use crate::tls::client_hello::{ClientHello, FALLBACK_SCSV, Sslv2Hello};
use crate::tls::policy::Policy;
use crate::tls::registry::{Alert, CipherSuite, Version};
use crate::{Connection, ErrorCode, Event, Service};

fn server(service: Service) -> Connection {
    let (config, _) = configs(HandOff::AfterAuthentication);
    Connection::server(&config, service, 0).expect("a server")
}

/// What a server of ours says to these first bytes: its reason, its alert, and whether it has told of a
/// ClientHello first.
fn refusal(bytes: &[u8], chunk: usize) -> (ErrorCode, String, Option<&'static str>, bool) {
    let mut end = End::new(server(Service::Imaps));
    let result = bytes.chunks(chunk).try_for_each(|bytes| end.hear(bytes));
    let error = result.expect_err("a refusal");
    let alert = end.connection.alert_sent();
    let sent = alert.map_or(vec![], |alert| vec![0x15, 3, 1, 0, 2, 2, alert.0]);
    assert_eq!(end.speak(), sent);
    assert_eq!(end.told, ["Closed"]);
    let told = end.hello.is_some();
    (error.code(), error.reason().into(), alert.and_then(Alert::name), told)
}

#[test]
fn it_is_told_before_anything_that_comes_of_it() {
    for service in [Service::Imaps, Service::Submission] {
        let (server, client) = configs(HandOff::AfterAuthentication);
        let mut pair = Pair::of(
            Connection::server(&server, service, 0).expect("a server"),
            Connection::client(&client, service, "mail.example", 0).expect("a client"),
        );
        pair.run(|n| n);
        // That it comes once, and in time, is seen to by the end.
        let hello = pair.server.hello.as_ref().expect("a ClientHello");
        assert_eq!(hello.server_name(), Some("mail.example"), "{service:?}");
        assert_eq!(pair.server.told.first().map(String::as_str), Some("TlsEstablished"));
        assert!(pair.client.hello.is_none());
    }
}

#[test]
fn it_is_what_the_client_offers() {
    let (_, config) = configs(HandOff::AfterAuthentication);
    let client = Connection::client(&config, Service::Imaps, "Mail.Example", 0).expect("a client");
    let mut server = server(Service::Imaps);
    for byte in client.poll_transmit() {
        assert!(server.poll_event().is_none() && server.poll_transmit().is_empty());
        server.handle_input(&[*byte], 0).expect("a good client");
    }
    let Some(Event::ClientHello(hello)) = server.poll_event() else { panic!("a ClientHello") };
    assert_eq!(hello.server_name(), Some("mail.example"));
    assert_eq!(hello.alpn(), [b"imap"]);
    assert_eq!(hello.highest_version(), Some(Version::TLS_1_3));
    assert!(hello.supported_versions().contains(&Version::TLS_1_2));
    assert!(hello.cipher_suites().contains(&CipherSuite(0x1301)) && !hello.key_shares().is_empty());
    assert_eq!(hello.to_bytes(), client.poll_transmit());
    assert!(server.poll_event().is_none());
}

/// SRV-05, SRV-06: what it says in the record header makes no difference.
#[test]
fn an_old_client_is_refused_with_what_it_offers() {
    let suites = [CipherSuite(0x0a0a), CipherSuite(0x002f), CipherSuite(0xc013), CipherSuite(0x00ff)];
    let builder = ClientHello::builder().cipher_suites(&suites).record_version(Version::TLS_1_3);
    let old = builder.clone().legacy_version(Version(0x0301)).without_extensions();
    let newer = builder.supported_versions(&[Version(0x0302), Version(0x0301)]);
    for (builder, best) in [(old, "TLSv1"), (newer, "TLSv1.1")] {
        let bytes = builder.build().expect("a ClientHello").to_bytes();
        let reason = format!(
            "the client offers nothing better than {best}, 2 cipher suites; TLSv1.2 is required (RFC 8997)"
        );
        for chunk in [1, 1000] {
            let expected = (ErrorCode::TlsPolicy, reason.clone(), Some("protocol_version"), true);
            assert_eq!(refusal(&bytes, chunk), expected);
        }
    }
}

/// The alert is the same for what the policy alone refuses.
#[test]
fn what_is_old_is_the_policys_to_say() {
    let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).expect("a certificate");
    let config = server_builder(&made).policy(Policy::modern()).build().expect("a server");
    let mut end = End::new(Connection::server(&config, Service::Imaps, 0).expect("a server"));
    let builder = ClientHello::builder().supported_versions(&[Version::TLS_1_2]);
    let error = end.hear(&builder.build().expect("a ClientHello").to_bytes()).expect_err("a refusal");
    let reason =
        "the client offers nothing better than TLSv1.2, 2 cipher suites; TLSv1.3 is required (the policy)";
    assert_eq!(error.reason(), reason);
    assert_eq!(end.connection.alert_sent(), Some(Alert::PROTOCOL_VERSION));
}

/// RFC 7507 §3.
#[test]
fn a_client_that_fell_back_is_refused() {
    let suites = [CipherSuite(0xc02b), FALLBACK_SCSV];
    let builder = ClientHello::builder().cipher_suites(&suites).supported_versions(&[Version::TLS_1_2]);
    let bytes = builder.build().expect("a ClientHello").to_bytes();
    let (code, reason, alert, told) = refusal(&bytes, 7);
    assert_eq!((code, alert, told), (ErrorCode::TlsPolicy, Some("inappropriate_fallback"), true));
    assert_eq!(reason, "the client fell back to TLSv1.2, 1 cipher suite; TLSv1.3 is available (RFC 7507 §3)");
}

#[test]
fn an_sslv2_hello_is_refused_with_what_it_offers() {
    let specs = [[1, 0, 0x80], [0, 0, 0x2f], [0, 0, 0x35]];
    let hello = Sslv2Hello::new(Version(0x0301), &specs, &[7; 16]).expect("a hello");
    let reason = "an SSLv2 hello (RFC 6176): TLSv1 at best, 2 cipher suites; TLSv1.2 is required (RFC 8997)";
    for chunk in [1, 1000] {
        let expected = (ErrorCode::TlsPolicy, reason.into(), Some("protocol_version"), false);
        assert_eq!(refusal(&hello.to_bytes(), chunk), expected);
    }
}

#[test]
fn nothing_in_common_names_what_was_offered() {
    let builder = ClientHello::builder().cipher_suites(&[CipherSuite(0x002f)]);
    let bytes = builder.supported_versions(&[Version::TLS_1_2]).build().expect("a ClientHello").to_bytes();
    let mut end = End::new(server(Service::Imaps));
    let error = end.hear(&bytes).expect_err("a refusal");
    assert_eq!(error.code(), ErrorCode::TlsPolicy);
    assert!(error.reason().ends_with("; the client offers TLSv1.2 at best, 1 cipher suite"), "{error}");
    assert!(end.hello.is_some());
}

#[test]
fn the_reason_says_what_it_looks_like_instead() {
    let port = "; set the client to TLS from the first byte (often called SSL/TLS), or to imap with STARTTLS \
        (usually port 143)";
    for (words, what, advice) in [
        (&b"GET / HTTP/1.1\r\n"[..], "cleartext (HTTP) where TLS must begin with the first byte", ""),
        (b"EHLO a\r\n", "cleartext (SMTP) where TLS must begin with the first byte", ""),
        (b"a1 LOGIN u p\r\n", "cleartext (IMAP) where TLS must begin with the first byte", port),
        (b"CAPA\r\n", "cleartext (POP3) where TLS must begin with the first byte", ""),
        (b"hello?\r\n", "cleartext where TLS must begin with the first byte", port),
        (b"\x03\0\0\x13", "binary data where TLS must begin", ""),
    ] {
        for chunk in [1, 1000] {
            assert_eq!(
                refusal(words, chunk),
                (ErrorCode::NotTls, what.to_owned() + advice, Some("unexpected_message"), false)
            );
        }
    }
}
