//! IMAP (RFC 9051 and RFC 3501) up to the authenticated state, both roles.
//!
//! `grammar` holds every production that is read or written; `server` and `client` are the
//! machines. None of them knows a message, a mailbox, or TLS beyond the proof of it.

mod client;
mod grammar;
mod server;
#[cfg(test)]
mod tests;

pub(crate) use client::Client;
pub use grammar::{Greeting, GreetingCondition, ResponseCode};
pub(crate) use server::Server;
