//! The part of a plan that is about authentication: mechanisms, what hosts know and answer, what
//! the channel can be bound to.
//!
//! Must never know what the peer says.

use super::{AWKWARD_PASSWORD, PASSWORD, Plan};
use crate::scram::Hash;
use mailtls::tls::channel_binding::ChannelBindings;
use mailtls::tls::facts::{PeerValidation, TlsFacts};
use mailtls::tls::registry::{CipherSuite, Version};
use mailtls::{Credentials, Mechanism, ScramSecret, Secret};

/// The mechanism that the hosts speak themselves.
pub const RAW: &str = "X-CAT";

/// Every SASL mechanism there is, for a server to offer and for a client to ask for.
pub const MECHANISMS: [&str; 10] = [
    "SCRAM-SHA-256",
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-1",
    "SCRAM-SHA-1-PLUS",
    "OAUTHBEARER",
    "XOAUTH2",
    RAW,
    "EXTERNAL",
    "PLAIN",
    "LOGIN",
];

const EXPORTER: &[u8] = b"thirty-two octets of an exporter";
const END_POINT: &[u8] = b"the hash of a certificate \xff";

/// What the host of a client does when it has the word.
pub enum Action {
    Authenticate(Credentials),
    LogOut,
}

/// What the host of a server knows of somebody who authenticates by SCRAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowledge {
    /// The password, which is a client's [`PASSWORD`].
    Password,
    /// The stored secret, of the keys of [`stored_keys`].
    Stored,
    /// That there is nobody of that name.
    Nobody,
    /// Nothing, for the moment.
    Unavailable,
}

/// The client's and the server's key that a stored secret is made of; no password leads to them.
pub fn stored_keys(hash: Hash) -> (Vec<u8>, Vec<u8>) {
    (vec![0xc1; hash.size()], vec![0x5e; hash.size()])
}

/// What the channel has to bind to under this name, in any plan that has it.
pub fn binding_data(name: &[u8]) -> &'static [u8] {
    match name {
        b"tls-exporter" => EXPORTER,
        b"tls-server-end-point" => END_POINT,
        _ => b"",
    }
}

impl Plan {
    fn bindings(&self) -> ChannelBindings {
        ChannelBindings {
            tls_exporter: (self.digits[8] & 2 != 0).then(|| EXPORTER.into()),
            tls_server_end_point: (self.digits[8] & 4 != 0).then(|| END_POINT.into()),
        }
    }

    /// What TLS negotiated on the host's own TLS.
    fn facts(&self) -> TlsFacts {
        let mut facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
        facts.channel_bindings = self.bindings();
        facts
    }

    /// The same for a client, which may have shown a certificate.
    pub fn client_facts(&self) -> TlsFacts {
        let mut facts = self.facts();
        facts.client_certificate_sent = self.has_certificate();
        facts.peer_validation = PeerValidation::Pkix;
        facts
    }

    /// The same for a server, which may have been shown a certificate that the host has found valid.
    pub fn server_facts(&self) -> TlsFacts {
        let mut facts = self.facts();
        if self.has_certificate() {
            facts.peer_certificates = vec![b"a certificate".to_vec()];
            facts.peer_validation = PeerValidation::Pkix;
        }
        facts
    }

    /// Whether the client has one, and has shown it.
    pub fn has_certificate(&self) -> bool {
        self.digits[8] & 8 != 0
    }

    /// Whom a client's certificate stands for, and whether an IMAP client is authenticated by it at
    /// once; `None` for nobody.
    pub fn certificate_is_for(&self) -> Option<(&'static str, bool)> {
        (self.knowledge() != Knowledge::Unavailable).then_some(("tim@certificate", self.digits[9] & 8 != 0))
    }

    /// Whether the channel has something to bind to.
    pub fn bound(&self) -> bool {
        !self.bindings().is_empty()
    }

    /// What a server offers, as far as its settings decide.
    pub(super) fn offered(&self) -> Vec<Mechanism> {
        let named = |name: &&str| match *name {
            RAW => Mechanism::raw(RAW),
            name => Mechanism::from_sasl_name(name.as_bytes()),
        };
        match self.digits[8] & 1 {
            1 => MECHANISMS.iter().filter_map(named).collect(),
            _ if self.flag(2) => vec![Mechanism::Login],
            _ => vec![Mechanism::Plain, Mechanism::Login],
        }
    }

    /// What the host of a server knows of the n-th who authenticates by SCRAM.
    pub fn knowledge(&self) -> Knowledge {
        [Knowledge::Password, Knowledge::Stored, Knowledge::Nobody, Knowledge::Unavailable]
            [usize::from(self.digits[9] % 4)]
    }

    /// The same plan with other knowledge.
    pub fn with_knowledge(&self, knowledge: Knowledge) -> Self {
        let mut plan = self.clone();
        plan.digits[9] = plan.digits[9] & !3 | knowledge as u8;
        plan
    }

    /// The stored secret for a mechanism.
    pub fn stored_secret(mechanism: Mechanism) -> ScramSecret {
        let hash = Hash::of(mechanism.sasl_name().unwrap_or_default());
        let (client, server) = stored_keys(hash);
        ScramSecret::new(b"a stored salt", 4096, &hash.h(&client), &server).expect("the lengths are right")
    }

    /// How many challenges the host of a server says in its own mechanism before its verdict.
    pub fn challenges(&self) -> usize {
        if self.digits[9] & 4 != 0 { 2 } else { 0 }
    }

    /// What the host of a client answers to the n-th challenge in its own mechanism; `None` cancels.
    pub fn response(&self, n: usize) -> Option<Secret> {
        match (self.digits[9] & 12, n) {
            (0, _) | (4, 0) => Some(Secret::from("purr")),
            (4, 1) => Some(Secret::default()),
            _ => None,
        }
    }

    pub fn action(&self, n: usize) -> Action {
        let decision = self.decision(n);
        let password = if decision & 8 != 0 { AWKWARD_PASSWORD } else { PASSWORD.as_bytes() };
        let by = |mechanism| Credentials::new(mechanism, "tim", Secret::from(password));
        let raw = |initial: Option<&str>| {
            let mechanism = Mechanism::raw(RAW).expect("it is a name");
            Credentials::raw(mechanism, initial.map(Secret::from))
        };
        let credentials = match (self.digits[9] % 4, decision % 4) {
            (0, 0) => by(Mechanism::Password),
            (0, 1) => by(Mechanism::Plain),
            (0, 2) => by(Mechanism::Login),
            (1, 0) => by(Mechanism::ScramSha256),
            (1, 1) => by(Mechanism::ScramSha256Plus),
            (1, 2) => by(Mechanism::ScramSha1),
            (1, 3) => by(Mechanism::ScramSha1Plus),
            (2, 0) => by(Mechanism::OAuthBearer),
            (2, 1) => by(Mechanism::XOAuth2),
            (2, 2) => Credentials::external(),
            (2, 3) => by(Mechanism::Apop),
            (3, 0) => raw(None),
            (3, 1) => raw(Some("meow")),
            (3, 2) => raw(Some("")),
            _ => return Action::LogOut,
        };
        Action::Authenticate(match decision & 4 {
            0 => credentials,
            _ => credentials.with_authorization_identity("fred"),
        })
    }

    /// Whether a client may have to answer with nothing.
    pub fn may_answer_nothing(&self) -> bool {
        self.digits[9] % 4 != 0
    }
}

/// Whether a client that authenticates by this mechanism shows its password or token.
pub fn shows_secret(mechanism: Mechanism) -> bool {
    matches!(
        mechanism,
        Mechanism::Password
            | Mechanism::Plain
            | Mechanism::Login
            | Mechanism::OAuthBearer
            | Mechanism::XOAuth2
    )
}
