//! mailtls
#![deny(unsafe_code)]

mod buffer;
mod dialogue;
mod error;
mod limits;
mod secret;
mod service;
pub mod tls;

pub use dialogue::{
    Capabilities, ClientSettings, Credentials, Greeting, HandOff, Mechanism, Refusal, Rejection,
    ServerSettings,
};
pub use error::{Error, ErrorCode, ErrorKind};
pub use limits::{Deadlines, Limits};
pub use secret::Secret;
pub use service::{Mode, Protocol, Role, Service, UnknownService};
