//! Where and why a text is not of the grammar.

use core::fmt;

/// A text that is not of the grammar: the octet and the production at which it failed.
///
/// ```
/// use mailtls::trace::Received;
/// let error = Received::parse(b"Received: from example.org by\r\n").unwrap_err();
/// assert_eq!((error.at(), error.production()), (29, "FWS"));
/// assert_eq!(error.to_string(), "at octet 29: FWS is wanted");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrammarError {
    at: usize,
    production: &'static str,
    because: Option<&'static str>,
}

impl GrammarError {
    /// Nothing of this production is there.
    pub(super) fn wanted(at: usize, production: &'static str) -> Self {
        Self { at, production, because: None }
    }

    /// What the prose beside the production forbids.
    pub(super) fn because(at: usize, production: &'static str, because: &'static str) -> Self {
        Self { at, production, because: Some(because) }
    }

    /// How many octets stand before the one at which it failed.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The production that is not there, as the RFC calls it (RFC 5321 §4.4 and what it builds on,
    /// RFC 8314 §4.3).
    pub fn production(&self) -> &'static str {
        self.production
    }
}

impl fmt::Display for GrammarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, production, .. } = self;
        match self.because {
            None => write!(f, "at octet {at}: {production} is wanted"),
            Some(because) => write!(f, "at octet {at}: {production}: {because}"),
        }
    }
}

impl core::error::Error for GrammarError {}
