//! Received fields as real servers write them (`tests/data/received`): what is read of each.

use mailtls::tls::registry::{CipherSuite, Group, Version};
use mailtls::trace::{DateTime, Hop, HopReport, Protection, Received, Strength, Zone};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/received")
}

/// A field and what it is expected to say.
struct Block {
    name: String,
    field: Vec<u8>,
    expected: BTreeMap<String, String>,
}

fn blocks() -> Vec<Block> {
    let mut files: Vec<_> =
        fs::read_dir(corpus()).expect("the corpus").map(|f| f.expect("a file").path()).collect();
    files.sort();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.iter().flat_map(|path| blocks_of(path)).collect()
}

fn blocks_of(path: &Path) -> Vec<Block> {
    let text = fs::read_to_string(path).expect("a text");
    let file = path.file_name().expect("a name").to_string_lossy().into_owned();
    let mut blocks = Vec::new();
    for (number, block) in text.split("\n\n").filter(|block| !block.trim().is_empty()).enumerate() {
        let mut field = String::new();
        let mut expected = BTreeMap::new();
        for line in block.lines().filter(|line| !line.starts_with('#')) {
            match line.strip_prefix("= ").and_then(|pair| pair.split_once(' ')) {
                Some((key, value)) => _ = expected.insert(key.to_owned(), value.to_owned()),
                None => field.extend([line, "\r\n"]),
            }
        }
        blocks.push(Block {
            name: format!("{file}, field {}", number + 1),
            field: field.into_bytes(),
            expected,
        });
    }
    blocks
}

fn iso_8601(date: DateTime) -> String {
    let minutes = match date.zone() {
        Zone::Minutes(minutes) => minutes,
        Zone::Unknown => 0,
    };
    let local = date.unix_seconds() + i64::from(minutes) * 60;
    // The date in UTC of the same digits.
    let shown = DateTime::from_unix_seconds(local, 0).expect("a date").to_string();
    let words: Vec<_> = shown.split(' ').collect();
    let month = "JanFebMarAprMayJunJulAugSepOctNovDec".find(words[2]).expect("a month") / 3 + 1;
    let sign = if date.zone() == Zone::Unknown || minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
    format!("{}-{month:02}-{:0>2}T{}{sign}{hours:02}:{minutes:02}", words[3], words[1], words[4])
}

fn protection(protection: &Protection) -> &'static str {
    match protection {
        Protection::Tls(_) => "yes",
        Protection::Clear => "no",
        Protection::Local => "local",
        Protection::Unsaid => "unsaid",
        _ => "?",
    }
}

/// What is read of a field, by the keys of the corpus.
fn read(field: &[u8]) -> BTreeMap<&'static str, String> {
    let hop = Hop::read(field);
    let tls = hop.protection().tls();
    let first = |text: Option<&str>| {
        let text = text?;
        // A quoted string has spaces in it.
        let word =
            if text.contains("\"@") || text.ends_with('"') { Some(text) } else { text.split(' ').next() };
        word.map(str::to_owned)
    };
    let pairs = [
        (
            "strict",
            Some(
                Received::parse(field)
                    .map_or_else(|error| error.production().to_owned(), |_| "yes".to_owned()),
            ),
        ),
        ("from", hop.from().and_then(|from| from.split(' ').next()).map(str::to_owned)),
        ("by", first(hop.by())),
        ("via", first(hop.via())),
        ("with", hop.with().map(str::to_owned)),
        ("id", first(hop.id())),
        ("for", first(hop.for_address())),
        ("date", hop.date().map(iso_8601)),
        ("tls", Some(protection(hop.protection()).to_owned())),
        ("form", tls.map(|tls| tls.form().to_string())),
        ("version", tls.and_then(|tls| tls.version()).as_ref().map(Version::to_string)),
        ("suite", tls.and_then(|tls| tls.cipher_suite()).as_ref().map(CipherSuite::to_string)),
        ("bits", tls.and_then(|tls| tls.bits()).as_ref().map(u16::to_string)),
        ("group", tls.and_then(|tls| tls.group()).as_ref().map(Group::to_string)),
        ("verified", tls.and_then(|tls| tls.verified()).map(|v| if v { "yes" } else { "no" }.to_owned())),
    ];
    pairs.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

#[test]
fn what_real_servers_write() {
    let blocks = blocks();
    assert!(blocks.len() > 200, "{}", blocks.len());
    let mut wrong = Vec::new();
    for block in &blocks {
        let found = read(&block.field);
        let keys = ["strict", "date", "tls", "form", "version", "suite", "bits", "group", "verified"];
        let said = ["from", "by", "via", "with", "id", "for"];
        for key in keys.into_iter().chain(said.into_iter().filter(|key| block.expected.contains_key(*key))) {
            let (found, expected) = (found.get(key), block.expected.get(key));
            if found != expected {
                wrong.push(format!("{}: {key} is {found:?}, expected was {expected:?}", block.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What the hops of whole messages are, as `messages/hops.txt` has them.
#[test]
fn whole_messages() {
    let messages = corpus().join("messages");
    let lines = fs::read_to_string(messages.join("hops.txt")).expect("the expected hops");
    let mut mbox = fs::read_to_string(messages.join("three.mbox")).expect("three messages");
    mbox.insert(0, '\n');
    let mut of_mbox = mbox.split("\nFrom ").skip(1);
    for line in lines.lines() {
        let (name, expected) = line.split_once(' ').unwrap_or((line, ""));
        let message = if name == "three.mbox" {
            of_mbox.next().expect("a message").split_once('\n').expect("a header").1.to_owned()
        } else {
            fs::read_to_string(messages.join(name)).expect("a message")
        };
        for message in [message.replace('\n', "\r\n"), message] {
            let report = HopReport::of_message(message.as_bytes(), 1);
            let found: Vec<_> = report.hops().iter().map(|hop| protection(hop.protection())).collect();
            assert_eq!(found.join(" "), expected, "{line}");
            let strengths = report.hops().iter().map(|hop| hop.protection().strength());
            let weakest = report.weakest().map(|hop| report.hops()[hop].protection().strength());
            assert_eq!(weakest, strengths.filter(|s| *s != Strength::Local).min(), "{line}");
            assert_eq!(report.silent().count(), expected.matches("unsaid").count());
            assert!((0..report.hops().len()).all(|hop| report.is_claim(hop) == (hop > 0)));
        }
    }
}
