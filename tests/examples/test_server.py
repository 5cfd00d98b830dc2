"""examples-c/server: its command line, its files and what clients write oddly, by the program itself.

MAILTLS_SERVER is the program, MAILTLS_RECEIVED and MAILTLS_CLIENT the others, MAILTLS_CERTIFICATES the
directory of the throwaway certificates (`make test-examples`).
"""

import base64
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def path(variable, *default):
    return os.path.abspath(os.environ.get(variable, os.path.join(ROOT, "target", *default)))


PROGRAM = path("MAILTLS_SERVER", "examples-c", "server")
CLIENT = path("MAILTLS_CLIENT", "examples-c", "client")
RECEIVED = path("MAILTLS_RECEIVED", "examples-c", "received")
CERTIFICATES = path("MAILTLS_CERTIFICATES", "certificates")
SERVICES = ("imaps", "pop3s", "submissions")
PLAIN = base64.b64encode(b"\0tim\0secret")
LOG_IN = b"EHLO pc\r\nAUTH PLAIN " + PLAIN + b"\r\n"
MESSAGE = b"Subject: x\r\n\r\nText.\r\n"


def run(program, *options):
    """Status, output and errors of a program that ends by itself."""
    done = subprocess.run([program, *options], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=60, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Session:
    """A client in TLS, which reads lines."""

    def __init__(self, port):
        context = ssl.create_default_context(cafile=os.path.join(CERTIFICATES, "ca.pem"))
        plain = socket.create_connection(("127.0.0.1", port), 30)
        self.socket = context.wrap_socket(plain, server_hostname="localhost")
        self.lines = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()

    def say(self, octets):
        self.socket.sendall(octets)

    def hear(self, begins):
        """Reads lines until one begins so, and returns it."""
        while True:
            line = self.lines.readline()
            if line == b"" or line.startswith(begins):
                return line

    def submit(self, *commands):
        """Says each and returns the last line of each answer."""
        answers = []
        for command in commands:
            self.say(command + b"\r\n")
            line = self.lines.readline()
            while line[3:4] == b"-":
                line = self.lines.readline()
            answers.append(line.rstrip().decode())
        return answers


class Server(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.directory)
        self.process = None
        self.write("users", b"tim:secret\n")

    def tearDown(self):
        self.stop()

    def file(self, *names):
        return os.path.join(self.directory, *names)

    def write(self, name, content):
        with open(self.file(name), "wb") as out:
            out.write(content)

    def options(self, *more):
        listen = [option for service in SERVICES for option in ("--listen", f"{service}=127.0.0.1:0")]
        return [*listen, "--cert", os.path.join(CERTIFICATES, "server.pem"),
                "--key", os.path.join(CERTIFICATES, "server.key"),
                "--users", self.file("users"), "--maildir", self.file("inbox"), *more]

    def start(self, *more):
        """Starts the server and returns its ports by service."""
        self.stop()
        with open(self.file("log"), "wb") as log:
            self.process = subprocess.Popen([PROGRAM, *self.options(*more)], stdout=subprocess.PIPE,
                                            stderr=log, text=True)
        ports = {}
        for line in self.process.stdout:
            if line.startswith("ready"):
                return ports
            _, service, address = line.split()
            ports[service] = int(address.rsplit(":", 1)[1])
        self.fail("the server has not started: " + self.log())
        return ports

    def stop(self, by=signal.SIGTERM):
        if self.process is not None:
            self.process.send_signal(by)
            self.process.wait(30)
            self.process.stdout.close()
            self.process = None

    def log(self):
        with open(self.file("log"), "rb") as log:
            return log.read().decode()

    def submission(self, ports):
        session = Session(ports["submissions"])
        self.assertTrue(session.hear(b"220 "))
        session.say(LOG_IN)
        self.assertEqual(session.hear(b"235 ")[:4], b"235 ")
        return session

    def tmp(self):
        return sorted(os.listdir(self.file("inbox", "tmp")))


class CommandLine(Server):
    def test_a_wrong_option_is_named_in_one_line(self):
        needed = self.options()
        for options, expected in [
                (["--foo"], "--foo is not an option"),
                (["--foo=3"], "--foo=3 is not an option"),
                (["-x"], "-x is not an option"),
                (["--cert"], "--cert needs a value"),
                (["--explain-old-tls=yes"], "--explain-old-tls takes no value"),
                (["stray"], "`stray` stands alone"),
                ([], "--listen is missing"),
                (needed[2:6], "--cert is missing"),
                (needed[:-2], "--maildir is missing"),
                ([*needed, "--client-ca", "x"], "--client-ca and --client-map need each other"),
                ([*needed, "--client-invalid", "x"], "--client-invalid takes refuse or anonymous, not `x`"),
                ([*needed, "--milter-macros", "x"], "--milter-macros takes sendmail or postfix, not `x`"),
                ([*needed, "--max-clients", "0"], "--max-clients takes a number from 1 to 1000000, not `0`"),
                ([*needed, "--max-message-size", "1k"], "--max-message-size takes a number from 1 to"),
                ([*needed, "--mechanisms", "XOAUTH2"], "--mechanisms: OAUTHBEARER and XOAUTH2 need --tokens"),
                ([*needed, "--listen", "imaps=127.0.0.1:0"] * 40, "--listen may be given 64 times at most")]:
            with self.subTest(options):
                status, output, errors = run(PROGRAM, *options)
                self.assertEqual((status, output), (2, ""))
                self.assertEqual(errors.count("\n"), 1, errors)
                self.assertIn(expected, errors)

    def test_the_other_examples_do_alike(self):
        for program, options, status, expected in [
                (RECEIVED, ["--foo"], 1, "--foo is not an option"),
                (RECEIVED, ["--own", "x"], 1, "--own needs a number"),
                (CLIENT, ["--foo"], 2, "--foo"),
                (CLIENT, ["--user"], 2, "--user")]:
            with self.subTest(program=program, options=options):
                found, output, errors = run(program, *options)
                self.assertEqual((found, output, errors.count("\n")), (status, "", 1), errors)
                self.assertIn(expected, errors)

    def test_versions(self):
        with open(os.path.join(ROOT, "Cargo.toml"), encoding="utf-8") as cargo:
            version = next(line.split('"')[1] for line in cargo if line.startswith("version"))
        for program in (PROGRAM, CLIENT, RECEIVED):
            status, output, errors = run(program, "--version")
            self.assertEqual((status, errors), (0, ""))
            self.assertIn(f" mailtls {version}\n", output)

    def test_help_is_asked_for(self):
        status, output, errors = run(PROGRAM, "--help")
        self.assertEqual((status, errors), (0, ""))
        self.assertTrue(output.startswith("usage: server"))


class Files(Server):
    def test_no_directory_above_the_maildir_is_made(self):
        for maildir, missing in [(self.file("a", "b", "inbox"), self.file("a")),
                                 (self.file("a", "inbox") + "/", self.file("a"))]:
            options = [*self.options(), "--maildir", maildir]
            status, _, errors = run(PROGRAM, *options)
            self.assertEqual(status, 1)
            self.assertIn(f"{missing}: No such file or directory; create it first", errors)
            self.assertFalse(os.path.exists(self.file("a")))
        self.start()
        self.assertEqual(sorted(os.listdir(self.file("inbox"))), ["cur", "mailtls-uidlist", "new", "tmp"])

    def test_452_closes_the_transaction(self):
        with self.submission(self.start()) as session:
            os.rmdir(self.file("inbox", "tmp"))
            answers = session.submit(b"MAIL FROM:<a@example.org>", b"RCPT TO:<b@example.org>", b"DATA", b"DATA",
                                     b"MAIL FROM:<a@example.org>")
            self.assertEqual([answer[:3] for answer in answers], ["250", "250", "452", "503", "250"])
            os.mkdir(self.file("inbox", "tmp"))
            answers = session.submit(b"RCPT TO:<b@example.org>", b"DATA", MESSAGE + b".")
            self.assertEqual([answer[:3] for answer in answers], ["250", "354", "250"])

    def test_own_files_are_swept_out_of_tmp(self):
        with self.submission(self.start()) as session:
            session.submit(b"MAIL FROM:<a@example.org>", b"RCPT TO:<b@example.org>", b"DATA")
            session.say(MESSAGE)
            self.assertEqual(len(self.tmp()), 1)
            self.stop(signal.SIGKILL)
        with open(self.file("inbox", "tmp", "1795711334.M1P1Q1.elsewhere"), "wb"):
            pass  # of another program, which may be at work on it
        self.assertEqual(len(self.tmp()), 2)
        ports = self.start()
        self.assertEqual(self.tmp(), ["1795711334.M1P1Q1.elsewhere"])
        self.assertIn("removed 1 message", self.log())
        with self.submission(ports) as session:
            session.submit(b"MAIL FROM:<a@example.org>", b"RCPT TO:<b@example.org>", b"DATA")
            session.say(MESSAGE)
        self.stop()
        self.assertEqual(self.tmp(), ["1795711334.M1P1Q1.elsewhere"])

    def test_lines_that_are_not_user_and_secret(self):
        for number, (content, expected) in enumerate([
                (b"tim\n", "users:1: not a line user:password: there is no colon"),
                (b"# x\n\n:secret\n", "users:3: not a line user:password: there is no user's name"),
                (b"tim:\r\n", "users:1: not a line user:password: there is nothing behind the colon"),
                (b"tim:a\0b\n", "users:1: not a line user:password: it holds a NUL"),
                (b"t" * 256 + b":x\n", "the user's name is longer than 255 octets"),
                (b"tim:" + b"x" * 12289 + b"\n", "what is behind the colon is longer than 12288 octets"),
                (b"tim:" + b"x" * 40000 + b"\n", "it is longer than 255 octets of a name and 12288")]):
            with self.subTest(number):
                self.write("users", content)
                status, _, errors = run(PROGRAM, *self.options())
                self.assertEqual(status, 1)
                self.assertIn(expected, errors)
                self.assertNotIn("xxx", errors)

    def test_tokens_as_long_as_those_of_providers(self):
        tokens = [bytes([letter]) * length for letter, length in zip(b"abcd", (1, 2048, 5000, 12288))]
        self.write("tokens", b"".join(b"user%d:%s\r\n" % pair for pair in enumerate(tokens)))
        ports = self.start("--tokens", self.file("tokens"))
        for number, token in enumerate(tokens):
            user = b"user%d" % number
            message = base64.b64encode(b"n,a=%s,\1auth=Bearer %s\1\1" % (user, token))
            for service, begin, invited, accepted in [
                    ("imaps", b"a AUTHENTICATE OAUTHBEARER\r\n", b"+", b"a OK"),
                    ("pop3s", b"AUTH OAUTHBEARER\r\n", b"+ ", b"+OK"),
                    ("submissions", b"EHLO pc\r\nAUTH OAUTHBEARER\r\n", b"334 ", b"235 ")]:
                with self.subTest(service=service, length=len(token)), Session(ports[service]) as session:
                    session.say(begin)
                    self.assertNotEqual(session.hear(invited), b"")
                    session.say(message + b"\r\n")
                    self.assertNotEqual(session.hear(accepted), b"")


class OddClients(Server):
    """What proves nothing is read; more of it in src/dialogue/harmless.rs."""

    def test_blanks_and_names(self):
        ports = self.start()
        for service, lines, last in [
                ("submissions", b" EHLO  Tims PC \r\nAUTH\tPLAIN  " + PLAIN + b" \r\n\tNOOP \r\nQUIT\t\r\n", b"221"),
                ("submissions", b"HELO printer\r\nAUTH LOGIN\r\ndGlt\r\nc2VjcmV0\r\nEHLO a b\r\nQUIT\r\n", b"221"),
                ("pop3s", b"USER  tim \r\nPASS secret\r\nSTAT \r\n NOOP\r\nLIST\t\r\nQUIT \r\n", b"+OK"),
                ("imaps", b"a  LOGIN\ttim secret \r\nb NOOP \r\n c\tSELECT  INBOX\r\nd LOGOUT \r\n", b"d OK")]:
            with self.subTest(lines), Session(ports[service]) as session:
                session.say(lines)
                answers = session.lines.read().split(b"\r\n")
                self.assertTrue(answers[-2].startswith(last), answers)
                refused = [line for line in answers if line.startswith((b"5", b"-ERR")) or b" BAD " in line]
                self.assertEqual(refused, [])

    def test_a_name_is_only_a_label(self):
        ports = self.start()
        for name in (b"[2001:db8::1]", b"[192.0.2.66]", b"[x:(with,ESMTPSA)]", b"a (b [192.0.2.66]) by evil.example",
                     b"x) with ESMTPS (", b"x; Thu, 1 Jan 1970 00:00:00 +0000", b"\\", b'"', "Дмитрий".encode()):
            with self.subTest(name), Session(ports["submissions"]) as session:
                session.hear(b"220 ")
                answers = session.submit(b"EHLO " + name, b"AUTH PLAIN " + PLAIN, b"MAIL FROM:<a@example.org>",
                                         b"RCPT TO:<b@example.org>", b"DATA", MESSAGE + b".")
                self.assertEqual(answers[-1][:3], "250", answers)
                new = self.file("inbox", "new")
                (stored,) = os.listdir(new)
                with open(os.path.join(new, stored), "rb") as message:
                    field = message.read().split(b"\r\nSubject:")[0].replace(b"\r\n\t", b" ")
                os.unlink(os.path.join(new, stored))
                self.assertEqual(field.count(b"("), field.count(b")"))
                for wrong in (b" by evil", b" with ESMTPS ", b"\\", b'"', b" 1970", b"[x:"):
                    self.assertNotIn(wrong, field)
                by = field.index(b" by ")
                self.assertEqual(field[:by].count(b"["), 2, field)
                if name != b"[192.0.2.66]":
                    self.assertEqual(field[:by].count(b"[127.0.0.1]"), 2, field)


if __name__ == "__main__":
    unittest.main()
