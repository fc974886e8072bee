"""From committed events to jobs: gives events their place in the order of commits, and makes a job for each
subscriber that wants them.

Only one relay works at a time, and holds its lock until it commits, so that a smaller position never appears
after a larger one: a slow transaction simply gets a later position (numbers given at insertion would leave
gaps that a reader steps over). Two changes of one thing cannot cross, because both had to change its row
first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, select, update

from ..events.models import EventRow
from ..events.types import Subscriber
from .enqueue import STORE, new_job

BATCH = 500
"""Events a transaction; on SQLite it holds the writer for a few milliseconds."""

_LOCK = select(func.pg_try_advisory_xact_lock(0x70726F6E61))
UNPLACED = exists(select(EventRow.seq).where(EventRow.position.is_(None)))
"""Whether there are events without a position."""

_LAST = select(func.coalesce(func.max(EventRow.position), 0)).scalar_subquery()
_pending = (
    select(EventRow.seq, func.row_number().over(order_by=EventRow.seq).label("place"))
    .where(EventRow.position.is_(None))
    .order_by(EventRow.seq)
    .limit(BATCH)
    .subquery("pending")
)
_PLACE = (
    update(EventRow)
    .where(EventRow.seq == _pending.c.seq)
    .values(position=_LAST + _pending.c.place)
    .returning(
        EventRow.seq,
        EventRow.type,
        EventRow.workspace_id,
        EventRow.aggregate_type,
        EventRow.aggregate_id,
        EventRow.request_id,
        EventRow.hop,
    )
)

Wants = Callable[[str], Sequence[tuple[str, Subscriber]]]
"""From the name of an event type to plugin ids and subscribers."""

IsOn = Callable[[str, str | None], bool]
"""From a plugin's id and a workspace to whether it is on there."""


def relay(connection: Connection, wants: Wants, is_on: IsOn, now: datetime) -> tuple[int, set[str]]:
    """Take up to `BATCH` events that have no position yet.

    Events of a time when a plugin is off make no jobs for it (architecture.md 4).

    Arguments:
        connection: in a transaction, which the caller commits.

    Returns:
        How many they were, and the queues in which there is work now. While another relay is at work there
        is nothing.
    """
    if connection.dialect.name == "postgresql" and not connection.scalar(_LOCK):
        return 0, set()
    # A statement of its own: what the last relay did is seen by those that begin once the lock is held.
    events = sorted(map(dict, connection.execute(_PLACE).mappings()), key=_seq)
    chosen = _chosen(connection, events, wants)
    jobs = [job for event in events for job in _jobs(event, wants, chosen, is_on, now)]
    if jobs:
        connection.execute(STORE[connection.dialect.name], jobs)
    return len(events), {job["queue"] for job in jobs}


def _chosen(
    connection: Connection, events: Sequence[Mapping[str, Any]], wants: Wants
) -> dict[Subscriber, set[int]]:
    """Of subscribers that want events only where a table says so: `seq` of those; a statement each."""
    types = dict.fromkeys(event["type"] for event in events)
    asked = dict.fromkeys(each for name in types for _, each in wants(name) if each.where is not None)
    if not asked:
        return {}
    between = {"first": events[0]["seq"], "last": events[-1]["seq"]}
    return {each: set(connection.scalars(_among(each), between)) for each in asked}


@lru_cache(maxsize=100)
def _among(subscriber: Subscriber) -> Any:
    """`seq` of those between two that a subscriber's condition holds for."""
    assert subscriber.where is not None
    between = EventRow.seq.between(bindparam("first"), bindparam("last"))
    return select(EventRow.seq).where(between, subscriber.where(EventRow.__table__.c))


def _jobs(
    event: Mapping[str, Any],
    wants: Wants,
    chosen: Mapping[Subscriber, set[int]],
    is_on: IsOn,
    now: datetime,
) -> Iterator[dict[str, Any]]:
    for plugin_id, subscriber in wants(event["type"]):
        wanted = subscriber.where is None or event["seq"] in chosen[subscriber]
        if wanted and subscriber.mode != "batch" and is_on(plugin_id, event["workspace_id"]):
            yield job_of(plugin_id, subscriber, event, now)


def job_of(
    plugin_id: str,
    subscriber: Subscriber,
    event: Mapping[str, Any],
    now: datetime,
    replay_id: str | None = None,
) -> dict[str, Any]:
    """The job in which a subscriber hears of an event.

    Arguments:
        event: `seq, workspace_id, aggregate_type, aggregate_id, request_id, hop`.
        replay_id: of the replay that asks for it again.
    """
    kind = f"{plugin_id}.{subscriber.name}"
    return new_job(
        kind,
        now=now,
        event_seq=event["seq"],
        workspace_id=event["workspace_id"],
        lane=f"{kind}:{event['aggregate_type']}:{event['aggregate_id']}" if subscriber.ordered else None,
        queue=subscriber.queue,
        max_attempts=subscriber.max_attempts,
        replay_id=replay_id,
        request_id=event["request_id"],
        hop=event["hop"] + 1,
    )


def _seq(event: Mapping[str, Any]) -> int:
    seq: int = event["seq"]
    return seq
