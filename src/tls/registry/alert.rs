//! Alerts: the registry «TLS Alerts».

use core::fmt;

/// A TLS alert, by its code point (RFC 9846 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alert(pub u8);

/// Those of RFC 9846, and of its predecessors those that older peers still send.
const NAMES: [(u8, &str); 35] = [
    (0, "close_notify"),
    (10, "unexpected_message"),
    (20, "bad_record_mac"),
    (21, "decryption_failed"),
    (22, "record_overflow"),
    (30, "decompression_failure"),
    (40, "handshake_failure"),
    (41, "no_certificate"),
    (42, "bad_certificate"),
    (43, "unsupported_certificate"),
    (44, "certificate_revoked"),
    (45, "certificate_expired"),
    (46, "certificate_unknown"),
    (47, "illegal_parameter"),
    (48, "unknown_ca"),
    (49, "access_denied"),
    (50, "decode_error"),
    (51, "decrypt_error"),
    (60, "export_restriction"),
    (70, "protocol_version"),
    (71, "insufficient_security"),
    (80, "internal_error"),
    (86, "inappropriate_fallback"),
    (90, "user_canceled"),
    (100, "no_renegotiation"),
    (109, "missing_extension"),
    (110, "unsupported_extension"),
    (111, "certificate_unobtainable"),
    (112, "unrecognized_name"),
    (113, "bad_certificate_status_response"),
    (114, "bad_certificate_hash_value"),
    (115, "unknown_psk_identity"),
    (116, "certificate_required"),
    (120, "no_application_protocol"),
    (121, "ech_required"),
];

impl Alert {
    /// The peer will send no more.
    pub const CLOSE_NOTIFY: Self = Self(0);
    /// What comes is not what had to come: above all where it is not TLS.
    pub const UNEXPECTED_MESSAGE: Self = Self(10);
    /// A certificate is malformed.
    pub const BAD_CERTIFICATE: Self = Self(42);
    /// A certificate is of a kind that is not accepted, or not for this use.
    pub const UNSUPPORTED_CERTIFICATE: Self = Self(43);
    /// A certificate has been revoked by its issuer.
    pub const CERTIFICATE_REVOKED: Self = Self(44);
    /// A certificate has expired, or is not valid yet.
    pub const CERTIFICATE_EXPIRED: Self = Self(45);
    /// Something else is wrong with a certificate.
    pub const CERTIFICATE_UNKNOWN: Self = Self(46);
    /// A certificate leads to no trust anchor.
    pub const UNKNOWN_CA: Self = Self(48);
    /// A signature of the handshake is wrong.
    pub const DECRYPT_ERROR: Self = Self(51);
    /// None of the versions offered will do.
    pub const PROTOCOL_VERSION: Self = Self(70);
    /// The client fell back further than it had to (RFC 7507).
    pub const INAPPROPRIATE_FALLBACK: Self = Self(86);

    /// Every alert with a name, by code point.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|row| Self(row.0))
    }

    /// The alert with this name, in upper or lower case.
    pub fn from_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|row| row.1.eq_ignore_ascii_case(name)).map(|row| Self(row.0))
    }

    /// The name in RFC 9846 and its predecessors.
    pub fn name(self) -> Option<&'static str> {
        NAMES.iter().find(|row| row.0 == self.0).map(|row| row.1)
    }
}

/// The name, or the number.
impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}
