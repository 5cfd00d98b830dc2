"""Our C server and every way to authenticate that its clients know, with right and with wrong
passwords and tokens."""

import re

from cases import EachService, check, protocol
from clients import (CurlDriver, EximDriver, GsaslDriver, LogIn, MpopDriver, MsmtpDriver,
                     MuttDriver, PythonDriver, SwaksDriver, password_commands)
from peers.ours import PASSWORD, USER
from server_case import ServerCase

TLS12 = ("--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2")

# Of the characters that RFC 6750 section 2.1 allows in a token.
GOOD_TOKEN = "ya29.A0_AfH6SMBx-tim~/+1=="
ALL = ("SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1 PLAIN LOGIN OAUTHBEARER "
       "XOAUTH2 APOP PASSWORD")


class MechanismCase(ServerCase):
    """A server with tokens."""

    def serve(self, *options):
        tokens = self.file("tokens", f"ann:another\n{USER}:{GOOD_TOKEN}\n")
        super().serve("--tokens", tokens, *options)
        self.deposit()

    def right(self, mechanism):
        login = LogIn(mechanism)
        login.password = GOOD_TOKEN if login.by_token else PASSWORD
        return login


class EachMechanism(EachService):
    def choose(self, mechanism):
        """For a client that cannot be told which: a server that offers nothing else."""

    def arrived(self):
        return sum(message.endswith(self.SENT) for message in self.stored())

    @check()
    def by_each_mechanism(self, service):
        for mechanism in self.mechanisms(service):
            with self.subTest(mechanism=mechanism):
                self.choose(mechanism)
                before = self.arrived()
                self.assertTrue(self.logs_in(service, self.right(mechanism)),
                                self.server.log_text())
                name = "password-command" if mechanism == "PASSWORD" else mechanism
                self.assertEqual(self.log_ins()[-1], (USER, name, "accepted"))
                self.assertEqual(self.arrived() - before, self.sends(service))
                self.tried(mechanism, service)

    @check()
    def wrong_credentials(self, service):
        """A wrong password or token, and those of somebody else."""
        for mechanism in self.wrong_mechanisms(service):
            self.choose(mechanism)
            for user, before in ((USER, "x"), ("nobody", "")):
                with self.subTest(mechanism=mechanism, user=user):
                    login = self.right(mechanism)
                    login.user, login.password = user, before + login.password
                    self.assertFalse(self.logs_in(service, login), self.server.log_text())
        self.assertNotIn("result=accepted", self.server.log_text())

    def wrong_mechanisms(self, service):
        return self.mechanisms(service)

    def sends(self, service):
        """How many messages a log-in brings."""
        return protocol(service) == "submission"


class Python(PythonDriver, EachMechanism, MechanismCase):
    pass


class Curl(CurlDriver, EachMechanism, MechanismCase):
    def choose(self, mechanism):
        """It takes XOAUTH2 only where OAUTHBEARER is not."""
        self.serve("--mechanisms", mechanism if mechanism in ("XOAUTH2", "PASSWORD") else ALL)


class Msmtp(MsmtpDriver, EachMechanism, MechanismCase):
    pass


class Mpop(MpopDriver, EachMechanism, MechanismCase):
    pass


class Swaks(SwaksDriver, EachMechanism, MechanismCase):
    pass


class Exim(EximDriver, EachMechanism, MechanismCase):
    pass


class Mutt(MuttDriver, EachMechanism, MechanismCase):
    def wrong_mechanisms(self, service):
        """Not all: it wants two seconds for its users to read what has gone wrong."""
        return ("SCRAM-SHA-256", "OAUTHBEARER") if service in ("imaps", "pop3") else ("LOGIN",)


class Gsasl(GsaslDriver, EachMechanism, MechanismCase):
    """It also binds the log-in to the channel."""

    def sends(self, _service):
        return 0

    @check()
    def tls_unique(self, service):
        """Under TLS 1.2 it binds to tls-unique, which we do not have: refused, and bound to
        nothing all is well."""
        for mechanism in ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"):
            with self.subTest(mechanism=mechanism):
                self.assertFalse(self.logs_in(service, LogIn(mechanism), *TLS12))
        self.assertEqual(self.log_ins(), [])
        self.assertTrue(self.logs_in(service, LogIn("SCRAM-SHA-256"), *TLS12))
        self.assertEqual(len(re.findall(r"\] tls .* tls=TLSv1\.2 ", self.server.log_text())), 3)


class Offered(PythonDriver, MechanismCase, EachService):
    """What is offered is what was asked for, and what is not offered is not taken."""

    def offer(self, service):
        """The mechanisms of SASL that are offered inside TLS, and other words."""
        if protocol(service) == "imap":
            with self.imap(service) as imap:
                words = imap.capabilities
            return {word[5:] for word in words if word.startswith("AUTH=")}, set(words)
        if protocol(service) == "pop3":
            pop3 = self.pop3(service)
            words = pop3.capa()
            pop3.quit()
            return set(words.get("SASL", ())), set(words)
        with self.smtp(service) as smtp:
            smtp.ehlo()
            words = smtp.esmtp_features
        return set(words.get("auth", "").split()), set(words)

    @check()
    def offers(self, service):
        sasl = set(ALL.split()) - {"APOP", "PASSWORD"}
        mechanisms, words = self.offer(service)
        self.assertEqual(mechanisms, sasl)
        self.assertEqual("USER" in words, protocol(service) == "pop3")
        self.assertNotIn("LOGINDISABLED", words)

    @check()
    def offers_one(self, service):
        self.serve("--mechanisms", "SCRAM-SHA-256")
        mechanisms, words = self.offer(service)
        self.assertEqual(mechanisms, {"SCRAM-SHA-256"})
        self.assertNotIn("USER", words)
        self.assertEqual("LOGINDISABLED" in words, protocol(service) == "imap")
        for mechanism in ("PLAIN", "LOGIN", "OAUTHBEARER", *password_commands(service)):
            with self.subTest(mechanism=mechanism):
                self.assertFalse(self.logs_in(service, self.right(mechanism)))
        self.assertEqual(self.log_ins(), [])
