"""The events that a test brought about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from ..events.models import EventRow
from ..persistence.scope import Scope
from ..tenancy.rule import unscoped

if TYPE_CHECKING:
    from .world import World

_LAST = unscoped("a test asks how far the ledger goes", select(func.max(EventRow.seq)))
_OF_TYPE = unscoped(
    "a test asks what was published, wherever",
    select(EventRow.seq, EventRow.workspace_id, EventRow.payload)
    .where(EventRow.type == bindparam("type"), EventRow.seq > bindparam("since"))
    .order_by(EventRow.seq),
)


class Emitted:
    """The events since one moment, up to another one or to the present.

    Arguments:
        world: whose ledger.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._since = self._last()
        self._until: int | None = None

    def __call__(self, event_type: str, workspace_id: str | None = None) -> list[dict[str, Any]]:
        """The payloads of the events of a type, in order.

        Arguments:
            workspace_id: of that workspace only.

        Raises:
            ValueError: no running plugin publishes such a type, so that a misspelt name does not pass for
                an event that did not happen.
        """
        known = self._world.kernel.event_types
        if event_type not in known:
            raise ValueError(f"nothing publishes {event_type!r}; there are {', '.join(sorted(known))}")
        with self._world.kernel.db.read(Scope.system()) as reader:
            rows = reader.all(_OF_TYPE, type=event_type, since=self._since)
        return [
            row["payload"]
            for row in rows
            if (self._until is None or row["seq"] <= self._until)
            and workspace_id in (None, row["workspace_id"])
        ]

    @contextmanager
    def during(self) -> Iterator[Emitted]:
        """The events of a block: `with emitted.during() as meanwhile`."""
        block = Emitted(self._world)
        yield block
        block._until = self._last()

    def _last(self) -> int:
        with self._world.kernel.db.read(Scope.system()) as reader:
            return reader.value(_LAST) or 0
