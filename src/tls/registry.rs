//! The IANA registries of TLS: code points and their names.
//!
//! Only what RFC 9325 leaves to be negotiated has a row; anything else keeps its code point and
//! is written in hex (RFC 8314 §4.3).

use core::fmt;

/// A TLS protocol version, by its code point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16);

impl Version {
    /// TLS 1.2 (RFC 5246).
    pub const TLS_1_2: Self = Self(0x0303);
    /// TLS 1.3 (RFC 8446).
    pub const TLS_1_3: Self = Self(0x0304);

    /// `TLSv1.3`, as mail logs and headers write it.
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0x0300 => "SSLv3",
            0x0301 => "TLSv1",
            0x0302 => "TLSv1.1",
            0x0303 => "TLSv1.2",
            0x0304 => "TLSv1.3",
            _ => return None,
        })
    }
}

/// A cipher suite, by its code point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CipherSuite(pub u16);

/// Code point, IANA name, bits of the cipher's key.
const CIPHER_SUITES: [(u16, &str, u16); 9] = [
    (0x1301, "TLS_AES_128_GCM_SHA256", 128),
    (0x1302, "TLS_AES_256_GCM_SHA384", 256),
    (0x1303, "TLS_CHACHA20_POLY1305_SHA256", 256),
    (0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 128),
    (0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 256),
    (0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 128),
    (0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 256),
    (0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 256),
    (0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 256),
];

impl CipherSuite {
    fn row(self) -> Option<&'static (u16, &'static str, u16)> {
        CIPHER_SUITES.iter().find(|row| row.0 == self.0)
    }

    /// The IANA name, if the suite has a row here.
    pub fn name(self) -> Option<&'static str> {
        self.row().map(|row| row.1)
    }

    /// Bits of the cipher's key, if the suite has a row here.
    pub fn bits(self) -> Option<u16> {
        self.row().map(|row| row.2)
    }
}

/// A key-exchange group of the IANA Supported Groups registry, by its code point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Group(pub u16);

impl Group {
    /// The IANA name, if the group has a row here.
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            23 => "secp256r1",
            24 => "secp384r1",
            25 => "secp521r1",
            29 => "x25519",
            30 => "x448",
            513 => "MLKEM768",
            514 => "MLKEM1024",
            4587 => "SecP256r1MLKEM768",
            4588 => "X25519MLKEM768",
            4589 => "SecP384r1MLKEM1024",
            _ => return None,
        })
    }
}

/// A signature scheme, by its code point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignatureScheme(pub u16);

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

display_name_or_hex!(Version CipherSuite Group);

/// A TLS alert, by its code point (RFC 8446 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Alert(pub u8);

impl Alert {
    /// The peer will send no more.
    pub const CLOSE_NOTIFY: Self = Self(0);
    /// None of the versions offered will do.
    pub const PROTOCOL_VERSION: Self = Self(70);
    /// The client fell back further than it had to (RFC 7507).
    pub const INAPPROPRIATE_FALLBACK: Self = Self(86);

    /// The name in RFC 8446 and its predecessors.
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "close_notify",
            10 => "unexpected_message",
            20 => "bad_record_mac",
            22 => "record_overflow",
            40 => "handshake_failure",
            42 => "bad_certificate",
            43 => "unsupported_certificate",
            44 => "certificate_revoked",
            45 => "certificate_expired",
            46 => "certificate_unknown",
            47 => "illegal_parameter",
            48 => "unknown_ca",
            49 => "access_denied",
            50 => "decode_error",
            51 => "decrypt_error",
            70 => "protocol_version",
            71 => "insufficient_security",
            80 => "internal_error",
            86 => "inappropriate_fallback",
            90 => "user_canceled",
            100 => "no_renegotiation",
            109 => "missing_extension",
            110 => "unsupported_extension",
            112 => "unrecognized_name",
            113 => "bad_certificate_status_response",
            115 => "unknown_psk_identity",
            116 => "certificate_required",
            120 => "no_application_protocol",
            _ => return None,
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_code_points_are_hex() {
        assert_eq!(CipherSuite(0x1301).to_string(), "TLS_AES_128_GCM_SHA256");
        assert_eq!(CipherSuite(0x0a0a).to_string(), "0x0A0A");
        assert_eq!(Group(4588).to_string(), "X25519MLKEM768");
        assert_eq!(Version(0x0304).to_string(), "TLSv1.3");
        assert_eq!(Alert(48).to_string(), "unknown_ca");
        assert_eq!(Alert(99).to_string(), "99");
    }

    #[test]
    #[cfg(feature = "engine")]
    fn everything_the_engine_negotiates_has_a_name() {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        for suite in &provider.cipher_suites {
            let code = u16::from(suite.suite());
            let rustls_name = format!("{:?}", suite.suite()).replace("TLS13_", "TLS_");
            assert_eq!(CipherSuite(code).name(), Some(rustls_name.as_str()));
        }
        for group in &provider.kx_groups {
            let code = u16::from(group.name());
            assert_eq!(
                Group(code).name().map(str::to_lowercase),
                Some(format!("{:?}", group.name()).to_lowercase())
            );
        }
    }
}
