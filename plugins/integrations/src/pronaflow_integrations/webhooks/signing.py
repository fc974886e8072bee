"""Signatures of what is sent: Standard Webhooks 1.0, and `X-PronaFlow-Signature`; pure functions.

A receiver checks `webhook-signature`, a list of `v1,<base64>`, each the HMAC-SHA256 over
`<webhook-id>.<webhook-timestamp>.<body>` with one of the live secrets, the newest first.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
"""Of a secret that holds its key as base64."""

LEAST_SECRET = 8
"""Characters of a secret."""

STRONG_SECRET = 24
"""Characters from which on a secret counts as strong (NIST SP 800-107: a key as long as half the hash)."""


def new_secret() -> str:
    """A secret of 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def strength(secret: str) -> str:
    """`strong`, or `weak`: accepted all the same, since the first seed's own example is."""
    return "strong" if len(secret) >= STRONG_SECRET else "weak"


def key_of(secret: str) -> bytes:
    """The key of a secret: what its base64 says after `whsec_`, else its UTF-8 bytes.

    Raises:
        ValueError: it starts with `whsec_` and no base64 follows.
    """
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        text = secret.removeprefix(PREFIX).rstrip("=")
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise ValueError("After whsec_ a secret goes on in base64.") from None


def signatures(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that prove where a message comes from.

    Arguments:
        keys: of the live secrets, the newest first.
        message_id: the same at each attempt.
        timestamp: of this attempt, in seconds since 1970.
    """
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    standard = [base64.b64encode(_mac(key, signed)).decode() for key in keys]
    return {
        "Webhook-Id": message_id,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": " ".join(f"v1,{each}" for each in standard),
        "X-PronaFlow-Signature": f"sha256={_mac(keys[0], body).hex()}",
    }


def _mac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()
