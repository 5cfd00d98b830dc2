//! What a connection's handle keeps for the getters, with its texts as C wants them.

use super::c_text;
use super::client_hello::mailtls_client_hello;
use super::types::{c_mechanism, mailtls_condition, mailtls_greeting_status};
use crate::connection::Event;
use crate::dialogue::{
    Condition, Credentials, Greeting, GreetingStatus, Mechanism, Refusal, ScramUser, ServerMessage,
};
use crate::error::Error;
use crate::secret::Secret;
use crate::text::one_line;
use crate::tls::facts::TlsFacts;
use std::ffi::CString;

/// What the events brought, kept for the getters.
#[derive(Default)]
pub(super) struct Heard {
    /// What waits for the host's answer.
    pub(super) asked: Option<Asked>,
    pub(super) capabilities: Vec<CString>,
    pub(super) greeting: Option<HeldGreeting>,
    pub(super) refusal: Option<HeldRefusal>,
    pub(super) message: Option<HeldMessage>,
    pub(super) client_hello: Option<Box<mailtls_client_hello>>,
    pub(super) client_name: Option<CString>,
    pub(super) utf8: bool,
    /// Why the client's certificate is not valid.
    pub(super) certificate_reason: Option<CString>,
}

/// What waits for the host's answer. Its secrets are wiped on drop.
pub(super) enum Asked {
    Credentials { credentials: Credentials, who: Who },
    SecretWanted(Who),
    Response { mechanism: CString, response: Option<Secret> },
    Challenge(Secret),
}

/// Who wants to authenticate and how, as C wants it.
pub(super) struct Who {
    pub(super) mechanism: CString,
    pub(super) user: CString,
    pub(super) authorization_identity: CString,
}

impl Asked {
    pub(super) fn who(&self) -> Option<&Who> {
        match self {
            Self::Credentials { who, .. } | Self::SecretWanted(who) => Some(who),
            Self::Response { .. } | Self::Challenge(_) => None,
        }
    }

    pub(super) fn mechanism(&self) -> Option<&CString> {
        match self {
            Self::Response { mechanism, .. } => Some(mechanism),
            other => other.who().map(|who| &who.mechanism),
        }
    }
}

pub(super) struct HeldGreeting {
    pub(super) status: mailtls_greeting_status,
    pub(super) text: CString,
    pub(super) code: Option<CString>,
    pub(super) code_arguments: Option<CString>,
}

pub(super) struct HeldMessage {
    pub(super) condition: mailtls_condition,
    pub(super) alert: bool,
    pub(super) tagged: bool,
    pub(super) code: Option<CString>,
    pub(super) code_arguments: Option<CString>,
    pub(super) text: CString,
}

pub(super) struct HeldRefusal {
    pub(super) code: Option<CString>,
    pub(super) code_arguments: Option<CString>,
    pub(super) text: CString,
    pub(super) temporary: bool,
    pub(super) details: Option<CString>,
}

impl Heard {
    /// Keeps what an event brought.
    pub(super) fn note(&mut self, event: Event) {
        match event {
            Event::Credentials(credentials) => {
                let who = Who::of_credentials(&credentials);
                self.asked = Some(Asked::Credentials { credentials, who });
            }
            Event::SecretWanted(user) => self.asked = Some(Asked::SecretWanted(Who::of_scram(&user))),
            Event::Response { mechanism, response } => {
                self.asked = Some(Asked::Response { mechanism: name(mechanism), response });
            }
            Event::Challenge(challenge) => self.asked = Some(Asked::Challenge(challenge)),
            Event::ServerMessage(message) => self.message = Some(held_message(&message)),
            Event::Capabilities(capabilities) | Event::AuthenticatedCapabilities(capabilities) => {
                self.capabilities = capabilities.iter().map(c_text).collect();
            }
            Event::Greeting(greeting) => self.greeting = Some(held_greeting(&greeting)),
            Event::AuthenticationRefused(refusal) => self.refusal = Some(held_refusal(&refusal)),
            Event::ClientName { name, .. } => self.client_name = Some(c_text(&name)),
            Event::Utf8Mode => self.utf8 = true,
            Event::ClientCertificateInvalid(error) => {
                self.certificate_reason = Some(c_text(error.reason()));
            }
            Event::ClientHello(hello) => {
                self.client_hello = Some(Box::new(mailtls_client_hello::new(*hello)));
            }
            Event::Closed => self.asked = None,
            Event::TlsWanted
            | Event::TlsEstablished
            | Event::ClientCertificate
            | Event::ServerCertificate(_)
            | Event::NotConfidential(_)
            | Event::Authenticated
            | Event::HandedOff
            | Event::PeerClosed => {}
        }
    }

    /// The credentials that wait for a decision.
    pub(super) fn credentials(&self) -> Result<&Credentials, Error> {
        match &self.asked {
            Some(Asked::Credentials { credentials, .. }) => Ok(credentials),
            _ => Err(Error::wrong_state("no credentials wait for a decision")),
        }
    }
}

impl Who {
    fn of_credentials(credentials: &Credentials) -> Self {
        Self {
            mechanism: name(credentials.mechanism()),
            user: c_text(credentials.authentication_identity()),
            authorization_identity: c_text(credentials.authorization_identity()),
        }
    }

    fn of_scram(user: &ScramUser) -> Self {
        Self {
            mechanism: name(user.mechanism()),
            user: c_text(user.authentication_identity()),
            authorization_identity: c_text(user.authorization_identity()),
        }
    }
}

fn name(mechanism: Mechanism) -> CString {
    match c_mechanism(mechanism) {
        Some(own) => own.to_owned(),
        None => c_text(mechanism.sasl_name().unwrap_or_default()),
    }
}

fn held_refusal(refusal: &Refusal) -> HeldRefusal {
    HeldRefusal {
        code: refusal.code.as_deref().map(c_text),
        code_arguments: refusal.code_arguments.as_deref().map(c_text),
        text: c_text(&refusal.text),
        temporary: refusal.temporary,
        details: refusal.details.as_deref().map(c_text),
    }
}

fn held_greeting(greeting: &Greeting) -> HeldGreeting {
    HeldGreeting {
        status: match greeting.status() {
            GreetingStatus::Ready => mailtls_greeting_status::Ready,
            GreetingStatus::Preauth => mailtls_greeting_status::Preauth,
            GreetingStatus::Refused => mailtls_greeting_status::Refused,
        },
        text: c_text(&greeting.text()),
        code: greeting.code().as_deref().map(c_text),
        code_arguments: greeting.code_arguments().as_deref().map(c_text),
    }
}

fn held_message(message: &ServerMessage) -> HeldMessage {
    HeldMessage {
        condition: match message.condition {
            Condition::Ok => mailtls_condition::Ok,
            Condition::No => mailtls_condition::No,
            Condition::Bad => mailtls_condition::Bad,
            Condition::Bye => mailtls_condition::Bye,
        },
        alert: message.is_alert(),
        tagged: message.tagged,
        code: message.code.as_deref().map(c_text),
        code_arguments: message.code_arguments.as_deref().map(c_text),
        text: c_text(&message.text),
    }
}

/// The facts of TLS, with their texts as C wants them.
pub(super) struct Negotiated {
    pub(super) version: CString,
    pub(super) cipher_suite: CString,
    pub(super) cipher_bits: i32,
    pub(super) group: Option<CString>,
    pub(super) alpn: Option<CString>,
    pub(super) resumed: bool,
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) leaf: Option<PeerCertificate>,
    /// Of the leaf, also of one that cannot be read.
    pub(super) sha256: Option<[u8; 32]>,
}

impl Negotiated {
    pub(super) fn new(facts: &TlsFacts) -> Self {
        Self {
            version: c_text(&facts.version.to_string()),
            cipher_suite: c_text(&facts.cipher_suite.to_string()),
            cipher_bits: facts.cipher_suite.bits().unwrap_or(0).into(),
            group: facts.group.map(|group| c_text(&group.to_string())),
            alpn: facts.alpn.as_ref().map(|alpn| c_text(&one_line(alpn))),
            resumed: facts.resumed,
            certificates: facts.peer_certificates.clone(),
            leaf: facts.peer_certificates.first().and_then(|der| PeerCertificate::new(der)),
            sha256: facts
                .peer_certificates
                .first()
                .map(|der| *crate::account::Pin::of_certificate(der).sha256()),
        }
    }
}

/// What the peer's leaf certificate says, as C wants it.
pub(super) struct PeerCertificate {
    pub(super) subject: CString,
    pub(super) issuer: CString,
    pub(super) dns_names: Vec<CString>,
    pub(super) not_before: i64,
    pub(super) not_after: i64,
}

impl PeerCertificate {
    pub(super) fn new(der: &[u8]) -> Option<Self> {
        let facts = crate::trust::certificate::CertificateFacts::from_der(der).ok()?;
        Some(Self {
            subject: c_text(&facts.subject),
            issuer: c_text(&facts.issuer),
            dns_names: facts.dns_names.iter().map(|name| c_text(name)).collect(),
            not_before: facts.not_before,
            not_after: facts.not_after,
        })
    }
}
