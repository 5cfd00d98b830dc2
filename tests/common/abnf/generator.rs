//! Sentences of a grammar, made from a sequence of choices: each choice is a number, and where there are no more
//! choices, or it went too deep, the shortest way out is taken. Less choices and lower ones make a plainer
//! sentence, so a sequence that proptest shrinks is a sentence that shrinks.

use std::collections::BTreeSet;

use super::grammar::{Grammar, Node};
use super::prose::{self, Moment};

/// The deepest nesting of rules in which there is still a choice.
const DEEPEST: usize = 40;
/// How often a repetition repeats, above its least.
const TIMES: [usize; 8] = [0, 1, 1, 1, 2, 2, 3, 6];
/// How often a rule is tried again for its prose to hold.
const TRIES: usize = 8;

/// Makes sentences of a grammar.
pub struct Generator<'a> {
    grammar: &'a Grammar,
    /// How deep the shallowest sentence of each rule is.
    heights: Vec<usize>,
    choices: &'a [u16],
    depth: usize,
    /// The alternatives that were taken, by address.
    pub taken: BTreeSet<*const Node>,
}

impl<'a> Generator<'a> {
    pub fn new(grammar: &'a Grammar) -> Self {
        Self { grammar, heights: heights(grammar), choices: &[], depth: 0, taken: BTreeSet::new() }
    }

    /// A sentence of the rule `name`.
    pub fn sentence(&mut self, name: &str, choices: &'a [u16]) -> Vec<u8> {
        self.choices = choices;
        let mut out = Vec::new();
        self.rule(self.grammar.number(name), &mut out);
        out
    }

    /// The next choice, if there is one.
    fn choice(&mut self) -> Option<usize> {
        if self.depth > DEEPEST {
            return None;
        }
        let (first, rest) = self.choices.split_first()?;
        self.choices = rest;
        Some(usize::from(*first))
    }

    /// A number below `limit`; 0 where there is no choice.
    fn below(&mut self, limit: usize) -> usize {
        self.choice().unwrap_or(0) % limit
    }

    fn rule(&mut self, rule: usize, out: &mut Vec<u8>) {
        let name = self.grammar.names[rule].as_str();
        for _ in 0..TRIES {
            let mut made = self.attempt(rule);
            self.adapt(name, &mut made);
            if prose::holds(name, &made) {
                out.append(&mut made);
                return;
            }
        }
        let left = std::mem::take(&mut self.choices);
        let mut made = self.attempt(rule);
        self.adapt(name, &mut made);
        self.choices = left;
        assert!(prose::holds(name, &made), "the plainest {name} breaks its own prose");
        out.append(&mut made);
    }

    fn attempt(&mut self, rule: usize) -> Vec<u8> {
        let grammar = self.grammar;
        let mut made = Vec::new();
        self.depth += 1;
        self.node(&grammar.rules[rule], &mut made);
        self.depth -= 1;
        made
    }

    fn node(&mut self, node: &'a Node, out: &mut Vec<u8>) {
        match node {
            Node::Alternatives(nodes) => {
                let chosen = match self.choice() {
                    Some(choice) => &nodes[choice % nodes.len()],
                    None => {
                        nodes.iter().min_by_key(|node| height(&self.heights, node)).expect("alternatives")
                    }
                };
                self.taken.insert(chosen);
                self.node(chosen, out);
            }
            Node::Concatenation(nodes) => nodes.iter().for_each(|node| self.node(node, out)),
            Node::Repetition { least, most, node } => {
                let more = match most {
                    Some(most) => self.below(most - least + 1),
                    None => TIMES[self.below(TIMES.len())],
                };
                (0..least + more).for_each(|_| self.node(node, out));
            }
            Node::Rule(rule) => self.rule(*rule, out),
            Node::Text { text, case_sensitive } => {
                let upside_down = if *case_sensitive { 0 } else { self.below(64) >> 3 };
                out.extend(text.iter().enumerate().map(|(at, octet)| {
                    let turn = octet.is_ascii_alphabetic() && upside_down >> (at % 3) & 1 == 1;
                    if turn { octet ^ 0x20 } else { *octet }
                }));
            }
            Node::Range(first, last) => {
                let span = usize::from(last - first) + 1;
                out.push(first + u8::try_from(self.below(span)).expect("an octet"));
            }
        }
    }

    /// Puts numbers and names that the prose allows where random ones would seldom be such.
    fn adapt(&mut self, name: &str, made: &mut Vec<u8>) {
        let number = match name {
            "hour" => two(self.below(24)),
            "minute" => two(self.below(60)),
            "second" => two(self.below(61)),
            "day" => padded(1 + self.below(31), 1 + self.below(2)),
            "year" => padded(1900 + self.below(8100), [4, 4, 4, 5, 7][self.below(5)]),
            "zone" => two(self.below(100)) + &two(self.below(60)),
            "Snum" => padded(self.below(256), 1 + self.below(3)),
            "date-time" => return self.name_the_day(made),
            _ => return,
        };
        let digit = |octet: &u8| octet.is_ascii_digit();
        let start = made.iter().position(digit).expect("a number");
        let end = made.iter().rposition(digit).expect("a number") + 1;
        made.splice(start..end, number.bytes());
    }

    /// Puts the day name that the date has in the place of the one that stands there, if one does.
    fn name_the_day(&mut self, made: &mut [u8]) {
        let Some(comma) =
            made.iter().take_while(|octet| !octet.is_ascii_digit()).position(|octet| *octet == b',')
        else {
            return;
        };
        let Some(at) = made[..comma].iter().position(u8::is_ascii_alphabetic) else { return };
        let mut right = Moment::read(made).week_day().to_owned();
        if self.below(4) != 3 {
            right[..1].make_ascii_uppercase();
        }
        made[at..comma].copy_from_slice(right.as_bytes());
    }
}

fn two(value: usize) -> String {
    padded(value, 2)
}

fn padded(value: usize, width: usize) -> String {
    format!("{value:0width$}")
}

/// The least heights of all rules: they fall until none does.
fn heights(grammar: &Grammar) -> Vec<usize> {
    let mut heights = vec![usize::MAX; grammar.rules.len()];
    loop {
        let next: Vec<usize> = grammar.rules.iter().map(|node| height(&heights, node)).collect();
        if next == heights {
            return heights;
        }
        heights = next;
    }
}

fn height(heights: &[usize], node: &Node) -> usize {
    match node {
        Node::Alternatives(nodes) => nodes.iter().map(|node| height(heights, node)).min().unwrap_or(0),
        Node::Concatenation(nodes) => nodes.iter().map(|node| height(heights, node)).max().unwrap_or(0),
        Node::Repetition { least: 0, .. } | Node::Text { .. } | Node::Range(..) => 0,
        Node::Repetition { node, .. } => height(heights, node),
        Node::Rule(rule) => heights[*rule].saturating_add(1),
    }
}
