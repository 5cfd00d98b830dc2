//! `APOP` (RFC 1939 §7): a digest of the greeting's time stamp and the password.
//!
//! It must never know who compares it.

use md5::{Digest, Md5};

/// The digest in lower-case hexadecimal. `timestamp` has its angle brackets.
pub(crate) fn digest(timestamp: &str, password: &[u8]) -> String {
    let digest = Md5::new().chain_update(timestamp).chain_update(password).finalize();
    format!("{digest:x}")
}
