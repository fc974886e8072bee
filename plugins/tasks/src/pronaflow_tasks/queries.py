"""Prebuilt reads."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Date, String, and_, bindparam, cast, func, literal, or_, select
from sqlalchemy.orm import aliased

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, Listing, User, UtcDateTime
from pronaflow_projects.api import MEMBER_COUNTS, PROJECT_MEMBER

from . import tags
from .models import ACTIVE, DUE, SEARCH, Comment, External, Task, TaskList
from .words import CLOSED

_ID = bindparam("id", type_=IdType())
_IDS = bindparam("ids", type_=IdType(), expanding=True)
_PROJECT_ID = bindparam("project_id", type_=IdType())

# Tasks

_ASSIGNEE = aliased(User)

_WITH_ASSIGNEE = Task.__table__.outerjoin(_ASSIGNEE, _ASSIGNEE.id == Task.assigned_to)

_PERSON = (
    _ASSIGNEE.username.label("assignee_username"),
    _ASSIGNEE.full_name.label("assignee_full_name"),
)

_COMMENTS = (
    select(func.count())
    .where(
        Comment.workspace_id == Task.workspace_id, Comment.task_id == Task.id, Comment.deleted_at.is_(None)
    )
    .correlate(Task)
    .scalar_subquery()
)

TASK = (
    select(Task.__table__, *_PERSON, _COMMENTS.label("comments_count"), tags.NAMES.label("tags"))
    .select_from(_WITH_ASSIGNEE)
    .where(Task.workspace_id == SCOPE_WORKSPACE, Task.id == _ID, Task.lifecycle != "trashed")
)
"""One task as shown."""

_LISTED = (
    select(*(column for column in Task.__table__.c if column.name != "description"), *_PERSON)
    .select_from(_WITH_ASSIGNEE)
    .where(Task.workspace_id == SCOPE_WORKSPACE, Task.lifecycle == ACTIVE)
)

_FILTERS: dict[str, Any] = {
    "task_list_id": Task.task_list_id == bindparam("task_list_id"),
    "status": Task.status.in_(bindparam("status", expanding=True)),
    "priority": Task.priority.in_(bindparam("priority", expanding=True)),
    "assigned_to": Task.assigned_to == bindparam("assigned_to"),
    "created_by": Task.created_by == bindparam("created_by"),
    "due_date_from": Task.due_date >= bindparam("due_date_from"),
    "due_date_to": Task.due_date <= bindparam("due_date_to"),
    "is_milestone": Task.is_milestone == bindparam("is_milestone"),
    "tag": tags.TAGGED,
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
    "position": Task.position,
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


def in_list() -> Listing:
    """The tasks of the list bound to `list_id`."""
    return _listing(Task.task_list_id == bindparam("list_id", type_=IdType()), Task.number)


def in_workspace(visible: Any, total: Any) -> Listing:
    """The tasks of all projects among `visible`, a SELECT of ids."""
    return _listing(Task.project_id.in_(visible), _BY_KEY, total)


MEMBERS = (
    select(PROJECT_MEMBER.c.user_id, User.username, User.full_name)
    .join(User, User.id == PROJECT_MEMBER.c.user_id)
    .where(
        PROJECT_MEMBER.c.workspace_id == SCOPE_WORKSPACE,
        PROJECT_MEMBER.c.project_id == _PROJECT_ID,
        PROJECT_MEMBER.c.user_id.in_(_IDS),
        MEMBER_COUNTS,
    )
)
"""Who of some users is a member of a project."""

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
    .order_by(Task.position, Task.id)
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

# Lists


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

TASK_LIST = _LISTS.where(TaskList.id == _ID)
"""One list as shown."""

LISTS_AMONG = select(TaskList.__table__).where(
    TaskList.workspace_id == SCOPE_WORKSPACE, TaskList.id.in_(_IDS), TaskList.lifecycle != "trashed"
)

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

LAST_LIST = select(func.max(TaskList.position)).where(
    TaskList.workspace_id == SCOPE_WORKSPACE, TaskList.project_id == _PROJECT_ID
)

# Comments

_AUTHOR = aliased(User)

_COMMENTS_SHOWN = (
    select(Comment.__table__, _AUTHOR.username.label("author"))
    .select_from(Comment.__table__.outerjoin(_AUTHOR, _AUTHOR.id == Comment.author_id))
    .where(Comment.workspace_id == SCOPE_WORKSPACE)
)

COMMENT = _COMMENTS_SHOWN.join(
    Task, and_(Task.id == Comment.task_id, Task.workspace_id == Comment.workspace_id)
).where(Comment.id == _ID, Task.lifecycle != "trashed")

COMMENTS = Listing(
    _COMMENTS_SHOWN.where(Comment.task_id == bindparam("task_id", type_=IdType())),
    id=Comment.id,
    sorts={"created_at": Comment.created_at},
    default="created_at",
)
