"""Rules of tasks. Nothing here commits; whoever opened the unit of work does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pronaflow_kernel.api import (
    Context,
    KernelError,
    Reader,
    Row,
    UnitOfWork,
    Update,
    ValidationFailed,
    invalid,
)
from pronaflow_projects.api import ProjectInfo, Projects
from pronaflow_workspaces.api import WorkspaceSettings

from . import counters, externals, rules
from .attached import AttachedFields
from .comments.service import CommentService
from .counters import Delta
from .creation import Creator, Made, text
from .dependencies.gate import Gate
from .dependencies.queries import OF_PROJECT
from .events import TASK_COMPLETED, TASK_UPDATED, publish_moved, task_payload
from .lists.lookup import check_list, project_of_list
from .models import SEARCH, Task
from .people.events import publish_assigned
from .people.field import assignees_of
from .people.members import members
from .people.rules import assignee_faults, with_assignees
from .people.service import watchers_of
from .rights import Rights
from .wip import Limits


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit did, and what is odd about it.

    Arguments:
        update: the task as it is now, and what changed.
        warnings: what was accepted although a rule speaks against it, a sentence each.
    """

    update: Update
    warnings: list[str] = field(default_factory=list)


class TaskService:
    """Tasks; fulfils the Protocol `Tasks`.

    Arguments:
        ctx: of the plugin.
        attached: fields that live in tables of their own.
        comments: keeps what is said.
    """

    def __init__(self, ctx: Context, attached: AttachedFields, comments: CommentService) -> None:
        self._ctx = ctx
        self._attached = attached
        self._creator = Creator(ctx, attached)
        self._comments = comments
        self._rights = Rights(ctx)
        self._gate = Gate(ctx)
        self._limits = Limits(ctx)

    # What other plugins use

    def create(self, uow: UnitOfWork, values: Mapping[str, Any]) -> Row:
        """See `api.Tasks`."""
        return self.make(uow, values).task

    def create_many(self, uow: UnitOfWork, project_id: str, rows: Sequence[Mapping[str, Any]]) -> list[Row]:
        """See `api.Tasks`."""
        return self._creator.create(uow, self._editable(uow, project_id), rows, indexed=True)

    def update(self, uow: UnitOfWork, task_id: str, changes: Mapping[str, Any]) -> Update:
        """See `api.Tasks`."""
        task = uow.get(Task, task_id)
        project = self._editable(uow, task["project_id"])
        return self._write(uow, project, task, _entailed(uow, task, changes)).update

    def comment(
        self, uow: UnitOfWork, task_id: str, content: str, *, values: Mapping[str, Any] | None = None
    ) -> Row:
        """See `api.Tasks`."""
        return self._comments.create(uow, task_id, content, values or {})

    def watchers(self, reader: Reader, task_ids: Iterable[str]) -> dict[str, list[str]]:
        """See `api.Tasks`."""
        return watchers_of(reader, task_ids)

    def dependencies(self, reader: Reader, project_id: str) -> list[Row]:
        """See `api.Tasks`."""
        return reader.all(OF_PROJECT, project_id=project_id)

    def find_external(self, reader: Reader, source: str, external_ids: Iterable[str]) -> dict[str, Row]:
        """See `api.Tasks`."""
        return externals.find(reader, source, external_ids)

    # What a caller of the API may do

    def make(self, uow: UnitOfWork, values: Mapping[str, Any]) -> Made:
        """`create`, with what is odd about the task.

        Arguments:
            values: may hold `override_wip` too: whether a full status takes the task.
        """
        project = self._editable(uow, values.get("project_id") or self._project_of(uow, values))
        [made] = self.make_each(uow, project, [values])
        if isinstance(made, KernelError):
            raise made
        return made

    def make_each(
        self, uow: UnitOfWork, project: ProjectInfo, rows: Sequence[Mapping[str, Any]]
    ) -> list[Made | KernelError]:
        """`make` for many tasks of a project that takes changes: each is made, or the answer says why not."""
        status = project.settings.default_task_status
        if status is None and any(row.get("status") is None for row in rows):
            status = self._usual_status(uow)
        given = [{name: value for name, value in row.items() if name != "project_id"} for row in rows]
        return self._creator.create_each(
            uow, project, [{**row, "status": row.get("status") or status} for row in given]
        )

    def edit(self, uow: UnitOfWork, task_id: str, changes: Mapping[str, Any]) -> Edited:
        """`update`, held to what the caller may do with this task.

        Raises:
            Forbidden: see `rights.Rights.edit`.
        """
        task = uow.get(Task, task_id)
        return self.edit_loaded(uow, self._editable(uow, task["project_id"]), task, changes)

    def edit_loaded(
        self, uow: UnitOfWork, project: ProjectInfo, task: Row, changes: Mapping[str, Any]
    ) -> Edited:
        """`edit`, of a task that was read, in a project that takes changes.

        Arguments:
            changes: may hold `override_wip` too: whether a full status takes the task.
        """
        given = {name: value for name, value in changes.items() if name != "override_wip"}
        found = _entailed(uow, task, given)
        differing = {name for name, value in found.items() if name not in task or task[name] != value}
        self._rights.edit(uow, task, project, differing)
        return self._write(uow, project, task, found, override=bool(changes.get("override_wip")))

    # Rules

    def change(self, uow: UnitOfWork, task: Row, changes: Mapping[str, Any]) -> Update:
        """Change a loaded task as part of a change of its project, whose rules are not asked.

        Raises:
            ValidationFailed: a value breaks a rule.
            Conflict: a plugin objects.
        """
        return self._write(uow, None, task, _entailed(uow, task, changes)).update

    def _write(
        self,
        uow: UnitOfWork,
        project: ProjectInfo | None,
        task: Row,
        found: dict[str, Any],
        *,
        override: bool = False,
    ) -> Edited:
        attached = self._attached.of(found)
        columns = {name: value for name, value in found.items() if name not in attached}
        self._check(uow, task, columns, attached)
        warnings: list[str] = []
        status = str(found.get("status", task["status"]))
        if project is not None and status != task["status"]:
            warnings += self._gate.check(uow, project, task, status)
        _count(uow, task, columns)
        if project is not None and status != task["status"]:
            warnings += self._limits.enter(uow, project, status, override=override)
        update = uow.update(Task, task, columns)
        if attached:
            update = self._with_attached(uow, update, attached)
        if update.changes.keys() & {"title", "description"}:
            SEARCH.put(uow, task["workspace_id"], task["id"], text(update.row))
        _announce(uow, update)
        return Edited(update, warnings)

    def _check(self, uow: UnitOfWork, task: Row, columns: Row, attached: Row) -> None:
        differing = {name: value for name, value in columns.items() if task[name] != value}
        if not differing and not attached:
            return
        after, project_id = {**task, **differing, **attached}, task["project_id"]
        problems = rules.faults(after)
        if attached:
            problems += self._attached.faults(uow, project_id, [after])[0]
        if problems:
            raise ValidationFailed(problems)
        self._ctx.hooks.check_change(uow, "task", task, {**differing, **attached})

    def _with_attached(self, uow: UnitOfWork, update: Update, values: Row) -> Update:
        """The update with the changes of attached fields; they too give the task a new version."""
        changed = self._attached.replace(uow, update.row, values)
        if not changed:
            return update
        row = update.row
        if not update.changes:
            row = uow.update(Task, {**row, "updated_at": None}, {"updated_at": uow.now}).row
        return Update(row, {**update.changes, **changed})

    def _usual_status(self, uow: UnitOfWork) -> str:
        """Of tasks that are created without one, unless their project has another one."""
        return self._ctx.services.require(WorkspaceSettings).settings(uow).default_task_status

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
    """Changes together with all that follows from them.

    Raises:
        ValidationFailed: somebody is assigned who is not in the project.
    """
    found = rules.with_milestone(task, rules.with_effects(task, rules.with_days(changes), uow.now))
    if "assignee_ids" not in found and found.get("assigned_to", task["assigned_to"]) == task["assigned_to"]:
        return found
    assigned = assignees_of(uow, task["id"])
    found = with_assignees(assigned, task["assigned_to"], found)
    new = [user_id for user_id in found["assignee_ids"] if user_id not in assigned]
    people = members(uow, task["project_id"], set(new))
    problems = assignee_faults(found["assignee_ids"], {*assigned, *people}, changes.get("assignee_ids"))
    if problems:
        raise ValidationFailed(problems)
    return found


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
        check_list(uow, task["project_id"], found["task_list_id"])
        found["rank"] = place["last_rank"]


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
    if "assignee_ids" in changes:
        people = changes["assignee_ids"]
        publish_assigned(uow, task, [user for user in people["new"] if user not in people["old"]])
    if "status" in update.changes and task["status"] == "completed":
        when = task["completed_at"]
        uow.publish(TASK_COMPLETED, task["id"], payload, container_id=where, occurred_at=when)
