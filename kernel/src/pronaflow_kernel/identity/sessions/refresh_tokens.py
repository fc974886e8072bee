"""The form of refresh tokens: `pr1.` and base64url of session id, generation, 32 random bytes and a checksum.

The checksum keeps junk away from the database; what makes a token hard to guess is its random part, and what
makes it worth something is that its SHA-256 is stored (security.md 2.3).

A token that was used is asked for again when a request is sent twice. What replaced it is therefore kept for
a while, sealed by the used token itself: the server stores of that only the hash, so that neither a copy of
the database nor the server's keys open it.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import zlib
from uuid import UUID

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

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


def parse(token: str) -> tuple[str, int] | None:
    """Session and generation of a text that could be one of our tokens; None of one that cannot be.

    Nothing is proved by it: that the token was issued, its hash in the database tells.
    """
    packed = token.removeprefix(PREFIX)
    if packed == token or not _ALPHABET.fullmatch(packed):
        return None
    try:
        raw = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    except binascii.Error:
        return None
    length = len(raw) - _SESSION - _RANDOM - _CHECKSUM
    body, checksum = raw[:-_CHECKSUM], raw[-_CHECKSUM:]
    if not 1 <= length <= _VARINT or checksum != _checksum(body):
        return None
    return str(UUID(bytes=raw[:_SESSION])), _number(raw[_SESSION : _SESSION + length])


def seal(successor: str, token: str) -> str:
    """A token's successor as only who has the token can read it."""
    return _cipher(token).encrypt(successor.encode()).decode()


def unseal(sealed: str, token: str) -> str:
    """What `seal` hid."""
    return _cipher(token).decrypt(sealed.encode()).decode()


def _cipher(token: str) -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"pronaflow/refresh/successor").derive(token.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def _checksum(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(_CHECKSUM, "big")


def _varint(number: int) -> bytes:
    """Unsigned LEB128: seven bits a byte, the lowest first."""
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def _number(varint: bytes) -> int:
    return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(varint))
