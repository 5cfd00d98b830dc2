//! Tests: how each protocol carries the mechanisms, to the byte, on both sides.

use super::testing::{Decisions, Ending, Host, Transcript, drive};
use super::{
    ClientMachine, ClientSettings, Credentials, Decision, Effects, Fault, Machine, Mapped, Mechanism,
    MechanismFloor, Particulars, Protection, Rejection, ServerSettings, Step, imap, pop3, smtp,
};
use crate::error::ErrorCode;
use crate::secret::Secret;
use crate::service::Protocol;
use crate::tls::channel_binding::ChannelBindings;
use crate::tls::policy::Confidential;
use std::sync::Arc;

const ALL: [Protocol; 3] = [Protocol::Imap, Protocol::Pop3, Protocol::Smtp];

/// How a protocol writes it.
struct Notation {
    /// What a server says, and a client's commands before the authentication.
    before: &'static str,
    client_before: &'static str,
    auth: &'static str,
    challenge: &'static str,
    accepted: &'static str,
    rejected: &'static str,
    cancelled: &'static str,
}

fn notation(protocol: Protocol) -> Notation {
    match protocol {
        Protocol::Imap => Notation {
            before: "* OK [CAPABILITY IMAP4rev1 IMAP4rev2 SASL-IR LITERAL- ID {AUTH}] ready\r\n",
            client_before: "",
            auth: "a1 AUTHENTICATE ",
            challenge: "+ ",
            accepted: "a1 OK logged in\r\n",
            rejected: "a1 NO [AUTHENTICATIONFAILED] wrong user name or password\r\n",
            cancelled: "a1 BAD authentication cancelled\r\n",
        },
        Protocol::Pop3 => Notation {
            before: "+OK ready\r\n+OK capability list follows\r\nUSER\r\nSASL {AUTH}\r\n\
                     RESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n.\r\n",
            client_before: "CAPA\r\n",
            auth: "AUTH ",
            challenge: "+ ",
            accepted: "+OK authenticated\r\n",
            rejected: "-ERR [AUTH] wrong user name or password\r\n",
            cancelled: "-ERR authentication cancelled\r\n",
        },
        Protocol::Smtp => Notation {
            before: "220 localhost ESMTP ready\r\n250-localhost\r\n250-PIPELINING\r\n250-8BITMIME\r\n\
                     250-ENHANCEDSTATUSCODES\r\n250 AUTH {AUTH}\r\n",
            client_before: "EHLO localhost\r\n",
            auth: "AUTH ",
            challenge: "334 ",
            accepted: "235 2.7.0 Authentication succeeded\r\n",
            rejected: "535 5.7.8 Authentication credentials invalid\r\n",
            cancelled: "501 5.0.0 Authentication cancelled\r\n",
        },
    }
}

/// The text before authentication, where these mechanisms are offered.
fn before(protocol: Protocol, mechanisms: &[&str]) -> String {
    let offer = match protocol {
        Protocol::Imap => mechanisms.iter().map(|m| format!("AUTH={m}")).collect::<Vec<_>>().join(" "),
        _ => mechanisms.join(" "),
    };
    notation(protocol).before.replace("{AUTH}", &offer)
}

fn bound() -> Particulars {
    let channel_bindings = ChannelBindings { tls_exporter: Some("exported".into()), ..Default::default() };
    Particulars { channel_bindings, ..Particulars::default() }
}

fn mapped(preauth: bool) -> Particulars {
    let certificate = Some(Mapped { identity: "tim".into(), preauth });
    Particulars { certificate, ..Particulars::default() }
}

fn inside(greeting: bool) -> Protection {
    Protection::Confidential { proof: Confidential::for_test(), greeting }
}

/// A server that is told this, offers these, and hears this behind what finds out its mechanisms.
fn serve(
    protocol: Protocol,
    particulars: Particulars,
    mechanisms: &[Mechanism],
    input: &str,
    decisions: Vec<Decision>,
) -> Transcript {
    let settings = ServerSettings { sasl_mechanisms: mechanisms.to_vec(), ..ServerSettings::default() };
    assert_eq!(settings.check(), Ok(()));
    let (settings, host) = (Arc::new(settings), Decisions(decisions));
    let input = format!("{}{input}", notation(protocol).client_before);
    let chunks = [input.as_bytes()];
    match protocol {
        Protocol::Imap => drive(imap::Server::new(settings, inside(true)).told(particulars), &chunks, host),
        Protocol::Pop3 => drive(pop3::Server::new(settings, inside(true)).told(particulars), &chunks, host),
        Protocol::Smtp => drive(smtp::Server::new(settings, inside(true)).told(particulars), &chunks, host),
    }
}

/// What a client's host does: one authentication, then answers to challenges.
struct Tim {
    credentials: Option<Credentials>,
    responses: Vec<Option<Secret>>,
}

impl<M: ClientMachine> Host<M> for Tim {
    fn act(&mut self, machine: M, fx: &mut Effects) -> Result<Result<Step<M>, Fault>, M> {
        if let Some(credentials) = self.credentials.take() {
            return match machine.authenticate(credentials, fx) {
                Ok(step) => Ok(Ok(step)),
                Err((_, misuse)) => panic!("misuse: {misuse}"),
            };
        }
        if self.responses.is_empty() {
            return Err(machine);
        }
        match machine.respond(self.responses.remove(0), fx) {
            Ok(transition) => Ok(transition),
            Err((_, misuse)) => panic!("misuse: {misuse}"),
        }
    }
}

/// A client that hears this, a turn at a time, behind an offer of these mechanisms. What it says
/// before it authenticates, and is told, is left away.
fn call(
    protocol: Protocol,
    mechanisms: &[&str],
    turns: &[&str],
    credentials: Credentials,
    responses: Vec<Option<Secret>>,
) -> Transcript {
    let settings = Arc::new(ClientSettings::default());
    let offer = before(protocol, mechanisms);
    // A greeting is a turn of its own where a command follows it.
    let (greeting, rest) = match protocol {
        Protocol::Imap => (offer.as_str(), ""),
        _ => offer.split_at(offer.find('\n').unwrap() + 1),
    };
    let turns: Vec<&[u8]> =
        [greeting, rest].iter().chain(turns).filter(|t| !t.is_empty()).map(|t| t.as_bytes()).collect();
    let host = Tim { credentials: Some(credentials), responses };
    let mut transcript = match protocol {
        Protocol::Imap => drive(imap::Client::new(settings, inside(true)).told(bound()), &turns, host),
        Protocol::Pop3 => drive(pop3::Client::new(settings, inside(true)).told(bound()), &turns, host),
        Protocol::Smtp => drive(smtp::Client::new(settings, inside(true)).told(bound()), &turns, host),
    };
    let said = transcript.output.strip_prefix(notation(protocol).client_before).unwrap();
    transcript.output = said.to_owned();
    transcript.events.drain(..2);
    transcript
}

#[test]
fn external_is_offered_with_a_certificate_and_works() {
    for protocol in ALL {
        let Notation { auth, challenge, accepted, .. } = notation(protocol);
        for (command, asked, said) in [
            (format!("{auth}EXTERNAL =\r\n"), "", String::new()),
            (format!("{auth}external\r\n\r\n"), "", format!("{challenge}\r\n")),
            (format!("{auth}EXTERNAL dG9t\r\n"), "tom", String::new()),
        ] {
            let t = serve(protocol, mapped(false), &[Mechanism::Plain], &command, vec![Decision::Accept]);
            assert_eq!(t.output, format!("{}{said}{accepted}", before(protocol, &["EXTERNAL", "PLAIN"])));
            let credentials = format!(
                "Credentials {{ mechanism: External, authorization_identity: {asked:?}, \
                 authentication_identity: \"tim\", password: Secret(..) }} password=\"\""
            );
            assert!(t.events.contains(&credentials), "{:?}", t.events);
            assert_eq!(t.ending, Ending::HandedOff(vec![]));
        }
        let without = serve(protocol, bound(), &[Mechanism::Plain], &format!("{auth}EXTERNAL =\r\n"), vec![]);
        assert!(without.output.starts_with(&before(protocol, &["PLAIN"])), "{}", without.output);
        assert_eq!(without.ending, Ending::WaitsForPeer);
    }
}

#[test]
fn a_refused_token_is_told_inside_the_exchange() {
    for protocol in ALL {
        let Notation { auth, challenge, rejected, .. } = notation(protocol);
        let message = super::sasl::encode(b"n,a=tim,\x01auth=Bearer stale\x01\x01");
        let command = format!("{auth}OAUTHBEARER {}\r\n", *message);
        let json = super::sasl::encode(br#"{"status":"invalid_token"}"#);
        for acknowledgement in ["AQ==\r\n", "*\r\n"] {
            let t = serve(
                protocol,
                bound(),
                &[Mechanism::OAuthBearer],
                &format!("{command}{acknowledgement}"),
                vec![Decision::Reject(Rejection::InvalidCredentials)],
            );
            let said = format!("{}{challenge}{}\r\n{rejected}", before(protocol, &["OAUTHBEARER"]), *json);
            assert_eq!((t.output, t.ending), (said, Ending::WaitsForPeer));
        }
    }
}

#[test]
fn a_mechanism_of_the_hosts_own_on_the_server() {
    let own = Mechanism::raw("X-CAT").unwrap();
    for protocol in ALL {
        let Notation { auth, challenge, accepted, cancelled, .. } = notation(protocol);
        let offer = before(protocol, &["X-CAT"]);
        let decisions = || vec![Decision::Challenge("?".into()), Decision::Accept];
        let t = serve(protocol, bound(), &[own], &format!("{auth}X-CAT bWVvdw==\r\nIQ==\r\n"), decisions());
        assert_eq!(t.output, format!("{offer}{challenge}Pw==\r\n{accepted}"));
        assert_eq!(t.events.iter().filter(|e| e.starts_with("Response")).count(), 2);
        let t = serve(protocol, bound(), &[own], &format!("{auth}X-CAT\r\n*\r\n"), decisions());
        assert_eq!(t.output, format!("{offer}{challenge}Pw==\r\n{cancelled}"));
    }
}

#[test]
fn a_mechanism_of_the_hosts_own_on_the_client() {
    let own = Mechanism::raw("X-CAT").unwrap();
    for protocol in ALL {
        let Notation { auth, challenge, accepted, rejected, .. } = notation(protocol);
        let asked = format!("{challenge}Pw==\r\n");
        let t = call(
            protocol,
            &["X-CAT"],
            &[&asked, accepted],
            Credentials::raw(own, Some("meow".into())),
            vec![Some("!".into())],
        );
        assert_eq!(t.output, format!("{auth}X-CAT bWVvdw==\r\nIQ==\r\n"));
        assert_eq!(
            (t.events.last().unwrap().as_str(), &t.ending),
            ("Authenticated", &Ending::HandedOff(vec![]))
        );
        let t = call(protocol, &["X-CAT"], &[&asked, rejected], Credentials::raw(own, None), vec![None]);
        assert_eq!(t.output, format!("{auth}X-CAT\r\n*\r\n"));
        assert!(t.events.last().unwrap().starts_with("Refused"));
        // A verdict before the host has answered: no is no, yes is not believed.
        let no = call(protocol, &["X-CAT"], &[&asked, rejected], Credentials::raw(own, None), vec![]);
        assert!(no.events.last().unwrap().starts_with("Refused"), "{no:?}");
        let yes = call(protocol, &["X-CAT"], &[&asked, accepted], Credentials::raw(own, None), vec![]);
        assert!(matches!(yes.ending, Ending::Failed(fault) if fault.code == ErrorCode::Syntax));
    }
}

#[test]
fn the_client_says_external_and_shows_tokens() {
    for protocol in ALL {
        let Notation { auth, challenge, accepted, rejected, .. } = notation(protocol);
        let t = call(protocol, &["EXTERNAL"], &[accepted], Credentials::external(), vec![]);
        assert_eq!((t.output, t.ending), (format!("{auth}EXTERNAL =\r\n"), Ending::HandedOff(vec![])));
        let message = super::sasl::encode(b"n,a=tim,\x01auth=Bearer stale\x01\x01");
        let json = super::sasl::encode(br#"{"status":"invalid_token"}"#);
        let refusal = format!("{challenge}{}\r\n", *json);
        let token = Credentials::new(Mechanism::OAuthBearer, "tim", "stale".into());
        let t = call(protocol, &["OAUTHBEARER"], &[&refusal, rejected], token, vec![]);
        assert_eq!(t.output, format!("{auth}OAUTHBEARER {}\r\nAQ==\r\n", *message));
        assert!(t.events.last().unwrap().contains("invalid_token"), "{t:?}");
        assert_eq!(t.ending, Ending::WaitsForHost);
    }
}

/// Tries to authenticate by all of these, which are below the floor.
struct BelowTheFloor(Vec<Credentials>);

impl<M: ClientMachine> Host<M> for BelowTheFloor {
    fn act(&mut self, mut machine: M, fx: &mut Effects) -> Result<Result<Step<M>, Fault>, M> {
        for credentials in core::mem::take(&mut self.0) {
            let (mechanism, said) = (credentials.mechanism(), fx.output.len());
            let Err((same, misuse)) = machine.authenticate(credentials, fx) else {
                panic!("{mechanism:?} has begun");
            };
            assert_eq!(misuse.code(), ErrorCode::BelowMechanismFloor, "{mechanism:?}");
            assert!(misuse.reason().contains("SCRAM-SHA-256"), "what is offered: {misuse}");
            assert_eq!(fx.output.len(), said, "{mechanism:?}");
            machine = same;
        }
        Err(machine)
    }
}

/// Below the floor nothing is begun, by whatever name the host asks for it: who has taken SCRAM out of
/// the offer gets no credentials of any kind.
#[test]
fn nothing_is_sent_below_the_floor() {
    let own = Mechanism::raw("SCRAM-SHA-256").unwrap();
    let below_scram = [
        Mechanism::Password,
        Mechanism::Apop,
        Mechanism::Plain,
        Mechanism::Login,
        Mechanism::External,
        Mechanism::OAuthBearer,
        Mechanism::XOAuth2,
        own,
    ];
    let below_bound = below_scram.into_iter().chain([Mechanism::ScramSha1, Mechanism::ScramSha256]);
    let offered = ["PLAIN", "LOGIN", "EXTERNAL", "OAUTHBEARER", "XOAUTH2", "SCRAM-SHA-1", "SCRAM-SHA-256"];
    for (floor, mechanisms) in
        [(MechanismFloor::Scram, below_scram.to_vec()), (MechanismFloor::BoundScram, below_bound.collect())]
    {
        for protocol in ALL {
            let credentials = mechanisms.iter().map(|&mechanism| match mechanism {
                Mechanism::External => Credentials::external(),
                Mechanism::Raw(_) => Credentials::raw(mechanism, Some("secret".into())),
                mechanism => Credentials::new(mechanism, "tim", "secret".into()),
            });
            let host = BelowTheFloor(credentials.collect());
            let settings = Arc::new(ClientSettings { mechanism_floor: floor, ..ClientSettings::default() });
            let offer = before(protocol, &offered).replacen("ready\r\n", "ready <1.2@x>\r\n", 1);
            let lines: Vec<_> = offer.split_inclusive('\n').map(str::as_bytes).collect();
            let t = match protocol {
                Protocol::Imap => {
                    drive(imap::Client::new(settings, inside(true)).told(bound()), &lines, host)
                }
                Protocol::Pop3 => {
                    drive(pop3::Client::new(settings, inside(true)).told(bound()), &lines, host)
                }
                Protocol::Smtp => {
                    drive(smtp::Client::new(settings, inside(true)).told(bound()), &lines, host)
                }
            };
            assert_eq!(
                (t.output.as_str(), t.ending),
                (notation(protocol).client_before, Ending::WaitsForHost)
            );
        }
    }
}

/// Whoever says yes without having proved that it knows the password is not the server.
#[test]
fn scram_is_not_over_before_the_server_has_proved_itself() {
    for protocol in ALL {
        let Notation { challenge, accepted, .. } = notation(protocol);
        let scram = || Credentials::new(Mechanism::ScramSha256, "tim", "pencil".into());
        let t = call(protocol, &["SCRAM-SHA-256"], &[accepted], scram(), vec![]);
        assert!(matches!(t.ending, Ending::Failed(fault) if fault.code == ErrorCode::Syntax));
        let broken = format!("{challenge}{}\r\n", *super::sasl::encode(b"r=x,s=AA==,i=4096"));
        let t = call(protocol, &["SCRAM-SHA-256"], &[&broken, accepted], scram(), vec![]);
        assert!(matches!(t.ending, Ending::Failed(fault) if fault.code == ErrorCode::Syntax));
    }
}

#[test]
fn scram_asks_for_the_secret_and_hides_who_there_is() {
    for protocol in ALL {
        let Notation { auth, challenge, rejected, .. } = notation(protocol);
        let first = super::sasl::encode(b"n,,n=nobody,r=nonce");
        let last = super::sasl::encode(b"c=biws,r=nonce,p=AAAA");
        let t = serve(
            protocol,
            Particulars::default(),
            &[Mechanism::ScramSha256Plus, Mechanism::ScramSha256],
            &format!("{auth}SCRAM-SHA-256 {}\r\n{}\r\n", *first, *last),
            vec![Decision::Reject(Rejection::InvalidCredentials)],
        );
        let said = t.output.strip_prefix(&before(protocol, &["SCRAM-SHA-256"])).expect("no PLUS is offered");
        assert!(said.starts_with(challenge) && said.ends_with(rejected), "{said}");
        assert!(t.events.iter().any(|e| e.starts_with("SecretWanted") && e.contains("nobody")));
        assert!(!t.events.iter().any(|e| e.starts_with("Credentials")));
    }
}

/// RFC 1939 §7 has the digest of this.
#[test]
fn apop() {
    const STAMP: &str = "<1896.697170952@dbc.mtview.ca.us>";
    let command = "APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n";
    let told = Particulars { apop_timestamp: Some(STAMP.into()), ..Particulars::default() };
    let server = || pop3::Server::new(Arc::new(ServerSettings::default()), inside(true));
    let t = drive(server().told(told), &[command.as_bytes()], Decisions(vec![Decision::Accept]));
    assert_eq!(t.output, format!("+OK ready {STAMP}\r\n+OK authenticated\r\n"));
    assert!(t.events[0].starts_with("Credentials { mechanism: Apop,"), "{:?}", t.events);
    let t = drive(server(), &[command.as_bytes()], Decisions(vec![]));
    assert_eq!(t.output, "+OK ready\r\n-ERR APOP is not supported\r\n");

    let client = || pop3::Client::new(Arc::new(ClientSettings::default()), inside(true));
    let tim = || Tim {
        credentials: Some(Credentials::new(Mechanism::Apop, "mrose", "tanstaaf".into())),
        responses: Vec::new(),
    };
    let t = drive(client(), &[format!("+OK hi {STAMP}\r\n").as_bytes(), b"-ERR\r\n", b"+OK\r\n"], tim());
    assert_eq!((t.output, t.ending), (format!("CAPA\r\n{command}"), Ending::HandedOff(vec![])));
}

/// What a greeting in clear said is not there any more inside TLS, its time stamp included.
#[test]
fn apop_needs_a_time_stamp_of_inside_tls() {
    let (mut fx, mut input) = (Effects::default(), crate::buffer::Buffer::default());
    input.extend(b"-ERR\r\n");
    let client = pop3::Client::new(Arc::new(ClientSettings::default()), inside(false));
    let Step::More(client) = client.start(&mut fx) else { panic!() };
    let Ok(Step::Wait(client)) = client.receive(&mut input, &mut fx) else { panic!() };
    let apop = Credentials::new(Mechanism::Apop, "mrose", "tanstaaf".into());
    let Err((_, misuse)) = client.authenticate(apop, &mut fx) else { panic!("sent") };
    assert_eq!(misuse, "the server does not offer this mechanism");
}

#[test]
fn preauth_is_a_greeting_and_nothing_else() {
    let settings = ServerSettings {
        imap_authenticated_capabilities: vec!["IMAP4rev2".into(), "IDLE".into()],
        ..ServerSettings::default()
    };
    let run = |greeting, preauth| {
        let server = imap::Server::new(Arc::new(settings.clone()), inside(greeting)).told(mapped(preauth));
        drive(server, &[b"a1 SELECT INBOX\r\n"], Decisions(vec![]))
    };
    let t = run(true, true);
    assert_eq!(t.output, "* PREAUTH [CAPABILITY IMAP4rev2 IDLE] ready\r\n");
    assert_eq!(t.events, ["Authenticated"]);
    assert_eq!(t.ending, Ending::HandedOff(b"a1 SELECT INBOX\r\n".to_vec()));
    assert_eq!(run(true, false).ending, Ending::WaitsForPeer);
    // After STARTTLS there is no greeting to say it in.
    let t = run(false, true);
    assert_eq!((t.output.as_str(), t.ending), ("a1 BAD log in first\r\n", Ending::WaitsForPeer));
}

/// POP3 and SMTP have no such greeting: the client must authenticate (RFC 8314 §4.2).
#[test]
fn a_certificate_alone_authenticates_nobody_but_by_preauth() {
    for (protocol, refused) in [
        (Protocol::Pop3, ("STAT\r\n", "-ERR not authenticated\r\n")),
        (Protocol::Smtp, ("MAIL FROM:<a@b.example>\r\n", "530 5.7.0 Authentication required\r\n")),
    ] {
        let t = serve(protocol, mapped(true), &[Mechanism::Plain], refused.0, vec![]);
        assert!(t.output.ends_with(refused.1), "{}", t.output);
        assert_eq!(t.ending, Ending::WaitsForPeer);
    }
}
