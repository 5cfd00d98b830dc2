//! Names of hosts as pins and SRV records hold them: one form for each, so that they can be compared.

use crate::error::Error;
use crate::trust::identity::Host;
use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;

/// A DNS name in A-labels, in lower case and without a dot at the end, or an IP address.
///
/// ```
/// use mailtls::account::HostName;
/// let host: HostName = "Mail.Example.".parse()?;
/// assert_eq!(host.as_str(), "mail.example");
/// assert!("*.example".parse::<HostName>().is_err());
/// # Ok::<(), mailtls::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName(String);

impl HostName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is an IP address.
    pub fn is_address(&self) -> bool {
        self.0.parse::<IpAddr>().is_ok()
    }

    /// Whether it is this domain, or a name below it.
    ///
    /// ```
    /// use mailtls::account::HostName;
    /// let domain: HostName = "example".parse()?;
    /// assert!("mail.example".parse::<HostName>()?.is_within(&domain));
    /// assert!(!"mailexample".parse::<HostName>()?.is_within(&domain));
    /// # Ok::<(), mailtls::Error>(())
    /// ```
    pub fn is_within(&self, domain: &Self) -> bool {
        if self.is_address() || domain.is_address() {
            return self == domain;
        }
        match self.0.strip_suffix(&domain.0) {
            Some(below) => below.is_empty() || below.ends_with('.'),
            None => false,
        }
    }
}

impl FromStr for HostName {
    type Err = Error;

    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] for what is neither. A name in U-labels has to be converted
    /// first ([`Host`] does): what is stored and compared with DNS has one form.
    fn from_str(text: &str) -> Result<Self, Error> {
        let host: Option<Host> = text.is_ascii().then(|| text.parse().ok()).flatten();
        let host =
            host.ok_or_else(|| Error::invalid("not the name of a host in A-labels, nor an IP address"))?;
        Ok(Self(host.to_string()))
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_each_host() {
        let long = [&["a"; 126].join("."), "bc"].join(".");
        for (text, form) in [
            ("mail.example", Some("mail.example")),
            ("MAIL.Example.", Some("mail.example")),
            ("_imaps._tcp.example", Some("_imaps._tcp.example")),
            ("192.0.2.1", Some("192.0.2.1")),
            ("2001:DB8:0::1", Some("2001:db8::1")),
            (&"a".repeat(63), Some(&"a".repeat(63))),
            (&"a".repeat(64), None),
            (&long, None),
            (&long[1..], None),
            ("", None),
            (".", None),
            ("a..b", None),
            (".a", None),
            ("a b", None),
            ("a\nb", None),
            ("192.0.2.256", None),
            ("*.example", None),
            ("müll.example", None),
            ("-a.example", None),
            ("a-.example", None),
        ] {
            assert_eq!(text.parse::<HostName>().ok().as_ref().map(HostName::as_str), form, "{text}");
        }
    }

    #[test]
    fn a_domain_holds_itself_and_what_is_below() {
        for (host, domain, within) in [
            ("example", "example", true),
            ("a.b.example", "example", true),
            ("bexample", "example", false),
            ("example", "a.example", false),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "example", false),
        ] {
            let (host, domain): (HostName, HostName) = (host.parse().unwrap(), domain.parse().unwrap());
            assert_eq!(host.is_within(&domain), within, "{host} {domain}");
        }
    }
}
