//! The grammar of a whole ClientHello message (RFC 9846 §4.2.2, RFC 5246 §7.4.1.2).

use super::extensions::{self, Facts};
use super::{ClientHello, Extension, Flaw, Part};
use crate::tls::registry::{CipherSuite, Version};

/// The type of the handshake message.
pub(super) const CLIENT_HELLO: u8 = 1;
/// RFC 9846 §4.2.2: `legacy_session_id<0..32>`.
const MAX_SESSION_ID: usize = 32;

/// Takes lengths and what they are of from the front of bytes. Every step fails with the same flaw:
/// that the part's length is wrong.
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    part: Part,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], part: Part) -> Self {
        Self { rest: bytes, part }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn flaw(&self) -> Flaw {
        Flaw::Length(self.part)
    }

    /// From here on it is about this part.
    pub(super) fn of(&mut self, part: Part) -> &mut Self {
        self.part = part;
        self
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Flaw> {
        let (now, rest) = self.rest.split_first_chunk().ok_or(self.flaw())?;
        self.rest = rest;
        Ok(*now)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Flaw> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Flaw> {
        let (now, rest) = self.rest.split_at_checked(length).ok_or(self.flaw())?;
        self.rest = rest;
        Ok(now)
    }

    /// A vector with a length of one octet.
    pub(super) fn vector8(&mut self) -> Result<&'a [u8], Flaw> {
        let [length] = self.array()?;
        self.take(usize::from(length))
    }

    /// A vector with a length of two octets.
    pub(super) fn vector16(&mut self) -> Result<&'a [u8], Flaw> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    /// The code points of a list that must not be empty.
    pub(super) fn codes(&self, list: &[u8]) -> Result<Vec<u16>, Flaw> {
        if list.is_empty() || list.len() % 2 != 0 {
            return Err(self.flaw());
        }
        Ok(list
            .chunks_exact(2)
            .filter_map(|code| code.first_chunk().copied().map(u16::from_be_bytes))
            .collect())
    }

    pub(super) fn end(&self) -> Result<(), Flaw> {
        if self.is_empty() { Ok(()) } else { Err(self.flaw()) }
    }
}

/// Reads a whole message, with its type and its length.
pub(super) fn message(record_version: Version, message: &[u8]) -> Result<ClientHello, Flaw> {
    let mut body = Cursor::new(message, Part::Fixed);
    let _type_and_length = body.array::<4>()?;
    let legacy_version = Version(body.u16()?);
    let random = body.array()?;
    let session_id = body.of(Part::SessionId).vector8()?.to_vec();
    if session_id.len() > MAX_SESSION_ID {
        return Err(body.flaw());
    }
    let suites = body.of(Part::CipherSuites).vector16()?;
    let cipher_suites = body.codes(suites)?.into_iter().map(CipherSuite).collect();
    let compression_methods = body.of(Part::CompressionMethods).vector8()?.to_vec();
    if compression_methods.is_empty() {
        return Err(body.flaw());
    }
    let mut extensions = None;
    if !body.is_empty() {
        let list = body.of(Part::Extensions).vector16()?;
        body.end()?;
        extensions = Some(list_of_extensions(list)?);
    }
    let facts = Facts::of(extensions.as_deref().unwrap_or_default())?;
    Ok(ClientHello {
        record_version,
        legacy_version,
        random,
        session_id,
        cipher_suites,
        compression_methods,
        extensions,
        facts,
    })
}

fn list_of_extensions(list: &[u8]) -> Result<Vec<Extension>, Flaw> {
    let mut seen = std::collections::HashSet::new();
    let mut extensions: Vec<Extension> = Vec::new();
    let mut list = Cursor::new(list, Part::Extensions);
    while !list.is_empty() {
        let kind = list.of(Part::Extensions).u16()?;
        let content = list.of(Part::Extension(kind)).vector16()?.to_vec();
        if !seen.insert(kind) {
            return Err(Flaw::Twice(kind));
        }
        if extensions.last().is_some_and(|last| last.kind == extensions::PRE_SHARED_KEY) {
            return Err(Flaw::BehindPreSharedKey);
        }
        extensions.push(Extension { kind, content });
    }
    Ok(extensions)
}
