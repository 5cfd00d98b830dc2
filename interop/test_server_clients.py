"""Our C server against the clients that people use."""

import imaplib
import os
import poplib
import smtplib
import ssl
import tempfile

import setting
from cases import EachService, check, implicit, protocol
from dialogue import stuffed
from peers import exim
from peers.ours import MESSAGE, PASSWORD, STARTTLS, USER
from server_case import RECIPIENT, SENDER, Done, ServerCase, unix, wire

WRONG = PASSWORD + "x"


class Python(ServerCase, EachService):
    peer = "Python's clients"

    def imap(self, service):
        if implicit(service):
            return imaplib.IMAP4_SSL("localhost", self.ports[service], ssl_context=self.trust(),
                                     timeout=20)
        imap = imaplib.IMAP4("localhost", self.ports[service], timeout=20)
        self.assertEqual(imap.starttls(self.trust())[0], "OK")
        return imap

    def pop3(self, service):
        if implicit(service):
            return poplib.POP3_SSL("localhost", self.ports[service], context=self.trust(),
                                   timeout=20)
        pop3 = poplib.POP3("localhost", self.ports[service], timeout=20)
        pop3.stls(self.trust())
        return pop3

    def smtp(self, service):
        if implicit(service):
            return smtplib.SMTP_SSL("localhost", self.ports[service], timeout=20,
                                    context=self.trust())
        smtp = smtplib.SMTP("localhost", self.ports[service], timeout=20)
        self.assertEqual(smtp.starttls(context=self.trust())[0], 220)
        return smtp

    def reads_by_imap(self, service):
        with self.imap(service) as imap:
            imap.login(USER, PASSWORD)
            self.assertEqual(imap.select("INBOX"), ("OK", [b"1"]))
            kind, data = imap.fetch("1", "(BODY[])")
            self.assertEqual(kind, "OK")
            self.assert_same(data[0][1])

    def reads_by_pop3(self, service):
        pop3 = self.pop3(service)
        pop3.user(USER)
        pop3.pass_(PASSWORD)
        lines = pop3.retr(1)[1]
        self.assert_same(b"".join(line + b"\r\n" for line in lines))
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

    @check("imaps", "imap")
    def sasl(self, service):
        with self.imap(service) as imap:
            imap.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
            self.assertEqual(imap.select("INBOX"), ("OK", [b"0"]))

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


class Curl(ServerCase, EachService):
    peer = "curl"
    LOGIN_DENIED = 67

    def curl(self, url, *options, password=PASSWORD):
        return Done(["curl", "--silent", "--show-error", "--max-time", "20", "--cacert", self.ca,
                     "--user", f"{USER}:{password}", *options, url])

    def url(self, service):
        scheme = {"submission": "smtp", "submissions": "smtps"}.get(service, service)
        path = {"imap": "INBOX;MAILINDEX=1", "pop3": "1", "submission": "client.example.test"}
        return f"{scheme}://localhost:{self.ports[service]}/{path[protocol(service)]}"

    def fetch_or_send(self, service, tls=True, **more):
        options = ["--ssl-reqd"] if tls and not implicit(service) else []
        if protocol(service) == "submission":
            options += ["--mail-from", SENDER, "--mail-rcpt", RECIPIENT, "--upload-file",
                        self.file("message", MESSAGE)]
        return self.curl(self.url(service), *options, **more)

    @check("imaps", "pop3s", "imap", "pop3")
    def reads(self, service):
        self.deliver()
        done = self.fetch_or_send(service)
        self.assertEqual(done.status, 0, done)
        self.assert_same(done.output)

    @check("submissions", "submission")
    def sends(self, service):
        done = self.fetch_or_send(service)
        self.assertEqual(done.status, 0, done)
        self.assert_stored()

    @check()
    def wrong_password(self, service):
        done = self.fetch_or_send(service, password=WRONG)
        self.assertEqual(done.status, self.LOGIN_DENIED, done)
        self.assert_nothing_stored()

    @check(*STARTTLS)
    def no_log_in_in_clear(self, service):
        done = self.fetch_or_send(service, tls=False)
        self.assertNotEqual(done.status, 0, done)
        self.assertEqual(done.output, b"")
        self.assert_nothing_stored()
        self.assert_nobody_authenticated()


class Msmtp(ServerCase, EachService):
    peer = "msmtp"

    def send(self, service, mechanism, password=PASSWORD):
        configuration = self.file("msmtprc", f"""account default
host localhost
port {self.ports[service]}
timeout 20
tls on
tls_starttls {"off" if implicit(service) else "on"}
tls_trust_file {self.ca}
auth {mechanism}
user {USER}
password "{password}"
from {SENDER}
""")
        return Done(["msmtp", "-C", configuration, RECIPIENT], unix(MESSAGE))

    @check("submissions", "submission")
    def sends(self, service):
        for mechanism in ("plain", "login"):
            with self.subTest(mechanism=mechanism):
                done = self.send(service, mechanism)
                self.assertEqual(done.status, 0, done)
        stored = self.stored()
        self.assertEqual(len(stored), 2)
        for message in stored:
            self.assert_same(message)

    @check("submissions", "submission")
    def wrong_password(self, service):
        done = self.send(service, "on", WRONG)
        self.assertEqual(done.status, os.EX_NOPERM, done)
        self.assert_nothing_stored()


class Mpop(ServerCase, EachService):
    peer = "mpop"

    def fetch(self, service, mechanism, password=PASSWORD):
        self.box = self.path("fetched-" + mechanism)
        for name in ("", "new", "cur", "tmp"):
            os.mkdir(os.path.join(self.box, name))
        configuration = self.file("mpoprc", f"""account default
host localhost
port {self.ports[service]}
timeout 20
tls on
tls_starttls {"off" if implicit(service) else "on"}
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

    @check("pop3s", "pop3")
    def reads(self, service):
        self.deliver()
        for mechanism in ("user", "plain", "login"):
            with self.subTest(mechanism=mechanism):
                done = self.fetch(service, mechanism)
                self.assertEqual(done.status, 0, done)
                new = os.path.join(self.box, "new")
                name, = os.listdir(new)
                with open(os.path.join(new, name), "rb") as message:
                    self.assert_same(wire(message.read()))

    @check("pop3s", "pop3")
    def wrong_password(self, service):
        done = self.fetch(service, "user", WRONG)
        self.assertEqual(done.status, os.EX_NOPERM, done)


class Swaks(ServerCase, EachService):
    peer = "swaks"
    AUTHENTICATION_FAILED = 28

    def send(self, service, mechanism, password=PASSWORD):
        # As it stands on the wire: otherwise swaks mends the data in its own way.
        data = self.file("data", stuffed(MESSAGE))
        return Done(["swaks", "--server", f"localhost:{self.ports[service]}",
                     "--tls-on-connect" if implicit(service) else "--tls", "--tls-verify",
                     "--tls-ca-path", self.ca, "--auth", mechanism, "--auth-user", USER,
                     "--auth-password", password, "--from", SENDER, "--to", RECIPIENT, "--data",
                     "@" + data, "--no-data-fixup", "--timeout", "20"])

    @check("submissions", "submission")
    def sends(self, service):
        for mechanism in ("PLAIN", "LOGIN"):
            with self.subTest(mechanism=mechanism):
                done = self.send(service, mechanism)
                self.assertEqual(done.status, 0, done)
        stored = self.stored()
        self.assertEqual(len(stored), 2)
        for message in stored:
            self.assert_same(message)

    @check("submissions", "submission")
    def wrong_password(self, service):
        done = self.send(service, "PLAIN", WRONG)
        self.assertEqual(done.status, self.AUTHENTICATION_FAILED, done)
        self.assert_nothing_stored()


class Exim(ServerCase, EachService):
    """A mail server with ours as its smarthost."""

    peer = "Exim"

    def send(self, service, mechanism="PLAIN", password=PASSWORD, ca=None):
        """What Exim writes about it in its log; it must say that it has kept what did not go."""
        sender = exim.Sender(tempfile.mkdtemp(dir=setting.directory()), setting.exim_prefix(),
                             self.ports[service], implicit(service), ca or self.ca, mechanism,
                             USER, password)
        sender.send(unix(MESSAGE), SENDER, RECIPIENT)
        log = sender.log_text()
        self.assertEqual(sender.queue(), 0 if f"=> {RECIPIENT}" in log else 1, log)
        return log

    @check("submissions", "submission")
    def sends(self, service):
        for mechanism in ("PLAIN", "LOGIN"):
            with self.subTest(mechanism=mechanism):
                log = self.send(service, mechanism)
                self.assertRegex(log, f"=> {RECIPIENT} .* X=TLS1.3:.*:256 CV=yes A=chosen C=")
        stored = self.stored()
        self.assertEqual(len(stored), 2)
        for message in stored:
            self.assert_same(message)

    @check("submissions", "submission")
    def wrong_password(self, service):
        self.assertIn("535 5.7.8", self.send(service, password=WRONG))
        self.assert_nothing_stored()

    @check("submissions", "submission")
    def untrusted(self, service):
        log = self.send(service, ca=setting.other_authority().file)
        self.assertRegex(log, "TLS session: .*certificate")
        self.assert_nothing_stored()
        self.assert_nobody_authenticated()


class Mutt(ServerCase, EachService):
    """mutt has no batch mode for reading: it gets a terminal, and keys to press."""

    peer = "mutt"
    BODY = b".\r\n..\r\n.one dot\r\nthe last line\r\n"

    def configuration(self, submission="submissions", password=PASSWORD):
        scheme = "smtps" if implicit(submission) else "smtp"
        return self.file("muttrc", f"""
set ssl_ca_certificates_file = "{self.ca}"
set ssl_starttls = yes
set ssl_force_tls = yes
set ssl_usesystemcerts = no
set imap_user = "{USER}"
set imap_pass = "{password}"
set pop_user = "{USER}"
set pop_pass = "{password}"
set smtp_url = "{scheme}://{USER}@localhost:{self.ports[submission]}/"
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

    def read(self, url):
        """The message that mutt shows first, or None when it shows none."""
        out = self.path("piped")
        keys = f"<first-entry><pipe-message>cat > {out}<enter><exit>"
        command = (f"mutt -F {self.configuration()} -f {url} "
                   f"-e 'push \"{keys}\"'")
        environment = {**os.environ, "TERM": "vt100", "HOME": self.directory, "LC_ALL": "C.UTF-8"}
        Done(["timeout", "15", "script", "-qec", command, self.path("typescript")],
             env=environment, cwd=self.directory)
        if not os.path.exists(out):
            return None
        with open(out, "rb") as message:
            return wire(message.read())

    @check("imaps", "pop3s", "imap", "pop3")
    def reads(self, service):
        scheme, path = {"imaps": ("imaps", "INBOX"), "imap": ("imap", "INBOX"),
                        "pop3s": ("pops", ""), "pop3": ("pop", "")}[service]
        self.deliver()
        message = self.read(f"{scheme}://{USER}@localhost:{self.ports[service]}/{path}")
        self.assertIsNotNone(message, self.server.log_text())
        self.assert_same(message)

    def send(self, service, password=PASSWORD):
        """mutt makes the header itself, and recodes 8-bit text and long lines: it gets none."""
        return Done(["mutt", "-F", self.configuration(service, password), "-s", "by mutt", "--",
                     RECIPIENT], unix(self.BODY))

    @check("submissions", "submission")
    def sends(self, service):
        done = self.send(service)
        self.assertEqual(done.status, 0, done)
        stored, = self.stored()
        self.assertIn(b"\r\nSubject: by mutt\r\n", b"\r\n" + stored)
        self.assert_same(stored, b"\r\n\r\n" + self.BODY)

    @check("submissions", "submission")
    def wrong_password(self, service):
        done = self.send(service, WRONG)
        self.assertNotEqual(done.status, 0, done)
        self.assert_nothing_stored()
