//! Header section: the registries of TLS.

use super::text;
use crate::error::{Error, ErrorCode};
use crate::tls::registry::{CipherSuite, Group, SignatureScheme, Version};
use core::ffi::{CStr, c_char};

/// A name of the tables for C; they live as long as the program.
fn name(name: Option<&'static CStr>) -> *const c_char {
    name.map_or(core::ptr::null(), CStr::as_ptr)
}

/// A code point for C, or an error's number.
///
/// # Safety
/// `name` is NULL or NUL-terminated.
unsafe fn code(name: *const c_char, find: impl FnOnce(&str) -> Option<u16>) -> i32 {
    let mut code = ErrorCode::Internal.number();
    let failed = super::guard(|| {
        // SAFETY: the caller's promise.
        let found = find(unsafe { text(name) }?);
        code = i32::from(found.ok_or_else(|| Error::invalid("nothing has this name"))?);
        Ok(())
    });
    if failed == 0 { code } else { failed }
}

/// Returns the name of a TLS version, such as "TLSv1.3" for 0x0304, or NULL where it has none. Valid
/// for ever.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_tls_version_name(version: u16) -> *const c_char {
    name(Version(version).c_name())
}

/// Returns the code point of the TLS version with this name, in upper or lower case.
///
/// Or MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT when none has it; both are
/// negative.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tls_version_from_name(version_name: *const c_char) -> i32 {
    // SAFETY: a C string or NULL, by the contract.
    unsafe { code(version_name, |name| Version::from_name(name).map(|version| version.0)) }
}

/// Returns IANA's name of a cipher suite, or NULL when it is not registered. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_cipher_suite_name(suite: u16) -> *const c_char {
    name(CipherSuite(suite).c_name())
}

/// Returns OpenSSL's name of a cipher suite, or NULL when it has none. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_cipher_suite_openssl_name(suite: u16) -> *const c_char {
    name(CipherSuite(suite).c_openssl_name())
}

/// Returns GnuTLS's name of a cipher suite, or NULL when it has none. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_cipher_suite_gnutls_name(suite: u16) -> *const c_char {
    name(CipherSuite(suite).c_gnutls_name())
}

/// Returns how many bits the key of a cipher suite's cipher has; 0 when it does not encrypt, and when
/// it is not registered.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_cipher_suite_bits(suite: u16) -> i32 {
    CipherSuite(suite).bits().map_or(0, i32::from)
}

/// Returns the code point of the cipher suite with this name of IANA's or OpenSSL's, in upper or lower
/// case.
///
/// Or MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT when none has it; both are
/// negative.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_cipher_suite_from_name(suite_name: *const c_char) -> i32 {
    // SAFETY: a C string or NULL, by the contract.
    unsafe { code(suite_name, |name| CipherSuite::from_name(name).map(|suite| suite.0)) }
}

/// Returns IANA's name of a group, or NULL when it is not registered. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_group_name(group: u16) -> *const c_char {
    name(Group(group).c_name())
}

/// Returns the code point of the group with this name of IANA's or OpenSSL's, as
/// mailtls_cipher_suite_from_name does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_group_from_name(group_name: *const c_char) -> i32 {
    // SAFETY: a C string or NULL, by the contract.
    unsafe { code(group_name, |name| Group::from_name(name).map(|group| group.0)) }
}

/// Returns IANA's name of a signature scheme, or NULL when it is not registered. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_signature_scheme_name(scheme: u16) -> *const c_char {
    name(SignatureScheme(scheme).c_name())
}

/// Returns the code point of the signature scheme with this IANA name, as
/// mailtls_cipher_suite_from_name does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_signature_scheme_from_name(scheme_name: *const c_char) -> i32 {
    // SAFETY: a C string or NULL, by the contract.
    unsafe { code(scheme_name, |name| SignatureScheme::from_name(name).map(|scheme| scheme.0)) }
}
