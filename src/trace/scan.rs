//! Takes a Received field apart that need not be of the grammar: clauses with their words and comments, date.
//!
//! It never fails, and takes time in proportion to the length.

use super::pieces::{Piece, Reading, pieces};

/// Names of clauses.
const NAMES: [&str; 8] = ["from", "by", "via", "with", "id", "for", "tls", "group"];

/// What a field is made of.
#[derive(Debug, Default)]
pub(super) struct Parts<'a> {
    /// The whole field.
    pub text: &'a str,
    /// In order. The first has no name where the field does not begin with one.
    pub clauses: Vec<Clause<'a>>,
    /// What stands behind the last semicolon, if `by` does not: its words, and its comments.
    pub date: Option<Clause<'a>>,
    /// Whether one piece may have a part of the server's own words in it.
    pub is_swallowed: bool,
    /// How often the word `by` stands outside of comments, also where it is the value of another clause.
    by_words: usize,
}

/// The name of a clause and what stands behind it.
#[derive(Debug, Default)]
pub(super) struct Clause<'a> {
    /// One of [`NAMES`], or nothing.
    pub name: &'static str,
    /// Words and comments.
    pub pieces: Vec<Piece<'a>>,
}

impl<'a> Clause<'a> {
    pub(super) fn words(&self) -> impl Iterator<Item = &'a str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Word(word) => Some(*word),
            _ => None,
        })
    }

    pub(super) fn comments(&self) -> impl Iterator<Item = &'a str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Comment(comment) => Some(*comment),
            _ => None,
        })
    }

    /// The words with single spaces.
    pub(super) fn value(&self) -> String {
        self.words().collect::<Vec<_>>().join(" ")
    }

    pub(super) fn begins_with_comment(&self) -> bool {
        matches!(self.pieces.first(), Some(Piece::Comment(_)))
    }

    fn first_word_is(&self, wanted: &str) -> bool {
        self.words().next().is_some_and(|word| word.eq_ignore_ascii_case(wanted))
    }
}

/// Takes apart what stands behind `Received:`, in which all white space is spaces.
pub(super) fn scan(body: &str, reading: Reading) -> Parts<'_> {
    let mut stamp = pieces(body, reading);
    let is_swallowed = stamp.iter().any(may_swallow);
    let is_by = |piece: &Piece<'_>| matches!(piece, Piece::Word(word) if word.eq_ignore_ascii_case("by"));
    let by_words = stamp.iter().filter(|piece| is_by(piece)).count();
    let last_by = stamp.iter().rposition(is_by).unwrap_or(0);
    // Before the last `by` a semicolon may be the client's.
    let end = stamp.iter().rposition(|piece| matches!(piece, Piece::Semicolon)).filter(|end| *end >= last_by);
    let date = end.map(|end| Clause { name: "", pieces: stamp.split_off(end) });
    let mut parts = Parts { text: body, is_swallowed, by_words, date, clauses: Vec::new() };
    for (at, piece) in stamp.iter().enumerate() {
        match *piece {
            Piece::Word(word) => parts.word(word, stamp.get(at + 1), at < last_by),
            Piece::Comment(_) => parts.current().pieces.push(*piece),
            Piece::Semicolon => {}
        }
    }
    parts
}

impl<'a> Parts<'a> {
    /// All clauses of this name but those that only go on with the one before them: «by alpha by uid 7791»
    /// (qmail-scanner), «with ESMTP with STARTTLS» (Mimecast).
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Clause<'a>> {
        let named = move |&(_, clause): &(usize, &Clause<'_>)| clause.name == name;
        let clauses = self.clauses.iter().enumerate().filter(named);
        clauses.filter(|(at, _)| !self.goes_on(*at)).map(|(_, clause)| clause)
    }

    /// The clause of this name, if there is one only, and none may be hidden.
    pub(super) fn only(&self, name: &str) -> Option<&Clause<'a>> {
        let is_hidden = self.is_swallowed || (name == "by" && self.is_ambiguous());
        let mut all = self.all(name);
        all.next().filter(|_| all.next().is_none() && !is_hidden)
    }

    /// The value of the clause of this name, if there is one only and it has a value.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        self.only(name).map(Clause::value).filter(|value| !value.is_empty())
    }

    /// Whether the field says twice who took the message, or may hide that it does: the name that a client
    /// gives may end in «via», and then the server's `by` looks like the value of that clause.
    pub(super) fn is_ambiguous(&self) -> bool {
        let named = self.clauses.iter().enumerate().filter(|(_, clause)| clause.name == "by");
        let going_on = named.filter(|(at, _)| self.goes_on(*at)).count();
        self.is_swallowed || self.by_words > going_on + 1
    }

    /// Whether a clause goes on in another of its name.
    pub(super) fn goes_on_with(&self, name: &str, word: &str) -> bool {
        let goes_on = |(at, clause): (usize, &Clause<'_>)| {
            clause.name == name && clause.first_word_is(word) && self.goes_on(at)
        };
        self.clauses.iter().enumerate().any(goes_on)
    }

    fn goes_on(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.clauses.get(before));
        self.clauses.get(at).zip(before).is_some_and(|(clause, before)| {
            let goes_on = match clause.name {
                "by" => clause.first_word_is("uid") && !before.first_word_is("uid"),
                "with" => clause.first_word_is("STARTTLS") && !before.first_word_is("STARTTLS"),
                _ => false,
            };
            goes_on && before.name == clause.name
        })
    }

    fn current(&mut self) -> &mut Clause<'a> {
        if self.clauses.is_empty() {
            self.clauses.push(Clause::default());
        }
        let last = self.clauses.len() - 1;
        &mut self.clauses[last]
    }

    /// A word is the name of a clause, or else belongs to the last one.
    ///
    /// The first word behind a name is never a name: a client may call itself «with». But where a comment
    /// stands between them it is all the value there is: Courier's «from (client.example [192.0.2.1]) by».
    /// Between `from` and the last `by` there is no other clause (RFC 5321 §4.4): what looks like one are
    /// words of the client's.
    fn word(&mut self, word: &'a str, next: Option<&Piece<'_>>, by_follows: bool) {
        let name = NAMES.into_iter().find(|name| name.eq_ignore_ascii_case(word));
        let current = self.clauses.last();
        let place = current.map_or("", |clause| clause.name);
        let is_name = |name: &str| match name {
            "by" => true,
            _ if place == "from" && by_follows => false,
            // Not «over TLS secured channel», but OpenSMTPD's «TLS version=…».
            "tls" => {
                matches!(next, Some(Piece::Word(word)) if word.contains(['_', '=']) || word.starts_with("0x"))
            }
            "group" => place == "tls",
            _ => true,
        };
        let is_value = current.is_some_and(|clause| !clause.name.is_empty() && clause.pieces.is_empty());
        match name.filter(|name| is_name(name) && !is_value) {
            Some(name) => self.clauses.push(Clause { name, pieces: Vec::new() }),
            None => self.current().pieces.push(Piece::Word(word)),
        }
    }
}

/// Whether one piece may have in it what a server wrote between two things that its client chose: then it
/// has `by` and brackets, of the client's address or of the sender's.
fn may_swallow(piece: &Piece<'_>) -> bool {
    let (Piece::Word(text) | Piece::Comment(text)) = piece else { return false };
    text.contains(['(', '[', '<']) && text.split(' ').any(|word| word.eq_ignore_ascii_case("by"))
}
