//! Header section: servers from SRV records, given field by field or as a DNS response.

use super::account::mailtls_minimum;
use super::tls_facts::mailtls_tls_facts;
use super::types::{c_service, protocol, service};
use super::{
    Handle, Poison, bytes, c_text, copy_out, free, guard, hand_out, look, need, null, optional, or_null,
    other, peek, put, text, with,
};
use crate::account::srv::{
    Answers, Candidate, Confirmed, Discovery, Dismissed, Dnssec, Endpoint, Found, Rules, drift,
};
use crate::account::{HostName, Minimum};
use crate::error::Error;
use core::ffi::{CStr, c_char};
use std::ffi::CString;

/// What DNS has answered for the domain of a mail address, and what a client may make of it (RFC 6186,
/// RFC 8314 section 5.1). Used by one thread at a time.
pub struct mailtls_srv {
    pub(super) answers: Answers,
    cleartext: bool,
    confirmed: Vec<Confirmed>,
    found: Vec<(HostName, u16, Found)>,
    pub(super) candidates: Vec<(Candidate, CString)>,
    pub(super) dismissed: Vec<(Dismissed, CString)>,
    pub(super) unusable: Vec<CString>,
    reason: Option<CString>,
    poison: Poison,
}

impl Handle for mailtls_srv {
    fn poison(&self) -> &Poison {
        &self.poison
    }

    fn note(&mut self, error: &Error) {
        self.reason = Some(c_text(error.reason()));
    }
}

/// Begins with the domain of the user's mail address, in A-labels.
///
/// `*srv` is written only on success; end it with mailtls_srv_free. Returns 0,
/// MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_new(domain: *const c_char, srv: *mut *mut mailtls_srv) -> i32 {
    guard(|| {
        need(srv)?;
        // SAFETY: a C string or NULL, by the contract.
        let answers = Answers::new(unsafe { text(domain) }?)?;
        let made = mailtls_srv {
            answers,
            cleartext: false,
            confirmed: Vec::new(),
            found: Vec::new(),
            candidates: Vec::new(),
            dismissed: Vec::new(),
            unusable: Vec::new(),
            reason: None,
            poison: Poison::default(),
        };
        // SAFETY: writable, by the contract.
        unsafe { put(srv, hand_out(made)) }
    })
}

/// Frees it. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_free(srv: *mut mailtls_srv) {
    // SAFETY: from _new, by the contract.
    unsafe { free(srv) }
}

/// Returns one line about the last call that failed, or NULL. Valid until the next call that takes
/// the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_reason(srv: *const mailtls_srv) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(srv, core::ptr::null(), |s| or_null(s.reason.as_ref())) }
}

/// Writes the name to ask SRV records of for a service, such as "_imaps._tcp.example.org", to `buffer`;
/// `*len` gets its length, also when there is no room. It is not NUL-terminated.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT (not a service); or
/// MAILTLS_ERROR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_query_name(
    srv: *const mailtls_srv,
    service_number: i32,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(srv, |s| copy_out(s.answers.query(service(service_number)?).as_bytes(), buffer, capacity, len))
    }
}

fn dnssec(validated: i32) -> Dnssec {
    if validated != 0 { Dnssec::Validated } else { Dnssec::Unsigned }
}

/// Adds an SRV record by its fields. The target "." says that the service is not offered (RFC 2782);
/// its port may then be 0. `dnssec_validated` is not 0 if DNSSEC has proved the answer: it is the
/// caller's word. `target` may hold any octets. An unusable record, such as one with port 0 or an address
/// as its target, is set aside (its reason: mailtls_srv_unusable).
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT (not a service); or
/// MAILTLS_ERROR_LIMIT_EXCEEDED with more than 256 records.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_add(
    srv: *mut mailtls_srv,
    service_number: i32,
    priority: u16,
    weight: u16,
    port: u16,
    target: *const c_char,
    dnssec_validated: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(srv, |s| {
            let dnssec = dnssec(dnssec_validated);
            if target.is_null() {
                return Err(null());
            }
            let target = CStr::from_ptr(target).to_string_lossy();
            s.answers.add(service(service_number)?, priority, weight, port, &target, dnssec)?;
            s.note_unusable();
            Ok(())
        })
    }
}

/// Adds the SRV records of a DNS response to the question for a service, as it came from the resolver,
/// without the two octets of length that TCP puts before it. That there is no record, or no such name,
/// is an answer too. Whether the response is from the right resolver and has the right ID is the
/// caller's to check. Unusable records are set aside (their reasons: mailtls_srv_unusable), and the
/// others used.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT (not a service);
/// MAILTLS_ERROR_SYNTAX, and mailtls_srv_reason says why, if the response does not answer this question:
/// malformed, to another question, cut off (then ask over TCP), a failure of the name server;
/// MAILTLS_ERROR_LIMIT_EXCEEDED; or MAILTLS_ERROR_WRONG_STATE in a build without the feature `dns`. A
/// handle goes on after each of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_add_response(
    srv: *mut mailtls_srv,
    service_number: i32,
    response: *const u8,
    len: usize,
    dnssec_validated: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(srv, |s| {
            let (service, response) = (service(service_number)?, bytes(response, len)?);
            add_response(&mut s.answers, service, response, dnssec(dnssec_validated))?;
            s.note_unusable();
            Ok(())
        })
    }
}

#[cfg(feature = "dns")]
fn add_response(
    answers: &mut Answers,
    service: crate::Service,
    response: &[u8],
    dnssec: Dnssec,
) -> Result<(), Error> {
    Ok(answers.add_response(service, response, dnssec)?)
}

#[cfg(not(feature = "dns"))]
fn add_response(_: &mut Answers, _: crate::Service, _: &[u8], _: Dnssec) -> Result<(), Error> {
    Err(Error::wrong_state("this build of mailtls reads no DNS responses"))
}

/// Lets a server outside the domain be used, which the user has confirmed by its name (RFC 6186 section
/// 6). Takes effect with the next mailtls_srv_order.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_confirm(srv: *mut mailtls_srv, host: *const c_char) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(srv, |s| {
            s.confirmed.push(Confirmed::by_user(text(host)?)?);
            Ok(())
        })
    }
}

/// Asks for candidates without TLS too. An account that has a minimum gets none all the same.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_cleartext_too(srv: *mut mailtls_srv) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(srv, |s| {
            s.cleartext = true;
            Ok(())
        })
    }
}

/// Says what has been found at a server: that TLS with it is like `facts`, which are copied, or with
/// NULL that it does not offer STARTTLS. Takes effect with the next mailtls_srv_order.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_found(
    srv: *mut mailtls_srv,
    host: *const c_char,
    port: u16,
    facts: *const mailtls_tls_facts,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(srv, |s| {
            let host = text(host)?.parse()?;
            let found = optional(facts)?.map_or(Found::NoStartTls, |facts| Found::Tls(facts.inner.clone()));
            s.found.push((host, port, found));
            Ok(())
        })
    }
}

/// Puts the servers of a protocol, a mailtls_protocol, into the order in which to try them: Implicit
/// TLS before STARTTLS before cleartext, then by priority, then by chance in proportion to the weights
/// (RFC 8314 section 5.1, RFC 2782). The candidates of an earlier call are forgotten.
///
/// The chance is the caller's: `random` points to `count` evenly spread numbers, one for each choice
/// between several servers; as many as there are records are enough. Where they run out, 0 stands for
/// them. Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT (not a protocol).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_order(
    srv: *mut mailtls_srv,
    which: i32,
    minimum: *const mailtls_minimum,
    random: *const u32,
    count: usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(srv, |s| {
            let minimum = other(minimum)?;
            let random = numbers(random, count)?;
            let found = s.rules(&minimum.inner).apply(&s.answers, protocol(which)?, random);
            s.keep(found);
            Ok(())
        })
    }
}

/// Numbers from C; NULL stands for none when `count` is 0.
///
/// # Safety
/// `numbers` is NULL or points to `count` numbers that stay unchanged for `'a`.
unsafe fn numbers<'a>(numbers: *const u32, count: usize) -> Result<&'a [u32], Error> {
    if count == 0 {
        return Ok(&[]);
    }
    if numbers.is_null() {
        return Err(null());
    }
    if count > isize::MAX.unsigned_abs() / size_of::<u32>() || !numbers.is_aligned() {
        return Err(Error::invalid("impossible random numbers"));
    }
    // SAFETY: not NULL, aligned, of a possible length, and readable by the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts(numbers, count) })
}

impl mailtls_srv {
    fn rules<'a>(&self, minimum: &'a Minimum) -> Rules<'a> {
        let rules = Rules::new(minimum);
        let rules = if self.cleartext { rules.cleartext_too() } else { rules };
        let rules = self.confirmed.iter().cloned().fold(rules, Rules::confirmed);
        self.found.iter().fold(rules, |rules, (host, port, found)| rules.found(host, *port, found.clone()))
    }

    fn note_unusable(&mut self) {
        self.unusable = self.answers.unusable().iter().map(|record| c_text(&record.to_string())).collect();
    }

    fn keep(&mut self, found: Discovery) {
        let host = |endpoint: &Endpoint| c_text(endpoint.host.as_str());
        self.candidates = found.candidates.into_iter().map(|c| (c.clone(), host(&c.endpoint))).collect();
        self.dismissed = found.dismissed.into_iter().map(|d| (d.clone(), host(&d.endpoint))).collect();
    }
}

/// Returns 1 if the domain says that it does not offer a service: its only target is "."; otherwise 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_not_offered(srv: *const mailtls_srv, service_number: i32) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        peek(srv, false, |s| {
            s.answers.not_offered().any(|service| c_service(service) as i32 == service_number)
        })
    }
    .into()
}

/// Writes where the services are said to be to `buffer`, one a line, such as "imaps mail.example 993":
/// what to keep with an account for mailtls_srv_drift. `*len` gets its length, also when there is no
/// room. It is not NUL-terminated.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_endpoints(
    srv: *const mailtls_srv,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(srv, |s| {
            let lines: Vec<_> =
                s.answers.endpoints().iter().map(|endpoint| format!("{endpoint}\n")).collect();
            copy_out(lines.concat().as_bytes(), buffer, capacity, len)
        })
    }
}

/// Compares what DNS said when the account was set up, the `old_len` octets of `old` that
/// mailtls_srv_endpoints wrote then, with what it says now. Writes a line for each change to `buffer`:
/// "-imaps old.example 993", "+imaps new.example 993". `*len` is 0 when all is as it was. A change is
/// told to the user and not followed (RFC 8314 section 5.1).
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT when `old` is no such text; or
/// MAILTLS_ERROR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_srv_drift(
    srv: *const mailtls_srv,
    old: *const u8,
    old_len: usize,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(srv, |s| {
            need(len)?;
            let old = core::str::from_utf8(bytes(old, old_len)?)
                .map_err(|_| Error::invalid("the endpoints are not UTF-8"))?;
            let old = old.lines().map(str::parse).collect::<Result<Vec<Endpoint>, _>>()?;
            copy_out(drift(&old, &s.answers).to_string().as_bytes(), buffer, capacity, len)
        })
    }
}
