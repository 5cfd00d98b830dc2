"""A small blocking driver: one connection over one socket, with its deadlines.

It reads the clock and waits; what is said is the connection's. A program with an event loop of
its own drives :class:`mailtls.Connection` itself, in the same way.
"""

from __future__ import annotations

import io
import selectors
import socket
import time
from typing import Callable

from ._abi import ErrorCode, Event, Means, Rejection, Service
from ._facts import Refusal, ServerMessage
from .authentication import Credentials, Response, ScramSecret, ScramUser
from .config import ClientConfig, ServerConfig
from .connection import Connection
from .errors import MisuseError, PeerError

_CHUNK = 65536
#: Seconds that an alert or a last reply may take to be sent.
_LAST_WORDS = 1.0
_TOKEN_MECHANISMS = ("OAUTHBEARER", "XOAUTH2")


class AuthenticationRefused(Exception):
    """The server did not accept the credentials; ``refusal`` is what it said, ``messages`` all that it
    said to people up to then. Those with ``alert`` must be shown to the user."""

    def __init__(self, refusal: Refusal, messages: tuple[ServerMessage, ...] = ()):
        super().__init__(refusal.text)
        self.refusal = refusal
        self.messages = messages


class NotConfidential(Exception):
    """The server has no STARTTLS; nothing was authenticated, and the client has logged out."""

    def __init__(self):
        super().__init__("the server has no STARTTLS")


def now() -> int:
    """The clock of this driver, in milliseconds."""
    return time.monotonic_ns() // 1_000_000


def serve(
    sock: socket.socket,
    config: ServerConfig,
    service: Service,
    authenticate: Callable[[Credentials], bool | Rejection],
    timeout: float | None = None,
    *,
    scram: Callable[[ScramUser], ScramSecret | bytes | str | Rejection | None] | None = None,
    raw: Callable[[Response], bytes | bool | Rejection] | None = None,
    certificate: Callable[[Connection], str | None] | None = None,
    preauth: bool = False,
    apop_timestamp: str | None = None,
) -> Stream | None:
    """Serves a client that has connected, up to the hand-off.

    ``authenticate`` is asked for every attempt and answers True, False, or why it rejects; the
    credentials are wiped afterwards. Where they are ``proved`` (SCRAM, EXTERNAL) it says only
    whether the user may do what it asks for.

    ``scram`` gives the stored secret of a user, or the password, or None for no such user.
    ``raw`` answers a client that speaks one of the ``raw_sasl_mechanisms``: with a challenge, True,
    False, or why it rejects. ``certificate`` says which user the client's certificate stands for,
    None for nobody; with ``preauth`` an IMAP client is authenticated by it at once. What the
    configuration offers without a function for it is rejected. ``apop_timestamp`` offers APOP, on
    pop3s, and must be another for each connection.

    Until the hand-off the deadlines of the configuration hold, from then on ``timeout`` seconds
    for a read or a write.

    Returns the plaintext, or None when the client took its leave before. The socket is taken
    over: it is closed with the stream, at a leave-taking, and when anything is raised.

    :raises PeerError: what the client did wrong, with the last words already sent.
    """

    def begin():
        connection = Connection.server(config, service, now())
        if apop_timestamp is not None:
            connection.set_apop_timestamp(apop_timestamp)
        return connection

    return _drive(sock, begin, timeout, _Server(authenticate, scram, raw, certificate, preauth))


def connect(
    address: tuple[str, int],
    config: ClientConfig,
    service: Service,
    user: str | None = None,
    password: bytes | str = b"",
    *,
    token: bytes | str | None = None,
    certificate: str | None = None,
    authorization_identity: str = "",
    server_name: str | None = None,
    mechanism: str | None = None,
    timeout: float | None = None,
) -> Stream:
    """Connects to a server, checks who it is, and authenticates.

    ``token`` is an OAuth 2.0 bearer token; with it ``user`` may be left out. ``certificate`` is the
    account whose certificate the server gets if it asks for one (``client_certificates`` of the
    configuration). The best that the server offers is chosen, by certificate before token before
    password, unless ``mechanism`` names one, as for :meth:`Connection.authenticate`.
    ``authorization_identity`` is another user to act as.

    ``server_name`` is what the certificate of the server must be for, the host of ``address`` if
    not given. ``timeout`` is for the TCP connection, and for reads and writes after the hand-off;
    in between the deadlines of the configuration hold. A configuration that hands off before
    authentication needs no user.

    :raises PeerError: what the server did wrong, or why it is not trusted.
    :raises MisuseError: when the server does not offer what there is to authenticate with.
    :raises AuthenticationRefused: after it has logged out.
    :raises NotConfidential: the same, where the configuration is opportunistic; otherwise it is
        a PeerError (START_TLS_REFUSED).
    :raises OSError: what the socket says.
    """
    sock = socket.create_connection(address, timeout)
    name = server_name or address[0]
    client = _Client(user, password, token, certificate, authorization_identity, mechanism)
    stream = _drive(
        sock, lambda: Connection.client(config, service, name, now(), certificate), timeout, client
    )
    if stream is None:
        raise client.why_left or PeerError(ErrorCode.CLOSED_EARLY)
    stream.messages = tuple(client.messages)
    return stream


class _Server:
    """What a server does about an event."""

    def __init__(self, authenticate, scram, raw, certificate, preauth):
        self._authenticate, self._scram, self._raw = authenticate, scram, raw
        self._certificate, self._preauth = certificate, preauth

    def __call__(self, connection: Connection, event: Event) -> None:
        if event == Event.CREDENTIALS:
            credentials = connection.credentials
            try:
                verdict = self._authenticate(credentials)
            finally:
                credentials.wipe()
            _answer(connection, verdict)
        elif event == Event.SECRET_WANTED:
            secret = self._scram(connection.scram_user) if self._scram else None
            if isinstance(secret, ScramSecret):
                connection.scram_secret(secret, now())
            elif isinstance(secret, (bytes, str)):
                connection.scram_password(secret, now())
            else:
                _answer(connection, secret)
        elif event == Event.RESPONSE:
            verdict = self._raw(connection.response) if self._raw else False
            if isinstance(verdict, (bytes, bytearray)):
                connection.send_challenge(verdict, now())
            else:
                _answer(connection, verdict)
        elif event == Event.CLIENT_CERTIFICATE:
            identity = self._certificate(connection) if self._certificate else None
            if identity is None:
                connection.refuse_certificate(now())
            else:
                connection.accept_certificate(identity, now(), self._preauth)


def _answer(connection: Connection, verdict: bool | Rejection | None) -> None:
    if verdict is True:
        connection.accept(now())
    else:
        # INVALID_CREDENTIALS is 0, which is also False.
        connection.reject(verdict or Rejection.INVALID_CREDENTIALS, now())


class _Client:
    """What a client does about an event: one attempt, then it logs out."""

    def __init__(self, user, password, token, certificate, authorization_identity, mechanism):
        self._user, self._password, self._token = user, password, token
        self._certificate, self._identity = certificate, authorization_identity
        self._mechanism = mechanism
        self.messages: list[ServerMessage] = []
        self.why_left: AuthenticationRefused | NotConfidential | None = None

    def __call__(self, connection: Connection, event: Event) -> None:
        if event == Event.CAPABILITIES:
            self._log_in(connection)
        elif event == Event.SERVER_MESSAGE:
            self.messages.append(connection.message)
        elif event == Event.AUTHENTICATION_REFUSED:
            self.why_left = AuthenticationRefused(connection.refusal, tuple(self.messages))
            connection.log_out(now())
        elif event == Event.NOT_CONFIDENTIAL:
            self.why_left = NotConfidential()
            connection.log_out(now())

    def _log_in(self, connection: Connection) -> None:
        mechanism, secret = self._choice(connection), self._password
        if mechanism in _TOKEN_MECHANISMS and self._token is not None:
            secret = self._token
        if mechanism == "EXTERNAL":
            connection.authenticate_external(now(), self._identity)
        elif self._user is None and self._token is None:
            connection.log_out(now())
        else:
            connection.authenticate(self._user or "", secret, now(), mechanism, self._identity)

    def _choice(self, connection: Connection) -> str | None:
        """The mechanism to try; None for the best for a password. Where there is only one thing to
        authenticate with it is tried in any case, and the library says that it is not offered."""
        if self._mechanism is not None:
            return self._mechanism.upper()
        if self._certificate is not None:
            if name := connection.best_mechanism(Means.CERTIFICATE):
                return name
        if self._token is not None:
            if name := connection.best_mechanism(Means.TOKEN):
                return name
            return None if self._password else "OAUTHBEARER"
        return "EXTERNAL" if self._certificate is not None and self._user is None else None


def _drive(sock, begin, timeout, react) -> Stream | None:
    """Drives a new connection to its hand-off; None when it ended in order before."""
    try:
        stream = Stream(sock, begin(), timeout)
    except BaseException:
        sock.close()
        raise
    try:
        while (event := stream._step(None)) != Event.HANDED_OFF:
            if event == Event.CLOSED:
                error = stream.connection.error
                stream._abandon()
                if error:
                    raise error
                return None
            stream._try(lambda: react(stream.connection, event))
    except BaseException:
        stream._abandon()
        raise
    return stream


class Stream(io.RawIOBase):
    """The plaintext of a connection that has been handed off, as a raw stream.

    ``read`` gives what has come, at least one byte; ``io.BufferedReader(stream)`` reads lines, and
    closes the stream when it goes away itself. ``write`` sends all it is given, ``send`` what there is
    room for. When nothing moves for ``timeout`` seconds, each raises TimeoutError. A read after the
    peer's close_notify gives nothing, and raises :class:`PeerError` (TRUNCATED) when TCP ended
    without one.
    """

    def __init__(self, sock: socket.socket, connection: Connection, timeout: float | None):
        super().__init__()
        self.connection = connection  #: For the facts about it.
        self.timeout = timeout
        #: What the server said to people up to the hand-off. Alerts must be shown to the user.
        self.messages: tuple[ServerMessage, ...] = ()
        self._sock = sock
        #: No plaintext will follow; and, with _over, nothing at all.
        self._ended = self._over = False
        self._selector = selectors.DefaultSelector()
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ)

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        deadline = self._deadline()
        while not (count := self.connection.read_into(buffer)) and len(buffer) and not self._ended:
            self._step(deadline)
        if not count and (error := self.connection.error):
            raise error
        return count

    def write(self, data) -> int:
        """Sends all of ``data``; returns its length.

        What the peer says meanwhile is taken in, up to the limit ``buffered`` of the configuration,
        and kept for ``read``. A peer that reads nothing before its own words have been read, and says
        more than that, cannot be written to by one thread: read between pieces given to :meth:`send`.

        :raises TimeoutError: when the peer takes nothing for ``timeout`` seconds; part of ``data`` may
            have been sent.
        """
        octets = memoryview(data).cast("B")
        sent = 0
        while sent < len(octets):
            sent += self.send(octets[sent:])
        return sent

    def send(self, data) -> int:
        """Sends what there is room for, at least one byte of ``data``; returns how much. The caller
        gives the rest again.

        :raises TimeoutError: when the peer takes nothing for ``timeout`` seconds.
        """
        # No copy of more than is taken.
        piece = bytes(memoryview(data).cast("B")[:_CHUNK])
        deadline = self._deadline()
        try:
            while not (taken := self.connection.write(piece)) and piece:
                self._turn(deadline)
        except MisuseError:
            raise self.connection.error or BrokenPipeError("the connection is closed") from None
        while self.connection.poll_transmit():
            if self.connection.transmit(self._sock.send) or self._turn(deadline):
                deadline = self._deadline()
        return taken

    def close(self) -> None:
        """Closes in order: close_notify, and the peer's, for which the close deadline waits."""
        if self.closed:
            return
        try:
            deadline = self._deadline()
            self.connection.close(now())
            while not self._over:
                self._step(deadline)
        except OSError:
            # What goes wrong now changes nothing: the socket is closed in any case.
            pass
        finally:
            self._abandon()

    def __del__(self):
        # Unlike close, it waits for nobody.
        if not self.closed:
            self._abandon()

    # ---- what the calls are made of ----

    def _deadline(self) -> int | None:
        return None if self.timeout is None else now() + int(self.timeout * 1000)

    def _step(self, deadline: int | None) -> Event:
        """Takes the next event, or else goes on as far as the socket allows."""
        event = self.connection.poll_event()
        if event in (Event.PEER_CLOSED, Event.CLOSED):
            self._ended = True
        if event == Event.CLOSED:
            self._over = True
            self._send_last_words()
        if event == Event.NONE and not self.connection.transmit(self._sock.send):
            self._turn(deadline)
        return event

    def _turn(self, deadline: int | None) -> bool:
        """Waits for the socket or a deadline, once, and takes in what has come. Gives whether
        anything was sent."""
        connection = self.connection
        interest = selectors.EVENT_READ if connection.wants_input else 0
        if connection.poll_transmit():
            interest |= selectors.EVENT_WRITE
        timed = [at for at in (deadline, connection.poll_timeout()) if at is not None]
        ready = self._select(interest, max(0, min(timed) - now()) / 1000 if timed else None)
        sent = bool(ready & selectors.EVENT_WRITE) and connection.transmit(self._sock.send)
        if ready & selectors.EVENT_READ:
            self._receive()
        self._try(lambda: connection.handle_timeout(now()))
        if not ready and deadline is not None and now() >= deadline:
            raise TimeoutError("the peer takes too long")
        return sent

    def _receive(self) -> None:
        try:
            data = self._sock.recv(_CHUNK)
        except BlockingIOError:
            return
        except ConnectionError:
            # Reset: an end without close_notify, which is the connection's to judge.
            data = b""
        if data:
            self._try(lambda: self.connection.handle_input(data, now()))
        else:
            self._try(lambda: self.connection.handle_end_of_input(now()))

    def _try(self, call: Callable[[], None]) -> None:
        """Makes a call on the connection. The peer's fault is not raised here: what came before
        it is read first, and Event.CLOSED follows."""
        try:
            call()
        except PeerError:
            pass

    def _send_last_words(self) -> None:
        until = now() + int(_LAST_WORDS * 1000)
        try:
            while self.connection.poll_transmit() and now() < until:
                if not self.connection.transmit(self._sock.send):
                    self._select(selectors.EVENT_WRITE, (until - now()) / 1000)
        except OSError:
            # Nobody is there any more to hear them.
            pass

    def _select(self, interest: int, seconds: float | None) -> int:
        """What of the interest is ready."""
        if not interest:
            time.sleep(seconds or 0)
            return 0
        self._selector.modify(self._sock, interest)
        ready = self._selector.select(seconds)
        return ready[0][1] if ready else 0

    def _abandon(self) -> None:
        """Gives everything back at once."""
        super().close()
        self._selector.close()
        self._sock.close()
        self.connection.free()
