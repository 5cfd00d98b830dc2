"""What a client offers: of the standard library's clients, and on a connection."""

import ssl
import unittest

from support import NAME, exchange, pair, server_config

import mailtls
from mailtls import ClientHelloProgress, ClientHelloReader, ErrorCode, Event, Service


def hello_of_ssl(**settings):
    """What the ssl module sends first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["imap", "http/1.1"])
    for name, value in settings.items():
        setattr(context, name, value)
    output = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), output, server_hostname="IMAP.Example.org")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return output.read()


class Reader(unittest.TestCase):
    def test_the_ssl_module_byte_by_byte(self):
        octets = hello_of_ssl()
        with ClientHelloReader() as reader:
            for i in range(len(octets) - 1):
                self.assertEqual(reader.read(octets[i : i + 1]), ClientHelloProgress.NEEDS_MORE)
                self.assertIsNone(reader.hello)
            self.assertEqual(reader.read(octets[-1:]), ClientHelloProgress.HELLO)
            hello = reader.hello
        self.assertEqual(hello.server_name, "imap.example.org")
        self.assertEqual(hello.alpn, (b"imap", b"http/1.1"))
        self.assertEqual((hello.highest_version, hello.legacy_version), (0x0304, 0x0303))
        self.assertIn(0x0303, hello.versions)
        self.assertIn(0x1301, hello.cipher_suites)
        self.assertTrue(set(hello.key_shares) <= set(hello.groups))
        self.assertIn(0x0403, hello.signature_schemes)
        self.assertTrue(hello.offers_secure_renegotiation)
        self.assertFalse(hello.offers_fallback_scsv or hello.has_grease)
        self.assertEqual(hello.octets, octets)

    def test_the_record_header_says_nothing(self):
        octets = bytearray(hello_of_ssl(maximum_version=ssl.TLSVersion.TLSv1_2))
        octets[2] = 4
        reader = ClientHelloReader()
        self.assertEqual(reader.read(octets), ClientHelloProgress.HELLO)
        self.assertEqual(reader.hello.record_version, 0x0304)
        self.assertEqual(reader.hello.highest_version, 0x0303)

    def test_what_is_no_hello(self):
        sslv2 = bytes([0x80, 28, 1, 3, 1, 0, 3, 0, 0, 0, 16, 0, 0, 0x39]) + bytes(16)
        for octets, progress, reason, version in [
            (b"GET / HTTP/1.1\r\n", ClientHelloProgress.NOT_TLS, "HTTP", None),
            (b"a1 LOGIN tim secret\r\n", ClientHelloProgress.NOT_TLS, "IMAP", None),
            (b"\x16\x03\x01\0\0", ClientHelloProgress.MALFORMED, "a record of 0 octets", None),
            (sslv2, ClientHelloProgress.SSLV2, None, 0x0301),
        ]:
            with self.subTest(octets):
                reader = ClientHelloReader()
                self.assertEqual(reader.read(octets), progress)
                self.assertEqual(reader.read(b"more"), progress)
                self.assertEqual((reader.reason, reader.sslv2_version), (reason, version))
                self.assertIsNone(reader.hello)


class OnAConnection(unittest.TestCase):
    def test_it_comes_first(self):
        server, client = pair(Service.IMAPS)
        self.assertIsNone(server.client_hello)
        octets = client.poll_transmit()
        server.handle_input(octets, 0)
        self.assertEqual(server.poll_event(), Event.CLIENT_HELLO)
        self.assertEqual(server.client_hello.server_name, NAME)
        self.assertEqual(server.client_hello.octets, octets)
        client.transmitted(len(octets))
        exchange(server, client)
        self.assertEqual(server.client_hello.octets, octets)
        self.assertIsNone(client.client_hello)

    def test_a_refusal_names_what_was_offered(self):
        server = mailtls.Connection.server(server_config(), Service.IMAPS, 0)
        # Without extensions, as TLS 1.1 has it.
        body = b"\x03\x02" + bytes(32) + b"\0" + b"\0\2\0\x2f" + b"\1\0"
        record = b"\x16\3\1" + (len(body) + 4).to_bytes(2, "big") + b"\1" + len(body).to_bytes(3, "big") + body
        with self.assertRaises(mailtls.PeerError) as raised:
            server.handle_input(record, 0)
        self.assertEqual(raised.exception.code, ErrorCode.TLS_POLICY)
        self.assertIn("nothing better than TLSv1.1, 1 cipher suite", str(raised.exception))
        self.assertEqual(server.poll_event(), Event.CLIENT_HELLO)
        self.assertEqual(server.client_hello.highest_version, 0x0302)
        self.assertEqual(server.alert_sent, 70)


if __name__ == "__main__":
    unittest.main()
