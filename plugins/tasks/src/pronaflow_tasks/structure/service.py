"""What is in a project, for clones and templates (docs/adr/036)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pronaflow_kernel.api import Context, Reader, UnitOfWork
from pronaflow_projects.api import Projects, WorkDays
from pronaflow_workspaces.api import WorkspaceSettings

from ..attached import AttachedFields
from ..service import TaskService
from .describing import describe
from .fields import demand, make_fields
from .filling import make_lists, rows_of
from .links import add_links


class TaskContent:
    """Fulfils projects' Protocol `ProjectContent`: phases are lists.

    Arguments:
        ctx: of the plugin.
        tasks: makes tasks.
        attached: fields that live in tables of their own.
    """

    def __init__(self, ctx: Context, tasks: TaskService, attached: AttachedFields) -> None:
        self._ctx = ctx
        self._tasks = tasks
        self._attached = attached

    def describe(
        self, reader: Reader, project_id: str, days: WorkDays, start: date | None, *, with_tasks: bool
    ) -> dict[str, Any]:
        """See `ProjectContent`."""
        return describe(reader, project_id, days, start, self._attached, with_tasks=with_tasks)

    def fill(
        self,
        uow: UnitOfWork,
        project_id: str,
        structure: Mapping[str, Any],
        days: WorkDays,
        start: date,
    ) -> None:
        """See `ProjectContent`."""
        phases, custom_fields = structure["phases"], structure["custom_fields"]
        make_fields(self._ctx, uow, project_id, custom_fields)
        lists = make_lists(self._ctx, uow, project_id, phases)
        tasks = [task for phase in phases for task in phase["tasks"]]
        if tasks:
            rows = rows_of(phases, lists, self._status(uow, project_id), days, start)
            add_links(self._ctx, uow, tasks, self._tasks.create_many(uow, project_id, rows))
        demand(uow, project_id, custom_fields)

    def _status(self, uow: UnitOfWork, project_id: str) -> str:
        """That of tasks which are created without one."""
        project = self._ctx.services.require(Projects).get(uow, project_id)
        if project.settings.default_task_status is not None:
            return project.settings.default_task_status
        return self._ctx.services.require(WorkspaceSettings).settings(uow).default_task_status
