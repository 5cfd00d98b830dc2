"""What the tests share: certificates, connections in memory, and a mail server in a thread."""

import io
import os
import queue
import socket
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "python"))

import mailtls  # noqa: E402
from mailtls import Event, Service, blocking  # noqa: E402

if "MAILTLS_CERTIFICATES" not in os.environ:
    raise RuntimeError("set MAILTLS_CERTIFICATES to a directory that make-certificates wrote")
CERTIFICATES = Path(os.environ["MAILTLS_CERTIFICATES"])
CA, CHAIN, KEY, OTHER_CA = (
    CERTIFICATES / name for name in ("ca.pem", "server.pem", "server.key", "other-ca.pem")
)
CLIENT_CA = CERTIFICATES / "client-ca.pem"

NAME = "mail.example"
USER, PASSWORD = "tim", "tanstaaftanstaaf"
STARTTLS = (Service.IMAP, Service.POP3, Service.SUBMISSION)
IMPLICIT_TLS = (Service.IMAPS, Service.POP3S, Service.SUBMISSIONS)


def server_config(**settings):
    settings.setdefault("host_name", NAME)
    return mailtls.ServerConfig(certificate_files=(CHAIN, KEY), **settings)


def bare_server_config(**settings):
    """A server without a certificate, and so without STARTTLS."""
    return mailtls.ServerConfig(host_name=NAME, **settings)


def client_config(**settings):
    return mailtls.ClientConfig(ca_file=CA, **settings)


def own_certificate(stem="client"):
    """The files of a client's certificate."""
    return CERTIFICATES / f"{stem}.pem", CERTIFICATES / f"{stem}.key"


def with_certificate(stem="client", account=USER, **settings):
    """A client with a certificate for one account."""
    return client_config(client_certificates={account: own_certificate(stem)}, **settings)


def is_right(credentials):
    return credentials.user == USER and credentials.password == PASSWORD.encode()


def pair(service=Service.IMAPS, server_name=NAME, server=None, client=None, account=None):
    """A server's and a client's connection, at time 0."""
    return (
        mailtls.Connection.server(server or server_config(), service, 0),
        mailtls.Connection.client(client or client_config(), service, server_name, 0, account),
    )


def exchange(one, other, now=0):
    """Carries bytes between two connections until neither has any; returns both sides' events.

    It stops at an event on which a host has to act. Event.CLIENT_HELLO and
    Event.SERVER_MESSAGE have tests of their own."""
    events = {one: [], other: []}
    moved = True
    while moved:
        moved = False
        for here, there in ((one, other), (other, one)):
            while (event := here.poll_event()) != Event.NONE:
                if event not in (Event.CLIENT_HELLO, Event.SERVER_MESSAGE):
                    events[here].append(event)
            data = here.poll_transmit()
            if data:
                here.transmitted(len(data))
                moved = True
                try:
                    there.handle_input(data, now)
                except mailtls.PeerError:
                    # It is what Event.CLOSED and the error property tell.
                    pass
    return events[one], events[other]


class MailServer:
    """Serves one client after the other in a thread. ``outcomes`` gets, for each, the facts of
    its connection, None for one that left, or the exception it ended with."""

    def __init__(self, service, authenticate=is_right, config=None, hooks=None, **settings):
        self.service = service
        self.outcomes = queue.Queue()
        self._authenticate, self._hooks = authenticate, hooks or {}
        self._config = config or server_config(**settings)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._stopped = False

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        # Accept returns only to a connection.
        self._stopped = True
        socket.create_connection(self.address).close()
        self._thread.join(10)
        self._listener.close()
        assert not self._thread.is_alive(), "the server does not end"

    def _run(self):
        while True:
            sock, _ = self._listener.accept()
            if self._stopped:
                sock.close()
                return
            try:
                self.outcomes.put(self._serve(sock))
            except Exception as error:
                self.outcomes.put(error)

    def _serve(self, sock):
        stream = blocking.serve(
            sock, self._config, self.service, self._authenticate, timeout=5, **self._hooks
        )
        if stream is None:
            return None
        with stream:
            facts = (stream.connection.tls_version, stream.connection.alpn)
            session = {
                Service.IMAPS: imap_session,
                Service.IMAP: imap_session,
                Service.POP3S: pop3_session,
                Service.POP3: pop3_session,
                Service.SUBMISSIONS: smtp_session,
                Service.SUBMISSION: smtp_session,
            }[self.service]
            session(io.BufferedReader(stream), lambda text: stream.write(text.encode() + b"\r\n"))
        return facts


def imap_session(lines, say):
    """As much of the authenticated state as the tests need."""
    for line in lines:
        tag, command = line.decode().split(maxsplit=1)
        if command.strip().upper() == "LOGOUT":
            say("* BYE")
            say(f"{tag} OK done")
            return
        if command.upper().startswith("SELECT"):
            say("* 3 EXISTS")
        if command.upper().startswith("CAPABILITY"):
            say("* CAPABILITY IMAP4rev1")
        say(f"{tag} OK done")


def pop3_session(lines, say):
    """As much of the TRANSACTION state as the tests need."""
    for line in lines:
        command = line.decode().strip().upper()
        say("+OK 2 320" if command == "STAT" else "+OK")
        if command == "QUIT":
            return


def smtp_session(lines, say):
    """As much of a mail transaction as the tests need."""
    for line in lines:
        command = line.decode().strip().upper()
        if command == "DATA":
            say("354 go on")
            for text in lines:
                if text == b".\r\n":
                    break
            say("250 2.0.0 taken")
        elif command == "QUIT":
            say("221 2.0.0 bye")
            return
        else:
            say("250 2.0.0 OK")
