//! Words, comments and semicolons of a Received field, in several readings.
//!
//! Servers copy into their fields what a client has said, and not all of them quote it. So where a quoted
//! string, a comment or a domain literal ends may depend on who looks. A caller reads a field in each
//! way and believes the least of it. Time is linear in the length of the field.

/// How the characters that hold text together are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Quoted strings, domain literals and paths are one piece each, whatever stands in them; and in
    /// comments quoted strings and paths, as the addresses are that servers put there.
    Quoted,
    /// As RFC 5322 says, where quotation marks mean nothing in a comment; but a comment on the envelope
    /// goes to the last `>)` of the field.
    Envelope,
    /// Nothing but parentheses holds together, and nothing takes away their meaning.
    Bare,
}

/// What a field is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// With the quoted strings, domain literals and paths in it.
    Word(&'a str),
    /// Without its parentheses.
    Comment(&'a str),
    Semicolon,
}

/// So many comments may turn out not to end before `(` is taken for any other character.
const MOST_UNENDED: u8 = 8;

/// Takes a text apart in which all white space is spaces.
pub(super) fn pieces(text: &str, reading: Reading) -> Vec<Piece<'_>> {
    let mut scanner = Scanner::new(text, reading);
    let mut pieces = Vec::new();
    while let Some(piece) = scanner.next() {
        pieces.push(piece);
    }
    pieces
}

/// What does not end holds nothing together: its first character is like any other.
struct Scanner<'a> {
    text: &'a str,
    reading: Reading,
    at: usize,
    /// Where the first quotation mark, bracket and angle bracket stand that nothing ends: then nothing ends
    /// a later one.
    quote_unended: usize,
    literal_unended: usize,
    path_unended: usize,
    comments_unended: u8,
    /// Where the last `>)` stands.
    envelope_end: Option<usize>,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str, reading: Reading) -> Self {
        Self {
            text,
            reading,
            at: 0,
            quote_unended: usize::MAX,
            literal_unended: usize::MAX,
            path_unended: usize::MAX,
            comments_unended: 0,
            envelope_end: text.rfind(">)"),
        }
    }

    fn octet(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn next(&mut self) -> Option<Piece<'a>> {
        while self.octet(self.at) == Some(b' ') {
            self.at += 1;
        }
        let start = self.at;
        let comment = if self.octet(start)? == b'(' { self.comment(start) } else { None };
        let (end, piece) = match (self.octet(start)?, comment) {
            (b';', _) => (start + 1, Piece::Semicolon),
            (_, Some(end)) => (end, Piece::Comment(self.slice(start + 1, end - 1).trim())),
            _ => {
                let end = self.word(start);
                (end, Piece::Word(self.slice(start, end)))
            }
        };
        self.at = end;
        Some(piece)
    }

    /// Where the word ends that begins here.
    fn word(&mut self, start: usize) -> usize {
        let mut at = start;
        while let Some(octet) = self.octet(at) {
            let held = match octet {
                b' ' | b';' => break,
                b'(' if at > start && self.comment(at).is_some() => break,
                // Not looked for: each would be gone through again from its second character on.
                _ if self.reading == Reading::Bare => None,
                b'"' => self.quoted_string(at),
                b'[' => self.literal(at),
                b'<' => self.path(at),
                _ => None,
            };
            at = held.unwrap_or(at + 1);
        }
        at
    }

    /// Where the comment ends that begins here.
    fn comment(&mut self, start: usize) -> Option<usize> {
        if self.comments_unended >= MOST_UNENDED {
            return None;
        }
        if self.reading == Reading::Envelope && is_of_the_envelope(self.slice(start + 1, self.text.len())) {
            let end = self.envelope_end.filter(|end| *end > start);
            if let Some(end) = end {
                return Some(end + 2);
            }
        }
        let mut depth = 0usize;
        let mut at = start;
        while let Some(octet) = self.octet(at) {
            let held = match (octet, self.reading) {
                (b'\\', Reading::Quoted | Reading::Envelope) => Some(at + 2),
                (b'"', Reading::Quoted) => self.quoted_string(at),
                (b'<', Reading::Quoted) => self.path(at),
                (b'(', _) => {
                    depth += 1;
                    None
                }
                (b')', _) if depth == 1 => return Some(at + 1),
                (b')', _) => {
                    depth -= 1;
                    None
                }
                _ => None,
            };
            at = held.unwrap_or(at + 1);
        }
        self.comments_unended += 1;
        None
    }

    fn quoted_string(&mut self, start: usize) -> Option<usize> {
        let end = (start < self.quote_unended).then(|| self.unquoted(start + 1, b'"')).flatten();
        if end.is_none() {
            self.quote_unended = self.quote_unended.min(start);
        }
        end
    }

    fn literal(&mut self, start: usize) -> Option<usize> {
        let end = (start < self.literal_unended).then(|| self.unquoted(start + 1, b']')).flatten();
        if end.is_none() {
            self.literal_unended = self.literal_unended.min(start);
        }
        end
    }

    /// Behind this octet, where no backslash stands before it.
    fn unquoted(&self, start: usize, wanted: u8) -> Option<usize> {
        let mut at = start;
        loop {
            match self.octet(at)? {
                b'\\' => at += 2,
                octet if octet == wanted => return Some(at + 1),
                _ => at += 1,
            }
        }
    }

    /// `<…>`, in which a quoted string may have a `>`.
    fn path(&mut self, start: usize) -> Option<usize> {
        let mut at = start + 1;
        while start < self.path_unended {
            match self.octet(at) {
                Some(b'>') => return Some(at + 1),
                Some(b'"') => at = self.quoted_string(at).unwrap_or(at + 1),
                Some(_) => at += 1,
                None => self.path_unended = start,
            }
        }
        None
    }
}

/// `(envelope-from <…>)` of Exim and Dovecot, `(envelope-sender <…>)` of maddy and qmail-ldap.
fn is_of_the_envelope(comment: &str) -> bool {
    let word = comment.trim_start_matches(' ');
    word.get(..8).is_some_and(|word| word.eq_ignore_ascii_case("envelope"))
}

#[cfg(test)]
mod tests {
    use super::Piece::{Comment, Semicolon, Word};
    use super::*;

    const ALL: [Reading; 3] = [Reading::Quoted, Reading::Envelope, Reading::Bare];

    #[test]
    fn what_holds_together() {
        let text = r#"a "b (c" [d (e] <"f>) g"@h> (i (j) "k) l" \) m); n"#;
        let quoted = [Word("a"), Word(r#""b (c""#), Word("[d (e]"), Word(r#"<"f>) g"@h>"#)]
            .into_iter()
            .collect::<Vec<_>>();
        let comment = Comment(r#"i (j) "k) l" \) m"#);
        assert_eq!(
            pieces(text, Reading::Quoted),
            [quoted.as_slice(), &[comment, Semicolon, Word("n")]].concat()
        );
        let rest = [Comment(r#"i (j) "k"#), Word(r#"l""#), Word(r"\)"), Word("m)"), Semicolon, Word("n")];
        assert_eq!(pieces(text, Reading::Envelope), [quoted.as_slice(), &rest].concat());
        assert_eq!(
            pieces("a [b (c) d] e", Reading::Bare),
            [Word("a"), Word("[b"), Comment("c"), Word("d]"), Word("e")]
        );
    }

    #[test]
    fn a_comment_on_the_envelope() {
        let text = r#"(envelope-from <"a>) (b" c>) d"#;
        let ends = |reading| pieces(text, reading).len();
        assert_eq!(ALL.map(ends), [2, 2, 3]);
        let text = "(envelope-from <a>) (b) (c d>) e";
        assert_eq!(pieces(text, Reading::Envelope), [Comment("envelope-from <a>) (b) (c d>"), Word("e")]);
    }

    #[test]
    fn what_does_not_end_holds_nothing_together() {
        for reading in ALL {
            assert_eq!(pieces("a (b (c) d", reading), [Word("a"), Word("(b"), Comment("c"), Word("d")]);
            assert_eq!(
                pieces("a \"b <c [d (e ;", reading),
                [Word("a"), Word("\"b"), Word("<c"), Word("[d"), Word("(e"), Semicolon]
            );
            assert_eq!(pieces("a) \\", reading), [Word("a)"), Word("\\")]);
            assert_eq!(pieces("", reading), []);
        }
    }
}
