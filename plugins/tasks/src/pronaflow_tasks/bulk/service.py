"""Many changes of tasks in one transaction, each by the rules that hold for it alone (docs/adr/040)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from pronaflow_kernel.api import (
    SCOPE_WORKSPACE,
    Context,
    IdType,
    KernelError,
    NotFound,
    PreconditionFailed,
    Row,
    StaleRow,
    UnitOfWork,
    invalid,
    load,
)
from pronaflow_projects.api import ProjectInfo, Projects

from .. import counters, queries
from ..counters import Delta
from ..lists.lookup import no_such_list
from ..models import Task
from ..places import PlaceService
from ..reads import TaskReads
from ..schemas import TaskQuery
from ..service import TaskService
from .entries import Entry, entries_of, refusal
from .schemas import MOST

_PERMISSIONS = {
    "create": "tasks.create",
    "update": "tasks.update",
    "move": "tasks.update",
    "delete": "tasks.delete",
    "restore": "tasks.delete",
}

_AMONG = (
    Task.workspace_id == SCOPE_WORKSPACE,
    Task.id.in_(bindparam("ids", type_=IdType(), expanding=True)),
)

_PROJECTS = select(Task.id, Task.project_id).where(*_AMONG)

# NO KEY: rows that refer to a task may be added meanwhile.
_TASKS = (
    select(Task.__table__)
    .where(*_AMONG, Task.project_id.in_(bindparam("projects", type_=IdType(), expanding=True)))
    .order_by(Task.id)
    .with_for_update(key_share=True)
)
"""Tasks of some projects, held until the commit."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What is held until the commit.

    Arguments:
        projects: those that the caller sees, by id; or why one takes no changes.
        tasks: in those projects, by id, as they are now; those in the trash too.
    """

    projects: Mapping[str, ProjectInfo | KernelError]
    tasks: dict[str, Row]


class _Undone(Exception):
    """Ends a trial, so that nothing of it is kept."""


class BulkService:
    """Does many things with tasks.

    Arguments:
        ctx: of the plugin.
        tasks, places: the rules for one.
        reads: finds tasks by filters.
    """

    def __init__(self, ctx: Context, tasks: TaskService, places: PlaceService, reads: TaskReads) -> None:
        self._ctx = ctx
        self._tasks = tasks
        self._places = places
        self._reads = reads

    def run(self, uow: UnitOfWork, body: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a body asks for; the answer is as `BulkOut` shows it.

        Raises:
            ValidationFailed: the body itself is wrong, or more tasks match its filter than one call is for;
                or it is to be done as a whole, and a part of it is wrong.
            Conflict: it is to be done as a whole, and a part of it fails.
            StaleRow: a task changed in this moment; the request is run again.
        """
        entries = entries_of(body, self._ids(uow, body))
        if body["dry_run"]:
            with suppress(_Undone), uow.savepoint():
                self._do(uow, body, entries)
                raise _Undone
        else:
            self._do(uow, body, entries)
        failed = sum(entry.error is not None for entry in entries)
        return {
            "success_count": len(entries) - failed,
            "failed_count": failed,
            "dry_run": body["dry_run"],
            "results": [entry.shown() for entry in entries],
        }

    def _ids(self, uow: UnitOfWork, body: Mapping[str, Any]) -> Sequence[str] | None:
        """The tasks with which the same is to be done."""
        if "filter" not in body:
            return body.get("ids")
        query = load(TaskQuery(), body["filter"])
        ids = self._reads.ids(uow, query, MOST + 1)
        if len(ids) > MOST:
            raise invalid("filter", f"More than {MOST} tasks match.", "too_many")
        return ids

    def _do(self, uow: UnitOfWork, body: Mapping[str, Any], entries: Sequence[Entry]) -> None:
        sound = [entry for entry in entries if entry.error is None]
        if body["action"] == "create":
            self._create(uow, sound, body.get("project_id"))
        else:
            self._each(uow, body, sound)
        error = refusal(entries, "items" if "items" in body else "ids") if body["atomic"] else None
        if error is not None:
            raise error

    # New tasks

    def _create(self, uow: UnitOfWork, entries: Sequence[Entry], project_id: str | None) -> None:
        """Make tasks, project by project, with a few statements for each."""
        lists = self._projects_of_lists(uow, entries)
        groups: dict[str, list[Entry]] = {}
        for entry in entries:
            list_id = entry.changes.get("task_list_id")
            found = entry.changes.get("project_id") or (project_id if list_id is None else lists.get(list_id))
            if found is not None:
                groups.setdefault(found, []).append(entry)
            elif list_id is None:
                entry.error = invalid("project_id", "Missing data for required field.", "required")
            else:
                entry.error = no_such_list()
        for found, members in sorted(groups.items()):
            self._create_in(uow, found, members)

    def _create_in(self, uow: UnitOfWork, project_id: str, entries: Sequence[Entry]) -> None:
        try:
            self._ctx.access.authorize(uow, "tasks.create", container_id=project_id)
            project = self._editable(uow, project_id)
        except KernelError as error:
            for entry in entries:
                named = "project_id" in entry.changes or "task_list_id" not in entry.changes
                hidden = NotFound(f"Project {project_id} was not found") if named else no_such_list()
                entry.error = hidden if isinstance(error, NotFound) else error
            return
        outcomes = self._tasks.make_each(uow, project, [entry.changes for entry in entries])
        for entry, made in zip(entries, outcomes, strict=True):
            if isinstance(made, KernelError):
                entry.error = made
            else:
                entry.id, entry.task, entry.warnings = made.task["id"], made.task, made.warnings

    # Tasks that there are

    def _each(self, uow: UnitOfWork, body: Mapping[str, Any], entries: Sequence[Entry]) -> None:
        """Do one thing after the other, in as few statements as it takes where none is refused half-way.

        Else all that was done is undone, and each is done in a savepoint of its own: what it had written when
        it was refused goes, and the others stay. Who wants all or nothing needs neither.
        """
        held = self._hold(uow, entries)
        if not body["atomic"]:
            with suppress(_Undone), uow.savepoint():
                for entry in entries:
                    self._one(uow, body["action"], entry, held)
                    if entry.half_done:
                        raise _Undone
                return
            held = self._hold(uow, entries)
        for entry in entries:
            with suppress(_Undone), nullcontext() if body["atomic"] else uow.savepoint():
                self._one(uow, body["action"], entry, held)
                if entry.half_done:
                    raise _Undone

    def _one(self, uow: UnitOfWork, action: str, entry: Entry, held: _Held) -> None:
        entry.error, entry.half_done = None, False
        try:
            task, project = self._found(uow, action, entry, held)
            entry.half_done = True
            self._change(uow, action, entry, project, task)
            entry.half_done = False
        except KernelError as error:
            entry.error, entry.task, entry.warnings = error, None, []
            return
        if entry.task is not None:
            held.tasks[task["id"]] = entry.task
        elif action == "delete":
            del held.tasks[task["id"]]

    def _found(self, uow: UnitOfWork, action: str, entry: Entry, held: _Held) -> tuple[Row, ProjectInfo]:
        """The task with its project, for a caller who may do this there."""
        task = held.tasks.get(str(entry.id))
        if task is None or (task["lifecycle"] == "trashed" and action != "restore"):
            raise NotFound(f"Task {entry.id} was not found")
        self._ctx.access.authorize(uow, _PERMISSIONS[action], container_id=task["project_id"])
        project = held.projects[task["project_id"]]
        if isinstance(project, KernelError):
            raise project
        if entry.version not in (None, task["version"]):
            raise PreconditionFailed(
                f"It was changed meanwhile and has version {task['version']} now: read it again"
            )
        return task, project

    def _change(self, uow: UnitOfWork, action: str, entry: Entry, project: ProjectInfo, task: Row) -> None:
        if action == "update":
            edited = self._tasks.edit_loaded(uow, project, task, entry.changes)
            entry.task, entry.warnings = edited.update.row, edited.warnings
        elif action == "move":
            entry.task, entry.warnings = self._places.move_loaded(uow, project, task, entry.changes)
        elif action == "delete":
            self._places.delete_loaded(uow, task)
        else:
            entry.task, entry.warnings = self._places.restore_loaded(uow, project, task)

    def _hold(self, uow: UnitOfWork, entries: Sequence[Entry]) -> _Held:
        """Hold the tasks, and first the projects that they are in, or go to, with their counters.

        All in one order, so that two calls at once wait for one another rather than lock each other out.

        Raises:
            StaleRow: a task went to another project in this moment.
        """
        ids = sorted({str(entry.id) for entry in entries})
        homes = {row["id"]: row["project_id"] for row in uow.all(_PROJECTS, ids=ids)}
        named = {entry.changes["project_id"] for entry in entries if "project_id" in entry.changes}
        named |= {*homes.values(), *self._projects_of_lists(uow, entries).values()}
        projects: dict[str, ProjectInfo | KernelError] = {}
        for project_id in sorted(named):
            if not self._ctx.access.may(uow, "tasks.read", container_id=project_id):
                continue
            try:
                projects[project_id] = self._editable(uow, project_id)
                counters.add(uow, project_id, Delta())
            except KernelError as error:
                projects[project_id] = error
        tasks = {row["id"]: row for row in uow.all(_TASKS, ids=ids, projects=sorted(projects))}
        if any(task_id not in tasks for task_id, home in homes.items() if home in projects):
            raise StaleRow("a task went to another project meanwhile")
        return _Held(projects, tasks)

    def _projects_of_lists(self, uow: UnitOfWork, entries: Iterable[Entry]) -> dict[str, str]:
        """The projects of the lists that entries name; one that does not exist is missing."""
        ids = {entry.changes.get("task_list_id") for entry in entries} - {None}
        rows = uow.all(queries.LISTS_AMONG, ids=sorted(ids)) if ids else []
        return {row["id"]: row["project_id"] for row in rows}

    def _editable(self, uow: UnitOfWork, project_id: str) -> ProjectInfo:
        return self._ctx.services.require(Projects).editable(uow, project_id)
