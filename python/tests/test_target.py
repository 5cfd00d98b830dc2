"""Targets of a client, and its host that is asked about the server's certificate."""

import unittest

from support import (
    CERTIFICATES, IMPLICIT_TLS, NAME, OTHER_CA, STARTTLS, USER, client_config, exchange, pair,
    server_config, with_certificate,
)

import mailtls
from mailtls import Check, ErrorCode, Event, PeerValidation, Service
from test_certificates import asking


def server_of(stem):
    files = CERTIFICATES / f"{stem}.pem", CERTIFICATES / f"{stem}.key"
    return mailtls.ServerConfig(certificate_files=files)


def deferred(service=Service.IMAPS, stem="server", client=None, **settings):
    """Both sides, when the client's host has been asked, and the client's events."""
    target = mailtls.Target(service, NAME, deferred=True, **settings)
    server = mailtls.Connection.server(server_of(stem), service, 0)
    client = mailtls.Connection.client_to(client or client_config(), target, 0)
    # The connection has a copy.
    target.free()
    return server, client, exchange(server, client)[1]


class Targets(unittest.TestCase):
    def test_accepted(self):
        for service in (*IMPLICIT_TLS, *STARTTLS):
            with self.subTest(service):
                server, client, events = deferred(service)
                self.assertEqual(events, [Event.TLS_ESTABLISHED, Event.SERVER_CERTIFICATE])
                self.assertIsNone(client.certificate_failure)
                self.assertIsNone(client.ocsp_response)
                self.assertEqual(client.peer_validation, PeerValidation.PKIX)
                with self.assertRaises(mailtls.MisuseError):
                    client.log_out(0)
                client.accept_server_certificate(0)
                self.assertIn(Event.CAPABILITIES, exchange(server, client)[1])
                with self.assertRaises(mailtls.MisuseError):
                    client.accept_server_certificate(0)

    def test_refused(self):
        server, client, _ = deferred()
        with self.assertRaises(mailtls.PeerError) as caught:
            client.refuse_server_certificate("not this one", 0)
        self.assertEqual(caught.exception.code, ErrorCode.CERTIFICATE_UNTRUSTED)
        self.assertEqual(client.reason, "not this one")
        exchange(server, client)
        self.assertEqual(server.error.code, ErrorCode.CLOSED_EARLY)
        self.assertEqual(server.alert_received, 0)

    def test_a_failed_check_is_told_and_cannot_be_passed(self):
        for stem, client, check, code in (
            ("other", client_config(), Check.IDENTITY, ErrorCode.CERTIFICATE_NAME_MISMATCH),
            ("expired", client_config(), Check.VALIDITY, ErrorCode.CERTIFICATE_EXPIRED),
            ("server", mailtls.ClientConfig(ca_file=OTHER_CA), Check.CHAIN,
             ErrorCode.CERTIFICATE_UNTRUSTED),
        ):
            with self.subTest(check):
                _, asked, events = deferred(stem=stem, client=client)
                self.assertEqual(events[-1], Event.SERVER_CERTIFICATE)
                self.assertEqual(asked.certificate_failure.check, check)
                self.assertTrue(asked.certificate_failure.reason)
                self.assertEqual(asked.peer_validation, PeerValidation.NONE)
                with self.assertRaises(mailtls.MisuseError):
                    asked.accept_server_certificate(0)
                with self.assertRaises(mailtls.PeerError) as caught:
                    asked.refuse_server_certificate("the user says no", 0)
                self.assertEqual(caught.exception.code, code)
                # Where nobody is asked, the handshake ends with it.
                server, plain = pair(server=server_of(stem), client=client)
                exchange(server, plain)
                self.assertEqual((plain.error.code, plain.certificate_failure.check), (code, check))

    def test_for_an_account(self):
        target = mailtls.Target(Service.IMAPS, NAME, account=USER)
        server = mailtls.Connection.server(asking(), Service.IMAPS, 0)
        client = mailtls.Connection.client_to(with_certificate(), target, 0)
        self.assertEqual(exchange(server, client)[0], [Event.TLS_ESTABLISHED, Event.CLIENT_CERTIFICATE])
        self.assertEqual(server.peer_validation, PeerValidation.PKIX)

    def test_those_that_cannot_be(self):
        for arguments, settings in (
            ((7, NAME), {}),
            ((Service.IMAPS, "no name"), {}),
            ((Service.IMAPS, "nul\0"), {}),
            ((Service.IMAPS, NAME), {"account": ""}),
        ):
            with self.subTest(arguments), self.assertRaises(mailtls.MisuseError) as caught:
                mailtls.Target(*arguments, **settings)
            self.assertEqual(caught.exception.code, ErrorCode.INVALID_ARGUMENT)
        target = mailtls.Target(Service.IMAPS, NAME)
        with self.assertRaises(mailtls.MisuseError) as caught:
            mailtls.Connection.client_to(mailtls.ClientConfig(), target, 0)
        self.assertEqual(caught.exception.code, ErrorCode.NO_TRUST_ANCHOR)
        # Nobody is asked on a connection to a name.
        server, client = pair(server=server_config())
        exchange(server, client)
        for call in (client.accept_server_certificate, lambda now: client.refuse_server_certificate("", now)):
            with self.assertRaises(mailtls.MisuseError):
                call(0)


if __name__ == "__main__":
    unittest.main()
