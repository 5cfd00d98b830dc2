//! Tests of whole connections: `pair` connects a client and a server of ours in memory;
//! `mechanisms` are all ways to authenticate, `sessions` are those that go well, `faults` those that do not, `starttls` both for STARTTLS;
//! `client_certificates` and `own_certificate` are the two sides of certificates of clients, with
//! `world` for what both need; `certificates_by_name` is about several of a server, `targets` about
//! what a client connects to, and policies, `own_made` about certificates that people make themselves; `client_hello` is about what a client begins with; `alpn`
//! about the names of application protocols, `advice` about reasons that say what to do next.

mod advice;
mod alpn;
mod certificates_by_name;
mod client_certificates;
mod client_hello;
mod faults;
mod mechanisms;
mod own_certificate;
mod own_made;
mod pair;
mod sessions;
mod starttls;
mod targets;
mod world;
