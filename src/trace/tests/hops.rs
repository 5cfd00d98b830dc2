//! Fields as nobody should write them.

use super::super::{DateTime, Hop, HopReport, Protection, Received, Strength};
use proptest::prelude::*;

#[test]
fn a_client_makes_no_clause_by_its_name() {
    let hop =
        Hop::read(b"Received: from with (HELO with ESMTPS) by mx with SMTP; 26 Nov 2026 15:34:24 +0000");
    assert_eq!((hop.from(), hop.by(), hop.with()), (Some("with"), Some("mx"), Some("SMTP")));
    assert_eq!(hop.protection(), &Protection::Clear);
    let hop = Hop::read(b"from x (using TLSv1.3) by tls by mx with ESMTP tls");
    assert_eq!((hop.by(), hop.with()), (None, Some("ESMTP tls")));
    assert_eq!(hop.protection(), &Protection::Clear);
    let hop = Hop::read(b"Received: from (client.example [192.0.2.1]) by mx with ESMTP");
    assert_eq!((hop.from(), hop.by(), hop.with()), (None, Some("mx"), Some("ESMTP")));
}

/// The name ends in that of a clause: the server's `by` is no value of it.
#[test]
fn a_client_takes_no_clause_of_the_servers_by_its_name() {
    let tls = "(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))";
    for helo in [
        &format!("a by mx.evil {tls} via"),
        "a by mx.evil tls TLS_AES_128_GCM_SHA256 via",
        "a by mx.evil with ESMTPS via",
        "a by mx.evil with ESMTPS with",
        "a by mx.evil (TLS1.3) tls",
        "a by mx.evil tls TLS_AES_128_GCM_SHA256 group",
        "a by mx.evil (TLS) from",
        "a by mx.evil with ESMTPS id",
        "a by mx.evil with ESMTPS for",
        "a by mx.evil with ESMTPS by",
        "a by mx.evil by uid 7 via",
        "a by mx.evil by uid",
        "a by mx.evil with ESMTPS;",
        "a by mx.evil with ESMTPS; 26 Nov 2026 15:34:24 +0000; via",
        "a BY mx.evil with ESMTPS VIA",
        "a by",
        "by mx.evil with ESMTPS via",
        "by",
    ] {
        for end in [" id 3; 26 Nov 2026 15:34:24 +0000", " id 3", ""] {
            let field = format!("from {helo} by mx.example.com with ESMTP{end}");
            let hop = Hop::read(field.as_bytes());
            let said = (hop.by(), hop.client_address(), hop.protection());
            assert_eq!(said, (None, None, &Protection::Clear), "{field}");
        }
    }
    // What qmail-scanner writes is no second server.
    let hop = Hop::read(b"from a by alpha by uid 7791 with qmail-scanner-1.14; 26 Nov 2026 15:34:24 +0000");
    assert_eq!((hop.by(), hop.protection()), (Some("alpha"), &Protection::Local));
}

#[test]
fn what_does_not_end_holds_nothing_together() {
    let hop = Hop::read(b"Received: from a (b (c by mx; 26 Nov 2026 15:34:24 +0000");
    assert_eq!((hop.from(), hop.by(), hop.date().is_some()), (Some("a (b (c"), Some("mx"), true));
    let hop = Hop::read(b"Received: from a by \"mx with x; y");
    assert_eq!((hop.by(), hop.with()), (Some("\"mx"), Some("x")));
    assert_eq!(Hop::read(b"Received:"), Hop::read(b""));
    assert_eq!(Hop::read(b"received :\r\n from a").from(), Some("a"));
    let hop = Hop::read(b"Received: from a\xff\0b by mx");
    assert_eq!((hop.from(), hop.by()), (Some("a\u{fffd} b"), Some("mx")));
}

#[test]
fn the_address_is_what_tcp_says() {
    for (from, address) in [
        ("a (b [192.0.2.7])", "192.0.2.7"),
        ("[10.0.0.1] (b [IPv6:2001:db8::1])", "2001:db8::1"),
        ("unknown (HELO x) (192.0.2.8)", "192.0.2.8"),
        // Not what the client says of itself.
        ("unknown (HELO [10.0.0.1]) (192.0.2.8)", "192.0.2.8"),
        ("[192.0.2.8] (helo=[10.0.0.1])", "192.0.2.8"),
        ("a ([192.0.2.8] helo=[10.0.0.1] ident=10.0.0.2)", "192.0.2.8"),
        ("a ([10.0.0.1] [192.0.2.9])", "192.0.2.9"),
        ("a ([10.0.0.1]) ([192.0.2.9])", "192.0.2.9"),
        ("a with SMTP [10.0.0.1] (b\t[192.0.2.9])", "192.0.2.9"),
        ("a (b [::ffff:192.0.2.9]) (auth=c)", "192.0.2.9"),
        ("a (b [192.0.2.9]) (envelope-sender <c@[10.0.0.1]>)", "192.0.2.9"),
        ("a (b [192.0.2.9]) (IDENT: c)", "192.0.2.9"),
        ("a (Not Verified[192.0.2.9])", "192.0.2.9"),
        ("b(192.0.2.9, HELO a)", "192.0.2.9"),
        ("a ([fe80::1%5])", "fe80::1"),
        ("a ([192.0.2.9]:53412 helo=b)", "192.0.2.9"),
    ] {
        let hop = Hop::read(format!("Received: from {from} by mx").as_bytes());
        assert_eq!(hop.client_address().map(|a| a.to_string()).as_deref(), Some(address), "{from}");
    }
    // Exim, where the client calls itself by its address.
    let exim = "from [192.0.2.9] by mx with esmtpsa (TLS1.3) tls TLS_AES_128_GCM_SHA256 (Exim 4.96) id 1-2";
    assert_eq!(
        Hop::read(exim.as_bytes()).client_address().map(|a| a.to_string()).as_deref(),
        Some("192.0.2.9")
    );
    for field in [
        "from a (b.example) by mx ([192.0.2.7])",
        // What the client calls itself.
        "from [192.0.2.9] by mx",
        "from [192.0.2.9] by mx for <(Exim 4.96)@b>",
        "from [192.0.2.9] by mx with ESMTP id 1 (Exim 4.96)",
        "from 192.0.2.9 by mx",
        "from 192.0.2.9 (b.example) by mx",
        // Nobody can tell which of them is the server's.
        "from [192.0.2.9] (HELO a) (b [10.0.0.1]) by mx",
        "from a ([192.0.2.9] helo=a) ([10.0.0.1]) by mx",
        "from a ([192.0.2.9]) by mx by mx",
        "from a ([192.0.2.9]) by mx (<c> by mx)",
    ] {
        assert_eq!(Hop::read(field.as_bytes()).client_address(), None, "{field}");
    }
}

#[test]
fn words_in_the_open_are_found() {
    for (field, form, suite) in [
        ("by mx over TLS secured channel with Microsoft SMTPSVC(6.0)", "words", None),
        (
            "by mx with ESMTPS id 1 TLS version=TLSv1.2 cipher=AES128-SHA bits=128 verify=NO; for <a@b>",
            "opensmtpd",
            Some(0x002f),
        ),
    ] {
        let hop = Hop::read(format!("Received: from a {field}; 26 Nov 2026 15:34:24 +0000").as_bytes());
        let tls = hop.protection().tls().expect(field);
        assert_eq!((tls.form().name(), tls.cipher_suite().map(|suite| suite.0)), (form, suite));
    }
}

#[test]
fn dates_as_they_are_met() {
    for (text, expected) in [
        ("Thu, 26 Nov 2026 15:34:24 +0100", "Thu, 26 Nov 2026 15:34:24 +0100"),
        ("Mon, 26 Nov 2026 15:34 GMT", "Thu, 26 Nov 2026 15:34:00 +0000"),
        ("26-Nov-49 15:34:24 pdt", "Fri, 26 Nov 2049 15:34:24 -0700"),
        ("26 November 99 3:04:05", "Fri, 26 Nov 1999 03:04:05 -0000"),
        ("26 Nov 126 15:34:24 Z", "Thu, 26 Nov 2026 15:34:24 -0000"),
        ("Thu Nov 26 15:34:24.123 2026", "Thu, 26 Nov 2026 15:34:24 -0000"),
    ] {
        assert_eq!(
            DateTime::read_obsolete(text).map(|date| date.to_string()).as_deref(),
            Some(expected),
            "{text}"
        );
    }
    for text in [
        "",
        "yesterday",
        "26 Nov 2026",
        "30 Feb 2026 15:34",
        "26 Nov 26000 15:34",
        "26 Nov 2026 24:00",
        "1:1 1:1 1:1",
    ] {
        assert_eq!(DateTime::read_obsolete(text), None, "{text}");
    }
}

#[test]
fn a_report_ends_where_the_header_section_ends() {
    let field = "Received: from a by b with SMTP\n\tid 1\n";
    let message = format!("{field}X: y\n z\n{field}\n{field}");
    let report = HopReport::of_message(message.as_bytes(), 0);
    assert_eq!(report.hops().len(), 2);
    assert!((0..2).all(|hop| report.field(hop).is_some_and(|place| &message[place] == field)));
    assert_eq!(report.field(2), None);
    assert_eq!(HopReport::of_message(message.replace('\n', "\r\n").as_bytes(), 0).hops().len(), 2);
    let report = HopReport::of_message(field.repeat(2000).as_bytes(), 3);
    assert_eq!(report.hops().len(), 1000);
    assert_eq!((report.weakest(), report.is_claim(2), report.is_claim(3)), (Some(0), false, true));
    for nothing in ["", "\r\n", "\n", "Received", " Received: by a\n"] {
        assert_eq!(HopReport::of_message(nothing.as_bytes(), 0).weakest(), None, "{nothing:?}");
    }
}

/// What a strict reader reads, the other reads likewise, and it finds the clause.
fn agrees(field: &[u8]) {
    let (Ok(received), hop) = (Received::parse(field), Hop::read(field)) else { return };
    let with = received.with_clause().map(|with| with.value.to_string().to_ascii_uppercase());
    assert_eq!(hop.with().map(str::to_ascii_uppercase), with);
    assert_eq!(hop.date(), Some(received.date().value));
    let suite = received.tls_clause().and_then(|tls| tls.cipher.suite());
    let claimed = hop.protection().tls().and_then(|tls| tls.cipher_suite());
    if suite.is_some_and(|suite| suite.name().is_some()) {
        assert_eq!(claimed, suite);
        assert_ne!(hop.protection().strength(), Strength::Clear);
    }
}

#[test]
fn both_readers_agree() {
    for with in ["SMTP", "esmtps", "UTF8SMTPSA", "x"] {
        for tls in ["", " tls TLS_AES_128_GCM_SHA256 (c) group x25519", " tls 0x1301"] {
            agrees(
                format!("Received: from a by b with {with} id 1{tls}; 26 Nov 2026 15:34:24 +0000\r\n")
                    .as_bytes(),
            );
        }
    }
}

proptest! {
    #[test]
    fn nothing_panics(words in proptest::collection::vec(prop_oneof![
        "\\PC{0,8}",
        proptest::sample::select(vec![
            "from", "by", "with", "tls", "group", "id", "for", "(", ")", "\"", "\\", ";", "<a@b>", "ESMTPS", "using",
            "TLSv1.3", "version=TLS1_2", "cipher=", "[192.0.2.1]", "26 Nov 2026", "15:34:24", "\r\n ", "\r\n", "Received:",
        ]).prop_map(str::to_owned),
    ], 0..40)) {
        let field = words.join(" ");
        agrees(field.as_bytes());
        let report = HopReport::of_message(field.as_bytes(), 1);
        prop_assert!(report.weakest().is_none_or(|hop| hop < report.hops().len()));
    }
}
