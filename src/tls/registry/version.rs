//! Protocol versions. IANA keeps no registry of them: these are of the RFCs themselves.

use super::as_str;
use core::ffi::CStr;

/// A TLS protocol version, by its code point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16);

const NAMES: [(u16, &CStr); 6] = [
    (0x0002, c"SSLv2"),
    (0x0300, c"SSLv3"),
    (0x0301, c"TLSv1"),
    (0x0302, c"TLSv1.1"),
    (0x0303, c"TLSv1.2"),
    (0x0304, c"TLSv1.3"),
];

impl Version {
    /// TLS 1.1 (RFC 4346).
    pub const TLS_1_1: Self = Self(0x0302);
    /// TLS 1.2 (RFC 5246, obsoleted by RFC 9846).
    pub const TLS_1_2: Self = Self(0x0303);
    /// TLS 1.3 (RFC 9846).
    pub const TLS_1_3: Self = Self(0x0304);

    /// Every version there has been, oldest first.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|row| Self(row.0))
    }

    /// The version that [`Version::name`] calls so, in upper or lower case; `TLSv1.0` is TLSv1 too.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = if name.eq_ignore_ascii_case("TLSv1.0") { "TLSv1" } else { name };
        NAMES.iter().find(|row| row.1.to_bytes().eq_ignore_ascii_case(name.as_bytes())).map(|row| Self(row.0))
    }

    /// `TLSv1.3`, as mail logs and headers write it.
    pub fn name(self) -> Option<&'static str> {
        self.c_name().and_then(as_str)
    }

    /// [`Version::name`] as C wants it.
    pub(crate) fn c_name(self) -> Option<&'static CStr> {
        NAMES.iter().find(|row| row.0 == self.0).map(|row| row.1)
    }
}
