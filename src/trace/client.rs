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
    /// Whatever it calls itself, it makes no other clause: what is neither a domain nor an address
    /// literal (RFC 5321 §4.1.1.1) is said in a comment. A name in DNS that is no domain is left out.
    ///
    /// ```
    /// use mailtls::trace::{DateTime, Domain, Received};
    /// let (by, date) = ("mx.example.org".parse::<Domain>()?, DateTime::from_unix_seconds(0, 0).unwrap());
    /// let received = Received::from_client("me\r\nBcc: you", Some([192, 0, 2, 7].into()), None, by, date);
    /// assert!(received.to_field().starts_with("Received: from [192.0.2.7] ([192.0.2.7]) (EHLO me Bcc: you)"));
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
        let literal = named.and_then(|name| name.parse::<AddressLiteral>().ok());
        let (from, understood) = match (named.and_then(domain), literal, tcp_info) {
            (Some(name), _, tcp_info) => (ExtendedDomain::Domain(name, tcp_info), true),
            (None, Some(literal), Some(tcp_info)) => (ExtendedDomain::Literal(literal, tcp_info), true),
            // Nothing is known but what it says, and that is in its literal.
            (None, Some(literal), None) => {
                (ExtendedDomain::Literal(literal.clone(), TcpInfo { domain: None, literal }), true)
            }
            (None, None, Some(tcp_info)) => {
                (ExtendedDomain::Literal(tcp_info.literal.clone(), tcp_info), false)
            }
            (None, None, None) => (ExtendedDomain::Domain(Domain::unknown(), None), false),
        };
        let received = Self::new(from, by, date);
        if understood {
            return received;
        }
        let shown: String = name.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
        received.comment_on_from(Comment::quoting(&format!("EHLO {shown}")))
    }
}

fn domain(name: &str) -> Option<Domain> {
    Some(name).filter(|name| name.len() <= LONGEST_NAME && name.is_ascii())?.parse().ok()
}
