"""mailtls: takes a mail connection from its first TCP byte to the moment it may be trusted.

The Python face of the library's C ABI. :class:`Connection` does no I/O, as in C;
:mod:`mailtls.blocking` drives one over a socket.
"""

from ._abi import (
    Acknowledged, Check, ClientCertificate, ClientHelloProgress, Condition, Deadline, Dismissal, ErrorCode, Event,
    GreetingStatus, HandOff, InvalidClientCertificate, Limit, Lowered, Means, MechanismFloor, MilterDialect,
    Origin, Part, PeerValidation, Protection, Protocol, Rejection, Security, Service, Shortfall, SrvWarning, Standing,
    Strength, TracePart, Upgrade,
)
from ._facts import Greeting, Refusal, ServerMessage
from ._library import lib as _lib
from .account import (
    AccountSetup, Minimum, PinStore, client_certificate_exposed, client_certificate_may_be_sent,
)
from .authentication import Credentials, Response, ScramSecret, ScramUser
from .client_hello import ClientHello, ClientHelloReader
from .config import ClientConfig, ServerConfig
from .connection import Connection
from .errors import InternalError, MailtlsError, MisuseError, PeerError
from .identity import References, Tlsa, tlsa_of_certificate
from .policy import CipherSuite, Policy, Reason, Verdict, cipher_suite, group, signature_scheme, tls_version
from .received import GrammarError, Hop, HopReport, Received
from .srv import Candidate, Dismissed, Srv
from .target import CertificateFailure, Target
from .tls_facts import TlsFacts

#: The version of the library that is loaded.
__version__ = _lib.mailtls_version(0).decode()

__all__ = [
    "AccountSetup",
    "Acknowledged",
    "Candidate",
    "CertificateFailure",
    "Check",
    "CipherSuite",
    "ClientCertificate",
    "ClientConfig",
    "ClientHello",
    "ClientHelloProgress",
    "ClientHelloReader",
    "Condition",
    "Connection",
    "Credentials",
    "Deadline",
    "Dismissal",
    "Dismissed",
    "ErrorCode",
    "Event",
    "GrammarError",
    "Greeting",
    "GreetingStatus",
    "HandOff",
    "Hop",
    "HopReport",
    "InternalError",
    "InvalidClientCertificate",
    "Limit",
    "Lowered",
    "MailtlsError",
    "Means",
    "MechanismFloor",
    "MilterDialect",
    "Minimum",
    "MisuseError",
    "Origin",
    "Part",
    "PeerError",
    "PeerValidation",
    "PinStore",
    "Policy",
    "Protection",
    "Protocol",
    "Reason",
    "Received",
    "References",
    "Refusal",
    "Rejection",
    "Response",
    "ScramSecret",
    "ScramUser",
    "Security",
    "ServerConfig",
    "ServerMessage",
    "Service",
    "Shortfall",
    "Srv",
    "SrvWarning",
    "Standing",
    "Strength",
    "Target",
    "TlsFacts",
    "Tlsa",
    "TracePart",
    "Upgrade",
    "Verdict",
    "cipher_suite",
    "client_certificate_exposed",
    "client_certificate_may_be_sent",
    "group",
    "port",
    "signature_scheme",
    "tls_version",
    "tlsa_of_certificate",
]


def port(service: Service) -> int:
    """The TCP port of a service."""
    return _lib.mailtls_service_port(service)
