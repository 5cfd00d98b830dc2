//! What sessions with clients' certificates are made of: authorities, certificates with and without
//! flaws, and ends that use them.

use super::pair::{Pair, server_builder};
use crate::dialogue::{HandOff, Mechanism};
use crate::tls::policy::Policy;
use crate::tls::registry::Version;
use crate::{ClientConfig, Connection, InvalidClientCertificate, ServerConfig, Service};
use rustls::sign::CertifiedKey;
use std::sync::Arc;

pub(super) const ACCOUNT: &str = "tim@mail.example";

pub(super) const SERVICES: [Service; 6] =
    [Service::Imaps, Service::Pop3s, Service::Submissions, Service::Imap, Service::Pop3, Service::Submission];

/// Which versions of TLS a server has.
#[derive(Clone, Copy)]
pub(super) enum Versions {
    All,
    Tls12,
}

impl Versions {
    pub(super) fn policy(self) -> Policy {
        match self {
            Self::All => Policy::default(),
            Self::Tls12 => "rfc8997 -TLSv1.3".parse().expect("a policy"),
        }
    }
}

pub(super) const VERSIONS: [(Versions, Version); 2] =
    [(Versions::All, Version::TLS_1_3), (Versions::Tls12, Version::TLS_1_2)];

/// What is wrong with a client's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    None,
    Untrusted,
    Expired,
    ForServersOnly,
}

/// A certificate and its key, in PEM.
pub(super) struct Certified {
    pub(super) chain: String,
    pub(super) key: String,
}

/// A server's certificate, and an authority for clients.
pub(super) struct World {
    pub(super) server: rcgen::CertifiedKey<rcgen::KeyPair>,
    pub(super) authority: rcgen::CertifiedIssuer<'static, rcgen::KeyPair>,
    stranger: rcgen::CertifiedIssuer<'static, rcgen::KeyPair>,
}

fn authority(name: &str) -> rcgen::CertifiedIssuer<'static, rcgen::KeyPair> {
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    rcgen::CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate().expect("a key"))
        .expect("an authority")
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            server: rcgen::generate_simple_self_signed(vec!["mail.example".into()]).expect("a certificate"),
            authority: authority("Authority"),
            stranger: authority("Stranger"),
        }
    }

    pub(super) fn certificate(&self, flaw: Flaw) -> Certified {
        let mut params = rcgen::CertificateParams::new(vec![ACCOUNT.into()]).expect("a name");
        params.not_after = rcgen::date_time_ymd(if flaw == Flaw::Expired { 2020 } else { 2100 }, 1, 1);
        params.extended_key_usages = vec![if flaw == Flaw::ForServersOnly {
            rcgen::ExtendedKeyUsagePurpose::ServerAuth
        } else {
            rcgen::ExtendedKeyUsagePurpose::ClientAuth
        }];
        let issuer = if flaw == Flaw::Untrusted { &self.stranger } else { &self.authority };
        let key = rcgen::KeyPair::generate().expect("a key");
        let chain = params.signed_by(&key, issuer).expect("a certificate").pem();
        Certified { chain, key: key.serialize_pem() }
    }

    /// A server that asks for certificates, and does so with those that are not valid.
    pub(super) fn server(&self, invalid: InvalidClientCertificate, versions: Versions) -> ServerConfig {
        let mut builder = server_builder(&self.server);
        builder.client_certificates(self.authority.pem().as_bytes(), invalid).expect("an authority");
        builder.policy(versions.policy()).build().expect("a server")
    }

    /// A server that asks for none.
    pub(super) fn server_without_mapping(&self, versions: Versions) -> ServerConfig {
        server_builder(&self.server).policy(versions.policy()).build().expect("a server")
    }

    /// A client that may show such a certificate for the account.
    pub(super) fn client(&self, certified: &Certified, hand_off: HandOff) -> ClientConfig {
        let mut builder = ClientConfig::builder();
        builder
            .ca_pem(self.server.cert.pem().as_bytes())
            .and_then(|builder| {
                builder.client_certificate_pem(ACCOUNT, certified.chain.as_bytes(), certified.key.as_bytes())
            })
            .expect("good certificates");
        builder.settings(|s| s.hand_off = hand_off).build().expect("a client")
    }

    /// A connection to a server that asks, by a client with a certificate.
    pub(super) fn pair(&self, service: Service, server: &ServerConfig, flaw: Flaw) -> Pair {
        let client = self.client(&self.certificate(flaw), HandOff::AfterAuthentication);
        let mut pair = connect(server, &client, service);
        pair.client.attempts = vec![Mechanism::Plain];
        pair
    }

    /// What rustls's own client shows.
    pub(super) fn rustls_key(&self, flaw: Flaw) -> Arc<CertifiedKey> {
        let Certified { chain, key } = self.certificate(flaw);
        crate::trust::certified_key::read(chain.as_bytes().into(), key.as_bytes().into())
            .expect("a certificate")
    }

    /// Another implementation's client.
    pub(super) fn rustls_client(
        &self,
        resolver: Arc<dyn rustls::client::ResolvesClientCert>,
    ) -> Arc<rustls::ClientConfig> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.server.cert.der().clone()).expect("an anchor");
        let config = rustls::ClientConfig::builder_with_provider(crate::tls::config::provider())
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .expect("versions")
            .with_root_certificates(roots)
            .with_client_cert_resolver(resolver);
        Arc::new(config)
    }
}

pub(super) fn connect(server: &ServerConfig, client: &ClientConfig, service: Service) -> Pair {
    Pair::of(
        Connection::server(server, service, 0).expect("a server"),
        Connection::client_for_account(client, service, "mail.example", ACCOUNT, 0).expect("a client"),
    )
}
