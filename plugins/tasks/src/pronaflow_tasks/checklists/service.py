"""Checklists: small steps inside a task, which fill its bar (modules.md 4.4, rules 1 to 3).

Whoever changes items holds the row of their task, so that two who tick at once are counted both, and the
positions stay without gaps. Where a change of the task's status is part of it, that comes first: it takes
the project's counters before the task, as everybody does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import Conflict, Context, NotFound, Page, Reader, Row, StaleRow, UnitOfWork, invalid
from pronaflow_projects.api import Projects

from ..events import TASK_UPDATED, task_payload
from ..models import Task
from ..people.members import members
from ..rules import progress
from ..service import TaskService
from . import queries
from .events import SUBTASK_COMPLETED, SUBTASK_CREATED, SUBTASK_DELETED, SUBTASK_UPDATED, subtask_payload
from .models import Subtask
from .rules import MOST, with_status


class ChecklistService:
    """Items of checklists.

    Arguments:
        ctx: of the plugin.
        tasks: changes tasks by their rules.
    """

    def __init__(self, ctx: Context, tasks: TaskService) -> None:
        self._ctx = ctx
        self._tasks = tasks

    def page(self, reader: Reader, task_id: str, query: Mapping[str, Any]) -> Page:
        """The items of a task, in their order.

        Raises:
            NotFound: the task is gone.
        """
        reader.get(Task, task_id)
        page = queries.SUBTASKS.page(reader, query, task_id=task_id)
        for item in page.rows:
            _shown(item)
        return page

    def show(self, reader: Reader, subtask_id: str) -> Row:
        """One item.

        Raises:
            NotFound: there is none, or its task is gone.
        """
        item = reader.one(queries.SUBTASK, id=subtask_id)
        if item is None:
            raise NotFound(f"Subtask {subtask_id} was not found")
        return _shown(item)

    def create(self, uow: UnitOfWork, task_id: str, values: Mapping[str, Any]) -> Row:
        """Add an item at the end of a task's checklist.

        Raises:
            NotFound: the task is gone.
            ValidationFailed: who is to do it is not in the project.
            Conflict: the task is a milestone, has as many as it may, or its project takes no changes.
        """
        task = self._held(uow, task_id)
        if task["is_milestone"]:
            raise Conflict("A milestone has no subtasks", details={"reason": "milestone"})
        if task["subtasks_count"] >= MOST:
            raise Conflict(f"A task has at most {MOST} subtasks", details={"limit": MOST})
        row = with_status(None, values, uow.now) | {
            "task_id": task_id,
            "project_id": task["project_id"],
            "position": task["subtasks_count"],
            "created_by": uow.scope.principal.user_id,
        }
        self._check_person(uow, task, row.get("assigned_to"))
        self._ctx.hooks.check_change(uow, "subtask", None, row)
        item = uow.insert(Subtask, row)
        done = int(item["status"] == "completed")
        _count(uow, task, 1, done)
        _publish(uow, SUBTASK_CREATED, item)
        if done:
            _publish(uow, SUBTASK_COMPLETED, item)
        return _shown(item)

    def update(self, uow: UnitOfWork, subtask_id: str, changes: Mapping[str, Any]) -> Row:
        """Change an item; what is open again in a completed task takes that to in_progress.

        Raises:
            NotFound: there is none, or its task is gone.
            ValidationFailed: who is to do it is not in the project; status and tick contradict one another.
            Conflict: a plugin objects, or the project takes no changes.
        """
        before = self.show(uow, subtask_id)
        reopens = before["is_completed"] and _is_open(with_status(before, changes, uow.now))
        task = self._held(uow, before["task_id"], reopens=reopens)
        item = self.show(uow, subtask_id)
        found = with_status(item, changes, uow.now)
        if "position" in found:
            found["position"] = min(found["position"], task["subtasks_count"] - 1)
        differing = {name: value for name, value in found.items() if item[name] != value}
        if not differing:
            return item
        self._check_person(uow, task, differing.get("assigned_to"))
        self._ctx.hooks.check_change(uow, "subtask", item, differing)
        if "position" in differing:
            _make_way(uow, item, differing["position"])
        update = uow.update(Subtask, item, differing)
        done = int(update.row["status"] == "completed") - int(item["status"] == "completed")
        _count(uow, task, 0, done)
        _publish(uow, SUBTASK_UPDATED, update.row, update.changes)
        if done > 0:
            _publish(uow, SUBTASK_COMPLETED, update.row)
        return _shown(update.row)

    def delete(self, uow: UnitOfWork, subtask_id: str) -> None:
        """Take an item from its checklist.

        Raises:
            NotFound, Conflict: as in `update`.
        """
        task = self._held(uow, self.show(uow, subtask_id)["task_id"])
        item = self.show(uow, subtask_id)
        uow.remove(Subtask, item)
        uow.execute(queries.UP, task=task["id"], first=item["position"], last=MOST)
        _count(uow, task, -1, -int(item["status"] == "completed"))
        _publish(uow, SUBTASK_DELETED, item)

    def _held(self, uow: UnitOfWork, task_id: str, *, reopens: bool = False) -> Row:
        """The task of a project that may change, as nobody else changes it until the commit.

        Arguments:
            reopens: whether it is in_progress from now on if it is completed.
        """
        task = uow.get(Task, task_id)
        self._ctx.services.require(Projects).editable(uow, task["project_id"])
        if reopens and task["status"] == "completed":
            self._tasks.change(uow, task, {"status": "in_progress"})
        task = uow.get(Task, task_id, lock=True)
        if reopens and task["status"] == "completed":
            raise StaleRow("The task was completed meanwhile")
        return task

    def _check_person(self, uow: UnitOfWork, task: Row, user_id: str | None) -> None:
        if user_id is not None and not members(uow, task["project_id"], {user_id}):
            raise invalid("assigned_to", "Not a member of the project.", "not_a_member")


def _is_open(changes: Mapping[str, Any]) -> bool:
    status: str = changes.get("status", "completed")
    return status != "completed"


def _make_way(uow: UnitOfWork, item: Row, position: int) -> None:
    """Let the items between an item's place and its new one move up or down by one."""
    old, task_id = item["position"], item["task_id"]
    if position > old:
        uow.execute(queries.UP, task=task_id, first=old + 1, last=position)
    else:
        uow.execute(queries.DOWN, task=task_id, first=position, last=old - 1)


def _count(uow: UnitOfWork, task: Row, items: int, completed: int) -> None:
    """Add to what a task that is held counts, and fill its bar accordingly."""
    count, done = task["subtasks_count"] + items, task["subtasks_completed"] + completed
    bar = progress(task["status"], done, count)
    counted = {"subtasks_count": count, "subtasks_completed": done, "progress": bar}
    update = uow.update(Task, task, counted)
    if update.changes:
        payload, where = task_payload(update.row), task["project_id"]
        uow.publish(TASK_UPDATED, task["id"], payload, changes=update.changes, container_id=where)


def _publish(uow: UnitOfWork, event: Any, item: Row, changes: Mapping[str, Any] | None = None) -> None:
    told = {name: change for name, change in (changes or {}).items() if name != "description"}
    uow.publish(
        event, item["id"], subtask_payload(item), changes=told or None, container_id=item["project_id"]
    )


def _shown(item: Row) -> Row:
    item["is_completed"] = item["status"] == "completed"
    return item
