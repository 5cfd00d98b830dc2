//! The channel binding `tls-server-end-point` (RFC 5929 §4): the hash of the server's certificate.

use crate::secret::Secret;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use x509_parser::asn1_rs::{Oid, oid};
use x509_parser::prelude::{AlgorithmIdentifier, FromDer, X509Certificate};
use x509_parser::signature_algorithm::RsaSsaPssParams;

/// A hash function that the binding uses.
#[derive(Clone, Copy)]
enum Hash {
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// RSASSA-PSS (RFC 4055 §3.1): its parameters say which hash.
const PSS: Oid<'static> = oid!(1.2.840.113549.1.1.10);

/// Signature algorithms with a hash function of their own. RFC 5929 has SHA-256 in the place of MD5
/// and SHA-1.
const SIGNATURES: [(Oid<'static>, Hash); 14] = [
    (oid!(1.2.840.113549.1.1.4), Hash::Sha256),   // md5WithRSAEncryption
    (oid!(1.2.840.113549.1.1.5), Hash::Sha256),   // sha1WithRSAEncryption
    (oid!(1.2.840.113549.1.1.14), Hash::Sha224),  // sha224WithRSAEncryption
    (oid!(1.2.840.113549.1.1.11), Hash::Sha256),  // sha256WithRSAEncryption
    (oid!(1.2.840.113549.1.1.12), Hash::Sha384),  // sha384WithRSAEncryption
    (oid!(1.2.840.113549.1.1.13), Hash::Sha512),  // sha512WithRSAEncryption
    (oid!(1.2.840.10045.4.1), Hash::Sha256),      // ecdsa-with-SHA1
    (oid!(1.2.840.10045.4.3.1), Hash::Sha224),    // ecdsa-with-SHA224
    (oid!(1.2.840.10045.4.3.2), Hash::Sha256),    // ecdsa-with-SHA256
    (oid!(1.2.840.10045.4.3.3), Hash::Sha384),    // ecdsa-with-SHA384
    (oid!(1.2.840.10045.4.3.4), Hash::Sha512),    // ecdsa-with-SHA512
    (oid!(1.2.840.10040.4.3), Hash::Sha256),      // id-dsa-with-sha1
    (oid!(2.16.840.1.101.3.4.3.1), Hash::Sha224), // id-dsa-with-sha224
    (oid!(2.16.840.1.101.3.4.3.2), Hash::Sha256), // id-dsa-with-sha256
];

/// Hash functions in the parameters of RSASSA-PSS.
const HASHES: [(Oid<'static>, Hash); 5] = [
    (oid!(1.3.14.3.2.26), Hash::Sha256), // SHA-1
    (oid!(2.16.840.1.101.3.4.2.4), Hash::Sha224),
    (oid!(2.16.840.1.101.3.4.2.1), Hash::Sha256),
    (oid!(2.16.840.1.101.3.4.2.2), Hash::Sha384),
    (oid!(2.16.840.1.101.3.4.2.3), Hash::Sha512),
];

/// The binding of a server that shows this certificate, in DER. `None` where RFC 5929 defines none:
/// the certificate's signature algorithm has no hash function (Ed25519), or more than one.
pub(super) fn binding(certificate: &[u8]) -> Option<Secret> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    Some(match hash_of(&parsed.signature_algorithm)? {
        Hash::Sha224 => Secret::from(&Sha224::digest(certificate)[..]),
        Hash::Sha256 => Secret::from(&Sha256::digest(certificate)[..]),
        Hash::Sha384 => Secret::from(&Sha384::digest(certificate)[..]),
        Hash::Sha512 => Secret::from(&Sha512::digest(certificate)[..]),
    })
}

fn hash_of(algorithm: &AlgorithmIdentifier<'_>) -> Option<Hash> {
    let find = |table: &[(Oid<'static>, Hash)], id: &Oid<'_>| {
        table.iter().find(|(known, _)| known == id).map(|(_, hash)| *hash)
    };
    if algorithm.algorithm != PSS {
        return find(&SIGNATURES, &algorithm.algorithm);
    }
    let parameters = RsaSsaPssParams::try_from(algorithm.parameters()?).ok()?;
    let hash = parameters.hash_algorithm_oid();
    // Another one in the mask generation function makes two: RFC 5929 defines nothing then.
    if parameters.mask_gen_algorithm().ok()?.hash != *hash {
        return None;
    }
    find(&HASHES, hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, content: &[&[u8]]) -> Vec<u8> {
        let content = content.concat();
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82][..], &length, &content].concat()
    }

    /// A certificate that says it is signed so; the signature itself is not looked at.
    fn signed_with(algorithm: &[u8]) -> Vec<u8> {
        let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).unwrap();
        let (_, parsed) = X509Certificate::from_der(made.cert.der()).unwrap();
        der(0x30, &[parsed.tbs_certificate.as_ref(), algorithm, &der(3, &[&[0; 8]])])
    }

    fn id(oid: &Oid<'_>) -> Vec<u8> {
        der(6, &[oid.as_bytes()])
    }

    fn bound(certificate: &[u8]) -> Option<Vec<u8>> {
        binding(certificate).map(|binding| binding.as_bytes().to_vec())
    }

    #[test]
    fn the_hash_is_that_of_the_signature() {
        for (oid, hash) in &SIGNATURES {
            let certificate = signed_with(&der(0x30, &[&id(oid)]));
            let expected = match hash {
                Hash::Sha224 => Sha224::digest(&certificate).to_vec(),
                Hash::Sha256 => Sha256::digest(&certificate).to_vec(),
                Hash::Sha384 => Sha384::digest(&certificate).to_vec(),
                Hash::Sha512 => Sha512::digest(&certificate).to_vec(),
            };
            assert_eq!(bound(&certificate), Some(expected), "{oid}");
        }
        // Ed25519, Ed448, and one that nobody knows.
        for oid in [oid!(1.3.101.112), oid!(1.3.101.113), oid!(1.2.3)] {
            assert_eq!(bound(&signed_with(&der(0x30, &[&id(&oid)]))), None, "{oid}");
        }
        for bad in [&b""[..], b"x", &[0x30, 0x80]] {
            assert_eq!(bound(bad), None);
        }
    }

    #[test]
    fn certificates_as_they_are_made() {
        for (algorithm, length) in [
            (&rcgen::PKCS_ECDSA_P256_SHA256, Some(32)),
            (&rcgen::PKCS_ECDSA_P384_SHA384, Some(48)),
            (&rcgen::PKCS_ECDSA_P521_SHA512, Some(64)),
            (&rcgen::PKCS_ED25519, None),
        ] {
            let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
            let params = rcgen::CertificateParams::new(vec!["mail.example".into()]).unwrap();
            let certificate = params.self_signed(&key).unwrap();
            assert_eq!(bound(certificate.der()).map(|hash| hash.len()), length);
        }
    }

    #[test]
    fn pss_has_its_hash_in_its_parameters() {
        let function = |oid: &Oid<'_>| der(0x30, &[&id(oid), &[5, 0]]);
        let pss = |hash: &Oid<'_>, mask: &Oid<'_>| {
            let mask = der(0x30, &[&id(&oid!(1.2.840.113549.1.1.8)), &function(mask)]);
            let parameters = der(0x30, &[&der(0xa0, &[&function(hash)]), &der(0xa1, &[&mask])]);
            signed_with(&der(0x30, &[&id(&PSS), &parameters]))
        };
        for (hash, length) in HASHES.iter().zip([32, 28, 32, 48, 64]) {
            assert_eq!(bound(&pss(&hash.0, &hash.0)).map(|hash| hash.len()), Some(length), "{}", hash.0);
        }
        assert_eq!(bound(&pss(&HASHES[2].0, &HASHES[3].0)), None);
        // SHA-1 is the default of both, and SHA-256 is what it stands for.
        let certificate = signed_with(&der(0x30, &[&id(&PSS), &der(0x30, &[])]));
        assert_eq!(bound(&certificate), Some(Sha256::digest(&certificate).to_vec()));
        // No parameters at all, and some that are none.
        assert_eq!(bound(&signed_with(&der(0x30, &[&id(&PSS)]))), None);
        assert_eq!(bound(&signed_with(&der(0x30, &[&id(&PSS), &[5, 0]]))), None);
    }
}
