//! Every reachable state of the six machines, in both modes, with everything that can happen in it.
//!
//! A breadth-first walk over real connections, not over a model of them: from each state that is
//! found, each symbol of the alphabet is tried on a connection that has been led there. Of every
//! transition `checks` asserts what must be true of all; the transitions together must be those
//! that `dialogue::states` lists, no more and no less; and of the graph of them `graph` asserts
//! that the end can always be reached, and never escaped.
//!
//! To add: a state or a transition goes into the machine's `states.rs`; a command or reply is a
//! line of an alphabet in `imap`, `pop3` or `smtp`; what else can happen, an `Act` or a `Host`, is
//! a line of `symbol::shared` and an arm in `tried` that does it.

mod checks;
mod graph;
mod imap;
#[cfg(feature = "engine")]
mod peer;
#[cfg(not(feature = "engine"))]
#[path = "plain.rs"]
mod peer;
mod pop3;
mod scram;
mod setting;
mod smtp;
mod symbol;
mod table;
mod tried;

use crate::{Mode, Protocol, Role};
use graph::Graph;
use setting::{Setting, settings};
use std::io::Write as _;
use std::thread;
use symbol::Symbol;
use table::Table;

/// What one machine can be told, and how that counts.
struct Alphabet {
    symbols: Vec<Symbol>,
    /// What any of them may count as, if it counts as nothing of its own.
    any: &'static [&'static str],
}

fn alphabet(protocol: Protocol, role: Role) -> Alphabet {
    match (protocol, role) {
        (Protocol::Imap, Role::Server) => imap::server(),
        (Protocol::Imap, Role::Client) => imap::client(),
        (Protocol::Pop3, Role::Server) => pop3::server(),
        (Protocol::Pop3, Role::Client) => pop3::client(),
        (Protocol::Smtp, Role::Server) => smtp::server(),
        (Protocol::Smtp, Role::Client) => smtp::client(),
    }
}

const MACHINES: [(Protocol, Role); 6] = [
    (Protocol::Imap, Role::Server),
    (Protocol::Imap, Role::Client),
    (Protocol::Pop3, Role::Server),
    (Protocol::Pop3, Role::Client),
    (Protocol::Smtp, Role::Server),
    (Protocol::Smtp, Role::Client),
];

/// How much of one machine has been walked, in one mode.
struct Walked {
    line: String,
    states: usize,
    transitions: usize,
}

/// Walks one machine in both modes, and compares what it has done with its table.
fn walk(protocol: Protocol, role: Role) -> Vec<Walked> {
    let alphabet = alphabet(protocol, role);
    let mut table = Table::new(protocol, role);
    let (mut all, mut wrong) = (Vec::new(), 0);
    for mode in [Mode::ImplicitTls, Mode::StartTls] {
        let settings = settings(protocol, role, mode);
        let graphs: Vec<_> = settings.iter().map(|s| explore(s, &alphabet, &mut table)).collect();
        wrong += graphs.iter().map(|graph| graph.wrong).sum::<usize>();
        let states = graphs.iter().map(Graph::states).sum();
        let transitions = graphs.iter().map(Graph::transitions).sum();
        let line = format!(
            "{protocol:?} {role:?}, {mode:?}: {states} states, {transitions} transitions, in {} settings",
            graphs.len()
        );
        if !graphs.is_empty() {
            all.push(Walked { line, states, transitions });
        }
    }
    table.all_rows_have_been_seen();
    assert_eq!(wrong, 0, "{protocol:?} {role:?}: transitions that are not as they must be");
    all
}

fn explore<'a>(setting: &'a Setting, alphabet: &'a Alphabet, table: &mut Table) -> Graph<'a> {
    let mut graph = Graph::new(setting, alphabet);
    graph.explore(table);
    graph.every_state_reaches_the_end();
    graph.the_host_alone_makes_no_circle();
    graph
}

#[test]
fn every_state_of_every_machine() {
    let walked: Vec<Walked> = thread::scope(|scope| {
        let walks = MACHINES.map(|(protocol, role)| scope.spawn(move || walk(protocol, role)));
        walks.into_iter().flat_map(|walk| walk.join().expect("a walk to the end")).collect()
    });
    let states: usize = walked.iter().map(|w| w.states).sum();
    let transitions: usize = walked.iter().map(|w| w.transitions).sum();
    let mut lines: Vec<String> = walked.into_iter().map(|w| w.line).collect();
    lines.push(format!("explored in all: {states} states, {transitions} transitions"));
    // Past the test harness, which would keep it for itself.
    writeln!(std::io::stderr().lock(), "\n{}", lines.join("\n")).expect("a place for the counts");
}
