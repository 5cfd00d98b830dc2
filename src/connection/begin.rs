//! How a [`Connection`] begins: with Implicit TLS, in clear, or on the TLS of the host.

use super::channel::Channel;
#[cfg(feature = "engine")]
use super::channel::Upgrade;
use super::messages::Messages;
use super::server_certificate::Aim;
use super::target::Target;
use super::timers::Timers;
use super::{ClientConfig, Connection, Party, Phase, ServerConfig};
use crate::buffer::Buffer;
#[cfg(feature = "engine")]
use crate::dialogue::Protection;
use crate::error::Error;
#[cfg(any(feature = "engine", doc))]
use crate::error::ErrorCode;
use crate::service::{Mode, Service};
use crate::tls::facts::TlsFacts;
#[cfg(feature = "engine")]
use crate::tls::session::Session;
use std::collections::VecDeque;

impl Connection {
    /// Accepts a connection to a service. With Implicit TLS the next bytes are a ClientHello;
    /// otherwise the greeting goes out in clear, and STARTTLS is offered when the configuration
    /// has a certificate (RFC 8314 §4.1).
    ///
    /// # Errors
    /// [`ErrorCode::NoCertificate`] for Implicit TLS when the configuration has none.
    #[cfg(feature = "engine")]
    pub fn server(config: &ServerConfig, service: Service, now: u64) -> Result<Self, Error> {
        let party = Party::Server(config.clone());
        let session = match &config.0.engine {
            Some(engine) => Some(Box::new(engine.session(service.protocol())?)),
            None => None,
        };
        match (service.mode(), session) {
            (Mode::ImplicitTls, Some(session)) => {
                Ok(Self::new(service, party, Channel::Engine(session), now))
            }
            (Mode::ImplicitTls, None) => Err(Error::new(
                ErrorCode::NoCertificate,
                "the configuration has no certificate, which Implicit TLS needs",
            )),
            (Mode::StartTls, session) => Ok(Self::in_clear(service, party, session, now)),
        }
    }

    /// Begins a connection to a service. `server_name` is the DNS name or IP address that the
    /// certificate must be for; it is also what SNI tells the server.
    ///
    /// Without Implicit TLS nothing is done in clear but what STARTTLS needs, and nothing that
    /// the server says before TLS becomes an event (RFC 3207 §4.2).
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for an impossible name; [`ErrorCode::NoTrustAnchor`] when
    /// the configuration has none.
    ///
    /// No certificate of the client is sent, whatever the server asks for.
    #[cfg(feature = "engine")]
    pub fn client(
        config: &ClientConfig,
        service: Service,
        server_name: &str,
        now: u64,
    ) -> Result<Self, Error> {
        Self::client_to(config, &Target::new(service, server_name)?, now)
    }

    /// Like [`Connection::client`], for an account: if the server asks for a certificate, the one
    /// that has been authorised for exactly this account is sent
    /// ([`crate::ClientConfigBuilder::client_certificate_pem`]; RFC 8314 §5.5). Where there is none
    /// for it, none is sent.
    ///
    /// [`crate::tls::facts::TlsFacts::client_certificate_sent`] tells whether it was. A connection that
    /// may show a certificate never resumes a session, and no other resumes its.
    ///
    /// ```
    /// use mailtls::{ClientConfig, Connection, Service};
    /// # let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).unwrap();
    /// # let (ca_pem, chain_pem, key_pem) =
    /// #     (made.cert.pem(), made.cert.pem(), made.signing_key.serialize_pem());
    /// let config = ClientConfig::builder()
    ///     .ca_pem(ca_pem.as_bytes())?
    ///     .client_certificate_pem("tim@mail.example", chain_pem.as_bytes(), key_pem.as_bytes())?
    ///     .client_certificates_tls13_only(true)
    ///     .build()?;
    /// let connection =
    ///     Connection::client_for_account(&config, Service::Imaps, "mail.example", "tim@mail.example", 0)?;
    /// # Ok::<(), mailtls::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Connection::client`]; [`ErrorCode::InvalidArgument`] also when the account is empty.
    #[cfg(feature = "engine")]
    pub fn client_for_account(
        config: &ClientConfig,
        service: Service,
        server_name: &str,
        account: &str,
        now: u64,
    ) -> Result<Self, Error> {
        Self::client_to(config, &Target::new(service, server_name)?.account(account)?, now)
    }

    /// Like [`Connection::client`], for a server of which more is known than its name.
    ///
    /// # Errors
    /// [`ErrorCode::NoTrustAnchor`] when the configuration has none.
    #[cfg(feature = "engine")]
    pub fn client_to(config: &ClientConfig, target: &Target, now: u64) -> Result<Self, Error> {
        let party = Party::Client(config.clone());
        let (Some(engine), Some(verifier)) = (&config.0.engine, &config.0.verifier) else {
            return Err(Error::new(
                ErrorCode::NoTrustAnchor,
                "the configuration trusts no certificate: name a file of authorities or the system's store",
            ));
        };
        let aim = Aim::new(target, verifier)?;
        let account = target.account.as_deref();
        let own = account.and_then(|account| config.0.authorised.for_account(account));
        let session =
            engine.session(target.service.protocol(), &target.server_name()?, own, aim.in_handshake())?;
        let session = Box::new(session);
        let mut connection = match target.service.mode() {
            Mode::StartTls => Self::in_clear(target.service, party, Some(session), now),
            Mode::ImplicitTls => {
                let mut connection = Self::new(target.service, party, Channel::Engine(session), now);
                connection.channel.receive(&[], &mut connection.plaintext, &mut connection.output)?;
                connection
            }
        };
        connection.aim = Some(Box::new(aim));
        Ok(connection)
    }

    /// Begins the dialogue without TLS; `session` is what STARTTLS will begin.
    #[cfg(feature = "engine")]
    fn in_clear(service: Service, party: Party, session: Option<Box<Session>>, now: u64) -> Self {
        let protection = Protection::Clear { starttls: session.is_some() };
        let upgrade = session.map(Upgrade::Engine);
        let mut connection = Self::new(service, party, Channel::Clear(upgrade), now);
        connection.begin_dialogue(protection, None);
        connection
    }

    /// Accepts a connection whose TLS the host's own library has established.
    ///
    /// Input and output are then plaintext; `facts` are judged before anything is said. If they have
    /// certificates of the client, which the host has validated (`peer_validation`), the host is asked
    /// whom they stand for ([`crate::Event::ClientCertificate`]).
    ///
    /// It is for Implicit-TLS services, and the shorter way of [`Connection::server_before_host_tls`],
    /// which has STARTTLS too, and holds the deadline of the handshake.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for a STARTTLS service;
    /// [`ErrorCode::TlsPolicy`] when the policy refuses the facts;
    /// [`ErrorCode::NoApplicationProtocol`] when the ALPN name negotiated is a foreign one.
    pub fn server_on_host_tls(
        config: &ServerConfig,
        service: Service,
        facts: TlsFacts,
        now: u64,
    ) -> Result<Self, Error> {
        Self::on_host_tls(service, Party::Server(config.clone()), None, facts, now)
    }

    /// Begins a connection whose TLS the host's own library has established, and whose
    /// certificate it has checked: facts without a validated one ([`TlsFacts::peer_validation`]) do not
    /// meet the minimum of new accounts ([`crate::account::Minimum`]). As with
    /// [`Connection::server_on_host_tls`], the longer way is [`Connection::client_before_host_tls`].
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for a STARTTLS service;
    /// [`ErrorCode::TlsPolicy`] when the policy refuses the facts; [`ErrorCode::CertificateUntrusted`]
    /// below the minimum;
    /// [`ErrorCode::NoApplicationProtocol`] when the ALPN name negotiated is a foreign one.
    pub fn client_on_host_tls(
        config: &ClientConfig,
        service: Service,
        facts: TlsFacts,
        now: u64,
    ) -> Result<Self, Error> {
        Self::on_host_tls(service, Party::Client(config.clone()), None, facts, now)
    }

    /// Like [`Connection::client_on_host_tls`], for an account: its minimum is that of the target
    /// ([`Target::minimum`]). Whom the certificate is for and whether it is pinned the host's library has
    /// found out, and says so in the facts.
    ///
    /// # Errors
    /// As [`Connection::client_on_host_tls`].
    pub fn client_to_on_host_tls(
        config: &ClientConfig,
        target: &Target,
        facts: TlsFacts,
        now: u64,
    ) -> Result<Self, Error> {
        let aim = Aim::on_host_tls(target);
        Self::on_host_tls(target.service, Party::Client(config.clone()), Some(aim), facts, now)
    }

    fn on_host_tls(
        service: Service,
        party: Party,
        aim: Option<Aim>,
        facts: TlsFacts,
        now: u64,
    ) -> Result<Self, Error> {
        implicit_only(service)?;
        let mut connection = Self::new(service, party, Channel::HostTls { peer_closed: false }, now);
        connection.aim = aim.map(Box::new);
        connection.check_alpn(&facts)?;
        connection.established(facts)?;
        Ok(connection)
    }

    pub(super) fn new(service: Service, party: Party, channel: Channel, now: u64) -> Self {
        let timers = Timers::at_start(party.deadlines(), now);
        Self {
            service,
            party,
            channel,
            phase: Phase::Handshake,
            timers,
            now,
            handshake_received: 0,
            plaintext: Buffer::default(),
            output: Buffer::default(),
            taken: 0,
            events: VecDeque::new(),
            flight_end: 0,
            facts: None,
            aim: None,
            apop_timestamp: None,
            refused_in_clear: 0,
            first: None,
            messages: Messages::default(),
            authenticated: false,
            error: None,
        }
    }
}

fn implicit_only(service: Service) -> Result<(), Error> {
    match service.mode() {
        Mode::ImplicitTls => Ok(()),
        Mode::StartTls => Err(Error::invalid(
            "a STARTTLS service begins in clear; begin the connection before the host's TLS",
        )),
    }
}
