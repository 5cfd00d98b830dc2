"""What an account asks of its connections: its minimum, the certificates pinned at set-up, and when a
client's own may be shown. It must never know where its servers are found."""

from __future__ import annotations

import ctypes

from . import _abi
from ._abi import Acknowledged, ErrorCode, Lowered, Shortfall, Upgrade
from ._handle import Handle, c_text, from_c
from ._library import lib
from .connection import Connection
from .errors import check, error_for
from .identity import _text
from .tls_facts import TlsFacts, code_point


class Minimum(Handle):
    """The minimum confidentiality level of an account (RFC 8314 section 5). As it is made it is the one
    of new accounts: a validated certificate, TLS 1.2 or later, and a cipher suite that the policy
    accepts.

    A session is a :class:`Connection`, or :class:`TlsFacts` of a TLS library of the program's own, or
    None for one in clear. Used by one thread at a time; a :class:`Target` takes a copy.
    """

    def __init__(self):
        super().__init__(lib.mailtls_minimum_new(), lib.mailtls_minimum_free)

    def lower(self, lowered: Lowered, acknowledged: Acknowledged) -> None:
        """Lowers it. ``acknowledged`` is given only when the user has been told so and agrees; a question
        that comes when a connection has just failed is no acknowledgement."""
        self._check(lib.mailtls_minimum_lower(self._c, lowered, acknowledged))

    def indicator(self, session: Connection | TlsFacts | None) -> Shortfall:
        """What may be shown of a session: only for :attr:`Shortfall.NONE` may it be shown as
        confidential, by a lock or however."""
        return Shortfall(self._told(lib.mailtls_minimum_indicator, session))

    def permits(self, session: Connection | TlsFacts | None) -> Shortfall:
        """:attr:`Shortfall.NONE` if anything but finding out the server's capabilities and STARTTLS may
        be done in a session."""
        return Shortfall(self._told(lib.mailtls_minimum_permits, session))

    def upgrade(self, session: Connection | TlsFacts | None, starttls_offered: bool = False) -> Upgrade:
        """What has become possible for an account whose minimum is lowered; ``starttls_offered`` is of a
        session in clear."""
        return Upgrade(self._told(lib.mailtls_minimum_upgrade, session, bool(starttls_offered)))

    @property
    def reason(self) -> str | None:
        """One line about the last shortfall that was told."""
        return from_c(lib.mailtls_minimum_reason(self._c))

    def _told(self, function, session, *arguments) -> int:
        facts = TlsFacts.of(session) if isinstance(session, Connection) else session
        told = ctypes.c_int32()
        pointer = None if facts is None else facts._c
        self._check(function(self._c, pointer, *arguments, ctypes.byref(told)))
        return told.value

    def _check(self, code: int) -> None:
        if code != 0:
            raise error_for(code, self.reason)


class PinStore(Handle):
    """All certificates that the user has pinned at set-up, for one account and host each (RFC 8314
    section 5.4). ``str()`` writes the text that :meth:`read` reads; ``len()`` counts the pins.

    The text needs the protection of a password: who can change it can pin what they like. Used by one
    thread at a time.
    """

    def __init__(self, text: str | bytes = ""):
        super().__init__(lib.mailtls_pin_store_new(), lib.mailtls_pin_store_free)
        if text:
            self.read(text)

    def read(self, text: str | bytes) -> None:
        """Takes the pins of a text in the place of those that are there. With a text that is wrong
        nothing has changed."""
        text = text.encode() if isinstance(text, str) else bytes(text)
        self._check(lib.mailtls_pin_store_read(self._c, text, len(text)))

    def lookup(self, account: str, host: str) -> bytes | None:
        """The SHA-256 of the certificate that is pinned for exactly this account and host. Asked for
        each connection anew, a removal takes effect on the next one."""
        sha256 = (ctypes.c_uint8 * 32)()
        code = lib.mailtls_pin_store_lookup(self._c, c_text(account), c_text(host), sha256)
        if code == ErrorCode.WRONG_STATE:
            return None
        check(code)
        return bytes(sha256)

    def remove(self, account: str, host: str) -> bool:
        """Removes the pin for an account and host; False when there is none."""
        code = lib.mailtls_pin_store_remove(self._c, c_text(account), c_text(host))
        if code == ErrorCode.WRONG_STATE:
            return False
        self._check(code)
        return True

    def remove_account(self, account: str) -> None:
        """Removes all pins of an account, which is being deleted."""
        self._check(lib.mailtls_pin_store_remove_account(self._c, c_text(account)))

    def __len__(self) -> int:
        return lib.mailtls_pin_store_count(self._c)

    def __bool__(self) -> bool:
        # A store is one also without pins.
        return True

    def __str__(self) -> str:
        return _text(lib.mailtls_pin_store_write, self._c)

    def _check(self, code: int) -> None:
        if code != 0:
            raise error_for(code, from_c(lib.mailtls_pin_store_reason(self._c)))


class AccountSetup(Handle):
    """An account that is being set up, by the program's own name for it: only now can certificates be
    pinned, and none for an account that exists (RFC 8314 section 5.4).

    :meth:`Connection.pin_server_certificate` pins the one of a connection. Used by one thread at a time.
    """

    def __init__(self, account: str):
        setup = ctypes.POINTER(_abi.HANDLES["mailtls_account_setup"])()
        check(lib.mailtls_account_setup_new(c_text(account), ctypes.byref(setup)))
        super().__init__(setup, lib.mailtls_account_setup_free)

    def pin(self, host: str, der: bytes) -> None:
        """Pins a server's own certificate, in DER, which the user has looked at and accepted for this
        host: for programs with a TLS library of their own."""
        self._check(lib.mailtls_account_setup_pin(self._c, c_text(host), der, len(der)))

    def finish(self, store: PinStore) -> None:
        """Ends the set-up: the store has the pins, and the account exists. It has ended also when the
        store has not taken them, and is as it was then."""
        self._check(lib.mailtls_account_setup_finish(self._c, store._c))

    def _check(self, code: int) -> None:
        if code != 0:
            raise error_for(code, from_c(lib.mailtls_account_setup_reason(self._c)))


def client_certificate_exposed(version: int) -> bool:
    """Whether everybody on the path sees a client's certificate, and with it who the user is, under
    this TLS version (0x0303 is TLS 1.2). Ask before the first connection, with the lowest version that
    is offered: that is what to tell the user."""
    return bool(lib.mailtls_client_certificate_exposed(code_point(version)))


def client_certificate_may_be_sent(
    authorised_for: str | None, account: str, *, server_asked: bool, version: int, tls13_only: bool = False
) -> bool:
    """Whether a client's certificate may be sent: the server asked for one, and the user has authorised
    this one for this account (RFC 8314 section 5.5). For programs with a TLS library of their own; with
    mailtls's it is done."""
    owner = None if authorised_for is None else c_text(authorised_for)
    may = lib.mailtls_client_certificate_may_be_sent
    return bool(may(owner, c_text(account), bool(server_asked), code_point(version), bool(tls13_only)))
