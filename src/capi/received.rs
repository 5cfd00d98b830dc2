//! Header section: the Received field of a message, read to the letter of its grammar, and written.

use super::{Handle, Poison, bytes, c_text, copy_out, free, hand_out, look, need, or_null, peek, put, with};
use crate::error::Error;
use crate::trace::{AdditionalClause, Comment, Commented, DateTime, GrammarError, Received, Zone};
use core::ffi::c_char;
use std::ffi::CString;

/// A part of a Received field.
#[repr(i32)]
#[derive(Clone, Copy, PartialEq)]
pub enum mailtls_trace_part {
    /// "from": what the client calls itself, and in parentheses what TCP says of it.
    From = 1,
    /// "by": the server.
    By = 2,
    /// "via": over what the message came, where that is no TCP.
    Via = 3,
    /// "with": the protocol.
    With = 4,
    /// "id": what the message is called there.
    Id = 5,
    /// "for": whom it is for.
    For = 6,
    /// "tls": the cipher suite (RFC 8314 section 4.3).
    Tls = 7,
    /// "group", behind "tls": the group of the key exchange.
    Group = 8,
    /// The date behind the semicolon.
    Date = 9,
}

use mailtls_trace_part as C;

/// Every part, in the order of the field.
pub(super) const PARTS: [mailtls_trace_part; 9] =
    [C::From, C::By, C::Via, C::With, C::Id, C::For, C::Tls, C::Group, C::Date];

/// A Received field: one that has been read, or one that is being put together. Used by one thread at a
/// time.
pub struct mailtls_received {
    pub(super) inner: Option<Received>,
    /// What each of PARTS says, and the comments behind it; then the other clauses.
    shown: Vec<Shown>,
    clauses: Vec<(CString, CString)>,
    failure: Option<(usize, CString)>,
    reason: Option<CString>,
    poison: Poison,
}

#[derive(Default)]
struct Shown {
    text: Option<CString>,
    comments: Option<CString>,
}

impl Handle for mailtls_received {
    fn poison(&self) -> &Poison {
        &self.poison
    }

    fn note(&mut self, error: &Error) {
        self.reason = Some(c_text(error.reason()));
    }
}

impl mailtls_received {
    /// Takes a field in the place of the one that it is.
    pub(super) fn set(&mut self, received: Received) {
        self.shown = PARTS.iter().map(|part| shown(&received, *part)).collect();
        let other = |clause: &Commented<AdditionalClause>| match &clause.value {
            AdditionalClause::Other(other) => {
                Some((c_text(other.name().as_str()), c_text(other.value().as_str())))
            }
            AdditionalClause::Tls(_) => None,
        };
        self.clauses = received.additional_clauses().iter().filter_map(other).collect();
        self.inner = Some(received);
    }

    fn shown(&self, part: i32) -> Option<&Shown> {
        let place = PARTS.iter().position(|known| *known as i32 == part)?;
        self.shown.get(place)
    }
}

fn shown(received: &Received, part: mailtls_trace_part) -> Shown {
    let tls = || {
        let clauses = received.additional_clauses().iter();
        clauses.clone().find(|clause| matches!(clause.value, AdditionalClause::Tls(_)))
    };
    match part {
        C::From => of(Some(received.from())),
        C::By => of(Some(received.by())),
        C::Via => of(received.via_clause()),
        C::With => of(received.with_clause()),
        C::Id => of(received.id_clause()),
        C::For => of(received.for_clause()),
        C::Tls => Shown {
            text: received.tls_clause().map(|tls| c_text(&tls.cipher.to_string())),
            comments: tls().and_then(|clause| comments(&clause.comments)),
        },
        C::Group => {
            let group = received.tls_clause().and_then(|tls| tls.group.as_ref());
            Shown { text: group.map(|group| c_text(group.as_str())), comments: None }
        }
        C::Date => of(Some(received.date())),
    }
}

fn of<T: ToString>(clause: Option<&Commented<T>>) -> Shown {
    clause.map_or_else(Shown::default, |clause| Shown {
        text: Some(c_text(&clause.value.to_string())),
        comments: comments(&clause.comments),
    })
}

fn comments(comments: &[Comment]) -> Option<CString> {
    let all: Vec<_> = comments.iter().map(ToString::to_string).collect();
    if all.is_empty() { None } else { Some(c_text(&all.join(" "))) }
}

/// The error of a text that a program has given.
pub(super) fn invalid(error: GrammarError) -> Error {
    Error::new(crate::ErrorCode::InvalidArgument, error.to_string())
}

/// Makes a handle without a field: mailtls_received_parse reads one, mailtls_received_begin begins one.
/// End it with mailtls_received_free.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_received_new() -> *mut mailtls_received {
    hand_out(mailtls_received {
        inner: None,
        shown: Vec::new(),
        clauses: Vec::new(),
        failure: None,
        reason: None,
        poison: Poison::default(),
    })
}

/// Frees it. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_free(received: *mut mailtls_received) {
    // SAFETY: from _new, by the contract.
    unsafe { free(received) }
}

/// Returns one line about the last call with it that failed, or NULL. Valid until the next call
/// that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_reason(received: *const mailtls_received) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(received, core::ptr::null(), |r| or_null(r.reason.as_ref())) }
}

/// Reads a field, from its name to the CRLF at its end, to the letter of the grammar (RFC 5321 section
/// 4.4, RFC 5322 section 3.2, RFC 8314 section 4.3, RFC 6531, RFC 6532). For fields as they are met, see
/// mailtls_hop_report_new.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; or MAILTLS_ERROR_INVALID_ARGUMENT where it is not of the
/// grammar, which leaves what there was as it was: mailtls_received_failed_at and
/// mailtls_received_failed_production say why.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_parse(
    received: *mut mailtls_received,
    field: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(received, |r| {
            let parsed = Received::parse(bytes(field, len)?);
            let parsed = parsed.map_err(|error| {
                r.failure = Some((error.at(), c_text(error.production())));
                invalid(error)
            })?;
            r.set(parsed);
            Ok(())
        })
    }
}

/// Returns how many octets of what mailtls_received_parse refused last stand before the one at which it
/// failed; 0 where it has refused nothing, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_failed_at(received: *const mailtls_received) -> usize {
    // SAFETY: by the contract.
    unsafe { peek(received, 0, |r| r.failure.as_ref().map_or(0, |failure| failure.0)) }
}

/// Returns the production that is not there, by the name that the RFC gives it, such as "Domain";
/// NULL where nothing has been refused. Valid until the next call that takes the same handle as
/// non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_failed_production(
    received: *const mailtls_received,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(received, core::ptr::null(), |r| or_null(r.failure.as_ref().map(|failure| &failure.1))) }
}

/// Copies the field to `buffer`, from "Received:" to the CRLF at its end: folded at 78 characters, and no
/// line has more than 998 octets. It is not NUL-terminated. `*length` gets its length, also when there is
/// no room.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_WRONG_STATE where no field has been begun or
/// read; or MAILTLS_ERROR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_write(
    received: *const mailtls_received,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(received, |r| {
            let field = r.inner.as_ref().ok_or(Error::wrong_state("no field has been begun or read"))?;
            copy_out(field.to_field().as_bytes(), buffer, capacity, length)
        })
    }
}

/// Returns what a part of the field says, as mailtls_received_write writes it but on one line, or
/// NULL where it is not there. Valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_part(
    received: *const mailtls_received,
    part: i32,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(received, core::ptr::null(), |r| or_null(r.shown(part).and_then(|s| s.text.as_ref()))) }
}

/// Returns the comments behind a part, with their parentheses, or NULL where there are none. Valid
/// until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_comments(
    received: *const mailtls_received,
    part: i32,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(received, core::ptr::null(), |r| or_null(r.shown(part).and_then(|s| s.comments.as_ref()))) }
}

/// Returns how many clauses there are that have no part of their own; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_clause_count(received: *const mailtls_received) -> usize {
    // SAFETY: by the contract.
    unsafe { peek(received, 0, |r| r.clauses.len()) }
}

/// Returns the name of one of them, or NULL behind the last. Valid until the next call that takes
/// the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_clause_name(
    received: *const mailtls_received,
    index: usize,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(received, core::ptr::null(), |r| or_null(r.clauses.get(index).map(|clause| &clause.0))) }
}

/// Returns what it says, without quotation marks, or NULL behind the last. Valid until the next
/// call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_clause_value(
    received: *const mailtls_received,
    index: usize,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(received, core::ptr::null(), |r| or_null(r.clauses.get(index).map(|clause| &clause.1))) }
}

/// Gives when the server took the message: `*unix_seconds`, and in `*zone_minutes` how far its clock was
/// ahead of UTC, or INT16_MIN where the field says "-0000", which is to say nothing of the place.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; or MAILTLS_ERROR_WRONG_STATE where no field has been begun or
/// read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_date(
    received: *const mailtls_received,
    unix_seconds: *mut i64,
    zone_minutes: *mut i16,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(received, |r| {
            let field = r.inner.as_ref().ok_or(Error::wrong_state("no field has been begun or read"))?;
            put_date(field.date().value, unix_seconds, zone_minutes)
        })
    }
}

/// Writes a date where C wants it, and nothing where one of the places is NULL.
///
/// # Safety
/// Each of the places is NULL or can be written.
pub(super) unsafe fn put_date(
    date: DateTime,
    unix_seconds: *mut i64,
    zone_minutes: *mut i16,
) -> Result<(), Error> {
    need(unix_seconds)?;
    need(zone_minutes)?;
    let minutes = match date.zone() {
        Zone::Minutes(minutes) => minutes,
        Zone::Unknown => i16::MIN,
    };
    // SAFETY: the caller's promise.
    unsafe {
        put(unix_seconds, date.unix_seconds())?;
        put(zone_minutes, minutes)
    }
}
