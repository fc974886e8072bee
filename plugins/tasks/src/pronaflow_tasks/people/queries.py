"""Prebuilt reads of who works on tasks and who wants to hear of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, exists, func, not_, or_, select, union

from pronaflow_kernel.api import SCOPE_USER, SCOPE_WORKSPACE, IdType, Listing, Membership, User
from pronaflow_projects.api import visible_to

from ..models import Task
from .models import TaskAssignee, TaskWatcher

_USER_ID = bindparam("user_id", type_=IdType())


def _of(model: Any) -> Any:
    """Whether a row is of the task beside it."""
    return and_(model.workspace_id == Task.workspace_id, model.task_id == Task.id)


def _watching(tasks: Any) -> Any:
    """Tasks among `tasks`, a condition, each with those who watch it and still see its project."""
    ours = and_(Task.workspace_id == SCOPE_WORKSPACE, tasks)
    wanted = (Task.id.label("task_id"), Task.project_id)
    found = union(
        select(*wanted, Task.created_by.label("user_id")).where(ours, Task.created_by.is_not(None)),
        select(*wanted, TaskAssignee.user_id).join(TaskAssignee, _of(TaskAssignee)).where(ours),
        select(*wanted, TaskWatcher.user_id)
        .join(TaskWatcher, _of(TaskWatcher))
        .where(ours, TaskWatcher.is_watching),
    ).subquery("watching")
    declined = exists().where(
        TaskWatcher.workspace_id == SCOPE_WORKSPACE,
        TaskWatcher.task_id == found.c.task_id,
        TaskWatcher.user_id == found.c.user_id,
        not_(TaskWatcher.is_watching),
    )
    return select(found.c.task_id, found.c.user_id).where(
        not_(declined), visible_to(found.c.user_id, found.c.project_id)
    )


WATCHING = _watching(Task.id.in_(bindparam("ids", type_=IdType(), expanding=True)))
"""Who watches some tasks, of those who see them: creators, assignees, and who asked for it or commented."""

_ONE = _watching(Task.id == bindparam("id", type_=IdType())).subquery("watched")

WATCHERS_COUNT = select(func.count()).select_from(_ONE).scalar_subquery()
"""How many watch the task bound to `id`."""

WATCHERS = Listing(
    # Said from where, since whoever counts the rows asks for none of the columns.
    select(_ONE.c.user_id.label("id"), User.id.label("user_id"), User.username, User.full_name).select_from(
        _ONE.join(User.__table__, User.id == _ONE.c.user_id)
    ),
    id=User.id,
    sorts={"username": func.lower(User.username)},
    default="username",
)
"""Who watches the task bound to `id`."""


def _asked(user_id: Any) -> Any:
    """What a user said about watching the task around it; NULL for nothing."""
    return (
        select(TaskWatcher.is_watching)
        .where(_of(TaskWatcher), TaskWatcher.user_id == user_id)
        .correlate(Task)
        .scalar_subquery()
    )


def _watches(user_id: Any) -> Any:
    """Whether a user watches the task around it."""
    assigned = exists().where(_of(TaskAssignee), TaskAssignee.user_id == user_id).correlate(Task)
    return func.coalesce(_asked(user_id), or_(func.coalesce(Task.created_by == user_id, False), assigned))


IS_WATCHING = _watches(SCOPE_USER)
"""Whether the caller watches the task around it."""

STATE = select(
    Task.project_id,
    _watches(_USER_ID).label("is_watching"),
    visible_to(_USER_ID, Task.project_id).label("sees"),
).where(
    Task.workspace_id == SCOPE_WORKSPACE,
    Task.id == bindparam("id", type_=IdType()),
    Task.lifecycle != "trashed",
)
"""Whether a user watches a task, and may see it."""

SEEING = select(Membership.user_id).where(
    Membership.workspace_id == SCOPE_WORKSPACE,
    Membership.user_id.in_(bindparam("ids", type_=IdType(), expanding=True)),
    visible_to(Membership.user_id, bindparam("project_id", type_=IdType())),
)
"""Which of some users see a project."""
