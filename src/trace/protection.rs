//! How a hop was protected, as a Received field says.
//!
//! Whoever wrote the field may have lied or not known. The file must never know how fields are written.

use crate::tls::registry::{Algorithm, CipherSuite, Group, KeyExchange, Mode, Version};
use core::fmt;

/// How the hop of one Received field was protected, as the field says.
///
/// Only what one's own servers wrote is known; all below it in the header section may be invented.
///
/// ```
/// use mailtls::trace::{Protection, Strength};
/// assert_eq!(Protection::Clear.strength(), Strength::Clear);
/// assert!(Protection::Clear.tls().is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protection {
    /// The field says that TLS was there.
    Tls(TlsClaim),
    /// The hop crossed no network: a program handed the message in, or the peer was the host itself
    /// (127.0.0.0/8, `::1`, a socket of the host), or two parts of one system (MAPI).
    Local,
    /// The transmission type (RFC 3848) would end in `S` if TLS had been there, or the field says in
    /// words that there was none.
    Clear,
    /// The field says nothing: no `with`, or a protocol such as HTTP or IMAP, of which `with` does not say
    /// how it went; or no `from`, as Gmail writes for what goes on inside it.
    Unsaid,
}

impl Protection {
    /// What the field says of TLS, if it was there.
    pub fn tls(&self) -> Option<&TlsClaim> {
        match self {
            Self::Tls(claim) => Some(claim),
            _ => None,
        }
    }

    /// What is left where a field can be read in two ways: nothing, unless both are of the same kind.
    pub(super) fn weaker(self, other: Self) -> Self {
        match (self, other) {
            (Self::Tls(one), Self::Tls(other)) => Self::Tls(one.weaker(other)),
            (one, other) if one == other => one,
            _ => Self::Clear,
        }
    }

    /// What the protection is worth, to find the weakest hop of a message.
    pub fn strength(&self) -> Strength {
        match self {
            Self::Tls(claim) => claim.strength(),
            Self::Local => Strength::Local,
            Self::Clear => Strength::Clear,
            Self::Unsaid => Strength::Unsaid,
        }
    }
}

/// What a protection is worth: the weakest first.
///
/// What is known to be bad is weaker than what is not known, and that is weaker than what is known to
/// be good.
///
/// ```
/// use mailtls::trace::Strength;
/// let hops = [Strength::ModernTls, Strength::Unsaid, Strength::ObsoleteTls];
/// assert_eq!(hops.iter().min(), Some(&Strength::ObsoleteTls));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Strength {
    /// Everybody on the way could read and change the message.
    Clear,
    /// TLS that does not protect any more: a version before 1.2 (RFC 8996), or no encryption, RC4
    /// (RFC 7465), RC2, DES or Triple DES, or an export suite.
    ObsoleteTls,
    /// Nothing is said.
    Unsaid,
    /// TLS of which too little is said, or 1.2 with a suite without AEAD or without forward secrecy.
    Tls,
    /// TLS 1.3, or a suite with AEAD and forward secrecy, which only TLS 1.2 and later can negotiate.
    ModernTls,
    /// The hop crossed no network.
    Local,
}

impl Strength {
    /// The strength in a word, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::ObsoleteTls => "obsolete-tls",
            Self::Unsaid => "unsaid",
            Self::Tls => "tls",
            Self::ModernTls => "modern-tls",
            Self::Local => "local",
        }
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// In which form a field says that TLS was there. Most are named after who writes them most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// The clause of RFC 8314 §4.3, `tls TLS_AES_128_GCM_SHA256`.
    Clause,
    /// Nothing but the `S` of a transmission type: `with ESMTPS` (RFC 3848).
    WithType,
    /// `(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) …)`: also Dovecot, Kerio Connect,
    /// Strato and Stalwart.
    Postfix,
    /// `(TLS1.2:ECDHE_RSA_AES_128_GCM_SHA256:128)`, or the version alone: also MDaemon.
    Exim,
    /// `(TLSv1.3:TLS_AES_256_GCM_SHA384:256:NO)`, and the older `TLS version=… cipher=…` in the open.
    OpenSmtpd,
    /// `(version=TLSv1.2 cipher=ECDHE-RSA-AES128-GCM-SHA256 bits=128 verify=NO)`: also Cyrus, Proofpoint
    /// and older Haraka.
    Sendmail,
    /// The same without `verify`, `(version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128)`: also
    /// Yahoo and hMailServer.
    Gmail,
    /// The same with commas, `(version=TLS1_2, cipher=…)`, or `(TLS)`: also Mimecast.
    Exchange,
    /// `with AES256-SHA encrypted SMTP`: also qpsmtpd and MessageLabs.
    Qmail,
    /// `with ESMTP/TLS/ECDHE-RSA-AES256-GCM-SHA384`.
    IronPort,
    /// `(TLS: TLSv1.2,256bits,ECDHE-RSA-AES256-GCM-SHA384)`: also McAfee's gateway.
    Courier,
    /// `(TLS1.3 TLS_AES_128_GCM_SHA256)`.
    Mox,
    /// `(using TLS: TLSv1.2, AES256-SHA)`.
    MailMarshal,
    /// In words without a cipher: `(SSL)`, `with TLS`, `over TLS secured channel`, `with ESMTP-TLS`.
    Words,
}

impl Form {
    /// The form in a word, in lower case.
    ///
    /// ```
    /// assert_eq!(mailtls::trace::Form::WithType.name(), "with-type");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Clause => "clause",
            Self::WithType => "with-type",
            Self::Postfix => "postfix",
            Self::Exim => "exim",
            Self::OpenSmtpd => "opensmtpd",
            Self::Sendmail => "sendmail",
            Self::Gmail => "gmail",
            Self::Exchange => "exchange",
            Self::Qmail => "qmail",
            Self::IronPort => "ironport",
            Self::Courier => "courier",
            Self::Mox => "mox",
            Self::MailMarshal => "mailmarshal",
            Self::Words => "words",
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// That TLS was there, and all that the field says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsClaim {
    pub(super) form: Form,
    pub(super) version: Option<Version>,
    pub(super) cipher: Option<String>,
    pub(super) cipher_suite: Option<CipherSuite>,
    pub(super) bits: Option<u16>,
    pub(super) group_name: Option<String>,
    pub(super) group: Option<Group>,
    pub(super) verified: Option<bool>,
}

impl TlsClaim {
    /// That TLS was there, and no more.
    pub(super) fn new(form: Form) -> Self {
        Self {
            form,
            version: None,
            cipher: None,
            cipher_suite: None,
            bits: None,
            group_name: None,
            group: None,
            verified: None,
        }
    }

    /// In which form the field says so; of several, the one that says the suite.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The version. `None` also with OpenSSL's `TLSv1/SSLv3`, which was its name for every version from
    /// SSLv3 to TLS 1.2.
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// The cipher suite or cipher as written: at most 80 characters of visible ASCII.
    pub fn cipher(&self) -> Option<&str> {
        self.cipher.as_deref()
    }

    /// The suite that [`Self::cipher`] names in IANA's, OpenSSL's, GnuTLS's, Schannel's or rustls's way.
    pub fn cipher_suite(&self) -> Option<CipherSuite> {
        self.cipher_suite
    }

    /// The bits of the cipher's key that were used, as written. Exim of 2005 with GnuTLS wrote octets.
    pub fn bits(&self) -> Option<u16> {
        self.bits
    }

    /// The key-exchange group as written: at most 80 characters of visible ASCII.
    pub fn group_name(&self) -> Option<&str> {
        self.group_name.as_deref()
    }

    /// The group that [`Self::group_name`] names.
    pub fn group(&self) -> Option<Group> {
        self.group
    }

    /// Whether the writer verified the certificate of the sending side: `Some(false)` too when there was
    /// none. `None` if the field does not say.
    pub fn verified(&self) -> Option<bool> {
        self.verified
    }

    /// Whether one of them must be wrong.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        let suites = self.cipher_suite.zip(other.cipher_suite).is_some_and(|(one, other)| one != other);
        suites || self.version.zip(other.version).is_some_and(|(one, other)| one != other)
    }

    /// Takes from another what this one does not say.
    pub(super) fn complete(&mut self, more: Self) {
        if self.cipher.is_none() && more.cipher.is_some() {
            self.form = more.form;
            self.cipher = more.cipher;
            self.cipher_suite = more.cipher_suite;
        }
        self.version = self.version.or(more.version);
        self.bits = self.bits.or(more.bits);
        if self.group_name.is_none() {
            self.group_name = more.group_name;
            self.group = more.group;
        }
        self.verified = self.verified.or(more.verified);
    }

    /// The weaker of two that may contradict each other; where they are as strong, what both say.
    pub(super) fn weaker(mut self, mut other: Self) -> Self {
        if other.strength() < self.strength() {
            core::mem::swap(&mut self, &mut other);
        }
        if self.verified != other.verified {
            self.verified = self.verified.and(other.verified).map(|_| false);
        }
        // Without its version an obsolete one would look better.
        let is_as_strong = self.strength() == other.strength() && self.strength() > Strength::ObsoleteTls;
        if is_as_strong && self.contradicts(&other) {
            self = Self { verified: self.verified, ..Self::new(self.form) };
        }
        self
    }

    pub(super) fn strength(&self) -> Strength {
        let old = self.version.is_some_and(|version| version < Version::TLS_1_2);
        let suite = self.cipher_suite;
        if old || suite.and_then(CipherSuite::cipher).is_some_and(is_obsolete) {
            return Strength::ObsoleteTls;
        }
        let aead = suite.and_then(CipherSuite::mode).is_some_and(Mode::is_aead);
        let forward_secret = suite.and_then(CipherSuite::key_exchange).is_some_and(is_ephemeral);
        if self.version == Some(Version::TLS_1_3) || (aead && forward_secret) {
            Strength::ModernTls
        } else {
            Strength::Tls
        }
    }
}

/// Export suites are among them: they are RC4, RC2 and DES with 40 bits.
fn is_obsolete(cipher: Algorithm) -> bool {
    use Algorithm::{Des, Null, Rc2, Rc4, TripleDes};
    matches!(cipher, Null | Rc4 | Rc2 | Des | TripleDes)
}

/// Whether the key is gone after the session. TLS 1.3 without ephemeral keys (PSK alone) is not met in
/// mail.
fn is_ephemeral(exchange: KeyExchange) -> bool {
    use KeyExchange::{Any, Dhe, DhePsk, Ecdhe, EcdhePsk};
    matches!(exchange, Any | Dhe | DhePsk | Ecdhe | EcdhePsk)
}
