//! Reads the first bytes of a connection, in whatever pieces they come.

use super::{ClientHello, Flaw, LooksLike, Sslv2Hello, parse, sslv2};
use crate::tls::registry::Version;

/// Octets that a ClientHello may have, its four of type and length included. The largest that are
/// seen have post-quantum key shares and stay below 4096.
pub const MAX_MESSAGE: usize = 65_536;

const HANDSHAKE: u8 = 22;
/// RFC 9846 §5.1.
const MAX_RECORD: u16 = 16_384;
const RECORD_HEADER: usize = 5;

/// How far a [`ClientHelloReader`] has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Bytes are missing.
    NeedsMore,
    /// Not TLS, but something that looks like this.
    NotTls(LooksLike),
    /// A whole ClientHello.
    Hello(Box<ClientHello>),
    /// A whole hello in the format of SSL 2.0, in which old programs offered newer versions too.
    Sslv2(Box<Sslv2Hello>),
    /// It begins like TLS, and is wrong.
    Malformed(Flaw),
}

/// Reads a ClientHello from the first bytes of a connection.
///
/// It holds no more than [`MAX_MESSAGE`] octets, and nothing once it knows. What comes behind the
/// record in which the ClientHello ends it leaves alone.
///
/// ```
/// use mailtls::tls::client_hello::{ClientHello, ClientHelloReader, Progress};
/// use mailtls::tls::registry::Version;
///
/// let hello = ClientHello::builder().server_name("imap.example.org").alpn(&[b"imap"]).build()?;
/// let mut reader = ClientHelloReader::new();
/// let bytes = hello.to_bytes();
/// let (first, rest) = bytes.split_at(20);
/// assert_eq!(*reader.read(first), Progress::NeedsMore);
/// let Progress::Hello(read) = reader.read(rest) else { panic!("a ClientHello") };
/// assert_eq!(read.server_name(), Some("imap.example.org"));
/// assert_eq!(read.highest_version(), Some(Version::TLS_1_3));
///
/// let mut reader = ClientHelloReader::new();
/// let Progress::NotTls(what) = reader.read(b"EHLO client.example\r\n") else { panic!("no TLS") };
/// assert_eq!(what.name(), "SMTP");
/// # Ok::<(), mailtls::tls::client_hello::Flaw>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientHelloReader {
    stage: Stage,
    progress: Progress,
}

#[derive(Clone, Debug)]
enum Stage {
    /// It is not known yet what this is.
    First(Vec<u8>),
    /// An SSLv2 hello, of which these bytes are there.
    Sslv2(Vec<u8>),
    /// Records of TLS.
    Records(Records),
    /// All is known.
    Done,
}

/// Records, of which the headers have been taken off.
#[derive(Clone, Debug)]
struct Records {
    first_version: Version,
    header: Vec<u8>,
    /// Octets of the present record that are still to come.
    remaining: usize,
    message: Vec<u8>,
}

impl Default for ClientHelloReader {
    fn default() -> Self {
        Self::new()
    }
}

impl ClientHelloReader {
    /// A reader at the first byte.
    pub fn new() -> Self {
        Self { stage: Stage::First(Vec::new()), progress: Progress::NeedsMore }
    }

    /// Takes the next bytes. Once it has said anything but [`Progress::NeedsMore`] it takes nothing
    /// more, and says the same again.
    pub fn read(&mut self, bytes: &[u8]) -> &Progress {
        self.progress = match core::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Done => return &self.progress,
            Stage::First(seen) => self.first(seen, bytes),
            Stage::Sslv2(seen) => self.sslv2(seen, bytes),
            Stage::Records(records) => self.records(records, bytes),
        };
        &self.progress
    }

    /// What [`ClientHelloReader::read`] said last.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Likewise, and gives it away.
    pub fn into_progress(self) -> Progress {
        self.progress
    }

    /// Looks what it is: TLS has a type of record and a major version, SSLv2 a length with its highest
    /// bit set and the type of message (RFC 5246 appendix E.2).
    fn first(&mut self, mut seen: Vec<u8>, bytes: &[u8]) -> Progress {
        for (at, &byte) in bytes.iter().enumerate() {
            seen.push(byte);
            let rest = bytes.get(at + 1..).unwrap_or_default();
            match seen.as_slice() {
                // change_cipher_spec, alert, handshake, application_data, heartbeat.
                [20..=24 | 0x80..=0xff] | [0x80..=0xff, _] => {}
                [20..=24, 3] => {
                    let records = Records {
                        first_version: Version(0x0300),
                        header: seen,
                        remaining: 0,
                        message: Vec::new(),
                    };
                    return self.records(records, rest);
                }
                [0x80..=0xff, _, sslv2::CLIENT_HELLO] => return self.sslv2(seen, rest),
                _ => {
                    if let Some(what) = LooksLike::certain(&seen) {
                        return Progress::NotTls(what);
                    }
                }
            }
        }
        self.stage = Stage::First(seen);
        Progress::NeedsMore
    }

    fn sslv2(&mut self, mut seen: Vec<u8>, bytes: &[u8]) -> Progress {
        let Some(&[high, low]) = seen.first_chunk() else { return Progress::NotTls(LooksLike::Unknown) };
        let end = 2 + usize::from(u16::from_be_bytes([high & 0x7f, low]));
        let wanted = end.saturating_sub(seen.len());
        seen.extend(bytes.iter().take(wanted));
        if seen.len() < end {
            self.stage = Stage::Sslv2(seen);
            return Progress::NeedsMore;
        }
        match Sslv2Hello::parse(&seen) {
            Ok(hello) => Progress::Sslv2(Box::new(hello)),
            Err(flaw) => Progress::Malformed(flaw),
        }
    }

    fn records(&mut self, mut records: Records, bytes: &[u8]) -> Progress {
        match records.take(bytes) {
            Err(flaw) => Progress::Malformed(flaw),
            Ok(None) => {
                self.stage = Stage::Records(records);
                Progress::NeedsMore
            }
            Ok(Some(hello)) => Progress::Hello(Box::new(hello)),
        }
    }
}

impl Records {
    fn take(&mut self, mut bytes: &[u8]) -> Result<Option<ClientHello>, Flaw> {
        loop {
            if self.remaining == 0 {
                bytes = match self.take_header(bytes)? {
                    Some(rest) => rest,
                    None => return Ok(None),
                };
            }
            // Up to the message's length first: what that says may already be wrong.
            let wanted = 4usize.checked_sub(self.message.len()).filter(|&n| n > 0).unwrap_or(self.remaining);
            let taken = wanted.min(self.remaining).min(bytes.len());
            let (now, rest) = bytes.split_at(taken);
            self.message.extend_from_slice(now);
            self.remaining -= taken;
            bytes = rest;
            if let Some(length) = self.length()? {
                if self.message.len() + self.remaining > length {
                    return Err(Flaw::Behind);
                }
                if self.message.len() == length {
                    return parse::message(self.first_version, &self.message).map(Some);
                }
            }
            if bytes.is_empty() {
                return Ok(None);
            }
        }
    }

    /// Takes the header of a record; gives what follows it, or nothing when that has not come whole.
    fn take_header<'a>(&mut self, bytes: &'a [u8]) -> Result<Option<&'a [u8]>, Flaw> {
        let (now, rest) = bytes.split_at(bytes.len().min(RECORD_HEADER - self.header.len()));
        self.header.extend_from_slice(now);
        if let Some(&kind) = self.header.first().filter(|&&kind| kind != HANDSHAKE) {
            return Err(Flaw::NotHandshake(kind));
        }
        let &[_, major, minor, high, low] = self.header.as_slice() else { return Ok(None) };
        if self.message.is_empty() {
            self.first_version = Version(u16::from_be_bytes([major, minor]));
        }
        let length = u16::from_be_bytes([high, low]);
        if length == 0 || length > MAX_RECORD {
            return Err(Flaw::RecordLength(length));
        }
        self.remaining = usize::from(length);
        self.header.clear();
        Ok(Some(rest))
    }

    /// Octets of the whole message, once its header is there.
    fn length(&self) -> Result<Option<usize>, Flaw> {
        if let Some(&kind) = self.message.first().filter(|&&kind| kind != parse::CLIENT_HELLO) {
            return Err(Flaw::NotClientHello(kind));
        }
        let Some(&[_, a, b, c]) = self.message.first_chunk() else { return Ok(None) };
        let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        if length + 4 > MAX_MESSAGE {
            return Err(Flaw::TooLong(length + 4));
        }
        Ok(Some(length + 4))
    }
}
