//! Trust: anchors, what a certificate says, and what a client's is worth.
//!
//! The chain and the name are checked by rustls-webpki inside the handshake; this room loads
//! the anchors for it and makes certificates readable. Certificates of clients it also judges
//! afterwards.
//! It must never know a mail protocol or a user interface.

#[cfg(feature = "engine")]
pub(crate) mod anchors;
pub mod certificate;
#[cfg(feature = "engine")]
pub(crate) mod client;
pub(crate) mod identity;
#[cfg(feature = "engine")]
pub(crate) mod revocation;
#[cfg(feature = "engine")]
pub(crate) mod server;
pub(crate) mod tlsa;
#[cfg(feature = "engine")]
pub(crate) mod verifier;
