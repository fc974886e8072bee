"""Dependencies inside a project, as a structure names them: by the places of tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, Context, IdType, Reader, Row, UnitOfWork

from ..dependencies.events import DEPENDENCY_CREATED, dependency_payload
from ..dependencies.models import Dependency

_LINKS = (
    select(Dependency.task_id, Dependency.depends_on_task_id, Dependency.dependency_type, Dependency.lag_days)
    .where(
        Dependency.workspace_id == SCOPE_WORKSPACE,
        Dependency.project_id == bindparam("project_id", type_=IdType()),
    )
    .order_by(Dependency.created_at, Dependency.id)
)


def links_of(reader: Reader, project_id: str, task_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """What some tasks of a project wait for, by task id; what lies outside of them is left out.

    Arguments:
        task_ids: in the order of their places.
    """
    places = {task_id: place for place, task_id in enumerate(task_ids)}
    found: dict[str, list[dict[str, Any]]] = {}
    for row in reader.all(_LINKS, project_id=project_id):
        if row["task_id"] in places and row["depends_on_task_id"] in places:
            link = {
                "index": places[row["depends_on_task_id"]],
                "type": row["dependency_type"],
                "lag_days": row["lag_days"],
            }
            found.setdefault(row["task_id"], []).append(link)
    return found


def add_links(ctx: Context, uow: UnitOfWork, tasks: Sequence[Mapping[str, Any]], made: Sequence[Row]) -> None:
    """Link new tasks as a structure, in which there is no circle, says; by one statement.

    Nobody else knows of the tasks yet, so that no link of theirs could close one.

    Arguments:
        tasks: of the structure; made: of them, in the same order.
    """
    rows = [
        {
            "project_id": task["project_id"],
            "task_id": task["id"],
            "depends_on_task_id": made[link["index"]]["id"],
            "dependency_type": link["type"],
            "lag_days": link["lag_days"],
            "created_by": uow.scope.principal.user_id,
        }
        for structured, task in zip(tasks, made, strict=True)
        for link in structured["depends_on"]
    ]
    for row in rows:
        ctx.hooks.check_change(uow, "dependency", None, row)
    for link in uow.insert_many(Dependency, rows):
        payload = dependency_payload(link)
        uow.publish(DEPENDENCY_CREATED, link["id"], payload, container_id=link["project_id"])
