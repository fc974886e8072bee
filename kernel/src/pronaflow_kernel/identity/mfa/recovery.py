"""Recovery codes: ten of 80 bits, for the day when the telephone is lost.

They are hashed by argon2id, as ASVS 5.0 (6.5.2) asks for codes below 112 bits, with a small profile: nobody
guesses 80 bits, and a set is ten hashes. All codes of a set share a salt, so that looking for one among them
costs one hash and not ten.
"""

from __future__ import annotations

import secrets
from base64 import b32encode, b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from argon2 import Parameters, Type, extract_parameters
from argon2.low_level import hash_secret
from sqlalchemy import bindparam, select

from ...persistence.types import Id
from ...persistence.uow import Reader
from ...settings.schema import AuthSettings
from ..passwords.password_hashes import PasswordHashes
from .models import RecoveryCode

CODES = 10
"""How many codes a set has (modules.md 1.3)."""

MEMORY_KIB = 4096
"""Memory of the hash; a password takes as many bytes where the settings give it less."""

_BYTES, _GROUP, _SALT = 10, 4, 16
_LEFT = select(RecoveryCode.id, RecoveryCode.code_hash).where(
    RecoveryCode.user_id == bindparam("owner", type_=Id()), RecoveryCode.used_at.is_(None)
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody shows as their factor: one of the two.

    Arguments:
        code: six digits of the app.
        recovery_id: the id of the recovery code that they know, from `RecoveryCodes.find`; None for a wrong
            one.
    """

    code: str | None = None
    recovery_id: str | None = None


class RecoveryCodes:
    """Makes sets of codes, and finds the one that somebody shows.

    Arguments:
        auth: costs of hashes.
        hashes: of passwords; these wait in the same queue, so that both together leave the machine alive.
    """

    def __init__(self, auth: AuthSettings, hashes: PasswordHashes) -> None:
        self._hashes = hashes
        self._memory = min(MEMORY_KIB, auth.argon2_memory_kib)

    def make(self) -> tuple[list[str], list[str]]:
        """A set: the codes as people note them down, and what is stored of each.

        Raises:
            ServiceUnavailable: too many hashes wait.
        """
        salt = secrets.token_bytes(_SALT)
        codes = [_code() for _ in range(CODES)]
        return codes, [self._hash(code, salt, 1, self._memory, 1) for code in codes]

    def find(self, reader: Reader, user_id: str, code: str) -> str | None:
        """The id of the unused code of a user that somebody shows, however it is written; it stays unused.

        Raises:
            ServiceUnavailable: too many hashes wait.
        """
        rows = reader.all(_LEFT, owner=user_id)
        if not rows:
            return None
        costs, salt = _header(rows[0]["code_hash"])
        shown = self._hash(code, salt, costs.time_cost, costs.memory_cost, costs.parallelism)
        for row in rows:
            if secrets.compare_digest(row["code_hash"], shown):
                return str(row["id"])
        return None

    def shown(self, reader: Reader, user_id: str, body: Mapping[str, Any]) -> Shown | None:
        """What a request shows as the factor of a user; None for nothing. Outside of a unit of work.

        Arguments:
            body: perhaps with `totp_code`, `otp_code` or `backup_code`.

        Raises:
            ServiceUnavailable: too many hashes wait.
        """
        if "backup_code" in body:
            return Shown(recovery_id=self.find(reader, user_id, body["backup_code"]))
        code = body.get("totp_code") or body.get("otp_code")
        return None if code is None else Shown(code=code)

    def _hash(self, code: str, salt: bytes, time_cost: int, memory_kib: int, lanes: int) -> str:
        with self._hashes.place():
            plain = canonical(code).encode()
            return hash_secret(plain, salt, time_cost, memory_kib, lanes, 32, Type.ID).decode()


def canonical(code: str) -> str:
    """A code as it is hashed: without dashes and blanks, in capitals."""
    return "".join(code.split()).replace("-", "").upper()


def _code() -> str:
    """A new code, such as `k7pd-2mzq-x4ra-ooce`."""
    plain = b32encode(secrets.token_bytes(_BYTES)).decode().lower()
    return "-".join(plain[at : at + _GROUP] for at in range(0, len(plain), _GROUP))


def _header(stored: str) -> tuple[Parameters, bytes]:
    """Costs and salt of a stored hash, whose base64 has no padding."""
    salt = stored.split("$")[-2]
    return extract_parameters(stored), b64decode(salt + "=" * (-len(salt) % 4))
