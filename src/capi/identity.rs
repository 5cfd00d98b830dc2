//! Header section: whom a certificate must be for, and whether it is.

use super::target::mailtls_target;
use super::types::service;
use super::{
    Handle, Poison, bytes, c_text, copy_out, free, hand_out, look, need, null, or_null, other, peek, put,
    text, with,
};
use crate::error::{Error, ErrorCode};
use crate::trust::identity::{Origin, PresentedIdentifiers, References};
use core::ffi::c_char;
use std::ffi::CString;

/// Where a name comes from (RFC 7817 section 3).
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_origin {
    /// The user has typed it.
    TypedByUser = 0,
    /// DNS has answered it, and DNSSEC has proved the answer, all the way from a name that the user has
    /// typed.
    DnssecProven = 1,
    /// The user has been shown it and has said that it is right.
    ConfirmedByUser = 2,
    /// DNS has answered it, and nobody knows whether that is true.
    UnprovenSrv = 3,
}

/// An origin from C.
fn origin(number: i32) -> Result<Origin, Error> {
    let known = [
        (mailtls_origin::TypedByUser, Origin::TypedByUser),
        (mailtls_origin::DnssecProven, Origin::DnssecProven),
        (mailtls_origin::ConfirmedByUser, Origin::ConfirmedByUser),
        (mailtls_origin::UnprovenSrv, Origin::UnprovenSrv),
    ];
    let found = known.into_iter().find(|(own, _)| *own as i32 == number);
    found.map(|(_, origin)| origin).ok_or(Error::invalid("not an origin"))
}

/// The reference identifiers of a connection: the certificate must be for one of them (RFC 9525, RFC
/// 7817). Used by one thread at a time; targets take a copy.
///
/// Names may be international: they are compared as A-labels.
pub struct mailtls_references {
    inner: References,
    reason: Option<CString>,
    poison: Poison,
}

impl Handle for mailtls_references {
    fn poison(&self) -> &Poison {
        &self.poison
    }

    fn note(&mut self, error: &Error) {
        self.reason = Some(c_text(error.reason()));
    }
}

impl mailtls_references {
    /// Changes it by one of the methods that take it and give it back.
    fn change(&mut self, change: impl FnOnce(References) -> Result<References, Error>) -> Result<(), Error> {
        self.inner = change(self.inner.clone())?;
        Ok(())
    }
}

/// Makes a handle.
///
/// # Safety
/// `references` is NULL or can be written.
pub(super) unsafe fn made(inner: References, references: *mut *mut mailtls_references) -> Result<(), Error> {
    // SAFETY: the caller's promise.
    unsafe {
        put(references, hand_out(mailtls_references { inner, reason: None, poison: Poison::default() }))
    }
}

/// Begins with a host that the user has typed: a DNS name, or an IP address.
///
/// The text is copied. `*references` is written only on success; end it with mailtls_references_free.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT for what is neither.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_references_of_host(
    host: *const c_char,
    references: *mut *mut mailtls_references,
) -> i32 {
    super::guard(|| {
        need(references)?;
        // SAFETY: by the contract.
        unsafe { made(References::of_host(text(host)?)?, references) }
    })
}

/// Begins with the domain of the mail address that the user has typed, for a mailtls_service of it:
/// the certificate may be for the domain, or for this service of it (its SRV-ID, such as
/// _imaps.example.net).
///
/// The text is copied. `*references` is written only on success; end it with mailtls_references_free.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT (not a service, no DNS
/// name).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_references_for_mail_domain(
    service_number: i32,
    domain: *const c_char,
    references: *mut *mut mailtls_references,
) -> i32 {
    super::guard(|| {
        need(references)?;
        // SAFETY: by the contract.
        unsafe { made(References::for_mail_domain(service(service_number)?, text(domain)?)?, references) }
    })
}

/// Frees references. NULL is allowed. Targets that have them are not affected.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_references_free(references: *mut mailtls_references) {
    // SAFETY: from one of the functions that begin, by the contract.
    unsafe { free(references) }
}

/// Returns one line about the last call with these references that failed, or NULL: after a
/// mailtls_references_check, for whom the certificate was to be, and for whom it is instead. Valid
/// until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_references_reason(references: *const mailtls_references) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(references, core::ptr::null(), |r| or_null(r.reason.as_ref())) }
}

/// Adds a host that the user has typed as well: a DNS name, or an IP address.
///
/// The text is copied. Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT for
/// what is neither.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_references_host(
    references: *mut mailtls_references,
    host: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(references, |r| r.change(|inner| inner.host(text(host)?))) }
}

/// Adds the target of an SRV record. `origin_number` is a mailtls_origin: how the answer has become
/// trustworthy.
///
/// The text is copied. Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; or MAILTLS_ERROR_INVALID_ARGUMENT for no
/// origin, for MAILTLS_ORIGIN_UNPROVEN_SRV, which RFC 7817 section 3 forbids here, and if the text is not
/// a valid DNS name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_references_srv_target(
    references: *mut mailtls_references,
    srv_target: *const c_char,
    origin_number: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(references, |r| r.change(|inner| inner.srv_target(text(srv_target)?, origin(origin_number)?)))
    }
}

/// Says whether the common name of the subject counts (`allowed` is 1) where the certificate has no
/// name of a kind that is there for this. In the beginning it does not: RFC 9525 no longer knows it.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT for neither 0 nor 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_references_common_name_fallback(
    references: *mut mailtls_references,
    allowed: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(references, |r| {
            if !matches!(allowed, 0 | 1) {
                return Err(Error::invalid("neither 0 nor 1"));
            }
            r.change(|inner| Ok(inner.common_name_fallback(allowed == 1)))
        })
    }
}

/// Copies the references to `buffer` as one line for a user or a log, `example.net or
/// _imaps.example.net`. It is not NUL-terminated. `*length` gets its length, also when there is no
/// room.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_references_text(
    references: *const mailtls_references,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { look(references, |r| copy_out(r.inner.to_string().as_bytes(), buffer, capacity, length)) }
}

/// Checks whether a leaf certificate, `length` octets of DER, is for one of the references. It is the
/// check of the name alone: what stands behind the certificate is for the host's own TLS library to
/// check. The octets are not kept.
///
/// Returns 0; MAILTLS_ERROR_CERTIFICATE_NAME_MISMATCH, and then mailtls_references_reason tells whom
/// the certificate is for; MAILTLS_ERROR_CERTIFICATE_UNFIT when it is no certificate; or
/// MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_references_check(
    references: *mut mailtls_references,
    der: *const u8,
    length: usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(references, |r| {
            if der.is_null() {
                return Err(null());
            }
            let presented = PresentedIdentifiers::from_der(bytes(der, length)?)?;
            let mismatch = |why: String| Error::new(ErrorCode::CertificateNameMismatch, why);
            r.inner.check(&presented).map(|_| ()).map_err(|found| mismatch(found.to_string()))
        })
    }
}

/// Says whom the certificate of a target must be for, in the place of its host. They are copied.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_target_references(
    target: *mut mailtls_target,
    references: *const mailtls_references,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(target, |t| {
            let inner = other(references)?.inner.clone();
            t.change(|target| target.references(inner));
            Ok(())
        })
    }
}
