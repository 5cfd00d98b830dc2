//! What a connection's handle keeps for the getters, with its texts as C wants them.

use super::c_text;
use super::types::mailtls_greeting_status;
use crate::connection::Event;
use crate::dialogue::{Capabilities, Credentials, Greeting, GreetingStatus, Refusal};
use crate::tls::facts::TlsFacts;
use std::ffi::CString;

/// What the events brought, kept for the getters.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) credentials: Option<HeldCredentials>,
    /// The capabilities as the dialogue understands them.
    pub(super) offered: Option<Capabilities>,
    pub(super) capabilities: Vec<CString>,
    pub(super) greeting: Option<HeldGreeting>,
    pub(super) refusal: Option<HeldRefusal>,
    pub(super) client_name: Option<CString>,
    pub(super) utf8: bool,
}

/// Credentials with their texts as C wants them; the password is wiped on drop.
pub(super) struct HeldCredentials {
    credentials: Credentials,
    pub(super) mechanism: CString,
    pub(super) user: CString,
    pub(super) authorization_identity: CString,
}

impl HeldCredentials {
    pub(super) fn password(&self) -> &[u8] {
        self.credentials.password().as_bytes()
    }
}

pub(super) struct HeldGreeting {
    pub(super) status: mailtls_greeting_status,
    pub(super) text: CString,
    pub(super) code: Option<CString>,
}

pub(super) struct HeldRefusal {
    pub(super) refusal: Refusal,
    pub(super) code: Option<CString>,
    pub(super) text: CString,
}

impl Heard {
    /// Keeps what an event brought.
    pub(super) fn note(&mut self, event: Event) {
        match event {
            Event::Credentials(credentials) => {
                self.credentials = Some(HeldCredentials {
                    mechanism: c_text(credentials.mechanism().sasl_name().unwrap_or("")),
                    user: c_text(credentials.authentication_identity()),
                    authorization_identity: c_text(credentials.authorization_identity()),
                    credentials,
                });
            }
            Event::Capabilities(capabilities) => {
                self.capabilities = capabilities.iter().map(c_text).collect();
                self.offered = Some(capabilities);
            }
            Event::Greeting(greeting) => self.greeting = Some(held_greeting(&greeting)),
            Event::AuthenticationRefused(refusal) => {
                self.refusal = Some(HeldRefusal {
                    code: refusal.code.as_deref().map(c_text),
                    text: c_text(&refusal.text),
                    refusal,
                });
            }
            Event::ClientName { name, .. } => self.client_name = Some(c_text(&name)),
            Event::Utf8Mode => self.utf8 = true,
            Event::Closed => self.credentials = None,
            Event::TlsEstablished
            | Event::NotConfidential(_)
            | Event::Authenticated
            | Event::HandedOff
            | Event::PeerClosed => {}
            _ => {}
        }
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
}

impl Negotiated {
    pub(super) fn new(facts: &TlsFacts) -> Self {
        Self {
            version: c_text(&facts.version.to_string()),
            cipher_suite: c_text(&facts.cipher_suite.to_string()),
            cipher_bits: facts.cipher_suite.bits().unwrap_or(0).into(),
            group: facts.group.map(|group| c_text(&group.to_string())),
            alpn: facts.alpn.as_ref().map(|alpn| c_text(&String::from_utf8_lossy(alpn))),
            resumed: facts.resumed,
            certificates: facts.peer_certificates.clone(),
            leaf: facts.peer_certificates.first().and_then(|der| PeerCertificate::new(der)),
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
    pub(super) sha256: [u8; 32],
}

impl PeerCertificate {
    #[cfg(feature = "engine")]
    pub(super) fn new(der: &[u8]) -> Option<Self> {
        let facts = crate::trust::certificate::CertificateFacts::from_der(der).ok()?;
        Some(Self {
            subject: c_text(&facts.subject),
            issuer: c_text(&facts.issuer),
            dns_names: facts.dns_names.iter().map(|name| c_text(name)).collect(),
            not_before: facts.not_before,
            not_after: facts.not_after,
            sha256: facts.sha256,
        })
    }

    #[cfg(not(feature = "engine"))]
    pub(super) fn new(_: &[u8]) -> Option<Self> {
        None
    }
}
