//! Pins: known answers, both round trips, and no pin that counts for another account or host.

use super::*;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

const TIM: &str = "tim@mail.example";

fn pin(octet: u8) -> String {
    format!("sha256:{}", format!("{octet:02x}").repeat(32))
}

fn hosts() -> impl Strategy<Value = HostName> {
    let names = prop_oneof![
        "[a-c]{1,3}(\\.[a-z0-9_][a-z0-9_-]{0,4}[a-z]){1,3}",
        "10\\.0\\.[0-9]\\.1",
        "fe80::[1-9a-f]"
    ];
    names.prop_map(|name| name.parse().unwrap())
}

fn stores() -> impl Strategy<Value = PinStore> {
    let account = prop_oneof!["[a-c%@ ]{1,3}", "\\PC{1,8}", any::<String>().prop_map(|s| s + "\r\n")]
        .prop_filter("short", |account| account.len() <= 512);
    let pins = btree_map((account, hosts()), any::<[u8; 32]>().prop_map(Pin), 0..12);
    pins.prop_map(|pins| PinStore { pins })
}

#[test]
fn the_pin_of_a_certificate() {
    let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(Pin::of_certificate(b"").to_string(), empty);
    assert_eq!(empty.to_uppercase().replace("SHA", "sha").parse(), Ok(Pin::of_certificate(b"")));
    for wrong in ["", "sha256:", &empty[7..], &empty[..70], &format!("{empty}0"), &empty.replace('e', "g")] {
        assert!(wrong.parse::<Pin>().is_err(), "{wrong}");
    }
}

#[test]
fn pinned_at_set_up_and_at_no_other_time() {
    let mut store = PinStore::default();
    let setup = AccountSetup::new(TIM).unwrap().pin("Mail.Example", b"a").unwrap();
    let account = setup.pin("smtp.example", b"b").unwrap().finish(&mut store).unwrap();
    assert_eq!(account.name(), TIM);
    assert_eq!(store.pin_for(TIM, "mail.example."), Some(Pin::of_certificate(b"a")));
    assert_eq!(store.pin_for("TIM@mail.example", "mail.example"), None);
    assert_eq!(store.pin_for(TIM, "not a host"), None);
    // Another set-up of the same account would be a way around.
    let again = AccountSetup::new(TIM).unwrap().pin("mail.example", b"evil").unwrap().finish(&mut store);
    assert_eq!(again.unwrap_err().code(), ErrorCode::WrongState);
    assert_eq!(store.pin_for(TIM, "mail.example"), Some(Pin::of_certificate(b"a")));
    // Removed is removed, and the rest stays.
    assert_eq!(account.remove_pin(&mut store, "mail.example"), Some(Pin::of_certificate(b"a")));
    assert_eq!(account.remove_pin(&mut store, "mail.example"), None);
    assert_eq!(store.pin_for(TIM, "mail.example"), None);
    assert_eq!((store.len(), store.remove_account(TIM), store.is_empty()), (1, 1, true));
}

#[test]
fn what_cannot_be_pinned() {
    assert!(AccountSetup::new("").is_err());
    assert!(AccountSetup::new(&"x".repeat(513)).is_err());
    let setup = || AccountSetup::new(TIM).unwrap();
    assert!(setup().pin("a b", b"x").is_err());
    assert!(setup().pin("mail.example", b"").is_err());
    let full = (0..64).fold(setup(), |s, i| s.pin(&format!("h{i}.example"), b"x").unwrap());
    assert_eq!(full.pin("more.example", b"x").unwrap_err().code(), ErrorCode::LimitExceeded);
}

#[test]
fn the_text_is_as_documented() {
    let mut store = PinStore::default();
    AccountSetup::new("zoë 100%").unwrap().pin("b.example", b"x").unwrap().finish(&mut store).unwrap();
    AccountSetup::new("amy").unwrap().pin("::1", b"x").unwrap().finish(&mut store).unwrap();
    let hash = Pin::of_certificate(b"x");
    let text = format!("mailtls-pins 1\namy ::1 {hash}\nzo%C3%AB%20100%25 b.example {hash}\n");
    assert_eq!(store.to_string(), text);
    assert_eq!(text.parse(), Ok(store.clone()));
    assert_eq!(text.replace('\n', "\r\n").parse(), Ok(store));
    assert_eq!(PinStore::default().to_string().parse(), Ok(PinStore::default()));
}

#[test]
fn errors_name_the_line() {
    use PinProblem as P;
    let line = |account: &str, host: &str| format!("{account} {host} {}\n", pin(1));
    let good = line("tim", "a.example");
    for (lines, at, problem) in [
        ("tim a.example\n".to_owned(), 2, P::Fields),
        ("\n".to_owned(), 2, P::Fields),
        (format!("{good}\n"), 3, P::Fields),
        (good.replace(' ', "  "), 2, P::Fields),
        (good.trim_end().to_owned(), 2, P::Unfinished),
        (format!("{good}{}", line("Tim", "a b")), 3, P::Fields),
        (line("", "a.example"), 2, P::Account),
        (line("%4", "a.example"), 2, P::Account),
        (line("%zz", "a.example"), 2, P::Account),
        (line("%FF", "a.example"), 2, P::Account),
        (line("zoë", "a.example"), 2, P::Account),
        (line(&"x".repeat(513), "a.example"), 2, P::Account),
        (line("tim", "*"), 2, P::Host),
        (good.replace("sha256", "sha1"), 2, P::Pin),
        (good.replace("01\n", "0\n"), 2, P::Pin),
        (format!("{good}{}", line("%74im", "A.example.")), 3, P::Twice),
    ] {
        let error = format!("mailtls-pins 1\n{lines}").parse::<PinStore>().unwrap_err();
        assert_eq!(error, PinTextError { line: at, problem }, "{lines:?}");
        assert!(error.to_string().starts_with(&format!("pin store, line {at}: ")));
    }
    for text in ["", "mailtls-pins 1", "mailtls-pins 2\n", "\nmailtls-pins 1\n", " mailtls-pins 1\n"] {
        let error = PinTextError { line: 1, problem: P::Version };
        assert_eq!(text.parse::<PinStore>(), Err(error), "{text:?}");
    }
}

#[test]
fn a_store_is_bounded() {
    let lines = (0..=PinStore::MOST).map(|i| format!("a{i} h.example {}\n", pin(2)));
    let text = lines.fold("mailtls-pins 1\n".to_owned(), |text, line| text + &line);
    let error = text.parse::<PinStore>().unwrap_err();
    assert_eq!(error, PinTextError { line: PinStore::MOST + 2, problem: PinProblem::TooMany });
    let most = text.trim_end().rsplit_once('\n').unwrap().0;
    let mut store: PinStore = format!("{most}\n").parse().unwrap();
    let one_more = AccountSetup::new("new").unwrap().pin("h.example", b"x").unwrap();
    assert_eq!(one_more.finish(&mut store).unwrap_err().code(), ErrorCode::LimitExceeded);
}

proptest! {
    #[test]
    fn a_store_survives_its_text(store in stores()) {
        let text = store.to_string();
        prop_assert!(text.is_ascii());
        prop_assert_eq!(text.lines().count(), 1 + store.len());
        prop_assert_eq!(text.parse(), Ok(store));
    }

    /// What is read from any text is written in one form, which says the same.
    #[test]
    fn a_text_survives_its_store(store in stores(), swaps in vec(any::<(prop::sample::Index, u8)>(), 0..3)) {
        let mut text = store.to_string().into_bytes();
        for (place, octet) in swaps {
            let place = place.index(text.len());
            text[place] = octet & 0x7f;
        }
        let text = String::from_utf8(text).unwrap();
        if let Ok(read) = text.parse::<PinStore>() {
            prop_assert_eq!(read.to_string().parse(), Ok(read));
        }
    }

    #[test]
    fn a_pin_counts_for_its_account_and_host_alone(store in stores(), account in "[a-c%@ ]{1,3}", host in hosts()) {
        let found = store.pin_for(&account, host.as_str());
        let own = store.iter().find(|(a, h, _)| *a == account && **h == host).map(|(_, _, pin)| pin);
        prop_assert_eq!(found, own);
        for (a, h, pin) in store.iter() {
            prop_assert_eq!(store.pin_for(a, h.as_str()), Some(pin));
            let mut without = store.clone();
            without.remove(a, h.as_str());
            prop_assert_eq!(without.pin_for(a, h.as_str()), None);
            prop_assert_eq!(without.len() + 1, store.len());
        }
    }
}
