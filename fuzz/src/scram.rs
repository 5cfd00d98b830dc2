//! SCRAM as a peer computes it (RFC 5802 §3), by the crates and not by mailtls.
//!
//! Must never know a message but as octets.

use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::cell::RefCell;

/// The hash of a mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    Sha1,
    Sha256,
}

impl Hash {
    /// Of the mechanism of this name.
    pub fn of(mechanism: &str) -> Self {
        if mechanism.starts_with("SCRAM-SHA-1") { Self::Sha1 } else { Self::Sha256 }
    }

    pub fn size(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    pub fn h(self, octets: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(octets).to_vec(),
            Self::Sha256 => Sha256::digest(octets).to_vec(),
        }
    }

    pub fn hmac(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        const ANY: &str = "a key of any length";
        match self {
            Self::Sha1 => Hmac::<Sha1>::new_from_slice(key)
                .expect(ANY)
                .chain_update(message)
                .finalize()
                .into_bytes()[..]
                .to_vec(),
            Self::Sha256 => {
                Hmac::<Sha256>::new_from_slice(key).expect(ANY).chain_update(message).finalize().into_bytes()
                    [..]
                    .to_vec()
            }
        }
    }
}

/// The client's and the server's key that a password leads to.
pub fn keys(hash: Hash, password: &[u8], salt: &[u8], iterations: u32) -> (Vec<u8>, Vec<u8>) {
    type Computed = Option<((Hash, Vec<u8>, Vec<u8>, u32), Vec<u8>)>;
    thread_local! {
        // An input is played several times over, with the same salt.
        static LAST: RefCell<Computed> = const { RefCell::new(None) };
    }
    let wanted = (hash, password.to_vec(), salt.to_vec(), iterations);
    let salted = LAST.with_borrow_mut(|last| match last {
        Some((known, salted)) if *known == wanted => salted.clone(),
        _ => {
            let mut salted = vec![0; hash.size()];
            match hash {
                Hash::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, iterations, &mut salted),
                Hash::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut salted),
            }
            *last = Some((wanted, salted.clone()));
            salted
        }
    });
    (hash.hmac(&salted, b"Client Key"), hash.hmac(&salted, b"Server Key"))
}

/// The proof of who has the client's key.
pub fn proof(hash: Hash, client_key: &[u8], auth_message: &[u8]) -> Vec<u8> {
    let signature = hash.hmac(&hash.h(client_key), auth_message);
    client_key.iter().zip(signature).map(|(a, b)| a ^ b).collect()
}
