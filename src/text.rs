//! Makes a peer's bytes fit for a log line or a user's eyes.

#[cfg(feature = "engine")]
/// The text with every control character turned into `?`.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Makes one printable line of a peer's bytes: control and non-UTF-8 bytes become `?`, and it is
/// cut after 200 characters.
pub(crate) fn printable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .map(|c| if c.is_control() || c == char::REPLACEMENT_CHARACTER { '?' } else { c })
        .take(200)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printable_is_one_short_line() {
        assert_eq!(printable(b"a\r\nb\x1b[31m\xffc"), "a??b?[31m?c");
        assert_eq!(printable(&[b'x'; 300]).len(), 200);
        assert_eq!(one_line("a\u{85}\tb"), "a??b");
    }
}
