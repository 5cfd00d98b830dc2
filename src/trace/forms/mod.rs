//! What real servers write about TLS, read into facts.
//!
//! ```text
//! tls clause ─┐
//! comments ───┼─► the first of them gives the form, the others what it does not say
//! with ───────┘
//! ```
//!
//! It reads the pieces of a field that a lenient reader has found. Does not depend on how they were
//! found. A peer chooses some of these texts (its HELO, its ident, its envelope sender), so a form counts
//! only where it begins a comment or is a word of `with`, and where servers put it: behind the client's
//! address, before its own words. Time is linear in the length of the field.

mod comment;
mod local;
mod names;
mod sender;
#[cfg(test)]
mod tests;

use super::protection::{Form, Protection, Strength, TlsClaim};
use super::scan::{Clause, Parts};
use core::net::IpAddr;
use sender::Sender;

/// What a field says of its peer and of TLS, as the server that wrote it.
#[derive(Debug, Default)]
pub(super) struct Said<'a> {
    /// The first word behind `from`; empty where there is a comment alone.
    from: Option<&'a str>,
    /// Who sent.
    sender: Sender<'a>,
    /// The first word behind `by`.
    by: Option<&'a str>,
    /// All words behind `by`.
    by_words: String,
    /// The words behind each `with`: `ESMTPS`, `Microsoft SMTP Server`.
    with: Vec<String>,
    /// What stands behind `tls` (RFC 8314 §4.3).
    tls: Option<String>,
    /// What stands behind each `tls` where there are several: nobody knows which is the server's.
    disputed_clauses: Vec<String>,
    /// The comments behind `from` that may be the client's: they make nothing better.
    disputed_comments: Vec<&'a str>,
    /// What stands behind `group`.
    group: Option<String>,
    /// Each comment of the server's and the clause that it stands behind.
    comments: Vec<(Place, &'a str)>,
    /// «with ESMTP with STARTTLS» of Mimecast.
    is_with_starttls: bool,
    /// «by alpha by uid 7791» of qmail-scanner.
    is_by_user: bool,
    /// The client may have made a clause, or may hide one.
    is_ambiguous: bool,
}

/// The clause that a comment stands behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// None: it begins the field.
    Start,
    From,
    By,
    Via,
    With,
    Id,
    For,
    Tls,
    Date,
}

impl Place {
    fn of(name: &str) -> Self {
        match name {
            "from" => Self::From,
            "by" => Self::By,
            "via" => Self::Via,
            "with" => Self::With,
            "id" => Self::Id,
            "for" => Self::For,
            "tls" | "group" => Self::Tls,
            _ => Self::Start,
        }
    }
}

impl<'a> Said<'a> {
    pub(super) fn of(parts: &Parts<'a>) -> Self {
        let from = parts.only("from");
        let by = parts.only("by");
        let is_chasquid = by.is_some_and(|by| by.comments().any(|comment| is(comment, "chasquid")));
        let is_exims = |comment: &str| {
            comment
                .strip_prefix("Exim ")
                .is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
        };
        let is_exim = parts
            .clauses
            .iter()
            .any(|clause| matches!(clause.name, "by" | "with" | "tls") && clause.comments().any(is_exims));
        let sender = from.map(|from| match (is_chasquid, is_exim) {
            (true, _) => Sender::of_chasquid(from, parts),
            (_, true) => Sender::of_exim(from),
            _ => Sender::of(from),
        });
        let sender = sender.unwrap_or_default();
        let of_from = parts.all("from").flat_map(Clause::comments);
        let disputed_comments = of_from.filter(|comment| !sender.comments.contains(comment)).collect();
        let clauses: Vec<String> = parts.all("tls").map(Clause::value).collect();
        let disputed_clauses = if clauses.len() > 1 { clauses } else { Vec::new() };
        let mut comments: Vec<(Place, &str)> =
            sender.comments.iter().map(|comment| (Place::From, *comment)).collect();
        let others = parts.clauses.iter().filter(|clause| clause.name != "from");
        for (place, clause) in others
            .map(|clause| (Place::of(clause.name), clause))
            .chain(parts.date.iter().map(|date| (Place::Date, date)))
        {
            let servers = clause.comments().filter(|comment| !sender::is_clients(comment));
            comments.extend(servers.map(|comment| (place, comment)));
        }
        Self {
            from: parts.all("from").next().map(|from| from.words().next().unwrap_or("")),
            by: by.and_then(|by| by.words().next()),
            by_words: by.map(Clause::value).unwrap_or_default(),
            with: parts.all("with").map(Clause::value).collect(),
            tls: parts.value("tls"),
            disputed_clauses,
            disputed_comments,
            group: parts.value("group"),
            comments,
            is_with_starttls: parts.goes_on_with("with", "STARTTLS"),
            is_by_user: parts.goes_on_with("by", "uid"),
            is_ambiguous: parts.is_ambiguous(),
            sender,
        }
    }
}

/// A field with more comments in one of the forms, or with more clauses `with`, is not believed: real fields
/// have two at most, and each is looked up in the registry.
const MOST_CLAIMS: usize = 8;

/// How the hop was protected, as its field says; and no better than what it says where that may be the
/// client's word.
pub(super) fn read(said: &Said<'_>) -> Protection {
    let comments = said.disputed_comments.iter().filter_map(|text| comment::tls(Place::From, text));
    let clauses =
        said.disputed_clauses.iter().filter_map(|tls| clause(tls, None).or_else(|| open_words(tls)));
    let disputed: Vec<TlsClaim> = comments.chain(clauses).take(MOST_CLAIMS + 1).collect();
    let is_clear = said.disputed_comments.iter().any(|text| comment::is_clear(text));
    if said.is_ambiguous || is_clear || said.with.len() > MOST_CLAIMS || disputed.len() > MOST_CLAIMS {
        return Protection::Clear;
    }
    disputed.into_iter().fold(undisputed(said), |protection, disputed| match protection {
        Protection::Tls(claim) if disputed.strength() < claim.strength() => {
            Protection::Tls(claim.weaker(disputed))
        }
        protection if disputed.strength() < protection.strength() => Protection::Clear,
        protection => protection,
    })
}

/// How the hop was protected, as the server's own words say.
fn undisputed(said: &Said<'_>) -> Protection {
    let tls = said.tls.as_deref();
    let mut claim = tls.and_then(|tls| clause(tls, said.group.as_deref()));
    let comments = said.comments.iter().filter_map(|&(place, text)| comment::tls(place, text));
    let comments: Vec<TlsClaim> = comments.take(MOST_CLAIMS + 1).collect();
    if comments.len() > MOST_CLAIMS {
        return Protection::Clear;
    }
    for more in comments {
        add(&mut claim, Some(more));
    }
    add(&mut claim, tls.and_then(open_words));
    for words in &said.with {
        add(&mut claim, with(words));
    }
    if claim.is_none() && is_in_words(said) {
        claim = Some(TlsClaim::new(Form::Words));
    }
    let types: Vec<Option<bool>> = said.with.iter().map(|with| mail_type(with)).collect();
    if types.contains(&Some(true)) {
        add(&mut claim, Some(TlsClaim::new(Form::WithType)));
    }
    if let Some(claim) = &mut claim {
        let verified = texts(said).filter_map(comment::verified).chain(claim.verified);
        claim.verified = verified.reduce(|one, other| one && other);
    }
    // One of the clauses is the server's, nobody knows which.
    if said.with.len() > 1 {
        let with_tls = types.iter().all(|mail_type| *mail_type == Some(true));
        let weakest = claim.filter(|_| with_tls).map(|claim| claim.weaker(TlsClaim::new(Form::WithType)));
        return weakest.map_or(Protection::Clear, Protection::Tls);
    }
    if let Some(claim) = claim {
        return Protection::Tls(claim);
    }
    if local::is_local(said) {
        Protection::Local
    } else if (types.iter().any(Option::is_some) && said.from.is_some()) || texts(said).any(comment::is_clear)
    {
        Protection::Clear
    } else {
        Protection::Unsaid
    }
}

/// The client's address, as the server says.
pub(super) fn client_address(said: &Said<'_>) -> Option<IpAddr> {
    said.sender.address.filter(|_| !said.is_ambiguous)
}

fn texts<'a>(said: &Said<'a>) -> impl Iterator<Item = &'a str> {
    said.comments.iter().map(|&(_, text)| text)
}

/// What the clause of RFC 8314 says.
fn clause(tls: &str, group: Option<&str>) -> Option<TlsClaim> {
    let name = tls.split_whitespace().next()?;
    // OpenSMTPD's words in the open look like a clause.
    if name.contains('=') {
        return None;
    }
    let mut claim = TlsClaim::new(Form::Clause);
    names::put_cipher(&mut claim, name);
    if let Some(group) = group.and_then(|group| group.split_whitespace().next()) {
        names::put_group(&mut claim, group);
    }
    Some(claim)
}

/// OpenSMTPD before 6.0: `TLS version=TLSv1.2 cipher=… bits=256 verify=NO`, with no parentheses.
fn open_words(tls: &str) -> Option<TlsClaim> {
    let words = Some(tls).filter(|words| strip(words, "version=").is_some())?;
    let mut claim = TlsClaim::new(Form::OpenSmtpd);
    comment::put_pairs(&mut claim, words.split_whitespace());
    Some(claim)
}

/// What `with` says of a cipher.
fn with(with: &str) -> Option<TlsClaim> {
    let mut before = None;
    for word in with.split_whitespace() {
        let mut parts = word.split('/');
        if let (Some(_), Some(tls), Some(cipher), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        {
            if is(tls, "TLS") && mail_type(word).is_some() {
                let mut claim = TlsClaim::new(Form::IronPort);
                names::put_cipher(&mut claim, cipher);
                return Some(claim);
            }
        }
        if is(word, "encrypted") {
            let mut claim = TlsClaim::new(Form::Qmail);
            names::put_cipher(&mut claim, before?);
            return Some(claim);
        }
        before = Some(word);
    }
    None
}

/// Whether the field says in words that there was TLS.
fn is_in_words(said: &Said<'_>) -> bool {
    // CommuniGate's and getmail's protocols, Mimecast's «ESMTP with STARTTLS».
    let is_tls = |word: &str| {
        let suffix = word.rsplit_once('-').map(|(_, suffix)| suffix);
        suffix.is_some_and(|suffix| is(suffix, "TLS") || is(suffix, "SSL")) || is(word, "STARTTLS")
    };
    // The SMTP service of Windows: «over TLS secured channel».
    let is_secured = |words: &str| {
        let next = words.split_whitespace().skip(1);
        words.split_whitespace().zip(next).any(|(one, two)| is(one, "TLS") && is(two, "secured"))
    };
    said.with.iter().any(|with| is_secured(with) || with.split_whitespace().any(is_tls))
        || is_secured(&said.by_words)
        || said.is_with_starttls
        || said.comments.iter().any(|&(place, text)| comment::is_in_words(place, text))
}

/// The first word that is a transmission type of mail (RFC 3848, RFC 6531): whether it says TLS.
fn mail_type(with: &str) -> Option<bool> {
    with.split_whitespace().find_map(|word| {
        // IronPort's «ESMTP/TLS/…», Windows's «SMTPSVC(6.0.3790.211)», «ESMTP-TLS».
        let word = word.split(['/', '(', '-']).next()?;
        let word = strip(word, "UTF8").unwrap_or(word);
        // An older name of ESMTPA is ASMTP.
        let bare = strip(word, "E").or_else(|| strip(word, "A")).unwrap_or(word);
        let rest = strip(bare, "SMTP").or_else(|| strip(bare, "LMTP"))?;
        match rest {
            "" => Some(false),
            _ if is(rest, "A") || is(rest, "SVC") => Some(false),
            _ if is(rest, "S") || is(rest, "SA") => Some(true),
            _ => None,
        }
    })
}

/// Adds what the claim does not say yet. Of two that say different things the weaker one counts, and what is
/// obsolete stays so.
fn add(claim: &mut Option<TlsClaim>, more: Option<TlsClaim>) {
    let Some(more) = more else { return };
    let Some(one) = claim.take() else {
        *claim = Some(more);
        return;
    };
    let weakest = one.strength().min(more.strength());
    let mut both = one.clone();
    both.complete(more.clone());
    let is_forgotten = weakest == Strength::ObsoleteTls && both.strength() > weakest;
    *claim = Some(if one.contradicts(&more) || is_forgotten { one.weaker(more) } else { both });
}

/// Whether it is this word, in upper or lower case.
fn is(word: &str, wanted: &str) -> bool {
    word.eq_ignore_ascii_case(wanted)
}

/// What follows this beginning, in upper or lower case.
fn strip<'a>(text: &'a str, beginning: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(beginning.len())?;
    is(head, beginning).then_some(rest)
}
