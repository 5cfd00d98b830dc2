//! Header section: connections whose TLS is the host's own.

use super::client_config::mailtls_client_config;
use super::connection::{handle_of, mailtls_connection};
use super::server_config::mailtls_server_config;
use super::tls_facts::mailtls_tls_facts;
use super::types::service;
use super::{need, null, put, with};
use crate::connection::Connection;

/// Accepts a connection to an Implicit-TLS service (a mailtls_service) whose TLS the host's own
/// library has established. Input and output of the connection are then plaintext.
///
/// The facts are judged before anything is said, and copied. Works in a build without engine, with
/// a configuration that has no certificate. `*connection` is written only on success; end it with
/// mailtls_connection_free.
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT for what is not an
/// Implicit-TLS service; MAILTLS_ERROR_TLS_POLICY when the policy refuses the facts
/// (mailtls_tls_facts_reason says why); MAILTLS_ERROR_NO_APPLICATION_PROTOCOL when the ALPN name is
/// a foreign one.
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
            let config = config.as_ref().ok_or_else(null)?;
            let service = service(service_number)?;
            let inner = Connection::server_on_host_tls(&config.0, service, f.inner.clone(), now)?;
            put(connection, handle_of(inner))
        })
    }
}

/// Begins a connection to an Implicit-TLS service whose TLS the host's own library has established,
/// and whose certificate it has checked: otherwise nothing is known of who the server is.
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
            let config = config.as_ref().ok_or_else(null)?;
            let service = service(service_number)?;
            let inner = Connection::client_on_host_tls(&config.0, service, f.inner.clone(), now)?;
            put(connection, handle_of(inner))
        })
    }
}
