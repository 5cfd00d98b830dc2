//! The connections that are walked: every mode, and every setting that leads to other states.

use super::peer::{Identity, Peers};
use super::symbol::{HostTls, own_mechanism};
use crate::connection::{ClientConfig, Connection, Party, ServerConfig};
use crate::dialogue::states::State;
use crate::dialogue::{HandOff, Mechanism, MechanismFloor, StartTlsUse};
use crate::limits::Limits;
use crate::{Mode, Protocol, Role, Service};

/// One configuration of the connection under test, with its peers.
#[allow(clippy::struct_excessive_bools)] // Settings, not states.
pub(super) struct Setting {
    pub(super) name: &'static str,
    pub(super) service: Service,
    pub(super) party: Party,
    pub(super) tls: Tls,
    /// Whether a state so many steps from the beginning is gone into, or left to another setting
    /// in which it is the same.
    pub(super) goes_into: fn(State, usize) -> bool,
    pub(super) timestamp: bool,
    /// Server: whether clients have certificates, and the host maps them.
    pub(super) mapping: bool,
    deferred: bool,
    /// Client: the least that an authentication must be.
    pub(super) floor: MechanismFloor,
    /// What the host's own TLS tells of the client's certificate.
    certificate_sent: bool,
    pub(super) peers: Peers,
}

/// Who brings TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    Engine,
    /// The host, when it is wanted.
    Host,
    /// The host, and it stands already.
    Stands,
}

fn everywhere(_: State, _: usize) -> bool {
    true
}

/// What comes before TLS, and no further than into it.
fn before_tls(state: State, _: usize) -> bool {
    !matches!(state, State::Tls(_))
}

/// The handshake, and what is behind it on refused TLS.
fn without_tls(state: State, _: usize) -> bool {
    !matches!(state, State::Clear(_) | State::Tls(_))
}

/// The handshake, the first state behind it, and the ends.
fn around_handshake(state: State, steps: usize) -> bool {
    !matches!(state, State::Tls(_)) || steps < 2
}

/// The handshake, and what comes of the first things that happen behind it.
fn behind_handshake(state: State, steps: usize) -> bool {
    !matches!(state, State::Tls(_)) || steps < 4
}

/// Small, so that each is reached within a few steps.
fn limits() -> Limits {
    Limits {
        imap_line: 200,
        pop3_line: 128,
        smtp_line: 128,
        reply_line: 200,
        sasl_line: 200,
        literal: 128,
        reply_lines: 3,
        bad_commands: 2,
        authentication_failures: 2,
        sasl_rounds: 2,
        scram_iterations: 4096,
        handshake: 16_384,
        buffered: 512,
    }
}

/// Longer than any line may be.
pub(super) const TOO_LONG: usize = 220;

/// What is different from one setting to the next.
#[derive(Clone, Copy)]
#[allow(clippy::struct_excessive_bools)] // Settings, not states.
struct Choice {
    name: &'static str,
    tls: Tls,
    goes_into: fn(State, usize) -> bool,
    hand_off: HandOff,
    starttls: StartTlsUse,
    limits: fn(&mut Limits),
    utf8: bool,
    certificate: bool,
    /// Server: clients have certificates, and the host maps them.
    mapping: bool,
    /// Client: the host judges the server's certificate.
    deferred: bool,
    /// Client, on the host's TLS: it has shown a certificate.
    shows_certificate: bool,
    /// POP3 server: the greeting has a time stamp.
    timestamp: bool,
    /// Server: a client on refused TLS is told why.
    explains: bool,
    /// Client: the least that an authentication must be.
    floor: MechanismFloor,
}

/// Everything as it is most often, with the host's TLS.
const USUAL: Choice = Choice {
    name: "",
    tls: Tls::Host,
    goes_into: everywhere,
    hand_off: HandOff::AfterAuthentication,
    starttls: StartTlsUse::Required,
    limits: |_| {},
    utf8: false,
    certificate: true,
    mapping: false,
    deferred: false,
    shows_certificate: false,
    timestamp: false,
    explains: false,
    floor: MechanismFloor::Any,
};

/// The machines are walked with the host's TLS, which is as good and faster, and once more with the
/// engine: the handshake and what is around it, and all that is behind STARTTLS, where nothing is
/// counted.
fn choices(role: Role, mode: Mode) -> Vec<Choice> {
    let least = |limits: &mut Limits| {
        limits.sasl_rounds = 1;
        limits.bad_commands = 1;
        limits.authentication_failures = 1;
    };
    let no_counting = |limits: &mut Limits| {
        limits.reply_lines = 100;
        limits.bad_commands = 100;
        limits.authentication_failures = 100;
    };
    let (engine, utf8, certificate) = (Choice { tls: Tls::Engine, ..USUAL }, true, false);
    let (transparent, after_greeting) = (HandOff::Transparent, HandOff::AfterGreeting);
    let mut all = match mode {
        Mode::ImplicitTls => vec![
            Choice { name: "the host's TLS", utf8, ..USUAL },
            Choice { name: "TLS stands", tls: Tls::Stands, goes_into: around_handshake, ..USUAL },
            Choice { name: "the least limits", limits: least, ..USUAL },
            Choice { name: "the engine", goes_into: around_handshake, ..engine },
            Choice { name: "no dialogue", hand_off: transparent, ..USUAL },
            Choice { name: "no dialogue, the engine", hand_off: transparent, ..engine },
        ],
        Mode::StartTls => vec![
            Choice { name: "the host's TLS", limits: no_counting, ..USUAL },
            Choice { name: "the engine", limits: no_counting, ..engine },
            Choice { name: "the least limits", goes_into: before_tls, limits: least, ..USUAL },
            Choice { name: "no dialogue", hand_off: transparent, ..USUAL },
            Choice { name: "no dialogue, the engine", hand_off: transparent, ..engine },
        ],
    };
    match (role, mode) {
        (Role::Client, Mode::ImplicitTls) => {
            all.push(Choice { name: "the greeting alone", hand_off: after_greeting, ..USUAL });
            let (deferred, goes_into) = (true, behind_handshake);
            all.push(Choice { name: "the host judges", deferred, goes_into, ..engine });
            let (tls, shows_certificate) = (Tls::Stands, true);
            let shown = Choice { tls, goes_into, shows_certificate, ..USUAL };
            all.push(Choice { name: "a certificate shown", ..shown });
            all.push(Choice { name: "a certificate and the greeting", hand_off: after_greeting, ..shown });
            let (floor, bound) = (MechanismFloor::Scram, MechanismFloor::BoundScram);
            all.push(Choice { name: "a certificate and a mechanism floor", floor, ..shown });
            all.push(Choice { name: "a mechanism floor", floor, limits: no_counting, ..USUAL });
            all.push(Choice { name: "a floor that nothing reaches", floor: bound, goes_into, ..USUAL });
        }
        (Role::Client, Mode::StartTls) => {
            let starttls = StartTlsUse::Opportunistic;
            all.push(Choice { name: "opportunistic", starttls, goes_into: before_tls, ..USUAL });
            all.push(Choice { name: "the greeting alone", hand_off: after_greeting, ..USUAL });
            let (deferred, hand_off) = (true, HandOff::Transparent);
            let judged = Choice { deferred, goes_into: around_handshake, ..engine };
            all.push(Choice { name: "the host judges", ..judged });
            all.push(Choice { name: "the host judges, and wants no dialogue", hand_off, ..judged });
        }
        (Role::Server, Mode::StartTls) => {
            all.push(Choice { name: "no certificate", certificate, ..engine });
            all.push(Choice {
                name: "refused TLS, explained",
                goes_into: without_tls,
                explains: true,
                ..USUAL
            });
        }
        (Role::Server, Mode::ImplicitTls) => {
            let (mapping, timestamp) = (true, true);
            let goes_into = behind_handshake;
            all.push(Choice { name: "certificates of clients", mapping, goes_into, ..USUAL });
            all.push(Choice { name: "certificates, the engine", mapping, goes_into, ..engine });
            all.push(Choice { name: "a time stamp", timestamp, goes_into, ..USUAL });
            all.push(Choice {
                name: "refused TLS, explained",
                goes_into: without_tls,
                explains: true,
                ..USUAL
            });
        }
    }
    all.retain(|choice| choice.tls != Tls::Engine || cfg!(feature = "engine"));
    all
}

/// All settings of a machine in a mode.
pub(super) fn settings(protocol: Protocol, role: Role, mode: Mode) -> Vec<Setting> {
    let identity = Identity::new();
    let service = Service::all().find(|s| (s.protocol(), s.mode()) == (protocol, mode)).expect("a service");
    let party = |choice: &Choice| match role {
        Role::Server => Party::Server(server(choice, &identity)),
        Role::Client => Party::Client(client(choice, &identity)),
    };
    let setting = |choice: Choice| Setting {
        name: choice.name,
        service,
        party: party(&choice),
        tls: choice.tls,
        goes_into: choice.goes_into,
        timestamp: choice.timestamp && protocol == Protocol::Pop3,
        mapping: choice.mapping,
        deferred: choice.deferred,
        floor: choice.floor,
        certificate_sent: choice.shows_certificate,
        peers: Peers::new(role, protocol, &identity, choice.mapping),
    };
    // Only IMAP has PREAUTH.
    let differs = |choice: &Choice| !choice.shows_certificate || protocol == Protocol::Imap;
    choices(role, mode).into_iter().filter(differs).map(setting).collect()
}

fn server(choice: &Choice, identity: &Identity) -> ServerConfig {
    let mut builder = ServerConfig::builder();
    builder.hand_off(choice.hand_off).explains_refused_tls(choice.explains).settings(|s| {
        s.limits = limits();
        (choice.limits)(&mut s.limits);
        s.pop3_utf8 = choice.utf8;
        s.scram_salts = "salts".into();
        s.sasl_mechanisms.extend([Mechanism::OAuthBearer, Mechanism::ScramSha1, own_mechanism()]);
    });
    if choice.certificate {
        certify(&mut builder, identity, choice.mapping);
    }
    builder.build().expect("a configuration")
}

fn client(choice: &Choice, identity: &Identity) -> ClientConfig {
    let mut builder = ClientConfig::builder();
    builder.settings(|s| {
        s.hand_off = choice.hand_off;
        s.starttls = choice.starttls;
        s.mechanism_floor = choice.floor;
        s.limits = limits();
        (choice.limits)(&mut s.limits);
    });
    trust(&mut builder, identity);
    builder.build().expect("a configuration")
}

#[cfg(feature = "engine")]
fn certify(builder: &mut crate::ServerConfigBuilder, identity: &Identity, mapping: bool) {
    let Identity { chain_pem, key_pem, .. } = identity;
    builder.certificate_pem(chain_pem.as_bytes(), key_pem.as_bytes()).expect("an identity").tickets(0);
    if mapping {
        // The client's certificate is the same.
        let refuse = crate::InvalidClientCertificate::Refuse;
        builder.client_certificates(chain_pem.as_bytes(), refuse).expect("an authority");
    }
}

#[cfg(not(feature = "engine"))]
fn certify(_: &mut crate::ServerConfigBuilder, _: &Identity, _: bool) {}

#[cfg(feature = "engine")]
fn trust(builder: &mut crate::ClientConfigBuilder, identity: &Identity) {
    builder.ca_pem(identity.chain_pem.as_bytes()).expect("an anchor");
}

#[cfg(not(feature = "engine"))]
fn trust(_: &mut crate::ClientConfigBuilder, _: &Identity) {}

impl Setting {
    pub(super) fn role(&self) -> Role {
        match self.party {
            Party::Server(_) => Role::Server,
            Party::Client(_) => Role::Client,
        }
    }

    /// Whether STARTTLS is to be had here, if it is for a server to say.
    pub(super) fn has_certificate(&self) -> bool {
        self.name != "no certificate"
    }

    /// A new connection.
    pub(super) fn connection(&self) -> Connection {
        let mut facts = HostTls::Good.facts();
        facts.client_certificate_sent = self.certificate_sent;
        match (&self.party, self.tls) {
            (Party::Server(config), Tls::Host) => {
                Ok(Connection::server_before_host_tls(config, self.service, 0))
            }
            (Party::Client(config), Tls::Host) => {
                Ok(Connection::client_before_host_tls(config, self.service, 0))
            }
            (Party::Server(config), Tls::Stands) => {
                Connection::server_on_host_tls(config, self.service, facts, 0)
            }
            (Party::Client(config), Tls::Stands) => {
                Connection::client_on_host_tls(config, self.service, facts, 0)
            }
            (party, Tls::Engine) => with_engine(party, self.service, self.deferred),
        }
        .map(|mut connection| {
            if self.timestamp {
                connection.set_apop_timestamp("<1.2@mail.example>").expect("before the greeting");
            }
            connection
        })
        .expect("a connection")
    }
}

#[cfg(feature = "engine")]
fn with_engine(party: &Party, service: Service, deferred: bool) -> Result<Connection, crate::Error> {
    match party {
        Party::Server(config) => Connection::server(config, service, 0),
        Party::Client(config) => {
            let target = crate::Target::new(service, super::peer::NAME)?;
            let target = if deferred { target.deferred() } else { target };
            Connection::client_to(config, &target, 0)
        }
    }
}

#[cfg(not(feature = "engine"))]
fn with_engine(_: &Party, _: Service, _: bool) -> Result<Connection, crate::Error> {
    Err(crate::Error::new(crate::ErrorCode::NoEngine, "without an engine"))
}
