//! Trust: whom a certificate must be for, what it says, and what it is worth.
//!
//! `identity`, `tlsa`, `certificate` and `pin` know no TLS library and are part of the pure core. The others
//! are the engine's: what users give as PEM, anchors, revocation lists, the checks of the peer's certificate in the
//! handshake, whose chains rustls-webpki builds (`path`), and of its signature.
//! It must never know a mail protocol or a user interface.

#[cfg(feature = "engine")]
pub(crate) mod anchors;
pub mod certificate;
#[cfg(feature = "engine")]
pub(crate) mod certified_key;
#[cfg(feature = "engine")]
pub(crate) mod client;
#[cfg(feature = "engine")]
mod der;
pub mod identity;
#[cfg(feature = "engine")]
mod path;
#[cfg(feature = "engine")]
pub(crate) mod pem;
pub(crate) mod pin;
#[cfg(feature = "engine")]
pub(crate) mod revocation;
#[cfg(feature = "engine")]
pub(crate) mod server;
#[cfg(feature = "engine")]
mod signature;
pub mod tlsa;
#[cfg(feature = "engine")]
pub(crate) mod verifier;
