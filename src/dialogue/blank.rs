//! Blanks around the words of a line: one or many, spaces or tabs.
//!
//! The grammars have exactly one space between two words and none at the end of a line. Widely used
//! clients and servers write more, and the meaning is still clear. Line ends are another matter (`line`).

use nom::IResult;
use nom::bytes::complete::take_while1;

/// A space or a tab.
pub(crate) fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t')
}

/// The blanks between two words, where the grammars have `SP`.
pub(crate) fn blanks(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while1(is_blank)(input)
}

/// The line without the blanks before its first word.
pub(crate) fn trim_start(line: &[u8]) -> &[u8] {
    let start = line.iter().position(|&b| !is_blank(b)).unwrap_or(line.len());
    line.get(start..).unwrap_or_default()
}

/// The line without the blanks behind its last word.
pub(crate) fn trim_end(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|&b| !is_blank(b)).map_or(0, |last| last + 1);
    line.get(..end).unwrap_or_default()
}

/// The line without the blanks at both ends.
pub(crate) fn trim(line: &[u8]) -> &[u8] {
    trim_end(trim_start(line))
}

/// The first word of a line.
pub(crate) fn first_word(line: &[u8]) -> &[u8] {
    trim_start(line).split(|&b| is_blank(b)).next().unwrap_or_default()
}

/// The words of a line.
pub(crate) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|&b| is_blank(b)).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        for (line, word, trimmed) in [
            (&b""[..], &b""[..], &b""[..]),
            (b" \t ", b"", b""),
            (b"NOOP", b"NOOP", b"NOOP"),
            (b"\t AUTH\t PLAIN  x \t", b"AUTH", b"AUTH\t PLAIN  x"),
        ] {
            assert_eq!((first_word(line), trim(line)), (word, trimmed));
            assert_eq!(words(line).next().unwrap_or_default(), word);
        }
        assert_eq!(words(b"\t a  b\tc ").collect::<Vec<_>>(), [b"a", b"b", b"c"]);
        assert!(blanks(b"x").is_err());
        assert_eq!(blanks(b" \tx"), Ok((&b"x"[..], &b" \t"[..])));
    }
}
