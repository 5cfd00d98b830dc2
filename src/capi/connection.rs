//! Header section: the connection, its input and its output.

use super::client_config::mailtls_client_config;
use super::held::{Heard, Negotiated};
use super::server_config::mailtls_server_config;
use super::types::{mailtls_event as E, service};
use super::{
    Handle, Poison, bytes, c_text, configuration, free, hand_out, look, need, or_null, peek, put, with,
};
use crate::connection::{Connection, Event};
use crate::error::{Error, ErrorKind};
use core::cell::OnceCell;
use core::ffi::c_char;
use std::ffi::CString;

/// One mail connection. Used by one thread at a time.
///
/// It does no I/O. Time comes in as `now`, the host's monotonic clock in milliseconds; deadlines
/// depend on nothing else. The engine reads the system's wall clock for certificates, revocation lists
/// and session tickets; without the engine mailtls reads no clock. After every call that changes the
/// connection, drain mailtls_connection_poll_event and mailtls_connection_poll_transmit, in turns until
/// both have nothing, before waiting on the socket.
pub struct mailtls_connection {
    pub(super) inner: Connection,
    /// What the dialogue has told so far.
    pub(super) heard: Heard,
    negotiated: OnceCell<Negotiated>,
    reason: OnceCell<CString>,
    /// Why the last call that failed did, if it has not ended the connection.
    misuse: Option<CString>,
    poison: Poison,
}

impl Handle for mailtls_connection {
    fn poison(&self) -> &Poison {
        &self.poison
    }

    fn note(&mut self, error: &Error) {
        // The connection itself keeps the error that ended it.
        if error.kind() == ErrorKind::Misuse {
            self.misuse = Some(c_text(error.reason()));
        }
    }
}

impl mailtls_connection {
    /// Gives an answer of the host's. Unless it is misuse, what was asked is wiped.
    pub(super) fn answer(
        &mut self,
        give: impl FnOnce(&mut Connection) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let given = give(&mut self.inner);
        if !given.as_ref().is_err_and(|error| error.code().kind() == ErrorKind::Misuse) {
            self.heard.asked = None;
        }
        given
    }

    pub(super) fn negotiated(&self) -> Option<&Negotiated> {
        let facts = self.inner.tls_facts()?;
        Some(self.negotiated.get_or_init(|| Negotiated::new(facts)))
    }
}

pub(super) fn handle_of(inner: Connection) -> *mut mailtls_connection {
    hand_out(mailtls_connection {
        inner,
        heard: Heard::default(),
        negotiated: OnceCell::new(),
        reason: OnceCell::new(),
        misuse: None,
        poison: Poison::default(),
    })
}

/// Accepts a connection to a service (a mailtls_service). With Implicit TLS the next bytes are a
/// ClientHello; otherwise the greeting waits to be sent in clear, and STARTTLS is offered when
/// the configuration has a certificate.
///
/// `*connection` is written only on success; end it with mailtls_connection_free.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, MAILTLS_ERROR_INVALID_ARGUMENT (not a service),
/// MAILTLS_ERROR_NO_CERTIFICATE (Implicit TLS, and the configuration has none), or
/// MAILTLS_ERROR_NO_ENGINE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_connection_new(
    config: *const mailtls_server_config,
    service_number: i32,
    now: u64,
    connection: *mut *mut mailtls_connection,
) -> i32 {
    super::guard(|| {
        need(connection)?;
        // SAFETY: NULL or from _build, by the contract.
        let config = unsafe { configuration(config) }?;
        let inner = server(config, service(service_number)?, now)?;
        // SAFETY: writable, by the contract.
        unsafe { put(connection, handle_of(inner)) }
    })
}

/// Begins a connection to a service (a mailtls_service). Without Implicit TLS nothing is done in
/// clear but what STARTTLS needs, and nothing that the server says before TLS becomes an event.
///
/// `server_name` is the DNS name or IP address that the certificate must be for, and what SNI
/// tells the server; it is copied. No certificate of the client is shown to the server: see
/// mailtls_client_connection_new_for_account. `*connection` is written only on success; end it with
/// mailtls_connection_free. With Implicit TLS the ClientHello waits to be sent.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, MAILTLS_ERROR_INVALID_ARGUMENT (not a service,
/// or an impossible name), MAILTLS_ERROR_NO_TRUST_ANCHOR (the configuration has none), or
/// MAILTLS_ERROR_NO_ENGINE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_connection_new(
    config: *const mailtls_client_config,
    service_number: i32,
    server_name: *const c_char,
    now: u64,
    connection: *mut *mut mailtls_connection,
) -> i32 {
    super::guard(|| {
        need(connection)?;
        // SAFETY: NULL or from _build, by the contract.
        let config = unsafe { configuration(config) }?;
        // SAFETY: a C string or NULL, by the contract.
        let name = unsafe { super::text(server_name) }?;
        let inner = client(config, service(service_number)?, name, None, now)?;
        // SAFETY: writable, by the contract.
        unsafe { put(connection, handle_of(inner)) }
    })
}

#[cfg(feature = "engine")]
fn server(
    config: &mailtls_server_config,
    service: crate::service::Service,
    now: u64,
) -> Result<Connection, Error> {
    Connection::server(&config.0, service, now)
}

#[cfg(feature = "engine")]
pub(super) fn client(
    config: &mailtls_client_config,
    service: crate::service::Service,
    name: &str,
    account: Option<&str>,
    now: u64,
) -> Result<Connection, Error> {
    match account {
        Some(account) => Connection::client_for_account(&config.0, service, name, account, now),
        None => Connection::client(&config.0, service, name, now),
    }
}

#[cfg(not(feature = "engine"))]
fn server(_: &mailtls_server_config, _: crate::service::Service, _: u64) -> Result<Connection, Error> {
    Err(super::no_engine())
}

#[cfg(not(feature = "engine"))]
pub(super) fn client(
    _: &mailtls_client_config,
    _: crate::service::Service,
    _: &str,
    _: Option<&str>,
    _: u64,
) -> Result<Connection, Error> {
    Err(super::no_engine())
}

/// Frees a connection at any time, and wipes what it holds. It sends nothing: for an orderly
/// end, mailtls_connection_close comes first. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_free(connection: *mut mailtls_connection) {
    // SAFETY: from _new, by the contract.
    unsafe { free(connection) }
}

/// Returns 1 if the host should read from the socket now; 0 while plaintext or output has piled
/// up to the limit (read or send first), and once nothing more can come: after the peer's
/// close_notify, after mailtls_connection_handle_end_of_input, and after the end. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_wants_input(connection: *const mailtls_connection) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(connection, false, |c| c.inner.wants_input()) }.into()
}

/// Takes bytes that came from the network: all of them, in any chunking. They are copied.
///
/// Returns 0; MAILTLS_ERROR_WRONG_STATE (nothing taken) once the peer has ended its side;
/// MAILTLS_ERROR_WOULD_BLOCK (nothing taken) while mailtls_connection_wants_input is 0 for another
/// reason; or a fatal error, which has ended the connection, now or before: what is left to send is
/// an alert or a last reply, and MAILTLS_EVENT_CLOSED follows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_handle_input(
    connection: *mut mailtls_connection,
    input: *const u8,
    len: usize,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(connection, |c| c.inner.handle_input(bytes(input, len)?, now)) }
}

/// Notes that the peer has ended its side of the TCP connection, or that it was reset. On a host's
/// own TLS it tells of the peer's close_notify, and MAILTLS_EVENT_PEER_CLOSED follows after the
/// hand-off. mailtls_connection_wants_input is 0 from then on; calling it again does nothing.
///
/// Returns 0 when that was in order; MAILTLS_ERROR_TRUNCATED when no close_notify came before;
/// MAILTLS_ERROR_CLOSED_EARLY in the middle of the dialogue.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_handle_end_of_input(
    connection: *mut mailtls_connection,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(connection, |c| c.inner.handle_end_of_input(now)) }
}

/// Lets deadlines pass. Call it when the time of mailtls_connection_poll_timeout has come;
/// calling it too early or too often does nothing.
///
/// Returns 0, or MAILTLS_ERROR_DEADLINE_PASSED, which ends the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_handle_timeout(
    connection: *mut mailtls_connection,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(connection, |c| c.inner.handle_timeout(now)) }
}

/// Takes the next event: `*event` gets a mailtls_event, MAILTLS_EVENT_NONE when there is none.
///
/// What an event brings is read by the getters, until the next call that takes the connection as
/// non-const, this one among them. MAILTLS_EVENT_CLOSED wipes what still waits for an answer:
/// credentials, a response or a challenge.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT or MAILTLS_ERROR_POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_poll_event(
    connection: *mut mailtls_connection,
    event: *mut i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(connection, |c| {
            need(event)?;
            put(event, next_event(c) as i32)
        })
    }
}

fn next_event(c: &mut mailtls_connection) -> E {
    loop {
        let Some(event) = c.inner.poll_event() else { return E::None };
        let number = match &event {
            Event::TlsWanted => E::TlsWanted,
            Event::ClientHello(_) => E::ClientHello,
            Event::TlsEstablished => E::TlsEstablished,
            Event::Greeting(_) => E::Greeting,
            Event::Capabilities(_) => E::Capabilities,
            Event::Credentials(_) => E::Credentials,
            Event::ServerMessage(_) => E::ServerMessage,
            Event::AuthenticatedCapabilities(_) => E::AuthenticatedCapabilities,
            Event::AuthenticationRefused(_) => E::AuthenticationRefused,
            Event::SecretWanted(_) => E::SecretWanted,
            Event::Response { .. } => E::Response,
            Event::Challenge(_) => E::Challenge,
            Event::ClientCertificate => E::ClientCertificate,
            Event::ClientCertificateInvalid(_) => E::ClientCertificateInvalid,
            Event::ServerCertificate(_) => E::ServerCertificate,
            Event::NotConfidential(_) => E::NotConfidential,
            Event::Authenticated => E::Authenticated,
            Event::HandedOff => E::HandedOff,
            Event::PeerClosed => E::PeerClosed,
            Event::Closed => E::Closed,
            // Facts without an event of their own in C: there are getters for them.
            Event::ClientName { .. } | Event::Utf8Mode => E::None,
        };
        c.heard.note(event);
        if !matches!(number, E::None) {
            return number;
        }
    }
}

/// Shows the bytes that wait to be sent: `*output` and `*len`; `*len` is 0 when there are none.
///
/// They are valid until the next call that takes the same handle as non-const.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT or MAILTLS_ERROR_POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_poll_transmit(
    connection: *const mailtls_connection,
    output: *mut *const u8,
    len: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(connection, |c| {
            need(output)?;
            need(len)?;
            let waiting = c.inner.poll_transmit();
            put(output, waiting.as_ptr())?;
            put(len, waiting.len())
        })
    }
}

/// Notes that the first `len` of the bytes of mailtls_connection_poll_transmit have been sent.
///
/// Returns 0, or MAILTLS_ERROR_INVALID_ARGUMENT when there were not so many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_transmitted(
    connection: *mut mailtls_connection,
    len: usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(connection, |c| c.inner.transmitted(len)) }
}

/// Tells when mailtls_connection_handle_timeout wants to be called: `*deadline` gets the time
/// on the host's clock, or UINT64_MAX for never.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT or MAILTLS_ERROR_POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_poll_timeout(
    connection: *const mailtls_connection,
    deadline: *mut u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { look(connection, |c| put(deadline, c.inner.poll_timeout().unwrap_or(u64::MAX))) }
}

/// Returns the fatal error that ended the connection, or 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_error(connection: *const mailtls_connection) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(connection, 0, |c| c.inner.error().map_or(0, |error| error.code().number())) }
}

/// Returns one line for the log about the error that ended the connection, or NULL. Valid until the
/// next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_reason(connection: *const mailtls_connection) -> *const c_char {
    // SAFETY: by the contract.
    unsafe {
        peek(connection, core::ptr::null(), |c| match c.inner.error() {
            Some(error) => c.reason.get_or_init(|| c_text(error.reason())).as_ptr(),
            None => core::ptr::null(),
        })
    }
}

/// Returns one line about the last call on this connection that failed and has not ended it (an error
/// for which mailtls_error_is_fatal is 0), or NULL: what was asked for, why it cannot be done now, and
/// what can. Valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_misuse_reason(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(connection, core::ptr::null(), |c| or_null(c.misuse.as_ref())) }
}

/// Returns the mailtls_service of the connection, or 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_service(connection: *const mailtls_connection) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(connection, 0, |c| super::types::c_service(c.inner.service()) as i32) }
}
