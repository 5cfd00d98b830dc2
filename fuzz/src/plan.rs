//! Decodes the first bytes of an input into what surrounds the peer: settings, decisions, chunks.
//!
//! Must never know what the peer says.

mod authentication;

use mailtls::{ClientConfig, HandOff, Limits, MechanismFloor, Protocol, Rejection, ServerConfig};

/// The password of a client, which nobody who does not know it will guess.
pub const PASSWORD: &str = "tanstaaf-7Qz-tanstaaf";
/// Another, which IMAP must send as a literal and POP3 cannot send at all.
pub const AWKWARD_PASSWORD: &[u8] = b"tanstaaf-7Qz-\xe9\"\r\n\\{3}";

/// What both have in common.
pub const PASSWORD_MARK: &[u8] = b"tanstaaf-7Qz";

pub use authentication::{Action, Knowledge, MECHANISMS, RAW, binding_data, shows_secret, stored_keys};

/// How many bytes at the front of an input make the plan.
const HEADER: usize = 10;

/// What surrounds the peer.
#[derive(Clone)]
pub struct Plan {
    digits: [u8; HEADER],
}

/// How an input ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Tcp,
    Deadlines,
    Close,
}

/// What the host of a server answers to credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accept,
    Reject(Rejection),
}

impl Plan {
    /// The plan, and what is left of the input; `None` when the input is too short for one.
    pub fn decode(data: &[u8]) -> Option<(Self, &[u8])> {
        let (header, rest) = data.split_at_checked(HEADER)?;
        let mut digits = [0; HEADER];
        for (digit, byte) in digits.iter_mut().zip(header) {
            *digit = byte & 0x0f;
        }
        Some((Self { digits }, rest))
    }

    fn flag(&self, bit: u8) -> bool {
        self.digits[0] & bit != 0
    }

    /// Whether output is taken in bits.
    pub fn lazy(&self) -> bool {
        self.flag(4)
    }

    pub fn end(&self) -> End {
        [End::Tcp, End::Deadlines, End::Close][usize::from(self.digits[1] % 3)]
    }

    /// The seed of the chunks that are not fixed.
    pub fn seed(&self) -> u64 {
        u64::from(self.digits[5]) * 16 + u64::from(self.digits[6])
    }

    /// How many milliseconds before a deadline the next bytes come, in the run with a clock;
    /// 0 is too late.
    pub fn slack(&self) -> u64 {
        u64::from(self.digits[7]) * 50
    }

    fn decision(&self, n: usize) -> u8 {
        self.digits[2 + n % 3]
    }

    pub fn verdict(&self, n: usize) -> Verdict {
        match self.decision(n) % 4 {
            0 => Verdict::Reject(Rejection::InvalidCredentials),
            1 => Verdict::Accept,
            2 => Verdict::Reject(Rejection::NotAuthorized),
            _ => Verdict::Reject(Rejection::TemporaryFailure),
        }
    }

    /// Whether the host of a server may take longer than the deadline.
    pub fn undecided(&self) -> bool {
        self.decision(0) & 8 != 0
    }

    /// Whether any decision has the awkward password.
    pub fn awkward(&self) -> bool {
        (0..3).any(|n| self.decision(n) & 8 != 0)
    }

    pub fn limits(&self) -> Limits {
        // More iterations than the fewest that there may be, but not so many that a run takes long.
        let default = Limits { scram_iterations: 8192, ..Limits::default() };
        if !self.flag(1) {
            return default;
        }
        Limits {
            imap_line: 192,
            pop3_line: 128,
            smtp_line: 128,
            reply_line: 160,
            sasl_line: 256,
            literal: 128,
            reply_lines: 4,
            bad_commands: 3,
            authentication_failures: 2,
            sasl_rounds: 1,
            handshake: 4096,
            buffered: 512,
            ..default
        }
    }

    /// The least that a client's authentication must be: a second use of the bits that decide on
    /// bindings, so that a bound floor comes with and without one.
    pub fn floor(&self) -> MechanismFloor {
        match (self.flag(8), self.digits[8] & 1) {
            (false, _) => MechanismFloor::Any,
            (true, 0) => MechanismFloor::Scram,
            (true, _) => MechanismFloor::BoundScram,
        }
    }

    /// Where the client's machine ends.
    pub fn hand_off(&self) -> HandOff {
        if self.flag(2) { HandOff::AfterGreeting } else { HandOff::AfterAuthentication }
    }

    pub fn server_config(&self, protocol: Protocol) -> ServerConfig {
        ServerConfig::builder()
            .settings(|s| {
                s.limits = self.limits();
                if self.flag(2) {
                    s.host_name = "mail.example".into();
                    s.imap_id = vec![("name".into(), "a \"quoted\\name".into())];
                    s.imap_capabilities = vec!["X-MORE".into()];
                    s.imap_authenticated_capabilities = vec!["IMAP4rev2".into(), "MOVE".into()];
                    s.pop3_capabilities = vec![".X".into(), "EXPIRE NEVER".into()];
                    s.pop3_implementation = Some("fuzzed".into());
                    s.pop3_utf8 = true;
                    s.smtp_keywords = vec!["SMTPUTF8".into()];
                    s.smtp_size = Some(0);
                    s.oauth_scope = Some("mail".into());
                    s.oauth_configuration = Some("https://example.com/openid".into());
                    s.password_commands = protocol == Protocol::Pop3;
                }
                s.sasl_mechanisms = self.offered();
                // The same at every run.
                s.scram_salts = "salts".into();
            })
            .build()
            .expect("the settings are right")
    }

    pub fn client_config(&self) -> ClientConfig {
        ClientConfig::builder()
            .settings(|s| {
                s.limits = self.limits();
                s.hand_off = self.hand_off();
                s.mechanism_floor = self.floor();
            })
            .build()
            .expect("the settings are right")
    }
}

/// Sizes without a pattern, always the same for a seed.
pub struct Sizes(u64);

impl Sizes {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From 1 to `most`.
    pub fn next(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        1 + (self.0 >> 33) as usize % most.max(1)
    }
}
