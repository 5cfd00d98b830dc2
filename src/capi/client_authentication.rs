//! Header section: how a client authenticates.

use super::connection::mailtls_connection;
use super::held::Asked;
use super::types::{c_mechanism, means, mechanism_named};
use super::{bytes, look, need, peek, put, text, with};
use crate::dialogue::{Credentials, Means, Mechanism};
use crate::error::Error;
use crate::secret::Secret;
use core::ffi::{CStr, c_char};

/// Client: authenticates, after MAILTLS_EVENT_CAPABILITIES or
/// MAILTLS_EVENT_AUTHENTICATION_REFUSED.
///
/// `mechanism` is the name, in any case, of one of mailtls's own: "SCRAM-SHA-256-PLUS",
/// "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2",
/// "APOP" (POP3), or "" for the protocol's own password command (IMAP LOGIN, POP3 USER and PASS);
/// NULL is the best for a password that the server offers (mailtls_connection_best_mechanism); SCRAM is
/// passed over for a user name that SASLprep refuses (RFC 5802 section 5.1), if the floor admits others.
/// With "OAUTHBEARER" and "XOAUTH2" the password is the bearer token, and with the former `user` may
/// be "". With "EXTERNAL" user and password are empty: mailtls_connection_authenticate_external.
/// Texts and password are copied; mailtls wipes its copies, the caller's are the caller's to wipe.
/// Returns 0; MAILTLS_ERROR_WRONG_STATE when it is not the time, or the connection is not
/// confidential; MAILTLS_ERROR_BELOW_MECHANISM_FLOOR when the mechanism is below the floor of the
/// configuration, or nothing that the server offers is at or above it; MAILTLS_ERROR_INVALID_ARGUMENT
/// when the server does not offer the mechanism, the channel has nothing for it to bind to, or user or
/// password cannot be sent by it; or a fatal error, which has ended the connection. If the error is not
/// fatal, nothing has been sent, and mailtls_connection_misuse_reason says more.
/// MAILTLS_ERROR_SERVER_NOT_PROVED comes later, from mailtls_connection_handle_input, when the server has
/// not proved that it knows the password (SCRAM).
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
            let credentials = credentials(c, mechanism, text(user)?, bytes(password, password_len)?)?;
            c.inner.authenticate(credentials, now)
        })
    }
}

/// Client: authenticates as mailtls_connection_authenticate does, and asks to act as another user:
/// `authorization_identity`, "" for none (RFC 4422 section 3.4.1). PLAIN and SCRAM can carry one.
///
/// Returns as mailtls_connection_authenticate; MAILTLS_ERROR_INVALID_ARGUMENT also when the
/// mechanism cannot carry it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_authenticate_as(
    connection: *mut mailtls_connection,
    mechanism: *const c_char,
    user: *const c_char,
    authorization_identity: *const c_char,
    password: *const u8,
    password_len: usize,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(connection, |c| {
            let credentials = credentials(c, mechanism, text(user)?, bytes(password, password_len)?)?;
            let identity = text(authorization_identity)?;
            c.inner.authenticate(credentials.with_authorization_identity(identity), now)
        })
    }
}

/// Credentials for the mechanism that a host names, or the best for a password.
///
/// # Safety
/// `name` is NULL or NUL-terminated.
unsafe fn credentials(
    c: &mailtls_connection,
    name: *const c_char,
    user: &str,
    password: &[u8],
) -> Result<Credentials, Error> {
    let mechanism = if name.is_null() {
        c.inner.choose_mechanism_for(Means::Password, user)?
    } else {
        // SAFETY: the caller's promise.
        mechanism_named(unsafe { text(name) }?)?
    };
    if mechanism == Mechanism::External && !(user.is_empty() && password.is_empty()) {
        return Err(Error::invalid("EXTERNAL takes no user and no password"));
    }
    Ok(Credentials::new(mechanism, user, password.into()))
}

/// Client: authenticates by EXTERNAL: by the certificate that the server has had from this client
/// (RFC 4422 appendix A; mailtls_connection_client_certificate). `authorization_identity` is the
/// user to act as; "" leaves it to the server to derive one from the certificate. It is copied.
///
/// Returns 0; MAILTLS_ERROR_WRONG_STATE when it is not the time; MAILTLS_ERROR_BELOW_MECHANISM_FLOOR
/// when the configuration has a floor: the server proves nothing by EXTERNAL;
/// MAILTLS_ERROR_INVALID_ARGUMENT when the server does not offer EXTERNAL, or the identity cannot be
/// sent; or a fatal error, which has ended the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_authenticate_external(
    connection: *mut mailtls_connection,
    authorization_identity: *const c_char,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(connection, |c| {
            let identity = text(authorization_identity)?;
            c.inner.authenticate(Credentials::external().with_authorization_identity(identity), now)
        })
    }
}

/// Client: authenticates by a SASL mechanism that the host speaks itself, such as "GSSAPI".
/// `initial_response` is what it says first, NULL where the server has to speak first; an empty one
/// is a pointer that is not NULL with `len` 0. MAILTLS_EVENT_CHALLENGE brings what the server says.
///
/// Name and response are copied; mailtls wipes its copy of the response. base64 is put around it.
/// Returns 0; MAILTLS_ERROR_WRONG_STATE when it is not the time; MAILTLS_ERROR_BELOW_MECHANISM_FLOOR
/// when the configuration has a floor: what the host says cannot be judged;
/// MAILTLS_ERROR_INVALID_ARGUMENT if the name is not that of a SASL mechanism (RFC 4422 section 3.1), or
/// the server does not offer it; or a fatal error, which has ended the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_authenticate_raw(
    connection: *mut mailtls_connection,
    mechanism: *const c_char,
    initial_response: *const u8,
    len: usize,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(connection, |c| {
            let mechanism =
                Mechanism::raw(text(mechanism)?).ok_or(Error::invalid("not the name of a SASL mechanism"))?;
            let response = match (initial_response.is_null(), len) {
                (true, 0) => None,
                _ => Some(Secret::from(bytes(initial_response, len)?)),
            };
            c.inner.authenticate(Credentials::raw(mechanism, response), now)
        })
    }
}

/// Client: returns the best way to authenticate that the server offers and mailtls has, for what
/// there is to authenticate with: `what` is a mailtls_means. `user` is who will authenticate, or NULL
/// if that is not known yet: SCRAM is passed over for a name that it cannot carry.
///
/// For a password it is SCRAM, bound to the channel if it can be, then PLAIN, then "", which is the
/// protocol's own password command, then LOGIN; never APOP, and none below the floor of the
/// configuration (mailtls_mechanism_floor). It fits the functions of
/// mailtls_connection_authenticate. NULL when there is none, when it is not the time to
/// authenticate, and if `what` is not a mailtls_means. Valid for ever.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_best_mechanism(
    connection: *const mailtls_connection,
    what: i32,
    user: *const c_char,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe {
        peek(connection, core::ptr::null(), |c| {
            let best = means(what).and_then(|means| {
                if user.is_null() {
                    return c.inner.best_mechanism(means);
                }
                c.inner.choose_mechanism_for(means, text(user).ok()?).ok()
            });
            best.and_then(c_mechanism).map_or(core::ptr::null(), CStr::as_ptr)
        })
    }
}

/// Client: shows what the server says at MAILTLS_EVENT_CHALLENGE, in a mechanism that the host
/// speaks itself: `*challenge` and `*len`, not NUL-terminated, base64 undone.
///
/// Valid until the next call that takes the same handle as non-const. It is wiped when it is
/// answered, and when MAILTLS_EVENT_CLOSED is polled.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_WRONG_STATE when no challenge waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_challenge(
    connection: *const mailtls_connection,
    challenge: *mut *const u8,
    len: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(connection, |c| {
            need(challenge)?;
            need(len)?;
            let Some(Asked::Challenge(held)) = &c.heard.asked else {
                return Err(Error::wrong_state("no challenge waits for a response"));
            };
            put(challenge, held.as_bytes().as_ptr())?;
            put(len, held.as_bytes().len())
        })
    }
}

/// Client: answers MAILTLS_EVENT_CHALLENGE; base64 is put around the response.
///
/// The response is copied, and the copy wiped. NULL stands for an empty one when `len` is 0.
/// Returns 0; MAILTLS_ERROR_WRONG_STATE when no challenge waits; or a fatal error, which has ended
/// the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_respond(
    connection: *mut mailtls_connection,
    response: *const u8,
    len: usize,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(connection, |c| {
            let response = Secret::from(bytes(response, len)?);
            c.answer(|inner| inner.respond(response, now))
        })
    }
}

/// Client: cancels the authentication instead of answering MAILTLS_EVENT_CHALLENGE.
/// MAILTLS_EVENT_AUTHENTICATION_REFUSED follows when the server has agreed.
///
/// Returns 0; MAILTLS_ERROR_WRONG_STATE when no challenge waits; or a fatal error, which has ended
/// the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_cancel(connection: *mut mailtls_connection, now: u64) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(connection, |c| c.answer(|inner| inner.cancel(now))) }
}
