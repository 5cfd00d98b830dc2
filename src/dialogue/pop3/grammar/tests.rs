//! Known answers, value to bytes to value, bytes to value to bytes, and any bytes at all.

use super::reply::{AuthReply, Capability, Challenge, Listed, Reply, ResponseCode, Status};
use super::{BadCommand, Command, Greeting, InitialResponse, MechanismName, Password, UserName};
use crate::buffer::Buffer;
use crate::dialogue::Mechanism;
use crate::dialogue::blank::{is_blank, trim};
use proptest::prelude::*;

/// What a writer writes, without the CR LF that it must end with.
fn written(write: impl FnOnce(&mut Buffer)) -> Vec<u8> {
    let mut out = Buffer::default();
    write(&mut out);
    out.as_slice().strip_suffix(b"\r\n").expect("CR LF").to_vec()
}

fn user(name: &str) -> Command<'_> {
    Command::User(UserName::new(name).unwrap())
}

#[test]
fn commands_of_the_rfcs() {
    let auth = |response: Option<&'static str>| Command::Auth {
        mechanism: MechanismName::of(&Mechanism::Plain).unwrap(),
        initial_response: response.map(|r| InitialResponse::new(r.as_bytes()).unwrap()),
    };
    for (line, command) in [
        ("CAPA", Command::Capa),
        ("USER mrose", user("mrose")),
        ("USER jos\u{e9}", user("jos\u{e9}")),
        ("PASS tanstaaf", Command::Pass(Password::new(b"tanstaaf").unwrap())),
        ("PASS  two words ", Command::Pass(Password::new(b" two words ").unwrap())),
        ("AUTH", Command::AuthList),
        ("AUTH PLAIN", auth(None)),
        ("AUTH PLAIN =", auth(Some("="))),
        ("AUTH PLAIN dGVzdAB0ZXN0AHRlc3Q=", auth(Some("dGVzdAB0ZXN0AHRlc3Q="))),
        ("UTF8", Command::Utf8),
        ("STLS", Command::Stls),
        ("QUIT", Command::Quit),
    ] {
        assert_eq!(Command::parse(line.as_bytes()), Ok(command), "{line}");
        assert_eq!(written(|out| command.write(out)), line.as_bytes());
    }
}

#[test]
fn commands_that_only_read_back() {
    for line in [
        "APOP mrose c4c9334bac560ecc979e58001b3e22fb",
        "STAT",
        "LIST",
        "LIST 1",
        "RETR 1",
        "DELE 2",
        "NOOP",
        "RSET",
        "TOP 1 10",
        "UIDL",
        "UIDL 3",
    ] {
        let command = Command::parse(line.as_bytes()).expect(line);
        assert!(matches!(command, Command::Transaction(_) | Command::Apop { .. }), "{line}");
        assert_eq!(written(|out| command.write(out)), line.as_bytes());
    }
}

#[test]
fn keywords_in_any_case() {
    assert_eq!(Command::parse(b"capa"), Ok(Command::Capa));
    assert_eq!(Command::parse(b"uSeR x"), Ok(user("x")));
    assert!(matches!(Command::parse(b"stat"), Ok(Command::Transaction(_))));
}

#[test]
fn commands_that_are_none() {
    for line in ["", " ", "CAPABILITY", "XTND XMIT", "US", "STATX", "\u{e9}", "+OK"] {
        assert_eq!(Command::parse(line.as_bytes()), Err(BadCommand::Unknown), "{line}");
    }
    for line in [
        "CAPA x",
        "USER",
        "USER ",
        "USER a\x08b",
        "PASS",
        "PASS ",
        "APOP a",
        "APOP a c4c9334bac560ecc979e58001b3e22f",
        "APOP a c4c9334bac560ecc979e58001b3e22fbb",
        "AUTH PL+AIN",
        "AUTH PLAIN a b",
        "AUTH ABCDEFGHIJKLMNOPQRSTU",
        "UTF8 USER",
        "STLS now",
        "LIST \u{e9}",
    ] {
        assert!(matches!(Command::parse(line.as_bytes()), Err(BadCommand::Arguments(_))), "{line}");
    }
    assert!(matches!(Command::parse(b"USER \xff"), Err(BadCommand::Arguments(_))));
}

#[test]
fn debug_shows_no_secret() {
    for line in ["PASS s3kr1t", "AUTH PLAIN s3kr1t", "APOP a 5ec4e700000000000000000000000000"] {
        let shown = format!("{:?}", Command::parse(line.as_bytes()).unwrap());
        assert!(shown.contains("(..)") && !shown.contains("s3kr1t") && !shown.contains("5ec4e7"), "{shown}");
    }
}

#[test]
fn replies_of_the_rfcs() {
    let plain = |status, text: &'static str| Reply { status, code: None, text: text.as_bytes() };
    for (line, reply) in [
        ("+OK", plain(Status::Ok, "")),
        ("-ERR", plain(Status::Err, "")),
        ("-ERR no such message", plain(Status::Err, "no such message")),
        ("-ERR [AUTH] wrong", Reply::err("wrong").with_code(ResponseCode::AUTH)),
        ("-ERR [SYS/TEMP]", Reply::err("").with_code(ResponseCode::SYS_TEMP)),
        ("-ERR [not a code] x", plain(Status::Err, "[not a code] x")),
        ("-ERR [AUTH", plain(Status::Err, "[AUTH")),
        ("-ERR []", plain(Status::Err, "[]")),
        ("-ERR [/A]", plain(Status::Err, "[/A]")),
    ] {
        assert_eq!(Reply::parse(line.as_bytes()), Some(reply), "{line}");
        assert_eq!(written(|out| reply.write(out)), line.as_bytes());
    }
    for line in ["", "+", "+ok", "-err x", "+ OK", "ERR", " +OK", "* OK hi", "220 hi"] {
        assert_eq!(Reply::parse(line.as_bytes()), None, "{line}");
    }
}

/// The status decides; what separates it from the text does not, nor what the text is made of.
#[test]
fn replies_as_servers_write_them() {
    let auth = |text: &'static [u8]| Reply { text, ..Reply::err("").with_code(ResponseCode::AUTH) };
    let plain = |status, text: &'static [u8]| Reply { status, code: None, text };
    for (line, reply) in [
        (&b"+OK  two spaces"[..], plain(Status::Ok, b"two spaces")),
        (b"+OK\ttab", plain(Status::Ok, b"tab")),
        (b"+OKnone", plain(Status::Ok, b"none")),
        (b"+OK<1@x>", plain(Status::Ok, b"<1@x>")),
        (b"+OK \t ", plain(Status::Ok, b"")),
        (b"-ERR\t[AUTH]\twrong", auth(b"wrong")),
        (b"-ERR[AUTH]wrong", auth(b"wrong")),
        (b"-ERR [AUTH] \xc7\xeb\x1b", auth(b"\xc7\xeb\x1b")),
        (b"-ERR [AUTH\xe9] x", plain(Status::Err, b"[AUTH\xe9] x")),
        (b"-ERR:no", plain(Status::Err, b":no")),
    ] {
        assert_eq!(Reply::parse(line), Some(reply), "{}", line.escape_ascii());
    }
    assert_eq!(Greeting::parse(b"+OK<1@x>").unwrap().timestamp(), Some("<1@x>"));
}

#[test]
fn which_refusals_are_temporary() {
    for (code, temporary) in [
        ("AUTH", false),
        ("SYS/TEMP", true),
        ("sys/temp", true),
        ("SYS/TEMP/LATER", true),
        ("SYS/PERM", false),
        ("SYS", false),
        ("TEMP", false),
        ("IN-USE", true),
        ("LOGIN-DELAY", true),
        ("LOGIN-DELAYED", false),
        ("X/SYS/TEMP", false),
    ] {
        let line = format!("-ERR [{code}] text");
        let refusal = Reply::parse(line.as_bytes()).unwrap().refusal();
        assert_eq!((refusal.code.as_deref(), refusal.temporary), (Some(code), temporary));
        assert_eq!(refusal.text, "text");
    }
    assert!(!Reply::err("x").refusal().temporary);
}

#[test]
fn challenges() {
    let challenge = |bytes| Some(AuthReply::Challenge(Challenge(bytes)));
    assert_eq!(AuthReply::parse(b"+ "), challenge(b""));
    assert_eq!(AuthReply::parse(b"+"), challenge(b""));
    assert_eq!(AuthReply::parse(b"+ \t "), challenge(b""));
    assert_eq!(AuthReply::parse(b"+ VXNlcm5hbWU6"), challenge(b"VXNlcm5hbWU6"));
    assert_eq!(AuthReply::parse(b"+\t VXNlcm5hbWU6 "), challenge(b"VXNlcm5hbWU6"));
    assert_eq!(AuthReply::parse(b"+ go \xe9"), challenge(b"go \xe9"));
    assert_eq!(AuthReply::parse(b"+OK in"), Some(AuthReply::Done(Reply::ok("in"))));
    assert_eq!(AuthReply::parse(b"-ERR"), Some(AuthReply::Done(Reply::err(""))));
    for line in ["", "+x", "VXNlcm5hbWU6"] {
        assert_eq!(AuthReply::parse(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn lines_of_a_long_reply() {
    assert_eq!(Listed::parse(b"."), Listed::End);
    assert_eq!(Listed::parse(b".."), Listed::Line(b"."));
    assert_eq!(Listed::parse(b"..x"), Listed::Line(b".x"));
    assert_eq!(Listed::parse(b"SASL PLAIN"), Listed::Line(b"SASL PLAIN"));
    for (line, capability) in [
        (&b"SASL PLAIN  LOGIN "[..], "SASL PLAIN LOGIN"),
        (b" USER", "USER"),
        (b"SASL\tPLAIN", "SASL PLAIN"),
        (b"IMPLEMENTATION d\xe9di\xe9 v1", "IMPLEMENTATION v1"),
    ] {
        assert_eq!(Capability::parse(line), Some(Capability(capability.into())), "{line:?}");
    }
    for line in [&b""[..], b" ", b"A\xc3\xa9", b"A\x7f B"] {
        assert_eq!(Capability::parse(line), None, "{line:?}");
    }
    assert_eq!(written(|out| Capability("SASL PLAIN".into()).write(out)), b"SASL PLAIN");
}

#[test]
fn greetings() {
    let stamped = "POP3 server ready <1896.697170952@dbc.mtview.ca.us>";
    let greeting = Greeting::parse(format!("+OK {stamped}").as_bytes()).unwrap();
    assert_eq!(greeting.timestamp(), Some("<1896.697170952@dbc.mtview.ca.us>"));
    assert_eq!((greeting.text(), greeting.response_code()), (stamped, None));
    assert!(!greeting.is_refusal());

    let refusal = Greeting::parse(b"-ERR [SYS/TEMP] too busy").unwrap();
    assert_eq!((refusal.text(), refusal.response_code()), ("too busy", Some("SYS/TEMP")));
    assert!(refusal.is_refusal());

    let hostile = Greeting::parse(b"+OK \x1b[2J\xff <no stamp> <a@b>").unwrap();
    assert_eq!((hostile.text(), hostile.timestamp()), ("?[2J? <no stamp> <a@b>", None));
    assert!(Greeting::parse(b"* OK IMAP").is_err());
    assert!(Greeting::parse(b"220 mx ESMTP").is_err());
}

fn name() -> impl Strategy<Value = String> {
    "[!-~\u{80}-\u{10ffff}]{1,30}"
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec((1u8..).prop_filter("line end", |b| !b"\r\n".contains(b)), 0..40)
        .prop_filter("a code of its own", |text| !text.starts_with(b"["))
        .prop_filter("blanks before it", |text| !text.starts_with(b" ") && !text.starts_with(b"\t"))
}

fn code() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[!-.0-\\\\^-~]{1,8}(/[!-.0-\\\\^-~]{1,8}){0,2}")
}

/// Lines that are nearly right.
fn flavoured() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        Just("+OK"),
        Just("-ERR"),
        Just("+"),
        Just(" "),
        Just("["),
        Just("]"),
        Just("/"),
        Just("AUTH"),
        Just("<a@b>"),
        Just("USER"),
        Just("PASS"),
        Just("APOP"),
        Just("PLAIN"),
        Just("="),
        Just("TOP 1"),
        Just("."),
        Just("x"),
        Just("\u{e9}"),
        Just("c4c9334bac560ecc979e58001b3e22fb"),
    ];
    prop_oneof![
        proptest::collection::vec(word, 0..8).prop_map(|words| words.concat().into_bytes()),
        proptest::collection::vec(any::<u8>(), 0..40),
    ]
}

proptest! {
    #[test]
    fn command_value_bytes_value(name in name(), secret in text(), mechanism in "[A-Za-z0-9_-]{1,20}", response in proptest::option::of("[A-Za-z0-9+/=]{1,40}"), digest in "[0-9a-f]{32}") {
        let mut commands = vec![user(&name)];
        commands.extend(Password::new(&secret).map(Command::Pass));
        // Names that only their parsers can make.
        let auth = format!("AUTH {mechanism}{}", response.map(|r| format!(" {r}")).unwrap_or_default());
        let apop = format!("APOP {name} {digest}");
        commands.push(Command::parse(auth.as_bytes()).unwrap());
        commands.push(Command::parse(apop.as_bytes()).unwrap());
        for command in commands {
            let line = written(|out| command.write(out));
            prop_assert_eq!(Command::parse(&line), Ok(command));
        }
    }

    #[test]
    fn reply_value_bytes_value(ok: bool, code in code(), text in text()) {
        let code = code.as_deref().map(|code| ResponseCode::new(code).unwrap());
        let reply = Reply { status: if ok { Status::Ok } else { Status::Err }, code, text: &text };
        let line = written(|out| reply.write(out));
        prop_assert_eq!(Reply::parse(&line), Some(reply));
    }

    #[test]
    fn greeting_value_bytes_value(ok: bool, response_code in code(), before in "([!-;=-Z^-~\u{e0}-\u{ff}][ -;=-Z^-~\u{e0}-\u{ff}]{0,300})?", stamp in proptest::option::of("<[a-z0-9.]{1,20}@[a-z0-9.]{1,20}>"), after in "[ -~]{0,20}") {
        let text = format!("{before}{}{}", stamp.as_deref().unwrap_or_default(), if stamp.is_some() { &after } else { "" });
        let status = if ok { Status::Ok } else { Status::Err };
        let greeting = Greeting { status, response_code, text, timestamp: stamp };
        prop_assert_eq!(Greeting::parse(&written(|out| greeting.write(out))), Ok(greeting));
    }

    #[test]
    fn challenge_value_bytes_value(text in text()) {
        let challenge = Challenge(trim(&text));
        let line = written(|out| challenge.write(out));
        prop_assert_eq!(AuthReply::parse(&line), Some(AuthReply::Challenge(challenge)));
    }

    #[test]
    fn listed_value_bytes_value(line in text().prop_filter("not the end", |l| !l.is_empty())) {
        let listed = Listed::Line(&line);
        let line = written(|out| listed.write(out));
        prop_assert_eq!(Listed::parse(&line), listed);
        let end = written(|out| Listed::End.write(out));
        prop_assert_eq!(Listed::parse(&end), Listed::End);
    }

    /// What is read is written as it came, but for the case of keywords and what the parsers
    /// say that they forgive.
    #[test]
    fn bytes_value_bytes(line in flavoured()) {
        if let Ok(command) = Command::parse(&line) {
            let again = written(|out| command.write(out));
            let words = |bytes: &[u8]| -> Vec<u8> {
                bytes.iter().filter(|b| !b.is_ascii_whitespace()).map(u8::to_ascii_lowercase).collect()
            };
            prop_assert_eq!(words(&again), words(&[&line, &b"\r\n"[..]].concat()));
            prop_assert_eq!(Command::parse(&again), Ok(command));
        }
        if let Some(reply) = Reply::parse(&line) {
            let again = written(|out| reply.write(out));
            prop_assert_eq!(Reply::parse(&again), Some(reply));
            let tidy = |bytes: &[u8]| bytes.iter().copied().filter(|&b| !is_blank(b)).collect::<Vec<_>>();
            prop_assert_eq!(tidy(&again), tidy(&line));
        }
        if let Some(AuthReply::Challenge(challenge)) = AuthReply::parse(&line) {
            let again = written(|out| challenge.write(out));
            prop_assert_eq!(AuthReply::parse(&again), Some(AuthReply::Challenge(challenge)));
            prop_assert!(again == line || trim(&line[1..]) == &again[2..]);
        }
        if let Some(capability) = Capability::parse(&line) {
            let again = written(|out| capability.write(out));
            let Listed::Line(unstuffed) = Listed::parse(&again) else { panic!("the end") };
            prop_assert_eq!(Capability::parse(unstuffed), Some(capability));
        }
        if let Listed::Line(text) = Listed::parse(&line) {
            // A dot that was not needed goes away.
            let again = written(|out| Listed::Line(text).write(out));
            prop_assert!(again == line || line.get(1..) == Some(&again[..]));
        }
    }

    #[test]
    fn greeting_bytes_value_bytes(text in "[ -~\u{e0}-\u{ff}]{0,60}") {
        let line = format!("+OK {text}");
        let greeting = Greeting::parse(line.as_bytes()).unwrap();
        let again = written(|out| greeting.write(out));
        prop_assert_eq!(Greeting::parse(&again), Ok(greeting));
    }

    #[test]
    fn nothing_panics(line in flavoured()) {
        let _ = (Command::parse(&line), Reply::parse(&line), AuthReply::parse(&line), Greeting::parse(&line));
        let _ = (Listed::parse(&line), Capability::parse(&line));
    }
}
