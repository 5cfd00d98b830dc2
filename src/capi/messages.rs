//! Header section: what the server says to people.

use super::connection::mailtls_connection;
use super::dialogue::heard;
use super::peek;
use super::types::mailtls_condition;
use core::ffi::c_char;

/// Client: returns how the server means the message of the last MAILTLS_EVENT_SERVER_MESSAGE: a
/// mailtls_condition, MAILTLS_CONDITION_NONE before there is one.
///
/// These functions describe the last message. It stays until the next MAILTLS_EVENT_SERVER_MESSAGE is
/// polled; each pointer is valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_message_condition(connection: *const mailtls_connection) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        peek(connection, mailtls_condition::None as i32, |c| {
            c.heard.message.as_ref().map_or(mailtls_condition::None, |m| m.condition) as i32
        })
    }
}

/// Client: returns 1 if the user must be shown the message: it came with the code ALERT (RFC 9051 section
/// 7.1) or WEBALERT, with the URL of a page that the user has to visit; otherwise 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_message_is_alert(connection: *const mailtls_connection) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(connection, false, |c| c.heard.message.as_ref().is_some_and(|m| m.alert)) }.into()
}

/// Client: returns 1 if the message is the answer to a command (tagged in IMAP), otherwise 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_message_is_tagged(connection: *const mailtls_connection) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(connection, false, |c| c.heard.message.as_ref().is_some_and(|m| m.tagged)) }.into()
}

/// Client: returns the response code ("ALERT", "AUTH") or SMTP codes ("235 2.7.0") of the message, or
/// NULL. Valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_message_code(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| h.message.as_ref()?.code.as_ref()) }
}

/// Client: returns what follows the name of an IMAP response code in its brackets, such as the URL of
/// "REFERRAL" or "WEBALERT", or NULL. Valid until the next call that takes the same handle as non-const.
///
/// It is the server's own words and proves nothing; no program should follow it without the user. One of
/// more than 1024 characters is left out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_message_code_arguments(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| h.message.as_ref()?.code_arguments.as_ref()) }
}

/// Client: returns the text of the message, one printable line that proves nothing, cut after 1000
/// characters; "" where there is only a code, NULL where there is no message. Valid until the next call
/// that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_message_text(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| Some(&h.message.as_ref()?.text)) }
}

/// Client: returns how many messages were dropped. Between two commands of the host's 16 alerts are told,
/// and 16 others.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_messages_dropped(connection: *const mailtls_connection) -> u32 {
    // SAFETY: by the contract.
    unsafe { peek(connection, 0, |c| c.inner.messages_dropped()) }
}
