//! Mutations of the corpus of Received fields bring no panic, and nothing that is not one field.
//!
//! A few by default, the same at every run. All ten million take minutes:
//! `MAILTLS_MUTATIONS=10000000 cargo test --release --test received_mutations -- --nocapture`

use mailtls::trace::{Hop, HopReport, Received};
use std::fs;
use std::path::Path;

const FEW: u64 = 20_000;

/// What readers stumble over.
const TRICKY: [&[u8]; 18] = [
    b"\r\n", b"\r", b"\n", b"\r\n ", b"\0", b"(", b")", b"\\", b"\"", b";", b"<", b">", b"[", b"]", b"\xff",
    b"\xc3", b" by ", b" tls ",
];

fn fields() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/received");
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("the corpus").map(|file| file.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    let texts = paths.iter().map(|path| fs::read_to_string(path).expect("a text"));
    let blocks: Vec<String> =
        texts.flat_map(|text| text.split("\n\n").map(str::to_owned).collect::<Vec<_>>()).collect();
    let field = |block: &String| {
        let lines = block.lines().filter(|line| !line.starts_with(['#', '=']));
        lines.flat_map(|line| [line, "\r\n"]).collect::<String>().into_bytes()
    };
    blocks.iter().map(field).filter(|field| !field.is_empty()).collect()
}

/// Xorshift: the same numbers at every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or(0) % end.max(1)
    }
}

fn mutate(field: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = random.below(field.len());
    let end = at + random.below(field.len() - at + 1).min(40);
    match random.below(7) {
        0 if at < field.len() => field[at] ^= 1 << random.below(8),
        1 if at < field.len() => field[at] = u8::try_from(random.below(256)).unwrap_or(0),
        2 => drop(field.drain(at..end)),
        3 => field.extend_from_within(at..end),
        4 => field.truncate(at),
        5 => {
            let from = random.below(other.len());
            drop(field.splice(at..end, other[from..].iter().take(60).copied()));
        }
        _ => drop(field.splice(at..at, TRICKY[random.below(TRICKY.len())].iter().copied())),
    }
}

#[test]
fn no_mutation_of_the_corpus_brings_a_panic() {
    let count = std::env::var("MAILTLS_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(FEW);
    let fields = fields();
    assert!(fields.len() > 200);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut strict = 0u64;
    for _ in 0..count {
        let mut field = fields[random.below(fields.len())].clone();
        for _ in 0..=random.below(4) {
            let other = random.below(fields.len());
            mutate(&mut field, &fields[other], &mut random);
        }
        match Received::parse(&field) {
            Ok(received) => {
                strict += 1;
                assert_eq!(Received::parse(received.to_field().as_bytes()), Ok(received));
            }
            Err(error) => assert!(error.at() <= field.len()),
        }
        let hop = Hop::read(&field);
        assert!(hop.protection().tls().and_then(|tls| tls.cipher()).is_none_or(|cipher| cipher.len() <= 80));
        let report = HopReport::of_message(&field, 1);
        assert!(report.weakest().is_none_or(|hop| hop < report.hops().len()));
    }
    assert!(strict > count / 100 && strict < count, "{strict} of {count} are of the grammar");
    println!("{count} mutated fields, {strict} of them of the grammar");
}
