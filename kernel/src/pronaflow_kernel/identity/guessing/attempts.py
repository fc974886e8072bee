"""Counting failed attempts at secrets: passwords, codes, recovery codes (ADR 024).

Each attempt is a row until its window has passed, so that a count is that of a moving window, exact, the same
in all processes and after a restart. It does not depend on anything but the database, which a sign-in needs
anyway. What is counted is stored as a keyed hash: people mistype their password where a name is asked for.

    WRONG_CODES = Limit("mfa.code", most=10, within=timedelta(hours=1))

    with db.write(scope) as uow:  # one of its own, before the code is compared
        wait = attempts.reserve(uow, WRONG_CODES, user_id)
    if wait:
        raise RateLimited("...", headers={"Retry-After": str(wait)})
    if right:
        attempts.clear(uow, WRONG_CODES.kind, user_id)

An attempt is written down before the secret is compared and taken back if it was right: of many at the same
moment no more are compared than the limit allows.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import BigInteger, LargeBinary, bindparam, delete, func, select

from ...persistence.types import Id, UtcDateTime
from ...persistence.uow import Reader, UnitOfWork
from ...secrets import Keys
from ..models import Attempt

PURPOSE = "attempts"
"""Purpose of the keys that hash what is counted."""

Per = Literal["account", "source", "both"]


@dataclass(frozen=True, slots=True)
class Limit:
    """How many failed attempts are borne.

    Arguments:
        kind: what is attempted, e.g. `mfa.code`; limits of one kind count the same attempts.
        most: failures after which no further attempt is made, at least 1.
        within: length of the moving window.
        per: whether the failures of an account, of a source, or of an account from one source count.
    """

    kind: str
    most: int
    within: timedelta
    per: Per = "account"


_KIND = Attempt.kind == bindparam("kind")
_ACCOUNT = Attempt.account_hash.in_(bindparam("accounts", expanding=True, type_=LargeBinary()))
_SOURCE = Attempt.source_hash.in_(bindparam("sources", expanding=True, type_=LargeBinary()))
_OF: dict[Per, tuple[Any, ...]] = {
    "account": (_KIND, _ACCOUNT),
    "source": (_KIND, _SOURCE),
    "both": (_KIND, _ACCOUNT, _SOURCE),
}
_SINCE = Attempt.at > bindparam("since", type_=UtcDateTime())
_COUNT: dict[Per, Any] = {
    per: select(func.count()).select_from(Attempt).where(*these, _SINCE) for per, these in _OF.items()
}
_LATEST: dict[Per, Any] = {
    per: select(Attempt.at).where(*these, _SINCE).order_by(Attempt.at.desc()).limit(bindparam("most"))
    for per, these in _OF.items()
}
_CLEAR: dict[Per, Any] = {per: delete(Attempt).where(*these) for per, these in _OF.items()}
_TAKE_BACK = delete(Attempt).where(Attempt.id.in_(bindparam("ids", expanding=True, type_=Id())))
_HOLD = select(func.pg_advisory_xact_lock(bindparam("number", type_=BigInteger())))


class Attempts:
    """Counts failed attempts.

    Arguments:
        keys: hash what is counted. All accepted keys are looked for, so that a new one forgets nothing.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = [key.secret for key in keys.accepted(PURPOSE)]

    def failures(self, reader: Reader, limit: Limit, account: str = "", source: str = "") -> int:
        """How many attempts stand in the limit's window.

        Arguments:
            account: whose secret it is: a name as typed and normalised, or an id.
            source: where the attempts come from.
        """
        count: int = reader.value(_COUNT[limit.per], **self._these(reader, limit, account, source))
        return count

    def wait(self, reader: Reader, limit: Limit, account: str = "", source: str = "") -> int:
        """Seconds until another attempt may be made, rounded up; 0 where one may be made now."""
        rows = reader.all(_LATEST[limit.per], most=limit.most, **self._these(reader, limit, account, source))
        if len(rows) < limit.most:
            return 0
        left: timedelta = rows[-1]["at"] + limit.within - reader.clock.now()
        return max(1, math.ceil(left.total_seconds()))

    def reserve(self, uow: UnitOfWork, limit: Limit, account: str = "", source: str = "") -> int:
        """Write an attempt down if one may be made; of many at the same moment no more than allowed succeed.

        Returns:
            0 where it is written down, else as `wait`.
        """
        self.hold(uow, limit.kind, account, source)
        seconds = self.wait(uow, limit, account, source)
        if not seconds:
            self.note(uow, limit.kind, account, source, keep=limit.within)
        return seconds

    def hold(self, uow: UnitOfWork, kind: str, account: str = "", source: str = "") -> None:
        """Make whoever else counts attempts of this account or source wait until the commit.

        On SQLite a unit of work is the only one that writes anyway.
        """
        if uow.dialect != "postgresql":
            return
        named = (("account", account), ("source", source))
        digests = [self._digests(kind, role, text)[0] for role, text in named if text]
        # In one order everywhere: two who hold the same ones never wait for each other.
        for number in sorted(int.from_bytes(digest[:8], "big", signed=True) for digest in digests):
            uow.value(_HOLD, number=number)

    def note(
        self, uow: UnitOfWork, kind: str, account: str = "", source: str = "", *, keep: timedelta
    ) -> str:
        """Write an attempt down.

        Arguments:
            keep: the longest window of the limits of this kind.

        Returns:
            What `take_back` knows it by.
        """
        now = uow.clock.now()
        row = uow.insert(
            Attempt,
            {
                "kind": kind,
                "account_hash": self._digests(kind, "account", account)[0],
                "source_hash": self._digests(kind, "source", source)[0],
                "at": now,
                "expires_at": now + keep,
            },
        )
        return str(row["id"])

    def take_back(self, uow: UnitOfWork, notes: Iterable[str]) -> None:
        """Forget single attempts, which turned out to be none."""
        uow.execute(_TAKE_BACK, ids=list(notes))

    def clear(self, uow: UnitOfWork, kind: str, *accounts: str, source: str | None = None) -> None:
        """Forget all attempts of one kind on these accounts, or only those from one source."""
        per: Per = "account" if source is None else "both"
        uow.execute(_CLEAR[per], **self._names(kind, per, accounts, source or ""))

    def _these(self, reader: Reader, limit: Limit, account: str, source: str) -> dict[str, Any]:
        since = reader.clock.now() - limit.within
        return {"since": since, **self._names(limit.kind, limit.per, (account,), source)}

    def _names(self, kind: str, per: Per, accounts: Iterable[str], source: str) -> dict[str, Any]:
        names: dict[str, Any] = {"kind": kind}
        if per != "source":
            names["accounts"] = [one for name in accounts for one in self._digests(kind, "account", name)]
        if per != "account":
            names["sources"] = self._digests(kind, "source", source)
        return names

    def _digests(self, kind: str, role: str, text: str) -> list[bytes]:
        """The keyed hashes of a name, that of the active key first."""
        message = f"{kind}\0{role}\0{text}".encode("utf-8", "surrogatepass")
        return [hmac.digest(key, message, hashlib.sha256) for key in self._keys]
