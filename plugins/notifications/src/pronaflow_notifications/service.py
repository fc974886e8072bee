"""What people do with their notifications: read them, mark them, throw them away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pronaflow_kernel.api import Context, NotFound, Page, Reader, Row, UnitOfWork

from . import counters, queries
from .wording import Wording


class NotificationService:
    """The caller's notifications, over all workspaces; a token that is bound to one works in that one.

    Nothing here publishes events: a notification is what became of one (docs/adr/044).

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._wording = ctx, Wording(ctx)

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The notifications, filtered as `NotificationQuery` says, newest first."""
        filters = {
            "unread": True if query["status"] == "unread" else None,
            "read": True if query["status"] == "read" else None,
            "type": query["type"],
            "priority": query["priority"],
            "workspace_id": query["workspace_id"],
            "container_id": query["project_id"],
            "since": query["since"],
            "until": query["until"],
            "bound_to": reader.scope.principal.workspace_id,
        }
        page = queries.NOTIFICATIONS.page(reader, query, filters)
        language = self._language(reader)
        return replace(page, rows=[self._wording.said(row, language) for row in page.rows])

    def get(self, reader: Reader, notification_id: str) -> Row:
        """One notification, with why it came.

        Raises:
            NotFound: the caller has none of this id.
        """
        return self._wording.said(self._own(reader, queries.SHOWN, notification_id), self._language(reader))

    def unread(self, reader: Reader) -> int:
        """How many are unread, from the counter."""
        bound_to = reader.scope.principal.workspace_id
        if bound_to is not None:
            return int(reader.value(queries.UNREAD_BOUND, bound_to=bound_to))
        return reader.value(queries.UNREAD) or 0

    def mark(self, uow: UnitOfWork, notification_id: str, *, read: bool) -> Row:
        """Mark a notification as read, or as unread again; the time of the first reading stays.

        Raises:
            NotFound: as in `get`.
        """
        user_id = _caller(uow)
        counters.hold(uow, [user_id])
        self._own(uow, queries.MINE, notification_id)
        if read:
            changed = uow.execute(queries.READ_ONE, which=notification_id, now=uow.now)
        else:
            changed = uow.execute(queries.UNREAD_ONE, which=notification_id)
        counters.add(uow, {user_id: -changed if read else changed})
        return self.get(uow, notification_id)

    def mark_all(self, uow: UnitOfWork) -> int:
        """Mark all that are unread as read, and tell how many they were."""
        user_id, bound_to = _caller(uow), uow.scope.principal.workspace_id
        counters.hold(uow, [user_id])
        if bound_to is None:
            count = uow.execute(queries.READ_ALL, now=uow.now)
        else:
            count = uow.execute(queries.READ_ALL_BOUND, now=uow.now, bound_to=bound_to)
        counters.add(uow, {user_id: -count})
        return count

    def delete(self, uow: UnitOfWork, notification_id: str) -> None:
        """Throw a notification away.

        Raises:
            NotFound: as in `get`.
        """
        user_id = _caller(uow)
        counters.hold(uow, [user_id])
        row = self._own(uow, queries.MINE, notification_id)
        uow.execute(queries.DELETE_ONE, id=notification_id)
        counters.add(uow, counters.lost([row]))

    def _own(self, reader: Reader, statement: Any, notification_id: str) -> Row:
        row = reader.one(statement, id=notification_id)
        bound_to = reader.scope.principal.workspace_id
        if row is None or bound_to not in (None, row["workspace_id"]):
            raise NotFound(f"Notification {notification_id} was not found")
        return row

    def _language(self, reader: Reader) -> str:
        user_id = _caller(reader)
        return self._ctx.preferences.locales(reader, [user_id])[user_id].language


def _caller(reader: Reader) -> str:
    """Whose notifications they are.

    Raises:
        NotFound: the caller is no person, and nobody tells machines anything.
    """
    user_id = reader.scope.principal.user_id
    if user_id is None:
        raise NotFound("Only people have notifications")
    return user_id
