"""Servers with several certificates, revoked ones, and the line for the log."""

import unittest

from support import CERTIFICATES, NAME, bare_server_config, client_config, exchange, pair, server_config

import mailtls
from mailtls import Check, ErrorCode, Event, Service

OTHER = CERTIFICATES / "other.pem", CERTIFICATES / "other.key"
REVOKED = CERTIFICATES / "revoked.pem", CERTIFICATES / "revoked.key"
LIST = (CERTIFICATES / "revoked.crl.pem").read_bytes()


class SeveralCertificates(unittest.TestCase):
    def connect(self, server, client, name):
        ends = pair(server=server, client=client, server_name=name)
        exchange(*ends)
        return ends

    def test_each_name_gets_its_own(self):
        in_memory = tuple(path.read_bytes() for path in OTHER)
        for more in ({"additional_certificate_files": [OTHER]}, {"additional_certificate_pem": [in_memory]}):
            server = server_config(**more)
            for name in (NAME, "other.example"):
                _, client = self.connect(server, client_config(), name)
                self.assertIn(name, client.peer_dns_names)

    def test_tickets_outlive_a_configuration(self):
        client, first = client_config(), server_config()
        self.assertFalse(self.connect(first, client, NAME)[0].resumed)
        self.assertTrue(self.connect(server_config(tickets_of=first), client, NAME)[0].resumed)
        self.assertFalse(self.connect(server_config(), client, NAME)[0].resumed)

    def test_none_for_clients_without_a_name(self):
        with self.assertRaises(mailtls.MisuseError):
            bare_server_config(additional_certificate_files=[OTHER])


class Revocation(unittest.TestCase):
    def failure(self, files, **settings):
        server = mailtls.ServerConfig(certificate_files=files)
        _, client = ends = pair(server=server, client=client_config(**settings))
        exchange(*ends)
        return client.certificate_failure, client.error

    def test_a_list_is_obeyed(self):
        self.assertEqual(self.failure(REVOKED), (None, None))
        failure, error = self.failure(REVOKED, revocation_lists=[LIST])
        self.assertEqual(failure.check, Check.REVOCATION)
        self.assertEqual(error.code, ErrorCode.CERTIFICATE_REVOKED)

    def test_unknown_can_be_refused(self):
        failure, _ = self.failure(REVOKED, refuse_unknown_revocation=True)
        self.assertEqual(failure.check, Check.REVOCATION)

    def test_what_is_no_list(self):
        for settings in ({"revocation_lists": [b""]}, {"revocation_lists": [b"\x30\x00"]}):
            with self.assertRaises(mailtls.MisuseError):
                client_config(**settings)
            with self.assertRaises(mailtls.MisuseError):
                server_config(**settings)


class LogLine(unittest.TestCase):
    def test_before_and_after_tls(self):
        server, client = pair()
        self.assertEqual(server.log_line, "role=server service=imaps tls=none")
        exchange(server, client)
        self.assertRegex(client.log_line, r"^role=client service=imaps tls=TLSv1\.3 suite=TLS_.* validation=pkix ")
        self.assertTrue(client.log_line.endswith(f" certificate={client.peer_sha256.hex()}"))

    def test_credentials_in_clear_are_counted(self):
        server, _ = pair(Service.POP3)
        while server.poll_event() != Event.NONE:
            pass
        server.handle_input(b"USER tim\r\nPASS tanstaaftanstaaf\r\n", 0)
        self.assertEqual(server.authentications_refused_in_clear, 2)
        self.assertEqual(server.log_line, "role=server service=pop3 tls=none refused_in_clear=2")
