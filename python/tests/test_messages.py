"""What a server says to people, and what it can do once it has authenticated the client."""

import socket
import ssl
import threading
import unittest

from support import CHAIN, KEY, NAME, PASSWORD, USER, client_config

import mailtls
from mailtls import Condition, ServerMessage, Service, blocking

GREETING = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n"


class Scripted:
    """A server that says a text after each line that it hears, over TLS."""

    def __init__(self, *texts):
        self._texts = texts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CHAIN, KEY)
        sock, _ = self._listener.accept()
        self._listener.close()
        try:
            with context.wrap_socket(sock, server_side=True) as tls, tls.makefile("rb") as lines:
                tls.sendall(self._texts[0].encode())
                for text in self._texts[1:]:
                    lines.readline()
                    tls.sendall(text.encode())
                tls.unwrap()
        except OSError:
            # What the client makes of it is what is asked about.
            pass

    def connect(self, service=Service.IMAPS):
        try:
            return blocking.connect(
                self.address, client_config(), service, USER, PASSWORD, server_name=NAME, mechanism="PLAIN"
            )
        finally:
            self._thread.join(10)


class Messages(unittest.TestCase):
    def test_messages_and_capabilities_of_a_log_in(self):
        server = Scripted(
            GREETING,
            "* NO [WEBALERT https://mail.example/x] log in there\r\n"
            "* CAPABILITY IMAP4rev1 IDLE\r\n"
            "a1 OK [ALERT] over quota\r\n",
        )
        with server.connect() as stream:
            self.assertEqual(
                stream.messages,
                (
                    ServerMessage(
                        Condition.NO, True, False, "WEBALERT", "https://mail.example/x", "log in there"
                    ),
                    ServerMessage(Condition.OK, True, True, "ALERT", None, "over quota"),
                ),
            )
            self.assertEqual(stream.connection.capabilities, ("IMAP4rev1", "IDLE"))
            self.assertEqual(stream.connection.messages_dropped, 0)

    def test_an_alert_with_a_refusal(self):
        server = Scripted(
            GREETING,
            "* NO [ALERT] use the web first\r\na1 NO [REFERRAL imap://b.example/] moved\r\n",
            "* BYE\r\na2 OK\r\n",
        )
        with self.assertRaises(blocking.AuthenticationRefused) as caught:
            server.connect()
        first, second = caught.exception.messages
        self.assertEqual((first.alert, first.text), (True, "use the web first"))
        self.assertEqual((second.tagged, second.condition), (True, Condition.NO))
        self.assertEqual(caught.exception.refusal.code_arguments, "imap://b.example/")

    def test_the_last_words_are_in_the_reason(self):
        with self.assertRaises(mailtls.PeerError) as caught:
            Scripted(GREETING, "* NO [UNAVAILABLE] disk full\r\n").connect()
        self.assertIn("the server's last words: [UNAVAILABLE] disk full", caught.exception.reason)

    def test_what_smtp_says(self):
        server = Scripted("220 hi\r\n", "250-hi\r\n250 AUTH PLAIN\r\n", "235 2.7.0 welcome\r\n")
        with server.connect(Service.SUBMISSIONS) as stream:
            (message,) = stream.messages
            self.assertEqual((message.code, message.text), ("235 2.7.0", "welcome"))
            self.assertIsNone(stream.connection.greeting.code_arguments)


if __name__ == "__main__":
    unittest.main()
