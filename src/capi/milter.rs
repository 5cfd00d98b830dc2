//! Header section: the macros by which a filter is told of a connection's TLS.

use super::connection::mailtls_connection;
use super::tls_facts::mailtls_tls_facts;
use super::{copy_out, look, text};
use crate::error::Error;
use crate::tls::facts::TlsFacts;
use crate::trace::milter::{Dialect, Macros};
use core::ffi::{CStr, c_char};

/// Whose milter macros they are; docs/filters.md has their names and values.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_milter_dialect {
    /// Sendmail's: with {verify}; certificates by their whole names, validated or not.
    Sendmail = 1,
    /// Postfix's: certificates by their common names, and only those that are validated.
    Postfix = 2,
}

fn dialect(number: i32) -> Result<Dialect, Error> {
    use mailtls_milter_dialect as C;
    [(C::Sendmail, Dialect::Sendmail), (C::Postfix, Dialect::Postfix)]
        .into_iter()
        .find_map(|(c, dialect)| (c as i32 == number).then_some(dialect))
        .ok_or(Error::invalid("not a dialect of milter macros"))
}

/// The facts of a connection.
fn facts_of(c: &mailtls_connection) -> Result<&TlsFacts, Error> {
    c.inner.tls_facts().ok_or_else(|| Error::wrong_state("TLS does not stand yet"))
}

/// Where the result of a call goes.
struct Place {
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
}

impl Place {
    /// The value of a macro.
    ///
    /// # Safety
    /// As for [`copy_out`]; `name` is NULL or NUL-terminated.
    unsafe fn one(self, facts: &TlsFacts, number: i32, name: *const c_char) -> Result<(), Error> {
        let dialect = dialect(number)?;
        // SAFETY: the caller's promise.
        let name = unsafe { text(name) }?;
        if !dialect.names().any(|known| known == name) {
            return Err(Error::invalid("the dialect has no such macro"));
        }
        let macros = Macros::from_facts(facts, dialect);
        let value = macros.get(name).ok_or_else(|| Error::wrong_state("there is nothing to say"))?;
        // SAFETY: the caller's promise.
        unsafe { copy_out(value.as_bytes(), self.buffer, self.capacity, self.length) }
    }

    /// All macros.
    ///
    /// # Safety
    /// As for [`copy_out`].
    unsafe fn all(self, facts: &TlsFacts, number: i32) -> Result<(), Error> {
        let macros = Macros::from_facts(facts, dialect(number)?);
        // SAFETY: the caller's promise.
        unsafe { copy_out(&macros.to_bytes(), self.buffer, self.capacity, self.length) }
    }
}

/// Returns the name of a macro that a dialect (a mailtls_milter_dialect) can have, such as "{cipher}", by
/// its index; NULL when there are no more, and for another number. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_milter_macro_name(dialect_number: i32, index: usize) -> *const c_char {
    let names = dialect(dialect_number).map_or(&[][..], Dialect::c_names);
    names.get(index).map_or(core::ptr::null(), |name| CStr::as_ptr(name))
}

/// Copies to `buffer` the value of a macro about the connection's TLS, by its name in braces, as a milter
/// of the dialect (a mailtls_milter_dialect) gets it. It is not NUL-terminated, and has no control
/// characters. `*length` gets its length, also when there is no room; 1024 octets are always enough.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT for another dialect, or a name
/// that it does not have; MAILTLS_ERROR_WRONG_STATE before TLS stands, and when the macro has no value on
/// this connection; or MAILTLS_ERROR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_milter_macro(
    connection: *const mailtls_connection,
    dialect_number: i32,
    name: *const c_char,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> i32 {
    let place = Place { buffer, capacity, length };
    // SAFETY: by the contract.
    unsafe { look(connection, |c| place.one(facts_of(c)?, dialect_number, name)) }
}

/// Copies to `buffer` all macros about the connection's TLS that have a value, in the form of the packet
/// SMFIC_MACRO of the milter protocol, behind the letter of the command: name, NUL, value, NUL, and so on.
/// `*length` gets the length of it all, also when there is no room; 4096 octets are always enough.
///
/// Returns as mailtls_connection_milter_macro.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_milter_macros(
    connection: *const mailtls_connection,
    dialect_number: i32,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> i32 {
    let place = Place { buffer, capacity, length };
    // SAFETY: by the contract.
    unsafe { look(connection, |c| place.all(facts_of(c)?, dialect_number)) }
}

/// Does for facts what mailtls_connection_milter_macro does for a connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tls_facts_milter_macro(
    facts: *const mailtls_tls_facts,
    dialect_number: i32,
    name: *const c_char,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> i32 {
    let place = Place { buffer, capacity, length };
    // SAFETY: by the contract.
    unsafe { look(facts, |f| place.one(&f.inner, dialect_number, name)) }
}

/// Does for facts what mailtls_connection_milter_macros does for a connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tls_facts_milter_macros(
    facts: *const mailtls_tls_facts,
    dialect_number: i32,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> i32 {
    let place = Place { buffer, capacity, length };
    // SAFETY: by the contract.
    unsafe { look(facts, |f| place.all(&f.inner, dialect_number)) }
}
