"""What a client offers, read from the first bytes of a connection: for servers with a TLS library of
their own, and of the library's own server connections.

It must never know what a server would choose."""

from __future__ import annotations

import ctypes
from typing import NamedTuple

from . import _abi
from ._abi import ClientHelloList, ClientHelloProgress
from ._calls import Octets
from ._handle import Handle, from_c
from ._library import lib
from .errors import check


class ClientHello(NamedTuple):
    """What a client offers: a claim, made in clear, of which nothing has been proved.

    Lists are in the client's order of preference and hold the numbers of the IANA registries, GREASE
    and signalling suites included. ``highest_version`` is 0x0304 for TLS 1.3; None when none is known.
    """

    highest_version: int | None
    legacy_version: int
    record_version: int
    server_name: str | None
    alpn: tuple[bytes, ...]
    versions: tuple[int, ...]
    cipher_suites: tuple[int, ...]
    groups: tuple[int, ...]
    key_shares: tuple[int, ...]
    signature_schemes: tuple[int, ...]
    offers_fallback_scsv: bool
    offers_secure_renegotiation: bool
    has_grease: bool
    #: As TLS records.
    octets: bytes


def from_pointer(hello) -> ClientHello | None:
    """A copy of what the library has; None for NULL."""
    if not hello:
        return None
    return ClientHello(
        highest_version=lib.mailtls_client_hello_highest_version(hello) or None,
        legacy_version=lib.mailtls_client_hello_legacy_version(hello),
        record_version=lib.mailtls_client_hello_record_version(hello),
        server_name=from_c(lib.mailtls_client_hello_server_name(hello)),
        alpn=_alpn(hello),
        versions=_codes(hello, ClientHelloList.VERSIONS),
        cipher_suites=_codes(hello, ClientHelloList.CIPHER_SUITES),
        groups=_codes(hello, ClientHelloList.GROUPS),
        key_shares=_codes(hello, ClientHelloList.KEY_SHARES),
        signature_schemes=_codes(hello, ClientHelloList.SIGNATURE_SCHEMES),
        offers_fallback_scsv=bool(lib.mailtls_client_hello_offers_fallback_scsv(hello)),
        offers_secure_renegotiation=bool(lib.mailtls_client_hello_offers_secure_renegotiation(hello)),
        has_grease=bool(lib.mailtls_client_hello_has_grease(hello)),
        octets=_octets(hello),
    )


def _alpn(hello) -> tuple[bytes, ...]:
    names, place, length = [], Octets(), ctypes.c_size_t()
    while lib.mailtls_client_hello_alpn(hello, len(names), ctypes.byref(place), ctypes.byref(length)) == 0:
        names.append(ctypes.string_at(place, length.value))
    return tuple(names)


def _codes(hello, which: ClientHelloList) -> tuple[int, ...]:
    codes, count = ctypes.POINTER(ctypes.c_uint16)(), ctypes.c_size_t()
    check(lib.mailtls_client_hello_codes(hello, which, ctypes.byref(codes), ctypes.byref(count)))
    return tuple(codes[i] for i in range(count.value))


def _octets(hello) -> bytes:
    length = ctypes.c_size_t()
    lib.mailtls_client_hello_bytes(hello, None, 0, ctypes.byref(length))
    buffer = (ctypes.c_uint8 * length.value)()
    check(lib.mailtls_client_hello_bytes(hello, buffer, len(buffer), ctypes.byref(length)))
    return bytes(buffer)


class ClientHelloReader(Handle):
    """Reads a ClientHello from the first bytes of a connection, in any pieces.

    The bytes are looked at; the TLS library gets the same ones afterwards. No more than 64 KiB are
    held. Used by one thread at a time.
    """

    def __init__(self):
        reader = ctypes.POINTER(_abi.HANDLES["mailtls_client_hello_reader"])()
        check(lib.mailtls_client_hello_reader_new(ctypes.byref(reader)))
        super().__init__(reader, lib.mailtls_client_hello_reader_free)

    def read(self, data: bytes) -> ClientHelloProgress:
        """Takes the next bytes. Once it has said anything but ``NEEDS_MORE`` it takes nothing more."""
        data, progress = bytes(data), ctypes.c_int32()
        code = lib.mailtls_client_hello_reader_read(self._c, data, len(data), ctypes.byref(progress))
        check(code)
        return ClientHelloProgress(progress.value)

    @property
    def hello(self) -> ClientHello | None:
        """The ClientHello, once it is whole."""
        return from_pointer(lib.mailtls_client_hello_reader_hello(self._c))

    @property
    def reason(self) -> str | None:
        """What looks like no TLS looks like ("HTTP"), or what is wrong with what is malformed."""
        return from_c(lib.mailtls_client_hello_reader_reason(self._c))

    @property
    def sslv2_version(self) -> int | None:
        """The best version that a hello in the format of SSL 2.0 offers."""
        return lib.mailtls_client_hello_reader_sslv2_version(self._c) or None
