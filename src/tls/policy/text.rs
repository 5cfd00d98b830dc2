//! Policies as text: a name, and changes to it.

use super::super::registry::{CipherSuite, Group, SignatureScheme, Version};
use super::{Item, Policy, PolicyName, Standing, Weakness, openssl, worth};
use crate::error::{Error, ErrorCode};
use crate::text::printable;
use core::fmt;
use core::str::FromStr;

/// The longest text that is read, in octets: more than every change there can be.
const LONGEST: usize = 64 * 1024;

const WEAKNESSES: [(&str, Weakness); 3] = [
    ("weak-certificate", Weakness::WeakCertificate),
    ("no-extended-master-secret", Weakness::NoExtendedMasterSecret),
    ("unknown-group", Weakness::UnknownGroup),
];

impl Item {
    fn from_name(name: &str) -> Option<Self> {
        let weakness = || WEAKNESSES.iter().find(|row| row.0.eq_ignore_ascii_case(name)).map(|row| row.1);
        Version::from_name(name)
            .map(Self::Version)
            .or_else(|| CipherSuite::from_name(name).map(Self::CipherSuite))
            .or_else(|| Group::from_name(name).map(Self::Group))
            .or_else(|| SignatureScheme::from_name(name).map(Self::SignatureScheme))
            .or_else(|| weakness().map(Self::Weakness))
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => version.fmt(f),
            Self::CipherSuite(suite) => suite.fmt(f),
            Self::Group(group) => group.fmt(f),
            Self::SignatureScheme(scheme) => scheme.fmt(f),
            Self::Weakness(weakness) => {
                f.write_str(WEAKNESSES.iter().find(|row| row.1 == *weakness).map_or("", |row| row.0))
            }
        }
    }
}

/// The text that makes the same policy again.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base.name())?;
        for (item, standing) in &self.changes {
            let sign = match standing {
                Standing::Accepted => '+',
                Standing::Tolerated => '~',
                Standing::Refused => '-',
            };
            write!(f, " {sign}{item}")?;
        }
        Ok(())
    }
}

/// Reads a policy: the name of one, and any number of changes, with spaces or new lines between, each
/// taking effect after those before it. Upper and lower case are the same.
///
/// | change | effect |
/// |---|---|
/// | `+ITEM` | as RFC 8314 has it: accepted, or where it discourages, tolerated |
/// | `~ITEM` | tolerated |
/// | `-ITEM` | refused |
/// | `min-version=VERSION` | refuses every version before, and `+` for it and those after |
/// | `ciphers=STRING` | refuses the suites of TLS 1.2 and older that OpenSSL's cipher string leaves out |
///
/// An ITEM is a version (`TLSv1.2`), a cipher suite by IANA's or OpenSSL's name, a group, a signature
/// scheme, or one of the weaknesses `weak-certificate`, `no-extended-master-secret` and
/// `unknown-group`.
///
/// # Errors
/// [`ErrorCode::InvalidArgument`] with a reason that names the part: a name that nobody has, something
/// that no policy may allow, a part of a cipher string that is not understood, or nothing left to
/// negotiate.
///
/// ```
/// use mailtls::tls::policy::{Policy, Standing};
/// let policy: Policy = "bcp195 -secp521r1 ~weak-certificate ciphers=ECDHE+AESGCM".parse()?;
/// assert_eq!(policy.to_string().parse::<Policy>()?, policy);
/// let error = "bcp195 +RC4-SHA".parse::<Policy>().unwrap_err();
/// assert_eq!(error.reason(), "`+RC4-SHA`: no policy may allow what uses RC4");
/// # Ok::<(), mailtls::Error>(())
/// ```
impl FromStr for Policy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.len() > LONGEST {
            return Err(invalid(&text[..0], "the text of the policy is too long"));
        }
        let mut words = text.split_ascii_whitespace();
        let name = words.next().unwrap_or_default();
        let mut policy = Self::named(name).ok_or_else(|| {
            let known: Vec<_> = PolicyName::ALL.iter().map(|policy| policy.name()).collect();
            invalid(name, &format!("no policy has this name; there are {}", known.join(", ")))
        })?;
        for word in words {
            policy.change(word).map_err(|why| invalid(word, &why))?;
        }
        policy.check_something_is_left().map_err(|why| invalid(text, why))?;
        Ok(policy)
    }
}

fn invalid(part: &str, why: &str) -> Error {
    let part = printable(part.as_bytes());
    Error::new(
        ErrorCode::InvalidArgument,
        if part.is_empty() { why.to_owned() } else { format!("`{part}`: {why}") },
    )
}

impl Policy {
    fn change(&mut self, word: &str) -> Result<(), String> {
        if let Some((key, value)) = word.split_once('=') {
            return match key.to_ascii_lowercase().as_str() {
                "min-version" => self.min_version(value),
                "ciphers" => self.only_ciphers(value),
                _ => Err("not a change; there are min-version= and ciphers=".into()),
            };
        }
        let standing = match word.as_bytes().first() {
            Some(b'+') => Standing::Accepted,
            Some(b'~') => Standing::Tolerated,
            Some(b'-') => Standing::Refused,
            _ => return Err("a change begins with +, ~ or -, or is min-version= or ciphers=".into()),
        };
        let item = word
            .get(1..)
            .and_then(Item::from_name)
            .ok_or("no version, cipher suite, group, signature scheme or weakness has this name")?;
        if standing != Standing::Refused {
            allowable(item)?;
        }
        self.set(item, standing);
        Ok(())
    }

    fn min_version(&mut self, name: &str) -> Result<(), String> {
        let first = Version::from_name(name).ok_or("no version has this name")?;
        allowable(Item::Version(first))?;
        for version in Version::all() {
            let standing = if version < first { Standing::Refused } else { Standing::Accepted };
            self.set(Item::Version(version), standing);
        }
        Ok(())
    }

    /// What the string names is never more than the policy has: a whole family is cut to it, and a
    /// suite named alone that the policy refuses is a mistake to be told.
    fn only_ciphers(&mut self, string: &str) -> Result<(), String> {
        let wanted = openssl::expand(string, |suite| self.allows_suite(suite))?;
        let old: Vec<_> =
            CipherSuite::all().filter(|suite| !suite.is_tls13() && self.allows_suite(*suite)).collect();
        if !old.iter().any(|suite| wanted.contains(suite)) {
            return Err("leaves none of the policy's suites of TLS 1.2 or older".into());
        }
        for suite in old.into_iter().filter(|suite| !wanted.contains(suite)) {
            self.set(Item::CipherSuite(suite), Standing::Refused);
        }
        Ok(())
    }

    fn check_something_is_left(&self) -> Result<(), &'static str> {
        // TLS 1.3 has suites of its own, and versions before have theirs.
        let suites_for = |version: Version| {
            CipherSuite::all()
                .any(|suite| suite.is_tls13() == (version == Version::TLS_1_3) && self.allows_suite(suite))
        };
        if !Version::all().any(|version| self.allows_version(version) && suites_for(version)) {
            return Err("no version is left, or none with a cipher suite");
        }
        if !Group::all().any(|group| self.allows_group(group)) {
            return Err("no group is left");
        }
        if !SignatureScheme::all().any(|scheme| self.allows_signature_scheme(scheme)) {
            return Err("no signature scheme is left");
        }
        Ok(())
    }
}

/// Whether any policy may allow the item.
fn allowable(item: Item) -> Result<(), String> {
    use worth::Worth::Bad;
    let worth = match item {
        Item::Version(version) => worth::version(version),
        Item::CipherSuite(suite) => worth::cipher_suite(suite),
        Item::Group(group) => worth::group(group),
        Item::SignatureScheme(scheme) => worth::signature_scheme(scheme),
        Item::Weakness(_) => return Ok(()),
    };
    if let Bad(what) = worth { Err(format!("no policy may allow what {what}")) } else { Ok(()) }
}
