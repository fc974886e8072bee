"""Rules of tasks. Nothing here commits; whoever opened the unit of work does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pronaflow_kernel.api import (
    Context,
    Reader,
    Row,
    UnitOfWork,
    Update,
    ValidationFailed,
    invalid,
)
from pronaflow_projects.api import ProjectInfo, Projects
from pronaflow_workspaces.api import WorkspaceSettings

from . import counters, externals, queries, rules, tags
from .comments import CommentService
from .counters import Delta
from .creation import Creator, lists_of, members, text
from .events import TASK_COMPLETED, TASK_UPDATED, task_payload
from .models import SEARCH, Task
from .rights import Rights


class TaskService:
    """Tasks; fulfils the Protocol `Tasks`.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._creator = Creator(ctx)
        self._comments = CommentService(ctx)
        self._rights = Rights(ctx)

    # What other plugins use

    def create(self, uow: UnitOfWork, values: Mapping[str, Any]) -> Row:
        """See `api.Tasks`."""
        given = dict(values)
        project_id = given.pop("project_id", None) or self._project_of(uow, given)
        if given.get("status") is None:
            given["status"] = self._ctx.services.require(WorkspaceSettings).settings(uow).default_task_status
        return self._creator.create(uow, self._editable(uow, project_id), [given], indexed=False)[0]

    def create_many(self, uow: UnitOfWork, project_id: str, rows: Sequence[Mapping[str, Any]]) -> list[Row]:
        """See `api.Tasks`."""
        return self._creator.create(uow, self._editable(uow, project_id), rows, indexed=True)

    def update(self, uow: UnitOfWork, task_id: str, changes: Mapping[str, Any]) -> Update:
        """See `api.Tasks`."""
        task = uow.get(Task, task_id)
        self._editable(uow, task["project_id"])
        return self.change(uow, task, changes)

    def comment(
        self, uow: UnitOfWork, task_id: str, content: str, *, values: Mapping[str, Any] | None = None
    ) -> Row:
        """See `api.Tasks`."""
        return self._comments.create(uow, task_id, content, values or {})

    def find_external(self, reader: Reader, source: str, external_ids: Iterable[str]) -> dict[str, Row]:
        """See `api.Tasks`."""
        return externals.find(reader, source, external_ids)

    # What a caller of the API may do

    def edit(self, uow: UnitOfWork, task_id: str, changes: Mapping[str, Any]) -> Update:
        """`update`, held to what the caller may do with this task.

        Raises:
            Forbidden: see `rights.Rights.edit`.
        """
        task = uow.get(Task, task_id)
        project = self._editable(uow, task["project_id"])
        differing = {name for name, value in changes.items() if name == "tags" or task[name] != value}
        self._rights.edit(uow, task, project, differing)
        return self.change(uow, task, changes)

    # Rules

    def change(self, uow: UnitOfWork, task: Row, changes: Mapping[str, Any]) -> Update:
        """Change a loaded task, in a project that may change.

        Raises:
            ValidationFailed: a value breaks a rule.
            Conflict: a plugin objects.
        """
        given = dict(changes)
        names = given.pop("tags", None)
        found = rules.with_milestone(task, rules.with_effects(task, rules.with_days(given), uow.now))
        self._check(uow, task, found, names)
        if "status" in found and found["status"] != task["status"]:
            delta = Delta.of(found["status"]) + Delta.of(task["status"], -1)
            counters.add(uow, task["project_id"], delta)
        update = uow.update(Task, task, found)
        if names is not None:
            update = _with_tags(uow, update, names)
        if update.changes.keys() & {"title", "description"}:
            SEARCH.put(uow, task["workspace_id"], task["id"], text(update.row))
        _announce(uow, update)
        return update

    def _check(self, uow: UnitOfWork, task: Row, found: Row, names: Iterable[str] | None) -> None:
        differing = {name: value for name, value in found.items() if task[name] != value}
        problems = rules.faults({**task, **differing}) if differing else []
        if problems:
            raise ValidationFailed(problems)
        person = differing.get("assigned_to")
        if person is not None and not members(uow, task["project_id"], {person}):
            raise invalid("assigned_to", "Not a member of the project.", "not_a_member")
        if "task_list_id" in differing:
            wanted = differing["task_list_id"]
            if wanted not in lists_of(uow, task["project_id"], {wanted}):
                raise invalid("task_list_id", "Not a list of the project.", "not_found")
        if differing or names is not None:
            asked = differing if names is None else {**differing, "tags": names}
            self._ctx.hooks.check_change(uow, "task", task, asked)

    def _editable(self, uow: UnitOfWork, project_id: str) -> ProjectInfo:
        return self._ctx.services.require(Projects).editable(uow, project_id)

    def _project_of(self, uow: UnitOfWork, values: Mapping[str, Any]) -> str:
        """The project of the list that values name.

        Raises:
            ValidationFailed: they name none that exists.
        """
        list_id = values.get("task_list_id")
        if list_id is None:
            raise invalid("project_id", "Missing data for required field.", "required")
        rows = uow.all(queries.LISTS_AMONG, ids=[list_id])
        if not rows:
            raise invalid("task_list_id", "There is no such list.", "not_found")
        return str(rows[0]["project_id"])


def _with_tags(uow: UnitOfWork, update: Update, names: Iterable[str]) -> Update:
    """The update, with the change of tags in it; where nothing else changed, the task gets a new version."""
    changed = tags.replace(uow, update.row["id"], names)
    if changed is None:
        return update
    row = update.row
    if not update.changes:
        row = uow.update(Task, {**row, "updated_at": None}, {"updated_at": uow.now}).row
    return Update(row, {**update.changes, "tags": changed})


def _announce(uow: UnitOfWork, update: Update) -> None:
    if not update.changes:
        return
    task, payload = update.row, task_payload(update.row)
    where = task["project_id"]
    uow.publish(TASK_UPDATED, task["id"], payload, changes=update.changes, container_id=where)
    if "status" in update.changes and task["status"] == "completed":
        when = task["completed_at"]
        uow.publish(TASK_COMPLETED, task["id"], payload, container_id=where, occurred_at=when)
