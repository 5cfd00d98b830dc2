//! Header section: the hops of a message, and how each was protected.

use super::received::{PARTS, mailtls_trace_part, put_date};
use super::{Answer, Handle, Poison, bytes, c_text, free, guard, hand_out, look, need, or_null, peek, put};
use crate::error::{Error, ErrorCode};
use crate::trace::{C_CLAIMS, Hop, HopReport, Protection, Strength, TlsClaim};
use core::ffi::c_char;
use std::ffi::CString;

/// How a hop was protected.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_protection {
    /// The field does not say.
    Unsaid = 0,
    /// By TLS.
    Tls = 1,
    /// Not at all.
    Clear = 2,
    /// The message crossed no network.
    Local = 3,
}

/// What the protection of a hop is worth: the smaller the weaker.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_strength {
    /// There is no such hop.
    None = 0,
    /// Everybody on the way could read and change the message.
    Clear = 10,
    /// TLS that does not protect any more: a version before 1.2 (RFC 8996), no encryption, RC2, RC4
    /// (RFC 7465), DES or Triple DES.
    ObsoleteTls = 20,
    /// The field does not say.
    Unsaid = 30,
    /// TLS of which too little is said, or without AEAD or forward secrecy.
    Tls = 40,
    /// TLS 1.3, or a suite with AEAD and forward secrecy.
    ModernTls = 50,
    /// The message crossed no network.
    Local = 60,
}

impl From<Strength> for mailtls_strength {
    fn from(strength: Strength) -> Self {
        match strength {
            Strength::Clear => Self::Clear,
            Strength::ObsoleteTls => Self::ObsoleteTls,
            Strength::Unsaid => Self::Unsaid,
            Strength::Tls => Self::Tls,
            Strength::ModernTls => Self::ModernTls,
            Strength::Local => Self::Local,
        }
    }
}

/// The hops that the Received fields of a message tell of. It does not change, and may be used by several
/// threads.
pub struct mailtls_hop_report {
    inner: HopReport,
    hops: Vec<Texts>,
    poison: Poison,
}

impl Handle for mailtls_hop_report {
    fn poison(&self) -> &Poison {
        &self.poison
    }
}

/// What a hop says, for C.
struct Texts {
    parts: Vec<Option<CString>>,
    address: Option<CString>,
    form: Option<CString>,
}

fn texts(hop: &Hop) -> Texts {
    let tls = hop.protection().tls();
    let part = |part: &mailtls_trace_part| {
        use mailtls_trace_part as C;
        let date = hop.date().map(|date| date.to_string());
        let text = match part {
            C::From => hop.from(),
            C::By => hop.by(),
            C::Via => hop.via(),
            C::With => hop.with(),
            C::Id => hop.id(),
            C::For => hop.for_address(),
            C::Tls => tls.and_then(TlsClaim::cipher),
            C::Group => tls.and_then(TlsClaim::group_name),
            C::Date => date.as_deref(),
        };
        text.map(c_text)
    };
    Texts {
        parts: PARTS.iter().map(part).collect(),
        address: hop.client_address().map(|address| c_text(&address.to_string())),
        form: tls.map(|tls| c_text(tls.form().name())),
    }
}

/// Reads the Received fields of a message, or of its header section: whoever wrote them, and however. Line
/// ends are CRLF or LF. Of a field more than 65,536 octets, and more than 1000 fields, are not read.
///
/// Only what the reader's own servers have written are facts: `own` is the number of these fields, which
/// are the first. The rest may be made up by anybody on the way, and by the sender. `*report` is written
/// only on success; end it with mailtls_hop_report_free.
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_hop_report_new(
    message: *const u8,
    len: usize,
    own: usize,
    report: *mut *mut mailtls_hop_report,
) -> i32 {
    guard(|| {
        need(report)?;
        // SAFETY: by the contract.
        let inner = HopReport::of_message(unsafe { bytes(message, len) }?, own);
        let hops = inner.hops().iter().map(texts).collect();
        // SAFETY: writable, by the contract.
        unsafe { put(report, hand_out(mailtls_hop_report { inner, hops, poison: Poison::default() })) }
    })
}

/// Frees a report. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_hop_report_free(report: *mut mailtls_hop_report) {
    // SAFETY: from _new, by the contract.
    unsafe { free(report) }
}

/// Returns how many hops there are; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_hop_report_count(report: *const mailtls_hop_report) -> usize {
    // SAFETY: by the contract.
    unsafe { peek(report, 0, |r| r.inner.hops().len()) }
}

/// Returns which hop was protected worst of those that crossed a network, counted from 0 for the last
/// one, which stands first in the message; of several the last one. -1 where there is none, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_hop_report_weakest(report: *const mailtls_hop_report) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(report, -1, |r| r.inner.weakest().and_then(|hop| i32::try_from(hop).ok()).unwrap_or(-1)) }
}

/// Returns the sentence that whoever reads a report must be told: what stands below the fields of
/// the reader's own servers are claims, not facts. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_hop_report_warning() -> *const c_char {
    C_CLAIMS.as_ptr()
}

/// Looks something up in a hop.
///
/// # Safety
/// As for [`peek`].
unsafe fn hop<T: Answer + Copy>(
    report: *const mailtls_hop_report,
    hop: usize,
    otherwise: T,
    look: impl FnOnce(&Hop) -> T,
) -> T {
    // SAFETY: the caller's promise.
    unsafe { peek(report, otherwise, |r| r.inner.hops().get(hop).map_or(otherwise, look)) }
}

/// Looks something up in what a hop says of TLS: -1 where it does not say.
///
/// # Safety
/// As for [`peek`].
unsafe fn claimed(
    report: *const mailtls_hop_report,
    index: usize,
    look: impl FnOnce(&TlsClaim) -> Option<u16>,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { hop(report, index, -1, |hop| hop.protection().tls().and_then(look).map_or(-1, i32::from)) }
}

/// Returns 1 where the reader's own server has written what a hop says, 0 where it is a claim of others; 0
/// where there is no such hop, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_hop_is_fact(report: *const mailtls_hop_report, index: usize) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(report, false, |r| index < r.hops.len() && !r.inner.is_claim(index)) }.into()
}

/// Gives where in the message the field of a hop stands, in octets, with its line ends: for
/// mailtls_received_parse, or to show it.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; or MAILTLS_ERROR_INVALID_ARGUMENT where there is no such hop.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_hop_field(
    report: *const mailtls_hop_report,
    index: usize,
    start: *mut usize,
    length: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(report, |r| {
            need(start)?;
            need(length)?;
            let field = r.inner.field(index).ok_or(Error::invalid("there is no such hop"))?;
            put(start, field.start)?;
            put(length, field.len())
        })
    }
}

/// Returns a word for a strength, such as "modern-tls", or NULL for a number that is none. Valid
/// for ever.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_strength_name(strength: i32) -> *const c_char {
    use mailtls_strength as C;
    let all = [
        (C::Clear, c"clear"),
        (C::ObsoleteTls, c"obsolete-tls"),
        (C::Unsaid, c"unsaid"),
        (C::Tls, c"tls"),
        (C::ModernTls, c"modern-tls"),
        (C::Local, c"local"),
    ];
    let name = all.iter().find(|known| known.0 as i32 == strength);
    name.map_or(core::ptr::null(), |known| known.1.as_ptr())
}

/// Returns what a part of the field says, as it is written: MAILTLS_TRACE_PART_FROM without what stands in
/// parentheses behind it, MAILTLS_TRACE_PART_TLS the cipher suite in whatever form, MAILTLS_TRACE_PART_DATE
/// in the form of RFC 5322. NULL where it is not there. It is UTF-8 without control characters and
/// format characters (those that turn the direction of writing or are invisible); whatever else the sender wants
/// may be in it. Valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_hop_part(
    report: *const mailtls_hop_report,
    index: usize,
    part: i32,
) -> *const c_char {
    let place = PARTS.iter().position(|known| *known as i32 == part);
    // SAFETY: by the contract.
    unsafe {
        peek(report, core::ptr::null(), |r| {
            let parts = r.hops.get(index).map(|hop| &hop.parts);
            or_null(parts.zip(place).and_then(|(parts, place)| parts.get(place)?.as_ref()))
        })
    }
}

/// Returns the client's IP address as text, where the field says one, or NULL. Valid until the next
/// call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_hop_client_address(
    report: *const mailtls_hop_report,
    index: usize,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe {
        peek(report, core::ptr::null(), |r| or_null(r.hops.get(index).and_then(|hop| hop.address.as_ref())))
    }
}

/// Gives when the server took the message, as mailtls_received_date does.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; or MAILTLS_ERROR_INVALID_ARGUMENT where there is no such hop, or
/// no date in it that can be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_hop_date(
    report: *const mailtls_hop_report,
    index: usize,
    unix_seconds: *mut i64,
    zone_minutes: *mut i16,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(report, |r| {
            let date = r.inner.hops().get(index).and_then(Hop::date);
            let date = date.ok_or(Error::new(ErrorCode::InvalidArgument, "no date is there"))?;
            put_date(date, unix_seconds, zone_minutes)
        })
    }
}

/// Returns how a hop was protected, MAILTLS_PROTECTION_TLS and so on; MAILTLS_PROTECTION_UNSAID where there
/// is no such hop, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_hop_protection(report: *const mailtls_hop_report, index: usize) -> i32 {
    let number = |hop: &Hop| match hop.protection() {
        Protection::Tls(_) => mailtls_protection::Tls,
        Protection::Clear => mailtls_protection::Clear,
        Protection::Local => mailtls_protection::Local,
        Protection::Unsaid => mailtls_protection::Unsaid,
    };
    // SAFETY: by the contract.
    unsafe { hop(report, index, mailtls_protection::Unsaid as i32, |hop| number(hop) as i32) }
}

/// Returns what that is worth, MAILTLS_STRENGTH_MODERN_TLS and so on; MAILTLS_STRENGTH_NONE where there is
/// no such hop, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_hop_strength(report: *const mailtls_hop_report, index: usize) -> i32 {
    let number = |hop: &Hop| mailtls_strength::from(hop.protection().strength());
    // SAFETY: by the contract.
    unsafe { hop(report, index, mailtls_strength::None as i32, |hop| number(hop) as i32) }
}

/// Returns in which form the field says that there was TLS: "clause" for that of RFC 8314,
/// "with-type" where nothing but the S of ESMTPS says it, or the name of the program that is best
/// known for its form, such as "postfix". NULL where there was no TLS. Valid until the next call
/// that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_hop_form(report: *const mailtls_hop_report, index: usize) -> *const c_char {
    // SAFETY: by the contract.
    unsafe {
        peek(report, core::ptr::null(), |r| or_null(r.hops.get(index).and_then(|hop| hop.form.as_ref())))
    }
}

/// Returns the TLS version that a hop says, such as 0x0304, or -1 where it says none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_hop_tls_version(report: *const mailtls_hop_report, index: usize) -> i32 {
    // SAFETY: by the contract.
    unsafe { claimed(report, index, |tls| tls.version().map(|version| version.0)) }
}

/// Returns the code point of the cipher suite that a hop says, by whatever name, or -1 where it says none
/// that is known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_hop_cipher_suite(report: *const mailtls_hop_report, index: usize) -> i32 {
    // SAFETY: by the contract.
    unsafe { claimed(report, index, |tls| tls.cipher_suite().map(|suite| suite.0)) }
}

/// Returns the bits of the cipher's key that a hop says, or -1 where it says none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_hop_cipher_bits(report: *const mailtls_hop_report, index: usize) -> i32 {
    // SAFETY: by the contract.
    unsafe { claimed(report, index, TlsClaim::bits) }
}

/// Returns the code point of the group of the key exchange that a hop says, or -1 where it says none that
/// is known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_hop_group(report: *const mailtls_hop_report, index: usize) -> i32 {
    // SAFETY: by the contract.
    unsafe { claimed(report, index, |tls| tls.group().map(|group| group.0)) }
}

/// Returns 1 where the server says that it verified the client's certificate, 0 where it says that it did
/// not or that there was none, or -1 where it does not say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_hop_verified(report: *const mailtls_hop_report, index: usize) -> i32 {
    // SAFETY: by the contract.
    unsafe { claimed(report, index, |tls| tls.verified().map(u16::from)) }
}
