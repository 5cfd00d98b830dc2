"""The Received field: read to the letter of its grammar and written; and the hops of a message."""

from __future__ import annotations

import ctypes
import ipaddress
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

from . import _abi
from ._abi import ErrorCode, Protection, Strength, TracePart
from ._handle import Handle, c_text, from_c
from ._library import lib
from .errors import MisuseError, check, error_for

if TYPE_CHECKING:
    from .connection import Connection
    from .tls_facts import TlsFacts

#: What whoever reads a :class:`HopReport` must be told.
CLAIMS = lib.mailtls_hop_report_warning().decode()

#: That a field says ``-0000``: its time is UTC, and nothing is said of the place.
_NO_ZONE = -0x8000


class GrammarError(MisuseError):
    """A text is not of the grammar: at octet ``at`` the ``production`` is not there."""

    def __init__(self, reason: str, at: int, production: str):
        super().__init__(ErrorCode.INVALID_ARGUMENT, reason)
        self.at = at
        self.production = production


class Received(Handle):
    """A Received field (RFC 5321 section 4.4).

    What a server writes begins with what it knows of its client: what that calls itself in EHLO
    (``client_name``, as it came), its address, the name that belongs to it in DNS; ``by`` is the server's
    own host name and ``date`` the time, which must know its zone. Whatever a client calls itself, it makes
    no other clause and no other line.

    >>> from datetime import datetime, timezone
    >>> field = Received("laptop.example", by="mx.example", date=datetime(2026, 11, 26, tzinfo=timezone.utc))
    >>> field.with_protocol("ESMTPSA")
    >>> bytes(field)
    b'Received: from laptop.example by mx.example with ESMTPSA;\\r\\n\\tThu, 26 Nov 2026 00:00:00 +0000\\r\\n'
    """

    def __init__(
        self,
        client_name: str | bytes,
        *,
        by: str,
        date: datetime,
        address: str | ipaddress.IPv4Address | ipaddress.IPv6Address | None = None,
        dns_name: str | None = None,
    ):
        offset = date.utcoffset()
        if offset is None:
            raise MisuseError(ErrorCode.INVALID_ARGUMENT, "the date does not know its zone")
        self._begin()
        name = client_name.encode() if isinstance(client_name, str) else bytes(client_name)
        packed = b"" if address is None else ipaddress.ip_address(address).packed
        self._change(
            lib.mailtls_received_begin, name, len(name), packed, len(packed),
            None if dns_name is None else c_text(dns_name), c_text(by), int(date.timestamp()),
            offset // timedelta(minutes=1),
        )

    def _begin(self) -> None:
        super().__init__(lib.mailtls_received_new(), lib.mailtls_received_free)

    @classmethod
    def parse(cls, field: bytes) -> Received:
        """Reads a field, from its name to the CRLF at its end, to the letter of the grammar.

        :raises GrammarError: where it is not of the grammar. :class:`HopReport` reads any.
        """
        received = cls.__new__(cls)
        received._begin()
        code = lib.mailtls_received_parse(received._c, field, len(field))
        if code != 0:
            raise GrammarError(
                from_c(lib.mailtls_received_reason(received._c)),
                lib.mailtls_received_failed_at(received._c),
                from_c(lib.mailtls_received_failed_production(received._c)),
            )
        return received

    def _change(self, function, *arguments) -> None:
        code = function(self._c, *arguments)
        if code != 0:
            raise error_for(code, from_c(lib.mailtls_received_reason(self._c)))

    def via(self, link: str) -> None:
        """Sets over what the message came, where that is no TCP."""
        self._change(lib.mailtls_received_via, c_text(link))

    def with_protocol(self, protocol: str) -> None:
        """Sets the protocol, such as ``ESMTPSA`` (RFC 3848); see :meth:`trace`."""
        self._change(lib.mailtls_received_with, c_text(protocol))

    def id(self, name: str) -> None:
        """Sets what the message is called here: an atom, or a message identifier in angle brackets."""
        self._change(lib.mailtls_received_id, c_text(name))

    def for_address(self, address: str) -> None:
        """Sets whom the message is for. With several recipients it is better not said."""
        self._change(lib.mailtls_received_for, c_text(address))

    def tls(self, facts: TlsFacts) -> None:
        """Says by what TLS of the program's own library the message came (RFC 8314 section 4.3)."""
        self._change(lib.mailtls_received_tls, facts._c)

    def trace(self, connection: Connection, smtputf8: bool = False) -> None:
        """Says how the message came over this connection: ``tls`` and, for submission, ``with``."""
        code = lib.mailtls_connection_trace(connection._c, self._c, bool(smtputf8))
        if code != 0:
            raise error_for(code, from_c(lib.mailtls_received_reason(self._c)))

    def clause(self, name: str, value: str) -> None:
        """Adds another clause. There should be none that is not registered (RFC 5321 section 4.4)."""
        self._change(lib.mailtls_received_clause, c_text(name), c_text(value))

    def comment(self, text: str) -> None:
        """Adds a comment behind the last of the clauses there are then; any text will do."""
        self._change(lib.mailtls_received_comment, c_text(text))

    def __bytes__(self) -> bytes:
        length = ctypes.c_size_t()
        code = lib.mailtls_received_write(self._c, None, 0, ctypes.byref(length))
        if code != ErrorCode.BUFFER_TOO_SMALL:
            check(code)
        buffer = (ctypes.c_uint8 * length.value)()
        check(lib.mailtls_received_write(self._c, buffer, len(buffer), ctypes.byref(length)))
        return bytes(buffer)

    def __getitem__(self, part: TracePart) -> str | None:
        """What a part says, on one line; None where it is not there."""
        return from_c(lib.mailtls_received_part(self._c, part))

    def comments(self, part: TracePart) -> str | None:
        """The comments behind a part, with their parentheses."""
        return from_c(lib.mailtls_received_comments(self._c, part))

    @property
    def clauses(self) -> tuple[tuple[str, str], ...]:
        """Name and value of the clauses that are no :class:`TracePart`."""
        name, value = lib.mailtls_received_clause_name, lib.mailtls_received_clause_value
        count = lib.mailtls_received_clause_count(self._c)
        return tuple((from_c(name(self._c, i)), from_c(value(self._c, i))) for i in range(count))

    @property
    def date(self) -> datetime:
        """When the server took the message; without a zone, in UTC, where the field says ``-0000``."""
        return _date(lib.mailtls_received_date, self._c)


class Hop(NamedTuple):
    """What one Received field says, of the grammar or not. What is None it does not say."""

    #: The field itself, with its line ends: for :meth:`Received.parse`.
    field: bytes
    #: Whether others have written it than the reader's own servers: anything may stand in it then.
    is_claim: bool
    #: What the client calls itself, and its address.
    client: str | None
    client_address: str | None
    #: The server.
    by: str | None
    via: str | None
    #: The protocol, or what is said in its place.
    protocol: str | None
    id: str | None
    for_address: str | None
    date: datetime | None
    protection: Protection
    strength: Strength
    #: In which form the field says that there was TLS: ``clause``, ``with-type``, ``postfix`` …
    form: str | None
    #: By the numbers of the registries, such as 0x0304.
    tls_version: int | None
    cipher_suite: int | None
    #: As it is written.
    cipher: str | None
    cipher_bits: int | None
    group: int | None
    group_name: str | None
    #: Whether the server verified the client's certificate.
    verified: bool | None


class HopReport(tuple):
    """The hops of a message, the last one first, as its Received fields tell them: a tuple of :class:`Hop`.

    :param message: the message, or its header section.
    :param own: how many of its Received fields the reader's own servers have written; they are the first.
        The rest are claims: see :data:`CLAIMS`.
    """

    #: Which hop was protected worst of those that crossed a network; None where there is none.
    weakest: int | None

    def __new__(cls, message: bytes, own: int = 0):
        report = ctypes.POINTER(_abi.HANDLES["mailtls_hop_report"])()
        check(lib.mailtls_hop_report_new(message, len(message), own, ctypes.byref(report)))
        with Handle(report, lib.mailtls_hop_report_free) as handle:
            count = lib.mailtls_hop_report_count(report)
            hops = super().__new__(cls, (_hop(handle._c, i, message) for i in range(count)))
            weakest = lib.mailtls_hop_report_weakest(report)
        hops.weakest = None if weakest < 0 else weakest
        return hops


def _hop(report, index: int, message: bytes) -> Hop:
    def part(which: TracePart) -> str | None:
        return from_c(lib.mailtls_hop_part(report, index, which))

    def number(function) -> int | None:
        value = function(report, index)
        return None if value < 0 else value

    verified = number(lib.mailtls_hop_verified)
    start, length = ctypes.c_size_t(), ctypes.c_size_t()
    check(lib.mailtls_hop_field(report, index, ctypes.byref(start), ctypes.byref(length)))
    return Hop(
        field=message[start.value:start.value + length.value],
        is_claim=not lib.mailtls_hop_is_fact(report, index),
        client=part(TracePart.FROM),
        client_address=from_c(lib.mailtls_hop_client_address(report, index)),
        by=part(TracePart.BY),
        via=part(TracePart.VIA),
        protocol=part(TracePart.WITH),
        id=part(TracePart.ID),
        for_address=part(TracePart.FOR),
        date=_date(lib.mailtls_hop_date, report, index) if part(TracePart.DATE) else None,
        protection=Protection(lib.mailtls_hop_protection(report, index)),
        strength=Strength(lib.mailtls_hop_strength(report, index)),
        form=from_c(lib.mailtls_hop_form(report, index)),
        tls_version=number(lib.mailtls_hop_tls_version),
        cipher_suite=number(lib.mailtls_hop_cipher_suite),
        cipher=part(TracePart.TLS),
        cipher_bits=number(lib.mailtls_hop_cipher_bits),
        group=number(lib.mailtls_hop_group),
        group_name=part(TracePart.GROUP),
        verified=None if verified is None else bool(verified),
    )


def _date(function, *arguments) -> datetime:
    seconds, zone = ctypes.c_int64(), ctypes.c_int16()
    check(function(*arguments, ctypes.byref(seconds), ctypes.byref(zone)))
    moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds.value)
    if zone.value == _NO_ZONE:
        return moment.replace(tzinfo=None)
    try:
        return moment.astimezone(timezone(timedelta(minutes=zone.value)))
    except (ValueError, OverflowError):  # Python knows no zone as far away as a day
        return moment
