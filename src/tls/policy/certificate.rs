//! How strong a certificate is: its key, and the hash that its issuer signed.

use super::worth::Worth::{self, Bad, Discouraged, Good};
use x509_parser::prelude::{AlgorithmIdentifier, FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::signature_algorithm::RsaSsaPssParams;

const PSS: &str = "1.2.840.113549.1.1.10";
const SHA1: [&str; 5] = [
    "1.2.840.113549.1.1.5", // sha1WithRSAEncryption
    "1.3.14.3.2.29",        // the same, obsolete
    "1.3.14.3.2.26",        // SHA-1 itself, in RSASSA-PSS
    "1.2.840.10045.4.1",    // ecdsa-with-SHA1
    "1.2.840.10040.4.3",    // dsa-with-sha1
];
const MD5: [&str; 4] =
    ["1.2.840.113549.1.1.2", "1.2.840.113549.1.1.3", "1.2.840.113549.1.1.4", "1.3.14.3.2.25"];

/// What the certificate's key and its issuer's signature are worth (RFC 9325 §4.5); good when it
/// cannot be read, which whoever validates it will find out.
pub(super) fn worth(der: &[u8]) -> [Worth; 2] {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else { return [Good, Good] };
    let key = certificate.public_key().parsed().map_or(Good, |key| self::key(&key));
    // Nobody relies on the signature of a certificate that has no other issuer than itself.
    let own = certificate.subject().as_raw() == certificate.issuer().as_raw();
    [key, if own { Good } else { signature(&certificate.signature_algorithm) }]
}

fn key(key: &PublicKey<'_>) -> Worth {
    match key {
        PublicKey::RSA(rsa) => match bits(rsa.modulus) {
            ..1024 => Bad("has an RSA key of less than 1024 bits"),
            1024..2048 => Discouraged("has an RSA key of less than 2048 bits"),
            _ => Good,
        },
        PublicKey::EC(point) => match point.key_size() {
            1..160 => Bad("has an elliptic-curve key of less than 160 bits"),
            160..224 => Discouraged("has an elliptic-curve key of less than 224 bits"),
            // 0 is a form of the point that cannot be read.
            _ => Good,
        },
        PublicKey::DSA(_) => Discouraged("has a DSA key"),
        _ => Good,
    }
}

/// Bits of a positive integer, leading zeros not counted.
fn bits(integer: &[u8]) -> usize {
    let significant = integer.iter().skip_while(|octet| **octet == 0);
    let (octets, first) = (significant.clone().count(), significant.copied().next().unwrap_or(0));
    octets * 8 - if octets == 0 { 0 } else { first.leading_zeros() as usize }
}

fn signature(algorithm: &AlgorithmIdentifier<'_>) -> Worth {
    let mut oid = algorithm.algorithm.to_id_string();
    if oid == PSS {
        let parameters = algorithm.parameters.as_ref().map(RsaSsaPssParams::try_from);
        let Some(Ok(parameters)) = parameters else { return Good };
        oid = parameters.hash_algorithm_oid().to_id_string();
    }
    if MD5.contains(&oid.as_str()) {
        Bad("is signed with MD5")
    } else if SHA1.contains(&oid.as_str()) {
        Discouraged("is signed with SHA-1")
    } else {
        Good
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_from_the_first_that_is_set() {
        for (integer, expected) in
            [(&[][..], 0), (&[0], 0), (&[1], 1), (&[0, 0x80, 0], 16), (&[0x7f, 0xff], 15), (&[0, 0, 3], 2)]
        {
            assert_eq!(bits(integer), expected, "{integer:?}");
        }
    }
}
