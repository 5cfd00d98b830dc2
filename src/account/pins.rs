//! Pins: the certificate that a user has accepted for one account and one host, at set-up
//! (RFC 8314 §5.4).
//!
//! This is certificate pinning by a user. It has nothing to do with HTTP Public Key Pinning, by which a
//! server tells its clients what to pin (RFC 7469).
//!
//! Must never know why a certificate did not validate, nor ask anybody.

mod text;

use super::host::HostName;
use crate::error::{Error, ErrorCode};
pub use crate::trust::pin::Pin;
use std::collections::BTreeMap;
pub use text::{PinProblem, PinTextError};

/// An account that is being set up: the only state of one in which a certificate can be pinned. It ends
/// as an [`Account`], for which there is no way to pin any more; a certificate that fails to validate
/// later is an attack or a change that the user is told of, and never one that is clicked away
/// (RFC 8314 §5.4).
///
/// ```
/// use mailtls::account::{AccountSetup, Pin, PinStore};
/// let mut store = PinStore::default();
/// let der = b"in truth a certificate in DER";
/// let account = AccountSetup::new("tim@mail.example")?.pin("mail.example", der)?.finish(&mut store)?;
/// assert_eq!(store.pin_for("tim@mail.example", "mail.example"), Some(Pin::of_certificate(der)));
/// assert_eq!(store.pin_for("tim@mail.example", "smtp.example"), None);
///
/// account.remove_pin(&mut store, "mail.example");
/// assert_eq!(store.pin_for("tim@mail.example", "mail.example"), None);
/// # Ok::<(), mailtls::Error>(())
/// ```
///
/// ```compile_fail
/// use mailtls::account::{AccountSetup, PinStore};
/// let mut store = PinStore::default();
/// let account = AccountSetup::new("tim").unwrap().finish(&mut store).unwrap();
/// account.pin("mail.example", b"another certificate");
/// ```
#[derive(Debug)]
pub struct AccountSetup {
    account: String,
    pins: BTreeMap<HostName, Pin>,
}

impl AccountSetup {
    /// Begins with the host program's name for the account: not empty, of at most 512 octets.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for another name.
    pub fn new(account: &str) -> Result<Self, Error> {
        check_account(account)?;
        Ok(Self { account: account.into(), pins: BTreeMap::new() })
    }

    /// Pins the server's own certificate, in DER, which the user has looked at and accepted for this
    /// host, in the place of one pinned before.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for an impossible host or no certificate;
    /// [`ErrorCode::LimitExceeded`] with more than 64 hosts.
    pub fn pin(mut self, host: &str, der: &[u8]) -> Result<Self, Error> {
        self.note(host, der)?;
        Ok(self)
    }

    /// The host program's name for the account.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// [`Self::pin`] for whom it is only lent to.
    pub(crate) fn note(&mut self, host: &str, der: &[u8]) -> Result<(), Error> {
        if der.is_empty() {
            return Err(Error::invalid("there is no certificate to pin"));
        }
        let host: HostName = host.parse()?;
        if self.pins.len() >= 64 && !self.pins.contains_key(&host) {
            return Err(Error::new(ErrorCode::LimitExceeded, "more than 64 hosts in one account"));
        }
        self.pins.insert(host, Pin::of_certificate(der));
        Ok(())
    }

    /// Ends the set-up: the store has the pins, and the account exists.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when the store has pins of an account of this name: it exists already,
    /// and would have to be deleted first ([`PinStore::remove_account`]); [`ErrorCode::LimitExceeded`] when
    /// the store is full. The store is then as it was.
    pub fn finish(self, store: &mut PinStore) -> Result<Account, Error> {
        if store.of_account(&self.account).next().is_some() {
            return Err(Error::wrong_state("the account exists already, with pins of its own"));
        }
        if store.pins.len() + self.pins.len() > PinStore::MOST {
            return Err(Error::new(ErrorCode::LimitExceeded, "the pin store is full"));
        }
        for (host, pin) in self.pins {
            store.pins.insert((self.account.clone(), host), pin);
        }
        Ok(Account { name: self.account })
    }
}

/// An account that has been set up. Its pins can be removed; none can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    name: String,
}

impl Account {
    /// The host program's name for it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Removes the pin for a host: from the next look-up on the certificate is no longer accepted.
    /// Tells what it was.
    pub fn remove_pin(&self, store: &mut PinStore, host: &str) -> Option<Pin> {
        store.remove(&self.name, host)
    }
}

/// All pins, each for one account and one host. A pin is made by [`AccountSetup`] or read from the
/// store's own text.
///
/// The text has a line for the version and one for each pin, in the order of accounts and hosts:
///
/// ```
/// use mailtls::account::PinStore;
/// let text = format!("mailtls-pins 1\ntim%20m@mail.example mail.example sha256:{}\n", "5a".repeat(32));
/// let store: PinStore = text.parse()?;
/// assert!(store.pin_for("tim m@mail.example", "mail.example").is_some());
/// assert_eq!(store.to_string(), text);
/// # Ok::<(), mailtls::account::PinTextError>(())
/// ```
///
/// Octets of an account that are not visible ASCII, and `%`, are written `%` and two hexadecimal
/// digits. Who can change this text can pin what they like: it needs the protection of a password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PinStore {
    pins: BTreeMap<(String, HostName), Pin>,
}

impl PinStore {
    /// How many pins a store holds at most.
    pub const MOST: usize = 10_000;

    /// The certificate pinned for exactly this account and host (RFC 8314 §5.4); no other pin counts.
    ///
    /// Asked for each connection anew, it makes a removal take effect on the next one.
    pub fn pin_for(&self, account: &str, host: &str) -> Option<Pin> {
        self.pins.get(&key(account, host)?).copied()
    }

    /// Removes the pin for an account and host. Tells what it was.
    pub fn remove(&mut self, account: &str, host: &str) -> Option<Pin> {
        self.pins.remove(&key(account, host)?)
    }

    /// Removes all pins of an account, which is being deleted. Tells how many there were.
    pub fn remove_account(&mut self, account: &str) -> usize {
        let before = self.pins.len();
        self.pins.retain(|(name, _), _| name != account);
        before - self.pins.len()
    }

    /// How many pins there are.
    pub fn len(&self) -> usize {
        self.pins.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pins.is_empty()
    }

    /// Account, host and pin, in the order of accounts and hosts.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &HostName, Pin)> {
        self.pins.iter().map(|((account, host), pin)| (account.as_str(), host, *pin))
    }

    /// The hosts that an account has pins for.
    fn of_account(&self, account: &str) -> impl Iterator<Item = &HostName> {
        self.iter().filter(move |(name, ..)| *name == account).map(|(_, host, _)| host)
    }
}

fn key(account: &str, host: &str) -> Option<(String, HostName)> {
    Some((account.into(), host.parse().ok()?))
}

fn check_account(account: &str) -> Result<(), Error> {
    if (1..=512).contains(&account.len()) {
        Ok(())
    } else {
        Err(Error::invalid("the account is not between 1 and 512 octets long"))
    }
}

#[cfg(test)]
mod tests;
