"""The hub: one thread a process, which reads what is new once and tells all streams, each what is theirs.

It reads the ledger and the notifications in the order of commits (`position`). Nothing here waits for a
client: what one does not take lies in its own queue.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from pronaflow_kernel.api import Context, KernelError, Reader, Row, Scope, ServiceUnavailable

from .connection import Connection
from .frames import HEARTBEAT
from .position import Position
from .sight import Sight
from .telling import Notes, told

POLL = 0.1
"""Seconds after which the hub looks at what other processes have done; of this one it hears at once."""

BATCH = 500
"""Events, or notifications of one person, that are read at once."""

RETRY_AFTER = 30
"""Seconds after which whoever was refused may ask again; meanwhile they can poll the list."""

CHECK = timedelta(minutes=1)
"""Each stream's session, membership and rights are looked at as often as this, whatever happens."""

SILENCE = timedelta(seconds=15)
"""After it a stream says that it is still there."""


class Hub:
    """Tells streams what happens.

    Arguments:
        ctx: of the plugin.
        most: streams at once in this process; most_of_one: of one person.
    """

    def __init__(self, ctx: Context, most: int, most_of_one: int) -> None:
        self._ctx, self._notes, self._sight = ctx, Notes(ctx), Sight(ctx)
        self._most, self._most_of_one = most, most_of_one
        self._all: list[Connection] = []
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None
        self._position = 0

    def __len__(self) -> int:
        return len(self._all)

    def join(self, connection: Connection, reader: Reader, ahead: int = 0) -> Position:
        """Tell a stream of all that happens from here on; answers the position that this is behind.

        Arguments:
            ahead: position of the ledger that the client has seen, where that is further.

        Raises:
            ServiceUnavailable: there are as many as there may be.
        """
        with self._lock:
            self._drop_gone()
            own = sum(other.user_id == connection.user_id for other in self._all)
            if own >= self._most_of_one or len(self._all) >= self._most:
                whose = "You have" if own >= self._most_of_one else "This server has"
                raise ServiceUnavailable(
                    f"{whose} as many streams as there may be: close one, or poll the list meanwhile",
                    headers={"Retry-After": str(RETRY_AFTER)},
                )
            if not self._all:
                self._position = self._ctx.live.newest()
            counter = self._notes.counters(reader, [connection.user_id])[connection.user_id]
            connection.position = Position(max(self._position, ahead), counter["revision"])
            connection.unread = self._notes.unread(connection, counter)
            self._all.append(connection)
            return connection.position

    @staticmethod
    def leave(connection: Connection) -> None:
        """Forget a stream that never began."""
        connection.left = True

    def begin(self) -> None:
        """See to it that somebody tells the streams: the thread ends with the last of them."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="pronaflow-streams", daemon=True)
                self._thread.start()
        self._ctx.live.ring()

    def _run(self) -> None:
        while True:
            try:
                more = self.turn()
            except Exception:  # of any kind, as of a database that is away: the streams stay
                self._ctx.log.exception("streams cannot be told what is new; trying again")
                more = False
            with self._lock:
                if not self._all:
                    self._thread = None
                    return
            if not more:
                self._ctx.live.wait(POLL)

    def turn(self) -> bool:
        """Tell what is new since the last turn, and look after the streams; whether there is more."""
        with self._lock:
            now = self._ctx.clock.now()
            self._drop_gone()
            self._look_after(now)
            rows = self._ctx.live.behind(self._position, BATCH) if self._all else []
            for row in rows:
                self._tell(row, now)
            more = self._tell_notes()
            sent = [each.outlet for each in self._all if _sent(each, now)]
            for flush in {outlet.flush for outlet in sent if outlet is not None}:
                with suppress(OSError):  # the server has ended meanwhile
                    flush()
        return more or len(rows) == BATCH

    def seen(self, connection: Connection, rows: Sequence[Row]) -> list[Row]:
        """Those of some events of a workspace that a reader asks for and sees."""
        with self._lock:
            asked = [row for row in rows if connection.wants(row["type"])]
            return [row for row in asked if self._sight.among([connection], row)]

    def _drop_gone(self) -> None:
        self._all = [
            each for each in self._all if not each.left and (each.outlet is None or each.outlet.open)
        ]

    def _look_after(self, now: datetime) -> None:
        """End what has to end, and admit those once more whose time has come."""
        places = {each.scope.workspace_id for each in self._all}
        on = {workspace_id: self._ctx.live.is_on(workspace_id) for workspace_id in places}
        for connection in self._all:
            if now >= connection.ends_at or not on[connection.scope.workspace_id]:
                _end(connection)
            elif now - connection.checked_at >= CHECK:
                self._check(connection, now)
        self._drop_gone()

    def _check(self, connection: Connection, now: datetime) -> None:
        """Admit a reader once more, or end their stream."""
        try:
            with self._ctx.db.read(Scope.nobody()) as reader:
                connection.scope = connection.again(reader)
        except KernelError:
            _end(connection)
        else:
            connection.checked_at = now
            self._sight.forget(connection.scope.workspace_id)

    def _tell(self, row: Row, now: datetime) -> None:
        """Put an event into the queues of those whom it is for.

        Whoever may lose a right by it is looked at before they are told of anything behind it.
        """
        self._position = row["position"]
        self._sight.heed(row)
        about = self._sight.people(row)
        for connection in self._all:
            if connection.user_id in about and not connection.left:
                self._check(connection, now)
        here = [each for each in self._all if not each.left and each.position.event < row["position"]]
        seen = self._sight.among([each for each in here if each.wants(row["type"])], row)
        if seen:
            data = told(row)
            for connection in seen:
                connection.event(data, row["position"])

    def _tell_notes(self) -> bool:
        """Put notifications into the queues of their readers, and how many are unread; whether more wait."""
        streams: dict[str, list[Connection]] = {}
        for connection in self._all:
            if connection.position.event < self._position:
                connection.position = connection.position._replace(event=self._position)
            if not connection.left:
                streams.setdefault(connection.user_id, []).append(connection)
        if not streams:
            return False
        with self._ctx.db.read(Scope.system()) as reader:
            counters = self._notes.counters(reader, streams)
            more = [self._tell_person(reader, mine, counters[user_id]) for user_id, mine in streams.items()]
        return any(more)

    def _tell_person(self, reader: Reader, mine: Sequence[Connection], counter: Row) -> bool:
        """The same for the streams of one reader, whose counter may have moved."""
        after, last = min(each.position.note for each in mine), counter["revision"]
        if after >= last:
            return False
        rows = self._notes.behind(reader, mine[0].user_id, after, last, BATCH)
        more = len(rows) == BATCH
        for connection in mine:
            self._notes.put(connection, rows)
            if not more:
                at = max(connection.position.note, last)
                connection.position = connection.position._replace(note=at)
                connection.count(self._notes.unread(connection, counter))
        return more


def _end(connection: Connection) -> None:
    connection.left = True
    if connection.outlet is not None:
        connection.outlet.close()


def _sent(connection: Connection, now: datetime) -> bool:
    """Hand to a client what it takes, or show that the stream is still there."""
    outlet = connection.outlet
    if outlet is None or connection.left:
        return False
    if connection.pump(now):
        return True
    if connection.heard_at is not None and now - connection.heard_at < SILENCE:
        return False
    connection.heard_at = now
    return outlet.send(HEARTBEAT)
