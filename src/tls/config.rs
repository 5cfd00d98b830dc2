//! Engine configurations: what rustls is told before a connection begins.
//!
//! Everything is loaded here, once: afterwards no file is read, and the 30 ms that the first
//! random byte of a process costs have been spent.

use crate::error::{Error, ErrorCode};
use crate::service::Protocol;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{self, Ticketer};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::sync::Arc;

/// The versions of RFC 8997: 1.2 and 1.3.
const VERSIONS: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];

const PROTOCOLS: [Protocol; 3] = [Protocol::Imap, Protocol::Pop3, Protocol::Smtp];

/// One engine configuration per protocol, which differ in their ALPN name.
#[derive(Clone)]
pub(crate) struct PerProtocol<C>([Arc<C>; 3]);

impl<C: Clone> PerProtocol<C> {
    fn new(config: &C, set_alpn: impl Fn(&mut C, Vec<Vec<u8>>)) -> Self {
        Self(PROTOCOLS.map(|protocol| {
            let mut config = config.clone();
            set_alpn(&mut config, vec![protocol.alpn().to_vec()]);
            Arc::new(config)
        }))
    }

    /// The configuration for this protocol.
    pub(crate) fn get(&self, protocol: Protocol) -> Arc<C> {
        // In the order of the enum, as PROTOCOLS is.
        Arc::clone(&self.0[protocol as usize])
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn unusable(code: ErrorCode, what: &str, why: impl core::fmt::Display) -> Error {
    Error::new(code, format!("{what}: {why}"))
}

/// Reads a certificate chain in PEM, leaf first.
fn parse_chain(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let chain = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| unusable(ErrorCode::NoCertificate, "certificate chain", e))?;
    if chain.is_empty() {
        return Err(unusable(
            ErrorCode::NoCertificate,
            "certificate chain",
            "no certificate in the PEM text",
        ));
    }
    Ok(chain)
}

/// What the server's side needs of a certificate chain and its key, both in PEM: that they are
/// usable and belong together is known from here on.
pub(crate) fn server_identity(chain: &[u8], key: &[u8]) -> Result<ServerConfig, Error> {
    let chain = parse_chain(chain)?;
    let key = PrivateKeyDer::from_pem_slice(key)
        .map_err(|e| unusable(ErrorCode::NoPrivateKey, "private key", e))?;
    ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(VERSIONS)
        .map_err(|e| unusable(ErrorCode::Internal, "engine", e))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|e| unusable(ErrorCode::NoPrivateKey, "certificate and private key", e))
}

/// Builds the server's side.
///
/// A client that offers only foreign ALPN names is refused with `no_application_protocol`
/// (ALPACA); one that offers none is served.
pub(crate) fn server(mut config: ServerConfig, tickets: usize) -> Result<PerProtocol<ServerConfig>, Error> {
    config.send_tls13_tickets = tickets;
    if tickets == 0 {
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    } else {
        // Stateless tickets: no session is held in memory.
        config.ticketer = Ticketer::new().map_err(|e| unusable(ErrorCode::Internal, "ticket key", e))?;
    }
    Ok(PerProtocol::new(&config, |config, alpn| config.alpn_protocols = alpn))
}

/// Builds the client's side from trust anchors.
pub(crate) fn client(roots: RootCertStore) -> Result<PerProtocol<ClientConfig>, Error> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(VERSIONS)
        .map_err(|e| unusable(ErrorCode::Internal, "engine", e))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(PerProtocol::new(&config, |config, alpn| config.alpn_protocols = alpn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_in_the_order_of_the_enum() {
        for (i, protocol) in PROTOCOLS.into_iter().enumerate() {
            assert_eq!(protocol as usize, i);
        }
    }

    #[test]
    fn says_what_is_missing() {
        let made = rcgen::generate_simple_self_signed(vec!["mail.example".into()]).unwrap();
        let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let code = |chain: &str, key: &str| {
            server_identity(chain.as_bytes(), key.as_bytes()).err().map(|e| e.code())
        };
        assert_eq!(code(&chain, &key), None);
        assert_eq!(code("", &key), Some(ErrorCode::NoCertificate));
        assert_eq!(code(&key, &key), Some(ErrorCode::NoCertificate));
        assert_eq!(code(&chain, ""), Some(ErrorCode::NoPrivateKey));
        assert_eq!(code(&chain, &chain), Some(ErrorCode::NoPrivateKey));
        let other = rcgen::KeyPair::generate().unwrap().serialize_pem();
        assert_eq!(code(&chain, &other), Some(ErrorCode::NoPrivateKey));
    }
}
