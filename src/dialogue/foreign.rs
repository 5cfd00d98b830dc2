//! Recognises other protocols where a mail protocol is expected (ALPACA, RFC 8314 §3).

use crate::tls::client_hello::LooksLike;

/// Another protocol that the first bytes of a peer look like.
///
/// Returns its name as soon as the bytes are enough to tell, and never on a mere prefix of it.
pub(crate) fn recognise(first: &[u8]) -> Option<&'static str> {
    // A TLS record: handshake or alert, major version 3.
    if matches!(first, [0x15 | 0x16, 3, ..]) {
        return Some("TLS");
    }
    match LooksLike::of(first) {
        what @ (LooksLike::Http | LooksLike::Ssh) => Some(what.name()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        assert_eq!(recognise(b"GET / HTTP/1.1\r\n"), Some("HTTP"));
        assert_eq!(recognise(b"POST /x HTTP/1.1\r\n"), Some("HTTP"));
        assert_eq!(recognise(b"PRI * HTTP/2.0\r\n"), Some("HTTP"));
        assert_eq!(recognise(b"HTTP/1.1 400 Bad\r\n"), Some("HTTP"));
        assert_eq!(recognise(b"\x16\x03\x01\x02\x00"), Some("TLS"));
        assert_eq!(recognise(b"SSH-2.0-OpenSSH"), Some("SSH"));
        for mail in ["EHLO a", "a1 LOGIN", "CAPA", "* OK hi", "+OK hi", "220 hi", "GET", "G", ""] {
            assert_eq!(recognise(mail.as_bytes()), None);
        }
    }
}
