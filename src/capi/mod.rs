//! The C ABI: the functions of `include/mailtls.h`, one file per section of the header.
//!
//! The only room with `unsafe`. Every function goes through [`with`], [`look`], [`peek`] or
//! [`guard`], which hold the rules: NULL gives an error, a panic never crosses into C, and a handle
//! in which one happened is poisoned. A handle is dereferenced nowhere else. Enums come from C as
//! integers and are checked.
//!
//! What C borrows from a handle stays where it is until a call takes the handle as non-const: so
//! [`look`] and [`peek`] make a shared reference, and what a getter makes once ([`OnceCell`]
//! (core::cell::OnceCell)) is never made again.
#![allow(unsafe_code)]
#![allow(clippy::missing_safety_doc)] // The contract of each function is written for C readers.
#![allow(non_camel_case_types)]

mod account;
mod certificate;
mod client_authentication;
mod client_certificate;
mod client_config;
mod client_hello;
mod commands;
mod connection;
mod dialogue;
#[cfg(feature = "engine")]
mod file;
mod held;
mod hops;
mod host_tls;
mod identity;
mod library;
mod log_line;
mod messages;
mod milter;
mod pins;
mod policy;
mod received;
mod received_build;
mod registry;
mod revocation;
mod server_authentication;
mod server_certificates;
mod server_config;
mod server_mechanisms;
mod srv;
mod srv_candidates;
mod target;
#[cfg(test)]
mod tests;
mod tls;
mod tls_facts;
mod tlsa;
mod types;

use crate::error::{Error, ErrorCode};
use core::ffi::{CStr, c_char};
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicBool, Ordering};
use std::ffi::CString;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What every opaque handle of the ABI has that calls can leave in an unknown state.
///
/// Configurations have none of it: nothing changes them, and threads share them.
trait Handle {
    /// Whether a panic was caught in a call on it.
    fn poison(&self) -> &Poison;

    /// Keeps the reason of a failed call for a later question.
    fn note(&mut self, _: &Error) {}
}

/// Whether a panic was caught in a call on a handle; it may be one that takes the handle as const,
/// and some of those handles are shared by threads.
#[derive(Default)]
struct Poison(AtomicBool);

impl Poison {
    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn check(&self) -> Result<(), Error> {
        if self.0.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorCode::Poisoned, "a call on this handle failed inside mailtls"));
        }
        Ok(())
    }

    /// Runs a call; a panic in it poisons.
    fn hold<T>(&self, call: impl FnOnce() -> T) -> Result<T, Error> {
        self.check()?;
        catch_unwind(AssertUnwindSafe(call)).map_err(|_| {
            self.set();
            Error::new(ErrorCode::Internal, "mailtls has failed")
        })
    }
}

/// Runs a fallible call that changes a handle; returns 0 or the error's number.
///
/// # Safety
/// `handle` is NULL or came from the `_new` of its type and is used by no other thread now.
unsafe fn with<H: Handle>(handle: *mut H, call: impl FnOnce(&mut H) -> Result<(), Error>) -> i32 {
    // SAFETY: NULL is taken care of by as_mut; otherwise the caller's promise.
    let Some(handle) = (unsafe { handle.as_mut() }) else {
        return ErrorCode::NullArgument.number();
    };
    if let Err(error) = handle.poison().check() {
        return error.code().number();
    }
    match catch_unwind(AssertUnwindSafe(|| call(handle))) {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => {
            handle.note(&error);
            error.code().number()
        }
        Err(_) => {
            handle.poison().set();
            ErrorCode::Internal.number()
        }
    }
}

/// Runs a fallible call that only reads a handle; returns 0 or the error's number.
///
/// # Safety
/// `handle` is NULL or came from the `_new` of its type, and no thread changes it now.
unsafe fn look<H: Handle>(handle: *const H, call: impl FnOnce(&H) -> Result<(), Error>) -> i32 {
    // SAFETY: NULL is taken care of by as_ref; otherwise the caller's promise.
    let Some(handle) = (unsafe { handle.as_ref() }) else {
        return ErrorCode::NullArgument.number();
    };
    match handle.poison().hold(|| call(handle)) {
        Ok(Ok(())) => 0,
        Ok(Err(error)) | Err(error) => error.code().number(),
    }
}

/// Looks something up in a handle; `otherwise` for NULL, and what its type has for a poisoned one.
///
/// # Safety
/// As for [`look`].
unsafe fn peek<H: Handle, T: Answer>(handle: *const H, otherwise: T, look: impl FnOnce(&H) -> T) -> T {
    // SAFETY: NULL is taken care of by as_ref; otherwise the caller's promise.
    let Some(handle) = (unsafe { handle.as_ref() }) else { return otherwise };
    handle.poison().hold(|| look(handle)).unwrap_or(T::POISONED)
}

/// What a getter can return.
trait Answer {
    /// What it returns of a poisoned handle.
    const POISONED: Self;
}

/// A number: negative ones are errors.
impl Answer for i32 {
    const POISONED: Self = ErrorCode::Poisoned as i32;
}

/// Yes or no: whoever asks must not take a failure for a yes.
impl Answer for bool {
    const POISONED: Self = false;
}

impl Answer for u16 {
    const POISONED: Self = 0;
}

impl Answer for u32 {
    const POISONED: Self = 0;
}

impl Answer for usize {
    const POISONED: Self = 0;
}

impl<T> Answer for *const T {
    const POISONED: Self = core::ptr::null();
}

/// A handle that a call on another one reads.
///
/// # Safety
/// As for [`look`], for `'a`.
unsafe fn other<'a, H: Handle>(handle: *const H) -> Result<&'a H, Error> {
    // SAFETY: NULL is taken care of by as_ref; otherwise the caller's promise.
    let handle = unsafe { handle.as_ref() }.ok_or_else(null)?;
    handle.poison().check()?;
    Ok(handle)
}

/// The same where NULL stands for none.
///
/// # Safety
/// As for [`look`], for `'a`.
unsafe fn optional<'a, H: Handle>(handle: *const H) -> Result<Option<&'a H>, Error> {
    if handle.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    unsafe { other(handle) }.map(Some)
}

/// A handle that a call on another one changes. A panic meanwhile poisons it, as it does the other one.
///
/// # Safety
/// As for [`with`], for `'a`.
unsafe fn other_mut<'a, H: Handle>(handle: *mut H) -> Result<Changing<'a, H>, Error> {
    // SAFETY: NULL is taken care of by as_mut; otherwise the caller's promise.
    let handle = unsafe { handle.as_mut() }.ok_or_else(null)?;
    handle.poison().check()?;
    Ok(Changing(handle))
}

/// What [`other_mut`] gives.
struct Changing<'a, H: Handle>(&'a mut H);

impl<H: Handle> Deref for Changing<'_, H> {
    type Target = H;

    fn deref(&self) -> &H {
        self.0
    }
}

impl<H: Handle> DerefMut for Changing<'_, H> {
    fn deref_mut(&mut self) -> &mut H {
        self.0
    }
}

impl<H: Handle> Drop for Changing<'_, H> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.poison().set();
        }
    }
}

/// A configuration, which nothing changes.
///
/// # Safety
/// `config` is NULL or came from `_build`, and is not freed for `'a`.
unsafe fn configuration<'a, C: Configuration>(config: *const C) -> Result<&'a C, Error> {
    // SAFETY: NULL is taken care of by as_ref; otherwise the caller's promise.
    unsafe { config.as_ref() }.ok_or_else(null)
}

/// What cannot be poisoned.
trait Configuration {}

/// Runs a fallible call without a handle.
fn guard(call: impl FnOnce() -> Result<(), Error>) -> i32 {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => error.code().number(),
        Err(_) => ErrorCode::Internal.number(),
    }
}

/// Frees a handle; NULL is nothing to free.
///
/// # Safety
/// `handle` is NULL or came from [`hand_out`] and is not used again.
unsafe fn free<H>(handle: *mut H) {
    if !handle.is_null() {
        // SAFETY: it came from Box::into_raw, by the caller's promise.
        let boxed = unsafe { Box::from_raw(handle) };
        let _ = catch_unwind(AssertUnwindSafe(move || drop(boxed)));
    }
}

/// Makes a handle of a value.
fn hand_out<H>(value: H) -> *mut H {
    Box::into_raw(Box::new(value))
}

/// Writes a result where C wants it.
///
/// # Safety
/// `place` is NULL or can be written.
unsafe fn put<T>(place: *mut T, value: T) -> Result<(), Error> {
    if place.is_null() {
        return Err(null());
    }
    // SAFETY: not NULL, and writable by the caller's promise.
    unsafe { place.write(value) };
    Ok(())
}

/// Copies a result to a caller's buffer; `len` gets how long it is, also when there is no room.
///
/// # Safety
/// `buffer` is NULL or points to `capacity` initialised bytes; `len` is NULL or can be written.
unsafe fn copy_out(result: &[u8], buffer: *mut u8, capacity: usize, len: *mut usize) -> Result<(), Error> {
    need(len)?;
    // SAFETY: the caller's promise.
    let buffer = unsafe { bytes_mut(buffer, capacity) }?;
    // SAFETY: likewise.
    unsafe { put(len, result.len()) }?;
    let room = buffer.get_mut(..result.len()).ok_or(Error::new(ErrorCode::BufferTooSmall, "no room"))?;
    room.copy_from_slice(result);
    Ok(())
}

/// Refuses a place for a result that is NULL before anything is done.
fn need<T>(place: *mut T) -> Result<(), Error> {
    if place.is_null() { Err(null()) } else { Ok(()) }
}

/// A NUL-terminated UTF-8 text from C.
///
/// # Safety
/// `text` is NULL or NUL-terminated, and stays unchanged for `'a`.
unsafe fn text<'a>(text: *const c_char) -> Result<&'a str, Error> {
    if text.is_null() {
        return Err(null());
    }
    // SAFETY: not NULL, and NUL-terminated by the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_str().map_err(|_| Error::invalid("a text is not UTF-8"))
}

/// ALPN names from a text that separates them by spaces.
fn alpn_names(names: &str) -> Vec<&[u8]> {
    names.split_ascii_whitespace().map(str::as_bytes).collect()
}

/// Bytes from C; NULL stands for none when `len` is 0.
///
/// # Safety
/// `bytes` is NULL or points to `len` bytes that stay unchanged for `'a`.
unsafe fn bytes<'a>(bytes: *const u8, len: usize) -> Result<&'a [u8], Error> {
    if len == 0 {
        return Ok(&[]);
    }
    if bytes.is_null() {
        return Err(null());
    }
    if len > isize::MAX.unsigned_abs() {
        return Err(Error::invalid("a length is impossible"));
    }
    // SAFETY: not NULL, of a possible length, and readable by the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts(bytes, len) })
}

/// A writable buffer from C, likewise.
///
/// # Safety
/// `buffer` is NULL or points to `len` initialised bytes that nobody else uses for `'a`.
unsafe fn bytes_mut<'a>(buffer: *mut u8, len: usize) -> Result<&'a mut [u8], Error> {
    if len == 0 {
        return Ok(&mut []);
    }
    if buffer.is_null() {
        return Err(null());
    }
    if len > isize::MAX.unsigned_abs() {
        return Err(Error::invalid("a length is impossible"));
    }
    // SAFETY: not NULL, of a possible length, and writable by the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts_mut(buffer, len) })
}

fn null() -> Error {
    Error::new(ErrorCode::NullArgument, "an argument is NULL")
}

/// A text for C. NUL cannot be in what comes here; should it be, the text ends there.
fn c_text(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    CString::new(&text[..end]).unwrap_or_default()
}

/// The pointer C gets for a text that may not be known.
fn or_null(text: Option<&CString>) -> *const c_char {
    text.map_or(core::ptr::null(), |text| text.as_ptr())
}

#[cfg(not(feature = "engine"))]
fn no_engine() -> Error {
    Error::new(ErrorCode::NoEngine, "this build of mailtls has no TLS engine")
}
