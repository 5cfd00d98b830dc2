"""Sendmail: one service with STARTTLS on a high port, which asks clients for certificates and has a
milter. It takes no mail: its rules are the fewest with which it starts.

Debian cannot have it installed beside another mail server: where it is not installed, its package is
fetched and unpacked aside, and runs from there.
"""

import os
import shutil
import socket
import tempfile

from . import package
from .process import PeerError, Process, free_port

PROGRAM = "usr/libexec/sendmail/sendmail"

CONFIGURATION = r"""V10/Berkeley
Cwlocalhost
Dj{name}
DnMAILER-DAEMON
O QueueDirectory={d}/queue
O PidFile={d}/pid
O DaemonPortOptions=Name=MTA, Addr=127.0.0.1, Port={port}
O ServerCertFile={d}/server.pem
O ServerKeyFile={d}/server.key
O CACertFile={d}/authority.pem
O CACertPath={d}/authorities
{more}
O InputMailFilters=ours
Xours, S=inet:{milter}@127.0.0.1, F=T, T=C:10s;S:10s;R:10s
Troot daemon
SCanonify=3
Sparse=0
R$*	$#local $: $1
Mlocal, P=/bin/false, F=lsDFMAw5:/|@qPSXmnz9, S=0, R=0, A=false
Mprog, P=/bin/false, F=lsDFMoqeu9, S=0, R=0, A=false
"""


def prefix(cache):
    """Where Sendmail is: the root of the file system, or below `cache`; PeerError if nowhere."""
    return package.prefix(cache, "sendmail-bin", PROGRAM)


class Sendmail:
    """A running Sendmail, at `port`; `more` is for its configuration. It needs root."""

    def __init__(self, root, name, certificate, client_authority, milter, more=""):
        if os.geteuid() != 0:
            raise PeerError("Sendmail can only be started by root")
        self.port = free_port()
        # It takes no certificate out of a directory below one that everybody can write to.
        self.directory = d = tempfile.mkdtemp(prefix="mailtls-interop-", dir="/run")
        try:
            for part in ("queue", "authorities"):
                os.mkdir(os.path.join(d, part), 0o700)
            for file, copy in ((certificate.chain, "server.pem"), (certificate.key, "server.key"),
                               (client_authority.file, "authority.pem")):
                shutil.copyfile(file, os.path.join(d, copy))
                os.chmod(os.path.join(d, copy), 0o600)
            configuration = os.path.join(d, "sendmail.cf")
            with open(configuration, "w") as out:
                out.write(CONFIGURATION.format(d=d, name=name, port=self.port, milter=milter.port,
                                               more=more))
            arguments = [os.path.join(root, PROGRAM), "-bD", "-C", configuration]
            self.process = Process([*_named(name), *arguments], os.path.join(d, "output"))
            self.process.wait_for_port(self.port)
        except BaseException:  # also when we are told to end
            self.stop()
            raise

    def stop(self):
        if hasattr(self, "process"):
            self.process.stop()
        shutil.rmtree(self.directory)


def _named(name):
    """On a host whose name has no domain, Sendmail sleeps for a minute first: it gets another name."""
    if "." in socket.gethostname():
        return []
    return ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', name]
