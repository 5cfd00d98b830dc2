#!/usr/bin/env python3
"""Shows the example server and client at work: `make demo`.

Starts the server on loopback with throwaway certificates, sends a message by submissions with
the C client, reads it back by imaps and pop3s with Python's own clients, logs in with the C
client on each, by password and by certificate, and tries what must fail. Prints a table; ends
with 0 when all went as expected.
"""

import argparse
import imaplib
import json
import os
import poplib
import shlex
import signal
import ssl
import subprocess
import sys
import tempfile
import time

HOST = "localhost"
SERVICES = ("imaps", "pop3s", "submissions")
USER, PASSWORD = "tim", "tanstaaftanstaaf"
SUBJECT = "a message on its way round"
MESSAGE = (
    "From: Tim <tim@example.org>\r\n"
    "To: Ann <ann@example.org>\r\n"
    f"Subject: {SUBJECT}\r\n"
    "Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n"
    "Message-ID: <demo@example.org>\r\n"
    "\r\n"
    "Cleartext considered obsolete.\r\n"
    ".a line that begins with a dot\r\n"
).encode()


class Failed(Exception):
    """What did not go as it must."""


def expect(condition, what):
    if not condition:
        raise Failed(what)


class Server:
    """The example server: `ports` by service; `stop` ends it by its own process id."""

    def __init__(self, directory, options):
        users, maildir, client_map = (os.path.join(directory, name)
                                      for name in ("users", "inbox", "client-map"))
        for name in (".", "cur", "new", "tmp"):
            os.makedirs(os.path.join(maildir, name), exist_ok=True)
        with open(users, "w", encoding="utf-8") as out:
            out.write(f"{USER}:{PASSWORD}\n")
        with open(client_map, "w", encoding="utf-8") as out:
            out.write(f"CN={USER} {USER} preauth\n")
        self.log = open(os.path.join(directory, "log"), "w+", encoding="utf-8")
        arguments = [*options.under, os.path.join(options.examples, options.server)]
        for service in SERVICES:
            arguments += ["--listen", f"{service}=127.0.0.1:0"]
        arguments += ["--cert", os.path.join(options.certificates, "server.pem")]
        arguments += ["--key", os.path.join(options.certificates, "server.key")]
        arguments += ["--client-ca", os.path.join(options.certificates, "client-ca.pem")]
        arguments += ["--client-map", client_map]
        arguments += ["--users", users, "--maildir", maildir, "--host-name", HOST]
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.ports = {}

    def await_ready(self):
        for line in self.process.stdout:
            words = line.split()
            if words == ["ready"]:
                expect(set(self.ports) == set(SERVICES), "the server does not listen to all services")
                return
            if words[:1] == ["listening"]:
                self.ports[words[1]] = int(words[2].rsplit(":", 1)[1])
        raise Failed("the server did not start")

    def stop(self):
        """Returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed("the server does not end when told to") from None
        finally:
            self.process.stdout.close()

    def print_log(self):
        self.log.seek(0)
        sys.stderr.write("--- the server's log\n" + self.log.read())


class Demo:
    """The steps, and the rows of the table."""

    def __init__(self, server, directory, options):
        self.server = server
        self.options = options
        self.rows = [("service", "TLS", "cipher suite", "group", "client", "what", "log-in", "result")]
        self.message = os.path.join(directory, "message")
        with open(self.message, "wb") as out:
            out.write(MESSAGE)
        self.sent_by = None  # the TLS that the message was sent over
        self.trace = ""      # the field that the server has put before it
        self.ca = os.path.join(options.certificates, "ca.pem")
        self.context = ssl.create_default_context(cafile=self.ca)

    def by_password(self, password=PASSWORD):
        return "--user", USER, "--password", password

    def by_certificate(self, stem="client"):
        stem = os.path.join(self.options.certificates, stem)
        return "--client-cert", stem + ".pem", "--client-key", stem + ".key"

    def client(self, service, *more, host=HOST, ca=None):
        """Runs the C client; returns its exit status and the object it printed."""
        done = subprocess.run(
            [*self.options.under, os.path.join(self.options.examples, "client"), service, host,
             str(self.server.ports[service]), "--connect", "127.0.0.1", "--ca", ca or self.ca,
             "--json", "--timeout", "60", *more],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=120, check=False)
        expect(done.returncode in (0, 1), f"the C client ended with status {done.returncode}")
        return done.returncode, json.loads(done.stdout)

    def note(self, service, tls, who, what, log_in, result):
        tls = tls or {}
        self.rows.append((service, tls.get("version") or "-", tls.get("cipher_suite") or "-",
                          tls.get("group") or "-", who, what, log_in or "-", result))

    def succeed(self, service, what, state, log_in, *more):
        """`log_in` is the mechanism that must be chosen."""
        status, said = self.client(service, *more)
        expect(status == 0 and said["state"] == state, f"C client, {service}: {said}")
        used = said["mechanism"] or "PREAUTH"
        expect(used == log_in, f"C client, {service}: {used} was used, not {log_in}")
        self.note(service, said["tls"], "C client", what, used, said["state"])
        return said["tls"]

    def fail(self, service, what, *more, **wrong):
        status, said = self.client(service, *more, **wrong)
        expect(status == 1 and not said["authenticated"], f"C client, {service}, {what}: {said}")
        self.note(service, said["tls"], "C client", what, said["mechanism"],
                  said["error"]["reason"])

    def note_python(self, service, who, sock, log_in, result):
        # Python tells OpenSSL's names; with TLS 1.3 they are IANA's. It does not tell the group.
        name, version, _ = sock.cipher()
        self.note(service, {"version": sock.version() or version, "cipher_suite": name}, who,
                  "fetch the message", log_in, result)

    def check(self, received, who):
        expect(received.endswith(MESSAGE), f"{who} read another message: {received!r}")
        # RFC 5321 section 4.4, RFC 8314 section 4.3: the server says how the message came to it.
        trace = received[:-len(MESSAGE)]
        expect(trace.startswith(b"Received: from "), f"no trace: {trace!r}")
        field = b" ".join(trace.split())
        suite = self.sent_by["cipher_suite"].encode()
        for part in (b" by localhost ", b" with ESMTPSA ", b" for <ann@example.org> ",
                     b" tls " + suite + b" "):
            expect(part in field, f"{who}: the trace is without{part.decode()}: {field!r}")
        self.trace = trace.decode().replace("\r\n", "\n")

    def read_by_imap(self):
        with imaplib.IMAP4_SSL(HOST, self.server.ports["imaps"], ssl_context=self.context,
                               timeout=60) as imap:
            imap.login(USER, PASSWORD)
            imap.select("INBOX", readonly=True)
            _, found = imap.search(None, "SUBJECT", f'"{SUBJECT}"')
            expect(len(found[0].split()) == 1, f"imaplib found {found}")
            _, parts = imap.fetch(found[0].decode(), "(BODY.PEEK[])")
            self.check(parts[0][1], "imaplib")
            self.note_python("imaps", "imaplib", imap.socket(), "LOGIN", "as sent, with trace")

    def read_by_pop3(self):
        pop3 = poplib.POP3_SSL(HOST, self.server.ports["pop3s"], context=self.context, timeout=60)
        pop3.user(USER)
        pop3.pass_(PASSWORD)
        count, _ = pop3.stat()
        expect(count == 1, f"poplib found {count} messages")
        _, lines, _ = pop3.retr(1)
        self.check(b"\r\n".join(lines) + b"\r\n", "poplib")
        self.note_python("pop3s", "poplib", pop3.sock, "USER, PASS", "as sent, with trace")
        pop3.quit()

    def run(self):
        best = "SCRAM-SHA-256-PLUS"
        self.sent_by = self.succeed("submissions", "send a message", "sent", best,
                                    *self.by_password(), "--send", self.message,
                                    "--from", "tim@example.org", "--to", "ann@example.org")
        self.read_by_imap()
        self.read_by_pop3()
        self.succeed("imaps", "log in", "authenticated", best, *self.by_password())
        self.succeed("pop3s", "log in", "authenticated", best, *self.by_password())
        for service, log_in in zip(SERVICES, ("PREAUTH", "EXTERNAL", "EXTERNAL")):
            self.succeed(service, "log in by certificate", "authenticated", log_in,
                         *self.by_certificate())
        for service in SERVICES:
            self.fail(service, "log in, wrong password", *self.by_password("guessed"))
        self.fail("imaps", "certificate of another authority", *self.by_certificate("client-other"))
        self.fail("imaps", "expired certificate", *self.by_certificate("client-expired"))
        self.fail("imaps", "server of another name", *self.by_password(), host="other.example")
        self.fail("imaps", "authority not trusted", *self.by_password(),
                  ca=os.path.join(self.options.certificates, "other-ca.pem"))

    def print_table(self):
        widths = [max(map(len, column)) for column in zip(*self.rows)]
        rule = tuple("-" * width for width in widths)
        for row in (self.rows[0], rule, *self.rows[1:]):
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def options_of_the_command_line():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--examples", default="target/examples-c", help="directory of both programs")
    parser.add_argument("--server", default="server", help="name of the server's program")
    parser.add_argument("--certificates", default="target/certificates",
                        help="directory that make-certificates wrote")
    parser.add_argument("--under", default="", type=shlex.split, metavar="COMMAND",
                        help="runs both programs under this command")
    return parser.parse_args()


def main():
    options = options_of_the_command_line()
    start = time.monotonic()
    status = 1
    with tempfile.TemporaryDirectory(prefix="mailtls-demo-") as directory:
        server = Server(directory, options)
        try:
            server.await_ready()
            demo = Demo(server, directory, options)
            demo.run()
            demo.print_table()
            print("\nThe trace of the message:\n" + demo.trace)
            ended = server.stop()
            expect(ended == 0, f"the server ended with status {ended}")
            print(f"demo: all as expected, in {time.monotonic() - start:.1f} s")
            status = 0
        except (Failed, OSError, ValueError, imaplib.IMAP4.error, poplib.error_proto,
                subprocess.TimeoutExpired) as failure:
            print(f"demo: failed: {failure}", file=sys.stderr)
            server.print_log()
        finally:
            server.stop()
            server.log.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
