"""One row a project: the next key, the order of new tasks, and the totals.

Every change of it is one statement that adds, so that writers at the same time never lose one another's.
Whoever changes it and task rows does it first: the one order in which locks are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, Reader, Row, UnitOfWork
from pronaflow_projects.api import Counts

from .models import Counter
from .ranks import STEP


@dataclass(frozen=True, slots=True)
class Delta:
    """What a change does to a project's counters.

    Arguments:
        numbers: how many keys it takes.
        places: how many places at the end of a list; each key has had one (ranks.py).
        total, completed, cancelled: added to the counters.
    """

    numbers: int = 0
    places: int = 0
    total: int = 0
    completed: int = 0
    cancelled: int = 0

    @classmethod
    def of(cls, status: str | None, sign: int = 1) -> Delta:
        """Of a task that appears in a status, or disappears (`sign` -1); None: of no task."""
        if status is None:
            return cls()
        completed, cancelled = status == "completed", status == "cancelled"
        return cls(total=sign, completed=sign * completed, cancelled=sign * cancelled)

    def __add__(self, other: Delta) -> Delta:
        return Delta(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def __sub__(self, other: Delta) -> Delta:
        return Delta(*(getattr(self, name) - getattr(other, name) for name in self.__slots__))

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)


def _add(dialect: ModuleType) -> Any:
    statement = dialect.insert(Counter.__table__)
    new, table = statement.excluded, Counter.__table__.c
    added = ("last_number", "last_rank", "total", "completed", "cancelled")
    return statement.on_conflict_do_update(
        index_elements=[table.workspace_id, table.project_id],
        set_={name: table[name] + new[name] for name in added},
    ).returning(table.last_number, table.last_rank, table.default_list_id)


_ADD = {module.dialect.name: _add(module) for module in (sqlite, postgresql)}

_SET_DEFAULT = (
    update(Counter.__table__)
    .where(
        Counter.workspace_id == SCOPE_WORKSPACE, Counter.project_id == bindparam("project", type_=IdType())
    )
    .values(default_list_id=bindparam("list_id", type_=IdType()))
)

_CLEAR_DEFAULT = (
    update(Counter.__table__)
    .where(
        Counter.workspace_id == SCOPE_WORKSPACE,
        Counter.default_list_id == bindparam("list_id", type_=IdType()),
    )
    .values(default_list_id=None)
)

_COUNTS = select(Counter.project_id, Counter.total, Counter.completed, Counter.cancelled).where(
    Counter.workspace_id == SCOPE_WORKSPACE,
    Counter.project_id.in_(bindparam("ids", type_=IdType(), expanding=True)),
)

_LAST_NUMBER = select(Counter.last_number).where(
    Counter.workspace_id == SCOPE_WORKSPACE, Counter.project_id == bindparam("id", type_=IdType())
)


def add(uow: UnitOfWork, project_id: str, delta: Delta) -> Row:
    """Add to a project's counters, in one statement, and hold them until the commit.

    Returns:
        last_number and last_rank, both after the addition, and default_list_id.
    """
    row = uow.one(
        _ADD[uow.dialect],
        workspace_id=uow.scope.workspace_id,
        project_id=project_id,
        last_number=delta.numbers,
        last_rank=delta.places * STEP,
        total=delta.total,
        completed=delta.completed,
        cancelled=delta.cancelled,
    )
    assert row is not None
    return row


def set_default_list(uow: UnitOfWork, project_id: str, list_id: str) -> None:
    """Note which list takes the tasks that name none."""
    uow.execute(_SET_DEFAULT, project=project_id, list_id=list_id)


def clear_default_list(uow: UnitOfWork, list_id: str) -> None:
    """Forget a list as its project's default, where it is; the next task without a list gets a new one."""
    uow.execute(_CLEAR_DEFAULT, list_id=list_id)


def last_number(reader: Reader, project_id: str) -> int:
    """Number of the newest key of a project; 0 where it never had a task."""
    return reader.value(_LAST_NUMBER, id=project_id) or 0


class CounterCounts:
    """Fulfils projects' Protocol `TaskCounts` from the counters."""

    def counts(self, reader: Reader, project_ids: Sequence[str]) -> Mapping[str, Counts]:
        """Counts by project id, in one statement."""
        return {
            row["project_id"]: Counts(row["total"], row["completed"], row["cancelled"])
            for row in reader.all(_COUNTS, ids=list(project_ids))
        }


_TOTAL = select(Counter.total).where(
    Counter.workspace_id == SCOPE_WORKSPACE,
    Counter.project_id == bindparam("project_id", type_=IdType()),
)


def in_project(reader: Reader, filters: Mapping[str, Any], params: Mapping[str, Any]) -> int | None:
    """For a listing: how many tasks its project has; None where filters are set."""
    return None if filters else reader.value(_TOTAL, project_id=params["project_id"]) or 0


def among(visible: Any) -> Callable[[Reader, Mapping[str, Any], Mapping[str, Any]], int | None]:
    """For a listing: how many tasks all projects together have; None where filters are set.

    Arguments:
        visible: a SELECT of the projects' ids.
    """
    statement = select(func.coalesce(func.sum(Counter.total), 0)).where(
        Counter.workspace_id == SCOPE_WORKSPACE, Counter.project_id.in_(visible)
    )

    def total(reader: Reader, filters: Mapping[str, Any], params: Mapping[str, Any]) -> int | None:
        return None if filters else reader.value(statement)

    return total
