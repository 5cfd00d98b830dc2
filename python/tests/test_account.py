"""The minimum of an account, pins, SRV records, and when a client's certificate may be sent."""

import hashlib
import unittest

from support import (
    NAME, OTHER_CA, PASSWORD, USER, client_config, exchange, is_right, pair, server_config,
)

import mailtls
from mailtls import (
    AccountSetup, Acknowledged, Check, Dismissal, ErrorCode, Event, Lowered, Minimum, PeerValidation,
    PinStore, Protocol, Security, Service, Shortfall, Srv, SrvWarning, Target, TlsFacts, Upgrade,
)

TOLD = Acknowledged.THAT_PASSWORDS_AND_MESSAGES_ARE_EXPOSED
ACCOUNT = "tim@mail.example"


def lowered(level):
    minimum = Minimum()
    minimum.lower(level, TOLD)
    return minimum


def facts(validation, version=0x0304):
    return TlsFacts(version, 0x1301, peer_validation=validation)


class Minima(unittest.TestCase):
    def test_what_is_shown_permitted_and_possible(self):
        whole, pins, none = Minimum(), lowered(Lowered.PINNED), lowered(Lowered.NONE)
        for session, shown, with_pins, upgrade in (
            (facts(PeerValidation.PKIX), Shortfall.NONE, Shortfall.NONE, Upgrade.MINIMUM),
            (facts(PeerValidation.DANE), Shortfall.NONE, Shortfall.NONE, Upgrade.MINIMUM),
            (facts(PeerValidation.PIN), Shortfall.ONLY_PINNED, Shortfall.NONE, Upgrade.NONE),
            (facts(PeerValidation.NONE), Shortfall.NOT_VALIDATED, Shortfall.NOT_VALIDATED, Upgrade.NONE),
            (facts(PeerValidation.PKIX, 0x0302), Shortfall.TLS, Shortfall.TLS, Upgrade.NONE),
            (None, Shortfall.CLEAR, Shortfall.CLEAR, Upgrade.NONE),
        ):
            with self.subTest(shown=shown):
                for minimum in (whole, pins, none):
                    self.assertEqual(minimum.indicator(session), shown)
                    self.assertEqual(minimum.reason is None, shown == Shortfall.NONE)
                self.assertEqual(whole.permits(session), shown)
                self.assertEqual(pins.permits(session), with_pins)
                self.assertEqual(none.permits(session), Shortfall.NONE)
                self.assertEqual(whole.upgrade(session), Upgrade.NONE)
                self.assertEqual(none.upgrade(session), upgrade)
        self.assertEqual(none.upgrade(None, starttls_offered=True), Upgrade.START_TLS)

    def test_a_connection_is_measured(self):
        server, client = pair()
        minimum = Minimum()
        self.assertEqual(minimum.indicator(client), Shortfall.CLEAR)
        exchange(server, client)
        self.assertEqual(minimum.indicator(client), Shortfall.NONE)
        self.assertEqual(lowered(Lowered.NONE).upgrade(client), Upgrade.MINIMUM)

    def test_nothing_is_lowered_without_an_acknowledgement(self):
        minimum = Minimum()
        for level, word in ((Lowered.NONE, 0), (Lowered.NONE, True), (0, TOLD), (3, TOLD)):
            with self.subTest(level=level, word=word), self.assertRaises(mailtls.MisuseError) as caught:
                minimum.lower(level, word)
            self.assertEqual(caught.exception.code, ErrorCode.INVALID_ARGUMENT)
        self.assertEqual(minimum.permits(None), Shortfall.CLEAR)

    def test_facts_are_numbers_of_the_registries(self):
        for version, suite in ((2**16, 0x1301), (0x0304, -1)):
            with self.assertRaises(mailtls.MisuseError):
                TlsFacts(version, suite)
        with self.assertRaises(mailtls.MisuseError):
            facts(9)
        settings = {
            "group": 0x001D, "signature_scheme": 0x0804, "alpn": b"imap", "resumed": True,
            "peer_certificates": (b"in truth a certificate",), "client_certificate_sent": True,
        }
        whole = TlsFacts(
            0x0303, 0xC02F, peer_validation=PeerValidation.PKIX, extended_master_secret=True, **settings
        )
        self.assertEqual(Minimum().indicator(whole), Shortfall.NONE)


def untrusting(**settings):
    """A server, and a client that trusts nobody who has issued its certificate."""
    target = Target(Service.IMAPS, NAME, account=ACCOUNT, **settings)
    client = mailtls.Connection.client_to(mailtls.ClientConfig(ca_file=OTHER_CA), target, 0)
    server = mailtls.Connection.server(server_config(), Service.IMAPS, 0)
    return server, client, exchange(server, client)[1]


class Pins(unittest.TestCase):
    def pinned(self):
        """The store, when an account has been set up with a certificate that no one vouches for."""
        setup, store = AccountSetup(ACCOUNT), PinStore()
        server, client, events = untrusting(deferred=True)
        self.assertEqual(events, [Event.TLS_ESTABLISHED, Event.SERVER_CERTIFICATE])
        self.assertEqual(client.certificate_failure.check, Check.CHAIN)
        for pins, word in ((setup, 0), (AccountSetup("somebody@else.example"), TOLD)):
            with self.assertRaises(mailtls.MisuseError) as caught:
                client.pin_server_certificate(pins, word, 0)
            self.assertEqual(caught.exception.code, ErrorCode.INVALID_ARGUMENT)
        client.pin_server_certificate(setup, TOLD, 0)
        self.assertEqual(client.peer_validation, PeerValidation.PIN)
        self.assertEqual(Minimum().indicator(client), Shortfall.ONLY_PINNED)
        self.assertIn(Event.CAPABILITIES, exchange(server, client)[1])
        # Once only, and not later.
        with self.assertRaises(mailtls.MisuseError):
            client.pin_server_certificate(setup, TOLD, 0)
        setup.finish(store)
        self.assertEqual(store.lookup(ACCOUNT, NAME), hashlib.sha256(client.peer_certificates[0]).digest())
        return store

    def test_the_minimum_refuses_what_is_only_pinned_unless_lowered(self):
        store = self.pinned()
        pin = store.lookup(ACCOUNT, NAME)
        for settings in ({"pin": pin}, {"pin": pin, "minimum": Minimum()}, {}):
            with self.subTest(settings):
                _, client, _ = untrusting(**settings)
                self.assertEqual(client.error.code, ErrorCode.CERTIFICATE_UNTRUSTED)
        server, client, events = untrusting(pin=pin, minimum=lowered(Lowered.PINNED))
        self.assertEqual(client.peer_validation, PeerValidation.PIN)
        self.assertIn(Event.CAPABILITIES, events)
        client.authenticate(USER, PASSWORD, 0)
        exchange(server, client)
        self.assertTrue(is_right(server.credentials))
        server.accept(0)
        self.assertIn(Event.AUTHENTICATED, exchange(server, client)[1])
        other = bytes(32)
        _, client, _ = untrusting(pin=other, minimum=lowered(Lowered.PINNED))
        self.assertEqual(client.error.code, ErrorCode.CERTIFICATE_UNTRUSTED)
        with self.assertRaises(mailtls.MisuseError):
            Target(Service.IMAPS, NAME, pin=pin[:31])

    def test_an_account_that_exists_is_not_pinned(self):
        store = self.pinned()
        setup = AccountSetup(ACCOUNT)
        with self.assertRaises(mailtls.MisuseError) as caught:
            setup.finish(store)
        self.assertEqual(caught.exception.code, ErrorCode.WRONG_STATE)
        for call in (lambda: setup.finish(store), lambda: setup.pin(NAME, b"certificate")):
            with self.assertRaises(mailtls.MisuseError) as caught:
                call()
            self.assertIn("set-up", caught.exception.reason)
        with self.assertRaises(mailtls.MisuseError):
            AccountSetup("")

    def test_the_text_of_a_store(self):
        setup, store = AccountSetup("tim %"), PinStore()
        setup.pin("Mail.Example.", b"one")
        setup.pin("smtp.example", b"two")
        setup.finish(store)
        one, two = (hashlib.sha256(der).hexdigest() for der in (b"one", b"two"))
        text = (
            "mailtls-pins 1\n"
            f"tim%20%25 mail.example sha256:{one}\ntim%20%25 smtp.example sha256:{two}\n"
        )
        self.assertEqual(str(store), text)
        self.assertEqual(str(PinStore(text)), text)
        self.assertEqual(str(PinStore(text.encode())), text)
        with self.assertRaises(mailtls.MisuseError) as caught:
            store.read(text[:-1])
        self.assertIn("line 3", caught.exception.reason)
        self.assertEqual(str(store), text)

    def test_a_removal_takes_effect(self):
        setup, store = AccountSetup("tim"), PinStore()
        for host in ("a.example", "b.example", "c.example"):
            setup.pin(host, b"certificate")
        setup.finish(store)
        self.assertEqual(len(store), 3)
        self.assertIsNone(store.lookup("tom", "a.example"))
        self.assertTrue(store.remove("tim", "a.example"))
        self.assertFalse(store.remove("tim", "a.example"))
        self.assertIsNone(store.lookup("tim", "a.example"))
        self.assertEqual(store.lookup("tim", "b.example"), hashlib.sha256(b"certificate").digest())
        store.remove_account("tim")
        self.assertEqual(len(store), 0)
        self.assertTrue(store)


#: "_imaps._tcp.example.org": two records, in the domain and outside it.
RESPONSE = (
    b"\x12\x34\x81\x80\0\x01\0\x02\0\0\0\0"
    b"\x06_imaps\x04_tcp\x07example\x03org\0\0\x21\0\x01"
    b"\xc0\x0c\0\x21\0\x01\0\0\x0e\x10\0\x0a\0\x05\0\x0a\x03\xe1\x01a\xc0\x18"
    b"\xc0\x0c\0\x21\0\x01\0\0\x0e\x10\0\x11\0\x01\0\0\x03\xe2\x01b\x07example\0"
)


class Records(unittest.TestCase):
    def discovered(self):
        srv = Srv("Example.org")
        srv.add_response(Service.IMAPS, RESPONSE, dnssec_validated=False)
        srv.add(Service.IMAP, 0, 0, 143, "a.example.org", dnssec_validated=True)
        return srv

    def test_the_order_and_what_is_dismissed(self):
        srv = self.discovered()
        self.assertEqual(srv.candidates, ())
        first, second = srv.order(Protocol.IMAP, Minimum(), [1, 2, 2**32 - 1])
        self.assertEqual(
            first,
            (Service.IMAPS, "a.example.org", 993, Security.IMPLICIT_TLS, True, (SrvWarning.UNSIGNED,)),
        )
        self.assertEqual(second, (Service.IMAP, "a.example.org", 143, Security.START_TLS, True, ()))
        self.assertEqual(srv.dismissed, ((Service.IMAPS, "b.example", Dismissal.OUTSIDE_DOMAIN),))
        srv.confirm("b.example")
        srv.cleartext_too()
        candidates = srv.order(Protocol.IMAP, lowered(Lowered.NONE))
        self.assertEqual([c.host for c in candidates], ["b.example"] + 3 * ["a.example.org"])
        self.assertEqual(candidates[0].warnings, (SrvWarning.UNSIGNED, SrvWarning.OUTSIDE_DOMAIN))
        last = candidates[-1]
        self.assertEqual((last.security, last.automatic), (Security.CLEARTEXT, False))
        self.assertEqual(last.warnings, (SrvWarning.CLEARTEXT,))

    def test_whom_the_certificates_must_be_for(self):
        srv = self.discovered()
        srv.order(Protocol.IMAP, Minimum())
        self.assertEqual(str(srv.references(0)), "example.org or _imaps.example.org")
        self.assertEqual(str(srv.references(1)), "example.org, _imap.example.org or a.example.org")
        for index in (2, -1):
            with self.assertRaises(mailtls.MisuseError) as caught:
                srv.references(index)
            self.assertEqual(caught.exception.code, ErrorCode.INVALID_ARGUMENT)

    def test_a_client_connects_to_what_was_found(self):
        for dnssec, outcome in ((True, None), (False, Check.IDENTITY)):
            srv = Srv("example")
            srv.add(Service.IMAPS, 0, 0, 993, NAME, dnssec_validated=dnssec)
            (found,) = srv.order(Protocol.IMAP, Minimum())
            target = Target(found.service, found.host, references=srv.references(0))
            client = mailtls.Connection.client_to(client_config(), target, 0)
            exchange(mailtls.Connection.server(server_config(), Service.IMAPS, 0), client)
            failure = client.certificate_failure
            self.assertEqual(failure and failure.check, outcome)
            self.assertEqual(client.error is None, outcome is None)

    def test_what_has_been_found_counts(self):
        srv = self.discovered()
        srv.found("a.example.org", 993, facts(PeerValidation.PKIX, 0x0301))
        srv.found("a.example.org", 143, None)
        self.assertEqual(srv.order(Protocol.IMAP, Minimum()), ())
        self.assertEqual(
            {dismissed.why for dismissed in srv.dismissed},
            {Dismissal.BELOW_MINIMUM, Dismissal.NO_START_TLS, Dismissal.OUTSIDE_DOMAIN},
        )

    def test_what_is_not_offered(self):
        srv = Srv("example.org")
        srv.add(Service.POP3, 0, 0, 0, ".", dnssec_validated=False)
        self.assertTrue(srv.not_offered(Service.POP3))
        self.assertFalse(srv.not_offered(Service.POP3S))
        self.assertEqual(srv.query_name(Service.POP3S), "_pop3s._tcp.example.org")

    def test_drift_is_told(self):
        srv = self.discovered()
        before = "imaps a.example.org 993\nimaps old.example.org 993\nimap a.example.org 143\n"
        self.assertEqual(srv.drift(before), ("-imaps old.example.org 993", "+imaps b.example 994"))
        self.assertEqual(srv.drift(srv.endpoints), ())
        with self.assertRaises(mailtls.MisuseError):
            srv.drift("x")

    def test_those_that_cannot_be(self):
        srv = Srv("example.org")
        for call in (
            lambda: Srv("192.0.2.1"),
            lambda: srv.add(Service.IMAP, 0, 0, 2**16, "a.example.org", dnssec_validated=False),
            lambda: srv.order(0, Minimum()),
            lambda: srv.order(Protocol.IMAP, Minimum(), [2**32]),
            lambda: srv.found("a.example.org", -1, None),
            lambda: srv.confirm("b example"),
        ):
            with self.assertRaises(mailtls.MisuseError) as caught:
                call()
            self.assertEqual(caught.exception.code, ErrorCode.INVALID_ARGUMENT)

    def test_what_the_network_has_spoilt(self):
        srv = Srv("example.org")
        srv.add(Service.IMAPS, 0, 0, 0, "a.example.org", dnssec_validated=False)
        srv.add(Service.IMAPS, 0, 0, 993, "192.0.2.1", dnssec_validated=False)
        self.assertEqual(
            srv.unusable,
            (
                'imaps "192.0.2.1" 993: the target is an address, not a name',
                'imaps "a.example.org" 0: the port is 0',
            ),
        )
        self.assertEqual(srv.order(Protocol.IMAP, Minimum()), ())
        self.assertFalse(srv.not_offered(Service.IMAPS))
        with self.assertRaises(mailtls.PeerError) as caught:
            srv.add_response(Service.IMAP, RESPONSE, dnssec_validated=False)
        self.assertEqual(caught.exception.code, ErrorCode.SYNTAX)


class ClientCertificates(unittest.TestCase):
    def test_for_whom_and_when(self):
        self.assertTrue(mailtls.client_certificate_exposed(0x0303))
        self.assertFalse(mailtls.client_certificate_exposed(0x0304))
        for owner, account, asked, version, hiding, may in (
            ("tim", "tim", True, 0x0303, False, True),
            ("tim", "tim", False, 0x0304, False, False),
            ("tim", "tom", True, 0x0304, False, False),
            (None, "tim", True, 0x0304, False, False),
            ("tim", "tim", True, 0x0303, True, False),
            ("tim", "tim", True, 0x0304, True, True),
        ):
            with self.subTest(owner=owner, account=account, version=version):
                answer = mailtls.client_certificate_may_be_sent(
                    owner, account, server_asked=asked, version=version, tls13_only=hiding
                )
                self.assertIs(answer, may)


if __name__ == "__main__":
    unittest.main()
