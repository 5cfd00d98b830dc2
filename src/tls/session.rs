//! The door to rustls: ciphertext in, plaintext and ciphertext out.
//!
//! It uses rustls's unbuffered API, so that an idle session holds no buffer. It does not know
//! when to close or what the plaintext means; the connection does.

use super::channel_binding::ChannelBindings;
use super::client_certificate::OwnCertificate;
use super::client_hello::{ClientHello, LooksLike};
use super::end_point;
use super::exporter::ExporterSecret;
use super::facts::TlsFacts;
use super::failure::Failure;
use super::fault::{alert_for, begins_like_tls, describe, internal, not_tls};
use super::opening::{Look, Opening, Versions};
use super::own_certificates::NotedChoice;
use super::refusals::Refusals;
use super::registry::{Alert, CipherSuite, Group, Version};
use crate::buffer::Buffer;
use crate::error::{Error, ErrorCode};
use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::ServerName;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{ConnectionState, EncodeError, EncryptError, UnbufferedStatus};
use rustls::{CommonState, HandshakeKind};
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// One TLS session of either side.
pub(crate) struct Session {
    engine: Engine,
    /// Server: the first bytes of the client, until they are taken.
    opening: Option<Box<Opening>>,
    /// What the peer began with: if it was not TLS, that says what it was.
    first: Option<u8>,
    /// Ciphertext that is not yet a whole record or flight; rustls decrypts in it.
    incoming: Buffer,
    peer_closed: bool,
    alert_sent: Option<Alert>,
    alert_received: Option<Alert>,
    /// Why the peer's certificate did not convince.
    failure: Option<Failure>,
    /// What the peer began with where TLS must begin.
    instead: Option<LooksLike>,
    /// Given up when the facts are taken.
    watch: Option<Box<Watch>>,
}

/// What a session is to notice in its handshake.
#[derive(Default)]
pub(super) struct Watch {
    /// The key log of the session's own configuration.
    pub(super) exporter: Arc<ExporterSecret>,
    /// Server: which certificate it shows.
    pub(super) shown: Option<Arc<NotedChoice>>,
    /// Client: the certificate that it may show.
    pub(super) own_certificate: Option<Arc<OwnCertificate>>,
    /// Why the peer's certificate is refused, from whoever looks at it.
    pub(super) refusals: Arc<Refusals>,
}

enum Engine {
    Server(Box<UnbufferedServerConnection>),
    Client(Box<UnbufferedClientConnection>),
}

impl Session {
    /// `versions` are those of the configuration.
    pub(super) fn server(
        config: Arc<rustls::ServerConfig>,
        versions: Versions,
        watch: Option<Watch>,
    ) -> Result<Self, Error> {
        let engine = UnbufferedServerConnection::new(config).map_err(|e| internal(&e))?;
        Ok(Self {
            opening: Some(Box::new(Opening::new(versions))),
            ..Self::new(Engine::Server(Box::new(engine)), watch)
        })
    }

    /// `name` is what SNI tells the server, and what the verifier is told.
    pub(super) fn client(
        config: Arc<rustls::ClientConfig>,
        name: ServerName<'static>,
        watch: Watch,
    ) -> Result<Self, Error> {
        let engine = UnbufferedClientConnection::new(config, name).map_err(|e| internal(&e))?;
        Ok(Self::new(Engine::Client(Box::new(engine)), Some(watch)))
    }

    fn new(engine: Engine, watch: Option<Watch>) -> Self {
        Self {
            engine,
            opening: None,
            first: None,
            incoming: Buffer::default(),
            peer_closed: false,
            alert_sent: None,
            alert_received: None,
            failure: None,
            instead: None,
            watch: watch.map(Box::new),
        }
    }

    /// Takes ciphertext from the network. Plaintext and answers are appended to the buffers.
    ///
    /// An empty `bytes` starts a client's handshake. After an error an alert may be in `output`.
    pub(crate) fn receive(
        &mut self,
        bytes: &[u8],
        plaintext: &mut Buffer,
        output: &mut Buffer,
    ) -> Result<(), Error> {
        self.incoming.extend(bytes);
        self.first = self.first.or(bytes.first().copied());
        match self.opening.as_mut().map_or(Look::Go, |opening| opening.look(bytes)) {
            Look::Wait => return Ok(()),
            Look::Go => {}
            Look::Refuse(alert, error) => {
                self.instead = self.opening.as_ref().and_then(|opening| opening.spoken_instead());
                self.incoming.clear();
                output.extend(&[0x15, 3, 1, 0, 2, 2, alert.0]);
                self.alert_sent = Some(alert);
                return Err(error);
            }
        }
        let handshaking = self.is_handshaking();
        self.pump(plaintext, output).map_err(|error| {
            if let rustls::Error::InvalidCertificate(why) = &error {
                let noted = self.watch.as_ref().and_then(|watch| watch.refusals.take());
                self.failure = Some(noted.unwrap_or_else(|| Failure::of(why)));
            }
            // RFC 9846 §6.1: nothing follows our close_notify, not even an alert.
            if self.alert_sent != Some(Alert::CLOSE_NOTIFY) {
                self.collect_alert(&error, output);
            }
            // rustls does not wait for the second byte, and so no reason may.
            let refused = match (self.first.filter(|_| handshaking), &self.failure) {
                (Some(first), _) if !begins_like_tls(first) => {
                    let what = match self.engine {
                        Engine::Client(_) => LooksLike::of_greeting(first),
                        Engine::Server(_) => LooksLike::of(&[first]),
                    };
                    self.instead = Some(what);
                    not_tls(what)
                }
                (_, Some(failure)) => failure.clone().into(),
                _ => describe(&error, self.opening.as_ref().and_then(|opening| opening.offered())),
            };
            self.incoming.clear();
            refused
        })
    }

    /// Runs the engine until it needs more bytes.
    fn pump(&mut self, plaintext: &mut Buffer, output: &mut Buffer) -> Result<(), rustls::Error> {
        loop {
            match self.turn(plaintext, output)? {
                Next::Again => {}
                Next::PeerClosed => {
                    self.peer_closed = true;
                    self.alert_received = Some(Alert::CLOSE_NOTIFY);
                }
                Next::Blocked => {
                    if self.peer_closed {
                        // RFC 9846 §6.1: what comes after close_notify is ignored.
                        self.incoming.clear();
                    }
                    return Ok(());
                }
            }
        }
    }

    /// One status of the engine.
    fn turn(&mut self, plaintext: &mut Buffer, output: &mut Buffer) -> Result<Next, rustls::Error> {
        let incoming = self.incoming.as_mut_slice();
        let waiting = incoming.len();
        let (discard, next) = match &mut self.engine {
            Engine::Server(engine) => step(engine.process_tls_records(incoming), waiting, plaintext, output),
            Engine::Client(engine) => step(engine.process_tls_records(incoming), waiting, plaintext, output),
        };
        // What the engine stumbled over is still needed to say what it was.
        if next.is_ok() {
            self.incoming.consume(discard);
        }
        next
    }

    /// What the peer began with instead of TLS, if it did.
    pub(crate) fn spoken_instead(&self) -> Option<LooksLike> {
        self.instead
    }

    /// Server: TLS begins behind STARTTLS.
    pub(crate) fn behind_starttls(&mut self) {
        if let Some(opening) = &mut self.opening {
            opening.at_once();
        }
    }

    /// Server: what the client offers, once, as soon as it is known. To be taken after each call of
    /// [`Session::receive`], so that it does not stay for the length of the session.
    pub(crate) fn take_client_hello(&mut self) -> Option<Box<ClientHello>> {
        self.opening.take_if(|opening| opening.is_over())?.into_hello()
    }

    /// After an error rustls may have an alert for the peer.
    fn collect_alert(&mut self, error: &rustls::Error, output: &mut Buffer) {
        if let rustls::Error::AlertReceived(alert) = error {
            self.alert_received = Some(Alert(u8::from(*alert)));
            return;
        }
        let before = output.len();
        // Only what it has to say: to read on would be to meet the error again.
        while self.common().wants_write() && self.turn(&mut Buffer::default(), output).is_ok() {}
        let alert = &output.as_slice()[before..];
        self.alert_sent = match alert {
            [] => None,
            // A record of two bytes cannot be an encrypted alert.
            [0x15, 3, _, 0, 2, _level, description] => Some(Alert(*description)),
            _ => Some(alert_for(error)),
        };
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.common().is_handshaking()
    }

    /// The peer's close_notify has come.
    pub(crate) fn peer_closed(&self) -> bool {
        self.peer_closed
    }

    pub(crate) fn alert_sent(&self) -> Option<Alert> {
        self.alert_sent
    }

    pub(crate) fn alert_received(&self) -> Option<Alert> {
        self.alert_received
    }

    /// Why the peer's certificate did not convince, if it was refused in the handshake for that.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Bytes that wait for the rest of their record.
    pub(crate) fn incomplete(&self) -> usize {
        self.incoming.len()
    }

    /// Encrypts plaintext. Call only after the handshake.
    pub(crate) fn send(&mut self, plaintext: &[u8], output: &mut Buffer) -> Result<(), Error> {
        // At most 16384 octets a record, each with a header, a tag and a content type.
        let room = plaintext.len() + (plaintext.len() / 16_384 + 2) * 64;
        self.with_traffic(output, room, |traffic, out| traffic.write(plaintext, out))
    }

    /// Sends close_notify, if the handshake got so far that it can be sent.
    pub(crate) fn close(&mut self, output: &mut Buffer) {
        if !self.is_handshaking()
            && self.with_traffic(output, 256, |traffic, out| traffic.close(out)).is_ok()
            && self.alert_sent.is_none()
        {
            self.alert_sent = Some(Alert::CLOSE_NOTIFY);
        }
    }

    fn with_traffic(
        &mut self,
        output: &mut Buffer,
        room: usize,
        write: impl FnOnce(&mut dyn Traffic, &mut [u8]) -> Result<usize, EncryptError>,
    ) -> Result<(), Error> {
        let refused = || Error::new(ErrorCode::Internal, "the TLS engine cannot send now");
        // The engine keeps offsets into what it has not finished with: it must see it every time.
        let incoming = self.incoming.as_mut_slice();
        match &mut self.engine {
            Engine::Server(engine) => match engine.process_tls_records(incoming).state {
                Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                    output.extend_with(room, |out| write(&mut traffic, out))
                }
                _ => return Err(refused()),
            },
            Engine::Client(engine) => match engine.process_tls_records(incoming).state {
                Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                    output.extend_with(room, |out| write(&mut traffic, out))
                }
                _ => return Err(refused()),
            },
        }
        .map_err(|_| Error::new(ErrorCode::Internal, "the TLS engine cannot encrypt"))
    }

    /// What was negotiated; `None` before the handshake is complete. Call it once: with it goes what
    /// the channel bindings are made of.
    pub(crate) fn take_facts(&mut self) -> Option<TlsFacts> {
        let common = self.common();
        if common.is_handshaking() {
            return None;
        }
        let version = Version(u16::from(common.protocol_version()?));
        let suite = common.negotiated_cipher_suite()?;
        let mut facts = TlsFacts {
            group: common.negotiated_key_exchange_group().map(|group| Group(u16::from(group.name()))),
            alpn: common.alpn_protocol().map(<[u8]>::to_vec),
            resumed: common.handshake_kind() == Some(HandshakeKind::Resumed),
            peer_certificates: common
                .peer_certificates()
                .map_or_else(Vec::new, |chain| chain.iter().map(|c| c.to_vec()).collect()),
            ..TlsFacts::new(version, CipherSuite(u16::from(suite.suite())))
        };
        let Some(watch) = self.watch.take() else { return Some(facts) };
        let end_point = match &self.engine {
            Engine::Server(_) => watch.shown.and_then(|shown| shown.end_point()),
            Engine::Client(_) => facts.peer_certificates.first().and_then(|leaf| end_point::binding(leaf)),
        };
        facts.channel_bindings =
            ChannelBindings { tls_exporter: watch.exporter.binding(suite), tls_server_end_point: end_point };
        facts.client_certificate_sent = watch.own_certificate.is_some_and(|own| own.was_sent());
        Some(facts)
    }

    fn common(&self) -> &CommonState {
        match &self.engine {
            Engine::Server(engine) => engine,
            Engine::Client(engine) => engine,
        }
    }
}

/// The two things that can be written into an established session, whichever its side.
trait Traffic {
    fn write(&mut self, plaintext: &[u8], out: &mut [u8]) -> Result<usize, EncryptError>;
    fn close(&mut self, out: &mut [u8]) -> Result<usize, EncryptError>;
}

impl<Data> Traffic for rustls::unbuffered::WriteTraffic<'_, Data> {
    fn write(&mut self, plaintext: &[u8], out: &mut [u8]) -> Result<usize, EncryptError> {
        self.encrypt(plaintext, out)
    }

    fn close(&mut self, out: &mut [u8]) -> Result<usize, EncryptError> {
        self.queue_close_notify(out)
    }
}

enum Next {
    Again,
    Blocked,
    PeerClosed,
}

/// Carries out one status of the engine, to which `waiting` bytes were shown; returns how many of
/// them it has done with.
fn step<Data>(
    status: UnbufferedStatus<'_, '_, Data>,
    waiting: usize,
    plaintext: &mut Buffer,
    output: &mut Buffer,
) -> (usize, Result<Next, rustls::Error>) {
    let UnbufferedStatus { mut discard, state } = status;
    let next = match state {
        Err(error) => Err(error),
        Ok(ConnectionState::ReadTraffic(mut traffic)) => {
            let mut result = Ok(Next::Again);
            while let Some(record) = traffic.next_record() {
                match record {
                    Ok(record) => {
                        discard += record.discard;
                        if !record.payload.is_empty() {
                            // All records at once: to grow for each costs more than to open it.
                            plaintext.reserve(waiting);
                        }
                        plaintext.extend(record.payload);
                    }
                    Err(error) => result = Err(error),
                }
            }
            result
        }
        Ok(ConnectionState::EncodeTlsData(mut record)) => encode(&mut |out| record.encode(out), output),
        Ok(ConnectionState::TransmitTlsData(flight)) => {
            flight.done();
            Ok(Next::Again)
        }
        Ok(ConnectionState::PeerClosed) => Ok(Next::PeerClosed),
        // Early data is never enabled; what other states there may come to be need bytes first.
        Ok(_) => Ok(Next::Blocked),
    };
    (discard, next)
}

/// Asks for the size, then encodes: the engine takes no buffer that grows.
fn encode(
    record: &mut dyn FnMut(&mut [u8]) -> Result<usize, EncodeError>,
    output: &mut Buffer,
) -> Result<Next, rustls::Error> {
    let failed = |e: EncodeError| rustls::Error::General(e.to_string());
    let size = match record(&mut []) {
        Err(EncodeError::InsufficientSize(size)) => size.required_size,
        Err(error) => return Err(failed(error)),
        Ok(_) => return Ok(Next::Again),
    };
    output.extend_with(size, |out| record(out)).map_err(failed)?;
    Ok(Next::Again)
}
