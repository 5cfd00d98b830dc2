//! Recognises other protocols where a mail protocol is expected (ALPACA, RFC 8314 §3).

/// Another protocol that the first bytes of a peer look like.
///
/// Returns its name as soon as the bytes are enough to tell, and never on a mere prefix of it.
pub(crate) fn recognise(first: &[u8]) -> Option<&'static str> {
    const HTTP: [&[u8]; 10] = [
        b"GET ",
        b"POST ",
        b"PUT ",
        b"HEAD ",
        b"OPTIONS ",
        b"CONNECT ",
        b"DELETE ",
        b"PATCH ",
        b"TRACE ",
        b"PRI * HTTP/",
    ];
    if HTTP.iter().any(|method| first.starts_with(method)) || first.starts_with(b"HTTP/") {
        return Some("HTTP");
    }
    // A TLS record: handshake or alert, major version 3.
    if matches!(first, [0x15 | 0x16, 3, ..]) {
        return Some("TLS");
    }
    first.starts_with(b"SSH-").then_some("SSH")
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
