//! Names of hosts, in the one form in which they can be compared.

use crate::error::Error;
use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// RFC 1035 §2.3.4, without the root's dot.
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;
/// A U-label takes up to four octets where its A-label takes one.
const MAX_TYPED: usize = 4 * MAX_NAME;

/// A DNS name of letters, digits, hyphens and underscores: lower case, labels of international names as
/// A-labels (RFC 5890 §2.3.2.1), without the dot at the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DnsName(String);

/// A host: a DNS name, or an IP address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// By its name.
    Name(DnsName),
    /// By its address.
    Address(IpAddr),
}

impl DnsName {
    /// The name, as certificates and SNI have it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From what stands in a certificate: A-labels only, and no dot at the end (RFC 5280 §4.2.1.6).
    pub(super) fn from_certificate(name: &str) -> Option<Self> {
        is_dns_name(name).then(|| Self(name.to_ascii_lowercase()))
    }

    /// The first label, and the others.
    pub(super) fn split(&self) -> (&str, &str) {
        self.0.split_once('.').unwrap_or((&self.0, ""))
    }
}

impl FromStr for DnsName {
    type Err = Error;

    /// From what a user types: U-labels are turned into A-labels (UTS #46, without its transitional
    /// mappings), and one dot at the end means what it means in DNS.
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] if it is not the name of a host; an IP address is none.
    fn from_str(typed: &str) -> Result<Self, Error> {
        if typed.len() > MAX_TYPED {
            return Err(no_name());
        }
        let name = typed.strip_suffix('.').unwrap_or(typed);
        if name.is_ascii() {
            return Self::from_certificate(name).ok_or_else(no_name);
        }
        let (allowed, length) = (AsciiDenyList::EMPTY, DnsLength::Ignore);
        let ascii = Uts46::new().to_ascii(name.as_bytes(), allowed, Hyphens::Allow, length);
        let ascii = ascii.map_err(|_| no_name())?;
        Self::from_certificate(&ascii).ok_or_else(no_name)
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Host {
    type Err = Error;

    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] for what is neither a DNS name nor an IP address (without
    /// brackets and zone).
    fn from_str(typed: &str) -> Result<Self, Error> {
        match typed.parse() {
            Ok(address) => Ok(Self::Address(address)),
            Err(_) => typed.parse().map(Self::Name),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Address(address) => address.fmt(f),
        }
    }
}

fn no_name() -> Error {
    Error::invalid("the name is neither a DNS name nor an IP address")
}

/// Underscores are no part of a host's name (RFC 952), but hosts have them.
pub(super) fn is_dns_name(name: &str) -> bool {
    let last_is_a_number = name.rsplit('.').next().is_some_and(|l| l.bytes().all(|c| c.is_ascii_digit()));
    // What ends in a number is read as an IPv4 address by many programs, and so by none as a name.
    name.len() <= MAX_NAME && !last_is_a_number && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let legal = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    !label.is_empty()
        && label.len() <= MAX_LABEL
        && label.bytes().all(legal)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_have_one_form() {
        for (typed, name) in [
            ("mail.example", "mail.example"),
            ("Mail.EXAMPLE.", "mail.example"),
            ("localhost", "localhost"),
            ("mail_1.example", "mail_1.example"),
            ("1.2.3.example", "1.2.3.example"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
            ("bu\u{308}cher.example", "xn--bcher-kva.example"),
            ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
            ("faß.example", "xn--fa-hia.example"),
            ("пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"),
            ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
            ("r3---sn-abc.example", "r3---sn-abc.example"),
        ] {
            assert_eq!(typed.parse::<DnsName>().map(|n| n.to_string()).as_deref(), Ok(name), "{typed}");
        }
    }

    #[test]
    fn what_is_no_name_is_none() {
        let (long_label, long_name) = ("a".repeat(64) + ".example", "abcdefghi.".repeat(25) + "abcd");
        for bad in [
            "",
            ".",
            "..",
            "a..b",
            ".a",
            "a..",
            "mail.example..",
            "-a.example",
            "a-.example",
            "*.example",
            "a b.example",
            "a\0.example",
            "mail.example\0",
            "a/b.example",
            "[::1]",
            "::1",
            "192.0.2.1",
            "192.0.2.256",
            "1",
            "a.0",
            "１９２.0.2.１",
            "a\u{200b}\u{2028}.example",
            "\u{301}a.example",
            "xn--\u{fc}.example",
            long_label.as_str(),
            long_name.as_str(),
            &"ü".repeat(2000),
        ] {
            assert!(bad.parse::<DnsName>().is_err(), "{bad:?}");
        }
        assert!(long_name[1..].parse::<DnsName>().is_ok(), "253 octets are allowed");
    }

    #[test]
    fn hosts_are_names_or_addresses() {
        for (typed, address) in
            [("192.0.2.1", true), ("::1", true), ("2001:DB8::1", true), ("a.example", false)]
        {
            let host: Host = typed.parse().unwrap();
            assert_eq!(matches!(host, Host::Address(_)), address, "{typed}");
            assert_eq!(host.to_string(), typed.to_ascii_lowercase());
        }
        for bad in ["[::1]", "fe80::1%eth0", "192.0.2.1.", "0x7f.1", "192.0.2.01", ""] {
            assert!(bad.parse::<Host>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_its_own_text(typed in "\\PC{0,30}|[a-zäß.]{1,20}") {
            if let Ok(name) = typed.parse::<DnsName>() {
                prop_assert!(name.as_str().is_ascii());
                prop_assert_eq!(name.as_str().parse::<DnsName>(), Ok(name.clone()));
                prop_assert_eq!(DnsName::from_certificate(name.as_str()), Some(name));
            }
        }
    }
}
