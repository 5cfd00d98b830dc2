//! IMAP.

mod client;
mod grammar;
mod server;

pub(crate) use client::Client;
pub use grammar::Greeting;
pub(crate) use server::Server;
