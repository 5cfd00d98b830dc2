//! When a certificate is for one of those that a client expects (RFC 9525 §6.2 to §6.5).

use super::presented::{PresentedIdentifier, PresentedIdentifiers};
use super::reference::{ReferenceIdentifier, References};
use core::fmt;

/// How many names of a certificate are shown.
const SHOWN: usize = 5;

/// Which two identifiers are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// Whom the client expects.
    pub reference: ReferenceIdentifier,
    /// Whom the certificate is for.
    pub presented: PresentedIdentifier,
}

impl References {
    /// Whether the certificate is for one of them.
    ///
    /// # Errors
    /// [`Mismatch`], which says for whom it was to be, and for whom it is instead.
    pub fn check(&self, presented: &PresentedIdentifiers) -> Result<Matched, Mismatch> {
        let fall_back = self.may_fall_back() && presented.common_name_is_all;
        let common_name = presented.common_name().filter(|_| fall_back);
        for (reference, _) in self.iter() {
            let same = |presented: &&PresentedIdentifier| is_for(presented, reference);
            if let Some(found) = presented.alternative().iter().chain(common_name).find(same) {
                return Ok(Matched { reference: reference.clone(), presented: found.clone() });
            }
        }
        Err(Mismatch { expected: self.clone(), presented: presented.clone() })
    }
}

/// Only what is of the same kind is the same.
fn is_for(presented: &PresentedIdentifier, reference: &ReferenceIdentifier) -> bool {
    use {PresentedIdentifier as P, ReferenceIdentifier as R};
    match (presented, reference) {
        (P::Dns(pattern) | P::CommonName(pattern), R::Dns(name)) => pattern.covers(name),
        // Both parts: a certificate for the domain's IMAP is none for its submission.
        (P::Srv(service, own), R::Srv(wanted, name)) => service == wanted.name() && own == name,
        (P::Ip(own), R::Ip(address)) => own == address,
        _ => false,
    }
}

/// The certificate is for nobody whom the client expects.
///
/// Its text is one line: for whom the certificate was to be, and for whom it is instead. What the
/// certificate says stands there escaped and cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    expected: References,
    presented: PresentedIdentifiers,
}

impl Mismatch {
    /// For whom the certificate was to be.
    pub fn expected(&self) -> &References {
        &self.expected
    }

    /// For whom it is instead.
    pub fn presented(&self) -> &PresentedIdentifiers {
        &self.presented
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the certificate is not for {}; ", self.expected)?;
        let names = self.presented.alternative();
        match (names.first(), self.presented.common_name()) {
            (None, None) => return f.write_str("it names nobody"),
            (None, Some(common)) => return write!(f, "it has nothing but {common}"),
            _ => f.write_str("it is for ")?,
        }
        for (at, name) in names.iter().take(SHOWN).enumerate() {
            write!(f, "{}{name}", if at == 0 { "" } else { ", " })?;
        }
        match names.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl core::error::Error for Mismatch {}
