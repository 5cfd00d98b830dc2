//! What a host lets its server machines say and offer.

use super::{Mechanism, MechanismFloor};
use crate::limits::Limits;
use crate::secret::Secret;

/// What the server machines say and offer. Checked when the configuration is built.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// The server's own name, in the SMTP greeting and the `EHLO` answer. Default `localhost`.
    pub host_name: String,
    /// The text of the greeting. Default `ready`.
    pub greeting_text: String,
    /// SASL mechanisms offered, best first. Default PLAIN, LOGIN. The PLUS mechanisms are left out
    /// where the channel has no binding; EXTERNAL is offered where a client certificate has been
    /// accepted, listed here or not, and nowhere else.
    pub sasl_mechanisms: Vec<Mechanism>,
    /// SCRAM: what the salts are made from of users that have none stored, and of users that there
    /// are not. A server that keeps it tells the same salts after a restart; all servers of a
    /// service keep the same. Default: random octets when the configuration is built.
    pub scram_salts: Secret,
    /// SCRAM: the iterations for such users. Default 4096; no client takes fewer (RFC 7677 §4).
    pub scram_iterations: u32,
    /// OAUTHBEARER, XOAUTH2: the scope that a token needs, told with a refusal.
    pub oauth_scope: Option<String>,
    /// OAUTHBEARER: where the OpenID configuration is, told with a refusal (RFC 7628 §3.2.2).
    pub oauth_configuration: Option<String>,
    /// Whether IMAP `LOGIN` and POP3 `USER`/`PASS` are offered. Default yes.
    pub password_commands: bool,
    /// IMAP capabilities to add to those that mailtls itself answers for.
    pub imap_capabilities: Vec<String>,
    /// IMAP capabilities told in the answer to a successful authentication, all of them;
    /// none are told when empty.
    pub imap_authenticated_capabilities: Vec<String>,
    /// The answer to `ID` (RFC 2971), as name and value pairs; `NIL` when empty.
    pub imap_id: Vec<(String, String)>,
    /// POP3 capability lines to add.
    pub pop3_capabilities: Vec<String>,
    /// The POP3 `IMPLEMENTATION` line, told only inside TLS.
    pub pop3_implementation: Option<String>,
    /// Whether POP3 `UTF8` (RFC 6856) is offered.
    pub pop3_utf8: bool,
    /// `EHLO` keyword lines to add.
    pub smtp_keywords: Vec<String>,
    /// The `SIZE` value (RFC 1870); 0 is told as no fixed limit; `None` leaves it out.
    pub smtp_size: Option<u64>,
    /// The bounds of what a client may send.
    pub limits: Limits,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            host_name: "localhost".into(),
            greeting_text: "ready".into(),
            sasl_mechanisms: vec![Mechanism::Plain, Mechanism::Login],
            scram_salts: Secret::default(),
            scram_iterations: 4096,
            oauth_scope: None,
            oauth_configuration: None,
            password_commands: true,
            imap_capabilities: Vec::new(),
            imap_authenticated_capabilities: Vec::new(),
            imap_id: Vec::new(),
            pop3_capabilities: Vec::new(),
            pop3_implementation: None,
            pop3_utf8: false,
            smtp_keywords: Vec::new(),
            smtp_size: None,
            limits: Limits::default(),
        }
    }
}

impl ServerSettings {
    /// Refuses what could break a line or a reply: control and non-ASCII characters, empty
    /// words, over-long texts. Returns which setting is wrong.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let text = |s: &str| !s.is_empty() && s.len() <= 200 && s.bytes().all(|b| (0x20..0x7f).contains(&b));
        let word = |s: &str| text(s) && !s.contains(|c: char| " \"\\(){}%*[]".contains(c));
        let name = |s: &str| word(s) && !s.contains(|c: char| "<>,;".contains(c));
        let line = |s: &str| text(s) && !s.starts_with(' ') && !s.ends_with(' ') && !s.contains("  ");
        let named = |before: usize, name: &str| {
            self.sasl_mechanisms[..before].iter().any(|m| m.is_named(name.as_bytes()))
        };
        let json = |s: &str| text(s) && !s.contains(['"', '\\']);
        let checks: [(&'static str, bool); 13] = [
            ("host_name", name(&self.host_name)),
            ("greeting_text", text(&self.greeting_text) && !self.greeting_text.contains(['[', '<'])),
            (
                "sasl_mechanisms",
                self.sasl_mechanisms
                    .iter()
                    .enumerate()
                    .all(|(i, m)| m.sasl_name().is_some_and(|name| !named(i, name))),
            ),
            ("scram_iterations", (4096..=100_000_000).contains(&self.scram_iterations)),
            ("oauth_scope", self.oauth_scope.as_deref().is_none_or(json)),
            ("oauth_configuration", self.oauth_configuration.as_deref().is_none_or(json)),
            ("imap_capabilities", self.imap_capabilities.iter().all(|s| word(s))),
            ("imap_authenticated_capabilities", self.imap_authenticated_capabilities.iter().all(|s| word(s))),
            (
                "imap_id",
                self.imap_id.len() <= 30
                    && self.imap_id.iter().all(|(k, v)| k.len() <= 30 && text(k) && text(v)),
            ),
            ("pop3_capabilities", self.pop3_capabilities.iter().all(|s| line(s))),
            ("pop3_implementation", self.pop3_implementation.as_deref().is_none_or(line)),
            ("smtp_keywords", self.smtp_keywords.iter().all(|s| line(s))),
            ("authentication: no way is offered", self.password_commands || !self.sasl_mechanisms.is_empty()),
        ];
        checks.iter().find(|(_, right)| !right).map_or(Ok(()), |(which, _)| Err(which))
    }
}

/// How far a machine of mailtls goes before the host speaks for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum HandOff {
    /// mailtls holds the dialogue until the authenticated state.
    #[default]
    AfterAuthentication,
    /// Client: as soon as the greeting has been read and is not a refusal.
    ///
    /// IMAP `PREAUTH` is believed, and told as [`crate::Event::Authenticated`], only where the client
    /// has shown its certificate; without that the host decides what to make of the greeting.
    AfterGreeting,
    /// As soon as TLS stands and is judged; mailtls speaks no mail protocol at all.
    Transparent,
}

/// What a client does on a STARTTLS service whose server has no STARTTLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum StartTlsUse {
    /// Ends the connection with [`crate::ErrorCode::StartTlsRefused`].
    #[default]
    Required,
    /// Tells the host, which may log out or close. Nothing is ever authenticated in clear.
    Opportunistic,
}

/// What the client machines say and accept.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// The name in `EHLO`. Default `localhost`.
    pub client_name: String,
    /// How far the machine goes.
    pub hand_off: HandOff,
    /// Whether a STARTTLS service without STARTTLS is an error. Default required.
    pub starttls: StartTlsUse,
    /// The least that an authentication must be. Default [`MechanismFloor::Any`].
    pub mechanism_floor: MechanismFloor,
    /// The bounds of what a server may send.
    pub limits: Limits,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            client_name: "localhost".into(),
            hand_off: HandOff::default(),
            starttls: StartTlsUse::default(),
            mechanism_floor: MechanismFloor::default(),
            limits: Limits::default(),
        }
    }
}

impl ClientSettings {
    /// Refuses a client name that could break the line.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let right = |b: u8| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b);
        let name = self.client_name.as_bytes();
        if (1..=255).contains(&name.len()) && name.iter().all(|&b| right(b)) {
            Ok(())
        } else {
            Err("client_name")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_right() {
        assert_eq!(ServerSettings::default().check(), Ok(()));
    }

    #[test]
    fn nothing_can_break_a_line() {
        let with = |f: fn(&mut ServerSettings)| {
            let mut s = ServerSettings::default();
            f(&mut s);
            s.check()
        };
        assert_eq!(with(|s| s.host_name = "a b".into()), Err("host_name"));
        assert_eq!(with(|s| s.greeting_text = "x\r\ny".into()), Err("greeting_text"));
        assert_eq!(with(|s| s.imap_capabilities = vec!["A]".into()]), Err("imap_capabilities"));
        assert_eq!(with(|s| s.smtp_keywords = vec!["A\n".into()]), Err("smtp_keywords"));
        assert_eq!(with(|s| s.pop3_capabilities = vec![".".repeat(201)]), Err("pop3_capabilities"));
        assert_eq!(
            with(|s| {
                s.password_commands = false;
                s.sasl_mechanisms.clear();
            }),
            Err("authentication: no way is offered")
        );
    }
}
