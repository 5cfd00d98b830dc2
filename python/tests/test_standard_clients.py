"""Python's own mail clients against a mailtls server."""

import imaplib
import poplib
import smtplib
import ssl
import unittest

from support import CA, PASSWORD, USER, MailServer

import mailtls
from mailtls import ErrorCode, Service


def context(version=None):
    made = ssl.create_default_context(cafile=str(CA))
    if version:
        made.minimum_version = made.maximum_version = version
    return made


class Imaplib(unittest.TestCase):
    def test_login_select_logout(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version), MailServer(Service.IMAPS) as server:
                client = imaplib.IMAP4_SSL(*server.address, ssl_context=context(version), timeout=5)
                self.assertIn("AUTH=PLAIN", client.capabilities)
                client.login(USER, PASSWORD)
                self.assertEqual(client.select(), ("OK", [b"3"]))
                self.assertEqual(client.logout()[0], "BYE")
                self.assertEqual(server.outcomes.get(timeout=5), (client_version(version), None))

    def test_authenticate_plain(self):
        with MailServer(Service.IMAPS) as server:
            client = imaplib.IMAP4_SSL(*server.address, ssl_context=context(), timeout=5)
            client.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
            client.logout()

    def test_a_literal(self):
        # imaplib quotes; a string with a line end it would have to send as a literal.
        with MailServer(Service.IMAPS) as server:
            client = imaplib.IMAP4_SSL(*server.address, ssl_context=context(), timeout=5)
            client.literal = PASSWORD.encode()
            self.assertEqual(client._simple_command("LOGIN", USER)[0], "OK")
            client.state = "AUTH"
            client.logout()

    def test_refused(self):
        with MailServer(Service.IMAPS) as server:
            client = imaplib.IMAP4_SSL(*server.address, ssl_context=context(), timeout=5)
            with self.assertRaisesRegex(imaplib.IMAP4.error, "AUTHENTICATIONFAILED"):
                client.login(USER, "wrong")
            client.logout()
            self.assertIsNone(server.outcomes.get(timeout=5))


class Poplib(unittest.TestCase):
    def test_user_pass_stat_quit(self):
        with MailServer(Service.POP3S, pop3_capabilities=["TOP"]) as server:
            client = poplib.POP3_SSL(*server.address, context=context(), timeout=5)
            self.assertTrue(client.getwelcome().startswith(b"+OK"))
            self.assertIn("TOP", client.capa())
            client.user(USER)
            client.pass_(PASSWORD)
            self.assertEqual(client.stat(), (2, 320))
            client.quit()
            self.assertEqual(server.outcomes.get(timeout=5), ("TLSv1.3", None))

    def test_refused(self):
        with MailServer(Service.POP3S) as server:
            client = poplib.POP3_SSL(*server.address, context=context(), timeout=5)
            client.user(USER)
            with self.assertRaisesRegex(poplib.error_proto, r"\[AUTH\]"):
                client.pass_("wrong")
            client.quit()
            self.assertIsNone(server.outcomes.get(timeout=5))


class Smtplib(unittest.TestCase):
    def test_login_send_quit(self):
        with MailServer(Service.SUBMISSIONS, smtp_size=10_000_000) as server:
            with smtplib.SMTP_SSL(*server.address, context=context(), timeout=5) as client:
                client.login(USER, PASSWORD)
                self.assertEqual(client.esmtp_features["size"], "10000000")
                refused = client.sendmail("tim@mail.example", "ann@mail.example", "Subject: hi\r\n\r\nhi")
                self.assertEqual(refused, {})
            self.assertEqual(server.outcomes.get(timeout=5), ("TLSv1.3", None))

    def test_auth_login(self):
        with MailServer(Service.SUBMISSIONS, sasl_mechanisms=["LOGIN"]) as server:
            with smtplib.SMTP_SSL(*server.address, context=context(), timeout=5) as client:
                client.login(USER, PASSWORD)

    def test_refused_and_mail_without_authentication(self):
        with MailServer(Service.SUBMISSIONS) as server:
            with smtplib.SMTP_SSL(*server.address, context=context(), timeout=5) as client:
                with self.assertRaises(smtplib.SMTPAuthenticationError) as caught:
                    client.login(USER, "wrong")
                self.assertEqual(caught.exception.smtp_code, 535)
                with self.assertRaises(smtplib.SMTPSenderRefused) as caught:
                    client.sendmail("tim@mail.example", "ann@mail.example", "hi")
                self.assertEqual(caught.exception.smtp_code, 530)


class Refusals(unittest.TestCase):
    def test_foreign_alpn(self):
        foreign = context()
        foreign.set_alpn_protocols(["h2", "http/1.1"])
        with MailServer(Service.IMAPS) as server:
            with self.assertRaises(ssl.SSLError):
                imaplib.IMAP4_SSL(*server.address, ssl_context=foreign, timeout=5)
            outcome = server.outcomes.get(timeout=5)
            self.assertIsInstance(outcome, mailtls.PeerError)
            self.assertEqual(outcome.code, ErrorCode.NO_APPLICATION_PROTOCOL)

    def test_a_client_that_does_not_trust_us(self):
        with MailServer(Service.POP3S) as server:
            with self.assertRaises(ssl.SSLCertVerificationError):
                poplib.POP3_SSL(*server.address, context=ssl.create_default_context(), timeout=5)
            self.assertEqual(server.outcomes.get(timeout=5).code, ErrorCode.TLS_ALERT_RECEIVED)


def client_version(version):
    return {ssl.TLSVersion.TLSv1_2: "TLSv1.2", ssl.TLSVersion.TLSv1_3: "TLSv1.3"}[version]


if __name__ == "__main__":
    unittest.main()
