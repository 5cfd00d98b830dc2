//! When a client's certificate may be sent (RFC 8314 §5.5), and who sees it.
//!
//! The rule has two lines: the server asked for one, and the user has authorised this certificate for
//! this account. It is for hosts with a TLS library of their own; the engine keeps the same rule, the
//! second line before the handshake and the first when the server's request comes.

use crate::error::Error;
use crate::tls::registry::Version;
use std::collections::BTreeMap;

/// The certificates that the user has authorised, each for one account. `C` is what the host has of a
/// certificate: a path, a handle, the key itself.
///
/// ```
/// use mailtls::account::client_certificate::{Authorised, Hiding, Withheld};
/// use mailtls::tls::registry::Version;
/// let mut authorised = Authorised::default();
/// authorised.authorise("tim@mail.example", "tim.p12")?;
///
/// let (asked, hidden) = (true, Hiding::Preferred);
/// let sent = |account| authorised.to_send(asked, account, Version::TLS_1_3, hidden);
/// assert_eq!(sent("tim@mail.example"), Ok(&"tim.p12"));
/// assert_eq!(sent("eve@mail.example"), Err(Withheld::NotAuthorised));
/// # Ok::<(), mailtls::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorised<C>(BTreeMap<String, C>);

/// Whether a certificate must be hidden from the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hiding {
    /// It crosses in clear where the server has no better than TLS 1.2. The user should know, before
    /// the first time: [`exposure`].
    #[default]
    Preferred,
    /// It is sent under TLS 1.3 alone.
    Required,
}

/// Who sees a client's certificate, and with it who the user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// The server alone.
    ServerOnly,
    /// Everybody on the path.
    Everybody,
}

/// Why no certificate is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// The server has not asked for one.
    NotAsked,
    /// None has been authorised for this account.
    NotAuthorised,
    /// It would cross in clear, and must be hidden.
    Exposed,
}

/// Who would see a certificate sent under this version: before TLS 1.3 the handshake is in clear
/// (RFC 5246 §7.4.6; RFC 9846 §4.5.1).
///
/// Before a connection the lowest version that it offers is what to ask for; that is what a user is to
/// be told.
///
/// ```
/// use mailtls::account::client_certificate::{exposure, Exposure};
/// use mailtls::tls::registry::Version;
/// assert_eq!(exposure(Version::TLS_1_2), Exposure::Everybody);
/// assert_eq!(exposure(Version::TLS_1_3), Exposure::ServerOnly);
/// ```
pub fn exposure(version: Version) -> Exposure {
    if version < Version::TLS_1_3 { Exposure::Everybody } else { Exposure::ServerOnly }
}

impl<C> Default for Authorised<C> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<C> Authorised<C> {
    /// Notes that the user has authorised a certificate for an account, in the place of an earlier one.
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] when the account is empty.
    pub fn authorise(&mut self, account: &str, certificate: C) -> Result<(), Error> {
        if account.is_empty() {
            return Err(Error::invalid("the account is empty"));
        }
        self.0.insert(account.into(), certificate);
        Ok(())
    }

    /// Takes the authorisation for an account back.
    pub fn revoke(&mut self, account: &str) -> Option<C> {
        self.0.remove(account)
    }

    /// The certificate authorised for exactly this account.
    pub fn for_account(&self, account: &str) -> Option<&C> {
        self.0.get(account)
    }

    /// The certificate to send: if the server asked, and the user has authorised it for this account;
    /// and, where it must be hidden, if `version` hides it.
    ///
    /// # Errors
    /// Why none is sent.
    pub fn to_send(
        &self,
        server_asked: bool,
        account: &str,
        version: Version,
        hiding: Hiding,
    ) -> Result<&C, Withheld> {
        if !server_asked {
            return Err(Withheld::NotAsked);
        }
        let certificate = self.for_account(account).ok_or(Withheld::NotAuthorised)?;
        match (hiding, exposure(version)) {
            (Hiding::Required, Exposure::Everybody) => Err(Withheld::Exposed),
            _ => Ok(certificate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asked_for_and_authorised_for_this_account() {
        let mut authorised = Authorised::default();
        authorised.authorise("tim", 1).unwrap();
        authorised.authorise("tom", 2).unwrap();
        assert!(authorised.authorise("", 3).is_err());
        let (old, new) = (Version::TLS_1_2, Version::TLS_1_3);
        for (asked, account, version, hiding, outcome) in [
            (true, "tim", old, Hiding::Preferred, Ok(&1)),
            (true, "tim", new, Hiding::Required, Ok(&1)),
            (true, "tom", new, Hiding::Preferred, Ok(&2)),
            (true, "tim", old, Hiding::Required, Err(Withheld::Exposed)),
            (false, "tim", new, Hiding::Preferred, Err(Withheld::NotAsked)),
            (true, "Tim", new, Hiding::Preferred, Err(Withheld::NotAuthorised)),
            (true, "", new, Hiding::Preferred, Err(Withheld::NotAuthorised)),
            (false, "eve", old, Hiding::Required, Err(Withheld::NotAsked)),
        ] {
            assert_eq!(authorised.to_send(asked, account, version, hiding), outcome, "{account}");
        }
        assert_eq!(authorised.revoke("tim"), Some(1));
        assert_eq!(authorised.to_send(true, "tim", new, Hiding::Preferred), Err(Withheld::NotAuthorised));
        assert_eq!(authorised.for_account("tom"), Some(&2));
    }
}
