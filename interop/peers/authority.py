"""A throwaway certification authority, made with the openssl command."""

import datetime
import os
import re

from .process import output_of

CONFIGURATION = """
[ca]
default_ca = authority
[authority]
database = {d}/index
new_certs_dir = {d}
rand_serial = yes
certificate = {d}/ca.pem
private_key = {d}/ca.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
emailAddress = optional
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = {usage}
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""

NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]


def _date(days):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return at.strftime("%Y%m%d%H%M%SZ")


def _escaped(name):
    """For -subj."""
    return re.sub(r"([\\/+])", r"\\\1", name)


class Certificate:
    """The files of a certificate: `chain` (PEM) and `key` (PEM)."""

    def __init__(self, chain, key):
        self.chain = chain
        self.key = key


class Authority:
    """Issues certificates; `file` is its own certificate in PEM."""

    def __init__(self, directory, name="Interop Test CA"):
        self.directory = directory
        self.file = os.path.join(directory, "ca.pem")
        self.issued = 0
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, "index"), "w"):
            pass
        output_of(["openssl", "req", "-x509", *NEW_KEY, "-days", "2", "-subj", f"/CN={name}",
                   "-keyout", os.path.join(directory, "ca.key"), "-out", self.file,
                   "-addext", "keyUsage=critical,keyCertSign"])

    def issue(self, *names, **validity):
        """A server's certificate for the DNS names."""
        return self._issue(f"/CN={names[0]}", "serverAuth",
                           ",".join(f"DNS:{name}" for name in names), **validity)

    def issue_to_user(self, name, address, usage="clientAuth", **validity):
        """A client's certificate: the name is its CN, the address its emailAddress and its
        rfc822Name."""
        subject = f"/CN={_escaped(name)}/emailAddress={address}"
        return self._issue(subject, usage, f"email:{address}", **validity)

    def _issue(self, subject, usage, names, first_day=-1, last_day=1):
        """Valid between two days counted from now."""
        self.issued += 1
        stem = os.path.join(self.directory, f"leaf{self.issued}")
        with open(stem + ".cnf", "w") as out:
            out.write(CONFIGURATION.format(d=self.directory, names=names, usage=usage))
        output_of(["openssl", "req", "-new", *NEW_KEY, "-utf8", "-subj", subject,
                   "-keyout", stem + ".key", "-out", stem + ".csr"])
        output_of(["openssl", "ca", "-batch", "-notext", "-config", stem + ".cnf",
                   "-extensions", "leaf", "-startdate", _date(first_day),
                   "-enddate", _date(last_day), "-in", stem + ".csr", "-out", stem + ".pem"])
        return Certificate(stem + ".pem", stem + ".key")
