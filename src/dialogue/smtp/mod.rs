//! SMTP submission (RFC 5321, RFC 6409): what is said until the client is authenticated.
//!
//! `grammar` reads and writes commands and replies, `server` and `client` are the two machines.
//! In clear they do nothing but `STARTTLS` (RFC 3207); all else needs the proof of TLS.

mod client;
mod grammar;
mod server;
#[cfg(test)]
mod tests;

pub(crate) use client::Client;
pub use grammar::{EnhancedCode, Greeting};
pub(crate) use server::Server;
