//! What the RFCs say of a version, a suite, a group or a signature scheme, whatever the policy.

use super::super::registry::{
    Algorithm, Authentication, CipherSuite, Group, GroupKind, KeyExchange, Mode, Recommended,
    SignatureScheme, Version,
};
use super::{Item, Standing, Weakness};

/// What a thing is worth, and why it is no better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    /// Nothing to be said against it.
    Good,
    /// «SHOULD NOT», or nobody has looked into it: `&str` says what is wrong.
    Discouraged(&'static str),
    /// «MUST NOT».
    Bad(&'static str),
}
use Worth::{Bad, Discouraged, Good};

impl Worth {
    fn standing(self) -> Standing {
        match self {
            Good => Standing::Accepted,
            Discouraged(_) => Standing::Tolerated,
            Bad(_) => Standing::Refused,
        }
    }
}

/// The best that any policy can say of it: that of RFC 8314 as written.
pub(super) fn ceiling(item: Item) -> Standing {
    match item {
        Item::Version(version) => self::version(version).standing(),
        Item::CipherSuite(suite) => cipher_suite(suite).standing(),
        Item::Group(group) => self::group(group).standing(),
        Item::SignatureScheme(scheme) => signature_scheme(scheme).standing(),
        Item::Weakness(Weakness::UnknownGroup) => Standing::Accepted,
        Item::Weakness(Weakness::WeakCertificate | Weakness::NoExtendedMasterSecret) => Standing::Tolerated,
    }
}

/// RFC 8314 §4.1 moves users to TLS 1.1 or later, and its §5.2 asks for no more; RFC 8997 took TLS 1.1
/// away. What is not a version of TLS is none.
pub(super) fn version(version: Version) -> Worth {
    match version {
        Version::TLS_1_2 | Version::TLS_1_3 => Good,
        Version::TLS_1_1 => Discouraged("is deprecated"),
        _ if version.name().is_some() => Bad("is broken"),
        _ => Bad("is no version of TLS"),
    }
}

/// RFC 10015 on the key exchanges with RSA and with static Diffie-Hellman.
pub(super) const NO_FORWARD_SECRECY: &str = "has no forward secrecy";
/// RFC 10015 on Diffie-Hellman over finite fields.
pub(super) const FINITE_FIELD: &str = "uses finite-field Diffie-Hellman";

/// RFC 9325 §4.1, §4.2, as RFC 10015 updates it: key exchange with RSA and over finite fields is deprecated
/// in TLS 1.2, and with static elliptic curves discouraged. Like TLS 1.1 they are only discouraged here,
/// since the policy `rfc8314` is RFC 8314 as it was written.
pub(super) fn cipher_suite(suite: CipherSuite) -> Worth {
    let (Some(exchange), Some(authentication), Some(cipher), Some(mode), Some(bits)) =
        (suite.key_exchange(), suite.authentication(), suite.cipher(), suite.mode(), suite.bits())
    else {
        return Bad("is not registered");
    };
    match (exchange, authentication, cipher, mode) {
        (_, _, Algorithm::Null, _) => Bad("does not encrypt"),
        (_, _, Algorithm::Rc4, _) => Bad("uses RC4"),
        (_, Authentication::Anonymous | Authentication::Null, _, _) => Bad("does not show who the server is"),
        (
            _,
            Authentication::Psk | Authentication::Krb5 | Authentication::Srp | Authentication::Eccpwd,
            _,
            _,
        )
        | (KeyExchange::RsaPsk, _, _, _) => Bad("does not rest on a certificate alone"),
        _ if bits < 112 => Bad("offers less than 112 bits of security"),
        (_, _, Algorithm::TripleDes, _) => Discouraged("offers less than 128 bits of security"),
        (KeyExchange::Rsa | KeyExchange::Dh | KeyExchange::Ecdh, _, _, _) => Discouraged(NO_FORWARD_SECRECY),
        (KeyExchange::Dhe, _, _, _) => Discouraged(FINITE_FIELD),
        (_, _, _, Mode::Cbc | Mode::Stream) => Discouraged("is no authenticated encryption"),
        _ if suite.recommended() == Some(Recommended::Yes) => Good,
        _ => Discouraged("is not among the recommended"),
    }
}

/// RFC 9325 §4.5. Groups of which it says nothing are not held against anybody.
pub(super) fn group(group: Group) -> Worth {
    let (Some(kind), Some(bits)) = (group.kind(), group.bits()) else {
        return Discouraged("is not registered");
    };
    match kind {
        GroupKind::Explicit => Bad("is a curve that nobody knows"),
        GroupKind::EllipticCurve if bits < 224 => Bad("is a curve of less than 224 bits"),
        GroupKind::FiniteField if bits < 2048 => Bad("has less than 2048 bits"),
        _ if group.recommended() == Some(Recommended::Discouraged) => Discouraged("is discouraged by IANA"),
        _ => Good,
    }
}

/// RFC 9155. The octets of the pairs of TLS 1.2 are the hash and the signature.
pub(super) fn signature_scheme(scheme: SignatureScheme) -> Worth {
    match scheme.0.to_be_bytes() {
        [0, _] | [1..=6, 0] => Bad("signs nothing"),
        [1, _] => Bad("uses MD5"),
        [2, _] => Discouraged("uses SHA-1"),
        _ if scheme.name().is_none() => Discouraged("is not registered"),
        _ => Good,
    }
}
