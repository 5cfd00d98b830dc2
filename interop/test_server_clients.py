"""Our C server against the clients that people use."""

import imaplib
import os
import poplib
import smtplib
import ssl

from dialogue import stuffed
from peers.ours import MESSAGE, PASSWORD, USER
from server_case import RECIPIENT, SENDER, Done, ServerCase, unix, wire

WRONG = PASSWORD + "x"


class Python(ServerCase):
    peer = "Python's clients"

    def imap(self):
        return imaplib.IMAP4_SSL("localhost", self.ports["imaps"], ssl_context=self.trust(),
                                 timeout=20)

    def pop3(self):
        return poplib.POP3_SSL("localhost", self.ports["pop3s"], context=self.trust(), timeout=20)

    def test_imaps_reads(self):
        self.deliver()
        with self.imap() as imap:
            imap.login(USER, PASSWORD)
            self.assertEqual(imap.select("INBOX"), ("OK", [b"1"]))
            kind, data = imap.fetch("1", "(BODY[])")
            self.assertEqual(kind, "OK")
            self.assert_same(data[0][1])

    def test_imaps_sasl(self):
        with self.imap() as imap:
            imap.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
            self.assertEqual(imap.select("INBOX"), ("OK", [b"0"]))

    def test_imaps_wrong_password(self):
        with self.imap() as imap, self.assertRaises(imaplib.IMAP4.error):
            imap.login(USER, WRONG)

    def test_imaps_wrong_name(self):
        with self.assertRaises(ssl.SSLCertVerificationError):
            imaplib.IMAP4_SSL("127.0.0.1", self.ports["imaps"], ssl_context=self.trust())

    def test_pop3s_reads(self):
        self.deliver()
        pop3 = self.pop3()
        pop3.user(USER)
        pop3.pass_(PASSWORD)
        lines = pop3.retr(1)[1]
        self.assert_same(b"".join(line + b"\r\n" for line in lines))
        pop3.dele(1)
        pop3.quit()
        self.assert_nothing_stored()

    def test_pop3s_wrong_password(self):
        pop3 = self.pop3()
        pop3.user(USER)
        with self.assertRaises(poplib.error_proto):
            pop3.pass_(WRONG)
        pop3.quit()

    def test_submissions_sends(self):
        self.deliver()
        self.assert_stored()

    def test_submissions_wrong_password(self):
        with smtplib.SMTP_SSL("localhost", self.ports["submissions"], timeout=20,
                              context=self.trust()) as smtp:
            with self.assertRaises(smtplib.SMTPAuthenticationError) as refused:
                smtp.login(USER, WRONG)
        self.assertEqual(refused.exception.smtp_code, 535)

    def test_submissions_needs_log_in(self):
        with smtplib.SMTP_SSL("localhost", self.ports["submissions"], timeout=20,
                              context=self.trust()) as smtp:
            smtp.ehlo()
            code, text = smtp.mail(SENDER)
        self.assertEqual((code, text[:5]), (530, b"5.7.0"))


class Curl(ServerCase):
    peer = "curl"
    LOGIN_DENIED = 67

    def curl(self, url, *options, password=PASSWORD):
        return Done(["curl", "--silent", "--show-error", "--max-time", "20", "--cacert", self.ca,
                     "--user", f"{USER}:{password}", *options, url])

    def reads(self, url):
        self.deliver()
        done = self.curl(url)
        self.assertEqual(done.status, 0, done)
        self.assert_same(done.output)

    def wrong_password(self, url):
        done = self.curl(url, password=WRONG)
        self.assertEqual(done.status, self.LOGIN_DENIED, done)

    def imaps(self):
        return f"imaps://localhost:{self.ports['imaps']}/INBOX;MAILINDEX=1"

    def pop3s(self):
        return f"pop3s://localhost:{self.ports['pop3s']}/1"

    def send(self, **more):
        message = self.file("message", MESSAGE)
        return self.curl(f"smtps://localhost:{self.ports['submissions']}/client.example.test",
                         "--mail-from", SENDER, "--mail-rcpt", RECIPIENT, "--upload-file",
                         message, **more)

    def test_imaps_reads(self):
        self.reads(self.imaps())

    def test_imaps_wrong_password(self):
        self.wrong_password(self.imaps())

    def test_pop3s_reads(self):
        self.reads(self.pop3s())

    def test_pop3s_wrong_password(self):
        self.wrong_password(self.pop3s())

    def test_submissions_sends(self):
        done = self.send()
        self.assertEqual(done.status, 0, done)
        self.assert_stored()

    def test_submissions_wrong_password(self):
        done = self.send(password=WRONG)
        self.assertEqual(done.status, self.LOGIN_DENIED, done)
        self.assert_nothing_stored()


class Msmtp(ServerCase):
    peer = "msmtp"

    def send(self, mechanism, password=PASSWORD):
        configuration = self.file("msmtprc", f"""account default
host localhost
port {self.ports["submissions"]}
timeout 20
tls on
tls_starttls off
tls_trust_file {self.ca}
auth {mechanism}
user {USER}
password "{password}"
from {SENDER}
""")
        return Done(["msmtp", "-C", configuration, RECIPIENT], unix(MESSAGE))

    def test_submissions_sends(self):
        for mechanism in ("plain", "login"):
            with self.subTest(mechanism=mechanism):
                done = self.send(mechanism)
                self.assertEqual(done.status, 0, done)
        stored = self.stored()
        self.assertEqual(len(stored), 2)
        for message in stored:
            self.assert_same(message)

    def test_submissions_wrong_password(self):
        done = self.send("on", WRONG)
        self.assertEqual(done.status, os.EX_NOPERM, done)
        self.assert_nothing_stored()


class Mpop(ServerCase):
    peer = "mpop"

    def fetch(self, mechanism, password=PASSWORD):
        self.box = self.path("fetched-" + mechanism)
        for name in ("", "new", "cur", "tmp"):
            os.mkdir(os.path.join(self.box, name))
        configuration = self.file("mpoprc", f"""account default
host localhost
port {self.ports["pop3s"]}
timeout 20
tls on
tls_starttls off
tls_trust_file {self.ca}
auth {mechanism}
user {USER}
password "{password}"
delivery maildir {self.box}
uidls_file {self.path("uidls-" + mechanism)}
received_header off
keep on
""")
        return Done(["mpop", "-C", configuration])

    def test_pop3s_reads(self):
        self.deliver()
        for mechanism in ("user", "plain", "login"):
            with self.subTest(mechanism=mechanism):
                done = self.fetch(mechanism)
                self.assertEqual(done.status, 0, done)
                new = os.path.join(self.box, "new")
                name, = os.listdir(new)
                with open(os.path.join(new, name), "rb") as message:
                    self.assert_same(wire(message.read()))

    def test_pop3s_wrong_password(self):
        done = self.fetch("user", WRONG)
        self.assertEqual(done.status, os.EX_NOPERM, done)


class Swaks(ServerCase):
    peer = "swaks"
    AUTHENTICATION_FAILED = 28

    def send(self, mechanism, password=PASSWORD):
        # As it stands on the wire: otherwise swaks mends the data in its own way.
        data = self.file("data", stuffed(MESSAGE))
        return Done(["swaks", "--server", f"localhost:{self.ports['submissions']}",
                     "--tls-on-connect", "--tls-verify", "--tls-ca-path", self.ca, "--auth",
                     mechanism, "--auth-user", USER, "--auth-password", password, "--from",
                     SENDER, "--to", RECIPIENT, "--data", "@" + data, "--no-data-fixup",
                     "--timeout", "20"])

    def test_submissions_sends(self):
        for mechanism in ("PLAIN", "LOGIN"):
            with self.subTest(mechanism=mechanism):
                done = self.send(mechanism)
                self.assertEqual(done.status, 0, done)
        stored = self.stored()
        self.assertEqual(len(stored), 2)
        for message in stored:
            self.assert_same(message)

    def test_submissions_wrong_password(self):
        done = self.send("PLAIN", WRONG)
        self.assertEqual(done.status, self.AUTHENTICATION_FAILED, done)
        self.assert_nothing_stored()


class Mutt(ServerCase):
    """mutt has no batch mode for reading: it gets a terminal, and keys to press."""

    peer = "mutt"
    BODY = b".\r\n..\r\n.one dot\r\nthe last line\r\n"

    def configuration(self, password=PASSWORD):
        return self.file("muttrc", f"""
set ssl_ca_certificates_file = "{self.ca}"
set ssl_starttls = no
set ssl_usesystemcerts = no
set imap_user = "{USER}"
set imap_pass = "{password}"
set pop_user = "{USER}"
set pop_pass = "{password}"
set smtp_url = "smtps://{USER}@localhost:{self.ports["submissions"]}/"
set smtp_pass = "{password}"
set from = "{SENDER}"
set realname = "Tim"
set folder = "{self.directory}"
set record = ""
set header_cache = ""
set pipe_decode = no
set wait_key = no
set quit = yes
set sleep_time = 0
set confirmappend = no
""")

    def read(self, url, password=PASSWORD):
        """The message that mutt shows first, or None when it shows none."""
        out = self.path("piped")
        keys = f"<first-entry><pipe-message>cat > {out}<enter><exit>"
        command = (f"mutt -F {self.configuration(password)} -f {url} "
                   f"-e 'push \"{keys}\"'")
        environment = {**os.environ, "TERM": "vt100", "HOME": self.directory, "LC_ALL": "C.UTF-8"}
        Done(["timeout", "15", "script", "-qec", command, self.path("typescript")],
             env=environment, cwd=self.directory)
        if not os.path.exists(out):
            return None
        with open(out, "rb") as message:
            return wire(message.read())

    def test_imaps_reads(self):
        self.deliver()
        message = self.read(f"imaps://{USER}@localhost:{self.ports['imaps']}/INBOX")
        self.assertIsNotNone(message, self.server.log_text())
        self.assert_same(message)

    def test_pop3s_reads(self):
        self.deliver()
        message = self.read(f"pops://{USER}@localhost:{self.ports['pop3s']}/")
        self.assertIsNotNone(message, self.server.log_text())
        self.assert_same(message)

    def send(self, password=PASSWORD):
        """mutt makes the header itself, and recodes 8-bit text and long lines: it gets none."""
        return Done(["mutt", "-F", self.configuration(password), "-s", "by mutt", "--",
                     RECIPIENT], unix(self.BODY))

    def test_submissions_sends(self):
        done = self.send()
        self.assertEqual(done.status, 0, done)
        stored, = self.stored()
        self.assertIn(b"\r\nSubject: by mutt\r\n", b"\r\n" + stored)
        self.assert_same(stored, b"\r\n\r\n" + self.BODY)

    def test_submissions_wrong_password(self):
        done = self.send(WRONG)
        self.assertNotEqual(done.status, 0, done)
        self.assert_nothing_stored()
