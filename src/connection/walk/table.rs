//! Compares the transitions that are seen with the table that the machines tell of themselves.

use super::Alphabet;
use super::symbol::{Act, Symbol};
use super::tried::{Node, Seen};
use crate::connection::Event;
use crate::dialogue::states::{State, Transition, transitions};
use crate::{ErrorCode, Protocol, Role};

/// The table of one machine, with what has been seen of it.
pub(super) struct Table {
    rows: Vec<(Transition, bool)>,
}

impl Table {
    pub(super) fn new(protocol: Protocol, role: Role) -> Self {
        Self { rows: transitions(protocol, role).into_iter().map(|row| (row, false)).collect() }
    }

    /// Finds the row of what has been seen. What can be seen from outside must have one.
    pub(super) fn find(&mut self, alphabet: &Alphabet, from: &Node, symbol: &Symbol, seen: &Seen, to: &Node) {
        if from.done || (from.state == State::Closed && to.state == State::Closed) {
            return;
        }
        let mut count = |classes: &[&str]| {
            let fits = |row: &Transition| {
                (row.from, row.to) == (from.state, to.state)
                    && classes.contains(&row.on)
                    && agrees(row.on, seen)
            };
            let mut rows: Vec<_> = self.rows.iter_mut().filter(|(row, _)| fits(row)).collect();
            assert!(
                rows.len() < 2,
                "it counts as several: {:?}",
                rows.iter().map(|r| r.0.on).collect::<Vec<_>>()
            );
            rows.pop().map(|(_, seen)| *seen = true).is_some()
        };
        let ends = matches!(from.state, State::Handshake | State::HandedOff);
        let own: &[&str] = if ends { &[] } else { symbol.classes };
        let any: &[&str] = if ends { &[] } else { alphabet.any };
        let found = count(symbol.shared_classes(from.state)) || count(own) || count(any);
        let visible = from.state != to.state || !seen.events.is_empty() || !seen.wire.is_empty();
        assert!(found || !visible, "the table has no row for this");
    }

    /// Each row has been seen, but for what cannot be without an engine.
    pub(super) fn all_rows_have_been_seen(&self) {
        let engines = ["without close_notify", "the handshake goes on"];
        let possible = |row: &Transition| {
            let judging = [row.from, row.to].contains(&State::Judging);
            cfg!(feature = "engine") || !(judging || engines.iter().any(|words| row.on.contains(words)))
        };
        let unseen: Vec<_> =
            self.rows.iter().filter(|(row, seen)| !seen && possible(row)).map(|(row, _)| row).collect();
        assert!(unseen.is_empty(), "rows that never happened: {unseen:#?}");
    }
}

/// Whether a reason may be what a row calls it.
fn agrees(on: &str, seen: &Seen) -> bool {
    let code = seen.fault;
    let authenticated = seen.events.iter().any(|event| matches!(event, Event::Authenticated));
    let is = |codes: &[ErrorCode]| code.is_some_and(|code| codes.contains(&code));
    let too_much = ["too many", "too long", "too big"].iter().any(|words| on.contains(words));
    on.contains("another protocol") == is(&[ErrorCode::ForeignProtocol])
        && on.contains("data behind") == is(&[ErrorCode::DataBeforeTls])
        && on.contains("too often") == is(&[ErrorCode::TooManyErrors])
        && (too_much == is(&[ErrorCode::LimitExceeded]) || on.contains("broken"))
        && (!on.contains("which is required") || is(&[ErrorCode::StartTlsRefused]))
        && (!on.contains("by the client's certificate") || authenticated)
        && (!on.contains("all the host wants") || !authenticated)
        && (!on.contains(": refused") || code.is_none() || is(&[ErrorCode::RefusedByServer]))
}

/// How a symbol is shown.
pub(super) fn shown(symbol: &Symbol) -> String {
    match symbol.act {
        Act::Say(text) | Act::Half(text) | Act::Rest(text) => format!("{text:?}"),
        act => format!("{act:?}"),
    }
}
