"""Certificates octet by octet, signed by nobody, with names of every form."""


def element(tag, *contents):
    content = b"".join(contents)
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


COMMON_NAME = bytes.fromhex("0603550403")
ALTERNATIVE_NAMES = bytes.fromhex("0603551d11")
DNS_SRV = bytes.fromhex("06082b06010505070807")
ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
# The generator of P-256, whose private key is 1.
KEY = bytes.fromhex(
    "3059301306072a8648ce3d020106082a8648ce3d030107034200"
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")


def dns(name):
    return element(0x82, name.encode())


def mail(name):
    return element(0x81, name.encode())


def uri(name):
    return element(0x86, name.encode())


def address(octets):
    return element(0x87, octets)


def srv(name):
    return element(0xA0, DNS_SRV, element(0xA0, element(0x16, name.encode())))


def certificate(alternative=(), common_names=()):
    """A certificate in DER for these alternative names, of a subject with these common names."""
    subject = element(0x30, *(
        element(0x31, element(0x30, COMMON_NAME, element(0x0C, name.encode()))) for name in common_names))
    validity = element(0x30, element(0x17, b"260101000000Z"), element(0x17, b"360101000000Z"))
    issuer = element(0x30, element(0x31, element(0x30, COMMON_NAME, element(0x0C, b"nobody"))))
    extensions = b""
    if alternative:
        names = element(0x30, ALTERNATIVE_NAMES, element(4, element(0x30, *alternative)))
        extensions = element(0xA3, element(0x30, names))
    body = element(
        0x30, bytes.fromhex("a003020102020101"), ECDSA_SHA256, issuer, validity, subject, KEY, extensions)
    # ECDSA-Sig-Value of 1 and 1.
    return element(0x30, body, ECDSA_SHA256, element(3, b"\0", bytes.fromhex("3006020101020101")))
