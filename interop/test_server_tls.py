"""Our C server against the TLS tools: openssl s_client, gnutls-cli, and no TLS at all."""

import os
import socket

from cases import EachService, check, protocol
from dialogue import read_by_imap, read_by_pop3, send_by_smtp
from peers.ours import IMPLICIT, PASSWORD, SERVICES, USER
from server_case import Done, ServerCase
from tls_tools import GnuTlsDriver, OpenSslDriver

ALERT = 0x15
FAREWELL = {"imap": "a LOGOUT", "pop3": "QUIT", "submission": "QUIT"}
LOG_IN = {"imap": read_by_imap, "pop3": read_by_pop3, "submission": send_by_smtp}


def on_openssl():
    """Whether the server that is tried is the one on OpenSSL."""
    return os.path.basename(os.environ["MAILTLS_SERVER"]) == "openssl_host"


class TlsTool(EachService):
    """The same conversations whatever the tool; REFUSED_VERSION is what it says then."""

    @check("imaps", "pop3s", "imap", "pop3")
    def reads(self, service):
        self.deliver()
        read = read_by_imap if protocol(service) == "imap" else read_by_pop3
        with self.talk(service) as d:
            self.assert_same(read(d))

    @check("submissions", "submission")
    def sends(self, service):
        with self.talk(service) as d:
            self.assertTrue(send_by_smtp(d))
        self.assert_stored()

    @check()
    def wrong_password(self, service):
        with self.talk(service) as d:
            self.assertFalse(LOG_IN[protocol(service)](d, PASSWORD + "x"))
        self.assert_nothing_stored()

    def test_versions(self):
        for service in SERVICES:
            for version in ("1.0", "1.1"):
                with self.subTest(service=service, version=version):
                    done = Done(self.arguments(service, version=version))
                    self.assertNotEqual(done.status, 0, done)
                    self.assertIn(self.REFUSED_VERSION, done.errors + self.tool_log())
            for version in ("1.2", "1.3"):
                with self.subTest(service=service, version=version):
                    with self.talk(service, version=version) as d:
                        d.expect_greeting(rb"^(\* OK|\+OK|220) [^\n]*\n")
                        d.say(FAREWELL[protocol(service)])
                        d.expect(rb"^(\* BYE|\+OK|221)[^\n]*\n")


class OpenSsl(OpenSslDriver, TlsTool, ServerCase):
    REFUSED_VERSION = "alert protocol version"


class Explained(OpenSslDriver, EachService, ServerCase):
    """Who comes with an old version reads at log-in why that is not to be (RFC 8314 section 4.1). The
    server on OpenSSL can do that; the engine has no old versions, and refuses them as always."""

    WHY = rb"TLSv1\.1 is deprecated; use TLSv1\.2 or later[^\n]*\n"
    LOG_IN = {
        "imap": (f'a LOGIN {USER} "{PASSWORD}"', rb"^a NO \[PRIVACYREQUIRED\] " + WHY),
        "pop3": (f"USER {USER}", rb"^-ERR " + WHY),
        "submission": ("AUTH PLAIN AHRpbQBzZWNyZXQ=", rb"^538 5\.7\.11 " + WHY),
    }

    def server_options(self):
        return ("--explain-old-tls",)

    @check()
    def old_version(self, service):
        if not on_openssl():
            done = Done(self.arguments(service, version="1.1"))
            self.assertIn(OpenSsl.REFUSED_VERSION, done.errors)
            return
        log_in, refused = self.LOG_IN[protocol(service)]
        with self.talk(service, version="1.1") as d:
            d.expect_greeting(rb"^(\* OK|\+OK|220) [^\n]*\n")
            d.say(log_in)
            d.expect(refused)
            d.say(FAREWELL[protocol(service)])
            d.expect(rb"^(\* BYE|\+OK|221)[^\n]*\n")
        # Everybody else is asked for a password that is right.
        with self.talk(service, version="1.2") as d:
            self.assertFalse(LOG_IN[protocol(service)](d, PASSWORD + "x"))


class GnuTls(GnuTlsDriver, TlsTool, ServerCase):
    REFUSED_VERSION = "[70]: Error in protocol version"


class Cleartext(ServerCase):
    """TLS-01: no octet of the mail protocol crosses in clear, whatever the client says."""

    peer = "cleartext client"

    def answer_to(self, service, words):
        with socket.create_connection(("127.0.0.1", self.ports[service]), 20) as s:
            s.settimeout(0.5)
            with self.assertRaises(TimeoutError, msg="it speaks first, in clear"):
                s.recv(1)
            s.settimeout(20)
            s.sendall(words)
            answer = b""
            try:
                while more := s.recv(4096):
                    answer += more
            except ConnectionResetError:
                pass
        return answer

    def refused(self, service, words):
        answer = self.answer_to(service, words)
        self.assertEqual(answer[:1], bytes([ALERT]), answer)
        self.assertEqual(len(answer), 7, answer)

    def test_imaps_refused(self):
        self.refused("imaps", b"a LOGIN tim x\r\n")

    def test_pop3s_refused(self):
        self.refused("pop3s", b"USER tim\r\nPASS x\r\n")

    def test_submissions_refused(self):
        self.refused("submissions", b"EHLO client.example.test\r\n")

    def test_any_http_refused(self):
        for service in IMPLICIT:
            with self.subTest(service=service):
                self.refused(service, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
