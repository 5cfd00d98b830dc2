//! What carries the dialogue: a session of the engine, or the host's own TLS.

use crate::buffer::Buffer;
use crate::error::Error;
use crate::tls::client_hello::{ClientHello, LooksLike};
use crate::tls::facts::TlsFacts;
use crate::tls::failure::Failure;
use crate::tls::registry::Alert;
#[cfg(feature = "engine")]
use crate::tls::session::Session;

/// Where plaintext comes from and goes to.
pub(super) enum Channel {
    /// Nothing yet: network bytes are plaintext until STARTTLS, which brings this. A server without a
    /// certificate has none.
    Clear(Option<Upgrade>),
    /// Network bytes are TLS records.
    #[cfg(feature = "engine")]
    Engine(Box<Session>),
    /// The host's own library is to establish TLS: it reads and writes the network itself.
    HostHandshake,
    /// The host's own library does TLS: its network is our plaintext.
    HostTls {
        /// The host has told that no more comes.
        peer_closed: bool,
    },
}

/// What STARTTLS begins.
pub(super) enum Upgrade {
    /// This session.
    #[cfg(feature = "engine")]
    Engine(Box<Session>),
    /// TLS of the host's own.
    Host,
}

impl Channel {
    /// Whether nothing protects what is heard: it may be anybody's.
    pub(super) fn is_clear(&self) -> bool {
        matches!(self, Self::Clear(_))
    }

    /// Whether the end of TCP is the only orderly end there is: there is no close_notify of ours.
    pub(super) fn ends_with_tcp(&self) -> bool {
        match self {
            #[cfg(feature = "engine")]
            Self::Engine(_) => false,
            _ => true,
        }
    }

    /// Takes bytes of the network.
    pub(super) fn receive(
        &mut self,
        bytes: &[u8],
        plaintext: &mut Buffer,
        output: &mut Buffer,
    ) -> Result<(), Error> {
        match self {
            #[cfg(feature = "engine")]
            Self::Engine(session) => session.receive(bytes, plaintext, output),
            _ => {
                let _ = output;
                plaintext.extend(bytes);
                Ok(())
            }
        }
    }

    /// Server: what the client offers, once.
    pub(super) fn take_client_hello(&mut self) -> Option<Box<ClientHello>> {
        match self {
            #[cfg(feature = "engine")]
            Self::Engine(session) => session.take_client_hello(),
            _ => None,
        }
    }

    /// What the peer began with instead of TLS.
    pub(super) fn spoken_instead(&self) -> Option<LooksLike> {
        match self {
            #[cfg(feature = "engine")]
            Self::Engine(session) => session.spoken_instead(),
            _ => None,
        }
    }

    /// Whether what goes to the network is ciphertext, and so no secret.
    pub(super) fn encrypts(&self) -> bool {
        !matches!(self, Self::HostTls { .. })
    }

    /// Takes plaintext for the peer.
    pub(super) fn send(&mut self, plaintext: &[u8], output: &mut Buffer) -> Result<(), Error> {
        match self {
            #[cfg(feature = "engine")]
            Self::Engine(session) => session.send(plaintext, output),
            _ => {
                output.extend(plaintext);
                Ok(())
            }
        }
    }

    /// Sends close_notify where that is ours to send.
    pub(super) fn close(&mut self, output: &mut Buffer) {
        match self {
            #[cfg(feature = "engine")]
            Self::Engine(session) => session.close(output),
            _ => {
                let _ = output;
            }
        }
    }

    /// Whether the engine's session is not established yet.
    pub(super) fn is_handshaking(&self) -> bool {
        match self {
            #[cfg(feature = "engine")]
            Self::Engine(session) => session.is_handshaking(),
            _ => false,
        }
    }

    /// Facts of the engine's session, once: `None` until it is established.
    pub(super) fn take_facts(&mut self) -> Option<TlsFacts> {
        match self {
            #[cfg(feature = "engine")]
            Self::Engine(session) => session.take_facts(),
            _ => None,
        }
    }

    /// Whether the peer's close_notify has come: nothing can follow it.
    pub(super) fn peer_closed(&self) -> bool {
        match self {
            #[cfg(feature = "engine")]
            Self::Engine(session) => session.peer_closed(),
            Self::HostTls { peer_closed } => *peer_closed,
            _ => false,
        }
    }

    /// Notes an orderly end that the host has told of. Returns whether that is news: the engine
    /// reads close_notify itself.
    pub(super) fn note_peer_close(&mut self) -> bool {
        match self {
            Self::HostTls { peer_closed } => !core::mem::replace(peer_closed, true),
            _ => false,
        }
    }

    /// Network bytes that are not yet plaintext.
    pub(super) fn incomplete(&self) -> usize {
        match self {
            #[cfg(feature = "engine")]
            Self::Engine(session) => session.incomplete(),
            _ => 0,
        }
    }

    pub(super) fn alert_sent(&self) -> Option<Alert> {
        match self {
            #[cfg(feature = "engine")]
            Self::Engine(session) => session.alert_sent(),
            _ => None,
        }
    }

    /// Why the engine did not accept the peer's certificate.
    pub(super) fn failure(&self) -> Option<&Failure> {
        match self {
            #[cfg(feature = "engine")]
            Self::Engine(session) => session.failure(),
            _ => None,
        }
    }

    pub(super) fn alert_received(&self) -> Option<Alert> {
        match self {
            #[cfg(feature = "engine")]
            Self::Engine(session) => session.alert_received(),
            _ => None,
        }
    }
}
