//! Fields read and written, values against their texts.

mod hops;

use super::*;
use crate::tls::facts::TlsFacts;
use crate::tls::registry::{CipherSuite, Group, Version};
use proptest::prelude::*;

fn wrapped(stamp: &str) -> Vec<u8> {
    format!("Received: {stamp}\r\n").into_bytes()
}

fn read(stamp: &str) -> Received {
    Received::parse(&wrapped(stamp)).unwrap_or_else(|error| panic!("{stamp:?}: {error}"))
}

/// At which octet of the stamp which production is not there.
fn refused(stamp: &str) -> (usize, &'static str) {
    let error = Received::parse(&wrapped(stamp)).expect_err(stamp);
    (error.at() - "Received: ".len(), error.production())
}

const DATE: &str = "; Thu, 26 Nov 2026 15:34:24 +0000";

#[test]
fn a_field_with_everything() {
    let field = "RECEIVED:\r\n FROM mail.example.org (mx.example.org [IPv6:2001:db8::7]) (c1)\r\n\
        \tBY [192.0.2.1] ([192.0.2.1])\r\n VIA TCP (v) WITH utf8smtpsa\r\n (w (nested \\) \\x)) \
        ID (before) <1@example.org> FOR (f) <@a.example,@b.example:\"a b\"@[192.0.2.9]> \
        TLS TLS_AES_128_GCM_SHA256 (t) Group X25519MLKEM768 delivered \"\\\"yes\\\"\" (o)\r\n \
        \r\n ; Thu , 26 Nov 2026 15:34 -0000 (UTC)\r\n";
    let wrong = Received::parse(field.as_bytes()).expect_err("no comment is allowed before a path");
    assert_eq!((&field[wrong.at()..wrong.at() + 3], wrong.production()), ("(f)", "Local-part"));
    let field = field.replace("(f) ", "").replace("Thu ,", "Thu,").replace("(o)\r\n \r\n ", "(o)\r\n ");
    let received = Received::parse(field.as_bytes()).expect("a field");
    assert_eq!(received.from().value.to_string(), "mail.example.org (mx.example.org [IPv6:2001:db8::7])");
    assert_eq!(received.from().comments, [Comment::quoting("c1")]);
    assert_eq!(received.by().value.to_string(), "[192.0.2.1] ([192.0.2.1])");
    assert_eq!(received.via_clause().map(|via| via.value.as_str()), Some("TCP"));
    let with = received.with_clause().expect("a with clause");
    assert_eq!(with.value.to_string(), "UTF8SMTPSA");
    assert_eq!(with.comments[0].as_str(), r"w (nested \) x)");
    assert_eq!(received.id_clause().map(|id| id.value.to_string()).as_deref(), Some("<1@example.org>"));
    let path = r#"<@a.example,@b.example:"a b"@[192.0.2.9]>"#;
    assert_eq!(received.for_clause().map(|f| f.value.to_string()).as_deref(), Some(path));
    let tls = received.tls_clause().expect("a tls clause");
    assert_eq!(tls.to_string(), "tls TLS_AES_128_GCM_SHA256 group X25519MLKEM768");
    assert_eq!(received.additional_clauses().len(), 2);
    assert_eq!(received.date().value.zone(), Zone::Unknown);
    let written = received.to_field();
    assert_eq!(Received::parse(written.as_bytes()), Ok(received));
    assert_eq!(
        written,
        "Received: from mail.example.org (mx.example.org [IPv6:2001:db8::7]) (c1)\r\n\
         \tby [192.0.2.1] ([192.0.2.1]) via TCP (v) with UTF8SMTPSA (w (nested \\) x))\r\n\
         \tid <1@example.org> (before) for <@a.example,@b.example:\"a b\"@[192.0.2.9]>\r\n\
         \ttls TLS_AES_128_GCM_SHA256 group X25519MLKEM768 (t) delivered \"\\\"yes\\\"\" (o);\r\n\
         \tThu, 26 Nov 2026 15:34:00 -0000 (UTC)\r\n"
    );
}

#[test]
fn where_and_why_it_is_none() {
    for (stamp, at, production) in [
        ("by b", 0, "From-domain"),
        ("from a_b by b", 6, "CFWS"),
        ("from a", 6, "CFWS"),
        ("from [192.0.2.1] by b", 17, "TCP-info"),
        ("from [192.0.2.1] (x) by b", 19, "FWS"),
        ("from [192.0.2.1000] (x) by b", 17, "address-literal"),
        ("from a by b with x; 26 Nov 2026 15:34:24 +0000", usize::MAX, ""),
        ("from a by b with ESMTP via TCP", 23, "Opt-info"),
        ("from a by b with ESMTP with ESMTP", 23, "Opt-info"),
        ("from a by b id x with y", 17, "Opt-info"),
        ("from a by b tls TLS_A id x", 22, "Opt-info"),
        ("from a by b tls TLS_A tls TLS_A", 22, "Opt-info"),
        ("from a by b group x25519", 12, "Opt-info"),
        ("from a by b tls TLS_A (c) x y group x25519", 30, "Opt-info"),
        ("from a by b tls TLS-A", 19, "CFWS"),
        ("from a by b tls 0x130", 18, "4HEXDIG"),
        ("from a by b tls 0x13010", 18, "4HEXDIG"),
        ("from a by b id a.b", 16, "CFWS"),
        ("from a by b id (c) a", 19, "msg-id"),
        ("from a by b (c", 14, "comment"),
        ("from a by b (\r\n \r\n c)", 16, "comment"),
        ("from a by b for a", 17, "Mailbox"),
        ("from a by b x \"\t\"", 15, "Quoted-string"),
        ("from a by b; Thu, 26 Nov 2026 15:34:24 GMT", 39, "zone"),
        ("from a by b; Thu, 26 Nov 26 15:34:24 +0000", 27, "year"),
        ("from a by b; Fri, 26 Nov 2026 15:34:24 +0000", 13, "day-of-week"),
        ("from a by b; 30 Feb 2026 15:34:24 +0000", 13, "day"),
        ("from a by b; 26 Nov 2026 24:34:24 +0000", 25, "hour"),
        ("from a by b; 26 Nov 2026 15:34:24 +0060", 34, "zone"),
        ("from a by b id\r\n \r\n <a@b>; 26 Nov 2026 15:34:24 +0000", 16, "CFWS"),
        ("from a by b\r\n\r\n ; 26 Nov 2026 15:34:24 +0060", 11, "CFWS"),
    ] {
        if production.is_empty() {
            read(stamp);
        } else {
            assert_eq!(refused(stamp), (at, production), "{stamp}");
        }
    }
    assert_eq!(refused(&format!("from a by b{DATE}\r\n")).1, "Time-stamp-line");
    let no_utf8 = b"Received: from \xff by b; 26 Nov 2026 15:34:24 +0000\r\n";
    assert_eq!(Received::parse(no_utf8).map_err(|e| (e.at(), e.production())), Err((15, "UTF8-non-ascii")));
    let long = format!("from a (\r\n {}\r\n ) by b{DATE}", "x".repeat(998));
    assert_eq!(refused(&long), (1008, "Time-stamp-line"));
    assert_eq!(read(&long.replacen("xx", "x", 1)).from().comments.len(), 1);
    let endless = format!("from a {}by b{DATE}", "(x)\r\n ".repeat(12_000));
    assert_eq!(refused(&endless), (65_526, "Time-stamp-line"));
}

#[test]
fn a_comment_that_could_be_tcp_info_is() {
    let expected = read(&format!("from a ([192.0.2.1]) by b{DATE}"));
    assert!(expected.from().value.tcp_info().is_some());
    for stamp in ["from a([192.0.2.1])by b", "from a ( [192.0.2.1] ) by b", "from a (\\[192.0.2.1])\r\n by b"]
    {
        assert_eq!(read(&format!("{stamp}{DATE}")), expected, "{stamp}");
    }
    let host: Domain = "b".parse().expect("a domain");
    let built = Received::new("a".parse::<Domain>().expect("a domain"), host, expected.date().value);
    assert_eq!(built.comment_on_from("([192.0.2.1])".parse().expect("a comment")), expected);
}

#[test]
fn what_a_client_calls_itself() {
    let v6 = Some([0x2001, 0xdb8, 0, 0, 0, 0, 0, 7].into());
    let v4 = Some([192, 0, 2, 7].into());
    for (name, address, dns_name, expected) in [
        ("a.example", v4, Some("b.example"), "a.example (b.example [192.0.2.7])"),
        ("a.example", v4, Some("b_b.example"), "a.example ([192.0.2.7])"),
        ("a.example", None, Some("b.example"), "a.example"),
        ("[10.0.0.1]", v6, None, "[10.0.0.1] ([IPv6:2001:db8::7])"),
        ("[10.0.0.1]", None, None, "unknown (EHLO ?10.0.0.1?)"),
        ("10.0.0.1", v4, None, "[192.0.2.7] ([192.0.2.7]) (EHLO 10.0.0.1)"),
        ("[x:(with)]", v4, None, "[192.0.2.7] ([192.0.2.7]) (EHLO ?x:?with??)"),
        ("[2001:db8::1]", v4, None, "[192.0.2.7] ([192.0.2.7]) (EHLO ?2001:db8::1?)"),
        ("mail.example.", v4, None, "[192.0.2.7] ([192.0.2.7]) (EHLO mail.example.)"),
        ("x [10.0.0.1]; a", v4, None, "[192.0.2.7] ([192.0.2.7]) (EHLO x??10.0.0.1???a)"),
        ("a_b", v4, None, "[192.0.2.7] ([192.0.2.7]) (EHLO a_b)"),
        ("a b", None, None, "unknown (EHLO a?b)"),
        ("m\u{fc}ller.example", None, None, "unknown (EHLO m?ller.example)"),
        (") by evil (", None, None, "unknown (EHLO ??by?evil??)"),
    ] {
        let date = DateTime::from_unix_seconds(0, 0).expect("a date");
        let by: Domain = "b".parse().expect("a domain");
        let field = Received::from_client(name, address, dns_name, by, date).to_field();
        assert_eq!(
            field,
            format!("Received: from {expected} by b;\r\n\tThu, 1 Jan 1970 00:00:00 +0000\r\n").replace(
                " by b;\r\n\tThu, ",
                if expected.len() < 26 { " by b; Thu, " } else { " by b;\r\n\tThu, " }
            ),
            "{name}"
        );
    }
}

#[test]
fn address_literals() {
    for literal in ["[192.0.2.1]", "[IPv6:::]", "[IPv6:2001:db8::1]", "[IPv6:::ffff:192.0.2.1]", "[x-y:z]"] {
        assert_eq!(literal.parse::<AddressLiteral>().map(|l| l.to_string()).as_deref(), Ok(literal));
    }
    for literal in
        ["[IPv6:1:2:3:4:5:6:192.0.2.1]", "[ipv6:1:2:3:4:5:6:7:8]", "[IPv6:1::7:8]", "[001.2.3.4]", "[1:2]"]
    {
        assert!(literal.parse::<AddressLiteral>().is_ok(), "{literal}");
    }
    for literal in [
        "192.0.2.1",
        "[192.0.2]",
        "[256.0.2.1]",
        "[0001.0.2.1]",
        "[IPv6:1:2:3:4:5:6:7]",
        "[IPv6:1:2:3:4:5:6:7:8:9]",
        "[IPv6:1:2:3::4:5:6:7]",
        "[IPv6:1::2::3]",
        "[IPv6::::]",
        "[IPv6:12345::]",
        "[IPv6:1:2:3:4:5:6:7:192.0.2.1]",
        "[IPv6:1:2:3::4:5:192.0.2.1]",
        "[IPv6:192.0.2.1::]",
        "[IPv6:1:]",
        "[IPv6::1]",
        "[x:]",
        "[-:x]",
        "[x:[]",
        "[x:y z]",
    ] {
        assert!(literal.parse::<AddressLiteral>().is_err(), "{literal}");
    }
}

#[test]
fn no_line_is_too_long() {
    let long = "x".repeat(900);
    let text = |name: &str| format!("{name} {long}");
    let stamp = format!(
        "from {long}\r\n ({}\r\n {}\r\n y) (z)\r\n by {long}\r\n ({long}\r\n [1.2.3.4])\r\n {}\r\n {}\r\n for {long}@b\r\n {}\r\n {}\r\n{}",
        "w".repeat(995),
        "v".repeat(997),
        text("with"),
        text("id"),
        text("tls"),
        text("group"),
        &DATE[1..]
    );
    let stamp = stamp.replace("\r\n Thu", "\r\n ;\r\n Thu");
    let received = read(&stamp);
    let written = received.to_field();
    let longest = written.split("\r\n").map(str::len).max();
    assert!(longest.is_some_and(|longest| (978..=998).contains(&longest)), "{longest:?}");
    assert_eq!(Received::parse(written.as_bytes()), Ok(received));
}

/// Every suite and every group that there is, and some that there are not.
#[test]
fn the_tls_clause() {
    for code in 0..=u16::MAX {
        let (suite, group) = (CipherSuite(code), Group(code));
        if suite.name().is_none() && group.name().is_none() && code % 251 != 0 {
            continue;
        }
        let facts = TlsFacts { group: Some(group), ..TlsFacts::new(Version::TLS_1_2, suite) };
        let clause = TlsClause::from(&facts);
        let received = read(&format!("from a by b {clause}{DATE}"));
        assert_eq!(received.tls_clause(), Some(&clause));
        assert_eq!(clause.cipher.suite(), Some(suite));
        assert_eq!(clause.group.as_ref().and_then(GroupName::group), group.name().map(|_| group));
        if suite.name().is_none() {
            assert_eq!(clause.cipher, TlsCipher::Hex(code));
            assert_eq!(clause.cipher.to_string(), format!("0x{code:04X}"));
        }
    }
    assert_eq!("0xc02F".parse(), Ok(TlsCipher::Hex(0xc02f)));
}

fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,40}",
        "[a-z]{1,9}(\\.[a-z0-9-]{1,9}){0,3}",
        "\\[(IPv6:[0-9a-f:]{1,20}|[0-9.]{7,11}|[a-z]{1,3}:[ -~]{1,5})\\]",
        "<?[a-z\\\\\". ]{1,9}@[a-z.]{1,9}>?",
        "[a-z)( \\\\]{0,900}",
    ]
}

fn any_date() -> impl Strategy<Value = DateTime> {
    (-2_208_902_400i64..253_402_000_000, -1400i16..1400)
        .prop_filter_map("a year", |(seconds, zone)| DateTime::from_unix_seconds(seconds, zone))
}

proptest! {
    /// What a client calls itself changes nothing that is read but the name it gives.
    #[test]
    fn a_name_is_only_a_name(
        name in prop_oneof![
            part(),
            "(x|\\(|\\)|\\[|\\]|\\\\|\"|;| |with ESMTPS|by evil|10\\.0\\.0\\.1|using TLSv1.3 with cipher|<>@,){1,9}",
        ],
        address in proptest::option::of(any::<std::net::IpAddr>()), authenticated: bool,
    ) {
        let read = |name: &str| {
            let date = DateTime::from_unix_seconds(0, 0).expect("a date");
            let by: Domain = "mx.example.org".parse().expect("a domain");
            let with = Transmission { authenticated, ..Transmission::ESMTP };
            Hop::read(Received::from_client(name, address, None, by, date).with(with).to_field().as_bytes())
        };
        let (hop, plain) = (read(&name), read("pc.example"));
        prop_assert_eq!(hop.protection(), plain.protection());
        prop_assert_eq!(hop.client_address(), plain.client_address());
        prop_assert_eq!((hop.by(), hop.with(), hop.date()), (plain.by(), plain.with(), plain.date()));
        prop_assert_eq!((hop.via(), hop.id(), hop.for_address()), (None, None, None));
    }

    /// Whatever goes into the parts: one field, and the same value when it is read.
    #[test]
    fn what_is_written_is_read(
        name in part(), dns_name in part(), address in proptest::option::of(any::<std::net::IpAddr>()),
        parts in proptest::collection::vec((0u8..8, part(), part()), 0..8), date in any_date(),
    ) {
        let by: Domain = "mx.example.org".parse().expect("a domain");
        let mut received = Received::from_client(&name, address, Some(&dns_name), by, date);
        for (kind, a, b) in parts {
            received = match kind {
                0 => a.parse().map_or(received.clone(), |via| received.via(via)),
                1 => a.parse::<WithProtocol>().map_or(received.clone(), |with| received.with(with)),
                2 => a.parse().map_or(received.clone(), |id| received.id(id)),
                3 => a.parse().map_or(received.clone(), |address| received.for_address(address)),
                4 => a.parse().map_or(received.clone(), |cipher| {
                    received.tls(TlsClause { cipher, group: b.parse().ok() })
                }),
                5 => match (a.parse(), ClauseString::saying(&b)) {
                    (Ok(name), Some(value)) => OtherClause::new(name, value)
                        .map_or(received.clone(), |clause| received.clause(clause)),
                    _ => received,
                },
                6 => received.comment(Comment::quoting(&a)),
                _ => received.comment_on_from(Comment::quoting(&a)),
            };
        }
        let field = received.to_field();
        prop_assert!(field.split("\r\n").all(|line| line.len() <= 998));
        let folded = field.strip_suffix("\r\n").expect("an end");
        prop_assert!(folded.split("\r\n").skip(1).all(|line| line.starts_with('\t') && line.len() > 1));
        prop_assert!(!folded.replace("\r\n\t", "").contains(['\r', '\n', '\0']));
        prop_assert_eq!(Received::parse(field.as_bytes()), Ok(received), "{}", field);
    }
}
