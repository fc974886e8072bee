"""How a project does, over HTTP (modules.md 3.1)."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Blueprint, Reader, Row, UnitOfWork, in_path

from .schemas import HealthChange, MetricsOut
from .service import HealthService

ONE: dict[str, Any] = {"target": in_path("project"), "returns": MetricsOut, "resource": "project"}


def build(service: HealthService) -> Blueprint:
    """Metrics of a project."""
    blp = Blueprint("projects", url_prefix="/api/v1/projects", tag="Projects", name="project_health")

    @blp.endpoint("GET", "/<id:project_id>/metrics", permission="projects.read", **ONE)
    def get_project_metrics(reader: Reader, project_id: str) -> Row:
        """Get how a project does: its schedule, its budget and its people's time."""
        return service.metrics(reader, project_id)

    @blp.endpoint("PATCH", "/<id:project_id>/health", permission="projects.update", body=HealthChange, **ONE)
    def set_project_health(uow: UnitOfWork, project_id: str, body: Any) -> Row:
        """Say how a project does, whatever is measured."""
        return service.override(uow, project_id, body)

    return blp
