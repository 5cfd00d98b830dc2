//! Header section: certificates that the user has pinned at set-up, for one account and host each.
//! This is not HTTP Public Key Pinning.

use super::{
    Handle, Poison, bytes, c_text, copy_out, free, guard, hand_out, look, need, or_null, other_mut, peek,
    put, text, with,
};
use crate::account::{AccountSetup, Pin, PinStore};
use crate::error::Error;
use core::ffi::c_char;
use std::ffi::CString;

/// All pins (RFC 8314 section 5.4). Used by one thread at a time.
pub struct mailtls_pin_store {
    pub(super) inner: PinStore,
    reason: Option<CString>,
    poison: Poison,
}

/// An account that is being set up: the only time at which a certificate can be pinned.
pub struct mailtls_account_setup {
    /// Taken when the set-up has ended.
    pub(super) inner: Option<AccountSetup>,
    reason: Option<CString>,
    poison: Poison,
}

impl Handle for mailtls_pin_store {
    fn poison(&self) -> &Poison {
        &self.poison
    }

    fn note(&mut self, error: &Error) {
        self.reason = Some(c_text(error.reason()));
    }
}

impl Handle for mailtls_account_setup {
    fn poison(&self) -> &Poison {
        &self.poison
    }

    fn note(&mut self, error: &Error) {
        self.reason = Some(c_text(error.reason()));
    }
}

/// Makes a store without pins. End it with mailtls_pin_store_free.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_pin_store_new() -> *mut mailtls_pin_store {
    hand_out(mailtls_pin_store { inner: PinStore::default(), reason: None, poison: Poison::default() })
}

/// Frees a store. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_pin_store_free(store: *mut mailtls_pin_store) {
    // SAFETY: from _new, by the contract.
    unsafe { free(store) }
}

/// Returns one line about the last call on this store that failed, or NULL. Valid until the next
/// call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_pin_store_reason(store: *const mailtls_pin_store) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(store, core::ptr::null(), |s| or_null(s.reason.as_ref())) }
}

/// Reads pins from the text that mailtls_pin_store_write wrote, in the place of those that the store
/// has. docs/accounts.md describes it. Who can change it can pin what they like: it needs the
/// protection of a password.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; or MAILTLS_ERROR_INVALID_ARGUMENT with the number of the
/// line in mailtls_pin_store_reason, and the store is as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_pin_store_read(
    store: *mut mailtls_pin_store,
    content: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(store, |s| {
            let content = core::str::from_utf8(bytes(content, len)?)
                .map_err(|_| Error::invalid("the pin store is not UTF-8"))?;
            s.inner = content.parse()?;
            Ok(())
        })
    }
}

/// Writes the text of the pins to `buffer`, which has room for `capacity` octets; `*len` gets its
/// length, also when there is no room. It is not NUL-terminated.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; or MAILTLS_ERROR_BUFFER_TOO_SMALL, and nothing else is
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_pin_store_write(
    store: *const mailtls_pin_store,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { look(store, |s| copy_out(s.inner.to_string().as_bytes(), buffer, capacity, len)) }
}

/// Returns how many pins there are; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_pin_store_count(store: *const mailtls_pin_store) -> usize {
    // SAFETY: by the contract.
    unsafe { peek(store, 0, |s| s.inner.len()) }
}

/// Looks up the certificate that is pinned for exactly this account and host: its SHA-256 is written
/// to `sha256`, which has room for 32 octets.
///
/// Ask for each connection anew: then a removal takes effect on the next one. Returns 0;
/// MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT (not UTF-8); or
/// MAILTLS_ERROR_WRONG_STATE when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_pin_store_lookup(
    store: *const mailtls_pin_store,
    account: *const c_char,
    host: *const c_char,
    sha256: *mut u8,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(store, |s| {
            need(sha256)?;
            let (account, host) = (text(account)?, text(host)?);
            let pin = s.inner.pin_for(account, host).ok_or_else(no_pin)?;
            put(sha256.cast::<[u8; 32]>(), *pin.sha256())
        })
    }
}

/// Removes the pin for an account and host: from the next look-up on it is not there.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT (not UTF-8); or
/// MAILTLS_ERROR_WRONG_STATE when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_pin_store_remove(
    store: *mut mailtls_pin_store,
    account: *const c_char,
    host: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(store, |s| s.inner.remove(text(account)?, text(host)?).map(|_: Pin| ()).ok_or_else(no_pin))
    }
}

/// Removes all pins of an account, which is being deleted.
///
/// Returns 0, also when there are none; MAILTLS_ERROR_NULL_ARGUMENT; or MAILTLS_ERROR_INVALID_ARGUMENT
/// (not UTF-8).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_pin_store_remove_account(
    store: *mut mailtls_pin_store,
    account: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(store, |s| {
            s.inner.remove_account(text(account)?);
            Ok(())
        })
    }
}

fn no_pin() -> Error {
    Error::wrong_state("nothing is pinned for this account and host")
}

/// Begins to set up an account, by the host program's name for it. Only until
/// mailtls_account_setup_finish can certificates be pinned; there is no function that pins one for an
/// account that exists (RFC 8314 section 5.4).
///
/// `*setup` is written only on success; end it with mailtls_account_setup_free. Returns 0;
/// MAILTLS_ERROR_NULL_ARGUMENT; or MAILTLS_ERROR_INVALID_ARGUMENT for a name that is not UTF-8 or not
/// between 1 and 512 octets long.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_account_setup_new(
    account: *const c_char,
    setup: *mut *mut mailtls_account_setup,
) -> i32 {
    guard(|| {
        need(setup)?;
        // SAFETY: a C string or NULL, by the contract.
        let inner = AccountSetup::new(unsafe { text(account) }?)?;
        let made = mailtls_account_setup { inner: Some(inner), reason: None, poison: Poison::default() };
        // SAFETY: writable, by the contract.
        unsafe { put(setup, hand_out(made)) }
    })
}

/// Frees what was used to set up an account, finished or not. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_account_setup_free(setup: *mut mailtls_account_setup) {
    // SAFETY: from _new, by the contract.
    unsafe { free(setup) }
}

/// Returns one line about the last call on this set-up that failed, or NULL. Valid until the next
/// call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_account_setup_reason(setup: *const mailtls_account_setup) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(setup, core::ptr::null(), |s| or_null(s.reason.as_ref())) }
}

/// Pins a server's own certificate, in DER, which the user has looked at and accepted for this host.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT for an impossible host or no
/// certificate; MAILTLS_ERROR_LIMIT_EXCEEDED with more than 64 hosts; or MAILTLS_ERROR_WRONG_STATE when
/// the set-up has ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_account_setup_pin(
    setup: *mut mailtls_account_setup,
    host: *const c_char,
    der: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(setup, |s| {
            let (host, der) = (text(host)?, bytes(der, len)?);
            of_setup(s)?.note(host, der)
        })
    }
}

/// Ends a set-up: the store has the pins, and the account exists.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_WRONG_STATE when the set-up has ended already,
/// or the store has pins of an account of this name (mailtls_pin_store_remove_account deletes it); or
/// MAILTLS_ERROR_LIMIT_EXCEEDED when the store is full. Unless `store` is NULL the set-up has ended
/// then, and a store that has not taken the pins is as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_account_setup_finish(
    setup: *mut mailtls_account_setup,
    store: *mut mailtls_pin_store,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(setup, |s| {
            let mut store = other_mut(store)?;
            s.inner.take().ok_or_else(ended)?.finish(&mut store.inner).map(|_| ())
        })
    }
}

/// A set-up that goes on.
pub(super) fn of_setup(setup: &mut mailtls_account_setup) -> Result<&mut AccountSetup, Error> {
    setup.inner.as_mut().ok_or_else(ended)
}

fn ended() -> Error {
    Error::wrong_state("the set-up has ended: an account that exists cannot be pinned")
}
