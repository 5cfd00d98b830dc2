//! Header section: TLSA records.

use super::target::mailtls_target;
use super::{
    Handle, Poison, bytes, c_text, copy_out, free, hand_out, need, null, or_null, other, peek, put, text,
    with,
};
use crate::error::{Error, ErrorCode};
use crate::trust::tlsa::{CertificateUsage, MatchingType, Selector, TlsaRecord, TlsaRecords};
use core::ffi::c_char;
use std::ffi::CString;

/// No answer of DNS has more.
const MAX_RECORDS: usize = 1000;

/// The TLSA records of a host and port (RFC 6698, RFC 7671). Used by one thread at a time; targets
/// take a copy.
pub struct mailtls_tlsa {
    records: Vec<TlsaRecord>,
    reason: Option<CString>,
    poison: Poison,
}

impl Handle for mailtls_tlsa {
    fn poison(&self) -> &Poison {
        &self.poison
    }

    fn note(&mut self, error: &Error) {
        self.reason = Some(c_text(error.reason()));
    }
}

impl mailtls_tlsa {
    fn add(&mut self, record: TlsaRecord) -> Result<(), Error> {
        if self.records.len() >= MAX_RECORDS {
            return Err(Error::invalid("too many TLSA records"));
        }
        self.records.push(record);
        Ok(())
    }

    /// The word was given when the handle was made.
    fn validated(&self) -> TlsaRecords {
        TlsaRecords::dnssec_validated(self.records.iter().cloned())
    }
}

/// Makes an empty set of TLSA records, with the caller's word that DNSSEC has proved every record that
/// will be added, and the names that have led to it. Records that are not proved must not be added:
/// whoever forges one would decide whom to believe.
///
/// `*tlsa` is written only on success; end it with mailtls_tlsa_free.
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tlsa_dnssec_validated(tlsa: *mut *mut mailtls_tlsa) -> i32 {
    super::guard(|| {
        need(tlsa)?;
        let made = mailtls_tlsa { records: Vec::new(), reason: None, poison: Poison::default() };
        // SAFETY: writable, by the contract.
        unsafe { put(tlsa, hand_out(made)) }
    })
}

/// Frees TLSA records. NULL is allowed. Targets that have them are not affected.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tlsa_free(tlsa: *mut mailtls_tlsa) {
    // SAFETY: from _dnssec_validated, by the contract.
    unsafe { free(tlsa) }
}

/// Returns one line about the last call with these records that failed, or NULL. Valid until the
/// next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tlsa_reason(tlsa: *const mailtls_tlsa) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(tlsa, core::ptr::null(), |t| or_null(t.reason.as_ref())) }
}

/// Adds a record from its text in a zone file: "3 1 1 " and the data in hexadecimal.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; or MAILTLS_ERROR_INVALID_ARGUMENT if it is not a record, and
/// for more than 1000 of them. Numbers that mean nothing here make a record that counts for nothing, not
/// an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tlsa_add_text(tlsa: *mut mailtls_tlsa, record: *const c_char) -> i32 {
    // SAFETY: by the contract.
    unsafe { with(tlsa, |t| t.add(text(record)?.parse()?)) }
}

/// Adds a record from the RDATA of a DNS answer, `length` octets. They are copied.
///
/// Returns as mailtls_tlsa_add_text does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tlsa_add_rdata(
    tlsa: *mut mailtls_tlsa,
    rdata: *const u8,
    length: usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(tlsa, |t| {
            if rdata.is_null() {
                return Err(null());
            }
            t.add(TlsaRecord::from_rdata(bytes(rdata, length)?)?)
        })
    }
}

/// Returns how many of the records count. When none does, it is as if there were no records.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tlsa_usable_count(tlsa: *const mailtls_tlsa) -> usize {
    // SAFETY: by the contract.
    unsafe { peek(tlsa, 0, |t| t.validated().usable().count()) }
}

/// Compares the records with one certificate, `length` octets of DER, for hosts whose own TLS library
/// builds the chain. `*usage` gets the certificate usage of the record that is about it, the highest if
/// there are several: 3 for a leaf says that no more is needed (RFC 7671 section 5.1); 1 for a leaf, and
/// 0 for an authority in its chain, that all checks of the chain must have been passed as well; 2 for an
/// authority in the chain, that it is the trust anchor.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; or MAILTLS_ERROR_CERTIFICATE_UNTRUSTED when no record that
/// counts is about it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tlsa_match(
    tlsa: *mut mailtls_tlsa,
    der: *const u8,
    length: usize,
    usage: *mut i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(tlsa, |t| {
            need(usage)?;
            if der.is_null() {
                return Err(null());
            }
            let der = bytes(der, length)?;
            let records = t.validated();
            let about = records.usable().filter(|record| record.matches(der));
            let found = about.map(|record| record.usage().0).max();
            let none = Error::new(ErrorCode::CertificateUntrusted, "no TLSA record is about the certificate");
            put(usage, found.ok_or(none)?.into())
        })
    }
}

/// Writes the record that a certificate, `length` octets of DER, has for this certificate usage (0 to
/// 3), selector (0 the certificate, 1 its key) and matching type (0 the whole, 1 SHA-256, 2 SHA-512):
/// its text in a zone file is copied to `buffer`, not NUL-terminated. `*written` gets its length, also
/// when there is no room.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, MAILTLS_ERROR_BUFFER_TOO_SMALL, MAILTLS_ERROR_INVALID_ARGUMENT
/// for numbers that are none of these, or MAILTLS_ERROR_CERTIFICATE_UNFIT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tlsa_of_certificate(
    usage: i32,
    selector: i32,
    matching_type: i32,
    der: *const u8,
    length: usize,
    buffer: *mut u8,
    capacity: usize,
    written: *mut usize,
) -> i32 {
    super::guard(|| {
        if der.is_null() {
            return Err(null());
        }
        let number = |number: i32| u8::try_from(number).ok().filter(|&number| number < 4);
        let number = |value| number(value).ok_or(Error::invalid("no such number in a TLSA record"));
        let usage = CertificateUsage(number(usage)?);
        let (selector, matching_type) = (Selector(number(selector)?), MatchingType(number(matching_type)?));
        // SAFETY: by the contract.
        let der = unsafe { bytes(der, length) }?;
        let record = TlsaRecord::of_certificate(usage, selector, matching_type, der)?;
        // SAFETY: by the contract.
        unsafe { copy_out(record.to_string().as_bytes(), buffer, capacity, written) }
    })
}

/// Gives a target the TLSA records of its host and port: they decide about the certificate, where one
/// of them counts. They are copied.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_target_tlsa(target: *mut mailtls_target, tlsa: *const mailtls_tlsa) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(target, |t| {
            let records = other(tlsa)?.validated();
            t.change(|target| target.tlsa(records));
            Ok(())
        })
    }
}
