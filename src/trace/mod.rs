//! The trace of a message: the Received field, read and written (RFC 5321 §4.4), with its `tls` clause
//! (RFC 8314 §4.3).
//!
//! - [`Received`] is the field to the letter of its grammar, and what a server writes.
//! - [`Hop`] is what any field says, and how by its words the hop was protected; [`HopReport`] is that
//!   of all the fields of a message.
//! - [`milter`] has what a filter is told of a connection's TLS.
//!
//! A newtype for each production; what holds one need not look at it again. The room knows the
//! registries of `tls` and what was negotiated, and must never know a connection.

mod clause;
mod client;
mod comment;
mod cursor;
mod date_time;
mod domain;
mod forms;
mod grammar_error;
mod hop;
mod literal;
mod mailbox;
pub mod milter;
mod obsolete_date;
mod parse;
mod pieces;
mod protection;
mod protocol;
mod received;
mod report;
mod scan;
#[cfg(test)]
mod tests;
mod tls_clause;
mod token;
mod write;

pub use clause::{AdditionalClause, Commented, OtherClause};
pub use comment::Comment;
pub use date_time::{DateTime, Zone};
pub use domain::{Domain, ExtendedDomain, TcpInfo};
pub use grammar_error::GrammarError;
pub use hop::Hop;
pub use literal::{AddressLiteral, GeneralLiteral};
pub use mailbox::{ForAddress, Mailbox, MailboxHost, Path};
pub use protection::{Form, Protection, Strength, TlsClaim};
pub use protocol::{OtherProtocol, Transmission, WithProtocol};
pub use received::Received;
pub(crate) use report::C_CLAIMS;
pub use report::{CLAIMS, HopReport};
pub use tls_clause::{CipherName, GroupName, TlsCipher, TlsClause};
pub use token::{Atom, ClauseString, Id, MessageId};
