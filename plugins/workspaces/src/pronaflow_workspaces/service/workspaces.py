"""Workspaces: making, changing, trashing and restoring them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import (
    Conflict,
    Context,
    Forbidden,
    NotFound,
    Page,
    Reader,
    Row,
    UnitOfWork,
    invalid,
    tenancy,
)

from ..events import WORKSPACE_ACCESSED
from ..queries import DETAIL, LAST_VISITED, RESTORABLE, WORKSPACES
from .settings import SettingsService, shown


class Workspaces:
    """What can be done to workspaces.

    Arguments:
        ctx: of the plugin.
        settings: shown with each workspace.
    """

    def __init__(self, ctx: Context, settings: SettingsService) -> None:
        self._hooks = ctx.hooks
        self._settings = settings

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The caller's workspaces; with a token that is bound to one, that one."""
        return WORKSPACES.page(reader, query, {"id": reader.scope.principal.workspace_id})

    def get(self, reader: Reader) -> Row:
        """The scope's workspace.

        Raises:
            NotFound: it was trashed since the request began.
        """
        row = reader.one(DETAIL)
        if row is None:
            raise NotFound(f"Workspace {reader.scope.workspace_id} was not found")
        return {**row, "settings": shown(self._settings.effective(row["stored"]))}

    def create(self, uow: UnitOfWork, values: Mapping[str, Any]) -> Row:
        """Create a workspace that the caller owns.

        Raises:
            Forbidden: the credential belongs to no person, or is bound to a workspace.
        """
        owner_id = uow.scope.principal.user_id
        if owner_id is None:
            raise Forbidden("Only a person can own a workspace")
        self._hooks.check_change(uow, "workspace", None, values)
        tenancy.create_workspace(uow, owner_id, values)
        return self.get(uow)

    def update(self, uow: UnitOfWork, changes: Mapping[str, Any]) -> Row:
        """Change name, description or logo."""
        row = self.get(uow)
        self._hooks.check_change(uow, "workspace", row, changes)
        return tenancy.update_workspace(uow, row, changes)

    def trash(self, uow: UnitOfWork, confirm_name: str | None) -> Row:
        """Move the scope's workspace to the trash.

        Raises:
            ValidationFailed: `confirm_name` is given and is not the workspace's name.
        """
        row = self.get(uow)
        if confirm_name is not None and confirm_name.strip() != row["name"]:
            raise invalid("confirm_name", "This is not the workspace's name.")
        self._hooks.check_change(uow, "workspace", row, {"lifecycle": "trashed"})
        return tenancy.trash_workspace(uow, row)

    def restore(self, uow: UnitOfWork, workspace_id: str) -> Row:
        """Bring a workspace back within 30 days: for whoever owned it, and for system admins.

        For everybody else a trashed workspace does not exist (modules.md 2.1).

        Raises:
            NotFound: it does not exist, is not the caller's to see, or was trashed too long ago.
            Forbidden: it is not trashed, and the caller does not own it.
            Conflict: it is not trashed.
        """
        row = uow.one(RESTORABLE, id=workspace_id)
        admin = uow.scope.principal.is_system_admin
        if row is None or (row["role"] is None and not admin):
            raise NotFound(f"Workspace {workspace_id} was not found")
        if row["role"] != "owner" and not admin:
            if row["lifecycle"] == "trashed":
                raise NotFound(f"Workspace {workspace_id} was not found")
            raise Forbidden("Only an owner can restore a workspace")
        if row["lifecycle"] != "trashed":
            raise Conflict("The workspace is not in the trash")
        tenancy.enter(uow, workspace_id, row["role"])
        self._hooks.check_change(uow, "workspace", row, {"lifecycle": "active"})
        tenancy.restore_workspace(uow, row)
        return self.get(uow)

    def visit(self, uow: UnitOfWork) -> None:
        """Remember that the caller works in the scope's workspace now."""
        tenancy.note_visit(uow)
        workspace_id = str(uow.scope.workspace_id)
        uow.publish(WORKSPACE_ACCESSED, workspace_id, {"workspace_id": workspace_id})

    def last_visited(self, reader: Reader) -> Row:
        """Where the caller worked last.

        Raises:
            NotFound: nowhere yet, or they may not go there any more.
        """
        row = reader.one(LAST_VISITED)
        if row is None:
            raise NotFound("You have not opened a workspace yet")
        return row
