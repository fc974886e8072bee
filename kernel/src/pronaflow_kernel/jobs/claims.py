"""Who does which job: taking, finishing, putting back and giving up.

A worker takes jobs for `LEASE` and says from time to time that it still works on them. If it dies, they go
back after the lease; if it was only slow and somebody else has one by then, its token is worthless and what
it did in the database is undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
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
from .models import LEASED, PARKED, READY, DeadJob, Job

LEASE = timedelta(seconds=30)
"""How long a worker may be silent before others take its jobs."""

BATCH = 20
"""Jobs taken at once."""

ERROR = 2000
"""Characters of an error that are kept."""

_NOW = bindparam("now", type_=UtcDateTime())
_TOKEN = bindparam("token", type_=Id())
_earlier = aliased(Job)


def _claim(*which: Any) -> Any:
    """A statement that takes jobs whose turn it is.

    Of a lane only the first one has its turn, whatever the others wait for.
    """
    first = ~exists(select(_earlier.id).where(_earlier.lane == Job.lane, _earlier.id < Job.id))
    picked = (
        select(Job.id)
        .where(
            Job.state == READY,
            Job.queue == bindparam("which_queue"),
            Job.available_at <= _NOW,
            or_(Job.lane.is_(None), first),
            *which,
        )
        .order_by(Job.priority, Job.id)
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
            state=LEASED,
            attempt=Job.attempt + 1,
            lease_until=bindparam("until", type_=UtcDateTime()),
            lease_token=_TOKEN,
            worker_id=bindparam("worker", type_=Id()),
        )
        .returning(Job)
    )


_FRESH = _claim(Job.attempt == 0)
_AGAIN = _claim(Job.attempt > 0)
_HELD = and_(Job.id == bindparam("job"), Job.lease_token == _TOKEN)
_DONE = delete(Job).where(_HELD)
_FREED: dict[str, Any] = {"lease_until": None, "lease_token": None, "worker_id": None}
_BACK = (
    update(Job)
    .where(_HELD)
    .values(
        state=READY,
        available_at=bindparam("when", type_=UtcDateTime()),
        last_error=bindparam("error"),
        **_FREED,
    )
)
_PARK = update(Job).where(_HELD).values(state=PARKED, attempt=Job.attempt - 1, **_FREED)
_UNPARK = update(Job).where(Job.state == PARKED, Job.kind.startswith(bindparam("prefix"))).values(state=READY)
_BEAT = (
    update(Job)
    .where(Job.worker_id == bindparam("worker", type_=Id()), Job.state == LEASED)
    .values(lease_until=bindparam("until", type_=UtcDateTime()))
)
_SWEEP = update(Job).where(Job.state == LEASED, Job.lease_until < _NOW).values(state=READY, **_FREED)
_WAITING = select(func.count()).select_from(Job)
_kept = [column.key for column in DeadJob.__table__.c if column.key in Job.__table__.c]


def take(
    connection: Connection, queue: str, worker_id: str, now: datetime, most: int = BATCH
) -> list[dict[str, Any]]:
    """Take jobs whose turn it is; none where there is nothing to do.

    A job that was begun before is taken alone: if it kills its worker again, no other one is counted.
    """
    token = new_id()
    common = {"which_queue": queue, "now": now, "until": now + LEASE, "token": token, "worker": worker_id}
    found = connection.execute(_FRESH, {**common, "most": most}).mappings().all()
    if not found:
        found = connection.execute(_AGAIN, {**common, "most": 1}).mappings().all()
    return sorted((dict(row) for row in found), key=lambda row: (row["priority"], row["id"]))


def done(connection: Connection, job: Mapping[str, Any]) -> bool:
    """End a job; False where somebody else has it by now, and then everything with it must be undone."""
    return connection.execute(_DONE, _token(job)).rowcount == 1


def put_back(connection: Connection, job: Mapping[str, Any], when: datetime, error: str) -> None:
    """Let a job be tried again, at `when`."""
    connection.execute(_BACK, {**_token(job), "when": when, "error": error[:ERROR]})


def park(connection: Connection, job: Mapping[str, Any]) -> None:
    """Lay a job aside until its plugin is on again; the attempt was none."""
    connection.execute(_PARK, _token(job))


def unpark(connection: Connection, plugin_id: str) -> int:
    """Bring back the jobs of a plugin that were laid aside."""
    return connection.execute(_UNPARK, {"prefix": f"{plugin_id}."}).rowcount


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


def beat(connection: Connection, worker_id: str, now: datetime) -> None:
    """Say that a worker still works on what it took."""
    connection.execute(_BEAT, {"worker": worker_id, "until": now + LEASE})


def sweep(connection: Connection, now: datetime) -> int:
    """Put back what dead workers had."""
    return connection.execute(_SWEEP, {"now": now}).rowcount


def _token(job: Mapping[str, Any]) -> dict[str, Any]:
    return {"job": job["id"], "token": job["lease_token"]}
