//! The bodies of the fuzz targets: everything but the fuzzer itself, so that each corpus can be
//! replayed by a plain test.
//!
//! Six targets hold one dialogue machine each, behind a [`mailtls::Connection`] on a host's own
//! TLS, so that input and output are plaintext. Their input is ten bytes that decide what
//! surrounds the peer, then what the peer says. Only the low half of each of the ten counts, so
//! that they can be written as hex digits ([`plan`] decodes them):
//!
//! | byte | decides |
//! |---|---|
//! | 0 | settings: +1 tight limits, +2 the other choice of each setting, +4 output is taken in bits, +8 a client has a mechanism floor |
//! | 1 | the end: 0 TCP ends, 1 a deadline passes, 2 the host closes |
//! | 2-4 | the host's decisions, in turn and over again |
//! | 5-6 | the chunks of the run whose chunks are not fixed |
//! | 7 | how the clock goes in the run in which it goes |
//! | 8 | +1 a server offers every mechanism, the floor is bound SCRAM; +2 `tls-exporter`, +4 `tls-server-end-point`; +8 a client's certificate |
//! | 9 | what the host knows and answers |
//!
//! A decision of a server: 0 invalid credentials, 1 accepted, 2 not authorised, 3 temporary
//! failure; +8 none at all in the run with the clock. To who authenticates by SCRAM it gives, by
//! byte 9, 0 the password, 1 a stored secret, 2 nothing for there is nobody of that name, 3 nothing
//! for the moment, and then a certificate stands for nobody; +4 it says two challenges in its own
//! mechanism; +8 a certificate is enough for IMAP.
//! A decision of a client, by byte 9: 0 the protocol's own command, PLAIN, LOGIN; 1 SCRAM-SHA-256,
//! its PLUS form, SCRAM-SHA-1, its PLUS form; 2 OAUTHBEARER, XOAUTH2, EXTERNAL, APOP; 3 its own
//! mechanism without an initial response, with one, with an empty one; otherwise it logs out. +4
//! asks for an authorization identity, +8 has an awkward password. In its own mechanism it answers
//! every challenge; byte 9 +4 only two, +8 none.
//!
//! What a server says to a client is cut into turns by 0xFF: the client's host acts between them.
//! Two targets have what is said in exchanges, see [`sasl_server`] and [`sasl_client`]. Those with
//! TLS have their own headers, see [`client_hello`], [`server_bytes`], [`starttls_server`],
//! [`starttls_client`], [`tls_session`] and [`tls_records`]; so have
//! [`identity`], [`tlsa`], [`policy_text`], [`pem`], [`pin_store`], [`srv_response`], [`milter_macros`],
//! [`received_build`] and [`received_client`].
//!
//! Must never know: the fuzzer.

mod blanks;
mod certificate;
#[cfg(feature = "engine")]
mod client_hello;
mod dialogue;
mod host;
mod identity;
mod line;
mod milter_macros;
#[cfg(feature = "engine")]
mod pem;
mod pin_store;
mod plan;
mod policy_text;
mod received;
#[path = "../../tests/common/received_writers.rs"]
mod received_writers;
mod sasl;
mod scram;
#[cfg(feature = "engine")]
mod server_bytes;
mod srv_response;
#[cfg(feature = "engine")]
mod starttls;
#[cfg(feature = "engine")]
mod throwaway;
#[cfg(feature = "engine")]
mod tls_records;
#[cfg(feature = "engine")]
mod tls_session;
mod tlsa;
mod wire;

use line::is_line;
use mailtls::{Role, Service};

#[cfg(feature = "engine")]
pub use client_hello::client_hello;
pub use identity::identity;
pub use milter_macros::milter_macros;
#[cfg(feature = "engine")]
pub use pem::pem;
pub use pin_store::pin_store;
pub use policy_text::policy_text;
pub use received::{received, received_build, received_client};
pub use sasl::{sasl_client, sasl_server};
#[cfg(feature = "engine")]
pub use server_bytes::server_bytes;
pub use srv_response::srv_response;
#[cfg(feature = "engine")]
pub use starttls::{starttls_client, starttls_server};
#[cfg(feature = "engine")]
pub use tls_records::tls_records;
#[cfg(feature = "engine")]
pub use tls_session::tls_session;
pub use tlsa::tlsa;

/// A target: its name, which its corpus has too, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// All targets of this build.
pub const TARGETS: &[Target] = &[
    ("imap_server", imap_server),
    ("imap_client", imap_client),
    ("pop3_server", pop3_server),
    ("pop3_client", pop3_client),
    ("smtp_server", smtp_server),
    ("smtp_client", smtp_client),
    ("sasl_server", sasl_server),
    ("sasl_client", sasl_client),
    ("identity", identity),
    ("tlsa", tlsa),
    ("srv_response", srv_response),
    ("pin_store", pin_store),
    ("policy_text", policy_text),
    ("milter_macros", milter_macros),
    ("received", received),
    ("received_build", received_build),
    ("received_client", received_client),
    #[cfg(feature = "engine")]
    ("pem", pem),
    #[cfg(feature = "engine")]
    ("client_hello", client_hello),
    #[cfg(feature = "engine")]
    ("server_bytes", server_bytes),
    #[cfg(feature = "engine")]
    ("starttls_server", starttls_server),
    #[cfg(feature = "engine")]
    ("starttls_client", starttls_client),
    #[cfg(feature = "engine")]
    ("tls_session", tls_session),
    #[cfg(feature = "engine")]
    ("tls_records", tls_records),
];

/// IMAP commands to a server.
pub fn imap_server(data: &[u8]) {
    dialogue::run(Service::Imaps, Role::Server, data);
}

/// IMAP responses to a client.
pub fn imap_client(data: &[u8]) {
    dialogue::run(Service::Imaps, Role::Client, data);
}

/// POP3 commands to a server.
pub fn pop3_server(data: &[u8]) {
    dialogue::run(Service::Pop3s, Role::Server, data);
}

/// POP3 replies to a client.
pub fn pop3_client(data: &[u8]) {
    dialogue::run(Service::Pop3s, Role::Client, data);
}

/// SMTP commands to a server.
pub fn smtp_server(data: &[u8]) {
    dialogue::run(Service::Submissions, Role::Server, data);
}

/// SMTP replies to a client.
pub fn smtp_client(data: &[u8]) {
    dialogue::run(Service::Submissions, Role::Client, data);
}
