"""Prebuilt reads of task lists."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, bindparam, func, select, update

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, Listing, TrashItem

from ..models import Task, TaskList

_PROJECT_ID = bindparam("project_id", type_=IdType())


def _tasks(*more: Any) -> Any:
    criteria = (
        Task.workspace_id == TaskList.workspace_id,
        Task.task_list_id == TaskList.id,
        Task.lifecycle != "trashed",
    )
    return select(func.count()).where(*criteria, *more).correlate(TaskList).scalar_subquery()


_LISTS = select(
    TaskList.__table__,
    _tasks().label("tasks_count"),
    _tasks(Task.status == "completed").label("completed_count"),
).where(TaskList.workspace_id == SCOPE_WORKSPACE, TaskList.lifecycle != "trashed")

TASK_LIST = _LISTS.where(TaskList.id == bindparam("id", type_=IdType()))
"""One list as shown."""

LISTS = Listing(
    _LISTS.where(TaskList.project_id == _PROJECT_ID),
    id=TaskList.id,
    filters={"is_archived": TaskList.is_archived == bindparam("is_archived")},
    sorts={
        "order": TaskList.position,
        "name": func.lower(TaskList.name),
        "created_at": TaskList.created_at,
    },
    default="order",
)

_AT = bindparam("at", type_=Integer())
_OF_PROJECT = (
    TaskList.workspace_id == SCOPE_WORKSPACE,
    TaskList.project_id == bindparam("of_project", type_=IdType()),
)

LIST_AT = select(TaskList.id).where(*_OF_PROJECT, TaskList.position == _AT)
"""The list that has a position, be it in the trash."""

MOVE_ON = (
    update(TaskList.__table__)
    .where(*_OF_PROJECT, TaskList.position >= _AT)
    .values(position=TaskList.position + 1)
)
"""Lets the lists from a position on go one further."""

LAST_LIST = select(func.max(TaskList.position)).where(
    TaskList.workspace_id == SCOPE_WORKSPACE, TaskList.project_id == _PROJECT_ID
)

_OF_LIST = (Task.workspace_id == SCOPE_WORKSPACE, Task.task_list_id == bindparam("list_id", type_=IdType()))
_WHEN = (
    select(TrashItem.deleted_at)
    .where(
        TrashItem.workspace_id == SCOPE_WORKSPACE,
        TrashItem.resource_type == "task_list",
        TrashItem.resource_id == bindparam("list_id", type_=IdType()),
    )
    .scalar_subquery()
)

TRASHED_ALONG = (
    select(Task.__table__)
    .join(
        TrashItem.__table__,
        (TrashItem.workspace_id == Task.workspace_id)
        & (TrashItem.resource_type == "task")
        & (TrashItem.resource_id == Task.id),
    )
    .where(*_OF_LIST, Task.lifecycle == "trashed", TrashItem.deleted_at == _WHEN)
    .order_by(Task.rank, Task.id)
)
"""The tasks that went to the trash in one with their list."""

ANY_OF_LIST = select(Task.id).where(*_OF_LIST).limit(1)
"""A task of a list, be it in the trash."""

LEAVE = update(Task.__table__).where(*_OF_LIST).values(task_list_id=bindparam("default", type_=IdType()))
"""Takes the tasks of a list to another one."""
