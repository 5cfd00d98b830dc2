"""Our C client against servers that refuse, lie, stall and hang up."""

import os
import unittest

import setting
from peers.ours import MESSAGE, USER, ClientRun
from peers.scripted import Scripted

MESSAGE_REFUSED, TIMED_OUT, SESSION_BROKEN = 4, 5, 6
DEADLINE_PASSED = -140  # of the library, before the client's own
MAILTLS_FATAL = range(-199, -99)


def submission(server, replies=(), keywords=(b"8BITMIME",), after_data=None):
    """A submission server; `replies` maps the first word of a command to another answer."""
    replies = dict(replies)
    server.say(b"220 scripted ESMTP")
    while (line := server.hear()) is not None:
        word = line.split(b" ")[0].upper()
        if word in replies:
            server.say(replies[word])
        elif word == b"EHLO":
            server.say(b"250-scripted", *(b"250-" + k for k in keywords), b"250 AUTH PLAIN")
        elif word == b"AUTH":
            server.say(b"235 2.7.0 in")
        elif word == b"DATA":
            server.say(b"354 go on")
            while (line := server.stream.readline()) not in (b".\r\n", b""):
                pass
            if after_data is not None:
                after_data(server)
                return
            server.say(b"250 2.0.0 taken")
        elif word == b"QUIT":
            server.say(b"221 bye")
            return
        else:
            server.say(b"250 2.0.0 ok")


class Hostile(unittest.TestCase):
    peer, role = "scripted", "server"

    def client(self, service, script, *options):
        server = Scripted(setting.certificate(), script)
        self.addCleanup(server.stop)
        run = ClientRun(service, server.port, "--ca", setting.authority().file, *options)
        self.heard = server.heard
        self.assertEqual(run.output.count(b"\n"), 1, run)
        return run

    def send(self, script, *options):
        file = os.path.join(setting.directory(), "hostile-message")
        with open(file, "wb") as out:
            out.write(MESSAGE)
        return self.client("submissions", script, "--user", USER, "--send", file, "--from",
                           "tim@example.test", "--to", "ann@example.test", *options)

    def fails(self, run, state, code):
        self.assertEqual((run.status, run.state), (1, state), run)
        self.assertEqual(run.error["code"], code, run)

    def test_submissions_recipient_refused(self):
        run = self.send(lambda s: submission(s, {b"RCPT": b'550 5.1.1 no "such" \\ user'}))
        self.fails(run, "authenticated", MESSAGE_REFUSED)
        self.assertIn('550 5.1.1 no "such" \\ user', run.error["reason"])
        self.assertEqual(self.heard[-1], b"QUIT")

    def test_submissions_message_refused(self):
        run = self.send(lambda s: submission(
            s, after_data=lambda s: (s.say(b"552 5.3.4 no"), s.hear(), s.say(b"221 bye"))))
        self.fails(run, "authenticated", MESSAGE_REFUSED)

    def test_submissions_without_8bitmime(self):
        run = self.send(lambda s: submission(s, keywords=()))
        self.fails(run, "authenticated", MESSAGE_REFUSED)
        self.assertFalse(any(line.startswith(b"MAIL") for line in self.heard), self.heard)

    def test_submissions_hangs_up(self):
        """The message may or may not have been taken: that is not success."""
        run = self.send(lambda s: submission(s, after_data=lambda s: None))
        self.assertEqual((run.status, run.state), (1, "authenticated"), run)
        self.assertIn(run.error["code"], (SESSION_BROKEN, *MAILTLS_FATAL))

    def test_submissions_hangs_up_once_sent(self):
        """Nothing after the server's 250 may make anyone send the message again."""
        run = self.send(lambda s: submission(s, after_data=lambda s: s.say(b"250 taken")))
        self.assertEqual((run.status, run.state, run.error), (0, "sent", None), run)

    def test_submissions_not_smtp(self):
        run = self.send(lambda s: submission(s, {b"MAIL": b"+OK sure"}))
        self.fails(run, "authenticated", SESSION_BROKEN)

    def test_submissions_endless_line(self):
        def endless(server):
            submission(server, {b"MAIL": b"250-" + b"x" * 100000})
        self.fails(self.send(endless), "authenticated", SESSION_BROKEN)

    def test_submissions_endless_reply(self):
        def endless(server):
            submission(server, {b"MAIL": b"250-more\r\n" * 100000})
        self.fails(self.send(endless), "authenticated", SESSION_BROKEN)

    def test_submissions_stalls(self):
        run = self.send(lambda s: submission(s, {b"MAIL": b"250-wait"}), "--timeout", "2")
        self.fails(run, "authenticated", TIMED_OUT)

    def test_imaps_silent(self):
        run = self.client("imaps", lambda s: s.hear(), "--timeout", "2")
        self.fails(run, "greeting", DEADLINE_PASSED)

    def test_imaps_odd_octets(self):
        """Whatever octets a server sends, the report is JSON."""
        def odd(server):
            server.say(b'* OK "quoted" \\ \xff\xfe\xed\xa0\x80 \x7f \xc3\xa9')
            server.hear()
        run = self.client("imaps", odd, "--timeout", "2")
        self.assertEqual(run.status, 1, run)
        self.assertIsNotNone(run.error)

    def test_imaps_refuses(self):
        run = self.client("imaps", lambda s: s.say(b"* BYE too busy"), "--user", USER)
        self.assertEqual((run.status, run.state), (1, "greeting"), run)
        self.assertIn(run.error["code"], MAILTLS_FATAL)

    def test_pop3s_floods(self):
        """More than anyone reads: bounded, and ended."""
        def flood(server):
            server.say(b"+OK ready")
            while True:
                server.say(b"x" * 1000)
        run = self.client("pop3s", flood, "--user", USER)
        self.assertEqual(run.status, 1, run)
        self.assertIn(run.error["code"], MAILTLS_FATAL)
