//! A connection in one line, for the host's log (RFC 8314 §4.1; `docs/log-line.md`).

use super::Connection;
use crate::service::Role;
use crate::tls::facts::{PeerValidation, TlsFacts};
use crate::tls::policy::Standing;
use core::fmt::{self, Write};
use sha2::{Digest, Sha256};

impl Connection {
    /// What is known of the connection now, as `key=value` pairs with single spaces between them: the
    /// service, what TLS negotiated, what stands behind the peer's certificate, and how it ended. It is
    /// meant to be logged when TLS stands, with each authentication, and at the end.
    ///
    /// The keys come in this order, and only where there is something to say: `role`, `service`, `tls`
    /// (`none` before it stands), `suite`, `group`, `alpn`, `resumed`, `validation`, `certificate` (the
    /// SHA-256 of the peer's), `client_certificate_in_clear`, `policy` (where it does not accept
    /// all), `refused_in_clear`
    /// ([`Self::authentications_refused_in_clear`]), `check` (which one the server's certificate has not
    /// passed), `alert_sent`, `alert_received` (by name, or by number if it has no name), `error` (the
    /// number of [`crate::ErrorCode`]), `reason`. Names are IANA's. A value that is not of letters,
    /// digits and `._:/+-` alone stands in double quotes, in which `"` and `\` have a `\` before them,
    /// and an octet that is not printable ASCII is `\x` with two hexadecimal digits: whatever the peer
    /// says, it is one line and no other key. No secret is ever in it.
    ///
    /// ```
    /// use mailtls::tls::{facts::TlsFacts, registry::{CipherSuite, Version}};
    /// use mailtls::{Connection, ServerConfig, Service};
    /// let facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
    /// let config = ServerConfig::builder().build()?;
    /// let connection = Connection::server_on_host_tls(&config, Service::Imaps, facts, 0)?;
    /// assert_eq!(
    ///     connection.log_line(),
    ///     "role=server service=imaps tls=TLSv1.3 suite=TLS_AES_128_GCM_SHA256 resumed=no validation=none"
    /// );
    /// # Ok::<(), mailtls::Error>(())
    /// ```
    pub fn log_line(&self) -> String {
        let mut line = Line::default();
        line.put("role", if self.role() == Role::Server { "server" } else { "client" });
        line.put("service", self.service);
        match &self.facts {
            Some(facts) => {
                line.tls(facts);
                let standing = self.policy().judge(facts).standing();
                line.put_some("policy", Some(standing).filter(|s| *s != Standing::Accepted));
            }
            None => line.put("tls", "none"),
        }
        if self.refused_in_clear > 0 {
            line.put("refused_in_clear", self.refused_in_clear);
        }
        line.put_some("check", self.certificate_failure().map(|failure| failure.check().name()));
        line.put_some("alert_sent", self.alert_sent());
        line.put_some("alert_received", self.alert_received());
        if let Some(error) = &self.error {
            line.put("error", error.code().number());
            line.put("reason", error.reason());
        }
        line.0
    }
}

/// Pairs, as they are put down.
#[derive(Default)]
struct Line(String);

impl Line {
    fn put(&mut self, key: &str, value: impl fmt::Display) {
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        self.0.push_str(key);
        self.0.push('=');
        put_value(&mut self.0, &value.to_string());
    }

    fn put_some(&mut self, key: &str, value: Option<impl fmt::Display>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    fn tls(&mut self, facts: &TlsFacts) {
        self.put("tls", facts.version);
        self.put("suite", facts.cipher_suite);
        self.put_some("group", facts.group);
        self.put_some("alpn", facts.alpn.as_deref().map(Octets));
        self.put("resumed", if facts.resumed { "yes" } else { "no" });
        self.put(
            "validation",
            match facts.peer_validation {
                PeerValidation::None => "none",
                PeerValidation::Pkix => "pkix",
                PeerValidation::Dane => "dane",
                PeerValidation::Pin => "pin",
            },
        );
        self.put_some("certificate", facts.peer_certificates.first().map(|leaf| Fingerprint(leaf)));
        if facts.client_certificate_in_clear() {
            self.put("client_certificate_in_clear", "yes");
        }
    }
}

/// Each octet as the character of its number.
struct Octets<'a>(&'a [u8]);

impl fmt::Display for Octets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|&octet| f.write_char(char::from(octet)))
    }
}

/// The SHA-256 of a certificate, in hexadecimal.
struct Fingerprint<'a>(&'a [u8]);

impl fmt::Display for Fingerprint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Sha256::digest(self.0).iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

fn put_value(line: &mut String, value: &str) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:/+-".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        line.push_str(value);
        return;
    }
    line.push('"');
    for octet in value.bytes() {
        match octet {
            b'"' | b'\\' => line.extend(['\\', char::from(octet)]),
            b' '..=b'~' => line.push(char::from(octet)),
            // A String takes what is written into it.
            _ => _ = write!(line, "\\x{octet:02x}"),
        }
    }
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::registry::{CipherSuite, Group, Version};
    use crate::{ServerConfig, Service};
    use proptest::prelude::*;

    #[test]
    fn everything_there_is_to_say() {
        let config = ServerConfig::builder().build().expect("a configuration");
        let mut connection = Connection::server_on_host_tls(
            &config,
            Service::Submissions,
            TlsFacts {
                group: Some(Group(0x001d)),
                alpn: Some(b"smtp".to_vec()),
                resumed: true,
                peer_certificates: vec![b"certificate".to_vec()],
                client_certificate_sent: true,
                ..TlsFacts::new(Version::TLS_1_2, CipherSuite(0xc02f))
            },
            0,
        )
        .expect("a connection");
        let before = connection.log_line();
        let expected = "role=server service=submissions tls=TLSv1.2 \
                        suite=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 group=x25519 alpn=smtp resumed=yes \
                        validation=none \
                        certificate=03d66dd08835c1ca3f128cceacd1f31ac94163096b20f445ae84285bc0832d72 \
                        client_certificate_in_clear=yes";
        assert_eq!(before, expected);
        let error = connection.handle_input(b"GET / HTTP/1.1\r\n", 0).expect_err("another protocol");
        let reason = error.reason();
        assert_eq!(connection.log_line(), format!("{before} error=-133 reason=\"{reason}\""));
    }

    /// The pairs of a line, read as the document says.
    fn read(mut line: &str) -> Option<Vec<(String, Vec<u8>)>> {
        let mut pairs = Vec::new();
        loop {
            let (key, rest) = line.split_once('=')?;
            let (value, rest) = match rest.strip_prefix('"') {
                None => {
                    let end = rest.find(' ').unwrap_or(rest.len());
                    (rest.as_bytes()[..end].to_vec(), &rest[end..])
                }
                Some(mut rest) => {
                    let mut value = Vec::new();
                    loop {
                        let octet = *rest.as_bytes().first()?;
                        rest = &rest[1..];
                        match octet {
                            b'"' => break,
                            b'\\' if rest.starts_with('x') => {
                                value.push(u8::from_str_radix(rest.get(1..3)?, 16).ok()?);
                                rest = &rest[3..];
                            }
                            b'\\' => {
                                value.push(*rest.as_bytes().first()?);
                                rest = &rest[1..];
                            }
                            _ => value.push(octet),
                        }
                    }
                    (value, rest)
                }
            };
            pairs.push((key.to_owned(), value));
            if rest.is_empty() {
                return Some(pairs);
            }
            line = rest.strip_prefix(' ')?;
        }
    }

    proptest! {
        #[test]
        fn whatever_is_in_a_value_it_is_one_value(values in proptest::collection::vec(any::<String>(), 1..4)) {
            let mut line = Line::default();
            for value in &values {
                line.put("key", value);
            }
            prop_assert!(line.0.bytes().all(|octet| (b' '..=b'~').contains(&octet)));
            let expected: Vec<_> = values.iter().map(|v| ("key".to_owned(), v.clone().into_bytes())).collect();
            prop_assert_eq!(read(&line.0), Some(expected));
        }
    }
}
