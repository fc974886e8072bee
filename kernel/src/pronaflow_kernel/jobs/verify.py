"""Whether the ledger and the jobs are as the rules of the bus leave them.

They are, unless a disk was full, a backup was restored, or somebody wrote into the tables. Each check is a
statement that finds what breaks one rule. Nothing is locked and nothing is mended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, func, or_, select

from ..events.models import EventRow
from ..events.types import EventType
from ..persistence.types import UtcDateTime
from .incoming import Erased, Unknown, event_for
from .models import LEASED, DeadJob, Job, Reading

NAMED = 10
"""Faults of one kind that are named one by one."""

CHUNK = 500
"""Events read at once."""

UNSWEPT = timedelta(minutes=1)
"""Somebody puts back a job this long after its lease, where anything runs."""

FAR = timedelta(hours=1)
"""No lease ends as far ahead, unless clocks differ."""

_before = func.lag(EventRow.position).over(order_by=EventRow.position)
_placed = (
    select(EventRow.position.label("at"), func.coalesce(_before, 0).label("before"))
    .where(EventRow.position.is_not(None))
    .subquery("placed")
)
_HELD = and_(Job.lease_until.is_not(None), Job.lease_token.is_not(None), Job.worker_id.is_not(None))
_FREE = and_(Job.lease_until.is_(None), Job.lease_token.is_(None), Job.worker_id.is_(None))


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that is broken, and where.

    Arguments:
        check: short name of the rule.
        words: what is wrong and what it means.
    """

    check: str
    words: str


@dataclass(frozen=True, slots=True)
class _Check:
    """A rule, and the statement that finds what breaks it, with words for a row of it."""

    name: str
    broken: Any
    words: str


_CHECKS = (
    _Check(
        "gap",
        select(_placed).where(_placed.c.at != _placed.c.before + 1).order_by(_placed.c.at),
        "no event has a position between {before} and {at}: readers step over what is missing",
    ),
    _Check(
        "unplaced",
        select(EventRow.seq, EventRow.recorded_at)
        .where(EventRow.position.is_(None), EventRow.recorded_at < bindparam("late", type_=UtcDateTime()))
        .order_by(EventRow.seq),
        "event {seq} of {recorded_at} has no position yet: does any server or worker run?",
    ),
    _Check(
        "event",
        select(Job.id, Job.kind, Job.event_seq)
        .where(Job.event_seq.is_not(None), ~exists().where(EventRow.seq == Job.event_seq))
        .order_by(Job.id),
        "job {id} of {kind} is about event {event_seq}, which is not there",
    ),
    _Check(
        "event",
        select(DeadJob.id, DeadJob.kind, DeadJob.event_seq)
        .where(DeadJob.event_seq.is_not(None), ~exists().where(EventRow.seq == DeadJob.event_seq))
        .order_by(DeadJob.id),
        "dead job {id} of {kind} is about event {event_seq}, which is not there",
    ),
    _Check(
        "lease",
        select(Job.id, Job.kind)
        .where(or_(and_(Job.state == LEASED, ~_HELD), and_(Job.state != LEASED, ~_FREE)))
        .order_by(Job.id),
        "job {id} of {kind} is half in a worker's hands: state and lease do not agree",
    ),
    _Check(
        "lease",
        select(Job.id, Job.kind, Job.lease_until)
        .where(Job.state == LEASED, Job.lease_until < bindparam("unswept", type_=UtcDateTime()))
        .order_by(Job.id),
        "the lease of job {id} of {kind} ended at {lease_until}, and nobody put it back: does anything run?",
    ),
    _Check(
        "lease",
        select(Job.id, Job.kind, Job.lease_until)
        .where(Job.state == LEASED, Job.lease_until > bindparam("far", type_=UtcDateTime()))
        .order_by(Job.id),
        "the lease of job {id} of {kind} lasts until {lease_until}: do the clocks of the machines agree?",
    ),
    _Check(
        "reading",
        select(Reading.subscriber, Reading.position)
        .where(Reading.position > select(func.coalesce(func.max(EventRow.position), 0)).scalar_subquery())
        .order_by(Reading.subscriber),
        "{subscriber} has read up to position {position}, where no event is yet: it would leave some out",
    ),
    _Check(
        "dead",
        select(Job.id, Job.kind).where(exists().where(DeadJob.id == Job.id)).order_by(Job.id),
        "job {id} of {kind} waits and is dead at once",
    ),
)
_PAYLOADS = (
    select(EventRow.__table__).where(EventRow.seq > bindparam("after")).order_by(EventRow.seq).limit(CHUNK)
)


def check_tables(connection: Connection, now: datetime, late: timedelta) -> Iterator[Fault]:
    """What is wrong with positions, jobs, leases and readings.

    Arguments:
        late: after this time an event must have its position.
    """
    moments = {"late": now - late, "unswept": now - UNSWEPT, "far": now + FAR}
    for check in _CHECKS:
        rows = connection.execute(check.broken.limit(NAMED + 1), moments).mappings().all()
        for row in rows[:NAMED]:
            yield Fault(check.name, check.words.format_map(row))
        if len(rows) > NAMED:
            yield Fault(check.name, "and there are more of these")


def check_payloads(
    connection: Connection, types: Mapping[str, EventType]
) -> Iterator[tuple[int, list[Fault]]]:
    """What of the ledger subscribers of today could not take.

    An empty payload is one that was erased with its workspace; types that nobody provides now may be those of
    plugins that are gone. Neither is a fault.

    Returns:
        For each part of the ledger how many events it has, and what is wrong with them.
    """
    after = 0
    while rows := connection.execute(_PAYLOADS, {"after": after}).mappings().all():
        yield len(rows), [fault for row in rows if (fault := _misfit(types, row)) is not None]
        after = rows[-1]["seq"]


def _misfit(types: Mapping[str, EventType], row: Mapping[Any, Any]) -> Fault | None:
    if row["type"] not in types:
        return None
    try:
        event_for(types, dict(row))
    except Erased:
        return None
    except Unknown as error:
        return Fault("payload", f"event {row['seq']} cannot be told to anybody: {error}")
    return None
