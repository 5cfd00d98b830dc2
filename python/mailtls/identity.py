"""Whom a certificate must be for, and what DNS says of it."""

from __future__ import annotations

import ctypes

from . import _abi
from ._abi import ErrorCode, Origin, Service
from ._handle import Handle, c_text, from_c
from ._library import lib
from .errors import check, error_for


def _text(function, *arguments) -> str:
    """A text that a function copies to a buffer."""
    length = ctypes.c_size_t()
    code = function(*arguments, None, 0, ctypes.byref(length))
    if code not in (0, ErrorCode.BUFFER_TOO_SMALL):
        check(code)
    buffer = (ctypes.c_uint8 * length.value)()
    check(function(*arguments, buffer, len(buffer), ctypes.byref(length)))
    return bytes(buffer).decode()


class References(Handle):
    """The reference identifiers of a connection: the certificate must be for one of them (RFC 9525,
    RFC 7817). Names may be international: they are compared as A-labels.

    Made by :meth:`of_host` or :meth:`for_mail_domain`. Used by one thread at a time; a
    :class:`Target` takes a copy. ``str()`` shows them.
    """

    def __init__(self, function, *arguments):
        references = ctypes.POINTER(_abi.HANDLES["mailtls_references"])()
        check(function(*arguments, ctypes.byref(references)))
        super().__init__(references, lib.mailtls_references_free)

    @classmethod
    def of_host(cls, host: str) -> References:
        """A host that the user has typed: a DNS name, or an IP address."""
        return cls(lib.mailtls_references_of_host, c_text(host))

    @classmethod
    def for_mail_domain(cls, service: Service, domain: str) -> References:
        """The domain of the mail address that the user has typed, for a service of it: the certificate
        may be for the domain, or for this service of it (its SRV-ID)."""
        return cls(lib.mailtls_references_for_mail_domain, service, c_text(domain))

    def host(self, host: str) -> References:
        """Adds a host that the user has typed as well."""
        return self._set(lib.mailtls_references_host, c_text(host))

    def srv_target(self, target: str, origin: Origin) -> References:
        """Adds the target of an SRV record. :attr:`Origin.UNPROVEN_SRV` is refused: RFC 7817 section 3
        forbids it here."""
        return self._set(lib.mailtls_references_srv_target, c_text(target), origin)

    def common_name_fallback(self, allowed: bool) -> References:
        """Says whether the common name of the subject counts where the certificate has no name of a
        kind that is there for this. In the beginning it does not."""
        return self._set(lib.mailtls_references_common_name_fallback, bool(allowed))

    def check(self, der: bytes) -> None:
        """Checks whether a leaf certificate in DER is for one of them: the name alone, not what stands
        behind the certificate. Raises :class:`PeerError`, whose text says whom it is for instead."""
        self._set(lib.mailtls_references_check, der, len(der))

    def __str__(self) -> str:
        return _text(lib.mailtls_references_text, self._c)

    def _set(self, function, *arguments) -> References:
        code = function(self._c, *arguments)
        if code != 0:
            raise error_for(code, from_c(lib.mailtls_references_reason(self._c)))
        return self


class Tlsa(Handle):
    """TLSA records of a host and port (RFC 6698, RFC 7671), with the program's word that DNSSEC has
    proved every one of them, and the names that have led to it.

    Made by :meth:`dnssec_validated`. Used by one thread at a time; a :class:`Target` takes a copy.
    """

    def __init__(self):
        tlsa = ctypes.POINTER(_abi.HANDLES["mailtls_tlsa"])()
        check(lib.mailtls_tlsa_dnssec_validated(ctypes.byref(tlsa)))
        super().__init__(tlsa, lib.mailtls_tlsa_free)

    @classmethod
    def dnssec_validated(cls, *records: str | bytes) -> Tlsa:
        """Records as text of a zone file (``3 1 1 0123...``) or as RDATA."""
        tlsa = cls()
        for record in records:
            if isinstance(record, str):
                tlsa._set(lib.mailtls_tlsa_add_text, c_text(record))
            else:
                tlsa._set(lib.mailtls_tlsa_add_rdata, bytes(record), len(record))
        return tlsa

    @property
    def usable_count(self) -> int:
        """How many of them count. When none does, it is as if there were no records."""
        return lib.mailtls_tlsa_usable_count(self._c)

    def match(self, der: bytes) -> int | None:
        """The certificate usage, 0 to 3, of the record that is about this certificate in DER, the
        highest if there are several; None when none is. For programs whose own TLS library builds the
        chain."""
        usage = ctypes.c_int32()
        code = lib.mailtls_tlsa_match(self._c, der, len(der), ctypes.byref(usage))
        if code == ErrorCode.CERTIFICATE_UNTRUSTED:
            return None
        check(code)
        return usage.value

    def _set(self, function, *arguments) -> None:
        code = function(self._c, *arguments)
        if code != 0:
            raise error_for(code, from_c(lib.mailtls_tlsa_reason(self._c)))


def tlsa_of_certificate(der: bytes, usage: int = 3, selector: int = 1, matching_type: int = 1) -> str:
    """The record that a certificate in DER has, as text of a zone file."""
    return _text(lib.mailtls_tlsa_of_certificate, usage, selector, matching_type, der, len(der))
