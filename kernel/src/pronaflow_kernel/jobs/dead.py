"""Jobs that were given up, and what an operator does with them: look, bring back, throw away.

Everything goes in short transactions of up to `CHUNK` rows, so that nobody waits, however many there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, bindparam, delete, func, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from ..events.models import EventRow
from ..ids import new_id
from .enqueue import new_job
from .models import LEASED, DeadJob, Job
from .operations import reports
from .types import Discard

CHUNK = 500
"""Rows a transaction."""

CANCELLED = "cancelled by the operator"
"""The reason of a job that was taken out while it waited."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Which:
    """Which dead jobs; all of them where nothing is said.

    Arguments:
        ids: these alone; kind: of this full name alone.
    """

    ids: tuple[int, ...] | None = None
    kind: str | None = None

    def condition(self, table: Any) -> Any:
        """Of a statement over a table of jobs."""
        chosen = true()
        if self.ids is not None:
            chosen &= table.c.id.in_(bindparam("ids", list(self.ids), type_=BigInteger(), expanding=True))
        if self.kind is not None:
            chosen &= table.c.kind == self.kind
        return chosen


@dataclass(frozen=True, slots=True)
class Chunk:
    """What became of some jobs.

    Arguments:
        moved: how many, by kind; queues: in which there is work now.
        left: ids of those that stay, because the same is waiting already.
    """

    moved: Mapping[str, int]
    queues: frozenset[str] = frozenset()
    left: tuple[int, ...] = ()


_DEAD = DeadJob.__table__
_JOB = Job.__table__
_EVENT = select(EventRow.__table__).where(EventRow.seq == bindparam("seq"))
_REMOVE = delete(_DEAD).where(_DEAD.c.id.in_(bindparam("ids", type_=BigInteger(), expanding=True)))
_TAKE_OUT = (
    update(_JOB)
    .where(_JOB.c.id == bindparam("job"), _JOB.c.state != LEASED)
    .values(state=LEASED, lease_token=bindparam("token"))
    .returning(_JOB)
)
_ONE = {table: select(table).where(table.c.id == bindparam("job")) for table in (_JOB, _DEAD)}
_RESTORE = {
    dialect.name: make(Job).on_conflict_do_nothing().returning(Job.id)
    for dialect, make in ((sqlite.dialect, sqlite.insert), (postgresql.dialect, postgresql.insert))
}
_KEPT = [column.key for column in _DEAD.c if column.key in _JOB.c and column.key != "last_error"]


def count(connection: Connection, which: Which) -> int:
    """How many dead jobs there are."""
    statement = select(func.count()).select_from(_DEAD).where(which.condition(_DEAD))
    return connection.scalar(statement) or 0


def listed(connection: Connection, which: Which, most: int) -> list[Row]:
    """Dead jobs, those that were given up last first."""
    statement = (
        select(_DEAD).where(which.condition(_DEAD)).order_by(_DEAD.c.died_at.desc(), _DEAD.c.id.desc())
    )
    return [dict(row) for row in connection.execute(statement.limit(most)).mappings()]


def waiting(connection: Connection, which: Which, state: int | None, most: int) -> list[Row]:
    """Jobs that are still to be done, the oldest first; of one of the states of `models`, or of all."""
    statement = select(_JOB).where(which.condition(_JOB)).order_by(_JOB.c.id).limit(most)
    if state is not None:
        statement = statement.where(_JOB.c.state == state)
    return [dict(row) for row in connection.execute(statement).mappings()]


def find(connection: Connection, job_id: int, *, dead: bool) -> Row | None:
    """A job with the event that it is about, `event`; None where there is none of this number."""
    row = connection.execute(_ONE[_DEAD if dead else _JOB], {"job": job_id}).mappings().one_or_none()
    if row is None:
        return None
    event = connection.execute(_EVENT, {"seq": row["event_seq"]}).mappings().one_or_none()
    return {**row, "event": None if event is None else dict(event)}


def retry(engine: Engine, which: Which, now: datetime) -> Iterator[Chunk]:
    """Let dead jobs be done once more, from their first attempt.

    They keep their number, and with it their place in their lane. One whose like has been handed in since
    (`dedup_key`) stays dead.
    """

    def bring_back(connection: Connection, rows: Sequence[Row]) -> Chunk:
        jobs = [_revived(row, now) for row in rows]
        stored = set(connection.scalars(_RESTORE[connection.dialect.name], jobs))
        connection.execute(_REMOVE, {"ids": list(stored)})
        back = [row for row in rows if row["id"] in stored]
        return Chunk(
            Counter(row["kind"] for row in back),
            frozenset(row["queue"] for row in back),
            tuple(row["id"] for row in rows if row["id"] not in stored),
        )

    return _in_chunks(engine, which, bring_back)


def discard(engine: Engine, which: Which) -> Iterator[Chunk]:
    """Throw dead jobs away; what they would have done is never done."""

    def throw_away(connection: Connection, rows: Sequence[Row]) -> Chunk:
        connection.execute(_REMOVE, {"ids": [row["id"] for row in rows]})
        return Chunk(Counter(row["kind"] for row in rows))

    return _in_chunks(engine, which, throw_away)


def forget(engine: Engine, before: datetime) -> int:
    """Delete those that were given up before an instant; returns how many."""
    old = select(_DEAD.c.id).where(_DEAD.c.died_at < before).order_by(_DEAD.c.died_at).limit(CHUNK)
    statement, total = delete(_DEAD).where(_DEAD.c.id.in_(old)), 0
    while True:
        with engine.begin() as connection:
            gone = connection.execute(statement).rowcount
        total += gone
        if gone < CHUNK:
            return total


def cancel(connection: Connection, job_id: int, now: datetime) -> bool:
    """Take a job out that nobody works on; it is kept as dead. False where there is none such."""
    token = new_id()
    row = connection.execute(_TAKE_OUT, {"job": job_id, "token": token}).mappings().one_or_none()
    if row is None:
        return False
    words = "It was cancelled by whoever runs this server"
    reports.bury(connection, dict(row), CANCELLED, words, Discard(words), now)
    return True


def _in_chunks(
    engine: Engine, which: Which, move: Callable[[Connection, Sequence[Row]], Chunk]
) -> Iterator[Chunk]:
    """Move the rows in order of their numbers; each chunk is committed when it is told."""
    after, statement = 0, select(_DEAD).where(which.condition(_DEAD), _DEAD.c.id > bindparam("after"))
    statement = statement.order_by(_DEAD.c.id).limit(CHUNK)
    while True:
        with engine.begin() as connection:
            rows = [dict(row) for row in connection.execute(statement, {"after": after}).mappings()]
            if not rows:
                return
            chunk = move(connection, rows)
        yield chunk
        after = rows[-1]["id"]


def _revived(row: Row, now: datetime) -> Row:
    kept = {name: row[name] for name in _KEPT if name not in ("kind", "attempt")}
    return new_job(row["kind"], now=now, **kept)
