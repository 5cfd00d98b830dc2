//! What SCRAM computes from a password (RFC 5802 §3), and what a server stores of it.
//!
//! It must never know a message.

use super::prepare;
use crate::dialogue::Mechanism;
use crate::secret::Secret;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The hash that a SCRAM mechanism is named after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
}

impl Hash {
    /// `None` when the mechanism is not SCRAM.
    pub(crate) fn of(mechanism: Mechanism) -> Option<Self> {
        match mechanism {
            Mechanism::ScramSha1 | Mechanism::ScramSha1Plus => Some(Self::Sha1),
            Mechanism::ScramSha256 | Mechanism::ScramSha256Plus => Some(Self::Sha256),
            _ => None,
        }
    }

    /// The mechanism of this hash that is bound to the channel.
    pub(crate) fn plus(self) -> Mechanism {
        match self {
            Self::Sha1 => Mechanism::ScramSha1Plus,
            Self::Sha256 => Mechanism::ScramSha256Plus,
        }
    }

    /// Octets of its result.
    pub(super) fn size(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    pub(super) fn h(self, bytes: &[u8]) -> Secret {
        match self {
            Self::Sha1 => Secret::from(Sha1::digest(bytes).as_slice()),
            Self::Sha256 => Secret::from(Sha256::digest(bytes).as_slice()),
        }
    }

    pub(super) fn hmac(self, key: &Secret, message: &[u8]) -> Secret {
        match self {
            Self::Sha1 => hmac::<Hmac<Sha1>>(key, message),
            Self::Sha256 => hmac::<Hmac<Sha256>>(key, message),
        }
    }

    /// `Hi()`, which is PBKDF2.
    fn hi(self, password: &[u8], salt: &[u8], iterations: u32) -> Secret {
        let mut salted = vec![0; self.size()];
        match self {
            Self::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, iterations, &mut salted),
            Self::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut salted),
        }
        Secret::new(salted)
    }
}

fn hmac<M: Mac + hmac::digest::KeyInit>(key: &Secret, message: &[u8]) -> Secret {
    // HMAC takes keys of every length; the other arm cannot be reached.
    <M as Mac>::new_from_slice(key.as_bytes())
        .map(|mac| Secret::from(mac.chain_update(message).finalize().into_bytes().as_slice()))
        .unwrap_or_default()
}

/// The keys on the client's side.
pub(super) struct Keys {
    pub(super) client: Secret,
    pub(super) server: Secret,
}

impl Keys {
    pub(super) fn new(hash: Hash, password: &[u8], salt: &[u8], iterations: u32) -> Self {
        let salted = salted(hash, prepare::password(password).as_bytes(), salt, iterations);
        Self { client: hash.hmac(&salted, b"Client Key"), server: hash.hmac(&salted, b"Server Key") }
    }
}

#[cfg(not(test))]
fn salted(hash: Hash, password: &[u8], salt: &[u8], iterations: u32) -> Secret {
    hash.hi(password, salt, iterations)
}

/// Tests ask for the same ones thousands of times.
#[cfg(test)]
fn salted(hash: Hash, password: &[u8], salt: &[u8], iterations: u32) -> Secret {
    use std::collections::HashMap;
    use std::sync::{LazyLock, Mutex};
    static KNOWN: LazyLock<Mutex<HashMap<String, Secret>>> = LazyLock::new(Mutex::default);
    let key = format!("{hash:?} {password:?} {salt:?} {iterations}");
    if let Some(known) = KNOWN.lock().unwrap().get(&key) {
        return known.clone();
    }
    let made = hash.hi(password, salt, iterations);
    KNOWN.lock().unwrap().insert(key, made.clone());
    made
}

/// What a server stores of a password for SCRAM (RFC 5802 §3): enough to check who knows the
/// password, not enough to log in elsewhere.
///
/// ```
/// use mailtls::{Mechanism, ScramSecret};
/// // Once, when the password is set:
/// let secret = ScramSecret::from_password(Mechanism::ScramSha256, b"pencil", b"a random salt", 4096)?;
/// // Stored, and read back for an authentication:
/// let again = ScramSecret::new(
///     secret.salt(), secret.iterations(), secret.stored_key(), secret.server_key())?;
/// assert_eq!(again, secret);
/// # Ok::<(), mailtls::Error>(())
/// ```
#[derive(Clone, Debug, Eq)]
pub struct ScramSecret {
    pub(super) hash: Hash,
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
    pub(super) stored_key: Secret,
    pub(super) server_key: Secret,
}

/// Whether the keys are equal takes the same time wherever they differ, and both are compared in any
/// case. The rest is no secret: the server sends it to whoever asks.
impl PartialEq for ScramSecret {
    fn eq(&self, other: &Self) -> bool {
        let same_keys = self.stored_key.ct_eq(&other.stored_key) & self.server_key.ct_eq(&other.server_key);
        let same_rest =
            self.hash == other.hash && self.salt == other.salt && self.iterations == other.iterations;
        bool::from(same_keys) & same_rest
    }
}

impl ScramSecret {
    /// From what was stored. The length of the keys tells the hash: 20 octets for SCRAM-SHA-1, 32
    /// for SCRAM-SHA-256.
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] for keys of another length, an empty salt, or no
    /// iterations.
    pub fn new(
        salt: &[u8],
        iterations: u32,
        stored_key: &[u8],
        server_key: &[u8],
    ) -> Result<Self, crate::Error> {
        let of_length = |hash: &Hash| stored_key.len() == hash.size() && server_key.len() == hash.size();
        let Some(hash) = [Hash::Sha1, Hash::Sha256].into_iter().find(of_length) else {
            return Err(crate::Error::invalid("the keys are not of the length that a SCRAM hash has"));
        };
        check(salt, iterations)?;
        let (stored_key, server_key) = (stored_key.into(), server_key.into());
        Ok(Self { hash, salt: salt.to_vec(), iterations, stored_key, server_key })
    }

    /// From the password. It takes as long as so many iterations take: 4096 are a millisecond or
    /// so, and the fewest that clients accept (RFC 7677 §4). The salt is random octets, made once for
    /// each password; 16 are usual.
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] for a mechanism that is not SCRAM, an empty salt, or
    /// no iterations.
    pub fn from_password(
        mechanism: Mechanism,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
    ) -> Result<Self, crate::Error> {
        let hash = Hash::of(mechanism).ok_or_else(|| crate::Error::invalid("the mechanism is not SCRAM"))?;
        check(salt, iterations)?;
        Ok(Self::derive(hash, password, salt, iterations))
    }

    pub(super) fn derive(hash: Hash, password: &[u8], salt: &[u8], iterations: u32) -> Self {
        let Keys { client, server } = Keys::new(hash, password, salt, iterations);
        let stored_key = hash.h(client.as_bytes());
        Self { hash, salt: salt.to_vec(), iterations, stored_key, server_key: server }
    }

    /// What is mixed into the password.
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// How often the hash is repeated.
    pub fn iterations(&self) -> u32 {
        self.iterations
    }

    /// `StoredKey`, by which the client's proof is checked.
    pub fn stored_key(&self) -> &[u8] {
        self.stored_key.as_bytes()
    }

    /// `ServerKey`, by which the server proves itself.
    pub fn server_key(&self) -> &[u8] {
        self.server_key.as_bytes()
    }
}

fn check(salt: &[u8], iterations: u32) -> Result<(), crate::Error> {
    if salt.is_empty() || salt.len() > 1024 || iterations == 0 {
        return Err(crate::Error::invalid("the salt is empty or too long, or there are no iterations"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_secrets_are_checked() {
        assert!(ScramSecret::new(b"s", 1, &[0; 20], &[0; 20]).is_ok());
        assert!(ScramSecret::new(b"s", 1, &[0; 32], &[0; 20]).is_err());
        assert!(ScramSecret::new(b"s", 1, b"", b"").is_err());
        assert!(ScramSecret::new(b"", 1, &[0; 32], &[0; 32]).is_err());
        assert!(ScramSecret::new(b"s", 0, &[0; 32], &[0; 32]).is_err());
        assert!(ScramSecret::from_password(Mechanism::Plain, b"p", b"s", 1).is_err());
        let secret = ScramSecret::from_password(Mechanism::ScramSha1, b"pencil", b"s", 1).unwrap();
        assert!(!format!("{secret:?}").contains(&format!("{:?}", secret.stored_key())));
    }
}
