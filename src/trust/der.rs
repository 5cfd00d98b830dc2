//! The first elements of DER: enough to tell keys and archives from each other, no more.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
/// The context-specific tag [0], constructed.
pub(super) const CONTEXT_0: u8 = 0xa0;

/// The contents of an element with this tag, and what comes after it.
pub(super) fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = der.split_first_chunk()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |all, &octet| all << 8 | usize::from(octet)), rest)
        }
        _ => return None,
    };
    (found == tag).then_some(())?;
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        assert_eq!(element(INTEGER, b"\x02\x01\x05rest"), Some((&b"\x05"[..], &b"rest"[..])));
        let long = [&b"\x30\x81\x80"[..], &[7; 0x80], b"rest"].concat();
        assert_eq!(element(SEQUENCE, &long), Some((&[7; 0x80][..], &b"rest"[..])));
        for bad in [&b""[..], b"\x02", b"\x02\x02\x05", b"\x02\x80", b"\x02\x82\x01", b"\x04\x00"] {
            assert_eq!(element(INTEGER, bad), None);
        }
    }
}
