"""The servers of an account from SRV records. It must never know how DNS is asked."""

from __future__ import annotations

import ctypes
from typing import Iterable, NamedTuple

from . import _abi
from ._abi import Dismissal, ErrorCode, Protocol, Security, Service, SrvWarning
from ._handle import Handle, c_text, from_c
from ._library import lib
from .account import Minimum
from .errors import check, error_for
from .identity import References, _text
from .tls_facts import TlsFacts


class Candidate(NamedTuple):
    """A server that may be tried. ``automatic`` tells whether it may be taken without asking the user;
    ``warnings`` is what the user should know of it; :meth:`Srv.references` whom its certificate must be
    for."""

    service: Service
    host: str
    port: int
    security: Security
    automatic: bool
    warnings: tuple[SrvWarning, ...]


class Dismissed(NamedTuple):
    """A server that may not be tried, and why."""

    service: Service
    host: str
    why: Dismissal


class Srv(Handle):
    """What DNS has answered for the domain of a mail address, and what a client may make of it (RFC
    6186, RFC 8314 section 5.1).

    :param domain: the domain, in A-labels.

    :meth:`order` makes the :attr:`candidates`. Used by one thread at a time.
    """

    def __init__(self, domain: str):
        srv = ctypes.POINTER(_abi.HANDLES["mailtls_srv"])()
        check(lib.mailtls_srv_new(c_text(domain), ctypes.byref(srv)))
        super().__init__(srv, lib.mailtls_srv_free)

    def query_name(self, service: Service) -> str:
        """The name to ask SRV records of for a service, such as "_imaps._tcp.example.org"."""
        return _text(lib.mailtls_srv_query_name, self._c, service)

    def add(
        self, service: Service, priority: int, weight: int, port: int, target: str, *, dnssec_validated: bool
    ) -> None:
        """Adds a record by its fields. The target "." says that the service is not offered.
        ``dnssec_validated`` is the program's word that DNSSEC has proved the answer. An unusable
        record is set aside: :attr:`unusable` has its reason."""
        _fit(16, priority, weight, port)
        fields = service, priority, weight, port, c_text(target), bool(dnssec_validated)
        self._check(lib.mailtls_srv_add(self._c, *fields))

    def add_response(self, service: Service, response: bytes, *, dnssec_validated: bool) -> None:
        """Adds the records of a DNS response to the question for a service, as it came from the
        resolver, without the two octets of length that TCP puts before it. That there is no record is an
        answer too. Whether the response is from the right resolver is the caller's to check."""
        answer = response, len(response), bool(dnssec_validated)
        self._check(lib.mailtls_srv_add_response(self._c, service, *answer))

    def confirm(self, host: str) -> None:
        """Lets a server outside the domain be used, which the user has confirmed by its name. Takes
        effect with the next :meth:`order`, as do the two below."""
        self._check(lib.mailtls_srv_confirm(self._c, c_text(host)))

    def cleartext_too(self) -> None:
        """Asks for candidates without TLS too. An account that has a minimum gets none all the same."""
        self._check(lib.mailtls_srv_cleartext_too(self._c))

    def found(self, host: str, port: int, facts: TlsFacts | None) -> None:
        """Says what has been found at a server: what TLS with it is like, or with None that it does not
        offer STARTTLS."""
        _fit(16, port)
        pointer = None if facts is None else facts._c
        self._check(lib.mailtls_srv_found(self._c, c_text(host), port, pointer))

    def order(
        self, protocol: Protocol, minimum: Minimum, random: Iterable[int] = ()
    ) -> tuple[Candidate, ...]:
        """Puts the servers of a protocol into the order in which to try them: Implicit TLS before STARTTLS
        before cleartext, then by priority, then by chance in proportion to the weights.

        The chance is the caller's: ``random`` are evenly spread numbers below 2**32, one for each choice
        between several servers. Where they run out, 0 stands for them.
        """
        numbers = tuple(random)
        _fit(32, *numbers)
        array = (ctypes.c_uint32 * len(numbers))(*numbers)
        self._check(lib.mailtls_srv_order(self._c, protocol, minimum._c, array, len(numbers)))
        return self.candidates

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The candidates of the last :meth:`order`."""
        return tuple(self._candidate(i) for i in range(lib.mailtls_srv_candidate_count(self._c)))

    def references(self, index: int) -> References:
        """Whom the certificate of a candidate must be for, by its place in :attr:`candidates`: the mail
        domain and its service, and its own name only where DNSSEC has proved it or the user has confirmed
        it (RFC 7817 section 3). For a :class:`Target` to its host."""
        return References(lib.mailtls_srv_candidate_references, self._c, index)

    @property
    def dismissed(self) -> tuple[Dismissed, ...]:
        """The servers that the last :meth:`order` has found no candidates."""
        return tuple(
            Dismissed(
                Service(lib.mailtls_srv_dismissed_service(self._c, i)),
                from_c(lib.mailtls_srv_dismissed_host(self._c, i)),
                Dismissal(lib.mailtls_srv_dismissed_why(self._c, i)),
            )
            for i in range(lib.mailtls_srv_dismissed_count(self._c))
        )

    @property
    def unusable(self) -> tuple[str, ...]:
        """A line about each unusable record, such as ``imaps "192.0.2.1" 993: the target
        is an address, not a name``. The others are used all the same."""
        count = lib.mailtls_srv_unusable_count(self._c)
        return tuple(from_c(lib.mailtls_srv_unusable(self._c, i)) for i in range(count))

    def not_offered(self, service: Service) -> bool:
        """Whether the domain says that it does not offer a service: its only target is "."."""
        return bool(lib.mailtls_srv_not_offered(self._c, service))

    @property
    def endpoints(self) -> str:
        """Where the services are said to be, one a line, such as "imaps mail.example 993": what to keep
        with an account for :meth:`drift`."""
        return _text(lib.mailtls_srv_endpoints, self._c)

    def drift(self, old: str) -> tuple[str, ...]:
        """What has changed since ``old``, the :attr:`endpoints` of then: "-imaps old.example 993",
        "+imaps new.example 993". It is told to the user and not followed (RFC 8314 section 5.1)."""
        octets = old.encode()
        return tuple(_text(lib.mailtls_srv_drift, self._c, octets, len(octets)).splitlines())

    def _candidate(self, i: int) -> Candidate:
        warnings = lib.mailtls_srv_candidate_warnings(self._c, i)
        return Candidate(
            service=Service(lib.mailtls_srv_candidate_service(self._c, i)),
            host=from_c(lib.mailtls_srv_candidate_host(self._c, i)),
            port=lib.mailtls_srv_candidate_port(self._c, i),
            security=Security(lib.mailtls_srv_candidate_security(self._c, i)),
            automatic=bool(lib.mailtls_srv_candidate_automatic(self._c, i)),
            warnings=tuple(warning for warning in SrvWarning if warnings & warning),
        )

    def _check(self, code: int) -> None:
        if code != 0:
            raise error_for(code, from_c(lib.mailtls_srv_reason(self._c)))


def _fit(bits: int, *numbers: int) -> None:
    """ctypes would cut off what does not fit."""
    if not all(0 <= number < 2**bits for number in numbers):
        raise error_for(ErrorCode.INVALID_ARGUMENT, "a number is out of range")
