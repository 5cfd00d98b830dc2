//! Header section: what TLS negotiated.

use super::connection::mailtls_connection;
use super::held::Negotiated;
use super::{or_null, peek};
use crate::tls::registry::Alert;
use core::ffi::c_char;
use std::ffi::CString;

/// Looks up a text about TLS.
///
/// # Safety
/// As for [`peek`].
unsafe fn known(
    connection: *const mailtls_connection,
    look: impl FnOnce(&Negotiated) -> Option<&CString>,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { peek(connection, core::ptr::null(), |c| or_null(c.negotiated().and_then(look))) }
}

/// Returns the TLS version, "TLSv1.3", or NULL before TLS stands. Valid until the connection is
/// freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_tls_version(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { known(connection, |n| Some(&n.version)) }
}

/// Returns the cipher suite by its IANA name, or NULL before TLS stands. Valid until the
/// connection is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_cipher_suite(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { known(connection, |n| Some(&n.cipher_suite)) }
}

/// Returns the bits of the cipher's key, or 0 before TLS stands.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_cipher_bits(connection: *const mailtls_connection) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(connection, 0, |c| c.negotiated().map_or(0, |n| n.cipher_bits)) }
}

/// Returns the key-exchange group by its IANA name, or NULL. Valid until the connection is
/// freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_group(connection: *const mailtls_connection) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { known(connection, |n| n.group.as_ref()) }
}

/// Returns the ALPN protocol name both sides agreed on, or NULL. Valid until the connection is
/// freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_alpn(connection: *const mailtls_connection) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { known(connection, |n| n.alpn.as_ref()) }
}

/// Returns 1 if an earlier TLS session was resumed, otherwise 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_resumed(connection: *const mailtls_connection) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(connection, 0, |c| c.negotiated().is_some_and(|n| n.resumed).into()) }
}

/// Returns the number of the last TLS alert that was sent (0 is close_notify), or -1 for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_alert_sent(connection: *const mailtls_connection) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(connection, -1, |c| number(c.inner.alert_sent())) }
}

/// Returns the number of the last TLS alert that was received (0 is close_notify), or -1 for
/// none. After a connection that ended without error, -1 tells a peer that ended TCP without
/// close_notify.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_alert_received(connection: *const mailtls_connection) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(connection, -1, |c| number(c.inner.alert_received())) }
}

fn number(alert: Option<Alert>) -> i32 {
    alert.map_or(-1, |alert| alert.0.into())
}
