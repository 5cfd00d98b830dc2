"""Dovecot: all six services on high ports, the three of STARTTLS also without it, and SASL for
Postfix."""

import base64
import getpass
import grp
import os
import pwd
import shutil

from . import tokens
from .ours import SERVICES
from .process import PeerError, Process, free_port, open_to_services

PACKAGES = {"dovecot": "dovecot-core"}
MODULES = {"imap": "dovecot-imapd", "pop3": "dovecot-pop3d", "submission": "dovecot-submissiond"}

CONFIGURATION = """
base_dir = {d}/run
state_dir = {d}/state
log_path = /dev/stderr
instance_name = interop
protocols = {protocols}
listen = 127.0.0.1, {bare}
hostname = mail.example.test
ssl = required
ssl_cert = <{chain}
ssl_key = <{key}
ssl_min_protocol = TLSv1.2
auth_mechanisms = {mechanisms}
auth_failure_delay = 0 secs
mail_location = maildir:~/Maildir
first_valid_uid = 1
passdb {{
  driver = passwd-file
  mechanisms = plain login scram-sha-1 scram-sha-256
  args = scheme=PLAIN username_format=%u {d}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={d}/home/%u
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service submission-login {{
  inet_listener submission {{
    port = {submission}
  }}
  inet_listener submissions {{
    port = {submissions}
    ssl = yes
  }}
}}
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
local_name expired.example.test {{
  ssl_cert = <{expired_chain}
  ssl_key = <{expired_key}
}}
local {bare} {{
  ssl = no
  disable_plaintext_auth = no
}}
"""

# The address on which it has no TLS, and asks for passwords in clear.
BARE = "127.0.0.2"

# Without root nothing can change its user or root directory: everything runs as ourselves.
UNPRIVILEGED = """
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
service pop3-login {{
  chroot =
}}
service submission-login {{
  chroot =
}}
service stats {{
  chroot =
}}
"""

SASL_FOR_POSTFIX = """
service auth {{
  unix_listener {socket} {{
    mode = 0666
  }}
}}
"""

# EXTERNAL for who has the certificate: its CN is the user. Without one, or with a bad one, the
# other mechanisms are there.
EXTERNAL = """
ssl_ca = <{authority}
ssl_require_crl = no
ssl_verify_client_cert = yes
auth_ssl_username_from_cert = yes
ssl_cert_username_field = commonName
passdb {{
  driver = passwd-file
  mechanisms = external
  args = username_format=%u {d}/certified
}}
"""

# Tokens as tokens.py makes them.
TOKENS = """
passdb {{
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = {d}/oauth2
}}
"""
OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={d}/keys/
username_attribute = sub
issuers = {issuer}
"""


def missing_packages():
    """The names of the Debian packages that are not there."""
    if program() is None:
        return ["dovecot-core", *MODULES.values()]
    return [package for module, package in MODULES.items()
            if not os.path.exists(f"/usr/lib/dovecot/{module}-login")]


def program():
    return shutil.which("dovecot", path=os.environ.get("PATH", "") + ":/usr/sbin")


class Mechanisms:
    """What is offered besides PLAIN and LOGIN: SCRAM with the same passwords, EXTERNAL for
    certificates of `client_authority` (a file), tokens made with `token_key` (octets)."""

    NAMES = "scram-sha-1 scram-sha-256 external oauthbearer xoauth2"

    def __init__(self, client_authority, token_key):
        self.client_authority = client_authority
        self.token_key = token_key

    def configuration(self, directory, users):
        """Writes its files, and gives its part of the configuration."""
        with open(os.path.join(directory, "certified"), "w") as out:
            out.writelines(f"{name}::::::: nopassword\n" for name in users)
        with open(os.path.join(directory, "oauth2"), "w") as out:
            out.write(OAUTH2.format(d=directory, issuer=tokens.ISSUER))
        # For any client, algorithm, and key that has no name.
        keys = os.path.join(directory, "keys/default/HS256")
        os.makedirs(keys)
        with open(os.path.join(keys, "default"), "wb") as out:
            out.write(base64.b64encode(self.token_key))
        return (EXTERNAL + TOKENS).format(d=directory, authority=self.client_authority)


class Dovecot:
    """A running Dovecot; `ports` maps service names to ports."""

    def __init__(self, directory, certificate, expired, users, relay_port=0, sasl_socket=None,
                 more=None):
        """`users` maps names to passwords. The `expired` certificate is shown to who asks for
        expired.example.test. Submitted messages go on to `relay_port`. With `sasl_socket` it
        also answers Postfix's questions there. `more` is Mechanisms."""
        self.directory = directory
        self.ports = {name: free_port() for name in SERVICES}
        owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        os.makedirs(os.path.join(directory, "home"))
        open_to_services(directory)
        with open(os.path.join(directory, "users"), "w") as out:
            out.writelines(f"{name}:{{PLAIN}}{word}\n" for name, word in users.items())
        for name in users:
            home = os.path.join(directory, "home", name)
            os.mkdir(home)
            os.chown(home, owner.pw_uid, owner.pw_gid)
        text = CONFIGURATION.format(
            d=directory, chain=certificate.chain, key=certificate.key,
            expired_chain=expired.chain, expired_key=expired.key, relay=relay_port,
            uid=owner.pw_uid, gid=owner.pw_gid,
            mechanisms="plain login " + (more.NAMES if more else ""),
            bare=BARE, protocols="imap pop3 submission", **self.ports)
        if os.geteuid() != 0:
            text += UNPRIVILEGED.format(user=getpass.getuser(),
                                        group=grp.getgrgid(os.getegid()).gr_name)
        if sasl_socket is not None:
            text += SASL_FOR_POSTFIX.format(socket=sasl_socket)
        if more is not None:
            text += more.configuration(directory, users)
        file = os.path.join(directory, "dovecot.conf")
        with open(file, "w") as out:
            out.write(text)
        if program() is None:
            raise PeerError("dovecot is missing")
        self.process = Process([program(), "-F", "-c", file], os.path.join(directory, "log"))
        try:
            for port in self.ports.values():
                self.process.wait_for_port(port)
        except BaseException:  # also when we are told to end
            self.stop()
            raise

    def log_text(self):
        return self.process.log_text()

    def stop(self):
        self.process.stop()
