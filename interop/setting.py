"""What the cases share: the run's temporary directory, the certificates, the running peers.

Everything is made when it is first asked for, and ended by close().
"""

import atexit
import os
import shutil
import tempfile

from peers import dovecot, exim, postfix, sendmail
from peers.authority import Authority
from peers.milter import Milter
from peers.ours import HOST, PASSWORD, USER
from peers.process import open_to_services
from peers.sink import Sink

CACHE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "target", "interop"))

ADDRESS = "tim@example.test"
# What bearer tokens for Dovecot are signed with.
TOKEN_KEY = b"a key of the tests, longer than a hash"

_made = {}
_undo = []


def _once(make):
    def get():
        if make.__name__ not in _made:
            _made[make.__name__] = make()
        return _made[make.__name__]
    return get


@_once
def directory():
    """The run's temporary directory."""
    path = tempfile.mkdtemp(prefix="mailtls-interop-")
    _undo.append(lambda: shutil.rmtree(path))
    open_to_services(path)
    return path


@_once
def authority():
    return Authority(os.path.join(directory(), "ca"))


@_once
def other_authority():
    """One that nobody trusts."""
    return Authority(os.path.join(directory(), "other-ca"), "Another CA")


@_once
def certificate():
    return authority().issue(HOST, "localhost")


@_once
def expired_certificate():
    return authority().issue("expired.example.test", first_day=-20, last_day=-10)


@_once
def client_authority():
    """The one for the certificates of clients."""
    return Authority(os.path.join(directory(), "client-ca"), "Interop Test Client CA")


@_once
def client_certificate():
    return client_authority().issue_to_user(USER, ADDRESS)


@_once
def expired_client_certificate():
    return client_authority().issue_to_user(USER, ADDRESS, first_day=-20, last_day=-10)


@_once
def foreign_client_certificate():
    """By an authority that is not the one for clients."""
    return other_authority().issue_to_user(USER, ADDRESS)


@_once
def sink():
    """What Dovecot relays submitted messages to."""
    started = Sink()
    _undo.append(started.stop)
    return started


@_once
def running_dovecot():
    started = dovecot.Dovecot(os.path.join(directory(), "dovecot"), certificate(),
                              expired_certificate(), {USER: PASSWORD}, sink().port,
                              sasl_socket() if os.geteuid() == 0 else None)
    _undo.append(started.stop)
    return started


@_once
def running_dovecot_with_all():
    """Another one, which offers more mechanisms."""
    started = dovecot.Dovecot(os.path.join(directory(), "dovecot-with-all"), certificate(),
                              expired_certificate(), {USER: PASSWORD}, sink().port,
                              more=dovecot.Mechanisms(client_authority().file, TOKEN_KEY))
    _undo.append(started.stop)
    return started


@_once
def sasl_socket():
    return postfix.sasl_socket(os.path.join(directory(), "postfix"))


@_once
def postfix_prefix():
    """Where Postfix is; fetched into the cache when it is not installed."""
    return postfix.prefix(CACHE)


@_once
def running_postfix():
    running_dovecot()
    root = postfix_prefix()
    started = postfix.Postfix(os.path.join(directory(), "postfix"), root, certificate(),
                              expired_certificate(), client_authority(), milter())
    _undo.append(started.stop)
    return started


@_once
def milter():
    """What Postfix and Sendmail tell of their clients."""
    started = Milter()
    _undo.append(started.stop)
    return started


@_once
def sendmail_prefix():
    """Where Sendmail is; fetched into the cache when it is not installed."""
    return sendmail.prefix(CACHE)


def _sendmail(more=""):
    started = sendmail.Sendmail(sendmail_prefix(), HOST, certificate(), client_authority(), milter(),
                                more)
    _undo.append(started.stop)
    return started


@_once
def running_sendmail():
    return _sendmail()


@_once
def running_sendmail_with_sha256():
    return _sendmail("O CertFingerprintAlgorithm=sha256")


@_once
def exim_prefix():
    """Where Exim is; fetched into the cache when it is not installed."""
    return exim.prefix(CACHE)


@_once
def running_exim():
    started = exim.Exim(os.path.join(directory(), "exim"), exim_prefix(), certificate(),
                        expired_certificate(), {USER: PASSWORD}, client_authority().file)
    _undo.append(started.stop)
    return started


def close():
    """Ends what was started, last first."""
    while _undo:
        _undo.pop()()
    _made.clear()


atexit.register(close)
