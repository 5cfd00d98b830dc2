//! What is told of a connection's TLS to those behind it.

pub mod milter;
