//! Takes a Received field apart that need not be of the grammar: words, comments, clauses, date.
//!
//! It never fails, and takes time in proportion to the length.

use super::forms::Place;

/// The clauses that have a name of their own, and where a comment behind them stands.
const CLAUSES: [(&str, Place); 8] = [
    ("from", Place::From),
    ("by", Place::By),
    ("via", Place::Via),
    ("with", Place::With),
    ("id", Place::Id),
    ("for", Place::For),
    ("tls", Place::Tls),
    ("group", Place::Tls),
];

/// What a field is made of.
#[derive(Default)]
pub(super) struct Parts<'a> {
    /// Name and value of the first clause of each name: the words behind the name with single spaces.
    clauses: Vec<(&'static str, String)>,
    /// The same of those whose name another before them has; and with no name the words before the first.
    others: Vec<(&'static str, String)>,
    /// Whether the last of all clauses is one of the others.
    last_is_other: bool,
    /// Whether a comment stands behind the last word.
    commented: bool,
    /// Comments without their parentheses, and what they stand behind.
    pub comments: Vec<(Place, &'a str)>,
    /// What stands behind the last semicolon.
    pub date: Option<String>,
}

/// Takes apart what stands behind `Received:`. Its lines are one already.
pub(super) fn scan(body: &str) -> Parts<'_> {
    let tokens = tokens(body);
    let end = tokens.iter().rposition(|token| matches!(token, Token::Semicolon));
    let (stamp, date) = match end {
        Some(end) => tokens.split_at(end),
        None => (tokens.as_slice(), &[][..]),
    };
    let mut parts = Parts { date: end.map(|_| words(date)), ..Parts::default() };
    let mut place = Place::Start;
    for (at, token) in stamp.iter().enumerate() {
        match token {
            Token::Word(word) => parts.word(word, stamp.get(at + 1), &mut place),
            Token::Comment(comment) => {
                parts.comments.push((place, *comment));
                parts.commented = true;
            }
            Token::Semicolon => {}
        }
    }
    parts.comments.extend(date.iter().filter_map(|token| match token {
        Token::Comment(comment) => Some((Place::Date, *comment)),
        _ => None,
    }));
    parts
}

impl Parts<'_> {
    /// The first clause of this name.
    pub(super) fn clause(&self, name: &str) -> Option<&str> {
        self.clauses.iter().find(|clause| clause.0 == name).map(|clause| clause.1.as_str())
    }

    /// The other clauses.
    pub(super) fn others(&self) -> impl Iterator<Item = (&str, &str)> {
        self.others.iter().map(|clause| (clause.0, clause.1.as_str()))
    }

    /// A word is the name of a clause, or else belongs to the value of the last one. The first word
    /// behind a name is never a name: a client may call itself «with». But where a comment stands between
    /// them it is all the value there is: Courier's «from (client.example [192.0.2.1]) by».
    fn word(&mut self, word: &str, next: Option<&Token<'_>>, place: &mut Place) {
        let clause = CLAUSES.iter().find(|clause| clause.0.eq_ignore_ascii_case(word));
        let clause = clause.filter(|clause| match clause.0 {
            // Not «over TLS secured channel», but OpenSMTPD's «TLS version=…».
            "tls" => {
                matches!(next, Some(Token::Word(word)) if word.contains(['_', '=']) || word.starts_with("0x"))
            }
            "group" => *place == Place::Tls,
            _ => true,
        });
        let commented = core::mem::take(&mut self.commented);
        let last = if self.last_is_other { self.others.last_mut() } else { self.clauses.last_mut() };
        match (last, clause) {
            (Some((_, value)), _) if value.is_empty() && !(commented && clause.is_some()) => {
                value.push_str(word);
            }
            (_, Some((name, behind))) => {
                self.push(name, String::new());
                *place = *behind;
            }
            (Some((_, value)), None) => {
                value.push(' ');
                value.push_str(word);
            }
            (None, None) => self.push("", word.to_owned()),
        }
    }

    fn push(&mut self, name: &'static str, value: String) {
        self.last_is_other = name.is_empty() || self.clause(name).is_some();
        let clauses = if self.last_is_other { &mut self.others } else { &mut self.clauses };
        clauses.push((name, value));
    }
}

fn words(tokens: &[Token<'_>]) -> String {
    let words = tokens.iter().filter_map(|token| match token {
        Token::Word(word) => Some(*word),
        _ => None,
    });
    words.collect::<Vec<_>>().join(" ")
}

enum Token<'a> {
    Word(&'a str),
    /// Without its parentheses.
    Comment(&'a str),
    Semicolon,
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            ';' => 1,
            '(' => comment(rest),
            _ => word(rest),
        };
        let (token, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        tokens.push(match first {
            ';' => Token::Semicolon,
            '(' => Token::Comment(inside(token)),
            _ => Token::Word(token),
        });
        rest = behind.trim_start();
    }
    tokens
}

/// A comment that does not end goes to the end.
fn inside(comment: &str) -> &str {
    let inside = comment.strip_prefix('(').unwrap_or(comment);
    inside.strip_suffix(')').unwrap_or(inside).trim()
}

/// The length of the comment that begins here.
fn comment(text: &str) -> usize {
    let mut depth = 0usize;
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if quoted => quoted = false,
            '\\' => quoted = true,
            '(' => depth += 1,
            ')' if depth == 1 => return at + 1,
            ')' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of the word that begins here. In quotation marks nothing ends it but they.
fn word(text: &str) -> usize {
    let mut quotation = false;
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if quoted => quoted = false,
            '\\' if quotation => quoted = true,
            '"' => quotation = !quotation,
            ' ' | ';' | '(' if !quotation => return at,
            _ => {}
        }
    }
    text.len()
}
