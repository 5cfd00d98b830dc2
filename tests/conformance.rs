//! `docs/conformance.md` is honest: every requirement and every need of the C ABI has its row,
//! and every function and test that a row names exists.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// The IDs of the register, by section: prefix and how many.
const REGISTER: [(&str, usize); 19] = [
    ("TLS", 2),
    ("POP", 1),
    ("IMAP", 2),
    ("SUB", 2),
    ("CLOSE", 2),
    ("PORT", 1),
    ("SRV", 10),
    ("CERT", 5),
    ("RCV", 5),
    ("ID", 4),
    ("MIN", 8),
    ("DISC", 4),
    ("PIN", 4),
    ("STT", 5),
    ("AVAS", 1),
    ("ALPN", 1),
    ("TIME", 1),
    ("LIMIT", 1),
    ("ALERT", 1),
];

fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The rows of the first table below a heading, as their cells.
fn rows(document: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, section) = document.split_once(heading).unwrap_or_else(|| panic!("no section {heading}"));
    section
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| line.starts_with("| ") && !line.starts_with("|--"))
        .skip(1)
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// The words in backticks in a cell.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// `path/file.rs::name` must be a file that defines `name`.
fn assert_defined(what: &str, id: &str) {
    let (path, name) = what.split_once("::").unwrap_or_else(|| panic!("{id}: {what} is not file::name"));
    let text = read(path);
    let defined = ["fn ", "const ", "struct ", "enum ", "def ", "class "].iter().any(|keyword| {
        text.split(&format!("{keyword}{name}"))
            .skip(1)
            .any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    });
    assert!(defined, "{id}: {name} is not defined in {path}");
}

#[test]
fn every_requirement_has_its_row_and_every_row_is_true() {
    let document = read("docs/conformance.md");
    let mut by_id = BTreeSet::new();
    for row in rows(&document, "## Requirements") {
        let [id, state, functions, tests, ..] = &row[..] else { panic!("a row without its cells: {row:?}") };
        assert!(by_id.insert(id.clone()), "{id} has two rows");
        match state.as_str() {
            "answered" | "partly" => {
                assert!(!quoted(functions).is_empty(), "{id} names no function");
                assert!(!quoted(tests).is_empty(), "{id} names no test");
                quoted(functions).into_iter().chain(quoted(tests)).for_each(|what| assert_defined(what, id));
            }
            "open" => assert!(
                quoted(functions).is_empty() && quoted(tests).is_empty(),
                "{id} is open, yet names code"
            ),
            other => panic!("{id}: {other} is no state"),
        }
    }
    for (section, count) in REGISTER {
        for number in 1..=count {
            let id = format!("{section}-{number:02}");
            assert!(by_id.remove(&id), "{id} has no row");
        }
    }
    assert!(by_id.is_empty(), "rows of no requirement: {by_id:?}");
}

#[test]
fn every_need_of_c_programs_names_functions_of_the_header() {
    let (document, header) = (read("docs/conformance.md"), read("include/mailtls.h"));
    let rows = rows(&document, "## C ABI");
    assert!(rows.len() >= 27, "the checklist has more needs than {}", rows.len());
    for row in rows {
        let [need, state, functions, ..] = &row[..] else { panic!("a row without its cells: {row:?}") };
        let named = quoted(functions);
        assert_eq!(state == "open", named.is_empty(), "{need}: {state}");
        for function in named {
            assert!(
                header.contains(&format!(" {function}("))
                    || header.contains(&format!("*{function}("))
                    || header.contains(&format!(" {function} =")),
                "{need}: {function} is not in the header"
            );
        }
    }
}
