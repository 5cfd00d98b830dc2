use crate::account::{Acknowledged, Minimum};
use crate::tls::facts::{PeerValidation, TlsFacts};
use crate::tls::registry::{CipherSuite, Version};
use crate::{
    ClientConfig, Connection, Credentials, Error, ErrorCode, Event, HandOff, Mechanism, Mode, Protocol, Role,
    ServerConfig, Service, Target,
};

fn facts() -> TlsFacts {
    TlsFacts { peer_validation: PeerValidation::Pkix, ..TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301)) }
}

fn server(service: Service) -> Connection {
    Connection::server_before_host_tls(&ServerConfig::builder().build().expect("a server"), service, 0)
}

fn client(service: Service) -> Connection {
    Connection::client_before_host_tls(&ClientConfig::builder().build().expect("a client"), service, 0)
}

fn starttls_services() -> impl Iterator<Item = Service> {
    Service::all().filter(|service| service.mode() == Mode::StartTls)
}

/// What a client says up to STARTTLS, and a server answers.
fn asking(service: Service) -> (&'static [u8], &'static [u8]) {
    match service.protocol() {
        Protocol::Imap => (b"a STARTTLS\r\n", b"a0 OK go\r\n"),
        Protocol::Pop3 => (b"STLS\r\n", b"+OK go\r\n"),
        Protocol::Smtp => (b"EHLO a.example\r\nSTARTTLS\r\n", b"220 go\r\n"),
    }
}

/// A server's words up to where a client asks for STARTTLS.
fn greeting(service: Service) -> &'static [&'static [u8]] {
    match service.protocol() {
        Protocol::Imap => &[b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hello\r\n"],
        Protocol::Pop3 => &[b"+OK hello\r\n", b"+OK\r\nSTLS\r\n.\r\n"],
        Protocol::Smtp => &[b"220 hello\r\n", b"250-hello\r\n250 STARTTLS\r\n"],
    }
}

/// Takes all output.
fn speak(connection: &mut Connection) -> Vec<u8> {
    let said = connection.poll_transmit().to_vec();
    connection.transmitted(said.len()).expect("so many bytes");
    said
}

fn told(connection: &mut Connection) -> Vec<Event> {
    core::iter::from_fn(|| connection.poll_event()).collect()
}

/// A connection that has agreed on STARTTLS; its last words are still to be sent.
fn agreed(role: Role, service: Service) -> Connection {
    let (asks, answers) = asking(service);
    match role {
        Role::Server => {
            let mut connection = server(service);
            connection.handle_input(asks, 0).expect("a command");
            connection
        }
        Role::Client => {
            let mut connection = client(service);
            for words in greeting(service) {
                connection.handle_input(words, 0).expect("an answer");
                speak(&mut connection);
            }
            let tag = answers.to_vec();
            // The tag of the command is the client's to choose.
            let answers = if service.protocol() == Protocol::Imap { b"a1 OK go\r\n".to_vec() } else { tag };
            connection.handle_input(&answers, 0).expect("an answer");
            connection
        }
    }
}

fn code<T>(result: Result<T, Error>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

fn each() -> impl Iterator<Item = (Role, Service)> {
    starttls_services().flat_map(|service| [Role::Server, Role::Client].map(|role| (role, service)))
}

/// Carries what one end says to the other, in pieces.
fn carry(from: &mut Connection, to: &mut Connection, piece: usize, now: u64) -> bool {
    let said = speak(from);
    for bytes in said.chunks(piece) {
        to.handle_input(bytes, now).expect("good words");
    }
    !said.is_empty()
}

#[test]
fn both_ends_go_all_the_way_on_every_service() {
    for (service, piece) in Service::all().flat_map(|service| [1, 3, 4096].map(|piece| (service, piece))) {
        let (mut server, mut client) = (server(service), client(service));
        let (mut wanted, mut standing, mut done) = (0, 0, 0);
        loop {
            let mut moved = false;
            for end in [&mut server, &mut client] {
                for event in told(end) {
                    moved = true;
                    match event {
                        Event::TlsWanted => wanted += 1,
                        Event::TlsEstablished => standing += 1,
                        Event::Credentials(c) => {
                            assert!(c.match_password(b"secret"));
                            end.accept(0).expect("credentials");
                        }
                        Event::Capabilities(_) => {
                            let tim = Credentials::new(Mechanism::Plain, "tim", "secret".into());
                            end.authenticate(tim, 0).expect("the time for it");
                        }
                        Event::HandedOff => done += 1,
                        _ => {}
                    }
                }
            }
            if wanted == 2 && standing == 0 {
                // The library of the host is done on both sides.
                assert!(!server.wants_input() && !client.wants_input(), "{service}");
                server.tls_established(facts(), 0).expect("good TLS");
                client.tls_established(facts(), 0).expect("good TLS");
                continue;
            }
            moved |= carry(&mut client, &mut server, piece, 0);
            moved |= carry(&mut server, &mut client, piece, 0);
            if !moved {
                break;
            }
        }
        assert_eq!((wanted, standing, done), (2, 2, 2), "{service} by {piece}");
    }
}

#[test]
fn tls_is_wanted_when_all_in_clear_has_been_taken() {
    for service in starttls_services() {
        let mut connection = agreed(Role::Server, service);
        while connection.poll_transmit().len() > 1 {
            assert!(connection.poll_event().is_none(), "{service}");
            assert_eq!(code(connection.tls_established(facts(), 0)), Some(ErrorCode::WrongState));
            connection.transmitted(1).expect("a byte");
        }
        connection.transmitted(1).expect("a byte");
        // It must have been told, too.
        assert_eq!(code(connection.tls_established(facts(), 0)), Some(ErrorCode::WrongState));
        assert!(matches!(connection.poll_event(), Some(Event::TlsWanted)), "{service}");
        assert_eq!(code(connection.tls_established(facts(), 0)), None);
        assert_eq!(code(connection.tls_established(facts(), 0)), Some(ErrorCode::WrongState), "once");
        assert!(matches!(connection.poll_event(), Some(Event::TlsEstablished)), "{service}");
    }
}

/// The command injection of 2011, in the three places where it can come.
#[test]
fn what_comes_in_clear_behind_starttls_is_never_obeyed() {
    for (role, service) in each() {
        let shown = format!("{role:?} {service}");
        let injected: &[u8] = match role {
            Role::Server => b"a LOGIN tim secret\r\n",
            Role::Client => b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n",
        };
        // Before the answer has been sent.
        let mut early = agreed(role, service);
        assert_eq!(code(early.handle_input(injected, 0)), Some(ErrorCode::DataBeforeTls), "{shown}");
        // When it has been.
        let mut sent = agreed(role, service);
        speak(&mut sent);
        assert_eq!(code(sent.handle_input(injected, 0)), Some(ErrorCode::DataBeforeTls), "{shown}");
        // When the host has been told.
        let mut late = agreed(role, service);
        speak(&mut late);
        assert!(matches!(told(&mut late)[..], [Event::TlsWanted]), "{shown}");
        assert_eq!(code(late.handle_input(injected, 0)), Some(ErrorCode::DataBeforeTls), "{shown}");
        for mut connection in [early, sent, late] {
            assert_eq!(code(connection.tls_established(facts(), 0)), Some(ErrorCode::WrongState));
            assert!(matches!(told(&mut connection)[..], [Event::Closed]), "{shown}");
            assert_eq!(connection.tls_facts(), None);
        }
    }
    // With the command itself: the server does not even say that TLS may begin.
    for service in starttls_services() {
        let mut connection = server(service);
        speak(&mut connection);
        let words = [asking(service).0, b"NOOP\r\n"].concat();
        assert_eq!(code(connection.handle_input(&words, 0)), Some(ErrorCode::DataBeforeTls));
        assert!(!speak(&mut connection).windows(3).any(|w| w == b"go " || w == b"220"), "{service}");
    }
}

#[test]
fn nothing_survives() {
    let mut connection = agreed(Role::Server, Service::Submission);
    let in_clear = String::from_utf8_lossy(&speak(&mut connection)).into_owned();
    assert!(in_clear.contains("STARTTLS") && !in_clear.contains("AUTH"), "{in_clear}");
    told(&mut connection);
    connection.tls_established(facts(), 0).expect("good TLS");
    assert_eq!(speak(&mut connection), b"", "no second greeting");
    connection.handle_input(b"AUTH PLAIN AHRpbQBzZWNyZXQ=\r\n", 0).expect("a command");
    assert!(speak(&mut connection).starts_with(b"503"), "the EHLO in clear is forgotten");
    connection.handle_input(b"EHLO b.example\r\n", 0).expect("a command");
    let inside = String::from_utf8_lossy(&speak(&mut connection)).into_owned();
    assert!(!inside.contains("STARTTLS") && inside.contains("AUTH"), "{inside}");
}

#[test]
fn tls_that_the_policy_refuses_is_the_end() {
    let (old, foreign) = (TlsFacts::new(Version(0x0302), CipherSuite(0x002f)), {
        let mut facts = facts();
        facts.alpn = Some(b"http/1.1".to_vec());
        facts
    });
    for (role, service) in each() {
        for (facts, refused) in [(&old, ErrorCode::TlsPolicy), (&foreign, ErrorCode::NoApplicationProtocol)] {
            let mut connection = agreed(role, service);
            speak(&mut connection);
            told(&mut connection);
            assert_eq!(code(connection.tls_established(facts.clone(), 0)), Some(refused));
            assert_eq!(connection.error().map(Error::code), Some(refused), "{role:?} {service}");
            assert!(matches!(told(&mut connection)[..], [Event::Closed]), "{role:?} {service}");
            assert_eq!(speak(&mut connection), b"", "nothing is said to it");
        }
    }
}

#[test]
fn the_handshake_of_the_host_has_its_deadline_and_its_ends() {
    for (role, service) in each().chain([(Role::Server, Service::Imaps), (Role::Client, Service::Pop3s)]) {
        let waiting = || {
            let mut connection = match (service.mode(), role) {
                (Mode::StartTls, _) => agreed(role, service),
                (Mode::ImplicitTls, Role::Server) => server(service),
                (Mode::ImplicitTls, Role::Client) => client(service),
            };
            speak(&mut connection);
            told(&mut connection);
            connection
        };
        let mut slow = waiting();
        let deadline = slow.poll_timeout().expect("a deadline");
        assert_eq!(deadline, 30_000, "{role:?} {service}");
        assert_eq!(code(slow.handle_timeout(deadline - 1)), None);
        let late = Some(ErrorCode::DeadlinePassed);
        assert_eq!(code(slow.tls_established(facts(), deadline)), late, "{role:?} {service}");
        let mut cut = waiting();
        assert_eq!(code(cut.handle_end_of_input(0)), Some(ErrorCode::Truncated));
        let mut failed = waiting();
        failed.close(0);
        for connection in [&mut slow, &mut cut, &mut failed] {
            assert!(matches!(told(connection)[..], [Event::Closed]), "{role:?} {service}");
            assert!(connection.poll_timeout().is_none() && speak(connection).is_empty());
        }
        assert_eq!(failed.error(), None, "the host knows why");
    }
}

/// A connection on a host's TLS in each of its phases, with what it has come to.
fn in_every_phase(role: Role, service: Service) -> Vec<(&'static str, Connection)> {
    let transparent = |role| -> Connection {
        match role {
            Role::Server => {
                let config =
                    ServerConfig::builder().hand_off(HandOff::Transparent).build().expect("a server");
                Connection::server_before_host_tls(&config, service, 0)
            }
            Role::Client => {
                let config = ClientConfig::builder()
                    .settings(|s| s.hand_off = HandOff::Transparent)
                    .build()
                    .expect("a client");
                Connection::client_before_host_tls(&config, service, 0)
            }
        }
    };
    let wanted = |mut connection: Connection| {
        if service.mode() == Mode::StartTls {
            let (asks, answers) = asking(service);
            let words: Vec<Vec<u8>> = match role {
                Role::Server => vec![asks.to_vec()],
                Role::Client => {
                    let imap = service.protocol() == Protocol::Imap;
                    let answers = if imap { b"a1 OK go\r\n".to_vec() } else { answers.to_vec() };
                    greeting(service).iter().map(|words| words.to_vec()).chain([answers]).collect()
                }
            };
            for words in words {
                connection.handle_input(&words, 0).expect("good words");
                speak(&mut connection);
            }
        }
        assert!(matches!(told(&mut connection)[..], [Event::TlsWanted]), "{role:?} {service}");
        connection
    };
    let plain = || match role {
        Role::Server => server(service),
        Role::Client => client(service),
    };
    let standing = |facts: TlsFacts, connection: Connection| {
        let mut connection = wanted(connection);
        connection.tls_established(facts, 0).expect("good TLS");
        connection
    };
    let mut closed = plain();
    closed.close(0);
    let mut left = standing(facts(), transparent(role));
    left.close(0);
    let mut phases = vec![
        ("begun", plain()),
        ("TLS wanted", wanted(plain())),
        ("dialogue", standing(facts(), plain())),
        ("handed off", standing(facts(), transparent(role))),
        ("closed", closed),
        ("closed after the hand-off", left),
    ];
    if role == Role::Server {
        let shown = TlsFacts { client_certificate_sent: true, ..facts() };
        phases.push(("certificate", standing(shown, plain())));
        let mut deciding = standing(facts(), plain());
        let words: &[u8] = match service.protocol() {
            Protocol::Imap => b"a LOGIN tim secret\r\n",
            Protocol::Pop3 => b"AUTH PLAIN AHRpbQBzZWNyZXQ=\r\n",
            Protocol::Smtp => b"EHLO a.example\r\nAUTH PLAIN AHRpbQBzZWNyZXQ=\r\n",
        };
        deciding.handle_input(words, 0).expect("credentials");
        phases.push(("deciding", deciding));
    }
    phases
}

/// A poll loop that gives an end of input as long as input is wanted, or `more` times over, comes to
/// rest; the peer has closed once.
#[test]
fn the_end_of_input_is_told_once_in_every_phase() {
    for (service, role) in Service::all().flat_map(|s| [Role::Server, Role::Client].map(|role| (s, role))) {
        for more in [0, 1, 5] {
            for (phase, mut connection) in in_every_phase(role, service) {
                let shown = format!("{role:?} {service} {phase}, {more} more");
                told(&mut connection);
                let open = phase == "handed off";
                let (mut events, mut turns) = (Vec::new(), 0);
                let mut ends = usize::from(phase != "closed" && !phase.starts_with("closed")) + more;
                while connection.wants_input() || ends > 0 {
                    turns += 1;
                    assert!(turns < 10, "it spins: {shown}");
                    let _ = connection.handle_end_of_input(0);
                    ends = ends.saturating_sub(1);
                    speak(&mut connection);
                    events.extend(told(&mut connection));
                }
                let peer_closed = events.iter().filter(|e| matches!(e, Event::PeerClosed)).count();
                let closed = events.iter().filter(|e| matches!(e, Event::Closed)).count();
                assert_eq!(peer_closed, usize::from(open), "{shown}: {events:?}");
                assert_eq!(closed, usize::from(!open && !phase.starts_with("closed")), "{shown}: {events:?}");
                let refused = connection.handle_input(b"more", 0).expect_err(&shown);
                assert!(told(&mut connection).is_empty() && connection.readable() == 0, "{shown}");
                if open {
                    assert_eq!(refused.code(), ErrorCode::WrongState, "{shown}");
                    assert!(connection.peer_sent_close_notify(), "{shown}");
                    // The other direction stays open.
                    assert_eq!(connection.write(b"bye"), Ok(3), "{shown}");
                    assert_eq!(speak(&mut connection), b"bye", "{shown}");
                    connection.close(0);
                    assert!(matches!(told(&mut connection)[..], [Event::Closed]), "{shown}");
                    assert_eq!(connection.error(), None, "{shown}");
                }
            }
        }
    }
}

/// What came before the end can be read after it.
#[test]
fn an_end_of_input_keeps_what_came_before() {
    let config = ServerConfig::builder().hand_off(HandOff::Transparent).build().expect("a server");
    let mut connection =
        Connection::server_on_host_tls(&config, Service::Imaps, facts(), 0).expect("good TLS");
    connection.handle_input(b"a NOOP\r\n", 0).expect("plaintext");
    assert_eq!(code(connection.handle_end_of_input(0)), None);
    let mut room = [0; 16];
    assert_eq!(connection.read(&mut room), Ok(8));
    assert!(!connection.wants_input(), "room there is, but nothing can come");
}

#[test]
fn a_time_stamp_can_be_set_before_the_greeting() {
    let mut connection = server(Service::Pop3s);
    connection.set_apop_timestamp("<1.2@mail.example>").expect("before the greeting");
    told(&mut connection);
    connection.tls_established(facts(), 0).expect("good TLS");
    assert!(speak(&mut connection).ends_with(b" <1.2@mail.example>\r\n"));
}

#[test]
fn a_failure_of_the_library_is_the_connections() {
    let fault = ErrorCode::TlsAlertReceived;
    let mut connection = agreed(Role::Server, Service::Imap);
    speak(&mut connection);
    assert!(matches!(told(&mut connection)[..], [Event::TlsWanted]));
    let misuse = Some(ErrorCode::InvalidArgument);
    assert_eq!(code(connection.tls_failed(ErrorCode::WrongState, "", 0)), misuse);
    assert_eq!(code(connection.tls_failed(fault, "a\r\nb", 0)), None);
    let error = connection.error().expect("an error");
    assert_eq!((error.code(), error.reason()), (fault, "a??b"));
    assert!(matches!(told(&mut connection)[..], [Event::Closed]));
    assert_eq!(code(connection.tls_failed(fault, "again", 0)), Some(ErrorCode::WrongState));
    // In clear there is nothing that could fail.
    assert_eq!(code(server(Service::Imap).tls_failed(fault, "", 0)), Some(ErrorCode::WrongState));
    // What was there before a truncation is the host's.
    let config = ServerConfig::builder().hand_off(crate::HandOff::Transparent).build().expect("a server");
    let mut open = Connection::server_on_host_tls(&config, Service::Imaps, facts(), 0).expect("good TLS");
    open.handle_input(b"a NOOP\r\n", 0).expect("plaintext");
    assert_eq!(code(open.tls_failed(ErrorCode::Truncated, "cut off", 0)), None);
    assert_eq!(open.read(&mut [0; 16]), Ok(8));
    assert_eq!(open.error().map(Error::code), Some(ErrorCode::Truncated));
}

fn old() -> TlsFacts {
    TlsFacts::new(Version(0x0302), CipherSuite(0x002f))
}

/// A server that explains why TLS is refused, and what it greets with there.
fn explaining(service: Service, hand_off: HandOff) -> Result<(Connection, String), Error> {
    let config =
        ServerConfig::builder().explains_refused_tls(true).hand_off(hand_off).build().expect("a server");
    let mut connection = Connection::server_before_host_tls(&config, service, 0);
    if service.mode() == Mode::StartTls {
        connection.handle_input(asking(service).0, 0).expect("a command");
    }
    speak(&mut connection);
    assert!(matches!(told(&mut connection)[..], [Event::TlsWanted]));
    connection.tls_established(old(), 0)?;
    let greeting = String::from_utf8(speak(&mut connection)).expect("a text");
    Ok((connection, greeting))
}

/// RFC 8314 §4.1: whoever wants to authenticate is told why not, and is not asked for anything.
#[test]
fn refused_tls_is_explained_to_whom_it_keeps_from_authenticating() {
    const WHY: &str = "TLSv1.1 is deprecated; use TLSv1.2 or later (RFC 8997 section 3); cipher suite ";
    for service in Service::all() {
        let (mut connection, greeting) = explaining(service, HandOff::AfterAuthentication).expect("to go on");
        assert_eq!(greeting.is_empty(), service.mode() == Mode::StartTls, "{service}: {greeting}");
        let events = told(&mut connection);
        assert!(
            matches!(&events[..], [Event::NotConfidential(why)] if why.contains("RFC 8997 §3")),
            "{events:?}"
        );
        assert_eq!(connection.tls_facts(), Some(&old()));
        let (capabilities, attempts, ahead, leave) = match service.protocol() {
            Protocol::Imap => (
                "a CAPABILITY\r\n",
                ["a LOGIN tim secret\r\n", "a AUTHENTICATE PLAIN AHRpbQBz\r\n"],
                "a STARTTLS\r\n",
                "a LOGOUT\r\n",
            ),
            Protocol::Pop3 => {
                ("CAPA\r\n", ["USER tim\r\n", "AUTH PLAIN AHRpbQBz\r\n"], "STLS\r\n", "QUIT\r\n")
            }
            Protocol::Smtp => (
                "EHLO a.example\r\n",
                ["AUTH PLAIN AHRpbQBz\r\n", "MAIL FROM:<>\r\n"],
                "STARTTLS\r\n",
                "QUIT\r\n",
            ),
        };
        let say = |connection: &mut Connection, words: &str| {
            connection.handle_input(words.as_bytes(), 0).expect("a command");
            String::from_utf8(speak(connection)).expect("a text")
        };
        let offered = say(&mut connection, capabilities);
        let ways = ["AUTH=", "AUTH ", "SASL", "USER", "STARTTLS", "STLS"];
        assert!(!ways.iter().any(|way| offered.contains(way)), "{service}: {offered}");
        for attempt in attempts {
            let answer = say(&mut connection, attempt);
            let refused = match service.protocol() {
                Protocol::Imap => format!("a NO [PRIVACYREQUIRED] {WHY}"),
                Protocol::Pop3 => format!("-ERR {WHY}"),
                Protocol::Smtp if attempt.starts_with("AUTH") => format!("538 5.7.11 {WHY}"),
                Protocol::Smtp => format!("530 5.7.0 {WHY}"),
            };
            assert!(answer.starts_with(&refused), "{service}: {answer}");
            assert!(answer.is_ascii() && answer.ends_with("\r\n") && answer.len() <= 512, "{service}");
        }
        let answer = say(&mut connection, ahead);
        assert!(["a BAD ", "-ERR ", "503 "].iter().any(|no| answer.starts_with(no)), "{service}: {answer}");
        assert!(told(&mut connection).is_empty(), "{service}");
        assert_eq!(code(connection.accept(0)), Some(ErrorCode::WrongState));
        say(&mut connection, leave);
        assert!(matches!(told(&mut connection)[..], [Event::Closed]) && connection.error().is_none());
    }
}

/// What the host would be given is TLS that the policy has refused: there it ends.
#[test]
fn refused_tls_is_handed_to_nobody() {
    for service in Service::all() {
        assert_eq!(code(explaining(service, HandOff::Transparent)), Some(ErrorCode::TlsPolicy));
        let mut client = client(service);
        if service.mode() == Mode::ImplicitTls {
            assert!(matches!(told(&mut client)[..], [Event::TlsWanted]));
            assert_eq!(code(client.tls_established(old(), 0)), Some(ErrorCode::TlsPolicy));
        }
    }
}

/// RFC 8314 §5.2: what the host's library has not validated is nobody.
#[test]
fn a_client_holds_to_the_minimum() {
    let config = ClientConfig::builder().build().expect("a client");
    let told = Acknowledged::that_passwords_and_messages_are_exposed;
    let target = |minimum| Target::new(Service::Imaps, "mail.example").expect("a name").minimum(minimum);
    for (validation, default, pinned) in [
        (PeerValidation::Pkix, true, true),
        (PeerValidation::Dane, true, true),
        (PeerValidation::Pin, false, true),
        (PeerValidation::None, false, false),
    ] {
        let facts = TlsFacts { peer_validation: validation, ..facts() };
        let outcomes = [
            (Connection::client_on_host_tls(&config, Service::Imaps, facts.clone(), 0).map(|_| ()), default),
            (to(&config, &target(Minimum::default()), &facts), default),
            (to(&config, &target(Minimum::pinned(told())), &facts), pinned),
            (to(&config, &target(Minimum::none(told())), &facts), true),
        ];
        for (outcome, good) in outcomes {
            let code = outcome.err().map(|error| error.code());
            assert_eq!(code, (!good).then_some(ErrorCode::CertificateUntrusted), "{validation:?}");
        }
    }
}

/// By either way.
fn to(config: &ClientConfig, target: &Target, facts: &TlsFacts) -> Result<(), Error> {
    let short = Connection::client_to_on_host_tls(config, target, facts.clone(), 0).map(|_| ());
    let mut connection = Connection::client_to_before_host_tls(config, target, 0);
    assert!(matches!(connection.poll_event(), Some(Event::TlsWanted)));
    let long = connection.tls_established(facts.clone(), 0);
    assert_eq!(short, long);
    short
}

/// U+202E would show «moc.elpmaxe» as «example.com»; U+200B, U+2066 and a tag are invisible.
const TURNED: &str = "\u{202e}moc\u{2066}\u{200b}\u{e0041}";

#[test]
fn no_text_of_a_peer_turns_or_hides_what_is_around_it() {
    for service in [Service::Imaps, Service::Pop3s, Service::Submissions] {
        let greeting = match service.protocol() {
            Protocol::Imap => format!("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] {TURNED}\r\n"),
            Protocol::Pop3 => format!("+OK {TURNED}\r\n"),
            Protocol::Smtp => format!("220 mx.example.com {TURNED}\r\n"),
        };
        let capabilities = match service.protocol() {
            Protocol::Imap => String::new(),
            Protocol::Pop3 => "+OK\r\nSASL PLAIN\r\n.\r\n".to_owned(),
            Protocol::Smtp => format!("250-mx.example.com\r\n250-AUTH PLAIN\r\n250 X-MORE {TURNED}\r\n"),
        };
        let refusal = match service.protocol() {
            Protocol::Imap => format!("a1 NO [AUTHENTICATIONFAILED] {TURNED}\r\n"),
            Protocol::Pop3 => format!("-ERR [AUTH] {TURNED}\r\n"),
            Protocol::Smtp => format!("535 5.7.8 {TURNED}\r\n"),
        };
        let end = match service.protocol() {
            Protocol::Imap => format!("* BYE {TURNED}\r\n"),
            Protocol::Pop3 => format!("{TURNED}\r\n"),
            Protocol::Smtp => format!("421 4.3.0 {TURNED}\r\n"),
        };
        let config = ClientConfig::builder().build().expect("a client");
        let mut client = Connection::client_on_host_tls(&config, service, facts(), 0).expect("a connection");
        let mut seen = String::new();
        for words in [greeting, capabilities, refusal, end] {
            _ = client.handle_input(words.as_bytes(), 0);
            speak(&mut client);
            for event in told(&mut client) {
                match event {
                    Event::Greeting(greeting) => seen += &greeting.text(),
                    Event::Capabilities(offered) => {
                        offered.iter().for_each(|item| seen += item);
                        let credentials = Credentials::new(Mechanism::Plain, "tim", "secret".into());
                        client.authenticate(credentials, 0).expect("a command");
                        speak(&mut client);
                    }
                    Event::AuthenticationRefused(refusal) => seen += &refusal.text,
                    _ => {}
                }
            }
        }
        seen += client.error().expect("an end").reason();
        assert!(seen.matches("?moc???").count() >= 2, "{service}: {seen}");
        assert!(seen.is_ascii(), "{service}: {seen:?}");
    }
}
