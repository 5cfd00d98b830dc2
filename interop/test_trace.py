"""Received fields (RFC 5321 section 4.4): what Exim, Postfix and our server write of the TLS that a
message came over, read by examples-c/received, against what the client knows of that TLS."""

import json
import os
import re
import smtplib
import ssl
import time
import unittest
import uuid

import setting
from cases import EachService, check, implicit
from peers.ours import HOST, PASSWORD, USER, ClientRun, program
from server_case import RECIPIENT, SENDER, Done, ServerCase, unix, wire

# With TLS 1.2 the cipher suite is fixed: as OpenSSL and IANA call it.
TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
FIXED = "ECDHE-ECDSA-AES256-GCM-SHA384"
IANA = {FIXED: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"}


def trust(version):
    """For TLS of this version only, and of 1.2 only the fixed suite."""
    context = ssl.create_default_context(cafile=setting.authority().file)
    context.minimum_version = context.maximum_version = version
    if version == TLS_1_2:
        context.set_ciphers(FIXED)
    return context


def log_in(service, port, version):
    """A client that is logged in, and by what version and cipher suite (IANA's name)."""
    context = trust(version)
    if implicit(service):
        smtp = smtplib.SMTP_SSL("localhost", port, timeout=20, context=context)
    else:
        smtp = smtplib.SMTP("localhost", port, timeout=20)
        smtp.starttls(context=context)
    name = smtp.sock.cipher()[0]
    tls = {"version": smtp.sock.version(), "cipher_suite": IANA.get(name, name)}
    smtp.login(USER, PASSWORD)
    return smtp, tls


def new_message():
    """One that is like no other, and its last line."""
    mark = uuid.uuid4().hex.encode()
    return (b"From: Tim <tim@example.test>\r\nTo: Ann <ann@example.test>\r\nSubject: trace\r\n"
            b"Date: Thu, 26 Nov 2026 12:00:00 +0000\r\nMessage-ID: <%s@example.test>\r\n\r\n"
            b"%s\r\n" % (mark, mark))


class TraceCase(unittest.TestCase):
    """Reads what has been stored."""

    def report(self, message, *options):
        """What examples-c/received tells of it, with all that can be asked."""
        done = Done([program("received"), "--json", "--strict", *options], given=message)
        self.assertEqual(done.status, 0, done)
        return json.loads(done.output)

    def hops(self, message, *options):
        """Those whose field is about TLS: a server may add others of its own house."""
        told = self.report(message, *options)["hops"]
        return [hop for hop in told if hop["protection"] != "local"]

    def arrived(self, messages, sent):
        """The message that ends with what was sent, when it is there."""
        end, sent = time.monotonic() + 20, unix(sent)
        while time.monotonic() < end:
            found = [message for message in messages() if message.endswith(sent)]
            if found:
                return found[0]
            time.sleep(0.1)
        return self.fail("the message has not come")

    def assert_same_suite(self, hop, tls):
        self.assertEqual((hop["protection"], hop["cipher_suite"]), ("tls", tls["cipher_suite"]), hop)
        if hop["version"] is not None:
            self.assertEqual(hop["version"], tls["version"], hop)


class EachPeer(TraceCase, EachService):
    """A message of Python's smtplib by each version of TLS, and one of our client; subclasses have
    running() and assert_told(hop, tls)."""

    role = "writer"
    services = ("submissions", "submission")

    def by_python(self, service, version):
        peer, message = self.running(), new_message()
        smtp, tls = log_in(service, peer.ports[service], version)
        with smtp:
            smtp.sendmail(SENDER, [RECIPIENT], message)
        hops = self.hops(self.arrived(peer.messages, message), "--own", "1")
        self.assertEqual([hop["claim"] for hop in hops], [False])
        self.assertEqual((hops[0]["with"].upper(), hops[0]["client_address"]),
                         ("ESMTPSA", "127.0.0.1"))
        self.assert_told(hops[0], tls)

    @check("submissions", "submission")
    def by_tls_1_2(self, service):
        self.by_python(service, TLS_1_2)

    @check("submissions", "submission")
    def by_tls_1_3(self, service):
        self.by_python(service, TLS_1_3)

    @check("submissions", "submission")
    def by_our_client(self, service):
        peer, message = self.running(), new_message()
        path = os.path.join(setting.directory(), "message")
        with open(path, "wb") as out:
            out.write(message)
        run = ClientRun(service, peer.ports[service], "--user", USER, "--ca",
                        setting.authority().file, "--send", path, "--from", SENDER, "--to", RECIPIENT)
        self.assertEqual((run.status, run.state), (0, "sent"), run)
        [hop] = self.hops(self.arrived(peer.messages, message))
        self.assert_told(hop, run.tls)


class EximTrace(EachPeer):
    """Exim has the clause, and its own form beside it."""

    peer = "Exim"

    def running(self):
        return setting.running_exim()

    def assert_told(self, hop, tls):
        self.assertEqual((hop["form"], hop["protection"], hop["version"]),
                         ("clause", "tls", tls["version"]), hop)
        # "from [127.0.0.1] (helo=...)" is of no grammar; all behind it is.
        self.assertIn(hop["strict"].get("production"), (None, "TCP-info", "FWS"), hop)
        if tls["version"] == "TLSv1.2":
            self.assert_same_suite(hop, tls)
        else:
            # Built with GnuTLS it names a suite of TLS 1.2 with the same cipher and hash.
            cipher_and_hash = tls["cipher_suite"].removeprefix("TLS_")
            self.assertTrue(hop["cipher_suite"].endswith("_" + cipher_and_hash), hop)


class PostfixTrace(EachPeer):
    """Postfix says it in a comment."""

    peer = "Postfix"

    def running(self):
        return setting.running_postfix()

    def assert_told(self, hop, tls):
        self.assertEqual((hop["form"], hop["version"]), ("postfix", tls["version"]), hop)
        self.assert_same_suite(hop, tls)
        self.assertIsNot(hop["verified"], True)
        self.assertEqual(hop["bits"], 128 if "_128_" in hop["cipher_suite"] else 256)
        if tls["version"] == "TLSv1.3":
            self.assertIsNotNone(hop["group_written"], hop)
        if "group" in tls:
            self.assertEqual(hop["group"], tls["group"])


class OurTrace(TraceCase, ServerCase, EachService):
    """Our server writes the clause."""

    peer = "our server"
    role = "writer"
    services = ("submissions", "submission")
    SIZE = 4000

    def server_options(self):
        return "--host-name", HOST, "--max-message-size", str(self.SIZE)

    def only_hop(self):
        [message] = self.stored()
        [hop] = self.report(message, "--own", "1")["hops"]
        self.assertEqual(hop["strict"], {"of_grammar": True}, message)
        self.assertEqual((hop["by"], hop["with"], hop["form"]), (HOST, "ESMTPSA", "clause"))
        return hop

    def by_python(self, service, version):
        message = new_message()
        smtp, tls = log_in(service, self.ports[service], version)
        with smtp:
            smtp.sendmail(SENDER, [RECIPIENT], message)
        hop = self.only_hop()
        self.assert_same_suite(hop, tls)
        self.assertEqual((hop["client_address"], hop["for"]), ("127.0.0.1", f"<{RECIPIENT}>"))
        self.assertLess(abs(hop["unix_seconds"] - time.time()), 60)
        self.assertRegex(hop["id"], r"\A[0-9A-Za-z-]+\Z")
        self.assertIsNotNone(hop["group"], hop)
        self.assert_same(self.stored()[0], message)

    @check("submissions", "submission")
    def by_tls_1_2(self, service):
        self.by_python(service, TLS_1_2)

    @check("submissions", "submission")
    def by_tls_1_3(self, service):
        self.by_python(service, TLS_1_3)

    @check("submissions", "submission")
    def by_swaks(self, service):
        way = "--tls-on-connect" if implicit(service) else "--tls"
        done = Done(["swaks", "--server", "localhost", "--port", str(self.ports[service]), way,
                     "--tls-ca-path", self.ca, "--auth", "PLAIN", "--auth-user", USER,
                     "--auth-password", PASSWORD, "--from", SENDER, "--to", RECIPIENT,
                     "--ehlo", "client.example.test"])
        self.assertEqual(done.status, 0, done)
        suite = re.search(r"=== TLS started with cipher (\S+?):(\S+?):", done.output.decode())
        hop = self.only_hop()
        self.assertEqual(hop["from"], "client.example.test")
        self.assert_same_suite(hop, {"version": suite[1], "cipher_suite": suite[2]})

    def test_submissions_name_after_log_in(self):
        """What the client says last counts, whatever it says."""
        for name, shown in (("other.example.test", "other.example.test"),
                            ("x)with(", "[127.0.0.1]"), ("a;b", "[127.0.0.1]")):
            smtp, _ = log_in("submissions", self.ports["submissions"], TLS_1_3)
            with smtp:
                self.assertEqual(smtp.docmd("EHLO", name)[0], 250)
                smtp.sendmail(SENDER, [RECIPIENT], new_message())
            self.assertEqual(self.only_hop()["from"], shown)
            self.empty()

    def test_submissions_several_recipients(self):
        """None of them learns of the others (RFC 5321 section 7.2)."""
        for recipients, shown in (([RECIPIENT, SENDER], None), (["postmaster"], None),
                                  ([RECIPIENT], f"<{RECIPIENT}>")):
            smtp, _ = log_in("submissions", self.ports["submissions"], TLS_1_3)
            with smtp:
                smtp.sendmail(SENDER, recipients, new_message())
            self.assertEqual(self.only_hop()["for"], shown)
            self.empty()

    def test_submissions_size_is_that_of_the_message(self):
        """The field is not counted as part of what the client sends."""
        message = new_message()
        fits = message + b"x" * (self.SIZE - len(message) - 2) + b"\r\n"
        smtp, _ = log_in("submissions", self.ports["submissions"], TLS_1_3)
        with smtp:
            smtp.sendmail(SENDER, [RECIPIENT], fits)
            with self.assertRaises(smtplib.SMTPResponseException) as refused:
                smtp.sendmail(SENDER, [RECIPIENT], fits + b"\r\n")
        self.assertEqual(refused.exception.smtp_code, 552)
        self.assertEqual(len(self.stored()), 1)
        self.assert_same(self.stored()[0], fits)

    def empty(self):
        for part in ("new", "cur"):
            directory = os.path.join(self.server.maildir, part)
            for name in os.listdir(directory):
                os.remove(os.path.join(directory, name))

    def chain(self, peer):
        """Our client, our server, and on from there: two hops."""
        message = new_message()
        run = ClientRun("submissions", self.ports["submissions"], "--user", USER, "--ca", self.ca,
                        "--send", self.file("message", message), "--from", SENDER,
                        "--to", RECIPIENT, "--to", SENDER)
        self.assertEqual((run.status, run.state), (0, "sent"), run)
        [stored] = self.stored()
        smtp, _ = log_in("submission", peer.ports["submission"], TLS_1_2)
        with smtp:
            smtp.sendmail(SENDER, [RECIPIENT], stored)
        arrived = self.arrived(peer.messages, message)
        told = self.report(arrived, "--own", "1")
        last, first = self.hops(arrived, "--own", "1")
        self.assertEqual((last["claim"], first["claim"]), (False, True))
        self.assertEqual((first["by"], first["form"], first["group"]), (HOST, "clause", run.tls["group"]))
        self.assert_same_suite(first, run.tls)
        self.assert_same_suite(last, {"version": "TLSv1.2", "cipher_suite": IANA[FIXED]})
        self.assertGreaterEqual(last["delay"], 0)
        self.assertEqual(told["silent"], [])
        done = Done([program("received"), "--require-tls"], given=wire(arrived))
        self.assertEqual(done.status, 0, done)
        return last

    def test_submissions_on_to_exim(self):
        self.assertEqual(self.chain(setting.running_exim())["form"], "clause")

    def test_submissions_on_to_postfix(self):
        self.assertEqual(self.chain(setting.running_postfix())["form"], "postfix")


if __name__ == "__main__":
    unittest.main()
