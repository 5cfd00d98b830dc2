//! The values that pass between a dialogue and the host.

use super::{imap, pop3, smtp};
use crate::secret::Secret;
use crate::service::Protocol;
use crate::tls::policy::Confidential;

/// A way to authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mechanism {
    /// The protocol's own password command: IMAP `LOGIN`, POP3 `USER` and `PASS`.
    Password,
    /// SASL PLAIN (RFC 4616).
    Plain,
    /// SASL LOGIN (draft-murchison-sasl-login).
    Login,
}

impl Mechanism {
    /// The SASL mechanism name; `None` for [`Mechanism::Password`], which is not SASL.
    pub fn sasl_name(self) -> Option<&'static str> {
        match self {
            Self::Password => None,
            Self::Plain => Some("PLAIN"),
            Self::Login => Some("LOGIN"),
        }
    }

    /// The mechanism with this SASL name, in any case (RFC 4422 §3.1).
    pub fn from_sasl_name(name: &[u8]) -> Option<Self> {
        [Self::Plain, Self::Login]
            .into_iter()
            .find(|m| m.sasl_name().is_some_and(|n| n.as_bytes().eq_ignore_ascii_case(name)))
    }
}

/// Who wants to authenticate, and with what secret.
///
/// On the server side it comes from the dialogue and cannot be made without the proof that the
/// channel is confidential; on the client side the host makes it with [`Credentials::new`] and
/// the machine, which holds the proof, sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    mechanism: Mechanism,
    authorization_identity: String,
    authentication_identity: String,
    password: Secret,
}

impl Credentials {
    /// Credentials for a client to authenticate with.
    ///
    /// ```
    /// use mailtls::{Credentials, Mechanism};
    /// let credentials = Credentials::new(Mechanism::Plain, "tim", "tanstaaftanstaaf".into());
    /// assert_eq!(credentials.authentication_identity(), "tim");
    /// ```
    pub fn new(mechanism: Mechanism, authentication_identity: impl Into<String>, password: Secret) -> Self {
        Self {
            mechanism,
            authorization_identity: String::new(),
            authentication_identity: authentication_identity.into(),
            password,
        }
    }

    /// Asks to act as another user (PLAIN only).
    #[must_use]
    pub fn with_authorization_identity(mut self, identity: impl Into<String>) -> Self {
        self.authorization_identity = identity.into();
        self
    }

    /// What a server machine raises: only a confidential channel can have carried it.
    pub(crate) fn received(
        _proof: &Confidential,
        mechanism: Mechanism,
        authorization_identity: String,
        authentication_identity: String,
        password: Secret,
    ) -> Self {
        Self { mechanism, authorization_identity, authentication_identity, password }
    }

    /// How the client authenticates.
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// The user to act as; empty when it is the one who authenticates (RFC 4422 §3.4.1).
    pub fn authorization_identity(&self) -> &str {
        &self.authorization_identity
    }

    /// The user whose password it is. Never empty on the server side; holds no NUL.
    pub fn authentication_identity(&self) -> &str {
        &self.authentication_identity
    }

    /// The password, as the bytes that were sent.
    pub fn password(&self) -> &Secret {
        &self.password
    }
}

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
    /// The server's text: one line, untrusted, for the log or the user.
    pub text: String,
    /// Whether the same credentials may work later.
    pub temporary: bool,
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
    /// IMAP `PREAUTH`: authenticated already.
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
    /// From the lines or atoms as the server sent them (for SMTP and POP3 a line each, keyword
    /// first).
    pub(crate) fn new(items: Vec<String>) -> Self {
        Self { items }
    }

    /// Each capability as sent: `AUTH=PLAIN`, `SASL PLAIN LOGIN`, `SIZE 1000`.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(String::as_str)
    }

    /// Whether the keyword is there, in any case and whatever follows it in its line.
    pub fn has(&self, keyword: &str) -> bool {
        self.parameters(keyword).is_some()
    }

    /// What follows the keyword in its line; empty if nothing does.
    pub fn parameters(&self, keyword: &str) -> Option<&str> {
        self.iter().find_map(|item| {
            let (word, rest) = item.split_once(' ').unwrap_or((item, ""));
            word.eq_ignore_ascii_case(keyword).then_some(rest)
        })
    }

    /// Whether the SASL mechanism is offered: IMAP `AUTH=X`, POP3 `SASL X`, SMTP `AUTH X`.
    pub fn has_sasl(&self, mechanism: &str) -> bool {
        let listed = |keyword| {
            self.parameters(keyword)
                .is_some_and(|list| list.split(' ').any(|m| m.eq_ignore_ascii_case(mechanism)))
        };
        listed("AUTH") || listed("SASL") || self.has(&format!("AUTH={mechanism}"))
    }

    /// The best way to authenticate with a password that the server offers and mailtls has:
    /// PLAIN, then the protocol's own command, then LOGIN.
    ///
    /// A POP3 server that tells no capabilities at all is taken to have `USER` and `PASS`.
    pub fn best_password_mechanism(&self, protocol: Protocol) -> Option<Mechanism> {
        let command = match protocol {
            Protocol::Imap => !self.has("LOGINDISABLED"),
            Protocol::Pop3 => self.has("USER") || self.items.is_empty(),
            Protocol::Smtp => false,
        };
        let offered = |mechanism: &Mechanism| match mechanism.sasl_name() {
            Some(name) => self.has_sasl(name),
            None => command,
        };
        [Mechanism::Plain, Mechanism::Password, Mechanism::Login].into_iter().find(offered)
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
        assert_eq!(capabilities(&["SIZE 1000"]).parameters("size"), Some("1000"));
    }

    #[test]
    fn the_best_mechanism() {
        let best = |protocol, items: &[&str]| capabilities(items).best_password_mechanism(protocol);
        assert_eq!(best(Protocol::Imap, &["IMAP4rev1", "AUTH=LOGIN", "AUTH=PLAIN"]), Some(Mechanism::Plain));
        assert_eq!(best(Protocol::Imap, &["IMAP4rev1"]), Some(Mechanism::Password));
        assert_eq!(best(Protocol::Imap, &["IMAP4rev1", "LOGINDISABLED"]), None);
        assert_eq!(best(Protocol::Pop3, &[]), Some(Mechanism::Password));
        assert_eq!(best(Protocol::Pop3, &["UIDL"]), None);
        assert_eq!(best(Protocol::Smtp, &["AUTH LOGIN"]), Some(Mechanism::Login));
        assert_eq!(best(Protocol::Smtp, &["AUTH CRAM-MD5"]), None);
    }

    #[test]
    fn credentials_never_show_the_password() {
        let credentials = Credentials::new(Mechanism::Plain, "tim", "tanstaaftanstaaf".into());
        assert!(!format!("{credentials:?}").contains("tanstaaf"));
    }
}
