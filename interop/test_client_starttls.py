"""Our C client against servers, and attackers on the wire, that misbehave before TLS.

Whatever they do, nothing but capability discovery and STARTTLS crosses in clear, and nothing that
they said in clear is shown."""

import time
import unittest

import setting
from cases import EachService, check
from peers import polite
from peers.ours import STARTTLS, USER, ClientRun
from peers.scripted import Scripted
from peers.tap import improper

TIMED_OUT = 5
DEADLINE_PASSED = -140  # of the library, before the client's own
SYNTAX, REFUSED_BY_SERVER, START_TLS_REFUSED, DATA_BEFORE_TLS = -130, -134, -135, -136
MAILTLS_FATAL = range(-199, -99)

# Stands in what is said in clear and must not be shown.
MARK = b"early"

GREETINGS_OF_REFUSAL = {
    "imap": (b"* BYE too busy\r\n",),
    "pop3": (b"-ERR too busy\r\n", b"-ERR [SYS/TEMP] too busy\r\n"),
    "submission": (b"421 4.3.2 too busy\r\n", b"554 5.3.2 not here\r\n"),
}
# Without STARTTLS, and with every temptation to log in all the same.
STRIPPED = {
    "imap": {"CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN\r\n%t OK done\r\n",
             "greeting": b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] early\r\n",
             "STARTTLS": b"%t BAD what?\r\n"},
    "pop3": {"CAPA": b"+OK\r\nUSER\r\nSASL PLAIN LOGIN\r\n.\r\n", "STLS": b"-ERR what?\r\n"},
    "submission": {"EHLO": b"250-early\r\n250 AUTH PLAIN LOGIN\r\n", "STARTTLS": b"502 what?\r\n"},
}
WITHOUT_DISCOVERY = {
    "imap": {"CAPABILITY": b"%t BAD what?\r\n", "greeting": b"* OK early\r\n",
             "STARTTLS": b"%t BAD what?\r\n"},
    "pop3": {"CAPA": b"-ERR what?\r\n", "STLS": b"-ERR what?\r\n"},
    "submission": {"EHLO": b"502 5.5.1 what?\r\n"},
}
REFUSALS = {
    "imap": (b"%t NO not now\r\n", b"%t BAD what?\r\n"),
    "pop3": (b"-ERR not now\r\n",),
    "submission": (b"454 4.7.0 TLS not available\r\n", b"501 5.5.4 no\r\n", b"502 5.5.1 what?\r\n"),
}
FAREWELLS = {
    "imap": b"* BYE shutting down\r\n",
    "pop3": b"-ERR shutting down\r\n",
    "submission": b"421 4.3.2 shutting down\r\n",
}
NOT_A_GO_AHEAD = {
    "imap": (b"zzz OK begin\r\n", b"%t YES begin\r\n", b"+ begin\r\n", b"%tOK begin\r\n",
             b"\x16\x03\x01\x00\x05hello", b"%t OK beg\0in\r\n"),
    "pop3": (b"+YES begin\r\n", b"OK begin\r\n", b"220 begin\r\n",
             b"\x16\x03\x01\x00\x05hello\r\n"),
    "submission": (b"250 begin\r\n", b"354 begin\r\n", b"334 \r\n", b"+OK begin\r\n",
                   b"220begin\r\n", b"99 begin\r\n", b"\x16\x03\x01\x00\x05hello\r\n"),
}
# What an attacker adds behind the go-ahead, to be taken for answers inside TLS.
INJECTED = {
    "imap": (b"* OK [ALERT] early\r\n", b"* PREAUTH early\r\n",
             b"* CAPABILITY IMAP4rev1 AUTH=PLAIN X-EARLY\r\n", b"* CAPABILITY IMAP4rev1 X-EA"),
    "pop3": (b"+OK early\r\n", b"X-EARLY\r\n.\r\n", b"SASL PLAIN\r\n.\r\n", b"+O"),
    "submission": (b"250 early\r\n", b"250-early\r\n250 AUTH PLAIN X-EARLY\r\n",
                   b"235 2.7.0 in\r\n", b"250-ear"),
}


class BeforeTls(EachService, unittest.TestCase):
    peer, role, services = "scripted", "server", STARTTLS

    def client(self, service, script, *options):
        server = Scripted(setting.certificate(), script, tls=False)
        try:
            run = ClientRun(service, server.port, "--ca", setting.authority().file, "--user", USER,
                            *options)
        finally:
            server.stop()
        self.assertEqual(run.output.count(b"\n"), 1, run)
        self.assertEqual(improper(service, server.clear), b"", run)
        self.assertIsNone(run.greeting, run)
        return run

    def meets(self, service, *options, say=None, **answers):
        """The client's run against a server that departs from good manners by these answers."""
        return self.client(service, lambda server: polite.starttls(
            server, service, say=say and getattr(server, say), **answers), *options)

    def stops_in_clear(self, run, *codes):
        self.assertEqual((run.status, run.state, run.authenticated), (1, "handshake", False), run)
        self.assertEqual((run.tls, run.certificate, run.capabilities), (None, None, []), run)
        self.assertIn(run.error["code"], codes, run)

    def shows_nothing_early(self, run):
        self.assertNotIn(MARK, run.output.lower(), run)

    def comes_to_tls(self, run):
        """In order; the scripted server knows no log-in, and has been asked for it inside TLS."""
        self.assertEqual(run.tls and run.tls["version"], "TLSv1.3", run)
        self.assertEqual(run.state, "not-authenticated", run)
        self.shows_nothing_early(run)

    # --- in order, to know that the servers below fail for what they do

    @check()
    def in_order(self, service):
        self.comes_to_tls(self.meets(service))

    @check()
    def octet_by_octet(self, service):
        self.comes_to_tls(self.meets(service, say="say_slowly"))

    # --- no TLS to be had

    @check()
    def refused_by_greeting(self, service):
        for greeting in GREETINGS_OF_REFUSAL[service]:
            with self.subTest(greeting=greeting):
                self.stops_in_clear(self.meets(service, greeting=greeting), REFUSED_BY_SERVER)

    @check()
    def stripped(self, service):
        run = self.meets(service, **STRIPPED[service])
        self.stops_in_clear(run, START_TLS_REFUSED)
        self.shows_nothing_early(run)

    @check()
    def without_discovery(self, service):
        run = self.meets(service, **WITHOUT_DISCOVERY[service])
        self.stops_in_clear(run, START_TLS_REFUSED)

    @check()
    def refused(self, service):
        for answer in REFUSALS[service]:
            with self.subTest(answer=answer):
                run = self.meets(service, **{polite.GO[service].decode(): answer})
                self.stops_in_clear(run, START_TLS_REFUSED)

    @check()
    def farewell(self, service):
        run = self.meets(service, **{polite.GO[service].decode(): FAREWELLS[service]})
        self.stops_in_clear(run, START_TLS_REFUSED, REFUSED_BY_SERVER)

    def test_imap_preauth(self):
        """Authenticated in clear already: no STARTTLS any more (RFC 9051 section 6.2.1)."""
        for greeting in (b"* PREAUTH early\r\n",
                         b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] early\r\n"):
            with self.subTest(greeting=greeting):
                run = self.meets("imap", greeting=greeting)
                self.stops_in_clear(run, START_TLS_REFUSED)
                self.shows_nothing_early(run)

    @check()
    def not_a_go_ahead(self, service):
        for answer in NOT_A_GO_AHEAD[service]:
            with self.subTest(answer=answer):
                run = self.meets(service, "--timeout", "3",
                                 **{polite.GO[service].decode(): answer})
                self.stops_in_clear(run, TIMED_OUT, *MAILTLS_FATAL)

    # --- words that are not an answer

    def test_imap_alerts_and_referrals(self):
        """What is said unasked before TLS is not for the user's eyes."""
        early = (b"* OK [ALERT] early\r\n* OK [REFERRAL imap://early.example.test/] early\r\n"
                 b"* CAPABILITY IMAP4rev1 STARTTLS X-EARLY\r\n* NO [ALERT] early\r\n"
                 b"* 5 EXISTS\r\n")
        self.comes_to_tls(self.meets(
            "imap", greeting=b"* OK [ALERT] early\r\n" + early,
            CAPABILITY=early + b"* CAPABILITY IMAP4rev1 STARTTLS\r\n%t OK [ALERT] early\r\n",
            STARTTLS=early + b"%t OK [ALERT] early\r\n"))

    def test_imap_referral_instead(self):
        run = self.meets("imap", STARTTLS=b"%t NO [REFERRAL imap://early.example.test/] early\r\n")
        self.stops_in_clear(run, START_TLS_REFUSED)
        self.assertNotIn(b"early.example.test", run.output)

    # --- injection

    @check()
    def injection_behind_the_go_ahead(self, service):
        """In the same packet: one line or several, whole or in part."""
        go_ahead = polite.BEFORE_TLS[service][polite.GO[service]]
        injected = INJECTED[service]
        for words in (*injected, b"".join(injected), b"\n", b"\x16"):
            with self.subTest(words=words):
                run = self.meets(service, **{polite.GO[service].decode(): go_ahead + words})
                self.stops_in_clear(run, DATA_BEFORE_TLS)
                self.shows_nothing_early(run)

    @check()
    def injection_after_the_go_ahead(self, service):
        """In a packet of its own, before any TLS from the server."""
        def later(words):
            def script(server):
                def say(octets):
                    server.say_octets(octets)
                    if server.heard and polite.GO[service] in server.heard[-1].upper():
                        time.sleep(0.1)
                        server.say_octets(words)
                polite.starttls(server, service, say=say)
            return script
        for words in INJECTED[service]:
            with self.subTest(words=words):
                run = self.client(service, later(words))
                self.stops_in_clear(run, *MAILTLS_FATAL)
                self.shows_nothing_early(run)

    # --- without end

    @check()
    def silent(self, service):
        run = self.client(service, lambda server: server.hear(), "--timeout", "2")
        self.stops_in_clear(run, DEADLINE_PASSED)

    @check()
    def greets_and_stalls(self, service):
        def script(server):
            server.say_octets(polite.GREETING[service])
            while server.hear() is not None:
                pass
        run = self.client(service, script, "--timeout", "2")
        self.stops_in_clear(run, TIMED_OUT)
        self.shows_nothing_early(run)

    @check()
    def floods(self, service):
        """A line without end, or lines without end: bounded, and ended."""
        more = {"imap": b"* OK early\r\n", "pop3": b"X-EARLY\r\n", "submission": b"250-early\r\n"}
        for octets in (b"early" * 2000, more[service] * 1000):
            def script(server, octets=octets):
                server.say_octets(polite.GREETING[service])
                server.hear()
                if service == "pop3":
                    server.say(b"+OK")
                while True:
                    server.say_octets(octets)
            with self.subTest(octets=octets[:20]):
                run = self.client(service, script, "--timeout", "10")
                self.stops_in_clear(run, *MAILTLS_FATAL)

    @check()
    def hangs_up(self, service):
        def after(count):
            def script(server):
                server.say_octets(polite.GREETING[service])
                for _ in range(count):
                    server.hear()
            return script
        for count in (0, 1):
            with self.subTest(commands=count):
                self.stops_in_clear(self.client(service, after(count)), *MAILTLS_FATAL)

    @check()
    def speaks_http(self, service):
        run = self.meets(service, greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n")
        self.stops_in_clear(run, *MAILTLS_FATAL)
