//! Header section: the peer's certificates.

use super::connection::mailtls_connection;
use super::held::PeerCertificate;
use super::{look, need, or_null, peek, put};
use crate::error::Error;
use core::ffi::c_char;

impl mailtls_connection {
    fn leaf(&self) -> Option<&PeerCertificate> {
        self.negotiated()?.leaf.as_ref()
    }
}

/// The leaf, where it cannot be missing.
fn leaf(connection: &mailtls_connection) -> Result<&PeerCertificate, Error> {
    connection.leaf().ok_or(Error::wrong_state("the peer has shown no certificate"))
}

/// Returns how many certificates the peer has shown.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_peer_certificate_count(
    connection: *const mailtls_connection,
) -> usize {
    // SAFETY: by the contract.
    unsafe { peek(connection, 0, |c| c.negotiated().map_or(0, |n| n.certificates.len())) }
}

/// Shows a certificate of the peer in DER: `*der` and `*len`. Index 0 is the leaf.
///
/// The bytes are valid until the next call that takes the same handle as non-const.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT when there is none
/// with this index.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_peer_certificate(
    connection: *const mailtls_connection,
    index: usize,
    der: *mut *const u8,
    len: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(connection, |connection| {
            need(der)?;
            need(len)?;
            let certificate = connection.negotiated().and_then(|n| n.certificates.get(index));
            let certificate = certificate.ok_or(Error::invalid("no certificate with this index"))?;
            put(der, certificate.as_ptr())?;
            put(len, certificate.len())
        })
    }
}

/// Returns the distinguished name of the subject of the peer's leaf certificate, or NULL. Valid
/// until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_peer_subject(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(connection, core::ptr::null(), |c| or_null(c.leaf().map(|leaf| &leaf.subject))) }
}

/// Returns the distinguished name of the issuer of the peer's leaf certificate, or NULL. Valid
/// until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_peer_issuer(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(connection, core::ptr::null(), |c| or_null(c.leaf().map(|leaf| &leaf.issuer))) }
}

/// Returns how many DNS names the peer's leaf certificate is for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_peer_dns_name_count(
    connection: *const mailtls_connection,
) -> usize {
    // SAFETY: by the contract.
    unsafe { peek(connection, 0, |c| c.leaf().map_or(0, |leaf| leaf.dns_names.len())) }
}

/// Returns a DNS name of the peer's leaf certificate, or NULL past the last one. Valid until the
/// next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_peer_dns_name(
    connection: *const mailtls_connection,
    index: usize,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe {
        peek(connection, core::ptr::null(), |c| or_null(c.leaf().and_then(|leaf| leaf.dns_names.get(index))))
    }
}

/// Tells the validity of the peer's leaf certificate, in seconds since 1970-01-01 00:00 UTC.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_WRONG_STATE when there is no
/// certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_peer_validity(
    connection: *const mailtls_connection,
    not_before: *mut i64,
    not_after: *mut i64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(connection, |c| {
            need(not_before)?;
            need(not_after)?;
            let leaf = leaf(c)?;
            put(not_before, leaf.not_before)?;
            put(not_after, leaf.not_after)
        })
    }
}

/// Writes the SHA-256 of the peer's leaf certificate to the 32 bytes at `fingerprint`: also of one that cannot
/// be read.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_WRONG_STATE when there is no
/// certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_peer_sha256(
    connection: *const mailtls_connection,
    fingerprint: *mut u8,
) -> i32 {
    // SAFETY: by the contract; an array of bytes has no alignment.
    unsafe {
        look(connection, |c| {
            need(fingerprint)?;
            let sha256 = c.negotiated().and_then(|n| n.sha256);
            let sha256 = sha256.ok_or(Error::wrong_state("the peer has shown no certificate"))?;
            put(fingerprint.cast::<[u8; 32]>(), sha256)
        })
    }
}
