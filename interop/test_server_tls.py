"""Our C server against the TLS tools: openssl s_client, gnutls-cli, and no TLS at all."""

import socket

from cases import EachService, check, protocol
from dialogue import read_by_imap, read_by_pop3, send_by_smtp
from peers.ours import IMPLICIT, PASSWORD, SERVICES
from server_case import Done, ServerCase
from tls_tools import GnuTlsDriver, OpenSslDriver

ALERT = 0x15
FAREWELL = {"imap": "a LOGOUT", "pop3": "QUIT", "submission": "QUIT"}


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
        log_in = {"imap": read_by_imap, "pop3": read_by_pop3, "submission": send_by_smtp}
        with self.talk(service) as d:
            self.assertFalse(log_in[protocol(service)](d, PASSWORD + "x"))
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
