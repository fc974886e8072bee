"""What must hold whatever happened: what was asked, stored, told and done, and what is wrong in that."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from pronaflow_kernel.ids import as_id

DUPLICATES = 0.01
"""Most calls of others, among all, that may be made twice."""

FEW = 5
"""So many names are shown of what is wrong."""

ONCE = ("ordered", "unordered", "slow", "batch")
"""Subscribers whose effect is in the database, and there exactly once."""

_EVENTS = text(
    "SELECT position, seq, id, aggregate_id, payload FROM core__event WHERE type = 'mark.made' ORDER BY seq"
)


@dataclass(frozen=True)
class Told:
    """An event as it is stored: its place in the order of commits, of what, and of which mark."""

    position: int | None
    id: str
    track_id: str
    mark_id: str
    number: int


@dataclass
class Record:
    """What is known after a test.

    Arguments:
        acknowledged: ids of the marks of which somebody was told that they are stored.
        marks: ids of those that are.
        events: that tell of marks.
        positions: of all events whatsoever.
        effects: ids of events that a subscriber wrote for, in the order in which it did, by subscriber.
        calls: `(event id, mark id)` of each call of another machine.
        waiting: jobs that are left.
        dead: `(kind, event id, reason)` of jobs that were given up.
    """

    acknowledged: list[str]
    marks: list[str]
    events: list[Told]
    positions: list[int | None]
    effects: dict[str, list[str]]
    calls: list[tuple[str, ...]]
    waiting: int
    dead: list[tuple[str, str | None, str]] = field(default_factory=list)

    @classmethod
    def of(cls, connection: Connection, acknowledged: list[str], calls: list[tuple[str, ...]]) -> Record:
        """Read it from a database."""
        effects: dict[str, list[str]] = defaultdict(list)
        rows = connection.execute(text("SELECT subscriber, event_id FROM faults__effect ORDER BY place"))
        for subscriber, event_id in rows:
            effects[subscriber].append(_id(event_id))
        dead = connection.execute(
            text("SELECT kind, e.id, reason FROM core__job_dead LEFT JOIN core__event e ON e.seq = event_seq")
        )
        return cls(
            acknowledged=acknowledged,
            marks=[_id(each) for each in connection.scalars(text("SELECT id FROM faults__mark"))],
            events=[_told(row) for row in connection.execute(_EVENTS).mappings()],
            positions=list(connection.scalars(text("SELECT position FROM core__event"))),
            effects=dict(effects),
            calls=calls,
            waiting=connection.scalar(text("SELECT count(*) FROM core__job")) or 0,
            dead=[(kind, _id(event_id), reason) for kind, event_id, reason in dead],
        )

    @property
    def twice(self) -> int:
        """Calls beyond the first one for an event."""
        return len(self.calls) - len(set(self.calls))

    def problems(self, in_flight: int = 0) -> list[str]:
        """Everything that must not be, in words; empty where all is well.

        Arguments:
            in_flight: most calls that were being made when somebody was killed. So many may have been made
                twice, or 1 % of all where that is more.
        """
        return [
            *self._rows(),
            *self._positions(),
            *self._once(),
            *self._order(),
            *self._batches(),
            *self._calls(in_flight),
            *([f"{self.waiting} jobs are left"] if self.waiting else []),
        ]

    def _rows(self) -> Iterator[str]:
        told = Counter(event.mark_id for event in self.events)
        stored = set(self.marks)
        yield from _words("acknowledged and not stored", set(self.acknowledged) - stored)
        yield from _words("stored without an event", stored - told.keys())
        yield from _words("told without a row", told.keys() - stored)
        yield from _words("told twice", {mark for mark, count in told.items() if count > 1})

    def _positions(self) -> Iterator[str]:
        placed = [position for position in self.positions if position is not None]
        if len(placed) < len(self.positions):
            yield f"{len(self.positions) - len(placed)} events have no position"
        if sorted(placed) != list(range(1, len(placed) + 1)):
            yield "the positions have a gap or stand twice"

    def _wanted(self, kind: str) -> list[Told]:
        """The events that a subscriber had to do, in the order of commits."""
        dead = {event_id for of, event_id, _ in self.dead if of == f"faults.{kind}"}
        wanted = (event for event in self.events if event.id not in dead)
        return sorted(wanted, key=lambda event: event.position or 0)

    def _once(self) -> Iterator[str]:
        for subscriber in (*ONCE, "fragile"):
            done = Counter(self.effects.get(subscriber, []))
            wanted = {event.id for event in self._wanted(subscriber)}
            yield from _words(f"never done by {subscriber}", wanted - done.keys())
            yield from _words(f"done by {subscriber} for nothing", done.keys() - wanted)
            yield from _words(f"done twice by {subscriber}", {id for id, count in done.items() if count > 1})

    def _order(self) -> Iterator[str]:
        by_id = {event.id: event for event in self.events}
        last: dict[str, int] = {}
        for event_id in self.effects.get("ordered", []):
            if (event := by_id.get(event_id)) is not None:
                if event.number <= last.get(event.track_id, 0):
                    yield f"out of order on {event.track_id}: {event.number} after {last[event.track_id]}"
                last[event.track_id] = event.number
        for track_id in {event.track_id for event in self.events}:
            numbers = [event.number for event in self._wanted("batch") if event.track_id == track_id]
            if numbers != sorted(numbers):
                yield f"the positions of {track_id} are not in the order of its changes"

    def _batches(self) -> Iterator[str]:
        if self.effects.get("batch", []) != [event.id for event in self._wanted("batch")]:
            yield "what was read in batches is not what was committed, in its order"

    def _calls(self, in_flight: int) -> Iterator[str]:
        called = {event_id for event_id, _ in self.calls}
        yield from _words("never called for", {event.id for event in self._wanted("external")} - called)
        keys = defaultdict(set)
        for event_id, mark_id in self.calls:
            keys[mark_id].add(event_id)
        yield from _words("called for with two keys", {mark for mark, ids in keys.items() if len(ids) > 1})
        most = max(in_flight, int(DUPLICATES * len(self.calls)))
        if self.twice > most:
            yield f"{self.twice} calls of {len(self.calls)} were made twice, and {most} may be"


def _told(row: Any) -> Told:
    import json

    payload = row["payload"] if isinstance(row["payload"], dict) else json.loads(row["payload"])
    number = payload.get("number", payload.get("place"))
    return Told(row["position"], _id(row["id"]), _id(row["aggregate_id"]), payload["mark_id"], number)


def _id(value: Any) -> Any:
    """An id as text, whatever the driver makes of it."""
    return value if value is None else str(as_id(str(value)) if not isinstance(value, bytes) else value)


def _words(what: str, which: set[str] | Sequence[str]) -> Iterator[str]:
    if which:
        shown = ", ".join(sorted(which)[:FEW])
        yield f"{len(which)} {what}: {shown}{', …' if len(which) > FEW else ''}"
