"""Authentication, on both sides: what a server's host is asked and answers, and a client's ways."""

from __future__ import annotations

import ctypes
from typing import Callable, NamedTuple

from ._abi import Means, Rejection
from ._calls import Calls, octets
from ._handle import c_text
from ._library import lib
from .errors import check


class ScramUser(NamedTuple):
    """Who wants to authenticate by SCRAM: what the stored secret is looked up by."""

    mechanism: str
    user: str
    authorization_identity: str


class ScramSecret(NamedTuple):
    """What a server stores of a password for SCRAM (RFC 5802 section 3), once for SCRAM-SHA-1 and
    once for SCRAM-SHA-256. The keys are never shown by ``repr``."""

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes

    @classmethod
    def from_password(
        cls, mechanism: str, password: bytes | str, salt: bytes, iterations: int = 4096
    ) -> ScramSecret:
        """Makes it. ``salt`` is random octets made for this password, 16 are usual. It takes as
        long as so many iterations take."""
        password, salt = octets(password), bytes(salt)
        keys, length = [(ctypes.c_uint8 * 32)() for _ in range(2)], ctypes.c_size_t()
        check(
            lib.mailtls_scram_secret_from_password(
                c_text(mechanism), password, len(password), salt, len(salt), iterations, *keys, 32,
                ctypes.byref(length),
            )
        )
        return cls(salt, iterations, *(bytes(key[: length.value]) for key in keys))

    def __repr__(self):
        return f"ScramSecret(salt={self.salt!r}, iterations={self.iterations}, ...)"


class Response(NamedTuple):
    """What a client says in a mechanism that the host speaks itself; ``data`` is None at the start,
    where the client waits to be asked."""

    mechanism: str
    data: bytes | None

    def __repr__(self):
        return f"Response(mechanism={self.mechanism!r}, ...)"


class Credentials:
    """What a client wants to authenticate with. The password is never shown by ``repr``.

    ``password`` is a bytearray, a copy that :meth:`wipe` overwrites. With OAUTHBEARER and XOAUTH2
    it is the bearer token, with APOP a digest, with SCRAM and EXTERNAL it is empty. ``mechanism`` is
    "" for the protocol's own password command; ``authorization_identity`` is "" when it is ``user``.
    """

    __slots__ = ("_matches", "authorization_identity", "mechanism", "password", "user")

    def __init__(
        self,
        mechanism: str,
        user: str,
        authorization_identity: str,
        password: bytearray,
        matches: Callable[[bytes | str], bool],
    ):
        self._matches = matches
        self.mechanism = mechanism
        self.user = user
        self.authorization_identity = authorization_identity
        self.password = password

    @property
    def proved(self) -> bool:
        """Whether the client has proved already that it is ``user``, by SCRAM or its certificate:
        all there is to decide is whether it may act as ``authorization_identity``."""
        return self.mechanism == "EXTERNAL" or self.mechanism.startswith("SCRAM-")

    def matches(self, password: bytes | str) -> bool:
        """Whether they were made with this password, for the mechanisms that show it or a digest of
        it (APOP). It takes as long for every wrong one. Only until they are accepted or rejected."""
        return self._matches(password)

    def wipe(self) -> None:
        """Overwrites the password."""
        self.password[:] = bytes(len(self.password))

    def __repr__(self):
        return f"Credentials(mechanism={self.mechanism!r}, user={self.user!r}, password=...)"


class Authentication(Calls):
    """The part of a connection that authenticates."""

    # ---- server ----

    def accept(self, now: int) -> None:
        """Server: accepts the credentials of :attr:`Event.CREDENTIALS`, or who has proved itself to
        the host at :attr:`Event.RESPONSE`."""
        self._check(lib.mailtls_connection_accept(self._c, now))

    def reject(self, why: Rejection, now: int) -> None:
        """Server: rejects, at :attr:`Event.CREDENTIALS`, :attr:`Event.SECRET_WANTED` or
        :attr:`Event.RESPONSE`."""
        self._check(lib.mailtls_connection_reject(self._c, why, now))

    @property
    def credentials(self) -> Credentials | None:
        """Server: what there is to decide on after :attr:`Event.CREDENTIALS`."""
        password = self._octets("credentials_password")
        if password is None:
            return None
        mechanism, user, identity = self._who()
        return Credentials(mechanism or "", user or "", identity or "", password, self._match)

    @property
    def scram_user(self) -> ScramUser | None:
        """Server: whose secret is wanted after :attr:`Event.SECRET_WANTED`."""
        mechanism, user, identity = self._who()
        if user is None or self._octets("credentials_password") is not None:
            return None
        return ScramUser(mechanism or "", user, identity or "")

    def scram_secret(self, secret: ScramSecret, now: int) -> None:
        """Server: gives the secret that :attr:`Event.SECRET_WANTED` asks for."""
        salt, stored, server = bytes(secret.salt), bytes(secret.stored_key), bytes(secret.server_key)
        # C takes one length for both.
        length = len(stored) if len(stored) == len(server) else 0
        self._check(
            lib.mailtls_connection_scram_secret(
                self._c, salt, len(salt), secret.iterations, stored, server, length, now
            )
        )

    def scram_password(self, password: bytes | str, now: int) -> None:
        """Server: gives the password of the user of :attr:`Event.SECRET_WANTED` instead, where the
        host keeps passwords."""
        password = octets(password)
        self._check(lib.mailtls_connection_scram_password(self._c, password, len(password), now))

    @property
    def response(self) -> Response | None:
        """Server: what the client says after :attr:`Event.RESPONSE`."""
        present = ctypes.c_int32()
        data = self._octets("response", present)
        if data is None:
            return None
        return Response(self._text("credentials_mechanism") or "", bytes(data) if present.value else None)

    def send_challenge(self, challenge: bytes, now: int) -> None:
        """Server: goes on in a mechanism that the host speaks itself."""
        challenge = bytes(challenge)
        self._check(lib.mailtls_connection_send_challenge(self._c, challenge, len(challenge), now))

    def set_apop_timestamp(self, timestamp: str) -> None:
        """Server, pop3s: offers APOP, with this time stamp in the greeting: "<…@…>", another for
        each connection. Right after :meth:`Connection.server`."""
        self._check(lib.mailtls_connection_set_apop_timestamp(self._c, c_text(timestamp)))

    def accept_certificate(self, identity: str, now: int, preauth: bool = False) -> None:
        """Server: the certificate of :attr:`Event.CLIENT_CERTIFICATE`, which the ``peer`` getters
        show, stands for this user. With ``preauth`` an IMAP client (IMAPS) is authenticated at
        once."""
        self._check(lib.mailtls_connection_accept_certificate(self._c, c_text(identity), preauth, now))

    def refuse_certificate(self, now: int) -> None:
        """Server: the certificate stands for nobody here."""
        self._check(lib.mailtls_connection_refuse_certificate(self._c, now))

    # ---- client ----

    def authenticate(
        self,
        user: str,
        password: bytes | str,
        now: int,
        mechanism: str | None = None,
        authorization_identity: str = "",
    ) -> None:
        """Client: authenticates. ``mechanism`` None is the best that the server offers, "" the
        protocol's own password command. With OAUTHBEARER and XOAUTH2 the password is the token.
        ``authorization_identity`` is another user to act as (PLAIN, SCRAM)."""
        secret = octets(password)
        chosen = None if mechanism is None else c_text(mechanism)
        self._check(
            lib.mailtls_connection_authenticate_as(
                self._c, chosen, c_text(user), c_text(authorization_identity), secret, len(secret), now
            )
        )

    def authenticate_external(self, now: int, authorization_identity: str = "") -> None:
        """Client: authenticates by EXTERNAL, with the certificate that the server has had."""
        self._check(
            lib.mailtls_connection_authenticate_external(self._c, c_text(authorization_identity), now)
        )

    def authenticate_raw(self, mechanism: str, now: int, initial_response: bytes | None = None) -> None:
        """Client: authenticates by a mechanism that the host speaks itself; ``initial_response`` is
        what it says first, None where the server has to."""
        data = None if initial_response is None else bytes(initial_response)
        length = len(data or b"")
        self._check(lib.mailtls_connection_authenticate_raw(self._c, c_text(mechanism), data, length, now))

    def best_mechanism(self, means: Means = Means.PASSWORD, user: str | None = None) -> str | None:
        """Client: the best way to authenticate that the server offers and mailtls has, with what
        there is; None when there is none, or it is not the time. With ``user``, SCRAM is passed over
        for a name that it cannot carry."""
        name = lib.mailtls_connection_best_mechanism(self._c, means, None if user is None else c_text(user))
        return None if name is None else name.decode()

    @property
    def challenge(self) -> bytes | None:
        """Client: what the server says after :attr:`Event.CHALLENGE`."""
        data = self._octets("challenge")
        return None if data is None else bytes(data)

    def respond(self, response: bytes, now: int) -> None:
        """Client: answers :attr:`Event.CHALLENGE`."""
        response = bytes(response)
        self._check(lib.mailtls_connection_respond(self._c, response, len(response), now))

    def cancel(self, now: int) -> None:
        """Client: cancels instead; :attr:`Event.AUTHENTICATION_REFUSED` follows."""
        self._check(lib.mailtls_connection_cancel(self._c, now))

    def _who(self) -> tuple[str | None, str | None, str | None]:
        return (
            self._text("credentials_mechanism"),
            self._text("credentials_user"),
            self._text("credentials_authorization_identity"),
        )

    def _match(self, password: bytes | str) -> bool:
        password, matches = octets(password), ctypes.c_int32()
        self._check(
            lib.mailtls_connection_credentials_match(
                self._c, password, len(password), ctypes.byref(matches)
            )
        )
        return bool(matches.value)
