"""Who does which job: taking, finishing, putting back and giving up.

A worker takes jobs for the length of a lease and says from time to time that it still works on them. If it
dies, they go back after the lease; if it was only slow and somebody else has one by then, its token is
worthless and what it did in the database is undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from ..ids import new_id
from ..persistence.types import Id, UtcDateTime
from .models import LEASED, NOBODY, PARKED, READY, WAITING, DeadJob, Job

BATCH = 50
"""Jobs taken at once; those that one thread has not begun after a while go back."""

_BEFORE_ALL = "00000000-0000-0000-0000-000000000000"
"""Sorts before every tenant."""

ERROR = 2000
"""Characters of an error that are kept."""

_NOW = bindparam("now", type_=UtcDateTime())
_TOKEN = bindparam("token", type_=Id())
_WORKER = bindparam("worker", type_=Id())
_UNTIL = bindparam("until", type_=UtcDateTime())
_QUEUE: BindParameter[str] = bindparam("which_queue")
_PRIORITY: BindParameter[int] = bindparam("which_priority")
_earlier = aliased(Job)


def _claim(*which: Any, order: tuple[Any, ...]) -> Any:
    """A statement that takes jobs whose turn it is.

    Of a lane only the first one has its turn, whatever the others wait for.
    """
    first = ~exists(select(_earlier.id).where(_earlier.lane == Job.lane, _earlier.id < Job.id))
    picked = (
        select(Job.id)
        .where(
            Job.state == READY,
            Job.queue == _QUEUE,
            Job.priority == _PRIORITY,
            or_(Job.lane.is_(None), first),
            *which,
        )
        .order_by(*order)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        # Materialised, or PostgreSQL may run it again for each row and take more than the limit.
        .cte("picked")
        .prefix_with("MATERIALIZED")
    )
    return (
        update(Job)
        .where(Job.id.in_(select(picked.c.id)))
        .values(
            state=LEASED, attempt=Job.attempt + 1, lease_until=_UNTIL, lease_token=_TOKEN, worker_id=_WORKER
        )
        .returning(Job)
    )


_FRESH = _claim(Job.attempt == 0, Job.tenant > bindparam("served", type_=Id()), order=(Job.tenant, Job.id))
_AGAIN = _claim(Job.attempt > 0, order=(Job.id,))
_FIRST = (
    select(func.min(Job.priority).label("priority"))
    .where(Job.state == READY, Job.queue == _QUEUE, Job.priority > _PRIORITY)
    .subquery("first")
)
NEXT = select(
    _FIRST.c.priority,
    exists(
        select(Job.id).where(
            Job.state == READY, Job.queue == _QUEUE, Job.attempt > 0, Job.priority == _FIRST.c.priority
        )
    ).label("begun"),
)
"""What may be taken of a queue next; read by `Ready.of`."""
_HELD = and_(Job.id == bindparam("job"), Job.lease_token == _TOKEN)
_DONE = delete(Job).where(_HELD)
_ALL_HELD = and_(Job.id.in_(bindparam("all_jobs", expanding=True)), Job.lease_token == _TOKEN)
_ALL_DONE = delete(Job).where(_ALL_HELD)
_FREED: dict[str, Any] = {"lease_until": None, "lease_token": None, "worker_id": None}
_BACK = (
    update(Job)
    .where(_HELD)
    .values(
        state=WAITING,
        available_at=bindparam("when", type_=UtcDateTime()),
        last_error=bindparam("error"),
        **_FREED,
    )
)
# Its like may wait by now or by the time that it comes back: there is no room for two of one key.
_NOT_BEGUN: dict[str, Any] = {"attempt": Job.attempt - 1, "dedup_key": None, **_FREED}
_PARK = update(Job).where(_HELD).values(state=PARKED, **_NOT_BEGUN)
_GIVE_BACK = update(Job).where(_ALL_HELD).values(state=READY, **_NOT_BEGUN)
_UNPARK = (
    update(Job)
    .where(Job.state == PARKED, Job.kind == bindparam("which"), Job.tenant == bindparam("whose", type_=Id()))
    .values(state=READY)
)
_PARKED = select(Job.kind, Job.tenant).where(Job.state == PARKED).distinct()
_DUE = and_(Job.state == WAITING, Job.available_at <= _NOW)
_PROMOTE = update(Job).where(_DUE).values(state=READY)


def _unlocked(*which: Any) -> Any:
    """Jobs that nobody is about to end: who waits for those, in no order, may stand in a deadlock."""
    return Job.id.in_(select(Job.id).where(*which).with_for_update(skip_locked=True))


_IN_HAND = Job.lease_token.in_(bindparam("in_hand", expanding=True))
_BEAT = (
    update(Job)
    .where(_unlocked(Job.worker_id == _WORKER, Job.state == LEASED, _IN_HAND))
    .values(lease_until=_UNTIL)
)
_OVERDUE = and_(Job.state == LEASED, Job.lease_until < _NOW)
_SWEEP = update(Job).where(_unlocked(_OVERDUE)).values(state=READY, **_FREED)
_WORKERS = select(Job.worker_id).where(Job.state == LEASED).distinct()
_MINE = select(Job.id, Job.lease_token).where(Job.worker_id == _WORKER, Job.state == LEASED)
_PICK_UP = update(Job).where(_HELD, Job.state == LEASED).values(state=READY, **_FREED)
_RELEASE = update(Job).where(Job.worker_id == _WORKER, Job.state == LEASED).values(state=READY, **_FREED)
_LATE = select(exists(select(Job.id).where(_DUE)) | exists(select(Job.id).where(_OVERDUE)))
_kept = [column.key for column in DeadJob.__table__.c if column.key in Job.__table__.c]


class Ready(NamedTuple):
    """What may be taken next.

    Arguments:
        priority: of it; begun: whether some of it was begun before.
    """

    priority: int
    begun: bool

    @classmethod
    def of(cls, row: Any) -> Ready | None:
        """From a row of `NEXT`; None where there is nothing."""
        return None if row.priority is None else cls(row.priority, row.begun)


class Claims:
    """Takes jobs for one worker process, tenant after tenant, and keeps them while it lives.

    Whoever hands in much waits behind himself: of each tenant at most one batch is taken, then it is the next
    one's turn.

    Arguments:
        worker_id: stands in the jobs that it has.
        lease: how long it may be silent before others take them.
    """

    def __init__(self, worker_id: str, lease: timedelta) -> None:
        self.worker_id, self.lease = worker_id, lease
        self._served: dict[tuple[str, int], str] = {}
        self._again: dict[str, bool] = {}
        self._in_hand: set[str] = set()

    def take(
        self, connection: Connection, queue: str, now: datetime, seen: Ready | None = None
    ) -> list[dict[str, Any]]:
        """Take jobs whose turn it is; none where there is nothing to do.

        Those of a higher priority come first. A job that was begun before is taken alone: if it kills its
        worker again, no other one is counted. It is every second one's turn, so that neither what is new nor
        what has failed waits for ever.

        Arguments:
            connection: in a transaction, or in autocommit: what is taken is taken by one statement.
            seen: what a look has just found, which spares another one.
        """
        token = new_id()
        given = {
            "which_queue": queue,
            "until": now + self.lease,
            "token": token,
            "worker": self.worker_id,
        }
        # Noted before anything is taken, so that `pick_up` never takes a job for a dropped one.
        self._in_hand.add(token)
        found: list[dict[str, Any]] = []
        try:
            found = self._next(connection, given, seen or ready(connection, queue))
        finally:
            if not found:
                self._in_hand.discard(token)
        return sorted(found, key=lambda row: int(row["id"]))

    def _next(
        self, connection: Connection, given: dict[str, Any], standing: Ready | None
    ) -> list[dict[str, Any]]:
        queue = given["which_queue"]
        self._again[queue] = again = not self._again.get(queue, True)
        while standing is not None:
            given["which_priority"] = standing.priority
            ways = [self._fresh, self._begun] if standing.begun else [self._fresh]
            for way in reversed(ways) if again else ways:
                if found := way(connection, given):
                    return found
            # Whatever is ready there stands behind others of its lane.
            standing = ready(connection, queue, standing.priority)
        return []

    def _begun(self, connection: Connection, given: dict[str, Any]) -> list[dict[str, Any]]:
        return [dict(row) for row in connection.execute(_AGAIN, {**given, "most": 1}).mappings()]

    def _fresh(self, connection: Connection, given: dict[str, Any]) -> list[dict[str, Any]]:
        turn = (given["which_queue"], given["which_priority"])
        served = self._served.get(turn, _BEFORE_ALL)
        for after in dict.fromkeys((served, _BEFORE_ALL)):
            rows = connection.execute(_FRESH, {**given, "most": BATCH, "served": after}).mappings().all()
            if rows:
                # Fewer than a batch are all there were: the next round begins.
                last = max(row["tenant"] for row in rows)
                self._served[turn] = last if len(rows) == BATCH else _BEFORE_ALL
                return [dict(row) for row in rows]
        return []

    def let_go(self, jobs: Iterable[Mapping[str, Any]]) -> None:
        """Work no longer on jobs that were taken together, however they ended."""
        self._in_hand -= {job["lease_token"] for job in jobs}

    def beat(self, connection: Connection, now: datetime) -> None:
        """Say that the worker still works on what it took."""
        connection.execute(_BEAT, {**self._mine(), "until": now + self.lease})

    def dropped(self, connection: Connection) -> list[dict[str, Any]]:
        """Jobs that are marked as this worker's and that it does not work on; takes no lock.

        So it is with those whose end could not be written down, because the database was away. What is in
        hand is looked at last: a job that was seen here had been noted before.
        """
        seen = connection.execute(_MINE, {"worker": self.worker_id}).mappings().all()
        return [dict(row) for row in seen if row["lease_token"] not in self._in_hand]

    def pick_up(self, connection: Connection, dropped: Iterable[Mapping[str, Any]]) -> None:
        """Put back such jobs, unless they have come to an end or were taken again meanwhile."""
        for job in dropped:
            connection.execute(_PICK_UP, _token(job))

    def _mine(self) -> dict[str, Any]:
        return {"worker": self.worker_id, "in_hand": list(self._in_hand)}


def ready(connection: Connection, queue: str, after: int = -1) -> Ready | None:
    """What may be taken of a queue next, also if it stands behind others of its lane; None for nothing.

    Arguments:
        after: only what has a larger number as its priority.
    """
    return Ready.of(connection.execute(NEXT, looking(queue, after)).one())


def looking(queue: str, after: int = -1) -> dict[str, Any]:
    """The parameters of `NEXT`."""
    return {"which_queue": queue, "which_priority": after}


def come_due(connection: Connection, now: datetime) -> bool:
    """Whether there is something for `promote` or `sweep`; takes no lock."""
    return bool(connection.scalar(_LATE, {"now": now}))


def promote(connection: Connection, now: datetime) -> int:
    """Let jobs be taken whose time has come."""
    return connection.execute(_PROMOTE, {"now": now}).rowcount


def sweep(connection: Connection, now: datetime) -> int:
    """Put back what silent workers had."""
    return connection.execute(_SWEEP, {"now": now}).rowcount


def workers(connection: Connection) -> list[str]:
    """The ids of all workers that have jobs."""
    return list(connection.scalars(_WORKERS))


def release(connection: Connection, worker_id: str) -> int:
    """Put back what a worker had that is known to be dead."""
    return connection.execute(_RELEASE, {"worker": worker_id}).rowcount


def done(connection: Connection, job: Mapping[str, Any]) -> bool:
    """End a job; False where somebody else has it by now, and then everything with it must be undone."""
    return connection.execute(_DONE, _token(job)).rowcount == 1


def all_done(connection: Connection, jobs: Sequence[Mapping[str, Any]]) -> bool:
    """`done` for jobs that were taken together; False where one of them is somebody else's by now."""
    return connection.execute(_ALL_DONE, _together(jobs)).rowcount == len(jobs)


def give_back(connection: Connection, jobs: Sequence[Mapping[str, Any]]) -> None:
    """Leave jobs that were taken together and not begun to whoever has time.

    The attempt was none, and their `dedup_key` is given up.
    """
    connection.execute(_GIVE_BACK, _together(jobs))


def put_back(connection: Connection, job: Mapping[str, Any], when: datetime, error: str) -> None:
    """Let a job be tried again, at `when`."""
    connection.execute(_BACK, {**_token(job), "when": when, "error": error[:ERROR]})


def park(connection: Connection, job: Mapping[str, Any]) -> None:
    """Lay a job aside until its plugin is on again; the attempt was none, and its `dedup_key` is given up."""
    connection.execute(_PARK, _token(job))


def parked(connection: Connection) -> list[tuple[str, str | None]]:
    """The kinds of jobs that were laid aside, each with the workspaces in which there are some."""
    rows = connection.execute(_PARKED)
    return [(kind, None if tenant == NOBODY else tenant) for kind, tenant in rows]


def unpark(connection: Connection, kind: str, workspace_id: str | None) -> int:
    """Bring back the jobs of a kind in a workspace that were laid aside."""
    return connection.execute(_UNPARK, {"which": kind, "whose": workspace_id or NOBODY}).rowcount


def bury(
    connection: Connection, job: Mapping[str, Any], reason: str, error: str | None, now: datetime
) -> bool:
    """Give a job up; False where somebody else has it by now."""
    if not done(connection, job):
        return False
    row = {name: job[name] for name in _kept}
    row["last_error"] = error[:ERROR] if error else row["last_error"]
    connection.execute(insert(DeadJob), {**row, "died_at": now, "reason": reason[:200]})
    return True


def _together(jobs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"all_jobs": [job["id"] for job in jobs], "token": jobs[0]["lease_token"]}


def _token(job: Mapping[str, Any]) -> dict[str, Any]:
    return {"job": job["id"], "token": job["lease_token"]}
