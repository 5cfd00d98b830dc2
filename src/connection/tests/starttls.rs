//! STARTTLS and STLS: sessions that go well, and everything that must not lead around TLS.

use super::pair::{End, Pair, configs};
use crate::dialogue::{HandOff, Mechanism, StartTlsUse};
use crate::{Connection, ErrorCode, ServerConfig, Service};

const STARTTLS: [Service; 3] = [Service::Imap, Service::Pop3, Service::Submission];

fn code(end: &End) -> Option<ErrorCode> {
    end.connection.error().map(crate::Error::code)
}

#[test]
fn every_service_to_the_end() {
    for service in STARTTLS {
        for size in [usize::MAX, 1] {
            let mut pair = Pair::new(service, HandOff::AfterAuthentication);
            pair.client.attempts = vec![Mechanism::Plain];
            pair.client.says = b"from the client";
            pair.server.says = b"from the server";
            pair.run(|n| n.min(size));
            pair.client.connection.close(0);
            pair.run(|n| n.min(size));
            let mut expected = vec![
                "TlsEstablished",
                "Credentials Plain tim",
                "Authenticated",
                "HandedOff",
                "PeerClosed",
                "Closed",
            ];
            if service == Service::Submission {
                expected.insert(1, "ClientName localhost true");
            }
            assert_eq!(pair.server.told, expected, "{service}");
            // Nothing that was said before TLS is an event: neither greeting nor capabilities.
            assert_eq!(
                pair.client.told,
                ["TlsEstablished", "Capabilities", "Authenticated", "HandedOff", "Closed"],
                "{service}"
            );
            assert_eq!(
                (&pair.server.read[..], &pair.client.read[..]),
                (&b"from the client"[..], &b"from the server"[..])
            );
            assert_eq!((code(&pair.server), code(&pair.client)), (None, None), "{service}");
        }
    }
}

#[test]
fn other_hand_offs_come_as_soon_as_tls_stands() {
    for service in STARTTLS {
        for hand_off in [HandOff::AfterGreeting, HandOff::Transparent] {
            let mut pair = Pair::new(service, hand_off);
            pair.run(|n| n);
            assert_eq!(pair.client.told, ["TlsEstablished", "HandedOff"], "{service}");
        }
    }
}

/// SRV-01: without a certificate STARTTLS is neither offered nor accepted, and a client that
/// requires it goes away without having said anything of worth.
#[test]
fn a_server_without_a_certificate_offers_none() {
    let bare = ServerConfig::builder().build().expect("a server configuration");
    for service in STARTTLS {
        let (_, client) = configs(HandOff::AfterAuthentication);
        let mut pair = Pair::of(
            Connection::server(&bare, service, 0).expect("a server"),
            Connection::client(&client, service, "mail.example", 0).expect("a client"),
        );
        pair.client.attempts = vec![Mechanism::Plain];
        pair.run(|n| n);
        assert_eq!(code(&pair.client), Some(ErrorCode::StartTlsRefused), "{service}");
        assert_eq!(pair.client.told, ["Closed"], "{service}");
        let text = String::from_utf8_lossy(&pair.to_client).to_uppercase();
        assert!(
            !text.contains("STARTTLS\r") && !text.contains("STARTTLS ") && !text.contains("STLS\r"),
            "{service}: {text}"
        );
    }
}

/// Opportunistic TLS tells the host, and authenticates nothing in clear.
#[test]
fn opportunistic_never_authenticates_in_clear() {
    let bare = ServerConfig::builder().build().expect("a server configuration");
    let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).expect("a certificate");
    let client = crate::ClientConfig::builder()
        .ca_pem(made.cert.pem().as_bytes())
        .expect("an anchor")
        .settings(|s| s.starttls = StartTlsUse::Opportunistic)
        .build()
        .expect("a client configuration");
    for service in STARTTLS {
        let mut pair = Pair::of(
            Connection::server(&bare, service, 0).expect("a server"),
            Connection::client(&client, service, "mail.example", 0).expect("a client"),
        );
        pair.run(|n| n);
        assert_eq!(pair.client.told.len(), 1, "{service}: {:?}", pair.client.told);
        assert!(pair.client.told[0].starts_with("NotConfidential"), "{service}");
        let credentials = crate::Credentials::new(Mechanism::Plain, "tim", super::pair::PASSWORD.into());
        let refused = pair.client.connection.authenticate(credentials, 0).map_err(|e| e.code());
        assert_eq!(refused, Err(ErrorCode::WrongState), "{service}");
        assert!(pair.client.connection.poll_transmit().is_empty());
        pair.client.connection.log_out(0).expect("time to log out");
        pair.run(|n| n);
        assert!(!pair.server.told.iter().any(|t| t.starts_with("Credentials")), "{service}");
        assert_eq!(code(&pair.client), None, "{service}");
    }
}

/// SRV-02, SRV-03: what a client says of credentials in clear never reaches the host, and right
/// ones get the same answer as wrong ones.
#[test]
fn credentials_in_clear_are_refused_unseen() {
    let answers = |service: Service, password: &str| {
        let (server, _) = configs(HandOff::AfterAuthentication);
        let mut end = End::new(Connection::server(&server, service, 0).expect("a server"));
        let words = match service {
            Service::Imap => format!(
                "a LOGIN tim {password}\r\nb AUTHENTICATE PLAIN\r\nc LOGIN tim {{{}+}}\r\n{password}\r\n",
                password.len()
            ),
            Service::Pop3 => format!("USER tim\r\nPASS {password}\r\nAUTH PLAIN\r\n"),
            _ => "EHLO me\r\nAUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\nMAIL FROM:<>\r\n".to_owned(),
        };
        end.hear(words.as_bytes()).expect("refusals, not the end");
        assert_eq!(end.told, Vec::<String>::new(), "{service}");
        let refused = if service == Service::Submission { 1 } else { 3 };
        assert_eq!(end.connection.authentications_refused_in_clear(), refused, "{service}");
        assert!(end.connection.log_line().ends_with(&format!(" tls=none refused_in_clear={refused}")));
        String::from_utf8(end.speak()).expect("text")
    };
    for service in STARTTLS {
        let (right, wrong) = (answers(service, super::pair::PASSWORD), answers(service, "wrongwrongwrong!"));
        assert_eq!(right, wrong, "{service}");
        let refusal = match service {
            Service::Imap => "NO [PRIVACYREQUIRED]",
            Service::Pop3 => "-ERR",
            _ => "538 5.7.11",
        };
        assert!(
            right.matches(refusal).count() >= if service == Service::Submission { 1 } else { 3 },
            "{service}: {right}"
        );
        assert!(!right.contains("+ ") && !right.contains("334"), "{service}: {right}");
    }
}

/// Lines that an attacker in the path adds to what goes to the server.
fn to_server(service: Service) -> [&'static str; 3] {
    match service {
        Service::Imap => ["x1 NOOP\r\n", "x2 LOGIN tim tanstaaftanstaaf\r\n", "x3 STARTTLS\r\n"],
        Service::Pop3 => ["CAPA\r\n", "USER tim\r\nPASS tanstaaftanstaaf\r\n", "STLS\r\n"],
        _ => ["RSET\r\n", "EHLO evil\r\nAUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n", "STARTTLS\r\n"],
    }
}

/// Lines that an attacker in the path adds to what goes to the client.
fn to_client(service: Service) -> [&'static str; 3] {
    match service {
        Service::Imap => [
            "* OK [ALERT] evil\r\n",
            "* PREAUTH evil\r\n",
            "* CAPABILITY IMAP4rev1 AUTH=LOGIN\r\na OK evil\r\n",
        ],
        Service::Pop3 => ["+OK evil\r\n", "-ERR evil\r\n", "SASL LOGIN\r\n.\r\n"],
        _ => ["250 evil\r\n", "250-evil\r\n250 AUTH LOGIN\r\n", "235 evil\r\n"],
    }
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Before,
    Behind,
    Alone,
}

/// A session in which lines are added to one flight.
fn injected(
    service: Service,
    flight: usize,
    towards_server: bool,
    place: Place,
    lines: &str,
) -> (Pair, bool) {
    let mut pair = Pair::new(service, HandOff::AfterAuthentication);
    pair.client.attempts = vec![Mechanism::Plain];
    pair.client.says = b"from the client";
    pair.server.says = b"from the server";
    let (mut number, mut done) = (0, false);
    loop {
        let mut silent = true;
        for to_server in [true, false] {
            let (from, to) = if to_server {
                (&mut pair.client, &mut pair.server)
            } else {
                (&mut pair.server, &mut pair.client)
            };
            let bytes = from.speak();
            silent &= bytes.is_empty();
            let mut parts = vec![bytes];
            if number == flight && to_server == towards_server {
                done = true;
                match place {
                    Place::Before => parts[0] = [lines.as_bytes(), &parts[0]].concat(),
                    Place::Behind => parts[0].extend_from_slice(lines.as_bytes()),
                    Place::Alone => parts.push(lines.as_bytes().to_vec()),
                }
                silent = false;
            }
            for part in parts {
                if to.connection.wants_input() && !part.is_empty() {
                    let _ = to.hear(&part);
                }
            }
        }
        number += 1;
        if silent {
            return (pair, done);
        }
    }
}

/// One to three lines added at every boundary of a session, in each direction, change nothing of
/// what happens inside TLS: the session is the same, or it ends.
#[test]
fn injection_anywhere_changes_nothing_inside_tls() {
    for service in STARTTLS {
        let (clean, _) = injected(service, usize::MAX, true, Place::Alone, "");
        for towards_server in [true, false] {
            let alphabet = if towards_server { to_server(service) } else { to_client(service) };
            for flight in 0.. {
                let mut reached = false;
                for place in [Place::Before, Place::Behind, Place::Alone] {
                    for count in 1..=3 {
                        for first in 0..alphabet.len() {
                            let lines: String =
                                (0..count).map(|i| alphabet[(first + i) % alphabet.len()]).collect();
                            let (pair, done) = injected(service, flight, towards_server, place, &lines);
                            reached |= done;
                            let shown = format!("{service} flight {flight} {place:?} {lines:?}");
                            for (end, clean) in [(&pair.server, &clean.server), (&pair.client, &clean.client)]
                            {
                                let told: Vec<_> = end.told.iter().filter(|t| *t != "Closed").collect();
                                assert!(
                                    told.iter().zip(&clean.told).all(|(a, b)| *a == b),
                                    "{shown}: {told:?}"
                                );
                                assert!(told.len() <= clean.told.len(), "{shown}: {told:?}");
                                assert!(clean.read.starts_with(&end.read), "{shown}");
                            }
                        }
                    }
                }
                if !reached || flight > 12 {
                    break;
                }
            }
        }
    }
}

/// Behind the STARTTLS line, or behind the go-ahead, in the same read: the end, with its own code.
#[test]
fn data_behind_starttls_is_an_injection() {
    for service in STARTTLS {
        let (server, client) = configs(HandOff::AfterAuthentication);
        let mut end = End::new(Connection::server(&server, service, 0).expect("a server"));
        let words: &[u8] = match service {
            Service::Imap => b"a STARTTLS\r\nb NOOP\r\n",
            Service::Pop3 => b"STLS\r\nCAPA\r\n",
            _ => b"EHLO me\r\nSTARTTLS\r\nRSET\r\n",
        };
        assert_eq!(end.hear(words).map_err(|e| e.code()), Err(ErrorCode::DataBeforeTls), "{service}");
        let answer = String::from_utf8(end.speak()).expect("text");
        assert!(!answer.contains("a OK") && !answer.contains("\r\n220 "), "{service}: {answer}");

        let mut end = End::new(Connection::client(&client, service, "mail.example", 0).expect("a client"));
        let (hello, go_ahead): (&[u8], &[u8]) = match service {
            Service::Imap => {
                (b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n", b"OK go\r\n* CAPABILITY AUTH=LOGIN\r\n")
            }
            Service::Pop3 => (b"+OK hi\r\n+OK\r\nSTLS\r\n.\r\n", b"+OK go\r\n+OK evil\r\n"),
            _ => {
                (b"220 mail.example ESMTP\r\n250-mail.example\r\n250 STARTTLS\r\n", b"220 go\r\n235 evil\r\n")
            }
        };
        end.hear(hello).expect("a good beginning");
        let said = String::from_utf8(end.speak()).expect("text");
        let tag = said.lines().last().and_then(|line| line.split(' ').next()).unwrap_or_default();
        let tag = if service == Service::Imap { format!("{tag} ") } else { String::new() };
        let answer = [tag.as_bytes(), go_ahead].concat();
        assert_eq!(
            end.hear(&answer).map_err(|e| e.code()),
            Err(ErrorCode::DataBeforeTls),
            "{service} {said}"
        );
        assert_eq!(end.told, ["Closed"]);
    }
}

/// STT-03: no word that came in clear is shown to anybody, not even in a reason.
#[test]
fn nothing_said_in_clear_is_quoted() {
    for service in STARTTLS {
        for starttls in [StartTlsUse::Required, StartTlsUse::Opportunistic] {
            let hostile: [&[u8]; 4] = match service {
                Service::Imap => [
                    b"* BYE EVIL\r\n",
                    b"* OK [CAPABILITY IMAP4rev1 STARTTLS] EVIL\r\na1 NO EVIL\r\na NO EVIL\r\n",
                    b"EVIL\r\n",
                    b"* PREAUTH EVIL\r\n",
                ],
                Service::Pop3 => [
                    b"-ERR EVIL\r\n",
                    b"+OK EVIL\r\n+OK\r\nSTLS\r\n.\r\n-ERR EVIL\r\n",
                    b"EVIL\r\n",
                    b"+OK EVIL\r\n-ERR EVIL\r\n-ERR EVIL\r\n",
                ],
                _ => [
                    b"421 EVIL\r\n",
                    b"220 EVIL\r\n250-EVIL\r\n250 STARTTLS\r\n454 EVIL\r\n",
                    b"EVIL\r\n",
                    b"220 EVIL\r\n235 EVIL\r\n",
                ],
            };
            for words in hostile {
                let made =
                    rcgen::generate_simple_self_signed(vec!["mail.example".into()]).expect("a certificate");
                let client = crate::ClientConfig::builder()
                    .ca_pem(made.cert.pem().as_bytes())
                    .expect("an anchor")
                    .settings(|s| s.starttls = starttls)
                    .build()
                    .expect("a client configuration");
                let mut end =
                    End::new(Connection::client(&client, service, "mail.example", 0).expect("a client"));
                let _ = end.hear(words);
                let reason = end.connection.error().map(|e| e.reason().to_owned()).unwrap_or_default();
                let shown = format!("{reason} {:?}", end.told);
                assert!(!shown.contains("EVIL"), "{service} {shown}");
                assert!(!end.told.is_empty(), "{service} {shown}");
            }
        }
    }
}
