//! What kind of private key it is that the engine cannot use, and what its owner can do about it.

use crate::trust::der::{CONTEXT_0, INTEGER, OCTET_STRING, OID, SEQUENCE, element};
use crate::trust::pem::KeyForm;

/// The kind of a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKind {
    /// With the length of its modulus in bits.
    Rsa(usize),
    /// On this curve.
    Ec(&'static str),
    /// On a curve without a name here.
    UnknownCurve,
    /// Of another algorithm.
    Other(&'static str),
    Unknown,
}

/// Those that sign nothing here, and those that do if they are whole, by object identifier.
const CURVES: &[(&[u8], &str)] = &[
    (b"\x2a\x86\x48\xce\x3d\x03\x01\x07", "P-256"),
    (b"\x2b\x81\x04\x00\x22", "P-384"),
    (b"\x2b\x81\x04\x00\x23", "P-521"),
    (b"\x2b\x81\x04\x00\x0a", "secp256k1"),
    (b"\x2b\x81\x04\x00\x21", "P-224"),
    (b"\x2a\x86\x48\xce\x3d\x03\x01\x01", "P-192"),
    (b"\x2b\x24\x03\x03\x02\x08\x01\x01\x07", "brainpoolP256r1"),
    (b"\x2b\x24\x03\x03\x02\x08\x01\x01\x0b", "brainpoolP384r1"),
    (b"\x2b\x24\x03\x03\x02\x08\x01\x01\x0d", "brainpoolP512r1"),
];

const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const EC: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";
const ALGORITHMS: &[(&[u8], &str)] = &[
    (b"\x2b\x65\x70", "Ed25519"),
    (b"\x2b\x65\x71", "Ed448"),
    (b"\x2b\x65\x6e", "X25519"),
    (b"\x2b\x65\x6f", "X448"),
    (b"\x2a\x86\x48\xce\x38\x04\x01", "DSA"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", "RSA-PSS"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x03\x01", "Diffie-Hellman"),
];

/// Kinds that the engine signs with.
const USABLE: &[&str] = &["P-256", "P-384", "P-521", "Ed25519"];

impl KeyKind {
    pub(super) fn of(form: KeyForm, der: &[u8]) -> Self {
        match form {
            KeyForm::Pkcs1 => rsa(der),
            KeyForm::Sec1 => sec1(der),
            KeyForm::Pkcs8 => pkcs8(der),
        }
        .or_else(|| dsa(der))
        .unwrap_or(Self::Unknown)
    }

    /// Why a key of this kind, which the engine has refused, cannot be used.
    pub(super) fn unusable(self, name: &str) -> String {
        const NEW: &str = "make a new key and have a certificate made for it";
        match self {
            Self::Rsa(bits) if bits < 2048 => {
                format!("{name} is an RSA key of {bits} bits, and at least 2048 are needed; {NEW}")
            }
            Self::Rsa(bits) if bits > 8192 => {
                format!("{name} is an RSA key of {bits} bits, and at most 8192 are possible; {NEW}")
            }
            Self::Ec(kind) | Self::Other(kind) if !USABLE.contains(&kind) => format!(
                "{name} is a key for {kind}, which cannot be used here; make a new key (RSA, P-256, P-384, \
                 P-521 or Ed25519) and have a certificate made for it"
            ),
            Self::UnknownCurve => format!(
                "{name} is a key for an elliptic curve that cannot be used here; make a new key for P-256, \
                 P-384 or P-521 and have a certificate made for it"
            ),
            Self::Rsa(_) | Self::Ec(_) | Self::Other(_) | Self::Unknown => {
                format!("{name} is damaged, or holds something else than a private key; copy it again")
            }
        }
    }
}

fn named(table: &[(&[u8], &'static str)], oid: &[u8]) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name)
}

fn curve(oid: Option<(&[u8], &[u8])>) -> KeyKind {
    oid.and_then(|(oid, _)| named(CURVES, oid)).map_or(KeyKind::UnknownCurve, KeyKind::Ec)
}

/// RFC 8017 §A.1.2: version, modulus, publicExponent and six more.
fn rsa(der: &[u8]) -> Option<KeyKind> {
    let (fields, _) = element(SEQUENCE, der)?;
    let (_, rest) = element(INTEGER, fields)?;
    let (modulus, _) = element(INTEGER, rest)?;
    let zeros = modulus.iter().take_while(|&&octet| octet == 0).count();
    let first = modulus.get(zeros)?;
    Some(KeyKind::Rsa((modulus.len() - zeros) * 8 - first.leading_zeros() as usize))
}

/// RFC 5915 §3: version, privateKey, [0] parameters.
fn sec1(der: &[u8]) -> Option<KeyKind> {
    let (fields, _) = element(SEQUENCE, der)?;
    let (_, rest) = element(INTEGER, fields)?;
    let (_, rest) = element(OCTET_STRING, rest)?;
    let (parameters, _) = element(CONTEXT_0, rest)?;
    Some(curve(element(OID, parameters)))
}

/// RFC 5958 §2: version, algorithm, privateKey.
fn pkcs8(der: &[u8]) -> Option<KeyKind> {
    let (fields, _) = element(SEQUENCE, der)?;
    let (_, rest) = element(INTEGER, fields)?;
    let (algorithm, rest) = element(SEQUENCE, rest)?;
    let (oid, parameters) = element(OID, algorithm)?;
    match oid {
        RSA => rsa(element(OCTET_STRING, rest)?.0),
        EC => Some(curve(element(OID, parameters))),
        oid => named(ALGORITHMS, oid).map(KeyKind::Other),
    }
}

/// The form that OpenSSL has for DSA: version, p, q, g, public and private value.
fn dsa(der: &[u8]) -> Option<KeyKind> {
    let (mut rest, _) = element(SEQUENCE, der)?;
    for _ in 0..6 {
        (_, rest) = element(INTEGER, rest)?;
    }
    rest.is_empty().then_some(KeyKind::Other("DSA"))
}
