"""What all parts of a connection call the library with."""

from __future__ import annotations

import ctypes

from ._abi import ErrorCode
from ._handle import Handle, from_c
from ._library import lib
from .errors import check, error_for

Octets = ctypes.POINTER(ctypes.c_uint8)


def octets(data: bytes | str) -> bytes:
    """Octets for C; a text is encoded."""
    return data.encode() if isinstance(data, str) else bytes(data)


class Calls(Handle):
    """The handle of a connection. How its functions are called, and their results fetched."""

    def _check(self, code: int) -> None:
        """Raises for a call that may change the connection: only such a call leaves a reason."""
        if code != 0:
            fatal = lib.mailtls_error_is_fatal(code)
            raise error_for(code, self._text("reason" if fatal else "misuse_reason"))

    def _text(self, name: str) -> str | None:
        return from_c(getattr(lib, f"mailtls_connection_{name}")(self._c))

    def _texts(self, name: str) -> tuple[str, ...]:
        count = getattr(lib, f"mailtls_connection_{name}_count")(self._c)
        item = getattr(lib, f"mailtls_connection_{name}")
        return tuple(item(self._c, i).decode() for i in range(count))

    def _octets(self, name: str, *results) -> bytearray | None:
        """What a function shows as pointer and length, besides ``results``; None when it is not
        the time."""
        place, length = Octets(), ctypes.c_size_t()
        function = getattr(lib, f"mailtls_connection_{name}")
        code = function(self._c, ctypes.byref(place), ctypes.byref(length), *map(ctypes.byref, results))
        if code == ErrorCode.WRONG_STATE:
            return None
        check(code)
        # Straight into a bytearray: no copy that cannot be wiped.
        array = ctypes.POINTER(ctypes.c_uint8 * length.value)
        return bytearray(ctypes.cast(place, array).contents if length.value else b"")

    def _copied(self, name: str, *arguments) -> bytes | None:
        """What a function copies to a buffer that is big enough; None when it is not the time."""
        function, length = getattr(lib, f"mailtls_connection_{name}"), ctypes.c_size_t()
        code = function(self._c, *arguments, None, 0, ctypes.byref(length))
        if code == ErrorCode.WRONG_STATE:
            return None
        if code != ErrorCode.BUFFER_TOO_SMALL:
            check(code)
        buffer = (ctypes.c_uint8 * length.value)()
        check(function(self._c, *arguments, buffer, len(buffer), ctypes.byref(length)))
        return bytes(buffer)
