//! All fields of `tests/data/received`, taken apart by a reader that is good enough for them.

use super::*;
use std::collections::BTreeMap;
use std::fs;

/// A word, a comment or a semicolon of a field.
enum Token {
    Word(String),
    Comment(String),
    Semicolon,
}

fn tokens(field: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut depth = 0;
    let mut quoted = false;
    let mut characters = field.chars();
    let end = |word: &mut String, tokens: &mut Vec<Token>| {
        if !word.is_empty() {
            tokens.push(Token::Word(std::mem::take(word)));
        }
    };
    while let Some(c) = characters.next() {
        match c {
            '\\' if depth > 0 || quoted => word.extend([Some(c), characters.next()].into_iter().flatten()),
            '(' if !quoted => {
                if depth == 0 {
                    end(&mut word, &mut tokens);
                } else {
                    word.push(c);
                }
                depth += 1;
            }
            ')' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    tokens.push(Token::Comment(std::mem::take(&mut word)));
                } else {
                    word.push(c);
                }
            }
            _ if depth > 0 => word.push(c),
            '"' => {
                quoted = !quoted;
                word.push(c);
            }
            ';' if !quoted => {
                end(&mut word, &mut tokens);
                tokens.push(Token::Semicolon);
            }
            c if c.is_whitespace() && !quoted => end(&mut word, &mut tokens),
            c => word.push(c),
        }
    }
    end(&mut word, &mut tokens);
    tokens
}

/// The field's clauses, by their names, and its comments.
fn take_apart(field: &str) -> (BTreeMap<String, String>, Vec<(Place, String)>) {
    let tokens = tokens(field);
    let date = tokens.iter().rposition(|token| matches!(token, Token::Semicolon)).unwrap_or(tokens.len());
    let mut clauses = BTreeMap::<String, String>::new();
    let mut comments = Vec::new();
    let mut name = String::new();
    for (at, token) in tokens.into_iter().enumerate() {
        match token {
            Token::Word(word) if at < date => {
                let lower = word.to_lowercase();
                let is_name =
                    ["from", "by", "via", "with", "id", "for", "tls", "group"].contains(&lower.as_str());
                if is_name && !clauses.contains_key(&lower) {
                    name.clone_from(&lower);
                    clauses.insert(lower, String::new());
                } else if let Some(value) = clauses.get_mut(&name) {
                    value.push_str(if value.is_empty() { "" } else { " " });
                    value.push_str(&word);
                }
            }
            Token::Comment(text) => {
                let place = match name.as_str() {
                    _ if at > date => Place::Date,
                    "" => Place::Start,
                    "from" => Place::From,
                    "by" => Place::By,
                    "via" => Place::Via,
                    "with" => Place::With,
                    "id" => Place::Id,
                    "for" => Place::For,
                    _ => Place::Tls,
                };
                comments.push((place, text));
            }
            Token::Word(_) | Token::Semicolon => {}
        }
    }
    (clauses, comments)
}

#[test]
fn every_field_of_the_corpus() {
    let mut count = 0;
    let mut files = 0;
    for file in fs::read_dir("tests/data/received").expect("the corpus") {
        let path = file.expect("a file").path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        files += 1;
        for block in fs::read_to_string(&path).expect("text").split("\n\n") {
            let lines = || block.lines().filter(|line| !line.starts_with('#'));
            let unfolded: String = lines().take_while(|line| !line.starts_with("= ")).collect();
            let field = unfolded.strip_prefix("Received:").expect("a Received field");
            let facts: BTreeMap<_, _> =
                lines().filter_map(|line| line.strip_prefix("= ")?.split_once(' ')).collect();
            let (clauses, comments) = take_apart(field);
            let clause = |name: &str| clauses.get(name).map(String::as_str);
            let comments = comments.iter().map(|(place, text)| (*place, text.as_str())).collect();
            let said = Said {
                from: clause("from"),
                by: clause("by"),
                with: clause("with"),
                tls: clause("tls"),
                group: clause("group"),
                comments,
                other: Vec::new(),
            };
            let expected = match facts.get("tls").copied() {
                Some("yes") => {
                    let verified = facts
                        .get("verified")
                        .map(|yes| if *yes == "yes" { "verified" } else { "unverified" });
                    let keys = ["form", "version", "suite", "bits", "group"];
                    let facts = keys.into_iter().filter_map(|key| facts.get(key).copied()).chain(verified);
                    facts.collect::<Vec<_>>().join(" ")
                }
                Some("no") => "clear".to_owned(),
                other => other.expect("the fact of TLS").to_owned(),
            };
            assert_eq!(shown(&said), expected, "{}:\n{block}", path.display());
            count += 1;
        }
    }
    assert!(count >= 150 && files >= 35, "{count} fields in {files} files");
}
