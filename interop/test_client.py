"""Our C client against Dovecot, Postfix and Exim."""

import os
import re
import time
import unittest

import setting
from cases import EachService, check
from peers import dovecot
from peers.ours import HOST, MESSAGE, PASSWORD, SERVICES, STARTTLS, USER, ClientRun
from peers.tap import Tap, improper

# The numbers of include/mailtls.h and of the client's --help.
CERTIFICATE_EXPIRED, CERTIFICATE_NAME_MISMATCH, CERTIFICATE_UNTRUSTED = -120, -121, -122
START_TLS_REFUSED = -135
LOG_IN_REFUSED = 3


class ClientCase(EachService, unittest.TestCase):
    """What is the same for every peer; `peer`, `services` and place() come from the subclass."""

    role = "server"
    services = ()

    def client(self, service, *options, host=HOST, place=None, **more):
        """Runs the client through a tap, and sees that nothing private crosses in clear."""
        tap = Tap(*(place or self.place(service, host)))
        try:
            run = ClientRun(service, tap.port, *options, "--ca",
                            more.pop("ca", setting.authority().file), host=host, **more)
        finally:
            tap.stop()
        self.assertEqual(improper(service, tap.said), b"", run)
        if service in STARTTLS and run.tls is not None:
            self.assertIn(b"STLS\r\n" if service == "pop3" else b"STARTTLS\r\n", tap.said)
        return run

    @check()
    def looks(self, service):
        run = self.client(service)
        self.assertEqual(run.status, 0, run)
        self.assertEqual((run.state, run.authenticated, run.error),
                         ("not-authenticated", False, None))
        self.assertEqual(run.tls["version"], "TLSv1.3")
        self.assertTrue(run.tls["cipher_suite"].startswith("TLS_"), run)
        self.assertEqual(run.certificate["dns_names"], [HOST, "localhost"])
        self.assertTrue(run.capabilities, run)
        # What was said before TLS is forgotten, and after it there is no greeting.
        self.assertEqual(run.greeting is None, service in STARTTLS, run)
        words = " ".join(run.capabilities).upper().split()
        self.assertFalse({"STARTTLS", "STLS", "LOGINDISABLED"} & set(words), run)

    @check()
    def logs_in(self, service):
        run = self.client(service, "--user", USER)
        self.assertEqual(run.status, 0, run)
        self.assertEqual((run.state, run.authenticated), ("authenticated", True))

    @check()
    def wrong_password(self, service):
        run = self.client(service, "--user", USER, password=PASSWORD + "x")
        self.assertEqual(run.status, 1, run)
        self.assertEqual((run.state, run.authenticated), ("not-authenticated", False))
        self.assertEqual(run.error["code"], LOG_IN_REFUSED, run)

    @check()
    def by_tlsa(self, service):
        """DNS decides: no authority is needed, and none stands against it."""
        foreign = setting.other_authority().file
        record = f"3 0 1 {self.client(service).certificate['sha256']}"
        other = "3 1 1 " + "00" * 32
        for records in ([record], [other, record]):
            options = [word for text in records for word in ("--tlsa", text)]
            run = self.client(service, *options, ca=foreign)
            self.assertEqual((run.status, run.state), (0, "not-authenticated"), run)
        run = self.client(service, "--tlsa", other)
        self.assertEqual((run.status, run.error["code"]), (1, CERTIFICATE_UNTRUSTED), run)
        self.assertIn("TLSA", run.error["reason"])

    @check()
    def by_srv(self, service):
        """Who forges an SRV record gains nothing: the certificate is not for the domain."""
        run = self.client(service, "--srv-domain", "example.org")
        self.assertEqual((run.status, run.error["code"]), (1, CERTIFICATE_NAME_MISMATCH), run)
        self.assertIn(f"_{service}.example.org", run.error["reason"])
        for options in (["example.org", "--srv-proven"], [HOST]):
            run = self.client(service, "--srv-domain", *options)
            self.assertEqual((run.status, run.state), (0, "not-authenticated"), run)

    @check()
    def by_pin(self, service):
        """The one certificate will do, and is not taken for more than it is; no other will."""
        foreign = setting.other_authority().file
        known = self.client(service).certificate
        self.assertEqual(known["validation"], "pkix")
        run = self.client(service, "--pin", known["sha256"], ca=foreign)
        self.assertEqual((run.status, run.state), (0, "not-authenticated"), run)
        self.assertEqual(run.certificate["validation"], "pin")
        self.assertFalse(run.confidential, run)
        run = self.client(service, "--pin", "00" * 32, ca=foreign)
        self.assertEqual((run.status, run.failed_check), (1, "chain"), run)

    @check()
    def by_policy(self, service):
        """What is not to be used is not negotiated, and the verdict is on what was."""
        for policy, version in (("bcp195", "TLSv1.3"), ("rfc8997 -TLSv1.3", "TLSv1.2"), ("modern", "TLSv1.3")):
            run = self.client(service, "--policy", policy)
            self.assertEqual((run.status, run.state), (0, "not-authenticated"), run)
            self.assertEqual(run.tls["version"], version, run)
            self.assertEqual(run.verdict, {"standing": "accepted", "reasons": []}, run)
            self.assertTrue(run.confidential, run)

    def refuses_certificate(self, service, code, **more):
        """And never gets as far as sending the password."""
        run = self.client(service, "--user", USER, **more)
        self.assertEqual(run.status, 1, run)
        self.assertEqual((run.state, run.authenticated), ("handshake", False))
        self.assertEqual(run.error["code"], code, run)

    @check()
    def refuses_bad_certificates(self, service):
        self.refuses_certificate(service, CERTIFICATE_NAME_MISMATCH, host="other.example.test")
        self.refuses_certificate(service, CERTIFICATE_UNTRUSTED,
                                 ca=setting.other_authority().file)
        self.refuses_certificate(service, CERTIFICATE_EXPIRED, host="expired.example.test")

    def refuses_without_tls(self, service, place):
        """A server that would take the password in clear does not get it."""
        run = self.client(service, "--user", USER, place=place)
        self.assertEqual((run.status, run.state), (1, "handshake"), run)
        self.assertEqual(run.error["code"], START_TLS_REFUSED, run)
        self.assertEqual((run.tls, run.greeting, run.capabilities), (None, None, []))

    def sends(self, service):
        """The message goes in with the line ends of Unix and must arrive with those of SMTP."""
        file = os.path.join(setting.directory(), "message")
        with open(file, "wb") as out:
            out.write(MESSAGE.replace(b"\r\n", b"\n"))
        run = self.client(service, "--user", USER, "--send", file, "--from", "tim@example.test",
                          "--to", "ann@example.test", "--to", "bob@example.test")
        self.assertEqual(run.status, 0, run)
        self.assertEqual(run.state, "sent")
        return run

    def arrives(self, messages, sent, count):
        """Some of the messages is what was sent, behind the trace fields of the servers."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            if sum(message.endswith(sent) for message in messages()) >= count:
                return
            time.sleep(0.1)
        self.fail(f"not received: {messages()}")


class Dovecot(ClientCase):
    peer = "Dovecot"
    services = SERVICES

    def place(self, service, _host):
        return "127.0.0.1", setting.running_dovecot().ports[service]

    @check(*STARTTLS)
    def without_tls(self, service):
        self.refuses_without_tls(service, (dovecot.BARE, setting.running_dovecot().ports[service]))

    @check("submissions", "submission")
    def sends(self, service):
        setting.running_dovecot()
        messages = setting.sink().messages
        before = sum(message.endswith(MESSAGE) for message in messages)
        super().sends(service)
        self.arrives(lambda: messages, MESSAGE, before + 1)


@unittest.skipUnless(os.geteuid() == 0, "Postfix can only be started by root")
class Postfix(ClientCase):
    peer = "Postfix"
    services = ("submissions", "submission")

    def place(self, service, host):
        kind = "-expired" if host == "expired.example.test" else ""
        return "127.0.0.1", setting.running_postfix().ports[service + kind]

    def test_submission_tls_not_enforced(self):
        """Where the server would do without TLS, we do not."""
        place = "127.0.0.1", setting.running_postfix().ports["submission-may"]
        run = self.client("submission", "--user", USER, place=place)
        self.assertEqual((run.status, run.state), (0, "authenticated"), run)

    def test_submission_without_tls(self):
        self.refuses_without_tls(
            "submission", ("127.0.0.1", setting.running_postfix().ports["submission-none"]))

    @check("submissions", "submission")
    def sends(self, service):
        """To two recipients, who get a copy each."""
        messages, sent = setting.running_postfix().messages, MESSAGE.replace(b"\r\n", b"\n")
        before = sum(message.endswith(sent) for message in messages())
        super().sends(service)
        self.arrives(messages, sent, before + 2)


class Exim(ClientCase):
    peer = "Exim"
    services = ("submissions", "submission")

    def place(self, service, _host):
        return "127.0.0.1", setting.running_exim().ports[service]

    def test_submission_without_tls(self):
        self.refuses_without_tls(
            "submission", ("127.0.0.1", setting.running_exim().ports["submission-none"]))

    @check("submissions", "submission")
    def sends(self, service):
        """Exim has a tls clause (RFC 8314 section 4.3) in its Received. Built with GnuTLS it
        names a suite of TLS 1.2 with the same cipher and hash where it was one of TLS 1.3."""
        messages, sent = setting.running_exim().messages, MESSAGE.replace(b"\r\n", b"\n")
        before = messages()
        run = super().sends(service)
        self.arrives(messages, sent, sum(message.endswith(sent) for message in before) + 1)
        new = set(messages()) - set(before)
        self.assertEqual(len(new), 1)
        received = re.match(rb"(?:[^:\n]+:.*\n)*?Received: ((?:.|\n[\t ])*)\n", new.pop())[1]
        clause = re.search(rb"\sby %s\s+with esmtpsa\s+\(TLS1.3\)\s+tls (TLS_\w+)\s"
                           % HOST.encode(), received)
        self.assertIsNotNone(clause, received)
        cipher_and_hash = run.tls["cipher_suite"].removeprefix("TLS_").encode()
        self.assertTrue(clause[1].endswith(b"_" + cipher_and_hash), received)
