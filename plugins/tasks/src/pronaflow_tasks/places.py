"""Where a task is: at a rank of its list, in another project, in the trash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, update

from pronaflow_kernel.api import (
    SCOPE_WORKSPACE,
    Conflict,
    Context,
    IdType,
    NotFound,
    Row,
    StaleRow,
    UnitOfWork,
    invalid,
)
from pronaflow_projects.api import ProjectInfo, Projects

from . import counters, ranks
from .attached import AttachedFields
from .attachments.models import TaskFile
from .checklists.models import Subtask
from .comments.models import Comment
from .counters import Delta
from .dependencies.models import Dependency
from .dependencies.service import DependencyService
from .events import TASK_DELETED, TASK_RESTORED, publish_moved, task_payload
from .lists.lookup import check_list, lists_of, make_default_list, no_such_list, project_of_list
from .models import Task
from .recurrence.models import Recurrence
from .rights import Rights
from .service import TaskService
from .timekeeping.models import TimeEntry
from .wip import Limits


def _follow(model: Any) -> Any:
    """Takes the rows of a task to its new project."""
    return (
        update(model.__table__)
        .where(model.workspace_id == SCOPE_WORKSPACE, model.task_id == bindparam("task", type_=IdType()))
        .values(project_id=bindparam("project", type_=IdType()))
    )


_FOLLOWING = [_follow(model) for model in (Comment, Subtask, Dependency, TimeEntry, TaskFile, Recurrence)]
"""Whatever names the project of its task."""


class Placed(NamedTuple):
    """A task that was moved.

    Arguments:
        task: its row as it is now.
        warnings: what was lost on the way, or looks wrong.
    """

    task: Row
    warnings: list[str]


class PlaceService:
    """Moves tasks: between lists and projects, to the trash and back.

    Arguments:
        ctx: of the plugin.
        tasks: changes the status of a task on its way.
        attached: fields that live in tables of their own.
        dependencies: of the tasks that are moved.
    """

    def __init__(
        self, ctx: Context, tasks: TaskService, attached: AttachedFields, dependencies: DependencyService
    ) -> None:
        self._ctx = ctx
        self._tasks = tasks
        self._attached = attached
        self._dependencies = dependencies
        self._limits = Limits(ctx)
        self._rights = Rights(ctx)

    def move(self, uow: UnitOfWork, task_id: str, where: Mapping[str, Any]) -> list[str]:
        """`move_loaded`, of a task that is yet to be read; the answer is warnings."""
        task = uow.get(Task, task_id)
        return self.move_loaded(uow, self._editable(uow, task["project_id"]), task, where).warnings

    def move_loaded(
        self, uow: UnitOfWork, source: ProjectInfo, task: Row, where: Mapping[str, Any]
    ) -> Placed:
        """Take a task to another place in its list, to another list or project, and to another status.

        Arguments:
            source: the project of the task.
            where: any of `project_id`, `task_list_id`, `status`, `override_wip`, and one of `ranks.WISHES`;
                without one the task comes last, and stays where it is in a list that it is in already.

        Raises:
            NotFound: the caller does not see the project that is named.
            Forbidden: the caller may not change this task, not take it away, or not create tasks there.
            ValidationFailed: the list is not the project's, or in none that the caller sees; the task that is
                named as a neighbour is not in the list.
            Conflict: one of the projects takes no changes, or the status is full.
        """
        target = self._target(uow, task, source, where)
        if target.id != source.id:
            self._rights.take_away(uow, task)
            placed = self._emigrate(uow, task, source, target, where)
        else:
            placed = Placed(self._shift(uow, task, source, where), [])
        if where.get("status", placed.task["status"]) == placed.task["status"]:
            return placed
        changes = {name: where[name] for name in ("status", "override_wip") if name in where}
        edited = self._tasks.edit_loaded(uow, target, placed.task, changes)
        return Placed(edited.update.row, placed.warnings + edited.warnings)

    def _target(
        self, uow: UnitOfWork, task: Row, source: ProjectInfo, where: Mapping[str, Any]
    ) -> ProjectInfo:
        """The project that a task goes to."""
        named, list_id = where.get("project_id"), where.get("task_list_id")
        project_id = named
        if named is None and list_id not in (None, task["task_list_id"]):
            project_id = project_of_list(uow, list_id)
        if project_id in (None, source.id):
            return source
        try:
            self._ctx.access.authorize(uow, "tasks.create", container_id=project_id)
            return self._editable(uow, project_id)
        except NotFound:
            # What is hidden reads like what does not exist.
            if named is None:
                raise no_such_list() from None
            raise NotFound(f"Project {named} was not found") from None

    def _shift(self, uow: UnitOfWork, task: Row, project: ProjectInfo, where: Mapping[str, Any]) -> Row:
        """Take a task to another place in its project; the answer is its row as it is now."""
        list_id = where.get("task_list_id") or task["task_list_id"]
        wish = _wish(where)
        if list_id == task["task_list_id"] and not wish:
            return task
        self._rights.edit(uow, task, project, {"rank"})
        end = counters.add(uow, project.id, Delta(places=1))["last_rank"]
        # Read anew, now that nobody else can move it or its neighbours.
        task = uow.get(Task, task["id"])
        if task["project_id"] != project.id:
            raise StaleRow("the task left the project meanwhile")
        changes: Row = {"task_list_id": list_id}
        if list_id != task["task_list_id"]:
            check_list(uow, project.id, list_id)
        changes["rank"] = ranks.find(uow, task, list_id, wish, end)
        return self._write(uow, task, changes)

    def _emigrate(
        self,
        uow: UnitOfWork,
        task: Row,
        source: ProjectInfo,
        target: ProjectInfo,
        where: Mapping[str, Any],
    ) -> Placed:
        """Take a task to another project: it gets a key there, and loses what cannot go along."""
        place = self._count_over(uow, task, source, target)
        number = place["last_number"]
        changes: Row = {"project_id": target.id, "number": number, "key": f"{target.key}-{number}"}
        list_id = where.get("task_list_id")
        if list_id is None:
            list_id = place["default_list_id"] or make_default_list(uow, target.id)
        else:
            check_list(uow, target.id, list_id)
        changes["task_list_id"] = list_id
        changes["rank"] = ranks.find(uow, task, list_id, _wish(where), place["last_rank"])
        warnings = []
        if where.get("status", task["status"]) == task["status"]:
            override = bool(where.get("override_wip"))
            warnings += self._limits.enter(uow, target, task["status"], override=override)
        loss = self._attached.emigrate(uow, task, target.id)
        changes |= loss.columns
        warnings += loss.warnings
        warnings += self._dependencies.part(uow, task)
        for statement in _FOLLOWING:
            uow.execute(statement, task=task["id"], project=target.id)
        publish_moved(uow, task, None, left=True)
        return Placed(self._write(uow, task, changes), warnings)

    def _count_over(self, uow: UnitOfWork, task: Row, source: ProjectInfo, target: ProjectInfo) -> Row:
        """Take a task from one project's counters to another's; the answer is what the other one has then."""
        deltas = {
            source.id: Delta.of(task["status"], -1),
            target.id: Delta(numbers=1, places=1) + Delta.of(task["status"]),
        }
        places = {
            project_id: counters.add(uow, project_id, deltas[project_id]) for project_id in sorted(deltas)
        }
        return places[target.id]

    def _write(self, uow: UnitOfWork, task: Row, changes: Row) -> Row:
        """Put a task where `changes` say, and announce it unless it is there."""
        if any(task[name] != value for name, value in changes.items()):
            self._ctx.hooks.check_change(uow, "task", task, changes)
        return self._announce_move(uow, task, changes)

    def _announce_move(self, uow: UnitOfWork, task: Row, changes: Mapping[str, Any]) -> Row:
        moved = uow.update(Task, task, changes)
        if moved.changes:
            publish_moved(uow, moved.row, moved.changes)
        return moved.row

    def empty(self, uow: UnitOfWork, project_id: str, tasks: Sequence[Row], list_id: str) -> None:
        """Take tasks of one list to the end of another one of the same project, in their order.

        Raises:
            ValidationFailed: the list is not the project's.
        """
        last = counters.add(uow, project_id, Delta(places=len(tasks)))["last_rank"]
        if list_id not in lists_of(uow, project_id, {list_id}):
            raise invalid("move_to", "Not a list of the project.", "not_found")
        for step, task in enumerate(tasks, start=1 - len(tasks)):
            self._announce_move(uow, task, {"task_list_id": list_id, "rank": last + step * ranks.STEP})

    def trash_all(self, uow: UnitOfWork, project_id: str, tasks: Sequence[Row]) -> None:
        """Move tasks of one project to the trash."""
        counters.add(uow, project_id, sum((Delta.of(task["status"], -1) for task in tasks), Delta()))
        for task in tasks:
            gone = self._ctx.trash.put(uow, "task", task)
            uow.publish(TASK_DELETED, task["id"], task_payload(gone), container_id=project_id)

    def delete(self, uow: UnitOfWork, task_id: str) -> None:
        """`delete_loaded`, of a task that is yet to be read."""
        task = uow.get(Task, task_id)
        self._editable(uow, task["project_id"])
        self.delete_loaded(uow, task)

    def delete_loaded(self, uow: UnitOfWork, task: Row) -> None:
        """Move a task, whose project takes changes, to the trash.

        Raises:
            Forbidden: it is not the caller's, and their role deletes only their own.
        """
        self._rights.delete(uow, task)
        self.trash_all(uow, task["project_id"], [task])

    def restore(self, uow: UnitOfWork, task_id: str) -> list[str]:
        """`restore_loaded`, of a task that is yet to be read; the answer is warnings."""
        task = uow.get(Task, task_id, trashed=True)
        return self.restore_loaded(uow, self._editable(uow, task["project_id"]), task).warnings

    def restore_loaded(self, uow: UnitOfWork, project: ProjectInfo, task: Row) -> Placed:
        """Bring a task back to its list; that is the default one where its own is gone for good.

        Raises:
            Forbidden: as in `delete_loaded`.
            Conflict: it is not in the trash, or its status is full, or its list is in the trash.
        """
        self._rights.delete(uow, task)
        if task["lifecycle"] != "trashed":
            raise Conflict("The task is not in the trash")
        counters.add(uow, project.id, Delta.of(task["status"]))
        warnings = self._limits.enter(uow, project, task["status"])
        restored = self._ctx.trash.restore(uow, "task", task["id"])
        uow.publish(TASK_RESTORED, task["id"], task_payload(restored), container_id=project.id)
        return Placed(restored, warnings)

    def _editable(self, uow: UnitOfWork, project_id: str) -> ProjectInfo:
        return self._ctx.services.require(Projects).editable(uow, project_id)


def _wish(where: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of the place in the list."""
    return {name: where[name] for name in ranks.WISHES if where.get(name) is not None}
