//! Whether a hop crossed no network.
//!
//! A client may call itself `localhost` or `[127.0.0.1]`, so only what the server itself wrote counts:
//! the address behind the name, or how the message came in.

use super::{Place, Said, is, strip};
use core::net::IpAddr;

/// Whether the field says that the message came from the host itself.
pub(super) fn is_local(said: &Said<'_>) -> bool {
    let protocol = said.with.and_then(|with| with.split_whitespace().next()).unwrap_or("");
    // Exim: «local», «local-esmtp», … Exchange: MAPI between its own parts.
    if is(protocol, "mapi") || is(protocol, "local") || strip(protocol, "local-").is_some() {
        return true;
    }
    let by_uid = |words: &str| words.split_whitespace().skip(1).any(|word| is(word, "uid"));
    let uid = |&(name, value): &(&str, &str)| is(name, "by") && strip(value, "uid").is_some();
    if said.by.is_some_and(by_uid) || said.other.iter().any(uid) {
        return true;
    }
    said.comments.iter().any(|&(place, text)| says_so(place, text))
        || is_loopback(said).unwrap_or_else(|| is_own_delivery(said, protocol))
}

/// Programs that say in a comment that the message was handed in on the host.
fn says_so(place: Place, text: &str) -> bool {
    let mut words = text.split_whitespace();
    let (first, second) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let pair = |one: &str, two: &str| {
        let next = text.split_whitespace().skip(1);
        text.split_whitespace().zip(next).any(|(a, b)| is(a, one) && is(b, two))
    };
    let is_uid = is(first, "uid") && second.parse::<u32>().is_ok();
    match place {
        // «qmail 16648 invoked by uid 106», «… for bounce», «nullmailer pid 1 invoked by uid 1000»;
        // Sendmail's «from user@localhost».
        Place::Start => {
            let queue = is(first, "qmail") || is(first, "nullmailer");
            let at_localhost = second.rsplit_once('@').is_some_and(|(_, host)| is(host, "localhost"));
            queue && (pair("invoked", "by") || pair("invoked", "for")) || is(first, "from") && at_localhost
        }
        Place::From => is(text, "[unix socket]") || text.contains("[[UNIX: ") || is_uid,
        // Postfix, Sendmail, sSMTP.
        Place::By => pair("from", "userid") || text.ends_with("/Submit") || pair("sendmail", "emulation"),
        _ => false,
    }
}

/// Whether all addresses of the sending side are of the host itself; `None` if there are none.
fn is_loopback(said: &Said<'_>) -> Option<bool> {
    let found = addresses(said);
    (!found.is_empty()).then(|| found.iter().all(|address| address.to_canonical().is_loopback()))
}

/// The addresses of the sending side that the server itself wrote.
pub(super) fn addresses(said: &Said<'_>) -> Vec<IpAddr> {
    let mut found = Vec::new();
    let mut named_apart = false;
    for (_, text) in said.comments.iter().filter(|(place, _)| *place == Place::From) {
        for word in text.split_whitespace().map(|word| word.trim_matches('"')) {
            // What follows is the peer's own word, and it is the last that these servers write.
            if ["HELO", "EHLO"].into_iter().any(|hello| is(word, hello))
                || ["helo=", "ident="].into_iter().any(|key| strip(word, key).is_some())
            {
                named_apart = true;
                break;
            }
            found.extend(address(word));
        }
    }
    // «from localhost [127.0.0.1]» is fetchmail's; Exim 3 has «from name (HELO) [192.0.2.1]».
    let mut words = said.from.unwrap_or("").split_whitespace();
    let first = words.next();
    found.extend(words.filter_map(address));
    // «from [127.0.0.1] (helo=…)» is an address; «from [127.0.0.1]» alone is what the client said.
    if found.is_empty() && named_apart {
        found.extend(first.and_then(address));
    }
    found
}

/// The address of a word such as `[IPv6:::1]`, `user@[192.0.2.1]`, `192.0.2.1:25` or `[fe80::1%5]:25`.
pub(super) fn address(word: &str) -> Option<IpAddr> {
    let word = match word.rsplit_once('[') {
        Some((_, inside)) => inside.split(']').next()?,
        None => word.rsplit('@').next()?.trim_matches(['(', ')', ',', ';']),
    };
    let word = strip(word, "IPv6:").unwrap_or(word);
    let word = word.split('%').next()?;
    word.parse().ok().or_else(|| word.rsplit_once(':').and_then(|(address, _)| address.parse().ok()))
}

/// Dovecot's LMTP service: handed over under the name of the host itself.
fn is_own_delivery(said: &Said<'_>, protocol: &str) -> bool {
    let name = |clause: Option<&str>| {
        clause.and_then(|words| words.split_whitespace().next()).map(str::to_lowercase)
    };
    is(protocol, "LMTP") && said.from.is_some() && name(said.from) == name(said.by)
}
