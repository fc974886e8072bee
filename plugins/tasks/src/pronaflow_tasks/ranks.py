"""The order of the tasks in a list: sparse numbers, so that a move writes one row (docs/adr/039).

The end of a list is a rank no task of the project has had; the way to a place between two tasks is the middle
of their ranks. Where there is none left the list is numbered anew, which changes no order and so is no news.
Whoever looks for a place holds the project's counter row, and is alone with its lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, bindparam, func, or_, select, update

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, Row, UnitOfWork, invalid

from .models import Task

STEP = 2**20
"""Between two tasks that were put at the end: twenty more find a place at the same spot between them.

With it a project has 2^33 places before a rank needs more than the 53 bits that JSON readers keep.
"""

WISHES = frozenset({"position", "before_task_id", "after_task_id"})
"""What a caller may say of the place of a task in its list; one of them at most."""

_LIST = bindparam("list_id", type_=IdType())
_TASK = bindparam("task_id", type_=IdType())
_RANK = bindparam("rank", type_=BigInteger())
_ANCHOR = bindparam("anchor", type_=IdType())

_OTHERS = (
    select(Task.id, Task.rank)
    .where(
        Task.workspace_id == SCOPE_WORKSPACE,
        Task.task_list_id == _LIST,
        Task.lifecycle != "trashed",
        Task.id != _TASK,
    )
    .order_by(Task.rank, Task.id)
)
"""The tasks that a place is looked for among, in their order."""

_FIRST = _OTHERS.limit(1)
_AT = _OTHERS.limit(2).offset(bindparam("before"))
_LAST = _OTHERS.order_by(None).order_by(Task.rank.desc(), Task.id.desc()).limit(1)
_ONE = _OTHERS.where(Task.id == _ANCHOR)
_FOLLOWING = _FIRST.where(or_(Task.rank > _RANK, (Task.rank == _RANK) & (Task.id > _ANCHOR)))
_PRECEDING = _LAST.where(or_(Task.rank < _RANK, (Task.rank == _RANK) & (Task.id < _ANCHOR)))


def _numbered_anew() -> Any:
    """Gives all tasks of a list but one the ranks 1, 2, 3… times STEP, those in the trash too."""
    table = Task.__table__.alias("ordered")
    number = func.row_number().over(order_by=(table.c.rank, table.c.id))
    ranked = (
        select(table.c.id, (number * STEP).label("rank"))
        .where(table.c.workspace_id == SCOPE_WORKSPACE, table.c.task_list_id == _LIST, table.c.id != _TASK)
        .subquery("ranked")
    )
    return (
        update(Task.__table__)
        .where(Task.workspace_id == SCOPE_WORKSPACE, Task.id == ranked.c.id)
        .values(rank=ranked.c.rank)
    )


_NUMBER_ANEW = _numbered_anew()


def find(uow: UnitOfWork, task: Row, list_id: str, wish: Mapping[str, Any], end: int) -> int:
    """The rank that puts a task where it is wanted in a list; its own where it is there already.

    Arguments:
        task: as it is now, read since the counter row is held.
        wish: one of WISHES, or none for the end of the list. `position` is the index that the task will have.
        end: a rank behind all tasks of the project (`counters.add`).

    Raises:
        ValidationFailed: the task that is to be its neighbour is not in the list.
    """
    before, after = _neighbours(uow, task["id"], list_id, wish)
    if task["task_list_id"] == list_id and _is_between(before, task, after):
        return int(task["rank"])
    rank = _between(before, after, end)
    if rank is None:
        uow.execute(_NUMBER_ANEW, list_id=list_id, task_id=task["id"])
        rank = _between(*_neighbours(uow, task["id"], list_id, wish), end)
    assert rank is not None
    return rank


def _neighbours(
    uow: UnitOfWork, task_id: str, list_id: str, wish: Mapping[str, Any]
) -> tuple[Row | None, Row | None]:
    """The tasks before and behind the place that is wanted; None where there is none."""
    of = {"list_id": list_id, "task_id": task_id}
    for name, statement in (("before_task_id", _PRECEDING), ("after_task_id", _FOLLOWING)):
        if wish.get(name) is None:
            continue
        anchor = uow.one(_ONE, anchor=wish[name], **of)
        if anchor is None:
            raise invalid(name, "Not another task of the list.", "not_found")
        other = uow.one(statement, anchor=anchor["id"], rank=anchor["rank"], **of)
        return (other, anchor) if name == "before_task_id" else (anchor, other)
    position = wish.get("position")
    if position == 0:
        return None, uow.one(_FIRST, **of)
    found = [] if position is None else uow.all(_AT, before=position - 1, **of)
    if not found:
        return uow.one(_LAST, **of), None
    return found[0], found[1] if len(found) > 1 else None


def _is_between(before: Row | None, task: Row, after: Row | None) -> bool:
    here = (task["rank"], task["id"])
    return (before is None or (before["rank"], before["id"]) < here) and (
        after is None or here < (after["rank"], after["id"])
    )


def _between(before: Row | None, after: Row | None, end: int) -> int | None:
    """A rank between two tasks; None where there is none."""
    if after is None:
        return end
    if before is None:
        return int(after["rank"]) - STEP
    rank = (int(before["rank"]) + int(after["rank"])) // 2
    return rank if before["rank"] < rank else None
