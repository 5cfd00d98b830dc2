"""One mail connection, without its socket. Bytes and time come in by call."""

from __future__ import annotations

import ctypes
from typing import Callable

from . import _abi
from ._abi import Event, Service
from ._calls import Octets
from ._facts import Facts
from ._handle import c_text
from ._library import lib
from .authentication import Authentication
from .config import ClientConfig, ServerConfig
from .errors import MailtlsError, check, error_for
from .policy import Judged
from .target import ServerCertificate, Target

_NEVER = 2**64 - 1


class Connection(Facts, Authentication, Judged, ServerCertificate):
    """One mail connection, from its first byte to the hand-off and through to its end.

    **After every call that changes the connection, take** :meth:`poll_event` **and**
    :meth:`transmit` **in turns until both have nothing, before waiting on the socket.**

    Made by :meth:`server`, :meth:`client` and :meth:`client_to`. ``now`` is a monotonic clock of the caller's, in
    milliseconds. Every method raises :class:`MisuseError` when it is not the time for it, and
    nothing has changed then; :class:`PeerError` tells that the connection is over, with output
    still to be sent. A connection is used by one thread at a time, which is the caller's to
    see to; the library checks it no more than in C.
    """

    @classmethod
    def server(cls, config: ServerConfig, service: Service, now: int) -> Connection:
        """Accepts a connection: the next bytes are a ClientHello."""
        return cls._made(lib.mailtls_server_connection_new, config._c, service, now)

    @classmethod
    def client(
        cls, config: ClientConfig, service: Service, server_name: str, now: int, account: str | None = None
    ) -> Connection:
        """Begins a connection; ``server_name`` is what the certificate must be for. With an
        ``account`` a server that asks for a certificate gets the one that the configuration has
        for exactly this account; without, it gets none."""
        name = c_text(server_name)
        if account is None:
            return cls._made(lib.mailtls_client_connection_new, config._c, service, name, now)
        make = lib.mailtls_client_connection_new_for_account
        return cls._made(make, config._c, service, name, c_text(account), now)

    @classmethod
    def client_to(cls, config: ClientConfig, target: Target, now: int) -> Connection:
        """Begins a connection to a server of which more is known than its name."""
        return cls._made(lib.mailtls_client_connection_new_to, config._c, target._c, now)

    @classmethod
    def _made(cls, make, *arguments) -> Connection:
        pointer = ctypes.POINTER(_abi.HANDLES["mailtls_connection"])()
        check(make(*arguments, ctypes.byref(pointer)))
        return cls(pointer, lib.mailtls_connection_free)

    # ---- input ----

    @property
    def wants_input(self) -> bool:
        """Whether to read from the socket now."""
        return bool(lib.mailtls_connection_wants_input(self._c))

    def handle_input(self, data: bytes, now: int) -> None:
        """Takes bytes that came from the network: all of them, in any chunking."""
        data = bytes(data)
        self._check(lib.mailtls_connection_handle_input(self._c, data, len(data), now))

    def handle_end_of_input(self, now: int) -> None:
        """Notes that the peer has ended its side of the TCP connection, or that it was reset."""
        self._check(lib.mailtls_connection_handle_end_of_input(self._c, now))

    def handle_timeout(self, now: int) -> None:
        """Lets deadlines pass; too early or too often does nothing."""
        self._check(lib.mailtls_connection_handle_timeout(self._c, now))

    # ---- output ----

    def poll_event(self) -> Event:
        """Takes the next event; :attr:`Event.NONE` when there is none."""
        event = ctypes.c_int32()
        self._check(lib.mailtls_connection_poll_event(self._c, ctypes.byref(event)))
        return Event(event.value)

    def poll_transmit(self) -> bytes:
        """A copy of the bytes that wait to be sent."""
        output, length = Octets(), ctypes.c_size_t()
        self._check(lib.mailtls_connection_poll_transmit(self._c, ctypes.byref(output), ctypes.byref(length)))
        return ctypes.string_at(output, length.value) if length.value else b""

    def transmitted(self, count: int) -> None:
        """Notes that the first ``count`` bytes of :meth:`poll_transmit` have been sent."""
        self._check(lib.mailtls_connection_transmitted(self._c, count))

    def transmit(self, send: Callable[[bytes], int]) -> bool:
        """Gives what waits to ``send``, such as ``socket.send``, until all has gone.

        Returns whether anything was sent. What ``send`` raises goes through, BlockingIOError
        excepted, which ends the sending for now.
        """
        any_sent = False
        while data := self.poll_transmit():
            try:
                count = send(data)
            except BlockingIOError:
                break
            self.transmitted(count)
            any_sent = True
        return any_sent

    def poll_timeout(self) -> int | None:
        """When :meth:`handle_timeout` wants to be called; None for never."""
        deadline = ctypes.c_uint64()
        self._check(lib.mailtls_connection_poll_timeout(self._c, ctypes.byref(deadline)))
        return None if deadline.value == _NEVER else deadline.value

    # ---- commands ----

    def log_out(self, now: int) -> None:
        """Client: says LOGOUT or QUIT instead of authenticating; the connection closes then."""
        self._check(lib.mailtls_connection_log_out(self._c, now))

    @property
    def readable(self) -> int:
        """How many plaintext bytes :meth:`read` would give now."""
        return lib.mailtls_connection_readable(self._c)

    def read(self, most: int = 65536) -> bytes:
        """Plaintext of the peer, at most ``most`` bytes; empty when there is nothing now."""
        buffer = bytearray(min(most, self.readable) or min(most, 1))
        return bytes(buffer[: self.read_into(buffer)])

    def read_into(self, buffer) -> int:
        """Moves plaintext to a writable buffer; returns how much."""
        with memoryview(buffer).cast("B") as view:
            capacity, moved = len(view), ctypes.c_size_t()
            place = (ctypes.c_uint8 * capacity).from_buffer(view) if capacity else None
            try:
                code = lib.mailtls_connection_read(self._c, place, capacity, ctypes.byref(moved))
            finally:
                # Until it is gone the view cannot be released.
                del place
        self._check(code)
        return moved.value

    def write(self, plaintext: bytes) -> int:
        """Takes plaintext for the peer; returns how much of it. Less than all means that output
        must be sent first (:meth:`transmit`), and the rest given again:
        :meth:`blocking.Stream.write` does so."""
        plaintext, taken = bytes(plaintext), ctypes.c_size_t()
        self._check(
            lib.mailtls_connection_write(self._c, plaintext, len(plaintext), ctypes.byref(taken))
        )
        return taken.value

    def close(self, now: int) -> None:
        """Takes leave: close_notify goes out, and :attr:`Event.CLOSED` follows when the peer has
        answered or did not in time. :meth:`free` gives the memory back."""
        self._check(lib.mailtls_connection_close(self._c, now))

    # ---- facts ----

    @property
    def error(self) -> MailtlsError | None:
        """The error that ended the connection, if one did."""
        code = lib.mailtls_connection_error(self._c)
        return error_for(code, self.reason) if code else None

    @property
    def reason(self) -> str | None:
        """One line for the log about the error that ended the connection."""
        return self._text("reason")

    @property
    def service(self) -> Service:
        """The service this is a connection to."""
        return Service(lib.mailtls_connection_service(self._c))
