//! OpenSSL's cipher strings, as ciphers(1) describes them, for suites of TLS 1.2 and older.
//!
//! Which suites a string stands for, not in which order: a policy has none.

use super::super::registry::{Algorithm, Authentication, CipherSuite, Hash, KeyExchange, Mode};
use crate::error::{Error, ErrorCode};
use crate::text::printable;
use std::collections::BTreeSet;

/// The suites of TLS 1.2 and older that OpenSSL's cipher string stands for, by code point.
///
/// # Errors
/// [`ErrorCode::InvalidArgument`] with a reason that names the part that is not understood: OpenSSL
/// passes over what it does not know, which is how a rule gets lost by a slip of the pen.
///
/// ```
/// use mailtls::tls::{policy::expand_cipher_string, registry::CipherSuite};
/// let suites = expand_cipher_string("ECDHE+AESGCM:!ECDSA")?;
/// assert_eq!(suites, [CipherSuite(0xc02f), CipherSuite(0xc030)]);
/// let error = expand_cipher_string("HIGH:!aNUL").unwrap_err();
/// assert_eq!(error.reason(), "`!aNUL` is no part of a cipher string that is known");
/// # Ok::<(), mailtls::Error>(())
/// ```
pub fn expand_cipher_string(string: &str) -> Result<Vec<CipherSuite>, Error> {
    let suites = expand(string, |_| true).map_err(|why| Error::new(ErrorCode::InvalidArgument, why))?;
    Ok(suites.into_iter().collect())
}

/// Likewise; a suite that is named alone must be one of those `allowed`.
pub(super) fn expand(
    string: &str,
    allowed: impl Fn(CipherSuite) -> bool,
) -> Result<BTreeSet<CipherSuite>, String> {
    let mut suites = BTreeSet::new();
    let mut killed = BTreeSet::new();
    for part in string.split([':', ',', ';', ' ']).filter(|part| !part.is_empty()) {
        let shown = || printable(part.as_bytes());
        if let Some(command) = part.strip_prefix('@') {
            follow(command).map_err(|why| format!("`{}` {why}", shown()))?;
            continue;
        }
        let name = part.trim_start_matches(['!', '-', '+']);
        let found =
            one(name).ok_or_else(|| format!("`{}` is no part of a cipher string that is known", shown()))?;
        match part.as_bytes().first() {
            Some(b'!') => {
                suites.retain(|suite| !found.contains(suite));
                killed.extend(found);
            }
            Some(b'-') => suites.retain(|suite| !found.contains(suite)),
            // It moves suites to the end.
            Some(b'+') => {}
            _ => {
                if let (Some(suite), true) = (CipherSuite::from_name(name), found.len() == 1) {
                    if !allowed(suite) {
                        return Err(format!("`{}` is a suite that the policy refuses", shown()));
                    }
                }
                suites.extend(found.into_iter().filter(|suite| !killed.contains(suite)));
            }
        }
    }
    Ok(suites)
}

/// A command that changes no suite: the order is not ours, and no policy goes below what level 2 asks.
fn follow(command: &str) -> Result<(), &'static str> {
    match command {
        "STRENGTH" | "SECLEVEL=0" | "SECLEVEL=1" | "SECLEVEL=2" => Ok(()),
        _ if command.starts_with("SECLEVEL=") => Err("asks for a strength that no policy knows"),
        _ => Err("is no command that is known"),
    }
}

/// The suites of one part: a suite, or keywords that all have to fit.
fn one(part: &str) -> Option<BTreeSet<CipherSuite>> {
    let old = || CipherSuite::all().filter(|suite| !suite.is_tls13() && suite.openssl_name().is_some());
    if let Some(suite) = old().find(|suite| [suite.name(), suite.openssl_name()].contains(&Some(part))) {
        return Some(BTreeSet::from([suite]));
    }
    let mut found = BTreeSet::new();
    for suite in old() {
        let parts = Parts::of(suite)?;
        // Which suite it is asked about makes no difference to whether it is a keyword.
        let fits: Option<Vec<bool>> = part.split('+').map(|keyword| parts.fit(keyword)).collect();
        if fits?.into_iter().all(|fits| fits) {
            found.insert(suite);
        }
    }
    Some(found)
}

/// What a suite is made of.
struct Parts {
    exchange: KeyExchange,
    authentication: Authentication,
    cipher: Algorithm,
    bits: u16,
    mode: Mode,
    hash: Hash,
}

impl Parts {
    fn of(suite: CipherSuite) -> Option<Self> {
        Some(Self {
            exchange: suite.key_exchange()?,
            authentication: suite.authentication()?,
            cipher: suite.cipher()?,
            bits: suite.bits()?,
            mode: suite.mode()?,
            hash: suite.hash()?,
        })
    }

    /// Whether the suite is one of those that the keyword means; `None` when it is no keyword.
    fn fit(&self, keyword: &str) -> Option<bool> {
        self.exchange(keyword)
            .or_else(|| self.authentication(keyword))
            .or_else(|| self.cipher(keyword))
            .or_else(|| self.quality(keyword))
    }

    fn exchange(&self, keyword: &str) -> Option<bool> {
        use KeyExchange::{Dh, Dhe, DhePsk, Ecdh, Ecdhe, EcdhePsk, Psk, Rsa, RsaPsk, Srp};
        let signed = self.authentication != Authentication::Anonymous;
        let is = self.exchange;
        Some(match keyword {
            "kRSA" | "RSA" => is == Rsa,
            "kDHE" | "kEDH" | "DH" => is == Dhe,
            "DHE" | "EDH" => is == Dhe && signed,
            "ADH" => is == Dhe && !signed,
            "kDHr" | "kDHd" | "kDH" => is == Dh,
            "kECDHE" | "kEECDH" | "ECDH" => is == Ecdhe,
            "ECDHE" | "EECDH" => is == Ecdhe && signed,
            "AECDH" => is == Ecdhe && !signed,
            "kECDHr" | "kECDHe" | "kECDH" => is == Ecdh,
            "kPSK" => is == Psk,
            "kRSAPSK" => is == RsaPsk,
            "kDHEPSK" => is == DhePsk,
            "kECDHEPSK" => is == EcdhePsk,
            "PSK" => matches!(is, Psk | RsaPsk | DhePsk | EcdhePsk),
            "SRP" | "kSRP" => is == Srp,
            _ => return None,
        })
    }

    fn authentication(&self, keyword: &str) -> Option<bool> {
        let is = self.authentication;
        Some(match keyword {
            "aNULL" => is == Authentication::Anonymous,
            "aRSA" => is == Authentication::Rsa,
            "aDSS" | "DSS" => is == Authentication::Dss,
            "aECDSA" | "ECDSA" => is == Authentication::Ecdsa,
            "aPSK" => is == Authentication::Psk,
            "aSRP" => is == Authentication::Srp,
            _ => return None,
        })
    }

    fn cipher(&self, keyword: &str) -> Option<bool> {
        use Algorithm::{Aes, Aria, Camellia, ChaCha20, Des, Idea, Null, Rc2, Rc4, Seed, TripleDes};
        let (is, bits, mode) = (self.cipher, self.bits, self.mode);
        let mac = |hash| self.hash == hash && !mode.is_aead();
        Some(match keyword {
            "eNULL" | "NULL" => is == Null,
            "AES" => is == Aes,
            "AES128" => is == Aes && bits == 128,
            "AES256" => is == Aes && bits == 256,
            "AESGCM" => is == Aes && mode == Mode::Gcm,
            "AESCCM" => is == Aes && matches!(mode, Mode::Ccm | Mode::Ccm8),
            "AESCCM8" => is == Aes && mode == Mode::Ccm8,
            "ARIA" | "ARIAGCM" => is == Aria,
            "ARIA128" => is == Aria && bits == 128,
            "ARIA256" => is == Aria && bits == 256,
            "CAMELLIA" => is == Camellia,
            "CAMELLIA128" => is == Camellia && bits == 128,
            "CAMELLIA256" => is == Camellia && bits == 256,
            "CHACHA20" => is == ChaCha20,
            "3DES" => is == TripleDes,
            "DES" => is == Des,
            "RC4" => is == Rc4,
            "RC2" => is == Rc2,
            "IDEA" => is == Idea,
            "SEED" => is == Seed,
            "MD5" => mac(Hash::Md5),
            "SHA" | "SHA1" => mac(Hash::Sha1),
            "SHA256" => mac(Hash::Sha256),
            "SHA384" => mac(Hash::Sha384),
            _ => return None,
        })
    }

    fn quality(&self, keyword: &str) -> Option<bool> {
        use Algorithm::{Aria, Camellia, Idea, Null, Rc4, Seed, TripleDes};
        let null = self.cipher == Null;
        let medium = matches!(self.cipher, TripleDes | Seed | Idea | Rc4) && self.bits >= 128;
        let weak = self.bits < 112;
        let psk = self.exchange("PSK") == Some(true);
        // What OpenSSL builds in and does not use unless told.
        let aside = matches!(self.authentication, Authentication::Anonymous | Authentication::Dss)
            || matches!(self.cipher, Camellia | Aria)
            || matches!(self.mode, Mode::Ccm | Mode::Ccm8)
            || medium
            || weak;
        Some(match keyword {
            "ALL" => !null,
            "COMPLEMENTOFALL" => null,
            "DEFAULT" => !null && !aside,
            "COMPLEMENTOFDEFAULT" => !null && aside,
            "HIGH" => !null && !medium && !weak,
            "MEDIUM" => medium,
            "LOW" | "EXP" | "EXPORT" => !null && weak,
            // The suites that came with it: those whose MAC or cipher older versions do not have.
            "TLSv1.2" => self.mode.is_aead() || (matches!(self.hash, Hash::Sha256 | Hash::Sha384) && !psk),
            _ => return None,
        })
    }
}
