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

/// Checks all that a client has said: whole lines without NUL.
pub fn check_client_lines(output: &[u8]) {
    for line in lines(output) {
        assert!(!line.is_empty() && !line.contains(&0), "not a command: {}", line.escape_ascii());
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
