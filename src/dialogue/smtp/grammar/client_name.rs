//! How a client names itself. Does not depend on whether the name is true, or that of a host.

use crate::dialogue::blank::is_blank;
use crate::text::one_line;
use nom::bytes::complete::take_while1;
use nom::combinator::map;
use nom::{IResult, Parser};

/// Octets of a label at most: as many as a domain may have (RFC 5321 §4.5.3.1.2).
const LABEL_OCTETS: usize = 255;

/// What stands behind `EHLO` or `HELO`, up to the end of the line.
///
/// It should be a domain or an address literal (RFC 5321 §4.1.1.1). Many a client says the name of its
/// computer instead, whatever that is, or writes its literal wrong. It proves nothing, and the client of
/// a submission server authenticates anyway: the name is only a label, and any is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientName<'a>(&'a [u8]);

impl<'a> ClientName<'a> {
    /// The client's own name, which its settings have checked.
    pub(crate) fn of_settings(client_name: &'a str) -> Self {
        Self(client_name.as_bytes())
    }

    /// The name as it was sent.
    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// One line for logs and screens, of at most 255 octets: words with one space between them, where
    /// what cannot be printed is `?`.
    pub(crate) fn label(self) -> String {
        let words = self.0.split(|&b| is_blank(b)).filter(|word| !word.is_empty());
        let mut label = one_line(&words.collect::<Vec<_>>().join(&b' '));
        let ends = label.char_indices().map(|(at, c)| at + c.len_utf8());
        label.truncate(ends.take_while(|&end| end <= LABEL_OCTETS).last().unwrap_or_default());
        label
    }

    /// Reads what is left of a line that holds no control characters.
    pub(super) fn parse(input: &'a [u8]) -> IResult<&'a [u8], Self> {
        map(take_while1(|_| true), Self).parse(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_labels() {
        for (name, label) in [
            (&b"laptop.example.org"[..], "laptop.example.org"),
            (b"[IPv6:fe80::1%wlan0]", "[IPv6:fe80::1%wlan0]"),
            (b"mail.example.", "mail.example."),
            (b"Tims \t PC", "Tims PC"),
            ("Дмитрий-ПК".as_bytes(), "Дмитрий-ПК"),
            (b"B\xfcro-PC", "B?ro-PC"),
        ] {
            assert_eq!(ClientName(name).label(), label);
        }
        assert_eq!(ClientName(&[b'a'; 1000]).label().len(), 255);
        assert_eq!(ClientName("ж".repeat(200).as_bytes()).label(), "ж".repeat(127));
    }

    proptest! {
        #[test]
        fn labels_can_be_printed(name in proptest::collection::vec(any::<u8>(), 1..600)) {
            let label = ClientName(&name).label();
            prop_assert!(label.len() <= LABEL_OCTETS && !label.contains(char::is_control));
        }
    }
}
