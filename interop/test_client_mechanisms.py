"""Our C client and every way to authenticate that it knows: against Dovecot, Exim and our own
server, with what is right and what is wrong."""

import setting
from cases import check
from peers import tokens
from peers.ours import PASSWORD, SERVICES, USER
from server_case import ServerCase
from test_client import LOG_IN_REFUSED, ClientCase

SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-1")
BY_PASSWORD = (*SCRAM, "PLAIN", "LOGIN")
BY_TOKEN = ("OAUTHBEARER", "XOAUTH2")


def shown(certificate):
    return "--client-cert", certificate.chain, "--client-key", certificate.key


class Mechanisms(ClientCase):
    """What is the same for every peer. Of ClientCase only the means are wanted here."""

    looks = logs_in = wrong_password = refuses_bad_certificates = None

    def accepted(self, run, mechanism):
        self.assertEqual(run.status, 0, run)
        self.assertEqual((run.state, run.authenticated, run.mechanism),
                         ("authenticated", True, mechanism), run)

    def refused(self, run, mechanism):
        """And the session stands: the client could try again."""
        self.assertEqual((run.status, run.state), (1, "not-authenticated"), run)
        self.assertEqual((run.authenticated, run.mechanism), (False, mechanism), run)
        self.assertEqual(run.error["code"], LOG_IN_REFUSED, run)

    def words(self, run):
        return " ".join(run.capabilities).upper().replace("AUTH=", "").split()

    def not_in_clear(self, run, *secrets):
        for secret in secrets:
            self.assertNotIn(secret.encode(), run.output)


class External(Mechanisms):
    """EXTERNAL where the server looks at certificates but does not insist on one."""

    def invalid(self, service, certificate):
        """A bad certificate is never a log-in, whatever becomes of the connection."""
        run = self.client(service, *shown(certificate))
        self.assertEqual((run.status, run.authenticated), (1, False), run)
        self.assertNotEqual(run.state, "authenticated", run)
        return run

    @check()
    def external(self, service):
        run = self.client(service, *shown(setting.client_certificate()))
        self.accepted(run, "EXTERNAL")
        self.assertEqual((run.client_certificate, run.warning), ("sent", None), run)
        self.tried("EXTERNAL", service)

    @check()
    def external_tls13_only(self, service):
        run = self.client(service, "--tls13-client-cert", *shown(setting.client_certificate()))
        self.accepted(run, "EXTERNAL")
        self.assertEqual(run.tls["version"], "TLSv1.3")

    @check()
    def external_with_bad_certificate(self, service):
        for certificate in (setting.expired_client_certificate(),
                            setting.foreign_client_certificate()):
            with self.subTest(certificate=certificate.chain):
                self.invalid(service, certificate)

    @check()
    def password_with_certificate(self, service):
        """The certificate is shown, and the log-in is by password because that was asked for."""
        run = self.client(service, "--user", USER, "--mechanism", "PLAIN",
                          *shown(setting.client_certificate()))
        self.accepted(run, "PLAIN")
        self.assertEqual(run.client_certificate, "sent", run)


class Dovecot(External):
    peer = "Dovecot"
    services = SERVICES

    def place(self, service, _host):
        return "127.0.0.1", setting.running_dovecot_with_all().ports[service]

    def by_token(self, service, mechanism, token):
        run = self.client(service, "--user", USER, "--mechanism", mechanism, "--token", token)
        self.not_in_clear(run, token)
        return run

    @check()
    def mechanisms(self, service):
        for mechanism in BY_PASSWORD:
            with self.subTest(mechanism=mechanism):
                run = self.client(service, "--user", USER, "--mechanism", mechanism)
                self.accepted(run, mechanism)
                self.assertEqual(run.client_certificate, "none", run)
                self.not_in_clear(run, PASSWORD)
                self.tried(mechanism, service)

    @check()
    def chooses(self, service):
        """The best that is offered for what it has: no binding here, so without -PLUS."""
        self.accepted(self.client(service, "--user", USER), "SCRAM-SHA-256")
        token = tokens.token(setting.TOKEN_KEY, USER)
        self.accepted(self.client(service, "--user", USER, "--token", token), "OAUTHBEARER")

    @check()
    def wrong_passwords(self, service):
        for mechanism in BY_PASSWORD:
            with self.subTest(mechanism=mechanism):
                run = self.client(service, "--user", USER, "--mechanism", mechanism,
                                  password=PASSWORD + "x")
                self.refused(run, mechanism)

    @check()
    def tokens(self, service):
        for mechanism in BY_TOKEN:
            with self.subTest(mechanism=mechanism):
                run = self.by_token(service, mechanism, tokens.token(setting.TOKEN_KEY, USER))
                self.accepted(run, mechanism)
                self.tried(mechanism, service)

    @check()
    def wrong_tokens(self, service):
        """The server says why in JSON (RFC 7628 section 3.2.2), and the user may see it."""
        for mechanism in BY_TOKEN:
            for name, token in (("expired", tokens.token(setting.TOKEN_KEY, USER, -3600)),
                                ("forged", tokens.token(b"another key, as long as the first", USER))):
                with self.subTest(mechanism=mechanism, token=name):
                    run = self.by_token(service, mechanism, token)
                    self.refused(run, mechanism)
                    self.assertIn("status", run.refusal_details, run)

    @check()
    def external_to_act_as_another(self, service):
        """The certificate is for one user; Dovecot lets nobody act as another."""
        run = self.client(service, "--authorize-as", "ann", *shown(setting.client_certificate()))
        self.assertEqual((run.status, run.authenticated), (1, False), run)

    @check()
    def not_offered(self, service):
        run = self.client(service, "--user", USER, "--mechanism", "SCRAM-SHA-256-PLUS")
        self.assertEqual((run.status, run.authenticated), (1, False), run)
        self.assertNotIn("SCRAM-SHA-256-PLUS", self.words(run))


class DovecotAsksForNone(Mechanisms):
    """The one that does not ask for certificates gets none."""

    peer = "Dovecot"
    services = SERVICES

    def place(self, service, _host):
        return "127.0.0.1", setting.running_dovecot().ports[service]

    @check()
    def certificate_not_asked_for(self, service):
        run = self.client(service, "--user", USER, *shown(setting.client_certificate()))
        self.accepted(run, "PLAIN")
        self.assertEqual((run.client_certificate, run.warning), ("none", None), run)


class Exim(External):
    peer = "Exim"
    services = ("submissions", "submission")

    def place(self, service, _host):
        return "127.0.0.1", setting.running_exim().ports[service]


class OurServer(Mechanisms):
    """The two examples with each other: the only pair that binds every log-in to its channel."""

    peer = "our server"
    services = SERVICES

    serve, _stop, path, file = (ServerCase.serve, ServerCase._stop, ServerCase.path,
                                ServerCase.file)
    server_options, setUp = ServerCase.server_options, ServerCase.setUp

    def place(self, service, _host):
        return "127.0.0.1", self.ports[service]

    def with_certificates(self, *options):
        fingerprints = self.file("map", f"CN={USER} {USER}\n")
        self.serve("--client-ca", setting.client_authority().file, "--client-map", fingerprints,
                   *options)

    @check()
    def chooses_bound_scram(self, service):
        self.accepted(self.client(service, "--user", USER), "SCRAM-SHA-256-PLUS")
        run = self.client(service, "--user", USER, password=PASSWORD + "x")
        self.refused(run, "SCRAM-SHA-256-PLUS")
        self.tried("SCRAM-SHA-256-PLUS", service)

    @check()
    def mechanisms(self, service):
        for mechanism in ("SCRAM-SHA-1-PLUS", *BY_PASSWORD):
            with self.subTest(mechanism=mechanism):
                # With -PLUS on offer, without it would be what an attacker makes of it.
                offered = mechanism if mechanism in SCRAM else f"{mechanism} SCRAM-SHA-256"
                self.serve("--mechanisms", offered)
                run = self.client(service, "--user", USER, "--mechanism", mechanism)
                self.accepted(run, mechanism)
                self.refused(self.client(service, "--user", USER, "--mechanism", mechanism,
                                         password=PASSWORD + "x"), mechanism)
                self.tried(mechanism, service)

    @check()
    def tokens(self, service):
        self.serve("--tokens", self.file("tokens", f"{USER}:good-token\n"))
        for mechanism in BY_TOKEN:
            with self.subTest(mechanism=mechanism):
                options = ("--user", USER, "--mechanism", mechanism, "--token")
                self.accepted(self.client(service, *options, "good-token"), mechanism)
                run = self.client(service, *options, "bad-token")
                self.refused(run, mechanism)
                self.assertIn("status", run.refusal_details, run)
                self.tried(mechanism, service)

    @check()
    def external(self, service):
        self.with_certificates()
        run = self.client(service, *shown(setting.client_certificate()))
        self.accepted(run, "EXTERNAL")
        self.assertEqual((run.client_certificate, run.warning), ("sent", None), run)
        self.tried("EXTERNAL", service)

    @check()
    def bad_certificate(self, service):
        self.with_certificates()
        for certificate in (setting.expired_client_certificate(),
                            setting.foreign_client_certificate()):
            with self.subTest(certificate=certificate.chain):
                run = self.client(service, *shown(certificate))
                self.assertEqual((run.status, run.authenticated), (1, False), run)
                self.assertIn(run.error["code"], range(-199, -99), run)

    def test_imaps_preauth(self):
        """Logged in by the greeting: there is no mechanism then."""
        self.serve("--client-ca", setting.client_authority().file, "--client-map",
                   self.file("map", f"CN={USER} {USER} preauth\n"))
        run = self.client("imaps", *shown(setting.client_certificate()))
        self.accepted(run, None)
        self.assertEqual(run.client_certificate, "sent", run)

    @check("pop3s", "pop3")
    def apop(self, service):
        """APOP needs a time stamp in the greeting; after STLS there is none."""
        self.serve("--mechanisms", "APOP PASSWORD")
        run = self.client(service, "--user", USER, "--mechanism", "PASSWORD")
        self.assertTrue(run.authenticated, run)
        run = self.client(service, "--user", USER, "--mechanism", "APOP")
        self.assertEqual(run.authenticated, service == "pop3s", run)

    @check("imaps", "imap")
    def password_command(self, service):
        run = self.client(service, "--user", USER, "--mechanism", "PASSWORD")
        self.assertTrue(run.authenticated, run)
        run = self.client(service, "--user", USER, "--mechanism", "PASSWORD", password="x")
        self.assertEqual(run.error["code"], LOG_IN_REFUSED, run)
