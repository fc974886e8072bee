"""Writing to the ledger: a unit of work collects events and stores them just before it commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert

from ..ids import new_id
from ..logs import mask
from ..tenancy.rule import unscoped
from .hops import checked
from .models import EventPrivate, EventRow
from .types import Event, EventType

_INSERT = unscoped(
    "each event was stamped with the scope it was published in, and a registration enters a second one",
    insert(EventRow),
)
_INSERT_PRIVATE = insert(EventPrivate)


@dataclass(slots=True)
class Ledger:
    """The events of one unit of work, in order of publication."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    private: list[dict[str, Any]] = field(default_factory=list)
    callers: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def add(
        self,
        type_: EventType,
        row: dict[str, Any],
        private: Mapping[str, Any] | None,
        caller: Mapping[str, Any] | None = None,
    ) -> None:
        """Note an event; it is stored by `flush`.

        Arguments:
            row: columns of it; secrets in `changes` are masked, by the names of fields and by their shape.
            private: personal values; caller: from `caller_of`.

        Raises:
            ValueError: the payload's keys are not those that the type declares; or subscribers answer
                events with events without an end (`hops.Loop`).
        """
        type_.check(row["payload"])
        hop, event_id = checked(type_.name), new_id()
        if caller is not None:
            self.callers[caller["caller"]] = caller
        self.rows.append(
            {
                **row,
                "id": event_id,
                "hop": hop,
                "type": type_.name,
                "schema_version": type_.version,
                "public": type_.public,
                "aggregate_type": type_.aggregate,
                "caller_id": caller["caller"] if caller is not None else None,
                "payload": _plain(row["payload"]),
                "changes": None if row["changes"] is None else _masked(_plain(row["changes"])),
            }
        )
        if private:
            self.private.append({"event_id": event_id, "user_id": row["user_id"], "data": dict(private)})

    def mark(self) -> tuple[int, int]:
        """How far it has come, for `rewind`."""
        return len(self.rows), len(self.private)

    def rewind(self, mark: tuple[int, int]) -> None:
        """Forget what was noted since `mark`."""
        del self.rows[mark[0] :], self.private[mark[1] :]

    def flush(self, connection: Connection) -> bool:
        """Store what was noted, in one statement; False where that is nothing."""
        if not self.rows:
            return False
        rows, self.rows = self.rows, []
        connection.execute(_INSERT, rows)
        if self.private:
            connection.execute(_INSERT_PRIVATE, self.private)
            self.private = []
        return True


def event_of(row: Mapping[str, Any]) -> Event:
    """A row of the ledger as subscribers see it."""
    return Event(**{name: row[name] for name in Event.__dataclass_fields__})


def _masked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes that tell of a secret only that it changed."""
    return {
        name: {key: mask(value, name) for key, value in change.items()}
        if isinstance(change, Mapping)
        else mask(change, name)
        for name, change in changes.items()
    }


def _plain(value: Any) -> Any:
    """JSON-ready: times as RFC 3339, everything else as it is."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
