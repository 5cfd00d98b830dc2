"""Handles: freed once, on demand or with their Python object; and texts for C."""

from __future__ import annotations

import weakref

from ._abi import ErrorCode
from .errors import MisuseError


def c_text(text: str) -> bytes:
    """A text as C wants it. NUL would end it there and is refused."""
    encoded = text.encode()
    if b"\0" in encoded:
        raise MisuseError(ErrorCode.INVALID_ARGUMENT, "a text has a NUL in it")
    return encoded


def from_c(text: bytes | None) -> str | None:
    """A text from C."""
    return None if text is None else text.decode()


class Handle:
    """A handle of the library. Leaving a ``with`` frees it, and so does its object's end."""

    def __init__(self, pointer, free):
        self._pointer = pointer
        self._free = weakref.finalize(self, free, pointer)

    @property
    def freed(self) -> bool:
        """Whether it has been freed."""
        return not self._free.alive

    @property
    def _c(self):
        """The pointer, for a call."""
        if not self._free.alive:
            raise MisuseError(ErrorCode.WRONG_STATE, "it has been freed")
        return self._pointer

    def free(self) -> None:
        """Frees the handle, now. Freeing it again does nothing."""
        self._free()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.free()
