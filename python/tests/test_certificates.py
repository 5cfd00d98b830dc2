"""Certificates of clients: shown, judged, mapped to users; channel bindings; ALPN names."""

import hashlib
import ssl
import unittest

from support import (
    CA, CLIENT_CA, IMPLICIT_TLS, NAME, STARTTLS, USER, client_config, exchange, own_certificate, pair,
    server_config, with_certificate,
)

import mailtls
from mailtls import (
    ClientCertificate, ErrorCode, Event, GreetingStatus, HandOff, InvalidClientCertificate, Means,
    Protocol, Service,
)

DONE = [Event.AUTHENTICATED, Event.HANDED_OFF]


def asking(invalid=InvalidClientCertificate.REFUSE, **settings):
    return server_config(
        client_certificates_file=CLIENT_CA, invalid_client_certificate=invalid, **settings
    )


class Certificates(unittest.TestCase):
    def test_mapped_to_a_user(self):
        for service in (*IMPLICIT_TLS, *STARTTLS):
            with self.subTest(service):
                server, client = pair(service, server=asking(), client=with_certificate(), account=USER)
                at_server, at_client = exchange(server, client)
                self.assertEqual(at_server, [Event.TLS_ESTABLISHED, Event.CLIENT_CERTIFICATE])
                self.assertIn("CN=tim", server.peer_subject)
                self.assertEqual(len(server.peer_certificates), 2)
                with self.assertRaises(mailtls.MisuseError):
                    server.accept_certificate("", 0)
                server.accept_certificate(USER, 0)
                exchange(server, client)
                self.assertEqual(client.best_mechanism(Means.CERTIFICATE), "EXTERNAL")
                client.authenticate_external(0, "root")
                exchange(server, client)
                credentials = server.credentials
                self.assertEqual((credentials.mechanism, credentials.user), ("EXTERNAL", USER))
                self.assertEqual((credentials.authorization_identity, credentials.password), ("root", b""))
                self.assertTrue(credentials.proved)
                server.accept(0)
                self.assertEqual(exchange(server, client), (DONE, DONE))
                for side in (server, client):
                    self.assertEqual(side.client_certificate, ClientCertificate.SENT)

    def test_preauth(self):
        server, client = pair(server=asking(), client=with_certificate(), account=USER)
        exchange(server, client)
        server.accept_certificate(USER, 0, preauth=True)
        at_server, at_client = exchange(server, client)
        self.assertEqual((at_server, at_client[-2:]), (DONE, DONE))
        self.assertEqual(client.greeting.status, GreetingStatus.PREAUTH)

    def test_refused_by_the_host(self):
        server, client = pair(server=asking(), client=with_certificate(), account=USER)
        exchange(server, client)
        server.refuse_certificate(0)
        exchange(server, client)
        self.assertIsNone(client.best_mechanism(Means.CERTIFICATE))
        with self.assertRaises(mailtls.MisuseError):
            client.authenticate_external(0)

    def test_shown_for_its_account_alone_and_only_when_asked_for(self):
        for server, account in ((asking(), None), (asking(), "ann"), (server_config(), USER)):
            sides = pair(server=server, client=with_certificate(), account=account)
            self.assertNotIn(Event.CLIENT_CERTIFICATE, exchange(*sides)[0])
            for side in sides:
                self.assertEqual(side.client_certificate, ClientCertificate.NONE)

    def test_one_that_is_not_valid(self):
        for stem, code in (
            ("client-expired", ErrorCode.CERTIFICATE_EXPIRED),
            ("client-other", ErrorCode.CERTIFICATE_UNTRUSTED),
        ):
            with self.subTest(stem):
                client = with_certificate(stem)
                sides = pair(server=asking(), client=client, account=USER)
                exchange(*sides)
                self.assertEqual(sides[0].error.code, code)
                self.assertEqual(sides[1].error.code, ErrorCode.TLS_ALERT_RECEIVED)
                lenient = asking(InvalidClientCertificate.ANONYMOUS)
                sides = pair(server=lenient, client=client, account=USER)
                self.assertEqual(
                    exchange(*sides)[0], [Event.TLS_ESTABLISHED, Event.CLIENT_CERTIFICATE_INVALID]
                )
                self.assertTrue(sides[0].certificate_reason)
                self.assertTrue(sides[1].capabilities)

    def test_in_memory_and_tls_1_3_only(self):
        chain, key = (path.read_bytes() for path in own_certificate())
        client = client_config(
            client_certificates_pem={USER: (chain, key)}, client_certificates_tls13_only=True
        )
        server = server_config(client_certificates_pem=CLIENT_CA.read_bytes())
        self.assertIn(
            Event.CLIENT_CERTIFICATE, exchange(*pair(server=server, client=client, account=USER))[0]
        )
        with self.assertRaises(mailtls.MisuseError):
            client_config(client_certificates_pem={"": (chain, key)})
        with self.assertRaises(mailtls.MisuseError):
            mailtls.ServerConfig(client_certificates_file=CLIENT_CA)


def bio_pair(context, **arguments):
    """One of Python's TLS ends, in memory."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    return context.wrap_bio(incoming, outgoing, **arguments), incoming, outgoing


def handshake(connection, end, incoming, outgoing):
    """A handshake between a connection and Python's own TLS."""
    for _ in range(10):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            pass
        if outgoing.pending:
            connection.handle_input(outgoing.read(), 0)
        while data := connection.poll_transmit():
            incoming.write(data)
            connection.transmitted(len(data))


class CertificatesUnderTls12(unittest.TestCase):
    """A certificate crosses in clear, and both sides know it (RFC 8314 section 4.2)."""

    def test_our_server(self):
        context = ssl.create_default_context(cafile=str(CA))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(*own_certificate())
        server = mailtls.Connection.server(asking(), Service.IMAPS, 0)
        handshake(server, *bio_pair(context, server_hostname=NAME))
        self.assertEqual(server.tls_version, "TLSv1.2")
        self.assertEqual(server.client_certificate, ClientCertificate.SENT_IN_CLEAR)
        self.assertIn("CN=tim", server.peer_subject)

    def test_our_client(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(CA.with_name("server.pem"), CA.with_name("server.key"))
        context.load_verify_locations(CLIENT_CA)
        context.verify_mode = ssl.CERT_OPTIONAL
        for only in (False, True):
            config = with_certificate(hand_off=HandOff.TRANSPARENT, client_certificates_tls13_only=only)
            client = mailtls.Connection.client(config, Service.IMAPS, NAME, 0, USER)
            end = bio_pair(context, server_side=True)
            if only:
                with self.assertRaises((ssl.SSLError, mailtls.PeerError)):
                    handshake(client, *end)
                self.assertEqual(client.client_certificate, ClientCertificate.NONE)
            else:
                handshake(client, *end)
                self.assertEqual(client.client_certificate, ClientCertificate.SENT_IN_CLEAR)
                self.assertEqual(end[0].getpeercert()["subjectAltName"], (("email", "tim@mail.example"),))


class ChannelBindingsAndNames(unittest.TestCase):
    def test_both_ends_have_the_same_bindings(self):
        server, client = pair(server=server_config(channel_bindings=True))
        self.assertIsNone(client.channel_binding("tls-exporter"))
        exchange(server, client)
        for kind in ("tls-exporter", "tls-server-end-point"):
            self.assertEqual(len(client.channel_binding(kind)), 32)
            self.assertEqual(client.channel_binding(kind), server.channel_binding(kind))
        leaf = hashlib.sha256(client.peer_certificates[0]).digest()
        self.assertEqual(server.channel_binding("tls-server-end-point"), leaf)
        with self.assertRaises(mailtls.MisuseError):
            client.channel_binding("tls-unique")
        server, client = pair()
        exchange(server, client)
        self.assertIsNone(server.channel_binding("tls-exporter"))

    def test_names(self):
        server = server_config(alpn={Protocol.IMAP: ["imap4", "imap"]})
        for offered, chosen in ((["imap", "imap4"], "imap4"), (["imap"], "imap"), ([], None)):
            sides = pair(server=server, client=client_config(alpn={Protocol.IMAP: offered}))
            exchange(*sides)
            self.assertEqual([side.alpn for side in sides], [chosen, chosen])
        sides = pair(server=server, client=client_config(alpn={Protocol.IMAP: ["http/1.1"]}))
        exchange(*sides)
        self.assertEqual(sides[0].error.code, ErrorCode.NO_APPLICATION_PROTOCOL)
        with self.assertRaises(mailtls.MisuseError):
            server_config(alpn={Protocol.IMAP: []})


if __name__ == "__main__":
    unittest.main()
