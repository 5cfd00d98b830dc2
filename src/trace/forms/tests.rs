//! Each form by itself, and all fields of `tests/data/received`.

use crate::trace::{Hop, Protection, Strength};

/// A field with `with` and comments behind it.
fn said(with: &str, comments: &[&str]) -> Protection {
    let comments: String = comments.iter().map(|comment| [" (", comment, ")"].concat()).collect();
    protection(&format!("from a.example.org by b.example.net with {with}{comments}"))
}

fn protection(field: &str) -> Protection {
    Hop::read(field.as_bytes()).protection().clone()
}

/// What a field says, in one line: form, version, suite, bits, group, verified.
fn shown(protection: Protection) -> String {
    match protection {
        Protection::Tls(claim) => {
            let mut line = claim.form().name().to_owned();
            let version = claim.version().map(|version| version.to_string());
            let suite = claim.cipher_suite().map(|suite| suite.to_string());
            let bits = claim.bits().map(|bits| bits.to_string());
            let group = claim.group().map(|group| group.to_string());
            let verified = claim.verified().map(|yes| if yes { "verified" } else { "unverified" }.to_owned());
            for word in [version, suite, bits, group, verified].into_iter().flatten() {
                line.push(' ');
                line.push_str(&word);
            }
            line
        }
        other => format!("{other:?}").to_lowercase(),
    }
}

/// A comment, and what it says.
const COMMENTS: &[(&str, &str)] = &[
    (
        "using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 \
             server-signature RSA-PSS (2048 bits) server-digest SHA256",
        "postfix TLSv1.3 TLS_AES_256_GCM_SHA384 256 x25519",
    ),
    (
        "using TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits) key-exchange ECDHE (P-256)",
        "postfix TLSv1.3 TLS_AES_128_GCM_SHA256 128 secp256r1",
    ),
    (
        "using TLSv1.2 with cipher AES128-SHA (128/256 bits) key-exchange DHE (2048 bits)",
        "postfix TLSv1.2 TLS_RSA_WITH_AES_128_CBC_SHA 128",
    ),
    (
        "using TLSv1.2 with cipher ECDHE-RSA-AES256-SHA (curve X9_62_prime256v1 with 256 ECDH bits, eq. 1)",
        "postfix TLSv1.2 TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA secp256r1",
    ),
    ("using TLS with cipher RC4-MD5 (RC4-MD5/128 bits)", "postfix TLS_RSA_WITH_RC4_128_MD5 128"),
    (
        "using TLSv1/SSLv3 with cipher RC4-MD5 (128 bits) verified NOT",
        "postfix TLS_RSA_WITH_RC4_128_MD5 128 unverified",
    ),
    ("using SSLv3", "postfix SSLv3"),
    ("using TLSv1_3 with cipher TLS13_AES_256_GCM_SHA384", "postfix TLSv1.3 TLS_AES_256_GCM_SHA384"),
    ("using TLS: TLSv1.2, AES256-SHA", "mailmarshal TLSv1.2 TLS_RSA_WITH_AES_256_CBC_SHA"),
    ("TLS1.2:ECDHE_RSA_AES_128_GCM_SHA256:128", "exim TLSv1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 128"),
    ("Cipher TLSv1:DES-CBC3-SHA:168", "exim TLSv1 TLS_RSA_WITH_3DES_EDE_CBC_SHA 168"),
    ("TLS-1.0:DHE_RSA_3DES_EDE_CBC_SHA:24", "exim TLSv1 TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA 24"),
    ("X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes", "exim TLSv1.3 TLS_AES_256_GCM_SHA384 256 verified"),
    ("X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no", "exim TLSv1.3 TLS_AES_256_GCM_SHA384 256 unverified"),
    ("TLS1.1", "exim TLSv1.1"),
    ("TLSv1.3:TLS_AES_256_GCM_SHA384:256:NO", "opensmtpd TLSv1.3 TLS_AES_256_GCM_SHA384 256 unverified"),
    (
        "version=TLSv1.2 cipher=EDH-RSA-DES-CBC3-SHA bits=168 verify=OK",
        "sendmail TLSv1.2 TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA 168 verified",
    ),
    (
        "version=TLSv1/SSLv3 cipher=AES128-SHA bits=128 verify=FAIL",
        "sendmail TLS_RSA_WITH_AES_128_CBC_SHA 128 unverified",
    ),
    ("version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128", "gmail TLSv1.3 TLS_AES_128_GCM_SHA256 128"),
    ("version=SSLv3 cipher=OTHER", "gmail SSLv3"),
    (
        "version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256_P256",
        "exchange TLSv1.2 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 secp256r1",
    ),
    ("TLS", "exchange"),
    ("AES128-SHA encrypted", "qmail TLS_RSA_WITH_AES_128_CBC_SHA"),
    (
        "TLS: TLSv1/SSLv3, 256bits,ECDHE-RSA-AES256-GCM-SHA384",
        "courier TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 256",
    ),
    ("TLS1.3 TLS_AES_128_GCM_SHA256", "mox TLSv1.3 TLS_AES_128_GCM_SHA256"),
    ("SSL", "words"),
    ("VERSION=tlsv1.2 CIPHER=aes128-sha", "gmail TLSv1.2 TLS_RSA_WITH_AES_128_CBC_SHA"),
];

#[test]
fn comments_in_each_form() {
    for (comment, expected) in COMMENTS {
        assert_eq!(shown(said("ESMTP", &[comment])), *expected, "{comment}");
    }
}

#[test]
fn comments_that_are_no_form() {
    for comment in [
        "",
        "Postfix",
        "HELO using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384",
        "envelope-from <TLS1.3@example.org>",
        "using Postfix",
        "TLS1.2:a:b:c:d",
        "TLS_AES_256_GCM_SHA384:a:b",
        "TLS1.3 in use",
        "TLS1.3 nothing",
        "Cipher",
        "AES128-SHA was encrypted",
        "helo=SSL",
    ] {
        assert_eq!(shown(said("ESMTP", &[comment])), "clear", "{comment}");
    }
    // Behind `from`, a word alone may be the peer's own.
    let from =
        |text: &str| shown(protection(&format!("from a (b [192.0.2.1]) ({text}) by c with ESMTP id 1")));
    let id = |text: &str| shown(protection(&format!("from a (b [192.0.2.1]) by c with ESMTP id 1 ({text})")));
    for word in ["TLS", "TLS1.3", "TLS1.3:AES128-SHA:128", "version=TLS1_3,cipher=AES128-SHA"] {
        assert_eq!(from(word), "clear");
        assert_ne!(id(word), "clear");
    }
}

#[test]
fn gnutls_descriptions() {
    for (description, expected) in [
        (
            "TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256",
            "TLSv1.3 TLS_AES_256_GCM_SHA384 256 x25519",
        ),
        (
            "TLS1.3:ECDHE_SECP256R1__ECDSA_SECP256R1_SHA256__CHACHA20_POLY1305:256",
            "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256 256 secp256r1",
        ),
        (
            "TLS1.3:HYBRID_X25519_MLKEM768__RSA_PSS_RSAE_SHA256__AES_128_GCM:128",
            "TLSv1.3 TLS_AES_128_GCM_SHA256 128 X25519MLKEM768",
        ),
        (
            "TLS1.3:DHE_FFDHE2048__RSA_SHA256__AES_128_CCM_8:128",
            "TLSv1.3 TLS_AES_128_CCM_8_SHA256 128 ffdhe2048",
        ),
        (
            "TLS1.2:ECDHE_SECP256R1__RSA_SHA256__AES_256_GCM:256",
            "TLSv1.2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 256 secp256r1",
        ),
        (
            "TLS1.2:ECDHE_SECP384R1__ECDSA_SHA384__AES_128_CBC__SHA1:128",
            "TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA 128 secp384r1",
        ),
        ("TLS1.2:RSA__AES_128_GCM:128", "TLSv1.2 TLS_RSA_WITH_AES_128_GCM_SHA256 128"),
    ] {
        assert_eq!(shown(said("esmtps", &[description])), format!("exim {expected}"), "{description}");
    }
    let Protection::Tls(claim) = said("esmtps", &["TLS1.3:A__B__C:256"]) else { panic!("no TLS") };
    assert_eq!((claim.cipher(), claim.cipher_suite(), claim.group()), (Some("A__B__C"), None, None));
}

#[test]
fn words_of_with() {
    for (with, expected) in [
        ("ESMTPS", "with-type"),
        ("utf8smtpsa", "with-type"),
        ("UTF8ESMTPS", "with-type"),
        ("LMTPS", "with-type"),
        ("SMTPs", "with-type"),
        ("MailGates ESMTPS Server V6.0", "with-type"),
        ("AES256-SHA encrypted SMTP", "qmail TLS_RSA_WITH_AES_256_CBC_SHA"),
        ("ESMTP/TLS/ECDHE-RSA-AES128-GCM-SHA256", "ironport TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        ("ESMTP-TLS", "words"),
        ("IMAP4-SSL", "words"),
        ("ESMTP with STARTTLS", "words"),
        ("ESMTP", "clear"),
        ("asmtp", "clear"),
        ("UTF8LMTPA", "clear"),
        ("Microsoft SMTP Server", "clear"),
        ("Microsoft SMTPSVC(6.0.3790.3959)", "clear"),
        ("HTTP", "unsaid"),
        ("HTTPS", "unsaid"),
        ("POP3", "unsaid"),
        ("BSMTP", "unsaid"),
        ("encrypted", "unsaid"),
        ("ESMTPX", "unsaid"),
        ("", "unsaid"),
        ("mapi", "local"),
        ("local", "local"),
        ("local-esmtp", "local"),
    ] {
        assert_eq!(shown(said(with, &[])), expected, "{with}");
    }
    assert_eq!(shown(said("ESMTP", &["no TLS"])), "clear");
    assert_eq!(shown(said("HTTP", &["unencrypted"])), "clear");
    assert_eq!(shown(protection("")), "unsaid");
}

#[test]
fn the_clause_wins_and_comments_complete_it() {
    let clause = |tls: &str, comments: &[&str]| {
        let comments: String = comments.iter().map(|comment| [" (", comment, ")"].concat()).collect();
        protection(&format!("from a by b with ESMTPS tls {tls}{comments}"))
    };
    assert_eq!(shown(clause("TLS_AES_256_GCM_SHA384", &["TLS1.3"])), "clause TLSv1.3 TLS_AES_256_GCM_SHA384");
    let chasquid = "over submission+TLS, TLS-1.2, envelope from \"TLS-1.3,TLS-1.3\"";
    let chasquid = clause("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", &[chasquid]);
    assert_eq!(shown(chasquid), "clause TLSv1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    let gmail = "version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128";
    assert_eq!(
        shown(clause("0x1301 group X25519", &[gmail])),
        "clause TLSv1.3 TLS_AES_128_GCM_SHA256 128 x25519"
    );
    assert_eq!(shown(clause("0xCACA", &[])), "clause 0xCACA");
    assert_eq!(shown(clause("0xCACA0 group none", &[])), "clause");
    let Protection::Tls(claim) = clause("ROT_13 group none", &[]) else { panic!("no TLS") };
    assert_eq!((claim.cipher(), claim.group_name()), (Some("ROT_13"), Some("none")));
}

#[test]
fn the_weaker_of_two_claims_counts() {
    for (field, expected) in [
        (
            "with ESMTPS tls TLS_AES_128_GCM_SHA256 (version=SSLv3 cipher=RC4-MD5 bits=128)",
            "gmail SSLv3 TLS_RSA_WITH_RC4_128_MD5 128",
        ),
        ("with ESMTPS (TLS1.3) (TLS1.1)", "exim TLSv1.1"),
        ("with ESMTPS (TLS1.1) (TLS1.3)", "exim TLSv1.1"),
        // As strong: what both say.
        ("with ESMTPS (TLS1.3:TLS_AES_128_GCM_SHA256:128) (TLS1.3:TLS_AES_256_GCM_SHA384:256)", "exim"),
        (
            "with ESMTPS (version=TLS1_2 verify=OK) (Client CN \"a\", Issuer \"b\" (not verified))",
            "sendmail TLSv1.2 unverified",
        ),
        // A clause that is there twice.
        ("with ESMTPS with ESMTP", "clear"),
        ("with ESMTP with ESMTPS", "clear"),
        ("with ESMTPS id 1 with HTTP", "clear"),
        ("with ESMTPS (using TLSv1.3) with ESMTPS", "with-type"),
        ("with ESMTPS (using SSLv3) with ESMTPS", "postfix SSLv3"),
        ("with ESMTPS by c with ESMTPS", "clear"),
        ("with local by c with ESMTP", "clear"),
        ("(using TLSv1.3) by c", "clear"),
        (
            "with ESMTPS tls TLS_AES_128_GCM_SHA256 tls TLS_RSA_WITH_RC4_128_MD5",
            "clause TLS_RSA_WITH_RC4_128_MD5",
        ),
        (
            "with ESMTPS tls TLS_RSA_WITH_RC4_128_MD5 tls TLS_AES_128_GCM_SHA256",
            "clause TLS_RSA_WITH_RC4_128_MD5",
        ),
        ("with ESMTPS tls TLS_AES_128_GCM_SHA256 tls TLS_AES_128_GCM_SHA256", "with-type"),
        ("with ESMTP tls TLS_AES_128_GCM_SHA256 tls TLS_RSA_WITH_RC4_128_MD5", "clear"),
        ("id 1 tls TLS_AES_128_GCM_SHA256 tls TLS_RSA_WITH_RC4_128_MD5", "clear"),
        // A name that is not known does not hide one that is.
        (
            "with ESMTPS (TLSv1.2:OTHER:128) (version=TLSv1.2 cipher=RC4-MD5)",
            "gmail TLSv1.2 TLS_RSA_WITH_RC4_128_MD5",
        ),
    ] {
        assert_eq!(shown(protection(&format!("from a by b {field}"))), expected, "{field}");
    }
    let many = "(using TLSv1.3) ".repeat(9);
    assert_eq!(shown(protection(&format!("from a by b with ESMTPS {many}"))), "clear");
    let with = |number| shown(protection(&format!("from a by b {}", "with ESMTPS ".repeat(number))));
    assert_eq!((with(8), with(9)), ("with-type".to_owned(), "clear".to_owned()));
}

/// The client chooses the names in its certificate: they are no addresses.
#[test]
fn names_in_a_certificate_take_nothing_away() {
    let old = "using TLSv1 with cipher RC4-MD5 (128/128 bits)";
    let new = "using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)";
    for name in
        ["127.0.0.1", "192.0.2.66", "2001:db8::1", "mail [10.0.0.5]", "x [127.0.0.1]", "(using TLSv1.3)"]
    {
        for (tls, expected) in [
            (old, "postfix TLSv1 TLS_RSA_WITH_RC4_128_MD5 128"),
            (new, "postfix TLSv1.3 TLS_AES_256_GCM_SHA384 256"),
        ] {
            for (end, verified) in [("not verified", "unverified"), ("verified OK", "verified")] {
                let certificate = format!("Client CN \"{name}\", Issuer \"{name}\" ({end})");
                let field = format!(
                    "from a (b [192.0.2.1]) ({tls}) ({certificate}) by mx (Postfix) with ESMTPS id 1"
                );
                let hop = Hop::read(field.as_bytes());
                assert_eq!(hop.client_address(), Some([192, 0, 2, 1].into()), "{field}");
                assert_eq!(shown(hop.protection().clone()), format!("{expected} {verified}"), "{field}");
            }
        }
    }
}

/// What may be the client's makes nothing better, and takes nothing weak away.
#[test]
fn disputed_words_leave_no_more_than_the_weakest() {
    let old = "(using TLSv1 with cipher RC4-MD5 (128/128 bits))";
    let new = "(using TLSv1.3)";
    for (from, with, expected) in [
        (format!("(HELO x) ([192.0.2.66]) {old}"), "ESMTPSA", "postfix TLSv1 TLS_RSA_WITH_RC4_128_MD5 128"),
        (
            format!("a ([1.2.3.4]) (HELO x) ([192.0.2.66]) {old}"),
            "ESMTPS",
            "postfix TLSv1 TLS_RSA_WITH_RC4_128_MD5 128",
        ),
        (
            format!("(HELO x) ([192.0.2.66]) {new} {old}"),
            "ESMTPS",
            "postfix TLSv1 TLS_RSA_WITH_RC4_128_MD5 128",
        ),
        (format!("(HELO x) ([192.0.2.66]) {new}"), "ESMTPS", "with-type"),
        (format!("(HELO x) ([192.0.2.66]) {new}"), "ESMTP", "clear"),
        (format!("(HELO x) ([192.0.2.66]) {old}"), "ESMTP", "clear"),
        (format!("(HELO x) ([192.0.2.66]) {old}"), "HTTP", "clear"),
        ("(HELO x) ([192.0.2.66]) (no TLS)".to_owned(), "ESMTPS", "clear"),
    ] {
        assert_eq!(shown(protection(&format!("from {from} by mx with {with}"))), expected, "{from} {with}");
    }
}

/// chasquid writes no address of a client that has logged in, but what it calls itself.
#[test]
fn the_address_of_chasquid() {
    let plain = "(over SMTP, plain text!, envelope from \"a@b\")";
    let obsolete = "tls TLS_RSA_WITH_RC4_128_MD5 (over submission+TLS, TLS-1.0, envelope from \"a@b\")";
    let weak = "clause TLSv1 TLS_RSA_WITH_RC4_128_MD5";
    for (from, with, expected, address) in [
        ("[192.0.2.1] (x)", format!("ESMTP {plain}"), "clear", Some("192.0.2.1")),
        ("[192.0.2.1] (x)", format!("ESMTPS {obsolete}"), weak, Some("192.0.2.1")),
        ("[127.0.0.1] (x)", format!("ESMTP {plain}"), "local", Some("127.0.0.1")),
        ("[9.9.9.9](x)", format!("ESMTPSA {obsolete}"), weak, None),
        ("[9.9.9.9] (x)", format!("ESMTPSA {obsolete}"), weak, None),
        ("[9.9.9.9](x)", format!("ESMTPS {obsolete}"), weak, None),
        ("9.9.9.9 (x)", format!("ESMTPS {obsolete}"), weak, None),
        ("127.0.0.1(x)", format!("ESMTP {plain}"), "clear", None),
        ("[127.0.0.1](x)", format!("ESMTP {plain}"), "clear", None),
        ("[127.0.0.1](x)", format!("ESMTPA {plain}"), "clear", None),
    ] {
        let hop = Hop::read(format!("from {from} by mx (chasquid) with {with}").as_bytes());
        assert_eq!(shown(hop.protection().clone()), expected, "{from} {with}");
        assert_eq!(
            hop.client_address().map(|address| address.to_string()).as_deref(),
            address,
            "{from} {with}"
        );
    }
}

#[test]
fn opensmtpd_in_the_open() {
    let expected = "opensmtpd TLSv1.2 TLS_RSA_WITH_AES_128_CBC_SHA 128 unverified";
    let text = "from a by b with ESMTPS id 1 TLS version=TLSv1.2 cipher=AES128-SHA bits=128 verify=NO";
    assert_eq!(shown(protection(text)), expected);
    assert_eq!(shown(protection(&format!("{text}; for <c@d>; 26 Nov 2026 15:34:24 +0000"))), expected);
    let sender = "from a by b with ESMTP for <\"TLS version=TLSv1.2 cipher=AES128-SHA\"@a>";
    assert_eq!(shown(protection(sender)), "clear");
}

#[test]
fn words_of_other_clauses() {
    for (field, expected) in [
        ("with ESMTP with STARTTLS", "words"),
        ("over TLS secured channel with Microsoft SMTPSVC(6.0)", "words"),
        ("(Cellopoint E-mail Firewall v4.1.10 with TLS) with ESMTP", "words"),
        ("with ESMTP (over SMTP, plain text!, envelope from \"a@b\")", "clear"),
        ("(over SMTP, plain text!, envelope from \"a@b\")", "clear"),
    ] {
        assert_eq!(shown(protection(&format!("from a by b {field}"))), expected, "{field}");
    }
}

#[test]
fn certificates_of_the_peer() {
    let using = "using TLSv1.2 with cipher AES128-SHA (128/128 bits)";
    let is_verified = |comment| match said("ESMTPS", &[using, comment]) {
        Protection::Tls(claim) => claim.verified(),
        other => panic!("{other:?}"),
    };
    assert_eq!(is_verified("No client certificate requested"), Some(false));
    assert_eq!(is_verified("Client did not present a certificate"), Some(false));
    assert_eq!(is_verified("Client CN \"a\", Issuer \"b\" (verified OK)"), Some(true));
    assert_eq!(is_verified("Client CN \"a\", Issuer \"b\" (not verified)"), Some(false));
    assert_eq!(is_verified("Client CN \"a (verified OK)\", Issuer \"b\" (not verified)"), Some(false));
    assert_eq!(is_verified("Client CN \"(verified OK)\""), None);
    assert_eq!(is_verified("HELO verified OK"), None);
}

#[test]
fn from_the_host_itself() {
    let from = |from: &str| shown(protection(&format!("from {from} by b.example with ESMTP")));
    assert_eq!(from("a (localhost [127.0.0.1])"), "local");
    assert_eq!(from("a (localhost [IPv6:::1])"), "local");
    assert_eq!(from("a ([::ffff:127.0.0.2]:4711 helo=b)"), "local");
    assert_eq!(from("[127.0.0.1] (helo=b)"), "local");
    assert_eq!(from("a ([unix socket])"), "local");
    assert_eq!(from("a (localhost [[UNIX: localhost]])"), "local");
    assert_eq!(from("a (uid 500)"), "local");
    // What the client says of itself.
    assert_eq!(from("[127.0.0.1] (unknown [192.0.2.1])"), "clear");
    assert_eq!(from("localhost (localhost)"), "clear");
    assert_eq!(from("[192.0.2.1] (helo=[127.0.0.1])"), "clear");
    assert_eq!(from("[192.0.2.1] (HELO 127.0.0.1)"), "clear");
    assert_eq!(from("[192.0.2.1] (HELO a) (b [127.0.0.1])"), "clear");
    assert_eq!(from("a (IDENT:[127.0.0.1]@a [192.0.2.1])"), "clear");
    assert_eq!(from("a (127.0.0.1@192.0.2.1)"), "clear");
    assert_eq!(from("a ([127.0.0.1] [192.0.2.1])"), "clear");
    assert_eq!(from("a ([127.0.0.1]) ([192.0.2.1])"), "clear");
    assert_eq!(from("a ([unix socket]) ([192.0.2.1])"), "clear");
    assert_eq!(from("a (b [192.0.2.1]) (auth=[127.0.0.1])"), "clear");
    assert_eq!(from("a (b [192.0.2.1]) (Authenticated sender: c) (x [127.0.0.1])"), "clear");
    assert_eq!(from("a [192.0.2.1] (127.0.0.1)"), "clear");
    assert_eq!(from("a (uid)"), "clear");
    assert_eq!(from("[127.0.0.1]"), "clear");
    assert_eq!(shown(protection("from localhost [127.0.0.1] by b with IMAP")), "local");
}

#[test]
fn handed_in_on_the_host() {
    for field in [
        "(qmail 16648 invoked by uid 106)",
        "(qmail 16648 invoked for bounce)",
        "(nullmailer pid 2185267 invoked by uid 1000)",
        "(from user@localhost) by a",
        "by a (Postfix, from userid 1000) id 1",
        "by a (8.17.1/8.17.1/Submit) id 1",
        "by a (sSMTP sendmail emulation)",
        "from b by alpha by uid 7791 with qmail-scanner-1.14",
        "from A.example.org by a.example.org with LMTP",
    ] {
        assert_eq!(shown(protection(field)), "local", "{field}");
    }
    for (field, expected) in [
        ("(qmail 16648 invoked from network)", "unsaid"),
        ("(from user@example.org) by a", "unsaid"),
        ("from c (Postfix, from userid 1000) by a", "unsaid"),
        ("from c (8.17.1/8.17.1/Submit) by a", "unsaid"),
        ("from c by a (envelope-sender <\"from userid 0\"@b>) id 1", "unsaid"),
        ("from c ([192.0.2.1]) by a (8.17.1/8.17.1/Submit) id 1", "unsaid"),
        ("from c by uid 7 ([192.0.2.1]) by a with ESMTP", "clear"),
        ("from A.example.org by b.example.org with LMTP", "clear"),
        ("from a ([192.0.2.1]) by a with LMTP", "clear"),
    ] {
        assert_eq!(shown(protection(field)), expected, "{field}");
    }
}

#[test]
fn strengths() {
    fn strength(comment: &str) -> Strength {
        said("ESMTP", &[comment]).strength()
    }
    assert_eq!(strength("TLS"), Strength::Tls);
    assert_eq!(strength("TLS1.2"), Strength::Tls);
    assert_eq!(strength("TLS1.3"), Strength::ModernTls);
    assert_eq!(strength("TLS1.1"), Strength::ObsoleteTls);
    assert_eq!(strength("TLSv1.2:AES128-GCM-SHA256:128"), Strength::Tls);
    assert_eq!(strength("TLSv1.2:ECDHE-RSA-AES128-SHA:128"), Strength::Tls);
    assert_eq!(strength("TLSv1.2:ECDHE-RSA-AES128-GCM-SHA256:128"), Strength::ModernTls);
    assert_eq!(strength("TLSv1/SSLv3:DHE-RSA-AES128-GCM-SHA256:128"), Strength::ModernTls);
    for weak in ["RC4-SHA", "DES-CBC3-SHA", "DES-CBC-SHA", "EXP-RC4-MD5", "NULL-SHA"] {
        assert_eq!(strength(&format!("TLSv1.2:{weak}:128")), Strength::ObsoleteTls, "{weak}");
    }
    assert_eq!(said("ESMTPS", &[]).strength(), Strength::Tls);
    assert_eq!(said("ESMTP", &[]).strength(), Strength::Clear);
    assert_eq!(said("HTTP", &[]).strength(), Strength::Unsaid);
    assert_eq!(said("local", &[]).strength(), Strength::Local);
}
