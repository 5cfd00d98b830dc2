//! TLS: registries, facts, policy, and rustls behind one narrow door.
//!
//! `registry`, `channel_binding`, `facts` and `policy` know no TLS library and are part of the pure core;
//! `config` and `session` are the engine, and the only two files that know rustls.
//! The room must never know a mail protocol.

pub mod channel_binding;
#[cfg(feature = "engine")]
mod client_hello;
#[cfg(feature = "engine")]
pub(crate) mod config;
pub mod facts;
#[cfg(feature = "engine")]
pub(crate) mod fault;
pub mod policy;
pub mod registry;
#[cfg(feature = "engine")]
pub(crate) mod session;
