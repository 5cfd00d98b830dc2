//! The numbers of the ABI: what C says and hears as integers.

use crate::dialogue::{HandOff, Means, Mechanism, MechanismFloor, Rejection};
use crate::error::Error;
use crate::limits::{Deadlines, Limits};
use crate::service::{Protocol, Service};
use core::ffi::CStr;

/// A mail service (RFC 8314 section 7). 0 is none of them.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_service {
    /// IMAP over Implicit TLS, 993/tcp.
    Imaps = 1,
    /// POP3 over Implicit TLS, 995/tcp.
    Pop3s = 2,
    /// Submission over Implicit TLS, 465/tcp.
    Submissions = 3,
    /// IMAP with STARTTLS, 143/tcp.
    Imap = 4,
    /// POP3 with STLS, 110/tcp.
    Pop3 = 5,
    /// Submission with STARTTLS, 587/tcp.
    Submission = 6,
}

/// A mail protocol.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_protocol {
    /// IMAP (RFC 9051, RFC 3501).
    Imap = 1,
    /// POP3 (RFC 1939).
    Pop3 = 2,
    /// SMTP submission (RFC 6409).
    Smtp = 3,
}

/// What mailtls_connection_poll_event tells.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_event {
    /// There is no event.
    None = 0,
    /// TLS stands, is acceptable, and the last flight of our handshake has been taken for sending.
    TlsEstablished = 1,
    /// Client: the server's greeting has come.
    Greeting = 2,
    /// Client: the capabilities are known; mailtls_connection_authenticate or
    /// mailtls_connection_log_out may follow.
    Capabilities = 3,
    /// Server: somebody wants to authenticate; mailtls_connection_accept or
    /// mailtls_connection_reject must follow.
    Credentials = 4,
    /// Client: the server refused the credentials; another attempt may be made.
    AuthenticationRefused = 5,
    /// Both: the authenticated state is reached.
    Authenticated = 6,
    /// From here on the plaintext is the host's: mailtls_connection_read and
    /// mailtls_connection_write.
    HandedOff = 7,
    /// The peer sent close_notify: no plaintext will follow what can be read now. It may come before
    /// the last plaintext has been read: mailtls_connection_read until it gives 0, then
    /// mailtls_connection_close, which drops what has not been read.
    PeerClosed = 8,
    /// The last event: send what is left to send, then close the socket.
    Closed = 9,
    /// Client, where TLS is opportunistic: the server has no STARTTLS.
    /// mailtls_connection_log_out or mailtls_connection_close may follow; nothing is
    /// authenticated in clear.
    ///
    /// Server, in the place of MAILTLS_EVENT_TLS_ESTABLISHED, where it was asked for
    /// (mailtls_server_config_builder_explains_refused_tls): the policy refuses the TLS of the host's own
    /// library, and the client is told so when it wants to authenticate. It comes no further.
    NotConfidential = 10,
    /// Server: somebody wants to authenticate by SCRAM, and the user's stored secret is wanted;
    /// mailtls_connection_scram_secret, mailtls_connection_scram_password or
    /// mailtls_connection_reject must follow. MAILTLS_EVENT_CREDENTIALS comes when the client has
    /// proved that it knows the password.
    SecretWanted = 11,
    /// Server: a client says something in a mechanism that the host speaks itself;
    /// mailtls_connection_send_challenge, mailtls_connection_accept or mailtls_connection_reject
    /// must follow.
    Response = 12,
    /// Client: the server says something in a mechanism that the host speaks itself;
    /// mailtls_connection_respond or mailtls_connection_cancel must follow.
    Challenge = 13,
    /// Server: the client has shown a valid certificate; mailtls_connection_accept_certificate or
    /// mailtls_connection_refuse_certificate must follow before anything is said. It does not come
    /// with MAILTLS_HAND_OFF_TRANSPARENT.
    ClientCertificate = 14,
    /// Server: the client has shown a certificate that is not valid, and is served like one that
    /// has shown none; mailtls_connection_certificate_reason tells why.
    ClientCertificateInvalid = 15,
    /// Client, where it was asked for (mailtls_target_deferred): TLS stands, and the checks of the
    /// server's certificate have been made; mailtls_connection_accept_server_certificate or
    /// mailtls_connection_refuse_server_certificate must follow before anything is said.
    ServerCertificate = 16,
    /// Where the host brings TLS with its own library: the handshake is to begin now. All that was
    /// said in clear has been taken for sending; what comes from the network from now on is the
    /// library's. mailtls_connection_tls_established or mailtls_connection_tls_failed must follow.
    TlsWanted = 17,
    /// Server: what the client offers is known, before anything is chosen of it or refused:
    /// mailtls_connection_client_hello. Sent once, and only for a well-formed ClientHello.
    ClientHello = 18,
    /// Client: the server says something to people: mailtls_connection_message_text and its siblings.
    /// An alert (mailtls_connection_message_is_alert) must be shown to the user (RFC 9051 section 7.1).
    /// It comes before the event that follows from it; nothing from before TLS is told.
    ServerMessage = 19,
    /// Client: the server has told with the log-in what it can do from now on, and
    /// mailtls_connection_capability tells that; the host need not send CAPABILITY again.
    /// MAILTLS_EVENT_AUTHENTICATED comes next.
    AuthenticatedCapabilities = 20,
}

/// How far mailtls goes before the host speaks for itself.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_hand_off {
    /// mailtls holds the dialogue until the authenticated state.
    AfterAuthentication = 0,
    /// Client: as soon as the greeting has been read and is not a refusal. IMAP's PREAUTH is told as
    /// MAILTLS_EVENT_AUTHENTICATED only where the client has shown its certificate; without that
    /// the host decides what to make of the greeting.
    AfterGreeting = 1,
    /// As soon as TLS stands and is judged.
    Transparent = 2,
}

/// The least that an authentication must be; below it a client sends no credentials, whatever the
/// server offers and whatever mechanism its host names.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_mechanism_floor {
    /// Every mechanism is admitted.
    Any = 0,
    /// "SCRAM-SHA-1", "SCRAM-SHA-256" and their PLUS forms: nobody gets the password, and only a server
    /// that has proved that it knows it is believed. Everything else is below it: passwords, APOP,
    /// tokens, EXTERNAL, mechanisms that the host speaks itself, and IMAP's PREAUTH.
    Scram = 1,
    /// "SCRAM-SHA-1-PLUS" and "SCRAM-SHA-256-PLUS" alone: the server that has proved that it knows the
    /// password is the other end of this TLS connection, with nobody between.
    BoundScram = 2,
}

/// How a server means a message.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_condition {
    /// There is no message.
    None = 0,
    /// IMAP "OK", POP3 "+OK", SMTP 2yz.
    Ok = 1,
    /// IMAP "NO", POP3 "-ERR", SMTP 4yz and 5yz. Untagged it is a warning.
    No = 2,
    /// IMAP "BAD": the server did not understand.
    Bad = 3,
    /// IMAP "BYE", SMTP 421: the server is about to close.
    Bye = 4,
}

/// Why a host rejects credentials.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_rejection {
    /// Unknown user or wrong password, never told apart.
    InvalidCredentials = 0,
    /// Authenticated, but may not act as that user.
    NotAuthorized = 1,
    /// The user data cannot be reached just now.
    TemporaryFailure = 2,
}

/// What a client has to authenticate with.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_means {
    /// A password.
    Password = 0,
    /// An OAuth 2.0 bearer token.
    Token = 1,
    /// A certificate, which TLS has already shown to the server.
    Certificate = 2,
}

/// What a server does with a client whose certificate is not valid. One that shows none is always
/// served.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_invalid_client_certificate {
    /// Refuses it in the handshake, with the alert that says why.
    Refuse = 0,
    /// Serves it like one that has shown none; MAILTLS_EVENT_CLIENT_CERTIFICATE_INVALID tells it.
    /// A client that does not hold the certificate's key is refused here as well.
    Anonymous = 1,
}

/// Whether a client's certificate went over a connection.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_client_certificate {
    /// None did.
    None = 0,
    /// It did, and nobody on the network could see it (TLS 1.3).
    Sent = 1,
    /// It did, and everybody on the network could see it (TLS 1.2; RFC 8314 section 4.2).
    SentInClear = 2,
}

/// What a server's greeting says.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_greeting_status {
    /// There is none yet.
    None = 0,
    /// The server is ready: OK, +OK, 220.
    Ready = 1,
    /// IMAP's PREAUTH: already authenticated, says the server. It is so when
    /// MAILTLS_EVENT_AUTHENTICATED follows: of a client that has shown no certificate it is not
    /// believed.
    Preauth = 2,
    /// The server does not want to serve: BYE, -ERR, 421, 554.
    Refused = 3,
}

/// A deadline, in milliseconds. None can be 0.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_deadline {
    /// From the beginning to the end of the TLS handshake: with Implicit TLS from the start of the
    /// connection, otherwise from where STARTTLS is agreed on. Default 30000.
    Handshake = 1,
    /// Client: until the server has greeted, from the end of the handshake with Implicit TLS, and
    /// from the start of the connection with STARTTLS. After STARTTLS no greeting comes: it is then
    /// the time from the end of the handshake to the server's first answer. Default 60000.
    Greeting = 2,
    /// From one command to the next (server), or to its answer (client). Default 60000.
    Command = 3,
    /// From the start to the end of authentication. Default 180000.
    Authentication = 4,
    /// From our close_notify to the peer's. Default 5000.
    Close = 5,
}

/// A limit on what a peer can make us hold or do before authentication.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_limit {
    /// Octets of an IMAP line. Default 8192.
    ImapLine = 1,
    /// Octets of a POP3 command line. Default 255.
    Pop3Line = 2,
    /// Octets of an SMTP command line. Default 2048.
    SmtpLine = 3,
    /// Octets of a POP3 or SMTP reply line. Default 2048.
    ReplyLine = 4,
    /// Octets of a line in a SASL exchange. Default 12288.
    SaslLine = 5,
    /// Octets of an IMAP literal. Default 4096.
    Literal = 6,
    /// Lines of one answer of a server. Default 128.
    ReplyLines = 7,
    /// Commands that make no sense. Default 10.
    BadCommands = 8,
    /// Refused authentications. Default 6.
    AuthenticationFailures = 9,
    /// Challenges of one SASL exchange. Default 16.
    SaslRounds = 10,
    /// Octets of a peer's side of the TLS handshake, and later of one TLS message that is not
    /// complete. Default 131072.
    Handshake = 11,
    /// Octets of plaintext, and of output, kept before no more input is wanted. Default 65536.
    Buffered = 12,
    /// Client: iterations of SCRAM that are computed for a server. Default 1000000.
    ScramIterations = 13,
}

pub(super) fn service(number: i32) -> Result<Service, Error> {
    Service::all().find(|s| c_service(*s) as i32 == number).ok_or(Error::invalid("not a service"))
}

pub(super) fn c_service(service: Service) -> mailtls_service {
    match service {
        Service::Imaps => mailtls_service::Imaps,
        Service::Pop3s => mailtls_service::Pop3s,
        Service::Submissions => mailtls_service::Submissions,
        Service::Imap => mailtls_service::Imap,
        Service::Pop3 => mailtls_service::Pop3,
        Service::Submission => mailtls_service::Submission,
    }
}

pub(super) fn protocol(number: i32) -> Result<Protocol, Error> {
    use mailtls_protocol as C;
    [(C::Imap, Protocol::Imap), (C::Pop3, Protocol::Pop3), (C::Smtp, Protocol::Smtp)]
        .into_iter()
        .find_map(|(c, protocol)| (c as i32 == number).then_some(protocol))
        .ok_or(Error::invalid("not a protocol"))
}

pub(super) fn means(number: i32) -> Option<Means> {
    use mailtls_means as C;
    [(C::Password, Means::Password), (C::Token, Means::Token), (C::Certificate, Means::Certificate)]
        .into_iter()
        .find_map(|(c, means)| (c as i32 == number).then_some(means))
}

/// A mechanism of mailtls's own by its name in C: "" is the protocol's own password command.
pub(super) fn mechanism_named(name: &str) -> Result<Mechanism, Error> {
    match name {
        "" => Ok(Mechanism::Password),
        apop if apop.eq_ignore_ascii_case("APOP") => Ok(Mechanism::Apop),
        sasl => {
            Mechanism::from_sasl_name(sasl.as_bytes()).ok_or(Error::invalid("the mechanism is not known"))
        }
    }
}

/// The name in C of a mechanism of mailtls's own; `None` for one that the host speaks itself.
pub(super) fn c_mechanism(mechanism: Mechanism) -> Option<&'static CStr> {
    Some(match mechanism {
        Mechanism::Password => c"",
        Mechanism::Apop => c"APOP",
        Mechanism::Plain => c"PLAIN",
        Mechanism::Login => c"LOGIN",
        Mechanism::External => c"EXTERNAL",
        Mechanism::OAuthBearer => c"OAUTHBEARER",
        Mechanism::XOAuth2 => c"XOAUTH2",
        Mechanism::ScramSha1 => c"SCRAM-SHA-1",
        Mechanism::ScramSha1Plus => c"SCRAM-SHA-1-PLUS",
        Mechanism::ScramSha256 => c"SCRAM-SHA-256",
        Mechanism::ScramSha256Plus => c"SCRAM-SHA-256-PLUS",
        Mechanism::Raw(_) => return None,
    })
}

pub(super) fn hand_off(number: i32) -> Result<HandOff, Error> {
    use mailtls_hand_off as C;
    [
        (C::AfterAuthentication, HandOff::AfterAuthentication),
        (C::AfterGreeting, HandOff::AfterGreeting),
        (C::Transparent, HandOff::Transparent),
    ]
    .into_iter()
    .find_map(|(c, hand_off)| (c as i32 == number).then_some(hand_off))
    .ok_or(Error::invalid("not a kind of hand-off"))
}

pub(super) fn mechanism_floor(number: i32) -> Result<MechanismFloor, Error> {
    use mailtls_mechanism_floor as C;
    [
        (C::Any, MechanismFloor::Any),
        (C::Scram, MechanismFloor::Scram),
        (C::BoundScram, MechanismFloor::BoundScram),
    ]
    .into_iter()
    .find_map(|(c, floor)| (c as i32 == number).then_some(floor))
    .ok_or(Error::invalid("not a mechanism floor"))
}

pub(super) fn rejection(number: i32) -> Result<Rejection, Error> {
    use mailtls_rejection as C;
    [
        (C::InvalidCredentials, Rejection::InvalidCredentials),
        (C::NotAuthorized, Rejection::NotAuthorized),
        (C::TemporaryFailure, Rejection::TemporaryFailure),
    ]
    .into_iter()
    .find_map(|(c, rejection)| (c as i32 == number).then_some(rejection))
    .ok_or(Error::invalid("not a rejection"))
}

/// Sets the deadline that `number` names.
pub(super) fn set_deadline(deadlines: &mut Deadlines, number: i32, milliseconds: u64) -> Result<(), Error> {
    use mailtls_deadline as C;
    let place = match number {
        n if n == C::Handshake as i32 => &mut deadlines.handshake,
        n if n == C::Greeting as i32 => &mut deadlines.greeting,
        n if n == C::Command as i32 => &mut deadlines.command,
        n if n == C::Authentication as i32 => &mut deadlines.authentication,
        n if n == C::Close as i32 => &mut deadlines.close,
        _ => return Err(Error::invalid("not a deadline")),
    };
    *place = milliseconds;
    Ok(())
}

/// Sets the limit that `number` names.
pub(super) fn set_limit(limits: &mut Limits, number: i32, value: u64) -> Result<(), Error> {
    use mailtls_limit as C;
    let size = usize::try_from(value).map_err(|_| Error::invalid("the limit is too large"))?;
    let count = u32::try_from(value).unwrap_or(u32::MAX);
    match number {
        n if n == C::ImapLine as i32 => limits.imap_line = size,
        n if n == C::Pop3Line as i32 => limits.pop3_line = size,
        n if n == C::SmtpLine as i32 => limits.smtp_line = size,
        n if n == C::ReplyLine as i32 => limits.reply_line = size,
        n if n == C::SaslLine as i32 => limits.sasl_line = size,
        n if n == C::Literal as i32 => limits.literal = size,
        n if n == C::ReplyLines as i32 => limits.reply_lines = size,
        n if n == C::BadCommands as i32 => limits.bad_commands = count,
        n if n == C::AuthenticationFailures as i32 => limits.authentication_failures = count,
        n if n == C::SaslRounds as i32 => limits.sasl_rounds = count,
        n if n == C::Handshake as i32 => limits.handshake = size,
        n if n == C::Buffered as i32 => limits.buffered = size,
        n if n == C::ScramIterations as i32 => limits.scram_iterations = count,
        _ => return Err(Error::invalid("not a limit")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_mechanisms_are_found_again() {
        for name in [
            "",
            "APOP",
            "PLAIN",
            "LOGIN",
            "EXTERNAL",
            "OAUTHBEARER",
            "XOAUTH2",
            "SCRAM-SHA-1",
            "SCRAM-SHA-1-PLUS",
            "SCRAM-SHA-256",
            "SCRAM-SHA-256-PLUS",
        ] {
            let found = mechanism_named(&name.to_lowercase()).unwrap();
            assert_eq!(c_mechanism(found).unwrap().to_str(), Ok(name));
            assert!(found.sasl_name().is_none_or(|sasl| sasl == name));
        }
        assert!(mechanism_named("CRAM-MD5").is_err());
        assert_eq!(c_mechanism(Mechanism::raw("PLAIN").unwrap()), None);
    }
}
