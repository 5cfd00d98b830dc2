//! Header section: client configuration.

use super::types::{hand_off, mechanism_floor, protocol, set_deadline, set_limit};
use super::{
    Configuration, Handle, Poison, alpn_names, bytes, c_text, free, hand_out, need, or_null, peek, put, text,
    with,
};
use crate::connection::{ClientConfig, ClientConfigBuilder};
use crate::dialogue::{ClientSettings, StartTlsUse};
use crate::error::Error;
use core::ffi::c_char;
use std::ffi::CString;

/// Collects what a client configuration is made of. Used by one thread at a time.
pub struct mailtls_client_config_builder {
    pub(super) builder: ClientConfigBuilder,
    reason: Option<CString>,
    poison: Poison,
}

/// What a client needs to know before its first connection: built once, never changed, may be
/// shared by threads. Connections keep what they need of it, so it may be freed at any time.
pub struct mailtls_client_config(pub(super) ClientConfig);

impl Configuration for mailtls_client_config {}

type Builder = mailtls_client_config_builder;

impl Handle for Builder {
    fn poison(&self) -> &Poison {
        &self.poison
    }

    fn note(&mut self, error: &Error) {
        self.reason = Some(c_text(error.reason()));
    }
}

/// Makes a builder with every default and without a trust anchor. Never NULL; end it with
/// mailtls_client_config_builder_free.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_client_config_builder_new() -> *mut mailtls_client_config_builder {
    hand_out(Builder { builder: ClientConfig::builder(), reason: None, poison: Poison::default() })
}

/// Frees a builder. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_free(builder: *mut mailtls_client_config_builder) {
    // SAFETY: from _new, by the contract.
    unsafe { free(builder) }
}

/// Returns one line about the last call on this builder that failed, or NULL. Valid until the
/// next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_reason(
    builder: *const mailtls_client_config_builder,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(builder, core::ptr::null(), |b| or_null(b.reason.as_ref())) }
}

/// Trusts the certificates in a PEM file, besides those given before: chains to the authorities among them
/// (CA:TRUE, with keyCertSign if there is a key usage; or version 1 and its own issuer), and a
/// server that shows exactly one of them, be it self-signed or from any authority. Its name, its dates and
/// its extended key usage are checked all the same, and so are revocation lists; it then counts as validated
/// (MAILTLS_PEER_VALIDATION_PKIX). Certificates that cannot be read are passed over. The file is read now and
/// not again.
///
/// Returns 0, MAILTLS_ERROR_FILE_UNREADABLE, MAILTLS_ERROR_NO_TRUST_ANCHOR if it holds no usable
/// certificate, or MAILTLS_ERROR_NO_ENGINE in a build without TLS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_ca_file(
    builder: *mut mailtls_client_config_builder,
    file: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(builder, |b| ca_file(b, text(file)?)) }
}

/// Trusts the certificates in a PEM text, besides those given before. It is copied. For the rest it is as
/// mailtls_client_config_builder_ca_file.
///
/// Returns as mailtls_client_config_builder_ca_file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_ca_pem(
    builder: *mut mailtls_client_config_builder,
    pem: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(builder, |b| ca_pem(b, bytes(pem, len)?)) }
}

/// Trusts the certificate authorities of the system's store, besides those given before.
///
/// Returns 0, MAILTLS_ERROR_NO_TRUST_ANCHOR when the store has none, or
/// MAILTLS_ERROR_NO_ENGINE in a build without TLS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_system_ca(
    builder: *mut mailtls_client_config_builder,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(builder, system_ca) }
}

#[cfg(feature = "engine")]
fn ca_file(b: &mut Builder, file: &str) -> Result<(), Error> {
    b.builder.ca_given(super::file::Content::read(file)?.given()).map(|_| ())
}

#[cfg(feature = "engine")]
fn ca_pem(b: &mut Builder, pem: &[u8]) -> Result<(), Error> {
    b.builder.ca_pem(pem).map(|_| ())
}

#[cfg(feature = "engine")]
fn system_ca(b: &mut Builder) -> Result<(), Error> {
    b.builder.system_ca().map(|_| ())
}

#[cfg(not(feature = "engine"))]
fn ca_file(_: &mut Builder, _: &str) -> Result<(), Error> {
    Err(super::no_engine())
}

#[cfg(not(feature = "engine"))]
fn ca_pem(_: &mut Builder, _: &[u8]) -> Result<(), Error> {
    Err(super::no_engine())
}

#[cfg(not(feature = "engine"))]
fn system_ca(_: &mut Builder) -> Result<(), Error> {
    Err(super::no_engine())
}

/// Sets the ALPN names of a protocol, a mailtls_protocol, the preferred one first, separated by
/// spaces, in the place of its usual one ("imap", "pop3", "smtp"). With "" none is
/// offered. A server that chooses what was not offered is refused (RFC 7301).
///
/// The text is copied. Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT for
/// what is not a protocol, a name longer than 255 octets, and a text that is not UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_alpn(
    builder: *mut mailtls_client_config_builder,
    which: i32,
    names: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(builder, |b| {
            let (protocol, names) = (protocol(which)?, alpn_names(text(names)?));
            b.builder.alpn(protocol, &names).map(|_| ())
        })
    }
}

/// Changes the settings.
///
/// # Safety
/// As for [`with`].
unsafe fn set(builder: *mut Builder, change: impl FnOnce(&mut ClientSettings) -> Result<(), Error>) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        with(builder, |b| {
            let mut result = Ok(());
            b.builder.settings(|settings| result = change(settings));
            result
        })
    }
}

/// Sets the name the client gives in EHLO. Default "localhost".
///
/// The text is copied. Returns 0, MAILTLS_ERROR_NULL_ARGUMENT or MAILTLS_ERROR_INVALID_ARGUMENT
/// (not UTF-8); what else is wrong with it is told by _build.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_client_name(
    builder: *mut mailtls_client_config_builder,
    name: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.client_name = text(name)?.into();
            Ok(())
        })
    }
}

/// Sets when the plaintext becomes the host's: a mailtls_hand_off. Default
/// MAILTLS_HAND_OFF_AFTER_AUTHENTICATION.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT or MAILTLS_ERROR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_hand_off(
    builder: *mut mailtls_client_config_builder,
    when: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.hand_off = hand_off(when)?;
            Ok(())
        })
    }
}

/// Sets what happens on a STARTTLS service whose server has no STARTTLS: with 0, the default, the
/// connection ends with MAILTLS_ERROR_START_TLS_REFUSED; with 1 MAILTLS_EVENT_NOT_CONFIDENTIAL
/// tells it, and the host may log out or close. Nothing is ever authenticated in clear.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_opportunistic(
    builder: *mut mailtls_client_config_builder,
    allowed: i32,
) -> i32 {
    let starttls = if allowed == 0 { StartTlsUse::Required } else { StartTlsUse::Opportunistic };
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.starttls = starttls;
            Ok(())
        })
    }
}

/// Sets the least that an authentication must be: a mailtls_mechanism_floor. Default
/// MAILTLS_MECHANISM_FLOOR_ANY.
///
/// Below it no credentials are sent, whatever the server offers and whatever mechanism the host names;
/// mailtls_connection_authenticate and its siblings return MAILTLS_ERROR_BELOW_MECHANISM_FLOOR then, and
/// mailtls_connection_best_mechanism gives nothing below it. A server that begins with PREAUTH has
/// proved nothing: MAILTLS_ERROR_SERVER_NOT_PROVED ends the connection. mailtls does not check what the
/// host sends itself after a hand-off before authentication.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT or MAILTLS_ERROR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_mechanism_floor(
    builder: *mut mailtls_client_config_builder,
    floor: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.mechanism_floor = mechanism_floor(floor)?;
            Ok(())
        })
    }
}

/// Sets a limit: `which` is a mailtls_limit.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT when there is no
/// such limit; an impossible value is told by _build.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_limit(
    builder: *mut mailtls_client_config_builder,
    which: i32,
    value: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { set(builder, |s| set_limit(&mut s.limits, which, value)) }
}

/// Sets a deadline: `which` is a mailtls_deadline.
///
/// Returns as mailtls_client_config_builder_limit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_deadline(
    builder: *mut mailtls_client_config_builder,
    which: i32,
    milliseconds: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(builder, |b| {
            let mut result = Ok(());
            b.builder.deadlines(|deadlines| result = set_deadline(deadlines, which, milliseconds));
            result
        })
    }
}

/// Makes the configuration. The builder stays as it is, for another one or to be freed.
///
/// `*config` is written only on success; end it with mailtls_client_config_free.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT when a setting is
/// wrong (mailtls_client_config_builder_reason names it).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_build(
    builder: *mut mailtls_client_config_builder,
    config: *mut *mut mailtls_client_config,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(builder, |b| {
            need(config)?;
            let built = b.builder.build()?;
            put(config, hand_out(mailtls_client_config(built)))
        })
    }
}

/// Frees a configuration. NULL is allowed. Connections made with it are not affected.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_free(config: *mut mailtls_client_config) {
    // SAFETY: from _build, by the contract.
    unsafe { free(config) }
}
