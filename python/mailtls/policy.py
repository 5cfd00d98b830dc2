"""What TLS must be, what a policy says of a connection, and the names of IANA's registries."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, NamedTuple

from . import _abi
from ._abi import ErrorCode, Part, Standing
from ._calls import Calls
from ._handle import Handle, c_text, from_c
from ._library import lib
from .errors import check, error_for

if TYPE_CHECKING:
    from .tls_facts import TlsFacts


class Policy(Handle):
    """What of TLS is accepted, tolerated and refused.

    :param text: the name of a policy, ``rfc8314``, ``rfc8997``, ``bcp195``, ``modern`` or
        ``post-quantum``, and any number of changes to what it stands for, such as
        ``"bcp195 ~weak-certificate ciphers=ECDHE+AESGCM"`` (docs/policies.md).
    :raises MisuseError: with the part of the text that is wrong.

    ``str()`` gives the text that makes the same policy again.
    """

    def __init__(self, text: str = "rfc8997"):
        pointer = ctypes.POINTER(_abi.HANDLES["mailtls_policy"])()
        check(lib.mailtls_policy_new(ctypes.byref(pointer)))
        super().__init__(pointer, lib.mailtls_policy_free)
        code = lib.mailtls_policy_parse(self._c, c_text(text))
        if code != 0:
            raise error_for(code, from_c(lib.mailtls_policy_reason(self._c)))

    def __str__(self) -> str:
        return from_c(lib.mailtls_policy_text(self._c)) or ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Policy) and str(self) == str(other)

    __hash__ = None

    def allows_version(self, version: int) -> bool:
        """Whether it refuses no connection for this version, such as 0x0303."""
        return bool(lib.mailtls_policy_allows_version(self._c, version))

    def allows_cipher_suite(self, suite: int) -> bool:
        """Whether it refuses no connection for this cipher suite."""
        return bool(lib.mailtls_policy_allows_cipher_suite(self._c, suite))

    def allows_group(self, group: int) -> bool:
        """Whether it refuses no connection for this group."""
        return bool(lib.mailtls_policy_allows_group(self._c, group))

    def allows_signature_scheme(self, scheme: int) -> bool:
        """Whether it refuses no connection for this signature scheme."""
        return bool(lib.mailtls_policy_allows_signature_scheme(self._c, scheme))

    @property
    def requires_extended_master_secret(self) -> bool:
        """Whether it refuses TLS 1.2 and older without the extended master secret (RFC 7627)."""
        return bool(lib.mailtls_policy_requires_extended_master_secret(self._c))


    def judge(self, facts: TlsFacts) -> Verdict:
        """What it says of what a TLS library of the program's own has negotiated."""
        pointer = ctypes.POINTER(_abi.HANDLES["mailtls_verdict"])()
        check(lib.mailtls_policy_judge(self._c, facts._c, ctypes.byref(pointer)))
        return taken(pointer)


class Reason(NamedTuple):
    """Why a connection is not accepted as it is: ``sentence`` says what is wrong and what to do about
    it, ``section`` where that is written."""

    part: Part
    standing: Standing
    section: str
    sentence: str


class Verdict(NamedTuple):
    """What a policy says: the worst of its reasons, of which there are none when all is accepted.
    ``text`` is all of it in one line for a log."""

    standing: Standing
    reasons: tuple[Reason, ...]
    text: str


def taken(pointer) -> Verdict:
    """A verdict of the library's, which is freed."""
    try:
        return Verdict(
            Standing(lib.mailtls_verdict_standing(pointer)),
            tuple(_reason(pointer, i) for i in range(lib.mailtls_verdict_reason_count(pointer))),
            from_c(lib.mailtls_verdict_text(pointer)) or "",
        )
    finally:
        lib.mailtls_verdict_free(pointer)


def _reason(pointer, index: int) -> Reason:
    return Reason(
        Part(lib.mailtls_verdict_reason_part(pointer, index)),
        Standing(lib.mailtls_verdict_reason_standing(pointer, index)),
        from_c(lib.mailtls_verdict_reason_section(pointer, index)) or "",
        from_c(lib.mailtls_verdict_reason_sentence(pointer, index)) or "",
    )


def policy_of(policy: Policy | str) -> Policy:
    """A policy that may be given as its text."""
    return policy if isinstance(policy, Policy) else Policy(policy)


class Judged(Calls):
    """The part of a connection that is about its policy."""

    @property
    def verdict(self) -> Verdict | None:
        """What the policy of the configuration says of what TLS has negotiated; None before TLS
        stands."""
        pointer = ctypes.POINTER(_abi.HANDLES["mailtls_verdict"])()
        code = lib.mailtls_connection_verdict(self._c, ctypes.byref(pointer))
        if code == ErrorCode.WRONG_STATE:
            return None
        check(code)
        return taken(pointer)


class CipherSuite(NamedTuple):
    """A cipher suite as IANA has it; the names of OpenSSL and GnuTLS are None where they have none."""

    code: int
    name: str
    openssl_name: str | None
    gnutls_name: str | None
    bits: int


def cipher_suite(name_or_code: str | int) -> CipherSuite | None:
    """The cipher suite of this name, IANA's or OpenSSL's, or of this code point."""
    code = _code(lib.mailtls_cipher_suite_from_name, name_or_code)
    name = from_c(lib.mailtls_cipher_suite_name(code)) if code >= 0 else None
    if name is None:
        return None
    return CipherSuite(
        code,
        name,
        from_c(lib.mailtls_cipher_suite_openssl_name(code)),
        from_c(lib.mailtls_cipher_suite_gnutls_name(code)),
        lib.mailtls_cipher_suite_bits(code),
    )


def tls_version(name_or_code: str | int) -> tuple[int, str] | None:
    """The code point and the name of a version: (0x0304, "TLSv1.3")."""
    return _named(lib.mailtls_tls_version_from_name, lib.mailtls_tls_version_name, name_or_code)


def group(name_or_code: str | int) -> tuple[int, str] | None:
    """The code point and the name of a group of the key exchange."""
    return _named(lib.mailtls_group_from_name, lib.mailtls_group_name, name_or_code)


def signature_scheme(name_or_code: str | int) -> tuple[int, str] | None:
    """The code point and the name of a signature scheme."""
    return _named(
        lib.mailtls_signature_scheme_from_name, lib.mailtls_signature_scheme_name, name_or_code
    )


def _named(from_name, name_of, name_or_code) -> tuple[int, str] | None:
    code = _code(from_name, name_or_code)
    name = from_c(name_of(code)) if code >= 0 else None
    return None if name is None else (code, name)


def _code(from_name, name_or_code) -> int:
    if isinstance(name_or_code, str):
        return from_name(c_text(name_or_code))
    return name_or_code if 0 <= name_or_code <= 0xFFFF else -1
