//! The text form of the pin store: parser and writer.
//!
//! ```text
//! store   = "mailtls-pins 1" LF *(account SP host SP pin LF)
//! account = 1*(VCHAR except "%" / "%" 2HEXDIG)   ; UTF-8, at most 512 octets unescaped
//! pin     = "sha256:" 64HEXDIG
//! ```

use super::super::host::HostName;
use super::{Pin, PinStore, check_account};
use crate::error::{Error, ErrorCode};
use crate::text::hex_octet;
use core::fmt;
use core::str::FromStr;

const FIRST_LINE: &str = "mailtls-pins 1";

/// Why a text is no pin store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PinProblem {
    /// The first line is not that of this version of the format.
    Version,
    /// A line is not an account, a host and a pin, with one space between.
    Fields,
    /// The account is not between 1 and 512 octets long, or wrongly escaped, or not UTF-8.
    Account,
    /// The host is neither a DNS name in A-labels nor an IP address.
    Host,
    /// The pin is not `sha256:` and 64 hexadecimal digits.
    Pin,
    /// The account and host have a pin already.
    Twice,
    /// There are more than [`PinStore::MOST`] pins.
    TooMany,
    /// The last line has no end: something is missing.
    Unfinished,
}

impl PinProblem {
    fn text(self) -> &'static str {
        match self {
            Self::Version => "the first line is not \"mailtls-pins 1\"",
            Self::Fields => "not an account, a host and a pin, with one space between",
            Self::Account => "an account that is wrongly escaped, empty, too long or not UTF-8",
            Self::Host => "a host that is neither a DNS name in A-labels nor an IP address",
            Self::Pin => "a pin that is not sha256: and 64 hexadecimal digits",
            Self::Twice => "a second pin for this account and host",
            Self::TooMany => "too many pins",
            Self::Unfinished => "the line has no end",
        }
    }
}

/// Why, and where, a text is no pin store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinTextError {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: PinProblem,
}

impl fmt::Display for PinTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pin store, line {}: {}", self.line, self.problem.text())
    }
}

impl core::error::Error for PinTextError {}

impl From<PinTextError> for Error {
    fn from(error: PinTextError) -> Self {
        Self::new(ErrorCode::InvalidArgument, error.to_string())
    }
}

impl FromStr for PinStore {
    type Err = PinTextError;

    /// Reads the text. The pins may stand in any order, and digits of either case; lines end with LF or
    /// CR LF. A text that is wrong anywhere is refused as a whole: a store that loses pins in silence
    /// would only show it in the middle of an attack.
    fn from_str(text: &str) -> Result<Self, PinTextError> {
        let mut store = Self::default();
        let mut line = 0;
        let mut rest = text;
        loop {
            line += 1;
            let at = |problem| PinTextError { line, problem };
            let Some((this, behind)) = rest.split_once('\n') else {
                let ends_well = rest.is_empty() && line > 1;
                let problem = if line == 1 { PinProblem::Version } else { PinProblem::Unfinished };
                return if ends_well { Ok(store) } else { Err(at(problem)) };
            };
            rest = behind;
            let this = this.strip_suffix('\r').unwrap_or(this);
            if line > 1 {
                store.read(this).map_err(at)?;
            } else if this != FIRST_LINE {
                return Err(at(PinProblem::Version));
            }
        }
    }
}

impl PinStore {
    /// Takes in one line.
    fn read(&mut self, line: &str) -> Result<(), PinProblem> {
        let mut fields = line.split(' ');
        let (Some(account), Some(host), Some(pin), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(PinProblem::Fields);
        };
        let account = unescaped(account).ok_or(PinProblem::Account)?;
        check_account(&account).map_err(|_| PinProblem::Account)?;
        let host: HostName = host.parse().map_err(|_| PinProblem::Host)?;
        let pin: Pin = pin.parse().map_err(|_| PinProblem::Pin)?;
        if self.pins.len() >= Self::MOST {
            return Err(PinProblem::TooMany);
        }
        match self.pins.insert((account, host), pin) {
            None => Ok(()),
            Some(_) => Err(PinProblem::Twice),
        }
    }
}

impl fmt::Display for PinStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        for (account, host, pin) in self.iter() {
            for octet in account.bytes() {
                match octet {
                    b'%' => f.write_str("%25")?,
                    _ if octet.is_ascii_graphic() => write!(f, "{}", char::from(octet))?,
                    _ => write!(f, "%{octet:02X}")?,
                }
            }
            writeln!(f, " {host} {pin}")?;
        }
        Ok(())
    }
}

/// Undoes what the writer does. What it would not have left as it is, is refused.
fn unescaped(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        octets.push(match first {
            b'%' => {
                let digits = rest.get(..2)?;
                rest = rest.get(2..)?;
                hex_octet(digits)?
            }
            _ if first.is_ascii_graphic() => first,
            _ => return None,
        });
    }
    String::from_utf8(octets).ok()
}
