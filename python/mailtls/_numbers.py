"""The numbers that include/mailtls.h declares, as enumerations.

A test compares them with the header. It must never load a library.
"""

import enum


class Service(enum.IntEnum):
    """A mail service (RFC 8314 section 7)."""

    IMAPS = 1
    POP3S = 2
    SUBMISSIONS = 3
    IMAP = 4
    POP3 = 5
    SUBMISSION = 6


class Protocol(enum.IntEnum):
    """A mail protocol."""

    IMAP = 1
    POP3 = 2
    SMTP = 3


class Event(enum.IntEnum):
    """What :meth:`mailtls.Connection.poll_event` tells; the header says when each comes."""

    NONE = 0
    TLS_ESTABLISHED = 1
    GREETING = 2
    CAPABILITIES = 3
    CREDENTIALS = 4
    AUTHENTICATION_REFUSED = 5
    AUTHENTICATED = 6
    HANDED_OFF = 7
    PEER_CLOSED = 8
    CLOSED = 9
    NOT_CONFIDENTIAL = 10
    SECRET_WANTED = 11
    RESPONSE = 12
    CHALLENGE = 13
    CLIENT_CERTIFICATE = 14
    CLIENT_CERTIFICATE_INVALID = 15
    SERVER_CERTIFICATE = 16
    TLS_WANTED = 17
    CLIENT_HELLO = 18
    SERVER_MESSAGE = 19
    AUTHENTICATED_CAPABILITIES = 20


class HandOff(enum.IntEnum):
    """How far mailtls goes before the host speaks for itself.

    With ``AFTER_GREETING`` IMAP's PREAUTH is told as ``Event.AUTHENTICATED`` only where the client
    has shown its certificate; without that the host decides what to make of the greeting.
    """

    AFTER_AUTHENTICATION = 0
    AFTER_GREETING = 1
    TRANSPARENT = 2


class MechanismFloor(enum.IntEnum):
    """The least that an authentication must be; below it a client sends no credentials.

    ``SCRAM``: SCRAM in any form. ``BOUND_SCRAM``: SCRAM bound to the channel (PLUS). Everything else is
    below both: passwords, APOP, tokens, EXTERNAL, mechanisms of the host's own, and IMAP's PREAUTH.
    """

    ANY = 0
    SCRAM = 1
    BOUND_SCRAM = 2


class Condition(enum.IntEnum):
    """How a server means a message."""

    NONE = 0
    OK = 1
    NO = 2
    BAD = 3
    BYE = 4


class Rejection(enum.IntEnum):
    """Why a host rejects credentials."""

    INVALID_CREDENTIALS = 0
    NOT_AUTHORIZED = 1
    TEMPORARY_FAILURE = 2


class Means(enum.IntEnum):
    """What a client has to authenticate with."""

    PASSWORD = 0
    TOKEN = 1
    CERTIFICATE = 2


class PeerValidation(enum.IntEnum):
    """What stands behind a peer's certificate. A pin alone does not count as validated."""

    NONE = 0
    PKIX = 1
    DANE = 2
    PIN = 3


class Standing(enum.IntEnum):
    """How something stands before a policy; what is better is greater."""

    REFUSED = 0
    TOLERATED = 1
    ACCEPTED = 2


class Part(enum.IntEnum):
    """The part of what TLS has negotiated that a reason is about."""

    NONE = 0
    VERSION = 1
    CIPHER_SUITE = 2
    GROUP = 3
    SIGNATURE_SCHEME = 4
    CERTIFICATE = 5
    EXTENDED_MASTER_SECRET = 6


class Origin(enum.IntEnum):
    """Where a name comes from (RFC 7817 section 3)."""

    TYPED_BY_USER = 0
    DNSSEC_PROVEN = 1
    CONFIRMED_BY_USER = 2
    UNPROVEN_SRV = 3


class MilterDialect(enum.IntEnum):
    """Whose milter macros they are."""

    SENDMAIL = 1
    POSTFIX = 2


class Check(enum.IntEnum):
    """A check of a server's certificate."""

    NONE = 0
    FORM = 1
    CHAIN = 2
    VALIDITY = 3
    USAGE = 4
    REVOCATION = 5
    IDENTITY = 6
    DANE = 7


class InvalidClientCertificate(enum.IntEnum):
    """What a server does with a client whose certificate is not valid."""

    REFUSE = 0
    ANONYMOUS = 1


class ClientCertificate(enum.IntEnum):
    """Whether a client's certificate went over a connection, and whether in clear (TLS 1.2)."""

    NONE = 0
    SENT = 1
    SENT_IN_CLEAR = 2


class GreetingStatus(enum.IntEnum):
    """What a server's greeting says.

    IMAP's ``PREAUTH`` is so when ``Event.AUTHENTICATED`` follows: of a client that has shown no
    certificate it is not believed.
    """

    NONE = 0
    READY = 1
    PREAUTH = 2
    REFUSED = 3


class Deadline(enum.IntEnum):
    """A deadline that a configuration sets, in milliseconds."""

    HANDSHAKE = 1
    GREETING = 2
    COMMAND = 3
    AUTHENTICATION = 4
    CLOSE = 5


class Limit(enum.IntEnum):
    """A limit on what a peer can make us hold or do before authentication."""

    IMAP_LINE = 1
    POP3_LINE = 2
    SMTP_LINE = 3
    REPLY_LINE = 4
    SASL_LINE = 5
    LITERAL = 6
    REPLY_LINES = 7
    BAD_COMMANDS = 8
    AUTHENTICATION_FAILURES = 9
    SASL_ROUNDS = 10
    HANDSHAKE = 11
    BUFFERED = 12
    SCRAM_ITERATIONS = 13


class ClientHelloProgress(enum.IntEnum):
    """How far a reader of a ClientHello has come."""

    NEEDS_MORE = 0
    HELLO = 1
    NOT_TLS = 2
    SSLV2 = 3
    MALFORMED = 4


class ClientHelloList(enum.IntEnum):
    """A list of code points in a ClientHello."""

    VERSIONS = 0
    CIPHER_SUITES = 1
    GROUPS = 2
    KEY_SHARES = 3
    SIGNATURE_SCHEMES = 4


class Lowered(enum.IntEnum):
    """How far a minimum is lowered (RFC 8314 section 5).

    ``PINNED``: the certificate pinned at set-up will do. ``NONE``: nothing is required.
    """

    PINNED = 1
    NONE = 2


class Acknowledged(enum.IntEnum):
    """What the user has been told, in so many words, and has agreed to."""

    THAT_PASSWORDS_AND_MESSAGES_ARE_EXPOSED = 8314


class Shortfall(enum.IntEnum):
    """What a session falls short of."""

    NONE = 0
    CLEAR = 1
    TLS = 2
    NOT_VALIDATED = 3
    ONLY_PINNED = 4


class Upgrade(enum.IntEnum):
    """What has become possible for an account whose minimum is lowered (RFC 8314 section 5.2)."""

    NONE = 0
    START_TLS = 1
    MINIMUM = 2


class Security(enum.IntEnum):
    """How a connection to a candidate is protected."""

    NONE = 0
    IMPLICIT_TLS = 1
    START_TLS = 2
    CLEARTEXT = 3


class SrvWarning(enum.IntEnum):
    """What the user should know of a candidate."""

    CLEARTEXT = 1
    UNSIGNED = 2
    OUTSIDE_DOMAIN = 4


class Dismissal(enum.IntEnum):
    """Why a server is not a candidate."""

    NONE = 0
    BELOW_MINIMUM = 1
    NO_START_TLS = 2
    OUTSIDE_DOMAIN = 3


class TracePart(enum.IntEnum):
    """A part of a Received field."""

    FROM = 1
    BY = 2
    VIA = 3
    WITH = 4
    ID = 5
    FOR = 6
    TLS = 7
    GROUP = 8
    DATE = 9


class Protection(enum.IntEnum):
    """How a hop was protected: ``LOCAL`` crossed no network."""

    UNSAID = 0
    TLS = 1
    CLEAR = 2
    LOCAL = 3


class Strength(enum.IntEnum):
    """What the protection of a hop is worth: the smaller the weaker; ``NONE`` where there is no hop."""

    NONE = 0
    CLEAR = 10
    OBSOLETE_TLS = 20
    UNSAID = 30
    TLS = 40
    MODERN_TLS = 50
    LOCAL = 60


class ErrorCode(enum.IntEnum):
    """What went wrong. Numbers of -100 and below have ended the connection."""

    NULL_ARGUMENT = -1
    INVALID_ARGUMENT = -2
    WRONG_STATE = -3
    BUFFER_TOO_SMALL = -4
    WOULD_BLOCK = -5
    BELOW_MECHANISM_FLOOR = -6
    FILE_UNREADABLE = -20
    NO_CERTIFICATE = -21
    NO_PRIVATE_KEY = -22
    NO_TRUST_ANCHOR = -23
    NO_ENGINE = -24
    INTERNAL = -100
    POISONED = -101
    NOT_TLS = -110
    TLS_PROTOCOL = -111
    TLS_ALERT_RECEIVED = -112
    TLS_POLICY = -113
    NO_APPLICATION_PROTOCOL = -114
    CERTIFICATE_EXPIRED = -120
    CERTIFICATE_NAME_MISMATCH = -121
    CERTIFICATE_UNTRUSTED = -122
    CERTIFICATE_REVOKED = -123
    CERTIFICATE_UNFIT = -124
    SYNTAX = -130
    LIMIT_EXCEEDED = -131
    TOO_MANY_ERRORS = -132
    FOREIGN_PROTOCOL = -133
    REFUSED_BY_SERVER = -134
    START_TLS_REFUSED = -135
    DATA_BEFORE_TLS = -136
    SERVER_NOT_PROVED = -137
    DEADLINE_PASSED = -140
    TRUNCATED = -141
    CLOSED_EARLY = -142


#: The enumerations of the header by their C names.
ENUMERATIONS = {
    "mailtls_error": ErrorCode,
    "mailtls_service": Service,
    "mailtls_protocol": Protocol,
    "mailtls_event": Event,
    "mailtls_hand_off": HandOff,
    "mailtls_mechanism_floor": MechanismFloor,
    "mailtls_condition": Condition,
    "mailtls_rejection": Rejection,
    "mailtls_means": Means,
    "mailtls_peer_validation": PeerValidation,
    "mailtls_milter_dialect": MilterDialect,
    "mailtls_check": Check,
    "mailtls_standing": Standing,
    "mailtls_part": Part,
    "mailtls_origin": Origin,
    "mailtls_invalid_client_certificate": InvalidClientCertificate,
    "mailtls_client_certificate": ClientCertificate,
    "mailtls_greeting_status": GreetingStatus,
    "mailtls_deadline": Deadline,
    "mailtls_limit": Limit,
    "mailtls_client_hello_progress": ClientHelloProgress,
    "mailtls_client_hello_list": ClientHelloList,
    "mailtls_lowered": Lowered,
    "mailtls_acknowledged": Acknowledged,
    "mailtls_shortfall": Shortfall,
    "mailtls_upgrade": Upgrade,
    "mailtls_security": Security,
    "mailtls_warning": SrvWarning,
    "mailtls_dismissal": Dismissal,
    "mailtls_trace_part": TracePart,
    "mailtls_protection": Protection,
    "mailtls_strength": Strength,
}
