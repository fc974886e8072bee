"""Tasks over HTTP (modules.md 4.1)."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Answer, Blueprint, Page, Reader, Row, UnitOfWork, in_body, in_path, in_query

from .bulk.routes import add_bulk
from .bulk.service import BulkService
from .checklists.routes import add_checklists
from .checklists.service import ChecklistService
from .comments.routes import add_comments
from .comments.service import CommentService
from .dependencies.routes import add_dependencies
from .dependencies.service import DependencyService
from .lists.routes import add_lists
from .lists.service import ListService
from .people.assignees import AssigneeService
from .people.routes import add_people
from .people.service import WatcherService
from .places import PlaceService
from .reads import TaskReads
from .recurrence.routes import add_recurrence
from .recurrence.service import RecurrenceService
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
    assignees: AssigneeService,
    watchers: WatcherService,
    checklists: ChecklistService,
    dependencies: DependencyService,
    recurrence: RecurrenceService,
    bulk: BulkService,
) -> Blueprint:
    """The blueprint under `/api/v1/tasks`."""
    summary = "What is to be done: in lists, with people, dates and comments"
    blp = Blueprint("tasks", url_prefix="/api/v1/tasks", tag="Tasks", summary=summary)
    _add_tasks(blp, tasks, reads, recurrence)
    _add_places(blp, places, reads)
    add_bulk(blp, bulk)
    add_lists(blp, lists)
    add_comments(blp, comments)
    add_people(blp, assignees, watchers)
    add_checklists(blp, checklists)
    add_dependencies(blp, dependencies)
    add_recurrence(blp, recurrence)
    return blp


def _add_tasks(blp: Blueprint, service: TaskService, reads: TaskReads, recurrence: RecurrenceService) -> None:
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
    def create_task(uow: UnitOfWork, body: Any) -> Answer:
        """Create a task."""
        made = service.make(uow, body)
        return Answer(made.task, warnings=made.warnings)

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
    def update_task(uow: UnitOfWork, task_id: str, body: Any) -> Answer:
        """Change a task; of one that repeats, `apply_to` says whether the change is for future ones too."""
        edited = recurrence.edit(uow, task_id, body)
        return Answer(reads.show(uow, task_id), warnings=edited.warnings)

    @blp.endpoint(
        "PATCH", "/<id:task_id>/status", permission="tasks.update", target=TASK, body=TaskStatusChange, **ONE
    )
    def set_task_status(uow: UnitOfWork, task_id: str, body: Any) -> Answer:
        """Move a task to another status."""
        edited = service.edit(uow, task_id, body)
        return Answer(reads.show(uow, task_id), warnings=edited.warnings)


def _add_places(blp: Blueprint, places: PlaceService, reads: TaskReads) -> None:
    @blp.endpoint("POST", "/<id:task_id>/move", permission="tasks.update", target=TASK, body=TaskMove, **ONE)
    def move_task(uow: UnitOfWork, task_id: str, body: Any) -> Answer:
        """Move a task within its list, to another list or project, and to another status with it.

        `before_task_id` and `after_task_id` say what is meant also where others move tasks at the same time;
        `position` counts the tasks of the list as it is now. Without any of them the task comes last.
        """
        warnings = places.move(uow, task_id, body)
        return Answer(reads.show(uow, task_id), message="Task moved", warnings=warnings)

    @blp.endpoint("DELETE", "/<id:task_id>", permission="tasks.delete", target=TASK)
    def delete_task(uow: UnitOfWork, task_id: str) -> Answer:
        """Move a task to the trash."""
        places.delete(uow, task_id)
        return Answer(message="Task moved to the trash")

    @blp.endpoint("POST", "/<id:task_id>/restore", permission="tasks.delete", target=TASK, **ONE)
    def restore_task(uow: UnitOfWork, task_id: str) -> Answer:
        """Bring a task back from the trash."""
        warnings = places.restore(uow, task_id)
        return Answer(reads.show(uow, task_id), warnings=warnings)
