//! POP3 (RFC 1939) up to the end of its AUTHORIZATION state: `grammar` for both directions, and
//! a machine for each role.

pub(crate) mod apop;
mod client;
mod grammar;
mod server;
#[cfg(test)]
mod tests;

pub(crate) use client::Client;
pub use grammar::Greeting;
pub(crate) use server::Server;
