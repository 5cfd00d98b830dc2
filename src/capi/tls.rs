//! Header section: what TLS negotiated.

use super::connection::mailtls_connection;
use super::held::Negotiated;
use super::{copy_out, look, need, or_null, peek, text};
use crate::error::Error;
use crate::tls::channel_binding::ChannelBindings;
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

/// Returns the TLS version, "TLSv1.3", or NULL before TLS stands. Valid until the next call that
/// takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_tls_version(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { known(connection, |n| Some(&n.version)) }
}

/// Returns the cipher suite by its IANA name, or NULL before TLS stands. Valid until the next call
/// that takes the same handle as non-const.
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

/// Returns the key-exchange group by its IANA name, or NULL. Valid until the next call that takes
/// the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_group(connection: *const mailtls_connection) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { known(connection, |n| n.group.as_ref()) }
}

/// Returns the ALPN protocol name both sides agreed on, or NULL. Valid until the next call that
/// takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_alpn(connection: *const mailtls_connection) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { known(connection, |n| n.alpn.as_ref()) }
}

/// Returns 1 if an earlier TLS session was resumed, otherwise 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_resumed(connection: *const mailtls_connection) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(connection, false, |c| c.negotiated().is_some_and(|n| n.resumed)) }.into()
}

/// Writes a channel binding of the TLS connection (RFC 5056) to `buffer`, which has room for
/// `capacity` octets; `*len` gets its length, also when there is no room.
///
/// `kind` is "tls-exporter" (RFC 9266: 32 octets, TLS 1.3 only) or "tls-server-end-point" (RFC 5929
/// section 4: the hash of the server's certificate, at most 64). A client always knows them, a server
/// when its configuration wants it (mailtls_server_config_builder_channel_bindings).
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT for another `kind`;
/// MAILTLS_ERROR_WRONG_STATE when the connection has none of it, or TLS does not stand yet; or
/// MAILTLS_ERROR_BUFFER_TOO_SMALL, and nothing else is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_channel_binding(
    connection: *const mailtls_connection,
    kind: *const c_char,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(connection, |c| {
            need(len)?;
            let kind = text(kind)?;
            if ![ChannelBindings::TLS_EXPORTER, ChannelBindings::TLS_SERVER_END_POINT].contains(&kind) {
                return Err(Error::invalid("not a kind of channel binding"));
            }
            let binding = c.inner.tls_facts().and_then(|facts| facts.channel_bindings.get(kind));
            let binding = binding.ok_or(Error::wrong_state("the connection has no such channel binding"))?;
            copy_out(binding.as_bytes(), buffer, capacity, len)
        })
    }
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
