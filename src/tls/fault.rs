//! What went wrong in the engine, as errors of ours with a reason that an operator can act on, and
//! the alerts that go with them.

use super::client_hello::LooksLike;
use super::failure::Failure;
use super::registry::Alert;
use crate::error::{Error, ErrorCode};
use crate::text::printable;
use rustls::{AlertDescription, PeerIncompatible};

/// A failure of the engine that is not the peer's fault.
pub(super) fn internal(error: &rustls::Error) -> Error {
    Error::new(ErrorCode::Internal, error.to_string())
}

/// Whether a first byte is one of a TLS record.
pub(super) fn begins_like_tls(first: u8) -> bool {
    matches!(first, 0x14..=0x17)
}

/// The peer began with something else.
pub(super) fn not_tls(what: LooksLike) -> Error {
    let reason = match what {
        LooksLike::Text => "cleartext where TLS must begin with the first byte".into(),
        LooksLike::Unknown => "binary data where TLS must begin".into(),
        what => format!("cleartext ({what}) where TLS must begin with the first byte"),
    };
    Error::new(ErrorCode::NotTls, reason)
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
/// `offered` is what the client offers, where it was refused for that.
pub(crate) fn describe(error: &rustls::Error, offered: Option<String>) -> Error {
    use rustls::Error as E;
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
        E::PeerIncompatible(why) => {
            let offered = offered.map_or_else(String::new, |offered| format!("; {offered}"));
            (ErrorCode::TlsPolicy, format!("nothing in common: {why:?}{offered}"))
        }
        other => (ErrorCode::TlsProtocol, other.to_string()),
    };
    Error::new(code, printable(reason.as_bytes()))
}
