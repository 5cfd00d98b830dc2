//! Known answers, and both round trips of every production.

use super::super::super::Capabilities;
use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

fn concat(command: &Command) -> Vec<u8> {
    command.fragments().iter().flat_map(|f| f.as_slice().to_vec()).collect()
}

fn written(response: &Response) -> Vec<u8> {
    let mut out = Buffer::default();
    response.write(&mut out);
    out.as_slice().to_vec()
}

fn login(userid: AString, password: AString) -> Command {
    Command { tag: Tag("a1".into()), body: Body::Login { userid, password } }
}

fn text(text: &str) -> ResponseText {
    ResponseText::new(None, text)
}

#[test]
fn commands_known_answers() {
    let atom = |s: &str| AString::Atom(s.into());
    let quoted = |s: &str| AString::Quoted(s.into());
    let literal = |s: &str, synchronising| AString::Literal { value: s.into(), synchronising };
    for (bytes, command) in [
        (&b"a1 LOGIN SMITH SES]AME\r\n"[..], login(atom("SMITH"), atom("SES]AME"))),
        (b"a1 LOGIN \"a\\\"b\\\\c\" \"\xc3\xa9\"\r\n", login(quoted("a\"b\\c"), quoted("\u{e9}"))),
        (
            b"a1 LOGIN {11}\r\nFRED FOOBAR {7+}\r\nfat\r\nma\r\n",
            login(literal("FRED FOOBAR", true), literal("fat\r\nma", false)),
        ),
        (b"a1 LOGIN {0}\r\n \"\"\r\n", login(literal("", true), quoted(""))),
    ] {
        assert_eq!(Command::parse(bytes), Ok(command.clone()));
        assert_eq!(concat(&command), bytes);
    }
    let id = Command::parse(b"a ID (\"name\" \"x\" \"v\" NIL)\r\n").unwrap();
    let pair = |f: &str, v: Option<&str>| (quoted(f), v.map(quoted));
    let pairs = vec![pair("name", Some("x")), pair("v", None)];
    assert_eq!(id.body, Body::Id(IdParameters(Some(pairs))));
    assert_eq!(Command::parse(b"a id nil\r\n").unwrap().body, Body::Id(IdParameters(None)));
    assert_eq!(Command::parse(b"a id ()\r\n").unwrap().body, Body::Id(IdParameters(Some(vec![]))));
    let plain = Command::parse(b"a authenticate PLAIN =\r\n").unwrap().body;
    let mechanism = Atom::new("PLAIN").unwrap();
    assert_eq!(plain, Body::Authenticate { mechanism, initial_response: Some("=".into()) });
}

#[test]
fn what_is_no_command() {
    for bad in [
        &b"a LOGIN a\r\n"[..],
        b"a LOGIN a b c\r\n",
        b"a LOGIN a b",
        b"a LOGIN a (b\r\n",
        b"a LOGIN a \xe9\r\n",
        b"a LOGIN a \"\xe9\"\r\n",
        b"a LOGIN a \"b\\c\"\r\n",
        b"a LOGIN a \"b\r\n",
        b"a LOGIN {1}\r\n\0 b\r\n",
        b"a LOGIN {-1}\r\n",
        b"a LOGIN ~{1}\r\n",
        b"a LOGIN \"{1}\r\n",
        b"a LOGIN a {1} \r\n",
        b"a NOOPS\r\n",
        b"a AUTHENTICATE PLAIN !\r\n",
        b"+ NOOP\r\n",
        b" NOOP\r\n",
        b"a+ NOOP\r\n",
        b"\r\n",
    ] {
        assert_eq!(Command::parse(bad), Err(CommandError::Malformed), "{:?}", String::from_utf8_lossy(bad));
    }
    for missing in [
        &b"a LOGIN {3}\r\n"[..],
        b"a LOGIN {0}\r\n",
        b"a LOGIN {3}\r\nab",
        b"a LOGIN u {3+}\r\n",
        b"a ID (\"x\" {1}\r\n",
    ] {
        assert_eq!(Command::parse(missing), Err(CommandError::LiteralMissing));
    }
    let field = "x".repeat(31);
    assert!(Command::parse(format!("a ID (\"{field}\" NIL)\r\n").as_bytes()).is_err());
    let pairs = vec!["\"f\" NIL"; 31].join(" ");
    assert!(Command::parse(format!("a ID ({pairs})\r\n").as_bytes()).is_err());
}

#[test]
fn literal_headers() {
    let header = |line: &str| LiteralHeader::at_end_of(line.as_bytes()).map(|h| (h.length, h.synchronising));
    assert_eq!(header("a {12}"), Some((12, true)));
    assert_eq!(header("a {012+}"), Some((12, false)));
    assert_eq!(header("a {99999999999999999999999+}"), Some((u64::MAX, false)));
    for none in ["", "a", "{}", "{+}", "{-1}", "{1}x", "{1++}", "1}", "{1 }"] {
        assert_eq!(header(none), None, "{none}");
    }
}

#[test]
fn responses_known_answers() {
    let other = |name: &str, argument: Option<&str>| ResponseCode::Other {
        name: name.into(),
        argument: argument.map(Into::into),
    };
    let coded = |code, text| ResponseText::new(Some(code), text);
    let list = |items: &[&str]| Capabilities::new(items.iter().map(|s| s.to_string()).collect());
    for (line, response) in [
        ("* OK hi", Response::Status(Status::Ok, text("hi"))),
        ("* PREAUTH hi", Response::PreAuth(text("hi"))),
        ("* BYE [UNAVAILABLE] later", Response::Bye(coded(ResponseCode::Unavailable, "later"))),
        ("* OK [ALERT] x", Response::Status(Status::Ok, coded(ResponseCode::Alert, "x"))),
        (
            "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] x",
            Response::Status(
                Status::Ok,
                coded(ResponseCode::Capability(list(&["IMAP4rev1", "AUTH=PLAIN"])), "x"),
            ),
        ),
        (
            "* BYE [REFERRAL imap://h/] x",
            Response::Bye(coded(ResponseCode::Referral("imap://h/".into()), "x")),
        ),
        (
            "a1 NO [X-Y z z] x",
            Response::Tagged(Tag("a1".into()), Status::No, coded(other("X-Y", Some("z z")), "x")),
        ),
        ("* OK [not a code", Response::Status(Status::Ok, text("[not a code"))),
        ("* CAPABILITY A B", Response::Capability(list(&["A", "B"]))),
        ("* 3 EXISTS", Response::Data(b"3 EXISTS".to_vec())),
        ("+ ", Response::Continue(Secret::default())),
        ("+ go on", Response::Continue("go on".into())),
    ] {
        assert_eq!(Response::parse(line.as_bytes()), Some(response.clone()), "{line}");
        assert_eq!(written(&response), format!("{line}\r\n").as_bytes());
    }
    assert_eq!(Response::parse(b"* ok"), Some(Response::Status(Status::Ok, text(""))));
    assert_eq!(Response::parse(b"+"), Some(Response::Continue(Secret::default())));
    assert_eq!(Response::parse(b"* CAPABILITY  A "), Some(Response::Capability(list(&["A"]))));
    for bad in ["", "*", "*OK", "OK", "a1", "a1 FINE", "a1 OKAY", "+x", "+OK hi", "220 hi"] {
        assert_eq!(Response::parse(bad.as_bytes()), None, "{bad}");
    }
}

/// What servers write that is not in the grammar: more blanks than one, tabs, no text, text of any
/// octets, and names that are not atoms.
#[test]
fn responses_as_servers_write_them() {
    let ok = |code: Option<ResponseCode>, octets: &[u8]| {
        Some(Response::Status(Status::Ok, ResponseText { code, text: Text(octets.into()) }))
    };
    let list = |items: &[&str]| Capabilities::new(items.iter().map(|s| s.to_string()).collect());
    let told = |items: &[&str]| Some(Response::Capability(list(items)));
    let other = |name: &str, argument: Option<&[u8]>| {
        Some(ResponseCode::Other { name: name.into(), argument: argument.map(Into::into) })
    };
    for (line, response) in [
        (&b"*  OK hi"[..], ok(None, b"hi")),
        (b"*\tok\thi", ok(None, b"hi")),
        (b"* OK  hi ", ok(None, b"hi ")),
        (b"* OK \xc7\xeb\x1b[A", ok(None, b"\xc7\xeb\x1b[A")),
        (b"* OK[ALERT]hi", ok(Some(ResponseCode::Alert), b"hi")),
        (b"* OK  [ALERT]  hi", ok(Some(ResponseCode::Alert), b"hi")),
        (b"* OK [alert x] hi", ok(Some(ResponseCode::Alert), b"hi")),
        (b"* OK [ALERT ]", ok(Some(ResponseCode::Alert), b"")),
        (b"* OK [X-Y \xe9\x07] hi", ok(other("X-Y", Some(b"\xe9\x07")), b"hi")),
        (b"* OK [REFERRAL \xe9] hi", ok(other("REFERRAL", Some(b"\xe9")), b"hi")),
        (b"* OK [CAPABILITY \xe9] hi", ok(other("CAPABILITY", Some(b"\xe9")), b"hi")),
        (b"* OK [X-Y\t z ] hi", ok(other("X-Y", Some(b"z")), b"hi")),
        (b"* OK [X-Y (\"a\")] hi", ok(other("X-Y", Some(b"(\"a\")")), b"hi")),
        (b"* OK [X-Y unclosed", ok(None, b"[X-Y unclosed")),
        (b"* OK [\xe9] hi", ok(None, b"[\xe9] hi")),
        (b"* OK [] hi", ok(None, b"[] hi")),
        (
            b"* OK [CAPABILITY IMAP4rev1\tX(1)  \xe9 AUTH=PLAIN ] hi",
            ok(Some(ResponseCode::Capability(list(&["IMAP4rev1", "AUTH=PLAIN"]))), b"hi"),
        ),
        (b"*  CAPABILITY IMAP4rev1 X-STAR* 100% AUTH=PLAIN", told(&["IMAP4rev1", "AUTH=PLAIN"])),
        (b"* capability\tIMAP4rev1\tX\xc3\x89\tIDLE", told(&["IMAP4rev1", "IDLE"])),
        (b"* CAPABILITY IMAP4rev1 X{3}", told(&["IMAP4rev1"])),
        (b"* CAPABILITY \xe9", Some(Response::Data(b"CAPABILITY \xe9".to_vec()))),
        (b"* (x", Some(Response::Data(b"(x".to_vec()))),
        (b"* ", Some(Response::Data(b"".to_vec()))),
        (b"* OKAY", Some(Response::Data(b"OKAY".to_vec()))),
        (b"+  AA==", Some(Response::Continue("AA==".into()))),
        (b"+\t\xe9", Some(Response::Continue(b"\xe9"[..].into()))),
        (b"a1  OK", Some(Response::Tagged(Tag("a1".into()), Status::Ok, text("")))),
        (b"a1\tNO\tno", Some(Response::Tagged(Tag("a1".into()), Status::No, text("no")))),
    ] {
        assert_eq!(Response::parse(line), response, "{}", line.escape_ascii());
    }
}

#[test]
fn a_password_is_not_printed() {
    let command = Command::parse(b"a LOGIN u sesame\r\n").unwrap();
    assert!(!format!("{command:?}").contains("sesame"));
}

fn any_atom() -> impl Strategy<Value = Atom> {
    "[A-Za-z0-9=.!#&'+,/:;<>?@^_`|~$-]{1,12}".prop_map(Atom)
}

fn any_string() -> impl Strategy<Value = AString> {
    prop_oneof![
        "[^\0\r\n]{0,12}".prop_map(|s| AString::Quoted(s.as_str().into())),
        (vec(1u8.., 0..20), any::<bool>())
            .prop_map(|(v, synchronising)| AString::Literal { value: Secret::new(v), synchronising }),
    ]
}

fn any_astring() -> impl Strategy<Value = AString> {
    prop_oneof![any_string(), "[A-Za-z0-9=.!\\]-]{1,12}".prop_map(|s| AString::Atom(s.as_str().into()))]
}

fn any_body() -> impl Strategy<Value = Body> {
    let pair = (
        any_string().prop_filter("short", |s| s.value().as_bytes().len() <= 30),
        proptest::option::of(any_string()),
    );
    prop_oneof![
        Just(Body::Capability),
        Just(Body::Noop),
        Just(Body::Logout),
        Just(Body::StartTls),
        proptest::option::of(vec(pair, 0..4)).prop_map(|pairs| Body::Id(IdParameters(pairs))),
        (any_astring(), any_astring()).prop_map(|(userid, password)| Body::Login { userid, password }),
        (any_atom(), proptest::option::of("[A-Za-z0-9+/=]{1,20}")).prop_map(|(mechanism, response)| {
            Body::Authenticate { mechanism, initial_response: response.map(|r| r.as_str().into()) }
        }),
    ]
}

fn any_tag() -> impl Strategy<Value = Tag> {
    "[A-Za-z0-9.\\]-]{1,8}".prop_map(Tag)
}

fn any_response_text() -> impl Strategy<Value = ResponseText> {
    let argument = vec(prop_oneof![33u8..b']', b'^'..], 1..12);
    let code = ("X[A-Z]{0,8}", proptest::option::of(argument));
    let code = prop_oneof![
        Just(ResponseCode::Alert),
        Just(ResponseCode::Unavailable),
        "[a-z:/]{1,9}".prop_map(ResponseCode::Referral),
        any_capabilities().prop_map(ResponseCode::Capability),
        code.prop_map(|(name, argument)| ResponseCode::Other { name, argument }),
    ];
    let text = vec((1u8..).prop_filter("line end", |b| !b"\r\n".contains(b)), 0..20)
        .prop_filter("blanks or a code before it", |text| !text.first().is_some_and(|b| b"[ \t".contains(b)));
    (proptest::option::of(code), text).prop_map(|(code, text)| ResponseText { code, text: Text(text) })
}

fn any_capabilities() -> impl Strategy<Value = Capabilities> {
    vec(any_atom().prop_map(|a| a.0), 1..5).prop_map(Capabilities::new)
}

fn any_response() -> impl Strategy<Value = Response> {
    let status = prop_oneof![Just(Status::Ok), Just(Status::No), Just(Status::Bad)];
    prop_oneof![
        vec(33u8.., 0..20).prop_map(|rest| Response::Continue(Secret::new(rest))),
        (status.clone(), any_response_text()).prop_map(|(s, t)| Response::Status(s, t)),
        any_response_text().prop_map(Response::PreAuth),
        any_response_text().prop_map(Response::Bye),
        any_capabilities().prop_map(Response::Capability),
        "[0-9]{1,4} [A-Z]{1,9}( \"[a-z]{0,5}\")?".prop_map(|d| Response::Data(d.into_bytes())),
        (any_tag(), status, any_response_text()).prop_map(|(t, s, x)| Response::Tagged(t, s, x)),
    ]
}

/// Pieces of the protocol, put together with no sense.
fn flavoured() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "a1",
        " ",
        "\r\n",
        "LOGIN",
        "ID",
        "NIL",
        "(",
        ")",
        "\"",
        "\\",
        "{3}\r\n",
        "{1+}\r\n",
        "abc",
        "AUTHENTICATE",
        "PLAIN",
        "=",
        "AA==",
        "NOOP",
        "*",
        "+",
        "OK",
        "BYE",
        "[",
        "]",
        "CAPABILITY",
        "ALERT",
        "\u{e9}",
        "1",
    ];
    let word = prop_oneof![
        20 => proptest::sample::select(words.to_vec()).prop_map(|w| w.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 1..3),
    ];
    vec(word, 0..14).prop_map(|words| words.concat())
}

/// Commands as others write them: any case, leading zeros.
fn loose_command() -> impl Strategy<Value = Vec<u8>> {
    (any_tag(), any_body(), any::<bool>(), any::<bool>()).prop_map(|(tag, body, lower, zeros)| {
        let mut bytes = concat(&Command { tag, body });
        if zeros {
            bytes = String::from_utf8_lossy(&bytes).replace('{', "{0").into_bytes();
        }
        if lower {
            bytes.make_ascii_lowercase();
        }
        bytes
    })
}

/// Without what may be written in more than one way.
fn normal(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    while text.contains("{0") {
        text = text.replace("{0", "{");
    }
    text
}

proptest! {
    #[test]
    fn command_value_bytes_value(tag in any_tag(), body in any_body()) {
        let command = Command { tag, body };
        let bytes = concat(&command);
        prop_assert_eq!(Command::parse(&bytes), Ok(command.clone()));
        prop_assert!(Name::of(&bytes) != Name::Unknown && Name::of(&bytes) != Name::Later);
        prop_assert_eq!(leading_tag(&bytes), Some(command.tag.clone()));
        // Each fragment but the last ends where the server must be heard.
        let fragments = command.fragments();
        let mut sent = Vec::new();
        for (i, fragment) in fragments.iter().enumerate() {
            sent.extend_from_slice(fragment.as_slice());
            if i + 1 < fragments.len() {
                prop_assert_eq!(Command::parse(&sent), Err(CommandError::LiteralMissing));
            }
        }
    }

    #[test]
    fn command_bytes_value_bytes(bytes in prop_oneof![flavoured(), loose_command(), vec(any::<u8>(), 0..40)]) {
        if let Ok(command) = Command::parse(&bytes) {
            prop_assert_eq!(Command::parse(&concat(&command)), Ok(command.clone()));
            // The same but for the case of keywords and leading zeros.
            prop_assert_eq!(normal(&concat(&command)), normal(&bytes));
        }
        let _ = (Name::of(&bytes), leading_tag(&bytes), LiteralHeader::at_end_of(&bytes));
    }

    #[test]
    fn response_value_bytes_value(response in any_response()) {
        let bytes = written(&response);
        prop_assert_eq!(Response::parse(&bytes[..bytes.len() - 2]), Some(response));
    }

    #[test]
    fn response_bytes_value_bytes(bytes in prop_oneof![
        flavoured(),
        any_response().prop_map(|r| { let mut b = written(&r); b.truncate(b.len() - 2); b }),
        vec(any::<u8>(), 0..40),
    ]) {
        if let Some(response) = Response::parse(&bytes) {
            let again = written(&response);
            prop_assert_eq!(Response::parse(&again[..again.len() - 2]), Some(response));
        }
    }

    #[test]
    fn fitting_reads_back(value in vec(any::<u8>(), 0..30)) {
        match AString::fitting(&value) {
            None => prop_assert!(value.contains(&0)),
            Some(string) => {
                let command = login(AString::Atom("u".into()), string.clone());
                prop_assert_eq!(string.value().as_bytes(), &value[..]);
                prop_assert_eq!(Command::parse(&concat(&command)), Ok(command));
            }
        }
    }
}
