"""How a project does, and what a manager says about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import Context, Reader, Row, UnitOfWork
from pronaflow_workspaces.api import WorkspaceSettings

from ..events import project_payload
from ..lifecycle import writable
from ..models import Project
from . import measures
from .api import Workloads
from .events import HEALTH_CHANGED
from .measures import Workload


class HealthService:
    """Measures projects; nothing of it is stored, so that it is never old.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def metrics(self, reader: Reader, project_id: str) -> Row:
        """How a project does; of money only to those who may see it.

        Raises:
            NotFound: there is none.
        """
        project = reader.get(Project, project_id)
        sees_money = self._ctx.access.may(reader, "projects.money", container_id=project_id)
        return {**project, **self.measure(reader, project, sees_money=sees_money)}

    def measure(self, reader: Reader, project: Row, *, sees_money: bool) -> Row:
        """What is shown of a project's health: `health_status`, `on_track`, `spent`, `counts` and `metrics`.

        Takes one statement, and a second one for the calendar where an end is to be reached.
        """
        source = self._ctx.services.get(Workloads, reader)
        work, rate = Workload(), project["hourly_rate"]
        if source is not None:
            work = source.workload(reader, project["id"], with_logged=bool(rate))
        spent = measures.spent(work, rate)
        schedule, money = measures.schedule(work), measures.budget(spent, project["budget"])
        used = self._utilization(reader, project, work)
        people = measures.people(used)
        metrics = {
            "schedule_health": {
                "status": schedule,
                "progress": work.counts.progress,
                "overdue": work.overdue,
                "on_track": schedule != "red",
            },
            "budget_health": {
                "status": money if sees_money else None,
                "spent_percentage": measures.percent(spent, project["budget"]) if sees_money else None,
                "spent": spent if sees_money else None,
            },
            "resource_health": {"status": people, "utilization": used},
        }
        return {
            "is_overridden": project["health_override"] is not None,
            "health_status": project["health_override"] or measures.worst(schedule, money, people),
            "on_track": schedule != "red",
            "spent": spent if sees_money else None,
            "counts": work.counts,
            "metrics": metrics,
        }

    def override(self, uow: UnitOfWork, project_id: str, body: Mapping[str, Any]) -> Row:
        """Say how a project does, whatever is measured; None lets the measures speak again.

        Raises:
            Conflict: the project is finished or archived, or a plugin objects.
        """
        project = writable(uow.get(Project, project_id, lock=True), on_hold=True)
        status = body["health_status"]
        reason = body["reason"] if status is not None else None
        changes = {"health_override": status, "health_override_reason": reason}
        if any(project[name] != value for name, value in changes.items()):
            self._ctx.hooks.check_change(uow, "project", project, changes)
        update = uow.update(Project, project, changes)
        if update.changes:
            payload = project_payload(update.row)
            uow.publish(HEALTH_CHANGED, project_id, payload, changes=update.changes, container_id=project_id)
        return self.metrics(uow, project_id)

    def _utilization(self, reader: Reader, project: Row, work: Workload) -> float:
        if project["end_date"] is None or not any(work.remaining.values()):
            return 0.0
        settings = self._ctx.services.require(WorkspaceSettings).settings(reader)
        return measures.utilization(work, settings, reader.clock.now().date(), project["end_date"])
