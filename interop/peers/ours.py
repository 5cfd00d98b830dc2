"""Our own example programs: the C client and the C server."""

import json
import os
import select
import subprocess
import time

from .process import PATIENCE, PeerError, Process

USER, PASSWORD = "tim", "tanstaaf tanstaaf"
HOST = "mail.example.test"
IMPLICIT = ("imaps", "pop3s", "submissions")
STARTTLS = ("imap", "pop3", "submission")
SERVICES = IMPLICIT + STARTTLS

# One message for all: lines that begin with dots, 8-bit text, a line near SMTP's limit, an empty
# last line.
MESSAGE = "\r\n".join([
    "From: Tim <tim@example.test>",
    "To: Ann <ann@example.test>",
    "Subject: dots and more",
    "Date: Mon, 23 Nov 2026 12:00:00 +0000",
    "Message-ID: <dots@example.test>",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    ".",
    "..",
    ".one dot",
    "Grüße, naïve café",
    "x" * 990,
    "From the start of a line",
    "",
]).encode() + b"\r\n"


def program(name):
    """Where the example program is: MAILTLS_CLIENT, MAILTLS_SERVER or MAILTLS_RECEIVED."""
    path = os.environ.get(f"MAILTLS_{name.upper()}", f"target/examples-c/{name}")
    if not os.access(path, os.X_OK):
        raise PeerError(f"{path} is not there: build the C examples first")
    return path


class ClientRun:
    """One run of the client: `status`, and the object that it printed."""

    def __init__(self, service, port, *options, host=HOST, password=PASSWORD):
        done = subprocess.run(
            [program("client"), service, host, str(port), "--connect", "127.0.0.1", "--json",
             "--timeout", "20", *options],
            env={**os.environ, "MAILTLS_PASSWORD": password}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.status = done.returncode
        self.output = done.stdout
        self.object = json.loads(done.stdout)

    def __getattr__(self, name):
        return self.object[name]

    def __str__(self):
        return f"status {self.status}: {self.output.decode()}"


class Server(Process):
    """The C server, listening; `ports` maps service names to ports, `maildir` is the INBOX. What
    it needs is below `directory`."""

    def __init__(self, directory, certificate, *options, services=SERVICES):
        self.maildir = os.path.join(directory, "inbox")
        for name in ("", "new", "cur", "tmp"):
            os.mkdir(os.path.join(self.maildir, name))
        users = os.path.join(directory, "users")
        with open(users, "w") as out:
            out.write(f"# for the tests\n{USER}:{PASSWORD}\n")
        listeners = [word for name in services
                     for word in ("--listen", f"{name}=127.0.0.1:0")]
        self.arguments = [program("server"), *listeners, "--cert", certificate.chain, "--key",
                          certificate.key, "--users", users, "--maildir", self.maildir, *options]
        self.log = os.path.join(directory, "log")
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL,
                                          stdout=subprocess.PIPE, stderr=log,
                                          start_new_session=True)
        self.ports = {}
        try:
            self._read_ports()
        except BaseException:  # also when we are told to end
            self.stop()
            raise

    def _read_ports(self):
        """Reads `listening SERVICE ADDR:PORT` lines up to `ready`."""
        end, text = time.monotonic() + PATIENCE, b""
        while not text.endswith(b"ready\n"):
            left = end - time.monotonic()
            ready, _, _ = select.select([self.child.stdout], [], [], max(left, 0))
            more = os.read(self.child.stdout.fileno(), 4096) if ready else b""
            if not more:
                raise PeerError(f"the server does not get ready:\n{self.log_text()}")
            text += more
        for line in text.decode().splitlines()[:-1]:
            _, service, address = line.split()
            self.ports[service] = int(address.rsplit(":", 1)[1])

    def stop(self):
        status = super().stop()
        self.child.stdout.close()
        return status
