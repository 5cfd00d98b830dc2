"""mailtls: takes a mail connection from its first TCP byte to the moment it may be trusted.

The Python face of the library's C ABI. :class:`Connection` does no I/O, as in C;
:mod:`mailtls.blocking` drives one over a socket.
"""

from ._abi import Deadline, ErrorCode, Event, GreetingStatus, HandOff, Limit, Rejection, Service
from ._library import lib as _lib
from .config import ClientConfig, ServerConfig
from .connection import Connection, Credentials, Greeting, Refusal
from .errors import InternalError, MailtlsError, MisuseError, PeerError

#: The version of the library that is loaded.
__version__ = _lib.mailtls_version(0).decode()

__all__ = [
    "ClientConfig",
    "Connection",
    "Credentials",
    "Deadline",
    "ErrorCode",
    "Event",
    "Greeting",
    "GreetingStatus",
    "HandOff",
    "InternalError",
    "Limit",
    "MailtlsError",
    "MisuseError",
    "PeerError",
    "Refusal",
    "Rejection",
    "Service",
    "ServerConfig",
    "port",
]


def port(service: Service) -> int:
    """The TCP port of a service."""
    return _lib.mailtls_service_port(service)
