//! A certificate for `mail.example` whose private key everybody knows.
//!
//! Must never be used for anything but fuzzing.

use mailtls::{ClientConfig, ServerConfig};
use std::sync::OnceLock;

pub const CERTIFICATE: &[u8] = include_bytes!("../throwaway/certificate.pem");
const KEY: &[u8] = include_bytes!("../throwaway/key-known-to-everybody.pem");

/// A server that has the certificate. Made once: what varies is the input, not the server. It
/// gives no tickets, so that no run knows of another.
pub fn server_config() -> &'static ServerConfig {
    static CONFIG: OnceLock<ServerConfig> = OnceLock::new();
    CONFIG.get_or_init(|| {
        let mut builder = ServerConfig::builder();
        let builder = builder.certificate_pem(CERTIFICATE, KEY).expect("the certificate is good");
        builder.tickets(0).build().expect("the settings are right")
    })
}

/// A client that trusts the certificate.
pub fn client_config() -> &'static ClientConfig {
    static CONFIG: OnceLock<ClientConfig> = OnceLock::new();
    CONFIG.get_or_init(|| {
        let mut builder = ClientConfig::builder();
        let builder = builder.ca_pem(CERTIFICATE).expect("the certificate is good");
        builder.build().expect("the settings are right")
    })
}
