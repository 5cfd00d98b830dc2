//! Whom a message is for (RFC 5321 §4.1.2).

use super::cursor::{Cursor, Result};
use super::domain::Domain;
use super::grammar_error::GrammarError;
use super::literal::AddressLiteral;
use super::token::{dot_string, from_str, is_atext, quoted_string, write_quoted};
use core::fmt;

/// `Mailbox = Local-part "@" ( Domain / address-literal )`
///
/// ```
/// use mailtls::trace::Mailbox;
/// let mailbox: Mailbox = r#""ann"@example.org"#.parse()?;
/// assert_eq!(mailbox.to_string(), "ann@example.org");
/// # Ok::<(), mailtls::trace::GrammarError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mailbox {
    local_part: String,
    host: MailboxHost,
}

/// Where a mailbox is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MailboxHost {
    /// In a domain.
    Domain(Domain),
    /// At an address.
    Literal(AddressLiteral),
}

impl Mailbox {
    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self> {
        let local_part = if from.peek() == Some('"') {
            quoted_string(from)?
        } else {
            dot_string(from, "Local-part")?.to_owned()
        };
        from.expect_char('@', "Mailbox")?;
        let host = if from.peek() == Some('[') {
            MailboxHost::Literal(AddressLiteral::read(from)?)
        } else {
            MailboxHost::Domain(Domain::read(from)?)
        };
        Ok(Self { local_part, host })
    }

    /// What stands before the `@`, without quotation marks.
    pub fn local_part(&self) -> &str {
        &self.local_part
    }

    /// What stands behind it.
    pub fn host(&self) -> &MailboxHost {
        &self.host
    }
}

/// `Path = "<" [ A-d-l ":" ] Mailbox ">"`: a source route, which means nothing any more (RFC 5321
/// appendix C), and a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    route: Vec<Domain>,
    mailbox: Mailbox,
}

impl Path {
    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self> {
        from.expect_char('<', "Path")?;
        let mut route = Vec::new();
        if from.peek() == Some('@') {
            loop {
                from.expect_char('@', "At-domain")?;
                route.push(Domain::read(from)?);
                if !from.take_char(',') {
                    break;
                }
            }
            from.expect_char(':', "A-d-l")?;
        }
        let mailbox = Mailbox::read(from)?;
        from.expect_char('>', "Path")?;
        Ok(Self { route, mailbox })
    }

    /// The hosts of the source route.
    pub fn route(&self) -> &[Domain] {
        &self.route
    }

    /// The mailbox.
    pub fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }
}

impl From<Mailbox> for Path {
    fn from(mailbox: Mailbox) -> Self {
        Self { route: Vec::new(), mailbox }
    }
}

/// The value of the `for` clause: `Path / Mailbox`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ForAddress {
    /// In angle brackets.
    Path(Path),
    /// Without.
    Mailbox(Mailbox),
}

impl ForAddress {
    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self> {
        if from.peek() == Some('<') {
            Path::read(from).map(Self::Path)
        } else {
            Mailbox::read(from).map(Self::Mailbox)
        }
    }

    /// The mailbox, in either form.
    pub fn mailbox(&self) -> &Mailbox {
        match self {
            Self::Path(path) => path.mailbox(),
            Self::Mailbox(mailbox) => mailbox,
        }
    }
}

from_str!(Mailbox = "Mailbox" Path = "Path" ForAddress = "Path / Mailbox");

impl fmt::Display for MailboxHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(domain) => domain.fmt(f),
            Self::Literal(literal) => literal.fmt(f),
        }
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.local_part.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext));
        if plain {
            f.write_str(&self.local_part)?;
        } else {
            write_quoted(&self.local_part, f)?;
        }
        write!(f, "@{}", self.host)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<")?;
        for (i, host) in self.route.iter().enumerate() {
            write!(f, "{}@{host}", if i > 0 { "," } else { "" })?;
        }
        write!(f, "{}{}>", if self.route.is_empty() { "" } else { ":" }, self.mailbox)
    }
}

impl fmt::Display for ForAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.fmt(f),
            Self::Mailbox(mailbox) => mailbox.fmt(f),
        }
    }
}
