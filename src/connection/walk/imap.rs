//! What can be said to the machines of IMAP.

use super::Alphabet;
use super::symbol::{halves, say, shared};

const ANSWERED: &[&str] = &["CAPABILITY, NOOP, ID: answered"];
const LOGIN: &[&str] = &["LOGIN", "its command: LOGIN", "LOGIN, AUTHENTICATE: PRIVACYREQUIRED"];
const LITERAL: &[&str] = &["a literal follows", "LOGIN, AUTHENTICATE: PRIVACYREQUIRED"];
const AUTHENTICATE: &[&str] =
    &["AUTHENTICATE", "AUTHENTICATE, for the host to decide", "LOGIN, AUTHENTICATE: PRIVACYREQUIRED"];

pub(super) fn server() -> Alphabet {
    let mut symbols = vec![
        say("a NOOP\r\n", ANSWERED),
        say("a CAPABILITY\r\n", ANSWERED),
        say("a ID (\"name\" \"<word>\")\r\n", ANSWERED),
        say("a NOOP\r\nb CAPABILITY\r\n", ANSWERED),
        say("a LOGOUT\r\n", &["LOGOUT"]),
        say("a STARTTLS\r\n", &["STARTTLS"]),
        say("a STARTTLS\r\nb NOOP\r\n", &["data behind STARTTLS"]),
        say("\ta  LOGIN\ttim pa55word \r\n", LOGIN),
        say(
            "a LOGIN \"\" \"\"\r\n",
            &[
                "no user name or no password: rejected",
                "rejected too often",
                "LOGIN, AUTHENTICATE: PRIVACYREQUIRED",
            ],
        ),
        say("a LOGIN <word>\r\n", &["LOGIN, AUTHENTICATE: PRIVACYREQUIRED"]),
        say("a LOGIN tim {8}\r\npa55word\r\n", LOGIN),
        // Literals of two octets, which whatever is said fills or overflows.
        say("a LOGIN {2}\r\n", LITERAL),
        say("a LOGIN {2+}\r\n", LITERAL),
        say("a ID ({2}\r\n", LITERAL),
        say("me pa55word\r\n", &["its command: LOGIN"]),
        say("me {2}\r\n", &["another literal follows"]),
        say("id NIL)\r\n", &["its command: answered"]),
        say("a LOGIN {999}\r\n", LITERAL),
        say("a LOGIN {999+}\r\n", &["literal too big, and on its way"]),
        say("a AUTHENTICATE PLAIN\r\n", AUTHENTICATE),
        say("a AUTHENTICATE LOGIN\r\n", AUTHENTICATE),
        say("a AUTHENTICATE PLAIN AHRpbQBwYTU1d29yZA==\r\n", AUTHENTICATE),
        say("a AUTHENTICATE PLAIN =\r\n", AUTHENTICATE),
        say("a AUTHENTICATE PLAIN !\r\n", AUTHENTICATE),
        say("a AUTHENTICATE X-<word>\r\n", AUTHENTICATE),
        say("a AUTHENTICATE EXTERNAL =\r\n", AUTHENTICATE),
        say("a AUTHENTICATE OAUTHBEARER biwsAWF1dGg9QmVhcmVyIHBhNTV3b3JkAQE=\r\n", AUTHENTICATE),
        say("a AUTHENTICATE X-OWN\r\n", AUTHENTICATE),
        say("a AUTHENTICATE SCRAM-SHA-1 <scram-first>\r\n", AUTHENTICATE),
        say("<scram-final>\r\n", &[]),
        say("AHRpbQBwYTU1d29yZA==\r\n", &[]),
        say("pa55word {5}\r\n", &["broken line"]),
        say("dGlt \r\n", &[]),
        say("*\r\n", &["broken line"]),
        say("\r\n", &["broken line", "its command: LOGIN"]),
        say("!\r\n", &["broken line"]),
        say("a SELECT INBOX\r\n", &[]),
        say("a <word>\r\n", &[]),
        say("<word>\r\n", &[]),
        say("GET / HTTP/1.1\r\n", &["another protocol, to begin with"]),
        say("EHLO <word>.example\r\n", &[]),
    ];
    symbols.extend(halves("a NO", "OP\r\n", ANSWERED));
    symbols.extend(shared(&["broken line", "another protocol, to begin with"]));
    Alphabet {
        symbols,
        any: &[
            "anything else: refused",
            "its command: refused",
            "cancelled, malformed or refused",
            "response, with another challenge to come",
            "response for the host to see",
            "empty response, behind SCRAM's last word",
            "too many challenges",
            "refused too often",
            "another literal follows",
        ],
    }
}

const TAGGED_OK: &[&str] = &[
    "OK",
    "OK, STARTTLS is offered",
    "NO, BAD, or none told",
    "no STARTTLS, which is required",
    "no STARTTLS, which is not required",
    "OK, not to be believed",
    "tagged answer",
];
const TAGGED_NO: &[&str] = &[
    "NO, BAD",
    "NO, BAD, or none told",
    "no STARTTLS, which is required",
    "no STARTTLS, which is not required",
    "tagged answer",
];
const CHALLENGE: &[&str] = &[
    "literal invited",
    "challenge",
    "challenge that has no answer",
    "challenge for the host",
    "challenge against SCRAM's rules",
    "too many challenges",
];
const ALL_THE_HOST_WANTS: &str = "OK or PREAUTH, which is all the host wants";
const UNTAGGED: &str = "untagged OK, NO, BAD: told";
const GREETING: &[&str] = &["OK", ALL_THE_HOST_WANTS, UNTAGGED];
const TELLING: &[&str] = &["OK", "OK with STARTTLS", "OK with capabilities", ALL_THE_HOST_WANTS, UNTAGGED];

const PREAUTH: &[&str] = &[
    "PREAUTH",
    "PREAUTH, by the client's certificate",
    "PREAUTH, and no certificate has been shown, or there is a mechanism floor",
    ALL_THE_HOST_WANTS,
];

pub(super) fn client() -> Alphabet {
    let mut symbols = vec![
        say("* OK <word> ready\r\n", GREETING),
        say(
            "* OK [CAPABILITY IMAP4rev1 STARTTLS SASL-IR AUTH=PLAIN AUTH=LOGIN AUTH=EXTERNAL AUTH=OAUTHBEARER AUTH=SCRAM-SHA-1 AUTH=X-OWN] <word>\r\n",
            TELLING,
        ),
        say("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] <word>\r\n", TELLING),
        say("* OK [ALERT] <word>\r\n", GREETING),
        say("* OK [REFERRAL imap://<word>.example/] <word>\r\n", GREETING),
        say("* NO [ALERT] <word>\r\n", &[UNTAGGED]),
        say("* BAD <word>\r\n", &[UNTAGGED]),
        say("* PREAUTH <word>\r\n", PREAUTH),
        say("* BYE <word>\r\n", &["BYE"]),
        say(
            "* CAPABILITY IMAP4rev1 STARTTLS SASL-IR AUTH=PLAIN AUTH=LOGIN AUTH=SCRAM-SHA-1 AUTH=X-OWN\r\n",
            &[],
        ),
        say("* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n", &[]),
        say("* 3 EXISTS\r\n", &[]),
        say("* LIST () \"/\" {3}\r\n", &[]),
        say("* LIST () \"/\" {999}\r\n", &["answer too long"]),
        say("<tag> OK <word>\r\n", TAGGED_OK),
        say(
            "<tag> OK [CAPABILITY IMAP4rev1 STARTTLS SASL-IR AUTH=PLAIN AUTH=LOGIN AUTH=EXTERNAL AUTH=OAUTHBEARER AUTH=SCRAM-SHA-1 AUTH=X-OWN] <word>\r\n",
            TAGGED_OK,
        ),
        say(
            "<tag> OK go\r\n* CAPABILITY IMAP4rev1 AUTH=LOGIN\r\n",
            &[
                "OK",
                "OK with data behind it",
                "OK, STARTTLS is offered",
                "NO, BAD, or none told",
                "no STARTTLS, which is required",
                "no STARTTLS, which is not required",
                "OK, not to be believed",
                "tagged answer",
            ],
        ),
        say("<tag> OK [ALERT] <word>\r\n", TAGGED_OK),
        say("<tag> NO <word>\r\n", TAGGED_NO),
        say("<tag> BAD <word>\r\n", TAGGED_NO),
        say("zz9 OK <word>\r\n", &[]),
        say("+ \r\n", CHALLENGE),
        say("+ VXNlcm5hbWU6\r\n", CHALLENGE),
        say("+ <scram-first>\r\n", CHALLENGE),
        say("+ <scram-final>\r\n", CHALLENGE),
        say("+ !\r\n", CHALLENGE),
        say("<word>\r\n", &[]),
        say("+OK <word>\r\n", &[]),
        say("220 <word> ESMTP\r\n", &[]),
        say("HTTP/1.1 400 Bad\r\n", &["another protocol"]),
    ];
    symbols.extend(halves("* OK h", "alf\r\n", GREETING));
    symbols.extend(shared(&["broken line", "another protocol"]));
    Alphabet { symbols, any: &["not an answer to what was asked", "answer too long"] }
}
