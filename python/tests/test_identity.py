"""Whom a certificate must be for, and TLSA records: by themselves and on connections."""

import hashlib
import ssl
import unittest

from certificate_names import KEY, certificate, dns, srv
from support import CERTIFICATES, NAME, OTHER_CA, client_config, exchange, server_config

import mailtls
from mailtls import Check, ErrorCode, Event, Origin, PeerValidation, References, Service, Tlsa


def leaf():
    text = (CERTIFICATES / "server.pem").read_text()
    end = "-----END CERTIFICATE-----"
    return ssl.PEM_cert_to_DER_cert(text[: text.index(end) + len(end)])


class Names(unittest.TestCase):
    def test_one_of_them_suffices(self):
        for references in (
            References.of_host("MAIL.example."),
            References.of_host("127.0.0.1"),
            References.of_host("other.example").host(NAME),
            References.for_mail_domain(Service.IMAPS, NAME),
            References.for_mail_domain(Service.IMAPS, "example.net").srv_target(NAME, Origin.DNSSEC_PROVEN),
        ):
            with self.subTest(str(references)):
                self.assertIsNone(references.check(leaf()))

    def test_services(self):
        for name, service, good in (
            ("_imaps.example.net", Service.IMAPS, True),
            ("_IMAPS.Example.NET", Service.IMAPS, True),
            ("_imap.example.net", Service.IMAPS, False),
            ("_imaps.mail.example.net", Service.IMAPS, False),
            ("_imaps.*.net", Service.IMAPS, False),
            *((f"_{service.name.lower()}.example.net", service, True) for service in Service),
        ):
            references = References.for_mail_domain(service, "example.net")
            with self.subTest(name):
                if good:
                    references.check(certificate([srv(name)]))
                else:
                    with self.assertRaises(mailtls.PeerError):
                        references.check(certificate([srv(name)]))

    def test_common_names(self):
        der = certificate([], [NAME])
        with self.assertRaises(mailtls.PeerError) as caught:
            References.of_host(NAME).check(der)
        self.assertIn(f"nothing but CN={NAME}", str(caught.exception))
        References.of_host(NAME).common_name_fallback(True).check(der)

    def test_a_mismatch_says_who_was_meant_and_who_is_there(self):
        references = References.for_mail_domain(Service.SUBMISSIONS, "bücher.example")
        self.assertEqual(
            str(references), "xn--bcher-kva.example or _submissions.xn--bcher-kva.example"
        )
        with self.assertRaises(mailtls.PeerError) as caught:
            references.common_name_fallback(True).check(leaf())
        self.assertEqual(caught.exception.code, ErrorCode.CERTIFICATE_NAME_MISMATCH)
        self.assertIn("not for xn--bcher-kva.example", str(caught.exception))
        self.assertIn(NAME, str(caught.exception))
        with self.assertRaises(mailtls.PeerError) as caught:
            references.check(leaf()[1:])
        self.assertEqual(caught.exception.code, ErrorCode.CERTIFICATE_UNFIT)

    def test_what_is_no_reference_is_refused(self):
        good = References.of_host("a.example")
        for call in (
            lambda: References.of_host("no name"),
            lambda: References.of_host("nul\0"),
            lambda: References.for_mail_domain(Service.IMAPS, "192.0.2.1"),
            lambda: References.for_mail_domain(7, "a.example"),
            lambda: good.srv_target(NAME, Origin.UNPROVEN_SRV),
            lambda: good.srv_target(NAME, 9),
            lambda: good.host("*.example"),
        ):
            with self.assertRaises(mailtls.MisuseError) as caught:
                call()
            self.assertEqual(caught.exception.code, ErrorCode.INVALID_ARGUMENT)
        self.assertEqual(str(good), "a.example")


class Records(unittest.TestCase):
    def test_records_and_a_certificate(self):
        der = leaf()
        for usage in range(4):
            for selector in range(2):
                for matching_type in range(3):
                    text = mailtls.tlsa_of_certificate(der, usage, selector, matching_type)
                    words = text.split()
                    rdata = bytes(map(int, words[:3])) + bytes.fromhex(words[3])
                    for record in (text, rdata):
                        tlsa = Tlsa.dnssec_validated(record)
                        self.assertEqual((tlsa.usable_count, tlsa.match(der)), (1, usage))
                        self.assertIsNone(tlsa.match(der[1:]))
        both = Tlsa.dnssec_validated("3 1 1 " + "00" * 32, mailtls.tlsa_of_certificate(der), "9 9 9 ab")
        self.assertEqual((both.usable_count, both.match(der)), (2, 3))

    def test_the_record_of_a_certificate_that_is_known_octet_by_octet(self):
        der = certificate([dns(NAME)])
        for selector, part in enumerate((der, KEY)):
            data = part.hex(), hashlib.sha256(part).hexdigest(), hashlib.sha512(part).hexdigest()
            for matching_type, expected in enumerate(data):
                record = mailtls.tlsa_of_certificate(der, 3, selector, matching_type)
                self.assertEqual(record, f"3 {selector} {matching_type} {expected}")

    def test_what_is_no_record_is_refused(self):
        for record in ("", "3 1 1", "3 1 1 xy", b"", b"\3\1\1"):
            with self.subTest(record), self.assertRaises(mailtls.MisuseError) as caught:
                Tlsa.dnssec_validated(record)
            self.assertEqual(caught.exception.code, ErrorCode.INVALID_ARGUMENT)
        for arguments in ((leaf(), 4), (leaf(), 3, 2), (leaf(), 3, 1, -1)):
            with self.assertRaises(mailtls.MisuseError):
                mailtls.tlsa_of_certificate(*arguments)


class Connections(unittest.TestCase):
    def connect(self, client, **settings):
        target = mailtls.Target(Service.IMAPS, NAME, **settings)
        server = mailtls.Connection.server(server_config(), Service.IMAPS, 0)
        client = mailtls.Connection.client_to(client, target, 0)
        return client, exchange(server, client)[1]

    def test_what_decides(self):
        ours, theirs = client_config(), mailtls.ClientConfig(ca_file=OTHER_CA)
        der = leaf()
        record = mailtls.tlsa_of_certificate
        other = References.of_host("other.example")
        for client, settings, outcome in (
            (ours, {"references": References.of_host("localhost")}, PeerValidation.PKIX),
            (ours, {"references": other}, Check.IDENTITY),
            (theirs, {"tlsa": Tlsa.dnssec_validated(record(der))}, PeerValidation.DANE),
            (theirs, {"tlsa": Tlsa.dnssec_validated(record(der)), "references": other}, PeerValidation.DANE),
            (ours, {"tlsa": Tlsa.dnssec_validated(record(der, 1))}, PeerValidation.PKIX),
            (theirs, {"tlsa": Tlsa.dnssec_validated(record(der, 1))}, Check.CHAIN),
            (ours, {"tlsa": Tlsa.dnssec_validated("3 1 0 abcd")}, Check.DANE),
            (ours, {"tlsa": Tlsa.dnssec_validated()}, PeerValidation.PKIX),
        ):
            with self.subTest(outcome):
                connection, events = self.connect(client, **settings)
                if isinstance(outcome, Check):
                    self.assertEqual(connection.certificate_failure.check, outcome)
                    self.assertNotIn(Event.CAPABILITIES, events)
                else:
                    self.assertEqual(connection.peer_validation, outcome)
                    self.assertIn(Event.CAPABILITIES, events)


if __name__ == "__main__":
    unittest.main()
