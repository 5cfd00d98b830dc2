"""Our C server against the TLS tools: openssl s_client, gnutls-cli, and no TLS at all."""

import socket

from dialogue import Dialogue, read_by_imap, read_by_pop3, send_by_smtp
from peers.ours import HOST, PASSWORD
from server_case import Done, ServerCase

ALERT = 0x15
SERVICES = ("imaps", "pop3s", "submissions")


class TlsTool:
    """The same conversations whatever the tool; it gives dialogue_arguments(), with_version(),
    tool_log() and REFUSED_VERSION."""

    def talk(self, service):
        return Dialogue(self.dialogue_arguments(self.ports[service]), self.path("errors"))

    def test_imaps_reads(self):
        self.deliver()
        with self.talk("imaps") as d:
            self.assert_same(read_by_imap(d))

    def test_imaps_wrong_password(self):
        with self.talk("imaps") as d:
            self.assertIsNone(read_by_imap(d, PASSWORD + "x"))

    def test_pop3s_reads(self):
        self.deliver()
        with self.talk("pop3s") as d:
            self.assert_same(read_by_pop3(d))

    def test_pop3s_wrong_password(self):
        with self.talk("pop3s") as d:
            self.assertIsNone(read_by_pop3(d, PASSWORD + "x"))

    def test_submissions_sends(self):
        with self.talk("submissions") as d:
            self.assertTrue(send_by_smtp(d))
        self.assert_stored()

    def test_submissions_wrong_password(self):
        with self.talk("submissions") as d:
            self.assertFalse(send_by_smtp(d, PASSWORD + "x"))
        self.assert_nothing_stored()

    def test_versions(self):
        for service in SERVICES:
            for version in ("1.0", "1.1"):
                with self.subTest(service=service, version=version):
                    done = Done(self.with_version(self.ports[service], version))
                    self.assertNotEqual(done.status, 0, done)
                    self.assertIn(self.REFUSED_VERSION, done.errors + self.tool_log())
            for version in ("1.2", "1.3"):
                with self.subTest(service=service, version=version):
                    with Dialogue(self.with_version(self.ports[service], version),
                                  self.path("errors")) as d:
                        d.expect(rb"^(\* OK|\+OK|220) [^\n]*\n")


class OpenSsl(TlsTool, ServerCase):
    peer = "openssl s_client"
    REFUSED_VERSION = "alert protocol version"

    def dialogue_arguments(self, port):
        return ["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{port}", "-servername",
                HOST, "-verify_hostname", HOST, "-verify_return_error", "-CAfile", self.ca]

    def tool_log(self):
        return ""

    def with_version(self, port, version):
        flag = {"1.0": "-tls1", "1.1": "-tls1_1", "1.2": "-tls1_2", "1.3": "-tls1_3"}[version]
        # Debian's own settings would not even offer the old ones.
        weak = ["-cipher", "ALL@SECLEVEL=0"] if version in ("1.0", "1.1") else []
        return [*self.dialogue_arguments(port), flag, *weak]


class GnuTls(TlsTool, ServerCase):
    peer = "gnutls-cli"
    REFUSED_VERSION = "[70]: Error in protocol version"

    def dialogue_arguments(self, port):
        return ["gnutls-cli", "--logfile", self.path("tls"), "--x509cafile", self.ca,
                "--sni-hostname", HOST, "--verify-hostname", HOST, "-p", str(port), "127.0.0.1"]

    def tool_log(self):
        with open(self.path("tls"), errors="replace") as log:
            return log.read()

    def with_version(self, port, version):
        return [*self.dialogue_arguments(port), "--priority",
                f"NORMAL:-VERS-ALL:+VERS-TLS{version}"]


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
        for service in SERVICES:
            with self.subTest(service=service):
                self.refused(service, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
