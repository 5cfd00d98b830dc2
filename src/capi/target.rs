//! Header section: what a client connects to, and what it finds there.

use super::account::{acknowledged, mailtls_minimum};
use super::client_config::mailtls_client_config;
use super::connection::{handle_of, mailtls_connection};
use super::pins::{mailtls_account_setup, of_setup};
use super::tls_facts::mailtls_peer_validation;
use super::types::service;
use super::{
    Handle, Poison, bytes, c_text, configuration, copy_out, free, hand_out, look, need, or_null, other,
    other_mut, peek, put, text, with,
};
use crate::account::Pin;
use crate::connection::{ClientConfig, Connection, Target};
use crate::error::Error;
use crate::tls::failure::Check;
use core::ffi::c_char;
use std::ffi::CString;

/// A check of a server's certificate.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_check {
    /// None.
    None = 0,
    /// Whether there is a certificate, and whether it can be read (RFC 5280 section 4).
    Form = 1,
    /// A chain of good signatures to a trust anchor (RFC 5280 section 6.1).
    Chain = 2,
    /// The time that each certificate of the chain is valid for (RFC 5280 section 4.1.2.5).
    Validity = 3,
    /// What a certificate may be used for (RFC 5280 section 4.2).
    Usage = 4,
    /// That none has been revoked (RFC 5280 section 5).
    Revocation = 5,
    /// That it is for one of the reference identifiers (RFC 7817, RFC 9525).
    Identity = 6,
    /// That it is one of those that the TLSA records name (RFC 6698).
    Dane = 7,
}

impl From<Check> for mailtls_check {
    fn from(check: Check) -> Self {
        match check {
            Check::Form => Self::Form,
            Check::Chain => Self::Chain,
            Check::Validity => Self::Validity,
            Check::Usage => Self::Usage,
            Check::Revocation => Self::Revocation,
            Check::Identity => Self::Identity,
            Check::Dane => Self::Dane,
        }
    }
}

/// A server that a client connects to: its name, for which account, and what is known of its
/// certificate beforehand. Used by one thread at a time; connections made to it take a copy.
pub struct mailtls_target {
    pub(super) target: Target,
    reason: Option<CString>,
    poison: Poison,
}

impl Handle for mailtls_target {
    fn poison(&self) -> &Poison {
        &self.poison
    }

    fn note(&mut self, error: &Error) {
        self.reason = Some(c_text(error.reason()));
    }
}

impl mailtls_target {
    /// Changes it by one of the methods that take it and give it back.
    pub(super) fn change(&mut self, change: impl FnOnce(Target) -> Target) {
        self.target = change(self.target.clone());
    }
}

/// Begins with the name that the connection is made to, which SNI tells the server: a DNS name or
/// an IP address. Unless something else is said, the certificate must be for it too.
///
/// The text is copied. `*target` is written only on success; end it with mailtls_target_free.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT (not a service, an
/// impossible name).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_target_new(
    service_number: i32,
    host: *const c_char,
    target: *mut *mut mailtls_target,
) -> i32 {
    super::guard(|| {
        need(target)?;
        // SAFETY: a C string or NULL, by the contract.
        let host = unsafe { text(host) }?;
        let made = Target::new(service(service_number)?, host)?;
        // SAFETY: writable, by the contract.
        unsafe {
            put(target, hand_out(mailtls_target { target: made, reason: None, poison: Poison::default() }))
        }
    })
}

/// Frees a target. NULL is allowed. Connections made to it are not affected.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_target_free(target: *mut mailtls_target) {
    // SAFETY: from _new, by the contract.
    unsafe { free(target) }
}

/// Returns one line about the last call on this target that failed, or NULL. Valid until the next
/// call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_target_reason(target: *const mailtls_target) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(target, core::ptr::null(), |t| or_null(t.reason.as_ref())) }
}

/// Says for which account the connection is, by the host program's name for it: to a server that asks
/// for a certificate the one authorised for exactly this account is sent
/// (mailtls_client_config_builder_client_certificate_files).
///
/// The text is copied and never told to the server. Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or
/// MAILTLS_ERROR_INVALID_ARGUMENT for "" and what is not UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_target_account(target: *mut mailtls_target, account: *const c_char) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(target, |t| {
            t.target = t.target.clone().account(text(account)?)?;
            Ok(())
        })
    }
}

/// Sets the minimum confidentiality level of the account (RFC 8314 section 5): a connection that does
/// not meet it ends before anything is said but what STARTTLS needs. Without this call it is that of new
/// accounts. With no minimum at all, a certificate that has not passed the checks is still not accepted,
/// unless it is pinned. The minimum is copied.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_target_minimum(
    target: *mut mailtls_target,
    minimum: *const mailtls_minimum,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(target, |t| {
            let minimum = other(minimum)?.inner.clone();
            t.change(|target| target.minimum(minimum));
            Ok(())
        })
    }
}

/// Sets the certificate that the user has pinned for this account and host, by its SHA-256, 32 octets,
/// which are copied (mailtls_pin_store_lookup): it is accepted although it has not passed the checks,
/// where the minimum has been lowered so far (MAILTLS_LOWERED_PINNED), and where it has not been revoked
/// and TLSA records do not say otherwise.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_target_pin(target: *mut mailtls_target, sha256: *const u8) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(target, |t| {
            let mut pin = [0; 32];
            pin.copy_from_slice(bytes(sha256, 32)?);
            t.change(|target| target.pin(Pin::from_sha256(pin)));
            Ok(())
        })
    }
}

/// Has the host program asked about the server's certificate before a word is said:
/// MAILTLS_EVENT_SERVER_CERTIFICATE comes whether the checks were passed or not.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_target_deferred(target: *mut mailtls_target) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(target, |t| {
            t.change(Target::deferred);
            Ok(())
        })
    }
}

/// Begins a connection to a target, as mailtls_client_connection_new does to a name.
///
/// `*connection` is written only on success; end it with mailtls_connection_free.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, MAILTLS_ERROR_NO_TRUST_ANCHOR (the configuration has
/// none), or MAILTLS_ERROR_NO_ENGINE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_connection_new_to(
    config: *const mailtls_client_config,
    target: *const mailtls_target,
    now: u64,
    connection: *mut *mut mailtls_connection,
) -> i32 {
    super::guard(|| {
        need(connection)?;
        // SAFETY: NULL or from _build and _new, by the contract.
        let (config, target) = unsafe { (configuration(config)?, other(target)?) };
        let inner = client_to(&config.0, &target.target, now)?;
        // SAFETY: writable, by the contract.
        unsafe { put(connection, handle_of(inner)) }
    })
}

#[cfg(feature = "engine")]
fn client_to(config: &ClientConfig, target: &Target, now: u64) -> Result<Connection, Error> {
    Connection::client_to(config, target, now)
}

#[cfg(not(feature = "engine"))]
fn client_to(_: &ClientConfig, _: &Target, _: u64) -> Result<Connection, Error> {
    Err(super::no_engine())
}

/// Client: goes on with the server of MAILTLS_EVENT_SERVER_CERTIFICATE.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_WRONG_STATE when no certificate waits for an
/// answer, and for one that has not passed the checks: there is no way past them but
/// mailtls_connection_pin_server_certificate at set-up; or a fatal error,
/// which has ended the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_accept_server_certificate(
    connection: *mut mailtls_connection,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(connection, |c| c.inner.accept_server_certificate(now)) }
}

/// Client, while an account is set up: the user has looked at the certificate of
/// MAILTLS_EVENT_SERVER_CERTIFICATE, which has not passed the checks, and accepts it for this account and
/// host from now on (RFC 8314 section 5.4). The set-up has the pin, and the connection goes on, as one
/// that nothing but a pin stands behind. `acknowledged` is a mailtls_acknowledged.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_WRONG_STATE when no certificate waits for an
/// answer, for one that has passed the checks and needs no pin, for one that no user can vouch for (it
/// has been revoked, or is not one of those that TLSA records prove to be right), and when
/// the set-up has ended; MAILTLS_ERROR_INVALID_ARGUMENT without an acknowledgement, and when the
/// connection is for another account; MAILTLS_ERROR_LIMIT_EXCEEDED with more than 64 hosts in the set-up;
/// or a fatal error, which has ended the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_pin_server_certificate(
    connection: *mut mailtls_connection,
    setup: *mut mailtls_account_setup,
    acknowledged: i32,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(connection, |c| {
            let mut setup = other_mut(setup)?;
            let setup = of_setup(&mut setup)?;
            c.inner.pin_server_certificate(setup, self::acknowledged(acknowledged)?, now)
        })
    }
}

/// Client: refuses the server of MAILTLS_EVENT_SERVER_CERTIFICATE. `reason` is one line for the log,
/// which mailtls_connection_reason then returns; it is copied. The server is told nothing but
/// close_notify.
///
/// Returns MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT for a reason that is not UTF-8;
/// MAILTLS_ERROR_WRONG_STATE when no certificate waits for an answer; otherwise the fatal error that
/// the connection has now ended with: that of the check that was not passed, or
/// MAILTLS_ERROR_CERTIFICATE_UNTRUSTED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_refuse_server_certificate(
    connection: *mut mailtls_connection,
    reason: *const c_char,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(connection, |c| c.inner.refuse_server_certificate(text(reason)?, now)) }
}

/// Client: returns a mailtls_check: which check the server's certificate has not passed, or
/// MAILTLS_CHECK_NONE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_server_certificate_check(
    connection: *const mailtls_connection,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        peek(connection, mailtls_check::None as i32, |c| {
            let check = c.inner.certificate_failure().map(|failure| failure.check());
            check.map_or(mailtls_check::None, mailtls_check::from) as i32
        })
    }
}

/// Client: copies one line to `buffer` about the check that the server's certificate has not passed:
/// what is wrong, for which name, and what it offers instead. It is not NUL-terminated. `*length` gets
/// its length, also when there is no room.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_BUFFER_TOO_SMALL; or
/// MAILTLS_ERROR_WRONG_STATE when there is no such check.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_server_certificate_reason(
    connection: *const mailtls_connection,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(connection, |c| {
            let failure = c.inner.certificate_failure();
            let failure = failure.ok_or_else(|| Error::wrong_state("no check was failed"))?;
            copy_out(failure.reason().as_bytes(), buffer, capacity, length)
        })
    }
}

/// Returns a mailtls_peer_validation: what stands behind the peer's certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_peer_validation(connection: *const mailtls_connection) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        peek(connection, mailtls_peer_validation::None as i32, |c| {
            let validation = c.inner.tls_facts().map(|facts| facts.peer_validation);
            validation.map_or(mailtls_peer_validation::None, mailtls_peer_validation::from) as i32
        })
    }
}

/// Client: shows the OCSP response that the server has stapled to its certificate (RFC 6066 section
/// 8), in DER as it came: `*response` and `*length`, which is 0 when there is none. It is not
/// evaluated. It is seen on connections that have a check of their own: to a target with references,
/// TLSA records or a pin, or that is deferred.
///
/// Valid until the next call that takes the same handle as non-const. Returns 0 or
/// MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_ocsp_response(
    connection: *const mailtls_connection,
    response: *mut *const u8,
    length: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(connection, |c| {
            need(response)?;
            need(length)?;
            let found = c.inner.tls_facts().map_or(&[][..], |facts| &facts.ocsp_response);
            put(response, found.as_ptr())?;
            put(length, found.len())
        })
    }
}
