"""Our C client against Dovecot and Postfix."""

import os
import time
import unittest

import setting
from peers.ours import HOST, MESSAGE, PASSWORD, USER, ClientRun

# The numbers of include/mailtls.h and of the client's --help.
CERTIFICATE_EXPIRED, CERTIFICATE_NAME_MISMATCH, CERTIFICATE_UNTRUSTED = -120, -121, -122
LOG_IN_REFUSED = 3


class ClientCase(unittest.TestCase):
    """What is the same for every peer; `peer` and port() come from the subclass."""

    role = "server"

    def client(self, service, *options, host=HOST, **more):
        return ClientRun(service, self.port(service, host), *options, "--ca",
                         more.pop("ca", setting.authority().file), host=host, **more)

    def looks(self, service):
        run = self.client(service)
        self.assertEqual(run.status, 0, run)
        self.assertEqual((run.state, run.authenticated, run.error),
                         ("not-authenticated", False, None))
        self.assertEqual(run.tls["version"], "TLSv1.3")
        self.assertTrue(run.tls["cipher_suite"].startswith("TLS_"), run)
        self.assertEqual(run.certificate["dns_names"], [HOST, "localhost"])
        self.assertTrue(run.greeting and run.capabilities, run)

    def logs_in(self, service):
        run = self.client(service, "--user", USER)
        self.assertEqual(run.status, 0, run)
        self.assertEqual((run.state, run.authenticated), ("authenticated", True))

    def wrong_password(self, service):
        run = self.client(service, "--user", USER, password=PASSWORD + "x")
        self.assertEqual(run.status, 1, run)
        self.assertEqual((run.state, run.authenticated), ("not-authenticated", False))
        self.assertEqual(run.error["code"], LOG_IN_REFUSED, run)

    def refuses_certificate(self, service, code, **more):
        """And never gets as far as sending the password."""
        run = self.client(service, "--user", USER, **more)
        self.assertEqual(run.status, 1, run)
        self.assertEqual((run.state, run.authenticated), ("handshake", False))
        self.assertEqual(run.error["code"], code, run)

    def refuses_bad_certificates(self, service):
        self.refuses_certificate(service, CERTIFICATE_NAME_MISMATCH, host="other.example.test")
        self.refuses_certificate(service, CERTIFICATE_UNTRUSTED,
                                 ca=setting.other_authority().file)
        self.refuses_certificate(service, CERTIFICATE_EXPIRED, host="expired.example.test")

    def sends(self, service):
        """The message goes in with the line ends of Unix and must arrive with those of SMTP."""
        file = os.path.join(setting.directory(), "message")
        with open(file, "wb") as out:
            out.write(MESSAGE.replace(b"\r\n", b"\n"))
        run = self.client(service, "--user", USER, "--send", file, "--from", "tim@example.test",
                          "--to", "ann@example.test", "--to", "bob@example.test")
        self.assertEqual(run.status, 0, run)
        self.assertEqual(run.state, "sent")

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

    def port(self, service, _host):
        return setting.running_dovecot().ports[service]

    def test_imaps_looks(self):
        self.looks("imaps")

    def test_imaps_logs_in(self):
        self.logs_in("imaps")

    def test_imaps_wrong_password(self):
        self.wrong_password("imaps")

    def test_imaps_refuses_bad_certificates(self):
        self.refuses_bad_certificates("imaps")

    def test_pop3s_looks(self):
        self.looks("pop3s")

    def test_pop3s_logs_in(self):
        self.logs_in("pop3s")

    def test_pop3s_wrong_password(self):
        self.wrong_password("pop3s")

    def test_pop3s_refuses_bad_certificates(self):
        self.refuses_bad_certificates("pop3s")

    def test_submissions_looks(self):
        self.looks("submissions")

    def test_submissions_logs_in(self):
        self.logs_in("submissions")

    def test_submissions_wrong_password(self):
        self.wrong_password("submissions")

    def test_submissions_refuses_bad_certificates(self):
        self.refuses_bad_certificates("submissions")

    def test_submissions_sends(self):
        setting.running_dovecot()
        self.sends("submissions")
        self.arrives(lambda: setting.sink().messages, MESSAGE, 1)


@unittest.skipUnless(os.geteuid() == 0, "Postfix can only be started by root")
class Postfix(ClientCase):
    peer = "Postfix"

    def port(self, _service, host):
        postfix = setting.running_postfix()
        return postfix.expired_port if host == "expired.example.test" else postfix.port

    def test_submissions_looks(self):
        self.looks("submissions")

    def test_submissions_logs_in(self):
        self.logs_in("submissions")

    def test_submissions_wrong_password(self):
        self.wrong_password("submissions")

    def test_submissions_refuses_bad_certificates(self):
        self.refuses_bad_certificates("submissions")

    def test_submissions_sends(self):
        self.sends("submissions")
        self.arrives(setting.running_postfix().messages, MESSAGE.replace(b"\r\n", b"\n"), 2)
