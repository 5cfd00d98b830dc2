//! Texts of pin stores.
//!
//! Must never know how they are read, but what must come of it.

use mailtls::account::{HostName, Pin, PinProblem, PinStore};
use std::collections::BTreeMap;

/// The whole input is the text.
pub fn pin_store(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let slow = slowly(text);
    match text.parse::<PinStore>() {
        Ok(store) => {
            let pins = slow.expect("the slow reader refuses it");
            let read = store.iter().map(|(account, host, pin)| ((account.to_owned(), host.clone()), pin));
            assert_eq!(read.collect::<BTreeMap<_, _>>(), pins, "read otherwise");
            check(&store);
        }
        Err(error) => {
            assert_eq!(slow, None, "only the slow reader takes it");
            assert!(!error.to_string().contains(char::is_control));
            assert!((1..=text.split('\n').count()).contains(&error.line), "no such line");
            assert_eq!(error.line == 1, error.problem == PinProblem::Version);
            // What is before the line is good.
            if error.line > 1 {
                let before: String = text.split_inclusive('\n').take(error.line - 1).collect();
                assert!(before.parse::<PinStore>().is_ok(), "an earlier line is wrong");
            }
        }
    }
}

/// What holds for every store.
fn check(store: &PinStore) {
    let text = store.to_string();
    assert!(text.bytes().all(|c| c == b'\n' || c == b' ' || c.is_ascii_graphic()));
    assert!(text.ends_with('\n') && text.lines().count() == store.len() + 1);
    assert_eq!(text.parse().as_ref(), Ok(store), "not read as it was written");
    for (account, host, pin) in store.iter().take(50) {
        assert_eq!(store.pin_for(account, host.as_str()), Some(pin));
        assert_eq!(store.pin_for(account, &host.as_str().to_ascii_uppercase()), Some(pin));
        // No pin of another account or host.
        for (account, host) in
            [(format!("{account}x"), host.to_string()), (account.to_owned(), format!("x{host}"))]
        {
            let own = store.iter().find(|(a, h, _)| *a == account && h.as_str() == host).map(|(.., pin)| pin);
            assert_eq!(store.pin_for(&account, &host), own);
        }
        let mut without = store.clone();
        assert_eq!(without.remove(account, host.as_str()), Some(pin));
        assert_eq!(without.pin_for(account, host.as_str()), None);
        assert_eq!(without.len() + 1, store.len());
        let mut deleted = store.clone();
        let gone = deleted.remove_account(account);
        assert_eq!(deleted.len() + gone, store.len());
        assert!(deleted.iter().all(|(other, ..)| other != account));
    }
}

/// docs/accounts.md, with no thought of speed or of where the fault is.
fn slowly(text: &str) -> Option<BTreeMap<(String, HostName), Pin>> {
    let text = text.replace("\r\n", "\n");
    let lines = text.strip_suffix('\n')?.split('\n').collect::<Vec<_>>();
    let mut pins = BTreeMap::new();
    if lines.first() != Some(&"mailtls-pins 1") {
        return None;
    }
    for line in &lines[1..] {
        let [account, host, pin] = line.split(' ').collect::<Vec<_>>()[..] else { return None };
        let mut octets = Vec::new();
        for (i, part) in account.split('%').enumerate() {
            let mut rest = part;
            if i > 0 {
                octets.push(hex(part.get(..2)?)?);
                rest = &part[2..];
            }
            octets.extend_from_slice(rest.as_bytes().is_ascii().then_some(rest.as_bytes())?);
            if rest.bytes().any(|c| !(0x21..=0x7e).contains(&c)) {
                return None;
            }
        }
        let account = String::from_utf8(octets).ok().filter(|a| !a.is_empty() && a.len() <= 512)?;
        let digits = pin.strip_prefix("sha256:").filter(|d| d.len() == 64 && d.is_ascii())?;
        let octets: Option<Vec<u8>> = (0..32).map(|i| hex(&digits[2 * i..2 * i + 2])).collect();
        let pin = Pin::from_sha256(octets?.try_into().ok()?);
        if pins.insert((account, host.parse().ok()?), pin).is_some() {
            return None;
        }
    }
    (pins.len() <= PinStore::MOST).then_some(pins)
}

fn hex(two: &str) -> Option<u8> {
    let digits = two.bytes().all(|c| c.is_ascii_hexdigit());
    u8::from_str_radix(two, 16).ok().filter(|_| digits)
}
