//! Writes a Received field: folded at 78 characters, and never a line above 998 octets (RFC 5322 §2.1.1).

use super::clause::{AdditionalClause, Commented};
use super::comment::Comment;
use super::cursor::Cursor;
use super::domain::{ExtendedDomain, TcpInfo};
use super::parse::LONGEST_LINE;
use super::received::Received;
use core::fmt::Display;

/// Where lines are to end, in characters: one before 78, for the semicolon.
const FOLD_AT: usize = 77;

impl Received {
    /// The field, from its name to the CRLF at its end.
    ///
    /// Lines end before clauses where possible, and behind 78 characters where they may; a name that is
    /// longer than that has a line of its own. None has more than 998 octets.
    pub fn to_field(&self) -> String {
        let mut lines = Lines::new("Received:");
        lines.clause("from", Pieces::host(&self.from));
        lines.clause("by", Pieces::host(&self.by));
        self.via.iter().for_each(|via| lines.clause("via", Pieces::of(via)));
        self.with.iter().for_each(|with| lines.clause("with", Pieces::of(with)));
        self.id.iter().for_each(|id| lines.clause("id", Pieces::of(id)));
        self.for_address.iter().for_each(|address| lines.clause("for", Pieces::of(address)));
        for clause in &self.additional {
            let mut pieces = Pieces::default();
            match &clause.value {
                AdditionalClause::Tls(tls) => {
                    pieces.word(&tls.cipher);
                    if let Some(group) = &tls.group {
                        pieces.word("group");
                        pieces.word(group.as_str());
                    }
                    pieces.comments(&clause.comments);
                    lines.clause("tls", pieces);
                }
                AdditionalClause::Other(other) => {
                    pieces.word(other.value());
                    pieces.comments(&clause.comments);
                    lines.clause(other.name().as_str(), pieces);
                }
            }
        }
        lines.glue(";");
        let mut date = Pieces::default();
        self.date.value.to_string().split(' ').for_each(|word| date.word(word));
        date.comments(&self.date.comments);
        lines.pieces(date);
        lines.text + "\r\n"
    }
}

/// What a line may end between, in their order.
#[derive(Default)]
struct Pieces(Vec<Piece>);

struct Piece {
    text: String,
    /// Whether it stands without a space behind the piece before it, unless the line would be too long.
    glued: bool,
}

impl Pieces {
    fn of<T: Display>(clause: &Commented<T>) -> Self {
        let mut pieces = Self::default();
        pieces.word(&clause.value);
        pieces.comments(&clause.comments);
        pieces
    }

    fn host(clause: &Commented<ExtendedDomain>) -> Self {
        let mut pieces = Self::default();
        match &clause.value {
            ExtendedDomain::Domain(domain, tcp_info) => {
                pieces.word(domain);
                if let Some(tcp_info) = tcp_info {
                    pieces.tcp_info(tcp_info);
                }
            }
            ExtendedDomain::Literal(literal, tcp_info) => {
                pieces.word(literal);
                pieces.tcp_info(tcp_info);
            }
        }
        let words = pieces.0.len();
        pieces.comments(&clause.comments);
        if clause.value.tcp_info().is_none() && clause.comments.first().is_some_and(begins_as_tcp_info) {
            // The first word of the comment, behind the parenthesis.
            pieces.0.iter_mut().skip(words + 1).take(1).for_each(|piece| piece.text.insert(0, '\\'));
        }
        pieces
    }

    fn word(&mut self, word: impl Display) {
        self.0.push(Piece { text: word.to_string(), glued: false });
    }

    fn tcp_info(&mut self, tcp_info: &TcpInfo) {
        match &tcp_info.domain {
            Some(domain) => {
                self.word(format_args!("({domain}"));
                self.word(format_args!("{})", tcp_info.literal));
            }
            None => self.word(format_args!("({})", tcp_info.literal)),
        }
    }

    /// Where a word of a comment fills a line, its parentheses stand on others.
    fn comments(&mut self, comments: &[Comment]) {
        for comment in comments {
            self.word("(");
            for (i, word) in comment.words().enumerate() {
                self.0.push(Piece { text: word.to_owned(), glued: i == 0 });
            }
            self.0.push(Piece { text: ")".to_owned(), glued: true });
        }
    }
}

/// Whether a part of the comment would be taken for `TCP-info` whose literal has parentheses in it. With its
/// first character quoted it is a comment to every reader.
fn begins_as_tcp_info(comment: &Comment) -> bool {
    TcpInfo::read_enclosed(&mut Cursor::new(&comment.to_string())).is_ok()
}

/// The lines, as they are put down.
struct Lines {
    text: String,
    /// The last one, in octets and in characters.
    octets: usize,
    characters: usize,
}

impl Lines {
    fn new(name: &str) -> Self {
        Self { text: name.to_owned(), octets: name.len(), characters: name.len() }
    }

    fn clause(&mut self, name: &str, pieces: Pieces) {
        let mut all = Pieces::default();
        all.word(name);
        all.0.extend(pieces.0);
        self.pieces(all);
    }

    /// Begins a line where the whole does not fit on the last one.
    fn pieces(&mut self, pieces: Pieces) {
        let whole: usize = pieces.0.iter().map(|p| p.text.chars().count() + usize::from(!p.glued)).sum();
        let mut fold = self.characters + whole > FOLD_AT && self.text.len() > "Received:".len();
        for piece in pieces.0 {
            let characters = piece.text.chars().count();
            if piece.glued {
                self.glue(&piece.text);
            } else if fold || self.characters + 1 + characters > FOLD_AT {
                self.line(&piece.text);
            } else {
                self.put(" ");
                self.put(&piece.text);
            }
            fold = false;
        }
    }

    fn glue(&mut self, text: &str) {
        if self.octets + text.len() > LONGEST_LINE {
            self.line(text);
        } else {
            self.put(text);
        }
    }

    fn line(&mut self, text: &str) {
        self.text.push_str("\r\n");
        (self.octets, self.characters) = (0, 0);
        self.put("\t");
        self.put(text);
    }

    fn put(&mut self, text: &str) {
        self.text.push_str(text);
        self.octets += text.len();
        self.characters += text.chars().count();
    }
}
