"""The blocking driver: client against server over sockets, and what goes wrong there."""

import io
import socket
import threading
import time
import unittest

from support import CHAIN, IMPLICIT_TLS, NAME, OTHER_CA, PASSWORD, USER, MailServer, client_config

import mailtls
from mailtls import Deadline, ErrorCode, HandOff, Rejection, Service, blocking


def connect(server, user=USER, password=PASSWORD, config=None, **options):
    options.setdefault("server_name", NAME)
    return blocking.connect(
        server.address, config or client_config(), server.service, user, password, timeout=5, **options
    )


class Silent:
    """A listener that takes one connection and does with it what it is told."""

    def __init__(self, service, behave):
        self.service = service
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self._thread = threading.Thread(target=self._run, args=(behave,), daemon=True)

    def _run(self, behave):
        sock, _ = self._listener.accept()
        with sock:
            behave(sock)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join(10)
        self._listener.close()


class ClientAndServer(unittest.TestCase):
    def test_authenticate_and_talk(self):
        ask = {Service.IMAPS: b"a NOOP\r\n", Service.POP3S: b"STAT\r\n", Service.SUBMISSIONS: b"NOOP\r\n"}
        answer = {Service.IMAPS: b"a OK", Service.POP3S: b"+OK 2", Service.SUBMISSIONS: b"250 "}
        for service in IMPLICIT_TLS:
            # SMTP has no password command of its own.
            for mechanism in (None, "PLAIN", "LOGIN") + (("",) if service != Service.SUBMISSIONS else ()):
                with self.subTest(service=service, mechanism=mechanism), MailServer(service) as server:
                    with connect(server, mechanism=mechanism) as stream:
                        lines = io.BufferedReader(stream)
                        stream.write(ask[service])
                        self.assertTrue(lines.readline().startswith(answer[service]))
                        self.assertEqual(stream.connection.tls_version, "TLSv1.3")
                    self.assertEqual(server.outcomes.get(timeout=5)[0], "TLSv1.3")

    def test_refused(self):
        for service in IMPLICIT_TLS:
            with self.subTest(service), MailServer(service) as server:
                with self.assertRaises(blocking.AuthenticationRefused) as caught:
                    connect(server, password="wrong")
                self.assertFalse(caught.exception.refusal.temporary)
                self.assertIsNone(server.outcomes.get(timeout=5))

    def test_a_rejection_says_why(self):
        with MailServer(Service.IMAPS, lambda _: Rejection.TEMPORARY_FAILURE) as server:
            with self.assertRaises(blocking.AuthenticationRefused) as caught:
                connect(server)
            self.assertEqual(caught.exception.refusal.code, "UNAVAILABLE")
            self.assertTrue(caught.exception.refusal.temporary)

    def test_the_host_is_the_name_when_none_is_given(self):
        with MailServer(Service.IMAPS) as server:
            connect(server, server_name=None).close()

    def test_much_in_both_directions(self):
        total = 3_000_000

        def echo(sock):
            config = mailtls.ServerConfig(
                certificate_files=(CHAIN, CHAIN.with_name("server.key")), hand_off=HandOff.TRANSPARENT
            )
            with blocking.serve(sock, config, Service.IMAPS, lambda _: False, timeout=10) as stream:
                while data := stream.read(50_000):
                    left = memoryview(data)
                    while left:
                        left = left[stream.send(left) :]

        with Silent(Service.IMAPS, echo) as server:
            with connect(server, None, config=client_config(hand_off=HandOff.TRANSPARENT)) as stream:
                sent = bytes(range(256)) * (total // 256)
                received = bytearray()
                writer = memoryview(sent)
                while len(received) < len(sent):
                    if writer:
                        writer = writer[stream.send(writer[:100_000]) :]
                    received += stream.read(65536)
                self.assertEqual(bytes(received), sent)

    def test_all_of_a_large_write_is_sent(self):
        large = bytes(range(256)) * 20_000  # 5 MB

        def answer(sock):
            config = mailtls.ServerConfig(
                certificate_files=(CHAIN, CHAIN.with_name("server.key")), hand_off=HandOff.TRANSPARENT
            )
            with blocking.serve(sock, config, Service.IMAPS, lambda _: False, timeout=10) as stream:
                reader = io.BufferedReader(stream)
                received = reader.read(len(large))
                self.same = received == large
                self.written = stream.write(bytearray(received))

        with Silent(Service.IMAPS, answer) as server:
            with connect(server, None, config=client_config(hand_off=HandOff.TRANSPARENT)) as stream:
                self.assertEqual(stream.write(large), len(large))
                self.assertEqual(stream.write(b""), 0)
                with self.assertRaises(TypeError):
                    stream.write("a text")
                reader = io.BufferedReader(stream)
                self.assertEqual(reader.read(len(large)), large)
        self.assertTrue(self.same)
        self.assertEqual(self.written, len(large))

    def test_send_takes_what_there_is_room_for(self):
        with MailServer(Service.IMAPS) as server:
            with connect(server) as stream:
                taken = stream.send(b"a NOOP\r\n" + bytes(5_000_000))
                self.assertTrue(8 <= taken <= 65536, taken)

    def test_a_peer_that_takes_nothing_is_not_waited_for_without_end(self):
        done = threading.Event()

        def take_nothing(sock):
            config = mailtls.ServerConfig(
                certificate_files=(CHAIN, CHAIN.with_name("server.key")), hand_off=HandOff.TRANSPARENT
            )
            stream = blocking.serve(sock, config, Service.IMAPS, lambda _: False, timeout=10)
            done.wait(20)
            stream.close()

        with Silent(Service.IMAPS, take_nothing) as server:
            stream = connect(server, None, config=client_config(hand_off=HandOff.TRANSPARENT))
            stream.timeout = 0.3
            with self.assertRaises(TimeoutError):
                stream.write(bytes(50_000_000))
            done.set()
            stream.close()


class Failures(unittest.TestCase):
    def assert_peer_error(self, code, call, *arguments, **options):
        with self.assertRaises(mailtls.PeerError) as caught:
            call(*arguments, **options)
        self.assertEqual(caught.exception.code, code, caught.exception)

    def test_another_name(self):
        with MailServer(Service.IMAPS) as server:
            self.assert_peer_error(
                ErrorCode.CERTIFICATE_NAME_MISMATCH, connect, server, server_name="other.example"
            )
            self.assertEqual(server.outcomes.get(timeout=5).code, ErrorCode.TLS_ALERT_RECEIVED)

    def test_an_unknown_authority(self):
        with MailServer(Service.POP3S) as server:
            config = mailtls.ClientConfig(ca_file=OTHER_CA)
            self.assert_peer_error(ErrorCode.CERTIFICATE_UNTRUSTED, connect, server, config=config)

    def test_plain_text_to_a_server(self):
        with MailServer(Service.SUBMISSIONS) as server:
            with socket.create_connection(server.address) as sock:
                sock.sendall(b"EHLO localhost\r\n")
                self.assertEqual(server.outcomes.get(timeout=5).code, ErrorCode.NOT_TLS)

    def test_plain_text_from_a_server(self):
        with Silent(Service.IMAPS, lambda sock: (sock.sendall(b"* OK ready\r\n"), sock.recv(1))) as server:
            self.assert_peer_error(ErrorCode.NOT_TLS, connect, server)

    def test_truncation(self):
        with Silent(Service.IMAPS, lambda sock: sock.recv(65536)) as server:
            self.assert_peer_error(ErrorCode.TRUNCATED, connect, server)

    def test_truncation_after_the_hand_off(self):
        with MailServer(Service.IMAPS) as server:
            stream = connect(server)
            stream._sock.shutdown(socket.SHUT_WR)
            self.assertEqual(server.outcomes.get(timeout=5).code, ErrorCode.TRUNCATED)
            stream.close()

    def test_a_deadline_of_the_server(self):
        with MailServer(Service.IMAPS, deadlines={Deadline.HANDSHAKE: 50}) as server:
            with socket.create_connection(server.address):
                self.assertEqual(server.outcomes.get(timeout=5).code, ErrorCode.DEADLINE_PASSED)

    def test_a_deadline_of_the_client(self):
        config = client_config(deadlines={Deadline.HANDSHAKE: 50})
        with Silent(Service.IMAPS, lambda sock: sock.recv(65536) and sock.recv(1)) as server:
            self.assert_peer_error(ErrorCode.DEADLINE_PASSED, connect, server, config=config)

    def test_a_read_that_takes_too_long(self):
        with MailServer(Service.IMAPS) as server:
            with connect(server) as stream:
                stream.timeout, start = 0.05, time.monotonic()
                with self.assertRaises(TimeoutError):
                    stream.read(1)
                self.assertLess(time.monotonic() - start, 2)
                stream.timeout = 5

    def test_a_host_that_fails_ends_the_connection(self):
        def broken(_):
            raise LookupError("no user table")

        with MailServer(Service.IMAPS, broken) as server:
            self.assert_peer_error(ErrorCode.TRUNCATED, connect, server)
            self.assertIsInstance(server.outcomes.get(timeout=5), LookupError)

    def test_no_connection_leaves_no_socket(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            with self.assertRaises(mailtls.MisuseError):
                blocking.connect(listener.getsockname(), client_config(), 7, USER, PASSWORD)
            sock, _ = listener.accept()
            with sock:
                self.assertEqual(sock.recv(1), b"")


if __name__ == "__main__":
    unittest.main()
