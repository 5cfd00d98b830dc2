"""One mail connection: no socket, no clock. Bytes and time come in by call."""

from __future__ import annotations

import ctypes
from typing import Callable, NamedTuple

from . import _abi
from ._abi import ErrorCode, Event, GreetingStatus, Rejection, Service
from ._handle import Handle, c_text, from_c
from ._library import lib
from .config import ClientConfig, ServerConfig
from .errors import MailtlsError, check, error_for

_NEVER = 2**64 - 1
_Octets = ctypes.POINTER(ctypes.c_uint8)


class Greeting(NamedTuple):
    """A server's greeting. ``text`` and ``code`` are its own words and prove nothing."""

    status: GreetingStatus
    text: str
    code: str | None


class Refusal(NamedTuple):
    """A server's answer to credentials that it did not accept."""

    code: str | None
    text: str
    temporary: bool


class Credentials:
    """What a client wants to authenticate with. The password is never shown by ``repr``.

    ``password`` is a bytearray, a copy that :meth:`wipe` overwrites. ``mechanism`` is "" for
    the protocol's own password command; ``authorization_identity`` is "" when it is ``user``.
    """

    __slots__ = ("authorization_identity", "mechanism", "password", "user")

    def __init__(self, mechanism: str, user: str, authorization_identity: str, password: bytearray):
        self.mechanism = mechanism
        self.user = user
        self.authorization_identity = authorization_identity
        self.password = password

    def wipe(self) -> None:
        """Overwrites the password."""
        self.password[:] = bytes(len(self.password))

    def __repr__(self):
        return f"Credentials(mechanism={self.mechanism!r}, user={self.user!r}, password=...)"


class Connection(Handle):
    """One mail connection, from its first byte to the hand-off and through to its end.

    **After every call that changes the connection, take** :meth:`poll_event` **and**
    :meth:`transmit` **in turns until both have nothing, before waiting on the socket.**

    Made by :meth:`server` and :meth:`client`. ``now`` is a monotonic clock of the caller's, in
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
    def client(cls, config: ClientConfig, service: Service, server_name: str, now: int) -> Connection:
        """Begins a connection; ``server_name`` is what the certificate must be for."""
        return cls._made(lib.mailtls_client_connection_new, config._c, service, c_text(server_name), now)

    @classmethod
    def _made(cls, make, *arguments) -> Connection:
        pointer = ctypes.POINTER(_abi.HANDLES["mailtls_connection"])()
        check(make(*arguments, ctypes.byref(pointer)))
        return cls(pointer, lib.mailtls_connection_free)

    def _check(self, code: int) -> None:
        if code != 0:
            raise error_for(code, self.reason if lib.mailtls_error_is_fatal(code) else None)

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
        output, length = _Octets(), ctypes.c_size_t()
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

    def accept(self, now: int) -> None:
        """Server: accepts the credentials of :attr:`Event.CREDENTIALS`."""
        self._check(lib.mailtls_connection_accept(self._c, now))

    def reject(self, why: Rejection, now: int) -> None:
        """Server: rejects the credentials of :attr:`Event.CREDENTIALS`."""
        self._check(lib.mailtls_connection_reject(self._c, why, now))

    def authenticate(self, user: str, password: bytes | str, now: int, mechanism: str | None = None) -> None:
        """Client: authenticates. ``mechanism`` None is the best that the server offers, "" the
        protocol's own password command."""
        secret = password.encode() if isinstance(password, str) else bytes(password)
        chosen = None if mechanism is None else c_text(mechanism)
        self._check(
            lib.mailtls_connection_authenticate(self._c, chosen, c_text(user), secret, len(secret), now)
        )

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
        must be sent first."""
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

    @property
    def credentials(self) -> Credentials | None:
        """Server: what there is to decide on after :attr:`Event.CREDENTIALS`."""
        place, length = _Octets(), ctypes.c_size_t()
        code = lib.mailtls_connection_credentials_password(
            self._c, ctypes.byref(place), ctypes.byref(length)
        )
        if code == ErrorCode.WRONG_STATE:
            return None
        self._check(code)
        # Straight into a bytearray: no copy that cannot be wiped.
        octets = ctypes.POINTER(ctypes.c_uint8 * length.value)
        password = bytearray(ctypes.cast(place, octets).contents if length.value else b"")
        mechanism, user = self._text("credentials_mechanism"), self._text("credentials_user")
        identity = self._text("credentials_authorization_identity")
        return Credentials(mechanism or "", user or "", identity or "", password)

    @property
    def client_name(self) -> str | None:
        """Server: the name the client gave in EHLO or HELO."""
        return self._text("client_name")

    @property
    def pop3_utf8(self) -> bool:
        """Server, POP3: whether the client has switched to UTF-8."""
        return bool(lib.mailtls_connection_pop3_utf8(self._c))

    @property
    def greeting(self) -> Greeting | None:
        """Client: the server's greeting."""
        status = GreetingStatus(lib.mailtls_connection_greeting_status(self._c))
        if status == GreetingStatus.NONE:
            return None
        return Greeting(status, self._text("greeting") or "", self._text("greeting_code"))

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Client: what the server has told it can do, a line or word each."""
        return self._texts("capability")

    @property
    def refusal(self) -> Refusal | None:
        """Client: the server's answer to the credentials it refused last."""
        text = self._text("refusal_text")
        if text is None:
            return None
        temporary = bool(lib.mailtls_connection_refusal_temporary(self._c))
        return Refusal(self._text("refusal_code"), text, temporary)

    @property
    def tls_version(self) -> str | None:
        """The TLS version, "TLSv1.3"; None before TLS stands."""
        return self._text("tls_version")

    @property
    def cipher_suite(self) -> str | None:
        """The cipher suite by its IANA name."""
        return self._text("cipher_suite")

    @property
    def cipher_bits(self) -> int:
        """The bits of the cipher's key; 0 before TLS stands."""
        return lib.mailtls_connection_cipher_bits(self._c)

    @property
    def group(self) -> str | None:
        """The key-exchange group by its IANA name."""
        return self._text("group")

    @property
    def alpn(self) -> str | None:
        """The ALPN protocol name both sides agreed on."""
        return self._text("alpn")

    @property
    def resumed(self) -> bool:
        """Whether an earlier TLS session was resumed."""
        return bool(lib.mailtls_connection_resumed(self._c))

    @property
    def alert_sent(self) -> int | None:
        """The number of the last TLS alert sent; 0 is close_notify."""
        return _alert(lib.mailtls_connection_alert_sent(self._c))

    @property
    def alert_received(self) -> int | None:
        """The number of the last TLS alert received; 0 is close_notify."""
        return _alert(lib.mailtls_connection_alert_received(self._c))

    @property
    def peer_certificates(self) -> tuple[bytes, ...]:
        """The certificates the peer has shown, in DER, leaf first."""
        return tuple(
            self._certificate(i) for i in range(lib.mailtls_connection_peer_certificate_count(self._c))
        )

    @property
    def peer_subject(self) -> str | None:
        """The subject of the peer's leaf certificate."""
        return self._text("peer_subject")

    @property
    def peer_issuer(self) -> str | None:
        """The issuer of the peer's leaf certificate."""
        return self._text("peer_issuer")

    @property
    def peer_dns_names(self) -> tuple[str, ...]:
        """The DNS names the peer's leaf certificate is for."""
        return self._texts("peer_dns_name")

    @property
    def peer_validity(self) -> tuple[int, int] | None:
        """From when to when the peer's leaf certificate is valid, in seconds since 1970."""
        start, end = ctypes.c_int64(), ctypes.c_int64()
        code = lib.mailtls_connection_peer_validity(self._c, ctypes.byref(start), ctypes.byref(end))
        if code == ErrorCode.WRONG_STATE:
            return None
        self._check(code)
        return start.value, end.value

    @property
    def peer_sha256(self) -> bytes | None:
        """The SHA-256 of the peer's leaf certificate."""
        fingerprint = (ctypes.c_uint8 * 32)()
        code = lib.mailtls_connection_peer_sha256(self._c, fingerprint)
        if code == ErrorCode.WRONG_STATE:
            return None
        self._check(code)
        return bytes(fingerprint)

    def _text(self, name: str) -> str | None:
        return from_c(getattr(lib, f"mailtls_connection_{name}")(self._c))

    def _texts(self, name: str) -> tuple[str, ...]:
        count = getattr(lib, f"mailtls_connection_{name}_count")(self._c)
        item = getattr(lib, f"mailtls_connection_{name}")
        return tuple(item(self._c, i).decode() for i in range(count))

    def _certificate(self, index: int) -> bytes:
        der, length = _Octets(), ctypes.c_size_t()
        self._check(
            lib.mailtls_connection_peer_certificate(self._c, index, ctypes.byref(der), ctypes.byref(length))
        )
        return ctypes.string_at(der, length.value)


def _alert(number: int) -> int | None:
    return None if number < 0 else number
