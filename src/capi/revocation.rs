//! Header section: certificates that have been revoked.

use super::client_config::mailtls_client_config_builder;
use super::server_config::mailtls_server_config_builder;
use super::{bytes, with};

/// Has certificates of servers refused that these lists name as revoked (RFC 5280 section 5): one list
/// in DER, or those of a PEM text, besides those given before. They are copied. The host program
/// fetches them, and builds a new configuration when it has newer ones.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT when one cannot be read or
/// there is none; MAILTLS_ERROR_NO_ENGINE in a build without TLS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_revocation_list(
    builder: *mut mailtls_client_config_builder,
    list: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(builder, |b| client::add(b, bytes(list, len)?)) }
}

/// Sets whether certificates of servers are refused (1) that the lists do not tell the state of, or
/// only by a list whose time has passed; or accepted (0). Default 0.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_NO_ENGINE in a build without TLS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_refuse_unknown_revocation(
    builder: *mut mailtls_client_config_builder,
    refuse: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(builder, |b| client::refuse_unknown(b, refuse != 0)) }
}

/// Has certificates of clients refused that these lists name as revoked (RFC 5280 section 5): one list
/// in DER, or those of a PEM text, besides those given before. They are copied. The host program
/// fetches them, and builds a new configuration when it has newer ones.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT when one cannot be read or
/// there is none; MAILTLS_ERROR_NO_ENGINE in a build without TLS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_revocation_list(
    builder: *mut mailtls_server_config_builder,
    list: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(builder, |b| server::add(b, bytes(list, len)?)) }
}

/// Sets whether certificates of clients are refused (1) that the lists do not tell the state of, or
/// only by a list whose time has passed; or accepted (0). Default 0.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_NO_ENGINE in a build without TLS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_refuse_unknown_revocation(
    builder: *mut mailtls_server_config_builder,
    refuse: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(builder, |b| server::refuse_unknown(b, refuse != 0)) }
}

mod client {
    use super::super::client_config::mailtls_client_config_builder as Builder;
    use crate::error::Error;

    #[cfg(feature = "engine")]
    pub(super) fn add(b: &mut Builder, list: &[u8]) -> Result<(), Error> {
        b.builder.revocation_list(list).map(|_| ())
    }

    #[cfg(feature = "engine")]
    #[allow(clippy::unnecessary_wraps)] // It can fail without the engine.
    pub(super) fn refuse_unknown(b: &mut Builder, refuse: bool) -> Result<(), Error> {
        use crate::UnknownRevocation::{Accept, Refuse};
        b.builder.unknown_revocation(if refuse { Refuse } else { Accept });
        Ok(())
    }

    #[cfg(not(feature = "engine"))]
    pub(super) fn add(_: &mut Builder, _: &[u8]) -> Result<(), Error> {
        Err(super::super::no_engine())
    }

    #[cfg(not(feature = "engine"))]
    pub(super) fn refuse_unknown(_: &mut Builder, _: bool) -> Result<(), Error> {
        Err(super::super::no_engine())
    }
}

mod server {
    use super::super::server_config::mailtls_server_config_builder as Builder;
    use crate::error::Error;

    #[cfg(feature = "engine")]
    pub(super) fn add(b: &mut Builder, list: &[u8]) -> Result<(), Error> {
        b.builder.revocation_list(list).map(|_| ())
    }

    #[cfg(feature = "engine")]
    #[allow(clippy::unnecessary_wraps)] // It can fail without the engine.
    pub(super) fn refuse_unknown(b: &mut Builder, refuse: bool) -> Result<(), Error> {
        use crate::UnknownRevocation::{Accept, Refuse};
        b.builder.unknown_revocation(if refuse { Refuse } else { Accept });
        Ok(())
    }

    #[cfg(not(feature = "engine"))]
    pub(super) fn add(_: &mut Builder, _: &[u8]) -> Result<(), Error> {
        Err(super::super::no_engine())
    }

    #[cfg(not(feature = "engine"))]
    pub(super) fn refuse_unknown(_: &mut Builder, _: bool) -> Result<(), Error> {
        Err(super::super::no_engine())
    }
}
