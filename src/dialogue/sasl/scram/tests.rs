//! Both halves against each other, against the RFCs' examples, and against what an attacker does.

use super::client::Client;
use super::keys::{Hash, ScramSecret};
use super::server::{ClientFirst, Denial, Waiting};
use crate::dialogue::Mechanism;
use crate::error::ErrorCode;
use crate::secret::Secret;
use crate::tls::channel_binding::ChannelBindings;
use proptest::prelude::*;

const MOST: u32 = 10_000;

fn text(secret: &Secret) -> String {
    String::from_utf8(secret.as_bytes().to_vec()).unwrap()
}

fn bindings() -> ChannelBindings {
    ChannelBindings { tls_exporter: Some("exported octets".into()), tls_server_end_point: None }
}

fn read(mechanism: Mechanism, message: &str) -> Result<ClientFirst, Denial> {
    ClientFirst::read(mechanism, &message.into(), &bindings(), false)
}

/// Both examples, with the nonces that they have.
#[test]
fn the_examples_of_the_rfcs() {
    for (mechanism, client_nonce, server_nonce, salt, proof, verifier) in [
        (
            Mechanism::ScramSha1,
            "fyko+d2lbbFgONRv9qkxdawL",
            "3rfcNHYJY1ZVvWVs7j",
            "QSXCR+Q6sek8bf92",
            "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
            "rmF9pqV8S7suAoZWja4dJRkFsKQ=",
        ),
        (
            Mechanism::ScramSha256,
            "rOprNGfwEbeRWgbNEkqO",
            "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
            "W22ZaJ0SNY7soEsUEjb6gQ==",
            "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        ),
    ] {
        let hash = Hash::of(mechanism).unwrap();
        let password = Secret::from("pencil");
        let (client, first) =
            Client::with_nonce(hash, "user", "", &password, None, false, client_nonce.into()).unwrap();
        assert_eq!(text(&first), format!("n,,n=user,r={client_nonce}"));
        let salt_octets = super::super::decode(salt.as_bytes()).unwrap();
        let secret = ScramSecret::from_password(mechanism, b"pencil", salt_octets.as_bytes(), 4096).unwrap();
        let (waiting, server_first) = read(mechanism, &text(&first)).unwrap().answer_with_nonce(
            Some(secret),
            &Secret::default(),
            4096,
            server_nonce,
        );
        let nonce = format!("{client_nonce}{server_nonce}");
        assert_eq!(text(&server_first), format!("r={nonce},s={salt},i=4096"));
        let (client, last) = client.respond(&server_first, MOST).unwrap();
        assert_eq!(text(&last), format!("c=biws,r={nonce},p={proof}"));
        assert!(!client.is_complete());
        let server_final = waiting.check(&last).unwrap().server_final;
        assert_eq!(text(&server_final), format!("v={verifier}"));
        let (client, empty) = client.respond(&server_final, MOST).unwrap();
        assert!(client.is_complete() && empty.as_bytes().is_empty());
    }
}

/// Goes as far as the server's verdict.
fn exchange(
    mechanism: Mechanism,
    password: &str,
    stored: Option<&str>,
    client_bindings: &ChannelBindings,
) -> Result<(), Denial> {
    let hash = Hash::of(mechanism).unwrap();
    let plus = mechanism.needs_channel_binding().then_some(client_bindings);
    let (client, first) = Client::start(hash, "user", "", &password.into(), plus, false).unwrap();
    let secret = stored
        .map(|stored| ScramSecret::from_password(mechanism, stored.as_bytes(), b"some salt", 4096).unwrap());
    let first = read(mechanism, &text(&first))?;
    let (waiting, message) = first.answer(secret, &"salts".into(), 4096).unwrap();
    let (client, last) = client.respond(&message, MOST).unwrap();
    let verified = waiting.check(&last)?;
    let (client, _) = client.respond(&verified.server_final, MOST).unwrap();
    assert!(client.is_complete());
    Ok(())
}

#[test]
fn only_the_right_password_on_the_same_channel() {
    for mechanism in
        [Mechanism::ScramSha1, Mechanism::ScramSha1Plus, Mechanism::ScramSha256, Mechanism::ScramSha256Plus]
    {
        assert_eq!(exchange(mechanism, "pencil", Some("pencil"), &bindings()), Ok(()));
        assert_eq!(exchange(mechanism, "pencil", Some("Pencil"), &bindings()), Err(Denial::Wrong));
        assert_eq!(exchange(mechanism, "pencil", None, &bindings()), Err(Denial::Wrong));
        let other = ChannelBindings { tls_exporter: Some("other octets".into()), ..bindings() };
        let relayed = exchange(mechanism, "pencil", Some("pencil"), &other);
        assert_eq!(relayed.is_err(), mechanism.needs_channel_binding());
    }
}

#[test]
fn the_binding_flag_is_held_to_the_mechanism() {
    let (plain, plus) = (Mechanism::ScramSha256, Mechanism::ScramSha256Plus);
    assert!(read(plain, "n,,n=u,r=x").is_ok());
    assert!(read(plain, "y,,n=u,r=x").is_ok());
    assert!(read(plus, "p=tls-exporter,,n=u,r=x").is_ok());
    for (mechanism, message) in [
        (plain, "p=tls-exporter,,n=u,r=x"),
        (plus, "n,,n=u,r=x"),
        (plus, "y,,n=u,r=x"),
        (plus, "p=tls-unique,,n=u,r=x"),
        (plus, "p=tls-server-end-point,,n=u,r=x"),
    ] {
        assert!(matches!(read(mechanism, message), Err(Denial::Malformed(_))), "{message}");
    }
    // Somebody took PLUS out of the offer.
    let stripped = ClientFirst::read(plain, &"y,,n=u,r=x".into(), &bindings(), true);
    assert_eq!(stripped.err(), Some(Denial::Malformed("channel binding was offered")));
}

#[test]
fn users_that_there_are_not_look_like_others() {
    let first_message = |user: &str| {
        let (_, message) =
            Client::with_nonce(Hash::Sha256, user, "", &"x".into(), None, false, "nonce".into()).unwrap();
        let first = read(Mechanism::ScramSha256, &text(&message)).unwrap();
        text(&first.answer_with_nonce(None, &"salts".into(), 4096, "own").1)
    };
    assert_eq!(first_message("nobody"), first_message("nobody"));
    assert_ne!(first_message("nobody"), first_message("somebody"));
    // Exactly as long as that of a user whose secret is made of a password.
    let first = read(Mechanism::ScramSha256, "n,,n=tim,r=nonce").unwrap();
    let secret = first.derive(&"pencil".into(), &"salts".into(), 4096);
    let real = text(&first.answer_with_nonce(Some(secret), &"salts".into(), 4096, "own").1);
    assert_eq!(real, first_message("tim"));
}

#[test]
fn names_are_unescaped_and_prepared() {
    let first = read(Mechanism::ScramSha256, "n,a=a=2Cb,n=us=3Der\u{ad},r=x").unwrap();
    assert_eq!(first.user().authentication_identity(), "us=er");
    assert_eq!(first.user().authorization_identity(), "a,b");
    assert!(read(Mechanism::ScramSha256, "n,,n=\u{ad},r=x").is_err());
    assert!(read(Mechanism::ScramSha256, "n,,n=a\u{7}b,r=x").is_err());
    let first = read(Mechanism::ScramSha256, "n,,n=em\u{1f511}o,r=x").unwrap();
    assert_eq!(first.user().authentication_identity(), "em\u{1f511}o");
    let start = |user: &str| Client::start(Hash::Sha256, user, "", &"x".into(), None, false);
    assert!(start("a\u{7}").is_err());
    assert!(text(&start("a=b,c").unwrap().1).contains("n=a=3Db=2Cc,"));
    assert!(text(&start("em\u{1f511}o\u{ad}").unwrap().1).contains("n=em\u{1f511}o,"));
}

fn waiting() -> (Client, Secret, Waiting) {
    let (client, first) = Client::start(Hash::Sha256, "user", "", &"pencil".into(), None, false).unwrap();
    let first = read(Mechanism::ScramSha256, &text(&first)).unwrap();
    let secret = first.derive(&"pencil".into(), &"salts".into(), 4096);
    let (waiting, message) = first.answer(Some(secret), &"salts".into(), 4096).unwrap();
    (client, message, waiting)
}

#[test]
fn a_proof_is_for_one_exchange() {
    let (client, message, _) = waiting();
    let (_, last) = client.respond(&message, MOST).unwrap();
    let (_, _, another) = waiting();
    assert_eq!(another.check(&last).err(), Some(Denial::Wrong));
}

#[test]
fn what_is_changed_on_the_way_is_noticed() {
    for (from, to) in [("c=biws", "c=eSws"), (",p=", ",z=1,p="), ("r=", "r=x")] {
        let (client, message, waiting) = waiting();
        let (_, last) = client.respond(&message, MOST).unwrap();
        let changed = text(&last).replacen(from, to, 1);
        assert_eq!(waiting.check(&changed.as_str().into()).err(), Some(Denial::Wrong), "{changed}");
    }
    let (client, message, waiting) = waiting();
    let (_, last) = client.respond(&message, MOST).unwrap();
    let shorter = format!("{}AA==", text(&last).split("p=").next().unwrap().to_owned() + "p=");
    assert_eq!(waiting.check(&shorter.as_str().into()).err(), Some(Denial::Wrong));
}

#[test]
fn a_server_that_breaks_the_rules() {
    let fault = |change: &dyn Fn(String) -> String| {
        let (client, message, _) = waiting();
        client.respond(&change(text(&message)).as_str().into(), MOST).unwrap_err().code
    };
    assert_eq!(fault(&|m| m.replacen("r=", "r=x", 1)), ErrorCode::Syntax);
    assert_eq!(fault(&|m| m.replace("i=4096", "i=4095")), ErrorCode::LimitExceeded);
    assert_eq!(fault(&|m| m.replace("i=4096", "i=10001")), ErrorCode::LimitExceeded);
    assert_eq!(fault(&|m| format!("m=ext,{m}")), ErrorCode::Syntax);
    assert_eq!(fault(&|_| "\u{0}".into()), ErrorCode::Syntax);
    // The client's nonce alone.
    let (client, first) = Client::start(Hash::Sha256, "u", "", &"p".into(), None, false).unwrap();
    let nonce = text(&first).split_once("r=").unwrap().1.to_owned();
    let echoed = format!("r={nonce},s=AA==,i=4096");
    assert_eq!(client.respond(&echoed.as_str().into(), MOST).unwrap_err().code, ErrorCode::Syntax);
}

#[test]
fn a_server_that_does_not_know_the_password() {
    let (client, message, _) = waiting();
    let (client, _) = client.respond(&message, MOST).unwrap();
    let error = client.respond(&"v=AAAA".into(), MOST).unwrap_err();
    assert_eq!(error.code, ErrorCode::ServerNotProved);
    // An error of the server's proves nothing.
    let (client, message, _) = waiting();
    let (client, _) = client.respond(&message, MOST).unwrap();
    let (client, empty) = client.respond(&"e=invalid-proof".into(), MOST).unwrap();
    assert!(!client.is_complete() && empty.as_bytes().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn both_halves_agree(user in "[a-zA-Z=,äö 🔑]{1,12}", password in "\\PC{1,12}", sha1: bool) {
        let mechanism = if sha1 { Mechanism::ScramSha1 } else { Mechanism::ScramSha256 };
        let user = format!("x{user}");
        let (client, first) =
            Client::start(Hash::of(mechanism).unwrap(), &user, "", &password.as_str().into(), None, true).unwrap();
        let first = read(mechanism, &text(&first)).unwrap();
        let secret = first.derive(&password.as_str().into(), &"salts".into(), 4096);
        prop_assert!(first.takes(&secret));
        let (waiting, message) = first.answer(Some(secret), &"salts".into(), 4096).unwrap();
        let (client, last) = client.respond(&message, MOST).unwrap();
        let verified = waiting.check(&last).unwrap();
        prop_assert!(client.respond(&verified.server_final, MOST).unwrap().0.is_complete());
    }
}
