//! Header section: what the dialogue has told.

use super::connection::mailtls_connection;
use super::types::mailtls_greeting_status;
use super::{c_text, or_null, peek};
use crate::connection::Event;
use crate::dialogue::{Capabilities, Credentials, Greeting, GreetingStatus, Refusal};
use core::ffi::c_char;
use std::ffi::CString;

/// What the events brought, kept for the getters.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) credentials: Option<HeldCredentials>,
    /// The capabilities as the dialogue understands them.
    pub(super) offered: Option<Capabilities>,
    capabilities: Vec<CString>,
    greeting: Option<HeldGreeting>,
    refusal: Option<HeldRefusal>,
    client_name: Option<CString>,
    utf8: bool,
}

/// Credentials with their texts as C wants them; the password is wiped on drop.
pub(super) struct HeldCredentials {
    credentials: Credentials,
    mechanism: CString,
    user: CString,
    authorization_identity: CString,
}

impl HeldCredentials {
    pub(super) fn password(&self) -> &[u8] {
        self.credentials.password().as_bytes()
    }
}

struct HeldGreeting {
    status: mailtls_greeting_status,
    text: CString,
    code: Option<CString>,
}

struct HeldRefusal {
    refusal: Refusal,
    code: Option<CString>,
    text: CString,
}

impl Heard {
    /// Keeps what an event brought.
    pub(super) fn note(&mut self, event: Event) {
        match event {
            Event::Credentials(credentials) => {
                self.credentials = Some(HeldCredentials {
                    mechanism: c_text(credentials.mechanism().sasl_name().unwrap_or("")),
                    user: c_text(credentials.authentication_identity()),
                    authorization_identity: c_text(credentials.authorization_identity()),
                    credentials,
                });
            }
            Event::Capabilities(capabilities) => {
                self.capabilities = capabilities.iter().map(c_text).collect();
                self.offered = Some(capabilities);
            }
            Event::Greeting(greeting) => self.greeting = Some(held_greeting(&greeting)),
            Event::AuthenticationRefused(refusal) => {
                self.refusal = Some(HeldRefusal {
                    code: refusal.code.as_deref().map(c_text),
                    text: c_text(&refusal.text),
                    refusal,
                });
            }
            Event::ClientName { name, .. } => self.client_name = Some(c_text(&name)),
            Event::Utf8Mode => self.utf8 = true,
            Event::Closed => self.credentials = None,
            Event::TlsEstablished | Event::Authenticated | Event::HandedOff | Event::PeerClosed => {}
        }
    }
}

fn held_greeting(greeting: &Greeting) -> HeldGreeting {
    HeldGreeting {
        status: match greeting.status() {
            GreetingStatus::Ready => mailtls_greeting_status::Ready,
            GreetingStatus::Preauth => mailtls_greeting_status::Preauth,
            GreetingStatus::Refused => mailtls_greeting_status::Refused,
        },
        text: c_text(&greeting.text()),
        code: greeting.code().as_deref().map(c_text),
    }
}

/// Looks up a text that the dialogue may have told.
///
/// # Safety
/// As for [`peek`].
unsafe fn heard(
    connection: *const mailtls_connection,
    look: impl FnOnce(&Heard) -> Option<&CString>,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { peek(connection, core::ptr::null(), |c| or_null(look(&c.heard))) }
}

/// Server: returns how the client wants to authenticate: "PLAIN", "LOGIN", or "" for the
/// protocol's own password command; NULL when there are no credentials. Valid until the next
/// call that changes the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_credentials_mechanism(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| Some(&h.credentials.as_ref()?.mechanism)) }
}

/// Server: returns the user whose password it is: UTF-8, not empty; NULL when there are no
/// credentials. Valid until the next call that changes the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_credentials_user(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| Some(&h.credentials.as_ref()?.user)) }
}

/// Server: returns the user to act as, "" when it is the one who authenticates; NULL when there
/// are no credentials. Valid until the next call that changes the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_credentials_authorization_identity(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| Some(&h.credentials.as_ref()?.authorization_identity)) }
}

/// Server: returns the name the client gave in EHLO or HELO, or NULL. Valid until the next call
/// that changes the connection.
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
    unsafe { peek(connection, 0, |c| c.heard.utf8.into()) }
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

/// Client: returns the text of the server's greeting, one printable line that proves nothing,
/// or NULL. Valid until the next call that changes the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_greeting(connection: *const mailtls_connection) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| Some(&h.greeting.as_ref()?.text)) }
}

/// Client: returns the response code (IMAP, POP3) or reply code (SMTP) of the greeting, or NULL.
/// Valid until the next call that changes the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_greeting_code(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| h.greeting.as_ref()?.code.as_ref()) }
}

/// Client: returns how many capabilities the server has told.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_capability_count(connection: *const mailtls_connection) -> usize {
    // SAFETY: by the contract.
    unsafe { peek(connection, 0, |c| c.heard.capabilities.len()) }
}

/// Client: returns a capability as the server has told it ("AUTH=PLAIN", "SASL PLAIN LOGIN",
/// "SIZE 1000"), or NULL past the last one. Valid until the next call that changes the
/// connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_capability(
    connection: *const mailtls_connection,
    index: usize,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| h.capabilities.get(index)) }
}

/// Client: returns the response code ("AUTHENTICATIONFAILED", "AUTH") or SMTP codes
/// ("535 5.7.8") of the last refused authentication, or NULL. Valid until the next call that
/// changes the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_refusal_code(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| h.refusal.as_ref()?.code.as_ref()) }
}

/// Client: returns the server's text about the last refused authentication, one printable line
/// that proves nothing, or NULL. Valid until the next call that changes the connection.
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
    unsafe { peek(connection, 0, |c| c.heard.refusal.as_ref().is_some_and(|r| r.refusal.temporary).into()) }
}
