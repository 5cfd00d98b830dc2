//! Header section: what a client offers, read from the first bytes of a connection.

use super::connection::mailtls_connection;
use super::{Handle, Poison, c_text, copy_out, free, guard, hand_out, look, need, or_null, peek, put, with};
use crate::error::Error;
use crate::tls::client_hello::{ClientHello, ClientHelloReader, Progress};
use core::ffi::c_char;
use core::ptr;
use std::ffi::CString;

/// How far a reader of a ClientHello has come.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_client_hello_progress {
    /// Bytes are missing.
    NeedsMore = 0,
    /// A whole ClientHello: mailtls_client_hello_reader_hello.
    Hello = 1,
    /// Not TLS: mailtls_client_hello_reader_reason says what it looks like.
    NotTls = 2,
    /// A whole hello in the format of SSL 2.0: mailtls_client_hello_reader_sslv2_version.
    Sslv2 = 3,
    /// It begins like TLS and is wrong: mailtls_client_hello_reader_reason says how.
    Malformed = 4,
}

use mailtls_client_hello_progress as P;

/// A list of code points in a ClientHello, each in the client's order of preference, GREASE and
/// signalling suites included.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_client_hello_list {
    /// supported_versions.
    Versions = 0,
    /// cipher_suites.
    CipherSuites = 1,
    /// supported_groups.
    Groups = 2,
    /// The groups of key_share.
    KeyShares = 3,
    /// signature_algorithms.
    SignatureSchemes = 4,
}

use mailtls_client_hello_list as L;

impl mailtls_client_hello_list {
    fn of(self, hello: &ClientHello) -> Vec<u16> {
        match self {
            L::Versions => hello.supported_versions().iter().map(|version| version.0).collect(),
            L::CipherSuites => hello.cipher_suites().iter().map(|suite| suite.0).collect(),
            L::Groups => hello.groups().iter().map(|group| group.0).collect(),
            L::KeyShares => hello.key_shares().iter().map(|group| group.0).collect(),
            L::SignatureSchemes => hello.signature_schemes().iter().map(|scheme| scheme.0).collect(),
        }
    }
}

/// What a client offers. It belongs to the reader or the connection that it was got from: a call that
/// takes the reader or connection as non-const makes it, and all pointers from it, invalid.
pub struct mailtls_client_hello {
    hello: ClientHello,
    server_name: Option<CString>,
    /// By the numbers of `mailtls_client_hello_list`.
    lists: [Vec<u16>; 5],
    poison: Poison,
}

impl Handle for mailtls_client_hello {
    fn poison(&self) -> &Poison {
        &self.poison
    }
}

impl mailtls_client_hello {
    pub(super) fn new(hello: ClientHello) -> Self {
        Self {
            server_name: hello.server_name().map(c_text),
            lists: [L::Versions, L::CipherSuites, L::Groups, L::KeyShares, L::SignatureSchemes]
                .map(|list| list.of(&hello)),
            hello,
            poison: Poison::default(),
        }
    }
}

/// Reads a ClientHello from the first bytes of a connection. Used by one thread at a time.
pub struct mailtls_client_hello_reader {
    reader: ClientHelloReader,
    /// Stays where it is while the reader is borrowed.
    hello: Option<Box<mailtls_client_hello>>,
    reason: Option<CString>,
    poison: Poison,
}

impl Handle for mailtls_client_hello_reader {
    fn poison(&self) -> &Poison {
        &self.poison
    }
}

impl mailtls_client_hello_reader {
    fn read(&mut self, bytes: &[u8]) -> P {
        match self.reader.read(bytes) {
            Progress::NeedsMore => P::NeedsMore,
            Progress::Hello(hello) => {
                self.hello.get_or_insert_with(|| Box::new(mailtls_client_hello::new((**hello).clone())));
                P::Hello
            }
            Progress::NotTls(what) => {
                self.reason.get_or_insert_with(|| c_text(what.name()));
                P::NotTls
            }
            Progress::Sslv2(_) => P::Sslv2,
            Progress::Malformed(flaw) => {
                self.reason.get_or_insert_with(|| c_text(&flaw.to_string()));
                P::Malformed
            }
        }
    }
}

/// Makes a reader that is at the first byte of a connection.
///
/// It is for a server with a TLS library of its own: it looks at the bytes first, and gives the same
/// bytes to its library afterwards. `*reader` is written only on success; end it with
/// mailtls_client_hello_reader_free. Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_hello_reader_new(
    reader: *mut *mut mailtls_client_hello_reader,
) -> i32 {
    guard(|| {
        let made = mailtls_client_hello_reader {
            reader: ClientHelloReader::new(),
            hello: None,
            reason: None,
            poison: Poison::default(),
        };
        need(reader)?;
        // SAFETY: writable, by the contract.
        unsafe { put(reader, hand_out(made)) }
    })
}

/// Takes the next `len` bytes, in any chunking; `*progress` gets a mailtls_client_hello_progress.
///
/// Once that is anything but MAILTLS_CLIENT_HELLO_PROGRESS_NEEDS_MORE nothing more is taken and the same
/// is said again. The reader holds no more than 64 KiB. `bytes` may be NULL when `len` is 0.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT or MAILTLS_ERROR_POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_hello_reader_read(
    reader: *mut mailtls_client_hello_reader,
    bytes: *const u8,
    len: usize,
    progress: *mut i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(reader, |r| {
            need(progress)?;
            put(progress, r.read(super::bytes(bytes, len)?) as i32)
        })
    }
}

/// Frees a reader. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_hello_reader_free(reader: *mut mailtls_client_hello_reader) {
    // SAFETY: from _new, by the contract.
    unsafe { free(reader) }
}

/// Returns the ClientHello, or NULL while there is none. Valid until the next call that takes the
/// same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_hello_reader_hello(
    reader: *const mailtls_client_hello_reader,
) -> *const mailtls_client_hello {
    // SAFETY: by the contract.
    unsafe { peek(reader, ptr::null(), |r| r.hello.as_deref().map_or(ptr::null(), ptr::from_ref)) }
}

/// Returns what the bytes look like if they are not TLS ("HTTP", "SMTP", "binary data" ...), or what is
/// malformed about them; otherwise NULL. Valid until the next call that takes the same handle as
/// non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_hello_reader_reason(
    reader: *const mailtls_client_hello_reader,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(reader, ptr::null(), |r| or_null(r.reason.as_ref())) }
}

/// Returns the best version that a hello in the format of SSL 2.0 offers: 0x0002 for SSL 2.0 itself,
/// 0x0301 for TLS 1.0; 0 when it is no such hello.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_hello_reader_sslv2_version(
    reader: *const mailtls_client_hello_reader,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        peek(reader, 0, |r| match r.reader.progress() {
            Progress::Sslv2(hello) => hello.version().0.into(),
            _ => 0,
        })
    }
}

/// Server: returns what the client offered, from MAILTLS_EVENT_CLIENT_HELLO on; otherwise NULL.
/// Valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_client_hello(
    connection: *const mailtls_connection,
) -> *const mailtls_client_hello {
    // SAFETY: by the contract.
    unsafe {
        peek(connection, ptr::null(), |c| c.heard.client_hello.as_deref().map_or(ptr::null(), ptr::from_ref))
    }
}

/// Returns the best version that the client offers, 0x0303 for TLS 1.2 and 0x0304 for TLS 1.3; 0 when it
/// offers none that is known, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_hello_highest_version(hello: *const mailtls_client_hello) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(hello, 0, |h| h.hello.highest_version().map_or(0, |version| version.0.into())) }
}

/// Returns legacy_version, which says nothing where the client sent supported_versions; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_hello_legacy_version(hello: *const mailtls_client_hello) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(hello, 0, |h| h.hello.legacy_version().0.into()) }
}

/// Returns the version in the header of the first record, which says nothing at all; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_hello_record_version(hello: *const mailtls_client_hello) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(hello, 0, |h| h.hello.record_version().0.into()) }
}

/// Returns the name that the client asks for (SNI), in lower case. NULL if there is none, or it is not a
/// valid DNS name. Valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_hello_server_name(
    hello: *const mailtls_client_hello,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(hello, ptr::null(), |h| or_null(h.server_name.as_ref())) }
}

/// Gives the ALPN name number `index`, from 0: `*name` points to `*length` octets, which may be
/// any. They are valid until the next call that takes the same handle as non-const.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT (there are not so many).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_hello_alpn(
    hello: *const mailtls_client_hello,
    index: usize,
    name: *mut *const u8,
    length: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(hello, |hello| {
            need(name)?;
            need(length)?;
            let found = hello.hello.alpn().get(index).ok_or(Error::invalid("there are not so many names"))?;
            put(name, found.as_ptr())?;
            put(length, found.len())
        })
    }
}

/// Gives a mailtls_client_hello_list: `*codes` points to `*count` code points of the IANA
/// registries. Without the extension, `*count` is 0. They are valid until the next call that takes
/// the same handle as non-const.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT (no such list).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_hello_codes(
    hello: *const mailtls_client_hello,
    list: i32,
    codes: *mut *const u16,
    count: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(hello, |hello| {
            need(codes)?;
            need(count)?;
            let list = usize::try_from(list).ok().and_then(|list| hello.lists.get(list));
            let list = list.ok_or(Error::invalid("there is no such list"))?;
            put(codes, list.as_ptr())?;
            put(count, list.len())
        })
    }
}

/// Returns 1 if the client says that it fell back from a better version (TLS_FALLBACK_SCSV, RFC 7507).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_hello_offers_fallback_scsv(
    hello: *const mailtls_client_hello,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(hello, false, |h| h.hello.offers_fallback_scsv()) }.into()
}

/// Returns 1 if the client can renegotiate securely (RFC 5746), by suite or by extension.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_hello_offers_secure_renegotiation(
    hello: *const mailtls_client_hello,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(hello, false, |h| h.hello.offers_secure_renegotiation()) }.into()
}

/// Returns 1 if there is GREASE (RFC 8701) in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_hello_has_grease(hello: *const mailtls_client_hello) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(hello, false, |h| h.hello.has_grease()) }.into()
}

/// Writes the ClientHello as TLS records to `buffer`, which has room for `capacity` octets; `*length` gets
/// how many there are, also when there is no room.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT or MAILTLS_ERROR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_hello_bytes(
    hello: *const mailtls_client_hello,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { look(hello, |hello| copy_out(&hello.hello.to_bytes(), buffer, capacity, length)) }
}
