"""How many notifications somebody has not read, kept beside them.

Whoever writes notifications holds the counters of their readers first, in the order of ids, until the commit.
So all that touches one person's notifications happens one after the other, a counter never differs from what
it counts, and nobody waits in a circle.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping

from pronaflow_kernel.api import UnitOfWork

from . import queries


def hold(uow: UnitOfWork, user_ids: Iterable[str]) -> dict[str, int]:
    """Let nobody else write the notifications of these people until the commit.

    Returns:
        The revision, by user, of what is written now.
    """
    ids = sorted(set(user_ids))
    if not ids:
        return {}
    uow.connection.execute(queries.HOLD[uow.dialect], [{"user_id": user_id} for user_id in ids])
    return {row["user_id"]: row["revision"] for row in uow.all(queries.REVISIONS, ids=ids)}


def add(uow: UnitOfWork, changes: Mapping[str, int]) -> None:
    """Add to counters that are held, a statement for each number.

    Arguments:
        changes: what to add by user.
    """
    for number in sorted(set(changes.values()) - {0}):
        ids = sorted(user_id for user_id, change in changes.items() if change == number)
        uow.execute(queries.ADD, ids=ids, added=number)


def lost(rows: Iterable[Mapping[str, object]]) -> dict[str, int]:
    """What deleted notifications take from the counters, by user."""
    tally = Tally(str(row["user_id"]) for row in rows if row["in_app"] and not row["read"])
    return {user_id: -number for user_id, number in tally.items()}
