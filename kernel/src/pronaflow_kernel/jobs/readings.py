"""Subscribers that read in batches: each has a place in the order of commits and goes on from there."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, Connection, Engine, bindparam, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ..events.hops import Loop, at
from ..events.models import EventRow
from ..events.types import Event, EventType, Subscriber
from ..persistence.scope import Scope
from ..persistence.types import UtcDateTime
from ..plugins.guard import described
from ..tenancy.rule import unscoped
from . import claims
from .enqueue import ALL_WORKSPACES, new_job
from .incoming import Erased, Unknown, event_for
from .models import Job, Reading
from .operations.reports import plain
from .types import Discard
from .works import Work

if TYPE_CHECKING:
    from ..clock import Clock
    from ..persistence.database import Database
    from ..persistence.uow import UnitOfWork
    from ..plugins.guard import Guard

log = logging.getLogger("pronaflow.events")

BATCH = 200
"""Events at once."""

_NAME: BindParameter[str] = bindparam("name")
_POSITION = select(func.coalesce(func.max(EventRow.position), 0))
_READING = select(Reading.__table__).where(Reading.subscriber == _NAME).with_for_update(skip_locked=True)
_BEHIND = select(Reading.subscriber).where(
    Reading.position < _POSITION.scalar_subquery(),
    Reading.available_at <= bindparam("now", type_=UtcDateTime()),
)
BEHIND = exists(_BEHIND)
"""Whether some subscriber has something to read now; takes the present as `now`."""
_EVENTS = unscoped(
    ALL_WORKSPACES,
    select(EventRow.__table__)
    .where(EventRow.position > bindparam("position"))
    .order_by(EventRow.position)
    .limit(bindparam("most")),
)
_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""Past on every clock, also one that was put back since."""

_GO_ON = (
    update(Reading)
    .where(Reading.subscriber == _NAME)
    .values(position=bindparam("reached"), available_at=_AT_ONCE, attempt=0, last_error=None)
)
_ENTER = {
    dialect.name: make(Reading).on_conflict_do_nothing()
    for dialect, make in ((sqlite.dialect, sqlite.insert), (postgresql.dialect, postgresql.insert))
}
_WAIT = (
    update(Reading)
    .where(Reading.subscriber == _NAME)
    .values(
        attempt=Reading.attempt + 1,
        available_at=bindparam("when", type_=UtcDateTime()),
        last_error=bindparam("error"),
    )
)


class Readings:
    """Lets subscribers in batches read on.

    Arguments:
        db: for their work.
        guard: calls plugin code, and knows what is on.
        types: event types by name.
    """

    def __init__(self, db: Database, guard: Guard, types: dict[str, EventType], clock: Clock) -> None:
        self._db, self._guard, self._types, self._clock = db, guard, types, clock
        self._engine = db.engines.write.execution_options(unscoped=ALL_WORKSPACES)

    def begin(self, works: list[Work]) -> None:
        """Note for new subscribers that they read from now on; the past is read by a replay."""
        with self._engine.begin() as connection:
            new = {work.kind for work in works} - set(connection.scalars(select(Reading.subscriber)))
            if new:
                begin = {"position": connection.scalar(_POSITION), "available_at": _AT_ONCE}
                rows = [{"subscriber": kind, "attempt": 0, **begin} for kind in sorted(new)]
                connection.execute(_ENTER[connection.dialect.name], rows)

    def read_on(self, look: Engine, works: list[Work]) -> int:
        """Let subscribers have the next events.

        Arguments:
            look: reads without a lock, to see whether there is something for them.

        Returns:
            How many of them had something to do.
        """
        if not works:
            return 0
        with look.connect() as connection:
            behind = set(connection.scalars(_BEHIND, {"now": self._clock.now()}))
        return sum(self._read_one(work) for work in works if work.kind in behind)

    def _read_one(self, work: Work) -> bool:
        seen: list[dict[str, Any]] = []
        try:
            with self._db.write(Scope.system(), origin="system") as uow:
                return self._read(uow, work, seen)
        except Exception as error:
            self._failed(work, seen, error)
            return True

    def _read(self, uow: UnitOfWork, work: Work, seen: list[dict[str, Any]]) -> bool:
        connection = unscoped(ALL_WORKSPACES, uow.connection)
        reading = connection.execute(_READING, {"name": work.kind}).mappings().one_or_none()
        if reading is None or reading["available_at"] > self._clock.now():
            return False
        # After a failure one at a time, to find the event that it is about.
        most = 1 if reading["attempt"] else BATCH
        rows = connection.execute(_EVENTS, {"position": reading["position"], "most": most}).mappings().all()
        seen += [dict(row) for row in rows]
        if not seen:
            return False
        if wanted := self._wanted(work, seen):
            hop = max(row["hop"] for row in seen if work.does.wants(row["type"])) + 1  # type: ignore[union-attr]
            with at(hop), self._guard.watching(work.plugin_id, work.shown):
                work.does.run(uow, wanted)  # type: ignore[arg-type]
        connection.execute(_GO_ON, {"name": work.kind, "reached": seen[-1]["position"]})
        return True

    def _wanted(self, work: Work, rows: list[dict[str, Any]]) -> list[Event]:
        does = work.does
        assert isinstance(does, Subscriber)
        wanted = []
        for row in rows:
            if does.wants(row["type"]) and self._guard.is_on(work.plugin_id, row["workspace_id"]):
                with suppress(Erased):
                    wanted.append(event_for(self._types, row))
        return wanted

    def _failed(self, work: Work, seen: list[dict[str, Any]], error: Exception) -> None:
        """Wait and try again; an event that fails alone to the end is stepped over and kept as dead."""
        words, now = plain(described(error), claims.ERROR), self._clock.now()
        with self._engine.begin() as connection:
            reading = connection.execute(_READING, {"name": work.kind}).mappings().one_or_none()
            if reading is None:
                return
            attempt = reading["attempt"] + 1
            log.warning("%s failed at its attempt %d: %s", work.shown, attempt, words, exc_info=error)
            final = isinstance(error, (Unknown, Discard, Loop))
            if len(seen) == 1 and (final or attempt > work.does.max_attempts):
                reason = str(error) if final else f"failed {work.does.max_attempts} times"
                self._step_over(connection, work, seen[0], reason, words)
                return
            # Which of several events it is about is looked for at once; each that is well is a step on.
            wait = 0.0 if final or len(seen) > 1 else work.does.backoff.seconds(attempt, 0.5)
            when = now + timedelta(seconds=wait)
            connection.execute(_WAIT, {"name": work.kind, "when": when, "error": words[: claims.ERROR]})

    def _step_over(
        self, connection: Connection, work: Work, event: dict[str, Any], reason: str, words: str
    ) -> None:
        now = self._clock.now()
        of = {name: event[name] for name in ("workspace_id", "request_id")}
        row = new_job(work.kind, now=now, event_seq=event["seq"], hop=event["hop"] + 1, **of)
        most = work.does.max_attempts
        token = {"lease_token": event["id"], "attempt": most, "max_attempts": most}
        made = dict(connection.execute(insert(Job).returning(Job), {**row, **token}).mappings().one())
        claims.bury(connection, made, reason, words, now)
        connection.execute(_GO_ON, {"name": work.kind, "reached": event["position"]})
