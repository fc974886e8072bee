"""Checklists over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Answer, Blueprint, Page, PageQuery, Reader, Row, UnitOfWork, in_path

from .schemas import SubtaskIn, SubtaskOut, SubtaskPatch
from .service import ChecklistService

TASK = in_path("task")
SUBTASK = in_path("subtask")
ONE: dict[str, Any] = {"returns": SubtaskOut, "resource": "subtask"}


def add_checklists(blp: Blueprint, service: ChecklistService) -> None:
    """Add the routes under `/{task_id}/subtasks` and `/subtasks`."""
    url = "/subtasks/<id:subtask_id>"

    @blp.endpoint(
        "GET",
        "/<id:task_id>/subtasks",
        permission="tasks.read",
        target=TASK,
        query=PageQuery,
        many=True,
        **ONE,
    )
    def list_subtasks(reader: Reader, task_id: str, query: Any) -> Page:
        """List the checklist of a task, in its order."""
        return service.page(reader, task_id, query)

    @blp.endpoint(
        "POST",
        "/<id:task_id>/subtasks",
        permission="tasks.checklists",
        target=TASK,
        body=SubtaskIn,
        status=201,
        **ONE,
    )
    def create_subtask(uow: UnitOfWork, task_id: str, body: Any) -> Row:
        """Add an item to the checklist of a task."""
        return service.create(uow, task_id, body)

    @blp.endpoint("GET", url, permission="tasks.read", target=SUBTASK, **ONE)
    def get_subtask(reader: Reader, subtask_id: str) -> Row:
        """Get an item of a checklist."""
        return service.show(reader, subtask_id)

    @blp.endpoint(
        "PATCH",
        url,
        permission="tasks.checklists",
        target=SUBTASK,
        body=SubtaskPatch(partial=True),
        **ONE,
    )
    def update_subtask(uow: UnitOfWork, subtask_id: str, body: Any) -> Row:
        """Change, tick or move an item of a checklist."""
        return service.update(uow, subtask_id, body)

    @blp.endpoint("DELETE", url, permission="tasks.checklists", target=SUBTASK)
    def delete_subtask(uow: UnitOfWork, subtask_id: str) -> Answer:
        """Take an item from a checklist."""
        service.delete(uow, subtask_id)
        return Answer(message="Subtask deleted")
