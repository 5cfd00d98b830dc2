//! Header section: what the dialogue has told.

use super::connection::mailtls_connection;
use super::held::Heard;
use super::types::mailtls_greeting_status;
use super::{or_null, peek};
use core::ffi::c_char;
use std::ffi::CString;

/// Looks up a text that the dialogue may have told.
///
/// # Safety
/// As for [`peek`].
pub(super) unsafe fn heard(
    connection: *const mailtls_connection,
    look: impl FnOnce(&Heard) -> Option<&CString>,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { peek(connection, core::ptr::null(), |c| or_null(look(&c.heard))) }
}

/// Server: returns the name the client gave in EHLO or HELO, or NULL. Valid until the next call
/// that takes the same handle as non-const.
/// It is one printable line of at most 255 octets, a label: it proves nothing, and need not be the name of a
/// host.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_client_name(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| h.client_name.as_ref()) }
}

/// Server, POP3: returns 1 if the client has switched to UTF-8 (RFC 6856), otherwise 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_pop3_utf8(connection: *const mailtls_connection) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(connection, false, |c| c.heard.utf8) }.into()
}

/// Client: returns a mailtls_greeting_status.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_greeting_status(connection: *const mailtls_connection) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        peek(connection, mailtls_greeting_status::None as i32, |c| {
            c.heard.greeting.as_ref().map_or(mailtls_greeting_status::None, |g| g.status) as i32
        })
    }
}

/// Client: returns the text of the server's greeting, one printable line that proves nothing, or
/// NULL. Valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_greeting(connection: *const mailtls_connection) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| Some(&h.greeting.as_ref()?.text)) }
}

/// Client: returns the response code (IMAP, POP3) or reply code (SMTP) of the greeting, or NULL.
/// Valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_greeting_code(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| h.greeting.as_ref()?.code.as_ref()) }
}

/// Client: returns what follows the name of the greeting's IMAP response code in its brackets, such as the
/// URL of "REFERRAL", or NULL: as mailtls_connection_message_code_arguments. Valid until the next call that
/// takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_greeting_code_arguments(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| h.greeting.as_ref()?.code_arguments.as_ref()) }
}

/// Client: returns how many capabilities the server has told: at MAILTLS_EVENT_CAPABILITIES those that
/// say how to authenticate, and from MAILTLS_EVENT_AUTHENTICATED_CAPABILITIES on those that hold then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_capability_count(connection: *const mailtls_connection) -> usize {
    // SAFETY: by the contract.
    unsafe { peek(connection, 0, |c| c.heard.capabilities.len()) }
}

/// Client: returns a capability as the server has told it ("AUTH=PLAIN", "SASL PLAIN LOGIN", "SIZE
/// 1000"), or NULL past the last one. Valid until the next call that takes the same handle as
/// non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_capability(
    connection: *const mailtls_connection,
    index: usize,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| h.capabilities.get(index)) }
}

/// Client: returns the response code ("AUTHENTICATIONFAILED", "AUTH") or SMTP codes ("535 5.7.8")
/// of the last refused authentication, or NULL. Valid until the next call that takes the same
/// handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_refusal_code(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| h.refusal.as_ref()?.code.as_ref()) }
}

/// Client: returns what follows the name of the IMAP response code of the last refused authentication in
/// its brackets, such as the URL of "REFERRAL", or NULL: as mailtls_connection_message_code_arguments.
/// Valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_refusal_code_arguments(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| h.refusal.as_ref()?.code_arguments.as_ref()) }
}

/// Client: returns the server's text about the last refused authentication, one printable line that
/// proves nothing, or NULL. Valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_refusal_text(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| Some(&h.refusal.as_ref()?.text)) }
}

/// Client: returns 1 if the credentials that were refused may work later, otherwise 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_refusal_temporary(connection: *const mailtls_connection) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(connection, false, |c| c.heard.refusal.as_ref().is_some_and(|r| r.temporary)) }.into()
}

/// Client: returns what OAUTHBEARER or XOAUTH2 said of the last refusal, in JSON (RFC 7628 section
/// 3.2.2): one printable line that proves nothing; NULL when nothing was said. Valid until the next
/// call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_refusal_details(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| h.refusal.as_ref()?.details.as_ref()) }
}
