"""How background work stands: who is behind, by how much, and what was given up.

The one place that counts. The command line, `/health/ready` and `/metrics` show what is found here. Three
statements, whatever waits; with 100,000 jobs in the table they take a fifth of a second on SQLite and a tenth
on PostgreSQL, and lock nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select, true

from ..events.models import EventRow
from ..events.types import Subscriber
from ..persistence.types import UtcDateTime
from .enqueue import ALL_WORKSPACES
from .models import LEASED, PARKED, READY, WAITING, DeadJob, Job, Reading

if TYPE_CHECKING:
    from ..kernel import Kernel
    from .works import Works

_NOW = bindparam("now", type_=UtcDateTime())
# Whose time has come is ready, also before somebody notes it.
_due = or_(Job.state == READY, and_(Job.state == WAITING, Job.available_at <= _NOW))
_not_yet = and_(Job.state == WAITING, Job.available_at > _NOW)


def _count(condition: Any, name: str) -> Any:
    return func.count().filter(condition).label(name)


_JOBS = (
    select(
        Job.kind,
        Job.queue,
        _count(_due, "ready"),
        _count(and_(_not_yet, Job.attempt == 0), "later"),
        _count(and_(_not_yet, Job.attempt > 0), "failed"),
        _count(Job.state == LEASED, "leased"),
        _count(Job.state == PARKED, "parked"),
        func.min(Job.available_at).filter(_due).label("since"),
    )
    .group_by(Job.kind, Job.queue)
    .order_by(Job.kind, Job.queue)
)
_DEAD = select(DeadJob.kind, func.count()).group_by(DeadJob.kind).order_by(DeadJob.kind)
_pending = (
    select(func.count().label("unplaced"), func.min(EventRow.recorded_at).label("since"))
    .where(EventRow.position.is_(None))
    .subquery("pending")
)
_last = select(func.coalesce(func.max(EventRow.position), 0).label("last")).subquery("last")
_next = (
    select(EventRow.recorded_at)
    .where(EventRow.position > Reading.position)
    .order_by(EventRow.position)
    .limit(1)
    .scalar_subquery()
)
_EVENTS = (
    select(_pending, _last.c.last, Reading.subscriber, Reading.position, Reading.attempt, _next.label("next"))
    .select_from(_pending.join(_last, true()).outerjoin(Reading, true()))
    .order_by(Reading.subscriber)
)


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of jobs.

    Arguments:
        ready: their turn has come; later: they were handed in for a later time.
        failed: they wait after an attempt that failed; leased: a worker has them.
        parked: their plugin is off.
        oldest_seconds: for how long the oldest ready one has been ready; None where there is none.
    """

    ready: int = 0
    later: int = 0
    failed: int = 0
    leased: int = 0
    parked: int = 0
    oldest_seconds: float | None = None

    def plus(self, other: Counts) -> Counts:
        """Both together."""
        numbers = {name: getattr(self, name) + getattr(other, name) for name in STATES}
        ages = [each for each in (self.oldest_seconds, other.oldest_seconds) if each is not None]
        return Counts(**numbers, oldest_seconds=max(ages, default=None))


STATES = tuple(each.name for each in fields(Counts) if each.name != "oldest_seconds")
"""What a job can be, as `Counts` names it."""


@dataclass(frozen=True, slots=True)
class Lag:
    """How a kind of background work stands.

    Arguments:
        kind: full name, e.g. `tasks.notify_assignee`.
        mode: `db`, `external` or `batch`; None where nothing that runs does it.
        subscriber: whether it hears of events; else it is a job type.
        jobs: of one in batches, which has no jobs, `failed` is 1 while it waits after a failure, and
            `oldest_seconds` tells how old the next event is that it has to read.
        dead: how many jobs were given up.
        behind: of a subscriber in batches, how many events it has still to read; otherwise None.
    """

    kind: str
    mode: str | None
    subscriber: bool
    jobs: Counts = Counts()
    dead: int = 0
    behind: int | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """How all background work stands.

    Arguments:
        unplaced: events that no relay has taken yet; unplaced_seconds: the age of the oldest of them.
        kinds: by name, those that nothing runs any more among them while they have jobs.
        queues: jobs by queue, every known queue.
    """

    unplaced: int
    unplaced_seconds: float | None
    kinds: tuple[Lag, ...]
    queues: Mapping[str, Counts]

    @property
    def dead(self) -> dict[str, int]:
        """How many jobs were given up, by kind; kinds without any left out."""
        return {lag.kind: lag.dead for lag in self.kinds if lag.dead}

    @property
    def oldest_ready(self) -> dict[str, float]:
        """For how many seconds the oldest ready job has been ready, by queue; queues without any left out."""
        each = ((name, counts.oldest_seconds) for name, counts in self.queues.items())
        return {name: seconds for name, seconds in each if seconds is not None}

    def as_data(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {**asdict(self), "queues": {name: asdict(counts) for name, counts in self.queues.items()}}


def figures_of(kernel: Kernel) -> Figures:
    """How the background work of an installation stands at this moment."""
    engine = kernel.db.engines.read.execution_options(unscoped=ALL_WORKSPACES)
    with engine.connect() as connection:
        return figures(connection, kernel.bus.works, kernel.clock.now())


def figures(connection: Connection, works: Works, now: datetime) -> Figures:
    """Count what waits.

    Arguments:
        connection: marked with `unscoped`.
        works: what runs: all of it is listed, behind or not.
    """
    kinds = {
        kind: Lag(kind, work.does.mode, isinstance(work.does, Subscriber))
        for kind, work in works.by_kind.items()
    }
    queues = dict.fromkeys(works.queues, Counts())
    for row in connection.execute(_JOBS, {"now": now}).mappings():
        counts = Counts(**{name: row[name] for name in STATES}, oldest_seconds=_age(row["since"], now))
        lag = kinds.get(row["kind"]) or Lag(row["kind"], None, False)
        kinds[row["kind"]] = replace(lag, jobs=lag.jobs.plus(counts))
        queues[row["queue"]] = queues.get(row["queue"], Counts()).plus(counts)
    for kind, dead in connection.execute(_DEAD):
        kinds[kind] = replace(kinds.get(kind) or Lag(kind, None, False), dead=dead)
    events = connection.execute(_EVENTS).mappings().all()
    kinds |= {lag.kind: lag for lag in _readers(events, kinds, now)}
    return Figures(
        events[0]["unplaced"],
        _age(events[0]["since"], now),
        tuple(kinds[kind] for kind in sorted(kinds)),
        dict(sorted(queues.items())),
    )


def _readers(rows: Iterable[Mapping[Any, Any]], kinds: Mapping[str, Lag], now: datetime) -> Iterable[Lag]:
    """Those that read in batches and run; the place of one that does not is only kept for it."""
    for row in rows:
        lag = kinds.get(row["subscriber"])
        if lag is not None and lag.mode == "batch":
            counts = Counts(failed=int(row["attempt"] > 0), oldest_seconds=_age(row["next"], now))
            yield replace(lag, jobs=counts, behind=row["last"] - row["position"])


def _age(since: datetime | None, now: datetime) -> float | None:
    """Seconds from then to now; clocks of several machines differ, so that it may seem to lie ahead."""
    return None if since is None else max(0.0, (now - since).total_seconds())
