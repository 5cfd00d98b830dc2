//! Engine configurations: what rustls is told before a connection begins.
//!
//! Everything is loaded here, once: afterwards no file is read, and the 30 ms that the first
//! random byte of a process costs have been spent.

use super::alpn::{AlpnNames, PROTOCOLS};
use super::client_certificate::OwnCertificate;
use super::opening::Versions;
use super::own_certificates::{NotedChoice, OwnCertificates};
use super::policy::Policy;
use super::refusals::Refusals;
use super::registry::{CipherSuite, Group, Version};
use super::session::{Session, Watch};
use crate::error::{Error, ErrorCode};
use crate::service::Protocol;
use rustls::client::Resumption;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{self, Ticketer};
use rustls::pki_types::{ServerName, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, ProducesTickets, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ServerConfig, SupportedProtocolVersion};
use std::sync::Arc;

/// What the engine may negotiate: what the policy does not refuse, and no more.
pub(crate) struct Negotiable {
    provider: Arc<CryptoProvider>,
    versions: Vec<&'static SupportedProtocolVersion>,
    /// The least and the best of them.
    range: Versions,
    require_ems: bool,
}

impl Negotiable {
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] when nothing is left of what the engine has.
    pub(crate) fn by(policy: &Policy) -> Result<Self, Error> {
        let mut provider = aws_lc_rs::default_provider();
        let mut versions = vec![&rustls::version::TLS13, &rustls::version::TLS12];
        versions.retain(|v| policy.allows_version(Version(v.version.into())));
        provider.cipher_suites.retain(|suite| {
            policy.allows_suite(CipherSuite(suite.suite().into())) && versions.contains(&suite.version())
        });
        provider.kx_groups.retain(|group| policy.allows_group(Group(group.name().into())));
        // A version without a suite of its own is none.
        versions.retain(|&v| provider.cipher_suites.iter().any(|suite| suite.version() == v));
        let codes = || versions.iter().map(|version| Version(version.version.into()));
        let (Some(least), Some(best), false) = (codes().min(), codes().max(), provider.kx_groups.is_empty())
        else {
            return Err(Error::invalid(
                "the policy refuses every TLS version, cipher suite or group that the engine has",
            ));
        };
        let (range, require_ems) = (Versions { least, best }, policy.requires_extended_master_secret());
        Ok(Self { provider: Arc::new(provider), versions, range, require_ems })
    }

    /// The same, with nothing before TLS 1.3; it is refused where the policy has no TLS 1.3.
    fn tls13(&self) -> Result<Self, Error> {
        if self.range.best != Version::TLS_1_3 {
            return Err(Error::invalid(
                "client certificates are for TLS 1.3 only, and the policy refuses TLS 1.3",
            ));
        }
        Ok(Self {
            provider: Arc::clone(&self.provider),
            versions: vec![&rustls::version::TLS13],
            range: Versions { least: Version::TLS_1_3, best: Version::TLS_1_3 },
            require_ems: self.require_ems,
        })
    }
}

/// One engine configuration per protocol, which differ in their ALPN names.
#[derive(Clone)]
struct PerProtocol<C>([Arc<C>; 3]);

impl<C: Clone> PerProtocol<C> {
    fn new(config: &C, alpn: &AlpnNames, set_alpn: impl Fn(&mut C, Vec<Vec<u8>>)) -> Self {
        Self(PROTOCOLS.map(|protocol| {
            let mut config = config.clone();
            set_alpn(&mut config, alpn.get(protocol).to_vec());
            Arc::new(config)
        }))
    }

    fn get(&self, protocol: Protocol) -> &Arc<C> {
        // In the order of the enum, as PROTOCOLS is.
        &self.0[protocol as usize]
    }
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// The engine refuses what it was told. Whatever a user can say wrong has been looked at before.
fn engine_refuses() -> Error {
    Error::new(ErrorCode::Internal, "the TLS engine refuses its configuration")
}

/// What the server's side is made of, besides its certificate.
pub(crate) struct ServerOptions {
    pub(crate) alpn: AlpnNames,
    /// How many TLS 1.3 tickets a handshake sends (TLS 1.2: one); 0 switches resumption off.
    pub(crate) tickets: usize,
    /// Where the key that they are sealed with comes from; without one, it is a new one.
    pub(crate) tickets_of: Option<Arc<dyn ProducesTickets>>,
    /// Who looks at clients' certificates, and where the reasons of a refusal are found; without it none is
    /// ever asked for (RFC 8314 §4.2).
    pub(crate) verifier: Option<(Arc<dyn ClientCertVerifier>, Arc<Refusals>)>,
    /// Whether sessions are to know their channel bindings.
    pub(crate) channel_bindings: bool,
    pub(crate) negotiable: Negotiable,
}

/// The server's side: what makes its sessions.
pub(crate) struct ServerEngine {
    configs: PerProtocol<ServerConfig>,
    certificates: Arc<OwnCertificates>,
    channel_bindings: bool,
    refusals: Option<Arc<Refusals>>,
    versions: Versions,
}

/// Builds the server's side.
///
/// A client that offers only foreign ALPN names is refused with `no_application_protocol`
/// (ALPACA); one that offers none is served.
pub(crate) fn server(certificates: OwnCertificates, options: ServerOptions) -> Result<ServerEngine, Error> {
    let certificates = Arc::new(certificates);
    let versions = options.negotiable.range;
    let (verifier, refusals) = match options.verifier {
        Some((verifier, refusals)) => (verifier, Some(refusals)),
        None => (WebPkiClientVerifier::no_client_auth(), None),
    };
    let mut config = ServerConfig::builder_with_provider(options.negotiable.provider)
        .with_protocol_versions(&options.negotiable.versions)
        .map_err(|_| engine_refuses())?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::clone(&certificates) as _);
    config.require_ems = options.negotiable.require_ems;
    config.send_tls13_tickets = options.tickets;
    // No session is held in memory, of any version: rustls would keep those of TLS 1.2 until others
    // displace them. They are resumed by tickets (RFC 5077), which expire, or not at all.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    if options.tickets > 0 {
        config.ticketer = match options.tickets_of {
            Some(other) => other,
            None => Ticketer::new().map_err(|_| {
                Error::new(ErrorCode::Internal, "there are no random octets for a ticket key")
            })?,
        };
    }
    let configs = PerProtocol::new(&config, &options.alpn, |config, alpn| config.alpn_protocols = alpn);
    let channel_bindings = options.channel_bindings;
    Ok(ServerEngine { configs, certificates, channel_bindings, refusals, versions })
}

impl ServerEngine {
    /// A session for one connection. Only for channel bindings is a configuration made for it alone.
    pub(crate) fn session(&self, protocol: Protocol) -> Result<Session, Error> {
        let shared = self.configs.get(protocol);
        let watch = |refusals| Watch { refusals, ..Watch::default() };
        if !self.channel_bindings {
            return Session::server(Arc::clone(shared), self.versions, self.refusals.clone().map(watch));
        }
        let own = Arc::new(NotedChoice::new(Arc::clone(&self.certificates)));
        let mut watch = watch(self.refusals.clone().unwrap_or_default());
        watch.shown = Some(Arc::clone(&own));
        let mut config = (**shared).clone();
        config.key_log = Arc::clone(&watch.exporter) as _;
        config.cert_resolver = own;
        Session::server(Arc::new(config), self.versions, Some(watch))
    }

    /// What seals its tickets; `None` where resumption is switched off.
    pub(crate) fn tickets(&self) -> Option<Arc<dyn ProducesTickets>> {
        let ticketer = &self.configs.0[0].ticketer;
        ticketer.enabled().then(|| Arc::clone(ticketer))
    }

    /// The time by which certificates are judged, here as in the handshake.
    pub(crate) fn current_time(&self) -> Option<UnixTime> {
        self.configs.0[0].time_provider.current_time()
    }
}

/// What the client's side is made of.
pub(crate) struct ClientOptions {
    /// Who looks at servers' certificates, where a connection has nobody of its own for that.
    pub(crate) verifier: Arc<dyn ServerCertVerifier>,
    /// Where the reasons of a refusal are found, whoever looks at the certificate.
    pub(crate) refusals: Arc<Refusals>,
    pub(crate) alpn: AlpnNames,
    /// Whether a connection that may show a certificate offers TLS 1.3 alone.
    pub(crate) certificates_tls13_only: bool,
    pub(crate) negotiable: Negotiable,
}

/// The client's side: what makes its sessions.
pub(crate) struct ClientEngine {
    anonymous: PerProtocol<ClientConfig>,
    with_certificate: PerProtocol<ClientConfig>,
    refusals: Arc<Refusals>,
}

/// Builds the client's side.
///
/// Sessions to be resumed are in memory, as rustls keeps them by default: of the last 32 servers by name,
/// eight tickets of TLS 1.3 each, which last as long as the server says and seven days at most, and one
/// session of TLS 1.2, by ticket or session ID, which lasts until another takes its place where the server
/// has not said how long. All of them go with the configuration.
pub(crate) fn client(options: ClientOptions) -> Result<ClientEngine, Error> {
    let make = |negotiable: &Negotiable| -> Result<_, Error> {
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&negotiable.provider))
            .with_protocol_versions(&negotiable.versions)
            .map_err(|_| engine_refuses())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&options.verifier))
            .with_no_client_auth();
        config.require_ems = negotiable.require_ems;
        Ok(PerProtocol::new(&config, &options.alpn, |config, alpn| config.alpn_protocols = alpn))
    };
    let anonymous = make(&options.negotiable)?;
    let with_certificate =
        if options.certificates_tls13_only { make(&options.negotiable.tls13()?)? } else { anonymous.clone() };
    Ok(ClientEngine { anonymous, with_certificate, refusals: options.refusals })
}

impl ClientEngine {
    /// The time by which certificates are judged, here as in the handshake.
    pub(crate) fn current_time(&self) -> Option<UnixTime> {
        self.anonymous.0[0].time_provider.current_time()
    }

    /// A session for one connection. It shows this certificate, which has been authorised for the
    /// connection's account, to a server that asks; without one it shows none.
    ///
    /// With a `verifier` of its own it neither resumes sessions nor lets its own be resumed.
    pub(crate) fn session(
        &self,
        protocol: Protocol,
        server_name: &ServerName<'static>,
        certificate: Option<&Arc<CertifiedKey>>,
        verifier: Option<Arc<dyn ServerCertVerifier>>,
    ) -> Result<Session, Error> {
        let own = certificate.map(|certified| Arc::new(OwnCertificate::new(Arc::clone(certified))));
        let refusals = Arc::clone(&self.refusals);
        let watch = Watch { own_certificate: own.clone(), refusals, ..Watch::default() };
        let shared = if own.is_some() { &self.with_certificate } else { &self.anonymous };
        let mut config = (**shared.get(protocol)).clone();
        config.key_log = Arc::clone(&watch.exporter) as _;
        if let Some(own) = own {
            config.client_auth_cert_resolver = own;
            // A session that has shown a certificate is nobody else's to resume.
            config.resumption = Resumption::disabled();
        }
        if let Some(verifier) = verifier {
            config.dangerous().set_certificate_verifier(verifier);
            config.resumption = Resumption::disabled();
        }
        Session::client(Arc::new(config), server_name.clone(), watch)
    }
}

#[cfg(test)]
impl ServerEngine {
    /// What rustls is told, for tests that change it or connect rustls itself.
    pub(crate) fn config(&self, protocol: Protocol) -> ServerConfig {
        (**self.configs.get(protocol)).clone()
    }

    /// Has certificates judged by another clock.
    pub(crate) fn set_clock(&mut self, clock: &Arc<dyn rustls::time_provider::TimeProvider>) {
        for config in &mut self.configs.0 {
            Arc::make_mut(config).time_provider = Arc::clone(clock);
        }
    }
}

#[cfg(test)]
impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            alpn: AlpnNames::default(),
            tickets: 2,
            tickets_of: None,
            verifier: None,
            channel_bindings: false,
            negotiable: Negotiable::by(&Policy::default()).expect("the default policy"),
        }
    }
}
