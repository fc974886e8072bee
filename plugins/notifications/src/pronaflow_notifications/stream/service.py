"""Opening a stream: from where it goes on, and what it tells first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pronaflow_kernel.api import Again, Context, Outlet, Reader, Row, Stream, invalid

from ..eventlog.service import fitting
from .connection import Connection
from .frames import HELLO, frame, reset, unread_count
from .hub import Hub
from .position import Position
from .telling import Notes, said, shown, told

LONGEST = timedelta(minutes=30)
"""After it a stream ends, so that clients spread over the servers again."""

MOST_REPLAYED = 500
"""Events and notifications that are told again; whoever missed more reads the lists anew."""

MOST_READ = 2000
"""Events of a workspace that are looked through for them."""

KEPT = timedelta(hours=24)
"""What is older than this is not told again."""

PERMISSION = "notifications.read_events"
"""What somebody must be allowed for events of the workspace; their token too."""


class Streams:
    """Opens streams.

    Arguments:
        ctx: of the plugin.
        hub: tells them what happens.
    """

    def __init__(self, ctx: Context, hub: Hub) -> None:
        self._ctx, self._hub, self._notes = ctx, hub, Notes(ctx)

    def open(self, reader: Reader, query: Mapping[str, Any], header: str | None, again: Again) -> Stream:
        """A stream for the caller.

        Arguments:
            query: as loaded by `StreamQuery`.
            header: `Last-Event-ID` of the request, which wins: a browser opens an address again with it.
            again: admits the caller once more.

        Raises:
            ValidationFailed: the id is none, or there are no such events.
            Forbidden: events of the workspace are asked for that the caller may not read.
            ServiceUnavailable: there are as many streams as there may be.
        """
        after, types = _after(header or query.get("last_event_id")), self._types(query)
        if types:
            self._ctx.access.authorize(reader, PERMISSION)
        now, until = self._ctx.clock.now(), reader.scope.principal.expires_at
        ends_at = now + LONGEST if until is None else min(until, now + LONGEST)
        connection = Connection(reader.scope, again, types, ends_at, now)
        newest = 0 if after is None else self._ctx.live.newest()
        # Another process may have told this client what the hub here is yet to read.
        ahead = after.event if after is not None and after.event <= newest else 0
        start = self._hub.join(connection, reader, ahead)
        try:
            connection.replayed.extend(self._first(reader, connection, after, start))
        except BaseException:
            self._hub.leave(connection)
            raise
        return Stream(partial(self._begin, connection), partial(self._hub.leave, connection))

    def _begin(self, connection: Connection, outlet: Outlet) -> None:
        connection.outlet = outlet
        self._hub.begin()

    def _types(self, query: Mapping[str, Any]) -> tuple[str, ...]:
        """Names and patterns of events, each of which fits an event that there is."""
        named = tuple(each.strip() for each in query.get("types", "").split(",") if each.strip())
        for pattern in named:
            fitting(self._ctx.ledger.public.types, pattern, "types")
        return named

    def _first(
        self, reader: Reader, connection: Connection, after: Position | None, start: Position
    ) -> list[bytes]:
        """What a stream tells before all that is new, up to `start`."""
        frames = [HELLO]
        if after is not None and (after.event > start.event or after.note > start.note):
            frames.append(reset("unknown", start))
        elif after is not None:
            missed = self._missed(reader, connection, after, start)
            frames += [reset("too_old", start)] if missed is None else missed
        # The id lets a client go on from here that has seen nothing yet; no id is said twice.
        said = f"id: {start}\n".encode() in frames[-1]
        return [*frames, unread_count(connection.unread, None if said else start)]

    def _missed(
        self, reader: Reader, connection: Connection, after: Position, last: Position
    ) -> list[bytes] | None:
        """What happened between two positions; None where that is too much, or too long ago."""
        since, most = self._ctx.clock.now() - KEPT, MOST_REPLAYED + 1
        events = self._events(reader, connection, after.event, last.event, since)
        notes = self._notes.behind(reader, connection.user_id, after.note, last.note, most)
        if (
            events is None
            or len(notes) + len(events) >= most
            or any(row["updated_at"] < since for row in notes)
        ):
            return None
        return [
            *(frame("domain_event", told(row), Position(row["position"], after.note)) for row in events),
            *(
                frame("notification", said(row), Position(last.event, row["revision"]))
                for row in notes
                if shown(connection, row)
            ),
        ]

    def _events(
        self, reader: Reader, connection: Connection, after: int, last: int, since: datetime
    ) -> list[Row] | None:
        """Those of the workspace; None where they are too many, or too old."""
        live = self._ctx.live
        if not connection.types or after >= last:
            return []
        if not live.reaches(reader, after, since):
            return None
        rows = live.here(reader, after, last, MOST_READ)
        return None if len(rows) == MOST_READ else self._hub.seen(connection, rows)


def _after(given: str | None) -> Position | None:
    """The position that a client has seen; None for a new stream."""
    if not given:
        return None
    try:
        return Position.read(given)
    except ValueError as error:
        raise invalid("last_event_id", str(error)) from error
