"""Whom several hundred certificates are for: mailtls, OpenSSL and GnuTLS, with the rules that each has
when nothing is set. Where they do not agree, docs/conformance.md says why."""

import collections
import ctypes
import ipaddress
import unittest

from certificate_names import address, certificate, dns, mail, srv, uri
from support import ROOT

import mailtls
from mailtls import References

NAMES = (
    "mail.example.net", "MAIL.Example.NET", "example.net", "mail.example.net.", ".example.net",
    "*.example.net", "*.EXAMPLE.net", "*.mail.example.net", "*.net", "*", "*.", "*.example.net.",
    "m*.example.net", "*l.example.net", "m*l.example.net", "mail*.example.net", "xn--*.example.net",
    "*.*.net", "mail.*.net", "mail.example.*", "**.example.net", "xn--bcher-kva.example.net",
    "bücher.example.net", "mail_1.example.net", "mail.example.net\0", "mail.example.net\0.evil.example",
    " mail.example.net", "mail..example.net", "", "192.0.2.1", "2001:db8::1", "*.0.2.1", "localhost",
    "https://mail.example.net", "mail.example.net:993", "-mail.example.net",
)
ADDRESSES = tuple(ipaddress.ip_address(text).packed for text in (
    "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "::ffff:192.0.2.1"
)) + (b"", b"\xc0\0\2", b"mail.example.net")
HOSTS = (
    "mail.example.net", "Mail.EXAMPLE.net", "example.net", "a.mail.example.net", "mail.example.net.",
    "xn--bcher-kva.example.net", "bücher.example.net", "mail_1.example.net", "localhost", "net",
    "192.0.2.1", "2001:db8::1", "2001:DB8:0::1", "other.example",
)

Certificate = collections.namedtuple("Certificate", "form name der")


def certificates():
    for name in NAMES:
        for form, alternative, common_names in (
            ("dns", [dns(name)], []),
            ("last dns", [dns("other.net"), mail("a@mail.example.net"), dns(name)], ["other.net"]),
            ("srv", [srv("_imaps." + name)], []),
            ("uri", [uri("imaps://" + name)], []),
            ("mail", [mail(name)], []),
            ("cn", [], [name]),
            ("last cn", [], ["other.net", name]),
            ("cn, mail", [mail("a@other.net")], [name]),
            ("cn, dns", [dns("other.net")], [name]),
            ("cn, srv", [srv("_imaps.other.net")], [name]),
            ("cn, uri", [uri("imaps://other.net")], [name]),
            ("cn, ip", [address(b"\xc0\0\2\x63")], [name]),
        ):
            # No certificate has a common name of no length.
            if all(common_names):
                yield Certificate(form, name, certificate(alternative, common_names))
    for octets in ADDRESSES:
        yield Certificate("ip", octets, certificate([address(octets)]))
        yield Certificate("last ip", octets, certificate([dns("other.net"), address(octets)]))
    yield Certificate("none", "", certificate())


def is_address(host):
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


class OpenSsl:
    name = "OpenSSL"

    def __init__(self):
        self.lib = ctypes.CDLL("libcrypto.so.3")
        self.lib.d2i_X509.restype = ctypes.c_void_p
        self.lib.d2i_X509.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_char_p), ctypes.c_long]
        self.lib.X509_check_host.argtypes = [
            ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_void_p]
        self.lib.X509_check_ip_asc.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint]
        self.lib.X509_free.argtypes = [ctypes.c_void_p]

    def read(self, der):
        return self.lib.d2i_X509(None, ctypes.byref(ctypes.c_char_p(der)), len(der))

    def free(self, read):
        self.lib.X509_free(read)

    def judge(self, read, host):
        if is_address(host):
            return self.lib.X509_check_ip_asc(read, host.encode(), 0) == 1
        # It knows A-labels only.
        host = host.encode("idna")
        return self.lib.X509_check_host(read, host, len(host), 0, None) == 1


class GnuTls:
    name = "GnuTLS"

    def __init__(self):
        self.lib = ctypes.CDLL("libgnutls.so.30")
        self.lib.gnutls_x509_crt_check_hostname.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        self.lib.gnutls_x509_crt_deinit.argtypes = [ctypes.c_void_p]

    def read(self, der):
        class Datum(ctypes.Structure):
            _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_uint)]

        read = ctypes.c_void_p()
        self.lib.gnutls_x509_crt_init(ctypes.byref(read))
        if self.lib.gnutls_x509_crt_import(read, ctypes.byref(Datum(der, len(der))), 0) != 0:
            self.free(read)
            return None
        return read

    def free(self, read):
        self.lib.gnutls_x509_crt_deinit(read)

    def judge(self, read, host):
        return self.lib.gnutls_x509_crt_check_hostname(read, host.encode()) != 0


def peers():
    for kind in (OpenSsl, GnuTls):
        try:
            yield kind()
        except OSError:
            pass


def ours(der, host, fallback):
    try:
        References.of_host(host).common_name_fallback(fallback).check(der)
    except mailtls.PeerError:
        return False
    return True


def explanation(peer, certificate, host, own, fallback):
    """Which line of docs/conformance.md says why one of us takes the certificate, if one does."""
    name, by_common_name = certificate.name, certificate.form.split(",")[0] in ("cn", "last cn")
    if by_common_name and not own and not fallback:
        return "common names"
    if by_common_name and not own and certificate.form in ("cn, srv", "cn, uri", "cn, ip"):
        return "common names beside others" if peer == "OpenSSL" else None
    if certificate.form == "last cn" and own and peer == "GnuTLS":
        return "several common names"
    if host.endswith("."):
        return "the dot at the end"
    if not own and name.count("*") == 1 and len(name.split(".")[0]) > 1:
        return "a wildcard within a label"
    if own and peer == "OpenSSL" and name.startswith("*.") and "_" in host:
        return "a wildcard for an underscore"
    return None


class Peers(unittest.TestCase):
    maxDiff = None

    def test_where_they_do_not_agree_it_is_known_why(self):
        all_peers = list(peers())
        if len(all_peers) < 2:
            self.skipTest("libcrypto.so.3 and libgnutls.so.30 are needed")
        found, unexplained, verdicts = collections.Counter(), [], 0
        for certificate in certificates():
            for peer in all_peers:
                read = peer.read(certificate.der)
                if not read:
                    # Names of no length are none to GnuTLS. We read them, and they are nobody's.
                    self.assertEqual((peer.name, certificate.name or ""), ("GnuTLS", ""))
                    self.assertFalse(any(ours(certificate.der, host, True) for host in HOSTS))
                    found["names of no length"] += 1
                    continue
                for host in HOSTS:
                    theirs = peer.judge(read, host)
                    for fallback in (False, True):
                        verdicts += 1
                        own = ours(certificate.der, host, fallback)
                        if own != theirs:
                            why = explanation(peer.name, certificate, host, own, fallback)
                            found[why] += 1
                            if why is None:
                                unexplained.append((peer.name, certificate[:2], host, own, fallback))
                peer.free(read)
        self.assertEqual(unexplained, [])
        self.assertGreater(verdicts, 20000)
        conformance = (ROOT / "docs" / "conformance.md").read_text()
        section = conformance.split("## Names of certificates", 1)[1].split("\n## ")[0]
        told = {line.split("|")[1].strip() for line in section.splitlines() if line.startswith("| ")}
        self.assertEqual(told - {"difference"}, set(found), "docs/conformance.md has others")


if __name__ == "__main__":
    unittest.main()
