"""Recurrence over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Answer, Blueprint, Reader, Row, UnitOfWork, in_path

from .schemas import TaskRecurrenceIn, TaskRecurrenceOut
from .service import RecurrenceService

TASK = in_path("task")


def add_recurrence(blp: Blueprint, service: RecurrenceService) -> None:
    """Add the routes under `/{task_id}/recurrence`."""

    @blp.endpoint(
        "GET",
        "/<id:task_id>/recurrence",
        permission="tasks.read",
        target=TASK,
        returns=TaskRecurrenceOut,
    )
    def get_recurrence(reader: Reader, task_id: str) -> Row:
        """Get how a task repeats, and the next days on which it does."""
        return service.show(reader, task_id)

    @blp.endpoint(
        "PUT",
        "/<id:task_id>/recurrence",
        permission="tasks.update",
        target=TASK,
        body=TaskRecurrenceIn,
        returns=TaskRecurrenceOut,
    )
    def set_recurrence(uow: UnitOfWork, task_id: str, body: Any) -> Row:
        """Let a task repeat, or repeat otherwise.

        The next task is made when the newest one is completed, or on its day, whichever is first.
        """
        return service.set(uow, task_id, body)

    @blp.endpoint("DELETE", "/<id:task_id>/recurrence", permission="tasks.update", target=TASK)
    def stop_recurrence(uow: UnitOfWork, task_id: str) -> Answer:
        """Let a task repeat no longer; the tasks that there are stay."""
        service.stop(uow, task_id)
        return Answer(message="The task repeats no longer")
