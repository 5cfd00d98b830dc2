//! Certificates, private keys and revocation lists as users give them: PEM texts (RFC 7468), read; and for
//! everything else a reason that says what it is instead and what to do.
//!
//! The reasons name the file where there is one. Nothing of a private key gets into a reason.

mod mistake;

use crate::text::printable;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mistake::{Content, Wanted};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use zeroize::Zeroizing;

/// How long a label can be, in octets.
const LONGEST_LABEL: usize = 40;

/// What a user gave, and where it comes from.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    bytes: &'a [u8],
    file: Option<&'a str>,
}

impl<'a> Given<'a> {
    /// The content of a file.
    pub(crate) fn file(name: &'a str, bytes: &'a [u8]) -> Self {
        Self { bytes, file: Some(name) }
    }

    /// What a reason calls it: the file, or else `what`.
    pub(crate) fn name(&self, what: &str) -> String {
        self.file.map_or_else(|| what.into(), |file| printable(file.as_bytes()))
    }
}

impl<'a> From<&'a [u8]> for Given<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self { bytes, file: None }
    }
}

/// A private key in DER, in one of the three forms that PEM has for it.
pub(crate) struct PrivateKey {
    pub(crate) form: KeyForm,
    pub(crate) der: Zeroizing<Vec<u8>>,
    /// How many keys there are; this is the first.
    pub(crate) of: usize,
}

/// The form of a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyForm {
    Pkcs1,
    Sec1,
    Pkcs8,
}

/// All certificates of a PEM text, of which there must be one. Sections of other kinds are passed over.
///
/// # Errors
/// The reason. `what` names the text where it is not from a file: "the certificate chain".
pub(crate) fn certificates(given: Given<'_>, what: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = |section: &Section<'_>| Some(CertificateDer::from(section.decode()?));
    all(given, what, Wanted::Certificate, read)
}

/// The first private key of a PEM text.
///
/// # Errors
/// As [`certificates`].
pub(crate) fn private_key(given: Given<'_>, what: &str) -> Result<PrivateKey, String> {
    let read = |section: &Section<'_>| {
        let form = match section.label {
            b"RSA PRIVATE KEY" => KeyForm::Pkcs1,
            b"EC PRIVATE KEY" => KeyForm::Sec1,
            _ => KeyForm::Pkcs8,
        };
        Some(PrivateKey { form, der: Zeroizing::new(section.decode()?), of: 1 })
    };
    let mut keys = all(given, what, Wanted::PrivateKey, read)?;
    let of = keys.len();
    Ok(PrivateKey { of, ..keys.swap_remove(0) })
}

/// The revocation lists of a PEM text, of which there must be one, or one in DER.
///
/// # Errors
/// As [`certificates`].
pub(crate) fn revocation_lists(
    given: Given<'_>,
    what: &str,
) -> Result<Vec<CertificateRevocationListDer<'static>>, String> {
    if Content::of_der(given.bytes) == Some(Content::RevocationList) {
        return Ok(vec![CertificateRevocationListDer::from(given.bytes.to_vec())]);
    }
    let read = |section: &Section<'_>| Some(CertificateRevocationListDer::from(section.decode()?));
    all(given, what, Wanted::RevocationList, read)
}

/// What `read` makes of all sections of the kind that is wanted.
fn all<T>(
    given: Given<'_>,
    what: &str,
    wanted: Wanted,
    read: impl Fn(&Section<'_>) -> Option<T>,
) -> Result<Vec<T>, String> {
    let name = || given.name(what);
    let mut found = Vec::new();
    let mut others = Vec::new();
    for section in sections(given.bytes) {
        let section = section.map_err(|broken| broken.reason(&name()))?;
        let content = Content::of_label(section.label, section.is_encrypted());
        if wanted.is(&content) {
            found.push(read(&section).ok_or_else(|| section.not_base64(&name()))?);
        } else {
            others.push(content);
        }
    }
    if found.is_empty() { Err(wanted.missing(given.bytes, &others, &name())) } else { Ok(found) }
}

/// A section of a PEM text: what stands between `-----BEGIN label-----` and its end.
struct Section<'a> {
    label: &'a [u8],
    /// The line it begins in, from 1.
    line: usize,
    /// Its lines, without white space around them.
    body: Vec<&'a [u8]>,
}

impl Section<'_> {
    /// The form of OpenSSL before 1.0: `Proc-Type: 4,ENCRYPTED` (RFC 1421 §4.6.1.1).
    fn is_encrypted(&self) -> bool {
        self.body.iter().any(|line| line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED"))
    }

    /// Its octets, or `None` when they are not base64. Header fields (RFC 1421 §4.4) are passed over.
    fn decode(&self) -> Option<Vec<u8>> {
        let lines = self.body.iter().filter(|line| !line.contains(&b':'));
        // Of the final size from the start: nothing of a key stays behind in a smaller buffer.
        let mut text = Zeroizing::new(Vec::with_capacity(self.body.iter().map(|line| line.len()).sum()));
        lines.for_each(|line| text.extend_from_slice(line));
        // Where the text is damaged, what was decoded before may be of a key as well.
        let mut octets = Zeroizing::new(Vec::with_capacity(text.len()));
        match STANDARD.decode_vec(&*text, &mut octets) {
            Ok(()) if !octets.is_empty() => Some(core::mem::take(&mut *octets)),
            _ => None,
        }
    }

    fn not_base64(&self, name: &str) -> String {
        let (label, line) = (printable(self.label), self.line);
        format!(
            "{name} is damaged: what follows -----BEGIN {label}----- in line {line} is not base64; \
             copy the file again"
        )
    }
}

/// A section that has no end, whose first line is not whole, or whose label is none.
enum Broken {
    NoEnd { label: String, line: usize },
    Beginning { line: usize },
    Label { line: usize },
}

impl Broken {
    fn reason(&self, name: &str) -> String {
        match self {
            Self::NoEnd { label, line } => format!(
                "{name} is cut off: what begins in line {line} has no line -----END {label}-----; copy the whole \
                 file again"
            ),
            Self::Beginning { line } => format!(
                "{name} is damaged: line {line} has -----BEGIN and more than a label behind it; the line \
                 ends may have been lost in copying"
            ),
            Self::Label { line } => format!(
                "{name} is damaged: in line {line}, what stands between -----BEGIN and ----- is not a label of PEM, which \
                 is in capital letters, as in -----BEGIN CERTIFICATE-----; copy the file again"
            ),
        }
    }
}

/// The sections of a text, whatever stands between them. Ends of lines are CR, LF or both, and a byte
/// order mark is passed over.
fn sections(text: &[u8]) -> impl Iterator<Item = Result<Section<'_>, Broken>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let text = text.split(|&octet| octet == b'\n').enumerate();
    let mut lines = text.flat_map(|(index, line)| {
        // Files of old Macs have CR alone; each counts as a part of the same line.
        line.split(|&octet| octet == b'\r').map(move |part| (index + 1, part.trim_ascii()))
    });
    core::iter::from_fn(move || {
        loop {
            let (line, begin) = lines.next()?;
            let Some(begin) = begin.strip_prefix(b"-----BEGIN ") else { continue };
            // Without this a key on one line would get into the reason as a label.
            let label = match begin.strip_suffix(b"-----") {
                Some(label) if is_label(label) => label,
                Some(other) if other.len() <= LONGEST_LABEL && !other.contains(&b'-') => {
                    return Some(Err(Broken::Label { line }));
                }
                _ => return Some(Err(Broken::Beginning { line })),
            };
            let end = [b"-----END ", label, b"-----"].concat();
            let mut body = Vec::new();
            for (_, part) in lines.by_ref() {
                if part == end {
                    return Some(Ok(Section { label, line, body }));
                }
                if part.starts_with(b"-----") {
                    break;
                }
                body.push(part);
            }
            return Some(Err(Broken::NoEnd { label: printable(label), line }));
        }
    })
}

/// As the labels in use are: short, and in capitals (RFC 7468 §3 allows more).
fn is_label(label: &[u8]) -> bool {
    let may = |octet: &u8| octet.is_ascii_uppercase() || octet.is_ascii_digit() || *octet == b' ';
    label.len() <= LONGEST_LABEL && label.iter().all(may)
}

#[cfg(test)]
mod tests;
