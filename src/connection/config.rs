//! Configurations: built once, immutable, shared by threads, replaced by building a new one.

#[cfg(feature = "engine")]
use crate::account::client_certificate::Authorised;
use crate::dialogue::{ClientSettings, HandOff, ServerSettings};
use crate::error::{Error, ErrorCode};
use crate::limits::{Deadlines, Limits};
use crate::secret::Secret;
use crate::service::Protocol;
use crate::tls::alpn::AlpnNames;
#[cfg(feature = "engine")]
use crate::tls::config::{
    self as engine, ClientEngine, ClientOptions, Negotiable, ServerEngine, ServerOptions,
};
#[cfg(feature = "engine")]
use crate::tls::facts::{PeerValidation, TlsFacts};
#[cfg(feature = "engine")]
use crate::tls::own_certificates::OwnCertificates;
use crate::tls::policy::Policy;
#[cfg(feature = "engine")]
use crate::trust::anchors;
#[cfg(feature = "engine")]
use crate::trust::client::{ClientAuthorities, ClientCertificates, InvalidClientCertificate, Verdict};
#[cfg(feature = "engine")]
use crate::trust::revocation::{RevocationLists, UnknownRevocation};
#[cfg(feature = "engine")]
use crate::trust::server::ServerCertificates;
#[cfg(feature = "engine")]
use crate::trust::verifier::Verifier;
#[cfg(feature = "engine")]
use rustls::CertificateError;
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
pub struct ServerConfig(pub(super) Arc<ServerParts>);

pub(super) struct ServerParts {
    pub(super) settings: Arc<ServerSettings>,
    pub(super) hand_off: HandOff,
    pub(super) explains_refused_tls: bool,
    pub(super) deadlines: Deadlines,
    pub(super) alpn: AlpnNames,
    pub(super) policy: Policy,
    #[cfg(feature = "engine")]
    pub(super) engine: Option<ServerEngine>,
    #[cfg(feature = "engine")]
    pub(super) client_certificates: Option<ClientCertificates>,
}

impl ServerConfig {
    /// Starts with the defaults of [`ServerSettings`], [`Deadlines`] and [`Limits`].
    pub fn builder() -> ServerConfigBuilder {
        ServerConfigBuilder::default()
    }

    /// Judges the certificate that a client has shown to the engine.
    #[cfg(feature = "engine")]
    pub(super) fn judge_certificate(&self, facts: &TlsFacts) -> Verdict {
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
    /// The certificate chain, leaf first, and its private key (PKCS#8, PKCS#1 or SEC1), in PEM.
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
        self.certificate = Some(engine::identity(chain, key)?);
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
        self.additional_certificates.push(engine::identity(chain, key)?);
        Ok(self)
    }

    /// Says that the host can map clients' certificates of these authorities, in PEM, to users:
    /// clients are asked for one (RFC 8314 §4.2). Without this call none is ever asked for.
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
    /// [`ErrorCode::NoTrustAnchor`] when one is unusable or there is none.
    #[cfg(feature = "engine")]
    pub fn client_certificates(
        &mut self,
        ca_pem: &[u8],
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

    /// How many TLS 1.3 tickets a handshake sends; 0 switches resumption off. Default 2.
    #[cfg(feature = "engine")]
    pub fn tickets(&mut self, count: usize) -> &mut Self {
        self.tickets = Some(count);
        self
    }

    /// Takes over the key that the tickets of another configuration are sealed with, so that its
    /// clients' sessions can be resumed: when one takes the place of the other, or both serve the same
    /// names. Without this call the key is a new one, and lives as long as the configuration.
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
        let client_certificates =
            self.client_authorities.as_ref().map(|a| a.verifier(&self.revocation)).transpose()?;
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
                Some(_) => {
                    Err(Error::invalid("clients' certificates cannot be asked for without a certificate"))
                }
                None if !self.additional_certificates.is_empty() => {
                    Err(Error::invalid("a certificate to show to clients that ask for no name is missing"))
                }
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

/// What a client needs to know before its first connection. Cloning shares it.
#[derive(Clone)]
pub struct ClientConfig(pub(super) Arc<ClientParts>);

pub(super) struct ClientParts {
    pub(super) settings: Arc<ClientSettings>,
    pub(super) deadlines: Deadlines,
    pub(super) alpn: AlpnNames,
    pub(super) policy: Policy,
    #[cfg(feature = "engine")]
    pub(super) engine: Option<ClientEngine>,
    #[cfg(feature = "engine")]
    pub(super) verifier: Option<Arc<Verifier>>,
    /// The client's own certificates.
    #[cfg(feature = "engine")]
    pub(super) authorised: Authorised<Arc<CertifiedKey>>,
    /// Who looks at the certificates of servers that are known by their name alone.
    #[cfg(feature = "engine")]
    certificates: Option<Arc<ServerCertificates>>,
}

impl ClientConfig {
    /// Starts with the defaults of [`ClientSettings`], [`Deadlines`] and [`Limits`], and
    /// without any trust anchor.
    pub fn builder() -> ClientConfigBuilder {
        ClientConfigBuilder::default()
    }

    /// Judges what a server that is known by its name alone has shown to the engine. In a full
    /// handshake that has been done; what a resumed session brings along may have expired since.
    #[cfg(feature = "engine")]
    pub(super) fn judge_server(
        &self,
        host: &str,
        facts: &TlsFacts,
    ) -> Result<PeerValidation, CertificateError> {
        if !facts.resumed {
            return Ok(PeerValidation::Pkix);
        }
        match (&self.0.engine, &self.0.certificates) {
            (Some(engine), Some(certificates)) => {
                certificates.judge_again(&facts.peer_certificates, host, engine.current_time())
            }
            _ => Err(CertificateError::UnknownIssuer),
        }
    }
}

/// Collects what a [`ClientConfig`] is made of.
#[derive(Default)]
pub struct ClientConfigBuilder {
    settings: ClientSettings,
    deadlines: Deadlines,
    alpn: AlpnNames,
    policy: Policy,
    #[cfg(feature = "engine")]
    roots: Option<rustls::RootCertStore>,
    #[cfg(feature = "engine")]
    revocation: RevocationLists,
    #[cfg(feature = "engine")]
    authorised: Authorised<Arc<CertifiedKey>>,
    #[cfg(feature = "engine")]
    certificates_tls13_only: bool,
}

impl ClientConfigBuilder {
    /// Trusts these certificate authorities, in PEM, besides those given before.
    ///
    /// # Errors
    /// [`ErrorCode::NoTrustAnchor`] when one is unusable or there is none.
    #[cfg(feature = "engine")]
    pub fn ca_pem(&mut self, pem: &[u8]) -> Result<&mut Self, Error> {
        // On a copy: a text that is refused changes nothing.
        let mut roots = self.roots.clone().unwrap_or_else(rustls::RootCertStore::empty);
        anchors::add_pem(&mut roots, pem)?;
        self.roots = Some(roots);
        Ok(self)
    }

    /// Trusts the certificate authorities of the system's store, besides those given before.
    ///
    /// # Errors
    /// [`ErrorCode::NoTrustAnchor`] when the store has none.
    #[cfg(feature = "engine")]
    pub fn system_ca(&mut self) -> Result<&mut Self, Error> {
        let mut roots = self.roots.clone().unwrap_or_else(rustls::RootCertStore::empty);
        anchors::add_system(&mut roots)?;
        self.roots = Some(roots);
        Ok(self)
    }

    /// Certificates of servers that these lists name have been revoked (RFC 5280 §5): one list in DER,
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

    /// Authorises a certificate for an account: this chain, leaf first, and its private key, in PEM.
    ///
    /// It is sent on connections for exactly this account
    /// ([`crate::Connection::client_for_account`]), to a server that asks for it, and on no others
    /// (RFC 8314 §5.5). The account is a name of the host's choice. There may be many accounts, with
    /// one certificate each: a second one takes the place of the first.
    ///
    /// **Under TLS 1.2 a client's certificate crosses in clear** and shows everybody on the path who
    /// the user is; see [`Self::client_certificates_tls13_only`].
    ///
    /// # Errors
    /// [`ErrorCode::NoCertificate`] or [`ErrorCode::NoPrivateKey`] when they cannot be used or do not
    /// belong together; [`ErrorCode::InvalidArgument`] when the account is empty.
    #[cfg(feature = "engine")]
    pub fn client_certificate_pem(
        &mut self,
        account: &str,
        chain: &[u8],
        key: &[u8],
    ) -> Result<&mut Self, Error> {
        self.authorised.authorise(account, engine::identity(chain, key)?)?;
        Ok(self)
    }

    /// Whether connections that may show a certificate offer TLS 1.3 only, which hides it from the
    /// network. A server that has no better than TLS 1.2 is then not connected to. Default no.
    #[cfg(feature = "engine")]
    pub fn client_certificates_tls13_only(&mut self, only: bool) -> &mut Self {
        self.certificates_tls13_only = only;
        self
    }

    /// What TLS must be. The engine negotiates nothing that the policy refuses; what a host's own library
    /// has negotiated is judged before anything is said. Default: [`Policy::rfc8997`].
    ///
    /// It says nothing of certificates but how strong they must be: who the server must be is another
    /// question ([`crate::Target`]).
    pub fn policy(&mut self, policy: Policy) -> &mut Self {
        self.policy = policy;
        self
    }

    /// The ALPN names offered for a protocol, the preferred one first, in the place of its usual one
    /// ([`Protocol::alpn`]); with an empty list none is offered. A server that chooses what was not
    /// offered is refused.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for a name that is not between 1 and 255 octets long.
    pub fn alpn(&mut self, protocol: Protocol, names: &[&[u8]]) -> Result<&mut Self, Error> {
        self.alpn.replace(protocol, names)?;
        Ok(self)
    }

    /// Changes what the dialogues say and how far they go.
    pub fn settings(&mut self, change: impl FnOnce(&mut ClientSettings)) -> &mut Self {
        change(&mut self.settings);
        self
    }

    /// Changes the deadlines.
    pub fn deadlines(&mut self, change: impl FnOnce(&mut Deadlines)) -> &mut Self {
        change(&mut self.deadlines);
        self
    }

    /// Makes the configuration. Without a trust anchor it serves only connections on a host's
    /// own TLS ([`crate::Connection::client_on_host_tls`]).
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] naming the setting that is wrong.
    pub fn build(&self) -> Result<ClientConfig, Error> {
        self.settings.check().map_err(wrong_setting)?;
        check(&self.settings.limits, &self.deadlines)?;
        #[cfg(feature = "engine")]
        let verifier = self.roots.clone().map(|roots| {
            let algorithms = engine::provider().signature_verification_algorithms;
            Arc::new(Verifier::new(roots, &self.revocation, algorithms, &self.policy))
        });
        #[cfg(feature = "engine")]
        let certificates = verifier
            .as_ref()
            .map(|verifier| Arc::new(ServerCertificates::of_name_connected_to(Arc::clone(verifier))));
        Ok(ClientConfig(Arc::new(ClientParts {
            settings: Arc::new(self.settings.clone()),
            deadlines: self.deadlines.clone(),
            alpn: self.alpn.clone(),
            policy: self.policy.clone(),
            #[cfg(feature = "engine")]
            engine: certificates.as_ref().map(|c| self.engine(Arc::clone(c))).transpose()?,
            #[cfg(feature = "engine")]
            certificates,
            #[cfg(feature = "engine")]
            verifier,
            #[cfg(feature = "engine")]
            authorised: self.authorised.clone(),
        })))
    }

    #[cfg(feature = "engine")]
    fn engine(&self, verifier: Arc<ServerCertificates>) -> Result<ClientEngine, Error> {
        engine::client(ClientOptions {
            verifier,
            alpn: self.alpn.clone(),
            certificates_tls13_only: self.certificates_tls13_only,
            negotiable: Negotiable::by(&self.policy)?,
        })
    }
}

fn wrong_setting(which: &str) -> Error {
    Error::new(ErrorCode::InvalidArgument, format!("setting {which}"))
}

/// Refuses limits under which no session could succeed, and deadlines that never or always pass.
fn check(limits: &Limits, deadlines: &Deadlines) -> Result<(), Error> {
    let l = limits;
    let sizes = [
        l.imap_line,
        l.pop3_line,
        l.smtp_line,
        l.reply_line,
        l.sasl_line,
        l.literal,
        l.handshake,
        l.buffered,
    ];
    if sizes.iter().any(|size| !(128..=16_777_216).contains(size)) {
        return Err(Error::invalid("a limit in octets is not between 128 and 16777216"));
    }
    if l.scram_iterations < 4096 {
        return Err(Error::invalid("the limit of SCRAM iterations is below the 4096 of RFC 7677"));
    }
    if l.reply_lines == 0 || l.bad_commands == 0 || l.authentication_failures == 0 || l.sasl_rounds == 0 {
        return Err(Error::invalid("a limit is 0"));
    }
    // What must fit into the buffer for the dialogue to go on.
    if l.buffered < l.imap_line.max(l.sasl_line) + 2 * l.literal
        || l.buffered < l.pop3_line.max(l.smtp_line).max(l.reply_line)
    {
        return Err(Error::invalid("the limit `buffered` is smaller than what one command may take"));
    }
    let d = deadlines;
    if [d.handshake, d.greeting, d.command, d.authentication, d.close].contains(&0) {
        return Err(Error::invalid("a deadline is 0"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_are_named() {
        let reason = |change: fn(&mut ServerSettings)| {
            ServerConfig::builder().settings(change).build().err().map(|e| e.reason().to_owned())
        };
        assert_eq!(reason(|_| ()), None);
        assert_eq!(reason(|s| s.host_name = "a\r\nb".into()).as_deref(), Some("setting host_name"));
        assert_eq!(reason(|s| s.limits.bad_commands = 0).as_deref(), Some("a limit is 0"));
        assert!(reason(|s| s.limits.buffered = 1000).unwrap().contains("buffered"));
        assert!(ServerConfig::builder().deadlines(|d| d.close = 0).build().is_err());
        assert!(ServerConfig::builder().hand_off(HandOff::AfterGreeting).build().is_err());
        assert!(ClientConfig::builder().settings(|s| s.client_name = "a b".into()).build().is_err());
    }

    #[test]
    fn configurations_can_be_shared_by_threads() {
        fn shareable<T: Send + Sync + Clone>() {}
        shareable::<ServerConfig>();
        shareable::<ClientConfig>();
    }
}
