//! What can happen to a connection: a symbol of the alphabet, and those that all machines share.

use crate::dialogue::Mechanism;
use crate::dialogue::states::State;
use crate::tls::facts::{PeerValidation, TlsFacts};
use crate::tls::registry::{CipherSuite, Version};

/// What is said of secrets: to be looked for where it must not be.
pub(super) const PASSWORD: &str = "pa55word";

/// Stands for [`PASSWORD`] in texts in base64: by itself, and in messages of `tim` by
/// PLAIN and OAUTHBEARER.
pub(super) const IN_BASE64: [&str; 3] =
    ["cGE1NXdvcmQ", "AHRpbQBwYTU1d29yZ", "bixhPXRpbSwBYXV0aD1CZWFyZXIgcGE1NXdvcm"];

/// What the peer puts into everything that it says in clear, and nowhere else.
pub(super) const CLEAR_WORD: &str = "CLEARWORD";

/// One thing that can happen.
pub(super) struct Symbol {
    pub(super) act: Act,
    /// What it may count as, in the words of the table; which of them, the state decides.
    pub(super) classes: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// The peer says it, inside TLS where TLS stands.
    Say(&'static str),
    /// The peer says the beginning of a line.
    Half(&'static str),
    /// The peer says the rest of it.
    Rest(&'static str),
    /// These bytes come over the network, past TLS.
    Wire(&'static [u8]),
    /// The peer's next flight of the handshake.
    Tls(Flight),
    CloseNotify,
    EndOfInput,
    Deadline,
    Host(Host),
    /// All that changes nothing: an empty input, a deadline that has not passed.
    Nothing,
}

/// What a flight of the peer's handshake is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flight {
    /// The next one, or what is left of it; of TLS 1.3 if it is the first.
    Next,
    /// The first of a peer that has only TLS 1.2.
    Tls12,
    /// The first half of the next one.
    Half,
    /// The first of a peer that is not to be trusted: its certificate is nobody's (a server), its
    /// ALPN names are foreign (a client).
    Untrusted,
}

/// What the host's own library has established.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HostTls {
    Good,
    /// With a certificate of the peer's that the library has validated.
    Certified,
    /// TLS 1.1.
    Old,
    /// With the ALPN name of another protocol.
    Foreign,
    /// With a server whose certificate the host's library has not validated.
    Unvalidated,
}

impl HostTls {
    pub(super) fn facts(self) -> TlsFacts {
        let version = if self == Self::Old { Version(0x0302) } else { Version::TLS_1_3 };
        let mut facts = TlsFacts::new(version, CipherSuite(0x1301));
        if self == Self::Certified {
            facts.peer_certificates.push(b"certificate".to_vec());
        }
        if self != Self::Unvalidated {
            facts.peer_validation = PeerValidation::Pkix;
        }
        facts.alpn = (self == Self::Foreign).then(|| b"http/1.1".to_vec());
        facts
    }
}

/// What the host does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    Accept,
    Reject,
    /// In its own mechanism.
    Challenge,
    /// The password is [`PASSWORD`].
    ScramPassword,
    AcceptCertificate {
        preauth: bool,
    },
    RefuseCertificate,
    /// Its own library has established TLS.
    TlsEstablished(HostTls),
    /// Its own library has failed.
    TlsFailed,
    AcceptServerCertificate,
    RefuseServerCertificate,
    /// In its own mechanism.
    Respond,
    Cancel,
    /// With [`PASSWORD`]; with an umlaut behind it, so that IMAP needs a literal, if set.
    Authenticate(Mechanism, bool),
    /// With credentials that fit no mechanism.
    AuthenticateUnfit,
    LogOut,
    Write,
    Close,
}

/// The mechanism that the host speaks itself.
pub(super) fn own_mechanism() -> Mechanism {
    Mechanism::raw("X-OWN").expect("a name")
}

pub(super) const fn say(text: &'static str, classes: &'static [&'static str]) -> Symbol {
    Symbol { act: Act::Say(text), classes }
}

/// A line in two parts.
pub(super) fn halves(
    first: &'static str,
    rest: &'static str,
    classes: &'static [&'static str],
) -> [Symbol; 2] {
    [Symbol { act: Act::Half(first), classes: &[] }, Symbol { act: Act::Rest(rest), classes }]
}

/// What all machines are tried with, whoever they are. `broken` is what a broken line counts as.
pub(super) fn shared(broken: &'static [&'static str]) -> Vec<Symbol> {
    use Act::{CloseNotify, Deadline, EndOfInput, Nothing, Tls, Wire};
    let mut symbols = vec![
        say("a NOOP\n", broken),
        say("a NO\rOP\r\n", broken),
        say("a \0NOOP\r\n", broken),
        say("<long>", broken),
        say("<long>\r\n", broken),
        // A record of the TLS handshake, then what no record begins with.
        Symbol { act: Wire(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"), classes: broken },
        Symbol { act: Wire(b"\xff\xfe\xfd\xfc\xfb\xfa\r\n"), classes: &[] },
        Symbol { act: Wire(b"\x15\x03\x03\x00\x02\x02\x28"), classes: broken },
    ];
    let acts = [
        Tls(Flight::Next),
        Tls(Flight::Tls12),
        Tls(Flight::Half),
        Tls(Flight::Untrusted),
        CloseNotify,
        EndOfInput,
        Deadline,
        Nothing,
    ];
    symbols.extend(acts.map(|act| Symbol { act, classes: &[] }));
    let host = [
        Host::Accept,
        Host::Reject,
        Host::Challenge,
        Host::ScramPassword,
        Host::AcceptCertificate { preauth: false },
        Host::AcceptCertificate { preauth: true },
        Host::RefuseCertificate,
        Host::TlsEstablished(HostTls::Good),
        Host::TlsEstablished(HostTls::Certified),
        Host::TlsEstablished(HostTls::Old),
        Host::TlsEstablished(HostTls::Foreign),
        Host::TlsEstablished(HostTls::Unvalidated),
        Host::TlsFailed,
        Host::AcceptServerCertificate,
        Host::RefuseServerCertificate,
        Host::Respond,
        Host::Cancel,
        Host::Authenticate(own_mechanism(), false),
        Host::Authenticate(Mechanism::Apop, false),
        Host::Authenticate(Mechanism::External, false),
        Host::Authenticate(Mechanism::OAuthBearer, false),
        Host::Authenticate(Mechanism::ScramSha1, false),
        Host::Authenticate(Mechanism::Password, false),
        Host::Authenticate(Mechanism::Password, true),
        Host::Authenticate(Mechanism::Plain, false),
        Host::Authenticate(Mechanism::Login, false),
        Host::AuthenticateUnfit,
        Host::LogOut,
        Host::Write,
        Host::Close,
    ];
    symbols.extend(host.map(|host| Symbol { act: Act::Host(host), classes: &[] }));
    symbols
}

impl Symbol {
    /// What it may count as in this state, by what it is and not by its words.
    pub(super) fn shared_classes(&self, from: State) -> &'static [&'static str] {
        match (self.act, from) {
            (Act::Host(Host::Close), _) => &["the host closes"],
            (Act::Host(Host::Accept), _) => {
                &["the host accepts", "the host accepts: SCRAM's last word", "too many challenges"]
            }
            (Act::Host(Host::Reject), _) => &[
                "the host rejects",
                "the host rejects: a token, or a user that there is not",
                "rejected too often",
                "too many challenges",
            ],
            (Act::Host(Host::Challenge | Host::ScramPassword), _) => {
                &["the host goes on: a challenge, a stored secret", "too many challenges"]
            }
            (Act::Host(Host::AcceptCertificate { .. } | Host::RefuseCertificate), _) => &[
                "the host says whom it is for, or that it is for nobody",
                "the host says whom it is for: PREAUTH",
            ],
            (Act::Host(Host::AcceptServerCertificate), _) => &[
                "the host accepts the certificate",
                "the host accepts the certificate, first of all",
                "the host accepts the certificate, after STARTTLS",
                "the host accepts the certificate, and wants no dialogue",
            ],
            (Act::Host(Host::RefuseServerCertificate), _) => &["the host refuses the certificate"],
            (Act::Host(Host::Respond), _) => &["the host responds"],
            (Act::Host(Host::Cancel), _) => &["the host cancels"],
            (Act::Host(Host::Authenticate(Mechanism::Apop, _)), _) => &["the host authenticates by APOP"],
            (Act::Host(Host::Authenticate(Mechanism::Password, _)), _) => {
                &["the host authenticates by LOGIN", "the host authenticates by USER, PASS"]
            }
            (Act::Host(Host::Authenticate(..)), _) => &[
                "the host authenticates by SASL",
                "the host authenticates by AUTH",
                "the host authenticates",
            ],
            (Act::Host(Host::LogOut), _) => &["the host logs out"],
            (
                Act::Host(Host::TlsFailed),
                State::Mapping | State::Tls(_) | State::Refused(_) | State::HandedOff,
            ) => &["broken TLS"],
            (_, State::HandedOff) => match self.act {
                Act::EndOfInput => &["TCP ends without close_notify", "plaintext, or its end"],
                Act::Wire(_) => &["broken TLS", "plaintext, or its end"],
                _ => &["plaintext, or its end"],
            },
            (Act::Deadline, _) => &["a deadline passes"],
            (Act::EndOfInput | Act::CloseNotify, _) => &["the peer closes", "TCP ends without close_notify"],
            (_, State::Handshake) => &[
                "TLS stands, with a client's certificate",
                "TLS stands; the host wants to judge the certificate",
                "TLS stands and is confidential",
                "TLS stands from the first byte",
                "TLS stands after STARTTLS",
                "TLS stands; the host wants no dialogue",
                "TLS stands, and is refused; that is explained",
                "the handshake goes on",
                "no TLS, or none to be trusted",
                "data behind STARTTLS, past the host's TLS",
            ],
            (Act::Wire(_), _) => &["broken TLS"],
            (_, State::Mapping) => &["what the client says is kept"],
            (_, State::Judging) => &["what the server says is kept"],
            _ => &[],
        }
    }

    /// Whether it may happen while half a line, or half a flight, has come.
    pub(super) fn fits_half(&self) -> bool {
        match self.act {
            Act::Tls(Flight::Next) => true,
            Act::Say(_) | Act::Half(_) | Act::Wire(_) | Act::Tls(_) => false,
            _ => true,
        }
    }
}
