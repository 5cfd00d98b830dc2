//! SCRAM (RFC 5802, RFC 7677): server and client prove to each other that they know a password
//! without saying it.
//!
//! ```text
//! client                                                                  server
//!   │ ── client-first: gs2-header, user, nonce ──────────────────────────►  │ asks the host for
//!   │ ◄───────────────────────── server-first: nonce, salt, iterations ──   │ the stored secret
//!   │ ── client-final: channel binding, nonce, proof ────────────────────►  │ asks the host to
//!   │ ◄────────────────────────────── server-final: the server's proof ──   │ accept
//! ```
//!
//! Rooms: `grammar` has the four messages both ways, `prepare` what becomes of names and passwords,
//! `keys` what is computed from a password, `server` and `client` the two halves. Does not depend on mail
//! protocols.

mod client;
mod grammar;
mod keys;
mod prepare;
mod server;
#[cfg(test)]
mod tests;

pub(crate) use client::Client;
pub(crate) use keys::Hash;
pub use keys::ScramSecret;
pub(crate) use prepare::user_name;
pub(crate) use server::{ClientFirst, Denial, Verified, Waiting};
