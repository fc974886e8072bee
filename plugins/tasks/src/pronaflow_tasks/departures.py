"""What becomes of the open work of somebody who leaves a workspace (modules.md 2.3, rule 4)."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from pronaflow_kernel.api import (
    SCOPE_WORKSPACE,
    Conflict,
    Context,
    Event,
    IdType,
    NotFound,
    UnitOfWork,
    ValidationFailed,
)
from pronaflow_workspaces.api import WorkspaceSettings

from .models import ACTIVE, Task
from .service import TaskService
from .words import CLOSED

_OPEN = select(Task.id).where(
    Task.workspace_id == SCOPE_WORKSPACE,
    Task.assigned_to == bindparam("user_id", type_=IdType()),
    Task.lifecycle == ACTIVE,
    Task.status.not_in(CLOSED),
)


class Departures:
    """Hands tasks over, or leaves them without an assignee, as the workspace has set.

    Arguments:
        ctx: of the plugin.
        tasks: changes them by their rules.
    """

    def __init__(self, ctx: Context, tasks: TaskService) -> None:
        self._ctx = ctx
        self._tasks = tasks

    def departed(self, uow: UnitOfWork, event: Event) -> None:
        """Subscriber of `workspace.member.removed`."""
        heir = event.payload["reassign_to"]
        settings = self._ctx.services.require(WorkspaceSettings).settings(uow)
        if heir is None and settings.on_member_removed == "keep":
            return
        for row in uow.all(_OPEN, user_id=event.payload["user_id"]):
            # An heir may not be in the project; one on hold or in the trash keeps its tasks as they are.
            if heir is None or not self._assign(uow, row["id"], heir):
                self._assign(uow, row["id"], None)

    def _assign(self, uow: UnitOfWork, task_id: str, user_id: str | None) -> bool:
        try:
            with uow.savepoint():
                self._tasks.update(uow, task_id, {"assigned_to": user_id})
        except (Conflict, NotFound, ValidationFailed):
            return False
        return True
