//! Header section: what has come of SRV records: the servers that may be tried, and those that may not.

use super::identity::{made as references_handle, mailtls_references};
use super::srv::mailtls_srv;
use super::types::c_service;
use super::{Answer, look, need, peek};
use crate::account::srv::{Candidate, Dismissal, Dismissed, Security, Warning};
use crate::error::Error;
use core::ffi::c_char;
use std::ffi::CString;

/// How a connection to a candidate is protected.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_security {
    /// There is no such candidate.
    None = 0,
    /// By TLS from the first byte.
    ImplicitTls = 1,
    /// By STARTTLS.
    StartTls = 2,
    /// By nothing.
    Cleartext = 3,
}

/// What the user should know of a candidate: bits of one number.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_warning {
    /// Passwords and messages are exposed: there is no TLS.
    Cleartext = 1,
    /// DNSSEC has not proved the record.
    Unsigned = 2,
    /// The server is outside the domain that was asked for.
    OutsideDomain = 4,
}

/// Why a server is not a candidate.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_dismissal {
    /// There is no such server.
    None = 0,
    /// It is below the minimum of the account.
    BelowMinimum = 1,
    /// It is known to have no STARTTLS.
    NoStartTls = 2,
    /// It is outside the domain, neither proved by DNSSEC nor confirmed by the user, who may be asked
    /// (mailtls_srv_confirm).
    OutsideDomain = 3,
}

/// Looks something up in a candidate.
///
/// # Safety
/// As for [`peek`].
unsafe fn candidate<T: Answer + Copy>(
    srv: *const mailtls_srv,
    index: usize,
    otherwise: T,
    look: impl FnOnce(&(Candidate, CString)) -> T,
) -> T {
    // SAFETY: the caller's promise.
    unsafe { peek(srv, otherwise, |s| s.candidates.get(index).map_or(otherwise, look)) }
}

/// Likewise, in a server that is none.
///
/// # Safety
/// As for [`peek`].
unsafe fn dismissed<T: Answer + Copy>(
    srv: *const mailtls_srv,
    index: usize,
    otherwise: T,
    look: impl FnOnce(&(Dismissed, CString)) -> T,
) -> T {
    // SAFETY: the caller's promise.
    unsafe { peek(srv, otherwise, |s| s.dismissed.get(index).map_or(otherwise, look)) }
}

/// Returns how many candidates the last mailtls_srv_order has found.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_candidate_count(srv: *const mailtls_srv) -> usize {
    // SAFETY: by the contract.
    unsafe { peek(srv, 0, |s| s.candidates.len()) }
}

/// Returns the host of a candidate, from 0, or NULL. Valid until the next call that takes the same
/// handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_candidate_host(srv: *const mailtls_srv, index: usize) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { candidate(srv, index, core::ptr::null(), |(_, host)| host.as_ptr()) }
}

/// Returns the TCP port of a candidate, or 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_candidate_port(srv: *const mailtls_srv, index: usize) -> u16 {
    // SAFETY: by the contract.
    unsafe { candidate(srv, index, 0, |(c, _)| c.endpoint.port) }
}

/// Returns the mailtls_service of a candidate, or 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_candidate_service(srv: *const mailtls_srv, index: usize) -> i32 {
    // SAFETY: by the contract.
    unsafe { candidate(srv, index, 0, |(c, _)| c_service(c.endpoint.service) as i32) }
}

/// Returns the mailtls_security of a candidate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_candidate_security(srv: *const mailtls_srv, index: usize) -> i32 {
    let number = |security| match security {
        Security::ImplicitTls => mailtls_security::ImplicitTls,
        Security::StartTls => mailtls_security::StartTls,
        Security::Cleartext => mailtls_security::Cleartext,
    };
    // SAFETY: by the contract.
    unsafe { candidate(srv, index, mailtls_security::None as i32, |(c, _)| number(c.security) as i32) }
}

/// Returns what the user should know of a candidate: the sum of mailtls_warning.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_candidate_warnings(srv: *const mailtls_srv, index: usize) -> i32 {
    let bit = |warning: &Warning| match warning {
        Warning::Cleartext => mailtls_warning::Cleartext as i32,
        Warning::Unsigned => mailtls_warning::Unsigned as i32,
        Warning::OutsideDomain => mailtls_warning::OutsideDomain as i32,
    };
    // SAFETY: by the contract.
    unsafe { candidate(srv, index, 0, |(c, _)| c.warnings.iter().map(bit).sum()) }
}

/// Returns 1 if a candidate may be taken without asking the user, otherwise 0: one without TLS may
/// only where there is nothing else, and then with its warning (RFC 8314 section 5.1).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_candidate_automatic(srv: *const mailtls_srv, index: usize) -> i32 {
    // SAFETY: by the contract.
    unsafe { candidate(srv, index, false, |(c, _)| c.automatic) }.into()
}

/// Tells whom the certificate of a candidate must be for: the mail domain and its service, and the
/// candidate's own name only where DNSSEC has proved it or the user has confirmed it (RFC 7817 section
/// 3). For mailtls_target_references, with the candidate's host as the host of the target.
///
/// `*references` is written only on success; end it with mailtls_references_free. Returns 0,
/// MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT (no such candidate).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_candidate_references(
    srv: *const mailtls_srv,
    index: usize,
    references: *mut *mut mailtls_references,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(srv, |s| {
            need(references)?;
            let (candidate, _) =
                s.candidates.get(index).ok_or_else(|| Error::invalid("no such candidate"))?;
            let found = candidate.references(s.answers.domain().as_str())?;
            references_handle(found, references)
        })
    }
}

/// Returns how many servers the last mailtls_srv_order has found that may not be tried.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_dismissed_count(srv: *const mailtls_srv) -> usize {
    // SAFETY: by the contract.
    unsafe { peek(srv, 0, |s| s.dismissed.len()) }
}

/// Returns the host of one of them, from 0, or NULL. Valid until the next call that takes the same
/// handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_dismissed_host(srv: *const mailtls_srv, index: usize) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { dismissed(srv, index, core::ptr::null(), |(_, host)| host.as_ptr()) }
}

/// Returns the mailtls_service of one of them, or 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_dismissed_service(srv: *const mailtls_srv, index: usize) -> i32 {
    // SAFETY: by the contract.
    unsafe { dismissed(srv, index, 0, |(d, _)| c_service(d.endpoint.service) as i32) }
}

/// Returns the mailtls_dismissal of one of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_dismissed_why(srv: *const mailtls_srv, index: usize) -> i32 {
    let number = |why: &Dismissal| match why {
        Dismissal::BelowMinimum(_) => mailtls_dismissal::BelowMinimum,
        Dismissal::NoStartTls => mailtls_dismissal::NoStartTls,
        Dismissal::OutsideDomain => mailtls_dismissal::OutsideDomain,
    };
    // SAFETY: by the contract.
    unsafe { dismissed(srv, index, mailtls_dismissal::None as i32, |(d, _)| number(&d.why) as i32) }
}

/// Returns how many unusable records were added: with port 0, an address or another impossible name as
/// the target, malformed data, or the target "." beside others.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_unusable_count(srv: *const mailtls_srv) -> usize {
    // SAFETY: by the contract.
    unsafe { peek(srv, 0, |s| s.unusable.len()) }
}

/// Returns one line about one of them, from 0, such as "imaps \"192.0.2.1\" 993: the target is an address, not
/// a name", or NULL. Valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_unusable(srv: *const mailtls_srv, index: usize) -> *const c_char {
    // SAFETY: by the contract.
    unsafe {
        peek(srv, core::ptr::null(), |s| {
            s.unusable.get(index).map_or(core::ptr::null(), |line| line.as_ptr())
        })
    }
}
