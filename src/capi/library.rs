//! Header section: the library, errors, services.

use super::types::{c_service, service};
use super::{guard, need, put, text};
use crate::error::{Error, ErrorCode, ErrorKind};
use crate::service::Service;
use core::ffi::c_char;

/// The ABI's number; it grows when a program built against an older header could break.
const ABI: u32 = 0;

/// Returns the library's version as text, "1.2.3", or NULL if the library is older than `least`
/// (0xMMmmpp: MAILTLS_VERSION_NUMBER of the header, or 0 for any). Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_version(least: u32) -> *const c_char {
    if version_number() < least {
        core::ptr::null()
    } else {
        concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
    }
}

/// Returns the number of the ABI the library was built with. A program compares it with
/// MAILTLS_ABI of the header it was built against.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_abi() -> u32 {
    ABI
}

fn version_number() -> u32 {
    let part = |text: &str| text.parse::<u32>().unwrap_or(0);
    part(env!("CARGO_PKG_VERSION_MAJOR")) << 16
        | part(env!("CARGO_PKG_VERSION_MINOR")) << 8
        | part(env!("CARGO_PKG_VERSION_PATCH"))
}

/// Returns the meaning of an error number in a few words; for 0 "success", for an unknown number
/// "unknown error". Never NULL. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_error_text(error: i32) -> *const c_char {
    let text = match ErrorCode::from_number(error) {
        Some(code) => code.c_text(),
        None if error == 0 => c"success",
        None => c"unknown error",
    };
    text.as_ptr()
}

/// Returns 1 if the error is fatal (MAILTLS_ERROR_INTERNAL and below: the connection is over),
/// 0 if it is the caller's misuse and nothing has changed, or not an error.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_error_is_fatal(error: i32) -> i32 {
    ErrorCode::from_number(error).is_some_and(|code| code.kind() != ErrorKind::Misuse).into()
}

/// Finds a service by its IANA name ("imaps", "pop3s", "submissions", "imap", "pop3",
/// "submission").
///
/// `name` is read during the call only; `*found` gets a mailtls_service.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT for another name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_service_from_name(name: *const c_char, found: *mut i32) -> i32 {
    guard(|| {
        need(found)?;
        // SAFETY: a C string or NULL, by the contract.
        let name = unsafe { text(name) }?;
        let service: Service = name.parse().map_err(|_| Error::invalid("not a service name"))?;
        // SAFETY: writable, by the contract.
        unsafe { put(found, c_service(service) as i32) }
    })
}

/// Returns the IANA name of a service, or NULL if there is no such service. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_service_name(number: i32) -> *const c_char {
    let name = match service(number) {
        Ok(Service::Imaps) => c"imaps",
        Ok(Service::Pop3s) => c"pop3s",
        Ok(Service::Submissions) => c"submissions",
        Ok(Service::Imap) => c"imap",
        Ok(Service::Pop3) => c"pop3",
        Ok(Service::Submission) => c"submission",
        Err(_) => return core::ptr::null(),
    };
    name.as_ptr()
}

/// Returns the TCP port of a service, or MAILTLS_ERROR_INVALID_ARGUMENT if there is no such
/// service.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_service_port(number: i32) -> i32 {
    service(number).map_or(ErrorCode::InvalidArgument.number(), |service| service.port().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::ffi::CStr;

    #[test]
    fn names_are_those_of_rust() {
        for s in Service::all() {
            let number = c_service(s) as i32;
            // SAFETY: a static text.
            let name = unsafe { CStr::from_ptr(mailtls_service_name(number)) };
            assert_eq!(name.to_str(), Ok(s.name()));
            assert_eq!(mailtls_service_port(number), i32::from(s.port()));
        }
        assert!(mailtls_service_name(0).is_null());
        assert!(mailtls_service_port(7) < 0);
    }

    #[test]
    fn version_is_that_of_the_package() {
        assert!(!mailtls_version(0).is_null());
        assert!(!mailtls_version(version_number()).is_null());
        assert!(mailtls_version(version_number() + 1).is_null());
    }
}
