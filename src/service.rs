//! The mail services: protocol, mode, port, SRV label, ALPN name.
//!
//! One table, from RFC 8314 §7, RFC 6186, RFC 8997 and the IANA registries.
//! It must never know anything else of the crate.

use core::fmt;
use core::str::FromStr;

/// The mail protocol spoken on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// IMAP4rev1 (RFC 3501) and IMAP4rev2 (RFC 9051).
    Imap,
    /// POP3 (RFC 1939, RFC 2449).
    Pop3,
    /// SMTP message submission (RFC 5321, RFC 6409).
    Smtp,
}

/// How TLS comes to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// TLS starts with the first byte (RFC 8314 §3).
    ImplicitTls,
    /// A cleartext dialogue is upgraded by STARTTLS or STLS (RFC 2595, RFC 3207).
    StartTls,
}

/// The side of the connection this program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The mail server.
    Server,
    /// The mail user agent.
    Client,
}

/// One of the six mail access and submission services (RFC 8314 §7).
///
/// All of them are TCP services: udp/993 and udp/995 were given back (RFC 8314 §7.4).
///
/// ```
/// use mailtls::Service;
/// assert_eq!(Service::Submissions.port(), 465);
/// assert_eq!(Service::from_port(993), Some(Service::Imaps));
/// assert_eq!("pop3s".parse(), Ok(Service::Pop3s));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// IMAP over Implicit TLS, 993/tcp.
    Imaps,
    /// POP3 over Implicit TLS, 995/tcp.
    Pop3s,
    /// Submission over Implicit TLS, 465/tcp.
    Submissions,
    /// IMAP with STARTTLS, 143/tcp.
    Imap,
    /// POP3 with STLS, 110/tcp.
    Pop3,
    /// Submission with STARTTLS, 587/tcp.
    Submission,
}

struct Row {
    service: Service,
    name: &'static str,
    port: u16,
    protocol: Protocol,
    mode: Mode,
}

const TABLE: [Row; 6] = [
    Row {
        service: Service::Imaps,
        name: "imaps",
        port: 993,
        protocol: Protocol::Imap,
        mode: Mode::ImplicitTls,
    },
    Row {
        service: Service::Pop3s,
        name: "pop3s",
        port: 995,
        protocol: Protocol::Pop3,
        mode: Mode::ImplicitTls,
    },
    Row {
        service: Service::Submissions,
        name: "submissions",
        port: 465,
        protocol: Protocol::Smtp,
        mode: Mode::ImplicitTls,
    },
    Row { service: Service::Imap, name: "imap", port: 143, protocol: Protocol::Imap, mode: Mode::StartTls },
    Row { service: Service::Pop3, name: "pop3", port: 110, protocol: Protocol::Pop3, mode: Mode::StartTls },
    Row {
        service: Service::Submission,
        name: "submission",
        port: 587,
        protocol: Protocol::Smtp,
        mode: Mode::StartTls,
    },
];

impl Service {
    /// All services, Implicit TLS first.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.service)
    }

    fn row(self) -> &'static Row {
        // The table is in the order of the enum; a test holds it so.
        &TABLE[self as usize]
    }

    /// The service name registered with IANA: `imaps`, `submission` and so on.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The TCP port registered with IANA.
    pub fn port(self) -> u16 {
        self.row().port
    }

    /// The service that has this TCP port.
    ///
    /// Port 25 is relay, not one of the services here, and gives `None`.
    pub fn from_port(port: u16) -> Option<Self> {
        TABLE.iter().find(|row| row.port == port).map(|row| row.service)
    }

    /// The protocol spoken on it.
    pub fn protocol(self) -> Protocol {
        self.row().protocol
    }

    /// How TLS comes to it.
    pub fn mode(self) -> Mode {
        self.row().mode
    }
}

impl Protocol {
    /// The protocol spoken on a TCP port of mail: those of the six services, and 25 for relay.
    ///
    /// ```
    /// use mailtls::Protocol;
    /// assert_eq!(Protocol::from_port(25), Some(Protocol::Smtp));
    /// ```
    pub fn from_port(port: u16) -> Option<Self> {
        if port == 25 { Some(Self::Smtp) } else { Service::from_port(port).map(Service::protocol) }
    }

    /// The ALPN protocol name, as IANA has it registered for IMAP and POP3 (RFC 2595 entries).
    ///
    /// For SMTP none is registered; `smtp` is what deployed servers use.
    pub fn alpn(self) -> &'static [u8] {
        match self {
            Self::Imap => b"imap",
            Self::Pop3 => b"pop3",
            Self::Smtp => b"smtp",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is none of the six service names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownService;

impl fmt::Display for UnknownService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not one of imaps, pop3s, submissions, imap, pop3, submission")
    }
}

impl core::error::Error for UnknownService {}

impl FromStr for Service {
    type Err = UnknownService;

    fn from_str(s: &str) -> Result<Self, UnknownService> {
        TABLE.iter().find(|row| row.name == s).map(|row| row.service).ok_or(UnknownService)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_in_the_order_of_the_enum() {
        for (i, row) in TABLE.iter().enumerate() {
            assert_eq!(row.service as usize, i);
            assert_eq!(Service::from_port(row.port), Some(row.service));
            assert_eq!(row.name.parse(), Ok(row.service));
            assert_eq!(row.service.to_string(), row.name);
        }
    }

    #[test]
    fn ports_are_those_of_rfc_8314() {
        let ports: Vec<u16> = Service::all().map(Service::port).collect();
        assert_eq!(ports, [993, 995, 465, 143, 110, 587]);
        assert_eq!(Service::from_port(25), None);
    }

    #[test]
    fn implicit_tls_is_the_first_three() {
        for service in Service::all() {
            let implicit = matches!(service, Service::Imaps | Service::Pop3s | Service::Submissions);
            assert_eq!(service.mode() == Mode::ImplicitTls, implicit);
        }
    }
}
