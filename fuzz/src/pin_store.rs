//! The text of a pin store, and what is looked up in it.
//!
//! Must never know how the text is written, but that it is written in one way.

use mailtls::account::{AccountSetup, HostName, Pin, PinProblem, PinStore};
use std::collections::BTreeMap;

/// The whole input is the text.
pub fn pin_store(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let store = match text.parse::<PinStore>() {
        Ok(store) => store,
        Err(error) => {
            assert!(crate::is_line(error.to_string()), "not a line: {error}");
            assert_eq!(slowly(&text), None, "only the slow reader takes it");
            assert_eq!(error.line == 1, error.problem == PinProblem::Version);
            // What is before the line is good.
            let before: String = text.split_inclusive('\n').take(error.line - 1).collect();
            assert!(before.is_empty() || before.parse::<PinStore>().is_ok(), "an earlier line is wrong");
            return;
        }
    };
    assert!(store.len() <= PinStore::MOST);
    let read = store.iter().map(|(account, host, pin)| ((account.to_owned(), host.clone()), pin));
    assert_eq!(slowly(&text), Some(read.collect()), "the slow reader reads something else");
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
