"""Prebuilt reads of time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Date, and_, bindparam, case, or_, select

from pronaflow_kernel.api import (
    SCOPE_ROLE,
    SCOPE_USER,
    SCOPE_WORKSPACE,
    IdType,
    Listing,
    User,
    full_name_here,
    username_here,
)
from pronaflow_projects.api import MEMBER_COUNTS, PROJECT_MEMBER

from ..models import Task
from .models import TimeEntry, Timer

_SHOWN = (
    select(
        TimeEntry.__table__,
        Task.key.label("task_key"),
        Task.title.label("task_title"),
        username_here().label("username"),
        full_name_here().label("full_name"),
    )
    .select_from(TimeEntry.__table__)
    .join(Task, and_(Task.id == TimeEntry.task_id, Task.workspace_id == TimeEntry.workspace_id))
    .outerjoin(User, User.id == TimeEntry.user_id)
    .where(TimeEntry.workspace_id == SCOPE_WORKSPACE)
)

ENTRY = _SHOWN.where(TimeEntry.id == bindparam("id", type_=IdType()))
"""One entry as shown."""

_MANAGED = select(PROJECT_MEMBER.c.project_id).where(
    PROJECT_MEMBER.c.workspace_id == SCOPE_WORKSPACE,
    PROJECT_MEMBER.c.user_id == SCOPE_USER,
    PROJECT_MEMBER.c.role.in_(("owner", "manager")),
    MEMBER_COUNTS,
)

_MINE_TO_SEE = or_(
    TimeEntry.user_id == SCOPE_USER,
    SCOPE_ROLE.in_(("owner", "admin")),
    and_(SCOPE_ROLE == "member", TimeEntry.project_id.in_(_MANAGED)),
)
"""One's own, and everybody's for who runs the project or the workspace (modules.md 4.4 rule 12)."""

_FILTERS: dict[str, Any] = {
    "user_id": TimeEntry.user_id == bindparam("user_id", type_=IdType()),
    "project_id": TimeEntry.project_id == bindparam("project_id", type_=IdType()),
    "task_id": TimeEntry.task_id == bindparam("task_id", type_=IdType()),
    "from": TimeEntry.date >= bindparam("from", type_=Date()),
    "to": TimeEntry.date <= bindparam("to", type_=Date()),
    "billable": TimeEntry.billable == bindparam("billable"),
}

_BILLABLE: Any = case((TimeEntry.billable, TimeEntry.seconds), else_=0)


def entries(visible: Any) -> Listing:
    """The entries that the caller may see.

    Arguments:
        visible: a SELECT of the ids of the projects they see.
    """
    return Listing(
        _SHOWN.where(TimeEntry.project_id.in_(visible), _MINE_TO_SEE),
        id=TimeEntry.id,
        filters=_FILTERS,
        sorts={
            "date": TimeEntry.date,
            "created_at": TimeEntry.created_at,
            "seconds": TimeEntry.seconds,
        },
        default="-date",
        sums={"total_seconds": TimeEntry.seconds, "billable_seconds": _BILLABLE},
    )


_RUNNING = select(Timer.__table__).where(Timer.workspace_id == SCOPE_WORKSPACE, Timer.user_id == SCOPE_USER)

HELD = _RUNNING.with_for_update()
"""The caller's timer, which nobody else stops until the commit."""

RUNNING = _RUNNING.add_columns(
    Task.project_id, Task.key.label("task_key"), Task.title.label("task_title")
).join(Task, and_(Task.id == Timer.task_id, Task.workspace_id == Timer.workspace_id))
"""The caller's timer as shown."""
