"""The TLS tools, openssl s_client and gnutls-cli: joined to a service of our server, for a
conversation word by word. As bases for its cases (see ServerCase)."""

from cases import implicit
from dialogue import Dialogue
from peers.ours import HOST

# What both tools call the protocols.
STARTTLS_NAME = {"imap": "imap", "pop3": "pop3", "submission": "smtp"}


class ToolDriver:
    def talk(self, service, **how):
        """The conversation; `how` is for arguments(): version and certificate."""
        return Dialogue(self.arguments(service, **how), self.path("errors"),
                        greeted=implicit(service))

    def tool_log(self):
        """What the tool has noted besides its output."""
        return ""


class OpenSslDriver(ToolDriver):
    peer = "openssl s_client"
    VERSIONS = {"1.0": "-tls1", "1.1": "-tls1_1", "1.2": "-tls1_2", "1.3": "-tls1_3"}

    def arguments(self, service, version=None, certificate=None):
        name = STARTTLS_NAME.get(service)
        arguments = ["openssl", "s_client", "-quiet", "-connect",
                     f"127.0.0.1:{self.ports[service]}", "-servername", HOST, "-verify_hostname",
                     HOST, "-verify_return_error", "-CAfile", self.ca]
        if name:
            arguments += ["-starttls", name]
        if version:
            arguments += [self.VERSIONS[version]]
        if version in ("1.0", "1.1"):  # Debian's own settings would not even offer them
            arguments += ["-cipher", "ALL@SECLEVEL=0"]
        if certificate:
            arguments += ["-cert", certificate.chain, "-key", certificate.key]
        return arguments


class GnuTlsDriver(ToolDriver):
    peer = "gnutls-cli"

    def arguments(self, service, version=None, certificate=None):
        name = STARTTLS_NAME.get(service)
        arguments = ["gnutls-cli", "--logfile", self.path("tls"), "--x509cafile", self.ca,
                     "--sni-hostname", HOST, "--verify-hostname", HOST, "-p",
                     str(self.ports[service])]
        if name:
            arguments += [f"--starttls-proto={name}"]
        if version:
            arguments += ["--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{version}"]
        if certificate:
            arguments += ["--x509certfile", certificate.chain, "--x509keyfile", certificate.key]
        return [*arguments, "127.0.0.1"]

    def tool_log(self):
        with open(self.path("tls"), errors="replace") as log:
            return log.read()
