//! What can be said to the machines of SMTP submission.

use super::Alphabet;
use super::symbol::{halves, say, shared};

const ANSWERED: &[&str] = &["NOOP, RSET, HELP: answered", "EHLO, HELO, NOOP: answered"];
const NAMED: &[&str] = &["EHLO, HELO", "EHLO, HELO, NOOP: answered"];
const AUTH: &[&str] = &["AUTH", "AUTH, for the host to decide", "AUTH: 538"];

pub(super) fn server() -> Alphabet {
    let mut symbols = vec![
        say("NOOP\r\n", ANSWERED),
        say("RSET\r\n", ANSWERED),
        say("HELP\r\n", ANSWERED),
        say("NOOP\r\nNOOP\r\n", ANSWERED),
        say("EHLO <word>.example\r\n", NAMED),
        say("\tEHLO  <word> PC\t\r\n", NAMED),
        say("HELO <word>.example\r\n", NAMED),
        say("EHLO\r\n", &[]),
        say("QUIT\r\n", &["QUIT"]),
        say("STARTTLS\r\n", &["STARTTLS"]),
        say("STARTTLS\r\nRSET\r\n", &["data behind STARTTLS"]),
        say("AUTH PLAIN\r\n", AUTH),
        say("AUTH LOGIN\r\n", AUTH),
        say("AUTH\tPLAIN  AHRpbQBwYTU1d29yZA== \r\n", AUTH),
        say("AUTH PLAIN =\r\n", AUTH),
        say("AUTH PLAIN !\r\n", AUTH),
        say("AUTH X-<word>\r\n", AUTH),
        say("AUTH EXTERNAL =\r\n", AUTH),
        say("AUTH OAUTHBEARER biwsAWF1dGg9QmVhcmVyIHBhNTV3b3JkAQE=\r\n", AUTH),
        say("AUTH X-OWN\r\n", AUTH),
        say("AUTH SCRAM-SHA-1 <scram-first>\r\n", AUTH),
        say("<scram-final>\r\n", &[]),
        say("AHRpbQBwYTU1d29yZA==\r\n", &[]),
        say("dGlt \r\n", &[]),
        say("*\r\n", &[]),
        say("\r\n", &[]),
        say("!\r\n", &[]),
        say("MAIL FROM:<<word>@example.org>\r\n", &[]),
        say("VRFY <word>\r\n", &[]),
        say("<word>\r\n", &[]),
        say("GET / HTTP/1.1\r\n", &["another protocol"]),
        say("a LOGIN tim pa55word\r\n", &[]),
    ];
    symbols.extend(halves("NO", "OP\r\n", ANSWERED));
    symbols.extend(shared(&["broken line", "another protocol"]));
    Alphabet {
        symbols,
        any: &[
            "anything else: refused",
            "AUTH and anything else: refused",
            "cancelled, malformed or refused",
            "response, with another challenge to come",
            "response for the host to see",
            "empty response, behind SCRAM's last word",
            "too many challenges",
            "refused too often",
        ],
    }
}

const WITHOUT_TLS: [&str; 2] = ["no STARTTLS, which is required", "no STARTTLS, which is not required"];
const GREETING: &[&str] = &["220", "220, which is all the host wants"];
const REFUSED: &[&str] = &["5yz", "4yz, 5yz", "4yz, 5yz: refused", WITHOUT_TLS[0], WITHOUT_TLS[1]];
const CHALLENGE: &[&str] = &[
    "challenge",
    "challenge that has no answer",
    "challenge for the host",
    "challenge against SCRAM's rules",
    "too many challenges",
];

pub(super) fn client() -> Alphabet {
    let mut symbols = vec![
        say("220 <word> ESMTP\r\n", GREETING),
        say("220 go\r\n235 <word>\r\n", &["220 with data behind it", "220, which is all the host wants"]),
        say(
            "250-<word>\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN EXTERNAL OAUTHBEARER SCRAM-SHA-1 X-OWN\r\n",
            &["250 with STARTTLS", "250"],
        ),
        say("250 <word>\r\n", &["250", "250 with STARTTLS", WITHOUT_TLS[0], WITHOUT_TLS[1]]),
        say("250-STARTTLS\r\n", &["answer too long"]),
        say("421 <word>\r\n", &["421"]),
        say("450 <word>\r\n", REFUSED),
        say("550 <word>\r\n", REFUSED),
        say("554 <word>\r\n", REFUSED),
        say("334 \r\n", CHALLENGE),
        say("334 VXNlcm5hbWU6\r\n", CHALLENGE),
        say("334 <scram-first>\r\n", CHALLENGE),
        say("334 <scram-final>\r\n", CHALLENGE),
        say("334 !\r\n", CHALLENGE),
        say("235 <word>\r\n", &["235", "235, not to be believed"]),
        say("221 <word>\r\n", &[]),
        say("354 <word>\r\n", &[]),
        say("<word>\r\n", &[]),
        say("\r\n", &[]),
        say("* OK <word>\r\n", &[]),
        say("+OK <word>\r\n", &[]),
        say("HTTP/1.1 400 Bad\r\n", &["another protocol"]),
    ];
    symbols.extend(halves("220 h", "alf\r\n", GREETING));
    symbols.extend(shared(&["broken line", "another protocol"]));
    Alphabet { symbols, any: &["any reply", "not an answer to what was asked", "answer too long"] }
}
