//! Bytes that are wiped when dropped and never printed.

use core::fmt;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A password or another secret: wiped on drop, redacted in debug output.
///
/// Comparing two of the same length takes the same time wherever they differ. That they differ in
/// length is not hidden.
///
/// ```
/// let secret = mailtls::Secret::from("s3kr1t");
/// assert_eq!(secret.as_bytes(), b"s3kr1t");
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// ```
#[derive(Clone, Default, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes over the bytes; they are not copied.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes themselves. Copies made of them are the caller's to wipe.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl ConstantTimeEq for Secret {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

/// Whether both are missing, or both are there and equal.
pub(crate) fn both_or_neither(one: Option<&Secret>, other: Option<&Secret>) -> Choice {
    match (one, other) {
        (Some(one), Some(other)) => one.ct_eq(other),
        (None, None) => Choice::from(1),
        _ => Choice::from(0),
    }
}

impl From<&str> for Secret {
    fn from(s: &str) -> Self {
        Self(s.as_bytes().to_vec())
    }
}

impl From<&[u8]> for Secret {
    fn from(s: &[u8]) -> Self {
        Self(s.to_vec())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
