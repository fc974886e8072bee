"""Saved views: one's own, and those that others share (modules.md 10)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pronaflow_kernel.api import (
    Conflict,
    Context,
    EventType,
    Forbidden,
    NotFound,
    Page,
    Reader,
    Row,
    UnitOfWork,
    as_id,
    invalid,
)

from .events import VIEW_CREATED, VIEW_DELETED, VIEW_UPDATED
from .models import SavedView
from .queries import CLEAR_DEFAULT, OWN_COUNT, ViewQueries, shown

MOST = 200
"""Views of one person in one workspace."""
_NOTHING: Mapping[str, Any] = {"filters": {}, "sort": [], "columns": [], "container_id": None}


class Views:
    """What can be done to saved views in the scope's workspace.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._access, self._hooks = ctx.access, ctx.hooks

    @cached_property
    def _queries(self) -> ViewQueries:
        """Made at first use, when the owner of containers is known."""
        return ViewQueries(self._access.containers)

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The views that the caller sees, filtered as `ViewQuery` says."""
        filters = {name: query[name] for name in ("resource", "shared", "project_id")}
        return self._queries.all.page(reader, query, filters)

    def get(self, reader: Reader, view_id: str) -> Row:
        """One view.

        Raises:
            NotFound: it is another's and not shared, or about something that the caller does not see.
        """
        row = reader.one(self._queries.one, id=view_id)
        if row is None:
            raise NotFound(f"Saved view {view_id} was not found")
        return row

    def create(self, uow: UnitOfWork, body: Mapping[str, Any]) -> Row:
        """Save a view.

        Raises:
            ValidationFailed: the project is none that the caller sees.
            Forbidden: the caller may not share views, or is no person.
            Conflict: the caller has saved `MOST` views here.
        """
        if uow.scope.principal.user_id is None:
            raise Forbidden("Only people save views")
        values = {**_NOTHING, **{name: value for name, value in body.items() if name != "workspace_id"}}
        self._about(uow, values)
        self._may_share(uow, values)
        count, last = (uow.one(OWN_COUNT) or {}).values()
        if count >= MOST:
            raise Conflict(f"You have saved {MOST} views here: delete one first", details={"most": MOST})
        values.setdefault("position", min((-1 if last is None else last) + 1, 10_000))
        self._hooks.check_change(uow, "saved_view", None, values)
        row = uow.insert(SavedView, {**values, "user_id": uow.scope.principal.user_id})
        self._one_default(uow, row)
        _tell(uow, VIEW_CREATED, row)
        return row

    def update(self, uow: UnitOfWork, view_id: str, changes: Mapping[str, Any]) -> Row:
        """Change a view.

        Raises:
            NotFound: as in `get`. ValidationFailed, Forbidden: as in `create`.
            Forbidden: it is another's, and the caller does not run the workspace; or the change is about what
                its owner begins with.
        """
        row = self._mine(uow, view_id)
        if row["user_id"] != uow.scope.principal.user_id and not {"is_default", "position"}.isdisjoint(
            changes
        ):
            raise Forbidden("Order and default of a view are its owner's to choose")
        values = dict(changes)
        if "filters" in changes or "container_id" in changes:
            self._about(uow, values)
        self._may_share(uow, {"shared": row["shared"], **values}, before=row)
        if any(row[name] != value for name, value in values.items()):
            self._hooks.check_change(uow, "saved_view", row, values)
        update = uow.update(SavedView, row, values)
        if update.changes:
            self._one_default(uow, update.row)
            # Neither filters nor names go into the ledger: a private view is nobody's business.
            _tell(uow, VIEW_UPDATED, update.row)
        return shown(update.row, uow.scope.principal.user_id)

    def delete(self, uow: UnitOfWork, view_id: str) -> None:
        """Delete a view; errors as in `update`."""
        row = self._mine(uow, view_id)
        self._hooks.check_change(uow, "saved_view", row, {"lifecycle": "trashed"})
        uow.remove(SavedView, row)
        _tell(uow, VIEW_DELETED, row)

    def _mine(self, uow: UnitOfWork, view_id: str) -> Row:
        """The whole row of a view that the caller may change."""
        self.get(uow, view_id)
        row = uow.get(SavedView, view_id, lock=True)
        if row["user_id"] != uow.scope.principal.user_id:
            self._access.authorize(uow, "personalization.manage_views")
        return row

    def _about(self, uow: UnitOfWork, values: dict[str, Any]) -> None:
        """Note which project a view is about: whoever shares it must not show a project with it."""
        named = values.get("container_id")
        if named is None:
            named = as_id(values.get("filters", {}).get("project_id"))
            if named is None or self._access.role(uow, named) is None:
                return
            values["container_id"] = named
        elif self._access.role(uow, named) is None:
            raise invalid("project_id", f"Project {named} was not found.", "not_found")

    def _may_share(self, uow: UnitOfWork, values: Mapping[str, Any], before: Row | None = None) -> None:
        if values.get("shared") and not (before or {}).get("shared"):
            self._access.authorize(uow, "personalization.share_views")

    def _one_default(self, uow: UnitOfWork, row: Row) -> None:
        if row["is_default"]:
            uow.execute(
                CLEAR_DEFAULT, owner=row["user_id"], of=row["resource"], but=row["id"], moment=uow.now
            )


def _tell(uow: UnitOfWork, event: EventType, row: Row) -> None:
    payload = {"workspace_id": row["workspace_id"], "view_id": row["id"], "shared": row["shared"]}
    uow.publish(event, row["id"], payload, container_id=row["container_id"])
