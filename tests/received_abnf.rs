//! The strict parser of the Received field accepts what the ABNF of the RFCs generates, and nothing else.
//!
//! The judge is `tests/data/received.abnf` with a matcher of its own. `PROPTEST_CASES=100000 cargo test
//! --test received_abnf` looks longer.

#[path = "common/abnf/mod.rs"]
mod judge;

use judge::generator::Generator;
use judge::grammar::{Grammar, Node};
use judge::matcher::matches;
use judge::mutation::{Mutation, mutation};
use mailtls::trace::Received;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(judge::received);

/// A rule, sentences of it, and texts that are none.
type Examples = (&'static str, &'static [&'static str], &'static [&'static str]);

#[rustfmt::skip]
const EXAMPLES: &[Examples] = &[
    ("FWS", &[" ", "\t ", "\r\n ", " \t\r\n \t"], &["", "\r\n", " \r\n", "\r\n \r\n ", "\n ", "\r "]),
    ("comment", &["()", "(a)", "( a (b\r\n c) )", "(\\))", "(\\\\)", "(\\ )", "(\u{e9})", "(\\\u{e9})"],
        &["", "(", ")", "(()", "())", "(\\)", "(\r\n)", "(\0)", "(\u{7f})", "(a) "]),
    ("CFWS", &[" ", "(a)", " (a)", "(a) ", " (a)(b)\r\n (c) "], &["", "(a)b", "\r\n"]),
    ("Atom", &["a", "!#$%&'*+-/=?^_`{|}~", "\u{43f}"], &["", "a.b", "a b", "a@", "\"", ",", "("]),
    ("Quoted-string", &["\"\"", "\"a b\"", "\"\\\"\"", "\"\\ \"", "\"\u{e9}\""],
        &["\"", "\"\"\"", "\"\t\"", "\"\\\u{e9}\"", "\"a\\\"", "\"\r\n \""]),
    ("Domain", &["a", "a.b", "a-b.c", "1.2", "a--b", "b\u{fc}cher.example", "\u{fc}"],
        &["", ".", "a.", ".a", "-a", "a-", "a_b", "a..b"]),
    ("address-literal",
        &["[192.0.2.1]", "[255.255.255.255]", "[001.02.3.000]", "[IPv6:::]", "[ipv6:2001:db8::1]", "[IPv6:1:2:3:4:5:6:7:8]",
            "[IPv6:1:2:3:4:5:6::]", "[IPv6:::1:2:3:4:5:6]", "[IPv6:1:2:3:4:5:6:192.0.2.1]", "[IPv6:1:2::3:4:192.0.2.1]",
            "[IPv6:::192.0.2.1]", "[X400:c=us;a=!]", "[IPv6x:1]", "[x-y:^]"],
        &["[]", "[256.0.0.1]", "[1.2.3]", "[1.2.3.4.5]", "[1.2.3.4", "[0001.2.3.4]", "[IPv6:1]", "[IPv6:1:2:3:4:5:6:7::]",
            "[IPv6:1:2:3:4::5:6:7]", "[IPv6:1::2::3]", "[IPv6:12345::]", "[IPv6:1:2:3::4:5:192.0.2.1]", "[IPv6:x]", "[x:]",
            "[-:a]", "[x-:a]", "[x:a b]", "[x:[]", "[x:\\]", "[x:\u{e9}]"]),
    ("Mailbox", &["a@b", "a.b@c.d", "\"a b\"@c", "a@[192.0.2.1]", "\u{e9}@b"], &["a", "@b", "a@", "a.@b", "a @b", "a@b@c"]),
    ("Path", &["<a@b>", "<@c:a@b>", "<@c,@d:a@b>"], &["<>", "a@b", "<a@b", "<@c,:a@b>", "<@c a@b>", "< a@b>", "<@[1.2.3.4]:a@b>"]),
    ("msg-id", &["<a@b>", " (c) <a.b@[c]> ", "<a@[]>", "<a@b_c.d>"], &["<a>", "<a@b@c>", "<\"a\"@b>", "<a@[[]>", "<a@b.>"]),
    ("Extended-Domain", &["a", "a ([192.0.2.1])", "a (b [192.0.2.1])", "[192.0.2.1] (a [192.0.2.1])"],
        &["[192.0.2.1]", "a([192.0.2.1])", "a (b)", "a ( [192.0.2.1])", "a (b[192.0.2.1])"]),
    ("tls-cipher-clause", &[" tls a", "(c) TLS\r\n TLS_AES_128_GCM_SHA256", " tls 0x1301", " tls 0X00aF group x25519",
            " tls a (b) group secp256r1", " tls a group X25519-MLKEM_768"],
        &["tls a", " tls", " tls 0x130", " tls 0x13011", " tls 1a", " tls a-b", " tls _a", " tls a group", " tls a group 1",
            " tls a groupx"]),
    ("Additional-Registered-Clauses", &[" a b", " a \"b c\" d e", " tls a", " a b tls c group d e f", " tls tls"],
        &["", " a", " a b c", " tls a tls b", " group a", " tls a b c group d", " a \"b", " With x", " FOR y", " tls \"a\"", " a (b) c"]),
    ("Opt-info", &["", " via TCP", " with ESMTPS id x", " ID <a@b> ", " for a@b tls c", " for <a@b>(c)d e", " with x (y) a b"],
        &[" id x with y", " with", " with (x) y", " for a", " via a via b", " id a.b", " for x"]),
    ("date-time", &["1 Jan 1900 00:00 +0000", "Thu, 26 Nov 2026 16:14:10 +0100", " thu,\t\r\n 26\r\n NOV 2026 00:00:60 -9959 (x)",
            "29 Feb 2000 23:59 +0000", "Fri, 31 Dec 9999 23:59:60 -0000", "01 Jan 02026 00:00 +0000", "Mon,1 Jan 1900 00:00 +0000"],
        &["26 Nov 26 16:14 +0100", "Wed, 26 Nov 2026 16:14:10 +0100", "29 Feb 1900 00:00 +0000", "31 Apr 2026 00:00 +0000",
            "0 Jan 2026 00:00 +0000", "32 Jan 2026 00:00 +0000", "1 Jan 1899 00:00 +0000", "1 Jan 10000 00:00 +0000",
            "1 Jan 2026 24:00 +0000", "1 Jan 2026 00:60 +0000", "1 Jan 2026 00:00:61 +0000", "1 Jan 2026 0:00 +0000",
            "1 Jan 2026 00:00 +0060", "1 Jan 2026 00:00+0000", "1 Jan 2026 00:00 GMT", "1 Jan 2026 00:00 +000", "001 Jan 2026 00:00 +0000",
            "Mon 1 Jan 1900 00:00 +0000", "1 (x) Jan 2026 00:00 +0000", "1 January 2026 00:00 +0000"]),
    ("Time-stamp-line", &["Received: from a by b; 1 Jan 2026 00:00 +0000\r\n", "RECEIVED:\r\n FROM a(x)BY b(y);\r\n 1 Jan 2026 00:00 +0000\r\n"],
        &["Received: from a by b; 1 Jan 2026 00:00 +0000", "Received: from a by b; 1 Jan 2026 00:00 +0000\n",
            "Received:from a by b; 1 Jan 2026 00:00 +0000\r\n", "Received: by b; 1 Jan 2026 00:00 +0000\r\n",
            "Received: from a by b 1 Jan 2026 00:00 +0000\r\n", "Received: from a by b;1 Jan 2026 00:00 +0000\r\n",
            "Received: from a\r\nby b; 1 Jan 2026 00:00 +0000\r\n", "Received : from a by b; 1 Jan 2026 00:00 +0000\r\n"]),
];

#[test]
fn the_matcher_knows_examples_of_the_rules() {
    for (rule, sentences, others) in EXAMPLES {
        for sentence in *sentences {
            assert!(matches(&GRAMMAR, rule, sentence.as_bytes()), "{rule}: {sentence:?}");
        }
        for other in *others {
            assert!(!matches(&GRAMMAR, rule, other.as_bytes()), "not {rule}: {other:?}");
        }
    }
}

#[test]
fn only_well_formed_utf_8_is_utf8_non_ascii() {
    for text in
        ["\u{80}", "\u{7ff}", "\u{800}", "\u{d7ff}", "\u{e000}", "\u{ffff}", "\u{10000}", "\u{10ffff}"]
    {
        assert!(matches(&GRAMMAR, "UTF8-non-ascii", text.as_bytes()), "{text:?}");
    }
    let none: [&[u8]; 7] = [
        b"a",
        b"\x80",
        b"\xc1\xbf",
        b"\xe0\x9f\xbf",
        b"\xed\xa0\x80",
        b"\xf0\x8f\xbf\xbf",
        b"\xf4\x90\x80\x80",
    ];
    for octets in none {
        assert!(!matches(&GRAMMAR, "UTF8-non-ascii", octets), "{octets:x?}");
    }
}

#[test]
fn the_matcher_takes_every_way_through_an_ambiguous_grammar() {
    let grammar =
        Grammar::read("s = *[a] a %s\"B\"\na = \"a\" / \"aa\"\nnamed = %d99.100 / 1*2%x65\na =/ \"x\"\n");
    for (rule, text, sentence) in [
        ("s", "aB", true),
        ("s", "aaaxAB", true),
        ("s", "B", false),
        ("s", "ab", false),
        ("named", "cd", true),
        ("named", "CD", false),
        ("named", "ee", true),
        ("named", "eee", false),
    ] {
        assert_eq!(matches(&grammar, rule, text.as_bytes()), sentence, "{rule}: {text}");
    }
}

/// Numbers that look random, always the same.
fn choices(seed: u64, length: usize) -> Vec<u16> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        u16::try_from(state >> 48).expect("16 bits")
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// All alternatives in a node.
fn alternatives(node: &Node) -> Vec<&Node> {
    match node {
        Node::Alternatives(nodes) => nodes.iter().chain(nodes.iter().flat_map(alternatives)).collect(),
        Node::Concatenation(nodes) => nodes.iter().flat_map(alternatives).collect(),
        Node::Repetition { node, .. } => alternatives(node),
        Node::Rule(_) | Node::Text { .. } | Node::Range(..) => Vec::new(),
    }
}

#[test]
fn the_generator_takes_every_alternative_of_the_grammar() {
    let seeds: Vec<Vec<u16>> = (0..3000).map(|seed| choices(seed, 700)).collect();
    let mut generator = Generator::new(&GRAMMAR);
    for seed in &seeds {
        generator.sentence("Time-stamp-line", seed);
    }
    let never: BTreeSet<&str> = (GRAMMAR.rules.iter().zip(&GRAMMAR.names))
        .filter(|(rule, _)| {
            alternatives(rule).iter().any(|&node| !generator.taken.contains(&std::ptr::from_ref(node)))
        })
        .map(|(_, name)| name.as_str())
        .collect();
    assert_eq!(never, BTreeSet::new());
}

/// Whether `field` is accepted, on which the parser and the judge must be of one opinion.
fn agreed(field: &[u8]) -> bool {
    let accepted = judge::accepts(&GRAMMAR, field);
    let parsed = Received::parse(field);
    assert_eq!(accepted, parsed.is_ok(), "\"{}\"\n{:?}", field.escape_ascii(), parsed.err());
    accepted
}

fn plain(parts: &str) -> Vec<u8> {
    format!("Received: from a by b{parts}; 1 Jan 2026 00:00 +0000\r\n").into_bytes()
}

#[test]
fn parser_and_judge_have_the_same_limits() {
    for (length, accepted) in [(997, true), (998, true), (999, false)] {
        let frame = plain("").len() - b"\r\n".len();
        let one_line = plain(&format!(" ({})", "x".repeat(length - frame - 3)));
        assert_eq!(agreed(&one_line), accepted, "{length}");
        let first_line = plain(&format!(" ({}\r\n )", "x".repeat(length - "Received: from a by b (".len())));
        assert_eq!(agreed(&first_line), accepted, "{length}");
        let last_line =
            plain(&format!("\r\n ({})", "x".repeat(length - frame + "Received: from a by b".len() - 3)));
        assert_eq!(agreed(&last_line), accepted, "{length}");
    }
}

#[test]
fn tcp_info_may_hold_parentheses_and_the_comment_that_begins_like_it_stays_a_comment() {
    // `[x:(]` is an address literal; `([x:(]) y)` can only be a comment, and `([x:)])` can only be none.
    for (parts, tcp_info, comments, written) in [
        ("([x:(])", true, 0, "([x:(])"),
        ("([x:)]) (y)", true, 1, "([x:)]) (y)"),
        ("(b [x:(])()", true, 1, "(b [x:(]) ()"),
        ("([x:(]) y)", false, 1, "(\\[x:(]) y)"),
        ("(b\r\n [x:(]) y) (z)", false, 2, "(\\b [x:(]) y) (z)"),
        ("([x:y)", false, 1, "([x:y)"),
    ] {
        let field = format!("Received: from a {parts} by b {parts}; 1 Jan 2026 00:00 +0000\r\n");
        assert!(agreed(field.as_bytes()), "{field}");
        let received = Received::parse(field.as_bytes()).unwrap();
        for host in [received.from(), received.by()] {
            assert_eq!(
                (host.value.tcp_info().is_some(), host.comments.len()),
                (tcp_info, comments),
                "{field}"
            );
        }
        let again = received.to_field();
        assert!(again.contains(&format!("from a {written} by b {written};")), "{again}");
        assert_eq!(Received::parse(again.as_bytes()), Ok(received));
    }
}

#[test]
fn no_line_is_of_white_space_alone() {
    for (gap, accepted) in
        [("\r\n ()", true), ("\r\n \r\n ()", false), (" ()\r\n\t", true), (" ()\r\n\t\r\n ", false)]
    {
        let behind_by = format!("Received: from a by b{gap}; 1 Jan 2026 00:00 +0000\r\n");
        assert_eq!(agreed(behind_by.as_bytes()), accepted, "{behind_by:?}");
        let around_id = format!("Received: from a by b id{gap}<a@b>{gap}; 1 Jan 2026 00:00 +0000\r\n");
        assert_eq!(agreed(around_id.as_bytes()), accepted, "{around_id:?}");
    }
    for before_date in ["\r\n ", "\r\n \t"] {
        assert!(agreed(format!("Received: from a by b;{before_date}1 Jan 2026 00:00 +0000\r\n").as_bytes()));
        assert!(!agreed(
            format!("Received: from a by b;{before_date}\r\n 1 Jan 2026 00:00 +0000\r\n").as_bytes()
        ));
        assert!(!agreed(
            format!("Received: from a by b; 1 Jan 2026 00:00 +0000{before_date}\r\n").as_bytes()
        ));
    }
}

/// Rules, and what stands before and behind their sentences in a plain field.
#[rustfmt::skip]
const FRAMES: [(&str, &str, &str); 11] = [
    ("date-time", "Received: from a by b; ", "\r\n"),
    ("FWS", "Received:", "from a by b; 1 Jan 2026 00:00 +0000\r\n"),
    ("CFWS", "Received: from a", "by b; 1 Jan 2026 00:00 +0000\r\n"),
    ("Extended-Domain", "Received: from ", " by b; 1 Jan 2026 00:00 +0000\r\n"),
    ("Extended-Domain", "Received: from a by ", "; 1 Jan 2026 00:00 +0000\r\n"),
    ("address-literal", "Received: from ", " ([192.0.2.1]) by b; 1 Jan 2026 00:00 +0000\r\n"),
    ("Opt-info", "Received: from a by b", "; 1 Jan 2026 00:00 +0000\r\n"),
    ("msg-id", "Received: from a by b id ", " for a@b; 1 Jan 2026 00:00 +0000\r\n"),
    ("Path", "Received: from a by b for ", "; 1 Jan 2026 00:00 +0000\r\n"),
    ("Mailbox", "Received: from a by b for ", "(c)d e; 1 Jan 2026 00:00 +0000\r\n"),
    ("Additional-Registered-Clauses", "Received: from a by b id c", "; 1 Jan 2026 00:00 +0000\r\n"),
];

/// A text that shows itself as such.
#[derive(Clone)]
struct Field(Vec<u8>);

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// A sentence of a rule: as many choices as a field of a few lines takes.
fn sentence(rule: &'static str) -> impl Strategy<Value = Field> {
    vec(any::<u16>(), 0..800)
        .prop_map(move |choices| Field(Generator::new(&GRAMMAR).sentence(rule, &choices)))
}

fn damages() -> impl Strategy<Value = Vec<Mutation>> {
    prop_oneof![2 => vec(mutation(), 1), 1 => vec(mutation(), 2..5)]
}

fn damaged_field() -> impl Strategy<Value = Field> {
    let field = || sentence("Time-stamp-line");
    (field(), field(), damages()).prop_map(|(mut field, donor, damages)| {
        for damage in damages {
            damage.apply(&mut field.0, &donor.0);
        }
        field
    })
}

/// A plain field, of which one part is damaged.
fn damaged_part() -> impl Strategy<Value = Field> {
    let choices = || vec(any::<u16>(), 0..120);
    (prop::sample::select(&FRAMES[..]), choices(), choices(), damages()).prop_map(
        |((rule, before, behind), choices, other, damages)| {
            let mut generator = Generator::new(&GRAMMAR);
            let (mut part, donor) = (generator.sentence(rule, &choices), generator.sentence(rule, &other));
            for damage in damages {
                damage.apply(&mut part, &donor);
            }
            Field([before.as_bytes(), &part, behind.as_bytes()].concat())
        },
    )
}

fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(usual),
        max_shrink_iters: 4_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "proptest-regressions/received_abnf.txt",
        ))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn the_matcher_takes_what_the_generator_makes_of_any_rule(
        rule in any::<prop::sample::Index>(),
        choices in vec(any::<u16>(), 0..200),
    ) {
        let name = rule.get(&GRAMMAR.names);
        let made = Field(Generator::new(&GRAMMAR).sentence(name, &choices));
        prop_assert!(matches(&GRAMMAR, name, &made.0), "{}: {:?}", name, made);
    }

    #[test]
    fn the_parser_takes_what_the_grammar_generates_and_writes_it_again(field in sentence("Time-stamp-line")) {
        // A line can come out too long, or of white space alone; then both refuse it.
        prop_assert_eq!(agreed(&field.0), judge::prose::whole_field(&field.0));
        if let Ok(value) = Received::parse(&field.0) {
            let written = value.to_field();
            prop_assert!(judge::accepts(&GRAMMAR, written.as_bytes()), "{:?}", written);
            prop_assert_eq!(Received::parse(written.as_bytes()), Ok(value), "{:?}", written);
        }
    }
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn parser_and_grammar_agree_on_damaged_fields(field in damaged_field()) {
        agreed(&field.0);
    }

    #[test]
    fn parser_and_grammar_agree_on_fields_with_a_damaged_part(field in damaged_part()) {
        agreed(&field.0);
    }
}
