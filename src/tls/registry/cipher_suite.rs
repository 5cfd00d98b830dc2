//! Cipher suites: the registry «TLS Cipher Suites».

use super::as_str;
use super::parts::{Algorithm, Authentication, Hash, KeyExchange, Mode, Recommended};
use super::tables::cipher_suites::ROWS;
use core::ffi::CStr;

/// A cipher suite, by its code point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CipherSuite(pub u16);

/// One line of the registry.
pub(super) struct Row {
    code: u16,
    name: &'static CStr,
    openssl_name: &'static CStr,
    gnutls_name: &'static CStr,
    key_exchange: KeyExchange,
    authentication: Authentication,
    cipher: Algorithm,
    bits: u16,
    mode: Mode,
    hash: Hash,
    recommended: Recommended,
}

#[allow(clippy::too_many_arguments)] // a table is read best with a line for a row
pub(super) const fn row(
    code: u16,
    name: &'static CStr,
    openssl_name: &'static CStr,
    gnutls_name: &'static CStr,
    key_exchange: KeyExchange,
    authentication: Authentication,
    cipher: Algorithm,
    bits: u16,
    mode: Mode,
    hash: Hash,
    recommended: Recommended,
) -> Row {
    Row {
        code,
        name,
        openssl_name,
        gnutls_name,
        key_exchange,
        authentication,
        cipher,
        bits,
        mode,
        hash,
        recommended,
    }
}

/// A name of GnuTLS's without the prefix that all of them have.
fn without_tls(name: &[u8]) -> &[u8] {
    match name.split_at_checked(4) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(b"TLS_") => rest,
        _ => name,
    }
}

impl CipherSuite {
    fn row(self) -> Option<&'static Row> {
        ROWS.binary_search_by_key(&self.0, |row| row.code).ok().and_then(|at| ROWS.get(at))
    }

    /// Every registered suite, by code point.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| Self(row.code))
    }

    /// The suite with this name of IANA's or OpenSSL's, in upper or lower case.
    ///
    /// ```
    /// use mailtls::tls::registry::CipherSuite;
    /// let suite = Some(CipherSuite(0xc02f));
    /// assert_eq!(CipherSuite::from_name("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"), suite);
    /// assert_eq!(CipherSuite::from_name("ECDHE-RSA-AES128-GCM-SHA256"), suite);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        let is =
            |theirs: &CStr| !theirs.is_empty() && theirs.to_bytes().eq_ignore_ascii_case(name.as_bytes());
        ROWS.iter().find(|row| is(row.name) || is(row.openssl_name)).map(|row| Self(row.code))
    }

    /// The suite with this name of GnuTLS's, in upper or lower case; the `TLS_` that all of them begin
    /// with may be missing, as in GnuTLS's description of a session.
    ///
    /// ```
    /// use mailtls::tls::registry::CipherSuite;
    /// let suite = CipherSuite::from_gnutls_name("ECDHE_RSA_AES_128_GCM_SHA256");
    /// assert_eq!(suite, Some(CipherSuite(0xc02f)));
    /// ```
    pub fn from_gnutls_name(name: &str) -> Option<Self> {
        let wanted = without_tls(name.as_bytes());
        let is =
            |theirs: &CStr| !theirs.is_empty() && without_tls(theirs.to_bytes()).eq_ignore_ascii_case(wanted);
        ROWS.iter().find(|row| is(row.gnutls_name)).map(|row| Self(row.code))
    }

    /// The IANA name, if the suite is registered.
    pub fn name(self) -> Option<&'static str> {
        self.c_name().and_then(as_str)
    }

    /// OpenSSL's name, if it has one.
    pub fn openssl_name(self) -> Option<&'static str> {
        self.c_openssl_name().and_then(as_str)
    }

    /// GnuTLS's name, if it has one.
    pub fn gnutls_name(self) -> Option<&'static str> {
        self.c_gnutls_name().and_then(as_str)
    }

    /// [`CipherSuite::name`] as C wants it.
    pub(crate) fn c_name(self) -> Option<&'static CStr> {
        self.row().map(|row| row.name)
    }

    /// [`CipherSuite::openssl_name`] as C wants it.
    pub(crate) fn c_openssl_name(self) -> Option<&'static CStr> {
        self.row().map(|row| row.openssl_name).filter(|name| !name.is_empty())
    }

    /// [`CipherSuite::gnutls_name`] as C wants it.
    pub(crate) fn c_gnutls_name(self) -> Option<&'static CStr> {
        self.row().map(|row| row.gnutls_name).filter(|name| !name.is_empty())
    }

    /// How the key of the session comes about.
    pub fn key_exchange(self) -> Option<KeyExchange> {
        self.row().map(|row| row.key_exchange)
    }

    /// What the server shows who it is with.
    pub fn authentication(self) -> Option<Authentication> {
        self.row().map(|row| row.authentication)
    }

    /// The cipher.
    pub fn cipher(self) -> Option<Algorithm> {
        self.row().map(|row| row.cipher)
    }

    /// How the cipher is used.
    pub fn mode(self) -> Option<Mode> {
        self.row().map(|row| row.mode)
    }

    /// Bits of the cipher's key: 0 without encryption, 168 with Triple DES, whose strength is 112.
    pub fn bits(self) -> Option<u16> {
        self.row().map(|row| row.bits)
    }

    /// The hash of the MAC or the key schedule.
    pub fn hash(self) -> Option<Hash> {
        self.row().map(|row| row.hash)
    }

    /// What IANA's column «Recommended» says.
    pub fn recommended(self) -> Option<Recommended> {
        self.row().map(|row| row.recommended)
    }

    /// Whether it is a suite of TLS 1.3, which no earlier version can negotiate.
    pub fn is_tls13(self) -> bool {
        self.key_exchange() == Some(KeyExchange::Any)
    }
}
