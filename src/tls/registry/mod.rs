//! The IANA registries of TLS: code points, their names, and what stands behind them.
//!
//! Whatever is not registered keeps its code point and is written in hex (RFC 8314 §4.3). The room
//! must never know what a name is worth: that is the policy's.

mod alert;
mod cipher_suite;
mod group;
mod parts;
mod signature_scheme;
mod tables;
#[cfg(test)]
mod tests;
mod version;

pub use alert::Alert;
pub use cipher_suite::CipherSuite;
pub use group::{Group, GroupKind};
pub use parts::{Algorithm, Authentication, Hash, KeyExchange, Mode, Recommended};
pub use signature_scheme::{SignatureAlgorithm, SignatureScheme};
pub use version::Version;

use core::ffi::CStr;
use core::fmt;

/// A name in the tables, which are ASCII.
fn as_str(name: &'static CStr) -> Option<&'static str> {
    name.to_str().ok()
}

macro_rules! display_name_or_hex {
    ($($type:ident)+) => {$(
        /// The name, or `0x` and four hex digits.
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "0x{:04X}", self.0),
                }
            }
        }
    )+};
}

display_name_or_hex!(Version CipherSuite Group SignatureScheme);
