//! Makes a peer's bytes fit for a log line or a user's eyes; and hexadecimal digits.

/// The bytes as one line: control and non-UTF-8 bytes become `?`.
pub(crate) fn one_line(bytes: &[u8]) -> String {
    let shown = |c: char| if c.is_control() || c == char::REPLACEMENT_CHARACTER { '?' } else { c };
    String::from_utf8_lossy(bytes).chars().map(shown).collect()
}

/// Likewise, cut after 200 characters.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let mut line = one_line(bytes);
    if let Some((end, _)) = line.char_indices().nth(200) {
        line.truncate(end);
    }
    line
}

/// The octet of two hexadecimal digits.
pub(crate) fn hex_octet(digits: &[u8]) -> Option<u8> {
    let value = |&digit: &u8| char::from(digit).to_digit(16).and_then(|v| u8::try_from(v).ok());
    match digits {
        [high, low] => Some(value(high)? << 4 | value(low)?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printable_is_one_short_line() {
        assert_eq!(printable(b"a\r\nb\x1b[31m\xffc"), "a??b?[31m?c");
        assert_eq!(printable(&[b'x'; 300]).len(), 200);
        assert_eq!(one_line("a\u{85}\tb".as_bytes()), "a??b");
    }
}
