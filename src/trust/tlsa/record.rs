//! One TLSA record: its four fields, read and written in both forms.

use crate::error::{Error, ErrorCode};
use crate::trust::certificate::public_key;
use core::fmt;
use core::str::FromStr;
use sha2::{Digest, Sha256, Sha512};

/// RDATA has a length of 16 bits, and three of its octets are taken.
const MAX_DATA: usize = 65_532;

macro_rules! field {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $number:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u8);

        impl $name {
            $($(#[$value_doc])* pub const $value: Self = Self($number);)*

            /// The acronym of RFC 7218, if it has one here.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

field! {
    /// What a record says of a certificate (RFC 6698 §2.1.1).
    CertificateUsage {
        /// An authority of this certificate or key must be in a chain that is valid by itself.
        PKIX_TA = 0 "PKIX-TA",
        /// The server must have this certificate or key, and a chain that is valid by itself.
        PKIX_EE = 1 "PKIX-EE",
        /// This certificate or key is the trust anchor.
        DANE_TA = 2 "DANE-TA",
        /// The server has this certificate or key; no name and no date in it matters (RFC 7671 §5.1).
        DANE_EE = 3 "DANE-EE",
    }
}

field! {
    /// What of a certificate is compared (RFC 6698 §2.1.2).
    Selector {
        /// The whole of it, in DER.
        CERT = 0 "Cert",
        /// Its SubjectPublicKeyInfo, in DER.
        SPKI = 1 "SPKI",
    }
}

field! {
    /// How it is compared (RFC 6698 §2.1.3).
    MatchingType {
        /// Octet by octet.
        FULL = 0 "Full",
        /// By its SHA-256.
        SHA2_256 = 1 "SHA2-256",
        /// By its SHA-512.
        SHA2_512 = 2 "SHA2-512",
    }
}

/// A TLSA record (RFC 6698 §2).
///
/// Its text is that of a zone file, with the data in lower-case hexadecimal; reading takes either case,
/// and white space within the data (RFC 6698 §2.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TlsaRecord {
    usage: CertificateUsage,
    selector: Selector,
    matching_type: MatchingType,
    data: Vec<u8>,
}

impl TlsaRecord {
    /// From its fields. Numbers that mean nothing here make a record that is not usable, not an error.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] when there is no data, or more than a record can have.
    pub fn new(
        usage: CertificateUsage,
        selector: Selector,
        matching_type: MatchingType,
        data: &[u8],
    ) -> Result<Self, Error> {
        if data.is_empty() || data.len() > MAX_DATA {
            return Err(Error::invalid("a TLSA record has no data, or too much"));
        }
        Ok(Self { usage, selector, matching_type, data: data.to_vec() })
    }

    /// From the RDATA of a DNS answer (RFC 6698 §2.1).
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for fewer than four octets, and for more than RDATA can have.
    pub fn from_rdata(rdata: &[u8]) -> Result<Self, Error> {
        let Some((&[usage, selector, matching_type], data)) = rdata.split_first_chunk() else {
            return Err(Error::invalid("the RDATA of a TLSA record is too short"));
        };
        Self::new(CertificateUsage(usage), Selector(selector), MatchingType(matching_type), data)
    }

    /// As RDATA.
    pub fn to_rdata(&self) -> Vec<u8> {
        let fields = [self.usage.0, self.selector.0, self.matching_type.0];
        [&fields[..], &self.data].concat()
    }

    /// The record that a certificate in DER has for this use.
    ///
    /// # Errors
    /// [`ErrorCode::CertificateUnfit`] when it is no certificate; [`ErrorCode::InvalidArgument`] for a
    /// selector or a matching type that is not known here.
    pub fn of_certificate(
        usage: CertificateUsage,
        selector: Selector,
        matching_type: MatchingType,
        der: &[u8],
    ) -> Result<Self, Error> {
        let unfit = Error::new(ErrorCode::CertificateUnfit, "not an X.509 certificate");
        let key = public_key(der).ok_or(unfit)?;
        let data = selected(selector, Some(der), key).and_then(|part| digested(matching_type, part));
        let data = data.ok_or(Error::invalid("an unknown selector or matching type"))?;
        Self::new(usage, selector, matching_type, &data)
    }

    /// What it says of a certificate.
    pub fn usage(&self) -> CertificateUsage {
        self.usage
    }

    /// What it is about.
    pub fn selector(&self) -> Selector {
        self.selector
    }

    /// How that is compared.
    pub fn matching_type(&self) -> MatchingType {
        self.matching_type
    }

    /// With what: the certificate association data.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Whether it means something here: all three numbers are known, and a digest is as long as it must
    /// be. What is not usable counts for nothing (RFC 6698 §4.1).
    pub fn is_usable(&self) -> bool {
        let length_is_right = match self.matching_type {
            MatchingType::FULL => true,
            MatchingType::SHA2_256 => self.data.len() == 32,
            MatchingType::SHA2_512 => self.data.len() == 64,
            _ => false,
        };
        self.usage.name().is_some() && self.selector.name().is_some() && length_is_right
    }

    /// Whether it is about this certificate in DER. What is not a certificate, and a record that is not
    /// usable, never match.
    pub fn matches(&self, der: &[u8]) -> bool {
        public_key(der).is_some_and(|key| self.is_about(Some(der), key))
    }

    /// Likewise, for a certificate of which perhaps nothing but the key is known.
    pub(crate) fn is_about(&self, certificate: Option<&[u8]>, key: &[u8]) -> bool {
        let part = selected(self.selector, certificate, key).filter(|_| self.is_usable());
        part.and_then(|part| digested(self.matching_type, part)).is_some_and(|found| found == self.data)
    }
}

fn selected<'a>(selector: Selector, certificate: Option<&'a [u8]>, key: &'a [u8]) -> Option<&'a [u8]> {
    match selector {
        Selector::CERT => certificate,
        Selector::SPKI => Some(key),
        _ => None,
    }
}

fn digested(matching_type: MatchingType, part: &[u8]) -> Option<Vec<u8>> {
    match matching_type {
        MatchingType::FULL => Some(part.to_vec()),
        MatchingType::SHA2_256 => Some(Sha256::digest(part).to_vec()),
        MatchingType::SHA2_512 => Some(Sha512::digest(part).to_vec()),
        _ => None,
    }
}

impl fmt::Display for TlsaRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} ", self.usage.0, self.selector.0, self.matching_type.0)?;
        self.data.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl FromStr for TlsaRecord {
    type Err = Error;

    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for what is not three numbers and data in hexadecimal.
    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || {
            Error::invalid(
                "a TLSA record is three numbers and data in hexadecimal, such as 3 1 1 and 64 digits",
            )
        };
        let mut words = text.split_ascii_whitespace();
        let mut number = || words.next().and_then(number).ok_or_else(bad);
        let (usage, selector, matching_type) = (number()?, number()?, number()?);
        let digits: Vec<u8> = words.flat_map(str::bytes).take(2 * MAX_DATA + 1).collect();
        if digits.len() % 2 != 0 {
            return Err(bad());
        }
        let octets = digits.chunks(2).map(octet).collect::<Option<Vec<u8>>>().ok_or_else(bad)?;
        Self::new(CertificateUsage(usage), Selector(selector), MatchingType(matching_type), &octets)
    }
}

/// Digits only: the standard library would take a sign as well.
fn number(word: &str) -> Option<u8> {
    word.bytes().all(|c| c.is_ascii_digit()).then(|| word.parse().ok())?
}

fn octet(digits: &[u8]) -> Option<u8> {
    digits.iter().try_fold(0, |octet, &digit| {
        let value = char::from(digit).to_digit(16)?;
        u8::try_from(u32::from(octet) * 16 + value).ok()
    })
}
