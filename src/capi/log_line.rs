//! Header section: a connection in one line, for the log.

use super::connection::mailtls_connection;
use super::{copy_out, look, peek};

/// Copies to `buffer` what is known of the connection now, as "key=value" pairs in one line of
/// printable ASCII: what it is, what TLS negotiated, what stands behind the peer's certificate, and how
/// it ended; docs/log-line.md has the keys. It is not NUL-terminated. `*length` gets its length, also
/// when there is no room; 1024 octets are enough unless a reason is very long. Log it when TLS stands,
/// with each authentication, and at the end (RFC 8314 section 4.1). No secret is ever in it.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_log_line(
    connection: *const mailtls_connection,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { look(connection, |c| copy_out(c.inner.log_line().as_bytes(), buffer, capacity, length)) }
}

/// Server: returns how many times the client wanted to authenticate in clear, before STARTTLS. That was
/// refused, and what it said went to nobody; but it crossed the network, and whoever authenticates later
/// on this connection can be told to change the password (RFC 8314 section 4.1). 0 also for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_authentications_refused_in_clear(
    connection: *const mailtls_connection,
) -> u32 {
    // SAFETY: by the contract.
    unsafe { peek(connection, 0, |c| c.inner.authentications_refused_in_clear()) }
}
