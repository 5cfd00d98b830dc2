"""A milter of ours: a filter beside a mail server, which lets everything pass and keeps the macros it
got. It speaks as much of the milter protocol as that takes."""

import socket
import struct
import threading

from .process import PATIENCE

# The commands, and our answer.
NEGOTIATE, MACRO, HELO, ABORT, QUIT, QUIT_NEW_CONNECTION = b"O", b"D", b"H", b"A", b"Q", b"K"
CONTINUE = b"c"
# It may say which macros it wants with HELO. Version 6 of the protocol, with all of its steps.
SET_MACROS, AT_HELO, VERSION = 0x100, 1, 6

# All that is about TLS in either dialect; no server has all.
NAMES = ("{tls_version}", "{cipher}", "{cipher_bits}", "{alg_bits}", "{verify}", "{cert_subject}",
         "{cert_issuer}", "{cn_subject}", "{cn_issuer}", "{cert_md5}", "{cert_fp}")


class Milter:
    """Listens at `port`."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._done = threading.Condition()
        self._told = []
        threading.Thread(target=self._accept, daemon=True).start()

    def next_told(self):
        """The macros of the last HELO of the next connection that has ended, values by names."""
        with self._done:
            if not self._done.wait_for(lambda: self._told, PATIENCE):
                raise AssertionError("the milter was told nothing")
            return self._told.pop(0)

    def stop(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        macros = {}
        with connection, connection.makefile("rb") as source:
            while (packet := _read(source)) is not None:
                command, data = packet[:1], packet[1:]
                if command == NEGOTIATE:
                    connection.sendall(_packet(NEGOTIATE + _wishes()))
                elif command == MACRO:
                    macros[data[:1]] = macros_of(data[1:])
                elif command in (QUIT, QUIT_NEW_CONNECTION):
                    self._tell(macros.get(HELO))
                    macros = {}
                elif command != ABORT:
                    connection.sendall(_packet(CONTINUE))

    def _tell(self, macros):
        # Somebody who only looks whether the server listens says no HELO.
        if macros is not None:
            with self._done:
                self._told.append(macros)
                self._done.notify_all()


def macros_of(data):
    """Names and values, each with a NUL behind it."""
    parts = data.decode().split("\0")[:-1]
    return dict(zip(parts[::2], parts[1::2]))


def _wishes():
    wanted = struct.pack("!I", AT_HELO) + " ".join(NAMES).encode() + b"\0"
    return struct.pack("!III", VERSION, SET_MACROS, 0) + wanted


def _packet(content):
    return struct.pack("!I", len(content)) + content


def _read(source):
    size = source.read(4)
    if len(size) < 4:
        return None
    return source.read(struct.unpack("!I", size)[0])
