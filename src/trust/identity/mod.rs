//! Whom a certificate must be for: the reference identifiers that a client has, the identifiers that a
//! certificate presents, and when the one is the other (RFC 9525 §6; RFC 7817 §3).
//!
//! Pure core: it must never know a TLS library, nor whether a certificate is to be believed. A
//! certificate that is for the right name is worth nothing until a chain of signatures or a TLSA record
//! stands behind it.
//!
//! ```
//! use mailtls::{Service, trust::identity::{Origin, References}};
//! // The user has typed tim@example.net; a signed SRV answer has named the host.
//! let references = References::for_mail_domain(Service::Imaps, "example.net")?
//!     .srv_target("mail.example.net", Origin::DnssecProven)?;
//! assert_eq!(references.to_string(), "example.net, _imaps.example.net or mail.example.net");
//! // An answer that nobody has signed says nothing of whom to believe.
//! assert!(references.srv_target("mail.evil.example", Origin::UnprovenSrv).is_err());
//! # Ok::<(), mailtls::Error>(())
//! ```

mod matching;
mod name;
mod presented;
mod reference;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use matching::{Matched, Mismatch};
pub use name::{DnsName, Host};
pub use presented::{DnsPattern, PresentedIdentifier, PresentedIdentifiers};
pub use reference::{Origin, ReferenceIdentifier, References};
