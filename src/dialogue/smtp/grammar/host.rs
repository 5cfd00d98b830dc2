//! How a server names itself. Does not depend on whether the name is true.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n, take_while1};
use nom::combinator::{map_opt, recognize, verify};
use nom::multi::separated_list1;
use nom::sequence::delimited;
use nom::{IResult, Parser};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Octets of a domain at most (RFC 5321 §4.5.3.1.2).
const DOMAIN_OCTETS: usize = 255;

/// A name of a host (RFC 5321 §4.1.2, §4.1.3):
///
/// ```text
/// Host            = Domain / address-literal
/// Domain          = sub-domain *("." sub-domain)
/// address-literal = "[" ( IPv4-address-literal / "IPv6:" IPv6-addr ) "]"
/// ```
///
/// The name proves nothing, so it is not worth a refusal that a label begins or ends with a
/// hyphen or holds an underscore, as many a home computer's does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Host<'a>(&'a str);

impl<'a> Host<'a> {
    /// The name as it was sent.
    pub(crate) fn as_str(self) -> &'a str {
        self.0
    }

    /// Reads a name from the front of `input`.
    pub(super) fn parse(input: &'a [u8]) -> IResult<&'a [u8], Self> {
        let bounded = verify(alt((domain, address_literal)), |name: &[u8]| name.len() <= DOMAIN_OCTETS);
        map_opt(bounded, |name| core::str::from_utf8(name).ok().map(Self)).parse(input)
    }
}

fn domain(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let in_label = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    recognize(separated_list1(tag("."), take_while_m_n(1, 63, in_label))).parse(input)
}

fn address_literal(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let in_address = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':');
    recognize(delimited(tag("["), verify(take_while1(in_address), is_address), tag("]"))).parse(input)
}

fn is_address(content: &[u8]) -> bool {
    let Ok(content) = core::str::from_utf8(content) else { return false };
    match content.split_once(':') {
        Some((tag, address)) => tag.eq_ignore_ascii_case("IPv6") && address.parse::<Ipv6Addr>().is_ok(),
        None => content.parse::<Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(input: &[u8]) -> Option<&str> {
        Host::parse(input).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, host)| host.as_str())
    }

    #[test]
    fn known_answers() {
        let label = "a".repeat(63);
        let long = [label.as_str(); 4].join(".");
        for right in ["localhost", "mail.example.org", "MY_PC-", "[192.0.2.1]", "[IPv6:2001:db8::1]", &long] {
            assert_eq!(whole(right.as_bytes()), Some(right));
        }
        for wrong in [
            "",
            ".",
            "a..b",
            "a.",
            "a b",
            "a@b",
            "[]",
            "[1.2.3]",
            "[2001:db8::1]",
            "[IPv6:1.2.3.4]",
            "[1.2.3.4",
            "<a>",
            "\u{e9}.org",
            &format!("{label}a.org"),
            &format!("{long}.a"),
        ] {
            assert_eq!(whole(wrong.as_bytes()), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn names_read_back_as_they_are(name in "[A-Za-z0-9_-]{1,20}(\\.[A-Za-z0-9-]{1,20}){0,4}") {
            prop_assert_eq!(whole(name.as_bytes()), Some(name.as_str()));
        }

        #[test]
        fn literals_read_back_as_they_are(v4: Ipv4Addr, v6: Ipv6Addr) {
            for literal in [format!("[{v4}]"), format!("[IPv6:{v6}]")] {
                prop_assert_eq!(whole(literal.as_bytes()), Some(literal.as_str()));
            }
        }

        #[test]
        fn what_is_read_is_a_prefix_of_the_input(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Ok((rest, host)) = Host::parse(&bytes) {
                prop_assert_eq!([host.as_str().as_bytes(), rest].concat(), bytes);
            }
        }
    }
}
