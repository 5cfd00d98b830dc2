//! The hello in the format of SSL 2.0 (RFC 5246 appendix E.2). RFC 6176 forbids the protocol; that old
//! programs offer newer versions in this format is worth a line in the log.

use super::parse::Cursor;
use super::{Flaw, Part};
use crate::tls::registry::{CipherSuite, Version};

/// The type of the message.
pub(super) const CLIENT_HELLO: u8 = 1;

/// A cipher of SSL 2.0, or a suite of a later version behind a zero.
pub type CipherSpec = [u8; 3];

/// A hello in the format of SSL 2.0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sslv2Hello {
    version: Version,
    cipher_specs: Vec<CipherSpec>,
    session_id: Vec<u8>,
    challenge: Vec<u8>,
}

impl Sslv2Hello {
    /// Makes one. An SSLv2 hello has at least one cipher spec and a challenge of 16 to 32 octets.
    ///
    /// # Errors
    /// [`Flaw::Length`] where a part has a length that it must not have.
    pub fn new(version: Version, cipher_specs: &[CipherSpec], challenge: &[u8]) -> Result<Self, Flaw> {
        let made = Self {
            version,
            cipher_specs: cipher_specs.to_vec(),
            session_id: Vec::new(),
            challenge: challenge.to_vec(),
        };
        // What does not fit into 15 bits of length would be read as something else.
        let length = 9 + 3 * cipher_specs.len() + challenge.len();
        if length > 0x7fff {
            return Err(Flaw::TooLong(length));
        }
        Self::parse(&made.to_bytes())
    }

    /// Reads one that is whole, with its two octets of length.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Flaw> {
        let mut parts = Cursor::new(bytes, Part::Fixed);
        let _length_and_type = parts.array::<3>()?;
        let version = Version(parts.u16()?);
        let [specs, session_id, challenge] = [parts.u16()?, parts.u16()?, parts.u16()?].map(usize::from);
        parts.of(Part::CipherSuites);
        if specs == 0 || specs % 3 != 0 {
            return Err(parts.flaw());
        }
        let cipher_specs =
            parts.take(specs)?.chunks_exact(3).filter_map(|spec| spec.first_chunk().copied()).collect();
        parts.of(Part::SessionId);
        if session_id > 32 {
            return Err(parts.flaw());
        }
        let session_id = parts.take(session_id)?.to_vec();
        parts.of(Part::Challenge);
        if !(16..=32).contains(&challenge) {
            return Err(parts.flaw());
        }
        let challenge = parts.take(challenge)?.to_vec();
        parts.end()?;
        Ok(Self { version, cipher_specs, session_id, challenge })
    }

    /// The best version that the client offers. SSL 2.0 itself is 0x0002.
    pub fn version(&self) -> Version {
        self.version
    }

    /// What it offers to encrypt with.
    pub fn cipher_specs(&self) -> &[CipherSpec] {
        &self.cipher_specs
    }

    /// The cipher suites of SSL 3.0 and later among them.
    pub fn cipher_suites(&self) -> impl Iterator<Item = CipherSuite> + '_ {
        self.cipher_specs
            .iter()
            .filter(|spec| spec[0] == 0)
            .map(|&[_, high, low]| CipherSuite(u16::from_be_bytes([high, low])))
    }

    /// The challenge, which becomes the client's random.
    pub fn challenge(&self) -> &[u8] {
        &self.challenge
    }

    /// The bytes that say this.
    pub fn to_bytes(&self) -> Vec<u8> {
        let specs = self.cipher_specs.concat();
        let mut body = vec![CLIENT_HELLO];
        body.extend(self.version.0.to_be_bytes());
        for part in [&specs, &self.session_id, &self.challenge] {
            body.extend(length16(part.len()));
        }
        for part in [&specs, &self.session_id, &self.challenge] {
            body.extend(part);
        }
        let [high, low] = length16(body.len());
        [vec![high | 0x80, low], body].concat()
    }
}

/// No part here is longer: the whole is not.
fn length16(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()
}
