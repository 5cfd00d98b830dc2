//! A matcher of ABNF that is slow and plainly right: for a node and a start it finds every end that the node
//! can have there. Nothing is greedy and nothing is decided early, so ambiguity does it no harm.
//!
//! It does not take left recursion.

use std::collections::{BTreeSet, HashMap};

use super::grammar::{Grammar, Node};
use super::prose;

type Ends = BTreeSet<usize>;

/// Whether all of `input` is a sentence of the rule `name`.
pub fn matches(grammar: &Grammar, name: &str, input: &[u8]) -> bool {
    let mut matcher = Matcher { grammar, input, known: HashMap::new() };
    matcher.rule(grammar.number(name), 0).contains(&input.len())
}

struct Matcher<'a> {
    grammar: &'a Grammar,
    input: &'a [u8],
    /// The ends of a rule from a start.
    known: HashMap<(usize, usize), Ends>,
}

impl Matcher<'_> {
    fn rule(&mut self, rule: usize, start: usize) -> Ends {
        if let Some(ends) = self.known.get(&(rule, start)) {
            return ends.clone();
        }
        let grammar = self.grammar;
        let mut ends = self.node(&grammar.rules[rule], start);
        ends.retain(|&end| prose::holds(&grammar.names[rule], &self.input[start..end]));
        self.known.insert((rule, start), ends.clone());
        ends
    }

    fn node(&mut self, node: &Node, start: usize) -> Ends {
        match node {
            Node::Alternatives(nodes) => nodes.iter().flat_map(|each| self.node(each, start)).collect(),
            Node::Concatenation(nodes) => {
                nodes.iter().fold(Ends::from([start]), |starts, each| self.after_each(each, &starts))
            }
            Node::Repetition { least, most, node } => self.repetition(*least, *most, node, start),
            Node::Rule(rule) => self.rule(*rule, start),
            Node::Text { text, case_sensitive } => {
                let found = self.input.get(start..start + text.len()).is_some_and(|octets| {
                    if *case_sensitive { octets == text } else { octets.eq_ignore_ascii_case(text) }
                });
                found.then_some(start + text.len()).into_iter().collect()
            }
            Node::Range(first, last) => {
                let found = self.input.get(start).is_some_and(|octet| (first..=last).contains(&octet));
                found.then_some(start + 1).into_iter().collect()
            }
        }
    }

    fn after_each(&mut self, node: &Node, starts: &Ends) -> Ends {
        starts.iter().flat_map(|&start| self.node(node, start)).collect()
    }

    fn repetition(&mut self, least: usize, most: Option<usize>, node: &Node, start: usize) -> Ends {
        let mut reached = Ends::from([start]);
        for _ in 0..least {
            reached = self.after_each(node, &reached);
        }
        let mut ends = reached.clone();
        let mut more = most.map(|most| most - least);
        // An end that was reached with fewer repetitions leads nowhere new.
        while !reached.is_empty() && more != Some(0) {
            reached = self.after_each(node, &reached).difference(&ends).copied().collect();
            ends.extend(&reached);
            more = more.map(|more| more - 1);
        }
        ends
    }
}
