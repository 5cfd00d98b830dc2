"""What all cases of our C server share: a fresh server for each test, and its mailbox."""

import os
import re
import smtplib
import ssl
import subprocess
import tempfile
import unittest

import setting
from peers.ours import MESSAGE, PASSWORD, USER, Server

SENDER, RECIPIENT = "tim@example.test", "ann@example.test"


class Done:
    """A program that has ended: `status`, `output` (bytes), `errors` (text)."""

    def __init__(self, arguments, given=b"", **options):
        done = subprocess.run(arguments, input=given, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, **options)
        self.status, self.output = done.returncode, done.stdout
        self.errors = done.stderr.decode(errors="replace")

    def __str__(self):
        return f"status {self.status}: {self.output.decode(errors='replace')}\n{self.errors}"


class ServerCase(unittest.TestCase):
    """Starts the server, and sees that it ends in order."""

    role = "client"

    def setUp(self):
        self.directory = tempfile.mkdtemp(dir=setting.directory())
        self.ca = setting.authority().file
        self.serve(*self.server_options())

    def server_options(self):
        """More than every server is started with."""
        return ()

    def serve(self, *options):
        """Starts a server with these options; one that runs already is forgotten."""
        self.server = Server(tempfile.mkdtemp(dir=self.directory), setting.certificate(), *options)
        self.ports = self.server.ports
        self.addCleanup(self._stop, self.server)

    def _stop(self, server):
        status = server.stop()
        self.assertEqual(status, 0, server.log_text())

    def path(self, name):
        return os.path.join(self.directory, name)

    def file(self, name, content):
        """Writes a file that only we may read, and gives its path."""
        path = self.path(name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content if isinstance(content, bytes) else content.encode())
        return path

    def trust(self, certificate=None):
        """For Python's own clients: trusts our authority only, and shows the certificate."""
        context = ssl.create_default_context(cafile=self.ca)
        if certificate is not None:
            context.load_cert_chain(certificate.chain, certificate.key)
        return context

    def deliver(self, message=MESSAGE):
        """Brings a message into the mailbox by submission."""
        with smtplib.SMTP_SSL("localhost", self.ports["submissions"], timeout=20,
                              context=self.trust()) as smtp:
            smtp.login(USER, PASSWORD)
            smtp.sendmail(SENDER, [RECIPIENT], message, ["BODY=8BITMIME"])

    def deposit(self, message=MESSAGE):
        """Puts a message into the mailbox, whoever may log in."""
        with open(os.path.join(self.server.maildir, "new", "1.deposited.test"), "wb") as out:
            out.write(unix(message))

    def stored(self):
        """The messages in the mailbox, with the line ends of the wire."""
        found = []
        for part in ("new", "cur"):
            directory = os.path.join(self.server.maildir, part)
            for name in sorted(os.listdir(directory)):
                with open(os.path.join(directory, name), "rb") as message:
                    text = message.read()
                found.append(wire(text))
        return found

    def assert_same(self, message, sent=MESSAGE):
        """It is what was sent; the server may have put trace fields before it."""
        self.assertEqual(message[-len(sent):], sent)

    def assert_stored(self):
        stored = self.stored()
        self.assertEqual(len(stored), 1, self.server.log_text())
        self.assert_same(stored[0])

    def assert_nothing_stored(self):
        self.assertEqual(self.stored(), [])

    def log_ins(self):
        """Those that the server tells of, with their results: (user, mechanism, result)."""
        return re.findall(r'\] authentication user="(.*)" mechanism=(\S+) result=(\S+)',
                          self.server.log_text())

    def assert_nobody_authenticated(self):
        """The example server has not even been asked whether credentials are right."""
        self.assertEqual(self.log_ins(), [])


def wire(text):
    """With CRLF, where a program has used the line ends of Unix."""
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def unix(text):
    return text.replace(b"\r\n", b"\n")
