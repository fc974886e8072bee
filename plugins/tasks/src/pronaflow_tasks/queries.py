"""Prebuilt reads."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Date, String, and_, bindparam, cast, func, literal, or_, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, Listing, UtcDateTime

from .attached import AttachedFields
from .attachments.queries import COUNT as FILES_COUNT
from .comments.queries import COUNT as COMMENTS_COUNT
from .custom_fields import queries as custom
from .models import ACTIVE, DUE, SEARCH, External, Task, TaskList
from .people.field import ASSIGNED
from .people.queries import IS_WATCHING, WATCHERS_COUNT
from .tags.field import TAGGED
from .words import CLOSED

_ID = bindparam("id", type_=IdType())
_IDS = bindparam("ids", type_=IdType(), expanding=True)
_PROJECT_ID = bindparam("project_id", type_=IdType())

# Tasks


def one(attached: AttachedFields) -> Any:
    """One task as shown, but for what `attached.show` makes of its columns."""
    counts = (
        COMMENTS_COUNT.label("comments_count"),
        FILES_COUNT.label("files_count"),
        WATCHERS_COUNT.label("watchers_count"),
        IS_WATCHING.label("is_watching"),
    )
    return select(Task.__table__, *counts, *attached.columns()).where(
        Task.workspace_id == SCOPE_WORKSPACE, Task.id == _ID, Task.lifecycle != "trashed"
    )


_LISTED = select(*(column for column in Task.__table__.c if column.name != "description")).where(
    Task.workspace_id == SCOPE_WORKSPACE, Task.lifecycle == ACTIVE
)

_FILTERS: dict[str, Any] = {
    "task_list_id": Task.task_list_id == bindparam("task_list_id"),
    "status": Task.status.in_(bindparam("status", expanding=True)),
    "priority": Task.priority.in_(bindparam("priority", expanding=True)),
    "assigned_to": ASSIGNED,
    "created_by": Task.created_by == bindparam("created_by"),
    "due_date_from": Task.due_date >= bindparam("due_date_from"),
    "due_date_to": Task.due_date <= bindparam("due_date_to"),
    "is_milestone": Task.is_milestone == bindparam("is_milestone"),
    "tag": TAGGED,
    "search": Task.id.in_(SEARCH.matching()),
}

_NOW, _TODAY = bindparam("now", type_=UtcDateTime()), bindparam("today", type_=Date())
_OPEN = Task.status.not_in(CLOSED)
_FILTERS["overdue"] = and_(
    _OPEN, or_(Task.due_at < _NOW, and_(Task.due_at.is_(None), Task.due_date < _TODAY))
)
_FILTERS["not_overdue"] = or_(
    Task.status.in_(CLOSED),
    Task.due_date.is_(None),
    Task.due_at >= _NOW,
    and_(Task.due_at.is_(None), Task.due_date >= _TODAY),
)

_FILTERS |= custom.FILTERS

_DASH = literal("-", String)
_BY_KEY = func.replace(Task.key, _DASH + cast(Task.number, String), _DASH, type_=String()) + cast(
    Task.number + 1_000_000_000, String
)
"""`WEB-12` as `WEB-1000000012`: first by the project's key, then by number."""

_SORTS: dict[str, Any] = {
    "title": func.lower(Task.title),
    "due_date": DUE,
    "priority": Task.priority,
    "status": Task.status,
    "created_at": Task.created_at,
    "updated_at": Task.updated_at,
    "rank": Task.rank,
    "position": Task.rank,
}


def _listing(scope: Any, key: Any, total: Any = None) -> Listing:
    return Listing(
        _LISTED.where(scope),
        id=Task.id,
        filters=_FILTERS,
        sorts={**_SORTS, "key": key},
        default="-created_at",
        total=total,
    )


def in_project(total: Any) -> Listing:
    """The tasks of the project bound to `project_id`."""
    return _listing(Task.project_id == _PROJECT_ID, Task.number, total)


def in_project_by_custom(total: Any) -> Listing:
    """The same, in the order of the custom field bound to `custom_sort`: those are no words of callers."""
    return Listing(
        _LISTED.where(Task.project_id == _PROJECT_ID),
        id=Task.id,
        filters=_FILTERS,
        sorts=custom.SORTS,
        default="text",
        total=total,
    )


def in_list() -> Listing:
    """The tasks of the list bound to `list_id`."""
    return _listing(Task.task_list_id == bindparam("list_id", type_=IdType()), Task.number)


def in_workspace(visible: Any, total: Any) -> Listing:
    """The tasks of all projects among `visible`, a SELECT of ids."""
    return _listing(Task.project_id.in_(visible), _BY_KEY, total)


EXTERNAL = (
    select(Task.__table__, External.external_id, External.data.label("external_data"))
    .join(External, and_(External.task_id == Task.id, External.workspace_id == Task.workspace_id))
    .where(
        Task.workspace_id == SCOPE_WORKSPACE,
        External.source == bindparam("source"),
        External.external_id.in_(bindparam("external_ids", expanding=True)),
    )
)

TASKS_OF_LIST = (
    select(Task.__table__)
    .where(
        Task.workspace_id == SCOPE_WORKSPACE,
        Task.task_list_id == bindparam("list_id", type_=IdType()),
        Task.lifecycle != "trashed",
    )
    .order_by(Task.rank, Task.id)
)

OPEN_TASKS = (
    select(Task.__table__)
    .where(
        Task.workspace_id == SCOPE_WORKSPACE,
        Task.project_id == _PROJECT_ID,
        Task.lifecycle != "trashed",
        _OPEN,
    )
    .order_by(Task.number)
)

LISTS_AMONG = select(TaskList.__table__).where(
    TaskList.workspace_id == SCOPE_WORKSPACE, TaskList.id.in_(_IDS), TaskList.lifecycle != "trashed"
)
