"""Certificates that people make themselves, shown by OpenSSL: supplied, pinned, and of forms that no library but
the one that made them likes."""

import hashlib
import ssl
import unittest

from support import CERTIFICATES, NAME, OTHER_CA, ROOT

import mailtls
from mailtls import (
    AccountSetup, Acknowledged, Check, ErrorCode, Event, Lowered, Minimum, PeerValidation, Service, Target,
)

DATA = ROOT / "tests" / "data" / "certificates"
TOLD = Acknowledged.THAT_PASSWORDS_AND_MESSAGES_ARE_EXPOSED
ACCOUNT = "tim@mail.example"
VERSIONS = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


class Peer:
    """A server of OpenSSL in memory, and our client connected to it, as far as TLS goes."""

    def __init__(self, name, version, trusted=OTHER_CA, **settings):
        path = DATA / f"{name}.der"
        if path.exists():
            self.der = path.read_bytes()
            chain = CERTIFICATES / f"{name}.pem"
            chain.write_text(ssl.DER_cert_to_PEM_cert(self.der))
        else:
            chain = DATA / f"{name}.pem"
            self.der = ssl.PEM_cert_to_DER_cert(chain.read_text())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        context.load_cert_chain(chain, DATA / f"{name}.key")
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        deferred = settings.pop("deferred", False)
        if settings.pop("pinned", False):
            minimum = Minimum()
            minimum.lower(Lowered.PINNED, TOLD)
            settings.update(minimum=minimum, pin=hashlib.sha256(self.der).digest())
        target = Target(Service.IMAPS, NAME, account=ACCOUNT, deferred=deferred, **settings)
        config = mailtls.ClientConfig(ca_file=chain if trusted is None else trusted)
        self.client = mailtls.Connection.client_to(config, target, 0)
        self.events = []
        for _ in range(8):
            self.step()

    def step(self):
        while (event := self.client.poll_event()) != Event.NONE:
            self.events.append(event)
        self.client.transmit(lambda data: self.incoming.write(data))
        try:
            self.tls.do_handshake()
        except ssl.SSLError:
            # It wants more, or has been refused.
            pass
        if output := self.outgoing.read():
            try:
                self.client.handle_input(output, 0)
            except mailtls.MailtlsError:
                # It is what the error property tells.
                pass


class OwnMade(unittest.TestCase):
    def test_supplied(self):
        for version in VERSIONS:
            peer = Peer("ca-true", version, trusted=None)
            self.assertEqual(peer.client.peer_validation, PeerValidation.PKIX)
            peer = Peer("ca-true", version)
            self.assertEqual(peer.client.error.code, ErrorCode.CERTIFICATE_UNTRUSTED)
            self.assertIn("self-signed", peer.client.reason)

    def test_pinned(self):
        for version in VERSIONS:
            for name in ("ca-true", "version-1"):
                peer = Peer(name, version, pinned=True)
                self.assertEqual(peer.client.peer_validation, PeerValidation.PIN, name)
                self.assertEqual(peer.client.peer_sha256, hashlib.sha256(peer.der).digest())

    def test_version_1_at_set_up(self):
        for version in VERSIONS:
            peer = Peer("version-1", version, deferred=True)
            self.assertIn(Event.SERVER_CERTIFICATE, peer.events)
            self.assertEqual(peer.client.certificate_failure.check, Check.FORM)
            peer.client.pin_server_certificate(AccountSetup(ACCOUNT), TOLD, 0)
            self.assertEqual(peer.client.peer_validation, PeerValidation.PIN)

    def test_what_cannot_be_verified(self):
        for version in VERSIONS:
            for settings in ({"pinned": True}, {"deferred": True}):
                peer = Peer("rsa-1024", version, **settings)
                self.assertEqual(peer.client.error.code, ErrorCode.CERTIFICATE_UNFIT)
                self.assertIn("cannot verify signatures by the certificate's key (RSA of 1024 bits)", peer.client.reason)
