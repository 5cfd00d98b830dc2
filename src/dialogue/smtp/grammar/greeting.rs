//! The greeting of a server. It must never know what a client makes of it.

use super::{EnhancedCode, Host, Reply, ReplyCode};
use crate::error::{Error, ErrorCode};

/// What an SMTP server says first (RFC 5321 §3.1, §4.2):
///
/// ```text
/// Greeting = "220" SP ( Domain / address-literal ) [ SP textstring ] CRLF, on one or more lines
/// ```
///
/// or a refusal to serve: 421, 554 or another code of the `4yz` and `5yz` classes. The texts are
/// the server's own and prove nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting(Reply);

impl Greeting {
    /// Reads a greeting: one line, or several with CR LF between them, that of the last left out
    /// (RFC 5321 §4.2).
    ///
    /// # Errors
    /// [`ErrorCode::Syntax`] when no SMTP server greets so.
    ///
    /// ```
    /// use mailtls::dialogue::smtp::Greeting;
    /// let greeting = Greeting::parse(b"220-mail.example ESMTP\r\n220 at your service")?;
    /// assert_eq!(greeting.domain(), Some("mail.example"));
    /// assert!(Greeting::parse(b"554 5.7.1 no mail from there")?.is_refusal());
    /// assert!(Greeting::parse(b"* OK IMAP4rev2 ready").is_err());
    /// # Ok::<(), mailtls::Error>(())
    /// ```
    pub fn parse(lines: &[u8]) -> Result<Self, Error> {
        Reply::parse(lines)
            .and_then(Self::of_reply)
            .ok_or_else(|| Error::new(ErrorCode::Syntax, "not an SMTP greeting"))
    }

    /// `None` for a reply with which no server greets.
    pub(crate) fn of_reply(reply: Reply) -> Option<Self> {
        let code = reply.code();
        let greets = code == ReplyCode::SERVICE_READY || code.is_transient() || code.is_permanent();
        greets.then_some(Self(reply))
    }

    /// The reply code: 220, or one that refuses.
    pub fn code(&self) -> u16 {
        self.0.code().number()
    }

    /// Whether the server does not want to serve.
    pub fn is_refusal(&self) -> bool {
        self.0.code() != ReplyCode::SERVICE_READY
    }

    /// The name that the server gives itself, if the greeting begins with one as it should.
    /// A refusal gives none.
    pub fn domain(&self) -> Option<&str> {
        let word = self.0.lines().first().filter(|_| !self.is_refusal())?.split(' ').next()?;
        Host::parse(word.as_bytes()).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, host)| host.as_str())
    }

    /// The enhanced status code of a refusal (RFC 3463), where one was given.
    pub fn enhanced_code(&self) -> Option<EnhancedCode> {
        self.0.enhanced_code()
    }

    /// The text of each line, without the reply code; there is at least one line, without
    /// control characters other than a tab.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.lines().iter().map(String::as_str)
    }

    /// All text in one line for the log: printable, at most 200 characters, without enhanced
    /// status codes.
    pub fn text(&self) -> String {
        self.0.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greeting(number: u16, lines: &[&str]) -> Option<Greeting> {
        let code = ReplyCode::new(number).expect("a reply code");
        Greeting::of_reply(Reply::new(code, lines.iter().map(|&line| line.into()).collect()))
    }

    #[test]
    fn known_answers() {
        let ready = greeting(220, &["mail.example.org ESMTP ready", "second"]).expect("a greeting");
        assert_eq!((ready.code(), ready.is_refusal()), (220, false));
        assert_eq!((ready.domain(), ready.enhanced_code()), (Some("mail.example.org"), None));
        assert_eq!(ready.lines().collect::<Vec<_>>(), ["mail.example.org ESMTP ready", "second"]);

        let refusal = greeting(554, &["5.7.1 no mail from there"]).expect("a greeting");
        assert_eq!((refusal.code(), refusal.is_refusal(), refusal.domain()), (554, true, None));
        assert_eq!(refusal.enhanced_code().map(|code| code.to_string()).as_deref(), Some("5.7.1"));
        assert_eq!(refusal.text(), "no mail from there");

        assert_eq!(greeting(220, &["*** hidden ***"]).and_then(|g| g.domain().map(str::to_owned)), None);
        assert_eq!(greeting(250, &["mail.example.org"]), None);
        assert_eq!(greeting(334, &[""]), None);
    }

    #[test]
    fn lines_of_a_greeting() {
        let two = Greeting::parse(b"220-mail.example.org ESMTP ready\r\n220 second");
        assert_eq!(two.ok(), greeting(220, &["mail.example.org ESMTP ready", "second"]));
        assert_eq!(Greeting::parse(b"220").ok(), greeting(220, &[""]));
        for wrong in [
            &b""[..],
            b"220-only the first",
            b"220 one\r\n220 two",
            b"220-one\r\n554 two",
            b"220 with its line end\r\n",
            b"220 bare\nLF",
            b"250 mail.example.org",
            b"\xff",
        ] {
            assert!(Greeting::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
