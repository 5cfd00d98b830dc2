//! The tables that `refresh` writes: nothing but rows.

pub(super) mod cipher_suites;
pub(super) mod groups;
pub(super) mod signature_schemes;
