"""What mailtls would tell a milter of a connection, beside what a real mail server tells a milter of ours:
the same client comes to both, with every version, several suites, and certificates good and bad."""

import re

import setting
from cases import EachService, check
from server_case import ServerCase
from tls_tools import OpenSslDriver

SUITES = {
    "1.2": ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
            "ECDHE-ECDSA-CHACHA20-POLY1305"),
    "1.3": ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"),
}
# What might break out of a log line, a comment, or a packet.
NAMES = ("Grüße, naïve café", 'a (comment) <b> "c" \\d', "+2B plus", "/O=Another/CN=root", "x" * 64)
# A control character that is not ASCII's.
NEXT_LINE = "a\x85b"


class Beside(EachService):
    """A server with a milter beside ours, which logs the macros of its dialect. Goes before OpenSslDriver."""

    role = "server"

    def server_options(self):
        return ("--milter-macros", self.DIALECT, "--client-ca", setting.client_authority().file,
                "--client-map", self.file("map", ""), "--client-invalid", "anonymous")

    def arguments(self, service, suite=None, **how):
        option = "-ciphersuites" if how.get("version") == "1.3" else "-cipher"
        return super().arguments(service, **how) + ([option, suite] if suite else [])

    def said_hello(self, service, ports, **how):
        self.ports = ports
        with self.talk(service, **how) as d:
            d.expect_greeting(rb"^220 [^\n]*\n")
            d.say("EHLO client.example.test")
            d.expect(rb"^250 [^\n]*\n")
            d.say("QUIT")
            d.expect(rb"^221[^\n]*\n")

    def both(self, service, **how):
        """The macros of the other server, which are ours, too."""
        self.said_hello(service, self.other_ports(), **how)
        told = setting.milter().next_told()
        before = len(self.server.log_text())
        self.said_hello(service, self.server.ports, **how)
        ours = logged(self.server.log_text()[before:])
        self.assertEqual({name: ours[name] for name in ours if name not in self.OURS_ALONE}, told)
        return told

    @check("submissions", "submission")
    def versions_and_suites(self, service):
        for version, suites in SUITES.items():
            for suite in suites:
                with self.subTest(suite):
                    told = self.both(service, version=version, suite=suite)
                    self.assertEqual(told["{tls_version}"], f"TLSv{version}")
                    self.assertEqual(told["{cipher}"], suite)

    @check("submissions", "submission")
    def certificates(self, service):
        for version in SUITES:
            for kind, certificate in {
                "valid": setting.client_certificate(),
                "expired": setting.expired_client_certificate(),
                "foreign": setting.foreign_client_certificate(),
                "none": None,
            }.items():
                with self.subTest(version=version, kind=kind):
                    told = self.both(service, version=version, certificate=certificate)
                    self.certificate_told(kind, told)

    @check("submission")
    def names(self, service):
        for name in NAMES:
            with self.subTest(name):
                certificate = setting.client_authority().issue_to_user(name, setting.ADDRESS)
                told = self.both(service, certificate=certificate)
                self.assertTrue(told["{cert_subject}"], told)


class Postfix(Beside, OpenSslDriver, ServerCase):
    peer = "Postfix"
    DIALECT, OURS_ALONE = "postfix", ()

    def other_ports(self):
        return setting.running_postfix().with_milter

    def certificate_told(self, kind, told):
        names = (told.get("{cert_subject}"), told.get("{cert_issuer}"))
        self.assertEqual(names, ("tim", "Interop Test Client CA") if kind == "valid" else (None, None))

    @check("submission")
    def control_characters(self, service):
        """Those beyond ASCII Postfix passes on, and we do not."""
        certificate = setting.client_authority().issue_to_user(NEXT_LINE, setting.ADDRESS)
        self.said_hello(service, self.other_ports(), certificate=certificate)
        told = setting.milter().next_told()
        self.assertEqual(told.pop("{cert_subject}"), NEXT_LINE)
        self.said_hello(service, self.server.ports, certificate=certificate)
        ours = logged(self.server.log_text())
        self.assertEqual(ours.pop("{cert_subject}"), "")
        self.assertEqual(ours, told)


class Sendmail(Beside, OpenSslDriver, ServerCase):
    peer = "Sendmail"
    services = ("submission",)
    VERIFY = {"valid": "OK", "expired": "FAIL", "foreign": "FAIL", "none": "NO"}
    # It has one of the two fingerprints, as it is configured.
    DIALECT, OURS_ALONE = "sendmail", ("{cert_fp}",)

    def other_ports(self):
        return {"submission": setting.running_sendmail().port}

    def certificate_told(self, kind, told):
        self.assertEqual(told["{verify}"], self.VERIFY[kind])
        self.assertEqual(told["{cn_subject}"], "" if kind == "none" else "tim")
        self.assertEqual(told["{cert_md5}"] == "", kind == "none")


class SendmailWithSha256(Sendmail):
    OURS_ALONE = ("{cert_md5}",)

    def other_ports(self):
        return {"submission": setting.running_sendmail_with_sha256().port}

    def certificate_told(self, kind, told):
        self.assertEqual(told["{verify}"], self.VERIFY[kind])
        self.assertEqual(told["{cert_fp}"] == "", kind == "none")


def logged(log):
    """The macros in a log of the server."""
    def character(escape):
        return bytes([int(escape[1], 16)])
    found = re.findall(r'^\[\d+\] milter (\S+)="(.*)"$', log, re.M)
    return {name: re.sub(rb"\\x([0-9a-fA-F]{2})", character, value.encode()).decode()
            for name, value in found}
