//! The minimum confidentiality level of an account (RFC 8314 §5): what a session must be before
//! anything but finding out the server's capabilities and STARTTLS may be done in it.
//!
//! Must never know how TLS was negotiated, only what came of it.

use crate::error::{Error, ErrorCode};
use crate::tls::facts::{PeerValidation, TlsFacts};
use crate::tls::policy;
use core::fmt;

/// The word of the user, who has been told, in so many words, that the account's passwords and messages
/// can be read and changed on the way (RFC 8314 §5.1). Nothing lowers a minimum without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledged(());

impl Acknowledged {
    /// The user has been told and agrees. A question that is answered by habit, or comes when a
    /// connection has just failed, is no acknowledgement: RFC 8314 §5.4 knows no clicking through.
    pub fn that_passwords_and_messages_are_exposed() -> Self {
        Self(())
    }
}

/// The minimum confidentiality level of an account (RFC 8314 §5).
///
/// The default is what new accounts get: the server's certificate has been validated, TLS is 1.2 or
/// later, and the policy accepts it (RFC 8314 §5.2, RFC 8997).
///
/// ```
/// use mailtls::account::{Acknowledged, Minimum, SessionState};
/// let minimum = Minimum::default();
/// assert!(minimum.permits(SessionState::Clear { starttls_offered: false }).is_err());
///
/// let lowered = Minimum::none(Acknowledged::that_passwords_and_messages_are_exposed());
/// assert!(lowered.permits(SessionState::Clear { starttls_offered: false }).is_ok());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum(Level);

#[derive(Clone, Debug, PartialEq)]
enum Level {
    /// A validated certificate, and a channel that the policy accepts.
    Validated,
    /// Likewise, or the certificate that the user has pinned at set-up.
    Pinned,
    /// None: the best that is to be had.
    None,
}

/// What a session with the server is.
#[derive(Clone, Copy, Debug)]
pub enum SessionState<'a> {
    /// In clear.
    Clear {
        /// Whether the server says that it has STARTTLS.
        starttls_offered: bool,
    },
    /// Under TLS, of which these are the facts.
    Tls(&'a TlsFacts),
}

/// Proof that a session is as confidential as RFC 8314 §5.2 wants it: the certificate validated, TLS 1.2
/// or later, accepted by the policy of the account's minimum, or of the default one where the account
/// has none. Only [`Minimum::is_met`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    validation: PeerValidation,
}

impl Met {
    /// What stands behind the certificate: an authority, or a TLSA record.
    pub fn validation(&self) -> PeerValidation {
        self.validation
    }
}

/// Why a session does not meet a minimum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shortfall {
    /// There is no TLS.
    Clear,
    /// The policy does not accept what was negotiated, for this reason.
    Tls(Error),
    /// The certificate has not been validated.
    NotValidated,
    /// Nothing but a pin stands behind the certificate (RFC 8314 §5.4).
    OnlyPinned,
}

/// Something better has become possible for an account whose minimum is lowered (RFC 8314 §5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upgrade {
    /// The server, talked to in clear, has STARTTLS.
    StartTls,
    /// The session meets the default minimum: the account can be given it.
    Minimum(Met),
}

impl Default for Minimum {
    fn default() -> Self {
        Self(Level::Validated)
    }
}

impl Minimum {
    /// Lowered so far that the certificate pinned at set-up will do ([`super::PinStore`]). TLS and the
    /// policy are required all the same. A session that a pin alone stands behind is permitted, and
    /// neither meets a minimum nor is shown as confidential (RFC 8314 §5.4).
    ///
    /// ```
    /// use mailtls::account::{Acknowledged, Minimum, SessionState, Shortfall};
    /// use mailtls::tls::{facts::{PeerValidation, TlsFacts}, registry::{CipherSuite, Version}};
    /// let minimum = Minimum::pinned(Acknowledged::that_passwords_and_messages_are_exposed());
    /// let mut facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
    /// facts.peer_validation = PeerValidation::Pin;
    /// assert!(minimum.permits(SessionState::Tls(&facts)).is_ok());
    /// assert_eq!(minimum.is_met(&facts), Err(Shortfall::OnlyPinned));
    /// ```
    pub fn pinned(_: Acknowledged) -> Self {
        Self(Level::Pinned)
    }

    /// No minimum: the best is used that is to be had, which may be nothing.
    pub fn none(_: Acknowledged) -> Self {
        Self(Level::None)
    }

    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.0 == Level::None
    }

    /// Whether a pin counts for anything.
    #[cfg(feature = "engine")]
    pub(crate) fn permits_a_pin(&self) -> bool {
        self.0 != Level::Validated
    }

    /// Whether a session under TLS is as confidential as the minimum says. Where the account has none it
    /// is measured against the default: it may be good without being asked to, and is not good because
    /// nothing was asked. A pin never counts as validation.
    ///
    /// # Errors
    /// What it falls short of. The channel comes before the certificate: what an unsafe channel says of
    /// its peer is worth nothing.
    ///
    /// ```
    /// use mailtls::account::{Minimum, Shortfall};
    /// use mailtls::tls::{facts::{PeerValidation, TlsFacts}, registry::{CipherSuite, Version}};
    /// let mut facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
    /// facts.peer_validation = PeerValidation::Pin;
    /// assert_eq!(Minimum::default().is_met(&facts), Err(Shortfall::OnlyPinned));
    /// facts.peer_validation = PeerValidation::Pkix;
    /// assert!(Minimum::default().is_met(&facts).is_ok());
    /// ```
    pub fn is_met(&self, facts: &TlsFacts) -> Result<Met, Shortfall> {
        channel(facts)?;
        match facts.peer_validation {
            PeerValidation::Pin => Err(Shortfall::OnlyPinned),
            validation if validation.is_validated() => Ok(Met { validation }),
            _ => Err(Shortfall::NotValidated),
        }
    }

    /// Whether anything but finding out the server's capabilities and STARTTLS may be done in a session:
    /// credentials sent, mail read or submitted (RFC 8314 §5.2). There is no way past the answer but to
    /// lower the minimum.
    ///
    /// # Errors
    /// What the session falls short of.
    pub fn permits(&self, session: SessionState<'_>) -> Result<(), Shortfall> {
        match (&self.0, session) {
            (Level::None, _) => Ok(()),
            (_, SessionState::Clear { .. }) => Err(Shortfall::Clear),
            (Level::Pinned, SessionState::Tls(facts)) if facts.peer_validation == PeerValidation::Pin => {
                channel(facts)
            }
            (_, SessionState::Tls(facts)) => self.is_met(facts).map(|_| ()),
        }
    }

    /// For an account whose minimum is lowered: whether something better has become possible than the
    /// session is or the account asks for (RFC 8314 §5.2).
    ///
    /// ```
    /// use mailtls::account::{Acknowledged, Minimum, SessionState, Upgrade};
    /// let none = Minimum::none(Acknowledged::that_passwords_and_messages_are_exposed());
    /// let clear = SessionState::Clear { starttls_offered: true };
    /// assert_eq!(none.upgrade_possible(clear), Some(Upgrade::StartTls));
    /// assert_eq!(Minimum::default().upgrade_possible(clear), None);
    /// ```
    pub fn upgrade_possible(&self, session: SessionState<'_>) -> Option<Upgrade> {
        match (&self.0, session) {
            (Level::None, SessionState::Clear { starttls_offered: true }) => Some(Upgrade::StartTls),
            (Level::Validated, _) | (_, SessionState::Clear { .. }) => None,
            (_, SessionState::Tls(facts)) => Self::default().is_met(facts).ok().map(Upgrade::Minimum),
        }
    }
}

/// Whether the channel will do, whoever is at its other end.
fn channel(facts: &TlsFacts) -> Result<(), Shortfall> {
    policy::judge(facts).map(|_| ()).map_err(Shortfall::Tls)
}

impl Shortfall {
    /// What ends a connection for it.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Clear => Error::new(ErrorCode::StartTlsRefused, self.to_string()),
            Self::Tls(error) => error,
            Self::NotValidated | Self::OnlyPinned => {
                Error::new(ErrorCode::CertificateUntrusted, self.to_string())
            }
        }
    }
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clear => f.write_str("there is no TLS (RFC 8314 §5.2)"),
            Self::Tls(error) => f.write_str(error.reason()),
            Self::NotValidated => f.write_str("the server's certificate is not validated (RFC 8314 §5.2)"),
            Self::OnlyPinned => {
                f.write_str("nothing but a pin stands behind the server's certificate (RFC 8314 §5.4)")
            }
        }
    }
}

impl core::error::Error for Shortfall {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::registry::{CipherSuite, Version};

    fn facts(version: u16, validation: PeerValidation) -> TlsFacts {
        let mut facts = TlsFacts::new(Version(version), CipherSuite(0x1301));
        facts.peer_validation = validation;
        facts
    }

    fn lowered() -> Acknowledged {
        Acknowledged::that_passwords_and_messages_are_exposed()
    }

    /// Every level, every version, everything that can stand behind a certificate.
    #[test]
    fn what_meets_what_is_permitted_and_what_could_be_better() {
        use PeerValidation as V;
        let levels = [Minimum::default(), Minimum::pinned(lowered()), Minimum::none(lowered())];
        for version in [0x0300, 0x0301, 0x0302, 0x0303, 0x0304] {
            for validation in [V::None, V::Pkix, V::Dane, V::Pin] {
                let facts = facts(version, validation);
                let session = SessionState::Tls(&facts);
                let channel = version >= 0x0303;
                let good = channel && matches!(validation, V::Pkix | V::Dane);
                for minimum in &levels {
                    let case = format!("{version:x} {validation:?} {minimum:?}");
                    assert_eq!(minimum.is_met(&facts).is_ok(), good, "{case}");
                    let pinned = channel && validation == V::Pin && minimum.0 == Level::Pinned;
                    assert_eq!(
                        minimum.permits(session).is_ok(),
                        good || pinned || minimum.is_none(),
                        "{case}"
                    );
                    let upgrade = minimum.upgrade_possible(session).is_some();
                    assert_eq!(upgrade, good && *minimum != Minimum::default(), "{case}");
                }
            }
        }
    }

    #[test]
    fn in_clear_nothing_is_permitted_but_without_a_minimum() {
        for starttls_offered in [false, true] {
            let clear = SessionState::Clear { starttls_offered };
            assert_eq!(Minimum::default().permits(clear), Err(Shortfall::Clear));
            assert_eq!(Minimum::pinned(lowered()).permits(clear), Err(Shortfall::Clear));
            assert_eq!(Minimum::none(lowered()).permits(clear), Ok(()));
            let upgrade = Minimum::none(lowered()).upgrade_possible(clear);
            assert_eq!(upgrade, starttls_offered.then_some(Upgrade::StartTls));
        }
    }

    #[test]
    fn the_shortfall_is_the_first_that_there_is() {
        let fall = |version, validation| Minimum::default().is_met(&facts(version, validation)).unwrap_err();
        assert_eq!(fall(0x0304, PeerValidation::None), Shortfall::NotValidated);
        assert_eq!(fall(0x0304, PeerValidation::Pin), Shortfall::OnlyPinned);
        assert!(fall(0x0302, PeerValidation::Pin).to_string().contains("TLSv1.1 is deprecated"));
        let mut weak = facts(0x0303, PeerValidation::Pkix);
        weak.cipher_suite = CipherSuite(0x0005);
        assert!(matches!(Minimum::default().is_met(&weak), Err(Shortfall::Tls(_))));
    }
}
