//! `APOP` (RFC 1939 §7): a digest of the greeting's time stamp and the password.
//!
//! It must never know who compares it.

use md5::{Digest, Md5};
use zeroize::Zeroizing;

/// Octets of a block of MD5.
const BLOCK: usize = 64;

/// The digest in lower-case hexadecimal. `timestamp` has its angle brackets.
pub(crate) fn digest(timestamp: &str, password: &[u8]) -> Zeroizing<String> {
    // In one place of memory, so that nothing is left behind by moving it.
    let mut hash = Box::new(Md5::new());
    hash.update(timestamp);
    hash.update(password);
    let digest = hash.finalize_reset();
    // The end of the input, which is the password, is still in the hash, and in what its last computation
    // has left of the stack. Zeros take its place: a block that is computed, and all of a block but its last
    // octet, which is kept.
    hash.update([0; 2 * BLOCK - 1]);
    core::hint::black_box(&hash);
    Zeroizing::new(format!("{digest:x}"))
}
