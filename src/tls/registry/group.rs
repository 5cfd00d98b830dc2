//! Groups for key exchange: the registry «TLS Supported Groups».

use super::as_str;
use super::parts::{Recommended, words};
use super::tables::groups::ROWS;
use core::ffi::CStr;

/// A group for key exchange, by its code point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group(pub u16);

words! {
    /// What kind of key exchange a group stands for.
    GroupKind {
        /// Diffie-Hellman on an elliptic curve.
        EllipticCurve = "EC",
        /// Diffie-Hellman in a finite field (RFC 7919).
        FiniteField = "FFDH",
        /// A post-quantum key encapsulation alone.
        Kem = "KEM",
        /// A post-quantum key encapsulation and an elliptic curve: safe as long as one of them is.
        Hybrid = "hybrid",
        /// Any curve, described by the server (RFC 8422 §5.1.1: not to be used).
        Explicit = "explicit",
    }
}

/// One line of the registry.
pub(super) struct Row {
    code: u16,
    name: &'static CStr,
    kind: GroupKind,
    bits: u16,
    recommended: Recommended,
}

pub(super) const fn row(
    code: u16,
    name: &'static CStr,
    kind: GroupKind,
    bits: u16,
    recommended: Recommended,
) -> Row {
    Row { code, name, kind, bits, recommended }
}

/// What else the groups in use are called (NIST, X9.62).
const ALIASES: [(&str, u16); 5] =
    [("P-256", 23), ("prime256v1", 23), ("P-384", 24), ("P-521", 25), ("curve25519", 29)];

impl Group {
    fn row(self) -> Option<&'static Row> {
        ROWS.binary_search_by_key(&self.0, |row| row.code).ok().and_then(|at| ROWS.get(at))
    }

    /// Every registered group, by code point.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| Self(row.code))
    }

    /// The group with this name of IANA's or one of OpenSSL's for it, in upper or lower case.
    ///
    /// ```
    /// use mailtls::tls::registry::Group;
    /// assert_eq!(Group::from_name("X25519"), Some(Group(29)));
    /// assert_eq!(Group::from_name("P-256"), Group::from_name("secp256r1"));
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        let row = ROWS
            .iter()
            .find(|row| row.name.to_bytes().eq_ignore_ascii_case(name.as_bytes()))
            .map(|row| row.code);
        let alias = || ALIASES.iter().find(|alias| alias.0.eq_ignore_ascii_case(name)).map(|alias| alias.1);
        row.or_else(alias).map(Self)
    }

    /// The IANA name, if the group is registered.
    pub fn name(self) -> Option<&'static str> {
        self.c_name().and_then(as_str)
    }

    /// [`Group::name`] as C wants it.
    pub(crate) fn c_name(self) -> Option<&'static CStr> {
        self.row().map(|row| row.name)
    }

    /// What kind of key exchange it stands for.
    pub fn kind(self) -> Option<GroupKind> {
        self.row().map(|row| row.kind)
    }

    /// Bits of the curve or the prime; 0 where there is neither.
    pub fn bits(self) -> Option<u16> {
        self.row().map(|row| row.bits)
    }

    /// What IANA's column «Recommended» says.
    pub fn recommended(self) -> Option<Recommended> {
        self.row().map(|row| row.recommended)
    }

    /// Whether it is a post-quantum key encapsulation together with a curve.
    ///
    /// ```
    /// use mailtls::tls::registry::Group;
    /// assert!(Group::from_name("X25519MLKEM768").unwrap().is_post_quantum_hybrid());
    /// assert!(!Group::from_name("MLKEM768").unwrap().is_post_quantum_hybrid());
    /// ```
    pub fn is_post_quantum_hybrid(self) -> bool {
        self.kind() == Some(GroupKind::Hybrid)
    }
}
