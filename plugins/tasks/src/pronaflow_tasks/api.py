"""What other plugins may import from tasks: the service, published tables, the rules for input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from pronaflow_kernel.api import Reader, Row, UnitOfWork, Update, needs_scope

from .dependencies.models import Dependency
from .models import Task
from .schemas import TaskCreate
from .words import CLOSED, PRIORITIES, PRIORITY_ALIASES, STATUS_ALIASES, STATUSES

TASK = Task.__table__
"""For joins and foreign keys; published columns: all but `rank`. Compare `workspace_id`, as ever."""

DEPENDENCY = Dependency.__table__
"""For joins; published columns: id, workspace_id, project_id (the successor's), task_id (the successor),
depends_on_task_id (the predecessor), dependency_type, lag_days. Ends of a link may be in the trash."""


class Tasks(Protocol):
    """The tasks of the scope's workspace; nothing here asks for permissions, all of it keeps the rules."""

    @needs_scope("write:tasks")
    def create(self, uow: UnitOfWork, values: Mapping[str, Any]) -> Row:
        """Create a task.

        Arguments:
            values: `title` and `project_id` or `task_list_id`; further as in POST /tasks, already typed
                (`due_date` and `start_date` as date or aware datetime, `tags` as names). Beyond the API:
                `checklist` (items with `title`, and `description` and `assigned_to` if there are any),
                `actual_seconds` (time spent elsewhere, to which entries add),
                `created_at`, `created_by`, `started_at`, `completed_at` (business times of an import), and
                `external`, a triple (source, id, data) under which `find_external` finds it again.

        Raises:
            NotFound: no such project or list.
            ValidationFailed: a value breaks a rule; the assignee is not in the project.
            Conflict: the project takes no changes (`details.project_status`); imported already.
        """
        ...

    @needs_scope("write:tasks")
    def create_many(self, uow: UnitOfWork, project_id: str, rows: Sequence[Mapping[str, Any]]) -> list[Row]:
        """`create` for many tasks of one project with a few statements for all; either all or none.

        Raises:
            ValidationFailed: `details.errors` name the fields as `<index>.<field>`.
        """
        ...

    @needs_scope("write:tasks")
    def update(self, uow: UnitOfWork, task_id: str, changes: Mapping[str, Any]) -> Update:
        """Change a task: fields as in PATCH /tasks/{id}, and the business times that `create` takes.

        Raises:
            NotFound, ValidationFailed, Conflict: as in `create`.
        """
        ...

    @needs_scope("write:comments")
    def comment(
        self, uow: UnitOfWork, task_id: str, content: str, *, values: Mapping[str, Any] | None = None
    ) -> Row:
        """Say something about a task; `values` may hold `author_id` and `created_at` of an import.

        Raises:
            NotFound, Conflict: as in `create`.
        """
        ...

    @needs_scope("read:tasks")
    def watchers(self, reader: Reader, task_ids: Iterable[str]) -> Mapping[str, Sequence[str]]:
        """Who wants to hear of tasks, by task id; only people who still see the project, in one statement.

        Creators, assignees, and who commented or asked for it, but for those who do not want to.
        """
        ...

    @needs_scope("read:tasks")
    def dependencies(self, reader: Reader, project_id: str) -> Sequence[Row]:
        """What the tasks of a project depend on, in one statement; without links whose end is in the trash.

        Each row: id, task_id, depends_on_task_id, dependency_type (FS, SS, FF or SF), lag_days, and
        predecessor_project_id, which may be another project. Nobody is asked who sees that one.
        """
        ...

    @needs_scope("read:tasks")
    def find_external(self, reader: Reader, source: str, external_ids: Iterable[str]) -> Mapping[str, Row]:
        """The tasks that came from elsewhere, by their id there; one statement for each 500 ids.

        Each row is the task's, with `external_data`; tasks in the trash are found too (see `lifecycle`).
        """
        ...


__all__ = [
    "CLOSED",
    "DEPENDENCY",
    "PRIORITIES",
    "PRIORITY_ALIASES",
    "STATUSES",
    "STATUS_ALIASES",
    "TASK",
    "TaskCreate",
    "Tasks",
]
