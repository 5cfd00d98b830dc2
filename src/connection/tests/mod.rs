//! Tests of whole connections: `pair` connects a client and a server of ours in memory;
//! `sessions` are those that go well, `faults` those that do not.

mod faults;
mod pair;
mod sessions;
mod starttls;
