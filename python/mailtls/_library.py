"""Finds the shared library, checks that it fits, and binds its functions.

It must never know what the functions mean.
"""

import ctypes
import ctypes.util
import os
import sys
from pathlib import Path

from . import _abi

_NAMES = {"darwin": ("libmailtls.dylib",), "win32": ("mailtls.dll",)}.get(sys.platform, ("libmailtls.so",))


def _places():
    """Where the library may be, best first. ``MAILTLS_LIBRARY`` leaves no other choice."""
    chosen = os.environ.get("MAILTLS_LIBRARY")
    if chosen:
        return [chosen]
    package = Path(__file__).resolve().parent
    directories = [package]
    source = package.parent.parent
    if (source / "include" / "mailtls.h").is_file():
        directories += [source / "target" / "release", source / "target" / "debug"]
    places = [str(d / name) for d in directories for name in _NAMES if (d / name).is_file()]
    installed = ctypes.util.find_library("mailtls")
    return places + ([installed] if installed else [])


def _load():
    places = _places()
    if not places:
        raise ImportError("the mailtls library is not found; MAILTLS_LIBRARY can name its file")
    try:
        return ctypes.CDLL(places[0])
    except OSError as error:
        raise ImportError(f"the mailtls library cannot be loaded: {error}") from None


def bind(library):
    """Gives every function of the table its types.

    Raises :class:`ImportError` when one is missing or the library is another ABI's.
    """
    for name, (result, arguments) in _abi.FUNCTIONS.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise ImportError(f"the mailtls library has no function {name}") from None
        function.restype = _abi.ctypes_type(result)
        function.argtypes = [_abi.ctypes_type(argument) for argument in arguments]
    if library.mailtls_abi() != _abi.ABI:
        raise ImportError(f"the mailtls library has ABI {library.mailtls_abi()}, not {_abi.ABI}")
    if library.mailtls_version(_abi.VERSION_NUMBER) is None:
        raise ImportError(f"the mailtls library is too old: {library.mailtls_version(0).decode()}")
    return library


lib = bind(_load())
