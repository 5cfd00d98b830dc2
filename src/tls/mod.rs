//! TLS: registries, policy, and rustls behind one narrow door.
//!
//! It must never know a mail protocol.

pub mod policy;
