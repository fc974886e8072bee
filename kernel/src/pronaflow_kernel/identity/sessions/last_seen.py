"""When a session was last used: noted at most once a minute, and never by the request itself.

A request that reads must not wait for a lock because of it, so that the note is written on the thread that
works after commits.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, update

from ...persistence.scope import Scope
from ...persistence.types import Id, UtcDateTime
from ..models import Session

if TYPE_CHECKING:
    from ...clock import Clock
    from ...jobs.bus import Bus
    from ...persistence.database import Database

EVERY = timedelta(minutes=1)
"""How old a note gets before the next one."""

_REMEMBERED = 4096
"""How many sessions are remembered whose note may still be on its way."""

_MOMENT = bindparam("moment", type_=UtcDateTime())
_NOTE = (
    update(Session)
    .where(Session.id == bindparam("session", type_=Id()), Session.last_seen_at < _MOMENT)
    .values(last_seen_at=_MOMENT)
)


class LastSeen:
    """Notes when sessions are used.

    Arguments:
        db: where it is noted.
        clock: tells the present.
        bus: writes after the request.
    """

    def __init__(self, db: Database, clock: Clock, bus: Bus) -> None:
        self._db = db
        self._clock = clock
        self._bus = bus
        self._noted: dict[str, datetime] = {}

    def note(self, session_id: str, last_seen_at: datetime) -> None:
        """Remember that a session is used now.

        Arguments:
            last_seen_at: what is stored of it.
        """
        now = self._clock.now()
        if now - self._noted.get(session_id, last_seen_at) < EVERY or now - last_seen_at < EVERY:
            return
        if len(self._noted) >= _REMEMBERED:
            self._noted.clear()
        self._noted[session_id] = now
        self._bus.committed((), [lambda: self._write(session_id, now)])

    def _write(self, session_id: str, moment: datetime) -> None:
        with self._db.write(Scope.system(), origin="system") as uow:
            uow.execute(_NOTE, session=session_id, moment=moment)
