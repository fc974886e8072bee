"""What clients get of rows: notifications as their list shows them, events as the event log does."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pronaflow_kernel.api import Context, Reader, Row

from ..eventlog.schemas import EventOut
from ..queries import UNREAD_BOUND
from ..schemas import NotificationOut
from ..wording import Wording
from . import queries
from .connection import Connection
from .frames import line

_EVENT, _NOTE = EventOut(), NotificationOut()


def told(row: Row) -> str:
    """An event of the workspace, as the event log shows it."""
    return line(_EVENT.dump(row))


def said(row: Row) -> str:
    """A notification, as the list shows it."""
    return line(_NOTE.dump(row))


class Notes:
    """Reads notifications for streams.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._wording = ctx, Wording(ctx)

    def counters(self, reader: Reader, user_ids: Collection[str]) -> dict[str, Row]:
        """`unread` and `revision` of people, by user."""
        found = {row["user_id"]: row for row in reader.all(queries.COUNTERS, ids=list(user_ids))}
        return {each: found.get(each, {"unread": 0, "revision": 0}) for each in user_ids}

    def behind(self, reader: Reader, user_id: str, after: int, last: int, most: int) -> list[Row]:
        """Somebody's notifications between two revisions, with words in their language."""
        rows = reader.all(queries.BEHIND, user_id=user_id, after=after, last=last, most=most)
        if not rows:
            return []
        language = self._ctx.preferences.locales(reader, [user_id])[user_id].language
        return [self._wording.said(row, language) for row in rows]

    def put(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Have those of them sent that are new to a client, and that its token may see."""
        for row in rows:
            if row["revision"] > connection.position.note and shown(connection, row):
                connection.note(said(row), row["revision"])

    def unread(self, connection: Connection, counter: Row) -> int:
        """How many notifications the reader of a stream has not read; for a token those of its workspace."""
        bound_to = connection.scope.principal.workspace_id
        if bound_to is None:
            return int(counter["unread"])
        with self._ctx.db.read(connection.scope) as reader:
            return int(reader.value(UNREAD_BOUND, bound_to=bound_to))


def shown(connection: Connection, row: Row) -> bool:
    """Whether a notification is one of the workspace that the reader's token is bound to, if it is."""
    return connection.scope.principal.workspace_id in (None, row["workspace_id"])
