"""Our C server on the STARTTLS services, octet by octet: what is refused in clear, what is
injected behind STARTTLS, and what is forgotten at it."""

import base64
import re
import socket
import time

from cases import EachService, check
from peers.ours import HOST, PASSWORD, STARTTLS, USER
from server_case import ServerCase

DATA_BEFORE_TLS = -136


def plain(password):
    return base64.b64encode(f"\0{USER}\0{password}".encode()).decode()


GO = {"imap": b"a STARTTLS\r\n", "pop3": b"STLS\r\n", "submission": b"STARTTLS\r\n"}
GO_AHEAD = {"imap": b"a OK ", "pop3": b"+OK", "submission": b"220 "}
CAPABILITIES = {"imap": b"a CAPABILITY\r\n", "pop3": b"CAPA\r\n", "submission": b"EHLO me\r\n"}
LAST = {"imap": b"a LOGOUT\r\n", "pop3": b"QUIT\r\n", "submission": b"QUIT\r\n"}

# What carries credentials, and how its refusal begins.
LOG_INS = {
    "imap": (
        (lambda p: f'a LOGIN {USER} "{p}"\r\n', b"a NO [PRIVACYREQUIRED] "),
        (lambda p: f"a LOGIN {{{len(USER)}+}}\r\n{USER} {{{len(p)}+}}\r\n{p}\r\n",
         b"a NO [PRIVACYREQUIRED] "),
        (lambda p: "a AUTHENTICATE PLAIN\r\n", b"a NO [PRIVACYREQUIRED] "),
        (lambda p: f"a AUTHENTICATE PLAIN {plain(p)}\r\n", b"a NO [PRIVACYREQUIRED] "),
    ),
    "pop3": (
        (lambda p: f"USER {USER}\r\n", b"-ERR "),
        (lambda p: f"PASS {p}\r\n", b"-ERR "),
        (lambda p: "AUTH PLAIN\r\n", b"-ERR "),
        (lambda p: f"AUTH PLAIN {plain(p)}\r\n", b"-ERR "),
        (lambda p: f"APOP {USER} 00112233445566778899aabbccddeeff\r\n", b"-ERR "),
    ),
    "submission": (
        (lambda p: f"AUTH PLAIN {plain(p)}\r\n", b"538 5.7.11 "),
        (lambda p: "EHLO me\r\n", b"250-"),
        (lambda p: "AUTH LOGIN\r\n", b"538 5.7.11 "),
        (lambda p: f"AUTH PLAIN {plain(p)}\r\n", b"538 5.7.11 "),
        (lambda p: "MAIL FROM:<tim@example.test>\r\n", b"530 5.7.0 "),
    ),
}

# What an attacker adds behind the client's STARTTLS, to have it obeyed inside TLS.
INJECTED = {
    "imap": (b"b NOOP\r\n", f'c LOGIN {USER} "{PASSWORD}"\r\n'.encode(), b"d SELECT INBOX\r\n"),
    "pop3": (b"CAPA\r\n", f"USER {USER}\r\n".encode(), f"PASS {PASSWORD}\r\n".encode()),
    "submission": (b"EHLO evil\r\n", f"AUTH PLAIN {plain(PASSWORD)}\r\n".encode(),
                   b"MAIL FROM:<evil@example.test>\r\n"),
}


class Wire:
    """A client's end of a connection, in clear until start_tls()."""

    def __init__(self, port, service):
        self.service = service
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.stream = self.socket.makefile("rb")
        self.greeting = self.stream.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()

    def say(self, octets):
        self.socket.sendall(octets)

    def ask(self, octets, lines=False):
        """Says it and gives the whole answer; in POP3 the caller knows if it has several lines."""
        self.say(octets)
        answer = b""
        while line := self.stream.readline():
            answer += line
            if self._is_last(line, lines):
                return answer
        raise AssertionError(f"{octets!r}: closed after {answer!r}")

    def _is_last(self, line, lines):
        if self.service == "imap":
            return re.match(rb"a |\+", line) is not None
        if self.service == "pop3":
            return not lines or line == b".\r\n" or line.startswith(b"-ERR")
        return line[3:4] == b" "

    def rest(self):
        """What comes up to the end of the connection."""
        octets = b""
        try:
            while more := self.stream.read1(4096):
                octets += more
        except ConnectionResetError:
            pass
        return octets

    def start_tls(self, context):
        self.stream.close()
        self.socket = context.wrap_socket(self.socket, server_hostname=HOST)
        self.stream = self.socket.makefile("rb")


class InClear(ServerCase, EachService):
    """SRV-02, SRV-03: no credentials are taken in clear, nor looked at."""

    peer = "cleartext client"
    services = STARTTLS

    def wire(self, service):
        return Wire(self.ports[service], service)

    def answers(self, service, password):
        with self.wire(service) as wire:
            found = [wire.greeting]
            for words, refusal in LOG_INS[service]:
                found.append(wire.ask(words(password).encode()))
                self.assertTrue(found[-1].startswith(refusal), found)
        return found

    @check()
    def log_ins_refused(self, service):
        """All of them, and the right password like a wrong one of its length."""
        wrong = "x" * len(PASSWORD)
        self.assertEqual(self.answers(service, PASSWORD), self.answers(service, wrong))
        self.assert_nobody_authenticated()
        self.assertNotIn(PASSWORD, self.server.log_text())

    @check()
    def offers_tls_only(self, service):
        with self.wire(service) as wire:
            offer = wire.greeting + wire.ask(CAPABILITIES[service], lines=True)
        words = re.split(rb"[\s\[\]-]+", offer.upper())
        self.assertIn(b"STLS" if service == "pop3" else b"STARTTLS", words)
        self.assertEqual(b"LOGINDISABLED" in words, service == "imap")
        self.assertFalse({b"AUTH", b"USER", b"SASL"} & set(words), offer)
        self.assertNotIn(b"AUTH=", offer)

    @check()
    def takes_leave(self, service):
        """And closes at once, not when it has waited for us."""
        with self.wire(service) as wire:
            began = time.monotonic()
            wire.ask(LAST[service])
            wire.rest()
            self.assertLess(time.monotonic() - began, 2)

    @check()
    def tls_without_starttls_refused(self, service):
        with self.wire(service) as wire:
            wire.say(b"\x16\x03\x01\x00\x05hello\r\n" * 20)
            wire.rest()
        self.assertNotIn("] tls ", self.server.log_text())

    @check()
    def http_refused(self, service):
        with self.wire(service) as wire:
            wire.say(b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n" + GO[service])
            self.assertNotIn(GO_AHEAD[service], wire.rest())


class Injection(ServerCase, EachService):
    """STT-01 and STT-05: nothing that was said in clear has any effect inside TLS."""

    peer = "attacker on the wire"
    services = STARTTLS

    def wire(self, service):
        wire = Wire(self.ports[service], service)
        self.addCleanup(wire.__exit__)
        if service == "submission":
            wire.ask(b"EHLO me\r\n")
        return wire

    def assert_nothing_done(self, code=None):
        log = self.server.log_text()
        self.assert_nobody_authenticated()
        self.assertNotIn("] tls ", log)
        ends = re.findall(r"\] close .* error=(-?\d+)", log)
        self.assertTrue(ends and all(int(end) < 0 for end in ends), log)
        if code is not None:
            self.assertEqual(set(ends), {str(code)}, log)

    @check()
    def in_the_same_packet(self, service):
        """One line to three, and half a line: the connection ends without the go-ahead."""
        lines = INJECTED[service]
        for injected in (*lines, b"".join(lines[:2]), b"".join(lines), lines[0][:-2], b"\n"):
            with self.subTest(injected=injected):
                wire = self.wire(service)
                wire.say(GO[service] + injected)
                self.assertNotIn(b"\n" + GO_AHEAD[service], b"\n" + wire.rest())
        self.assert_nothing_done(DATA_BEFORE_TLS)

    @check()
    def after_the_go_ahead(self, service):
        """In a packet of its own, before the client's handshake: no TLS comes of it."""
        lines = INJECTED[service]
        for injected in (*lines, b"".join(lines)):
            with self.subTest(injected=injected):
                wire = self.wire(service)
                self.assertIn(GO_AHEAD[service], wire.ask(GO[service]))
                wire.say(injected)
                with self.assertRaises(OSError):
                    wire.start_tls(self.trust())
                    wire.ask(CAPABILITIES[service])
        self.assert_nothing_done()

    @check()
    def nothing_survives(self, service):
        """No greeting follows; the names from before are forgotten; TLS is not offered in TLS."""
        with self.wire(service) as wire:
            if service == "pop3":
                wire.ask(f"USER {USER}\r\n".encode())
            wire.ask(GO[service])
            wire.start_tls(self.trust())
            if service == "pop3":
                self.assertEqual(wire.ask(f"PASS {PASSWORD}\r\n".encode())[:4], b"-ERR")
            if service == "submission":
                answer = wire.ask(f"AUTH PLAIN {plain(PASSWORD)}\r\n".encode())
                self.assertEqual(answer[:4], b"503 ")
            offer = wire.ask(CAPABILITIES[service], lines=True).upper()
            for word in (b"STARTTLS", b"STLS", b"LOGINDISABLED"):
                self.assertNotIn(word, offer)
            refusal = {"imap": b"a BAD", "pop3": b"-ERR", "submission": b"503 "}[service]
            self.assertTrue(wire.ask(GO[service]).startswith(refusal))
        self.assert_nobody_authenticated()
