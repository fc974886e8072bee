"""What tasks say to changes of a project (hook `check_change`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import Conflict, Row, UnitOfWork

from . import counters, queries
from .service import TaskService

NAMED = 100
"""How many open tasks an objection names."""


def check_project(uow: UnitOfWork, project: Row, changes: Mapping[str, Any], tasks: TaskService) -> None:
    """Object to a new key once there are keys of tasks, and in strict mode to completion with open tasks.

    `open_tasks: "cancel"` among the changes cancels them instead, in the same transaction (modules.md 3.3).

    Raises:
        Conflict: as said; `details.open_tasks` lists the first of them.
    """
    if "key" in changes and changes["key"] != project["key"] and counters.last_number(uow, project["id"]):
        raise Conflict("The key is part of the keys of the project's tasks", details={"field": "key"})
    if changes.get("status") != "completed":
        return
    mode = changes.get("governance_mode", project["governance_mode"])
    cancel = changes.get("open_tasks") == "cancel"
    if not cancel and mode != "strict":
        return
    open_tasks = uow.all(queries.OPEN_TASKS, project_id=project["id"])
    if cancel:
        for task in open_tasks:
            tasks.change(uow, task, {"status": "cancelled"})
    elif open_tasks:
        raise Conflict(
            f"{len(open_tasks)} tasks are open: finish them, or send open_tasks=cancel",
            details={"open_tasks": [_named(task) for task in open_tasks[:NAMED]]},
        )


def _named(task: Row) -> dict[str, Any]:
    return {"task_id": task["id"], **{name: task[name] for name in ("key", "title", "status")}}
