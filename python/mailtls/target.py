"""What a client connects to, and what it says of the certificate that it finds there."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, NamedTuple

from . import _abi
from ._abi import Acknowledged, Check, ErrorCode, Service
from ._calls import Calls
from ._handle import Handle, c_text, from_c
from ._library import lib
from .errors import check, error_for
from .identity import References, Tlsa

if TYPE_CHECKING:
    from .account import AccountSetup, Minimum


class Target(Handle):
    """A server that a client connects to: its name, for which account, and what is known of its
    certificate beforehand.

    :param host: the name that the connection is made to, which SNI tells the server: a DNS name or
        an IP address. Without ``references`` the certificate must be for it.
    :param references: whom the certificate must be for, in the place of the host.
    :param tlsa: the TLSA records of the host and port: they decide, where one of them counts.
    :param account: for which account, by the program's own name for it: to a server that asks for a
        certificate the one authorised for exactly this account is shown.
    :param deferred: whether :attr:`Event.SERVER_CERTIFICATE` asks about the server's certificate
        before a word is said, whether it has passed the checks or not.
    :param minimum: the minimum of the account, in the place of that of new accounts.
    :param pin: the SHA-256 of the server's certificate that the user has pinned at set-up, from
        :meth:`PinStore.lookup`. It counts only where the minimum is lowered to it.

    It may be freed while connections to it live on. Used by one thread at a time.
    """

    def __init__(
        self,
        service: Service,
        host: str,
        *,
        account: str | None = None,
        references: References | None = None,
        tlsa: Tlsa | None = None,
        deferred: bool = False,
        minimum: Minimum | None = None,
        pin: bytes | None = None,
    ):
        if pin is not None and len(pin) != 32:
            raise error_for(ErrorCode.INVALID_ARGUMENT, "a SHA-256 has 32 octets")
        target = ctypes.POINTER(_abi.HANDLES["mailtls_target"])()
        check(lib.mailtls_target_new(service, c_text(host), ctypes.byref(target)))
        super().__init__(target, lib.mailtls_target_free)
        if account is not None:
            self._set(lib.mailtls_target_account, c_text(account))
        if references is not None:
            self._set(lib.mailtls_target_references, references._c)
        if tlsa is not None:
            self._set(lib.mailtls_target_tlsa, tlsa._c)
        if deferred:
            self._set(lib.mailtls_target_deferred)
        if minimum is not None:
            self._set(lib.mailtls_target_minimum, minimum._c)
        if pin is not None:
            self._set(lib.mailtls_target_pin, bytes(pin))

    def _set(self, function, *arguments) -> None:
        code = function(self._c, *arguments)
        if code != 0:
            raise error_for(code, from_c(lib.mailtls_target_reason(self._c)))


class CertificateFailure(NamedTuple):
    """A check that the server's certificate has not passed: those before it were passed, or were not
    needed. ``reason`` is one line: what is wrong, for which name, what there is instead."""

    check: Check
    reason: str


class ServerCertificate(Calls):
    """The part of a client's connection that is about the server's certificate."""

    @property
    def certificate_failure(self) -> CertificateFailure | None:
        """Client: the check that the server's certificate has not passed."""
        number = lib.mailtls_connection_server_certificate_check(self._c)
        if number == Check.NONE:
            return None
        reason = self._copied("server_certificate_reason") or b""
        return CertificateFailure(Check(number), reason.decode())

    def accept_server_certificate(self, now: int) -> None:
        """Client: goes on with the server of :attr:`Event.SERVER_CERTIFICATE`. A certificate that has
        not passed the checks cannot be accepted, but for :meth:`pin_server_certificate` at set-up."""
        self._check(lib.mailtls_connection_accept_server_certificate(self._c, now))

    def pin_server_certificate(self, setup: AccountSetup, acknowledged: Acknowledged, now: int) -> None:
        """Client, while an account is set up: the user has looked at the certificate of
        :attr:`Event.SERVER_CERTIFICATE`, which has not passed the checks, and accepts it for this account
        and host from now on. The set-up has the pin, and the connection goes on, as one that nothing but
        a pin stands behind (RFC 8314 section 5.4)."""
        self._check(
            lib.mailtls_connection_pin_server_certificate(self._c, setup._c, acknowledged, now)
        )

    def refuse_server_certificate(self, reason: str, now: int) -> None:
        """Client: refuses the server of :attr:`Event.SERVER_CERTIFICATE`, and raises the
        :class:`PeerError` that the connection ends with. ``reason`` is for the log; the server is
        told nothing but close_notify."""
        self._check(lib.mailtls_connection_refuse_server_certificate(self._c, c_text(reason), now))

    @property
    def ocsp_response(self) -> bytes | None:
        """Client: the OCSP response that the server has stapled to its certificate, in DER as it
        came; it is not evaluated. Seen on connections whose check is their own, such as deferred
        ones."""
        return bytes(self._octets("ocsp_response") or b"") or None
