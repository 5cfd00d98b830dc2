//! TLSA records: what DNS says of a server's certificate (RFC 6698, RFC 7671).
//!
//! Pure core: reading, writing and comparing. It must never know how records are looked up, nor a TLS
//! library; chains are built elsewhere.
//!
//! ```
//! use mailtls::trust::tlsa::{TlsaRecord, TlsaRecords};
//! let record: TlsaRecord =
//!     "3 1 1 0b9fa5a59eed715c26c1020c711b4f6ec42d58b0015e14337a39dad301c5afc3".parse()?;
//! // Only the host program can know that DNSSEC has proved the answer: it gives its word.
//! let records = TlsaRecords::dnssec_validated([record]);
//! assert!(records.any_usable());
//! # Ok::<(), mailtls::Error>(())
//! ```

mod record;
#[cfg(test)]
mod tests;

pub use record::{CertificateUsage, MatchingType, Selector, TlsaRecord};

/// The TLSA records of a host and port, which DNSSEC has proved.
///
/// Where one of them is usable they decide, in the place of or beside the authorities; where none is,
/// it is as if there were none (RFC 6698 §4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsaRecords(Vec<TlsaRecord>);

impl TlsaRecords {
    /// With the host program's word that DNSSEC has proved the whole answer, and the names that have led
    /// to it. Records that are not proved must not come here: whoever forges one would decide whom to
    /// believe.
    pub fn dnssec_validated(records: impl IntoIterator<Item = TlsaRecord>) -> Self {
        Self(records.into_iter().collect())
    }

    /// All of them, usable or not.
    pub fn iter(&self) -> impl Iterator<Item = &TlsaRecord> {
        self.0.iter()
    }

    /// Those that count: of a kind that is known here, and not beside a stronger digest for the same use
    /// of the same part (RFC 7671 §9).
    pub fn usable(&self) -> impl Iterator<Item = &TlsaRecord> {
        self.0.iter().filter(|record| record.is_usable() && !self.has_stronger_than(record))
    }

    /// Whether there is one that counts.
    pub fn any_usable(&self) -> bool {
        self.usable().next().is_some()
    }

    fn has_stronger_than(&self, record: &TlsaRecord) -> bool {
        let weak = record.matching_type() == MatchingType::SHA2_256;
        let stronger = |other: &TlsaRecord| {
            other.is_usable()
                && other.matching_type() == MatchingType::SHA2_512
                && (other.usage(), other.selector()) == (record.usage(), record.selector())
        };
        weak && self.0.iter().any(stronger)
    }
}
