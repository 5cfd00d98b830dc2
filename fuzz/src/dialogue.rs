//! One dialogue, played several times over: the outcome must not depend on the chunks.
//!
//! Must never know a protocol, but for the shape of its lines.

use crate::blanks;
use crate::host::{HOST_SPEAKS, Host, Manner, Trace};
use crate::plan::{End, PASSWORD_MARK, Plan, Sizes};
use crate::wire;
use mailtls::{Protocol, Role, Service};

/// What a longer input could show, a shorter one shows too.
const LONGEST: usize = 20_000;
/// The longest input that is given byte by byte: each byte is a look at the whole line.
const BYTEWISE: usize = 2048;
/// Passwords of the corpora's clients have this, and nothing that a server says.
pub const MARK: &[u8] = b"s3kr1t";

/// Plays an input in all the ways there are.
pub fn run(service: Service, role: Role, data: &[u8]) {
    let Some((plan, input)) = Plan::decode(data) else { return };
    if input.len() > LONGEST {
        return;
    }
    let separator = |b: &u8| role == Role::Client && *b == 0xff;
    let turns: Vec<&[u8]> = input.split(separator).collect();
    let input = &*turns.concat();
    let play_turns = |turns: &[&[u8]], input: &[u8], manner, size: &mut dyn FnMut() -> usize| {
        let mut host = Host::new(&plan, service, role, manner, input);
        for turn in turns {
            let mut rest = *turn;
            while !rest.is_empty() && !host.is_over() {
                let (chunk, next) = rest.split_at(size().min(rest.len()));
                host.feed(chunk);
                rest = next;
            }
            host.end_of_turn();
        }
        host.finish(plan.end());
        host
    };
    let play = |manner, size: &mut dyn FnMut() -> usize| play_turns(&turns, input, manner, size);
    let prompt = Manner { prompt: true, lazy: false, undecided: false };
    let whole = play(prompt, &mut || usize::MAX);
    check_trace(&plan, service.protocol(), role, &whole.trace);
    if role == Role::Client && input.iter().any(|b| *b > 0x7f) {
        let others: Vec<Vec<u8>> =
            turns.iter().map(|turn| turn.iter().map(|&b| other_octet(b)).collect()).collect();
        let others: Vec<&[u8]> = others.iter().map(Vec::as_slice).collect();
        let other = play_turns(&others, &others.concat(), prompt, &mut || usize::MAX);
        assert_same_meaning(&whole.trace, &other.trace);
    }
    let mut sizes = Sizes::new(plan.seed());
    let split = play(Manner { prompt: false, lazy: plan.lazy(), ..prompt }, &mut || sizes.next(12));
    assert_same(&whole.trace, &split.trace, "in chunks");
    if input.len() <= BYTEWISE {
        let bytewise = play(prompt, &mut || 1);
        assert_same(&whole.trace, &bytewise.trace, "byte by byte");
        if let Some(at) = bytewise.fed_at_hand_off {
            assert_eq!(input[at..], bytewise.trace.read, "not what came after the dialogue");
        }
    }
    if role == Role::Server {
        tags_are_tags(service.protocol(), input, &whole.trace);
        if let Some(input) = blanks::more(service.protocol(), input, &plan.limits()) {
            let mut host = Host::new(&plan, service, role, prompt, &input);
            host.feed(&input);
            host.end_of_turn();
            host.finish(plan.end());
            // What is behind the dialogue has more blanks, too.
            let read = whole.trace.read.clone();
            assert_same(&whole.trace, &Trace { read, ..host.trace }, "with more blanks");
        }
    }
    against_the_clock(&plan, service, role, &turns);
}

/// A word that an IMAP server repeats was a tag: the name of a command stood behind it.
fn tags_are_tags(protocol: Protocol, input: &[u8], trace: &Trace) {
    let dialogue = trace.output.strip_suffix(HOST_SPEAKS).unwrap_or(&trace.output);
    for line in dialogue.split(|&b| b == b'\n').filter(|_| protocol == Protocol::Imap) {
        let tag = line.split(|&b| b == b' ').next().unwrap_or_default();
        let stands_at = |at: usize| {
            let behind = input.get(at + tag.len()..).unwrap_or_default();
            let name = behind.iter().position(|b| !matches!(b, b' ' | b'\t'));
            name.is_some_and(|name| name > 0 && behind[name].is_ascii_alphabetic())
        };
        let own = matches!(tag, b"" | b"*" | b"+");
        let found =
            input.windows(tag.len().max(1)).enumerate().any(|(at, word)| word == tag && stands_at(at));
        assert!(own || found, "not a tag: {}", tag.escape_ascii());
    }
}

/// Another octet that is not ASCII for one that is not, and is none of the separators between turns.
fn other_octet(octet: u8) -> u8 {
    match octet {
        0x80..=0xfd => octet + 1,
        0xfe => 0x80,
        octet => octet,
    }
}

/// Text is for people: which octets beyond ASCII a server writes never decides what it means, so the
/// client says the same and comes to the same end.
fn assert_same_meaning(whole: &Trace, other: &Trace) {
    let said = |trace: &Trace| wire::without_nonces(&trace.output).escape_ascii().to_string();
    let kind = |event: &String| event.chars().take_while(char::is_ascii_alphanumeric).collect::<String>();
    let kinds = |trace: &Trace| trace.events.iter().map(kind).collect::<Vec<_>>();
    let code = |trace: &Trace| trace.error.as_ref().map(mailtls::Error::code);
    assert_eq!(said(whole), said(other), "the text decides what is said");
    assert_eq!((kinds(whole), code(whole)), (kinds(other), code(other)), "the text decides what it means");
}

/// That both saw the same, but for random numbers.
pub fn assert_same(whole: &Trace, other: &Trace, how: &str) {
    let without_nonces =
        |trace: &Trace| Trace { output: wire::without_nonces(&trace.output), ..trace.clone() };
    let (whole, other) = (&without_nonces(whole), &without_nonces(other));
    let (a, b) = (whole.output.escape_ascii().to_string(), other.output.escape_ascii().to_string());
    assert_eq!(whole.events, other.events, "other events {how}");
    assert_eq!(a, b, "other output {how}");
    assert_eq!(whole, other, "another outcome {how}");
}

/// The same peer, but always as late as it can be, or a little later; and perhaps a host that
/// does not decide in time.
fn against_the_clock(plan: &Plan, service: Service, role: Role, turns: &[&[u8]]) {
    let manner = Manner { prompt: true, lazy: plan.lazy(), undecided: plan.undecided() };
    let mut host = Host::new(plan, service, role, manner, &turns.concat());
    let mut sizes = Sizes::new(plan.seed());
    for turn in turns {
        let mut rest = *turn;
        while !rest.is_empty() && !host.is_over() {
            let (chunk, next) = rest.split_at(sizes.next(60).min(rest.len()));
            host.wait(plan.slack());
            host.feed(chunk);
            rest = next;
        }
        host.end_of_turn();
    }
    host.finish(End::Deadlines);
}

/// What must hold for all that was said.
pub fn check_trace(plan: &Plan, protocol: Protocol, role: Role, trace: &Trace) {
    let dialogue = trace.output.strip_suffix(HOST_SPEAKS).unwrap_or(&trace.output);
    match role {
        Role::Server => {
            wire::check_server_lines(protocol, dialogue);
            let own = beyond_tags(protocol, &wire::without_nonces(dialogue));
            assert!(!wire::shows(&own, MARK), "a password is said again");
            assert!(!wire::shows(&own, PASSWORD_MARK), "a stored password is said");
            let reason = trace.error.as_ref().map_or("", |error| error.reason());
            assert!(!wire::holds(reason.as_bytes(), MARK), "a password in a reason: {reason}");
        }
        // Only a literal may have what no line can.
        Role::Client if protocol == Protocol::Imap && plan.awkward() => {}
        Role::Client => wire::check_client_lines(dialogue, plan.may_answer_nothing()),
    }
}

/// What a server says beyond IMAP tags, which with the nonces of SCRAM are the only words of a client
/// that are said again.
pub fn beyond_tags(protocol: Protocol, output: &[u8]) -> Vec<u8> {
    match protocol {
        Protocol::Imap => {
            let lines = output.split(|&b| b == b'\n');
            lines.flat_map(|line| line.iter().skip_while(|&&b| b != b' ').copied()).collect()
        }
        Protocol::Pop3 | Protocol::Smtp => output.to_vec(),
    }
}
