"""examples-c/received: what it prints of messages, by the program itself (MAILTLS_RECEIVED)."""

import json
import os
import subprocess
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAM = os.path.abspath(os.environ.get(
    "MAILTLS_RECEIVED", os.path.join(ROOT, "target", "examples-c", "received")))
MESSAGES = os.path.join(ROOT, "tests", "data", "received", "messages")

DATE = "Thu, 26 Nov 2026 15:34:24 +0000"
GOOD = ("Received: from a.example ([192.0.2.7]) by b.example with ESMTPSA id 1\r\n"
        f"\ttls TLS_AES_128_GCM_SHA256 group x25519; {DATE}\r\n").encode()
CLEAR = f"Received: from b.example by c.example with ESMTP; {DATE}\r\n".encode()
LOCAL = f"Received: by a.example with local; {DATE}\r\n".encode()
SILENT = f"Received: from a.example by b.example; {DATE}\r\n".encode()
END = b"Subject: x\r\n\r\nText.\r\n"


def received(given, *options, **more):
    """Status, output and errors; the output is UTF-8, or this fails."""
    streams = {"stdout": subprocess.PIPE, "input": given, **more}
    done = subprocess.run([PROGRAM, *options], stderr=subprocess.PIPE, timeout=60, check=False, **streams)
    return done.returncode, (done.stdout or b"").decode(), done.stderr.decode()


def objects(given, *options):
    status, output, errors = received(given, "--json", *options)
    assert (status, errors) == (0, ""), (status, errors)
    return [json.loads(line) for line in output.splitlines()]


def file(name):
    with open(os.path.join(MESSAGES, name), "rb") as message:
        return message.read()


class Corpus(unittest.TestCase):
    """The messages in tests/data/received/messages, against hops.txt."""

    def test_hops_are_what_the_list_says(self):
        expected = {}
        for line in file("hops.txt").decode().splitlines():
            name, *hops = line.split()
            expected.setdefault(name, []).append(hops)
        self.assertEqual(len(expected["three.mbox"]), 3)
        words = {"tls": "yes", "clear": "no", "local": "local", "unsaid": "unsaid"}
        for name, messages in expected.items():
            with self.subTest(name):
                found = objects(file(name))
                self.assertEqual([o["message"] for o in found], list(range(1, len(found) + 1)))
                self.assertEqual([[words[hop["protection"]] for hop in o["hops"]] for o in found],
                                 messages)
                for told in found:
                    silent = [hop["hop"] for hop in told["hops"] if hop["protection"] == "unsaid"]
                    self.assertEqual(told["silent"], silent)

    def test_line_ends_make_no_difference(self):
        for name in ("eight_hops.eml", "three.mbox"):
            text = file(name).replace(b"\r\n", b"\n")
            self.assertEqual(objects(text, "--strict"),
                             objects(text.replace(b"\n", b"\r\n"), "--strict"))

    def test_all_texts_are_printed(self):
        for name in os.listdir(MESSAGES):
            status, output, errors = received(file(name), "--strict")
            self.assertEqual((status, errors), (0, ""))
            self.assertIn("hop", output)


class Facts(unittest.TestCase):
    """One object's keys and values."""

    def test_every_fact(self):
        [told] = objects(GOOD + END, "--strict")
        self.assertEqual(told["weakest"], 1)
        self.assertIn("claims, not facts", told["warning"])
        self.assertEqual(told["hops"], [{
            "hop": 1, "claim": True, "from": "a.example", "by": "b.example", "via": None,
            "with": "ESMTPSA", "id": "1", "for": None, "client_address": "192.0.2.7", "date": DATE,
            "unix_seconds": 1795707264, "delay": None, "protection": "tls", "strength": "modern-tls",
            "form": "clause", "version": None, "cipher_suite": "TLS_AES_128_GCM_SHA256",
            "cipher_written": "TLS_AES_128_GCM_SHA256", "bits": None, "group": "x25519",
            "group_written": "x25519", "verified": None, "strict": {"of_grammar": True}}])

    def test_names_of_other_libraries(self):
        field = (b"Received: from a by b (using TLSv1.2 with cipher ECDHE-RSA-AES128-GCM-SHA256 "
                 b"(128/128 bits)) (Client did not present a certificate) with ESMTPS; " +
                 DATE.encode() + b"\n\n")
        [hop] = objects(field)[0]["hops"]
        self.assertEqual((hop["form"], hop["version"], hop["cipher_suite"], hop["cipher_written"],
                          hop["bits"], hop["verified"]),
                         ("postfix", "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                          "ECDHE-RSA-AES128-GCM-SHA256", 128, False))
        _, text, _ = received(field)
        self.assertIn("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, written ECDHE-RSA-AES128-GCM-SHA256, "
                      "128 bits\n", text)

    def test_delay_and_weakest(self):
        later = GOOD.replace(b"15:34:24", b"15:35:00")
        [told] = objects(later + CLEAR + END)
        self.assertEqual([hop["delay"] for hop in told["hops"]], [36, None])
        self.assertEqual(told["weakest"], 2)
        _, text, _ = received(later + CLEAR + END)
        self.assertIn(", 36 s after hop 2\n", text)
        self.assertIn("weakest: hop 2 (clear)\n", text)
        _, text, _ = received(CLEAR + later + END)
        self.assertIn(", 36 s before hop 2\n", text)

    def test_only_own_fields_are_facts(self):
        def claims(*options):
            return [hop["claim"] for hop in objects(GOOD + CLEAR + LOCAL, *options)[0]["hops"]]
        self.assertEqual(claims(), [True, True, True])
        self.assertEqual(claims("--own", "1"), [False, True, True])
        self.assertEqual(claims("--own", "9"), [False, False, False])
        _, text, _ = received(GOOD + CLEAR, "--own", "1")
        self.assertIn("    1  fact   a.example (192.0.2.7) -> b.example\n", text)
        self.assertIn("    2  claim  b.example -> c.example\n", text)

    def test_strict_says_where_and_what(self):
        bad = GOOD.replace(b"x25519", b"x25519 (")
        hops = objects(GOOD + b"Subject: between\r\n" + bad, "--strict")[0]["hops"]
        self.assertEqual(hops[0]["strict"], {"of_grammar": True})
        self.assertFalse(hops[1]["strict"]["of_grammar"])
        self.assertGreater(hops[1]["strict"]["octet"], bad.index(b"("))
        _, text, _ = received(bad, "--strict")
        self.assertIn("grammar   not kept: at octet ", text)
        self.assertIn(f"{hops[1]['strict']['production']} is wanted\n", text)
        self.assertNotIn("strict", objects(GOOD)[0]["hops"][0])


class Input(unittest.TestCase):
    """What is a message, and what cannot be read."""

    def test_nothing(self):
        status, output, errors = received(b"")
        self.assertEqual((status, output), (1, ""))
        self.assertIn("no message", errors)

    def test_a_message_without_trace(self):
        [told] = objects(END)
        self.assertEqual((told["hops"], told["weakest"], told["silent"]), ([], None, []))
        self.assertEqual(received(END)[:2], (0, "0 hops\n"))

    def test_fields_of_the_body_and_of_other_names_are_none(self):
        hops = objects(b"X-Received: from a by b\n" + GOOD + b"\n" + CLEAR)[0]["hops"]
        self.assertEqual([hop["by"] for hop in hops], ["b.example"])

    def test_only_an_mbox_is_divided(self):
        text = GOOD + b"\r\nFrom here on it is text.\r\n" + CLEAR
        self.assertEqual(len(objects(text)), 1)
        self.assertEqual([len(o["hops"]) for o in objects(b"From x\n" + text)], [1, 1])
        # Not behind an empty line: text.
        self.assertEqual(len(objects(b"From x\n" + GOOD + b"\nText\nFrom me\n")), 1)
        self.assertEqual([len(o["hops"]) for o in objects(b"From x\nFrom y\n" + CLEAR)], [0, 1])

    def test_cut_off_anywhere(self):
        for length in range(1, len(GOOD)):
            [told] = objects(GOOD[:length], "--strict")
            self.assertLessEqual(len(told["hops"]), 1)

    def test_long(self):
        # Behind 1000 fields no more are read; one may be long.
        [told] = objects(CLEAR * 1500 + END, "--strict")
        self.assertEqual(len(told["hops"]), 1000)
        field = b"Received: from a by b" + b" (" + b"x" * 1_000_000 + b") with SMTP; " + DATE.encode()
        self.assertEqual(len(objects(field, "--strict")[0]["hops"]), 1)

    def test_standard_input_that_cannot_be_read(self):
        directory = os.open("/", os.O_RDONLY)
        try:
            status, output, errors = received(None, stdin=directory)
        finally:
            os.close(directory)
        self.assertEqual((status, output), (1, ""))
        self.assertIn("standard input: ", errors)

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no device that is always full here")
    def test_standard_output_that_takes_nothing(self):
        with open("/dev/full", "wb") as full:
            status, _, errors = received(GOOD, stdout=full)
        self.assertEqual(status, 1)
        self.assertIn("standard output: ", errors)

    def test_wrong_usage(self):
        for options in (("--nonsense",), ("--own",), ("--own", "x"), ("--own", "-1"),
                        ("--own", "9" * 30), ("file",)):
            status, output, errors = received(GOOD, *options)
            self.assertEqual((status, output), (1, ""), options)
            self.assertTrue(errors.endswith("; see --help\n") and errors.count("\n") == 1, errors)
        status, output, _ = received(b"", "--help")
        self.assertEqual(status, 0)
        self.assertIn("--require-tls", output)


class RequireTls(unittest.TestCase):
    """The exit status for scripts."""

    def test_status(self):
        for message, status in ((GOOD, 0), (GOOD + LOCAL, 0), (GOOD + CLEAR, 2), (SILENT + GOOD, 2),
                                (b"From x\n" + CLEAR + b"\nFrom y\n" + GOOD, 2)):
            self.assertEqual(received(message + END, "--require-tls")[0], status, message)
            self.assertEqual(received(message + END, "--json", "--require-tls")[0], status)
            self.assertEqual(received(message + END)[0], 0)


class Hostile(unittest.TestCase):
    """What a message says reaches a terminal as text only, and a program as valid JSON."""

    # Escapes, C1, bidirectional controls, no width, separators, a tag, octets that are no UTF-8.
    NASTY = ("\x1b[2J\x07\x7f\u009b31m\u202e\u2066\u200b\u2028\ufeff\U000e0041".encode() +
             b"\xff\xc3\xed\xa0\x80\x00\xf4\x90\x80\x80")
    DECEIVING = [*range(0x20), *range(0x7f, 0xa0), 0x202e, 0x2066, 0x200b, 0x2028, 0xfeff, 0xe0041]

    def message(self):
        nasty = self.NASTY
        return (b"Received: from " + nasty + b" by " + nasty + b" with " + nasty + b' id "a\\"b"' +
                b" for " + nasty + b" tls " + nasty + b" group " + nasty + b"; " + DATE.encode() +
                b"\r\n\r\n")

    def test_text(self):
        status, output, _ = received(self.message(), "--strict")
        self.assertEqual(status, 0)
        self.assertIn("grammar   not kept", output)
        found = [c for c in output if c != "\n" and ord(c) in self.DECEIVING]
        self.assertEqual(found, [])

    def test_json(self):
        status, output, _ = received(self.message(), "--json", "--strict")
        self.assertEqual(status, 0)
        self.assertEqual(output.count("\n"), 1)
        self.assertEqual([c for c in output[:-1] if ord(c) in self.DECEIVING], [])
        [hop] = json.loads(output)["hops"]
        for part in ("from", "with"):
            self.assertIn("31m??? ??\ufffd", hop[part])
        # The host alone, which a control character ends.
        self.assertEqual(hop["by"], "[2J")
        self.assertEqual(hop["id"], '"a\\"b"')

    def test_every_octet(self):
        for octet in range(256):
            message = b"Received: from a" + bytes([octet]) + b"b by c with ESMTPS; x\n\n"
            json.loads(received(message, "--json", "--strict")[1].splitlines()[0])
            output = received(message)[1]
            self.assertTrue(all(c.isprintable() or c == "\n" for c in output), octet)


if __name__ == "__main__":
    unittest.main()
