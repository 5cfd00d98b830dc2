"""A conversation through a program that joins its standard input and output to TLS."""

import base64
import os
import re
import select
import subprocess
import time

from peers.ours import MESSAGE, PASSWORD, USER

PATIENCE = 20.0


class Dialogue:
    """Says lines and expects answers; use as a context. Without `greeted`, it begins where
    STARTTLS has brought it, and no greeting follows."""

    def __init__(self, arguments, errors, greeted=True):
        self.errors = errors
        self.greeted = greeted
        with open(errors, "wb") as out:
            self.child = subprocess.Popen(arguments, stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, stderr=out)
        self.got = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        self.child.terminate()  # not all of them end with their input
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.child.stdout.close()

    def say(self, line):
        self.child.stdin.write(line if isinstance(line, bytes) else line.encode() + b"\r\n")
        self.child.stdin.flush()

    def expect(self, pattern):
        """Reads until the pattern is found; gives the match and forgets what is before its end."""
        end = time.monotonic() + PATIENCE
        while True:
            match = re.search(pattern, self.got, re.MULTILINE | re.DOTALL)
            if match:
                self.got = self.got[match.end():]
                return match
            if not self._read(end):
                raise AssertionError(f"no {pattern!r} in {self.got!r}; {self._error_text()}")

    def expect_greeting(self, pattern):
        if self.greeted:
            self.expect(pattern)

    def expect_end(self):
        """Reads to the end of the connection."""
        end = time.monotonic() + PATIENCE
        while self._read(end):
            pass
        if time.monotonic() >= end:
            raise AssertionError("the server does not close")

    def _read(self, end):
        ready, _, _ = select.select([self.child.stdout], [], [], max(end - time.monotonic(), 0))
        more = os.read(self.child.stdout.fileno(), 65536) if ready else b""
        self.got += more
        return bool(more)

    def _error_text(self):
        with open(self.errors, "rb") as errors:
            return errors.read().decode(errors="replace")


def read_by_imap(d, password=PASSWORD):
    """Logs in and gives the first message, or None when the log-in is refused."""
    d.expect_greeting(rb"^\* OK [^\n]*\n")
    d.say(f'a LOGIN {USER} "{password}"')
    if d.expect(rb"^a (OK|NO)[^\n]*\n")[1] == b"NO":
        return None
    d.say("b SELECT INBOX")
    d.expect(rb"^b OK[^\n]*\n")
    d.say("c FETCH 1 BODY.PEEK[]")
    size = int(d.expect(rb"BODY\[\] \{(\d+)\}\r\n")[1])
    message = d.expect(rb"(.{%d}).*^c OK[^\n]*\n" % size)[1]
    d.say("d LOGOUT")
    d.expect(rb"^\* BYE.*^d OK[^\n]*\n")
    d.expect_end()
    return message


def read_by_pop3(d, password=PASSWORD):
    """Logs in and gives the first message, or None when the log-in is refused."""
    d.expect_greeting(rb"^\+OK[^\n]*\n")
    d.say(f"USER {USER}")
    d.expect(rb"^\+OK[^\n]*\n")
    d.say(f"PASS {password}")
    if d.expect(rb"^(\+OK|-ERR)[^\n]*\n")[1] == b"-ERR":
        return None
    d.say("RETR 1")
    message = d.expect(rb"^\+OK[^\n]*\n(.*?\r\n)\.\r\n")[1]
    d.say("QUIT")
    d.expect(rb"^\+OK[^\n]*\n")
    d.expect_end()
    return re.sub(rb"^\.", b"", message, flags=re.MULTILINE)


def send_by_smtp(d, password=PASSWORD):
    """Logs in and submits MESSAGE; False when the log-in is refused."""
    d.expect_greeting(rb"^220 [^\n]*\n")
    d.say("EHLO client.example.test")
    d.expect(rb"^250 [^\n]*\n")
    secret = base64.b64encode(f"\0{USER}\0{password}".encode()).decode()
    d.say(f"AUTH PLAIN {secret}")
    if d.expect(rb"^(235|535)[^\n]*\n")[1] == b"535":
        return False
    for line, code in (("MAIL FROM:<tim@example.test> BODY=8BITMIME", b"250"),
                       ("RCPT TO:<ann@example.test>", b"250"), ("DATA", b"354")):
        d.say(line)
        d.expect(rb"^%s[^\n]*\n" % code)
    d.say(stuffed(MESSAGE))
    d.expect(rb"^250[^\n]*\n")
    d.say("QUIT")
    d.expect(rb"^221[^\n]*\n")
    d.expect_end()
    return True


def stuffed(message):
    """As DATA carries it (RFC 5321 section 4.5.2)."""
    return re.sub(rb"^\.", b"..", message, flags=re.MULTILINE) + b".\r\n"
