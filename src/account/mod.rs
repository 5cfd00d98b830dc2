//! Accounts: what their user has been promised, and what has been found out about their servers.
//!
//! - [`Minimum`]: the least confidentiality that a session of the account must have (RFC 8314 §5);
//!   [`Indicator`]: what the user may be shown about it.
//! - [`PinStore`]: the certificates that the user has accepted at set-up, for one account and host
//!   each (RFC 8314 §5.4).
//! - [`srv`]: servers from SRV records (RFC 6186, RFC 8314 §5.1).
//! - [`client_certificate`]: when a client's certificate may be sent (RFC 8314 §5.5).
//!
//! All of it is decisions over values. The room must never know a socket, a look-up in DNS (answers are
//! given to it) or a user interface.

pub mod client_certificate;
mod host;
mod indicator;
mod minimum;
mod pins;
pub mod srv;

pub use host::HostName;
pub use indicator::Indicator;
pub use minimum::{Acknowledged, Met, Minimum, SessionState, Shortfall, Upgrade};
pub use pins::{Account, AccountSetup, Pin, PinProblem, PinStore, PinTextError};
