//! The trace of a message: what its Received fields say of each hop (RFC 5321 §4.4, RFC 8314 §4.3).
//!
//! It may know the registries of TLS, `error` and `text`; it must never know a connection.

#[allow(dead_code)] // until the reader of a field uses it
mod forms;
#[allow(dead_code)]
mod protection;

pub use protection::{Form, Protection, Strength, TlsClaim};
