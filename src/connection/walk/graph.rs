//! The walk itself, and what must be true of the graph that it finds.

use super::setting::Tls;
use super::symbol::{Act, Symbol};
use super::table::{Table, shown};
use super::tried::{Node, Tried};
use super::{Alphabet, Setting, checks};
use crate::dialogue::states::State;
use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// After so many steps a connection is given up for a fresh one: what is not part of a node, such
/// as a count of tags or the octets of a command, must not decide anything.
const LIFE: usize = 40;

/// All that has been found of one setting.
pub(super) struct Graph<'a> {
    setting: &'a Setting,
    alphabet: &'a Alphabet,
    nodes: Vec<Node>,
    numbers: HashMap<Node, usize>,
    /// The shortest way to each node.
    ways: Vec<Vec<usize>>,
    /// From a node, by a symbol, to a node.
    edges: HashMap<(usize, usize), usize>,
    /// Connections that have been led to a node and are still good.
    idle: HashMap<usize, Vec<Tried<'a>>>,
    explored: HashSet<usize>,
    /// Transitions of which something is not true.
    pub(super) wrong: usize,
}

impl<'a> Graph<'a> {
    pub(super) fn new(setting: &'a Setting, alphabet: &'a Alphabet) -> Self {
        Self {
            setting,
            alphabet,
            nodes: Vec::new(),
            numbers: HashMap::new(),
            ways: Vec::new(),
            edges: HashMap::new(),
            idle: HashMap::new(),
            explored: HashSet::new(),
            wrong: 0,
        }
    }

    pub(super) fn states(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn transitions(&self) -> usize {
        self.edges.len()
    }

    fn symbols(&self) -> &'a [Symbol] {
        &self.alphabet.symbols
    }

    fn goes_into(&self, node: usize) -> bool {
        (self.setting.goes_into)(self.nodes[node].state, self.ways[node].len())
    }

    /// The number of a node, which is new if it has not been seen; this is the way to it then.
    fn number(&mut self, node: Node, way: impl FnOnce() -> Vec<usize>) -> (usize, bool) {
        if let Some(&number) = self.numbers.get(&node) {
            return (number, false);
        }
        let number = self.nodes.len();
        self.nodes.push(node.clone());
        self.numbers.insert(node, number);
        self.ways.push(way());
        (number, true)
    }

    /// Tries every symbol in every node, from the beginning on.
    pub(super) fn explore(&mut self, table: &mut Table) {
        let (first, _) = Tried::new(self.setting);
        let (number, _) = self.number(first.node(), Vec::new);
        let mut queue = VecDeque::from([number]);
        while let Some(from) = queue.pop_front() {
            for symbol in 0..self.symbols().len() {
                let mut tried = self.at(from);
                if !tried.is_open_to(&self.nodes[from], &self.symbols()[symbol]) {
                    self.put_back(from, tried);
                    continue;
                }
                let to = self.try_out(&mut tried, from, symbol, table);
                let in_pieces = self.try_in_pieces(from, symbol, &to);
                let mut way = self.ways[from].clone();
                way.push(symbol);
                let (to, new) = self.number(to, || way);
                if let Some(tried) = in_pieces {
                    self.put_back(to, tried);
                }
                self.edges.insert((from, symbol), to);
                if new && self.goes_into(to) {
                    queue.push_back(to);
                }
                self.put_back(to, tried);
            }
            self.idle.remove(&from);
            self.explored.insert(from);
        }
    }

    /// A connection at this node.
    fn at(&mut self, node: usize) -> Tried<'a> {
        self.idle.get_mut(&node).and_then(Vec::pop).unwrap_or_else(|| self.lead_to(node))
    }

    fn put_back(&mut self, node: usize, tried: Tried<'a>) {
        // What waits for the host may be anything: its future is that of the first.
        let vague = ["a line", "half"].contains(&self.nodes[node].pending.as_str());
        if tried.history.len() < LIFE && !vague && !self.explored.contains(&node) {
            self.idle.entry(node).or_default().push(tried);
        }
    }

    /// A fresh connection, led to the node by the shortest way.
    fn lead_to(&self, node: usize) -> Tried<'a> {
        let (mut tried, _) = Tried::new(self.setting);
        let mut at = 0;
        for &symbol in &self.ways[node] {
            tried.suffer(symbol, &self.symbols()[symbol]);
            at = self.edges[&(at, symbol)];
            assert_eq!(tried.node(), self.nodes[at], "the same way leads elsewhere: {}", self.told(&tried));
        }
        tried
    }

    /// One transition, with all that must be true of it. What is not is printed, and the walk goes
    /// on, to find all there is.
    fn try_out(&mut self, tried: &mut Tried<'a>, from: usize, number: usize, table: &mut Table) -> Node {
        let (symbol, from) = (&self.symbols()[number], &self.nodes[from]);
        let seen = tried.suffer(number, symbol);
        let to = tried.node();
        let right = catch_unwind(AssertUnwindSafe(|| {
            checks::check(tried, from, symbol, &seen, &to);
            table.find(self.alphabet, from, symbol, &seen, &to);
        }));
        if right.is_err() {
            let said = String::from_utf8_lossy(&seen.said);
            eprintln!("{}\n  from {from:?}\n  to {to:?}\n  result {:?}", self.told(tried), seen.result);
            eprintln!("  events {:?}\n  said {said:?}\n", seen.events);
            self.wrong += 1;
        }
        to
    }

    /// The same byte by byte comes to the same. It is tried where that costs no handshake.
    fn try_in_pieces(&mut self, from: usize, symbol: usize, to: &Node) -> Option<Tried<'a>> {
        let cheap = self.setting.tls != Tls::Engine || matches!(self.nodes[from].state, State::Clear(_));
        if !cheap || !matches!(self.symbols()[symbol].act, Act::Say(_)) {
            return None;
        }
        let mut tried = self.at(from);
        tried.suffer_in_pieces(symbol, &self.symbols()[symbol]);
        if tried.node() != *to {
            eprintln!("byte by byte it is {:?}, not {to:?}\n  {}", tried.node(), self.told(&tried));
            self.wrong += 1;
            return None;
        }
        Some(tried)
    }

    fn told(&self, tried: &Tried) -> String {
        let history: Vec<_> = tried.history.iter().map(|&n| shown(&self.symbols()[n])).collect();
        format!("{} ({}): {}", self.setting.service, self.setting.name, history.join(", "))
    }

    /// From every node the end can be reached, backwards from there: nothing is a trap.
    pub(super) fn every_state_reaches_the_end(&self) {
        // Where this walk did not go in, another has.
        let out = |n: usize| self.nodes[n].done || !self.goes_into(n);
        let mut reaching: Vec<bool> = (0..self.nodes.len()).map(out).collect();
        let mut grown = true;
        while grown {
            grown = false;
            for (&(from, _), &to) in &self.edges {
                grown |= reaching[to] && !core::mem::replace(&mut reaching[from], true);
            }
        }
        for (node, reaches) in self.nodes.iter().zip(reaching) {
            assert!(reaches, "no end to {node:?}");
        }
        for (&(from, _), &to) in &self.edges {
            let [from, to] = [from, to].map(|n| &self.nodes[n]);
            let over = matches!(from.state, State::Closed | State::Failed);
            assert!(!over || from.state == to.state, "from {from:?} back to {to:?}");
        }
    }

    /// What the host does, without a byte of the peer's, does not lead round in circles, unless
    /// it changes nothing: there is no end to that only if the peer takes part, and is counted.
    pub(super) fn the_host_alone_makes_no_circle(&self) {
        let host = |symbol: usize| matches!(self.symbols()[symbol].act, Act::Host(_) | Act::Nothing);
        let moves: Vec<_> = self
            .edges
            .iter()
            .filter(|&(&(from, symbol), &to)| host(symbol) && from != to)
            .map(|(&(from, _), &to)| (from, to))
            .collect();
        let mut left: Vec<_> = (0..self.nodes.len()).collect();
        loop {
            // Whoever leads to none of those left can be in no circle.
            let (stuck, free): (Vec<_>, Vec<_>) = left
                .iter()
                .partition(|&&node| moves.iter().any(|&(from, to)| from == node && left.contains(&to)));
            if free.is_empty() {
                assert!(stuck.is_empty(), "the host goes round in circles: {:?}", self.nodes[stuck[0]]);
                return;
            }
            left = stuck;
        }
    }
}
