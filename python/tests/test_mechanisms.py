"""Every way to authenticate, in memory and over sockets. Python's own clients are the peers where
they know the way."""

import hashlib
import hmac
import imaplib
import io
import poplib
import smtplib
import ssl
import unittest

from support import (
    CA, CLIENT_CA, IMPLICIT_TLS, NAME, PASSWORD, STARTTLS, USER, MailServer, client_config, exchange,
    own_certificate, pair, server_config, with_certificate,
)

import mailtls
from mailtls import ErrorCode, Event, GreetingStatus, Means, MechanismFloor, Rejection, ScramSecret, Service, blocking

SCRAM = ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1")
TOKENS = ("OAUTHBEARER", "XOAUTH2")
TOKEN = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29t"
SALT = b"0123456789abcdef"
ALL_SERVICES = (*IMPLICIT_TLS, *STARTTLS)
STAMP = "<1896.697170952@mail.example>"
DONE = [Event.AUTHENTICATED, Event.HANDED_OFF]


def everything(**settings):
    return server_config(
        sasl_mechanisms=[*SCRAM, "PLAIN", "LOGIN", *TOKENS],
        raw_sasl_mechanisms=["X-COUNT"],
        scram_salts=b"kept secret",
        scram_iterations=4096,
        oauth_scope="mail:write",
        oauth_configuration="https://mail.example/openid",
        **settings,
    )


def ready(service=Service.IMAPS, **settings):
    """A pair between which TLS stands and capabilities are known."""
    server, client = pair(service, server=everything(**settings))
    exchange(server, client)
    return server, client


class Passwords(unittest.TestCase):
    def test_scram_by_the_stored_secret_or_the_password(self):
        for service in ALL_SERVICES:
            for mechanism in SCRAM:
                with self.subTest(service=service, mechanism=mechanism):
                    server, client = ready(service)
                    client.authenticate(USER, PASSWORD, 0, mechanism.lower(), "root")
                    self.assertEqual(exchange(server, client), ([Event.SECRET_WANTED], []))
                    self.assertEqual(server.scram_user, (mechanism, USER, "root"))
                    self.assertIsNone(server.credentials)
                    if "256" in mechanism:
                        server.scram_secret(ScramSecret.from_password(mechanism, PASSWORD, SALT), 0)
                    else:
                        server.scram_password(PASSWORD, 0)
                    self.assertIsNone(server.scram_user)
                    self.assertEqual(exchange(server, client), ([Event.CREDENTIALS], []))
                    credentials = server.credentials
                    self.assertEqual((credentials.mechanism, credentials.user), (mechanism, USER))
                    self.assertEqual(credentials.authorization_identity, "root")
                    self.assertEqual(credentials.password, b"")
                    self.assertTrue(credentials.proved)
                    self.assertFalse(credentials.matches(PASSWORD))
                    self.assertIsNone(server.scram_user)
                    server.accept(0)
                    self.assertEqual(exchange(server, client), (DONE, DONE))

    def test_a_wrong_password_and_an_unknown_user_are_refused_alike(self):
        refusals = []
        for known in (True, False):
            server, client = ready()
            client.authenticate(USER, "guessed", 0)
            exchange(server, client)
            if known:
                server.scram_password(PASSWORD, 0)
            else:
                server.reject(Rejection.INVALID_CREDENTIALS, 0)
            at_server, at_client = exchange(server, client)
            self.assertEqual((at_server, at_client), ([], [Event.AUTHENTICATION_REFUSED]))
            refusals.append(client.refusal)
        self.assertEqual(*refusals)

    def test_a_server_that_does_not_know_the_password(self):
        server, client = ready()
        client.authenticate(USER, PASSWORD, 0)
        exchange(server, client)
        secret = ScramSecret.from_password("SCRAM-SHA-256", PASSWORD, SALT)
        server.scram_secret(secret._replace(server_key=bytes(32)), 0)
        exchange(server, client)
        server.accept(0)
        self.assertNotIn(Event.AUTHENTICATED, exchange(server, client)[1])
        self.assertEqual(client.error.code, ErrorCode.SERVER_NOT_PROVED)

    def test_below_the_floor_nothing_is_sent(self):
        for service in ALL_SERVICES:
            for floor in (MechanismFloor.SCRAM, MechanismFloor.BOUND_SCRAM):
                with self.subTest(service=service, floor=floor):
                    # As after somebody on the way has taken SCRAM out of the offer.
                    client_settings = client_config(mechanism_floor=floor)
                    server, client = pair(service, client=client_settings)
                    exchange(server, client)
                    self.assertIsNone(client.best_mechanism(Means.PASSWORD))
                    for mechanism in (None, "PLAIN", "LOGIN", "", "OAUTHBEARER"):
                        with self.assertRaises(mailtls.MisuseError) as caught:
                            client.authenticate(USER, PASSWORD, 0, mechanism)
                        self.assertEqual(caught.exception.code, ErrorCode.BELOW_MECHANISM_FLOOR)
                        self.assertIn("the server offers PLAIN, LOGIN", caught.exception.reason)
                    for call in (
                        lambda: client.authenticate_external(0),
                        lambda: client.authenticate_raw("X-COUNT", 0, b"secret"),
                    ):
                        with self.assertRaises(mailtls.MisuseError) as caught:
                            call()
                        self.assertEqual(caught.exception.code, ErrorCode.BELOW_MECHANISM_FLOOR)
                    self.assertEqual(client.poll_transmit(), b"")
                    server, client = pair(service, server=everything(), client=client_settings)
                    exchange(server, client)
                    self.assertEqual(client.best_mechanism(Means.PASSWORD), "SCRAM-SHA-256-PLUS")
                    client.authenticate(USER, PASSWORD, 0)
                    self.assertEqual(exchange(server, client)[0], [Event.SECRET_WANTED])

    def test_a_secret_of_the_other_hash_changes_nothing(self):
        server, client = ready()
        client.authenticate(USER, PASSWORD, 0, "SCRAM-SHA-1")
        exchange(server, client)
        for wrong in (
            ScramSecret.from_password("SCRAM-SHA-256", PASSWORD, SALT),
            ScramSecret(SALT, 4096, bytes(20), bytes(32)),
            ScramSecret(b"", 4096, bytes(20), bytes(20)),
        ):
            with self.assertRaises(mailtls.MisuseError):
                server.scram_secret(wrong, 0)
        self.assertEqual(server.scram_user.user, USER)
        server.scram_secret(ScramSecret.from_password("SCRAM-SHA-1", PASSWORD, SALT), 0)
        self.assertEqual(exchange(server, client)[0], [Event.CREDENTIALS])

    def test_the_keys_are_those_of_rfc_5802(self):
        for mechanism, name in (("SCRAM-SHA-1", "sha1"), ("SCRAM-SHA-256-PLUS", "sha256")):
            secret = ScramSecret.from_password(mechanism, PASSWORD, SALT, 5000)
            salted = hashlib.pbkdf2_hmac(name, PASSWORD.encode(), SALT, 5000)
            client_key = hmac.digest(salted, b"Client Key", name)
            self.assertEqual(secret.stored_key, hashlib.new(name, client_key).digest())
            self.assertEqual(secret.server_key, hmac.digest(salted, b"Server Key", name))
            self.assertEqual((secret.salt, secret.iterations), (SALT, 5000))
            self.assertNotIn(repr(secret.stored_key), repr(secret))
        for wrong in (("PLAIN", SALT, 4096), ("SCRAM-SHA-1", b"", 4096), ("SCRAM-SHA-1", SALT, 0)):
            with self.assertRaises(mailtls.MisuseError):
                ScramSecret.from_password(wrong[0], PASSWORD, *wrong[1:])

    def test_credentials_match_the_password_they_were_made_with(self):
        for mechanism in ("PLAIN", "LOGIN", ""):
            server, client = ready()
            client.authenticate(USER, PASSWORD, 0, mechanism)
            exchange(server, client)
            credentials = server.credentials
            self.assertTrue(credentials.matches(PASSWORD) and credentials.matches(PASSWORD.encode()))
            self.assertFalse(credentials.matches("wrong") or credentials.matches(""))
            self.assertFalse(credentials.proved)
            server.accept(0)
            with self.assertRaises(mailtls.MisuseError):
                credentials.matches(PASSWORD)

    def test_apop(self):
        for password in (PASSWORD, "guessed"):
            server, client = pair(Service.POP3S)
            with self.assertRaises(mailtls.MisuseError):
                server.set_apop_timestamp("no stamp")
            server.set_apop_timestamp(STAMP)
            exchange(server, client)
            client.authenticate(USER, password, 0, "APOP")
            exchange(server, client)
            credentials = server.credentials
            self.assertEqual((credentials.mechanism, credentials.user), ("APOP", USER))
            digest = hashlib.md5((STAMP + password).encode()).hexdigest()
            self.assertEqual(credentials.password.decode(), digest)
            self.assertEqual(credentials.matches(PASSWORD), password == PASSWORD)

    def test_the_best(self):
        server, client = pair(server=everything())
        self.assertIsNone(client.best_mechanism())
        exchange(server, client)
        self.assertEqual(client.best_mechanism(), SCRAM[0])
        self.assertEqual(client.best_mechanism(Means.TOKEN), "OAUTHBEARER")
        self.assertIsNone(client.best_mechanism(Means.CERTIFICATE))
        _, client = ready(password_commands=True)
        self.assertEqual(client.best_mechanism(), SCRAM[0])


class Tokens(unittest.TestCase):
    def test_accepted_and_refused_with_details(self):
        for service in ALL_SERVICES:
            for mechanism in TOKENS:
                with self.subTest(service=service, mechanism=mechanism):
                    server, client = ready(service)
                    client.authenticate(USER, TOKEN, 0, mechanism)
                    exchange(server, client)
                    self.assertEqual(server.credentials.password.decode(), TOKEN)
                    server.reject(Rejection.INVALID_CREDENTIALS, 0)
                    self.assertEqual(exchange(server, client)[1], [Event.AUTHENTICATION_REFUSED])
                    self.assertIn("mail:write", client.refusal.details)
                    client.authenticate(USER, TOKEN, 0, mechanism)
                    exchange(server, client)
                    server.accept(0)
                    self.assertEqual(exchange(server, client), (DONE, DONE))


class TheHostsOwn(unittest.TestCase):
    def test_challenge_by_challenge(self):
        for service in ALL_SERVICES:
            for first in (None, b"", b"at once\0"):
                with self.subTest(service=service, first=first):
                    server, client = ready(service)
                    client.authenticate_raw("x-count", 0, first)
                    self.assertEqual(exchange(server, client), ([Event.RESPONSE], []))
                    self.assertEqual(server.response, ("X-COUNT", first))
                    self.assertIsNone(server.credentials or server.scram_user)
                    for challenge in (b"1", b"", b"\0\xff"):
                        server.send_challenge(challenge, 0)
                        self.assertIsNone(server.response)
                        self.assertEqual(exchange(server, client), ([], [Event.CHALLENGE]))
                        self.assertEqual(client.challenge, challenge)
                        client.respond(challenge + b"!", 0)
                        self.assertIsNone(client.challenge)
                        self.assertEqual(exchange(server, client), ([Event.RESPONSE], []))
                        self.assertEqual(server.response.data, challenge + b"!")
                    self.assertNotIn("!", repr(server.response))
                    server.accept(0)
                    self.assertEqual(exchange(server, client), (DONE, DONE))

    def test_cancelled_and_rejected(self):
        server, client = ready()
        client.authenticate_raw("X-COUNT", 0)
        exchange(server, client)
        server.send_challenge(b"1", 0)
        exchange(server, client)
        client.cancel(0)
        self.assertEqual(exchange(server, client), ([], [Event.AUTHENTICATION_REFUSED]))
        client.authenticate_raw("X-COUNT", 0)
        exchange(server, client)
        server.reject(Rejection.TEMPORARY_FAILURE, 0)
        exchange(server, client)
        self.assertTrue(client.refusal.temporary)

    def test_names_that_cannot_be(self):
        _, client = ready()
        for name in ("", "TWO WORDS", "GSSAPI"):
            with self.assertRaises(mailtls.MisuseError):
                client.authenticate_raw(name, 0)
        with self.assertRaises(mailtls.MisuseError):
            server_config(raw_sasl_mechanisms=["TWO WORDS"])


SECRETS = {name: ScramSecret.from_password(name, PASSWORD, SALT) for name in ("SCRAM-SHA-1", "SCRAM-SHA-256")}


def stored(user):
    return SECRETS[user.mechanism.replace("-PLUS", "")] if user.user == USER else None


def may(credentials):
    """A host that knows all mechanisms."""
    if credentials.mechanism in TOKENS:
        return credentials.password == TOKEN.encode()
    right = credentials.proved or credentials.matches(PASSWORD)
    if right and credentials.authorization_identity not in ("", USER):
        return Rejection.NOT_AUTHORIZED
    return right and credentials.user == USER


def count(response):
    """The hosts' own mechanism: "1", "2", and it is enough."""
    if response.data is None or response.data == b"":
        return b"1"
    return b"2" if response.data == b"1" else response.data == b"2"


HOOKS = {"scram": stored, "raw": count, "certificate": lambda _: USER}


def serving(service, hooks=HOOKS, **settings):
    return MailServer(service, may, everything(client_certificates_file=CLIENT_CA, **settings), hooks)


def connect(server, user=USER, password=b"", config=None, **options):
    return blocking.connect(
        server.address, config or with_certificate(), server.service, user, password,
        server_name=NAME, timeout=5, **options,
    )


class Blocking(unittest.TestCase):
    def test_what_there_is_to_authenticate_with(self):
        ways = (
            {"password": PASSWORD},
            {"password": PASSWORD, "mechanism": "SCRAM-SHA-1-PLUS"},
            {"password": PASSWORD, "mechanism": "plain", "authorization_identity": USER},
            {"token": TOKEN},
            {"token": TOKEN, "user": None},
            {"token": TOKEN, "mechanism": "XOAUTH2", "password": "another thing"},
            {"certificate": USER, "user": None},
            {"certificate": USER, "mechanism": "EXTERNAL", "authorization_identity": USER},
            {"certificate": USER, "mechanism": "SCRAM-SHA-256", "password": PASSWORD},
        )
        for service in ALL_SERVICES:
            with serving(service) as server:
                for way in ways:
                    with self.subTest(service=service, way=way), connect(server, **way) as stream:
                        lines = io.BufferedReader(stream)
                        stream.write(b"a NOOP\r\n")
                        self.assertTrue(lines.readline())
                        lines.detach()
                    self.assertEqual(server.outcomes.get(timeout=5)[0], "TLSv1.3")

    def test_refused(self):
        ways = (
            {"password": "guessed"},
            {"password": "guessed", "mechanism": "PLAIN"},
            {"user": "nobody", "password": PASSWORD},
            {"token": "expired"},
            {"certificate": USER, "authorization_identity": "root"},
        )
        for service in IMPLICIT_TLS:
            with serving(service) as server:
                for way in ways:
                    with self.subTest(service=service, way=way):
                        with self.assertRaises(blocking.AuthenticationRefused) as caught:
                            connect(server, **way)
                        self.assertEqual(bool(caught.exception.refusal.details), "token" in way)
                        self.assertIsNone(server.outcomes.get(timeout=5))

    def test_what_the_host_has_no_function_for_is_rejected(self):
        with serving(Service.IMAPS, hooks={}) as server:
            for way in ({"password": PASSWORD}, {"password": PASSWORD, "certificate": USER}):
                with self.assertRaises(blocking.AuthenticationRefused):
                    connect(server, **way)

    def test_what_the_server_does_not_offer_is_misuse(self):
        with MailServer(Service.SUBMISSIONS) as server:
            for way in ({"token": TOKEN}, {"certificate": USER, "user": None}, {"mechanism": "APOP"}):
                with self.assertRaises(mailtls.MisuseError) as caught:
                    connect(server, **way)
                self.assertEqual(caught.exception.code, ErrorCode.INVALID_ARGUMENT)

    def test_preauth(self):
        with serving(Service.IMAPS, {**HOOKS, "preauth": True}) as server:
            with connect(server, None, certificate=USER) as stream:
                self.assertEqual(stream.connection.greeting.status, GreetingStatus.PREAUTH)

    def test_the_password_itself_for_scram(self):
        with serving(Service.POP3S, {"scram": lambda user: PASSWORD}) as server:
            connect(server, password=PASSWORD).close()


class StandardClients(unittest.TestCase):
    def context(self, certificate=False):
        context = ssl.create_default_context(cafile=str(CA))
        if certificate:
            context.load_cert_chain(*own_certificate())
        return context

    def test_imaplib(self):
        ways = {
            "EXTERNAL": lambda _: b"",
            "XOAUTH2": lambda _: f"user={USER}\1auth=Bearer {TOKEN}\1\1".encode(),
            "OAUTHBEARER": lambda _: f"n,,\1auth=Bearer {TOKEN}\1\1".encode(),
            "X-COUNT": lambda challenge: challenge,
        }
        with serving(Service.IMAPS) as server:
            for mechanism, respond in ways.items():
                with self.subTest(mechanism):
                    client = imaplib.IMAP4_SSL(*server.address, ssl_context=self.context(True), timeout=5)
                    client.authenticate(mechanism, respond)
                    self.assertEqual(client.select(), ("OK", [b"3"]))
                    client.logout()
                    server.outcomes.get(timeout=5)

    def test_imaplib_preauth(self):
        with serving(Service.IMAPS, {**HOOKS, "preauth": True}) as server:
            client = imaplib.IMAP4_SSL(*server.address, ssl_context=self.context(True), timeout=5)
            self.assertEqual(client.state, "AUTH")
            self.assertEqual(client.select(), ("OK", [b"3"]))
            client.logout()

    def test_poplib_apop(self):
        with serving(Service.POP3S, {**HOOKS, "apop_timestamp": STAMP}) as server:
            client = poplib.POP3_SSL(*server.address, context=self.context(), timeout=5)
            client.apop(USER, PASSWORD)
            self.assertEqual(client.stat(), (2, 320))
            client.quit()
            client = poplib.POP3_SSL(*server.address, context=self.context(), timeout=5)
            with self.assertRaises(poplib.error_proto):
                client.apop(USER, "guessed")
            client.quit()

    def test_smtplib(self):
        with serving(Service.SUBMISSIONS) as server:
            for mechanism, first in (
                ("XOAUTH2", f"user={USER}\1auth=Bearer {TOKEN}\1\1"), ("EXTERNAL", USER)
            ):
                with smtplib.SMTP_SSL(*server.address, context=self.context(True), timeout=5) as client:
                    client.ehlo()
                    self.assertIn(mechanism, client.esmtp_features["auth"])
                    self.assertEqual(client.auth(mechanism, lambda challenge=None: first)[0], 235)


if __name__ == "__main__":
    unittest.main()
