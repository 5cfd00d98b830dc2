"""Bearer tokens that an authorization server would give: JWT (RFC 7519) with HMAC SHA-256."""

import base64
import hashlib
import hmac
import json
import time

ISSUER = "https://issuer.example.test"


def _base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def token(key, user, lifetime=3600):
    """For the user, valid for so many seconds, or not any more; `key` is octets."""
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": user, "iat": now - 7200, "exp": now + lifetime}
    signed = b".".join(_base64url(json.dumps(part).encode())
                       for part in ({"typ": "JWT", "alg": "HS256"}, claims))
    signature = hmac.new(key, signed, hashlib.sha256).digest()
    return (signed + b"." + _base64url(signature)).decode()
