//! Who sent, as `from` has it: which of its words and comments the client has chosen, and which the server.
//!
//! A client chooses its name in HELO, its ident, its name in DNS, its user name and its sender. The address
//! is the server's, and so is what it writes behind it, up to the next word of the client's.

use super::super::pieces::Piece;
use super::super::scan::{Clause, Parts};
use super::{is, strip};
use core::net::IpAddr;

/// What stands behind `from`.
#[derive(Debug, Default)]
pub(super) struct Sender<'a> {
    /// The client's address: the last one that the server wrote.
    pub address: Option<IpAddr>,
    /// Whether there are addresses, and all are of the host itself.
    pub is_loopback: bool,
    /// Whether the message came through a socket or from a user of the host.
    pub is_local: bool,
    /// Whether the server says where the message came from.
    pub is_known: bool,
    /// The comments of the server's own.
    pub comments: Vec<&'a str>,
}

/// What one word or comment says of where the message came from.
#[derive(Default)]
struct Origin {
    address: Option<IpAddr>,
    /// The address before it: of two that stand side by side, the first is what the client says (Haraka 1).
    other: Option<IpAddr>,
    /// What stands in place of an address.
    instead: Option<Instead>,
    /// From here on it has words of the client's.
    is_clients: bool,
    /// The server's address may be in it: behind a word of the client's alone, behind more words than one, or in
    /// what holds together only by chance.
    is_hidden: bool,
}

#[derive(PartialEq)]
enum Instead {
    /// `[unix socket]` and the like.
    OfTheHost,
    /// Postfix: `unknown [unknown]`.
    Unknown,
}

impl Origin {
    /// No server writes words behind the address: what is before them is the client's, or they are.
    fn of_word(word: &str) -> Self {
        let address = address(word);
        let is_hidden = address.is_none() && word.contains(|c: char| c.is_ascii_alphanumeric());
        Self { address, is_hidden, ..Self::default() }
    }

    fn of_comment(comment: &str) -> Self {
        let is_of_the_host = is_of_the_host(comment) && !is_clients(comment);
        let instead = is_of_the_host.then_some(Instead::OfTheHost);
        let mut origin = Self { instead, ..Self::default() };
        let mut words = comment.split(' ').filter(|word| !word.is_empty()).enumerate();
        while let Some((at, word)) = words.next() {
            if is_clients_word(at, word) {
                origin.is_clients = true;
                let mut rest = core::iter::once(word).chain(words.map(|(_, word)| word));
                // No server writes a name and a bare address: «(EHLO 192.0.2.1)» is all the client's.
                let is_hidden = |word: &str| word.contains(['[', '@']) && may_be_address(word);
                origin.is_hidden |= origin.address.is_none() && rest.any(is_hidden);
                break;
            }
            match address(word).filter(|_| at < 2) {
                Some(address) => origin.other = origin.address.replace(address),
                None => origin.is_hidden |= may_be_address(word),
            }
            if at < 2 && is(word, "[unknown]") {
                origin.instead = Some(Instead::Unknown);
            }
        }
        origin
    }
}

impl<'a> Sender<'a> {
    /// As chasquid writes: the address, and behind a space in a comment what the client calls itself. Of a
    /// client that has logged in it writes no address, but what that calls itself, which has no spaces in it.
    pub(super) fn of_chasquid(from: &Clause<'a>, parts: &Parts<'a>) -> Self {
        let behind_from = parts.text.trim_start().get("from".len()..).unwrap_or_default().trim_start();
        let is_apart = |word: &str| behind_from.strip_prefix(word).is_some_and(|rest| rest.starts_with(' '));
        let protocol = parts.only("with").and_then(|with| with.words().next());
        let has_logged_in = protocol.is_none_or(|protocol| protocol.ends_with(['A', 'a']));
        let address = match from.pieces.as_slice() {
            [piece @ Piece::Word(word), Piece::Comment(_), ..] if is_apart(word) && !has_logged_in => {
                bracketed(piece)
            }
            _ => None,
        };
        let is_loopback = address.is_some_and(|address| address.is_loopback());
        Self { address, is_loopback, is_known: address.is_some(), ..Self::default() }
    }

    /// As Exim writes: its word for the client is the address it saw, alone where the client calls itself by it.
    pub(super) fn of_exim(from: &Clause<'a>) -> Self {
        let [only] = from.pieces.as_slice() else { return Self::of(from) };
        let Some(address) = bracketed(only) else { return Self::of(from) };
        Self { address: Some(address), is_loopback: address.is_loopback(), is_known: true, ..Self::default() }
    }

    pub(super) fn of(from: &Clause<'a>) -> Self {
        let mut sender = Self::default();
        let mut addresses: Vec<IpAddr> = Vec::new();
        // Behind the client's words nobody can tell a second address from one that they have in them.
        let mut is_clients = false;
        let mut is_disputed = from.words().any(has_unended_comment);
        let first = from.pieces.first().and_then(bracketed);
        for (at, piece) in from.pieces.iter().enumerate().skip(usize::from(!from.begins_with_comment())) {
            // The names in it are the client's, wherever they have addresses in them; what counts is its end.
            if let Some(comment) = certificate(piece) {
                sender.comments.extend(Some(comment).filter(|_| sender.is_known && !is_clients));
                continue;
            }
            let origin = match piece {
                Piece::Word(word) => Origin::of_word(word),
                Piece::Comment(comment) => Origin::of_comment(comment),
                Piece::Semicolon => continue,
            };
            is_disputed |= origin.is_hidden && (sender.is_known || origin.address.is_some());
            if let Some(address) = origin.address {
                is_disputed |= is_clients && (sender.is_known || first.is_some());
                addresses.extend(origin.other);
                addresses.push(address);
            }
            if origin.address.is_some() || origin.instead.is_some() {
                sender.is_known = true;
                sender.is_local =
                    origin.instead == Some(Instead::OfTheHost) && !is_clients && addresses.is_empty();
                sender.comments.clear();
            } else if let (Piece::Comment(comment), true) = (piece, sender.is_known && !is_clients) {
                if !origin.is_clients {
                    sender.comments.push(comment);
                }
            }
            // «from [192.0.2.1] (helo=…)»: the address stands first.
            if let (1, Piece::Comment(comment), false) = (at, piece, sender.is_known) {
                addresses.extend(first.filter(|_| names_the_client(comment, origin.is_hidden)));
                sender.is_known = !addresses.is_empty();
            }
            is_clients |= origin.is_clients;
        }
        if is_disputed {
            return Self { is_known: true, ..Self::default() };
        }
        sender.address = addresses.last().copied();
        sender.is_loopback = !addresses.is_empty() && addresses.iter().all(IpAddr::is_loopback);
        sender
    }
}

/// Postfix: `Client CN "…", Issuer "…" (not verified)`.
fn certificate<'a>(piece: &Piece<'a>) -> Option<&'a str> {
    match piece {
        Piece::Comment(comment) if strip(comment, "Client CN ").is_some() => Some(comment),
        _ => None,
    }
}

fn bracketed(piece: &Piece<'_>) -> Option<IpAddr> {
    match piece {
        Piece::Word(word) if word.starts_with('[') => address(word),
        _ => None,
    }
}

/// Whether it is a comment with what the client calls itself, as they stand behind an address: Exim's `helo=…`, or
/// `HELO …` of CommuniGate, unless that is a name in DNS with an address behind it.
fn names_the_client(comment: &str, is_hidden: bool) -> bool {
    let is_of_exim = ["helo=", "port=", "ident="].into_iter().any(|key| strip(comment, key).is_some());
    let mut words = comment.split(' ').filter(|word| !word.is_empty());
    let named = ["HELO", "EHLO", "account"]
        .into_iter()
        .any(|first| words.clone().next().is_some_and(|word| is(word, first)));
    is_of_exim || named && !is_hidden && words.nth(1).is_some()
}

/// Whether a word has a `(` outside a domain literal: of a comment that does not end.
fn has_unended_comment(word: &str) -> bool {
    let before = word.split('[').next().unwrap_or(word);
    let behind = word.rsplit(']').next().unwrap_or(word);
    before.contains('(') || behind.contains('(') && word.contains(']')
}

/// Whether a comment is of the client's words from its beginning on.
pub(super) fn is_clients(comment: &str) -> bool {
    comment.split(' ').find(|word| !word.is_empty()).is_some_and(|word| is_clients_word(0, word))
}

/// Whether what follows is the client's word: its name, its ident, its sender, who it logged in as.
fn is_clients_word(at: usize, word: &str) -> bool {
    let word = word.trim_start_matches('"');
    ["HELO", "EHLO", "LHLO"].into_iter().any(|hello| is(word, hello))
        || ["helo=", "ehlo=", "lhlo=", "ident="].into_iter().any(|key| strip(word, key).is_some())
        || (at == 0 && begins_clients_words(word))
}

/// The first word of a comment that is of the client's words.
fn begins_clients_words(word: &str) -> bool {
    ["IDENT:", "envelope", "authenticated", "user", "account"].into_iter().any(|first| is(word, first))
        || ["envelope-", "auth=", "auth:", "smtp-auth"].into_iter().any(|key| strip(word, key).is_some())
}

/// A socket of the host (Cyrus, Sendmail), or a user of it (Courier).
fn is_of_the_host(comment: &str) -> bool {
    let uid = strip(comment, "uid ").is_some_and(|number| number.parse::<u32>().is_ok());
    is(comment, "[unix socket]") || comment.split(' ').nth(1).is_some_and(|word| is(word, "[[UNIX:")) || uid
}

/// Whether an address stands in it, in whatever punctuation.
fn may_be_address(word: &str) -> bool {
    let host = word.rsplit('@').next().unwrap_or(word);
    host_address(host.trim_matches(['(', ')', '"', ','])).is_some()
}

/// The address of a word such as `[IPv6:::1]`, `ident@[192.0.2.1]`, `192.0.2.1:25`, `[fe80::1%5]:25` or
/// `Verified[192.0.2.1]` (MailMarshal).
fn address(word: &str) -> Option<IpAddr> {
    let word = word.trim_end_matches(',');
    let (ident, host) = word.rsplit_once('@').unwrap_or(("", word));
    if ident.contains(['=', '"', '<']) { None } else { host_address(host) }
}

fn host_address(host: &str) -> Option<IpAddr> {
    let inside = match host.split_once('[') {
        Some((before, rest)) => {
            let (inside, behind) = rest.split_once(']')?;
            let is_whole = behind.is_empty() || behind.starts_with(':');
            (is_whole && (before.is_empty() || is(before, "Verified"))).then_some(inside)?
        }
        None => host,
    };
    // Cellopoint: «[(192.0.2.1)]».
    let inside = inside.trim_matches(['(', ')']);
    let inside = strip(inside, "IPv6:").unwrap_or(inside);
    let inside = inside.split('%').next()?;
    let port = || inside.rsplit_once(':').and_then(|(address, _)| address.parse().ok());
    inside.parse().ok().or_else(port).map(|address: IpAddr| address.to_canonical())
}
