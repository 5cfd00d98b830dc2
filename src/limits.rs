//! How much a peer may make us hold, and how long it may make us wait, before authentication.

/// Bounds on what a peer can make a connection hold or do before authentication.
///
/// Breaching one is the peer's fault and ends the connection ([`crate::ErrorCode::LimitExceeded`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of a command or reply line, line end included, for IMAP.
    /// Default 8192 (RFC 2683 §3.2.1.5 asks for 8000).
    pub imap_line: usize,
    /// Octets of a POP3 command line, line end included. Default 255 (RFC 2449 §4).
    pub pop3_line: usize,
    /// Octets of an SMTP command line, line end included. Default 2048
    /// (RFC 5321 §4.5.3.1.4 asks for 512, extensions add to it).
    pub smtp_line: usize,
    /// Octets of a reply line a client accepts from a POP3 or SMTP server. Default 2048
    /// (RFC 5321 §4.5.3.1.5 and RFC 2449 §4 ask for 512).
    pub reply_line: usize,
    /// Octets of a line inside a SASL exchange, a server's challenges included, or of a command with
    /// an initial response that a server accepts. Default 12288 (RFC 4954 §4, RFC 5034 §4). A client
    /// sends no longer commands than the protocols allow, whatever this is: 512 octets in SMTP, 255 in
    /// POP3, 8192 in IMAP.
    pub sasl_line: usize,
    /// Octets of one IMAP literal. Default 4096 (RFC 7888 §5, `LITERAL-`).
    pub literal: usize,
    /// Reply lines a client accepts for one answer. Default 128.
    pub reply_lines: usize,
    /// Commands a server cannot make sense of, before it ends the connection. Default 10.
    pub bad_commands: u32,
    /// Refused authentications before a server ends the connection. Default 6.
    pub authentication_failures: u32,
    /// Challenges in one SASL exchange. Default 16.
    pub sasl_rounds: u32,
    /// Iterations of SCRAM that a client computes, at most: a million take a good part of a second.
    /// Default 1000000.
    pub scram_iterations: u32,
    /// Octets a peer may send before the TLS handshake is complete, and later of one TLS message
    /// that is not complete. Default 131072.
    pub handshake: usize,
    /// Plaintext octets kept for the host, and output octets kept for the network, before the
    /// connection asks for no more input. Default 65536.
    pub buffered: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            imap_line: 8192,
            pop3_line: 255,
            smtp_line: 2048,
            reply_line: 2048,
            sasl_line: 12288,
            literal: 4096,
            reply_lines: 128,
            bad_commands: 10,
            authentication_failures: 6,
            sasl_rounds: 16,
            scram_iterations: 1_000_000,
            handshake: 131_072,
            buffered: 65_536,
        }
    }
}

/// Deadlines of a connection, each in milliseconds on the host's monotonic clock.
///
/// A value of 0 is refused: there is no waiting without end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// From the beginning to the end of the TLS handshake: with Implicit TLS from the start of the
    /// connection, otherwise from where STARTTLS is agreed on. Default 30 s.
    pub handshake: u64,
    /// Client: until the server has greeted, from the end of the handshake with Implicit TLS, and
    /// from the start of the connection with STARTTLS. After STARTTLS no greeting comes: it is then
    /// the time from the end of the handshake to the server's first answer. Default 60 s.
    pub greeting: u64,
    /// Server: from the end of one command to the end of the next. Client: from a command to
    /// the end of its answer. Default 60 s.
    pub command: u64,
    /// From the start to the end of authentication. Default 180 s.
    pub authentication: u64,
    /// From our close_notify to the peer's. Default 5 s.
    pub close: u64,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { handshake: 30_000, greeting: 60_000, command: 60_000, authentication: 180_000, close: 5_000 }
    }
}
