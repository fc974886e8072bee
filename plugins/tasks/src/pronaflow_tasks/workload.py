"""The work in a project, for projects' health.

Overdue and remaining work come from open tasks alone, which an index finds; logged hours from all of them, so
that they are summed up only where somebody wants them. Counts come from the counters.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Date, and_, bindparam, case, func, or_, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, Reader, UtcDateTime
from pronaflow_projects.api import Counts, Workload

from .models import ACTIVE, Counter, Task
from .words import CLOSED, STATUSES

_PROJECT = bindparam("project_id", type_=IdType())
_NOW, _TODAY = bindparam("now", type_=UtcDateTime()), bindparam("today", type_=Date())

_HERE = and_(Task.workspace_id == SCOPE_WORKSPACE, Task.project_id == _PROJECT)
_OVERDUE = or_(Task.due_at < _NOW, and_(Task.due_at.is_(None), Task.due_date < _TODAY))
_SPENT = Task.actual_seconds / 3600.0
_LEFT = case((Task.estimated_hours > _SPENT, Task.estimated_hours - _SPENT), else_=0)

_OPEN = (
    select(
        Task.assigned_to,
        func.sum(case((_OVERDUE, 1), else_=0)).label("overdue"),
        func.sum(_LEFT).label("remaining"),
    )
    .where(_HERE, Task.lifecycle == ACTIVE, Task.status.in_([s for s in STATUSES if s not in CLOSED]))
    .group_by(Task.assigned_to)
    .subquery("open_work")
)

_LOGGED = (
    select(func.coalesce(func.sum(Task.actual_seconds), 0))
    .where(_HERE, Task.lifecycle != "trashed")
    .scalar_subquery()
)

_WORK = (
    select(
        Counter.total,
        Counter.completed,
        Counter.cancelled,
        case((bindparam("with_logged", type_=Boolean()), _LOGGED), else_=0).label("logged"),
        _OPEN.c.assigned_to,
        _OPEN.c.overdue,
        _OPEN.c.remaining,
    )
    .select_from(Counter.__table__.outerjoin(_OPEN, Counter.project_id == _PROJECT))
    .where(Counter.workspace_id == SCOPE_WORKSPACE, Counter.project_id == _PROJECT)
)
"""One row for each user with open tasks, one for nobody's; at least one where there ever was a task."""


class TaskWorkload:
    """Fulfils projects' Protocol `Workloads`."""

    def workload(self, reader: Reader, project_id: str, *, with_logged: bool) -> Workload:
        """See `Workloads`."""
        now = reader.clock.now()
        values = {"project_id": project_id, "now": now, "today": now.date(), "with_logged": with_logged}
        rows = reader.all(_WORK, **values)
        if not rows:
            return Workload()
        first = rows[0]
        return Workload(
            Counts(first["total"], first["completed"], first["cancelled"]),
            overdue=sum(row["overdue"] or 0 for row in rows),
            logged=float(first["logged"]) / 3600,
            remaining={
                row["assigned_to"]: float(row["remaining"])
                for row in rows
                if row["assigned_to"] is not None and row["remaining"]
            },
        )
