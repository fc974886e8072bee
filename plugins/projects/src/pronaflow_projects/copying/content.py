"""What is in projects: described without people and dates, and made anew elsewhere.

Whoever owns tasks knows what is in a project (`api.ProjectContent`); here is what is left: the project's own
length, and the days of tasks that have those of their phase.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pronaflow_kernel.api import Context, Reader, Row, UnitOfWork
from pronaflow_workspaces.api import WorkspaceSettings

from ..api import ProjectContent
from ..templates.structure import empty
from .workdays import WorkDays


class Content:
    """Describes and fills projects.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def days(self, reader: Reader) -> WorkDays:
        """The working days of the scope's workspace."""
        return WorkDays.of(self._ctx.services.require(WorkspaceSettings).settings(reader))

    def describe(
        self, reader: Reader, project: Row, *, with_tasks: bool, days: WorkDays | None = None
    ) -> dict[str, Any]:
        """The structure of a project.

        Arguments:
            with_tasks: or its phases alone.
            days: the workspace's, where they are known already.
        """
        days = days or self.days(reader)
        start, end = project["start_date"], project["end_date"]
        structure = empty()
        if start is not None and end is not None:
            structure["duration_days"] = days.length(start, end)
        source = self._ctx.services.get(ProjectContent, reader)
        if source is not None:
            structure |= source.describe(reader, project["id"], days, start, with_tasks=with_tasks)
        return structure

    def fill(
        self, uow: UnitOfWork, project: Row, structure: Mapping[str, Any], days: WorkDays, start: date
    ) -> None:
        """Make in a new project what a structure says.

        Raises:
            ValidationFailed: a task breaks a rule that came after the structure was saved, or a date would
                lie outside the calendar.
        """
        target = self._ctx.services.get(ProjectContent, uow)
        if target is not None and (structure["phases"] or structure["custom_fields"]):
            whole = {**structure, "phases": settled(structure["phases"])}
            target.fill(uow, project["id"], whole, days, start)


def length(structure: Mapping[str, Any]) -> int | None:
    """Working days that a project made from a structure takes; None where nothing tells."""
    of_phases = sum(phase["duration_days"] or 0 for phase in structure["phases"])
    return structure["duration_days"] or of_phases or None


def settled(phases: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Phases whose tasks have days of their own, also where the structure leaves that to the phase."""
    found, start = [], 0
    for phase in phases:
        span = phase["duration_days"] or 0
        tasks = phase["tasks"] if not span else [_within(task, start, span) for task in phase["tasks"]]
        found.append({**phase, "tasks": tasks})
        start += span
    return found


def _within(task: Mapping[str, Any], start: int, span: int) -> dict[str, Any]:
    """A task with the days of its phase, unless it has its own; a deadline is the phase's last day."""
    if task["offset_days"] is not None:
        return dict(task)
    if task["is_milestone"] or task["duration_days"] == 0:
        return {**task, "offset_days": start + span - 1, "duration_days": 0}
    return {**task, "offset_days": start, "duration_days": task["duration_days"] or span}
