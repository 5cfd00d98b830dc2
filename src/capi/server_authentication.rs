//! Header section: what a server's host is asked about authentication, and its answers.

use super::connection::mailtls_connection;
use super::dialogue::heard;
use super::held::Asked;
use super::types::{mechanism_named, rejection};
use super::{bytes, bytes_mut, copy_out, look, need, put, text, with};
use crate::dialogue::ScramSecret;
use crate::error::Error;
use crate::secret::Secret;
use core::ffi::c_char;

/// Server: accepts the credentials of MAILTLS_EVENT_CREDENTIALS, which are wiped, or who has proved
/// itself to the host at MAILTLS_EVENT_RESPONSE.
///
/// Returns 0; MAILTLS_ERROR_WRONG_STATE when there is nothing to decide on; or a fatal error, which
/// has ended the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_accept(connection: *mut mailtls_connection, now: u64) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(connection, |c| c.answer(|inner| inner.accept(now))) }
}

/// Server: rejects the credentials of MAILTLS_EVENT_CREDENTIALS, which are wiped, the user of
/// MAILTLS_EVENT_SECRET_WANTED, or who has not proved itself at MAILTLS_EVENT_RESPONSE.
/// `why` is a mailtls_rejection. With MAILTLS_REJECTION_INVALID_CREDENTIALS, unknown users and wrong
/// passwords look the same to the client, also with SCRAM.
///
/// Returns 0; MAILTLS_ERROR_INVALID_ARGUMENT for another `why`; MAILTLS_ERROR_WRONG_STATE when
/// there is nothing to decide on; MAILTLS_ERROR_TOO_MANY_ERRORS or another fatal error, which has
/// ended the connection.
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
            c.answer(|inner| inner.reject(why, now))
        })
    }
}

/// Server: returns how the client wants to authenticate: the name of a SASL mechanism, "APOP", or
/// "" for the protocol's own password command; NULL when nobody wants to. It is known from
/// MAILTLS_EVENT_CREDENTIALS, MAILTLS_EVENT_SECRET_WANTED or MAILTLS_EVENT_RESPONSE on, and valid
/// until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_credentials_mechanism(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| h.asked.as_ref()?.mechanism()) }
}

/// Server: returns the user who authenticates, in UTF-8, at MAILTLS_EVENT_CREDENTIALS or
/// MAILTLS_EVENT_SECRET_WANTED; NULL when there is none. Valid until the next call that takes the
/// same handle as non-const.
///
/// It is not empty, but for OAUTHBEARER, where the token may say it alone (RFC 7628 section 3.1).
/// With EXTERNAL it is who mailtls_connection_accept_certificate has said; with SCRAM it is as
/// SASLprep makes it (RFC 4013).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_credentials_user(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| Some(&h.asked.as_ref()?.who()?.user)) }
}

/// Server: returns the user to act as, "" when it is the one who authenticates (RFC 4422 section
/// 3.4.1), at MAILTLS_EVENT_CREDENTIALS or MAILTLS_EVENT_SECRET_WANTED; NULL when there is none.
/// Valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_credentials_authorization_identity(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| Some(&h.asked.as_ref()?.who()?.authorization_identity)) }
}

/// Server: shows the password of MAILTLS_EVENT_CREDENTIALS: `*password` and `*len`. With OAUTHBEARER
/// and XOAUTH2 it is the bearer token, with APOP the digest in hexadecimal; with EXTERNAL and SCRAM,
/// which show none, it is empty.
///
/// It is not NUL-terminated and never holds NUL. Valid until the next call that takes the same
/// handle as non-const. It is wiped when it is accepted or rejected, and when MAILTLS_EVENT_CLOSED
/// is polled.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_WRONG_STATE when there are no
/// credentials.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_credentials_password(
    connection: *const mailtls_connection,
    password: *mut *const u8,
    len: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(connection, |c| {
            need(password)?;
            need(len)?;
            let secret = c.heard.credentials()?.password().as_bytes();
            put(password, secret.as_ptr())?;
            put(len, secret.len())
        })
    }
}

/// Server: tells whether the credentials of MAILTLS_EVENT_CREDENTIALS were made with this password,
/// for the mechanisms that show it or a digest of it: the password commands, PLAIN, LOGIN and APOP.
/// `*matches` gets 1 if they were, otherwise 0; always 0 for another mechanism. The time it takes
/// does not tell where a wrong password differs.
///
/// The password is not NUL-terminated and is read during the call only.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_WRONG_STATE when there are no
/// credentials.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_credentials_match(
    connection: *const mailtls_connection,
    password: *const u8,
    password_len: usize,
    matches: *mut i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(connection, |c| {
            need(matches)?;
            let password = bytes(password, password_len)?;
            let right = c.heard.credentials()?.match_password(password);
            put(matches, right.into())
        })
    }
}

/// Server: gives the stored secret of the user of MAILTLS_EVENT_SECRET_WANTED (RFC 5802 section 3).
/// MAILTLS_EVENT_CREDENTIALS follows when the client has proved that it knows the password.
///
/// `salt` and `iterations` are those the keys were made with. `stored_key` and `server_key` are
/// `key_len` octets each: 20 for SCRAM-SHA-1, 32 for SCRAM-SHA-256. All is copied; mailtls wipes its
/// copies of the keys. mailtls_scram_secret_from_password makes the keys of a password.
/// Returns 0; MAILTLS_ERROR_INVALID_ARGUMENT for keys of another length, no iterations, or a salt
/// that is empty or longer than 1024 octets; MAILTLS_ERROR_WRONG_STATE when no secret is wanted, or
/// one for the other hash; or a fatal error, which has ended the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_scram_secret(
    connection: *mut mailtls_connection,
    salt: *const u8,
    salt_len: usize,
    iterations: u32,
    stored_key: *const u8,
    server_key: *const u8,
    key_len: usize,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(connection, |c| {
            let (salt, stored_key, server_key) =
                (bytes(salt, salt_len)?, bytes(stored_key, key_len)?, bytes(server_key, key_len)?);
            let secret = ScramSecret::new(salt, iterations, stored_key, server_key)?;
            c.answer(|inner| inner.scram_secret(secret, now))
        })
    }
}

/// Server: gives the password of the user of MAILTLS_EVENT_SECRET_WANTED, where the host keeps
/// passwords; the secret is made of it, which takes as long as the iterations take
/// (mailtls_server_config_builder_scram_iterations). MAILTLS_EVENT_CREDENTIALS follows when the
/// client has proved that it knows the password.
///
/// Only existing users cost this time. To keep clients from measuring it, give a random password for
/// unknown users too, instead of rejecting them here. The password is copied, and the copy wiped.
/// Returns 0; MAILTLS_ERROR_WRONG_STATE when no secret is wanted; or a fatal error, which has ended
/// the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_scram_password(
    connection: *mut mailtls_connection,
    password: *const u8,
    password_len: usize,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(connection, |c| {
            let password = Secret::from(bytes(password, password_len)?);
            c.answer(|inner| inner.scram_password(password, now))
        })
    }
}

/// Makes of a password what a server stores of it for SCRAM (RFC 5802 section 3): StoredKey and
/// ServerKey. It needs no connection, and takes as long as so many iterations take.
///
/// `mechanism` names the hash: "SCRAM-SHA-1", "SCRAM-SHA-256", or one of their PLUS forms. `salt` is
/// random octets made for this password, 16 are usual; it and the number of iterations, 4096 at
/// least (RFC 7677 section 4), are stored with the keys. What is given is read during the call only.
/// `stored_key` and `server_key` have room for `capacity` octets each; 32 suffice. `*key_len` gets
/// the length of either key: 20 or 32, also when there is no room.
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT for a mechanism that is
/// not SCRAM, no iterations, or a salt that is empty or longer than 1024 octets; or
/// MAILTLS_ERROR_BUFFER_TOO_SMALL, and the keys are not written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_scram_secret_from_password(
    mechanism: *const c_char,
    password: *const u8,
    password_len: usize,
    salt: *const u8,
    salt_len: usize,
    iterations: u32,
    stored_key: *mut u8,
    server_key: *mut u8,
    capacity: usize,
    key_len: *mut usize,
) -> i32 {
    super::guard(|| {
        need(key_len)?;
        // SAFETY: by the contract.
        unsafe {
            // Before anything is written, both.
            bytes_mut(stored_key, capacity)?;
            bytes_mut(server_key, capacity)?;
            let (mechanism, password) = (mechanism_named(text(mechanism)?)?, bytes(password, password_len)?);
            let secret = ScramSecret::from_password(mechanism, password, bytes(salt, salt_len)?, iterations)?;
            copy_out(secret.stored_key(), stored_key, capacity, key_len)?;
            copy_out(secret.server_key(), server_key, capacity, key_len)
        }
    })
}

/// Server: shows what the client says at MAILTLS_EVENT_RESPONSE, in a mechanism that the host speaks
/// itself: `*response` and `*len`, not NUL-terminated, base64 undone. `*present` gets 1, or 0 at the
/// start of a mechanism where the client waits to be asked first; there are no octets then.
///
/// Valid until the next call that takes the same handle as non-const. It is wiped when it is
/// answered, and when MAILTLS_EVENT_CLOSED is polled.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_WRONG_STATE when no response waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_response(
    connection: *const mailtls_connection,
    response: *mut *const u8,
    len: *mut usize,
    present: *mut i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(connection, |c| {
            need(response)?;
            need(len)?;
            need(present)?;
            let Some(Asked::Response { response: held, .. }) = &c.heard.asked else {
                return Err(Error::wrong_state("no response waits for an answer"));
            };
            let octets = held.as_ref().map_or(&[][..], Secret::as_bytes);
            put(response, octets.as_ptr())?;
            put(len, octets.len())?;
            put(present, held.is_some().into())
        })
    }
}

/// Server: says this to the client in a mechanism that the host speaks itself, in answer to
/// MAILTLS_EVENT_RESPONSE; base64 is put around it. MAILTLS_EVENT_RESPONSE follows with what the
/// client says to that.
///
/// The challenge is copied, and the copy wiped. NULL stands for none when `len` is 0.
/// Returns 0; MAILTLS_ERROR_WRONG_STATE when no response waits; MAILTLS_ERROR_LIMIT_EXCEEDED after
/// too many challenges (MAILTLS_LIMIT_SASL_ROUNDS) or another fatal error, which has ended the
/// connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_send_challenge(
    connection: *mut mailtls_connection,
    challenge: *const u8,
    len: usize,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(connection, |c| {
            let challenge = Secret::from(bytes(challenge, len)?);
            c.answer(|inner| inner.challenge(challenge, now))
        })
    }
}

/// Server, pop3s: offers APOP, with this time stamp in the greeting (RFC 1939 section 7). It has its
/// angle brackets, "<1896.697170952@dbc.mtview.ca.us>", and must be another for each connection.
/// mailtls_connection_credentials_match compares the digest that comes.
///
/// Call it right after mailtls_server_connection_new. The text is copied.
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT if it is not a time stamp; or
/// MAILTLS_ERROR_WRONG_STATE for another service, whose greeting has none or comes in clear, for a
/// client, and once TLS stands.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_set_apop_timestamp(
    connection: *mut mailtls_connection,
    timestamp: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(connection, |c| c.inner.set_apop_timestamp(text(timestamp)?)) }
}
