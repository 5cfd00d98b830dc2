//! The states of a connection and what leads from one to the next, as data.
//!
//! Each machine has its rules in a `states.rs` beside it; what all of them share is here. The
//! diagrams of `docs/states` are drawn from this, and the model test of the connection holds it
//! to what connections do. It must never know how a transition is carried out.

use super::{imap, pop3, smtp};
use crate::service::{Mode, Protocol, Role};
use core::fmt;

/// Where a connection is ([`crate::Connection::state`]).
///
/// The names are those of the machines, which are different for each protocol and role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// The dialogue in clear, on the way to STARTTLS.
    Clear(&'static str),
    /// TLS is being established.
    Handshake,
    /// TLS stands, and the server's host is to say whom the client's certificate stands for.
    Mapping,
    /// TLS stands, and the client's host is to say whether the server's certificate is the right one.
    Judging,
    /// The dialogue inside TLS that the policy has accepted.
    Tls(&'static str),
    /// The dialogue inside TLS that the policy has refused, in which nobody can authenticate
    /// ([`crate::ServerConfigBuilder::explains_refused_tls`]).
    Refused(&'static str),
    /// The plaintext belongs to the host.
    HandedOff,
    /// Over, in order; at most the peer's close_notify is still awaited.
    Closed,
    /// Over, for the reason that [`crate::Connection::error`] gives.
    Failed,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clear(name) => write!(f, "{name} in clear"),
            Self::Tls(name) => f.write_str(name),
            Self::Refused(name) => write!(f, "{name} on refused TLS"),
            Self::Handshake => f.write_str("Handshake"),
            Self::Mapping => f.write_str("Mapping"),
            Self::Judging => f.write_str("Judging"),
            Self::HandedOff => f.write_str("HandedOff"),
            Self::Closed => f.write_str("Closed"),
            Self::Failed => f.write_str("Failed"),
        }
    }
}

/// One way from a state to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Transition {
    /// The state before.
    pub from: State,
    /// What happens: a class of commands or replies, a decision of the host, a fault.
    pub on: &'static str,
    /// The state after.
    pub to: State,
}

/// What one machine tells of itself.
pub(crate) struct Chart {
    /// The state in which the dialogue begins in clear.
    pub(crate) in_clear: &'static str,
    /// The state in which it begins when TLS came with the first byte.
    pub(crate) implicit: &'static str,
    /// The state in which it begins after STARTTLS.
    pub(crate) after_starttls: &'static str,
    /// Server: whether a certificate can authenticate at once (PREAUTH).
    pub(crate) preauth: bool,
    /// What happens in the dialogue, but for what may happen in every state.
    pub(crate) rules: &'static [Rule],
}

/// Transitions that differ only in where they begin.
pub(crate) struct Rule {
    from: &'static [State],
    on: &'static str,
    to: State,
}

/// A rule of a [`Chart`].
pub(crate) const fn rule(from: &'static [State], on: &'static str, to: State) -> Rule {
    Rule { from, on, to }
}

impl Rule {
    /// Whether it is not about the way from the clear to TLS.
    fn is_without_tls(&self) -> bool {
        self.to != State::Handshake && !self.on.contains("data behind")
    }
}

/// On refused TLS a server is where it would be in clear.
fn refused(state: State) -> Option<State> {
    match state {
        State::Clear(name) => Some(State::Refused(name)),
        _ => None,
    }
}

/// What may happen in every state before the hand-off.
const ANYWHERE: [(&str, State); 3] = [
    ("the host closes", State::Closed),
    ("the peer closes", State::Failed),
    ("a deadline passes", State::Failed),
];

/// What may happen in every state inside TLS.
const INSIDE_TLS: (&str, State) = ("broken TLS", State::Failed);

/// What happens besides while TLS is being established, and after the hand-off.
const SHARED: [Transition; 8] = {
    use State::{Closed, Failed, HandedOff, Handshake};
    const fn row(from: State, on: &'static str, to: State) -> Transition {
        Transition { from, on, to }
    }
    [
        row(Handshake, "the handshake goes on", Handshake),
        row(Handshake, "no TLS, or none to be trusted", Failed),
        row(Handshake, "data behind STARTTLS, past the host's TLS", Failed),
        row(Handshake, "TLS stands; the host wants no dialogue", HandedOff),
        row(HandedOff, "plaintext, or its end", HandedOff),
        row(HandedOff, "broken TLS", Failed),
        row(HandedOff, "TCP ends without close_notify", Failed),
        row(HandedOff, "the host closes", Closed),
    ]
};

fn chart(protocol: Protocol, role: Role) -> &'static Chart {
    match (protocol, role) {
        (Protocol::Imap, Role::Server) => &imap::Server::CHART,
        (Protocol::Imap, Role::Client) => &imap::Client::CHART,
        (Protocol::Pop3, Role::Server) => &pop3::Server::CHART,
        (Protocol::Pop3, Role::Client) => &pop3::Client::CHART,
        (Protocol::Smtp, Role::Server) => &smtp::Server::CHART,
        (Protocol::Smtp, Role::Client) => &smtp::Client::CHART,
    }
}

/// The state in which a connection begins.
pub fn beginning(protocol: Protocol, role: Role, mode: Mode) -> State {
    match mode {
        Mode::ImplicitTls => State::Handshake,
        Mode::StartTls => State::Clear(chart(protocol, role).in_clear),
    }
}

/// All transitions of a connection of this protocol and role, whatever its mode and settings.
///
/// What happens in a state is one transition, if it changes the state or is answered. What is not
/// listed changes nothing, such as a call of the host in the wrong state.
///
/// ```
/// use mailtls::dialogue::states::{State, transitions};
/// use mailtls::{Protocol, Role};
///
/// // Nothing leads from the dialogue in clear to the one inside TLS, or to the hand-off.
/// for transition in transitions(Protocol::Imap, Role::Client) {
///     println!("{} -- {} --> {}", transition.from, transition.on, transition.to);
///     if matches!(transition.from, State::Clear(_)) {
///         assert!(!matches!(transition.to, State::Tls(_) | State::HandedOff));
///     }
/// }
/// ```
pub fn transitions(protocol: Protocol, role: Role) -> Vec<Transition> {
    let chart = chart(protocol, role);
    let mut all = Vec::new();
    let mut add = |from, on, to| all.push(Transition { from, on, to });
    let begins = [chart.after_starttls, chart.implicit];
    match begins {
        [after_starttls, implicit] if after_starttls == implicit => {
            add(State::Handshake, "TLS stands and is confidential", State::Tls(implicit));
        }
        [after_starttls, implicit] => {
            add(State::Handshake, "TLS stands from the first byte", State::Tls(implicit));
            add(State::Handshake, "TLS stands after STARTTLS", State::Tls(after_starttls));
        }
    }
    if role == Role::Server {
        add(State::Handshake, "TLS stands, with a client's certificate", State::Mapping);
        add(State::Mapping, "what the client says is kept", State::Mapping);
        add(
            State::Mapping,
            "the host says whom it is for, or that it is for nobody",
            State::Tls(chart.implicit),
        );
        if chart.preauth {
            add(State::Mapping, "the host says whom it is for: PREAUTH", State::HandedOff);
        }
    }
    if role == Role::Client {
        add(State::Handshake, "TLS stands; the host wants to judge the certificate", State::Judging);
        add(State::Judging, "what the server says is kept", State::Judging);
        add(State::Judging, "the host refuses the certificate", State::Failed);
        match begins {
            [after_starttls, implicit] if after_starttls == implicit => {
                add(State::Judging, "the host accepts the certificate", State::Tls(implicit));
            }
            [after_starttls, implicit] => {
                add(State::Judging, "the host accepts the certificate, first of all", State::Tls(implicit));
                let after = State::Tls(after_starttls);
                add(State::Judging, "the host accepts the certificate, after STARTTLS", after);
            }
        }
        add(State::Judging, "the host accepts the certificate, and wants no dialogue", State::HandedOff);
    }
    for rule in chart.rules {
        rule.from.iter().for_each(|&from| add(from, rule.on, rule.to));
    }
    if role == Role::Server {
        add(
            State::Handshake,
            "TLS stands, and is refused; that is explained",
            State::Refused(chart.implicit),
        );
        for rule in chart.rules.iter().filter(|rule| rule.is_without_tls()) {
            rule.from.iter().filter_map(|&from| refused(from)).for_each(|from| {
                add(from, rule.on, refused(rule.to).unwrap_or(rule.to));
            });
        }
    }
    all.extend(SHARED);
    // Once a client has said that it logs out, the server may close.
    let logging_out =
        |state| chart.rules.iter().any(|rule| rule.on == "the host logs out" && rule.to == state);
    for state in states_of(&all) {
        if matches!(
            state,
            State::Clear(_)
                | State::Handshake
                | State::Mapping
                | State::Judging
                | State::Tls(_)
                | State::Refused(_)
        ) {
            all.extend(ANYWHERE.map(|(on, to)| {
                let ends = on == "the peer closes" && logging_out(state);
                Transition { from: state, on, to: if ends { State::Closed } else { to } }
            }));
        }
        if matches!(state, State::Tls(_)) && logging_out(state) {
            all.push(Transition { from: state, on: "TCP ends without close_notify", to: State::Failed });
        }
        if matches!(state, State::Mapping | State::Judging | State::Tls(_) | State::Refused(_)) {
            all.push(Transition { from: state, on: INSIDE_TLS.0, to: INSIDE_TLS.1 });
        }
    }
    all
}

/// All states of a connection of this protocol and role: those in clear, the handshake, those
/// inside TLS, and the ends.
pub fn states(protocol: Protocol, role: Role) -> Vec<State> {
    let mut states = states_of(&transitions(protocol, role));
    states.sort_by_key(|state| match state {
        State::Clear(_) => 0,
        State::Handshake => 1,
        State::Mapping | State::Judging | State::Tls(_) | State::Refused(_) => 2,
        State::HandedOff | State::Closed | State::Failed => 3,
    });
    states
}

/// The states of these transitions, each once, in the order in which they are named.
fn states_of(transitions: &[Transition]) -> Vec<State> {
    let mut states = Vec::new();
    for state in transitions.iter().flat_map(|t| [t.from, t.to]) {
        if !states.contains(&state) {
            states.push(state);
        }
    }
    states
}

/// A count, if it comes near its limit. One that is far from it decides nothing.
#[cfg(test)]
pub(crate) fn counted<N: Copy + Default + Ord + From<u8>>(count: N, limit: N) -> N {
    if limit < N::from(10) { count.min(limit) } else { N::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = (Protocol, Role)> {
        [Protocol::Imap, Protocol::Pop3, Protocol::Smtp]
            .into_iter()
            .flat_map(|protocol| [Role::Server, Role::Client].map(|role| (protocol, role)))
    }

    #[test]
    fn what_happens_in_a_state_leads_to_one_state() {
        for (protocol, role) in all() {
            let transitions = transitions(protocol, role);
            for (i, a) in transitions.iter().enumerate() {
                let twice = transitions[..i].iter().find(|b| (a.from, a.on) == (b.from, b.on));
                assert_eq!(twice, None, "{protocol:?} {role:?}");
            }
        }
    }

    #[test]
    fn starttls_is_the_only_way_out_of_the_clear() {
        for (protocol, role) in all() {
            for Transition { from, on, to } in transitions(protocol, role) {
                let ends = matches!(to, State::Closed | State::Failed);
                match from {
                    State::Clear(_) => assert!(matches!(to, State::Clear(_) | State::Handshake) || ends),
                    State::Handshake => assert!(!matches!(to, State::Clear(_))),
                    // Nothing leads on from here.
                    State::Refused(_) => assert!(matches!(to, State::Refused(_)) || ends),
                    _ => assert!(!matches!(to, State::Clear(_) | State::Handshake)),
                }
                assert!(!matches!(from, State::Closed | State::Failed), "{on}");
            }
        }
    }

    #[test]
    fn every_state_is_reached_and_left() {
        for (protocol, role) in all() {
            let transitions = transitions(protocol, role);
            let begins = [Mode::ImplicitTls, Mode::StartTls].map(|mode| beginning(protocol, role, mode));
            for state in states(protocol, role) {
                let reached = transitions.iter().any(|t| t.to == state && t.from != state);
                assert!(reached || begins.contains(&state), "{protocol:?} {role:?} {state}");
                let left = transitions.iter().any(|t| t.from == state && t.to != state);
                assert_eq!(left, !matches!(state, State::Closed | State::Failed), "{state}");
            }
        }
    }
}
