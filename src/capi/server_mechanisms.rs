//! Header section: how clients may authenticate to a server, and what they may bind that to.

use super::server_config::{mailtls_server_config_builder, set};
use super::types::mailtls_invalid_client_certificate as Invalid;
use super::{bytes, text, with};
use crate::dialogue::Mechanism;
use crate::error::{Error, ErrorCode};
use crate::secret::Secret;
use crate::text::printable;
use core::ffi::c_char;

type Builder = mailtls_server_config_builder;

/// Sets the SASL mechanisms offered that mailtls speaks, separated by spaces, best first. Default
/// "PLAIN LOGIN"; "" offers none.
///
/// There are SCRAM-SHA-256-PLUS, SCRAM-SHA-256 (RFC 7677), SCRAM-SHA-1-PLUS, SCRAM-SHA-1 (RFC 5802),
/// PLAIN (RFC 4616), LOGIN, OAUTHBEARER (RFC 7628), XOAUTH2 and EXTERNAL (RFC 4422). Where the
/// channel has nothing to bind to, the PLUS mechanisms are left out. EXTERNAL is offered where a
/// certificate of the client has been accepted, named here or not, and nowhere else.
/// What was set or added before is gone. The text is read during the call only. Returns 0,
/// MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT for a mechanism that mailtls does
/// not have; one that is named twice is told by _build.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_sasl_mechanisms(
    builder: *mut mailtls_server_config_builder,
    words: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            let known = |word: &str| {
                let unknown = || format!("the SASL mechanism {} is not known", printable(word.as_bytes()));
                let mechanism = Mechanism::from_sasl_name(word.as_bytes());
                mechanism.ok_or_else(|| Error::new(ErrorCode::InvalidArgument, unknown()))
            };
            s.sasl_mechanisms = text(words)?.split_ascii_whitespace().map(known).collect::<Result<_, _>>()?;
            Ok(())
        })
    }
}

/// Adds, behind those offered so far, a SASL mechanism that the host speaks itself, such as
/// "GSSAPI": MAILTLS_EVENT_RESPONSE brings what clients say in it. It may also be one of mailtls's
/// own that the host wants to speak in its place.
///
/// The text is read during the call only. Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or
/// MAILTLS_ERROR_INVALID_ARGUMENT for what cannot be the name of a SASL mechanism (RFC 4422 section
/// 3.1); one that is named twice is told by _build.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_raw_sasl_mechanism(
    builder: *mut mailtls_server_config_builder,
    name: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            let raw = Mechanism::raw(text(name)?);
            s.sasl_mechanisms.push(raw.ok_or(Error::invalid("not the name of a SASL mechanism"))?);
            Ok(())
        })
    }
}

/// Sets whether IMAP LOGIN and POP3 USER and PASS are offered (1) or not (0). Default 1.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_password_commands(
    builder: *mut mailtls_server_config_builder,
    offered: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.password_commands = offered != 0;
            Ok(())
        })
    }
}

/// Sets the secret that SCRAM's salts are made from for users that have none stored, and for users
/// that there are not. A server that keeps it tells the same salts after a restart; all servers of a
/// service keep the same. Default, also for no octets at all: random ones when the configuration is
/// built.
///
/// It is copied, and mailtls wipes its copy. Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_scram_salts(
    builder: *mut mailtls_server_config_builder,
    secret: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.scram_salts = Secret::from(bytes(secret, len)?);
            Ok(())
        })
    }
}

/// Sets SCRAM's iterations for users that have no secret stored, and for users that there are not.
/// Default 4096, which is also the fewest (RFC 7677 section 4).
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT; an impossible value is told by _build.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_scram_iterations(
    builder: *mut mailtls_server_config_builder,
    iterations: u32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.scram_iterations = iterations;
            Ok(())
        })
    }
}

/// Sets the scope that a token needs, which OAUTHBEARER and XOAUTH2 tell with a refusal (RFC 7628
/// section 3.2.2). Not told by default.
///
/// The text is copied. Returns as mailtls_server_config_builder_host_name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_oauth_scope(
    builder: *mut mailtls_server_config_builder,
    scope: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.oauth_scope = Some(text(scope)?.into());
            Ok(())
        })
    }
}

/// Sets the address of the OpenID configuration, which OAUTHBEARER tells with a refusal (RFC 7628
/// section 3.2.2). Not told by default.
///
/// The text is copied. Returns as mailtls_server_config_builder_host_name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_oauth_configuration(
    builder: *mut mailtls_server_config_builder,
    address: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.oauth_configuration = Some(text(address)?.into());
            Ok(())
        })
    }
}

/// Says that the host can map clients' certificates of these authorities, in a PEM file, to users:
/// clients are asked for one (RFC 8314 section 4.2). Without this call none is ever asked for. A certificate
/// that a client shows may also be itself one of those in the file, self-signed or from any authority. One
/// without CA:TRUE is trusted for itself alone.
///
/// A valid one is told by MAILTLS_EVENT_CLIENT_CERTIFICATE; `invalid`, a
/// mailtls_invalid_client_certificate, says what becomes of another. A client that has none is
/// served all the same. Under TLS 1.2 a certificate crosses in clear. The file is read now and not
/// again; a second call takes the place of the first.
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_FILE_UNREADABLE;
/// MAILTLS_ERROR_NO_TRUST_ANCHOR if it holds no usable certificate; MAILTLS_ERROR_INVALID_ARGUMENT for
/// another `invalid`; MAILTLS_ERROR_NO_ENGINE in a build without TLS. Without a certificate of the server
/// _build refuses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_client_certificates_file(
    builder: *mut mailtls_server_config_builder,
    ca_file: *const c_char,
    invalid: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(builder, |b| {
            let invalid = invalid_certificate(invalid)?;
            client_certificates_file(b, text(ca_file)?, invalid)
        })
    }
}

/// Says that the host can map clients' certificates of these authorities, in a PEM text, which is
/// copied. For the rest it is as mailtls_server_config_builder_client_certificates_file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_client_certificates_pem(
    builder: *mut mailtls_server_config_builder,
    ca: *const u8,
    len: usize,
    invalid: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(builder, |b| {
            let invalid = invalid_certificate(invalid)?;
            client_certificates(b, bytes(ca, len)?, invalid)
        })
    }
}

fn invalid_certificate(number: i32) -> Result<Invalid, Error> {
    [Invalid::Refuse, Invalid::Anonymous]
        .into_iter()
        .find(|invalid| *invalid as i32 == number)
        .ok_or(Error::invalid("not a mailtls_invalid_client_certificate"))
}

/// Sets whether connections know their channel bindings (mailtls_connection_channel_binding): 1, or
/// 0 for the default, where they do when a mechanism that binds is offered.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_NO_ENGINE in a build without TLS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_channel_bindings(
    builder: *mut mailtls_server_config_builder,
    wanted: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(builder, |b| channel_bindings(b, wanted != 0)) }
}

#[cfg(feature = "engine")]
fn client_certificates_file(b: &mut Builder, ca: &str, invalid: Invalid) -> Result<(), Error> {
    let ca = super::file::Content::read(ca)?;
    b.builder.client_certificates_given(ca.given(), invalid.into()).map(|_| ())
}

#[cfg(feature = "engine")]
fn client_certificates(b: &mut Builder, ca: &[u8], invalid: Invalid) -> Result<(), Error> {
    b.builder.client_certificates(ca, invalid.into()).map(|_| ())
}

#[cfg(feature = "engine")]
impl From<Invalid> for crate::trust::client::InvalidClientCertificate {
    fn from(invalid: Invalid) -> Self {
        match invalid {
            Invalid::Refuse => Self::Refuse,
            Invalid::Anonymous => Self::Anonymous,
        }
    }
}

#[cfg(feature = "engine")]
#[allow(clippy::unnecessary_wraps)] // It can fail without the engine.
fn channel_bindings(b: &mut Builder, wanted: bool) -> Result<(), Error> {
    b.builder.channel_bindings(wanted);
    Ok(())
}

#[cfg(not(feature = "engine"))]
fn client_certificates_file(_: &mut Builder, _: &str, _: Invalid) -> Result<(), Error> {
    Err(super::no_engine())
}

#[cfg(not(feature = "engine"))]
fn client_certificates(_: &mut Builder, _: &[u8], _: Invalid) -> Result<(), Error> {
    Err(super::no_engine())
}

#[cfg(not(feature = "engine"))]
fn channel_bindings(_: &mut Builder, _: bool) -> Result<(), Error> {
    Err(super::no_engine())
}
