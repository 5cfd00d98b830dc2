"""A throwaway certification authority, made with the openssl command."""

import datetime
import os

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
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""

NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]


def _date(days):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return at.strftime("%Y%m%d%H%M%SZ")


class Certificate:
    """The files of a certificate: `chain` (PEM) and `key` (PEM)."""

    def __init__(self, chain, key):
        self.chain = chain
        self.key = key


class Authority:
    """Issues server certificates; `file` is its own certificate in PEM."""

    def __init__(self, directory, name="Interop Test CA"):
        self.directory = directory
        self.file = os.path.join(directory, "ca.pem")
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, "index"), "w"):
            pass
        output_of(["openssl", "req", "-x509", *NEW_KEY, "-days", "2", "-subj", f"/CN={name}",
                   "-keyout", os.path.join(directory, "ca.key"), "-out", self.file,
                   "-addext", "keyUsage=critical,keyCertSign"])

    def issue(self, *names, first_day=-1, last_day=1):
        """A certificate for the DNS names, valid between two days counted from now."""
        stem = os.path.join(self.directory, f"{names[0]}_{last_day}")
        with open(stem + ".cnf", "w") as out:
            out.write(CONFIGURATION.format(
                d=self.directory, names=",".join(f"DNS:{name}" for name in names)))
        output_of(["openssl", "req", "-new", *NEW_KEY, "-subj", f"/CN={names[0]}",
                   "-keyout", stem + ".key", "-out", stem + ".csr"])
        output_of(["openssl", "ca", "-batch", "-notext", "-config", stem + ".cnf",
                   "-extensions", "leaf", "-startdate", _date(first_day),
                   "-enddate", _date(last_day), "-in", stem + ".csr", "-out", stem + ".pem"])
        return Certificate(stem + ".pem", stem + ".key")
