"""Our C server and the certificates of clients: asked for, mapped to users, refused."""

import hashlib
import ssl

import setting
from cases import EachService, check, implicit, protocol
from clients import (CurlDriver, EximDriver, GsaslDriver, LogIn, MpopDriver, MsmtpDriver,
                     PythonDriver)
from peers.ours import PASSWORD, USER
from server_case import Done, ServerCase
from tls_tools import GnuTlsDriver, OpenSslDriver

# What both tools call the alerts that a bad certificate gets (RFC 9846 section 6.2).
EXPIRED_ALERT = "certificate.(is )?expired"
FOREIGN_ALERT = "unknown.ca|ca is unknown"
GREETINGS = rb"^(\* OK|\+OK|220) [^\n]*\n"
# EXTERNAL with nobody to act for, and what the server says to it.
EXTERNAL = {"imap": ("a AUTHENTICATE EXTERNAL =", rb"^a (OK|NO|BAD)"),
            "pop3": ("AUTH EXTERNAL =", rb"^(\+OK|-ERR)"),
            "submission": ("AUTH EXTERNAL =", rb"^(235|5\d\d) ")}
ACCEPTED = (b"OK", b"+OK", b"235")


class CertificateCase(ServerCase):
    """A server that asks for certificates, and knows by its name whose they are."""

    MAP = f"# by name\nCN={USER} {USER}\n"

    def server_options(self):
        return self.options()

    def options(self, *more, text=None):
        return ("--client-ca", setting.client_authority().file, "--client-map",
                self.file("map", text or self.MAP), *more)

    def certificates_logged(self):
        return [line for line in self.server.log_text().splitlines() if "] certificate " in line]

    def logged(self, result, user=USER):
        line = self.certificates_logged()[-1]
        self.assertIn(f'user="{user}"', line)
        self.assertTrue(line.endswith(f"result={result}"), line)


class External(EachService):
    """EXTERNAL by a program that people use."""

    @check()
    def external(self, service):
        self.deposit()
        login = LogIn("EXTERNAL", password="", certificate=setting.client_certificate())
        self.assertTrue(self.logs_in(service, login), self.server.log_text())
        self.logged("mapped")
        self.assertEqual(self.log_ins(), [(USER, "EXTERNAL", "accepted")])
        self.tried("EXTERNAL", service)

    @check()
    def external_without_certificate(self, service):
        login = LogIn("EXTERNAL", password="")
        self.assertFalse(self.logs_in_or_stops(service, login), self.server.log_text())
        self.assertEqual(self.certificates_logged(), [])
        self.assertNotIn("result=accepted", self.server.log_text())

    def logs_in_or_stops(self, service, login):
        """Some programs find in the capabilities that it is not offered, and end as they like."""
        try:
            return self.logs_in(service, login)
        except AssertionError:
            return False


class Python(PythonDriver, External, CertificateCase):
    pass


class Curl(CurlDriver, External, CertificateCase):
    pass


class Msmtp(MsmtpDriver, External, CertificateCase):
    pass


class Mpop(MpopDriver, External, CertificateCase):
    pass


class Exim(EximDriver, External, CertificateCase):
    pass


class Gsasl(GsaslDriver, External, CertificateCase):
    pass


class TlsTool(EachService):
    """Certificates of every kind, by a tool that says what TLS made of them."""

    def begins(self, d, service):
        """The greeting, and EHLO where it must come first."""
        d.expect_greeting(GREETINGS)
        if protocol(service) == "submission":
            d.say("EHLO client.example.test")
            d.expect(rb"^250 [^\n]*\n")

    def external(self, d, service):
        """Whether EXTERNAL lets it in."""
        self.begins(d, service)
        words, answer = EXTERNAL[protocol(service)]
        d.say(words)
        return d.expect(answer)[1] in ACCEPTED

    def refused(self, service, certificate, alert, version):
        done = Done(self.arguments(service, version=version, certificate=certificate),
                    b"" if implicit(service) else b"QUIT\r\n")
        self.assertRegex((done.errors + self.tool_log()).lower(), alert)
        self.assertEqual(self.certificates_logged_good(), [])

    def certificates_logged_good(self):
        return [line for line in self.certificates_logged() if "invalid" not in line]

    @check()
    def mapped(self, service):
        for version in ("1.2", "1.3"):
            with self.subTest(version=version), \
                    self.talk(service, version=version,
                              certificate=setting.client_certificate()) as d:
                self.assertTrue(self.external(d, service), self.server.log_text())
                self.logged("mapped")
        self.tried("EXTERNAL", service)

    @check()
    def mapped_by_fingerprint(self, service):
        certificate = setting.client_certificate()
        with open(certificate.chain) as text:
            der = ssl.PEM_cert_to_DER_cert(text.read())
        self.serve(*self.options(text=f"{hashlib.sha256(der).hexdigest()} {USER}\n"))
        with self.talk(service, certificate=certificate) as d:
            self.assertTrue(self.external(d, service), self.server.log_text())

    @check()
    def nobodys(self, service):
        """A good certificate that stands for no user: as without one."""
        self.serve(*self.options(text="CN=ann ann\n"))
        with self.talk(service, certificate=setting.client_certificate()) as d:
            self.assertFalse(self.external(d, service))
            self.logged("nobody", user="-")

    @check()
    def none(self, service):
        with self.talk(service) as d:
            self.assertFalse(self.external(d, service))
        self.assertEqual(self.certificates_logged(), [])

    @check()
    def bad(self, service):
        """Refused in the handshake, with the alert that says why."""
        for version in ("1.2", "1.3"):
            for certificate, alert in ((setting.expired_client_certificate(), EXPIRED_ALERT),
                                       (setting.foreign_client_certificate(), FOREIGN_ALERT)):
                with self.subTest(version=version, alert=alert):
                    self.refused(service, certificate, alert, version)
        self.assert_nobody_authenticated()

    @check()
    def bad_is_anonymous(self, service):
        """Where the host wants it, a bad certificate is as none."""
        self.serve(*self.options("--client-invalid", "anonymous"))
        for certificate in (setting.expired_client_certificate(),
                            setting.foreign_client_certificate()):
            with self.subTest(certificate=certificate.chain), \
                    self.talk(service, certificate=certificate) as d:
                self.assertFalse(self.external(d, service))
        self.assert_nobody_authenticated()

    @check()
    def not_asked(self, service):
        """Without authorities for clients no certificate is asked for, and none is taken."""
        self.serve()
        with self.talk(service, certificate=setting.client_certificate()) as d:
            self.assertFalse(self.external(d, service))
        self.assertEqual(self.certificates_logged(), [])

    def test_imaps_preauth(self):
        self.serve(*self.options(text=f"CN={USER} {USER} preauth\n"))
        self.deposit()
        for version in ("1.2", "1.3"):
            with self.subTest(version=version), \
                    self.talk("imaps", version=version,
                              certificate=setting.client_certificate()) as d:
                d.expect(rb"^\* PREAUTH [^\n]*\n")
                d.say("a SELECT INBOX")
                d.expect(rb"^a OK[^\n]*\n")
        self.logged("preauth")


class OpenSsl(OpenSslDriver, TlsTool, CertificateCase):
    @check()
    def certificate_request(self, service):
        """s_client tells whether it was asked, and for whose certificates."""
        for options, asked in ((self.options(), True), ((), False)):
            self.serve(*options)
            arguments = [a for a in self.arguments(service) if a != "-quiet"]
            done = Done(arguments, b"QUIT\r\n")
            text = done.output.decode(errors="replace")
            self.assertEqual("Acceptable client certificate CA names" in text
                             and "Interop Test Client CA" in text, asked, done)
            self.assertEqual("No client certificate CA names sent" in text, not asked, done)


class GnuTls(GnuTlsDriver, TlsTool, CertificateCase):
    pass


class PythonPreauth(PythonDriver, CertificateCase, EachService):
    MAP = f"CN={USER} {USER} preauth\n"

    def test_imaps_preauth(self):
        """imaplib knows that it is logged in."""
        self.deposit()
        with self.imap("imaps", setting.client_certificate()) as imap:
            self.assertEqual(imap.state, "AUTH")
            self.read_by_imap(imap)
        self.logged("preauth")
        self.assert_nobody_authenticated()

    def test_imap_no_preauth(self):
        """Behind STARTTLS there is no greeting that could say so."""
        with self.imap("imap", setting.client_certificate()) as imap:
            self.assertEqual(imap.state, "NONAUTH")
            self.assertEqual(imap.authenticate("EXTERNAL", lambda _: b"")[0], "OK")
        self.logged("mapped")

    @check("pop3s", "submissions", "imap", "pop3", "submission")
    def password_all_the_same(self, service):
        """Where there is no PREAUTH, a client with a certificate can use its password."""
        self.deposit()
        login = LogIn("PLAIN", password=PASSWORD, certificate=setting.client_certificate())
        self.assertTrue(self.logs_in(service, login), self.server.log_text())
