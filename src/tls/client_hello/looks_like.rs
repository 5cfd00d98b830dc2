//! Recognises by its first bytes what speaks where TLS or a mail protocol is expected.

use core::fmt;

/// What first bytes that are not TLS look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LooksLike {
    /// A request or a response of HTTP.
    Http,
    /// A command or a reply of SMTP.
    Smtp,
    /// A command or a response of IMAP.
    Imap,
    /// A command or a reply of POP3.
    Pop3,
    /// The identification of SSH.
    Ssh,
    /// The PROXY protocol of a load balancer, for which nothing is configured here.
    Proxy,
    /// Text, of no protocol known here.
    Text,
    /// Anything else.
    Unknown,
}

type Beginnings = &'static [(LooksLike, &'static [&'static str])];

/// What protocols begin with, to the letter.
const EXACT: Beginnings = &[
    (
        LooksLike::Http,
        &[
            "GET ",
            "POST ",
            "PUT ",
            "HEAD ",
            "OPTIONS ",
            "CONNECT ",
            "DELETE ",
            "PATCH ",
            "TRACE ",
            "PRI * HTTP/",
            "HTTP/",
        ],
    ),
    (LooksLike::Ssh, &["SSH-"]),
    (LooksLike::Proxy, &["PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN", "\r\n\r\n\0\r\nQUIT\n"]),
];

/// What the lines of mail protocols begin with, in either case.
const MAIL: Beginnings = &[
    (
        LooksLike::Smtp,
        &[
            "EHLO ",
            "HELO ",
            "LHLO ",
            "STARTTLS\r\n",
            "MAIL FROM:",
            "RCPT TO:",
            "220 ",
            "220-",
            "421 ",
            "554 ",
        ],
    ),
    (
        LooksLike::Pop3,
        &["+OK", "-ERR", "USER ", "PASS ", "APOP ", "CAPA\r\n", "STLS\r\n", "STAT\r\n", "AUTH\r\n"],
    ),
    (LooksLike::Imap, &["* OK", "* BYE", "* PREAUTH", "* CAPABILITY"]),
];

/// The commands that an IMAP client begins with, behind its tag.
const IMAP_COMMANDS: &[&str] =
    &["CAPABILITY", "LOGIN", "AUTHENTICATE", "STARTTLS", "NOOP", "LOGOUT", "ID", "ENABLE", "NAMESPACE"];

/// Octets that say it all, at most.
const ENOUGH: usize = 64;

impl LooksLike {
    /// Judges by what there is of the first bytes.
    ///
    /// ```
    /// use mailtls::tls::client_hello::LooksLike;
    /// assert_eq!(LooksLike::of(b"GET / HTTP/1.1\r\n"), LooksLike::Http);
    /// assert_eq!(LooksLike::of(b"a1 LOGIN me secret\r\n"), LooksLike::Imap);
    /// ```
    pub fn of(first: &[u8]) -> Self {
        let begin = first.get(..ENOUGH).unwrap_or(first);
        let upper = begin.to_ascii_uppercase();
        if let Some(what) = find(EXACT, |word| begin.starts_with(word)) {
            return what;
        }
        if let Some(what) = find(MAIL, |word| upper.starts_with(word)) {
            return what;
        }
        let line = upper.split(|&b| b == b'\n').next().unwrap_or_default();
        if is_imap_command(line) {
            return Self::Imap;
        }
        let text = |b: &u8| (b' '..=b'~').contains(b) || b"\t\r\n".contains(b);
        if !begin.is_empty() && begin.iter().all(text) { Self::Text } else { Self::Unknown }
    }

    /// What a server that greets with this octet speaks. Its first octet says as much as all of them.
    #[cfg_attr(not(feature = "engine"), allow(dead_code))] // The engine meets it.
    pub(in crate::tls) fn of_greeting(first: u8) -> Self {
        match first {
            b'*' => Self::Imap,
            b'+' | b'-' => Self::Pop3,
            b'2'..=b'5' => Self::Smtp,
            b'H' => Self::Http,
            first => Self::of(&[first]),
        }
    }

    /// Likewise, or `None` while more bytes could change it.
    pub(super) fn certain(first: &[u8]) -> Option<Self> {
        let upper = first.to_ascii_uppercase();
        let what = Self::of(first);
        let open = match what {
            Self::Text if first.len() < ENOUGH && !first.contains(&b'\n') => true,
            Self::Text | Self::Unknown => {
                find(EXACT, |word| word.starts_with(first)).is_some()
                    || find(MAIL, |word| word.starts_with(&upper)).is_some()
            }
            _ => false,
        };
        Some(what).filter(|_| !open)
    }

    /// As logs write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Smtp => "SMTP",
            Self::Imap => "IMAP",
            Self::Pop3 => "POP3",
            Self::Ssh => "SSH",
            Self::Proxy => "the PROXY protocol",
            Self::Text => "text",
            Self::Unknown => "binary data",
        }
    }
}

impl fmt::Display for LooksLike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The protocol one of whose beginnings fits.
fn find(table: Beginnings, fits: impl Fn(&[u8]) -> bool) -> Option<LooksLike> {
    let hit = |words: &[&str]| words.iter().any(|word| fits(word.as_bytes()));
    table.iter().find(|(_, words)| hit(words)).map(|(what, _)| *what)
}

/// `tag SP command`, the command whole.
fn is_imap_command(line: &[u8]) -> bool {
    let mut words = line.split(|b| b" \r".contains(b));
    let (Some(tag), Some(command), Some(_)) = (words.next(), words.next(), words.next()) else {
        return false;
    };
    !tag.is_empty()
        && tag.iter().all(u8::is_ascii_alphanumeric)
        && IMAP_COMMANDS.iter().any(|known| known.as_bytes() == command)
}
