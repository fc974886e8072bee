"""What a task has to wait for before it may start or end (modules.md 4.5)."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pronaflow_kernel.api import Conflict, Context, Row, UnitOfWork
from pronaflow_projects.api import ProjectInfo

from . import queries

GATED = frozenset({"in_progress", "completed"})
"""Statuses that a task enters only when what it depends on is far enough."""

_NOT_STARTED = frozenset({"backlog", "todo", "blocked"})


class Gate:
    """Holds back tasks, or warns, as their project wants it.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def check(self, uow: UnitOfWork, project: ProjectInfo, task: Row, status: str) -> list[str]:
        """What speaks against a task's new status: warnings, where the project does not refuse it.

        Lag and lead are for the plan: whether a predecessor is finished counts here, and not since when.
        One that is cancelled, or in the trash, holds up nothing. One statement for a gated status, else none.

        Arguments:
            task: as it is.

        Raises:
            Conflict: the project blocks; `details.blocking` names the predecessors that the caller sees.
        """
        if status not in GATED:
            return []
        rows = [row for row in uow.all(self._holding, id=task["id"]) if _holds(row, task, status)]
        if not rows:
            return []
        seen = [row for row in rows if row["seen"]]
        sentences = [_sentence(row) for row in seen]
        if len(seen) < len(rows):
            sentences.append(f"It waits for tasks of projects that you do not see: {len(rows) - len(seen)}.")
        mode = project.settings.dependency_mode or (
            "block" if project.governance_mode == "strict" else "warn"
        )
        if mode == "block":
            named = [{name: row[name] for name in ("task_id", "key", "status")} for row in seen]
            details = {"blocking": named, "blocking_count": len(rows)}
            raise Conflict(" ".join(["The task waits for others.", *sentences]), details=details)
        return sentences

    @cached_property
    def _holding(self) -> Any:
        """Built at the first request, when the owner of the containers is known."""
        assert self._ctx.access.containers is not None
        return queries.holding(self._ctx.access.containers.visible())


def _holds(predecessor: Row, task: Row, status: str) -> bool:
    """Whether an unfinished predecessor holds up a task that is to have this status."""
    unstarted = predecessor["started_at"] is None and predecessor["status"] in _NOT_STARTED
    starts = status == "in_progress" or task["started_at"] is None
    return {
        "FS": True,
        "SS": unstarted and starts,
        "FF": status == "completed",
        "SF": unstarted and status == "completed",
    }[predecessor["dependency_type"]]


def _sentence(predecessor: Row) -> str:
    done = "finished" if predecessor["dependency_type"] in ("FS", "FF") else "started"
    return f"{predecessor['key']} is not {done}."
