"""Where a task is: in a list at a position, in another project, in the trash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, update

from pronaflow_kernel.api import (
    SCOPE_WORKSPACE,
    Conflict,
    Context,
    IdType,
    NotFound,
    Row,
    UnitOfWork,
    invalid,
)
from pronaflow_projects.api import ProjectInfo, Projects

from . import counters, queries
from .counters import Delta
from .creation import lists_of, make_default_list, members, no_such_list, project_of_list
from .events import TASK_DELETED, TASK_RESTORED, publish_moved, task_payload
from .models import Comment, Task
from .rights import Rights

_SHIFT = (
    update(Task.__table__)
    .where(
        Task.workspace_id == SCOPE_WORKSPACE,
        Task.task_list_id == bindparam("list_id", type_=IdType()),
        Task.position >= bindparam("from_"),
    )
    .values(position=Task.position + 1)
)

_MOVE_COMMENTS = (
    update(Comment.__table__)
    .where(Comment.workspace_id == SCOPE_WORKSPACE, Comment.task_id == bindparam("task", type_=IdType()))
    .values(project_id=bindparam("project", type_=IdType()))
)


class PlaceService:
    """Moves tasks: between lists and projects, to the trash and back.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._rights = Rights(ctx)

    def move(self, uow: UnitOfWork, task_id: str, where: Mapping[str, Any]) -> list[str]:
        """Take a task to another list, position or project.

        Arguments:
            where: any of `project_id`, `task_list_id`, `position`.

        Returns:
            warnings: what was lost on the way.

        Raises:
            NotFound: the caller does not see the project that is named.
            Forbidden: the caller may not change this task, not take it away, or not create tasks there.
            ValidationFailed: the list is not the project's, or in none that the caller sees.
            Conflict: one of the projects takes no changes.
        """
        task = uow.get(Task, task_id)
        source = self._editable(uow, task["project_id"])
        target = self._target(uow, task, source, where)
        changes = dict(where)
        if target.id != source.id:
            self._rights.take_away(uow, task)
            return self._emigrate(uow, task, source, target, changes)
        changes.pop("project_id", None)
        differing = {name for name, value in changes.items() if task[name] != value}
        if not differing:
            return []
        self._rights.edit(uow, task, source, differing)
        place = counters.add(uow, target.id, Delta(places=1))
        self._settle(uow, task, target, changes, place)
        return []

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

    def _emigrate(
        self, uow: UnitOfWork, task: Row, source: ProjectInfo, target: ProjectInfo, changes: Row
    ) -> list[str]:
        """Take a task to another project: it gets a key there, and loses an assignee who is not."""
        deltas = {
            source.id: Delta.of(task["status"], -1),
            target.id: Delta(numbers=1, places=1) + Delta.of(task["status"]),
        }
        places = {
            project_id: counters.add(uow, project_id, deltas[project_id]) for project_id in sorted(deltas)
        }
        place = places[target.id]
        number = place["last_number"]
        changes |= {"project_id": target.id, "number": number, "key": f"{target.key}-{number}"}
        if changes.get("task_list_id") is None:
            changes["task_list_id"] = place["default_list_id"] or make_default_list(uow, target.id)
        warnings = []
        person = task["assigned_to"]
        if person is not None and not members(uow, target.id, {person}):
            changes["assigned_to"] = None
            warnings.append("The assignee is not a member of the project: nobody is assigned now.")
        uow.execute(_MOVE_COMMENTS, task=task["id"], project=target.id)
        publish_moved(uow, task, None, left=True)
        self._settle(uow, task, target, changes, place)
        return warnings

    def _settle(
        self, uow: UnitOfWork, task: Row, project: ProjectInfo, changes: Row, place: Mapping[str, Any]
    ) -> None:
        """Put a task where `changes` say."""
        self._ctx.hooks.check_change(uow, "task", task, changes)
        settle(uow, task, project.id, changes, place)
        self._announce_move(uow, task, changes)

    def _announce_move(self, uow: UnitOfWork, task: Row, changes: Mapping[str, Any]) -> None:
        moved = uow.update(Task, task, changes)
        if moved.changes:
            publish_moved(uow, moved.row, moved.changes)

    def empty(self, uow: UnitOfWork, project_id: str, tasks: Sequence[Row], list_id: str) -> None:
        """Take tasks of one list to the end of another one of the same project, in their order.

        Raises:
            ValidationFailed: the list is not the project's.
        """
        last = counters.add(uow, project_id, Delta(places=len(tasks)))["last_position"]
        if list_id not in lists_of(uow, project_id, {list_id}):
            raise invalid("move_to", "Not a list of the project.", "not_found")
        for position, task in enumerate(tasks, start=last - len(tasks) + 1):
            self._announce_move(uow, task, {"task_list_id": list_id, "position": position})

    def trash_all(self, uow: UnitOfWork, project_id: str, tasks: Sequence[Row]) -> None:
        """Move tasks of one project to the trash."""
        counters.add(uow, project_id, sum((Delta.of(task["status"], -1) for task in tasks), Delta()))
        for task in tasks:
            gone = self._ctx.trash.put(uow, "task", task)
            uow.publish(TASK_DELETED, task["id"], task_payload(gone), container_id=project_id)

    def delete(self, uow: UnitOfWork, task_id: str) -> None:
        """Move a task to the trash.

        Raises:
            Forbidden: it is not the caller's, and their role deletes only their own.
            Conflict: the project takes no changes.
        """
        task = uow.get(Task, task_id)
        self._editable(uow, task["project_id"])
        self._rights.delete(uow, task)
        self.trash_all(uow, task["project_id"], [task])

    def restore(self, uow: UnitOfWork, task_id: str) -> None:
        """Bring a task back to its list, or to the default one where that list is gone.

        Raises:
            Forbidden: as in `delete`.
            Conflict: it is not in the trash, or the project takes no changes.
        """
        task = uow.get(Task, task_id, trashed=True)
        self._editable(uow, task["project_id"])
        self._rights.delete(uow, task)
        if task["lifecycle"] != "trashed":
            raise Conflict("The task is not in the trash")
        project_id = task["project_id"]
        place = counters.add(uow, project_id, Delta.of(task["status"]))
        restored = self._ctx.trash.restore(uow, "task", task_id)
        if not uow.all(queries.LISTS_AMONG, ids=[task["task_list_id"]]):
            default = place["default_list_id"] or make_default_list(uow, project_id)
            restored = uow.update(Task, restored, {"task_list_id": default}).row
        uow.publish(TASK_RESTORED, task_id, task_payload(restored), container_id=project_id)

    def _editable(self, uow: UnitOfWork, project_id: str) -> ProjectInfo:
        return self._ctx.services.require(Projects).editable(uow, project_id)


def settle(
    uow: UnitOfWork, task: Row, project_id: str, changes: dict[str, Any], place: Mapping[str, Any]
) -> None:
    """Complete `changes` by `position`: the end of the list, or that of the task whose place this one takes.

    Arguments:
        place: of `counters.add`, with one place more. Whoever holds the counter row sees lists as they stay.

    Raises:
        ValidationFailed: the list is not the project's.
        Conflict: the list is archived.
    """
    list_id = changes.get("task_list_id", task["task_list_id"])
    stays = project_id == task["project_id"] and list_id == task["task_list_id"]
    if not stays and list_id not in lists_of(uow, project_id, {list_id}):
        raise invalid("task_list_id", "Not a list of the project.", "not_found")
    if changes.get("position") is None:
        changes["position"] = place["last_position"]
    else:
        changes["position"] = min(changes["position"], place["last_position"])
        uow.execute(_SHIFT, list_id=list_id, from_=changes["position"])
