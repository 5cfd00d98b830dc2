"""The mail programs that people use, each driven in the same way: as bases for the cases of our
server, which has started it (see ServerCase).

Each has `peer`, mechanisms(service), the names of what it can log in by when it is told to, and
logs_in(service, login): whether the server let it in. Once in it does what it is for: it reads the
message that waits, or sends one. Anything else than that or a refusal of the log-in fails."""

import imaplib
import os
import poplib
import smtplib
import tempfile

import setting
from cases import implicit, protocol
from dialogue import stuffed
from peers import exim
from peers.ours import MESSAGE, PASSWORD, USER
from server_case import RECIPIENT, SENDER, Done, unix, wire

SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-1")
TOKEN = ("OAUTHBEARER", "XOAUTH2")


class LogIn:
    """What to log in with. Without a mechanism the program has its own choice. PASSWORD and APOP
    are the protocols' own commands."""

    def __init__(self, mechanism=None, user=USER, password=PASSWORD, certificate=None):
        """For the mechanisms of TOKEN the password is the token."""
        self.mechanism = mechanism
        self.user = user
        self.password = password
        self.certificate = certificate

    @property
    def by_token(self):
        return self.mechanism in TOKEN

    def responses(self):
        """What the client says, one after the other, up to the acknowledgement of a refusal."""
        return {
            "PLAIN": (f"\0{self.user}\0{self.password}",),
            "LOGIN": (self.user, self.password),
            "EXTERNAL": ("",),
            "OAUTHBEARER": (f"n,a={self.user},\x01auth=Bearer {self.password}\x01\x01", "\x01"),
            "XOAUTH2": (f"user={self.user}\x01auth=Bearer {self.password}\x01\x01", ""),
        }[self.mechanism]


def password_commands(service):
    """IMAP has one, POP3 two; APOP needs a greeting, which there is not after STARTTLS."""
    return {"imaps": ("PASSWORD",), "imap": ("PASSWORD",), "pop3s": ("PASSWORD", "APOP"),
            "pop3": ("PASSWORD",)}.get(service, ())


class Driver:
    # How a message that it has sent ends.
    SENT = MESSAGE


class PythonDriver(Driver):
    peer = "Python's clients"

    def mechanisms(self, service):
        return ("PLAIN", "LOGIN", *TOKEN, *password_commands(service))

    def imap(self, service, certificate=None):
        trust = self.trust(certificate)
        if implicit(service):
            return imaplib.IMAP4_SSL("localhost", self.ports[service], ssl_context=trust,
                                     timeout=20)
        imap = imaplib.IMAP4("localhost", self.ports[service], timeout=20)
        self.assertEqual(imap.starttls(trust)[0], "OK")
        return imap

    def pop3(self, service, certificate=None):
        trust = self.trust(certificate)
        if implicit(service):
            return poplib.POP3_SSL("localhost", self.ports[service], context=trust, timeout=20)
        pop3 = poplib.POP3("localhost", self.ports[service], timeout=20)
        pop3.stls(trust)
        return pop3

    def smtp(self, service, certificate=None):
        trust = self.trust(certificate)
        if implicit(service):
            return smtplib.SMTP_SSL("localhost", self.ports[service], timeout=20, context=trust)
        smtp = smtplib.SMTP("localhost", self.ports[service], timeout=20)
        self.assertEqual(smtp.starttls(context=trust)[0], 220)
        return smtp

    def read_by_imap(self, imap):
        self.assertEqual(imap.select("INBOX"), ("OK", [b"1"]))
        kind, data = imap.fetch("1", "(BODY[])")
        self.assertEqual(kind, "OK")
        self.assert_same(data[0][1])

    def read_by_pop3(self, pop3):
        lines = pop3.retr(1)[1]
        self.assert_same(b"".join(line + b"\r\n" for line in lines))

    def logs_in(self, service, login):
        return {"imap": self._by_imap, "pop3": self._by_pop3,
                "submission": self._by_smtp}[protocol(service)](service, login)

    def _by_imap(self, service, login):
        with self.imap(service, login.certificate) as imap:
            try:
                if login.mechanism == "PASSWORD":
                    imap.login(login.user, login.password)
                else:
                    responses = iter(login.responses())
                    imap.authenticate(login.mechanism, lambda _: next(responses).encode())
            except imaplib.IMAP4.error:
                return False
            self.read_by_imap(imap)
        return True

    def _by_pop3(self, service, login):
        pop3 = self.pop3(service, login.certificate)
        try:
            if login.mechanism == "PASSWORD":
                pop3.user(login.user)
                pop3.pass_(login.password)
            elif login.mechanism == "APOP":
                pop3.apop(login.user, login.password)
            else:  # it knows no SASL
                responses = iter(login.responses())
                answer = pop3._shortcmd(f"AUTH {login.mechanism}")
                while answer.startswith(b"+ "):
                    answer = pop3._shortcmd(smtplib.encode_base64(next(responses).encode(), eol=""))
        except poplib.error_proto:
            pop3.quit()
            return False
        self.read_by_pop3(pop3)
        pop3.quit()
        return True

    def _by_smtp(self, service, login):
        with self.smtp(service, login.certificate) as smtp:
            responses = iter(login.responses())
            smtp.ehlo()
            try:
                # An empty initial response it writes as none, and then has no other.
                smtp.auth(login.mechanism, lambda _=None: next(responses),
                          initial_response_ok=login.mechanism not in ("LOGIN", "EXTERNAL"))
            except smtplib.SMTPAuthenticationError as refused:
                self.assertIn(refused.smtp_code, (535, 504))
                return False
            smtp.sendmail(SENDER, [RECIPIENT], MESSAGE, ["BODY=8BITMIME"])
        return True


class CurlDriver(Driver):
    peer = "curl"
    LOGIN_DENIED = 67
    # It cannot be told to use the passwords' own commands: it does where nothing else is offered.
    NAMES = {None: None, "PASSWORD": None, "APOP": "+APOP"}

    def mechanisms(self, service):
        """Behind STARTTLS it remembers the LOGINDISABLED from before, and does not use LOGIN."""
        return ("PLAIN", "LOGIN", *TOKEN, *(password_commands(service) if service != "imap" else ()))

    def url(self, service):
        scheme = {"submission": "smtp", "submissions": "smtps"}.get(service, service)
        path = {"imap": "INBOX;MAILINDEX=1", "pop3": "1", "submission": "client.example.test"}
        return f"{scheme}://localhost:{self.ports[service]}/{path[protocol(service)]}"

    def run_program(self, service, login=None, tls=True):
        login = login or LogIn()
        options = ["--ssl-reqd"] if tls and not implicit(service) else []
        if protocol(service) == "submission":
            options += ["--mail-from", SENDER, "--mail-rcpt", RECIPIENT, "--upload-file",
                        self.file("message", MESSAGE)]
        name = self.NAMES.get(login.mechanism, login.mechanism)
        if name is not None:
            options += ["--login-options", "AUTH=" + name]
        if login.by_token:
            options += ["--user", login.user + ":", "--oauth2-bearer", login.password]
        else:
            options += ["--user", f"{login.user}:{login.password}"]
        if login.certificate is not None:
            options += ["--cert", login.certificate.chain, "--key", login.certificate.key]
        return Done(["curl", "--silent", "--show-error", "--max-time", "20", "--cacert", self.ca,
                     *options, self.url(service)])

    def logs_in(self, service, login):
        done = self.run_program(service, login)
        if done.status == self.LOGIN_DENIED:
            return False
        self.assertEqual(done.status, 0, done)
        if protocol(service) != "submission":
            self.assert_same(done.output)
        return True


# For msmtp and mpop, which are of one family.
CONFIGURATION = """account default
host localhost
port {port}
timeout 20
tls on
tls_starttls {starttls}
tls_trust_file {ca}
auth {mechanism}
user {user}
password "{password}"
"""


class FamilyDriver(Driver):
    """What msmtp and mpop have in common."""

    def configuration(self, service, login, more):
        name = {None: "on", "PASSWORD": "user"}.get(login.mechanism, login.mechanism)
        text = CONFIGURATION.format(
            port=self.ports[service], starttls="off" if implicit(service) else "on", ca=self.ca,
            mechanism=name.lower(), user=login.user, password=login.password) + more
        if login.certificate is not None:
            text += (f"tls_cert_file {login.certificate.chain}\n"
                     f"tls_key_file {login.certificate.key}\n")
        return self.file("configuration", text)

    def logs_in(self, service, login):
        done = self.run_program(service, login)
        if done.status == os.EX_NOPERM:
            return False
        self.assertEqual(done.status, 0, done)
        return True


class MsmtpDriver(FamilyDriver):
    peer = "msmtp"
    services = ("submissions", "submission")

    def mechanisms(self, _service):
        return (*SCRAM, "PLAIN", "LOGIN", *TOKEN)

    def run_program(self, service, login):
        configuration = self.configuration(service, login, f"from {SENDER}\n")
        return Done(["msmtp", "-C", configuration, RECIPIENT], unix(MESSAGE))


class MpopDriver(FamilyDriver):
    peer = "mpop"
    services = ("pop3s", "pop3")

    def mechanisms(self, service):
        return (*SCRAM, "PLAIN", "LOGIN", *TOKEN, *password_commands(service))

    def run_program(self, service, login):
        self.box = tempfile.mkdtemp(dir=self.directory)
        for name in ("new", "cur", "tmp"):
            os.mkdir(os.path.join(self.box, name))
        configuration = self.configuration(service, login, f"""delivery maildir {self.box}
uidls_file {self.box}/uidls
received_header off
keep on
""")
        return Done(["mpop", "-C", configuration])

    def logs_in(self, service, login):
        if not super().logs_in(service, login):
            return False
        new = os.path.join(self.box, "new")
        name, = os.listdir(new)
        with open(os.path.join(new, name), "rb") as message:
            self.assert_same(wire(message.read()))
        return True


class SwaksDriver(Driver):
    peer = "swaks"
    services = ("submissions", "submission")
    AUTHENTICATION_FAILED = 28

    def mechanisms(self, _service):
        return "PLAIN", "LOGIN"

    def run_program(self, service, login):
        # As it stands on the wire: otherwise swaks mends the data in its own way.
        data = self.file("data", stuffed(MESSAGE))
        shown = login.certificate
        options = ["--tls-cert", shown.chain, "--tls-key", shown.key] if shown else []
        return Done(["swaks", "--server", f"localhost:{self.ports[service]}",
                     "--tls-on-connect" if implicit(service) else "--tls", "--tls-verify",
                     "--tls-ca-path", self.ca, "--auth", login.mechanism, "--auth-user",
                     login.user, "--auth-password", login.password, "--from", SENDER, "--to",
                     RECIPIENT, "--data", "@" + data, "--no-data-fixup", "--timeout", "20",
                     *options])

    def logs_in(self, service, login):
        done = self.run_program(service, login)
        if done.status == self.AUTHENTICATION_FAILED:
            return False
        self.assertEqual(done.status, 0, done)
        return True


class EximDriver(Driver):
    """A mail server with ours as its smarthost."""

    peer = "Exim"
    services = ("submissions", "submission")

    def mechanisms(self, _service):
        return "PLAIN", "LOGIN"

    def run_program(self, service, login, ca=None):
        """What Exim writes about it in its log; it must say that it has kept what did not go."""
        sender = exim.Sender(tempfile.mkdtemp(dir=setting.directory()), setting.exim_prefix(),
                             self.ports[service], implicit(service), ca or self.ca,
                             login.mechanism, login.user, login.password, login.certificate)
        sender.send(unix(MESSAGE), SENDER, RECIPIENT)
        log = sender.log_text()
        self.assertEqual(sender.queue(), 0 if f"=> {RECIPIENT}" in log else 1, log)
        return log

    def logs_in(self, service, login):
        log = self.run_program(service, login)
        if f"=> {RECIPIENT}" not in log:
            self.assertIn("535 5.7.8", log)
            return False
        self.assertRegex(log, f"=> {RECIPIENT} .* X=TLS1.3:.*:256 CV=yes A=chosen C=")
        return True


class GsaslDriver(Driver):
    """GNU SASL's own client: it logs in, and does nothing more."""

    peer = "gsasl"
    services = ("imap", "submission")

    def mechanisms(self, _service):
        return ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", *SCRAM, "PLAIN", "LOGIN")

    def run_program(self, service, login, *options):
        # Without -PLUS it would, if it had a binding, say that the server has not offered it.
        binding = [] if login.mechanism.endswith("-PLUS") else ["--no-cb"]
        if login.certificate is not None:
            options += ("--x509-cert-file", login.certificate.chain,
                        "--x509-key-file", login.certificate.key)
        if login.mechanism == "EXTERNAL":
            options += ("--authorization-id", "")
        return Done(["gsasl", "--imap" if service == "imap" else "--smtp", "--starttls",
                     "--mechanism", login.mechanism, "--authentication-id", login.user,
                     "--password", login.password, "--x509-ca-file", self.ca, *binding, *options,
                     "localhost", str(self.ports[service])])

    def logs_in(self, service, login, *options):
        done = self.run_program(service, login, *options)
        self.assertIn(done.status, (0, 1), done)
        if done.status != 0:
            answer = b"^[^ ]+ (NO|BAD) " if service == "imap" else b"^5(35|01) "
            self.assertRegex(done.output, b"(?m)" + answer)
        return done.status == 0


class MuttDriver(Driver):
    """mutt has no batch mode for reading: it gets a terminal, and keys to press."""

    peer = "mutt"
    BODY = b".\r\n..\r\n.one dot\r\nthe last line\r\n"
    SENT = b"\r\n\r\n" + BODY

    def mechanisms(self, _service):
        return (*SCRAM, "PLAIN", "LOGIN", *TOKEN)

    def configuration(self, service, login):
        scheme = "smtps" if implicit(service) else "smtp"
        text = f"""
set ssl_ca_certificates_file = "{self.ca}"
set ssl_starttls = yes
set ssl_force_tls = yes
set smtp_url = "{scheme}://{login.user}@localhost:{self.ports[service]}/"
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
"""
        for kind in ("imap", "pop", "smtp"):
            if login.mechanism is not None:
                text += f'set {kind}_authenticators = "{login.mechanism.lower()}"\n'
            text += (f'set {kind}_oauth_refresh_command = "echo {login.password}"\n'
                     if login.by_token else f'set {kind}_pass = "{login.password}"\n')
        for kind in ("imap", "pop"):
            text += f'set {kind}_user = "{login.user}"\n'
        if login.certificate is not None:
            both = self.path("both.pem")
            with open(both, "w") as out:
                for file in (login.certificate.chain, login.certificate.key):
                    with open(file) as part:
                        out.write(part.read())
            text += f'set ssl_client_cert = "{both}"\n'
        return self.file("muttrc", text)

    def read(self, service, login=None):
        """The message that mutt shows first, or None when it shows none."""
        login = login or LogIn()
        scheme, path = {"imaps": ("imaps", "INBOX"), "imap": ("imap", "INBOX"),
                        "pop3s": ("pops", ""), "pop3": ("pop", "")}[service]
        url = f"{scheme}://{login.user}@localhost:{self.ports[service]}/{path}"
        out = self.path("piped")
        if os.path.exists(out):
            os.remove(out)
        keys = f"<first-entry><pipe-message>cat > {out}<enter><exit>"
        command = (f"mutt -F {self.configuration(service, login)} -f {url} "
                   f"-e 'push \"{keys}\"'")
        environment = {**os.environ, "TERM": "vt100", "HOME": self.directory, "LC_ALL": "C.UTF-8"}
        Done(["timeout", "15", "script", "-qec", command, self.path("typescript")],
             env=environment, cwd=self.directory)
        if not os.path.exists(out):
            return None
        with open(out, "rb") as message:
            return wire(message.read())

    def send(self, service, login=None):
        """mutt makes the header itself, and recodes 8-bit text and long lines: it gets none."""
        return Done(["mutt", "-F", self.configuration(service, login or LogIn()), "-s", "by mutt",
                     "--", RECIPIENT], unix(self.BODY))

    def logs_in(self, service, login):
        if protocol(service) == "submission":
            done = self.send(service, login)
            if done.status != 0:
                self.assertIn("authentication failed", done.errors, done)
            return done.status == 0
        message = self.read(service, login)
        if message is not None:
            self.assert_same(message)
        return message is not None
