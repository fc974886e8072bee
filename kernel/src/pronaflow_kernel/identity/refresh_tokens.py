"""The form of refresh tokens: `pr1.` and base64url of session id, generation, 32 random bytes and a checksum.

The checksum keeps junk away from the database; what makes a token hard to guess is its random part, and what
makes it worth something is that its SHA-256 is stored (security.md 2.3).
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import zlib
from uuid import UUID

PREFIX = "pr1."
_ALPHABET = re.compile(r"[A-Za-z0-9_-]+")
_SESSION, _RANDOM, _CHECKSUM = 16, 32, 4
_VARINT = 5
"""Longest generation in bytes."""


def make(session_id: str, generation: int) -> str:
    """A new refresh token.

    Arguments:
        session_id: the session that it continues.
        generation: how many tokens of the session came before it.
    """
    body = UUID(session_id).bytes + _varint(generation) + secrets.token_bytes(_RANDOM)
    packed = base64.urlsafe_b64encode(body + _checksum(body)).decode().rstrip("=")
    return f"{PREFIX}{packed}"


def well_formed(token: str) -> bool:
    """Whether a text could be one of our tokens; everything else need not be looked up."""
    packed = token.removeprefix(PREFIX)
    if packed == token or not _ALPHABET.fullmatch(packed):
        return False
    try:
        raw = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    except binascii.Error:
        return False
    generation = len(raw) - _SESSION - _RANDOM - _CHECKSUM
    body, checksum = raw[:-_CHECKSUM], raw[-_CHECKSUM:]
    return 1 <= generation <= _VARINT and checksum == _checksum(body)


def _checksum(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(_CHECKSUM, "big")


def _varint(number: int) -> bytes:
    """Unsigned LEB128: seven bits a byte, the lowest first."""
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])
