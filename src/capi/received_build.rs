//! Header section: a Received field, put together for a message that a server has taken.

use super::connection::mailtls_connection;
use super::received::{invalid, mailtls_received};
use super::tls_facts::mailtls_tls_facts;
use super::{bytes, other, text, with};
use crate::error::Error;
use crate::trace::{ClauseString, Comment, DateTime, Domain, OtherClause, Received, TlsClause, WithProtocol};
use core::ffi::c_char;
use core::net::IpAddr;

/// Begins a field in the place of what there was, by a server whose client has called itself
/// `client_name` in EHLO or HELO (octets as they came). `address` is the client's IP address in network
/// byte order, 4 or 16 octets, or NULL with 0 where it has none; `dns_name` the name that belongs to it
/// in DNS, or NULL; `by` the server's own host name. `unix_seconds` is the time, and `zone_minutes` how
/// far local time is ahead of UTC.
///
/// Whatever the client calls itself, it makes no other clause and no other line: what is neither a domain
/// nor the literal of an IP address is said in a comment: `EHLO` and one word, with `?` for all but
/// letters, digits and `.:_-`.
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; or MAILTLS_ERROR_INVALID_ARGUMENT where `by` is no domain, an
/// address has another length, or the year is before 1900 or after 9999.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments)] // what there must be
pub unsafe extern "C" fn mailtls_received_begin(
    received: *mut mailtls_received,
    client_name: *const u8,
    client_name_len: usize,
    address: *const u8,
    address_len: usize,
    dns_name: *const c_char,
    by: *const c_char,
    unix_seconds: i64,
    zone_minutes: i16,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(received, |r| {
            let name = String::from_utf8_lossy(bytes(client_name, client_name_len)?);
            let address = ip_address(bytes(address, address_len)?)?;
            let dns_name = if dns_name.is_null() { None } else { text(dns_name).ok() };
            let by: Domain = text(by)?.parse().map_err(invalid)?;
            let date = DateTime::from_unix_seconds(unix_seconds, zone_minutes)
                .ok_or(Error::invalid("not a date of mail"))?;
            r.set(Received::from_client(&name, address, dns_name, by, date));
            Ok(())
        })
    }
}

fn ip_address(octets: &[u8]) -> Result<Option<IpAddr>, Error> {
    if octets.is_empty() {
        return Ok(None);
    }
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    let address = v4.or(<[u8; 16]>::try_from(octets).map(IpAddr::from));
    address.map(Some).map_err(|_| Error::invalid("an IP address has 4 or 16 octets"))
}

/// Changes a field that has been begun or read.
///
/// # Safety
/// As for [`with`].
unsafe fn change(
    received: *mut mailtls_received,
    change: impl FnOnce(Received) -> Result<Received, Error>,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        with(received, |r| {
            let there = r.inner.clone().ok_or(Error::wrong_state("no field has been begun or read"))?;
            r.set(change(there)?);
            Ok(())
        })
    }
}

/// Sets over what the message came, where that is no TCP: an atom.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT; or MAILTLS_ERROR_WRONG_STATE
/// where no field has been begun or read. A failure changes nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_via(received: *mut mailtls_received, link: *const c_char) -> i32 {
    // SAFETY: by the contract.
    unsafe { change(received, |r| Ok(r.via(text(link)?.parse().map_err(invalid)?))) }
}

/// Sets the protocol, such as "ESMTPSA" (RFC 3848, RFC 6531 section 4.3): an atom.
/// mailtls_connection_trace does it for a connection.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT; or MAILTLS_ERROR_WRONG_STATE
/// where no field has been begun or read. A failure changes nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_with(
    received: *mut mailtls_received,
    protocol: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        change(received, |r| {
            let protocol: WithProtocol = text(protocol)?.parse().map_err(invalid)?;
            Ok(r.with(protocol))
        })
    }
}

/// Sets what the message is called here: an atom, or a message identifier in angle brackets.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT; or MAILTLS_ERROR_WRONG_STATE
/// where no field has been begun or read. A failure changes nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_id(received: *mut mailtls_received, id: *const c_char) -> i32 {
    // SAFETY: by the contract.
    unsafe { change(received, |r| Ok(r.id(text(id)?.parse().map_err(invalid)?))) }
}

/// Sets whom the message is for: an address, with angle brackets or without. With several recipients it
/// is better not said (RFC 5321 section 7.2).
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT; or MAILTLS_ERROR_WRONG_STATE
/// where no field has been begun or read. A failure changes nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_for(
    received: *mut mailtls_received,
    address: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { change(received, |r| Ok(r.for_address(text(address)?.parse().map_err(invalid)?))) }
}

/// Adds another clause, "name value". The names of those that have functions or parameters of their own
/// are refused. There should be none that is not registered (RFC 5321 section 4.4).
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT; or MAILTLS_ERROR_WRONG_STATE
/// where no field has been begun or read. A failure changes nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_clause(
    received: *mut mailtls_received,
    name: *const c_char,
    value: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        change(received, |r| {
            let name = text(name)?.parse().map_err(invalid)?;
            let value = ClauseString::saying(text(value)?).ok_or(Error::invalid(
                "a value has a character that is not printable, or more than 400 octets",
            ))?;
            Ok(r.clause(OtherClause::new(name, value).map_err(invalid)?))
        })
    }
}

/// Adds a comment behind the last of the clauses there are then. Any text will do: what could end the
/// comment is quoted, what is not printable becomes "?", and after 200 characters the rest is left out.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT if it is not UTF-8; or
/// MAILTLS_ERROR_WRONG_STATE where no field has been begun or read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_comment(
    received: *mut mailtls_received,
    comment: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { change(received, |r| Ok(r.comment(Comment::quoting(text(comment)?)))) }
}

/// Says by what TLS of a host's own library the message came: "tls" with the cipher suite by IANA's name,
/// or 0x and four hexadecimal digits where it has none, and "group" (RFC 8314 section 4.3).
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; or MAILTLS_ERROR_WRONG_STATE where no field has been begun or
/// read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_received_tls(
    received: *mut mailtls_received,
    facts: *const mailtls_tls_facts,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        change(received, |r| {
            let facts = other(facts)?;
            Ok(r.tls(TlsClause::from(&facts.inner)))
        })
    }
}

/// Says in the field of a message how it came over this connection: "tls" with what was negotiated, where
/// there is TLS, and for submission "with" ESMTP, ESMTPS, ESMTPA or ESMTPSA (RFC 3848), or, where
/// `smtputf8` is not 0 because the message came with SMTPUTF8, UTF8SMTP and so on (RFC 6531 section 4.3).
/// With MAILTLS_HAND_OFF_TRANSPARENT it is the host that authenticates, and says so by
/// mailtls_received_with.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; or MAILTLS_ERROR_WRONG_STATE where no field has been begun or
/// read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_trace(
    connection: *const mailtls_connection,
    received: *mut mailtls_received,
    smtputf8: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        change(received, |r| {
            let connection = other(connection)?;
            Ok(connection.inner.trace(r, smtputf8 != 0))
        })
    }
}
