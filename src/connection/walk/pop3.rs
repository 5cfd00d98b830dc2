//! What can be said to the machines of POP3.

use super::Alphabet;
use super::symbol::{halves, say, shared};

const ANSWERED: &[&str] = &["CAPA, UTF8: answered", "CAPA: answered"];
const REFUSED: &str = "USER, PASS, APOP, AUTH: refused";
const AUTH: &[&str] = &["AUTH", "AUTH, for the host to decide", REFUSED];

pub(super) fn server() -> Alphabet {
    let mut symbols = vec![
        say("CAPA\r\n", ANSWERED),
        say("UTF8\r\n", ANSWERED),
        say("CAPA\r\nCAPA\r\n", ANSWERED),
        say("AUTH\r\n", &["CAPA, UTF8: answered", REFUSED]),
        say("QUIT\r\n", &["QUIT"]),
        say("STLS\r\n", &["STLS"]),
        say("STLS\r\nCAPA\r\n", &["data behind STLS"]),
        say("\tUSER  tim \r\n", &["USER", REFUSED]),
        say("USER \u{fc}<word>\r\n", &["USER", REFUSED]),
        say("PASS pa55word\r\n", &["PASS", REFUSED]),
        say("APOP <word> c4c9334bac560ecc979e58001b3e22fb\r\n", &["APOP", REFUSED]),
        say("AUTH PLAIN\r\n", AUTH),
        say("AUTH LOGIN\r\n", AUTH),
        say(" AUTH\tPLAIN  AHRpbQBwYTU1d29yZA== \r\n", AUTH),
        say("AUTH PLAIN =\r\n", AUTH),
        say("AUTH PLAIN !\r\n", AUTH),
        say("AUTH X-<word>\r\n", AUTH),
        say("AUTH EXTERNAL =\r\n", AUTH),
        say("AUTH OAUTHBEARER biwsAWF1dGg9QmVhcmVyIHBhNTV3b3JkAQE=\r\n", AUTH),
        say("AUTH X-OWN\r\n", AUTH),
        say("AUTH SCRAM-SHA-1 <scram-first>\r\n", AUTH),
        say("<scram-final>\r\n", &[]),
        say("AHRpbQBwYTU1d29yZA==\r\n", &[]),
        say("dGlt\t\r\n", &[]),
        say("*\r\n", &[]),
        say("\r\n", &[]),
        say("!\r\n", &[]),
        say("STAT\r\n", &[]),
        say("USER\r\n", &[REFUSED]),
        say("<word>\r\n", &[]),
        say("GET / HTTP/1.1\r\n", &["another protocol, to begin with"]),
        say("a LOGIN tim pa55word\r\n", &[]),
    ];
    symbols.extend(halves("CA", "PA\r\n", ANSWERED));
    symbols.extend(shared(&["broken line", "another protocol, to begin with"]));
    Alphabet {
        symbols,
        any: &[
            "anything else: refused",
            "cancelled, malformed or refused",
            "response, with another challenge to come",
            "response for the host to see",
            "empty response, behind SCRAM's last word",
            "too many challenges",
            "refused too often",
        ],
    }
}

const OK: &[&str] = &["+OK", "+OK, which is all the host wants", "+OK, not to be believed", "+OK, -ERR"];
const CHALLENGE: &[&str] = &[
    "challenge",
    "challenge that has no answer",
    "challenge for the host",
    "challenge against SCRAM's rules",
    "too many challenges",
];
const LIST: &[&str] = &[
    "end of the list",
    "end of the list, with STLS",
    "no STLS, which is required",
    "no STLS, which is not required",
    "list too long",
];

pub(super) fn client() -> Alphabet {
    let mut symbols = vec![
        say("+OK <word>\r\n", OK),
        say("+OK <1.2@<word>.example>\r\n", OK),
        say(
            "-ERR <word>\r\n",
            &[
                "-ERR",
                "-ERR: it may have STLS all the same",
                "-ERR: the server takes leave",
                "no STLS, which is required",
                "no STLS, which is not required",
                "+OK, -ERR",
            ],
        ),
        say(
            "+OK go\r\n<word>\r\n",
            &[
                "+OK with data behind it",
                "+OK",
                "+OK, which is all the host wants",
                "+OK, not to be believed",
                "+OK, -ERR",
            ],
        ),
        say("STLS\r\nUSER\r\nSASL PLAIN LOGIN EXTERNAL OAUTHBEARER SCRAM-SHA-1 X-OWN\r\n.\r\n", LIST),
        say(".\r\n", LIST),
        say("STLS\r\n", LIST),
        say("TOP\r\n", LIST),
        say("\r\n", LIST),
        say("+ \r\n", CHALLENGE),
        say("+ VXNlcm5hbWU6\r\n", CHALLENGE),
        say("+ <scram-first>\r\n", CHALLENGE),
        say("+ <scram-final>\r\n", CHALLENGE),
        say("+ !\r\n", CHALLENGE),
        say("<word>\r\n", LIST),
        say("* OK <word>\r\n", LIST),
        say("220 <word> ESMTP\r\n", LIST),
        say("HTTP/1.1 400 Bad\r\n", &["another protocol"]),
    ];
    symbols.extend(halves("+OK h", "alf\r\n", OK));
    symbols.extend(shared(&["broken line", "another protocol"]));
    Alphabet { symbols, any: &["not an answer to what was asked", "list too long"] }
}
