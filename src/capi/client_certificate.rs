//! Header section: certificates of clients, on both sides.

use super::client_config::{mailtls_client_config, mailtls_client_config_builder};
use super::connection::{client, handle_of, mailtls_connection};
use super::dialogue::heard;
#[cfg(feature = "engine")]
use super::file::Content;
use super::types::{mailtls_client_certificate, service};
use super::{bytes, configuration, need, peek, put, text, with};
use crate::error::Error;
use crate::tls::facts::TlsFacts;
use core::ffi::c_char;

type Builder = mailtls_client_config_builder;

/// Authorises a certificate for an account: its chain, leaf first, and its private key, from two
/// PEM files, which are read now and not again.
///
/// It is shown on connections for exactly this account (mailtls_client_connection_new_for_account),
/// to a server that asks for one, and on no others (RFC 8314 section 5.5). `account` is a name of
/// the host's choice, which is copied. There may be many accounts, with one certificate each: a
/// second one takes the place of the first.
///
/// Under TLS 1.2 a client's certificate crosses in clear and shows everybody on the network who the
/// user is: see mailtls_client_config_builder_client_certificates_tls13_only.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_FILE_UNREADABLE;
/// MAILTLS_ERROR_NO_CERTIFICATE or MAILTLS_ERROR_NO_PRIVATE_KEY when they hold nothing usable or do
/// not belong together; MAILTLS_ERROR_INVALID_ARGUMENT when the account is "" or not UTF-8;
/// MAILTLS_ERROR_NO_ENGINE in a build without TLS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_client_certificate_files(
    builder: *mut mailtls_client_config_builder,
    account: *const c_char,
    chain_file: *const c_char,
    key_file: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(builder, |b| {
            let (account, chain, key) = (text(account)?, text(chain_file)?, text(key_file)?);
            certificate_files(b, account, chain, key)
        })
    }
}

/// Authorises a certificate for an account, from PEM in memory. Both are copied; wiping the caller's
/// copy of the key is the caller's.
///
/// Returns as mailtls_client_config_builder_client_certificate_files.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_client_certificate_pem(
    builder: *mut mailtls_client_config_builder,
    account: *const c_char,
    chain: *const u8,
    chain_len: usize,
    key: *const u8,
    key_len: usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(builder, |b| certificate(b, text(account)?, bytes(chain, chain_len)?, bytes(key, key_len)?))
    }
}

/// Sets whether connections that may show a certificate offer TLS 1.3 only (1), which hides it from
/// the network, or TLS 1.2 as well (0). Default 0. With 1 a server that has no better than TLS 1.2
/// is not connected to.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_NO_ENGINE in a build without TLS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_client_certificates_tls13_only(
    builder: *mut mailtls_client_config_builder,
    only: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(builder, |b| tls13_only(b, only != 0)) }
}

#[cfg(feature = "engine")]
fn certificate_files(b: &mut Builder, account: &str, chain: &str, key: &str) -> Result<(), Error> {
    let (chain, key) = (Content::read(chain)?, Content::read(key)?);
    b.builder.client_certificate_given(account, chain.given(), key.given()).map(|_| ())
}

#[cfg(feature = "engine")]
fn certificate(b: &mut Builder, account: &str, chain: &[u8], key: &[u8]) -> Result<(), Error> {
    b.builder.client_certificate_pem(account, chain, key).map(|_| ())
}

#[cfg(feature = "engine")]
#[allow(clippy::unnecessary_wraps)] // It can fail without the engine.
fn tls13_only(b: &mut Builder, only: bool) -> Result<(), Error> {
    b.builder.client_certificates_tls13_only(only);
    Ok(())
}

#[cfg(not(feature = "engine"))]
fn certificate_files(_: &mut Builder, _: &str, _: &str, _: &str) -> Result<(), Error> {
    Err(super::no_engine())
}

#[cfg(not(feature = "engine"))]
fn certificate(_: &mut Builder, _: &str, _: &[u8], _: &[u8]) -> Result<(), Error> {
    Err(super::no_engine())
}

#[cfg(not(feature = "engine"))]
fn tls13_only(_: &mut Builder, _: bool) -> Result<(), Error> {
    Err(super::no_engine())
}

/// Begins a connection to a service, as mailtls_client_connection_new does, for an account: if the
/// server asks for a certificate, it gets the one that has been authorised for exactly this account.
/// Where there is none, the handshake goes on without one. The account's name is copied and never
/// told to the server; TLS sessions are resumed for the same account only.
///
/// Returns as mailtls_client_connection_new; MAILTLS_ERROR_INVALID_ARGUMENT also when the account is
/// "" or not UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_connection_new_for_account(
    config: *const mailtls_client_config,
    service_number: i32,
    server_name: *const c_char,
    account: *const c_char,
    now: u64,
    connection: *mut *mut mailtls_connection,
) -> i32 {
    super::guard(|| {
        need(connection)?;
        // SAFETY: NULL or from _build, by the contract.
        let config = unsafe { configuration(config) }?;
        // SAFETY: C strings or NULL, by the contract.
        let (name, account) = unsafe { (text(server_name)?, text(account)?) };
        let inner = client(config, service(service_number)?, name, Some(account), now)?;
        // SAFETY: writable, by the contract.
        unsafe { put(connection, handle_of(inner)) }
    })
}

/// Server: says that the client's certificate of MAILTLS_EVENT_CLIENT_CERTIFICATE, which the peer
/// getters show, stands for this user. The dialogue begins, with SASL EXTERNAL on offer (RFC 8314
/// section 4.2).
///
/// `identity` is the authorization identity, which is copied. With `preauth` 1 an IMAP client is
/// authenticated by its certificate at once: the greeting is PREAUTH (RFC 9051 section 7.1.4), on
/// MAILTLS_SERVICE_IMAPS only, for after STARTTLS there is no greeting. Otherwise `preauth` is 0.
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_WRONG_STATE when no certificate waits for
/// an answer; MAILTLS_ERROR_INVALID_ARGUMENT for an identity that is "", longer than 512 octets, not
/// UTF-8 or holds a control character, and for `preauth` on another service; or a fatal error, which
/// has ended the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_accept_certificate(
    connection: *mut mailtls_connection,
    identity: *const c_char,
    preauth: i32,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(connection, |c| c.inner.accept_certificate(text(identity)?, preauth != 0, now)) }
}

/// Server: says that the client's certificate of MAILTLS_EVENT_CLIENT_CERTIFICATE stands for nobody
/// here. The dialogue begins as with a client that has none.
///
/// Returns 0; MAILTLS_ERROR_WRONG_STATE when no certificate waits for an answer; or a fatal error,
/// which has ended the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_refuse_certificate(
    connection: *mut mailtls_connection,
    now: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(connection, |c| c.inner.refuse_certificate(now)) }
}

/// Server: returns one line for the log about why the client's certificate of
/// MAILTLS_EVENT_CLIENT_CERTIFICATE_INVALID is not valid, or NULL. Valid until the next call that
/// takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_certificate_reason(
    connection: *const mailtls_connection,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { heard(connection, |h| h.certificate_reason.as_ref()) }
}

/// Returns a mailtls_client_certificate: whether the client's certificate went over this
/// connection, to a server that asked for it, and whether everybody on the network could see it
/// (RFC 8314 section 4.2). In a resumed session it went over an earlier connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_client_certificate(connection: *const mailtls_connection) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        peek(connection, mailtls_client_certificate::None as i32, |c| {
            let sent = c.inner.tls_facts().filter(|facts| facts.client_certificate_sent);
            let how = match sent.map(TlsFacts::client_certificate_in_clear) {
                None => mailtls_client_certificate::None,
                Some(false) => mailtls_client_certificate::Sent,
                Some(true) => mailtls_client_certificate::SentInClear,
            };
            how as i32
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::connection::mailtls_connection_free;
    use super::*;
    use crate::connection::{Connection, ServerConfig};
    use crate::service::Service;
    use crate::tls::facts::PeerValidation;
    use crate::tls::registry::{CipherSuite, Version};

    /// With the engine both ends of a test would choose TLS 1.3.
    #[test]
    fn a_certificate_under_tls_1_2_was_seen_by_everybody() {
        for (version, suite, how) in [
            (Version::TLS_1_2, 0xc02f, mailtls_client_certificate::SentInClear),
            (Version::TLS_1_3, 0x1301, mailtls_client_certificate::Sent),
        ] {
            let config = ServerConfig::builder().build().unwrap();
            let mut facts = TlsFacts::new(version, CipherSuite(suite));
            facts.peer_certificates = vec![b"of the host's library".to_vec()];
            facts.peer_validation = PeerValidation::Pkix;
            let inner = Connection::server_on_host_tls(&config, Service::Imaps, facts, 0).unwrap();
            let c = handle_of(inner);
            // SAFETY: from handle_of, and freed once.
            unsafe {
                assert_eq!(mailtls_connection_client_certificate(c), how as i32);
                mailtls_connection_free(c);
            }
        }
    }
}
