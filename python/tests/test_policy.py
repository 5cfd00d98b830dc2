"""Policies, their verdict on a connection, and the names of the registries."""

import unittest

from support import CA, client_config, exchange, pair, server_config

import mailtls
from mailtls import ErrorCode, Part, Policy, Standing


class Policies(unittest.TestCase):
    def test_text_both_ways(self):
        self.assertEqual(str(Policy()), "rfc8997")
        for text in ("rfc8314", "bcp195", "modern", "post-quantum", "bcp195 -secp521r1 ~weak-certificate"):
            self.assertEqual(Policy(str(Policy(text))), Policy(text))
        self.assertNotEqual(Policy("modern"), Policy("bcp195"))

    def test_what_is_wrong_is_named(self):
        for text, part in (("lax", "lax"), ("bcp195 +RC4-SHA", "+RC4-SHA"), ("modern =", "=")):
            with self.assertRaises(mailtls.MisuseError) as caught:
                Policy(text)
            self.assertEqual(caught.exception.code, ErrorCode.INVALID_ARGUMENT)
            self.assertIn(part, str(caught.exception))

    def test_what_is_allowed(self):
        modern = Policy("modern")
        self.assertTrue(modern.allows_version(0x0304) and not modern.allows_version(0x0303))
        self.assertTrue(modern.allows_cipher_suite(0x1301) and not modern.allows_cipher_suite(0xC02F))
        self.assertTrue(modern.allows_group(29) and not Policy("post-quantum").allows_group(29))
        self.assertTrue(modern.allows_signature_scheme(0x0804))
        self.assertFalse(modern.allows_signature_scheme(0x0101))
        self.assertTrue(Policy("bcp195").requires_extended_master_secret)
        self.assertFalse(Policy("rfc8997").requires_extended_master_secret)


class Connections(unittest.TestCase):
    def negotiated(self, server, client):
        ends = pair(server=server_config(policy=server), client=client_config(policy=client))
        self.assertIsNone(ends[1].verdict)
        exchange(*ends)
        return ends

    def test_the_engine_takes_what_the_policy_leaves(self):
        _, client = self.negotiated("rfc8997", Policy("rfc8997 -TLSv1.3"))
        self.assertEqual(client.tls_version, "TLSv1.2")
        self.assertEqual(client.verdict.standing, Standing.ACCEPTED)
        self.assertEqual(client.verdict.reasons, ())
        self.assertEqual(client.verdict.text, "accepted")

    def test_nothing_in_common(self):
        server, client = self.negotiated("modern", "rfc8997 -TLSv1.3")
        self.assertEqual(server.error.code, ErrorCode.TLS_POLICY)
        self.assertIsNone(client.verdict)

    def test_nothing_left(self):
        suites = "-TLS_AES_128_GCM_SHA256 -TLS_AES_256_GCM_SHA384 -TLS_CHACHA20_POLY1305_SHA256"
        with self.assertRaises(mailtls.MisuseError):
            mailtls.ClientConfig(ca_file=CA, policy="modern " + suites)


class Registries(unittest.TestCase):
    def test_suites(self):
        suite = mailtls.cipher_suite("ECDHE-RSA-AES128-GCM-SHA256")
        self.assertEqual(suite.code, 0xC02F)
        self.assertEqual(suite.name, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
        self.assertEqual(suite.openssl_name, "ECDHE-RSA-AES128-GCM-SHA256")
        self.assertEqual(suite.bits, 128)
        self.assertEqual(mailtls.cipher_suite(0xC02F), suite)
        self.assertEqual(mailtls.cipher_suite(suite.name), suite)
        for unknown in (0x1A1A, "TLS_OF_NOBODY", -1, 65536):
            self.assertIsNone(mailtls.cipher_suite(unknown))

    def test_the_others(self):
        for look, code, name in (
            (mailtls.tls_version, 0x0304, "TLSv1.3"),
            (mailtls.group, 29, "x25519"),
            (mailtls.signature_scheme, 0x0403, "ecdsa_secp256r1_sha256"),
        ):
            self.assertEqual(look(code), (code, name))
            self.assertEqual(look(name), (code, name))
            self.assertIsNone(look("nothing of the kind"))


class Verdicts(unittest.TestCase):
    """On what a TLS library of the program's own has negotiated."""

    def test_reasons_say_what_is_wrong_and_where_that_is_written(self):
        verdict = Policy("rfc8314").judge(mailtls.TlsFacts(0x0302, 0xC013))
        self.assertEqual(verdict.standing, Standing.TOLERATED)
        self.assertEqual({reason.part for reason in verdict.reasons}, {Part.VERSION, Part.CIPHER_SUITE})
        for reason in verdict.reasons:
            self.assertTrue(reason.section.startswith("RFC "))
            self.assertIn(reason.sentence, verdict.text)

    def test_a_stricter_policy_refuses_more(self):
        facts = mailtls.TlsFacts(0x0303, 0xC02F, group=29, extended_master_secret=False)
        standings = [Policy(name).judge(facts).standing for name in ("rfc8997", "bcp195", "modern")]
        self.assertEqual(standings, [Standing.TOLERATED, Standing.REFUSED, Standing.REFUSED])

    def test_nothing_to_be_said(self):
        verdict = Policy("post-quantum").judge(mailtls.TlsFacts(0x0304, 0x1301, group=0x11EC))
        self.assertEqual((verdict.standing, verdict.reasons), (Standing.ACCEPTED, ()))
