//! The channel binding `tls-exporter` (RFC 9266) for connections of rustls that have no exporter.
//!
//! rustls's unbuffered connections do not export keying material. What they would make it of, the
//! exporter secret, passes through the key log of their configuration; from there it is taken, and
//! RFC 9846 §7.5 is done with the HKDF and the hash of rustls itself.

use crate::secret::Secret;
use rustls::crypto::tls13::OkmBlock;
use rustls::{KeyLog, SupportedCipherSuite, Tls13CipherSuite};
use std::sync::{Mutex, PoisonError};
use zeroize::Zeroizing;

/// The name that key logs have for exporter_master_secret. There is none under TLS 1.2.
const EXPORTER_SECRET: &str = "EXPORTER_SECRET";

/// RFC 9266 §2.
const LABEL: &[u8] = b"EXPORTER-Channel-Binding";
const LENGTH: u16 = 32;

/// The exporter secret of one connection, on its way from the engine to the binding.
#[derive(Debug, Default)]
pub(super) struct ExporterSecret(Mutex<Option<Secret>>);

impl KeyLog for ExporterSecret {
    fn will_log(&self, label: &str) -> bool {
        label == EXPORTER_SECRET
    }

    fn log(&self, label: &str, _client_random: &[u8], secret: &[u8]) {
        if label == EXPORTER_SECRET {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Secret::from(secret));
        }
    }
}

impl ExporterSecret {
    /// Makes the binding, once: the secret is wiped. `None` under TLS 1.2, where RFC 9266 asks
    /// for more than is known here.
    pub(super) fn binding(&self, suite: SupportedCipherSuite) -> Option<Secret> {
        let secret = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        export(suite.tls13()?, &OkmBlock::new(secret.as_bytes()))
    }
}

/// TLS-Exporter with the label of RFC 9266 and an empty context (RFC 9846 §7.5).
fn export(suite: &'static Tls13CipherSuite, secret: &OkmBlock) -> Option<Secret> {
    let empty = suite.common.hash_provider.hash(b"");
    let hash_length = u16::try_from(empty.as_ref().len()).ok()?;
    let derived = suite.hkdf_provider.expander_for_okm(secret).expand_block(&[&hkdf_label(
        hash_length,
        LABEL,
        empty.as_ref(),
    )?]);
    let mut binding = Zeroizing::new([0; LENGTH as usize]);
    suite
        .hkdf_provider
        .expander_for_okm(&derived)
        .expand_slice(&[&hkdf_label(LENGTH, b"exporter", empty.as_ref())?], binding.as_mut())
        .ok()?;
    Some(Secret::from(binding.as_ref()))
}

/// The structure HkdfLabel (RFC 9846 §7.1).
fn hkdf_label(length: u16, label: &[u8], context: &[u8]) -> Option<Vec<u8>> {
    let mut info = length.to_be_bytes().to_vec();
    for part in [&[b"tls13 ", label].concat(), context] {
        info.push(u8::try_from(part.len()).ok()?);
        info.extend_from_slice(part);
    }
    Some(info)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exporter_secret_is_taken_and_only_once() {
        let secret = ExporterSecret::default();
        for label in ["CLIENT_RANDOM", "CLIENT_TRAFFIC_SECRET_0", "SERVER_HANDSHAKE_TRAFFIC_SECRET"] {
            assert!(!secret.will_log(label));
            secret.log(label, &[0; 32], &[1; 32]);
        }
        let suite = rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;
        assert_eq!(secret.binding(suite), None);
        assert!(secret.will_log(EXPORTER_SECRET));
        secret.log(EXPORTER_SECRET, &[0; 32], &[1; 32]);
        assert!(!format!("{secret:?}").contains('1'));
        assert_eq!(secret.binding(suite).map(|binding| binding.as_bytes().len()), Some(32));
        assert_eq!(secret.binding(suite), None);
    }
}
