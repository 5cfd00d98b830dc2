//! What a client is configured with.

use super::{check, wrong_setting};
#[cfg(feature = "engine")]
use crate::account::client_certificate::Authorised;
use crate::dialogue::ClientSettings;
use crate::error::Error;
use crate::limits::Deadlines;
use crate::service::Protocol;
use crate::tls::alpn::AlpnNames;
#[cfg(feature = "engine")]
use crate::tls::config::{self as engine, ClientEngine, ClientOptions, Negotiable};
#[cfg(feature = "engine")]
use crate::tls::facts::{PeerValidation, TlsFacts};
#[cfg(feature = "engine")]
use crate::tls::failure::Failure;
use crate::tls::policy::Policy;
#[cfg(feature = "engine")]
use crate::trust::anchors::Anchors;
#[cfg(feature = "engine")]
use crate::trust::certified_key;
#[cfg(feature = "engine")]
use crate::trust::pem::Given;
#[cfg(feature = "engine")]
use crate::trust::revocation::{RevocationLists, UnknownRevocation};
#[cfg(feature = "engine")]
use crate::trust::server::ServerCertificates;
#[cfg(feature = "engine")]
use crate::trust::verifier::Verifier;
#[cfg(doc)]
use crate::{error::ErrorCode, limits::Limits};
#[cfg(feature = "engine")]
use rustls::sign::CertifiedKey;
use std::sync::Arc;

/// What a client needs to know before its first connection. Cloning shares it.
#[derive(Clone)]
pub struct ClientConfig(pub(in crate::connection) Arc<ClientParts>);

pub(in crate::connection) struct ClientParts {
    pub(in crate::connection) settings: Arc<ClientSettings>,
    pub(in crate::connection) deadlines: Deadlines,
    pub(in crate::connection) alpn: AlpnNames,
    pub(in crate::connection) policy: Policy,
    #[cfg(feature = "engine")]
    pub(in crate::connection) engine: Option<ClientEngine>,
    #[cfg(feature = "engine")]
    pub(in crate::connection) verifier: Option<Arc<Verifier>>,
    /// The client's own certificates.
    #[cfg(feature = "engine")]
    pub(in crate::connection) authorised: Authorised<Arc<CertifiedKey>>,
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
    pub(in crate::connection) fn judge_server(
        &self,
        host: &str,
        facts: &TlsFacts,
    ) -> Result<PeerValidation, Failure> {
        if !facts.resumed {
            return Ok(PeerValidation::Pkix);
        }
        match (&self.0.engine, &self.0.certificates) {
            (Some(engine), Some(certificates)) => {
                certificates.judge_again(&facts.peer_certificates, host, engine.current_time())
            }
            _ => Err(Failure::no_certificate()),
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
    anchors: Option<Anchors>,
    #[cfg(feature = "engine")]
    revocation: RevocationLists,
    #[cfg(feature = "engine")]
    authorised: Authorised<Arc<CertifiedKey>>,
    #[cfg(feature = "engine")]
    certificates_tls13_only: bool,
}

impl ClientConfigBuilder {
    /// Trusts these certificates, in PEM, besides those given before: chains to the authorities among them, and
    /// a server that shows exactly one of them, self-signed or from any authority, with CA:TRUE or without. Its
    /// name, its dates and its extended key usage are checked all the same, and so are revocation lists. It then
    /// counts as validated ([`PeerValidation::Pkix`]), for the host has chosen it. Certificates that cannot be
    /// read are passed over.
    ///
    /// An authority is a certificate with CA:TRUE (and keyCertSign, if it has a key usage), or one of version 1
    /// that is its own issuer; any other is trusted for itself alone (RFC 5280 §4.2.1.9).
    ///
    /// # Errors
    /// [`ErrorCode::NoTrustAnchor`] when none is usable.
    #[cfg(feature = "engine")]
    pub fn ca_pem(&mut self, pem: &[u8]) -> Result<&mut Self, Error> {
        self.ca_given(pem.into())
    }

    /// Likewise, from a file that reasons name.
    #[cfg(feature = "engine")]
    pub(crate) fn ca_given(&mut self, pem: Given<'_>) -> Result<&mut Self, Error> {
        // On a copy: a text that is refused changes nothing.
        let mut anchors = self.anchors.clone().unwrap_or_else(Anchors::none);
        anchors.add_pem(pem)?;
        self.anchors = Some(anchors);
        Ok(self)
    }

    /// Trusts the certificate authorities of the system's store, besides those given before.
    ///
    /// # Errors
    /// [`ErrorCode::NoTrustAnchor`] when the store has none.
    #[cfg(feature = "engine")]
    pub fn system_ca(&mut self) -> Result<&mut Self, Error> {
        let mut anchors = self.anchors.clone().unwrap_or_else(Anchors::none);
        anchors.add_system()?;
        self.anchors = Some(anchors);
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

    /// Authorises a certificate for an account: this chain, leaf first, and its private key, in PEM. The certificates
    /// after the leaf may be in any order: they are sent in the order that TLS 1.2 requires.
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
        self.client_certificate_given(account, chain.into(), key.into())
    }

    /// Likewise, from files that reasons name.
    #[cfg(feature = "engine")]
    pub(crate) fn client_certificate_given(
        &mut self,
        account: &str,
        chain: Given<'_>,
        key: Given<'_>,
    ) -> Result<&mut Self, Error> {
        self.authorised.authorise(account, certified_key::read(chain, key)?)?;
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
        let verifier = self.anchors.clone().map(|anchors| {
            let algorithms = engine::provider().signature_verification_algorithms;
            Arc::new(Verifier::new(anchors, &self.revocation, algorithms, &self.policy))
        });
        #[cfg(feature = "engine")]
        let certificates = verifier
            .as_ref()
            .map(|verifier| Arc::new(ServerCertificates::of_name_connected_to(Arc::clone(verifier))));
        #[cfg(feature = "engine")]
        let engine = match (&certificates, &verifier) {
            (Some(certificates), Some(verifier)) => Some(self.engine(certificates, verifier)?),
            _ => None,
        };
        Ok(ClientConfig(Arc::new(ClientParts {
            settings: Arc::new(self.settings.clone()),
            deadlines: self.deadlines.clone(),
            alpn: self.alpn.clone(),
            policy: self.policy.clone(),
            #[cfg(feature = "engine")]
            engine,
            #[cfg(feature = "engine")]
            certificates,
            #[cfg(feature = "engine")]
            verifier,
            #[cfg(feature = "engine")]
            authorised: self.authorised.clone(),
        })))
    }

    #[cfg(feature = "engine")]
    fn engine(
        &self,
        certificates: &Arc<ServerCertificates>,
        verifier: &Verifier,
    ) -> Result<ClientEngine, Error> {
        engine::client(ClientOptions {
            verifier: Arc::clone(certificates) as _,
            refusals: Arc::clone(verifier.refusals()),
            alpn: self.alpn.clone(),
            certificates_tls13_only: self.certificates_tls13_only,
            negotiable: Negotiable::by(&self.policy)?,
        })
    }
}
