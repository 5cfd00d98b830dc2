"""What TLS has negotiated on a connection, what the peer has shown, what the dialogue has told."""

from __future__ import annotations

import ctypes
from typing import NamedTuple

from ._abi import ClientCertificate, Condition, ErrorCode, GreetingStatus, MilterDialect, PeerValidation
from ._calls import Calls, Octets
from ._handle import c_text
from ._library import lib
from ._milter import macros_of
from .client_hello import ClientHello, from_pointer
from .errors import check


class Greeting(NamedTuple):
    """A server's greeting. ``text`` and ``code`` are its own words and prove nothing."""

    status: GreetingStatus
    text: str
    code: str | None
    code_arguments: str | None = None


class Refusal(NamedTuple):
    """A server's answer to credentials that it did not accept. ``details`` is what OAUTHBEARER or
    XOAUTH2 say of it, in JSON, or the word that SCRAM has for it. All are the server's own words and prove nothing."""

    code: str | None
    text: str
    temporary: bool
    details: str | None = None
    code_arguments: str | None = None


class ServerMessage(NamedTuple):
    """Something that a server says to people. An ``alert`` must be shown to the user (RFC 9051
    section 7.1). ``code_arguments`` is what follows the name of an IMAP response code: the URL of
    REFERRAL or WEBALERT, which nobody should follow without the user. All are the server's own words
    and prove nothing."""

    condition: Condition
    alert: bool
    tagged: bool
    code: str | None
    code_arguments: str | None
    text: str


class Facts(Calls):
    """The getters of a connection that have no part in what is done."""

    @property
    def client_hello(self) -> ClientHello | None:
        """Server: what the client offers, from :attr:`Event.CLIENT_HELLO` on."""
        return from_pointer(lib.mailtls_connection_client_hello(self._c))

    @property
    def client_name(self) -> str | None:
        """Server: the name the client gave in EHLO or HELO, one printable line that proves nothing."""
        return self._text("client_name")

    @property
    def pop3_utf8(self) -> bool:
        """Server, POP3: whether the client has switched to UTF-8."""
        return bool(lib.mailtls_connection_pop3_utf8(self._c))

    @property
    def greeting(self) -> Greeting | None:
        """Client: the server's greeting."""
        status = GreetingStatus(lib.mailtls_connection_greeting_status(self._c))
        if status == GreetingStatus.NONE:
            return None
        return Greeting(
            status,
            self._text("greeting") or "",
            self._text("greeting_code"),
            self._text("greeting_code_arguments"),
        )

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Client: what the server has told it can do, a line or word each; from
        :attr:`Event.AUTHENTICATED_CAPABILITIES` on what it can do once authenticated."""
        return self._texts("capability")

    @property
    def message(self) -> ServerMessage | None:
        """Client: what the server says to people, at :attr:`Event.SERVER_MESSAGE`."""
        condition = Condition(lib.mailtls_connection_message_condition(self._c))
        if condition == Condition.NONE:
            return None
        return ServerMessage(
            condition,
            bool(lib.mailtls_connection_message_is_alert(self._c)),
            bool(lib.mailtls_connection_message_is_tagged(self._c)),
            self._text("message_code"),
            self._text("message_code_arguments"),
            self._text("message_text") or "",
        )

    @property
    def messages_dropped(self) -> int:
        """Client: how many of the server's messages were dropped: between two commands 16 alerts are
        told, and 16 others."""
        return lib.mailtls_connection_messages_dropped(self._c)

    @property
    def refusal(self) -> Refusal | None:
        """Client: the server's answer to the credentials it refused last."""
        text = self._text("refusal_text")
        if text is None:
            return None
        temporary = bool(lib.mailtls_connection_refusal_temporary(self._c))
        return Refusal(
            self._text("refusal_code"),
            text,
            temporary,
            self._text("refusal_details"),
            self._text("refusal_code_arguments"),
        )

    @property
    def tls_version(self) -> str | None:
        """The TLS version, "TLSv1.3"; None before TLS stands."""
        return self._text("tls_version")

    @property
    def cipher_suite(self) -> str | None:
        """The cipher suite by its IANA name."""
        return self._text("cipher_suite")

    @property
    def cipher_bits(self) -> int:
        """The bits of the cipher's key; 0 before TLS stands."""
        return lib.mailtls_connection_cipher_bits(self._c)

    @property
    def group(self) -> str | None:
        """The key-exchange group by its IANA name."""
        return self._text("group")

    @property
    def alpn(self) -> str | None:
        """The ALPN protocol name both sides agreed on."""
        return self._text("alpn")

    @property
    def resumed(self) -> bool:
        """Whether an earlier TLS session was resumed."""
        return bool(lib.mailtls_connection_resumed(self._c))

    @property
    def alert_sent(self) -> int | None:
        """The number of the last TLS alert sent; 0 is close_notify."""
        return _alert(lib.mailtls_connection_alert_sent(self._c))

    @property
    def alert_received(self) -> int | None:
        """The number of the last TLS alert received; 0 is close_notify."""
        return _alert(lib.mailtls_connection_alert_received(self._c))

    @property
    def peer_certificates(self) -> tuple[bytes, ...]:
        """The certificates the peer has shown, in DER, leaf first."""
        return tuple(
            self._certificate(i) for i in range(lib.mailtls_connection_peer_certificate_count(self._c))
        )

    @property
    def peer_subject(self) -> str | None:
        """The subject of the peer's leaf certificate."""
        return self._text("peer_subject")

    @property
    def peer_issuer(self) -> str | None:
        """The issuer of the peer's leaf certificate."""
        return self._text("peer_issuer")

    @property
    def peer_dns_names(self) -> tuple[str, ...]:
        """The DNS names the peer's leaf certificate is for."""
        return self._texts("peer_dns_name")

    @property
    def peer_validity(self) -> tuple[int, int] | None:
        """From when to when the peer's leaf certificate is valid, in seconds since 1970."""
        start, end = ctypes.c_int64(), ctypes.c_int64()
        code = lib.mailtls_connection_peer_validity(self._c, ctypes.byref(start), ctypes.byref(end))
        if code == ErrorCode.WRONG_STATE:
            return None
        check(code)
        return start.value, end.value

    @property
    def peer_sha256(self) -> bytes | None:
        """The SHA-256 of the peer's leaf certificate."""
        fingerprint = (ctypes.c_uint8 * 32)()
        code = lib.mailtls_connection_peer_sha256(self._c, fingerprint)
        if code == ErrorCode.WRONG_STATE:
            return None
        check(code)
        return bytes(fingerprint)

    @property
    def peer_validation(self) -> PeerValidation:
        """What stands behind the peer's certificate."""
        return PeerValidation(lib.mailtls_connection_peer_validation(self._c))

    @property
    def client_certificate(self) -> ClientCertificate:
        """Whether the client's certificate went over this connection, and whether everybody on the
        network could see it (TLS 1.2)."""
        return ClientCertificate(lib.mailtls_connection_client_certificate(self._c))

    @property
    def certificate_reason(self) -> str | None:
        """Server: why the client's certificate of :attr:`Event.CLIENT_CERTIFICATE_INVALID` is not
        valid."""
        return self._text("certificate_reason")

    def channel_binding(self, kind: str) -> bytes | None:
        """What an authentication can be bound to: "tls-exporter" (RFC 9266) or
        "tls-server-end-point" (RFC 5929); None when the connection does not have it."""
        buffer, length = (ctypes.c_uint8 * 64)(), ctypes.c_size_t()
        code = lib.mailtls_connection_channel_binding(
            self._c, c_text(kind), buffer, len(buffer), ctypes.byref(length)
        )
        if code == ErrorCode.WRONG_STATE:
            return None
        check(code)
        return bytes(buffer[: length.value])

    @property
    def log_line(self) -> str:
        """What is known of the connection now, in one line of ``key=value`` pairs for the log: when
        TLS stands, with each authentication, and at the end."""
        return (self._copied("log_line") or b"").decode()

    def milter_macros(self, dialect: MilterDialect) -> dict[str, str]:
        """What a milter of this dialect is told of the connection's TLS: values by names in braces.
        Before TLS stands there are none."""
        return macros_of(self._copied("milter_macros", dialect) or b"")

    @property
    def authentications_refused_in_clear(self) -> int:
        """Server: how many times the client wanted to authenticate in clear. Who authenticates later
        can be told to change the password."""
        return lib.mailtls_connection_authentications_refused_in_clear(self._c)

    def _certificate(self, index: int) -> bytes:
        der, length = Octets(), ctypes.c_size_t()
        check(
            lib.mailtls_connection_peer_certificate(self._c, index, ctypes.byref(der), ctypes.byref(length))
        )
        return ctypes.string_at(der, length.value)

def _alert(number: int) -> int | None:
    return None if number < 0 else number
