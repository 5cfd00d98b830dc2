"""What TLS has negotiated, for a verdict on it: of a connection, or told by a host with a TLS library
of its own. It must never know what is thought of it."""

from __future__ import annotations

import ctypes

from . import _abi
from ._abi import ErrorCode, MilterDialect, PeerValidation
from ._handle import Handle, from_c
from ._library import lib
from ._milter import macros_of
from .errors import check, error_for


class TlsFacts(Handle):
    """What TLS has negotiated, by the numbers of the IANA registries: ``version`` 0x0304 is TLS 1.3,
    ``cipher_suite`` 0x1301 TLS_AES_128_GCM_SHA256. What is None is not known.

    Used by one thread at a time.
    """

    def __init__(
        self,
        version: int,
        cipher_suite: int,
        *,
        group: int | None = None,
        signature_scheme: int | None = None,
        extended_master_secret: bool | None = None,
        alpn: bytes | None = None,
        resumed: bool = False,
        peer_certificates: tuple[bytes, ...] = (),
        peer_validation: PeerValidation = PeerValidation.NONE,
        client_certificate_sent: bool = False,
        client_certificate_requested: bool = False,
    ):
        facts = ctypes.POINTER(_abi.HANDLES["mailtls_tls_facts"])()
        check(lib.mailtls_tls_facts_new(code_point(version), code_point(cipher_suite), ctypes.byref(facts)))
        super().__init__(facts, lib.mailtls_tls_facts_free)
        if group is not None:
            self._set(lib.mailtls_tls_facts_group, code_point(group))
        if signature_scheme is not None:
            self._set(lib.mailtls_tls_facts_signature_scheme, code_point(signature_scheme))
        if extended_master_secret is not None:
            self._set(lib.mailtls_tls_facts_extended_master_secret, bool(extended_master_secret))
        if alpn is not None:
            self._set(lib.mailtls_tls_facts_alpn, alpn, len(alpn))
        for der in peer_certificates:
            self._set(lib.mailtls_tls_facts_peer_certificate, der, len(der))
        self._set(lib.mailtls_tls_facts_resumed, bool(resumed))
        self._set(lib.mailtls_tls_facts_peer_validation, peer_validation)
        self._set(lib.mailtls_tls_facts_client_certificate_sent, bool(client_certificate_sent))
        self._set(
            lib.mailtls_tls_facts_client_certificate_requested, bool(client_certificate_requested)
        )

    @classmethod
    def of(cls, connection) -> TlsFacts | None:
        """What has been negotiated on a connection; None while it is in clear."""
        facts = ctypes.POINTER(_abi.HANDLES["mailtls_tls_facts"])()
        code = lib.mailtls_connection_tls_facts(connection._c, ctypes.byref(facts))
        if code == ErrorCode.WRONG_STATE:
            return None
        check(code)
        made = cls.__new__(cls)
        Handle.__init__(made, facts, lib.mailtls_tls_facts_free)
        return made

    def milter_macros(self, dialect: MilterDialect) -> dict[str, str]:
        """What a milter of this dialect is told of a connection with these facts: values by names in
        braces."""
        # As much as there can ever be.
        buffer, length = (ctypes.c_uint8 * 4096)(), ctypes.c_size_t()
        self._set(
            lib.mailtls_tls_facts_milter_macros, dialect, buffer, len(buffer), ctypes.byref(length)
        )
        return macros_of(bytes(buffer[: length.value]))

    def _set(self, function, *arguments) -> None:
        code = function(self._c, *arguments)
        if code != 0:
            raise error_for(code, from_c(lib.mailtls_tls_facts_reason(self._c)))


def code_point(number: int) -> int:
    """A number of a registry: ctypes would cut off what does not fit."""
    if not 0 <= number < 2**16:
        raise error_for(ErrorCode.INVALID_ARGUMENT, "not a number of a registry")
    return number
