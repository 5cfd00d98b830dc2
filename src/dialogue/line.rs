//! Line framing, strict and bounded: a line ends with CR LF and nothing else.
//!
//! A bare LF or CR, or a NUL, is never forgiven: two ends that see line ends in different
//! places is how commands are smuggled. Inside a line both roles are tolerant (`blank`).

use super::blank::first_word;
use crate::buffer::Buffer;
pub(crate) use crate::text::printable;
use zeroize::Zeroizing;

/// A line without its CR LF. It may hold a password and is wiped.
pub(crate) type Line = Zeroizing<Vec<u8>>;

/// Why there can be no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineFault {
    /// No line end within the limit.
    TooLong,
    /// LF without CR before it.
    BareLf,
    /// CR without LF after it.
    BareCr,
    /// A NUL byte.
    Nul,
}

impl LineFault {
    /// What to tell the peer and the log.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::TooLong => "line too long",
            Self::BareLf => "line ends with a bare LF",
            Self::BareCr => "CR without LF in a line",
            Self::Nul => "NUL byte in a line",
        }
    }
}

/// Length of the first line of `input`, line end included, or `None` when it is not all there.
///
/// `limit` counts the line end too.
pub(crate) fn line_length(input: &mut Buffer, limit: usize) -> Result<Option<usize>, LineFault> {
    let found = input.find_line_octet(limit);
    let bytes = input.as_slice();
    let full = bytes.len() >= limit;
    let Some(at) = found else {
        return if full { Err(LineFault::TooLong) } else { Ok(None) };
    };
    let seen = &bytes[..bytes.len().min(limit)];
    match (seen[at], seen.get(at + 1)) {
        (0, _) => Err(LineFault::Nul),
        (b'\n', _) => Err(LineFault::BareLf),
        (_, Some(b'\n')) => Ok(Some(at + 2)),
        (_, Some(_)) => Err(LineFault::BareCr),
        (_, None) if full => Err(LineFault::TooLong),
        (_, None) => Ok(None),
    }
}

/// Takes the first line from the front of `input`, if it is all there.
pub(crate) fn take_line(input: &mut Buffer, limit: usize) -> Result<Option<Line>, LineFault> {
    let Some(length) = line_length(input, limit)? else { return Ok(None) };
    let line = Zeroizing::new(input.as_slice()[..length - 2].to_vec());
    input.consume(length);
    Ok(Some(line))
}

/// How long a command of POP3 or SMTP may be, of which part has come. One with an initial response may be longer
/// than others (RFC 4954 §4, RFC 5034 §4).
#[derive(Default)]
pub(crate) struct CommandLimit {
    /// The answer, once so much has come that it depends on the first word.
    judged: Option<usize>,
}

impl CommandLimit {
    /// The bound of the command that `input` begins with; `others` is that of all but `AUTH`.
    ///
    /// Judged by the part that any command may have, so that chunks make no difference; and once, so that
    /// blanks are not looked through again for each octet that comes.
    pub(crate) fn of(&mut self, input: &[u8], others: usize, with_response: usize) -> usize {
        let Some(begin) = input.get(..others) else { return others };
        *self.judged.get_or_insert_with(|| {
            let is_auth = first_word(begin).eq_ignore_ascii_case(b"AUTH");
            if is_auth { others.max(with_response) } else { others }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line_length(bytes: &[u8], limit: usize) -> Result<Option<usize>, LineFault> {
        super::line_length(&mut buffer(bytes), limit)
    }

    fn buffer(bytes: &[u8]) -> Buffer {
        let mut buffer = Buffer::default();
        buffer.extend(bytes);
        buffer
    }

    #[test]
    fn known_answers() {
        assert_eq!(line_length(b"", 10), Ok(None));
        assert_eq!(line_length(b"abc", 10), Ok(None));
        assert_eq!(line_length(b"abc\r", 10), Ok(None));
        assert_eq!(line_length(b"abc\r\nx", 10), Ok(Some(5)));
        assert_eq!(line_length(b"\r\n", 10), Ok(Some(2)));
        assert_eq!(line_length(b"abc\n", 10), Err(LineFault::BareLf));
        assert_eq!(line_length(b"a\rb\r\n", 10), Err(LineFault::BareCr));
        assert_eq!(line_length(b"a\0", 10), Err(LineFault::Nul));
        assert_eq!(line_length(b"abcdefgh\r\n", 10), Ok(Some(10)));
        assert_eq!(line_length(b"abcdefghi\r\n", 10), Err(LineFault::TooLong));
        assert_eq!(line_length(b"abcdefghij", 10), Err(LineFault::TooLong));
        assert_eq!(line_length(b"abcdefghi\r", 10), Err(LineFault::TooLong));
    }

    #[test]
    fn the_first_word_decides_how_long_a_command_may_be() {
        for (line, limit) in [
            ("auth\tPLAIN AAAA", 20),
            ("  AUTH PLAIN", 20),
            ("    AUTH x", 20),
            ("     AUTH x", 8),
            ("          ", 8),
            ("AUTHENTICATE", 8),
            ("AUTH\r\nNOOP", 8),
            ("NOOP AUTH x", 8),
        ] {
            let mut command = CommandLimit::default();
            for end in 0..8 {
                assert_eq!(command.of(&line.as_bytes()[..end], 8, 20), 8, "{line:?}");
            }
            for end in 8..line.len() {
                assert_eq!(command.of(&line.as_bytes()[..end], 8, 20), limit, "{line:?}");
            }
        }
    }

    proptest! {
        /// A verdict on a prefix is never taken back when more bytes arrive.
        #[test]
        fn verdicts_are_final(bytes in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'a'), Just(0)], 0..14), cut in 0usize..14) {
            let prefix = &bytes[..cut.min(bytes.len())];
            match line_length(prefix, 10) {
                Ok(None) => {}
                verdict => prop_assert_eq!(verdict, line_length(&bytes, 10)),
            }
        }

        /// Nor does it depend on how the bytes arrive, or on what limit was asked for before.
        #[test]
        fn chunks_make_no_difference(bytes in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'a'), Just(0)], 0..14), other in 0usize..14) {
            let mut trickled = Buffer::default();
            for byte in &bytes {
                let _ = super::line_length(&mut trickled, other);
                trickled.extend(&[*byte]);
            }
            prop_assert_eq!(super::line_length(&mut trickled, 10), line_length(&bytes, 10));
        }
    }
}
