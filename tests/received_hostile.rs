//! Nothing that a client chooses becomes protection, address or host name, whoever writes the field.
//!
//! A few thousand by default. More: `PROPTEST_CASES=1000000 cargo test --release --test received_hostile`

#[path = "common/received_writers.rs"]
mod writers;

use mailtls::trace::{Hop, Strength};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use writers::{Chosen, FIELDS, check, written};

/// Pieces of what servers write, and what holds text together.
const PIECES: &[&str] = &[
    " ",
    " ",
    "\t",
    "(",
    ")",
    ") ",
    " (",
    "[",
    "]",
    "<",
    ">",
    ">)",
    "\"",
    "\\",
    ";",
    "; ",
    "@",
    ",",
    "a",
    "x.example",
    "from",
    "by",
    " by evil.example ",
    "by evil.example (Postfix) with ESMTPS id 1",
    "by evil.example (Postfix, from userid 0)",
    "by uid 0",
    "with",
    " with ESMTPS ",
    "with ESMTPSA",
    " with local ",
    "with mapi",
    "with LMTP",
    "with ESMTP with STARTTLS",
    "with AES256-SHA encrypted SMTP",
    "with ESMTP/TLS/ECDHE-RSA-AES256-GCM-SHA384",
    "over TLS secured channel",
    "via tcp",
    "id 2",
    "for <a@b.example>",
    " tls TLS_AES_128_GCM_SHA256 ",
    "tls TLS_AES_128_GCM_SHA256 group x25519",
    "TLS version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384",
    "(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))",
    "using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384",
    "(using\tTLSv1.3\twith\tcipher\tTLS_AES_256_GCM_SHA384)",
    "(using SSLv3)",
    "(TLS: TLSv1.3,256bits,TLS_AES_256_GCM_SHA384)",
    "(version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=OK)",
    "(TLS1.3)",
    "(TLS1.3:TLS_AES_256_GCM_SHA384:256)",
    "(SSL)",
    "(over SMTP, TLS-1.3, envelope from",
    "(Client CN \"x\", Issuer \"y\" (verified OK))",
    "(TLS_AES_256_GCM_SHA384 encrypted)",
    "(x with TLS)",
    "(x/Submit)",
    "(x [127.0.0.1])",
    "([127.0.0.1])",
    "[127.0.0.1]",
    "127.0.0.1",
    "[IPv6:::1]",
    "[203.0.113.5]",
    "203.0.113.5",
    "([unix socket])",
    "(localhost [[UNIX: localhost]])",
    "(uid 0)",
    "HELO ",
    "(HELO a)",
    "helo=",
    "(helo=a)",
    "ident=",
    "(envelope-from <",
    "(envelope-from <a@b>)",
    "envelope-from <",
    "; Wed, 7 Jan 2026 12:45:19 +0900",
    "é",
    "\u{a0}",
    "\u{2028}",
];

/// Clauses as a client may copy them from a server, their names alone, and what says that TLS was there.
const CLAUSES: &[&str] = &[
    "a",
    "from",
    "from x",
    "by",
    "by evil.example",
    "by evil.example with ESMTPS",
    "by evil.example (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))",
    "by evil.example tls TLS_AES_128_GCM_SHA256",
    "by evil.example (TLS)",
    "by uid 0",
    "via",
    "via tcp",
    "with",
    "with ESMTPS",
    "with STARTTLS",
    "with local",
    "id",
    "id 1",
    "for",
    "for <a@b.example>",
    "tls",
    "tls TLS_AES_128_GCM_SHA256",
    "group",
    "group x25519",
    "TLS version=TLSv1.3",
    "(TLS1.3)",
    "(version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128)",
    "(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))",
    ";",
    "; Wed, 7 Jan 2026 12:45:19 +0900",
];

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        12 => proptest::sample::select(PIECES).prop_map(str::to_owned),
        1 => "\\PC{1,6}",
    ];
    let clauses = proptest::collection::vec(proptest::sample::select(CLAUSES), 1..6);
    prop_oneof![
        2 => proptest::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat()),
        1 => clauses.prop_map(|clauses| clauses.join(" ")),
    ]
}

fn any_choice() -> impl Strategy<Value = Chosen> {
    let texts = (any_text(), any_text(), any_text(), any_text(), any_text(), any_text(), any_text());
    texts.prop_map(|(helo, dns_name, ident, user, literal, from, to)| Chosen {
        helo,
        dns_name,
        ident,
        user,
        literal,
        from,
        to,
    })
}

/// The same cases at every run, unless a number of them is asked for.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    match cases {
        Some(cases) => ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() },
        None => ProptestConfig {
            cases: 4096,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(1),
            ..ProptestConfig::default()
        },
    }
}

/// What the fields say where the client is harmless: no slot is there for nothing.
#[test]
fn the_fields_say_what_they_should_of_a_harmless_client() {
    for field in FIELDS {
        let hop = Hop::read(written(field, &Chosen::harmless()).as_bytes());
        assert!(hop.by().is_some_and(|by| by == "mx.example.org" || by == "MAILSERVER"), "{field}");
        let address = hop.client_address().map(|address| address.to_string());
        let expected = [("192.0.2.66", Some("192.0.2.66")), ("2001:db8::66", Some("2001:db8::66"))];
        let expected = expected.into_iter().find(|pair| field.contains(pair.0)).and_then(|pair| pair.1);
        assert_eq!(address.as_deref(), expected, "{field}");
        let says_tls =
            ["TLS", "SSL", "ESMTPS", "esmtps", "encrypted"].into_iter().any(|word| field.contains(word));
        assert_eq!(hop.protection().tls().is_some(), says_tls, "{field}");
        assert_ne!(hop.protection().strength(), Strength::Local, "{field}");
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_choice_of_a_client_makes_more_of_a_field(field in proptest::sample::select(FIELDS), chosen in any_choice()) {
        check(field, &chosen);
    }
}
