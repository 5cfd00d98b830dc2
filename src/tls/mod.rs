//! TLS: registries, facts, policy, and rustls behind one narrow door.
//!
//! `registry`, `alpn`, `channel_binding`, `client_hello`, `facts` and `policy` know no TLS library and are part of
//! the pure core. The others are the engine; `config` and `session` are its door.
//! The room must never know a mail protocol but by name.

pub(crate) mod alpn;
#[cfg(feature = "engine")]
mod certificate_error;
pub mod channel_binding;
#[cfg(feature = "engine")]
mod client_certificate;
pub mod client_hello;
#[cfg(feature = "engine")]
pub(crate) mod config;
#[cfg(feature = "engine")]
mod end_point;
#[cfg(feature = "engine")]
mod exporter;
pub mod facts;
pub mod failure;
#[cfg(feature = "engine")]
pub(crate) mod fault;
#[cfg(feature = "engine")]
mod opening;
#[cfg(feature = "engine")]
pub(crate) mod own_certificates;
pub mod policy;
#[cfg(feature = "engine")]
pub(crate) mod refusals;
pub mod registry;
#[cfg(feature = "engine")]
pub(crate) mod session;
