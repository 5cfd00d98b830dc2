//! Header section: commands to a connection.

use super::connection::mailtls_connection;
use super::types::rejection;
use super::{bytes, bytes_mut, need, null, peek, put, text, with};
use crate::dialogue::{Credentials, Means, Mechanism};
use crate::error::Error;
use core::ffi::c_char;

/// Server: accepts the credentials of MAILTLS_EVENT_CREDENTIALS, which are wiped.
///
/// Returns 0, or MAILTLS_ERROR_WRONG_STATE when there are none to decide on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_accept(connection: *mut mailtls_connection, now: u64) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(connection, |c| {
            c.heard.credentials = None;
            c.inner.accept(now)
        })
    }
}

/// Server: rejects the credentials of MAILTLS_EVENT_CREDENTIALS, which are wiped.
/// `why` is a mailtls_rejection.
///
/// Returns 0; MAILTLS_ERROR_INVALID_ARGUMENT for another `why`; MAILTLS_ERROR_WRONG_STATE when
/// there are none to decide on; MAILTLS_ERROR_TOO_MANY_ERRORS, which ends the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_reject(
    connection: *mut mailtls_connection,
    why: i32,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(connection, |c| {
            let why = rejection(why)?;
            c.heard.credentials = None;
            c.inner.reject(why, now)
        })
    }
}

/// Client: authenticates, after MAILTLS_EVENT_CAPABILITIES or
/// MAILTLS_EVENT_AUTHENTICATION_REFUSED.
///
/// `mechanism` is "PLAIN", "LOGIN", "" for the protocol's own password command (IMAP LOGIN,
/// POP3 USER and PASS), or NULL for the best that the server offers. All texts and the password
/// are copied; mailtls wipes its copies, the caller's are the caller's to wipe.
/// Returns 0; MAILTLS_ERROR_WRONG_STATE when it is not the time, or no capabilities are known to
/// choose from;
/// MAILTLS_ERROR_INVALID_ARGUMENT when the server does not offer the mechanism, or user or
/// password cannot be sent by it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_authenticate(
    connection: *mut mailtls_connection,
    mechanism: *const c_char,
    user: *const c_char,
    password: *const u8,
    password_len: usize,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(connection, |c| {
            let mechanism = if mechanism.is_null() {
                if c.heard.offered.is_none() {
                    return Err(Error::wrong_state("the capabilities are not known yet"));
                }
                c.inner
                    .best_mechanism(Means::Password)
                    .ok_or(Error::invalid("the server offers no way to authenticate that mailtls has"))?
            } else {
                match text(mechanism)? {
                    "" => Mechanism::Password,
                    name => Mechanism::from_sasl_name(name.as_bytes())
                        .ok_or(Error::invalid("the SASL mechanism is not known"))?,
                }
            };
            let credentials = Credentials::new(mechanism, text(user)?, bytes(password, password_len)?.into());
            c.inner.authenticate(credentials, now)
        })
    }
}

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
            c.heard.credentials = None;
            c.inner.close(now);
            Ok(())
        })
    }
}

/// Server: shows the password of MAILTLS_EVENT_CREDENTIALS: `*password` and `*len`. It is not
/// NUL-terminated and never holds NUL; it is wiped at the next accept, reject or close.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_WRONG_STATE when there are no
/// credentials.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_credentials_password(
    connection: *const mailtls_connection,
    password: *mut *const u8,
    len: *mut usize,
) -> i32 {
    super::guard(|| {
        need(password)?;
        need(len)?;
        // SAFETY: NULL or from _new, by the contract.
        let c = unsafe { connection.as_ref() }.ok_or_else(null)?;
        let held = c.heard.credentials.as_ref().ok_or(Error::wrong_state("no credentials"))?;
        let secret = held.password();
        // SAFETY: writable, by the contract.
        unsafe {
            put(password, secret.as_ptr())?;
            put(len, secret.len())
        }
    })
}
