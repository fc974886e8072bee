"""Asking somebody who is signed in for the own password once more: to change it, or before a grave step."""

from __future__ import annotations

from datetime import timedelta

from ...persistence.database import Database
from ...persistence.scope import Scope
from ...persistence.uow import Row
from ..guessing.attempts import Attempts, Limit
from ..guessing.devices import network_of
from ..guessing.failures import too_many
from .password_hashes import PasswordHashes

KIND = "own_password"

FROM_ONE_SOURCE = Limit(KIND, most=5, within=timedelta(minutes=15), per="both")
"""Wrong passwords of a user from one network: who has taken over a session must not guess (FR-1)."""
FROM_EVERYWHERE = Limit(KIND, most=50, within=timedelta(hours=1))
"""Wrong passwords of a user from all networks together."""


class OwnPassword:
    """Compares a password with that of a user who has a session; wrong ones are counted.

    Arguments:
        db: counts in units of work of its own.
        hashes: compare.
        attempts: count.
    """

    def __init__(self, db: Database, hashes: PasswordHashes, attempts: Attempts) -> None:
        self._db = db
        self._hashes = hashes
        self._attempts = attempts

    def matches(self, user: Row, password: str, ip: str | None) -> bool:
        """Whether this is the user's password; call it outside a unit of work.

        Arguments:
            user: `id` and `password_hash`.
            ip: where the request comes from.

        Raises:
            RateLimited: too many were wrong; a right one would not be compared either.
            ServiceUnavailable: too many hashes wait.
        """
        note = self._reserve(user["id"], network_of(ip))
        try:
            right = self._hashes.match(user["password_hash"], password)
        except BaseException:
            with self._db.write(Scope.nobody()) as uow:
                self._attempts.take_back(uow, [note])
            raise
        if right:
            with self._db.write(Scope.nobody()) as uow:
                self._attempts.clear(uow, KIND, user["id"], source=network_of(ip))
        return right

    def _reserve(self, user_id: str, source: str) -> str:
        with self._db.write(Scope.nobody()) as uow:
            self._attempts.hold(uow, KIND, user_id, source)
            seconds = max(
                self._attempts.wait(uow, limit, user_id, source)
                for limit in (FROM_ONE_SOURCE, FROM_EVERYWHERE)
            )
            if seconds:
                words = "Too many wrong passwords: wait, or set a new one by mail"
                raise too_many(words, "too_many_failures", seconds)
            return self._attempts.note(uow, KIND, user_id, source, keep=FROM_EVERYWHERE.within)
