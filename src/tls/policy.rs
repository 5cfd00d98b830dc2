//! What a TLS channel must be before a mail dialogue may trust it.
//!
//! The policy is that of RFC 8314 as updated by RFC 8997: TLS 1.2 or later, with a cipher suite
//! that RFC 9325 leaves standing.

use super::facts::TlsFacts;
use super::registry::{KeyExchange, Recommended, Version};
use crate::error::{Error, ErrorCode};

/// Proof that the policy has judged the channel and found it confidential.
///
/// Only [`judge`] makes one, and without one no dialogue can raise credentials to the host or
/// send any: the type system holds RFC 8314's "no password in clear".
#[derive(Clone, Copy, Debug)]
pub struct Confidential(());

/// Judges the facts of a channel (RFC 8314 §4.1, §5.2; RFC 8997 §3; RFC 9325 §4).
///
/// # Errors
/// [`ErrorCode::TlsPolicy`] with the reason: too old a version, or a cipher suite that is not
/// one of the recommended.
///
/// ```
/// use mailtls::tls::{facts::TlsFacts, policy, registry::{CipherSuite, Version}};
/// assert!(policy::judge(&TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301))).is_ok());
/// assert!(policy::judge(&TlsFacts::new(Version(0x0302), CipherSuite(0x002f))).is_err());
/// ```
pub fn judge(facts: &TlsFacts) -> Result<Confidential, Error> {
    let known = matches!(facts.version, Version::TLS_1_2 | Version::TLS_1_3);
    if !known {
        let reason = format!("{} was negotiated; TLS 1.2 or later is required (RFC 8997)", facts.version);
        return Err(Error::new(ErrorCode::TlsPolicy, reason));
    }
    let suite = facts.cipher_suite;
    let exchange = matches!(suite.key_exchange(), Some(KeyExchange::Any | KeyExchange::Ecdhe));
    if suite.recommended() != Some(Recommended::Yes) || !exchange {
        let reason = format!("cipher suite {} is not among the recommended (RFC 9325)", facts.cipher_suite);
        return Err(Error::new(ErrorCode::TlsPolicy, reason));
    }
    Ok(Confidential(()))
}

#[cfg(test)]
impl Confidential {
    /// For tests of rooms that need a proof and have no TLS.
    pub(crate) fn for_test() -> Self {
        Self(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::registry::CipherSuite;
    use super::*;

    #[test]
    fn only_tls_1_2_and_later_with_recommended_suites() {
        for version in 0..=0x0400u16 {
            for suite in [0x1301, 0xc02f, 0x0000, 0x0005, 0x002f, 0xc013] {
                let right = (0x0303..=0x0304).contains(&version) && matches!(suite, 0x1301 | 0xc02f);
                assert_eq!(judge(&TlsFacts::new(Version(version), CipherSuite(suite))).is_ok(), right);
            }
        }
    }

    #[test]
    fn reasons_name_what_is_wrong() {
        let error = judge(&TlsFacts::new(Version(0x0301), CipherSuite(0x1301))).unwrap_err();
        assert_eq!(error.reason(), "TLSv1 was negotiated; TLS 1.2 or later is required (RFC 8997)");
    }
}
