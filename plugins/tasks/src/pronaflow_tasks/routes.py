"""Tasks over HTTP (modules.md 4.1)."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Answer, Blueprint, Page, Reader, Row, UnitOfWork, in_body, in_path, in_query

from .comments import CommentService
from .lists import ListService
from .places import PlaceService
from .reads import TaskReads
from .routes_comments import add_comments
from .routes_lists import add_lists
from .schemas import TaskCreate, TaskMove, TaskOut, TaskPatch, TaskQuery, TaskRow, TaskStatusChange
from .service import TaskService

TASK = in_path("task")
ONE: dict[str, Any] = {"returns": TaskOut, "resource": "task"}


def build(
    tasks: TaskService,
    reads: TaskReads,
    places: PlaceService,
    lists: ListService,
    comments: CommentService,
) -> Blueprint:
    """The blueprint under `/api/v1/tasks`."""
    summary = "What is to be done: in lists, with people, dates and comments"
    blp = Blueprint("tasks", url_prefix="/api/v1/tasks", tag="Tasks", summary=summary)
    _add_tasks(blp, tasks, reads)
    _add_places(blp, places, reads)
    add_lists(blp, lists)
    add_comments(blp, comments)
    return blp


def _add_tasks(blp: Blueprint, service: TaskService, reads: TaskReads) -> None:
    @blp.endpoint(
        "GET",
        "",
        permission="tasks.read",
        target=in_query(("project", "project_id"), ("task_list", "task_list_id")),
        query=TaskQuery,
        returns=TaskRow,
        many=True,
        resource="task",
    )
    def list_tasks(reader: Reader, query: Any) -> Page:
        """List tasks of a project, of a list, or of all projects you can see."""
        return reads.page(reader, query)

    @blp.endpoint(
        "POST",
        "",
        permission="tasks.create",
        target=in_body(("project", "project_id"), ("task_list", "task_list_id")),
        body=TaskCreate,
        status=201,
        **ONE,
    )
    def create_task(uow: UnitOfWork, body: Any) -> Row:
        """Create a task."""
        return service.create(uow, body)

    @blp.endpoint("GET", "/<id:task_id>", permission="tasks.read", target=TASK, **ONE)
    def get_task(reader: Reader, task_id: str) -> Row:
        """Get a task."""
        return reads.show(reader, task_id)

    @blp.endpoint(
        "PATCH",
        "/<id:task_id>",
        permission="tasks.update",
        target=TASK,
        body=TaskPatch(partial=True),
        **ONE,
    )
    def update_task(uow: UnitOfWork, task_id: str, body: Any) -> Row:
        """Change a task."""
        service.edit(uow, task_id, body)
        return reads.show(uow, task_id)

    @blp.endpoint(
        "PATCH", "/<id:task_id>/status", permission="tasks.update", target=TASK, body=TaskStatusChange, **ONE
    )
    def set_task_status(uow: UnitOfWork, task_id: str, body: Any) -> Row:
        """Move a task to another status."""
        service.edit(uow, task_id, body)
        return reads.show(uow, task_id)


def _add_places(blp: Blueprint, places: PlaceService, reads: TaskReads) -> None:
    @blp.endpoint("POST", "/<id:task_id>/move", permission="tasks.update", target=TASK, body=TaskMove, **ONE)
    def move_task(uow: UnitOfWork, task_id: str, body: Any) -> Answer:
        """Move a task to another list, position or project."""
        warnings = places.move(uow, task_id, body)
        return Answer(reads.show(uow, task_id), message="Task moved", warnings=warnings)

    @blp.endpoint("DELETE", "/<id:task_id>", permission="tasks.delete", target=TASK)
    def delete_task(uow: UnitOfWork, task_id: str) -> Answer:
        """Move a task to the trash."""
        places.delete(uow, task_id)
        return Answer(message="Task moved to the trash")

    @blp.endpoint("POST", "/<id:task_id>/restore", permission="tasks.delete", target=TASK, **ONE)
    def restore_task(uow: UnitOfWork, task_id: str) -> Row:
        """Bring a task back from the trash."""
        places.restore(uow, task_id)
        return reads.show(uow, task_id)
