//! What went wrong in the engine, as errors of ours with a reason that an operator can act on, and
//! the alerts that go with them.

use super::failure::Failure;
use super::registry::Alert;
use crate::error::{Error, ErrorCode};
use crate::text::printable;
use rustls::{AlertDescription, PeerIncompatible};

/// A failure of the engine that is not the peer's fault.
pub(super) fn internal(error: &rustls::Error) -> Error {
    Error::new(ErrorCode::Internal, error.to_string())
}

/// What a first byte that no TLS record can have tells of the peer.
pub(super) fn not_tls(first: Option<u8>) -> Option<&'static str> {
    match first? {
        0x14..=0x17 => None,
        b'A'..=b'Z' | b'a'..=b'z' | b'*' | b'+' | b'0'..=b'9' | b'\r' | b'\n' => {
            Some("cleartext where TLS must begin with the first byte")
        }
        0x80.. => Some("an SSLv2 hello or binary data where TLS must begin"),
        _ => Some("binary data where TLS must begin"),
    }
}

/// The alert that rustls sends for an error, where it can no longer be read off the wire.
pub(super) fn alert_for(error: &rustls::Error) -> Alert {
    use rustls::Error as E;
    let alert = match error {
        E::InvalidCertificate(why) => AlertDescription::from(why.clone()),
        E::InvalidMessage(why) => AlertDescription::from(*why),
        E::InappropriateMessage { .. } | E::InappropriateHandshakeMessage { .. } => {
            AlertDescription::UnexpectedMessage
        }
        E::DecryptError => AlertDescription::BadRecordMac,
        E::PeerSentOversizedRecord => AlertDescription::RecordOverflow,
        E::NoApplicationProtocol => AlertDescription::NoApplicationProtocol,
        E::NoCertificatesPresented => AlertDescription::CertificateRequired,
        E::PeerIncompatible(_) => AlertDescription::HandshakeFailure,
        E::PeerMisbehaved(_) => AlertDescription::IllegalParameter,
        _ => AlertDescription::InternalError,
    };
    Alert(u8::from(alert))
}

/// Our error for the engine's, with a reason that an operator can act on.
pub(crate) fn describe(error: &rustls::Error, not_tls: Option<&'static str>) -> Error {
    use rustls::Error as E;
    if let Some(what) = not_tls {
        return Error::new(ErrorCode::NotTls, what);
    }
    let (code, reason) = match error {
        E::AlertReceived(alert) => {
            let alert = Alert(u8::from(*alert));
            (ErrorCode::TlsAlertReceived, format!("the peer sent the alert {alert}"))
        }
        E::InvalidCertificate(why) => return Failure::of(why).into(),
        E::NoApplicationProtocol => {
            (ErrorCode::NoApplicationProtocol, "the peer offers only foreign application protocols".into())
        }
        E::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13) => {
            (ErrorCode::TlsPolicy, "the server offers nothing better than TLS 1.1 (RFC 8997)".into())
        }
        E::PeerIncompatible(why) => (ErrorCode::TlsPolicy, format!("nothing in common: {why:?}")),
        other => (ErrorCode::TlsProtocol, other.to_string()),
    };
    Error::new(code, printable(reason.as_bytes()))
}
