//! What a server says of its client, whatever that calls itself.

use super::comment::Comment;
use super::date_time::DateTime;
use super::domain::{Domain, ExtendedDomain, TcpInfo};
use super::literal::AddressLiteral;
use super::received::Received;
use core::net::IpAddr;

/// The longest name that a host has, in octets (RFC 5321 §4.5.3.1.2).
const LONGEST_NAME: usize = 255;

impl Received {
    /// A field of a server whose client has called itself so in EHLO or HELO, has this address, and by
    /// DNS this name.
    ///
    /// Whatever it calls itself, it makes no other clause, and no address or name that the server would
    /// answer for: what is neither a domain nor the literal of an IP address (RFC 5321 §4.1.1.1), or looks like
    /// an address, is said in a comment: `EHLO` and one word, with `?` for all but letters, digits and
    /// `.:_-`, which readers of every kind take for a comment. So is a literal where no address is known,
    /// because the grammar wants the server's own word behind it. A name in DNS that is no domain is left
    /// out.
    ///
    /// ```
    /// use mailtls::trace::{DateTime, Domain, Received};
    /// let (by, date) = ("mx.example.org".parse::<Domain>()?, DateTime::from_unix_seconds(0, 0).unwrap());
    /// let received = Received::from_client("me\r\nBcc: you", Some([192, 0, 2, 7].into()), None, by, date);
    /// assert!(received.to_field().starts_with("Received: from [192.0.2.7] ([192.0.2.7]) (EHLO me??Bcc:?you)"));
    /// # Ok::<(), mailtls::trace::GrammarError>(())
    /// ```
    pub fn from_client(
        name: &str,
        address: Option<IpAddr>,
        dns_name: Option<&str>,
        by: impl Into<ExtendedDomain>,
        date: DateTime,
    ) -> Self {
        let tcp_info = address.map(|address| TcpInfo {
            domain: dns_name.and_then(domain),
            literal: AddressLiteral::from(address),
        });
        let named = (name.len() <= LONGEST_NAME && name.is_ascii()).then_some(name);
        let literal = named.and_then(|name| name.parse::<AddressLiteral>().ok()).filter(is_ip);
        let domain = named.filter(|name| name.parse::<IpAddr>().is_err()).and_then(domain);
        let (from, understood) = match (domain, literal, tcp_info) {
            (Some(name), _, tcp_info) => (ExtendedDomain::Domain(name, tcp_info), true),
            (None, Some(literal), Some(tcp_info)) => (ExtendedDomain::Literal(literal, tcp_info), true),
            (None, None, Some(tcp_info)) => {
                (ExtendedDomain::Literal(tcp_info.literal.clone(), tcp_info), false)
            }
            (None, _, None) => (ExtendedDomain::Domain(Domain::unknown(), None), false),
        };
        let received = Self::new(from, by, date);
        if understood {
            return received;
        }
        let shown: String = name.chars().map(|c| if is_plain(c) { c } else { '?' }).collect();
        received.comment_on_from(Comment::quoting(&format!("EHLO {shown}")))
    }
}

fn is_ip(literal: &AddressLiteral) -> bool {
    matches!(literal, AddressLiteral::V4(_) | AddressLiteral::V6(_))
}

/// What no reader can take for structure.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '_' | '-')
}

fn domain(name: &str) -> Option<Domain> {
    Some(name).filter(|name| name.len() <= LONGEST_NAME && name.is_ascii())?.parse().ok()
}
