//! The values that pass between a dialogue and the host.

use super::blank::words;
use super::{MechanismName, imap, pop3, smtp};
use crate::text::is_unprintable;

/// Why the host rejects credentials; decides the reply code (RFC 5530, RFC 3206, RFC 4954).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Rejection {
    /// Unknown user or wrong password, which are never told apart:
    /// `[AUTHENTICATIONFAILED]`, `[AUTH]`, 535 5.7.8.
    #[default]
    InvalidCredentials,
    /// Authenticated, but may not act as that user: `[AUTHORIZATIONFAILED]`, `[AUTH]`, 535 5.7.8.
    NotAuthorized,
    /// The user data cannot be reached just now: `[UNAVAILABLE]`, `[SYS/TEMP]`, 454 4.7.0.
    TemporaryFailure,
}

/// A server's answer to credentials that it did not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The response code (`AUTHENTICATIONFAILED`, `AUTH`) or SMTP reply and enhanced code
    /// (`535 5.7.8`), where one was given.
    pub code: Option<String>,
    /// What follows the name of an IMAP response code in its brackets, such as the URL of `REFERRAL`:
    /// untrusted; see [`crate::ServerMessage::code_arguments`].
    pub code_arguments: Option<String>,
    /// The server's text: one line, untrusted, for the log or the user. If it answers that the client
    /// has cancelled the authentication (`*`), the text begins with that and the reason.
    pub text: String,
    /// Whether the same credentials may work later.
    pub temporary: bool,
    /// What else is known of the refusal: the JSON of OAUTHBEARER or XOAUTH2 (RFC 7628 §3.2.2), the
    /// word of SCRAM's `e=` (RFC 5802 §7), both one line, untrusted; or that the channel binding of a
    /// PLUS mechanism may be the reason.
    pub details: Option<String>,
}

impl Refusal {
    /// The answer to the client's `*`, which it has sent for this reason.
    pub(crate) fn of_cancelled(self, why: &str) -> Self {
        let text = match self.text.as_str() {
            "" => format!("the client cancelled: {why}"),
            answer => format!("the client cancelled: {why}; the server answered: {answer}"),
        };
        Self { text, ..self }
    }
}

/// A server's greeting, as its protocol has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Greeting {
    /// IMAP (RFC 9051 §7.1).
    Imap(imap::Greeting),
    /// POP3 (RFC 1939 §4).
    Pop3(pop3::Greeting),
    /// SMTP (RFC 5321 §4.2).
    Smtp(smtp::Greeting),
}

/// What a greeting says about the state the connection begins in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GreetingStatus {
    /// `OK`, `+OK`, 220: not authenticated, ready.
    Ready,
    /// IMAP `PREAUTH`: authenticated already, says the server (RFC 9051 §7.1.4). It is so when
    /// [`crate::Event::Authenticated`] follows: of a client that has shown no certificate it is not
    /// believed (RFC 8314 §4.2).
    Preauth,
    /// `BYE`, `-ERR`, 421, 554: the server does not want to serve.
    Refused,
}

impl Greeting {
    /// The state the connection begins in.
    pub fn status(&self) -> GreetingStatus {
        let refused = match self {
            Self::Imap(greeting) => match greeting.condition {
                imap::GreetingCondition::PreAuth => return GreetingStatus::Preauth,
                imap::GreetingCondition::Ok => false,
                imap::GreetingCondition::Bye => true,
            },
            Self::Pop3(greeting) => greeting.is_refusal(),
            Self::Smtp(greeting) => greeting.is_refusal(),
        };
        if refused { GreetingStatus::Refused } else { GreetingStatus::Ready }
    }

    /// The server's text: one printable line, untrusted.
    pub fn text(&self) -> String {
        match self {
            Self::Imap(greeting) => greeting.text.clone(),
            Self::Pop3(greeting) => greeting.text().to_owned(),
            Self::Smtp(greeting) => greeting.text(),
        }
    }

    /// What follows the name of an IMAP response code in its brackets, such as the URL of `REFERRAL`:
    /// untrusted; see [`crate::ServerMessage::code_arguments`].
    pub fn code_arguments(&self) -> Option<String> {
        match self {
            Self::Imap(greeting) => greeting.code.as_ref()?.arguments(),
            Self::Pop3(_) | Self::Smtp(_) => None,
        }
    }

    /// The response code (IMAP, POP3) or reply code (SMTP), where there is one.
    pub fn code(&self) -> Option<String> {
        match self {
            Self::Imap(greeting) => greeting.code.as_ref().map(|code| code.name().to_owned()),
            Self::Pop3(greeting) => greeting.response_code().map(str::to_owned),
            Self::Smtp(greeting) => Some(greeting.code().to_string()),
        }
    }
}

/// What a server says it can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    items: Vec<String>,
}

impl Capabilities {
    /// Those of a server that tells none.
    pub(crate) const NONE: &'static Self = &Self { items: Vec::new() };

    /// From the lines or atoms as the server sent them (for SMTP and POP3 a line each, keyword
    /// first). Of characters that are not printable only the tab stays.
    pub(crate) fn new(mut items: Vec<String>) -> Self {
        let misleads = |c: char| c != '\t' && is_unprintable(c);
        for item in items.iter_mut().filter(|item| item.contains(misleads)) {
            *item = item.replace(misleads, "?");
        }
        Self { items }
    }

    /// From lines as the server sent them, of which only what cannot be read is dropped
    /// ([`Capabilities::readable`]).
    pub(crate) fn of_lines<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self::new(lines.into_iter().filter_map(Self::readable).collect())
    }

    /// A capability line with one space between its words, and without the words that are not
    /// printable ASCII. `None` if its keyword is not, or the line is empty.
    pub(crate) fn readable(line: &[u8]) -> Option<String> {
        let readable = |word: &&[u8]| word.iter().all(u8::is_ascii_graphic);
        words(line).next().filter(readable)?;
        let kept: Vec<_> = words(line).filter(readable).map(String::from_utf8_lossy).collect();
        Some(kept.join(" "))
    }

    /// Each capability as sent, with one space between its words: `AUTH=PLAIN`, `SASL PLAIN LOGIN`,
    /// `SIZE 1000`. Names and words that are not printable ASCII are left out.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(String::as_str)
    }

    /// Whether the keyword is there, in any case and whatever follows it in its line.
    pub fn has(&self, keyword: &str) -> bool {
        self.parameters(keyword).is_some()
    }

    /// What follows the keyword in its line; empty if nothing does. If several lines have the
    /// keyword, this is the first; [`Capabilities::has_sasl`] looks at all of them.
    pub fn parameters(&self, keyword: &str) -> Option<&str> {
        self.iter().find_map(|item| {
            let (word, rest) = item.split_once(' ').unwrap_or((item, ""));
            word.eq_ignore_ascii_case(keyword).then_some(rest)
        })
    }

    /// The SASL mechanisms that are offered, in the server's order, without words that are not mechanism
    /// names: IMAP `AUTH=X`, POP3 `SASL X Y`, SMTP `AUTH X Y` and the old form `AUTH=X Y`. Several lines
    /// count together.
    pub(crate) fn sasl_mechanisms(&self) -> impl Iterator<Item = MechanismName> {
        self.iter().flat_map(|item| {
            let (word, rest) = item.split_once(' ').unwrap_or((item, ""));
            let (first, rest) = match word.split_once('=') {
                Some((keyword, name)) if keyword.eq_ignore_ascii_case("AUTH") => (name, rest),
                None if word.eq_ignore_ascii_case("AUTH") || word.eq_ignore_ascii_case("SASL") => ("", rest),
                _ => ("", ""),
            };
            core::iter::once(first).chain(rest.split(' ')).filter_map(MechanismName::new)
        })
    }

    /// The same without the SCRAM mechanisms.
    pub(crate) fn without_scram(&self) -> Self {
        let is_scram = |word: &&str| {
            let name = word.rsplit('=').next().unwrap_or_default();
            name.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("SCRAM-SHA-"))
        };
        let kept = |item: &str| item.split(' ').filter(|word| !is_scram(word)).collect::<Vec<_>>().join(" ");
        Self::new(self.items.iter().map(|item| kept(item)).filter(|item| !item.is_empty()).collect())
    }

    /// Whether the SASL mechanism is offered, in any of the forms of the three protocols.
    pub fn has_sasl(&self, mechanism: &str) -> bool {
        self.sasl_mechanisms().any(|name| name.as_str().eq_ignore_ascii_case(mechanism))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capabilities(items: &[&str]) -> Capabilities {
        Capabilities::new(items.iter().map(|s| (*s).to_owned()).collect())
    }

    #[test]
    fn sasl_in_the_three_notations() {
        assert!(capabilities(&["IMAP4rev1", "auth=plain"]).has_sasl("PLAIN"));
        assert!(capabilities(&["SASL LOGIN PLAIN"]).has_sasl("PLAIN"));
        assert!(capabilities(&["AUTH PLAIN"]).has_sasl("plain"));
        assert!(!capabilities(&["AUTH PLAINER", "AUTH=PLAI"]).has_sasl("PLAIN"));
        assert!(!capabilities(&["SASL=PLAIN", "AUTHPLAIN", "XAUTH PLAIN"]).has_sasl("PLAIN"));
        assert_eq!(capabilities(&["SIZE 1000"]).parameters("size"), Some("1000"));
        let items = ["IMAP4rev1", "auth=plain", "SASL-IR", "AUTH X-\u{e4} LOGIN ", "SASL GSSAPI", "SIZE 1"];
        let listed = capabilities(&items);
        let names: Vec<_> = listed.sasl_mechanisms().map(|name| name.as_str().to_owned()).collect();
        assert_eq!(names, ["PLAIN", "LOGIN", "GSSAPI"]);
    }

    /// Servers send the old form `AUTH=` besides the new one, each with another list.
    #[test]
    fn all_lines_of_mechanisms_count() {
        let names = |lines: &[&[u8]]| {
            let told = Capabilities::of_lines(lines.iter().copied());
            told.sasl_mechanisms().map(|name| name.as_str().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&[b"AUTH LOGIN", b"AUTH=PLAIN XOAUTH2"]), ["LOGIN", "PLAIN", "XOAUTH2"]);
        assert_eq!(names(&[b"SASL LOGIN", b"UIDL", b"sasl\tPLAIN"]), ["LOGIN", "PLAIN"]);
        assert_eq!(names(&[b"AUTH\tPLAIN  \t LOGIN\t"]), ["PLAIN", "LOGIN"]);
        assert_eq!(names(&[b"AUTH PLAIN caf\xe9 LOGIN"]), ["PLAIN", "LOGIN"]);
        assert_eq!(names(&[b"AUTH", b"AUTH=", b"SASL", b"", b" "]), [""; 0]);
    }

    #[test]
    fn only_what_cannot_be_read_is_dropped() {
        let told = Capabilities::of_lines([
            &b" SIZE\t1000 "[..],
            b"",
            b"caf\xe9 x",
            b"IMPLEMENTATION d\xe9di\xe9 x\x1b[A v1",
            b"8BITMIME",
        ]);
        assert_eq!(told.iter().collect::<Vec<_>>(), ["SIZE 1000", "IMPLEMENTATION v1", "8BITMIME"]);
    }

    proptest::proptest! {
        #[test]
        fn what_is_kept_is_read_again(lines in proptest::collection::vec(proptest::collection::vec(0u8.., 0..20), 0..5)) {
            let told = Capabilities::of_lines(lines.iter().map(Vec::as_slice));
            proptest::prop_assert!(told.iter().all(|item| item.bytes().all(|b| (0x20..0x7f).contains(&b))));
            proptest::prop_assert_eq!(Capabilities::of_lines(told.iter().map(str::as_bytes)), told);
        }
    }
}
