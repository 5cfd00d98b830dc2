//! The dialogues: what client and server say to each other before they trust each other.
//!
//! Six machines, one per protocol and role, behind the contract of this file. A machine reads
//! plaintext from a `Buffer`, one protocol unit (a command, a reply, a SASL line) a call, and
//! leaves in `Effects` what is to be sent and what the host is to be told. It is consumed by
//! every transition and comes back in the `Step`, so that no half-done state can be used.
//!
//! Rooms: `line` is shared framing, `blank` the blanks between the words of a line, `sasl` the exchanges,
//! whatever carries them; each of `imap`, `pop3`, `smtp` holds a `grammar` (both directions), a `server`
//! and a `client`. Does not depend on TLS libraries or sockets; of TLS it takes only the proof
//! [`Confidential`].

mod blank;
mod credentials;
#[cfg(test)]
mod exchanges;
mod floor;
pub(crate) mod foreign;
#[cfg(test)]
mod harmless;
pub mod imap;
pub(crate) mod line;
mod mechanism;
mod message;
pub mod pop3;
pub(crate) mod sasl;
pub(crate) mod settings;
pub mod smtp;
pub mod states;
#[cfg(test)]
mod testing;
mod types;

pub use credentials::{Credentials, ScramUser};
pub use floor::MechanismFloor;
pub(crate) use floor::Offer;
pub use mechanism::{Means, Mechanism, MechanismName};
pub(crate) use message::arguments;
pub use message::{Condition, ServerMessage};
pub use sasl::scram::ScramSecret;
pub use settings::{ClientSettings, HandOff, ServerSettings, StartTlsUse};
pub use types::{Capabilities, Greeting, GreetingStatus, Refusal, Rejection};

use crate::buffer::Buffer;
use crate::error::{Error, ErrorCode};
use crate::secret::Secret;
use crate::tls::channel_binding::ChannelBindings;
use crate::tls::policy::Confidential;

/// What a machine gives back after a transition.
pub(crate) enum Step<M> {
    /// A unit has been consumed; call again at once, there may be another.
    More(M),
    /// Nothing to do until more bytes arrive or the host decides.
    Wait(M),
    /// The dialogue has reached the authenticated state (or, for a client that asked for it,
    /// the end of the greeting). What is left in the input belongs to the host.
    HandOff,
    /// STARTTLS is agreed on: a server's go-ahead is in the effects, a client has read it. The
    /// machine is gone, and with it all that was said in clear; a new one begins inside TLS.
    StartTls,
    /// The dialogue ended in order (`QUIT`, `LOGOUT`, or the server's answer to it).
    End,
}

/// Why a machine cannot go on. Any last reply is already in the effects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: ErrorCode,
    /// One line. Where it quotes the peer it does so behind a colon and a space: in clear that part
    /// is left away.
    pub(crate) reason: String,
}

impl Fault {
    pub(crate) fn new(code: ErrorCode, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }

    /// A client sent something in clear after `STARTTLS` or `STLS`, which could be obeyed as if it had come
    /// inside TLS (RFC 3207 §4.2, CVE-2011-0411).
    pub(crate) fn command_injection(starttls: &str) -> Self {
        let reason =
            format!("the client sent data after {starttls} and before TLS (injection? possible attack)");
        Self::new(ErrorCode::DataBeforeTls, reason)
    }

    /// A server refused to serve in clear, by this word or code. In clear its words may be anybody's, so
    /// that they are not part of the reason.
    pub(crate) fn refused_before_tls(by: impl core::fmt::Display) -> Self {
        let reason = format!(
            "the server refused the connection before TLS ({by}); its words are not shown, because anybody on \
             the way could have written them"
        );
        Self::new(ErrorCode::RefusedByServer, reason)
    }

    /// A server sent something in clear after its response to that, which could be taken for what it says
    /// inside TLS (the NO STARTTLS study).
    pub(crate) fn response_injection(starttls: &str) -> Self {
        let reason = format!(
            "the server sent data after its response to {starttls} and before TLS (injection? possible attack)"
        );
        Self::new(ErrorCode::DataBeforeTls, reason)
    }
}

/// What protects the channel that a machine speaks on.
///
/// Only with the proof can a machine raise credentials or send them.
#[derive(Clone, Copy)]
pub(crate) enum Protection {
    /// Nothing yet. STARTTLS is the only way on; a server offers it when `starttls` is set.
    Clear { starttls: bool },
    /// TLS that the policy has accepted. `greeting` when the dialogue begins with it, as on an
    /// Implicit-TLS port; after STARTTLS there is none.
    Confidential { proof: Confidential, greeting: bool },
    /// Server: TLS that the policy has refused, and a host that wants the client's user to read why
    /// (RFC 8314 §4.1). Nobody can authenticate, and there is nothing to go on to.
    Refused { greeting: bool },
}

impl Protection {
    /// Whether a server begins with a greeting: it does but for the dialogue behind STARTTLS.
    pub(crate) fn greets(self) -> bool {
        !matches!(self, Self::Confidential { greeting: false, .. } | Self::Refused { greeting: false })
    }

    /// Whether STARTTLS is to be had.
    pub(crate) fn has_starttls(self) -> bool {
        matches!(self, Self::Clear { starttls: true })
    }
}

/// What a machine inside TLS is told of its connection, besides its settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Particulars {
    /// What an authentication can be bound to.
    pub(crate) channel_bindings: ChannelBindings,
    /// Server: the client's certificate has been accepted, and this is who it stands for: EXTERNAL
    /// is offered (RFC 8314 §4.2).
    pub(crate) certificate: Option<Mapped>,
    /// Client: the server has got its certificate, and may know by it who the client is.
    pub(crate) certificate_shown: bool,
    /// Server, POP3: the time stamp of the greeting, with its angle brackets: APOP is offered.
    pub(crate) apop_timestamp: Option<String>,
    /// With [`Protection::Refused`]: what is wrong with it, in a line for the client's user.
    pub(crate) refusal: String,
}

/// Whom an accepted client certificate stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapped {
    /// The authorization identity that the host gave; not empty, without NUL.
    pub(crate) identity: String,
    /// IMAP: the client is authenticated by it at once, and the greeting is PREAUTH.
    pub(crate) preauth: bool,
}

#[cfg(test)]
impl Protection {
    /// TLS from the first byte.
    pub(crate) fn for_test() -> Self {
        Self::Confidential { proof: Confidential::for_test(), greeting: true }
    }
}

/// The result of one transition.
pub(crate) type Transition<M> = Result<Step<M>, Fault>;

/// What a machine wants done: bytes for the peer, events for the host.
#[derive(Default)]
pub(crate) struct Effects {
    /// Plaintext to send, in order.
    pub(crate) output: Buffer,
    /// What the host is to be told, in order.
    pub(crate) events: Vec<DialogueEvent>,
    /// A whole unit has been completed by the peer: the command deadline starts anew.
    pub(crate) progress: bool,
    /// How many commands in clear that may have held credentials were refused.
    pub(crate) refused_in_clear: u32,
}

/// What a dialogue tells the host.
#[derive(Debug)]
pub(crate) enum DialogueEvent {
    /// Server: the client named itself (`EHLO`, `HELO`); `extended` for `EHLO`.
    ClientName { name: String, extended: bool },
    /// Server, POP3: the client switched to UTF-8 (RFC 6856).
    Utf8Mode,
    /// Server: somebody wants to authenticate; the machine waits for [`ServerMachine::decide`].
    Credentials(Credentials),
    /// Server: somebody wants to authenticate by SCRAM; the machine waits for the stored secret.
    SecretWanted(ScramUser),
    /// Server: what a client says in the host's own mechanism, `None` where it waits to be asked.
    Response { mechanism: Mechanism, response: Option<Secret> },
    /// Client: what the server says in the host's own mechanism.
    Challenge(Secret),
    /// Client: the server's greeting.
    Greeting(Greeting),
    /// Client: the server's capabilities; authentication may be asked for now.
    Capabilities(Capabilities),
    /// Client: something for people; never in clear.
    Message(ServerMessage),
    /// Client: what the server can do once it has authenticated the client, who is told before the
    /// event of that.
    AuthenticatedCapabilities(Capabilities),
    /// Client: the server refused the credentials; another attempt may be made.
    Refused(Refusal),
    /// Client, where TLS is opportunistic: the server has no STARTTLS, for this reason. The host
    /// may log out; nothing else is done in clear.
    NotConfidential(String),
    /// Both: authenticated. The step that goes with it is [`Step::HandOff`].
    Authenticated,
}

/// The host's answer to [`DialogueEvent::Credentials`] and its siblings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Accept,
    Reject(Rejection),
    /// SCRAM: the stored secret.
    ScramSecret(Box<ScramSecret>),
    /// SCRAM: the password, from which the secret is made.
    ScramPassword(Secret),
    /// The host's own mechanism: what to say next.
    Challenge(Secret),
}

/// Why the connection takes leave of the peer without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Farewell {
    /// A deadline passed.
    Deadline,
    /// The host closes.
    Shutdown,
}

/// A machine of either role.
pub(crate) trait Machine: Sized {
    /// Takes note of the connection's particulars; before [`Machine::start`].
    fn told(self, particulars: Particulars) -> Self;

    /// Starts the dialogue: a server sends its greeting, a client waits for it.
    fn start(self, fx: &mut Effects) -> Step<Self>;

    /// Consumes at most one unit from the front of `input`.
    ///
    /// It is called in every state. A server that waits for the host's decision leaves the input
    /// alone; a client that waits for the host still reads what the server says unasked.
    fn receive(self, input: &mut Buffer, fx: &mut Effects) -> Transition<Self>;

    /// Whether the machine waits for the host, not for the peer: no command deadline runs.
    fn waits_for_host(&self) -> bool;

    /// Client: what the server has refused, in its words, as long as it has not accepted anything since.
    /// It is the reason if the server then closes without another word.
    fn last_refusal(&self) -> Option<&str> {
        None
    }

    /// Client: whether it has said `LOGOUT` or `QUIT`. A server that then closes in order, with or without
    /// an answer, has done what it was asked.
    fn is_logging_out(&self) -> bool {
        false
    }

    /// Writes the words with which this role takes leave; for a client that is nothing.
    fn farewell(&self, why: Farewell, output: &mut Buffer);
}

/// A machine in the server's role.
pub(crate) trait ServerMachine: Machine {
    /// Carries out the host's decision. Call only while [`Machine::waits_for_host`].
    ///
    /// `Err` gives the machine back, with the misuse when this is no answer to what was asked.
    fn decide(self, decision: Decision, fx: &mut Effects) -> Result<Transition<Self>, (Self, Error)>;
}

/// A machine in the client's role.
pub(crate) trait ClientMachine: Machine {
    /// What there is to choose among, while it is time to authenticate.
    fn offer(&self) -> Option<Offer<'_>>;

    /// Starts an authentication. Call only while [`Machine::waits_for_host`].
    ///
    /// `Err` gives the machine back, with what is wrong with the request.
    fn authenticate(self, credentials: Credentials, fx: &mut Effects) -> Result<Step<Self>, (Self, Error)>;

    /// Answers [`DialogueEvent::Challenge`]; with `None` it cancels.
    ///
    /// `Err` gives the machine back when there is no challenge to answer.
    fn respond(self, response: Option<Secret>, fx: &mut Effects) -> Result<Transition<Self>, (Self, Error)>;

    /// Says `LOGOUT` or `QUIT`; the machine ends when the server has answered.
    ///
    /// `Err` gives the machine back when it is not the time.
    fn log_out(self, fx: &mut Effects) -> Result<Step<Self>, (Self, Error)>;
}
