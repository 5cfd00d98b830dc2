//! Signatures by keys of every kind, in certificates that webpki reads and in others.

use super::*;
use crate::tls::config::provider;
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::SignatureScheme;
use rustls::internal::msgs::codec::{Codec, Reader};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};

const VERSION_1: &[u8] = include_bytes!("../../../tests/data/certificates/version-1.der");
const VERSION_1_KEY: &str = include_str!("../../../tests/data/certificates/version-1.key");
const RSA_1024: &[u8] = include_bytes!("../../../tests/data/certificates/rsa-1024.der");

const MESSAGE: &[u8] = b"what both ends have said";

/// A signature as it stands in a CertificateVerify.
fn signed(key: &PrivateKeyDer<'_>, scheme: SignatureScheme) -> DigitallySignedStruct {
    let key = provider().key_provider.load_private_key(key.clone_key()).unwrap();
    let signature = key.choose_scheme(&[scheme]).unwrap().sign(MESSAGE).unwrap();
    with(scheme, &signature)
}

fn with(scheme: SignatureScheme, signature: &[u8]) -> DigitallySignedStruct {
    let length = u16::try_from(signature.len()).unwrap().to_be_bytes();
    let bytes = [&u16::from(scheme).to_be_bytes()[..], &length, signature].concat();
    DigitallySignedStruct::read(&mut Reader::init(&bytes)).unwrap()
}

/// What comes of it, with what is noted of a refusal.
fn check(
    handshake: Handshake,
    message: &[u8],
    certificate: &[u8],
    signature: &DigitallySignedStruct,
) -> Result<(), String> {
    let (refusals, algorithms) = (Refusals::default(), provider().signature_verification_algorithms);
    let found = verify(handshake, message, &certificate.into(), signature, &algorithms, &refusals);
    found.map(|_| ()).map_err(|_| refusals.take().map(|f| f.reason().to_owned()).unwrap_or_default())
}

const VERSIONS: [Handshake; 2] = [Handshake::Tls12, Handshake::Tls13];

fn no_proof(reason: &str) -> bool {
    reason.contains("has not proved that the certificate is its own")
}

#[test]
fn a_certificate_of_version_1_is_no_less_proved() {
    let key = PrivateKeyDer::from_pem_slice(VERSION_1_KEY.as_bytes()).unwrap();
    for (handshake, scheme) in [
        (Handshake::Tls12, SignatureScheme::RSA_PKCS1_SHA256),
        (Handshake::Tls12, SignatureScheme::RSA_PSS_SHA256),
        (Handshake::Tls13, SignatureScheme::RSA_PSS_SHA256),
        (Handshake::Tls13, SignatureScheme::RSA_PSS_SHA512),
    ] {
        let right = signed(&key, scheme);
        assert_eq!(check(handshake, MESSAGE, VERSION_1, &right), Ok(()));
        assert!(no_proof(&check(handshake, b"something else", VERSION_1, &right).unwrap_err()));
        let mut wrong = right.signature().to_vec();
        wrong[7] ^= 1;
        assert!(no_proof(&check(handshake, MESSAGE, VERSION_1, &with(scheme, &wrong)).unwrap_err()));
        assert!(no_proof(&check(handshake, MESSAGE, VERSION_1, &with(scheme, b"")).unwrap_err()));
    }
    // PKCS #1 v1.5 is no part of TLS 1.3 (RFC 9846 §4.3.3).
    let old = signed(&key, SignatureScheme::RSA_PKCS1_SHA256);
    assert!(check(Handshake::Tls13, MESSAGE, VERSION_1, &old).is_err());
}

/// Of each kind of key, as webpki reads the certificate and as it does not.
#[test]
fn every_kind_of_key_in_every_form() {
    for (algorithm, scheme) in [
        (&rcgen::PKCS_ECDSA_P256_SHA256, SignatureScheme::ECDSA_NISTP256_SHA256),
        (&rcgen::PKCS_ECDSA_P384_SHA384, SignatureScheme::ECDSA_NISTP384_SHA384),
        (&rcgen::PKCS_ECDSA_P521_SHA512, SignatureScheme::ECDSA_NISTP521_SHA512),
        (&rcgen::PKCS_ED25519, SignatureScheme::ED25519),
        (&rcgen::PKCS_RSA_SHA256, SignatureScheme::RSA_PSS_SHA384),
    ] {
        let pair = KeyPair::generate_for(algorithm).unwrap();
        let key = PrivateKeyDer::try_from(pair.serialize_der()).unwrap();
        let stranger = KeyPair::generate_for(algorithm).unwrap();
        let stranger = PrivateKeyDer::try_from(stranger.serialize_der()).unwrap();
        for odd in [false, true] {
            let mut params = CertificateParams::new(vec!["mail.example".into()]).unwrap();
            if odd {
                let mut extension =
                    CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
                extension.set_criticality(true);
                params.custom_extensions = vec![extension];
            }
            let certificate = params.self_signed(&pair).unwrap().der().clone();
            assert_eq!(EndEntityCert::try_from(&certificate).is_err(), odd);
            for handshake in VERSIONS {
                let found = |key| check(handshake, MESSAGE, &certificate, &signed(key, scheme));
                assert_eq!(found(&key), Ok(()), "{scheme:?} {handshake:?} {odd}");
                assert!(no_proof(&found(&stranger).unwrap_err()), "{scheme:?} {handshake:?} {odd}");
            }
        }
    }
}

#[test]
fn what_cannot_be_verified_is_said_plainly() {
    let signature = with(SignatureScheme::RSA_PSS_SHA256, &[1; 128]);
    for handshake in VERSIONS {
        assert_eq!(
            check(handshake, MESSAGE, RSA_1024, &signature).unwrap_err(),
            "the TLS engine cannot verify signatures by the certificate's key (RSA of 1024 bits): even a pinned \
             certificate needs this check; its owner must replace it by one with an RSA key of 2048 to 8192 \
             bits or an EC key on P-256, P-384 or P-521"
        );
        for nothing in [&b""[..], b"x", &VERSION_1[..200]] {
            let reason = check(handshake, MESSAGE, nothing, &signature).unwrap_err();
            assert!(reason.contains("no public key that can be found"), "{reason}");
        }
    }
}

proptest::proptest! {
    /// What was changed anywhere is not proved by the old signature, unless the key is the same.
    #[test]
    fn no_other_key_is_taken(at in 0..VERSION_1.len(), mask in 1u8..) {
        let key = PrivateKeyDer::from_pem_slice(VERSION_1_KEY.as_bytes()).unwrap();
        let mut changed = VERSION_1.to_vec();
        changed[at] ^= mask;
        let found = check(Handshake::Tls13, MESSAGE, &changed, &signed(&key, SignatureScheme::RSA_PSS_SHA256));
        proptest::prop_assert!(found.is_err() || public_key(&changed) == public_key(VERSION_1));
    }
}
