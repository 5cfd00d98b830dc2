//! What somebody authenticates with, as it passes between a dialogue and the host.
//!
//! It must never know whether it is right: that is the host's to say.

use super::Mechanism;
use super::pop3::apop;
use crate::secret::{Secret, both_or_neither};
use crate::tls::policy::Confidential;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Who wants to authenticate, and with what.
///
/// On the server side it comes from the dialogue and cannot be made without the proof that the
/// channel is confidential; on the client side the host makes it with [`Credentials::new`] and its
/// siblings, and the machine, which holds the proof, sends it.
#[derive(Clone, Debug, Eq)]
pub struct Credentials {
    mechanism: Mechanism,
    authorization_identity: String,
    authentication_identity: String,
    password: Secret,
    /// Client, [`Mechanism::Raw`]: what goes with the command.
    initial_response: Option<Secret>,
    /// Server, [`Mechanism::Apop`]: the time stamp that the digest is made with.
    apop_timestamp: String,
}

/// Whether the secrets are equal takes the same time wherever they differ, and both are compared in
/// any case. The rest is no secret.
impl PartialEq for Credentials {
    fn eq(&self, other: &Self) -> bool {
        let same_secrets = self.password.ct_eq(&other.password)
            & both_or_neither(self.initial_response.as_ref(), other.initial_response.as_ref());
        let same_rest = self.mechanism == other.mechanism
            && self.authorization_identity == other.authorization_identity
            && self.authentication_identity == other.authentication_identity
            && self.apop_timestamp == other.apop_timestamp;
        bool::from(same_secrets) & same_rest
    }
}

impl Credentials {
    /// A user and a password, or for OAUTHBEARER and XOAUTH2 a user and a bearer token, for a
    /// client to authenticate with. With OAUTHBEARER the user may be empty.
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
            initial_response: None,
            apop_timestamp: String::new(),
        }
    }

    /// EXTERNAL (RFC 4422 appendix A): the client's certificate says who it is. What EXTERNAL asks
    /// for is set by [`Credentials::with_authorization_identity`]; without it the server derives
    /// the identity from the certificate.
    pub fn external() -> Self {
        Self::new(Mechanism::External, "", Secret::default())
    }

    /// A mechanism that the host speaks itself; `initial_response` goes with the command where
    /// the server takes one there. The mechanism is of [`Mechanism::raw`].
    pub fn raw(mechanism: Mechanism, initial_response: Option<Secret>) -> Self {
        Self { initial_response, ..Self::new(mechanism, "", Secret::default()) }
    }

    /// Asks to act as another user (PLAIN, EXTERNAL, SCRAM).
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
        Self { authorization_identity, ..Self::new(mechanism, authentication_identity, password) }
    }

    /// What a server machine raises for `APOP`.
    pub(crate) fn received_apop(
        proof: &Confidential,
        authentication_identity: String,
        digest: Secret,
        timestamp: &str,
    ) -> Self {
        let received = Self::received(proof, Mechanism::Apop, String::new(), authentication_identity, digest);
        Self { apop_timestamp: timestamp.to_owned(), ..received }
    }

    /// How the client authenticates.
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// The user to act as; empty when it is the one who authenticates (RFC 4422 §3.4.1).
    pub fn authorization_identity(&self) -> &str {
        &self.authorization_identity
    }

    /// The user who authenticates. On the server side it holds no NUL and is not empty, but for
    /// OAUTHBEARER, where the token may say it alone (RFC 7628 §3.1). For EXTERNAL it is the
    /// identity that the host has given to the certificate; for SCRAM the exchange has proved it.
    pub fn authentication_identity(&self) -> &str {
        &self.authentication_identity
    }

    /// The password, or for OAUTHBEARER and XOAUTH2 the bearer token, as the bytes that were sent;
    /// for APOP the digest in hexadecimal. Empty for EXTERNAL and SCRAM, which send none.
    pub fn password(&self) -> &Secret {
        &self.password
    }

    /// Server: whether the credentials were made with this password, for the mechanisms that show
    /// it or a digest of it: the password commands, PLAIN, LOGIN and APOP. The time it takes does
    /// not tell where a wrong password differs.
    pub fn match_password(&self, password: &[u8]) -> bool {
        let shown = self.password.as_bytes();
        match self.mechanism {
            Mechanism::Password | Mechanism::Plain | Mechanism::Login => shown.ct_eq(password).into(),
            Mechanism::Apop => {
                let digest = apop::digest(&self.apop_timestamp, password);
                Zeroizing::new(shown.to_ascii_lowercase()).ct_eq(digest.as_bytes()).into()
            }
            _ => false,
        }
    }

    /// Client, raw mechanisms: what goes with the command.
    pub(crate) fn initial_response(&self) -> Option<&Secret> {
        self.initial_response.as_ref()
    }
}

/// Somebody wants to authenticate by SCRAM: what the host looks the stored secret up by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScramUser {
    pub(crate) mechanism: Mechanism,
    pub(crate) authentication_identity: String,
    pub(crate) authorization_identity: String,
}

impl ScramUser {
    /// Which hash: [`Mechanism::ScramSha1`], [`Mechanism::ScramSha256`], or one of their PLUS forms.
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// The user whose secret is wanted: not empty, without NUL, as SASLprep makes it (RFC 4013).
    pub fn authentication_identity(&self) -> &str {
        &self.authentication_identity
    }

    /// The user to act as; empty when it is the one who authenticates.
    pub fn authorization_identity(&self) -> &str {
        &self.authorization_identity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_never_shown() {
        let credentials = Credentials::new(Mechanism::Plain, "tim", "tanstaaftanstaaf".into());
        assert!(!format!("{credentials:?}").contains("tanstaaf"));
        let raw = Credentials::raw(Mechanism::raw("X").unwrap(), Some("tanstaaftanstaaf".into()));
        assert!(!format!("{raw:?}").contains("tanstaaf"));
    }

    #[test]
    fn a_password_matches_itself_alone() {
        let proof = Confidential::for_test();
        for mechanism in [Mechanism::Password, Mechanism::Plain, Mechanism::Login] {
            let c = Credentials::received(&proof, mechanism, String::new(), "tim".into(), "secret".into());
            assert!(c.match_password(b"secret"));
            assert!(!c.match_password(b"secre") && !c.match_password(b"secreT") && !c.match_password(b""));
        }
        let c =
            Credentials::received(&proof, Mechanism::OAuthBearer, String::new(), "t".into(), "secret".into());
        assert!(!c.match_password(b"secret"));
    }

    /// The example of RFC 1939 §7.
    #[test]
    fn a_digest_matches_the_password_it_was_made_with() {
        let proof = Confidential::for_test();
        for digest in ["c4c9334bac560ecc979e58001b3e22fb", "C4C9334BAC560ECC979E58001B3E22FB"] {
            let stamp = "<1896.697170952@dbc.mtview.ca.us>";
            let c = Credentials::received_apop(&proof, "mrose".into(), digest.into(), stamp);
            assert!(c.match_password(b"tanstaaf"));
            assert!(!c.match_password(b"tanstaag"));
        }
    }
}
