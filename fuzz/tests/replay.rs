//! Every file of every corpus through the body of its target, as it is and mutated.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long all mutations together may take.
const MUTATING: Duration = Duration::from_secs(16);

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let entries = std::fs::read_dir(&folder).expect("each target has a corpus");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).expect("readable"))).collect()
}

/// Its own, or one for all whose names begin alike; a fuzzer does not begin without.
#[test]
fn every_target_has_a_dictionary() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("dictionaries");
    for (target, _) in mailtls_fuzz::TARGETS {
        let first = target.split('_').next().expect("a word");
        let there = [target, first].iter().any(|name| folder.join(name).with_extension("dict").is_file());
        assert!(there, "{target} has no dictionary");
    }
}

#[test]
fn every_file_of_every_corpus() {
    let mut failed = Vec::new();
    for (target, body) in mailtls_fuzz::TARGETS {
        let files = corpus(target);
        assert!(files.len() >= 10, "the corpus of {target} is too small");
        for (path, data) in files {
            if catch_unwind(|| body(&data)).is_err() {
                failed.push(path);
            }
        }
    }
    assert!(failed.is_empty(), "failed: {failed:#?}");
}

/// The same mutations at every run, as many as fit into the time.
#[test]
fn mutations_of_every_file() {
    let each = MUTATING / u32::try_from(mailtls_fuzz::TARGETS.len()).expect("a few");
    for (target, body) in mailtls_fuzz::TARGETS {
        let files = corpus(target);
        let start = Instant::now();
        let mut random = Random(1);
        'target: for _ in 0..1000 {
            for (path, data) in &files {
                if start.elapsed() > each {
                    break 'target;
                }
                let (_, other) = &files[random.below(files.len())];
                let mutant = mutate(data, other, &mut random);
                if catch_unwind(AssertUnwindSafe(|| body(&mutant))).is_err() {
                    panic!("{target}, mutated from {}: {}", path.display(), mutant.escape_ascii());
                }
            }
        }
    }
}

/// xorshift: the same numbers at every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % limit.max(1)
    }
}

/// One to three changes: a byte, a removal, a repetition, a piece of another input.
fn mutate(data: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    const TELLING: &[u8] = b"\r\n\0 \"{}+*=-.\\\xff\x80[]<>A0";
    let mut bytes = data.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(24)).min(bytes.len());
        match random.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 if at < bytes.len() => bytes[at] = TELLING[random.below(TELLING.len())],
            2 => bytes.insert(at, TELLING[random.below(TELLING.len())]),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => {
                let from = random.below(other.len() + 1);
                let to = (from + random.below(40)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
        }
    }
    bytes
}
