//! Comments (RFC 5322 §3.2.2, RFC 6532 §3.1).

use super::cursor::{Cursor, Result};
use super::grammar_error::GrammarError;
use super::token::LONGEST;
use crate::text::is_unprintable;
use core::fmt;
use core::str::FromStr;

/// What a comment may hold at most when it is quoted, in characters: it is for people to read.
const LONGEST_QUOTED: usize = 200;

/// A comment, without the parentheses around it.
///
/// White space has no meaning in it but to part words: each run of it is one space, and there is none
/// at either end. Characters are quoted where they must be, and nowhere else.
///
/// ```
/// use mailtls::trace::Comment;
/// let comment: Comment = "(Example  4.9 (Debian))".parse()?;
/// assert_eq!(comment.as_str(), "Example 4.9 (Debian)");
/// assert_eq!(Comment::quoting("a) with ESMTPS\r\nBcc: x (").to_string(), r"(a\) with ESMTPS Bcc: x \()");
/// # Ok::<(), mailtls::trace::GrammarError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Comment(String);

impl Comment {
    /// A comment that says this text, whatever it is: what could end the comment is quoted, white space
    /// parts words, what is not printable becomes `?`, and after 200 characters the rest is left out.
    pub fn quoting(text: &str) -> Self {
        let mut words = Words::default();
        for c in text.chars().take(LONGEST_QUOTED) {
            match c {
                ' ' | '\t' | '\r' | '\n' => words.space(),
                '(' | ')' | '\\' => words.word(&['\\', c]),
                c if is_unprintable(c) => words.word(&['?']),
                c => words.word(&[c]),
            }
        }
        Self(words.done())
    }

    /// What is between the parentheses, as it is written, on one line.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `comment = "(" *([FWS] ccontent) [FWS] ")"`, `ccontent = ctext / quoted-pair / comment`
    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self> {
        from.expect_char('(', "comment")?;
        let mut words = Words::default();
        let mut depth = 0u32;
        loop {
            if from.gap() {
                words.space();
            }
            match from.peek() {
                Some(')') if depth == 0 => break,
                Some(c @ ('(' | ')')) => {
                    depth = if c == '(' { depth.saturating_add(1) } else { depth.saturating_sub(1) };
                    words.word(&[c]);
                }
                Some('\\') => {
                    from.take();
                    match from.peek() {
                        Some(c @ ('(' | ')' | '\\' | ' ' | '\t')) => words.word(&['\\', c]),
                        Some(c) if is_visible(c) => words.word(&[c]),
                        _ => return from.wanted("quoted-pair"),
                    }
                }
                Some(c) if is_visible(c) => words.word(&[c]),
                _ => return from.wanted("comment"),
            }
            from.take();
        }
        from.take();
        Ok(Self(words.done()))
    }

    /// The words: between two of them a line may end. A quoted space parts none.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        let mut quoted = false;
        self.0.split(move |c| {
            let parts = c == ' ' && !quoted;
            quoted = c == '\\' && !quoted;
            parts
        })
    }
}

/// `[CFWS]`: comments, and gaps before and behind each of them.
pub(super) fn cfws(from: &mut Cursor<'_>) -> Result<Vec<Comment>> {
    let mut comments = Vec::new();
    loop {
        from.gap();
        match from.peek() {
            Some('(') => comments.push(Comment::read(from)?),
            _ => return Ok(comments),
        }
    }
}

/// `VCHAR`, with what RFC 6532 §3.1 adds.
fn is_visible(c: char) -> bool {
    matches!(c, '!'..='~') || !c.is_ascii()
}

/// Words, with one space between two of them.
#[derive(Default)]
struct Words {
    text: String,
    parted: bool,
}

impl Words {
    fn space(&mut self) {
        self.parted = !self.text.is_empty();
    }

    fn word(&mut self, characters: &[char]) {
        if core::mem::take(&mut self.parted) {
            self.text.push(' ');
        }
        self.text.extend(characters);
    }

    fn done(self) -> String {
        self.text
    }
}

impl FromStr for Comment {
    type Err = GrammarError;

    /// Of the text with its parentheses, at most 900 octets.
    fn from_str(text: &str) -> Result<Self> {
        if text.len() > LONGEST {
            return Err(GrammarError::because(LONGEST, "comment", "longer than 900 octets"));
        }
        let mut cursor = Cursor::new(text);
        let comment = Self::read(&mut cursor)?;
        cursor.expect_end("comment")?;
        Ok(comment)
    }
}

/// With its parentheses.
impl fmt::Display for Comment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", self.0)
    }
}
