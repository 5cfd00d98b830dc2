//! SRV records that no server can be found by.
//!
//! Somebody on the network has written them. One such record says nothing of the others: they are used.

use super::super::host::HostName;
use crate::service::Service;
use core::fmt;

/// An SRV record that no server can be found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Unusable {
    /// The service asked for.
    pub service: Service,
    /// Its target as one line of at most 200 characters; empty if it cannot be read.
    pub target: String,
    /// Its port.
    pub port: u16,
    /// Why not.
    pub why: RecordProblem,
}

/// Why no server can be found by an SRV record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RecordProblem {
    /// Its data is not that of an SRV record.
    Malformed,
    /// It has port 0.
    Port,
    /// Its target is an IP address (RFC 2782: it is a name).
    Address,
    /// Its target is not the name of a host in A-labels.
    Name,
    /// Its target is `.`, which says that there is no server, but there are other records (RFC 2782).
    NotAlone,
}

impl RecordProblem {
    /// The host of a record, or why there is none.
    pub(super) fn of(target: &str, port: u16) -> Result<HostName, Self> {
        let host: HostName = target.parse().map_err(|_| Self::Name)?;
        if host.is_address() {
            return Err(Self::Address);
        }
        if port == 0 { Err(Self::Port) } else { Ok(host) }
    }
}

impl fmt::Display for RecordProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the data is not that of an SRV record",
            Self::Port => "the port is 0",
            Self::Address => "the target is an address, not a name",
            Self::Name => "the target is not the name of a host",
            Self::NotAlone => "it says that there is no server, but there are other records",
        })
    }
}

/// One line, such as `imaps "192.0.2.1" 993: the target is an address, not a name`.
impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} \"{}\" {}: {}", self.service, self.target, self.port, self.why)
    }
}
