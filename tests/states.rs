//! The diagrams of `docs/states` are what `mailtls::dialogue::states` makes of them.
//!
//! `MAILTLS_UPDATE_STATES=1 cargo test --test states` (or `make states`) draws them anew.

use mailtls::dialogue::states::{State, Transition, beginning, states, transitions};
use mailtls::{Mode, Protocol, Role};
use std::fmt::Write as _;
use std::path::PathBuf;

const MACHINES: [(Protocol, Role, &str); 6] = [
    (Protocol::Imap, Role::Server, "imap-server"),
    (Protocol::Imap, Role::Client, "imap-client"),
    (Protocol::Pop3, Role::Server, "pop3-server"),
    (Protocol::Pop3, Role::Client, "pop3-client"),
    (Protocol::Smtp, Role::Server, "smtp-server"),
    (Protocol::Smtp, Role::Client, "smtp-client"),
];

/// How the states look: what is not protected, what is, and how it ends.
const STYLES: &str = "  classDef clear fill:#fde2c8,stroke:#b45f06,color:#000
  classDef handshake fill:#cfe2f3,stroke:#0b5394,stroke-width:3px,color:#000
  classDef tls fill:#d9ead3,stroke:#38761d,color:#000
  classDef host fill:#93c47d,stroke:#274e13,stroke-width:3px,color:#000
  classDef closed fill:#eeeeee,stroke:#666666,color:#000
  classDef failed fill:#f4cccc,stroke:#990000,color:#000
";

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/states")
}

/// The part of the diagram that a state is in; ends are drawn by the part that leads to them.
fn part(state: State) -> &'static str {
    match state {
        State::Clear(_) => "clear",
        State::Handshake => "handshake",
        State::Mapping | State::Judging | State::Tls(_) => "tls",
        State::Refused(_) => "refused",
        _ => "ends",
    }
}

fn is_end(state: State) -> bool {
    matches!(state, State::Closed | State::Failed)
}

fn name(state: State) -> String {
    match state {
        State::Clear(name) | State::Tls(name) | State::Refused(name) => name.into(),
        State::Handshake => "TLS handshake".into(),
        State::Mapping => "Mapping:<br>whose certificate is it?".into(),
        State::Judging => "Judging:<br>is it the right server's?".into(),
        State::HandedOff => "handed off:<br>the plaintext is the host's".into(),
        State::Closed => "closed in order".into(),
        State::Failed => "closed, with an error".into(),
        other => other.to_string(),
    }
}

/// What a state is called inside the diagram, for an arrow from this part.
fn id(state: State, from: &str) -> String {
    match state {
        State::Clear(name) => format!("clear_{name}"),
        State::Tls(name) => format!("tls_{name}"),
        State::Refused(name) => format!("refused_{name}"),
        end if is_end(end) => format!("{end}_{from}"),
        other => other.to_string(),
    }
}

fn node(state: State, from: &str) -> String {
    let (id, name) = (id(state, from), name(state));
    match state {
        State::Clear(_) | State::Refused(_) => format!("{id}[\"{name}\"]:::clear"),
        State::Handshake => format!("{id}([\"{name}\"]):::handshake"),
        State::HandedOff => format!("{id}([\"{name}\"]):::host"),
        State::Closed => format!("{id}([\"{name}\"]):::closed"),
        State::Failed => format!("{id}([\"{name}\"]):::failed"),
        _ => format!("{id}[\"{name}\"]:::tls"),
    }
}

/// Whether it leads to an end from most of the states of its part, and is told in words: an arrow
/// from each would hide the others.
fn is_common(all: &[Transition], t: &Transition) -> bool {
    let states = |wanted: &dyn Fn(&Transition) -> bool| {
        let mut states: Vec<State> = Vec::new();
        for t in all.iter().filter(|t| wanted(t)) {
            if !states.contains(&t.from) {
                states.push(t.from);
            }
        }
        states.len()
    };
    let of_part = states(&|other| part(other.from) == part(t.from));
    let alike = states(&|other| part(other.from) == part(t.from) && (other.on, other.to) == (t.on, t.to));
    let anywhere = all.iter().any(|o| o.from == State::Handshake && (o.on, o.to) == (t.on, t.to));
    let elsewhere = all.iter().any(|o| part(o.from) != part(t.from) && (o.on, o.to) == (t.on, t.to));
    match t.to {
        State::Failed if part(t.from) == "ends" => true,
        // Of a part with one state that is all there is to draw.
        State::Failed => alike * 2 > of_part && (of_part > 1 || elsewhere),
        State::Closed => anywhere,
        _ => false,
    }
}

/// What is told in words: in which part, what, to which end, and the states where it is not so.
fn common(all: &[Transition]) -> Vec<(&'static str, &'static str, State, Vec<String>)> {
    let mut common: Vec<(_, _, _, Vec<_>)> = Vec::new();
    for t in all.iter().filter(|t| is_common(all, t)) {
        if common.iter().any(|(p, on, to, _)| (*p, *on, *to) == (part(t.from), t.on, t.to)) {
            continue;
        }
        let mut but = Vec::new();
        for other in all.iter().filter(|other| part(other.from) == part(t.from)) {
            let also = |o: &&Transition| (o.from, o.on, o.to) == (other.from, t.on, t.to);
            if !all.iter().any(|o| also(&o)) && !but.contains(&name(other.from)) {
                but.push(name(other.from));
            }
        }
        common.push((part(t.from), t.on, t.to, but));
    }
    common
}

/// An arrow with all that it stands for.
struct Arrow {
    from: State,
    to: State,
    labels: Vec<&'static str>,
}

fn arrows(all: &[Transition]) -> Vec<Arrow> {
    let mut arrows: Vec<Arrow> = Vec::new();
    for t in all.iter().filter(|t| !is_common(all, t)) {
        match arrows.iter_mut().find(|arrow| (arrow.from, arrow.to) == (t.from, t.to)) {
            Some(arrow) => arrow.labels.push(t.on),
            None => arrows.push(Arrow { from: t.from, to: t.to, labels: vec![t.on] }),
        }
    }
    arrows
}

/// A flowchart that GitHub draws.
fn diagram(protocol: Protocol, role: Role) -> String {
    let (all, states) = (transitions(protocol, role), states(protocol, role));
    let arrows = arrows(&all);
    let mut text = String::from("flowchart TD\n");
    let begins = [("STARTTLS service", Mode::StartTls), ("Implicit TLS service", Mode::ImplicitTls)];
    for (i, (service, mode)) in begins.into_iter().enumerate() {
        let _ = writeln!(text, "  begin{i}([\"{service}\"]) --> {}", id(beginning(protocol, role, mode), ""));
    }
    let boxes = [("clear", "in clear"), ("tls", "inside TLS"), ("refused", "on TLS that is refused")];
    for (box_, title) in boxes.into_iter().filter(|(box_, _)| states.iter().any(|s| part(*s) == *box_)) {
        let _ = writeln!(text, "  subgraph {box_} [\"{title}\"]");
        for state in states.iter().filter(|state| part(**state) == box_) {
            let _ = writeln!(text, "    {}", node(*state, ""));
        }
        text.push_str("  end\n");
    }
    for state in states.iter().filter(|state| matches!(part(**state), "handshake" | "ends")) {
        if !is_end(*state) {
            let _ = writeln!(text, "  {}", node(*state, ""));
            continue;
        }
        for from in ["clear", "handshake", "tls", "refused", "ends"] {
            if arrows.iter().any(|arrow| arrow.to == *state && part(arrow.from) == from) {
                let _ = writeln!(text, "  {}", node(*state, from));
            }
        }
    }
    for Arrow { from, to, labels } in arrows {
        let (from, to) = (id(from, ""), id(to, part(from)));
        let _ = writeln!(text, "  {from} -- \"{}\" --> {to}", labels.join("<br>"));
    }
    text + STYLES
}

/// What is not in the diagram.
fn words(all: &[Transition]) -> String {
    let mut text = String::new();
    let titles = [
        ("clear", "in clear"),
        ("handshake", "in the handshake"),
        ("tls", "inside TLS"),
        ("refused", "on TLS that is refused"),
        ("ends", "after the hand-off"),
    ];
    for (from, title) in titles {
        for end in [State::Failed, State::Closed] {
            let told: Vec<_> = common(all)
                .into_iter()
                .filter(|(part, _, to, _)| (*part, *to) == (from, end))
                .map(|(_, on, _, but)| match &but[..] {
                    [] => on.to_owned(),
                    but => format!("{on} (not in {})", but.join(", ")),
                })
                .collect();
            if !told.is_empty() {
                let _ = writeln!(text, "- {title}, **{}**: {}", name(end), told.join("; "));
            }
        }
    }
    text
}

fn page(protocol: Protocol, role: Role, file: &str) -> String {
    let (kind, machine) = file.split_once('-').unwrap_or((file, ""));
    let all = transitions(protocol, role);
    let mut text = format!(
        "<!-- Made by `make states` from src/dialogue/{kind}/{machine}/states.rs; do not edit. -->\n\
         # {} {machine}\n\n```mermaid\n{}```\n\n\
         Besides, in every state:\n\n{}\n\
         <details><summary>All transitions</summary>\n\n| in | when | to |\n|---|---|---|\n",
        kind.to_uppercase(),
        diagram(protocol, role),
        words(&all)
    );
    for Transition { from, on, to } in all {
        let _ = writeln!(text, "| {from} | {on} | {to} |");
    }
    text + "\n</details>\n"
}

#[test]
fn diagrams_are_current() {
    for (protocol, role, name) in MACHINES {
        let (path, drawn) = (directory().join(name).with_extension("md"), page(protocol, role, name));
        if std::env::var_os("MAILTLS_UPDATE_STATES").is_some() {
            std::fs::write(&path, &drawn).expect("docs/states");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == drawn, "{} is not what the table says; run `make states`", path.display());
    }
}

/// Every transition is on an arrow, or in the words below.
#[test]
fn diagrams_are_complete() {
    for (protocol, role, file) in MACHINES {
        let all = transitions(protocol, role);
        let (arrows, common) = (arrows(&all), common(&all));
        for t in &all {
            let drawn = arrows.iter().any(|a| (a.from, a.to) == (t.from, t.to) && a.labels.contains(&t.on));
            let told = common.iter().any(|(from, on, to, but)| {
                (*from, *on, *to) == (part(t.from), t.on, t.to) && !but.contains(&name(t.from))
            });
            assert!(drawn != told, "{file}: {t:?}");
        }
    }
}

#[test]
fn the_readme_names_every_diagram() {
    let readme = std::fs::read_to_string(directory().join("README.md")).expect("docs/states/README.md");
    for (_, _, name) in MACHINES {
        assert!(readme.contains(&format!("({name}.md)")), "{name}");
    }
}
