//! mailtls takes a mail connection (IMAP, POP3, SMTP submission; server and client side) from
//! its first TCP byte to the moment when the host program may trust it: TLS up and good enough,
//! greeting exchanged, peer known, user authenticated. Then it hands over clean plaintext.
//! TLS comes with the first byte (Implicit TLS) or by STARTTLS, of which nothing survives but TLS.
//!
//! ```text
//!  network bytes ──► connection ──► tls::session ──► dialogue (imap│pop3│smtp) ──► events ──► host
//!  network bytes ◄── connection ◄── tls::session ◄── dialogue ◄──────── commands ◄─────────── host
//!                                        │
//!                                        ▼
//!                                   tls::policy ──► Confidential: without this proof
//!                                                   no credential comes in or goes out
//! ```
//!
//! It does no I/O, starts no thread and keeps no global state: bytes and time come in by call; bytes,
//! events and deadlines are taken out by call. The engine reads the system's wall clock for certificates,
//! revocation lists and session tickets; without the engine mailtls reads no clock. Begin with
//! [`Connection`].
//!
//! Rooms, in the order in which they may import: `service`, `limits`, `error`, `secret`,
//! `buffer`, `text`; then `tls`, `trust` and `trace`; then `dialogue`; then `account` and
//! `connection`; then `capi`, the C ABI of `include/mailtls.h`.
//!
//! Feature `engine` (default) brings rustls. Without it the crate is the pure core for hosts
//! that keep their own TLS library: they tell the connection what was negotiated
//! ([`Connection::server_on_host_tls`]) and get the same verdict and the same dialogue.
#![deny(unsafe_code, missing_docs)]

pub mod account;
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
pub mod trace;
pub mod trust;

pub use connection::{
    ClientConfig, ClientConfigBuilder, Connection, Event, ServerConfig, ServerConfigBuilder, Target,
};
pub use dialogue::{
    Capabilities, ClientSettings, Condition, Credentials, Greeting, GreetingStatus, HandOff, Means,
    Mechanism, MechanismFloor, MechanismName, Refusal, Rejection, ScramSecret, ScramUser, ServerMessage,
    ServerSettings, StartTlsUse,
};
pub use error::{Error, ErrorCode, ErrorKind};
pub use limits::{Deadlines, Limits};
pub use secret::Secret;
pub use service::{Mode, Protocol, Role, Service, UnknownService};
#[cfg(feature = "engine")]
pub use trust::client::InvalidClientCertificate;
#[cfg(feature = "engine")]
pub use trust::revocation::UnknownRevocation;
