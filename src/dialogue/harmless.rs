//! Tests: what clients write oddly, proves nothing, and every server reads; and what no server repeats.

use super::testing::{Decisions, Ending, Transcript, drive};
use super::{
    Decision, Machine, Mechanism, Particulars, Protection, Rejection, ServerSettings, imap, pop3, smtp,
};
use crate::service::Protocol;
use proptest::prelude::*;
use std::sync::Arc;

/// `\0tim\0secret`
const PLAIN: &str = "AHRpbQBzZWNyZXQ=";
const TIM: &str = "password=\"secret\"";

fn serve(protocol: Protocol, protection: Protection, chunks: &[&[u8]], decisions: &[Decision]) -> Transcript {
    let settings = Arc::new(ServerSettings {
        sasl_mechanisms: vec![Mechanism::Plain, Mechanism::Login, Mechanism::OAuthBearer],
        pop3_utf8: true,
        ..ServerSettings::default()
    });
    let particulars = Particulars { apop_timestamp: Some("<1@a>".into()), ..Particulars::default() };
    let host = Decisions(decisions.to_vec());
    match protocol {
        Protocol::Imap => drive(imap::Server::new(settings, protection).told(particulars), chunks, host),
        Protocol::Pop3 => drive(pop3::Server::new(settings, protection).told(particulars), chunks, host),
        Protocol::Smtp => drive(smtp::Server::new(settings, protection).told(particulars), chunks, host),
    }
}

/// What is answered inside TLS, or in clear, behind the greeting.
fn answer(protocol: Protocol, inside: bool, lines: &[u8]) -> (String, Transcript) {
    let protection = if inside { Protection::for_test() } else { Protection::Clear { starttls: true } };
    let transcript = serve(protocol, protection, &[lines], &[]);
    let (_, answer) = transcript.output.split_once("\r\n").expect("a greeting");
    (answer.to_owned(), transcript.clone())
}

/// Inside TLS: the client's lines, and the last line of the answer.
const INSIDE: &[(Protocol, &[u8], &str)] = &[
    (Protocol::Smtp, b"EHLO  pc\r\n", "250 AUTH PLAIN LOGIN OAUTHBEARER"),
    (Protocol::Smtp, b"EHLO\tpc\t\r\n", "250 AUTH PLAIN LOGIN OAUTHBEARER"),
    (Protocol::Smtp, b" EHLO pc\r\n", "250 AUTH PLAIN LOGIN OAUTHBEARER"),
    (Protocol::Smtp, b"EHLO pc\r\nAUTH PLAIN \r\n", "334 "),
    (Protocol::Smtp, b"EHLO pc\r\nAUTH\tPLAIN\t \r\n", "334 "),
    (Protocol::Smtp, b"EHLO pc\r\nAUTH LOGIN\r\ndGlt \r\n", "334 UGFzc3dvcmQ6"),
    (Protocol::Smtp, b"EHLO pc\r\nAUTH PLAIN\r\n * \r\n", "501 5.0.0 Authentication cancelled"),
    (Protocol::Smtp, b"NOOP \r\n", "250 2.0.0 OK"),
    (Protocol::Smtp, b"NOOP caf\xe9\r\n", "250 2.0.0 OK"),
    (Protocol::Smtp, b"RSET\t\r\n", "250 2.0.0 OK"),
    (Protocol::Smtp, b"HELP\tAUTH\r\n", "214 2.0.0 EHLO HELO AUTH NOOP RSET HELP QUIT"),
    (Protocol::Smtp, b"QUIT \r\n", "221 2.0.0 localhost closing connection"),
    (Protocol::Smtp, b"MAIL  FROM:<a@b> \r\n", "530 5.7.0 Authentication required"),
    (Protocol::Smtp, b"STARTTLS \r\n", "503 5.5.1 TLS is already active"),
    (Protocol::Smtp, b"EHLO\r\n", "501 5.5.4 Your host name is missing"),
    (Protocol::Smtp, b"HELO \t\r\n", "501 5.5.4 Your host name is missing"),
    (Protocol::Smtp, b"EHLO a\x1bb\r\n", "500 5.5.2 A command holds no control characters"),
    (Protocol::Pop3, b"CAPA \r\n", "."),
    (Protocol::Pop3, b"\tCAPA\t\r\n", "."),
    (Protocol::Pop3, b"AUTH \r\n", "."),
    (Protocol::Pop3, b"UTF8 \r\n", "+OK UTF8 enabled"),
    (Protocol::Pop3, b"USER  tim\r\n", "+OK send PASS"),
    (Protocol::Pop3, b"USER tim \r\n", "+OK send PASS"),
    (Protocol::Pop3, b"AUTH PLAIN \r\n", "+ "),
    (Protocol::Pop3, b"AUTH\tLOGIN\r\ndGlt\t\r\n", "+ UGFzc3dvcmQ6"),
    (Protocol::Pop3, b"AUTH PLAIN\r\n*\t\r\n", "-ERR authentication cancelled"),
    (Protocol::Pop3, b"QUIT \r\n", "+OK bye"),
    (Protocol::Pop3, b"STLS \r\n", "-ERR TLS is already active"),
    (Protocol::Pop3, b"NOOP \r\n", "-ERR not authenticated"),
    (Protocol::Pop3, b"LIST\t1 \r\n", "-ERR not authenticated"),
    (Protocol::Pop3, b"CAPA x\r\n", "-ERR CAPA takes no argument"),
    (Protocol::Imap, b"a NOOP \r\n", "a OK completed"),
    (Protocol::Imap, b"a  NOOP\r\n", "a OK completed"),
    (Protocol::Imap, b" a\tNOOP\t\r\n", "a OK completed"),
    (Protocol::Imap, b"a CAPABILITY \r\n", "a OK completed"),
    (Protocol::Imap, b"a LOGOUT \r\n", "a OK completed"),
    (Protocol::Imap, b"a ID  ( \"name\"  \"x\" \"v\"\tNIL ) \r\n", "a OK completed"),
    (Protocol::Imap, b"a ID NIL \r\n", "a OK completed"),
    (Protocol::Imap, b"a AUTHENTICATE PLAIN \r\n", "+ "),
    (Protocol::Imap, b"a AUTHENTICATE\tLOGIN\t\r\ndGlt \r\n", "+ UGFzc3dvcmQ6"),
    (Protocol::Imap, b"a AUTHENTICATE PLAIN\r\n* \r\n", "a BAD authentication cancelled"),
    (Protocol::Imap, b"a STARTTLS \r\n", "a BAD TLS is up already"),
    (Protocol::Imap, b"a LOGIN  tim {6}\r\n", "+ go ahead"),
    // What follows depends on the header, and so nothing may be behind it.
    (Protocol::Imap, b"a LOGIN tim {6} \r\n", "a BAD invalid arguments"),
    (Protocol::Imap, b"a LOGIN tim { 6}\r\n", "a BAD invalid arguments"),
];

/// Ways to log in.
const LOG_INS: &[(Protocol, &str)] = &[
    (Protocol::Smtp, "EHLO pc\r\nAUTH PLAIN  {PLAIN}\r\n"),
    (Protocol::Smtp, "EHLO pc\r\n AUTH\tPLAIN\t{PLAIN} \r\n"),
    (Protocol::Smtp, "EHLO pc\r\nAUTH PLAIN \r\n{PLAIN} \r\n"),
    (Protocol::Smtp, "HELO printer\r\nAUTH LOGIN\r\ndGlt\r\nc2VjcmV0\r\n"),
    (Protocol::Smtp, "EHLO pc\r\nHELO printer\r\nAUTH PLAIN {PLAIN}\r\n"),
    (Protocol::Smtp, "EHLO [2001:db8::1]\r\nAUTH PLAIN {PLAIN}\r\n"),
    (Protocol::Smtp, "EHLO [IPv6:fe80::1%wlan0]\r\nAUTH PLAIN {PLAIN}\r\n"),
    (Protocol::Smtp, "EHLO mail.example.\r\nAUTH PLAIN {PLAIN}\r\n"),
    (Protocol::Smtp, "EHLO Tims PC (at home)\r\nAUTH PLAIN {PLAIN}\r\n"),
    (Protocol::Smtp, "EHLO Дмитрий-ПК\r\nAUTH PLAIN {PLAIN}\r\n"),
    (Protocol::Pop3, "AUTH PLAIN  {PLAIN}\r\n"),
    (Protocol::Pop3, "AUTH\tPLAIN \r\n{PLAIN}\t\r\n"),
    (Protocol::Pop3, "USER tim \r\nPASS secret\r\n"),
    (Protocol::Pop3, " USER\ttim\r\n\tPASS secret\r\n"),
    (Protocol::Imap, "a AUTHENTICATE PLAIN  {PLAIN}\r\n"),
    (Protocol::Imap, "a  AUTHENTICATE\tPLAIN \r\n{PLAIN} \r\n"),
    (Protocol::Imap, "a LOGIN  tim\tsecret \r\n"),
    (Protocol::Imap, "a LOGIN \"tim\"  {6+}\r\nsecret \r\n"),
];

#[test]
fn blanks_are_harmless() {
    for &(protocol, lines, last) in INSIDE {
        let (answer, transcript) = answer(protocol, true, lines);
        let shown = String::from_utf8_lossy(lines);
        assert_eq!(answer.lines().last(), Some(last), "{protocol:?} {shown:?}");
        assert!(!matches!(transcript.ending, Ending::Failed(_)), "{shown:?}");
    }
}

#[test]
fn everybody_can_log_in() {
    for (protocol, lines) in LOG_INS {
        let lines = lines.replace("{PLAIN}", PLAIN);
        let transcript =
            serve(*protocol, Protection::for_test(), &[lines.as_bytes(), b"x"], &[Decision::Accept]);
        assert_eq!(transcript.ending, Ending::HandedOff(b"x".to_vec()), "{lines:?}: {transcript:?}");
        let credentials = &transcript.events[transcript.events.len() - 2];
        assert!(credentials.contains("identity: \"tim\"") && credentials.ends_with(TIM), "{credentials}");
    }
}

#[test]
fn blanks_are_harmless_before_tls() {
    for (protocol, line) in [
        (Protocol::Smtp, " STARTTLS\t\r\n"),
        (Protocol::Smtp, "HELO printer\r\nSTARTTLS \r\n"),
        (Protocol::Smtp, "EHLO  Tims PC \r\nSTARTTLS\r\n"),
        (Protocol::Pop3, " STLS \r\n"),
        (Protocol::Imap, " a  STARTTLS\t\r\n"),
    ] {
        let (_, transcript) = answer(protocol, false, line.as_bytes());
        assert_eq!(
            (&transcript.ending, &transcript.events[..]),
            (&Ending::StartsTls(vec![]), &[][..]),
            "{line:?}"
        );
        // What comes behind it is as hostile as ever, were it only a blank.
        for behind in [" ", "\r\n", "\t\r\nQUIT\r\n"] {
            let (said, transcript) = answer(protocol, false, format!("{line}{behind}").as_bytes());
            assert!(matches!(transcript.ending, Ending::Failed(_)), "{line:?} {behind:?}");
            assert!(
                !said.contains("2.0.0 Ready") && !said.contains("+OK") && !said.contains("a OK"),
                "{said}"
            );
        }
    }
    // However it is written, an authentication in clear is one, and refused as one.
    for (protocol, line, refusal) in [
        (Protocol::Smtp, " AUTH\tPLAIN  {PLAIN}\r\n", "538 5.7.11 "),
        (Protocol::Pop3, " AUTH\tPLAIN  {PLAIN}\r\n", "-ERR use STLS first"),
        (Protocol::Pop3, "\tPASS\tsecret\r\n", "-ERR use STLS first"),
        (Protocol::Imap, " a\tAUTHENTICATE  PLAIN {PLAIN}\r\n", "a NO [PRIVACYREQUIRED] "),
        (Protocol::Imap, "\ta  LOGIN\ttim secret\r\n", "a NO [PRIVACYREQUIRED] "),
    ] {
        let (said, transcript) = answer(protocol, false, line.replace("{PLAIN}", PLAIN).as_bytes());
        assert!(said.starts_with(refusal), "{line:?}: {said}");
        assert_eq!(transcript.events, Vec::<String>::new());
    }
}

/// RFC 1939 §7: a space is part of the password, wherever it stands.
#[test]
fn the_spaces_of_a_password_are_kept() {
    for (line, password) in [
        ("PASS  secret \r\n", " secret "),
        ("PASS pass word\r\n", "pass word"),
        ("PASS \t\r\n", "\t"),
        (" PASS\t secret\t\r\n", " secret\t"),
    ] {
        let (_, transcript) = answer(Protocol::Pop3, true, format!("USER tim\r\n{line}").as_bytes());
        assert!(transcript.events[0].ends_with(&format!("password={password:?}")), "{:?}", transcript.events);
    }
    let (_, transcript) = answer(Protocol::Imap, true, b"a LOGIN \" tim \"  \" pass  word\t\" \r\n");
    assert!(transcript.events[0].contains("identity: \" tim \""), "{:?}", transcript.events);
    assert!(transcript.events[0].ends_with("password=\" pass  word\\t\""), "{:?}", transcript.events);
    let (_, transcript) = answer(Protocol::Pop3, true, b"USER  tim  smith \r\nPASS x\r\n");
    assert!(transcript.events[0].contains("identity: \"tim  smith\""), "{:?}", transcript.events);
}

/// Line ends, NUL and limits are not a matter of taste.
#[test]
fn framing_is_as_strict_as_ever() {
    for protocol in [Protocol::Imap, Protocol::Pop3, Protocol::Smtp] {
        for broken in ["a NOOP \n", "a NOOP \r \n", "NOOP\t\0\r\n", " \r\r\n"] {
            let (_, transcript) = answer(protocol, true, broken.as_bytes());
            assert!(matches!(transcript.ending, Ending::Failed(_)), "{protocol:?} {broken:?}");
        }
        for blank in [" ", "\t"] {
            let (_, transcript) = answer(protocol, true, blank.repeat(12_288).as_bytes());
            assert!(matches!(transcript.ending, Ending::Failed(_)), "{protocol:?}");
            let (_, transcript) = answer(protocol, true, format!("{}x", blank.repeat(8192)).as_bytes());
            assert!(matches!(transcript.ending, Ending::Failed(_)), "{protocol:?}");
        }
    }
}

/// RFC 4954 §4: a line of an exchange may have 12,288 octets, in each of the protocols.
#[test]
fn long_tokens_are_read() {
    // With user and separators, 9213 octets make 12,284 of base64.
    let message = format!("n,a=tim,\u{1}auth=Bearer {}\u{1}\u{1}", "t".repeat(9190));
    let base64 = super::sasl::encode(message.as_bytes());
    assert_eq!(base64.len(), 12_284);
    for (protocol, begin) in [
        (Protocol::Imap, "a AUTHENTICATE OAUTHBEARER\r\n"),
        (Protocol::Pop3, "AUTH OAUTHBEARER\r\n"),
        (Protocol::Smtp, "EHLO pc\r\nAUTH OAUTHBEARER\r\n"),
    ] {
        let lines = format!("{begin}{}\r\n", &*base64);
        let bytewise: Vec<_> = lines.as_bytes().chunks(1000).collect();
        let transcript = serve(protocol, Protection::for_test(), &bytewise, &[Decision::Accept]);
        assert_eq!(transcript.ending, Ending::HandedOff(vec![]), "{protocol:?}");
    }
}

/// After a refusal the next line may be a password, or a response of SASL. It is not said again.
#[test]
fn no_secret_is_repeated() {
    let secrets =
        [PLAIN, "c2VjcmV0", "dGlt", "c2VjcmV0 ", "\tc2VjcmV0 \t", "secret {5}", "secret (", "s3cr3t! =="];
    let refused: &[(Protocol, &[&str])] = &[
        (
            Protocol::Imap,
            &[
                "",
                "a AUTHENTICATE CRAM-MD5\r\n",
                "a AUTHENTICATE\r\n",
                "a AUTHENTICATE PLAIN !\r\n",
                "a AUTHENTICATE PLAIN AAAA\r\n",
                "a AUTHENTICATE PLAIN\r\n*\r\n",
                "a LOGIN tim {9999}\r\n",
                "a LOGIN tim\r\n",
                "a LOGIN tim secret\r\n",
            ],
        ),
        (Protocol::Pop3, &["", "AUTH CRAM-MD5\r\n", "AUTH PLAIN !\r\n", "AUTH PLAIN\r\n*\r\n", "USER\r\n"]),
        (
            Protocol::Smtp,
            &["", "EHLO pc\r\nAUTH CRAM-MD5\r\n", "EHLO pc\r\nAUTH PLAIN !\r\n", "AUTH PLAIN\r\n"],
        ),
    ];
    let reject = vec![Decision::Reject(Rejection::InvalidCredentials); 9];
    for &(protocol, beginnings) in refused {
        for begin in beginnings {
            for secret in secrets {
                for protection in [Protection::for_test(), Protection::Clear { starttls: true }] {
                    let lines = format!("{begin}{secret}\r\n");
                    let transcript = serve(protocol, protection, &[lines.as_bytes()], &reject);
                    let word = secret.trim().split(' ').next().unwrap();
                    assert!(!transcript.output.contains(word), "{lines:?}: {}", transcript.output);
                    let lines = format!("{begin}{}", format!("{secret}\r\n").repeat(12));
                    let transcript = serve(protocol, protection, &[lines.as_bytes()], &reject);
                    let Ending::Failed(fault) = transcript.ending else { panic!("{lines:?}") };
                    assert!(!fault.reason.contains(word), "{}", fault.reason);
                }
            }
        }
    }
    // A tag is repeated if it is one: short, and before the name of a command.
    let long = "t".repeat(65);
    for (line, tag) in [("a XYZZY", "a"), ("A0001 x-y.z", "A0001"), (&format!("{long} XYZZY"), "*")] {
        let (said, _) = answer(Protocol::Imap, true, format!("{line}\r\n").as_bytes());
        assert!(said.starts_with(&format!("{tag} BAD ")), "{said}");
    }
}

/// Lines where `~` stands for the blanks between two words, `^` for those at an end.
const SCRIPTS: &[(Protocol, &str)] = &[
    (Protocol::Smtp, "^EHLO~pc.example^\r\n^AUTH~PLAIN~AHRpbQBzZWNyZXQ=^\r\n"),
    (Protocol::Smtp, "^HELO~Tims~PC^\r\n^AUTH~LOGIN^\r\n^dGlt^\r\n^c2VjcmV0^\r\n"),
    (
        Protocol::Smtp,
        "^ehlo~[2001:db8::1]^\r\n^NOOP~x^\r\n^RSET^\r\n^HELP^\r\n^MAIL~FROM:<a@b>^\r\n^QUIT^\r\n",
    ),
    (
        Protocol::Smtp,
        "^EHLO~a^\r\n^AUTH~PLAIN~!^\r\n^AUTH~X^\r\n^AUTH~PLAIN~=^\r\n^XYZZY~z^\r\n^AUTH~PLAIN^\r\n^*^\r\n",
    ),
    (Protocol::Smtp, "^STARTTLS^\r\n^EHLO^\r\n^STARTTLS~x^\r\n^QUIT~x^\r\n^AUTH^\r\n^ETRN~x^\r\n^\r\n"),
    (Protocol::Pop3, "^CAPA^\r\n^AUTH^\r\n^UTF8^\r\n^STLS^\r\n^STAT^\r\n^TOP~1~2^\r\n^QUIT^\r\n"),
    (Protocol::Pop3, "^USER~tim^\r\n^PASS  secret \r\n"),
    (Protocol::Pop3, "^APOP~tim~c4c9334bac560ecc979e58001b3e22fb^\r\n"),
    (Protocol::Pop3, "^auth~plain~!^\r\n^AUTH~X^\r\n^AUTH~LOGIN~dGlt^\r\n^c2VjcmV0^\r\n"),
    (Protocol::Pop3, "^CAPA~x^\r\n^USER^\r\n^XYZZY~z^\r\n^\r\n^AUTH~PLAIN^\r\n^*^\r\n"),
    (
        Protocol::Imap,
        "^a~NOOP^\r\n^b~CAPABILITY^\r\n^c~ID~(^\"name\"~\"a  b\"~\"c\"~NIL^)^\r\n^d~LOGOUT^\r\n",
    ),
    (Protocol::Imap, "^a~LOGIN~tim~\" sec  ret \"^\r\n"),
    (Protocol::Imap, "^a~login~{3}\r\ntim~{8+}\r\n sec ret^\r\n"),
    (Protocol::Imap, "^a~AUTHENTICATE~LOGIN^\r\n^dGlt^\r\n^c2VjcmV0^\r\n"),
    (
        Protocol::Imap,
        "^a~AUTHENTICATE~PLAIN~!^\r\n^b~AUTHENTICATE~X^\r\n^c~AUTHENTICATE~PLAIN~AHRpbQBzZWNyZXQ=^\r\n",
    ),
    (
        Protocol::Imap,
        "^a~STARTTLS^\r\n^a~NOOP~x^\r\n^a~SELECT~x^\r\n^a~XYZZY^\r\n^c2VjcmV0^\r\n^a^\r\n^\r\n^a~ID~NIL^\r\n",
    ),
];

/// Fills the gaps of a script with blanks: with the fewest, or with those that are given.
fn fill(script: &str, mut blanks: impl FnMut() -> Option<String>) -> Vec<u8> {
    let mut filled = String::new();
    for c in script.chars() {
        match (c, blanks()) {
            ('~', more) => filled.push_str(&more.filter(|more| !more.is_empty()).unwrap_or(" ".into())),
            ('^', more) => filled.push_str(&more.unwrap_or_default()),
            (c, _) => filled.push(c),
        }
    }
    filled.into_bytes()
}

proptest! {
    #[test]
    fn more_blanks_change_nothing(
        gaps in proptest::collection::vec("[ \t]{0,4}", 1..40),
        cuts in 1usize..40,
        accept: bool,
    ) {
        let decision = if accept { Decision::Accept } else { Decision::Reject(Rejection::default()) };
        for (protocol, script) in SCRIPTS {
            for inside in [true, false] {
                let protection =
                    if inside { Protection::for_test() } else { Protection::Clear { starttls: true } };
                // In clear a second line behind STARTTLS is hostile; the script says nothing of that.
                if !inside && (script.contains("STARTTLS") || script.contains("STLS")) {
                    continue;
                }
                let decisions = vec![decision.clone(); 3];
                let tidy = fill(script, || None);
                let mut turns = gaps.iter().cycle();
                let untidy = fill(script, || turns.next().cloned());
                let expected = serve(*protocol, protection, &[&tidy], &decisions);
                let chunks: Vec<_> = untidy.chunks(cuts).collect();
                prop_assert_eq!(serve(*protocol, protection, &chunks, &decisions), expected, "{:?}", script);
            }
        }
    }
}
