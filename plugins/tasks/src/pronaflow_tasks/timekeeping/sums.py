"""What time adds up to: of a day of somebody's, and of a task. Every change is one statement that adds."""

from __future__ import annotations

from datetime import date
from types import ModuleType
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.dialects import postgresql, sqlite

from pronaflow_kernel.api import SCOPE_WORKSPACE, Conflict, IdType, UnitOfWork

from ..models import Task
from .models import TimeDay
from .spans import DAY, LONG_DAY, hours


def _add(dialect: ModuleType) -> Any:
    statement = dialect.insert(TimeDay.__table__)
    table = TimeDay.__table__.c
    return statement.on_conflict_do_update(
        index_elements=[table.workspace_id, table.user_id, table.date],
        set_={"seconds": table.seconds + statement.excluded.seconds},
    ).returning(table.seconds)


_ADD = {module.dialect.name: _add(module) for module in (sqlite, postgresql)}

_SPEND = (
    update(Task.__table__)
    .where(Task.workspace_id == SCOPE_WORKSPACE, Task.id == bindparam("task", type_=IdType()))
    .values(actual_seconds=Task.actual_seconds + bindparam("more"))
)


def add_to_day(uow: UnitOfWork, user_id: str, day: date, seconds: int) -> int:
    """Add to somebody's day, and hold it until the commit; the seconds of the day then.

    Days come before tasks, and several days in their order: the one order in which locks are taken.
    """
    total: int = uow.value(
        _ADD[uow.dialect], workspace_id=uow.scope.workspace_id, user_id=user_id, date=day, seconds=seconds
    )
    return total


def log(uow: UnitOfWork, user_id: str, day: date, seconds: int) -> list[str]:
    """`add_to_day` for time that somebody logs; warnings.

    Raises:
        Conflict: the day has no room for it; `details.logged_seconds` tells what it has already.
    """
    total = add_to_day(uow, user_id, day, seconds)
    if total > DAY:
        details = {"date": day, "logged_seconds": total - seconds, "limit_seconds": DAY}
        raise Conflict("A day has 24 hours: not so much time is left of it", details=details)
    return long_day(day, total)


def long_day(day: date, total: int) -> list[str]:
    """A warning of a day that is more than somebody should work."""
    return [f"More than 12 hours on {day}: {hours(total)}."] if total > LONG_DAY else []


def spend(uow: UnitOfWork, task_id: str, seconds: int) -> None:
    """Add to what a task has taken; its version stays, since nobody edited it."""
    if seconds:
        uow.execute(_SPEND, task=task_id, more=seconds)
