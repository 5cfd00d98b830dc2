"""Our C server against the clients that people use, as they are when nobody tells them how to log
in."""

import imaplib
import poplib
import smtplib
import ssl

import setting
from cases import EachService, check, protocol
from clients import (CurlDriver, EximDriver, LogIn, MpopDriver, MsmtpDriver, MuttDriver,
                     PythonDriver)
from peers.ours import MESSAGE, PASSWORD, STARTTLS, USER
from server_case import RECIPIENT, SENDER, ServerCase

WRONG = PASSWORD + "x"


class Python(PythonDriver, ServerCase, EachService):
    def reads_by_imap(self, service):
        with self.imap(service) as imap:
            imap.login(USER, PASSWORD)
            self.read_by_imap(imap)

    def reads_by_pop3(self, service):
        pop3 = self.pop3(service)
        pop3.user(USER)
        pop3.pass_(PASSWORD)
        self.read_by_pop3(pop3)
        pop3.dele(1)
        pop3.quit()
        self.assert_nothing_stored()

    @check("imaps", "pop3s", "imap", "pop3")
    def reads(self, service):
        self.deliver()
        if protocol(service) == "imap":
            self.reads_by_imap(service)
        else:
            self.reads_by_pop3(service)

    def test_imaps_wrong_name(self):
        with self.assertRaises(ssl.SSLCertVerificationError):
            imaplib.IMAP4_SSL("127.0.0.1", self.ports["imaps"], ssl_context=self.trust())

    @check()
    def wrong_password(self, service):
        if protocol(service) == "imap":
            with self.imap(service) as imap, self.assertRaises(imaplib.IMAP4.error):
                imap.login(USER, WRONG)
        elif protocol(service) == "pop3":
            pop3 = self.pop3(service)
            pop3.user(USER)
            with self.assertRaises(poplib.error_proto):
                pop3.pass_(WRONG)
            pop3.quit()
        else:
            with self.smtp(service) as smtp, \
                    self.assertRaises(smtplib.SMTPAuthenticationError) as refused:
                smtp.login(USER, WRONG)
            self.assertEqual(refused.exception.smtp_code, 535)

    @check("submissions", "submission")
    def sends(self, service):
        with self.smtp(service) as smtp:
            smtp.login(USER, PASSWORD)
            smtp.sendmail(SENDER, [RECIPIENT], MESSAGE, ["BODY=8BITMIME"])
        self.assert_stored()

    @check("submissions", "submission")
    def needs_log_in(self, service):
        with self.smtp(service) as smtp:
            smtp.ehlo()
            code, text = smtp.mail(SENDER)
        self.assertEqual((code, text[:5]), (530, b"5.7.0"))

    def test_imap_no_log_in_in_clear(self):
        with imaplib.IMAP4("localhost", self.ports["imap"], timeout=20) as imap:
            self.assertIn("LOGINDISABLED", imap.capabilities)
            with self.assertRaises(imaplib.IMAP4.error):
                imap.login(USER, PASSWORD)
        self.assert_nobody_authenticated()

    def test_pop3_no_log_in_in_clear(self):
        pop3 = poplib.POP3("localhost", self.ports["pop3"], timeout=20)
        with self.assertRaises(poplib.error_proto):
            pop3.user(USER)
        with self.assertRaises(poplib.error_proto):
            pop3.pass_(PASSWORD)
        pop3.quit()
        self.assert_nobody_authenticated()

    def test_submission_no_log_in_in_clear(self):
        with smtplib.SMTP("localhost", self.ports["submission"], timeout=20) as smtp:
            with self.assertRaises(smtplib.SMTPNotSupportedError):
                smtp.login(USER, PASSWORD)
            self.assertEqual(smtp.mail(SENDER)[0], 530)
        self.assert_nobody_authenticated()


class Uses(EachService):
    """Does what the program is for, and is turned down with a wrong password."""

    @check()
    def uses(self, service):
        if protocol(service) != "submission":
            self.deliver()
        self.assertTrue(self.logs_in(service, LogIn()), self.server.log_text())
        self.assert_stored()

    @check()
    def wrong_password(self, service):
        self.assertFalse(self.logs_in(service, LogIn(password=WRONG)))
        self.assert_nothing_stored()
        self.assertNotIn("result=accepted", self.server.log_text())


class Curl(CurlDriver, Uses, ServerCase):
    @check(*STARTTLS)
    def no_log_in_in_clear(self, service):
        done = self.run_program(service, tls=False)
        self.assertNotEqual(done.status, 0, done)
        self.assertEqual(done.output, b"")
        self.assert_nothing_stored()
        self.assert_nobody_authenticated()


class Msmtp(MsmtpDriver, Uses, ServerCase):
    pass


class Mpop(MpopDriver, Uses, ServerCase):
    pass


class Mutt(MuttDriver, ServerCase, EachService):
    def server_options(self):
        """Where -PLUS is offered, a mutt with GNU SASL begins it, finds that it has no binding,
        and tries nothing else."""
        return "--mechanisms", "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN PASSWORD"

    @check("imaps", "pop3s", "imap", "pop3")
    def reads(self, service):
        self.deliver()
        message = self.read(service)
        self.assertIsNotNone(message, self.server.log_text())
        self.assert_same(message)

    @check("submissions", "submission")
    def sends(self, service):
        done = self.send(service)
        self.assertEqual(done.status, 0, done)
        stored, = self.stored()
        self.assertIn(b"\r\nSubject: by mutt\r\n", b"\r\n" + stored)
        self.assert_same(stored, self.SENT)

    @check("submissions", "submission")
    def wrong_password(self, service):
        self.assertFalse(self.logs_in(service, LogIn(password=WRONG)))
        self.assert_nothing_stored()


class Exim(EximDriver, ServerCase, EachService):
    @check("submissions", "submission")
    def untrusted(self, service):
        log = self.run_program(service, LogIn("PLAIN"), ca=setting.other_authority().file)
        self.assertRegex(log, "TLS session: .*certificate")
        self.assert_nothing_stored()
        self.assert_nobody_authenticated()
