//! What went wrong in the engine, as errors of ours with a reason that an operator can act on, and
//! the alerts that go with them.

use super::client_hello::LooksLike;
use super::failure::Failure;
use super::registry::Alert;
use crate::error::{Error, ErrorCode};
use rustls::{AlertDescription, InvalidMessage, PeerIncompatible, PeerMisbehaved};

/// A failure of the engine that is not the peer's fault.
pub(super) fn internal(_: &rustls::Error) -> Error {
    Error::new(ErrorCode::Internal, "the TLS engine could not begin a session")
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
///
/// The engine's own words (variants of its types) are for its authors and are not shown.
pub(crate) fn describe(error: &rustls::Error, offered: Option<String>) -> Error {
    use rustls::Error as E;
    let (code, reason) = match error {
        E::AlertReceived(alert) => {
            let alert = Alert(u8::from(*alert));
            let meaning = meaning(alert).map_or_else(String::new, |meaning| format!(": {meaning}"));
            (ErrorCode::TlsAlertReceived, format!("the peer sent the alert {alert}{meaning}"))
        }
        E::InvalidCertificate(why) => return Failure::of(why).into(),
        E::NoApplicationProtocol => {
            (ErrorCode::NoApplicationProtocol, "the peer offers only foreign application protocols".into())
        }
        E::PeerIncompatible(why) => {
            let offered = offered.map_or_else(String::new, |offered| format!("; {offered}"));
            (ErrorCode::TlsPolicy, format!("{}{offered}", incompatible(why)))
        }
        E::PeerMisbehaved(why) => (ErrorCode::TlsProtocol, misbehaved(why).into()),
        E::InvalidMessage(why) => (ErrorCode::TlsProtocol, malformed(why).into()),
        E::InappropriateMessage { .. } | E::InappropriateHandshakeMessage { .. } => {
            (ErrorCode::TlsProtocol, "the peer sent a TLS message that is not allowed at this point".into())
        }
        E::DecryptError => (
            ErrorCode::TlsProtocol,
            "a TLS record cannot be decrypted: it was damaged or forged on the way".into(),
        ),
        E::PeerSentOversizedRecord => {
            (ErrorCode::TlsProtocol, "the peer sent a TLS record that is larger than TLS allows".into())
        }
        E::NoCertificatesPresented => (ErrorCode::TlsProtocol, "the peer sent no certificate".into()),
        E::FailedToGetCurrentTime => (
            ErrorCode::TlsProtocol,
            "the system's clock cannot be read, so no certificate can be judged".into(),
        ),
        _ => (ErrorCode::TlsProtocol, "the TLS engine could not go on".into()),
    };
    Error::new(code, reason)
}

/// What the peer that sends an alert usually means by it.
fn meaning(alert: Alert) -> Option<&'static str> {
    Some(match alert.name()? {
        "handshake_failure" | "insufficient_security" => {
            "it accepts none of the versions, cipher suites or groups offered, or requires a certificate"
        }
        "protocol_version" => "it accepts none of the TLS versions offered",
        "bad_certificate" | "certificate_unknown" | "unsupported_certificate" => {
            "it does not accept the certificate that it was shown"
        }
        "unknown_ca" => "it does not trust the issuer of the certificate that it was shown",
        "certificate_expired" => "the certificate that it was shown has expired by its clock",
        "certificate_revoked" => "the certificate that it was shown has been revoked",
        "certificate_required" => "it requires a client certificate",
        "access_denied" => "it accepts the certificate, but does not let its owner in",
        "unrecognized_name" => "it does not serve the host name that it was asked for",
        "no_application_protocol" => "it accepts none of the ALPN names offered",
        "internal_error" => "it failed; its log may say why",
        _ => return None,
    })
}

fn incompatible(why: &PeerIncompatible) -> &'static str {
    use PeerIncompatible as P;
    match why {
        P::ServerDoesNotSupportTls12Or13 => "the server offers nothing better than TLS 1.1 (RFC 8997)",
        P::ServerTlsVersionIsDisabledByOurConfig => "the server chose a TLS version that the policy refuses",
        P::Tls12NotOffered | P::Tls12NotOfferedOrEnabled | P::SupportedVersionsExtensionRequired => {
            "no TLS version in common"
        }
        P::NoCipherSuitesInCommon => "no cipher suite in common",
        P::NoKxGroupsInCommon => "no key exchange group in common",
        P::NoEcPointFormatsInCommon | P::UncompressedEcPointsRequired => {
            "no uncompressed points of elliptic curves"
        }
        P::NoSignatureSchemesInCommon => "the client accepts no signature that the server's key can make",
        P::NoCertificateRequestSignatureSchemesInCommon => {
            "the server accepts no signature that the key of the client's certificate can make"
        }
        P::ExtendedMasterSecretExtensionRequired => {
            "the peer does not support extended_master_secret (RFC 7627), which the policy requires"
        }
        P::EcPointsExtensionRequired
        | P::KeyShareExtensionRequired
        | P::NamedGroupsExtensionRequired
        | P::SignatureAlgorithmsExtensionRequired => {
            "the peer does not send a TLS extension that is required"
        }
        P::NullCompressionRequired => "the peer offers TLS only with compression",
        _ => "the peer does not support something that is required in TLS",
    }
}

fn misbehaved(why: &PeerMisbehaved) -> &'static str {
    use PeerMisbehaved as P;
    match why {
        P::AttemptedDowngradeToTls12WhenTls13IsSupported => {
            "the server was made to believe that TLS 1.3 is not offered (RFC 9846 §4.2.3; possible attack)"
        }
        P::SelectedUnofferedCipherSuite | P::IllegalHelloRetryRequestWithUnofferedCipherSuite => {
            "the server chose a cipher suite that was not offered"
        }
        P::SelectedUnusableCipherSuiteForVersion => "the server chose a cipher suite of another TLS version",
        P::SelectedUnofferedKxGroup | P::IllegalHelloRetryRequestWithUnofferedNamedGroup => {
            "the server chose a key exchange group that was not offered"
        }
        P::SelectedUnofferedApplicationProtocol => "the server chose an ALPN name that was not offered",
        P::SignedHandshakeWithUnadvertisedSigScheme | P::SignedKxWithWrongAlgorithm => {
            "the peer signed with a scheme that was not offered"
        }
        P::InvalidKeyShare | P::MissingKeyShare | P::WrongGroupForKeyShare => {
            "the peer's key share is missing or invalid"
        }
        P::UnsolicitedCertExtension
        | P::UnsolicitedEncryptedExtension
        | P::UnsolicitedSctList
        | P::UnsolicitedServerHelloExtension
        | P::UnsolicitedEchExtension => "the server sent a TLS extension that was not asked for",
        P::TooManyEmptyFragments
        | P::TooManyKeyUpdateRequests
        | P::TooManyRenegotiationRequests
        | P::TooManyWarningAlertsReceived => "the peer sent too many TLS records that say nothing",
        _ => "the peer broke the rules of TLS",
    }
}

fn malformed(why: &InvalidMessage) -> &'static str {
    use InvalidMessage as I;
    match why {
        I::InvalidContentType | I::UnknownProtocolVersion => {
            "the peer sent something that is not a TLS record, or damaged"
        }
        I::MessageTooLarge | I::HandshakePayloadTooLarge | I::CertificatePayloadTooLarge => {
            "the peer sent a TLS message that is too large"
        }
        I::MessageTooShort | I::MissingData(_) => "the peer sent a TLS message that is cut short",
        I::InvalidServerName => "the client asked for a host name that is not a DNS name",
        I::DuplicateExtension(_) => "the peer sent a TLS extension twice",
        _ => "the peer sent a malformed TLS message",
    }
}
