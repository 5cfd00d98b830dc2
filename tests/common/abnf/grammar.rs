//! ABNF (RFC 5234, RFC 7405) as the crate `abnf` reads it, with each rule name turned into a number.

use abnf::types::{Kind, Node as Read, Repeat, TerminalValues};

/// What a rule is made of.
#[derive(Clone)]
pub enum Node {
    Alternatives(Vec<Node>),
    Concatenation(Vec<Node>),
    /// From `least` to `most` times; without `most`, any number of times.
    Repetition {
        least: usize,
        most: Option<usize>,
        node: Box<Node>,
    },
    /// The number of a rule.
    Rule(usize),
    Text {
        text: Vec<u8>,
        case_sensitive: bool,
    },
    /// One octet of a range, its ends in it.
    Range(u8, u8),
}

/// The rules of a grammar, by number.
pub struct Grammar {
    pub names: Vec<String>,
    pub rules: Vec<Node>,
}

impl Grammar {
    /// Reads ABNF. Panics if it is none, or if a rule is missing or defined twice.
    pub fn read(text: &str) -> Self {
        let read = abnf::rulelist(text).unwrap_or_else(|error| panic!("{error}"));
        let mut names: Vec<String> = Vec::new();
        for rule in read.iter().filter(|rule| rule.kind() == Kind::Basic) {
            assert!(position(&names, rule.name()).is_none(), "{} is defined twice", rule.name());
            names.push(rule.name().to_owned());
        }
        let mut rules = vec![Vec::new(); names.len()];
        for rule in &read {
            rules[number(&names, rule.name())].push(node(&names, rule.node()));
        }
        Self { rules: rules.into_iter().map(Node::Alternatives).collect(), names }
    }

    /// The number of a rule. Panics if there is none of this name.
    pub fn number(&self, name: &str) -> usize {
        number(&self.names, name)
    }
}

/// Rule names are case-insensitive (RFC 5234 §2.1).
fn position(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|known| known.eq_ignore_ascii_case(name))
}

fn number(names: &[String], name: &str) -> usize {
    position(names, name).unwrap_or_else(|| panic!("no rule {name}"))
}

fn node(names: &[String], read: &Read) -> Node {
    let all = |nodes: &[Read]| nodes.iter().map(|each| node(names, each)).collect();
    let octet = |value: u32| u8::try_from(value).expect("terminals are octets");
    match read {
        Read::Alternatives(nodes) => Node::Alternatives(all(nodes)),
        Read::Concatenation(nodes) => Node::Concatenation(all(nodes)),
        Read::Repetition { repeat, node: repeated } => {
            let (least, most) = match *repeat {
                Repeat::Specific(times) => (times, Some(times)),
                Repeat::Variable { min, max } => (min.unwrap_or(0), max),
            };
            Node::Repetition { least, most, node: Box::new(node(names, repeated)) }
        }
        Read::Optional(optional) => {
            Node::Repetition { least: 0, most: Some(1), node: Box::new(node(names, optional)) }
        }
        Read::Group(group) => node(names, group),
        Read::Rulename(name) => Node::Rule(number(names, name)),
        Read::String(text) => {
            Node::Text { text: text.value().as_bytes().to_vec(), case_sensitive: text.is_case_sensitive() }
        }
        Read::TerminalValues(TerminalValues::Range(first, last)) => Node::Range(octet(*first), octet(*last)),
        Read::TerminalValues(TerminalValues::Concatenation(values)) => {
            Node::Text { text: values.iter().map(|value| octet(*value)).collect(), case_sensitive: true }
        }
        Read::Prose(prose) => panic!("<{prose}> is for a human reader"),
    }
}
