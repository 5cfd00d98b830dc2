//! Trust: anchors, and what a certificate says.
//!
//! The chain and the name are checked by rustls-webpki inside the handshake; this room loads
//! the anchors for it and makes certificates readable.
//! It must never know a mail protocol or a user interface.

pub(crate) mod anchors;
pub mod certificate;
