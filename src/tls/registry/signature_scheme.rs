//! Signature schemes: the registry «TLS SignatureScheme».

use super::as_str;
use super::parts::{Recommended, words};
use super::tables::signature_schemes::ROWS;
use core::ffi::CStr;

/// A signature scheme, by its code point. In TLS 1.2 the first octet is the hash's and the second the
/// signature's (RFC 5246 §7.4.1.4.1), and most pairs have no name here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignatureScheme(pub u16);

words! {
    /// What signs.
    SignatureAlgorithm {
        /// RSASSA-PKCS1-v1_5.
        RsaPkcs1 = "RSA-PKCS1",
        /// RSASSA-PSS.
        RsaPss = "RSA-PSS",
        /// ECDSA.
        Ecdsa = "ECDSA",
        /// Ed25519 and Ed448.
        EdDsa = "EdDSA",
        /// ML-DSA.
        MlDsa = "ML-DSA",
        /// SLH-DSA.
        SlhDsa = "SLH-DSA",
        /// SM2 (RFC 8998).
        Sm2 = "SM2",
        /// GOST R 34.10 (RFC 9367).
        Gost = "GOST",
        /// Identity-based signatures.
        IdentityBased = "identity-based",
    }
}

/// One line of the registry.
pub(super) struct Row {
    code: u16,
    name: &'static CStr,
    algorithm: SignatureAlgorithm,
    recommended: Recommended,
}

pub(super) const fn row(
    code: u16,
    name: &'static CStr,
    algorithm: SignatureAlgorithm,
    recommended: Recommended,
) -> Row {
    Row { code, name, algorithm, recommended }
}

impl SignatureScheme {
    fn row(self) -> Option<&'static Row> {
        ROWS.binary_search_by_key(&self.0, |row| row.code).ok().and_then(|at| ROWS.get(at))
    }

    /// Every registered scheme, by code point.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| Self(row.code))
    }

    /// The scheme with this IANA name, in upper or lower case.
    ///
    /// ```
    /// use mailtls::tls::registry::SignatureScheme;
    /// assert_eq!(SignatureScheme::from_name("rsa_pss_rsae_sha256"), Some(SignatureScheme(0x0804)));
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        ROWS.iter()
            .find(|row| row.name.to_bytes().eq_ignore_ascii_case(name.as_bytes()))
            .map(|row| Self(row.code))
    }

    /// The IANA name, if the scheme is registered.
    pub fn name(self) -> Option<&'static str> {
        self.c_name().and_then(as_str)
    }

    /// [`SignatureScheme::name`] as C wants it.
    pub(crate) fn c_name(self) -> Option<&'static CStr> {
        self.row().map(|row| row.name)
    }

    /// What signs.
    pub fn algorithm(self) -> Option<SignatureAlgorithm> {
        self.row().map(|row| row.algorithm)
    }

    /// What IANA's column «Recommended» says.
    pub fn recommended(self) -> Option<Recommended> {
        self.row().map(|row| row.recommended)
    }
}
