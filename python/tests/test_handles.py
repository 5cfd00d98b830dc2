"""NULL, freed and poisoned handles; misuse; exceptions. None of it may crash."""

import ctypes
import gc
import pickle
import unittest
import weakref

from support import CA, CHAIN, KEY, client_config, pair, server_config

import mailtls
from mailtls import Deadline, ErrorCode, HandOff, Limit, Service, _abi
from mailtls._library import lib
from mailtls.errors import error_for


class Null(unittest.TestCase):
    def test_null_in_every_place_is_an_error_and_no_crash(self):
        for name, (result, arguments) in _abi.FUNCTIONS.items():
            if not any("*" in argument for argument in arguments):
                continue
            nothing = [None if "*" in argument else 0 for argument in arguments]
            with self.subTest(name):
                given = getattr(lib, name)(*nothing)
                if result in ("void", "const char *"):
                    self.assertIsNone(given)
                elif result.endswith("*"):
                    self.assertFalse(given)
                elif name == "mailtls_client_certificate_may_be_sent":
                    # A question rather than a call: without an account the answer is no.
                    self.assertEqual(given, 0)
                elif "**" in arguments[-1] or arguments[0].split()[0] != "const":
                    self.assertEqual(given, ErrorCode.NULL_ARGUMENT)
                else:
                    # A getter: none, no such alert, no such state, or NULL.
                    self.assertLessEqual(given, 0)

    def test_null_for_a_result_changes_nothing(self):
        server, client = pair()
        waiting = client.poll_transmit()
        for function in (lib.mailtls_connection_poll_event, lib.mailtls_connection_poll_timeout):
            self.assertEqual(function(client._c, None), ErrorCode.NULL_ARGUMENT)
        self.assertEqual(lib.mailtls_connection_poll_transmit(client._c, None, None), ErrorCode.NULL_ARGUMENT)
        self.assertEqual(client.poll_transmit(), waiting)
        self.assertEqual(lib.mailtls_connection_handle_input(server._c, None, 5, 0), ErrorCode.NULL_ARGUMENT)
        self.assertIsNone(server.error)

    def test_a_handle_of_another_kind_is_refused(self):
        with self.assertRaises(ctypes.ArgumentError):
            lib.mailtls_connection_close(server_config()._c, 0)


class Freed(unittest.TestCase):
    def test_freeing_is_for_good_and_may_be_repeated(self):
        for make in (server_config, client_config, lambda: pair()[0]):
            with make() as handle:
                self.assertFalse(handle.freed)
            self.assertTrue(handle.freed)
            handle.free()
            with self.assertRaises(mailtls.MisuseError) as caught:
                handle._c
            self.assertEqual(caught.exception.code, ErrorCode.WRONG_STATE)

    def test_a_handle_is_freed_with_its_object(self):
        connection = pair()[1]
        freed = []
        weakref.finalize(connection, freed.append, True)
        finalizer = connection._free
        del connection
        gc.collect()
        self.assertEqual((freed, finalizer.alive), ([True], False))

    def test_connections_outlive_their_configuration(self):
        with client_config() as config:
            connection = mailtls.Connection.client(config, Service.IMAPS, "mail.example", 0)
        self.assertTrue(connection.poll_transmit())
        with self.assertRaises(mailtls.MisuseError):
            mailtls.Connection.client(config, Service.IMAPS, "mail.example", 0)


class Exceptions(unittest.TestCase):
    def test_each_code_has_its_kind(self):
        for code in ErrorCode:
            error = error_for(code)
            if code > -100:
                kind = mailtls.MisuseError
            elif code > -110:
                kind = mailtls.InternalError
            else:
                kind = mailtls.PeerError
            self.assertIs(type(error), kind)
            self.assertIs(error.code, code)
            self.assertTrue(error.reason)
            again = pickle.loads(pickle.dumps(error))
            self.assertEqual((type(again), again.code, again.reason), (kind, code, error.reason))

    def test_a_poisoned_handle_is_our_failure(self):
        error = error_for(ErrorCode.POISONED)
        self.assertIsInstance(error, mailtls.InternalError)
        self.assertIn("poisoned", str(error))

    def test_a_code_of_a_newer_library_is_kept(self):
        self.assertEqual(error_for(-9999).code, -9999)

    def assert_misuse(self, code, call, *arguments, **settings):
        with self.assertRaises(mailtls.MisuseError) as caught:
            call(*arguments, **settings)
        self.assertEqual(caught.exception.code, code, caught.exception)
        return caught.exception.reason

    def test_wrong_settings_are_refused_with_their_names(self):
        for settings, named in (
            ({"host_name": "two words"}, "host_name"),
            ({"host_name": "nul\0"}, "NUL"),
            ({"tickets": -1}, "out of range"),
            ({"tickets": 2**32}, "out of range"),
            ({"hand_off": HandOff.AFTER_GREETING}, "hand off"),
            ({"limits": {Limit.BAD_COMMANDS: 0}}, "limit"),
            ({"limits": {99: 1}}, "limit"),
            ({"deadlines": {Deadline.CLOSE: 0}}, "deadline"),
            ({"sasl_mechanisms": ["CRAM-MD5"]}, "the SASL mechanism CRAM-MD5 is not known"),
            ({"sasl_mechanisms": ["PLAIN"], "raw_sasl_mechanisms": ["plain"]}, "mechanism"),
            ({"scram_iterations": 1}, "iterations"),
            ({"scram_iterations": 2**32}, "out of range"),
            ({"oauth_scope": "\""}, "scope"),
            ({"alpn": {99: ["imap"]}}, "protocol"),
            ({"client_certificates_pem": b"", "invalid_client_certificate": 2}, "invalid"),
        ):
            with self.subTest(settings):
                reason = self.assert_misuse(ErrorCode.INVALID_ARGUMENT, server_config, **settings)
                self.assertIn(named, reason)

    def test_wrong_certificates_are_refused(self):
        make, chain, key = mailtls.ServerConfig, CHAIN.read_bytes(), KEY.read_bytes()
        reason = self.assert_misuse(ErrorCode.FILE_UNREADABLE, make, certificate_files=("/nowhere", KEY))
        self.assertEqual(reason, "cannot read /nowhere: there is no such file")
        reason = self.assert_misuse(ErrorCode.NO_CERTIFICATE, make, certificate_files=(KEY, CHAIN))
        self.assertEqual(reason, f"{KEY} holds a private key, where a certificate is expected; certificate and key "
                         "may have been exchanged")
        self.assert_misuse(ErrorCode.NO_CERTIFICATE, make, certificate_pem=(b"", key))
        self.assert_misuse(ErrorCode.NO_PRIVATE_KEY, make, certificate_pem=(chain, chain))
        self.assert_misuse(ErrorCode.NO_TRUST_ANCHOR, mailtls.ClientConfig, ca_pem=key)
        make(certificate_pem=(chain, key)).free()
        mailtls.ClientConfig(ca_pem=CA.read_bytes()).free()

    def test_every_setting_is_taken(self):
        server_config(
            tickets=0,
            greeting_text="hello",
            sasl_mechanisms=["PLAIN", "SCRAM-SHA-256"],
            raw_sasl_mechanisms=["GSSAPI"],
            scram_salts=b"kept secret",
            scram_iterations=5000,
            oauth_scope="mail",
            oauth_configuration="https://mail.example/openid",
            channel_bindings=True,
            explains_refused_tls=True,
            alpn={protocol: ["one", "two"] for protocol in mailtls.Protocol},
            password_commands=False,
            imap_capabilities=["IDLE"],
            imap_authenticated_capabilities=["IMAP4rev2", "IDLE"],
            imap_id={"name": "test"},
            pop3_capabilities=["TOP"],
            pop3_implementation="test",
            pop3_utf8=True,
            smtp_keywords=["CHUNKING"],
            smtp_size=2**40,
            hand_off=HandOff.TRANSPARENT,
            limits={limit: 2**17 if limit == Limit.BUFFERED else 2**12 for limit in Limit},
            deadlines={deadline: 1000 for deadline in Deadline},
        ).free()

    def test_connections_that_cannot_be(self):
        server, client = mailtls.Connection.server, mailtls.Connection.client
        invalid = ErrorCode.INVALID_ARGUMENT
        self.assert_misuse(invalid, server, server_config(), 7, 0)
        self.assert_misuse(invalid, server, server_config(), 0, 0)
        self.assert_misuse(invalid, client, client_config(), Service.IMAPS, "no name", 0)
        self.assert_misuse(ErrorCode.NO_CERTIFICATE, server, mailtls.ServerConfig(), Service.IMAPS, 0)
        self.assert_misuse(
            ErrorCode.NO_TRUST_ANCHOR, client, mailtls.ClientConfig(), Service.IMAPS, "mail.example", 0
        )

    def test_calls_at_the_wrong_time_change_nothing(self):
        server, client = pair()
        for call, *arguments in (
            (server.accept, 0),
            (server.reject, mailtls.Rejection.NOT_AUTHORIZED, 0),
            (server.read,),
            (server.write, b"x"),
            (client.authenticate, "tim", "x", 0, "PLAIN"),
            (client.log_out, 0),
            (client.authenticate_external, 0),
            (client.authenticate_raw, "GSSAPI", 0),
            (client.respond, b"x", 0),
            (client.cancel, 0),
            (server.scram_secret, mailtls.ScramSecret(b"salt", 4096, bytes(32), bytes(32)), 0),
            (server.scram_password, "x", 0),
            (server.send_challenge, b"x", 0),
            (server.accept_certificate, "tim", 0),
            (server.refuse_certificate, 0),
            (server.set_apop_timestamp, "<1@mail.example>"),
        ):
            self.assert_misuse(ErrorCode.WRONG_STATE, call, *arguments)
        self.assert_misuse(ErrorCode.INVALID_ARGUMENT, server.transmitted, 1)
        self.assert_misuse(ErrorCode.INVALID_ARGUMENT, server.reject, 99, 0)
        self.assertIsNone(server.error)
        for nothing in (
            server.credentials, server.scram_user, server.response, client.challenge,
            client.best_mechanism(), client.channel_binding("tls-exporter"), server.certificate_reason,
        ):
            self.assertIsNone(nothing)


if __name__ == "__main__":
    unittest.main()
