"""Task lists over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Answer, Blueprint, Page, Reader, Row, UnitOfWork, in_body, in_path, in_query

from .schemas import TaskListCreate, TaskListDelete, TaskListOut, TaskListPatch, TaskListQuery
from .service import ListService

LIST = in_path("task_list")
ONE: dict[str, Any] = {"returns": TaskListOut, "resource": "task_list"}


def add_lists(blp: Blueprint, service: ListService) -> None:
    """Add the routes under `/lists`."""

    @blp.endpoint(
        "GET",
        "/lists",
        permission="tasks.read",
        target=in_query(("project", "project_id"), required=True),
        query=TaskListQuery,
        many=True,
        **ONE,
    )
    def list_task_lists(reader: Reader, query: Any) -> Page:
        """List the task lists of a project."""
        return service.page(reader, query)

    @blp.endpoint(
        "POST",
        "/lists",
        permission="tasks.lists",
        target=in_body(("project", "project_id")),
        body=TaskListCreate,
        status=201,
        **ONE,
    )
    def create_task_list(uow: UnitOfWork, body: Any) -> Row:
        """Create a task list."""
        return service.create(uow, body)

    @blp.endpoint("GET", "/lists/<id:task_list_id>", permission="tasks.read", target=LIST, **ONE)
    def get_task_list(reader: Reader, task_list_id: str) -> Row:
        """Get a task list."""
        return service.show(reader, task_list_id)

    @blp.endpoint(
        "PATCH",
        "/lists/<id:task_list_id>",
        permission="tasks.lists",
        target=LIST,
        body=TaskListPatch(partial=True),
        **ONE,
    )
    def update_task_list(uow: UnitOfWork, task_list_id: str, body: Any) -> Row:
        """Change a task list."""
        return service.update(uow, task_list_id, body)

    @blp.endpoint(
        "DELETE",
        "/lists/<id:task_list_id>",
        permission="tasks.delete_lists",
        target=LIST,
        query=TaskListDelete,
    )
    def delete_task_list(uow: UnitOfWork, task_list_id: str, query: Any) -> Answer:
        """Delete a task list, and trash or move its tasks."""
        service.delete(uow, task_list_id, query)
        return Answer(message="Task list deleted")
