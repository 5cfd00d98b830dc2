"""A wire with an ear: passes one TCP connection on and keeps what the client said."""

import re
import socket
import threading

# What may cross in clear: the discovery of capabilities, STARTTLS, and taking leave. A client
# that says anything else in clear has said too much, whatever it is.
ALLOWED = {
    "imap": rb"[A-Za-z0-9]+ (CAPABILITY|STARTTLS|LOGOUT)",
    "pop3": rb"CAPA|STLS|QUIT",
    "submission": rb"EHLO [A-Za-z0-9.:\[\]-]+|STARTTLS|QUIT",
}

HANDSHAKE_RECORD = b"\x16\x03"


def improper(service, said):
    """What of the client's octets should not have crossed in clear; empty when all is well.

    From the first TLS record on nothing is in clear any more."""
    clear = said.split(HANDSHAKE_RECORD, 1)[0]
    if service not in ALLOWED:
        return clear
    return b"".join(line for line in clear.splitlines(keepends=True)
                    if not re.fullmatch(rb"(%s)\r\n" % ALLOWED[service], line))


class Tap:
    """Listens on `port`; `said` holds the client's octets, all of them after stop()."""

    def __init__(self, address, port):
        self._to = (address, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(30)
        self.port = self._listener.getsockname()[1]
        self.said = b""
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        try:
            with self._listener.accept()[0] as client, \
                    socket.create_connection(self._to, 30) as server:
                client.settimeout(30)
                back = threading.Thread(target=self._pass, args=(server, client), daemon=True)
                back.start()
                self._pass(client, server, heard=True)
                back.join()
        except OSError:
            pass  # one of them has gone, which is for the other to notice

    def _pass(self, source, sink, heard=False):
        try:
            while octets := source.recv(65536):
                if heard:
                    self.said += octets
                sink.sendall(octets)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def stop(self):
        self._listener.close()
        self._thread.join(30)
