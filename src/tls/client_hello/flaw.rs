//! What can be wrong with a ClientHello.

use core::fmt;

/// A part of a ClientHello that has a length of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Version and random.
    Fixed,
    /// `legacy_session_id`.
    SessionId,
    /// `cipher_suites`.
    CipherSuites,
    /// `legacy_compression_methods`.
    CompressionMethods,
    /// The list of extensions.
    Extensions,
    /// The extension of this number.
    Extension(u16),
    /// The challenge of an SSLv2 hello.
    Challenge,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed => "version and random",
            Self::SessionId => "session_id",
            Self::CipherSuites => "cipher_suites",
            Self::CompressionMethods => "compression_methods",
            Self::Extensions => "the list of extensions",
            Self::Extension(kind) => return write!(f, "extension {kind}"),
            Self::Challenge => "the challenge",
        })
    }
}

/// Why bytes that begin like TLS are no ClientHello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// A record of this type, where there must be a handshake record (RFC 9846 §5.1).
    NotHandshake(u8),
    /// A record of this length: empty, or more than 2^14 octets (RFC 9846 §5.1).
    RecordLength(u16),
    /// A handshake message of this type (RFC 9846 §4).
    NotClientHello(u8),
    /// More octets than [`MAX_MESSAGE`](super::MAX_MESSAGE).
    TooLong(usize),
    /// More in the record than the message (RFC 9846 §5.1).
    Behind,
    /// A part has a length that it must not have, ends in the middle of an item, or goes beyond what it
    /// is part of.
    Length(Part),
    /// An extension comes twice (RFC 9846 §4.3).
    Twice(u16),
    /// Something comes after pre_shared_key (RFC 9846 §4.3.11).
    BehindPreSharedKey,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHandshake(kind) => write!(f, "a record of type {kind} where a ClientHello must be"),
            Self::RecordLength(length) => write!(f, "a record of {length} octets"),
            Self::NotClientHello(kind) => {
                write!(f, "a handshake message of type {kind} where a ClientHello must be")
            }
            Self::TooLong(length) => write!(f, "a ClientHello of {length} octets"),
            Self::Behind => f.write_str("data behind the ClientHello"),
            Self::Length(part) => write!(f, "the length of {part} is wrong"),
            Self::Twice(kind) => write!(f, "extension {kind} comes twice"),
            Self::BehindPreSharedKey => f.write_str("an extension behind pre_shared_key"),
        }
    }
}

impl core::error::Error for Flaw {}
