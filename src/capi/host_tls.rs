//! Header section: connections whose TLS is the host's own.
//!
//! All of it works in a build without engine, with configurations that have no certificate and no
//! trust anchor.

use super::client_config::mailtls_client_config;
use super::connection::{handle_of, mailtls_connection};
use super::server_config::{mailtls_server_config, mailtls_server_config_builder};
use super::target::mailtls_target;
use super::tls_facts::mailtls_tls_facts;
use super::types::service;
use super::{configuration, need, other, put, text, with};
use crate::connection::Connection;
use crate::error::{Error, ErrorCode};
use core::ffi::c_char;

/// Sets what becomes of a client on TLS of the host's own library that the policy refuses: turned away
/// without a word (0, the default), or served until it wants to authenticate, and then told why it
/// cannot (not 0), which RFC 8314 section 4.1 knows as the other way.
///
/// No authentication is offered there, and none is looked at: NO [PRIVACYREQUIRED], -ERR or 538 5.7.11
/// with the reason is the answer. MAILTLS_EVENT_NOT_CONFIDENTIAL tells the host, in the place of
/// MAILTLS_EVENT_TLS_ESTABLISHED. The user may read what is wrong; but a client that does not wait for an
/// offer may send its password over a channel that is too weak. It has no effect with
/// MAILTLS_HAND_OFF_TRANSPARENT, nor with the engine, which never negotiates what the policy refuses.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_explains_refused_tls(
    builder: *mut mailtls_server_config_builder,
    explains: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(builder, |b| {
            b.builder.explains_refused_tls(explains != 0);
            Ok(())
        })
    }
}

/// Accepts a connection to a service (a mailtls_service), to which the host will bring TLS with its
/// own library.
///
/// With Implicit TLS MAILTLS_EVENT_TLS_WANTED comes at once. On a STARTTLS service the greeting waits
/// to be sent in clear, STARTTLS is offered, and the event comes when the client has asked for it and
/// the answer has been taken for sending. Then the network is the library's: the host does the
/// handshake and calls mailtls_connection_tls_established. From there on input and output of the
/// connection are plaintext. Deadlines run as always. When the handshake fails,
/// mailtls_connection_tls_failed ends the connection; when the peer closes in the middle of it,
/// mailtls_connection_handle_end_of_input does.
///
/// Whatever has been read from the network before MAILTLS_EVENT_TLS_WANTED belongs to
/// mailtls_connection_handle_input, and to it alone. The host must not have a buffer of its own
/// between the network and mailtls (a FILE, a buffering BIO), in which something could wait behind
/// STARTTLS: it would be taken for what came through TLS, which is the command injection of
/// CVE-2011-0411. Given to mailtls_connection_handle_input it ends the connection with
/// MAILTLS_ERROR_DATA_BEFORE_TLS, before STARTTLS has been answered or after.
///
/// `*connection` is written only on success; end it with mailtls_connection_free.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT (not a service).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_connection_before_host_tls(
    config: *const mailtls_server_config,
    service_number: i32,
    now: u64,
    connection: *mut *mut mailtls_connection,
) -> i32 {
    super::guard(|| {
        need(connection)?;
        // SAFETY: NULL or from _build, by the contract.
        let config = unsafe { configuration(config) }?;
        let inner = Connection::server_before_host_tls(&config.0, service(service_number)?, now);
        // SAFETY: writable, by the contract.
        unsafe { put(connection, handle_of(inner)) }
    })
}

/// Begins a connection to a service, to which the host will bring TLS with its own library, which
/// checks the server's certificate. In clear nothing is done but what STARTTLS needs, and nothing
/// that the server says there becomes an event.
///
/// All else is as with mailtls_server_connection_before_host_tls.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_connection_before_host_tls(
    config: *const mailtls_client_config,
    service_number: i32,
    now: u64,
    connection: *mut *mut mailtls_connection,
) -> i32 {
    super::guard(|| {
        need(connection)?;
        // SAFETY: NULL or from _build, by the contract.
        let config = unsafe { configuration(config) }?;
        let inner = Connection::client_before_host_tls(&config.0, service(service_number)?, now);
        // SAFETY: writable, by the contract.
        unsafe { put(connection, handle_of(inner)) }
    })
}

/// Tells that the host's library has established TLS, after MAILTLS_EVENT_TLS_WANTED. The facts are
/// judged before anything is said, and copied; MAILTLS_EVENT_TLS_ESTABLISHED follows.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_WRONG_STATE when no TLS is wanted, or
/// MAILTLS_EVENT_TLS_WANTED has not been polled yet; or a fatal error, which ends the connection:
/// MAILTLS_ERROR_TLS_POLICY when the policy refuses the facts (mailtls_connection_reason says why) and
/// mailtls_server_config_builder_explains_refused_tls has not been set,
/// MAILTLS_ERROR_CERTIFICATE_UNTRUSTED when a client's account asks for more (mailtls_target_minimum; by
/// default a validated certificate), MAILTLS_ERROR_NO_APPLICATION_PROTOCOL when the ALPN name is a foreign one,
/// MAILTLS_ERROR_DEADLINE_PASSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_tls_established(
    connection: *mut mailtls_connection,
    facts: *const mailtls_tls_facts,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(connection, |c| {
            let facts = other(facts)?;
            c.inner.tls_established(facts.inner.clone(), now)
        })
    }
}

/// Tells that the host's library has failed, in the handshake or later, so that the connection ends
/// with an error and a reason as it would with the engine; MAILTLS_EVENT_CLOSED follows. What came in
/// after the hand-off can still be read.
///
/// `error` is the nearest of the numbers that stand for a fault of the peer's:
/// MAILTLS_ERROR_TLS_PROTOCOL, MAILTLS_ERROR_TLS_ALERT_RECEIVED, one of the certificate's; and
/// MAILTLS_ERROR_TRUNCATED where TCP ends without close_notify, for on a host's TLS
/// mailtls_connection_handle_end_of_input tells an orderly end. `reason` is one line for
/// mailtls_connection_reason; it is copied.
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT for another number or a
/// text that is not UTF-8; MAILTLS_ERROR_WRONG_STATE while TLS is not the host's, and after the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_tls_failed(
    connection: *mut mailtls_connection,
    error: i32,
    reason: *const c_char,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(connection, |c| {
            let reason = text(reason)?;
            let code = ErrorCode::from_number(error).ok_or(Error::invalid("not an error"))?;
            c.inner.tls_failed(code, reason, now)
        })
    }
}

/// Accepts a connection to an Implicit-TLS service (a mailtls_service) whose TLS the host's own
/// library has established. Input and output of the connection are then plaintext. It is the shorter
/// way of mailtls_server_connection_before_host_tls, which has STARTTLS too, and holds the deadline
/// of the handshake.
///
/// The facts are judged before anything is said, and copied. `*connection` is written only on
/// success; end it with mailtls_connection_free.
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT if it is not an Implicit-TLS
/// service; MAILTLS_ERROR_TLS_POLICY when the policy refuses the facts (mailtls_tls_facts_reason says
/// why); MAILTLS_ERROR_NO_APPLICATION_PROTOCOL when the ALPN name is a foreign one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_connection_on_host_tls(
    config: *const mailtls_server_config,
    service_number: i32,
    facts: *mut mailtls_tls_facts,
    now: u64,
    connection: *mut *mut mailtls_connection,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(facts, |f| {
            need(connection)?;
            let config = configuration(config)?;
            let service = service(service_number)?;
            let inner = Connection::server_on_host_tls(&config.0, service, f.inner.clone(), now)?;
            put(connection, handle_of(inner))
        })
    }
}

/// Begins a connection to an Implicit-TLS service whose TLS the host's own library has established,
/// and whose certificate it has checked: facts without a validated one
/// (mailtls_tls_facts_peer_validation) do not meet the minimum of new accounts, and give
/// MAILTLS_ERROR_CERTIFICATE_UNTRUSTED.
///
/// All else is as with mailtls_server_connection_on_host_tls.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_connection_on_host_tls(
    config: *const mailtls_client_config,
    service_number: i32,
    facts: *mut mailtls_tls_facts,
    now: u64,
    connection: *mut *mut mailtls_connection,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(facts, |f| {
            need(connection)?;
            let config = configuration(config)?;
            let service = service(service_number)?;
            let inner = Connection::client_on_host_tls(&config.0, service, f.inner.clone(), now)?;
            put(connection, handle_of(inner))
        })
    }
}

/// Begins a connection as mailtls_client_connection_before_host_tls does, for an account: its minimum is
/// that of the target (mailtls_target_minimum). The target is copied.
///
/// `*connection` is written only on success; end it with mailtls_connection_free.
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_connection_to_before_host_tls(
    config: *const mailtls_client_config,
    target: *const mailtls_target,
    now: u64,
    connection: *mut *mut mailtls_connection,
) -> i32 {
    super::guard(|| {
        need(connection)?;
        // SAFETY: NULL or from _build and _new, by the contract.
        let (config, target) = unsafe { (configuration(config)?, other(target)?) };
        let inner = Connection::client_to_before_host_tls(&config.0, &target.target, now);
        // SAFETY: writable, by the contract.
        unsafe { put(connection, handle_of(inner)) }
    })
}

/// Begins a connection as mailtls_client_connection_on_host_tls does, for an account: its minimum is that
/// of the target (mailtls_target_minimum). Whom the certificate is for and whether it is pinned the host's
/// library has found out, and says so in the facts. The target is copied.
///
/// Returns as mailtls_client_connection_on_host_tls.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_connection_to_on_host_tls(
    config: *const mailtls_client_config,
    target: *const mailtls_target,
    facts: *mut mailtls_tls_facts,
    now: u64,
    connection: *mut *mut mailtls_connection,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(facts, |f| {
            need(connection)?;
            let config = configuration(config)?;
            let target = other(target)?;
            let inner = Connection::client_to_on_host_tls(&config.0, &target.target, f.inner.clone(), now)?;
            put(connection, handle_of(inner))
        })
    }
}
