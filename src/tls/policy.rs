//! What a TLS channel must be before a mail dialogue may trust it.

/// Proof that the policy has judged the channel and found it confidential.
///
/// Only a verdict of this module makes one, and without one no dialogue can raise credentials
/// to the host or send any: the type system holds RFC 8314's "no password in clear".
#[derive(Clone, Copy, Debug)]
pub struct Confidential(());

#[cfg(test)]
impl Confidential {
    /// For tests of rooms that need a proof and have no TLS.
    pub(crate) fn for_test() -> Self {
        Self(())
    }
}
