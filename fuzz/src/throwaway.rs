//! A certificate for `mail.example`, and one of a client, whose private key everybody knows.
//!
//! Must never be used for anything but fuzzing.

use crate::plan::{MECHANISMS, RAW};
use mailtls::{ClientConfig, InvalidClientCertificate, Mechanism, ServerConfig, StartTlsUse};
use std::sync::OnceLock;

pub const CERTIFICATE: &[u8] = include_bytes!("../throwaway/certificate.pem");
const CLIENT_CERTIFICATE: &[u8] = include_bytes!("../throwaway/client-certificate.pem");
/// Of both.
const KEY: &[u8] = include_bytes!("../throwaway/key-known-to-everybody.pem");

/// The account that the client's certificate is for.
pub const ACCOUNT: &str = "tim@mail.example";

/// A server that has the certificate, asks clients for theirs, and offers every mechanism. Made once: what varies is the input, not the server. It
/// gives no tickets, so that no run knows of another.
pub fn server_config() -> &'static ServerConfig {
    static CONFIG: OnceLock<ServerConfig> = OnceLock::new();
    CONFIG.get_or_init(|| {
        let mut builder = ServerConfig::builder();
        let builder = builder.certificate_pem(CERTIFICATE, KEY).expect("the certificate is good");
        let own = Mechanism::raw(RAW).expect("it is a name");
        let named = |name: &str| Mechanism::from_sasl_name(name.as_bytes()).unwrap_or(own);
        builder.settings(|s| s.sasl_mechanisms = MECHANISMS.map(named).to_vec());
        let builder = builder
            .client_certificates(CLIENT_CERTIFICATE, InvalidClientCertificate::Refuse)
            .expect("the certificate is good");
        builder.tickets(0).build().expect("the settings are right")
    })
}

/// A client that trusts the certificate.
pub fn client_config() -> &'static ClientConfig {
    static CONFIG: OnceLock<ClientConfig> = OnceLock::new();
    CONFIG.get_or_init(|| make_client_config(StartTlsUse::Required))
}

/// The same, where TLS is opportunistic.
pub fn opportunistic_client_config() -> &'static ClientConfig {
    static CONFIG: OnceLock<ClientConfig> = OnceLock::new();
    CONFIG.get_or_init(|| make_client_config(StartTlsUse::Opportunistic))
}

fn make_client_config(starttls: StartTlsUse) -> ClientConfig {
    let mut builder = ClientConfig::builder();
    let builder = builder.ca_pem(CERTIFICATE).expect("the certificate is good");
    let builder =
        builder.client_certificate_pem(ACCOUNT, CLIENT_CERTIFICATE, KEY).expect("the certificate is good");
    builder.settings(|s| s.starttls = starttls).build().expect("the settings are right")
}
