"""Configurations: built once, never changed, shared by connections and threads."""

from __future__ import annotations

import ctypes
import os
from typing import Iterable, Mapping

from . import _abi
from ._abi import Deadline, ErrorCode, HandOff, InvalidClientCertificate, Limit, MechanismFloor, Protocol
from ._handle import Handle, c_text, from_c
from ._library import lib
from .errors import MisuseError, error_for
from .policy import Policy, policy_of


class _Builder:
    """A builder of the library for as long as a configuration is being made."""

    def __init__(self, side: str):
        self._prefix = f"mailtls_{side}_config_builder_"
        self._config = _abi.HANDLES[f"mailtls_{side}_config"]
        self._pointer = self._function("new")()

    def _function(self, name: str):
        return getattr(lib, self._prefix + name)

    def set(self, name: str, *arguments) -> None:
        """Calls a function of the builder; texts are encoded, None is left to the default."""
        if arguments == (None,):
            return
        function = self._function(name)
        code = function(self._pointer, *map(_c_argument, function.argtypes[1:], arguments))
        if code != 0:
            raise error_for(code, from_c(self._function("reason")(self._pointer)))

    def set_all(self, name: str, values: Mapping) -> None:
        for which, value in values.items():
            self.set(name, which, value)

    def build(self):
        config = ctypes.POINTER(self._config)()
        self.set("build", ctypes.byref(config))
        return config

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._function("free")(self._pointer)


def _c_argument(kind, argument):
    """An argument for C. ctypes would take a number that does not fit, and cut it."""
    if isinstance(argument, str):
        return c_text(argument)
    if isinstance(argument, int) and kind(argument).value != argument:
        raise MisuseError(ErrorCode.INVALID_ARGUMENT, f"{argument} is out of range")
    return argument


def _words(words: Iterable[str] | None) -> str | None:
    return None if words is None else " ".join(words)


def _alpn(names: Mapping[Protocol, Iterable[str]] | None) -> Mapping[Protocol, str]:
    return {protocol: " ".join(listed) for protocol, listed in (names or {}).items()}


def _set_revocation(builder: _Builder, lists: Iterable[bytes], refuse_unknown: bool | None) -> None:
    for revoked in lists:
        builder.set("revocation_list", revoked, len(revoked))
    builder.set("refuse_unknown_revocation", refuse_unknown)


class ServerConfig(Handle):
    """What a server needs to know before its first connection.

    What is not given keeps the library's default, which its header tells with the function of
    the same name.

    :param certificate_files: paths of the chain, leaf first, and of its private key, in PEM. The
        certificates after the leaf may be in any order; they are sent in the right one.
    :param certificate_pem: the same in memory, instead.
    :param additional_certificate_files: more of them, each shown to clients that ask for one of its
        names (SNI).
    :param additional_certificate_pem: the same in memory.
    :param tickets_of: another configuration, whose clients' TLS sessions can be resumed with this.
    :param tickets: TLS 1.3 tickets sent in a handshake; 0 switches resumption off.
    :param sasl_mechanisms: those of mailtls that are offered, best first.
    :param raw_sasl_mechanisms: others behind them, which the host speaks itself.
    :param scram_salts: the secret that salts are made from of users that have none stored.
    :param client_certificates_file: authorities whose clients' certificates the host can map to
        users, in a PEM file: clients are asked for one.
    :param client_certificates_pem: the same in memory, instead.
    :param invalid_client_certificate: what becomes of one that is not valid.
    :param revocation_lists: lists of revoked certificates of clients, each in DER or PEM.
    :param refuse_unknown_revocation: whether one is refused that they do not tell the state of.
    :param channel_bindings: whether connections know theirs, also when no mechanism wants it.
    :param explains_refused_tls: whether a client on the host's own TLS, which the policy refuses, is
        told why when it wants to authenticate (:attr:`Event.NOT_CONFIDENTIAL`), not turned away.
    :param alpn: names by :class:`Protocol`, the preferred one first.
    :param policy: what TLS must be, a :class:`Policy` or its text: the engine negotiates nothing that it
        refuses, and what a TLS library of the program's own has negotiated is judged by it.
    :param limits: octets or counts by :class:`Limit`.
    :param deadlines: milliseconds by :class:`Deadline`.
    :raises MailtlsError: with the reason; what is wrong is the caller's to put right.

    It may be freed while connections made with it live on.
    """

    def __init__(
        self,
        *,
        certificate_files: tuple[str | os.PathLike, str | os.PathLike] | None = None,
        certificate_pem: tuple[bytes, bytes] | None = None,
        additional_certificate_files: Iterable[tuple[str | os.PathLike, str | os.PathLike]] = (),
        additional_certificate_pem: Iterable[tuple[bytes, bytes]] = (),
        tickets: int | None = None,
        tickets_of: ServerConfig | None = None,
        host_name: str | None = None,
        greeting_text: str | None = None,
        sasl_mechanisms: Iterable[str] | None = None,
        raw_sasl_mechanisms: Iterable[str] = (),
        scram_salts: bytes | None = None,
        scram_iterations: int | None = None,
        oauth_scope: str | None = None,
        oauth_configuration: str | None = None,
        client_certificates_file: str | os.PathLike | None = None,
        client_certificates_pem: bytes | None = None,
        invalid_client_certificate: InvalidClientCertificate = InvalidClientCertificate.REFUSE,
        revocation_lists: Iterable[bytes] = (),
        refuse_unknown_revocation: bool | None = None,
        channel_bindings: bool | None = None,
        explains_refused_tls: bool | None = None,
        alpn: Mapping[Protocol, Iterable[str]] | None = None,
        policy: Policy | str | None = None,
        password_commands: bool | None = None,
        imap_capabilities: Iterable[str] | None = None,
        imap_authenticated_capabilities: Iterable[str] | None = None,
        imap_id: Mapping[str, str] | None = None,
        pop3_capabilities: Iterable[str] = (),
        pop3_implementation: str | None = None,
        pop3_utf8: bool | None = None,
        smtp_keywords: Iterable[str] = (),
        smtp_size: int | None = None,
        hand_off: HandOff | None = None,
        limits: Mapping[Limit, int] | None = None,
        deadlines: Mapping[Deadline, int] | None = None,
    ):
        with _Builder("server") as builder:
            if certificate_files is not None:
                builder.set("certificate_files", *map(os.fspath, certificate_files))
            if certificate_pem is not None:
                chain, key = certificate_pem
                builder.set("certificate_pem", chain, len(chain), key, len(key))
            for files in additional_certificate_files:
                builder.set("additional_certificate_files", *map(os.fspath, files))
            for chain, key in additional_certificate_pem:
                builder.set("additional_certificate_pem", chain, len(chain), key, len(key))
            builder.set("tickets", tickets)
            if tickets_of is not None:
                builder.set("tickets_of", tickets_of._c)
            builder.set("host_name", host_name)
            builder.set("greeting_text", greeting_text)
            builder.set("sasl_mechanisms", _words(sasl_mechanisms))
            for name in raw_sasl_mechanisms:
                builder.set("raw_sasl_mechanism", name)
            if scram_salts is not None:
                builder.set("scram_salts", scram_salts, len(scram_salts))
            builder.set("scram_iterations", scram_iterations)
            builder.set("oauth_scope", oauth_scope)
            builder.set("oauth_configuration", oauth_configuration)
            if client_certificates_file is not None:
                path = os.fspath(client_certificates_file)
                builder.set("client_certificates_file", path, invalid_client_certificate)
            if client_certificates_pem is not None:
                ca = client_certificates_pem
                builder.set("client_certificates_pem", ca, len(ca), invalid_client_certificate)
            _set_revocation(builder, revocation_lists, refuse_unknown_revocation)
            builder.set("channel_bindings", channel_bindings)
            builder.set("explains_refused_tls", explains_refused_tls)
            builder.set_all("alpn", _alpn(alpn))
            if policy is not None:
                policy = policy_of(policy)
                builder.set("policy", policy._c)
            builder.set("password_commands", password_commands)
            builder.set("imap_capabilities", _words(imap_capabilities))
            builder.set("imap_authenticated_capabilities", _words(imap_authenticated_capabilities))
            for field, value in (imap_id or {}).items():
                builder.set("imap_id", field, value)
            for line in pop3_capabilities:
                builder.set("pop3_capability", line)
            builder.set("pop3_implementation", pop3_implementation)
            builder.set("pop3_utf8", pop3_utf8)
            for line in smtp_keywords:
                builder.set("smtp_keyword", line)
            builder.set("smtp_size", smtp_size)
            builder.set("hand_off", hand_off)
            builder.set_all("limit", limits or {})
            builder.set_all("deadline", deadlines or {})
            super().__init__(builder.build(), lib.mailtls_server_config_free)


class ClientConfig(Handle):
    """What a client needs to know before its first connection.

    Certificate authorities of all three sources are trusted together; without any, no
    connection can be made. The rest is as for :class:`ServerConfig`.

    :param ca_file: path of a PEM file of certificate authorities. A server that shows exactly one of the
        certificates in it is trusted as well, self-signed or not, with its name and dates checked. One
        without CA:TRUE is trusted for itself alone.
    :param ca_pem: the same in memory.
    :param system_ca: whether to trust the system's store.
    :param client_certificates: by account, paths of its certificate's chain and private key, in
        PEM. It is shown on connections for exactly this account, to servers that ask for one.
    :param client_certificates_pem: the same in memory.
    :param client_certificates_tls13_only: whether such connections offer TLS 1.3 only, which hides
        the certificate from the network.
    :param revocation_lists: lists of revoked certificates of servers, each in DER or PEM.
    :param refuse_unknown_revocation: whether one is refused that they do not tell the state of.
    :param client_name: the name given in EHLO.
    :param alpn: names by :class:`Protocol`, the preferred one first; with none nothing is offered.
    :param opportunistic: on a STARTTLS service whose server has no STARTTLS, tell
        :attr:`Event.NOT_CONFIDENTIAL` instead of ending with START_TLS_REFUSED. Nothing is
        authenticated in clear in either case.
    :param mechanism_floor: the least that an authentication must be (:class:`MechanismFloor`). Below it
        nothing is sent, and :class:`MisuseError` (BELOW_MECHANISM_FLOOR) says what the server offers.
    """

    def __init__(
        self,
        *,
        ca_file: str | os.PathLike | None = None,
        ca_pem: bytes | None = None,
        system_ca: bool = False,
        client_certificates: Mapping[str, tuple[str | os.PathLike, str | os.PathLike]] | None = None,
        client_certificates_pem: Mapping[str, tuple[bytes, bytes]] | None = None,
        client_certificates_tls13_only: bool | None = None,
        revocation_lists: Iterable[bytes] = (),
        refuse_unknown_revocation: bool | None = None,
        client_name: str | None = None,
        alpn: Mapping[Protocol, Iterable[str]] | None = None,
        policy: Policy | str | None = None,
        opportunistic: bool | None = None,
        mechanism_floor: MechanismFloor | None = None,
        hand_off: HandOff | None = None,
        limits: Mapping[Limit, int] | None = None,
        deadlines: Mapping[Deadline, int] | None = None,
    ):
        with _Builder("client") as builder:
            if ca_file is not None:
                builder.set("ca_file", os.fspath(ca_file))
            if ca_pem is not None:
                builder.set("ca_pem", ca_pem, len(ca_pem))
            if system_ca:
                builder.set("system_ca")
            for account, files in (client_certificates or {}).items():
                builder.set("client_certificate_files", account, *map(os.fspath, files))
            for account, (chain, key) in (client_certificates_pem or {}).items():
                builder.set("client_certificate_pem", account, chain, len(chain), key, len(key))
            builder.set("client_certificates_tls13_only", client_certificates_tls13_only)
            _set_revocation(builder, revocation_lists, refuse_unknown_revocation)
            builder.set("client_name", client_name)
            builder.set_all("alpn", _alpn(alpn))
            if policy is not None:
                policy = policy_of(policy)
                builder.set("policy", policy._c)
            builder.set("opportunistic", opportunistic)
            builder.set("mechanism_floor", mechanism_floor)
            builder.set("hand_off", hand_off)
            builder.set_all("limit", limits or {})
            builder.set_all("deadline", deadlines or {})
            super().__init__(builder.build(), lib.mailtls_client_config_free)
