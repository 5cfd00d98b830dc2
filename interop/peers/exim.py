"""Exim: a server with submissions and submission on high ports and delivery into a Maildir, and
a client that hands messages on to a smarthost.

Debian cannot have Exim installed beside another mail server: where it is not installed, its
package is fetched and unpacked aside. It runs without privileges, as nobody or as ourselves, and
so asks for the user Debian-exim by a name that it has been built with; libnss_wrapper gives it
one where the system does not.
"""

import glob
import os
import pwd
import shutil

from . import package
from .process import Process, free_port, output_of

# The words in capitals are macros, which Exim puts in itself.
COMMON = """
keep_environment = LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
exim_path = DIRECTORY/exim4
spool_directory = DIRECTORY/spool
log_file_path = DIRECTORY/%slog
log_selector = +received_recipients
pid_file_path = DIRECTORY/pid
notifier_socket =
deliver_drop_privilege = true
"""

# On BARE_PORT a log-in in clear would be taken.
SERVER = r"""
primary_hostname = mail.example.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = STARTTLS_PORT : IMPLICIT_PORT : BARE_PORT
tls_on_connect_ports = IMPLICIT_PORT
tls_advertise_hosts = ${if ={$received_port}{BARE_PORT}{}{*}}
tls_certificate = SHOWN.pem
tls_privatekey = SHOWN.key
tls_require_ciphers = NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2
tls_try_verify_hosts = *
tls_verify_certificates = DIRECTORY/client-ca.pem
acl_smtp_mail = mail
acl_smtp_rcpt = recipient
begin acl
mail:
  accept authenticated = *
  deny message = log in first
recipient:
  accept authenticated = *
begin routers
inbox:
  driver = accept
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = DIRECTORY/inbox
  maildir_format
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if eq{$auth3}{${lookup{$auth2}lsearch{DIRECTORY/users}{$value}fail}}}
  server_set_id = $auth2
  server_advertise_condition = ADVERTISED
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${if eq{$auth2}{${lookup{$auth1}lsearch{DIRECTORY/users}{$value}fail}}}
  server_set_id = $auth1
  server_advertise_condition = ADVERTISED
external:
  driver = external
  public_name = EXTERNAL
  server_param2 = ${certextract {subject,CN} {$tls_in_peercert}{$value}fail}
  server_condition = ${if or{{eq{$auth1}{}}{eq{$auth1}{$auth2}}}}
  server_set_id = $auth2
  server_advertise_condition = ${if bool{$tls_in_certificate_verified}}
"""
SHOWN = "DIRECTORY/${if eq{$tls_in_sni}{expired.example.test}{expired}{host}}"
ADVERTISED = "${if or{{def:tls_in_cipher}{={$received_port}{BARE_PORT}}}}"

CLIENT = """
primary_hostname = client.example.test
untrusted_set_sender = *
local_from_check = false
begin routers
smarthost:
  driver = manualroute
  route_list = * localhost byname
  self = send
  transport = smarthost
begin transports
smarthost:
  driver = smtp
  protocol = PROTOCOL
  port = TO_PORT
  allow_localhost
  hosts_require_tls = *
  hosts_require_auth = *
  tls_sni = localhost
  tls_certificate = CHAIN
  tls_privatekey = KEY
  tls_verify_hosts = *
  tls_verify_certificates = DIRECTORY/ca.pem
begin retry
* * F,1h,10m
begin authenticators
chosen:
  driver = DRIVER
  public_name = MECHANISM
  client_send = WORDS
"""


def prefix(cache):
    """Where Exim is: the root of the file system, or below `cache`; PeerError if nowhere."""
    return package.prefix(cache, "exim4-daemon-light", "usr/sbin/exim4")


def missing_packages():
    """Those that it needs besides itself."""
    return [] if _wrapper() else ["libnss-wrapper"]


def _wrapper():
    return next(iter(glob.glob("/usr/lib/*/libnss_wrapper.so")), None)


class _Place:
    """A directory with a program of its own: the packaged one would be setuid to root."""

    def __init__(self, directory, root, text, **macros):
        self.directory = directory
        owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self._ids = (owner.pw_uid, owner.pw_gid)
        os.makedirs(directory, exist_ok=True)
        self._own(directory)
        shutil.copyfile(os.path.join(root, "usr/sbin/exim4"), self.path("exim4"))
        os.chmod(self.path("exim4"), 0o755)
        self.write("passwd", f"Debian-exim:x:{owner.pw_uid}:{owner.pw_gid}::/:/bin/false\n")
        self.write("group", f"Debian-exim:x:{owner.pw_gid}:\n")
        macros = {"DIRECTORY": directory, **macros}
        self.write("configuration", "".join(f"{name} = {value}\n"
                                            for name, value in macros.items()) + COMMON + text)

    def path(self, name):
        return os.path.join(self.directory, name)

    def _own(self, path):
        if os.geteuid() == 0:
            os.chown(path, *self._ids)

    def write(self, name, text):
        """A file that only Exim may read."""
        with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
            out.write(text)
        self._own(self.path(name))

    def copy(self, name, file):
        with open(file) as text:
            self.write(name, text.read())

    def arguments(self, *more):
        return [self.path("exim4"), "-C", self.path("configuration"), *more]

    def as_exim(self):
        """What subprocess needs to run it: the environment, and when we are root the user."""
        options = {"cwd": self.directory, "env": {
            **os.environ, "LD_PRELOAD": _wrapper(), "NSS_WRAPPER_PASSWD": self.path("passwd"),
            "NSS_WRAPPER_GROUP": self.path("group")}}
        if os.geteuid() == 0:
            options |= {"user": self._ids[0], "group": self._ids[1], "extra_groups": []}
        return options

    def log_text(self):
        text = ""
        for name in ("mainlog", "rejectlog", "paniclog"):
            if os.path.exists(self.path(name)):
                with open(self.path(name), errors="replace") as log:
                    text += log.read()
        return text


class Exim(_Place):
    """A running server; `ports` maps submissions, submission and submission-none to ports."""

    def __init__(self, directory, root, certificate, expired, users, client_authority):
        """`users` maps names to passwords. The `expired` certificate is shown to who asks for
        expired.example.test. EXTERNAL is offered to clients whose certificate is by
        `client_authority` (a file), for the user whom its CN names."""
        self.ports = {name: free_port() for name in ("submissions", "submission",
                                                     "submission-none")}
        super().__init__(directory, root, SERVER, SHOWN=SHOWN, ADVERTISED=ADVERTISED,
                         IMPLICIT_PORT=self.ports["submissions"],
                         STARTTLS_PORT=self.ports["submission"],
                         BARE_PORT=self.ports["submission-none"])
        self.write("users", "".join(f"{name}: {word}\n" for name, word in users.items()))
        self.copy("client-ca.pem", client_authority)
        for name, files in (("host", certificate), ("expired", expired)):
            self.copy(f"{name}.pem", files.chain)
            self.copy(f"{name}.key", files.key)
        self.process = Process(self.arguments("-bdf"), os.path.join(directory, "output"),
                               **self.as_exim())
        try:
            for port in self.ports.values():
                self.process.wait_for_port(port)
        except BaseException:  # also when we are told to end
            self.stop()
            raise

    def messages(self):
        """What has been delivered, as bytes with the line ends of the file."""
        new = self.path("inbox/new")
        found = []
        for name in sorted(os.listdir(new)) if os.path.isdir(new) else []:
            with open(os.path.join(new, name), "rb") as message:
                found.append(message.read())
        return found

    def stop(self):
        self.process.stop()


class Sender(_Place):
    """Exim as a client: what it is given goes on to `port` of localhost, or stays in its queue."""

    def __init__(self, directory, root, port, implicit, ca, mechanism, user, password="",
                 certificate=None):
        """Authenticates by PLAIN, LOGIN, or EXTERNAL with the certificate."""
        words = {"PLAIN": f"^{user}^{password}", "LOGIN": f": {user} : {password}",
                 "EXTERNAL": user}[mechanism]
        super().__init__(directory, root, CLIENT, TO_PORT=port, MECHANISM=mechanism, WORDS=words,
                         DRIVER="external" if mechanism == "EXTERNAL" else "plaintext",
                         PROTOCOL="smtps" if implicit else "smtp",
                         CHAIN=os.path.join(directory, "host.pem") if certificate else "",
                         KEY=os.path.join(directory, "host.key") if certificate else "")
        self.copy("ca.pem", ca)
        if certificate is not None:
            self.copy("host.pem", certificate.chain)
            self.copy("host.key", certificate.key)

    def send(self, message, sender, recipient):
        """Takes the message (line ends of Unix) and tries once to deliver it."""
        output_of(self.arguments("-odi", "-oi", "-f", sender, recipient), given=message,
                  **self.as_exim())

    def queue(self):
        """How many messages wait for another try."""
        return int(output_of(self.arguments("-bpc"), **self.as_exim()))
