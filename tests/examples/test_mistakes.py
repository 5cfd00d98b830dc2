"""Mistakes that users make, and the exact words that they get: a table to read.

Each row is a mistake, what was asked for, and the exit status with the one line that says what happened, where,
and what to do next. The programs run in tests/data/mistakes, so that the files named in a row are there (README.md
there says what they are); peers are scripted here, on loopback. In a row, {certificates} is the directory of
certificates that `make target/certificates/ca.pem` makes, and --name is which of them the peer shows.

The programs are those in MAILTLS_EXAMPLES."""

import base64
import contextlib
import json
import os
import re
import shlex
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def path(variable, *otherwise):
    return os.path.abspath(os.environ.get(variable, os.path.join(ROOT, "target", *otherwise)))


PROGRAMS = path("MAILTLS_EXAMPLES", "examples-c")
CERTIFICATES = path("MAILTLS_CERTIFICATES", "certificates")
MISTAKES = os.path.join(ROOT, "tests", "data", "mistakes")
EMPTY = os.devnull


def run(program, options, environment=None, **names):
    """Exit status and the lines of both streams."""
    words = shlex.split(options.format(certificates=CERTIFICATES, **names))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAILTLS_")}
    done = subprocess.run(
        [os.path.join(PROGRAMS, program), *words], cwd=MISTAKES, stdin=subprocess.DEVNULL, capture_output=True,
        timeout=60, check=False, env={**clean, **(environment or {})})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


# What the client says without having connected: the mistake, its options, exit status, words.

CLIENT_USAGE = [
    ("nothing is given", "", "SERVICE, HOST and PORT are needed, see --help"),
    ("the port is missing", "imaps mail.example", "SERVICE, HOST and PORT are needed, see --help"),
    ("a service that is none", "smtps mail.example 465",
     "unknown service smtps; it is imaps, pop3s, submissions, imap, pop3 or submission"),
    ("a port that is a name", "imaps mail.example imaps",
     "imaps is not a port, which is a number from 1 to 65535"),
    ("port 0", "imaps mail.example 0", "0 is not a port, which is a number from 1 to 65535"),
    ("a port that is too large", "imaps mail.example 99999",
     "99999 is not a port, which is a number from 1 to 65535"),
    ("an unknown option", "imaps mail.example 993 --tls", "unknown option --tls, see --help"),
    ("an option with one hyphen", "imaps mail.example 993 -ca x", "unknown option -ca (options begin with --)"),
    ("a service with a hyphen", "-imaps localhost 1", "unknown option -imaps (options begin with --)"),
    ("a word too many", "imaps mail.example 993 secret --timeout 1",
     "too many arguments, beginning with secret; SERVICE, HOST and PORT are needed, see --help"),
    ("an option without its value", "imaps mail.example 993 --ca", "--ca needs a value"),
    ("a user without a password", "imaps mail.example 993 --user tim",
     "--user needs a password (--password or MAILTLS_PASSWORD), a --token or a --client-cert"),
    ("a password without a user", "imaps mail.example 993 --password secret", "--password needs --user"),
    ("a token's mechanism without a token", "imaps mail.example 993 --user tim --mechanism XOAUTH2",
     "--user needs a password (--password or MAILTLS_PASSWORD), a --token or a --client-cert"),
    ("EXTERNAL without a certificate",
     "imaps mail.example 993 --user tim --password secret --mechanism EXTERNAL",
     "--mechanism EXTERNAL needs --client-cert"),
    ("a certificate without its key", "imaps mail.example 993 --client-cert server.pem",
     "--client-cert and --client-key need each other"),
    ("a pin that is a SHA-1", "imaps mail.example 993 --pin " + 40 * "a",
     "--pin takes the certificate's SHA-256, 64 hexadecimal digits without colons, not a SHA-1"),
    ("a pin as openssl prints it", "imaps mail.example 993 --pin " + ":".join(32 * ["AA"]),
     "--pin takes the certificate's SHA-256, 64 hexadecimal digits without colons"),
    ("no time at all", "imaps mail.example 993 --timeout 0", "--timeout takes 1 to 86400 seconds"),
    ("a message for a service that takes none",
     "imaps mail.example 993 --user tim --password secret --send ca.pem --from a@a.example --to b@b.example",
     "--send needs a submission service"),
    ("a message without a recipient",
     "submissions mail.example 465 --user tim --password secret --send ca.pem --from a@a.example",
     "--send needs a log-in, --from and --to"),
    ("a recipient that would end the command",
     "submissions mail.example 465 --user tim --password secret --send ca.pem --from a@a.example --to 'b c'",
     "--to b c is not an address"),
    ("a message that is not there",
     "submissions mail.example 465 --user tim --password secret --send none --from a@a.example --to b@b.example",
     "cannot read the message none: No such file or directory"),
]

# Files that the client cannot use: what they are, the options, mailtls's number, its words.

FILES = [
    ("no such file", "--ca none.pem", -20, "cannot read none.pem: there is no such file"),
    ("a directory", "--ca .", -20, "cannot read .: it is a directory; name the file in it"),
    ("an empty file", "--ca " + EMPTY, -23, f"{EMPTY} is empty; a certificate in PEM is expected"),
    ("a private key where authorities are expected", "--ca server.key", -23,
     "server.key holds a private key, where a certificate is expected; certificate and key may have been exchanged"),
    ("DER where authorities are expected", "--ca certificate.der", -23,
     "certificate.der is DER; convert it to PEM: openssl x509 -inform der -in FILE -out NEW"),
    ("text where authorities are expected", "--ca make.sh", -23,
     "make.sh is not PEM: it has no line -----BEGIN CERTIFICATE-----"),
    ("a copy that has lost its end", "--ca cut-off.pem", -23,
     "cut-off.pem is cut off: what begins in line 1 has no line -----END CERTIFICATE-----; copy the whole file again"),
    ("PKCS#12 as a certificate", "--client-cert archive.p12 --client-key server.key", -21,
     "archive.p12 holds PKCS#12 (.p12, .pfx), where a certificate is expected; extract the certificates: "
     "openssl pkcs12 -nokeys -in FILE -out NEW"),
    ("PKCS#12 as a key", "--client-cert server.pem --client-key archive.p12", -22,
     "archive.p12 holds PKCS#12 (.p12, .pfx), where a private key is expected; extract the key: "
     "openssl pkcs12 -nocerts -nodes -in FILE -out NEW"),
    ("certificate and key exchanged", "--client-cert server.key --client-key server.pem", -21,
     "server.key holds a private key, where a certificate is expected; certificate and key may have been exchanged"),
    ("an encrypted key", "--client-cert server.pem --client-key encrypted.key", -22,
     "encrypted.key is encrypted, and there is no way to give its passphrase here; decrypt it: "
     "openssl pkey -in FILE -out NEW"),
    ("another certificate's key", "--client-cert server.pem --client-key other.key", -22,
     "other.key does not belong to the certificate in server.pem (CN=mail.example); use the key that the "
     "certificate was requested with"),
]

# Policies and names that are not possible, likewise.

SETTINGS = [
    ("an unknown policy", "--policy secure", -2,
     "`secure`: no policy has this name; there are rfc8314, rfc8997, bcp195, modern, post-quantum"),
    ("a cipher that no policy allows", "--policy 'rfc8997 +RC4-SHA'", -2,
     "`+RC4-SHA`: no policy may allow what uses RC4"),
    ("a TLSA record that is none", "--tlsa '3 1 x'", -2,
     "a TLSA record is three numbers and data in hexadecimal, such as 3 1 1 and 64 digits"),
]

# What the server says before it serves: the mistake, what is given otherwise, its words, exit status.

SERVER_USAGE = [
    ("no listener", {"listen": None}, "server: --listen is missing; see --help", 2),
    ("no key", {"key": None}, "server: --key is missing; see --help", 2),
    ("a number that is none", {"max-clients": "many"},
     "server: --max-clients takes a number from 1 to 1000000, not `many`; see --help", 2),
    ("authorities without a map", {"client-ca": "ca.pem"},
     "server: --client-ca and --client-map need each other; see --help", 2),
    ("tokens' mechanisms without tokens", {"mechanisms": "XOAUTH2"},
     "server: --mechanisms: OAUTHBEARER and XOAUTH2 need --tokens; see --help", 2),
    ("an unknown mechanism", {"mechanisms": "PLAIN CRAM-MD5"},
     "configuration: the SASL mechanism CRAM-MD5 is not known", 1),
    ("an unknown policy", {"policy": "secure"},
     "--policy: `secure`: no policy has this name; there are rfc8314, rfc8997, bcp195, modern, post-quantum", 1),
    ("a host name that is none", {"host-name": "mail server"},
     "--host-name: mail server is no domain, and every message must be traced to one", 1),
    ("a certificate that is not there", {"cert": "none.pem"},
     "configuration: cannot read none.pem: there is no such file", 1),
    ("a request instead of the certificate", {"cert": "request.pem"},
     "configuration: request.pem holds a certificate request (CSR), where a certificate is expected; use the "
     "certificate that the authority made from it", 1),
    ("an authority before the server's own certificate", {"cert": "wrong-order.pem"},
     "configuration: wrong-order.pem is in the wrong order: the certificate of server.key is number 2 "
     "(CN=mail.example) and must be the first, before those of its authorities", 1),
    ("a certificate that was damaged", {"cert": "not-base64.pem"},
     "configuration: not-base64.pem is damaged: what follows -----BEGIN CERTIFICATE----- in line 1 is not base64; "
     "copy the file again", 1),
    ("a bundle of Windows", {"cert": "certificates.p7b"},
     "configuration: certificates.p7b holds PKCS#7 (.p7b), where a certificate is expected; extract the "
     "certificates: openssl pkcs7 -print_certs -in FILE -out NEW", 1),
    ("a key that is encrypted as OpenSSL did formerly", {"key": "encrypted-old.key"},
     "configuration: encrypted-old.key is encrypted, and there is no way to give its passphrase here; decrypt it: "
     "openssl pkey -in FILE -out NEW", 1),
    ("an RSA key that is too small", {"key": "rsa-1024.key"},
     "configuration: rsa-1024.key is an RSA key of 1024 bits, and at least 2048 are needed; make a new key and have "
     "a certificate made for it", 1),
    ("a key for Ed448", {"key": "ed448.key"},
     "configuration: ed448.key is a key for Ed448, which cannot be used here; make a new key (RSA, P-256, P-384, "
     "P-521 or Ed25519) and have a certificate made for it", 1),
    ("a key for secp256k1", {"key": "secp256k1.key"},
     "configuration: secp256k1.key is a key for secp256k1, which cannot be used here; make a new key (RSA, P-256, "
     "P-384, P-521 or Ed25519) and have a certificate made for it", 1),
    ("a key for DSA", {"key": "dsa.key"},
     "configuration: dsa.key is a key for DSA, which cannot be used here; make a new key (RSA, P-256, P-384, P-521 "
     "or Ed25519) and have a certificate made for it", 1),
    ("a key of OpenSSH", {"key": "openssh.key"},
     "configuration: openssh.key holds a key for OpenSSH, where a private key is expected; convert it: "
     "ssh-keygen -p -m PKCS8 -f FILE", 1),
    ("a public key", {"key": "public.pem"},
     "configuration: public.pem holds a public key, where a private key is expected; use the private key that "
     "belongs to it", 1),
    ("several keys, the wrong one first", {"key": "two.key"},
     "configuration: the first of the 2 private keys in two.key does not belong to the certificate in server.pem "
     "(CN=mail.example); leave only the one that does", 1),
    ("a revocation list as authorities", {"client-ca": "list.pem", "client-map": EMPTY},
     "configuration: list.pem holds a certificate revocation list (CRL), where a certificate is expected; use the "
     "certificate of the authority that made the list", 1),
]

# Options of received.

RECEIVED_USAGE = [
    ("an unknown option", "--all", "received: --all is not an option; see --help", 1),
    ("a number that is none", "--own all", "received: --own needs a number; see --help", 1),
    ("no message", "", "received: no message on standard input", 1),
]

# What a server does that the client is not ready for. A script has octets to send, regular expressions that the
# next line must match, numbers of seconds to wait, TLS, which begins there, and CLOSE_NOTIFY, which ends it.

TLS = "TLS begins"
CLOSE_NOTIFY = object()
IMAP = b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n"
EHLO = b"250-mail.example\r\n250 AUTH PLAIN\r\n"
STARTTLS = (b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n", "STARTTLS")
LOG_IN = "--user tim --password secret"
LOGGED_IN = (TLS, IMAP, "AUTHENTICATE", b"a1 OK done\r\n")

# RFC 7628 §3.2.2, §3.2.3: the error is a challenge, which the client answers with %x01.
TOKEN_ERROR = b'{"status":"invalid_token","scope":"mail"}'
REFUSED_TOKEN = [
    TLS, b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER] hi\r\n", "^a1 AUTHENTICATE OAUTHBEARER ",
    b"+ " + base64.b64encode(TOKEN_ERROR) + b"\r\n", "^AQ==\r\n$",
    b"a1 NO [AUTHENTICATIONFAILED] token expired\r\n", 1]

PEERS = [
    ("STARTTLS at a port that begins with TLS", "imap", [10], "", -140,
     "the server sent no greeting within 1800 ms; if it expects TLS from the first byte, use imaps (usually port "
     "993)"),
    ("STARTTLS at a server that leaves", "submission", [], "", -142,
     "the server closed the connection without a greeting; if it expects TLS from the first byte, use submissions "
     "(usually port 465)"),
    ("TLS at an IMAP port that has STARTTLS", "imaps", [STARTTLS[0], 1], "", -110,
     "cleartext (IMAP) where TLS must begin with the first byte; if it expects STARTTLS, use imap (usually port 143)"),
    ("TLS at a POP3 port that has STLS", "pop3s", [b"+OK ready\r\n", 1], "", -110,
     "cleartext (POP3) where TLS must begin with the first byte; if it expects STLS, use pop3 (usually port 110)"),
    ("TLS at a submission port that has STARTTLS", "submissions", [b"220 mail.example ESMTP\r\n", 1], "", -110,
     "cleartext (SMTP) where TLS must begin with the first byte; if it expects STARTTLS, use submission (usually "
     "port 587)"),
    ("IMAP at a submission server", "imaps", [b"220 mail.example ESMTP\r\n", 1], "", -110,
     "cleartext (SMTP) where TLS must begin with the first byte; check the host and the port"),
    ("a web server", "imaps", [b"HTTP/1.1 400 Bad Request\r\n\r\n", 1], "", -110,
     "cleartext (HTTP) where TLS must begin with the first byte; check the host and the port"),
    ("a server that never answers", "imaps", [10], "", -140,
     "the server did not answer the TLS handshake within 1800 ms; if it expects STARTTLS, use imap (usually port "
     "143)"),
    ("TLS at a server that leaves", "imaps", [], "", -141,
     "the server closed the connection without answering the TLS handshake; if it expects STARTTLS, use imap "
     "(usually port 143)"),
    ("a server that refuses TLS", "imaps", [b"\x15\x03\x03\x00\x02\x02\x28", 1], "", -112,
     "the peer sent the alert handshake_failure: it accepts none of the versions, cipher suites or groups offered, or "
     "requires a certificate"),
    ("a server that does not know the name", "imaps", [b"\x15\x03\x03\x00\x02\x02\x70", 1], "", -112,
     "the peer sent the alert unrecognized_name: it does not serve the host name that it was asked for"),
    ("a server without STARTTLS", "imap",
     [b"* OK ready\r\n", "CAPABILITY", b"* CAPABILITY IMAP4rev1\r\na1 OK done\r\n", 1], "", -135,
     "the server does not offer STARTTLS; imaps (usually port 993) does not need STARTTLS"),
    ("a server that claims PREAUTH in clear", "imap", [b"* PREAUTH ready\r\n", 1], "", -135,
     "the server claims PREAUTH before TLS, which rules out STARTTLS (possible attack); imaps (usually port 993) does "
     "not need STARTTLS"),
    ("a response injected behind STARTTLS", "imap", [*STARTTLS, b"a1 OK begin\r\n* OK injected\r\n", 1], "", -136,
     "the server sent data after its response to STARTTLS and before TLS (injection? possible attack)"),
    ("a server that goes on in clear after STARTTLS", "imap", [*STARTTLS, b"a1 OK begin\r\n", 0.2, b"* OK x\r\n", 1],
     "", -110,
     "cleartext (IMAP) where TLS must begin with the first byte; the server sent it after STARTTLS and before TLS "
     "(injection? possible attack)"),
    ("a wrong password", "imaps", [TLS, IMAP, "AUTHENTICATE", b"a1 NO [AUTHENTICATIONFAILED] wrong\r\n", 1], LOG_IN, 3,
     "log-in refused: AUTHENTICATIONFAILED wrong"),
    ("a wrong password, at submission",  "submissions",
     [TLS, b"220 mail.example\r\n", "EHLO", EHLO, "AUTH", b"535 5.7.8 wrong\r\n", 1], LOG_IN, 3,
     "log-in refused: 535 5.7.8 wrong"),
    ("no mechanism for a password", "imaps",
     [TLS, b"* OK [CAPABILITY IMAP4rev1 AUTH=GSSAPI LOGINDISABLED] hi\r\n", 1], LOG_IN, -2,
     "the server has no way to authenticate with a password; it offers GSSAPI"),
    ("no mechanism at all", "imaps", [TLS, b"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n", 1], LOG_IN, -2,
     "the server has no way to authenticate with a password; it offers nothing"),
    ("no mechanism at all, at submission", "submissions",
     [TLS, b"220 mail.example\r\n", "EHLO", b"250 mail.example\r\n", 1], LOG_IN, -2,
     "the server has no way to authenticate with a password; it offers nothing"),
    ("a token that has expired", "imaps", REFUSED_TOKEN, "--user tim --token expired", 3,
     "log-in refused: AUTHENTICATIONFAILED token expired"),
    ("a mechanism that the server does not offer", "imaps", [TLS, IMAP, 1], LOG_IN + " --mechanism SCRAM-SHA-256", -2,
     "the server does not offer this mechanism"),
    ("a server that is busy", "submissions", [TLS, b"421 4.3.2 come again\r\n", 1], LOG_IN, -134,
     "the server says: 421 come again"),
    ("a server that is busy, before TLS", "submission", [b"554 no\r\n", 1], LOG_IN, -134,
     "the server refused the connection before TLS (554); its words are not shown, because anybody on the way could "
     "have written them"),
    ("an account that is locked", "imaps", [TLS, b"* NO [ALERT] account locked, call +49\r\n", 1], LOG_IN, -134,
     "the server says: [ALERT] account locked, call +49"),
    ("a server that is cut off at the log-out", "imaps", [*LOGGED_IN, "LOGOUT"], LOG_IN, -141, None),
    ("a certificate for another name", "imaps", [TLS], "--name other", -121,
     "the certificate is not for localhost; it is for other.example: connect by a name that it is for, or have its owner "
     "add this one"),
    ("a certificate that has expired", "imaps", [TLS], "--name expired", -120,
     re.compile("^the certificate expired on 2002-01-01 00:00:00 UTC: its owner must renew it, unless the clock is wrong "
                "here, which says ")),
    ("an authority that is not trusted", "imaps", [TLS], "--ca {certificates}/other-ca.pem", -122,
     "the issuing authority is not among the trusted ones: CN=mailtls throwaway authority; if that is an intermediate "
     "authority, the server must send its certificate as well, for the chain is incomplete; otherwise add its "
     "certificate to the trusted ones"),
    ("a self-signed certificate", "imaps", [TLS], "--name self-signed", -122, 
     "the certificate is self-signed and not among the trusted ones: if it is the right one, make it trusted (as a CA "
     "file), or pin it when the account is set up"),
]


class Peer:
    """A server that does what a script says, once."""

    def __init__(self, script, name):
        self.script, self.name = script, name
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def begin_tls(self, connection):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        directory = MISTAKES if self.name == "self-signed" else CERTIFICATES
        stem = os.path.join(directory, self.name)
        context.load_cert_chain(stem + ".pem", stem + ".key")
        return context.wrap_socket(connection, server_side=True)

    def serve(self):
        connection, _ = self.listener.accept()
        connection.settimeout(10)
        # What the client makes of it is what counts.
        with contextlib.suppress(OSError, ValueError):
            for step in self.script:
                if step is TLS:
                    connection = self.begin_tls(connection)
                elif isinstance(step, bytes):
                    connection.sendall(step)
                elif isinstance(step, str):
                    self.wait_for(connection, step)
                elif step is CLOSE_NOTIFY:
                    connection.unwrap()
                else:
                    self.wait(connection, step)
        connection.close()
        self.listener.close()

    @staticmethod
    def wait_for(connection, expression):
        line = b""
        while not line.endswith(b"\n"):
            octet = connection.recv(1)
            if not octet:
                raise ValueError("the client has left")
            line += octet
        if not re.search(expression, line.decode("latin-1")):
            raise ValueError(line)

    @staticmethod
    def wait(connection, seconds):
        """Until the time has passed or the client has left."""
        until = time.monotonic() + seconds
        with contextlib.suppress(TimeoutError):
            while (left := until - time.monotonic()) > 0:
                connection.settimeout(left)
                if not connection.recv(4096):
                    return


class Table(unittest.TestCase):
    maxDiff = None

    def check_words(self, found, expected):
        if isinstance(expected, re.Pattern):
            self.assertRegex(found, expected)
        elif expected is not None:
            self.assertEqual(found, expected)
        # In no reason the words of a library for its authors.
        self.assertNotRegex(found, r"\w+\(\w*\)|[a-z][A-Z][a-z]|\n")

    def client(self, options, **names):
        status, output, errors = run("client", "--json " + options, **names)
        self.assertEqual(errors, "")
        return status, json.loads(output)["error"]

    def test_client_usage(self):
        for mistake, options, expected in CLIENT_USAGE:
            with self.subTest(mistake):
                self.assertEqual(run("client", options), (2, "", f"client: {expected}\n"))
                status, error = self.client(options)
                self.assertEqual((status, error), (2, {"code": 1, "reason": expected}))

    def test_client_files_and_settings(self):
        for mistake, options, code, expected in FILES + SETTINGS:
            with self.subTest(mistake):
                ca = "" if "--ca" in options else "--ca ca.pem "
                with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
                    where = f"imaps localhost {listener.getsockname()[1]} --connect 127.0.0.1 "
                    status, error = self.client(where + ca + options)
                self.assertEqual((status, error["code"]), (1, code))
                self.check_words(error["reason"], expected)

    def test_client_and_network(self):
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
            free = listener.getsockname()[1]
        for mistake, options, expected in [
            ("nobody listens there", f"imaps 127.0.0.1 {free}",
             f"cannot connect to 127.0.0.1 port {free}: Connection refused"),
            ("a host with its port", "imaps mail.example:993 993", re.compile("^cannot find the host mail.example:993: ")),
            ("a host with its user", "imaps tim@mail.example 993", re.compile("^cannot find the host tim@mail.example: ")),
        ]:
            with self.subTest(mistake):
                status, error = self.client(options + " --ca ca.pem --timeout 10")
                self.assertEqual((status, error["code"]), (1, 2))
                self.check_words(error["reason"], expected)

    def test_client_and_impossible_name(self):
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
            port = listener.getsockname()[1]
            status, error = self.client(f"imaps mail,example {port} --connect 127.0.0.1 --ca ca.pem")
        self.assertEqual((status, error), (1, {
            "code": -2, "reason": "HOST is neither a DNS name nor an IP address: mail,example"}))

    def test_client_and_peers(self):
        for mistake, service, script, options, code, expected in PEERS:
            with self.subTest(mistake):
                name = re.search(r"--name (\S+)", options)
                peer = Peer(script, name.group(1) if name else "server")
                options = re.sub(r"--name \S+", "", options)
                ca = "" if "--ca" in options else "--ca {certificates}/ca.pem "
                where = f"{service} localhost {peer.port} --connect 127.0.0.1 --timeout 2 "
                status, error = self.client(where + ca + options)
                peer.thread.join(10)
                self.assertEqual((status, error["code"]), (1, code), error)
                self.check_words(error["reason"], expected)

    def test_what_a_server_says_of_a_refused_token(self):
        """The error that comes with it is told as it is: it has the scope to ask for."""
        peer = Peer(REFUSED_TOKEN, "server")
        where = f"--json imaps localhost {peer.port} --connect 127.0.0.1 --ca {{certificates}}/ca.pem --timeout 10 "
        status, output, errors = run("client", where + "--user tim --token expired")
        peer.thread.join(10)
        self.assertEqual((status, errors), (1, ""))
        self.assertEqual(json.loads(output)["refusal_details"], TOKEN_ERROR.decode())

    def test_a_server_that_closes_at_the_log_out(self):
        """What was asked has been done, whether or not the server says so."""
        for service, script in [
            ("imaps", [*LOGGED_IN, "LOGOUT", b"* BYE so long\r\n", CLOSE_NOTIFY]),
            ("imaps", [*LOGGED_IN, "LOGOUT", CLOSE_NOTIFY]),
            ("pop3s", [TLS, b"+OK hi\r\n", "CAPA", b"+OK\r\nSASL PLAIN\r\n.\r\n", "AUTH", b"+OK\r\n", "QUIT",
                       CLOSE_NOTIFY]),
            ("submissions", [TLS, b"220 hi\r\n", "EHLO", EHLO, "AUTH", b"235 yes\r\n", "QUIT", CLOSE_NOTIFY]),
            ("imaps", [TLS, IMAP, "LOGOUT", b"* BYE so long\r\n", CLOSE_NOTIFY]),
        ]:
            with self.subTest(service=service, script=script):
                peer = Peer(script, "server")
                options = LOG_IN if any("AUTH" in str(step) for step in script[2:]) else ""
                status, error = self.client(
                    f"{service} localhost {peer.port} --connect 127.0.0.1 --timeout 5 --ca {{certificates}}/ca.pem "
                    + options)
                peer.thread.join(10)
                self.assertEqual((status, error), (0, None))

    @unittest.skipIf(os.geteuid() == 0, "root may read every file")
    def test_a_file_that_may_not_be_read(self):
        with tempfile.TemporaryDirectory() as directory:
            file = os.path.join(directory, "secret.pem")
            os.close(os.open(file, os.O_CREAT, 0))
            status, error = self.client("imaps localhost 1 --connect 127.0.0.1 --ca " + shlex.quote(file))
            self.assertEqual((status, error), (1, {"code": -20, "reason": f"cannot read {file}: the user that this program runs as has no permission"}))
            found = run("server", self.server_options(directory, {"key": file}))
            self.assertEqual(found, (1, "", f"configuration: cannot read {file}: the user that this program runs as has no permission\n"))

    def test_client_for_people(self):
        """Without --json the reason is the last line of the report."""
        status, output, errors = run("client", "imaps localhost 1 --connect 127.0.0.1 --ca server.key")
        self.assertEqual((status, errors), (1, ""))
        self.assertRegex(output, r"\nerror +-23 server\.key holds a private key, where a certificate is expected; ")

    def server_options(self, directory, changed):
        users = os.path.join(directory, "users")
        with open(users, "w", encoding="ascii") as file:
            file.write("tim:secret\n")
        options = {"listen": "imaps=127.0.0.1:0", "cert": "server.pem", "key": "server.key", "users": users,
                   "maildir": os.path.join(directory, "inbox"), **changed}
        return " ".join(f"--{name} {shlex.quote(value)}" for name, value in options.items() if value is not None)

    def test_server_usage(self):
        for mistake, changed, expected, status in SERVER_USAGE:
            with self.subTest(mistake), tempfile.TemporaryDirectory() as directory:
                found = run("server", self.server_options(directory, changed))
                self.assertEqual(found, (status, "", expected + "\n"))

    def test_received_usage(self):
        for mistake, options, expected, status in RECEIVED_USAGE:
            with self.subTest(mistake):
                self.assertEqual(run("received", options), (status, "", expected + "\n"))

    def test_there_are_at_least_sixty(self):
        self.assertGreaterEqual(sum(map(len, (CLIENT_USAGE, FILES, SETTINGS, SERVER_USAGE, RECEIVED_USAGE, PEERS))), 60)


# What clients do at the server: the service, what they send, the reason that the server logs.

CLIENTS = [
    ("STARTTLS at a port that begins with TLS", "imaps", b"a1 CAPABILITY\r\n", -110,
     "cleartext (IMAP) where TLS must begin with the first byte; set the client to TLS from the first byte (often "
     "called SSL/TLS), or to imap with STARTTLS (usually port 143)"),
    ("a browser", "imaps", b"GET / HTTP/1.1\r\n\r\n", -110,
     "cleartext (HTTP) where TLS must begin with the first byte"),
    ("a load balancer with the PROXY protocol", "imaps", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", -110,
     "cleartext (the PROXY protocol) where TLS must begin with the first byte; take the PROXY header off before TLS, "
     "or switch it off where it is added"),
    ("TLS at a port that has STARTTLS", "submission", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", -133,
     "the client speaks TLS; set the client to STARTTLS, or to submissions (usually port 465)"),
    ("a command injected behind STARTTLS", "imap", b"a1 STARTTLS\r\na2 LOGIN tim secret\r\n", -136,
     "the client sent data after STARTTLS and before TLS (injection? possible attack)"),
    ("a client that does not trust the certificate", "imaps", b"\x15\x03\x03\x00\x02\x02\x30", -112,
     "the peer sent the alert unknown_ca: it does not trust the issuer of the certificate that it was shown"),
]


class Log(unittest.TestCase):
    def test_what_the_server_logs(self):
        for mistake, service, octets, code, expected in CLIENTS:
            with self.subTest(mistake), tempfile.TemporaryDirectory() as directory:
                options = Table.server_options(self, directory, {"listen": service + "=127.0.0.1:0"})
                with subprocess.Popen(
                    [os.path.join(PROGRAMS, "server"), *shlex.split(options)], cwd=MISTAKES,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                ) as server:
                    port = int(server.stdout.readline().rsplit(":", 1)[1])
                    with socket.create_connection(("127.0.0.1", port), 10) as client:
                        client.sendall(octets)
                        client.shutdown(socket.SHUT_WR)
                        while client.recv(4096):
                            pass
                    server.terminate()
                    log = server.communicate(timeout=20)[1]
                closed = re.search(r'close .*error=(-\d+) reason="(.*)"', log)
                self.assertIsNotNone(closed, log)
                self.assertEqual((int(closed.group(1)), closed.group(2)), (code, expected))


if __name__ == "__main__":
    unittest.main()
