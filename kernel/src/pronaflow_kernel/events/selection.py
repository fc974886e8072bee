"""Which events of the ledger somebody means, in the order of commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, true

from ..text import literal
from .models import EventRow

LAST = 2**63 - 1
"""No position lies behind this one."""

_NEWEST = select(func.coalesce(func.max(EventRow.position), 0))


@dataclass(frozen=True, slots=True)
class Selection:
    """Events between two positions, both among them, that meet all conditions.

    Arguments:
        first, last: positions.
        types: names or patterns (`task.*`) of which one must fit; without any, all fit.
        workspace_id: of one workspace alone.
    """

    first: int = 1
    last: int = LAST
    types: tuple[str, ...] = ()
    workspace_id: str | None = None

    def condition(self) -> Any:
        """Of a statement over `EventRow`."""
        found = and_(EventRow.position >= self.first, EventRow.position <= self.last)
        if self.types:
            found &= fits(self.types)
        if self.workspace_id is not None:
            found &= EventRow.workspace_id == self.workspace_id
        return found


def fits(patterns: Sequence[str]) -> Any:
    """Whether an event's type is as one of these names or patterns say, as a condition."""
    return or_(*(EventRow.type.like(like(each), escape="\\") for each in patterns)) if patterns else true()


def newest(connection: Connection) -> int:
    """The last position that was given; 0 where there is none."""
    return connection.scalar(_NEWEST) or 0


def position_at(connection: Connection, instant: datetime) -> int:
    """The position of the first event that was recorded then or later; one behind the last where none was."""
    statement = select(func.min(EventRow.position)).where(EventRow.recorded_at >= instant)
    found = connection.scalar(statement)
    return newest(connection) + 1 if found is None else found


def behind(connection: Connection, chosen: Selection, after: int, most: int) -> list[dict[str, Any]]:
    """The next rows of the ledger behind a position, in the order of commits."""
    statement = select(EventRow.__table__).where(chosen.condition(), EventRow.position > after)
    rows = connection.execute(statement.order_by(EventRow.position).limit(most))
    return [dict(row) for row in rows.mappings()]


def before_last(connection: Connection, chosen: Selection, count: int) -> int:
    """The position behind which the last `count` of these events stand."""
    newest_first = select(EventRow.position).where(chosen.condition()).order_by(EventRow.position.desc())
    positions = connection.scalars(newest_first.limit(count)).all()
    return (positions[-1] or 0) - 1 if positions else newest(connection)


def like(pattern: str) -> str:
    """A name or pattern of event types, as LIKE takes it that has a backslash for its escape."""
    return literal(pattern).replace("*", "%").replace("?", "_")
