//! Small damages to a sentence.

use proptest::prelude::*;

/// Pieces that mean something somewhere in the field.
const TRICKY: [&[u8]; 56] = [
    b"\r",
    b"\n",
    b"\0",
    b"(",
    b")",
    b"\\",
    b"\"",
    b";",
    b"<",
    b">",
    b"[",
    b"]",
    b":",
    b"@",
    b",",
    b".",
    b"-",
    b"_",
    b" ",
    b"\t",
    b"\r\n",
    b"\r\n ",
    b" \r\n\t",
    b"()",
    b"\x7f",
    b"\x01",
    b"\x80",
    b"\xff",
    b"\xc0\x80",
    b"\xc2",
    "é".as_bytes(),
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    "\u{10ffff}".as_bytes(),
    b"\xe0\x9f\xbf",
    b"0",
    b"60",
    b"::",
    b"IPv6:",
    b" tls x",
    b" group x",
    b" via",
    b" with",
    b" id",
    b" for",
    b" x y",
    b"+",
    b"0x1301",
    b"([x:(])",
    b"([x:)])",
    b" (a [x:(])",
    b"\r\n\r\n",
    b" by b",
    b"<a@b>",
    b" (",
    b"\"a\"",
];

/// One damage. A place is taken modulo the length of the sentence.
#[derive(Debug, Clone)]
pub enum Mutation {
    Change { at: u16, octet: u8 },
    Insert { at: u16, tricky: usize },
    Overwrite { at: u16, tricky: usize },
    Delete { at: u16, length: u8 },
    Duplicate { from: u16, length: u8, to: u16 },
    Transplant { from: u16, length: u8, to: u16, instead_of: u8 },
}

pub fn mutation() -> impl Strategy<Value = Mutation> {
    use Mutation::{Change, Delete, Duplicate, Insert, Overwrite, Transplant};
    let place = any::<u16>;
    // Most octets outside ASCII only make it no UTF-8.
    let octet = prop_oneof![4 => 0..128_u8, 1 => any::<u8>()];
    prop_oneof![
        (place(), octet).prop_map(|(at, octet)| Change { at, octet }),
        (place(), 0..TRICKY.len()).prop_map(|(at, tricky)| Insert { at, tricky }),
        (place(), 0..TRICKY.len()).prop_map(|(at, tricky)| Overwrite { at, tricky }),
        (place(), 1..4_u8).prop_map(|(at, length)| Delete { at, length }),
        (place(), 1..20_u8, place()).prop_map(|(from, length, to)| Duplicate { from, length, to }),
        (place(), 1..20_u8, place(), 0..20_u8).prop_map(|(from, length, to, instead_of)| Transplant {
            from,
            length,
            to,
            instead_of
        }),
    ]
}

impl Mutation {
    /// Damages `sentence`; pieces come from `donor`.
    pub fn apply(&self, sentence: &mut Vec<u8>, donor: &[u8]) {
        let place = |at: u16, length: usize| usize::from(at) % (length + 1);
        let length = sentence.len();
        let (start, removed, put): (usize, usize, Vec<u8>) = match *self {
            Self::Change { at, octet } => (place(at, length), 1, vec![octet]),
            Self::Insert { at, tricky } => (place(at, length), 0, TRICKY[tricky].to_vec()),
            Self::Overwrite { at, tricky } => (place(at, length), 1, TRICKY[tricky].to_vec()),
            Self::Delete { at, length: removed } => (place(at, length), removed.into(), Vec::new()),
            Self::Duplicate { from, length: much, to } => {
                (place(to, length), 0, piece(sentence, place(from, length), much))
            }
            Self::Transplant { from, length: much, to, instead_of } => {
                (place(to, length), instead_of.into(), piece(donor, place(from, donor.len()), much))
            }
        };
        sentence.splice(start..length.min(start + removed), put);
    }
}

fn piece(text: &[u8], start: usize, length: u8) -> Vec<u8> {
    text[start..].iter().take(length.into()).copied().collect()
}
