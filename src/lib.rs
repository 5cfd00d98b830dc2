//! mailtls
#![deny(unsafe_code)]

mod buffer;
mod capi;
mod connection;
pub mod dialogue;
mod error;
mod limits;
mod secret;
mod service;
mod text;
pub mod tls;
#[cfg(feature = "engine")]
pub mod trust;

pub use connection::{
    ClientConfig, ClientConfigBuilder, Connection, Event, ServerConfig, ServerConfigBuilder,
};
pub use dialogue::{
    Capabilities, ClientSettings, Credentials, Greeting, GreetingStatus, HandOff, Mechanism, Refusal,
    Rejection, ServerSettings,
};
pub use error::{Error, ErrorCode, ErrorKind};
pub use limits::{Deadlines, Limits};
pub use secret::Secret;
pub use service::{Mode, Protocol, Role, Service, UnknownService};
