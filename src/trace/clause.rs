//! Clauses that RFC 5321 §4.4 leaves to be registered, and comments behind clauses.

use super::comment::Comment;
use super::cursor::{Cursor, Result};
use super::grammar_error::GrammarError;
use super::tls_clause::TlsClause;
use super::token::{Atom, ClauseString};
use core::fmt;

/// The names of clauses that the grammar gives a form of their own: none of them is an additional one.
const OWN: [&str; 8] = ["from", "by", "via", "with", "id", "for", "tls", "group"];

/// One of `Additional-Registered-Clauses`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AdditionalClause {
    /// How TLS protected the hop (RFC 8314 §4.3).
    Tls(TlsClause),
    /// `CFWS Atom FWS String`: any other.
    Other(OtherClause),
}

/// A clause that mailtls knows no form of: its name and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OtherClause {
    name: Atom,
    value: ClauseString,
}

impl OtherClause {
    /// A clause of this name.
    ///
    /// # Errors
    /// [`GrammarError`] where the grammar has a form of its own for clauses of that name.
    ///
    /// ```
    /// use mailtls::trace::OtherClause;
    /// assert!(OtherClause::new("delivered".parse()?, "yes".parse()?).is_ok());
    /// assert!(OtherClause::new("With".parse()?, "ESMTPS".parse()?).is_err());
    /// # Ok::<(), mailtls::trace::GrammarError>(())
    /// ```
    pub fn new(name: Atom, value: ClauseString) -> Result<Self> {
        if OWN.iter().any(|own| own.eq_ignore_ascii_case(name.as_str())) {
            return Err(GrammarError::because(0, "Atom", "a clause that has a form of its own"));
        }
        Ok(Self { name, value })
    }

    /// The value of a clause whose name has been read.
    pub(super) fn read_value(name: Atom, from: &mut Cursor<'_>) -> Result<Self> {
        let value = ClauseString::read(from)?;
        Ok(Self { name, value })
    }

    /// The name.
    pub fn name(&self) -> &Atom {
        &self.name
    }

    /// What it says.
    pub fn value(&self) -> &ClauseString {
        &self.value
    }
}

impl fmt::Display for OtherClause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.value)
    }
}

/// A clause's value, and the comments behind it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Commented<T> {
    /// The value.
    pub value: T,
    /// The comments, in their order.
    pub comments: Vec<Comment>,
}

impl<T> From<T> for Commented<T> {
    fn from(value: T) -> Self {
        Self { value, comments: Vec::new() }
    }
}
