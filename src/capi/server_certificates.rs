//! Header section: a server's own certificates, and its tickets.

#[cfg(feature = "engine")]
use super::file::Content;
use super::server_config::{mailtls_server_config, mailtls_server_config_builder};
use super::{bytes, configuration, text, with};
use crate::error::Error;
use core::ffi::c_char;

type Builder = mailtls_server_config_builder;

/// Sets the certificate chain, leaf first, and its private key, from two PEM files, which are
/// read now and not again. It is for the host name that SRV records lead to, and for clients that ask
/// for no name (SNI), or for one that no other certificate has; a second call takes its place. To
/// replace certificates while serving, build a new configuration and begin connections with that one
/// (mailtls_server_config_builder_tickets_of). The certificates after the leaf may be in any order: they
/// are sent in the order that TLS 1.2 requires.
///
/// Returns 0; MAILTLS_ERROR_FILE_UNREADABLE; MAILTLS_ERROR_NO_CERTIFICATE or
/// MAILTLS_ERROR_NO_PRIVATE_KEY when they hold nothing usable or do not belong together;
/// MAILTLS_ERROR_NO_ENGINE in a build without TLS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_certificate_files(
    builder: *mut mailtls_server_config_builder,
    chain_file: *const c_char,
    key_file: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(builder, |b| {
            let (chain, key) = (text(chain_file)?, text(key_file)?);
            certificate_files(b, chain, key)
        })
    }
}

/// Sets the certificate chain, leaf first, and its private key, from PEM in memory. Both are
/// copied; wiping the caller's copy of the key is the caller's.
///
/// Returns as mailtls_server_config_builder_certificate_files.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_certificate_pem(
    builder: *mut mailtls_server_config_builder,
    chain: *const u8,
    chain_len: usize,
    key: *const u8,
    key_len: usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(builder, |b| certificate(b, bytes(chain, chain_len)?, bytes(key, key_len)?)) }
}

/// Adds another certificate chain and its private key, from two PEM files, which are read now and not
/// again. It is shown to clients that ask for one of its DNS names (SNI, RFC 6066 section 3), a
/// wildcard included. Where several have that name, as with one for RSA and one for ECDSA, it is the
/// first whose signatures the client accepts; likewise where none has it.
///
/// Returns as mailtls_server_config_builder_certificate_files.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_additional_certificate_files(
    builder: *mut mailtls_server_config_builder,
    chain_file: *const c_char,
    key_file: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(builder, |b| {
            let (chain, key) = (text(chain_file)?, text(key_file)?);
            additional_files(b, chain, key)
        })
    }
}

/// Adds another certificate chain and its private key, from PEM in memory. Both are copied; wiping the
/// caller's copy of the key is the caller's.
///
/// Returns as mailtls_server_config_builder_certificate_files.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_additional_certificate_pem(
    builder: *mut mailtls_server_config_builder,
    chain: *const u8,
    chain_len: usize,
    key: *const u8,
    key_len: usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(builder, |b| additional(b, bytes(chain, chain_len)?, bytes(key, key_len)?)) }
}

/// Sets how many TLS 1.3 tickets a handshake sends, at most 16; 0 switches resumption off.
/// Default 2. Under TLS 1.2 a handshake sends one (RFC 5077), unless this is 0. The server keeps no
/// sessions in memory: without a ticket nothing is resumed, not even by a session ID.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, MAILTLS_ERROR_INVALID_ARGUMENT for more than 16, or
/// MAILTLS_ERROR_NO_ENGINE in a build without TLS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_tickets(
    builder: *mut mailtls_server_config_builder,
    count: u32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(builder, |b| tickets(b, count)) }
}

/// Takes over the key that the tickets of another configuration are sealed with, so that its clients'
/// sessions can be resumed: when one takes the place of the other, or both serve the same names.
/// Without this call the key is a new one, which forked children share. The engine replaces it every six
/// hours, each process for itself, and opens tickets of the one before. `other` may be freed afterwards.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_NO_ENGINE in a build without TLS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_tickets_of(
    builder: *mut mailtls_server_config_builder,
    other: *const mailtls_server_config,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(builder, |b| tickets_of(b, configuration(other)?)) }
}

#[cfg(feature = "engine")]
fn certificate_files(b: &mut Builder, chain: &str, key: &str) -> Result<(), Error> {
    let (chain, key) = (Content::read(chain)?, Content::read(key)?);
    b.builder.certificate_given(chain.given(), key.given()).map(|_| ())
}

#[cfg(feature = "engine")]
fn additional_files(b: &mut Builder, chain: &str, key: &str) -> Result<(), Error> {
    let (chain, key) = (Content::read(chain)?, Content::read(key)?);
    b.builder.additional_certificate_given(chain.given(), key.given()).map(|_| ())
}

#[cfg(feature = "engine")]
fn certificate(b: &mut Builder, chain: &[u8], key: &[u8]) -> Result<(), Error> {
    b.builder.certificate_pem(chain, key).map(|_| ())
}

#[cfg(feature = "engine")]
fn additional(b: &mut Builder, chain: &[u8], key: &[u8]) -> Result<(), Error> {
    b.builder.additional_certificate_pem(chain, key).map(|_| ())
}

#[cfg(feature = "engine")]
fn tickets(b: &mut Builder, count: u32) -> Result<(), Error> {
    let count = usize::try_from(count).ok().filter(|n| *n <= 16);
    b.builder.tickets(count.ok_or(Error::invalid("more than 16 tickets"))?);
    Ok(())
}

#[cfg(feature = "engine")]
#[allow(clippy::unnecessary_wraps)] // It can fail without the engine.
fn tickets_of(b: &mut Builder, other: &mailtls_server_config) -> Result<(), Error> {
    b.builder.tickets_of(&other.0);
    Ok(())
}

#[cfg(not(feature = "engine"))]
fn certificate_files(_: &mut Builder, _: &str, _: &str) -> Result<(), Error> {
    Err(super::no_engine())
}

#[cfg(not(feature = "engine"))]
fn additional_files(_: &mut Builder, _: &str, _: &str) -> Result<(), Error> {
    Err(super::no_engine())
}

#[cfg(not(feature = "engine"))]
fn certificate(_: &mut Builder, _: &[u8], _: &[u8]) -> Result<(), Error> {
    Err(super::no_engine())
}

#[cfg(not(feature = "engine"))]
fn additional(_: &mut Builder, _: &[u8], _: &[u8]) -> Result<(), Error> {
    Err(super::no_engine())
}

#[cfg(not(feature = "engine"))]
fn tickets(_: &mut Builder, _: u32) -> Result<(), Error> {
    Err(super::no_engine())
}

#[cfg(not(feature = "engine"))]
fn tickets_of(_: &mut Builder, _: &mailtls_server_config) -> Result<(), Error> {
    Err(super::no_engine())
}
