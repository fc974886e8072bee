"""Assigning people to a task one by one."""

from __future__ import annotations

from pronaflow_kernel.api import NotFound, Reader, Row, UnitOfWork

from ..models import Task
from ..reads import TaskReads
from ..service import TaskService
from .field import assignees_of


class AssigneeService:
    """The assignees of a task, as a list of their own.

    Arguments:
        tasks: changes tasks by their rules.
        reads: shows them.
    """

    def __init__(self, tasks: TaskService, reads: TaskReads) -> None:
        self._tasks = tasks
        self._reads = reads

    def all(self, reader: Reader, task_id: str) -> list[Row]:
        """Who is assigned, the primary one first.

        Raises:
            NotFound: the task is gone.
        """
        people: list[Row] = self._reads.show(reader, task_id)["assignees"]
        return people

    def add(self, uow: UnitOfWork, task_id: str, user_id: str, primary: bool | None) -> Row:
        """Assign somebody, and answer the task; who was the primary one before stays assigned.

        Arguments:
            primary: whether they become the primary one; None: if there is none.

        Raises:
            NotFound: the task is gone.
            Forbidden, ValidationFailed, Conflict: see `TaskService.edit`.
        """
        first = uow.get(Task, task_id)["assigned_to"]
        if primary or (primary is None and first is None):
            first = user_id
        self._edit(uow, task_id, [*assignees_of(uow, task_id), user_id], first)
        return self._reads.show(uow, task_id)

    def remove(self, uow: UnitOfWork, task_id: str, user_id: str) -> None:
        """Assign somebody no more; where it was the primary one, there is none then.

        Raises:
            NotFound: the task is gone, or the user is not assigned.
            Forbidden, Conflict: see `TaskService.edit`.
        """
        first, assigned = uow.get(Task, task_id)["assigned_to"], assignees_of(uow, task_id)
        if user_id not in assigned:
            raise NotFound(f"User {user_id} is not assigned")
        rest = [other for other in assigned if other != user_id]
        self._edit(uow, task_id, rest, None if first == user_id else first)

    def _edit(self, uow: UnitOfWork, task_id: str, everybody: list[str], primary: str | None) -> None:
        self._tasks.edit(uow, task_id, {"assignee_ids": everybody, "assigned_to": primary})
