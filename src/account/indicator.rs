//! What a user may be shown of a session: a lock, or why there is none (RFC 8314 §5.2).

use super::minimum::{Met, Minimum, SessionState, Shortfall};
use core::fmt;

/// What may be shown of a session. `Confidential` holds a proof that only [`Minimum::is_met`] makes: a
/// certificate that did not validate or is merely pinned, a version below TLS 1.2, and what is below the
/// account's own minimum cannot be shown as confidential, because it cannot be said.
///
/// ```
/// use mailtls::account::{Indicator, Minimum, SessionState};
/// use mailtls::tls::{facts::{PeerValidation, TlsFacts}, registry::{CipherSuite, Version}};
/// let mut facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
/// let minimum = Minimum::default();
/// let shown = Indicator::of(&minimum, SessionState::Tls(&facts));
/// assert_eq!(shown.to_string(), "not confidential: the server's certificate is not validated (RFC 8314 §5.2)");
/// facts.peer_validation = PeerValidation::Pkix;
/// assert!(Indicator::of(&minimum, SessionState::Tls(&facts)).is_confidential());
/// ```
///
/// Nobody else can make one that says so:
///
/// ```compile_fail
/// use mailtls::account::{Indicator, Met};
/// let lie = Indicator::Confidential(Met { validation: Default::default() });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Indicator {
    /// The session may be shown as confidential.
    Confidential(Met),
    /// It may not, for this reason.
    NotConfidential(Shortfall),
}

impl Indicator {
    /// What may be shown of a session of an account with this minimum.
    pub fn of(minimum: &Minimum, session: SessionState<'_>) -> Self {
        let met = match session {
            SessionState::Clear { .. } => Err(Shortfall::Clear),
            SessionState::Tls(facts) => minimum.is_met(facts),
        };
        met.map_or_else(Self::NotConfidential, Self::Confidential)
    }

    /// Whether a lock may be shown.
    pub fn is_confidential(&self) -> bool {
        matches!(self, Self::Confidential(_))
    }
}

/// One line for a user or a log.
impl fmt::Display for Indicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Confidential(_) => f.write_str("confidential"),
            Self::NotConfidential(why) => write!(f, "not confidential: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Acknowledged;
    use crate::tls::facts::{PeerValidation, TlsFacts};
    use crate::tls::registry::{CipherSuite, Version};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_lock_but_for_a_validated_certificate_and_tls_1_2(
            version in 0x02fd..0x0310u16, suite: u16, validation in 0..4u8, level in 0..3u8,
        ) {
            use PeerValidation as V;
            let validation = [V::None, V::Pkix, V::Dane, V::Pin][usize::from(validation)];
            let lowered = Acknowledged::that_passwords_and_messages_are_exposed();
            let minimum =
                [Minimum::default(), Minimum::pinned(lowered), Minimum::none(lowered)][usize::from(level)].clone();
            for suite in [suite, 0x1301] {
                let mut facts = TlsFacts::new(Version(version), CipherSuite(suite));
                facts.peer_validation = validation;
                let shown = Indicator::of(&minimum, SessionState::Tls(&facts));
                let may = matches!(version, 0x0303 | 0x0304) && matches!(validation, V::Pkix | V::Dane);
                prop_assert!(may || !shown.is_confidential());
                prop_assert!(suite != 0x1301 || shown.is_confidential() == may);
            }
            let clear = SessionState::Clear { starttls_offered: true };
            prop_assert!(!Indicator::of(&minimum, clear).is_confidential());
        }
    }
}
