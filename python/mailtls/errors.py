"""Exceptions: whose fault it is, the stable number, one line for the log."""

from __future__ import annotations

from ._abi import ErrorCode
from ._library import lib


class MailtlsError(Exception):
    """What mailtls refuses or could not do.

    ``code`` is an :class:`ErrorCode` (an int, if the library is newer than this package) and
    ``reason`` one line for the log, without secrets or unescaped bytes of the peer.
    """

    def __init__(self, code: int, reason: str | None = None):
        self.code = ErrorCode(code) if code in ErrorCode._value2member_map_ else code
        meaning = lib.mailtls_error_text(code).decode()
        self.reason = reason or meaning
        super().__init__(f"{meaning}: {reason}" if reason else meaning)

    def __reduce__(self):
        return type(self), (int(self.code), self.reason)


class MisuseError(MailtlsError):
    """The caller asked for something that cannot be done, now or at all. Nothing has changed."""


class PeerError(MailtlsError):
    """The peer, or the network, made it impossible to go on. The connection is over."""


class InternalError(MailtlsError):
    """mailtls itself failed. Free the handle, and please report it."""


def error_for(code: int, reason: str | None = None) -> MailtlsError:
    """The exception for an error number."""
    if not lib.mailtls_error_is_fatal(code):
        return MisuseError(code, reason)
    if code in (ErrorCode.INTERNAL, ErrorCode.POISONED):
        return InternalError(code, reason)
    return PeerError(code, reason)


def check(code: int) -> None:
    """Raises the exception for an error number; 0 is none."""
    if code != 0:
        raise error_for(code)
