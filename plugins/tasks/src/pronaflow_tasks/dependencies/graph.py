"""The graph of dependencies of a workspace: one writer at a time, and no way round in a circle (ADR 041)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, UnitOfWork

from .models import Dependency, Graph


def _take(dialect: ModuleType) -> Any:
    statement = dialect.insert(Graph.__table__)
    table = Graph.__table__.c
    # An update to what it is already: the row is held, and tells nobody that there are new links.
    same = {"workspace_id": statement.excluded.workspace_id}
    return statement.on_conflict_do_update(index_elements=[table.workspace_id], set_=same)


_TAKE = {module.dialect.name: _take(module) for module in (sqlite, postgresql)}

_START, _GOAL = bindparam("start", type_=IdType()), bindparam("goal", type_=IdType())

_DIRECT = select(Dependency.depends_on_task_id.label("id")).where(
    Dependency.workspace_id == SCOPE_WORKSPACE, Dependency.task_id == _START
)
_BELOW = _DIRECT.cte("below", recursive=True)
# UNION, not UNION ALL: each task is visited once, so that the work grows with the links, not with the ways.
_BELOW = _BELOW.union(
    select(Dependency.depends_on_task_id)
    .join(_BELOW, Dependency.task_id == _BELOW.c.id)
    .where(Dependency.workspace_id == SCOPE_WORKSPACE)
)
_REACHES = select(_BELOW.c.id).where(_BELOW.c.id == _GOAL).limit(1)

_EDGES = select(Dependency.task_id, Dependency.depends_on_task_id).where(
    Dependency.workspace_id == SCOPE_WORKSPACE,
    or_(Dependency.task_id == _START, Dependency.task_id.in_(select(_BELOW.c.id))),
)


def take(uow: UnitOfWork) -> None:
    """Hold the workspace's graph until the commit: whoever adds a link sees all that others added."""
    uow.execute(_TAKE[uow.dialect], workspace_id=uow.scope.workspace_id)


def circle(uow: UnitOfWork, task_id: str, depends_on: str) -> list[str] | None:
    """The shortest circle that a new link would close, each task depending on the next; None for none.

    Links of tasks in the trash count too: else to restore one could close it. One statement, and a second one
    only for the circle itself.

    Arguments:
        task_id: of the successor; depends_on: of the predecessor.
    """
    if task_id == depends_on:
        return [task_id, task_id]
    if uow.one(_REACHES, start=depends_on, goal=task_id) is None:
        return None
    edges = [(row["task_id"], row["depends_on_task_id"]) for row in uow.all(_EDGES, start=depends_on)]
    return [task_id, *_shortest(edges, depends_on, task_id)]


def _shortest(edges: Iterable[tuple[str, str]], start: str, goal: str) -> list[str]:
    """The shortest way along edges, both ends included; there is one."""
    following: dict[str, list[str]] = {}
    for one, other in edges:
        following.setdefault(one, []).append(other)
    before: dict[str, str] = {}
    waiting = deque([start])
    while goal not in before:
        each = waiting.popleft()
        for after in following.get(each, ()):
            if after not in before:
                before[after] = each
                waiting.append(after)
    way = [goal]
    while way[-1] != start:
        way.append(before[way[-1]])
    return way[::-1]
