//! The hops of a message, and how each was protected.

use super::hop::Hop;
use super::protection::{Protection, Strength};
use core::ffi::CStr;

/// What a reader of a report must be told.
pub const CLAIMS: &str = match C_CLAIMS.to_str() {
    Ok(claims) => claims,
    Err(_) => "",
};

/// [`CLAIMS`] as C wants it.
pub(crate) const C_CLAIMS: &CStr = c"what stands below the fields of your own servers was written by \
                                     others: these are claims, not facts";

/// More hops than this are a loop (RFC 5321 §6.3 would have stopped the message at 100).
const MOST_HOPS: usize = 1000;

/// The hops that the Received fields of a message tell of, the last one first, as they stand in it.
///
/// Only the fields that the reader's own servers have written are facts. How many these are the reader
/// knows; with that number the rest are marked as claims, which anybody on the way, and the sender, may
/// have made up.
///
/// ```
/// use mailtls::trace::{HopReport, Strength};
/// let message = b"Received: from a by b with ESMTPS tls TLS_AES_128_GCM_SHA256 id 2; 26 Nov 2026 15:00:02 +0000\r\n\
///     Received: from c by a with ESMTP id 1; 26 Nov 2026 15:00:01 +0000\r\n\
///     Subject: hops\r\n\r\nReceived: no field\r\n";
/// let report = HopReport::of_message(message, 1);
/// assert_eq!(report.hops().len(), 2);
/// assert_eq!(report.weakest(), Some(1));
/// assert_eq!(report.hops()[1].protection().strength(), Strength::Clear);
/// assert!(report.is_claim(1));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct HopReport {
    hops: Vec<Hop>,
    own: usize,
}

impl HopReport {
    /// Reads the Received fields of a message, up to its first empty line. The first `own` of them were
    /// written by the reader's own servers. More than 1000 are not read.
    pub fn of_message(message: &[u8], own: usize) -> Self {
        let hops =
            fields(message).filter(|field| is_received(field)).take(MOST_HOPS).map(Hop::read).collect();
        Self { hops, own }
    }

    /// The hops, the last one first.
    pub fn hops(&self) -> &[Hop] {
        &self.hops
    }

    /// Whether a hop is a claim of others, by its place in [`HopReport::hops`].
    pub fn is_claim(&self, hop: usize) -> bool {
        hop >= self.own
    }

    /// The hop that was protected worst of those that crossed a network: of several the last one.
    pub fn weakest(&self) -> Option<usize> {
        let crossed =
            self.hops.iter().enumerate().filter(|hop| hop.1.protection().strength() < Strength::Local);
        crossed.min_by_key(|hop| hop.1.protection().strength()).map(|hop| hop.0)
    }

    /// The hops that say nothing of how they were protected.
    pub fn silent(&self) -> impl Iterator<Item = usize> + '_ {
        let silent = |hop: &(usize, &Hop)| matches!(hop.1.protection(), Protection::Unsaid);
        self.hops.iter().enumerate().filter(silent).map(|hop| hop.0)
    }
}

fn is_received(field: &[u8]) -> bool {
    let name = field.iter().position(|&c| c == b':').and_then(|colon| field.get(..colon));
    name.is_some_and(|name| name.trim_ascii_end().eq_ignore_ascii_case(b"Received"))
}

/// The fields of a header section: a line and those behind it that begin with white space.
fn fields(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = message;
    core::iter::from_fn(move || {
        if rest.starts_with(b"\r\n") || rest.starts_with(b"\n") {
            return None;
        }
        let mut end = 0;
        loop {
            let line = rest.get(end..).unwrap_or_default();
            let goes_on = end == 0 || matches!(line, [b' ' | b'\t', ..]);
            if line.is_empty() || !goes_on {
                break;
            }
            end += line.iter().position(|&c| c == b'\n').map_or(line.len(), |at| at + 1);
        }
        let (field, behind) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        rest = behind;
        Some(field).filter(|field| !field.is_empty())
    })
}
