//! The greeting of a server. It must never know what a client makes of it.

use super::{EnhancedCode, Host, Reply, ReplyCode};
use crate::dialogue::blank::words;
use crate::error::{Error, ErrorCode};
use crate::text::one_line;

/// What an SMTP server says first (RFC 5321 §3.1, §4.2):
///
/// ```text
/// Greeting = "220" SP ( Domain / address-literal ) [ SP textstring ] CRLF, on one or more lines
/// ```
///
/// or a refusal to serve: 421, 554 or another code of the `4yz` and `5yz` classes. A client acts on
/// the first digit of a code that it does not know (RFC 5321 §4.3.2). The texts are the server's own and
/// prove nothing.
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
        let greets = reply.code().is_success(ReplyCode::SERVICE_READY) || reply.code().is_refusal();
        greets.then_some(Self(reply))
    }

    /// The reply code: 220, or one that refuses.
    pub fn code(&self) -> u16 {
        self.0.code().number()
    }

    /// Whether the server does not want to serve.
    pub fn is_refusal(&self) -> bool {
        self.0.code().is_refusal()
    }

    /// The name that the server gives itself, if the greeting begins with one as it should.
    /// A refusal gives none.
    pub fn domain(&self) -> Option<&str> {
        let word = words(self.0.lines().next().filter(|_| !self.is_refusal())?).next()?;
        Host::parse(word).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, host)| host.as_str())
    }

    /// The enhanced status code of a refusal (RFC 3463), where one was given.
    pub fn enhanced_code(&self) -> Option<EnhancedCode> {
        self.0.enhanced_code()
    }

    /// The text of each line, without the reply code; there is at least one line. What is not
    /// printable or not UTF-8 is shown as `?`.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.0.lines().map(one_line)
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
        assert_eq!(greeting(221, &["mail.example.org"]), None);
        assert_eq!(greeting(334, &[""]), None);
        assert_eq!(greeting(250, &["mail.example.org"]), None);
        assert!(greeting(222, &[""]).is_some_and(|g| !g.is_refusal()));
        assert!(greeting(571, &["incorrect IP"]).is_some_and(|g| g.is_refusal()));
    }

    #[test]
    fn lines_of_a_greeting() {
        let two = Greeting::parse(b"220-mail.example.org ESMTP ready\r\n220 second");
        assert_eq!(two.ok(), greeting(220, &["mail.example.org ESMTP ready", "second"]));
        assert_eq!(Greeting::parse(b"220").ok(), greeting(220, &[""]));
        let latin1 = Greeting::parse(b"220-mail.example.org d\xe9di\xe9\r\n220 \x1b[A").expect("a greeting");
        assert_eq!(latin1.domain(), Some("mail.example.org"));
        assert_eq!(latin1.lines().collect::<Vec<_>>(), ["mail.example.org d?di?", "?[A"]);
        for wrong in [
            &b""[..],
            b"220-only the first",
            b"220 one\r\n220 two",
            b"220-one\r\n554 two",
            b"220 with its line end\r\n",
            b"220 bare\nLF",
            b"221 mail.example.org",
            b"250 mail.example.org",
            b"220 NUL\0",
            b"\xff",
        ] {
            assert!(Greeting::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
