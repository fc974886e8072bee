"""Assignees and watchers over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Answer, Blueprint, Page, Reader, Row, UnitOfWork, in_path

from ..schemas import TaskOut
from .assignees import AssigneeService
from .schemas import (
    TaskAssigneeIn,
    TaskAssigneeOut,
    TaskPerson,
    TaskWatcherIn,
    TaskWatcherQuery,
    TaskWatchersQuery,
)
from .service import WatcherService

TASK = in_path("task")


def add_people(blp: Blueprint, assignees: AssigneeService, watchers: WatcherService) -> None:
    """Add the routes under `/{task_id}/assignees` and `/{task_id}/watchers`."""
    _add_assignees(blp, assignees)
    _add_watchers(blp, watchers)


def _add_assignees(blp: Blueprint, service: AssigneeService) -> None:
    url = "/<id:task_id>/assignees"

    @blp.endpoint("GET", url, permission="tasks.read", target=TASK, returns=TaskAssigneeOut, many=True)
    def list_assignees(reader: Reader, task_id: str) -> list[Row]:
        """List who is assigned to a task, the primary assignee first."""
        return service.all(reader, task_id)

    @blp.endpoint(
        "POST",
        url,
        permission="tasks.update",
        target=TASK,
        body=TaskAssigneeIn,
        returns=TaskOut,
        resource="task",
        status=201,
    )
    def add_assignee(uow: UnitOfWork, task_id: str, body: Any) -> Row:
        """Assign somebody to a task beside those who are."""
        return service.add(uow, task_id, body["user_id"], body["is_primary"])

    @blp.endpoint("DELETE", f"{url}/<id:user_id>", permission="tasks.update", target=TASK)
    def remove_assignee(uow: UnitOfWork, task_id: str, user_id: str) -> Answer:
        """Assign somebody to a task no more."""
        service.remove(uow, task_id, user_id)
        return Answer(message="Assignee removed")


def _add_watchers(blp: Blueprint, service: WatcherService) -> None:
    url = "/<id:task_id>/watchers"

    @blp.endpoint(
        "GET",
        url,
        permission="tasks.read",
        target=TASK,
        query=TaskWatchersQuery,
        returns=TaskPerson,
        many=True,
    )
    def list_watchers(reader: Reader, task_id: str, query: Any) -> Page:
        """List who watches a task: its creator, its assignees, and who commented or asked for it."""
        return service.page(reader, task_id, query)

    @blp.endpoint("POST", url, permission="tasks.watch", target=TASK, body=TaskWatcherIn, status=201)
    def watch_task(uow: UnitOfWork, task_id: str, body: Any) -> Answer:
        """Watch a task, or let somebody else watch it."""
        service.say(uow, task_id, body["user_id"], watching=True)
        return Answer(message="Watching")

    @blp.endpoint("DELETE", url, permission="tasks.watch", target=TASK, query=TaskWatcherQuery)
    def unwatch_task(uow: UnitOfWork, task_id: str, query: Any) -> Answer:
        """Watch a task no more, whatever one does with it later."""
        service.say(uow, task_id, query["user_id"], watching=False)
        return Answer(message="Not watching")
