//! SASL (RFC 4422): the base64 framing that the three protocols share, and the mechanisms.
//!
//! `server` and `client` are the two halves of an exchange; `gs2`, `oauth` and `scram` hold what
//! the mechanisms say. It must never know which protocol carries it.

mod client;
mod gs2;
mod oauth;
pub(crate) mod scram;
mod server;
#[cfg(test)]
mod tests;

pub(crate) use client::{ClientExchange, ClientStep};
pub(crate) use server::{Pending, ServerExchange, ServerSide, ServerStep, offered};

use super::blank::trim;
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Why a client cancels whose host does not answer a challenge.
pub(crate) const CANCELLED_BY_HOST: &str = "the program did not answer the challenge";

/// What a client's line inside an exchange says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ClientLine {
    /// `*`: the client cancels.
    Cancel,
    /// A response, decoded.
    Response(Secret),
}

/// Reads a client's line inside an exchange (RFC 9051 §6.2.2, RFC 5034 §4, RFC 4954 §4), with blanks
/// around it or without.
pub(crate) fn parse_client_line(line: &[u8]) -> Result<ClientLine, &'static str> {
    let line = trim(line);
    if line == b"*" {
        return Ok(ClientLine::Cancel);
    }
    decode(line).map(ClientLine::Response)
}

/// Reads an initial response: `=` stands for an empty one (RFC 4954 §4, RFC 4959 §3).
pub(crate) fn parse_initial_response(word: &[u8]) -> Result<Secret, &'static str> {
    if word == b"=" {
        return Ok(Secret::default());
    }
    if word.is_empty() {
        return Err("empty initial response must be written \"=\"");
    }
    decode(word)
}

/// Writes an initial response; the inverse of [`parse_initial_response`].
pub(crate) fn write_initial_response(response: &Secret) -> Zeroizing<String> {
    if response.as_bytes().is_empty() { Zeroizing::new("=".into()) } else { encode(response.as_bytes()) }
}

/// Base64 with padding, strict in both directions.
pub(crate) fn encode(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(bytes))
}

/// The inverse of [`encode`]. Padding is required, other characters are refused.
pub(crate) fn decode(text: &[u8]) -> Result<Secret, &'static str> {
    // Wiped also when it fails half-way.
    let mut decoded = Zeroizing::new(vec![0; base64::decoded_len_estimate(text.len())]);
    let length = STANDARD.decode_slice(text, &mut decoded).map_err(|_| "invalid base64")?;
    decoded.truncate(length);
    Ok(Secret::new(core::mem::take(&mut *decoded)))
}

/// A user name that can be handed on: not empty and without NUL.
pub(crate) fn is_identity(name: &str) -> bool {
    !name.is_empty() && !name.contains('\0')
}
