"""Letting a subscriber hear again of what has happened.

A subscriber of mode `db` or `external` gets a job for each event once more, behind all that is new. One that
reads in batches is set back and reads again from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Connection, Engine, Text, bindparam, cast, func, select, update

from ..errors import Conflict, NotFound
from ..events.models import EventRow
from ..events.selection import Selection, fits
from ..events.types import Subscriber
from ..persistence.types import UtcDateTime
from .enqueue import STORE
from .models import Reading
from .relay import IsOn, job_of

if TYPE_CHECKING:
    from .works import Work, Works

BEHIND_ALL = 9
"""The priority of what is asked for again."""

CHUNK = 500
"""Events a transaction at most."""

_NEEDED = [
    getattr(EventRow, name)
    for name in (
        "seq",
        "position",
        "type",
        "workspace_id",
        "aggregate_type",
        "aggregate_id",
        "request_id",
        "hop",
    )
]
_PLACE = select(Reading.position).where(Reading.subscriber == bindparam("name"))
_SET_BACK = (
    update(Reading)
    .where(Reading.subscriber == bindparam("name"), Reading.position >= bindparam("wanted"))
    .values(
        position=bindparam("wanted", type_=BigInteger()),
        attempt=0,
        available_at=bindparam("now", type_=UtcDateTime()),
        last_error=None,
    )
)


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a replay that is committed.

    Arguments:
        position: of the last event in it; to go on, begin behind it.
        events: how many there were; jobs: how many of them the subscriber hears of again, which is not those
            of workspaces where its plugin is off.
    """

    position: int
    events: int
    jobs: int


def listener(works: Works, kind: str) -> Work:
    """The subscriber of a full name.

    Raises:
        NotFound: there is none that runs.
        Conflict: it must not hear of anything twice.
    """
    known = {name: work for name, work in works.by_kind.items() if isinstance(work.does, Subscriber)}
    if kind not in known:
        near = get_close_matches(kind, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(known)) or 'none'}"
        raise NotFound(f"No subscriber {kind} runs; {hint}")
    does = known[kind].does
    if isinstance(does, Subscriber) and not does.can_be_replayed:
        raise Conflict(
            f"{kind} must not hear of an event twice: "
            f"it is of mode {does.mode}, and Subscriber.replayable is {does.replayable}"
        )
    return known[kind]


def count(connection: Connection, work: Work, selection: Selection) -> int:
    """How many events a replay is about."""
    statement = select(func.count()).select_from(EventRow).where(_wanted(work, selection))
    return connection.scalar(statement) or 0


def replay(
    engine: Engine, work: Work, selection: Selection, is_on: IsOn, replay_id: str, now: datetime, rate: int
) -> Iterator[Step]:
    """Hand in jobs for events of the past; each step is committed when it is told.

    Arguments:
        replay_id: stands in all jobs of this replay.
        rate: most events in a step.
    """
    chunk = (
        select(*_NEEDED)
        .where(_wanted(work, selection), EventRow.position > bindparam("after"))
        .order_by(EventRow.position)
        .limit(min(rate, CHUNK))
    )
    after = selection.first - 1
    while True:
        with engine.begin() as connection:
            events = connection.execute(chunk, {"after": after}).mappings().all()
            if not events:
                return
            jobs = [
                _again(work, event, replay_id, now)
                for event in events
                if is_on(work.plugin_id, event["workspace_id"])
            ]
            if jobs:
                connection.execute(STORE[connection.dialect.name], jobs)
        after = events[-1]["position"]
        yield Step(after, len(events), len(jobs))


def place_of(connection: Connection, work: Work, first: int) -> int:
    """How far a subscriber in batches has come; arguments and errors as those of `set_back`."""
    reached = connection.scalar(_PLACE, {"name": work.kind}) or 0
    if reached < first - 1:
        words = f"from {first} on it would leave events out"
        raise Conflict(f"{work.kind} has read up to position {reached}: {words}")
    return int(reached)


def set_back(engine: Engine, work: Work, first: int, now: datetime) -> int:
    """Let a subscriber in batches read again from a position on.

    Returns:
        How far it had come.

    Raises:
        Conflict: it has not come so far, so that events would be left out.
    """
    with engine.begin() as connection:
        reached = place_of(connection, work, first)
        values = {"name": work.kind, "wanted": first - 1, "now": now}
        connection.execute(_SET_BACK, values)
    return reached


def _wanted(work: Work, selection: Selection) -> Any:
    """Also without events whose payload was erased: nothing can be made of them any more."""
    assert isinstance(work.does, Subscriber)
    full = cast(EventRow.payload, Text) != "{}"
    found = selection.condition() & fits(work.does.events) & full
    return found if work.does.where is None else found & work.does.where(EventRow.__table__.c)


def _again(work: Work, event: Mapping[Any, Any], replay_id: str, now: datetime) -> dict[str, Any]:
    assert isinstance(work.does, Subscriber)
    job = job_of(work.plugin_id, work.does, event, now, replay_id)
    return {**job, "priority": BEHIND_ALL}
