//! Reads a text from its beginning to its end: characters, keywords, white space (RFC 5322 §3.2).
//!
//! A gap between lexical tokens holds one line end at most, even where two FWS meet: no line is of white
//! space alone (RFC 5322 §3.2.2).

use super::grammar_error::GrammarError;

pub(super) type Result<T> = core::result::Result<T, GrammarError>;

/// A text and how far it has been read.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn wanted<T>(&self, production: &'static str) -> Result<T> {
        Err(GrammarError::wanted(self.at, production))
    }

    /// Takes one character, whatever it is.
    pub(super) fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Takes this character, if it is there.
    pub(super) fn take_char(&mut self, c: char) -> bool {
        let there = self.peek() == Some(c);
        if there {
            self.at += c.len_utf8();
        }
        there
    }

    pub(super) fn expect_char(&mut self, c: char, production: &'static str) -> Result<()> {
        if self.take_char(c) { Ok(()) } else { self.wanted(production) }
    }

    /// Takes these ASCII letters in either case.
    pub(super) fn expect_word(&mut self, word: &'static str, production: &'static str) -> Result<()> {
        match self.rest().get(..word.len()) {
            Some(there) if there.eq_ignore_ascii_case(word) => {
                self.at += word.len();
                Ok(())
            }
            _ => self.wanted(production),
        }
    }

    /// Takes characters as long as they are of the class.
    pub(super) fn take_while(&mut self, class: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = rest.find(|c| !class(c)).map_or(rest, |end| rest.get(..end).unwrap_or_default());
        self.at += taken.len();
        taken
    }

    /// Takes at least one character of the class.
    pub(super) fn take_some(
        &mut self,
        class: impl Fn(char) -> bool,
        production: &'static str,
    ) -> Result<&'a str> {
        let taken = self.take_while(class);
        if taken.is_empty() { self.wanted(production) } else { Ok(taken) }
    }

    /// Takes from `least` to `most` digits and gives what they say, or the largest number there is.
    pub(super) fn digits(&mut self, least: usize, most: usize, production: &'static str) -> Result<u32> {
        let start = self.at;
        let count = self.rest().bytes().take(most).take_while(u8::is_ascii_digit).count();
        self.at += count;
        if count < least {
            self.wanted(production)
        } else {
            Ok(self.since(start).parse().unwrap_or(u32::MAX))
        }
    }

    /// What has been read since then.
    pub(super) fn since(&self, at: usize) -> &'a str {
        self.text.get(at..self.at).unwrap_or_default()
    }

    /// Whether all has been read.
    pub(super) fn expect_end(&self, production: &'static str) -> Result<()> {
        if self.rest().is_empty() { Ok(()) } else { self.wanted(production) }
    }

    /// Takes white space in which at most one line ends, before more white space.
    pub(super) fn gap(&mut self) -> bool {
        let start = self.at;
        let mut folded = false;
        loop {
            let rest = self.rest();
            match rest.as_bytes() {
                [b' ' | b'\t', ..] => self.at += 1,
                [b'\r', b'\n', b' ' | b'\t', ..] if !folded => {
                    folded = true;
                    self.at += 3;
                }
                _ => return self.at > start,
            }
        }
    }

    /// `FWS = [*WSP CRLF] 1*WSP`
    pub(super) fn fws(&mut self) -> Result<()> {
        if self.gap() { Ok(()) } else { self.wanted("FWS") }
    }
}
