"""What servers say on the way to TLS and right behind it: the manners that scripted servers
depart from.

A command's answer may hold %t for the tag that an IMAP client has given."""

GREETING = {
    "imap": b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] early\r\n",
    "pop3": b"+OK early\r\n",
    "submission": b"220 early.example.test ESMTP\r\n",
}

BEFORE_TLS = {
    "imap": {
        b"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED X-EARLY\r\n%t OK done\r\n",
        b"STARTTLS": b"%t OK begin\r\n",
        b"LOGOUT": b"* BYE\r\n%t OK done\r\n",
    },
    "pop3": {
        b"CAPA": b"+OK\r\nSTLS\r\nX-EARLY\r\n.\r\n",
        b"STLS": b"+OK begin\r\n",
        b"QUIT": b"+OK\r\n",
    },
    "submission": {
        b"EHLO": b"250-early.example.test\r\n250-X-EARLY\r\n250 STARTTLS\r\n",
        b"STARTTLS": b"220 begin\r\n",
        b"QUIT": b"221 bye\r\n",
    },
}

INSIDE_TLS = {
    "imap": {
        b"CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n%t OK done\r\n",
        b"LOGOUT": b"* BYE\r\n%t OK done\r\n",
    },
    "pop3": {
        b"CAPA": b"+OK\r\nSASL PLAIN\r\n.\r\n",
        b"QUIT": b"+OK\r\n",
    },
    "submission": {
        b"EHLO": b"250-mail.example.test\r\n250 AUTH PLAIN\r\n",
        b"QUIT": b"221 bye\r\n",
    },
}

UNKNOWN = {"imap": b"%t BAD what?\r\n", "pop3": b"-ERR what?\r\n", "submission": b"500 what?\r\n"}

GO = {"imap": b"STARTTLS", "pop3": b"STLS", "submission": b"STARTTLS"}
LAST = (b"LOGOUT", b"QUIT")


def converse(server, service, answers, say):
    """Answers one command after another; gives the last verb, None when the client has gone."""
    while (line := server.hear()) is not None:
        words = line.split(b" ")
        tag = words.pop(0) if service == "imap" and len(words) > 1 else b"*"
        verb = words[0].upper()
        say(answers.get(verb, UNKNOWN[service]).replace(b"%t", tag))
        if verb in (GO[service], *LAST):
            return verb
    return None


def starttls(server, service, greeting=None, say=None, **answers):
    """A session up to the client's log-out. The greeting, and answers before TLS given by verb,
    may be other than polite; `say` is how they are said."""
    say = say or server.say_octets
    say(GREETING[service] if greeting is None else greeting)
    before = BEFORE_TLS[service] | {verb.encode(): words for verb, words in answers.items()}
    if converse(server, service, before, say) == GO[service]:
        server.start_tls()
        converse(server, service, INSIDE_TLS[service], server.say_octets)
