"""Postfix: submissions and submission on high ports, log-in by Dovecot's SASL, delivery into a
Maildir.

Debian cannot have Postfix installed beside another mail server: where it is not installed, its
package is fetched and unpacked aside, and runs from there.
"""

import grp
import os
import pwd

from . import package
from .process import PeerError, Process, free_port, open_to_services

MAIN = """
compatibility_level = 3.6
queue_directory = {d}/queue
data_directory = {d}/data
daemon_directory = {prefix}/usr/lib/postfix/sbin
command_directory = {prefix}/usr/sbin
shlib_directory = {prefix}/usr/lib/postfix
meta_directory = {d}/etc
import_environment = MAIL_CONFIG MAIL_LOGTAG LD_LIBRARY_PATH={prefix}/usr/lib/postfix
maillog_file = {d}/log
maillog_file_prefixes = {d}
mail_owner = {owner}
setgid_group = {setgid}
default_privs = nobody
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.test
mynetworks =
mydestination =
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = example.test
virtual_mailbox_base = {d}/mail
virtual_mailbox_maps = static:inbox/
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_tls_mandatory_protocols = >=TLSv1.2
smtpd_tls_loglevel = 1
smtpd_tls_received_header = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
"""

# A service for each way of TLS. With `may` and `none` a log-in in clear would be taken.
SERVICE = """{address} inet n - n - - smtpd
  -o smtpd_tls_cert_file={chain}
  -o smtpd_tls_key_file={key}
  -o smtpd_tls_wrappermode={wrapper}
  -o smtpd_tls_security_level={level}
"""

# A service for each that asks clients for certificates and has a milter, which may not know who they are.
WITH_MILTER = SERVICE + """  -o smtpd_sasl_auth_enable=no
  -o smtpd_relay_restrictions=reject
  -o smtpd_recipient_restrictions=reject
  -o smtpd_tls_ask_ccert=yes
  -o smtpd_tls_CAfile={authority}
  -o smtpd_milters=inet:127.0.0.1:{milter}
"""

MASTER = """cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""

# smtpd_tls_wrappermode and smtpd_tls_security_level.
WAYS = {
    "submissions": ("yes", "encrypt"),
    "submission": ("no", "encrypt"),
    "submission-may": ("no", "may"),
    "submission-none": ("no", "none"),
}

PRIVATE = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming",
           "private", "saved", "trace")


def prefix(cache):
    """Where Postfix is: the root of the file system, or below `cache`; PeerError if nowhere."""
    return package.prefix(cache, "postfix", "usr/lib/postfix/sbin/master")


class Postfix:
    """A running Postfix; `ports` maps the names of WAYS to ports, and with "-expired" added to
    ports that have the expired certificate. `with_milter` maps submissions and submission to ports
    where clients are asked for certificates of `client_authority` and a milter is told of them.

    It needs root, and a Dovecot that answers at `sasl_socket(directory)`."""

    def __init__(self, directory, root, certificate, expired, client_authority, milter):
        if os.geteuid() != 0:
            raise PeerError("Postfix can only be started by root")
        self.directory = directory
        self.ports = {way + kind: free_port() for way in WAYS for kind in ("", "-expired")}
        self.with_milter = {way: free_port() for way in ("submissions", "submission")}
        nobody = pwd.getpwnam("nobody")
        etc = os.path.join(directory, "etc")
        os.makedirs(etc)
        os.mkdir(os.path.join(directory, "mail"))
        os.chown(os.path.join(directory, "mail"), nobody.pw_uid, nobody.pw_gid)
        with open(os.path.join(etc, "main.cf"), "w") as out:
            out.write(MAIN.format(d=directory, prefix=root.rstrip("/"), owner=OWNER,
                                  setgid=SETGID, uid=nobody.pw_uid, gid=nobody.pw_gid))
        with open(os.path.join(etc, "master.cf"), "w") as out:
            for name, port in self.ports.items():
                shown = expired if name.endswith("-expired") else certificate
                wrapper, level = WAYS[name.removesuffix("-expired")]
                out.write(SERVICE.format(address=f"127.0.0.1:{port}", chain=shown.chain,
                                         key=shown.key, wrapper=wrapper, level=level))
            for name, port in self.with_milter.items():
                wrapper, level = WAYS[name]
                out.write(WITH_MILTER.format(
                    address=f"127.0.0.1:{port}", chain=certificate.chain, key=certificate.key,
                    wrapper=wrapper, level=level, authority=client_authority.file, milter=milter.port))
            out.write(MASTER)
        with open(os.path.join(etc, "dynamicmaps.cf"), "w"):
            pass
        libraries = os.path.join(root, "usr/lib/postfix")
        self.process = Process([os.path.join(libraries, "sbin/master"), "-d", "-c", etc],
                               os.path.join(directory, "output"),
                               env={**os.environ, "LD_LIBRARY_PATH": libraries})
        try:
            for port in (*self.ports.values(), *self.with_milter.values()):
                self.process.wait_for_port(port)
        except BaseException:  # also when we are told to end
            self.stop()
            raise

    def messages(self):
        """What has been delivered, as bytes with the line ends of the file."""
        new = os.path.join(self.directory, "mail/inbox/new")
        found = []
        for name in sorted(os.listdir(new)) if os.path.isdir(new) else []:
            with open(os.path.join(new, name), "rb") as message:
                found.append(message.read())
        return found

    def log_text(self):
        log = os.path.join(self.directory, "log")
        if not os.path.exists(log):
            return self.process.log_text()
        with open(log, errors="replace") as text:
            return text.read()

    def stop(self):
        self.process.stop()


# Postfix wants an owner and a group that no other of its settings uses; a system that has it
# unpacked only has no users made for it. These are in every Debian.
OWNER, SETGID = "daemon", "mail"


def sasl_socket(directory):
    """Prepares the queue below `directory` and gives the place of the SASL socket in it."""
    owner = pwd.getpwnam(OWNER)
    os.makedirs(directory)
    open_to_services(directory)
    queue = os.path.join(directory, "queue")
    os.mkdir(queue, 0o755)
    os.mkdir(os.path.join(queue, "pid"), 0o755)
    for name in PRIVATE:
        path = os.path.join(queue, name)
        os.mkdir(path, 0o700)
        os.chown(path, owner.pw_uid, 0)
    for name, mode in (("maildrop", 0o1730), ("public", 0o2710)):
        path = os.path.join(queue, name)
        os.mkdir(path)
        os.chown(path, owner.pw_uid, grp.getgrnam(SETGID).gr_gid)
        os.chmod(path, mode)
    os.mkdir(os.path.join(directory, "data"), 0o700)
    os.chown(os.path.join(directory, "data"), owner.pw_uid, 0)
    return os.path.join(queue, "private/auth")
