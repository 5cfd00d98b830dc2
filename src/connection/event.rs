//! What a connection tells its host.

use crate::dialogue::{
    Capabilities, Credentials, DialogueEvent, Greeting, Mechanism, Refusal, ScramUser, ServerMessage,
};
use crate::error::Error;
use crate::secret::Secret;
use crate::tls::client_hello::ClientHello;
use crate::tls::facts::PeerValidation;
use crate::tls::failure::Failure;

/// Something the host should know or decide, from [`crate::Connection::poll_event`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// Server: what the client offers, before anything is chosen of it or refused. Sent once, and only
    /// for a well-formed ClientHello; for other bytes [`crate::Connection::error`] says what they look
    /// like.
    ///
    /// All of it came in clear and nothing has been proved: it is for the log, and no more.
    ClientHello(Box<ClientHello>),
    /// Where the host brings TLS with its own library
    /// ([`crate::Connection::server_before_host_tls`]): the handshake is to begin now. All that was
    /// said in clear has been taken for sending; what comes from the network from now on is the
    /// library's. [`crate::Connection::tls_established`] or [`crate::Connection::tls_failed`] must
    /// follow.
    TlsWanted,
    /// TLS stands, the policy has accepted it, and the last flight of our handshake has been
    /// taken for sending. [`crate::Connection::tls_facts`] has what was negotiated.
    TlsEstablished,
    /// Server: the client has shown a valid certificate and holds its key;
    /// [`crate::Connection::tls_facts`] has it. Before anything is said
    /// [`crate::Connection::accept_certificate`] or [`crate::Connection::refuse_certificate`] must
    /// follow. With [`crate::HandOff::Transparent`] there is no such event, for there is nothing that
    /// would come of the answer: the facts are the host's to use.
    ClientCertificate,
    /// Server: the client has shown a certificate that does not convince, for this reason, and is
    /// served like one that has shown none (`InvalidClientCertificate::Anonymous`).
    ClientCertificateInvalid(Error),
    /// Client, where its host has asked for it ([`crate::Target::deferred`]): TLS stands, and this is what
    /// has come of the checks of the server's certificate, which [`crate::Connection::tls_facts`] has.
    /// Before anything is said [`crate::Connection::accept_server_certificate`] or
    /// [`crate::Connection::refuse_server_certificate`] must follow.
    ServerCertificate(Result<PeerValidation, Failure>),
    /// Client: the server's greeting.
    Greeting(Greeting),
    /// Client: the server's capabilities. [`crate::Connection::authenticate`] or
    /// [`crate::Connection::log_out`] may follow.
    Capabilities(Capabilities),
    /// Server: the client named itself in `EHLO` (`extended`) or `HELO`.
    ClientName {
        /// The name as one printable line of at most 255 octets: words with one space between them, with
        /// `?` for what cannot be printed. It proves nothing, and need not be that of a host.
        name: String,
        /// Whether it was `EHLO`.
        extended: bool,
    },
    /// Server, POP3: the client switched to UTF-8 (RFC 6856 §3).
    Utf8Mode,
    /// Server: somebody wants to authenticate. [`crate::Connection::accept`] or
    /// [`crate::Connection::reject`] must follow.
    Credentials(Credentials),
    /// Server: somebody wants to authenticate by SCRAM, and the stored secret is wanted.
    /// [`crate::Connection::scram_secret`], [`crate::Connection::scram_password`] or
    /// [`crate::Connection::reject`] must follow. [`Event::Credentials`] comes when the client has
    /// proved that it knows the password.
    ///
    /// Where there is no such user, reject with [`crate::Rejection::InvalidCredentials`]: the
    /// client cannot tell that from a wrong password.
    SecretWanted(ScramUser),
    /// Server: what a client says in a mechanism that the host speaks itself
    /// ([`crate::Mechanism::Raw`]). [`crate::Connection::challenge`],
    /// [`crate::Connection::accept`] or [`crate::Connection::reject`] must follow.
    Response {
        /// The mechanism.
        mechanism: Mechanism,
        /// The response; `None` at the start, where the client waits for a challenge.
        response: Option<Secret>,
    },
    /// Client: a challenge of the server's in a mechanism that the host speaks itself.
    /// [`crate::Connection::respond`] or [`crate::Connection::cancel`] must follow.
    Challenge(Secret),
    /// Client, where TLS is opportunistic ([`crate::StartTlsUse`]): the server has no STARTTLS,
    /// for this reason. [`crate::Connection::log_out`] or [`crate::Connection::close`] may follow;
    /// nothing is authenticated in clear.
    ///
    /// Server, in the place of [`Event::TlsEstablished`]: the policy refuses what the host's own library
    /// has negotiated, for this reason, which the client is told when it wants to authenticate
    /// ([`crate::ServerConfigBuilder::explains_refused_tls`]). It comes no further.
    NotConfidential(String),
    /// Client: something that the server says to people, inside TLS and before the hand-off. An alert
    /// ([`ServerMessage::is_alert`]) must be shown to the user (RFC 9051 §7.1); other messages are for
    /// the log, or for users who ask.
    ///
    /// In IMAP these are all untagged status responses, the tagged answers to log-ins, and whatever comes
    /// with `ALERT`, the greeting included; in POP3 and SMTP the answers to log-ins, and 421. Each comes
    /// before the event that follows from it. Between two commands of the host's there are at most 16
    /// alerts and 16 others ([`crate::Connection::messages_dropped`]).
    ServerMessage(ServerMessage),
    /// Client: what the server can do from now on, which it has told with the log-in (IMAP `CAPABILITY`,
    /// untagged or as a response code); directly before [`Event::Authenticated`], if at all. The host
    /// need not send `CAPABILITY` again.
    AuthenticatedCapabilities(Capabilities),
    /// Client: the server refused the credentials. Another attempt may be made.
    AuthenticationRefused(Refusal),
    /// Both: the authenticated state is reached.
    Authenticated,
    /// From here on the plaintext belongs to the host: [`crate::Connection::read`] and
    /// [`crate::Connection::write`].
    HandedOff,
    /// The peer sent close_notify: no plaintext will follow what can be read now.
    PeerClosed,
    /// The last event: send what is left to send, then close the socket.
    /// [`crate::Connection::error`] says whether all was in order.
    Closed,
}

impl Event {
    /// Whether it waits for a decision of the host's, which cannot be taken any more after the end.
    pub(super) fn asks(&self) -> bool {
        matches!(
            self,
            Self::TlsWanted
                | Self::ClientCertificate
                | Self::ServerCertificate(_)
                | Self::Credentials(_)
                | Self::SecretWanted(_)
                | Self::Response { .. }
                | Self::Challenge(_)
        )
    }
}

impl From<DialogueEvent> for Event {
    fn from(event: DialogueEvent) -> Self {
        match event {
            DialogueEvent::ClientName { name, extended } => Self::ClientName { name, extended },
            DialogueEvent::Utf8Mode => Self::Utf8Mode,
            DialogueEvent::Credentials(credentials) => Self::Credentials(credentials),
            DialogueEvent::SecretWanted(user) => Self::SecretWanted(user),
            DialogueEvent::Response { mechanism, response } => Self::Response { mechanism, response },
            DialogueEvent::Challenge(challenge) => Self::Challenge(challenge),
            DialogueEvent::Greeting(greeting) => Self::Greeting(greeting),
            DialogueEvent::Capabilities(capabilities) => Self::Capabilities(capabilities),
            DialogueEvent::Message(message) => Self::ServerMessage(message),
            DialogueEvent::AuthenticatedCapabilities(capabilities) => {
                Self::AuthenticatedCapabilities(capabilities)
            }
            DialogueEvent::Refused(refusal) => Self::AuthenticationRefused(refusal),
            DialogueEvent::NotConfidential(reason) => Self::NotConfidential(reason),
            DialogueEvent::Authenticated => Self::Authenticated,
        }
    }
}
