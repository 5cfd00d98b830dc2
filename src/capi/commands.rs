//! Header section: commands to a connection.

use super::connection::mailtls_connection;
use super::{bytes, bytes_mut, need, peek, put, with};

/// Client: says LOGOUT or QUIT instead of authenticating; the connection closes when the server
/// has answered.
///
/// Returns 0, or MAILTLS_ERROR_WRONG_STATE when it is not the time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_log_out(connection: *mut mailtls_connection, now: u64) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(connection, |c| c.inner.log_out(now)) }
}

/// Returns how many plaintext bytes mailtls_connection_read would give now; 0 before the
/// hand-off and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_readable(connection: *const mailtls_connection) -> usize {
    // SAFETY: by the contract.
    unsafe { peek(connection, 0, |c| c.inner.readable()) }
}

/// Moves plaintext of the peer to `buffer`, at most `capacity` bytes; `*len` gets how many.
///
/// 0 means nothing now, or nothing ever again after MAILTLS_EVENT_PEER_CLOSED or
/// MAILTLS_EVENT_CLOSED. Call it until it gives 0.
/// Returns 0, or MAILTLS_ERROR_WRONG_STATE before the hand-off.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_read(
    connection: *mut mailtls_connection,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(connection, |c| {
            need(len)?;
            let n = c.inner.read(bytes_mut(buffer, capacity)?)?;
            put(len, n)
        })
    }
}

/// Takes plaintext for the peer; `*written` gets how many bytes of it were taken. Less than all
/// means that output must be sent first.
///
/// Returns 0, or MAILTLS_ERROR_WRONG_STATE before the hand-off and after the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_write(
    connection: *mut mailtls_connection,
    plaintext: *const u8,
    len: usize,
    written: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(connection, |c| {
            need(written)?;
            let n = c.inner.write(bytes(plaintext, len)?)?;
            put(written, n)
        })
    }
}

/// Closes: a server that has not handed off takes leave in its protocol, then close_notify goes
/// out. MAILTLS_EVENT_CLOSED follows when the peer has answered, or did not in time; a host
/// that does not want to wait may free the connection as soon as the output has been sent.
/// Plaintext that was not read is dropped. Closing again does nothing.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT or MAILTLS_ERROR_POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_close(connection: *mut mailtls_connection, now: u64) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(connection, |c| {
            c.heard.asked = None;
            c.inner.close(now);
            Ok(())
        })
    }
}
