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

from . import counters, externals, rules, tags
from .comments import CommentService
from .counters import Delta
from .creation import Creator, members, project_of_list, text
from .events import TASK_COMPLETED, TASK_UPDATED, publish_moved, task_payload
from .models import SEARCH, Task
from .places import settle
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
        found = _entailed(uow, task, changes)
        differing = {name for name, value in found.items() if name == "tags" or task[name] != value}
        self._rights.edit(uow, task, project, differing)
        return self._write(uow, task, found)

    # Rules

    def change(self, uow: UnitOfWork, task: Row, changes: Mapping[str, Any]) -> Update:
        """Change a loaded task, in a project that may change.

        Raises:
            ValidationFailed: a value breaks a rule.
            Conflict: a plugin objects.
        """
        return self._write(uow, task, _entailed(uow, task, changes))

    def _write(self, uow: UnitOfWork, task: Row, found: dict[str, Any]) -> Update:
        names = found.pop("tags", None)
        self._check(uow, task, found, names)
        _count(uow, task, found)
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
        return project_of_list(uow, list_id)


def _entailed(uow: UnitOfWork, task: Row, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes together with all that follows from them."""
    return rules.with_milestone(task, rules.with_effects(task, rules.with_days(changes), uow.now))


def _count(uow: UnitOfWork, task: Row, found: dict[str, Any]) -> None:
    """Take a change of status or list to the project's counters; in another list the task comes last.

    Raises:
        ValidationFailed: the list is not the project's.
        Conflict: the list is archived.
    """
    moves = found.get("task_list_id", task["task_list_id"]) != task["task_list_id"]
    status = found.get("status", task["status"])
    if not moves and status == task["status"]:
        return
    delta = Delta(places=int(moves)) + Delta.of(status) + Delta.of(task["status"], -1)
    place = counters.add(uow, task["project_id"], delta)
    if moves:
        settle(uow, task, task["project_id"], found, place)


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
    moved = {name: change for name, change in update.changes.items() if name in rules.PLACE}
    changes = {name: change for name, change in update.changes.items() if name not in rules.PLACE}
    if changes:
        uow.publish(TASK_UPDATED, task["id"], payload, changes=changes, container_id=where)
    if moved:
        publish_moved(uow, task, moved)
    if "status" in update.changes and task["status"] == "completed":
        when = task["completed_at"]
        uow.publish(TASK_COMPLETED, task["id"], payload, container_id=where, occurred_at=when)
