"""Prebuilt reads of dependencies.

A link hides while its successor is in the trash, and with a predecessor of its own project that is: it is as
good as deleted, and comes back with the task. A link from another project stays and is broken. Both is read
from where the tasks are, so that a restored task, list or project mends its links, and nothing can be stale.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, and_, bindparam, cast, func, or_, select
from sqlalchemy.orm import aliased

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType
from pronaflow_projects.api import PROJECT

from ..models import Task
from ..words import CLOSED
from .models import Dependency

_ID = bindparam("id", type_=IdType())

_P, _S = aliased(Task), aliased(Task)
"""Predecessor and successor."""

_HOME = PROJECT.alias("home")
"""The predecessor's project."""

_ENDS = (
    Dependency.__table__.join(
        _P, and_(_P.workspace_id == Dependency.workspace_id, _P.id == Dependency.depends_on_task_id)
    )
    .join(_S, and_(_S.workspace_id == Dependency.workspace_id, _S.id == Dependency.task_id))
    .join(_HOME, and_(_HOME.c.workspace_id == _P.workspace_id, _HOME.c.id == _P.project_id))
)

_THERE = and_(_P.lifecycle != "trashed", _HOME.c.lifecycle != "trashed")
_LIVES = and_(_S.lifecycle != "trashed", or_(_THERE, _P.project_id != _S.project_id))
"""Whether a link is shown at all."""


def _sees(end: Any, visible: Any) -> Any:
    """Whether the caller, who sees one end of a link, sees this one too."""
    return or_(_P.project_id == _S.project_id, end.project_id.in_(visible))


def _end(end: Any, name: str) -> list[Any]:
    return [
        getattr(end, column).label(f"{name}_{column}") for column in ("key", "title", "status", "project_id")
    ]


def _shown(visible: Any) -> Any:
    return (
        select(
            Dependency.__table__,
            (~_THERE).label("is_broken"),
            *_end(_P, "predecessor"),
            *_end(_S, "successor"),
            _sees(_P, visible).label("sees_predecessor"),
            _sees(_S, visible).label("sees_successor"),
        )
        .select_from(_ENDS)
        .where(Dependency.workspace_id == SCOPE_WORKSPACE, _LIVES)
    )


def one(visible: Any) -> Any:
    """One link with both ends; of the successor's project the caller is known to see all."""
    return _shown(visible).where(Dependency.id == _ID)


def of_task(visible: Any) -> Any:
    """The links of a task in both directions."""
    return (
        _shown(visible)
        .where(or_(Dependency.task_id == _ID, Dependency.depends_on_task_id == _ID))
        .order_by(Dependency.created_at, Dependency.id)
    )


def holding(visible: Any) -> Any:
    """The predecessors of a task that are not finished; `seen`: whether the caller may know which."""
    return (
        select(
            Dependency.dependency_type,
            _P.id.label("task_id"),
            _P.key,
            _P.status,
            _P.started_at,
            _sees(_P, visible).label("seen"),
        )
        .select_from(_ENDS)
        .where(
            Dependency.workspace_id == SCOPE_WORKSPACE,
            Dependency.task_id == _ID,
            _THERE,
            _P.status.not_in(CLOSED),
        )
        .order_by(_P.key)
    )


OF_PROJECT = (
    select(
        Dependency.id,
        Dependency.task_id,
        Dependency.depends_on_task_id,
        Dependency.dependency_type,
        Dependency.lag_days,
        _P.project_id.label("predecessor_project_id"),
    )
    .select_from(_ENDS)
    .where(
        Dependency.workspace_id == SCOPE_WORKSPACE,
        Dependency.project_id == bindparam("project_id", type_=IdType()),
        _THERE,
        _S.lifecycle != "trashed",
    )
    .order_by(Dependency.created_at, Dependency.id)
)
"""What the tasks of a project depend on."""


def seen(visible: Any) -> Any:
    """Keys of those of some tasks that the caller sees."""
    return select(Task.id, Task.key).where(
        Task.workspace_id == SCOPE_WORKSPACE,
        Task.id.in_(bindparam("ids", type_=IdType(), expanding=True)),
        Task.lifecycle != "trashed",
        Task.project_id.in_(visible),
    )


def on_task(visible: Any) -> Any:
    """What the task around it depends on, as far as the caller sees it; for `links_of`."""
    parts = (Dependency.id, _P.id, Dependency.dependency_type, Dependency.lag_days)
    first, *others = (cast(part, String) for part in parts)
    text: Any = first
    for part in others:
        text = text.concat(",").concat(part)
    ends = Dependency.__table__.join(
        _P, and_(_P.workspace_id == Dependency.workspace_id, _P.id == Dependency.depends_on_task_id)
    )
    return (
        select(func.aggregate_strings(text, ";"))
        .select_from(ends)
        .where(
            Dependency.workspace_id == Task.workspace_id,
            Dependency.task_id == Task.id,
            _P.lifecycle != "trashed",
            or_(_P.project_id == Task.project_id, _P.project_id.in_(visible)),
        )
        .correlate(Task)
        .scalar_subquery()
    )


def links_of(text: str | None) -> list[dict[str, Any]]:
    """What a task depends on, from what `on_task` selects."""
    links = [link.split(",") for link in sorted(text.split(";"))] if text else []
    return [
        {
            "id": link,
            "dependency_id": link,
            "depends_on_task_id": task,
            "dependency_type": kind,
            "lag_days": int(lag),
        }
        for link, task, kind, lag in links
    ]
