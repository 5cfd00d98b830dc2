//! One pinned certificate: which one it is, not whose.

use crate::error::Error;
use crate::text::hex_octet;
use core::fmt;
use core::str::FromStr;
use sha2::{Digest, Sha256};

/// A pinned certificate: the SHA-256 of the server's own one, in DER. As text `sha256:` and 64
/// hexadecimal digits.
///
/// ```
/// use mailtls::account::Pin;
/// let pin = Pin::of_certificate(b"in truth a certificate in DER");
/// assert!(pin.matches(b"in truth a certificate in DER"));
/// assert!(!pin.matches(b"another"));
/// assert_eq!(pin.to_string().parse(), Ok(pin));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pin([u8; 32]);

impl Pin {
    /// The pin of a certificate in DER.
    pub fn of_certificate(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// The pin with this SHA-256.
    pub fn from_sha256(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }

    /// The SHA-256.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether it is the pin of this certificate in DER.
    pub fn matches(&self, der: &[u8]) -> bool {
        *self == Self::of_certificate(der)
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Pin {
    type Err = Error;

    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] for anything but `sha256:` and 64 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::invalid("a pin is sha256: and 64 hexadecimal digits");
        let hex = text.strip_prefix("sha256:").ok_or_else(wrong)?.as_bytes();
        if hex.contains(&b':') {
            return Err(Error::invalid(
                "a pin is sha256: and 64 hexadecimal digits, without colons between them",
            ));
        }
        if hex.len() == 40 {
            return Err(Error::invalid("a pin of 40 digits is a SHA-1; use the SHA-256, which has 64"));
        }
        if hex.len() != 64 {
            return Err(wrong());
        }
        let mut sha256 = [0; 32];
        for (octet, digits) in sha256.iter_mut().zip(hex.chunks_exact(2)) {
            *octet = hex_octet(digits).ok_or_else(wrong)?;
        }
        Ok(Self(sha256))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pin_has_its_reason() {
        for (text, reason) in [
            (
                "sha256:".to_owned() + &"AA:".repeat(32),
                "a pin is sha256: and 64 hexadecimal digits, without colons between them",
            ),
            (
                "sha256:".to_owned() + &"a".repeat(40),
                "a pin of 40 digits is a SHA-1; use the SHA-256, which has 64",
            ),
            ("a".repeat(64), "a pin is sha256: and 64 hexadecimal digits"),
            ("sha256:".to_owned() + &"g".repeat(64), "a pin is sha256: and 64 hexadecimal digits"),
        ] {
            assert_eq!(text.parse::<Pin>().unwrap_err(), reason);
        }
    }
}
