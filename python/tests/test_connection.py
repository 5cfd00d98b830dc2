"""Connections against each other in memory: events, facts, errors, deadlines."""

import hashlib
import ssl
import unittest

from support import (
    CHAIN, IMPLICIT_TLS, NAME, OTHER_CA, PASSWORD, USER, client_config, exchange, pair, server_config,
)

import mailtls
from mailtls import Deadline, ErrorCode, Event, GreetingStatus, HandOff, Rejection, Service


def ready(service=Service.IMAPS, **settings):
    """Two connections between which TLS stands and capabilities are known."""
    server, client = pair(service, server=server_config(**settings))
    exchange(server, client)
    return server, client


def handed_off(service=Service.IMAPS):
    server, client = ready(service)
    client.authenticate(USER, PASSWORD, 0)
    exchange(server, client)
    server.accept(0)
    exchange(server, client)
    return server, client


class Dialogue(unittest.TestCase):
    def test_from_the_first_byte_to_the_hand_off(self):
        for service in IMPLICIT_TLS:
            with self.subTest(service):
                server, client = pair(service)
                at_server, at_client = exchange(server, client)
                self.assertEqual(at_server, [Event.TLS_ESTABLISHED])
                self.assertEqual(at_client, [Event.TLS_ESTABLISHED, Event.GREETING, Event.CAPABILITIES])
                client.authenticate(USER, PASSWORD, 0)
                self.assertEqual(exchange(server, client), ([Event.CREDENTIALS], []))
                self.assertEqual(server.credentials.user, USER)
                self.assertEqual(server.credentials.password, PASSWORD.encode())
                server.accept(0)
                both = [Event.AUTHENTICATED, Event.HANDED_OFF]
                self.assertEqual(exchange(server, client), (both, both))
                self.assertIsNone(server.credentials)
                self.assertEqual(server.write(b"abc"), 3)
                exchange(server, client)
                self.assertEqual(client.readable, 3)
                self.assertEqual([client.read(2), client.read(), client.read()], [b"ab", b"c", b""])

    def test_refused_and_tried_again(self):
        for service in IMPLICIT_TLS:
            with self.subTest(service):
                server, client = ready(service)
                client.authenticate(USER, "wrong", 0)
                exchange(server, client)
                server.reject(Rejection.TEMPORARY_FAILURE, 0)
                self.assertEqual(exchange(server, client)[1], [Event.AUTHENTICATION_REFUSED])
                self.assertTrue(client.refusal.temporary)
                self.assertTrue(client.refusal.code)
                client.authenticate(USER, PASSWORD.encode(), 0, "LOGIN")
                exchange(server, client)
                self.assertEqual(server.credentials.mechanism, "LOGIN")
                server.accept(0)
                self.assertIn(Event.HANDED_OFF, exchange(server, client)[1])

    def test_a_mechanism_that_is_not_offered_changes_nothing(self):
        _, client = ready(sasl_mechanisms=["PLAIN"])
        for mechanism in ("LOGIN", "NONE-OF-OURS"):
            with self.assertRaises(mailtls.MisuseError):
                client.authenticate(USER, PASSWORD, 0, mechanism)
        client.authenticate(USER, PASSWORD, 0, "")

    def test_log_out(self):
        for service in IMPLICIT_TLS:
            server, client = ready(service)
            client.log_out(0)
            self.assertEqual([events[-1] for events in exchange(server, client)], [Event.CLOSED] * 2)
            self.assertIsNone(client.error)

    def test_any_chunking(self):
        whole, client = ready()
        server, client = pair()
        while data := client.poll_transmit():
            client.transmitted(len(data))
            for i in range(len(data)):
                server.handle_input(data[i : i + 1], 0)
            exchange(server, client)
        self.assertEqual(server.tls_version, whole.tls_version)
        self.assertTrue(client.capabilities)

    def test_transmit_sends_in_portions(self):
        _, client = pair()
        whole, sent = client.poll_transmit(), []

        def send(data):
            if len(sent) == 3:
                raise BlockingIOError
            sent.append(data[:10])
            return len(sent[-1])

        self.assertTrue(client.transmit(send))
        self.assertEqual(b"".join(sent) + client.poll_transmit(), whole)
        self.assertFalse(client.transmit(send))

    def test_transparent_hand_off(self):
        settings = {"hand_off": HandOff.TRANSPARENT}
        server, client = pair(server=server_config(**settings), client=client_config(**settings))
        both = [Event.TLS_ESTABLISHED, Event.HANDED_OFF]
        self.assertEqual(exchange(server, client), (both, both))


class Facts(unittest.TestCase):
    def test_tls(self):
        server, client = pair()
        self.assertIsNone(client.tls_version)
        self.assertEqual(client.peer_certificates, ())
        self.assertEqual((client.peer_validity, client.peer_sha256), (None, None))
        exchange(server, client)
        for side in (server, client):
            self.assertEqual((side.tls_version, side.alpn, side.resumed), ("TLSv1.3", "imap", False))
            self.assertTrue(side.cipher_suite.startswith("TLS_"))
            self.assertIn(side.cipher_bits, (128, 256))
            self.assertTrue(side.group)
            self.assertEqual(side.service, Service.IMAPS)
        self.assertEqual(server.peer_certificates, ())

    def test_the_peers_certificate(self):
        _, client = ready()
        leaf = client.peer_certificates[0]
        end = "-----END CERTIFICATE-----\n"
        self.assertEqual(leaf, ssl.PEM_cert_to_DER_cert(CHAIN.read_text().split(end)[0] + end))
        self.assertEqual(client.peer_sha256, hashlib.sha256(leaf).digest())
        self.assertIn(NAME, client.peer_dns_names)
        self.assertTrue(client.peer_subject and client.peer_issuer)
        start, end = client.peer_validity
        self.assertLess(start, end)

    def test_what_the_dialogue_has_told(self):
        server, client = ready(Service.SUBMISSIONS, greeting_text="at your service")
        self.assertEqual(client.greeting.status, GreetingStatus.READY)
        self.assertEqual(client.greeting.code, "220")
        self.assertIn("at your service", client.greeting.text)
        self.assertIn("AUTH PLAIN LOGIN", client.capabilities)
        self.assertEqual(server.client_name, "localhost")
        self.assertFalse(server.pop3_utf8)
        self.assertIsNone(client.refusal)

    def test_credentials_do_not_show_the_password_and_can_be_wiped(self):
        server, client = ready()
        client.authenticate(USER, PASSWORD, 0)
        exchange(server, client)
        credentials = server.credentials
        self.assertNotIn(PASSWORD, repr(credentials))
        credentials.wipe()
        self.assertEqual(credentials.password, bytes(len(PASSWORD)))
        self.assertEqual(server.credentials.password, PASSWORD.encode())


class Failures(unittest.TestCase):
    def assert_over(self, connection, code):
        self.assertIsInstance(connection.error, mailtls.PeerError)
        self.assertEqual(connection.error.code, code)
        self.assertTrue(connection.reason)
        self.assertFalse(connection.wants_input)

    def test_another_name(self):
        server, client = pair(server_name="other.example")
        exchange(server, client)
        self.assert_over(client, ErrorCode.CERTIFICATE_NAME_MISMATCH)
        self.assertIn("other.example", client.reason)
        self.assert_over(server, ErrorCode.TLS_ALERT_RECEIVED)
        self.assertEqual((client.alert_sent, server.alert_received), (46, 46))

    def test_an_unknown_authority(self):
        config = mailtls.ClientConfig(ca_file=OTHER_CA)
        server, client = pair(client=config)
        exchange(server, client)
        self.assert_over(client, ErrorCode.CERTIFICATE_UNTRUSTED)

    def test_plain_text(self):
        server, client = pair()
        for connection, text in ((server, b"a LOGIN tim x\r\n"), (client, b"* OK ready\r\n")):
            with self.assertRaises(mailtls.PeerError) as caught:
                connection.handle_input(text, 0)
            self.assertEqual(caught.exception.code, ErrorCode.NOT_TLS)
            self.assert_over(connection, ErrorCode.NOT_TLS)

    def test_truncation(self):
        _, client = pair()
        with self.assertRaises(mailtls.PeerError) as caught:
            client.handle_end_of_input(0)
        self.assertEqual(caught.exception.code, ErrorCode.TRUNCATED)

    def test_truncation_after_the_hand_off_keeps_what_came_before(self):
        server, client = handed_off()
        server.write(b"last")
        exchange(server, client)
        with self.assertRaises(mailtls.PeerError):
            client.handle_end_of_input(0)
        self.assertEqual(client.read(), b"last")
        self.assert_over(client, ErrorCode.TRUNCATED)

    def test_a_deadline(self):
        server, _ = pair(server=server_config(deadlines={Deadline.HANDSHAKE: 700}))
        self.assertEqual(server.poll_timeout(), 700)
        server.handle_timeout(699)
        with self.assertRaises(mailtls.PeerError) as caught:
            server.handle_timeout(700)
        self.assertEqual(caught.exception.code, ErrorCode.DEADLINE_PASSED)
        self.assertEqual(server.poll_event(), Event.CLOSED)
        self.assertIsNone(server.poll_timeout())

    def test_a_close_in_order(self):
        server, client = handed_off()
        client.close(0)
        self.assertEqual(exchange(server, client)[0], [Event.PEER_CLOSED])
        for _ in range(3):
            self.assertFalse(server.wants_input)
            server.handle_end_of_input(0)
            self.assertEqual(server.poll_event(), Event.NONE)
        server.close(0)
        at_server, at_client = exchange(server, client)
        self.assertEqual((at_server, at_client), ([Event.CLOSED], [Event.CLOSED]))
        self.assertEqual((client.error, server.error, client.alert_received), (None, None, 0))
        with self.assertRaises(mailtls.MisuseError):
            client.write(b"x")


if __name__ == "__main__":
    unittest.main()
