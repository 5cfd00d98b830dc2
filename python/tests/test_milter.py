"""What filters are told of a connection: the macros for milters."""

import unittest

from support import CLIENT_CA, USER, client_config, exchange, pair, server_config, with_certificate

import mailtls
from mailtls import ErrorCode, MilterDialect, PeerValidation, TlsFacts

ISSUER = "mailtls throwaway intermediate of clients"


class Connections(unittest.TestCase):
    def macros(self, dialect, client, account=None):
        server, connection = pair(
            server=server_config(client_certificates_file=CLIENT_CA), client=client, account=account
        )
        self.assertEqual(server.milter_macros(dialect), {})
        exchange(server, connection)
        macros = server.milter_macros(dialect)
        self.assertEqual(macros["{cipher}"], server.cipher_suite)
        self.assertEqual(macros["{cipher_bits}"], str(server.cipher_bits))
        return macros

    def test_a_client_with_a_certificate(self):
        told = self.macros(MilterDialect.POSTFIX, with_certificate(), USER)
        self.assertEqual((told["{cert_subject}"], told["{cert_issuer}"]), (USER, ISSUER))
        told = self.macros(MilterDialect.SENDMAIL, with_certificate(), USER)
        self.assertEqual((told["{verify}"], told["{cn_issuer}"]), ("OK", ISSUER.replace(" ", "+20")))
        self.assertEqual(told["{cert_subject}"], "/CN=" + USER)

    def test_a_client_without(self):
        told = self.macros(MilterDialect.POSTFIX, client_config())
        self.assertEqual(list(told), ["{tls_version}", "{cipher}", "{cipher_bits}"])
        told = self.macros(MilterDialect.SENDMAIL, client_config())
        self.assertEqual((told["{verify}"], told["{cert_subject}"]), ("NO", ""))


class Facts(unittest.TestCase):
    def test_facts_that_a_host_has_told(self):
        self.assertEqual(
            TlsFacts(0x0303, 0xC02F).milter_macros(MilterDialect.POSTFIX),
            {
                "{tls_version}": "TLSv1.2",
                "{cipher}": "ECDHE-RSA-AES128-GCM-SHA256",
                "{cipher_bits}": "128",
            },
        )

    def test_who_was_not_asked_for_a_certificate(self):
        for requested, verify in ((False, "NOT"), (True, "NO")):
            facts = TlsFacts(0x0304, 0x1301, client_certificate_requested=requested)
            self.assertEqual(facts.milter_macros(MilterDialect.SENDMAIL)["{verify}"], verify)

    def test_what_is_no_certificate(self):
        facts = TlsFacts(
            0x0304, 0x1301, peer_certificates=(b"x",), peer_validation=PeerValidation.PKIX
        )
        self.assertEqual(facts.milter_macros(MilterDialect.POSTFIX)["{cert_subject}"], "")
        macros = facts.milter_macros(MilterDialect.SENDMAIL)
        self.assertEqual(macros["{cn_subject}"], "BadCertificateUnknown")

    def test_there_are_two_dialects(self):
        with self.assertRaises(mailtls.MisuseError) as caught:
            TlsFacts(0x0304, 0x1301).milter_macros(3)
        self.assertEqual(caught.exception.code, ErrorCode.INVALID_ARGUMENT)


if __name__ == "__main__":
    unittest.main()
