"""Where people start a job of the plugin `notes`, which does what a test says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pronaflow_kernel.access.principal import Principal
from pronaflow_kernel.api import JobType, Scope
from pronaflow_kernel.attribution import as_kernel
from pronaflow_kernel.jobs.enqueue import Jobs
from pronaflow_kernel.jobs.types import Backoff
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.people import Reply

from .conftest import Workshop

JOBS = "/api/v1/jobs"
Run = Callable[[Any, Mapping[str, Any]], object]


class Desk:
    """Where ann starts the job `notes.count`, which does what a test says."""

    def __init__(self, world: World, workshop: Workshop, ann: Person) -> None:
        self.world, self.workshop, self.ann = world, workshop, ann
        self.jobs = Jobs("notes", {})

    def does(self, run: Run, mode: Any = "db", **how: Any) -> None:
        """Let this be the job."""
        self.workshop.does(JobType("count", run, mode, backoff=Backoff(base=60), **how))
        self.jobs = Jobs("notes", self.workshop.bus.works.job_types)

    def start(self, who: Person | None = None, **how: Any) -> str:
        """Start it, as ann unless somebody else is named; the id of what they wait for."""
        person = who or self.ann
        scope = Scope(Principal("user", person.id), person.workspace_id, "member")
        with self.world.kernel.db.write(scope) as uow:
            return str(self.jobs.start(uow, "count", {}, **{"title": "Count", **how})["id"])

    @as_kernel
    def shown(self, job_id: str) -> Any:
        """What ann sees of it, at this moment."""
        return self.ann.get(f"{JOBS}/{job_id}").data

    @as_kernel
    def tag(self, job_id: str) -> str:
        """The ETag of that."""
        return str(self.ann.get(f"{JOBS}/{job_id}").headers["ETag"])

    @as_kernel
    def cancel(self, job_id: str, **headers: str) -> Reply:
        """Cancel it as ann."""
        return self.ann.request("POST", f"{JOBS}/{job_id}/cancel", headers=headers)
