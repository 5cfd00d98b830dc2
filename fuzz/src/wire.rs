//! What may be said on the wire: the shape of lines, and secrets that must not show.
//!
//! Must never know how the bytes came about.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mailtls::Protocol;

/// Checks all that a server has said before the hand-off: whole lines of printable ASCII, each
/// of a shape that the protocol has.
pub fn check_server_lines(protocol: Protocol, output: &[u8]) {
    let mut in_list = false;
    let mut code = None;
    for line in lines(output) {
        assert!(line.iter().all(|b| (0x20..0x7f).contains(b)), "not printable: {}", line.escape_ascii());
        let right = match protocol {
            Protocol::Imap => line.split(|&b| b == b' ').next().is_some_and(|tag| !tag.is_empty()),
            Protocol::Pop3 => pop3_line(line, &mut in_list),
            Protocol::Smtp => smtp_line(line, &mut code),
        };
        assert!(right, "not a line of {protocol:?}: {}", line.escape_ascii());
    }
    assert!(!in_list && code.is_none(), "the last reply is not complete");
}

/// Checks all that a client has said: whole lines without NUL; `empty` when an answer may be.
pub fn check_client_lines(output: &[u8], empty: bool) {
    for line in lines(output) {
        let right = (empty || !line.is_empty()) && !line.contains(&0);
        assert!(right, "not a command: {}", line.escape_ascii());
    }
}

/// The lines, each of which must end with CRLF and hold no other CR or LF.
fn lines(output: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = output.len().saturating_sub(2);
    assert!(output.is_empty() || &output[end..] == b"\r\n", "not whole lines: {}", output.escape_ascii());
    let mut rest = output;
    core::iter::from_fn(move || {
        let at = rest.windows(2).position(|w| w == b"\r\n")?;
        let line = &rest[..at];
        rest = &rest[at + 2..];
        assert!(!line.contains(&b'\r') && !line.contains(&b'\n'), "bare CR or LF: {}", line.escape_ascii());
        Some(line)
    })
}

/// A status, a challenge, or a line of a list, which ends with a dot (RFC 1939 §3).
fn pop3_line(line: &[u8], in_list: &mut bool) -> bool {
    if *in_list {
        *in_list = line != b".";
        return line == b"." || !line.starts_with(b".") || line.starts_with(b"..");
    }
    *in_list = line.ends_with(b" follow") || line.ends_with(b" follows");
    line == b"+OK" || line.starts_with(b"+OK ") || line.starts_with(b"-ERR ") || line.starts_with(b"+ ")
}

/// Code, hyphen or space, text; the same code in all lines of a reply (RFC 5321 §4.2).
fn smtp_line<'a>(line: &'a [u8], code: &mut Option<&'a [u8]>) -> bool {
    let (Some(number), Some(separator)) = (line.get(..3), line.get(3)) else { return false };
    let same = code.is_none_or(|code| code == number);
    *code = (*separator == b'-').then_some(number);
    same && number.iter().all(u8::is_ascii_digit) && matches!(separator, b' ' | b'-') && line.len() <= 510
}

/// Whether `needle` is in `bytes`.
pub fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    !needle.is_empty() && bytes.windows(needle.len()).any(|w| w == needle)
}

/// Whether `secret` is in `bytes` as it is, or in a word that is base64.
pub fn shows(bytes: &[u8], secret: &[u8]) -> bool {
    holds(bytes, secret)
        || bytes
            .split(|b| !(b.is_ascii_alphanumeric() || b"+/=".contains(b)))
            .any(|word| STANDARD.decode(word).is_ok_and(|decoded| holds(&decoded, secret)))
}

/// The output with SCRAM's nonces, and what is computed from it, made even.
pub fn without_nonces(output: &[u8]) -> Vec<u8> {
    let is_base64 = |b: &u8| b.is_ascii_alphanumeric() || b"+/=".contains(b);
    let mut even = Vec::with_capacity(output.len());
    for part in output.chunk_by(|a, b| is_base64(a) == is_base64(b)) {
        match STANDARD.decode(part).ok().and_then(|message| without_nonce(&message)) {
            Some(message) => even.extend_from_slice(&message),
            None => even.extend_from_slice(part),
        }
    }
    even
}

/// The octets of the nonces that mailtls makes.
pub const NONCE: usize = 32;

/// A message of SCRAM without what is random; `None` for any other.
fn without_nonce(message: &[u8]) -> Option<Vec<u8>> {
    let find = |what: &[u8]| message.windows(what.len()).rposition(|w| w == what);
    Some(match message {
        // server-first; the client's part of the nonce is what the client has said
        [b'r', b'=', ..] => {
            let end = message.windows(3).position(|w| w == b",s=")?;
            [b"r=?", &message[end..]].concat()
        }
        // server-final
        [b'v', b'=', ..] => b"v=?".to_vec(),
        // client-final
        [b'c', b'=', ..] => [&message[..find(b",r=")?], b",r=?,p=?"].concat(),
        // client-first
        _ if message.get(1).is_some() => {
            let end = find(b",r=")? + 3;
            (message.len() == end + NONCE).then(|| message[..end].to_vec())?
        }
        _ => return None,
    })
}

/// Base64 as it is sent.
pub fn base64(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

/// What a word of base64 stands for.
pub fn decoded(word: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode(word).ok()
}

/// The last line, without its end.
pub fn last_line(output: &[u8]) -> &[u8] {
    let output = output.strip_suffix(b"\r\n").unwrap_or(output);
    let start = output.windows(2).rposition(|w| w == b"\r\n").map_or(0, |at| at + 2);
    &output[start..]
}

/// The challenge that a server's last line is, decoded.
pub fn challenge(output: &[u8]) -> Option<Vec<u8>> {
    let line = last_line(output);
    decoded(line.strip_prefix(b"+ ").or(line.strip_prefix(b"334 "))?)
}

/// Checks that a server offers nothing in clear to authenticate with, nor goes on with it.
pub fn check_nothing_to_authenticate_with(protocol: Protocol, output: &[u8]) {
    for line in lines(output) {
        let shown = line.escape_ascii();
        let line = line.to_ascii_uppercase();
        let words = || line.split(|&b| b == b' ' || b == b'[' || b == b']');
        match protocol {
            // A literal of ID may be asked for.
            Protocol::Imap => {
                assert!(!line.starts_with(b"+") || line == b"+ GO AHEAD", "goes on: {shown}");
                // The first word may be a tag, which is the client's.
                let line = line.iter().position(|&b| b == b' ').map_or(&[][..], |space| &line[space + 1..]);
                let words = || line.split(|&b| b == b' ' || b == b'[' || b == b']');
                assert!(!words().any(|w| w.starts_with(b"AUTH=") || w == b"SASL-IR"), "{shown}");
                let tells = words().next() == Some(b"CAPABILITY") || holds(line, b"[CAPABILITY ");
                assert!(!tells || words().any(|w| w == b"LOGINDISABLED"), "log-in is open: {shown}");
            }
            Protocol::Pop3 => {
                assert!(!line.starts_with(b"+ "), "goes on: {shown}");
                let first = words().next().unwrap_or_default();
                assert!(![&b"SASL"[..], b"USER", b"APOP"].contains(&first), "offered: {shown}");
            }
            Protocol::Smtp => {
                assert!(!line.starts_with(b"334"), "goes on: {shown}");
                assert!(!line.starts_with(b"250-AUTH") && !line.starts_with(b"250 AUTH"), "offered: {shown}");
            }
        }
    }
}

/// Checks that a client says nothing in clear but what leads to TLS, or away.
pub fn check_way_to_tls(protocol: Protocol, output: &[u8]) {
    for line in lines(output) {
        let mut words = line.split(|&b| b == b' ');
        if protocol == Protocol::Imap {
            words.next();
        }
        let right: [&[u8]; 3] = match protocol {
            Protocol::Imap => [b"CAPABILITY", b"STARTTLS", b"LOGOUT"],
            Protocol::Pop3 => [b"CAPA", b"STLS", b"QUIT"],
            Protocol::Smtp => [b"EHLO", b"STARTTLS", b"QUIT"],
        };
        assert!(words.next().is_some_and(|w| right.contains(&w)), "in clear: {}", line.escape_ascii());
    }
}

/// Whether the last line is a server's consent to begin TLS.
pub fn ends_with_go_ahead(protocol: Protocol, output: &[u8]) -> bool {
    output.ends_with(match protocol {
        Protocol::Imap => b" OK begin TLS negotiation now\r\n",
        Protocol::Pop3 => b"+OK begin TLS\r\n",
        Protocol::Smtp => b"220 2.0.0 Ready to start TLS\r\n",
    })
}

/// All lines but the last.
pub fn without_last_line(output: &[u8]) -> &[u8] {
    let end = output.len().saturating_sub(2);
    let last = output[..end].windows(2).rposition(|w| w == b"\r\n").map_or(0, |at| at + 2);
    &output[..last]
}

/// Where records begin: a line has none of their types (RFC 9846 §5.1).
pub fn end_of_clear(output: &[u8]) -> usize {
    output.iter().position(|b| matches!(b, 0x14..=0x17)).unwrap_or(output.len())
}

/// Checks that the output is whole TLS records.
pub fn check_records(mut output: &[u8]) {
    while !output.is_empty() {
        let [0x14..=0x17, 3, _, high, low, rest @ ..] = output else {
            panic!("not a record: {}", output.escape_ascii());
        };
        let length = usize::from(*high) * 256 + usize::from(*low);
        assert!(length <= rest.len(), "half a record: {}", output.escape_ascii());
        output = &rest[length..];
    }
}
