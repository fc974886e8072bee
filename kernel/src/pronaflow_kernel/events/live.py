"""The ledger as it grows, for those who tell people of things while they happen.

Positions are in the order of commits (`jobs.relay`): whoever has read up to one never finds a smaller one
later, so that a position is all that a client needs to go on where it stopped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, bindparam, func, select

from ..attribution import as_kernel
from ..persistence.database import Database
from ..persistence.prepared import Row
from ..persistence.reader import Reader
from ..persistence.scope import SCOPE_WORKSPACE, Scope
from ..persistence.types import Id
from ..tenancy.rule import unscoped
from .models import EventRow

_WHY = "one reader tells the people of all workspaces, each of what is theirs"
_AFTER = EventRow.position > bindparam("after", type_=BigInteger())
_NEWEST = unscoped(_WHY, select(func.max(EventRow.position)))
_FIRST = unscoped(_WHY, select(EventRow.recorded_at).where(_AFTER).order_by(EventRow.position).limit(1))
_KEPT = unscoped(_WHY, select(EventRow.seq).where(EventRow.position == bindparam("at", type_=BigInteger())))
_SHOWN = select(
    *(
        getattr(EventRow, name)
        for name in (
            "position",
            "id",
            "type",
            "schema_version",
            "public",
            "aggregate_type",
            "aggregate_id",
            "workspace_id",
            "container_id",
            "actor_kind",
            "user_id",
            "request_id",
            "origin",
            "occurred_at",
            "recorded_at",
            "payload",
            "changes",
        )
    )
)
_BEHIND = unscoped(
    _WHY, _SHOWN.where(_AFTER).order_by(EventRow.position).limit(bindparam("most", type_=Integer()))
)
_UP_TO = EventRow.position <= bindparam("last", type_=BigInteger())
_HERE = (
    _SHOWN.where(EventRow.workspace_id == SCOPE_WORKSPACE, _AFTER, _UP_TO)
    .order_by(EventRow.position)
    .limit(bindparam("most", type_=Integer()))
)
_ABOUT = unscoped(
    "things of one person, which may lie in several workspaces",
    _SHOWN.where(
        EventRow.aggregate_type == bindparam("aggregate_type"),
        EventRow.aggregate_id.in_(bindparam("ids", type_=Id(), expanding=True)),
        _AFTER,
        _UP_TO,
    ).order_by(EventRow.position),
)


class Live:
    """What is new in the ledger; what `ctx.live` is.

    Rows are those of the event log, those that are not public among them. Nothing here asks who may see them.

    Arguments:
        plugin_id: who reads.
        db: where the ledger lies.
        is_on: from a plugin's id and a workspace to whether it is on there.
        placed: set whenever this process has given positions.
    """

    def __init__(
        self,
        plugin_id: str,
        db: Database,
        is_on: Callable[[str, str | None], bool],
        placed: threading.Event,
    ) -> None:
        self._plugin_id, self._db, self._is_on, self._placed = plugin_id, db, is_on, placed

    @as_kernel
    def newest(self) -> int:
        """The last position; 0 where there is none."""
        with self._db.read(Scope.system()) as reader:
            return reader.value(_NEWEST) or 0

    @as_kernel
    def behind(self, after: int, most: int) -> list[Row]:
        """The next events behind a position, of all workspaces, in the order of commits."""
        with self._db.read(Scope.system()) as reader:
            return reader.all(_BEHIND, after=after, most=most)

    @as_kernel
    def here(self, reader: Reader, after: int, last: int, most: int) -> list[Row]:
        """The next events of the reader's workspace between two positions, the second among them."""
        return reader.all(_HERE, after=after, last=last, most=most)

    @as_kernel
    def about(
        self, reader: Reader, aggregate_type: str, ids: Collection[str], after: int, last: int
    ) -> list[Row]:
        """What happened to some things of one kind between two positions, in whatever workspace they are.

        The caller sees to it that they are the reader's.
        """
        if not ids:
            return []
        return reader.all(_ABOUT, aggregate_type=aggregate_type, ids=list(ids), after=after, last=last)

    @as_kernel
    def reaches(self, reader: Reader, after: int, since: datetime) -> bool:
        """Whether everything behind a position is still there, and was recorded then or later."""
        first: Any = reader.value(_FIRST, after=after)
        if first is not None and first < since:
            return False
        return after == 0 or reader.value(_KEPT, at=after) is not None

    def wait(self, seconds: float) -> None:
        """Wait until this process has given positions, or so long: others may have given some."""
        self._placed.wait(seconds)
        self._placed.clear()

    def ring(self) -> None:
        """Let whoever waits look at once."""
        self._placed.set()

    def is_on(self, workspace_id: str | None) -> bool:
        """Whether the plugin that reads is on, and with a workspace, whether it is on there too."""
        return self._is_on(self._plugin_id, workspace_id)
