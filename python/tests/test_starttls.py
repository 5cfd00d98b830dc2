"""STARTTLS services: Python's own mail clients against a mailtls server, mailtls against itself,
and what must not lead around TLS."""

import imaplib
import io
import poplib
import smtplib
import socket
import ssl
import unittest

from support import (
    CA, PASSWORD, STARTTLS, USER, MailServer, bare_server_config, client_config, exchange, pair,
)

import mailtls
from mailtls import ErrorCode, Event, Service, blocking


def context():
    return ssl.create_default_context(cafile=str(CA))


class StandardClients(unittest.TestCase):
    def test_imaplib(self):
        with MailServer(Service.IMAP) as server:
            client = imaplib.IMAP4(*server.address, timeout=5)
            self.assertIn("LOGINDISABLED", client.capabilities)
            self.assertFalse([word for word in client.capabilities if word.startswith("AUTH=")])
            client.starttls(context())
            self.assertIn("AUTH=PLAIN", client.capabilities)
            self.assertNotIn("STARTTLS", client.capabilities)
            client.login(USER, PASSWORD)
            self.assertEqual(client.select(), ("OK", [b"3"]))
            client.logout()
            self.assertEqual(server.outcomes.get(timeout=5)[0], "TLSv1.3")

    def test_poplib(self):
        with MailServer(Service.POP3) as server:
            client = poplib.POP3(*server.address, timeout=5)
            before = client.capa()
            self.assertIn("STLS", before)
            self.assertNotIn("USER", before)
            self.assertNotIn("SASL", before)
            client.stls(context())
            self.assertNotIn("STLS", client.capa())
            client.user(USER)
            client.pass_(PASSWORD)
            self.assertEqual(client.stat(), (2, 320))
            client.quit()
            self.assertEqual(server.outcomes.get(timeout=5)[0], "TLSv1.3")

    def test_smtplib(self):
        with MailServer(Service.SUBMISSION) as server:
            with smtplib.SMTP(*server.address, timeout=5) as client:
                client.ehlo()
                self.assertTrue(client.has_extn("starttls"))
                self.assertFalse(client.has_extn("auth"))
                client.starttls(context=context())
                client.ehlo()
                self.assertFalse(client.has_extn("starttls"))
                client.login(USER, PASSWORD)
                client.sendmail("tim@mail.example", "ann@mail.example", "Subject: hi\r\n\r\nhi")
            self.assertEqual(server.outcomes.get(timeout=5)[0], "TLSv1.3")

    def test_credentials_in_clear_never_reach_the_host(self):
        def never(credentials):
            raise AssertionError("credentials that came in clear")

        with MailServer(Service.IMAP, never) as server:
            client = imaplib.IMAP4(*server.address, timeout=5)
            # imaplib looks at LOGINDISABLED itself, but not in its lower layers.
            self.assertEqual(client._simple_command("LOGIN", USER, PASSWORD)[0], "NO")
            client.logout()
            self.assertIsNone(server.outcomes.get(timeout=5))
        with MailServer(Service.POP3, never) as server:
            client = poplib.POP3(*server.address, timeout=5)
            with self.assertRaises(poplib.error_proto):
                client.user(USER)
            with self.assertRaises(poplib.error_proto):
                client.pass_(PASSWORD)
            client.quit()
            self.assertIsNone(server.outcomes.get(timeout=5))
        with MailServer(Service.SUBMISSION, never) as server:
            with smtplib.SMTP(*server.address, timeout=5) as client:
                client.ehlo()
                self.assertEqual(client.docmd("AUTH", "PLAIN AHRpbQB4")[0], 538)
            self.assertIsNone(server.outcomes.get(timeout=5))


class ClientAndServer(unittest.TestCase):
    def test_over_sockets(self):
        for service in STARTTLS:
            with self.subTest(service), MailServer(service) as server:
                with connect(server) as stream:
                    lines = io.BufferedReader(stream)
                    stream.write(b"a NOOP\r\n")
                    self.assertTrue(lines.readline())
                    self.assertEqual(stream.connection.tls_version, "TLSv1.3")
                self.assertEqual(server.outcomes.get(timeout=5)[0], "TLSv1.3")

    def test_nothing_said_in_clear_is_told(self):
        for service in STARTTLS:
            with self.subTest(service):
                server, client = pair(service)
                told = exchange(server, client)[1]
                self.assertEqual(told, [Event.TLS_ESTABLISHED, Event.CAPABILITIES])
                self.assertIsNone(client.greeting)

    def test_no_starttls(self):
        for service in STARTTLS:
            with self.subTest(service), MailServer(service, config=bare_server_config()) as server:
                with self.assertRaises(mailtls.PeerError) as caught:
                    connect(server)
                self.assertEqual(caught.exception.code, ErrorCode.START_TLS_REFUSED)
                with self.assertRaises(blocking.NotConfidential):
                    connect(server, opportunistic=True)

    def test_not_confidential_is_an_event(self):
        for service in STARTTLS:
            with self.subTest(service):
                server, client = pair(
                    service, server=bare_server_config(), client=client_config(opportunistic=True)
                )
                self.assertEqual(exchange(server, client), ([], [Event.NOT_CONFIDENTIAL]))
                with self.assertRaises(mailtls.MisuseError):
                    client.authenticate(USER, PASSWORD, 0)
                client.log_out(0)
                self.assertNotIn(Event.CREDENTIALS, exchange(server, client)[0])
                self.assertIsNone(client.error)

    def test_opportunistic_changes_nothing_where_there_is_tls(self):
        with MailServer(Service.IMAP) as server, connect(server, opportunistic=True) as stream:
            self.assertEqual(stream.connection.tls_version, "TLSv1.3")

    def test_data_in_clear_behind_starttls(self):
        words = {
            Service.IMAP: b"a STARTTLS\r\nb NOOP\r\n",
            Service.POP3: b"STLS\r\nCAPA\r\n",
            Service.SUBMISSION: b"EHLO me\r\nSTARTTLS\r\nRSET\r\n",
        }
        for service in STARTTLS:
            with self.subTest(service), MailServer(service) as server:
                with socket.create_connection(server.address, 5) as sock:
                    sock.sendall(words[service])
                    outcome = server.outcomes.get(timeout=5)
                    self.assertIsInstance(outcome, mailtls.PeerError)
                    self.assertEqual(outcome.code, ErrorCode.DATA_BEFORE_TLS)


def connect(server, **settings):
    return blocking.connect(
        server.address, client_config(**settings), server.service, USER, PASSWORD,
        server_name="mail.example", timeout=5,
    )


if __name__ == "__main__":
    unittest.main()
