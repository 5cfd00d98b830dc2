//! Whether a hop crossed no network.
//!
//! A client may call itself `localhost` or `[127.0.0.1]`, so only what the server itself wrote counts:
//! the address behind the name, or how the message came in.

use super::{Place, Said, is, strip};

/// Whether the field says that the message came from the host itself.
pub(super) fn is_local(said: &Said<'_>) -> bool {
    let protocol = said.with.first().and_then(|with| with.split(' ').next()).unwrap_or("");
    // Exim: «local», «local-esmtp», … Exchange: MAPI between its own parts.
    if is(protocol, "mapi") || is(protocol, "local") || strip(protocol, "local-").is_some() {
        return true;
    }
    said.is_by_user
        || said.sender.is_local
        || said.sender.is_loopback
        || (!said.sender.is_known && said.comments.iter().any(|&(place, text)| says_so(place, text)))
        || is_own_delivery(said, protocol)
}

/// Programs that say in a comment that the message was handed in on the host.
fn says_so(place: Place, text: &str) -> bool {
    let mut words = text.split_whitespace();
    let (first, second) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let pair = |one: &str, two: &str| {
        let next = text.split_whitespace().skip(1);
        text.split_whitespace().zip(next).any(|(a, b)| is(a, one) && is(b, two))
    };
    match place {
        // «qmail 16648 invoked by uid 106», «… for bounce», «nullmailer pid 1 invoked by uid 1000»;
        // Sendmail's «from user@localhost».
        Place::Start => {
            let queue = is(first, "qmail") || is(first, "nullmailer");
            let at_localhost = second.rsplit_once('@').is_some_and(|(_, host)| is(host, "localhost"));
            queue && (pair("invoked", "by") || pair("invoked", "for")) || is(first, "from") && at_localhost
        }
        // Postfix, Sendmail, sSMTP.
        Place::By => pair("from", "userid") || text.ends_with("/Submit") || pair("sendmail", "emulation"),
        _ => false,
    }
}

/// Dovecot's LMTP service: handed over under the name of the host itself, and from no address.
fn is_own_delivery(said: &Said<'_>, protocol: &str) -> bool {
    let is_own = said.from.zip(said.by).is_some_and(|(from, by)| is(from, by));
    is(protocol, "LMTP") && is_own && !said.sender.is_known
}
