"""Received fields and hop reports."""

import doctest
import unittest
from datetime import datetime, timedelta, timezone

from support import exchange, pair

import mailtls
import mailtls.received
from mailtls import ErrorCode, HopReport, Protection, Received, Strength, TlsFacts, TracePart

NOON = datetime(2026, 11, 26, 12, tzinfo=timezone(timedelta(hours=1)))


class Fields(unittest.TestCase):
    def test_the_example(self):
        self.assertEqual(doctest.testmod(mailtls.received).failed, 0)

    def test_both_ways(self):
        field = Received(
            b"laptop.example", by="mx.example", date=NOON, address="2001:db8::7", dns_name="host.example"
        )
        field.via("TCP")
        field.with_protocol("ESMTPS")
        field.id("<1@mx.example>")
        field.for_address("tim@example.org")
        field.tls(TlsFacts(0x0304, 0x1301, group=29))
        field.clause("x", "y z")
        field.comment("(c")
        read = Received.parse(bytes(field))
        self.assertEqual(bytes(read), bytes(field))
        expected = {
            TracePart.FROM: "laptop.example (host.example [IPv6:2001:db8::7])",
            TracePart.BY: "mx.example",
            TracePart.VIA: "TCP",
            TracePart.WITH: "ESMTPS",
            TracePart.ID: "<1@mx.example>",
            TracePart.FOR: "tim@example.org",
            TracePart.TLS: "TLS_AES_128_GCM_SHA256",
            TracePart.GROUP: "x25519",
            TracePart.DATE: "Thu, 26 Nov 2026 12:00:00 +0100",
        }
        self.assertEqual({part: read[part] for part in TracePart}, expected)
        self.assertEqual(read.clauses, (("x", "y z"),))
        self.assertEqual(read.date, NOON)
        self.assertEqual(read.date.utcoffset(), timedelta(hours=1))
        self.assertIsNone(read.comments(TracePart.BY))

    def test_nobody_makes_another_line(self):
        for name in ("a\r\nBcc: b", ") with ESMTPSA (", "\\", "\0", b"\xff\xfe", "a;b", "(" * 5000):
            field = Received(name, by="mx.example", date=NOON, address="192.0.2.7")
            lines = bytes(field).split(b"\r\n")
            self.assertTrue(all(line.startswith(b"\t") for line in lines[1:-1]), name)
            read = Received.parse(bytes(field))
            self.assertEqual(read[TracePart.FROM], "[192.0.2.7] ([192.0.2.7])")
            self.assertIsNone(read[TracePart.WITH])

    def test_where_and_why_it_is_none(self):
        with self.assertRaises(mailtls.GrammarError) as caught:
            Received.parse(b"Received: from a by b; yesterday\r\n")
        self.assertEqual((caught.exception.at, caught.exception.production), (23, "day-name"))
        self.assertEqual(caught.exception.code, ErrorCode.INVALID_ARGUMENT)

    def test_misuse(self):
        field = Received("a", by="b", date=NOON)
        for call in (
            lambda: field.with_protocol("a b"),
            lambda: field.clause("with", "b"),
            lambda: Received("a", by="b c", date=NOON),
            lambda: Received("a", by="b", date=NOON.replace(tzinfo=None)),
        ):
            with self.assertRaises(mailtls.MisuseError):
                call()
        self.assertIsNone(field[TracePart.WITH])

    def test_over_a_connection(self):
        server, client = pair(service=mailtls.Service.SUBMISSIONS)
        exchange(server, client)
        field = Received("a", by="b", date=NOON)
        field.trace(server)
        self.assertIn(field[TracePart.WITH], ("ESMTPS", "ESMTPSA"))
        self.assertEqual(field[TracePart.TLS], server.cipher_suite)


class Hops(unittest.TestCase):
    MESSAGE = (
        b"Received: from a.example (a.example [192.0.2.7])\n"
        b"\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\n"
        b"\t key-exchange X25519 server-signature RSA-PSS (2048 bits))\n"
        b"\t(Client did not present a certificate)\n"
        b"\tby b.example (Postfix) with ESMTPS id 4Yx for <tim@b.example>;\n"
        b"\tThu, 26 Nov 2026 12:00:00 +0100 (CET)\n"
        b"Received: from [10.0.0.1] by a.example with HTTP; Thu, 26 Nov 2026 10:59:59 -0000\n"
        b"Received: from c by d with SMTP\n"
        b"Subject: hops\n\nReceived: by nobody\n"
    )

    def test_a_message(self):
        report = HopReport(self.MESSAGE, own=1)
        self.assertEqual(len(report), 3)
        self.assertEqual(report.weakest, 2)
        last, webmail, first = report
        self.assertEqual((last.is_claim, webmail.is_claim, first.is_claim), (False, True, True))
        self.assertEqual((last.client, last.client_address), ("a.example", "192.0.2.7"))
        self.assertEqual((last.by, last.protocol, last.id), ("b.example", "ESMTPS", "4Yx"))
        self.assertEqual((last.protection, last.strength), (Protection.TLS, Strength.MODERN_TLS))
        self.assertEqual((last.form, last.tls_version, last.cipher_suite), ("postfix", 0x0304, 0x1302))
        self.assertEqual((last.cipher_bits, last.group, last.verified), (256, 29, False))
        self.assertEqual(last.date, NOON)
        self.assertEqual(first.field, b"Received: from c by d with SMTP\n")
        self.assertEqual(webmail.protection, Protection.UNSAID)
        self.assertEqual(webmail.date, datetime(2026, 11, 26, 10, 59, 59))
        self.assertEqual((first.protection, first.date, first.tls_version), (Protection.CLEAR, None, None))
        self.assertIn("claims", mailtls.received.CLAIMS)

    def test_no_hops(self):
        report = HopReport(b"")
        self.assertEqual((len(report), report.weakest), (0, None))
