//! Whole exchanges of every mechanism, client against server, and what goes wrong in them.

use super::*;
use crate::dialogue::{
    Capabilities, Credentials, Decision, DialogueEvent, Mapped, Mechanism, Particulars, Rejection,
    ServerSettings,
};
use crate::tls::channel_binding::ChannelBindings;
use crate::tls::policy::Confidential;
use proptest::prelude::*;

fn settings() -> ServerSettings {
    ServerSettings {
        sasl_mechanisms: vec![
            Mechanism::ScramSha256Plus,
            Mechanism::ScramSha256,
            Mechanism::ScramSha1Plus,
            Mechanism::ScramSha1,
            Mechanism::Plain,
            Mechanism::Login,
            Mechanism::OAuthBearer,
            Mechanism::XOAuth2,
            Mechanism::raw("X-CAT").unwrap(),
        ],
        scram_salts: "salts".into(),
        oauth_scope: Some("mail".into()),
        ..ServerSettings::default()
    }
}

fn particulars() -> Particulars {
    Particulars {
        channel_bindings: ChannelBindings { tls_exporter: Some("exported".into()), ..Default::default() },
        certificate: Some(Mapped { identity: "tim@certificate".into(), preauth: false }),
        certificate_shown: false,
        apop_timestamp: None,
        refusal: String::new(),
    }
}

fn capabilities() -> Capabilities {
    let names: Vec<String> = offered(&settings(), &particulars())
        .iter()
        .filter_map(|m| m.sasl_name().map(|name| format!("AUTH={name}")))
        .collect();
    Capabilities::new(names)
}

fn client(credentials: &Credentials) -> Result<ClientExchange, &'static str> {
    ClientExchange::new(credentials, &capabilities(), &particulars().channel_bindings, 10_000)
}

/// What an exchange came to, and what the host was told.
#[derive(Debug)]
struct Outcome {
    accepted: bool,
    told: Vec<DialogueEvent>,
    details: Option<String>,
}

/// Runs an exchange: `host` decides, `say` answers what a client's host is asked.
fn run(
    credentials: &Credentials,
    with_initial: bool,
    mut host: impl FnMut(&DialogueEvent) -> Decision,
    mut say: impl FnMut(&Secret) -> Option<Secret>,
) -> Outcome {
    let (proof, settings, particulars) = (Confidential::for_test(), settings(), particulars());
    let side = ServerSide { proof: &proof, settings: &settings, particulars: &particulars };
    let mut client = client(credentials).unwrap();
    let initial = client.initial_response().filter(|_| with_initial).map(write_initial_response);
    let initial = initial.map(|text| parse_initial_response(text.as_bytes()).unwrap());
    if initial.is_some() {
        client = client.initial_response_sent();
    }
    let mechanism = side.offers(client.mechanism().sasl_name().unwrap().as_bytes()).expect("it is offered");
    let mut step = ServerExchange::start(mechanism, initial, side);
    let mut told = Vec::new();
    loop {
        step = match step {
            ServerStep::Challenge(exchange, challenge) => {
                let (next, said) = client.respond(encode(challenge.as_bytes()).as_bytes()).unwrap();
                client = next;
                let said = match said {
                    ClientStep::Respond(response) => Some(response),
                    ClientStep::Cancel(_) => None,
                    ClientStep::Ask(challenge) => say(&challenge),
                };
                let line = said.map_or("*".into(), |said| encode(said.as_bytes()).to_string());
                match parse_client_line(line.as_bytes()).unwrap() {
                    ClientLine::Response(response) => exchange.respond(response, side),
                    ClientLine::Cancel => exchange.cancel(),
                }
            }
            ServerStep::Ask(pending, event) => {
                let decision = host(&event);
                told.push(event);
                pending.decide(decision, side).map_err(|(_, why)| why).unwrap()
            }
            ServerStep::Accepted => {
                assert!(client.is_complete());
                return Outcome { accepted: true, told, details: client.details() };
            }
            ServerStep::Refused(_) | ServerStep::Malformed(_) => {
                return Outcome { accepted: false, told, details: client.details() };
            }
            ServerStep::Failed(why) => panic!("{why}"),
        };
    }
}

/// A host that knows tim and his password or token.
fn tims(event: &DialogueEvent) -> Decision {
    match event {
        DialogueEvent::SecretWanted(user) if user.authentication_identity() == "tim" => {
            Decision::ScramPassword("pencil".into())
        }
        DialogueEvent::SecretWanted(_) => Decision::Reject(Rejection::InvalidCredentials),
        DialogueEvent::Credentials(c) => {
            let right = match c.mechanism() {
                Mechanism::Plain | Mechanism::Login => c.match_password(b"pencil"),
                Mechanism::OAuthBearer | Mechanism::XOAuth2 => c.password().as_bytes() == b"pencil",
                _ => true,
            };
            if right { Decision::Accept } else { Decision::Reject(Rejection::InvalidCredentials) }
        }
        other => panic!("{other:?}"),
    }
}

const BY_PASSWORD: [Mechanism; 8] = [
    Mechanism::Plain,
    Mechanism::Login,
    Mechanism::OAuthBearer,
    Mechanism::XOAuth2,
    Mechanism::ScramSha1,
    Mechanism::ScramSha1Plus,
    Mechanism::ScramSha256,
    Mechanism::ScramSha256Plus,
];

#[test]
fn every_mechanism_to_the_end() {
    for mechanism in BY_PASSWORD {
        for with_initial in [false, true] {
            for (user, password, right) in
                [("tim", "pencil", true), ("tim", "crayon", false), ("tom", "crayon", false)]
            {
                let credentials = Credentials::new(mechanism, user, password.into());
                let outcome = run(&credentials, with_initial, tims, |_| panic!("nobody is asked"));
                assert_eq!(outcome.accepted, right, "{mechanism:?} {user} {password}");
                let refused_inside =
                    !right && matches!(mechanism, Mechanism::OAuthBearer | Mechanism::XOAuth2);
                assert_eq!(outcome.details.is_some(), refused_inside, "{mechanism:?}");
                if let Some(DialogueEvent::Credentials(c)) = outcome.told.last() {
                    assert_eq!((c.mechanism(), c.authentication_identity()), (mechanism, user));
                } else {
                    assert!(!right);
                }
            }
        }
    }
}

#[test]
fn a_refused_token_tells_why_in_json() {
    let credentials = Credentials::new(Mechanism::OAuthBearer, "tim", "stale".into());
    let outcome = run(&credentials, true, tims, |_| None);
    assert_eq!(outcome.details.as_deref(), Some(r#"{"status":"invalid_token","scope":"mail"}"#));
    // There is no refusal to tell when the token could not be looked at.
    let later = |_: &DialogueEvent| Decision::Reject(Rejection::TemporaryFailure);
    assert_eq!(run(&credentials, true, later, |_| None).details, None);
}

#[test]
fn external_says_who_the_certificate_is_for() {
    for (asked_for, with_initial) in [("", true), ("", false), ("shared", true)] {
        let credentials = Credentials::external().with_authorization_identity(asked_for);
        let outcome = run(&credentials, with_initial, |_| Decision::Accept, |_| None);
        assert!(outcome.accepted);
        let [DialogueEvent::Credentials(c)] = &outcome.told[..] else { panic!("{outcome:?}") };
        assert_eq!(c.authentication_identity(), "tim@certificate");
        assert_eq!(c.authorization_identity(), asked_for);
    }
    let settings =
        ServerSettings { sasl_mechanisms: vec![Mechanism::Plain, Mechanism::External], ..settings() };
    let without = Particulars { certificate: None, ..particulars() };
    assert_eq!(offered(&settings, &without), [Mechanism::Plain]);
    assert_eq!(offered(&settings, &particulars()), settings.sasl_mechanisms);
    let unnamed = ServerSettings { sasl_mechanisms: vec![Mechanism::Plain], ..settings };
    assert_eq!(offered(&unnamed, &particulars()), [Mechanism::External, Mechanism::Plain]);
}

#[test]
fn plus_is_offered_where_there_is_something_to_bind_to() {
    let unbound = Particulars { channel_bindings: ChannelBindings::default(), ..particulars() };
    assert!(offered(&settings(), &particulars()).contains(&Mechanism::ScramSha1Plus));
    assert!(!offered(&settings(), &unbound).iter().any(|m| m.needs_channel_binding()));
}

/// A mechanism of the host's: the server says a number, the client says the next one.
#[test]
fn a_mechanism_of_the_hosts_own() {
    let raw = Mechanism::raw("X-CAT").unwrap();
    let said = |response: &Option<Secret>| response.as_ref().map(|r| r.as_bytes().to_vec());
    for initial in [None, Some(Secret::from("meow"))] {
        let credentials = Credentials::raw(raw, initial.clone());
        let mut responses = Vec::new();
        let outcome = run(
            &credentials,
            true,
            |event| {
                let DialogueEvent::Response { mechanism, response } = event else { panic!("{event:?}") };
                assert_eq!(*mechanism, raw);
                responses.push(said(response));
                match responses.len() {
                    3 => Decision::Accept,
                    n => Decision::Challenge(Secret::new(vec![u8::try_from(n).unwrap()])),
                }
            },
            |challenge| Some(Secret::new(vec![challenge.as_bytes()[0] + 1])),
        );
        assert!(outcome.accepted);
        assert_eq!(responses, [said(&initial), Some(vec![2]), Some(vec![3])]);
    }
    let cancelled = run(&Credentials::raw(raw, None), true, |_| Decision::Challenge("?".into()), |_| None);
    assert!(!cancelled.accepted);
}

#[test]
fn a_decision_must_fit_the_question() {
    let (proof, settings, particulars) = (Confidential::for_test(), settings(), particulars());
    let side = ServerSide { proof: &proof, settings: &settings, particulars: &particulars };
    let ask = |mechanism, message: &str| match ServerExchange::start(mechanism, Some(message.into()), side) {
        ServerStep::Ask(pending, _) => pending,
        other => panic!("{other:?}"),
    };
    let secret = |mechanism| {
        let secret = crate::ScramSecret::from_password(mechanism, b"x", b"salt", 4096).unwrap();
        Decision::ScramSecret(Box::new(secret))
    };
    let plain = || ask(Mechanism::Plain, "\0tim\0pencil");
    let scram = || ask(Mechanism::ScramSha256, "n,,n=tim,r=nonce");
    assert!(plain().decide(Decision::Challenge("x".into()), side).is_err());
    assert!(plain().decide(Decision::ScramPassword("x".into()), side).is_err());
    assert!(plain().decide(secret(Mechanism::ScramSha1), side).is_err());
    assert!(scram().decide(Decision::Accept, side).is_err());
    assert!(scram().decide(Decision::Challenge("x".into()), side).is_err());
    assert!(scram().decide(secret(Mechanism::ScramSha1), side).is_err());
    assert!(scram().decide(secret(Mechanism::ScramSha256), side).is_ok());
    let refused = scram().decide(Decision::Reject(Rejection::TemporaryFailure), side).unwrap();
    assert!(matches!(refused, ServerStep::Refused(Rejection::TemporaryFailure)));
}

#[test]
fn a_verdict_is_not_taken_back_by_cancelling() {
    let exchange = ServerExchange::Refused(Rejection::InvalidCredentials);
    assert!(matches!(exchange.cancel(), ServerStep::Refused(Rejection::InvalidCredentials)));
    assert!(matches!(ServerExchange::First(Mechanism::Plain).cancel(), ServerStep::Malformed(_)));
}

#[test]
fn messages_that_break_the_grammar() {
    let (proof, settings, particulars) = (Confidential::for_test(), settings(), particulars());
    let side = ServerSide { proof: &proof, settings: &settings, particulars: &particulars };
    for (mechanism, bad) in [
        (
            Mechanism::Plain,
            &[&b""[..], b"\0a", b"a\0b", b"\0\0p", b"\0a\0", b"\0a\0p\0", b"\0\xff\0p", b"\xff\0a\0p"][..],
        ),
        (Mechanism::Login, &[b"", b"a\0b", b"\xff"]),
        (Mechanism::External, &[b"\xff", b"a\0b"]),
        (Mechanism::OAuthBearer, &[b"", b"\x01", b"n,,\x01\x01", b"\xff"]),
        (Mechanism::XOAuth2, &[b"", b"user=", b"\xff"]),
        (Mechanism::ScramSha1, &[b"", b"n,,", b"\xff"]),
    ] {
        for message in bad {
            let step = ServerExchange::start(mechanism, Some((*message).into()), side);
            assert!(matches!(step, ServerStep::Malformed(_)), "{mechanism:?} {message:?}");
        }
    }
    let password =
        |message: &str| ServerExchange::LoginPassword { name: "tim".into() }.respond(message.into(), side);
    assert!(matches!(password(""), ServerStep::Malformed(_)));
    assert!(matches!(password("a\0"), ServerStep::Malformed(_)));
    assert!(matches!(ServerExchange::Accepted.respond("x".into(), side), ServerStep::Malformed(_)));
}

#[test]
fn credentials_that_cannot_be_sent() {
    let refused = |mechanism, user: &str, password: &str| {
        client(&Credentials::new(mechanism, user, password.into())).is_err()
    };
    for mechanism in BY_PASSWORD {
        assert!(!refused(mechanism, "tim", "pencil"), "{mechanism:?}");
        assert!(refused(mechanism, "tim", ""), "{mechanism:?}");
        assert!(refused(mechanism, "t\0m", "pencil"), "{mechanism:?}");
    }
    assert!(refused(Mechanism::XOAuth2, "", "token") && !refused(Mechanism::OAuthBearer, "", "token"));
    assert!(
        refused(Mechanism::OAuthBearer, "tim", "two tokens") && refused(Mechanism::XOAuth2, "t\x01m", "x")
    );
    for mechanism in [Mechanism::Login, Mechanism::OAuthBearer, Mechanism::XOAuth2] {
        let c = Credentials::new(mechanism, "tim", "pencil".into()).with_authorization_identity("tom");
        assert!(client(&c).is_err(), "{mechanism:?}");
    }
    let plus = Credentials::new(Mechanism::ScramSha256Plus, "tim", "pencil".into());
    assert!(ClientExchange::new(&plus, &capabilities(), &ChannelBindings::default(), 10_000).is_err());
    assert!(client(&Credentials::new(Mechanism::Password, "tim", "pencil".into())).is_err());
}

/// RFC 5802 §6: `y` only where the client could and no PLUS is offered at all.
#[test]
fn the_client_says_what_it_knows_of_plus() {
    let flag = |offers: &[&str], bindings: &ChannelBindings| {
        let offers = Capabilities::new(offers.iter().map(|s| format!("AUTH={s}")).collect());
        let credentials = Credentials::new(Mechanism::ScramSha1, "tim", "pencil".into());
        let exchange = ClientExchange::new(&credentials, &offers, bindings, 10_000).unwrap();
        exchange.initial_response().unwrap().as_bytes()[0]
    };
    let bound = particulars().channel_bindings;
    assert_eq!(flag(&["SCRAM-SHA-1"], &bound), b'y');
    assert_eq!(flag(&["SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"], &bound), b'n');
    assert_eq!(flag(&["SCRAM-SHA-1", "SCRAM-SHA-256-PLUS"], &bound), b'n');
    assert_eq!(flag(&["SCRAM-SHA-1"], &ChannelBindings::default()), b'n');
}

/// Who says yes too early is not believed, and one challenge too many is cancelled.
#[test]
fn success_is_believed_at_its_time() {
    for mechanism in BY_PASSWORD {
        let exchange = client(&Credentials::new(mechanism, "tim", "pencil".into())).unwrap();
        assert!(!exchange.is_complete(), "{mechanism:?}");
    }
    let plain = client(&Credentials::new(Mechanism::Plain, "tim", "pencil".into())).unwrap();
    let plain = plain.initial_response_sent();
    assert!(plain.is_complete());
    let (plain, step) = plain.respond(b"").unwrap();
    assert!(matches!(step, ClientStep::Cancel(_)) && !plain.is_complete() && plain.details().is_none());
    let scram = client(&Credentials::new(Mechanism::ScramSha1, "tim", "pencil".into())).unwrap();
    assert!(!scram.initial_response_sent().is_complete());
}

/// What a mechanism does not read may be anything; what it reads must be base64.
#[test]
fn challenges_that_are_not_base64() {
    let odd: [&[u8]; 8] = [b"", b" ", b"ok", b"go ahead", b"!\xe9", b"VXNlcm5hbWU", b" dGlt ", b"AAAA"];
    for text in odd {
        for mechanism in BY_PASSWORD {
            let exchange = client(&Credentials::new(mechanism, "tim", "pencil".into())).unwrap();
            let initial = exchange.initial_response().map(|first| first.as_bytes().to_vec());
            let (exchange, step) = exchange.respond(text).unwrap();
            let ClientStep::Respond(said) = step else { panic!("{mechanism:?} {text:?}") };
            let expected = initial.unwrap_or_else(|| b"tim".to_vec());
            assert_eq!(said.as_bytes(), expected, "{mechanism:?}");
            if mechanism == Mechanism::Login {
                let Ok((_, ClientStep::Respond(said))) = exchange.respond(text) else { panic!("{text:?}") };
                assert_eq!(said.as_bytes(), b"pencil");
            }
        }
    }
    for text in [&b"ok"[..], b"go ahead", b"!\xe9", b"VXNlcm5hbWU"] {
        let token = Credentials::new(Mechanism::OAuthBearer, "tim", "pencil".into());
        let own = Credentials::raw(Mechanism::raw("X-CAT").unwrap(), None);
        let scram = Credentials::new(Mechanism::ScramSha1, "tim", "pencil".into());
        for credentials in [token, own, scram] {
            let exchange = client(&credentials).unwrap().initial_response_sent();
            let (exchange, step) = exchange.respond(text).unwrap();
            let ClientStep::Cancel(why) = step else { panic!("{credentials:?} {text:?}") };
            assert_eq!((why, exchange.details()), ("the server's challenge is not base64", None));
        }
    }
}

/// `e=` is a refusal with that word, in the first message as in the last.
#[test]
fn scram_is_refused_with_a_word() {
    let said = |message: &str| encode(message.as_bytes()).to_string();
    let scram = |mechanism| client(&Credentials::new(mechanism, "tim", "pencil".into())).unwrap();
    let exchange = scram(Mechanism::ScramSha1Plus).initial_response_sent();
    let (exchange, step) = exchange.respond(said("e=unsupported-channel-binding-type").as_bytes()).unwrap();
    assert!(matches!(step, ClientStep::Respond(response) if response.as_bytes().is_empty()));
    assert!(!exchange.is_complete());
    assert_eq!(exchange.details().as_deref(), Some("unsupported-channel-binding-type"));

    let exchange = scram(Mechanism::ScramSha1);
    let first = String::from_utf8(exchange.initial_response().unwrap().as_bytes().to_vec()).unwrap();
    let nonce = first.split_once("r=").unwrap().1.to_owned();
    let exchange = exchange.initial_response_sent();
    let server_first = said(&format!("r={nonce}x,s=AAAA,i=4096"));
    let (exchange, _) = exchange.respond(server_first.as_bytes()).unwrap();
    let (exchange, step) = exchange.respond(said("e=invalid-proof\u{1b},x=y").as_bytes()).unwrap();
    assert!(matches!(step, ClientStep::Respond(response) if response.as_bytes().is_empty()));
    let (exchange, step) = exchange.respond(b"").unwrap();
    assert!(matches!(step, ClientStep::Cancel(_)) && !exchange.is_complete());
    assert_eq!(exchange.details().as_deref(), Some("invalid-proof?"));

    // Where the server has not even sent its first message, the binding may be the reason.
    let exchange = scram(Mechanism::ScramSha256Plus).initial_response_sent();
    let details =
        "the log-in was bound by channel-binding type tls-exporter, which the server may not support";
    assert_eq!(exchange.details().as_deref(), Some(details));
    assert_eq!(scram(Mechanism::ScramSha256).initial_response_sent().details(), None);

    // It has: the password is wrong.
    let exchange = scram(Mechanism::ScramSha256Plus);
    let first = String::from_utf8(exchange.initial_response().unwrap().as_bytes().to_vec()).unwrap();
    let server_first = said(&format!("r={}x,s=AAAA,i=4096", first.split_once("r=").unwrap().1));
    let (exchange, _) = exchange.initial_response_sent().respond(server_first.as_bytes()).unwrap();
    assert_eq!(exchange.details(), None);
}

#[test]
fn base64_is_strict() {
    assert!(decode(b"AA==").is_ok());
    for bad in [&b"AA"[..], b"AA=", b"A A=", b"AA==\n", b"AB==", b"!!!!", b"AA==AA=="] {
        assert!(decode(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn cancel_and_empty() {
    assert_eq!(parse_client_line(b"*"), Ok(ClientLine::Cancel));
    assert_eq!(parse_client_line(b""), Ok(ClientLine::Response(Secret::default())));
    assert_eq!(parse_initial_response(b"="), Ok(Secret::default()));
    assert!(parse_initial_response(b"").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sent_arrives(login: bool, user in "[^\0]{1,20}", password in "[^\0]{1,20}", with_initial: bool) {
        let mechanism = if login { Mechanism::Login } else { Mechanism::Plain };
        let credentials = Credentials::new(mechanism, user, password.as_str().into());
        let outcome = run(&credentials, with_initial, |_| Decision::Accept, |_| None);
        prop_assert!(outcome.accepted);
        let [DialogueEvent::Credentials(received)] = &outcome.told[..] else { panic!("{outcome:?}") };
        prop_assert_eq!(received, &credentials);
    }

    #[test]
    fn any_octets_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..60), which in 0usize..11) {
        let (proof, settings, particulars) = (Confidential::for_test(), settings(), particulars());
        let side = ServerSide { proof: &proof, settings: &settings, particulars: &particulars };
        let mechanism = offered(&settings, &particulars)[which % 10];
        let _ = ServerExchange::start(mechanism, Some(Secret::new(bytes.clone())), side);
        let credentials = Credentials::new(BY_PASSWORD[which % 8], "tim", "pencil".into());
        let exchange = client(&credentials).unwrap().initial_response_sent();
        let _ = exchange.respond(encode(&bytes).as_bytes());
        let exchange = client(&credentials).unwrap();
        let _ = exchange.respond(&bytes);
    }
}
