"""What an API token looks like (security.md 2.3): `prona_`, 32 characters of chance, 6 of a checksum.

The checksum tells a mistyped or invented token from one that may be ours without asking the database, and
lets scanners for secrets report hardly anything else. All characters are letters and digits, so that a double
click selects a token whole.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib

PREFIX = "prona_"
"""What every token begins with."""

SHOWN = 10
"""Characters of a token by which its owner recognises it in lists."""

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHANCE, _CHECK = 32, 6
_FORM = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_CHANCE + _CHECK}}}")


def new_token() -> str:
    """A token that nobody can guess: 190 bits of chance."""
    body = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_CHANCE))
    return body + _checksum(body)


def is_well_formed(token: str) -> bool:
    """Whether a token can be one of ours: its form and its checksum are right."""
    if not _FORM.fullmatch(token):
        return False
    return token[-_CHECK:] == _checksum(token[:-_CHECK])


def hash_of(token: str) -> bytes:
    """What is stored of a token. It has so much chance in it that a slow hash would hide it no better."""
    return hashlib.sha256(token.encode()).digest()


def _checksum(body: str) -> str:
    """CRC-32 in six digits of base 62, the largest first."""
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
