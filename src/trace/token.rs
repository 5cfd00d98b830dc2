//! Lexical tokens (RFC 5321 §4.1.2, RFC 5322 §3.2 and §3.6.4), with what RFC 6531 and RFC 6532 add.

use super::cursor::{Cursor, Result};
use super::grammar_error::GrammarError;
use crate::text::is_unprintable;
use core::fmt;

/// What a token that a program makes may have at most, in octets. It stands on a line with little
/// else, and no line is longer than 998 (RFC 5322 §2.1.1). What is read is no longer than its line.
pub(super) const LONGEST: usize = 900;

/// Makes `FromStr` of a production's `read`: the whole text must be of it, and no longer than that.
macro_rules! from_str {
    ($($type:ident = $production:literal)+) => {$(
        impl core::str::FromStr for $type {
            type Err = crate::trace::GrammarError;

            /// The whole text must be of the production and at most 900 octets long.
            fn from_str(text: &str) -> Result<Self> {
                if text.len() > crate::trace::token::LONGEST {
                    let at = crate::trace::token::LONGEST;
                    return Err(GrammarError::because(at, $production, "longer than 900 octets"));
                }
                let mut cursor = Cursor::new(text);
                let value = Self::read(&mut cursor)?;
                cursor.expect_end($production)?;
                Ok(value)
            }
        }
    )+};
}
pub(super) use from_str;

/// `atext` (RFC 5322 §3.2.3), with `UTF8-non-ascii` (RFC 6531 §3.3).
pub(super) fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii()
}

/// `Atom = 1*atext` (RFC 5321 §4.1.2).
///
/// ```
/// use mailtls::trace::Atom;
/// assert!("4YxQ1k2Zz9".parse::<Atom>().is_ok());
/// assert_eq!("a b".parse::<Atom>().unwrap_err().at(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Atom(String);

impl Atom {
    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self> {
        from.take_some(is_atext, "Atom").map(|atom| Self(atom.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `String = Atom / Quoted-string` (RFC 5321 §4.1.2): what it says, without quotation marks.
///
/// ```
/// use mailtls::trace::ClauseString;
/// let string: ClauseString = r#""a \"b\"""#.parse()?;
/// assert_eq!(string.as_str(), r#"a "b""#);
/// assert_eq!(string.to_string(), r#""a \"b\"""#);
/// # Ok::<(), mailtls::trace::GrammarError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClauseString(String);

impl ClauseString {
    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self> {
        if from.peek() == Some('"') {
            return quoted_string(from).map(Self);
        }
        from.take_some(is_atext, "String").map(|atom| Self(atom.to_owned()))
    }

    /// What it says.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An atom where it can be one.
impl fmt::Display for ClauseString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let atom = !self.0.is_empty() && self.0.chars().all(is_atext);
        if atom { f.write_str(&self.0) } else { write_quoted(&self.0, f) }
    }
}

/// `Quoted-string = DQUOTE *QcontentSMTP DQUOTE`: what it says.
pub(super) fn quoted_string(from: &mut Cursor<'_>) -> Result<String> {
    from.expect_char('"', "Quoted-string")?;
    let mut text = String::new();
    loop {
        match from.peek() {
            Some('"') => break,
            Some('\\') => {
                from.take();
                match from.peek() {
                    Some(c @ ' '..='~') => text.push(c),
                    _ => return from.wanted("quoted-pairSMTP"),
                }
            }
            Some(c) if matches!(c, ' '..='~') || !c.is_ascii() => text.push(c),
            _ => return from.wanted("Quoted-string"),
        }
        from.take();
    }
    from.take();
    Ok(text)
}

/// The other way round.
pub(super) fn write_quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    use fmt::Write as _;
    f.write_char('"')?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}

/// `dot-atom-text = 1*atext *("." 1*atext)`; RFC 5321 calls it `Dot-string`.
pub(super) fn dot_string<'a>(from: &mut Cursor<'a>, production: &'static str) -> Result<&'a str> {
    let start = from.at();
    from.take_some(is_atext, production)?;
    while from.take_char('.') {
        from.take_some(is_atext, production)?;
    }
    Ok(from.since(start))
}

/// `msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS]` (RFC 5322 §3.6.4), without what is around it.
///
/// ```
/// use mailtls::trace::MessageId;
/// let id: MessageId = "<20261126.1@example.org>".parse()?;
/// assert_eq!(id.as_str(), "20261126.1@example.org");
/// # Ok::<(), mailtls::trace::GrammarError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(String);

impl MessageId {
    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self> {
        from.expect_char('<', "msg-id")?;
        let start = from.at();
        dot_string(from, "id-left")?;
        from.expect_char('@', "msg-id")?;
        if from.take_char('[') {
            from.take_while(|c| matches!(c, '!'..='Z' | '^'..='~') || !c.is_ascii());
            from.expect_char(']', "no-fold-literal")?;
        } else {
            dot_string(from, "id-right")?;
        }
        let id = from.since(start).to_owned();
        from.expect_char('>', "msg-id")?;
        Ok(Self(id))
    }

    /// Without the angle brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

/// The value of the `id` clause: `Atom / msg-id`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Id {
    /// As a rule the name that the server has for the message in its queue.
    Atom(Atom),
    /// A message identifier.
    MessageId(MessageId),
}

impl Id {
    /// Any name for a message that is an atom or a message identifier.
    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self> {
        if from.peek() == Some('<') {
            MessageId::read(from).map(Self::MessageId)
        } else {
            Atom::read(from).map(Self::Atom)
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Atom(atom) => atom.fmt(f),
            Self::MessageId(id) => id.fmt(f),
        }
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

from_str!(Atom = "Atom" ClauseString = "String" MessageId = "msg-id" Id = "Atom / msg-id");

impl ClauseString {
    /// A string that says this, or `None` where it holds a character that is not printable (a control, a
    /// format character such as U+202E) or is longer than 400 octets.
    pub fn saying(text: &str) -> Option<Self> {
        let fits = text.len() <= 400 && !text.contains(is_unprintable);
        fits.then(|| Self(text.to_owned()))
    }
}
