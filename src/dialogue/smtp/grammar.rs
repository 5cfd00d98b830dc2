//! The SMTP grammar as far as it is spoken before authentication.
//!
//! Every production is a type, with its ABNF above it, that a parser makes from a complete line
//! and a writer turns back into bytes. It must never know in which state a dialogue is.

mod client_name;
mod command;
mod greeting;
mod host;
mod reply;

pub(super) use client_name::ClientName;
pub(super) use command::{Command, CommandError, InitialResponse, SaslMechanism};
pub use greeting::Greeting;
use host::Host;
pub use reply::EnhancedCode;
pub(super) use reply::{Reply, ReplyCode, ReplyLine};
