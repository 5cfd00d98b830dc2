//! Makes a peer's bytes fit for a log line or a user's eyes; and hexadecimal digits.

use unicode_properties::{GeneralCategory as Category, UnicodeGeneralCategory as _};

/// Whether a terminal or a reader could be misled by this character, so that a peer's text must not be
/// shown with it.
///
/// These are controls (general category Cc), separators of lines and paragraphs (Zl, Zp), and whatever
/// turns the direction of writing or has no glyph: format characters (Cf) and the rest of
/// Default_Ignorable_Code_Point (DerivedCoreProperties.txt). The joiners U+200C and U+200D, which Persian
/// and some emoji need, are among them: a `?` in a name harms less than an invisible character.
pub(crate) fn is_unprintable(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    let category = c.general_category();
    matches!(
        category,
        Category::Control | Category::Format | Category::LineSeparator | Category::ParagraphSeparator
    ) || is_ignorable(c)
}

/// What is ignorable by default without being a format character: joiners, fillers, variation selectors,
/// and code points kept for more of these.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2065}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}')
}

/// The bytes as one line: what is not UTF-8 or not printable becomes `?`.
pub(crate) fn one_line(bytes: &[u8]) -> String {
    let shown = |c: char| if is_unprintable(c) || c == char::REPLACEMENT_CHARACTER { '?' } else { c };
    String::from_utf8_lossy(bytes).chars().map(shown).collect()
}

/// Likewise, cut after 200 characters.
pub(crate) fn printable(bytes: &[u8]) -> String {
    line_of_at_most(bytes, 200)
}

/// Likewise, cut after so many characters.
pub(crate) fn line_of_at_most(bytes: &[u8], most: usize) -> String {
    let mut line = one_line(bytes);
    if let Some((end, _)) = line.char_indices().nth(most) {
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
    /// All of Cf in Unicode 17.0 (UnicodeData.txt), and the separators.
    const FORMAT: &[core::ops::RangeInclusive<char>] = &[
        '\u{ad}'..='\u{ad}',
        '\u{600}'..='\u{605}',
        '\u{61c}'..='\u{61c}',
        '\u{6dd}'..='\u{6dd}',
        '\u{70f}'..='\u{70f}',
        '\u{890}'..='\u{891}',
        '\u{8e2}'..='\u{8e2}',
        '\u{180e}'..='\u{180e}',
        '\u{200b}'..='\u{200f}',
        '\u{2028}'..='\u{202e}',
        '\u{2060}'..='\u{206f}',
        '\u{feff}'..='\u{feff}',
        '\u{fff9}'..='\u{fffb}',
        '\u{110bd}'..='\u{110bd}',
        '\u{110cd}'..='\u{110cd}',
        '\u{13430}'..='\u{1343f}',
        '\u{1bca0}'..='\u{1bca3}',
        '\u{1d173}'..='\u{1d17a}',
        '\u{e0001}'..='\u{e0001}',
        '\u{e0020}'..='\u{e007f}',
    ];

    #[test]
    fn what_turns_or_hides_text_is_not_printable() {
        for c in FORMAT.iter().cloned().flatten() {
            assert_eq!(one_line(format!("a{c}b").as_bytes()), "a?b", "U+{:04X}", u32::from(c));
        }
        for c in ['\u{34f}', '\u{3164}', '\u{fe0f}', '\u{fff0}', '\u{e0100}', '\u{e0fff}'] {
            assert!(is_unprintable(c), "U+{:04X}", u32::from(c));
        }
        let plain = "Grüße, привет, 你好, שלום, مرحبا, नमस्ते, e\u{301}, 🔑, \u{a0}\u{3000}";
        assert_eq!(one_line(plain.as_bytes()), plain);
    }
}
