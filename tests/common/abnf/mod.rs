//! An independent judge of the Received field: the RFCs' own ABNF (`tests/data/received.abnf`), a slow matcher
//! of it, and a generator of its sentences. Knows nothing of the library.

pub mod generator;
pub mod grammar;
pub mod matcher;
pub mod mutation;
pub mod prose;

use grammar::Grammar;

/// The grammar of `tests/data/received.abnf`.
pub fn received() -> Grammar {
    Grammar::read(include_str!("../../data/received.abnf"))
}

/// Whether `field` is a `Time-stamp-line`, from `Received:` to its CRLF.
pub fn accepts(grammar: &Grammar, field: &[u8]) -> bool {
    prose::whole_field(field) && matcher::matches(grammar, "Time-stamp-line", field)
}
