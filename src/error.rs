//! Errors: one type, three kinds, stable numbers.
//!
//! The peer's fault and the caller's misuse are never mixed: misuse changes nothing, the peer's
//! fault ends the connection and stays its last word.

use core::ffi::CStr;
use core::fmt;
use std::borrow::Cow;

/// Whose error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The caller asked for something that cannot be done now or at all. Nothing has changed.
    Misuse,
    /// The peer, or the network, made it impossible to go on. The connection is over.
    Peer,
    /// mailtls itself failed. The connection is over.
    Internal,
}

/// What went wrong, as a stable number shared with the C ABI.
///
/// Numbers of -100 and below are fatal: the connection is over. A retired number is never used
/// again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum ErrorCode {
    /// An argument that must not be NULL was NULL (C only).
    NullArgument = -1,
    /// An argument has a value that the function does not take.
    InvalidArgument = -2,
    /// The connection is not in a state in which this can be done.
    WrongState = -3,
    /// The buffer given is too small for the result (C only).
    BufferTooSmall = -4,
    /// Nothing can be taken in or given out until output has been sent or plaintext read.
    WouldBlock = -5,
    /// The mechanism is below the client's [`crate::MechanismFloor`]: no credentials were sent.
    BelowMechanismFloor = -6,
    /// A file could not be read.
    FileUnreadable = -20,
    /// No certificate could be found in what was given.
    NoCertificate = -21,
    /// No private key could be found in what was given, or it does not belong to the certificate.
    NoPrivateKey = -22,
    /// No trust anchor was given or found.
    NoTrustAnchor = -23,
    /// mailtls was built without its TLS engine.
    NoEngine = -24,
    /// mailtls itself failed; please report it.
    Internal = -100,
    /// An earlier call on this handle panicked (C only).
    Poisoned = -101,
    /// The peer did not speak TLS where TLS must begin.
    NotTls = -110,
    /// The TLS handshake or a TLS record was wrong.
    TlsProtocol = -111,
    /// The peer sent a fatal TLS alert.
    TlsAlertReceived = -112,
    /// No TLS version, cipher suite, group or signature scheme in common, or too weak a one.
    TlsPolicy = -113,
    /// None of the peer's ALPN protocol names is ours.
    NoApplicationProtocol = -114,
    /// The certificate has expired or is not valid yet.
    CertificateExpired = -120,
    /// The certificate is for another name.
    CertificateNameMismatch = -121,
    /// The certificate does not lead to a trust anchor.
    CertificateUntrusted = -122,
    /// The certificate has been revoked.
    CertificateRevoked = -123,
    /// The certificate is malformed or not fit for this use.
    CertificateUnfit = -124,
    /// A command or reply broke the grammar of the mail protocol.
    Syntax = -130,
    /// A limit was exceeded.
    LimitExceeded = -131,
    /// Too many commands that make no sense, or too many refused authentications.
    TooManyErrors = -132,
    /// The peer speaks another protocol (HTTP, TLS inside TLS).
    ForeignProtocol = -133,
    /// The server does not want to serve: `BYE`, `-ERR`, 421 or 554.
    RefusedByServer = -134,
    /// TLS is required, and the server does not offer STARTTLS, refuses it, or means to go on
    /// without it (PREAUTH).
    StartTlsRefused = -135,
    /// Something came in clear between STARTTLS and the TLS handshake, or past a TLS library of the
    /// host's own: an injection attack.
    DataBeforeTls = -136,
    /// The server could not prove that it knows the user's password (SCRAM): it is not the one that
    /// it says it is.
    ServerNotProved = -137,
    /// A deadline has passed.
    DeadlinePassed = -140,
    /// The TCP connection ended without close_notify.
    Truncated = -141,
    /// The peer closed the connection properly, but in the middle of the dialogue.
    ClosedEarly = -142,
}

impl ErrorCode {
    /// Every code there is.
    pub const ALL: &'static [Self] = &[
        Self::NullArgument,
        Self::InvalidArgument,
        Self::WrongState,
        Self::BufferTooSmall,
        Self::WouldBlock,
        Self::BelowMechanismFloor,
        Self::FileUnreadable,
        Self::NoCertificate,
        Self::NoPrivateKey,
        Self::NoTrustAnchor,
        Self::NoEngine,
        Self::Internal,
        Self::Poisoned,
        Self::NotTls,
        Self::TlsProtocol,
        Self::TlsAlertReceived,
        Self::TlsPolicy,
        Self::NoApplicationProtocol,
        Self::CertificateExpired,
        Self::CertificateNameMismatch,
        Self::CertificateUntrusted,
        Self::CertificateRevoked,
        Self::CertificateUnfit,
        Self::Syntax,
        Self::LimitExceeded,
        Self::TooManyErrors,
        Self::ForeignProtocol,
        Self::RefusedByServer,
        Self::StartTlsRefused,
        Self::DataBeforeTls,
        Self::ServerNotProved,
        Self::DeadlinePassed,
        Self::Truncated,
        Self::ClosedEarly,
    ];

    /// The general meaning in a few words, without a final stop.
    pub fn text(self) -> &'static str {
        // All of them are ASCII.
        self.c_text().to_str().unwrap_or_default()
    }

    /// [`ErrorCode::text`] as C wants it.
    pub(crate) fn c_text(self) -> &'static CStr {
        match self {
            Self::NullArgument => c"an argument is NULL",
            Self::InvalidArgument => c"an argument has a value that is not allowed",
            Self::WrongState => c"not possible in the present state",
            Self::BufferTooSmall => c"the buffer is too small",
            Self::WouldBlock => c"would block",
            Self::BelowMechanismFloor => c"below the mechanism floor, no credentials were sent",
            Self::FileUnreadable => c"a file cannot be read",
            Self::NoCertificate => c"no usable certificate",
            Self::NoPrivateKey => c"no usable private key",
            Self::NoTrustAnchor => c"no trust anchor",
            Self::NoEngine => c"built without a TLS engine",
            Self::Internal => c"internal error",
            Self::Poisoned => c"the handle is poisoned by an earlier failure",
            Self::NotTls => c"the peer does not speak TLS",
            Self::TlsProtocol => c"TLS protocol failure",
            Self::TlsAlertReceived => c"the peer refused with a TLS alert",
            Self::TlsPolicy => c"no acceptable TLS parameters in common",
            Self::NoApplicationProtocol => c"no mail protocol among the ALPN names",
            Self::CertificateExpired => c"the certificate has expired or is not valid yet",
            Self::CertificateNameMismatch => c"the certificate is for another name",
            Self::CertificateUntrusted => c"the certificate does not lead to a trust anchor",
            Self::CertificateRevoked => c"the certificate has been revoked",
            Self::CertificateUnfit => c"the certificate is not fit for this use",
            Self::Syntax => c"mail protocol syntax error",
            Self::LimitExceeded => c"a limit was exceeded",
            Self::TooManyErrors => c"too many errors",
            Self::ForeignProtocol => c"the peer speaks another protocol",
            Self::RefusedByServer => c"the server refused",
            Self::StartTlsRefused => c"STARTTLS is not available",
            Self::DataBeforeTls => c"data in clear after STARTTLS and before TLS",
            Self::ServerNotProved => c"the server could not prove that it knows the password",
            Self::DeadlinePassed => c"a deadline has passed",
            Self::Truncated => c"the connection was cut off",
            Self::ClosedEarly => c"the peer closed the connection early",
        }
    }

    /// The code that has this number.
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }

    /// The stable number, negative.
    pub fn number(self) -> i32 {
        self as i32
    }

    /// Whose error it is.
    pub fn kind(self) -> ErrorKind {
        match self.number() {
            -99..=-1 => ErrorKind::Misuse,
            -109..=-100 => ErrorKind::Internal,
            _ => ErrorKind::Peer,
        }
    }
}

/// An error: its code, and one line for the log that says what happened and to what.
///
/// The line never holds a secret, a line end, or unescaped bytes of the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: ErrorCode,
    reason: Cow<'static, str>,
}

impl Error {
    pub(crate) fn new(code: ErrorCode, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { code, reason: reason.into() }
    }

    pub(crate) fn wrong_state(reason: &'static str) -> Self {
        Self::new(ErrorCode::WrongState, reason)
    }

    pub(crate) fn invalid(reason: &'static str) -> Self {
        Self::new(ErrorCode::InvalidArgument, reason)
    }

    /// What went wrong.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// Whose error it is.
    pub fn kind(&self) -> ErrorKind {
        self.code.kind()
    }

    /// One line for the log.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.text(), self.reason)
    }
}

impl core::error::Error for Error {}

/// So that a test can say which reason it expects.
#[cfg(test)]
impl PartialEq<&str> for Error {
    fn eq(&self, reason: &&str) -> bool {
        self.reason() == *reason
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn numbers_are_negative_distinct_and_invertible() {
        let mut seen = HashSet::new();
        for &code in ErrorCode::ALL {
            assert!(code.number() < 0);
            assert!(seen.insert(code.number()));
            assert_eq!(ErrorCode::from_number(code.number()), Some(code));
            assert!(!code.text().is_empty());
        }
        assert_eq!(ErrorCode::from_number(0), None);
    }

    #[test]
    fn the_fatal_band_is_minus_100_and_below() {
        for &code in ErrorCode::ALL {
            assert_eq!(code.kind() == ErrorKind::Misuse, code.number() > -100);
        }
    }
}
