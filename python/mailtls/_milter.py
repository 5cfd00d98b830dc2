"""The macros for milters, out of the form of the milter protocol. It must never load a library."""

from __future__ import annotations


def macros_of(octets: bytes) -> dict[str, str]:
    """Names and values, each of which ends with a NUL."""
    parts = octets.decode().split("\0")[:-1]
    return dict(zip(parts[::2], parts[1::2], strict=True))
