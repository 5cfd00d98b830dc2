//! The text of a pin store, and what is looked up in it.
//!
//! Must never know how the text is written, but that it is written in one way.

use mailtls::account::{AccountSetup, PinStore};

/// The whole input is the text.
pub fn pin_store(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let store = match text.parse::<PinStore>() {
        Ok(store) => store,
        Err(error) => {
            assert!(!error.to_string().contains(char::is_control), "not a line: {error}");
            return;
        }
    };
    assert!(store.len() <= PinStore::MOST);
    let written = store.to_string();
    assert!(written.bytes().all(|octet| octet == b'\n' || (b' '..=b'~').contains(&octet)), "{written:?}");
    assert_eq!(written.parse().as_ref(), Ok(&store));
    let pins: Vec<_> = store
        .iter()
        .map(|(account, host, pin)| (account.to_owned(), host.as_str().to_owned(), pin))
        .collect();
    assert_eq!(pins.len(), store.len());
    let mut rest = store.clone();
    // Each with each would be too many.
    for (account, host, pin) in pins.iter().take(20) {
        assert_eq!(store.pin_for(account, host), Some(*pin));
        assert_eq!(store.pin_for(account, &host.to_ascii_uppercase()), Some(*pin));
        for (other, elsewhere, _) in pins.iter().take(20) {
            let there = pins.iter().find(|(a, h, _)| a == other && h == host).map(|found| found.2);
            assert_eq!(store.pin_for(other, host), there, "of another account");
            let there = pins.iter().find(|(a, h, _)| a == account && h == elsewhere).map(|found| found.2);
            assert_eq!(store.pin_for(account, elsewhere), there, "for another host");
        }
        let setup = AccountSetup::new(account).and_then(|setup| setup.pin(host, b"certificate"));
        let again = setup.expect("what was read can be set up").finish(&mut store.clone());
        assert!(again.is_err(), "an account that exists is pinned");
        assert_eq!(rest.remove(account, host), Some(*pin));
        assert_eq!(rest.pin_for(account, host), None, "a pin that was removed");
    }
    assert_eq!(rest.len(), store.len() - pins.len().min(20));
}
