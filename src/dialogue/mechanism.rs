//! The ways to authenticate, and the choice of the best that both sides have.
//!
//! It must never know an exchange: what is said in one is in `sasl`.

use super::MechanismFloor;
use super::types::Capabilities;
use crate::service::Protocol;
use core::fmt;

/// A way to authenticate.
///
/// CRAM-MD5 and DIGEST-MD5 are absent by choice: inside TLS they protect nothing that PLAIN does
/// not, and they make the server keep passwords in clear (RFC 6331). A host that must have one
/// speaks it itself, as [`Mechanism::Raw`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mechanism {
    /// The protocol's own password command: IMAP `LOGIN`, POP3 `USER` and `PASS`.
    Password,
    /// POP3 `APOP` (RFC 1939 §7).
    Apop,
    /// SASL PLAIN (RFC 4616).
    Plain,
    /// SASL LOGIN (draft-murchison-sasl-login).
    Login,
    /// SASL EXTERNAL (RFC 4422 appendix A): by the client's certificate.
    External,
    /// SASL OAUTHBEARER (RFC 7628): by an OAuth 2.0 bearer token.
    OAuthBearer,
    /// SASL XOAUTH2, what OAUTHBEARER was before it had an RFC.
    XOAuth2,
    /// SASL SCRAM-SHA-1 (RFC 5802).
    ScramSha1,
    /// SASL SCRAM-SHA-1-PLUS (RFC 5802): bound to the TLS channel.
    ScramSha1Plus,
    /// SASL SCRAM-SHA-256 (RFC 7677).
    ScramSha256,
    /// SASL SCRAM-SHA-256-PLUS (RFC 7677): bound to the TLS channel.
    ScramSha256Plus,
    /// A SASL mechanism that the host speaks itself, challenge by challenge.
    Raw(MechanismName),
}

/// What a client has to authenticate with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Means {
    /// A password.
    Password,
    /// An OAuth 2.0 bearer token.
    Token,
    /// A certificate, which TLS has already shown to the server.
    Certificate,
}

impl Mechanism {
    const SASL: [Self; 9] = [
        Self::ScramSha256Plus,
        Self::ScramSha256,
        Self::ScramSha1Plus,
        Self::ScramSha1,
        Self::Plain,
        Self::Login,
        Self::External,
        Self::OAuthBearer,
        Self::XOAuth2,
    ];

    /// The SASL mechanism name; `None` for [`Mechanism::Password`] and [`Mechanism::Apop`], which
    /// are not SASL.
    pub fn sasl_name(&self) -> Option<&str> {
        Some(match self {
            Self::Password | Self::Apop => return None,
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::External => "EXTERNAL",
            Self::OAuthBearer => "OAUTHBEARER",
            Self::XOAuth2 => "XOAUTH2",
            Self::ScramSha1 => "SCRAM-SHA-1",
            Self::ScramSha1Plus => "SCRAM-SHA-1-PLUS",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Self::Raw(name) => name.as_str(),
        })
    }

    /// The mechanism of mailtls with this SASL name, in any case (RFC 4422 §3.1).
    ///
    /// ```
    /// use mailtls::Mechanism;
    /// assert_eq!(Mechanism::from_sasl_name(b"scram-sha-256"), Some(Mechanism::ScramSha256));
    /// assert_eq!(Mechanism::from_sasl_name(b"CRAM-MD5"), None);
    /// ```
    pub fn from_sasl_name(name: &[u8]) -> Option<Self> {
        Self::SASL.into_iter().find(|mechanism| mechanism.is_named(name))
    }

    /// A mechanism that the host speaks itself, mailtls's own included. `None` when no SASL
    /// mechanism can have that name.
    ///
    /// ```
    /// use mailtls::Mechanism;
    /// assert_eq!(Mechanism::raw("GSSAPI").unwrap().sasl_name(), Some("GSSAPI"));
    /// assert!(Mechanism::raw("no such name").is_none());
    /// ```
    pub fn raw(name: &str) -> Option<Self> {
        MechanismName::new(name).map(Self::Raw)
    }

    /// Whether it has this SASL name, in any case.
    pub(crate) fn is_named(&self, name: &[u8]) -> bool {
        self.sasl_name().is_some_and(|own| own.as_bytes().eq_ignore_ascii_case(name))
    }

    /// Whether it is SCRAM, bound to the TLS channel or not.
    pub(crate) fn is_scram(self) -> bool {
        matches!(self, Self::ScramSha1 | Self::ScramSha256) || self.needs_channel_binding()
    }

    /// Whether it is bound to the TLS channel.
    pub(crate) fn needs_channel_binding(self) -> bool {
        matches!(self, Self::ScramSha1Plus | Self::ScramSha256Plus)
    }
}

/// The name of a SASL mechanism: 1 to 20 upper-case letters, digits, hyphens and underscores
/// (RFC 4422 §3.1). Lower case becomes upper case.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MechanismName {
    /// Padded with NUL.
    octets: [u8; 20],
}

impl MechanismName {
    /// `None` when no SASL mechanism can have that name.
    pub fn new(name: &str) -> Option<Self> {
        let mech_char = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let mut octets = [0; 20];
        octets.get_mut(..name.len()).filter(|part| !part.is_empty())?.copy_from_slice(name.as_bytes());
        octets.make_ascii_uppercase();
        name.bytes().all(mech_char).then_some(Self { octets })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        let end = self.octets.iter().position(|&b| b == 0).unwrap_or(self.octets.len());
        core::str::from_utf8(&self.octets[..end]).unwrap_or_default()
    }
}

impl fmt::Debug for MechanismName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Capabilities {
    /// The best way to authenticate that the server offers and mailtls has, for what the client
    /// has to authenticate with, none below the floor; `bound` when the channel has a binding.
    ///
    /// For a password: SCRAM, bound to the channel if it can be and by the better hash; PLAIN; the
    /// protocol's own command; LOGIN. APOP never: it needs the server to keep passwords in clear.
    /// A POP3 server that tells no capabilities at all is taken to have `USER` and `PASS`.
    pub fn best_mechanism(
        &self,
        protocol: Protocol,
        means: Means,
        bound: bool,
        floor: MechanismFloor,
    ) -> Option<Mechanism> {
        let offered = |mechanism: &&Mechanism| match mechanism.sasl_name() {
            Some(name) => self.has_sasl(name) && (bound || !mechanism.needs_channel_binding()),
            None => self.has_password_command(protocol),
        };
        let ranked: &[Mechanism] = match means {
            Means::Password => &[
                Mechanism::ScramSha256Plus,
                Mechanism::ScramSha1Plus,
                Mechanism::ScramSha256,
                Mechanism::ScramSha1,
                Mechanism::Plain,
                Mechanism::Password,
                Mechanism::Login,
            ],
            Means::Token => &[Mechanism::OAuthBearer, Mechanism::XOAuth2],
            Means::Certificate => &[Mechanism::External],
        };
        ranked.iter().filter(|mechanism| floor.admits(**mechanism)).find(offered).copied()
    }

    /// Whether the protocol's own password command is offered.
    pub(crate) fn has_password_command(&self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Imap => !self.has("LOGINDISABLED"),
            Protocol::Pop3 => self.has("USER") || self.iter().next().is_none(),
            Protocol::Smtp => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(protocol: Protocol, means: Means, bound: bool, items: &[&str]) -> Option<Mechanism> {
        let items = items.iter().map(|s| (*s).to_owned()).collect();
        Capabilities::new(items).best_mechanism(protocol, means, bound, MechanismFloor::Any)
    }

    #[test]
    fn every_name_is_found_again() {
        for mechanism in Mechanism::SASL {
            let name = mechanism.sasl_name().unwrap();
            assert_eq!(Mechanism::from_sasl_name(name.to_lowercase().as_bytes()), Some(mechanism));
            assert_eq!(Mechanism::raw(name).unwrap().sasl_name(), Some(name));
        }
        for none in ["", "A B", "ABCDEFGHIJKLMNOPQRSTU", "Ä", "A\0"] {
            assert_eq!(Mechanism::raw(none), None);
        }
        assert_eq!(Mechanism::raw("abcdefghijklmnopqrst").unwrap().sasl_name(), Some("ABCDEFGHIJKLMNOPQRST"));
        assert_eq!(Mechanism::Password.sasl_name().or(Mechanism::Apop.sasl_name()), None);
    }

    #[test]
    fn the_best_for_a_password() {
        let best = |protocol, items: &[&str]| best(protocol, Means::Password, false, items);
        assert_eq!(best(Protocol::Imap, &["IMAP4rev1", "AUTH=LOGIN", "AUTH=PLAIN"]), Some(Mechanism::Plain));
        assert_eq!(best(Protocol::Imap, &["IMAP4rev1"]), Some(Mechanism::Password));
        assert_eq!(best(Protocol::Imap, &["IMAP4rev1", "LOGINDISABLED"]), None);
        assert_eq!(best(Protocol::Pop3, &[]), Some(Mechanism::Password));
        assert_eq!(best(Protocol::Pop3, &["UIDL"]), None);
        assert_eq!(best(Protocol::Smtp, &["AUTH LOGIN"]), Some(Mechanism::Login));
        assert_eq!(best(Protocol::Smtp, &["AUTH CRAM-MD5"]), None);
    }

    #[test]
    fn scram_before_plain_and_bound_where_it_can_be() {
        let all = ["AUTH PLAIN SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS"];
        let best = |bound| best(Protocol::Smtp, Means::Password, bound, &all);
        assert_eq!(best(true), Some(Mechanism::ScramSha256Plus));
        assert_eq!(best(false), Some(Mechanism::ScramSha256));
    }

    #[test]
    fn each_means_has_its_own_mechanisms() {
        let all = ["AUTH PLAIN EXTERNAL XOAUTH2 OAUTHBEARER"];
        let best = |means| best(Protocol::Smtp, means, true, &all);
        assert_eq!(best(Means::Token), Some(Mechanism::OAuthBearer));
        assert_eq!(best(Means::Certificate), Some(Mechanism::External));
        assert_eq!(best(Means::Password), Some(Mechanism::Plain));
    }
}
