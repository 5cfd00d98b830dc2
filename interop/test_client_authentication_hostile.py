"""Our C client against servers that cheat while it logs in: nothing that they do makes it believe
it is logged in, gives them more than it must, or lasts."""

import base64
import ssl
import time
import unittest

import setting
from cases import EachService, check, protocol
from peers.ours import IMPLICIT, PASSWORD, USER, ClientRun
from peers.scripted import Scripted

GREETING = {"imap": b"* OK ready", "pop3": b"+OK ready", "submission": b"220 ready"}
OFFER = {
    "imap": (b"* CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256", b"%t OK done"),
    "pop3": (b"+OK", b"SASL SCRAM-SHA-256", b"."),
    "submission": (b"250-scripted", b"250 AUTH SCRAM-SHA-256"),
}
ASK = {"imap": b"+ ", "pop3": b"+ ", "submission": b"334 "}
ACCEPT = {"imap": b"%t OK in", "pop3": b"+OK in", "submission": b"235 2.7.0 in"}
SALT = base64.b64encode(b"sixteen octets..")


class Cheat:
    """Speaks up to the client's first SCRAM message; then the case goes on with it."""

    def __init__(self, server, service):
        self.server, self.protocol, self.tag = server, protocol(service), b""

    def say(self, *lines):
        self.server.say(*(line.replace(b"%t", self.tag) for line in lines))

    def hear(self):
        line = self.server.hear() or b""
        if self.protocol == "imap" and b" " in line:
            self.tag, line = line.split(b" ", 1)
        return line

    def ask(self, message):
        self.say(ASK[self.protocol] + base64.b64encode(message))
        return self.server.hear()

    def accept(self):
        self.say(ACCEPT[self.protocol])

    def first_message(self):
        """The client-first-message, decoded; its nonce is `nonce`."""
        self.say(GREETING[self.protocol])
        while True:
            line = self.hear()
            if line.startswith((b"CAPA", b"EHLO")):
                self.say(*OFFER[self.protocol])
            elif line.startswith(b"AUTH"):
                break
            else:
                return b""
        words = line.split(b" ")
        if len(words) < 3:
            self.say(ASK[self.protocol])
            words.append(self.server.hear())
        message = base64.b64decode(words[2])
        self.nonce = message.rsplit(b"r=", 1)[1]
        return message


class Cheated(EachService, unittest.TestCase):
    peer, role, services = "scripted", "server", IMPLICIT

    def client(self, service, go_on):
        def script(server):
            cheat = Cheat(server, service)
            if cheat.first_message():
                go_on(cheat)
            while server.hear() is not None:
                pass
        server = Scripted(setting.certificate(), script)
        self.addCleanup(server.stop)
        run = ClientRun(service, server.port, "--ca", setting.authority().file, "--user", USER,
                        "--timeout", "10")
        self.heard = server.heard
        self.assertTrue(any(b"SCRAM-SHA-256" in line for line in self.heard), self.heard)
        return run

    def cheated(self, service, go_on):
        """It has not been taken in, by its own finding and not because time ran out."""
        run = self.client(service, go_on)
        self.assertEqual((run.status, run.authenticated), (1, False), run)
        self.assertIn(run.error["code"], (3, *range(-199, -99)), run)
        self.assertNotIn(PASSWORD.encode(), b"".join(self.heard))
        return run

    @check()
    def accepted_at_once(self, service):
        """OK where the server has proved nothing: anybody can say it (RFC 5802 section 3)."""
        self.cheated(service, Cheat.accept)

    @check()
    def accepted_before_the_signature(self, service):
        def go_on(cheat):
            cheat.ask(b"r=" + cheat.nonce + b"more,s=" + SALT + b",i=4096")
            cheat.accept()
        self.cheated(service, go_on)

    @check()
    def wrong_signature(self, service):
        """The server does not know the password."""
        def go_on(cheat):
            cheat.ask(b"r=" + cheat.nonce + b"more,s=" + SALT + b",i=4096")
            cheat.ask(b"v=" + base64.b64encode(bytes(32)))
            cheat.accept()
        self.cheated(service, go_on)

    @check()
    def wrong_nonce(self, service):
        """Replay: a server's message that does not go on from our nonce."""
        def go_on(cheat):
            cheat.ask(b"r=somebody-elses-nonce,s=" + SALT + b",i=4096")
            cheat.accept()
        self.cheated(service, go_on)

    @check()
    def iteration_bomb(self, service):
        """Work for years is not begun."""
        def go_on(cheat):
            cheat.ask(b"r=" + cheat.nonce + b"more,s=" + SALT + b",i=4294967295")
            cheat.accept()
        begin = time.monotonic()
        self.cheated(service, go_on)
        self.assertLess(time.monotonic() - begin, 5)

    @check()
    def few_iterations(self, service):
        """What makes guessing the password cheap (RFC 7677 section 4)."""
        def go_on(cheat):
            cheat.ask(b"r=" + cheat.nonce + b"more,s=" + SALT + b",i=1")
            cheat.accept()
        self.cheated(service, go_on)


class OldTls(EachService, unittest.TestCase):
    """A server that has only TLS 1.2, and asks for a certificate."""

    peer, role, services = "scripted", "server", IMPLICIT

    def client(self, service, *options):
        def script(server):
            server.say(GREETING[protocol(service)])
            while server.hear() is not None:
                pass
        server = Scripted(setting.certificate(), script)
        server._context.maximum_version = ssl.TLSVersion.TLSv1_2
        server._context.verify_mode = ssl.CERT_OPTIONAL
        server._context.load_verify_locations(setting.client_authority().file)
        self.addCleanup(server.stop)
        certificate = setting.client_certificate()
        run = ClientRun(service, server.port, "--ca", setting.authority().file, "--client-cert",
                        certificate.chain, "--client-key", certificate.key, "--timeout", "2",
                        *options)
        self.heard = server.heard
        return run

    @check()
    def tls13_certificate_only(self, service):
        """Where TLS 1.3 is demanded for the certificate's sake, it does not cross at all."""
        run = self.client(service, "--tls13-client-cert")
        self.assertEqual((run.status, run.state, run.authenticated), (1, "handshake", False), run)
        self.assertEqual((run.tls, run.greeting, run.capabilities), (None, None, []), run)
        self.assertNotEqual(run.client_certificate, "sent in clear", run)
        self.assertIn(run.error["code"], range(-199, -99), run)
        self.assertEqual(self.heard, [])

    @check()
    def certificate_in_clear(self, service):
        """Otherwise it does, and whoever asked for it is told."""
        run = self.client(service)
        self.assertEqual(run.tls["version"], "TLSv1.2")
        self.assertEqual(run.client_certificate, "sent in clear", run)
        self.assertTrue(run.warning, run)
