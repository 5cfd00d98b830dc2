//! What a server is configured with.

use super::{check, wrong_setting};
use crate::dialogue::{HandOff, ServerSettings};
use crate::error::{Error, ErrorCode};
use crate::limits::Deadlines;
#[cfg(doc)]
use crate::limits::Limits;
use crate::secret::Secret;
use crate::service::Protocol;
use crate::tls::alpn::AlpnNames;
#[cfg(feature = "engine")]
use crate::tls::config::{self as engine, Negotiable, ServerEngine, ServerOptions};
#[cfg(feature = "engine")]
use crate::tls::facts::TlsFacts;
#[cfg(feature = "engine")]
use crate::tls::own_certificates::OwnCertificates;
use crate::tls::policy::Policy;
#[cfg(feature = "engine")]
use crate::trust::certified_key;
#[cfg(feature = "engine")]
use crate::trust::client::{ClientAuthorities, ClientCertificates, InvalidClientCertificate, Verdict};
#[cfg(feature = "engine")]
use crate::trust::pem::Given;
#[cfg(feature = "engine")]
use crate::trust::revocation::{RevocationLists, UnknownRevocation};
#[cfg(feature = "engine")]
use rustls::sign::CertifiedKey;
use std::sync::Arc;

/// What a server needs to know before its first connection. Cloning shares it.
///
/// ```
/// # #[cfg(feature = "engine")] {
/// # let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).unwrap();
/// # let (chain_pem, key_pem) = (made.cert.pem(), made.signing_key.serialize_pem());
/// let config = mailtls::ServerConfig::builder()
///     .certificate_pem(chain_pem.as_bytes(), key_pem.as_bytes())?
///     .settings(|s| s.host_name = "mail.example".into())
///     .build()?;
/// # }
/// # Ok::<(), mailtls::Error>(())
/// ```
#[derive(Clone)]
pub struct ServerConfig(pub(in crate::connection) Arc<ServerParts>);

pub(in crate::connection) struct ServerParts {
    pub(in crate::connection) settings: Arc<ServerSettings>,
    pub(in crate::connection) hand_off: HandOff,
    pub(in crate::connection) explains_refused_tls: bool,
    pub(in crate::connection) deadlines: Deadlines,
    pub(in crate::connection) alpn: AlpnNames,
    pub(in crate::connection) policy: Policy,
    #[cfg(feature = "engine")]
    pub(in crate::connection) engine: Option<ServerEngine>,
    #[cfg(feature = "engine")]
    pub(in crate::connection) client_certificates: Option<ClientCertificates>,
}

impl ServerConfig {
    /// Starts with the defaults of [`ServerSettings`], [`Deadlines`] and [`Limits`].
    pub fn builder() -> ServerConfigBuilder {
        ServerConfigBuilder::default()
    }

    /// Whether the engine asks clients for a certificate.
    #[cfg(feature = "engine")]
    pub(in crate::connection) fn asks_for_certificates(&self) -> bool {
        self.0.client_certificates.is_some()
    }

    /// Judges the certificate that a client has shown to the engine.
    #[cfg(feature = "engine")]
    pub(in crate::connection) fn judge_certificate(&self, facts: &TlsFacts) -> Verdict {
        match (&self.0.client_certificates, &self.0.engine) {
            (Some(certificates), Some(engine)) => {
                certificates.judge(&facts.peer_certificates, facts.resumed, engine.current_time())
            }
            _ => Verdict::Refused(Error::new(ErrorCode::Internal, "a certificate that nobody asked for")),
        }
    }
}

/// Collects what a [`ServerConfig`] is made of.
#[derive(Default)]
pub struct ServerConfigBuilder {
    settings: ServerSettings,
    hand_off: HandOff,
    explains_refused_tls: bool,
    deadlines: Deadlines,
    alpn: AlpnNames,
    policy: Policy,
    #[cfg(feature = "engine")]
    certificate: Option<Arc<CertifiedKey>>,
    #[cfg(feature = "engine")]
    additional_certificates: Vec<Arc<CertifiedKey>>,
    #[cfg(feature = "engine")]
    tickets: Option<usize>,
    #[cfg(feature = "engine")]
    tickets_of: Option<ServerConfig>,
    #[cfg(feature = "engine")]
    client_authorities: Option<ClientAuthorities>,
    #[cfg(feature = "engine")]
    revocation: RevocationLists,
    #[cfg(feature = "engine")]
    channel_bindings: bool,
}

impl ServerConfigBuilder {
    /// The certificate chain, leaf first, and its private key (PKCS#8, PKCS#1 or SEC1), in PEM. The certificates
    /// after the leaf may be in any order: they are sent in the order that TLS 1.2 requires.
    ///
    /// It is for the host name that SRV records lead to, and for clients that ask for no name (SNI) or
    /// for one that no other certificate has. A second call takes the place of the first. To replace
    /// certificates while serving, make a new configuration and begin connections with that one
    /// ([`Self::tickets_of`]).
    ///
    /// # Errors
    /// [`ErrorCode::NoCertificate`] or [`ErrorCode::NoPrivateKey`] when they cannot be used.
    #[cfg(feature = "engine")]
    pub fn certificate_pem(&mut self, chain: &[u8], key: &[u8]) -> Result<&mut Self, Error> {
        self.certificate_given(chain.into(), key.into())
    }

    /// Likewise, from files that reasons name.
    #[cfg(feature = "engine")]
    pub(crate) fn certificate_given(&mut self, chain: Given<'_>, key: Given<'_>) -> Result<&mut Self, Error> {
        self.certificate = Some(certified_key::read(chain, key)?);
        Ok(self)
    }

    /// Another certificate chain and its private key, besides those given before. It is shown to
    /// clients that ask for one of its DNS names, a wildcard included (RFC 6066 §3, RFC 9525 §6.3).
    /// Where several have that name, as with one for RSA and one for ECDSA, it is the first whose
    /// signatures the client accepts; likewise where none has it.
    ///
    /// # Errors
    /// As [`Self::certificate_pem`].
    #[cfg(feature = "engine")]
    pub fn additional_certificate_pem(&mut self, chain: &[u8], key: &[u8]) -> Result<&mut Self, Error> {
        self.additional_certificate_given(chain.into(), key.into())
    }

    /// Likewise, from files that reasons name.
    #[cfg(feature = "engine")]
    pub(crate) fn additional_certificate_given(
        &mut self,
        chain: Given<'_>,
        key: Given<'_>,
    ) -> Result<&mut Self, Error> {
        self.additional_certificates.push(certified_key::read(chain, key)?);
        Ok(self)
    }

    /// Says that the host can map clients' certificates of these authorities, in PEM, to users:
    /// clients are asked for one (RFC 8314 §4.2). Without this call none is ever asked for. A certificate that
    /// a client shows may also be itself one of these, self-signed or from any authority. One without CA:TRUE is
    /// trusted for itself alone.
    ///
    /// A valid one is told by [`crate::Event::ClientCertificate`]; `invalid` says what becomes of
    /// another. A client that has none is served all the same. Under TLS 1.2 a certificate crosses in
    /// clear ([`crate::tls::facts::TlsFacts::client_certificate_in_clear`]).
    ///
    /// ```
    /// use mailtls::{InvalidClientCertificate, ServerConfig};
    /// # let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).unwrap();
    /// # let (chain_pem, key_pem, ca_pem) =
    /// #     (made.cert.pem(), made.signing_key.serialize_pem(), made.cert.pem());
    /// let config = ServerConfig::builder()
    ///     .certificate_pem(chain_pem.as_bytes(), key_pem.as_bytes())?
    ///     .client_certificates(ca_pem.as_bytes(), InvalidClientCertificate::Anonymous)?
    ///     .build()?;
    /// # Ok::<(), mailtls::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorCode::NoTrustAnchor`] when none is usable.
    #[cfg(feature = "engine")]
    pub fn client_certificates(
        &mut self,
        ca_pem: &[u8],
        invalid: InvalidClientCertificate,
    ) -> Result<&mut Self, Error> {
        self.client_certificates_given(ca_pem.into(), invalid)
    }

    /// Likewise, from a file that reasons name.
    #[cfg(feature = "engine")]
    pub(crate) fn client_certificates_given(
        &mut self,
        ca_pem: Given<'_>,
        invalid: InvalidClientCertificate,
    ) -> Result<&mut Self, Error> {
        self.client_authorities = Some(ClientAuthorities::new(ca_pem, invalid)?);
        Ok(self)
    }

    /// Certificates of clients that these lists name have been revoked (RFC 5280 §5): one list in DER,
    /// or those of a PEM text, besides those given before. The host fetches them, and makes a new
    /// configuration when it has newer ones.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] when one cannot be read or there is none.
    #[cfg(feature = "engine")]
    pub fn revocation_list(&mut self, list: &[u8]) -> Result<&mut Self, Error> {
        self.revocation.add(list)?;
        Ok(self)
    }

    /// What is done where the lists do not tell. Default: such a certificate is accepted.
    #[cfg(feature = "engine")]
    pub fn unknown_revocation(&mut self, unknown: UnknownRevocation) -> &mut Self {
        self.revocation.unknown = unknown;
        self
    }

    /// Whether connections know their channel bindings (RFC 9266, RFC 5929), to which an
    /// authentication can be bound ([`crate::tls::facts::TlsFacts::channel_bindings`]). Default: when
    /// a mechanism that binds is offered ([`ServerSettings::sasl_mechanisms`]). Each connection then
    /// has an engine configuration of its own.
    #[cfg(feature = "engine")]
    pub fn channel_bindings(&mut self, wanted: bool) -> &mut Self {
        self.channel_bindings = wanted;
        self
    }

    /// The ALPN names of a protocol, the preferred one first, in the place of its usual one
    /// ([`Protocol::alpn`]). A client that offers only other names is refused
    /// (`no_application_protocol`, against the ALPACA attack); one that offers none is served.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for a name that is not between 1 and 255 octets long, and for
    /// no name at all: then nobody would be refused.
    pub fn alpn(&mut self, protocol: Protocol, names: &[&[u8]]) -> Result<&mut Self, Error> {
        if names.is_empty() {
            return Err(Error::invalid("a server without ALPN names could not refuse foreign protocols"));
        }
        self.alpn.replace(protocol, names)?;
        Ok(self)
    }

    /// What TLS must be. The engine negotiates nothing that the policy refuses; what a host's own library
    /// has negotiated is judged before anything is said. Default: [`Policy::rfc8997`].
    ///
    /// A configuration is for a listener: where users of old programs are served on a port of their own,
    /// that has a laxer one (RFC 8314 §4.1). An exception for a user is made by the laxest policy here,
    /// and the stricter one for everybody else asked again, by [`Policy::judge`], when
    /// [`crate::Event::Credentials`] tells who it is.
    pub fn policy(&mut self, policy: Policy) -> &mut Self {
        self.policy = policy;
        self
    }

    /// How many TLS 1.3 tickets a handshake sends; 0 switches resumption off. Default 2. Under TLS 1.2 a
    /// handshake sends one (RFC 5077), unless this is 0. The server keeps no sessions in memory: without
    /// a ticket nothing is resumed, not even by a session ID.
    #[cfg(feature = "engine")]
    pub fn tickets(&mut self, count: usize) -> &mut Self {
        self.tickets = Some(count);
        self
    }

    /// Takes over the key that the tickets of another configuration are sealed with, so that its
    /// clients' sessions can be resumed: when one takes the place of the other, or both serve the same
    /// names. Without this call the key is a new one. The engine replaces it every six hours, and opens
    /// tickets of the one before.
    #[cfg(feature = "engine")]
    pub fn tickets_of(&mut self, other: &ServerConfig) -> &mut Self {
        self.tickets_of = Some(other.clone());
        self
    }

    /// Changes what the dialogues say and offer.
    pub fn settings(&mut self, change: impl FnOnce(&mut ServerSettings)) -> &mut Self {
        change(&mut self.settings);
        self
    }

    /// When the plaintext becomes the host's. For a server
    /// [`HandOff::AfterGreeting`] is refused by [`Self::build`].
    pub fn hand_off(&mut self, hand_off: HandOff) -> &mut Self {
        self.hand_off = hand_off;
        self
    }

    /// On TLS of the host's own library that the policy refuses: whether the client is served until it
    /// wants to authenticate, and is then told why it cannot, instead of being turned away without a
    /// word (RFC 8314 §4.1 knows both ways). No authentication is offered there and none is looked at;
    /// [`crate::Event::NotConfidential`] tells the host. Default: no.
    ///
    /// Its user may read what is wrong; but a client that does not wait for an offer may send its password
    /// over a channel that is too weak. The engine never negotiates what the policy refuses, and a
    /// host that takes the stream itself ([`HandOff::Transparent`]) gets none that is refused.
    ///
    /// ```
    /// use mailtls::tls::{facts::TlsFacts, registry::{CipherSuite, Version}};
    /// use mailtls::{Connection, ServerConfig, Service};
    ///
    /// let config = ServerConfig::builder().explains_refused_tls(true).build()?;
    /// let old = TlsFacts::new(Version(0x0302), CipherSuite(0x002f));
    /// let mut connection = Connection::server_on_host_tls(&config, Service::Imaps, old, 0)?;
    /// connection.handle_input(b"a LOGIN tim secret\r\n", 0)?;
    /// let said = String::from_utf8_lossy(connection.poll_transmit());
    /// assert!(said.contains("a NO [PRIVACYREQUIRED] TLSv1.1 is deprecated; use TLSv1.2 or later"));
    /// # Ok::<(), mailtls::Error>(())
    /// ```
    pub fn explains_refused_tls(&mut self, explains: bool) -> &mut Self {
        self.explains_refused_tls = explains;
        self
    }

    /// Changes the deadlines.
    pub fn deadlines(&mut self, change: impl FnOnce(&mut Deadlines)) -> &mut Self {
        change(&mut self.deadlines);
        self
    }

    /// Makes the configuration. Without a certificate it serves connections on a host's own TLS
    /// ([`crate::Connection::server_on_host_tls`]), and STARTTLS services without STARTTLS.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] naming the setting that is wrong.
    pub fn build(&self) -> Result<ServerConfig, Error> {
        self.settings.check().map_err(wrong_setting)?;
        check(&self.settings.limits, &self.deadlines)?;
        if self.hand_off == HandOff::AfterGreeting {
            return Err(Error::invalid("a server cannot hand off after the greeting"));
        }
        let mut settings = self.settings.clone();
        if settings.scram_salts.as_bytes().is_empty() {
            let mut salts = vec![0; 32];
            getrandom::fill(&mut salts)
                .map_err(|e| Error::new(ErrorCode::Internal, format!("no random octets: {e}")))?;
            settings.scram_salts = Secret::new(salts);
        }
        #[cfg(feature = "engine")]
        let client_certificates = self.client_authorities.as_ref().map(|a| a.verifier(&self.revocation));
        Ok(ServerConfig(Arc::new(ServerParts {
            settings: Arc::new(settings),
            hand_off: self.hand_off,
            explains_refused_tls: self.explains_refused_tls,
            deadlines: self.deadlines.clone(),
            alpn: self.alpn.clone(),
            policy: self.policy.clone(),
            #[cfg(feature = "engine")]
            engine: self.engine(client_certificates.as_ref())?,
            #[cfg(feature = "engine")]
            client_certificates,
        })))
    }

    #[cfg(feature = "engine")]
    fn engine(&self, verifier: Option<&ClientCertificates>) -> Result<Option<ServerEngine>, Error> {
        let Some(certificate) = self.certificate.clone() else {
            return match verifier {
                Some(_) => Err(Error::invalid(
                    "clients are asked for certificates, but the server has no certificate of its own",
                )),
                None if !self.additional_certificates.is_empty() => Err(Error::invalid(
                    "there are additional certificates, but not the one for clients that ask for no name",
                )),
                None => Ok(None),
            };
        };
        let mut certificates = vec![certificate];
        certificates.extend(self.additional_certificates.iter().cloned());
        let options = ServerOptions {
            alpn: self.alpn.clone(),
            tickets: self.tickets.unwrap_or(2),
            tickets_of: self.tickets_of.as_ref().and_then(|other| other.0.engine.as_ref()?.tickets()),
            verifier: verifier.map(ClientCertificates::in_handshake),
            channel_bindings: self.channel_bindings
                || self.settings.sasl_mechanisms.iter().any(|m| m.needs_channel_binding()),
            negotiable: Negotiable::by(&self.policy)?,
        };
        engine::server(OwnCertificates::new(certificates), options).map(Some)
    }
}
