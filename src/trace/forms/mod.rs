//! What real servers write about TLS, read into facts.
//!
//! ```text
//! tls clause ─┐
//! comments ───┼─► the first of them gives the form, the others what it does not say
//! with ───────┘
//! ```
//!
//! It reads what a lenient reader has found of a field; it must never know how a field is taken apart.
//! A peer chooses some of these texts (its HELO, its ident, its envelope sender), so a form counts only
//! where it begins a comment or is a word of `with`. Time is linear in the length of the field.

mod comment;
mod local;
mod names;
#[cfg(test)]
mod tests;

use super::protection::{Form, Protection, TlsClaim};
use core::net::IpAddr;

/// What a lenient reader found in one field, as far as TLS could be in it.
///
/// The texts are unfolded. Comments are in order of appearance, without their outer parentheses, with
/// those that they contain.
#[derive(Debug, Default)]
pub(super) struct Said<'a> {
    /// All words behind `from`.
    pub from: Option<&'a str>,
    /// All words behind `by`.
    pub by: Option<&'a str>,
    /// All words behind `with`: `ESMTPS`, `Microsoft SMTP Server`.
    pub with: Option<&'a str>,
    /// What stands behind `tls` (RFC 8314 §4.3).
    pub tls: Option<&'a str>,
    /// What stands behind `group`.
    pub group: Option<&'a str>,
    /// Each comment and the clause that it stands behind.
    pub comments: Vec<(Place, &'a str)>,
    /// The clauses whose name another before them has: name and value.
    pub other: Vec<(&'a str, &'a str)>,
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

/// So many comments in one of the forms are read: real fields have two at most, and each is looked up
/// in the registry.
const MOST_COMMENTS: usize = 8;

/// How the hop was protected, as its field says.
pub(super) fn read(said: &Said<'_>) -> Protection {
    let mut claim = clause(said);
    let comments = said.comments.iter().filter_map(|&(place, text)| comment::tls(place, text));
    for more in comments.take(MOST_COMMENTS) {
        add(&mut claim, Some(more));
    }
    add(&mut claim, open_words(said));
    add(&mut claim, said.with.and_then(with));
    if claim.is_none() && is_in_words(said) {
        claim = Some(TlsClaim::new(Form::Words));
    }
    let mail_type = said.with.and_then(mail_type);
    if mail_type == Some(true) {
        add(&mut claim, Some(TlsClaim::new(Form::WithType)));
    }
    if let Some(mut claim) = claim {
        claim.verified = claim.verified.or_else(|| texts(said).find_map(comment::verified));
        return Protection::Tls(claim);
    }
    if local::is_local(said) {
        Protection::Local
    } else if (mail_type.is_some() && said.from.is_some()) || texts(said).any(comment::is_clear) {
        Protection::Clear
    } else {
        Protection::Unsaid
    }
}

/// The client's address: what the server says of it, and only otherwise what the client calls itself.
pub(super) fn client_address(said: &Said<'_>) -> Option<IpAddr> {
    let called = || said.from?.split_whitespace().find_map(local::address);
    local::addresses(said).first().copied().or_else(called)
}

fn texts<'a>(said: &Said<'a>) -> impl Iterator<Item = &'a str> {
    said.comments.iter().map(|&(_, text)| text)
}

/// What the clause of RFC 8314 says.
fn clause(said: &Said<'_>) -> Option<TlsClaim> {
    let name = said.tls?.split_whitespace().next()?;
    // OpenSMTPD's words in the open look like a clause.
    if name.contains('=') {
        return None;
    }
    let mut claim = TlsClaim::new(Form::Clause);
    names::put_cipher(&mut claim, name);
    if let Some(group) = said.group.and_then(|group| group.split_whitespace().next()) {
        names::put_group(&mut claim, group);
    }
    Some(claim)
}

/// OpenSMTPD before 6.0: `TLS version=TLSv1.2 cipher=… bits=256 verify=NO`, with no parentheses.
fn open_words(said: &Said<'_>) -> Option<TlsClaim> {
    let words = said.tls.filter(|words| strip(words, "version=").is_some())?;
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
    let other = |&(name, value): &(&str, &str)| is(name, "with") && is(value, "STARTTLS");
    said.with.is_some_and(|with| is_secured(with) || with.split_whitespace().any(is_tls))
        || said.by.is_some_and(is_secured)
        || said.other.iter().any(other)
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

/// Adds what the claim does not say yet, unless it is about another cipher suite.
fn add(claim: &mut Option<TlsClaim>, more: Option<TlsClaim>) {
    let Some(more) = more else { return };
    let Some(claim) = claim else {
        *claim = Some(more);
        return;
    };
    if claim.cipher_suite.zip(more.cipher_suite).is_some_and(|(one, other)| one != other) {
        return;
    }
    if claim.cipher.is_none() && more.cipher.is_some() {
        claim.form = more.form;
        claim.cipher = more.cipher;
        claim.cipher_suite = more.cipher_suite;
    }
    claim.version = claim.version.or(more.version);
    claim.bits = claim.bits.or(more.bits);
    if claim.group_name.is_none() {
        claim.group_name = more.group_name;
        claim.group = more.group;
    }
    claim.verified = claim.verified.or(more.verified);
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
