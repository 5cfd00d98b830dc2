//! The hops of a message, and how each was protected.

use super::hop::Hop;
use super::protection::{Protection, Strength};
use core::ffi::CStr;
use core::ops::Range;

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
    /// Where their fields stand.
    fields: Vec<Range<usize>>,
    own: usize,
}

impl HopReport {
    /// Reads the Received fields of a message, up to its first empty line. The first `own` of them were
    /// written by the reader's own servers. More than 1000 are not read.
    pub fn of_message(message: &[u8], own: usize) -> Self {
        let is_received = |field: &Range<usize>| message.get(field.clone()).is_some_and(is_received);
        let fields: Vec<_> = fields(message).filter(is_received).take(MOST_HOPS).collect();
        let hops = fields.iter().filter_map(|field| message.get(field.clone())).map(Hop::read).collect();
        Self { hops, fields, own }
    }

    /// Where in the message the field of a hop stands, with its line ends: for [`crate::trace::Received::parse`],
    /// or to show it.
    ///
    /// ```
    /// use mailtls::trace::HopReport;
    /// let message = b"Subject: a\r\nReceived: by b\r\n\r\n";
    /// let field = HopReport::of_message(message, 0).field(0).expect("a hop");
    /// assert_eq!(&message[field], b"Received: by b\r\n");
    /// ```
    pub fn field(&self, hop: usize) -> Option<Range<usize>> {
        self.fields.get(hop).cloned()
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

/// Where the fields of a header section stand: a line and those behind it that begin with white space.
fn fields(message: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = 0;
    core::iter::from_fn(move || {
        let rest = message.get(start..).unwrap_or_default();
        if rest.is_empty() || rest.starts_with(b"\r\n") || rest.starts_with(b"\n") {
            return None;
        }
        let mut end = start;
        loop {
            let line = message.get(end..).unwrap_or_default();
            let goes_on = end == start || matches!(line, [b' ' | b'\t', ..]);
            if line.is_empty() || !goes_on {
                break;
            }
            end += line.iter().position(|&c| c == b'\n').map_or(line.len(), |at| at + 1);
        }
        Some(core::mem::replace(&mut start, end)..end)
    })
}
